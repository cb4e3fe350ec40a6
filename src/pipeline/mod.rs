//! One browser's pass through sign-in: begin, resume, finish.
//!
//! Owns: runs, one-time tickets, and the order of things. `begin` stores a run (state, nonce, verifier, return path,
//! organization, connection and generation, browser binding) before the browser is sent anywhere. `resume` finds the run
//! by `state`, checks every binding and claims it before any call to the provider; then it exchanges and verifies, and
//! finishes in one atomic batch: run consumed, identity, account, session or ticket, audit events.
//! `kept` holds what somebody had filled in when they were sent here.
//! `logout` is the way back: a provider's logout token is used once and ends what it names (threat model 16).
//! Leaves to others: what goes over the wire to a provider (`provider`), what the visitor sees (`gateway`).
//! Invariants: a run is consumed at most once, also under concurrency and after a restart (threat model 8); what does not
//! match makes no call and changes nothing (9).

mod begin;
mod bounds;
mod ending;
mod errand;
mod finish;
mod foreseen;
mod kept;
mod logout;
mod offer;
mod owned;
mod rehearsal;
mod reissue;
mod run;
mod step_up;
#[cfg(test)]
mod tests;
mod ticket;

pub use begin::{Begin, Begun};
pub use ending::{Ending, Person};
pub use errand::{Errand, Failed};
pub use finish::{Finished, Landing, Visit};
pub use foreseen::{Admission, Rehearsed};
pub use kept::{Form, Sender};
pub use logout::{LogoutRequest, Unheard};
pub use offer::{Answer, Asked, Offered};
pub use owned::Owner;
pub use rehearsal::{Progress, Rehearsal, Stage, TriedDraft};
pub use run::{Before, Target};
pub use step_up::StepUp;
pub use ticket::{Entered, Ticket};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use tracing::warn;
use url::Url;

use crate::address::{Astray, ReturnPath};
use crate::clock::{Clock, Timestamp};
use crate::config::{self, Config, Slug};
use crate::drafts::{self, Drafts, Tried};
use crate::identity::{self, Generation, People, Shut, Unmet};
use crate::provider::{self, Examined, Flow, Health, LoginHint, Provider, Unproven};
use crate::session::{self, Grant, Sessions};
use crate::store::{self, Seal, Store};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;

/// How long somebody who is signed out already waits for where to go on.
const END_SESSION_PATIENCE: Duration = Duration::from_secs(3);

/// Everything that runs need. Clones share it.
#[derive(Clone, Debug)]
pub struct Pipeline {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Arc<dyn Store>,
    seal: Seal,
    clock: Arc<dyn Clock>,
    config: Arc<Config>,
    providers: BTreeMap<Slug, Arc<dyn Provider>>,
    people: People,
    drafts: Drafts,
    sessions: Arc<Sessions>,
    metrics: Metrics,
    tasks: Tasks,
    bounds: Arc<bounds::Bounds>,
    /// Held by whoever examines one of the providers.
    examining: BTreeMap<Slug, Mutex<()>>,
}

/// One organization's use of one provider, as configured now.
struct Connection<'a> {
    organization: &'a config::Organization,
    /// The draft's own, if it is one that is tried.
    config: Cow<'a, config::Provider>,
    provider: Arc<dyn Provider>,
    generation: Generation,
}

impl Connection<'_> {
    /// What a run begun now stands for.
    fn digest(&self, flow: Flow) -> String {
        let steps = self.provider.steps(flow);
        run::digest(
            &self.organization.slug,
            &self.config.id,
            &self.generation,
            flow,
            steps,
        )
    }
}

/// What a pipeline is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where runs are kept.
    pub store: Arc<dyn Store>,
    /// How they are sealed.
    pub seal: Seal,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Organizations, providers and the public URL.
    pub config: Arc<Config>,
    /// The providers, by id.
    pub providers: BTreeMap<Slug, Arc<dyn Provider>>,
    /// The records of people.
    pub people: People,
    /// Providers that are being set up: for rehearsals alone.
    pub drafts: Drafts,
    /// The sessions.
    pub sessions: Arc<Sessions>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where work goes that must finish once begun.
    pub tasks: Tasks,
}

