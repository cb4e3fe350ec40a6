//! The search for secrets and the one for dead ends find what there is. Every story of this binary ends with them
//! (`World::end`).

use crate::support::world::url;
use crate::support::{Canaries, World, crawler};

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

#[tokio::test]
#[should_panic(expected = "planted leads to https://app.example.com/_sso/nothing, which is 404")]
async fn a_planted_dead_end_is_found() {
    let world = World::new().await;
    let mut page = world.browser().get(&url("/_sso/login")).await;
    page.head = page.head.replace("email-first", "planted");
    page.text = "<main><a class=\"button\" href=\"/_sso/nothing\">On</a></main>".to_owned();
    crawler::no_dead_end(&world, &[page]).await;
}
