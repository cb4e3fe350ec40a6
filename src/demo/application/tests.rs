//! The application as a reverse proxy sees it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::clock::System;
use crate::secret;

const PUBLIC: &str = "http://localhost:8000";
const PATIENCE: Duration = Duration::from_secs(20);

/// Stands for Doorward: it publishes one key and signs with it.
struct Door {
    signing: EncodingKey,
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Door {
    async fn open(tasks: &Tasks) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let key = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one",
            "x": secret::encode(&point[1..33]), "y": secret::encode(&point[33..]),
        });
        let set = json!({ "keys": [key] }).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        tasks.spawn(async move {
            let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
                counter.fetch_add(1, Ordering::SeqCst);
                assert_eq!(request.uri().path(), "/_sso/jwks.json");
                assert_eq!(request.headers()["host"], "localhost:8000");
                let body = Full::<Bytes>::from(set.clone());
                async move { Ok::<_, std::convert::Infallible>(Response::new(body)) }
            });
            let (stream, _) = listener.accept().await.unwrap();
            let serving = hyper::server::conn::http1::Builder::new();
            let _ = serving.serve_connection(TokioIo::new(stream), answer).await;
        });
        Self {
            signing: EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()),
            address,
            asked,
        }
    }

    fn sign(&self, change: impl FnOnce(&mut Value), key: &str) -> String {
        let now = System.now().as_seconds();
        let mut claims = json!({
            "iss": PUBLIC, "aud": PUBLIC, "sub": "a1", "name": "Ada <Park>", "org": "acme",
            "groups": ["it-admins"], "iat": now, "nbf": now, "exp": now + 60,
        });
        change(&mut claims);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.signing).unwrap()
    }
}

fn application(door: SocketAddr, tasks: &Tasks) -> Application {
    let surroundings = Surroundings {
        public: Origin::parse(PUBLIC).unwrap(),
        door,
        prefix: "/_sso".to_owned(),
        provider: "http://127.0.0.1:1".to_owned(),
    };
    Application::new(surroundings, Arc::new(System), tasks.clone()).unwrap()
}

fn nowhere() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<wire::Received> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(wire::Received::empty()).unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_verified_assertion_is_shown_as_a_person() {
    let tasks = Tasks::new();
    let door = Door::open(&tasks).await;
    let application = application(door.address, &tasks);
    let token = door.sign(|_| {}, "one");
    let headers = [
        ("sso-jwt-assertion", token.as_str()),
        ("remote-email", "ada@acme.example"),
        ("cookie", "theme=dark"),
    ];
    for _ in 0..2 {
        let page = text(application.handle(get("/", &headers)).await).await;
        assert!(page.contains("signature verified ✓"), "{page}");
        assert!(page.contains("Ada &lt;Park&gt;"));
        assert!(!page.contains("<Park>"), "claims are text, never markup");
        assert!(page.contains("ada@acme.example"));
        assert!(!page.contains("theme=dark"));
        assert!(!page.contains(&token));
    }
    let shown: Value =
        serde_json::from_str(&text(application.handle(get("/api/request", &headers)).await).await)
            .unwrap();
    assert_eq!(shown["assertion"]["state"], "verified");
    assert_eq!(shown["assertion"]["claims"]["sub"], "a1");
    assert_eq!(shown["identity"][0][0], "remote-email");
    assert_eq!(door.asked.load(Ordering::SeqCst), 1, "keys are kept");
}

#[tokio::test]
async fn inv_28_an_assertion_for_somebody_else_is_not_believed() {
    let tasks = Tasks::new();
    let door = Door::open(&tasks).await;
    let application = application(door.address, &tasks);
    let tokens = [
        door.sign(|claims| claims["aud"] = json!("http://other"), "one"),
        door.sign(|claims| claims["iss"] = json!("http://other"), "one"),
        door.sign(|claims| claims["exp"] = json!(1), "one"),
        door.sign(|claims| claims["nbf"] = json!(9_999_999_999_u64), "one"),
        door.sign(|_| {}, "two"),
        format!("{}x", door.sign(|_| {}, "one")),
        "rubbish".to_owned(),
    ];
    for token in tokens {
        let request = get("/", &[("sso-jwt-assertion", token.as_str())]);
        let page = text(application.handle(request).await).await;
        assert!(page.contains("assertion refused"), "{token}");
        assert!(!page.contains("verified ✓"));
    }
    let good = door.sign(|_| {}, "one");
    let twice = [
        ("sso-jwt-assertion", good.as_str()),
        ("sso-jwt-assertion", good.as_str()),
    ];
    let page = text(application.handle(get("/", &twice)).await).await;
    assert!(page.contains("assertion refused"));
    let asked = door.asked.load(Ordering::SeqCst);
    assert_eq!(
        asked, 1,
        "an unknown key is no reason to ask again and again"
    );
}

#[tokio::test]
async fn without_an_assertion_it_is_nobody_whatever_the_headers_say() {
    let application = application(nowhere(), &Tasks::new());
    let page = text(
        application
            .handle(get("/public", &[("remote-user", "ada")]))
            .await,
    )
    .await;
    assert!(page.contains("no assertion"));
    let missing = application.handle(get("/nothing", &[])).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_refuse() {
    let tasks = Tasks::new();
    let door = Door::open(&tasks).await;
    let token = door.sign(|_| {}, "one");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let request = get("/", &[("sso-jwt-assertion", token.as_str())]);
    let page = text(application(closed, &tasks).handle(request).await).await;
    assert!(page.contains("could not be fetched"));
}

#[tokio::test(start_paused = true)]
async fn the_stream_ticks_until_everything_stops() {
    let tasks = Tasks::new();
    let application = application(nowhere(), &tasks);
    let response = application.handle(get("/events", &[])).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
    let mut body = response.into_body();
    for count in 0..3 {
        let event = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(
            event,
            format!("event: tick\nid: {count}\ndata: {count}\n\n")
        );
    }
    tasks.stopping().cancel();
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn the_socket_says_back_what_it_hears() {
    let tasks = Tasks::new();
    let application = application(nowhere(), &tasks);
    let (near, far) = tokio::io::duplex(64 * 1024);
    tasks.spawn(async move {
        let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
            let application = application.clone();
            async move {
                Ok::<_, std::convert::Infallible>(application.handle(request.map(Into::into)).await)
            }
        });
        let serving = hyper::server::conn::http1::Builder::new();
        let connection = serving.serve_connection(TokioIo::new(far), answer);
        connection.with_upgrades().await.unwrap();
    });
    let connected = tokio_tungstenite::client_async("ws://localhost:8000/socket", near);
    let (mut socket, response) = timeout(PATIENCE, connected).await.unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(
        socket.next().await.unwrap().unwrap(),
        Message::text("hello")
    );
    socket
        .send(Message::Ping(Bytes::from_static(b"x")))
        .await
        .unwrap();
    assert_eq!(
        socket.next().await.unwrap().unwrap(),
        Message::Pong(Bytes::from_static(b"x"))
    );
    tasks.stopping().cancel();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    drop(socket);
    assert!(tasks.finish(PATIENCE).await, "nothing stays behind");
}

#[tokio::test]
async fn no_handshake_no_socket() {
    let application = application(nowhere(), &Tasks::new());
    let response = application.handle(get("/socket", &[])).await;
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
}
