//! The pages of owners: people, sessions, identities, what happened.

use std::time::Duration;

use doorward::clock::Clock as _;
use serde_json::json;

use crate::support::idp::{ada, grace};
use crate::support::world::url;
use crate::support::{Answer, Browser, Page, World};

const OWNED: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
owners = ["ada@acme.com"]
[organizations.globex]
name = "Globex"
providers = ["globex-idp"]
"#;

async fn page(browser: &mut Browser, rest: &str) -> Page {
    browser.get(&url(&format!("/_sso/admin/acme{rest}"))).await
}

async fn press(browser: &mut Browser, rest: &str) -> Page {
    let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
    let target = url(&format!("/_sso/admin/acme{rest}"));
    let page = browser.post(&target, &[("csrf", &csrf)]).await;
    browser.follow(page).await
}

async fn sign_in(world: &World, organization: &str) -> Browser {
    let mut browser = world.browser();
    let door = format!("/_sso/login/{organization}?rd=%2F_sso%2Faccount");
    browser.visit(&url(&door)).await.is(200);
    browser
}

/// The account of somebody in the list.
async fn account_of(owner: &mut Browser, name: &str) -> String {
    let list = page(owner, &format!("/people?q={name}")).await;
    let rest = list.is(200).text.split("/people/").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_owner_sees_a_person_and_ends_their_sessions() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.acme.person(grace());
    let mut hers = sign_in(&world, "acme").await;
    let list = page(&mut owner, "/people").await;
    assert!(list.is(200).text.contains("Grace Hopper") && list.text.contains("Ada Lovelace"));
    let account = account_of(&mut owner, "hopper").await;
    let person = page(&mut owner, &format!("/people/{account}")).await;
    for text in [
        "grace@acme.com",
        "Confirmed",
        "Last confirmed",
        "End all sessions",
    ] {
        assert!(
            person.is(200).text.contains(text),
            "{text}: {}",
            person.text
        );
    }
    press(&mut owner, &format!("/people/{account}/end"))
        .await
        .is(200);
    hers.fetch(&url("/")).await.is(401);
    owner.fetch(&url("/")).await.is(200);
    let trail = page(&mut owner, "/audit?q=session.revoked").await;
    assert!(
        trail.is(200).text.contains("session.revoked"),
        "{}",
        trail.text
    );
    world.end(&[&owner, &hers]).await;
}

#[tokio::test]
async fn somebody_with_many_sessions_that_are_over_is_shown_signed_in_and_can_be_signed_out() {
    let brief = "[sessions]\nidle_timeout = \"30m\"\n";
    let world = World::with(&format!("{OWNED}{brief}")).await;
    world.acme.person(grace());
    let mut all = Vec::new();
    for _ in 0..34 {
        all.push(sign_in(&world, "acme").await);
    }
    world.later(Duration::from_secs(3_600));
    for _ in 0..6 {
        all.push(sign_in(&world, "acme").await);
    }
    world.acme.person(ada());
    let mut owner = sign_in(&world, "acme").await;
    let account = account_of(&mut owner, "hopper").await;
    let mut rest = format!("/people/{account}");
    let (mut shown, mut pages) = (Vec::new(), 0);
    loop {
        let page = page(&mut owner, &rest).await;
        let text = &page.is(200).text;
        assert!(text.contains("End all sessions"), "{text}");
        let ids = text.split("/sessions/").skip(1);
        shown.extend(ids.filter_map(|rest| Some(rest.split_once("/end?")?.0.to_owned())));
        pages += 1;
        let Some((_, next)) = text.split_once(&format!("/people/{account}?after=")) else {
            break;
        };
        let (next, _) = next.split_once('"').unwrap();
        rest = format!("/people/{account}?after={next}");
    }
    shown.sort_unstable();
    shown.dedup();
    assert_eq!((shown.len(), pages), (6, 2), "each once, and those alone");
    let mut theirs = all.split_off(34);
    press(&mut owner, &format!("/people/{account}/end"))
        .await
        .is(200);
    world.application.forget();
    for browser in &mut theirs {
        browser.fetch(&url("/")).await.is(401);
    }
    world.application.heard_nothing();
    let page = page(&mut owner, &format!("/people/{account}")).await;
    let text = &page.is(200).text;
    assert!(text.contains("<p>None.</p>"), "{text}");
    assert!(text.contains("End all sessions"), "{text}");
    let seen: Vec<&Browser> = all.iter().chain(&theirs).chain([&owner]).collect();
    world.end(&seen).await;
}

