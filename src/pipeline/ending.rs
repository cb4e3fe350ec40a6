//! How sign-ins end: counted once, recorded, and called by the same name on the page, in the metrics and in the trail.

use tracing::{info, warn};

use super::{Error, Gone, NotAdmitted, Shared};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::drafts;
use crate::identity::{AccountId, IdentityId, Shut, Unmet};
use crate::provider::{self, Check, Refusal};
use crate::store::Batch;
use crate::telemetry::metrics::{Connection, Kind, Login, Provider};

/// How a sign-in ends without a session: one for each page that somebody can meet on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// There is no such connection, or no longer.
    OrganizationUnknown,
    /// The organization is disabled.
    OrganizationSuspended,
    /// Too many begin at once.
    TooManyAttempts,
    /// No run fits the answer.
    LoginExpired,
    /// The browser does not send its cookie back.
    CookiesBlocked,
    /// The browser goes round in circles.
    RedirectLoop,
    /// The provider does not answer.
    ProviderUnreachable,
    /// What the provider says fits neither its own rules nor our configuration.
    ProviderMisconfigured,
    /// The provider said no.
    ProviderRefused,
    /// The person, or the provider for them, broke it off.
    LoginCancelled,
    /// The organization does not admit the person.
    AccountNotAllowed,
    /// An owner has not opened the way in yet, or shut it.
    OrganizationNotOpen,
    /// An identity could not be added to somebody's account.
    NotLinked,
    /// It wants an address that the provider vouches for.
    EmailUnverified,
    /// Somebody else signed in than who was asked to.
    OtherAccount,
    /// The sign-in is not as fresh or as strong as was asked for.
    SignInTooWeak,
    /// Our own fault.
    Broken,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::OrganizationUnknown,
        Self::OrganizationSuspended,
        Self::TooManyAttempts,
        Self::LoginExpired,
        Self::CookiesBlocked,
        Self::RedirectLoop,
        Self::ProviderUnreachable,
        Self::ProviderMisconfigured,
        Self::ProviderRefused,
        Self::LoginCancelled,
        Self::AccountNotAllowed,
        Self::OrganizationNotOpen,
        Self::NotLinked,
        Self::EmailUnverified,
        Self::OtherAccount,
        Self::SignInTooWeak,
        Self::Broken,
    ];

    /// Its name: the code of the page that tells of it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrganizationUnknown => "organization-unknown",
            Self::OrganizationSuspended => "organization-suspended",
            Self::TooManyAttempts => "too-many-attempts",
            Self::LoginExpired => "login-expired",
            Self::CookiesBlocked => "cookies-blocked",
            Self::RedirectLoop => "redirect-loop",
            Self::ProviderUnreachable => "provider-unreachable",
            Self::ProviderMisconfigured => "provider-misconfigured",
            Self::ProviderRefused => "provider-refused",
            Self::LoginCancelled => "login-cancelled",
            Self::AccountNotAllowed => "account-not-allowed",
            Self::OrganizationNotOpen => "organization-not-open",
            Self::NotLinked => "identity-not-linked",
            Self::EmailUnverified => "email-unverified",
            Self::OtherAccount => "other-account",
            Self::SignInTooWeak => "sign-in-too-weak",
            Self::Broken => "broken",
        }
    }

    /// Whether somebody was turned away, broke off, or something did not work.
    const fn result(self) -> &'static str {
        match self {
            Self::OrganizationSuspended
            | Self::ProviderRefused
            | Self::AccountNotAllowed
            | Self::OrganizationNotOpen
            | Self::NotLinked
            | Self::EmailUnverified
            | Self::OtherAccount
            | Self::SignInTooWeak => "denied",
            Self::LoginCancelled => "cancelled",
            Self::OrganizationUnknown
            | Self::TooManyAttempts
            | Self::LoginExpired
            | Self::CookiesBlocked
            | Self::RedirectLoop
            | Self::ProviderUnreachable
            | Self::ProviderMisconfigured
            | Self::Broken => "failed",
        }
    }

    /// What the trail calls it.
    fn event(self) -> audit::Kind {
        match (self, self.result()) {
            (Self::RedirectLoop, _) => audit::Kind::LoginLoopDetected,
            (_, "denied") => audit::Kind::LoginDenied,
            (_, "cancelled") => audit::Kind::LoginCancelled,
            (_, _) => audit::Kind::LoginFailed,
        }
    }
}

