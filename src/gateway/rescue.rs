//! Every error, and what the visitor is told: one exhaustive match. What went wrong inside goes to the log, once, under
//! the reference that the page shows.

use bytes::Bytes;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use tracing::{error, info, warn};

use super::inbound::Kind;
use super::{Asked, Body, Error, Gateway, Place, endpoints, grpc, step_up, whole};
use crate::address::{Astray, ReturnPath};
use crate::config::{Refusal, Slug};
use crate::drafts;
use crate::identity::{LinkRefusal, Unmet};
use crate::pages::{
    Destination, Ended, LinkOver, Loop, NoLonger, NotLetIn, NotLinked, Problem, Unverified,
};
use crate::pipeline::{self, Again, Ending, Failed, NotAdmitted};
use crate::provider::{self, Check, Flow, Refusal as Refused};
use crate::proxy;
use crate::session::{Farewell, Parting, cookies};
use crate::telemetry::trace::Step;

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

/// After how long a visitor is asked to try again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// After how long an application that has too many requests has answered most of them.
const MAKES_ROOM: Duration = Duration::from_secs(5);

impl Gateway {
    /// The answer to a request that got none otherwise.
    pub(super) fn rescue(&self, error: &Error, asked: &Asked) -> Response<Body> {
        let rd = self.wanted(asked);
        let told = self.tell(error, asked, rd);
        log(error, &told, asked);
        if let Some(journal) = &asked.journal {
            let why = chain(error);
            journal.note(Step::Refused {
                code: told.problem.code().to_owned(),
                why,
                rule: rule(error, asked),
            });
        }
        let reference = asked.reference;
        let place = asked
            .inbound
            .as_ref()
            .and_then(|inbound| self.place(&inbound.host).ok());
        // A host that nobody owns is no place to send anybody to.
        let origin = match (&asked.inbound, place) {
            (Some(inbound), Some(_)) => self.config.server.public_url.on(&inbound.host),
            (Some(_) | None, _) => self.config.server.public_url.clone(),
        };
        let slug = told.organization.as_ref().or(asked.organization());
        let organization = slug.and_then(|slug| self.config.organizations.get(slug));
        let place = place.unwrap_or(Place::Shared).into();
        let inbound = asked.inbound.as_deref();
        let wish = inbound.and_then(|inbound| self.asked_languages(inbound));
        let wish = (inbound, wish.as_deref());
        let look = self.look(&origin, place, organization, wish);
        if let Error::InWindow { to, leaving, .. } = error
            && let Ok(response) = self.sent_on(&look, to, *leaving, reference)
        {
            return response;
        }
        let is_person = asked
            .inbound
            .as_ref()
            .is_none_or(|inbound| inbound.kind != Kind::Program);
        let mut response = if is_person {
            self.pages.problem(&look, &told.problem, reference)
        } else {
            let login = match error {
                Error::StepUp { door, .. } => origin.join(&door.to_string()),
                _ => origin.join(&self.below("login")),
            };
            let login =
                (told.problem.status() == StatusCode::UNAUTHORIZED).then_some(login.as_str());
            self.pages
                .problem_json(&look, &told.problem, reference, login)
        }
        .map(whole);
        self.finish(error, &mut response);
        if inbound.is_some_and(|inbound| inbound.grpc) {
            return grpc::refusal(response, told.problem.code(), whole(Bytes::new()));
        }
        response
    }

