//! The connections of HTTP/2 to one address: for each place where requests are served one, shared by all that are under way
//! there, and another when the application admits no more on it.
//!
//! The library below it is h2 itself rather than hyper, which hears nothing that is said before an answer.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri, Version, request};
use hyper::rt::Executor as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tracing::debug;

use super::Error;
use super::body::Outgoing;
use super::connector::{Connector, Wire};
use super::course::{Course, Watched};
use super::departure::Hear;
use super::endpoint::{ARE_YOU_THERE, Failure};
use crate::config::defaults::{CONNECTION_BUFFER_BYTES, UPSTREAM_POOL_IDLE_TIMEOUT};
use crate::tasks::Tasks;
use crate::wire::{Pulse, Received, Sending, Unsent, strip_connection};
use crate::workers;

/// The connections to one address.
pub(super) struct Streams {
    connector: Connector,
    scheme: Scheme,
    tasks: Tasks,
    /// By the place where requests are served: a connection stays where it was made.
    places: Box<[Place]>,
}

#[derive(Default)]
struct Place {
    lines: Mutex<Vec<Line>>,
    /// Held by whoever connects; the others wait for what comes of it.
    connecting: tokio::sync::Mutex<Attempt>,
}

/// What came of the last attempt to connect.
#[derive(Default)]
enum Attempt {
    /// There is nothing to be known of the next one.
    #[default]
    Well,
    /// The application speaks HTTP/1.1 alone, whose connections are made by everybody alone.
    One,
    Failed(Instant, Unreached),
}

/// One connection. Clones are the same; each but that of its place is something that is under way.
#[derive(Clone)]
pub(super) struct Line {
    sender: SendRequest<Bytes>,
    course: Course,
    usage: Arc<Use>,
}

/// What a connection has been used for.
#[derive(Default)]
struct Use {
    requests: AtomicU64,
    /// Whether a request has been answered.
    answered: AtomicBool,
    /// Whether we have given it up.
    given_up: AtomicBool,
}

/// An answer that has not ended, and what is left of its request: that ends with it.
pub(super) struct Answering {
    _line: Arc<Line>,
    upload: oneshot::Sender<()>,
}

/// What there is to send a request by.
pub(super) enum Found {
    /// A connection that speaks HTTP/2.
    Two(Line),
    /// One that has just been made, to an application that prefers HTTP/1.1.
    One(Wire),
}

/// An answer may run ahead of its visitor by this much.
const STREAM_WINDOW: u32 = 256 * 1024;

/// All answers of a connection together: as much as there can be, so that a visitor who reads slowly holds up nobody else.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// Streams of a connection whose application has not said how many it admits.
const FIRST_STREAMS: usize = 100;

/// Streams that visitors have left and whose last bytes may still be on their way. Beyond that they count as mistakes of the
/// application, so there must be room for all visitors leaving at once.
const LEFT_STREAMS: usize = 10_000;

impl Streams {
    pub(super) fn new(connector: Connector, scheme: Scheme, tasks: &Tasks) -> Self {
        Self {
            connector,
            scheme,
            tasks: tasks.clone(),
            places: std::iter::repeat_with(Place::default)
                .take(tasks.places())
                .collect(),
        }
    }

    /// The connection of this place, or a new one.
    ///
    /// # Cancel safety
    /// Dropping the future gives up a connection that is being made; whoever waits for it makes another.
    pub(super) async fn find(&self) -> Result<Found, Failure> {
        let here = self.places.get(workers::place());
        // A thread that serves nothing has no place of its own.
        let Some(place) = here.or(self.places.first()) else {
            return Err(Failure::Connect("there is no place for connections".into()));
        };
        if let Some(line) = place.line().await {
            return Ok(Found::Two(line));
        }
        let asked = Instant::now();
        let mut last = place.connecting.lock().await;
        match &*last {
            Attempt::One => {
                drop(last);
                let wire = self.connector.connect().await;
                let found = self.found(place, wire).await;
                if let Ok(Found::Two(_)) = found {
                    *place.connecting.lock().await = Attempt::Well;
                }
                return found.map_err(Unreached::into_failure);
            }
            Attempt::Failed(at, error) if *at > asked => return Err(error.clone().into_failure()),
            Attempt::Well | Attempt::Failed(..) => {}
        }
        // Somebody else may have made it in the meantime.
        if let Some(line) = place.line().await {
            return Ok(Found::Two(line));
        }
        let found = self.found(place, self.connector.connect().await).await;
        *last = match &found {
            Ok(Found::Two(_)) => Attempt::Well,
            Ok(Found::One(_)) => Attempt::One,
            Err(error) => Attempt::Failed(Instant::now(), error.clone()),
        };
        found.map_err(Unreached::into_failure)
    }

