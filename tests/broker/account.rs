//! The account page: how the identity stands, where one is signed in, and ending that.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::idp::grace;
use crate::support::wire::{Answer, until};
use crate::support::world::{CLIENT_SECRET, ONE, SITE, url};
use crate::support::{Browser, Page, World};

/// The ids of the sessions that a page offers to end.
fn others(page: &Page) -> Vec<String> {
    let pieces = page.text.split("/account/sessions/").skip(1);
    let ids = pieces.filter_map(|piece| piece.split_once("/revoke\"").map(|(id, _)| id.to_owned()));
    ids.collect()
}

async fn account(browser: &mut Browser) -> Page {
    let page = browser.get(&url("/_sso/account")).await;
    page.is(200);
    page
}

async fn end(browser: &mut Browser, which: &str, csrf: &str) -> Page {
    let to = url(&format!("/_sso/account/sessions/{which}"));
    browser.post(&to, &[("csrf", csrf)]).await
}

async fn is_in(browser: &mut Browser) -> u16 {
    browser.fetch(&url("/")).await.status
}

#[tokio::test]
async fn the_page_tells_a_yes_from_no_answer_and_when_it_is_asked_next() {
    let file = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"refresh_token\"\n{ONE}"
    );
    let world = World::with(&file).await;
    let (mut browser, _) = world.signed_in().await;
    let page = account(&mut browser).await;
    assert!(page.text.contains("<dd>Confirmed</dd>"), "{}", page.text);
    assert!(page.text.contains("Next check") && !page.text.contains("Access ends"));
    world
        .acme
        .on_refresh(|_| Answer::new(503, "text/plain", "down"));
    world.later(Duration::from_secs(3_600));
    until("the provider is asked", || {
        !world.acme.refreshed().is_empty()
    })
    .await;
    let mut page = account(&mut browser).await;
    for _ in 0..100 {
        if page.text.contains("it was in trouble") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        page = account(&mut browser).await;
    }
    assert!(page.text.contains("it was in trouble"), "{}", page.text);
    assert!(page.text.contains("Access ends") && page.text.contains("Next check"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_39_a_person_ends_one_of_their_sessions_and_no_one_elses() {
    let world = World::new().await;
    let (mut laptop, _) = world.signed_in().await;
    let (mut phone, _) = world.signed_in().await;
    let (mut tablet, _) = world.signed_in().await;
    world.acme.person(grace());
    let (mut hers, _) = world.signed_in().await;
    let her_page = account(&mut hers).await;
    assert!(others(&her_page).is_empty(), "she is signed in once");

    let page = account(&mut laptop).await;
    let csrf = page.input("csrf");
    let ids = others(&page);
    assert_eq!(ids.len(), 2, "{}", page.text);
    // Without the session's own token, and with somebody else's, nothing ends.
    end(&mut laptop, &format!("{}/revoke", ids[0]), "")
        .await
        .is(400);
    end(&mut hers, &format!("{}/revoke", ids[0]), &csrf)
        .await
        .is(400);
    let hers_csrf = her_page.input("csrf");
    end(&mut hers, &format!("{}/revoke", ids[0]), &hers_csrf)
        .await
        .is(303);
    assert_eq!(
        [is_in(&mut phone).await, is_in(&mut tablet).await],
        [200, 200]
    );

    end(&mut laptop, &format!("{}/revoke", ids[0]), &csrf)
        .await
        .is(303);
    let mut states = [is_in(&mut phone).await, is_in(&mut tablet).await];
    states.sort_unstable();
    assert_eq!(states, [200, 401], "one of the two");
    assert_eq!(others(&account(&mut laptop).await), ids[1..]);
    let ended = "doorward_sessions_ended_total{organization=\"acme\",reason=\"user\"}";
    assert!((world.broker.metric(ended).await - 1.0).abs() < f64::EPSILON);
    world.end(&[&laptop, &phone, &tablet, &hers]).await;
}

#[tokio::test]
async fn inv_40_ending_all_others_cuts_what_they_have_open_and_leaves_this_one() {
    let world = World::new().await;
    let (mut laptop, _) = world.signed_in().await;
    let (phone, _) = world.signed_in().await;
    let (sender, parts) = tokio::sync::mpsc::channel(4);
    let once = std::sync::Mutex::new(Some(parts));
    world.application.answer("/events", move |_| {
        Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n";
    sender.send(head.to_vec()).await.unwrap();
    let mut line = phone.open("GET /events", "").await;
    line.until("data: 1").await;

    let csrf = account(&mut laptop).await.input("csrf");
    end(&mut laptop, "revoke-others", &csrf).await.is(303);
    assert!(
        !line.rest().await.ends_with("0\r\n\r\n"),
        "it does not look complete"
    );
    let mut phone = phone;
    world.application.forget();
    assert_eq!(is_in(&mut phone).await, 401);
    world.application.heard_nothing();
    assert_eq!(is_in(&mut laptop).await, 200);
    let page = account(&mut laptop).await;
    assert!(others(&page).is_empty() && !page.text.contains("revoke-others"));
    world.end(&[&laptop, &phone]).await;
}

#[tokio::test]
async fn who_was_signed_out_by_others_is_told_once_and_by_whom() {
    let world = World::new().await;
    let socket = world.broker.socket();
    let stories = [
        ("administrator", "/sessions/revoke", json!({ "all": true })),
        (
            "administrator",
            "/identities/unlink",
            json!({ "user": "ada@acme.com" }),
        ),
    ];
    for (word, path, body) in stories {
        let (mut browser, _) = world.signed_in().await;
        let _: Value = socket.post(path, &body).await.unwrap();
        let told = browser.fetch(&url("/")).await;
        assert_eq!(told.is(401).kind(), Some("session-ended"));
        assert!(told.text.contains(word), "{}", told.text);
        let page = browser.get(&url("/reports")).await;
        assert_eq!(page.is(401).kind(), Some("session-ended"), "{path}");
        assert!(page.text.contains(word), "{}", page.text);
        assert!(page.text.contains("rd=%2Freports"), "one click to go on");
        world.application.heard_nothing();
        browser.visit(&url("/reports")).await.is(200);
        world.application.forget();
    }
    // Whoever signed out themselves is sent to sign-in without a word.
    let (mut browser, _) = world.signed_in().await;
    let mut old = browser.clone();
    let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
    browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    old.get(&url("/")).await.is(302);
    world.end(&[&browser, &old]).await;
}

#[tokio::test]
async fn a_person_with_many_sessions_sees_each_and_what_the_application_is_told() {
    let world = World::with(&format!("{ONE}[sessions]\nidle_timeout = \"30m\"\n")).await;
    let mut all = Vec::new();
    for late in [false, true] {
        for _ in 0..20 {
            all.push(world.signed_in().await.0);
        }
        if !late {
            world.later(Duration::from_secs(3_600));
        }
    }
    let mut laptop = all.pop().unwrap();
    let first = account(&mut laptop).await;
    assert!(first.text.contains("<b>This browser</b>"));
    assert!(first.text.contains("End all other sessions"));
    let mut seen = others(&first);
    assert_eq!(seen.len(), 3, "{}", first.text);
    let mut page = first;
    while let Some((_, next)) = page.text.split_once("/account/sessions?after=") {
        let (next, _) = next.split_once('"').unwrap();
        let next = url(&format!("/_sso/account/sessions?after={next}"));
        page = laptop.get(&next).await;
        page.is(200);
        seen.extend(others(&page));
    }
    seen.sort_unstable();
    let shown = seen.len();
    seen.dedup();
    assert_eq!((seen.len(), shown), (19, 19), "each once, and those alone");
    let told = laptop.get(&url("/_sso/account/told")).await;
    for text in [
        "remote-email",
        "ada@acme.com",
        "Claims of the signed assertion",
    ] {
        assert!(told.is(200).text.contains(text), "{text}: {}", told.text);
    }
    laptop.get(&url("/_sso/account/elsewhere")).await.is(404);
    let mut nobody = world.browser();
    for part in ["sessions", "ways", "told"] {
        let page = nobody.get(&url(&format!("/_sso/account/{part}"))).await;
        assert_eq!(page.is(303).field("location"), Some("/_sso/login"));
    }
    let browsers: Vec<&Browser> = all.iter().chain([&laptop, &nobody]).collect();
    world.end(&browsers).await;
}

#[tokio::test]
async fn the_front_door_leads_to_ones_account_or_to_sign_in() {
    for prefix in ["/_sso", "/auth/door"] {
        let server = format!(
            "[server]\npublic_url = \"{SITE}\"\nlisten = [\"127.0.0.1:0\"]\nprefix = \"{prefix}\"\n"
        );
        let world = World::with(&format!("{server}{ONE}")).await;
        let front = url(&format!("{prefix}/"));
        let mut browser = world.stranger();
        let out = browser.get(&front).await;
        let to_sign_in = format!("{prefix}/login");
        assert_eq!(out.is(303).field("location"), Some(to_sign_in.as_str()));
        let mut page = browser.get(&url(&format!("{prefix}/login/acme"))).await;
        while let Some(next) = page.leads_to() {
            page = browser.get(next.as_str()).await;
        }
        let home = browser.visit(&front).await;
        assert_eq!(home.is(200).path(), format!("{prefix}/account"));
        assert_eq!(home.kind(), Some("account"));
        for other in ["/_sso/", "/auth/door/"] {
            let ours = browser.get(&url(other)).await.kind().is_some();
            assert_eq!(ours, other == format!("{prefix}/"), "{other}");
        }
        world.end(&[&browser]).await;
    }
}

/// Names are told apart by families; what a browser says beyond that is looked for by the search for secrets.
#[tokio::test]
async fn two_browsers_see_each_other_by_family_and_nothing_more_is_kept() {
    let world = World::with(&format!("{ONE}owners = [\"ada@acme.com\"]\n")).await;
    let firefox =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                  Version/18.5 Mobile/15E148 Safari/604.1";
    let long = format!("Firefox/1 <b>{}", "x".repeat(8_000));
    let mut browsers = [firefox, safari, "<script>alert(1)</script> Haiku", &long]
        .map(|name| world.browser().named(name));
    for browser in &mut browsers {
        browser.visit(&url("/")).await.is(200);
    }
    let [laptop, phone, ..] = &mut browsers;
    let page = account(laptop).await;
    let own = "<bdi>Firefox</bdi> on <bdi>Windows</bdi> <b>This browser</b>";
    let others = [
        "<bdi>Safari</bdi> on <bdi>iOS</bdi>\n",
        "Unknown browser\n",
        ">Firefox\n",
    ];
    for text in [own].into_iter().chain(others) {
        assert_eq!(page.text.matches(text).count(), 1, "{text}: {}", page.text);
    }
    let page = account(phone).await;
    let own = "<bdi>Safari</bdi> on <bdi>iOS</bdi> <b>This browser</b>";
    assert!(page.text.contains(own), "{}", page.text);
    assert!(
        page.text
            .contains("<bdi>Firefox</bdi> on <bdi>Windows</bdi>\n")
    );
    // Owners see the same, in the list of all and at the person.
    let all = phone.get(&url("/_sso/admin/acme/sessions")).await;
    let (_, rest) = all.is(200).text.split_once("/people/").unwrap();
    let ada = rest.split('"').next().unwrap();
    let person = url(&format!("/_sso/admin/acme/people/{ada}"));
    assert!(all.text.contains(own), "{}", all.text);
    // There are three of the four, in no order.
    let page = phone.get(&person).await;
    let named = [own, "<bdi>Firefox</bdi> on <bdi>Windows</bdi> "];
    let shown = named.iter().filter(|name| page.text.contains(**name));
    assert!(shown.count() > 0, "{}", page.is(200).text);
    let told: Value = world.broker.socket().get("/sessions").await.unwrap();
    let families = told["sessions"].as_array().unwrap().iter();
    let mut families: Vec<Value> = families
        .map(|it| json!([it["browser"], it["system"]]))
        .collect();
    families.sort_by_key(ToString::to_string);
    let all = json!([
        ["Firefox", "Windows"],
        ["Firefox", null],
        ["Safari", "iOS"],
        [null, null]
    ]);
    assert_eq!(Value::Array(families), all);
    // A restart reads them from the store.
    let world = world.restart().await;
    let [laptop, ..] = &mut browsers;
    laptop.now_at(world.broker.address);
    assert!(account(laptop).await.text.contains("on <bdi>iOS</bdi>\n"));
    let browsers: Vec<&Browser> = browsers.iter().collect();
    world.end(&browsers).await;
}

/// Acme's provider hands out refresh tokens, and Ada is an owner.
async fn asked_by_refresh() -> World {
    let file = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"refresh_token\"\n{ONE}\
         owners = [\"ada@acme.com\"]\n"
    );
    World::with(&file).await
}

/// The button that has the provider asked, on one's own page.
fn own_check(page: &Page) -> String {
    let (_, rest) = page.text.split_once("/_sso/account/identities/").unwrap();
    let (id, _) = rest.split_once("/revalidate\"").unwrap();
    url(&format!("/_sso/account/identities/{id}/revalidate"))
}

async fn press(browser: &mut Browser, button: &str) -> Page {
    let csrf = browser.get(&url("/_sso/account")).await.input("csrf");
    let page = browser.post(button, &[("csrf", &csrf)]).await;
    browser.follow(page).await
}

#[tokio::test]
async fn who_has_their_own_identity_checked_hears_what_the_provider_says() {
    let world = asked_by_refresh().await;
    let (mut browser, _) = world.signed_in().await;
    let button = own_check(&account(&mut browser).await);
    let page = press(&mut browser, &button).await;
    assert!(page.is(200).text.contains("confirmed the account"));
    world
        .acme
        .on_refresh(|_| Answer::new(503, "text/plain", "down"));
    world.later(Duration::from_secs(61));
    let page = press(&mut browser, &button).await;
    for text in ["nothing that it said tells anything", "it was in trouble"] {
        assert!(page.is(200).text.contains(text), "{text}: {}", page.text);
    }
    assert_eq!(is_in(&mut browser).await, 200, "no answer is no verdict");
    // An answer of just now is told again: nobody is asked more often for somebody who presses a button.
    let asked = world.acme.refreshed().len();
    let page = press(&mut browser, &button).await;
    assert!(
        page.is(200)
            .text
            .contains("nothing that it said tells anything")
    );
    assert_eq!(world.acme.refreshed().len(), asked);
    // Words that no page of ours wrote into the address are none.
    let page = browser.get(&url("/_sso/account?check=<b>x")).await;
    assert!(!page.is(200).text.contains("role=\"status\""));
    world.acme.refreshes();
    world.acme.revoke_all();
    world.later(Duration::from_secs(61));
    let page = press(&mut browser, &button).await;
    assert_eq!((page.status, page.kind()), (403, Some("identity-invalid")));
    assert!(page.text.contains("via=acme-idp"), "{}", page.text);
    world.end(&[&browser]).await;
}

/// In real time: a page within five seconds, here with room for slow machines.
#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_waiting_and_its_answer_counts_when_it_comes() {
    let world = asked_by_refresh().await;
    let (mut browser, _) = world.signed_in().await;
    let own = own_check(&account(&mut browser).await);
    let (answer, parts) = tokio::sync::mpsc::channel(1);
    let once = std::sync::Mutex::new(Some(parts));
    world
        .acme
        .on_refresh(move |_| Answer::Stream(once.lock().unwrap().take().unwrap()));
    // The sign-in was an answer of its own.
    world.later(Duration::from_secs(10));
    let id = own.split('/').rev().nth(1).unwrap();
    let owners = url(&format!("/_sso/admin/acme/identities/{id}/revalidate"));
    let (mut here, mut there) = (browser.clone(), browser.clone());
    let began = std::time::Instant::now();
    let (mine, theirs) = tokio::join!(press(&mut here, &own), press(&mut there, &owners));
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    for page in [mine, theirs] {
        let text = "The provider has not answered yet";
        assert!(page.is(200).text.contains(text), "{}", page.text);
    }
    assert_eq!(world.acme.refreshed().len(), 1, "one question for both");
    let page = account(&mut browser).await;
    assert!(page.text.contains("<dd>Confirmed</dd>"), "nobody is blamed");
    assert_eq!(is_in(&mut browser).await, 200);
    let down = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n".to_vec();
    answer.send(down).await.unwrap();
    let told = async {
        while !account(&mut browser)
            .await
            .text
            .contains("it was in trouble")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(10), told).await;
    told.expect("the answer that came late is lost");
    world.end(&[&browser, &here, &there]).await;
}
