//! The connections of HTTP/2 to one address: one for each place where requests are served, shared by all that are under way
//! there.
//!
//! The library below it is h2 itself rather than hyper, which hears nothing that is said before an answer.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::client::{ResponseFuture, SendRequest};
use http::header::{CONTENT_LENGTH, HOST};
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri, Version, request};
use hyper::rt::Executor as _;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::body::Outgoing;
use super::connector::{Connector, Wire};
use super::course::{Course, Watched};
use super::departure::Hear;
use super::endpoint::{ARE_YOU_THERE, Failure};
use super::error;
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
    line: Mutex<Option<Line>>,
    /// Held by whoever connects; the others wait for what comes of it.
    connecting: tokio::sync::Mutex<Attempt>,
}

/// What came of the last attempt to connect.
#[derive(Default)]
enum Attempt {
    #[default]
    Two,
    /// The application speaks HTTP/1.1 alone, whose connections are made by everybody alone.
    One,
    Failed(Instant, Shared),
}

/// One connection. Clones are the same.
#[derive(Clone)]
pub(super) struct Line {
    sender: SendRequest<Bytes>,
    course: Course,
    open: Open,
}

/// Kept by whatever is under way on a connection. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Open(Arc<AtomicU64>);

/// What there is to send a request by.
pub(super) enum Found {
    /// A connection that speaks HTTP/2.
    Two(Line),
    /// One that has just been made, to an application that prefers HTTP/1.1.
    One(Wire),
}

/// An upload may run ahead of the application, and an answer of its visitor, by this much.
const STREAM_WINDOW: u32 = 256 * 1024;

/// All answers of a connection together: as much as there can be, so that a visitor who reads slowly holds up nobody else.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

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
                return self.found(place, wire).await.map_err(Shared::into_failure);
            }
            Attempt::Failed(at, error) if *at > asked => return Err(error.clone().into_failure()),
            Attempt::Two | Attempt::Failed(..) => {}
        }
        // Somebody else may have made it in the meantime.
        if let Some(line) = place.line().await {
            return Ok(Found::Two(line));
        }
        let found = self.found(place, self.connector.connect().await).await;
        *last = match &found {
            Ok(Found::Two(_)) => Attempt::Two,
            Ok(Found::One(_)) => Attempt::One,
            Err(error) => Attempt::Failed(Instant::now(), error.clone()),
        };
        found.map_err(Shared::into_failure)
    }

    async fn found(&self, place: &Place, wire: io::Result<Wire>) -> Result<Found, Shared> {
        let wire = wire.map_err(Shared::new)?;
        if !wire.speaks_two() {
            return Ok(Found::One(wire));
        }
        let line = timeout(ARE_YOU_THERE, self.shake(wire)).await;
        let line = line.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let line = line.map_err(Shared::new)?;
        *place.lock() = Some(line.clone());
        Ok(Found::Two(line))
    }

    async fn shake(&self, wire: Wire) -> io::Result<Line> {
        let course = Course::new();
        let list = u32::try_from(CONNECTION_BUFFER_BYTES).unwrap_or(u32::MAX);
        let shaken = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(list)
            .max_send_buffer_size(CONNECTION_BUFFER_BYTES)
            .handshake(Watched::new(wire, course.clone()))
            .await;
        let (sender, mut connection) = shaken.map_err(io::Error::other)?;
        let pings = connection.ping_pong();
        let open = Open::default();
        self.tasks.execute(Driven {
            connection,
            pulse: pings.map(|pings| Pulse::new(pings, ARE_YOU_THERE, ARE_YOU_THERE)),
            course: course.clone(),
            rest: Rest::new(&open),
        });
        Ok(Line {
            sender,
            course,
            open,
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
    ) -> Result<(Response<Received>, Open), Failure> {
        line.open.0.fetch_add(1, Ordering::Relaxed);
        let (head, body) = request.into_parts();
        let head = self.directed(head).map_err(Failure::unsent)?;
        let is_all = http_body::Body::is_end_stream(&body);
        let sent = line.sender.send_request(head, is_all);
        let (answer, stream) = sent.map_err(|error| line.failure(error))?;
        let sending = (!is_all).then(|| Sending::new(body, stream, Reason::CANCEL));
        let (answer, sending) = Exchange {
            line: &line,
            answer,
            sending,
            hear,
        }
        .await?;
        if let Some(sending) = sending {
            self.tasks.execute(async move { drop(sending.await) });
        }
        let length = answer.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|it| it.to_str().ok()?.parse().ok());
        let answer = answer.map(|body| Received::of_stream(body, length, None));
        Ok((answer, line.open))
    }

    /// The head as HTTP/2 has it: the host is in the target (RFC 9113 §8.3.1).
    fn directed(&self, mut head: request::Parts) -> Result<Request<()>, Unusable> {
        let host = head
            .headers
            .remove(HOST)
            .ok_or("a request without a host")?;
        strip_connection(&mut head.headers);
        let mut uri = std::mem::take(&mut head.uri).into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(Authority::try_from(host.as_bytes())?);
        head.uri = Uri::from_parts(uri)?;
        head.version = Version::HTTP_2;
        Ok(Request::from_parts(head, ()))
    }
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Option<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, if it is still good.
    async fn line(&self) -> Option<Line> {
        let line = self.lock().clone()?;
        let sender = line.sender.ready().await.ok()?;
        Some(Line { sender, ..line })
    }
}

