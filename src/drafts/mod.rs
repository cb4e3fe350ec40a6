//! Providers that are being set up, beside the file: what somebody who is no operator fills in until an operator puts it into
//! force.
//!
//! Owns: the records of drafts, the links to them, who may do what to one, and asking a provider that is not in force about
//! itself. Leaves to others: who stands behind a request (`gateway`, `admin`), what a table of the file means (`config`),
//! trying a sign-in (`pipeline`). Invariants: a draft signs nobody in, opens nothing and changes nothing but itself; a link
//! reaches one draft, and one browser has it (threat model 26); what is secret in one is sealed and never shown again (46,
//! 51); there are few of them, each for a time (54).

mod bounds;
mod deeds;
mod draft;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use self::bounds::Bounds;
use self::record::{Entry, Index, Link, Record};
use crate::audit::{self, Actor};
use crate::clock::{Clock, Timestamp};
use crate::config::defaults::DRAFTS_PER_ORGANIZATION;
use crate::config::{self, Config, FieldFault, Preset, Slug};
use crate::provider::{self, Provider, Written};
use crate::secret::{self, Secret};
use crate::store::{self, Batch, Seal, Store, Table};

pub use self::record::{Check, Checkup, Trial};

/// The drafts of all organizations. Clones share them.
#[derive(Clone, Debug)]
pub struct Drafts(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    parts: Parts,
    bounds: Arc<Bounds>,
}

/// What they are made of.
#[derive(Debug)]
pub struct Parts {
    /// Where they are.
    pub store: Arc<dyn Store>,
    /// How they are sealed.
    pub seal: Seal,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The file, which they are not in.
    pub config: Arc<Config>,
    /// What providers are made with.
    pub providers: provider::Shared,
}

/// A draft that is asked for.
#[derive(Clone, Debug)]
pub struct New {
    /// For which organization.
    pub organization: Slug,
    /// The name that it will have in the file.
    pub id: Slug,
    /// What fills in the rest.
    pub preset: Preset,
    /// How long it is kept.
    pub lifetime: Duration,
    /// Whether it may lie where not everybody can reach it: only an operator can say so.
    pub private_network: bool,
    /// Whether there is a link to it.
    pub with_link: bool,
}

/// One draft, as it was read.
#[derive(Clone, Debug)]
pub struct Draft {
    number: Number,
    record: Record,
    raw: Vec<u8>,
}

/// What tells a draft apart from all others, for ever. It opens nothing.
type Number = [u8; 16];

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has opened the link.
    Waiting,
    /// Something is missing, or not right.
    Open,
    /// Nothing is missing.
    Complete,
    /// Whoever filled it in says that it is complete.
    Finished,
    /// The file has a provider of that name by now.
    InForce,
    /// The file has one, and it is another organization's: this one cannot come into force.
    Displaced,
}

impl Stage {
    /// Name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Finished => "finished",
            Self::InForce => "in the file",
            Self::Displaced => "name taken",
        }
    }
}

/// Why something is not done, split by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such organization.
    #[error("there is no such organization")]
    NoSuchOrganization,
    /// Another provider has that name: in the file, or another draft.
    #[error("there is a provider of that name already, in the file or among the drafts")]
    Taken,
    /// The organization has as many as it may.
    #[error("the organization has {DRAFTS_PER_ORGANIZATION} drafts already: remove one first")]
    TooMany,
    /// It is gone: removed, too old, or never there.
    #[error("there is no such draft, or no longer")]
    Gone,
    /// Another browser has it.
    #[error("another browser has opened the link")]
    Claimed,
    /// The browser has as many as it may.
    #[error("the browser has opened too many links")]
    Crowded,
    /// It is finished, or in the file: it does not change any more.
    #[error("the draft is finished")]
    Finished,
    /// It is not complete.
    #[error("the draft is not complete")]
    Incomplete,
    /// Not so often.
    #[error("too often")]
    TooOften,
    /// The store failed.
    #[error("the drafts cannot be read or written")]
    Store(#[from] store::Error),
}

/// What was asked for, and the link, which is told once.
#[derive(Debug)]
pub struct Made {
    /// The draft.
    pub draft: Draft,
    /// What the link carries, if there is one.
    pub link: Option<Secret<String>>,
}

/// How often something is tried again when records move underneath it.
const TRIES: usize = 16;

