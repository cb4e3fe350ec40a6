//! Asking again whether somebody is still good, in two halves: first the refresh token is spent, then its answer is looked
//! at. Between the two the caller makes the new token durable, so that no crash loses it (threat model 42).

use http::{Request, StatusCode};
use openidconnect::core::CoreErrorResponseType as Code;
use openidconnect::{AccessToken, RefreshToken, RequestTokenError};
use serde_json::{Map, Value};

use super::claims::Claims;
use super::credentials::Credentials;
use super::exchange::{self, TokenError};
use super::http::{CallError, Operation};
use super::oidc::Oidc;
use super::outcome::{Cause, Fault, Outcome, Revocation, Trouble};
use super::slack::About;
use super::userinfo::{self, Fetched};
use super::{Asserted, Error, Held, NotRenewed, Subject, Tokens, json};
use crate::clock::Timestamp;
use crate::config::defaults::SCOPE_SEPARATOR;
use crate::config::{Preset, RevalidationMethod};
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
            RevalidationMethod::Membership | RevalidationMethod::None => {
                Err(Outcome::NotApplicable.into())
            }
        }
    }

    /// RFC 6749 §6.
    async fn refresh(&self, held: Held<'_>, now: Timestamp) -> Result<Tokens, NotRenewed> {
        let refresh = held.tokens.refresh.as_ref();
        let refresh = refresh.ok_or(Outcome::Revoked(Revocation::NoToken))?;
        let known = self.directory.known(&self.client).await.map_err(explain)?;
        let calling = self.client.calling(Operation::Refresh);
        let token = RefreshToken::new(refresh.expose().clone());
        let client_secret = self.client_secret().map_err(explain)?;
        let registration = self.registration(&known.metadata, client_secret.as_ref());
        let answer = registration
            .exchange_refresh_token(&token)
            .request_async(&calling)
            .await;
        match answer {
            Ok(answer) => Ok(answer.into_tokens(&held.tokens.scopes, SCOPE_SEPARATOR, now)),
            Err(error) => {
                let secret = client_secret.as_ref();
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
            (RevalidationMethod::RefreshToken, None)
            | (RevalidationMethod::Membership | RevalidationMethod::None, _) => {
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
            .is_some_and(|claims| claims.person != *held.subject)
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
            if claims.is_none() && !self.issuers.are_known_to_userinfo() {
                return Err(unreadable());
            }
            let subject = match &claims {
                Some(claims) => claims.subject.clone(),
                None => held.subject.clone(),
            };
            let more = self.fetch(endpoint, &access, &subject).await?;
            match &mut claims {
                Some(claims) => userinfo::complete(&mut claims.all, more),
                None => {
                    claims = Some(Claims::of_userinfo(
                        &self.config.issuer,
                        &subject,
                        more,
                        now,
                    ))
                }
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
        if !self.issuers.are_known_to_userinfo() {
            return Err(Outcome::ConnectionFault(Fault::Unsupported));
        }
        let all = self.fetch(endpoint, &access, held.subject).await?;
        let claims = Claims::of_userinfo(&self.config.issuer, held.subject, all, now);
        Ok(Some(self.asserted(claims, Tokens::default())))
    }

    /// Asks userinfo of somebody who is known.
    async fn fetch(
        &self,
        endpoint: &url::Url,
        access: &AccessToken,
        subject: &Subject,
    ) -> Result<Map<String, Value>, Outcome> {
        let slack = self.reading().preset == Preset::Slack;
        let fetched = userinfo::fetch(&self.client, endpoint, access, subject).await;
        match fetched.map_err(explain)? {
            Fetched::NotOk(code) if slack => Err(About::parse(&code).when_asked_again()),
            fetched => read(fetched),
        }
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
        let credentials = Credentials {
            id: &self.config.client_id,
            secret: self.config.client_secret.as_ref(),
            method: self.config.client_authentication,
        };
        credentials.post(endpoint.as_str(), form)
    }
}

fn read(fetched: Fetched) -> Result<Map<String, Value>, Outcome> {
    match fetched {
        Fetched::Claims(claims) => Ok(claims),
        Fetched::Refused => Err(Outcome::Revoked(Revocation::TokenRefused)),
        Fetched::OtherSubject => Err(Outcome::Revoked(Revocation::SubjectChanged)),
        Fetched::Status => Err(Outcome::Transient(because(Cause::Status))),
        Fetched::NotOk(_) | Fetched::Unreadable => Err(unreadable()),
    }
}

/// What a failed refresh means: decided by the code of the error and the status, never by a text.
fn refusal(error: TokenError, status: Option<StatusCode>) -> Outcome {
    if let RequestTokenError::Parse(_, body) = &error
        && let Some(about) = About::of_answer(body)
    {
        return about.when_renewed();
    }
    match error {
        RequestTokenError::Request(error) => Outcome::Transient(trouble(&error)),
        RequestTokenError::ServerResponse(response) => match response.error() {
            Code::InvalidGrant => Outcome::Revoked(Revocation::InvalidGrant),
            Code::InvalidClient
            | Code::UnauthorizedClient
            | Code::UnsupportedGrantType
            | Code::InvalidScope
            | Code::InvalidRequest => Outcome::ConnectionFault(Fault::Client),
            Code::Extension(code) if is_for_a_person(code) => {
                Outcome::Revoked(Revocation::InvalidGrant)
            }
            // Whatever a provider calls it (`deleted_client`, `access_denied`), 401 at this place is about our own name and
            // secret (RFC 6749 §5.2): nobody else's are in the request.
            Code::Extension(_) if status == Some(StatusCode::UNAUTHORIZED) => {
                Outcome::ConnectionFault(Fault::Client)
            }
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

/// The codes by which Entra says that a grant alone does not do any more, and that the person has to come themself (OIDC Core
/// §3.1.2.6, at an endpoint that it does not name): they are `invalid_grant` by another name, and no trouble that passes.
fn is_for_a_person(code: &str) -> bool {
    matches!(
        code,
        "interaction_required" | "login_required" | "consent_required"
    )
}

/// What other failures mean.
pub(super) fn explain(error: Error) -> Outcome {
    match error {
        Error::Unreachable(error) => Outcome::Transient(trouble(&error)),
        Error::Misconfigured(_) => Outcome::ConnectionFault(Fault::Discovery),
        // A token that cannot be believed says nothing about the person.
        Error::Rejected(_) | Error::Refused(_) => unreadable(),
    }
}

pub(super) fn trouble(error: &CallError) -> Trouble {
    let cause = match error {
        CallError::Timeout => Cause::Timeout,
        CallError::TooLarge => Cause::Unreadable,
        CallError::Status { code: 429, .. } => Cause::RateLimited,
        CallError::Status { .. } => Cause::Status,
        CallError::Connection(_)
        | CallError::NotSecure
        | CallError::Private
        | CallError::Closed
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
        | CallError::Closed
        | CallError::NoRoots
        | CallError::Resting => None,
    };
    Trouble { cause, retry_after }
}

pub(super) const fn because(cause: Cause) -> Trouble {
    Trouble {
        cause,
        retry_after: None,
    }
}

pub(super) const fn unreadable() -> Outcome {
    Outcome::Transient(because(Cause::Unreadable))
}
