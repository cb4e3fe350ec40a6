//! A proxy with nothing in it: hyper in front, hyper behind, a pool of connections, one thread. What Doorward costs beside
//! it is what Doorward adds (`tests/bench/run`).
//!
//! `cargo bench --bench bare -- PORT UPSTREAM`: listens on 127.0.0.1:PORT and asks 127.0.0.1:UPSTREAM, until it is killed.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Either, Empty};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

/// Connections that rest.
type Pool = Rc<RefCell<Vec<SendRequest<Incoming>>>>;

fn main() -> anyhow::Result<()> {
    let mut ports = std::env::args().skip(1).filter_map(|it| it.parse().ok());
    let (Some(port), Some(upstream)) = (ports.next(), ports.next()) else {
        // As `cargo bench` runs it beside the others.
        eprintln!("cargo bench --bench bare -- PORT UPSTREAM");
        return Ok(());
    };
    let upstream = SocketAddr::from(([127, 0, 0, 1], upstream));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, serve(port, upstream))
}

async fn serve(port: u16, upstream: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let pool = Pool::default();
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let pool = Rc::clone(&pool);
        let service = service_fn(move |request| answer(request, upstream, Rc::clone(&pool)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
        spawn_local(connection);
    }
}

async fn answer(
    request: Request<Incoming>,
    upstream: SocketAddr,
    pool: Pool,
) -> Result<Response<Either<Back, Empty<Bytes>>>, Infallible> {
    Ok(match pass(request, upstream, pool).await {
        Ok(response) => response.map(Either::Left),
        Err(error) => {
            eprintln!("{error:#}");
            let mut response = Response::new(Either::Right(Empty::new()));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    })
}

async fn pass(
    mut request: Request<Incoming>,
    upstream: SocketAddr,
    pool: Pool,
) -> anyhow::Result<Response<Back>> {
    let headers = request.headers_mut();
    headers.remove(CONNECTION);
    headers.insert(HOST, HeaderValue::from_str(&upstream.to_string())?);
    let resting = pool.borrow_mut().pop();
    let mut sender = match resting {
        Some(sender) => sender,
        None => connect(upstream).await?,
    };
    if sender.ready().await.is_err() {
        sender = connect(upstream).await?;
    }
    let answer = sender.send_request(request).await;
    let mut response = answer.context("the application does not answer")?;
    response.headers_mut().remove(CONNECTION);
    Ok(response.map(|inner| Back {
        inner,
        rest: Some((sender, pool)),
    }))
}

async fn connect(upstream: SocketAddr) -> anyhow::Result<SendRequest<Incoming>> {
    let socket = TcpStream::connect(upstream).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(socket)).await?;
    spawn_local(connection);
    Ok(sender)
}

/// The body of an answer, with the connection that it came by: that rests again at its end.
struct Back {
    inner: Incoming,
    rest: Option<(SendRequest<Incoming>, Pool)>,
}

impl Body for Back {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let back = self.get_mut();
        let frame = back.inner.frame();
        let frame = std::pin::pin!(frame).poll(context);
        if matches!(frame, Poll::Ready(None)) {
            back.rest();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Back {
    fn rest(&mut self) {
        if let Some((sender, pool)) = self.rest.take() {
            pool.borrow_mut().push(sender);
        }
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        if self.inner.is_end_stream() {
            self.rest();
        }
    }
}
