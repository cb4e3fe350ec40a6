//! Sign-ins that begin at the provider: where they lead, and what they cannot do by themselves.

use crate::support::world::{ONE, OWN_HOST, url};
use crate::support::{Browser, Page, World};

/// Two organizations that share a provider, and a third with it and another one.
const SHARED: &str = r#"
[organizations.acme]
name = "Acme Inc."
domains = ["acme.com", "common.com"]
providers = ["acme-idp"]
[organizations.globex]
name = "Globex"
domains = ["globex.com", "common.com"]
providers = ["acme-idp"]
[organizations.initech]
name = "Initech"
domains = ["initech.com"]
providers = ["globex-idp", "acme-idp"]
"#;

/// The address that a provider sends people to.
fn initiate(world: &World, more: &str) -> String {
    let issuer = &world.acme.issuer;
    url(&format!("/_sso/initiate/acme-idp?iss={issuer}{more}"))
}

/// Comes from the provider's own page, as far as the first page to look at.
async fn come(browser: &mut Browser, url: &str) -> Page {
    let page = browser.get_from_elsewhere(url).await;
    browser.follow(page).await
}

/// Presses the one button of a door.
async fn press(browser: &mut Browser, door: &Page) -> Page {
    let (_, form) = door
        .text
        .split_once("<form method=\"post\" action=\"")
        .unwrap();
    let action = form.split('"').next().unwrap();
    assert_eq!(door.text.matches("<button").count(), 1, "{}", door.text);
    let hidden = door.hidden();
    let pairs = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = pairs.collect();
    let button = door.url.join(action).unwrap();
    let sent = browser.post(button.as_str(), &fields).await;
    browser.follow(sent).await
}

