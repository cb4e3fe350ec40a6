//! How fast everybody is asked about, and what holding them costs.
//!
//! `cargo bench --bench revalidation` links 20,000 people (another number: `cargo bench --bench revalidation -- 1000000`),
//! lets all of them be due at once, and asks a provider on loopback about each by refresh token with rotation, as after a
//! day of downtime. The provider is a process of its own that answers without signing anything. Printed are questions a
//! second, the processor time that one costs this process, store and HTTP included, and its memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement prints, and may panic"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::clock::{Clock, Manual, Timestamp};
use doorward::config::{self, Config, Slug};
use doorward::identity::{self, People, Through};
use doorward::provider::{self, Asserted, Subject, Tokens};
use doorward::revalidation::{Parts, Revalidation};
use doorward::secret::Secret;
use doorward::session::{Sessions, Settings};
use doorward::store::{self, Batch, Store};
use doorward::tasks::Tasks;
use doorward::telemetry::Metrics;
use tokio_util::sync::CancellationToken;

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The program's own, or its memory would not be what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Written together, so that filling the store does not take the day.
const AT_ONCE: usize = 500;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|word| word == "provider") {
        return serve();
    }
    let people = arguments.iter().find_map(|word| word.parse().ok());
    // One core: what one of them does.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(people.unwrap_or(20_000)))
}

async fn measure(number: usize) -> anyhow::Result<()> {
    let (mut child, issuer) = provider()?;
    let folder = tempfile::tempdir_in(".")?;
    let file = folder.path().join("doorward.toml");
    std::fs::write(&file, configuration(&issuer))?;
    let files = config::Files {
        file,
        environment: BTreeMap::new(),
    };
    let config = Arc::new(
        config::load(&files)
            .map_err(|faults| anyhow::anyhow!("{faults}"))?
            .config,
    );
    let clock = Arc::new(Manual::new(START));
    let (store, seal) = store::open(&config.store, START, &Metrics::new(0)).await?;
    let people = People::new(Arc::clone(&store), seal.clone());
    let before = resident();
    let filling = Instant::now();
    fill(&people, &*store, &config, &issuer, number).await?;
    println!(
        "people                 {number}, linked in {:.1} s",
        filling.elapsed().as_secs_f64()
    );
    println!(
        "memory                 {before} MiB before, {} MiB with all of them on disk",
        resident()
    );
    let (asked, took, busy) = ask(&config, &clock, &people, (store, seal), number).await?;
    println!(
        "questions              {asked} in {:.1} s: {:.0} a second",
        took.as_secs_f64(),
        asked as f64 / took.as_secs_f64()
    );
    println!(
        "processor              {:.0} us each: {:.0} a second and core",
        busy.as_secs_f64() * 1e6 / asked as f64,
        asked as f64 / busy.as_secs_f64()
    );
    println!("memory                 {} MiB afterwards", resident());
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn configuration(issuer: &str) -> String {
    format!(
        r#"
[server]
public_url = "https://app.example.com"
listen = ["127.0.0.1:0"]
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.idp]
kind = "oidc"
issuer = "{issuer}"
client_id = "doorward"
client_secret = "a secret for measurements"
scopes = ["offline_access"]
revalidation = "refresh_token"
userinfo = false
[organizations.acme]
providers = ["idp"]
allow = {{ anyone = true }}
[revalidation]
concurrency = 128
per_second = 100000
"#
    )
}

/// Links everybody, due an hour from the start.
async fn fill(
    people: &People,
    store: &dyn Store,
    config: &Config,
    issuer: &str,
    number: usize,
) -> anyhow::Result<()> {
    let (organization, provider) = (Slug::parse("acme")?, Slug::parse("idp")?);
    let generation = identity::generation(
        config.organizations.get(&organization).unwrap(),
        config.providers.get(&provider).unwrap(),
    );
    let through = Through {
        organization: &organization,
        provider: &provider,
        generation: &generation,
        due_at: Some(START.plus(Duration::from_secs(3_600))),
    };
    for first in (0..number).step_by(AT_ONCE) {
        let mut batch = Batch::new().relaxed();
        for person in first..number.min(first + AT_ONCE) {
            let asserted = asserted(issuer, person);
            let made = people
                .provision(&mut batch, through, &asserted, START)
                .await?;
            made.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        }
        store.commit(batch).await?;
    }
    Ok(())
}

