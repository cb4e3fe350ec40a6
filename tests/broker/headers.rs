//! What the application is told about a visitor, and that nobody else can tell it.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use crate::support::idp::ada;
use crate::support::wire::read_message;
use crate::support::world::{CLIENT_SECRET, ONE, ROUTES, url};
use crate::support::{Answer, Browser, H2, Heard, Line, World};

/// Names that only Doorward may send, however a client spells them.
const RESERVED: [&str; 28] = [
    "Remote-User",
    "Remote-Email",
    "Remote-Name",
    "Remote-Groups",
    "Remote-Organization",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Groups",
    "X-Forwarded-Organization",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Access-Token",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Prefix",
    "X-Forwarded-Uri",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-Host",
    "X-Client-IP",
    "X-Real-IP",
    "Forwarded",
    "Sso-Jwt-Assertion",
    "Sso-Reference",
    "Sso-Anything-At-All",
];

/// Every reserved name in every spelling that some server takes for the same, each with the value `forged`.
fn forgery() -> String {
    let spellings = |name: &&str| {
        let all = [
            (*name).to_owned(),
            name.to_lowercase(),
            name.to_uppercase(),
            name.replace('-', "_"),
            name.to_uppercase().replace('-', "_"),
            name.replacen('-', "_", 1),
            name.replace('-', "."),
        ];
        all.map(|name| format!("{name}: forged\r\n"))
    };
    // Below the limit on fields: one spelling of each name for each request.
    RESERVED.iter().flat_map(spellings).collect()
}

/// The forgery in pieces that one head has room for.
fn forgeries() -> Vec<String> {
    let lines: Vec<String> = forgery()
        .lines()
        .map(|line| format!("{line}\r\n"))
        .collect();
    lines.chunks(60).map(<[String]>::concat).collect()
}

#[track_caller]
fn is_not_forged(heard: &Heard) {
    let body = String::from_utf8_lossy(&heard.raw_body);
    assert!(!heard.head.contains("forged"), "{}", heard.head);
    assert!(!body.contains("forged"), "{body}");
}

