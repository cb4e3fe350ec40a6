//! What the operator sees, and that nobody else does.

use serde_json::Value;

use crate::support::world::{ROUTES, url};
use crate::support::{Line, World};

#[tokio::test]
async fn probes_and_measures_answer_on_the_management_listener() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    assert_eq!(
        world.broker.management("/livez").await.is(200).text(),
        "ok\n"
    );
    assert_eq!(
        world.broker.management("/readyz").await.is(200).text(),
        "ok\n"
    );
    let verbose = world.broker.management("/readyz?verbose").await.text();
    assert!(
        verbose.contains("[+]listeners ok") && verbose.contains("[+]store ok"),
        "{verbose}"
    );
    let health: Value =
        serde_json::from_slice(&world.broker.management("/healthz").await.is(200).body).unwrap();
    assert_eq!(health["ready"], true, "{health}");
    let register = &health["providers"][0];
    assert_eq!(register["redirect_uri"], url("/_sso/callback/acme-idp"));
    assert_eq!(
        register["backchannel_logout_uri"],
        url("/_sso/logout/backchannel/acme-idp")
    );
    let metrics = world.broker.management("/metrics").await;
    assert!(
        metrics
            .field("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    assert!(metrics.text().ends_with("# EOF\n"));
    for missing in ["/", "/admin", "/debug", "/_sso/login", "/status"] {
        world.broker.management(missing).await.is(404);
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn readiness_does_not_depend_on_a_provider_or_an_application() {
    let world = World::with("[upstreams.app]\nurl = \"http://127.0.0.1:1\"\n[organizations.acme]\nproviders = [\"acme-idp\"]\n").await;
    world.acme.answer("/.well-known/openid-configuration", |_| {
        crate::support::Answer::Last(Vec::new())
    });
    let page = world.browser().visit(&url("/")).await;
    assert!(page.status >= 400, "{}", page.head);
    world.broker.management("/readyz").await.is(200);
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_50_the_management_listener_knows_only_this_machine_and_only_reads() {
    let world = World::new().await;
    for (request, status) in [
        ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n", 421),
        (
            "GET /metrics HTTP/1.1\r\nHost: localhost.evil.example\r\n",
            421,
        ),
        ("GET /metrics HTTP/1.1\r\n", 421),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n", 200),
        (
            "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n",
            405,
        ),
        ("DELETE /livez HTTP/1.1\r\nHost: localhost\r\n", 405),
    ] {
        let mut line = Line::open(world.broker.management).await;
        line.send(format!("{request}\r\n")).await;
        line.answer().await.unwrap().is(status);
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_50_none_of_it_exists_on_the_public_listener() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    for path in ["/livez", "/readyz", "/healthz", "/metrics", "/status"] {
        world
            .browser()
            .ask(&format!("GET {path}"), "")
            .await
            .is(401);
        world.application.heard_nothing();
        let theirs = browser.ask(&format!("GET {path}"), "").await;
        assert_eq!(
            theirs.is(200).text(),
            "hello from the application",
            "the path is the application's own"
        );
        world.application.forget();
        for below in [
            format!("/_sso{path}"),
            format!("/_sso/admin{path}"),
            format!("/_sso/debug{path}"),
        ] {
            for method in ["GET", "POST"] {
                let nothing = browser
                    .ask(&format!("{method} {below}"), "Content-Length: 0\r\n")
                    .await;
                assert!(!nothing.is(404).text().contains("doorward_"));
            }
        }
    }
    for path in [
        "/_sso/admin",
        "/_sso/admin/",
        "/_sso/admin/acme",
        "/_sso/admin/organizations",
        "/_sso/debug/pprof",
    ] {
        browser.ask(&format!("GET {path}"), "").await.is(404);
        world
            .browser()
            .ask(&format!("GET {path}"), "")
            .await
            .is(404);
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

/// What one sign-in, one page, two refusals and one look at the keys leave behind.
const COUNTED: [(&str, f64); 22] = [
    (
        "doorward_http_requests_total{route=\"vault\",method=\"GET\",code=\"403\"}",
        1.0,
    ),
    (
        "doorward_http_requests_total{route=\"default\",method=\"POST\",code=\"401\"}",
        1.0,
    ),
    (
        "doorward_http_request_duration_seconds_count{route=\"vault\",method=\"GET\"}",
        1.0,
    ),
    (
        "doorward_upstream_requests_total{upstream=\"app\",code=\"200\"}",
        1.0,
    ),
    (
        "doorward_upstream_request_duration_seconds_count{upstream=\"app\"}",
        1.0,
    ),
    (
        "doorward_logins_started_total{organization=\"acme\",provider=\"acme-idp\"}",
        1.0,
    ),
    (
        "doorward_logins_completed_total{organization=\"acme\",provider=\"acme-idp\",result=\"success\",reason=\"\"}",
        1.0,
    ),
    (
        "doorward_authorization_decisions_total{route=\"vault\",result=\"deny\",reason=\"groups_any\"}",
        1.0,
    ),
    (
        "doorward_sessions_created_total{organization=\"acme\",provider=\"acme-idp\"}",
        1.0,
    ),
    (
        "doorward_provider_requests_total{provider=\"acme-idp\",operation=\"token\",code=\"200\"}",
        1.0,
    ),
    ("doorward_provider_up{provider=\"acme-idp\"}", 1.0),
    (
        "doorward_login_duration_seconds_count{provider=\"acme-idp\"}",
        1.0,
    ),
    (
        "doorward_login_stage_duration_seconds_count{provider=\"acme-idp\",operation=\"discovery\"}",
        1.0,
    ),
    (
        "doorward_provider_last_success_timestamp_seconds{provider=\"acme-idp\"}",
        1_800_000_000.0,
    ),
    ("doorward_assertions_issued_total{upstream=\"app\"}", 1.0),
    (
        "doorward_signing_key_expiry_timestamp_seconds{kind=\"assertion\"}",
        1_803_628_800.0,
    ),
    ("doorward_jwks_requests_total{code=\"200\"}", 1.0),
    ("doorward_audit_events_total{kind=\"session.created\"}", 1.0),
    (
        "doorward_store_errors_total{operation=\"commit\",reason=\"io\"}",
        0.0,
    ),
    ("doorward_audit_write_errors_total", 0.0),
    ("doorward_http_requests_in_flight", 0.0),
    ("doorward_start_time_seconds", 1_800_000_000.0),
];

#[tokio::test]
async fn what_happened_is_counted_under_the_published_names() {
    let world = World::with(ROUTES).await;
    let (browser, _) = world.signed_in().await;
    browser.ask("GET /vault/x", "").await.is(403);
    world
        .browser()
        .ask("POST /", "Content-Length: 0\r\n")
        .await
        .is(401);
    browser.ask("GET /_sso/jwks.json", "").await.is(200);
    for (series, value) in COUNTED {
        let all = world.broker.series().await;
        assert!(all.contains(series), "no {series} in {all:#?}");
        let counted = world.broker.metric(series).await;
        assert!(
            (counted - value).abs() < f64::EPSILON,
            "{series} is {counted}"
        );
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_visitor_who_leaves_is_no_longer_counted_as_in_flight() {
    let world = World::with(ROUTES).await;
    let in_flight = async |wanted: f64| {
        let wait = async {
            while (world
                .broker
                .metric("doorward_http_requests_in_flight")
                .await
                - wanted)
                .abs()
                > f64::EPSILON
            {}
        };
        let came = tokio::time::timeout(crate::support::wire::PATIENCE, wait).await;
        came.unwrap_or_else(|_| panic!("there were never {wanted} requests in flight"));
    };
    world
        .application
        .answer("/open/x", |_| crate::support::Answer::Silence);
    let line = world.browser().open("GET /open/x", "").await;
    in_flight(1.0).await;
    drop(line);
    in_flight(0.0).await;
    world.end(&[]).await;
}

/// A round of requests that try to leave their words in the metrics.
async fn flood(world: &World, word: &str) {
    let browser = world.browser();
    for line in [
        format!("GET /{word}"),
        format!("GET /vault/{word}?{word}"),
        format!("{word} /open/x"),
        format!("GET /_sso/{word}"),
        format!("GET /_sso/login/{word}"),
        format!("GET /_sso/callback/{word}?state={word}&code={word}"),
        format!("GET /_sso/callback/acme-idp?state={word}&code={word}&error={word}"),
        format!("POST /_sso/switch/{word}"),
    ] {
        let more = format!(
            "User-Agent: {word}\r\nX-{word}: x\r\nCookie: __Host-sso={word}\r\nContent-Length: 0\r\n"
        );
        let answer = browser.ask(&line, &more).await;
        assert!(
            (300..500).contains(&answer.status()),
            "{line}: {}",
            answer.head
        );
    }
    let foreign = format!("GET / HTTP/1.1\r\nHost: {word}.example\r\n\r\n");
    let mut line = Line::open(world.broker.address).await;
    line.send(foreign).await;
    line.answer().await.unwrap().is(421);
}

#[tokio::test]
async fn inv_52_no_visitor_makes_a_series_of_their_own() {
    let world = World::with(ROUTES).await;
    flood(&world, "first").await;
    let counted = "doorward_sessions_active{organization=\"acme\"}";
    let before = world.broker.series_with(counted).await;
    for word in ["second", "third", "UPPER", "quite-another-word"] {
        flood(&world, word).await;
    }
    assert_eq!(world.broker.series().await, before);
    let metrics = world.broker.management("/metrics").await.text();
    assert!(!metrics.contains("first") && !metrics.contains("quite-another-word"));
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn before_the_first_event_there_is_a_zero() {
    let world = World::with(ROUTES).await;
    let there = world.broker.series().await;
    let of = "organization=\"acme\",provider=\"acme-idp\"";
    for series in [
        format!("doorward_logins_started_total{{{of}}}"),
        format!("doorward_logins_completed_total{{{of},result=\"success\",reason=\"\"}}"),
        format!("doorward_sessions_created_total{{{of}}}"),
        "doorward_rate_limited_total{kind=\"sign_in\"}".to_owned(),
        "doorward_rate_limited_total{kind=\"logout\"}".to_owned(),
        "doorward_login_loops_total".to_owned(),
        "doorward_audit_write_errors_total".to_owned(),
        "doorward_store_errors_total{operation=\"commit\",reason=\"io\"}".to_owned(),
    ] {
        assert!(there.contains(&series), "no {series} in {there:#?}");
        let counted = world.broker.metric(&series).await;
        assert!(counted.abs() < f64::EPSILON, "{series} is {counted}");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn a_download_is_in_flight_until_its_last_byte() {
    let world = World::with(ROUTES).await;
    let (send, parts) = tokio::sync::mpsc::channel(4);
    let once = std::sync::Mutex::new(Some(parts));
    world.application.answer("/open/x", move |_| {
        crate::support::Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    send.try_send(head.into()).unwrap();
    let mut line = world.browser().open("GET /open/x", "").await;
    line.until("first\r\n").await;
    let in_flight = async || {
        world
            .broker
            .metric("doorward_http_requests_in_flight")
            .await
    };
    assert!((in_flight().await - 1.0).abs() < f64::EPSILON);
    send.try_send(b"0\r\n\r\n".to_vec()).unwrap();
    line.until("0\r\n\r\n").await;
    assert!(in_flight().await.abs() < f64::EPSILON);
    world.end(&[]).await;
}

#[tokio::test]
async fn one_reference_leads_from_the_page_to_the_log() {
    let world = World::with_logs(&format!("{ROUTES}[logs]\naccess = true\n"), "info").await;
    let (browser, _) = world.signed_in().await;
    let page = browser
        .ask(
            "GET /vault/x?secret=of-the-query",
            "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n",
        )
        .await;
    let reference = page.is(403).field("sso-reference").unwrap();
    assert!(page.text().contains(reference), "{}", page.text());
    let program = browser.ask("GET /vault/x", "").await;
    let other = program.is(403).field("sso-reference").unwrap();
    let told: Value = serde_json::from_slice(&program.body).unwrap();
    assert_eq!(told["reference"], other, "{told}");
    assert_ne!(other, reference);
    for reference in [reference, other] {
        let records = world.logs.with_reference(reference);
        let refused = record(&records, "a request was refused");
        for (field, value) in [
            ("code", "not-allowed-here"),
            ("route", "vault"),
            ("method", "GET"),
            ("organization", "acme"),
            ("provider", "acme-idp"),
            ("client", "127.0.0.1"),
        ] {
            assert_eq!(refused[field], value, "{refused}");
        }
        assert_eq!(refused["status"], 403);
        record(&records, "answered");
    }
    browser.ask("GET /", "").await.is(200);
    let sent_on = world.application.last();
    let sent_on = world
        .logs
        .with_reference(sent_on.field("sso-reference").unwrap());
    let answered = record(&sent_on, "answered");
    assert_eq!(
        (&answered["route"], &answered["status"]),
        (&"default".into(), &200.into())
    );
    assert_eq!(answered["organization"], "acme");
    let all = world.logs.text();
    for private in ["ada@acme.com", "of-the-query", "Lovelace"] {
        assert!(!all.contains(private), "{private} in {all}");
    }
    world.end(&[&browser]).await;
}

/// The one record with this message.
#[track_caller]
fn record<'a>(records: &'a [Value], message: &str) -> &'a Value {
    let mut those = records.iter().filter(|it| it["message"] == message);
    let first = those.next();
    assert!(
        first.is_some() && those.next().is_none(),
        "{message}: {records:?}"
    );
    first.unwrap()
}

#[tokio::test]
async fn unless_asked_for_only_refusals_and_sign_ins_have_a_line() {
    let world = World::with_logs(ROUTES, "info").await;
    let (browser, _) = world.signed_in().await;
    assert!(world.logs.text().contains("signed in"));
    browser.ask("GET /", "").await.is(200);
    let sent_on = world.application.last();
    let reference = sent_on.field("sso-reference").unwrap();
    assert!(world.logs.with_reference(reference).is_empty());
    let refused = browser.ask("GET /vault/x", "").await;
    let reference = refused.is(403).field("sso-reference").unwrap();
    record(
        &world.logs.with_reference(reference),
        "a request was refused",
    );
    world.end(&[&browser]).await;
}
