//! A body as it comes in.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::tunnel::Upgrade;

/// The body of a message as it comes in. Nothing is read ahead of whoever asks for it, but what the window of a stream admits.
///
/// It can be dropped at any time: on HTTP/2 the other end then sends no more than the window admits, and the stream is reset when
/// nobody has anything of it any more.
pub struct Received(Kind);

enum Kind {
    Empty,
    /// By a connection that has this request alone.
    One(Incoming),
    /// By a stream of HTTP/2.
    Two(Box<Stream>),
    /// Has none, and may become a tunnel.
    Tunnel(Upgrade),
}

struct Stream {
    inner: RecvStream,
    /// What is to come, as far as that was said.
    left: Option<u64>,
    has_ended: bool,
    go_on: Option<GoOn>,
}

/// Tells a client that waits for it to send its body (RFC 9110 §10.1.1).
pub type GoOn = Box<dyn FnOnce() + Send + Sync>;

/// Why a body breaks off.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection ends, or what comes is no body.
    #[error("the body breaks off")]
    One(#[source] hyper::Error),
    /// The other end resets the stream, or the connection ends.
    #[error("the body breaks off")]
    Two(#[source] h2::Error),
}

impl From<Incoming> for Received {
    fn from(body: Incoming) -> Self {
        Self(Kind::One(body))
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Received").finish_non_exhaustive()
    }
}

impl Received {
    /// None.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// The body that comes by a stream of HTTP/2, with these `fields` in its head: that its length is true is the library's to
    /// check (RFC 9113 §8.1.1). `go_on` is called when the body is first asked for.
    pub fn of_stream(stream: RecvStream, fields: &HeaderMap, go_on: Option<GoOn>) -> Self {
        if stream.is_end_stream() {
            return Self::empty();
        }
        Self(Kind::Two(Box::new(Stream {
            inner: stream,
            left: announced(fields),
            has_ended: false,
            go_on,
        })))
    }

    /// None, of a request that asks for a tunnel.
    pub const fn of_tunnel(upgrade: Upgrade) -> Self {
        Self(Kind::Tunnel(upgrade))
    }

    /// The tunnel that was asked for with it.
    pub(super) fn take_tunnel(&mut self) -> Option<Upgrade> {
        match std::mem::replace(&mut self.0, Kind::Empty) {
            Kind::Tunnel(upgrade) => Some(upgrade),
            other => {
                self.0 = other;
                None
            }
        }
    }
}

/// What a head says of the length of the body.
pub fn announced(fields: &HeaderMap) -> Option<u64> {
    fields.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Stream {
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(go_on) = self.go_on.take() {
            go_on();
        }
        while !self.has_ended {
            match ready!(self.inner.poll_data(context)).transpose()? {
                Some(piece) => {
                    let count = piece.len();
                    // It fails for more than there was.
                    let _ = self.inner.flow_control().release_capacity(count);
                    self.left = self.left.map(|left| left.saturating_sub(count as u64));
                    if count > 0 {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                None => self.has_ended = true,
            }
        }
        let trailers = ready!(self.inner.poll_trailers(context))?;
        Poll::Ready(trailers.map(|it| Ok(Frame::trailers(it))))
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.get_mut().0 {
            Kind::Empty | Kind::Tunnel(_) => Poll::Ready(None),
            Kind::One(body) => Pin::new(body)
                .poll_frame(context)
                .map(|frame| frame.map(|it| it.map_err(Error::One))),
            Kind::Two(stream) => stream
                .poll_frame(context)
                .map(|frame| frame.map(|it| it.map_err(Error::Two))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty | Kind::Tunnel(_) => true,
            Kind::One(body) => body.is_end_stream(),
            Kind::Two(stream) => stream.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty | Kind::Tunnel(_) => SizeHint::with_exact(0),
            Kind::One(body) => body.size_hint(),
            Kind::Two(stream) => stream
                .left
                .map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