#[tokio::test]
async fn inv_12_a_tile_at_the_provider_leads_to_a_door_that_waits_for_a_press() {
    let world = World::with(ONE).await;
    let mut browser = world.browser();
    let more = "&login_hint=ada@acme.com&target_link_uri=https://app.example.com/reports?id=7";
    let door = come(&mut browser, &initiate(&world, more)).await;
    assert_eq!(door.is(200).kind(), Some("door"));
    assert!(door.text.contains("ada@acme.com"), "{}", door.text);
    assert_eq!(world.acme.requests(), 0, "nobody was asked");
    assert_eq!(browser.cookies().count(), 0, "nothing began");
    let landed = press(&mut browser, &door).await;
    assert_eq!(landed.is(200).path(), "/reports?id=7");
    let asked = world.acme.heard("/authorize").pop().unwrap().query();
    assert_eq!(asked["login_hint"], "ada@acme.com");
    let again = come(&mut browser, &initiate(&world, "&target_link_uri=/x")).await;
    assert_eq!(again.is(200).path(), "/x", "who is signed in goes on");
    assert_eq!(world.acme.heard("/authorize").len(), 1);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_form_of_the_provider_does_the_same() {
    let world = World::with(ONE).await;
    let mut browser = world.browser();
    let issuer = world.acme.issuer.clone();
    let at = url("/_sso/initiate/acme-idp");
    let form = [
        ("iss", issuer.as_str()),
        ("login_hint", "ada@acme.com"),
        ("rd", "/elsewhere"),
    ];
    let sent = browser.post_from_elsewhere(&at, &form).await;
    assert_eq!(sent.is(303).fields("set-cookie").len(), 0);
    let door = browser.follow(sent).await;
    assert_eq!(door.is(200).kind(), Some("door"));
    assert_eq!(world.acme.requests(), 0, "nobody was asked");
    assert_eq!(press(&mut browser, &door).await.is(200).path(), "/");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_link_that_no_page_holds_is_press_enough() {
    let world = World::with(ONE).await;
    let mut browser = world.browser();
    let landed = browser
        .visit(&initiate(&world, "&target_link_uri=/reports"))
        .await;
    assert_eq!(landed.is(200).path(), "/reports");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_10_nothing_begins_in_the_name_of_another_issuer() {
    let world = World::with(ONE).await;
    let (ours, other) = (world.acme.issuer.clone(), world.globex.issuer.clone());
    let at = url("/_sso/initiate/acme-idp");
    for (query, status, kind) in [
        (format!("?iss={other}"), 400, "bad-request"),
        (format!("?iss={ours}/"), 400, "bad-request"),
        (format!("?iss={ours}&iss={ours}"), 400, "bad-request"),
        (format!("?iss={}", ours.to_uppercase()), 400, "bad-request"),
        ("?iss=".to_owned(), 400, "bad-request"),
        (String::new(), 400, "bad-request"),
        (format!("/more?iss={ours}"), 404, "not-found"),
    ] {
        let mut browser = world.browser();
        let page = browser.get(&format!("{at}{query}")).await;
        assert_eq!(page.is(status).kind(), Some(kind), "{query}");
        assert_eq!(browser.cookies().count(), 0, "{query}");
    }
    let mut browser = world.browser();
    let page = browser.post_from_elsewhere(&at, &[("iss", &other)]).await;
    assert_eq!(page.is(400).kind(), Some("bad-request"));
    let nobody = url(&format!("/_sso/initiate/nobody?iss={ours}"));
    assert_eq!(browser.get(&nobody).await.is(404).kind(), Some("not-found"));
    let unused = url(&format!("/_sso/initiate/globex-idp?iss={other}"));
    assert_eq!(browser.get(&unused).await.is(404).kind(), Some("not-found"));
    assert_eq!(world.acme.requests() + world.globex.requests(), 0);
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_38_the_target_is_on_this_site_or_the_front_page() {
    let world = World::with(ONE).await;
    for target in [
        "https://evil.example/x",
        "//evil.example/x",
        "https://app.example.com@evil.example/x",
        "javascript:alert(1)",
        "/_sso/logout",
    ] {
        let mut browser = world.browser();
        let more = format!("&target_link_uri={target}");
        let door = come(&mut browser, &initiate(&world, &more)).await;
        assert_eq!(door.input("rd"), "/", "{target}");
        assert!(!door.text.contains("evil.example"), "{target}");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn a_provider_of_several_leads_to_whose_domain_it_is_or_who_was_here_last() {
    let world = World::with(SHARED).await;
    for (remembered, hint, leads_to) in [
        (None, "ada@Globex.com", "/_sso/login/globex?"),
        (None, "ada@initech.com", "/_sso/login/initech?"),
        (Some("globex"), "ada@acme.com", "/_sso/login/acme?"),
        (Some("globex"), "ada", "/_sso/login/globex?"),
        (Some("globex"), "ada@common.com", "/_sso/login/globex?"),
        (Some("initech"), "", "/_sso/login/initech?"),
        (Some("nobody"), "", "/_sso/login"),
        (None, "ada@nowhere.com", "/_sso/login?login_hint="),
    ] {
        let mut browser = world.browser();
        if let Some(organization) = remembered {
            browser.put_cookie("app.example.com", "__Host-sso-org", organization);
        }
        let page = browser
            .get(&initiate(&world, &format!("&login_hint={hint}")))
            .await;
        let to = page.is(303).field("location").unwrap();
        assert!(to.starts_with(leads_to), "{remembered:?} {hint}: {to}");
    }
    let mut browser = world.browser();
    let page = browser
        .get(&initiate(&world, "&login_hint=ada@common.com"))
        .await;
    assert_eq!(page.is(200).kind(), Some("choose"));
    assert!(page.text.contains("Globex") && !page.text.contains("Initech"));
    let door = come(
        &mut browser,
        &initiate(&world, "&login_hint=ada@initech.com"),
    )
    .await;
    assert_eq!(
        press(&mut browser, &door).await.is(200).path(),
        "/",
        "by the provider's button"
    );
    assert_eq!(world.globex.requests(), 0);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_organization_with_a_host_of_its_own_is_entered_there() {
    let world = World::with(OWN_HOST).await;
    let issuer = &world.globex.issuer;
    let target = "https://globex.example.com/reports";
    let at = format!("/_sso/initiate/globex-idp?iss={issuer}&target_link_uri={target}");
    let mut browser = world.browser();
    let own = browser
        .get(&format!("https://globex.example.com{at}"))
        .await;
    assert_eq!(
        own.is(404).kind(),
        Some("not-found"),
        "one address for each provider"
    );
    let door = come(&mut browser, &url(&at)).await;
    assert_eq!(door.is(200).kind(), Some("door"));
    assert_eq!(world.globex.requests(), 0);
    let landed = press(&mut browser, &door).await;
    assert_eq!(landed.is(200).url.as_str(), target);
    world.end(&[&browser]).await;
}
