//! Streams of HTTP/2: what is said before an answer, and how one ends that its client gives up.

use bytes::Bytes;
use doorward::tasks::Tasks;
use h2::Reason;
use http::{Request, Response, request};
use tokio::net::{TcpListener, TcpStream};

use super::forwarding::{world_and_application, world_with_raw};
use crate::support::streams::{Said, Stream};
use crate::support::wire::PATIENCE;
use crate::support::world::SITE;
use crate::support::{Line, Streams, World};

/// A request to the application that the test plays, without a body, and the application's side of it.
async fn asked(http2: &mut Streams, application: &TcpListener) -> (Stream, Line) {
    let stream = http2.ask(Request::get(format!("{SITE}/raw/x")));
    let mut behind = Line::accept(application).await;
    behind.head().await;
    (stream, behind)
}

fn upload() -> request::Builder {
    Request::post(format!("{SITE}/raw/x"))
}

#[tokio::test]
async fn interim_answers_come_over_http2_as_the_application_sends_them() {
    let (world, application) = world_and_application().await;
    let mut http2 = Streams::open(world.broker.address).await;
    let (mut stream, mut behind) = asked(&mut http2, &application).await;
    behind
        .send("HTTP/1.1 103 X\r\nLink: </a.css>; rel=preload\r\n\r\n")
        .await;
    let (status, fields) = stream.interim().await;
    assert_eq!(
        (status, fields["link"].as_bytes()),
        (103, &b"</a.css>; rel=preload"[..]),
        "before there is an answer"
    );
    behind
        .send("HTTP/1.1 102 X\r\n\r\nHTTP/1.1 103 X\r\nLink: </b.css>\r\n\r\nHTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok")
        .await;
    assert_eq!(stream.interim().await.0, 102);
    assert_eq!(stream.interim().await.1["link"], "</b.css>");
    let answer = stream.answer().await;
    assert_eq!(
        (answer.status().as_u16(), &answer.body()[..]),
        (200, &b"ok"[..])
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_23_30_an_interim_answer_over_http2_says_nothing_that_an_answer_may_not() {
    let (world, application) = world_and_application().await;
    let mut http2 = Streams::open(world.broker.address).await;
    let (mut stream, mut behind) = asked(&mut http2, &application).await;
    behind
        .send("HTTP/1.1 103 X\r\nSet-Cookie: __Host-sso=theirs\r\nSet-Cookie: a=1\r\nSso-Generated: page\r\nConnection: x-hop\r\nX-Hop: 1\r\nLink: </a.css>\r\nContent-Length: 5\r\n\r\n")
        .await;
    let (_, fields) = stream.interim().await;
    let mut left: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    left.sort();
    assert_eq!(
        format!("{left:?}"),
        r#"[("link", "</a.css>"), ("set-cookie", "a=1")]"#
    );
    behind.send("HTTP/1.1 204 X\r\n\r\n").await;
    assert_eq!(stream.answer().await.status(), 204);
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_54_an_application_that_never_stops_saying_not_yet_is_answered_for_all_the_same() {
    let (world, application) = world_and_application().await;
    let mut http2 = Streams::open(world.broker.address).await;
    let (mut stream, mut behind) = asked(&mut http2, &application).await;
    behind.send(&"HTTP/1.1 102 X\r\n\r\n".repeat(5000)).await;
    behind.send("HTTP/1.1 204 X\r\n\r\n").await;
    let mut said = 0;
    let answer = loop {
        match stream.next().await.unwrap() {
            Said::Interim(_) => said += 1,
            Said::Final(answer) => break answer,
        }
    };
    assert_eq!((said, answer.status().as_u16()), (16 * 1024 / 32, 204));
    world.end(&[]).await;
}

#[tokio::test]
async fn a_body_is_asked_for_over_http2_when_the_application_asks_for_it() {
    let (world, application) = world_and_application().await;
    let mut http2 = Streams::open(world.broker.address).await;
    let expecting = upload()
        .header("expect", "100-continue")
        .header("content-length", "4");
    let mut stream = http2.begin(expecting);
    let mut behind = Line::accept(&application).await;
    let head = behind.head().await.to_lowercase();
    assert!(head.contains("expect: 100-continue\r\n"), "{head}");
    behind
        .send("HTTP/1.1 102 X\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        .await;
    assert_eq!(
        stream.interim().await.0,
        102,
        "not before the application asks"
    );
    assert_eq!(stream.interim().await.0, 100);
    stream.body.send_data(Bytes::from("body"), true).unwrap();
    behind.until("body").await;
    behind.send("HTTP/1.1 204 X\r\n\r\n").await;
    assert_eq!(stream.answer().await.status(), 204);
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_40_an_upload_that_its_client_gives_up_never_looks_complete() {
    let (world, application) = world_and_application().await;
    let mut http2 = Streams::open(world.broker.address).await;
    for reason in [Reason::CANCEL, Reason::NO_ERROR, Reason::INTERNAL_ERROR] {
        let mut stream = http2.begin(upload());
        stream.body.send_data(Bytes::from("half"), false).unwrap();
        let mut behind = Line::accept(&application).await;
        behind.until("half\r\n").await;
        stream.body.send_reset(reason);
        assert_eq!(behind.rest().await, "", "{reason:?}: no last chunk");
    }
    assert_serves(&mut http2, &world).await;
    world.end(&[]).await;
}

/// An application that speaks HTTP/2: it hints, wants the body of whoever has one, and answers with it.
async fn application_of_two() -> (World, Tasks) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("url = \"h2c://{}\"\n", listener.local_addr().unwrap());
    let tasks = Tasks::new();
    let (stopping, workers) = (tasks.stopping().clone(), tasks.clone());
    tasks.spawn(async move {
        while let Some(Ok((socket, _))) = stopping.run_until_cancelled(listener.accept()).await {
            let stopping = stopping.clone();
            workers.spawn(async move { stopping.run_until_cancelled(hint(socket)).await });
        }
    });
    (world_with_raw(&url).await, tasks)
}

async fn hint(socket: TcpStream) {
    let mut connection = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let hints = Response::builder()
            .status(103)
            .header("link", "</a.css>")
            .header("sso-generated", "page");
        respond.send_informational(hints.body(()).unwrap()).unwrap();
        let is_asked_for = request.headers().contains_key("expect");
        if is_asked_for {
            let go_on = Response::builder().status(100).body(()).unwrap();
            respond.send_informational(go_on).unwrap();
        }
        let mut body = request.into_body();
        let piece = tokio::select! {
            _ = connection.accept() => panic!("another request"),
            piece = body.data() => piece.unwrap_or(Ok("ok".into())).unwrap(),
        };
        let mut answer = respond.send_response(Response::new(()), false).unwrap();
        answer.send_data(piece, true).unwrap();
    }
}

#[tokio::test]
async fn interim_answers_come_from_an_application_that_speaks_http2() {
    let (world, tasks) = application_of_two().await;
    let mut line = world.browser().open("GET /raw/x", "").await;
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n";
    assert_eq!(line.head().await, hints);
    assert_eq!(line.answer().await.unwrap().is(200).text(), "ok");
    let mut http2 = Streams::open(world.broker.address).await;
    let mut stream = http2.ask(Request::get(format!("{SITE}/raw/x")));
    let (status, fields) = stream.interim().await;
    assert_eq!(
        (status, fields.len(), &fields["link"]),
        (103, 1, &"</a.css>".parse().unwrap())
    );
    assert_eq!(stream.answer().await.body(), "ok");
    world.end(&[]).await;
    tasks.finish(PATIENCE).await;
}

#[tokio::test]
async fn a_body_is_asked_for_when_an_application_that_speaks_http2_asks_for_it() {
    let (world, tasks) = application_of_two().await;
    let expecting = "Expect: 100-continue\r\nContent-Length: 4\r\n";
    let mut line = world.browser().open("POST /raw/x", expecting).await;
    assert!(line.head().await.starts_with("HTTP/1.1 103 "));
    assert_eq!(line.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    line.send("body").await;
    assert_eq!(line.answer().await.unwrap().is(200).text(), "body");
    world.end(&[]).await;
    tasks.finish(PATIENCE).await;
}

/// The connection is as good as before.
async fn assert_serves(http2: &mut Streams, world: &World) {
    let answer = http2
        .ask(Request::get(format!("{SITE}/open/x")))
        .answer()
        .await;
    assert_eq!(answer.status(), 200);
    world.application.forget();
}
