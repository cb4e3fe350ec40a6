//! An application that speaks HTTP/2, played by the test stream by stream.

use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};

use super::*;
use crate::config::UpstreamHttp;

type Asked = (Request<RecvStream>, SendResponse<Bytes>);

async fn world_of_two() -> World {
    let setting = Setting {
        idle: Duration::from_secs(3600),
        ..Setting::default()
    };
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = application.local_addr().unwrap();
    let config = config::Upstream {
        http: UpstreamHttp::Two,
        ..upstream_config(address, &setting)
    };
    world_of(application, &config, setting).await
}

/// The application's side of a connection; nothing moves on it but while the test waits for something.
struct Behind(Connection<TcpStream, Bytes>);

impl Behind {
    async fn accept(world: &World) -> Self {
        let (socket, _) = timeout(world.application.accept()).await.unwrap();
        Self(timeout(h2::server::handshake(socket)).await.unwrap())
    }

    /// The next request.
    async fn asked(&mut self) -> Asked {
        timeout(self.0.accept()).await.unwrap().unwrap()
    }

    /// Waits for something while the bytes move.
    async fn until<T>(&mut self, event: impl Future<Output = T>) -> T {
        let mut event = pin!(event);
        let moved = std::future::poll_fn(|context| {
            if let std::task::Poll::Ready(done) = event.as_mut().poll(context) {
                return std::task::Poll::Ready(done);
            }
            assert!(!matches!(
                self.0.poll_accept(context),
                std::task::Poll::Ready(Some(Ok(_)))
            ));
            std::task::Poll::Pending
        });
        timeout(moved).await
    }
}

fn answer(respond: &mut SendResponse<Bytes>, status: u16, body: &'static str) -> SendStream<Bytes> {
    let head = Response::builder().status(status).body(()).unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    stream.send_data(Bytes::from(body), false).unwrap();
    stream
}

fn fine(mut respond: SendResponse<Bytes>) {
    answer(&mut respond, 200, "fine")
        .send_data(Bytes::new(), true)
        .unwrap();
}

/// A visitor who has had half of an answer, and the application's side of it.
async fn half_answered(world: &World) -> (TcpStream, Behind, SendStream<Bytes>) {
    let mut visitor = world.visitor(ASK).await;
    let mut behind = Behind::accept(world).await;
    let (_, mut respond) = behind.asked().await;
    let stream = answer(&mut respond, 200, "half");
    behind.until(read_until(&mut visitor, "half\r\n")).await;
    (visitor, behind, stream)
}

#[tokio::test]
async fn requests_share_a_connection_until_it_takes_no_more() {
    let world = world_of_two().await;
    let mut first = world.visitor(ASK).await;
    let mut behind = Behind::accept(&world).await;
    let (_, slow) = behind.asked().await;
    let mut second = world.visitor(ASK).await;
    let (_, quick) = behind.asked().await;
    fine(quick);
    assert!(
        behind
            .until(read_to_end(&mut second))
            .await
            .contains("fine")
    );
    behind.0.graceful_shutdown();
    // The farewell has been read by whoever asks after this.
    behind
        .until(tokio::time::sleep(Duration::from_millis(50)))
        .await;
    let mut third = world.visitor(ASK).await;
    let mut next = Behind::accept(&world).await;
    fine(next.asked().await.1);
    assert!(next.until(read_to_end(&mut third)).await.contains("fine"));
    fine(slow);
    assert!(behind.until(read_to_end(&mut first)).await.contains("fine"));
    world.end().await;
}

#[tokio::test]
async fn a_crowd_makes_one_connection() {
    let world = world_of_two().await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(world.visitor(ASK).await);
    }
    let mut behind = Behind::accept(&world).await;
    for _ in 0..20 {
        fine(behind.asked().await.1);
    }
    for visitor in &mut crowd {
        assert!(behind.until(read_to_end(visitor)).await.contains("fine"));
    }
    let World { application, .. } = &world;
    let another = tokio::time::timeout(Duration::from_millis(50), application.accept()).await;
    assert!(another.is_err(), "one connection is enough");
    world.end().await;
}

