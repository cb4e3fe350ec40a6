//! Every error, and what the visitor is told: one exhaustive match. What went wrong inside goes to the log, once, under
//! the reference that the page shows.

use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use tracing::{error, info, warn};

use super::inbound::Kind;
use super::{Asked, Body, Error, Gateway, Place, endpoints, whole};
use crate::address::ReturnPath;
use crate::config::Slug;
use crate::identity::Unmet;
use crate::pages::{self, Ended, Loop, Problem};
use crate::pipeline::{self, Again, NotAdmitted};
use crate::provider::{self, Refusal};
use crate::proxy;
use crate::telemetry::Reference;

use std::time::Duration;

/// What is told, and who has to do something about it.
struct Told {
    problem: Problem,
    fault: Fault,
    organization: Option<Slug>,
}

/// Whose trouble it is: decides how loud the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The visitor's, or nobody's.
    Visitor,
    /// A provider's or an application's.
    Other,
    /// Ours.
    Ours,
}

impl Told {
    fn visitor(problem: Problem, organization: Option<&Slug>) -> Self {
        Self {
            problem,
            fault: Fault::Visitor,
            organization: organization.cloned(),
        }
    }
}

/// After how long a visitor is asked to try again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

impl Gateway {
    /// The answer to a request that got none otherwise.
    pub(super) fn rescue(
        &self,
        error: &Error,
        asked: &Asked,
        reference: Reference,
    ) -> Response<Body> {
        let rd = self.wanted(asked);
        let told = self.tell(error, asked, rd);
        log(error, &told, reference);
        let origin = match &asked.inbound {
            Some(inbound) => self.config.server.public_url.on(&inbound.host),
            None => self.config.server.public_url.clone(),
        };
        let slug = told.organization.as_ref().or(asked.organization.as_ref());
        let organization = slug.and_then(|slug| self.config.organizations.get(slug));
        let place = match asked
            .inbound
            .as_ref()
            .map(|inbound| self.place(&inbound.host))
        {
            Some(Ok(place @ Place::Own(_))) => pages::Place::from(place),
            Some(Ok(Place::Shared) | Err(_)) | None => pages::Place::Shared,
        };
        let look = self.look(&origin, place, organization);
        let is_person = asked
            .inbound
            .as_ref()
            .is_none_or(|inbound| inbound.kind != Kind::Program);
        let mut response = if is_person {
            self.pages.problem(&look, &told.problem, reference)
        } else {
            let login = origin.join(&self.below("login"));
            let login =
                (told.problem.status() == StatusCode::UNAUTHORIZED).then_some(login.as_str());
            self.pages
                .problem_json(&look, &told.problem, reference, login)
        }
        .map(whole);
        self.finish(error, &mut response);
        response
    }

    /// Fields that some errors carry.
    fn finish(&self, error: &Error, response: &mut Response<Body>) {
        if response.status() == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1 wants a challenge; no browser shows a dialogue for this scheme.
            let challenge = format!("Sso realm=\"{}\"", self.config.server.public_url);
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
        }
        match error {
            Error::NoSuchMethod { allow } => endpoints::allow(response, allow),
            Error::Method => {
                endpoints::allow(response, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
            }
            Error::Stopping => {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Error::Unconfirmed(_) => {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from_static("60"));
            }
            Error::Host
            | Error::UnknownHost
            | Error::Target
            | Error::NotFound
            | Error::NoRoute
            | Error::Unauthorized { .. }
            | Error::NotAllowed(_)
            | Error::ForeignOrigin
            | Error::ForeignForm
            | Error::Form
            | Error::Suspended(_)
            | Error::SignIn(_)
            | Error::Session(_)
            | Error::Assertion(_)
            | Error::Upstream(_)
            | Error::Pages(_) => {}
        }
    }

    /// Where the visitor wanted to go.
    fn wanted(&self, asked: &Asked) -> ReturnPath {
        asked
            .inbound
            .as_ref()
            .and_then(|inbound| {
                ReturnPath::parse(&inbound.target(), &self.config.server.prefix).ok()
            })
            .unwrap_or_else(ReturnPath::root)
    }

    fn tell(&self, error: &Error, asked: &Asked, rd: ReturnPath) -> Told {
        let email = asked.email.clone();
        let (problem, fault) = match error {
            Error::Host | Error::Target | Error::Form => (Problem::BadRequest, Fault::Visitor),
            Error::UnknownHost => (Problem::MisdirectedRequest, Fault::Visitor),
            Error::Method | Error::NoSuchMethod { .. } => {
                (Problem::MethodNotAllowed, Fault::Visitor)
            }
            Error::NotFound | Error::NoRoute => (Problem::NotFound, Fault::Visitor),
            Error::Unauthorized { had_session: true } => (
                Problem::SessionEnded {
                    why: Ended::Unknown,
                    rd,
                },
                Fault::Visitor,
            ),
            Error::Unauthorized { had_session: false } => {
                (Problem::SignInRequired { rd }, Fault::Visitor)
            }
            Error::Unconfirmed(provider) => {
                let provider = provider
                    .as_ref()
                    .and_then(|id| self.config.providers.get(id))
                    .map(|provider| provider.button.clone())
                    .unwrap_or_default();
                (Problem::IdentityUnverified { provider, rd }, Fault::Other)
            }
            Error::NotAllowed(_) | Error::ForeignOrigin => {
                (Problem::NotAllowedHere { email, rd }, Fault::Visitor)
            }
            Error::ForeignForm => (Problem::LoginExpired { rd }, Fault::Visitor),
            Error::Suspended(_) => (Problem::OrganizationSuspended, Fault::Visitor),
            Error::SignIn(error) => return self.tell_sign_in(error),
            Error::Upstream(error) => tell_upstream(error, rd),
            Error::Session(_) | Error::Assertion(_) | Error::Pages(_) | Error::Stopping => {
                (Problem::Broken { rd }, Fault::Ours)
            }
        };
        let organization = if let Error::Suspended(organization) = error {
            Some(organization.clone())
        } else {
            None
        };
        Told {
            problem,
            fault,
            organization,
        }
    }

