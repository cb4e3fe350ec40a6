//! What moves the bytes of a connection of HTTP/2, and when it stops.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::Connection;
use tokio::time::{Instant, Sleep, sleep};
use tracing::debug;

use super::super::connector::Wire;
use super::super::course::{Course, Watched};
use super::super::endpoint::ARE_YOU_THERE;
use super::Use;
use crate::config::defaults::UPSTREAM_POOL_IDLE_TIMEOUT;
use crate::wire::Pulse;

/// Moves the bytes of a connection until it ends, has rested for too long, or the application is gone without a word.
pub(super) struct Driven {
    connection: Connection<Watched<Wire>, Bytes>,
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

impl Driven {
    pub(super) fn new(
        mut connection: Connection<Watched<Wire>, Bytes>,
        course: Course,
        usage: &Arc<Use>,
    ) -> Self {
        let pings = connection.ping_pong();
        Self {
            connection,
            pulse: pings.map(|pings| Pulse::new(pings, ARE_YOU_THERE, ARE_YOU_THERE)),
            course,
            rest: Rest::new(usage),
        }
    }
}

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
