//! The connections of HTTP/2 to one address: for each place where requests are served one, shared by all that are under way
//! there, and another when the application admits no more on it.
//!
//! The library below it is h2 itself rather than hyper, which hears nothing that is said before an answer.

mod driven;
mod exchange;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use h2::client::SendRequest;
use http::uri::Scheme;
use hyper::rt::Executor as _;
use tokio::time::{Instant, timeout};

use self::driven::Driven;
pub(super) use self::exchange::Answering;
use super::connector::{Connector, Wire};
use super::course::{Course, Watched};
use super::endpoint::{ARE_YOU_THERE, Failure};
use crate::config::defaults::CONNECTION_BUFFER_BYTES;
use crate::tasks::Tasks;
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
        let (sender, connection) = shaken.map_err(io::Error::other)?;
        let usage = Arc::new(Use::default());
        self.tasks
            .execute(Driven::new(connection, course.clone(), &usage));
        Ok(Line {
            sender,
            course,
            usage,
        })
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
