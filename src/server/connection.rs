//! One connection, from the accepted socket to its end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, COOKIE, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt as _;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{debug, error, warn};

use super::announced::{self, Announced};
use super::bootstrap;
use super::crowd::{Crowd, Permit};
use super::listener::{Accepted, Detached};
use super::multiplex::{self, Streams};
use super::socket::Socket;
use super::stream::{Fate, Stream};
use super::{Caller, Cut, Handler, Interim, Peer, TlsFiles};
use crate::config::defaults::CONNECTION_BUFFER_BYTES;
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
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
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
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (stream, protocol, usage) = tokio::select! {
        // Nothing was asked yet, so there is nothing to finish.
        () = terms.stop.cancelled() => return,
        prepared = Box::pin(prepare(accepted, permit, tls, &terms)) => match prepared {
            Ok(prepared) => prepared,
            Err(error) => return debug!(%error, "connection ended before its first request"),
        },
    };
    usage.awaited().replace(open);
    match protocol {
        Protocol::Http1 => accompany(http1(*stream, &usage, &terms), &usage, &terms).await,
        Protocol::Http2 => accompany(http2(*stream, &usage, &terms), &usage, &terms).await,
    }
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Http1,
    Http2,
}

/// Whom the connection is for, the handshake, and the choice of protocol: whatever of it there is, each within its limit.
async fn prepare<H>(
    accepted: Detached,
    permit: Permit,
    tls: Option<Arc<TlsFiles>>,
    terms: &Terms<H>,
) -> io::Result<(Box<Stream>, Protocol, Arc<Use>)> {
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
    let usage = Arc::new(Use::new(peer, fate));
    Ok((stream, protocol, usage))
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

fn http1<H, B>(
    mut stream: Stream,
    usage: &Arc<Use>,
    terms: &Terms<H>,
) -> Pin<Box<impl Connection + Send + use<H, B>>>
where
    H: Handler<B>,
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    stream.watch_framing(terms.limits.header_timeout);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // hyper's limit runs between two requests as well; the stream knows where a head begins.
        .header_read_timeout(None)
        .max_headers(terms.limits.max_header_fields)
        .max_header_size(terms.limits.max_header_bytes)
        .max_buf_size(CONNECTION_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service(usage, terms))
        .with_upgrades();
    Box::pin(connection)
}

