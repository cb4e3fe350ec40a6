//! Sign-out that begins at the provider: OIDC Back-Channel Logout 1.0 and Front-Channel Logout 1.0.
//!
//! Anybody can reach both, and neither can do more than end access (threat model 16). Both live on the shared host only,
//! where the redirect URIs are.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode, request};
use serde_json::json;
use tracing::{info, warn};
use url::Url;

use super::{Ask, Body, Error, Gateway, form, slug};
use crate::audit;
use crate::config::{self, Protocol, Slug};
use crate::gateway::{Place, mark, whole};
use crate::pipeline::{self, LogoutRequest, Unheard};
use crate::provider;
use crate::secret::Secret;
use crate::session::{self, Ending, LiveGrant, Named};
use crate::telemetry::metrics::LogoutToken;
use crate::wire::Received;

impl Gateway {
    /// A provider says who is no longer signed in there. 200 when that is durable and in force (§2.8).
    pub(super) async fn backchannel_logout(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let (provider, _) = self.leaving(ask, provider)?;
        let fields = form::read(head, body).await;
        let token = fields.as_ref().ok().and_then(|all| all.get("logout_token"));
        let Some(token) = token else {
            self.count_logout_token(&provider, "refused", "form");
            let told = "the body must be a form with exactly one logout_token";
            return Ok(refusal(ask, "invalid_request", told));
        };
        let heard = self
            .pipeline
            .logout(LogoutRequest {
                provider: provider.clone(),
                token: Secret::new(token.to_owned()),
                client: ask.inbound.client,
                reference: ask.reference.to_string(),
            })
            .await;
        match heard {
            Ok(()) => {
                self.count_logout_token(&provider, "accepted", "");
                info!(reference = %ask.reference, %provider, "the provider signed somebody out");
                let mut response = Response::new(whole(Bytes::new()));
                mark(&mut response, "backchannel-logout", ask.reference);
                Ok(response)
            }
            Err(unheard) => self.unheard(ask, &provider, &unheard),
        }
    }

    fn unheard(
        &self,
        ask: &Ask<'_>,
        provider: &Slug,
        unheard: &Unheard,
    ) -> Result<Response<Body>, Error> {
        let reason = unheard.as_str();
        let (code, told) = match unheard {
            Unheard::NoSuchProvider => return Err(Error::NotFound),
            Unheard::TooMany => return Err(pipeline::Error::TooMany.into()),
            Unheard::Replayed => ("invalid_request", "the logout token was used before"),
            Unheard::Provider(provider::Error::Rejected(check)) => {
                ("invalid_request", explain(*check))
            }
            Unheard::Provider(_) => (
                "temporarily_unavailable",
                "the keys that would verify the token cannot be fetched",
            ),
            Unheard::Store(_) | Unheard::Session(_) | Unheard::Stopping => (
                "server_error",
                "not everything could be ended durably, send the token again",
            ),
        };
        let reference = ask.reference;
        if unheard.is_refusal() {
            self.count_logout_token(provider, "refused", reason);
            info!(%reference, %provider, reason, "a logout token was refused");
        } else {
            self.count_logout_token(provider, "failed", reason);
            let error: &dyn std::error::Error = unheard;
            warn!(%reference, %provider, error, "a logout token was not acted upon");
        }
        Ok(refusal(ask, code, told))
    }

    fn count_logout_token(&self, provider: &Slug, result: &'static str, reason: &'static str) {
        let labels = LogoutToken {
            provider: provider.to_string(),
            result,
            reason,
        };
        self.metrics.logout_tokens.get_or_create(&labels).inc();
    }

    /// The provider shows this in a frame while it signs the person out. It ends what this very browser was granted
    /// through that session at the provider, whose name a stranger does not know, and nothing else.
    pub(super) async fn frontchannel_logout(
        &self,
        ask: &Ask<'_>,
        provider: &str,
    ) -> Result<Response<Body>, Error> {
        let (provider, oidc) = self.leaving(ask, provider)?;
        let (issuer, session) = match (ask.query.get("iss"), ask.query.get("sid")) {
            (Some(iss), Some(session)) if provider::is_issuer_of(oidc, iss) => (iss, session),
            (Some(_) | None, _) => return Err(Error::Form),
        };
        let named = Named::session(&provider, issuer, session);
        self.end_here(ask, &provider, &named).await?;
        let mut response = Response::new(whole(Bytes::from_static(SIGNED_OUT)));
        mark(&mut response, "frontchannel-logout", ask.reference);
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert(CONTENT_SECURITY_POLICY, framed_by(issuer));
        Ok(response)
    }

