//! One connection, from the accepted socket to its end.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{debug, error, warn};

use super::announced::{self, Announced};
use super::crowd::{Crowd, Permit};
use super::listener::{Accepted, Detached};
use super::socket::Socket;
use super::stream::{Fate, Stream};
use super::usage::Use;
use super::{AnswerBody, Handler, Peer, TlsFiles, http1, http2};
use crate::config::{self, TrustedProxy};
use crate::rarely::Rarely;
use crate::tasks::Tasks;

/// What is the same for all connections of a listener, until there are other limits.
#[derive(Clone)]
pub(super) struct Terms<H> {
    pub(super) limits: Arc<config::Limits>,
    pub(super) crowd: Arc<Crowd>,
    /// Peers that say first whom a connection is for.
    pub(super) announcing: Vec<TrustedProxy>,
    /// Told when no connection is free.
    pub(super) crowded: Arc<Notify>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: Tasks,
    pub(super) handler: H,
}

/// Serves one connection to its end. Never fails: what goes wrong is the client's or is logged. Whoever drains waits for `open`,
/// which is given back with the last request if only tunnels are left.
///
/// There are as many of this future as connections, most of them at rest: what is large is in a box of its own, as long as
/// it is needed.
pub(super) fn attend<H, B>(
    accepted: Detached,
    permit: Permit,
    tls: Option<Arc<TlsFiles>>,
    terms: Arc<Terms<H>>,
    open: TaskTrackerToken,
) -> impl Future<Output = ()> + Send + use<H, B>
where
    H: Handler<B>,
    B: AnswerBody,
{
    let work = converse(accepted, permit, tls, terms, open);
    AssertUnwindSafe(work).catch_unwind().map(|ended| {
        if ended.is_err() {
            error!("a handler panicked; its connection is closed");
        }
    })
}

async fn converse<H, B>(
    accepted: Detached,
    permit: Permit,
    tls: Option<Arc<TlsFiles>>,
    terms: Arc<Terms<H>>,
    open: TaskTrackerToken,
) where
    H: Handler<B>,
    B: AnswerBody,
{
    let (spoken, usage) = tokio::select! {
        // Nothing was asked yet, so there is nothing to finish.
        () = terms.stop.cancelled() => return,
        prepared = Box::pin(prepare(accepted, permit, tls, &terms)) => match prepared {
            Ok(prepared) => prepared,
            Err(error) => return debug!(%error, "connection ended before its first request"),
        },
    };
    usage.awaited().replace(open);
    match spoken {
        Spoken::Http1(stream) => {
            accompany(http1::serve(*stream, &usage, &terms), &usage, &terms).await;
        }
        Spoken::Http2(shaken) => {
            accompany(http2::serve(*shaken, &usage, &terms), &usage, &terms).await;
        }
    }
}

/// A connection that knows what is spoken on it.
enum Spoken {
    Http1(Box<Stream>),
    Http2(Box<http2::Shaken>),
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Http1,
    Http2,
}

/// Whom the connection is for, the handshakes, and the choice of protocol: whatever of it there is, each within its limit.
async fn prepare<H>(
    accepted: Detached,
    permit: Permit,
    tls: Option<Arc<TlsFiles>>,
    terms: &Terms<H>,
) -> io::Result<(Spoken, Arc<Use>)> {
    let limits = &terms.limits;
    let mut accepted = accepted.attach()?;
    let (mut peer, permit) = whose(&mut accepted, permit, terms).await?;
    let mut agreed = None;
    let socket = match accepted {
        Accepted::Unix(socket) => Socket::Unix(socket),
        Accepted::Tcp(socket, _) => {
            socket.set_nodelay(true)?;
            match tls {
                None => Socket::Tcp(socket),
                Some(tls) => {
                    let handshake = tls.acceptor().accept(socket);
                    let socket = timeout(limits.handshake_timeout, handshake).await??;
                    peer.secure = true;
                    agreed = Some(match socket.get_ref().1.alpn_protocol() {
                        Some(b"h2") => Protocol::Http2,
                        Some(_) | None => Protocol::Http1,
                    });
                    Socket::Tls(Box::new(socket))
                }
            }
        }
    };
    let fate = Arc::new(Fate::default());
    let stream = Stream::new(socket, permit, limits.idle_timeout, Arc::clone(&fate));
    let mut stream = Box::new(stream);
    let protocol = match agreed {
        Some(protocol) => protocol,
        None => timeout(limits.header_timeout, recognize(&mut stream)).await??,
    };
    let spoken = match protocol {
        Protocol::Http1 => Spoken::Http1(stream),
        Protocol::Http2 => {
            let shaken = timeout(limits.header_timeout, http2::shake(*stream, limits)).await??;
            Spoken::Http2(Box::new(shaken))
        }
    };
    Ok((spoken, Arc::new(Use::new(peer, fate))))
}

