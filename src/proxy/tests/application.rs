//! An application that says how it was asked.

use std::sync::atomic::{AtomicBool, AtomicUsize};

use tokio::io::{AsyncRead, AsyncWrite};

use super::*;

/// What it has met, and how it is.
#[derive(Clone, Default)]
pub(super) struct Told {
    pub(super) requests: Arc<AtomicUsize>,
    pub(super) ill: Arc<AtomicBool>,
}

impl Told {
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Serves one connection, in whichever version of HTTP it speaks.
pub(super) fn serve(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    tasks: &Tasks,
    told: &Told,
) {
    let (executor, told) = (tasks.clone(), told.clone());
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let told = told.clone();
        async move { Ok::<_, hyper::Error>(answer(request, &told).await) }
    });
    hyper::rt::Executor::execute(tasks, async move {
        hyper_util::server::conn::auto::Builder::new(executor)
            .serve_connection(TokioIo::new(socket), service)
            .await
            .ok();
    });
}

/// Serves every connection to a port.
pub(super) async fn listen(tasks: &Tasks, told: &Told) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (spawner, told) = (tasks.clone(), told.clone());
    hyper::rt::Executor::execute(tasks, async move {
        let stopping = spawner.stopping().clone();
        while let Some(Ok((socket, _))) = stopping.run_until_cancelled(listener.accept()).await {
            serve(socket, &spawner, &told);
        }
    });
    address
}

async fn answer(request: Request<Incoming>, told: &Told) -> Response<Sent> {
    let (head, body) = request.into_parts();
    let field = |name: &str| {
        let mut values = head.headers.get_all(name).iter();
        let first = values.next().map_or("-", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} came twice");
        first.to_owned()
    };
    if head.uri.path() == "/health" {
        let mut answer = Response::new(nothing());
        if told.ill.load(Ordering::SeqCst) {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        return answer;
    }
    told.requests.fetch_add(1, Ordering::SeqCst);
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().map(|trailers| format!("{trailers:?}"));
    let text = format!(
        "{:?} {} authority={} host={} te={} upgrade={} cookie={} user={} trailers={} body={}",
        head.version,
        head.method,
        head.uri
            .authority()
            .map_or("-", |authority| authority.as_str()),
        field("host"),
        field("te"),
        field("upgrade"),
        field("cookie"),
        field("remote-user"),
        trailers.unwrap_or_default(),
        String::from_utf8_lossy(&body.to_bytes()),
    );
    let end = HeaderMap::from_iter([(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let frames = [Ok(Frame::data(text.into())), Ok(Frame::trailers(end))];
    let frames = futures_util::stream::iter(frames);
    let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
    let announced = HeaderValue::from_static("grpc-status");
    answer.headers_mut().insert("trailer", announced);
    answer
}
