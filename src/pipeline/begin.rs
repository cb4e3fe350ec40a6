//! The beginning: a run is stored, then the browser goes.

use std::net::IpAddr;

use url::Url;

use super::ending::{Attempted, SIGN_INS};
use super::run::{self, Run, State, Target};
use super::step_up::{self, StepUp};
use super::{Again, Connection, Errand, Error, Pipeline, Shared};
use crate::address::{Astray, ReturnPath};
use crate::clock::Timestamp;
use crate::config::defaults::RUN_LIFETIME;
use crate::config::{self, Slug};
use crate::provider::{Attempt, Flow, LoginHint, Start, Started};
use crate::secret;
use crate::session::cookies::{self, Binding};
use crate::store::{Batch, Table};
use crate::telemetry::trace::{self, Step};

/// What somebody wants.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Into which organization.
    pub organization: Slug,
    /// Through which provider.
    pub provider: Slug,
    /// To where.
    pub return_path: ReturnPath,
    /// On which host it ends.
    pub target: Target,
    /// Who they say they are.
    pub login_hint: Option<LoginHint>,
    /// Whether they want to choose an account at the provider.
    pub select_account: bool,
    /// Whether the provider must ask for consent again.
    pub consent: bool,
    /// What is to be proved, if somebody is signed in already.
    pub step_up: Option<Box<StepUp>>,
    /// What is done besides signing in.
    pub errand: Option<Errand>,
    /// Whether the browser seems to be elsewhere than where it reaches us.
    pub astray: Astray,
    /// From where they come, if that is known.
    pub client: Option<IpAddr>,
    /// The reference of the request.
    pub reference: String,
}

/// A run that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub start: Start,
    /// The state, for the `dev` form.
    pub state: secret::Secret<String>,
    /// The e-mail address they typed, for the `dev` form.
    pub login_hint: Option<LoginHint>,
    /// What proves the browser at the redirect URI.
    pub binding: Binding,
}

impl Begin {
    fn flow(&self) -> Flow {
        let errand = self.errand.as_ref();
        errand.map_or_else(
            || step_up::flow(self.step_up.as_deref()),
            |errand| errand.flow,
        )
    }

    /// For the trace: what says into which organization.
    fn chosen(&self) -> &'static str {
        match (self.flow(), &self.target) {
            (Flow::SignIn, Target::Shared) => "its door",
            (Flow::SignIn, Target::Own { .. }) => "its own host",
            (Flow::StepUp, _) => "the session",
            (Flow::Link | Flow::Setup, _) => "the page that it was begun on",
            (Flow::Rehearsal, _) => "the operator",
        }
    }

    /// Where it can begin again.
    fn again(&self) -> Box<Again> {
        Box::new(Again {
            organization: self.organization.clone(),
            provider: self.provider.clone(),
            return_path: self.return_path.clone(),
            target: self.target.clone(),
            step_up: self.step_up.clone(),
            errand: self.errand.clone(),
        })
    }

    /// Which rehearsal it is, if it is one.
    fn rehearsal(&self) -> Option<&str> {
        let errand = self.errand.as_ref();
        errand.and_then(|errand| errand.rehearsal.as_deref())
    }
}

impl Pipeline {
    /// Begins a run: asks the provider where to go (which may need discovery), stores the run, and only then says it.
    ///
    /// # Errors
    /// [`Error::NoSuchConnection`], [`Error::Suspended`], [`Error::TooMany`], [`Error::Provider`], the store's.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most a run that nobody will use.
    pub async fn begin(&self, begin: Begin) -> Result<Begun, Error> {
        let begun = self.shared.begin(&begin).await;
        if let (Err(error), Some(id)) = (&begun, begin.rehearsal()) {
            let reference = &begin.reference;
            self.shared.fail_rehearsal(id, error, None, reference).await;
        }
        begun
    }

    /// Forgets who begun sign-ins long ago. Called every so often.
    pub fn tidy(&self) {
        self.shared.bounds.tidy();
    }
}

