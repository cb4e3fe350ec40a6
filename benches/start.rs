//! How soon a full Doorward serves, and what everybody in it costs in memory.
//!
//! `cargo bench --bench start` writes 100,000 people with a session each (another number: `cargo bench --bench start -- 1000000`),
//! starts the built program on that store, and takes the time until somebody of them is answered as who they are; then the
//! same after `kill -9`. Memory is told of an empty store, of the full one, and after everybody has asked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement prints, and may panic"
)]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::address::Host;
use doorward::clock::{Clock as _, System, Timestamp};
use doorward::config::{self, Config, Slug};
use doorward::identity::{self, Generation, Identity, People, Through};
use doorward::provider::{Asserted, Proof, Subject, Tokens};
use doorward::session::{AtProvider, Device, Grant, Handle, Opening, Sessions, Settings};
use doorward::store::{self, Batch};
use doorward::telemetry::Metrics;

/// Written together, so that filling the store does not take the day.
const AT_ONCE: usize = 500;

/// Questions that one connection asks before it reads the answers.
const AHEAD: usize = 50;

/// Longer than anybody would wait.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> anyhow::Result<()> {
    let number = std::env::args().find_map(|word| word.parse().ok());
    let number = number.unwrap_or(100_000);
    let folder = tempfile::tempdir_in(".")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let file = folder.path().join("doorward.toml");
    std::fs::write(&file, configuration(port))?;

    let nobody = Running::start(folder.path(), port)?;
    nobody.until_answered("", " 401 ")?;
    println!("memory        {:>8} KiB with nobody", nobody.resident());
    drop(nobody);

    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new()?;
    let handles = runtime.block_on(fill(&file, number))?;
    drop(runtime);
    let took = began.elapsed().as_secs_f64();
    println!("sessions      {number:>8}, written in {took:.1} s");

    for manner in ["in order", "after kill -9"] {
        let began = Instant::now();
        let running = Running::start(folder.path(), port)?;
        running.until_answered(handles.last().unwrap(), " 200 ")?;
        let took = began.elapsed().as_millis();
        println!("first answer  {took:>8} ms, ended {manner} before");
        println!("memory        {:>8} KiB", running.resident());
        if manner == "in order" {
            continue;
        }
        let began = Instant::now();
        for some in handles.chunks(AHEAD) {
            running.ask(some)?;
        }
        let each = began.elapsed().as_micros() as f64 / handles.len() as f64;
        println!("first asked   {each:>8.0} us each, one after another");
        println!(
            "memory        {:>8} KiB after everybody has asked",
            running.resident()
        );
    }
    Ok(())
}

fn configuration(port: u16) -> String {
    format!(
        r#"
[server]
public_url = "http://localhost:{port}"
listen = ["127.0.0.1:{port}"]
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.idp]
kind = "oidc"
issuer = "http://127.0.0.1:1"
client_id = "doorward"
public_client = true
[organizations.acme]
providers = ["idp"]
allow = {{ anyone = true }}
[management]
listen = "off"
[logs]
level = "error"
"#
    )
}

/// Everybody with a session, and what their browsers would hold.
async fn fill(file: &Path, number: usize) -> anyhow::Result<Vec<String>> {
    let files = config::Files {
        file: file.to_owned(),
        environment: BTreeMap::new(),
    };
    let loaded = config::load(&files).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let (config, metrics, now) = (loaded.config, Metrics::new(0), System.now());
    let (store, seal) = store::open(&config.store, now, &metrics).await?;
    let people = People::new(Arc::clone(&store), seal.clone());
    let settings = Settings::of(&config);
    let sessions = Sessions::new(Arc::clone(&store), seal, people.clone(), settings, metrics);
    let connection = Connection::of(&config)?;
    let mut handles = Vec::with_capacity(number);
    for first in (0..number).step_by(AT_ONCE) {
        let mut batch = Batch::new().relaxed();
        for person in first..number.min(first + AT_ONCE) {
            let handle = connection.let_in(&mut batch, (&people, &sessions), person, now);
            handles.push(handle.await?.expose().clone());
        }
        store.commit(batch).await?;
    }
    store.commit(Batch::new()).await?;
    Ok(handles)
}

