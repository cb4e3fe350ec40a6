//! The room between a visitor and an application over real sockets; the test plays both, byte by byte.

mod application;
mod balancing;
mod pool;
mod protocols;
mod streams;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// What a test may change.
struct Setting {
    timeout: Duration,
    idle: Duration,
    stream_cut: Duration,
    preserve_host: bool,
    until: Option<Duration>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            idle: Duration::from_secs(20),
            stream_cut: Duration::from_secs(5),
            preserve_host: true,
            until: None,
        }
    }
}

struct World {
    front: SocketAddr,
    application: TcpListener,
    cut: Arc<Tether>,
    metrics: Metrics,
    tasks: Tasks,
    errors: Arc<Mutex<Vec<String>>>,
}

async fn world(setting: Setting) -> World {
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = application.local_addr().unwrap();
    let config = upstream_config(address, &setting);
    world_of(application, &config, setting).await
}

async fn world_of(application: TcpListener, config: &config::Upstream, setting: Setting) -> World {
    world_with(application, config, setting, Tasks::new()).await
}

async fn world_with(
    application: TcpListener,
    config: &config::Upstream,
    setting: Setting,
    tasks: Tasks,
) -> World {
    let metrics = Metrics::new(0);
    let upstream = Upstream::new(
        config,
        setting.idle,
        setting.stream_cut,
        &metrics,
        tasks.clone(),
    )
    .unwrap();
    let cut = Arc::new(Tether::new());
    let errors = Arc::new(Mutex::new(Vec::new()));
    let upstream = Arc::new(upstream);
    upstream.look_after(tasks.stopping());
    let front = front(upstream, setting, &tasks, &cut, &errors).await;
    World {
        front,
        application,
        cut,
        metrics,
        tasks,
        errors,
    }
}

fn upstream_config(address: SocketAddr, setting: &Setting) -> config::Upstream {
    config::Upstream {
        timeout: setting.timeout,
        max_concurrent_requests: 100,
        preserve_host: setting.preserve_host,
        ..config::Upstream::at(config::Slug::parse("app").unwrap(), address.into())
    }
}

/// A listener that hands every request to the upstream, as `gateway` does after its decision.
async fn front(
    upstream: Arc<Upstream>,
    setting: Setting,
    tasks: &Tasks,
    cut: &Arc<Tether>,
    errors: &Arc<Mutex<Vec<String>>>,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let (spawner, cut, errors) = (tasks.clone(), Arc::clone(cut), Arc::clone(errors));
    let until = setting.until.map(|until| Instant::now() + until);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (upstream, errors) = (Arc::clone(&upstream), Arc::clone(&errors));
        let passage = Passage {
            host: HeaderValue::from_static("app.example.com"),
            fields: Ours {
                once: vec![(
                    HeaderName::from_static("remote-user"),
                    HeaderValue::from_static("ada"),
                )],
                ..Ours::default()
            },
            reserved: Arc::new(|name| name.as_str() == "remote-user"),
            cut: Arc::clone(&cut),
            until,
            held: Arc::new(()),
            early: None,
        };
        async move {
            match upstream
                .forward(Box::new(request.map(Into::into)), passage)
                .await
            {
                Ok(response) => Ok::<_, Error>(response),
                Err(error) => {
                    errors.lock().unwrap().push(format!("{error:?}"));
                    let mut response = Response::new(Body::empty());
                    *response.status_mut() = match error {
                        Error::Timeout => StatusCode::GATEWAY_TIMEOUT,
                        _ => StatusCode::BAD_GATEWAY,
                    };
                    Ok(response)
                }
            }
        }
    });
    let accepting = async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            let executor = spawner.clone();
            hyper::rt::Executor::execute(&spawner, async move {
                hyper_util::server::conn::auto::Builder::new(executor)
                    .serve_connection_with_upgrades(TokioIo::new(socket), service)
                    .await
                    .ok();
            });
        }
    };
    hyper::rt::Executor::execute(tasks, accepting);
    front
}

impl World {
    /// A visitor that has sent these bytes.
    async fn visitor(&self, bytes: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.front).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        socket
    }

    async fn http2(&self) -> hyper::client::conn::http2::SendRequest<Sent> {
        let io = TokioIo::new(TcpStream::connect(self.front).await.unwrap());
        let (send, connection) = hyper::client::conn::http2::handshake(self.tasks.clone(), io)
            .await
            .unwrap();
        hyper::rt::Executor::execute(&self.tasks, connection);
        send
    }

    /// The next connection to the application, with the head of its request.
    async fn asked(&self) -> (TcpStream, String) {
        let (mut socket, _) = timeout(self.application.accept()).await.unwrap();
        let head = read_head(&mut socket).await;
        (socket, head)
    }

    fn errors(&self) -> String {
        self.errors.lock().unwrap().join("\n")
    }

    async fn end(self) {
        assert!(self.tasks.finish(Duration::from_secs(10)).await);
    }
}

