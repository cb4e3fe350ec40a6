//! The search for secrets and the one for dead ends find what there is. Every story of this binary ends with them
//! (`World::end`).

use crate::support::crawler::{self, Shown};
use crate::support::world::url;
use crate::support::{Canaries, World};

#[tokio::test]
async fn inv_51_a_planted_secret_is_found_wherever_it_lies() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let canaries = Canaries::of(world.acme.secrets()).with_cookies(&[&browser]);
    let planted = world.acme.secrets().pop().unwrap();
    let cookie = browser
        .cookie("app.example.com", "__Host-sso")
        .unwrap()
        .to_owned();
    for secret in [&planted, &cookie] {
        let text = format!("before{secret}after");
        assert_eq!(canaries.found(text.as_bytes()), Some(secret.as_str()));
    }
    assert_eq!(canaries.found(b"nothing"), None);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    canaries.absent_below(folder.path());
    std::fs::write(folder.path().join("deep/file"), &planted).unwrap();
    let search = std::panic::AssertUnwindSafe(|| canaries.absent_below(folder.path()));
    assert!(std::panic::catch_unwind(search).is_err());
    let mut browser = browser;
    browser.get(&url("/_sso/account")).await.is(200);
    world.end(&[&browser]).await;
}

/// A page with that in its middle, and the crawl that comes to it.
async fn crawl_planted(middle: &str) {
    let world = World::new().await;
    let mut to = world.browser();
    let mut page = to.get(&url("/_sso/login")).await;
    page.head = page.head.replace("email-first", "planted");
    page.text = format!("<main>{middle}</main>");
    crawler::no_dead_end(&world, &[Shown { page, to }]).await;
}

#[tokio::test]
#[should_panic(expected = "planted leads to https://app.example.com/_sso/nothing, which is 404")]
async fn a_planted_dead_end_is_found() {
    crawl_planted("<a class=\"button\" href=\"/_sso/nothing\">On</a>").await;
}

#[tokio::test]
#[should_panic(expected = "planted at https://app.example.com/_sso/login leads nowhere")]
async fn a_planted_page_without_a_way_on_is_found() {
    crawl_planted("<p>This is all.</p>").await;
}

#[tokio::test]
#[should_panic(expected = "planted is sent to https://app.example.com/_sso/kept, which is 405")]
async fn a_planted_form_to_where_nothing_is_sent_is_found() {
    let form = "<form method=\"post\" action=\"/_sso/kept\"><button>On</button></form>";
    crawl_planted(form).await;
}

#[tokio::test]
#[should_panic(
    expected = "planted is sent to https://app.example.com/_sso/nothing?q=, which is 404"
)]
async fn a_planted_search_of_nothing_is_found() {
    let form = "<form method=\"get\" action=\"/_sso/nothing\"><input name=\"q\"><button>On</button></form>";
    crawl_planted(form).await;
}

#[tokio::test]
#[should_panic(expected = "planted is sent to https://app.example.com/_sso/nowhere, which is 404")]
async fn a_planted_second_button_that_leads_nowhere_is_found() {
    let form = "<form method=\"post\" action=\"/_sso/login\"><button>On</button>\
                <button formaction=\"/_sso/nowhere\">Away</button></form>";
    crawl_planted(form).await;
}

#[tokio::test]
#[should_panic(expected = "has no button")]
async fn a_planted_form_that_cannot_be_sent_is_found() {
    crawl_planted("<form method=\"post\" action=\"/_sso/login\"><input name=\"q\"></form>").await;
}

#[tokio::test]
#[should_panic(expected = "goes nowhere")]
async fn a_planted_form_that_is_sent_nowhere_is_found() {
    crawl_planted("<form method=\"post\"><button>On</button></form>").await;
}
