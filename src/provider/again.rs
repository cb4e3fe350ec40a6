//! Asking again whether somebody is still good, in two halves: first the refresh token is spent, then its answer is looked
//! at. Between the two the caller makes the new token durable, so that no crash loses it (threat model 42).

use http::{HeaderValue, Request, StatusCode, header};
use openidconnect::core::CoreErrorResponseType as Code;
use openidconnect::{AccessToken, RefreshToken, RequestTokenError};
use serde_json::{Map, Value};

use super::claims::Claims;
use super::exchange::{self, TokenError};
use super::http::{CallError, Operation};
use super::oidc::Oidc;
use super::outcome::{Cause, Fault, Outcome, Revocation, Trouble};
use super::userinfo::{self, Fetched};
use super::{Asserted, Error, Held, NotRenewed, Tokens, json};
use crate::clock::Timestamp;
use crate::config::{ClientAuthentication, RevalidationMethod};
use crate::secret::Secret;

impl Oidc {
    /// The first half. `Ok(None)`: this method spends nothing.
    pub(super) async fn spend(
        &self,
        held: Held<'_>,
        now: Timestamp,
    ) -> Result<Option<Tokens>, NotRenewed> {
        match self.config.revalidation {
            RevalidationMethod::RefreshToken => self.refresh(held, now).await.map(Some),
            RevalidationMethod::UserInfo | RevalidationMethod::Introspection => Ok(None),
            RevalidationMethod::None => Err(Outcome::NotApplicable.into()),
        }
    }

    /// RFC 6749 §6.
    async fn refresh(&self, held: Held<'_>, now: Timestamp) -> Result<Tokens, NotRenewed> {
        let refresh = held.tokens.refresh.as_ref();
        let refresh = refresh.ok_or(Outcome::Revoked(Revocation::NoToken))?;
        let known = self.directory.known(&self.client).await.map_err(explain)?;
        let calling = self.client.calling(Operation::Refresh);
        let token = RefreshToken::new(refresh.expose().clone());
        let registration = self.registration(&known.metadata);
        let answer = registration
            .exchange_refresh_token(&token)
            .request_async(&calling)
            .await;
        match answer {
            Ok(answer) => Ok(answer.into_tokens(&held.tokens.scopes, now)),
            Err(error) => {
                let secret = self.config.client_secret.as_ref();
                let secret = secret.map(|secret| secret.expose().as_str());
                let sent = [refresh.expose().as_str(), secret.unwrap_or_default()];
                Err(NotRenewed {
                    said: exchange::said(&error, &sent),
                    outcome: refusal(error, calling.status()),
                })
            }
        }
    }

    /// The second half.
    pub(super) async fn judge(
        &self,
        held: Held<'_>,
        spent: Option<&Tokens>,
        now: Timestamp,
    ) -> Outcome {
        let confirmed = match (self.config.revalidation, spent) {
            (RevalidationMethod::RefreshToken, Some(tokens)) => {
                self.judge_tokens(held, tokens, now).await
            }
            (RevalidationMethod::UserInfo, _) => self.judge_userinfo(held, now).await,
            (RevalidationMethod::Introspection, _) => self.introspect(held).await,
            (RevalidationMethod::RefreshToken, None) | (RevalidationMethod::None, _) => {
                return Outcome::NotApplicable;
            }
        };
        match confirmed {
            Ok(claims) => Outcome::Valid(claims.map(Box::new)),
            Err(outcome) => outcome,
        }
    }