type Sent = UnsyncBoxBody<Bytes, io::Error>;

fn nothing() -> Sent {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A bound on the wait for an event that must come.
async fn timeout<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), event)
        .await
        .expect("the event came")
}

async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let byte = timeout(socket.read_u8()).await;
        read.push(byte.unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&read))));
    }
    String::from_utf8(read).unwrap()
}

async fn read_head(socket: &mut TcpStream) -> String {
    read_until(socket, "\r\n\r\n").await
}

async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let _ = timeout(socket.read_to_end(&mut read)).await;
    String::from_utf8(read).unwrap()
}

const ASK: &str = "GET /path?query=%20 HTTP/1.1\r\nHost: visitor\r\nConnection: close\r\n\r\n";
const FINE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

#[tokio::test]
async fn a_request_goes_up_and_its_answer_comes_down() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut application, head) = world.asked().await;
    assert!(
        head.starts_with("GET /path?query=%20 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nhost: app.example.com\r\n"), "{head}");
    assert!(head.contains("\r\nremote-user: ada\r\n"), "{head}");
    assert_eq!(head.matches("host:").count(), 1, "{head}");
    application.write_all(FINE).await.unwrap();
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nfine"), "{answer}");
    let text = world.metrics.encode();
    assert!(
        text.contains("doorward_upstream_requests_total{upstream=\"app\",code=\"200\"} 1"),
        "{text}"
    );
    world.end().await;
}

#[tokio::test]
async fn the_application_may_see_its_own_host() {
    let world = world(Setting {
        preserve_host: false,
        ..Setting::default()
    })
    .await;
    let _visitor = world.visitor(ASK).await;
    let (_, head) = world.asked().await;
    let own = world.application.local_addr().unwrap();
    assert!(head.contains(&format!("\r\nhost: {own}\r\n")), "{head}");
    world.end().await;
}

#[tokio::test]
async fn inv_31_no_connection_field_removes_or_repeats_ours() {
    let world = world(Setting::default()).await;
    let _visitor = world
        .visitor(
            "GET / HTTP/1.1\r\nHost: visitor\r\nRemote-User: mallory\r\nX-Secret: 1\r\n\
             Connection: remote-user, host, x-secret\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\n\
             TE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
        )
        .await;
    let (_, head) = world.asked().await;
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["host: app.example.com", "remote-user: ada"]);
    world.end().await;
}

#[tokio::test]
async fn hop_by_hop_fields_of_the_answer_end_here() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut application, _) = world.asked().await;
    application
        .write_all(
            b"HTTP/1.1 200 Fine\r\nContent-Length: 0\r\nConnection: x-hop\r\nX-Hop: 1\r\n\
              Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-End: 1\r\n\r\n",
        )
        .await
        .unwrap();
    let answer = read_to_end(&mut visitor).await.to_lowercase();
    assert!(answer.contains("x-end: 1"), "{answer}");
    for gone in ["x-hop", "keep-alive", "proxy-", "upgrade"] {
        assert!(!answer.contains(gone), "{gone} in {answer}");
    }
    world.end().await;
}

