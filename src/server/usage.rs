//! What a connection has been used for, and since when it rests.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Peer;
use super::stream::Fate;

/// What a connection has been used for.
pub(super) struct Use {
    pub(super) peer: Peer,
    pub(super) fate: Arc<Fate>,
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
    pub(super) fn new(peer: Peer, fate: Arc<Fate>) -> Self {
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
    pub(super) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Since when no request is under way; none while one is, or a tunnel.
    pub(super) fn rests_since(&self) -> Option<Instant> {
        match *self.pace() {
            Pace::Resting(since) if !self.has_tunnels() => Some(since),
            Pace::Resting(_) | Pace::Running(_) => None,
        }
    }

    fn has_tunnels(&self) -> bool {
        self.tunnels.load(Ordering::Acquire) > 0
    }

    pub(super) fn has_tunnelled(&self) -> bool {
        self.tunnelled.load(Ordering::Acquire)
    }

    /// From now on nobody waits for it once only tunnels are left.
    pub(super) fn drain(&self) {
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

    pub(super) fn awaited(&self) -> MutexGuard<'_, Option<TaskTrackerToken>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request, until its answer has been sent or given up.
pub(super) struct Running(Arc<Use>);

impl Running {
    pub(super) fn begin(usage: &Arc<Use>) -> Self {
        usage.asked.store(true, Ordering::Relaxed);
        let mut pace = usage.pace();
        *pace = match *pace {
            Pace::Running(count) => Pace::Running(count + 1),
            Pace::Resting(_) => Pace::Running(1),
        };
        drop(pace);
        Self(Arc::clone(usage))
    }

    /// Of the connection that it came by.
    pub(super) const fn usage(&self) -> &Arc<Use> {
        &self.0
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
pub(super) struct Tunnel(Arc<Use>);

impl Tunnel {
    pub(super) fn begin(usage: &Arc<Use>) -> Self {
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
