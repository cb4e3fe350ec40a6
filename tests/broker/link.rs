//! Linking: a person adds an identity to their account, and takes one away.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use doorward::audit::Actor;
use serde_json::{Value, json};

use crate::support::idp::{ada, grace};
use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Answer, Browser, Page, World};

/// Acme has two providers, and both are asked again every hour.
async fn world() -> World {
    world_with("").await
}

async fn world_with(more: &str) -> World {
    world_asking("userinfo", more).await
}

/// As above, with another way of asking Globex.
async fn world_asking(globex: &str, more: &str) -> World {
    let provider = |name: &str, method: &str| {
        format!(
            "[providers.{name}-idp]\nkind = \"oidc\"\nissuer = \"{{{name}}}\"\nclient_id = \"doorward\"\n\
             client_secret = \"{CLIENT_SECRET}\"\nrevalidation = \"{method}\"\n"
        )
    };
    let file = format!(
        "{}{}[organizations.acme]\nname = \"Acme Inc.\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n{more}",
        provider("acme", "userinfo"),
        provider("globex", globex)
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

/// Adds an identity, and says that it is theirs when asked.
async fn link(browser: &mut Browser, provider: &str) -> Page {
    let asked = press(browser, &format!("/link/{provider}")).await;
    assert_eq!(asked.is(200).path(), OFFER);
    assert_eq!(asked.kind(), Some("account-offer"));
    browser.answer(&asked, "add").await
}

const OFFER: &str = "/_sso/account/offer";

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
    let page = link(&mut browser, "globex-idp").await;
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
async fn inv_17_nothing_is_added_before_the_person_has_seen_both_sides_and_said_yes() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let asked = press(&mut browser, "/link/globex-idp").await;
    for text in ["ada@acme.com", "a.l@globex.com", "Nothing has changed yet"] {
        assert!(asked.is(200).text.contains(text), "{text}: {}", asked.text);
    }
    let identities = || async {
        let all: Value = world.broker.socket().get("/identities").await.unwrap();
        all["identities"].as_array().unwrap().len()
    };
    assert_eq!(identities().await, 1);
    // Neither a page of another site, nor a form without the token, nor another person's session says it for them.
    let (csrf, offer) = (asked.input("csrf"), asked.input("offer"));
    let yes = [
        ("offer", &*offer),
        ("organization", "acme"),
        ("answer", "add"),
    ];
    browser.post(&url(OFFER), &yes).await.is(400);
    world.acme.person(grace());
    let mut hers = sign_in(&world, "acme-idp").await;
    let her_csrf = hers.get(&url("/_sso/account")).await.input("csrf");
    let fields = [
        ("csrf", &*her_csrf),
        ("offer", &offer),
        ("organization", "acme"),
        ("answer", "add"),
    ];
    let late = hers.post(&url(OFFER), &fields).await;
    assert_eq!(late.leads_to().unwrap().query(), Some("late=yes"));
    let fields = [
        ("csrf", &*csrf),
        ("offer", "another"),
        ("organization", "acme"),
        ("answer", "add"),
    ];
    let newer = browser.post(&url(OFFER), &fields).await;
    assert_eq!(newer.leads_to().unwrap().path(), OFFER);
    assert_eq!(identities().await, 2, "Ada's and Grace's own");
    let page = browser.answer(&asked, "add").await;
    assert!(page.is(200).text.contains("a.l@globex.com"));
    // A second click changes nothing and says nothing wrong.
    let again = browser.answer(&asked, "add").await;
    assert_eq!(
        (again.status, again.path()),
        (200, "/_sso/account".to_owned())
    );
    assert!(!again.text.contains("Nothing was added"));
    assert_eq!(identities().await, 3);
    world.end(&[&browser, &hers]).await;
}

#[tokio::test]
async fn who_says_that_it_is_not_them_adds_nothing_and_the_trail_says_so() {
    let world = world_with("owners = [\"ada@acme.com\"]\n").await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let asked = press(&mut browser, "/link/globex-idp").await;
    let page = browser.answer(&asked, "not-me").await;
    assert_eq!(page.is(200).path(), "/_sso/account");
    assert!(page.text.contains("/account/link/globex-idp"));
    let late = browser.answer(&asked, "add").await;
    assert!(!late.is(200).text.contains("a.l@globex.com"));
    let trail = browser.get(&url("/_sso/admin/acme/audit")).await;
    assert!(
        trail.is(200).text.contains("said that it is not theirs"),
        "{}",
        trail.text
    );
    // It is theirs after all.
    let page = link(&mut browser, "globex-idp").await;
    assert!(page.is(200).text.contains("a.l@globex.com"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_answer_that_comes_late_adds_nothing_and_says_so() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let asked = press(&mut browser, "/link/globex-idp").await;
    world.later(Duration::from_secs(599));
    let still = browser.get(&url(OFFER)).await;
    assert_eq!(still.is(200).input("offer"), asked.input("offer"));
    // Nor does it count once the person has another session.
    let mut again = sign_in(&world, "acme-idp").await;
    let lost = again.answer(&asked, "add").await;
    assert_ne!(lost.status, 200, "the form is of the other session");
    world.later(Duration::from_secs(1));
    let page = browser.get(&url(OFFER)).await;
    let page = browser.follow(page).await;
    assert_eq!(page.is(200).path(), "/_sso/account");
    let page = browser.answer(&asked, "add").await;
    assert!(page.is(200).text.contains("Nothing was added"));
    assert!(!page.text.contains("a.l@globex.com"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn on_a_host_of_its_own_the_question_is_asked_there() {
    let world = world_with("hosts = [\"acme.example.com\"]\n").await;
    let own = |path: &str| format!("https://acme.example.com{path}");
    let mut browser = world.browser();
    let door = browser
        .visit(&own("/_sso/login/acme?rd=/_sso/account"))
        .await;
    // Both buttons carry the same fields.
    let fields: BTreeMap<_, _> = door.is(200).hidden().into_iter().collect();
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let page = browser
        .post(&url("/_sso/login/acme/acme-idp"), &fields)
        .await;
    let account = browser.follow(page).await;
    let csrf = account.is(200).input("csrf");
    let away = browser
        .post(&own("/_sso/account/link/globex-idp"), &[("csrf", &csrf)])
        .await;
    let asked = browser.follow(away).await;
    assert_eq!(asked.is(200).url.as_str(), own(OFFER));
    let page = browser.answer(&asked, "add").await;
    assert_eq!(page.is(200).url.as_str(), own("/_sso/account"));
    assert!(page.text.contains("a.l@globex.com"), "{}", page.text);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_17_what_happens_while_the_question_is_open_counts() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let asked = press(&mut browser, "/link/globex-idp").await;
    // Somebody comes in by that very identity meanwhile: it is theirs.
    let mut theirs = sign_in(&world, "globex-idp").await;
    let page = browser.answer(&asked, "add").await;
    assert_eq!(page.is(409).kind(), Some("identity-not-linked"));
    assert_ne!(
        who(&mut theirs).await["sub"],
        who(&mut browser).await["sub"]
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn two_yes_at_once_add_one() {
    let world = world().await;
    let browser = sign_in(&world, "acme-idp").await;
    let mut browsers = [browser.clone(), browser];
    let asked = press(&mut browsers[0], "/link/globex-idp").await;
    browsers[1] = browsers[0].clone();
    let [one, other] = &mut browsers;
    let pages = tokio::join!(one.answer(&asked, "add"), other.answer(&asked, "add"));
    for page in [pages.0, pages.1] {
        assert_eq!(
            (page.is(200).kind(), page.text.contains("Nothing was added")),
            (Some("account"), false)
        );
        assert_eq!(page.text.matches("/unlink\"").count(), 1);
    }
    world.end(&[&browsers[0]]).await;
}

#[tokio::test]
async fn a_newer_question_takes_the_place_of_an_older_one() {
    let world = world().await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let first = press(&mut browser, "/link/globex-idp").await;
    world
        .globex
        .person(json!({ "sub": "other", "email": "other@globex.com", "email_verified": true }));
    let second = press(&mut browser, "/link/globex-idp").await;
    assert!(second.is(200).text.contains("other@globex.com"));
    // The yes to what an older tab shows adds neither: the newer question is shown.
    let page = browser.answer(&first, "add").await;
    assert_eq!(page.is(200).path(), OFFER);
    assert!(page.text.contains("other@globex.com"));
    let page = browser.answer(&page, "add").await;
    assert!(page.is(200).text.contains("other@globex.com"));
    assert!(!page.text.contains("a.l@globex.com"));
    world.end(&[&browser]).await;
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
    let page = link(&mut browser, "globex-idp").await;
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
    link(&mut browser, "globex-idp").await;
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
    let page = link(&mut browser, "globex-idp").await;
    let id = removable(&page);
    let mut by_globex = sign_in(&world, "globex-idp").await;
    world.acme.person(grace());
    let mut hers = sign_in(&world, "acme-idp").await;
    // What is somebody else's she cannot even tell from what is nobody's.
    for id in [&*id, "nobodys"] {
        let page = press(&mut hers, &format!("/identities/{id}/unlink")).await;
        assert_eq!(page.is(200).path(), "/_sso/account");
    }
    by_globex.fetch(&url("/")).await.is(200);
    for _second_click in [false, true] {
        let page = press(&mut browser, &format!("/identities/{id}/unlink")).await;
        assert_eq!(page.is(200).path(), "/_sso/account");
    }
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
    let socket = world.broker.socket_path();
    let socket = socket.to_str().unwrap();
    command(&["identity", "show", "--socket", socket, "--", id]).await
}

/// What the built command says.
async fn command(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.args(arguments).env_clear();
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
    let id = removable(&link(&mut browser, "globex-idp").await);
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

#[tokio::test]
async fn of_an_identity_that_nobody_asks_about_again_all_four_say_so() {
    let world = world_asking("none", "owners = [\"ada@acme.com\"]\n").await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let id = removable(&link(&mut browser, "globex-idp").await);
    all_agree(&world, &mut browser, &id, ("unchecked", None)).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_conflict_that_linking_made_is_solved_by_the_operators_command() {
    let world = world().await;
    let mut by_globex = sign_in(&world, "globex-idp").await;
    let mut browser = sign_in(&world, "acme-idp").await;
    let account = who(&mut browser).await["sub"].as_str().unwrap().to_owned();
    let page = press(&mut browser, "/link/globex-idp").await;
    assert_eq!(page.is(409).kind(), Some("identity-not-linked"));
    let socket = world.broker.socket();
    let listed: Value = socket.get("/identities?provider=globex-idp").await.unwrap();
    let id = listed["identities"][0]["id"].as_str().unwrap();
    let socket = world.broker.socket_path();
    let socket = socket.to_str().unwrap();
    let asked = [
        "--reason",
        "one person",
        "--socket",
        socket,
        "--to",
        &account,
        "--",
        id,
    ];
    let told = command(&[&["identity", "relink"], asked.as_slice()].concat()).await;
    let expected = format!("a.l@globex.com in acme signs in to {account} now: 1 sessions ended");
    assert_eq!(told.trim_end(), expected);
    by_globex.fetch(&url("/")).await.is(401);
    browser.fetch(&url("/")).await.is(200);
    let page = browser.get(&url("/_sso/account")).await;
    assert!(page.text.contains("a.l@globex.com"), "{}", page.text);
    let mut again = sign_in(&world, "globex-idp").await;
    assert_eq!(who(&mut again).await["sub"], account.as_str());
    let trail = world.trail(&[&by_globex, &browser, &again]).await;
    let moves: Vec<_> = trail
        .iter()
        .filter(|it| it.kind.name() == "identity.relinked")
        .collect();
    let [moved] = moves.as_slice() else {
        panic!("{moves:?}");
    };
    assert_eq!(
        (&moved.actor, moved.reason.as_deref()),
        (&Actor::Operator, Some("one person"))
    );
}

#[tokio::test]
async fn a_way_in_on_the_second_page_is_removed_and_no_other() {
    let ids: Vec<String> = (0..9).map(|number| format!("p{number}-idp")).collect();
    let provider = |id: &String| {
        format!(
            "[providers.{id}]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"{id}\"\n\
             client_secret = \"{CLIENT_SECRET}\"\nbutton = \"By {id}\"\n"
        )
    };
    let providers: String = ids.iter().map(provider).collect();
    let acme = format!("[organizations.acme]\nproviders = {ids:?}\n");
    let world = World::with(&format!("{providers}{acme}")).await;
    let mut browser = sign_in(&world, &ids[0]).await;
    for id in &ids[1..] {
        link(&mut browser, id).await.is(200);
    }
    let second = url("/_sso/account/ways?from=5");
    let page = browser.get(&second).await;
    let shown = |page: &Page| {
        ids.iter()
            .filter(|id| page.text.contains(&format!("By {id}<")))
            .cloned()
            .collect::<Vec<_>>()
    };
    let before = shown(&page);
    assert_eq!(before.len(), 3, "{}", page.text);
    let unlink = url(&format!(
        "/_sso/account/identities/{}/unlink",
        removable(&page)
    ));
    let csrf = page.input("csrf");
    let page = browser.post(&unlink, &[("csrf", &csrf)]).await;
    let page = browser.follow(page).await;
    assert_eq!(
        (page.is(200).kind(), page.path().as_str()),
        (Some("account"), "/_sso/account")
    );
    let left = browser.get(&second).await;
    let offered: Vec<_> = shown(&left)
        .into_iter()
        .filter(|id| before.contains(id))
        .collect();
    assert_eq!(
        offered,
        before[1..],
        "exactly that one is gone: {}",
        left.text
    );
    let first = browser.get(&url("/_sso/account/ways")).await;
    assert!(
        first.text.contains(&format!("/link/{}", before[0])),
        "it can be added again"
    );
    world.end(&[&browser]).await;
}
