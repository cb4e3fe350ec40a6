//! Link's question while it is open: whatever ends what it rests on also ends the question, and nothing is linked.

use serde_json::{Value, json};

use crate::support::idp::{ada, grace};
use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Browser, Page, World};

const OFFER: &str = "/_sso/account/offer";

/// Acme has two providers; Grace owns it.
async fn world() -> World {
    let globex = format!(
        "[providers.globex-idp]\nkind = \"oidc\"\nissuer = \"{{globex}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\n"
    );
    let world = World::with(&format!(
        "{globex}[organizations.acme]\nname = \"Acme Inc.\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n\
         owners = [\"grace@acme.com\"]\n"
    ))
    .await;
    let there =
        json!({ "sub": "ada-at-globex", "email": "a.l@globex.com", "email_verified": true });
    world.globex.person(there);
    world
}

async fn sign_in(world: &World, person: Value) -> Browser {
    world.acme.person(person);
    let mut browser = world.browser();
    let start = url("/_sso/login/acme/acme-idp");
    let page = browser.post(&start, &[("rd", "/_sso/account")]).await;
    browser.follow(page).await.is(200);
    browser
}

/// Sends the form of a page of one's own.
async fn send(browser: &mut Browser, page: &str, to: &str, more: &[(&str, &str)]) -> Page {
    let csrf = browser.get(&url(page)).await.is(200).input("csrf");
    let fields = [&[("csrf", &*csrf)], more].concat();
    let page = browser.post(&url(to), &fields).await;
    browser.follow(page).await
}

/// Ada's browser, and what it asks her.
async fn asked(world: &World) -> (Browser, Page) {
    let mut browser = sign_in(world, ada()).await;
    let link = "/_sso/account/link/globex-idp";
    let page = send(&mut browser, "/_sso/account", link, &[]).await;
    assert_eq!(page.is(200).kind(), Some("account-offer"));
    (browser, page)
}

/// What an operator does.
async fn operator(world: &World, path: &str, what: Value) {
    let done = world.broker.socket().post::<_, Value>(path, &what).await;
    done.unwrap();
}

/// Holds that nobody comes in through Globex.
async fn nothing_is_linked(world: &World) {
    let path = "/identities?provider=globex-idp";
    let all: Value = world.broker.socket().get(path).await.unwrap();
    assert_eq!(all["identities"], json!([]));
}

