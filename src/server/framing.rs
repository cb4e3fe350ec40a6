//! One reading of where an HTTP/1 message begins and ends (RFC 9112 §6, threat model 35).
//!
//! hyper already refuses: conflicting lengths, `Transfer-Encoding` in HTTP/1.0 or not ending in `chunked`, folded lines,
//! a space before the colon, malformed chunks, chunk extensions with a bare line feed. It accepts, and hides from the
//! handler, what another reader may take differently: a length beside `Transfer-Encoding`, a repeated length, a line that
//! ends in a bare line feed, codings before `chunked`, a fragment in the target. It passes on what careless servers take for a word about the length
//! (`Content_Length`). So [`Framing`] reads the bytes on their way to hyper. A head that it cannot accept is spoilt before
//! hyper sees its end, and hyper answers 400 and closes; the handler is never called. A body, whose head may be with the
//! application already, is spoilt too, and nothing is read behind it: the handler hears that it broke off. What a client
//! sends before an upgrade is accepted is read as a further request; if it came to a line, the upgrade fails, since its
//! bytes may be spoilt.

use memchr::memchr;

/// Follows the messages of one HTTP/1 connection, a read at a time.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    line: Line,
    length: Length,
    /// Whether there is a `#` in the request line.
    fragment: bool,
    /// Whether the refused head has been brought to its end.
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before or in a request line; empty lines may come first (RFC 9112 §2.2).
    Start,
    /// In the fields of a head.
    Fields,
    /// This many bytes of body are left.
    Sized(u64),
    /// In a line with the size of a chunk.
    ChunkSize,
    /// This many bytes of the chunk are left, its line end included.
    Chunk(u64),
    /// In the fields after the last chunk.
    Trailers,
    /// The head was refused.
    Refused,
    /// The body was.
    Broken,
}

/// What the head says about the length of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Unsaid,
    Sized(u64),
    Chunked,
}

impl Framing {
    /// At the beginning of a connection.
    pub(super) const fn new() -> Self {
        Self {
            state: State::Start,
            line: Line::new(),
            length: Length::Unsaid,
            fragment: false,
            ended: false,
        }
    }