    /// Fields that some errors carry.
    fn finish(&self, error: &Error, response: &mut Response<Body>) {
        if response.status() == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1 wants a challenge; no browser shows a dialogue for these schemes.
            let challenge = match error {
                Error::StepUp { assurance, .. } => step_up::challenge(assurance),
                _ => format!("Sso realm=\"{}\"", self.config.server.public_url),
            };
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
            Error::Parted { gone: true, .. } => {
                endpoints::set_cookie(response, cookies::delete_session());
            }
            Error::FormKept { cookie, .. } => endpoints::set_cookie(response, cookie.clone()),
            Error::Unconfirmed { .. } => {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from_static("60"));
            }
            Error::Host
            | Error::UnknownHost
            | Error::Target
            | Error::Stranger
            | Error::Question(_)
            | Error::NotFound
            | Error::NoRoute
            | Error::Unauthorized { .. }
            | Error::Parted { gone: false, .. }
            | Error::StepUp { .. }
            | Error::NotAllowed { .. }
            | Error::ForeignOrigin
            | Error::ForeignForm
            | Error::ForeignIssuer
            | Error::Form
            | Error::Suspended(_)
            | Error::NotOpen(_)
            | Error::NotAnOwner(_)
            | Error::SignIn(_)
            | Error::InWindow { .. }
            | Error::Loop { .. }
            | Error::Session(_)
            | Error::Identity(_)
            | Error::Revalidation(_)
            | Error::Store(_)
            | Error::TooBusy
            | Error::Draft(_)
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
                ReturnPath::parse(inbound.target(), &self.config.server.prefix).ok()
            })
            .unwrap_or_else(ReturnPath::root)
    }

    #[expect(clippy::too_many_lines, reason = "a list: one page for each error")]
    fn tell(&self, error: &Error, asked: &Asked, rd: ReturnPath) -> Told {
        let email = asked.email();
        let (problem, fault) = match error {
            Error::Host
            | Error::Target
            | Error::Question(_)
            | Error::Form
            | Error::ForeignIssuer => (Problem::BadRequest, Fault::Visitor),
            Error::Draft(error) => of_draft(error, rd),
            Error::UnknownHost => (Problem::MisdirectedRequest, Fault::Visitor),
            Error::Method | Error::NoSuchMethod { .. } => {
                (Problem::MethodNotAllowed, Fault::Visitor)
            }
            Error::NotFound | Error::NoRoute | Error::Stranger => {
                (Problem::NotFound, Fault::Visitor)
            }
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
            Error::StepUp { door, .. } | Error::FormKept { door, .. } => {
                (proof_wanted(error, door.clone()), Fault::Visitor)
            }
            Error::Unconfirmed { provider, next } => {
                let (provider, next) = (self.button(provider), *next);
                let problem = Problem::IdentityUnverified { provider, next, rd };
                (problem, Fault::Other)
            }
            Error::Parted { farewell, .. } => {
                (self.tell_parted(farewell, asked, rd), Fault::Visitor)
            }
            Error::NotAllowed { rule, .. } => {
                let rule = rule.clone();
                (Problem::NotAllowedHere { email, rule, rd }, Fault::Visitor)
            }
            Error::ForeignOrigin => {
                let rule = Refusal::default();
                (Problem::NotAllowedHere { email, rule, rd }, Fault::Visitor)
            }
            Error::ForeignForm => (Problem::LoginExpired { rd }, Fault::Visitor),
            Error::Suspended(_) => (Problem::OrganizationSuspended, Fault::Visitor),
            Error::NotOpen(_) => (Problem::OrganizationNotOpen { rd }, Fault::Visitor),
            Error::NotAnOwner(_) => (Problem::OwnersOnly, Fault::Visitor),
            Error::SignIn(error) | Error::InWindow { error, .. } => {
                return self.tell_sign_in(error);
            }
            Error::TooBusy => {
                let retry_after = MAKES_ROOM;
                (Problem::TooBusy { retry_after, rd }, Fault::Other)
            }
            Error::Loop { cause, again } => return tell_loop(*cause, again),
            Error::Upstream(error) => tell_upstream(error, rd),
            Error::Session(_)
            | Error::Identity(_)
            | Error::Revalidation(_)
            | Error::Store(_)
            | Error::Assertion(_)
            | Error::Pages(_)
            | Error::Stopping => (Problem::Broken { rd }, Fault::Ours),
        };
        Told {
            problem,
            fault,
            organization: meant(error),
        }
    }

    /// A program is told in any case that it has to sign in: 401 is what it acts on.
    fn tell_parted(&self, farewell: &Farewell, asked: &Asked, rd: ReturnPath) -> Problem {
        let is_program = asked
            .inbound
            .as_ref()
            .is_some_and(|inbound| inbound.kind == Kind::Program);
        let word = farewell.word.as_deref();
        let why = match farewell.why {
            // The provider said nothing: its connection is another one now.
            Parting::Refused if word == Some("connection_changed") => Ended::Withdrawn,
            Parting::Refused if !is_program => {
                return Problem::IdentityInvalid {
                    provider: self.button(&farewell.provider),
                    via: farewell.provider.to_string(),
                    at: farewell.at,
                    why: NoLonger::of(word),
                    rd,
                };
            }
            Parting::Refused | Parting::AtProvider => Ended::AtProvider,
            Parting::Withdrawn => Ended::Withdrawn,
        };
        Problem::SessionEnded { why, rd }
    }

    fn tell_sign_in(&self, error: &pipeline::Error) -> Told {
        if let pipeline::Error::Errand {
            flow,
            organization,
            provider,
            why,
            again: _,
        } = error
        {
            return self.tell_errand(*flow, organization, provider, *why);
        }
        let again = error.again();
        let rd = again.map_or_else(ReturnPath::root, |again| again.return_path.clone());
        let provider = again.map_or_else(String::new, |again| self.button(&again.provider));
        let email = match error {
            pipeline::Error::NotAdmitted { email, .. }
            | pipeline::Error::SomebodyElse { email, .. } => email.clone(),
            _ => None,
        };
        let organization = match error {
            pipeline::Error::Suspended { organization } => Some(organization),
            _ => again.map(|again| &again.organization),
        };
        let known = organization.and_then(|slug| self.config.organizations.get(slug));
        let registered = again.filter(|_| is_unknown_there(error));
        let registered = registered.map(|again| self.config.redirect_uri(&again.provider));
        let of = Of {
            provider,
            registered,
            email,
            rule: known.map_or_else(Refusal::default, |known| known.refusal.clone()),
            stronger: again.and_then(|again| self.stronger(again)),
            home: again.and_then(|again| self.home(&again.provider)),
            refused: refused(error),
            unverified: unverified(error),
            astray: match error {
                pipeline::Error::Unbound { astray } => *astray,
                _ => Astray::No,
            },
            clock: is_out_of_time(error),
        };
        let (problem, fault) = page_of(error.ending(), rd, of);
        Told {
            problem,
            fault,
            organization: organization.cloned(),
        }
    }

    /// What somebody wanted to do besides signing in came to nothing: back to the page where they began.
    fn tell_errand(&self, flow: Flow, organization: &Slug, provider: &Slug, why: Failed) -> Told {
        let page = match flow {
            Flow::Setup => self.below(&format!("admin/{organization}")),
            Flow::SignIn | Flow::StepUp | Flow::Link | Flow::Rehearsal => self.below("account"),
        };
        let back = ReturnPath::parse(&page, &self.config.server.prefix);
        let why = match why {
            Failed::NotThePerson => NotLinked::NotThePerson,
            Failed::NotAnOwner => NotLinked::NotAnOwner,
            Failed::Link(LinkRefusal::Taken) => NotLinked::Taken,
            Failed::Link(LinkRefusal::AnotherThere) => NotLinked::AnotherThere,
            Failed::Link(LinkRefusal::TooMany) => NotLinked::TooMany,
            Failed::Link(LinkRefusal::NotAllowed) | Failed::NotAdmitted(_) => {
                NotLinked::NotAdmitted
            }
        };
        Told {
            problem: Problem::NotLinked {
                provider: self.button(provider),
                why,
                back: back.unwrap_or_else(|_| ReturnPath::root()),
            },
            fault: Fault::Visitor,
            organization: Some(organization.clone()),
        }
    }

    /// Where the people of a provider see to their accounts.
    fn home(&self, provider: &Slug) -> Option<Destination> {
        let home = self.config.providers.get(provider)?.home()?;
        Destination::parse(&home).ok()
    }

    /// The text of a provider's button.
    pub(super) fn button(&self, provider: &Slug) -> String {
        let provider = self.config.providers.get(provider);
        provider.map_or_else(String::new, |provider| provider.button.clone())
    }
}

