//! The socket of a visitor as hyper and h2 see it: bytes under a permit, with framing watched and stalled writes ended.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::Cut;
use super::crowd::Permit;
use super::framing::Framing;
use super::interim::Interims;
use super::linger::Linger;
use super::socket::Socket;

/// A connection. It keeps its permit as long as it is open, as a tunnel too (threat model 54).
#[derive(Debug)]
pub(super) struct Stream {
    socket: Socket,
    /// Bytes that were read to tell the protocol.
    before: Bytes,
    /// Present while HTTP/1 messages come in. A tunnel, which may rest for long, need not have the room for it.
    framing: Option<Box<Framing>>,
    head_limit: Duration,
    /// Present while more of a head is waited for.
    head_end: Option<Pin<Box<Sleep>>>,
    /// Present once the client has said that it sends no more, while it is owed an answer.
    owed: Option<Pin<Box<Sleep>>>,
    /// A tunnel that was cut has ended in order since: its protocol tells the client why, so nothing looks complete.
    parted: bool,
    fate: Arc<Fate>,
    write_limit: Duration,
    stall: Option<Stall>,
    /// Interim answers that go out before anything else does.
    interjection: Bytes,
    /// Whether all that was said is out.
    flushed: bool,
    /// Present when all that we say has been sent.
    linger: Option<Linger>,
    _permit: Permit,
}

/// What a write that the client does not take up waits for.
#[derive(Debug)]
struct Stall {
    time: Pin<Box<Sleep>>,
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

/// What the answers of a connection mean for its socket.
#[derive(Debug, Default)]
pub(super) struct Fate {
    /// What comes in is no longer HTTP: the handler accepted an upgrade.
    pub(super) tunnel: AtomicBool,
    /// A response ended before its end: the socket must not close as if it were complete.
    pub(super) broken: AtomicBool,
    /// Whether a request is under way, on HTTP/1.
    busy: AtomicBool,
    /// Woken when none is any more.
    rested: AtomicWaker,
    /// What ends the response that is under way.
    cut: Mutex<Option<Cut>>,
    /// What is said before the response, on HTTP/1.
    pub(super) interims: Interims,
    /// How often something came, or the client took what it had no room for before.
    heard: AtomicU64,
}

/// How long an answer may take whose client sends no more. It may read on (RFC 9112 §9.6) or have left: which of the two, only
/// a write can tell, and a request for nobody must not go on for long.
const OWED_FOR: Duration = Duration::from_secs(1);

impl Fate {
    /// From now on the connection carries a response that ends with `cut`.
    pub(super) fn bind(&self, cut: Option<Cut>) {
        self.interims.end();
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = cut;
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.busy.store(true, Ordering::Relaxed);
        self.interims.begin();
    }

    /// No request is under way any more.
    pub(super) fn rest(&self) {
        self.busy.store(false, Ordering::Release);
        self.rested.wake();
    }

    /// Another number whenever the client has shown that it is there, on HTTP/2.
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    fn cut(&self) -> Option<Cut> {
        self.cut
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn is_over(&self) -> bool {
        self.cut().is_some_and(|cut| cut.is_over())
    }
}

impl Stream {
    /// A stream whose writes may stall for `write_limit`.
    pub(super) fn new(
        socket: Socket,
        permit: Permit,
        write_limit: Duration,
        fate: Arc<Fate>,
    ) -> Self {
        Self {
            socket,
            before: Bytes::new(),
            framing: None,
            head_limit: Duration::MAX,
            head_end: None,
            owed: None,
            parted: false,
            fate,
            write_limit,
            stall: None,
            interjection: Bytes::new(),
            flushed: true,
            linger: None,
            _permit: permit,
        }
    }

    /// Puts back what was read to tell the protocol.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        self.before = bytes;
    }

    /// From here on HTTP/1 messages come in. A head that has begun must end within `head_limit`.
    pub(super) fn watch_framing(&mut self, head_limit: Duration) {
        self.framing = Some(Box::new(Framing::new()));
        self.head_limit = head_limit;
    }

    /// Waits for bytes: between two requests as long as they take, within a head no longer than one may.
    fn await_bytes(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.framing.as_deref().is_some_and(Framing::is_within_head) {
            return Poll::Pending;
        }
        let limit = self.head_limit;
        let end = self
            .head_end
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// The client sends no more. hyper takes that for its leaving, so it learns it only when nothing is owed any more, or
    /// when that has taken too long.
    fn end_of_client(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fate.rested.register(context.waker());
        if self.framing.is_some() && self.fate.busy.load(Ordering::Acquire) {
            let owed = self
                .owed
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(OWED_FOR)));
            ready!(owed.as_mut().poll(context));
        }
        Poll::Ready(Ok(()))
    }

