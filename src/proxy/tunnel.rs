//! Upgraded connections: bytes in both directions, of a protocol that is not ours to understand. Of a WebSocket we know
//! where its frames end, so that it can be told why it ends.

use std::future::poll_fn;
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

/// What the two sides have agreed to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// RFC 6455.
    WebSocket,
    /// Anything else.
    Other,
}

impl Bounds {
    /// Why the tunnel shall end, once it shall.
    async fn end(&self) -> Farewell {
        let over = async {
            match self.until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cut.broken() => Farewell::AccessEnded,
            () = over => Farewell::AccessEnded,
            () = self.stopping.cancelled() => Farewell::GoingAway,
        }
    }
}

/// Carries bytes until both sides have closed, one breaks, or a bound is met. Then a WebSocket is told, if it is between
/// two frames; everything else just ends.
pub(super) async fn carry(
    visitor: Upgrade,
    application: OnUpgrade,
    protocol: Protocol,
    bounds: Bounds,
) {
    let mut end = pin!(bounds.end());
    // Most of them rest most of the time: what comes before and after that has room of its own.
    let mut connecting = Box::pin(connect(visitor, application, protocol, bounds.idle));
    let (connected, early) = tokio::select! {
        biased;
        why = end.as_mut() => {
            // The visitor may have the 101 already, and is told why nothing follows.
            let connected = timeout(bounds.stream_cut / 4, connecting.as_mut()).await;
            (connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())), Some(why))
        }
        connected = connecting.as_mut() => (connected, None),
    };
    drop(connecting);
    let mut tunnel = match connected {
        Ok(tunnel) => tunnel,
        Err(error) => return debug!(%error, "tunnel did not begin"),
    };
    let why = match early {
        Some(why) => why,
        None => tokio::select! {
            biased;
            why = end.as_mut() => why,
            carried = tunnel.copy(bounds.idle) => return match carried {
                Ok(()) => debug!("tunnel closed"),
                Err(error) => debug!(%error, "tunnel broke"),
            },
        },
    };
    debug!(?why, "tunnel cut");
    // The rest is for whatever else has to happen within the bound.
    let parting = Box::pin(tunnel.part(why));
    let parted = timeout(bounds.stream_cut / 2, parting).await;
    if parted.is_err() {
        debug!("a tunnel's side did not answer the farewell");
    }
}

async fn connect(
    visitor: Upgrade,
    application: OnUpgrade,
    protocol: Protocol,
    idle: Duration,
) -> io::Result<Tunnel> {
    // Both come about at once, when the 101 has gone out to the visitor; or never, if the visitor has left.
    let application = async { application.await.map_err(io::Error::other) };
    let both = async { tokio::try_join!(visitor, application) };
    let (visitor, application) = timeout(idle, both).await??;
    Ok(Tunnel {
        visitor,
        application: TokioIo::new(application),
        up: Direction::new(protocol, Sender::Visitor),
        down: Direction::new(protocol, Sender::Application),
    })
}

struct Tunnel {
    visitor: wire::Upgraded,
    application: TokioIo<Upgraded>,
    up: Direction,
    down: Direction,
}

impl Tunnel {
    async fn copy(&mut self, idle: Duration) -> io::Result<()> {
        let Self {
            visitor,
            application,
            up,
            down,
        } = self;
        let mut moved = Instant::now();
        let mut alarm = pin!(sleep_until(moved + idle));
        poll_fn(|context| {
            let mut any = false;
            let upward = up.poll(context, visitor, application, &mut any)?;
            let downward = down.poll(context, application, visitor, &mut any)?;
            if upward.is_ready() && downward.is_ready() {
                return Poll::Ready(Ok(()));
            }
            if any {
                moved = Instant::now();
            }
            while alarm.as_mut().poll(context).is_ready() {
                if Instant::now() >= moved + idle {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                alarm.as_mut().reset(moved + idle);
            }
            Poll::Pending
        })
        .await
    }

    /// Says farewell to both sides. To the application it is the visitor who goes.
    async fn part(self, why: Farewell) {
        let Self {
            visitor,
            application,
            up,
            down,
        } = self;
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
