//! What is not asked well, by whoever may, is not answered with a yes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ALL, PAGE, SERVER, ask, identity, send, world};
use crate::support::world::{CLIENT_SECRET, ONE, ROUTES, SITE, url};
use crate::support::{Answer, World};

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
