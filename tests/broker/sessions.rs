//! Sessions: how long, how many, and what is left of them after a restart.

use std::time::Duration;

use crate::support::world::{ONE, TWO, url};
use crate::support::{Browser, World};

const HOST: &str = "app.example.com";
const HOUR: Duration = Duration::from_secs(3600);

fn handle(browser: &Browser) -> String {
    browser.cookie(HOST, "__Host-sso").unwrap().to_owned()
}

#[tokio::test]
async fn inv_22_the_session_cookie_is_small_and_closed() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    let landed = browser.get(&callback).await;
    let cookie = landed
        .fields("set-cookie")
        .into_iter()
        .find(|field| field.starts_with("__Host-sso="));
    let cookie = cookie.unwrap();
    assert!(cookie.len() < 200, "{cookie}");
    for attribute in ["HttpOnly", "Secure", "Path=/", "SameSite=Lax"] {
        assert!(
            cookie.split("; ").any(|known| known == attribute),
            "{attribute} in {cookie}"
        );
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_21_every_sign_in_makes_a_new_handle_and_the_old_one_is_useless() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let mut old = browser.clone();
    browser
        .visit(&url("/_sso/login/acme?prompt=select_account"))
        .await
        .is(200);
    assert_ne!(handle(&old), handle(&browser));
    world.application.forget();
    old.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser, &old]).await;
}

#[tokio::test]
async fn inv_24_a_session_ends_when_it_is_not_used_and_when_it_is_old() {
    let world = World::with(&format!(
        "{ONE}[sessions]\nidle_timeout = \"2h\"\nabsolute_timeout = \"5h\"\n"
    ))
    .await;
    let (mut used, _) = world.signed_in().await;
    let (mut idle, _) = world.signed_in().await;
    for _ in 0..4 {
        world.later(HOUR);
        used.fetch(&url("/")).await.is(200);
    }
    world.application.forget();
    assert_eq!(
        idle.fetch(&url("/")).await.is(401).kind(),
        Some("session-ended")
    );
    world.later(HOUR);
    assert_eq!(
        used.fetch(&url("/")).await.is(401).kind(),
        Some("session-ended")
    );
    world.application.heard_nothing();
    world.end(&[&used, &idle]).await;
}

#[tokio::test]
async fn organizations_have_session_rules_of_their_own() {
    let world = World::with(&format!(
        "{TWO}[organizations.globex.sessions]\nabsolute_timeout = \"1h\"\n"
    ))
    .await;
    let (mut acme, mut globex) = (world.browser(), world.browser());
    acme.visit(&url("/_sso/login/acme")).await.is(200);
    globex.visit(&url("/_sso/login/globex")).await.is(200);
    world.later(HOUR);
    acme.fetch(&url("/")).await.is(200);
    globex.fetch(&url("/")).await.is(401);
    world.end(&[&acme, &globex]).await;
}

#[tokio::test]
async fn the_oldest_session_goes_when_an_account_has_too_many() {
    let world = World::with(&format!("{ONE}[sessions]\nmax_per_account = 3\n")).await;
    let mut browsers = Vec::new();
    for _ in 0..4 {
        browsers.push(world.signed_in().await.0);
        world.later(Duration::from_secs(1));
    }
    let mut answers = Vec::new();
    for browser in &mut browsers {
        answers.push(browser.fetch(&url("/")).await.status);
    }
    assert_eq!(answers, [401, 200, 200, 200]);
    world.end(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn sessions_survive_a_restart_and_lifetimes_go_on() {
    let world = World::with(&format!("{ONE}[sessions]\nidle_timeout = \"2h\"\n")).await;
    let (mut browser, _) = world.signed_in().await;
    world.later(HOUR);
    browser.fetch(&url("/")).await.is(200);
    let world = world.restart().await;
    browser.now_at(world.broker.address);
    world.later(HOUR + HOUR / 2);
    browser.fetch(&url("/")).await.is(200);
    world.later(2 * HOUR);
    browser.fetch(&url("/")).await.is(401);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_39_a_session_that_was_ended_is_ended_after_a_restart() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let mut thief = browser.clone();
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    browser
        .post(&url("/_sso/logout"), &[("csrf", &csrf)])
        .await
        .is(200);
    thief.fetch(&url("/")).await.is(401);
    let world = world.restart().await;
    thief.now_at(world.broker.address);
    thief.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    world.end(&[&browser, &thief]).await;
}

#[tokio::test]
async fn who_am_i_is_answered_to_scripts() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let who: serde_json::Value =
        serde_json::from_str(&browser.fetch(&url("/_sso/userinfo")).await.is(200).text).unwrap();
    assert_eq!(
        (&who["email"], &who["organization"]),
        (&"ada@acme.com".into(), &"acme".into())
    );
    world.browser().fetch(&url("/_sso/userinfo")).await.is(401);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}
