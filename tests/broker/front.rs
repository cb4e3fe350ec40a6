//! The public side: TLS, versions of HTTP, bounds, and an orderly end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::wire::PATIENCE;
use crate::support::world::{ROUTES, url};
use crate::support::{H2, Line, World};

/// Writes a new certificate with its key, as a renewal does.
pub fn renew(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["app.example.com".to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

async fn world_with_tls(folder: &Path) -> World {
    let folder = folder.display();
    let tls = format!(
        "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n[server.tls]\ncertificate = \"{folder}/cert.pem\"\nkey = \"{folder}/key.pem\"\n"
    );
    World::with(&format!("{tls}{ROUTES}")).await
}

async fn connect(
    world: &World,
    trusted: &CertificateDer<'static>,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(world.broker.address).await.unwrap();
    encrypt(stream, trusted, protocol).await
}

/// Begins TLS on a connection.
pub async fn encrypt(
    stream: TcpStream,
    trusted: &CertificateDer<'static>,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from("app.example.com").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test]
async fn over_tls_http2_is_spoken_and_the_same_rules_hold() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = renew(folder.path());
    let world = world_with_tls(folder.path()).await;
    let stream = connect(&world, &certificate, "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut client = H2::over(stream).await;
    let page = |path: &str| Request::get(url(path)).header("sec-fetch-mode", "navigate");
    assert_eq!(client.send(page("/open/x?y=1")).await.status(), 200);
    assert_eq!(world.application.last().target(), "/open/x?y=1");
    assert_eq!(
        world.application.last().field("x-forwarded-proto"),
        Some("https")
    );
    world.application.forget();
    assert_eq!(client.send(page("/")).await.status(), 302);
    assert_eq!(client.send(Request::get(url("/"))).await.status(), 401);
    assert_eq!(
        client
            .send(Request::builder().method("TRACE").uri(url("/open/x")))
            .await
            .status(),
        405
    );
    assert_eq!(
        client
            .send(Request::get("https://evil.example/open/x"))
            .await
            .status(),
        421
    );
    assert_eq!(
        client
            .send(Request::get(url("/open/../vault/x")))
            .await
            .status(),
        400
    );
    assert_eq!(
        client
            .send(Request::get(url("/open/x")).header("host", "evil.example"))
            .await
            .status(),
        400
    );
    world.application.heard_nothing();
    drop(client);
    world.end(&[]).await;
}

#[tokio::test]
async fn over_http2_cookies_in_crumbs_are_one_session() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    let mut client = H2::open(world.broker.address).await;
    let mut request = Request::get(url("/page")).header("cookie", "theirs=1");
    for crumb in browser.cookie_field("app.example.com").split("; ") {
        request = request.header("cookie", crumb);
    }
    assert_eq!(
        client
            .send(request.header("cookie", "also=2"))
            .await
            .status(),
        200
    );
    assert_eq!(
        world.application.last().field("cookie"),
        Some("theirs=1; also=2")
    );
    assert_eq!(
        world.application.last().field("remote-email"),
        Some("ada@acme.com")
    );
    drop(client);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_01_a_call_of_grpc_is_refused_in_its_own_words() {
    let keepers = "[routes.keepers]\npath = \"/vault.Keepers/*\"\nupstream = \"app\"\nrequire = { groups_any = [\"keepers\"] }\n";
    let world = World::with(&format!("{ROUTES}{keepers}")).await;
    let (browser, _) = world.signed_in().await;
    let mut client = H2::open(world.broker.address).await;
    let call = |path: &str, kind: &str| {
        let call = Request::post(url(path)).header("content-type", kind);
        call.header("te", "trailers")
    };
    let own = browser.cookie_field("app.example.com");
    let stranger = call("/shop.Orders/List", "application/grpc+proto");
    let member = call("/vault.Keepers/Open", "application/grpc").header("cookie", &own);
    for (call, status, code) in [
        (stranger, "16", "sign-in-required"),
        (member, "7", "not-allowed-here"),
    ] {
        let refused = client.send(call).await;
        let field = |name: &str| refused.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(
            (refused.status(), field("grpc-status")),
            (http::StatusCode::OK, status)
        );
        assert_eq!(field("grpc-message"), code);
        assert_eq!(field("content-type"), "application/grpc");
        assert_eq!(field("sso-generated"), code);
        assert!(refused.body().is_empty());
    }
    // What only looks like it is told as other programs are.
    let web = client
        .send(call("/shop.Orders/List", "application/grpc-web"))
        .await;
    assert_eq!(web.status(), 401);
    world.application.heard_nothing();
    drop(client);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let old = renew(folder.path());
    let world = world_with_tls(folder.path()).await;
    let before = connect(&world, &old, "http/1.1").await.unwrap();
    assert_eq!(before.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let new = renew(folder.path());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    tokio::time::resume();
    assert!(connect(&world, &new, "http/1.1").await.is_ok());
    assert!(connect(&world, &old, "http/1.1").await.is_err());
    drop(before);
    world.end(&[]).await;
}

#[tokio::test]
async fn plain_http_to_a_tls_port_gets_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path());
    let world = world_with_tls(folder.path()).await;
    let answer = world
        .broker
        .raw("GET /open/x HTTP/1.1\r\nHost: app.example.com\r\n\r\n")
        .await;
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn an_old_client_gets_an_old_answer() {
    let world = World::with(ROUTES).await;
    let chunked = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    world
        .application
        .answer("/open/x", |_| crate::support::Answer::Bytes(chunked.into()));
    let answer = world
        .broker
        .raw("GET /open/x HTTP/1.0\r\nHost: app.example.com\r\n\r\n")
        .await;
    assert!(
        answer.starts_with("HTTP/1.0 200 ") && answer.ends_with("\r\n\r\nhello"),
        "{answer}"
    );
    assert!(
        world
            .application
            .last()
            .head
            .starts_with("GET /open/x HTTP/1.1\r\n")
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_54_heads_have_bounds_and_nothing_beyond_them_goes_on() {
    let world = World::with(ROUTES).await;
    let browser = world.browser();
    let long = format!("X-Long: {}\r\n", "x".repeat(33 * 1024));
    let many: String = (0..120)
        .map(|number| format!("X-{number}: x\r\n"))
        .collect();
    let spread: String = (0..90)
        .map(|number| format!("X-{number}: {}\r\n", "x".repeat(400)))
        .collect();
    for more in [long, many, spread] {
        let mut line = browser.open("GET /open/x", &more).await;
        let head = line.head().await;
        assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    }
    let target = browser
        .open(&format!("GET /open/{}", "x".repeat(70 * 1024)), "")
        .await
        .head()
        .await;
    assert!(
        target.starts_with("HTTP/1.1 414 ") || target.starts_with("HTTP/1.1 431 "),
        "{target}"
    );
    world.application.heard_nothing();
    browser
        .ask(
            "GET /open/x",
            &format!("X-Fine: {}\r\n", "x".repeat(16 * 1024)),
        )
        .await
        .is(200);
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_54_clients_that_never_finish_are_ended_and_do_not_hold_up_others() {
    let quick = "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n[server.limits]\nheader_timeout = \"1s\"\n";
    let world = World::with(&format!("{quick}{ROUTES}")).await;
    let mut idlers = Vec::new();
    for part in [
        "",
        "G",
        "GET /open/x HTTP/1.1\r\n",
        "GET /open/x HTTP/1.1\r\nHost: app.example.com\r\nX-A: ",
    ] {
        for _ in 0..25 {
            let mut line = Line::open(world.broker.address).await;
            line.send(part).await;
            idlers.push(line);
        }
    }
    world.browser().ask("GET /open/healthy", "").await.is(200);
    for mut line in idlers {
        assert!(!line.rest().await.contains(" 200 "));
    }
    assert_eq!(world.application.heard().len(), 1);
    world.end(&[]).await;
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_probes_are_told_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let application = listener.local_addr().unwrap();
    let mut world = World::with(&format!("{ROUTES}[upstreams.raw]\nurl = \"http://{application}\"\n[routes.raw]\npath = \"/raw/*\"\nupstream = \"raw\"\naccess = \"public\"\n")).await;
    let mut line = world.browser().open("GET /raw/slow", "").await;
    let mut behind = Line::accept(&listener).await;
    behind.request().await;
    world.broker.management("/readyz").await.is(200);
    world.broker.begin_stop();
    let leaves = async {
        while world.broker.management("/readyz").await.status() == 200 {}
        while TcpStream::connect(world.broker.address).await.is_ok() {}
    };
    tokio::time::timeout(PATIENCE, leaves)
        .await
        .expect("it goes on as if nothing had been said");
    let ready = world.broker.management("/readyz").await;
    assert!(
        ready.is(503).text().contains("[-]listeners"),
        "{}",
        ready.text()
    );
    world.broker.management("/livez").await.is(200);
    behind
        .send("HTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\ndone")
        .await;
    assert_eq!(line.answer().await.unwrap().is(200).text(), "done");
    world.end(&[]).await;
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_when_the_time_is_up() {
    let short = "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\nshutdown_timeout = \"1s\"\n";
    let world = World::with(&format!("{short}{ROUTES}")).await;
    world.application.answer("/open/x", |_| {
        crate::support::Answer::Bytes("HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\npart".into())
    });
    let mut line = world.browser().open("GET /open/x", "").await;
    line.until("part").await;
    world.end(&[]).await;
    assert_eq!(line.rest().await, "");
}
