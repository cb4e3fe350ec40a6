//! Whatever anybody sends: no fault of ours, nothing at the application, and connections that end.
//!
//! Tables hold what the field has been hurt by; chance makes up the rest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test may panic, and the harness is shared by several binaries"
)]

#[path = "support/mod.rs"]
mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use url::Url;

use support::world::{ONE, SITE, url};
use support::{Answer, Line, Page, World};

/// Tells a story again and again in one world, with what chance makes up, and holds that the broker is well after it.
fn whatever_comes<S: Strategy>(cases: u32, made_up: &S, story: &impl AsyncFn(&World, S::Value)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::new());
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let told = TestRunner::new(config).run(made_up, |value| {
        runtime.block_on(story(&world, value));
        Ok(())
    });
    if let Err(failure) = told {
        panic!("{failure}");
    }
    runtime.block_on(async {
        is_well(&world).await;
        world.end(&[]).await;
    });
}

/// Nothing went through, nothing was a fault of ours, nothing panicked, and the next visitor is served.
async fn is_well(world: &World) {
    world.application.heard_nothing();
    world.browser().ask("GET /", "").await.is(401);
    world.broker.management("/readyz").await.is(200);
    let logs = world.logs.text();
    assert!(
        !logs.contains("panicked") && !logs.contains("\"level\":\"ERROR\""),
        "{logs}"
    );
}

/// Sends bytes, then nothing more, and reads to the end of the connection.
async fn say(world: &World, bytes: &[u8]) -> String {
    let mut line = Line::open(world.broker.address).await;
    line.send(bytes).await;
    line.close_sending().await;
    line.rest().await
}

#[track_caller]
fn is_no_fault_of_ours(answer: &str) {
    for fault in ["HTTP/1.1 5", "HTTP/1.0 5", "hello from the application"] {
        assert!(!answer.contains(fault), "{answer}");
    }
}

const METHODS: [&str; 10] = [
    "GET", "POST", "get", "TRACE", "CONNECT", "PURGE", "OPTIONS", "", "G\tT", "PRI",
];
const TARGETS: [&str; 16] = [
    "/",
    "/vault/x?y",
    "*",
    "/_sso/login",
    "/_sso/callback/acme-idp?code=1&state=2",
    "/_sso/account",
    "/_sso/../x",
    "/%2e%2e/x",
    "//x",
    "/a\\b",
    "/%zz",
    "/x#y",
    "http://evil.example/",
    "http://app.example.com/",
    "app.example.com:443",
    "",
];
const VERSIONS: [&str; 7] = [
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "HTTP/0.9",
    "http/1.1",
    "HTTP/1.1 ",
    "",
];
const FIELDS: [&str; 26] = [
    "Host: app.example.com",
    "Host: app.example.com",
    "Host: evil.example",
    "Host: ",
    "Host : app.example.com",
    "host: APP.example.COM:443",
    "Content-Length: 5",
    "Content-Length: 0",
    "Content-Length: -1",
    "Content-Length: 5, 6",
    "Content-Length: 99999999999999999999999",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: \u{b}chunked",
    "Transfer-Encoding: identity, chunked",
    "Connection: close, host",
    "Connection: upgrade",
    "Upgrade: websocket",
    "Expect: 100-continue",
    "Expect: nonsense",
    "Cookie: __Host-sso=x; __Host-sso=y",
    "X: a\u{0}b",
    "X: a\rb",
    " folded: x",
    "no colon at all",
    ": no name",
    "Sec-Fetch-Mode: navigate",
];

fn heads() -> impl Strategy<Value = Vec<u8>> {
    let line = (
        select(&METHODS[..]),
        select(&TARGETS[..]),
        select(&VERSIONS[..]),
    );
    let fields = vec(select(&FIELDS[..]), 0..7);
    let end = select(&["\r\n", "\r\n", "\r\n", "\n", "\r", " \r\n"][..]);
    let body = prop_oneof![Just(b"0\r\n\r\n".to_vec()), vec(any::<u8>(), 0..64)];
    let built =
        (line, fields, end, body).prop_map(|((method, target, version), fields, end, body)| {
            let lines: Vec<String> = fields.iter().map(|field| format!("{field}{end}")).collect();
            let head = format!("{method} {target} {version}{end}{}{end}", lines.concat());
            [head.into_bytes(), body].concat()
        });
    let sound = b"POST /vault/x HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 4\r\n\r\nbody"
        .to_vec();
    let damaged = (0..sound.len(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut damaged = sound.clone();
        damaged[at] = byte;
        damaged
    });
    prop_oneof![4 => built, 2 => damaged, 1 => vec(any::<u8>(), 0..512)]
}

