//! The doors of organizations: what a browser is shown there, and what it is remembered by.

use url::Url;

use crate::support::wire::values;
use crate::support::world::{ONE, OWN_HOST, url};
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

/// Goes wherever a look leads, as a link checker does; gives back each status.
async fn look(world: &World, from: &str) -> Vec<String> {
    let mut at = Url::parse(from).unwrap();
    let mut statuses = Vec::new();
    while statuses.len() < 10 {
        let (host, target) = (at.host_str().unwrap(), &at[url::Position::BeforePath..]);
        let head = format!("HEAD {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = world.broker.raw(&head).await;
        assert!(values(&answer, "set-cookie").is_empty(), "{answer}");
        statuses.push(answer[9..12].to_owned());
        match values(&answer, "location").as_slice() {
            [] => break,
            to => at = at.join(to[0]).unwrap(),
        }
    }
    statuses
}

#[tokio::test]
async fn inv_12_a_look_at_a_door_begins_nothing_and_ends_at_a_door() {
    for (file, door, expected) in [
        (ONE, url("/_sso/login/acme?rd=/plans"), &["303", "200"][..]),
        (
            OWN_HOST,
            "https://globex.example.com/_sso/login/globex?rd=/plans".to_owned(),
            &["303", "303", "200"],
        ),
    ] {
        let world = World::with(file).await;
        assert_eq!(look(&world, &door).await, expected, "{door}");
        let begun = async || {
            let mut begun = 0.0;
            for name in ["acme", "globex"] {
                let of = format!("{{organization=\"{name}\",provider=\"{name}-idp\"}}");
                let series = format!("doorward_logins_started_total{of}");
                begun += world.broker.metric(&series).await;
            }
            begun.to_string()
        };
        assert_eq!(begun().await, "0", "{door}");
        let mut browser = world.browser();
        browser.visit(&door).await;
        assert_eq!(begun().await, "1", "{door}");
        world.end(&[&browser]).await;
    }
}
