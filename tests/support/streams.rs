//! A client of HTTP/2 that sees every frame that matters: what comes before an answer, and how a stream ends.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::Bytes;
use doorward::tasks::Tasks;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Response, request};
use tokio::net::TcpStream;

use super::H2;

/// One connection.
pub struct Streams {
    sender: SendRequest<Bytes>,
    _tasks: Tasks,
}

/// One request and its answer.
pub struct Stream {
    answer: ResponseFuture,
    pub body: SendStream<Bytes>,
}

/// What comes next on a stream that has no answer yet.
pub enum Said {
    /// An interim answer.
    Interim(Response<()>),
    /// The answer.
    Final(Response<RecvStream>),
}

impl Streams {
    pub async fn open(address: SocketAddr) -> Self {
        let tasks = Tasks::new();
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        tasks.spawn(async move { drop(connection.await) });
        Self {
            sender,
            _tasks: tasks,
        }
    }

    /// Asks, without a body.
    pub fn ask(&mut self, request: request::Builder) -> Stream {
        self.start(request, true)
    }

    /// Begins to ask; the body is the test's to send.
    pub fn begin(&mut self, request: request::Builder) -> Stream {
        self.start(request, false)
    }

    fn start(&mut self, request: request::Builder, is_all: bool) -> Stream {
        let request = request.body(()).unwrap();
        let (answer, body) = self.sender.send_request(request, is_all).unwrap();
        Stream { answer, body }
    }
}

impl Stream {
    pub async fn next(&mut self) -> Result<Said, h2::Error> {
        H2::in_time(poll_fn(|context| {
            if let Poll::Ready(Some(interim)) = self.answer.poll_informational(context) {
                return Poll::Ready(interim.map(Said::Interim));
            }
            let answer = Future::poll(std::pin::Pin::new(&mut self.answer), context);
            answer.map_ok(Said::Final)
        }))
        .await
    }

    /// The next interim answer, which must be there before the answer is.
    pub async fn interim(&mut self) -> (u16, HeaderMap) {
        match self.next().await.unwrap() {
            Said::Interim(said) => (said.status().as_u16(), said.headers().clone()),
            Said::Final(answer) => panic!("an answer: {answer:?}"),
        }
    }

    /// The whole answer, which must be next.
    pub async fn answer(mut self) -> Response<Bytes> {
        match self.next().await.unwrap() {
            Said::Interim(said) => panic!("no answer: {said:?}"),
            Said::Final(answer) => {
                let (head, body) = answer.into_parts();
                let (body, _) = whole(body).await.unwrap();
                Response::from_parts(head, body)
            }
        }
    }
}

/// A body to its end, and its trailers.
pub async fn whole(mut body: RecvStream) -> Result<(Bytes, Option<HeaderMap>), h2::Error> {
    let mut read = Vec::new();
    while let Some(piece) = H2::in_time(body.data()).await {
        let piece = piece?;
        read.extend_from_slice(&piece);
        body.flow_control().release_capacity(piece.len())?;
    }
    let trailers = H2::in_time(body.trailers()).await?;
    Ok((read.into(), trailers))
}
