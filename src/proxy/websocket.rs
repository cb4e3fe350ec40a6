//! Where the frames of a WebSocket begin and end, and the one frame that we say ourselves: Close.
//!
//! Nothing is kept of what passes but a place in a frame. Text, fragments and extensions are not ours to understand; a
//! control frame may stand between any two frames (RFC 6455 §5.4).

use crate::secret::random_bytes;

/// One direction of a WebSocket, followed from its first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    sender: Sender,
    state: State,
    /// The frame under way is a Close.
    closing: bool,
}

/// Who speaks in this direction: it decides whether frames are masked (RFC 6455 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Visitor,
    Application,
}

/// Where the bytes stand that have passed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Between two frames: another one may be said here.
    Boundary,
    /// Within a frame.
    Inside,
    /// After a Close: nothing may follow (RFC 6455 §5.5.1).
    Closed,
    /// In something that is no WebSocket.
    Lost,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    /// The second byte comes next.
    Second {
        control: bool,
    },
    /// So many bytes of the long length are to come.
    Length {
        left: u8,
        width: u8,
        value: u64,
    },
    /// So many bytes of mask and payload are to come: never zero.
    Rest(u64),
    Closed,
    Lost,
}

impl Frames {
    pub(super) const fn from(sender: Sender) -> Self {
        Self {
            sender,
            state: State::Start,
            closing: false,
        }
    }

    /// Who speaks.
    pub(super) const fn sender(&self) -> Sender {
        self.sender
    }

    /// These bytes have passed.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        loop {
            if let State::Rest(left) = self.state {
                let passed =
                    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                bytes = bytes.get(passed..).unwrap_or_default();
                self.state = self.rest(left.saturating_sub(passed as u64));
            }
            if matches!(self.state, State::Closed | State::Lost) {
                return;
            }
            let Some((byte, others)) = bytes.split_first() else {
                return;
            };
            self.state = self.step(*byte);
            bytes = others;
        }
    }

    pub(super) const fn place(&self) -> Place {
        match self.state {
            State::Start => Place::Boundary,
            State::Second { .. } | State::Length { .. } | State::Rest(_) => Place::Inside,
            State::Closed => Place::Closed,
            State::Lost => Place::Lost,
        }
    }

    /// One byte of a head (RFC 6455 §5.2).
    fn step(&mut self, byte: u8) -> State {
        match self.state {
            State::Start => {
                let (last, code) = (byte & 0x80 != 0, byte & 0x0f);
                self.closing = code == CLOSE;
                match code {
                    0x0..=0x2 => State::Second { control: false },
                    // Close, ping and pong come in one piece.
                    0x8..=0xa if last => State::Second { control: true },
                    _ => State::Lost,
                }
            }
            State::Second { control } => {
                if (byte & 0x80 != 0) != (self.sender == Sender::Visitor) {
                    return State::Lost;
                }
                match byte & 0x7f {
                    126 | 127 if control => State::Lost,
                    126 => State::length(2),
                    127 => State::length(8),
                    short => self.rest(u64::from(short) + self.mask()),
                }
            }
            State::Length { left, width, value } => {
                let value = value << 8 | u64::from(byte);
                if left > 1 {
                    let left = left - 1;
                    return State::Length { left, width, value };
                }
                // The shortest form only, and no sign bit.
                let (least, most) = if width == 2 {
                    (126, u64::from(u16::MAX))
                } else {
                    (1 << 16, u64::MAX >> 1)
                };
                if (least..=most).contains(&value) {
                    self.rest(value + self.mask())
                } else {
                    State::Lost
                }
            }
            State::Rest(_) | State::Closed | State::Lost => self.state,
        }
    }

    const fn mask(&self) -> u64 {
        match self.sender {
            Sender::Visitor => MASK_BYTES as u64,
            Sender::Application => 0,
        }
    }

    const fn rest(&self, left: u64) -> State {
        match left {
            0 if self.closing => State::Closed,
            0 => State::Start,
            left => State::Rest(left),
        }
    }
}

impl State {
    const fn length(width: u8) -> Self {
        Self::Length {
            left: width,
            width,
            value: 0,
        }
    }
}

