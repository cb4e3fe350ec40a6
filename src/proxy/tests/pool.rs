//! Connections between two requests.

use super::*;
use crate::config::defaults::UPSTREAM_POOL_IDLE;

const UPLOAD: &str =
    "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhalf";

#[tokio::test]
async fn an_answer_before_the_end_of_its_request_ends_the_connection() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(UPLOAD).await;
    let (mut first, head) = world.asked().await;
    assert!(head.starts_with("PUT "), "{head}");
    first.write_all(FINE).await.unwrap();
    assert!(read_until(&mut visitor, "fine").await.ends_with("fine"));
    // Whoever comes next must not be answered by what the rest of that request may cause.
    let mut next = world.visitor(ASK).await;
    let (mut second, _) = world.asked().await;
    second.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut next).await.ends_with("fine"));
    world.end().await;
}

#[tokio::test]
async fn a_request_with_its_whole_body_leaves_a_connection_to_the_next() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(&format!("{UPLOAD}whole")).await;
    let (mut only, _) = world.asked().await;
    assert!(read_until(&mut only, "halfwhole").await.ends_with("whole"));
    only.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut visitor).await.ends_with("fine"));
    let mut next = world.visitor(ASK).await;
    assert!(read_head(&mut only).await.starts_with("GET "));
    only.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut next).await.ends_with("fine"));
    world.end().await;
}

#[tokio::test]
async fn what_rests_for_too_long_is_closed_without_another_request() {
    let world = world(Setting::default()).await;
    let mut visitor = world.visitor(ASK).await;
    let (mut resting, _) = world.asked().await;
    resting.write_all(FINE).await.unwrap();
    assert!(read_to_end(&mut visitor).await.ends_with("fine"));
    let waits = tokio::time::timeout(Duration::from_millis(50), resting.read_u8()).await;
    assert!(waits.is_err(), "it is kept");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    assert_eq!(timeout(resting.read(&mut [0])).await.unwrap(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_crowd_leaves_no_more_connections_than_may_rest() {
    let world = world(Setting::default()).await;
    let mut all = Vec::new();
    for _ in 0..UPSTREAM_POOL_IDLE + 20 {
        let visitor = world.visitor(ASK).await;
        let (application, _) = world.asked().await;
        all.push((visitor, application));
    }
    for (visitor, application) in &mut all {
        application.write_all(FINE).await.unwrap();
        read_to_end(visitor).await;
    }
    let mut closed = 0;
    for (_, application) in &mut all {
        let ended = tokio::time::timeout(Duration::from_millis(5), application.read_u8()).await;
        closed += usize::from(matches!(ended, Ok(Err(_))));
    }
    assert_eq!(closed, 20, "those that rested longest");
    world.end().await;
}
