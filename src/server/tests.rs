//! The whole room over real sockets.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper_util::rt::TokioIo;
use prometheus_client::metrics::gauge::Gauge;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::config::Limits;
use http::StatusCode;

type Reply = UnsyncBoxBody<Bytes, io::Error>;

struct World {
    address: SocketAddr,
    tasks: Tasks,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

fn limits() -> Limits {
    use crate::config::defaults as default;
    Limits {
        max_connections: 100,
        max_connections_per_address: 100,
        max_header_bytes: default::MAX_HEADER_BYTES,
        max_header_fields: default::MAX_HEADER_FIELDS,
        header_timeout: default::HEADER_TIMEOUT,
        keep_alive_timeout: default::KEEP_ALIVE_TIMEOUT,
        handshake_timeout: default::HANDSHAKE_TIMEOUT,
        idle_timeout: default::IDLE_TIMEOUT,
        max_http2_streams: default::MAX_HTTP2_STREAMS,
    }
}

async fn world<H: Handler<Reply>>(limits: Limits, tls: Option<Arc<TlsFiles>>, handler: H) -> World {
    let any = config::Listen::Tcp(([127, 0, 0, 1], 0).into());
    let listener = Listener::bind(&any, tls).await.unwrap();
    let Bound::Tcp(address) = listener.address() else {
        panic!("not TCP");
    };
    let tasks = Tasks::new();
    let stop = CancellationToken::new();
    let limits = Arc::new(ArcSwap::from_pointee(limits));
    let serving = serve(listener, handler, limits, tasks.clone(), stop.clone());
    let serving = tasks.spawn(serving);
    World {
        address,
        tasks,
        stop,
        serving,
    }
}

impl World {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the server closes.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut socket = self.connect().await;
        socket.write_all(bytes).await.unwrap();
        read_to_end(&mut socket).await
    }

    async fn end(self) {
        self.stop.cancel();
        assert!(self.tasks.finish(Duration::from_secs(10)).await);
    }
}

async fn read_to_end<S: tokio::io::AsyncRead + Unpin>(socket: &mut S) -> String {
    let mut read = Vec::new();
    // A reset after the answer is an end too.
    let reading = socket.read_to_end(&mut read);
    let _ = timeout(reading).await;
    String::from_utf8_lossy(&read).into_owned()
}

/// A bound on the wait for an event that must come.
async fn timeout<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), event)
        .await
        .expect("the event came")
}

async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut read = String::new();
    while !read.ends_with(end) {
        let byte = timeout(socket.read_u8()).await.unwrap();
        read.push(char::from(byte));
    }
    read
}

fn text(text: &str) -> Response<Reply> {
    let body = Full::from(text.to_owned()).map_err(|never| match never {});
    Response::new(body.boxed_unsync())
}

/// Answers with the path, and the body if there is one.
async fn echo(request: Request<Received>, _: Caller) -> Response<Reply> {
    let path = request.uri().path().to_owned();
    match request.into_body().collect().await {
        Ok(body) => text(&format!(
            "{path} {}",
            String::from_utf8_lossy(&body.to_bytes())
        )),
        Err(_) => text("broken body"),
    }
}

#[tokio::test]
async fn a_request_is_answered_with_its_peer() {
    let handler = |_request, Caller { peer, .. }: Caller| async move {
        text(&format!("{} {}", peer.address.unwrap(), peer.secure))
    };
    let world = world(limits(), None, handler).await;
    let answer = world
        .exchange(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("127.0.0.1 false"), "{answer}");
    world.end().await;
}

/// Requests that never reach the handler: 400 and the connection closes, whatever follows.
const AMBIGUOUS: &[&str] = &[
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\n Host: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\nhello",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost\r\n\r\n",
    "GET /\r\nHost: a\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
];

