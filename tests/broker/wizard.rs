//! A provider is set up in the browser: by the link that an administrator elsewhere was given, and by an owner.

use std::time::Duration;

use doorward::admin::drafts::{Draft, Drafts, MadeLink, SetupLink};
use doorward::audit::{Actor, Event};
use serde_json::{Value, json};

use crate::support::idp::{Withholds, ada, grace};
use crate::support::world::{CLIENT_SECRET, SITE, url};
use crate::support::{Browser, Page, World};

const STAFF: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
owners = ["grace@acme.com"]
allow = { email_domains = ["acme.com"] }
[organizations.globex]
name = "Globex"
providers = ["globex-idp"]
owners = ["grace@acme.com"]
"#;

async fn link_for(world: &World, private_network: bool) -> MadeLink {
    link_to(world, ("acme", "new"), private_network).await
}

async fn link_to(
    world: &World,
    (organization, id): (&str, &str),
    private_network: bool,
) -> MadeLink {
    let wanted = SetupLink {
        provider: id.to_owned(),
        preset: "oidc".to_owned(),
        expires_seconds: Some(3600),
        private_network,
    };
    let path = format!("/organizations/{organization}/setup-link");
    let made: MadeLink = world.broker.socket().post(&path, &wanted).await.unwrap();
    world.hides_link(&made.url);
    made
}

/// Opens the link and presses the button: where the draft is, and its page.
async fn begin(browser: &mut Browser, link: &str) -> (String, Page) {
    browser.get(link).await.is(200);
    let begun = browser.post(link, &[]).await;
    let at = begun.is(303).leads_to().unwrap().to_string();
    let page = browser.get(&at).await;
    page.is(200);
    (at, page)
}

async fn press(browser: &mut Browser, at: &str, deed: &str, more: &[(&str, &str)]) -> Page {
    let page = browser.get(at).await;
    let csrf = page.is(200).input("csrf");
    let form: Vec<(&str, &str)> = [&[("csrf", csrf.as_str())], more].concat();
    browser.post(&format!("{at}/{deed}"), &form).await
}

/// What Acme's own provider shows to whoever registers something there.
fn values(world: &World) -> Vec<(&'static str, String)> {
    vec![
        ("issuer", world.acme.issuer.clone()),
        ("client_id", "doorward".to_owned()),
        ("client_secret", CLIENT_SECRET.to_owned()),
    ]
}

async fn fill_in(browser: &mut Browser, at: &str, world: &World) -> Page {
    let values = values(world);
    let values = values.iter().map(|(key, text)| (*key, text.as_str()));
    let values: Vec<(&str, &str)> = values.collect();
    press(browser, at, "values", &values).await.is(303);
    browser.get(at).await
}

/// Signs in at Acme's door.
async fn signed_in(world: &World) -> Browser {
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    world.application.forget();
    browser
}

async fn drafts(world: &World) -> Vec<Draft> {
    let all: Drafts = world.broker.socket().get("/drafts").await.unwrap();
    all.drafts
}

fn of_drafts(events: &[Event]) -> Vec<(String, Actor)> {
    let all = events.iter().map(|it| (it.kind.name(), it.actor.clone()));
    all.filter(|(name, _)| name.starts_with("draft.")).collect()
}

