//! A request that becomes a tunnel: bytes of another protocol, both ways.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use h2::{RecvStream, SendStream};
use http::Request;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::Received;
use super::sending::poll_room;

/// The tunnel that a request becomes when its answer says so.
///
/// # Errors
/// The answer says otherwise, or the client has left.
///
/// # Cancel safety
/// Dropping it leaves nobody to carry the tunnel, so it ends when it begins.
#[derive(Debug)]
pub struct Upgrade(Pending);

#[derive(Debug)]
enum Pending {
    One(OnUpgrade),
    Two(oneshot::Receiver<Opened>),
}

/// Opens the tunnel of one request of HTTP/2, or leaves it closed when it is dropped.
#[derive(Debug)]
pub struct Opener(oneshot::Sender<Opened>);

/// Takes the tunnel that `request` may become.
pub fn upgrade(request: &mut Request<Received>) -> Upgrade {
    match request.body_mut().take_tunnel() {
        Some(upgrade) => upgrade,
        None => Upgrade(Pending::One(hyper::upgrade::on(request))),
    }
}

impl Upgrade {
    /// For a request of HTTP/2.
    pub fn of_stream() -> (Opener, Self) {
        let (sender, receiver) = oneshot::channel();
        (Opener(sender), Self(Pending::Two(receiver)))
    }
}

impl Opener {
    /// From now on what the stream carries is the tunnel's. If nobody is there to carry it, it is dropped.
    pub fn open(self, tunnel: Opened) {
        drop(self.0.send(tunnel));
    }
}

impl Future for Upgrade {
    type Output = io::Result<Upgraded>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<Upgraded>> {
        Poll::Ready(match &mut self.get_mut().0 {
            Pending::One(upgrade) => ready!(Pin::new(upgrade).poll(context))
                .map(|upgraded| Upgraded(Side::One(TokioIo::new(upgraded))))
                .map_err(io::Error::other),
            Pending::Two(opened) => ready!(Pin::new(opened).poll(context))
                .map(|opened| Upgraded(Side::Two(opened)))
                .map_err(|_| io::ErrorKind::ConnectionReset.into()),
        })
    }
}

/// The client's side of a tunnel. Dropping it before both directions have ended resets a stream of HTTP/2, and closes a
/// connection of HTTP/1.1.
#[derive(Debug)]
pub struct Upgraded(Side);

#[derive(Debug)]
enum Side {
    One(TokioIo<hyper::upgrade::Upgraded>),
    Two(Opened),
}

/// A stream of HTTP/2 that is a tunnel (RFC 8441).
pub struct Opened {
    from: RecvStream,
    to: SendStream<Bytes>,
    /// Read, but not taken yet.
    rest: Bytes,
    _held: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").finish_non_exhaustive()
    }
}

impl Opened {
    /// One that carries bytes `from` the client and `to` it. `held` is kept as long as it lasts.
    pub fn new(from: RecvStream, to: SendStream<Bytes>, held: impl Any + Send + Sync) -> Self {
        Self {
            from,
            to,
            rest: Bytes::new(),
            _held: Box::new(held),
        }
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            // A reset is no end: it stands for one of TCP (RFC 8441 §5).
            match ready!(self.from.poll_data(context)) {
                Some(piece) => self.rest = piece.map_err(io_error)?,
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.rest.len().min(buffer.remaining());
        buffer.put_slice(self.rest.get(..count).unwrap_or_default());
        self.rest.advance(count);
        // It fails for more than there was.
        let _ = self.from.flow_control().release_capacity(count);
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let room = ready!(poll_room(&mut self.to, bytes.len(), context)).map_err(io_error)?;
        let piece = Bytes::copy_from_slice(bytes.get(..room).unwrap_or_default());
        self.to.send_data(piece, false).map_err(io_error)?;
        Poll::Ready(Ok(room))
    }

    fn shut(&mut self) -> io::Result<()> {
        self.to.send_data(Bytes::new(), true).map_err(io_error)
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Side::One(side) => Pin::new(side).poll_read(context, buffer),
            Side::Two(side) => side.poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Side::One(side) => Pin::new(side).poll_write(context, bytes),
            Side::Two(side) => side.poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Side::One(side) => Pin::new(side).poll_flush(context),
            // The connection sends as soon as it can.
            Side::Two(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Side::One(side) => Pin::new(side).poll_shutdown(context),
            Side::Two(side) => Poll::Ready(side.shut()),
        }
    }
}

fn io_error(error: h2::Error) -> io::Error {
    if error.is_io() {
        return error
            .into_io()
            .unwrap_or_else(|| io::ErrorKind::Other.into());
    }
    let kind = if error.is_reset() {
        io::ErrorKind::ConnectionReset
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, error)
}