impl Drafts {
    /// From their parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            parts,
            bounds: Arc::new(Bounds::new()),
        }))
    }

    /// The same drafts beside another file. What is bounded stays bounded by the same count.
    #[must_use]
    pub fn succeeded_by(&self, parts: Parts) -> Self {
        let bounds = Arc::clone(&self.0.bounds);
        Self(Arc::new(Shared { parts, bounds }))
    }

    /// Makes one.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganization`], [`Error::Taken`], [`Error::TooMany`], [`Error::TooOften`], the store's.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most a draft whose link nobody has.
    pub async fn create(&self, new: New, by: Actor) -> Result<Made, Error> {
        let config = &self.0.parts.config;
        if !config.organizations.contains_key(&new.organization) {
            return Err(Error::NoSuchOrganization);
        }
        if config.providers.contains_key(&new.id) {
            return Err(Error::Taken);
        }
        // Operators are not outside.
        if by != Actor::Operator && !self.0.bounds.create(&new.organization) {
            return Err(Error::TooOften);
        }
        for _ in 0..TRIES {
            match self.try_create(&new, &by).await {
                Err(Error::Store(store::Error::Conflict)) => {}
                other => return other,
            }
        }
        Err(store::Error::Conflict.into())
    }

    async fn try_create(&self, new: &New, by: &Actor) -> Result<Made, Error> {
        let now = self.now();
        let (mut index, raw_index) = self.index(&new.organization, now).await?;
        if index.entries.iter().any(|entry| entry.id == new.id) {
            return Err(Error::Taken);
        }
        if self.room_taken(&index) >= DRAFTS_PER_ORGANIZATION {
            return Err(Error::TooMany);
        }
        let number: Number = secret::random_bytes();
        let (until, link) = (
            now.plus(new.lifetime),
            new.with_link.then(secret::random_token),
        );
        let record = Record {
            organization: new.organization.clone(),
            id: new.id.clone(),
            preset: new.preset.as_str().to_owned(),
            values: BTreeMap::new(),
            changes: 0,
            private_network: new.private_network,
            made_by: by.clone(),
            made_at: now,
            until,
            link: link.as_ref().map(|token| Link {
                hash: link_hash(token),
                holder: None,
            }),
            checkup: None,
            trial: None,
            finished_at: None,
        };
        index.entries.push(Entry {
            id: new.id.clone(),
            number,
            until,
        });
        let mut batch = Batch::new();
        let key = record::key(&number);
        let raw = self.seal(&key, &record)?;
        batch.expect_absent(Table::Drafts, key.clone());
        batch.put(Table::Drafts, key.clone(), raw.clone());
        let mut targets = vec![(Table::Drafts, key)];
        if let Some(link) = &record.link {
            let key = record::link_key(&link.hash);
            batch.put(Table::Drafts, key.clone(), self.seal(&key, &number)?);
            targets.push((Table::Drafts, key));
        }
        self.put_index(&mut batch, &new.organization, &index, raw_index)?;
        batch.expire(until, &targets);
        let draft = Draft {
            number,
            record,
            raw,
        };
        batch.audit(draft.event(audit::Kind::DraftCreated, by.clone(), now));
        self.0.parts.store.commit(batch).await?;
        Ok(Made { draft, link })
    }

    /// How many count. What the file has by now takes up no room.
    fn room_taken(&self, index: &Index) -> usize {
        let providers = &self.0.parts.config.providers;
        let entries = index.entries.iter();
        let open = entries.filter(|entry| !providers.contains_key(&entry.id));
        open.count()
    }

    /// Those of an organization, the oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, organization: &Slug) -> Result<Vec<Draft>, Error> {
        let (index, _) = self.index(organization, self.now()).await?;
        let mut all = Vec::new();
        for entry in &index.entries {
            all.extend(self.read(&entry.number).await?);
        }
        Ok(all)
    }

    /// The one of a name.
    ///
    /// # Errors
    /// [`Error::Gone`], the store's.
    pub async fn named(&self, organization: &Slug, id: &Slug) -> Result<Draft, Error> {
        let (index, _) = self.index(organization, self.now()).await?;
        let entry = index.entries.iter().find(|entry| entry.id == *id);
        let number = entry.map(|entry| entry.number).ok_or(Error::Gone)?;
        self.read(&number).await?.ok_or(Error::Gone)
    }

    /// The one of a number.
    ///
    /// # Errors
    /// [`Error::Gone`], the store's.
    pub async fn numbered(&self, number: &str) -> Result<Draft, Error> {
        let number = secret::decode(number).and_then(|number| Number::try_from(number).ok());
        self.read(&number.ok_or(Error::Gone)?)
            .await?
            .ok_or(Error::Gone)
    }

    /// The one that a link leads to. Looking uses nothing up.
    ///
    /// # Errors
    /// [`Error::Gone`], the store's.
    pub async fn linked(&self, link: &Secret<String>) -> Result<Draft, Error> {
        let hash = link_hash(link);
        let key = record::link_key(&hash);
        let raw = self.0.parts.store.get(Table::Drafts, &key).await?;
        let raw = raw.ok_or(Error::Gone)?;
        let number: Number = self.0.parts.seal.open_json(Table::Drafts, &key, &raw)?;
        self.read(&number).await?.ok_or(Error::Gone)
    }

    /// Gives the draft of a link to the browser that holds what `holder` is the hash of. Of all who try, one succeeds.
    ///
    /// # Errors
    /// [`Error::Claimed`] if another one has it, [`Error::Gone`], the store's.
    ///
    /// # Cancel safety
    /// Dropping the future may leave a link that is used up.
    pub async fn claim(&self, link: &Secret<String>, holder: [u8; 32]) -> Result<Draft, Error> {
        let draft = self.linked(link).await?;
        let mut record = draft.record.clone();
        match &mut record.link {
            Some(link) if link.holder.is_none() => link.holder = Some(holder),
            Some(_) | None => return Err(Error::Claimed),
        }
        let done = self.put(
            &draft,
            record,
            audit::Kind::DraftClaimed,
            Actor::SetupLink,
            None,
        );
        match done.await {
            Err(Error::Store(store::Error::Conflict)) => Err(Error::Claimed),
            other => other,
        }
    }

    /// How far one is.
    pub fn stage(&self, draft: &Draft) -> Stage {
        let record = &draft.record;
        let config = &self.0.parts.config;
        let is_unopened = record
            .link
            .as_ref()
            .is_some_and(|link| link.holder.is_none());
        match self.faults(draft).is_empty() {
            _ if config.providers.contains_key(&record.id) => self.stage_in_file(record),
            _ if record.finished_at.is_some() => Stage::Finished,
            true => Stage::Complete,
            false if is_unopened => Stage::Waiting,
            false => Stage::Open,
        }
    }

    /// Whether the file has a provider of that name, whoever's it is.
    fn is_in_file(&self, draft: &Draft) -> bool {
        self.0.parts.config.providers.contains_key(draft.id())
    }

    /// One name is one redirect URI, whoever begins first with it: so drafts of two organizations may have the same name
    /// until the file has it. That the file has it, whoever begins a draft is told anyway; of another draft, nobody is.
    fn stage_in_file(&self, record: &Record) -> Stage {
        let organizations = &self.0.parts.config.organizations;
        let names = |it: &config::Organization| it.providers.contains(&record.id);
        let is_ours = organizations.get(&record.organization).is_some_and(names);
        // A provider that nobody names yet was just put there.
        if is_ours || !organizations.values().any(names) {
            Stage::InForce
        } else {
            Stage::Displaced
        }
    }

    /// What is missing or cannot be right.
    pub fn faults(&self, draft: &Draft) -> Vec<FieldFault> {
        let public_url = &self.0.parts.config.server.public_url;
        draft.config().read(public_url).err().unwrap_or_default()
    }

    /// What has to be registered at the provider.
    pub fn registration(&self, draft: &Draft) -> config::Registration {
        let config = &self.0.parts.config;
        let provider = draft.config().sketch(&config.server.public_url);
        config::Registration::of(config, &provider)
    }

    /// The provider that it would be, for trying it and nothing else. `None`: it is not complete, or in the file by now.
    pub fn provider(&self, draft: &Draft) -> Option<Tried> {
        let parts = &self.0.parts;
        if self.is_in_file(draft) {
            return None;
        }
        let public_url = &parts.config.server.public_url;
        let config = draft.config().read(public_url).ok()?;
        let is_at_home = draft.record.private_network || public_url.is_loopback();
        let shared = provider::Shared {
            written: if is_at_home {
                Written::ByOperator
            } else {
                Written::ByOthers
            },
            ..parts.providers.clone()
        };
        // Labels are from fixed lists (threat model 52), and nothing reminds anybody of the secret of what may never be.
        let labelled = config::Provider {
            id: Slug::parse(LABEL).ok()?,
            secret_expires: None,
            ..config.clone()
        };
        match provider::build(&labelled, &shared) {
            Ok(provider) => Some(Tried { config, provider }),
            Err(error) => {
                // What a start would stop at, its table should not have passed: somebody has to know.
                tracing::warn!(
                    organization = %draft.organization(),
                    provider = %draft.id(),
                    error = &error as &dyn std::error::Error,
                    "a draft that has no faults cannot be used"
                );
                None
            }
        }
    }

    /// Forgets who asked long ago. Called every so often.
    pub fn tidy(&self) {
        self.0.bounds.tidy();
    }
}

