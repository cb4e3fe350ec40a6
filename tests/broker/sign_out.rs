//! The way out: only on purpose, at once, and honest about what is left.

use std::time::Duration;

use crate::support::wire::Answer;
use crate::support::world::{OWN_HOST, TWO, url};
use crate::support::{Idp, Page, World};

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
    // The browser keeps no page to go back to.
    assert_eq!(sent.field("clear-site-data"), Some("\"cache\""));
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
    without_sign_out(&world.acme);
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

/// A provider that has no sign-out.
fn without_sign_out(idp: &Idp) {
    let issuer = idp.issuer.clone();
    idp.answer("/.well-known/openid-configuration", move |_| {
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
}

const PINNED: &str = r#"
[organizations.acme.sessions]
idle_timeout = "1h"
[routes.globex]
path = "/globex/*"
upstream = "app"
organization = "globex"
[routes.default]
path = "/*"
upstream = "app"
"#;

#[tokio::test]
async fn a_session_that_still_opens_something_is_not_said_to_be_over() {
    let world = World::with(&format!("{TWO}{PINNED}")).await;
    let mut browser = world.browser();
    for organization in ["globex", "acme"] {
        let door = url(&format!("/_sso/login/{organization}"));
        browser.visit(&door).await.is(200);
    }
    world.later(Duration::from_secs(3600));
    // The one that the shared host shows is idle, the other one is good.
    browser.fetch(&url("/")).await.is(401);
    browser.fetch(&url("/globex/x")).await.is(200);
    let who = browser.fetch(&url("/_sso/userinfo")).await;
    assert!(who.is(200).text.contains("\"organization\":\"globex\""));
    let account = browser.get(&url("/_sso/account")).await;
    assert!(account.is(200).text.contains("Globex"));

    let mut thief = browser.clone();
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    let sent = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    browser.follow(sent).await.is(200);
    assert_eq!(world.globex.heard("/logout").len(), 1);
    world.application.forget();
    thief.fetch(&url("/globex/x")).await.is(401);
    world.application.heard_nothing();

    // Now it is over, and the page may say so.
    let page = thief.get(&url("/_sso/logout")).await;
    let to = page.is(303).field("location");
    assert_eq!(to, Some("/_sso/logged-out"));
    assert_eq!(thief.cookie("app.example.com", "__Host-sso"), None);
    world.end(&[&browser, &thief]).await;
}

#[tokio::test]
async fn a_provider_is_told_to_end_the_session_of_this_browser_and_no_other() {
    let world = World::new().await;
    let in_session = |sid: &'static str| {
        world.acme.tweak(move |claims| claims["sid"] = sid.into());
    };
    in_session("laptop");
    let (mut laptop, _) = world.signed_in().await;
    in_session("phone");
    let (mut phone, _) = world.signed_in().await;
    for (browser, hint) in [(&mut laptop, false), (&mut phone, true)] {
        let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
        let sent = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
        browser.follow(sent).await.is(200);
        let asked = world.acme.heard("/logout").pop().unwrap().query();
        assert_eq!(asked.contains_key("id_token_hint"), hint, "{asked:?}");
        assert_eq!(asked["client_id"], "doorward");
    }
    world.end(&[&laptop, &phone]).await;
}

#[tokio::test]
async fn signing_out_on_an_organizations_own_host_leads_back_to_its_door() {
    for has_sign_out in [true, false] {
        let world = World::with(OWN_HOST).await;
        if !has_sign_out {
            without_sign_out(&world.globex);
        }
        let globex = |path: &str| format!("https://globex.example.com{path}");
        let mut browser = world.browser();
        browser.visit(&globex("/")).await.is(200);
        world.application.forget();
        let mut old = browser.clone();
        let csrf = browser.get(&globex("/_sso/logout")).await.input("csrf");
        let form = [("csrf", csrf.as_str())];
        let sent = browser.post(&globex("/_sso/logout"), &form).await;
        assert_eq!(browser.cookie("globex.example.com", "__Host-sso"), None);
        old.fetch(&globex("/")).await.is(401);
        world.application.heard_nothing();

        let end = browser.follow(sent).await;
        let host = end.is(200).url.host_str().unwrap().to_owned();
        if has_sign_out {
            // The provider knows one address to come back to.
            assert_eq!(host, "app.example.com");
            let asked = world.globex.heard("/logout").pop().unwrap().query();
            assert_eq!(asked["post_logout_redirect_uri"], url("/_sso/logged-out"));
            assert_eq!(asked["state"], "@globex.globex-idp");
            let state = url("/_sso/logged-out?state=@globex.globex-idp");
            assert!(leads_to_door(&browser.get(&state).await));
        } else {
            assert_eq!(host, "globex.example.com");
            assert!(end.text.contains("still signed in"), "{}", end.text);
            assert!(leads_to_door(&end));
        }
        world.end(&[&browser, &old]).await;
    }
}

fn leads_to_door(page: &Page) -> bool {
    let text = page.text.replace("&#x2f;", "/");
    text.contains("href=\"https://globex.example.com/_sso/login/globex\"")
}

#[tokio::test]
async fn inv_38_what_comes_back_from_a_providers_sign_out_leads_to_doors_of_ours_only() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    for state in ["@acme", "@nobody", "@https://evil.example", "@", "globex"] {
        let query = [("state", state)];
        let to = url::Url::parse_with_params(&url("/_sso/logged-out"), query).unwrap();
        let page = browser.get(to.as_str()).await;
        let text = page.is(200).text.replace("&#x2f;", "/");
        assert!(text.contains("href=\"/_sso/login\""), "{state}: {text}");
    }
    world.end(&[&browser]).await;
}