#[test]
fn any_head() {
    whatever_comes(400, &heads(), &async |world, head| {
        is_no_fault_of_ours(&say(world, &head).await);
        world.application.heard_nothing();
    });
}

#[tokio::test]
async fn inv_35_a_message_with_two_readings_ends_the_connection_for_the_signed_in_too() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let second = browser.head("GET /smuggled", "");
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\u{b}chunked\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
        "X: y\rTransfer-Encoding: chunked\r\n",
        "Transfer\u{0}-Encoding: chunked\r\n",
    ] {
        let first = browser.head("POST /first", framing);
        let answer = say(&world, format!("{first}0\r\n\r\n{second}").as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{framing}: {answer}"
        );
        assert_eq!(
            answer.matches("HTTP/1.1 ").count(),
            usize::from(!answer.is_empty()),
            "{answer}"
        );
        world.application.heard_nothing();
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_54_a_head_without_end_is_not_read_to_its_end() {
    let quick = "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n[server.limits]\nheader_timeout = \"1s\"\n";
    let world = World::with(&format!("{quick}{ONE}")).await;
    for endless in [
        "GET /",
        "GET / HTTP/1.1\r\nX: ",
        "GET / HTTP/1.1\r\nX",
        "\r\n",
    ] {
        let mut line = Line::open(world.broker.address).await;
        line.send(endless).await;
        line.send("\r\n".repeat(usize::from(endless == "\r\n") * 600_000))
            .await;
        line.fill(4 * 1024 * 1024).await;
        is_no_fault_of_ours(&line.rest().await);
    }
    is_well(&world).await;
    world.end(&[]).await;
}

/// Where a browser would go for a return path that we hand out.
#[track_caller]
fn stays_here(path: &str) {
    let there = Url::parse(SITE).unwrap().join(path).unwrap();
    assert_eq!(there.origin().ascii_serialization(), SITE, "{path:?}");
    let second = path.as_bytes().get(1);
    assert!(
        path.starts_with('/') && !matches!(second, Some(b'/' | b'\\')),
        "{path:?}"
    );
}

const DESTINATIONS: [&str; 24] = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/%09/evil.example",
    "/\n/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/..//evil.example",
    "/.//evil.example",
    "/a/../..//evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "http:///evil.example",
    "/@evil.example",
    "@evil.example",
    "/_sso/logout",
    "/\u{ff0f}evil.example",
    "/x\r\nLocation: https://evil.example",
    "",
];

#[tokio::test]
async fn inv_38_sign_in_ends_here_whatever_destination_was_asked_for() {
    let world = World::new().await;
    for destination in DESTINATIONS {
        let mut door = Url::parse(&url("/_sso/login/acme")).unwrap();
        door.query_pairs_mut().append_pair("rd", destination);
        let mut browser = world.browser();
        let callback = browser.away_and_back(door.as_str()).await;
        let landed = browser.get(&callback).await;
        stays_here(landed.is(303).field("location").unwrap());
        assert!(browser.cookie("app.example.com", "__Host-sso").is_some());
    }
    is_well(&world).await;
    world.end(&[]).await;
}

#[test]
fn inv_38_any_destination() {
    let pieces = select(
        &[
            "/",
            "\\",
            "//",
            ".",
            "..",
            "%2f",
            "%5C",
            "%09",
            "\t",
            "@",
            ":",
            "?",
            "#",
            "evil.example",
            "https:",
            "\u{e9}",
            "x",
        ][..],
    );
    let made_up = prop_oneof![
        vec(pieces, 0..8).prop_map(|pieces| pieces.concat()),
        any::<String>()
    ];
    whatever_comes(60, &made_up, &async |world, destination| {
        let mut door = Url::parse(&url("/_sso/login/acme")).unwrap();
        door.query_pairs_mut().append_pair("rd", &destination);
        let mut browser = world.browser();
        let callback = browser.away_and_back(door.as_str()).await;
        stays_here(
            browser
                .get(&callback)
                .await
                .is(303)
                .field("location")
                .unwrap(),
        );
    });
}

