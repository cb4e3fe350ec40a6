//! The built program is killed at random instants under load, again and again, and after each start everything that it
//! had acknowledged is looked at: what ended stays ended, who signed in is signed in, who was blocked is out, nobody was
//! confirmed whom the provider did not confirm, no refresh token is presented twice but for an answer that was lost, and
//! everybody who is linked is asked again.
//!
//! `cargo test --test crash` kills it eight times; `DOORWARD_KILLS=200` as often as that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test may panic and say what it counted, and the harness is shared by several binaries"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::cli::socket::Socket;
use doorward::clock::{Clock as _, System, Timestamp};
use doorward::secret;
use doorward::tasks::Tasks;
use serde_json::{Value, json};
use tempfile::TempDir;

use support::world::{SITE, url};
use support::{Answer, Application, Browser, Idp};

const FILE: &str = r#"
[server]
public_url = "https://app.example.com"
listen = ["127.0.0.1:0"]
[upstreams.app]
url = "http://{application}"
[providers.idp]
kind = "oidc"
issuer = "{issuer}"
client_id = "doorward"
client_secret = "the secret of a test"
scopes = ["offline_access"]
revalidation = "refresh_token"
[organizations.acme]
providers = ["idp"]
allow = { anyone = true }
[revalidation]
concurrency = 1
[management]
listen = "off"
"#;

/// Questions that can be under way when the program dies: one by hand, one by its own scheduler.
const ASKED_AT_ONCE: usize = 2;

/// Clocks of two processes, and a resolution of seconds.
const SLACK: Duration = Duration::from_secs(2);

/// What the program has acknowledged. What was under way when it died is in none of these.
#[derive(Default)]
struct Known {
    /// Browsers of people who are signed in, by subject.
    signed_in: BTreeMap<String, Browser>,
    /// Browsers whose sessions have ended.
    ended: Vec<Browser>,
    blocked: BTreeSet<String>,
    /// When the program said that somebody had been confirmed.
    confirmed: BTreeMap<String, Timestamp>,
}

type Shared = Arc<Mutex<Known>>;

/// The program, its provider and the application behind it; one folder for all its lives.
struct World {
    folder: TempDir,
    idp: Idp,
    child: Option<Child>,
    address: SocketAddr,
    known: Shared,
    _application: Application,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_25_39_42_44_a_program_that_is_killed_at_any_instant_keeps_its_word() {
    let kills: usize = std::env::vars()
        .find(|(name, _)| name == "DOORWARD_KILLS")
        .map_or(8, |(_, number)| number.parse().unwrap());
    let mut world = World::new().await;
    for kill in 0..kills {
        world.start();
        world.check(kill).await;
        if kill % 3 == 2 {
            world
                .idp
                .on_refresh(|_| Answer::new(503, "text/plain", "down"));
        } else {
            world.idp.refreshes();
        }
        world.load_and_kill(kill).await;
    }
    world.idp.refreshes();
    world.start();
    world.check(kills).await;
    let known = world.known.lock().unwrap();
    let counts = (
        known.signed_in.len(),
        known.ended.len(),
        known.blocked.len(),
    );
    println!(
        "{kills} kills; signed in, ended, blocked: {counts:?}; lost answers: {}",
        world.idp.reused()
    );
    assert!(counts.0 > 0 && counts.1 > 0, "nothing happened: {counts:?}");
}

impl World {
    async fn new() -> Self {
        let idp = Idp::start(Arc::new(System)).await;
        idp.forgive();
        let application = Application::start().await;
        let folder = tempfile::tempdir().unwrap();
        let file = FILE
            .replace("{application}", &application.address().to_string())
            .replace("{issuer}", &idp.issuer);
        std::fs::write(folder.path().join("doorward.toml"), file).unwrap();
        Self {
            folder,
            idp,
            child: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            known: Shared::default(),
            _application: application,
        }
    }

