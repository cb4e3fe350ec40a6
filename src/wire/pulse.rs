//! Whether the other end of a connection of HTTP/2 is still there.

use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::{Instant, Sleep, sleep};

/// Asks one that has not been heard for a while, and waits for whatever it says. Whatever comes counts, and so does its taking what
/// it had no room for: the ping may be behind that.
pub struct Pulse {
    pings: PingPong,
    /// How much had been heard at the last look.
    heard: u64,
    asked: bool,
    next: Pin<Box<Sleep>>,
    every: Duration,
    patience: Duration,
}

impl fmt::Debug for Pulse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pulse").finish_non_exhaustive()
    }
}

impl Pulse {
    /// Asks after a silence of `every`, and waits for `patience`.
    pub fn new(pings: PingPong, every: Duration, patience: Duration) -> Self {
        Self {
            pings,
            heard: 0,
            asked: false,
            next: Box::pin(sleep(every)),
            every,
            patience,
        }
    }

    /// Ready when it does not answer. `heard` is another number whenever anything came, or was taken.
    pub fn poll(&mut self, context: &mut Context<'_>, heard: u64) -> Poll<()> {
        while self.next.as_mut().poll(context).is_ready() {
            // The answer counts as what is heard; it has to be taken before one can ask again.
            let _ = self.pings.poll_pong(context);
            let silent = self.heard == heard;
            if silent && self.asked {
                return Poll::Ready(());
            }
            self.heard = heard;
            self.asked = silent;
            let wait = if silent {
                // Of a connection that has just ended nobody need be asked.
                let _ = self.pings.send_ping(Ping::opaque());
                self.patience
            } else {
                self.every
            };
            self.next.as_mut().reset(Instant::now() + wait);
        }
        Poll::Pending
    }
}
