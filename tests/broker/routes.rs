//! Which requests go on, and what is said to the others.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::wire::PATIENCE;
use crate::support::world::{ONE, ROUTES, url};
use crate::support::{Answer, Heard, Line, World};

/// Lines that make a request a page load.
const PAGE: &str = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";

/// What is behind the door, and must not show in front of it.
const PROTECTED: &str = "the-protected-words";

async fn world() -> World {
    let world = World::with(ROUTES).await;
    for path in ["/page", "/vault/x", "/maybe/x", "/open/x"] {
        let fields = format!("X-Protected: {PROTECTED}\r\nSet-Cookie: app={PROTECTED}\r\n");
        world
            .application
            .answer(path, move |_| Answer::with(200, &fields, PROTECTED));
    }
    world
}

#[track_caller]
fn shows_nothing(answer: &Heard) {
    let all = format!("{}{}", answer.head, answer.text());
    assert!(!all.contains(PROTECTED), "{all}");
    assert!(answer.field("sso-generated").is_some(), "{all}");
}

#[tokio::test]
async fn inv_01_without_a_session_a_page_load_is_sent_to_sign_in() {
    let world = world().await;
    for path in ["/", "/vault/x", "/reports?year=2026"] {
        for method in ["GET", "HEAD"] {
            let mut line = world
                .browser()
                .open(
                    &format!("{method} {path}"),
                    &format!("{PAGE}Connection: close\r\n"),
                )
                .await;
            let answer = line.rest().await;
            assert!(answer.starts_with("HTTP/1.1 302 "), "{answer}");
            assert!(
                answer.contains("\r\ncache-control: no-store\r\n"),
                "{answer}"
            );
        }
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_01_without_a_session_everything_else_gets_401_and_a_challenge() {
    let world = world().await;
    for (line, more) in [
        ("GET /", "Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n"),
        ("GET /", "Accept: application/json\r\n"),
        ("GET /vault/x", ""),
        ("POST /", "Content-Length: 0\r\n"),
        (
            "OPTIONS /",
            "Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n",
        ),
        (
            "GET /",
            "Accept: text/html\r\nX-Requested-With: XMLHttpRequest\r\n",
        ),
    ] {
        let answer = world.browser().ask(line, more).await;
        shows_nothing(answer.is(401));
        assert_eq!(
            answer.field("www-authenticate"),
            Some("Sso realm=\"https://app.example.com\"")
        );
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told["login"], json!(url("/_sso/login")), "{told}");
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn an_upload_without_a_session_is_told_so_and_not_cut_off() {
    let world = world().await;
    let upload = vec![b'x'; 8 * 1024 * 1024];
    let head = format!(
        "POST /save HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: {}\r\n\r\n",
        upload.len()
    );
    let mut socket = TcpStream::connect(world.broker.address).await.unwrap();
    let mut answer = String::new();
    let exchange = async {
        // All of it first, as simple clients do; then the answer, to its orderly end.
        socket.write_all(head.as_bytes()).await?;
        socket.write_all(&upload).await?;
        socket.read_to_string(&mut answer).await
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .unwrap()
        .unwrap();
    drop(socket);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn a_form_that_was_sent_too_late_gets_a_page_and_not_a_redirect() {
    let world = world().await;
    let answer = world
        .browser()
        .ask("POST /save", &format!("{PAGE}Content-Length: 0\r\n"))
        .await;
    shows_nothing(answer.is(401));
    assert_eq!(
        answer.field("content-type"),
        Some("text/html; charset=utf-8")
    );
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_01_a_session_that_nobody_has_opens_nothing() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    let handle = browser.cookie("app.example.com", "__Host-sso").unwrap();
    for cookie in [
        "__Host-sso=".to_owned(),
        format!("__Host-sso=\"{handle}\""),
        format!("__Host-sso={}", handle.to_uppercase()),
        format!("__Host-sso={handle}; __Host-sso={handle}"),
        format!("__host-sso={handle}"),
        format!("__Host-sso%20={handle}"),
        format!("__Host-sso ={handle}"),
        format!("sso={handle}"),
        format!("__Host-sso={}", &handle[1..]),
    ] {
        let answer = world
            .browser()
            .ask("GET /", &format!("Cookie: {cookie}\r\n"))
            .await;
        shows_nothing(answer.is(401));
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn optional_routes_name_whom_they_know_and_public_ones_nobody() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    for (who, path, named) in [
        (&browser, "/maybe/x", true),
        (&world.browser(), "/maybe/x", false),
        (&browser, "/open/x", false),
        (&world.browser(), "/open/x", false),
    ] {
        assert_eq!(
            who.ask(&format!("GET {path}"), "").await.is(200).text(),
            PROTECTED
        );
        let heard = world.application.last();
        assert_eq!(heard.field("remote-user").is_some(), named, "{path}");
        assert_eq!(heard.field("sso-jwt-assertion").is_some(), named, "{path}");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_07_who_may_not_is_told_so_without_anything_from_behind() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    let page = browser.ask("GET /vault/x", PAGE).await;
    shows_nothing(page.is(403));
    assert!(
        page.text().contains("ada@acme.com"),
        "as whom: {}",
        page.text()
    );
    let program = browser.ask("GET /vault/x", "").await;
    shows_nothing(program.is(403));
    for answer in [&page, &program] {
        let text = answer.text();
        for internal in [
            "keepers-of-the-vault",
            "groups",
            "vault\"",
            "acme-idp",
            "127.0.0.1",
        ] {
            assert!(!text.contains(internal), "{internal} in {text}");
        }
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_has_the_group_may() {
    let world = world().await;
    let mut keeper = crate::support::idp::ada();
    keeper["groups"] = json!(["keepers-of-the-vault"]);
    world.acme.person(keeper);
    let mut browser = world.browser();
    assert_eq!(
        browser.visit(&url("/vault/x")).await.is(200).text,
        PROTECTED
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_most_specific_route_decides_whatever_the_order_of_the_file() {
    let more = format!(
        "{ROUTES}[routes.a-hook]\npath = \"/vault/hook\"\nmethods = [\"POST\"]\nupstream = \"app\"\naccess = \"public\"\n"
    );
    let world = World::with(&more).await;
    let stranger = world.browser();
    for (line, status) in [
        ("POST /vault/hook", 200),
        ("PUT /vault/hook", 401),
        ("POST /vault/hook/x", 401),
        ("POST /vault/hooks", 401),
        ("POST /open", 200),
        ("POST /opening", 401),
    ] {
        stranger.ask(line, "Content-Length: 0\r\n").await.is(status);
    }
    let heard = world.application.heard();
    assert_eq!(
        heard.iter().map(Heard::path).collect::<Vec<_>>(),
        ["/vault/hook", "/open"]
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_03_what_was_decided_on_is_what_goes_on() {
    let world = world().await;
    let stranger = world.browser();
    for (target, forwarded) in [
        ("/open/%7euser/%41", "/open/~user/A"),
        (
            "/%6fpen/x?next=/%2e%2e/vault&a=%2F",
            "/open/x?next=/%2e%2e/vault&a=%2F",
        ),
        ("/open/caf%c3%a9", "/open/caf%C3%A9"),
        ("http://app.example.com/open/absolute?q", "/open/absolute?q"),
    ] {
        stranger.ask(&format!("GET {target}"), "").await.is(200);
        assert_eq!(world.application.last().target(), forwarded);
        assert_eq!(
            world.application.last().field("host"),
            Some("app.example.com")
        );
    }
    world.application.forget();
    stranger.ask("GET /%76ault/x", "").await.is(401);
    // What some would take for a part of the path, and others would leave out, is not decided on at all.
    stranger.ask("GET /open/x#/vault/x", "").await.is(400);
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_04_public_paths_are_judged_by_method_and_path_alone() {
    let world = world().await;
    let stranger = world.browser();
    for line in [
        "GET /vault/x?/open/x",
        "GET /vault/x?path=/open/x&access=public",
        "GET /x?open",
        "GET /openly",
        "GET /OPEN/x",
    ] {
        stranger.ask(line, "").await.is(401);
    }
    stranger.ask("GET /vault/x#/open/x", "").await.is(400);
    for fields in [
        "X-Original-URL: /open/x\r\nX-Rewrite-URL: /open/x\r\n",
        "X-Forwarded-Uri: /open/x\r\nX-Original-Uri: /open/x\r\nX-Forwarded-Path: /open/x\r\nX-Forwarded-Prefix: /open\r\n",
        "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n",
        "User-Agent: kube-probe/1.30\r\n",
        "X-HTTP-Method-Override: OPTIONS\r\nX-Forwarded-Method: GET\r\n",
        "Referer: https://app.example.com/open/x\r\nUpgrade-Insecure-Requests: 1\r\n",
    ] {
        stranger.ask("GET /vault/x", fields).await.is(401);
    }
    world.application.heard_nothing();
    for more in [
        "",
        "User-Agent: curl\r\n",
        "X-Original-URL: /vault/x\r\n",
        "Cookie: __Host-sso=nonsense\r\n",
    ] {
        stranger.ask("GET /open/x?y=/vault/x", more).await.is(200);
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_05_a_target_with_two_readings_goes_nowhere() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    for target in [
        "/open/../vault/x",
        "/open/%2e%2e/vault/x",
        "/open/.%2E/vault/x",
        "/open/./x",
        "/open//vault/x",
        "//vault/x",
        "/open%2f..%2fvault/x",
        "/open/..%5cvault",
        "/open\\..\\vault",
        "/open/x%00.png",
        "/open/x%0d%0aX: y",
        "/open/%252e%252e/vault",
        "/open/%zz",
        "/open/%",
        "/open/%25%32%65%252%65/vault",
        "/open/%c0%ae%c0%ae/vault",
        "/open/..;/vault/x",
        "/open/..%3b/vault/x",
        "/open/.;a=b/vault/x",
        "/open/;/vault",
        "/open/\u{e9}",
        "/open/x?q=\u{e9}",
        "open/x",
        "*",
        "http:///open/x",
        "https://app.example.com@evil.example/open/x",
    ] {
        let request = browser.head(&format!("GET {target}"), "");
        let mut line = Line::open(world.broker.address).await;
        line.send(request).await;
        let answer = line.head().await;
        assert!(
            answer.starts_with("HTTP/1.1 4") && !answer.contains(PROTECTED),
            "{target}: {answer}"
        );
    }
    world.application.heard_nothing();
    for target in ["/open/x;jsessionid=1", "/open/x%3bjsessionid=1"] {
        let parameters = world.browser().ask(&format!("GET {target}"), "").await;
        shows_nothing(parameters.is(401));
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_05_no_spelling_of_a_path_gets_around_its_rule() {
    let admin = "[routes.admin]\npath = \"/@admin/*\"\nupstream = \"app\"\nrequire = { groups_any = [\"keepers-of-the-vault\"] }\n";
    let world = World::with(&format!("{ROUTES}{admin}")).await;
    let (browser, _) = world.signed_in().await;
    for path in ["/@admin/x", "/%40admin/x", "/%40%61dmin", "/%40admin%3Bx/y"] {
        shows_nothing(browser.ask(&format!("GET {path}"), "").await.is(403));
        shows_nothing(
            world
                .browser()
                .ask(&format!("GET {path}"), "")
                .await
                .is(401),
        );
    }
    world.application.heard_nothing();
    for (path, forwarded) in [
        ("/a+b,c=%64", "/a+b,c=d"),
        ("/a%2Bb%2cc%3Dd", "/a+b,c=d"),
        ("/[1]|\"", "/%5B1%5D%7C%22"),
        ("/%5b1%5d%7c%22", "/%5B1%5D%7C%22"),
        ("/a;b%3bc", "/a;b%3Bc"),
    ] {
        browser.ask(&format!("GET {path}"), "").await.is(200);
        assert_eq!(world.application.last().target(), forwarded);
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_03_no_field_names_another_method_where_routes_tell_them_apart() {
    const OVERRIDE: &str = "Content-Length: 0\r\nX-HTTP-Method-Override: DELETE\r\nX_Method_Override: DELETE\r\nX-HTTP-Method: DELETE\r\n";
    let hooks = "[routes.hooks]\npath = \"/hooks/*\"\nupstream = \"app\"\naccess = \"public\"\n";
    for (methods, passed) in [("", 3), ("methods = [\"POST\"]\n", 0)] {
        let world = World::with(&format!("{ONE}{hooks}{methods}")).await;
        world.browser().ask("POST /hooks/x", OVERRIDE).await.is(200);
        let heard = world.application.last();
        assert_eq!(
            heard.head.matches("DELETE").count(),
            passed,
            "{}",
            heard.head
        );
        world.end(&[]).await;
    }
}

#[tokio::test]
async fn inv_06_methods_are_exact_and_two_are_never_served() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    for line in [
        "TRACE /open/x",
        "TRACE /",
        "CONNECT app.example.com:443",
        "CONNECT /open/x",
    ] {
        let mut connection = browser.open(line, "").await;
        let answer = connection.head().await;
        assert!(
            answer.starts_with("HTTP/1.1 405 ")
                || line == "CONNECT /open/x" && answer.starts_with("HTTP/1.1 400 "),
            "{line}: {answer}"
        );
    }
    for line in [
        "get /open/x",
        "Get /open/x",
        "PURGE /open/x",
        "PROPFIND /maybe/x",
    ] {
        world.browser().ask(line, "").await.is(401);
    }
    world.application.heard_nothing();
    browser.ask("PURGE /open/x", "").await.is(200);
    assert_eq!(world.application.last().method(), "PURGE");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_27_a_host_that_is_not_ours_is_refused_before_anything_else() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    for host in [
        "evil.example",
        "app.example.com.evil.example",
        "127.0.0.1",
        "app.example.com:444",
        "example.com",
    ] {
        let head = browser
            .head("GET /open/x", "")
            .replace("Host: app.example.com", &format!("Host: {host}"));
        let mut line = Line::open(world.broker.address).await;
        line.send(head).await;
        shows_nothing(line.answer().await.unwrap().is(421));
    }
    for hosts in [
        "",
        "Host: app.example.com\r\nHost: evil.example\r\n",
        "Host: app.example.com, evil.example\r\n",
        "Host: app.example.com.\r\n",
        "Host: ada@app.example.com\r\n",
    ] {
        let mut line = Line::open(world.broker.address).await;
        line.send(format!("GET /open/x HTTP/1.1\r\n{hosts}\r\n"))
            .await;
        line.answer().await.unwrap().is(400);
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}