    fn tell_sign_in(&self, error: &pipeline::Error) -> Told {
        let rd = ReturnPath::root();
        match error {
            pipeline::Error::NoSuchConnection => Told::visitor(Problem::OrganizationUnknown, None),
            pipeline::Error::Suspended { organization } => {
                Told::visitor(Problem::OrganizationSuspended, Some(organization))
            }
            pipeline::Error::TooMany => {
                let retry_after = TRY_AGAIN;
                Told::visitor(Problem::TooManyAttempts { retry_after, rd }, None)
            }
            pipeline::Error::Gone { again: None, .. } => {
                Told::visitor(Problem::LoginExpired { rd }, None)
            }
            pipeline::Error::Gone {
                again: Some(again), ..
            }
            | pipeline::Error::NeedsConsent { again, .. } => {
                let rd = again.return_path.clone();
                Told::visitor(Problem::LoginExpired { rd }, Some(&again.organization))
            }
            pipeline::Error::Unbound => Told::visitor(Problem::CookiesBlocked { rd }, None),
            pipeline::Error::Loop => {
                let cause = Loop::Unknown;
                Told::visitor(Problem::RedirectLoop { cause, rd }, None)
            }
            pipeline::Error::Provider {
                provider,
                again,
                source,
            } => self.tell_provider(provider, again, source),
            pipeline::Error::NotAdmitted { again, email, why } => {
                self.tell_not_admitted(again, email.clone(), *why)
            }
            pipeline::Error::Store(_)
            | pipeline::Error::Identity(_)
            | pipeline::Error::Session(_)
            | pipeline::Error::Stopping => Told {
                problem: Problem::Broken { rd },
                fault: Fault::Ours,
                organization: None,
            },
        }
    }

    fn tell_not_admitted(&self, again: &Again, email: Option<String>, why: NotAdmitted) -> Told {
        let rd = again.return_path.clone();
        let problem = match why {
            NotAdmitted::Rule(Unmet::EmailUnverified) => Problem::EmailUnverified {
                email,
                provider: self.button(&again.organization, None),
                rd,
            },
            NotAdmitted::Rule(_) | NotAdmitted::Removed | NotAdmitted::Blocked => {
                Problem::AccountNotAllowed { email, rd }
            }
        };
        Told::visitor(problem, Some(&again.organization))
    }

    fn tell_provider(&self, provider: &Slug, again: &Again, source: &provider::Error) -> Told {
        let rd = again.return_path.clone();
        let name = self.button(&again.organization, Some(provider));
        let (problem, fault) = match source {
            provider::Error::Unreachable(_) | provider::Error::Refused(Refusal::Unavailable) => (
                Problem::ProviderUnreachable { provider: name, rd },
                Fault::Other,
            ),
            provider::Error::Misconfigured(_)
            | provider::Error::Refused(Refusal::Registration)
            | provider::Error::Rejected(_) => (
                Problem::ProviderMisconfigured { provider: name, rd },
                Fault::Other,
            ),
            provider::Error::Refused(Refusal::AccessDenied | Refusal::InteractionRequired) => (
                Problem::LoginCancelled { provider: name, rd },
                Fault::Visitor,
            ),
            provider::Error::Refused(Refusal::Other) => (
                Problem::ProviderRefused { provider: name, rd },
                Fault::Visitor,
            ),
        };
        Told {
            problem,
            fault,
            organization: Some(again.organization.clone()),
        }
    }

    /// The text of a provider's button, or of the organization's first one.
    fn button(&self, organization: &Slug, provider: Option<&Slug>) -> String {
        let first = || {
            self.config
                .organizations
                .get(organization)?
                .providers
                .first()
        };
        provider
            .or_else(first)
            .and_then(|id| self.config.providers.get(id))
            .map(|provider| provider.button.clone())
            .unwrap_or_default()
    }
}

fn tell_upstream(error: &proxy::Error, rd: ReturnPath) -> (Problem, Fault) {
    match error {
        proxy::Error::Timeout => (Problem::AppSlow { rd }, Fault::Other),
        proxy::Error::Connect { .. }
        | proxy::Error::Broken(_)
        | proxy::Error::Stalled
        | proxy::Error::Unwanted => (Problem::AppUnreachable { rd }, Fault::Other),
        proxy::Error::Visitor(_) => (Problem::BadRequest, Fault::Visitor),
        proxy::Error::Method => (Problem::MethodNotAllowed, Fault::Visitor),
        proxy::Error::Cut => {
            let why = Ended::Withdrawn;
            (Problem::SessionEnded { why, rd }, Fault::Visitor)
        }
        proxy::Error::Roots(_) | proxy::Error::Address => (Problem::Broken { rd }, Fault::Ours),
    }
}

fn log(error: &Error, told: &Told, reference: Reference) {
    let code = told.problem.code();
    let chain = chain(error);
    match told.fault {
        Fault::Ours => error!(%reference, code, chain, "a request failed"),
        Fault::Other => warn!(%reference, code, chain, "an outside party failed"),
        Fault::Visitor => info!(%reference, code, chain, "a request was refused"),
    }
}

/// An error and what is behind it. Our errors carry no secret, token or body.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
