//! The closed list of what a visitor can be told when something does not go on.
//!
//! Fields carry only what may be shown to this visitor. What went wrong inside is in the log, under the reference.

use std::time::Duration;

use http::StatusCode;

use super::views::Destination;
use crate::address::{Astray, ReturnPath};
use crate::clock::Timestamp;
use crate::config::Refusal;

/// One problem. `rd` is where the visitor was going; `provider` the text of the provider's button; `email` the address
/// of the person themself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The run is gone: too old, used, from another browser, or its form was not sent by our page.
    LoginExpired {
        /// Where to.
        rd: ReturnPath,
    },
    /// The person or the provider broke the sign-in off.
    LoginCancelled {
        /// At which provider.
        provider: String,
        /// Where to.
        rd: ReturnPath,
    },
    /// The provider does not answer.
    ProviderUnreachable {
        /// Which one.
        provider: String,
        /// Where to.
        rd: ReturnPath,
    },
    /// The provider has not confirmed somebody who is signed in within the time that it has for that.
    IdentityUnverified {
        /// Which one.
        provider: String,
        /// When it is asked next, if that is known.
        next: Option<Timestamp>,
        /// Where to.
        rd: ReturnPath,
    },
    /// The provider said no.
    ProviderRefused {
        /// Which one.
        provider: String,
        /// Why, if it is known.
        why: NotLetIn,
        /// Where to.
        rd: ReturnPath,
    },
    /// The provider's answer fits neither its own rules nor our configuration.
    ProviderMisconfigured {
        /// Which one.
        provider: String,
        /// Our redirect URI, if the provider does not know us by what is registered there.
        registered: Option<String>,
        /// Whether its clock and ours say different times.
        clock: bool,
        /// Where to.
        rd: ReturnPath,
    },
    /// Signed in, but not let in by the organization's `allow`.
    AccountNotAllowed {
        /// As whom, if the provider told.
        email: Option<String>,
        /// What the organization says to that.
        rule: Refusal,
        /// Where to.
        rd: ReturnPath,
    },
    /// The provider, asked again, no longer vouches for the person.
    IdentityInvalid {
        /// Which provider.
        provider: String,
        /// Its short name, by which its door is found.
        via: String,
        /// When it was asked, if that is known.
        at: Option<Timestamp>,
        /// Why not.
        why: NoLonger,
        /// Where to.
        rd: ReturnPath,
    },
    /// An owner has not opened the way in yet, or shut it.
    OrganizationNotOpen {
        /// Where to.
        rd: ReturnPath,
    },
    /// An identity could not be added to the account of somebody who is signed in.
    NotLinked {
        /// At which provider.
        provider: String,
        /// Why.
        why: NotLinked,
        /// Where they came from.
        back: ReturnPath,
    },
    /// A link to a provider that is being set up leads nowhere.
    SetupLink(LinkOver),
    /// Pages for owners, and they are none.
    OwnersOnly,
    /// No such organization.
    OrganizationUnknown,
    /// The organization is disabled.
    OrganizationSuspended,
    /// The provider does not vouch for the e-mail address.
    EmailUnverified {
        /// Which address.
        email: Option<String>,
        /// Which provider.
        provider: String,
        /// What is missing of it.
        why: Unverified,
        /// Where the person sees to that.
        home: Option<Destination>,
        /// Where to.
        rd: ReturnPath,
    },
    /// There was a session.
    SessionEnded {
        /// Why it is over.
        why: Ended,
        /// Where to.
        rd: ReturnPath,
    },
    /// There never was a session, and this is no page load that could be sent to sign-in.
    SignInRequired {
        /// Where to.
        rd: ReturnPath,
    },
    /// The sign-in is there, but not as fresh or as strong as this route wants, and this is no page load that could be sent to
    /// the provider.
    StepUpRequired {
        /// Where to prove more.
        door: Destination,
    },
    /// Either of the three before, and what was sent is kept until the person has signed in.
    FormKept {
        /// Where to sign in.
        door: Destination,
    },
    /// The provider was asked for a fresher or stronger sign-in and answered with another one.
    SignInTooWeak {
        /// Which provider.
        provider: String,
        /// Where to try once more.
        door: Destination,
    },
    /// Somebody else answered than the person who was to prove who they are.
    OtherAccount {
        /// As whom, if the provider told.
        email: Option<String>,
        /// Where to.
        rd: ReturnPath,
        /// Where the provider asks once more: without that it says the same again.
        door: Destination,
    },
    /// Sign-ins of one browser follow each other without effect.
    RedirectLoop {
        /// What was measured.
        cause: Loop,
        /// Where to.
        rd: ReturnPath,
    },
    /// The browser came back without the cookie it was given a moment ago.
    CookiesBlocked {
        /// Whether it was begun where the browser shows another address.
        astray: Astray,
        /// Where to.
        rd: ReturnPath,
    },
    /// No connection to the application.
    AppUnreachable {
        /// Where to.
        rd: ReturnPath,
    },
    /// The application did not begin to answer in time.
    AppSlow {
        /// Where to.
        rd: ReturnPath,
    },
    /// More requests than the application may have at the same time.
    TooBusy {
        /// When it may be tried again.
        retry_after: Duration,
        /// Where to.
        rd: ReturnPath,
    },
    /// Too many of something.
    TooManyAttempts {
        /// When it may be tried again.
        retry_after: Duration,
        /// Where to.
        rd: ReturnPath,
    },
    /// A request that has no one meaning.
    BadRequest,
    /// A host that is not ours.
    MisdirectedRequest,
    /// Nothing there.
    NotFound,
    /// Signed in and let in, but this route's `require` says no.
    NotAllowedHere {
        /// As whom.
        email: Option<String>,
        /// What the route says to that.
        rule: Refusal,
        /// Where to.
        rd: ReturnPath,
    },
    /// Something there, but not for this method.
    MethodNotAllowed,
    /// Our own fault.
    Broken {
        /// Where to.
        rd: ReturnPath,
    },
}

