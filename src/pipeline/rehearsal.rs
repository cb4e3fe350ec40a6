//! A sign-in for nobody: an operator sees what a provider says of somebody, and what would come of it, before it counts.
//!
//! A rehearsal is begun by a link that only the operator has, goes through the real provider like any run, and writes
//! nothing but its own outcome: no identity, account, membership or session (threat model 17). It works while nobody can
//! sign in: before Setup, and while an organization is suspended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::finish::{Claimed, gone};
use super::{Errand, Error, Gone, Pipeline, Rehearsed, Shared, run};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::defaults::RUN_LIFETIME;
use crate::config::{self, Slug};
use crate::drafts::{self, Draft, Tried};
use crate::provider::{self, Asserted, Said};
use crate::secret::{self, Secret};
use crate::store::{self, Batch, Table};

/// A rehearsal that an operator asked for.
#[derive(Debug)]
pub struct Rehearsal {
    /// What the link carries.
    pub token: Secret<String>,
    /// What the operator asks for its outcome by; it begins nothing.
    pub id: String,
    /// When both are over.
    pub until: Timestamp,
}

/// Through what it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The provider that is tried.
    pub provider: Slug,
    /// The organization whose rules and headers are shown first.
    pub organization: Slug,
    /// The draft, if the file does not have the provider.
    #[serde(default)]
    pub draft: Option<TriedDraft>,
}

/// A draft that is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedDraft {
    /// Its number.
    pub number: String,
    /// How often its values had been changed when the trial was asked for.
    #[serde(default)]
    pub changes: u64,
    /// Who tries it.
    pub by: audit::Actor,
    /// Where they came from.
    pub back: String,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Progress {
    /// Nobody has opened the link yet.
    Waiting,
    /// Somebody is at the provider.
    Begun,
    /// The provider vouched for somebody.
    Done(Box<Rehearsed>),
    /// It did not.
    Failed {
        /// The code of the page.
        code: String,
        /// Why, in the words of the log, and of the provider if it said something.
        why: String,
    },
    /// Nobody came through in time.
    Expired,
}

/// What the store keeps, under the hash of the token.
#[derive(Serialize, Deserialize)]
struct Stored {
    stage: Stage,
    until: Timestamp,
    progress: Progress,
}

/// How long a provider may take with the last of its calls.
const LAST_CALLS: Duration = Duration::from_secs(60);

impl Stored {
    /// How far it is by now: of what nobody has begun or ended in time, nothing comes any more.
    fn by(self, now: Timestamp) -> Progress {
        let until = match &self.progress {
            Progress::Waiting => self.until,
            Progress::Begun => self.until.plus(RUN_LIFETIME).plus(LAST_CALLS),
            Progress::Done(_) | Progress::Failed { .. } | Progress::Expired => Timestamp::END,
        };
        if now < until {
            self.progress
        } else {
            Progress::Expired
        }
    }
}

impl Pipeline {
    /// Prepares one. `None`: there is no such provider, or no such organization that uses it.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most a link that nobody has.
    pub async fn rehearse(
        &self,
        provider: &Slug,
        organization: Option<&Slug>,
    ) -> Result<Option<Rehearsal>, Error> {
        let mut using = self.shared.using(provider);
        let Some(first) = using.find(|one| organization.is_none_or(|it| one.slug == *it)) else {
            return Ok(None);
        };
        let stage = Stage {
            provider: provider.clone(),
            organization: first.slug.clone(),
            draft: None,
        };
        Ok(Some(self.prepare(stage).await?))
    }