#[tokio::test]
async fn inv_30_trailers_pass_both_ways_without_reserved_names() {
    let world = world(Setting::default()).await;
    let mut visitor = world
        .visitor(
            "POST / HTTP/1.1\r\nHost: visitor\r\nTE: trailers\r\nTrailer: digest, remote-user\r\n\
             Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
             5\r\nhello\r\n0\r\nDigest: up\r\nRemote-User: mallory\r\n\r\n",
        )
        .await;
    let (mut application, head) = world.asked().await;
    assert!(head.contains("\r\nte: trailers\r\n"), "{head}");
    assert!(
        head.contains("\r\ntransfer-encoding: chunked\r\n"),
        "{head}"
    );
    let body = read_until(&mut application, "0\r\ndigest: up\r\n\r\n").await;
    assert!(!body.to_lowercase().contains("remote-user"), "{body}");
    application
        .write_all(
            b"HTTP/1.1 200 OK\r\nTrailer: grpc-status, remote-user, location\r\nTransfer-Encoding: chunked\r\n\r\n\
              2\r\nok\r\n0\r\ngrpc-status: 0\r\nRemote-User: mallory\r\nLocation: /\r\n\r\n",
        )
        .await
        .unwrap();
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.ends_with("0\r\ngrpc-status: 0\r\n\r\n"), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn http2_in_front_becomes_http1_behind() {
    let world = world(Setting::default()).await;
    let mut send = world.http2().await;
    let frames = futures_util::stream::iter([
        Ok(Frame::data(Bytes::from_static(b"hello"))),
        Ok(Frame::data(Bytes::from_static(b" you"))),
    ]);
    // A body without a length, in a method for which libraries expect none.
    let request = Request::get("http://visitor/two?a=b")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(StreamBody::new(frames).boxed_unsync())
        .unwrap();
    let answer = send.send_request(request);
    let play = async {
        let (mut application, head) = world.asked().await;
        assert!(head.starts_with("GET /two?a=b HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncookie: a=1; b=2\r\n"), "{head}");
        assert!(head.contains("\r\nhost: app.example.com\r\n"), "{head}");
        assert!(
            head.contains("\r\ntransfer-encoding: chunked\r\n"),
            "{head}"
        );
        assert!(!head.contains("content-length"), "{head}");
        let body = read_until(&mut application, "0\r\n\r\n").await;
        assert!(body.contains("hello"), "{body}");
        application
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-End: 1\r\n\r\n")
            .await
            .unwrap();
        application
    };
    let (answer, _application) = tokio::join!(answer, play);
    let answer = answer.unwrap();
    assert!(!answer.headers().contains_key("transfer-encoding"));
    let body = timeout(answer.into_body().collect()).await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-end"], "1");
    assert_eq!(body.to_bytes(), "ok");
    world.end().await;
}

#[tokio::test]
async fn inv_35_a_length_that_http2_repeats_is_said_once() {
    let world = world(Setting::default()).await;
    let mut send = world.http2().await;
    for (method, body, length) in [("GET", "", "0"), ("POST", "", "0"), ("POST", "hello", "5")] {
        let request = Request::builder()
            .method(method)
            .uri("http://visitor/")
            .header("content-length", length)
            .header("content-length", length)
            .body(match body {
                "" => nothing(),
                _ => Full::from(body)
                    .map_err(|never| match never {})
                    .boxed_unsync(),
            })
            .unwrap();
        let answer = send.send_request(request);
        let play = async {
            let (mut application, head) = world.asked().await;
            assert_eq!(head.matches("content-length").count(), 1, "{head}");
            assert!(
                head.contains(&format!("\r\ncontent-length: {length}\r\n")),
                "{head}"
            );
            application
                .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
        };
        let (answer, ()) = tokio::join!(answer, play);
        assert_eq!(answer.unwrap().status(), 204);
    }
    world.end().await;
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    for (request, answer, length) in [
        ("HEAD", "200 OK\r\nContent-Length: 5", Some("5")),
        ("HEAD", "200 OK\r\nTransfer-Encoding: chunked", None),
        ("GET", "204 No Content\r\nContent-Length: 5", None),
        (
            "GET",
            "304 Not Modified\r\nContent-Length: 5\r\nETag: x",
            None,
        ),
    ] {
        let world = world(Setting::default()).await;
        let mut visitor = world
            .visitor(&format!(
                "{request} / HTTP/1.1\r\nHost: visitor\r\nConnection: close\r\n\r\n"
            ))
            .await;
        let (mut application, head) = world.asked().await;
        assert!(head.starts_with(request), "{head}");
        application
            .write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let answer = read_to_end(&mut visitor).await;
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        let found = answer
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        assert_eq!(found, length, "{answer}");
        world.end().await;
    }
}

#[tokio::test]
async fn inv_35_an_answer_with_two_readings_is_broken() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "220 mail.example.com ESMTP\r\n\r\n",
    ] {
        let world = world(Setting::default()).await;
        let mut visitor = world.visitor(ASK).await;
        let (mut application, _) = world.asked().await;
        application.write_all(answer.as_bytes()).await.unwrap();
        let seen = read_to_end(&mut visitor).await;
        assert!(
            seen.starts_with("HTTP/1.1 502 "),
            "{answer:?} gave {seen:?}"
        );
        assert!(world.errors().contains("Broken"), "{}", world.errors());
        world.end().await;
    }
}

#[tokio::test]
async fn inv_36_a_connection_with_bytes_left_over_is_not_used_again() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut first, _) = world.asked().await;
    first
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        .await
        .unwrap();
    assert!(read_to_end(&mut visitor).await.ends_with("\r\n\r\na"));
    let mut visitor = world.visitor(ASK).await;
    let (mut second, _) = world.asked().await;
    second.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut visitor).await.ends_with("fine"));
    world.end().await;
}

