//! Forms that were sent too late: kept for whoever sent them, or said to be lost.

use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::support::idp::{ada, grace};
use crate::support::world::url;
use crate::support::{Answer, Browser, Heard, Page, World};

/// Sessions that are soon over, and a route that wants to know that it is still them.
const ROUTES: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
[routes.default]
path = "/*"
[routes.admin]
path = "/admin/*"
require = { max_auth_age = "5m" }
[sessions]
idle_timeout = "20m"
"#;

const A_WHILE: Duration = Duration::from_secs(8 * 60);
const IDLE: Duration = Duration::from_secs(20 * 60);

/// What was filled in, and must be in no address, cookie or log.
const WORDS: &str = "words-that-took-an-hour";

const FORM: [(&str, &str); 5] = [
    ("text", WORDS),
    ("more", "caf\u{e9} & <b>\"'\r\nnew line\t\u{202e}&amp;"),
    ("box", "1"),
    ("box", "2"),
    ("empty", ""),
];

async fn world() -> World {
    World::with(ROUTES).await
}

/// Where a link of a page leads.
fn link(page: &Page, label: &str) -> String {
    let (before, _) = page.text.split_once(&format!("\">{label}</a>")).unwrap();
    let (_, href) = before.rsplit_once("href=\"").unwrap();
    page.url.join(&href.replace("&amp;", "&")).unwrap().into()
}

/// Sends the form of the page that asks whether to.
async fn send(browser: &mut Browser, page: &Page) -> Page {
    let (_, form) = page
        .text
        .split_once("<form method=\"post\" action=\"")
        .unwrap();
    let action = form.split('"').next().unwrap().replace("&amp;", "&");
    let hidden = page.hidden();
    let pairs = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = pairs.collect();
    browser
        .post(page.url.join(&action).unwrap().as_str(), &fields)
        .await
}

/// It was not kept, the page says so, and nothing went on.
#[track_caller]
fn lost(world: &World, page: &Page, status: u16, kind: &str) {
    assert_eq!(page.is(status).kind(), Some(kind), "{}", page.text);
    assert!(page.text.contains("it did not arrive"), "{}", page.text);
    let cookies = page.fields("set-cookie");
    assert!(
        cookies.iter().all(|it| !it.starts_with("__Host-sso-kept=")),
        "{cookies:?}"
    );
    world.application.heard_nothing();
}

#[track_caller]
fn posted(heard: &Heard, target: &str) {
    assert_eq!((heard.method(), heard.target()), ("POST", target));
}

