//! The verdict is that of the request itself, on nobody's own word.

use super::{ALL, PAGE, ask, ask_on, goes_on, identity, world};
use crate::support::world::{OWN_HOST, ROUTES, SITE, url};

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
        // All its cookies are ours.
        (&browser, "/page", &["cookie"]),
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
    // What went through a tunnel of another protocol would be asked about by nobody.
    for kind in ["nginx", "traefik", "caddy", "haproxy", "envoy"] {
        for upgrade in [
            "Upgrade: h2c\r\n",
            "HTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            "Upgrade: websocket, h2c\r\n",
        ] {
            let answer = ask(&world, kind, &browser, "GET /open/x", upgrade).await;
            assert_ne!(answer.status(), 200, "{kind} {upgrade}");
        }
    }
    let spoofed = "doorward_spoofed_headers_stripped_total{route=\"open\"}";
    assert!(world.broker.metric(spoofed).await > 20.0);
    world.end(&[&browser]).await;
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
