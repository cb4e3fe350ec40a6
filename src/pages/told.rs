//! The words for each problem: what happened, whether something was lost, and the one thing to do.
//!
//! The rules of the text: no blame, no jargon, no alarm; the heading is the fact, the sentence its meaning for the reader.

use serde::Serialize;

use super::problem::{Ended, Loop, NotLinked, Problem};
use super::words::{self, name, provider};
use super::{Ask, Look, Place};
use crate::address::ReturnPath;

/// A problem in words. Texts are phrases (see `words`).
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) heading: String,
    sentence: String,
    /// What to do, or what was lost, beyond the sentence.
    advice: Option<&'static str>,
    /// For whoever runs the site.
    owner: Option<&'static str>,
    /// How far the request came.
    stages: Option<Stages>,
    action: Action,
    /// A second way on.
    also: Option<Action>,
}

/// A link.
#[derive(Debug, Serialize)]
pub(super) struct Action {
    label: String,
    href: String,
}

/// The last of browser, sign-in and application: the one that does not answer.
#[derive(Debug, Serialize)]
struct Stages {
    last: String,
}

impl Told {
    /// Heading and sentence as one text for programs.
    pub(super) fn message(&self) -> String {
        words::plain(&format!("{}. {}", self.heading, self.sentence))
    }
}

impl Problem {
    /// The words for this visitor.
    pub(super) fn told(&self, look: &Look<'_>) -> Told {
        Told {
            heading: self.heading(look),
            sentence: self.sentence(look),
            advice: self.advice(),
            owner: self.owner(),
            stages: self.stages(look),
            action: self.action(look),
            also: self.also(look),
        }
    }