    /// Once the handler has accepted an upgrade, what comes is not ours to read.
    ///
    /// # Errors
    /// The client did not wait for the answer (RFC 9110 §7.8), and what it sent may have been spoilt as a head: then
    /// there is no tunnel (threat model 36).
    fn open_tunnel(&mut self) -> io::Result<()> {
        if self.framing.is_none() || !self.fate.tunnel.load(Ordering::Acquire) {
            return Ok(());
        }
        match self.framing.take() {
            Some(framing) if !framing.is_between() => {
                self.fate.broken.store(true, Ordering::Relaxed);
                Err(io::ErrorKind::InvalidData.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn read_socket(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let count = self.before.len().min(buffer.remaining());
            buffer.put_slice(&self.before.split_to(count));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }

    /// After the writing side is shut: waits until the client of an HTTP/1 connection can have read the answer, unless
    /// the connection is to look broken.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let broken = self.fate.broken.load(Ordering::Relaxed) || self.fate.is_over();
        let (Some(framing), false) = (&self.framing, broken) else {
            return Poll::Ready(Ok(()));
        };
        let linger = self
            .linger
            .get_or_insert_with(|| Linger::new(framing.is_within()));
        let socket = &mut self.socket;
        let lingered = linger.poll(context, |context, piece| {
            socket.poll_read_raw(context, piece)
        });
        lingered.map(Ok)
    }

    /// Writes interim answers, if there are any and this is the place for them: all that was said before is out, and the
    /// answer has not begun.
    fn interject(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.interjection.is_empty() {
                let outcome = Pin::new(&mut self.socket).poll_write(context, &self.interjection);
                let written = ready!(self.bounded(context, outcome))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.interjection.advance(written);
            }
            match self.fate.interims.take() {
                Some(waiting) if self.flushed => self.interjection = waiting,
                Some(_) | None => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Ends a write that the client has not taken up for too long, or may not take up any more.
    fn bounded<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            if self.stall.take().is_some() {
                self.fate.heard.fetch_add(1, Ordering::Relaxed);
            }
            return outcome;
        }
        let stall = self
            .stall
            .get_or_insert_with(|| Stall::new(self.write_limit, self.fate.cut()));
        ready!(stall.poll(context));
        self.fate.broken.store(true, Ordering::Relaxed);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Stall {
    fn new(limit: Duration, cut: Option<Cut>) -> Self {
        let end = Instant::now() + limit;
        let until = cut.as_ref().and_then(|cut| cut.until);
        Self {
            time: Box::pin(sleep_until(until.map_or(end, |until| until.min(end)))),
            cut: cut.map(|cut| Box::pin(cut.tether.breaking())),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(());
        }
        self.time.as_mut().poll(context)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.open_tunnel()?;
        if this.framing.as_deref().is_some_and(Framing::is_broken) {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        if let Some(instead) = this.framing.as_deref_mut().and_then(Framing::take_over) {
            let count = instead.len().min(buffer.remaining());
            buffer.put_slice(instead.get(..count).unwrap_or_default());
            return Poll::Ready(Ok(()));
        }
        let already = buffer.filled().len();
        let Poll::Ready(read) = this.read_socket(context, buffer) else {
            return this.await_bytes(context);
        };
        read?;
        if buffer.filled().len() == already && buffer.remaining() > 0 {
            return this.end_of_client(context);
        }
        let Some(framing) = &mut this.framing else {
            this.fate.heard.fetch_add(1, Ordering::Relaxed);
            return Poll::Ready(Ok(()));
        };
        if let Some(fresh) = buffer.filled_mut().get_mut(already..) {
            framing.inspect(fresh);
            if !framing.is_within_head() {
                this.head_end = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.open_tunnel()?;
        ready!(this.interject(context))?;
        this.flushed = false;
        let outcome = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.bounded(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.open_tunnel()?;
        ready!(this.interject(context))?;
        this.flushed = false;
        let outcome = Pin::new(&mut this.socket).poll_write_vectored(context, pieces);
        this.bounded(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // hyper flushes when it has nothing left to write.
        this.flushed = true;
        if this.fate.interims.is_open() {
            this.fate.interims.watch(context);
            ready!(this.interject(context))?;
        }
        let outcome = Pin::new(&mut this.socket).poll_flush(context);
        this.bounded(context, outcome)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_some() {
            return this.poll_linger(context);
        }
        let outcome = Pin::new(&mut this.socket).poll_shutdown(context);
        if this.fate.tunnel.load(Ordering::Acquire) && this.fate.is_over() {
            this.parted = matches!(outcome, Poll::Ready(Ok(())));
        }
        ready!(this.bounded(context, outcome))?;
        this.poll_linger(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let cut = !self.parted && self.fate.is_over();
        if !cut && !self.fate.broken.load(Ordering::Relaxed) {
            return;
        }
        // A response without a declared length ends with the connection (RFC 9112 §6.3): a reset, unlike an orderly
        // close, cannot be mistaken for its end, and takes what waits in the kernel with it.
        self.socket.reset_at_end();
    }
}