/// What is told of a provider that is being set up.
fn of_draft(error: &drafts::Error, rd: ReturnPath) -> (Problem, Fault) {
    let problem = match error {
        drafts::Error::Gone | drafts::Error::NoSuchOrganization => {
            Problem::SetupLink(LinkOver::Gone)
        }
        drafts::Error::Claimed => Problem::SetupLink(LinkOver::Elsewhere),
        drafts::Error::Crowded => Problem::SetupLink(LinkOver::Crowded),
        drafts::Error::TooOften => Problem::TooManyAttempts {
            retry_after: TRY_AGAIN,
            rd,
        },
        drafts::Error::Taken
        | drafts::Error::TooMany
        | drafts::Error::Finished
        | drafts::Error::Incomplete => Problem::BadRequest,
        drafts::Error::Store(_) => return (Problem::Broken { rd }, Fault::Ours),
    };
    (problem, Fault::Visitor)
}

/// Somebody has to sign in once more before what they sent goes on; a form may be kept until then.
fn proof_wanted(error: &Error, door: Destination) -> Problem {
    match error {
        Error::FormKept { .. } => Problem::FormKept { door },
        _ => Problem::StepUpRequired { door },
    }
}

/// The organization that an error is about, where the request does not say it.
fn meant(error: &Error) -> Option<Slug> {
    match error {
        Error::Suspended(organization)
        | Error::NotOpen(organization)
        | Error::NotAnOwner(organization) => Some(organization.clone()),
        Error::Parted { farewell, .. } => Some(farewell.organization.clone()),
        _ => None,
    }
}

