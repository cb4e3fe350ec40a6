//! A sign-in for nobody: an operator sees what a provider says of somebody, and what would come of it, before it counts.
//!
//! A rehearsal is begun by a link that only the operator has, goes through the real provider like any run, and writes
//! nothing but its own outcome: no identity, account, membership or session (threat model 17). It works while nobody can
//! sign in: before Setup, and while an organization is suspended.

use serde::{Deserialize, Serialize};

use super::finish::{Claimed, gone};
use super::{Error, Gone, Pipeline, Shared};
use crate::assertion::{self, Statement};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::defaults::RUN_LIFETIME;
use crate::config::{self, Slug};
use crate::identity::{self, Door, LinkState, Membership, Profile};
use crate::provider::Asserted;
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
        /// Why, in the words of the log.
        why: String,
    },
}

/// What came of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Who vouches.
    pub issuer: String,
    /// For whom.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider vouches for that.
    pub email_verified: bool,
    /// What the provider says, without what is of the protocol alone.
    pub claims: Vec<(String, String)>,
    /// What each organization that uses the provider says to that.
    pub admissions: Vec<Admission>,
    /// The plain headers that the application would get.
    pub headers: Vec<(String, String)>,
    /// The claims of the assertion that it would get.
    pub assertion: Vec<(String, String)>,
}

/// Whether one organization would let them in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// Which.
    pub organization: Slug,
    /// Why not, by a fixed word or the key of `allow`.
    pub refused: Option<String>,
    /// Whether they have an account there.
    pub known: bool,
}

/// What the store keeps, under the hash of the token.
#[derive(Serialize, Deserialize)]
struct Stored {
    stage: Stage,
    until: Timestamp,
    progress: Progress,
}

/// Claims that are shown, and bytes of each.
const MOST_CLAIMS: usize = 60;
const MOST_BYTES: usize = 300;

