//! The PROXY protocol: a load balancer that passes connections through says whom each is for.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::front::{encrypt, renew};
use crate::support::world::{ROUTES, SITE};
use crate::support::{H2, Line, World};

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

/// The same where people come over TLS.
async fn world_with_tls(folder: &Path) -> World {
    let folder = folder.display();
    let tls = format!("certificate = \"{folder}/cert.pem\"\nkey = \"{folder}/key.pem\"\n");
    world(&format!(
        "[server.limits]\nhandshake_timeout = \"1s\"\n[server.tls]\n{tls}"
    ))
    .await
}

/// Version 2 for 192.0.2.7, who came over TLS.
fn second() -> Vec<u8> {
    second_with(0x21, &TLS)
}

/// Version 2 for 192.0.2.7, with what a peer adds; its command is PROXY (0x21) or LOCAL (0x20).
fn second_with(command: u8, more: &[u8]) -> Vec<u8> {
    let addresses = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 187];
    let length = u16::try_from(addresses.len() + more.len()).unwrap();
    let (start, length) = (&b"\r\n\r\n\0\r\nQUIT\n"[..], length.to_be_bytes());
    [start, &[command, 0x11], &length, &addresses, more].concat()
}

const TLS: [u8; 8] = [0x20, 0, 5, 1, 0, 0, 0, 0];

/// One thing that a peer adds.
fn added(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[kind][..], &length, value].concat()
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

/// Reads to the end, which must come by itself and within the limit, give or take a busy machine.
async fn ends_in_time(mut line: Line, what: &str) {
    let begun = Instant::now();
    assert_eq!(line.rest().await, "", "{what}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
}

#[tokio::test]
async fn inv_54_a_header_that_does_not_come_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path());
    let limits = "[server.limits]\nhandshake_timeout = \"1s\"\n";
    for world in [world(limits).await, world_with_tls(folder.path()).await] {
        let whole = second();
        for half in [
            &b""[..],
            b"P",
            b"PROXY TCP4 192.0.2.7 10.0.0.1",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r",
            b"\r\n\r\n\0\r\nQUIT\n",
            &whole[..16],
            &whole[..whole.len() - 1],
        ] {
            let mut line = Line::open(world.broker.address).await;
            line.send(half).await;
            ends_in_time(line, &format!("{:?}", half.escape_ascii().to_string())).await;
        }
        // One that goes on and on has no longer, however little comes at a time.
        let mut line = Line::open(world.broker.address).await;
        let begun = Instant::now();
        line.send("PROXY UNKNOWN ").await;
        while begun.elapsed() < Duration::from_millis(1_500) {
            line.send("1").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        ends_in_time(line, "a byte at a time").await;
        world.application.heard_nothing();
        world.end(&[]).await;
    }
}

#[tokio::test]
async fn inv_54_a_header_too_long_ends_the_connection_at_once() {
    let world = world("").await;
    let too_many = second_with(0x21, &[0; 4096]);
    for (header, is_taken) in [
        (
            format!("PROXY UNKNOWN {}\r\n", "x".repeat(91)).into_bytes(),
            true,
        ),
        (
            format!("PROXY UNKNOWN {}\r\n", "x".repeat(92)).into_bytes(),
            false,
        ),
        (
            format!("PROXY UNKNOWN {}", "x".repeat(4_000)).into_bytes(),
            false,
        ),
        (second_with(0x21, &added(4, &[0; 4_000])), true),
        (too_many[..16].to_vec(), false),
    ] {
        let mut line = Line::open(world.broker.address).await;
        line.send(&header).await;
        if is_taken {
            line.send(ASK).await;
            line.answer().await.unwrap().is(200);
        } else {
            // Not only when the limit of ten seconds is over.
            ends_in_time(line, &format!("{} bytes", header.len())).await;
        }
    }
    assert_eq!(world.application.heard().len(), 2);
    world.end(&[]).await;
}

#[tokio::test]
async fn what_a_peer_adds_to_the_second_version_is_passed_over() {
    let world = world("").await;
    let more = [
        added(1, b"h2"),
        added(2, b"evil.example"),
        added(3, &[0; 4]),
        added(4, b"padding"),
        added(5, b"unique"),
        added(0xea, b"vendor"),
        added(0xf7, b""),
    ]
    .concat();
    let ask = ASK.replace("198.51.100.9", "192.0.2.8");
    let mut with_tls = more.clone();
    with_tls.extend(TLS);
    for (command, more, client) in [
        (0x21, more.clone(), "192.0.2.7"),
        (0x21, with_tls, "192.0.2.7"),
        // For itself, whatever it adds.
        (0x20, more, "192.0.2.8"),
    ] {
        let mut line = Line::open(world.broker.address).await;
        line.send(second_with(command, &more)).await;
        line.send(&ask).await;
        line.answer().await.unwrap().is(200);
        let heard = world.application.last();
        assert_eq!(heard.field("x-forwarded-for"), Some(client), "{more:?}");
        assert_eq!(heard.field("host"), Some("app.example.com"), "{more:?}");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn the_header_comes_before_tls_and_not_within_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = renew(folder.path());
    let world = world_with_tls(folder.path()).await;
    for header in [
        b"PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n".to_vec(),
        second(),
    ] {
        let mut stream = TcpStream::connect(world.broker.address).await.unwrap();
        stream.write_all(&header).await.unwrap();
        let stream = encrypt(stream, &certificate, "h2").await.unwrap();
        let mut http2 = H2::over(stream).await;
        let request = http::Request::get(format!("{SITE}/open/x"));
        assert_eq!(http2.send(request).await.status(), 200);
        let heard = world.application.last();
        assert_eq!(heard.field("x-forwarded-for"), Some("192.0.2.7"));
    }
    world.application.forget();
    let stream = TcpStream::connect(world.broker.address).await.unwrap();
    let unannounced = encrypt(stream, &certificate, "http/1.1").await;
    assert!(unannounced.is_err(), "a handshake instead of a header");
    world.application.heard_nothing();
    world.end(&[]).await;
}
