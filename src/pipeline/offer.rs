//! An identity that somebody is asked about before it is added to their account.
//!
//! What the provider asserted waits, sealed, with the session of whoever began. They see both sides, and only their own
//! yes adds it: by a form of that session, to the account that is signed in there, once, and not for long. Every check is made again
//! by then (threat model 17). A newer offer takes the place of an older one.

use serde::{Deserialize, Serialize};

use super::errand::{Ending, Performed, Planned, Yes};
use super::{Errand, Error, Pipeline, Shared};
use crate::address::Host;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::config::defaults::OFFER_LIFETIME;
use crate::identity::{AccountId, Generation, Profile};
use crate::provider::{Asserted, Flow};
use crate::secret;
use crate::session::{Handle, Live};
use crate::store::{self, Batch, Table};
use crate::telemetry::trace::Step;

/// What the store keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    /// What the form carries: whoever says yes says it to what they have seen.
    id: String,
    account: AccountId,
    provider: Slug,
    generation: Generation,
    /// None once there is an answer. The rest is kept, so that a second click finds its way.
    asserted: Option<Box<Asserted>>,
    asserted_at: Timestamp,
    /// What the answer was, once there is one.
    is_added: bool,
    expires_at: Timestamp,
}

/// What somebody is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// What the answer has to carry.
    pub id: String,
    /// Who vouches for it.
    pub provider: Slug,
    /// What the provider calls it.
    pub subject: String,
    /// What the provider says of it.
    pub profile: Profile,
}

/// In whose session, and about what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Of the browser.
    pub handle: &'a Handle,
    /// Where it is.
    pub host: &'a Host,
    /// The session that the handle is of.
    pub live: &'a Live,
    /// In which organization.
    pub organization: &'a Slug,
    /// Of the form: what it asked about.
    pub offer: &'a str,
    /// Of the request.
    pub reference: &'a str,
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is left to answer: it was answered so before, or is now. The account shows how it is.
    Settled,
    /// They were asked about something else meanwhile.
    Newer,
    /// Nothing was added: the answer came too late, after another one, or the provider's settings have changed.
    Late,
}

/// An offer as it was found.
struct Found {
    key: [u8; 32],
    raw: Vec<u8>,
    stored: Stored,
}

impl Pipeline {
    /// What somebody is asked about, if they are.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn offered(
        &self,
        live: &Live,
        organization: &Slug,
    ) -> Result<Option<Offered>, Error> {
        let shared = &self.shared;
        let Some(found) = shared.offer(live.id(), organization).await? else {
            return Ok(None);
        };
        let Stored { id, provider, .. } = &found.stored;
        let asserted = found.open(shared.clock.now());
        Ok(asserted.map(|asserted| Offered {
            id: id.clone(),
            provider: provider.clone(),
            subject: asserted.subject.as_str().to_owned(),
            profile: Profile::of(asserted),
        }))
    }

    /// Adds what was offered. When this answers [`Answer::Settled`], that is durable and in force.
    ///
    /// # Errors
    /// [`Error::Errand`] if it cannot be added any more, [`Error::Suspended`], the store's.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn accept(&self, asked: &Asked<'_>) -> Result<Answer, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let Some(found) = shared.offer(asked.live.id(), asked.organization).await? else {
            return Ok(Answer::Late);
        };
        let asserted = match found.settled(asked, now) {
            Err(answer) => return Ok(answer),
            Ok(asserted) => asserted,
        };
        let stored = &found.stored;
        let connection = match shared.connection(asked.organization, &stored.provider) {
            Err(Error::NoSuchConnection) => return Ok(Answer::Late),
            other => other?,
        };
        if connection.generation != stored.generation {
            return Ok(Answer::Late);
        }
        let used = shared.used(&found, true)?;
        let first = |batch: &mut Batch| found.close(batch, used.clone());
        let errand = stored.errand();
        let ending = found.ending(asked, &errand, asserted);
        match shared.perform(&ending, first, now).await {
            Ok(Performed::Done | Performed::Offered)
            // Another click did it, or a newer offer came: the page that comes next shows which.
            | Err(Error::Store(store::Error::Conflict)) => Ok(Answer::Settled),
            Err(other) => Err(other),
        }
    }

    /// Forgets what was offered.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn decline(&self, asked: &Asked<'_>) -> Result<Answer, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let Some(found) = shared.offer(asked.live.id(), asked.organization).await? else {
            return Ok(Answer::Settled);
        };
        let asserted = match found.settled(asked, now) {
            // What is over by itself is as forgotten as they want it.
            Err(Answer::Late) => return Ok(Answer::Settled),
            Err(other) => return Ok(other),
            Ok(asserted) => asserted,
        };
        let mut batch = Batch::new();
        found.close(&mut batch, shared.used(&found, false)?);
        match shared.store.commit(batch).await {
            Ok(()) => {}
            Err(store::Error::Conflict) => return Ok(Answer::Newer),
            Err(other) => return Err(other.into()),
        }
        let errand = found.stored.errand();
        let ending = found.ending(asked, &errand, asserted);
        shared.note_refused(&ending, "not_me", now).await;
        Ok(Answer::Settled)
    }
}

