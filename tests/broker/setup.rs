//! Setup: owners open, pin and shut the connections of their organization, and nobody else does.

use doorward::audit::Kind;
use serde_json::json;

use crate::support::idp::{Withholds, ada, grace};
use crate::support::world::{OWN_HOST, url};
use crate::support::{Browser, Page, World};

const TWO_WAYS: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp", "globex-idp"]
owners = ["ada@acme.com"]
[organizations.initech]
name = "Initech"
providers = ["globex-idp"]
owners = ["grace@acme.com"]
"#;

const CLOSED: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
owners = ["ada@acme.com"]
activation = "required"
"#;

const ADMIN: &str = "/_sso/admin/acme";

/// Signs in through one of several providers.
async fn sign_in(world: &World, organization: &str, provider: &str) -> Browser {
    let mut browser = world.browser();
    browser
        .visit(&url(&format!("/_sso/login/{organization}")))
        .await;
    let start = url(&format!("/_sso/login/{organization}/{provider}"));
    let page = browser.post(&start, &[("rd", "/_sso/account")]).await;
    browser.follow(page).await.is(200);
    browser
}

async fn owner_page(browser: &mut Browser, rest: &str) -> Page {
    browser.get(&url(&format!("{ADMIN}{rest}"))).await
}

/// Presses a button on an owner's page.
async fn press(browser: &mut Browser, rest: &str, fields: &[(&str, &str)]) -> Page {
    let page = owner_page(browser, "").await;
    let csrf = page.is(200).input("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(&url(&format!("{ADMIN}{rest}")), &all).await
}

async fn set_up(browser: &mut Browser, provider: &str) -> Page {
    let page = press(browser, &format!("/setup/{provider}"), &[]).await;
    browser.follow(page).await
}

#[tokio::test]
async fn an_organization_is_closed_until_an_owner_has_completed_setup() {
    let world = World::with(CLOSED).await;
    world.acme.person(grace());
    let mut visitor = world.browser();
    let page = visitor.visit(&url("/")).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-not-open"))
    );
    world.acme.person(ada());
    let mut owner = world.browser();
    // The owner comes in to open it, and no further.
    let page = owner.visit(&url("/")).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-not-open"))
    );
    let page = owner_page(&mut owner, "").await;
    assert!(page.is(200).text.contains("Closed until setup is complete"));
    world.application.heard_nothing();
    let page = set_up(&mut owner, "acme-idp").await;
    assert_eq!(page.is(200).path(), ADMIN);
    assert!(page.text.contains("<dd>Open since"), "{}", page.text);
    owner.visit(&url("/")).await.is(200);
    world.acme.person(grace());
    visitor.visit(&url("/")).await.is(200);
    let world = world.restart().await;
    visitor.now_at(world.broker.address);
    visitor.fetch(&url("/")).await.is(200);
    let events = world.trail(&[&owner, &visitor]).await;
    let kinds: Vec<String> = events.iter().map(|event| event.kind.name()).collect();
    assert!(
        kinds.contains(&"connection.activated".to_owned()),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn inv_26_owners_alone_see_and_open_the_pages_of_their_organization() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let page = owner_page(&mut owner, "").await;
    let text = &page.is(200).text;
    assert!(text.contains("Acme Inc.") && text.contains("/setup/acme-idp"));
    assert!(text.contains("/setup/globex-idp"), "both are listed");
    let csrf = page.input("csrf");
    world.acme.person(grace());
    let mut member = sign_in(&world, "acme", "acme-idp").await;
    let page = owner_page(&mut member, "").await;
    assert_eq!((page.status, page.kind()), (403, Some("owners-only")));
    world.globex.person(grace());
    let mut other_owner = sign_in(&world, "initech", "globex-idp").await;
    owner_page(&mut other_owner, "").await.is(404);
    owner_page(&mut owner, "/setup/nowhere").await.is(405);
    let mut nobody = world.browser();
    let page = owner_page(&mut nobody, "").await;
    assert_eq!(page.is(303).leads_to().unwrap().path(), "/_sso/login/acme");
    let calls = world.acme.requests();
    for browser in [&mut member, &mut other_owner, &mut nobody] {
        for rest in ["/setup/acme-idp", "/disable/acme-idp", "/people/x/remove"] {
            let form = [("csrf", csrf.as_str()), ("confirm", "acme")];
            let page = browser.post(&url(&format!("{ADMIN}{rest}")), &form).await;
            assert!(
                [400, 401, 403, 404].contains(&page.status),
                "{rest}: {}",
                page.status
            );
        }
    }
    assert_eq!(world.acme.requests(), calls, "nothing was begun");
    let events = world.trail(&[&owner, &member, &other_owner]).await;
    let refused = events
        .iter()
        .filter(|it| it.kind.name() == "admin.action_refused");
    assert!(refused.count() >= 1);
}