#[tokio::test]
async fn inv_39_a_yes_in_a_suspended_organization_adds_nothing() {
    let world = world().await;
    let (mut browser, asked) = asked(&world).await;
    operator(&world, "/organizations/acme/suspend", json!({})).await;
    let page = browser.answer(&asked, "add").await;
    assert_eq!((page.status, page.kind()), (401, Some("session-ended")));
    let again = browser.visit(&url("/_sso/login/acme")).await;
    assert_eq!(again.kind(), Some("organization-suspended"));
    operator(&world, "/organizations/acme/resume", json!({})).await;
    nothing_is_linked(&world).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_39_a_yes_of_somebody_who_is_blocked_meanwhile_adds_nothing() {
    for by_owner in [false, true] {
        let world = world().await;
        let (mut browser, asked) = asked(&world).await;
        let path = "/identities?provider=acme-idp";
        let all: Value = world.broker.socket().get(path).await.unwrap();
        let id = all["identities"][0]["id"].as_str().unwrap();
        if by_owner {
            let mut owner = sign_in(&world, grace()).await;
            let block = format!("/_sso/admin/acme/identities/{id}/block");
            send(&mut owner, "/_sso/admin/acme", &block, &[])
                .await
                .is(200);
        } else {
            operator(
                &world,
                "/identities/block",
                json!({ "id": id, "reason": "a test" }),
            )
            .await;
        }
        let page = browser.answer(&asked, "add").await;
        assert_eq!((page.status, page.kind()), (401, Some("session-ended")));
        nothing_is_linked(&world).await;
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn inv_39_a_yes_after_the_session_was_ended_elsewhere_adds_nothing() {
    let world = world().await;
    let (mut browser, asked) = asked(&world).await;
    let revoked = json!({ "organization": "acme", "reason": "a test" });
    operator(&world, "/sessions/revoke", revoked).await;
    let page = browser.answer(&asked, "add").await;
    assert_eq!((page.status, page.kind()), (401, Some("session-ended")));
    nothing_is_linked(&world).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_yes_after_signing_out_in_another_tab_adds_nothing() {
    let world = world().await;
    let (mut browser, asked) = asked(&world).await;
    send(&mut browser, "/_sso/logout", "/_sso/logout", &[])
        .await
        .is(200);
    let page = browser.answer(&asked, "add").await;
    assert_eq!((page.status, page.kind()), (400, Some("login-expired")));
    nothing_is_linked(&world).await;
    // Nor is she asked again in her next session.
    let mut again = sign_in(&world, ada()).await;
    let page = again.visit(&url(OFFER)).await;
    assert_eq!(page.is(200).path(), "/_sso/account");
    nothing_is_linked(&world).await;
    world.end(&[&browser, &again]).await;
}

#[tokio::test]
async fn inv_17_a_yes_to_what_comes_through_a_disabled_provider_adds_nothing() {
    let world = world().await;
    let (mut browser, asked) = asked(&world).await;
    let mut owner = sign_in(&world, grace()).await;
    let disable = "/_sso/admin/acme/disable/globex-idp";
    send(&mut owner, disable, disable, &[("confirm", "acme")])
        .await
        .is(200);
    let page = browser.answer(&asked, "add").await;
    assert_eq!(page.is(409).kind(), Some("identity-not-linked"));
    nothing_is_linked(&world).await;
    world.end(&[&browser, &owner]).await;
}

#[tokio::test]
async fn a_yes_after_setup_counts_by_what_is_open_now() {
    let world = world().await;
    let (mut browser, asked) = asked(&world).await;
    let mut owner = sign_in(&world, grace()).await;
    let there =
        json!({ "sub": "grace-at-globex", "email": "g@globex.com", "email_verified": true });
    world.globex.person(there);
    let setup = "/_sso/admin/acme/setup/globex-idp";
    send(&mut owner, "/_sso/admin/acme", setup, &[])
        .await
        .is(200);
    let page = browser.answer(&asked, "add").await;
    assert!(
        page.is(200).text.contains("a.l@globex.com"),
        "{}",
        page.text
    );
    world.end(&[&browser, &owner]).await;
}

#[tokio::test]
async fn a_yes_to_what_a_provider_said_before_its_settings_changed_adds_nothing() {
    let mut world = world().await;
    let (mut browser, asked) = asked(&world).await;
    let table = |client: &str| {
        format!(
            "[providers.globex-idp]\nkind = \"oidc\"\nissuer = \"{}\"\nclient_id = \"{client}\"",
            world.globex.issuer
        )
    };
    let (from, to) = (table("doorward"), table("another"));
    world.reload_with(&from, &to).await;
    let page = browser.answer(&asked, "add").await;
    assert_eq!(page.is(200).path(), "/_sso/account?late=yes");
    assert!(page.text.contains("Nothing was added"), "{}", page.text);
    nothing_is_linked(&world).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_question_outlives_the_process_and_is_still_a_question() {
    let world = world().await;
    let (mut browser, asked) = asked(&world).await;
    let world = world.restart().await;
    browser.now_at(world.broker.address);
    let still = browser.get(&url(OFFER)).await;
    assert_eq!(still.is(200).input("offer"), asked.input("offer"));
    nothing_is_linked(&world).await;
    let page = browser.answer(&asked, "not-me").await;
    assert_eq!(page.is(200).path(), "/_sso/account");
    nothing_is_linked(&world).await;
    world.end(&[&browser]).await;
}
