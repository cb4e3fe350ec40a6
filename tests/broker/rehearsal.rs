//! `provider test --login`: a sign-in for nobody.

use doorward::admin::views::{Rehearsal, Trace};
use doorward::pipeline::{Progress, Rehearsed};
use serde_json::{Value, json};

use crate::support::idp::{ada, grace};
use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Browser, Page, World};

const STAFF: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
owners = ["grace@acme.com"]
activation = "required"
allow = { email_domains = ["acme.com"] }
[organizations.globex]
name = "Globex"
providers = ["acme-idp"]
hosts = ["globex.example.com"]
allow = { emails = ["nobody@globex.com"] }
"#;

async fn prepare(world: &World, organization: Option<&str>) -> Rehearsal {
    let wanted = json!({ "organization": organization });
    let socket = world.broker.socket();
    let path = "/providers/acme-idp/rehearse";
    socket.post(path, &wanted).await.unwrap()
}

async fn progress(world: &World, prepared: &Rehearsal) -> Progress {
    let path = format!("/rehearsals/{}", prepared.id);
    world.broker.socket().get(&path).await.unwrap()
}

async fn done(world: &World, prepared: &Rehearsal) -> Rehearsed {
    match progress(world, prepared).await {
        Progress::Done(done) => *done,
        other => panic!("{other:?}"),
    }
}

/// Opens the link and presses the button.
async fn go_through(browser: &mut Browser, prepared: &Rehearsal) -> Page {
    let asks = browser.get(&prepared.url).await;
    assert_eq!(asks.is(200).kind(), Some("rehearse"));
    let away = browser.post(&prepared.url, &[]).await;
    browser.follow(away).await
}

