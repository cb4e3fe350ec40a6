//! The way out that begins at the provider: at once, everywhere, only once, and by nobody else.

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::idp::{ada, grace};
use crate::support::world::{OWN_HOST, TWO, url};
use crate::support::{Answer, Browser, Idp, Page, World};

const BACK: &str = "/_sso/logout/backchannel/acme-idp";

/// Ada in a session of the provider.
fn ada_in(session: &str) -> Value {
    let mut claims = ada();
    claims["sid"] = json!(session);
    claims
}

/// What the provider sends: no cookies, from nowhere that a browser knows.
async fn send(world: &World, form: &[(&str, &str)]) -> Page {
    let mut provider = world.browser();
    let page = provider.post_from_elsewhere(&url(BACK), form).await;
    assert!(page.fields("set-cookie").is_empty());
    assert_eq!(page.field("cache-control"), Some("no-store"));
    page
}

async fn tell(world: &World, claims: Value) -> Page {
    let token = world.acme.logout_token(&claims);
    send(world, &[("logout_token", &token)]).await
}

#[track_caller]
fn refused(page: &Page, code: &str) {
    assert_eq!(page.is(400).field("content-type"), Some("application/json"));
    let told: Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!(told["error"], code, "{told}");
    assert!(!told["error_description"].as_str().unwrap().is_empty());
}

/// Signs Ada in, in a browser and a provider session of her own.
async fn signed_in(world: &World, session: &str) -> Browser {
    world.acme.person(ada_in(session));
    world.signed_in().await.0
}

#[tokio::test]
async fn inv_16_the_provider_ends_one_of_its_sessions_and_leaves_the_others() {
    let world = World::new().await;
    let mut laptop = signed_in(&world, "s1").await;
    let mut phone = signed_in(&world, "s2").await;
    let done = tell(&world, json!({ "sid": "s1" })).await;
    assert_eq!(done.is(200).text, "");
    laptop.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    phone.fetch(&url("/")).await.is(200);
    world.end(&[&laptop, &phone]).await;
}

#[tokio::test]
async fn inv_16_the_provider_ends_everything_of_a_person_and_nothing_of_others() {
    let world = World::new().await;
    let mut laptop = signed_in(&world, "s1").await;
    let mut phone = signed_in(&world, "s2").await;
    world.acme.person(grace());
    let (mut other, _) = world.signed_in().await;
    tell(&world, json!({ "sub": "subject-of-ada" }))
        .await
        .is(200);
    laptop.fetch(&url("/")).await.is(401);
    phone.fetch(&url("/")).await.is(401);
    other.fetch(&url("/")).await.is(200);
    let ended = "doorward_sessions_ended_total{organization=\"acme\",reason=\"backchannel\"}";
    assert!((world.broker.metric(ended).await - 2.0).abs() < f64::EPSILON);
    world.end(&[&laptop, &phone, &other]).await;
}

#[tokio::test]
async fn inv_26_only_what_this_provider_vouched_for_ends() {
    let world = World::with(TWO).await;
    world.acme.person(ada_in("s1"));
    world.globex.person(ada_in("s1"));
    let mut browser = world.browser();
    for organization in ["acme", "globex"] {
        let door = url(&format!("/_sso/login/{organization}"));
        browser.visit(&door).await.is(200);
    }
    tell(&world, json!({ "sid": "s1", "sub": "subject-of-ada" }))
        .await
        .is(200);
    browser.fetch(&url("/")).await.is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("remote-organization"), Some("globex"));
    // The other provider cannot speak for this one, at either endpoint.
    let token = world
        .globex
        .logout_token(&json!({ "sub": "subject-of-ada" }));
    refused(
        &send(&world, &[("logout_token", &token)]).await,
        "invalid_request",
    );
    let there = url("/_sso/logout/backchannel/globex-idp");
    let token = world.acme.logout_token(&json!({ "sub": "subject-of-ada" }));
    let mut provider = world.browser();
    let page = provider
        .post_from_elsewhere(&there, &[("logout_token", &token)])
        .await;
    refused(&page, "invalid_request");
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_26_one_provider_of_several_organizations_ends_in_all_of_them() {
    let both = OWN_HOST.replace("globex-idp", "acme-idp");
    let world = World::with(&both).await;
    world.acme.person(ada_in("s1"));
    let mut shared = world.browser();
    shared.visit(&url("/_sso/login/acme")).await.is(200);
    let mut own = world.browser();
    let there = "https://globex.example.com/";
    own.visit(there).await.is(200);
    own.fetch(there).await.is(200);
    tell(&world, json!({ "sid": "s1" })).await.is(200);
    shared.fetch(&url("/")).await.is(401);
    own.fetch(there).await.is(401);
    // It is told on the shared host alone.
    let token = world.acme.logout_token(&json!({ "sid": "s1" }));
    let page = own
        .post_from_elsewhere(
            &format!("https://globex.example.com{BACK}"),
            &[("logout_token", &token)],
        )
        .await;
    page.is(404);
    world.end(&[&shared, &own]).await;
}

