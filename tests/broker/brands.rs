//! What an organization's own people see: its colour, its logo, its words.

use crate::support::World;
use crate::support::idp::{ada, grace};
use crate::support::world::{ROUTES, url};

/// Acme with a brand and a rule of its own.
fn file(folder: &std::path::Path) -> String {
    std::fs::write(
        folder.join("acme.svg"),
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    .unwrap();
    let logo = folder.join("acme.svg").display().to_string();
    let own = format!(
        "[organizations.acme]\nbrand = {{ logo = \"{logo}\", colour = \"#8a1c4a\", support = \"mailto:help@acme.com\" }}\n\
         allow = {{ emails = [\"ada@acme.com\"], explain = \"Ada alone may come in.\", remedy = \"Be <Ada>.\" }}\n"
    );
    ROUTES.replace("[organizations.acme]\n", &own).replace(
        "\"keepers-of-the-vault\"] }",
        "\"keepers-of-the-vault\"], explain = \"The vault is for its keepers.\" }",
    )
}

#[tokio::test]
async fn who_is_not_let_in_reads_the_organizations_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(&file(folder.path())).await;
    world.acme.person(grace());
    let mut browser = world.browser();
    let page = browser.visit(&url("/_sso/login/acme")).await;
    assert_eq!(page.is(403).kind(), Some("account-not-allowed"));
    for words in [
        "<p dir=\"auto\">Ada alone may come in.</p>",
        "<p dir=\"auto\">Be &lt;Ada&gt;.</p>",
        "<a href=\"mailto:help@acme.com\">Ask for access</a>",
        "--accent:#8a1c4a;",
        "<img class=\"logo\" src=\"data:image/svg+xml;base64,",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_may_not_on_a_route_reads_that_routes_words() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(&file(folder.path())).await;
    world.acme.person(ada());
    let (mut browser, _) = world.signed_in().await;
    world.application.forget();
    let page = browser.get(&url("/vault/x")).await;
    assert_eq!(page.is(403).kind(), Some("not-allowed-here"));
    assert!(page.text.contains("The vault is for its keepers."));
    assert!(!page.text.contains("Ada alone may come in."));
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}
