//! A body on its way out by a stream of HTTP/2.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};
use http_body::Body;

/// Sends a body to its end, a piece at a time, and no more of it than the other end has room for: the next one is asked for when
/// all of the one before is on its way.
///
/// # Errors
/// [`Unsent::Body`] if the body breaks off, and the stream is reset; [`Unsent::Stream`] if the other end gives it up.
///
/// # Cancel safety
/// Dropping it drops the stream, which is then reset.
#[derive(Debug)]
pub struct Sending<B> {
    body: B,
    stream: SendStream<Bytes>,
    /// Waits for the other end, and whether it is the last one.
    piece: Option<(Bytes, bool)>,
    breaks_with: Reason,
}

/// Why a body was not sent.
#[derive(Debug)]
pub enum Unsent<E> {
    /// It broke off.
    Body(E),
    /// Nobody takes it any more.
    Stream(h2::Error),
}

impl<B> Sending<B> {
    /// Sends `body` by `stream`, which is reset with `breaks_with` if it breaks off.
    pub const fn new(body: B, stream: SendStream<Bytes>, breaks_with: Reason) -> Self {
        Self {
            body,
            stream,
            piece: None,
            breaks_with,
        }
    }

    /// Sends the piece that waits, if there is one. True if it was the last.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, h2::Error>> {
        while let Some((piece, is_last)) = &mut self.piece {
            let room = if piece.is_empty() {
                0
            } else {
                ready!(poll_room(&mut self.stream, piece.len(), context))?
            };
            let part = piece.split_to(room);
            let (is_through, is_end) = (piece.is_empty(), piece.is_empty() && *is_last);
            self.stream.send_data(part, is_end)?;
            if is_through {
                self.piece = None;
            }
            if is_end {
                return Poll::Ready(Ok(true));
            }
        }
        Poll::Ready(Ok(false))
    }
}

/// Waits until there is room for some of `wanted` bytes, and says for how many. No more of the connection's window is taken than can
/// be used at once: others wait for it too.
pub(super) fn poll_room(
    stream: &mut SendStream<Bytes>,
    wanted: usize,
    context: &mut Context<'_>,
) -> Poll<Result<usize, h2::Error>> {
    let wanted = wanted.min(FRAME_BYTES);
    stream.reserve_capacity(wanted);
    while stream.capacity() == 0 {
        match ready!(stream.poll_capacity(context)) {
            Some(capacity) => drop(capacity?),
            None => return Poll::Ready(Err(Reason::STREAM_CLOSED.into())),
        }
    }
    Poll::Ready(Ok(stream.capacity().min(wanted)))
}

/// As much as a frame has if nobody says otherwise (RFC 9113 §4.2).
const FRAME_BYTES: usize = 16 * 1024;

impl<B> Future for Sending<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Output = Result<(), Unsent<B::Error>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            if let Poll::Ready(reason) = this.stream.poll_reset(context) {
                return Poll::Ready(Err(reason.map_or_else(Unsent::Stream, Unsent::given_up)));
            }
            if ready!(this.poll_piece(context)).map_err(Unsent::Stream)? {
                return Poll::Ready(Ok(()));
            }
            let frame = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    this.stream.send_reset(this.breaks_with);
                    return Poll::Ready(Err(Unsent::Body(error)));
                }
                None => {
                    let ended = this.stream.send_data(Bytes::new(), true);
                    return Poll::Ready(ended.map_err(Unsent::Stream));
                }
            };
            match frame.into_data() {
                Ok(piece) => this.piece = Some((piece, this.body.is_end_stream())),
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        let ended = this.stream.send_trailers(trailers);
                        return Poll::Ready(ended.map_err(Unsent::Stream));
                    }
                }
            }
        }
    }
}

impl<E> Unsent<E> {
    fn given_up(reason: Reason) -> Self {
        Self::Stream(reason.into())
    }
}