#[tokio::test]
async fn connections_are_used_again_and_a_stale_one_costs_nobody_a_request() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut pooled, _) = world.asked().await;
    pooled.write_all(FINE).await.unwrap();
    read_to_end(&mut visitor).await;

    let mut visitor = world.visitor(ASK).await;
    let head = read_head(&mut pooled).await;
    assert!(head.starts_with("GET /path"), "{head}");
    // The application closes just when the next request arrives.
    drop(pooled);
    let (mut fresh, again) = world.asked().await;
    assert_eq!(head, again);
    fresh.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut visitor).await.ends_with("fine"));

    // What may not be repeated is not.
    let mut visitor = world
        .visitor("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
        .await;
    assert!(read_until(&mut fresh, "hi").await.starts_with("POST"));
    drop(fresh);
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn a_request_that_may_have_had_its_effect_is_not_repeated() {
    let world = world(Setting::default()).await;
    let nobody_asks = async |world: &World| {
        let pause = Duration::from_millis(200);
        let again = tokio::time::timeout(pause, world.application.accept()).await;
        assert!(again.is_err(), "repeated");
    };
    // On a connection that was made for it.
    let mut visitor = world.visitor(ASK).await;
    drop(world.asked().await);
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    nobody_asks(&world).await;
    // On one that has served before, after the first bytes of an answer.
    let mut visitor = world.visitor(ASK).await;
    let (mut pooled, _) = world.asked().await;
    pooled.write_all(FINE).await.unwrap();
    read_to_end(&mut visitor).await;
    let mut visitor = world.visitor(ASK).await;
    read_head(&mut pooled).await;
    pooled.write_all(b"HTTP/1.1 2").await.unwrap();
    drop(pooled);
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    nobody_asks(&world).await;
    world.end().await;
}

#[tokio::test]
async fn what_may_not_be_repeated_is_not_even_without_a_body() {
    for (method, repeated) in [("DELETE", true), ("POST", false), ("PATCH", false)] {
        let world = world(Setting::default()).await;
        let mut visitor = world.visitor(ASK).await;
        let (mut pooled, _) = world.asked().await;
        pooled.write_all(FINE).await.unwrap();
        read_to_end(&mut visitor).await;

        let ask = format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let mut visitor = world.visitor(&ask).await;
        assert!(read_head(&mut pooled).await.starts_with(method));
        drop(pooled);
        let again = async {
            let (mut fresh, _) = world.asked().await;
            fresh.write_all(FINE).await.unwrap();
        };
        tokio::select! {
            () = again => assert!(repeated, "{method} was repeated"),
            answer = read_to_end(&mut visitor) => {
                assert!(!repeated && answer.starts_with("HTTP/1.1 502 "), "{method}: {answer}");
            }
        }
        world.end().await;
    }
}

#[tokio::test]
async fn an_application_that_is_down_is_told_apart_from_a_silent_one() {
    let setting = Setting {
        timeout: Duration::from_millis(100),
        ..Setting::default()
    };
    let world = world(setting).await;
    let mut visitor = world.visitor(ASK).await;
    let (_silent, _) = world.asked().await;
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    assert!(world.errors().contains("Timeout"));

    let World {
        front,
        application,
        tasks,
        errors,
        metrics,
        ..
    } = world;
    drop(application);
    let mut visitor = TcpStream::connect(front).await.unwrap();
    visitor.write_all(ASK.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let errors = errors.lock().unwrap().join("\n");
    assert!(errors.contains("Connect { reason: \"refused\""), "{errors}");
    let text = metrics.encode();
    let line = "upstream_connect_failures_total{upstream=\"app\",reason=\"refused\"} 1";
    assert!(text.contains(line), "{text}");
    assert!(tasks.finish(Duration::from_secs(10)).await);
}

#[tokio::test]
async fn the_time_to_answer_does_not_run_while_the_visitor_is_slow() {
    let setting = Setting {
        timeout: Duration::from_millis(150),
        ..Setting::default()
    };
    let world = world(setting).await;
    let mut visitor = world
        .visitor("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\n")
        .await;
    let (mut application, _) = world.asked().await;
    let uploading = async {
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            visitor.write_all(b"x").await.unwrap();
        }
        read_to_end(&mut visitor).await
    };
    let answering = async {
        read_until(&mut application, "xxxxxx").await;
        application.write_all(FINE).await.unwrap();
    };
    let (answer, ()) = tokio::join!(uploading, answering);
    assert!(answer.ends_with("fine"), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn a_large_body_flows_at_the_pace_of_its_reader() {
    const SIZE: usize = 64 * 1024 * 1024;
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut application, _) = world.asked().await;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n");
    application.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    // Nobody reads: what fits into the buffers of the kernel and of one connection goes, then it stands still.
    loop {
        let room = SIZE - sent;
        let writing = application.write(&piece[..piece.len().min(room)]);
        match tokio::time::timeout(Duration::from_millis(500), writing).await {
            Ok(written) => sent += written.unwrap(),
            Err(_) => break,
        }
        assert!(sent < SIZE, "everything was taken from the application");
    }
    let head = read_head(&mut visitor).await;
    assert!(head.contains(&format!("content-length: {SIZE}")), "{head}");
    let writing = async {
        while sent < SIZE {
            let room = SIZE - sent;
            sent += application
                .write(&piece[..piece.len().min(room)])
                .await
                .unwrap();
        }
    };
    let reading = async {
        let mut body = Vec::new();
        visitor.read_to_end(&mut body).await.unwrap();
        body.len()
    };
    let ((), read) = timeout(async { tokio::join!(writing, reading) }).await;
    assert_eq!(read, SIZE);
    world.end().await;
}

#[tokio::test]
async fn an_upload_flows_at_the_pace_of_the_application() {
    const SIZE: usize = 64 * 1024 * 1024;
    let world = world(Setting::default()).await;
    let mut visitor = world
        .visitor(&format!(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {SIZE}\r\nConnection: close\r\n\r\n"
        ))
        .await;
    let (mut application, head) = world.asked().await;
    assert!(head.contains(&format!("content-length: {SIZE}")), "{head}");
    let piece = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    loop {
        match tokio::time::timeout(Duration::from_millis(500), visitor.write(&piece)).await {
            Ok(written) => sent += written.unwrap(),
            Err(_) => break,
        }
        assert!(sent < SIZE, "everything was taken from the visitor");
    }
    let mut received = vec![0; sent];
    timeout(application.read_exact(&mut received))
        .await
        .unwrap();
    world.end().await;
}

#[tokio::test]
async fn events_arrive_one_by_one() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut application, _) = world.asked().await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        .await
        .unwrap();
    read_head(&mut visitor).await;
    for event in ["data: one\n\n", "data: two\n\n"] {
        application.write_all(event.as_bytes()).await.unwrap();
        let chunk = format!("{:X}\r\n{event}\r\n", event.len());
        assert_eq!(read_until(&mut visitor, &chunk).await, chunk);
    }
    drop(application);
    assert_eq!(read_to_end(&mut visitor).await, "0\r\n\r\n");
    world.end().await;
}

