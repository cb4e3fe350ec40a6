//! The words for each problem: what happened, whether something was lost, and the one thing to do.
//!
//! The rules of the text: no blame, no jargon, no alarm; the heading is the fact, the sentence its meaning for the reader.

use std::time::Duration;

use serde::Serialize;

use super::problem::{Ended, LinkOver, Loop, NoLonger, NotLetIn, NotLinked, Problem, Unverified};
use super::words::{self, Said, provider};
use super::{Ask, Destination, Look, Place};
use crate::address::{Astray, ReturnPath};
use crate::config::Refusal;

/// A problem in words. Texts are phrases (see `words`).
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) heading: String,
    sentence: String,
    /// The operator's own words: why, and what can be done.
    explain: Option<String>,
    remedy: Option<String>,
    /// How long to wait, beyond the sentence.
    wait: Option<String>,
    /// Further paragraphs.
    more: Vec<String>,
    /// What to do, or what was lost, beyond the sentence.
    advice: Option<String>,
    /// For whoever runs the site.
    owner: Option<String>,
    /// The provider's own code, from a list of ours.
    code: Option<&'static str>,
    /// What has to be registered at the provider, to the letter.
    registered: Option<String>,
    /// How far the request came.
    stages: bool,
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

impl Told {
    /// Heading and sentence as one text for programs.
    pub(super) fn message(&self) -> String {
        let wait = self.wait.iter().map(|wait| format!(" {wait}"));
        let wait: String = wait.collect();
        words::plain(&format!("{}. {}{wait}", self.heading, self.sentence))
    }
}

impl Problem {
    /// The words for this visitor.
    pub(super) fn told(&self, look: &Look<'_>) -> Told {
        let say = |id: &str| look.language.say(id, &[]);
        let rule = if let Self::AccountNotAllowed { rule, .. } | Self::NotAllowedHere { rule, .. } =
            self
        {
            rule.clone()
        } else {
            Refusal::default()
        };
        Told {
            explain: rule.explain,
            remedy: rule.remedy,
            heading: self.heading(look),
            sentence: self.sentence(look),
            wait: self.retry_after().map(|wait| waiting(look, wait)),
            more: self.more(look),
            advice: self.advice().map(say),
            owner: self.owner().map(say),
            code: self.detail(),
            registered: self.registered().map(str::to_owned),
            stages: self.has_stages(),
            action: self.action(look),
            also: self.also(look),
        }
    }

