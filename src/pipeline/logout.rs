//! A provider says that somebody is no longer signed in there.

use std::net::IpAddr;
use std::sync::Arc;

use tracing::warn;

use super::ending::LOGOUT_TOKENS;
use super::ticket::Ended;
use super::{Pipeline, Shared};
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::provider::{Check, Logout, Who};
use crate::secret::{self, Secret};
use crate::session::Named;
use crate::store::{self, Batch, Table};
use crate::{audit, provider, session};

/// A request to the back-channel logout endpoint.
#[derive(Debug)]
pub struct LogoutRequest {
    /// The provider whose endpoint it is.
    pub provider: Slug,
    /// The logout token.
    pub token: Secret<String>,
    /// From where it comes, if that is known.
    pub client: Option<IpAddr>,
    /// The reference of the request.
    pub reference: String,
}

/// Why a logout token had no effect, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    /// There is no such provider.
    #[error("there is no such provider")]
    NoSuchProvider,
    /// Too many come from there.
    #[error("too many logout tokens come from one address")]
    TooMany,
    /// The token is not valid, or the provider's keys cannot be asked for.
    #[error("the logout token cannot be accepted")]
    Provider(#[from] provider::Error),
    /// The token was used before.
    #[error("the logout token was used before")]
    Replayed,
    /// The store failed.
    #[error("the end of sessions cannot be recorded")]
    Store(#[from] store::Error),
    /// The sessions failed.
    #[error("the sessions cannot be ended")]
    Session(#[from] session::Error),
    /// The work was stopped because the process ends.
    #[error("the process is stopping")]
    Stopping,
}

impl Unheard {
    /// A fixed word for metrics and the audit trail.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoSuchProvider => "no_such_provider",
            Self::TooMany => "too_many",
            Self::Provider(provider::Error::Rejected(check)) => check.as_str(),
            Self::Provider(provider::Error::Unreachable(_)) => "provider_unreachable",
            Self::Provider(provider::Error::Misconfigured(_)) => "provider_misconfigured",
            Self::Provider(provider::Error::Refused(_)) => "provider_refused",
            Self::Replayed => "replayed",
            Self::Store(_) | Self::Session(_) => "broken",
            Self::Stopping => "stopping",
        }
    }

    /// Whether it is the token's fault.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Provider(provider::Error::Rejected(_)) | Self::Replayed => true,
            Self::NoSuchProvider
            | Self::TooMany
            | Self::Provider(_)
            | Self::Store(_)
            | Self::Session(_)
            | Self::Stopping => false,
        }
    }

    /// Whether the provider has signed what is refused. Everybody can send anything else, and the audit trail is not for
    /// everybody to fill.
    const fn is_signed(&self) -> bool {
        self.is_refusal()
            && !matches!(
                self,
                Self::Provider(provider::Error::Rejected(Check::Signature))
            )
    }
}

impl Pipeline {
    /// Ends what a logout token names (OIDC Back-Channel Logout 1.0 §2.7). When this returns, that is durable and in
    /// force, streams included. The token has served then, also for other processes and after a restart; one whose
    /// effect could not be written whole may come again.
    ///
    /// # Errors
    /// Every variant of [`Unheard`].
    ///
    /// # Cancel safety
    /// Safe: the work is a task of its own that goes on when the caller leaves.
    pub async fn logout(&self, request: LogoutRequest) -> Result<(), Unheard> {
        let shared = &self.shared;
        if !shared.providers.contains_key(&request.provider) {
            return Err(Unheard::NoSuchProvider);
        }
        if !shared.bounds.hear(request.client, &request.provider) {
            shared.refused(&LOGOUT_TOKENS);
            return Err(Unheard::TooMany);
        }
        let worker = Arc::clone(shared);
        let task = shared.tasks.spawn(async move {
            let result = worker.logout(&request).await;
            if let Err(error) = &result
                && error.is_signed()
                && worker.bounds.write_refusal(&request.provider)
            {
                worker.record_refusal(&request, error).await;
            }
            result
        });
        task.await.map_err(|_| Unheard::Stopping)?
    }
}

impl Shared {
    async fn logout(&self, request: &LogoutRequest) -> Result<(), Unheard> {
        let now = self.clock.now();
        let provider = self.providers.get(&request.provider);
        let provider = provider.ok_or(Unheard::NoSuchProvider)?;
        let logout = provider.logout(&request.token, now).await?;
        let used = used_key(&request.provider, &logout);
        if self.store.get(Table::LogoutTokens, &used).await?.is_some() {
            return Err(Unheard::Replayed);
        }
        let named = named(&request.provider, &logout);
        // First what could still become a session, then what is one.
        self.void_tickets(Ended::Named(&named)).await?;
        let ended = audit::Event {
            reason: Some("backchannel".to_owned()),
            ..logout_event(request, audit::Kind::SessionEnded, now)
        };
        self.sessions
            .end_named(&named, session::Reason::BackChannel, &ended)
            .await?;
        // Last, so that a token is not spent by a crash before its effect is durable. Ending twice ends no more.
        let mut batch = Batch::new();
        batch
            .expect_absent(Table::LogoutTokens, used)
            .put(Table::LogoutTokens, used, Vec::new())
            .expire(logout.forget_at, &[(Table::LogoutTokens, used.to_vec())])
            .audit(logout_event(
                request,
                audit::Kind::BackchannelLogoutReceived,
                now,
            ));
        match self.store.commit(batch).await {
            Ok(()) => Ok(()),
            Err(store::Error::Conflict) => Err(Unheard::Replayed),
            Err(other) => Err(other.into()),
        }
    }

    async fn record_refusal(&self, request: &LogoutRequest, error: &Unheard) {
        let kind = audit::Kind::BackchannelLogoutRejected;
        let mut batch = Batch::new();
        batch.audit(audit::Event {
            reason: Some(error.as_str().to_owned()),
            ..logout_event(request, kind, self.clock.now())
        });
        if let Err(error) = self.store.commit(batch).await {
            warn!(
                error = &error as &dyn std::error::Error,
                reference = request.reference,
                "a refused logout token could not be recorded"
            );
        }
    }
}

fn logout_event(request: &LogoutRequest, kind: audit::Kind, now: Timestamp) -> audit::Event {
    audit::Event {
        provider: Some(request.provider.to_string()),
        reference: Some(request.reference.clone()),
        ..audit::Event::new(now, kind, audit::Actor::System)
    }
}

fn named(provider: &Slug, logout: &Logout) -> Named {
    let issuer = &logout.issuer;
    match &logout.who {
        Who::Subject(subject) => Named::subject(provider, issuer, subject.as_str()),
        Who::Session(session) => Named::session(provider, issuer, session),
        Who::Both { subject, session } => Named::both(provider, issuer, subject.as_str(), session),
    }
}

/// A `jti` is unique at its issuer; two registrations there are kept apart all the same.
fn used_key(provider: &Slug, logout: &Logout) -> [u8; 32] {
    let fields = ["jti", provider.as_str(), &logout.issuer, &logout.id];
    secret::sha256_fields(fields.map(str::as_bytes))
}
