//! Streams of HTTP/2: what is said before an answer, and how one ends that its client gives up.

use bytes::Bytes;
use h2::Reason;
use http::{Request, request};
use tokio::net::TcpListener;

use super::forwarding::world_and_application;
use crate::support::streams::{Said, Stream};
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

/// The connection is as good as before.
async fn assert_serves(http2: &mut Streams, world: &World) {
    let answer = http2
        .ask(Request::get(format!("{SITE}/open/x")))
        .answer()
        .await;
    assert_eq!(answer.status(), 200);
    world.application.forget();
}
