//! What an operator does to identities: asking about one now, blocking, unblocking, unlinking.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::wire::{Answer, until};
use crate::support::world::{CLIENT_SECRET, ONE, OWN_HOST, url};
use crate::support::{Browser, World};

/// Acme's provider hands out refresh tokens.
async fn world(more: &str) -> World {
    let file = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"refresh_token\"\n{more}"
    );
    World::with(&file).await
}

/// Does something to Ada's identities, and says what came of each.
async fn to_ada(world: &World, verb: &str) -> Vec<Value> {
    let meant = json!({ "user": "ADA@acme.com", "reason": "a test" });
    let told = world.broker.socket();
    let told: Value = told
        .post(&format!("/identities/{verb}"), &meant)
        .await
        .unwrap();
    told["identities"].as_array().unwrap().clone()
}

async fn trail(world: &World, event: &str) -> Vec<Value> {
    let socket = world.broker.socket();
    let told: Value = socket.get(&format!("/audit?event={event}")).await.unwrap();
    told["entries"].as_array().unwrap().clone()
}

async fn is_in(browser: &mut Browser) -> u16 {
    browser.fetch(&url("/")).await.status
}

#[tokio::test]
async fn who_asks_now_is_told_what_the_provider_says() {
    let world = world(ONE).await;
    let (mut browser, _) = world.signed_in().await;
    let check = async |result: &str, reason: &str, state: &str| {
        let told = to_ada(&world, "revalidate").await;
        assert_eq!(told.len(), 1);
        let said = (
            told[0]["result"].as_str(),
            told[0]["identity"]["state"].as_str(),
        );
        assert_eq!(said, (Some(result), Some(state)), "{told:?}");
        assert_eq!(told[0]["reason"].as_str().unwrap_or_default(), reason);
    };
    check("valid", "", "valid").await;
    world
        .acme
        .on_refresh(|_| Answer::new(503, "text/plain", "down"));
    check("error", "status", "suspect").await;
    assert_eq!(is_in(&mut browser).await, 200, "no answer is no verdict");
    world.acme.refreshes();
    check("valid", "", "valid").await;
    world.acme.revoke_all();
    check("invalid", "invalid_grant", "invalid").await;
    assert_eq!(is_in(&mut browser).await, 401);
    // Nobody is asked again about somebody who is out.
    let asked = world.acme.refreshed().len();
    check("invalid", "invalid", "invalid").await;
    assert_eq!(world.acme.refreshed().len(), asked);
    let entries = trail(&world, "identity.checked").await;
    assert_eq!(entries.len(), 5);
    assert_eq!(entries[0]["actor"], "operator");
    assert_eq!(entries[1]["reason"], "invalid invalid_grant a test");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_42_who_asks_now_waits_for_the_question_under_way() {
    let world = world(ONE).await;
    let (browser, _) = world.signed_in().await;
    // The provider takes its time over the one question that there is.
    let (answer, parts) = tokio::sync::mpsc::channel(1);
    let once = Mutex::new(Some(parts));
    world
        .acme
        .on_refresh(move |_| Answer::Stream(once.lock().unwrap().take().unwrap()));
    world.later(std::time::Duration::from_secs(3_600));
    until("the provider is asked", || {
        world.acme.refreshed().len() == 1
    })
    .await;
    let story = async {
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
        let down = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n".to_vec();
        answer.send(down).await.unwrap();
    };
    let (told, ()) = tokio::join!(to_ada(&world, "revalidate"), story);
    assert_eq!(told[0]["identity"]["state"], "suspect", "{told:?}");
    assert_eq!(world.acme.refreshed().len(), 1, "one question, one answer");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_was_asked_is_in_the_trail_though_the_operator_has_hung_up() {
    let world = world(ONE).await;
    let (browser, _) = world.signed_in().await;
    let (answer, parts) = tokio::sync::mpsc::channel(1);
    let once = Mutex::new(Some(parts));
    world
        .acme
        .on_refresh(move |_| Answer::Stream(once.lock().unwrap().take().unwrap()));
    tokio::select! {
        told = to_ada(&world, "revalidate") => panic!("nobody has answered: {told:?}"),
        () = until("the provider is asked", || world.acme.refreshed().len() == 1) => {}
    }
    assert!(trail(&world, "identity.checked").await.is_empty());
    let down = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n".to_vec();
    answer.send(down).await.unwrap();
    let told = async {
        loop {
            match trail(&world, "identity.checked").await.first() {
                Some(entry) => return entry.clone(),
                None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(10), told).await;
    assert_eq!(told.unwrap()["reason"], "error status a test");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_39_who_is_blocked_is_out_everywhere_at_once_and_stays_out() {
    let world = world(OWN_HOST).await;
    let door = url("/_sso/login/acme");
    let (mut laptop, mut phone) = (world.browser(), world.browser());
    laptop.visit(&door).await.is(200);
    phone.visit(&door).await.is(200);
    let mut at_globex = world.browser();
    let globex = "https://globex.example.com/";
    at_globex.visit(globex).await.is(200);
    world.application.forget();

    let meant = json!({ "user": "ada@acme.com", "organization": "acme", "reason": "left" });
    let told: Value = world
        .broker
        .socket()
        .post("/identities/block", &meant)
        .await
        .unwrap();
    assert_eq!(told["identities"][0]["ended"], 2, "{told}");
    assert_eq!(told["identities"][0]["identity"]["state"], "blocked");
    assert_eq!(
        [is_in(&mut laptop).await, is_in(&mut phone).await],
        [401, 401]
    );
    world.application.heard_nothing();
    at_globex.fetch(globex).await.is(200);

    let world = world.restart().await;
    laptop.now_at(world.broker.address);
    world.application.forget();
    let refused = laptop.visit(&door).await;
    assert_eq!(
        (refused.status, refused.kind()),
        (403, Some("account-not-allowed"))
    );
    world.application.heard_nothing();
    let entry = &trail(&world, "identity.blocked").await[0];
    assert_eq!(
        (&entry["actor"], &entry["reason"]),
        (&"operator".into(), &"left".into())
    );

    let deals = to_ada(&world, "unblock").await;
    let at = |organization: &str| {
        let mut deals = deals.iter();
        let deal = deals.find(|deal| deal["identity"]["organization"] == organization);
        deal.unwrap()["result"].clone()
    };
    assert_eq!([at("acme"), at("globex")], ["done", "unchanged"]);
    assert_eq!(is_in(&mut laptop).await, 401, "what ended stays ended");
    laptop.visit(&door).await.is(200);
    assert_eq!(is_in(&mut laptop).await, 200);
    world.end(&[&laptop, &phone, &at_globex]).await;
}

#[tokio::test]
async fn who_is_unlinked_comes_back_as_somebody_new() {
    let world = world(ONE).await;
    let (mut browser, _) = world.signed_in().await;
    let before = browser.fetch(&url("/_sso/userinfo")).await.text;
    assert_eq!(to_ada(&world, "unlink").await[0]["ended"], 1);
    assert_eq!(is_in(&mut browser).await, 401);
    world.application.heard_nothing();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    let after = browser.fetch(&url("/_sso/userinfo")).await.text;
    let account = |text: &str| serde_json::from_str::<Value>(text).unwrap()["sub"].clone();
    assert_ne!(account(&before), account(&after));
    let all: Value = world.broker.socket().get("/identities").await.unwrap();
    assert_eq!(all["identities"].as_array().unwrap().len(), 1, "{all}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn nothing_is_done_by_half_a_request() {
    let world = world(ONE).await;
    let (mut browser, _) = world.signed_in().await;
    for meant in [
        json!({}),
        json!({ "organization": "acme" }),
        json!({ "user": " " }),
        json!({ "user": "ada@acme.com", "organization": "acmee" }),
        json!({ "user": "ada@acme.com", "unknown": true }),
        json!({ "user": "grace@acme.com" }),
        json!({ "id": "x" }),
        json!({ "user": "ada@acme.com", "reason": "two\nlines" }),
    ] {
        for verb in ["block", "unlink", "revalidate"] {
            let path = format!("/identities/{verb}");
            let told = world.broker.socket().post::<_, Value>(&path, &meant).await;
            assert!(told.is_err(), "{verb} {meant}: {told:?}");
        }
    }
    assert_eq!(is_in(&mut browser).await, 200);
    assert_eq!(world.acme.refreshed().len(), 0);
    world.end(&[&browser]).await;
}