#[tokio::test]
async fn what_the_application_has_not_looked_at_is_asked_again_once() {
    let world = world_of_two().await;
    let mut visitor = world.visitor(ASK).await;
    let mut behind = Behind::accept(&world).await;
    behind.asked().await.1.send_reset(Reason::REFUSED_STREAM);
    let (again, respond) = behind.asked().await;
    assert_eq!(again.uri().path_and_query().unwrap(), "/path?query=%20");
    fine(respond);
    assert!(
        behind
            .until(read_to_end(&mut visitor))
            .await
            .contains("fine")
    );
    // What may have had an effect is not, nor what was refused twice.
    let post = ASK.replace("GET", "POST");
    for (request, times) in [(ASK, 2), (&*post, 1)] {
        let mut visitor = world.visitor(request).await;
        for _ in 0..times {
            behind.asked().await.1.send_reset(Reason::REFUSED_STREAM);
        }
        let told = behind.until(read_to_end(&mut visitor)).await;
        assert!(told.starts_with("HTTP/1.1 502 "), "{told}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_request_that_meets_the_end_of_a_connection_at_rest_is_asked_again() {
    let world = world_of_two().await;
    let mut visitor = world.visitor(ASK).await;
    let mut behind = Behind::accept(&world).await;
    fine(behind.asked().await.1);
    let served = behind.until(read_to_end(&mut visitor)).await;
    assert!(served.contains("fine"));
    let mut visitor = world.visitor(ASK).await;
    // Nothing has been said of this one when the connection ends.
    let asked = behind.asked().await;
    drop(behind);
    drop(asked);
    let mut next = Behind::accept(&world).await;
    let (_, mut respond) = next.asked().await;
    let _stream = answer(&mut respond, 200, "half");
    next.until(read_until(&mut visitor, "half\r\n")).await;
    // Of this one something has been said, and a first request may be what ends a connection.
    drop(next);
    assert_eq!(read_to_end(&mut visitor).await, "");
    let mut visitor = world.visitor(ASK).await;
    let mut first = Behind::accept(&world).await;
    drop(first.asked().await);
    drop(first);
    let told = read_to_end(&mut visitor).await;
    assert!(told.starts_with("HTTP/1.1 502 "), "{told}");
    world.end().await;
}

#[tokio::test]
async fn what_the_application_does_not_admit_on_one_connection_has_another() {
    let world = world_of_two().await;
    let mut visitors = Vec::new();
    let (socket, mut under_way) = (world.visitor(ASK).await, Vec::new());
    visitors.push(socket);
    let (socket, _) = timeout(world.application.accept()).await.unwrap();
    let mut builder = h2::server::Builder::new();
    let shaken = builder.max_concurrent_streams(2).handshake(socket);
    let mut full = Behind(timeout(shaken).await.unwrap());
    under_way.push(full.asked().await.1);
    visitors.push(world.visitor(ASK).await);
    under_way.push(full.asked().await.1);
    visitors.push(world.visitor(ASK).await);
    let mut other = Behind::accept(&world).await;
    fine(other.asked().await.1);
    let mut third = visitors.pop().unwrap();
    assert!(other.until(read_to_end(&mut third)).await.contains("fine"));
    under_way.into_iter().for_each(fine);
    for mut visitor in visitors {
        assert!(full.until(read_to_end(&mut visitor)).await.contains("fine"));
    }
    world.end().await;
}

/// Two calls that send and receive at once are two streams of the two that the application admits, and no more.
#[tokio::test]
async fn a_call_that_goes_both_ways_is_one_stream() {
    let world = world_of_two().await;
    let head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let mut first = world.visitor(head).await;
    let (socket, _) = timeout(world.application.accept()).await.unwrap();
    let mut builder = h2::server::Builder::new();
    let shaken = builder.max_concurrent_streams(2).handshake(socket);
    let mut behind = Behind(timeout(shaken).await.unwrap());
    let (_request, mut respond) = behind.asked().await;
    let _stream = answer(&mut respond, 200, "half");
    behind.until(read_until(&mut first, "half\r\n")).await;
    let mut second = world.visitor(ASK).await;
    fine(behind.asked().await.1);
    assert!(
        behind
            .until(read_to_end(&mut second))
            .await
            .contains("fine")
    );
    world.end().await;
}

#[tokio::test]
async fn an_upload_ends_with_its_answer_if_nobody_takes_it() {
    let world = world_of_two().await;
    let head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    let mut visitor = world.visitor(head).await;
    visitor.write_all(&[0; 300_000]).await.unwrap();
    let mut behind = Behind::accept(&world).await;
    let (request, respond) = behind.asked().await;
    fine(respond);
    behind.until(read_until(&mut visitor, "fine")).await;
    let mut body = request.into_body();
    // There is room for no more than the first of it, and none is made.
    let ended = loop {
        match behind.until(body.data()).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("it is not complete"),
        }
    };
    assert_eq!(ended.reason(), Some(Reason::CANCEL));
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_ends_before_its_request_is_whole() {
    let world = world_of_two().await;
    let head = "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n";
    let mut visitor = world.visitor(head).await;
    let mut behind = Behind::accept(&world).await;
    let (request, mut respond) = behind.asked().await;
    let mut stream = answer(&mut respond, 413, "too much");
    stream.send_data(Bytes::new(), true).unwrap();
    behind
        .until(tokio::time::sleep(Duration::from_millis(20)))
        .await;
    // The rest of the request is not wanted (RFC 9113 §8.1).
    stream.send_reset(Reason::NO_ERROR);
    let told = behind.until(read_to_end(&mut visitor)).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    assert!(told.ends_with("8\r\ntoo much\r\n0\r\n\r\n"), "{told}");
    drop(request);
    world.end().await;
}

#[tokio::test]
async fn visitors_who_leave_all_at_once_cost_the_others_nothing() {
    let world = world_of_two().await;
    let mut quiet = world.visitor(ASK).await;
    let mut behind = Behind::accept(&world).await;
    let (_, kept) = behind.asked().await;
    for _ in 0..12 {
        let mut crowd = Vec::new();
        for _ in 0..150 {
            crowd.push(world.visitor(ASK).await);
        }
        let mut answering = Vec::new();
        for _ in 0..crowd.len() {
            answering.push(behind.asked().await.1);
        }
        drop(crowd);
        // The answers cross with the resets.
        answering.into_iter().for_each(fine);
    }
    fine(kept);
    assert!(behind.until(read_to_end(&mut quiet)).await.contains("fine"));
    world.end().await;
}

#[tokio::test]
async fn inv_40_an_answer_that_the_application_gives_up_never_looks_complete() {
    let world = world_of_two().await;
    let (mut visitor, mut behind, mut stream) = half_answered(&world).await;
    stream.send_reset(Reason::NO_ERROR);
    let rest = behind.until(read_to_end(&mut visitor)).await;
    assert_eq!(rest, "", "no last chunk");
    world.end().await;
}

#[tokio::test]
async fn a_visitor_who_breaks_off_is_no_failure_of_the_application() {
    let world = world_of_two().await;
    let mut visitor = world
        .visitor("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        .await;
    let mut behind = Behind::accept(&world).await;
    let (request, mut respond) = behind.asked().await;
    let mut body = request.into_body();
    assert_eq!(behind.until(body.data()).await.unwrap().unwrap(), "half");
    visitor.write_all(b"no chunk").await.unwrap();
    let ended = behind.until(body.data()).await;
    assert!(
        ended.unwrap().unwrap_err().is_reset(),
        "not as if it were whole"
    );
    behind
        .until(std::future::poll_fn(|context| respond.poll_reset(context)))
        .await
        .unwrap();
    read_to_end(&mut visitor).await;
    assert!(world.errors().contains("Visitor("), "{}", world.errors());
    world.end().await;
}

#[tokio::test]
async fn a_visitor_who_reads_slowly_holds_up_nobody() {
    const LONG: usize = 8 * 1024 * 1024;
    let world = world_of_two().await;
    let mut behind = None;
    let mut waiting = Vec::new();
    // More than what one connection may send unread by default, several times.
    for _ in 0..8 {
        waiting.push(world.visitor(ASK).await);
        let behind = match &mut behind {
            Some(behind) => behind,
            none => none.insert(Behind::accept(&world).await),
        };
        let (_, mut respond) = behind.asked().await;
        let head = Response::builder().body(()).unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(vec![0; LONG].into(), true).unwrap();
    }
    let mut behind = behind.unwrap();
    behind
        .until(tokio::time::sleep(Duration::from_millis(200)))
        .await;
    let mut quick = world.visitor(ASK).await;
    fine(behind.asked().await.1);
    assert!(behind.until(read_to_end(&mut quick)).await.contains("fine"));
    world.end().await;
}

#[tokio::test]
async fn a_connection_with_nothing_to_do_is_closed_and_one_with_a_quiet_stream_is_not() {
    let world = world_of_two().await;
    let (mut visitor, mut behind, mut stream) = half_answered(&world).await;
    tokio::time::pause();
    for _ in 0..90 {
        behind
            .until(tokio::time::sleep(Duration::from_secs(1)))
            .await;
    }
    tokio::time::resume();
    stream.send_data(Bytes::from("rest"), true).unwrap();
    let rest = behind.until(read_to_end(&mut visitor)).await;
    assert_eq!(rest, "4\r\nrest\r\n0\r\n\r\n");
    tokio::time::pause();
    let begun = Instant::now();
    let ended = tokio::time::timeout(Duration::from_secs(60), behind.0.accept()).await;
    assert!(ended.unwrap().is_none());
    assert!(
        begun.elapsed() <= Duration::from_secs(31),
        "{:?}",
        begun.elapsed()
    );
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_gone_without_a_word_is_not_waited_for() {
    let world = world_of_two().await;
    let (mut visitor, _behind, _stream) = half_answered(&world).await;
    let begun = Instant::now();
    let mut rest = Vec::new();
    let _ = visitor.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "no last chunk");
    assert!(
        begun.elapsed() <= Duration::from_secs(61),
        "{:?}",
        begun.elapsed()
    );
    world.end().await;
}