#[tokio::test]
async fn an_administrator_elsewhere_sets_a_provider_up_by_the_link() {
    let world = World::with(STAFF).await;
    let made = link_for(&world, true).await;
    assert!(made.url.starts_with(&format!("{SITE}/_sso/setup-link/")));
    let mut browser = world.browser();
    let (at, page) = begin(&mut browser, &made.url).await;
    assert!(
        page.text
            .contains("https://app.example.com/_sso/callback/new")
    );
    let page = fill_in(&mut browser, &at, &world).await;
    assert!(
        page.text.contains("This is kept and not shown again"),
        "{}",
        page.text
    );
    assert!(!page.text.contains(CLIENT_SECRET));
    press(&mut browser, &at, "check", &[]).await.is(303);
    let page = browser.get(&at).await;
    assert!(page.text.contains("is in order."), "{}", page.text);
    press(&mut browser, &at, "finish", &[]).await.is(303);
    let page = browser.get(&at).await;
    assert!(
        page.text.contains("Done. The people who run this site"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("/finish\"") && !page.text.contains("[providers"));
    let told = drafts(&world).await.remove(0);
    assert_eq!((told.state.as_str(), told.faults.len()), ("finished", 0));
    assert!(
        told.toml
            .contains("client_secret = { file = \"new.secret\" }")
    );
    world.application.heard_nothing();
    let events = world.trail(&[&browser]).await;
    let expected = [
        ("draft.created", Actor::Operator),
        ("draft.claimed", Actor::SetupLink),
        ("draft.changed", Actor::SetupLink),
        ("draft.checked", Actor::SetupLink),
        ("draft.finished", Actor::SetupLink),
    ];
    assert_eq!(
        of_drafts(&events),
        expected.map(|(name, by)| (name.to_owned(), by))
    );
}

#[tokio::test]
async fn inv_08_a_link_is_for_the_browser_that_begins_first_and_looking_uses_nothing_up() {
    let world = World::with(STAFF).await;
    let link = link_for(&world, true).await.url;
    let (mut browser, mut other) = (world.browser(), world.browser());
    for _ in 0..2 {
        let preview = other.get(&link).await;
        assert_eq!(preview.is(200).kind(), Some("setup-link"));
        assert_eq!(preview.field("referrer-policy"), Some("no-referrer"));
        assert_eq!(preview.field("cache-control"), Some("no-store"));
        assert!(preview.fields("set-cookie").is_empty());
    }
    let foreign = other.post_from_elsewhere(&link, &[]).await;
    assert_eq!(foreign.kind(), Some("login-expired"));
    let (at, _) = begin(&mut browser, &link).await;
    for page in [
        other.get(&link).await,
        other.post(&link, &[]).await,
        other.get(&at).await,
        other.post(&format!("{at}/values"), &[]).await,
    ] {
        assert_eq!(page.is(403).kind(), Some("setup-link-elsewhere"));
        assert!(page.text.contains("opened in another browser"));
    }
    // Whoever has it comes back by the link too.
    let back = browser.get(&link).await;
    assert_eq!(back.is(303).leads_to().unwrap().as_str(), at);
    world.end(&[&browser, &other]).await;
}

#[tokio::test]
async fn inv_08_a_cookie_that_was_made_up_opens_no_draft() {
    let world = World::with(STAFF).await;
    let (mut browser, mut other) = (world.browser(), world.browser());
    let link = link_for(&world, true).await.url;
    let (at, _) = begin(&mut browser, &link).await;
    let (host, name, _) = {
        let mut cookies = browser.cookies();
        let of_draft = cookies.find(|(_, name, _)| name.contains("draft"));
        let (host, name, value) = of_draft.unwrap();
        (host.to_owned(), name.to_owned(), value.to_owned())
    };
    other.put_cookie(
        &host,
        &name,
        "1.bm90IHdoYXQgdGhlIG90aGVyIGJyb3dzZXIgaG9sZHM",
    );
    for page in [
        other.get(&at).await,
        other.get(&link).await,
        other
            .post(&format!("{at}/values"), &[("client_id", "mine")])
            .await,
    ] {
        assert_eq!(page.is(403).kind(), Some("setup-link-elsewhere"));
    }
    assert!(!drafts(&world).await[0].toml.contains("mine"));
    world.end(&[&browser, &other]).await;
}

#[tokio::test]
async fn inv_12_of_two_drafts_in_one_browser_each_has_its_own_forms() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (one, page) = begin(
        &mut browser,
        &link_to(&world, ("acme", "one"), true).await.url,
    )
    .await;
    let (two, other) = begin(
        &mut browser,
        &link_to(&world, ("globex", "two"), true).await.url,
    )
    .await;
    assert!(page.text.contains("callback/one") && other.text.contains("callback/two"));
    let (csrf, foreign) = (page.input("csrf"), other.input("csrf"));
    assert_ne!(csrf, foreign);
    let values = |csrf| [("csrf", csrf), ("client_id", "mine")];
    let refused = browser
        .post(&format!("{one}/values"), &values(&foreign))
        .await;
    assert_eq!(refused.kind(), Some("login-expired"));
    browser
        .post(&format!("{one}/values"), &values(&csrf))
        .await
        .is(303);
    for draft in drafts(&world).await {
        let is_filled = draft.toml.contains("client_id = \"mine\"");
        assert_eq!(is_filled, draft.provider == "one", "{}", draft.toml);
    }
    browser.get(&one).await.is(200);
    browser.get(&two).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_browser_that_has_many_drafts_loses_none_of_them_to_another() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let mut places = Vec::new();
    for number in 0..12 {
        let organization = if number < 10 { "acme" } else { "globex" };
        let id = format!("p{number}");
        let link = link_to(&world, (organization, &id), true).await.url;
        places.push(begin(&mut browser, &link).await.0);
        world.later(Duration::from_secs(1));
    }
    let link = link_to(&world, ("globex", "last"), true).await.url;
    let refused = browser.post(&link, &[]).await;
    assert_eq!(refused.is(409).kind(), Some("setup-link-crowded"));
    assert!(refused.text.contains("another browser"), "{}", refused.text);
    for at in &places {
        browser.get(at).await.is(200);
    }
    begin(&mut world.browser(), &link).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_08_a_link_that_is_over_removed_or_made_up_says_so() {
    let world = World::with(STAFF).await;
    let link = link_for(&world, true).await.url;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link).await;
    let made_up = url("/_sso/setup-link/dGhpcyBpcyBub3QgYSBsaW5rIGF0IGFsbA");
    assert_eq!(
        browser.get(&made_up).await.is(410).kind(),
        Some("setup-link-gone")
    );
    world.later(Duration::from_secs(3600));
    for page in [&link, &at] {
        assert_eq!(
            browser.get(page).await.is(410).kind(),
            Some("setup-link-gone")
        );
    }
    let link = link_for(&world, true).await.url;
    let (at, page) = begin(&mut browser, &link).await;
    let removed: Draft = world
        .broker
        .socket()
        .post("/organizations/acme/drafts/new/remove", &json!({}))
        .await
        .unwrap();
    assert_eq!(removed.provider, "new");
    let csrf = page.input("csrf");
    let late = browser
        .post(&format!("{at}/values"), &[("csrf", &csrf)])
        .await;
    assert_eq!(late.is(410).kind(), Some("setup-link-gone"));
    assert!(drafts(&world).await.is_empty());
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_12_a_form_of_the_page_needs_its_token_and_its_origin() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, page) = begin(&mut browser, &link_for(&world, true).await.url).await;
    let csrf = page.input("csrf");
    let values = format!("{at}/values");
    let filled = [("csrf", csrf.as_str()), ("client_id", "mine")];
    for refused in [
        browser.post(&values, &filled[1..]).await,
        browser
            .post(&values, &[("csrf", "x"), ("client_id", "mine")])
            .await,
    ] {
        assert_eq!(refused.kind(), Some("login-expired"));
    }
    // Its cookie stays behind.
    let foreign = browser.post_from_elsewhere(&values, &filled).await;
    assert_eq!(foreign.kind(), Some("setup-link-elsewhere"));
    assert!(!drafts(&world).await[0].toml.contains("mine"));
    browser.post(&values, &filled).await.is(303);
    assert!(
        drafts(&world).await[0]
            .toml
            .contains("client_id = \"mine\"")
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_26_a_link_shows_nothing_but_its_draft() {
    let world = World::with(STAFF).await;
    signed_in(&world).await;
    let mut browser = world.browser();
    let (at, page) = begin(&mut browser, &link_for(&world, true).await.url).await;
    for other in [
        "ada@acme.com",
        "acme-idp",
        "globex",
        "Globex",
        "/people",
        "/sessions",
    ] {
        assert!(!page.text.contains(other), "{other}");
    }
    for path in [
        "/_sso/admin/acme",
        "/_sso/admin/acme/drafts",
        "/_sso/admin/acme/drafts/new",
        "/_sso/account",
    ] {
        let page = browser.get(&url(path)).await;
        assert!(
            page.status == 303 || page.status == 404,
            "{path}: {}",
            page.status
        );
    }
    browser.fetch(&url("/_sso/userinfo")).await.is(401);
    // A draft of another organization, by the address of this one.
    let other = at.replace("/draft/", "/draft/A");
    assert_eq!(browser.get(&other).await.kind(), Some("setup-link-gone"));
    assert_eq!(browser.get(&format!("{at}/remove")).await.status, 404);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_48_whoever_has_a_link_cannot_look_around_in_the_network() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, false).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let before = world.acme.back_channel();
    press(&mut browser, &at, "check", &[]).await.is(303);
    let page = browser.get(&at).await;
    assert!(page.text.contains("no connection: "), "{}", page.text);
    press(&mut browser, &at, "try", &[]).await.is(200);
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    world.end(&[&browser]).await;
}

