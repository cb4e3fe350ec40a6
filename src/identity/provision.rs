//! Turning what a provider asserted into an identity and an account, as part of one atomic batch.

use std::sync::Arc;

use super::activation::Activations;
use super::{
    Account, AccountId, Error, Generation, Identity, IdentityId, Link, LinkState, Membership,
    Profile,
};
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::provider::{Asserted, Subject, Tokens};
use crate::secret;
use crate::store::{Batch, Seal, Store, Table};

/// The records of people.
#[derive(Clone, Debug)]
pub struct People {
    pub(super) store: Arc<dyn Store>,
    pub(super) seal: Seal,
    pub(super) activations: Activations,
}

/// Who signed in.
#[derive(Clone, Debug)]
pub struct Provisioned {
    /// The identity as it will be once the batch is committed.
    pub identity: Identity,
    /// Whether nobody knew it before.
    pub is_new: bool,
}

/// Why a person whom the provider vouches for has no account here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The membership was removed, and only an operator can lift that.
    Removed,
    /// An operator has blocked the identity.
    Blocked,
}

/// Why an identity cannot be tied to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRefusal {
    /// It belongs to another account: only an operator can move it.
    Taken,
    /// The account has another identity of that provider.
    AnotherThere,
    /// The account has as many as it may.
    TooMany,
    /// The account may not come in, or the identity was blocked.
    NotAllowed,
}

impl LinkRefusal {
    /// For the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::AnotherThere => "another_there",
            Self::TooMany => "too_many",
            Self::NotAllowed => "not_allowed",
        }
    }
}

/// More identities than this one account has not.
const MAX_IDENTITIES: usize = 10;

/// Through what somebody came.
#[derive(Clone, Copy, Debug)]
pub struct Through<'a> {
    /// The organization.
    pub organization: &'a Slug,
    /// The provider.
    pub provider: &'a Slug,
    /// The settings of the two.
    pub generation: &'a Generation,
    /// When the provider is asked about the person again, if it can be.
    pub due_at: Option<Timestamp>,
}

impl People {
    /// Over a store.
    pub fn new(store: Arc<dyn Store>, seal: Seal) -> Self {
        Self {
            store,
            seal,
            activations: Activations::default(),
        }
    }

    /// An identity and its account, if there is one.
    ///
    /// # Errors
    /// The store's, and [`Error::Dangling`].
    pub async fn find(&self, id: &IdentityId) -> Result<Option<(Identity, Account)>, Error> {
        let both = self.both(id).await?;
        Ok(both.map(|both| (both.identity, both.account)))
    }

    /// The same, with expectations in `batch` that both are still so when it is committed.
    ///
    /// # Errors
    /// The store's, and [`Error::Dangling`].
    pub async fn confirm(
        &self,
        batch: &mut Batch,
        id: &IdentityId,
    ) -> Result<Option<(Identity, Account)>, Error> {
        let Some(both) = self.both(id).await? else {
            return Ok(None);
        };
        both.expect(batch);
        Ok(Some((both.identity, both.account)))
    }

    /// The identity that somebody has here already.
    ///
    /// # Errors
    /// The store's.
    pub async fn known(
        &self,
        organization: &Slug,
        provider: &Slug,
        asserted: &Asserted,
    ) -> Result<Option<Identity>, Error> {
        let key = person_key(organization, provider, &asserted.issuer, &asserted.subject);
        let Some(id) = self.store.get(Table::IdentityKeys, &key).await? else {
            return Ok(None);
        };
        let id = IdentityId(String::from_utf8_lossy(&id).into_owned());
        Ok(self.identity(&id).await?.map(|(identity, _)| identity))
    }

