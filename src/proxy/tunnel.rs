//! Upgraded connections: bytes in both directions, of a protocol that is not ours to understand. Of a WebSocket we know
//! where its frames end, so that it can be told why it ends.

use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::websocket::{Farewell, Frames, Place, Sender};
use crate::tether::Tether;
use crate::wire::{self, Upgrade};

/// What ends a tunnel besides its two ends.
pub(super) struct Bounds {
    pub(super) cut: Arc<Tether>,
    pub(super) until: Option<Instant>,
    pub(super) idle: Duration,
    pub(super) stopping: CancellationToken,
    /// From the end of the right to it until nothing of it is left.
    pub(super) stream_cut: Duration,
}

impl Bounds {
    /// When to look next at one on which something moved last then.
    fn next(&self, moved: Instant) -> Instant {
        let idle = moved + self.idle;
        self.until.map_or(idle, |until| until.min(idle))
    }
}

/// What the two sides have agreed to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// RFC 6455.
    WebSocket,
    /// Anything else.
    Other,
}

/// How a tunnel came to its end.
enum End {
    /// Both sides have closed.
    Closed,
    /// One broke, or nothing moved for too long.
    Broken(io::Error),
    /// It was ended.
    Cut(Farewell),
}

/// Carries bytes until both sides have closed, one breaks, or a bound is met. Then a WebSocket is told, if it is between
/// two frames; everything else just ends. `held` is kept that long.
///
/// There may be many of this future, most of them at rest: what comes before and after has room of its own.
pub(super) fn carry(
    visitor: Upgrade,
    application: OnUpgrade,
    protocol: Protocol,
    bounds: Bounds,
    held: impl Send,
) -> impl Future<Output = ()> + Send {
    let beginning = Box::pin(connect(visitor, application, protocol, bounds.idle));
    async move {
        let _held = held;
        let (mut tunnel, early) = match Box::pin(begin(beginning, &bounds)).await {
            Ok(begun) => begun,
            Err(error) => return debug!(%error, "tunnel did not begin"),
        };
        let why = match early {
            Some(why) => why,
            None => match tunnel.copy(&bounds).await {
                End::Closed => return debug!("tunnel closed"),
                End::Broken(error) => return debug!(%error, "tunnel broke"),
                End::Cut(why) => why,
            },
        };
        debug!(?why, "tunnel cut");
        // The rest is for whatever else has to happen within the bound.
        let parting = timeout(bounds.stream_cut / 2, tunnel.part(why));
        if Box::pin(parting).await.is_err() {
            debug!("a tunnel's side did not answer the farewell");
        }
    }
}

/// Waits for both sides. One that shall end before it begins has its reason.
async fn begin(
    mut connecting: Pin<Box<impl Future<Output = io::Result<Box<Tunnel>>>>>,
    bounds: &Bounds,
) -> io::Result<(Box<Tunnel>, Option<Farewell>)> {
    let over = async {
        match bounds.until {
            Some(until) => sleep_until(until).await,
            None => std::future::pending().await,
        }
    };
    let why = tokio::select! {
        biased;
        () = bounds.cut.broken() => Farewell::AccessEnded,
        () = over => Farewell::AccessEnded,
        () = bounds.stopping.cancelled() => Farewell::GoingAway,
        connected = connecting.as_mut() => return Ok((connected?, None)),
    };
    // The visitor may have the 101 already, and is told why nothing follows.
    let connected = timeout(bounds.stream_cut / 4, connecting).await??;
    Ok((connected, Some(why)))
}

async fn connect(
    visitor: Upgrade,
    application: OnUpgrade,
    protocol: Protocol,
    idle: Duration,
) -> io::Result<Box<Tunnel>> {
    // Both come about at once, when the 101 has gone out to the visitor; or never, if the visitor has left.
    let application = async { application.await.map_err(io::Error::other) };
    let both = async { tokio::try_join!(visitor, application) };
    let (visitor, application) = timeout(idle, both).await??;
    Ok(Box::new(Tunnel {
        visitor,
        application: TokioIo::new(application),
        up: Direction::new(protocol, Sender::Visitor),
        down: Direction::new(protocol, Sender::Application),
    }))
}

struct Tunnel {
    visitor: wire::Upgraded,
    application: TokioIo<Upgraded>,
    up: Direction,
    down: Direction,
}

