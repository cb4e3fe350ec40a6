//! Answers that come late or twice: each lands where it was going, or on a page with one click to go on.

use std::time::Duration;

use crate::support::World;
use crate::support::world::url;

const ELEVEN_MINUTES: Duration = Duration::from_secs(660);

#[tokio::test]
async fn who_needs_eleven_minutes_is_told_so_and_has_one_click_to_go_on() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    world.later(ELEVEN_MINUTES);
    let calls = world.acme.back_channel();
    let page = browser.get(&callback).await;
    assert_eq!(page.is(400).kind(), Some("login-expired"));
    assert_eq!(world.acme.back_channel(), calls, "nobody was asked");
    assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    world.application.heard_nothing();
    assert!(world.logs.text().contains("Expired"));
    let again = "/_sso/login/acme?rd=%2Freports";
    assert!(page.text.contains(again), "{}", page.text);
    assert_eq!(browser.visit(&url(again)).await.is(200).path(), "/reports");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_is_late_but_signed_in_by_another_tab_goes_where_they_were_going() {
    let world = World::new().await;
    let mut browser = world.browser();
    let late = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    browser.visit(&url("/")).await.is(200);
    world.later(ELEVEN_MINUTES);
    assert_eq!(browser.visit(&late).await.is(200).path(), "/reports");
    assert_eq!(
        world.acme.heard("/token").len(),
        1,
        "the late code is not sent"
    );
    world.end(&[&browser]).await;
}

/// By then nothing is known of it any more, which is not the browser's fault.
#[tokio::test]
async fn who_comes_back_after_lunch_is_not_told_that_cookies_are_blocked() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    for hour in 1..=2 {
        world.later(Duration::from_secs(3600));
        let page = browser.get(&callback).await;
        assert_eq!(page.is(400).kind(), Some("login-expired"), "hour {hour}");
    }
    world.end(&[&browser]).await;
}