#[tokio::test]
async fn inv_16_a_logout_token_counts_once_and_what_it_ended_stays_ended_after_a_restart() {
    let world = World::new().await;
    let mut old = signed_in(&world, "s1").await;
    let token = world.acme.logout_token(&json!({ "sub": "subject-of-ada" }));
    let form = [("logout_token", token.as_str())];
    send(&world, &form).await.is(200);
    let mut new = signed_in(&world, "s2").await;
    refused(&send(&world, &form).await, "invalid_request");
    let world = world.restart().await;
    for browser in [&mut old, &mut new] {
        browser.now_at(world.broker.address);
    }
    refused(&send(&world, &form).await, "invalid_request");
    old.fetch(&url("/")).await.is(401);
    new.fetch(&url("/")).await.is(200);
    world.end(&[&old, &new]).await;
}

#[tokio::test]
async fn inv_16_a_logout_token_that_is_wrong_in_any_way_ends_nothing() {
    let world = World::new().await;
    let mut browser = signed_in(&world, "s1").await;
    let secrets = world.acme.secrets();
    let mut signed = secrets.iter().filter(|secret| secret.contains('.'));
    let id_token = signed.next().unwrap();
    let now = 1_800_000_000;
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for wrong in [
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "another-client" }),
        json!({ "aud": ["doorward", "another-client"] }),
        json!({ "iat": now - 181 }),
        json!({ "iat": now + 61 }),
        json!({ "exp": now - 60 }),
        json!({ "jti": null }),
        json!({ "events": null }),
        json!({ "events": { event: true } }),
        json!({ "nonce": "anything" }),
        json!({ "sub": null, "sid": null }),
        json!({ "sub": 7 }),
        json!({ "sid": "" }),
    ] {
        let mut claims = json!({ "sub": "subject-of-ada", "sid": "s1" });
        let more = wrong.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(more);
        let page = tell(&world, claims).await;
        assert_eq!(page.status, 400, "{wrong}");
        refused(&page, "invalid_request");
    }
    let token = world.acme.logout_token(&json!({ "sid": "s1" }));
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    let stranger = Idp::start(world.clock.clone()).await;
    stranger.claim_to_be(&world.acme.issuer);
    let foreign = stranger.logout_token(&json!({ "sid": "s1" }));
    for form in [
        vec![],
        vec![("logout_token", "")],
        vec![("logout_token", "x")],
        vec![("logout_token", unsigned)],
        vec![("logout_token", id_token.as_str())],
        vec![("logout_token", &*foreign)],
        vec![("logout_token", &*token), ("logout_token", &*token)],
        vec![("token", &*token)],
    ] {
        refused(&send(&world, &form).await, "invalid_request");
    }
    let long = "x".repeat(70_000);
    let form = [("logout_token", &*token), ("more", &*long)];
    refused(&send(&world, &form).await, "invalid_request");
    browser.fetch(&url("/")).await.is(200);
    // It was good all the time.
    send(&world, &[("logout_token", &token)]).await.is(200);
    browser.fetch(&url("/")).await.is(401);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_the_providers_logout_cuts_an_open_event_stream() {
    let world = World::new().await;
    let browser = signed_in(&world, "s1").await;
    let (events, receiver) = mpsc::channel(8);
    let once = std::sync::Mutex::new(Some(receiver));
    world.application.answer("/events", move |_| {
        Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    let head =
        "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    events.send(head.into()).await.unwrap();
    let mut line = browser.open("GET /events", "").await;
    events.send(b"9\r\ndata: 1\n\n\r\n".to_vec()).await.unwrap();
    line.until("data: 1\n\n").await;
    tell(&world, json!({ "sid": "s1" })).await.is(200);
    let rest = line.rest().await;
    assert!(!rest.contains("0\r\n\r\n"), "this looks complete: {rest:?}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_is_not_there_or_not_served_is_said() {
    let world = World::new().await;
    let mut browser = world.browser();
    let token = world.acme.logout_token(&json!({ "sid": "s1" }));
    let form = [("logout_token", token.as_str())];
    for path in [
        "/_sso/logout/backchannel/nobody",
        "/_sso/logout/backchannel/",
        "/_sso/logout/backchannel/acme-idp/more",
    ] {
        browser.post_from_elsewhere(&url(path), &form).await.is(404);
    }
    assert_eq!(
        browser.fetch(&url(BACK)).await.is(405).field("allow"),
        Some("POST")
    );
    let front = url("/_sso/logout/frontchannel/acme-idp");
    let page = browser.post(&front, &form).await;
    assert_eq!(page.is(405).field("allow"), Some("GET"));
    // Nobody of that session is here, which is as good as ended.
    send(&world, &form).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_for_its_keys_is_told_to_come_again() {
    let world = World::new().await;
    let discovery = "/.well-known/openid-configuration";
    world.acme.answer(discovery, |_| Answer::with(503, "", ""));
    let token = world.acme.logout_token(&json!({ "sid": "s1" }));
    let page = send(&world, &[("logout_token", &token)]).await;
    refused(&page, "temporarily_unavailable");
    world.end(&[]).await;
}

/// The URL that a provider shows in a frame.
fn frame(iss: &str, session: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("iss", iss), ("sid", session)])
        .finish();
    url(&format!("/_sso/logout/frontchannel/acme-idp?{query}"))
}

#[tokio::test]
async fn the_providers_frame_ends_what_its_session_gave_this_browser() {
    let world = World::with(TWO).await;
    let issuer = world.acme.issuer.clone();
    world.acme.person(ada_in("s1"));
    let mut browser = world.browser();
    for organization in ["globex", "acme"] {
        let door = url(&format!("/_sso/login/{organization}"));
        browser.visit(&door).await.is(200);
    }
    let mut other = world.browser();
    other.visit(&url("/_sso/login/acme")).await.is(200);
    let page = browser.fetch(&frame(&issuer, "s1")).await;
    let policy = page.is(200).field("content-security-policy").unwrap();
    assert_eq!(
        policy,
        format!("default-src 'none'; frame-ancestors {issuer}")
    );
    assert_eq!(page.field("x-frame-options"), None);
    assert_eq!(page.field("cache-control"), Some("no-store"));
    browser.fetch(&url("/")).await.is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("remote-organization"), Some("globex"));
    other.fetch(&url("/")).await.is(200);
    world.end(&[&browser, &other]).await;
}

#[tokio::test]
async fn inv_12_a_frame_that_does_not_know_the_session_ends_nothing() {
    let world = World::new().await;
    let issuer = world.acme.issuer.clone();
    let mut browser = signed_in(&world, "s1").await;
    let front = url("/_sso/logout/frontchannel/acme-idp");
    for wrong in [
        front.clone(),
        format!("{front}?sid=s1"),
        format!("{front}?iss={issuer}"),
        format!("{front}?iss={issuer}&sid=s1&sid=s2"),
        frame("https://evil.example", "s1"),
        frame(&format!("{issuer}/"), "s1"),
    ] {
        browser.fetch(&wrong).await.is(400);
    }
    browser.fetch(&frame(&issuer, "s2")).await.is(200);
    browser
        .fetch(&frame(&issuer, "subject-of-ada"))
        .await
        .is(200);
    browser.fetch(&url("/")).await.is(200);
    browser.fetch(&frame(&issuer, "s1")).await.is(200);
    browser.fetch(&url("/")).await.is(401);
    world.end(&[&browser]).await;
}