    async fn end_here(&self, ask: &Ask<'_>, provider: &Slug, named: &Named) -> Result<(), Error> {
        let Some(handle) = ask.cookies.handle() else {
            return Ok(());
        };
        let Some(live) = self.sessions.find(&handle, &ask.inbound.host).await? else {
            return Ok(());
        };
        let now = self.clock.now();
        let meant = |live: &Arc<LiveGrant>| named.means(&live.grant().at_provider);
        for grant in live.grants(now).into_iter().filter(meant) {
            let grant = grant.grant();
            let organization = grant.organization.clone();
            let event = audit::Event {
                organization: Some(organization.to_string()),
                provider: Some(provider.to_string()),
                reference: Some(ask.reference.to_string()),
                reason: Some("frontchannel".to_owned()),
                ..audit::Event::new(
                    now,
                    audit::Kind::SessionEnded,
                    audit::Actor::Account(grant.account.to_string()),
                )
            };
            let (sessions, key) = (Arc::clone(&self.sessions), handle.key());
            // The provider may take its frame away at any moment.
            let ending = self.tasks.spawn(async move {
                let ending = Ending::Grant(&organization);
                sessions
                    .end(&key, ending, session::Reason::FrontChannel, &event)
                    .await
            });
            ending.await.map_err(|_| Error::Stopping)??;
        }
        Ok(())
    }

    /// The provider of such an endpoint and its registration. One without an issuer has no such endpoint.
    fn leaving(&self, ask: &Ask<'_>, provider: &str) -> Result<(Slug, &config::Oidc), Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let provider = slug(provider)?;
        let config = self.config.providers.get(&provider);
        match config.map(|config| &config.protocol) {
            Some(Protocol::Oidc(oidc)) => Ok((provider, oidc)),
            Some(Protocol::OAuth2(_) | Protocol::Dev) | None => Err(Error::NotFound),
        }
    }
}

/// What the frame shows.
const SIGNED_OUT: &[u8] =
    b"<!doctype html><html lang=\"en\"><title>Signed out</title><p>Signed out.</p></html>\n";

/// Only pages of the provider may frame this.
fn framed_by(issuer: &str) -> HeaderValue {
    let origin = Url::parse(issuer).map(|issuer| issuer.origin().ascii_serialization());
    let policy = origin.map(|origin| format!("default-src 'none'; frame-ancestors {origin}"));
    policy
        .ok()
        .and_then(|policy| HeaderValue::try_from(policy).ok())
        .unwrap_or(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ))
}

/// §2.8: 400 with the reason.
fn refusal(ask: &Ask<'_>, code: &str, description: &str) -> Response<Body> {
    let body = json!({ "error": code, "error_description": description });
    let mut response = Response::new(whole(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    mark(&mut response, "backchannel-logout", ask.reference);
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Which check a logout token did not pass, for whoever set up the provider.
const fn explain(check: provider::Check) -> &'static str {
    use provider::Check;
    match check {
        Check::Signature => {
            "not a logout token, or not signed by a current key under an accepted algorithm"
        }
        Check::LogoutClaims => "the claims of the logout token cannot be read",
        Check::Issuer => "iss is not the configured issuer",
        Check::Audience => {
            "aud is not the configured client_id, or others than `trusted_audiences` too"
        }
        Check::IssuedAt => "iat is missing, in the future or too old, or nbf is not reached",
        Check::Expiry => "exp is over",
        Check::Nonce => "a logout token must not have a nonce",
        Check::LogoutEvent => "events does not have the back-channel logout event",
        Check::TokenId => "jti is missing",
        Check::Subject => "sub is unusable",
        Check::ProviderSession => "sid is unusable",
        Check::LogoutTarget => "there is neither sub nor sid",
        Check::ResponseIssuer
        | Check::Response
        | Check::TokenResponse
        | Check::AuthorizedParty
        | Check::AccessTokenHash
        | Check::UserInfo
        | Check::Scope
        | Check::NoPrimaryEmail
        | Check::NoVerifiedEmail
        | Check::AuthTime
        | Check::Form => "the logout token cannot be accepted",
    }
}
