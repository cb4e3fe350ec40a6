//! The records of people as the background questions need them: who is due, whose turn is taken by a lease, what came of it.
//!
//! Every identity of a connection that can be asked has exactly one entry in the due index, and knows where it is. A lease
//! is the entry moved into the near future: if nothing comes of it, the identity is simply due again (threat model 41, 42).

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
        let found = self.identity(id).await?;
        let Some((mut identity, raw)) = found.filter(|(identity, _)| identity.due_at == Some(due))
        else {
            let mut batch = Batch::new().relaxed();
            batch.remove(Table::Due, due_key(provider, due, id));
            self.store.commit(batch).await?;
            return Ok(None);
        };
        self.take(&mut identity, raw, now, until).await
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
        for (due, id) in due {
            let found = self.identity(id).await?;
            let Some((mut identity, raw)) =
                found.filter(|(identity, _)| identity.due_at == Some(*due))
            else {
                // It belongs to nobody.
                batch.remove(Table::Due, due_key(provider, *due, id));
                continue;
            };
            all.push(
                self.hold(&mut batch, &mut identity, raw, now, until)
                    .await?,
            );
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
        let Some((mut identity, raw)) = self.identity(id).await? else {
            return Ok(Turn::Missing);
        };
        let Some(due) = identity.due_at else {
            return Ok(Turn::Never(Box::new(identity)));
        };
        if identity.leased && due > now {
            return Ok(Turn::Busy);
        }
        let leased = self.take(&mut identity, raw, now, until).await?;
        Ok(leased.map_or(Turn::Busy, |leased| Turn::Taken(Box::new(leased))))
    }

    async fn take(
        &self,
        identity: &mut Identity,
        raw: Vec<u8>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Leased>, Error> {
        // A lease that a crash forgets leaves the identity due, which is what a lease is for.
        let mut batch = Batch::new().relaxed();
        let leased = self.hold(&mut batch, identity, raw, now, until).await?;
        match self.store.commit(batch).await {
            Ok(()) => Ok(Some(leased)),
            Err(store::Error::Conflict) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    /// Adds a lease to `batch`.
    async fn hold(
        &self,
        batch: &mut Batch,
        identity: &mut Identity,
        raw: Vec<u8>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Leased, Error> {
        let (account, _) = self
            .account(&identity.organization, &identity.account)
            .await?;
        batch.expect_unchanged(Table::Identities, identity.id.as_str(), raw);
        Self::schedule(batch, identity, Some(until));
        identity.leased = true;
        Ok(Leased {
            raw: self.put_identity(batch, identity)?,
            identity: identity.clone(),
            account,
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
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::identity::{Generation, Through};
    use crate::provider::Subject;
    use crate::store::{Memory, Seal, SealKey, Store};

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    struct World {
        people: People,
        store: Arc<dyn Store>,
        provider: Slug,
    }

    fn at(seconds: u64) -> Timestamp {
        START.plus(std::time::Duration::from_secs(seconds))
    }

    impl World {
        fn new() -> Self {
            Self::over(Arc::new(Memory::new()))
        }

        fn over(store: Arc<dyn Store>) -> Self {
            let seal = Seal::new(&SealKey::random()).unwrap();
            Self {
                people: People::new(Arc::clone(&store), seal),
                store,
                provider: Slug::parse("idp").unwrap(),
            }
        }

        /// A sign-in at `now` that brings a token; due an hour later.
        async fn sign_in(&self, token: &str, now: Timestamp) -> Identity {
            self.sign_in_of("ada", token, now).await
        }

        async fn sign_in_of(&self, subject: &str, token: &str, now: Timestamp) -> Identity {
            let asserted = Asserted {
                issuer: "https://idp".to_owned(),
                subject: Subject::parse(subject).unwrap(),
                email: None,
                email_verified: false,
                name: None,
                preferred_username: None,
                groups: None,
                hosted_domain: None,
                tenant: None,
                claims: serde_json::Map::new(),
                authenticated_at: now,
                provider_session: None,
                tokens: tokens(token),
            };
            let generation: Generation = serde_json::from_str("\"g\"").unwrap();
            let mut batch = Batch::new();
            let through = Through {
                organization: &Slug::parse("acme").unwrap(),
                provider: &self.provider,
                generation: &generation,
                due_at: Some(now.plus(std::time::Duration::from_secs(3_600))),
            };
            let made = self
                .people
                .provision(&mut batch, through, &asserted, now)
                .await;
            self.store.commit(batch).await.unwrap();
            made.unwrap().unwrap().identity
        }

        async fn lease(&self, now: Timestamp) -> Option<Leased> {
            let due = self.people.due(&self.provider, now, 10).await.unwrap();
            let (time, id) = due.first()?;
            let until = now.plus(std::time::Duration::from_secs(60));
            self.people
                .lease(&self.provider, (*time, id), now, until)
                .await
                .unwrap()
        }

        async fn conclude(&self, leased: &Leased, answer: Answer, next: Option<Timestamp>) -> bool {
            let conclusion = Conclusion {
                answer,
                fresh: None,
                next,
            };
            let done = self
                .people
                .conclude(leased, &conclusion, leased.asked_at)
                .await;
            done.unwrap().is_some()
        }

        /// The one entry of the due index, which the identity agrees with.
        async fn due_at(&self) -> Option<Timestamp> {
            let entries = self
                .people
                .due(&self.provider, Timestamp::END, 10)
                .await
                .unwrap();
            assert!(entries.len() <= 1, "{entries:?}");
            if let Some((time, id)) = entries.first() {
                let (identity, _) = self.people.identity(id).await.unwrap().unwrap();
                assert_eq!(identity.due_at, Some(*time));
            }
            entries.first().map(|(time, _)| *time)
        }
    }

    fn tokens(refresh: &str) -> Tokens {
        Tokens {
            refresh: Some(Secret::new(refresh.to_owned())),
            ..Tokens::default()
        }
    }

    #[tokio::test]
    async fn inv_41_everybody_has_one_entry_and_a_lost_lease_comes_round_again() {
        let world = World::new();
        world.sign_in("first", at(0)).await;
        assert_eq!(world.due_at().await, Some(at(3_600)));
        assert!(world.lease(at(3_599)).await.is_none(), "not yet");
        let leased = world.lease(at(3_600)).await.unwrap();
        assert!(world.lease(at(3_600)).await.is_none(), "one turn at a time");
        assert_eq!(world.due_at().await, Some(at(3_660)));
        // Whoever had the lease is gone.
        let again = world.lease(at(3_660)).await.unwrap();
        assert!(
            !world
                .conclude(&leased, Answer::Confirmed, Some(at(9_999)))
                .await,
            "too late"
        );
        assert!(
            world
                .conclude(&again, Answer::Confirmed, Some(at(7_200)))
                .await
        );
        assert_eq!(world.due_at().await, Some(at(7_200)));
        let leased = world.lease(at(7_200)).await.unwrap();
        assert!(
            world
                .conclude(&leased, Answer::Refused("inactive"), None)
                .await
        );
        assert_eq!(world.due_at().await, None, "nobody is asked about in vain");
        world.sign_in("second", at(8_000)).await;
        assert_eq!(world.due_at().await, Some(at(11_600)));
    }

    #[tokio::test]
    async fn inv_42_of_two_who_take_turns_together_one_has_each() {
        for seed in 0..100 {
            let world = World::over(Arc::new(crate::store::Fickle::wavering(seed * 7_919)));
            for subject in ["ada", "grace", "tim"] {
                world.sign_in_of(subject, subject, at(0)).await;
            }
            let due = world
                .people
                .due(&world.provider, at(3_600), 10)
                .await
                .unwrap();
            assert_eq!(due.len(), 3);
            let turns = |from: usize| {
                let due = due.get(from..).unwrap().to_vec();
                let people = world.people.clone();
                let provider = world.provider.clone();
                async move {
                    people
                        .lease_all(&provider, &due, at(3_600), at(3_660))
                        .await
                }
            };
            let (one, two) = tokio::join!(turns(0), turns(1));
            let leased = [one.unwrap(), two.unwrap()].concat();
            let mut ids: Vec<_> = leased.iter().map(|it| it.identity.id.clone()).collect();
            ids.sort();
            let mut all: Vec<_> = due.iter().map(|(_, id)| id.clone()).collect();
            all.sort();
            assert_eq!(ids, all, "{seed}");
        }
    }

    #[tokio::test]
    async fn inv_25_a_sign_in_that_comes_in_between_stands() {
        let world = World::new();
        world.sign_in("first", at(0)).await;
        let mut leased = world.lease(at(3_600)).await.unwrap();
        world.sign_in("second", at(3_601)).await;
        let spent = Secret::new("first".to_owned());
        let kept = world
            .people
            .keep(&mut leased, Some(&spent), &tokens("renewed"))
            .await;
        assert!(!kept.unwrap());
        assert!(
            !world
                .conclude(&leased, Answer::Refused("invalid_grant"), None)
                .await
        );
        let (identity, _) = world
            .people
            .identity(&leased.identity.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(identity.link.state, LinkState::Valid);
        assert!(identity.tokens.refresh.unwrap().matches(b"second"));
        assert_eq!(world.due_at().await, Some(at(7_201)));
    }

    #[tokio::test]
    async fn inv_42_a_renewed_token_replaces_the_one_that_was_spent_and_an_absent_one_keeps_it() {
        let world = World::new();
        world.sign_in("first", at(0)).await;
        let mut leased = world.lease(at(3_600)).await.unwrap();
        let spent = leased.identity.tokens.refresh.clone();
        let kept = world
            .people
            .keep(&mut leased, spent.as_ref(), &tokens("renewed"))
            .await;
        assert!(kept.unwrap());
        assert!(
            leased
                .identity
                .tokens
                .refresh
                .as_ref()
                .unwrap()
                .matches(b"renewed")
        );
        let kept = world
            .people
            .keep(&mut leased, spent.as_ref(), &tokens("of another"))
            .await;
        assert!(!kept.unwrap(), "what was spent is held no more");
        let spent = leased.identity.tokens.refresh.clone();
        let absent = Tokens::default();
        assert!(
            world
                .people
                .keep(&mut leased, spent.as_ref(), &absent)
                .await
                .unwrap()
        );
        let (identity, _) = world
            .people
            .identity(&leased.identity.id)
            .await
            .unwrap()
            .unwrap();
        assert!(identity.tokens.refresh.unwrap().matches(b"renewed"));
    }

    #[test]
    fn a_token_that_is_only_newer_changes_nothing() {
        let said = |issued_at: u64, department: &str| {
            let claims = serde_json::json!({
                "iat": issued_at, "jti": issued_at, "session_state": issued_at,
                "uti": issued_at, "aio": issued_at, "rh": issued_at, "pwd_exp": issued_at,
                "department": department,
            });
            Profile {
                subject: Subject::parse("ada").unwrap(),
                email: None,
                email_verified: false,
                name: None,
                preferred_username: None,
                groups: None,
                hosted_domain: None,
                tenant: None,
                claims: claims.as_object().unwrap().clone(),
            }
        };
        assert!(!said(2, "it").differs(&said(1, "it")));
        assert!(said(2, "sales").differs(&said(1, "it")));
    }

    #[tokio::test]
    async fn what_was_said_no_to_keeps_no_token_to_ask_with() {
        let world = World::new();
        world.sign_in("first", at(0)).await;
        let leased = world.lease(at(3_600)).await.unwrap();
        assert!(
            world
                .conclude(&leased, Answer::Refused("membership_removed"), None)
                .await
        );
        let (identity, _) = world
            .people
            .identity(&leased.identity.id)
            .await
            .unwrap()
            .unwrap();
        assert!(identity.tokens.refresh.is_none() && identity.tokens.access.is_none());
        assert_eq!(identity.link.reason.as_deref(), Some("membership_removed"));
        assert_eq!(identity.last_verified_at, at(0), "a no confirms nothing");
    }
}
