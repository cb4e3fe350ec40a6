//! Organizations side by side: on the shared host, on hosts of their own, and never in each other's way.

use serde_json::json;
use std::time::Duration;

use crate::support::World;
use crate::support::world::{OWN_HOST, TWO, url};

const GLOBEX: &str = "https://globex.example.com";

#[tokio::test]
async fn one_session_holds_a_grant_in_each_organization_and_switches() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    browser.visit(&url("/_sso/login/globex")).await.is(200);
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("globex"),
        "the newest is active"
    );
    let account = browser.get(&url("/_sso/account")).await;
    assert!(account.is(200).text.contains("/_sso/switch/acme"));
    let csrf = account.input("csrf");
    let switched = browser
        .post(
            &url("/_sso/switch/acme"),
            &[("csrf", &csrf), ("rd", "/reports")],
        )
        .await;
    assert_eq!(
        switched.is(200).kind(),
        Some("redirecting"),
        "no redirect of the form, wherever the application leads from there"
    );
    assert_eq!(browser.follow(switched).await.path(), "/reports");
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("acme")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn switching_to_where_somebody_is_no_longer_signed_in_begins_there() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
    let form = [("csrf", csrf.as_str())];
    let page = browser.post(&url("/_sso/switch/globex"), &form).await;
    assert_eq!(
        page.is(200).kind(),
        Some("redirecting"),
        "browsers hold the redirects of a form against its page's policy, and this leads to the provider"
    );
    browser.follow(page).await.is(200);
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("globex")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_route_that_pins_an_organization_takes_no_other_grant() {
    let world = World::with(&format!("{TWO}\n[routes.globex]\npath = \"/globex/*\"\nupstream = \"app\"\norganization = \"globex\"\n[routes.default]\npath = \"/*\"\nupstream = \"app\"\n")).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    world.application.forget();
    let page = browser.get(&url("/globex/x")).await;
    assert_eq!(
        page.is(302).field("location"),
        Some("/_sso/login/globex?rd=%2Fglobex%2Fx")
    );
    browser.fetch(&url("/globex/x")).await.is(401);
    world.application.heard_nothing();
    browser.visit(&url("/globex/x")).await.is(200);
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("globex")
    );
    browser
        .visit(&url("/_sso/login/acme?prompt=select_account"))
        .await
        .is(200);
    browser.get(&url("/globex/x")).await.is(200);
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("globex"),
        "whatever is active"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_17_equal_subjects_and_addresses_at_two_organizations_are_two_people() {
    let world = World::with(TWO).await;
    let mut accounts = Vec::new();
    for door in ["acme", "globex"] {
        world
            .browser()
            .visit(&url(&format!("/_sso/login/{door}")))
            .await
            .is(200);
        accounts.push(
            world
                .application
                .last()
                .field("remote-user")
                .unwrap()
                .to_owned(),
        );
    }
    world
        .acme
        .person(json!({ "sub": "another", "email": "ada@acme.com", "email_verified": true }));
    world
        .browser()
        .visit(&url("/_sso/login/acme"))
        .await
        .is(200);
    accounts.push(
        world
            .application
            .last()
            .field("remote-user")
            .unwrap()
            .to_owned(),
    );
    accounts.sort();
    accounts.dedup();
    assert_eq!(accounts.len(), 3, "no e-mail address joins anyone");
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_27_nothing_that_a_client_can_edit_chooses_the_organization() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    let cookies = browser
        .cookie_field("app.example.com")
        .replace("sso-org=acme", "sso-org=globex");
    let request = format!(
        "GET /?organization=globex&org=globex HTTP/1.1\r\nHost: app.example.com\r\nCookie: {cookies}\r\n\
         Remote-Organization: globex\r\nX-Organization: globex\r\nX-Forwarded-Host: globex.example.com\r\nConnection: close\r\n\r\n"
    );
    assert!(world.broker.raw(&request).await.starts_with("HTTP/1.1 200"));
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("acme")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_organization_on_its_own_host_is_entered_by_a_ticket_once() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let mut page = browser.get(&format!("{GLOBEX}/reports")).await;
    let ticket = loop {
        let next = page.leads_to().unwrap();
        if next.path() == "/_sso/enter" {
            break next.to_string();
        }
        page = browser.get(next.as_str()).await;
    };
    assert!(ticket.starts_with(GLOBEX));
    assert_eq!(
        browser.cookie("app.example.com", "__Host-sso"),
        None,
        "the session is where it is used"
    );
    let mut thief = world.browser();
    assert!(
        thief.get(&ticket).await.status >= 400,
        "bound to the browser that began"
    );
    let copy = browser.clone();
    assert_eq!(browser.visit(&ticket).await.is(200).path(), "/reports");
    assert_eq!(
        world.application.last().field("remote-organization"),
        Some("globex")
    );
    let mut again = copy;
    assert!(again.get(&ticket).await.status >= 400, "used once");
    assert_eq!(again.cookie("globex.example.com", "__Host-sso"), None);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_ticket_is_good_for_thirty_seconds() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&format!("{GLOBEX}/_sso/login/globex"))
        .await;
    let ticket = browser.get(&callback).await.leads_to().unwrap();
    world.later(Duration::from_secs(30));
    assert_eq!(
        browser.get(ticket.as_str()).await.is(400).kind(),
        Some("login-expired")
    );
    assert_eq!(browser.cookie("globex.example.com", "__Host-sso"), None);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_26_a_session_of_one_host_is_none_on_another() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    world.application.forget();
    let handle = browser
        .cookie("app.example.com", "__Host-sso")
        .unwrap()
        .to_owned();
    browser.put_cookie("globex.example.com", "__Host-sso", &handle);
    browser.get(&format!("{GLOBEX}/")).await.is(302);
    browser.fetch(&format!("{GLOBEX}/")).await.is(401);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_26_a_route_of_one_organization_is_none_on_the_host_of_another() {
    let routes = "[routes.acme]\npath = \"/acme/*\"\nupstream = \"app\"\norganization = \"acme\"\n\
                  [routes.acme-maybe]\npath = \"/acme/open\"\nupstream = \"app\"\norganization = \"acme\"\naccess = \"optional\"\n\
                  [routes.default]\npath = \"/*\"\nupstream = \"app\"\n";
    let world = World::with(&format!("{OWN_HOST}{routes}")).await;
    let mut globex = world.browser();
    globex.visit(&format!("{GLOBEX}/")).await.is(200);
    let mut stranger = world.browser();
    world.application.forget();
    for path in ["/acme", "/acme/x", "/%61cme/x", "/acme/open"] {
        for browser in [&mut globex, &mut stranger] {
            let page = browser.get(&format!("{GLOBEX}{path}")).await;
            assert_eq!(page.is(404).kind(), Some("not-found"), "{path}");
            browser.fetch(&format!("{GLOBEX}{path}")).await.is(404);
        }
    }
    world.application.heard_nothing();
    globex.get(&format!("{GLOBEX}/other")).await.is(200);
    let mut acme = world.browser();
    acme.visit(&url("/acme/x")).await.is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("remote-organization"), Some("acme"));
    acme.get(&url("/acme/open")).await.is(200);
    world.end(&[&globex, &acme]).await;
}