    fn registered(&self) -> Option<&str> {
        if let Self::ProviderMisconfigured { registered, .. } = self {
            registered.as_deref()
        } else {
            None
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a list: one heading for each problem"
    )]
    fn heading(&self, look: &Look<'_>) -> String {
        let say = |id: &str, values: &[(&str, Said<'_>)]| look.language.say(id, values);
        let plain = |id: &str| say(id, &[]);
        let of_application = |id: &str| say(id, &[application(look)]);
        let of_provider = |id: &str, at: &str| say(id, &[at_provider(at)]);
        match self {
            Self::LoginExpired { .. } => plain("login-expired-heading"),
            Self::LoginCancelled { .. } => plain("login-cancelled-heading"),
            Self::ProviderUnreachable { provider, .. } => {
                of_provider("provider-unreachable-heading", provider)
            }
            Self::IdentityUnverified { provider, .. } => {
                of_provider("identity-unverified-heading", provider)
            }
            Self::IdentityInvalid { provider, why, .. } => of_provider(why.heading(), provider),
            Self::ProviderRefused { provider, .. } => {
                of_provider("provider-refused-heading", provider)
            }
            Self::ProviderMisconfigured { provider, .. } => {
                of_provider("provider-misconfigured-heading", provider)
            }
            Self::AccountNotAllowed { email, .. } => match email {
                Some(email) => say(
                    "account-not-allowed-heading",
                    &[("email", Said::Name(email)), application(look)],
                ),
                None => of_application("account-not-allowed-heading-this"),
            },
            Self::OrganizationUnknown => plain("organization-unknown-heading"),
            Self::OrganizationSuspended => match look.organization {
                Some(organization) => say(
                    "organization-suspended-heading",
                    &[("organization", Said::Name(organization.name))],
                ),
                None => plain("organization-suspended-heading-this"),
            },
            Self::EmailUnverified { provider, why, .. } => {
                let heading = match why {
                    Unverified::NotVouchedFor => "email-unverified-heading",
                    Unverified::NoneIsPrimary => "email-missing-heading",
                };
                of_provider(heading, provider)
            }
            Self::SessionEnded { .. } => plain("session-ended-heading"),
            Self::SignInRequired { .. } => plain("sign-in-required-heading"),
            Self::StepUpRequired { .. } => plain("step-up-required-heading"),
            Self::FormKept { .. } => plain("form-kept-heading"),
            Self::SignInTooWeak { provider, .. } => {
                of_provider("sign-in-too-weak-heading", provider)
            }
            Self::OtherAccount { .. } => plain("other-account-heading"),
            Self::OrganizationNotOpen { .. } => match look.organization {
                Some(organization) => say(
                    "organization-not-open-heading",
                    &[("organization", Said::Name(organization.name))],
                ),
                None => plain("organization-not-open-heading-this"),
            },
            Self::NotLinked { .. } => plain("identity-not-linked-heading"),
            Self::OwnersOnly => plain("owners-only-heading"),
            Self::SetupLink(LinkOver::Gone) => plain("setup-link-gone-heading"),
            Self::SetupLink(LinkOver::Elsewhere) => plain("setup-link-elsewhere-heading"),
            Self::SetupLink(LinkOver::Crowded) => plain("setup-link-crowded-heading"),
            Self::RedirectLoop { .. } => plain("redirect-loop-heading"),
            Self::CookiesBlocked { .. } => plain("cookies-blocked-heading"),
            Self::AppUnreachable { .. } => of_application("app-unreachable-heading"),
            Self::AppSlow { .. } => of_application("app-slow-heading"),
            Self::TooBusy { .. } => of_application("too-busy-heading"),
            Self::TooManyAttempts { .. } => plain("too-many-attempts-heading"),
            Self::BadRequest => plain("bad-request-heading"),
            Self::MisdirectedRequest => plain("misdirected-request-heading"),
            Self::NotFound => plain("not-found-heading"),
            Self::NotAllowedHere { .. } => plain("not-allowed-here-heading"),
            Self::MethodNotAllowed => plain("method-not-allowed-heading"),
            Self::Broken { .. } => plain("broken-heading"),
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a list: one sentence for each problem"
    )]
    fn sentence(&self, look: &Look<'_>) -> String {
        let say = |id: &str, values: &[(&str, Said<'_>)]| look.language.say(id, values);
        let plain = |id: &str| say(id, &[]);
        let of_application = |id: &str| say(id, &[application(look)]);
        match self {
            Self::LoginExpired { .. } => plain("login-expired-sentence"),
            Self::LoginCancelled { provider, .. } => {
                say("login-cancelled-sentence", &[at_provider(provider)])
            }
            Self::ProviderUnreachable { .. } => plain("provider-unreachable-sentence"),
            Self::IdentityUnverified { next, .. } => match next {
                Some(next) => say(
                    "identity-unverified-sentence-next",
                    &[("moment", Said::Moment(next.as_millis()))],
                ),
                None => plain("identity-unverified-sentence-soon"),
            },
            Self::IdentityInvalid { at, .. } => match at {
                Some(at) => say(
                    "identity-invalid-sentence-at",
                    &[("moment", Said::Moment(at.as_millis()))],
                ),
                None => plain("identity-invalid-sentence"),
            },
            Self::ProviderRefused { why, .. } => of_application(why.sentence()),
            Self::ProviderMisconfigured { .. } => plain("provider-misconfigured-sentence"),
            Self::AccountNotAllowed { .. } => match look.organization {
                Some(organization) => say(
                    "account-not-allowed-sentence",
                    &[("organization", Said::Name(organization.name))],
                ),
                None => plain("account-not-allowed-sentence-this"),
            },
            Self::OrganizationUnknown => plain("organization-unknown-sentence"),
            Self::OrganizationSuspended => plain("organization-suspended-sentence"),
            Self::EmailUnverified {
                email,
                provider,
                why,
                ..
            } => match why {
                Unverified::NotVouchedFor => unverified(look, email.as_deref(), provider),
                Unverified::NoneIsPrimary => say(
                    "email-missing-sentence",
                    &[application(look), at_provider(provider)],
                ),
            },
            Self::SessionEnded { why, .. } => of_application(why.sentence()),
            Self::SignInRequired { .. } => of_application("sign-in-required-sentence"),
            Self::StepUpRequired { .. } => of_application("step-up-required-sentence"),
            Self::FormKept { .. } => of_application("form-kept-sentence"),
            Self::SignInTooWeak { .. } => of_application("sign-in-too-weak-sentence"),
            Self::OtherAccount { email, .. } => match email {
                Some(email) => say("other-account-sentence", &[("email", Said::Name(email))]),
                None => plain("other-account-sentence-this"),
            },
            Self::OrganizationNotOpen { .. } => plain("organization-not-open-sentence"),
            Self::NotLinked { provider, why, .. } => why.sentence(look, provider),
            Self::SetupLink(LinkOver::Gone) => plain("setup-link-gone-sentence"),
            Self::SetupLink(LinkOver::Elsewhere) => plain("setup-link-elsewhere-sentence"),
            Self::SetupLink(LinkOver::Crowded) => plain("setup-link-crowded-sentence"),
            Self::OwnersOnly => match look.organization {
                Some(organization) => say(
                    "owners-only-sentence",
                    &[("organization", Said::Name(organization.name))],
                ),
                None => plain("owners-only-sentence-this"),
            },
            Self::RedirectLoop { .. } => of_application("redirect-loop-sentence"),
            Self::CookiesBlocked { .. } => of_application("cookies-blocked-sentence"),
            Self::AppUnreachable { .. } => plain("app-unreachable-sentence"),
            Self::AppSlow { .. } => plain("app-slow-sentence"),
            Self::TooBusy { .. } => plain("too-busy-sentence"),
            Self::TooManyAttempts { .. } => plain("too-many-attempts-sentence"),
            Self::BadRequest => plain("bad-request-sentence"),
            Self::MisdirectedRequest => plain("misdirected-request-sentence"),
            Self::NotFound => plain("not-found-sentence"),
            Self::NotAllowedHere { email, .. } => match email {
                Some(email) => say(
                    "not-allowed-here-sentence",
                    &[("email", Said::Name(email)), application(look)],
                ),
                None => of_application("not-allowed-here-sentence-this"),
            },
            Self::MethodNotAllowed => plain("method-not-allowed-sentence"),
            Self::Broken { .. } => plain("broken-sentence"),
        }
    }

    /// Why, and what else can be done about it.
    fn more(&self, look: &Look<'_>) -> Vec<String> {
        let Self::IdentityInvalid { provider, why, .. } = self else {
            return Vec::new();
        };
        let why = why.sentence().into_iter();
        why.chain(["identity-invalid-check"])
            .map(|id| look.language.say(id, &[at_provider(provider)]))
            .collect()
    }

    /// What to do, as the name of a message.
    const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::AppUnreachable { .. } | Self::AppSlow { .. } | Self::Broken { .. } => {
                Some("advice-check-saved")
            }
            Self::TooBusy { .. } => Some("advice-send-again"),
            Self::SessionEnded { .. } | Self::SignInRequired { .. } => Some("advice-copy-first"),
            Self::StepUpRequired { .. } => Some("advice-copy-then-confirm"),
            Self::FormKept { .. } => Some("advice-same-account"),
            Self::SignInTooWeak { .. } => Some("advice-use-all"),
            Self::AccountNotAllowed { .. }
            | Self::NotAllowedHere { .. }
            | Self::IdentityInvalid { .. }
            | Self::ProviderRefused { .. } => Some("advice-ask-access"),
            Self::LoginExpired { .. }
            | Self::LoginCancelled { .. }
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::ProviderMisconfigured { .. }
            | Self::OrganizationUnknown
            | Self::OrganizationSuspended
            | Self::EmailUnverified { .. }
            | Self::OtherAccount { .. }
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::OwnersOnly
            | Self::SetupLink(_)
            | Self::RedirectLoop { .. }
            | Self::CookiesBlocked { .. }
            | Self::TooManyAttempts { .. }
            | Self::BadRequest
            | Self::MisdirectedRequest
            | Self::NotFound
            | Self::MethodNotAllowed => None,
        }
    }

    /// A message for whoever runs the site.
    const fn owner(&self) -> Option<&'static str> {
        match self {
            Self::RedirectLoop { cause, .. } => Some(cause.sentence()),
            Self::CookiesBlocked { astray, .. } => Some(match astray {
                Astray::No => "cookies-blocked-owner",
                Astray::Scheme => "cookies-blocked-scheme",
                Astray::Host => "cookies-blocked-host",
            }),
            Self::ProviderMisconfigured { clock: true, .. } => Some("provider-misconfigured-clock"),
            Self::SignInTooWeak { .. } => Some("sign-in-too-weak-owner"),
            Self::LoginExpired { .. }
            | Self::LoginCancelled { .. }
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::IdentityInvalid { .. }
            | Self::ProviderRefused { .. }
            | Self::ProviderMisconfigured { .. }
            | Self::AccountNotAllowed { .. }
            | Self::OrganizationUnknown
            | Self::OrganizationSuspended
            | Self::EmailUnverified { .. }
            | Self::SessionEnded { .. }
            | Self::SignInRequired { .. }
            | Self::StepUpRequired { .. }
            | Self::FormKept { .. }
            | Self::OtherAccount { .. }
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::OwnersOnly
            | Self::SetupLink(_)
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

    /// What the provider calls it.
    const fn detail(&self) -> Option<&'static str> {
        match self {
            Self::ProviderRefused {
                why: NotLetIn::NotAssigned(code),
                ..
            } => Some(code),
            _ => None,
        }
    }

    const fn has_stages(&self) -> bool {
        matches!(self, Self::AppUnreachable { .. } | Self::AppSlow { .. })
    }

    #[expect(clippy::too_many_lines, reason = "a list: one way on for each problem")]
    fn action(&self, look: &Look<'_>) -> Action {
        match self {
            Self::LoginExpired { rd } | Self::SessionEnded { rd, .. } => {
                link(look, "action-sign-in-again", look.sign_in(rd, Ask::Usual))
            }
            Self::EmailUnverified {
                provider, home, rd, ..
            } => open_provider(look, provider, home.as_ref(), rd),
            Self::SignInRequired { rd } => {
                link(look, "action-sign-in", look.sign_in(rd, Ask::Usual))
            }
            Self::LoginCancelled { rd, .. }
            | Self::ProviderUnreachable { rd, .. }
            | Self::IdentityUnverified { rd, .. }
            | Self::CookiesBlocked { rd, .. } => {
                link(look, "action-try-again", look.sign_in(rd, Ask::Usual))
            }
            // Its door has the other ways in.
            Self::ProviderMisconfigured { rd, .. }
            | Self::OrganizationNotOpen { rd }
            | Self::ProviderRefused { rd, .. }
            | Self::IdentityInvalid { rd, .. }
            | Self::AccountNotAllowed { rd, .. }
            | Self::OtherAccount { rd, .. }
            | Self::NotAllowedHere { rd, .. } => another_account(look, rd),
            Self::StepUpRequired { door } => link(look, "action-confirm", door.to_string()),
            Self::FormKept { door } => link(look, "action-sign-in", door.to_string()),
            Self::SignInTooWeak { door, .. } => link(look, "action-try-again", door.to_string()),
            Self::NotLinked { back, .. } => link(look, "action-go-back", back.as_str()),
            Self::OwnersOnly => link(
                look,
                "action-your-account",
                format!("{}/account", look.prefix),
            ),
            Self::OrganizationUnknown => {
                link(look, "action-enter-email", format!("{}/login", look.prefix))
            }
            Self::OrganizationSuspended => match look.place {
                Place::Shared => link(
                    look,
                    "action-another-organization",
                    format!("{}/login", look.prefix),
                ),
                Place::Own => link(
                    look,
                    "action-start-afresh",
                    format!("{}/logout", look.prefix),
                ),
            },
            Self::RedirectLoop { .. } => link(
                look,
                "action-start-afresh",
                format!("{}/logout", look.prefix),
            ),
            Self::AppUnreachable { rd }
            | Self::AppSlow { rd }
            | Self::TooBusy { rd, .. }
            | Self::TooManyAttempts { rd, .. }
            | Self::Broken { rd } => link(look, "action-try-again", rd.as_str()),
            Self::MisdirectedRequest => Action {
                label: look.language.say("action-go-to", &[application(look)]),
                href: look.site.join("/"),
            },
            Self::SetupLink(_) | Self::BadRequest | Self::NotFound | Self::MethodNotAllowed => {
                start_page(look)
            }
        }
    }

    fn also(&self, look: &Look<'_>) -> Option<Action> {
        match self {
            Self::LoginCancelled { rd, .. } | Self::EmailUnverified { rd, .. } => {
                Some(another_account(look, rd))
            }
            Self::ProviderMisconfigured { rd, .. } => {
                Some(link(look, "action-try-again", look.sign_in(rd, Ask::Usual)))
            }
            Self::OrganizationNotOpen { .. } if look.place == Place::Shared => Some(link(
                look,
                "action-another-organization",
                format!("{}/login", look.prefix),
            )),
            Self::NotAllowedHere { .. } | Self::SignInTooWeak { .. } => Some(start_page(look)),
            Self::OtherAccount { door, .. } => {
                Some(link(look, "action-try-again", door.to_string()))
            }
            // Nothing leads out of a no but a sign-in: the provider is asked, and the person is there to answer it.
            Self::IdentityInvalid {
                provider, via, rd, ..
            } => Some(Action {
                label: look
                    .language
                    .say("action-check-again", &[at_provider(provider)]),
                href: look.sign_in(rd, Ask::At(via)),
            }),
            Self::RedirectLoop { rd, .. } => Some(link(
                look,
                "action-sign-in-once-more",
                look.sign_in(rd, Ask::Usual),
            )),
            Self::LoginExpired { .. }
            | Self::StepUpRequired { .. }
            | Self::FormKept { .. }
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::OwnersOnly
            | Self::SetupLink(_)
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::ProviderRefused { .. }
            | Self::AccountNotAllowed { .. }
            | Self::OrganizationUnknown
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

impl NotLetIn {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Unsaid => "provider-refused-sentence",
            Self::NotAssigned(_) => "provider-refused-not-assigned",
            Self::Suspended => "provider-refused-suspended",
            Self::Ungranted => "provider-refused-ungranted",
        }
    }
}

impl NoLonger {
    /// The fact, as the name of a message: whether it is the account that ended, or what it gave access to.
    const fn heading(self) -> &'static str {
        match self {
            Self::Unsaid | Self::Withdrawn | Self::Inactive => "identity-invalid-heading",
            Self::NoToken
            | Self::SomebodyElse
            | Self::OtherTenant
            | Self::Email
            | Self::Rules
            | Self::NoMember => "identity-invalid-heading-access",
        }
    }

    const fn sentence(self) -> Option<&'static str> {
        Some(match self {
            Self::Unsaid => return None,
            Self::Withdrawn => "no-longer-withdrawn",
            Self::Inactive => "no-longer-inactive",
            Self::NoToken => "no-longer-no-token",
            Self::SomebodyElse => "no-longer-somebody-else",
            Self::OtherTenant => "no-longer-other-tenant",
            Self::Email => "no-longer-email",
            Self::Rules => "no-longer-rules",
            Self::NoMember => "no-longer-member",
        })
    }
}

impl NotLinked {
    fn sentence(self, look: &Look<'_>, provider: &str) -> String {
        let of_provider = |id: &str| look.language.say(id, &[at_provider(provider)]);
        let plain = |id: &str| look.language.say(id, &[]);
        match self {
            Self::Taken => of_provider("identity-not-linked-taken"),
            Self::AnotherThere => of_provider("identity-not-linked-another-there"),
            Self::TooMany => plain("identity-not-linked-too-many"),
            Self::NotAdmitted => of_provider("identity-not-linked-not-admitted"),
            Self::NotThePerson => plain("identity-not-linked-not-the-person"),
            Self::NotAnOwner => plain("identity-not-linked-not-an-owner"),
        }
    }
}

impl Ended {
    /// Why, as the name of a message.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Idle => "session-ended-idle",
            Self::Lifetime => "session-ended-lifetime",
            Self::Withdrawn => "session-ended-withdrawn",
            Self::AtProvider => "session-ended-at-provider",
            Self::Unknown => "session-ended-unknown",
        }
    }
}

