//! The one client that leaves the process.
//!
//! Every call has one time limit from connect to the last byte, one limit on the size of the body, verified TLS, and
//! follows no redirect (threat model 48). Plain HTTP is spoken to a loopback address only, and only if the issuer itself
//! is configured there. An address that is not public is called only where the issuer has one like it, or the
//! configuration says so (`fence`).

pub use super::trust::Roots;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioTimer;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::Health;
use super::fence::{Fence, NoWay};
use super::reach::Reach;
use super::trust::Trust;
use crate::clock::{Clock, Timestamp};
use crate::config::defaults;
use crate::tasks::Tasks;
use crate::telemetry::trace::{self, Step};
use crate::telemetry::{Metrics, metrics};

/// Why a call got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer within the time limit.
    #[error("no answer within the time limit")]
    Timeout,
    /// The body is larger than the limit.
    #[error("the answer is too large")]
    TooLarge,
    /// No connection, or it broke.
    #[error("the connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer with a status that tells of trouble (5xx, 429), or a redirect.
    #[error("the answer has status {code}")]
    Status {
        /// Which.
        code: u16,
        /// When the provider wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Not called: the address is neither `https` nor a loopback address of a provider that is configured there.
    #[error("the address is not https")]
    NotSecure,
    /// Not called: the provider leads to an address that is not public, and its issuer is not there.
    #[error(
        "the provider leads to a private address; if that is where it is, set `private_network = true`"
    )]
    Private,
    /// No connection, or not called: which, and why, is not for whoever chose the address.
    #[error(
        "no connection: not everybody can reach the address, or nothing answers there with a certificate that is trusted"
    )]
    Closed,
    /// Not called: this system has no certificates to trust.
    #[error("this system has no certificates to trust")]
    NoRoots,
    /// Not called: the call before failed a moment ago.
    #[error("the call before failed a moment ago")]
    Resting,
}

/// What a call is for. The names are labels of `doorward_provider_requests_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Discovery,
    Keys,
    Token,
    Refresh,
    UserInfo,
    Membership,
    Introspection,
}

impl Operation {
    /// Whether somebody who signs in waits for it.
    const fn is_stage_of_sign_in(self) -> bool {
        match self {
            Self::Discovery | Self::Keys | Self::Token | Self::UserInfo | Self::Membership => true,
            Self::Refresh | Self::Introspection => false,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Keys => "jwks",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::UserInfo => "userinfo",
            Self::Membership => "membership",
            Self::Introspection => "introspection",
        }
    }
}

/// The limits of a [`Client`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From connect to the last byte.
    pub(super) timeout: Duration,
    /// Of a body.
    pub(super) max_body_bytes: usize,
}

impl Limits {
    /// The limits for a provider.
    pub(super) const fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            max_body_bytes: defaults::PROVIDER_MAX_BODY_BYTES,
        }
    }
}

type Connections = Pool<HttpsConnector<HttpConnector<Fence>>, Full<Bytes>>;

/// The client of one provider. It counts its calls and remembers how the newest one went.
pub(super) struct Client {
    provider: String,
    reach: Reach,
    fence: Fence,
    trust: Trust,
    limits: Limits,
    connections: OnceCell<Connections>,
    metrics: Metrics,
    tasks: Tasks,
    clock: Arc<dyn Clock>,
    health: AtomicU8,
    /// Since when that is so, in milliseconds.
    health_since: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("provider", &self.provider)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

/// For the trace: an address without its query.
fn endpoint(uri: &Uri) -> String {
    format!("{}{}", uri.host().unwrap_or_default(), uri.path())
}

impl Client {
    /// Makes no call and reads no file.
    pub(super) fn new(
        provider: &str,
        (reach, fence): (Reach, Fence),
        trust: Trust,
        limits: Limits,
        shared: &super::Shared,
    ) -> Self {
        Self {
            provider: provider.to_owned(),
            reach,
            fence,
            trust,
            limits,
            connections: OnceCell::new(),
            metrics: shared.metrics.clone(),
            tasks: shared.tasks.clone(),
            clock: Arc::clone(&shared.clock),
            health: AtomicU8::new(UNKNOWN),
            health_since: AtomicU64::new(0),
        }
    }

