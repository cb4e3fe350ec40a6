//! Routes that want a fresher or a stronger sign-in than the visitor's.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::idp::grace;
use crate::support::world::url;
use crate::support::{Browser, Page, World};

/// One organization; `/admin` wants to know that it is still them, `/vault` that it is really them.
const ROUTES: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
[routes.default]
path = "/*"
[routes.admin]
path = "/admin/*"
require = { groups_any = ["it-admins"], max_auth_age = "10m" }
[routes.vault]
path = "/vault/*"
require = { acr_values = ["urn:acme:key", "urn:acme:code"] }
[routes.both]
path = "/both/*"
require = { acr_values = ["urn:acme:key"], max_auth_age = "1h" }
"#;

/// As long as nothing is asked for again, and longer than `/admin` likes, clocks included.
const A_WHILE: Duration = Duration::from_secs(12 * 60);

async fn world() -> World {
    World::with(ROUTES).await
}

/// What the browser last asked the provider for.
fn asked(world: &World, name: &str) -> Option<String> {
    let asked = world.acme.heard("/authorize").pop().unwrap().query();
    asked.get(name).cloned()
}

fn handle(browser: &Browser) -> String {
    let handle = browser.cookie("app.example.com", "__Host-sso");
    handle.unwrap().to_owned()
}

/// A problem of ours, with nothing forwarded and the session as it was.
#[track_caller]
fn told(world: &World, page: &Page, status: u16, kind: &str) {
    assert_eq!(page.is(status).kind(), Some(kind), "{}", page.text);
    assert!(
        page.fields("set-cookie")
            .iter()
            .all(|it| !it.starts_with("__Host-sso="))
    );
    world.application.heard_nothing();
}

