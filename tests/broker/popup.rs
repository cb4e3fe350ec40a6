//! A sign-in in a window of its own.

use crate::support::world::{OWN_HOST, TWO, url};
use crate::support::{Page, World};

/// Whether the page leaves its window the tie to the page that opened it.
fn keeps_opener(page: &Page) -> bool {
    page.field("cross-origin-opener-policy") == Some("unsafe-none")
}

#[tokio::test]
async fn it_ends_on_a_page_that_closes_and_tells_this_origin_alone() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    let first = browser
        .visit(&url("/_sso/login?display=popup&rd=/elsewhere"))
        .await;
    assert_eq!(first.is(200).kind(), Some("email-first"));
    assert_eq!(first.input("rd"), "/_sso/signed-in");
    let sent = [("rd", "/_sso/signed-in"), ("email", "ada@acme.com")];
    let on = browser.post(&url("/_sso/login"), &sent).await;
    assert!(keeps_opener(&first) && keeps_opener(on.is(200)));
    let done = browser.follow(on).await;
    assert_eq!(done.is(200).kind(), Some("signed-in"));
    assert!(keeps_opener(&done), "{}", done.head);
    assert!(
        done.text
            .contains("data-origin=\"https://app.example.com\"")
    );
    assert!(done.text.contains("You can close this window"));
    let again = browser.visit(&url("/_sso/login/acme?display=popup")).await;
    assert_eq!(again.is(200).kind(), Some("signed-in"));
    assert_eq!(world.acme.heard("/token").len(), 1);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn on_a_host_of_its_own_it_ends_there() {
    let world = World::with(OWN_HOST).await;
    let mut browser = world.browser();
    let door = "https://globex.example.com/_sso/login?display=popup";
    let done = browser.visit(door).await;
    assert_eq!(done.is(200).kind(), Some("signed-in"));
    assert_eq!(done.url.host_str(), Some("globex.example.com"));
    assert!(
        done.text
            .contains("data-origin=\"https://globex.example.com\"")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn pages_in_no_such_window_keep_no_tie_and_nobody_ends_there_unknown() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    for path in [
        "/_sso/login",
        "/_sso/login?display=page",
        "/_sso/logged-out",
    ] {
        assert!(
            !keeps_opener(browser.get(&url(path)).await.is(200)),
            "{path}"
        );
    }
    let unknown = browser.get(&url("/_sso/signed-in")).await;
    let login = "/_sso/login?display=popup";
    assert_eq!(unknown.is(303).field("location"), Some(login));
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}
