//! What the operator's listeners answer, and to whom.

use http_body_util::BodyExt as _;
use serde_json::Value;

use super::*;
use crate::clock::Manual;
use crate::identity::People;
use crate::pipeline;
use crate::revalidation;
use crate::session::{Sessions, Settings};
use crate::store::{Fickle, Seal, SealKey};
use crate::tasks::Tasks;

const CONFIG: &str = r#"
[server]
public_url = "http://localhost:8000"
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.dev]
kind = "dev"
[organizations.acme]
name = "Acme"
providers = ["dev"]
allow = { anyone = true }
[store]
kind = "memory"
"#;

fn admin() -> Admin {
    let config = Arc::new(Config::sample(CONFIG));
    let clock: Arc<dyn Clock> = Arc::new(Manual::new(Timestamp::from_seconds(1_700_000_000)));
    let store: Arc<dyn Store> = Arc::new(Fickle::steady());
    let seal = Seal::new(&SealKey::random()).unwrap();
    let people = People::new(Arc::clone(&store), seal.clone());
    let metrics = Metrics::new(0);
    let sessions = Arc::new(Sessions::new(
        Arc::clone(&store),
        seal.clone(),
        people.clone(),
        Settings::of(&config),
        metrics.clone(),
    ));
    let traces = Traces::new(Arc::clone(&store), seal.clone(), config.logs.traces);
    let drafts = Drafts::sample(&store, &seal, &clock, &config);
    let pipeline = Pipeline::new(pipeline::Parts {
        store: Arc::clone(&store),
        seal,
        clock: Arc::clone(&clock),
        config: Arc::clone(&config),
        providers: std::collections::BTreeMap::new(),
        people: people.clone(),
        drafts: drafts.clone(),
        sessions: Arc::clone(&sessions),
        metrics: metrics.clone(),
        tasks: Tasks::new(),
    });
    let revalidation = Revalidation::new(revalidation::Parts {
        config: Arc::clone(&config),
        clock: Arc::clone(&clock),
        people: people.clone(),
        sessions: Arc::clone(&sessions),
        providers: std::collections::BTreeMap::new(),
        metrics: metrics.clone(),
        tasks: Tasks::new(),
    });
    Admin::new(Parts {
        config,
        clock,
        store,
        traces: Arc::new(traces),
        drafts,
        pipeline,
        people,
        revalidation,
        sessions,
        metrics,
        tasks: Tasks::new(),
        process: Arc::new(Process::new(
            Timestamp::from_seconds(1_700_000_000),
            Reloads::new().0,
        )),
    })
}

async fn ask(
    admin: &Admin,
    door: Door,
    method: Method,
    path: &str,
    host: Option<&str>,
) -> StatusCode {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let response = admin.answer(request, door).await;
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    response.status()
}

#[tokio::test]
async fn inv_50_only_who_asks_for_this_machine_is_answered() {
    let admin = admin();
    let check = async |host, expected| {
        for path in ["/livez", "/readyz", "/healthz", "/metrics", "/nothing"] {
            let status = ask(&admin, Door::Management, Method::GET, path, host).await;
            let refused = status == StatusCode::MISDIRECTED_REQUEST;
            assert_eq!(!refused, expected, "{host:?} {path}");
        }
    };
    for good in [
        "127.0.0.1:9480",
        "localhost",
        "localhost:9480",
        "[::1]:9480",
        "10.1.2.3",
    ] {
        check(Some(good), true).await;
    }
    for bad in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:9480",
        "",
    ] {
        check(Some(bad), false).await;
    }
    check(None, false).await;
}

