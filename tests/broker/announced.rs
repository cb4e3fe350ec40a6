//! The PROXY protocol: a load balancer that passes connections through says whom each is for.

use std::net::{IpAddr, Ipv4Addr};

use crate::support::world::ROUTES;
use crate::support::{Line, World};

/// Where nobody is trusted.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

const ASK: &str =
    "GET /open/x HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n";

async fn world(limits: &str) -> World {
    World::with(&format!(
        "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n\
         trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true\n{limits}{ROUTES}"
    ))
    .await
}

/// A connection of the load balancer for somebody.
async fn on_behalf_of(world: &World, client: &str) -> Line {
    let mut line = Line::open(world.broker.address).await;
    line.send(format!("PROXY TCP4 {client} 10.0.0.1 4660 443\r\n"))
        .await;
    line
}

/// Version 2 for 192.0.2.7, who came over TLS.
fn second() -> Vec<u8> {
    let addresses = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 187];
    let tls = [0x20, 0, 5, 1, 0, 0, 0, 0];
    [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14"[..], &addresses, &tls].concat()
}

#[tokio::test]
async fn the_application_hears_whom_a_connection_is_for() {
    let world = world("").await;
    let mut line = on_behalf_of(&world, "192.0.2.7").await;
    for _ in 0..2 {
        line.send(ASK).await;
        line.answer().await.unwrap().is(200);
        let heard = world.application.last();
        assert_eq!(
            heard.field("x-forwarded-for"),
            Some("192.0.2.7"),
            "and nobody's word"
        );
    }
    let mut line = Line::open(world.broker.address).await;
    for byte in second() {
        line.send([byte]).await;
    }
    line.send(ASK).await;
    line.answer().await.unwrap().is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("x-forwarded-for"), Some("192.0.2.7"));
    assert_eq!(heard.field("x-forwarded-proto"), Some("https"));
    // Whoever nobody knows is not the load balancer, whose word on others counts (threat model 33).
    let mut line = Line::open(world.broker.address).await;
    line.send("PROXY UNKNOWN\r\n").await;
    line.send(ASK).await;
    line.answer().await.unwrap().is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("x-forwarded-for"), Some("0.0.0.0"));
    // For itself, the load balancer is the trusted peer that it is.
    let mut line = Line::open(world.broker.address).await;
    line.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0").await;
    line.send(ASK.replace("198.51.100.9", "192.0.2.8")).await;
    line.answer().await.unwrap().is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("x-forwarded-for"), Some("192.0.2.8"));
    drop(line);
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_35_nobody_else_says_so_and_a_trusted_peer_always_does() {
    let world = world("").await;
    let mut stranger = Line::open_from(STRANGER, world.broker.address).await;
    stranger.send(ASK).await;
    stranger.answer().await.unwrap().is(200);
    assert_eq!(
        world.application.last().field("x-forwarded-for"),
        Some("127.0.0.2")
    );
    world.application.forget();
    let mut stranger = Line::open_from(STRANGER, world.broker.address).await;
    stranger.send("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n").await;
    stranger.send(ASK).await;
    stranger.answer().await.unwrap().is(400);
    for silent in [
        ASK,
        "PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n",
        "PROXY UDP4 1 2 3 4\r\n",
    ] {
        let mut line = Line::open(world.broker.address).await;
        line.send(silent).await;
        line.send(ASK).await;
        assert!(line.answer().await.is_none(), "{silent}");
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_54_connections_count_for_whom_they_are() {
    let world = world("[server.limits]\nmax_connections_per_address = 2\n").await;
    let mut open = Vec::new();
    for (client, is_served) in [
        ("192.0.2.7", true),
        ("192.0.2.7", true),
        ("192.0.2.7", false),
        ("192.0.2.8", true),
        ("192.0.2.8", true),
    ] {
        let mut line = on_behalf_of(&world, client).await;
        line.send(ASK).await;
        assert_eq!(line.answer().await.is_some(), is_served, "{client}");
        open.push(line);
    }
    world.end(&[]).await;
}
