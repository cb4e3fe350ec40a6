//! One address of an application: its connections, and how it fares.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri, request};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioTimer;
use tokio::time::Instant;

use super::Error;
use super::balance::{Candidate, Condition, Turn};
use super::body::Outgoing;
use super::connector::{Connector, Encryption};
use super::course::Course;
use super::pool::{Lent, Pool};
use crate::config::defaults::{
    CONNECTION_BUFFER_BYTES, UPSTREAM_POOL_IDLE, UPSTREAM_POOL_IDLE_TIMEOUT,
};
use crate::config::{self, Address, Balance, UpstreamHttp};
use crate::tasks::Tasks;

/// One address, with its pool of connections.
pub(super) struct Endpoint {
    address: Arc<str>,
    connections: Connections,
    http: UpstreamHttp,
    scheme: Scheme,
    host: HeaderValue,
    outstanding: AtomicUsize,
    condition: Mutex<Condition>,
}

/// How an address is spoken to.
enum Connections {
    /// HTTP/1.1 alone.
    One(Pool),
    /// HTTP/2, or what the application chooses. Upgrades, which HTTP/1.1 alone has, have connections of their own then.
    Two(Box<Client<Connector, Outgoing>>, Option<Pool>),
}

/// Why an address did not answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no connection: it has had nothing of the request.
    Connect(Box<dyn std::error::Error + Send + Sync>),
    /// The connection ended, or carried something else than HTTP.
    Exchange {
        /// What the library says.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// Whether it had served before, and nothing came back for this request.
        at_rest: bool,
    },
}

/// A request that an address has. It counts until this is dropped.
#[derive(Debug)]
pub(super) struct Outstanding(Arc<Endpoint>);