/// What the check says of an address.
async fn said_of(world: &World, browser: &mut Browser, at: &str, issuer: &str) -> String {
    let typed = [("issuer", issuer), ("client_secret", CLIENT_SECRET)];
    press(browser, at, "values", &typed).await.is(303);
    press(browser, at, "check", &[]).await.is(303);
    let page = browser.get(at).await;
    let (_, said) = page
        .text
        .split_once("Something is not in order yet")
        .unwrap();
    let (said, _) = said.split_once("</dl>").unwrap();
    let (_, said) = said.split_once("<dl>").unwrap();
    world.later(Duration::from_secs(60));
    said.replace(issuer, "")
}

#[tokio::test]
async fn inv_48_names_of_the_network_cannot_be_told_from_names_that_are_none() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, false).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let inside = said_of(&world, &mut browser, &at, "https://localhost:9").await;
    assert!(inside.contains("no connection: "), "{inside}");
    for other in [
        "https://no-such-name.invalid",
        "https://10.9.8.7",
        "https://127.0.0.1:1",
    ] {
        let outside = said_of(&world, &mut browser, &at, other).await;
        assert_eq!(outside, inside, "{other}");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_54_a_provider_is_asked_a_few_times_a_minute() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let mut last = press(&mut browser, &at, "check", &[]).await;
    for _ in 0..8 {
        last = press(&mut browser, &at, "check", &[]).await;
    }
    assert_eq!(last.is(429).kind(), Some("too-many-attempts"));
    let long = "x".repeat(3_000);
    let page = press(&mut browser, &at, "values", &[("client_id", &long)]).await;
    assert_eq!(page.is(400).kind(), Some("bad-request"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_and_by_the_check() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    press(&mut browser, &at, "values", &[("issuer", "ftp://x")])
        .await
        .is(303);
    let page = browser.get(&at).await;
    assert!(page.text.contains("This can’t be right") && page.text.contains("This is missing"));
    assert!(
        !page.text.contains("/check\""),
        "there is nothing to be asked yet"
    );
    press(&mut browser, &at, "finish", &[]).await.is(303);
    assert_eq!(drafts(&world).await[0].state, "open");
    fill_in(&mut browser, &at, &world).await;
    world.acme.claim_to_be("https://somebody-else.example");
    press(&mut browser, &at, "check", &[]).await.is(303);
    let page = browser.get(&at).await;
    assert!(
        page.text.contains("Something is not in order yet"),
        "{}",
        page.text
    );
    assert!(page.text.contains("<b>Not right</b>"));
    world.end(&[&browser]).await;
}

/// From the button to the end of the rehearsal.
async fn try_it(browser: &mut Browser, at: &str) -> Page {
    let away = press(browser, at, "try", &[]).await;
    let link = away.leads_to().unwrap().to_string();
    assert!(link.contains("/_sso/rehearse/"), "{link}");
    browser.get(&link).await.is(200);
    let away = browser.post(&link, &[]).await;
    browser.follow(away).await
}

#[tokio::test]
async fn inv_17_a_draft_is_tried_and_signs_nobody_in() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let page = try_it(&mut browser, &at).await;
    assert_eq!(page.kind(), Some("rehearsed"), "{}", page.text);
    assert!(page.text.contains("would let you in") && page.text.contains("ada@acme.com"));
    assert!(
        page.text.contains(&format!("href=\"{at}\"")),
        "the way back: {}",
        page.text
    );
    let back = browser.get(&at).await;
    assert!(back.text.contains("it worked"), "{}", back.text);
    browser.fetch(&url("/_sso/userinfo")).await.is(401);
    let socket = world.broker.socket();
    for list in ["sessions", "identities"] {
        let all: Value = socket.get(&format!("/{list}")).await.unwrap();
        assert_eq!(all[list], json!([]), "{all}");
    }
    world.application.heard_nothing();
    let events = world.trail(&[&browser]).await;
    let tried: Vec<&Event> = events
        .iter()
        .filter(|it| it.kind.name().starts_with("rehearsal."))
        .collect();
    assert_eq!(tried.len(), 2);
    assert!(tried.iter().all(|it| it.actor == Actor::SetupLink));
    assert!(!events.iter().any(|it| it.kind.name().starts_with("login.")));
}

#[tokio::test]
async fn a_trial_that_fails_leads_back_to_the_page_that_says_why() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    world.acme.tweak(|claims| claims["aud"] = json!("another"));
    let page = try_it(&mut browser, &at).await;
    assert_eq!(page.kind(), Some("wizard"), "{}", page.text);
    assert!(page.text.contains("it did not work"), "{}", page.text);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_draft_without_refresh_tokens_fails_as_its_sign_ins_would() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    press(&mut browser, &at, "values", &[("scopes", "offline_access")])
        .await
        .is(303);
    world.acme.withhold(Withholds::Always);
    let page = try_it(&mut browser, &at).await;
    assert_eq!(page.kind(), Some("wizard"), "{}", page.text);
    assert!(page.text.contains("it did not work"), "{}", page.text);
    assert!(page.text.contains("no refresh token came"), "{}", page.text);
    world.acme.withhold(Withholds::WithoutConsent);
    let page = try_it(&mut browser, &at).await;
    assert_eq!(page.kind(), Some("rehearsed"), "{}", page.text);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

/// Tries it up to the answer of the provider.
async fn up_to_the_answer(browser: &mut Browser, at: &str) -> String {
    let away = press(browser, at, "try", &[]).await;
    let link = away.leads_to().unwrap().to_string();
    let mut page = browser.post(&link, &[]).await;
    loop {
        let next = page.leads_to().unwrap();
        if next.path() == "/_sso/callback/new" {
            break next.to_string();
        }
        page = browser.get(next.as_str()).await;
    }
}

#[tokio::test]
async fn an_answer_that_comes_again_takes_no_success_back() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let answer = up_to_the_answer(&mut browser, &at).await;
    assert_eq!(browser.get(&answer).await.kind(), Some("rehearsed"));
    let before = world.acme.back_channel();
    assert_ne!(browser.get(&answer).await.kind(), Some("rehearsed"));
    let page = browser.get(&at).await;
    assert!(page.text.contains("and it worked"), "{}", page.text);
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_trial_of_values_that_were_corrected_meanwhile_is_none_of_the_new_ones() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let answer = up_to_the_answer(&mut browser, &at).await;
    let other = [("client_secret", "another-secret")];
    press(&mut browser, &at, "values", &other).await.is(303);
    browser.get(&answer).await;
    let page = browser.get(&at).await;
    assert!(!page.text.contains("it worked"), "{}", page.text);
    let why = "was changed before the trial ended";
    assert!(page.text.contains(why), "{}", page.text);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_button_that_is_older_than_its_draft_leads_to_its_page() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, page) = begin(&mut browser, &link_for(&world, true).await.url).await;
    let csrf = page.input("csrf");
    let press_try = async |browser: &mut Browser| {
        let page = browser.post(&format!("{at}/try"), &[("csrf", &csrf)]).await;
        page.is(303).leads_to().unwrap().to_string()
    };
    assert_eq!(
        press_try(&mut browser).await,
        format!("{at}#try"),
        "not complete"
    );
    fill_in(&mut browser, &at, &world).await;
    press(&mut browser, &at, "finish", &[]).await.is(303);
    let before = world.acme.back_channel();
    assert_eq!(
        press_try(&mut browser).await,
        format!("{at}#try"),
        "finished"
    );
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    let events = world.trail(&[&browser]).await;
    assert!(
        !events
            .iter()
            .any(|it| it.kind.name().starts_with("rehearsal."))
    );
}