impl Line {
    /// Why there is no answer. The application has not seen a request that it refuses, or that came after what it says it has
    /// seen (RFC 9113 §8.7); and most likely none that met the end of a connection at rest.
    fn failure(&self, error: h2::Error) -> Failure {
        let refused = error.reason() == Some(Reason::REFUSED_STREAM);
        let after_the_last = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
        let at_rest = self.course.ended_at_rest() && error::is_end_of_connection(&error);
        Failure::Exchange {
            unseen: error.is_remote() && (refused || after_the_last) || at_rest,
            source: error.into(),
        }
    }
}

/// A request under way, until the head of its answer is there. What is left of its body then is to be sent by somebody else.
struct Exchange<'a> {
    line: &'a Line,
    answer: ResponseFuture,
    sending: Option<Sending<Outgoing>>,
    hear: Option<&'a Hear>,
}

impl Future for Exchange<'_> {
    type Output = Result<(Response<h2::RecvStream>, Option<Sending<Outgoing>>), Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(sending) = &mut this.sending
            && let Poll::Ready(sent) = Pin::new(sending).poll(context)
        {
            this.sending = None;
            // A stream that is no longer good for the body says why by its answer.
            if let Err(Unsent::Body(error)) = sent {
                return Poll::Ready(Err(Failure::unsent(error)));
            }
        }
        while let Poll::Ready(Some(Ok(said))) = this.answer.poll_informational(context) {
            if let Some(hear) = this.hear {
                hear(said.status(), said.headers());
            }
        }
        Pin::new(&mut this.answer).poll(context).map(|answer| {
            let answer = answer.map_err(|error| this.line.failure(error))?;
            Ok((answer, this.sending.take()))
        })
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
    open: Weak<AtomicU64>,
    /// The requests that it had had at the last look.
    requests: u64,
    look: Pin<Box<Sleep>>,
}

/// A connection that has had nothing to do between two looks is closed, before the application closes it.
const LOOK_EVERY: Duration = Duration::from_secs(UPSTREAM_POOL_IDLE_TIMEOUT.as_secs() / 2);

impl Rest {
    fn new(open: &Open) -> Self {
        Self {
            open: Arc::downgrade(&open.0),
            requests: 0,
            look: Box::pin(sleep(LOOK_EVERY)),
        }
    }

    /// Ready when it has been at rest for long enough.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.look.as_mut().poll(context).is_ready() {
            let requests = self.open.upgrade();
            let requests = requests.map_or(self.requests, |it| it.load(Ordering::Relaxed));
            // The place keeps the connection too.
            if self.open.strong_count() <= 1 && requests == self.requests {
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
        if let Some(pulse) = &mut this.pulse
            && pulse.poll(context, this.course.heard_so_far()).is_ready()
        {
            return Poll::Ready(());
        }
        if Pin::new(&mut this.connection).poll(context).is_ready() {
            return Poll::Ready(());
        }
        this.rest.poll(context)
    }
}

/// Why there is no connection, for all that waited for it.
#[derive(Clone, Debug)]
struct Shared(Arc<io::Error>);

impl Shared {
    fn new(error: io::Error) -> Self {
        Self(Arc::new(error))
    }

    fn into_failure(self) -> Failure {
        Failure::Connect(Box::new(self))
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

type Unusable = Box<dyn std::error::Error + Send + Sync>;