    /// OIDC Core §12.2: an ID token that comes with a refresh is about the same subject at the same issuer. Whatever it
    /// lacks is asked for at userinfo.
    async fn judge_tokens(
        &self,
        held: Held<'_>,
        tokens: &Tokens,
        now: Timestamp,
    ) -> Result<Option<Asserted>, Outcome> {
        let known = self.directory.known(&self.client).await.map_err(explain)?;
        let access = tokens.access.as_ref().ok_or(unreadable())?;
        let access = AccessToken::new(access.expose().clone());
        let mut claims = match &tokens.id {
            Some(token) => Some(
                self.verify(token, &access, None, now)
                    .await
                    .map_err(explain)?,
            ),
            None => None,
        };
        if claims
            .as_ref()
            .is_some_and(|claims| claims.subject != *held.subject)
        {
            return Err(Outcome::Revoked(Revocation::SubjectChanged));
        }
        let lacks = claims
            .as_ref()
            .is_none_or(|claims| self.reading().lacks_something(&claims.all));
        if let Some(endpoint) = known
            .metadata
            .userinfo
            .as_ref()
            .filter(|_| lacks && self.config.userinfo)
        {
            let more = userinfo::fetch(&self.client, endpoint, &access, held.subject).await;
            let more = read(more.map_err(explain)?)?;
            match &mut claims {
                Some(claims) => userinfo::complete(&mut claims.all, more),
                None => claims = Some(Claims::of_userinfo(held.subject, more, now)),
            }
        }
        Ok(claims.map(|claims| self.asserted(claims, Tokens::default())))
    }

    /// For providers whose access tokens live as long as the person may come in.
    async fn judge_userinfo(
        &self,
        held: Held<'_>,
        now: Timestamp,
    ) -> Result<Option<Asserted>, Outcome> {
        let known = self.directory.known(&self.client).await.map_err(explain)?;
        let endpoint = known.metadata.userinfo.as_ref();
        let endpoint = endpoint.ok_or(Outcome::ConnectionFault(Fault::Unsupported))?;
        let access = held.tokens.access.as_ref();
        let access = access.ok_or(Outcome::Revoked(Revocation::NoToken))?;
        let access = AccessToken::new(access.expose().clone());
        let fetched = userinfo::fetch(&self.client, endpoint, &access, held.subject).await;
        let all = read(fetched.map_err(explain)?)?;
        let claims = Claims::of_userinfo(held.subject, all, now);
        Ok(Some(self.asserted(claims, Tokens::default())))
    }

    /// RFC 7662 §2. Asks about the refresh token if there is one: it is what outlives the hour.
    async fn introspect(&self, held: Held<'_>) -> Result<Option<Asserted>, Outcome> {
        let known = self.directory.known(&self.client).await.map_err(explain)?;
        let endpoint = known.metadata.introspection.as_ref();
        let endpoint = endpoint.ok_or(Outcome::ConnectionFault(Fault::Unsupported))?;
        let (token, kind) = match (&held.tokens.refresh, &held.tokens.access) {
            (Some(token), _) => (token, "refresh_token"),
            (None, Some(token)) => (token, "access_token"),
            (None, None) => return Err(Outcome::Revoked(Revocation::NoToken)),
        };
        let request = self
            .introspection(endpoint, token, kind)
            .ok_or(unreadable())?;
        let answer = self.client.call(Operation::Introspection, request).await;
        let answer = answer.map_err(|error| Outcome::Transient(trouble(&error)))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(Outcome::ConnectionFault(Fault::Client)),
            _ => return Err(Outcome::Transient(because(Cause::Status))),
        }
        let members = json::object(answer.body()).ok_or(unreadable())?;
        match (
            members.get("active"),
            members.get("sub").and_then(Value::as_str),
        ) {
            (Some(Value::Bool(true)), Some(subject)) if subject != held.subject.as_str() => {
                Err(Outcome::Revoked(Revocation::SubjectChanged))
            }
            (Some(Value::Bool(true)), Some(_) | None) => Ok(None),
            (Some(Value::Bool(false)), _) => Err(Outcome::Revoked(Revocation::Inactive)),
            (Some(_) | None, _) => Err(unreadable()),
        }
    }

    fn introspection(
        &self,
        endpoint: &url::Url,
        token: &Secret<String>,
        kind: &str,
    ) -> Option<Request<Vec<u8>>> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token.expose())
            .append_pair("token_type_hint", kind);
        let mut request = Request::post(endpoint.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        match (
            &self.config.client_secret,
            self.config.client_authentication,
        ) {
            (Some(secret), ClientAuthentication::Basic) => {
                let basic = basic(&self.config.client_id, secret.expose())?;
                request = request.header(header::AUTHORIZATION, basic);
            }
            (Some(secret), ClientAuthentication::Post) => {
                form.append_pair("client_id", &self.config.client_id)
                    .append_pair("client_secret", secret.expose());
            }
            (None, ClientAuthentication::Basic | ClientAuthentication::Post) => {
                form.append_pair("client_id", &self.config.client_id);
            }
        }
        request.body(form.finish().into_bytes()).ok()
    }
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
fn basic(client: &str, secret: &str) -> Option<HeaderValue> {
    use base64::Engine as _;
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client), encode(secret));
    let text = base64::engine::general_purpose::STANDARD.encode(pair);
    let mut value = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn read(fetched: Fetched) -> Result<Map<String, Value>, Outcome> {
    match fetched {
        Fetched::Claims(claims) => Ok(claims),
        Fetched::Refused => Err(Outcome::Revoked(Revocation::TokenRefused)),
        Fetched::OtherSubject => Err(Outcome::Revoked(Revocation::SubjectChanged)),
        Fetched::Status => Err(Outcome::Transient(because(Cause::Status))),
        Fetched::Unreadable => Err(unreadable()),
    }
}

