//! One stream of HTTP/2: a request, what is said before its answer, the answer, and the tunnel that it may become.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONTENT_LENGTH, COOKIE, DATE, EXPECT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, response};
use tracing::debug;

use super::super::bootstrap::{self, Opening};
use super::super::connection::Terms;
use super::super::interim::Waiting;
use super::super::usage::{Running, Tunnel, Use};
use super::super::{AnswerBody, Caller, Cut, Handler, Interim};
use crate::clock::{self, Clock as _};
use crate::wire::{
    GoOn, Opened, Opener, Received, Sending, Unsent, Upgrade, announced, strip_connection,
};

/// Serves one. It never fails: a stream that goes wrong is reset, and the others go on.
///
/// # Cancel safety
/// Dropping the future resets the stream, unless it has become a tunnel.
pub(super) fn serve<H, B>(
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    usage: &Arc<Use>,
    terms: &Terms<H>,
) -> impl Future<Output = ()> + Send + use<H, B>
where
    H: Handler<B>,
    B: AnswerBody,
{
    let running = Running::begin(usage);
    let interims = Arc::new(Waiting::default());
    let caller = Caller {
        peer: usage.peer,
        interim: Some(Interim::of_stream(&interims)),
    };
    let exchange = Exchange {
        respond,
        interims,
        running,
    };
    let asked = Asked::read(request, &exchange.interims, terms.limits.max_header_fields);
    let asked = asked.map(|(request, asked)| (terms.handler.answer(request, caller), asked));
    async move {
        let served = match asked {
            Ok((answer, asked)) => exchange.serve(answer, asked).await,
            Err(Refusal::Status(status)) => exchange.refuse(status),
            Err(Refusal::Reset(reason)) => exchange.reset(reason),
        };
        if let Err(error) = served {
            debug!(%error, "a stream ended before its answer");
        }
    }
}

/// What its answer needs to know of a request.
#[derive(Default)]
struct Asked {
    /// Present if it asks for a tunnel.
    tunnel: Option<(Opener, RecvStream)>,
    /// Present if that is a WebSocket.
    opening: Option<Opening>,
}

/// What becomes of a request that nobody is asked to answer.
enum Refusal {
    Status(StatusCode),
    Reset(Reason),
}

impl Asked {
    fn read(
        request: Request<RecvStream>,
        interims: &Arc<Waiting>,
        max_fields: usize,
    ) -> Result<(Request<Received>, Self), Refusal> {
        let mut asked = Self::default();
        let (head, stream) = request.into_parts();
        let body = if head.method == Method::CONNECT {
            if announced(&head.headers).is_some_and(|length| length > 0) {
                return Err(Refusal::Reset(Reason::PROTOCOL_ERROR));
            }
            let (opener, upgrade) = Upgrade::of_stream();
            asked.tunnel = Some((opener, stream));
            Received::of_tunnel(upgrade)
        } else {
            let waits =
                |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
            let go_on = head.headers.get(EXPECT).is_some_and(waits);
            let go_on = go_on.then(|| self::go_on(interims));
            Received::of_stream(stream, &head.headers, go_on)
        };
        if count_fields(&head.headers) > max_fields {
            return Err(Refusal::Status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
        }
        let mut request = Request::from_parts(head, body);
        asked.opening = bootstrap::translate(&mut request).map_err(Refusal::Status)?;
        Ok((request, asked))
    }
}

fn go_on(interims: &Arc<Waiting>) -> GoOn {
    let interims = Arc::clone(interims);
    Box::new(move || interims.go_on())
}

/// The fields of a head. The crumbs that browsers cut their cookies into on HTTP/2 are one (RFC 9113 §8.2.3); their
/// bytes have a bound of their own.
fn count_fields(fields: &HeaderMap) -> usize {
    let crumbs = fields.get_all(COOKIE).iter().count();
    fields.len().saturating_sub(crumbs.saturating_sub(1))
}

/// A request whose answer is not through.
struct Exchange {
    respond: SendResponse<Bytes>,
    interims: Arc<Waiting>,
    running: Running,
}

impl Exchange {
    async fn serve<B: AnswerBody>(
        mut self,
        answer: impl Future<Output = Response<B>>,
        asked: Asked,
    ) -> Result<(), h2::Error> {
        let mut response = self.wait(answer).await?;
        let cut = response.extensions_mut().remove::<Cut>();
        let looked_open = response.status().is_success();
        let opens = match &asked.opening {
            Some(opening) => opening.settle(&mut response),
            None => looked_open,
        };
        let (head, body) = response.into_parts();
        let asked_for_one = asked.tunnel.is_some();
        // What comes for one that does not open goes nowhere.
        match asked.tunnel.filter(|_| opens) {
            Some((opener, from)) => self.open(head, opener, from, cut).await,
            None if asked_for_one && looked_open => self.head(head, true).map(drop),
            None => self.send(head, body, cut).await,
        }
    }