#[tokio::test]
async fn inv_50_nothing_can_be_changed_and_little_can_be_asked() {
    let admin = admin();
    let local = Some("localhost");
    let get = async |door, path| ask(&admin, door, Method::GET, path, local).await;
    for door in [Door::Management, Door::Socket] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let status = ask(&admin, door, method.clone(), "/livez", local).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
        for path in [
            "/",
            "/livez/",
            "/LIVEZ",
            "//livez",
            "/_sso/login",
            "/debug/pprof",
        ] {
            assert_eq!(get(door, path).await, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert_eq!(
        get(Door::Management, "/status").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(get(Door::Socket, "/status").await, StatusCode::OK);
}

#[tokio::test]
async fn readiness_ends_with_the_draining_and_liveness_does_not() {
    let admin = admin();
    let get = async |path| {
        let (method, host) = (Method::GET, Some("localhost"));
        ask(&admin, Door::Management, method, path, host).await
    };
    assert_eq!(get("/readyz").await, StatusCode::OK);
    admin.0.process.drain();
    assert_eq!(get("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get("/livez").await, StatusCode::OK);
    let request = Request::builder()
        .uri("/readyz")
        .header("host", "localhost");
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let response = admin.answer(request, Door::Management).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"[-]listeners failed\n"), "{body:?}");
}

/// Asks on the socket, with a body if it is a change.
async fn command(admin: &Admin, line: &str, fields: &[(&str, &str)], body: &str) -> (u16, Value) {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    let response = admin
        .answer(request.body(body).unwrap(), Door::Socket)
        .await;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

const LOCAL: (&str, &str) = ("host", "localhost");
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn inv_50_a_command_is_not_what_a_page_could_send() {
    let admin = admin();
    let revoke = "POST /sessions/revoke";
    let all = "{\"all\":true}";
    for (line, fields, body, status) in [
        (revoke, &[LOCAL, JSON][..], all, 200),
        (revoke, &[JSON], all, 421),
        (revoke, &[("host", "evil.example"), JSON], all, 421),
        (revoke, &[LOCAL], all, 415),
        (revoke, &[LOCAL, ("content-type", "text/plain")], all, 415),
        (
            revoke,
            &[LOCAL, JSON, ("origin", "http://localhost")],
            all,
            403,
        ),
        (revoke, &[LOCAL, JSON, ("sec-fetch-site", "none")], all, 403),
        ("GET /sessions/revoke", &[LOCAL, JSON], "", 405),
        ("POST /sessions", &[LOCAL, JSON], all, 405),
        ("GET /sessions", &[LOCAL, ("origin", "null")], "", 403),
        ("GET /sessions", &[LOCAL], "", 200),
        ("GET /providers/dev/test", &[LOCAL, JSON], "", 405),
        ("POST /providers/dev/test", &[LOCAL], "", 415),
        ("DELETE /audit", &[LOCAL, JSON], "", 405),
    ] {
        let (told, view) = command(&admin, line, fields, body).await;
        assert_eq!(told, status, "{line} {fields:?} {view}");
    }
    let local = Some("localhost");
    for path in ["/sessions", "/audit", "/organizations", "/providers"] {
        let status = ask(&admin, Door::Management, Method::GET, path, local).await;
        assert_eq!(
            status,
            StatusCode::NOT_FOUND,
            "{path} is for the socket alone"
        );
    }
}

#[tokio::test]
async fn a_command_that_is_not_understood_ends_nothing() {
    let admin = admin();
    for (body, why) in [
        ("{}", "which sessions"),
        ("{\"all\":false}", "which sessions"),
        ("{\"organisation\":\"acme\"}", "not understood"),
        ("{\"organization\":\"acmee\"}", "no organization `acmee`"),
        ("{\"provider\":\"idp\"}", "no provider `idp`"),
        ("{\"user\":\" \"}", "names nothing"),
        ("{\"all\":true,\"reason\":\"a\\nb\"}", "no line breaks"),
        ("", "not understood"),
    ] {
        let (status, view) = command(&admin, "POST /sessions/revoke", &[LOCAL, JSON], body).await;
        assert_eq!(status, 400, "{body}");
        assert!(
            view["error"].as_str().unwrap().contains(why),
            "{body}: {view}"
        );
    }
    let long = format!("{{\"reason\":\"{}\"}}", "x".repeat(20_000));
    let (status, _) = command(&admin, "POST /sessions/revoke", &[LOCAL, JSON], &long).await;
    assert_eq!(status, 413);
    for (line, status) in [
        ("GET /sessions?org=acme", 400),
        ("GET /sessions?organization=nobody", 400),
        ("GET /audit?before=1&after=2", 400),
        ("GET /audit?limit=many", 400),
        ("GET /organizations/nobody", 404),
        ("GET /organizations/acme", 200),
    ] {
        assert_eq!(
            command(&admin, line, &[LOCAL], "").await.0,
            status,
            "{line}"
        );
    }
    let (status, _) = command(&admin, "POST /providers/nobody/test", &[LOCAL, JSON], "").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_audit_trail_is_read_both_ways_and_in_pieces() {
    let admin = admin();
    for number in 1..=7 {
        let mut batch = crate::store::Batch::new();
        let time = Timestamp::from_seconds(number);
        let kind = crate::audit::Kind::ServerStarted;
        batch.audit(crate::audit::Event::new(
            time,
            kind,
            crate::audit::Actor::System,
        ));
        admin.0.store.commit(batch).await.unwrap();
    }
    let read = async |first: &str, word: &str| {
        let (mut all, mut path) = (Vec::new(), format!("GET /audit?limit=3{first}"));
        loop {
            let (status, page) = command(&admin, &path, &[LOCAL], "").await;
            assert_eq!(status, 200, "{page}");
            let entries = page["entries"].as_array().unwrap().iter();
            all.extend(entries.map(|entry| entry["sequence"].as_u64().unwrap()));
            match page["next"].as_u64() {
                Some(next) => path = format!("GET /audit?limit=3&{word}={next}"),
                None => return all,
            }
        }
    };
    assert_eq!(read("", "before").await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(read("&before=3", "before").await, [2, 1]);
    assert_eq!(read("&after=0", "after").await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(read("&after=5", "after").await, [6, 7]);
    assert!(read("&after=7", "after").await.is_empty());
    let (_, checked) = command(&admin, "GET /audit/check", &[LOCAL], "").await;
    assert_eq!(
        (&checked["entries"], &checked["whole"]),
        (&7.into(), &true.into())
    );
}