/// The other end of a connection: the peer, or whoever it says it connects for. That one's connections are counted as its own
/// are (threat model 54).
async fn whose<H>(
    accepted: &mut Accepted,
    permit: Permit,
    terms: &Terms<H>,
) -> io::Result<(Peer, Permit)> {
    let peer = Peer {
        address: accepted.address(),
        port: accepted.port(),
        secure: false,
    };
    if !terms.announcing.iter().any(|it| it.covers(peer.address)) {
        return Ok((peer, permit));
    }
    let patience = terms.limits.handshake_timeout;
    let said = match accepted {
        Accepted::Tcp(socket, _) => timeout(patience, announced::read(socket)).await,
        Accepted::Unix(socket) => timeout(patience, announced::read(socket)).await,
    };
    let said = said.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let (client, secure) = match said.inspect_err(|error| tell_unannounced(peer.address, error))? {
        Announced::Peer => return Ok((peer, permit)),
        // Whoever it is is not the peer, whose word on others counts.
        Announced::Unknown => (NOWHERE, false),
        Announced::Client { address, secure } => (address, secure),
    };
    let address = Some(client.ip().to_canonical());
    let permit = terms.crowd.admit_for(address, permit);
    let full = || io::Error::other("the address that it is for has too many connections open");
    let peer = Peer {
        address,
        port: Some(client.port()),
        secure,
    };
    Ok((peer, permit.ok_or_else(full)?))
}

/// The address of a client that nobody knows.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

fn tell_unannounced(peer: Option<IpAddr>, error: &io::Error) {
    let peer = peer.map_or_else(|| "unix".to_owned(), |peer| peer.to_string());
    warn!(peer, %error, "a trusted peer does not say whom its connection is for, as server.proxy_protocol wants it to");
}

/// HTTP/2 with prior knowledge starts with its preface (RFC 9113 §3.4); everything else is HTTP/1.
async fn recognize(stream: &mut Stream) -> io::Result<Protocol> {
    let mut read = Vec::with_capacity(PREFACE.len());
    let protocol = loop {
        let room = PREFACE.len().saturating_sub(read.len()) as u64;
        if room == 0 {
            break Protocol::Http2;
        }
        if (&mut *stream).take(room).read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !PREFACE.starts_with(&read) {
            break Protocol::Http1;
        }
    };
    stream.put_back(Bytes::from(read));
    Ok(protocol)
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What both protocols have in common.
pub(super) trait Connection: Future<Output = Result<(), Self::Error>> {
    /// Why one ends before its end.
    type Error: std::error::Error;

    /// Whether one that rests ends with its winding down. On HTTP/2 the client has a word in it.
    const ENDS_BY_ITSELF: bool;

    /// No further requests; ends with the last answer.
    fn wind_down(self: Pin<&mut Self>);
}

/// Drives the connection to its end: its own, that of an idle one, the drain, or the end of all tasks.
async fn accompany<C: Connection, H>(mut connection: Pin<Box<C>>, usage: &Use, terms: &Terms<H>) {
    let mut winding_down = false;
    // A connection that never asks gets as long as a head does; between requests it may rest.
    let limits = &terms.limits;
    let mut patience = Instant::now() + limits.header_timeout;
    loop {
        let signal = pin!(signal(terms, patience, winding_down));
        let mut signal = Rarely::new(signal);
        let signal = tokio::select! {
            biased;
            signal = &mut signal => signal,
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    debug!(error = super::chain(&error), "connection ended");
                }
                return;
            }
        };
        match signal {
            Signal::End if usage.has_tunnelled() => {
                // Each says why it ends, or has just said so; with the last stream the connection ends too.
                connection.as_mut().wind_down();
                let _ = timeout(FAREWELL, connection.as_mut()).await;
                return;
            }
            Signal::End => return,
            Signal::Drain => {
                winding_down = true;
                usage.drain();
                connection.as_mut().wind_down();
            }
            Signal::Crowded => {
                // One that has asked for nothing yet has its own, shorter time.
                if usage.has_asked() && usage.rests_since().is_some() {
                    winding_down = true;
                    connection.as_mut().wind_down();
                    if !C::ENDS_BY_ITSELF {
                        patience = Instant::now() + limits.header_timeout;
                    }
                }
            }
            Signal::Time => {
                let leaving = winding_down || !usage.has_asked();
                let limit = if leaving {
                    limits.header_timeout
                } else {
                    limits.keep_alive_timeout
                };
                patience = match usage.rests_since() {
                    None => Instant::now() + limit,
                    Some(since) if since.elapsed() < limit => since + limit,
                    Some(_) if leaving => return,
                    Some(_) => {
                        winding_down = true;
                        connection.as_mut().wind_down();
                        Instant::now() + limits.header_timeout
                    }
                };
            }
        }
    }
}

/// For the tunnels of a connection that ends with the process.
const FAREWELL: Duration = Duration::from_secs(3);

/// What a connection hears from outside.
#[derive(Clone, Copy, Debug)]
enum Signal {
    /// Everything ends.
    End,
    /// No further requests.
    Drain,
    /// Others wait for a connection.
    Crowded,
    /// The time that it had to rest may be over.
    Time,
}

/// The next one. A connection that winds down has heard what would have it do so.
async fn signal<H>(terms: &Terms<H>, patience: Instant, winding_down: bool) -> Signal {
    tokio::select! {
        biased;
        () = terms.tasks.stopping().cancelled() => Signal::End,
        () = terms.stop.cancelled(), if !winding_down => Signal::Drain,
        () = terms.crowded.notified(), if !winding_down => Signal::Crowded,
        () = tokio::time::sleep_until(patience) => Signal::Time,
    }
}