#[tokio::test]
async fn what_was_filled_in_when_the_session_was_over_is_sent_by_a_press_after_sign_in() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(IDLE);
    let page = browser.post(&url("/save?id=7"), &FORM).await;
    assert_eq!(page.is(401).kind(), Some("form-kept"));
    world.application.heard_nothing();
    let world = world.restart().await;
    browser.now_at(world.broker.address);
    let asks = browser.visit(&link(&page, "Sign in")).await;
    assert_eq!(asks.is(200).kind(), Some("kept-form"));
    assert_eq!(asks.path(), "/_sso/kept?rd=%2Fsave%3Fid%3D7");
    assert!(!asks.text.contains("<b>\""), "{}", asks.text);
    world.application.heard_nothing();
    assert_eq!(
        send(&mut browser, &asks).await.is(200).text,
        "hello from the application"
    );
    let heard = world.application.last();
    let sent: Vec<_> = form_urlencoded::parse(&heard.body).into_owned().collect();
    let sent: Vec<_> = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(sent, FORM);
    posted(&heard, "/save?id=7");
    assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
    assert!(
        browser
            .cookies()
            .all(|(_, _, value)| !value.contains(WORDS))
    );
    assert!(!world.logs.text().contains(WORDS), "it was logged");
    let again = browser.get(&url("/_sso/kept?rd=/x")).await;
    assert_eq!(
        again.is(303).field("location"),
        Some("/x"),
        "once is enough"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_was_filled_in_on_a_route_that_wants_a_fresher_sign_in_is_kept_too() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    let page = browser.post(&url("/admin/save"), &FORM).await;
    assert_eq!(page.is(401).kind(), Some("form-kept"));
    world.application.heard_nothing();
    let asks = browser.visit(&link(&page, "Sign in")).await;
    assert_eq!(asks.is(200).kind(), Some("kept-form"));
    let asked = world.acme.heard("/authorize").pop().unwrap().query();
    assert_eq!(asked["max_age"], "300");
    send(&mut browser, &asks).await.is(200);
    posted(&world.application.last(), "/admin/save");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn where_the_application_leads_from_there_browsers_may_follow() {
    for (status, to, leads) in [
        (302, "/thanks?id=7", true),
        (303, "https://pay.example/now?a=1&b=2", true),
        (308, "/save/", false),
        (308, "https://pay.example/now", true),
        (303, "mailto:ada@acme.com", false),
    ] {
        let world = world().await;
        let (mut browser, _) = world.signed_in().await;
        world.later(IDLE);
        let page = browser.post(&url("/save"), &FORM).await;
        let asks = browser.visit(&link(&page, "Sign in")).await;
        world.application.answer("/save", move |_| {
            let fields = format!("Location: {to}\r\nSet-Cookie: its=own\r\n");
            Answer::with(status, &fields, "")
        });
        let answer = send(&mut browser, &asks).await;
        let expected = Url::parse(&url("/save")).unwrap().join(to).unwrap();
        assert_eq!(answer.leads_to(), Some(expected));
        let (code, kind) = (
            if leads { 200 } else { status },
            leads.then_some("redirecting"),
        );
        assert_eq!(
            (answer.status, answer.kind()),
            (code, kind),
            "{status} {to}"
        );
        assert!(
            answer.fields("set-cookie").contains(&"its=own"),
            "{}",
            answer.head
        );
        posted(&world.application.last(), "/save");
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn somebody_else_is_not_shown_it_and_it_is_forgotten() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(IDLE);
    let page = browser.post(&url("/save"), &FORM).await;
    let door = link(&page, "Sign in");
    let mut copy = browser.clone();
    world.acme.person(grace());
    let told = browser.visit(&door).await;
    assert_eq!(told.is(200).kind(), Some("form-not-kept"));
    assert!(told.text.contains("another account"), "{}", told.text);
    assert!(!told.text.contains(WORDS));
    world.acme.person(ada());
    let told = copy.visit(&door).await;
    assert_eq!(
        told.is(200).kind(),
        Some("form-not-kept"),
        "not to Ada either, by now"
    );
    world.application.heard_nothing();
    let on = browser.visit(&link(&told, "Continue")).await;
    assert_eq!(on.is(200).path(), "/save");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn whoever_needs_longer_than_a_sign_in_may_take_is_told_that_it_is_gone() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(IDLE);
    let page = browser.post(&url("/save"), &FORM).await;
    world.later(Duration::from_secs(600));
    let told = browser.visit(&link(&page, "Sign in")).await;
    assert_eq!(told.is(200).kind(), Some("form-not-kept"));
    assert!(told.text.contains("ten minutes") && !told.text.contains(WORDS));
    world.application.heard_nothing();
    let again = browser.visit(&url("/_sso/kept")).await;
    assert_eq!(
        again.is(200).text,
        "hello from the application",
        "said once"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn it_stays_until_the_application_has_taken_it() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(IDLE);
    let page = browser.post(&url("/save"), &FORM).await;
    let asks = browser.visit(&link(&page, "Sign in")).await;
    assert_eq!(asks.is(200).field("referrer-policy"), Some("same-origin"));
    browser.post(&url("/other"), &FORM).await.is(200);
    world
        .application
        .answer("/save", |_| Answer::new(503, "text/plain", "not now"));
    send(&mut browser, &asks).await.is(503);
    let asks = browser.visit(&url("/_sso/kept")).await;
    assert_eq!(asks.is(200).kind(), Some("kept-form"));
    world
        .application
        .answer("/save", |_| Answer::new(200, "text/plain", "saved"));
    assert_eq!(send(&mut browser, &asks).await.is(200).text, "saved");
    let gone = browser.cookie("app.example.com", "__Host-sso-kept");
    assert_eq!(gone, None);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn it_waits_while_its_owner_goes_elsewhere_first() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(IDLE);
    browser.post(&url("/save"), &FORM).await.is(401);
    let other = browser.visit(&url("/reports")).await;
    assert_eq!(other.is(200).path(), "/reports");
    let asks = browser.visit(&url("/_sso/login/acme?rd=/save")).await;
    assert_eq!(
        asks.is(200).kind(),
        Some("kept-form"),
        "the page before, gone back to"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_12_what_no_page_of_this_origin_sent_is_not_kept() {
    let world = world().await;
    let (browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    let form = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\nConnection: close\r\nContent-Length: 3\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n";
    for from in [
        "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: https://www.example.com\r\n",
        "Sec-Fetch-Site: none\r\n",
        "",
    ] {
        let head = browser.head("POST /admin/save", &format!("{form}{from}"));
        let answer = world.broker.raw(&format!("{head}a=b")).await;
        assert!(
            answer.contains("\r\nsso-generated: step-up-required\r\n"),
            "{from}: {answer}"
        );
        assert!(answer.contains("it did not arrive"), "{from}: {answer}");
        assert!(!answer.contains("__Host-sso-kept"), "{from}: {answer}");
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_cannot_be_sent_again_as_it_was_is_said_to_be_lost() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(A_WHILE);
    let large = "x".repeat(64 * 1024);
    for form in [
        &[("text", large.as_str())][..],
        &[],
        &[("", "x")],
        &[("a", "\0")],
    ] {
        let page = browser.post(&url("/admin/save"), form).await;
        lost(&world, &page, 401, "step-up-required");
    }
    let upload = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\nConnection: close\r\n\
                  Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n";
    let head = browser.head("POST /admin/save", upload);
    let answer = world.broker.raw(&format!("{head}a=b")).await;
    assert!(answer.contains("it did not arrive"), "{answer}");
    world.later(IDLE);
    let page = browser
        .post(&url("/save"), &[("text", large.as_str())])
        .await;
    lost(&world, &page, 401, "session-ended");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn nothing_is_kept_for_whom_nobody_knows() {
    let world = world().await;
    let mut stranger = world.browser();
    let page = stranger.post(&url("/save"), &FORM).await;
    lost(&world, &page, 401, "sign-in-required");
    stranger.put_cookie("app.example.com", "__Host-sso", &"a".repeat(43));
    let page = stranger.post(&url("/save"), &FORM).await;
    lost(&world, &page, 401, "session-ended");
    let (mut browser, _) = world.signed_in().await;
    let stolen = browser
        .cookie("app.example.com", "__Host-sso")
        .unwrap()
        .to_owned();
    world.acme.logout_token(&json!({}));
    let confirm = browser.get(&url("/_sso/logout")).await;
    let csrf = confirm.input("csrf");
    browser
        .post(&url("/_sso/logout"), &[("csrf", csrf.as_str())])
        .await;
    browser.put_cookie("app.example.com", "__Host-sso", &stolen);
    let page = browser.post(&url("/save"), &FORM).await;
    lost(&world, &page, 401, "session-ended");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_54_one_person_has_a_few_forms_kept_and_no_more() {
    let world = world().await;
    let (mut browser, _) = world.signed_in().await;
    world.later(IDLE);
    let mut kept = 0;
    for _ in 0..20 {
        let page = browser.post(&url("/save"), &FORM).await;
        if page.is(401).kind() == Some("form-kept") {
            kept += 1;
        } else {
            lost(&world, &page, 401, "session-ended");
        }
    }
    assert!((5..8).contains(&kept), "{kept}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn on_a_host_of_its_own_it_is_kept_there() {
    let world = World::with(
        r#"
[organizations.globex]
name = "Globex"
hosts = ["globex.example.com"]
providers = ["globex-idp"]
[sessions]
idle_timeout = "20m"
"#,
    )
    .await;
    let mut browser = world.browser();
    browser.visit("https://globex.example.com/").await.is(200);
    world.later(IDLE);
    world.application.forget();
    let page = browser.post("https://globex.example.com/save", &FORM).await;
    assert_eq!(page.is(401).kind(), Some("form-kept"));
    let asks = browser.visit(&link(&page, "Sign in")).await;
    assert_eq!(asks.is(200).url.host_str(), Some("globex.example.com"));
    assert_eq!(asks.kind(), Some("kept-form"));
    world.application.heard_nothing();
    send(&mut browser, &asks).await.is(200);
    posted(&world.application.last(), "/save");
    world.end(&[&browser]).await;
}