fn asserted(issuer: &str, person: usize) -> Asserted {
    let email = format!("person-{person}@acme.example");
    let claims = serde_json::json!({ "sub": format!("person-{person}"), "email": email, "department": "sales" });
    Asserted {
        issuer: issuer.to_owned(),
        subject: Subject::parse(&format!("person-{person}")).unwrap(),
        email: Some(email),
        email_verified: true,
        name: Some(format!("Person {person}")),
        preferred_username: None,
        groups: Some(vec!["staff".to_owned(), "sales".to_owned()]),
        groups_are_teams: false,
        hosted_domain: None,
        tenants: Vec::new(),
        claims: claims.as_object().unwrap().clone(),
        authenticated_at: START,
        proof: provider::Proof::default(),
        provider_session: None,
        tokens: Tokens {
            access: Some(Secret::new("a".repeat(43))),
            refresh: Some(Secret::new(format!("{person:043}"))),
            ..Tokens::default()
        },
    }
}

/// Asks about everybody. Questions, how long it took, and how busy this process was.
async fn ask(
    config: &Arc<Config>,
    clock: &Arc<Manual>,
    people: &People,
    (store, seal): (Arc<dyn Store>, store::Seal),
    number: usize,
) -> anyhow::Result<(usize, Duration, Duration)> {
    let shared: Arc<dyn Clock> = clock.clone();
    let (tasks, metrics) = (Tasks::new(), Metrics::new(0));
    let providers = provider::Shared {
        metrics: metrics.clone(),
        clock: Arc::clone(&shared),
        tasks: tasks.clone(),
        roots: provider::http::Roots::default(),
        written: provider::Written::ByOperator,
    };
    let mut built = BTreeMap::new();
    for provider in config.providers.values() {
        built.insert(provider.id.clone(), provider::build(provider, &providers)?);
    }
    let sessions = Sessions::new(
        store,
        seal,
        people.clone(),
        Settings::of(config),
        metrics.clone(),
    );
    let revalidation = Revalidation::new(Parts {
        config: Arc::clone(config),
        clock: shared,
        people: people.clone(),
        sessions: Arc::new(sessions),
        providers: built,
        metrics: metrics.clone(),
        tasks: tasks.clone(),
    });
    clock.advance(Duration::from_secs(3_601));
    let stop = CancellationToken::new();
    let (began, busy) = (Instant::now(), processor());
    let work = tasks.spawn(revalidation.work(stop.clone()));
    let provider = Slug::parse("idp")?;
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if people.due(&provider, clock.now(), 1).await?.is_empty() {
            if confirmed(&metrics) >= number {
                break;
            }
            // A connection that the provider was too busy to take: whoever it was for is asked again.
            clock.advance(Duration::from_secs(1));
        }
    }
    stop.cancel();
    work.await?;
    let (took, spent) = (began.elapsed(), processor().saturating_sub(busy));
    tasks.finish(Duration::from_secs(10)).await;
    Ok((confirmed(&metrics), took, spent))
}

/// How many questions were answered with a yes.
fn confirmed(metrics: &Metrics) -> usize {
    let line = "doorward_identity_checks_total{provider=\"idp\",result=\"valid\",reason=\"\"} ";
    let text = metrics.encode();
    let counted = text
        .lines()
        .find_map(|row| row.strip_prefix(line)?.parse().ok());
    counted.unwrap_or_default()
}

/// Processor time of this process, all threads.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = [11, 12]
        .iter()
        .map(|&index: &usize| fields.get(index).unwrap().parse::<u64>().unwrap())
        .sum();
    // USER_HZ is 100 on every Linux that anybody meets.
    Duration::from_millis(ticks * 10)
}

/// Memory of this process, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// This program again, as a provider.
fn provider() -> anyhow::Result<(Child, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("provider")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line)?;
    Ok((child, line.trim().to_owned()))
}

/// Answers discovery, keys and refreshes, until whoever started it is gone.
fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let issuer = format!("http://{}", listener.local_addr()?);
    println!("{issuer}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The other end of this pipe is the one who asks.
            drop(std::io::stdin().read_to_end(&mut Vec::new()));
            std::process::exit(0);
        });
        for stream in listener.incoming().flatten() {
            let issuer = issuer.clone();
            scope.spawn(move || drop(talk(stream, &issuer)));
        }
    });
    Ok(())
}

fn talk(mut stream: TcpStream, issuer: &str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    for number in 0_u64.. {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut field = String::new();
            reader.read_line(&mut field)?;
            let field = field.trim().to_ascii_lowercase();
            if field.is_empty() {
                break;
            }
            if let Some(value) = field.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        let body = match first.split(' ').nth(1).unwrap_or_default() {
            "/token" => format!(
                r#"{{"access_token":"{number:043}","token_type":"Bearer","expires_in":3600,"refresh_token":"{number:043}"}}"#
            ),
            "/jwks" => r#"{"keys":[]}"#.to_owned(),
            _ => format!(
                r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/authorize","token_endpoint":"{issuer}/token","jwks_uri":"{issuer}/jwks","response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}}"#
            ),
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
    }
    Ok(())
}