#[tokio::test]
async fn a_stalled_answer_breaks_off() {
    let world = world(Setting {
        idle: Duration::from_millis(100),
        ..Setting::default()
    })
    .await;
    let mut visitor = world.visitor(ASK).await;
    let (mut application, _) = world.asked().await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.ends_with("\r\n2\r\nok\r\n"), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn a_stalled_upload_breaks_off() {
    let world = world(Setting {
        idle: Duration::from_millis(100),
        ..Setting::default()
    })
    .await;
    let mut visitor = world
        .visitor("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
        .await;
    let (mut application, _) = world.asked().await;
    assert_eq!(read_to_end(&mut application).await, "he");
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(world.errors().contains("Visitor"), "{}", world.errors());
    world.end().await;
}

#[tokio::test]
async fn inv_40_a_cut_answer_is_incomplete_on_http1() {
    for framing in [
        "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        "Content-Length: 9\r\n\r\nok",
    ] {
        let world = world(Setting::default()).await;
        let mut visitor = world.visitor(ASK).await;
        let (mut application, _) = world.asked().await;
        application
            .write_all(format!("HTTP/1.1 200 OK\r\n{framing}").as_bytes())
            .await
            .unwrap();
        read_until(&mut visitor, "ok").await;
        world.cut.cut();
        let rest = read_to_end(&mut visitor).await;
        assert!(!rest.contains("0\r\n"), "{rest:?}");
        assert_eq!(
            read_to_end(&mut application).await,
            "",
            "the application is let go"
        );
        world.end().await;
    }
}

#[tokio::test]
async fn inv_40_a_cut_answer_is_reset_on_http2() {
    let world = world(Setting::default()).await;
    let mut send = world.http2().await;
    let request = Request::get("http://visitor/").body(nothing()).unwrap();
    let answering = async {
        let (mut application, _) = world.asked().await;
        application
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            .await
            .unwrap();
        application
    };
    let (answer, _application) = tokio::join!(send.send_request(request), answering);
    let mut body = answer.unwrap().into_body();
    let first = timeout(body.frame()).await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "ok");
    world.cut.cut();
    assert!(timeout(body.frame()).await.unwrap().is_err());
    world.end().await;
}

#[tokio::test]
async fn inv_40_what_waits_and_what_goes_up_is_cut_too() {
    let world = world(Setting::default()).await;
    let mut waiting = world.visitor(ASK).await;
    let (mut silent, _) = world.asked().await;
    let _uploading = world
        .visitor("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
        .await;
    let (mut half, _) = world.asked().await;
    read_until(&mut half, "he").await;
    world.cut.cut();
    assert!(read_to_end(&mut waiting).await.starts_with("HTTP/1.1 502 "));
    assert_eq!(read_to_end(&mut silent).await, "");
    assert_eq!(read_to_end(&mut half).await, "");
    assert!(world.errors().contains("Cut"), "{}", world.errors());
    world.end().await;
}

#[tokio::test]
async fn inv_40_a_grant_that_ends_cuts_who_waits_for_an_answer() {
    let setting = Setting {
        until: Some(Duration::from_millis(200)),
        ..Setting::default()
    };
    let world = world(setting).await;
    let mut visitor = world.visitor(ASK).await;
    let (_silent, _) = world.asked().await;
    let begun = Instant::now();
    read_to_end(&mut visitor).await;
    assert!(begun.elapsed() < Setting::default().timeout / 2);
    assert!(world.errors().contains("Cut"), "{}", world.errors());
    world.end().await;
}

#[tokio::test]
async fn inv_40_a_grant_that_ends_cuts_by_itself() {
    let world = world(Setting {
        until: Some(Duration::from_millis(300)),
        ..Setting::default()
    })
    .await;
    let mut visitor = world.visitor(ASK).await;
    let (mut application, _) = world.asked().await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.ends_with("\r\n2\r\nok\r\n"), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn a_body_is_sent_when_the_application_asks_for_it() {
    let world = world(Setting::default()).await;
    let mut visitor = world
        .visitor(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\
             Expect: 100-continue\r\n\r\n",
        )
        .await;
    let (mut application, head) = world.asked().await;
    assert!(head.contains("\r\nexpect: 100-continue\r\n"), "{head}");
    let early = tokio::time::timeout(Duration::from_millis(100), visitor.read_u8()).await;
    assert!(early.is_err(), "told to go on before the application was");
    application
        .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(
        read_head(&mut visitor).await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    visitor.write_all(b"hello").await.unwrap();
    assert_eq!(read_until(&mut application, "hello").await, "hello");
    application.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut visitor).await.ends_with("fine"));
    world.end().await;
}

#[tokio::test]
async fn a_body_that_is_not_wanted_is_never_asked_for() {
    let world = world(Setting::default()).await;
    let mut visitor = world
        .visitor("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        .await;
    let (mut application, _) = world.asked().await;
    application
        .write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        .await
        .unwrap();
    let answer = read_to_end(&mut visitor).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nno"), "{answer}");
    assert_eq!(
        read_to_end(&mut application).await,
        "",
        "the connection is given up"
    );
    world.end().await;
}

#[tokio::test]
async fn an_application_that_does_not_know_the_expectation_gets_the_body() {
    let world = world(Setting::default()).await;
    let mut visitor = world
        .visitor(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        )
        .await;
    let (mut application, _) = world.asked().await;
    assert_eq!(read_until(&mut application, "hello").await, "hello");
    application.write_all(FINE).await.unwrap();
    read_until(&mut visitor, "fine").await;
    world.end().await;
}

/// The visitor's side of a tunnel.
const UPGRADE_ASK: &str = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
    Upgrade: echo/1\r\n\r\n";
const UPGRADE_YES: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n";

async fn tunnel(world: &World) -> (TcpStream, TcpStream) {
    let mut visitor = world.visitor(UPGRADE_ASK).await;
    let (mut application, head) = world.asked().await;
    assert!(head.contains("\r\nconnection: upgrade\r\n"), "{head}");
    assert!(head.contains("\r\nupgrade: echo/1\r\n"), "{head}");
    application.write_all(UPGRADE_YES).await.unwrap();
    let head = read_head(&mut visitor).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    (visitor, application)
}

fn open_tunnels(world: &World) -> bool {
    let text = world.metrics.encode();
    text.contains("doorward_upstream_websockets_open{upstream=\"app\"} 1")
}

#[tokio::test]
async fn a_websocket_talks_through() {
    let world = world(Setting::default()).await;
    let serving = async {
        let (socket, _) = world.application.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(socket).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() {
                socket.send(message).await.unwrap();
            }
        }
    };
    let talking = async {
        let stream = TcpStream::connect(world.front).await.unwrap();
        let (mut socket, _) = tokio_tungstenite::client_async("ws://app.example.com/ws", stream)
            .await
            .unwrap();
        for size in [3, 70_000, 1_000_000] {
            let text = "x".repeat(size);
            socket.send(text.as_str().into()).await.unwrap();
            let back = socket.next().await.unwrap().unwrap();
            assert_eq!(back.into_text().unwrap().as_str(), text);
        }
        assert!(open_tunnels(&world));
        socket.close(None).await.unwrap();
        while socket.next().await.is_some() {}
    };
    timeout(async { tokio::join!(serving, talking) }).await;
    world.end().await;
}

#[tokio::test]
async fn inv_36_bytes_flow_only_after_the_application_accepted() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(&format!("{UPGRADE_ASK}early")).await;
    let (mut application, head) = world.asked().await;
    assert!(head.contains("\r\nupgrade: echo/1\r\n"), "{head}");
    let early = tokio::time::timeout(Duration::from_millis(100), application.read_u8()).await;
    assert!(early.is_err(), "bytes before the 101");
    // It declines: the visitor's bytes are not for it.
    application.write_all(FINE).await.unwrap();
    let answer = read_until(&mut visitor, "fine").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(!answer.to_lowercase().contains("upgrade"), "{answer}");
    let unread = tokio::time::timeout(Duration::from_millis(100), application.read_u8()).await;
    assert!(!matches!(unread, Ok(Ok(_))), "bytes after the refusal");
    assert!(!open_tunnels(&world));
    world.end().await;
}

#[tokio::test]
async fn inv_36_an_application_cannot_change_to_another_protocol() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(UPGRADE_ASK).await;
    let (mut application, _) = world.asked().await;
    application
        .write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        )
        .await
        .unwrap();
    assert!(read_head(&mut visitor).await.starts_with("HTTP/1.1 502 "));
    world.end().await;
}