#[tokio::test]
async fn inv_11_nobody_signs_in_sets_up_or_links_by_a_draft() {
    let world = World::with(STAFF).await;
    let mut holder = world.browser();
    let (at, _) = begin(&mut holder, &link_for(&world, true).await.url).await;
    fill_in(&mut holder, &at, &world).await;
    press(&mut holder, &at, "finish", &[]).await.is(303);
    let mut ada = signed_in(&world).await;
    let before = world.acme.back_channel();
    for path in [
        "/_sso/login/acme/new",
        "/_sso/initiate/new",
        "/_sso/callback/new?code=x&state=y",
        "/_sso/logout/frontchannel/new",
    ] {
        let page = ada.get(&url(path)).await;
        assert!(page.status >= 400, "{path}: {}", page.status);
    }
    let csrf = ada.get(&url("/_sso/account")).await.input("csrf");
    for path in [
        "/_sso/login/acme/new",
        "/_sso/account/link/new",
        "/_sso/logout/backchannel/new",
    ] {
        let page = ada.post(&url(path), &[("csrf", &csrf)]).await;
        assert!(page.status >= 400, "{path}: {}", page.status);
    }
    assert!(
        !ada.get(&url("/_sso/login/acme"))
            .await
            .text
            .contains("/acme/new")
    );
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    world.end(&[&holder, &ada]).await;
}