#[tokio::test]
async fn inv_12_setup_and_disable_take_a_form_of_the_owners_own_page() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let csrf = owner_page(&mut owner, "").await.input("csrf");
    let calls = world.acme.requests();
    for rest in ["/setup/acme-idp", "/disable/acme-idp"] {
        let target = url(&format!("{ADMIN}{rest}"));
        owner.post(&target, &[("confirm", "acme")]).await.is(400);
        let form = [("csrf", csrf.as_str()), ("confirm", "acme")];
        // Its cookies do not come along.
        owner.post_from_elsewhere(&target, &form).await.is(401);
    }
    owner_page(&mut owner, "/setup/acme-idp").await.is(405);
    // What the file does not name for the organization cannot be started.
    press(&mut owner, "/setup/nowhere", &[]).await.is(404);
    assert_eq!(world.acme.requests(), calls);
    owner.fetch(&url("/")).await.is(200);
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn inv_17_setup_ties_what_comes_back_to_whoever_is_signed_in() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    world.globex.person(
        json!({ "sub": "ada-at-globex", "email": "a.l@globex.com", "email_verified": true }),
    );
    set_up(&mut owner, "globex-idp").await.is(200);
    // The same account, by either way.
    let account = |page: Page| page.text.split("\"sub\":\"").nth(1).unwrap()[..22].to_owned();
    let first = account(owner.fetch(&url("/_sso/userinfo")).await);
    let mut again = sign_in(&world, "acme", "globex-idp").await;
    assert_eq!(account(again.fetch(&url("/_sso/userinfo")).await), first);
    // Somebody else's identity is not taken over, whoever asks.
    world.acme.person(grace());
    let grace_there = sign_in(&world, "acme", "acme-idp").await;
    world.acme.person(ada());
    let mut owner_by_globex = again;
    world.acme.person(grace());
    let page = owner_by_globex.get(&url("/_sso/account")).await;
    let csrf = page.input("csrf");
    let form = [("csrf", csrf.as_str())];
    let page = owner_by_globex
        .post(&url("/_sso/account/link/acme-idp"), &form)
        .await;
    let page = owner_by_globex.follow(page).await;
    assert_eq!(
        (page.status, page.kind()),
        (409, Some("identity-not-linked"))
    );
    world.end(&[&owner, &grace_there, &owner_by_globex]).await;
}