#[test]
fn inv_22_any_cookie() {
    let names = select(
        &[
            "__Host-sso",
            "__host-sso",
            "__Host-sso ",
            " __Host-sso",
            "\"__Host-sso\"",
            "__Host-sso-org",
            "__Host-sso-loop",
            "__Host-sso-run-x",
            "__Host-sso-entry-x",
            "x",
        ][..],
    );
    let values = prop_oneof![
        "[A-Za-z0-9_-]{43}",
        "[ -~]{0,60}",
        Just("acme".to_owned()),
        Just("9".repeat(30))
    ];
    let between = select(&["; ", ";", ",", ";;", "; ;", " "][..]);
    let made_up = vec((names, values, between), 0..12);
    whatever_comes(150, &made_up, &async |world, cookies| {
        let field: String = cookies
            .iter()
            .map(|(name, value, between)| format!("{name}={value}{between}"))
            .collect();
        for line in [
            "GET /",
            "GET /_sso/account",
            "GET /_sso/login",
            "GET /_sso/callback/acme-idp?code=x&state=y&iss=z",
        ] {
            let head =
                format!("{line} HTTP/1.1\r\nHost: app.example.com\r\nCookie: {field}\r\n\r\n");
            let answer = say(world, head.as_bytes()).await;
            is_no_fault_of_ours(&answer);
            assert!(!answer.contains("set-cookie: __Host-sso="), "{answer}");
        }
        world.application.heard_nothing();
    });
}

#[tokio::test]
async fn cookies_of_other_bytes_are_nobodys() {
    let world = World::new().await;
    for cookie in [
        &b"__Host-sso=\xff\xfe"[..],
        b"\xe9=1; __Host-sso=x",
        b"=",
        b";",
        b"__Host-sso",
        b"__Host-sso=\x09x",
    ] {
        let head = [
            &b"GET / HTTP/1.1\r\nHost: app.example.com\r\nCookie: "[..],
            cookie,
            b"\r\n\r\n",
        ]
        .concat();
        let answer = say(&world, &head).await;
        let cookie = String::from_utf8_lossy(cookie);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{cookie:?}: {answer}");
    }
    is_well(&world).await;
    world.end(&[]).await;
}

/// A refusal by a page: no session, and no question to the provider since `calls`.
#[track_caller]
fn is_refused(world: &World, page: &Page, calls: usize) {
    assert!(
        (400..500).contains(&page.status),
        "{}\n{}",
        page.head,
        page.text
    );
    assert!(
        !page.head.contains("set-cookie: __Host-sso="),
        "{}",
        page.head
    );
    assert_eq!(world.acme.back_channel(), calls, "{}", page.url);
}

#[test]
fn inv_09_any_callback_query() {
    let names = select(
        &[
            "state",
            "state",
            "code",
            "code",
            "iss",
            "error",
            "error_description",
            "id_token",
            "session_state",
            "scope",
            "x",
        ][..],
    );
    let values = prop_oneof![
        any::<String>(),
        "[A-Za-z0-9_-]{43}",
        Just("access_denied".to_owned()),
        Just("<script>alert(1)</script>".to_owned()),
        "x{3000}"
    ];
    whatever_comes(120, &vec((names, values), 0..6), &async |world, pairs| {
        let mut callback = Url::parse(&url("/_sso/callback/acme-idp")).unwrap();
        callback.query_pairs_mut().extend_pairs(&pairs);
        let calls = world.acme.back_channel();
        let mut browser = world.browser();
        let page = browser.get(callback.as_str()).await;
        is_refused(world, &page, calls);
        assert!(!page.text.contains("<script>"), "{}", page.text);
        let form: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let posted = url("/_sso/callback/acme-idp");
        let page = browser.post_from_elsewhere(&posted, &form).await;
        assert!(!page.text.contains("<script>"), "{}", page.text);
        if let Some(to) = page.leads_to() {
            assert_eq!(to.origin(), callback.origin(), "{to}");
        }
        // What is an answer comes again by GET, and is refused there.
        is_refused(world, &browser.follow(page).await, calls);
    });
}