#[tokio::test]
async fn an_answer_counts_in_the_browser_that_tries_and_not_after_a_change() {
    let world = World::with(STAFF).await;
    let (mut browser, mut other) = (world.browser(), world.browser());
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let callback = up_to_the_answer(&mut browser, &at).await;
    let before = world.acme.back_channel();
    assert_ne!(other.get(&callback).await.kind(), Some("rehearsed"));
    press(&mut browser, &at, "values", &[("client_id", "another")])
        .await
        .is(303);
    let late = browser.visit(&callback).await;
    assert!(late.text.contains("it did not work"), "{}", late.text);
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    world.end(&[&browser, &other]).await;
}

#[tokio::test]
async fn the_trial_of_an_owner_who_is_signed_in_ends_as_a_trial() {
    let world = World::with(STAFF).await;
    let mut browser = owner(&world).await;
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let callback = up_to_the_answer(&mut browser, &at).await;
    let before = world.acme.back_channel();
    press(&mut browser, &at, "values", &[("client_id", "another")])
        .await
        .is(303);
    let late = browser.visit(&callback).await;
    assert_eq!(late.kind(), Some("wizard"), "{}", late.text);
    assert!(late.text.contains("it did not work"), "{}", late.text);
    assert_eq!(world.acme.back_channel(), before, "nobody was asked");
    world.application.heard_nothing();
    let events = world.trail(&[&browser]).await;
    let ends = events
        .iter()
        .filter(|it| it.kind.name() == "rehearsal.finished");
    assert_eq!(ends.count(), 1);
}

