//! Front proxies that ask whether a request may go on, and send it to the application themselves. Traefik and Envoy are
//! met here alone, by what they send: `tests/e2e` has the others themselves.

mod closed;
mod verdict;

use serde_json::{Value, json};

use crate::support::world::{ROUTES, url};
use crate::support::{Browser, Heard, Line, World};

/// Every kind may ask, from this machine.
const SERVER: &str = r#"
[server]
public_url = "https://app.example.com"
listen = ["127.0.0.1:0"]
trusted_proxies = ["127.0.0.1"]
forward_auth = ["nginx", "traefik", "caddy", "envoy", "haproxy"]
"#;

/// Those that show the visitor what they are told.
const SHOWING: [&str; 5] = ["traefik", "caddy", "haproxy", "envoy", "nginx/refusal"];

const ALL: [&str; 6] = [
    "nginx",
    "traefik",
    "caddy",
    "haproxy",
    "envoy",
    "nginx/refusal",
];

const PAGE: &str = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";

async fn world(more: &str) -> World {
    World::with(&format!("{SERVER}{more}")).await
}

/// Asks as a front proxy of this kind does to which a visitor has sent `line` with `more`.
async fn ask(world: &World, kind: &str, browser: &Browser, line: &str, more: &str) -> Heard {
    let cookies = match browser.cookie_field("app.example.com") {
        none if none.is_empty() => none,
        cookies => format!("Cookie: {cookies}\r\n"),
    };
    ask_on(world, kind, "app.example.com", line, &(cookies + more)).await
}

async fn ask_on(world: &World, kind: &str, host: &str, line: &str, more: &str) -> Heard {
    let (method, target) = line.split_once(' ').unwrap();
    let client = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";
    let head = if kind == "envoy" {
        let line = format!("{method} /_sso/auth/envoy{target} HTTP/1.1");
        format!("{line}\r\nHost: {host}\r\nContent-Length: 0\r\n{client}")
    } else {
        let fields = format!("X-Forwarded-Method: {method}\r\nX-Forwarded-Uri: {target}\r\n");
        let line = format!("GET /_sso/auth/{kind} HTTP/1.1\r\nHost: 127.0.0.1:8000");
        format!("{line}\r\nX-Forwarded-Host: {host}\r\n{fields}{client}")
    };
    send(world, &format!("{head}{more}\r\n")).await
}

async fn send(world: &World, head: &str) -> Heard {
    let mut line = Line::open(world.broker.address).await;
    line.send(head).await;
    line.answer().await.expect("no whole answer")
}

/// The fields that say who somebody is.
fn identity(heard: &Heard) -> Vec<(String, String)> {
    let names = heard.names().into_iter().map(str::to_ascii_lowercase);
    let ours = |name: &String| name.starts_with("remote-") || name == "sso-jwt-assertion";
    let mut fields: Vec<_> = names
        .filter(ours)
        .map(|name| (heard.field(&name).unwrap().to_owned(), name))
        .collect();
    fields.sort();
    fields
}

/// It may go on. nginx never asks for the page of such a request, unless it may go on only since.
#[track_caller]
fn goes_on(kind: &str, answer: &Heard) {
    if kind == "nginx/refusal" {
        answer.is(307);
        assert_eq!(identity(answer), []);
    } else {
        answer.is(200);
        assert_eq!(answer.text(), "");
    }
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("set-cookie"), None);
}

#[tokio::test]
async fn whoever_is_signed_in_goes_on_with_what_the_application_would_hear() {
    let world = world(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    browser.ask("GET /page", "").await.is(200);
    let heard = world.application.last();
    for kind in ["nginx", "traefik", "caddy", "haproxy", "envoy"] {
        for line in ["GET /page?x=1", "PUT /x", "POST /save", "DELETE /maybe/x"] {
            let answer = ask(&world, kind, &browser, line, "").await;
            goes_on(kind, &answer);
            assert_eq!(identity(&answer), identity(&heard), "{kind} {line}");
            assert!(answer.field("sso-reference").is_some());
        }
    }
    assert_eq!(identity(&heard).len(), 6, "{}", heard.head);
    let signed = world
        .broker
        .metric("doorward_assertions_issued_total{upstream=\"app\"}");
    assert!((signed.await - 1.0).abs() < 0.1, "made once, and kept");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_stranger_is_led_to_sign_in_and_a_program_is_told() {
    let world = world(ROUTES).await;
    for kind in SHOWING {
        let answer = ask(
            &world,
            kind,
            &world.browser(),
            "GET /reports?year=2026",
            PAGE,
        )
        .await;
        let to = url("/_sso/login/acme?rd=%2Freports%3Fyear%3D2026");
        assert_eq!(answer.is(302).field("location"), Some(&*to), "{kind}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        let answer = ask(&world, kind, &world.browser(), "GET /reports", "").await;
        assert!(answer.is(401).field("www-authenticate").is_some());
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told["login"], json!(url("/_sso/login")), "{told}");
        assert_eq!(told["reference"], json!(answer.field("sso-reference")));
        assert_eq!(
            ask(&world, kind, &world.browser(), "POST /save", PAGE)
                .await
                .status(),
            401
        );
    }
    // nginx understands these two alone, and is asked again for what it shows.
    let answer = ask(&world, "nginx", &world.browser(), "GET /reports", PAGE).await;
    let to = url("/_sso/login/acme?rd=%2Freports");
    assert_eq!(answer.is(401).field("location"), Some(&*to));
    let series = "doorward_forward_auth_requests_total{kind=\"nginx\",code=\"401\"}";
    assert!((world.broker.metric(series).await - 1.0).abs() < 0.1);
    world.end(&[]).await;
}

#[tokio::test]
async fn who_may_not_gets_the_page_with_its_reference() {
    let world = world(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    for kind in SHOWING {
        let answer = ask(&world, kind, &browser, "GET /vault/x", PAGE).await;
        let reference = answer.is(403).field("sso-reference").unwrap();
        assert!(answer.text().contains(reference) && answer.text().contains("ada@acme.com"));
        assert_eq!(identity(&answer), []);
        assert!(world.logs.text().contains(reference));
        let trace = world
            .broker
            .socket()
            .get::<Value>(&format!("/traces/{reference}"))
            .await;
        let trace = trace.unwrap().to_string();
        assert!(
            trace.contains("GET app.example.com/vault/x") && trace.contains("groups_any"),
            "{trace}"
        );
    }
    ask(&world, "nginx", &browser, "GET /vault/x", PAGE)
        .await
        .is(403);
    let denied = "doorward_authorization_decisions_total{route=\"vault\",result=\"deny\",reason=\"groups_any\"}";
    assert!((world.broker.metric(denied).await - 6.0).abs() < 0.1);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_39_sign_out_counts_at_the_next_question() {
    let world = world(ROUTES).await;
    let (mut browser, _) = world.signed_in().await;
    ask(&world, "nginx", &browser, "GET /", "").await.is(200);
    let kept = browser.clone();
    let page = browser.get(&url("/_sso/logout")).await;
    let csrf = page.input("csrf");
    browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    for kind in ["nginx", "traefik", "caddy", "haproxy", "envoy"] {
        ask(&world, kind, &kept, "GET /", "").await.is(401);
    }
    world.end(&[&browser]).await;
}