    /// Adds to `batch` what makes `asserted` an identity with an account, or brings a known one up to date. Expectations
    /// in the batch make parallel sign-ins of one new person end in one account (a conflict means: try again).
    ///
    /// # Errors
    /// The store's, and [`Error::Dangling`]. `Ok(Err(…))` is a decision, not a fault.
    pub async fn provision(
        &self,
        batch: &mut Batch,
        through: Through<'_>,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<Result<Provisioned, Refusal>, Error> {
        let key = key_of(through, asserted);
        match self.of_person(&key).await? {
            None => self.create(batch, &key, through, asserted, now).map(Ok),
            Some(both) => {
                if both.account.membership == Membership::Removed {
                    return Ok(Err(Refusal::Removed));
                }
                if both.identity.link.state == LinkState::Blocked {
                    return Ok(Err(Refusal::Blocked));
                }
                both.expect(batch);
                if !both.account.identities.contains(&both.identity.id) {
                    // It was written before accounts knew what they sign in by.
                    let mut account = both.account.clone();
                    account.identities.push(both.identity.id.clone());
                    self.put_account(batch, &account)?;
                }
                let mut identity = refreshed(both.identity, through, asserted, now);
                Self::schedule(batch, &mut identity, through.due_at);
                self.put_identity(batch, &identity)?;
                Ok(Ok(Provisioned {
                    identity,
                    is_new: false,
                }))
            }
        }
    }

    fn create(
        &self,
        batch: &mut Batch,
        key: &[u8],
        through: Through<'_>,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<Provisioned, Error> {
        let mut account = Account {
            id: AccountId::random(),
            organization: through.organization.clone(),
            membership: Membership::Active,
            created_at: now,
            identities: Vec::new(),
        };
        let identity = self.add(batch, key, &mut account, through, asserted, now)?;
        Ok(Provisioned {
            identity,
            is_new: true,
        })
    }

    /// Adds a new identity to an account, and both to `batch`.
    fn add(
        &self,
        batch: &mut Batch,
        key: &[u8],
        account: &mut Account,
        through: Through<'_>,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<Identity, Error> {
        let mut identity = Identity {
            id: IdentityId::random(),
            account: account.id.clone(),
            organization: through.organization.clone(),
            provider: through.provider.clone(),
            issuer: asserted.issuer.clone(),
            profile: Profile::of(asserted),
            tokens: asserted.tokens.clone(),
            generation: through.generation.clone(),
            created_at: now,
            last_verified_at: now,
            link: Link::fresh(now),
            due_at: None,
            leased: false,
        };
        Self::schedule(batch, &mut identity, through.due_at);
        batch.expect_absent(Table::IdentityKeys, key).put(
            Table::IdentityKeys,
            key,
            identity.id.as_str(),
        );
        account.identities.push(identity.id.clone());
        self.put_account(batch, account)?;
        self.put_identity(batch, &identity)?;
        Ok(identity)
    }