impl Pipeline {
    /// From its parts.
    pub fn new(parts: Parts) -> Self {
        Self::with(parts, Arc::new(bounds::Bounds::new()))
    }

    /// From other parts, for who comes from now on. What is bounded stays bounded by the same count.
    #[must_use]
    pub fn succeeded_by(&self, parts: Parts) -> Self {
        Self::with(parts, Arc::clone(&self.shared.bounds))
    }

    fn with(parts: Parts, bounds: Arc<bounds::Bounds>) -> Self {
        let examining = parts.providers.keys();
        let examining = examining.map(|id| (id.clone(), Mutex::default())).collect();
        let shared = Arc::new(Shared {
            examining,
            store: parts.store,
            seal: parts.seal,
            clock: parts.clock,
            config: parts.config,
            providers: parts.providers,
            people: parts.people,
            drafts: parts.drafts,
            sessions: parts.sessions,
            metrics: parts.metrics,
            tasks: parts.tasks,
            bounds,
        });
        shared.count_from_zero();
        Self { shared }
    }

    /// How each provider is doing.
    pub fn health(&self) -> Vec<(Slug, Health)> {
        let providers = self.shared.providers.iter();
        providers
            .map(|(id, provider)| (id.clone(), provider.health()))
            .collect()
    }

    /// How one is doing, and since when. `None` if there is no such provider.
    pub fn health_of(&self, provider: &Slug) -> Option<(Health, Option<Timestamp>)> {
        let provider = self.shared.providers.get(provider)?;
        Some((provider.health(), provider.health_since()))
    }

    /// Asks a provider now what it says of itself, after whoever does so already. `None` if there is no such provider.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn examine(&self, provider: &Slug) -> Option<Examined> {
        let redirect_uri = self.shared.config.redirect_uri(provider);
        let _one_at_a_time = self.shared.examining.get(provider)?.lock().await;
        let provider = self.shared.providers.get(provider)?;
        Some(provider.examine(&redirect_uri).await)
    }

    /// Where a browser can end the session at the provider that a grant came from. The provider is given an ID token of that
    /// very session or none: the newest of the person may be of another browser, which stays signed in. `None` if there is no such place, or if
    /// the provider does not say in time where it is.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn end_session(&self, grant: &Grant, return_to: &Url) -> Result<Option<Url>, Error> {
        let Some((identity, _)) = self.shared.people.find(&grant.identity).await? else {
            return Ok(None);
        };
        let Some(provider) = self.shared.providers.get(&identity.provider) else {
            return Ok(None);
        };
        let slug = &identity.provider;
        let hint = identity.tokens.id.as_ref().filter(|token| {
            let session = provider::session_named_in(token);
            grant
                .at_provider
                .is_in(slug, &identity.issuer, session.as_deref())
        });
        let answer = provider.end_session(hint, return_to);
        match timeout(END_SESSION_PATIENCE, answer).await {
            Ok(Ok(url)) => Ok(url),
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                warn!(provider = %slug, error, "the provider does not say where sessions end");
                Ok(None)
            }
            Err(_) => {
                warn!(provider = %slug, "the provider does not say in time where sessions end");
                Ok(None)
            }
        }
    }
}

impl Shared {
    fn organization(&self, slug: &Slug) -> Result<&config::Organization, Error> {
        let organization = self
            .config
            .organizations
            .get(slug)
            .ok_or(Error::NoSuchConnection)?;
        if organization.enabled && !self.sessions.is_suspended(slug) {
            Ok(organization)
        } else {
            Err(Error::Suspended {
                organization: slug.clone(),
            })
        }
    }