#[tokio::test]
async fn owners_read_their_pages_in_their_own_language() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    let account = account_of(&mut owner, "lovelace").await;
    for (tag, direction, texts) in [
        (
            "de",
            "ltr",
            ["Verwaltung von", "Zuletzt bestätigt", "Angemeldet"],
        ),
        ("ar", "rtl", ["إدارة", "آخر تأكيد", "تسجيل دخول"]),
    ] {
        let person = format!("/people/{account}");
        let pages = ["", person.as_str(), "/audit?q=login.succeeded"];
        for (rest, text) in pages.into_iter().zip(texts) {
            let line = format!("GET /_sso/admin/acme{rest}");
            let more = format!(
                "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nAccept-Language: {tag}\r\n"
            );
            let page = owner.ask(&line, &more).await;
            let start = format!("<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\">");
            assert!(page.is(200).text().starts_with(&start), "{rest}");
            assert_eq!(page.field("content-language"), Some(tag), "{rest}");
            assert!(page.text().contains(text), "{rest}: {}", page.text());
        }
    }
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn an_owner_learns_from_the_trail_in_words_what_happened_and_why() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.acme.person(grace());
    let hers = sign_in(&world, "acme").await;
    let account = account_of(&mut owner, "hopper").await;
    press(&mut owner, &format!("/people/{account}/end"))
        .await
        .is(200);
    let trail = page(&mut owner, "/audit?q=session.revoked").await;
    for told in [
        "<b>Session ended by an administrator</b> <code>session.revoked</code>",
        "An owner ended it. <code>owner</code>",
    ] {
        assert!(trail.is(200).text.contains(told), "{told}: {}", trail.text);
    }
    world.end(&[&owner, &hers]).await;
}

#[tokio::test]
async fn inv_39_a_blocked_identity_and_a_removed_membership_stay_out() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.acme.person(grace());
    let mut hers = sign_in(&world, "acme").await;
    let account = account_of(&mut owner, "hopper").await;
    let person = page(&mut owner, &format!("/people/{account}")).await;
    let id = person.text.split("/identities/").nth(1).unwrap();
    let id = id.split('/').next().unwrap().to_owned();
    let checked = press(&mut owner, &format!("/identities/{id}/revalidate")).await;
    assert!(checked.is(200).text.contains("Grace Hopper"));
    press(&mut owner, &format!("/identities/{id}/block"))
        .await
        .is(200);
    hers.fetch(&url("/")).await.is(401);
    let again = world.browser().visit(&url("/_sso/login/acme")).await;
    assert_eq!(
        (again.status, again.kind()),
        (403, Some("account-not-allowed"))
    );
    press(&mut owner, &format!("/identities/{id}/unblock"))
        .await
        .is(200);
    let mut hers = sign_in(&world, "acme").await;
    press(&mut owner, &format!("/people/{account}/remove"))
        .await
        .is(200);
    hers.fetch(&url("/")).await.is(401);
    let again = world.browser().visit(&url("/_sso/login/acme")).await;
    assert_eq!(
        (again.status, again.kind()),
        (403, Some("account-not-allowed"))
    );
    press(&mut owner, &format!("/people/{account}/restore"))
        .await
        .is(200);
    sign_in(&world, "acme").await;
    // Nobody shuts themselves out.
    let own = account_of(&mut owner, "lovelace").await;
    press(&mut owner, &format!("/people/{own}/remove"))
        .await
        .is(400);
    owner.fetch(&url("/")).await.is(200);
    world.end(&[&owner, &hers]).await;
}

