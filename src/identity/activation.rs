//! Which connections are open: what an owner said when Setup was completed, and whether an owner shut one since.
//!
//! What is in force is in memory, so that every request can look. Every batch that lets somebody in also expects that the
//! stored record is as it was judged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{AccountId, Error, Generation, People, Profile};
use crate::clock::Timestamp;
use crate::config::{self, Organization, Owner, Slug};
use crate::provider::Tenant;
use crate::store::{self, Batch, Keys, Table};

/// What an owner last said of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// The settings of the connection that was tried.
    pub generation: Generation,
    /// How it stands since.
    pub state: State,
    /// The only customer of the provider whose people come in; `None`: `allow` alone says who does.
    pub only: Option<Fact>,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Setup was tried; which of the provider's customers this is remains to be said.
    Choosing,
    /// Setup is complete.
    Open,
    /// An owner shut it.
    Disabled,
}

/// Which customer of a provider an organization is, as Setup captured it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Google's `hd`, in small letters.
    HostedDomain(String),
    /// Any other.
    Tenant(Tenant),
}

/// What the file says of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// Whether Setup must be complete.
    pub required: bool,
    /// Who may complete it.
    pub owners: &'a [Owner],
    /// Today's settings.
    pub generation: &'a Generation,
}

/// How a connection stands, with what the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Open, because the file says so.
    ByFile,
    /// Open, because an owner completed Setup.
    Open,
    /// Which customer of the provider it is remains to be said.
    Choosing,
    /// Closed until an owner completes Setup.
    Closed,
    /// An owner shut it.
    Disabled,
}

impl Standing {
    /// For operators.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByFile => "open by file",
            Self::Open => "open",
            Self::Choosing => "choosing",
            Self::Closed => "closed",
            Self::Disabled => "disabled",
        }
    }
}

/// Why a connection lets somebody not in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Setup is not complete.
    NotActivated,
    /// An owner shut it.
    Disabled,
    /// The person is of another customer of the provider.
    OtherTenant,
}

impl Shut {
    /// For the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotActivated => "not_activated",
            Self::Disabled => "disabled",
            Self::OtherTenant => "other_tenant",
        }
    }
}

/// Those in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Activations(Arc<InForce>);

#[derive(Debug, Default)]
struct InForce {
    all: ArcSwap<ByConnection>,
    /// How often they changed.
    changes: AtomicU64,
    /// One at a time reads what was written, so that memory ends as the store does.
    settling: Mutex<()>,
}

/// By organization and provider.
type ByConnection = BTreeMap<Slug, BTreeMap<Slug, Arc<Activation>>>;

/// More connections are not configured in one file.
const MOST: usize = 100_000;

impl<'a> Door<'a> {
    /// Of an organization's use of a provider.
    pub fn of(organization: &'a Organization, generation: &'a Generation) -> Self {
        Self {
            required: organization.activation == config::Activation::Required,
            owners: &organization.owners,
            generation,
        }
    }

    /// Whether a connection is open for its people.
    ///
    /// # Errors
    /// Why not.
    pub fn is_open(&self, said: Option<&Activation>) -> Result<(), Shut> {
        match said {
            Some(said) if said.state == State::Disabled => Err(Shut::Disabled),
            // What was tried is what counts: under other settings it says nothing.
            Some(said) if said.state == State::Open && said.generation == *self.generation => {
                Ok(())
            }
            Some(_) | None if self.required => Err(Shut::NotActivated),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether somebody who is signed in may use it: it is open, and for the provider's customer that they are of.
    ///
    /// # Errors
    /// Why not.
    pub fn serves(&self, said: Option<&Activation>, profile: &Profile) -> Result<(), Shut> {
        if said.is_some_and(|said| !said.is_for(profile)) {
            return Err(Shut::OtherTenant);
        }
        self.is_open(said)
    }

    /// How it stands, for owners and operators.
    pub fn standing(&self, said: Option<&Activation>) -> Standing {
        match (said.map(|said| said.state), self.is_open(said)) {
            (Some(State::Disabled), _) => Standing::Disabled,
            (Some(State::Choosing), _) => Standing::Choosing,
            (Some(State::Open) | None, Err(_)) => Standing::Closed,
            (Some(State::Open), Ok(())) => Standing::Open,
            (None, Ok(())) => Standing::ByFile,
        }
    }

    /// Whether somebody may sign in. Owners may while a connection is shut: they alone can open it. Until then that leads
    /// them to its admin pages, and nowhere else.
    ///
    /// # Errors
    /// Why not.
    pub fn admits(
        &self,
        said: Option<&Activation>,
        issuer: &str,
        profile: &Profile,
    ) -> Result<(), Shut> {
        match self.serves(said, profile) {
            Err(Shut::NotActivated | Shut::Disabled) if is_owner(self.owners, issuer, profile) => {
                Ok(())
            }
            other => other,
        }
    }
}

impl Activation {
    /// Whether it lets in somebody of whom the provider says this.
    pub fn is_for(&self, profile: &Profile) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_of(profile))
    }
}

