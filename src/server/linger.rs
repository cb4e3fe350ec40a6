//! The end of an HTTP/1 connection whose client may still be sending (RFC 9112 §9.6).
//!
//! A socket that is closed with bytes unread is reset, and the reset can take the answer with it before the client has
//! read it: a refused upload would look like a broken line. So what still comes is taken and thrown away for a while.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::Sleep;

/// Waits until the client has noticed that nothing more is read.
#[derive(Debug)]
pub(super) struct Linger {
    /// Whether more is to come. If not, only what is there already is taken.
    expects_more: bool,
    left: usize,
    time: Option<Pin<Box<Sleep>>>,
}

impl Linger {
    /// After the last byte of ours has been sent.
    pub(super) const fn new(expects_more: bool) -> Self {
        Self {
            expects_more,
            left: LINGER_BYTES,
            time: None,
        }
    }

    /// Takes what comes from `read` until the client closes, or a bound is met.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut read: impl FnMut(&mut Context<'_>, &mut ReadBuf<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<()> {
        let mut space = [0; PIECE];
        while self.left > 0 {
            let mut piece = ReadBuf::new(&mut space);
            match read(context, &mut piece) {
                Poll::Ready(Ok(())) if !piece.filled().is_empty() => {
                    self.left = self.left.saturating_sub(piece.filled().len());
                    self.expects_more = true;
                }
                Poll::Ready(Ok(()) | Err(_)) => break,
                Poll::Pending if !self.expects_more => break,
                Poll::Pending => {
                    let time = self
                        .time
                        .get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER_TIME)));
                    return time.as_mut().poll(context);
                }
            }
        }
        Poll::Ready(())
    }
}

/// The longest that is waited for a client to stop: the answer has crossed the worst line by then.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// The most that is thrown away: clients that read only when all is sent get their answer up to here. Less would spare
/// little, since the time bounds it too.
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// Taken at a time.
const PIECE: usize = 8 * 1024;