    /// Prepares one of a provider that the file does not have.
    ///
    /// # Errors
    /// As [`Pipeline::rehearse`]; [`drafts::Error::Incomplete`], [`drafts::Error::Finished`] and
    /// [`drafts::Error::TooOften`].
    ///
    /// # Cancel safety
    /// As [`Pipeline::rehearse`].
    pub async fn rehearse_draft(
        &self,
        draft: &Draft,
        by: audit::Actor,
        back: String,
    ) -> Result<Rehearsal, Error> {
        let drafts = &self.shared.drafts;
        if draft.finished_at().is_some() {
            return Err(drafts::Error::Finished.into());
        }
        drafts.provider(draft).ok_or(drafts::Error::Incomplete)?;
        drafts.ask(draft)?;
        let (number, provider) = (draft.number(), draft.id().clone());
        let stage = Stage {
            provider,
            organization: draft.organization().clone(),
            draft: Some(TriedDraft {
                number,
                changes: draft.changes(),
                by,
                back,
            }),
        };
        self.prepare(stage).await
    }

    async fn prepare(&self, stage: Stage) -> Result<Rehearsal, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let (token, until) = (secret::random_token(), now.plus(RUN_LIFETIME));
        let key = key(&token);
        let stored = Stored {
            stage,
            until,
            progress: Progress::Waiting,
        };
        let mut batch = Batch::new();
        batch.expect_absent(Table::Runs, key);
        shared.put_rehearsal(&mut batch, &key, &stored)?;
        // Long enough for one that began at the last moment, and for whoever asks what came of it.
        let targets = [(Table::Runs, key.to_vec())];
        batch.expire(until.plus(RUN_LIFETIME).plus(RUN_LIFETIME), &targets);
        batch.audit(event(&stored.stage, audit::Kind::RehearsalStarted, now));
        shared.store.commit(batch).await?;
        Ok(Rehearsal {
            token,
            id: secret::encode(&key),
            until,
        })
    }

    /// Through what the rehearsal of an id goes, or went.
    ///
    /// # Errors
    /// The store's.
    pub async fn rehearsal_stage(&self, id: &str) -> Result<Option<Stage>, Error> {
        self.shared.stage_of(Some(id)).await
    }

    /// The draft that an answer is about, if it is one of a rehearsal of a draft.
    ///
    /// # Errors
    /// The store's.
    pub async fn tried_draft(
        &self,
        provider: &Slug,
        state: &Secret<String>,
    ) -> Result<Option<TriedDraft>, Error> {
        let shared = &self.shared;
        let found = shared.read_run(&run::key(state)).await?;
        let Some((run, _)) = found.filter(|(run, _)| run.provider == *provider) else {
            return Ok(None);
        };
        let stage = shared.stage_of(id_of(run.errand.as_ref())).await?;
        Ok(stage.and_then(|stage| stage.draft))
    }

    /// How far the rehearsal of an id is. `None`: there is none, or no longer.
    ///
    /// # Errors
    /// The store's.
    pub async fn rehearsed(&self, id: &str) -> Result<Option<Progress>, Error> {
        let key = secret::decode(id).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let Some(key) = key else {
            return Ok(None);
        };
        let found = self.shared.read_rehearsal(&key).await?;
        let now = self.shared.clock.now();
        Ok(found.map(|(stored, _)| stored.by(now)))
    }

    /// Through what the rehearsal of a link would go. `None`: the link was used, is too old, or never was.
    ///
    /// # Errors
    /// The store's.
    pub async fn waiting_rehearsal(&self, token: &Secret<String>) -> Result<Option<Stage>, Error> {
        let found = self.shared.read_rehearsal(&key(token)).await?;
        let now = self.shared.clock.now();
        let waiting = found.filter(|(it, _)| it.progress == Progress::Waiting && now < it.until);
        Ok(waiting.map(|(stored, _)| stored.stage))
    }

    /// Uses the link up, for one run. Of all who try, one succeeds. The id, for the run.
    ///
    /// # Errors
    /// [`Error::Gone`] if it was used or is too old; the store's.
    ///
    /// # Cancel safety
    /// Dropping the future may leave a link that is used up.
    pub async fn take_rehearsal(&self, token: &Secret<String>) -> Result<(Stage, String), Error> {
        let shared = &self.shared;
        let key = key(token);
        let found = shared.read_rehearsal(&key).await?;
        let now = shared.clock.now();
        let waiting = found.filter(|(it, _)| it.progress == Progress::Waiting && now < it.until);
        let (mut stored, raw) = waiting.ok_or_else(|| gone(Gone::Used, None))?;
        stored.progress = Progress::Begun;
        let mut batch = Batch::new();
        batch.expect_unchanged(Table::Runs, key, raw);
        shared.put_rehearsal(&mut batch, &key, &stored)?;
        match shared.store.commit(batch).await {
            Ok(()) => Ok((stored.stage, secret::encode(&key))),
            Err(store::Error::Conflict) => Err(gone(Gone::Used, None)),
            Err(other) => Err(other.into()),
        }
    }
}

