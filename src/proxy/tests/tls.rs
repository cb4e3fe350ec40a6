//! TLS to an application: whose certificate counts, what we show of ourselves, and which version of HTTP is agreed on.

use std::path::{Path, PathBuf};

use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;

use super::application::{self, Told};
use super::*;
use crate::config::{Address, ClientCertificate, UpstreamHttp, UpstreamTls};

type Made = rcgen::CertifiedKey<rcgen::KeyPair>;

fn made_for(name: &str) -> Made {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// What the application shows, asks for and speaks.
fn accepting(made: &Made, client: Option<&Made>, speaks: &[&str]) -> tokio_rustls::TlsAcceptor {
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(client.cert.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let mut tls = builder
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    tls.alpn_protocols = speaks.iter().map(|one| one.as_bytes().to_vec()).collect();
    tokio_rustls::TlsAcceptor::from(Arc::new(tls))
}

/// What a visitor gets from such an application.
async fn asked(
    acceptor: &tokio_rustls::TlsAcceptor,
    tls: UpstreamTls,
    http: UpstreamHttp,
    request: &str,
) -> String {
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = application.local_addr().unwrap().port();
    let setting = Setting::default();
    let config = config::Upstream {
        addresses: vec![Address::Tcp("localhost".to_owned(), port)],
        tls: Some(tls),
        http,
        ..upstream_config(([127, 0, 0, 1], port).into(), &setting)
    };
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = world_of(unused, &config, setting).await;
    let asking = async {
        let mut visitor = world.visitor(request).await;
        read_to_end(&mut visitor).await
    };
    let serving = async {
        loop {
            let (socket, _) = application.accept().await.unwrap();
            if let Ok(socket) = acceptor.accept(socket).await {
                application::serve(socket, &world.tasks, &Told::default());
            }
        }
    };
    let answer = tokio::select! {
        answer = asking => answer,
        () = serving => unreachable!(),
    };
    world.end().await;
    answer
}

#[tokio::test]
async fn an_application_behind_tls_is_checked_against_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (made, other) = (made_for("localhost"), made_for("localhost"));
    let acceptor = accepting(&made, None, &[]);
    for (ca, expected) in [(&made, "HTTP/1.1 200 "), (&other, "HTTP/1.1 502 ")] {
        let tls = UpstreamTls {
            ca: Some(write(folder.path(), "ca.pem", &ca.cert.pem())),
            ..UpstreamTls::default()
        };
        let answer = asked(&acceptor, tls, UpstreamHttp::One, ASK).await;
        assert!(answer.starts_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn the_certificate_must_have_the_name_that_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let made = made_for("app.internal");
    let acceptor = accepting(&made, None, &[]);
    for (name, expected) in [
        (None, "HTTP/1.1 502 "),
        (Some("app.internal"), "HTTP/1.1 200 "),
    ] {
        let tls = UpstreamTls {
            ca: Some(write(folder.path(), "ca.pem", &made.cert.pem())),
            server_name: name.map(|name| ServerName::try_from(name).unwrap()),
            identity: None,
        };
        let answer = asked(&acceptor, tls, UpstreamHttp::One, ASK).await;
        assert!(answer.starts_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn an_application_that_wants_to_know_who_asks_is_shown_our_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (made, ours) = (made_for("localhost"), made_for("doorward"));
    let acceptor = accepting(&made, Some(&ours), &[]);
    let identity = ClientCertificate {
        certificate: write(folder.path(), "client.pem", &ours.cert.pem()),
        key: write(
            folder.path(),
            "client.key",
            &ours.signing_key.serialize_pem(),
        ),
    };
    for (identity, expected) in [(Some(identity), "HTTP/1.1 200 "), (None, "HTTP/1.1 502 ")] {
        let tls = UpstreamTls {
            ca: Some(write(folder.path(), "ca.pem", &made.cert.pem())),
            identity,
            server_name: None,
        };
        let answer = asked(&acceptor, tls, UpstreamHttp::One, ASK).await;
        assert!(answer.starts_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn the_version_is_what_the_file_says_or_both_agree_on() {
    let folder = tempfile::tempdir().unwrap();
    let made = made_for("localhost");
    let (one, both) = (&["http/1.1"][..], &["h2", "http/1.1"][..]);
    let upgrade = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\nConnection: close\r\n\r\n";
    for (http, speaks, request, told) in [
        (
            UpstreamHttp::One,
            both,
            ASK,
            "HTTP/1.1 GET authority=- host=app.example.com",
        ),
        (
            UpstreamHttp::Negotiated,
            both,
            ASK,
            "HTTP/2.0 GET authority=app.example.com host=-",
        ),
        (
            UpstreamHttp::Negotiated,
            one,
            ASK,
            "HTTP/1.1 GET authority=- host=app.example.com",
        ),
        (
            UpstreamHttp::Negotiated,
            &[],
            ASK,
            "HTTP/1.1 GET authority=- host=app.example.com",
        ),
        (
            UpstreamHttp::Negotiated,
            both,
            upgrade,
            "HTTP/1.1 GET authority=- host=app.example.com",
        ),
        (
            UpstreamHttp::Two,
            both,
            ASK,
            "HTTP/2.0 GET authority=app.example.com host=-",
        ),
        (UpstreamHttp::Two, one, ASK, "HTTP/1.1 502 "),
        (UpstreamHttp::Two, &[], ASK, "HTTP/1.1 502 "),
    ] {
        let tls = UpstreamTls {
            ca: Some(write(folder.path(), "ca.pem", &made.cert.pem())),
            ..UpstreamTls::default()
        };
        let answer = asked(&accepting(&made, None, speaks), tls, http, request).await;
        assert!(answer.contains(told), "{http:?} {speaks:?}: {answer}");
    }
}

#[tokio::test]
async fn a_crowd_that_waits_for_a_connection_hears_of_one_failure() {
    let folder = tempfile::tempdir().unwrap();
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let setting = Setting::default();
    let config = config::Upstream {
        tls: Some(UpstreamTls {
            ca: Some(write(folder.path(), "ca.pem", &made_for("a").cert.pem())),
            ..UpstreamTls::default()
        }),
        http: UpstreamHttp::Two,
        ..upstream_config(application.local_addr().unwrap(), &setting)
    };
    let world = world_of(application, &config, setting).await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(world.visitor(ASK).await);
    }
    let (only, _) = timeout(world.application.accept()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(only);
    for visitor in &mut crowd {
        assert!(read_to_end(visitor).await.starts_with("HTTP/1.1 502 "));
    }
    let another = world.application.accept();
    let another = tokio::time::timeout(Duration::from_millis(50), another).await;
    assert!(another.is_err(), "nobody tried again for the others");
    world.end().await;
}