impl Error {
    /// What it means for the sign-in that it ends.
    pub const fn ending(&self) -> Ending {
        match self {
            Self::NoSuchConnection => Ending::OrganizationUnknown,
            Self::Suspended { .. } => Ending::OrganizationSuspended,
            Self::TooMany | Self::Draft(drafts::Error::TooOften) => Ending::TooManyAttempts,
            // The last two lead on, and end nothing.
            Self::Gone { .. } | Self::NeedsConsent { .. } | Self::Already { .. } => {
                Ending::LoginExpired
            }
            Self::Unbound { .. } => Ending::CookiesBlocked,
            Self::Loop { .. } => Ending::RedirectLoop,
            Self::Provider { source, .. } => of_provider(source),
            Self::NotAdmitted { why, .. } => match why {
                NotAdmitted::Rule(Unmet::EmailUnverified) => Ending::EmailUnverified,
                NotAdmitted::Shut(Shut::NotActivated | Shut::Disabled) => {
                    Ending::OrganizationNotOpen
                }
                NotAdmitted::Rule(_)
                | NotAdmitted::Removed
                | NotAdmitted::Blocked
                | NotAdmitted::Shut(Shut::OtherTenant) => Ending::AccountNotAllowed,
            },
            Self::SomebodyElse { .. } => Ending::OtherAccount,
            Self::TooWeak { .. } => Ending::SignInTooWeak,
            Self::Errand { .. } => Ending::NotLinked,
            Self::Store(_)
            | Self::Identity(_)
            | Self::Session(_)
            | Self::Draft(_)
            | Self::Stopping => Ending::Broken,
        }
    }

    /// Why, for the trail: the key of `allow` where it is one, else the ending's name.
    const fn reason(&self) -> &'static str {
        match self {
            Self::NotAdmitted {
                why: NotAdmitted::Rule(unmet),
                ..
            } => unmet.as_str(),
            Self::NotAdmitted {
                why: NotAdmitted::Shut(shut),
                ..
            } => shut.as_str(),
            Self::Errand { why, .. } => why.as_str(),
            other => other.ending().code(),
        }
    }

    /// Whether it is about a run that had ended before.
    const fn is_of_a_used_run(&self) -> bool {
        matches!(
            self,
            Self::Gone {
                why: Gone::Used,
                ..
            }
        )
    }
}

const fn of_provider(error: &provider::Error) -> Ending {
    match error {
        provider::Error::Unreachable(_) | provider::Error::Refused(Refusal::Unavailable) => {
            Ending::ProviderUnreachable
        }
        provider::Error::Rejected(Check::NoPrimaryEmail | Check::NoVerifiedEmail) => {
            Ending::EmailUnverified
        }
        // What the person did not allow, or the provider did not hand out, nobody here can mend.
        provider::Error::Rejected(Check::Scope) => Ending::ProviderRefused,
        provider::Error::Misconfigured(_)
        | provider::Error::Refused(Refusal::Registration)
        | provider::Error::Rejected(_) => Ending::ProviderMisconfigured,
        provider::Error::Refused(Refusal::AccessDenied | Refusal::InteractionRequired) => {
            Ending::LoginCancelled
        }
        provider::Error::Refused(Refusal::NotAssigned(_) | Refusal::Suspended | Refusal::Other) => {
            Ending::ProviderRefused
        }
    }
}

/// Somebody whom the provider vouches for and who has been here before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub account: AccountId,
    /// By which identity.
    pub identity: IdentityId,
}

/// One sign-in, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempted<'a> {
    /// None if no run says it.
    pub(super) organization: Option<&'a Slug>,
    pub(super) provider: &'a Slug,
    pub(super) reference: &'a str,
}

impl Shared {
    /// There is a zero before there is a first, so that an alert has something to compare with.
    pub(super) fn count_from_zero(&self) {
        for organization in self.config.organizations.values() {
            for provider in &organization.providers {
                let attempted = Attempted {
                    organization: Some(&organization.slug),
                    provider,
                    reference: "",
                };
                let metrics = &self.metrics;
                let connection = self.connection_label(attempted);
                drop(metrics.logins_started.get_or_create(&connection));
                drop(metrics.sessions_created.get_or_create(&connection));
                let success = self.login_label(attempted, "success", "");
                drop(metrics.logins_completed.get_or_create(&success));
            }
        }
        for kind in [SIGN_INS, LOGOUT_TOKENS] {
            drop(self.metrics.rate_limited.get_or_create(&kind));
        }
    }

