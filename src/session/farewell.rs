//! Why a session is over, for whoever comes back with its handle: a person who is only sent to sign-in, and let in or
//! refused there, never learns that somebody ended what they had, or that their provider said no.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::record::Grant;
use super::sessions::Sessions;
use super::{Error, Handle, Key, Reason};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::store::{Batch, Keys, Table};

/// What is kept of a grant that somebody ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// Where it counted.
    pub organization: Slug,
    /// Who had vouched for the person.
    pub provider: Slug,
    /// Why it ended.
    pub why: Parting,
    /// When; nobody knows in records of programs that did not keep it.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Which word the provider's no came down to, if that is why.
    #[serde(default)]
    pub word: Option<String>,
}

/// Why a grant was ended, as far as a person can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// The provider, asked again, no longer vouches for the person.
    Refused,
    /// They signed out at the provider.
    AtProvider,
    /// They ended it from another browser, or an operator did.
    Withdrawn,
}

/// Whoever comes back later is sent to sign-in without a word.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A session has a grant in each of a few organizations.
const MOST: usize = 20;

impl Parting {
    /// What its owner is told of an end. Whoever signed out themselves, or was away, needs no explanation.
    const fn of(reason: Reason) -> Option<Self> {
        match reason {
            Reason::IdentityInvalid => Some(Self::Refused),
            Reason::BackChannel | Reason::FrontChannel => Some(Self::AtProvider),
            Reason::Revoked
            | Reason::ByPerson
            | Reason::Blocked
            | Reason::Unlinked
            | Reason::MembershipRemoved => Some(Self::Withdrawn),
            Reason::SignedOut
            | Reason::Evicted
            | Reason::Replaced
            | Reason::Withdrawn
            | Reason::Over(_) => None,
        }
    }
}

impl Sessions {
    /// Adds to `batch` why a grant ends, if its owner should be told.
    pub(super) fn leave_farewell(
        &self,
        batch: &mut Batch,
        key: &Key,
        grant: &Grant,
        reason: Reason,
        event: &audit::Event,
    ) -> Result<(), Error> {
        let Some(why) = Parting::of(reason) else {
            return Ok(());
        };
        let farewell = Farewell {
            organization: grant.organization.clone(),
            provider: grant.provider.clone(),
            why,
            at: Some(event.time),
            // Elsewhere it may be what an operator wrote.
            word: event.reason.clone().filter(|_| why == Parting::Refused),
        };
        let mut place = key.as_bytes().to_vec();
        place.extend_from_slice(grant.organization.as_str().as_bytes());
        let sealed = self.seal.seal_json(Table::Farewells, &place, &farewell)?;
        batch
            .put(Table::Farewells, place.clone(), sealed)
            .expire(event.time.plus(KEPT), &[(Table::Farewells, place)]);
        Ok(())
    }

    /// Why the session of a handle is over in an organization, or in any; `None` if nobody ended it, or long ago. It is
    /// no session and lets nobody in: only somebody who holds the handle is told.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn farewell(
        &self,
        handle: &Handle,
        organization: Option<&Slug>,
    ) -> Result<Option<Farewell>, Error> {
        let keys = Keys::prefix(handle.key().as_bytes());
        for (place, raw) in self.store.range(Table::Farewells, keys, MOST).await? {
            let farewell: Farewell = self.seal.open_json(Table::Farewells, &place, &raw)?;
            if organization.is_none_or(|wanted| *wanted == farewell.organization) {
                return Ok(Some(farewell));
            }
        }
        Ok(None)
    }
}
