//! The records of people as the background questions need them: who is due, whose turn is taken by a lease, what came of it.
//!
//! Every identity of a connection that can be asked has exactly one entry in the due index, and knows where it is. A lease
//! is the entry moved into the near future: if nothing comes of it, the identity is simply due again (threat model 41, 42).

use futures_util::future::join_all;

use super::provision::Both;
use super::{Account, Answer, Error, Identity, IdentityId, LinkState, People, Profile};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::provider::{Asserted, Tokens};
use crate::secret::Secret;
use crate::store::{self, Batch, Keys, Table};

/// An identity whose turn it is, for as long as the lease lasts.
#[derive(Clone, Debug)]
pub struct Leased {
    /// As it was when its turn was taken.
    pub identity: Identity,
    /// Whose it is.
    pub account: Account,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The identity as it is stored: nobody reads again what has not changed.
    raw: Vec<u8>,
}

/// What is written after a question.
#[derive(Clone, Debug)]
pub struct Conclusion<'a> {
    /// What came of it.
    pub answer: Answer,
    /// What the provider says of the person now, if it said something.
    pub fresh: Option<&'a Asserted>,
    /// When to ask again; `None` to ask no more.
    pub next: Option<Timestamp>,
}

/// How a concluded identity stands.
#[derive(Clone, Debug)]
pub struct Concluded {
    /// As it is now.
    pub identity: Identity,
    /// The state before.
    pub before: LinkState,
    /// Whether its attributes are others than before.
    pub changed: bool,
}

/// Whether somebody's turn can be taken out of order.
#[derive(Clone, Debug)]
pub enum Turn {
    /// It is taken.
    Taken(Box<Leased>),
    /// Somebody is asking at this moment.
    Busy,
    /// As it stands, it is not asked about.
    Never(Box<Identity>),
    /// There is no such identity.
    Missing,
}

/// How far behind the questions of a provider are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Identities whose turn is well past, counted up to ten thousand.
    pub overdue: usize,
    /// When whoever waits longest was last confirmed.
    pub oldest: Option<Timestamp>,
}

/// More than so many are not counted: the backlog is what it is.
const MOST_COUNTED: usize = 10_000;

/// Of those who wait longest, so many are looked at.
const LOOKED_AT: usize = 20;

/// How often a change is tried again when records move underneath it.
const TRIES: usize = 16;

impl People {
    /// Adds to `batch` that an identity is due at another time, or no more.
    pub(super) fn schedule(batch: &mut Batch, identity: &mut Identity, at: Option<Timestamp>) {
        if let Some(before) = identity.due_at {
            batch.remove(
                Table::Due,
                due_key(&identity.provider, before, &identity.id),
            );
        }
        if let Some(at) = at {
            let key = due_key(&identity.provider, at, &identity.id);
            batch.put(Table::Due, key, Vec::new());
        }
        identity.due_at = at;
    }

    /// Identities of a provider that are due at `now`, the longest overdue first.
    ///
    /// # Errors
    /// The store's.
    pub async fn due(
        &self,
        provider: &Slug,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, IdentityId)>, Error> {
        let prefix = due_prefix(provider);
        let mut keys = Keys::prefix(&prefix);
        let mut end = prefix.clone();
        end.extend_from_slice(&now.as_millis().saturating_add(1).to_be_bytes());
        keys.to = std::ops::Bound::Excluded(end);
        let found = self.store.range(Table::Due, keys, limit).await?;
        let entry = |key: &[u8]| {
            let rest = key.get(prefix.len()..)?;
            let (time, id) = rest.split_first_chunk::<8>()?;
            let id = IdentityId(String::from_utf8(id.to_vec()).ok()?);
            Some((Timestamp::from_millis(u64::from_be_bytes(*time)), id))
        };
        Ok(found.iter().filter_map(|(key, _)| entry(key)).collect())
    }

