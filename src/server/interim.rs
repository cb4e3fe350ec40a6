//! Interim answers (RFC 9110 §15.2): what an application says before its answer, 103 (RFC 8297) above all.
//!
//! On HTTP/2 the task of the stream sends them. hyper's server has no way to send them on HTTP/1.1, so they go straight into
//! the stream of the connection, between what hyper writes: only while their request waits for its answer, and only when all
//! that hyper had to say before is out. One that cannot keep to that is dropped, as whoever sends one must expect.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::stream::Fate;

/// Takes the interim answers of one request, until its answer comes.
#[derive(Clone)]
pub struct Interim(Way);

#[derive(Clone)]
enum Way {
    /// By a connection of HTTP/1.1, in the turn of this request.
    One { fate: Arc<Fate>, turn: u64 },
    /// By a stream of HTTP/2.
    Two(Arc<Waiting>),
}

impl fmt::Debug for Interim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Interim").finish_non_exhaustive()
    }
}

impl Interim {
    /// For the request that has just begun.
    pub(super) fn of(fate: &Arc<Fate>) -> Self {
        Self(Way::One {
            turn: fate.interims.turn.load(Ordering::Acquire),
            fate: Arc::clone(fate),
        })
    }

    /// For the request of a stream.
    pub(super) fn of_stream(waiting: &Arc<Waiting>) -> Self {
        Self(Way::Two(Arc::clone(waiting)))
    }

    /// Sends one with these fields, which must be fit for the client. Does nothing if the answer has come, if the client
    /// takes up too little of what was sent before (on HTTP/2, where nobody can know that: if there were too many), or if this
    /// is none: 100 is said when the body is asked for, and 101 is an answer.
    pub fn send(&self, status: StatusCode, fields: &HeaderMap) {
        let own = [StatusCode::CONTINUE, StatusCode::SWITCHING_PROTOCOLS];
        if !status.is_informational() || own.contains(&status) {
            return;
        }
        match &self.0 {
            Way::One { fate, turn } => fate.interims.push(*turn, status, fields),
            Way::Two(waiting) => waiting.push(status, fields),
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

/// What may wait until a client takes it up, or may be said before one answer of HTTP/2.
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

/// The interim answers of a stream of HTTP/2.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    line: Mutex<Line>,
    waker: AtomicWaker,
}

#[derive(Debug, Default)]
struct Line {
    waiting: Vec<(StatusCode, HeaderMap)>,
    bytes: usize,
    ended: bool,
}

impl Waiting {
    /// Tells the client to send its body.
    pub(super) fn go_on(&self) {
        self.add(0, StatusCode::CONTINUE, HeaderMap::new);
    }

    /// Those that wait to be sent. Wakes `context` when there are more.
    pub(super) fn take(&self, context: &Context<'_>) -> Vec<(StatusCode, HeaderMap)> {
        self.waker.register(context.waker());
        std::mem::take(&mut self.line().waiting)
    }

    /// The answer has come.
    pub(super) fn end(&self) {
        self.line().ended = true;
    }

    fn push(&self, status: StatusCode, fields: &HeaderMap) {
        let fields_bytes = |(name, value): (&HeaderName, &HeaderValue)| {
            name.as_str().len() + value.len() + LINE_BYTES
        };
        let bytes = LINE_BYTES + fields.iter().map(fields_bytes).sum::<usize>();
        self.add(bytes, status, || fields.clone());
    }

    fn add(&self, bytes: usize, status: StatusCode, fields: impl FnOnce() -> HeaderMap) {
        let mut line = self.line();
        if line.ended || line.bytes + bytes > MOST_BYTES {
            return;
        }
        line.bytes += bytes;
        line.waiting.push((status, fields()));
        drop(line);
        self.waker.wake();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a field, or an answer without any, counts for besides its text (RFC 9113 §6.5.2).
const LINE_BYTES: usize = 32;

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