#[tokio::test]
async fn inv_26_an_owner_reaches_nobody_of_another_organization() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.globex.person(json!({ "sub": "g-1", "email": "carol@globex.com", "email_verified": true, "name": "Carol" }));
    let mut carol = sign_in(&world, "globex").await;
    let userinfo = carol.fetch(&url("/_sso/userinfo")).await.text;
    let account = userinfo.split("\"sub\":\"").nth(1).unwrap()[..22].to_owned();
    let socket = world.broker.socket();
    let identities: serde_json::Value =
        socket.get("/identities?organization=globex").await.unwrap();
    let id = identities["identities"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let sessions: serde_json::Value = socket.get("/sessions?organization=globex").await.unwrap();
    let session = sessions["sessions"][0]["id"].as_str().unwrap().to_owned();
    for rest in [
        "/people",
        "/people?q=carol",
        "/sessions",
        "/audit",
        "/people?after=YQBh",
        "/people?after=Z2xvYmV4AA",
    ] {
        let shown = page(&mut owner, rest).await;
        assert!(
            !shown.is(200).text.contains("Carol") && !shown.text.contains(&account),
            "{rest}"
        );
    }
    page(&mut owner, &format!("/people/{account}"))
        .await
        .is(404);
    for rest in [
        format!("/people/{account}/end"),
        format!("/people/{account}/remove"),
    ] {
        press(&mut owner, &rest).await.is(404);
    }
    for deed in ["block", "unlink", "revalidate"] {
        let page = press(&mut owner, &format!("/identities/{id}/{deed}")).await;
        assert_eq!(page.is(200).path(), "/_sso/admin/acme/people");
    }
    press(&mut owner, &format!("/sessions/{session}/end"))
        .await
        .is(200);
    carol.fetch(&url("/")).await.is(200);
    world.end(&[&owner, &carol]).await;
}

