//! The end: an answer came to the redirect URI.

use std::sync::Arc;

use tracing::{info, warn};

use super::run::{self, Run, State, Target};
use super::{Error, Gone, NotAdmitted, Pipeline, Shared, Wishes, ticket};
use crate::address::ReturnPath;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::defaults::LOOP_SIGN_INS;
use crate::config::{RevalidationMethod, Slug};
use crate::identity::{self, Identity, Profile, Terms, Through};
use crate::provider::{self, Asserted, Attempt, Callback, Provider, Refusal};
use crate::secret;
use crate::session::cookies::{self, BindingKind, Cookies};
use crate::session::{AtProvider, Grant, Handle, Opened, Opening};
use crate::store::{self, Batch, Table};
use crate::telemetry::metrics::{Connection, Login};

/// A sign-in that is complete.
#[derive(Debug)]
pub struct Finished {
    /// In which organization.
    pub organization: Slug,
    /// When the browser began.
    pub began: Timestamp,
    /// Where the browser goes.
    pub landing: Landing,
    /// The return path.
    pub return_path: ReturnPath,
}

/// Where a finished sign-in ends.
#[derive(Debug)]
pub enum Landing {
    /// Here, with a new session.
    Here(Handle),
    /// On the organization's own host, with a one-time ticket.
    Own(ticket::Ticket),
}

/// What is known of a run that may be claimed: everything the rest needs, so that it can go on without the visitor.
struct Claimed {
    cleared: Cleared,
    key: [u8; 32],
    raw: Vec<u8>,
    callback: Callback,
    previous: Option<Handle>,
    reference: String,
}

/// A run that passed every check.
struct Cleared {
    run: Run,
    attempt: Box<Attempt>,
    provider: Arc<dyn Provider>,
}

/// What a batch makes, once it is committed.
enum Planned {
    Here(Box<Opened>),
    Own(ticket::Ticket),
}

/// How often a finish is tried again when records move underneath it.
pub(super) const TRIES: usize = 64;

impl Pipeline {
    /// Ends a run: finds it, checks every binding, claims it, and only then asks the provider; then finishes it.
    ///
    /// # Errors
    /// Every variant of [`Error`]. Before [`Error::Provider`] and [`Error::NotAdmitted`], no call went out.
    ///
    /// # Cancel safety
    /// Safe: from the claim on, the work is a task of its own that goes on when the visitor leaves.
    pub async fn resume(
        &self,
        provider: &Slug,
        callback: Callback,
        cookies: &Cookies<'_>,
        reference: &str,
    ) -> Result<Finished, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let key = run::key(&callback.state);
        let found = shared.read_run(&key).await?;
        // One that is only not swept away yet is not there: its cookie is not there either.
        let Some((run, raw)) = found.filter(|(run, _)| now < run.kept_until()) else {
            return Err(gone(Gone::Unknown, None));
        };
        let bound = match cookies.binding(BindingKind::Run, &cookies::tag(&key)) {
            None => return Err(Error::Unbound),
            Some(proof) => secret::constant_time_eq(&proof, &run.binding),
        };
        if !bound {
            return Err(Error::Unbound);
        }
        let cleared = shared.check(provider, run, now)?;
        let (organization, began) = (&cleared.run.organization, cleared.attempt.started_at);
        if cookies.sign_ins_in_a_row(organization, began, now) >= LOOP_SIGN_INS {
            shared.metrics.login_loops.inc();
            return Err(Error::Loop);
        }
        cleared
            .provider
            .accepts(&callback)
            .map_err(|source| Error::Provider {
                provider: provider.clone(),
                again: cleared.run.again(),
                source,
            })?;
        let mut claimed = Claimed {
            cleared,
            key,
            raw,
            callback,
            previous: cookies.handle(),
            reference: reference.to_owned(),
        };
        let worker = Arc::clone(shared);
        // The visitor may leave at any time; a run that is claimed is finished, and what had to be written is written.
        let task = shared.tasks.spawn(async move {
            claimed.raw = worker
                .claim(&claimed.key, &claimed.cleared.run, claimed.raw)
                .await?;
            let result = worker.finish(&claimed).await;
            // One that needs consent is not at its end: it goes on as another run.
            if !matches!(result, Err(Error::NeedsConsent { .. })) {
                worker.account_for(&claimed, &result).await;
            }
            result
        });
        task.await.map_err(|_| Error::Stopping)?
    }
}

pub(super) const fn gone(why: Gone, again: Option<Box<super::Again>>) -> Error {
    Error::Gone { why, again }
}