/// What drafts are called in metrics, all of them.
const LABEL: &str = "draft";

/// A provider that is not in force.
#[derive(Clone, Debug)]
pub struct Tried {
    /// As the file would have it.
    pub config: config::Provider,
    /// Ready to be spoken to.
    pub provider: Arc<dyn Provider>,
}

impl Drafts {
    fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    fn seal<T: serde::Serialize>(&self, key: &[u8], record: &T) -> Result<Vec<u8>, Error> {
        Ok(self.0.parts.seal.seal_json(Table::Drafts, key, record)?)
    }

    async fn read(&self, number: &Number) -> Result<Option<Draft>, Error> {
        let key = record::key(number);
        let Some(raw) = self.0.parts.store.get(Table::Drafts, &key).await? else {
            return Ok(None);
        };
        let record: Record = self.0.parts.seal.open_json(Table::Drafts, &key, &raw)?;
        // One that is only not swept away yet is not there.
        let is_alive = self.now() < record.until && Preset::draftable(&record.preset).is_some();
        Ok(is_alive.then_some(Draft {
            number: *number,
            record,
            raw,
        }))
    }

    /// Those of an organization that are not over, and what is stored.
    async fn index(
        &self,
        organization: &Slug,
        now: Timestamp,
    ) -> Result<(Index, Option<Vec<u8>>), Error> {
        let key = record::index_key(organization);
        let raw = self.0.parts.store.get(Table::Drafts, &key).await?;
        let mut index = match &raw {
            None => Index::default(),
            Some(raw) => self.0.parts.seal.open_json(Table::Drafts, &key, raw)?,
        };
        index.entries.retain(|entry| now < entry.until);
        Ok((index, raw))
    }

