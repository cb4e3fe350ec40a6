//! The provider of first tries: a form of ours that believes what is typed, on the shared host and for others.

use crate::support::{Browser, Page, World};

const SITE: &str = "http://localhost:8000";
const OWN: &str = "http://own.localhost:8000";

/// Two organizations on loopback, one of them on a host of its own, and a choice of providers in the first.
const LOOPBACK: &str = r#"
[server]
public_url = "http://localhost:8000"
listen = ["127.0.0.1:0"]
[providers.dev]
kind = "dev"
[organizations.acme]
name = "Acme"
domains = ["acme.example"]
providers = ["acme-idp", "dev"]
allow = { email_domains = ["acme.example"] }
[organizations.own]
name = "Own"
hosts = ["own.localhost:8000"]
providers = ["dev"]
allow = { anyone = true }
"#;

/// Fills in the form and sends it.
async fn fill_in(browser: &mut Browser, form: &Page, email: &str) -> Page {
    assert_eq!(form.is(200).kind(), Some("dev-form"), "{}", form.text);
    let state = form.input("state");
    let fields = [
        ("state", state.as_str()),
        ("email", email),
        ("name", "Ada Park"),
        ("groups", "staff, sales"),
    ];
    browser
        .post(&format!("{SITE}/_sso/callback/dev"), &fields)
        .await
}

#[tokio::test]
async fn the_form_leads_to_an_organizations_own_host_by_a_page_that_moves_on() {
    let world = World::with(LOOPBACK).await;
    let mut browser = world.browser();
    let form = browser.visit(&format!("{OWN}/plans")).await;
    let policy = form.field("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self'"), "{policy}");
    let sent = fill_in(&mut browser, &form, "ada@acme.example").await;
    assert_eq!(
        sent.is(200).kind(),
        Some("redirecting"),
        "a redirect of the form would break its policy"
    );
    let landed = browser.follow(sent).await;
    assert_eq!(landed.is(200).url.as_str(), format!("{OWN}/plans"));
    let heard = world.application.last();
    assert_eq!(heard.field("remote-organization"), Some("own"));
    assert_eq!(heard.field("remote-groups"), Some("staff,sales"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_form_leads_on_where_it_stands_too_and_so_does_one_that_is_sent_twice() {
    let world = World::with(LOOPBACK).await;
    let mut browser = world.browser();
    let door = format!("{SITE}/_sso/login/acme/dev");
    let form = browser.post(&door, &[("rd", "/reports")]).await;
    for _ in 0..2 {
        let sent = fill_in(&mut browser, &form, "ada@acme.example").await;
        assert_eq!(sent.is(200).kind(), Some("redirecting"));
        let landed = browser.follow(sent).await;
        assert_eq!(landed.is(200).url.as_str(), format!("{SITE}/reports"));
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_was_typed_on_the_page_before_stands_in_the_form() {
    let world = World::with(LOOPBACK).await;
    let mut browser = world.browser();
    let typed = [("email", "ada@acme.example"), ("rd", "/reports")];
    let sent = browser.post(&format!("{SITE}/_sso/login"), &typed).await;
    let door = browser.follow(sent).await;
    assert_eq!(door.is(200).kind(), Some("door"));
    let hint = door.input("login_hint");
    let fields = [("rd", "/reports"), ("login_hint", hint.as_str())];
    let form = browser
        .post(&format!("{SITE}/_sso/login/acme/dev"), &fields)
        .await;
    let field = "name=\"email\" type=\"email\"";
    let (_, rest) = form.is(200).text.split_once(field).unwrap();
    let (input, _) = rest.split_once('>').unwrap();
    assert!(input.contains("value=\"ada@acme.example\""), "{input}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_bad_address_shows_the_form_again_with_what_is_wrong_and_lets_nobody_in() {
    let world = World::with(LOOPBACK).await;
    let mut browser = world.browser();
    let mut form = browser.visit(&format!("{OWN}/plans")).await;
    for (typed, told) in [
        ("ada", "in the form name@example.com."),
        ("", "Enter your e-mail address."),
    ] {
        let before = form.input("state");
        form = fill_in(&mut browser, &form, typed).await;
        assert!(form.text.contains(told), "{typed:?}: {}", form.text);
        for kept in ["value=\"Ada Park\"", "value=\"staff, sales\""] {
            assert!(form.text.contains(kept), "{kept}: {}", form.text);
        }
        assert_ne!(form.input("state"), before, "a run is used once");
        assert!(browser.cookie("localhost", "__Host-sso").is_none());
        assert!(browser.cookie("own.localhost", "__Host-sso").is_none());
    }
    world.application.heard_nothing();
    let sent = fill_in(&mut browser, &form, "ada@acme.example").await;
    let landed = browser.follow(sent).await;
    assert_eq!(landed.is(200).url.as_str(), format!("{OWN}/plans"));
    world.end(&[&browser]).await;
}