    /// How far behind the questions of a provider are at `now`, those due before `late` counting as overdue.
    ///
    /// # Errors
    /// The store's.
    pub async fn backlog(&self, provider: &Slug, late: Timestamp) -> Result<Backlog, Error> {
        let overdue = self.due(provider, late, MOST_COUNTED).await?.len();
        let mut oldest: Option<Timestamp> = None;
        for (_, id) in self.due(provider, Timestamp::END, LOOKED_AT).await? {
            if let Some((identity, _)) = self.identity(&id).await? {
                let confirmed = identity.last_verified_at;
                oldest = Some(oldest.map_or(confirmed, |oldest| oldest.min(confirmed)));
            }
        }
        Ok(Backlog { overdue, oldest })
    }

    /// Takes an identity's turn until `until`. `None`: somebody else has it, or there is nobody to ask about; an entry
    /// that belongs to nobody is removed.
    ///
    /// # Errors
    /// The store's.
    pub async fn lease(
        &self,
        provider: &Slug,
        (due, id): (Timestamp, &IdentityId),
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Leased>, Error> {
        let found = self.both(id).await?;
        let Some(both) = found.filter(|both| both.identity.due_at == Some(due)) else {
            let mut batch = Batch::new().relaxed();
            batch.remove(Table::Due, due_key(provider, due, id));
            self.store.commit(batch).await?;
            return Ok(None);
        };
        self.take(both, now, until).await
    }

    /// Takes the turns of several that are due, in one write. Whoever changed in between is left to the next turn.
    ///
    /// # Errors
    /// The store's.
    pub async fn lease_all(
        &self,
        provider: &Slug,
        due: &[(Timestamp, IdentityId)],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Leased>, Error> {
        let mut batch = Batch::new().relaxed();
        let mut all = Vec::with_capacity(due.len());
        // Together: reads that wait for each other cost a thread's turn each.
        let found = join_all(due.iter().map(|(_, id)| self.both(id))).await;
        for ((due, id), found) in due.iter().zip(found) {
            let Some(both) = found?.filter(|both| both.identity.due_at == Some(*due)) else {
                // It belongs to nobody.
                batch.remove(Table::Due, due_key(provider, *due, id));
                continue;
            };
            all.push(self.hold(&mut batch, both, now, until)?);
        }
        match self.store.commit(batch).await {
            Ok(()) => Ok(all),
            // Some of them have moved: one by one, the others are not held up.
            Err(store::Error::Conflict) => {
                let mut all = Vec::with_capacity(due.len());
                for (due, id) in due {
                    all.extend(self.lease(provider, (*due, id), now, until).await?);
                }
                Ok(all)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Takes an identity's turn although it is not due, until `until`.
    ///
    /// # Errors
    /// The store's.
    pub async fn lease_now(
        &self,
        id: &IdentityId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Turn, Error> {
        let Some(both) = self.both(id).await? else {
            return Ok(Turn::Missing);
        };
        let Some(due) = both.identity.due_at else {
            return Ok(Turn::Never(Box::new(both.identity)));
        };
        if both.identity.leased && due > now {
            return Ok(Turn::Busy);
        }
        let leased = self.take(both, now, until).await?;
        Ok(leased.map_or(Turn::Busy, |leased| Turn::Taken(Box::new(leased))))
    }

    async fn take(
        &self,
        both: Both,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Leased>, Error> {
        // A lease that a crash forgets leaves the identity due, which is what a lease is for.
        let mut batch = Batch::new().relaxed();
        let leased = self.hold(&mut batch, both, now, until)?;
        match self.store.commit(batch).await {
            Ok(()) => Ok(Some(leased)),
            Err(store::Error::Conflict) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    /// Adds a lease to `batch`.
    fn hold(
        &self,
        batch: &mut Batch,
        both: Both,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Leased, Error> {
        let mut identity = both.identity;
        batch.expect_unchanged(Table::Identities, identity.id.as_str(), both.raw);
        Self::schedule(batch, &mut identity, Some(until));
        identity.leased = true;
        Ok(Leased {
            raw: self.put_identity(batch, &identity)?,
            identity,
            account: both.account,
            asked_at: now,
        })
    }

    /// Makes renewed tokens durable, before anything else happens with them. A refresh token that did not come keeps the
    /// one before. `Ok(false)`: a sign-in brought newer ones in the meantime, which stand.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep(
        &self,
        leased: &mut Leased,
        spent: Option<&Secret<String>>,
        renewed: &Tokens,
    ) -> Result<bool, Error> {
        let mut known = Some((leased.identity.clone(), leased.raw.clone()));
        for _ in 0..TRIES {
            let found = match known.take() {
                None => self.identity(&leased.identity.id).await?,
                known => known,
            };
            let Some((mut identity, raw)) = found else {
                return Ok(false);
            };
            let same = match (&identity.tokens.refresh, spent) {
                (Some(held), Some(spent)) => held.matches(spent.expose().as_bytes()),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !same {
                return Ok(false);
            }
            identity.tokens = merged(&identity.tokens, renewed);
            let mut batch = Batch::new();
            batch.expect_unchanged(Table::Identities, identity.id.as_str(), raw);
            let raw = self.put_identity(&mut batch, &identity)?;
            match self.store.commit(batch).await {
                Ok(()) => {
                    leased.identity = identity;
                    leased.raw = raw;
                    return Ok(true);
                }
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Writes what came of a question. `None`: a sign-in, or another question, came in between, and stands.
    ///
    /// # Errors
    /// The store's.
    pub async fn conclude(
        &self,
        leased: &Leased,
        conclusion: &Conclusion<'_>,
        now: Timestamp,
    ) -> Result<Option<Concluded>, Error> {
        let mut known = Some((leased.identity.clone(), leased.raw.clone()));
        for _ in 0..TRIES {
            let found = match known.take() {
                None => self.identity(&leased.identity.id).await?,
                known => known,
            };
            let Some((identity, raw)) = found else {
                return Ok(None);
            };
            let is_newer = identity.last_verified_at > leased.asked_at
                || identity.due_at != leased.identity.due_at;
            if is_newer {
                return Ok(None);
            }
            let concluded = concluded(identity, conclusion, now);
            let mut batch = Batch::new();
            if is_mere_confirmation(conclusion, &concluded) {
                // A crash that forgets it leaves an older confirmation and a lease: the provider is asked again.
                batch = batch.relaxed();
            }
            batch.expect_unchanged(Table::Identities, concluded.identity.id.as_str(), raw);
            let mut identity = concluded.identity.clone();
            identity.leased = false;
            Self::schedule(&mut batch, &mut identity, conclusion.next);
            self.put_identity(&mut batch, &identity)?;
            if let Some(kind) = turn(concluded.before, identity.link.state) {
                batch.audit(audit::Event {
                    organization: Some(identity.organization.to_string()),
                    provider: Some(identity.provider.to_string()),
                    target: Some(identity.id.as_str().to_owned()),
                    reason: identity.link.reason.clone(),
                    ..audit::Event::new(now, kind, audit::Actor::System)
                });
            }
            match self.store.commit(batch).await {
                Ok(()) => {
                    return Ok(Some(Concluded {
                        identity,
                        ..concluded
                    }));
                }
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }
}

/// Pure: an identity after a conclusion.
fn concluded(identity: Identity, conclusion: &Conclusion<'_>, now: Timestamp) -> Concluded {
    let before = identity.link.state;
    let link = identity.link.after(conclusion.answer, now);
    let profile = match conclusion.fresh {
        Some(fresh) if link.state == LinkState::Valid => identity.profile.renewed(fresh),
        Some(_) | None => identity.profile.clone(),
    };
    let confirmed = conclusion.answer == Answer::Confirmed && link.state == LinkState::Valid;
    let tokens = match link.state {
        LinkState::Valid | LinkState::Suspect => identity.tokens.clone(),
        LinkState::Invalid | LinkState::Orphaned | LinkState::Blocked => {
            without_what_to_ask_with(&identity.tokens)
        }
    };
    Concluded {
        before,
        changed: profile.differs(&identity.profile),
        identity: Identity {
            profile,
            tokens,
            last_verified_at: if confirmed {
                now
            } else {
                identity.last_verified_at
            },
            link,
            ..identity
        },
    }
}

/// Whether a conclusion only moves the time of the last confirmation and the next turn.
fn is_mere_confirmation(conclusion: &Conclusion<'_>, concluded: &Concluded) -> bool {
    conclusion.answer == Answer::Confirmed
        && concluded.before == LinkState::Valid
        && concluded.identity.link.state == LinkState::Valid
        && !concluded.changed
}

/// Of somebody who counts no more only the ID token is of use: to sign out at the provider.
pub(super) fn without_what_to_ask_with(tokens: &Tokens) -> Tokens {
    Tokens {
        id: tokens.id.clone(),
        ..Tokens::default()
    }
}

/// What is told of a change of state.
const fn turn(before: LinkState, after: LinkState) -> Option<audit::Kind> {
    use LinkState::{Blocked, Invalid, Orphaned, Suspect, Valid};
    match (before, after) {
        (Valid, Suspect) => Some(audit::Kind::IdentityEnteredGrace),
        (Suspect, Valid) => Some(audit::Kind::IdentityRestored),
        (Valid | Suspect, Invalid | Orphaned | Blocked) => Some(audit::Kind::IdentityInvalidated),
        (Valid, Valid)
        | (Suspect, Suspect)
        | (Invalid | Orphaned | Blocked, Valid | Suspect | Invalid | Orphaned | Blocked) => None,
    }
}

/// Renewed tokens beside those that were held: what did not come stays.
fn merged(held: &Tokens, renewed: &Tokens) -> Tokens {
    Tokens {
        refresh: renewed.refresh.clone().or_else(|| held.refresh.clone()),
        id: renewed.id.clone().or_else(|| held.id.clone()),
        ..renewed.clone()
    }
}

impl Profile {
    /// Whether anything that rules judge or applications receive is other than before. Claims that speak of a token, such
    /// as when it was issued, are others in each, and mean nothing.
    fn differs(&self, before: &Self) -> bool {
        let said = |profile: &Self| {
            let mut profile = profile.clone();
            profile
                .claims
                .retain(|name, _| !OF_THE_TOKEN.contains(&name.as_str()));
            profile
        };
        said(self) != said(before)
    }

    /// What the provider says now. Words for people that it leaves out stay as they were; what access rests on does not.
    pub fn renewed(&self, fresh: &Asserted) -> Self {
        let said = Self::of(fresh);
        let keeps_email = said.email.is_none();
        Self {
            email_verified: if keeps_email {
                self.email_verified
            } else {
                said.email_verified
            },
            email: said.email.or_else(|| self.email.clone()),
            name: said.name.or_else(|| self.name.clone()),
            preferred_username: said
                .preferred_username
                .or_else(|| self.preferred_username.clone()),
            ..said
        }
    }
}

/// Claims of a token about itself (RFC 7519 §4.1, OIDC Core §2), and what Entra (opaque words for its own use, and the
/// seconds until a password expires) and Keycloak (its session) write into each token anew.
const OF_THE_TOKEN: [&str; 15] = [
    "iat",
    "nbf",
    "exp",
    "jti",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "session_state",
    "uti",
    "aio",
    "rh",
    "pwd_exp",
];

/// Provider first, so that each has a queue of its own; then the time. A slug has no NUL.
fn due_key(provider: &Slug, at: Timestamp, id: &IdentityId) -> Vec<u8> {
    let mut key = due_prefix(provider);
    key.extend_from_slice(&at.as_millis().to_be_bytes());
    key.extend_from_slice(id.as_str().as_bytes());
    key
}

fn due_prefix(provider: &Slug) -> Vec<u8> {
    format!("{provider}\0").into_bytes()
}

#[cfg(test)]
mod tests;