impl Shared {
    /// Through what the rehearsal of an id goes, if there is one.
    async fn stage_of(&self, id: Option<&str>) -> Result<Option<Stage>, Error> {
        let key = id.and_then(secret::decode);
        let Some(key) = key.and_then(|key| <[u8; 32]>::try_from(key).ok()) else {
            return Ok(None);
        };
        let found = self.read_rehearsal(&key).await?;
        Ok(found.map(|(stored, _)| stored.stage))
    }

    /// The provider that a run tries, if the file does not have it. One that is gone, or not complete any more, is none.
    pub(super) async fn tried(&self, errand: Option<&Errand>) -> Result<Option<Tried>, Error> {
        let stage = self.stage_of(id_of(errand)).await?;
        let Some(tried) = stage.and_then(|stage| stage.draft) else {
            return Ok(None);
        };
        let draft = match self.drafts.numbered(&tried.number).await {
            Err(drafts::Error::Gone) => return Ok(None),
            found => found?,
        };
        Ok(self.drafts.provider(&draft))
    }

    /// Writes into a draft how it went.
    async fn note_trial(&self, id: &str, failed: Option<&str>) {
        let stage = self.stage_of(Some(id)).await.ok().flatten();
        let Some(draft) = stage.and_then(|stage| stage.draft) else {
            return;
        };
        let tried = (draft.number.as_str(), draft.changes);
        if let Err(error) = self.drafts.tried(tried, failed).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "how a draft was tried could not be remembered"
            );
        }
    }

    /// Organizations that use a provider, whether or not anybody of them gets in.
    pub(super) fn using(&self, provider: &Slug) -> impl Iterator<Item = &config::Organization> {
        let all = self.config.organizations.values();
        all.filter(move |organization| organization.providers.contains(provider))
    }

    /// Writes what would have come of a sign-in, and nothing else.
    pub(super) async fn finish_rehearsal(
        &self,
        claimed: &Claimed,
        id: &str,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<Rehearsed, Error> {
        let run = &claimed.cleared.run;
        let (organization, provider) = (&run.organization, &run.provider);
        let known = self.people.known(organization, provider, asserted).await?;
        let is_there = |tokens: &provider::Tokens| tokens.refresh.is_some();
        let is_there =
            is_there(&asserted.tokens) || known.is_some_and(|known| is_there(&known.tokens));
        let tried = self.tried(run.errand.as_ref()).await?;
        let tried = tried.as_ref().map(|tried| &tried.config);
        let judged = tried.or_else(|| self.config.providers.get(provider));
        Self::require_refresh_from(judged, claimed, is_there)?;
        let rehearsed = self
            .foresee(organization, (provider, tried), asserted)
            .await?;
        let done = Progress::Done(Box::new(rehearsed.clone()));
        self.end_rehearsal(id, done, &claimed.reference, now)
            .await?;
        self.note_trial(id, None).await;
        Ok(rehearsed)
    }

    /// Remembers how one ended, for the operator who waits. Whether that is news.
    pub(super) async fn end_rehearsal(
        &self,
        id: &str,
        progress: Progress,
        reference: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let key = secret::decode(id).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.ok_or_else(|| gone(Gone::Unknown, None))?;
        let Some((stored, raw)) = self.read_rehearsal(&key).await? else {
            return Err(gone(Gone::Unknown, None));
        };
        let is_over = matches!(stored.progress, Progress::Done(_) | Progress::Failed { .. });
        if is_over && !matches!(progress, Progress::Done(_)) {
            return Ok(false);
        }
        let stored = Stored { progress, ..stored };
        let mut batch = Batch::new();
        batch.expect_unchanged(Table::Runs, key, raw);
        self.put_rehearsal(&mut batch, &key, &stored)?;
        let reason = match &stored.progress {
            Progress::Failed { code, .. } => Some(code.clone()),
            Progress::Waiting | Progress::Begun | Progress::Done(_) | Progress::Expired => None,
        };
        batch.audit(audit::Event {
            reason,
            reference: Some(reference.to_owned()),
            ..event(&stored.stage, audit::Kind::RehearsalFinished, now)
        });
        self.store.commit(batch).await?;
        Ok(true)
    }

    /// Remembers that one failed, unless its end is known already: an answer may come again. Whoever waits is told, or
    /// learns it from the page.
    pub(super) async fn fail_rehearsal(
        &self,
        id: &str,
        error: &Error,
        said: Option<&Said>,
        reference: &str,
    ) {
        if goes_on(error) {
            return;
        }
        let mut why = error.to_string();
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            why.push_str(": ");
            why.push_str(&cause.to_string());
            next = cause.source();
        }
        if let Some(said) = said {
            why.push_str(&format!(
                "; the provider says: {} {}",
                said.code(),
                said.description()
            ));
        }
        let code = error.ending().code().to_owned();
        let why = why.trim_end().to_owned();
        let failed = Progress::Failed {
            code,
            why: why.clone(),
        };
        let ended = self.end_rehearsal(id, failed, reference, self.clock.now());
        match ended.await {
            Ok(true) => self.note_trial(id, Some(&why)).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the end of a rehearsal could not be remembered"
            ),
        }
    }

    fn put_rehearsal(
        &self,
        batch: &mut Batch,
        key: &[u8; 32],
        stored: &Stored,
    ) -> Result<(), Error> {
        let sealed = self.seal.seal_json(Table::Runs, key, stored)?;
        batch.put(Table::Runs, *key, sealed);
        Ok(())
    }

    async fn read_rehearsal(&self, key: &[u8; 32]) -> Result<Option<(Stored, Vec<u8>)>, Error> {
        let Some(raw) = self.store.get(Table::Runs, key).await? else {
            return Ok(None);
        };
        // What is no rehearsal has another shape, and its key cannot be had from a token.
        let stored = self.seal.open_json::<Stored>(Table::Runs, key, &raw);
        Ok(stored.ok().map(|stored| (stored, raw)))
    }
}

/// The rehearsal that a run is for, if it is for one.
fn id_of(errand: Option<&Errand>) -> Option<&str> {
    errand.and_then(|errand| errand.rehearsal.as_deref())
}

/// Whether another run takes the place of the one that ended so: with consent, or with the `dev` form filled in anew.
const fn goes_on(error: &Error) -> bool {
    matches!(
        error,
        Error::NeedsConsent { .. }
            | Error::Provider {
                source: provider::Error::Rejected(provider::Check::Form),
                ..
            }
    )
}

fn key(token: &Secret<String>) -> [u8; 32] {
    secret::sha256_fields([b"rehearsal".as_slice(), token.expose().as_bytes()])
}

fn event(stage: &Stage, kind: audit::Kind, now: Timestamp) -> audit::Event {
    let draft = stage.draft.as_ref();
    let by = draft.map_or(audit::Actor::Operator, |draft| draft.by.clone());
    audit::Event {
        organization: Some(stage.organization.to_string()),
        provider: Some(stage.provider.to_string()),
        target: draft.map(|draft| draft.number.clone()),
        ..audit::Event::new(now, kind, by)
    }
}