impl Tunnel {
    async fn copy(&mut self, bounds: &Bounds) -> End {
        let Self {
            visitor,
            application,
            up,
            down,
        } = self;
        let mut cut = pin!(bounds.cut.broken());
        let mut stopping = pin!(bounds.stopping.cancelled());
        let mut moved = Instant::now();
        let mut alarm = pin!(sleep_until(bounds.next(moved)));
        poll_fn(|context| {
            if cut.as_mut().poll(context).is_ready() {
                return Poll::Ready(End::Cut(Farewell::AccessEnded));
            }
            if stopping.as_mut().poll(context).is_ready() {
                return Poll::Ready(End::Cut(Farewell::GoingAway));
            }
            let mut any = false;
            let upward = up.poll(context, visitor, application, &mut any);
            let downward = down.poll(context, application, visitor, &mut any);
            match (upward, downward) {
                (Poll::Ready(Err(error)), _) | (_, Poll::Ready(Err(error))) => {
                    return Poll::Ready(End::Broken(error));
                }
                (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => return Poll::Ready(End::Closed),
                (_, _) => {}
            }
            if any {
                moved = Instant::now();
            }
            while alarm.as_mut().poll(context).is_ready() {
                let now = Instant::now();
                if bounds.until.is_some_and(|until| now >= until) {
                    return Poll::Ready(End::Cut(Farewell::AccessEnded));
                }
                if now >= moved + bounds.idle {
                    return Poll::Ready(End::Broken(io::ErrorKind::TimedOut.into()));
                }
                alarm.as_mut().reset(bounds.next(moved));
            }
            Poll::Pending
        })
        .await
    }

    /// Says farewell to both sides. To the application it is the visitor who goes.
    async fn part(self: Box<Self>, why: Farewell) {
        let Self {
            visitor,
            application,
            up,
            down,
        } = *self;
        let (to_application, to_visitor) = (up.frames, down.frames);
        let _ = tokio::join!(
            part_from(visitor, to_visitor, why, up),
            part_from(application, to_application, Farewell::GoingAway, down),
        );
    }
}

/// Closes a WebSocket towards one side (RFC 6455 §7.1.1): says why, waits until the side has closed too, ends in order.
/// Nothing of what it still sends goes anywhere. A side that is within a frame, or has ended already, is just left.
async fn part_from<S>(
    mut side: S,
    said: Option<Frames>,
    why: Farewell,
    mut heard: Direction,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(said) = said else {
        return Ok(());
    };
    if matches!(heard.phase, Phase::Closing | Phase::Closed) {
        return Ok(());
    }
    match said.place() {
        Place::Boundary => side.write_all(&why.frame(said.sender())).await?,
        // The other side's own Close is on its way.
        Place::Closed => {}
        Place::Inside | Place::Lost => return Ok(()),
    }
    side.flush().await?;
    heard.passed_unsaid();
    let mut piece = vec![0; FAREWELL_PIECE];
    while !heard.is_closed() {
        let count = side.read(&mut piece).await?;
        if count == 0 {
            break;
        }
        heard.passed(piece.get(..count).unwrap_or_default());
    }
    side.shutdown().await
}

/// One of the two directions. It owns no memory while nothing is under way: most tunnels rest most of the time.
struct Direction {
    /// Read, but not yet taken by the other side.
    held: Vec<u8>,
    taken: usize,
    phase: Phase,
    /// Where the bytes stand that the other side has taken, in a WebSocket.
    frames: Option<Frames>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    Unflushed,
    Closing,
    Closed,
}

impl Direction {
    fn new(protocol: Protocol, sender: Sender) -> Self {
        Self {
            held: Vec::new(),
            taken: 0,
            phase: Phase::default(),
            frames: (protocol == Protocol::WebSocket).then(|| Frames::from(sender)),
        }
    }

    /// These bytes have been taken.
    fn passed(&mut self, bytes: &[u8]) {
        if let Some(frames) = &mut self.frames {
            frames.follow(bytes);
        }
    }

    /// What was read goes nowhere any more; where it would have stood counts all the same.
    fn passed_unsaid(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.passed(held.get(self.taken..).unwrap_or_default());
    }

    /// The sender has said its own Close.
    fn is_closed(&self) -> bool {
        self.frames
            .is_some_and(|frames| frames.place() == Place::Closed)
    }

    fn poll<R, W>(
        &mut self,
        context: &mut Context<'_>,
        from: &mut R,
        to: &mut W,
        moved: &mut bool,
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            while let Some(rest) = self.held.get(self.taken..).filter(|rest| !rest.is_empty()) {
                let count = ready!(Pin::new(&mut *to).poll_write(context, rest))?;
                if count == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                if let Some(frames) = &mut self.frames {
                    frames.follow(rest.get(..count).unwrap_or_default());
                }
                self.taken += count;
                *moved = true;
            }
            self.held = Vec::new();
            self.taken = 0;
            match self.phase {
                Phase::Open | Phase::Unflushed => {
                    if self.read(context, from, to, moved)?.is_pending() {
                        if self.phase == Phase::Unflushed {
                            ready!(Pin::new(&mut *to).poll_flush(context))?;
                            self.phase = Phase::Open;
                        }
                        return Poll::Pending;
                    }
                }
                Phase::Closing => {
                    ready!(Pin::new(&mut *to).poll_shutdown(context))?;
                    self.phase = Phase::Closed;
                }
                Phase::Closed => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Reads onto the stack and hands on what the other side takes at once.
    fn read<R, W>(
        &mut self,
        context: &mut Context<'_>,
        from: &mut R,
        to: &mut W,
        moved: &mut bool,
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut space = [MaybeUninit::<u8>::uninit(); PIECE];
        let mut piece = ReadBuf::uninit(&mut space);
        ready!(Pin::new(from).poll_read(context, &mut piece))?;
        let piece = piece.filled();
        *moved = true;
        if piece.is_empty() {
            self.phase = Phase::Closing;
            return Poll::Ready(Ok(()));
        }
        self.phase = Phase::Unflushed;
        let count = match Pin::new(to).poll_write(context, piece)? {
            Poll::Ready(count) => count,
            Poll::Pending => 0,
        };
        let (taken, rest) = piece.split_at_checked(count).unwrap_or((piece, &[]));
        self.passed(taken);
        self.held.extend_from_slice(rest);
        Poll::Ready(Ok(()))
    }
}

/// Read at a time: as large as a TLS record.
const PIECE: usize = 16 * 1024;

/// What is read at a time of a side that has been told to end.
const FAREWELL_PIECE: usize = 4 * 1024;