    /// Reads the bytes that hyper is about to read, and spoils them from where they cannot be accepted.
    pub(super) fn inspect(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let (taken, rest) = match self.state {
                State::Sized(left) => {
                    let (rest, left) = skip(bytes, left);
                    self.state = match left {
                        0 => State::Start,
                        left => State::Sized(left),
                    };
                    (&mut [][..], rest)
                }
                State::Chunk(left) => {
                    let (rest, left) = skip(bytes, left);
                    self.state = match left {
                        0 => State::ChunkSize,
                        left => State::Chunk(left),
                    };
                    (&mut [][..], rest)
                }
                State::Refused => return bytes.fill(b'\n'),
                State::Broken => return bytes.fill(0),
                State::Start | State::Fields | State::ChunkSize | State::Trailers => {
                    let Some(end) = memchr(b'\n', bytes) else {
                        return self.hold(bytes);
                    };
                    bytes.split_at_mut(end + 1)
                }
            };
            bytes = rest;
            if let [before @ .., end] = taken {
                self.hold(before);
                let ended = self.end_of_line();
                self.line.clear();
                match ended {
                    Ok(next) => self.state = next,
                    Err(fault) => {
                        *end = 0;
                        self.state = match fault {
                            Fault::Head => State::Refused,
                            Fault::Body => State::Broken,
                        };
                    }
                }
            }
        }
    }

    /// Whether a body had no certain boundary: nothing behind it may be read.
    pub(super) const fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken)
    }

    /// What hyper shall read now instead of waiting for the client: after a refused head, once, empty lines. They end
    /// the head in every reading, so that hyper looks at it and answers.
    pub(super) fn take_over(&mut self) -> Option<&'static [u8]> {
        let due = self.state == State::Refused && !self.ended;
        self.ended |= due;
        due.then_some(b"\n\n")
    }

    /// Whether no line has come since the last message ended: nothing was spoilt.
    pub(super) fn is_between(&self) -> bool {
        self.state == State::Start
    }

    /// Whether a head has begun that has not ended.
    pub(super) const fn is_within_head(&self) -> bool {
        match self.state {
            State::Start => self.line.held > 0,
            State::Fields => true,
            State::Sized(_)
            | State::ChunkSize
            | State::Chunk(_)
            | State::Trailers
            | State::Refused
            | State::Broken => false,
        }
    }

    /// Whether a message has begun that has not ended.
    pub(super) const fn is_within(&self) -> bool {
        !matches!(self.state, State::Start) || self.line.held > 0
    }

    /// Keeps of a line what will be looked at when it has ended.
    fn hold(&mut self, bytes: &[u8]) {
        if self.state == State::Start {
            self.fragment |= memchr(b'#', bytes).is_some();
        }
        self.line.extend(bytes);
    }

    /// The state after a whole line.
    fn end_of_line(&mut self) -> Result<State, Fault> {
        let in_body = matches!(self.state, State::ChunkSize | State::Trailers);
        let fault = if in_body { Fault::Body } else { Fault::Head };
        let line = self.line.ended_by_carriage_return().ok_or(fault)?;
        match self.state {
            State::Start | State::Trailers if line.is_empty() => Ok(State::Start),
            // hyper would forget the rest of the target, which others take for a part of the path (RFC 9112 §3.2).
            State::Start if self.fragment => Err(Fault::Head),
            State::Start => {
                self.length = Length::Unsaid;
                Ok(State::Fields)
            }
            State::Fields if line.is_empty() => Ok(match self.length {
                Length::Unsaid | Length::Sized(0) => State::Start,
                Length::Sized(length) => State::Sized(length),
                Length::Chunked => State::ChunkSize,
            }),
            State::Fields => {
                self.length = match (length_of(line)?, self.length) {
                    (Length::Unsaid, known) => known,
                    (said, Length::Unsaid) => said,
                    (Length::Sized(_) | Length::Chunked, Length::Sized(_) | Length::Chunked) => {
                        return Err(Fault::Head);
                    }
                };
                Ok(State::Fields)
            }
            State::ChunkSize => match chunk_size(line).ok_or(Fault::Body)? {
                0 => Ok(State::Trailers),
                size => Ok(State::Chunk(size + 2)),
            },
            State::Trailers
            | State::Sized(_)
            | State::Chunk(_)
            | State::Refused
            | State::Broken => Ok(self.state),
        }
    }
}

enum Fault {
    Head,
    Body,
}

/// Leaves out `left` bytes, or as many as there are; says how many are still to come.
fn skip(bytes: &mut [u8], left: u64) -> (&mut [u8], u64) {
    let now = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    let (_, rest) = bytes.split_at_mut(now);
    (rest, left.saturating_sub(now as u64))
}

/// What one field says about the length. Servers that hand fields over as variables take `Content_Length` for one too: what
/// only some read is a second reading.
fn length_of(field: &[u8]) -> Result<Length, Fault> {
    let Some(colon) = field.iter().position(|byte| *byte == b':') else {
        return Ok(Length::Unsaid);
    };
    let (name, value) = field.split_at(colon);
    let whole = field.len() < LINE_START - 1;
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if name.eq_ignore_ascii_case(b"content-length") {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let length = std::str::from_utf8(value)
            .ok()
            .filter(|_| digits && whole)
            .and_then(|text| text.parse().ok())
            .filter(|length| *length <= MOST);
        return length.map(Length::Sized).ok_or(Fault::Head);
    }
    if name.eq_ignore_ascii_case(b"transfer-encoding") {
        let chunked = whole && value.eq_ignore_ascii_case(b"chunked");
        return chunked.then_some(Length::Chunked).ok_or(Fault::Head);
    }
    if is_like(name, b"content-length") || is_like(name, b"transfer-encoding") {
        return Err(Fault::Head);
    }
    Ok(Length::Unsaid)
}

/// Whether a name becomes this one when all that is neither letter nor digit is folded.
fn is_like(name: &[u8], known: &[u8]) -> bool {
    let folded = name.iter().map(|byte| match byte {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
        _ => b'-',
    });
    name.len() == known.len() && folded.eq(known.iter().copied())
}