/// How long a connection of HTTP/2 may be silent before we ask whether it is still there, and for the answer.
const ARE_YOU_THERE: Duration = Duration::from_secs(20);

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Of an address. No connection is made yet.
    pub(super) fn new(
        config: &config::Upstream,
        address: &Address,
        encryption: [Option<&Encryption>; 2],
        tasks: &Tasks,
    ) -> Result<Self, Error> {
        let authority: Authority = match address {
            Address::Tcp(host, port) => {
                let usual = if config.tls.is_some() { 443 } else { 80 };
                if *port == usual {
                    host.parse()
                } else {
                    format!("{host}:{port}").parse()
                }
            }
            Address::Unix(_) => Ok(Authority::from_static("localhost")),
        }
        .map_err(|_| Error::Address)?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Error::Address)?;
        let [chosen, for_tunnels] = encryption;
        let connector = |encryption: Option<&Encryption>, http: UpstreamHttp| {
            Connector::to(address, encryption, http, config.connect_timeout)
        };
        let pool = |encryption: Option<&Encryption>| {
            let connector = connector(encryption, UpstreamHttp::One)?;
            Ok::<_, Error>(Pool::new(connector, tasks))
        };
        let client = |http: UpstreamHttp| {
            let connector = connector(chosen, http)?;
            Ok::<_, Error>(Box::new(client(connector, http, tasks)))
        };
        let connections = match config.http {
            UpstreamHttp::One => Connections::One(pool(chosen)?),
            UpstreamHttp::Two => Connections::Two(client(config.http)?, None),
            UpstreamHttp::Negotiated => {
                Connections::Two(client(config.http)?, Some(pool(for_tunnels)?))
            }
        };
        Ok(Self {
            address: address.to_string().into(),
            connections,
            http: config.http,
            scheme: if config.tls.is_some() {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            host,
            outstanding: AtomicUsize::new(0),
            condition: Mutex::new(Condition::new()),
        })
    }

    /// As it is written.
    pub(super) const fn address(&self) -> &Arc<str> {
        &self.address
    }

    /// Makes a head one for this address. `host` is what the visitor typed, if the application shall see it. HTTP/2 has
    /// it in the target (RFC 9113 §8.3.1), and the library puts it into the field where the application chooses HTTP/1.1.
    pub(super) fn direct(
        &self,
        head: &mut request::Parts,
        host: Option<&HeaderValue>,
        upgrade: bool,
    ) -> Result<(), Error> {
        let in_field = match self.http {
            UpstreamHttp::One => true,
            UpstreamHttp::Negotiated => upgrade,
            UpstreamHttp::Two => false,
        };
        let host = host.unwrap_or(&self.host);
        if in_field {
            head.headers.insert(HOST, host.clone());
            if head.uri.authority().is_some() {
                let target = head.uri.path_and_query().cloned();
                head.uri = target.ok_or(Error::Address)?.into();
            }
            return Ok(());
        }
        head.headers.remove(HOST);
        let mut uri = std::mem::take(&mut head.uri).into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(Authority::try_from(host.as_bytes()).map_err(|_| Error::Address)?);
        head.uri = Uri::from_parts(uri).map_err(|_| Error::Address)?;
        Ok(())
    }

    /// Whether it can be asked to change the protocol.
    pub(super) const fn takes_upgrades(&self) -> bool {
        match self.http {
            UpstreamHttp::One | UpstreamHttp::Negotiated => true,
            UpstreamHttp::Two => false,
        }
    }

    /// Whether what is written for one connection of HTTP/1.1 is understood.
    pub(super) const fn is_one(&self) -> bool {
        matches!(self.http, UpstreamHttp::One)
    }

    /// Sends a request that was made for this address. With the answer of a connection of HTTP/1.1 comes that
    /// connection, to be given back.
    pub(super) async fn request(
        &self,
        request: Request<Outgoing>,
        upgrade: bool,
    ) -> Result<(Response<Incoming>, Option<Lent>), Failure> {
        let pool = match &self.connections {
            Connections::One(pool) => pool,
            Connections::Two(_, Some(pool)) if upgrade => pool,
            Connections::Two(client, _) => {
                let answer = Box::pin(client.request(request)).await;
                return Ok((answer.map_err(Failure::of_client)?, None));
            }
        };
        let (response, lent) = pool.send(request).await?;
        Ok((response, Some(lent)))
    }

    /// Counts a request that it has from now on.
    pub(super) fn take(self: &Arc<Self>) -> Outstanding {
        self.outstanding.fetch_add(1, Ordering::Relaxed);
        Outstanding(Arc::clone(self))
    }

    /// As the choice sees it.
    pub(super) fn candidate(&self, balance: &Balance, now: Instant) -> Candidate {
        Candidate {
            outstanding: self.outstanding.load(Ordering::Relaxed),
            weight: self.with(|condition| condition.weight(balance, now)),
        }
    }

    pub(super) fn went_well(&self) {
        self.with(Condition::went_well);
    }

    /// Whether it is ejected for that.
    pub(super) fn failed(&self, balance: &Balance, now: Instant) -> bool {
        self.with(|condition| condition.failed(balance, now))
    }

    /// What came of asking it how it is.
    pub(super) fn asked(&self, well: bool, health: &config::Health, now: Instant) -> Turn {
        self.with(|condition| condition.asked(well, health, now))
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Condition) -> T) -> T {
        deed(
            &mut self
                .condition
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl Failure {
    fn of_client(error: legacy::Error) -> Self {
        if error.is_connect() {
            return Self::Connect(error.into());
        }
        let course = error.connect_info().and_then(Course::of);
        Self::Exchange {
            at_rest: course.is_some_and(|course| course.ended_at_rest()),
            source: error.into(),
        }
    }

    /// Whether the address has had nothing of the request, since there was no connection.
    pub(super) const fn is_connect(&self) -> bool {
        matches!(self, Self::Connect(_))
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        self.0.outstanding.fetch_sub(1, Ordering::Relaxed);
    }
}

fn client(connector: Connector, http: UpstreamHttp, tasks: &Tasks) -> Client<Connector, Outgoing> {
    Client::builder(tasks.clone())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(UPSTREAM_POOL_IDLE_TIMEOUT)
        .pool_max_idle_per_host(UPSTREAM_POOL_IDLE)
        .http1_max_buf_size(CONNECTION_BUFFER_BYTES)
        .http2_only(http == UpstreamHttp::Two)
        .http2_keep_alive_interval(ARE_YOU_THERE)
        .http2_keep_alive_timeout(ARE_YOU_THERE)
        .build(connector)
}
