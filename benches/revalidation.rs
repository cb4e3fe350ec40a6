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

mod shared;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::clock::{Clock, Manual, Timestamp};
use doorward::config::{Config, Slug};
use doorward::identity::People;
use doorward::provider;
use doorward::revalidation::{Parts, Revalidation};
use doorward::session::{Sessions, Settings};
use doorward::store::{self, Store};
use doorward::tasks::Tasks;
use doorward::telemetry::Metrics;
use shared::people::{self, Connection};
use shared::provider::Provider;
use tokio_util::sync::CancellationToken;

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The program's own, or its memory would not be what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|word| word == shared::provider::WORD) {
        return shared::provider::serve();
    }
    let people = arguments.iter().find_map(|word| word.parse().ok());
    // One core: what one of them does.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(people.unwrap_or(20_000)))
}

async fn measure(number: usize) -> anyhow::Result<()> {
    let idp = Provider::start()?;
    let folder = tempfile::tempdir_in(".")?;
    let file = folder.path().join("doorward.toml");
    std::fs::write(&file, configuration(&idp.issuer))?;
    let config = Arc::new(people::load(&file)?);
    let clock = Arc::new(Manual::new(START));
    let (store, seal) = store::open(&config.store, START, &Metrics::new(0)).await?;
    let people = People::new(Arc::clone(&store), seal.clone());
    let before = resident();
    let filling = Instant::now();
    let connection = Connection::of(&config, &idp.issuer)?;
    let due = |_| Some(START.plus(Duration::from_secs(3_600)));
    connection
        .link(&people, &*store, number, START, due)
        .await?;
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
    Ok(())
}

fn configuration(issuer: &str) -> String {
    let asked = shared::provider::asked(issuer);
    format!(
        r#"
[server]
public_url = "https://app.example.com"
listen = ["127.0.0.1:0"]
[upstreams.app]
url = "http://127.0.0.1:1"
{asked}
"#
    )
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

/// Memory of this process, in MiB.
fn resident() -> u64 {
    shared::resident(std::process::id()) / 1024
}

fn processor() -> Duration {
    shared::processor(std::process::id())
}