    /// Waits for the answer, with what is said before it. A client that gives up is an error.
    async fn wait<R>(&mut self, answer: impl Future<Output = R>) -> Result<R, h2::Error> {
        let mut answer = pin!(answer);
        poll_fn(|context| {
            // Before anything is done for it.
            if let Poll::Ready(reason) = self.respond.poll_reset(context) {
                return Poll::Ready(Err(reason?.into()));
            }
            let answer = answer.as_mut().poll(context);
            for (status, fields) in self.interims.take(context) {
                let mut interim = Response::new(());
                *interim.status_mut() = status;
                *interim.headers_mut() = fields;
                // One that cannot be sent is one less (RFC 9110 §15.2).
                let _ = self.respond.send_informational(interim);
            }
            answer.map(Ok)
        })
        .await
    }

    fn refuse(mut self, status: StatusCode) -> Result<(), h2::Error> {
        let (mut head, ()) = Response::new(()).into_parts();
        head.status = status;
        self.head(head, true).map(drop)
    }

    fn reset(mut self, reason: Reason) -> Result<(), h2::Error> {
        self.respond.send_reset(reason);
        Ok(())
    }

    /// Sends the head of the answer. Nothing comes before it any more.
    fn head(
        &mut self,
        mut head: response::Parts,
        is_all: bool,
    ) -> Result<SendStream<Bytes>, h2::Error> {
        self.interims.end();
        strip_connection(&mut head.headers);
        let date = head.headers.entry(DATE);
        date.or_insert_with(now);
        let sent = self
            .respond
            .send_response(Response::from_parts(head, ()), is_all);
        sent.inspect_err(|_| self.respond.send_reset(Reason::INTERNAL_ERROR))
    }

    /// Sends the answer. It ends with `cut`: what the client had no room for by then never goes out.
    async fn send<B: AnswerBody>(
        mut self,
        mut head: response::Parts,
        body: B,
        cut: Option<Cut>,
    ) -> Result<(), h2::Error> {
        if body.is_end_stream() {
            return self.head(head, true).map(drop);
        }
        if let Some(length) = body.size_hint().exact() {
            let length = || HeaderValue::from(length);
            head.headers.entry(CONTENT_LENGTH).or_insert_with(length);
        }
        let stream = self.head(head, false)?;
        let over = async {
            match cut {
                Some(cut) => cut.over().await,
                None => std::future::pending().await,
            }
        };
        let sent = tokio::select! {
            // A body that can still say that it breaks off does so.
            biased;
            sent = Sending::new(body, stream, Reason::INTERNAL_ERROR) => sent,
            () = over => {
                self.respond.send_reset(Reason::CANCEL);
                return Ok(());
            }
        };
        match sent {
            Err(Unsent::Body(error)) => {
                let error = error.into();
                debug!(error = super::super::chain(&*error), "an answer breaks off");
                Ok(())
            }
            Err(Unsent::Stream(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    /// Hands the stream over to who carries the tunnel. It ends with `cut` and its farewell all the same.
    async fn open(
        mut self,
        head: response::Parts,
        opener: Opener,
        from: RecvStream,
        cut: Option<Cut>,
    ) -> Result<(), h2::Error> {
        let to = self.head(head, false)?;
        let (held, ended) = tokio::sync::oneshot::channel::<()>();
        let tunnel = Tunnel::begin(self.running.usage());
        opener.open(Opened::new(from, to, (held, tunnel)));
        let Self {
            mut respond,
            running,
            ..
        } = self;
        drop(running);
        let Some(cut) = cut else {
            return Ok(());
        };
        let farewell = cut.farewell;
        let over = async {
            cut.over().await;
            tokio::time::sleep(farewell).await;
        };
        tokio::select! {
            _ = ended => {}
            () = over => respond.send_reset(Reason::CANCEL),
        }
        Ok(())
    }
}

fn now() -> HeaderValue {
    let now = Duration::from_millis(clock::System.now().as_millis());
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + now);
    HeaderValue::try_from(date).unwrap_or_else(|_| HeaderValue::from_static(""))
}