#[tokio::test]
async fn inv_30_no_spelling_of_a_reserved_name_passes_on_any_route_or_method() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    let stranger = world.browser();
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE",
    ] {
        for (who, path) in [
            (&browser, "/"),
            (&browser, "/maybe/x"),
            (&stranger, "/maybe/x"),
            (&browser, "/open/x"),
        ] {
            if method == "PURGE" && path != "/" {
                continue; // Unknown methods are required to sign in everywhere.
            }
            for forged in forgeries() {
                let more = format!("{forged}Connection: close\r\n");
                let answer = who
                    .open(&format!("{method} {path}"), &more)
                    .await
                    .rest()
                    .await;
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                is_not_forged(&world.application.last());
            }
        }
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_30_trailers_and_http2_are_no_way_around() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    let more = "Transfer-Encoding: chunked\r\nTrailer: Remote-User, X-Fine\r\n";
    let mut line = browser.open("POST /upload", more).await;
    line.send(format!(
        "5\r\nhello\r\n0\r\n{}X-Fine: fine\r\n\r\n",
        forgeries()[0]
    ))
    .await;
    line.answer().await.unwrap().is(200);
    let heard = world.application.last();
    is_not_forged(&heard);
    let trailers = String::from_utf8(heard.raw_body).unwrap();
    assert!(
        trailers.to_lowercase().contains("x-fine: fine"),
        "{trailers}"
    );
    world.application.answer("/signed", |_| {
        let head = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nTrailer: Sso-Generated, Sso-Reference, X-Fine\r\n\r\n";
        let end = "0\r\nSso-Generated: theirs\r\nSso-Reference: theirs\r\nX-Fine: fine\r\n\r\n";
        Answer::Bytes(format!("{head}{end}").into())
    });
    let answer = browser.ask("GET /signed", "TE: trailers\r\n").await;
    let trailers = String::from_utf8(answer.raw_body).unwrap().to_lowercase();
    assert_eq!(trailers, "0\r\nx-fine: fine\r\n\r\n");

    let mut request = http::Request::get(url("/open/x"));
    for name in RESERVED {
        request = request
            .header(name, "forged")
            .header(name.replace('-', "_"), "forged");
    }
    let answer = H2::open(world.broker.address).await.send(request).await;
    assert_eq!(answer.status(), 200);
    is_not_forged(&world.application.last());
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_30_what_is_removed_is_counted() {
    let world = World::with(ROUTES).await;
    let forged = "Remote-User: forged\r\nSSO_JWT_ASSERTION: forged\r\nX-Forwarded-User: forged\r\n";
    // Proxies and tracers send these in good faith, and they are rebuilt.
    let honest = "X-Forwarded-For: 192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n\
                  traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    for fields in [forged, honest] {
        world.browser().ask("GET /open/x", fields).await.is(200);
    }
    let series = "doorward_spoofed_headers_stripped_total{route=\"open\"}";
    let removed = world.broker.metric(series).await;
    assert!((removed - 3.0).abs() < f64::EPSILON, "{removed}");
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_31_connection_can_neither_remove_nor_repeat_a_field_of_ours() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let more = "Connection: close, Remote-User, sso-jwt-assertion, X-Mine, x-forwarded-for\r\nX-Mine: hop\r\nProxy-Authorization: hop\r\nKeep-Alive: hop\r\nTE: hop\r\n";
    browser.ask("GET /", more).await.is(200);
    let heard = world.application.last();
    for ours in ["remote-user", "sso-jwt-assertion", "x-forwarded-for"] {
        assert_eq!(heard.fields(ours).len(), 1, "{ours} in {}", heard.head);
    }
    assert!(!heard.head.contains("hop"), "{}", heard.head);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn each_preset_has_its_names_and_no_others() {
    let remote = [
        "remote-user",
        "remote-email",
        "remote-name",
        "remote-groups",
        "remote-organization",
    ];
    let forwarded = remote.map(|name| match name {
        "remote-name" => "x-forwarded-preferred-username".to_owned(),
        other => other.replace("remote", "x-forwarded"),
    });
    let auth_request = forwarded
        .clone()
        .map(|name| name.replace("x-forwarded", "x-auth-request"));
    for (preset, names) in [
        ("remote-user", remote.map(str::to_owned).to_vec()),
        ("x-forwarded", forwarded.to_vec()),
        ("x-auth-request", auth_request.to_vec()),
        ("none", Vec::new()),
    ] {
        let world = World::with(&format!("{ONE}[headers]\npreset = \"{preset}\"\n")).await;
        let (browser, _) = world.signed_in().await;
        browser.ask("GET /", "").await.is(200);
        let heard = world.application.last();
        let about_ada = |heard: &Heard| {
            names
                .iter()
                .map(|name| heard.field(name).unwrap_or("-").to_owned())
                .collect::<Vec<_>>()
        };
        if let [account, rest @ ..] = about_ada(&heard).as_slice() {
            assert!(account.len() > 8, "{account}");
            assert_eq!(
                rest,
                [
                    "ada@acme.com",
                    "Ada Lovelace",
                    "engineers,it-admins",
                    "acme"
                ]
            );
        }
        let known = [
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-forwarded-port",
        ];
        let identity = |name: &&str| {
            let families = ["remote-", "x-forwarded-", "x-auth-request-"];
            families.iter().any(|family| name.starts_with(family)) && !known.contains(name)
        };
        assert_eq!(
            heard.names().into_iter().filter(identity).count(),
            names.len(),
            "{}",
            heard.head
        );
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn inv_32_what_the_person_lacks_yields_no_field_and_no_name_is_unsafe() {
    let world = World::with(&format!("{ONE}[headers.set]\nRemote-Department = \"{{claims.department}}\"\nRemote-Tag = \"{{organization}}/{{claims.team}}\"\n")).await;
    world.acme.person(json!({
        "sub": "subject-of-grace",
        "email": "grace@acme.com",
        "email_verified": false,
        "name": "Žofie\r\nRemote-User: root",
        "department": "Forschung & Entwicklung",
    }));
    let (browser, _) = world.signed_in().await;
    browser
        .ask(
            "GET /",
            "Remote-Tag: forged\r\nRemote_Department: forged\r\n",
        )
        .await
        .is(200);
    let heard = world.application.last();
    assert_eq!(
        heard.field("remote-department"),
        Some("Forschung & Entwicklung")
    );
    assert_eq!(
        heard.field("remote-name"),
        Some("UTF-8''%C5%BDofie%0D%0ARemote-User%3A%20root")
    );
    for lacking in ["remote-email", "remote-groups", "remote-tag"] {
        assert_eq!(heard.field(lacking), None, "{lacking}");
    }
    assert_eq!(heard.fields("remote-user").len(), 1);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn names_can_be_base64url_where_the_application_wants_that() {
    let world = World::with(&format!("{ONE}[headers]\nencoding = \"base64url\"\n")).await;
    world.acme.person(json!({ "sub": "z", "name": "Žofie" }));
    let (browser, _) = world.signed_in().await;
    browser.ask("GET /", "").await.is(200);
    assert_eq!(
        world.application.last().field("remote-name"),
        Some("xb1vZmll")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_state_of_a_trace_goes_on_with_its_trace() {
    let world = World::with(ROUTES).await;
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    for (more, state) in [
        (trace.to_owned(), Some("theirs=1")),
        (trace.repeat(2), None),
        (trace.replace("00-", "0-"), None),
        (String::new(), None),
    ] {
        let more = format!("{more}tracestate: theirs=1\r\n");
        world.browser().ask("GET /open/x", &more).await.is(200);
        let heard = world.application.last();
        assert_eq!(heard.field("tracestate"), state, "{more}");
        let parent = heard.field("traceparent").unwrap();
        assert_eq!(parent.contains("0af7651916cd"), state.is_some(), "{more}");
    }
    world.end(&[]).await;
}

/// What the application learns of where a request came from.
fn origin_of(heard: &Heard) -> [&str; 6] {
    let names = [
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "forwarded",
        "host",
    ];
    names.map(|name| heard.field(name).unwrap_or("-"))
}

const FROM_AFAR: &str = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 1\r\nForwarded: for=203.0.113.7;host=evil.example\r\nX-Real-IP: 203.0.113.7\r\n";

#[tokio::test]
async fn inv_33_forwarding_fields_of_a_client_are_rebuilt() {
    let world = World::with(ROUTES).await;
    world.browser().ask("GET /open/x", FROM_AFAR).await.is(200);
    let heard = world.application.last();
    let expected = [
        "127.0.0.1",
        "https",
        "app.example.com",
        "443",
        "for=127.0.0.1;host=\"app.example.com\";proto=https",
        "app.example.com",
    ];
    assert_eq!(origin_of(&heard), expected);
    assert!(
        !heard.head.contains("203.0.113.7") && !heard.head.contains("evil"),
        "{}",
        heard.head
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_33_a_listed_proxy_is_believed_about_address_and_host() {
    let trusting = "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n";
    let world = World::with(&format!("{trusting}{ROUTES}")).await;
    let mut line = Line::open(world.broker.address).await;
    let from = "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.1\r\nX-Forwarded-Host: app.example.com\r\nX-Forwarded-Proto: http\r\n";
    line.send(format!(
        "GET /open/x HTTP/1.1\r\nHost: 10.0.0.2:8000\r\n{from}\r\n"
    ))
    .await;
    line.answer().await.unwrap().is(200);
    let heard = world.application.last();
    assert_eq!(
        origin_of(&heard)[..3],
        ["203.0.113.7", "https", "app.example.com"]
    );
    line.send(
        "GET /open/x HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-Host: evil.example\r\n\r\n",
    )
    .await;
    line.answer().await.unwrap().is(421);
    assert_eq!(
        world.application.heard().len(),
        1,
        "an unknown host goes nowhere"
    );
    world.end(&[]).await;
}

/// What the application hears of a request over a Unix socket that names an address.
async fn over_a_unix_socket(trusted: &str) -> (World, Heard) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("front.sock");
    let server = format!(
        "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\", \"unix:{}\"]\n{trusted}\n",
        path.display()
    );
    let world = World::with(&format!("{server}{ROUTES}")).await;
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660, "another user of the group is let in");
    let mut socket = UnixStream::connect(&path).await.unwrap();
    for target in ["/open/x", "/_sso/login/acme"] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: 203.0.113.7\r\nForwarded: for=203.0.113.7\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let answer = read_message(&mut socket, &mut Vec::new(), false).await;
        assert!(answer.unwrap().status() < 400, "{target}");
    }
    let heard = world.application.last();
    (world, heard)
}

#[tokio::test]
async fn inv_33_who_comes_over_a_unix_socket_has_no_address() {
    let (world, heard) = over_a_unix_socket("").await;
    assert_eq!(heard.field("x-forwarded-for"), None);
    assert_eq!(
        heard.field("forwarded"),
        Some("for=unknown;host=\"app.example.com\";proto=https")
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_33_a_listed_proxy_over_a_unix_socket_is_believed() {
    let (world, heard) = over_a_unix_socket("trusted_proxies = [\"unix\"]").await;
    assert_eq!(heard.field("x-forwarded-for"), Some("203.0.113.7"));
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_23_our_cookies_stay_between_the_browser_and_us() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    for path in ["/", "/maybe/x", "/open/x"] {
        browser
            .ask(
                &format!("GET {path}"),
                "Cookie: theirs=1; __Host-sso-later=x; also=2\r\n",
            )
            .await
            .is(200);
        let heard = world.application.last();
        assert_eq!(heard.fields("cookie").join("; "), "theirs=1; also=2");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_23_the_application_cannot_set_our_cookies_or_speak_in_our_name() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    let handle = browser
        .cookie("app.example.com", "__Host-sso")
        .unwrap()
        .to_owned();
    for name in [
        "__Host-sso",
        "__host-SSO",
        "__Host-sso-run-x",
        " __Host-sso",
    ] {
        let fields = format!(
            "Set-Cookie: theirs=1\r\nSet-Cookie: {name}=stolen; Path=/; Secure\r\nSso-Generated: login\r\nSso-Reference: K7QM-2F9D\r\nSso_Reference: K7QM-2F9D\r\n"
        );
        world
            .application
            .answer("/open/x", move |_| Answer::with(200, &fields, "x"));
        let answer = browser.ask("GET /open/x", "").await;
        assert_eq!(
            answer.is(200).fields("set-cookie"),
            ["theirs=1"],
            "{name:?}"
        );
        assert_eq!(
            (answer.field("sso-generated"), answer.field("sso-reference")),
            (None, None)
        );
        assert_eq!(answer.field("sso_reference"), None);
    }
    assert_eq!(
        browser.cookie("app.example.com", "__Host-sso"),
        Some(handle.as_str())
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_34_no_token_of_the_provider_reaches_the_application() {
    let world = World::with(ROUTES).await;
    let mut browser = world.browser();
    browser.visit(&url("/deep/link?x=1")).await.is(200);
    for path in ["/", "/maybe/x", "/open/x"] {
        browser.ask(&format!("GET {path}"), "").await.is(200);
    }
    let mut secrets = world.acme.secrets();
    secrets.push(CLIENT_SECRET.to_owned());
    assert!(
        secrets.len() >= 5,
        "a code, an access, a refresh and an ID token, and ours"
    );
    for heard in world.application.heard() {
        let leaked = secrets
            .iter()
            .find(|secret| heard.head.contains(secret.as_str()));
        assert_eq!(leaked, None, "{}", heard.head);
    }
    world.end(&[&browser]).await;
}

/// The claims of an assertion, once its signature holds against the published keys.
async fn verified(browser: &Browser, assertion: &str) -> Value {
    let keys = browser.ask("GET /_sso/jwks.json", "").await;
    let keys: JwkSet = serde_json::from_slice(&keys.is(200).body).unwrap();
    let header = jsonwebtoken::decode_header(assertion).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&["https://app.example.com"]);
    validation.set_audience(&["https://app.example.com"]);
    validation.validate_exp = false; // The time of a story is not the time of day.
    let token = jsonwebtoken::decode(assertion, &DecodingKey::from_jwk(key).unwrap(), &validation);
    token.unwrap().claims
}

#[tokio::test]
async fn inv_32_every_request_has_one_assertion_that_the_application_can_verify() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    for path in ["/", "/maybe/x"] {
        browser
            .ask(
                &format!("POST {path}"),
                "Content-Length: 0\r\nSso-Jwt-Assertion: forged\r\n",
            )
            .await
            .is(200);
        let heard = world.application.last();
        let claims = verified(&browser, heard.field("sso-jwt-assertion").unwrap()).await;
        assert_eq!(claims["sub"].as_str(), heard.field("remote-user"));
        assert_eq!(
            (&claims["org"], &claims["email"]),
            (&json!("acme"), &json!("ada@acme.com"))
        );
        assert_eq!(
            (&claims["idp"], &claims["idp_sub"]),
            (&json!("acme-idp"), &json!("subject-of-ada"))
        );
        assert_eq!(
            (&claims["iat"], &claims["exp"]),
            (&json!(1_800_000_000), &json!(1_800_000_060))
        );
    }
    browser.ask("GET /open/x", "").await.is(200);
    assert_eq!(
        world.application.last().field("sso-jwt-assertion"),
        None,
        "nobody is named on a public route"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_assertion_serves_for_a_while_and_then_there_is_a_fresh_one() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let assertion = async || {
        browser.ask("GET /", "").await.is(200);
        world
            .application
            .last()
            .field("sso-jwt-assertion")
            .unwrap()
            .to_owned()
    };
    let first = assertion().await;
    world.later(Duration::from_secs(20));
    assert_eq!(assertion().await, first);
    world.later(Duration::from_secs(30));
    let second = assertion().await;
    assert_ne!(second, first);
    assert_eq!(verified(&browser, &second).await["exp"], 1_800_000_110);
    assert!(
        (world
            .broker
            .metric("doorward_assertions_issued_total{upstream=\"app\"}")
            .await
            - 2.0)
            .abs()
            < f64::EPSILON
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn somebody_in_too_many_groups_gets_in_and_the_application_is_told_none() {
    let world = World::with(&format!(
        "{ONE}allow = {{ groups_any = [\"group-199-of-a-directory-with-long-names\"] }}\n"
    ))
    .await;
    let mut ada = ada();
    ada["groups"] = (0..200)
        .map(|number| format!("group-{number}-of-a-directory-with-long-names"))
        .collect();
    world.acme.person(ada);
    let (mut browser, _) = world.signed_in().await;
    browser.get(&url("/")).await.is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
    assert_eq!(heard.field("remote-groups"), None, "none rather than some");
    assert!(heard.field("sso-jwt-assertion").is_some());
    browser.get(&url("/_sso/account")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_assertion_from_before_the_clock_was_set_back_is_not_used() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    world.later(Duration::from_secs(600));
    browser.ask("GET /", "").await.is(200);
    world.clock.step_back(Duration::from_secs(300));
    browser.ask("GET /", "").await.is(200);
    let heard = world.application.last();
    let claims = verified(&browser, heard.field("sso-jwt-assertion").unwrap()).await;
    assert_eq!(claims["nbf"], 1_800_000_300);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_cookie_of_the_application_may_be_of_any_bytes() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    browser
        .ask("GET /", "Cookie: name=Jos\u{e9}\r\n")
        .await
        .is(200);
    let heard = world.application.last();
    assert_eq!(heard.fields("cookie"), ["name=Jos\u{e9}"]);
    world.end(&[&browser]).await;
}
