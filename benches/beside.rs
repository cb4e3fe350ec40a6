//! What requests notice of the questions that are asked beside them.
//!
//! `cargo bench --bench beside` starts the built program with people who become due in turns: for some seconds nobody is asked
//! about, then a thousand people a second are, of a provider that is a process of its own. All the while somebody who is signed
//! in asks for 1 KiB from an application, 2,000 times a second over eight connections. Printed are the times of their answers,
//! with and without questions beside them. A request that had to wait for the one before it counts from when it was its turn.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "a measurement prints, and may panic"
)]

mod shared;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use doorward::clock::{Clock as _, System, Timestamp};
use doorward::store::Batch;
use shared::people::{self, Opened};
use shared::program::Program;
use shared::provider::Provider;

/// Times that it is quiet, and busy after it.
const ROUNDS: u64 = 4;

/// How long each of the two is, in milliseconds; as many people are asked about in one that is busy.
const TURN: u64 = 5_000;

/// What filling the store and starting may take, in milliseconds.
const AHEAD: u64 = 20_000;

const CONNECTIONS: u32 = 8;

/// How often each connection asks.
const EVERY: Duration = Duration::from_millis(4);

/// After a change between the two, what comes belongs to neither.
const BETWEEN: Duration = Duration::from_millis(500);

fn main() -> anyhow::Result<()> {
    if std::env::args().any(|word| word == shared::provider::WORD) {
        return shared::provider::serve();
    }
    let (idp, application) = (Provider::start()?, Provider::start()?);
    let folder = tempfile::tempdir_in(".")?;
    let (port, told) = (free_port()?, free_port()?);
    let file = folder.path().join("doorward.toml");
    std::fs::write(
        &file,
        configuration((port, told), &idp.issuer, &application.issuer),
    )?;
    let (began, begins) = (
        Instant::now(),
        System.now().plus(Duration::from_millis(AHEAD)),
    );
    let handle = tokio::runtime::Runtime::new()?.block_on(fill(&file, &idp.issuer, begins))?;
    let program = Program::start(folder.path(), port)?;
    program.until_answered(&handle, " 200 ")?;
    let begins = began + Duration::from_millis(AHEAD);
    anyhow::ensure!(Instant::now() < begins, "filling the store took too long");
    let all = thread::scope(|scope| {
        let asking = (0..CONNECTIONS).map(|number| {
            let first = begins + EVERY * number / CONNECTIONS;
            let handle = &handle;
            scope.spawn(move || ask(port, handle, first))
        });
        let asking: Vec<_> = asking.collect();
        let answers = asking.into_iter().map(|one| one.join().expect("no panic"));
        answers.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let answers: Vec<(Instant, Duration)> = all.concat();
    println!("questions   {:>7} asked of {}", asked(told)?, ROUNDS * TURN);
    println!("            answers  median us  p99 us");
    for (name, busy) in [("alone", false), ("beside them", true)] {
        let mut times: Vec<Duration> = answers
            .iter()
            .filter(|(at, _)| counts(at.duration_since(begins), busy))
            .map(|(_, took)| *took)
            .collect();
        times.sort_unstable();
        let at = |part: f64| times[(times.len() as f64 * part) as usize].as_micros();
        println!(
            "{name:<11} {:>7}  {:>9}  {:>6}",
            times.len(),
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}

/// Whether a moment belongs to a turn of this kind.
fn counts(since: Duration, busy: bool) -> bool {
    let turn = Duration::from_millis(TURN);
    let within = Duration::from_micros(since.as_micros() as u64 % turn.as_micros() as u64);
    let is_busy = since.as_millis() as u64 / TURN % 2 == 1;
    is_busy == busy && within > BETWEEN
}

fn configuration((port, told): (u16, u16), issuer: &str, application: &str) -> String {
    let asked = shared::provider::asked(issuer);
    format!(
        r#"
[server]
public_url = "http://localhost:{port}"
listen = ["127.0.0.1:{port}"]
[upstreams.app]
url = "{application}"
{asked}
[management]
listen = "127.0.0.1:{told}"
[logs]
level = "error"
access = false
"#
    )
}

/// Those who are asked about in their turn, and one who asks.
async fn fill(file: &Path, issuer: &str, begins: Timestamp) -> anyhow::Result<String> {
    let now = System.now();
    let Opened {
        store,
        people,
        sessions,
        connection,
    } = people::open(file, issuer, now).await?;
    let number = usize::try_from(ROUNDS * TURN)?;
    let due = |person: usize| {
        let (round, at) = (person as u64 / TURN, person as u64 % TURN);
        Some(begins.plus(Duration::from_millis(round * 2 * TURN + TURN + at)))
    };
    connection.link(&people, &*store, number, now, due).await?;
    let mut batch = Batch::new();
    let handle = connection.let_in(&mut batch, (&people, &sessions), number, now);
    let handle = handle.await?.expose().clone();
    store.commit(batch).await?;
    Ok(handle)
}

/// Asks on one connection until all turns are over: when each answer came, and how long it took.
fn ask(port: u16, handle: &str, first: Instant) -> anyhow::Result<Vec<(Instant, Duration)>> {
    // One that has not asked yet is not kept for long.
    thread::sleep(first.saturating_duration_since(Instant::now()));
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let request =
        format!("GET /x HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: __Host-sso={handle}\r\n\r\n");
    let ends = first + Duration::from_millis(ROUNDS * 2 * TURN);
    let (mut turn, mut free, mut answers) = (first, first, Vec::new());
    let mut answer = vec![0; 4096];
    while turn < ends {
        thread::sleep(turn.saturating_duration_since(Instant::now()));
        let began = if free > turn { turn } else { Instant::now() };
        stream.write_all(request.as_bytes())?;
        let mut read = 0;
        while !is_whole(&answer[..read]) {
            let more = stream.read(&mut answer[read..])?;
            anyhow::ensure!(more > 0, "the connection ended");
            read += more;
        }
        anyhow::ensure!(
            answer.starts_with(b"HTTP/1.1 200 "),
            "{}",
            String::from_utf8_lossy(&answer[..read])
        );
        free = Instant::now();
        answers.push((free, free.duration_since(began)));
        turn += EVERY;
    }
    Ok(answers)
}

/// Whether the 1 KiB have come.
fn is_whole(answer: &[u8]) -> bool {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n");
    head.is_some_and(|head| answer.len() == head + 4 + 1024)
}

/// How many questions were answered with a yes.
fn asked(told: u16) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", told))?;
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let line = "doorward_identity_checks_total{provider=\"idp\",result=\"valid\",reason=\"\"} ";
    let counted = text.lines().find_map(|row| row.strip_prefix(line));
    Ok(counted.unwrap_or("0").to_owned())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
