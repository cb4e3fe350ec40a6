//! A body on its way out by a stream of HTTP/2.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};
use http_body::Body;

/// Sends a body to its end, a piece at a time: the next one is asked for when the other end has taken of the one before.
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

    /// Waits until the other end takes any of the piece; what there is no room for waits with the stream.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        while self.stream.capacity() == 0 {
            match ready!(self.stream.poll_capacity(context)) {
                Some(capacity) => drop(capacity?),
                None => return Poll::Ready(Err(Reason::STREAM_CLOSED.into())),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends the piece that waits, if there is one. True if it was the last.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, h2::Error>> {
        let Some((piece, _)) = &self.piece else {
            return Poll::Ready(Ok(false));
        };
        if !piece.is_empty() {
            ready!(self.poll_room(context))?;
        }
        let (piece, is_last) = self.piece.take().unwrap_or_default();
        self.stream.send_data(piece, is_last)?;
        Poll::Ready(Ok(is_last))
    }
}

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
                Ok(piece) => {
                    // Of the connection's window no more than is used: others wait for it too.
                    this.stream.reserve_capacity(usize::from(!piece.is_empty()));
                    this.piece = Some((piece, this.body.is_end_stream()));
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        this.stream.reserve_capacity(0);
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