impl Loop {
    const fn sentence(self) -> &'static str {
        match self {
            Self::CookieLost => "redirect-loop-cookie-lost",
            Self::SessionOver => "redirect-loop-session-over",
            Self::SignedIn => "redirect-loop-signed-in",
            Self::OutOfSight => "redirect-loop-out-of-sight",
        }
    }
}

fn application<'a>(look: &'a Look<'_>) -> (&'static str, Said<'a>) {
    ("application", Said::Name(look.application()))
}

fn at_provider(button: &str) -> (&'static str, Said<'_>) {
    ("provider", Said::Name(provider(button)))
}

fn unverified(look: &Look<'_>, email: Option<&str>, provider: &str) -> String {
    let known = [application(look), at_provider(provider)];
    match email {
        Some(email) => {
            let [application, provider] = known;
            look.language.say(
                "email-unverified-sentence",
                &[application, provider, ("email", Said::Name(email))],
            )
        }
        None => look.language.say("email-unverified-sentence-yours", &known),
    }
}

/// A time to wait, rounded up to a unit that people use.
fn waiting(look: &Look<'_>, wait: Duration) -> String {
    let seconds = wait
        .as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1);
    let (id, count) = match seconds {
        ..=90 => ("wait-seconds", seconds),
        91..=5400 => ("wait-minutes", seconds.div_ceil(60)),
        _ => ("wait-hours", seconds.div_ceil(3600)),
    };
    look.language.say(id, &[("count", Said::Count(count))])
}

fn link(look: &Look<'_>, label: &str, href: impl Into<String>) -> Action {
    Action {
        label: look.language.say(label, &[]),
        href: href.into(),
    }
}

fn another_account(look: &Look<'_>, rd: &ReturnPath) -> Action {
    link(
        look,
        "action-another-account",
        look.sign_in(rd, Ask::AnotherAccount),
    )
}

/// The person's account at the provider, if it is known where that is.
fn open_provider(
    look: &Look<'_>,
    provider: &str,
    home: Option<&Destination>,
    rd: &ReturnPath,
) -> Action {
    let Some(home) = home else {
        return link(look, "action-sign-in-again", look.sign_in(rd, Ask::Usual));
    };
    Action {
        label: look
            .language
            .say("action-open-provider", &[at_provider(provider)]),
        href: home.to_string(),
    }
}

fn start_page(look: &Look<'_>) -> Action {
    link(look, "action-start-page", "/")
}