    /// Whose it is.
    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    /// Which addresses it calls.
    pub(super) const fn reach(&self) -> Reach {
        self.reach
    }

    /// The longest that one call can take.
    pub(super) const fn timeout(&self) -> Duration {
        self.limits.timeout
    }

    /// The time, for dates in answers.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// This client for one kind of call, as the library wants it.
    pub(super) const fn calling(&self, operation: Operation) -> Calling<'_> {
        Calling {
            client: self,
            operation,
            status: AtomicU16::new(0),
        }
    }

    /// Sends one request and reads the whole answer, whose status is below 300 or from 400 to 499 without 429.
    ///
    /// # Errors
    /// Every variant of [`CallError`] but `Resting`.
    ///
    /// # Cancel safety
    /// Dropping the future ends the call; whether it arrived is then unknown.
    pub(super) async fn call(
        &self,
        operation: Operation,
        request: HttpRequest,
    ) -> Result<HttpResponse, CallError> {
        let begun = Instant::now();
        let (method, to) = (request.method().clone(), request.uri().clone());
        let answer = tokio::time::timeout(self.limits.timeout, self.exchange(request)).await;
        let answer = answer.unwrap_or(Err(CallError::Timeout));
        self.time(operation, begun);
        let code = match &answer {
            Ok(response) => response.status().as_u16().to_string(),
            Err(CallError::Status { code, .. }) => code.to_string(),
            Err(_) => "error".to_owned(),
        };
        trace::note(|| Step::Call {
            operation: operation.as_str().to_owned(),
            method: method.to_string(),
            endpoint: endpoint(&to),
            answer: match &answer {
                Ok(_) => code.clone(),
                Err(error) => error.to_string(),
            },
            duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        self.metrics
            .provider_requests
            .get_or_create(&metrics::ProviderCall {
                provider: self.provider.clone(),
                operation: operation.as_str(),
                code,
            })
            .inc();
        self.note(if answer.is_ok() {
            Health::Up
        } else {
            Health::Down
        });
        answer
    }

    /// Notes how long a person who signs in waited for a call.
    fn time(&self, operation: Operation, begun: Instant) {
        if !operation.is_stage_of_sign_in() {
            return;
        }
        let labels = metrics::Stage {
            provider: self.provider.clone(),
            operation: operation.as_str(),
        };
        self.metrics
            .login_stage_duration
            .get_or_create(&labels)
            .observe(begun.elapsed().as_secs_f64());
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        self.check(request.uri())?;
        let host = request.uri().host().unwrap_or_default();
        let fenced = self.fence.check(host).await;
        fenced.map_err(|_| self.discreetly(CallError::Private))?;
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        request.headers_mut().insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("doorward/", env!("CARGO_PKG_VERSION"))),
        );
        let response = self
            .connections()
            .await?
            .request(request)
            .await
            .map_err(|error| {
                if error.is_connect() {
                    self.discreetly(no_connection(error))
                } else {
                    no_connection(error)
                }
            })?;
        let status = response.status();
        // Nothing in such an answer is of use. Its body is not read, and the connection goes with it.
        if status.is_redirection()
            || status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
        {
            return Err(CallError::Status {
                code: status.as_u16(),
                retry_after: retry_after(response.headers(), self.clock.now()),
            });
        }
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, self.limits.max_body_bytes);
        let whole = body.collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                CallError::TooLarge
            } else {
                CallError::Connection(error)
            }
        })?;
        Ok(Response::from_parts(parts, whole.to_bytes().to_vec()))
    }

    /// Why there is no connection, to whoever may know.
    fn discreetly(&self, error: CallError) -> CallError {
        if self.fence.is_discreet() {
            CallError::Closed
        } else {
            error
        }
    }

    fn check(&self, uri: &Uri) -> Result<(), CallError> {
        let url = url::Url::parse(&uri.to_string()).map_err(|_| CallError::NotSecure)?;
        if self.reach.covers(&url) {
            Ok(())
        } else {
            Err(CallError::NotSecure)
        }
    }

    async fn connections(&self) -> Result<&Connections, CallError> {
        let connect = || async {
            let roots = self.trust.roots().await?;
            connections(roots, self, &self.tasks)
        };
        self.connections.get_or_try_init(connect).await
    }

    /// How the newest call went.
    pub(super) fn health(&self) -> Health {
        match self.health.load(Ordering::Relaxed) {
            UP => Health::Up,
            DOWN => Health::Down,
            _ => Health::Unknown,
        }
    }

    /// Since when they go as the newest did.
    pub(super) fn health_since(&self) -> Option<Timestamp> {
        let is_known = self.health() != Health::Unknown;
        is_known.then(|| Timestamp::from_millis(self.health_since.load(Ordering::Relaxed)))
    }

    /// Remembers how a call went: an answer that came but cannot be used counts as none.
    pub(super) fn note(&self, health: Health) {
        let (state, gauge) = match health {
            Health::Unknown => (UNKNOWN, 0),
            Health::Up => (UP, 1),
            Health::Down => (DOWN, 0),
        };
        if self.health.swap(state, Ordering::Relaxed) != state {
            let now = self.clock.now().as_millis();
            self.health_since.store(now, Ordering::Relaxed);
        }
        let labels = metrics::Provider {
            provider: self.provider.clone(),
        };
        self.metrics.provider_up.get_or_create(&labels).set(gauge);
        if health == Health::Up {
            let now = i64::try_from(self.clock.now().as_seconds()).unwrap_or(i64::MAX);
            let last = &self.metrics.provider_last_success;
            last.get_or_create(&labels).set(now);
        }
    }
}

