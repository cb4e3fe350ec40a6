//! The records of people as an operator sees and changes them. Everything is read in pieces, so that a million identities
//! never lie in memory together.

use super::asking::without_what_to_ask_with;
use super::{Account, Error, Identity, IdentityId, Link, LinkState, Membership, People};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::secret;
use crate::store::{self, Batch, Keys, Table};

/// Which identities are meant: all keys must hold, and one that is absent always does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Its id.
    pub id: Option<String>,
    /// Where.
    pub organization: Option<Slug>,
    /// Whose: the id of the account, an e-mail address in whatever case, or the subject at the provider.
    pub user: Option<String>,
    /// Through which provider.
    pub provider: Option<Slug>,
    /// How it stands.
    pub state: Option<LinkState>,
}

/// A piece of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// In no particular order, but the same every time.
    pub identities: Vec<Identity>,
    /// Where the next piece begins; none if this was the last one.
    pub next: Option<String>,
}

/// What an operator does to an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nobody gets in by it, until it is unblocked.
    Block,
    /// Whoever it belongs to may sign in again.
    Unblock,
    /// It is forgotten, with its account: whoever signs in by it next is somebody new.
    Unlink,
    /// The same by the person: never the last one, which would take the account along.
    Detach,
    /// Its account may not use the organization any more, by whatever identity, until it is restored.
    Remove,
    /// Its account may use the organization again, from the next sign-in on.
    Restore,
}

/// What came of a deed.
#[derive(Clone, Debug)]
pub enum Done {
    /// As it is now, or was last.
    Changed(Box<Identity>),
    /// It was so already.
    Unchanged(Box<Identity>),
    /// There is no such identity.
    Missing,
    /// Its membership was removed: forgetting that would let the person in again.
    Tombstone,
    /// Its account has no other.
    Last,
}

/// Records that are read at once.
const PIECE: usize = 250;

/// How often a change is tried again when the record moves underneath it.
const TRIES: usize = 16;

/// Why an unblocked identity does not count before the next sign-in.
const UNBLOCKED: &str = "unblocked";

/// Why an identity of an account without membership does not count.
const REMOVED: &str = "membership_removed";

/// Why it does not before the next sign-in.
const RESTORED: &str = "membership_restored";

impl Filter {
    fn means(&self, identity: &Identity) -> bool {
        let is_user = |user: &String| {
            let email = identity.profile.email.as_deref();
            *user == identity.account.as_str()
                || *user == identity.profile.subject.as_str()
                || email.is_some_and(|email| email.eq_ignore_ascii_case(user))
        };
        self.id
            .as_ref()
            .is_none_or(|id| *id == identity.id.as_str())
            && self
                .organization
                .as_ref()
                .is_none_or(|it| *it == identity.organization)
            && self
                .provider
                .as_ref()
                .is_none_or(|it| *it == identity.provider)
            && self.state.is_none_or(|it| it == identity.link.state)
            && self.user.as_ref().is_none_or(is_user)
    }
}

