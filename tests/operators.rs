//! The live commands of the built program against a running one: who is signed in, ending that, and who ended it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test may panic, and the harness is shared by several binaries"
)]

#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use doorward::clock::System;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;

use support::{Answer, Application, Browser, Line, Page};

const SITE: &str = "http://localhost:8000";

/// Two organizations and a provider that is not there.
const FILE: &str = r#"
[server]
public_url = "http://localhost:8000"
listen = ["127.0.0.1:0"]
[upstreams.app]
url = "http://{application}"
[providers.dev]
kind = "dev"
[providers.gone]
kind = "oidc"
issuer = "http://127.0.0.1:1"
client_id = "doorward"
client_secret = { env = "GONE_SECRET" }
[organizations.acme]
name = "Acme Inc."
providers = ["dev"]
allow = { email_domains = ["acme.com"] }
[organizations.globex]
providers = ["dev"]
allow = { anyone = true }
[organizations.initech]
providers = ["gone"]
allow = { anyone = true }
[management]
listen = "off"
[store]
path = "data"
"#;

#[tokio::test]
async fn inv_39_a_session_that_an_operator_revokes_is_refused_and_the_trail_says_so() {
    let world = World::start().await;
    let mut ada = world.sign_in("acme", "ada@acme.com").await;
    let mut grace = world.sign_in("acme", "grace@acme.com").await;
    let listed = world.json(0, &["session", "list", "--user", "ADA@acme.com"]);
    let session = &listed["sessions"][0];
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(
        (&session["organization"], &session["state"]),
        (&"acme".into(), &"active".into())
    );

    let id = session["id"].as_str().unwrap();
    let ended = world.json(
        0,
        &[
            "session",
            "revoke",
            "--reason",
            "left the company",
            "--",
            id,
        ],
    );
    assert_eq!(ended["ended"]["acme"], 1, "{ended}");
    world.application.forget();
    ada.fetch(&format!("{SITE}/")).await.is(401);
    world.application.heard_nothing();
    grace.get(&format!("{SITE}/")).await.is(200);

    let found = world.json(0, &["audit", "search", "--event", "session.revoked"]);
    let entry = &found["entries"][0];
    assert_eq!(
        (&entry["actor"], &entry["target"]),
        (&"operator".into(), &id.into())
    );
    assert_eq!(entry["reason"], "left the company");
    let again = world.tell(1, &["session", "revoke", "--", id]);
    assert!(again.contains("none is meant"), "{again}");
    let whole = world.json(0, &["audit", "verify"]);
    assert_eq!(
        (&whole["whole"], &whole["problem"]),
        (&true.into(), &Value::Null)
    );
}

#[tokio::test]
async fn inv_40_revoking_a_whole_organization_cuts_its_open_streams_and_no_others() {
    let world = World::start().await;
    let ada = world.sign_in("acme", "ada@acme.com").await;
    let mut other = world.sign_in("globex", "ada@acme.com").await;
    let (mut stream, sender) = world.stream(&ada).await;
    stream.until("first\r\n").await;
    let told = world.tell(0, &["session", "revoke", "--org", "acme", "--yes"]);
    assert_eq!(told, "Ended 1 session (acme 1).");
    assert_eq!(
        stream.rest().await,
        "",
        "cut, and not ended as if it were whole"
    );
    other.get(&format!("{SITE}/")).await.is(200);
    let orgs = world.tell(0, &["org", "list"]);
    let acme = orgs.lines().find(|line| line.starts_with("acme")).unwrap();
    assert_eq!(
        acme.split_whitespace().collect::<Vec<_>>()[4],
        "0",
        "{orgs}"
    );
    drop(sender);
}

#[tokio::test]
async fn the_list_of_organizations_has_the_door_of_each_and_it_opens() {
    let world = World::start().await;
    let table = world.tell(0, &["org", "list"]);
    let listed = world.json(0, &["org", "list"]);
    let organizations = listed["organizations"].as_array().unwrap();
    assert!(organizations.len() > 1, "{listed}");
    for organization in organizations {
        let slug = organization["slug"].as_str().unwrap();
        let door = format!("{SITE}/_sso/login/{slug}");
        assert_eq!(organization["sign_in_url"], door.as_str());
        let mut rows = table.lines().filter(|row| row.starts_with(slug));
        assert!(rows.next().unwrap().ends_with(&door), "{table}");
    }
    let door = world
        .browser()
        .visit(&format!("{SITE}/_sso/login/globex"))
        .await;
    assert_eq!(door.is(200).kind(), Some("dev-form"));
}