#[test]
fn inv_09_any_change_to_a_callback_that_was_good() {
    let made_up = (
        any::<prop::sample::Index>(),
        select(
            &[
                "A", "%", "&", "=", "%00", "&state=", "&code=", "&iss=x", "+",
            ][..],
        ),
    );
    whatever_comes(60, &made_up, &async |world, (at, piece)| {
        let mut browser = world.browser();
        let good = browser.away_and_back(&url("/_sso/login/acme")).await;
        let begins = good.find("state=").unwrap() + "state=".len();
        let ends = good.find("&iss=").unwrap();
        let at = begins + at.index(ends - begins);
        let changed = format!("{}{piece}{}", &good[..at], &good[at..]);
        let calls = world.acme.back_channel();
        is_refused(world, &browser.get(&changed).await, calls);
        world.application.heard_nothing();
    });
}

const TOKEN_BODIES: [&str; 20] = [
    "",
    "null",
    "[]",
    "{}",
    "\"x\"",
    "{",
    "nonsense",
    "\u{feff}{}",
    "{\"error\":\"invalid_client\"}",
    "{\"error\":7}",
    "{\"error\":\"invalid_grant\",\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}",
    "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}",
    "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"..\"}",
    "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"eyJhbGciOiJub25lIn0.e30.\"}",
    "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\",\"id_token\":null}",
    "{\"access_token\":[],\"token_type\":{},\"id_token\":7}",
    "{\"access_token\":\"a\",\"token_type\":\"mac\",\"id_token\":\"a.b.c\"}",
    "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":-1,\"id_token\":\"a.b.c\"}",
    "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":1e400,\"id_token\":\"a.b.c\"}",
    "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}",
];

#[test]
fn any_token_response() {
    let table = select(&TOKEN_BODIES[..]).prop_map(|body| body.as_bytes().to_vec());
    let deep = (1_usize..20_000).prop_map(|depth| b"[".repeat(depth));
    let body = prop_oneof![4 => table, 1 => vec(any::<u8>(), 0..400), 1 => deep];
    let status = select(
        &[
            200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503, 599,
        ][..],
    );
    let kind = select(
        &[
            "application/json",
            "application/json; charset=utf-16",
            "text/html",
            "x",
            "",
        ][..],
    );
    whatever_comes(
        120,
        &(status, kind, body),
        &async |world, (status, kind, body)| {
            world.acme.answer("/token", move |_| {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n");
            Answer::Last([head.as_bytes(), &body].concat())
        });
            let mut browser = world.browser();
            let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
            let page = browser.get(&callback).await;
            let (page_is, head) = (page.kind().unwrap_or_default(), &page.head);
            assert!(
                page.status >= 400 && page_is.starts_with("provider-"),
                "{head}"
            );
            assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
            world.application.heard_nothing();
        },
    );
}

#[test]
fn whatever_a_provider_says_of_a_person_is_no_fault_of_ours() {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!({ "deep": [[[{}]]] })),
        Just(json!([1, "x", null])),
        any::<String>().prop_map(|text| json!(text)),
        Just(json!("x".repeat(300_000))),
        Just(json!("")),
    ];
    let name = select(
        &[
            "sub",
            "email",
            "email_verified",
            "name",
            "preferred_username",
            "groups",
            "hd",
            "tid",
            "auth_time",
            "azp",
            "x",
        ][..],
    );
    whatever_comes(120, &vec((name, value), 0..5), &async |world: &World,
                                                           claims: Vec<(
        &str,
        serde_json::Value,
    )>| {
        let mut person = support::idp::ada();
        for (name, value) in claims {
            person[name] = value;
        }
        world.acme.person(person);
        let mut browser = world.browser();
        let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
        let page = browser.get(&callback).await;
        assert_ne!(page.kind(), Some("broken"), "{}", page.head);
        let first = browser.get(&url("/")).await;
        assert!(first.status < 400, "{}", first.head);
        world.application.forget();
    });
}
