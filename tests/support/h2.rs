//! A client that speaks HTTP/2.

use std::convert::Infallible;

use bytes::Bytes;
use doorward::tasks::Tasks;
use http::{Response, request};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::wire::PATIENCE;

/// A body on its way up.
pub type Upload = BoxBody<Bytes, Infallible>;

/// One connection.
pub struct H2 {
    sender: SendRequest<Upload>,
    _tasks: Tasks,
}

impl H2 {
    /// In clear, with prior knowledge.
    pub async fn open(address: std::net::SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    /// Over a stream that is there already.
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let tasks = Tasks::new();
        let (sender, connection) = handshake(tasks.clone(), TokioIo::new(stream))
            .await
            .unwrap();
        tasks.spawn(async move { drop(connection.await) });
        Self {
            sender,
            _tasks: tasks,
        }
    }

    /// One request, and the whole answer.
    pub async fn send(&mut self, request: request::Builder) -> Response<Bytes> {
        let (head, body) = self.begin(request).await.into_parts();
        let body = Self::in_time(body.collect()).await.unwrap();
        Response::from_parts(head, body.to_bytes())
    }

    /// One request, and the head of the answer with its body to come.
    pub async fn begin(&mut self, request: request::Builder) -> Response<Incoming> {
        let answer = self.start(request, Empty::new().boxed());
        Self::in_time(answer).await.unwrap()
    }

    /// One request with a body that may still be coming.
    pub fn start(
        &mut self,
        request: request::Builder,
        body: Upload,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + use<> {
        let request = request.body(body).unwrap();
        self.sender.send_request(request)
    }

    /// A body whose parts come when the test says so.
    pub fn upload() -> (mpsc::Sender<Bytes>, Upload) {
        let (sender, receiver) = mpsc::channel(8);
        let frames = futures_util::stream::unfold(receiver, |mut receiver| async {
            let part = receiver.recv().await?;
            Some((Ok(Frame::data(part)), receiver))
        });
        let body = StreamBody::new(frames);
        (sender, http_body_util::BodyExt::boxed(body))
    }

    /// A wait that is bounded as everything in a test.
    pub async fn in_time<T>(work: impl Future<Output = T>) -> T {
        let done = tokio::time::timeout(PATIENCE, work).await;
        done.expect("no answer")
    }
}