    fn heading(&self, look: &Look<'_>) -> String {
        let application = || name(look.application());
        match self {
            Self::LoginExpired { .. } => "This sign-in page has expired".to_owned(),
            Self::LoginCancelled { .. } => "Sign-in was cancelled".to_owned(),
            Self::ProviderUnreachable { provider: at, .. } => {
                format!("We can’t reach {} right now", provider(at))
            }
            Self::IdentityUnverified { provider: at, .. } => {
                format!("{} hasn’t confirmed your account", provider(at))
            }
            Self::IdentityInvalid { provider: at, .. } => {
                format!(
                    "{} says that this account is no longer active",
                    provider(at)
                )
            }
            Self::ProviderRefused { provider: at, .. } => {
                format!("{} did not let you sign in", provider(at))
            }
            Self::ProviderMisconfigured { provider: at, .. } => {
                format!("Sign-in with {} is not set up correctly", provider(at))
            }
            Self::AccountNotAllowed { email, .. } => {
                format!("{} can’t use {}", account(email.as_deref()), application())
            }
            Self::OrganizationUnknown => "We don’t know that organization".to_owned(),
            Self::OrganizationSuspended => {
                format!("Sign-in for {} is paused", organization(look))
            }
            Self::EmailUnverified { provider: at, .. } => {
                format!("Your e-mail address is not verified at {}", provider(at))
            }
            Self::SessionEnded { .. } => "You were signed out".to_owned(),
            Self::SignInRequired { .. } => "Sign in to continue".to_owned(),
            Self::StepUpRequired { .. } => "Confirm that it is you".to_owned(),
            Self::FormKept { .. } => "Sign in once more to send this".to_owned(),
            Self::SignInTooWeak { provider: at, .. } => {
                format!("{} did not sign you in strongly enough", provider(at))
            }
            Self::OtherAccount { .. } => "That was a different account".to_owned(),
            Self::RedirectLoop { .. } => "Sign-in keeps restarting".to_owned(),
            Self::CookiesBlocked { .. } => "Your browser isn’t keeping our cookie".to_owned(),
            Self::AppUnreachable { .. } => format!("{} isn’t responding", application()),
            Self::AppSlow { .. } => format!("{} is taking too long", application()),
            Self::TooBusy { .. } => format!("{} is very busy", application()),
            Self::TooManyAttempts { .. } => "Please wait a moment".to_owned(),
            Self::BadRequest => "We couldn’t read that request".to_owned(),
            Self::MisdirectedRequest => "There is nothing at this address".to_owned(),
            Self::NotFound => "Page not found".to_owned(),
            Self::NotAllowedHere { .. } => "You don’t have access to this page".to_owned(),
            Self::OrganizationNotOpen { .. } => format!("{} is not open yet", organization(look)),
            Self::NotLinked { .. } => "This account can’t be added".to_owned(),
            Self::OwnersOnly => "This page is for owners".to_owned(),
            Self::MethodNotAllowed => "That can’t be done here".to_owned(),
            Self::Broken { .. } => "There is a problem on our side".to_owned(),
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a list: one sentence for each problem"
    )]
    fn sentence(&self, look: &Look<'_>) -> String {
        let application = || name(look.application());
        match self {
            Self::LoginExpired { .. } => {
                "Sign-in pages work once and only for a short time. Nothing was lost.".to_owned()
            }
            Self::LoginCancelled { provider: at, .. } => format!(
                "You came back from {} without signing in. Nothing has changed.",
                provider(at)
            ),
            Self::ProviderUnreachable { .. } => "It did not answer, so we can’t sign you in yet. \
                 People who are already signed in are not affected."
                .to_owned(),
            Self::IdentityUnverified { next, .. } => {
                let when = next.map_or_else(
                    || "It is asked again every few minutes".to_owned(),
                    |next| format!("It is asked again at {}", words::moment(next.as_millis())),
                );
                format!(
                    "It has not answered for too long, which says nothing about your account. {when}, and you can go on as \
                     soon as it answers; signing in again helps if it is back already."
                )
            }
            Self::IdentityInvalid { .. } => "It was asked again whether you may still come in, and the \
                 answer was no. So your sessions were ended."
                .to_owned(),
            Self::ProviderRefused { .. } => format!(
                "It decides who may use {}, and it did not let this account through.",
                application()
            ),
            Self::ProviderMisconfigured { .. } => {
                "Only an administrator can put this right. Tell them the reference below.".to_owned()
            }
            Self::AccountNotAllowed { .. } => format!(
                "The sign-in worked, but {} has not given this account access.",
                organization(look)
            ),
            Self::OrganizationUnknown => "The address may be mistyped or out of date. Your e-mail \
                 address is enough to find the right sign-in page."
                .to_owned(),
            Self::OrganizationSuspended => "Nobody can sign in to this organization at the moment. \
                 Your account has not been changed."
                .to_owned(),
            Self::EmailUnverified {
                email, provider: at, ..
            } => format!(
                "{} accepts only verified addresses. Open your account at {}, verify {}, then sign in again.",
                application(),
                provider(at),
                email.as_deref().map_or_else(|| "your address".to_owned(), name),
            ),
            Self::OrganizationNotOpen { .. } => "An owner of the organization has to complete its setup before \
                 people can sign in this way."
                .to_owned(),
            Self::NotLinked { provider: at, why, .. } => why.sentence(at),
            Self::OwnersOnly => format!(
                "Only the owners of {} can open it. They are named in the configuration.",
                organization(look)
            ),
            Self::SessionEnded { why, .. } => why.sentence(look),
            Self::SignInRequired { .. } => format!(
                "This part of {} is for people who have signed in.",
                application()
            ),
            Self::StepUpRequired { .. } => format!(
                "This part of {} asks for a fresher or stronger sign-in than yours.",
                application()
            ),
            Self::FormKept { .. } => format!(
                "Your sign-in is over, or not fresh enough for this part of {}. What you filled in has not been sent. It is kept \
                 here for ten minutes.",
                application()
            ),
            Self::SignInTooWeak { .. } => format!(
                "This part of {} asks for a fresher or stronger sign-in. You are still signed in as before, and nothing has \
                 changed.",
                application()
            ),
            Self::OtherAccount { email, .. } => format!(
                "You were to confirm that it is you, but {} signed in, which is not the account you are using. Nothing has \
                 changed.",
                email.as_deref().map_or_else(|| "another account".to_owned(), name)
            ),
            Self::RedirectLoop { .. } => format!(
                "You signed in several times within a short while, but {} did not recognize you \
                 afterwards. We stopped here so that your browser does not go round in circles.",
                application()
            ),
            Self::CookiesBlocked { .. } => format!(
                "Sign-in needs one cookie to know that it is still you. Allow cookies for {} in \
                 your browser’s settings, then try again.",
                application()
            ),
            Self::AppUnreachable { .. } => {
                "Your browser and the sign-in work. The application behind them does not answer at the moment."
                    .to_owned()
            }
            Self::AppSlow { .. } => {
                "Your browser and the sign-in work. The application behind them has not answered in time."
                    .to_owned()
            }
            Self::TooBusy { retry_after, .. } => format!(
                "It has more requests than it can take at the moment, so yours was not passed on. \
                 Try again in {}.",
                words::span(*retry_after)
            ),
            Self::TooManyAttempts { retry_after, .. } => format!(
                "There were many attempts within a short time. You can go on in {}.",
                words::span(*retry_after)
            ),
            Self::BadRequest => {
                "The address or form that reached us is not one we can use. Nothing was changed."
                    .to_owned()
            }
            Self::MisdirectedRequest => {
                "The name in your browser’s address bar may be mistyped or out of date.".to_owned()
            }
            Self::NotFound => "If you typed the address, check that it is right. If you followed a \
                 link, the page may have moved."
                .to_owned(),
            Self::NotAllowedHere { email, .. } => format!(
                "{} is signed in, but this part of {} is for others.",
                account(email.as_deref()),
                application()
            ),
            Self::MethodNotAllowed => {
                "The page exists, but not for what your browser tried to do. Nothing was changed."
                    .to_owned()
            }
            Self::Broken { .. } => {
                "We could not finish what you asked for. It has been recorded under the reference below."
                    .to_owned()
            }
        }
    }