impl Shared {
    /// Pure but for the configuration: whether a run may go on (threat model 8, 9, 11).
    fn check(&self, provider: &Slug, run: Run, now: Timestamp) -> Result<Cleared, Error> {
        let again = Some(run.again());
        if run.provider != *provider {
            return Err(gone(Gone::WrongProvider, None));
        }
        if now >= run.expires_at {
            return Err(gone(Gone::Expired, again));
        }
        let connection = self.connection(&run.organization, &run.provider)?;
        if connection.generation != run.generation || connection.digest(run.flow) != run.digest {
            return Err(gone(Gone::Changed, again));
        }
        let provider = Arc::clone(connection.provider);
        match run.state {
            State::Claimed => Err(gone(Gone::Used, again)),
            State::Open(attempt) => Ok(Cleared {
                run: Run {
                    state: State::Claimed,
                    ..run
                },
                attempt,
                provider,
            }),
        }
    }

    /// Makes the run ours alone: of all who try, in whatever process, one succeeds.
    async fn claim(&self, key: &[u8; 32], run: &Run, raw: Vec<u8>) -> Result<Vec<u8>, Error> {
        let sealed = self.seal.seal_json(Table::Runs, key, run)?;
        let mut batch = Batch::new();
        batch
            .expect_unchanged(Table::Runs, *key, raw)
            .put(Table::Runs, *key, sealed.clone());
        match self.store.commit(batch).await {
            Ok(()) => Ok(sealed),
            Err(store::Error::Conflict) => Err(gone(Gone::Used, Some(run.again()))),
            Err(other) => Err(other.into()),
        }
    }