/// Why a WebSocket ends (RFC 6455 §7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// 1001: whoever it was has gone, or we are about to.
    GoingAway,
    /// 1008: the right to it has ended.
    AccessEnded,
}

impl Farewell {
    const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::AccessEnded => 1008,
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "going away",
            Self::AccessEnded => "access ended",
        }
    }

    /// The Close frame, as `sender` has to write it.
    pub(super) fn frame(self, sender: Sender) -> Vec<u8> {
        let mut payload = self.code().to_be_bytes().to_vec();
        payload.extend(self.reason().as_bytes());
        // The reasons above are far below the 125 bytes that a control frame may have.
        let length = u8::try_from(payload.len()).unwrap_or_default() & 0x7f;
        let mut frame = vec![0x80 | CLOSE];
        match sender {
            Sender::Application => frame.push(length),
            Sender::Visitor => {
                frame.push(0x80 | length);
                let mask = random_bytes::<MASK_BYTES>();
                frame.extend(mask);
                let key = mask.iter().cycle();
                payload
                    .iter_mut()
                    .zip(key)
                    .for_each(|(byte, key)| *byte ^= key);
            }
        }
        frame.extend(payload);
        frame
    }
}

const CLOSE: u8 = 0x8;
const MASK_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

    /// A frame whose length is written in `width` bytes beyond the short form.
    fn frame(first: u8, sender: Sender, width: u8, length: u64) -> Vec<u8> {
        let mask = if sender == Sender::Visitor { 0x80 } else { 0 };
        let mut frame = vec![first];
        match width {
            0 => frame.push(mask | length as u8),
            2 => {
                frame.push(mask | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend(length.to_be_bytes());
            }
        }
        if sender == Sender::Visitor {
            frame.extend([0x81; MASK_BYTES]);
        }
        frame
    }

    fn after(sender: Sender, bytes: &[u8]) -> Place {
        let mut frames = Frames::from(sender);
        frames.follow(bytes);
        frames.place()
    }

    #[test]
    fn a_frame_is_followed_to_its_end_and_no_further() {
        for sender in [Sender::Visitor, Sender::Application] {
            assert_eq!(after(sender, b""), Place::Boundary);
            for (first, width, length, end) in [
                (0x81, 0, 0, Place::Boundary),
                (0x82, 0, 125, Place::Boundary),
                (0x01, 0, 5, Place::Boundary),
                (0x80, 2, 126, Place::Boundary),
                (0xc1, 2, 65_535, Place::Boundary),
                (0x82, 8, 65_536, Place::Boundary),
                (0x89, 0, 0, Place::Boundary),
                (0x8a, 0, 125, Place::Boundary),
                (0x88, 0, 0, Place::Closed),
                (0x88, 0, 2, Place::Closed),
            ] {
                let mut bytes = frame(first, sender, width, length);
                bytes.extend(vec![0xff; length as usize]);
                assert_eq!(after(sender, &bytes), end, "{first:x} of {length}");
                let short = &bytes[..bytes.len() - 1];
                assert_eq!(after(sender, short), Place::Inside, "{first:x} of {length}");
            }
        }
    }

    #[test]
    fn what_is_no_websocket_is_not_followed() {
        let (visitor, application) = (Sender::Visitor, Sender::Application);
        for (sender, bytes) in [
            (visitor, frame(0x83, visitor, 0, 0)),
            (visitor, frame(0x8b, visitor, 0, 0)),
            (visitor, frame(0x08, visitor, 0, 2)),
            (visitor, frame(0x09, visitor, 0, 0)),
            (visitor, frame(0x89, visitor, 2, 126)),
            (visitor, frame(0x81, application, 0, 1)),
            (application, frame(0x81, visitor, 0, 1)),
            (application, frame(0x82, application, 2, 125)),
            (application, frame(0x82, application, 8, 65_535)),
            (application, frame(0x82, application, 8, 1 << 63)),
            (application, b"HTTP/1.1".to_vec()),
        ] {
            assert_eq!(after(sender, &bytes), Place::Lost, "{bytes:x?}");
            let more = [&bytes[..], &[0x81, 0]].concat();
            assert_eq!(after(sender, &more), Place::Lost, "{bytes:x?}");
        }
    }

    #[test]
    fn the_longest_frame_does_not_overflow() {
        let bytes = frame(0x82, Sender::Visitor, 8, u64::MAX >> 1);
        assert_eq!(after(Sender::Visitor, &bytes), Place::Inside);
    }

    #[test]
    fn nothing_counts_after_a_close() {
        let bytes = [0x88, 0x02, 0x03, 0xe8, 0x81, 0x05];
        assert_eq!(after(Sender::Application, &bytes), Place::Closed);
    }

    #[test]
    fn our_close_frames_are_read_by_another_implementation() {
        for (farewell, code, reason) in [
            (Farewell::AccessEnded, CloseCode::Policy, "access ended"),
            (Farewell::GoingAway, CloseCode::Away, "going away"),
        ] {
            for sender in [Sender::Visitor, Sender::Application] {
                let bytes = farewell.frame(sender);
                assert_eq!(after(sender, &bytes), Place::Closed);
                let reader = match sender {
                    Sender::Visitor => Role::Server,
                    Sender::Application => Role::Client,
                };
                let stream = std::io::Cursor::new(bytes);
                let message = WebSocket::from_raw_socket(stream, reader, None).read();
                let Ok(Message::Close(Some(close))) = message else {
                    panic!("{message:?}");
                };
                assert_eq!((close.code, close.reason.as_str()), (code, reason));
            }
        }
    }

    fn any_frame(sender: Sender) -> impl Strategy<Value = Vec<u8>> {
        let firsts = prop_oneof![
            Just(0x81_u8),
            Just(0x02),
            Just(0x00),
            Just(0x80),
            Just(0x89),
            Just(0x8a),
            Just(0xc2),
        ];
        let lengths = prop_oneof![0..126_u64, 126..400_u64, 65_500..65_600_u64];
        (firsts, lengths, any::<u8>()).prop_map(move |(first, length, filling)| {
            let length = if first & 0x08 == 0 {
                length
            } else {
                length % 126
            };
            let width = match length {
                0..126 => 0,
                126..65_536 => 2,
                _ => 8,
            };
            let mut bytes = frame(first, sender, width, length);
            bytes.extend(vec![filling; length as usize]);
            bytes
        })
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_split_the_boundaries_are_the_same(
            sender in prop_oneof![Just(Sender::Visitor), Just(Sender::Application)],
            (frames, cuts) in (
                proptest::collection::vec(any_frame(Sender::Application), 1..6),
                proptest::collection::vec(1..5_000_usize, 1..40),
            ),
        ) {
            // The same frames with a mask, if the visitor speaks.
            let frames: Vec<Vec<u8>> = frames.into_iter().map(|frame| masked(frame, sender)).collect();
            let mut ends = std::collections::BTreeSet::from([0]);
            let whole: Vec<u8> = frames.iter().fold(Vec::new(), |mut whole, frame| {
                whole.extend(frame);
                ends.insert(whole.len());
                whole
            });
            let (mut follower, mut at) = (Frames::from(sender), 0);
            for size in cuts.iter().cycle() {
                let next = (at + size).min(whole.len());
                follower.follow(&whole[at..next]);
                at = next;
                let expected = if ends.contains(&at) { Place::Boundary } else { Place::Inside };
                prop_assert_eq!(follower.place(), expected, "at {} of {}", at, whole.len());
                if at == whole.len() {
                    break;
                }
            }
        }

        #[test]
        fn bytes_of_any_kind_are_read_alike_in_one_piece_and_singly(
            sender in prop_oneof![Just(Sender::Visitor), Just(Sender::Application)],
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut singly = Frames::from(sender);
            bytes.iter().for_each(|byte| singly.follow(&[*byte]));
            prop_assert_eq!(singly.place(), after(sender, &bytes));
        }
    }

    fn masked(mut frame: Vec<u8>, sender: Sender) -> Vec<u8> {
        if sender == Sender::Visitor {
            let head = match frame[1] {
                126 => 4,
                127 => 10,
                _ => 2,
            };
            frame[1] |= 0x80;
            frame.splice(head..head, [7; MASK_BYTES]);
        }
        frame
    }
}