#[tokio::test]
async fn a_disabled_connection_ends_its_sessions_and_gives_everybody_their_account_back() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    world.globex.person(grace());
    let mut by_globex = sign_in(&world, "acme", "globex-idp").await;
    let mut elsewhere = sign_in(&world, "initech", "globex-idp").await;
    let before = by_globex.fetch(&url("/_sso/userinfo")).await.text;
    let page = owner_page(&mut owner, "/disable/globex-idp").await;
    assert!(
        page.is(200).text.contains("1 session ends at once"),
        "{}",
        page.text
    );
    let page = press(&mut owner, "/disable/globex-idp", &[("confirm", "acne")]).await;
    assert!(page.is(200).text.contains("not the short name"));
    by_globex.fetch(&url("/")).await.is(200);
    press(&mut owner, "/disable/globex-idp", &[("confirm", "acme")])
        .await
        .is(303);
    by_globex.fetch(&url("/")).await.is(401);
    let mut orphaned = owner_page(&mut owner, "/people?standing=orphaned").await;
    // What is left behind is marked when nobody waits for it any more.
    for _ in 0..500 {
        if orphaned.is(200).text.contains("grace@acme.com") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        orphaned = owner_page(&mut owner, "/people?standing=orphaned").await;
    }
    assert!(
        orphaned.is(200).text.contains("grace@acme.com"),
        "{}",
        orphaned.text
    );
    owner.fetch(&url("/")).await.is(200);
    elsewhere.fetch(&url("/")).await.is(200);
    let mut shut_out = world.browser();
    let start = url("/_sso/login/acme/globex-idp");
    let page = shut_out.post(&start, &[("rd", "/")]).await;
    let page = shut_out.follow(page).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-not-open"))
    );
    // The same issuer and client, enabled again.
    world
        .globex
        .person(json!({ "sub": "ada-there", "email": "ada@acme.com", "email_verified": true }));
    set_up(&mut owner, "globex-idp").await.is(200);
    world.globex.person(grace());
    let mut back = sign_in(&world, "acme", "globex-idp").await;
    let after = back.fetch(&url("/_sso/userinfo")).await.text;
    let sub = |text: &str| text.split("\"sub\":\"").nth(1).unwrap()[..22].to_owned();
    assert_eq!(sub(&before), sub(&after), "nothing was lost");
    world.end(&[&owner, &back, &elsewhere]).await;
}

#[tokio::test]
async fn where_the_provider_has_several_customers_the_owner_chooses_one() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let at = |tenant: &str, who: &str| json!({ "sub": who, "email": "x@acme.com", "email_verified": true, "hd": tenant });
    world.globex.person(at("acme.com", "ada-there"));
    world.globex.person(at("acme.com", "ada-there"));
    let page = set_up(&mut owner, "globex-idp").await;
    assert!(
        page.is(200)
            .text
            .contains("<dt>Only for</dt><dd><bdi>acme.com</bdi>"),
        "{}",
        page.text
    );
    world.globex.person(at("acme.com", "bob"));
    let bob = sign_in(&world, "acme", "globex-idp").await;
    world.globex.person(at("other.com", "eve"));
    let mut eve = world.browser();
    let page = eve
        .post(&url("/_sso/login/acme/globex-idp"), &[("rd", "/")])
        .await;
    let page = eve.follow(page).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("account-not-allowed"))
    );
    world.end(&[&owner, &bob]).await;
}

