//! What comes of asking again, split by what follows from it. No two of these ever collapse into one.

use std::time::Duration;

use super::Asserted;

/// What a provider says, or does not say, when it is asked again.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It still vouches for the same person; with fresh claims, if it sent any.
    Valid(Option<Box<Asserted>>),
    /// A definite no.
    Revoked(Revocation),
    /// No usable answer: nothing is known of the person.
    Transient(Trouble),
    /// The registration or the provider as a whole does not work: nobody's fault who signed in.
    ConnectionFault(Fault),
    /// There is no way to ask.
    NotApplicable,
}

/// Why a provider no longer vouches for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// `invalid_grant` (RFC 6749 §5.2): the refresh token is revoked, expired or of a disabled person.
    InvalidGrant,
    /// Userinfo answered 401 to the person's token.
    TokenRefused,
    /// Introspection says that the token is not active (RFC 7662 §2.2).
    Inactive,
    /// The provider says that the account is suspended.
    Suspended,
    /// The answer is about somebody else.
    SubjectChanged,
    /// There is nothing to ask with, although the connection promised a refresh token.
    NoToken,
}

impl Revocation {
    /// Word for records, metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidGrant => "invalid_grant",
            Self::TokenRefused => "token_refused",
            Self::Inactive => "inactive",
            Self::Suspended => "suspended",
            Self::SubjectChanged => "subject_changed",
            Self::NoToken => "no_token",
        }
    }
}

/// Why there was no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub cause: Cause,
    /// When the provider wants to be asked again (RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
}

/// What kept an answer from coming or from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No answer in time.
    Timeout,
    /// No connection, or it broke: DNS, TCP, TLS.
    Unreachable,
    /// 429.
    RateLimited,
    /// Another status that tells of trouble: 5xx, a redirect, 403, 408, 425.
    Status,
    /// An answer that is not what it should be, or too large.
    Unreadable,
}

impl Cause {
    /// Word for records, metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::RateLimited => "rate_limited",
            Self::Status => "status",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What is wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `invalid_client`, `unauthorized_client` and kin: our registration.
    Client,
    /// Discovery is broken, or names another issuer.
    Discovery,
    /// The provider has no such endpoint.
    Unsupported,
}

impl Fault {
    /// Word for records, metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Discovery => "discovery",
            Self::Unsupported => "unsupported",
        }
    }
}