fn http2<H, B>(
    stream: Stream,
    usage: &Arc<Use>,
    terms: &Terms<H>,
) -> Pin<Box<impl Connection + Send + use<H, B>>>
where
    H: Handler<B>,
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limits = &terms.limits;
    let list = u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX);
    let connection = http2::Builder::new(Streams::new(terms.tasks.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_http2_streams)
        .enable_connect_protocol()
        .max_header_list_size(list)
        .keep_alive_interval(limits.idle_timeout / 4)
        .keep_alive_timeout(limits.header_timeout)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(LOCAL_RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(CONNECTION_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service(usage, terms));
    Box::pin(connection)
}

/// Streams that a client may open and reset before we have looked at them: beyond that the connection ends
/// (CVE-2023-44487).
const PENDING_RESETS: usize = 20;

/// Streams that we may have to reset because of a client's mistakes, before its connection ends.
const LOCAL_RESETS: usize = 256;

/// What one upload may send ahead of the application: enough for 100 Mbit/s at 40 ms.
const STREAM_WINDOW: u32 = 512 * 1024;

/// What all uploads of a connection may send ahead together.
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// What both protocols have in common.
trait Connection: Future<Output = Result<(), hyper::Error>> {
    /// Whether one that rests ends with its winding down. On HTTP/2 the client has a word in it.
    const ENDS_BY_ITSELF: bool;

    /// No further requests; ends with the last answer.
    fn wind_down(self: Pin<&mut Self>);
}

impl<S, B> Connection for http1::UpgradeableConnection<TokioIo<Stream>, S>
where
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    const ENDS_BY_ITSELF: bool = true;

    fn wind_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S, B> Connection for http2::Connection<TokioIo<Stream>, S, Streams>
where
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    Streams: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    const ENDS_BY_ITSELF: bool = false;

    fn wind_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
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

/// What a connection has been used for.
struct Use {
    peer: Peer,
    fate: Arc<Fate>,
    asked: AtomicBool,
    pace: Mutex<Pace>,
    /// Streams of HTTP/2 that have become tunnels.
    tunnels: AtomicUsize,
    /// Whether there has been one.
    tunnelled: AtomicBool,
    /// Whether it winds down because everything does.
    draining: AtomicBool,
    /// Waited for by whoever drains.
    awaited: Mutex<Option<TaskTrackerToken>>,
}

/// The requests under way, or since when there is none.
#[derive(Clone, Copy)]
enum Pace {
    Running(usize),
    Resting(Instant),
}

impl Use {
    fn new(peer: Peer, fate: Arc<Fate>) -> Self {
        Self {
            peer,
            fate,
            asked: AtomicBool::new(false),
            pace: Mutex::new(Pace::Resting(Instant::now())),
            tunnels: AtomicUsize::new(0),
            tunnelled: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            awaited: Mutex::new(None),
        }
    }

    /// Whether there has been a request.
    fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Since when no request is under way; none while one is, or a tunnel.
    fn rests_since(&self) -> Option<Instant> {
        match *self.pace() {
            Pace::Resting(since) if !self.has_tunnels() => Some(since),
            Pace::Resting(_) | Pace::Running(_) => None,
        }
    }

    fn has_tunnels(&self) -> bool {
        self.tunnels.load(Ordering::Acquire) > 0
    }

    fn has_tunnelled(&self) -> bool {
        self.tunnelled.load(Ordering::Acquire)
    }

    /// From now on nobody waits for it once only tunnels are left.
    fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.let_go();
    }

    fn let_go(&self) {
        // Hardly ever: each request comes by here.
        if self.draining.load(Ordering::Acquire)
            && self.has_tunnels()
            && matches!(*self.pace(), Pace::Resting(_))
        {
            self.awaited().take();
        }
    }

    fn awaited(&self) -> MutexGuard<'_, Option<TaskTrackerToken>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request, until its answer has been sent or given up.
struct Running(Arc<Use>);

impl Running {
    fn begin(usage: &Arc<Use>) -> Self {
        usage.asked.store(true, Ordering::Relaxed);
        usage.fate.begin();
        let mut pace = usage.pace();
        *pace = match *pace {
            Pace::Running(count) => Pace::Running(count + 1),
            Pace::Resting(_) => Pace::Running(1),
        };
        drop(pace);
        Self(Arc::clone(usage))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut pace = self.0.pace();
        *pace = match *pace {
            Pace::Running(count @ 2..) => Pace::Running(count - 1),
            Pace::Running(_) | Pace::Resting(_) => {
                self.0.fate.rest();
                Pace::Resting(Instant::now())
            }
        };
        drop(pace);
        self.0.let_go();
    }
}

/// A tunnel over HTTP/2, until nothing of it is left.
struct Tunnel(Arc<Use>);

impl Tunnel {
    fn begin(usage: &Arc<Use>) -> Self {
        usage.tunnels.fetch_add(1, Ordering::AcqRel);
        usage.tunnelled.store(true, Ordering::Release);
        Self(Arc::clone(usage))
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        if let Pace::Resting(since) = &mut *self.0.pace() {
            *since = Instant::now();
        }
        self.0.tunnels.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The handler as hyper calls it.
fn service<H, B>(
    usage: &Arc<Use>,
    terms: &Terms<H>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<Reply<B>>,
    Error = Infallible,
    Future: Send + 'static,
> + use<H, B>
where
    H: Handler<B>,
    B: Body + Send + Unpin + 'static,
{
    let handler = terms.handler.clone();
    let max_fields = terms.limits.max_header_fields;
    let usage = Arc::clone(usage);
    hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let running = Running::begin(&usage);
        let version = request.version();
        let asks_for_tunnel = request.method() == Method::CONNECT;
        // hyper counts the fields of HTTP/1 only.
        let opening = if count_fields(request.headers()) <= max_fields {
            bootstrap::translate(&mut request)
        } else {
            Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        };
        let caller = Caller {
            peer: running.0.peer,
            interim: (version == Version::HTTP_11).then(|| Interim::of(&running.0.fate)),
        };
        let answer = opening.map(|opening| (handler.answer(request, caller), opening));
        async move {
            let (answer, opening) = match answer {
                Ok(asked) => asked,
                Err(status) => {
                    let mut refusal = Response::new(Reply::new(None, running, version));
                    *refusal.status_mut() = status;
                    return Ok(refusal);
                }
            };
            let mut response = answer.await;
            let cut = response.extensions_mut().remove::<Cut>();
            if version != Version::HTTP_2 {
                running.0.fate.bind(cut);
            } else if let Some(cut) = cut {
                multiplex::bind(cut);
            }
            if let Some(opening) = opening {
                let looked_open = response.status().is_success();
                if opening.settle(&mut response) {
                    multiplex::hold(Tunnel::begin(&running.0));
                } else if looked_open {
                    return Ok(response.map(|_| Reply::new(None, running, version)));
                }
            } else if response.status() == StatusCode::SWITCHING_PROTOCOLS
                || asks_for_tunnel && response.status().is_success()
            {
                running.0.fate.tunnel.store(true, Ordering::Release);
            } else if asks_for_tunnel && version != Version::HTTP_2 {
                // A client that did not wait for the answer has sent what somebody else meant for the tunnel.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok(response.map(|body| Reply::new(Some(body), running, version)))
        }
    })
}

/// The fields of a head. The crumbs that browsers cut their cookies into on HTTP/2 are one (RFC 9113 §8.2.3); their
/// bytes have a bound of their own.
fn count_fields(headers: &HeaderMap) -> usize {
    let crumbs = headers.get_all(COOKIE).iter().count();
    headers.len().saturating_sub(crumbs.saturating_sub(1))
}

/// The body of a response on its way out: the request runs until it is gone.
struct Reply<B> {
    body: Option<B>,
    running: Running,
    version: Version,
}

impl<B> Reply<B> {
    const fn new(body: Option<B>, running: Running, version: Version) -> Self {
        Self {
            body,
            running,
            version,
        }
    }
}

impl<B: Body + Unpin> Body for Reply<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(body).poll_frame(context);
        // HTTP/2 resets the one stream; HTTP/1 has only the connection to tell it by.
        if let Poll::Ready(Some(Err(_))) = frame
            && this.version != Version::HTTP_2
        {
            let fate = &this.running.0.fate;
            fate.broken.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