#[tokio::test]
async fn setup_by_an_identity_that_has_a_refresh_token_asks_for_no_new_consent() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    world.acme.withhold(Withholds::Always);
    let page = set_up(&mut owner, "acme-idp").await;
    assert_eq!(page.is(200).path(), ADMIN);
    let asked = world.acme.heard("/authorize");
    let prompts: Vec<_> = asked
        .iter()
        .map(|heard| heard.query().get("prompt").cloned())
        .collect();
    assert_eq!(prompts.len(), 2, "one sign-in and one setup");
    assert_ne!(prompts[1].as_deref(), Some("consent"));
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn inv_20_setup_again_by_an_account_of_elsewhere_opens_to_nobody_else() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let at = |tenant: Option<&str>, who: &str| json!({ "sub": who, "email": "x@acme.com", "email_verified": true, "hd": tenant });
    world.globex.person(at(Some("acme.com"), "ada-there"));
    world.globex.person(at(Some("acme.com"), "ada-there"));
    set_up(&mut owner, "globex-idp").await.is(200);
    world.globex.person(at(Some("acme.com"), "bob"));
    let mut bob = sign_in(&world, "acme", "globex-idp").await;
    for elsewhere in [None, Some("other.com")] {
        for _ in 0..2 {
            world.globex.person(at(elsewhere, "ada-there"));
        }
        let page = set_up(&mut owner, "globex-idp").await;
        let pinned = "<dt>Only for</dt><dd><bdi>acme.com</bdi>";
        assert!(page.is(200).text.contains(pinned), "{}", page.text);
        world.globex.person(at(elsewhere, "eve"));
        let mut eve = world.browser();
        let start = url("/_sso/login/acme/globex-idp");
        let page = eve.post(&start, &[("rd", "/")]).await;
        let page = eve.follow(page).await;
        assert_eq!(page.kind(), Some("account-not-allowed"), "{elsewhere:?}");
    }
    bob.visit(&url("/")).await.is(200);
    // Only by saying so does it become another customer: and then those who came before are out.
    let choice = [("choice", "other.com")];
    press(&mut owner, "/activate/globex-idp", &choice).await;
    assert_eq!(bob.fetch(&url("/")).await.status, 401);
    world.globex.person(at(Some("other.com"), "eve"));
    let eve = sign_in(&world, "acme", "globex-idp").await;
    world.end(&[&owner, &bob, &eve]).await;
}