const UNKNOWN: u8 = 0;
const UP: u8 = 1;
const DOWN: u8 = 2;

/// HTTP/1.1 only: there are a few calls for each sign-in, and its limits are the simpler ones.
fn connections(
    roots: Arc<RootCertStore>,
    client: &Client,
    tasks: &Tasks,
) -> Result<Connections, CallError> {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .map_err(|error| CallError::Connection(Box::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new_with_resolver(client.fence.clone());
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(client.limits.timeout));
    let tls = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls);
    let tls = match client.reach {
        Reach::Secure => tls.https_only(),
        Reach::Loopback => tls.https_or_http(),
    };
    Ok(Pool::builder(tasks.clone())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION_LIFETIME)
        .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
        .build(tls.enable_http1().wrap_connector(tcp)))
}

/// What the library says, unless the fence has said it.
fn no_connection(error: hyper_util::client::legacy::Error) -> CallError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(cause) = next {
        if let Some(NoWay::Fenced) = cause.downcast_ref() {
            return CallError::Private;
        }
        next = cause.source();
    }
    CallError::Connection(Box::new(error))
}

/// Long enough for the calls of one sign-in, shorter than the idle limits of common front servers (60 s and more), so
/// that a connection is rarely used in the moment in which the other side closes it.
const IDLE_CONNECTION_LIFETIME: Duration = Duration::from_secs(30);

/// Sign-ins come in bursts; more connections than this are made anew.
const MAX_IDLE_CONNECTIONS: usize = 8;

/// A [`Client`] for one kind of call.
#[derive(Debug)]
pub(super) struct Calling<'a> {
    client: &'a Client,
    operation: Operation,
    /// Of the answer; the library keeps it to itself.
    status: AtomicU16,
}

impl Calling<'_> {
    /// The status of the answer, if one came.
    pub(super) fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.status.load(Ordering::Relaxed)).ok()
    }
}

impl<'c> AsyncHttpClient<'c> for Calling<'_> {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.client.call(self.operation, request).await?;
            self.status
                .store(answer.status().as_u16(), Ordering::Relaxed);
            Ok(answer)
        })
    }
}

/// RFC 9110 §10.2.3: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(since).since(now))
}

/// A `GET` for JSON.
///
/// # Errors
/// [`CallError::NotSecure`] if the address is none.
pub(super) fn get(url: &url::Url) -> Result<HttpRequest, CallError> {
    Request::get(url.as_str())
        .header(header::ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|_| CallError::NotSecure)
}

/// Whether an answer calls itself JSON, or says nothing of what it is.
pub(super) fn is_json(response: &HttpResponse) -> bool {
    let Some(kind) = response.headers().get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = kind.to_str().unwrap_or_default().split(';').next();
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
