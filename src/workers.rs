//! The threads that serve connections: a runtime of one thread each, so that a request stays on one core from its first
//! byte to its last, and what it meets there is never locked by another.
//!
//! Owns: the threads, and which of them a connection is dealt to. Leaves to others: accepting (`server`), and all work that is
//! no connection's (`tasks`, on the runtime of the process). Invariant: they end with the last value of this type.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures_util::FutureExt as _;
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// All of them. Clones are the same.
#[derive(Clone, Debug)]
pub struct Workers(Arc<Crew>);

#[derive(Debug)]
struct Crew {
    workers: Vec<Worker>,
    _stop: DropGuard,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// Connections that it has.
    open: Arc<AtomicUsize>,
}

/// One connection of a worker, until it ends.
struct Open(Arc<AtomicUsize>);

thread_local! {
    /// Which worker this thread is; 0: none.
    static PLACE: Cell<usize> = const { Cell::new(0) };
}

/// Threads of one worker that may block: the store has its own on the runtime of the process.
const BLOCKING: usize = 16;

impl Workers {
    /// Starts `count` threads.
    ///
    /// # Errors
    /// The system gives no thread, or no runtime.
    pub fn start(count: NonZeroUsize) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let workers = (1..=count.get()).map(|place| Worker::start(place, stop.clone()));
        Ok(Self(Arc::new(Crew {
            workers: workers.collect::<io::Result<_>>()?,
            _stop: stop.drop_guard(),
        })))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.workers.len()
    }

    /// Gives a connection to the one that has fewest. `None` if there is nobody.
    pub fn deal<F>(&self, work: F) -> Option<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let fewest = |worker: &&Worker| worker.open.load(Ordering::Relaxed);
        let worker = self.0.workers.iter().min_by_key(fewest)?;
        worker.open.fetch_add(1, Ordering::Relaxed);
        let open = Open(Arc::clone(&worker.open));
        // No block around it: that would have room for it twice.
        Some(worker.runtime.spawn(work.map(move |done| {
            drop(open);
            done
        })))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Worker {
    fn start(place: usize, stop: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING)
            .build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name(format!("worker-{place}"))
            .spawn(move || {
                PLACE.set(place);
                runtime.block_on(stop.cancelled());
            })?;
        Ok(Self {
            runtime: handle,
            open: Arc::default(),
        })
    }
}

/// Which worker this thread is, from 1; 0 if it is none.
pub fn place() -> usize {
    PLACE.get()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn connections_are_dealt_evenly_and_stay_on_their_thread() {
        let workers = Workers::start(NonZeroUsize::new(3).unwrap()).unwrap();
        let connections = (0..30).map(|_| {
            let connection = async {
                let before = place();
                sleep(Duration::from_millis(20)).await;
                (before, place())
            };
            workers.deal(connection).unwrap()
        });
        let served = join_all(connections).await;
        let served: Vec<(usize, usize)> = served.into_iter().map(Result::unwrap).collect();
        assert!(served.iter().all(|(before, after)| before == after));
        for worker in 1..=3 {
            assert_eq!(served.iter().filter(|(it, _)| *it == worker).count(), 10);
        }
        assert_eq!(place(), 0, "this thread is no worker");
        // Whoever has gone leaves room.
        let (first, second) = (workers.deal(async {}), workers.deal(async { place() }));
        first.unwrap().await.unwrap();
        assert!((1..=3).contains(&second.unwrap().await.unwrap()));
    }

    #[tokio::test]
    async fn the_threads_end_with_the_last_value() {
        let workers = Workers::start(NonZeroUsize::new(2).unwrap()).unwrap();
        let endless = workers.deal(std::future::pending::<()>()).unwrap();
        drop(workers);
        assert!(endless.await.unwrap_err().is_cancelled());
    }
}