#[tokio::test]
async fn whoever_owns_nothing_any_more_or_has_left_completes_nothing() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let page = press(&mut owner, "/setup/globex-idp", &[]).await;
    let mut at_provider = page;
    // Away at the provider, they sign out here in another tab.
    let callback = loop {
        let next = at_provider.leads_to().unwrap();
        if next.path() == "/_sso/callback/globex-idp" {
            break next;
        }
        at_provider = owner.get(next.as_str()).await;
    };
    let account = owner.get(&url("/_sso/account")).await;
    let csrf = account.input("csrf");
    owner.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    let page = owner.get(callback.as_str()).await;
    assert_eq!(
        (page.status, page.kind()),
        (409, Some("identity-not-linked"))
    );
    let events = world.trail(&[&owner]).await;
    let kinds: Vec<String> = events.iter().map(|event| event.kind.name()).collect();
    assert!(
        kinds.contains(&"identity.link_refused".to_owned()),
        "{kinds:?}"
    );
    assert!(
        !kinds.contains(&"connection.activated".to_owned()),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn an_owner_on_a_host_of_its_own_sets_up_there() {
    let file = OWN_HOST.replace(
        "providers = [\"globex-idp\"]",
        "providers = [\"globex-idp\", \"acme-idp\"]\nowners = [\"ada@acme.com\"]",
    );
    let world = World::with(&file).await;
    let host = |path: &str| format!("https://globex.example.com{path}");
    let mut owner = world.browser();
    owner.visit(&host("/_sso/login/globex")).await.is(200);
    let door = owner
        .visit(&host("/_sso/login/globex?rd=%2F_sso%2Faccount"))
        .await;
    let mut form = door.hidden();
    form.truncate(form.len() / 2);
    let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let page = owner
        .post(&url("/_sso/login/globex/globex-idp"), &form)
        .await;
    owner.follow(page).await.is(200);
    let page = owner.get(&host("/_sso/admin/globex")).await;
    let csrf = page.is(200).input("csrf");
    let setup = host("/_sso/admin/globex/setup/acme-idp");
    let page = owner.post(&setup, &[("csrf", &csrf)]).await;
    let page = owner.follow(page).await;
    assert_eq!(page.is(200).url.as_str(), host("/_sso/admin/globex"));
    assert!(page.text.contains("<dd>Open since"), "{}", page.text);
    // The address alone does nothing: another browser lacks both the proof and the session.
    let page = owner.post(&setup, &[("csrf", &csrf)]).await;
    let shared = page.leads_to().unwrap();
    let mut thief = world.browser();
    let page = thief.visit(shared.as_str()).await;
    assert_eq!((page.status, page.kind()), (400, Some("cookies-blocked")));
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn inv_26_a_page_of_the_application_is_told_which_windows_to_open_for_owners_alone() {
    let world = World::with(&format!(
        "{TWO_WAYS}[admin]\nsocket = \"run/admin.sock\"\npopup_size = \"480x700\"\n"
    ))
    .await;
    let list = url(&format!("{ADMIN}/connections"));
    world.browser().fetch(&list).await.is(401);
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    world.acme.person(grace());
    let mut member = sign_in(&world, "acme", "acme-idp").await;
    member.fetch(&list).await.is(403);
    world.globex.person(grace());
    let mut other_owner = sign_in(&world, "initech", "globex-idp").await;
    other_owner.fetch(&list).await.is(404);
    world.acme.person(ada());
    set_up(&mut owner, "acme-idp").await.is(200);
    let page = owner.fetch(&list).await;
    let told: serde_json::Value = serde_json::from_str(&page.is(200).text).unwrap();
    let connections = &told["connections"];
    let known = [0, 1].map(|at| {
        format!(
            "{}: {}",
            connections[at]["provider"], connections[at]["state"]
        )
    });
    assert_eq!(
        known,
        [r#""acme-idp": "open""#, r#""globex-idp": "by_file""#]
    );
    let setup = &connections[1]["setup"];
    assert_eq!(
        (&setup["width"], &setup["height"]),
        (&json!(480), &json!(700))
    );
    // What it leads to is the window in which that connection comes first.
    let opened = owner.get(setup["url"].as_str().unwrap()).await;
    assert_eq!(opened.is(200).input("display"), "popup");
    assert!(opened.text.contains("/setup/globex-idp") && !opened.text.contains("/setup/acme-idp"));
    assert!(!page.text.contains("secret"), "{}", page.text);
    world.end(&[&owner, &member, &other_owner]).await;
}

#[tokio::test]
async fn a_window_of_its_own_ends_on_the_organizations_own_host() {
    let file = OWN_HOST.replace(
        "hosts = [\"globex.example.com\"]",
        "hosts = [\"globex.example.com\"]\nowners = [\"ada@acme.com\"]",
    );
    let world = World::with(&file).await;
    let host = |path: &str| format!("https://globex.example.com{path}");
    let mut owner = world.browser();
    owner.visit(&host("/_sso/login/globex")).await.is(200);
    let csrf = owner.get(&host("/_sso/admin/globex")).await.input("csrf");
    let fields = [("csrf", &*csrf), ("display", "popup")];
    let done = host("/_sso/admin/globex/done/globex-idp");
    for (refused, told) in [
        (false, "&quot;success&quot;:true"),
        (true, "&quot;success&quot;:false"),
    ] {
        if refused {
            world.globex.refuse("access_denied");
        }
        let away = owner
            .post(&host("/_sso/admin/globex/setup/globex-idp"), &fields)
            .await;
        let page = owner.follow(away).await;
        let at = page.is(200).url.as_str().split('?').next();
        assert_eq!((at, page.kind()), (Some(&*done), Some("owner-done")));
        assert!(page.text.contains(told), "{}", page.text);
        assert!(
            page.text
                .contains("data-origin=\"https://globex.example.com\"")
        );
    }
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn a_setup_in_a_window_of_its_own_fails_there_too_if_the_proof_before_it_does() {
    let world = World::with(&format!(
        "{TWO_WAYS}[admin]\nsocket = \"run/admin.sock\"\npopup_origin = \"https://console.acme.com\"\n"
    ))
    .await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    world.clock.advance(std::time::Duration::from_secs(16 * 60));
    let start = [("display", "popup")];
    world.acme.refuse("access_denied");
    let page = press(&mut owner, "/setup/globex-idp", &start).await;
    let page = owner.follow(page).await;
    let done = format!("{ADMIN}/done/globex-idp?failed=login-cancelled&");
    assert!(page.is(200).path().starts_with(&done), "{}", page.path());
    for told in [
        "data-origin=\"https://console.acme.com\"",
        "&quot;error&quot;:&quot;login-cancelled&quot;",
        "&quot;provider&quot;:&quot;globex-idp&quot;",
        "&quot;success&quot;:false",
    ] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(world.globex.heard("/authorize").is_empty(), "nothing began");

    // Once they have proven who they are, they are where they began, and the window has kept its tie.
    world.acme.grant();
    let page = press(&mut owner, "/setup/globex-idp", &start).await;
    let page = owner.follow(page).await;
    assert_eq!(page.is(200).url.path(), ADMIN);
    assert_eq!(page.input("display"), "popup");
    assert_eq!(
        page.field("cross-origin-opener-policy"),
        Some("unsafe-none")
    );
    let page = press(&mut owner, "/setup/globex-idp", &start).await;
    let page = owner.follow(page).await;
    assert!(
        page.is(200).text.contains("&quot;success&quot;:true"),
        "{}",
        page.text
    );
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn a_setup_in_a_window_of_its_own_tells_its_opener_and_nobody_else() {
    let world = World::with(&format!("{TWO_WAYS}[admin]\nsocket = \"run/admin.sock\"\npopup_origin = \"https://console.acme.com\"\n")).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let opened = owner_page(&mut owner, "?display=popup").await;
    assert_eq!(
        opened.is(200).field("cross-origin-opener-policy"),
        Some("unsafe-none")
    );
    assert_eq!(opened.input("display"), "popup");
    let page = press(&mut owner, "/setup/globex-idp", &[("display", "popup")]).await;
    let page = owner.follow(page).await;
    assert_eq!(page.is(200).path(), format!("{ADMIN}/done/globex-idp"));
    assert!(
        page.text
            .contains("data-origin=\"https://console.acme.com\""),
        "{}",
        page.text
    );
    let message = "{&quot;data&quot;:{&quot;organization&quot;:&quot;acme&quot;,&quot;provider&quot;:&quot;globex-idp&quot;,&quot;state&quot;:&quot;open&quot;,&quot;type&quot;:&quot;doorward.setup&quot;},&quot;success&quot;:true}";
    assert!(page.text.contains(message), "{}", page.text);
    let policy = page.field("content-security-policy").unwrap();
    assert!(
        policy.contains("script-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    // What goes wrong is told too, by a code of ours alone.
    world.globex.refuse("access_denied");
    let page = press(&mut owner, "/setup/globex-idp", &[("display", "popup")]).await;
    let page = owner.follow(page).await;
    assert!(
        page.is(200).text.contains("login-cancelled")
            && page.text.contains("&quot;success&quot;:false")
    );
    let page = owner_page(&mut owner, "/done/globex-idp?failed=%22%3Cb%3E").await;
    assert!(
        page.is(200).text.contains("<bdi>broken</bdi>"),
        "{}",
        page.text
    );
    // Every other page cuts the tie.
    let usual = owner_page(&mut owner, "").await;
    assert_eq!(
        usual.field("cross-origin-opener-policy"),
        Some("same-origin")
    );
    assert!(
        !usual
            .field("content-security-policy")
            .unwrap()
            .contains("script-src")
    );
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn whoever_is_no_owner_any_more_when_a_setup_ends_changes_nothing() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let away = press(&mut owner, "/setup/acme-idp", &[]).await;
    let away = away.leads_to().unwrap();
    let callback = owner.away_and_back(away.as_str()).await;
    let world = world
        .restart_with(
            "owners = [\"ada@acme.com\"]",
            "owners = [\"grace@acme.com\"]",
        )
        .await;
    owner.now_at(world.broker.address);
    let ended = owner.get(&callback).await;
    assert_eq!(
        (ended.status, ended.kind()),
        (409, Some("identity-not-linked"))
    );
    assert!(
        ended.text.contains("Only an owner can complete the setup"),
        "{}",
        ended.text
    );
    world.acme.person(grace());
    let mut other = sign_in(&world, "acme", "acme-idp").await;
    let home = owner_page(&mut other, "").await;
    assert_eq!(home.is(200).text.matches("Open, as configured").count(), 2);
    world.application.heard_nothing();
    let trail = world.trail(&[&owner, &other]).await;
    let refused = trail.iter().any(|event| {
        event.kind == Kind::IdentityLinkRefused && event.reason.as_deref() == Some("not_an_owner")
    });
    assert!(refused, "{trail:?}");
    let activated = trail
        .iter()
        .any(|event| event.kind == Kind::ConnectionActivated);
    assert!(!activated, "{trail:?}");
}

#[tokio::test]
async fn inv_26_posts_of_those_who_are_no_owners_change_nothing() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    world.acme.person(grace());
    let mut member = sign_in(&world, "acme", "acme-idp").await;
    let mut stranger = sign_in(&world, "initech", "globex-idp").await;
    let mut nobody = world.browser();
    let before = (world.acme.requests(), world.globex.requests());
    for rest in [
        "/setup/acme-idp",
        "/setup/globex-idp",
        "/activate/acme-idp",
        "/disable/acme-idp",
    ] {
        for (browser, status) in [(&mut member, 403), (&mut stranger, 404)] {
            let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
            let fields = [
                ("csrf", csrf.as_str()),
                ("confirm", "acme"),
                ("choice", "*"),
            ];
            let page = browser.post(&url(&format!("{ADMIN}{rest}")), &fields).await;
            assert_eq!(page.status, status, "{rest}: {}", page.text);
        }
        let page = nobody.post(&url(&format!("{ADMIN}{rest}")), &[]).await;
        assert!(page.status >= 300 && page.status != 500, "{rest}");
        // An owner's browser that somebody else's page sent: without the token, and with another's.
        for token in ["", "x"] {
            let fields = [("csrf", token), ("confirm", "acme"), ("choice", "*")];
            let page = owner.post(&url(&format!("{ADMIN}{rest}")), &fields).await;
            assert_eq!(
                (page.status, page.kind()),
                (400, Some("login-expired")),
                "{rest}"
            );
        }
    }
    let after = (world.acme.requests(), world.globex.requests());
    assert_eq!(after, before, "nobody was sent anywhere");
    let home = owner_page(&mut owner, "").await;
    assert_eq!(home.is(200).text.matches("Open, as configured").count(), 2);
    let trail = world.trail(&[&owner, &member, &stranger, &nobody]).await;
    let refused = trail
        .iter()
        .filter(|event| event.kind == Kind::AdminActionRefused);
    assert!(refused.count() > 0, "{trail:?}");
    let done = trail.iter().any(|event| {
        matches!(
            event.kind,
            Kind::ConnectionActivated | Kind::ConnectionDisabled
        )
    });
    assert!(!done, "{trail:?}");
}

/// An organization whose owner comes in by one provider and sets up Google.
fn with_google(allow: &str) -> String {
    format!(
        "[providers.globex-idp]\npreset = \"google\"\nissuer = \"{{globex}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"the-secret-of-globex\"\n[organizations.acme]\nname = \"Acme Inc.\"\n\
         providers = [\"acme-idp\", \"globex-idp\"]\nowners = [\"ada@acme.com\"]\nactivation = \"required\"\n\
         allow = {{ {allow} }}\n"
    )
}

#[tokio::test]
async fn inv_20_a_private_account_at_google_opens_an_organization_to_the_world_only_if_its_owner_says_so()
 {
    let world = World::with(&with_google("anyone = true")).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let private = |who: &str| json!({ "sub": who, "email": "x@gmail.com", "email_verified": true });
    for _ in 0..2 {
        world.globex.person(private("ada-there"));
    }
    let page = set_up(&mut owner, "globex-idp").await;
    assert!(
        page.is(200).text.contains("Setup is not complete"),
        "{}",
        page.text
    );
    world.globex.person(private("eve"));
    let start = url("/_sso/login/acme/globex-idp");
    let mut eve = world.browser();
    let page = eve.post(&start, &[("rd", "/")]).await;
    let page = eve.follow(page).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-not-open"))
    );
    world.application.heard_nothing();
    press(&mut owner, "/activate/globex-idp", &[("choice", "*")])
        .await
        .is(303);
    let page = eve.post(&start, &[("rd", "/")]).await;
    eve.follow(page).await.is(200);
    world.end(&[&owner, &eve]).await;
}

#[tokio::test]
async fn a_rule_on_addresses_is_enough_for_setup_by_a_private_account_at_google() {
    let world = World::with(&with_google("email_domains = [\"acme.com\"]")).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let with =
        |who: &str, email: &str| json!({ "sub": who, "email": email, "email_verified": true });
    for _ in 0..2 {
        world.globex.person(with("ada-there", "ada@acme.com"));
    }
    let page = set_up(&mut owner, "globex-idp").await;
    assert!(page.is(200).text.contains("Open since"), "{}", page.text);
    for (who, email, status) in [("bob", "bob@acme.com", 200), ("eve", "x@gmail.com", 403)] {
        for _ in 0..2 {
            world.globex.person(with(who, email));
        }
        let mut browser = world.browser();
        let start = url("/_sso/login/acme/globex-idp");
        let page = browser.post(&start, &[("rd", "/")]).await;
        browser.follow(page).await.is(status);
    }
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn the_numbers_before_a_connection_is_shut_are_exact() {
    let world = World::with(TWO_WAYS).await;
    let mut owner = sign_in(&world, "acme", "acme-idp").await;
    let mut by_globex = Vec::new();
    for (number, browsers) in [(1, 1), (2, 2), (3, 3)] {
        let email = format!("p{number}@acme.com");
        world
            .globex
            .person(json!({ "sub": number.to_string(), "email": email, "email_verified": true }));
        for _ in 0..browsers {
            by_globex.push(sign_in(&world, "acme", "globex-idp").await);
        }
    }
    // The first has another way in, and one more session that came by it.
    world.acme.person(grace());
    let csrf = by_globex[0].get(&url("/_sso/account")).await.input("csrf");
    let link = url("/_sso/account/link/acme-idp");
    let page = by_globex[0].post(&link, &[("csrf", &csrf)]).await;
    let asked = by_globex[0].follow(page).await;
    by_globex[0].answer(&asked, "add").await.is(200);
    let mut otherwise = sign_in(&world, "acme", "acme-idp").await;
    // The third ends all of theirs but one.
    let csrf = by_globex[5].get(&url("/_sso/account")).await.input("csrf");
    let end = url("/_sso/account/sessions/revoke-others");
    by_globex[5].post(&end, &[("csrf", &csrf)]).await.is(303);
    let elsewhere = sign_in(&world, "initech", "globex-idp").await;
    let page = owner_page(&mut owner, "/disable/globex-idp").await;
    for told in [
        "3 people sign in this way.",
        "1 of them could use another way.",
        "4 sessions end at once",
    ] {
        assert!(page.is(200).text.contains(told), "{told}: {}", page.text);
    }
    let done = press(&mut owner, "/disable/globex-idp", &[("confirm", "acme")]).await;
    done.is(303);
    for browser in &mut by_globex {
        browser.fetch(&url("/")).await.is(401);
    }
    otherwise.fetch(&url("/")).await.is(200);
    let page = owner_page(&mut owner, "/disable/globex-idp").await;
    assert!(
        page.is(200).text.contains("No session ends."),
        "{}",
        page.text
    );
    world.end(&[&owner, &otherwise, &elsewhere]).await;
}