#[tokio::test]
async fn inv_40_a_suspended_organization_is_shut_at_once_and_the_others_go_on() {
    let world = World::start().await;
    let ada = world.sign_in("acme", "ada@acme.com").await;
    let mut other = world.sign_in("globex", "ada@acme.com").await;
    let (mut stream, sender) = world.stream(&ada).await;
    stream.until("first\r\n").await;
    let told = world.tell(0, &["org", "suspend", "acme", "--reason", "a leak"]);
    assert!(
        told.contains("acme is suspended; sessions ended: 1."),
        "{told}"
    );
    assert_eq!(stream.rest().await, "", "cut, and not as if it were whole");
    other.get(&format!("{SITE}/")).await.is(200);
    let door = format!("{SITE}/_sso/login/acme");
    let page = Browser::new(world.address, Arc::new(System))
        .visit(&door)
        .await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-suspended"))
    );
    let status = world.tell(0, &["status"]);
    assert!(status.contains("SUSPENDED since"), "{status}");
    let again = world.json(0, &["org", "suspend", "acme"]);
    assert_eq!(
        (&again["changed"], &again["ended"]),
        (&false.into(), &0.into())
    );

    let told = world.tell(0, &["org", "resume", "acme", "--reason", "no leak"]);
    assert_eq!(told, "acme is resumed: its people can sign in again.");
    let mut ada = ada;
    ada.fetch(&format!("{SITE}/")).await.is(401);
    world.sign_in("acme", "ada@acme.com").await;
    assert_eq!(
        world.tell(0, &["org", "resume", "acme"]),
        "acme was not suspended."
    );
    let found = world.json(0, &["audit", "search", "--event", "organization"]);
    let events = found["entries"].as_array().unwrap();
    let told = |index: usize| {
        (
            &events[index]["event"],
            &events[index]["reason"],
            &events[index]["actor"],
        )
    };
    let [resumed, suspended] = ["organization.resumed", "organization.suspended"].map(Value::from);
    assert_eq!(events.len(), 2, "{found}");
    assert_eq!(told(0), (&resumed, &"no leak".into(), &"operator".into()));
    assert_eq!(told(1), (&suspended, &"a leak".into(), &"operator".into()));
    let unknown = world.run(&["org", "suspend", "acne"]);
    assert_eq!(unknown.status.code(), Some(1));
    drop(sender);
}

#[tokio::test]
async fn inv_40_a_removed_membership_ends_access_and_outlasts_a_new_sign_in() {
    let world = World::start().await;
    let mut ada = world.sign_in("acme", "ada@acme.com").await;
    let mut elsewhere = world.sign_in("globex", "ada@acme.com").await;
    let who = ["--user", "ada@acme.com", "--org", "acme"];
    let (mut stream, sender) = world.stream(&ada).await;
    stream.until("first\r\n").await;
    let told = world.tell(0, &[&["membership", "remove"], &who[..]].concat());
    assert_eq!(
        told,
        "removed ada@acme.com in acme through dev: 1 session ended"
    );
    assert_eq!(stream.rest().await, "");
    world.application.forget();
    ada.fetch(&format!("{SITE}/")).await.is(401);
    let page = world.answer_at_the_door("acme", "ada@acme.com").await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("account-not-allowed"))
    );
    world.application.heard_nothing();
    elsewhere.get(&format!("{SITE}/")).await.is(200);
    let unlinked = world.run(&[&["identity", "unlink"], &who[..]].concat());
    assert_eq!(
        unlinked.status.code(),
        Some(1),
        "that would let them in again"
    );

    let told = world.tell(0, &[&["membership", "restore"], &who[..]].concat());
    assert_eq!(
        told,
        "restored ada@acme.com in acme through dev: may sign in again"
    );
    ada.fetch(&format!("{SITE}/")).await.is(401);
    world.sign_in("acme", "ada@acme.com").await;
    let listed = world.json(0, &[&["identity", "list"], &who[..]].concat());
    let account = &listed["identities"][0]["account"];
    let found = world.json(0, &["audit", "search", "--event", "membership"]);
    for (entry, event) in found["entries"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["membership.restored", "membership.removed"])
    {
        assert_eq!(
            (&entry["event"], &entry["target"]),
            (&event.into(), account)
        );
    }
    drop(sender);
}

