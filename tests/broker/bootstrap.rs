//! WebSockets over HTTP/2 (RFC 8441): the same as over HTTP/1.1 for the application and for every check.

use std::time::Duration;

use doorward::server;
use http::{Method, Request, Response, request};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::wire::Heard;
use crate::support::world::{ROUTES, url};
use crate::support::{Answer, Browser, H2, World};

const SITE: &str = "https://app.example.com";

async fn world(limits: &str) -> World {
    let world = World::on_workers(&format!("{limits}{ROUTES}")).await;
    world.application.answer("/socket", accept);
    world
}

/// What a WebSocket server answers; then it sends back what it gets.
fn accept(heard: &Heard) -> Answer {
    let key = heard.field("sec-websocket-key").unwrap();
    Answer::Echo(
        format!(
            "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n\r\n",
            server::accept(key)
        )
        .into_bytes(),
    )
}

fn ask(browser: &Browser, path: &str, protocol: &'static str) -> request::Builder {
    Request::builder()
        .method(Method::CONNECT)
        .uri(url(path))
        .extension(Protocol::from_static(protocol))
        .header("sec-websocket-version", "13")
        .header("origin", SITE)
        .header("cookie", browser.cookie_field("app.example.com"))
}

/// A connection that knows what the other side speaks.
async fn connect(world: &World) -> H2 {
    let mut h2 = H2::open(world.broker.address).await;
    h2.send(Request::get(url("/open/x"))).await;
    world.application.forget();
    h2
}

