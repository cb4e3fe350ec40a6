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

mod shared;

use std::net::TcpListener;
use std::path::Path;
use std::time::Instant;

use doorward::clock::{Clock as _, System};
use doorward::store::Batch;
use shared::people::{self, AT_ONCE, Opened};
use shared::program::Program;

/// Nobody is there.
const ISSUER: &str = "http://127.0.0.1:1";

/// Questions that one connection asks before it reads the answers.
const AHEAD: usize = 50;

fn main() -> anyhow::Result<()> {
    let number = std::env::args().find_map(|word| word.parse().ok());
    let number = number.unwrap_or(100_000);
    let folder = tempfile::tempdir_in(".")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let file = folder.path().join("doorward.toml");
    std::fs::write(&file, configuration(port))?;

    let nobody = Program::start(folder.path(), port)?;
    nobody.until_answered("", " 401 ")?;
    println!(
        "memory        {:>8} KiB with nobody",
        shared::resident(nobody.id())
    );
    drop(nobody);

    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new()?;
    let handles = runtime.block_on(fill(&file, number))?;
    drop(runtime);
    let took = began.elapsed().as_secs_f64();
    println!("sessions      {number:>8}, written in {took:.1} s");

    for manner in ["in order", "after kill -9"] {
        let began = Instant::now();
        let running = Program::start(folder.path(), port)?;
        running.until_answered(handles.last().unwrap(), " 200 ")?;
        let took = began.elapsed().as_millis();
        println!("first answer  {took:>8} ms, ended {manner} before");
        println!("memory        {:>8} KiB", shared::resident(running.id()));
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
            shared::resident(running.id())
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
issuer = "{ISSUER}"
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
    let now = System.now();
    let Opened {
        store,
        people,
        sessions,
        connection,
    } = people::open(file, ISSUER, now).await?;
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