    const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::AppUnreachable { .. } | Self::AppSlow { .. } | Self::Broken { .. } => Some(
                "If you were saving something, check whether it arrived before you send it again.",
            ),
            Self::TooBusy { .. } => {
                Some("If you just sent a form, it did not arrive. Go back and send it again.")
            }
            Self::SessionEnded { .. } | Self::SignInRequired { .. } => Some(
                "If you just sent a form, it did not arrive. Go back to copy what you wrote, then sign in.",
            ),
            Self::StepUpRequired { .. } => Some(
                "If you just sent a form, it did not arrive. Go back to copy what you wrote, then confirm.",
            ),
            Self::FormKept { .. } => {
                Some("Sign in with the same account. Then you can send it with one click.")
            }
            Self::SignInTooWeak { .. } => Some(
                "Try again, and use all that you are asked for there. If that does not help, tell your administrator.",
            ),
            Self::AccountNotAllowed { .. }
            | Self::NotAllowedHere { .. }
            | Self::IdentityInvalid { .. }
            | Self::ProviderRefused { .. } => Some(
                "If you have another account, use that one. Otherwise ask your administrator for access.",
            ),
            Self::LoginExpired { .. }
            | Self::LoginCancelled { .. }
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::ProviderMisconfigured { .. }
            | Self::OrganizationUnknown
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::OwnersOnly
            | Self::OrganizationSuspended
            | Self::EmailUnverified { .. }
            | Self::OtherAccount { .. }
            | Self::RedirectLoop { .. }
            | Self::CookiesBlocked { .. }
            | Self::TooManyAttempts { .. }
            | Self::BadRequest
            | Self::MisdirectedRequest
            | Self::NotFound
            | Self::MethodNotAllowed => None,
        }
    }

    const fn owner(&self) -> Option<&'static str> {
        match self {
            Self::RedirectLoop { cause, .. } => Some(cause.sentence()),
            Self::CookiesBlocked { .. } => Some(
                "The cookie is given where visitors begin and must come back at the public address. It cannot if \
                 they begin over http or under another name than that of the public address.",
            ),
            Self::SignInTooWeak { .. } => Some(
                "The provider was sent the route’s max_auth_age or acr_values and answered with a sign-in that is older or of \
                 another kind. The log says which. It must know the values, and require such a sign-in when it is asked.",
            ),
            Self::LoginExpired { .. }
            | Self::LoginCancelled { .. }
            | Self::StepUpRequired { .. }
            | Self::FormKept { .. }
            | Self::OtherAccount { .. }
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::IdentityInvalid { .. }
            | Self::ProviderRefused { .. }
            | Self::ProviderMisconfigured { .. }
            | Self::AccountNotAllowed { .. }
            | Self::OrganizationUnknown
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::OwnersOnly
            | Self::OrganizationSuspended
            | Self::EmailUnverified { .. }
            | Self::SessionEnded { .. }
            | Self::SignInRequired { .. }
            | Self::AppUnreachable { .. }
            | Self::AppSlow { .. }
            | Self::TooBusy { .. }
            | Self::TooManyAttempts { .. }
            | Self::BadRequest
            | Self::MisdirectedRequest
            | Self::NotFound
            | Self::NotAllowedHere { .. }
            | Self::MethodNotAllowed
            | Self::Broken { .. } => None,
        }
    }

    fn stages(&self, look: &Look<'_>) -> Option<Stages> {
        matches!(self, Self::AppUnreachable { .. } | Self::AppSlow { .. }).then(|| Stages {
            last: name(look.application()),
        })
    }

    fn action(&self, look: &Look<'_>) -> Action {
        match self {
            Self::LoginExpired { rd } | Self::SessionEnded { rd, .. } => {
                link("Sign in again", look.sign_in(rd, Ask::Usual))
            }
            Self::SignInRequired { rd } => link("Sign in", look.sign_in(rd, Ask::Usual)),
            Self::EmailUnverified { rd, .. } => link("Sign in again", look.sign_in(rd, Ask::Usual)),
            Self::LoginCancelled { rd, .. }
            | Self::ProviderUnreachable { rd, .. }
            | Self::IdentityUnverified { rd, .. }
            | Self::ProviderMisconfigured { rd, .. }
            | Self::OrganizationNotOpen { rd }
            | Self::CookiesBlocked { rd } => link("Try again", look.sign_in(rd, Ask::Usual)),
            Self::ProviderRefused { rd, .. }
            | Self::IdentityInvalid { rd, .. }
            | Self::AccountNotAllowed { rd, .. }
            | Self::OtherAccount { rd, .. }
            | Self::NotAllowedHere { rd, .. } => another_account(look, rd),
            Self::StepUpRequired { door } => link("Confirm", door.to_string()),
            Self::FormKept { door } => link("Sign in", door.to_string()),
            Self::SignInTooWeak { door, .. } => link("Try again", door.to_string()),
            Self::OrganizationUnknown => link(
                "Enter your e-mail address",
                format!("{}/login", look.prefix),
            ),
            Self::OrganizationSuspended => match look.place {
                Place::Shared => link(
                    "Sign in to another organization",
                    format!("{}/login", look.prefix),
                ),
                Place::Own => link("Try again", "/"),
            },
            Self::NotLinked { back, .. } => link("Go back", back.as_str()),
            Self::OwnersOnly => link("Go to your account", format!("{}/account", look.prefix)),
            Self::RedirectLoop { .. } => link(
                "Sign out and start afresh",
                format!("{}/logout", look.prefix),
            ),
            Self::AppUnreachable { rd }
            | Self::AppSlow { rd }
            | Self::TooBusy { rd, .. }
            | Self::TooManyAttempts { rd, .. }
            | Self::Broken { rd } => link("Try again", rd.as_str()),
            Self::MisdirectedRequest => {
                link(format!("Go to {}", look.application()), look.site.join("/"))
            }
            Self::BadRequest | Self::NotFound | Self::MethodNotAllowed => start_page(),
        }
    }

    fn also(&self, look: &Look<'_>) -> Option<Action> {
        match self {
            Self::LoginCancelled { rd, .. } | Self::EmailUnverified { rd, .. } => {
                Some(another_account(look, rd))
            }
            Self::NotAllowedHere { .. } | Self::SignInTooWeak { .. } => Some(start_page()),
            Self::OtherAccount { rd, .. } => Some(link("Try again", rd.as_str())),
            Self::IdentityInvalid { rd, .. } => {
                Some(link("Sign in again", look.sign_in(rd, Ask::Usual)))
            }
            Self::RedirectLoop { rd, .. } => {
                Some(link("Sign in once more", look.sign_in(rd, Ask::Usual)))
            }
            Self::LoginExpired { .. }
            | Self::StepUpRequired { .. }
            | Self::FormKept { .. }
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::ProviderRefused { .. }
            | Self::ProviderMisconfigured { .. }
            | Self::AccountNotAllowed { .. }
            | Self::OrganizationUnknown
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::OwnersOnly
            | Self::OrganizationSuspended
            | Self::SessionEnded { .. }
            | Self::SignInRequired { .. }
            | Self::CookiesBlocked { .. }
            | Self::AppUnreachable { .. }
            | Self::AppSlow { .. }
            | Self::TooBusy { .. }
            | Self::TooManyAttempts { .. }
            | Self::BadRequest
            | Self::MisdirectedRequest
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Broken { .. } => None,
        }
    }
}

