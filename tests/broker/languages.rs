//! What visitors read: their own language where the pages speak it.

use serde_json::Value;

use crate::support::world::{ONE, ROUTES, TWO, url};
use crate::support::{Heard, World};

const PAGE: &str = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";

async fn read(world: &World, path: &str, accept: &str) -> Heard {
    let more = format!("{PAGE}Accept-Language: {accept}\r\n");
    world.browser().ask(&format!("GET {path}"), &more).await
}

#[track_caller]
fn speaks(answer: &Heard, tag: &str, direction: &str) {
    let start = format!("<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\">");
    assert!(answer.text().starts_with(&start), "{}", answer.text());
    assert_eq!(answer.field("content-language"), Some(tag));
    assert_eq!(answer.field("vary"), Some("accept-language"));
}

#[tokio::test]
async fn a_page_is_in_the_language_of_the_browser() {
    let world = World::with(TWO).await;
    for (accept, tag, direction) in [
        ("de-CH, en;q=0.5", "de", "ltr"),
        ("en;q=0.2, ar", "ar", "rtl"),
        ("nl, pt", "pt-BR", "ltr"),
        ("zh-CN", "zh-Hans", "ltr"),
        ("tlh", "en", "ltr"),
    ] {
        let answer = read(&world, "/_sso/login", accept).await;
        speaks(answer.is(200), tag, direction);
    }
    let german = read(&world, "/_sso/login", "de").await;
    assert!(german.text().contains("Passwort"), "{}", german.text());
    let refused = read(&world, "/_sso/login/nobody", "fr").await;
    speaks(refused.is(404), "fr", "ltr");
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn a_link_to_sign_in_may_ask_for_a_language() {
    let world = World::with(TWO).await;
    let asked = "/_sso/login?ui_locales=tlh+ja+de";
    speaks(read(&world, asked, "fr").await.is(200), "ja", "ltr");
    let refused = "/_sso/login/nobody?ui_locales=ar";
    speaks(read(&world, refused, "fr").await.is(404), "ar", "rtl");
    let mut browser = world.browser();
    let form = url("/_sso/login?ui_locales=ja&rd=%2Fx");
    let page = browser.visit(&form).await;
    assert!(page.text.contains("action=\"/_sso/login?ui_locales=ja\""));
    let again = browser
        .post(&url("/_sso/login?ui_locales=ja"), &[("email", "?")])
        .await;
    assert_eq!(again.is(200).field("content-language"), Some("ja"));
    let sent = [("email", "ada@acme.com"), ("rd", "/x")];
    let on = browser.post(&url("/_sso/login?ui_locales=ja"), &sent).await;
    let to = on.leads_to().unwrap();
    let asks = to
        .query_pairs()
        .any(|(name, value)| name == "ui_locales" && value == "ja");
    assert!(asks, "{to}");
    // Elsewhere it is the application's parameter, or nobody's.
    let elsewhere = "/_sso/logged-out?ui_locales=ja";
    speaks(read(&world, elsewhere, "fr").await.is(200), "fr", "ltr");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_file_says_what_readers_of_other_languages_get() {
    let world = World::with(&format!("[pages]\nlanguage = \"es\"\n{ONE}")).await;
    speaks(
        read(&world, "/_sso/logged-out", "tlh").await.is(200),
        "es",
        "ltr",
    );
    let silent = world.browser().ask("GET /_sso/logged-out", PAGE).await;
    speaks(silent.is(200), "es", "ltr");
    world.end(&[]).await;
}

#[tokio::test]
async fn an_operators_own_words_and_languages_need_no_other_program() {
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    own("de.ftl", "logged-out-close = Auf Wiedersehen & bis bald.\n");
    own("nl.ftl", "logged-out-close = Tot ziens.\n");
    let words = folder.path().display();
    let world = World::with(&format!("[pages]\nwords = \"{words}\"\n{ONE}")).await;
    let german = read(&world, "/_sso/logged-out", "de").await;
    speaks(german.is(200), "de", "ltr");
    assert!(german.text().contains("Auf Wiedersehen &amp; bis bald."));
    assert!(german.text().contains("Erneut anmelden"));
    let dutch = read(&world, "/_sso/logged-out", "nl-BE").await;
    speaks(dutch.is(200), "nl", "ltr");
    assert!(dutch.text().contains("Tot ziens.") && dutch.text().contains("Sign in again"));
    world.end(&[]).await;
}

#[tokio::test]
async fn programs_are_told_in_english() {
    let world = World::with(ROUTES).await;
    let more = "Accept: application/json\r\nAccept-Language: ar\r\n";
    let answer = world.browser().ask("GET /", more).await;
    let told: Value = serde_json::from_slice(&answer.is(401).body).unwrap();
    let message = told["message"].as_str().unwrap();
    assert!(message.starts_with("Sign in to continue. "), "{message}");
    assert_eq!(answer.field("content-language"), Some("en"));
    world.application.heard_nothing();
    world.end(&[]).await;
}