    async fn found(&self, place: &Place, wire: io::Result<Wire>) -> Result<Found, Unreached> {
        let wire = wire.map_err(Unreached::new)?;
        if !wire.speaks_two() {
            return Ok(Found::One(wire));
        }
        let line = timeout(ARE_YOU_THERE, self.shake(wire)).await;
        let line = line.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let line = line.map_err(Unreached::new)?;
        place.lock().push(line.clone());
        Ok(Found::Two(line))
    }

    async fn shake(&self, wire: Wire) -> io::Result<Line> {
        let course = Course::new();
        let list = u32::try_from(CONNECTION_BUFFER_BYTES).unwrap_or(u32::MAX);
        let shaken = h2::client::Builder::new()
            .enable_push(false)
            .initial_max_send_streams(FIRST_STREAMS)
            .max_concurrent_reset_streams(LEFT_STREAMS)
            // Whom the file names is no stranger, and its connection is not one visitor's to lose.
            .max_local_error_reset_streams(None)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(list)
            .max_send_buffer_size(CONNECTION_BUFFER_BYTES)
            .handshake(Watched::new(wire, course.clone()))
            .await;
        let (sender, mut connection) = shaken.map_err(io::Error::other)?;
        let pings = connection.ping_pong();
        let usage = Arc::new(Use::default());
        self.tasks.execute(Driven {
            connection,
            pulse: pings.map(|pings| Pulse::new(pings, ARE_YOU_THERE, ARE_YOU_THERE)),
            course: course.clone(),
            rest: Rest::new(&usage),
        });
        Ok(Line {
            sender,
            course,
            usage,
        })
    }

    /// Sends a request, and its body as it comes, beyond the head of the answer if need be.
    ///
    /// # Cancel safety
    /// Dropping the future resets the stream.
    pub(super) async fn send(
        &self,
        mut line: Line,
        request: Request<Outgoing>,
        hear: Option<&Hear>,
    ) -> Result<(Response<Received>, Answering), Failure> {
        line.usage.requests.fetch_add(1, Ordering::Relaxed);
        let asked = Begun::now(&line);
        let (head, body) = request.into_parts();
        let head = self.directed(head).ok_or(Failure::unsent(Error::Address))?;
        let is_all = http_body::Body::is_end_stream(&body);
        let sent = line.sender.send_request(head, is_all);
        let (answer, stream) = sent.map_err(|error| asked.failure(&line, error))?;
        let sending = (!is_all).then(|| Sending::new(body, stream, Reason::CANCEL));
        let exchange = Exchange {
            answer,
            sending,
            hear,
        };
        let (answer, sending) = exchange.await.map_err(|failed| match failed {
            Unsent::Body(error) => Failure::unsent(error),
            Unsent::Stream(error) => asked.failure(&line, error),
        })?;
        line.usage.answered.store(true, Ordering::Relaxed);
        let (upload, ended) = oneshot::channel();
        // Together they are one stream of those that the application admits.
        let line = Arc::new(line);
        if let Some(sending) = sending {
            let line = Arc::clone(&line);
            self.tasks.execute(async move {
                finish(sending, ended).await;
                drop(line);
            });
        }
        let (head, body) = answer.into_parts();
        let body = Received::of_stream(body, &head.headers, None);
        let answering = Answering {
            _line: line,
            upload,
        };
        Ok((Response::from_parts(head, body), answering))
    }

    /// The head as HTTP/2 has it: the host is in the target (RFC 9113 §8.3.1).
    fn directed(&self, mut head: request::Parts) -> Option<Request<()>> {
        let host = head.headers.remove(HOST)?;
        strip_connection(&mut head.headers);
        let mut uri = std::mem::take(&mut head.uri).into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
        head.uri = Uri::from_parts(uri).ok()?;
        head.version = Version::HTTP_2;
        Some(Request::from_parts(head, ()))
    }
}

impl Answering {
    /// The answer has ended, and nothing more comes of the request: what of it is under way may arrive.
    pub(super) fn give_back(self) {
        // It has arrived already.
        let _ = self.upload.send(());
    }
}

/// Sends the rest of a body as long as its answer lasts, and what there is of it by then a while longer.
async fn finish(sending: Sending<Outgoing>, ended: oneshot::Receiver<()>) {
    let mut sending = pin!(sending);
    let ended = tokio::select! {
        _ = sending.as_mut() => return,
        ended = ended => ended,
    };
    if ended.is_ok() {
        let _ = timeout(ARE_YOU_THERE, sending).await;
    }
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that is still good and has room.
    async fn line(&self) -> Option<Line> {
        loop {
            let line = self.lock().iter().find(|line| line.has_room())?.clone();
            match line.sender.clone().ready().await {
                Ok(sender) => return Some(Line { sender, ..line }),
                Err(_) => self
                    .lock()
                    .retain(|other| !Arc::ptr_eq(&other.usage, &line.usage)),
            }
        }
    }
}

