//! What a provider's API says of a person, and what it means that it says nothing.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::provider::again::{because, trouble, unreadable};
use crate::provider::directory::unreachable;
use crate::provider::http::CallError;
use crate::provider::slack::About;
use crate::provider::{
    Cause, Check, Error, Fault, Outcome, Refusal, Revocation, Subject, Tenant, Trouble,
};

/// A person, as far as the provider says.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) subject: Subject,
    pub(super) email: Option<String>,
    pub(super) email_verified: bool,
    /// Whether the provider has a list of addresses, and what is missing in it.
    pub(super) address: Address,
    pub(super) name: Option<String>,
    pub(super) preferred_username: Option<String>,
    pub(super) groups: Option<Vec<String>>,
    pub(super) tenants: Vec<Tenant>,
    pub(super) claims: Map<String, Value>,
}

/// How a person's e-mail address stands with the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// As it is said, if it is.
    AsSaid,
    /// No address is the primary one.
    NoPrimary,
    /// The primary one is not verified.
    Unverified,
}

impl Person {
    /// Refuses somebody whose provider verifies addresses and has not verified theirs.
    ///
    /// # Errors
    /// [`Check::NoPrimaryEmail`] and [`Check::NoVerifiedEmail`].
    pub(super) fn with_sound_address(self) -> Result<Self, Unheard> {
        match self.address {
            Address::AsSaid => Ok(self),
            Address::NoPrimary => Err(Unheard::Failed(Check::NoPrimaryEmail)),
            Address::Unverified => Err(Unheard::Failed(Check::NoVerifiedEmail)),
        }
    }
}

/// Why nothing is known of a person.
#[derive(Debug)]
pub(super) enum Unheard {
    /// No usable answer came.
    Call(CallError),
    /// The provider wants to be asked less often.
    Limited(Option<Duration>),
    /// 401: the token is good no more.
    Refused,
    /// The account is suspended, and the provider says so otherwise than by a text.
    Suspended,
    /// The provider knows our registration no more, or has suspended it.
    Registration,
    /// Slack says why not.
    Slack(About),
    /// Another status.
    Status,
    /// Something else than it should be.
    Unreadable,
    /// The answer did not pass a check.
    Failed(Check),
}

impl Unheard {
    /// What it means for a sign-in.
    pub(super) fn at_sign_in(self) -> Error {
        match self {
            Self::Call(error) => unreachable(error),
            Self::Limited(retry_after) => Error::Unreachable(CallError::Status {
                code: 429,
                retry_after,
            }),
            Self::Registration | Self::Slack(About::Registration) => {
                Error::Misconfigured("the provider does not accept our registration".to_owned())
            }
            Self::Suspended | Self::Slack(About::Person) => Error::Refused(Refusal::Suspended),
            Self::Slack(About::Rate) => Error::Refused(Refusal::Unavailable),
            Self::Refused
            | Self::Slack(About::Grant | About::Else)
            | Self::Status
            | Self::Unreadable => Error::Rejected(Check::UserInfo),
            Self::Failed(check) => Error::Rejected(check),
        }
    }

    /// What it means for somebody who is asked about again.
    pub(super) fn when_asked_again(self) -> Outcome {
        match self {
            Self::Call(error) => Outcome::Transient(trouble(&error)),
            Self::Limited(retry_after) => Outcome::Transient(Trouble {
                cause: Cause::RateLimited,
                retry_after,
            }),
            Self::Refused => Outcome::Revoked(Revocation::TokenRefused),
            Self::Suspended => Outcome::Revoked(Revocation::Suspended),
            Self::Registration => Outcome::ConnectionFault(Fault::Client),
            Self::Slack(about) => about.when_asked_again(),
            Self::Status => Outcome::Transient(because(Cause::Status)),
            Self::Unreadable | Self::Failed(_) => unreadable(),
        }
    }
}
