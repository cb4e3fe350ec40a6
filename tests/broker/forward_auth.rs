//! Front proxies that ask whether a request may go on, and send it to the application themselves. Traefik and Envoy are
//! met here alone, by what they send: `tests/e2e` has the others themselves.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::world::{CLIENT_SECRET, ONE, OWN_HOST, ROUTES, SITE, url};
use crate::support::{Answer, Browser, Heard, Line, World};

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
async fn inv_30_nobody_goes_on_as_somebody_by_their_own_word() {
    let world = world(ROUTES).await;
    let spoofed = "Remote-User: root\r\nremote_user: root\r\nRemote.Email: root\r\nSso-Jwt-Assertion: x\r\n\
                   Sso_Anything: x\r\nX-Auth-Request-User: root\r\nX_Original_URL: /vault\r\nX-Mine: 1\r\nX-Forwarded-Host: evil.example\r\n";
    for kind in ["nginx", "traefik", "caddy", "haproxy"] {
        for path in ["/maybe/x", "/open/x"] {
            let without_host = spoofed.split("X-Forwarded-Host").next().unwrap();
            let line = format!("GET {path}");
            let answer = ask(&world, kind, &world.browser(), &line, without_host).await;
            goes_on(kind, &answer);
            assert_eq!(identity(&answer), [], "{}", answer.head);
        }
    }
    // Envoy is told what to take off, and never what was put there for it.
    let (browser, _) = world.signed_in().await;
    for (who, path, own) in [
        (
            &world.browser(),
            "/open/x",
            ["remote-user", "sso-jwt-assertion"].as_slice(),
        ),
        (&browser, "/page", &[]),
    ] {
        let answer = ask(&world, "envoy", who, &format!("GET {path}"), spoofed).await;
        goes_on("envoy", &answer);
        let removed = answer.field("x-envoy-auth-headers-to-remove").unwrap();
        let mut removed: Vec<&str> = removed.split(',').collect();
        let mut expected = [
            "remote.email",
            "remote_user",
            "sso_anything",
            "x-auth-request-user",
            "x_original_url",
        ]
        .to_vec();
        expected.extend(own);
        removed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(removed, expected);
    }
    let spoofed = "doorward_spoofed_headers_stripped_total{route=\"open\"}";
    assert!(world.broker.metric(spoofed).await > 20.0);
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

/// What a visitor asks for, and with which further fields.
const REQUESTS: [(&str, &str); 28] = [
    ("GET /", PAGE),
    ("GET /", ""),
    ("POST /", PAGE),
    ("PUT /x", ""),
    ("OPTIONS /x", "Origin: https://evil.example\r\n"),
    ("REPORT /open/x", ""),
    ("get /open/x", ""),
    ("TRACE /open/x", ""),
    ("GET /maybe/x", ""),
    ("GET /open/x?a=/../b", ""),
    ("GET /vault/x", PAGE),
    ("GET /v%61ult/x", PAGE),
    ("GET /open/x;y=1", ""),
    ("GET /open/..%2fvault", ""),
    ("GET /open/../vault", ""),
    ("GET /open/%2e%2e/vault", ""),
    ("GET /open//vault", ""),
    ("GET //open/x", ""),
    ("GET /open/%5c..%5cvault", ""),
    ("GET /open/%00", ""),
    ("GET /open/%zz", ""),
    ("GET /open%252fx", ""),
    (
        "GET /open/x",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nOrigin: https://evil.example\r\n",
    ),
    ("GET /pinned/x", PAGE),
    ("GET /posted/x", ""),
    ("GET /fresh/x", PAGE),
    ("GET /fresh/x", ""),
    ("POST /fresh/x", PAGE),
];

/// A route of every kind: one asks for what nobody here has proved, one is of an organization, one is for posts alone.
fn every_route() -> String {
    let more = r#"
[routes.fresh]
path = "/fresh/*"
upstream = "app"
require = { acr_values = ["key"] }
[routes.pinned]
path = "/pinned/*"
upstream = "app"
organization = "acme"
[routes.posted]
path = "/posted/*"
upstream = "app"
methods = ["POST"]
access = "public"
"#;
    format!("{ROUTES}{more}")
}

#[tokio::test]
async fn inv_03_the_verdict_is_that_of_the_request_itself() {
    let world = world(&every_route()).await;
    let (signed_in, _) = world.signed_in().await;
    let mut garbled = world.browser();
    garbled.put_cookie("app.example.com", "__Host-sso", "%00\"garbage");
    for browser in [&signed_in, &garbled, &world.browser()] {
        for (line, more) in REQUESTS {
            let body = if line.starts_with('P') {
                "Content-Length: 0\r\n"
            } else {
                ""
            };
            let itself = browser.ask(line, &format!("{more}{body}")).await;
            let ours = itself.field("sso-generated");
            // One hop's fields do not come along with every kind.
            let more = more.replace("Upgrade: websocket\r\nConnection: Upgrade\r\n", "");
            for kind in ALL {
                let answer = ask(&world, kind, browser, line, &more).await;
                let what = format!("{kind} {line} {more}: {}\n{}", itself.head, answer.head);
                if ours.is_none() {
                    goes_on(kind, &answer);
                    let told = identity(&world.application.last());
                    assert!(
                        kind == "nginx/refusal" || identity(&answer) == told,
                        "{what}"
                    );
                    continue;
                }
                let (status, expected) = (answer.status(), itself.status());
                assert_eq!(identity(&answer), [], "{what}");
                match kind {
                    "nginx" => assert_eq!(
                        status,
                        if matches!(expected, 302 | 401) {
                            401
                        } else {
                            403
                        },
                        "{what}"
                    ),
                    // Without its own form of the path there is nothing to ask about.
                    "envoy" if expected == 400 || expected == 405 => {
                        assert!(status >= 400, "{what}")
                    }
                    _ => assert_eq!(status, expected, "{what}"),
                }
                let to = itself.field("location").map(|to| format!("{SITE}{to}"));
                let without_seal = |to: &str| to.split("step_up=").next().unwrap().to_owned();
                assert_eq!(
                    answer.field("location").map(without_seal),
                    to.as_deref().map(without_seal),
                    "{what}"
                );
            }
        }
    }
    world.end(&[&signed_in]).await;
}

#[tokio::test]
async fn inv_33_a_peer_that_is_not_trusted_finds_nothing_there() {
    let more = SERVER.replace("\"127.0.0.1\"", "\"10.0.0.0/8\"");
    let world = World::with(&format!("{more}{ROUTES}")).await;
    let (browser, _) = world.signed_in().await;
    for kind in ALL {
        for path in ["/", "/open/x", "/maybe/x"] {
            let answer = ask(&world, kind, &browser, &format!("GET {path}"), "").await;
            assert_eq!(identity(answer.is(404)), []);
            assert_eq!(answer.field("sso-generated"), Some("not-found"));
        }
    }
    assert!(world.logs.text().contains("server.trusted_proxies"));
    let counted = world.broker.series().await;
    let counted = counted
        .iter()
        .any(|it| it.contains("forward_auth_requests_total"));
    assert!(!counted, "nobody was told anything");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_kind_that_the_file_does_not_name_finds_nothing_there() {
    let trusted = SERVER.replace(
        "\"nginx\", \"traefik\", \"caddy\", \"envoy\", \"haproxy\"",
        "\"caddy\"",
    );
    let world = World::with(&format!("{trusted}{ONE}")).await;
    let (browser, _) = world.signed_in().await;
    for kind in ALL {
        let answer = ask(&world, kind, &browser, "GET /", "").await;
        assert_eq!(
            answer.status(),
            if kind == "caddy" { 200 } else { 404 },
            "{kind}"
        );
    }
    for path in [
        "/_sso/auth/",
        "/_sso/auth",
        "/_sso/auth/apache",
        "/_sso/auth/caddy/x",
    ] {
        let fields = "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /\r\nX-Forwarded-Host: app.example.com\r\n";
        browser.ask(&format!("GET {path}"), fields).await.is(404);
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_02_a_question_that_is_not_whole_is_refused() {
    let world = world(ROUTES).await;
    let (method, uri, host) = (
        "X-Forwarded-Method: GET\r\n",
        "X-Forwarded-Uri: /open/x\r\n",
        "X-Forwarded-Host: app.example.com\r\n",
    );
    let check = async |fields: &str, status: u16| {
        for kind in ["traefik", "caddy", "haproxy", "nginx"] {
            let head = format!("GET /_sso/auth/{kind} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
            let answer = send(&world, &head).await;
            // What is wrong with the host is wrong with the question itself.
            let expected = if kind == "nginx" && status > 200 && answer.status() == 403 {
                403
            } else {
                status
            };
            assert_eq!(
                answer.status(),
                expected,
                "{kind} {fields}{}",
                answer.text()
            );
        }
    };
    check(&format!("{method}{uri}{host}"), 200).await;
    for fields in [
        format!("{uri}{host}"),
        format!("{method}{host}"),
        format!("{method}{uri}"),
        format!("{method}{method}{uri}{host}"),
        format!("{method}{uri}{uri}{host}"),
        format!("{method}{uri}{host}{host}"),
        format!("X-Forwarded-Method: \r\n{uri}{host}"),
        format!("X-Forwarded-Method: GET, POST\r\n{uri}{host}"),
        format!("{method}X-Forwarded-Uri: \r\n{host}"),
        format!("{method}X-Forwarded-Uri: open/x\r\n{host}"),
        format!("{method}X-Forwarded-Uri: http://app.example.com/open/x\r\n{host}"),
        format!("{method}X-Forwarded-Uri: /open/x#/../vault\r\n{host}"),
        format!("{method}X-Forwarded-Uri: /open/\u{e9}\r\n{host}"),
        format!("{method}{uri}X-Forwarded-Host: \r\n"),
        format!("{method}{uri}X-Forwarded-Host: app.example.com, evil.example\r\n"),
    ] {
        check(&fields, 400).await;
    }
    check(
        &format!("{method}{uri}X-Forwarded-Host: evil.example\r\n"),
        421,
    )
    .await;
    check(
        &format!("{method}X-Forwarded-Uri: /_sso/login\r\n{host}"),
        404,
    )
    .await;
    let head = "POST /_sso/auth/caddy HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n";
    send(&world, &format!("{head}{method}{uri}{host}\r\n"))
        .await
        .is(405);
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_02_a_call_of_grpc_is_refused_by_its_status() {
    let world = world(ROUTES).await;
    let call = "Content-Type: application/grpc\r\n";
    for kind in ALL {
        let answer = ask(&world, kind, &world.browser(), "POST /service/call", call).await;
        assert_eq!(answer.is(401).field("grpc-status"), None, "{kind}");
    }
    // Nor is there a yes for whoever asks at the wrong place.
    let untrusted = SERVER.replace("\"127.0.0.1\"", "\"10.0.0.0/8\"");
    let strange = World::with(&format!("{untrusted}{ONE}")).await;
    for kind in ALL {
        ask(
            &strange,
            kind,
            &strange.browser(),
            "POST /service/call",
            call,
        )
        .await
        .is(404);
    }
    strange.end(&[]).await;
    let calls = format!("{call}Content-Length: 0\r\n");
    for path in [
        "/_sso/auth",
        "/_sso/auth/",
        "/_sso/auth/apache",
        "/_sso/nginx",
    ] {
        let answer = world.browser().ask(&format!("POST {path}"), &calls).await;
        assert_eq!(answer.is(404).field("grpc-status"), None, "{path}");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_27_envoy_is_asked_on_the_host_that_it_serves_and_no_visitor_names_another() {
    let world = world(OWN_HOST).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    let cookie = browser.cookie_field("app.example.com");
    let forged =
        format!("Cookie: {cookie}\r\nX-Forwarded-Host: app.example.com\r\nX-Forwarded-Uri: /\r\n");
    let answer = ask_on(&world, "envoy", "globex.example.com", "GET /", &forged).await;
    assert_eq!(identity(answer.is(401)), []);
    // The others say it by a field of their own; a session of one host is none on another.
    let cookie = format!("Cookie: {cookie}\r\n{PAGE}");
    let answer = ask_on(&world, "caddy", "globex.example.com", "GET /", &cookie).await;
    let to = "https://globex.example.com/_sso/login/globex";
    assert_eq!(answer.is(302).field("location"), Some(to));
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

#[tokio::test]
async fn inv_41_whom_nobody_has_confirmed_or_who_is_shut_out_goes_no_further() {
    let asked = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\n{ONE}\
         [sessions]\nidle_timeout = \"20h\"\n[revalidation]\ninterval = \"1h\"\ngrace = \"2h\"\n"
    );
    let world = world(&asked).await;
    let (browser, _) = world.signed_in().await;
    let socket = world.broker.socket();
    socket
        .post("/organizations/acme/suspend", &json!({}))
        .await
        .map(drop::<Value>)
        .unwrap();
    for kind in ["traefik", "caddy", "haproxy", "envoy"] {
        ask(&world, kind, &browser, "GET /", PAGE).await.is(401);
        ask(&world, kind, &browser, "GET /", "").await.is(401);
    }
    ask(&world, "nginx", &browser, "GET /", "").await.is(401);
    socket
        .post("/organizations/acme/resume", &json!({}))
        .await
        .map(drop::<Value>)
        .unwrap();
    let (browser, _) = world.signed_in().await;
    world
        .acme
        .on_refresh(|_| Answer::new(503, "text/plain", "down"));
    world.later(Duration::from_secs(3 * 3600 + 1));
    for kind in ["traefik", "caddy", "haproxy"] {
        let answer = ask(&world, kind, &browser, "GET /", PAGE).await;
        assert_eq!(
            answer.is(503).field("sso-generated"),
            Some("identity-unverified")
        );
    }
    // Envoy would show nothing of an answer that begins with 5, nginx its own page.
    let answer = ask(&world, "envoy", &browser, "GET /", PAGE).await;
    assert_eq!(
        answer.is(403).field("sso-generated"),
        Some("identity-unverified")
    );
    ask(&world, "nginx", &browser, "GET /", PAGE).await.is(403);
    ask(&world, "nginx/refusal", &browser, "GET /", PAGE)
        .await
        .is(503);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn without_applications_people_sign_in_and_nothing_is_forwarded_from_here() {
    let file = format!("# There is no [upstreams.app].\n{ONE}[routes.default]\npath = \"/*\"\n");
    let world = world(&file).await;
    let mut browser = world.browser();
    let page = browser.visit(&url("/_sso/login/acme?rd=/reports")).await;
    assert_eq!(
        (page.is(404).path(), page.kind()),
        ("/reports".to_owned(), Some("not-found"))
    );
    let answer = ask(&world, "nginx", &browser, "GET /reports", "").await;
    assert_eq!(identity(answer.is(200)).len(), 6);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_file_without_applications_serves_front_proxies_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorward.toml");
    let file = |forward_auth: &str| {
        format!(
            "[server]\npublic_url = \"{SITE}\"\ntrusted_proxies = [\"127.0.0.1\"]\n{forward_auth}\n\
             [providers.dev]\npreset = \"google\"\nclient_id = \"x\"\nclient_secret = {{ env = \"NOWHERE\" }}\n\
             [organizations.acme]\nproviders = [\"dev\"]\nallow = {{ anyone = true }}\n\
             [routes.default]\npath = \"/*\"\n[routes.open]\npath = \"/open/*\"\naccess = \"public\"\n"
        )
    };
    let load = |text: String| {
        std::fs::write(&path, text).unwrap();
        doorward::config::load_unregistered(&path)
    };
    let config = load(file("forward_auth = [\"nginx\"]")).unwrap();
    assert!(config.upstreams.is_empty());
    assert!(config.routes.iter().all(|route| route.upstream.is_none()));
    let codes = |faults: doorward::config::Faults| {
        let paths = faults.0.into_iter().map(|fault| fault.path);
        paths.collect::<Vec<_>>()
    };
    assert!(codes(load(file("")).unwrap_err()).contains(&"upstreams".to_owned()));
    let untrusted = file("forward_auth = [\"nginx\"]").replace("[\"127.0.0.1\"]", "[]");
    assert_eq!(codes(load(untrusted).unwrap_err()), ["server.forward_auth"]);
    let unknown = file("forward_auth = [\"apache\"]");
    assert!(codes(load(unknown).unwrap_err()).contains(&"server.forward_auth".to_owned()));
    let leads = file("forward_auth = [\"nginx\"]")
        .replace("path = \"/*\"", "path = \"/*\"\nupstream = \"app\"");
    assert_eq!(codes(load(leads).unwrap_err()), ["routes.default.upstream"]);
}