#[tokio::test]
async fn inv_17_a_rehearsal_shows_what_would_come_of_it_and_signs_nobody_in() {
    let world = World::with(STAFF).await;
    let prepared = prepare(&world, None).await;
    assert_eq!(progress(&world, &prepared).await, Progress::Waiting);
    let mut browser = world.browser();
    let page = go_through(&mut browser, &prepared).await;
    assert_eq!(page.kind(), Some("rehearsed"), "{}", page.text);
    for told in [
        "would not let you in. <code>not_activated</code>",
        "ada@acme.com",
        "(a new account)",
    ] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    let done = done(&world, &prepared).await;
    let refused: Vec<_> = done
        .admissions
        .iter()
        .map(|one| one.refused.as_deref())
        .collect();
    assert_eq!(refused, [Some("not_activated"), Some("emails")]);
    assert_eq!(
        (done.email.as_deref(), done.email_verified),
        (Some("ada@acme.com"), true)
    );
    assert!(
        done.headers
            .contains(&("remote-email".to_owned(), "ada@acme.com".to_owned()))
    );
    // Nothing is left of it.
    browser.fetch(&url("/_sso/userinfo")).await.is(401);
    let socket = world.broker.socket();
    for list in ["sessions", "identities"] {
        let all: Value = socket.get(&format!("/{list}")).await.unwrap();
        assert_eq!(all[list], json!([]), "{all}");
    }
    world.application.heard_nothing();
    let events = world.trail(&[&browser]).await;
    let kinds: Vec<String> = events.iter().map(|event| event.kind.name()).collect();
    for kind in ["rehearsal.started", "rehearsal.finished"] {
        assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
    }
    assert!(
        !kinds.iter().any(|kind| kind.starts_with("login.")),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn an_owner_would_be_let_in_and_a_suspended_organization_lets_in_nobody() {
    let world = World::with(STAFF).await;
    world.acme.person(grace());
    let prepared = prepare(&world, Some("acme")).await;
    go_through(&mut world.browser(), &prepared).await.is(200);
    assert_eq!(done(&world, &prepared).await.admissions[0].refused, None);
    let socket = world.broker.socket();
    let why = json!({ "reason": "a test" });
    let _: Value = socket
        .post("/organizations/acme/suspend", &why)
        .await
        .unwrap();
    world.acme.person(grace());
    let prepared = prepare(&world, Some("acme")).await;
    go_through(&mut world.browser(), &prepared).await.is(200);
    let refused = done(&world, &prepared).await.admissions[0].refused.clone();
    assert_eq!(refused.as_deref(), Some("suspended"));
}

#[tokio::test]
async fn inv_08_a_link_is_good_for_one_browser_once() {
    let world = World::with(STAFF).await;
    let prepared = prepare(&world, None).await;
    let (mut browser, mut other) = (world.browser(), world.browser());
    for _ in 0..2 {
        other.get(&prepared.url).await.is(200);
    }
    let form = browser.post_from_elsewhere(&prepared.url, &[]).await;
    assert_eq!(
        form.kind(),
        Some("login-expired"),
        "another site's form begins nothing"
    );
    let away = browser.post(&prepared.url, &[]).await;
    let late = other.post(&prepared.url, &[]).await;
    assert_eq!(late.kind(), Some("login-expired"));
    other.get(&prepared.url).await.is(404);
    let mut page = away;
    let callback = loop {
        let next = page.leads_to().unwrap();
        if next.path() == "/_sso/callback/acme-idp" {
            break next;
        }
        page = browser.get(next.as_str()).await;
    };
    // Its answer counts in the browser that began, and once.
    let before = world.acme.back_channel();
    let stolen = other.get(callback.as_str()).await;
    assert_ne!(stolen.kind(), Some("rehearsed"));
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    let shown = browser.get(callback.as_str()).await;
    assert_eq!(shown.kind(), Some("rehearsed"));
    let before = world.acme.back_channel();
    let again = browser.get(callback.as_str()).await;
    assert_ne!(again.kind(), Some("rehearsed"));
    assert_eq!(world.acme.back_channel(), before);
    let wrong = url("/_sso/rehearse/made-up");
    browser.get(&wrong).await.is(404);
    let wrong = browser.post(&wrong, &[]).await;
    assert_eq!(wrong.kind(), Some("login-expired"));
}

#[tokio::test]
async fn a_rehearsal_that_fails_says_why_to_both() {
    let world = World::with(STAFF).await;
    world
        .acme
        .tweak(|claims| claims["nonce"] = "another".into());
    let prepared = prepare(&world, None).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    assert_eq!(page.kind(), Some("provider-misconfigured"));
    let Progress::Failed { code, why } = progress(&world, &prepared).await else {
        panic!("it did not fail");
    };
    assert_eq!(code, "provider-misconfigured");
    assert!(why.contains("Nonce"), "{why}");
    let socket = world.broker.socket();
    let nowhere = socket
        .post::<_, Value>("/providers/nowhere/rehearse", &json!({}))
        .await;
    assert!(nowhere.unwrap_err().to_string().contains("no provider"));
    let unused = json!({ "organization": "initech" });
    let unused = socket
        .post::<_, Value>("/providers/acme-idp/rehearse", &unused)
        .await;
    assert!(unused.unwrap_err().to_string().contains("does not use"));
}

#[tokio::test]
async fn inv_51_neither_page_nor_trace_nor_log_has_a_secret_of_a_rehearsal() {
    let world = World::with(STAFF).await;
    world.acme.person(ada());
    let prepared = prepare(&world, None).await;
    let token = prepared.url.rsplit('/').next().unwrap().to_owned();
    let mut browser = world.browser();
    let page = go_through(&mut browser, &prepared).await;
    let reference = page.field("sso-reference").unwrap();
    let socket = world.broker.socket();
    let trace: Trace = socket.get(&format!("/traces/{reference}")).await.unwrap();
    let outcome = format!("{:?}", progress(&world, &prepared).await);
    let mut secrets = world.acme.secrets();
    secrets.extend([token, CLIENT_SECRET.to_owned()]);
    for text in [
        &page.text,
        &format!("{trace:?}"),
        &outcome,
        &world.logs.text(),
    ] {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
    world.end(&[&browser]).await;
}
