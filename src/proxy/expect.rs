//! `Expect: 100-continue` (RFC 9110 §10.1.1), end to end.
//!
//! The visitor's body is not touched before the application asks for it: only then does `server` tell the visitor to go
//! on. A final answer that comes first goes out without the body.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;

/// Holds a request body back. Clones are the same gate.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: AtomicU8,
    waker: AtomicWaker,
}

const WAITING: u8 = 0;
const OPEN: u8 = 1;
const SHUT: u8 = 2;

/// What became of a [`Gate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The body may flow.
    Open,
    /// Nobody wants the body any more.
    Shut,
}

impl Gate {
    /// The application asks for the body, or may wait for it without asking.
    pub(super) fn open(&self) {
        self.settle(OPEN);
    }

    /// The answer is complete and the body was never asked for. Does nothing to an open gate.
    pub(super) fn shut(&self) {
        self.settle(SHUT);
    }

    fn settle(&self, state: u8) {
        let settled =
            self.0
                .state
                .compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire);
        if settled.is_ok() {
            self.0.waker.wake();
        }
    }

    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Way> {
        self.0.waker.register(context.waker());
        match self.0.state.load(Ordering::Acquire) {
            OPEN => Poll::Ready(Way::Open),
            SHUT => Poll::Ready(Way::Shut),
            _ => Poll::Pending,
        }
    }
}

/// Shuts a gate when the answer is through or given up.
pub(super) struct ShutOnDrop(pub(super) Gate);

impl Drop for ShutOnDrop {
    fn drop(&mut self) {
        self.0.shut();
    }
}

/// After this long the body goes on its way without having been asked for: an application may not know the expectation
/// (RFC 9110 §10.1.1: a client must not wait indefinitely).
pub(super) const UNASKED_AFTER: Duration = Duration::from_secs(1);
