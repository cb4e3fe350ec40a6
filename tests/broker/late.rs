//! Answers that come late or twice: each lands where it was going, or on a page with one click to go on.

use std::time::Duration;

use crate::support::World;
use crate::support::world::{OWN_HOST, url};

const GLOBEX: &str = "https://globex.example.com";

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

/// The history of two browsers that were left open over night, one before the end of a sign-in and one after it.
#[tokio::test]
async fn a_callback_that_comes_again_after_a_day_has_one_click_to_go_on() {
    let world = World::new().await;
    let (mut used, mut unused) = (world.browser(), world.browser());
    let door = url("/_sso/login/acme?rd=/reports");
    let first = used.away_and_back(&door).await;
    let second = unused.away_and_back(&door).await;
    used.visit(&first).await.is(200);
    world.later(Duration::from_secs(24 * 3600));
    for (browser, callback) in [(&mut used, first), (&mut unused, second)] {
        let calls = world.acme.requests();
        world.application.forget();
        let page = browser.get(&callback).await;
        assert_eq!(page.is(400).kind(), Some("login-expired"));
        assert_eq!(world.acme.requests(), calls, "nobody is asked");
        world.application.heard_nothing();
        let again = "<a class=\"button\" href=\"/_sso/login/acme\">";
        assert!(page.text.contains(again), "{}", page.text);
        let landed = browser.visit(&url("/_sso/login/acme")).await;
        assert_eq!(landed.is(200).text, "hello from the application");
    }
    world.end(&[&used, &unused]).await;
}

#[tokio::test]
async fn on_a_host_of_its_own_every_page_of_a_sign_in_can_be_loaded_again() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&format!("{GLOBEX}/_sso/login/globex?rd=/reports"))
        .await;
    let ticket = browser.get(&callback).await.leads_to().unwrap();
    let ticket = ticket.as_str();
    assert_eq!(browser.visit(ticket).await.is(200).path(), "/reports");
    let session = browser.cookie_field("globex.example.com");
    for again in [ticket, &callback] {
        let page = browser.visit(again).await;
        assert_eq!(page.is(200).url.as_str(), format!("{GLOBEX}/reports"));
    }
    assert_eq!(browser.cookie_field("globex.example.com"), session);
    assert_eq!(
        world.globex.heard("/token").len(),
        1,
        "nothing happens twice"
    );
    world.application.forget();
    let mut stranger = world.browser();
    for again in [ticket, &callback] {
        let page = stranger.get(again).await;
        assert!(page.status >= 400 && !page.text.contains("reports"));
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

/// Nobody is in on the organization's own host, which only that host can know.
#[tokio::test]
async fn a_used_callback_of_somebody_who_signed_out_begins_again_on_their_host() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&format!("{GLOBEX}/_sso/login/globex?rd=/reports"))
        .await;
    browser.visit(&callback).await.is(200);
    browser.lose_cookie("globex.example.com", "__Host-sso");
    let page = browser.visit(&callback).await;
    assert_eq!(page.is(200).url.as_str(), format!("{GLOBEX}/reports"));
    assert_eq!(world.globex.heard("/token").len(), 2, "by another sign-in");
    world.end(&[&browser]).await;
}

/// Something on the way looks whether the address is there.
#[tokio::test]
async fn inv_12_a_look_without_a_visit_uses_nothing_up() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let door = format!("{GLOBEX}/_sso/login/globex?rd=/reports");
    let look = async |browser: &crate::support::Browser, at: &str, allow: &str| {
        let at = url::Url::parse(at).unwrap();
        let host = at.host_str().unwrap();
        let cookies = browser.cookie_field(host);
        let target = &at[url::Position::BeforePath..];
        let head = format!(
            "HEAD {target} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
        );
        let answer = world.broker.raw(&head).await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
        assert_eq!(crate::support::wire::values(&answer, "allow"), [allow]);
        assert!(crate::support::wire::values(&answer, "set-cookie").is_empty());
    };
    let callback = browser.away_and_back(&door).await;
    look(&browser, &callback, "GET, POST").await;
    assert!(world.globex.heard("/token").is_empty());
    let ticket = browser.get(&callback).await.leads_to().unwrap();
    look(&browser, ticket.as_str(), "GET").await;
    let page = browser.visit(ticket.as_str()).await;
    assert_eq!(page.is(200).path(), "/reports");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_08_a_ticket_that_the_browser_gave_up_is_replaced_and_only_one_counts() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let door = "https://globex.example.com/_sso/login/globex?rd=/plans";
    let callback = browser.away_and_back(door).await;
    // A second click: the answer to the first is never looked at.
    let given_up = browser.get(&callback).await;
    let given_up = given_up.is(303).leads_to().unwrap();
    let calls = world.globex.requests();
    let page = browser.visit(&callback).await;
    assert_eq!(
        page.is(200).url.as_str(),
        "https://globex.example.com/plans"
    );
    assert_eq!(
        world.globex.requests(),
        calls,
        "the provider is not asked again"
    );
    // The first one counts for nobody, and the second only once.
    let mut thief = browser.clone();
    thief.lose_cookie("globex.example.com", "__Host-sso");
    let page = thief.get(given_up.as_str()).await;
    assert_eq!(page.is(400).kind(), Some("login-expired"));
    let again = browser.visit(&callback).await;
    assert_eq!(
        again.is(200).url.as_str(),
        "https://globex.example.com/plans"
    );
    let all: serde_json::Value = world.broker.socket().get("/sessions").await.unwrap();
    assert_eq!(all["sessions"].as_array().unwrap().len(), 1);
    world.end(&[&browser]).await;
}
