//! Slack's own words. Its methods answer 200 whatever happened: `ok` is false then, and `error` is one of the codes that the
//! documentation of `oauth.v2.access`, `openid.connect.token`, `openid.connect.userInfo` and `users.identity` lists.

use serde_json::{Map, Value};

use super::again::because;
use super::{Cause, Fault, Outcome, Revocation, json};

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// What was redeemed is good no more, or never was.
    Grant,
    /// The token of a person, or the person.
    Person,
    /// Our registration, or what it may ask.
    Registration,
    /// It wants to be asked less often.
    Rate,
    /// Anything else: nobody is blamed for it.
    Else,
}

impl About {
    pub(super) fn parse(code: &str) -> Self {
        match code {
            "invalid_code" | "code_already_used" | "code_expired" | "invalid_refresh_token" => {
                Self::Grant
            }
            "account_inactive"
            | "invalid_auth"
            | "not_authed"
            | "token_expired"
            | "token_revoked"
            | "user_removed_from_team" => Self::Person,
            "invalid_client_id"
            | "bad_client_secret"
            | "bad_redirect_uri"
            | "invalid_grant_type"
            | "oauth_authorization_url_mismatch"
            | "missing_scope"
            | "not_allowed_token_type"
            | "deprecated_endpoint"
            | "method_deprecated" => Self::Registration,
            "ratelimited" => Self::Rate,
            _ => Self::Else,
        }
    }

    /// What the code of a token endpoint's refusal is about; `None` if the answer is none of Slack's refusals.
    pub(super) fn of_answer(body: &[u8]) -> Option<Self> {
        Some(Self::parse(&code(&json::object(body)?)?))
    }

    /// What it means for somebody whose refresh token was presented. There the words about a person are too plain to blame
    /// anybody by.
    pub(super) const fn when_renewed(self) -> Outcome {
        match self {
            Self::Grant => Outcome::Revoked(Revocation::InvalidGrant),
            Self::Person | Self::Else => Outcome::Transient(because(Cause::Status)),
            Self::Registration | Self::Rate => self.when_asked_again(),
        }
    }

    /// What it means for somebody who is asked about with their own token.
    pub(super) const fn when_asked_again(self) -> Outcome {
        match self {
            Self::Person => Outcome::Revoked(Revocation::TokenRefused),
            Self::Registration => Outcome::ConnectionFault(Fault::Client),
            Self::Rate => Outcome::Transient(because(Cause::RateLimited)),
            Self::Grant | Self::Else => Outcome::Transient(because(Cause::Status)),
        }
    }
}

/// The code of an answer that says of itself that it is none.
pub(super) fn code(answer: &Map<String, Value>) -> Option<String> {
    let refused = answer.get("ok") == Some(&Value::Bool(false));
    refused.then(|| json::text(answer, "error").unwrap_or_default())
}

/// Whose a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The person's who signed in.
    Person,
    /// The app's in a workspace: it outlives everybody who signs in, and is never kept as theirs.
    App,
}

/// The answer of `oauth.v2.access` in the shape of any other. The token at its top is the app's; the person's lies beside
/// it, or alone, if they were asked for scopes of their own (`user_scope`).
pub(super) fn of_the_person(mut answer: Map<String, Value>) -> (Whose, Map<String, Value>) {
    let theirs = answer.get("authed_user").and_then(Value::as_object);
    let theirs = theirs.filter(|it| it.contains_key("access_token")).cloned();
    if let Some(theirs) = theirs {
        answer.retain(|name, _| !OF_A_TOKEN.contains(&name.as_str()));
        let theirs = theirs.into_iter();
        answer.extend(theirs.filter(|(name, _)| OF_A_TOKEN.contains(&name.as_str())));
    }
    let kind = json::text(&answer, "token_type");
    let whose = match kind.as_deref() {
        Some("bot") => Whose::App,
        Some(_) | None => Whose::Person,
    };
    // Both are used as a bearer's.
    if matches!(kind.as_deref(), Some("bot" | "user")) {
        answer.remove("token_type");
    }
    (whose, answer)
}

const OF_A_TOKEN: [&str; 5] = [
    "access_token",
    "token_type",
    "refresh_token",
    "expires_in",
    "scope",
];