impl NotLinked {
    fn sentence(self, at: &str) -> String {
        let at = provider(at);
        match self {
            Self::Taken => format!(
                "The account at {at} belongs to somebody else here, or to another account of yours. Only an administrator \
                 can move it. Nothing was changed."
            ),
            Self::AnotherThere => format!(
                "You have another account of {at} here already. Remove that one first. Nothing was changed."
            ),
            Self::TooMany => {
                "You have as many accounts here as there can be. Remove one first. Nothing was changed.".to_owned()
            }
            Self::NotAdmitted => format!(
                "Your organization lets nobody in by this account at {at}. Nothing was changed."
            ),
            Self::NotThePerson => {
                "Whoever began this is no longer signed in in this browser. Nothing was changed.".to_owned()
            }
            Self::NotAnOwner => {
                "Only an owner can complete the setup. Nothing was changed.".to_owned()
            }
        }
    }
}

impl Ended {
    pub(super) fn sentence(self, look: &Look<'_>) -> String {
        let application = name(look.application());
        match self {
            Self::Idle => format!("You had not used {application} for a while."),
            Self::Lifetime => {
                "A sign-in lasts for a limited time, and the time of yours was over.".to_owned()
            }
            Self::Withdrawn => {
                "Your session was ended from another browser or by an administrator.".to_owned()
            }
            Self::AtProvider => "Your session at your sign-in service was ended.".to_owned(),
            Self::Unknown => format!("{application} no longer knows this browser."),
        }
    }
}

