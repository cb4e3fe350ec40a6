//! Connections of HTTP/1.1 to one address, and those of them that rest.
//!
//! A request takes the connection that rested last, or makes one. The connection comes back with the end of the answer, if
//! the request had ended as well; otherwise it is closed. What was never sent is sent by another connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::Executor as _;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep_until};

use super::body::Outgoing;
use super::connector::{Connector, Wire};
use super::course::{Course, Watched};
use super::endpoint::Failure;
use super::error;
use crate::config::defaults::{
    CONNECTION_BUFFER_BYTES, UPSTREAM_POOL_IDLE, UPSTREAM_POOL_IDLE_TIMEOUT,
};
use crate::tasks::Tasks;
use crate::workers;

/// The connections to one address. Clones are the same.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    connector: Connector,
    tasks: Tasks,
    /// By the place where requests are served: a connection stays where it was made.
    resting: Box<[Mutex<Resting>]>,
    /// How many may rest in one.
    most: usize,
}

/// Those that rest, the last one at the end.
#[derive(Default)]
struct Resting {
    lines: VecDeque<(Instant, Line)>,
    /// Whether somebody closes those that rest for too long.
    swept: bool,
}

/// One connection, between two requests or under way.
pub(super) struct Line {
    sender: SendRequest<Outgoing>,
    course: Course,
}

/// Why a connection brought no answer.
pub(super) enum Unanswered {
    /// It had ended before this was sent.
    Unsent(Box<Request<Outgoing>>),
    Failed(Failure),
}

/// A connection whose answer has not ended.
pub(super) struct Lent {
    line: Line,
    pool: Pool,
}

impl Pool {
    pub(super) fn new(connector: Connector, tasks: &Tasks) -> Self {
        Self(Arc::new(Shared {
            connector,
            tasks: tasks.clone(),
            resting: std::iter::repeat_with(Mutex::default)
                .take(tasks.places())
                .collect(),
            most: UPSTREAM_POOL_IDLE.div_ceil(tasks.places()),
        }))
    }

    /// Sends a request.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection that has the request.
    pub(super) async fn send(
        &self,
        mut request: Request<Outgoing>,
    ) -> Result<(Response<Incoming>, Lent), Failure> {
        loop {
            let line = match self.rested().await {
                Some(line) => line,
                // Seldom, so the request need not carry the room for it.
                None => Box::pin(self.connect()).await?,
            };
            match self.send_by(line, request).await {
                Ok(answered) => return Ok(answered),
                Err(Unanswered::Unsent(unsent)) => request = *unsent,
                Err(Unanswered::Failed(failure)) => return Err(failure),
            }
        }
    }

    /// Sends a request by one connection.
    pub(super) async fn send_by(
        &self,
        mut line: Line,
        request: Request<Outgoing>,
    ) -> Result<(Response<Incoming>, Lent), Unanswered> {
        let mut error = match line.sender.try_send_request(request).await {
            Ok(response) => {
                let pool = self.clone();
                return Ok((response, Lent { line, pool }));
            }
            Err(error) => error,
        };
        match error.take_message() {
            // It was closed while it rested, and has had nothing of this.
            Some(unsent) if line.course.has_served() => Err(Unanswered::Unsent(Box::new(unsent))),
            Some(_) | None => {
                let error = error.into_error();
                Err(Unanswered::Failed(Failure::Exchange {
                    unseen: line.course.ended_at_rest() && error::is_end_of_connection(&error),
                    source: error.into(),
                }))
            }
        }
    }

    /// The connection that rested last and is still good.
    pub(super) async fn rested(&self) -> Option<Line> {
        loop {
            let (_, mut line) = self.resting()?.lines.pop_back()?;
            // Its task may not have seen the end of the last answer yet.
            if line.sender.ready().await.is_ok() {
                return Some(line);
            }
        }
    }

    async fn connect(&self) -> Result<Line, Failure> {
        let wire = self.0.connector.connect().await;
        self.shake(wire.map_err(|error| Failure::Connect(error.into()))?)
            .await
    }

    /// Begins to speak HTTP/1.1 on a connection that has just been made.
    pub(super) async fn shake(&self, wire: Wire) -> Result<Line, Failure> {
        let course = Course::new();
        let watched = TokioIo::new(Watched::new(wire, course.clone()));
        let shaken = http1::Builder::new()
            .max_buf_size(CONNECTION_BUFFER_BYTES)
            .handshake(watched)
            .await;
        let (sender, connection) = shaken.map_err(|error| Failure::Connect(error.into()))?;
        self.0.tasks.execute(connection.with_upgrades());
        Ok(Line { sender, course })
    }

    /// Those that rest here; none for a thread that serves nothing.
    fn resting(&self) -> Option<MutexGuard<'_, Resting>> {
        let resting = self.0.resting.get(workers::place())?;
        Some(resting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, line: Line) {
        if line.sender.is_closed() {
            return;
        }
        let Some(mut resting) = self.resting() else {
            return;
        };
        resting.lines.push_back((Instant::now(), line));
        let surplus = resting.lines.len() > self.0.most;
        let dropped = surplus.then(|| resting.lines.pop_front());
        let sweeps = !std::mem::replace(&mut resting.swept, true);
        drop(resting);
        drop(dropped);
        if sweeps {
            let pool = self.clone();
            self.0.tasks.execute(async move { pool.sweep().await });
        }
    }

    /// Closes what rests for too long, until nothing rests.
    async fn sweep(&self) {
        while let Some(next) = self.close_old() {
            sleep_until(next).await;
        }
    }

    /// When the next one will have rested for too long; none if nothing rests, and then nobody sweeps.
    fn close_old(&self) -> Option<Instant> {
        let mut old = Vec::new();
        let mut resting = self.resting()?;
        let next = loop {
            let ends = resting.lines.front();
            let Some(ends) = ends.map(|(since, _)| *since + UPSTREAM_POOL_IDLE_TIMEOUT) else {
                resting.swept = false;
                break None;
            };
            if Instant::now() < ends {
                break Some(ends);
            }
            old.extend(resting.lines.pop_front());
        };
        drop(resting);
        drop(old);
        next
    }
}

impl Lent {
    /// The answer has ended, and the request before it.
    pub(super) fn give_back(self) {
        self.pool.keep(self.line);
    }
}
