//! Linking: a person adds an identity to their account, and takes one away.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::idp::{ada, grace};
use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Answer, Browser, Page, World};

/// Acme has two providers, and both are asked again every hour.
async fn world() -> World {
    world_with("").await
}

async fn world_with(more: &str) -> World {
    let provider = |name: &str| {
        format!(
            "[providers.{name}-idp]\nkind = \"oidc\"\nissuer = \"{{{name}}}\"\nclient_id = \"doorward\"\n\
             client_secret = \"{CLIENT_SECRET}\"\nrevalidation = \"userinfo\"\n"
        )
    };
    let file = format!(
        "{}{}[organizations.acme]\nname = \"Acme Inc.\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n{more}",
        provider("acme"),
        provider("globex")
    );
    let world = World::with(&file).await;
    world.globex.person(at_globex());
    world
}

fn at_globex() -> Value {
    json!({ "sub": "ada-at-globex", "email": "a.l@globex.com", "email_verified": true, "name": "A. L." })
}

async fn sign_in(world: &World, provider: &str) -> Browser {
    let mut browser = world.browser();
    let start = url(&format!("/_sso/login/acme/{provider}"));
    let page = browser.post(&start, &[("rd", "/_sso/account")]).await;
    browser.follow(page).await.is(200);
    browser
}

/// Presses a button of the account page.
async fn press(browser: &mut Browser, path: &str) -> Page {
    let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
    let target = url(&format!("/_sso/account{path}"));
    let page = browser.post(&target, &[("csrf", &csrf)]).await;
    browser.follow(page).await
}

async fn who(browser: &mut Browser) -> Value {
    let page = browser.fetch(&url("/_sso/userinfo")).await;
    serde_json::from_str(&page.is(200).text).unwrap()
}

/// The id of the identity that the page offers to remove.
fn removable(page: &Page) -> String {
    let mut all = page.text.split("/account/identities/").skip(1);
    let id = all.find_map(|rest| {
        Some(rest.split_once("/unlink\"")?.0.to_owned()).filter(|id| !id.contains('/'))
    });
    id.unwrap()
}

#[tokio::test]
async fn a_second_way_in_leads_to_the_same_account() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let account = who(&mut browser).await["sub"].clone();
    let page = press(&mut browser, "/link/globex-idp").await;
    assert_eq!(page.is(200).path(), "/_sso/account");
    assert!(page.text.contains("a.l@globex.com"), "{}", page.text);
    assert!(
        !page.text.contains("/account/link/"),
        "nothing is left to add"
    );
    assert_eq!(
        who(&mut browser).await["provider"],
        "acme-idp",
        "the session goes on"
    );
    let mut by_globex = sign_in(&world, "globex-idp").await;
    let there = who(&mut by_globex).await;
    assert_eq!(
        (&there["sub"], &there["email"]),
        (&account, &"a.l@globex.com".into())
    );
    let events = world.trail(&[&browser, &by_globex]).await;
    let linked = events
        .iter()
        .filter(|it| it.kind.name() == "identity.linked");
    assert_eq!(linked.count(), 2);
}

#[tokio::test]
async fn inv_17_a_session_alone_adds_no_way_in_after_a_while() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    world.later(Duration::from_secs(20 * 60));
    // A thief has the cookie, but not the account at the provider.
    let mut thief = world.browser();
    for (host, name, value) in browser.cookies() {
        thief.put_cookie(host, name, value);
    }
    world.acme.person(grace());
    let page = press(&mut thief, "/link/globex-idp").await;
    assert_eq!((page.status, page.kind()), (403, Some("other-account")));
    assert!(world.globex.heard("/authorize").is_empty());
    world.acme.person(ada());
    let page = press(&mut browser, "/link/globex-idp").await;
    assert!(
        page.is(200)
            .text
            .contains("You have confirmed that it is you")
    );
    assert!(world.globex.heard("/authorize").is_empty());
    let page = press(&mut browser, "/link/globex-idp").await;
    assert!(
        page.is(200).text.contains("a.l@globex.com"),
        "{}",
        page.text
    );
    world.end(&[&browser, &thief]).await;
}

#[tokio::test]
async fn inv_17_what_belongs_to_somebody_else_is_refused_and_stays_theirs() {
    let world = world().await;
    let mut hers = sign_in(&world, "globex-idp").await;
    let her_account = who(&mut hers).await["sub"].clone();
    world.acme.person(grace());
    let mut browser = sign_in(&world, "acme-idp").await;
    let page = press(&mut browser, "/link/globex-idp").await;
    assert_eq!(
        (page.status, page.kind()),
        (409, Some("identity-not-linked"))
    );
    assert!(
        page.text.contains("href=\"/_sso/account\""),
        "there is a way back"
    );
    assert_eq!(who(&mut hers).await["sub"], her_account);
    let mut again = sign_in(&world, "globex-idp").await;
    assert_eq!(who(&mut again).await["sub"], her_account);
    world.end(&[&hers, &browser, &again]).await;
}

