//! What the page, the metrics and the audit trail say of the same thing: the same.

use doorward::audit::{Actor, Event};
use serde_json::json;
use std::time::Duration;

use crate::support::idp::{ada, grace};
use crate::support::wire::Answer;
use crate::support::world::{ROUTES, TWO, url};
use crate::support::{Browser, Page, World};

/// One line of the trail as far as a story can foresee it: event, kind of actor, organization, reason, reference.
type Line = (String, &'static str, Option<String>, String, String);

fn line(event: &Event) -> Line {
    let actor = match &event.actor {
        Actor::Account(_) => "account",
        Actor::Visitor => "visitor",
        Actor::System => "system",
        Actor::Operator => "operator",
        Actor::SetupLink => "setup_link",
    };
    (
        event.kind.name(),
        actor,
        event.organization.clone(),
        event.reason.clone().unwrap_or_default(),
        event.reference.clone().unwrap_or_default(),
    )
}

/// What one of `acme` in that trail looks like.
fn of_acme(event: &str, actor: &'static str, reason: &str, reference: &str) -> Line {
    let organization = Some("acme".to_owned());
    (
        event.to_owned(),
        actor,
        organization,
        reason.to_owned(),
        reference.to_owned(),
    )
}

fn of_nobody(event: &str) -> Line {
    let nothing = String::new();
    (event.to_owned(), "system", None, nothing.clone(), nothing)
}

fn reference(page: &Page) -> &str {
    page.field("sso-reference").unwrap()
}

/// Holds that `page` has this code, and that the metrics say so too: so many in all.
async fn ended(world: &World, page: &Page, result: &str, code: &str, count: f64) {
    assert_eq!(page.kind(), Some(code), "{}", page.text);
    let of = "organization=\"acme\",provider=\"acme-idp\"";
    let series =
        format!("doorward_logins_completed_total{{{of},result=\"{result}\",reason=\"{code}\"}}");
    let counted = world.broker.metric(&series).await;
    assert!(
        (counted - count).abs() < f64::EPSILON,
        "{series} is {counted}"
    );
}

/// How a sign-in ends: result, code, how many such there are then, the actor and the reason in the trail.
type Ending<'a> = (&'a str, &'a str, f64, &'static str, &'a str);

/// Somebody tries, and it ends like this on the page and in the metrics; the trail is to say so too.
async fn attempt(world: &World, trail: &mut Vec<Line>, ending: Ending<'_>) {
    let (result, code, count, actor, reason) = ending;
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    let page = browser.get(&callback).await;
    ended(world, &page, result, code, count).await;
    let event = format!("login.{result}");
    trail.push(of_acme(&event, actor, reason, reference(&page)));
}

/// Acme with a rule of its own, and a vault.
fn file() -> String {
    let rule = "providers = [\"acme-idp\"]\nallow = { groups_any = [\"it-admins\"] }\n";
    ROUTES.replacen("providers = [\"acme-idp\"]\n", rule, 1)
}

#[tokio::test]
async fn page_metrics_and_trail_agree_on_how_a_sign_in_ended() {
    let world = World::with(&file()).await;
    let mut trail = vec![of_nobody("server.started")];
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    let page = browser.get(&callback).await;
    for event in ["login.succeeded", "identity.linked", "session.created"] {
        trail.push(of_acme(event, "account", "", reference(page.is(303))));
    }

    let denied = ("denied", "account-not-allowed");
    world.acme.person(grace());
    let of_stranger = (denied.0, denied.1, 1.0, "visitor", "groups_any");
    attempt(&world, &mut trail, of_stranger).await;
    let mut changed = ada();
    changed["groups"] = json!(["nobody"]);
    world.acme.person(changed);
    let of_ada = (denied.0, denied.1, 2.0, "account", "groups_any");
    attempt(&world, &mut trail, of_ada).await;
    world.acme.person(ada());

    for (error, result, code) in [
        ("access_denied", "cancelled", "login-cancelled"),
        ("blocked_by_policy", "denied", "provider-refused"),
        ("temporarily_unavailable", "failed", "provider-unreachable"),
        ("invalid_scope", "failed", "provider-misconfigured"),
    ] {
        world.acme.refuse(error);
        attempt(&world, &mut trail, (result, code, 1.0, "visitor", code)).await;
    }
    world.acme.grant();
    world
        .acme
        .tweak(|claims| claims["nonce"] = json!("of another run"));
    let code = "provider-misconfigured";
    attempt(&world, &mut trail, ("failed", code, 2.0, "visitor", code)).await;

    let told = world.trail(&[&browser]).await;
    trail.push(of_nobody("server.stopped"));
    compare(&told, &trail);
    let known = told
        .iter()
        .filter(|event| event.kind.name() == "login.denied")
        .nth(1);
    let linked = told
        .iter()
        .find(|event| event.kind.name() == "identity.linked");
    let (known, linked) = (known.unwrap(), linked.unwrap());
    assert_eq!(
        (&known.actor, &known.target),
        (&linked.actor, &linked.target)
    );
    assert!(
        told.iter()
            .all(|event| event.provider.is_some() == event.organization.is_some())
    );
}

/// The trail without the signing keys.
#[track_caller]
fn compare(told: &[Event], expected: &[Line]) {
    let told: Vec<Line> = told.iter().map(line).collect();
    let told: Vec<&Line> = told
        .iter()
        .filter(|line| !line.0.starts_with("key."))
        .collect();
    assert_eq!(told, expected.iter().collect::<Vec<_>>());
    let text = format!("{told:?}");
    assert!(!text.contains('@'), "no address of a person: {text}");
}

#[tokio::test]
async fn an_answer_that_is_not_followed_up_is_told_too() {
    let world = World::new().await;
    let mut trail = vec![of_nobody("server.started")];
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;

    let page = world.browser().get(&callback).await;
    ended(&world, &page, "failed", "cookies-blocked", 1.0).await;
    trail.push(of_acme(
        "login.failed",
        "visitor",
        "cookies-blocked",
        reference(&page),
    ));

    let mut stranger = world.browser();
    stranger.get(&url("/_sso/login/acme")).await;
    let page = stranger.get(&callback).await;
    ended(&world, &page, "failed", "login-expired", 1.0).await;
    trail.push(of_acme(
        "login.failed",
        "visitor",
        "login-expired",
        reference(&page),
    ));

    world.later(Duration::from_secs(601));
    let page = browser.get(&callback).await;
    ended(&world, &page, "failed", "login-expired", 2.0).await;
    trail.push(of_acme(
        "login.failed",
        "visitor",
        "login-expired",
        reference(&page),
    ));

    // An answer that no run of ours fits is counted, for no organization, and is in no trail.
    let page = browser
        .get(&url("/_sso/callback/acme-idp?state=unknown&code=x"))
        .await;
    assert_eq!(page.kind(), Some("login-expired"));
    let nobodys = "doorward_logins_completed_total{organization=\"\",provider=\"acme-idp\",result=\"failed\",reason=\"login-expired\"}";
    assert!((world.broker.metric(nobodys).await - 1.0).abs() < f64::EPSILON);

    let told = world.trail(&[&browser]).await;
    trail.push(of_nobody("server.stopped"));
    compare(&told, &trail);
}

#[tokio::test]
async fn a_used_answer_is_counted_once_and_a_repeated_one_is_a_recovery() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    let mut without_session = browser.clone();
    browser.get(&callback).await.is(303);
    assert_eq!(
        browser.get(&callback).await.is(303).field("location"),
        Some("/reports")
    );
    let page = without_session.get(&callback).await;
    assert_eq!(page.kind(), Some("login-expired"));
    let of = "organization=\"acme\",provider=\"acme-idp\"";
    for (series, count) in [
        (format!("doorward_logins_started_total{{{of}}}"), 1.0),
        (
            format!("doorward_logins_completed_total{{{of},result=\"success\",reason=\"\"}}"),
            1.0,
        ),
        (
            format!(
                "doorward_logins_completed_total{{{of},result=\"failed\",reason=\"login-expired\"}}"
            ),
            0.0,
        ),
        (
            "doorward_login_recoveries_total{reason=\"already_done\"}".to_owned(),
            1.0,
        ),
    ] {
        let counted = world.broker.metric(&series).await;
        assert!(
            (counted - count).abs() < f64::EPSILON,
            "{series} is {counted}"
        );
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_in_the_funnel() {
    let world = World::with(TWO).await;
    world.acme.answer("/.well-known/openid-configuration", |_| {
        Answer::new(503, "text/plain", "down")
    });
    let page = world.browser().get(&url("/_sso/login/acme")).await;
    ended(&world, &page, "failed", "provider-unreachable", 1.0).await;
    let started = "doorward_logins_started_total{organization=\"acme\",provider=\"acme-idp\"}";
    assert!((world.broker.metric(started).await - 1.0).abs() < f64::EPSILON);
    let reference = reference(&page).to_owned();
    let told = world.trail(&[]).await;
    let expected = of_acme(
        "login.failed",
        "visitor",
        "provider-unreachable",
        &reference,
    );
    compare(
        &told,
        &[
            of_nobody("server.started"),
            expected,
            of_nobody("server.stopped"),
        ],
    );
}

#[tokio::test]
async fn a_browser_in_a_loop_is_told_as_one() {
    let world = World::new().await;
    let mut browser = world.browser();
    for _ in 0..3 {
        browser.visit(&url("/")).await;
        browser.lose_cookie("app.example.com", "__Host-sso");
    }
    let page = browser.visit(&url("/")).await;
    ended(&world, &page, "failed", "redirect-loop", 1.0).await;
    assert!((world.broker.metric("doorward_login_loops_total").await - 1.0).abs() < f64::EPSILON);
    let reference = reference(&page).to_owned();
    let told = world.trail(&[&browser]).await;
    let loops: Vec<Line> = told
        .iter()
        .map(line)
        .filter(|line| line.0.contains("loop"))
        .collect();
    let expected = of_acme(
        "login.loop_detected",
        "visitor",
        "redirect-loop",
        &reference,
    );
    assert_eq!(loops, [expected]);
}

#[tokio::test]
async fn whoever_is_refused_on_a_route_or_signs_out_is_in_the_trail() {
    let world = World::with(ROUTES).await;
    let (mut browser, _) = world.signed_in().await;
    let refused = async |browser: &mut Browser| {
        let page = browser.get(&url("/vault/x")).await;
        assert_eq!(page.kind(), Some("not-allowed-here"));
        page
    };
    let first = refused(&mut browser).await;
    for _ in 0..30 {
        refused(&mut browser).await;
    }
    world.later(Duration::from_secs(60));
    let next = refused(&mut browser).await;
    world.application.heard_nothing();
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    let out = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    let mut expected = Vec::new();
    for page in [&first, &next] {
        expected.push(of_acme(
            "access.denied",
            "account",
            "groups_any",
            reference(page),
        ));
    }
    expected.push(of_acme("logout.requested", "account", "", reference(&out)));
    let told = world.trail(&[&browser]).await;
    let denied: Vec<&Event> = told
        .iter()
        .filter(|event| event.kind.name() == "access.denied")
        .collect();
    assert!(
        denied
            .iter()
            .all(|event| event.target.as_deref() == Some("vault"))
    );
    let of_now = |line: &Line| line.0 == "access.denied" || line.0 == "logout.requested";
    let told: Vec<Line> = told.iter().map(line).filter(of_now).collect();
    assert_eq!(told, expected, "once a minute");
}
