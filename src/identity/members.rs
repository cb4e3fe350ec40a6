//! The accounts of one organization with what they sign in by: for its owners. Read in pieces, by the organization's own
//! part of the table, so that the size of other organizations costs nothing (threat model 29).

use futures_util::future::join_all;

use super::provision::{LinkRefusal, account_key};
use super::{
    Account, AccountId, Answer, Error, Identity, IdentityId, LinkState, Membership, People,
};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::secret;
use crate::store::{self, Batch, Keys, Table};

/// Somebody who has an account.
#[derive(Clone, Debug)]
pub struct Member {
    /// It.
    pub account: Account,
    /// What they sign in by.
    pub identities: Vec<Identity>,
}

/// A piece of an organization's people.
#[derive(Clone, Debug)]
pub struct Members {
    /// In no particular order, but the same every time.
    pub members: Vec<Member>,
    /// Where the next piece begins; none if this was the last one.
    pub next: Option<String>,
}

/// What came of moving an identity.
#[derive(Clone, Debug)]
pub enum Relinked {
    /// It signs in to the other account from now on; this is as it was, with its old account.
    Moved(Box<Identity>),
    /// It belonged there already.
    Unchanged,
    /// There is no such identity, or no such account in its organization.
    Missing,
    /// The account cannot have it.
    Refused(LinkRefusal),
}

/// Accounts that are read at once.
const PIECE: usize = 200;

/// How many pieces a search reads before it shows what it has.
const MOST_PIECES: usize = 25;

/// How often a change is tried again when the records move underneath it.
const TRIES: usize = 16;

impl Member {
    /// Whether somebody typed what this person is known by: a part of the address or name, or an id as a whole.
    fn is_meant(&self, text: &str) -> bool {
        // Ids tell capital letters from small ones.
        let lower = text.to_lowercase();
        let holds = |value: &Option<String>| {
            let value = value.as_deref().unwrap_or_default();
            value.to_lowercase().contains(&lower)
        };
        let is = |identity: &Identity| {
            let profile = &identity.profile;
            let is_id = profile.subject.as_str() == text || identity.id.as_str() == text;
            holds(&profile.email) || holds(&profile.name) || is_id
        };
        self.account.id.as_str() == text || self.identities.iter().any(is)
    }
}

impl Member {
    fn is_in(&self, states: &[LinkState]) -> bool {
        let is = |identity: &Identity| states.contains(&identity.link.state);
        states.is_empty() || self.identities.iter().any(is)
    }
}

impl People {
    /// Somebody of an organization, if there is such an account.
    ///
    /// # Errors
    /// The store's.
    pub async fn member(
        &self,
        organization: &Slug,
        account: &AccountId,
    ) -> Result<Option<Member>, Error> {
        match self.account(organization, account).await {
            Err(Error::Dangling) => Ok(None),
            Err(other) => Err(other),
            Ok((account, _)) => self.with_identities(account).await.map(Some),
        }
    }