impl Fact {
    /// Whether somebody belongs to it. What is captured stays a rule when the settings change: nothing widens by itself.
    fn is_of(&self, profile: &Profile) -> bool {
        match self {
            Self::HostedDomain(domain) => {
                let theirs = profile.hosted_domain.as_deref();
                theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(domain))
            }
            Self::Tenant(tenant) => profile.tenants.iter().any(|theirs| theirs.id == tenant.id),
        }
    }

    /// What a provider's word on somebody leaves to choose from.
    pub fn seen_in(profile: &Profile) -> Vec<Self> {
        match &profile.hosted_domain {
            Some(domain) => vec![Self::HostedDomain(domain.to_ascii_lowercase())],
            None => profile.tenants.iter().cloned().map(Self::Tenant).collect(),
        }
    }

    /// Whether it is the same customer, whatever that is called today.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::HostedDomain(one), Self::HostedDomain(two)) => one == two,
            (Self::Tenant(one), Self::Tenant(two)) => one.id == two.id,
            (Self::HostedDomain(_), Self::Tenant(_)) | (Self::Tenant(_), Self::HostedDomain(_)) => {
                false
            }
        }
    }

    /// What it is told apart by.
    pub fn id(&self) -> &str {
        match self {
            Self::HostedDomain(domain) => domain,
            Self::Tenant(tenant) => &tenant.id,
        }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        match self {
            Self::HostedDomain(domain) => domain,
            Self::Tenant(tenant) => &tenant.name,
        }
    }
}

/// Whether the file names somebody as an owner. An address counts only while a provider vouches for it (threat model 19).
pub fn is_owner(owners: &[Owner], issuer: &str, profile: &Profile) -> bool {
    owners.iter().any(|owner| match owner {
        Owner::Email(address) => profile
            .verified_email()
            .is_some_and(|theirs| theirs.eq_ignore_ascii_case(address)),
        Owner::Person {
            issuer: theirs,
            subject,
        } => theirs == issuer && subject == profile.subject.as_str(),
    })
}

impl People {
    /// Reads what owners have said before the process started.
    ///
    /// # Errors
    /// The store's: nobody is served then.
    pub async fn recall_activations(&self) -> Result<(), Error> {
        let mut all = ByConnection::new();
        let found = self.store.range(Table::Activations, Keys::all(), MOST);
        for (key, raw) in found.await? {
            let said = self.unsealed(&key, &raw)?;
            let names = std::str::from_utf8(&key).ok();
            let names = names.and_then(|names| names.split_once('\0'));
            let names = names.map(|(one, two)| (Slug::parse(one), Slug::parse(two)));
            let Some((Ok(organization), Ok(provider))) = names else {
                let text = "an activation names no connection".to_owned();
                return Err(store::Error::Damaged(text).into());
            };
            let of = all.entry(organization).or_default();
            of.insert(provider, Arc::new(said));
        }
        self.activations.0.all.store(Arc::new(all));
        self.activations.changed();
        Ok(())
    }

    fn unsealed(&self, key: &[u8], raw: &[u8]) -> Result<Activation, Error> {
        Ok(self.seal.open_json(Table::Activations, key, raw)?)
    }

    /// What an owner last said of a connection, as it is in force.
    pub fn activation(&self, organization: &Slug, provider: &Slug) -> Option<Arc<Activation>> {
        let all = self.activations.0.all.load();
        all.get(organization)?.get(provider).cloned()
    }

    /// How often what owners say has changed in this process. What was judged by it stands while this is the same; read it
    /// before judging.
    pub fn activation_changes(&self) -> u64 {
        self.activations.0.changes.load(Ordering::Acquire)
    }

    /// The same as it is stored, with an expectation in `batch` that it stays so.
    ///
    /// # Errors
    /// The store's.
    pub async fn expect_activation(
        &self,
        batch: &mut Batch,
        organization: &Slug,
        provider: &Slug,
    ) -> Result<Option<Activation>, Error> {
        let key = key(organization, provider);
        let Some(raw) = self.store.get(Table::Activations, &key).await? else {
            batch.expect_absent(Table::Activations, key);
            return Ok(None);
        };
        let said = self.unsealed(&key, &raw)?;
        batch.expect_unchanged(Table::Activations, key, raw);
        Ok(Some(said))
    }

    /// Adds to `batch` what an owner says of a connection. It is in force once that is settled, see
    /// [`People::settle_activation`].
    ///
    /// # Errors
    /// The store's.
    pub fn put_activation(
        &self,
        batch: &mut Batch,
        organization: &Slug,
        provider: &Slug,
        said: &Activation,
    ) -> Result<(), Error> {
        let key = key(organization, provider);
        let sealed = self.seal.seal_json(Table::Activations, &key, said)?;
        batch.put(Table::Activations, key, sealed);
        Ok(())
    }

    /// What an owner is about to say is in force from now on, written or not: for what shuts a connection, so that nobody
    /// slips through.
    pub fn activated(&self, organization: &Slug, provider: &Slug, said: &Activation) {
        let said = Arc::new(said.clone());
        self.activations.0.all.rcu(|all| {
            let mut all = BTreeMap::clone(all);
            let of = all.entry(organization.clone()).or_default();
            of.insert(provider.clone(), Arc::clone(&said));
            Arc::new(all)
        });
        self.activations.changed();
    }