/// Why a provider let nobody in, as far as a visitor is told.
const fn refused(error: &pipeline::Error) -> NotLetIn {
    let pipeline::Error::Provider { source, .. } = error else {
        return NotLetIn::Unsaid;
    };
    match source {
        provider::Error::Refused(Refused::NotAssigned(code)) => {
            NotLetIn::NotAssigned(code.as_str())
        }
        provider::Error::Refused(Refused::Suspended) => NotLetIn::Suspended,
        provider::Error::Rejected(Check::Scope) => NotLetIn::Ungranted,
        provider::Error::Refused(_)
        | provider::Error::Rejected(_)
        | provider::Error::Unreachable(_)
        | provider::Error::Misconfigured(_) => NotLetIn::Unsaid,
    }
}

/// What is missing of somebody's address.
const fn unverified(error: &pipeline::Error) -> Unverified {
    match error {
        pipeline::Error::Provider {
            source: provider::Error::Rejected(Check::NoPrimaryEmail),
            ..
        } => Unverified::NoneIsPrimary,
        _ => Unverified::NotVouchedFor,
    }
}

/// Whether a provider says that it knows our name, our secret or our redirect URI otherwise than we do. An answer that must not be
/// believed has nothing to do with that.
const fn is_unknown_there(error: &pipeline::Error) -> bool {
    matches!(
        error,
        pipeline::Error::Provider {
            source: provider::Error::Misconfigured(_)
                | provider::Error::Refused(provider::Refusal::Registration),
            ..
        }
    )
}

/// Whether a token that was made just now is none of our time.
const fn is_out_of_time(error: &pipeline::Error) -> bool {
    matches!(
        error,
        pipeline::Error::Provider {
            source: provider::Error::Rejected(Check::IssuedAt | Check::Expiry),
            ..
        }
    )
}

/// What is told of a sign-in that ended.
#[derive(Default)]
struct Of {
    /// The text of the provider's button.
    provider: String,
    /// What has to be registered there.
    registered: Option<String>,
    /// The address of the person themself.
    email: Option<String>,
    /// What the organization says to those whom it does not admit.
    rule: Refusal,
    /// Where it can begin again in a stronger way.
    stronger: Option<Destination>,
    /// Where the person sees to their account at the provider.
    home: Option<Destination>,
    /// Why the provider let nobody in.
    refused: NotLetIn,
    /// What is missing of an address.
    unverified: Unverified,
    /// Whether it was begun where the browser shows another address.
    astray: Astray,
    /// Whether the provider's clock and ours say different times.
    clock: bool,
}