#[tokio::test]
async fn inv_35_what_has_two_readings_is_refused_and_the_connection_closes() {
    let (called, mut calls) = mpsc::unbounded_channel();
    let handler = move |request: Request<Received>, peer| {
        called.send(request.uri().path().to_owned()).unwrap();
        echo(request, peer)
    };
    let world = world(limits(), None, handler).await;
    for head in AMBIGUOUS {
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = world.exchange(format!("{head}{smuggled}").as_bytes()).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n")
                || answer.starts_with("HTTP/1.0 400 Bad Request\r\n"),
            "{head:?} got {answer:?}"
        );
        assert_eq!(
            answer.matches("HTTP/1.").count(),
            1,
            "{head:?} got {answer:?}"
        );
        assert!(calls.try_recv().is_err(), "{head:?} reached the handler");
    }
    world.end().await;
}

#[tokio::test]
async fn inv_35_it_makes_no_difference_how_the_bytes_arrive() {
    let world = world(limits(), None, echo).await;
    for head in AMBIGUOUS {
        let mut socket = world.connect().await;
        let (front, back) = head.split_at(head.len() / 2);
        socket.write_all(front.as_bytes()).await.unwrap();
        socket.flush().await.unwrap();
        tokio::task::yield_now().await;
        // The server may have answered and closed on the first half.
        let _ = socket.write_all(back.as_bytes()).await;
        let answer = read_to_end(&mut socket).await;
        assert!(
            answer.contains(" 400 Bad Request\r\n"),
            "{head:?} got {answer:?}"
        );
    }
    world.end().await;
}

