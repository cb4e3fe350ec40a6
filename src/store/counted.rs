//! Any store under measure: how long it takes, what fails, and what gets into the audit trail.

use std::sync::Arc;

use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;

use super::{Answer, Batch, Error, Keys, Pair, Store, Table};
use crate::audit;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{AuditKind, Operation, StoreError};

/// Hands everything on, and counts what comes back. An answer that nobody waits for any more is not counted.
#[derive(Debug)]
pub(super) struct Counted {
    inner: Arc<dyn Store>,
    metrics: Metrics,
    get: Measure,
    range: Measure,
    commit: Measure,
}

/// What one operation is measured with.
#[derive(Debug)]
struct Measure {
    operation: &'static str,
    duration: Histogram,
}

/// What can fail while a store is open, so that there is a zero before there is a first.
const REASONS: [&str; 4] = ["busy", "damaged", "io", "too_large"];

impl Counted {
    pub(super) fn over(inner: Arc<dyn Store>, metrics: Metrics) -> Self {
        let measure = |operation| {
            for reason in REASONS {
                let labels = StoreError { operation, reason };
                drop(metrics.store_errors.get_or_create(&labels));
            }
            let labels = Operation { operation };
            let durations = &metrics.store_operation_duration;
            Measure {
                operation,
                duration: durations.get_or_create(&labels).clone(),
            }
        };
        Self {
            get: measure("get"),
            range: measure("range"),
            commit: measure("commit"),
            inner,
            metrics,
        }
    }

    /// Waits for an answer that was asked for at `begun`.
    async fn count<T>(
        &self,
        measure: &Measure,
        begun: Instant,
        answer: Answer<'_, T>,
    ) -> Result<T, Error> {
        let answer = answer.await;
        measure.duration.observe(begun.elapsed().as_secs_f64());
        if let Err(error) = &answer
            && let Some(reason) = reason(error)
        {
            let operation = measure.operation;
            let labels = StoreError { operation, reason };
            self.metrics.store_errors.get_or_create(&labels).inc();
        }
        answer
    }

    /// Counts the events of a batch whose fate is known.
    fn count_events(&self, kinds: Vec<audit::Kind>, outcome: &Result<(), Error>) {
        for kind in kinds {
            match outcome {
                Ok(()) => {
                    let labels = AuditKind { kind: kind.name() };
                    self.metrics.audit_events.get_or_create(&labels).inc();
                }
                // Whoever lost a race tells again.
                Err(Error::Conflict) => {}
                Err(_) => {
                    self.metrics.audit_write_errors.inc();
                }
            }
        }
    }
}

/// The word for what failed; a conflict is no failure.
const fn reason(error: &Error) -> Option<&'static str> {
    match error {
        Error::Conflict => None,
        Error::Busy => Some("busy"),
        Error::TooLarge(_) => Some("too_large"),
        Error::Io(_) => Some("io"),
        Error::Damaged(_)
        | Error::Locked
        | Error::Newer { .. }
        | Error::WrongKey
        | Error::KeyFile(_) => Some("damaged"),
    }
}

impl Store for Counted {
    fn get(&self, table: Table, key: &[u8]) -> Answer<'_, Option<Vec<u8>>> {
        let begun = Instant::now();
        let answer = self.inner.get(table, key);
        Box::pin(self.count(&self.get, begun, answer))
    }

    fn range(&self, table: Table, keys: Keys, limit: usize) -> Answer<'_, Vec<Pair>> {
        let begun = Instant::now();
        let answer = self.inner.range(table, keys, limit);
        Box::pin(self.count(&self.range, begun, answer))
    }

    fn commit(&self, batch: Batch) -> Answer<'_, ()> {
        let begun = Instant::now();
        let kinds = batch.events.iter().map(|event| event.kind).collect();
        // Handed over now, before anybody waits.
        let answer = self.inner.commit(batch);
        Box::pin(async move {
            let outcome = self.count(&self.commit, begun, answer).await;
            self.count_events(kinds, &outcome);
            outcome
        })
    }

    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn health(&self) -> Result<(), Error> {
        self.inner.health()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Kind};
    use crate::clock::Timestamp;
    use crate::store::{Fickle, MAX_VALUE_BYTES, Memory, Sled};

    fn batch(key: &str) -> Batch {
        let event = Event::new(Timestamp::EPOCH, Kind::KeyCreated, Actor::System);
        let mut batch = Batch::new();
        batch
            .expect_absent(Table::Runs, key)
            .put(Table::Runs, key, "value")
            .audit(event);
        batch
    }

    fn has(metrics: &Metrics, line: &str) {
        let text = metrics.encode();
        assert!(text.contains(&format!("{line}\n")), "{line} in:\n{text}");
    }

    const COMMIT_FAILED: &str = "doorward_store_errors_total{operation=\"commit\",reason=";

    #[tokio::test]
    async fn what_both_engines_do_is_counted_alike() {
        let folder = tempfile::tempdir().unwrap();
        let sled = Sled::open(&folder.path().join("data"), Timestamp::EPOCH).await;
        let engines: [Arc<dyn Store>; 2] = [Arc::new(Memory::new()), Arc::new(sled.unwrap())];
        for engine in engines {
            let metrics = Metrics::new(0);
            let store = Counted::over(engine, metrics.clone());
            has(&metrics, &format!("{COMMIT_FAILED}\"io\"}} 0"));
            store.commit(batch("one")).await.unwrap();
            let again = store.commit(batch("one")).await;
            assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
            let mut large = batch("two");
            large.put(Table::Runs, "large", vec![0; MAX_VALUE_BYTES + 1]);
            let large = store.commit(large).await;
            assert!(matches!(large, Err(Error::TooLarge(_))), "{large:?}");
            assert!(store.get(Table::Runs, b"one").await.unwrap().is_some());
            has(
                &metrics,
                "doorward_audit_events_total{kind=\"key.created\"} 1",
            );
            has(&metrics, "doorward_audit_write_errors_total 1");
            has(&metrics, &format!("{COMMIT_FAILED}\"too_large\"}} 1"));
            for (operation, count) in [("commit", 3), ("get", 1), ("range", 0)] {
                let series = "doorward_store_operation_duration_seconds_count";
                has(
                    &metrics,
                    &format!("{series}{{operation=\"{operation}\"}} {count}"),
                );
            }
        }
    }

    #[tokio::test]
    async fn a_full_disk_shows() {
        let fickle = Arc::new(Fickle::steady());
        let metrics = Metrics::new(0);
        let engine: Arc<dyn Store> = fickle.clone();
        let store = Counted::over(engine, metrics.clone());
        fickle.fill_up(true);
        store.commit(batch("one")).await.unwrap_err();
        fickle.unread(true);
        store.get(Table::Runs, b"one").await.unwrap_err();
        has(&metrics, &format!("{COMMIT_FAILED}\"io\"}} 1"));
        has(
            &metrics,
            "doorward_store_errors_total{operation=\"get\",reason=\"io\"} 1",
        );
        has(&metrics, "doorward_audit_write_errors_total 1");
        assert!(!metrics.encode().contains("doorward_audit_events_total{"));
    }
}
