//! How many commits the store on disk takes, each on stable storage before it is answered.
//!
//! `cargo bench --bench store` in a folder on the disk that is to be measured.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints, and starts tasks that live as long as it does"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::clock::Timestamp;
use doorward::store::{Batch, Sled, Store, Table};

/// How long each row is measured.
const SPAN: Duration = Duration::from_secs(3);

/// Size of a sealed session record.
const VALUE_BYTES: usize = 600;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(".")?;
    let store = Arc::new(Sled::open(&folder.path().join("data"), Timestamp::EPOCH).await?);
    println!("committers  durability  commits/s  p50 us  p99 us");
    for relaxed in [false, true] {
        for committers in [1, 8, 64] {
            let (commits, mut times) = measure(&store, committers, relaxed).await?;
            times.sort_unstable();
            let at = |percent: usize| {
                let index = times.len().saturating_mul(percent) / 100;
                times.get(index).map_or(0, Duration::as_micros)
            };
            println!(
                "{committers:>10}  {:<10}  {:>9.0}  {:>6}  {:>6}",
                if relaxed { "relaxed" } else { "flushed" },
                commits as f64 / SPAN.as_secs_f64(),
                at(50),
                at(99)
            );
        }
    }
    Ok(())
}

async fn measure(
    store: &Arc<Sled>,
    committers: u64,
    relaxed: bool,
) -> anyhow::Result<(usize, Vec<Duration>)> {
    let end = Instant::now() + SPAN;
    let tasks = (0..committers).map(|committer| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut times = Vec::new();
            for number in 0_u64.. {
                let begin = Instant::now();
                if begin > end {
                    break;
                }
                let key = [u64::from(relaxed), committers, committer, number]
                    .map(u64::to_be_bytes)
                    .concat();
                let mut batch = Batch::new();
                batch
                    .expect_absent(Table::Sessions, key.as_slice())
                    .put(Table::Sessions, key.as_slice(), vec![7; VALUE_BYTES])
                    .put(Table::SessionsByAccount, key.as_slice(), b"");
                let batch = if relaxed { batch.relaxed() } else { batch };
                store.commit(batch).await?;
                times.push(begin.elapsed());
            }
            Ok::<_, doorward::store::Error>(times)
        })
    });
    let mut all = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        all.extend(task.await??);
    }
    Ok((all.len(), all))
}