#[tokio::test]
async fn many_people_are_shown_in_pages_and_found_by_name() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    for number in 0..70 {
        world.acme.person(json!({
            "sub": format!("p-{number}"), "email": format!("p{number}@acme.com"),
            "email_verified": true, "name": format!("Person {number}"),
        }));
        sign_in(&world, "acme").await;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut next = Some(String::from("/people"));
    while let Some(rest) = next {
        let shown = page(&mut owner, &rest).await;
        let rows = shown.is(200).text.matches("/people/").count();
        assert!((1..=12).contains(&rows), "{rows}");
        for part in shown.text.split("/people/").skip(1) {
            seen.insert(part.split('"').next().unwrap().to_owned());
        }
        let mark = "rel=\"next\" href=\"/_sso/admin/acme";
        let link = shown.text.split(mark).nth(1);
        next = link.map(|link| link.split('"').next().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 71);
    let found = page(&mut owner, "/people?q=p42%40").await;
    assert_eq!(found.text.matches("/people/").count(), 1, "{}", found.text);
    world.acme.person(ada());
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn the_trail_is_searched_by_person_and_day() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.acme.person(grace());
    sign_in(&world, "acme").await;
    let account = account_of(&mut owner, "hopper").await;
    let own = account_of(&mut owner, "lovelace").await;
    for person in ["Grace%20Hopper", "grace@acme.com", account.as_str()] {
        let found = page(&mut owner, &format!("/audit?person={person}")).await;
        assert!(
            found.is(200).text.contains(&account),
            "{person}: {}",
            found.text
        );
        assert!(!found.text.contains(&own), "{person}");
    }
    let nobody = page(&mut owner, "/audit?person=nobody@acme.com").await;
    assert!(!nobody.is(200).text.contains("login.succeeded"));
    // Whole days, the last one too.
    let today = world.clock.now().to_string();
    let today = today.split('T').next().unwrap();
    for (range, is_there) in [
        (format!("from={today}&to={today}"), true),
        (format!("from={today}"), true),
        (format!("to={today}"), true),
        ("to=2001-01-01".to_owned(), false),
        ("from=2901-01-01".to_owned(), false),
        ("from=yesterday".to_owned(), true),
    ] {
        let found = page(&mut owner, &format!("/audit?q=login.succeeded&{range}")).await;
        let shown = found.is(200).text.contains("<code>login.succeeded</code>");
        assert_eq!(shown, is_there, "{range}: {}", found.text);
    }
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn the_trail_is_handed_out_as_a_sheet_to_its_owners_alone() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.acme.person(grace());
    let mut member = sign_in(&world, "acme").await;
    let mut stranger = sign_in(&world, "globex").await;
    let account = account_of(&mut owner, "hopper").await;
    let query = format!("?person={account}&q=login.succeeded");
    let shown = page(&mut owner, &format!("/audit{query}")).await;
    assert!(
        shown
            .text
            .contains("/audit/export?q=login.succeeded&amp;person=")
    );
    let sheet = page(&mut owner, &format!("/audit/export{query}")).await;
    assert_eq!(
        sheet.is(200).field("content-type"),
        Some("text/csv; charset=utf-8")
    );
    assert_eq!(
        sheet.field("content-disposition"),
        Some("attachment; filename=\"acme-audit.csv\"")
    );
    assert_eq!(sheet.field("cache-control"), Some("no-store"));
    let lines: Vec<&str> = sheet.text.lines().collect();
    assert!(
        lines[0].starts_with("sequence,time,event,"),
        "{}",
        sheet.text
    );
    assert_eq!(lines.len(), 2, "{}", sheet.text);
    assert!(lines[1].contains("\"login.succeeded\"") && lines[1].contains(&account));
    let all = page(&mut owner, "/audit/export").await;
    assert!(!all.is(200).text.contains("globex"), "{}", all.text);

    // Nobody else gets it: another owner's organization, a member, a stranger.
    let refused = page(&mut member, "/audit/export").await;
    assert_eq!((refused.status, refused.kind()), (403, Some("owners-only")));
    let nothing = page(&mut stranger, "/audit/export").await;
    assert_eq!(nothing.status, 404);
    world.end(&[&owner, &member, &stranger]).await;
}

#[tokio::test]
async fn owners_list_people_by_the_state_of_their_identities() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    world.acme.person(grace());
    let hers = sign_in(&world, "acme").await;
    let account = account_of(&mut owner, "hopper").await;
    let person = page(&mut owner, &format!("/people/{account}")).await;
    let id = person.text.split("/identities/").nth(1).unwrap();
    let id = id.split('/').next().unwrap().to_owned();
    press(&mut owner, &format!("/identities/{id}/block"))
        .await
        .is(200);
    for (state, who, other) in [
        ("attention", "Grace Hopper", "Ada Lovelace"),
        ("blocked", "Grace Hopper", "Ada Lovelace"),
        ("valid", "Ada Lovelace", "Grace Hopper"),
    ] {
        let list = page(&mut owner, &format!("/people?standing={state}")).await;
        assert!(list.is(200).text.contains(who), "{state}: {}", list.text);
        assert!(!list.text.contains(other), "{state}: {}", list.text);
        let chosen = format!("/people?standing={state}\" aria-current=\"true\"");
        assert!(list.text.contains(&chosen), "{state}");
    }
    let nobody = page(&mut owner, "/people?standing=invalid").await;
    assert!(nobody.is(200).text.contains("Nobody"), "{}", nobody.text);
    let all = page(&mut owner, "/people?standing=").await;
    assert!(all.is(200).text.contains("Grace Hopper") && all.text.contains("Ada Lovelace"));
    // What happened to it is one click away.
    let history = format!("/_sso/admin/acme/audit?person={account}");
    let person = page(&mut owner, &format!("/people/{account}")).await;
    assert!(person.text.contains(&history), "{}", person.text);
    let history = page(&mut owner, &format!("/audit?person={account}")).await;
    assert!(history.is(200).text.contains("identity.blocked"));
    world.end(&[&owner, &hers]).await;
}