async fn owner(world: &World) -> Browser {
    world.acme.person(grace());
    signed_in(world).await
}

#[tokio::test]
async fn an_owner_adds_a_provider_and_sees_the_table_without_the_secret() {
    let world = World::with(STAFF).await;
    let mut browser = owner(&world).await;
    let home = browser.get(&url("/_sso/admin/acme")).await;
    assert!(
        home.text.contains("/_sso/admin/acme/drafts"),
        "{}",
        home.text
    );
    let list = url("/_sso/admin/acme/drafts");
    let csrf = browser.get(&list).await.is(200).input("csrf");
    let okta = [("csrf", csrf.as_str()), ("preset", "okta"), ("id", "new")];
    let made = browser.post(&list, &okta).await;
    let at = made.is(303).leads_to().unwrap().to_string();
    let typed = [
        ("domain", "acme.okta.com"),
        ("client_id", "0oa1"),
        ("client_secret", "the-secret-at-okta"),
    ];
    press(&mut browser, &at, "values", &typed).await.is(303);
    let page = browser.get(&at).await;
    for part in ["[providers.new]", "preset = &quot;okta&quot;", "new.secret"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("the-secret-at-okta"));
    assert!(browser.get(&list).await.text.contains("Complete"));
    // The same name again, and one that the file has.
    for (id, status) in [
        ("new", "already"),
        ("acme-idp", "already"),
        ("-", "lower-case"),
    ] {
        let again = [("csrf", csrf.as_str()), ("preset", "okta"), ("id", id)];
        assert!(
            browser.post(&list, &again).await.text.contains(status),
            "{id}"
        );
    }
    let csrf = browser.get(&at).await.input("csrf");
    for deed in ["remove", "remove", "values", "finish"] {
        let page = browser
            .post(&format!("{at}/{deed}"), &[("csrf", &csrf)])
            .await;
        let list = page.is(303).leads_to().unwrap();
        assert_eq!(list.path(), "/_sso/admin/acme/drafts", "{deed}");
    }
    browser.get(&at).await.is(404);
    let events = world.trail(&[&browser]).await;
    let of_drafts = of_drafts(&events);
    let names: Vec<&str> = of_drafts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["draft.created", "draft.changed", "draft.removed"]);
    assert!(
        of_drafts
            .iter()
            .all(|(_, by)| matches!(by, Actor::Account(_)))
    );
}