async fn socket(h2: &mut H2, request: request::Builder) -> TokioIo<Upgraded> {
    let answer = h2.begin(request).await;
    assert_eq!(answer.status(), 200);
    for name in ["connection", "upgrade", "sec-websocket-accept"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    opened(answer).await
}

async fn opened(answer: Response<Incoming>) -> TokioIo<Upgraded> {
    TokioIo::new(H2::in_time(hyper::upgrade::on(answer)).await.unwrap())
}

async fn echoes(socket: &mut TokioIo<Upgraded>, word: &[u8]) {
    socket.write_all(word).await.unwrap();
    let mut back = vec![0; word.len()];
    H2::in_time(socket.read_exact(&mut back)).await.unwrap();
    assert_eq!(back, word);
}

/// The code of the Close frame that comes next.
async fn closed(socket: &mut TokioIo<Upgraded>) -> u16 {
    let mut head = [0; 4];
    H2::in_time(socket.read_exact(&mut head)).await.unwrap();
    assert_eq!(head[0], 0x88, "{head:?}");
    u16::from_be_bytes([head[2], head[3]])
}

async fn sign_out(browser: &mut Browser) {
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    let done = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    assert!(done.status < 400, "{}", done.text);
}

#[tokio::test]
async fn several_of_them_and_requests_share_a_connection_and_the_application_hears_who() {
    let world = world("").await;
    let (browser, _) = world.signed_in().await;
    let mut h2 = connect(&world).await;
    let mut first = socket(&mut h2, ask(&browser, "/socket", "websocket")).await;
    let heard = world.application.last();
    assert_eq!((heard.method(), heard.target()), ("GET", "/socket"));
    assert_eq!(heard.field("upgrade"), Some("websocket"));
    assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
    assert_eq!(
        (heard.field("host"), heard.field("cookie")),
        (Some("app.example.com"), None)
    );
    let mut second = socket(&mut h2, ask(&browser, "/socket", "websocket")).await;
    for socket in [&mut first, &mut second] {
        echoes(socket, b"hello").await;
        echoes(socket, &vec![7; 300_000]).await;
    }
    assert_eq!(h2.send(Request::get(url("/open/x"))).await.status(), 200);
    first.shutdown().await.unwrap();
    let mut rest = Vec::new();
    H2::in_time(first.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty());
    echoes(&mut second, b"still here").await;
    drop((first, second, h2));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_01_what_is_refused_over_http1_is_refused_here() {
    let world = world("").await;
    let (browser, _) = world.signed_in().await;
    let nobody = world.browser();
    let mut h2 = connect(&world).await;
    let foreign = |path| {
        let mut request = ask(&browser, path, "websocket");
        let headers = request.headers_mut().unwrap();
        headers.insert("origin", "https://evil.example".parse().unwrap());
        request
    };
    for (request, status) in [
        (ask(&nobody, "/socket", "websocket"), 401),
        (foreign("/socket"), 403),
        (foreign("/open/socket"), 403),
        (ask(&browser, "/socket/../socket", "websocket"), 400),
        (ask(&browser, "/socket", "connect-udp"), 501),
        // Success means a tunnel, and there is none.
        (ask(&browser, "/_sso/userinfo", "websocket"), 502),
    ] {
        assert_eq!(h2.send(request).await.status(), status);
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_36_nothing_is_tunnelled_before_the_application_has_proven_to_understand() {
    let world = world("").await;
    let (browser, _) = world.signed_in().await;
    let mut h2 = connect(&world).await;
    let answers = [
        ("HTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\npage", 502),
        (
            "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            502,
        ),
        (
            "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            502,
        ),
        ("HTTP/1.1 426 X\r\nContent-Length: 0\r\n\r\n", 426),
        ("HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\nnone", 404),
    ];
    for (head, status) in answers {
        world
            .application
            .answer("/socket", move |_| Answer::Last(head.into()));
        let answer = h2.send(ask(&browser, "/socket", "websocket")).await;
        assert_eq!(answer.status(), status, "{head}");
        assert_eq!(answer.body().is_empty(), status != 404);
    }
    let open = "doorward_upstream_websockets_open{upstream=\"app\"}";
    for _ in 0..500 {
        if world.broker.metric(open).await == 0.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(world.broker.metric(open).await.abs() < f64::EPSILON);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_signing_out_says_why_and_ends_it_and_others_go_on() {
    let world = world("").await;
    let (mut leaving, _) = world.signed_in().await;
    let (staying, _) = world.signed_in().await;
    let mut h2 = connect(&world).await;
    let mut cut = socket(&mut h2, ask(&leaving, "/socket", "websocket")).await;
    let mut kept = socket(&mut h2, ask(&staying, "/socket", "websocket")).await;
    sign_out(&mut leaving).await;
    assert_eq!(closed(&mut cut).await, 1008);
    let mut rest = Vec::new();
    let _ = H2::in_time(cut.read_to_end(&mut rest)).await;
    assert!(cut.write_all(&[0; 100_000]).await.is_err() || cut.flush().await.is_err());
    echoes(&mut kept, b"still here").await;
    world.end(&[&staying]).await;
}

#[tokio::test]
async fn inv_40_one_whose_visitor_takes_nothing_is_cut_too() {
    let world = world("[revalidation]\nstream_cut = \"1s\"\n").await;
    let (mut browser, _) = world.signed_in().await;
    let mut h2 = connect(&world).await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Vec<u8>>(8);
    let once = std::sync::Mutex::new(Some(receiver));
    world.application.answer("/flood", move |_| {
        Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    // The head of the answer depends on the key, which the application hears.
    let asked = h2.start(
        ask(&browser, "/flood", "websocket"),
        http_body_util::BodyExt::boxed(http_body_util::Empty::new()),
    );
    let heard = loop {
        match world.application.heard().pop() {
            Some(heard) => break heard,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let Answer::Echo(head) = accept(&heard) else {
        unreachable!("it echoes")
    };
    sender.send(head).await.unwrap();
    let tunnel = opened(H2::in_time(asked).await.unwrap()).await;
    let piece = vec![b'x'; 1024 * 1024];
    let stalled = Duration::from_millis(400);
    while let Ok(sent) = tokio::time::timeout(stalled, sender.send(piece.clone())).await {
        sent.unwrap();
    }
    sign_out(&mut browser).await;
    crate::support::wire::until("the application's side ends", || sender.is_closed()).await;
    let mut rest = Vec::new();
    let mut tunnel = tunnel;
    let ended = H2::in_time(tunnel.read_to_end(&mut rest)).await;
    assert!(
        ended.is_err() || rest.len() < 8 * 1024 * 1024,
        "{}",
        rest.len()
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_connection_with_one_that_rests_is_not_at_rest() {
    let world = world("[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n[server.limits]\nkeep_alive_timeout = \"1s\"\nheader_timeout = \"1s\"\n").await;
    let (browser, _) = world.signed_in().await;
    let mut h2 = connect(&world).await;
    let mut socket = socket(&mut h2, ask(&browser, "/socket", "websocket")).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    // Nobody waits for it when the process ends, and it is told.
    let mut world = world;
    world.broker.begin_stop();
    assert_eq!(closed(&mut socket).await, 1001, "it was open until then");
    world.end(&[&browser]).await;
}
