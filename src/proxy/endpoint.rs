//! One address of an application: its connections, and how it fares.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, request};
use hyper::{Request, Response};
use tokio::time::Instant;

use super::Error;
use super::balance::{Candidate, Condition, Turn};
use super::body::Outgoing;
use super::connector::{Connector, Encryption};
use super::departure::Hear;
use super::pool::{self, Pool, Unanswered};
use super::streams::{Answering, Found, Streams};
use crate::config::{self, Address, Balance, UpstreamHttp};
use crate::tasks::Tasks;
use crate::wire::Received;

/// One address, with its pool of connections.
pub(super) struct Endpoint {
    address: Arc<str>,
    connections: Connections,
    host: HeaderValue,
    outstanding: AtomicUsize,
    condition: Mutex<Condition>,
}

/// How an address is spoken to.
enum Connections {
    /// HTTP/1.1 alone.
    One(Pool),
    /// HTTP/2 alone.
    Two(Streams),
    /// What the application chooses. Upgrades, which HTTP/1.1 alone has, have connections of their own.
    Either {
        two: Streams,
        one: Pool,
        for_tunnels: Pool,
    },
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
        /// Whether the application says that it has not seen the request, or most likely has not: the connection had served
        /// before, and was closed without a byte for this.
        unseen: bool,
    },
}

/// What an answer comes by, until it has ended. A connection of HTTP/1.1 that is dropped instead is closed.
pub(super) enum Lent {
    Line(pool::Lent),
    Stream(Answering),
}

/// A request that an address has. It counts until this is dropped.
#[derive(Debug)]
pub(super) struct Outstanding(Arc<Endpoint>);

/// How long a connection of HTTP/2 may be silent before we ask whether it is still there, and for the answer.
pub(super) const ARE_YOU_THERE: Duration = Duration::from_secs(20);

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
        let scheme = if config.tls.is_some() {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        };
        let streams = || {
            let connector = connector(chosen, config.http)?;
            Ok::<_, Error>(Streams::new(connector, scheme, tasks))
        };
        let connections = match config.http {
            UpstreamHttp::One => Connections::One(pool(chosen)?),
            UpstreamHttp::Two => Connections::Two(streams()?),
            UpstreamHttp::Negotiated => Connections::Either {
                two: streams()?,
                one: pool(for_tunnels)?,
                for_tunnels: pool(for_tunnels)?,
            },
        };
        Ok(Self {
            address: address.to_string().into(),
            connections,
            host,
            outstanding: AtomicUsize::new(0),
            condition: Mutex::new(Condition::new()),
        })
    }

    /// As it is written.
    pub(super) const fn address(&self) -> &Arc<str> {
        &self.address
    }

    /// Makes a head one for this address. `host` is what the visitor typed, if the application shall see it.
    pub(super) fn direct(
        &self,
        head: &mut request::Parts,
        host: Option<&HeaderValue>,
    ) -> Result<(), Error> {
        head.headers
            .insert(HOST, host.unwrap_or(&self.host).clone());
        if head.uri.authority().is_some() {
            let target = head.uri.path_and_query().cloned();
            head.uri = target.ok_or(Error::Address)?.into();
        }
        Ok(())
    }

    /// Whether it can be asked to change the protocol.
    pub(super) const fn takes_upgrades(&self) -> bool {
        match self.connections {
            Connections::One(_) | Connections::Either { .. } => true,
            Connections::Two(_) => false,
        }
    }

    /// Sends a request that was made for this address; what is said before its answer is told to `hear`. With the answer comes
    /// what it comes by, to be given back.
    pub(super) async fn request(
        &self,
        request: Request<Outgoing>,
        hear: Option<&Hear>,
        upgrade: bool,
    ) -> Result<(Response<Received>, Lent), Failure> {
        let pool = match &self.connections {
            Connections::One(pool) => pool,
            Connections::Either { for_tunnels, .. } if upgrade => for_tunnels,
            Connections::Either { two, one, .. } => {
                return Box::pin(either(two, one, request, hear)).await;
            }
            Connections::Two(streams) => {
                return Box::pin(by_stream(streams, request, hear)).await;
            }
        };
        let (response, lent) = pool.send(heard(request, hear)).await?;
        Ok((response.map(Into::into), Lent::Line(lent)))
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
    /// Of a request that could not be sent, for no fault of the address.
    pub(super) fn unsent(error: Error) -> Self {
        Self::Exchange {
            source: error.into(),
            unseen: false,
        }
    }

    /// Whether the address has had nothing of the request, since there was no connection.
    pub(super) const fn is_connect(&self) -> bool {
        matches!(self, Self::Connect(_))
    }

    /// Whether it has not seen it, as far as can be told, although there was a connection.
    pub(super) const fn is_unseen(&self) -> bool {
        matches!(self, Self::Exchange { unseen: true, .. })
    }
}

impl Lent {
    /// The answer has ended, and the request before it.
    pub(super) fn give_back(self) {
        match self {
            Self::Line(line) => line.give_back(),
            Self::Stream(answering) => answering.give_back(),
        }
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        self.0.outstanding.fetch_sub(1, Ordering::Relaxed);
    }
}

/// By HTTP/2 alone.
async fn by_stream(
    streams: &Streams,
    request: Request<Outgoing>,
    hear: Option<&Hear>,
) -> Result<(Response<Received>, Lent), Failure> {
    match streams.find().await? {
        Found::Two(line) => {
            let (response, answering) = streams.send(line, request, hear).await?;
            Ok((response, Lent::Stream(answering)))
        }
        // The connector makes none.
        Found::One(_) => Err(Failure::Connect("it does not speak HTTP/2".into())),
    }
}

/// By what the application chooses.
async fn either(
    two: &Streams,
    one: &Pool,
    mut request: Request<Outgoing>,
    hear: Option<&Hear>,
) -> Result<(Response<Received>, Lent), Failure> {
    loop {
        let line = match one.rested().await {
            Some(line) => line,
            None => match two.find().await? {
                Found::Two(line) => {
                    let (response, answering) = two.send(line, request, hear).await?;
                    return Ok((response, Lent::Stream(answering)));
                }
                Found::One(wire) => one.shake(wire).await?,
            },
        };
        match one.send_by(line, heard(request, hear)).await {
            Ok((response, lent)) => {
                return Ok((response.map(Into::into), Lent::Line(lent)));
            }
            Err(Unanswered::Unsent(unsent)) => request = *unsent,
            Err(Unanswered::Failed(failure)) => return Err(failure),
        }
    }
}

/// A request for HTTP/1.1 whose interim answers are heard.
fn heard(mut request: Request<Outgoing>, hear: Option<&Hear>) -> Request<Outgoing> {
    if let Some(hear) = hear {
        let hear = Arc::clone(hear);
        hyper::ext::on_informational(&mut request, move |said| {
            hear(said.status(), said.headers());
        });
    }
    request
}