#[tokio::test]
async fn inv_26_drafts_are_of_one_organization_and_for_its_owners() {
    let world = World::with(STAFF).await;
    let mut browser = owner(&world).await;
    link_for(&world, true).await;
    let list = url("/_sso/admin/acme/drafts");
    let page = browser.get(&list).await;
    assert_eq!(page.kind(), Some("owner-drafts"));
    assert!(page.is(200).text.contains("Link not opened yet"));
    let csrf = page.input("csrf");
    // Nobody of Globex: its pages are not there.
    browser
        .get(&url("/_sso/admin/globex/drafts/new"))
        .await
        .is(404);
    let okta = [("csrf", csrf.as_str()), ("preset", "okta"), ("id", "other")];
    browser
        .post(&url("/_sso/admin/globex/drafts"), &okta)
        .await
        .is(404);
    browser.post_from_elsewhere(&list, &okta).await.is(401);
    browser.post(&list, &okta[1..]).await.is(400);
    world.acme.person(ada());
    let mut member = signed_in(&world).await;
    assert_eq!(member.get(&list).await.is(403).kind(), Some("owners-only"));
    assert_eq!(drafts(&world).await.len(), 1);
    world.end(&[&browser, &member]).await;
}

#[tokio::test]
async fn drafts_outlive_a_restart_and_one_that_the_file_has_is_in_force() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let (at, _) = begin(&mut browser, &link_for(&world, true).await.url).await;
    fill_in(&mut browser, &at, &world).await;
    let table = format!(
        "[providers.new]\nkind = \"oidc\"\nissuer = \"{}\"\nclient_id = \"doorward\"\nclient_secret = \"{CLIENT_SECRET}\"\n[organizations.globex]",
        world.acme.issuer
    );
    let world = world.restart().await;
    browser.now_at(world.broker.address);
    assert!(browser.get(&at).await.is(200).text.contains("/finish\""));
    let world = world.restart_with("[organizations.globex]", &table).await;
    browser.now_at(world.broker.address);
    let page = browser.get(&at).await;
    assert!(
        page.text.contains("This provider is in force"),
        "{}",
        page.text
    );
    assert_eq!(drafts(&world).await[0].state, "in the file");
    world.end(&[&browser]).await;
}
