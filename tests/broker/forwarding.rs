//! What goes through: everything, exactly, in both directions and as it comes.

use http_body_util::BodyExt as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;

use crate::support::wire::{PATIENCE, until};
use crate::support::world::{ROUTES, SITE};
use crate::support::{Answer, H2, Heard, Line, World};

const MEBIBYTE: usize = 1024 * 1024;

/// A world with a second application under `/raw/`, played by the test byte for byte.
pub async fn world_and_application() -> (World, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (
        world_with_raw(&format!("url = \"http://{address}\"\n")).await,
        listener,
    )
}

pub async fn world_with_raw(upstream: &str) -> World {
    let raw = format!(
        "[upstreams.raw]\n{upstream}[routes.raw]\npath = \"/raw/*\"\nupstream = \"raw\"\naccess = \"public\"\n"
    );
    World::with(&format!("{ROUTES}{raw}")).await
}

#[tokio::test]
async fn method_target_fields_and_body_arrive_exactly() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let body = "{\"a\": \"\u{e9}\u{0}\r\n\"}";
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let more = format!(
            "Content-Type: application/json\r\nX-Odd:   kept \r\nX-Twice: 1\r\nX-Twice: 2\r\nAuthorization: Bearer theirs\r\nContent-Length: {}\r\n",
            body.len()
        );
        let mut line = browser
            .open(&format!("{method} /a/b.c/?q=%20+&q=2&&=%C3%A9"), &more)
            .await;
        line.send(body).await;
        assert_eq!(
            line.answer().await.unwrap().is(200).text(),
            "hello from the application"
        );
        let heard = world.application.last();
        assert_eq!(
            (heard.method(), heard.target()),
            (method, "/a/b.c/?q=%20+&q=2&&=%C3%A9")
        );
        assert_eq!(
            (heard.field("x-odd"), heard.fields("x-twice")),
            (Some("kept"), vec!["1", "2"])
        );
        assert_eq!(heard.field("authorization"), Some("Bearer theirs"));
        assert_eq!(heard.text(), body);
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_the_application_answers_arrives_exactly() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    for (status, fields, body) in [
        (
            206,
            "Content-Range: bytes 0-4/10\r\nETag: \"x\"\r\n",
            "hello",
        ),
        (
            404,
            "Content-Type: text/html\r\nCache-Control: public\r\n",
            "their own page",
        ),
        (301, "Location: //elsewhere.example/\r\n", ""),
        (
            500,
            "Server: theirs\r\nVia: 1.1 theirs\r\n",
            "their own trouble",
        ),
        (
            401,
            "WWW-Authenticate: Basic realm=\"theirs\"\r\n",
            "their own door",
        ),
        (299, "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n", "odd"),
    ] {
        world
            .application
            .answer("/x", move |_| Answer::with(status, fields, body));
        let answer = browser.ask("GET /x", "Range: bytes=0-4\r\n").await;
        assert_eq!(answer.is(status).text(), body);
        for line in fields.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            assert!(
                answer.fields(name).contains(&value),
                "{line} in {}",
                answer.head
            );
        }
        assert_eq!(world.application.last().field("range"), Some("bytes=0-4"));
        assert_eq!(answer.field("sso-generated"), None);
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn answers_without_a_body_leave_the_connection_usable() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let bare = |head: &'static str| move |_: &Heard| Answer::Bytes(head.into());
    world
        .application
        .answer("/head", bare("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n"));
    world
        .application
        .answer("/fresh", bare("HTTP/1.1 304 X\r\nETag: \"x\"\r\n\r\n"));
    world
        .application
        .answer("/done", bare("HTTP/1.1 204 X\r\n\r\n"));
    let mut line = browser.open("HEAD /head", "").await;
    let head = line.head().await;
    assert!(
        head.to_lowercase().contains("content-length: 5\r\n"),
        "{head}"
    );
    line.send(browser.head("GET /fresh", "If-None-Match: \"x\"\r\n"))
        .await;
    assert_eq!(
        line.answer().await.unwrap().is(304).field("etag"),
        Some("\"x\"")
    );
    line.send(browser.head("DELETE /done", "")).await;
    line.answer().await.unwrap().is(204);
    line.send(browser.head("GET /", "")).await;
    assert_eq!(
        line.answer().await.unwrap().is(200).text(),
        "hello from the application"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_54_an_upload_goes_no_faster_than_the_application_reads() {
    let (world, application) = world_and_application().await;
    let mut line = Line::open(world.broker.address).await;
    let size = 64 * MEBIBYTE;
    line.send(
        world
            .browser()
            .head("POST /raw/upload", &format!("Content-Length: {size}\r\n")),
    )
    .await;
    let mut behind = Line::accept(&application).await;
    behind.head().await;
    let taken = line.fill(size).await;
    assert!(
        taken < size / 2,
        "{taken} bytes were taken in although nobody reads"
    );
    let send = async {
        line.send(vec![b'x'; size - taken]).await;
        line.answer().await.unwrap()
    };
    let read = async {
        behind.skip(size).await;
        behind
            .send("HTTP/1.1 201 X\r\nContent-Length: 2\r\n\r\nok")
            .await;
    };
    let (answer, ()) = tokio::join!(send, read);
    assert_eq!(answer.is(201).text(), "ok");
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_54_a_download_goes_no_faster_than_the_visitor_reads() {
    let (world, application) = world_and_application().await;
    let mut line = world.browser().open("GET /raw/file", "").await;
    let mut behind = Line::accept(&application).await;
    behind.head().await;
    let size = 64 * MEBIBYTE;
    behind
        .send(format!("HTTP/1.1 200 X\r\nContent-Length: {size}\r\n\r\n"))
        .await;
    let taken = behind.fill(size).await;
    assert!(
        taken < size / 2,
        "{taken} bytes were taken in although nobody reads"
    );
    line.head().await;
    tokio::join!(behind.send(vec![b'x'; size - taken]), line.skip(size));
    world.end(&[]).await;
}

#[tokio::test]
async fn chunks_and_trailers_pass_both_ways() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    world.application.answer("/x", |_| {
        Answer::Bytes("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nyes\r\n0\r\nX-Sum: 42\r\n\r\n".into())
    });
    let more = "TE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: X-Digest\r\n";
    let mut line = browser.open("POST /x", more).await;
    line.send("5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Digest: 7\r\n\r\n")
        .await;
    let answer = line.answer().await.unwrap();
    assert_eq!(answer.is(200).text(), "yes");
    let raw = String::from_utf8(answer.raw_body).unwrap().to_lowercase();
    assert!(raw.ends_with("0\r\nx-sum: 42\r\n\r\n"), "{raw}");
    let heard = world.application.last();
    assert_eq!(heard.text(), "hello!");
    let raw = String::from_utf8(heard.raw_body).unwrap().to_lowercase();
    assert!(raw.ends_with("0\r\nx-digest: 7\r\n\r\n"), "{raw}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn trailers_that_nobody_declared_pass_over_http2_alone() {
    let world = World::with(ROUTES).await;
    world.application.answer("/open/x", |_| {
        Answer::Bytes(
            "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\nX-Sum: 42\r\n\r\n"
                .into(),
        )
    });
    let more = "TE: trailers\r\nTransfer-Encoding: chunked\r\n";
    let mut line = world.browser().open("POST /open/x", more).await;
    line.send("5\r\nhello\r\n0\r\nX-Digest: 7\r\n\r\n").await;
    let answer = line.answer().await.unwrap();
    assert_eq!(answer.is(200).raw_body, b"3\r\nyes\r\n0\r\n\r\n");
    assert_eq!(
        world.application.last().raw_body,
        b"5\r\nhello\r\n0\r\n\r\n"
    );

    let mut http2 = H2::open(world.broker.address).await;
    let request = http::Request::get(format!("{SITE}/open/x"));
    let answer = http2.begin(request).await.into_body();
    let answer = H2::in_time(answer.collect()).await.unwrap();
    assert_eq!(answer.trailers().unwrap()["x-sum"], "42");
    drop(http2);
    world.end(&[]).await;
}

/// What a bridge from gRPC to HTTP/1.1 has to say: a gRPC answer without `grpc-status` is a failure.
#[tokio::test]
async fn trailers_of_grpc_pass_over_http_1_if_they_are_declared_and_wanted() {
    let world = World::with(ROUTES).await;
    let ends = "Transfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n";
    for (declared, wanted, expected) in [
        (
            "Trailer: grpc-status, grpc-message\r\n",
            "TE: trailers\r\n",
            "0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n",
        ),
        (
            "Trailer: grpc-status\r\nTrailer: grpc-message\r\n",
            "TE: gzip, trailers\r\n",
            "0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n",
        ),
        (
            "Trailer: grpc-status\r\n",
            "TE: trailers\r\n",
            "0\r\ngrpc-status: 0\r\n\r\n",
        ),
        ("", "TE: trailers\r\n", "0\r\n\r\n"),
        ("Trailer: grpc-status, grpc-message\r\n", "", "0\r\n\r\n"),
    ] {
        let answer =
            format!("HTTP/1.1 200 X\r\nContent-Type: application/octet-stream\r\n{declared}{ends}");
        world
            .application
            .answer("/open/x", move |_| Answer::Bytes(answer.clone().into()));
        let answer = world.browser().ask("GET /open/x", wanted).await;
        let raw = String::from_utf8(answer.raw_body).unwrap().to_lowercase();
        assert_eq!(
            raw,
            format!("3\r\nyes\r\n{expected}"),
            "{declared:?} {wanted:?}"
        );
    }
    world.end(&[]).await;
}

/// The line of a visitor who waits to be asked for a body, and the application's.
async fn a_body_is_announced(world: &World, application: &TcpListener) -> (Line, Line) {
    let expecting = "Expect: 100-continue\r\nContent-Length: 4\r\n";
    let line = world.browser().open("POST /raw/x", expecting).await;
    (line, Line::accept(application).await)
}

/// Once it has been asked for.
async fn the_body_goes_through(mut line: Line, mut behind: Line) {
    line.send("body").await;
    behind.until("body").await;
    behind
        .send("HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n")
        .await;
    line.answer().await.unwrap().is(200);
}

#[tokio::test]
async fn a_body_is_asked_for_when_the_application_asks_for_it() {
    let (world, application) = world_and_application().await;
    let (mut line, mut behind) = a_body_is_announced(&world, &application).await;
    assert!(
        behind
            .head()
            .await
            .to_lowercase()
            .contains("expect: 100-continue\r\n")
    );
    behind.send("HTTP/1.1 100 Continue\r\n\r\n").await;
    assert_eq!(line.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    the_body_goes_through(line, behind).await;
    world.end(&[]).await;
}

#[tokio::test]
async fn interim_answers_come_as_the_application_sends_them() {
    let (world, application) = world_and_application().await;
    let mut line = world.browser().open("GET /raw/x", "").await;
    let mut behind = Line::accept(&application).await;
    for round in 0..2 {
        behind.head().await;
        behind
            .send("HTTP/1.1 103 X\r\nLink: </a.css>; rel=preload\r\n\r\n")
            .await;
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
        assert_eq!(line.head().await, hints, "before there is an answer");
        // All at once, and the last two before anybody can have seen the first.
        let at_once = "HTTP/1.1 102 X\r\n\r\nHTTP/1.1 103 X\r\nLink: </b.css>\r\n\r\nHTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
        behind.send(at_once).await;
        assert_eq!(line.head().await, "HTTP/1.1 102 Processing\r\n\r\n");
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </b.css>\r\n\r\n";
        assert_eq!(line.head().await, hints);
        assert_eq!(line.answer().await.unwrap().is(200).text(), "ok");
        if round == 0 {
            line.send("GET /raw/x HTTP/1.1\r\nHost: app.example.com\r\n\r\n")
                .await;
        }
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_23_30_an_interim_answer_says_nothing_that_an_answer_may_not() {
    let (world, application) = world_and_application().await;
    let mut line = world.browser().open("GET /raw/x", "").await;
    let mut behind = Line::accept(&application).await;
    behind.head().await;
    behind
        .send("HTTP/1.1 103 X\r\nSet-Cookie: __Host-sso=theirs\r\nSet-Cookie: a=1\r\nSso-Generated: page\r\nConnection: x-hop\r\nX-Hop: 1\r\nLink: </a.css>\r\nContent-Length: 5\r\n\r\n")
        .await;
    let left = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nset-cookie: a=1\r\n\r\n";
    assert_eq!(line.head().await, left);
    behind.send("HTTP/1.1 204 X\r\n\r\n").await;
    line.answer().await.unwrap().is(204);
    world.end(&[]).await;
}

#[tokio::test]
async fn an_upload_goes_on_between_interim_answers() {
    let (world, application) = world_and_application().await;
    let (mut line, mut behind) = a_body_is_announced(&world, &application).await;
    behind.head().await;
    for (said, seen) in [
        ("HTTP/1.1 102 X\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"),
        ("HTTP/1.1 100 X\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("HTTP/1.1 102 X\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"),
    ] {
        behind.send(said).await;
        assert_eq!(line.head().await, seen);
    }
    the_body_goes_through(line, behind).await;
    world.end(&[]).await;
}

#[tokio::test]
async fn a_client_of_http_1_0_knows_no_interim_answers() {
    let (world, application) = world_and_application().await;
    let said =
        "HTTP/1.1 103 X\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
    let mut old = Line::open(world.broker.address).await;
    old.send("GET /raw/x HTTP/1.0\r\nHost: app.example.com\r\n\r\n")
        .await;
    let mut behind = Line::accept(&application).await;
    behind.head().await;
    behind.send(said).await;
    assert_eq!(old.answer().await.unwrap().is(200).text(), "ok");
    world.end(&[]).await;
}

#[tokio::test]
async fn a_body_that_the_application_refuses_is_never_asked_for() {
    let (world, application) = world_and_application().await;
    let expecting = "Expect: 100-continue\r\nContent-Length: 4000000\r\n";
    let mut line = world.browser().open("POST /raw/x", expecting).await;
    let mut behind = Line::accept(&application).await;
    behind.head().await;
    behind
        .send("HTTP/1.1 413 X\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        .await;
    assert_eq!(line.answer().await.unwrap().is(413).text(), "big");
    world.end(&[]).await;
}

#[tokio::test]
async fn a_visitor_without_a_session_is_never_asked_for_a_body() {
    let world = World::new().await;
    let expecting = "Expect: 100-continue\r\nContent-Length: 4000000\r\n";
    let mut line = world.browser().open("POST /x", expecting).await;
    let head = line.head().await;
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn each_event_arrives_before_the_next_one_is_sent() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let (events, receiver) = mpsc::channel(1);
    let once = std::sync::Mutex::new(Some(receiver));
    world.application.answer("/events", move |_| {
        Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    let mut line = browser
        .open(
            "GET /events",
            "Accept: text/event-stream\r\nConnection: close\r\n",
        )
        .await;
    events
        .send(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n\r\n".to_vec())
        .await
        .unwrap();
    line.head().await;
    for number in 0..5 {
        let event = format!("data: {number}\n\n");
        events.send(event.clone().into_bytes()).await.unwrap();
        line.until(&event).await;
    }
    drop(events);
    assert!(
        line.rest().await.ends_with("0\r\n\r\n"),
        "the application ended it in order"
    );
    world.end(&[&browser]).await;
}

const PAGE: &str = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";

/// A page of ours that says what is the matter under a reference, and nothing of what is behind.
#[track_caller]
fn is_our_page(answer: &Heard, status: u16, behind: &str) {
    let (reference, text) = (
        answer.is(status).field("sso-reference").unwrap(),
        answer.text(),
    );
    assert!(
        text.contains(reference) && text.contains("<html"),
        "{reference} in {text}"
    );
    assert!(!text.contains(behind), "{behind} in {text}");
    assert_eq!(answer.field("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_application_that_is_not_there_makes_a_page_with_a_reference() {
    // Bound and never listening: nobody answers, and nobody else gets the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let world = world_with_raw(&format!("url = \"http://{address}\"\n")).await;
    let answer = world.browser().ask("GET /raw/x", PAGE).await;
    is_our_page(&answer, 502, &address);
    let program = world
        .browser()
        .ask("POST /raw/x", "Content-Length: 0\r\n")
        .await;
    assert_eq!(
        program.is(502).field("content-type"),
        Some("application/json")
    );
    let records = world
        .logs
        .with_reference(answer.field("sso-reference").unwrap());
    assert!(
        records
            .iter()
            .any(|record| record["code"] == "app-unreachable"),
        "{records:?}"
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn an_application_that_says_nothing_in_time_makes_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let world = world_with_raw(&format!("url = \"http://{address}\"\ntimeout = \"1s\"\n")).await;
    let answer = world.browser().ask("GET /raw/x", PAGE).await;
    is_our_page(&answer, 504, &address);
    // Its connection is of no use to anybody else.
    let mut behind = Line::accept(&listener).await;
    assert!(behind.rest().await.starts_with("GET /raw/x HTTP/1.1\r\n"));
    world.end(&[]).await;
}

#[tokio::test]
async fn an_answer_that_is_none_makes_a_page_and_no_second_request() {
    let (world, application) = world_and_application().await;
    for nonsense in [
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 X\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 X\r\nX Y: z\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ] {
        let mut line = world
            .browser()
            .open("POST /raw/x", &format!("{PAGE}Content-Length: 0\r\n"))
            .await;
        let mut behind = Line::accept(&application).await;
        behind.request().await;
        behind.send(nonsense).await;
        drop(behind);
        is_our_page(&line.answer().await.unwrap(), 502, "hello");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_complete() {
    for framing in [
        "Content-Length: 100\r\n\r\nsome",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
    ] {
        let (world, application) = world_and_application().await;
        let mut line = world.browser().open("GET /raw/x", "").await;
        let mut behind = Line::accept(&application).await;
        behind.request().await;
        behind.send(format!("HTTP/1.1 200 X\r\n{framing}")).await;
        line.until("some").await;
        drop(behind);
        let rest = line.rest().await;
        assert!(!rest.contains("0\r\n\r\n"), "{rest:?}");
        world.end(&[]).await;
    }
}

#[tokio::test]
async fn one_connection_to_the_application_serves_one_request_after_the_other() {
    let (world, application) = world_and_application().await;
    let mut waiting = world.browser().open("GET /raw/0", "").await;
    let mut behind = Line::accept(&application).await;
    for number in 1..5 {
        assert_eq!(
            behind.request().await.path(),
            format!("/raw/{}", number - 1)
        );
        behind
            .send("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok")
            .await;
        waiting.answer().await.unwrap().is(200);
        waiting = world
            .browser()
            .open(&format!("GET /raw/{number}"), "")
            .await;
    }
    drop(waiting);
    world.end(&[]).await;
}

#[tokio::test]
async fn a_connection_with_words_left_over_serves_nobody_else() {
    let (world, application) = world_and_application().await;
    let mut victim = world.browser().open("GET /raw/1", "").await;
    let mut behind = Line::accept(&application).await;
    behind.request().await;
    behind.send("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 X\r\nContent-Length: 6\r\n\r\nstolen").await;
    assert_eq!(victim.answer().await.unwrap().is(200).text(), "ok");
    let mut next = world.browser().open("GET /raw/2", "").await;
    let mut behind = Line::accept(&application).await;
    behind.request().await;
    behind
        .send("HTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\nmine")
        .await;
    assert_eq!(next.answer().await.unwrap().is(200).text(), "mine");
    world.end(&[]).await;
}

#[tokio::test]
async fn what_concerns_one_connection_stays_on_it() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let hop = "Connection: keep-alive, X-Mine\r\nX-Mine: hop\r\nKeep-Alive: hop\r\nProxy-Authenticate: hop\r\nProxy-Connection: hop\r\nUpgrade: hop\r\n";
    world.application.answer("/x", move |_| {
        Answer::with(200, &format!("{hop}X-Theirs: 1\r\n"), "x")
    });
    let answer = browser.ask("GET /x", "").await;
    assert_eq!(answer.is(200).field("x-theirs"), Some("1"));
    assert!(!answer.head.contains("hop"), "{}", answer.head);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_application_can_be_asked_by_its_own_name() {
    let named = format!(
        "[upstreams.app]\nurl = \"http://{{application}}\"\npreserve_host = false\n{ROUTES}"
    );
    let world = World::with(&named).await;
    world.browser().ask("GET /open/x", "").await.is(200);
    let heard = world.application.last();
    assert_eq!(
        heard.field("host"),
        Some(world.application.address().to_string().as_str())
    );
    assert_eq!(
        SITE.strip_prefix("https://"),
        heard.field("x-forwarded-host")
    );
    world.end(&[]).await;
}

/// Asks for `/open/wait`, which is never answered, from an address that the front proxy names.
async fn waiting(world: &World, address: &str) -> Line {
    let mut line = Line::open(world.broker.address).await;
    line.send(ask_from(address, "/open/wait", "")).await;
    line
}

fn ask_from(address: &str, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: {address}\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn inv_54_one_client_does_not_take_the_application_from_others() {
    let world = World::with(&format!(
        "[server]\npublic_url = \"{SITE}\"\nlisten = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"127.0.0.0/8\"]\n\
         [upstreams.app]\nurl = \"http://{{application}}\"\nmax_concurrent_requests = 4\n{ROUTES}"
    ))
    .await;
    world.application.answer("/open/wait", |_| Answer::Silence);
    let hungry = [
        waiting(&world, "192.0.2.1").await,
        waiting(&world, "192.0.2.1").await,
    ];
    until("both wait", || world.application.heard().len() == 2).await;

    let mut third = Line::open(world.broker.address).await;
    let page = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";
    third.send(ask_from("192.0.2.1", "/open/x", page)).await;
    let refused = third.answer().await.unwrap();
    assert_eq!(refused.is(503).field("sso-generated"), Some("too-busy"));
    assert_eq!(refused.field("retry-after"), Some("5"));
    assert!(
        refused.text().contains("is very busy"),
        "{}",
        refused.text()
    );
    assert_eq!(
        world.application.heard().len(),
        2,
        "it heard nothing of that"
    );

    let mut other = Line::open(world.broker.address).await;
    other.send(ask_from("192.0.2.2", "/open/x", "")).await;
    other.answer().await.unwrap().is(200);
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    world.application.answer("/open/socket", |_| {
        Answer::Echo(
            b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".to_vec(),
        )
    });
    other
        .send(ask_from("192.0.2.2", "/open/socket", socket))
        .await;
    assert!(other.head().await.starts_with("HTTP/1.1 101 "));
    let mut another = Line::open(world.broker.address).await;
    another.send(ask_from("192.0.2.2", "/open/x", "")).await;
    another.answer().await.unwrap().is(503);

    drop((hungry, other));
    let retry = async {
        loop {
            another.send(ask_from("192.0.2.1", "/open/x", "")).await;
            if another.answer().await.unwrap().status() == 200 {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, retry).await.unwrap();
    world.end(&[]).await;
}
