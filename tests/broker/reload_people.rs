//! Another file for a running process: who is there, who is on the way in, and what they have open.

use std::time::Duration;

use doorward::admin::reload::Outcome;
use doorward::audit::Kind;

use super::reload::{goes_on, metric, stream};
use crate::support::world::{CLIENT_SECRET, ONE, TWO, url};
use crate::support::{Answer, Browser, Line, World};

const HOUR: Duration = Duration::from_secs(3600);

/// How fast what is open must end when its right does: `revalidation.stream_cut`, and some for a busy machine.
const CUT: Duration = Duration::from_secs(10);

/// A WebSocket to an application that says everything back.
async fn socket(world: &World, browser: &Browser) -> Line {
    let accepted: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let application = &world.application;
    application.answer("/socket", |_| Answer::Echo(accepted.into()));
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.example.com\r\n";
    let mut line = browser.open("GET /socket", upgrade).await;
    let head = line.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    line
}

#[tokio::test]
async fn inv_40_an_organization_that_goes_loses_its_sessions_and_streams_and_others_go_on() {
    let mut world = World::on_workers(TWO).await;
    let [mut ada, mut other] = [world.browser(), world.browser()];
    ada.visit(&url("/_sso/login/acme")).await.is(200);
    other.visit(&url("/_sso/login/globex")).await.is(200);
    let (mut cut, _held) = stream(&world, &ada, "/of-acme").await;
    let (mut line, sender) = stream(&world, &other, "/of-globex").await;
    let [mut socket, mut others_socket] =
        [socket(&world, &ada).await, socket(&world, &other).await];
    let from = "[organizations.acme]\nname = \"Acme Inc.\"\ndomains = [\"acme.com\"]\nproviders = [\"acme-idp\"]\n";
    let told = world.reload_with(from, "").await;
    assert_eq!(told.outcome, Outcome::Applied, "{told:?}");
    assert_eq!(told.changes, ["- organizations.acme"]);
    assert_eq!(
        told.ended.into_iter().collect::<Vec<_>>(),
        [("acme".to_owned(), 1)]
    );
    let rest = tokio::time::timeout(CUT, cut.rest()).await;
    assert_eq!(rest.unwrap(), "", "cut, and not as if it were whole");
    let rest = tokio::time::timeout(CUT, socket.rest()).await;
    assert!(rest.is_ok(), "the socket is closed");
    others_socket.send("ping").await;
    others_socket.until("ping").await;
    drop(others_socket);
    ada.fetch(&url("/")).await.is(401);
    other.fetch(&url("/")).await.is(200);
    goes_on(&mut line, &sender).await;
    let trail = world.trail(&[&ada, &other]).await;
    let ended: Vec<_> = trail
        .iter()
        .filter(|event| event.kind == Kind::SessionEnded)
        .collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].organization.as_deref(), Some("acme"));
    assert_eq!(ended[0].reason.as_deref(), Some("organization_removed"));
    let reloaded = trail
        .iter()
        .find(|event| event.kind == Kind::ConfigReloaded);
    assert_eq!(
        reloaded.unwrap().reason.as_deref(),
        Some("- organizations.acme")
    );
}

#[tokio::test]
async fn inv_09_what_was_begun_and_granted_under_another_connection_ends() {
    let mut world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let (mut cut, _held) = stream(&world, &browser, "/open").await;
    let mut on_the_way = world.browser();
    let callback = on_the_way
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    let from = "client_id = \"doorward\"\nclient_secret = \"the-secret-of-acme\"";
    let to = "groups_claim = \"teams\"\nclient_id = \"doorward\"\nclient_secret = \"the-secret-of-acme\"";
    let told = world.reload_with(from, to).await;
    assert_eq!(told.ended["acme"], 1, "{told:?}");
    let rest = tokio::time::timeout(CUT, cut.rest()).await;
    assert_eq!(rest.unwrap(), "");
    let calls = world.acme.back_channel();
    let page = on_the_way.get(&callback).await;
    assert_eq!((page.status, page.kind()), (400, Some("login-expired")));
    assert!(
        page.text.contains("/_sso/login/acme?rd=%2Freports"),
        "one click to go on"
    );
    assert_eq!(world.acme.back_channel(), calls, "nobody was asked");
    world.application.forget();
    browser.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    browser.visit(&url("/")).await.is(200);
    // Nothing of it comes back when the old settings do.
    let (mut renewed, _) = world.signed_in().await;
    world.reload_with("groups_claim = \"teams\"\n", "").await;
    for browser in [&mut browser, &mut renewed] {
        browser.fetch(&url("/")).await.is(401);
    }
    world.end(&[&browser, &renewed, &on_the_way]).await;
}