impl Loop {
    const fn sentence(self) -> &'static str {
        match self {
            Self::CookieLost => {
                "The session cookie did not come back, though other cookies of ours did. Something between the \
                 browser and Doorward removes it, or the browser refuses it."
            }
            Self::SessionOver => {
                "The session cookie came back, but its session was over already. Look in the audit trail for what ended it."
            }
            Self::SignedIn => {
                "The session cookie came back and its session is alive. Something else sends the browser to \
                 sign-in again: look at the application’s redirects and at the proxies in front."
            }
            Self::OutOfSight => {
                "The session belongs to the organization’s own host, so it cannot be told from here whether its \
                 cookie comes back there. Look at that host’s requests in the browser."
            }
        }
    }
}

fn account(email: Option<&str>) -> String {
    email.map_or_else(|| "This account".to_owned(), name)
}

fn organization(look: &Look<'_>) -> String {
    look.organization.map_or_else(
        || "this organization".to_owned(),
        |organization| name(organization.name),
    )
}

fn link(label: impl Into<String>, href: impl Into<String>) -> Action {
    Action {
        label: label.into(),
        href: href.into(),
    }
}

fn another_account(look: &Look<'_>, rd: &ReturnPath) -> Action {
    link(
        "Use a different account",
        look.sign_in(rd, Ask::AnotherAccount),
    )
}

fn start_page() -> Action {
    link("Go to the start page", "/")
}
