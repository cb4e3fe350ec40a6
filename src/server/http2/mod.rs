//! HTTP/2 on one connection: a task for each stream, and pings while nothing is heard.
//!
//! The library below it is h2 itself rather than hyper, which can neither say anything before an answer nor end one whose
//! client takes nothing.

mod stream;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::Reason;
use hyper::rt::Executor as _;
use tracing::debug;

use super::connection::{Connection, Terms};
use super::stream::Stream;
use super::usage::Use;
use super::{AnswerBody, Handler};
use crate::config::Limits;
use crate::config::defaults::CONNECTION_BUFFER_BYTES;
use crate::wire::Pulse;

/// Streams that a client may open and reset before we have looked at them: beyond that the connection ends
/// (CVE-2023-44487).
const PENDING_RESETS: usize = 20;

/// Streams that we may have to reset because of a client's mistakes, before its connection ends.
const LOCAL_RESETS: usize = 256;

/// What one upload may send ahead of the application: enough for 100 Mbit/s at 40 ms.
const STREAM_WINDOW: u32 = 512 * 1024;

/// What all uploads of a connection may send ahead together.
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// A connection whose client has said its preface.
pub(super) type Shaken = h2::server::Connection<Stream, Bytes>;

/// Waits for the client's preface (RFC 9113 §3.4), and says what it may do.
pub(super) async fn shake(stream: Stream, limits: &Limits) -> io::Result<Shaken> {
    let list = u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX);
    h2::server::Builder::new()
        .max_concurrent_streams(limits.max_http2_streams)
        .enable_connect_protocol()
        .max_header_list_size(list)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(Some(LOCAL_RESETS))
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(CONNECTION_BUFFER_BYTES)
        .handshake(stream)
        .await
        .map_err(io::Error::other)
}

/// Serves it.
pub(super) fn serve<H, B>(
    mut shaken: Shaken,
    usage: &Arc<Use>,
    terms: &Arc<Terms<H>>,
) -> Pin<Box<impl Connection + Send + use<H, B>>>
where
    H: Handler<B>,
    B: AnswerBody,
{
    let limits = &terms.limits;
    let pings = shaken.ping_pong();
    Box::pin(Session {
        shaken,
        pulse: pings.map(|pings| Pulse::new(pings, limits.idle_timeout / 4, limits.header_timeout)),
        usage: Arc::clone(usage),
        terms: Arc::clone(terms),
        answers: std::marker::PhantomData,
    })
}

/// A connection whose streams come in.
struct Session<H, B> {
    shaken: Shaken,
    pulse: Option<Pulse>,
    usage: Arc<Use>,
    terms: Arc<Terms<H>>,
    answers: std::marker::PhantomData<fn() -> B>,
}

impl<H, B> Future for Session<H, B>
where
    H: Handler<B>,
    B: AnswerBody,
{
    type Output = Result<(), h2::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            while let Poll::Ready(accepted) = this.shaken.poll_accept(context) {
                let Some(accepted) = accepted else {
                    return Poll::Ready(Ok(()));
                };
                let (request, respond) = accepted?;
                let serving = stream::serve(request, respond, &this.usage, &this.terms);
                this.terms.tasks.execute(serving);
            }
            // After what had come already has been heard.
            let heard = this.usage.fate.heard();
            let Some(pulse) = &mut this.pulse else {
                return Poll::Pending;
            };
            ready!(pulse.poll(context, heard));
            debug!("a client has gone without a word");
            this.pulse = None;
            this.shaken.abrupt_shutdown(Reason::NO_ERROR);
        }
    }
}

impl<H, B> Connection for Session<H, B>
where
    H: Handler<B>,
    B: AnswerBody,
{
    type Error = h2::Error;

    const ENDS_BY_ITSELF: bool = false;

    fn wind_down(self: Pin<&mut Self>) {
        self.get_mut().shaken.graceful_shutdown();
    }
}
