//! The way out: only on purpose, at once, and honest about what is left.

use crate::support::World;
use crate::support::wire::Answer;
use crate::support::world::{TWO, url};

#[tokio::test]
async fn a_link_asks_and_ends_nothing() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let page = browser.get(&url("/_sso/logout?rd=/reports")).await;
    assert!(page.is(200).fields("set-cookie").is_empty());
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_12_nobody_is_signed_out_by_somebody_elses_page() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    browser
        .post_from_elsewhere(&url("/_sso/logout"), &[("csrf", &csrf)])
        .await
        .is(400);
    browser
        .post(&url("/_sso/logout"), &[("csrf", "guessed")])
        .await
        .is(400);
    browser.post(&url("/_sso/logout"), &[]).await.is(400);
    browser.post(&url("/_sso/switch/acme"), &[]).await.is(400);
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn signing_out_ends_here_and_then_at_the_provider() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let mut old = browser.clone();
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    let sent = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    old.fetch(&url("/")).await.is(401);
    let end = browser.follow(sent).await;
    assert_eq!(end.is(200).path(), "/_sso/logged-out?state=acme-idp");
    let told = "Your session here is over, and so is the one at";
    assert!(end.text.contains(told), "{}", end.text);
    assert!(!end.text.contains("still signed in"), "{}", end.text);
    let asked = world.acme.heard("/logout").pop().unwrap().query();
    assert_eq!(asked["post_logout_redirect_uri"], url("/_sso/logged-out"));
    assert!(
        world.acme.secrets().contains(&asked["id_token_hint"]),
        "so that nobody is asked again"
    );
    world.application.heard_nothing();
    world.end(&[&browser, &old]).await;
}

#[tokio::test]
async fn where_the_provider_has_no_sign_out_the_page_says_so() {
    let world = World::new().await;
    let issuer = world.acme.issuer.clone();
    world
        .acme
        .answer("/.well-known/openid-configuration", move |_| {
            Answer::json(&serde_json::json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }))
        });
    let (mut browser, _) = world.signed_in().await;
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    let sent = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    let end = browser.follow(sent).await;
    assert!(end.is(200).text.contains("still signed in"), "{}", end.text);
    assert!(!end.text.contains("so is the one"), "{}", end.text);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_page_names_the_provider_that_nobody_was_sent_to() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    for organization in ["globex", "acme"] {
        let door = url(&format!("/_sso/login/{organization}"));
        browser.visit(&door).await.is(200);
    }
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    let sent = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    let page = browser.follow(sent).await;
    assert!(page.is(200).text.contains("still signed in"));
    let asked = world.acme.heard("/logout").pop().unwrap().query();
    assert_eq!(asked["state"], "acme-idp.globex-idp");
    assert!(world.globex.heard("/logout").is_empty());
    for (told, ended, still) in [
        ("?state=acme-idp.globex-idp", true, true),
        ("?state=acme-idp", true, false),
        ("?still=acme-idp.globex-idp", false, true),
        ("?state=<b>.nobody", false, false),
        ("", false, false),
    ] {
        let page = browser.get(&url(&format!("/_sso/logged-out{told}"))).await;
        let says = |words| page.text.contains(words);
        assert_eq!(says("so is the one at"), ended, "{told}");
        assert_eq!(says("still signed in"), still, "{told}");
    }
    world.end(&[&browser]).await;
}
