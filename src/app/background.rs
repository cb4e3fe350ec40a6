//! Work that no request waits for: what is over goes, keys turn, and what was only in memory is written down.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Current;
use super::foundation::Foundation;
use crate::audit;
use crate::clock::Timestamp;
use crate::store::{self, Batch, Swept, Table};
use crate::traces::Traces;

/// How often it looks for something to do.
const TICK: Duration = Duration::from_secs(15);

/// Work that no request waits for.
pub(super) struct Background {
    foundation: Arc<Foundation>,
    current: Current,
}

impl Background {
    pub(super) fn new(foundation: &Arc<Foundation>, current: &Current) -> Self {
        Self {
            foundation: Arc::clone(foundation),
            current: Arc::clone(current),
        }
    }

    pub(super) async fn work(self, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            self.turn().await;
        }
    }

    async fn turn(&self) {
        let Foundation {
            clock,
            store,
            sessions,
            traces,
            ..
        } = &*self.foundation;
        let snapshot = self.current.load_full();
        snapshot.pipeline.tidy();
        snapshot.drafts.tidy();
        if let Err(error) = snapshot.minter.rotate().await {
            error!(
                error = &error as &dyn std::error::Error,
                "the signing keys could not be looked after"
            );
        }
        if let Err(error) = sessions.write_behind().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the last use of sessions was not written down"
            );
        }
        write_traces(traces).await;
        let now = clock.now();
        match store::sweep(&**store, now, Table::Sessions).await {
            Ok(swept) => self.tell(swept, now).await,
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "expired records were not removed"
            ),
        }
    }

    /// What was still there of sessions had ended without anybody ending it.
    async fn tell(&self, swept: Swept, now: Timestamp) {
        if let Err(error) = self.foundation.sessions.lapsed(swept.removed, now).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the end of sessions could not be recorded"
            );
        }
    }
}

pub(super) async fn write_traces(traces: &Traces) {
    if let Err(error) = traces.write_behind().await {
        warn!(
            error = &error as &dyn std::error::Error,
            "traces of sign-ins were not written down"
        );
    }
}

/// Writes that the process did something.
pub(super) async fn record(foundation: &Foundation, kind: audit::Kind) {
    let now = foundation.clock.now();
    let mut batch = Batch::new();
    batch.audit(audit::Event::new(now, kind, audit::Actor::System));
    if let Err(error) = foundation.store.commit(batch).await {
        error!(
            error = &error as &dyn std::error::Error,
            "the audit trail could not be written"
        );
    }
}
