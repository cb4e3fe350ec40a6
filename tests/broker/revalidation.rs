//! Asking again: what a provider says or does not say, without anybody's traffic, and what follows for who is signed in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::idp::{Withholds, ada, grace};
use crate::support::wire::{Answer, Heard, until};
use crate::support::world::{CLIENT_SECRET, ONE, url};
use crate::support::{Browser, World};

const HOUR: Duration = Duration::from_secs(3600);

/// Acme's provider hands out refresh tokens, and is asked every hour.
async fn world(more: &str) -> World {
    world_by("refresh_token", more).await
}

async fn world_by(method: &str, more: &str) -> World {
    let file = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"{method}\"\n{ONE}{more}"
    );
    World::with(&file).await
}

/// Waits until the provider has been asked so many times in all, and what it said counts.
async fn asked(world: &World, times: usize) {
    until("the provider is asked", || {
        world.acme.refreshed().len() >= times
    })
    .await;
}

async fn checks(world: &World, result: &str, reason: &str) -> f64 {
    let labels = format!("provider=\"acme-idp\",result=\"{result}\",reason=\"{reason}\"");
    let series = format!("doorward_identity_checks_total{{{labels}}}");
    world.broker.metric(&series).await
}

async fn counted(world: &World, result: &str, reason: &str, times: f64) {
    for _ in 0..2_000 {
        if checks(world, result, reason).await >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never counted: {result} {reason}");
}

async fn is_in(browser: &mut Browser) -> u16 {
    browser.fetch(&url("/")).await.status
}

fn oauth_error(status: u16, code: &str) -> Answer {
    Answer::new(
        status,
        "application/json",
        &json!({ "error": code }).to_string(),
    )
}

#[tokio::test]
async fn inv_41_a_person_is_asked_about_every_hour_without_their_traffic() {
    let world = world("").await;
    let (mut browser, _) = world.signed_in().await;
    for hour in 1..=3 {
        world.later(HOUR);
        counted(&world, "valid", "", f64::from(hour)).await;
    }
    let refreshed = world.acme.refreshed();
    assert_eq!(refreshed.len(), 3, "once an hour");
    let tokens: Vec<String> = refreshed
        .iter()
        .map(|heard| heard.form()["refresh_token"].clone())
        .collect();
    assert!(
        tokens[0] != tokens[1] && tokens[1] != tokens[2],
        "each time with the token that came last"
    );
    assert_eq!(is_in(&mut browser).await, 200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_is_revoked_at_the_provider_is_out_and_comes_back_only_by_signing_in() {
    let world = world("").await;
    let (mut browser, _) = world.signed_in().await;
    let mut old = browser.clone();
    world.acme.revoke_all();
    world.later(HOUR);
    counted(&world, "invalid", "invalid_grant", 1.0).await;
    until("the session ends", || {
        world.logs.text().contains("an identity counts no more")
    })
    .await;
    assert_eq!(is_in(&mut browser).await, 401);
    world.application.heard_nothing();
    let ended = "doorward_sessions_ended_total{organization=\"acme\",reason=\"identity_invalid\"}";
    assert!((world.broker.metric(ended).await - 1.0).abs() < f64::EPSILON);
    // It is said once; then the way to sign in is open.
    let page = browser.visit(&url("/")).await;
    assert_eq!((page.status, page.kind()), (403, Some("identity-invalid")));
    assert!(page.text.contains("no longer active"), "{}", page.text);
    assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    world.application.heard_nothing();
    // When, why, and the one way out: a sign-in at the same provider.
    for text in ["It was asked again at ", "access is withdrawn there"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let again = "href=\"/_sso/login/acme?via=acme-idp\"";
    assert!(page.text.contains(again), "{}", page.text);
    let again = url("/_sso/login/acme?via=acme-idp");
    browser.visit(&again).await.is(200);
    assert_eq!(is_in(&mut old).await, 401, "what ended stays ended");
    world.later(HOUR);
    counted(&world, "valid", "", 1.0).await;
    world.end(&[&browser, &old]).await;
}

/// The account may be as good as ever, and only its address not vouched for.
#[tokio::test]
async fn who_is_out_is_told_when_and_why_and_goes_on_once_the_provider_says_yes() {
    let world = world("allow = { email_domains = [\"acme.com\"] }\n").await;
    let (mut browser, _) = world.signed_in().await;
    let mut doubted = ada();
    doubted["email_verified"] = json!(false);
    world.acme.person(doubted);
    world.later(HOUR);
    counted(&world, "invalid", "email_unverified", 1.0).await;
    until("the session ends", || {
        world.logs.text().contains("an identity counts no more")
    })
    .await;
    let page = browser.visit(&url("/reports")).await;
    assert_eq!((page.status, page.kind()), (403, Some("identity-invalid")));
    for text in [
        "Your access through ",
        "It was asked again at ",
        "no longer vouches for your e-mail address",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let again = "/_sso/login/acme?rd=%2Freports&amp;via=acme-idp\"";
    assert!(page.text.contains(again), "{}", page.text);
    // Checking again asks the provider itself, and tells what it says.
    let again = url("/_sso/login/acme?rd=%2Freports&via=acme-idp");
    let page = browser.visit(&again).await;
    assert_eq!((page.status, page.kind()), (403, Some("email-unverified")));
    world.application.heard_nothing();
    world.acme.person(ada());
    let page = browser.visit(&again).await;
    assert_eq!(page.is(200).path(), "/reports");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_a_provider_says_of_its_no_is_in_the_log_without_what_was_sent() {
    let world = world("").await;
    let (browser, _) = world.signed_in().await;
    world.acme.on_refresh(|heard| {
        let token = &heard.form()["refresh_token"];
        let why = format!("the account of ada@acme.com behind {token} was disabled");
        let error = json!({ "error": "invalid_grant", "error_description": why });
        Answer::new(400, "application/json", &error.to_string())
    });
    world.later(HOUR);
    counted(&world, "invalid", "invalid_grant", 1.0).await;
    let logs = world.logs.text();
    assert!(
        logs.contains("the account of … behind … was disabled"),
        "{logs}"
    );
    assert!(
        logs.contains("idp.error=\"invalid_grant\"")
            || logs.contains("\"idp.error\":\"invalid_grant\""),
        "{logs}"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn identities_and_sessions_are_counted_by_how_they_stand() {
    let world = world("").await;
    let (browser, _) = world.signed_in().await;
    let socket = world.broker.socket();
    let _: Value = socket
        .post("/identities/block", &json!({ "user": "ada@acme.com" }))
        .await
        .unwrap();
    world.acme.person(grace());
    let (grace, _) = world.signed_in().await;
    // They are counted at the start, and again every few seconds.
    let world = world.restart().await;
    let identities = |state| {
        format!(
            "doorward_identities{{organization=\"acme\",provider=\"acme-idp\",state=\"{state}\"}}"
        )
    };
    let series = world.broker.series_with(&identities("blocked")).await;
    assert!(series.contains(&identities("valid")), "{series:?}");
    let active = "doorward_sessions_active{organization=\"acme\"}";
    world.broker.series_with(active).await;
    for (series, count) in [
        (identities("blocked"), 1.0),
        (identities("valid"), 1.0),
        (active.to_owned(), 1.0),
    ] {
        assert!(
            (world.broker.metric(&series).await - count).abs() < f64::EPSILON,
            "{series}"
        );
    }
    let status: Value = world.broker.socket().get("/status").await.unwrap();
    assert_eq!(
        status["identities"],
        json!({ "blocked": 1, "valid": 1 }),
        "{status}"
    );
    assert_eq!(status["organizations"][0]["sessions"], 1, "{status}");
    world.end(&[&browser, &grace]).await;
}

#[tokio::test]
async fn inv_40_a_definite_no_cuts_what_is_open() {
    let world = world("").await;
    let (mut browser, _) = world.signed_in().await;
    // The application goes on for as long as this is held.
    let senders = Arc::new(Mutex::new(Vec::new()));
    let open = Arc::clone(&senders);
    world.application.answer("/events", move |_| {
        let (send, parts) = mpsc::channel(4);
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n";
        send.try_send(head.to_vec()).unwrap();
        open.lock().unwrap().push(send);
        Answer::Stream(parts)
    });
    let cookies = browser.cookie_field("app.example.com");
    let request =
        format!("GET /events HTTP/1.1\r\nHost: app.example.com\r\nCookie: {cookies}\r\n\r\n");
    let stream = world.broker.raw(&request);
    let story = async {
        until("the stream is open", || {
            !world.application.heard().is_empty()
        })
        .await;
        world.acme.revoke_all();
        world.later(HOUR);
    };
    let (received, ()) = tokio::join!(stream, story);
    assert!(received.contains("data: 1"), "{received}");
    assert!(
        !received.ends_with("0\r\n\r\n"),
        "it does not look complete"
    );
    assert_eq!(
        senders.lock().unwrap().len(),
        1,
        "the application would have gone on"
    );
    let cut = "doorward_stream_cut_duration_seconds_count{route=\"default\"}";
    assert!((world.broker.metric(cut).await - 1.0).abs() < f64::EPSILON);
    world.application.forget();
    assert_eq!(is_in(&mut browser).await, 401);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_43_an_outage_ends_access_exactly_when_the_grace_is_over_and_not_before() {
    let world = world(
        "[revalidation]\ninterval = \"1h\"\ngrace = \"2h\"\n[sessions]\nidle_timeout = \"20h\"\n",
    )
    .await;
    let (mut browser, _) = world.signed_in().await;
    world
        .acme
        .on_refresh(|_| Answer::new(503, "text/plain", "down"));
    world.later(HOUR);
    counted(&world, "error", "status", 1.0).await;
    world.later(2 * HOUR - Duration::from_secs(1));
    assert_eq!(is_in(&mut browser).await, 200, "one second before");
    world.application.forget();
    world.later(Duration::from_secs(1));
    let page = browser.get(&url("/")).await;
    assert_eq!(
        (page.status, page.kind()),
        (503, Some("identity-unverified"))
    );
    assert!(page.text.contains("It is asked again at"), "{}", page.text);
    assert_eq!(is_in(&mut browser).await, 503);
    world.application.heard_nothing();
    world.acme.refreshes();
    world.later(HOUR);
    // A question of before may have got its answer only now: the next turn is a quarter of an hour away then. Time waits for
    // a question that is under way, or it would be overtaken again and again.
    'turns: for _ in 0..12 {
        for _ in 0..100 {
            if checks(&world, "valid", "").await >= 1.0 {
                break 'turns;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.later(HOUR / 4);
    }
    counted(&world, "valid", "", 1.0).await;
    assert_eq!(is_in(&mut browser).await, 200, "the same session goes on");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_43_two_hours_without_the_provider_lose_nobody() {
    let world = world("[revalidation]\ninterval = \"1h\"\ngrace = \"4h\"\n").await;
    let mut people = Vec::new();
    for number in 0..20 {
        let person = json!({ "sub": format!("person-{number}"), "email": format!("p{number}@acme.com"), "email_verified": true });
        world.acme.person(person);
        people.push(world.signed_in().await.0);
    }
    world.acme.on_refresh(|_| Answer::Last(Vec::new()));
    world.later(HOUR);
    for quarter in 1..=8 {
        counted(&world, "error", "unreachable", f64::from(quarter)).await;
        for person in &mut people {
            assert_eq!(is_in(person).await, 200);
        }
        world.later(HOUR / 4);
    }
    world.acme.refreshes();
    // The sweep tries with one and goes on with all. Whose question the moving clock overtook has another turn.
    for _ in 0..5 {
        world.later(HOUR / 4);
        for _ in 0..200 {
            if checks(&world, "valid", "").await >= 20.0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert!(
        checks(&world, "valid", "").await >= 20.0,
        "all are confirmed"
    );
    let listed: Value = world
        .broker
        .socket()
        .get("/identities?state=valid")
        .await
        .unwrap();
    assert_eq!(
        listed["identities"].as_array().unwrap().len(),
        20,
        "{listed:#}"
    );
    for person in &mut people {
        assert_eq!(is_in(person).await, 200, "the same session goes on");
    }
    world.end(&people.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn where_no_answer_blocks_the_first_one_does_and_the_next_answer_opens() {
    let world = world("[revalidation]\non_error = \"block\"\n").await;
    let (mut browser, _) = world.signed_in().await;
    world
        .acme
        .on_refresh(|_| Answer::new(500, "text/plain", "down"));
    world.later(HOUR);
    counted(&world, "error", "status", 1.0).await;
    for _ in 0..500 {
        if is_in(&mut browser).await == 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.application.forget();
    assert_eq!(is_in(&mut browser).await, 503);
    world.application.heard_nothing();
    world.acme.refreshes();
    world.later(Duration::from_secs(120));
    counted(&world, "valid", "", 1.0).await;
    assert_eq!(is_in(&mut browser).await, 200);
    world.end(&[&browser]).await;
}

#[expect(clippy::too_many_lines, reason = "a table: one row for each answer")]
#[tokio::test]
async fn every_answer_means_what_the_table_says() {
    type Make = fn(&Heard) -> Answer;
    let rows: [(&str, Make, &str, &str); 14] = [
        (
            "200 unreadable",
            |_| Answer::new(200, "application/json", "{\"access"),
            "error",
            "unreadable",
        ),
        (
            "200 HTML",
            |_| Answer::new(200, "text/html", "<h1>"),
            "error",
            "unreadable",
        ),
        (
            "400 invalid_grant",
            |_| oauth_error(400, "invalid_grant"),
            "invalid",
            "invalid_grant",
        ),
        (
            "400 other",
            |_| oauth_error(400, "slow_down"),
            "error",
            "status",
        ),
        (
            "400 without a code",
            |_| Answer::new(400, "text/plain", "invalid_grant"),
            "error",
            "status",
        ),
        (
            "401",
            |_| Answer::new(401, "text/plain", ""),
            "error",
            "connection",
        ),
        (
            "401 invalid_client",
            |_| oauth_error(401, "invalid_client"),
            "error",
            "connection",
        ),
        (
            "403",
            |_| Answer::new(403, "text/plain", "no"),
            "error",
            "status",
        ),
        (
            "429",
            |_| Answer::with(429, "Retry-After: 120\r\n", ""),
            "error",
            "rate_limited",
        ),
        (
            "500",
            |_| Answer::new(500, "text/plain", "invalid_grant"),
            "error",
            "status",
        ),
        (
            "a redirect",
            |_| Answer::redirect("http://127.0.0.1:1/"),
            "error",
            "status",
        ),
        (
            "too large",
            |_| Answer::new(200, "application/json", &"x".repeat(2 << 20)),
            "error",
            "unreadable",
        ),
        (
            "closed",
            |_| Answer::Last(Vec::new()),
            "error",
            "unreachable",
        ),
        ("silence", |_| Answer::Silence, "error", "timeout"),
    ];
    for (name, answer, result, reason) in rows {
        let world = world("[revalidation]\ntimeout = \"300ms\"\n").await;
        let (mut browser, _) = world.signed_in().await;
        world.acme.on_refresh(answer);
        world.later(HOUR);
        counted(&world, result, reason, 1.0).await;
        if result == "error" {
            assert_eq!(
                is_in(&mut browser).await,
                200,
                "{name}: no answer ends nothing"
            );
        } else {
            until(name, || world.logs.text().contains("counts no more")).await;
            assert_eq!(is_in(&mut browser).await, 401, "{name}");
        }
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn who_is_no_longer_in_the_group_is_out() {
    let world = world("allow = { groups_any = [\"it-admins\"] }\n").await;
    let (mut browser, _) = world.signed_in().await;
    let mut left = ada();
    left["groups"] = json!(["engineers"]);
    world.acme.person(left);
    world.later(HOUR);
    counted(&world, "invalid", "groups_any", 1.0).await;
    until("the session ends", || {
        world.logs.text().contains("counts no more")
    })
    .await;
    assert_eq!(is_in(&mut browser).await, 401);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn new_attributes_reach_the_application() {
    let world = world("").await;
    let (mut browser, _) = world.signed_in().await;
    let mut moved = ada();
    moved["groups"] = json!(["directors"]);
    world.acme.person(moved);
    world.later(HOUR);
    counted(&world, "valid", "", 1.0).await;
    for _ in 0..500 {
        assert_eq!(is_in(&mut browser).await, 200);
        if world.application.last().field("remote-groups") == Some("directors") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        world.application.last().field("remote-groups"),
        Some("directors")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_a_no() {
    let world = world("").await;
    let (mut browser, _) = world.signed_in().await;
    world
        .acme
        .tweak(|claims: &mut Value| claims["sub"] = json!("somebody else"));
    world.later(HOUR);
    counted(&world, "invalid", "subject_changed", 1.0).await;
    until("the session ends", || {
        world.logs.text().contains("counts no more")
    })
    .await;
    assert_eq!(is_in(&mut browser).await, 401);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_changed_client_secret_blames_nobody_and_pauses_the_sweep() {
    let world = world("").await;
    let mut browsers = Vec::new();
    for number in 0..5 {
        world.acme.person(json!({ "sub": format!("person-{number}"), "email": format!("p{number}@acme.com"), "email_verified": true }));
        browsers.push(world.signed_in().await.0);
    }
    world
        .acme
        .on_refresh(|_| oauth_error(401, "invalid_client"));
    world.later(HOUR);
    counted(&world, "error", "connection", 1.0).await;
    let degraded = "doorward_provider_degraded{provider=\"acme-idp\"}";
    assert!((world.broker.metric(degraded).await - 1.0).abs() < f64::EPSILON);
    assert_eq!(state_of_acme(&world).await, "degraded");
    for browser in &mut browsers {
        assert_eq!(is_in(browser).await, 200);
    }
    world.acme.refreshes();
    world.later(Duration::from_secs(300));
    counted(&world, "valid", "", 5.0).await;
    assert!(world.broker.metric(degraded).await.abs() < f64::EPSILON);
    assert_eq!(state_of_acme(&world).await, "up");
    world.end(&[]).await;
}

/// What operators are told of the provider.
async fn state_of_acme(world: &World) -> String {
    let told = world.broker.management("/healthz").await;
    let report: Value = serde_json::from_slice(&told.is(200).body).unwrap();
    let providers = report["providers"].as_array().unwrap();
    let acme = providers.iter().find(|one| one["id"] == "acme-idp");
    acme.unwrap()["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn inv_42_a_renewed_token_is_durable_and_the_old_one_is_never_shown_again() {
    let world = world("").await;
    let (browser, _) = world.signed_in().await;
    world.later(HOUR);
    counted(&world, "valid", "", 1.0).await;
    let world = world.restart().await;
    world.later(HOUR);
    asked(&world, 2).await;
    let refreshed = world.acme.refreshed();
    let tokens: Vec<String> = refreshed
        .iter()
        .map(|heard| heard.form()["refresh_token"].clone())
        .collect();
    assert_ne!(tokens[0], tokens[1]);
    counted(&world, "valid", "", 1.0).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_42_a_clock_that_jumps_past_a_lease_shows_no_token_twice() {
    let world = world("").await;
    let (ada, _) = world.signed_in().await;
    world.acme.person(grace());
    let (grace, _) = world.signed_in().await;
    let (hang_up, silence) = mpsc::channel(1);
    let silence = Mutex::new(Some(silence));
    world
        .acme
        .on_refresh(move |_| match silence.lock().unwrap().take() {
            Some(silence) => Answer::Stream(silence),
            None => oauth_error(503, "temporarily_unavailable"),
        });
    let token = |heard: &Heard| heard.form()["refresh_token"].clone();
    let shown = |first: &str| {
        world
            .acme
            .refreshed()
            .iter()
            .filter(|it| token(it) == first)
            .count()
    };
    world.later(HOUR);
    asked(&world, 2).await;
    let unanswered = token(&world.acme.refreshed()[0]);
    for times in 3..6 {
        // The other one is asked again meanwhile: the worker is at work. When it has heard the answer before, and so when the next
        // turn is, shows nowhere: time goes on until then.
        world.later(Duration::from_secs(20 * 60));
        until("the other one is asked again", || {
            world.later(Duration::from_secs(60));
            world.acme.refreshed().len() >= times
        })
        .await;
        assert_eq!(shown(&unanswered), 1, "its question is not over");
    }
    drop(hang_up);
    until("it is asked about again", || {
        world.later(Duration::from_secs(60));
        shown(&unanswered) == 2
    })
    .await;
    world.end(&[&ada, &grace]).await;
}

#[tokio::test]
async fn after_a_day_of_downtime_everybody_is_asked_and_nobody_is_lost() {
    let world = world("[sessions]\nidle_timeout = \"48h\"\nabsolute_timeout = \"72h\"\n[revalidation]\nconcurrency = 2\n").await;
    let mut browsers = Vec::new();
    for number in 0..12 {
        world.acme.person(json!({ "sub": format!("person-{number}"), "email": format!("p{number}@acme.com"), "email_verified": true }));
        browsers.push(world.signed_in().await.0);
    }
    let world = world.restart_after(24 * HOUR).await;
    counted(&world, "valid", "", 12.0).await;
    assert_eq!(world.acme.refreshed().len(), 12, "each once");
    for browser in &mut browsers {
        browser.now_at(world.broker.address);
        assert_eq!(is_in(browser).await, 200);
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn a_missing_refresh_token_is_asked_for_once_with_consent() {
    let world = world("").await;
    world.acme.withhold(Withholds::WithoutConsent);
    let (browser, page) = world.signed_in().await;
    assert_eq!(page.path(), "/");
    let asked = world.acme.heard("/authorize");
    let prompts: Vec<Option<String>> = asked
        .iter()
        .map(|heard| heard.query().get("prompt").cloned())
        .collect();
    assert_eq!(prompts, [None, Some("consent".to_owned())]);
    let completed = world.broker.management("/metrics").await;
    let completed = String::from_utf8(completed.body).unwrap();
    let completed = completed
        .lines()
        .filter(|line| line.starts_with("doorward_logins_completed_total{"));
    assert_eq!(completed.count(), 1, "one sign-in, and it succeeded");
    world.later(HOUR);
    counted(&world, "valid", "", 1.0).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn whoever_is_asked_for_consent_gets_what_they_had_asked_for() {
    let world = world("").await;
    world.acme.withhold(Withholds::WithoutConsent);
    let mut browser = world.browser();
    let door = "/_sso/login/acme?rd=/reports&prompt=select_account&login_hint=ada@acme.com";
    assert_eq!(browser.visit(&url(door)).await.is(200).path(), "/reports");
    let asked = world.acme.heard("/authorize");
    assert_eq!(asked.len(), 2);
    let again = asked[1].query();
    assert_eq!(again["prompt"], "select_account consent");
    assert_eq!(again["login_hint"], "ada@acme.com");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn where_no_refresh_token_ever_comes_the_sign_in_fails_plainly() {
    let world = world("").await;
    world.acme.withhold(Withholds::Always);
    let mut browser = world.browser();
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.kind(), Some("provider-misconfigured"));
    assert_eq!(
        world.acme.heard("/authorize").len(),
        2,
        "asked once more, and not again"
    );
    assert!(world.logs.text().contains("no refresh token came"));
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn people_can_be_asked_about_at_userinfo_and_by_introspection_too() {
    for (method, path, reason) in [
        ("userinfo", "/userinfo", "token_refused"),
        ("introspection", "/introspect", "inactive"),
    ] {
        let world = world_by(method, "").await;
        let (mut browser, _) = world.signed_in().await;
        let before = world.acme.heard(path).len();
        world.later(HOUR);
        counted(&world, "valid", "", 1.0).await;
        assert_eq!(world.acme.heard(path).len(), before + 1);
        assert!(world.acme.refreshed().is_empty());
        assert_eq!(is_in(&mut browser).await, 200);
        world
            .acme
            .answer(path, |_| Answer::new(502, "text/plain", "down"));
        world.later(HOUR);
        counted(&world, "error", "status", 1.0).await;
        assert_eq!(
            is_in(&mut browser).await,
            200,
            "{method}: no answer ends nothing"
        );
        let refused = reason == "token_refused";
        world.acme.answer(path, move |_| match refused {
            true => Answer::with(
                401,
                "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n",
                "",
            ),
            false => Answer::json(&json!({ "active": false })),
        });
        world.later(HOUR);
        counted(&world, "invalid", reason, 1.0).await;
        until(method, || world.logs.text().contains("counts no more")).await;
        assert_eq!(is_in(&mut browser).await, 401);
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn an_answer_of_introspection_about_somebody_else_or_about_nothing_is_told_apart() {
    for (answer, result, reason) in [
        (
            json!({ "active": true, "sub": "somebody else" }),
            "invalid",
            "subject_changed",
        ),
        (json!({ "active": "true" }), "error", "unreadable"),
        (json!({}), "error", "unreadable"),
    ] {
        let world = world_by("introspection", "").await;
        let (browser, _) = world.signed_in().await;
        world
            .acme
            .answer("/introspect", move |_| Answer::json(&answer));
        world.later(HOUR);
        counted(&world, result, reason, 1.0).await;
        world.end(&[&browser]).await;
    }
}