impl Shared {
    /// Has the person asked, in the session that the answer came to.
    pub(super) async fn put_offer(
        &self,
        batch: &mut Batch,
        ending: &Ending<'_>,
        planned: &Planned,
        now: Timestamp,
    ) -> Result<(), Error> {
        let key = key(&planned.session, ending.organization);
        let stored = Stored {
            id: secret::random_token().expose().clone(),
            account: planned.identity.account.clone(),
            provider: ending.provider.clone(),
            generation: ending.generation.clone(),
            asserted: Some(Box::new(ending.asserted.clone())),
            asserted_at: ending.asserted_at,
            is_added: false,
            expires_at: now.plus(OFFER_LIFETIME),
        };
        match self.offer(&planned.session, ending.organization).await? {
            None => batch.expect_absent(Table::Offers, key),
            Some(before) => batch
                .expect_unchanged(Table::Offers, key, before.raw)
                .unexpire(before.stored.expires_at, &key),
        };
        let sealed = self.seal.seal_json(Table::Offers, &key, &stored)?;
        batch
            .put(Table::Offers, key, sealed)
            .expire(stored.expires_at, &[(Table::Offers, key.to_vec())]);
        Ok(())
    }

    /// Forgets what the session is asked about, if anything, because it is not what the person came for.
    pub(super) async fn drop_offer(
        &self,
        batch: &mut Batch,
        ending: &Ending<'_>,
        planned: &Planned,
    ) -> Result<(), Error> {
        if let Some(found) = self.offer(&planned.session, ending.organization).await? {
            batch
                .expect_unchanged(Table::Offers, found.key, found.raw)
                .remove(Table::Offers, found.key)
                .unexpire(found.stored.expires_at, &found.key);
        }
        Ok(())
    }

    async fn offer(&self, session: &str, organization: &Slug) -> Result<Option<Found>, Error> {
        let key = key(session, organization);
        let Some(raw) = self.store.get(Table::Offers, &key).await? else {
            return Ok(None);
        };
        let stored = self.seal.open_json(Table::Offers, &key, &raw)?;
        Ok(Some(Found { key, raw, stored }))
    }

    /// The record of one that has its answer.
    fn used(&self, found: &Found, is_added: bool) -> Result<Vec<u8>, Error> {
        let used = Stored {
            asserted: None,
            is_added,
            ..found.stored.clone()
        };
        Ok(self.seal.seal_json(Table::Offers, &found.key, &used)?)
    }
}

impl Stored {
    fn errand(&self) -> Errand {
        Errand {
            flow: Flow::Link,
            account: Some(self.account.clone()),
            popup: false,
            rehearsal: None,
        }
    }
}

impl Found {
    /// What it is about, while there is still something to answer.
    fn open(&self, now: Timestamp) -> Option<&Asserted> {
        let asserted = self.stored.asserted.as_deref();
        asserted.filter(|_| now < self.stored.expires_at)
    }

    /// What an answer is about, or what it comes to without further ado.
    fn settled(&self, asked: &Asked<'_>, now: Timestamp) -> Result<&Asserted, Answer> {
        let is_meant = secret::constant_time_eq(asked.offer.as_bytes(), self.stored.id.as_bytes());
        match (&self.stored.asserted, is_meant) {
            (Some(_), false) if now < self.stored.expires_at => Err(Answer::Newer),
            (None, true) if self.stored.is_added => Err(Answer::Settled),
            (None, _) | (Some(_), false) => Err(Answer::Late),
            (Some(_), true) => self.open(now).ok_or(Answer::Late),
        }
    }

    fn close(&self, batch: &mut Batch, used: Vec<u8>) {
        batch
            .expect_unchanged(Table::Offers, self.key, self.raw.clone())
            .put(Table::Offers, self.key, used);
    }

    fn ending<'a>(
        &'a self,
        asked: &'a Asked<'_>,
        errand: &'a Errand,
        asserted: &'a Asserted,
    ) -> Ending<'a> {
        Ending {
            errand,
            confirmed: Some(Yes {
                key: &self.key,
                raw: &self.raw,
            }),
            organization: asked.organization,
            provider: &self.stored.provider,
            generation: &self.stored.generation,
            asserted,
            asserted_at: self.stored.asserted_at,
            handle: Some(asked.handle),
            host: asked.host,
            again: None,
            reference: asked.reference,
        }
    }
}

/// For the trace: that the person is asked.
pub(super) fn offered() -> Step {
    Step::Done {
        what: "asked whether to add it".to_owned(),
    }
}

/// One at a time for each organization of a session: nothing piles up.
fn key(session: &str, organization: &Slug) -> [u8; 32] {
    secret::sha256_fields([
        b"offer".as_slice(),
        session.as_bytes(),
        organization.as_str().as_bytes(),
    ])
}
