//! How long a body may go on, and how long it may rest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::tether::Tether;

/// Watches one body. A body that keeps flowing costs no timer.
pub(super) struct Patience {
    cut: Arc<Tether>,
    until: Option<Instant>,
    idle: Duration,
    /// Since when the next piece is awaited.
    since: Option<Instant>,
    alarms: Option<Alarms>,
}

struct Alarms {
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    time: Pin<Box<Sleep>>,
}

/// Why a body ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The right to it ended.
    Cut,
    /// Nothing came for too long.
    Stalled,
}

impl Patience {
    pub(super) const fn new(cut: Arc<Tether>, until: Option<Instant>, idle: Duration) -> Self {
        Self {
            cut,
            until,
            idle,
            since: None,
            alarms: None,
        }
    }

    /// To be asked before each piece: a body that flows is cut as well.
    pub(super) fn check(&self) -> Result<(), Interruption> {
        let over = self.until.is_some_and(|until| Instant::now() >= until);
        if over || self.cut.is_cut() {
            return Err(Interruption::Cut);
        }
        Ok(())
    }

    /// A piece came.
    pub(super) const fn flowed(&mut self) {
        self.since = None;
    }

    /// No piece came yet: ready when none may come any more.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Interruption> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let idle_end = since + self.idle;
        let deadline = self.until.map_or(idle_end, |until| until.min(idle_end));
        let cut = &self.cut;
        let alarms = self.alarms.get_or_insert_with(|| Alarms {
            cut: Box::pin(cut.breaking()),
            time: Box::pin(tokio::time::sleep_until(deadline)),
        });
        if alarms.cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(Interruption::Cut);
        }
        // A timer set for an earlier piece rings early: then it is set anew.
        while alarms.time.as_mut().poll(context).is_ready() {
            if Instant::now() < deadline {
                alarms.time.as_mut().reset(deadline);
            } else if deadline == idle_end {
                return Poll::Ready(Interruption::Stalled);
            } else {
                return Poll::Ready(Interruption::Cut);
            }
        }
        Poll::Pending
    }
}