#[tokio::test]
async fn inv_35_a_body_with_two_readings_breaks_off() {
    let world = world(limits(), None, echo).await;
    for body in [
        "5\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "0\r\nA: b\n\r\n",
    ] {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = world
            .exchange(format!("{head}{body}{smuggled}").as_bytes())
            .await;
        assert!(!answer.contains("/smuggled"), "{body:?} got {answer:?}");
        assert!(!answer.contains("hello"), "{body:?} got {answer:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn sound_requests_follow_each_other_on_one_connection() {
    let world = world(limits(), None, echo).await;
    let answer = world
        .exchange(
            b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
              POST /two HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\ndef\r\n0\r\n\r\n\
              GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        .await;
    for expected in ["/one abc", "/two def", "/three "] {
        assert!(answer.contains(expected), "{expected} in {answer}");
    }
    world.end().await;
}

#[tokio::test]
async fn inv_54_heads_have_bounds() {
    let world = world(limits(), None, echo).await;
    let many: String = (0..101).map(|count| format!("X-{count}: y\r\n")).collect();
    let large = format!("X: {}\r\n", "y".repeat(33 * 1024));
    for fields in [many, large] {
        let answer = world
            .exchange(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes())
            .await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    // A head that never ends is refused before it ends.
    let mut socket = world.connect().await;
    socket.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
    let _ = socket.write_all(&vec![b'y'; 200 * 1024]).await;
    let answer = read_to_end(&mut socket).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
        "{answer}"
    );
    world.end().await;
}

#[tokio::test]
async fn inv_54_http2_heads_have_bounds_too() {
    let world = world(limits(), None, echo).await;
    let (mut send, connection) = hyper::client::conn::http2::handshake(
        world.tasks.clone(),
        TokioIo::new(world.connect().await),
    )
    .await
    .unwrap();
    let driving = world.tasks.spawn(connection);
    for (crumbs, count, expected) in [(0, 50, 200), (0, 101, 431), (150, 99, 200), (150, 100, 431)]
    {
        let mut request = Request::get("http://a/");
        for number in 0..crumbs {
            request = request.header("cookie", format!("c{number}=y"));
        }
        for number in 0..count {
            request = request.header(format!("x-{number}"), "y");
        }
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let response = timeout(send.send_request(request)).await.unwrap();
        assert_eq!(response.status(), expected);
    }
    drop(send);
    timeout(driving).await.unwrap().unwrap();
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn inv_54_a_slow_head_and_a_silent_connection_are_ended() {
    let world = world(limits(), None, echo).await;
    for beginning in ["", "P", "GET / HTTP/1.1\r\nHost:"] {
        let mut socket = world.connect().await;
        socket.write_all(beginning.as_bytes()).await.unwrap();
        let begun = Instant::now();
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
        assert!(
            begun.elapsed() <= limits().header_timeout * 3,
            "{beginning:?}"
        );
    }
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_rest_between_requests_and_a_head_may_not() {
    let world = world(limits(), None, echo).await;
    let mut socket = world.connect().await;
    for path in ["/one", "/two"] {
        let ask = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        socket.write_all(ask.as_bytes()).await.unwrap();
        read_until(&mut socket, &format!("{path} ")).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let begun = Instant::now();
    let trickle = async {
        for byte in b"GET / HTTP/1.1\r\nHost: a\r\nX: y".iter().cycle() {
            if socket.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    timeout(trickle).await;
    let whole = begun.elapsed().as_secs();
    assert!((10..=12).contains(&whole), "{whole} s");
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn inv_54_an_idle_connection_does_not_stay() {
    let world = world(limits(), None, echo).await;
    let mut socket = world.connect().await;
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let begun = Instant::now();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("/ "), "{answer}");
    assert_eq!(begun.elapsed().as_secs(), 75);

    let io = TokioIo::new(world.connect().await);
    let (mut send, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(world.tasks.clone(), io)
            .await
            .unwrap();
    let driving = world.tasks.spawn(connection);
    let request = Request::get("http://a/").body(Full::default()).unwrap();
    drop(send.send_request(request).await.unwrap());
    driving.await.unwrap().unwrap();
    assert!(
        send.is_closed(),
        "the server ends an idle HTTP/2 connection"
    );
    world.end().await;
}

/// The answer to a request whose body nobody wants.
async fn refuse(_request: Request<Received>, _: Caller) -> Response<Reply> {
    let mut refusal = text("no");
    *refusal.status_mut() = StatusCode::UNAUTHORIZED;
    refusal
}

#[tokio::test]
async fn who_sends_it_all_before_reading_gets_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (files, certificate) = tls::tests::write_pair(folder.path());
    let upload = vec![b'x'; 8 * 1024 * 1024];
    let length = upload.len();
    let pipelined = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let sized = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    let broken = "GET / HTTP/1.1\r\nHost: a\n\r\n";
    for (head, status) in [(pipelined, "401"), (&*sized, "401"), (broken, "400")] {
        let plain = world(limits(), None, refuse).await;
        let mut socket = plain.connect().await;
        let encrypted = TlsFiles::open(&files, Gauge::default(), &plain.tasks).unwrap();
        let encrypted = world(limits(), Some(encrypted), refuse).await;
        let name = ServerName::try_from("localhost").unwrap();
        let secured =
            trusting(&certificate, &[b"http/1.1"]).connect(name, encrypted.connect().await);
        let mut secured = secured.await.unwrap();
        let answers = [
            sent_and_read(&mut socket, head, &upload).await,
            sent_and_read(&mut secured, head, &upload).await,
        ];
        for answer in answers {
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
        }
        plain.end().await;
        encrypted.end().await;
    }
}

/// Sends everything, which must succeed, then reads to the end, which must be an orderly one.
async fn sent_and_read<S>(socket: &mut S, head: &str, body: &[u8]) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut answer = String::new();
    timeout(async {
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(body).await.unwrap();
        socket.flush().await.unwrap();
        socket.read_to_string(&mut answer).await.unwrap();
    })
    .await;
    answer
}

#[tokio::test]
async fn who_sends_no_more_gets_an_answer_that_does_not_take_long() {
    let world = world(limits(), None, |_request, _peer| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        text("late, not never")
    })
    .await;
    let mut socket = world.connect().await;
    socket.write_all(PLAIN).await.unwrap();
    socket.shutdown().await.unwrap();
    let answer = read_to_end(&mut socket).await;
    assert!(answer.ends_with("late, not never"), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn inv_54_a_request_whose_client_sends_no_more_does_not_go_on_without_end() {
    let gone = CancellationToken::new();
    let told = gone.clone();
    let world = world(limits(), None, move |_request, _peer| {
        let guard = told.clone().drop_guard();
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            text("never")
        }
    })
    .await;
    let mut socket = world.connect().await;
    socket.write_all(PLAIN).await.unwrap();
    socket.shutdown().await.unwrap();
    timeout(gone.cancelled()).await;
    assert_eq!(read_to_end(&mut socket).await, "");
    world.end().await;
}

const PLAIN: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn inv_54_nobody_is_waited_for_without_end() {
    let world = world(limits(), None, refuse).await;
    let mut socket = world.connect().await;
    socket
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        .await
        .unwrap();
    let begun = Instant::now();
    assert!(read_to_end(&mut socket).await.starts_with("HTTP/1.1 401 "));
    world.stop.cancel();
    world.serving.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 2);
    drop(socket);
    assert!(world.tasks.finish(Duration::from_secs(10)).await);
}

#[tokio::test]
async fn inv_54_connections_beyond_the_permits_wait() {
    let mut limits = limits();
    limits.max_connections = 1;
    let world = world(limits, None, echo).await;
    let mut first = world.connect().await;
    first
        .write_all(b"POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
        .await
        .unwrap();
    let mut second = world.connect().await;
    second
        .write_all(b"GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let early = tokio::time::timeout(Duration::from_millis(600), second.read_u8()).await;
    assert!(early.is_err(), "answered beside the first");
    first.write_all(b"llo").await.unwrap();
    assert!(read_to_end(&mut first).await.ends_with("/first hello"));
    assert!(read_to_end(&mut second).await.ends_with("/second "));
    world.end().await;
}

#[tokio::test]
async fn inv_54_what_one_address_has_beyond_its_share_is_closed() {
    let limits = Limits {
        max_connections_per_address: 2,
        ..limits()
    };
    let world = world(limits, None, echo).await;
    let ask = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut socket = world.connect().await;
        socket.write_all(ask).await.unwrap();
        read_until(&mut socket, "/x ").await;
        open.push(socket);
    }
    let mut third = world.connect().await;
    let _ = third.write_all(ask).await;
    assert_eq!(read_to_end(&mut third).await, "");
    open[0].write_all(ask).await.unwrap();
    read_until(&mut open[0], "/x ").await;
    open.pop();
    // Its place is free as soon as the server has noticed.
    let next = async {
        loop {
            let mut socket = world.connect().await;
            let _ = socket.write_all(ask).await;
            if socket.read_u8().await.is_ok() {
                break;
            }
        }
    };
    timeout(next).await;
    world.end().await;
}

/// What begins a connection of HTTP/2, and asks for `/`.
const HTTP2_GET: &[u8] =
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x03\x01\x05\0\0\0\x01\x82\x86\x84";

#[tokio::test(start_paused = true)]
async fn inv_54_a_client_that_has_gone_without_a_word_is_let_go() {
    let limits = limits();
    let (every, patience) = (limits.idle_timeout / 4, limits.header_timeout);
    let handler = |_request: Request<Received>, _peer| std::future::pending::<Response<Reply>>();
    let world = world(limits, None, handler).await;
    let io = TokioIo::new(world.connect().await);
    let (mut send, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(world.tasks.clone(), io)
            .await
            .unwrap();
    let _driving = world.tasks.spawn(connection);
    let request = Request::get("http://a/").body(Full::default()).unwrap();
    let _asked = world.tasks.spawn(send.send_request(request));
    let mut silent = world.connect().await;
    silent.write_all(HTTP2_GET).await.unwrap();
    let begun = Instant::now();
    let _ = silent.read_to_end(&mut Vec::new()).await;
    // At the first look there was something new to see.
    assert_eq!(begun.elapsed().as_secs(), (2 * every + patience).as_secs());
    tokio::time::sleep(every * 20).await;
    assert!(!send.is_closed(), "who answers stays");
    world.end().await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_and_says_nothing_else_stays() {
    const ROOM: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff\0\0\x04\x08\0\0\0\0\0\x7f\0\0\0\0\0\x03\x01\x05\0\0\0\x01\x82\x86\x84";
    let mut limits = limits();
    // Asked every second, and given one more.
    limits.idle_timeout = Duration::from_secs(4);
    limits.header_timeout = Duration::from_secs(1);
    let handler = |_request: Request<Received>, _peer| {
        let piece = || Ok(Frame::data(Bytes::from(vec![b'x'; 64 * 1024])));
        let pieces = futures_util::stream::repeat_with(piece);
        std::future::ready(Response::new(UnsyncBoxBody::new(StreamBody::new(pieces))))
    };
    let world = world(limits, None, handler).await;
    let mut slow = world.connect().await;
    slow.write_all(ROOM).await.unwrap();
    let mut piece = vec![0; 4 * 1024 * 1024];
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        timeout(slow.read_exact(&mut piece)).await.unwrap();
    }
    world.tasks.finish(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn inv_54_connections_that_rest_make_room() {
    let mut limits = limits();
    limits.max_connections = 1;
    limits.header_timeout = Duration::from_secs(1);
    let world = world(limits, None, echo).await;
    // HTTP/2 by a client that leaves even the farewell unanswered.
    let mut silent = world.connect().await;
    silent.write_all(HTTP2_GET).await.unwrap();
    read_until(&mut silent, "/ ").await;
    let mut rest = Vec::new();
    for path in ["/one", "/two", "/three"] {
        let ask = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        let mut next = world.connect().await;
        next.write_all(ask.as_bytes()).await.unwrap();
        read_until(&mut next, &format!("{path} ")).await;
        rest.push(next);
    }
    assert_eq!(read_to_end(&mut rest[0]).await, "");
    world.end().await;
}

#[tokio::test]
async fn a_panic_ends_its_connection_only() {
    let handler = |request: Request<Received>, peer| async move {
        assert!(request.uri().path() != "/panic", "as asked");
        echo(request, peer).await
    };
    let world = world(limits(), None, handler).await;
    let answer = world
        .exchange(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert_eq!(answer, "");
    let answer = world
        .exchange(b"GET /fine HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.ends_with("/fine "), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn draining_finishes_what_runs_and_refuses_what_is_new() {
    let (running, mut ran) = mpsc::channel(1);
    let finish = CancellationToken::new();
    let handler = {
        let finish = finish.clone();
        move |request, peer| {
            let (running, finish) = (running.clone(), finish.clone());
            async move {
                running.send(()).await.unwrap();
                finish.cancelled().await;
                echo(request, peer).await
            }
        }
    };
    let world = world(limits(), None, handler).await;
    let mut idle = world.connect().await;
    let mut busy = world.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    timeout(ran.recv()).await.unwrap();

    world.stop.cancel();
    assert_eq!(
        read_to_end(&mut idle).await,
        "",
        "an idle connection goes at once"
    );
    assert!(!world.serving.is_finished(), "the request still runs");
    let refused = timeout(TcpStream::connect(world.address)).await;
    assert!(refused.is_err(), "a new connection is refused");
    finish.cancel();
    let answer = read_to_end(&mut busy).await;
    assert!(answer.ends_with("/slow "), "{answer}");
    timeout(world.serving).await.unwrap();
    assert!(world.tasks.finish(Duration::from_secs(10)).await);
}

#[tokio::test]
async fn what_does_not_finish_ends_with_the_tasks() {
    let (running, mut ran) = mpsc::channel(1);
    let handler = move |_request: Request<Received>, _peer| {
        let running = running.clone();
        async move {
            running.send(()).await.unwrap();
            std::future::pending::<Response<Reply>>().await
        }
    };
    let world = world(limits(), None, handler).await;
    let mut socket = world.connect().await;
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    timeout(ran.recv()).await.unwrap();
    world.end().await;
    assert_eq!(read_to_end(&mut socket).await, "");
}

#[tokio::test]
async fn a_response_that_breaks_off_without_a_length_is_a_reset() {
    let handler = |_request: Request<Received>, _peer| async move {
        let pieces = futures_util::stream::iter([
            Ok(Frame::data(Bytes::from_static(b"first"))),
            Err(io::Error::other("cut")),
        ]);
        Response::new(UnsyncBoxBody::new(StreamBody::new(pieces)))
    };
    let world = world(limits(), None, handler).await;
    // HTTP/1.0: the body ends with the connection, so an orderly close would be its end.
    for version in ["1.0", "1.1"] {
        let mut socket = world.connect().await;
        socket
            .write_all(format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut read = Vec::new();
        let ended = timeout(socket.read_to_end(&mut read)).await;
        let error = ended.expect_err("not an orderly close");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_is_let_go() {
    let gone = CancellationToken::new();
    let handler = {
        let gone = gone.clone();
        move |_request: Request<Received>, _peer| {
            // Lives in the body, and tells when that is dropped.
            let guard = gone.clone().drop_guard();
            async move {
                let pieces = futures_util::stream::repeat_with(move || {
                    let _held = &guard;
                    Ok(Frame::data(Bytes::from(vec![b'x'; 64 * 1024])))
                });
                Response::new(UnsyncBoxBody::new(StreamBody::new(pieces)))
            }
        }
    };
    let world = world(limits(), None, handler).await;
    let mut socket = world.connect().await;
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    gone.cancelled().await;
    world.end().await;
}

#[tokio::test]
async fn inv_40_a_client_that_does_not_read_is_cut_and_loses_what_waits() {
    let cut = Arc::new(Tether::new());
    let gone = CancellationToken::new();
    let (full, mut filling) = mpsc::unbounded_channel();
    let handler = {
        let (cut, gone) = (cut.clone(), gone.clone());
        move |_request: Request<Received>, _peer| {
            let tether = cut.clone();
            let guard = gone.clone().drop_guard();
            let full = full.clone();
            async move {
                let pieces = futures_util::stream::repeat_with(move || {
                    let _held = &guard;
                    full.send(()).unwrap();
                    Ok(Frame::data(Bytes::from(vec![b'x'; 64 * 1024])))
                });
                let mut response = Response::new(UnsyncBoxBody::new(StreamBody::new(pieces)));
                response.extensions_mut().insert(Cut {
                    tether,
                    until: None,
                    farewell: Duration::ZERO,
                });
                response
            }
        }
    };
    let world = world(limits(), None, handler).await;
    let mut socket = world.connect().await;
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    // Until the buffers are full and nothing more is asked of the body.
    let pause = Duration::from_millis(300);
    while tokio::time::timeout(pause, filling.recv()).await.is_ok() {}
    assert!(!gone.is_cancelled());
    cut.cut();
    timeout(gone.cancelled()).await;
    let mut read = Vec::new();
    let ended = timeout(socket.read_to_end(&mut read)).await;
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    world.end().await;
}

#[tokio::test]
async fn inv_40_not_even_the_end_of_an_answer_goes_out_after_the_cut() {
    let tether = Arc::new(Tether::new());
    let ends = Arc::clone(&tether);
    let handler = move |_request: Request<Received>, _peer| {
        let mut response = text("the whole of it");
        response.extensions_mut().insert(Cut {
            tether: Arc::clone(&ends),
            until: None,
            farewell: Duration::ZERO,
        });
        std::future::ready(response)
    };
    let world = world(limits(), None, handler).await;
    let mut builder = h2::client::Builder::new();
    let shaken = builder
        .initial_window_size(4)
        .handshake::<_, Bytes>(world.connect().await);
    let (mut send, connection) = timeout(shaken).await.unwrap();
    let _driving = world.tasks.spawn(connection);
    let request = Request::get("http://a/").body(()).unwrap();
    let (answer, _) = send.send_request(request, true).unwrap();
    let mut body = timeout(answer).await.unwrap().into_body();
    assert_eq!(timeout(body.data()).await.unwrap().unwrap(), "the ");
    tether.cut();
    // The server may have seen it or not when there is room again.
    let _ = body.flow_control().release_capacity(4);
    let rest = timeout(body.data()).await.unwrap();
    let rest = match rest {
        Ok(_) => timeout(body.data()).await.unwrap(),
        Err(error) => Err(error),
    };
    assert_eq!(rest.unwrap_err().reason(), Some(h2::Reason::CANCEL));
    world.end().await;
}

/// Trusts exactly one certificate.
fn trusting(certificate: &CertificateDer<'static>, alpn: &[&[u8]]) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    tokio_rustls::TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn tls_agrees_on_http2_and_http1() {
    let folder = tempfile::tempdir().unwrap();
    let (files, certificate) = tls::tests::write_pair(folder.path());
    let tls = TlsFiles::open(&files, Gauge::default(), &Tasks::new()).unwrap();
    let handler = |request: Request<Received>, Caller { peer, .. }: Caller| async move {
        text(&format!("{:?} {}", request.version(), peer.secure))
    };
    let world = world(limits(), Some(tls), handler).await;
    let name = ServerName::try_from("localhost").unwrap();

    let connector = trusting(&certificate, &[b"http/1.1"]);
    let mut socket = connector
        .connect(name.clone(), world.connect().await)
        .await
        .unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut socket).await;
    assert!(answer.ends_with("HTTP/1.1 true"), "{answer}");

    let connector = trusting(&certificate, &[b"h2", b"http/1.1"]);
    let socket = connector
        .connect(name, world.connect().await)
        .await
        .unwrap();
    assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut send, connection) =
        hyper::client::conn::http2::handshake(world.tasks.clone(), TokioIo::new(socket))
            .await
            .unwrap();
    let driving = world.tasks.spawn(connection);
    let request = Request::get("https://localhost/")
        .body(Full::<Bytes>::default())
        .unwrap();
    let body = send.send_request(request).await.unwrap().into_body();
    let body = body.collect().await.unwrap().to_bytes();
    assert_eq!(body, "HTTP/2.0 true");
    drop(send);
    timeout(driving).await.unwrap().unwrap();
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn inv_54_a_handshake_has_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = tls::tests::write_pair(folder.path());
    let tls = TlsFiles::open(&files, Gauge::default(), &Tasks::new()).unwrap();
    let world = world(limits(), Some(tls), echo).await;
    let mut socket = world.connect().await;
    let begun = Instant::now();
    assert_eq!(read_to_end(&mut socket).await, "");
    assert!(begun.elapsed() <= limits().handshake_timeout * 2);
    world.end().await;
}

/// Changes the protocol when it may, and then sends twelve bytes back.
async fn tunnel(mut request: Request<Received>, go: CancellationToken) -> Response<Reply> {
    let upgrade = hyper::upgrade::on(&mut request);
    #[expect(clippy::disallowed_methods, reason = "ends with its connection")]
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let mut tunnel = TokioIo::new(upgraded);
        let mut read = [0; 12];
        tunnel.read_exact(&mut read).await.unwrap();
        tunnel.write_all(&read).await.unwrap();
    });
    go.cancelled().await;
    let mut response = text("");
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let protocol = http::HeaderValue::from_static("x");
    response.headers_mut().insert("upgrade", protocol);
    response
}

const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

#[tokio::test]
async fn bytes_of_a_tunnel_are_left_alone() {
    let go = CancellationToken::new();
    go.cancel();
    let handler = move |request, _peer| tunnel(request, go.clone());
    let world = world(limits(), None, handler).await;
    let mut socket = world.connect().await;
    socket.write_all(UPGRADE).await.unwrap();
    let head = read_until(&mut socket, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    socket.write_all(b"\nodd\n\0bytes\n").await.unwrap();
    assert_eq!(read_to_end(&mut socket).await, "\nodd\n\0bytes\n");
    world.end().await;
}

#[tokio::test]
async fn inv_36_early_bytes_go_through_untouched_or_there_is_no_tunnel() {
    for (early, passes) in [
        ("early bytes!", true),
        ("a\nb early byt", false),
        ("a\r\nb early by", false),
        ("GET / HTTP/1.", true),
        ("GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", false),
    ] {
        let (go, (called, mut calls)) = (CancellationToken::new(), mpsc::unbounded_channel());
        let handler = {
            let go = go.clone();
            move |request, _peer| {
                called.send(()).unwrap();
                tunnel(request, go.clone())
            }
        };
        let world = world(limits(), None, handler).await;
        let mut socket = world.connect().await;
        // In one piece with the head: both are read before the answer.
        let sent = [UPGRADE, early.as_bytes()].concat();
        socket.write_all(&sent).await.unwrap();
        timeout(calls.recv()).await.unwrap();
        go.cancel();
        let answer = read_to_end(&mut socket).await;
        if passes {
            assert!(answer.starts_with("HTTP/1.1 101 "), "{early:?}: {answer}");
            assert!(answer.ends_with(&early[..12]), "{early:?}: {answer}");
        } else {
            assert_eq!(answer, "", "{early:?}");
        }
        world.end().await;
    }
}