#[tokio::test]
async fn sessions_survive_another_secret_and_the_next_sign_in_sends_it() {
    let mut world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let before = world
        .acme
        .heard("/token")
        .last()
        .unwrap()
        .field("authorization")
        .map(str::to_owned);
    let told = world
        .reload_with(CLIENT_SECRET, "what-acme-hands-out-now")
        .await;
    assert_eq!(
        told.changes,
        ["~ providers.acme-idp.client_secret: changed"]
    );
    assert!(told.ended.is_empty());
    browser.fetch(&url("/")).await.is(200);
    let mut fresh = world.browser();
    fresh.visit(&url("/")).await;
    let after = world
        .acme
        .heard("/token")
        .last()
        .unwrap()
        .field("authorization")
        .map(str::to_owned);
    assert!(before.is_some() && before != after);
    assert!(!world.logs.text().contains("what-acme-hands-out-now"));
    world.end(&[&browser, &fresh]).await;
}

#[tokio::test]
async fn inv_42_everybody_is_asked_about_once_an_hour_however_often_the_file_changes() {
    let file = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"refresh_token\"\n{ONE}"
    );
    let mut world = World::with(&file).await;
    let (mut browser, _) = world.signed_in().await;
    let mut name = "Acme Inc.".to_owned();
    for hour in 1..=3_usize {
        for number in 0..5 {
            let next = format!("Acme {hour} {number}");
            world.reload_with(&name, &next).await;
            name = next;
        }
        // A provider that is another one from now on, with the same identities.
        world
            .reload_with(
                "client_id = \"doorward\"\n",
                "timeout = \"9s\"\nclient_id = \"doorward\"\n",
            )
            .await;
        world.later(HOUR);
        let checks =
            "doorward_identity_checks_total{provider=\"acme-idp\",result=\"valid\",reason=\"\"}";
        for _ in 0..2_000 {
            if metric(&world, checks).await >= hour as u64 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(world.acme.refreshed().len(), hour, "once an hour");
        world.reload_with("timeout = \"9s\"\n", "").await;
    }
    assert_eq!(world.acme.reused(), 0);
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn other_terms_for_sessions_and_identities_count_at_once() {
    let file = format!("{ONE}[sessions]\nidle_timeout = \"2h\"\nabsolute_timeout = \"24h\"\n");
    let mut world = World::with(&file).await;
    let (mut browser, _) = world.signed_in().await;
    world.later(HOUR);
    browser.fetch(&url("/")).await.is(200);
    world.later(HOUR / 2);
    world
        .reload_with("idle_timeout = \"2h\"", "idle_timeout = \"10m\"")
        .await;
    browser.fetch(&url("/")).await.is(401);
    world
        .reload_with("idle_timeout = \"10m\"", "idle_timeout = \"2h\"")
        .await;
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_40_what_is_open_does_not_outlast_a_shorter_session_and_may_be_opened_anew() {
    let file = format!("{ONE}[sessions]\nabsolute_timeout = \"24h\"\n");
    let mut world = World::on_workers(&file).await;
    let (browser, _) = world.signed_in().await;
    let (mut longer, sender) = stream(&world, &browser, "/longer").await;
    world.reload_with("\"24h\"", "\"36h\"").await;
    goes_on(&mut longer, &sender).await;
    let (mut shorter, _held) = stream(&world, &browser, "/shorter").await;
    world.reload_with("\"36h\"", "\"12h\"").await;
    let rest = tokio::time::timeout(CUT, shorter.rest()).await;
    assert_eq!(rest.unwrap(), "");
    let (mut anew, sender) = stream(&world, &browser, "/anew").await;
    goes_on(&mut anew, &sender).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_narrower_rule_counts_at_once_and_a_wider_one_takes_it_back() {
    let mut world = World::on_workers(&format!(
        "{ONE}[organizations.acme.allow]\nemail_domains = [\"acme.com\"]\n"
    ))
    .await;
    let (mut browser, _) = world.signed_in().await;
    let (mut cut, _held) = stream(&world, &browser, "/slow").await;
    let told = world.reload_with("[\"acme.com\"]", "[\"acme.org\"]").await;
    assert_eq!(
        told.changes,
        ["~ organizations.acme.allow.email_domains: +[\"acme.org\"] -[\"acme.com\"]"]
    );
    let rest = tokio::time::timeout(CUT, cut.rest()).await;
    assert_eq!(rest.unwrap(), "");
    world.application.forget();
    browser.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    let told = world
        .reload_with("[\"acme.org\"]", "[\"acme.org\", \"acme.com\"]")
        .await;
    assert_eq!(
        told.changes,
        ["~ organizations.acme.allow.email_domains: +[\"acme.com\"]"]
    );
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_41_how_long_an_identity_counts_is_worked_out_anew() {
    let file = format!(
        "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nscopes = [\"offline_access\"]\nrevalidation = \"refresh_token\"\n\
         [revalidation]\ninterval = \"8h\"\ngrace = \"8h\"\n{ONE}"
    );
    let mut world = World::with(&file).await;
    let (mut browser, _) = world.signed_in().await;
    world.later(3 * HOUR);
    browser.fetch(&url("/")).await.is(200);
    world
        .reload_with(
            "interval = \"8h\"\ngrace = \"8h\"",
            "interval = \"1h\"\ngrace = \"1h\"",
        )
        .await;
    browser.fetch(&url("/")).await.is(503);
    world
        .reload_with(
            "interval = \"1h\"\ngrace = \"1h\"",
            "interval = \"8h\"\ngrace = \"8h\"",
        )
        .await;
    browser.fetch(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}
