//! `provider test --login`: a sign-in for nobody.

use std::time::Duration;

use doorward::admin::views::{Rehearsal, Trace};
use doorward::pipeline::{Progress, Rehearsed};
use serde_json::{Value, json};

use crate::support::idp::{Withholds, ada, grace};
use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Answer, Browser, Page, World};

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
    let prepared: Rehearsal = socket.post(path, &wanted).await.unwrap();
    world.hides_link(&prepared.url);
    prepared
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

async fn failed(world: &World, prepared: &Rehearsal) -> (String, String) {
    match progress(world, prepared).await {
        Progress::Failed { code, why } => (code, why),
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
    assert!(
        !page.text.contains("Globex"),
        "inv_26: others are for the operator"
    );
    let done = done(&world, &prepared).await;
    let verdicts = done.admissions.iter().map(|one| {
        let (refused, rule) = (one.refused.as_deref(), one.rule.as_deref());
        (refused, rule, one.door.as_str(), one.is_open)
    });
    let acme = (Some("not_activated"), None, "closed", false);
    let globex = (Some("emails"), Some("emails"), "open by file", true);
    assert!(verdicts.eq([acme, globex]), "{:?}", done.admissions);
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
async fn all_that_the_assertion_would_say_is_shown() {
    let world = World::with(STAFF).await;
    let prepared = prepare(&world, Some("globex")).await;
    go_through(&mut world.browser(), &prepared).await.is(200);
    let done = done(&world, &prepared).await;
    for (name, value) in [
        ("iss", "https://app.example.com"),
        ("aud", "https://globex.example.com"),
        ("org", "globex"),
        ("sub", "(a new account)"),
        ("email_verified", "true"),
        ("idp", "acme-idp"),
    ] {
        let claim = (name.to_owned(), value.to_owned());
        assert!(done.assertion.contains(&claim), "{claim:?}");
    }
    let mut named = done.assertion.iter().map(|(name, _)| name.as_str());
    assert!(named.any(|name| name == "auth_time"));
    world.end(&[]).await;
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
    let acme = done(&world, &prepared).await.admissions[0].clone();
    assert_eq!(acme.refused.as_deref(), Some("suspended"));
    assert_eq!(
        (acme.rule.as_deref(), acme.door.as_str()),
        (None, "suspended")
    );
    // Both reasons, where there are two.
    world
        .acme
        .person(json!({ "sub": "e", "email": "eve@evil.com", "email_verified": true }));
    let prepared = prepare(&world, Some("acme")).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    let both = "<code>suspended</code> <code>email_domains</code>";
    assert!(page.text.contains(both), "{}", page.text);
    assert!(page.text.contains("is not open for sign-in"));
    world.end(&[]).await;
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
    world.end(&[&browser, &other]).await;
}

#[tokio::test]
async fn a_rehearsal_that_fails_says_why_to_both() {
    let world = World::with(STAFF).await;
    world
        .acme
        .tweak(|claims| claims["nonce"] = "another".into());
    let prepared = prepare(&world, None).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    assert_eq!(page.kind(), Some("rehearsal-failed"));
    let (code, why) = failed(&world, &prepared).await;
    assert_eq!(code, "provider-misconfigured");
    assert!(why.contains("Nonce"), "{why}");
    assert!(page.text.contains(&code) && page.text.contains("the check Nonce"));
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
    world.end(&[]).await;
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
    let path = format!("/rehearsals/{}", prepared.id);
    let outcome = socket.get::<Value>(&path).await.unwrap().to_string();
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

#[tokio::test]
async fn what_the_provider_calls_its_error_is_told_to_both_and_counts_as_no_sign_in() {
    let world = World::with(STAFF).await;
    world.acme.refuse("invalid_scope");
    let prepared = prepare(&world, None).await;
    let mut browser = world.browser();
    let page = go_through(&mut browser, &prepared).await;
    let (code, why) = failed(&world, &prepared).await;
    assert_eq!(code, "provider-misconfigured");
    assert!(why.contains("invalid_scope"), "{why}");
    assert!(page.text.contains("invalid_scope"), "{}", page.text);
    // Nobody has to wait for a provider that cannot even be asked where to go.
    let world = {
        world.end(&[&browser]).await;
        World::with(STAFF).await
    };
    let discovery = "/.well-known/openid-configuration";
    world.acme.answer(discovery, |_| Answer::with(503, "", ""));
    let prepared = prepare(&world, None).await;
    let mut browser = world.browser();
    let page = go_through(&mut browser, &prepared).await;
    assert_eq!(page.kind(), Some("rehearsal-failed"), "{}", page.text);
    assert_eq!(
        failed(&world, &prepared).await.0,
        "provider-unreachable",
        "said at once"
    );
    let metrics = world.broker.management("/metrics").await.text();
    let counted = metrics.lines().filter(|line| {
        line.starts_with("doorward_logins_completed_total{") && !line.ends_with(" 0")
    });
    assert_eq!(counted.count(), 0, "{metrics}");
    let events = world.trail(&[&browser]).await;
    let ended = events
        .iter()
        .filter(|event| event.kind.name() != "key.created");
    let ended: Vec<_> = ended
        .map(|event| (event.kind.name(), event.reason.clone()))
        .collect();
    let reason = Some("provider-unreachable".to_owned());
    assert!(
        ended.contains(&("rehearsal.finished".to_owned(), reason)),
        "{ended:?}"
    );
    assert!(
        !ended.iter().any(|(kind, _)| kind.starts_with("login.")),
        "{ended:?}"
    );
}

#[tokio::test]
async fn inv_09_an_answer_of_another_issuer_asks_nobody_and_ends_the_rehearsal() {
    let world = World::with(STAFF).await;
    let prepared = prepare(&world, None).await;
    let mut browser = world.browser();
    let mut page = browser.post(&prepared.url, &[]).await;
    let mut callback = loop {
        let next = page.leads_to().unwrap();
        if next.path() == "/_sso/callback/acme-idp" {
            break next;
        }
        page = browser.get(next.as_str()).await;
    };
    let honest = callback.clone();
    let all: Vec<_> = callback.query_pairs().into_owned().collect();
    callback.query_pairs_mut().clear();
    for (name, value) in all.iter().filter(|(name, _)| name != "iss") {
        callback.query_pairs_mut().append_pair(name, value);
    }
    callback
        .query_pairs_mut()
        .append_pair("iss", "https://evil.example");
    let before = world.acme.back_channel();
    let mixed_up = browser.get(callback.as_str()).await;
    assert_eq!(mixed_up.kind(), Some("rehearsal-failed"));
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    assert!(failed(&world, &prepared).await.1.contains("ResponseIssuer"));
    // The run is used up by it: what comes after asks nobody either, and is told the same.
    let honest = browser.get(honest.as_str()).await;
    assert_eq!(honest.kind(), Some("rehearsal-failed"));
    assert_eq!(world.acme.back_channel(), before);
    assert!(failed(&world, &prepared).await.1.contains("ResponseIssuer"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn whoever_waits_is_told_when_nobody_can_come_any_more() {
    let world = World::with(STAFF).await;
    let (early, late) = (prepare(&world, None).await, prepare(&world, None).await);
    let mut browser = world.browser();
    world.later(Duration::from_secs(599));
    browser.get(&late.url).await.is(200);
    browser.post(&late.url, &[]).await;
    world.later(Duration::from_secs(1));
    assert_eq!(progress(&world, &early).await, Progress::Expired);
    assert_eq!(progress(&world, &late).await, Progress::Begun);
    browser.get(&early.url).await.is(404);
    let form = browser.post(&early.url, &[]).await;
    assert_eq!(form.kind(), Some("login-expired"));
    assert!(world.acme.heard("/token").is_empty());
    world.later(Duration::from_secs(660));
    assert_eq!(progress(&world, &late).await, Progress::Expired);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_provider_that_hands_out_no_refresh_token_fails_as_at_a_sign_in() {
    let provider = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"refresh_token\"\n{STAFF}"
    );
    let world = World::with(&provider).await;
    world.acme.withhold(Withholds::WithoutConsent);
    let prepared = prepare(&world, Some("globex")).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    assert_eq!(page.kind(), Some("rehearsed"), "{}", page.text);
    assert_eq!(world.acme.heard("/authorize").len(), 2, "with consent");
    world.acme.withhold(Withholds::Always);
    let prepared = prepare(&world, Some("globex")).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    assert_eq!(page.kind(), Some("rehearsal-failed"), "{}", page.text);
    let why = failed(&world, &prepared).await.1;
    assert!(why.contains("no refresh token came"), "{why}");
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_32_what_is_too_large_to_be_sent_is_said_and_not_shown() {
    let more =
        "[headers.set]\nRemote-Both = \"{claims.a}{claims.b}{claims.c}{claims.d}{claims.e}\"\n";
    let world = World::with(&format!("{STAFF}{more}")).await;
    let long = "x".repeat(1000);
    let groups = vec!["y".repeat(60); 100];
    let mut person = ada();
    person["groups"] = json!(groups);
    world.acme.person(person.clone());
    let prepared = prepare(&world, None).await;
    go_through(&mut world.browser(), &prepared).await.is(200);
    let told = done(&world, &prepared).await;
    assert_eq!(told.too_large, None, "it is sent without the groups");
    assert!(!told.assertion.iter().any(|(name, _)| name == "groups"));
    assert!(told.assertion.iter().any(|(name, _)| name == "email"));
    for claim in ["a", "b", "c", "d", "e"] {
        person[claim] = long.clone().into();
    }
    world.acme.person(person);
    let prepared = prepare(&world, None).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    assert!(page.text.contains("is too large for it"), "{}", page.text);
    let told = done(&world, &prepared).await;
    assert!(told.too_large.is_some_and(|it| it.contains("remote-both")));
    assert_eq!((told.headers, told.assertion), (vec![], vec![]));
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_51_a_provider_that_quotes_secrets_is_not_quoted() {
    let world = World::with(STAFF).await;
    world.acme.answer("/token", |heard| {
        let code = heard.form()["code"].clone();
        let quoting = format!("no {code} of {CLIENT_SECRET}");
        let body = json!({ "error": "invalid_client", "error_description": quoting });
        Answer::new(401, "application/json", &body.to_string())
    });
    let prepared = prepare(&world, None).await;
    let page = go_through(&mut world.browser(), &prepared).await;
    let (_, why) = failed(&world, &prepared).await;
    assert!(
        why.contains("the provider says: invalid_client no …"),
        "{why}"
    );
    for text in [&page.text, &why, &world.logs.text()] {
        assert!(!text.contains(CLIENT_SECRET), "{text}");
        for secret in world.acme.secrets() {
            assert!(!text.contains(&secret), "{secret} in {text}");
        }
    }
    world.end(&[]).await;
}
