//! Another file for a running process: what it changes counts at once, whole or not at all, and nobody is in its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use doorward::admin::Report;
use doorward::admin::reload::Outcome;
use doorward::audit::Kind;
use doorward::tasks::Tasks;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::wire::until;
use crate::support::world::{ROUTES, url};
use crate::support::{Answer, Browser, Line, World};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";

/// An answer at `path` that has begun and goes on when the test says so.
pub(super) async fn stream(
    world: &World,
    browser: &Browser,
    path: &'static str,
) -> (Line, mpsc::Sender<Vec<u8>>) {
    let (sender, receiver) = mpsc::channel(8);
    let once = std::sync::Mutex::new(Some(receiver));
    world.application.answer(path, move |_| {
        Answer::Stream(once.lock().unwrap().take().unwrap())
    });
    sender.try_send(HEAD.into()).unwrap();
    let mut line = browser.open(&format!("GET {path}"), "").await;
    line.until("first\r\n").await;
    (line, sender)
}

/// Holds that the answer goes on, and to its proper end.
pub(super) async fn goes_on(line: &mut Line, sender: &mpsc::Sender<Vec<u8>>) {
    sender.send(b"4\r\nmore\r\n".to_vec()).await.unwrap();
    line.until("more\r\n").await;
    sender.send(b"0\r\n\r\n".to_vec()).await.unwrap();
    line.until("0\r\n\r\n").await;
}

pub(super) async fn metric(world: &World, name: &str) -> u64 {
    world.broker.metric(name).await as u64
}

#[tokio::test]
async fn a_route_that_changes_counts_for_the_next_request_and_not_for_one_under_way() {
    let mut world = World::on_workers(ROUTES).await;
    let visitor = world.browser();
    let (mut line, sender) = stream(&world, &visitor, "/open/slow").await;
    visitor.ask("GET /open/other", "").await.is(200);
    let from = "path = \"/open/*\"\nupstream = \"app\"\naccess = \"public\"";
    let told = world
        .reload_with(from, "path = \"/open/*\"\nupstream = \"app\"")
        .await;
    assert_eq!(told.outcome, Outcome::Applied);
    assert_eq!(told.changes, ["- routes.open.access"]);
    visitor.ask("GET /open/other", "").await.is(401);
    goes_on(&mut line, &sender).await;
    world.end(&[&visitor]).await;
}

#[tokio::test]
async fn two_hundred_reloads_fail_no_request() {
    let world = World::on_workers(ROUTES).await;
    let (signed_in, _) = world.signed_in().await;
    let tasks = Tasks::new();
    let (stop, answered) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut clients = Vec::new();
    for (number, path) in ["/", "/open/a", "/", "/maybe/b"].into_iter().enumerate() {
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        let mut browser = match number {
            1 => world.stranger(),
            _ => signed_in.clone(),
        };
        clients.push(tasks.spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                browser.fetch(&url(path)).await.is(200);
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }
    let base = std::fs::read_to_string(world.broker.folder.path().join("doorward.toml")).unwrap();
    for number in 0..200 {
        let mut file = base.replace("Acme Inc.", &format!("Acme {number}"));
        if number % 2 == 0 {
            // Another pool, another application registration, other headers, other times.
            file = file.replace("[upstreams.app]\n", "[upstreams.app]\ntimeout = \"31s\"\n");
            file = file.replace(
                "client_secret = \"the",
                "timeout = \"9s\"\nclient_secret = \"the",
            );
            file += "[headers]\npreset = \"x-forwarded\"\n[sessions]\nidle_timeout = \"3h\"\n";
        }
        let told = world.broker.reload(&file).await;
        assert_eq!(told.outcome, Outcome::Applied, "{told:?}");
    }
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert!(answered.load(Ordering::SeqCst) > 200);
    let reloads = "doorward_config_reloads_total{result=\"applied\"}";
    assert_eq!(metric(&world, reloads).await, 200);
    world.end(&[&signed_in]).await;
}

#[tokio::test]
async fn inv_55_a_broken_file_changes_nothing_and_says_why() {
    let mut world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let successful = "doorward_config_last_reload_successful";
    assert_eq!(metric(&world, successful).await, 1);
    let told = world
        .reload_with(
            "[organizations.acme]",
            "[sessions]\nidle_timeout = 5\n[organizations.acme]",
        )
        .await;
    assert_eq!(told.outcome, Outcome::Invalid);
    assert_eq!(told.faults[0]["code"], "duration-without-unit");
    assert!(
        told.reason
            .unwrap()
            .contains("did you mean idle_timeout = \"5s\"?")
    );
    assert_eq!(metric(&world, successful).await, 0);
    browser.fetch(&url("/")).await.is(200);
    let report: Report = world.broker.socket().get("/status").await.unwrap();
    assert_eq!(report.last_reload.unwrap().outcome, Outcome::Invalid);

    let told = world
        .reload_with("[sessions]\nidle_timeout = 5\n", "")
        .await;
    assert_eq!((told.outcome, told.changes.len()), (Outcome::Unchanged, 0));
    assert_eq!(metric(&world, successful).await, 1);
    let at = "doorward_config_last_reload_success_timestamp_seconds";
    assert_eq!(metric(&world, at).await, 1_800_000_000);
    let trail = world.trail(&[&browser]).await;
    let refused: Vec<_> = trail
        .iter()
        .filter(|event| event.kind == Kind::ConfigReloadRefused)
        .collect();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0]
            .reason
            .as_ref()
            .unwrap()
            .contains("sessions.idle_timeout")
    );
}

