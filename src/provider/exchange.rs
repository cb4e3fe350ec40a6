//! A code becomes tokens (RFC 6749 §4.1.3, §5).

use http::StatusCode;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, IdToken, OAuth2TokenResponse,
    RefreshToken, RequestTokenError, Scope, StandardErrorResponse, TokenResponse,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::time::Duration;

use super::directory::unreachable;
use super::http::CallError;
use super::metadata::misconfigured;
use super::slack::{self, About};
use super::{Check, Error, Failed, Refusal, Said, Tokens, json};
use crate::clock::Timestamp;
use crate::secret::Secret;

/// The library's client, with our own reading of token responses.
pub(super) type Registration = openidconnect::Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    ErrorResponse,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

type ErrorResponse = StandardErrorResponse<CoreErrorResponseType>;

/// A token response. Providers differ in what they leave out and in how they write numbers, so only what is needed is
/// demanded: the ID token is checked for by [`TokenAnswer::into_tokens`], everything optional may be missing or odd.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TokenAnswer {
    access_token: AccessToken,
    #[serde(default, deserialize_with = "lenient_kind")]
    token_type: Kind,
    #[serde(default, deserialize_with = "lenient_seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "lenient_token")]
    refresh_token: Option<RefreshToken>,
    #[serde(default, deserialize_with = "lenient_text")]
    scope: Option<String>,
    #[serde(default)]
    id_token: Option<Secret<String>>,
}

/// How the access token is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    /// RFC 6750, also where nothing is said.
    #[default]
    Bearer,
    /// In a way that we do not know (RFC 6749 §7.1).
    Other,
}

impl TokenAnswer {
    /// The access token, for `at_hash` and userinfo.
    pub(super) const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The ID token as it came.
    ///
    /// # Errors
    /// [`Check::TokenResponse`] if there is none, or if the access token cannot be used.
    pub(super) fn id_token(&self) -> Result<&Secret<String>, Error> {
        match &self.id_token {
            Some(token) if self.has_usable_access() => Ok(token),
            Some(_) | None => Err(Error::Rejected(Check::TokenResponse)),
        }
    }

    /// Whether the access token can be used: in a header, as a bearer's.
    pub(super) fn has_usable_access(&self) -> bool {
        let access = self.access_token.secret();
        let printable = !access.is_empty() && access.bytes().all(|byte| byte.is_ascii_graphic());
        printable && self.token_type == Kind::Bearer
    }

    /// What is kept. Without a `scope` in the answer, all that was asked for was granted (RFC 6749 §5.1).
    pub(super) fn into_tokens(self, asked: &[String], separator: &str, now: Timestamp) -> Tokens {
        let granted = self.scope.filter(|scope| scope.len() <= MAX_SCOPE_BYTES);
        let mut scopes: Vec<String> = match &granted {
            Some(scope) => scope
                .split(separator)
                .map(|scope| scope.trim().to_owned())
                .collect(),
            None => asked.to_vec(),
        };
        scopes.retain(|scope| !scope.is_empty());
        scopes.sort_unstable();
        scopes.dedup();
        Tokens {
            access: kept(self.access_token.into_secret()),
            refresh: self
                .refresh_token
                .and_then(|token| kept(token.into_secret())),
            id: self
                .id_token
                .filter(|token| token.expose().len() <= MAX_TOKEN_BYTES),
            expires_at: self
                .expires_in
                .map(|seconds| now.plus(Duration::from_secs(seconds))),
            scopes,
        }
    }
}

/// A token as it is stored; one that is too long to be sent back in a header or an address is not.
fn kept(token: String) -> Option<Secret<String>> {
    let token = Secret::new(token);
    (token.expose().len() <= MAX_TOKEN_BYTES).then_some(token)
}

/// What servers commonly accept of a header field or an address.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// A longer list of scopes is read as none.
const MAX_SCOPE_BYTES: usize = 4 * 1024;

impl OAuth2TokenResponse for TokenAnswer {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &CoreTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

type LibraryIdToken = IdToken<
    EmptyAdditionalClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

impl
    TokenResponse<
        EmptyAdditionalClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > for TokenAnswer
{
    /// Never: `jws` and `claims` read the token as it came.
    fn id_token(&self) -> Option<&LibraryIdToken> {
        None
    }
}

fn lenient_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => Kind::Bearer,
        Value::String(kind) if kind.eq_ignore_ascii_case("bearer") => Kind::Bearer,
        _ => Kind::Other,
    })
}

/// A number, or a number in quotes; anything else is as good as nothing.
fn lenient_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// A text that is not empty; anything else is as good as nothing.
fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    })
}

fn lenient_token<'de, D>(deserializer: D) -> Result<Option<RefreshToken>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(lenient_text(deserializer)?.map(RefreshToken::new))
}

/// How a call to the token endpoint fails.
pub(super) type TokenError = RequestTokenError<CallError, ErrorResponse>;

/// What a failed exchange means, and what the provider says of it without the secrets that were sent.
pub(super) fn explain(error: TokenError, status: Option<StatusCode>, sent: &[&str]) -> Failed {
    let said = said(&error, sent);
    Failed {
        error: meaning(error, status),
        said,
    }
}

/// What the provider says of a failed call, without the secrets that were sent.
pub(super) fn said(error: &TokenError, sent: &[&str]) -> Option<Said> {
    match error {
        RequestTokenError::ServerResponse(response) => {
            let description = response.error_description().map(String::as_str);
            Some(Said::new(response.error().as_ref(), description, sent))
        }
        RequestTokenError::Parse(_, body) => not_ok(body).map(|code| Said::new(&code, None, sent)),
        RequestTokenError::Request(_) | RequestTokenError::Other(_) => None,
    }
}

/// The code of Slack's refusals, which come with status 200.
fn not_ok(body: &[u8]) -> Option<String> {
    slack::code(&json::object(body)?)
}

/// Decided by the error's code and the status (RFC 6749 §5.2), never by its text.
fn meaning(error: TokenError, status: Option<StatusCode>) -> Error {
    use CoreErrorResponseType as Code;
    match error {
        RequestTokenError::Request(error) => unreachable(error),
        RequestTokenError::ServerResponse(response) => match response.error() {
            // The code is not theirs, or is spent, or the verifier does not fit it.
            Code::InvalidGrant => Error::Rejected(Check::TokenResponse),
            Code::InvalidClient => {
                misconfigured("the token endpoint does not accept our client id and secret")
            }
            Code::UnauthorizedClient | Code::UnsupportedGrantType => {
                misconfigured("the client may not use the authorization code grant")
            }
            Code::InvalidScope => misconfigured("the token endpoint does not know a scope"),
            Code::InvalidRequest => misconfigured("the token endpoint does not accept our request"),
            // Whatever the provider calls it: 401 at this place is about our own name and secret.
            Code::Extension(_) if status == Some(StatusCode::UNAUTHORIZED) => {
                misconfigured("the token endpoint does not accept our client id and secret")
            }
            Code::Extension(code) => Error::Refused(Refusal::parse(code)),
        },
        RequestTokenError::Parse(_, body)
            if About::of_answer(&body) == Some(About::Registration) =>
        {
            misconfigured("the token endpoint does not accept our registration")
        }
        RequestTokenError::Parse(_, body) if About::of_answer(&body) == Some(About::Rate) => {
            Error::Refused(Refusal::Unavailable)
        }
        // Both carry the body, which may hold tokens.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            Error::Rejected(Check::TokenResponse)
        }
    }
}
