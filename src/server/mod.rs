//! Sockets, TLS, permits and drain.
//!
//! Owns: accepting under a permit, the handshake within its limit, the choice of HTTP/1.1 or HTTP/2, the bounds on heads,
//! streams and idle connections, certificates that are read again, and the end of it all. Leaves to others: what a
//! request means; the handler gets it with its [`Caller`]. Invariants: a message that could be read in two ways never
//! reaches the handler and closes its connection (threat model 35, `framing.rs`); everything a client can hold is bounded
//! (54); neither a bad connection nor a panicking handler ends the loop; a response that breaks off never looks whole.

mod activation;
mod announced;
mod bootstrap;
mod connection;
mod crowd;
mod framing;
mod http1;
mod http2;
mod interim;
mod linger;
mod listener;
mod socket;
mod stream;
mod tls;
mod usage;

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http_body::Body;
use hyper::{Request, Response};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::config;
use crate::tasks::Tasks;
use crate::tether::Tether;
use crate::wire::Received;
use connection::Terms;
use crowd::{Crowd, Permit};
use listener::Accepted;

pub use activation::Handover;
pub use bootstrap::accept;
pub use interim::Interim;
pub use listener::{Bound, Listener, Manner};
pub use tls::TlsFiles;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address (IPv4 as IPv4, on a dual-stack socket too); none over a Unix socket.
    pub address: Option<IpAddr>,
    /// Its port; none over a Unix socket.
    pub port: Option<u16>,
    /// Whether this connection is encrypted by us.
    pub secure: bool,
}

/// Who asks, and how they can be told something before the answer.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The other end.
    pub peer: Peer,
    /// Takes interim answers, where there are any: HTTP/1.0 has none.
    pub interim: Option<Interim>,
}

/// What answers requests: any `Fn(Request<Received>, Caller) -> impl Future<Output = Response<B>>`.
///
/// When the client leaves, the future is dropped.
pub trait Handler<B>: Clone + Send + Sync + 'static {
    /// The answer to come.
    type Answer: Future<Output = Response<B>> + Send + 'static;

    /// Answers one request.
    fn answer(&self, request: Request<Received>, caller: Caller) -> Self::Answer;
}

impl<F, A, B> Handler<B> for F
where
    F: Fn(Request<Received>, Caller) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
{
    type Answer = A;

    fn answer(&self, request: Request<Received>, caller: Caller) -> A {
        self(request, caller)
    }
}

/// The body of an answer: whatever yields bytes.
pub trait AnswerBody:
    Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Unpin + 'static
{
}

impl<B> AnswerBody for B where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static
{
}

/// Ends a response from outside, or the tunnel that it opened. The handler puts it into the response's extensions.
///
/// A body that yields an error ends by itself, but only when the client takes its bytes; this reaches a client that does
/// not: what waits in buffers is thrown away and the connection reset. On HTTP/2 the one stream ends, and what waits for room is
/// thrown away; the end of an answer for which there was room already is on its way.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Cancelled when the right to the bytes ends.
    pub tether: Arc<Tether>,
    /// When it ends by itself.
    pub until: Option<Instant>,
    /// What a tunnel over HTTP/2 has besides, to say why it ends.
    pub farewell: Duration,
}

impl Cut {
    /// Waits for the end.
    async fn over(self) {
        match self.until {
            Some(until) => drop(timeout_at(until, self.tether.broken()).await),
            None => self.tether.broken().await,
        }
    }