#[tokio::test]
async fn a_tunnel_carries_each_side_to_its_end() {
    let world = world(Setting::default()).await;
    let (mut visitor, mut application) = tunnel(&world).await;
    visitor.write_all(b"up").await.unwrap();
    visitor.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut application).await, "up");
    application.write_all(b"down").await.unwrap();
    drop(application);
    assert_eq!(read_to_end(&mut visitor).await, "down");
    world.end().await;
}

#[tokio::test]
async fn inv_40_a_tunnel_is_cut() {
    let world = world(Setting::default()).await;
    let (mut visitor, mut application) = tunnel(&world).await;
    assert!(open_tunnels(&world));
    world.cut.cut();
    assert_eq!(read_to_end(&mut visitor).await, "");
    assert_eq!(read_to_end(&mut application).await, "");
    assert!(!open_tunnels(&world));
    world.end().await;
}

#[tokio::test]
async fn a_tunnel_ends_with_its_grant_with_silence_and_with_the_process() {
    let short = Some(Duration::from_millis(300));
    for (until, idle) in [(short, None), (None, short), (None, None)] {
        let world = world(Setting {
            until,
            idle: idle.unwrap_or(Duration::from_secs(20)),
            ..Setting::default()
        })
        .await;
        let (mut visitor, mut application) = tunnel(&world).await;
        if until.is_none() && idle.is_none() {
            world.tasks.stopping().cancel();
        }
        assert_eq!(read_to_end(&mut visitor).await, "");
        assert_eq!(read_to_end(&mut application).await, "");
        world.end().await;
    }
}

