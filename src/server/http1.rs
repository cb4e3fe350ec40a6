//! HTTP/1.1 on one connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::connection::{Connection, Terms};
use super::stream::Stream;
use super::usage::{Running, Use};
use super::{AnswerBody, Caller, Cut, Handler, Interim};
use crate::config::defaults::CONNECTION_BUFFER_BYTES;

/// Serves a stream that speaks it.
pub(super) fn serve<H, B>(
    mut stream: Stream,
    usage: &Arc<Use>,
    terms: &Terms<H>,
) -> Pin<Box<impl Connection + Send + use<H, B>>>
where
    H: Handler<B>,
    B: AnswerBody,
{
    stream.watch_framing(terms.limits.header_timeout);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // hyper's limit runs between two requests as well; the stream knows where a head begins.
        .header_read_timeout(None)
        .max_headers(terms.limits.max_header_fields)
        .max_header_size(terms.limits.max_header_bytes)
        .max_buf_size(CONNECTION_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service(usage, terms))
        .with_upgrades();
    Box::pin(connection)
}

impl<S, B> Connection for http1::UpgradeableConnection<TokioIo<Stream>, S>
where
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Error = hyper::Error;

    const ENDS_BY_ITSELF: bool = true;

    fn wind_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// The handler as hyper calls it.
fn service<H, B>(
    usage: &Arc<Use>,
    terms: &Terms<H>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<Reply<B>>,
    Error = Infallible,
    Future: Send + 'static,
> + use<H, B>
where
    H: Handler<B>,
    B: AnswerBody,
{
    let handler = terms.handler.clone();
    let usage = Arc::clone(usage);
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let running = Running::begin(&usage);
        usage.fate.begin();
        let asks_for_tunnel = request.method() == Method::CONNECT;
        let caller = Caller {
            peer: usage.peer,
            interim: (request.version() == Version::HTTP_11).then(|| Interim::of(&usage.fate)),
        };
        let answer = handler.answer(request.map(Into::into), caller);
        async move {
            let mut response = answer.await;
            let fate = &running.usage().fate;
            fate.bind(response.extensions_mut().remove::<Cut>());
            if response.status() == StatusCode::SWITCHING_PROTOCOLS
                || asks_for_tunnel && response.status().is_success()
            {
                fate.tunnel.store(true, Ordering::Release);
            } else if asks_for_tunnel {
                // A client that did not wait for the answer has sent what somebody else meant for the tunnel.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok(response.map(|body| Reply { body, running }))
        }
    })
}

/// The body of a response on its way out: the request runs until it is gone.
struct Reply<B> {
    body: B,
    running: Running,
}

impl<B: Body + Unpin> Body for Reply<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        // There is only the connection to tell it by.
        if let Poll::Ready(Some(Err(_))) = frame {
            let fate = &this.running.usage().fate;
            fate.broken.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
