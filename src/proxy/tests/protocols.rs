//! The versions of HTTP, in front and behind, and the kinds of address.

use tokio::net::UnixListener;

use super::application::{self, Told};
use super::*;
use crate::config::{Address, UpstreamHttp};

/// A world whose application says how it was asked.
async fn telling(http: UpstreamHttp, preserve_host: bool) -> (World, Told) {
    let setting = Setting {
        preserve_host,
        ..Setting::default()
    };
    let (told, tasks) = (Told::default(), Tasks::new());
    let address = application::listen(&tasks, &told).await;
    let config = config::Upstream {
        http,
        ..upstream_config(address, &setting)
    };
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (world_with(unused, &config, setting, tasks).await, told)
}

async fn asked_over_one(world: &World, request: &str) -> String {
    let mut visitor = world.visitor(request).await;
    read_to_end(&mut visitor).await
}

#[tokio::test]
async fn an_application_may_be_asked_in_http2_by_prior_knowledge() {
    let (world, _) = telling(UpstreamHttp::Two, true).await;
    let answer = asked_over_one(
        &world,
        "POST /a HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nTE: trailers\r\nConnection: close, te\r\n\
         Transfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n",
    )
    .await;
    assert!(
        answer.contains("HTTP/2.0 POST authority=app.example.com host=- te=trailers"),
        "{answer}"
    );
    assert!(answer.contains("cookie=a=1 user=ada"), "{answer}");
    assert!(answer.contains("{\"x-sum\": \"7\"} body=hi"), "{answer}");
    assert!(answer.contains("\r\ngrpc-status: 0\r\n"), "{answer}");
    world.end().await;
}

#[tokio::test]
async fn a_call_of_grpc_goes_through_in_http2_with_its_trailers() {
    let (world, _) = telling(UpstreamHttp::Two, false).await;
    let mut send = world.http2().await;
    let (pieces, body) = futures_channel();
    let request = Request::post("http://visitor/pkg.Service/Call")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap();
    let answer = send.send_request(request);
    let calling = async {
        pieces
            .send(Ok(Frame::data(Bytes::from_static(b"\0\0\0\0\x01x"))))
            .await
            .unwrap();
        drop(pieces);
    };
    let (answer, ()) = tokio::join!(timeout(answer), calling);
    let body = timeout(answer.unwrap().into_body().collect())
        .await
        .unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    assert!(
        text.contains("te=trailers") && text.contains("authority=127.0.0.1:"),
        "{text}"
    );
    world.end().await;
}

/// A body whose pieces the test hands out.
fn futures_channel() -> (tokio::sync::mpsc::Sender<io::Result<Frame<Bytes>>>, Sent) {
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    let stream = futures_util::stream::poll_fn(move |context| receive.poll_recv(context));
    (send, StreamBody::new(stream).boxed_unsync())
}

#[tokio::test]
async fn who_speaks_http2_alone_is_asked_without_a_change_of_protocol() {
    let (world, _) = telling(UpstreamHttp::Two, true).await;
    let answer = asked_over_one(
        &world,
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("HTTP/2.0 GET") && answer.contains("upgrade=-"),
        "{answer}"
    );
    world.end().await;
}

#[tokio::test]
async fn an_application_may_listen_on_a_unix_socket() {
    for (http, preserve_host, told) in [
        (
            UpstreamHttp::One,
            true,
            "HTTP/1.1 GET authority=- host=app.example.com",
        ),
        (
            UpstreamHttp::One,
            false,
            "HTTP/1.1 GET authority=- host=localhost",
        ),
        (
            UpstreamHttp::Two,
            false,
            "HTTP/2.0 GET authority=localhost host=-",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let tasks = Tasks::new();
        let setting = Setting {
            preserve_host,
            ..Setting::default()
        };
        let config = config::Upstream {
            addresses: vec![Address::Unix(path)],
            http,
            ..upstream_config(([127, 0, 0, 1], 1).into(), &setting)
        };
        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let world = world_with(unused, &config, setting, tasks).await;
        let asking = asked_over_one(&world, ASK);
        let serving = async {
            let (socket, _) = listener.accept().await.unwrap();
            application::serve(socket, &world.tasks, &Told::default());
        };
        let (answer, ()) = tokio::join!(asking, serving);
        assert!(answer.contains(told), "{answer}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_socket_that_nobody_listens_on_is_an_application_that_is_down() {
    let setting = Setting::default();
    let config = config::Upstream {
        addresses: vec![Address::Unix("/nowhere/app.sock".into())],
        ..upstream_config(([127, 0, 0, 1], 1).into(), &setting)
    };
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = world_of(unused, &config, setting).await;
    let answer = asked_over_one(&world, ASK).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(world.errors().contains("Connect"), "{}", world.errors());
    world.end().await;
}