    async fn finish(&self, claimed: &Claimed) -> Result<Finished, Error> {
        let now = self.clock.now();
        let run = &claimed.cleared.run;
        let asserted = claimed
            .cleared
            .provider
            .finish(&claimed.cleared.attempt, &claimed.callback, now)
            .await
            .map_err(|failed| failed.noted_for(&run.provider, &claimed.reference))
            .map_err(|source| Error::Provider {
                provider: run.provider.clone(),
                again: run.again(),
                source,
            })?;
        let profile = Profile::of(&asserted);
        let organization = self.organization(&run.organization)?;
        identity::judge(&organization.allow, &profile)
            .map_err(|unmet| not_admitted(run, &profile, NotAdmitted::Rule(unmet)))?;
        for _ in 0..TRIES {
            let mut batch = Batch::new();
            batch.expect_unchanged(Table::Runs, claimed.key, claimed.raw.clone());
            let planned = self
                .plan(&mut batch, claimed, &asserted, &profile, now)
                .await?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(self.land(claimed, planned, now).await),
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// What follows from a committed batch.
    async fn land(&self, claimed: &Claimed, planned: Planned, now: Timestamp) -> Finished {
        let landing = match planned {
            Planned::Own(ticket) => Landing::Own(ticket),
            Planned::Here(opened) => {
                self.sessions.opened(&opened, now).await;
                Landing::Here(opened.handle)
            }
        };
        Finished {
            organization: claimed.cleared.run.organization.clone(),
            began: claimed.cleared.attempt.started_at,
            landing,
            return_path: claimed.cleared.run.return_path.clone(),
        }
    }

    /// Fills the one batch of a finish.
    async fn plan(
        &self,
        batch: &mut Batch,
        claimed: &Claimed,
        asserted: &Asserted,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Planned, Error> {
        let run = &claimed.cleared.run;
        let through = Through {
            organization: &run.organization,
            provider: &run.provider,
            generation: &run.generation,
            due_at: self.due_at(&run.provider, now),
        };
        let provisioned = self
            .people
            .provision(batch, through, asserted, now)
            .await?
            .map_err(|refusal| {
                let why = match refusal {
                    identity::Refusal::Removed => NotAdmitted::Removed,
                    identity::Refusal::Blocked => NotAdmitted::Blocked,
                };
                not_admitted(run, profile, why)
            })?;
        self.require_refresh(claimed, &provisioned.identity)?;
        let grant = grant(run, &provisioned.identity, asserted, now);
        let named = |kind| audit::Event {
            organization: Some(run.organization.to_string()),
            provider: Some(run.provider.to_string()),
            target: Some(provisioned.identity.id.as_str().to_owned()),
            reference: Some(claimed.reference.clone()),
            ..audit::Event::new(now, kind, audit::Actor::Account(grant.account.to_string()))
        };
        batch.audit(named(audit::Kind::LoginSucceeded));
        if provisioned.is_new {
            batch.audit(named(audit::Kind::IdentityLinked));
        }
        match &run.target {
            Target::Shared => {
                let opening = Opening {
                    previous: claimed.previous.as_ref(),
                    host: self.config.server.public_url.host(),
                    grant,
                    profile: profile.clone(),
                    reference: &claimed.reference,
                };
                let opened = self.sessions.open(batch, opening, now).await?;
                Ok(Planned::Here(Box::new(opened)))
            }
            Target::Own { host, tag, entry } => {
                let place = ticket::Place { host, tag, entry };
                let ticket = self.issue(batch, place, grant, run, now)?;
                Ok(Planned::Own(ticket))
            }
        }
    }

    /// Somebody who could not be asked about would be signed out at the first question: better said now. Many providers
    /// hand out a refresh token only with a new consent, so that is asked for, once.
    fn require_refresh(&self, claimed: &Claimed, identity: &Identity) -> Result<(), Error> {
        let run = &claimed.cleared.run;
        let provider = self.config.providers.get(&run.provider);
        let method = provider.map(crate::config::Provider::revalidation);
        if method != Some(RevalidationMethod::RefreshToken) || identity.tokens.refresh.is_some() {
            return Ok(());
        }
        let again = run.again();
        let attempt = &claimed.cleared.attempt;
        if !attempt.consent {
            let wishes = Wishes {
                login_hint: attempt.login_hint.clone(),
                select_account: attempt.select_account,
            };
            return Err(Error::NeedsConsent { again, wishes });
        }
        let why = "no refresh token came, also after a new consent: allow offline access, or set \
                   revalidation = \"none\"";
        Err(Error::Provider {
            provider: run.provider.clone(),
            again,
            source: provider::Error::Misconfigured(why.to_owned()),
        })
    }

    /// When a provider is asked about somebody who signs in now.
    fn due_at(&self, provider: &Slug, now: Timestamp) -> Option<Timestamp> {
        let method = self.config.providers.get(provider)?.revalidation();
        let terms = Terms::of(&self.config.revalidation, method)?;
        Some(terms.next(now, secret::chance()))
    }

    /// Counts, logs and records how a claimed run ended.
    async fn account_for(&self, claimed: &Claimed, result: &Result<Finished, Error>) {
        let run = &claimed.cleared.run;
        let (outcome, reason) = match result {
            Ok(_) => ("success", ""),
            Err(error) => error.outcome(),
        };
        let labels = Login {
            organization: run.organization.to_string(),
            provider: run.provider.to_string(),
            result: outcome,
            reason,
        };
        self.metrics.logins_completed.get_or_create(&labels).inc();
        let kind = match result {
            Ok(_) => {
                info!(
                    reference = claimed.reference,
                    organization = %run.organization,
                    provider = %run.provider,
                    "signed in"
                );
                let labels = Connection {
                    organization: run.organization.to_string(),
                    provider: run.provider.to_string(),
                };
                self.metrics.sessions_created.get_or_create(&labels).inc();
                return;
            }
            Err(Error::NotAdmitted { .. }) => audit::Kind::LoginDenied,
            Err(Error::Provider {
                source: provider::Error::Refused(Refusal::AccessDenied),
                ..
            }) => audit::Kind::LoginCancelled,
            Err(_) => audit::Kind::LoginFailed,
        };
        let why = match result {
            Err(Error::NotAdmitted {
                why: NotAdmitted::Rule(unmet),
                ..
            }) => unmet.as_str(),
            Ok(_) | Err(_) => reason,
        };
        let mut batch = Batch::new();
        batch.audit(audit::Event {
            organization: Some(run.organization.to_string()),
            provider: Some(run.provider.to_string()),
            reference: Some(claimed.reference.clone()),
            reason: Some(why.to_owned()),
            ..self.event(kind, self.clock.now())
        });
        if let Err(error) = self.store.commit(batch).await {
            warn!(
                error = &error as &dyn std::error::Error,
                reference = claimed.reference,
                "the end of a sign-in could not be recorded"
            );
        }
    }
}

fn grant(run: &Run, identity: &Identity, asserted: &Asserted, now: Timestamp) -> Grant {
    Grant {
        organization: run.organization.clone(),
        account: identity.account.clone(),
        identity: identity.id.clone(),
        provider: run.provider.clone(),
        at_provider: AtProvider::new(
            &run.provider,
            &asserted.issuer,
            asserted.subject.as_str(),
            asserted.provider_session.as_deref(),
        ),
        generation: run.generation.clone(),
        authenticated_at: asserted.authenticated_at,
        granted_at: now,
        used_at: now,
    }
}

fn not_admitted(run: &Run, profile: &Profile, why: NotAdmitted) -> Error {
    Error::NotAdmitted {
        again: run.again(),
        email: profile.email.clone(),
        why,
    }
}