#[tokio::test]
async fn somebody_who_left_is_kept_out_by_one_command() {
    let world = World::start().await;
    let mut ada = world.sign_in("acme", "ada@acme.com").await;
    let mut grace = world.sign_in("acme", "grace@acme.com").await;
    let listed = world.json(0, &["identity", "list", "--user", "ADA@acme.com"]);
    let id = listed["identities"][0]["id"].as_str().unwrap();
    assert_eq!(listed["identities"][0]["state"], "unchecked", "{listed}");
    let shown = world.tell(0, &["identity", "show", id]);
    assert!(shown.contains("ada@acme.com"), "{shown}");

    let told = world.tell(
        0,
        &[
            "identity",
            "block",
            "--user",
            "ada@acme.com",
            "--reason",
            "left",
        ],
    );
    assert_eq!(
        told,
        "blocked ada@acme.com in acme through dev: 1 session ended"
    );
    ada.fetch(&format!("{SITE}/")).await.is(401);
    grace.get(&format!("{SITE}/")).await.is(200);
    let blocked = world.tell(0, &["identity", "list", "--state", "blocked"]);
    assert!(
        blocked.contains(id) && !blocked.contains("grace"),
        "{blocked}"
    );
    let trail = world.json(0, &["audit", "search", "--event", "identity.blocked"]);
    assert_eq!(trail["entries"][0]["reason"], "left", "{trail}");

    let told = world.tell(0, &["identity", "unblock", id]);
    assert!(told.ends_with("may sign in again"), "{told}");
    // The development provider cannot be asked.
    assert_eq!(
        world.json(1, &["identity", "revalidate", "--user", "grace@acme.com"])["identities"][0]["reason"],
        "not_applicable"
    );
    for wrong in [
        &["identity", "block"][..],
        &["identity", "list", "--state", "odd"],
    ] {
        assert_eq!(world.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(world.run(&["identity", "show", "x"]).status.code(), Some(1));
}

#[tokio::test]
async fn a_reference_is_explained_as_somebody_reads_it_out() {
    let world = World::start().await;
    let page = world.answer_at_the_door("acme", "jo@acme.io").await;
    let reference = page.is(403).field("sso-reference").unwrap();
    let spoken = reference.replace('-', "").to_lowercase();
    let told = world.tell(0, &["trace", &spoken]);
    for said in [
        reference,
        "begin      sign_in",
        "jo@acme.io",
        "REFUSED    account-not-allowed",
        "Suggestion: if they belong there, add \"acme.io\" to organizations.acme.allow.email_domains",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let found = world.json(0, &["trace", reference]);
    assert_eq!(found["reference"], reference, "{found}");
    let last = found["parts"].as_array().unwrap().last().unwrap();
    let end = last["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(end["step"], "refused", "{found}");

    let unknown = world.run(&["trace", "0000-0000"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(unknown.stdout.is_empty());
    let complaint = String::from_utf8_lossy(&unknown.stderr);
    assert!(complaint.contains("kept for 7 days"), "{complaint}");
    for wrong in [
        &["trace"][..],
        &["trace", reference, "--follow"],
        &["trace", reference, "--user", "x"],
    ] {
        assert_eq!(world.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[tokio::test]
async fn an_operator_watches_one_person_try_again() {
    let world = World::start().await;
    let arguments = ["trace", "--follow", "--user", "Jo@acme.io", "--org", "acme"];
    let mut follow = doorward(&world.folder, &arguments);
    let mut child = follow.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It follows from when it has asked for the first time, which nothing says.
    let (sender, mut heard) = mpsc::unbounded_channel();
    std::thread::spawn(move || lines.try_for_each(|line| sender.send(line.unwrap())));
    let mut told = String::new();
    while !told.contains("REFUSED") {
        world.answer_at_the_door("acme", "ada@acme.com").await;
        world.answer_at_the_door("acme", "jo@acme.io").await;
        let wait = std::time::Duration::from_secs(1);
        while let Ok(Some(line)) = tokio::time::timeout(wait, heard.recv()).await {
            told.push_str(&line);
        }
    }
    drop(child.kill());
    drop(child.wait());
    assert!(told.contains("jo@acme.io"), "{told}");
    assert!(!told.contains("ada@acme.com"), "{told}");
}

/// Every address in a text that ends in this, to the letter.
fn addresses<'a>(text: &'a str, end: &str) -> Vec<&'a str> {
    let is_around = |letter: char| letter.is_whitespace() || "\"<>`'()|".contains(letter);
    let words = text.split(is_around);
    words.filter(|word| word.ends_with(end)).collect()
}

/// `doorward run` in a folder: its child, where it listens, and what it logs of a provider.
fn serve(folder: &TempDir, prefix: &str, provider: &str) -> (Child, SocketAddr, Value) {
    let mut child = doorward(folder, &["run"])
        .env("DOORWARD__SERVER__PREFIX", prefix)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut address, mut told) = (None, None);
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    while address.is_none() || told.is_none() {
        let line = log.next().expect("it goes on").unwrap();
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        if line["message"] == "listening" && address.is_none() {
            address = line["address"].as_str().and_then(|text| text.parse().ok());
        }
        if line["message"] == "what is registered at a provider" && line["provider"] == provider {
            told = Some(line);
        }
    }
    // Whoever reads no further must not keep it from writing.
    std::thread::spawn(move || log.for_each(drop));
    (child, address.unwrap(), told.unwrap())
}

/// Signs an owner in by the form, whoever else may come.
async fn owner_of(address: SocketAddr, site: &str, prefix: &str) -> Browser {
    let mut browser = Browser::new(address, Arc::new(System));
    let door = format!("{site}{prefix}/login/acme/dev");
    let form = browser.post(&door, &[("rd", "/")]).await;
    let form = browser.follow(form).await;
    let state = form.input("state");
    let fields = [("state", state.as_str()), ("email", "ada@acme.com")];
    let callback = format!("{site}{prefix}/callback/dev");
    let page = browser.post(&callback, &fields).await;
    assert!(matches!(page.status, 200 | 303), "{}", page.text);
    browser
}

/// What `init` writes, with what only its reader can know.
fn filled_in(written: &str) -> String {
    let mut whole = written.to_owned();
    for (left_open, filled) in [
        ("client_id = \"\"", "client_id = \"doorward\""),
        (
            "version = 1\n",
            "version = 1\nmanagement = { listen = \"off\" }\n",
        ),
        ("#listen = [\"0.0.0.0:443\"]", "listen = [\"127.0.0.1:0\"]"),
        ("allow = { tenants = [\"0\"] }", "allow = { anyone = true }"),
        (
            "#owners = [\"you@example.com\"]",
            "owners = [\"ada@acme.com\"]",
        ),
        ("[\"github\"]", "[\"github\", \"dev\"]"),
    ] {
        whole = whole.replace(left_open, filled);
    }
    format!("{whole}[providers.dev]\nkind = \"dev\"\n")
}

/// GitHub sends whoever it knows by another address back to us with its word for that.
async fn mismatch(address: SocketAddr, site: &str, callback: &str) -> Page {
    let mut browser = Browser::new(address, Arc::new(System));
    let door = format!("{site}/login/acme/github");
    let away = browser.post(&door, &[("rd", "/")]).await;
    let away = away.leads_to().unwrap();
    assert_eq!(away.host_str(), Some("github.com"));
    let of = |name: &str| {
        let mut pairs = away.query_pairs();
        pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    assert_eq!(of("redirect_uri"), callback);
    let state = of("state");
    let back = format!("{callback}?error=redirect_uri_mismatch&state={state}");
    browser.get(&back).await
}

#[tokio::test]
async fn six_places_show_one_redirect_uri_whatever_the_address_and_the_prefix() {
    for (site, prefix) in [
        ("http://localhost:8000", "/_sso"),
        ("http://localhost:9000", "/_sso"),
        ("http://localhost:8000", "/sign-in"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| {
            let mut command = doorward(&folder, arguments);
            let told = command.env("DOORWARD__SERVER__PREFIX", prefix).output();
            let told = told.unwrap();
            assert_eq!(told.status.code(), Some(0), "{told:?}");
            String::from_utf8(told.stdout).unwrap()
        };
        let init = ["init", "--preset", "github", "--public-url", site];
        let first = run(&init);
        let file = folder.path().join("doorward.toml");
        let written = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, filled_in(&written)).unwrap();
        let secret = folder.path().join("github.secret");
        std::fs::write(&secret, "a secret for tests").unwrap();
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
        let check = run(&["check"]);
        let guide = run(&["provider", "guide", "github"]);
        let (mut child, address, log) = serve(&folder, prefix, "github");

        let mut owner = owner_of(address, site, prefix).await;
        let home = owner.get(&format!("{site}{prefix}/admin/acme")).await;
        let callback = format!("{site}{prefix}/callback/github");
        let mismatch = mismatch(address, &format!("{site}{prefix}"), &callback).await;
        drop(child.kill());
        drop(child.wait());

        assert_eq!(mismatch.kind(), Some("provider-misconfigured"));
        let log = log.to_string();
        for (place, text) in [
            ("init", &first),
            ("check", &check),
            ("guide", &guide),
            ("log", &log),
            ("owner's page", &home.is(200).text),
            ("mismatch page", &mismatch.text),
        ] {
            let shown = addresses(text, "/callback/github");
            assert!(!shown.is_empty(), "{place}: {text}");
            assert!(
                shown.iter().all(|uri| *uri == callback),
                "{place}: {shown:?}"
            );
        }
        for text in [&check, &guide, &home.text] {
            assert!(
                text.contains("user:email") && text.contains("read:org"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_is_reloaded_or_refused_and_the_shell_is_told_which() {
    let world = World::start().await;
    let mut ada = world.sign_in("acme", "ada@acme.com").await;
    let path = world.folder.path().join("doorward.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    assert_eq!(world.tell(0, &["reload"]), "Nothing has changed.");

    let wider = file.replace("[\"acme.com\"]", "[\"acme.com\", \"acme.io\"]");
    std::fs::write(&path, &wider).unwrap();
    let line = "~ organizations.acme.allow.email_domains: +[\"acme.io\"]";
    let told = world.tell(0, &["reload", "--dry-run"]);
    assert_eq!(told, format!("{line}\nThis would be applied."));
    let page = world.answer_at_the_door("acme", "jo@acme.io").await;
    assert_eq!(page.kind(), Some("account-not-allowed"));
    let told = world.tell(0, &["reload", "--output", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["outcome"], &told["changes"][0]),
        (&"applied".into(), &line.into())
    );
    world.sign_in("acme", "jo@acme.io").await;

    for (broken, said) in [
        (
            wider.replace("name = \"Acme Inc.\"", "nam = \"Acme Inc.\""),
            "did you mean `name`?",
        ),
        (
            wider.replace("path = \"data\"", "path = \"other\""),
            "other needs a restart",
        ),
        ("[admin".to_owned(), "the file is TOML"),
    ] {
        std::fs::write(&path, broken).unwrap();
        let told = world.run(&["reload"]);
        assert_eq!(told.status.code(), Some(3), "{told:?}");
        let complaint = String::from_utf8_lossy(&told.stderr);
        assert!(complaint.contains(said), "{complaint}");
        ada.get(&format!("{SITE}/")).await.is(200);
    }
    std::fs::write(&path, &wider).unwrap();
    let status = world.tell(0, &["status"]);
    assert!(
        status.contains("needs_restart: what the file says is not in force"),
        "{status}"
    );

    let found = world.json(0, &["audit", "search", "--event", "config"]);
    let events: Vec<&Value> = (found["entries"].as_array().unwrap().iter())
        .map(|entry| &entry["event"])
        .collect();
    let refused = "config.reload_refused";
    assert_eq!(events, [refused, refused, "config.reloaded"]);
    let nobody = ["reload", "--socket", "nobody.sock"];
    assert_eq!(world.run(&nobody).status.code(), Some(5));
}

#[tokio::test]
async fn inv_39_a_reload_says_whose_sessions_it_has_ended() {
    let world = World::start().await;
    let mut ada = world.sign_in("acme", "ada@acme.com").await;
    let path = world.folder.path().join("doorward.toml");
    let file = std::fs::read_to_string(&path).unwrap();
    let other = file.replace("[organizations.globex]", "[organizations.other]");
    std::fs::write(&path, other).unwrap();
    let mut other = world.sign_in("globex", "ada@acme.com").await;
    let told = world.tell(0, &["reload"]);
    let expected =
        "- organizations.globex\n+ organizations.other\nApplied. Sessions ended: globex 1.";
    assert_eq!(told, expected);
    other.fetch(&format!("{SITE}/")).await.is(401);
    ada.get(&format!("{SITE}/")).await.is(200);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_4() {
    let world = World::start().await;
    let told = world.tell(4, &["provider", "test", "gone"]);
    assert!(
        told.contains("FAILED: discovery: the provider cannot be reached"),
        "{told}"
    );
    assert!(
        told.contains("http://localhost:8000/_sso/callback/gone"),
        "{told}"
    );
    assert_eq!(world.json(0, &["provider", "test", "dev"])["ok"], true);
    let listed = world.json(0, &["provider", "list"]);
    assert_eq!(listed["providers"][1]["state"], "down", "{listed}");
    for arguments in [
        &["provider", "test", "x"][..],
        &["org", "show", "x"],
        &["session", "revoke", "--org", "x"],
    ] {
        let told = world.run(arguments);
        assert_eq!(told.status.code(), Some(1), "{arguments:?}");
        assert!(
            String::from_utf8_lossy(&told.stderr).contains("there is no"),
            "{arguments:?}"
        );
    }
}

/// What each preset's portal shows, and the secret's key.
const SHOWN: [(&str, &[(&str, &str)]); 11] = [
    ("google", &[]),
    (
        "entra",
        &[
            ("tenant", "00000000-1111-2222-3333-444444444444"),
            ("secret_expires", "2099-02-01"),
        ],
    ),
    (
        "okta",
        &[
            ("domain", "acme.okta.com"),
            ("authorization_server", "default"),
        ],
    ),
    ("auth0", &[("domain", "acme.eu.auth0.com")]),
    (
        "keycloak",
        &[("base_url", "https://sso.acme.com"), ("realm", "acme")],
    ),
    ("github", &[]),
    ("gitlab", &[("base_url", "https://git.acme.com")]),
    ("slack", &[]),
    (
        "apple",
        &[("team_id", "A1B2C3D4E5"), ("key_id", "F6G7H8I9J0")],
    ),
    (
        "oidc",
        &[
            ("issuer", "https://login.acme.com"),
            ("scopes", "groups offline_access"),
        ],
    ),
    (
        "oauth2",
        &[
            ("authorize_url", "https://id.acme.com/a"),
            ("token_url", "https://id.acme.com/t"),
            ("userinfo_urls", "https://id.acme.com/me"),
            ("claims.subject", "user.id"),
            ("claims.email", "user.email"),
        ],
    ),
];

/// Fills in what the link leads to; the secret that was typed.
async fn set_up(world: &World, preset: &str, values: &[(&str, &str)]) -> String {
    let id = format!("new-{preset}");
    let made = [
        "org",
        "setup-link",
        "acme",
        "--provider",
        &id,
        "--preset",
        preset,
        "--expires",
        "72h",
    ];
    let link = world.json(0, &made)["url"].as_str().unwrap().to_owned();
    let mut browser = Browser::new(world.address, Arc::new(System));
    let begun = browser.post(&link, &[]).await;
    let at = begun.is(303).leads_to().unwrap().to_string();
    let page = browser.get(&at).await;
    let redirect_uri = format!("{SITE}/_sso/callback/{id}");
    assert!(page.is(200).text.contains(&redirect_uri), "{preset}");
    let (key, secret) = match preset {
        "apple" => {
            let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
            ("signing_key", pair.serialize_pem().trim().to_owned())
        }
        _ => ("client_secret", format!("hunter2-{preset} \"'#=\\")),
    };
    let csrf = page.input("csrf");
    let more = [
        ("csrf", csrf.as_str()),
        ("client_id", "1"),
        (key, secret.as_str()),
    ];
    let form: Vec<(&str, &str)> = [&more, values].concat();
    browser.post(&format!("{at}/values"), &form).await.is(303);
    let page = browser.get(&at).await;
    assert!(page.text.len() < 30 * 1024, "{preset}: {}", page.text.len());
    browser
        .post(&format!("{at}/finish"), &more[..1])
        .await
        .is(303);
    secret
}

#[tokio::test]
async fn what_somebody_sets_up_by_a_link_passes_check_with_the_rest_of_the_file() {
    let world = World::start().await;
    let folder = world.folder.path();
    let parts = folder.join("conf.d");
    std::fs::create_dir(&parts).unwrap();
    for (preset, values) in SHOWN {
        let secret = set_up(&world, preset, values).await;
        let id = format!("new-{preset}");
        let listed = world.tell(0, &["org", "drafts", "acme"]);
        assert!(
            listed.contains(&id) && listed.contains("finished"),
            "{listed}"
        );
        let shown = world.tell(0, &["org", "draft", "show", "acme", &id]);
        assert!(shown.contains(&format!("[providers.{id}]")), "{shown}");
        let write = ["org", "draft", "show", "acme", &id, "--write", "conf.d"];
        world.tell(0, &write);
        let table = parts.join(format!("{id}.toml"));
        assert_eq!(file_text(&table).trim_end(), shown);
        assert_eq!(file_text(&parts.join(format!("{id}.secret"))), secret);
        assert_eq!(
            world.run(&write).status.code(),
            Some(1),
            "it is there already"
        );
        assert_eq!(file_text(&table).trim_end(), shown);
        world.tell(0, &["org", "draft", "remove", "acme", &id]);
    }
    // The rest of the file names them, as the part itself says.
    let file = file_text(&folder.join("doorward.toml"));
    let ids = SHOWN
        .map(|(preset, _)| format!("\"new-{preset}\""))
        .join(", ");
    let file = format!("include = [\"conf.d/*.toml\"]\n{file}").replace(
        "providers = [\"dev\"]\nallow = { email_domains = [\"acme.com\"] }",
        &format!("providers = [\"dev\", {ids}]\nallow = {{ anyone = true }}"),
    );
    std::fs::write(folder.join("doorward.toml"), &file).unwrap();
    let mut check = doorward(&world.folder, &["check"]);
    let told = check.env("GONE_SECRET", "hunter2").output().unwrap();
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(0), "{said}{complaint}");
    for (preset, _) in SHOWN {
        assert!(
            said.contains(&format!("/_sso/callback/new-{preset}")),
            "{said}"
        );
    }
    let trail = world.json(0, &["audit", "search", "--event", "draft.exported"]);
    assert_eq!(
        trail["entries"].as_array().unwrap().len(),
        SHOWN.len(),
        "{trail}"
    );
}

#[tokio::test]
async fn a_setup_link_is_asked_for_in_full_and_a_draft_is_written_when_it_is_complete() {
    let world = World::start().await;
    let link = |organization, id, preset| {
        let arguments = [
            "org",
            "setup-link",
            organization,
            "--provider",
            id,
            "--preset",
            preset,
        ];
        world.run(&arguments)
    };
    for (organization, id, preset, why) in [
        ("umbrella", "new", "okta", "there is no organization"),
        ("acme", "gone", "okta", "already"),
        ("acme", "New", "okta", "is no name"),
        ("acme", "new", "dev", "is none of"),
    ] {
        let told = link(organization, id, preset);
        let complaint = String::from_utf8_lossy(&told.stderr).into_owned();
        assert_eq!(told.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains(why), "{complaint}");
    }
    assert_eq!(link("acme", "new", "okta").status.code(), Some(0));
    assert!(world.tell(0, &["org", "drafts"]).contains("waiting"));
    let told = world.run(&["org", "draft", "show", "acme", "new", "--write", "."]);
    let complaint = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(told.status.code(), Some(1));
    assert!(complaint.contains("not complete"), "{complaint}");
    assert!(!world.folder.path().join("new.toml").exists());
    assert_eq!(
        world
            .run(&["org", "draft", "remove", "acme", "x"])
            .status
            .code(),
        Some(1)
    );
    let long = [
        "org",
        "setup-link",
        "acme",
        "--provider",
        "b",
        "--preset",
        "okta",
        "--expires",
        "90d",
    ];
    assert_eq!(world.run(&long).status.code(), Some(1));
}

#[tokio::test]
async fn a_rehearsal_is_0_6_or_4_and_signs_nobody_in() {
    let world = World::start().await;
    for (organization, email, code) in [
        ("globex", "ada@globex.com", 0),
        ("acme", "ada@acme.com", 0),
        ("acme", "eve@evil.com", 6),
    ] {
        let (command, link) = world.rehearse(&["dev", "--org", organization]);
        let page = world.go_through(&link, email).await;
        assert_eq!(page.kind(), Some("rehearsed"), "{}", page.text);
        let (told, ended) = outcome(command);
        assert_eq!(ended, Some(code), "{told}");
        let verdict = if code == 0 {
            "let in"
        } else {
            "NOT let in: email_domains"
        };
        let line = format!("{organization}  {verdict}; door open by file; new there");
        assert!(told.contains(&line), "{told}");
        assert!(told.contains(&format!("email: {email}")), "{told}");
    }
    let (command, link) = world.rehearse(&["gone"]);
    let mut browser = world.browser();
    let page = browser.post(&link, &[]).await;
    assert_eq!(page.kind(), Some("rehearsal-failed"), "{}", page.text);
    let (told, ended) = outcome(command);
    assert_eq!(ended, Some(4), "{told}");
    assert!(told.contains("FAILED  provider-unreachable: "), "{told}");
    let sessions = world.json(0, &["session", "list"]);
    assert_eq!(sessions["sessions"], serde_json::json!([]));
    for wrong in [&["dev", "--org", "initech"][..], &["nowhere"]] {
        let all = [&["provider", "test", "--login"], wrong].concat();
        assert_eq!(world.run(&all).status.code(), Some(1), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_command_that_is_interrupted_ends_no_rehearsal() {
    let world = World::start().await;
    let (mut command, link) = world.rehearse(&["dev", "--org", "acme", "--output", "json"]);
    command.kill().unwrap();
    command.wait().unwrap();
    let page = world.go_through(&link, "ada@acme.com").await;
    assert_eq!(page.kind(), Some("rehearsed"), "{}", page.text);
    // For a program: the link is beside the answer, not in it.
    let (command, link) = world.rehearse(&["dev", "--org", "acme", "--output", "json"]);
    world.go_through(&link, "ada@acme.com").await;
    let (told, ended) = outcome(command);
    assert_eq!(ended, Some(0), "{told}");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["state"], "done");
    assert_eq!(told["admissions"][0]["organization"], "acme");
    assert_eq!(told["admissions"][0]["is_open"], true);
}

#[tokio::test]
async fn nothing_is_revoked_by_half_a_command() {
    let world = World::start().await;
    let mut ada = world.sign_in("acme", "ada@acme.com").await;
    for arguments in [
        &["session", "revoke"][..],
        &["session", "revoke", "--yes", "--reason", "x"],
        &["session", "revoke", "--all", "--org", "acme"],
        &["session", "revoke", "--older-than", "soon"],
        &["audit", "search", "--since", "yesterday"],
    ] {
        assert_eq!(world.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let none = world.tell(0, &["session", "revoke", "--older-than", "1h"]);
    assert!(none.contains("none is meant"), "{none}");
    ada.get(&format!("{SITE}/")).await.is(200);
}

#[tokio::test]
async fn live_commands_need_no_secret_and_no_sound_file() {
    let world = World::start().await;
    world.tell(0, &["session", "list"]);
    let file = world.folder.path().join("doorward.toml");
    let broken = file_text(&file).replace("[server]", "[server]\npublic_ulr = \"x\"");
    std::fs::write(&file, broken).unwrap();
    world.tell(0, &["session", "revoke", "--all"]);
    assert_eq!(world.run(&["check"]).status.code(), Some(3));

    let socket = world.folder.path().join("run/admin.sock");
    let elsewhere = tempfile::tempdir().unwrap();
    for arguments in [&["status"][..], &["org", "list"], &["audit", "verify"]] {
        let told = doorward(&elsewhere, arguments).output().unwrap();
        assert_eq!(
            told.status.code(),
            Some(3),
            "there is no file: {arguments:?}"
        );
        let mut named = doorward(&elsewhere, arguments);
        let told = named.arg("--socket").arg(&socket).output().unwrap();
        let complaint = String::from_utf8_lossy(&told.stderr);
        // The provider that is not there is no reason for the command to fail: nobody has asked it yet.
        assert_eq!(told.status.code(), Some(0), "{arguments:?}: {complaint}");
    }
}

#[test]
fn live_commands_without_a_running_process_are_5() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("doorward.toml"), file("127.0.0.1:1")).unwrap();
    for arguments in [
        &["org", "list"][..],
        &["provider", "test", "dev"],
        &["session", "list"],
        &["session", "revoke", "--all"],
        &["identity", "list"],
        &["identity", "block", "x"],
        &["audit", "tail"],
        &["audit", "verify"],
        &["trace", "K7QM-2F9D"],
        &["trace", "--follow"],
    ] {
        let told = doorward(&folder, arguments).output().unwrap();
        assert_eq!(told.status.code(), Some(5), "{arguments:?}");
        assert!(told.stdout.is_empty(), "{arguments:?}");
    }
}

/// The program, running, with an application behind it.
struct World {
    folder: TempDir,
    child: Child,
    address: SocketAddr,
    application: Application,
}

impl World {
    async fn start() -> Self {
        let application = Application::start().await;
        let folder = tempfile::tempdir().unwrap();
        let file = file(&application.address().to_string());
        std::fs::write(folder.path().join("doorward.toml"), file).unwrap();
        let mut run = doorward(&folder, &["run"]);
        // Nobody who asks has it.
        run.env("GONE_SECRET", "hunter2");
        let mut child = run.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        // From here on the process ends with the test, whatever happens.
        let mut world = Self {
            folder,
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            application,
        };
        while world.address.port() == 0 {
            let line = log.next().expect("it ended before it listened").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            // The socket says that it listens too, before or after.
            let address = line["address"].as_str().and_then(|text| text.parse().ok());
            world.address = address.unwrap_or(world.address);
        }
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || log.for_each(drop));
        world
    }

    /// A browser in which somebody has signed in.
    async fn sign_in(&self, organization: &str, email: &str) -> Browser {
        let (browser, page) = self.answer(organization, email).await;
        assert_eq!(page.is(200).text, "hello from the application");
        browser
    }

    /// What somebody sees who signs in.
    async fn answer_at_the_door(&self, organization: &str, email: &str) -> Page {
        self.answer(organization, email).await.1
    }

    async fn answer(&self, organization: &str, email: &str) -> (Browser, Page) {
        let mut browser = Browser::new(self.address, Arc::new(System));
        let door = format!("{SITE}/_sso/login/{organization}");
        let form = browser.visit(&door).await;
        let state = form.input("state");
        let fields = [("state", state.as_str()), ("email", email)];
        let callback = format!("{SITE}/_sso/callback/dev");
        let page = browser.post(&callback, &fields).await;
        let page = browser.follow(page).await;
        (browser, page)
    }

    fn browser(&self) -> Browser {
        Browser::new(self.address, Arc::new(System))
    }

    /// `provider test --login` as it runs, and the link that it has printed.
    fn rehearse(&self, arguments: &[&str]) -> (Child, String) {
        let all = [&["provider", "test", "--login"], arguments].concat();
        let mut command = doorward(&self.folder, &all);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let link = if arguments.contains(&"json") {
            printed_link(child.stderr.as_mut().unwrap())
        } else {
            printed_link(child.stdout.as_mut().unwrap())
        };
        (child, link)
    }

    /// Opens the link, presses its button and fills in the form of the `dev` provider.
    async fn go_through(&self, link: &str, email: &str) -> Page {
        let mut browser = self.browser();
        browser.get(link).await.is(200);
        let form = browser.post(link, &[]).await;
        let state = form.input("state");
        let fields = [("state", state.as_str()), ("email", email)];
        let callback = format!("{SITE}/_sso/callback/dev");
        browser.post(&callback, &fields).await
    }

    /// An answer of the application that has begun and does not end.
    async fn stream(&self, browser: &Browser) -> (Line, mpsc::Sender<Vec<u8>>) {
        let (sender, receiver) = mpsc::channel(8);
        let once = std::sync::Mutex::new(Some(receiver));
        self.application.answer("/stream", move |_| {
            Answer::Stream(once.lock().unwrap().take().unwrap())
        });
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        sender.try_send(head.into()).unwrap();
        let mut line = Line::open(self.address).await;
        let cookies = browser.cookie_field("localhost");
        line.send(format!(
            "GET /stream HTTP/1.1\r\nHost: localhost:8000\r\nCookie: {cookies}\r\n\r\n"
        ))
        .await;
        (line, sender)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        doorward(&self.folder, arguments).output().unwrap()
    }

    #[track_caller]
    fn tell(&self, code: i32, arguments: &[&str]) -> String {
        let told = self.run(arguments);
        let complaint = String::from_utf8_lossy(&told.stderr).into_owned();
        assert_eq!(told.status.code(), Some(code), "{arguments:?}: {complaint}");
        assert!(!complaint.contains("hunter2"));
        String::from_utf8(told.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    #[track_caller]
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let (command, rest) = arguments.split_at(2);
        let all = [command, &["--output", "json"], rest].concat();
        serde_json::from_str(&self.tell(code, &all)).unwrap()
    }
}

/// Reads until the link is there, byte by byte, so that nothing is taken from whoever reads on.
fn printed_link(output: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    loop {
        let mut byte = [0];
        output
            .read_exact(&mut byte)
            .expect("it ended before it told a link");
        text.push(char::from(byte[0]));
        let line = text.strip_suffix('\n').and_then(|text| text.lines().last());
        if let Some(link) = line.filter(|line| line.contains("/rehearse/")) {
            return link.trim().to_owned();
        }
    }
}

/// What a command printed in the end, and its exit code.
fn outcome(command: Child) -> (String, Option<i32>) {
    let output = command.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    (told, output.status.code())
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn file(application: &str) -> String {
    FILE.replace("{application}", application)
}

fn file_text(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn doorward(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null());
    command
}