/// Claims that are of the protocol alone, and some that nobody else may know.
const OF_THE_PROTOCOL: [&str; 13] = [
    "acr", "amr", "at_hash", "aud", "azp", "c_hash", "exp", "iat", "jti", "nbf", "nonce", "s_hash",
    "sid",
];

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
        let shared = &self.shared;
        let mut using = shared.using(provider);
        let Some(first) = using.find(|one| organization.is_none_or(|it| one.slug == *it)) else {
            return Ok(None);
        };
        let now = shared.clock.now();
        let (token, until) = (secret::random_token(), now.plus(RUN_LIFETIME));
        let key = key(&token);
        let stored = Stored {
            stage: Stage {
                provider: provider.clone(),
                organization: first.slug.clone(),
            },
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
        Ok(Some(Rehearsal {
            token,
            id: secret::encode(&key),
            until,
        }))
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
        let counts = found.filter(|(stored, _)| match stored.progress {
            // Nobody has opened the link in time, or come back.
            Progress::Waiting => now < stored.until,
            Progress::Begun => now < stored.until.plus(RUN_LIFETIME),
            Progress::Done(_) | Progress::Failed { .. } => true,
        });
        Ok(counts.map(|(stored, _)| stored.progress))
    }

    /// Remembers that one could not even begin.
    ///
    /// # Cancel safety
    /// Dropping the future leaves whoever waits without an answer until the link is over.
    pub async fn rehearsal_failed(&self, id: &str, error: &Error) {
        self.shared.fail_rehearsal(id, error).await;
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
    /// Organizations that use a provider, whether or not anybody of them gets in.
    fn using(&self, provider: &Slug) -> impl Iterator<Item = &config::Organization> {
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
        let rehearsed = self
            .judge(&run.organization, &run.provider, asserted)
            .await?;
        let done = Progress::Done(Box::new(rehearsed.clone()));
        self.end_rehearsal(id, done, now).await?;
        Ok(rehearsed)
    }

    /// Remembers how one ended, for the operator who waits.
    pub(super) async fn end_rehearsal(
        &self,
        id: &str,
        progress: Progress,
        now: Timestamp,
    ) -> Result<(), Error> {
        let key = secret::decode(id).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.ok_or_else(|| gone(Gone::Unknown, None))?;
        let Some((stored, raw)) = self.read_rehearsal(&key).await? else {
            return Err(gone(Gone::Unknown, None));
        };
        let stored = Stored { progress, ..stored };
        let mut batch = Batch::new();
        batch.expect_unchanged(Table::Runs, key, raw);
        self.put_rehearsal(&mut batch, &key, &stored)?;
        let reason = match &stored.progress {
            Progress::Failed { code, .. } => Some(code.clone()),
            Progress::Waiting | Progress::Begun | Progress::Done(_) => None,
        };
        batch.audit(audit::Event {
            reason,
            ..event(&stored.stage, audit::Kind::RehearsalFinished, now)
        });
        Ok(self.store.commit(batch).await?)
    }

    /// Remembers that one failed. Whoever waits is told, or learns it from the page.
    pub(super) async fn fail_rehearsal(&self, id: &str, error: &Error) {
        let mut why = error.to_string();
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            why.push_str(": ");
            why.push_str(&cause.to_string());
            next = cause.source();
        }
        let code = error.ending().code().to_owned();
        let failed = Progress::Failed { code, why };
        if let Err(error) = self.end_rehearsal(id, failed, self.clock.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the end of a rehearsal could not be remembered"
            );
        }
    }

    async fn judge(
        &self,
        organization: &Slug,
        provider: &Slug,
        asserted: &Asserted,
    ) -> Result<Rehearsed, Error> {
        let profile = Profile::of(asserted);
        let mut admissions = Vec::new();
        let mut account = None;
        for one in self.using(provider) {
            let known = self.people.known(&one.slug, provider, asserted).await?;
            if one.slug == *organization {
                account = known.as_ref().map(|known| known.account.to_string());
            }
            let refused = self.would_refuse(one, provider, asserted, &profile, known.as_ref());
            admissions.push(Admission {
                organization: one.slug.clone(),
                refused: refused.await?,
                known: known.is_some(),
            });
        }
        // The one that was asked for comes first.
        admissions.sort_by_key(|one| one.organization != *organization);
        let statement = Statement {
            account: account.as_deref().unwrap_or("(a new account)"),
            organization: organization.as_str(),
            email: profile.email.as_deref(),
            email_verified: profile.email_verified,
            name: profile.name.as_deref(),
            preferred_username: profile.preferred_username.as_deref(),
            groups: profile.groups.as_deref(),
            provider: provider.as_str(),
            provider_subject: profile.subject.as_str(),
            session: "(a new session)",
            authenticated_at: asserted.authenticated_at,
            claims: &profile.claims,
        };
        let fields = assertion::PlainHeaders::new(&self.config.headers).fields(&statement);
        let headers = fields.unwrap_or_default().into_iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        let stated = statement.stated().into_iter();
        Ok(Rehearsed {
            issuer: asserted.issuer.clone(),
            subject: asserted.subject.as_str().to_owned(),
            email: asserted.email.clone(),
            email_verified: asserted.email_verified,
            claims: claims(asserted),
            admissions,
            headers: headers.collect(),
            assertion: stated
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        })
    }

    /// Why an organization would not let somebody in.
    async fn would_refuse(
        &self,
        organization: &config::Organization,
        provider: &Slug,
        asserted: &Asserted,
        profile: &Profile,
        known: Option<&identity::Identity>,
    ) -> Result<Option<String>, Error> {
        if let Err(unmet) = identity::judge(&organization.allow, profile) {
            return Ok(Some(unmet.as_str().to_owned()));
        }
        if self.organization(&organization.slug).is_err() {
            return Ok(Some("suspended".to_owned()));
        }
        if let Some(config) = self.config.providers.get(provider) {
            let generation = identity::generation(organization, config);
            let said = self.people.activation(&organization.slug, provider);
            let door = Door::of(organization, &generation);
            if let Err(shut) = door.admits(said.as_deref(), &asserted.issuer, profile) {
                return Ok(Some(shut.as_str().to_owned()));
            }
        }
        let Some(known) = known else {
            return Ok(None);
        };
        if known.link.state == LinkState::Blocked {
            return Ok(Some("blocked".to_owned()));
        }
        let both = self.people.find(&known.id).await?;
        let is_out = both.is_some_and(|(_, it)| it.membership == Membership::Removed);
        Ok(is_out.then(|| "membership_removed".to_owned()))
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

fn key(token: &Secret<String>) -> [u8; 32] {
    secret::sha256_fields([b"rehearsal".as_slice(), token.expose().as_bytes()])
}

fn event(stage: &Stage, kind: audit::Kind, now: Timestamp) -> audit::Event {
    audit::Event {
        organization: Some(stage.organization.to_string()),
        provider: Some(stage.provider.to_string()),
        ..audit::Event::new(now, kind, audit::Actor::Operator)
    }
}

/// What a provider says of somebody, to be read.
fn claims(asserted: &Asserted) -> Vec<(String, String)> {
    let all = asserted.claims.iter();
    let shown = all.filter(|(name, _)| OF_THE_PROTOCOL.binary_search(&name.as_str()).is_err());
    let texts = shown.map(|(name, value)| {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let cut = |text: &str| text.chars().take(MOST_BYTES).collect::<String>();
        (cut(name), cut(&text))
    });
    texts.take(MOST_CLAIMS).collect()
}