/// Why a link to a provider that is being set up leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOver {
    /// It is too old, was withdrawn, or never was.
    Gone,
    /// Another browser has it.
    Elsewhere,
    /// This browser has as many as it may.
    Crowded,
}

/// Why a provider did not let somebody in, as far as it is known for certain or documented word by word. Whatever else it
/// says can have been written into the callback's address by anybody, and stays in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotLetIn {
    /// It did not say, or not in words that we know.
    #[default]
    Unsaid,
    /// Nobody gave them the application there: with the provider's code for that.
    NotAssigned(&'static str),
    /// The account is suspended.
    Suspended,
    /// Something that was asked for was not allowed.
    Ungranted,
}

/// Why a provider that was asked again no longer vouches for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoLonger {
    /// Nobody wrote it down.
    #[default]
    Unsaid,
    /// What they gave for asking does not count any more.
    Withdrawn,
    /// The account is suspended, or not active.
    Inactive,
    /// It gave nothing to ask with.
    NoToken,
    /// It answered about somebody else.
    SomebodyElse,
    /// The account is of another customer of the provider now.
    OtherTenant,
    /// It does not vouch for the address.
    Email,
    /// What it says of them is not what the rules want.
    Rules,
    /// They are no member any more.
    NoMember,
}

impl NoLonger {
    /// From one of our words for it.
    pub fn of(word: Option<&str>) -> Self {
        match word.unwrap_or_default() {
            "invalid_grant" | "token_refused" => Self::Withdrawn,
            "inactive" | "suspended" => Self::Inactive,
            "no_token" => Self::NoToken,
            "subject_changed" => Self::SomebodyElse,
            "other_tenant" => Self::OtherTenant,
            "email_unverified" => Self::Email,
            "emails" | "email_domains" | "hosted_domains" | "groups_any" | "groups_all"
            | "subjects" | "tenants" | "teams" | "claims" => Self::Rules,
            "membership_removed" => Self::NoMember,
            _ => Self::Unsaid,
        }
    }
}

/// What is missing of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unverified {
    /// The provider does not vouch for it.
    #[default]
    NotVouchedFor,
    /// The provider knows no address that is the primary one.
    NoneIsPrimary,
}

/// Why an identity could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLinked {
    /// It belongs to somebody else here.
    Taken,
    /// They have another one at that provider.
    AnotherThere,
    /// They have as many as they may.
    TooMany,
    /// The organization admits nobody by it.
    NotAdmitted,
    /// Whoever began is no longer signed in here.
    NotThePerson,
    /// Whoever began is no owner any more.
    NotAnOwner,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Not used for too long.
    Idle,
    /// Its longest time is over.
    Lifetime,
    /// Ended by the person from another browser, or by an administrator.
    Withdrawn,
    /// The provider said so.
    AtProvider,
    /// The session is gone and nothing says why.
    Unknown,
}

/// What was found when sign-ins went round in circles: whether the session that the last of them made came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Its cookie did not come back, though others of ours did.
    CookieLost,
    /// The cookie came back, and the session is over by now.
    SessionOver,
    /// The session is there and counts.
    SignedIn,
    /// It belongs to an organization's own host, of which the shared one sees nothing.
    OutOfSight,
}

