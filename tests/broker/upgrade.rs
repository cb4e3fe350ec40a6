//! Connections that stay: WebSockets, event streams, long answers; and how they end with the session.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::wire::until;
use crate::support::world::{ROUTES, url};
use crate::support::{Answer, Browser, H2, Line, World};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const OWN_ORIGIN: &str = "Origin: https://app.example.com\r\n";
const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// As the binary would serve them: whatever ends one of these comes from another thread.
async fn world() -> World {
    let world = World::on_workers(ROUTES).await;
    world
        .application
        .answer("/socket", |_| Answer::Echo(ACCEPTED.into()));
    world
}

/// Opens a WebSocket as a page of the application would.
async fn socket(browser: &Browser) -> Line {
    let mut line = browser
        .open("GET /socket", &format!("{UPGRADE}{OWN_ORIGIN}"))
        .await;
    let head = line.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    line
}

/// An answer at `path` whose parts come when the test says so.
fn stream(world: &World, path: &str, head: &str) -> mpsc::Sender<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(8);
    let once = std::sync::Mutex::new(Some(receiver));
    world.application.answer(path, move |_| {
        Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    sender.try_send(head.into()).unwrap();
    sender
}

async fn sign_out(browser: &mut Browser) {
    let page = browser.get(&url("/_sso/logout")).await;
    let csrf = page.is(200).input("csrf");
    let done = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    assert!(done.status < 400, "{}", done.text);
}

#[tokio::test]
async fn a_websocket_carries_bytes_both_ways_and_tells_the_application_who() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    let mut socket = socket(&browser).await;
    for word in ["ping", "\u{0}\u{1}binary", "bye"] {
        socket.send(word).await;
        assert_eq!(socket.until(word).await, word);
    }
    let heard = world.application.last();
    assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
    assert_eq!(
        heard.field("sec-websocket-key"),
        Some("dGhlIHNhbXBsZSBub25jZQ==")
    );
    assert_eq!(heard.field("cookie"), None);
    assert!(
        (world
            .broker
            .metric("doorward_upstream_websockets_open{upstream=\"app\"}")
            .await
            - 1.0)
            .abs()
            < f64::EPSILON
    );
    drop(socket);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_01_a_websocket_without_a_session_is_refused() {
    let world = world().await;
    for more in [
        format!("{UPGRADE}{OWN_ORIGIN}"),
        UPGRADE.to_owned(),
        format!("{UPGRADE}Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n"),
    ] {
        let answer = world.browser().ask("GET /socket", &more).await;
        assert!(answer.is(401).field("www-authenticate").is_some());
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn another_site_opens_no_websocket_with_the_visitors_cookies() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    for origin in [
        "https://evil.example",
        "null",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://app.example.com.evil.example",
        "",
    ] {
        for path in ["/socket", "/maybe/socket", "/open/socket"] {
            for who in [&browser, &world.browser()] {
                let more = format!("{UPGRADE}Origin: {origin}\r\n");
                who.ask(&format!("GET {path}"), &more).await.is(403);
            }
        }
    }
    world.application.heard_nothing();
    for path in ["/maybe/socket", "/open/socket"] {
        world
            .application
            .answer(path, |_| Answer::Echo(ACCEPTED.into()));
        for (who, origin) in [
            (&browser, OWN_ORIGIN),
            (&world.browser(), OWN_ORIGIN),
            (&browser, ""),
        ] {
            let mut line = who
                .open(&format!("GET {path}"), &format!("{UPGRADE}{origin}"))
                .await;
            assert!(line.head().await.starts_with("HTTP/1.1 101 "), "{path}");
        }
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_36_nothing_is_tunnelled_before_the_application_accepts() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    world
        .application
        .answer("/socket", |_| Answer::with(403, "", "no"));
    let smuggled = "GET /vault/x HTTP/1.1\r\nHost: app.example.com\r\n\r\n";
    let mut line = browser
        .open("GET /socket", &format!("{UPGRADE}{OWN_ORIGIN}"))
        .await;
    line.send(smuggled).await;
    assert_eq!(line.answer().await.unwrap().is(403).text(), "no");
    // What came after is a request like any other, and has no session of its own.
    line.answer().await.unwrap().is(401);
    let heard = world.application.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_36_early_bytes_reach_the_application_after_its_yes() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    let mut line = browser
        .open("GET /socket", &format!("{UPGRADE}{OWN_ORIGIN}"))
        .await;
    line.send("early").await;
    assert!(line.head().await.starts_with("HTTP/1.1 101 "));
    line.until("early").await;
    assert!(!world.application.last().head.contains("early"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_36_early_bytes_that_could_be_a_request_open_nothing() {
    for early in ["a\nb", "GET /vault/x HTTP/1.1\r\nHost: app.example.com\r\n"] {
        let (world, browser, listener) = playing_the_application().await;
        // In one piece with the head, so that they are read before the application answers.
        let head = browser.head("GET /socket", &format!("{UPGRADE}{OWN_ORIGIN}"));
        let mut line = Line::open(world.broker.address).await;
        line.send(format!("{head}{early}")).await;
        let mut application = Line::accept(&listener).await;
        application.head().await;
        application.send(ACCEPTED).await;
        assert_eq!(line.rest().await, "", "{early:?}");
        assert_eq!(application.rest().await, "", "{early:?}");
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn other_protocols_than_those_on_the_list_are_not_tunnelled() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    for protocol in ["h2c", "HTTP/2.0", "TLS/1.0", "websocket, h2c"] {
        let more = format!(
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n{OWN_ORIGIN}"
        );
        browser.ask("GET /", &more).await.is(200);
        let heard = world.application.last();
        assert_eq!(
            (heard.field("upgrade"), heard.field("http2-settings")),
            (None, None)
        );
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_36_http_1_0_knows_no_upgrade() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    let handle = browser.cookie("app.example.com", "__Host-sso").unwrap();
    let mut line = Line::open(world.broker.address).await;
    line.send(format!(
        "GET /socket HTTP/1.0\r\nHost: app.example.com\r\nCookie: __Host-sso={handle}\r\n{UPGRADE}{OWN_ORIGIN}\r\n"
    ))
    .await;
    let answer = line.rest().await;
    assert!(!answer.contains(" 101 "), "{answer}");
    let heard = world.application.last();
    assert_eq!((heard.path(), heard.field("upgrade")), ("/socket", None));
    world.end(&[&browser]).await;
}

/// The application's side of a WebSocket sends what the test says.
async fn speaking(world: &World, browser: &Browser) -> (Line, mpsc::Sender<Vec<u8>>) {
    let frames = stream(world, "/socket", ACCEPTED);
    (socket(browser).await, frames)
}

#[tokio::test]
async fn inv_40_signing_out_closes_an_open_websocket_and_says_why() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let (mut socket, frames) = speaking(&world, &browser).await;
    frames.send(b"\x81\x02hi".to_vec()).await.unwrap();
    socket.until("hi").await;
    sign_out(&mut browser).await;
    assert_eq!(socket.bytes(16).await, b"\x88\x0e\x03\xf0access ended");
    socket.send(b"\x88\x82\0\0\0\0\x03\xf0").await;
    assert_eq!(socket.rest().await, "");
    until("the application's side ends", || frames.is_closed()).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_within_a_frame_a_websocket_ends_without_a_word() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let (mut socket, frames) = speaking(&world, &browser).await;
    frames.send(b"\x81\x09half a".to_vec()).await.unwrap();
    socket.until("half a").await;
    sign_out(&mut browser).await;
    assert_eq!(socket.rest().await, "");
    until("the application's side ends", || frames.is_closed()).await;
    world.end(&[&browser]).await;
}

/// A signed-in browser, and an application that the test plays itself.
async fn playing_the_application() -> (World, Browser, TcpListener) {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let before = world.application.address().to_string();
    let now = listener.local_addr().unwrap().to_string();
    let world = world.restart_with(&before, &now).await;
    browser.now_at(world.broker.address);
    (world, browser, listener)
}

#[tokio::test]
async fn inv_40_the_application_is_told_that_the_visitor_goes() {
    let (world, mut browser, listener) = playing_the_application().await;
    let mut socket = browser
        .open("GET /socket", &format!("{UPGRADE}{OWN_ORIGIN}"))
        .await;
    let mut application = Line::accept(&listener).await;
    application.head().await;
    application.send(ACCEPTED).await;
    socket.head().await;
    sign_out(&mut browser).await;
    let close = application.bytes(18).await;
    assert_eq!(close[..2], [0x88, 0x8c]);
    let mask = close[2..6].iter().cycle();
    let plain: Vec<u8> = close[6..]
        .iter()
        .zip(mask)
        .map(|(byte, key)| byte ^ key)
        .collect();
    assert_eq!(plain, b"\x03\xe9going away");
    drop(socket);
    application.close_sending().await;
    assert_eq!(application.rest().await, "");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_stop_closes_websockets_and_says_so() {
    let mut world = world().await;
    let (browser, _) = world.signed_in().await;
    let mut socket = socket(&browser).await;
    world.broker.begin_stop();
    assert_eq!(socket.bytes(14).await, b"\x88\x0c\x03\xe9going away");
    drop(socket);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_signing_out_cuts_an_event_stream_without_a_proper_end() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let events = stream(
        &world,
        "/events",
        "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let mut line = browser
        .open("GET /events", "Accept: text/event-stream\r\n")
        .await;
    events.send(b"9\r\ndata: 1\n\n\r\n".to_vec()).await.unwrap();
    line.until("data: 1\n\n").await;
    sign_out(&mut browser).await;
    let rest = line.rest().await;
    assert!(!rest.contains("0\r\n\r\n"), "this looks complete: {rest:?}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_signing_out_cuts_a_slow_download_short_of_its_length() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let parts = stream(
        &world,
        "/file",
        "HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n",
    );
    let mut line = browser.open("GET /file", "").await;
    parts.send(b"the first part".to_vec()).await.unwrap();
    line.until("the first part").await;
    sign_out(&mut browser).await;
    assert_eq!(line.rest().await, "");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_signing_out_cuts_an_upload_under_way() {
    let (world, mut browser, listener) = playing_the_application().await;
    let mut uploads = Vec::new();
    for (more, sent) in [
        ("Content-Length: 1000\r\n", "the first part"),
        ("Transfer-Encoding: chunked\r\n", "e\r\nthe first part\r\n"),
    ] {
        let mut line = browser.open("POST /upload", more).await;
        line.send(sent).await;
        let mut application = Line::accept(&listener).await;
        application.until("the first part").await;
        uploads.push((line, application));
    }
    sign_out(&mut browser).await;
    for (mut line, mut application) in uploads {
        let (answer, rest) = (line.rest().await, application.rest().await);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
        assert!(!rest.contains("0\r\n"), "this looks complete: {rest:?}");
    }
    world.end(&[&browser]).await;
}

/// A request over HTTP/2 with the cookies of a browser.
fn over_h2(browser: &Browser, method: &str, path: &str) -> http::request::Builder {
    http::Request::builder()
        .method(method)
        .uri(format!("http://app.example.com{path}"))
        .header("cookie", browser.cookie_field("app.example.com"))
}

#[tokio::test]
async fn inv_40_signing_out_resets_answers_over_http2_and_nothing_else() {
    let world = world().await;
    let (mut leaving, _) = world.signed_in().await;
    let (staying, _) = world.signed_in().await;
    let mut h2 = H2::open(world.broker.address).await;
    let heads = [
        "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n\r\n",
        "HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n",
    ];
    let (mut cut, mut senders) = (Vec::new(), Vec::new());
    for head in heads {
        let parts = stream(&world, "/parts", head);
        let answer = h2.begin(over_h2(&leaving, "GET", "/parts")).await;
        parts.send(b"data: 1\n\n".to_vec()).await.unwrap();
        cut.push(answer.into_body());
        senders.push(parts);
    }
    let parts = stream(&world, "/parts", heads[0]);
    let mut kept = h2
        .begin(over_h2(&staying, "GET", "/parts"))
        .await
        .into_body();
    for body in &mut cut {
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "data: 1\n\n");
    }
    sign_out(&mut leaving).await;
    for body in &mut cut {
        let error = H2::in_time(body.frame()).await.unwrap().unwrap_err();
        assert!(format!("{error:?}").contains("Reset"), "{error:?}");
    }
    for sender in &senders {
        until("the application's side ends", || sender.is_closed()).await;
    }
    parts.send(b"data: 2\n\n".to_vec()).await.unwrap();
    let frame = H2::in_time(kept.frame()).await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "data: 2\n\n");
    drop(parts);
    world.end(&[&leaving, &staying]).await;
}

#[tokio::test]
async fn inv_40_an_http2_stream_whose_visitor_takes_nothing_is_cut_too() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let mut h2 = H2::open(world.broker.address).await;
    let head = "HTTP/1.1 200 X\r\nContent-Length: 1000000000\r\n\r\n";
    let parts = stream(&world, "/file", head);
    let answer = h2.begin(over_h2(&browser, "GET", "/file")).await;
    // More than every buffer on the way holds: the last pieces wait for the visitor.
    let piece = vec![b'x'; 1024 * 1024];
    while let Ok(sent) = tokio::time::timeout(STALLED, parts.send(piece.clone())).await {
        sent.unwrap();
    }
    sign_out(&mut browser).await;
    until("the application's side ends", || parts.is_closed()).await;
    assert!(H2::in_time(answer.into_body().collect()).await.is_err());
    world.end(&[&browser]).await;
}

/// Nothing moves any more on loopback if nothing has moved for so long.
const STALLED: std::time::Duration = std::time::Duration::from_millis(400);

#[tokio::test]
async fn inv_40_signing_out_cuts_an_upload_over_http2() {
    let (world, mut browser, listener) = playing_the_application().await;
    let mut h2 = H2::open(world.broker.address).await;
    let (parts, body) = H2::upload();
    let part = Bytes::from_static(b"the first part");
    parts.send(part).await.unwrap();
    let answer = h2.start(over_h2(&browser, "POST", "/upload"), body);
    let mut application = Line::accept(&listener).await;
    application.until("the first part").await;
    sign_out(&mut browser).await;
    // Refused or reset; done it is not.
    if let Ok(answer) = H2::in_time(answer).await {
        assert!(!answer.status().is_success(), "{answer:?}");
    }
    let rest = application.rest().await;
    assert!(!rest.contains("0\r\n"), "this looks complete: {rest:?}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_what_somebody_else_has_open_goes_on() {
    let world = world().await;
    let (mut leaving, _) = world.signed_in().await;
    let (staying, _) = world.signed_in().await;
    let mut socket = socket(&staying).await;
    sign_out(&mut leaving).await;
    socket.send("still here").await;
    socket.until("still here").await;
    world.end(&[&leaving, &staying]).await;
}