    /// A sign-in begins.
    pub(super) fn started(&self, attempted: Attempted<'_>) {
        let labels = self.connection_label(attempted);
        self.metrics.logins_started.get_or_create(&labels).inc();
    }

    /// One more would be too many.
    pub(super) fn refused(&self, what: &Kind) {
        self.metrics.rate_limited.get_or_create(what).inc();
    }

    /// A sign-in is complete. The trail has it already, in the batch that made it so.
    pub(super) fn succeeded(&self, attempted: Attempted<'_>, began: Timestamp) {
        let labels = self.login_label(attempted, "success", "");
        self.metrics.logins_completed.get_or_create(&labels).inc();
        let provider = labels.provider;
        self.metrics
            .login_duration
            .get_or_create(&Provider { provider })
            .observe(self.clock.now().since(began).as_secs_f64());
        info!(
            reference = attempted.reference,
            organization = attempted.organization.map(Slug::as_str),
            provider = %attempted.provider,
            "signed in"
        );
    }

    /// A sign-in ended without a session, or an answer was not followed up. Only one that names somebody whom a provider
    /// vouches for is written into the trail each time: the others can be had again and again by whoever likes. An answer
    /// to a used run was counted when that run ended; one that no run of ours fits is nobody's sign-in.
    pub(super) async fn failed(&self, attempted: Attempted<'_>, error: &Error) {
        if error.is_of_a_used_run() {
            return;
        }
        let ending = error.ending();
        self.count(attempted, ending);
        let is_proven = matches!(error, Error::NotAdmitted { .. });
        let is_ours = attempted.organization.is_some();
        if is_proven || is_ours && self.bounds.write_ending(attempted.provider, ending) {
            self.record(attempted, error).await;
        }
    }

    fn count(&self, attempted: Attempted<'_>, ending: Ending) {
        let labels = self.login_label(attempted, ending.result(), ending.code());
        self.metrics.logins_completed.get_or_create(&labels).inc();
        if ending == Ending::RedirectLoop {
            self.metrics.login_loops.inc();
        }
    }

    async fn record(&self, attempted: Attempted<'_>, error: &Error) {
        let person = match error {
            Error::NotAdmitted { person, .. } => person.as_ref(),
            _ => None,
        };
        let actor = person.map_or(audit::Actor::Visitor, |person| {
            audit::Actor::Account(person.account.to_string())
        });
        let mut batch = Batch::new();
        batch.audit(audit::Event {
            organization: attempted.organization.map(Slug::to_string),
            provider: Some(attempted.provider.to_string()),
            target: person.map(|person| person.identity.as_str().to_owned()),
            reference: Some(attempted.reference.to_owned()),
            reason: Some(error.reason().to_owned()),
            ..audit::Event::new(self.clock.now(), error.ending().event(), actor)
        });
        if let Err(error) = self.store.commit(batch).await {
            warn!(
                error = &error as &dyn std::error::Error,
                reference = attempted.reference,
                "the end of a sign-in could not be recorded"
            );
        }
    }

    /// A stored run may name what the file no longer does; labels come from the file (threat model 52).
    fn connection_label(&self, attempted: Attempted<'_>) -> Connection {
        let organizations = &self.config.organizations;
        let organization = attempted
            .organization
            .filter(|slug| organizations.contains_key(*slug));
        let providers = &self.config.providers;
        let provider = Some(attempted.provider).filter(|id| providers.contains_key(*id));
        Connection {
            organization: organization.map_or_else(String::new, Slug::to_string),
            provider: provider.map_or_else(String::new, Slug::to_string),
        }
    }

    fn login_label(
        &self,
        attempted: Attempted<'_>,
        result: &'static str,
        reason: &'static str,
    ) -> Login {
        let Connection {
            organization,
            provider,
        } = self.connection_label(attempted);
        Login {
            organization,
            provider,
            result,
            reason,
        }
    }
}

/// What there can be too many of.
pub(super) const SIGN_INS: Kind = Kind { kind: "sign_in" };

/// The other.
pub(super) const LOGOUT_TOKENS: Kind = Kind { kind: "logout" };
