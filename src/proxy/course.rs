//! What a connection to an application has been through: it says whether a request that broke on it may be sent again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How far a connection has come. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Course(Arc<Marks>);

#[derive(Debug)]
struct Marks {
    state: AtomicU8,
    /// How often something has come back, or was taken that there had been no room for.
    heard: AtomicU64,
}

/// Nothing has come back on it yet.
const FRESH: u8 = 0;
/// Something has come back since we last sent.
const ANSWERED: u8 = 1;
/// It has been answered on before; since we sent again, nothing has come.
const ASKED_AGAIN: u8 = 2;

impl Course {
    pub(super) fn new() -> Self {
        Self(Arc::new(Marks {
            state: AtomicU8::new(FRESH),
            heard: AtomicU64::new(0),
        }))
    }

    /// Whether the connection served before and ended without a byte for the request at hand: then most likely it was
    /// closed for having rested too long, and the application has not seen the request (RFC 9112 §9.3.1).
    pub(super) fn ended_at_rest(&self) -> bool {
        self.0.state.load(Ordering::Acquire) == ASKED_AGAIN
    }

    /// Whether anything has come back on it so far.
    pub(super) fn has_served(&self) -> bool {
        self.0.state.load(Ordering::Acquire) != FRESH
    }

    /// Another number whenever the other end has shown that it is there.
    pub(super) fn heard_so_far(&self) -> u64 {
        self.0.heard.load(Ordering::Relaxed)
    }

    fn moved(&self) {
        self.0.heard.fetch_add(1, Ordering::Relaxed);
    }

    fn sending(&self) {
        let (from, to) = (ANSWERED, ASKED_AGAIN);
        // Fails on a fresh connection, and within one request: both stay what they are.
        let _ = self
            .0
            .state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }

    fn heard(&self) {
        self.moved();
        self.0.state.store(ANSWERED, Ordering::Release);
    }
}

/// A connection that keeps its [`Course`].
#[derive(Debug)]
pub(super) struct Watched<S> {
    inner: S,
    course: Course,
    /// Whether there was no room for what we last sent.
    stalled: bool,
}

impl<S> Watched<S> {
    pub(super) const fn new(inner: S, course: Course) -> Self {
        Self {
            inner,
            course,
            stalled: false,
        }
    }
}

impl<S> Watched<S> {
    fn wrote(&mut self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if std::mem::replace(&mut self.stalled, outcome.is_pending()) && outcome.is_ready() {
            self.course.moved();
        }
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(context, buffer);
        if buffer.filled().len() > before {
            this.course.heard();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // Before the outcome is known: a connection that refuses the bytes has not taken them either.
        this.course.sending();
        let outcome = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.wrote(outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.course.sending();
        let outcome = Pin::new(&mut this.inner).poll_write_vectored(context, pieces);
        this.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connection_that_served_and_said_nothing_since_ended_at_rest() {
        let course = Course::new();
        course.sending();
        assert!(!course.ended_at_rest(), "fresh");
        course.heard();
        assert!(!course.ended_at_rest(), "answered");
        course.sending();
        course.sending();
        assert!(course.ended_at_rest());
        course.heard();
        assert!(!course.ended_at_rest(), "an answer had begun");
    }
}