#[tokio::test]
async fn inv_09_nothing_is_linked_for_whoever_is_not_signed_in_or_is_somebody_else_by_then() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
    let mut page = browser
        .post(&url("/_sso/account/link/globex-idp"), &[("csrf", &csrf)])
        .await;
    let callback = loop {
        let next = page.leads_to().unwrap();
        if next.path() == "/_sso/callback/globex-idp" {
            break next;
        }
        page = browser.get(next.as_str()).await;
    };
    // Somebody else signs in in the same browser meanwhile.
    world.acme.person(grace());
    let start = url("/_sso/login/acme/acme-idp?prompt=select_account");
    let away = browser
        .post(
            &start,
            &[("rd", "/_sso/account"), ("prompt", "select_account")],
        )
        .await;
    browser.follow(away).await.is(200);
    let page = browser.get(callback.as_str()).await;
    assert_eq!(
        (page.status, page.kind()),
        (409, Some("identity-not-linked"))
    );
    let account = browser.get(&url("/_sso/account")).await;
    assert!(!account.text.contains("a.l@globex.com"));
    // A form without the session's token begins nothing.
    let calls = world.globex.requests();
    browser
        .post(&url("/_sso/account/link/globex-idp"), &[])
        .await
        .is(400);
    assert_eq!(world.globex.requests(), calls);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_what_was_granted_by_an_identity_ends_with_it_and_the_rest_goes_on() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    press(&mut browser, "/link/globex-idp").await;
    let mut by_globex = sign_in(&world, "globex-idp").await;
    // The second one is asked about too, and its no is its own.
    world.globex.person(
        json!({ "sub": "ada-at-globex", "email": "a.l@globex.com", "email_verified": true }),
    );
    world.globex.answer("/userinfo", |_| {
        Answer::with(
            401,
            "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n",
            "",
        )
    });
    world.later(Duration::from_secs(3_600));
    for _ in 0..500 {
        if by_globex.fetch(&url("/")).await.status == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    by_globex.fetch(&url("/")).await.is(401);
    browser.fetch(&url("/")).await.is(200);
    let page = browser.get(&url("/_sso/account")).await;
    assert!(page.text.contains("No longer valid"), "{}", page.text);
    world.end(&[&browser, &by_globex]).await;
}

#[tokio::test]
async fn an_identity_can_be_removed_but_not_the_last_one() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let account = who(&mut browser).await["sub"].clone();
    let page = press(&mut browser, "/link/globex-idp").await;
    let id = removable(&page);
    let mut by_globex = sign_in(&world, "globex-idp").await;
    world.acme.person(grace());
    let mut hers = sign_in(&world, "acme-idp").await;
    press(&mut hers, &format!("/identities/{id}/unlink"))
        .await
        .is(404);
    by_globex.fetch(&url("/")).await.is(200);
    press(&mut browser, &format!("/identities/{id}/unlink"))
        .await
        .is(200);
    by_globex.fetch(&url("/")).await.is(401);
    browser.fetch(&url("/")).await.is(200);
    // Whoever signs in by it now is somebody new.
    let mut stranger = sign_in(&world, "globex-idp").await;
    assert_ne!(who(&mut stranger).await["sub"], account);
    let own = stranger.get(&url("/_sso/account")).await;
    assert!(!own.text.contains("/unlink"), "the last one stays");
    world.acme.person(ada());
    world.end(&[&browser, &hers, &stranger]).await;
}

#[tokio::test]
async fn an_operator_moves_an_identity_that_no_sign_in_would() {
    let world = world().await;
    let mut hers = sign_in(&world, "globex-idp").await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let account = who(&mut browser).await["sub"].clone();
    let socket = world.broker.socket();
    let listed: Value = socket.get("/identities?provider=globex-idp").await.unwrap();
    let id = listed["identities"][0]["id"].as_str().unwrap().to_owned();
    let relink = |to: &Value| json!({ "id": id, "to": to, "reason": "a test" });
    let nowhere = relink(&"nobody".into());
    assert!(
        socket
            .post::<_, Value>("/identities/relink", &nowhere)
            .await
            .is_err()
    );
    let moved: Value = socket
        .post("/identities/relink", &relink(&account))
        .await
        .unwrap();
    assert_eq!(
        (
            &moved["identities"][0]["identity"]["account"],
            &moved["identities"][0]["ended"]
        ),
        (&account, &1.into()),
        "{moved}"
    );
    hers.fetch(&url("/")).await.is(401);
    browser.fetch(&url("/")).await.is(200);
    let mut by_globex = sign_in(&world, "globex-idp").await;
    assert_eq!(who(&mut by_globex).await["sub"], account);
    let again: Value = socket
        .post("/identities/relink", &relink(&account))
        .await
        .unwrap();
    assert_eq!(again["identities"][0]["result"], "unchanged");
    let events = world.trail(&[&hers, &browser, &by_globex]).await;
    let moves = events
        .iter()
        .filter(|it| it.kind.name() == "identity.relinked");
    assert_eq!(moves.count(), 1);
}