#[tokio::test]
async fn who_signed_in_long_ago_proves_it_again_and_goes_on_where_they_were() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    assert_eq!(asked(&world, "max_age"), None, "an ordinary sign-in");
    browser.get(&url("/admin/users")).await.is(200);
    world.later(A_WHILE);
    let (before, stolen) = (handle(&browser), browser.clone());
    world.application.forget();
    let sent = browser.get(&url("/admin/users?page=2")).await;
    assert_eq!(sent.is(302).kind(), Some("step-up"));
    world.application.heard_nothing();
    browser.get(&url("/")).await.is(200);
    let landed = browser.follow(sent).await;
    assert_eq!(landed.is(200).path(), "/admin/users?page=2");
    assert_eq!(asked(&world, "max_age").as_deref(), Some("600"));
    assert_eq!(asked(&world, "acr_values"), None);
    assert_eq!(asked(&world, "login_hint").as_deref(), Some("ada@acme.com"));
    assert_ne!(handle(&browser), before, "a new handle (threat model 21)");
    stolen.ask("GET /", "").await.is(401);
    let me = browser.fetch(&url("/_sso/userinfo")).await;
    let me: Value = serde_json::from_str(&me.is(200).text).unwrap();
    assert_eq!(me["auth_time"], json!(1_800_000_000 + A_WHILE.as_secs()));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_signed_in_too_weakly_is_asked_for_more_once() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let landed = browser.visit(&url("/vault/gold")).await;
    assert_eq!(landed.is(200).path(), "/vault/gold");
    assert_eq!(
        asked(&world, "acr_values").as_deref(),
        Some("urn:acme:key urn:acme:code")
    );
    assert_eq!(asked(&world, "max_age"), None);
    assert_eq!(asked(&world, "prompt"), None);
    let round_trips = world.acme.heard("/authorize").len();
    for path in ["/vault/silver", "/both/x", "/admin/x"] {
        browser.get(&url(path)).await.is(200);
    }
    let world = world.restart().await;
    browser.now_at(world.broker.address);
    browser.get(&url("/vault/gold")).await.is(200);
    assert_eq!(world.acme.heard("/authorize").len(), round_trips);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn two_routes_that_want_different_things_do_not_send_people_to_and_fro() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    browser.visit(&url("/vault/x")).await.is(200);
    world.later(A_WHILE);
    browser.visit(&url("/admin/x")).await.is(200);
    assert_eq!(asked(&world, "acr_values"), None, "nothing is said of it");
    let round_trips = world.acme.heard("/authorize").len();
    for path in ["/vault/x", "/admin/x"] {
        browser.get(&url(path)).await.is(200);
    }
    // One of the two is old by now, and the other not strong: together they are not both.
    world.later(Duration::from_secs(3600));
    let both = browser.get(&url("/both/x")).await;
    assert_eq!(both.is(302).kind(), Some("step-up"));
    assert_eq!(world.acme.heard("/authorize").len(), round_trips);
    browser.get(&url("/vault/x")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_somebody_else_had_proved_or_an_old_session_counts_no_more() {
    let world = World::with(&format!("{ROUTES}[sessions]\nidle_timeout = \"30m\"\n")).await;
    let (mut browser, _) = world.signed_in().await;
    browser.visit(&url("/vault/x")).await.is(200);
    let again = url("/_sso/login/acme?prompt=select_account");
    world.acme.person(grace());
    browser.visit(&again).await.is(200);
    assert_eq!(
        browser.get(&url("/vault/x")).await.kind(),
        Some("step-up"),
        "Grace has not"
    );
    browser.visit(&url("/vault/x")).await.is(200);
    world.later(Duration::from_secs(31 * 60));
    browser.visit(&url("/")).await.is(200);
    assert_eq!(
        browser.get(&url("/vault/x")).await.kind(),
        Some("step-up"),
        "too long ago"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_stranger_signs_in_first_and_then_proves_more() {
    let world = world().await;
    let mut browser = world.browser();
    let landed = browser.visit(&url("/both/x")).await;
    assert_eq!(landed.is(200).path(), "/both/x");
    assert_eq!(asked(&world, "acr_values").as_deref(), Some("urn:acme:key"));
    assert_eq!(asked(&world, "max_age").as_deref(), Some("3600"));
    assert_eq!(world.acme.heard("/authorize").len(), 2);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_13_a_provider_that_answers_with_too_little_is_not_asked_in_circles() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    for (path, claim, value) in [
        ("/vault/x", "acr", json!("urn:acme:password")),
        ("/vault/x", "acr", json!("urn:acme:key urn:acme:code")),
        ("/vault/x", "acr", json!(["urn:acme:key"])),
        ("/vault/x", "acr", json!(null)),
        ("/admin/x", "auth_time", json!(1_800_000_000)),
    ] {
        world
            .acme
            .tweak(move |claims| claims[claim] = value.clone());
        let (before, requests) = (handle(&browser), world.acme.heard("/authorize").len());
        let page = browser.visit(&url(path)).await;
        told(&world, &page, 403, "sign-in-too-weak");
        assert_eq!(world.acme.heard("/authorize").len(), requests + 1, "once");
        assert_eq!(handle(&browser), before);
        world.later(Duration::from_secs(31));
    }
    browser.get(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn whoever_tries_again_is_asked_for_their_credentials_whatever_the_provider_thinks() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world
        .acme
        .tweak(|claims| claims["acr"] = json!("urn:acme:password"));
    let page = browser.visit(&url("/vault/x?y=1")).await;
    told(&world, &page, 403, "sign-in-too-weak");
    world.acme.tweak(|_| {});
    let landed = browser.visit(&link(&page, "Try again")).await;
    assert_eq!(landed.is(200).path(), "/vault/x?y=1");
    assert_eq!(asked(&world, "prompt").as_deref(), Some("login"));
    world.end(&[&browser]).await;
}

/// Where a link of a page leads.
fn link(page: &Page, label: &str) -> String {
    let (before, _) = page.text.split_once(&format!("\">{label}</a>")).unwrap();
    let (_, href) = before.rsplit_once("href=\"").unwrap();
    page.url.join(&href.replace("&amp;", "&")).unwrap().into()
}

#[tokio::test]
async fn inv_13_a_provider_that_does_not_say_when_proves_nothing() {
    let world = world().await;
    world.acme.tweak(|claims| {
        claims.as_object_mut().unwrap().remove("auth_time");
    });
    let (mut browser, _) = world.signed_in().await;
    let page = browser.visit(&url("/admin/x")).await;
    told(&world, &page, 500, "provider-misconfigured");
    assert_eq!(asked(&world, "max_age").as_deref(), Some("600"));
    browser.get(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn scripts_are_told_what_to_ask_for_and_where() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    let told_to = browser.fetch(&url("/admin/api")).await;
    told(&world, &told_to, 401, "step-up-required");
    let challenge = told_to.field("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer error=\"insufficient_user_authentication\""));
    assert!(challenge.ends_with(", max_age=\"600\""), "{challenge}");
    let both = browser.fetch(&url("/both/api")).await;
    told(&world, &both, 401, "step-up-required");
    let challenge = both.field("www-authenticate").unwrap();
    assert!(
        challenge.ends_with(", acr_values=\"urn:acme:key\", max_age=\"3600\""),
        "{challenge}"
    );
    let body: Value = serde_json::from_str(&told_to.text).unwrap();
    assert_eq!(body["error"], "step-up-required");
    let login = format!("{}&rd=/dashboard", body["login"].as_str().unwrap());
    let landed = browser.visit(&login).await;
    assert_eq!(landed.is(200).path(), "/dashboard");
    browser.fetch(&url("/admin/api")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn sockets_are_decided_when_they_open() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.example.com\r\n";
    let answer = browser.ask("GET /admin/socket", upgrade).await;
    assert_eq!(
        answer.is(401).field("sso-generated"),
        Some("step-up-required")
    );
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn somebody_else_who_answers_changes_nothing() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    let before = handle(&browser);
    world.acme.person(grace());
    let page = browser.visit(&url("/vault/x")).await;
    told(&world, &page, 403, "other-account");
    assert!(page.text.contains("grace@acme.com"), "{}", page.text);
    assert!(page.text.contains("prompt=select_account"), "{}", page.text);
    assert_eq!(handle(&browser), before);
    browser.get(&url("/")).await.is(200);
    assert_eq!(
        world.application.last().field("remote-email"),
        Some("ada@acme.com")
    );
    browser.visit(&link(&page, "Try again")).await.is(403);
    let asked = world.acme.heard("/authorize").pop().unwrap().query();
    assert_eq!(
        asked["prompt"], "login",
        "or the provider says the same again"
    );
    let other = browser.visit(&link(&page, "Use a different account")).await;
    assert_eq!(
        other.is(200).path(),
        "/vault/x",
        "an ordinary sign-in, and then hers"
    );
    assert_eq!(
        world.application.last().field("remote-email"),
        Some("grace@acme.com")
    );
    let trail = world.trail(&[&browser]).await;
    let names: Vec<_> = trail.iter().map(|event| event.kind.name()).collect();
    let linked = names
        .iter()
        .filter(|name| *name == "identity.linked")
        .count();
    assert_eq!(linked, 2, "Ada, and Grace when she meant it: {names:?}");
    let refused = names
        .iter()
        .position(|name| name == "login.denied")
        .unwrap();
    assert_eq!(trail[refused].reason.as_deref(), Some("other-account"));
    let before = names[..refused]
        .iter()
        .filter(|name| *name == "identity.linked");
    assert_eq!(before.count(), 1, "Ada alone: {names:?}");
    let proofs = trail
        .iter()
        .filter(|event| event.reason.as_deref() == Some("step_up"));
    assert_eq!(proofs.count(), 1, "{names:?}");
}

#[tokio::test]
async fn who_breaks_it_off_is_signed_in_as_before() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.acme.refuse("access_denied");
    let page = browser.visit(&url("/vault/x")).await;
    told(&world, &page, 200, "login-cancelled");
    browser.get(&url("/")).await.is(200);
    world.acme.grant();
    let landed = browser.visit(&link(&page, "Try again")).await;
    assert_eq!(landed.is(200).path(), "/vault/x");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_may_not_is_not_asked_to_prove_anything() {
    let world = world().await;
    world.acme.person(grace());
    let (mut browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    let page = browser.visit(&url("/admin/x")).await;
    told(&world, &page, 403, "not-allowed-here");
    assert_eq!(world.acme.heard("/authorize").len(), 1);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_word_for_somebody_else_or_none_of_ours_opens_the_ordinary_door() {
    let world = world().await;
    let (mut ada, _) = world.signed_in().await;
    world.later(A_WHILE);
    let sent = ada.get(&url("/admin/x")).await.leads_to().unwrap();
    world.acme.person(grace());
    let (mut grace, _) = world.signed_in().await;
    for door in [
        sent.as_str(),
        &url("/_sso/login/acme?rd=/admin/x&step_up=AAAA"),
    ] {
        let page = grace.get(door).await;
        assert_eq!(
            page.is(303).leads_to().unwrap().path(),
            "/admin/x",
            "{door}"
        );
    }
    let mut stranger = world.browser();
    stranger.visit(sent.as_str()).await;
    assert_eq!(asked(&world, "max_age"), None, "an ordinary sign-in");
    world.later(Duration::from_secs(601));
    let late = ada.get(sent.as_str()).await;
    assert_eq!(
        late.is(303).leads_to().unwrap().path(),
        "/admin/x",
        "to ask anew"
    );
    world.end(&[&ada, &grace, &stranger]).await;
}

#[tokio::test]
async fn an_organization_with_a_host_of_its_own_steps_up_there() {
    let world = World::with(
        r#"
[organizations.globex]
name = "Globex"
hosts = ["globex.example.com"]
providers = ["globex-idp"]
[routes.default]
path = "/*"
[routes.admin]
path = "/admin/*"
require = { max_auth_age = "10m" }
"#,
    )
    .await;
    let mut browser = world.browser();
    let admin = "https://globex.example.com/admin/x";
    browser.visit("https://globex.example.com/").await.is(200);
    world.later(A_WHILE);
    world
        .globex
        .tweak(|claims| claims["auth_time"] = json!(1_800_000_000));
    let page = browser.visit(admin).await;
    assert_eq!(page.is(403).kind(), Some("sign-in-too-weak"));
    world.globex.tweak(|_| {});
    let landed = browser.visit(&link(&page, "Try again")).await;
    assert_eq!(landed.is(200).url.as_str(), admin);
    let query = world.globex.heard("/authorize").pop().unwrap().query();
    assert_eq!(
        (query["max_age"].as_str(), query["prompt"].as_str()),
        ("600", "login")
    );
    world.globex.person(grace());
    world.later(A_WHILE);
    let page = browser.visit(admin).await;
    assert_eq!(page.is(403).kind(), Some("other-account"));
    let landed = browser.visit("https://globex.example.com/").await;
    assert_eq!(landed.is(200).url.as_str(), "https://globex.example.com/");
    assert_eq!(
        world.application.last().field("remote-email"),
        Some("ada@acme.com")
    );
    world.end(&[&browser]).await;
}