    /// An organization's use of a provider, for people of it.
    fn connection(&self, organization: &Slug, provider: &Slug) -> Result<Connection<'_>, Error> {
        self.connection_for(Flow::SignIn, (organization, provider), None)
    }

    /// The same for a flow: a rehearsal lets nobody in, so it needs nobody to be let in, and may try what is not in the file.
    fn connection_for(
        &self,
        flow: Flow,
        (organization, provider): (&Slug, &Slug),
        tried: Option<Tried>,
    ) -> Result<Connection<'_>, Error> {
        let organization = match flow {
            Flow::Rehearsal => {
                let found = self.config.organizations.get(organization);
                found.ok_or(Error::NoSuchConnection)?
            }
            Flow::SignIn | Flow::StepUp | Flow::Setup | Flow::Link => {
                self.organization(organization)?
            }
        };
        if let (Flow::Rehearsal, Some(tried)) = (flow, tried) {
            return Ok(Connection {
                organization,
                generation: identity::generation(organization, &tried.config),
                config: Cow::Owned(tried.config),
                provider: tried.provider,
            });
        }
        let used = organization.providers.contains(provider);
        match (
            self.config.providers.get(provider),
            self.providers.get(provider),
        ) {
            (Some(config), Some(provider)) if used => Ok(Connection {
                organization,
                config: Cow::Borrowed(config),
                provider: Arc::clone(provider),
                generation: identity::generation(organization, config),
            }),
            (Some(_) | None, _) => Err(Error::NoSuchConnection),
        }
    }
}

/// Why a run did not get on, split by what the visitor can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No organization of that name uses a provider of that name.
    #[error("there is no such connection")]
    NoSuchConnection,
    /// The organization is disabled or suspended.
    #[error("the organization {organization} is disabled or suspended")]
    Suspended {
        /// Which.
        organization: Slug,
    },
    /// Too many sign-ins begin at once.
    #[error("too many sign-ins begin at once")]
    TooMany,
    /// No run fits this answer: unknown, too old, already used, or begun elsewhere.
    #[error("no run fits this answer: {why:?}")]
    Gone {
        /// For logs; the visitor sees one page.
        why: Gone,
        /// Where to begin again, if that is known.
        again: Option<Box<Again>>,
    },
    /// The browser does not send back the cookie it was given.
    #[error(
        "the browser did not send the cookie of this run, begun where it shows another address: {astray:?}"
    )]
    Unbound {
        /// What was measured of that when it began.
        astray: Astray,
    },
    /// This browser signs in again and again.
    #[error("the browser signs in again and again")]
    Loop {
        /// Where to begin again.
        again: Box<Again>,
    },
    /// The provider said no, or cannot, or must not be believed.
    #[error("sign-in with {} failed", again.provider)]
    Provider {
        /// Where to begin again.
        again: Box<Again>,
        /// Why.
        #[source]
        source: provider::Error,
    },
    /// The provider vouches for the person, the organization does not admit them.
    #[error("the person is not admitted: {why:?}")]
    NotAdmitted {
        /// Where to begin again, with another account.
        again: Box<Again>,
        /// The address that the provider gave, to be shown to the person themself.
        email: Option<String>,
        /// Who that is here, if they have been here before.
        person: Option<Person>,
        /// Why.
        why: NotAdmitted,
    },
    /// What a person who is signed in wanted to do came to nothing.
    #[error("an errand ({}) came to nothing: {why:?}", flow.as_str())]
    Errand {
        /// What it was.
        flow: Flow,
        /// In which organization.
        organization: Slug,
        /// Through which provider.
        provider: Slug,
        /// Where it can begin again, if a run was on its way.
        again: Option<Box<Again>>,
        /// Why.
        why: Failed,
    },
    /// The answer is late or repeated, and this browser is signed in by now.
    #[error("the browser is signed in already")]
    Already {
        /// Where it was going: a path, or an address on the organization's own host.
        to: String,
    },
    /// A step-up was answered by somebody else than the person who is signed in.
    #[error("somebody else has signed in than who was asked to")]
    SomebodyElse {
        /// Where to begin again.
        again: Box<Again>,
        /// The address that the provider gave, to be shown to the person themself.
        email: Option<String>,
    },
    /// A step-up was answered with a sign-in that is not fresh or not strong enough.
    #[error("the sign-in is not what was asked for: {why:?}")]
    TooWeak {
        /// Where to begin again.
        again: Box<Again>,
        /// What it lacks.
        why: Unproven,
    },
    /// The connection needs a refresh token and got none: the provider hands one out if it asks for consent again.
    #[error("no refresh token came with the sign-in")]
    NeedsConsent {
        /// Where to begin again, with consent.
        again: Box<Again>,
        /// What the person had asked for.
        wishes: Wishes,
    },
    /// The store failed.
    #[error("the records of sign-ins cannot be used")]
    Store(#[from] store::Error),
    /// The records of people failed.
    #[error("the records of people cannot be used")]
    Identity(#[from] identity::Error),
    /// The drafts failed.
    #[error("the draft cannot be used")]
    Draft(#[from] drafts::Error),
    /// The sessions failed.
    #[error("the session cannot be made")]
    Session(#[from] session::Error),
    /// The work was stopped because the process ends.
    #[error("the process is stopping")]
    Stopping,
}

/// Where a sign-in can begin again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// With which organization.
    pub organization: Slug,
    /// Through which provider.
    pub provider: Slug,
    /// To where.
    pub return_path: ReturnPath,
    /// On which host it ends.
    pub target: Target,
    /// What was to be proved, if somebody was signed in already.
    pub step_up: Option<Box<StepUp>>,
    /// What was to be done besides signing in.
    pub errand: Option<Errand>,
}

/// What somebody asked for, beyond where to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Who they say they are.
    pub login_hint: Option<LoginHint>,
    /// Whether they want to choose an account at the provider.
    pub select_account: bool,
}

/// Why there is no run. Four of the reasons look the same to the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Nothing is stored under that state.
    Unknown,
    /// It is too old.
    Expired,
    /// It has been used.
    Used,
    /// It came to the redirect URI of another provider.
    WrongProvider,
    /// It came from another browser than the one that began.
    Foreign,
    /// The connection or its steps changed since.
    Changed,
}