    fn put_index(
        &self,
        batch: &mut Batch,
        organization: &Slug,
        index: &Index,
        was: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let key = record::index_key(organization);
        match was {
            Some(raw) => batch.expect_unchanged(Table::Drafts, key.clone(), raw),
            None => batch.expect_absent(Table::Drafts, key.clone()),
        };
        if index.entries.is_empty() {
            batch.remove(Table::Drafts, key);
        } else {
            let raw = self.seal(&key, index)?;
            batch.put(Table::Drafts, key, raw);
        }
        Ok(())
    }

    fn put_record(
        &self,
        batch: &mut Batch,
        draft: &Draft,
        record: &Record,
    ) -> Result<Vec<u8>, Error> {
        let key = record::key(&draft.number);
        let raw = self.seal(&key, record)?;
        batch.expect_unchanged(Table::Drafts, key.clone(), draft.raw.clone());
        batch.put(Table::Drafts, key, raw.clone());
        Ok(raw)
    }

    async fn put(
        &self,
        draft: &Draft,
        record: Record,
        kind: audit::Kind,
        by: Actor,
        reason: Option<String>,
    ) -> Result<Draft, Error> {
        let mut batch = Batch::new();
        let raw = self.put_record(&mut batch, draft, &record)?;
        batch.audit(audit::Event {
            reason,
            ..draft.event(kind, by, self.now())
        });
        self.0.parts.store.commit(batch).await?;
        Ok(Draft {
            number: draft.number,
            record,
            raw,
        })
    }
}

fn link_hash(link: &Secret<String>) -> [u8; 32] {
    secret::sha256_fields([b"setup link".as_slice(), link.expose().as_bytes()])
}
