//! A code, or a refresh token, becomes an access token, in every shape in which providers answer that.
//!
//! RFC 6749 §5 wants JSON, and status 400 for an error. Others answer with a form, with no or another `Content-Type`, and
//! with status 200 whatever happened. What is not clearly a token is none.

use ::http::{HeaderMap, StatusCode, header};
use form_urlencoded::Serializer;
use openidconnect::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use super::OAuth2;
use crate::clock::Timestamp;
use crate::config;
use crate::provider::again::{because, trouble, unreadable};
use crate::provider::directory::unreachable;
use crate::provider::exchange::TokenAnswer;
use crate::provider::http::Operation;
use crate::provider::metadata::misconfigured;
use crate::provider::slack::{About, Whose};
use crate::provider::{
    Attempt, Cause, Check, Error, Failed, Fault, Held, NotRenewed, Outcome, Refusal, Revocation,
    Said, Tokens, json, slack,
};
use crate::secret::Secret;

/// A token that was granted, with all that came along.
#[derive(Debug)]
pub(super) struct Granted {
    answer: TokenAnswer,
    whose: Whose,
    members: Map<String, Value>,
}

/// Why none was.
#[derive(Debug)]
pub(super) enum Refused {
    /// An error with a code, perhaps some words, and its status.
    Code(String, Option<String>, StatusCode),
    /// Something else, with its status.
    Unreadable(StatusCode),
}

impl Granted {
    /// The access token, if it is the person's.
    pub(super) fn access(&self) -> Option<&str> {
        match self.whose {
            Whose::Person => Some(self.answer.access_token().secret()),
            Whose::App => None,
        }
    }

    /// What is kept.
    pub(super) fn tokens(&self, config: &config::OAuth2, now: Timestamp) -> Tokens {
        self.kept(&config.scopes, config, now)
    }

    fn kept(&self, asked: &[String], config: &config::OAuth2, now: Timestamp) -> Tokens {
        let answer = self.answer.clone();
        let tokens = Tokens {
            // Nobody has checked one, and nothing here needs it.
            id: None,
            ..answer.into_tokens(asked, &config.scope_separator, now)
        };
        match self.whose {
            Whose::Person => tokens,
            Whose::App => Tokens {
                scopes: tokens.scopes,
                ..Tokens::default()
            },
        }
    }

    /// What came along with the token, for providers that say there who somebody is. Nothing that is a secret is left.
    pub(super) fn said(&self) -> Map<String, Value> {
        without_secrets(&self.members)
    }
}

impl OAuth2 {
    /// RFC 6749 §4.1.3.
    pub(super) async fn exchange(
        &self,
        attempt: &Attempt,
        code: &Secret<String>,
    ) -> Result<Granted, Failed> {
        let request = self.request(&[
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &attempt.redirect_uri),
            ("code_verifier", attempt.verifier.expose()),
        ]);
        let request = request.ok_or_else(|| misconfigured("the secret cannot be sent"))?;
        let answer = self.client.call(Operation::Token, request).await;
        let answer = answer.map_err(unreachable)?;
        read(&answer).map_err(|refused| {
            let sent = [Some(code), Some(&attempt.verifier)];
            Failed {
                said: self.said(&refused, &sent),
                error: meaning(&refused),
            }
        })
    }

    /// RFC 6749 §6.
    pub(super) async fn refresh(
        &self,
        held: Held<'_>,
        now: Timestamp,
    ) -> Result<Tokens, NotRenewed> {
        let refresh = held.tokens.refresh.as_ref();
        let refresh = refresh.ok_or(Outcome::Revoked(Revocation::NoToken))?;
        let request = self.request(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
        ]);
        let request = request.ok_or(Outcome::ConnectionFault(Fault::Client))?;
        let answer = self.client.call(Operation::Refresh, request).await;
        let answer = answer.map_err(|error| Outcome::Transient(trouble(&error)))?;
        match read(&answer) {
            Ok(granted) => Ok(granted.kept(&held.tokens.scopes, &self.config, now)),
            Err(refused) => Err(NotRenewed {
                said: self.said(&refused, &[Some(refresh)]),
                outcome: refusal(&refused),
            }),
        }
    }

    fn request(&self, fields: &[(&str, &str)]) -> Option<HttpRequest> {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        self.credentials().post(&self.config.token_url, form)
    }

    /// What the provider says of a failed call, without the secrets that were sent.
    fn said(&self, refused: &Refused, sent: &[Option<&Secret<String>>]) -> Option<Said> {
        let secret = self.config.client_secret.as_ref();
        let sent = sent.iter().copied().chain([secret]).flatten();
        let sent: Vec<&str> = sent.map(|secret| secret.expose().as_str()).collect();
        match refused {
            Refused::Code(code, words, _) => Some(Said::new(code, words.as_deref(), &sent)),
            Refused::Unreadable(_) => None,
        }
    }
}