/// Why a person is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// A key of `allow` does not hold.
    Rule(Unmet),
    /// The membership was removed.
    Removed,
    /// An operator has blocked the identity.
    Blocked,
    /// The connection is not open, or not for them.
    Shut(Shut),
}

impl NotAdmitted {
    /// For the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule(unmet) => unmet.as_str(),
            Self::Removed => "membership_removed",
            Self::Blocked => "blocked",
            Self::Shut(shut) => shut.as_str(),
        }
    }
}

impl Error {
    /// Where it can begin again, if that is known: this browser began the run, or would begin there.
    pub fn again(&self) -> Option<&Again> {
        match self {
            Self::Gone { again, .. } | Self::Errand { again, .. } => again.as_deref(),
            Self::Provider { again, .. }
            | Self::Loop { again }
            | Self::NotAdmitted { again, .. }
            | Self::SomebodyElse { again, .. }
            | Self::TooWeak { again, .. }
            | Self::NeedsConsent { again, .. } => Some(again),
            Self::NoSuchConnection
            | Self::Suspended { .. }
            | Self::TooMany
            | Self::Unbound { .. }
            | Self::Already { .. }
            | Self::Store(_)
            | Self::Identity(_)
            | Self::Draft(_)
            | Self::Session(_)
            | Self::Stopping => None,
        }
    }

    /// Of which rehearsal the run was, if this browser began one.
    pub fn rehearsal(&self) -> Option<&str> {
        self.again()?.errand.as_ref()?.rehearsal.as_deref()
    }
}