/// The two sides of a WebSocket.
async fn websocket(world: &World) -> (TcpStream, TcpStream) {
    let ask = UPGRADE_ASK.replace("echo/1", "websocket");
    let mut visitor = world.visitor(&ask).await;
    let (mut application, _) = world.asked().await;
    let yes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    application.write_all(yes.as_bytes()).await.unwrap();
    assert!(read_head(&mut visitor).await.starts_with("HTTP/1.1 101 "));
    (visitor, application)
}

/// What comes until the end of a connection, as bytes.
async fn all(socket: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    let _ = timeout(socket.read_to_end(&mut read)).await;
    read
}

const ACCESS_ENDED: &[u8] = b"\x88\x0e\x03\xf0access ended";
const GOING_AWAY: &[u8] = b"\x88\x0c\x03\xe9going away";

/// A Close of the visitor's side, its mask taken off.
fn unmasked(frame: &[u8]) -> Vec<u8> {
    let (head, rest) = frame.split_at(2);
    let (mask, payload) = rest.split_at(4);
    let payload = payload.iter().zip(mask.iter().cycle());
    let mut plain = vec![head[0], head[1] & 0x7f];
    plain.extend(payload.map(|(byte, key)| byte ^ key));
    plain
}

#[tokio::test]
async fn inv_40_a_cut_websocket_is_told_between_two_frames() {
    for stop in [false, true] {
        let world = world(Setting::default()).await;
        let (mut visitor, mut application) = websocket(&world).await;
        application.write_all(b"\x01\x02he").await.unwrap();
        let mut frame = [0; 4];
        timeout(visitor.read_exact(&mut frame)).await.unwrap();
        if stop {
            world.tasks.stopping().cancel();
        } else {
            world.cut.cut();
        }
        // Between the fragments of a message a control frame is allowed.
        let expected = if stop { GOING_AWAY } else { ACCESS_ENDED };
        let mut close = vec![0; expected.len()];
        timeout(visitor.read_exact(&mut close)).await.unwrap();
        assert_eq!(close, expected);
        visitor.write_all(b"\x81\x82\0\0\0\0no").await.unwrap();
        visitor.shutdown().await.unwrap();
        assert_eq!(all(&mut visitor).await, b"");
        let farewell = all(&mut application).await;
        assert_eq!(unmasked(&farewell), GOING_AWAY, "and nothing sent since");
        drop(application);
        world.end().await;
    }
}

