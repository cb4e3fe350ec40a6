//! The doors of organizations: what a browser is shown there, and what it is remembered by.

use crate::support::world::url;
use crate::support::{Browser, Page, World};

/// An organization with a choice.
const CHOICE: &str =
    "[organizations.acme]\nname = \"Acme\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n";

const USED: &str = "Used last time in this browser";

/// Signs in by a button of the door, and leaves.
async fn come_and_go(browser: &mut Browser, provider: &str) {
    let button = url(&format!("/_sso/login/acme/{provider}"));
    let sent = browser.post(&button, &[("rd", "/")]).await;
    browser.follow(sent).await.is(200);
    browser.lose_cookie("app.example.com", "__Host-sso");
}

/// The providers of a door's buttons, in order.
fn buttons(door: &Page) -> Vec<&str> {
    let forms = door.text.split("action=\"/_sso/login/acme/").skip(1);
    forms.map(|form| form.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_provider_that_a_browser_used_last_comes_first() {
    let world = World::with(CHOICE).await;
    let mut browser = world.browser();
    let door = browser.visit(&url("/")).await;
    assert_eq!(buttons(door.is(200)), ["acme-idp", "globex-idp"]);
    assert!(!door.text.contains(USED));
    come_and_go(&mut browser, "globex-idp").await;
    let door = browser.visit(&url("/")).await;
    assert_eq!(buttons(door.is(200)), ["globex-idp", "acme-idp"]);
    assert!(door.text.contains(USED), "{}", door.text);
    let primary = "<button class=\"button\">";
    assert_eq!(door.text.matches(primary).count(), 1, "{}", door.text);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_any_more_is_nobodys_last() {
    let world = World::with(CHOICE).await;
    let mut browser = world.browser();
    for remembered in [
        "acme.nobody",
        "acme",
        "acme.",
        "globex.globex-idp",
        "<b>.<b>",
    ] {
        browser.put_cookie("app.example.com", "__Host-sso-org", remembered);
        let door = browser.visit(&url("/_sso/login/acme")).await;
        assert_eq!(buttons(door.is(200)), ["acme-idp", "globex-idp"]);
        assert!(!door.text.contains(USED), "{remembered}");
        let primary = "<button class=\"button\">";
        assert_eq!(door.text.matches(primary).count(), 1, "{remembered}");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn who_wants_another_account_is_told_so_at_the_door_and_asked_at_the_provider() {
    let world = World::with(CHOICE).await;
    let mut browser = world.browser();
    come_and_go(&mut browser, "acme-idp").await;
    let door = url("/_sso/login/acme?prompt=select_account");
    let door = browser.visit(&door).await;
    let notice = "Choose the account you want to use.";
    assert!(door.is(200).text.contains(notice), "{}", door.text);
    let prompt = door.input("prompt");
    let form = [("rd", "/"), ("prompt", prompt.as_str())];
    let button = url("/_sso/login/acme/acme-idp");
    let sent = browser.post(&button, &form).await;
    browser.follow(sent).await.is(200);
    let asked = world.acme.heard("/authorize").pop().unwrap().query();
    assert_eq!(asked["prompt"], "select_account");
    world.end(&[&browser]).await;
}
