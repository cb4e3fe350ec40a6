//! Background work that is named, waited for and told to stop.
//!
//! Owns: every task of the process. Nothing else may spawn (clippy bans `tokio::spawn`), so stopping is complete when
//! [`Tasks::finish`] returns. Invariant: no work is detached.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::rarely::Rarely;
use crate::workers::Workers;

/// The tasks of one application, with the signal that ends them. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    workers: Option<Workers>,
}

impl Tasks {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with threads of their own for connections.
    pub fn with(workers: Workers) -> Self {
        Self {
            workers: Some(workers),
            ..Self::default()
        }
    }

    /// These tasks without the threads for connections: for what operators ask, which must not be in a visitor's way.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self {
            workers: None,
            ..self.clone()
        }
    }

    /// In how many places requests are served, the runtime of the process among them.
    pub fn places(&self) -> usize {
        self.workers.as_ref().map_or(0, Workers::count) + 1
    }

    /// Starts what serves a connection: where it stays, if there are threads for that.
    pub fn serve<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(workers) = &self.workers else {
            drop(self.spawn(work));
            return;
        };
        let work = self.tracker.track_future(work.in_current_span());
        drop(workers.deal(work));
    }

    /// Starts a task in the current span. It is waited for by [`Tasks::finish`].
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that spawns"
    )]
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(self.tracker.track_future(work.in_current_span()))
    }

    /// Starts the work that a library hands over: connections of a pool, streams of HTTP/2. It belongs to no span, since
    /// it outlives what caused it, and is dropped at the signal to stop, since nothing else would end it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that spawns"
    )]
    fn spawn_for_library<F>(&self, work: F)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let stop = self.stop.clone();
        tokio::spawn(self.tracker.track_future(async move {
            let stopped = pin!(stop.cancelled());
            let mut stopped = Rarely::new(stopped);
            tokio::select! {
                biased;
                () = &mut stopped => {}
                _ = work => {}
            }
        }));
    }

    /// The signal to stop: background loops end when it is cancelled.
    pub const fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Tells every task to stop and waits for them, at most `grace`. True if all ended in time.
    pub async fn finish(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait())
            .await
            .is_ok()
    }
}

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, work: F) {
        self.spawn_for_library(work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn finishing_waits_for_the_work() {
        let tasks = Tasks::new();
        let stop = tasks.stopping().clone();
        let task = tasks.spawn(async move {
            stop.cancelled().await;
            7
        });
        assert!(tasks.finish(Duration::from_secs(5)).await);
        assert_eq!(task.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_of_a_library_ends_at_the_signal() {
        let tasks = Tasks::new();
        hyper::rt::Executor::execute(&tasks, std::future::pending::<()>());
        assert!(tasks.finish(Duration::from_secs(5)).await);
    }
}