impl Shared {
    async fn begin(&self, begin: &Begin) -> Result<Begun, Error> {
        let now = self.clock.now();
        let tried = self.tried(begin.errand.as_ref()).await?;
        let names = (&begin.organization, &begin.provider);
        let connection = self.connection_for(begin.flow(), names, tried)?;
        if !self.bounds.admit(begin.client, &begin.organization, now) {
            self.refused(&SIGN_INS);
            return Err(Error::TooMany);
        }
        trace::about(begin.organization.as_str(), begin.provider.as_str());
        trace::note(|| Step::Begin {
            flow: begin.flow().as_str().to_owned(),
            return_path: begin.return_path.path().to_owned(),
            chosen: begin.chosen().to_owned(),
        });
        let attempted = Attempted {
            organization: Some(&begin.organization),
            provider: &begin.provider,
            reference: &begin.reference,
        };
        // With new consent the same sign-in goes on.
        if !begin.consent && begin.errand.is_none() {
            self.started(attempted);
        }
        let begun = self.set_out(&connection, begin, now).await;
        if let (Err(error), None) = (&begun, begin.rehearsal()) {
            self.failed(attempted, error).await;
        }
        begun
    }

    /// Asks the provider where to go, and stores the run.
    async fn set_out(
        &self,
        connection: &Connection<'_>,
        begin: &Begin,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let mut attempt = Attempt {
            state: secret::random_token(),
            nonce: secret::random_token(),
            verifier: secret::random_token(),
            // From the configuration, never from a request (threat model 11).
            redirect_uri: self.config.redirect_uri(&begin.provider),
            login_hint: begin.login_hint.clone(),
            hosted_domain: only_hosted_domain(&connection.organization.allow),
            select_account: begin.select_account,
            consent: begin.consent,
            demand: begin.step_up.as_ref().map(|it| it.demand.clone()),
            promises_issuer: false,
            started_at: now,
        };
        let started = connection.provider.start(&attempt).await;
        let Started {
            start,
            promises_issuer,
        } = started.map_err(|source| Error::Provider {
            again: begin.again(),
            source,
        })?;
        attempt.promises_issuer = promises_issuer;
        let state = attempt.state.clone();
        let key = run::key(&state);
        let binding = Binding::new(cookies::tag(&key));
        if let Start::Redirect(to) = &start {
            trace::note(|| authorize(to));
        }
        let flow = begin.flow();
        let run = Run {
            digest: connection.digest(flow),
            generation: connection.generation.clone(),
            organization: begin.organization.clone(),
            provider: begin.provider.clone(),
            flow,
            errand: begin.errand.clone(),
            binding: binding.hash(),
            target: begin.target.clone(),
            return_path: begin.return_path.clone(),
            step_up: begin.step_up.clone(),
            reference: begin.reference.parse().ok(),
            astray: begin.astray,
            claimed_at: None,
            ticket: None,
            expires_at: now.plus(RUN_LIFETIME),
            state: State::Open(Box::new(attempt)),
        };
        self.keep(&key, &run).await?;
        Ok(Begun {
            start,
            state,
            login_hint: begin.login_hint.clone(),
            binding,
        })
    }

    /// Stores a new run.
    async fn keep(&self, key: &[u8; 32], run: &Run) -> Result<(), Error> {
        let mut batch = Batch::new();
        batch
            .expect_absent(Table::Runs, *key)
            .put(
                Table::Runs,
                *key,
                self.seal.seal_json(Table::Runs, key, run)?,
            )
            .expire(run.kept_until(), &[(Table::Runs, key.to_vec())]);
        Ok(self.store.commit(batch).await?)
    }
}

/// What the provider is asked for, without what nobody may know.
fn authorize(to: &Url) -> Step {
    let mut scopes = String::new();
    let mut asked = Vec::new();
    for (name, value) in to.query_pairs() {
        match &*name {
            "scope" | "user_scope" => {
                scopes.push_str(if scopes.is_empty() { "" } else { " " });
                scopes.push_str(&value);
            }
            "prompt"
            | "max_age"
            | "acr_values"
            | "code_challenge_method"
            | "response_mode"
            | "access_type"
            | "hd"
            | "ui_locales" => asked.push(format!("{name}={value}")),
            "login_hint" => asked.push("login_hint".to_owned()),
            _ => {}
        }
    }
    Step::Authorize {
        endpoint: format!("{}{}", to.host_str().unwrap_or_default(), to.path()),
        scopes,
        asked,
    }
}

/// The hosted domain that everybody who is admitted belongs to, if it is one.
fn only_hosted_domain(allow: &config::Rules) -> Option<String> {
    match allow.hosted_domains.as_deref() {
        Some([only]) => Some(only.clone()),
        Some(_) | None => None,
    }
}