impl People {
    /// A piece of the identities that a filter means, from where the piece before ended.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn list(&self, filter: &Filter, after: Option<&str>) -> Result<Page, Error> {
        if let Some(id) = &filter.id {
            let found = self.identity(&IdentityId(id.clone())).await?;
            let found = found.map(|(identity, _)| identity);
            return Ok(Page {
                identities: found
                    .filter(|identity| filter.means(identity))
                    .into_iter()
                    .collect(),
                next: None,
            });
        }
        let keys = match after.and_then(secret::decode) {
            Some(after) => Keys::after(&[], &after),
            None => Keys::all(),
        };
        let piece = self.store.range(Table::Identities, keys, PIECE).await?;
        let mut identities = Vec::new();
        for (key, raw) in &piece {
            let identity = self.opened(key, raw)?;
            identities.extend(Some(identity).filter(|identity| filter.means(identity)));
        }
        let full = piece.len() >= PIECE;
        let next = piece.last().filter(|_| full);
        Ok(Page {
            identities,
            next: next.map(|(key, _)| secret::encode(key)),
        })
    }

    /// Does something to an identity, and writes down that it was done, in one batch. Access by it ends only once
    /// `session` is told.
    ///
    /// # Errors
    /// The store's.
    pub async fn change(
        &self,
        id: &IdentityId,
        deed: Deed,
        event: &audit::Event,
    ) -> Result<Done, Error> {
        for _ in 0..TRIES {
            let Some(both) = self.both(id).await? else {
                return Ok(Done::Missing);
            };
            let membership = both.account.membership;
            let why = event.reason.as_deref();
            let link = both
                .identity
                .link
                .by_hand(deed, membership, why, event.time);
            let Some(link) = link else {
                return Ok(Done::Unchanged(Box::new(both.identity)));
            };
            match deed {
                Deed::Unlink | Deed::Detach if membership == Membership::Removed => {
                    return Ok(Done::Tombstone);
                }
                Deed::Detach if !both.account.has_another(id) => return Ok(Done::Last),
                Deed::Unlink
                | Deed::Detach
                | Deed::Block
                | Deed::Unblock
                | Deed::Remove
                | Deed::Restore => {}
            }
            let mut batch = Batch::new();
            both.expect(&mut batch);
            let mut identity = both.identity.clone();
            Self::schedule(&mut batch, &mut identity, None);
            identity.leased = false;
            identity.tokens = without_what_to_ask_with(&identity.tokens);
            identity.link = link;
            let becomes = |membership| Account {
                membership,
                ..both.account.clone()
            };
            match deed {
                Deed::Unlink | Deed::Detach => self.forget(&mut batch, &both)?,
                Deed::Block | Deed::Unblock => drop(self.put_identity(&mut batch, &identity)?),
                Deed::Remove => {
                    self.put_account(&mut batch, &becomes(Membership::Removed))?;
                    self.put_identity(&mut batch, &identity)?;
                }
                Deed::Restore => {
                    self.put_account(&mut batch, &becomes(Membership::Active))?;
                    self.put_identity(&mut batch, &identity)?;
                }
            }
            batch.audit(of(&identity, event));
            match self.store.commit(batch).await {
                Ok(()) => return Ok(Done::Changed(Box::new(identity))),
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Writes down that something happened to an identity that changes no record of it.
    ///
    /// # Errors
    /// The store's.
    pub async fn note(&self, identity: &Identity, event: &audit::Event) -> Result<(), Error> {
        let mut batch = Batch::new();
        batch.audit(of(identity, event));
        Ok(self.store.commit(batch).await?)
    }
}

/// An event about an identity, or about the account that it belongs to.
fn of(identity: &Identity, event: &audit::Event) -> audit::Event {
    use audit::Kind::{MembershipRemoved, MembershipRestored};
    let is_of_account = matches!(event.kind, MembershipRemoved | MembershipRestored);
    let target = if is_of_account {
        identity.account.as_str()
    } else {
        identity.id.as_str()
    };
    audit::Event {
        organization: Some(identity.organization.to_string()),
        provider: Some(identity.provider.to_string()),
        target: Some(target.to_owned()),
        ..event.clone()
    }
}

impl Link {
    /// Pure: what an operator's deed makes of it; `None` if it is so already.
    fn by_hand(
        &self,
        deed: Deed,
        membership: Membership,
        why: Option<&str>,
        now: Timestamp,
    ) -> Option<Self> {
        let counts = matches!(self.state, LinkState::Valid | LinkState::Suspect);
        let (state, reason) = match (deed, self.state) {
            (Deed::Remove, _) if membership == Membership::Removed && !counts => return None,
            (Deed::Restore, _) if membership == Membership::Active => return None,
            // Who was blocked beside that stays so, and whoever is restored counts from the next sign-in on.
            (Deed::Remove | Deed::Restore, LinkState::Blocked) => return Some(self.clone()),
            (Deed::Remove, _) => (LinkState::Invalid, Some(REMOVED)),
            (Deed::Restore, _) => (LinkState::Invalid, Some(RESTORED)),
            (Deed::Block, LinkState::Blocked)
            | (
                Deed::Unblock,
                LinkState::Valid | LinkState::Suspect | LinkState::Invalid | LinkState::Orphaned,
            ) => return None,
            (Deed::Block, _) => (LinkState::Blocked, why),
            // Nobody has asked about it meanwhile: only its own sign-in makes it good again.
            (Deed::Unblock, LinkState::Blocked) => (LinkState::Invalid, Some(UNBLOCKED)),
            (Deed::Unlink | Deed::Detach, _) => (LinkState::Orphaned, why),
        };
        Some(Self {
            state,
            since: now,
            failures: 0,
            reason: reason.map(str::to_owned),
            asked_at: self.asked_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_39_only_an_operator_leads_out_of_blocked_and_only_to_the_next_sign_in() {
        use LinkState::{Blocked, Invalid, Orphaned, Suspect, Valid};
        let now = Timestamp::from_seconds(9);
        let under = |membership, before: LinkState, deed, expected: Option<LinkState>| {
            let mut link = Link::fresh(Timestamp::EPOCH);
            link.state = before;
            let after = link.by_hand(deed, membership, Some("left"), now);
            assert_eq!(after.as_ref().map(|link| link.state), expected, "{deed:?}");
            assert!(after.is_none_or(|link| link.since == now || link.state == before));
        };
        let check = |before, deed, expected| under(Membership::Active, before, deed, expected);
        for state in [Valid, Suspect, Invalid, Orphaned] {
            check(state, Deed::Block, Some(Blocked));
            check(state, Deed::Unblock, None);
        }
        check(Blocked, Deed::Block, None);
        check(Blocked, Deed::Unblock, Some(Invalid));
        check(Blocked, Deed::Unlink, Some(Orphaned));
        for state in [Valid, Suspect, Invalid, Orphaned] {
            check(state, Deed::Remove, Some(Invalid));
            check(state, Deed::Restore, None);
            under(Membership::Removed, state, Deed::Restore, Some(Invalid));
        }
        check(Blocked, Deed::Remove, Some(Blocked));
        under(Membership::Removed, Blocked, Deed::Restore, Some(Blocked));
        under(Membership::Removed, Invalid, Deed::Remove, None);
        under(Membership::Removed, Valid, Deed::Remove, Some(Invalid));
    }
}