/// What a failed refresh means: decided by the code of the error and the status, never by a text.
fn refusal(error: TokenError, status: Option<StatusCode>) -> Outcome {
    match error {
        RequestTokenError::Request(error) => Outcome::Transient(trouble(&error)),
        RequestTokenError::ServerResponse(response) => match response.error() {
            Code::InvalidGrant => Outcome::Revoked(Revocation::InvalidGrant),
            Code::InvalidClient
            | Code::UnauthorizedClient
            | Code::UnsupportedGrantType
            | Code::InvalidScope
            | Code::InvalidRequest => Outcome::ConnectionFault(Fault::Client),
            Code::Extension(_) => Outcome::Transient(because(Cause::Status)),
        },
        // Both carry the body, which may hold tokens.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => match status {
            Some(StatusCode::UNAUTHORIZED) => Outcome::ConnectionFault(Fault::Client),
            Some(status) if status.is_client_error() => Outcome::Transient(because(Cause::Status)),
            Some(_) | None => unreadable(),
        },
    }
}

/// What other failures mean.
fn explain(error: Error) -> Outcome {
    match error {
        Error::Unreachable(error) => Outcome::Transient(trouble(&error)),
        Error::Misconfigured(_) => Outcome::ConnectionFault(Fault::Discovery),
        // A token that cannot be believed says nothing about the person.
        Error::Rejected(_) | Error::Refused(_) => unreadable(),
    }
}

fn trouble(error: &CallError) -> Trouble {
    let cause = match error {
        CallError::Timeout => Cause::Timeout,
        CallError::TooLarge => Cause::Unreadable,
        CallError::Status { code: 429, .. } => Cause::RateLimited,
        CallError::Status { .. } => Cause::Status,
        CallError::Connection(_)
        | CallError::NotSecure
        | CallError::Private
        | CallError::NoRoots
        | CallError::Resting => Cause::Unreachable,
    };
    let retry_after = match error {
        CallError::Status { retry_after, .. } => *retry_after,
        CallError::Timeout
        | CallError::TooLarge
        | CallError::Connection(_)
        | CallError::NotSecure
        | CallError::Private
        | CallError::NoRoots
        | CallError::Resting => None,
    };
    Trouble { cause, retry_after }
}

const fn because(cause: Cause) -> Trouble {
    Trouble {
        cause,
        retry_after: None,
    }
}

const fn unreadable() -> Outcome {
    Outcome::Transient(because(Cause::Unreadable))
}