impl Line {
    /// Whether the application admits another stream: one that has to wait for that would be lost with the connection.
    fn has_room(&self) -> bool {
        let under_way = Arc::strong_count(&self.usage).saturating_sub(1);
        under_way < self.sender.current_max_send_streams()
    }
}

/// What had come back when a request was sent.
struct Begun {
    heard: u64,
    had_answered: bool,
}

impl Begun {
    fn now(line: &Line) -> Self {
        Self {
            heard: line.course.heard_so_far(),
            had_answered: line.usage.answered.load(Ordering::Relaxed),
        }
    }

    /// Why there is no answer. The application has not seen a request that it refuses, or that came after what it says it has
    /// seen (RFC 9113 §6.8, §8.7); and most likely none that met the end of a connection at rest.
    fn failure(&self, line: &Line, error: h2::Error) -> Failure {
        let refused = error.reason() == Some(Reason::REFUSED_STREAM) || error.is_go_away();
        let ended = error.is_io() && !line.usage.given_up.load(Ordering::Relaxed);
        let silent = self.had_answered && line.course.heard_so_far() == self.heard;
        Failure::Exchange {
            unseen: error.is_remote() && refused || ended && silent,
            source: error.into(),
        }
    }
}

/// A request under way, until the head of its answer is there. What is left of its body then is to be sent by somebody else.
struct Exchange<'a> {
    answer: ResponseFuture,
    sending: Option<Sending<Outgoing>>,
    hear: Option<&'a Hear>,
}

impl Future for Exchange<'_> {
    type Output = Result<(Response<RecvStream>, Option<Sending<Outgoing>>), Unsent<Error>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(sending) = &mut this.sending
            && let Poll::Ready(sent) = Pin::new(sending).poll(context)
        {
            this.sending = None;
            // A stream that is no longer good for the body says why by its answer.
            if let Err(Unsent::Body(error)) = sent {
                return Poll::Ready(Err(Unsent::Body(error)));
            }
        }
        while let Poll::Ready(Some(Ok(said))) = this.answer.poll_informational(context) {
            if let Some(hear) = this.hear {
                hear(said.status(), said.headers());
            }
        }
        let answer = ready!(Pin::new(&mut this.answer).poll(context)).map_err(Unsent::Stream)?;
        Poll::Ready(Ok((answer, this.sending.take())))
    }
}

/// Moves the bytes of a connection until it ends, has rested for too long, or the application is gone without a word.
struct Driven {
    connection: h2::client::Connection<Watched<Wire>, Bytes>,
    pulse: Option<Pulse>,
    course: Course,
    rest: Rest,
}

/// Whether there is nothing under way on a connection.
struct Rest {
    usage: Weak<Use>,
    /// The requests that it had had at the last look.
    requests: u64,
    look: Pin<Box<Sleep>>,
}

/// A connection that has had nothing to do between two looks is closed, before the application closes it.
const LOOK_EVERY: Duration = Duration::from_secs(UPSTREAM_POOL_IDLE_TIMEOUT.as_secs() / 2);

impl Rest {
    fn new(usage: &Arc<Use>) -> Self {
        Self {
            usage: Arc::downgrade(usage),
            requests: 0,
            look: Box::pin(sleep(LOOK_EVERY)),
        }
    }

    /// Ready when it has been at rest for long enough.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.look.as_mut().poll(context).is_ready() {
            let usage = self.usage.upgrade();
            let requests = usage.map_or(self.requests, |it| it.requests.load(Ordering::Relaxed));
            // The place has one.
            if self.usage.strong_count() <= 1 && requests == self.requests {
                return Poll::Ready(());
            }
            self.requests = requests;
            self.look.as_mut().reset(Instant::now() + LOOK_EVERY);
        }
        Poll::Pending
    }
}

impl Future for Driven {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if let Poll::Ready(ended) = Pin::new(&mut this.connection).poll(context) {
            if let Err(error) = ended {
                debug!(%error, "a connection to an application ended");
            }
            return Poll::Ready(());
        }
        if this.rest.poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(pulse) = &mut this.pulse else {
            return Poll::Pending;
        };
        // After what had come already has been heard.
        ready!(pulse.poll(context, this.course.heard_so_far()));
        debug!("an application has gone without a word");
        if let Some(usage) = this.rest.usage.upgrade() {
            usage.given_up.store(true, Ordering::Relaxed);
        }
        Poll::Ready(())
    }
}

/// Why there is no connection, for all that waited for it.
#[derive(Clone, Debug)]
struct Unreached(Arc<io::Error>);

impl Unreached {
    fn new(error: io::Error) -> Self {
        Self(Arc::new(error))
    }

    fn into_failure(self) -> Failure {
        Failure::Connect(Box::new(self))
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Unreached {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