    /// What was written last is in force from now on. Call it after every batch that wrote: owners who speak at the same
    /// time are so followed in the order of their batches.
    ///
    /// # Errors
    /// The store's: what was in force stays.
    ///
    /// # Cancel safety
    /// Not cancel safe: run it in a task of its own.
    pub async fn settle_activation(
        &self,
        organization: &Slug,
        provider: &Slug,
    ) -> Result<(), Error> {
        let _one_at_a_time = self.activations.0.settling.lock().await;
        let key = key(organization, provider);
        if let Some(raw) = self.store.get(Table::Activations, &key).await? {
            let said = self.unsealed(&key, &raw)?;
            self.activated(organization, provider, &said);
        }
        Ok(())
    }
}

impl Activations {
    fn changed(&self) {
        self.0.changes.fetch_add(1, Ordering::Release);
    }
}

/// A slug has no NUL.
fn key(organization: &Slug, provider: &Slug) -> Vec<u8> {
    format!("{organization}\0{provider}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Subject;

    fn generation(text: &str) -> Generation {
        serde_json::from_value(text.into()).unwrap()
    }

    fn ada() -> Profile {
        Profile {
            subject: Subject::parse("a-1").unwrap(),
            email: Some("Ada@Acme.com".to_owned()),
            email_verified: true,
            name: None,
            preferred_username: None,
            groups: None,
            groups_are_teams: false,
            hosted_domain: Some("Acme.com".to_owned()),
            tenants: vec![Tenant {
                id: "7".to_owned(),
                name: "acme".to_owned(),
            }],
            claims: serde_json::Map::new(),
        }
    }

    fn said(state: State, generation: &Generation, only: Option<Fact>) -> Activation {
        Activation {
            by: AccountId::random(),
            at: Timestamp::EPOCH,
            generation: generation.clone(),
            state,
            only,
        }
    }

    #[test]
    fn who_comes_in_through_a_door() {
        let (today, before) = (generation("2"), generation("1"));
        let owners = [Owner::Email("ada@acme.com".to_owned())];
        let nobody = [Owner::Email("eve@acme.com".to_owned())];
        let check = |required, said: Option<Activation>, visitor, owner| {
            for (owners, expected) in [(&nobody, visitor), (&owners, owner)] {
                let door = Door {
                    required,
                    owners,
                    generation: &today,
                };
                let admitted = door.admits(said.as_ref(), "https://idp", &ada());
                assert_eq!(admitted, expected, "{required} {said:?}");
            }
        };
        let closed = Err(Shut::NotActivated);
        check(false, None, Ok(()), Ok(()));
        check(true, None, closed, Ok(()));
        for (state, generation, visitor) in [
            (State::Open, &today, Ok(())),
            (State::Open, &before, closed),
            (State::Choosing, &today, closed),
            (State::Disabled, &today, Err(Shut::Disabled)),
            (State::Disabled, &before, Err(Shut::Disabled)),
        ] {
            check(true, Some(said(state, generation, None)), visitor, Ok(()));
        }
        check(
            false,
            Some(said(State::Open, &before, None)),
            Ok(()),
            Ok(()),
        );
        let shut = Some(said(State::Disabled, &today, None));
        check(false, shut, Err(Shut::Disabled), Ok(()));
    }

    #[test]
    fn inv_20_a_captured_fact_holds_for_everybody_and_outlives_the_settings() {
        let (today, before) = (generation("2"), generation("1"));
        let owners = [Owner::Email("ada@acme.com".to_owned())];
        let door = Door {
            required: false,
            owners: &owners,
            generation: &today,
        };
        let tenant = |id: &str, name: &str| {
            Fact::Tenant(Tenant {
                id: id.to_owned(),
                name: name.to_owned(),
            })
        };
        for (only, expected) in [
            (Fact::HostedDomain("acme.com".to_owned()), Ok(())),
            (
                Fact::HostedDomain("other.com".to_owned()),
                Err(Shut::OtherTenant),
            ),
            (tenant("7", "renamed"), Ok(())),
            (tenant("8", "acme"), Err(Shut::OtherTenant)),
        ] {
            for generation in [&today, &before] {
                let said = said(State::Open, generation, Some(only.clone()));
                assert_eq!(door.admits(Some(&said), "", &ada()), expected, "{only:?}");
            }
        }
    }

    #[test]
    fn inv_19_an_owner_is_who_the_file_names_and_a_provider_vouches_for() {
        let by_email = [Owner::Email("ada@acme.com".to_owned())];
        let by_subject = [Owner::Person {
            issuer: "https://idp".to_owned(),
            subject: "a-1".to_owned(),
        }];
        assert!(is_owner(&by_email, "https://any", &ada()));
        let unproven = Profile {
            email_verified: false,
            ..ada()
        };
        assert!(!is_owner(&by_email, "https://any", &unproven));
        assert!(is_owner(&by_subject, "https://idp", &unproven));
        assert!(!is_owner(&by_subject, "https://other", &ada()));
        assert!(!is_owner(&[], "https://idp", &ada()));
    }
}