/// Reads an answer of a token endpoint, by what it is and not by what it calls itself.
fn read(answer: &HttpResponse) -> Result<Granted, Refused> {
    let status = answer.status();
    let unreadable = || Refused::Unreadable(status);
    let members = members(answer.headers(), answer.body()).ok_or_else(unreadable)?;
    let word = |name| members.get(name).and_then(Value::as_str);
    let words = || word("error_description").map(str::to_owned);
    // An error whatever the status; a member that is there without a value is none.
    let is_there = |name| members.get(name).is_some_and(|value| !value.is_null());
    if is_there("error") || is_there("error_description") {
        let code = word("error").unwrap_or_default();
        return Err(Refused::Code(code.to_owned(), words(), status));
    }
    if members.get("ok").is_some_and(|ok| *ok != Value::Bool(true)) {
        return Err(Refused::Code(String::new(), None, status));
    }
    if status != StatusCode::OK {
        return Err(unreadable());
    }
    let (whose, plain) = slack::of_the_person(members.clone());
    let parsed = serde_json::from_value::<TokenAnswer>(Value::Object(plain));
    match parsed {
        Ok(answer) if answer.has_usable_access() => Ok(Granted {
            answer,
            whose,
            members,
        }),
        // The error carries a piece of the body, which may hold tokens.
        Ok(_) | Err(_) => Err(unreadable()),
    }
}

/// An object, or a form. A name that appears twice makes neither: two readers could differ.
fn members(headers: &HeaderMap, body: &[u8]) -> Option<Map<String, Value>> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is_form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let begins_object = body.trim_ascii_start().first() == Some(&b'{');
    match (is_form, begins_object) {
        (false, true) => json::object(body),
        (true, _) | (false, false) => form(body),
    }
}

/// Bytes that a form can have; markup and prose have others.
fn form(body: &[u8]) -> Option<Map<String, Value>> {
    let body = body.trim_ascii();
    let odd = |byte: &u8| !byte.is_ascii_graphic() || b"<>\"{}\\^`".contains(byte);
    if body.is_empty() || body.iter().any(odd) {
        return None;
    }
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        let value = Value::String(value.into_owned());
        if members.insert(name.into_owned(), value).is_some() {
            return None;
        }
    }
    Some(members)
}

/// Without members that hold something to call the provider with, at any depth.
fn without_secrets(members: &Map<String, Value>) -> Map<String, Value> {
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("token") || name.contains("secret")
    };
    let harmless = members.iter().filter(|(name, _)| !is_secret(name));
    let harmless = harmless.map(|(name, value)| {
        let value = match value {
            Value::Object(inner) => Value::Object(without_secrets(inner)),
            other => other.clone(),
        };
        (name.clone(), value)
    });
    harmless.collect()
}

/// What the code of an error says (RFC 6749 §5.2, and GitHub's and Slack's own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// What was redeemed is good no more.
    Grant,
    /// Our registration.
    Client,
    /// Something else.
    Other,
}

impl Code {
    fn parse(code: &str, status: StatusCode) -> Self {
        match code {
            "invalid_grant" | "bad_verification_code" | "bad_refresh_token" => Self::Grant,
            "invalid_client"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "invalid_scope"
            | "invalid_request"
            | "incorrect_client_credentials"
            | "redirect_uri_mismatch"
            | "application_suspended" => Self::Client,
            // Whatever the provider calls it: 401 at this place is about our own name and secret (RFC 6749 §5.2).
            code if !code.is_empty() && status == StatusCode::UNAUTHORIZED => Self::Client,
            code => match About::parse(code) {
                About::Grant => Self::Grant,
                About::Registration => Self::Client,
                // Here the words are too plain to blame anybody by.
                About::Person | About::Rate | About::Else => Self::Other,
            },
        }
    }
}

/// What it means for a sign-in: decided by the code, never by a text.
fn meaning(refused: &Refused) -> Error {
    match refused {
        Refused::Code(code, _, status) => match Code::parse(code, *status) {
            // The code is not theirs, or is spent, or the verifier does not fit it.
            Code::Grant => Error::Rejected(Check::TokenResponse),
            Code::Client => {
                misconfigured("the token endpoint does not accept our registration or our request")
            }
            Code::Other if code.is_empty() => Error::Rejected(Check::TokenResponse),
            Code::Other => Error::Refused(Refusal::parse(code)),
        },
        Refused::Unreadable(StatusCode::UNAUTHORIZED) => {
            misconfigured("the token endpoint does not accept our client id and secret")
        }
        Refused::Unreadable(_) => Error::Rejected(Check::TokenResponse),
    }
}

/// What it means for somebody who is asked about again.
fn refusal(refused: &Refused) -> Outcome {
    match refused {
        Refused::Code(code, _, status) => match Code::parse(code, *status) {
            Code::Grant => Outcome::Revoked(Revocation::InvalidGrant),
            Code::Client => Outcome::ConnectionFault(Fault::Client),
            Code::Other => Outcome::Transient(because(Cause::Status)),
        },
        Refused::Unreadable(StatusCode::UNAUTHORIZED) => Outcome::ConnectionFault(Fault::Client),
        Refused::Unreadable(status) if status.is_client_error() => {
            Outcome::Transient(because(Cause::Status))
        }
        Refused::Unreadable(_) => unreadable(),
    }
}
