//! People who are linked, as the end of a sign-in leaves them.

use std::path::Path;
use std::sync::Arc;

use doorward::address::Host;
use doorward::clock::Timestamp;
use doorward::config::{self, Config, Slug};
use doorward::identity::{self, Generation, Identity, People, Through};
use doorward::provider::{Asserted, Proof, Subject, Tokens};
use doorward::secret::Secret;
use doorward::session::{AtProvider, Device, Grant, Handle, Opening, Sessions, Settings};
use doorward::store::{self, Batch, Store};
use doorward::telemetry::Metrics;

/// Written together, so that filling the store does not take the day.
pub const AT_ONCE: usize = 500;

/// A configuration from a file.
pub fn load(file: &Path) -> anyhow::Result<Config> {
    let files = config::Files {
        file: file.to_owned(),
        environment: std::collections::BTreeMap::new(),
    };
    let loaded = config::load(&files).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    Ok(loaded.config)
}

/// A store and its rooms, before there is a process that serves from it.
pub struct Opened {
    pub store: Arc<dyn Store>,
    pub people: People,
    pub sessions: Sessions,
    pub connection: Connection,
}

/// Opens the store of a configuration.
pub async fn open(file: &Path, issuer: &str, now: Timestamp) -> anyhow::Result<Opened> {
    let (config, metrics) = (load(file)?, Metrics::new(0));
    let (store, seal) = store::open(&config.store, now, &metrics).await?;
    let people = People::new(Arc::clone(&store), seal.clone());
    let settings = Settings::of(&config);
    let sessions = Sessions::new(Arc::clone(&store), seal, people.clone(), settings, metrics);
    Ok(Opened {
        store,
        people,
        sessions,
        connection: Connection::of(&config, issuer)?,
    })
}

/// The way by which everybody comes: the organization `acme` and its provider `idp`.
pub struct Connection {
    organization: Slug,
    provider: Slug,
    generation: Generation,
    issuer: String,
    host: Host,
}

impl Connection {
    /// Of a configuration that has both.
    pub fn of(config: &Config, issuer: &str) -> anyhow::Result<Self> {
        let (organization, provider) = (Slug::parse("acme")?, Slug::parse("idp")?);
        let generation = identity::generation(
            config.organizations.get(&organization).unwrap(),
            config.providers.get(&provider).unwrap(),
        );
        Ok(Self {
            organization,
            provider,
            generation,
            issuer: issuer.to_owned(),
            host: config.server.public_url.host().clone(),
        })
    }

    /// Links a number of people; `due` says when each is asked about.
    pub async fn link(
        &self,
        people: &People,
        store: &dyn Store,
        number: usize,
        now: Timestamp,
        due: impl Fn(usize) -> Option<Timestamp>,
    ) -> anyhow::Result<()> {
        for first in (0..number).step_by(AT_ONCE) {
            let mut batch = Batch::new().relaxed();
            for person in first..number.min(first + AT_ONCE) {
                self.provision(&mut batch, people, person, now, due(person))
                    .await?;
            }
            store.commit(batch).await?;
        }
        store.commit(Batch::new()).await?;
        Ok(())
    }

    async fn provision(
        &self,
        batch: &mut Batch,
        people: &People,
        person: usize,
        now: Timestamp,
        due_at: Option<Timestamp>,
    ) -> anyhow::Result<Identity> {
        let through = Through {
            organization: &self.organization,
            provider: &self.provider,
            generation: &self.generation,
            due_at,
        };
        let asserted = asserted(&self.issuer, person, now);
        let made = people.provision(batch, through, &asserted, now).await?;
        let made = made.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        Ok(made.identity)
    }

    /// Links somebody and opens a session for them.
    pub async fn let_in(
        &self,
        batch: &mut Batch,
        (people, sessions): (&People, &Sessions),
        person: usize,
        now: Timestamp,
    ) -> anyhow::Result<Handle> {
        let identity = self.provision(batch, people, person, now, None).await?;
        let opening = Opening {
            previous: None,
            tabs: None,
            host: &self.host,
            device: Device::default(),
            grant: self.grant(&identity, now),
            identity: &identity,
            reference: "bench",
        };
        Ok(sessions.open(batch, opening, now).await?.handle)
    }

    fn grant(&self, identity: &Identity, now: Timestamp) -> Grant {
        Grant {
            organization: self.organization.clone(),
            account: identity.account.clone(),
            identity: identity.id.clone(),
            provider: self.provider.clone(),
            at_provider: AtProvider::new(&self.provider, &identity.issuer, "somebody", None),
            generation: self.generation.clone(),
            authenticated_at: now,
            proofs: Default::default(),
            granted_at: now,
            expires_at: None,
            used_at: now,
        }
    }
}

/// What a provider would say of somebody.
fn asserted(issuer: &str, person: usize, now: Timestamp) -> Asserted {
    let email = format!("person-{person}@acme.example");
    let claims = serde_json::json!({ "sub": format!("person-{person}"), "email": email, "department": "sales" });
    Asserted {
        issuer: issuer.to_owned(),
        subject: Subject::parse(&format!("person-{person}")).unwrap(),
        email: Some(email),
        email_verified: true,
        name: Some(format!("Person {person}")),
        preferred_username: None,
        groups: Some(vec!["staff".to_owned(), "sales".to_owned()]),
        groups_are_teams: false,
        hosted_domain: None,
        tenants: Vec::new(),
        claims: claims.as_object().unwrap().clone(),
        authenticated_at: now,
        proof: Proof::default(),
        provider_session: None,
        tokens: Tokens {
            access: Some(Secret::new("a".repeat(43))),
            refresh: Some(Secret::new(format!("{person:043}"))),
            ..Tokens::default()
        },
    }
}
