//! One request by a connection of HTTP/2: what is said before its answer, the answer, and the rest of its body.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use h2::client::ResponseFuture;
use h2::{Reason, RecvStream};
use http::header::HOST;
use http::uri::Authority;
use http::{Request, Response, Uri, Version, request};
use hyper::rt::Executor as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::super::Error;
use super::super::body::Outgoing;
use super::super::departure::Hear;
use super::super::endpoint::{ARE_YOU_THERE, Failure};
use super::{Line, Streams};
use crate::wire::{Received, Sending, Unsent, strip_connection};

/// An answer that has not ended, and what is left of its request: that ends with it.
pub(in crate::proxy) struct Answering {
    _line: Arc<Line>,
    upload: oneshot::Sender<()>,
}

impl Streams {
    /// Sends a request, and its body as it comes, beyond the head of the answer if need be.
    ///
    /// # Cancel safety
    /// Dropping the future resets the stream.
    pub(in crate::proxy) async fn send(
        &self,
        mut line: Line,
        request: Request<Outgoing>,
        hear: Option<&Hear>,
    ) -> Result<(Response<Received>, Answering), Failure> {
        line.usage.requests.fetch_add(1, Ordering::Relaxed);
        let asked = Begun::now(&line);
        let (head, body) = request.into_parts();
        let head = self.directed(head).ok_or(Failure::unsent(Error::Address))?;
        let is_all = http_body::Body::is_end_stream(&body);
        let sent = line.sender.send_request(head, is_all);
        let (answer, stream) = sent.map_err(|error| asked.failure(&line, error))?;
        let sending = (!is_all).then(|| Sending::new(body, stream, Reason::CANCEL));
        let exchange = Exchange {
            answer,
            sending,
            hear,
        };
        let (answer, sending) = exchange.await.map_err(|failed| match failed {
            Unsent::Body(error) => Failure::unsent(error),
            Unsent::Stream(error) => asked.failure(&line, error),
        })?;
        line.usage.answered.store(true, Ordering::Relaxed);
        let (upload, ended) = oneshot::channel();
        // Together they are one stream of those that the application admits.
        let line = Arc::new(line);
        if let Some(sending) = sending {
            let line = Arc::clone(&line);
            self.tasks.execute(async move {
                finish(sending, ended).await;
                drop(line);
            });
        }
        let (head, body) = answer.into_parts();
        let body = Received::of_stream(body, &head.headers, None);
        let answering = Answering {
            _line: line,
            upload,
        };
        Ok((Response::from_parts(head, body), answering))
    }

    /// The head as HTTP/2 has it: the host is in the target (RFC 9113 §8.3.1).
    fn directed(&self, mut head: request::Parts) -> Option<Request<()>> {
        let host = head.headers.remove(HOST)?;
        strip_connection(&mut head.headers);
        let mut uri = std::mem::take(&mut head.uri).into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
        head.uri = Uri::from_parts(uri).ok()?;
        head.version = Version::HTTP_2;
        Some(Request::from_parts(head, ()))
    }
}

impl Answering {
    /// The answer has ended, and nothing more comes of the request: what of it is under way may arrive.
    pub(in crate::proxy) fn give_back(self) {
        // It has arrived already.
        let _ = self.upload.send(());
    }
}

/// Sends the rest of a body as long as its answer lasts, and what there is of it by then a while longer.
async fn finish(sending: Sending<Outgoing>, ended: oneshot::Receiver<()>) {
    let mut sending = pin!(sending);
    let ended = tokio::select! {
        _ = sending.as_mut() => return,
        ended = ended => ended,
    };
    if ended.is_ok() {
        let _ = timeout(ARE_YOU_THERE, sending).await;
    }
}

/// What had come back when a request was sent.
struct Begun {
    heard: u64,
    had_answered: bool,
}

impl Begun {
    fn now(line: &Line) -> Self {
        Self {
            heard: line.course.heard_so_far(),
            had_answered: line.usage.answered.load(Ordering::Relaxed),
        }
    }

    /// Why there is no answer. The application has not seen a request that it refuses, or that came after what it says it has
    /// seen (RFC 9113 §6.8, §8.7); and most likely none that met the end of a connection at rest.
    fn failure(&self, line: &Line, error: h2::Error) -> Failure {
        let refused = error.reason() == Some(Reason::REFUSED_STREAM) || error.is_go_away();
        let ended = error.is_io() && !line.usage.given_up.load(Ordering::Relaxed);
        let silent = self.had_answered && line.course.heard_so_far() == self.heard;
        Failure::Exchange {
            unseen: error.is_remote() && refused || ended && silent,
            source: error.into(),
        }
    }
}

/// A request under way, until the head of its answer is there. What is left of its body then is to be sent by somebody else.
struct Exchange<'a> {
    answer: ResponseFuture,
    sending: Option<Sending<Outgoing>>,
    hear: Option<&'a Hear>,
}

impl Future for Exchange<'_> {
    type Output = Result<(Response<RecvStream>, Option<Sending<Outgoing>>), Unsent<Error>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(sending) = &mut this.sending
            && let Poll::Ready(sent) = Pin::new(sending).poll(context)
        {
            this.sending = None;
            // A stream that is no longer good for the body says why by its answer.
            if let Err(Unsent::Body(error)) = sent {
                return Poll::Ready(Err(Unsent::Body(error)));
            }
        }
        while let Poll::Ready(Some(Ok(said))) = this.answer.poll_informational(context) {
            if let Some(hear) = this.hear {
                hear(said.status(), said.headers());
            }
        }
        let answer = ready!(Pin::new(&mut this.answer).poll(context)).map_err(Unsent::Stream)?;
        Poll::Ready(Ok((answer, this.sending.take())))
    }
}