/// What is told of an identity in the four places: state and, if somebody is told why, why.
struct Told {
    state: String,
    since: String,
    why: Option<String>,
}

/// By the built command, as an operator reads it.
async fn by_command(world: &World, id: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .args(["identity", "show", "--socket"])
        .arg(world.broker.socket_path())
        .args(["--", id])
        .env_clear();
    let told = tokio::task::spawn_blocking(move || command.output());
    let told = told.await.unwrap().unwrap();
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}

async fn by_socket(world: &World, id: &str) -> Told {
    let told: Value = world
        .broker
        .socket()
        .get(&format!("/identities?id={id}"))
        .await
        .unwrap();
    let told = &told["identities"][0];
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    Told {
        state: text("state").unwrap(),
        since: text("since").unwrap(),
        why: text("reason"),
    }
}

/// The four places agree on how an identity stands.
async fn all_agree(world: &World, browser: &mut Browser, id: &str, expected: (&str, Option<&str>)) {
    let api = by_socket(world, id).await;
    let (state, why) = expected;
    assert_eq!(api.state, state);
    assert_eq!(api.why.is_some(), why.is_some(), "{:?}", api.why);
    let command = by_command(world, id).await;
    for word in [&api.state, &api.since].into_iter().chain(&api.why) {
        assert!(command.contains(word.as_str()), "{word}: {command}");
    }
    let account = who(browser).await["sub"].as_str().unwrap().to_owned();
    let owners = browser
        .get(&url(&format!("/_sso/admin/acme/people/{account}")))
        .await;
    let own = browser.get(&url("/_sso/account")).await;
    let mark = format!("<span class=\"state {state}\">");
    let mut sections = owners.is(200).text.split("<section>").skip(1);
    let section = sections
        .find(|section| section.contains(&format!("/identities/{id}/revalidate")))
        .unwrap();
    let section = section.split("</section>").next().unwrap();
    let row = own
        .is(200)
        .text
        .split("<li>")
        .find(|row| row.contains(&format!("/account/identities/{id}/unlink")));
    let row = row.unwrap();
    for (page, text) in [("owner's", section), ("own", row)] {
        assert!(text.contains(&mark), "{page} {state}: {text}");
        if let Some(why) = why {
            assert!(text.contains(why), "{page} {why}: {text}");
        }
    }
    let since = api.since.split('.').next().unwrap().trim_end_matches('Z');
    assert!(
        section.contains(&format!("datetime=\"{since}")),
        "{since}: {section}"
    );
}

#[tokio::test]
async fn command_socket_owners_and_ones_own_page_agree_on_how_an_identity_stands() {
    let world = world_with("owners = [\"ada@acme.com\"]\n").await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let id = removable(&press(&mut browser, "/link/globex-idp").await);
    let status = Arc::new(AtomicU16::new(200));
    let answers = Arc::clone(&status);
    world
        .globex
        .answer("/userinfo", move |_| match answers.load(Ordering::SeqCst) {
            200 => Answer::json(&at_globex()),
            401 => Answer::with(
                401,
                "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n",
                "",
            ),
            other => Answer::new(other, "text/plain", "down"),
        });
    let owned = format!("/_sso/admin/acme/identities/{id}/revalidate");
    all_agree(&world, &mut browser, &id, ("valid", None)).await;
    for (answer, deed, state, why) in [
        (503, "revalidate", "suspect", Some("trouble")),
        (200, "revalidate", "valid", None),
        (503, "revalidate", "suspect", Some("trouble")),
        (401, "revalidate", "invalid", Some("withdrew")),
        (200, "block", "blocked", None),
        (200, "unblock", "invalid", Some("sign-in is needed")),
    ] {
        world.later(Duration::from_secs(61));
        status.store(answer, Ordering::SeqCst);
        if deed == "revalidate" {
            let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
            let done = browser.post(&url(&owned), &[("csrf", &csrf)]).await;
            done.is(303);
        } else {
            // Nobody shuts themselves out: an operator does.
            let at = format!("/identities/{deed}");
            let asked = json!({ "id": id });
            let dealt = world.broker.socket().post::<_, Value>(&at, &asked).await;
            dealt.unwrap();
        }
        all_agree(&world, &mut browser, &id, (state, why)).await;
    }
    world.globex.person(at_globex());
    let again = sign_in(&world, "globex-idp").await;
    all_agree(&world, &mut browser, &id, ("valid", None)).await;
    let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
    let disable = url("/_sso/admin/acme/disable/globex-idp");
    let fields = [("csrf", csrf.as_str()), ("confirm", "acme")];
    let done = browser.post(&disable, &fields).await;
    let done = done.is(303).leads_to().unwrap();
    assert_eq!(done.query(), Some("done=disabled"), "{done}");
    // What is left behind is marked when nobody waits for it any more.
    for _ in 0..500 {
        if by_socket(&world, &id).await.state != "valid" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let why = Some("connection was shut");
    all_agree(&world, &mut browser, &id, ("orphaned", why)).await;
    world.end(&[&browser, &again]).await;
}