impl Problem {
    /// The status of its answer.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::LoginCancelled { .. } => StatusCode::OK,
            Self::LoginExpired { .. } | Self::CookiesBlocked { .. } | Self::BadRequest => {
                StatusCode::BAD_REQUEST
            }
            Self::SessionEnded { .. }
            | Self::SignInRequired { .. }
            | Self::StepUpRequired { .. }
            | Self::FormKept { .. } => StatusCode::UNAUTHORIZED,
            Self::ProviderRefused { .. }
            | Self::IdentityInvalid { .. }
            | Self::AccountNotAllowed { .. }
            | Self::OrganizationSuspended
            | Self::OrganizationNotOpen { .. }
            | Self::OwnersOnly
            | Self::SetupLink(LinkOver::Elsewhere)
            | Self::EmailUnverified { .. }
            | Self::SignInTooWeak { .. }
            | Self::OtherAccount { .. }
            | Self::NotAllowedHere { .. } => StatusCode::FORBIDDEN,
            Self::NotLinked { .. } | Self::SetupLink(LinkOver::Crowded) => StatusCode::CONFLICT,
            Self::SetupLink(LinkOver::Gone) => StatusCode::GONE,
            Self::OrganizationUnknown | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::MisdirectedRequest => StatusCode::MISDIRECTED_REQUEST,
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::ProviderMisconfigured { .. } | Self::Broken { .. } => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::ProviderUnreachable { .. } | Self::AppUnreachable { .. } => {
                StatusCode::BAD_GATEWAY
            }
            Self::IdentityUnverified { .. } | Self::TooBusy { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::AppSlow { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::RedirectLoop { .. } => StatusCode::LOOP_DETECTED,
        }
    }

    /// Its name in JSON, in `Sso-Generated`, in logs and in metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LoginExpired { .. } => "login-expired",
            Self::LoginCancelled { .. } => "login-cancelled",
            Self::ProviderUnreachable { .. } => "provider-unreachable",
            Self::IdentityUnverified { .. } => "identity-unverified",
            Self::IdentityInvalid { .. } => "identity-invalid",
            Self::ProviderRefused { .. } => "provider-refused",
            Self::ProviderMisconfigured { .. } => "provider-misconfigured",
            Self::AccountNotAllowed { .. } => "account-not-allowed",
            Self::OrganizationNotOpen { .. } => "organization-not-open",
            Self::NotLinked { .. } => "identity-not-linked",
            Self::OwnersOnly => "owners-only",
            Self::SetupLink(LinkOver::Gone) => "setup-link-gone",
            Self::SetupLink(LinkOver::Elsewhere) => "setup-link-elsewhere",
            Self::SetupLink(LinkOver::Crowded) => "setup-link-crowded",
            Self::OrganizationUnknown => "organization-unknown",
            Self::OrganizationSuspended => "organization-suspended",
            Self::EmailUnverified { .. } => "email-unverified",
            Self::SessionEnded { .. } => "session-ended",
            Self::SignInRequired { .. } => "sign-in-required",
            Self::StepUpRequired { .. } => "step-up-required",
            Self::FormKept { .. } => "form-kept",
            Self::SignInTooWeak { .. } => "sign-in-too-weak",
            Self::OtherAccount { .. } => "other-account",
            Self::RedirectLoop { .. } => "redirect-loop",
            Self::CookiesBlocked { .. } => "cookies-blocked",
            Self::AppUnreachable { .. } => "app-unreachable",
            Self::AppSlow { .. } => "app-slow",
            Self::TooBusy { .. } => "too-busy",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::BadRequest => "bad-request",
            Self::MisdirectedRequest => "misdirected-request",
            Self::NotFound => "not-found",
            Self::NotAllowedHere { .. } => "not-allowed-here",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Broken { .. } => "broken",
        }
    }

    /// What the organization's people can be asked for, as the name of a message.
    pub(super) const fn asks_for(&self) -> Option<&'static str> {
        match self {
            Self::ProviderRefused { .. }
            | Self::IdentityInvalid { .. }
            | Self::AccountNotAllowed { .. }
            | Self::NotAllowedHere { .. } => Some("action-ask-for-access"),
            Self::ProviderMisconfigured { .. }
            | Self::OrganizationSuspended
            | Self::OrganizationNotOpen { .. }
            | Self::NotLinked { .. }
            | Self::SignInTooWeak { .. } => Some("frame-support"),
            Self::OwnersOnly
            | Self::SetupLink(_)
            | Self::StepUpRequired { .. }
            | Self::FormKept { .. }
            | Self::OtherAccount { .. }
            | Self::LoginExpired { .. }
            | Self::LoginCancelled { .. }
            | Self::ProviderUnreachable { .. }
            | Self::IdentityUnverified { .. }
            | Self::OrganizationUnknown
            | Self::EmailUnverified { .. }
            | Self::SessionEnded { .. }
            | Self::SignInRequired { .. }
            | Self::RedirectLoop { .. }
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

    /// Whether trying again changes nothing, and whoever helps is the way on: first, if the organization names somebody.
    pub(super) const fn is_for_support(&self) -> bool {
        matches!(
            self,
            Self::ProviderRefused { .. }
                | Self::ProviderMisconfigured { .. }
                | Self::OrganizationSuspended
                | Self::OrganizationNotOpen { .. }
        )
    }

    /// What `Retry-After` says.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        if let Self::TooManyAttempts { retry_after, .. } | Self::TooBusy { retry_after, .. } = self
        {
            Some(*retry_after)
        } else {
            None
        }
    }
}