#[tokio::test]
async fn unknown_and_disabled_organizations_have_their_pages() {
    let world = World::with(&format!("{TWO}enabled = false\n")).await;
    let mut browser = world.browser();
    assert_eq!(
        browser.get(&url("/_sso/login/nobody")).await.is(404).kind(),
        Some("organization-unknown")
    );
    assert_eq!(
        browser.get(&url("/_sso/login/globex")).await.is(403).kind(),
        Some("organization-suspended")
    );
    let page = browser
        .post(&url("/_sso/login"), &[("email", "x@globex.com")])
        .await;
    assert!(
        page.is(200).leads_to().is_none(),
        "a disabled one is not led to"
    );
    assert_eq!((world.acme.requests(), world.globex.requests()), (0, 0));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_host_that_nobody_owns_gets_a_page_that_leads_to_one_that_is_ours() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    for elsewhere in ["https://127.0.0.1/reports", "https://evil.example/"] {
        let page = browser.get(elsewhere).await;
        assert_eq!(page.is(421).kind(), Some("misdirected-request"));
        let way_on = "<a class=\"button\" href=\"https://app.example.com/\">";
        assert!(page.text.contains(way_on), "{}", page.text);
        for other in ["127.0.0.1", "evil.example", "Globex"] {
            assert!(!page.text.contains(other), "{other}: {}", page.text);
        }
    }
    world.application.heard_nothing();
    assert_eq!((world.acme.requests(), world.globex.requests()), (0, 0));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_disabled_organization_loses_its_sessions_and_others_keep_theirs() {
    let world = World::with(&TWO.replace(
        "[organizations.globex]",
        "enabled = true\n[organizations.globex]",
    ))
    .await;
    let (mut acme, mut globex) = (world.browser(), world.browser());
    acme.visit(&url("/_sso/login/acme")).await.is(200);
    globex.visit(&url("/_sso/login/globex")).await.is(200);
    let world = world
        .restart_with("enabled = true", "enabled = false")
        .await;
    acme.now_at(world.broker.address);
    globex.now_at(world.broker.address);
    world.application.forget();
    acme.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    globex.fetch(&url("/")).await.is(200);
    world.end(&[&acme, &globex]).await;
}

#[tokio::test]
async fn inv_27_an_organization_that_moves_to_its_own_host_is_left_by_sessions_of_the_shared_one() {
    let file = TWO.replace("name = \"Acme Inc.\"", "name = \"Acme Inc.\"\n#moved");
    let world = World::with(&file).await;
    let (mut acme, mut both) = (world.browser(), world.browser());
    for door in ["globex", "acme"] {
        let door = url(&format!("/_sso/login/{door}"));
        both.visit(&door).await.is(200);
    }
    acme.visit(&url("/_sso/login/acme")).await.is(200);
    let callback = acme
        .away_and_back(&url("/_sso/login/acme?prompt=select_account"))
        .await;
    let world = world
        .restart_with("#moved", "hosts = [\"acme.example.com\"]")
        .await;
    acme.now_at(world.broker.address);
    both.now_at(world.broker.address);
    world.application.forget();
    let asked = world.acme.back_channel();
    acme.fetch(&url("/")).await.is(401);
    both.fetch(&url("/")).await.is(401);
    // What was begun there does not end there.
    let late = acme.get(&callback).await;
    assert_eq!(late.is(400).kind(), Some("login-expired"));
    acme.fetch(&url("/")).await.is(401);
    assert_eq!(world.acme.back_channel(), asked);
    world.application.heard_nothing();
    both.visit(&url("/_sso/login/globex")).await.is(200);
    world.end(&[&acme, &both]).await;
}