#[tokio::test]
async fn an_owner_takes_an_identity_from_an_account_but_never_the_last() {
    let world = World::with(
        "[organizations.acme]\nname = \"Acme Inc.\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n\
         owners = [\"ada@acme.com\"]\n",
    )
    .await;
    let mut owner = world.browser();
    owner.visit(&url("/_sso/login/acme")).await;
    let start = url("/_sso/login/acme/acme-idp");
    let signing = owner.post(&start, &[("rd", "/_sso/account")]).await;
    owner.follow(signing).await.is(200);
    let account = account_of(&mut owner, "lovelace").await;
    let ids = |page: &Page| {
        let parts = page.text.split("/identities/").skip(1);
        let mut ids: Vec<String> = parts
            .map(|rest| rest.split('/').next().unwrap().to_owned())
            .collect();
        ids.dedup();
        ids
    };
    let person = page(&mut owner, &format!("/people/{account}")).await;
    assert!(ids(&person).is_empty(), "there is no button for the last");
    let socket = world.broker.socket();
    let listed: serde_json::Value = socket.get("/identities").await.unwrap();
    let first = listed["identities"][0]["id"].as_str().unwrap();
    let last = press(&mut owner, &format!("/identities/{first}/unlink")).await;
    assert_eq!(last.status, 400, "{}", last.text);

    let csrf = owner.get(&url("/_sso/account")).await.input("csrf");
    let link = url("/_sso/account/link/globex-idp");
    let away = owner.post(&link, &[("csrf", &csrf)]).await;
    let asked = owner.follow(away).await;
    owner.answer(&asked, "add").await.is(200);
    let person = page(&mut owner, &format!("/people/{account}")).await;
    let both = ids(&person);
    assert_eq!(both.len(), 2, "{}", person.text);
    let other = both.iter().find(|id| **id != first).unwrap();
    let unlink = format!("/identities/{other}/unlink");
    press(&mut owner, &unlink).await.is(200);
    let second_click = press(&mut owner, &unlink).await;
    assert_eq!(second_click.is(200).path(), "/_sso/admin/acme/people");
    let person = page(&mut owner, &format!("/people/{account}")).await;
    assert!(ids(&person).is_empty());
    let listed: serde_json::Value = socket.get("/identities").await.unwrap();
    assert_eq!(listed["identities"][0]["id"], first);
    assert_eq!(listed["identities"][1], serde_json::Value::Null);
    let trail = page(&mut owner, &format!("/audit?q={other}")).await;
    assert!(
        trail.is(200).text.contains("identity.unlinked"),
        "{}",
        trail.text
    );
    owner.fetch(&url("/")).await.is(200);
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn an_owner_sees_how_the_provider_is_doing_and_since_when() {
    let world = World::with(OWNED).await;
    let mut owner = sign_in(&world, "acme").await;
    let home = page(&mut owner, "").await;
    assert!(
        home.is(200).text.contains("<dd>Answers <span"),
        "{}",
        home.text
    );
    world
        .acme
        .answer("/token", |_| Answer::new(503, "text/plain", "down"));
    let mut other = world.browser();
    let refused = other.visit(&url("/_sso/login/acme")).await;
    assert_eq!(refused.kind(), Some("provider-unreachable"));
    let home = page(&mut owner, "").await;
    assert!(
        home.is(200).text.contains("<dd>Does not answer <span"),
        "{}",
        home.text
    );
    // What is registered there stands beside it.
    for told in [
        "https://app.example.com/_sso/callback/acme-idp",
        "https://app.example.com/_sso/logged-out",
        "openid email profile",
    ] {
        assert!(home.text.contains(told), "{told}: {}", home.text);
    }
    world.end(&[&owner, &other]).await;
}
