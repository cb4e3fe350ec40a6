//! Interim answers (RFC 9110 §15.2): what an application says before its answer, 103 (RFC 8297) above all.
//!
//! hyper's server has no way to send them, so they go straight into the stream of an HTTP/1.1 connection, between what hyper
//! writes: only while their request waits for its answer, and only when all that hyper had to say before is out. One that
//! cannot keep to that is dropped, as whoever sends one must expect.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::{HeaderMap, StatusCode};

use super::stream::Fate;

/// Takes the interim answers of one request, until its answer comes.
#[derive(Clone)]
pub struct Interim {
    fate: Arc<Fate>,
    turn: u64,
}

impl fmt::Debug for Interim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Interim").finish_non_exhaustive()
    }
}

impl Interim {
    /// For the request that has just begun.
    pub(super) fn of(fate: &Arc<Fate>) -> Self {
        Self {
            turn: fate.interims.turn.load(Ordering::Acquire),
            fate: Arc::clone(fate),
        }
    }

    /// Sends one with these fields, which must be fit for the client. Does nothing if the answer has come, if the client
    /// takes up too little of what was sent before, or if this is none: 100 is hyper's to say, and 101 an answer.
    pub fn send(&self, status: StatusCode, fields: &HeaderMap) {
        let own = [StatusCode::CONTINUE, StatusCode::SWITCHING_PROTOCOLS];
        if status.is_informational() && !own.contains(&status) {
            self.fate.interims.push(self.turn, status, fields);
        }
    }
}

/// The interim answers of a connection.
#[derive(Debug, Default)]
pub(super) struct Interims {
    /// Odd while a request waits for its answer; another number for each.
    turn: AtomicU64,
    any: AtomicBool,
    waiting: Mutex<Vec<u8>>,
    waker: AtomicWaker,
}

/// What may wait until a client takes it up.
const MOST_BYTES: usize = 16 * 1024;

impl Interims {
    /// A request waits for its answer.
    pub(super) fn begin(&self) {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn
            .store((turn | 1).wrapping_add(2), Ordering::Release);
    }

    /// The answer has come. What waits by then goes out before it, and nothing comes after.
    pub(super) fn end(&self) {
        let waiting = self.waiting();
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(turn & !1, Ordering::Release);
        drop(waiting);
    }

    /// Whether a request waits for its answer.
    pub(super) fn is_open(&self) -> bool {
        self.turn.load(Ordering::Relaxed) & 1 == 1
    }

    /// Wakes `context` when there is one to be written.
    pub(super) fn watch(&self, context: &Context<'_>) {
        self.waker.register(context.waker());
    }

    /// Those that wait to be written, if there are any.
    pub(super) fn take(&self) -> Option<Bytes> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut waiting = self.waiting();
        self.any.store(false, Ordering::Release);
        Some(std::mem::take(&mut *waiting).into())
    }

    fn push(&self, turn: u64, status: StatusCode, fields: &HeaderMap) {
        let mut waiting = self.waiting();
        if self.turn.load(Ordering::Acquire) != turn {
            return;
        }
        let before = waiting.len();
        let written = write(&mut waiting, status, fields);
        if written.is_err() || waiting.len() > MOST_BYTES {
            waiting.truncate(before);
            return;
        }
        self.any.store(true, Ordering::Release);
        drop(waiting);
        self.waker.wake();
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As HTTP/1.1 has it (RFC 9112 §4 and §5). What the types hold has no line end in it.
fn write(into: &mut Vec<u8>, status: StatusCode, fields: &HeaderMap) -> std::io::Result<()> {
    let reason = status.canonical_reason().unwrap_or_default();
    write!(into, "HTTP/1.1 {} {reason}\r\n", status.as_u16())?;
    for (name, value) in fields {
        write!(into, "{name}: ")?;
        into.extend_from_slice(value.as_bytes());
        into.extend_from_slice(b"\r\n");
    }
    into.extend_from_slice(b"\r\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn hints(link: &str) -> HeaderMap {
        HeaderMap::from_iter([(hyper::header::LINK, HeaderValue::from_str(link).unwrap())])
    }

    fn waiting(fate: &Fate) -> String {
        String::from_utf8(fate.interims.take().unwrap_or_default().into()).unwrap()
    }

    #[test]
    fn only_the_request_that_waits_has_interim_answers() {
        let fate = Arc::new(Fate::default());
        fate.interims.begin();
        let first = Interim::of(&fate);
        first.send(StatusCode::EARLY_HINTS, &hints("</a.css>"));
        first.send(StatusCode::CONTINUE, &HeaderMap::new());
        first.send(StatusCode::SWITCHING_PROTOCOLS, &HeaderMap::new());
        first.send(StatusCode::OK, &HeaderMap::new());
        let expected = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n";
        assert_eq!(waiting(&fate), expected);
        fate.interims.end();
        first.send(StatusCode::EARLY_HINTS, &hints("</late.css>"));
        fate.interims.begin();
        first.send(StatusCode::EARLY_HINTS, &hints("</of-another.css>"));
        assert_eq!(waiting(&fate), "");
        Interim::of(&fate).send(StatusCode::PROCESSING, &HeaderMap::new());
        assert_eq!(waiting(&fate), "HTTP/1.1 102 Processing\r\n\r\n");
    }

    #[test]
    fn inv_54_what_a_client_does_not_take_up_is_bounded() {
        let fate = Arc::new(Fate::default());
        fate.interims.begin();
        let interim = Interim::of(&fate);
        let long = format!("</{}>", "a".repeat(1000));
        for _ in 0..1000 {
            interim.send(StatusCode::EARLY_HINTS, &hints(&long));
        }
        let waiting = waiting(&fate);
        assert!(waiting.len() <= MOST_BYTES && waiting.len() > MOST_BYTES / 2);
        assert!(waiting.ends_with("\r\n\r\n"), "whole ones only");
    }
}