/// The page of a sign-in's ending, which metrics and audit trail call by the same name.
#[expect(clippy::too_many_lines, reason = "a list: one page for each ending")]
fn page_of(ending: Ending, rd: ReturnPath, of: Of) -> (Problem, Fault) {
    let Of {
        provider,
        registered,
        email,
        rule,
        stronger,
        home,
        refused: why,
        unverified,
        astray,
        clock,
    } = of;
    let problem = match ending {
        Ending::OrganizationUnknown => Problem::OrganizationUnknown,
        Ending::OrganizationSuspended => Problem::OrganizationSuspended,
        Ending::TooManyAttempts => Problem::TooManyAttempts {
            retry_after: TRY_AGAIN,
            rd,
        },
        Ending::LoginExpired => Problem::LoginExpired { rd },
        Ending::CookiesBlocked => Problem::CookiesBlocked { astray, rd },
        Ending::RedirectLoop => Problem::RedirectLoop {
            cause: Loop::OutOfSight,
            rd,
        },
        Ending::ProviderUnreachable => Problem::ProviderUnreachable { provider, rd },
        Ending::ProviderMisconfigured => Problem::ProviderMisconfigured {
            provider,
            registered,
            clock,
            rd,
        },
        Ending::ProviderRefused => Problem::ProviderRefused { provider, why, rd },
        Ending::LoginCancelled => Problem::LoginCancelled { provider, rd },
        Ending::AccountNotAllowed => Problem::AccountNotAllowed { email, rule, rd },
        Ending::OrganizationNotOpen => Problem::OrganizationNotOpen { rd },
        Ending::NotLinked => Problem::NotLinked {
            provider,
            why: NotLinked::NotAdmitted,
            back: rd,
        },
        Ending::EmailUnverified => Problem::EmailUnverified {
            email,
            provider,
            why: unverified,
            home,
            rd,
        },
        Ending::OtherAccount => Problem::OtherAccount {
            email,
            door: stronger.unwrap_or_else(|| Destination::from(&rd)),
            rd,
        },
        Ending::SignInTooWeak => Problem::SignInTooWeak {
            provider,
            door: stronger.unwrap_or_else(|| Destination::from(&rd)),
        },
        Ending::Broken => Problem::Broken { rd },
    };
    let fault = match ending {
        Ending::Broken => Fault::Ours,
        Ending::ProviderUnreachable | Ending::ProviderMisconfigured => Fault::Other,
        Ending::OrganizationUnknown
        | Ending::OrganizationSuspended
        | Ending::TooManyAttempts
        | Ending::LoginExpired
        | Ending::CookiesBlocked
        | Ending::RedirectLoop
        | Ending::ProviderRefused
        | Ending::LoginCancelled
        | Ending::AccountNotAllowed
        | Ending::OrganizationNotOpen
        | Ending::NotLinked
        | Ending::EmailUnverified
        | Ending::OtherAccount
        | Ending::SignInTooWeak => Fault::Visitor,
    };
    (problem, fault)
}

fn tell_loop(cause: Loop, again: &Again) -> Told {
    let rd = again.return_path.clone();
    Told {
        problem: Problem::RedirectLoop { cause, rd },
        fault: Fault::Visitor,
        organization: Some(again.organization.clone()),
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
        proxy::Error::Roots(_) | proxy::Error::Identity(_) | proxy::Error::Address => {
            (Problem::Broken { rd }, Fault::Ours)
        }
    }
}

/// Everything that is known and may be in a log: no address but the client's, no path, nothing that somebody typed.
fn log(error: &Error, told: &Told, asked: &Asked) {
    let again = match error {
        Error::SignIn(error) | Error::InWindow { error, .. } => error.again(),
        _ => None,
    };
    let organization = told.organization.as_ref().or(asked.organization());
    let provider = again.map(|again| &again.provider).or(asked.provider());
    let chain = chain(error);
    macro_rules! refused {
        ($level:ident, $message:literal) => {
            $level!(
                reference = %asked.reference,
                code = told.problem.code(),
                status = told.problem.status().as_u16(),
                method = asked.method,
                route = Some(&**asked.route.name()).filter(|route| !route.is_empty()),
                organization = organization.map(Slug::as_str),
                provider = provider.map(Slug::as_str),
                client = asked.client().map(display),
                chain,
                $message
            )
        };
    }
    match told.fault {
        Fault::Ours => refused!(error, "a request failed"),
        Fault::Other => refused!(warn, "an outside party failed"),
        Fault::Visitor => refused!(info, "a request was refused"),
    }
}

/// The setting that refused somebody.
fn rule(error: &Error, asked: &Asked) -> Option<String> {
    match error {
        Error::NotAllowed { unmet, .. } => Some(format!(
            "routes.{}.require.{}",
            asked.route.name(),
            key(*unmet)
        )),
        Error::SignIn(pipeline::Error::NotAdmitted {
            again,
            why: NotAdmitted::Rule(unmet),
            ..
        }) => Some(format!(
            "organizations.{}.allow.{}",
            again.organization,
            key(*unmet)
        )),
        Error::Suspended(organization) => Some(format!("organizations.{organization}.enabled")),
        _ => None,
    }
}

/// The key of a rule.
const fn key(unmet: Unmet) -> &'static str {
    match unmet {
        // Both ask for an address that the provider vouches for.
        Unmet::EmailUnverified => "emails or email_domains",
        Unmet::Emails
        | Unmet::EmailDomains
        | Unmet::HostedDomains
        | Unmet::GroupsAny
        | Unmet::GroupsAll
        | Unmet::Subjects
        | Unmet::Tenants
        | Unmet::Teams
        | Unmet::Claims => unmet.as_str(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_metrics_and_trail_call_an_ending_by_one_name() {
        for ending in Ending::ALL {
            let (problem, _) = page_of(ending, ReturnPath::root(), Of::default());
            assert_eq!(problem.code(), ending.code());
        }
    }
}