    /// Starts the program over whatever the last life left.
    fn start(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_doorward"))
            .arg("run")
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        self.child = Some(child);
        let address = log.by_ref().find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            line["address"].as_str()?.parse().ok()
        });
        self.address = address.expect("it does not start over what it left");
        std::thread::spawn(move || log.for_each(drop));
    }

    fn socket(&self) -> Socket {
        Socket::at(self.folder.path().join("run/admin.sock"))
    }

    /// Holds that the program keeps its word.
    async fn check(&self, life: usize) {
        let (signed_in, ended, blocked, confirmed) = {
            let mut known = self.known.lock().unwrap();
            let browsers = known.signed_in.values_mut().chain([]);
            browsers.for_each(|browser| browser.now_at(self.address));
            let mut ended = known.ended.clone();
            ended
                .iter_mut()
                .for_each(|browser| browser.now_at(self.address));
            (
                known.signed_in.clone(),
                ended,
                known.blocked.clone(),
                known.confirmed.clone(),
            )
        };
        for (subject, mut browser) in signed_in {
            let status = browser.fetch(&url("/")).await.status;
            assert_eq!(status, 200, "life {life}: {subject} lost a session (44)");
        }
        for mut browser in ended {
            let status = browser.fetch(&url("/")).await.status;
            assert_eq!(
                status, 401,
                "life {life}: an ended session is back (25, 39)"
            );
        }
        for one in self.identities().await {
            let subject = one["subject"].as_str().unwrap();
            let is_blocked = one["state"] == "blocked";
            assert!(
                is_blocked || !blocked.contains(subject),
                "life {life}: {one} (39)"
            );
            let verified = time(&one["last_verified_at"]);
            let vouched = self.idp.vouched(subject).expect("nobody vouched for them");
            assert!(
                verified <= vouched.plus(SLACK),
                "life {life}: confirmed by nobody: {one}"
            );
            if let Some(said) = confirmed.get(subject) {
                assert!(
                    verified.plus(SLACK) >= *said,
                    "life {life}: forgotten: {one} (44)"
                );
            }
            let next = &one["next_check_at"];
            let asked_again = next.is_string() && time(next) <= System.now().plus(HOUR);
            assert!(
                is_blocked || asked_again,
                "life {life}: asked about no more: {one} (41)"
            );
        }
        let trail: Value = self.socket().get("/audit/check").await.unwrap();
        assert!(trail["broken_at"].is_null(), "life {life}: {trail}");
        assert!(
            self.idp.reused() <= life * ASKED_AT_ONCE,
            "life {life}: tokens came twice (42)"
        );
    }

    async fn identities(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut path = "/identities".to_owned();
        loop {
            let page: Value = self.socket().get(&path).await.unwrap();
            all.extend(page["identities"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => path = format!("/identities?after={next}"),
                None => return all,
            }
        }
    }

    /// Lets everything happen at once until the program is killed.
    async fn load_and_kill(&mut self, life: usize) {
        let tasks = Tasks::new();
        let actors = [
            tasks.spawn(sign_ins(
                self.idp_handle(),
                self.address,
                self.known.clone(),
                life,
            )),
            tasks.spawn(sign_outs(self.known.clone())),
            tasks.spawn(questions(self.socket(), self.known.clone())),
            tasks.spawn(blocks(self.socket(), self.known.clone(), life)),
        ];
        let random = u64::from(secret::random_bytes::<1>()[0]);
        tokio::time::sleep(Duration::from_millis(150 + random * 3)).await;
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        for actor in actors {
            // Whoever was waiting for an answer panics, or goes on without one: both are fine, nothing was acknowledged.
            actor.abort();
            drop(actor.await);
        }
    }

    fn idp_handle(&self) -> Arc<dyn Fn(Value) + Send + Sync> {
        self.idp.next_person()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// New people sign in, one after the other.
async fn sign_ins(
    next: Arc<dyn Fn(Value) + Send + Sync>,
    address: SocketAddr,
    known: Shared,
    life: usize,
) {
    for number in 0.. {
        let subject = format!("person-{life}-{number}");
        next(
            json!({ "sub": subject, "email": format!("{subject}@acme.com"), "email_verified": true }),
        );
        let mut browser = Browser::new(address, Arc::new(System));
        if browser.visit(&format!("{SITE}/")).await.status == 200 {
            known.lock().unwrap().signed_in.insert(subject, browser);
        }
    }
}

/// Somebody signs out, then the next one.
async fn sign_outs(known: Shared) {
    loop {
        tokio::time::sleep(Duration::from_millis(7)).await;
        let Some((_, mut browser)) = take(&known) else {
            continue;
        };
        let before = browser.clone();
        let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
        let done = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
        if done.status < 400 {
            known.lock().unwrap().ended.push(before);
        }
    }
}

/// Everybody is asked about, again and again.
async fn questions(socket: Socket, known: Shared) {
    loop {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let all: Vec<String> = known.lock().unwrap().signed_in.keys().cloned().collect();
        for subject in all {
            let meant = json!({ "user": subject });
            let told: Result<Value, _> = socket.post("/identities/revalidate", &meant).await;
            let Ok(told) = told else { continue };
            let one = &told["identities"][0];
            if one["result"] == "valid" {
                let at = time(&one["identity"]["last_verified_at"]);
                known.lock().unwrap().confirmed.insert(subject, at);
            }
        }
    }
}

/// Now and then somebody is blocked.
async fn blocks(socket: Socket, known: Shared, life: usize) {
    loop {
        tokio::time::sleep(Duration::from_millis(90 + life as u64 % 7)).await;
        let Some((subject, browser)) = take(&known) else {
            continue;
        };
        let meant = json!({ "user": subject, "reason": "a test" });
        let told: Result<Value, _> = socket.post("/identities/block", &meant).await;
        if told.is_ok() {
            let mut known = known.lock().unwrap();
            known.ended.push(browser);
            known.blocked.insert(subject);
        }
    }
}

/// Takes somebody out of those who are known to be signed in: from here on their session may end at any instant.
fn take(known: &Shared) -> Option<(String, Browser)> {
    let mut known = known.lock().unwrap();
    (known.signed_in.len() > 20).then(|| known.signed_in.pop_first().unwrap())
}

fn time(text: &Value) -> Timestamp {
    let text = text.as_str().unwrap();
    let time = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
    Timestamp::from_seconds(u64::try_from(time.unwrap().unix_timestamp()).unwrap())
}