#[tokio::test]
async fn what_needs_a_restart_is_refused_by_its_key() {
    let mut world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let from = "[organizations.acme]\nname = \"Acme Inc.\"";
    let to = "[store]\npath = \"elsewhere\"\n[organizations.acme]\nname = \"Acme Ltd.\"";
    let told = world.reload_with(from, to).await;
    assert_eq!(told.outcome, Outcome::NeedsRestart);
    assert_eq!(told.restart.len(), 2, "the key lies below: {told:?}");
    let line = &told.restart[0];
    assert!(
        line.starts_with("store.path: ") && line.ends_with("elsewhere needs a restart"),
        "{line}"
    );
    assert_eq!(
        told.changes,
        [
            "~ organizations.acme.name: \"Acme Inc.\" → \"Acme Ltd.\"",
            "+ store.path: \"elsewhere\""
        ]
    );
    browser.fetch(&url("/")).await.is(200);
    let door = world.browser().get(&url("/_sso/login")).await;
    assert!(!door.text.contains("Acme Ltd."), "whole or not at all");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    let path = world.broker.folder.path().join("doorward.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    let other = file.replace(
        "providers = [\"acme-idp\"]",
        "providers = [\"acme-idp\"]\nenabled = false",
    );
    std::fs::write(&path, &other).unwrap();
    let told = world.broker.read_again(true).await;
    assert_eq!((told.outcome, told.dry_run), (Outcome::Applied, true));
    assert_eq!(told.changes, ["+ organizations.acme.enabled: false"]);
    browser.fetch(&url("/")).await.is(200);
    assert_eq!(
        metric(&world, "doorward_config_reloads_total{result=\"applied\"}").await,
        0
    );
    let told = world.broker.read_again(false).await;
    assert_eq!(told.changes, ["+ organizations.acme.enabled: false"]);
    assert_eq!(told.ended["acme"], 1);
    browser.fetch(&url("/")).await.is(401);
    world.application.forget();
    let told = world.broker.reload(&file).await;
    assert_eq!(told.changes, ["- organizations.acme.enabled"]);
    browser.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    browser.visit(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_30_other_headers_are_sent_from_the_next_request_on() {
    let mut world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    browser.fetch(&url("/")).await.is(200);
    assert_eq!(
        world.application.last().field("remote-email"),
        Some("ada@acme.com")
    );
    world.reload_with("[organizations.acme]", "[headers]\npreset = \"x-forwarded\"\n[assertion]\nlifetime = \"30s\"\n[organizations.acme]").await;
    browser.fetch(&url("/")).await.is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("x-forwarded-email"), Some("ada@acme.com"));
    assert_eq!(heard.field("remote-email"), None);
    let spoof = browser
        .ask("GET /", "X-Forwarded-Email: root@acme.com\r\n")
        .await;
    spoof.is(200);
    assert_eq!(
        world.application.last().fields("x-forwarded-email"),
        ["ada@acme.com"]
    );
    world.end(&[&browser]).await;
}

/// Answers one request that came to the application, by the connection it came on.
async fn serve_one(application: &mut Line) {
    application.request().await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    application.send(answer).await;
}

#[tokio::test]
async fn an_application_that_stays_as_it_was_keeps_its_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut world = World::with(&format!(
        "[upstreams.app]\nurl = \"http://{address}\"\n{ROUTES}"
    ))
    .await;
    let visitor = world.browser();
    let mut first = visitor.open("GET /open/1", "").await;
    let mut application = Line::accept(&listener).await;
    serve_one(&mut application).await;
    first.until("ok").await;
    world.reload_with("Acme Inc.", "Acme Ltd.").await;
    let mut second = visitor.open("GET /open/2", "").await;
    serve_one(&mut application).await;
    second.until("ok").await;

    let told_of = async |world: &World, port: u16| {
        let series = world.broker.series().await;
        let mut up = series
            .iter()
            .filter(|it| it.starts_with("doorward_upstream_address_up"));
        up.any(|it| it.contains(&format!(":{port}\"")))
    };
    assert!(told_of(&world, address.port()).await);
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let moved = other.local_addr().unwrap();
    world
        .reload_with(&address.to_string(), &moved.to_string())
        .await;
    let mut third = visitor.open("GET /open/3", "").await;
    serve_one(&mut Line::accept(&other).await).await;
    third.until("ok").await;
    assert!(told_of(&world, moved.port()).await && !told_of(&world, address.port()).await);
    drop(world.trail(&[&visitor]).await);
}

#[tokio::test]
async fn those_who_ask_at_once_are_served_one_after_another() {
    let world = World::new().await;
    let path = world.broker.folder.path().join("doorward.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, file.replace("Acme Inc.", "Acme Ltd.")).unwrap();
    let all = futures_util::future::join_all((0..12).map(|_| world.broker.read_again(false)));
    let all = all.await;
    let applied = all.iter().filter(|told| told.outcome == Outcome::Applied);
    assert_eq!(applied.count(), 1, "it was one change");
    assert!(all.iter().all(|told| told.outcome.is_success()));
    until("the log says so", || {
        world.logs.text().contains("the configuration is reloaded")
    })
    .await;
    world.end(&[]).await;
}