    /// A piece of an organization's people, at most `limit`, whom `search` means and of whose identities one is in one of
    /// these `states` (none: whatever they are in): from where the piece before ended.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn members(
        &self,
        organization: &Slug,
        (search, states): (Option<&str>, &[LinkState]),
        after: Option<&str>,
        limit: usize,
    ) -> Result<Members, Error> {
        let prefix = format!("{organization}\0").into_bytes();
        // A place in another organization's part is none (threat model 26).
        let mut after = after
            .and_then(secret::decode)
            .filter(|after| after.starts_with(&prefix));
        let mut members = Vec::new();
        for _ in 0..MOST_PIECES {
            let keys = match &after {
                Some(after) => Keys::after(&prefix, after),
                None => Keys::prefix(&prefix),
            };
            // One more than are looked at, to know whether there is more.
            let piece = self.store.range(Table::Accounts, keys, PIECE + 1).await?;
            let full = piece.len() > PIECE;
            let mut left = piece.len();
            for (key, raw) in piece.into_iter().take(PIECE) {
                left -= 1;
                let account = self.seal.open_json(Table::Accounts, &key, &raw)?;
                let member = self.with_identities(account).await?;
                after = Some(key);
                let is_meant = search.is_none_or(|text| member.is_meant(text));
                if is_meant && member.is_in(states) {
                    members.push(member);
                }
                if members.len() >= limit {
                    let next = after.as_deref().filter(|_| left > 0);
                    let next = next.map(secret::encode);
                    return Ok(Members { members, next });
                }
            }
            if !full {
                let next = None;
                return Ok(Members { members, next });
            }
        }
        let next = after.as_deref().map(secret::encode);
        Ok(Members { members, next })
    }

    async fn with_identities(&self, account: Account) -> Result<Member, Error> {
        let found = account.identities.iter().map(|id| self.identity(id));
        let mut identities = Vec::new();
        for found in join_all(found).await {
            // One that is forgotten at this moment is not there.
            identities.extend(found?.map(|(identity, _)| identity));
        }
        Ok(Member {
            account,
            identities,
        })
    }

    /// Marks an identity whose connection is shut: nobody is asked about it, and only a sign-in brings it back.
    ///
    /// # Errors
    /// The store's.
    pub async fn orphan(&self, id: &IdentityId, now: Timestamp) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some(both) = self.both(id).await? else {
                return Ok(());
            };
            let mut identity = both.identity.clone();
            identity.link = identity.link.after(Answer::Gone, now);
            // Whoever signed in since is no leftover.
            if identity.link.state != LinkState::Orphaned || both.identity.link.since > now {
                return Ok(());
            }
            let mut batch = Batch::new();
            both.expect(&mut batch);
            Self::schedule(&mut batch, &mut identity, None);
            identity.leased = false;
            self.put_identity(&mut batch, &identity)?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(()),
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Moves an identity to another account of its organization, and writes down that it was done: what a sign-in never
    /// does by itself. An account without any identity goes. Access by it ends only once `session` is told.
    ///
    /// # Errors
    /// The store's.
    pub async fn relink(
        &self,
        id: &IdentityId,
        to: &AccountId,
        event: &audit::Event,
    ) -> Result<Relinked, Error> {
        for _ in 0..TRIES {
            let Some(both) = self.both(id).await? else {
                return Ok(Relinked::Missing);
            };
            if both.account.id == *to {
                return Ok(Relinked::Unchanged);
            }
            let organization = &both.identity.organization;
            let (mut account, raw) = match self.account(organization, to).await {
                Err(Error::Dangling) => return Ok(Relinked::Missing),
                other => other?,
            };
            let removed = |account: &Account| account.membership == Membership::Removed;
            if removed(&account) || removed(&both.account) {
                return Ok(Relinked::Refused(LinkRefusal::NotAllowed));
            }
            let held = self.with_identities(account.clone()).await?.identities;
            if held.iter().any(|it| it.provider == both.identity.provider) {
                return Ok(Relinked::Refused(LinkRefusal::AnotherThere));
            }
            let mut batch = Batch::new();
            both.expect(&mut batch);
            batch.expect_unchanged(Table::Accounts, account_key(organization, to), raw);
            account.identities.push(id.clone());
            self.put_account(&mut batch, &account)?;
            self.leave_account(&mut batch, &both.account, id)?;
            let moved = Identity {
                account: to.clone(),
                ..both.identity.clone()
            };
            self.put_identity(&mut batch, &moved)?;
            batch.audit(audit::Event {
                organization: Some(organization.to_string()),
                provider: Some(moved.provider.to_string()),
                target: Some(id.as_str().to_owned()),
                ..event.clone()
            });
            match self.store.commit(batch).await {
                Ok(()) => return Ok(Relinked::Moved(Box::new(both.identity))),
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }
}