    fn is_over(&self) -> bool {
        self.tether.is_cut() || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// The bounds on connections. Others may come into force.
pub type LimitsInForce = Arc<ArcSwap<config::Limits>>;

/// Accepts connections until `stop`, then refuses new ones, lets requests finish, and returns when the last connection is
/// done. The caller bounds the wait; what is left then ends with `tasks`. Tunnels are not waited for.
///
/// `limits.max_connections` and what one address may have of them are for this listener, upgraded connections included, and
/// stay as they are at the beginning. All others are for connections that are accepted from the moment when they are there.
///
/// # Cancel safety
/// Dropping the future stops accepting; open connections stay until `tasks` stop.
pub async fn serve<H, B>(
    listener: Listener,
    handler: H,
    limits: LimitsInForce,
    tasks: Tasks,
    stop: CancellationToken,
) where
    H: Handler<B>,
    B: AnswerBody,
{
    let first = limits.load_full();
    let permits = Arc::new(Semaphore::new(
        first.max_connections.min(Semaphore::MAX_PERMITS),
    ));
    let crowd = Crowd::new(
        first.max_connections_per_address,
        listener.trusted().to_vec(),
    );
    let open = TaskTracker::new();
    let address = listener.address();
    let tls = listener.tls().cloned();
    let crowded = Arc::new(Notify::new());
    let mut terms = Arc::new(Terms {
        limits: first,
        crowd: Arc::clone(&crowd),
        announcing: listener.announcing(),
        crowded: Arc::clone(&crowded),
        stop: stop.clone(),
        tasks: tasks.clone(),
        handler,
    });
    info!(%address, "listening");
    let gate = (&permits, &crowd);
    while let Some((accepted, permit)) = next(&listener, gate, &crowded, &stop).await {
        let newest = limits.load();
        if !Arc::ptr_eq(&newest, &terms.limits) {
            terms = Arc::new(Terms {
                limits: Arc::clone(&newest),
                ..Terms::clone(&terms)
            });
        }
        drop(newest);
        let (tls, terms) = (tls.clone(), Arc::clone(&terms));
        let accepted = match accepted.detach() {
            Ok(accepted) => accepted,
            Err(error) => {
                debug!(%error, "a connection was lost before it was served");
                continue;
            }
        };
        tasks.serve(connection::attend(
            accepted,
            permit,
            tls,
            terms,
            open.token(),
        ));
    }
    drop(listener);
    open.close();
    open.wait().await;
    info!(%address, "no longer listening");
}

/// The next connection and its permit; none at the signal to stop.
async fn next(
    listener: &Listener,
    (permits, crowd): (&Arc<Semaphore>, &Arc<Crowd>),
    crowded: &Notify,
    stop: &CancellationToken,
) -> Option<(Accepted, Permit)> {
    let mut permit = loop {
        if let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
            break permit;
        }
        crowded.notify_waiters();
        tokio::select! {
            () = stop.cancelled() => return None,
            permit = Arc::clone(permits).acquire_owned() => break permit.ok()?,
            () = tokio::time::sleep(MAKE_ROOM_EVERY) => {}
        }
    };
    let mut pause = FIRST_PAUSE;
    loop {
        let error = tokio::select! {
            () = stop.cancelled() => return None,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => match crowd.admit(accepted.address(), permit) {
                    Ok(permit) => return Some((accepted, permit)),
                    Err(unused) => {
                        debug!("an address has too many connections open: one more is closed");
                        permit = unused;
                        continue;
                    }
                },
                Err(error) => error,
            },
        };
        if is_of_one_connection(&error) {
            continue;
        }
        // No descriptors or no memory: trying at once would only burn the processor.
        warn!(%error, pause_ms = pause.as_millis(), "cannot accept connections");
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Errors of accept(2) that speak of the connection that was to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// How often connections that rest are told that they are in the way, while others wait.
const MAKE_ROOM_EVERY: Duration = Duration::from_millis(250);

/// After the first failure to accept…
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// …and after many.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process, or another listener of this one, is there.
    #[error("something listens on {address} already")]
    InUse {
        /// Where.
        address: Bound,
    },
    /// The system refuses.
    #[error("cannot listen on {address}")]
    Bind {
        /// Where.
        address: Bound,
        /// Why.
        source: io::Error,
    },
    /// What the service manager hands over cannot be served.
    #[error("cannot use the socket `{name}` that the service manager hands over")]
    Passed {
        /// By which name.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// It hands over nothing of that name.
    #[error(
        "server.listen has systemd:{name}, and no socket of that name was handed over: is this started by a socket unit with FileDescriptorName={name}?"
    )]
    NotPassed {
        /// Which name.
        name: String,
    },
    /// A certificate or key cannot be used.
    #[error("cannot use {}", path.display())]
    TlsFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The library refuses what we ask of it.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

impl Error {
    fn of_binding(address: &Bound, source: io::Error) -> Self {
        let address = address.clone();
        if source.kind() == io::ErrorKind::AddrInUse {
            return Self::InUse { address };
        }
        Self::Bind { address, source }
    }

    const fn tls(source: rustls::Error) -> Self {
        Self::Tls(source)
    }

    fn tls_file<E>(path: &Path) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let path = path.to_owned();
        |source| Self::TlsFile {
            path,
            source: source.into(),
        }
    }
}

/// An error with its causes, for one log line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