/// RFC 9112 §7.1: hexadecimal digits; extensions are ignored.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line
        .split(|byte| matches!(byte, b';' | b' ' | b'\t'))
        .next()?;
    // Of a line that is cut to what is held, all of the size is there.
    let fits = (1..=MOST_DIGITS).contains(&digits.len());
    if !fits || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let size = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (size <= MOST).then_some(size)
}

/// No length is larger: many a server counts with a sign.
const MOST: u64 = i64::MAX as u64;

/// As many as the largest size of a chunk has.
const MOST_DIGITS: usize = 16;

/// The beginning of a line that may arrive in pieces: enough for the fields that matter here.
#[derive(Debug)]
struct Line {
    start: [u8; LINE_START],
    held: usize,
    last: u8,
}

impl Line {
    const fn new() -> Self {
        Self {
            start: [0; LINE_START],
            held: 0,
            last: 0,
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.last = *last;
        }
        if let Some(room) = self.start.get_mut(self.held..) {
            let count = room.len().min(bytes.len());
            if let (Some(room), Some(bytes)) = (room.get_mut(..count), bytes.get(..count)) {
                room.copy_from_slice(bytes);
            }
            self.held += count;
        }
    }

    const fn clear(&mut self) {
        self.held = 0;
        self.last = 0;
    }

    /// The line without its end, cut to what is held; none if the line feed stands alone.
    fn ended_by_carriage_return(&self) -> Option<&[u8]> {
        if self.last != b'\r' {
            return None;
        }
        let held = self.start.get(..self.held)?;
        Some(held.strip_suffix(b"\r").unwrap_or(held))
    }
}

/// Longer than any sound line about the length.
const LINE_START: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the bytes in pieces of every size; all must agree.
    fn accepts(message: &str) -> bool {
        let verdicts: Vec<bool> = (1..=message.len())
            .map(|size| {
                let mut framing = Framing::new();
                let mut bytes = message.as_bytes().to_vec();
                for piece in bytes.chunks_mut(size) {
                    framing.inspect(piece);
                }
                bytes == message.as_bytes() && framing.state == State::Start
            })
            .collect();
        assert!(
            verdicts.iter().all(|verdict| *verdict == verdicts[0]),
            "pieces disagree about {message:?}"
        );
        verdicts[0]
    }

    #[test]
    fn inv_35_sound_messages_pass_untouched() {
        for message in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length:\t5 \r\nHost: a\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhe\nlo\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nDigest: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\n\n#\nGET / HTTP/1.1\r\n\r\n",
        ] {
            assert!(accepts(message), "{message:?}");
        }
    }

    #[test]
    fn inv_35_messages_with_two_readings_do_not() {
        for head in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\ncontent-length: 6\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -0\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 9223372036854775808\r\n",
            "Content-Length: 00000000000000000000000000000000000000000000000000000000000000005\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: \x0bchunked\r\n",
            "Transfer_Encoding: chunked\r\n",
            "Content-Length: 5\r\nCONTENT.LENGTH: 5\r\n",
            "Host: a\n",
            "X: a\nContent-Length: 5\r\n",
        ] {
            let message = format!("POST / HTTP/1.1\r\n{head}\r\n");
            assert!(!accepts(&message), "{message:?}");
        }
        assert!(!accepts("GET / HTTP/1.1\nHost: a\r\n\r\n"));
        assert!(!accepts("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(!accepts("GET / HTTP/1.1\r\nHost: a\r\n\n"));
    }

    #[test]
    fn inv_35_a_body_with_two_readings_fails() {
        for body in [
            "5\nhello\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n",
            "\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "ffffffffffffffff\r\n",
            "10000000000000005\r\nhello\r\n0\r\n\r\n",
            "8000000000000000\r\n",
            "0000000000000000000000000000000000000000000000000000000000000000000000000000005\r\nhello\r\n0\r\n\r\n",
            "0\r\nDigest: x\n\r\n",
        ] {
            let message = format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
            let mut framing = Framing::new();
            framing.inspect(&mut message.into_bytes());
            assert!(framing.is_broken(), "{body:?}");
        }
    }
}