    /// Adds to `batch` what ties `asserted` to an account that is there: of whoever is signed in, never of whom the
    /// assertion names. One that is tied to it already is brought up to date.
    ///
    /// # Errors
    /// The store's, and [`Error::Dangling`]. `Ok(Err(…))` is a decision, not a fault.
    pub async fn link(
        &self,
        batch: &mut Batch,
        through: Through<'_>,
        account: &AccountId,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<Result<Provisioned, LinkRefusal>, Error> {
        let key = key_of(through, asserted);
        if let Some(both) = self.of_person(&key).await? {
            if both.account.id != *account {
                return Ok(Err(LinkRefusal::Taken));
            }
            let known = self.provision(batch, through, asserted, now).await?;
            return Ok(known.map_err(|_| LinkRefusal::NotAllowed));
        }
        let found = self.account(through.organization, account).await;
        let (mut account, raw) = match found {
            Err(Error::Dangling) => return Ok(Err(LinkRefusal::NotAllowed)),
            other => other?,
        };
        // One that does not know what it signs in by would go with the new identity: the next sign-in tells it.
        if account.membership == Membership::Removed || account.identities.is_empty() {
            return Ok(Err(LinkRefusal::NotAllowed));
        }
        if account.identities.len() >= MAX_IDENTITIES {
            return Ok(Err(LinkRefusal::TooMany));
        }
        for other in &account.identities {
            let other = self.identity(other).await?;
            if other.is_some_and(|(other, _)| other.provider == *through.provider) {
                return Ok(Err(LinkRefusal::AnotherThere));
            }
        }
        let place = account_key(through.organization, &account.id);
        batch.expect_unchanged(Table::Accounts, place, raw);
        let identity = self.add(batch, &key, &mut account, through, asserted, now)?;
        Ok(Ok(Provisioned {
            identity,
            is_new: true,
        }))
    }

    pub(super) fn put_account(&self, batch: &mut Batch, account: &Account) -> Result<(), Error> {
        let key = account_key(&account.organization, &account.id);
        let sealed = self.seal.seal_json(Table::Accounts, &key, account)?;
        batch.put(Table::Accounts, key, sealed);
        Ok(())
    }

    /// Adds a record to `batch`, and gives back its bytes: what it will be expected to be unchanged from.
    pub(super) fn put_identity(
        &self,
        batch: &mut Batch,
        identity: &Identity,
    ) -> Result<Vec<u8>, Error> {
        let key = identity.id.as_str();
        let sealed = self
            .seal
            .seal_json(Table::Identities, key.as_bytes(), identity)?;
        batch.put(Table::Identities, key, sealed.clone());
        Ok(sealed)
    }

    pub(super) async fn identity(
        &self,
        id: &IdentityId,
    ) -> Result<Option<(Identity, Vec<u8>)>, Error> {
        let key = id.as_str().as_bytes();
        match self.store.get(Table::Identities, key).await? {
            None => Ok(None),
            Some(raw) => Ok(Some((
                self.seal.open_json(Table::Identities, key, &raw)?,
                raw,
            ))),
        }
    }

    /// Adds to `batch` that an identity goes, and its account with the last one; `both` are expected to be as they were.
    pub(super) fn forget(&self, batch: &mut Batch, both: &Both) -> Result<(), Error> {
        let identity = &both.identity;
        let person = person_key(
            &identity.organization,
            &identity.provider,
            &identity.issuer,
            &identity.profile.subject,
        );
        batch.remove(Table::IdentityKeys, person);
        batch.remove(Table::Identities, identity.id.as_str());
        self.leave_account(batch, &both.account, &identity.id)
    }

    /// Adds to `batch` that an account has one identity less; without any it goes.
    pub(super) fn leave_account(
        &self,
        batch: &mut Batch,
        account: &Account,
        id: &IdentityId,
    ) -> Result<(), Error> {
        let mut left = account.clone();
        left.identities.retain(|other| other != id);
        if left.identities.is_empty() {
            let place = account_key(&account.organization, &account.id);
            batch.remove(Table::Accounts, place);
            return Ok(());
        }
        self.put_account(batch, &left)
    }

    /// An identity as it was read in a range.
    pub(super) fn opened(&self, key: &[u8], raw: &[u8]) -> Result<Identity, Error> {
        Ok(self.seal.open_json(Table::Identities, key, raw)?)
    }

    /// An identity with its account. Somebody may have both forgotten between the two readings: only what stays so when it
    /// is read again is dangling.
    pub(super) async fn both(&self, id: &IdentityId) -> Result<Option<Both>, Error> {
        let mut alone = None;
        loop {
            let Some((identity, raw)) = self.identity(id).await? else {
                return Ok(None);
            };
            let account = self
                .account(&identity.organization, &identity.account)
                .await;
            match account {
                Err(Error::Dangling) if alone.as_ref() != Some(&raw) => alone = Some(raw),
                Err(other) => return Err(other),
                Ok((account, raw_account)) => {
                    return Ok(Some(Both {
                        identity,
                        raw,
                        account,
                        raw_account,
                    }));
                }
            }
        }
    }

    /// The same, of the person with this key.
    async fn of_person(&self, key: &[u8]) -> Result<Option<Both>, Error> {
        let mut missing = None;
        loop {
            let Some(id) = self.store.get(Table::IdentityKeys, key).await? else {
                return Ok(None);
            };
            if missing.as_ref() == Some(&id) {
                return Err(Error::Dangling);
            }
            let found = IdentityId(String::from_utf8_lossy(&id).into_owned());
            match self.both(&found).await? {
                Some(both) => return Ok(Some(both)),
                None => missing = Some(id),
            }
        }
    }

    pub(super) async fn account(
        &self,
        organization: &Slug,
        id: &AccountId,
    ) -> Result<(Account, Vec<u8>), Error> {
        let key = account_key(organization, id);
        let raw = self
            .store
            .get(Table::Accounts, &key)
            .await?
            .ok_or(Error::Dangling)?;
        Ok((self.seal.open_json(Table::Accounts, &key, &raw)?, raw))
    }
}

/// An identity and its account, and both as they are stored.
#[derive(Debug)]
pub(super) struct Both {
    pub(super) identity: Identity,
    pub(super) raw: Vec<u8>,
    pub(super) account: Account,
    pub(super) raw_account: Vec<u8>,
}

impl Both {
    /// Adds to `batch` that it applies only while both are so.
    pub(super) fn expect(&self, batch: &mut Batch) {
        let (identity, account) = (&self.identity, &self.account);
        batch.expect_unchanged(Table::Identities, identity.id.as_str(), self.raw.clone());
        let account_key = account_key(&account.organization, &account.id);
        batch.expect_unchanged(Table::Accounts, account_key, self.raw_account.clone());
    }
}

fn key_of(through: Through<'_>, asserted: &Asserted) -> Vec<u8> {
    person_key(
        through.organization,
        through.provider,
        &asserted.issuer,
        &asserted.subject,
    )
}

/// The one key of a person: four fields, each with its length, so that no two people share a digest.
fn person_key(organization: &Slug, provider: &Slug, issuer: &str, subject: &Subject) -> Vec<u8> {
    secret::sha256_fields([
        organization.as_str().as_bytes(),
        provider.as_str().as_bytes(),
        issuer.as_bytes(),
        subject.as_str().as_bytes(),
    ])
    .to_vec()
}

/// Organization first, so that an organization's accounts lie together. A slug has no NUL.
pub(super) fn account_key(organization: &Slug, id: &AccountId) -> Vec<u8> {
    format!("{organization}\0{id}").into_bytes()
}

/// A known identity after another sign-in. An absent refresh token keeps the old one: many providers send it only once.
fn refreshed(
    known: Identity,
    through: Through<'_>,
    asserted: &Asserted,
    now: Timestamp,
) -> Identity {
    let tokens = Tokens {
        refresh: asserted
            .tokens
            .refresh
            .clone()
            .or_else(|| known.tokens.refresh.clone()),
        ..asserted.tokens.clone()
    };
    // Apple says a name at the very first sign-in and never again.
    let mut profile = Profile::of(asserted);
    profile.name = profile.name.or_else(|| known.profile.name.clone());
    Identity {
        profile,
        tokens,
        generation: through.generation.clone(),
        last_verified_at: now,
        link: Link::fresh(now),
        leased: false,
        ..known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::identity::{Deed, Done};
    use crate::secret::Secret;
    use crate::store::{self, Memory};

    fn asserted(issuer: &str, subject: &str) -> Asserted {
        Asserted {
            issuer: issuer.to_owned(),
            subject: Subject::parse(subject).unwrap(),
            email: Some("ada@acme.com".to_owned()),
            email_verified: true,
            name: None,
            preferred_username: None,
            groups: None,
            groups_are_teams: false,
            hosted_domain: None,
            tenants: Vec::new(),
            claims: serde_json::Map::new(),
            authenticated_at: Timestamp::EPOCH,
            proof: crate::provider::Proof::default(),
            provider_session: None,
            tokens: Tokens {
                refresh: Some(Secret::new("first".to_owned())),
                ..Tokens::default()
            },
        }
    }

    fn generation() -> Generation {
        serde_json::from_str("\"g\"").unwrap()
    }

    async fn sign_in(
        people: &People,
        organization: &str,
        provider: &str,
        who: &Asserted,
    ) -> Identity {
        let (organization, provider) = (
            Slug::parse(organization).unwrap(),
            Slug::parse(provider).unwrap(),
        );
        let generation = generation();
        let through = Through {
            organization: &organization,
            provider: &provider,
            generation: &generation,
            due_at: None,
        };
        loop {
            let mut batch = Batch::new();
            let done = people
                .provision(&mut batch, through, who, Timestamp::from_seconds(1))
                .await
                .unwrap()
                .unwrap();
            match people.store.commit(batch).await {
                Ok(()) => return done.identity,
                Err(store::Error::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }

    fn people() -> People {
        People::new(
            Arc::new(Memory::new()),
            Seal::new(&store::SealKey::random()).unwrap(),
        )
    }

    #[tokio::test]
    async fn inv_17_the_key_is_organization_provider_issuer_and_subject() {
        let people = people();
        let ada = asserted("https://idp", "1");
        let first = sign_in(&people, "acme", "idp", &ada).await;
        let again = sign_in(&people, "acme", "idp", &ada).await;
        assert_eq!(first.account, again.account);
        for (organization, provider, who) in [
            ("globex", "idp", &ada),
            ("acme", "other", &ada),
            ("acme", "idp", &asserted("https://other", "1")),
            ("acme", "idp", &asserted("https://idp", "2")),
        ] {
            let other = sign_in(&people, organization, provider, who).await;
            assert_ne!(
                first.account, other.account,
                "the same e-mail address joins nobody"
            );
        }
    }

    #[tokio::test]
    async fn parallel_first_sign_ins_make_one_account() {
        let people = people();
        let ada = asserted("https://idp", "1");
        let tasks = crate::tasks::Tasks::new();
        let all: Vec<_> = (0..50)
            .map(|_| {
                let (people, ada) = (people.clone(), ada.clone());
                tasks.spawn(async move { sign_in(&people, "acme", "idp", &ada).await.account })
            })
            .collect();
        let mut accounts = Vec::new();
        for task in all {
            accounts.push(task.await.unwrap());
        }
        accounts.dedup();
        assert_eq!(accounts.len(), 1);
    }

    #[tokio::test]
    async fn of_two_identities_that_are_removed_at_the_same_time_one_stays() {
        let people = people();
        for subject in 0..20 {
            let first = asserted("https://idp", &format!("{subject}"));
            let first = sign_in(&people, "acme", "idp", &first).await;
            let (provider, generation) = (Slug::parse("other").unwrap(), generation());
            let through = Through {
                organization: &first.organization,
                provider: &provider,
                generation: &generation,
                due_at: None,
            };
            let other = asserted("https://other", &format!("{subject}"));
            let mut batch = Batch::new();
            let linked = people
                .link(
                    &mut batch,
                    through,
                    &first.account,
                    &other,
                    Timestamp::EPOCH,
                )
                .await;
            let second = linked.unwrap().unwrap().identity;
            people.store.commit(batch).await.unwrap();
            let actor = audit::Actor::Visitor;
            let event = audit::Event::new(Timestamp::EPOCH, audit::Kind::IdentityUnlinked, actor);
            let (one, two) = tokio::join!(
                people.change(&first.id, Deed::Detach, &event),
                people.change(&second.id, Deed::Detach, &event),
            );
            let done = [one.unwrap(), two.unwrap()];
            let last = done.iter().filter(|done| matches!(done, Done::Last));
            assert_eq!(last.count(), 1, "{done:?}");
        }
    }

    #[tokio::test]
    async fn an_absent_refresh_token_keeps_the_old_one() {
        let people = people();
        sign_in(&people, "acme", "idp", &asserted("https://idp", "1")).await;
        let without = Asserted {
            tokens: Tokens::default(),
            ..asserted("https://idp", "1")
        };
        let identity = sign_in(&people, "acme", "idp", &without).await;
        assert!(identity.tokens.refresh.unwrap().matches(b"first"));
    }

    #[tokio::test]
    async fn a_name_that_is_said_once_is_kept() {
        let people = people();
        let named = |name: Option<&str>| Asserted {
            name: name.map(str::to_owned),
            ..asserted("https://idp", "1")
        };
        for (said, known) in [
            (Some("Ada"), "Ada"),
            (None, "Ada"),
            (Some("Ada L."), "Ada L."),
        ] {
            let identity = sign_in(&people, "acme", "idp", &named(said)).await;
            assert_eq!(identity.profile.name.as_deref(), Some(known));
        }
    }

    #[tokio::test]
    async fn an_account_of_before_learns_what_it_signs_in_by_at_the_next_sign_in() {
        let people = people();
        let ada = asserted("https://idp", "1");
        let first = sign_in(&people, "acme", "idp", &ada).await;
        let (account, _) = people
            .account(&first.organization, &first.account)
            .await
            .unwrap();
        let before = Account {
            identities: Vec::new(),
            ..account
        };
        let mut batch = Batch::new();
        people.put_account(&mut batch, &before).unwrap();
        people.store.commit(batch).await.unwrap();
        let known = async || {
            let found = people.account(&first.organization, &first.account).await;
            found.unwrap().0.identities
        };
        assert!(known().await.is_empty());
        sign_in(&people, "acme", "idp", &ada).await;
        assert_eq!(known().await, std::slice::from_ref(&first.id));
    }
}
