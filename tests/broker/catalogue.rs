//! Pages of the catalogue that no other story comes to, and what the first way on from a refusal does.

use std::time::Duration;

use doorward::admin::drafts::MadeLink;
use doorward::admin::views::Rehearsal;
use serde_json::json;

use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Answer, Browser, Page, World};

const RULES: &str = r#"
[upstreams.app]
url = "http://{application}"
timeout = "1s"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
allow = { email_domains = ["acme.com"] }
"#;

const OWNED: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
owners = ["ada@acme.com"]
"#;

/// Where the first button of a page leads.
fn first_way(page: &Page) -> String {
    let (_, middle) = page.text.split_once("<main").unwrap();
    let (_, button) = middle.split_once("<a class=\"button\" href=\"").unwrap();
    let link = button.split_once('"').unwrap().0.replace("&amp;", "&");
    page.url.join(&link).unwrap().into()
}

#[tokio::test]
async fn whoever_may_not_come_in_gets_to_choose_another_account() {
    let world = World::with(RULES).await;
    for (verified, email, kind) in [
        (false, "ada@acme.com", "email-unverified"),
        (true, "ada@elsewhere.com", "account-not-allowed"),
    ] {
        let person = json!({ "sub": "a", "email": email, "email_verified": verified });
        world.acme.person(person);
        let mut browser = world.browser();
        let page = browser.visit(&url("/reports")).await;
        assert_eq!((page.status, page.kind()), (403, Some(kind)));
        assert!(page.text.contains("prompt=select_account"), "{}", page.text);
        if kind == "account-not-allowed" {
            browser.visit(&first_way(&page)).await;
            let asked = world.acme.heard("/authorize").pop().unwrap().query();
            assert_eq!(asked["prompt"], "select_account");
        }
        world.application.heard_nothing();
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn an_application_that_takes_too_long_is_told_and_can_be_tried_again() {
    let world = World::with(RULES).await;
    let (mut browser, _) = world.signed_in().await;
    world.application.answer("/slow", |_| Answer::Silence);
    let page = browser.visit(&url("/slow")).await;
    assert_eq!((page.status, page.kind()), (504, Some("app-slow")));
    world
        .application
        .answer("/slow", |_| Answer::new(200, "text/html", "now"));
    assert_eq!(browser.visit(&first_way(&page)).await.text, "now");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_54_who_begins_again_and_again_waits_a_moment() {
    let world = World::with(RULES).await;
    let mut browser = world.browser();
    let door = url("/_sso/login/acme");
    let mut last = browser.get(&door).await;
    for _ in 0..500 {
        if last.status == 429 {
            break;
        }
        last = browser.get(&door).await;
    }
    assert_eq!(last.kind(), Some("too-many-attempts"));
    assert_eq!(last.field("retry-after"), Some("60"));
    let asked = world.acme.requests();
    assert_eq!(browser.get(&door).await.status, 429);
    assert_eq!(
        world.acme.requests(),
        asked,
        "the provider hears nothing of it"
    );
    // Room comes back by the second, of real time.
    tokio::time::sleep(Duration::from_secs(1)).await;
    browser.get(&door).await.is(303);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn every_way_on_from_the_pages_of_somebody_signed_in_leads_somewhere() {
    let world = World::with(OWNED).await;
    let mut owner = world.browser();
    owner.visit(&url("/_sso/login/acme")).await.is(200);
    let userinfo = owner.fetch(&url("/_sso/userinfo")).await.text;
    let userinfo: serde_json::Value = serde_json::from_str(&userinfo).unwrap();
    let own = format!(
        "/_sso/admin/acme/people/{}",
        userinfo["sub"].as_str().unwrap()
    );
    for (path, kind) in [
        ("/_sso/account", "account"),
        ("/_sso/account/sessions", "account-sessions"),
        ("/_sso/account/ways", "account-ways"),
        ("/_sso/account/organizations", "account-organizations"),
        ("/_sso/account/told", "account-told"),
        ("/_sso/logout", "logout-confirm"),
        ("/_sso/logged-out", "logged-out"),
        ("/_sso/admin/acme", "owner-home"),
        ("/_sso/admin/acme/disable/acme-idp", "owner-disable"),
        ("/_sso/admin/acme/done/acme-idp", "owner-done"),
        ("/_sso/admin/acme/people", "owner-people"),
        (&*own, "owner-person"),
        ("/_sso/admin/acme/sessions", "owner-sessions"),
        ("/_sso/admin/acme/audit", "owner-audit"),
    ] {
        let page = owner.get(&url(path)).await;
        leads_on(&mut owner, &page, kind).await;
    }
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn every_way_on_from_the_pages_of_what_is_being_set_up_leads_somewhere() {
    let world = World::with(OWNED).await;
    let mut owner = world.browser();
    owner.visit(&url("/_sso/login/acme")).await.is(200);
    let socket = world.broker.socket();
    let wanted = json!({ "provider": "new", "preset": "oidc", "expires_seconds": 3600, "private_network": true });
    let made: MadeLink = socket
        .post("/organizations/acme/setup-link", &wanted)
        .await
        .unwrap();
    let list = owner.get(&url("/_sso/admin/acme/drafts")).await;
    leads_on(&mut owner, &list, "owner-drafts").await;

    let mut browser = world.browser();
    let link = browser.get(&made.url).await;
    leads_on(&mut browser, &link, "setup-link").await;
    let at = browser.post(&made.url, &[]).await.leads_to().unwrap();
    let empty = browser.get(at.as_str()).await;
    leads_on(&mut browser, &empty, "wizard").await;
    let csrf = empty.input("csrf");
    let values = [
        ("csrf", &*csrf),
        ("issuer", &world.acme.issuer),
        ("client_id", "doorward"),
        ("client_secret", CLIENT_SECRET),
    ];
    browser.post(&format!("{at}/values"), &values).await.is(303);
    browser
        .post(&format!("{at}/check"), &values[..1])
        .await
        .is(303);
    let whole = browser.get(at.as_str()).await;
    leads_on(&mut browser, &whole, "wizard").await;
    let owned = owner.get(&url("/_sso/admin/acme/drafts/new")).await;
    leads_on(&mut owner, &owned, "wizard").await;

    let away = browser.post(&format!("{at}/try"), &values[..1]).await;
    let asks = browser.follow(away).await;
    leads_on(&mut browser, &asks, "rehearse").await;
    let away = browser.post(asks.url.as_str(), &[]).await;
    let done = browser.follow(away).await;
    leads_on(&mut browser, &done, "rehearsed").await;
    let begun: Rehearsal = socket
        .post("/providers/acme-idp/rehearse", &json!({}))
        .await
        .unwrap();
    world.acme.tweak(|claims| claims["aud"] = json!("another"));
    let away = browser.post(&begun.url, &[]).await;
    let failed = browser.follow(away).await;
    leads_on(&mut browser, &failed, "rehearsal-failed").await;
    world.end(&[&owner, &browser]).await;
}

#[tokio::test]
async fn every_way_on_from_the_question_of_an_added_identity_leads_somewhere() {
    let world = World::with(&OWNED.replace("-idp\"]", "-idp\", \"globex-idp\"]")).await;
    let mut browser = world.browser();
    let door = browser.visit(&url("/_sso/login/acme")).await;
    leads_on(&mut browser, &door, "door").await;
    let away = url("/_sso/login/acme/acme-idp");
    let away = browser.post(&away, &[("rd", "/_sso/account")]).await;
    let account = browser.follow(away).await;
    leads_on(&mut browser, &account, "account").await;
    let link = url("/_sso/account/link/globex-idp");
    let away = browser
        .post(&link, &[("csrf", &account.input("csrf"))])
        .await;
    let asked = browser.follow(away).await;
    leads_on(&mut browser, &asked, "account-offer").await;
    world.end(&[&browser]).await;
}

/// Holds that this is the page, and that whoever sees it gets on by every link of it.
async fn leads_on(browser: &mut Browser, page: &Page, kind: &str) {
    assert_eq!((page.status, page.kind()), (200, Some(kind)));
    let (_, middle) = page.text.split_once("<main").unwrap();
    let links = middle.split(" href=\"").skip(1);
    let links: Vec<_> = links.map(|it| it.split('"').next().unwrap()).collect();
    assert!(!links.is_empty() || middle.contains("<form "), "{kind}");
    for link in links {
        let to = page.url.join(&link.replace("&amp;", "&")).unwrap();
        let status = browser.get(to.as_str()).await.status;
        assert!(status < 400, "{kind} leads to {to}: {status}");
    }
}

#[tokio::test]
async fn a_page_that_is_asked_for_in_another_way_says_how() {
    let world = World::with(RULES).await;
    let mut browser = world.browser();
    let page = browser.post(&url("/_sso/logged-out"), &[]).await;
    assert_eq!(
        (page.status, page.kind()),
        (405, Some("method-not-allowed"))
    );
    assert_eq!(page.field("allow"), Some("GET, HEAD"));
    browser.get(&first_way(&page)).await.is(302);
    world.end(&[&browser]).await;
}