/// By which everybody comes.
struct Connection {
    organization: Slug,
    provider: Slug,
    generation: Generation,
    host: Host,
}

impl Connection {
    fn of(config: &Config) -> anyhow::Result<Self> {
        let (organization, provider) = (Slug::parse("acme")?, Slug::parse("idp")?);
        let generation = identity::generation(
            config.organizations.get(&organization).unwrap(),
            config.providers.get(&provider).unwrap(),
        );
        Ok(Self {
            organization,
            provider,
            generation,
            host: config.server.public_url.host().clone(),
        })
    }

    /// As the end of a sign-in does it.
    async fn let_in(
        &self,
        batch: &mut Batch,
        (people, sessions): (&People, &Sessions),
        person: usize,
        now: Timestamp,
    ) -> anyhow::Result<Handle> {
        let through = Through {
            organization: &self.organization,
            provider: &self.provider,
            generation: &self.generation,
            due_at: None,
        };
        let asserted = asserted(person, now);
        let made = people.provision(batch, through, &asserted, now);
        let made = made
            .await?
            .map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        let opening = Opening {
            previous: None,
            tabs: None,
            host: &self.host,
            device: Device::default(),
            grant: self.grant(&made.identity, now),
            identity: &made.identity,
            reference: "start",
        };
        Ok(sessions.open(batch, opening, now).await?.handle)
    }

    fn grant(&self, identity: &Identity, now: Timestamp) -> Grant {
        Grant {
            organization: self.organization.clone(),
            account: identity.account.clone(),
            identity: identity.id.clone(),
            provider: self.provider.clone(),
            at_provider: AtProvider::new(&self.provider, &identity.issuer, "somebody", None),
            generation: self.generation.clone(),
            authenticated_at: now,
            proofs: Default::default(),
            granted_at: now,
            expires_at: None,
            used_at: now,
        }
    }
}

fn asserted(person: usize, now: Timestamp) -> Asserted {
    let email = format!("person-{person}@acme.example");
    Asserted {
        issuer: "http://127.0.0.1:1".to_owned(),
        subject: Subject::parse(&format!("person-{person}")).unwrap(),
        email: Some(email),
        email_verified: true,
        name: Some(format!("Person {person}")),
        preferred_username: None,
        groups: Some(vec!["staff".to_owned(), "sales".to_owned()]),
        groups_are_teams: false,
        hosted_domain: None,
        tenants: Vec::new(),
        claims: serde_json::Map::new(),
        authenticated_at: now,
        proof: Proof::default(),
        provider_session: None,
        tokens: Tokens::default(),
    }
}

/// The built program.
struct Running {
    child: Child,
    port: u16,
}

impl Running {
    fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let child = Command::new(env!("CARGO_BIN_EXE_doorward"))
            .arg("run")
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { child, port })
    }

    /// Asks until there is an answer, and holds that it is this one.
    fn until_answered(&self, handle: &str, status: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            match self.ask_for(&[handle], status) {
                Ok(()) => return Ok(()),
                Err(error) if began.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn ask(&self, handles: &[String]) -> anyhow::Result<()> {
        let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
        self.ask_for(&handles, " 200 ")
    }

    /// Who each of them is, on one connection.
    fn ask_for(&self, handles: &[&str], status: &str) -> anyhow::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let port = self.port;
        for (index, handle) in handles.iter().enumerate() {
            let last = index + 1 == handles.len();
            let connection = if last { "close" } else { "keep-alive" };
            write!(
                stream,
                "GET /_sso/userinfo HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: __Host-sso={handle}\r\nConnection: {connection}\r\n\r\n"
            )?;
        }
        let mut lines = String::new();
        stream.read_to_string(&mut lines)?;
        let all = lines.matches("HTTP/1.1 ").count();
        let fine = lines.matches(&format!("HTTP/1.1{status}")).count();
        anyhow::ensure!(all == handles.len() && fine == all, "{lines}");
        Ok(())
    }

    /// Its memory, in KiB.
    fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Running {
    /// Ends it where it stands.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