#[tokio::test]
async fn a_websocket_that_answers_the_farewell_ends_at_once() {
    let world = world(Setting {
        stream_cut: Duration::from_secs(3600),
        ..Setting::default()
    })
    .await;
    let (mut visitor, mut application) = websocket(&world).await;
    world.cut.cut();
    visitor
        .write_all(b"\x88\x82\0\0\0\0\x03\xf0")
        .await
        .unwrap();
    application.write_all(b"\x88\x02\x03\xe9").await.unwrap();
    assert_eq!(all(&mut visitor).await, ACCESS_ENDED);
    assert_eq!(unmasked(&all(&mut application).await), GOING_AWAY);
    world.end().await;
}

#[tokio::test]
async fn inv_40_a_websocket_whose_sides_do_not_answer_ends_within_the_bound() {
    let world = world(Setting {
        stream_cut: Duration::from_millis(200),
        ..Setting::default()
    })
    .await;
    let (mut visitor, mut application) = websocket(&world).await;
    world.cut.cut();
    assert_eq!(all(&mut visitor).await, ACCESS_ENDED);
    assert_eq!(unmasked(&all(&mut application).await), GOING_AWAY);
    assert!(!open_tunnels(&world));
    world.end().await;
}

#[tokio::test]
async fn inv_40_within_a_frame_a_websocket_just_ends() {
    for (from_application, from_visitor) in [
        (&b"\x82\x05par"[..], &b"\x82\x85\0\0\0\0par"[..]),
        (b"\x82", b"\x82\x85\0\0"),
        (b"HTTP", b"HTTP"),
        // Its own Close has gone out: there is nothing to add.
        (b"\x88\x02\x03\xe8", b"\x88\x82\0\0\0\0\x03\xe8"),
    ] {
        let world = world(Setting::default()).await;
        let (mut visitor, mut application) = websocket(&world).await;
        application.write_all(from_application).await.unwrap();
        visitor.write_all(from_visitor).await.unwrap();
        let mut heard = vec![0; from_application.len()];
        timeout(visitor.read_exact(&mut heard)).await.unwrap();
        let mut heard = vec![0; from_visitor.len()];
        timeout(application.read_exact(&mut heard)).await.unwrap();
        world.cut.cut();
        assert_eq!(all(&mut visitor).await, b"");
        assert_eq!(all(&mut application).await, b"");
        world.end().await;
    }
}

#[tokio::test]
async fn a_tunnel_through_us_is_not_offered() {
    let world = world(Setting::default()).await;
    let mut visitor = world
        .visitor("CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n")
        .await;
    assert!(read_head(&mut visitor).await.starts_with("HTTP/1.1 502 "));
    assert!(world.errors().contains("Method"));
    world.end().await;
}

#[tokio::test]
async fn plain_bodies_keep_their_length() {
    let world = world(Setting::default()).await;
    let mut send = world.http2().await;
    let body = Full::from("hello").map_err(|never| match never {});
    let request = Request::post("http://visitor/")
        .body(body.boxed_unsync())
        .unwrap();
    let answering = async {
        let (mut application, head) = world.asked().await;
        assert!(head.contains("\r\ncontent-length: 5\r\n"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        read_until(&mut application, "hello").await;
        application.write_all(FINE).await.unwrap();
        application
    };
    let (answer, _application) = tokio::join!(send.send_request(request), answering);
    let body = timeout(answer.unwrap().into_body().collect())
        .await
        .unwrap();
    assert_eq!(body.to_bytes(), "fine");
    world.end().await;
}
