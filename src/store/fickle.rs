//! A store for tests of other rooms: it lets others go first, and its disk can fill up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Answer, Batch, Error, Keys, Memory, Pair, Store, Table};

/// Keeps the promises of the contract as awkwardly as can be; but a batch is handed over only when its answer is awaited.
#[derive(Debug)]
pub(crate) struct Fickle {
    inner: Arc<dyn Store>,
    /// State of the sequence that says how often the next answer waits; none if it never does.
    wavering: AtomicU64,
    commits: AtomicU64,
    full: AtomicBool,
    silent: AtomicBool,
    unreadable: AtomicBool,
}

impl Fickle {
    /// Answers at once.
    pub(crate) fn steady() -> Self {
        Self::over(Arc::new(Memory::new()), 0)
    }

    /// Answers after up to three turns of the other tasks, before and after the deed; `seed` says which.
    pub(crate) fn wavering(seed: u64) -> Self {
        Self::over(Arc::new(Memory::new()), seed | 1)
    }

    fn over(inner: Arc<dyn Store>, seed: u64) -> Self {
        Self {
            inner,
            wavering: AtomicU64::new(seed),
            commits: AtomicU64::new(0),
            full: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            unreadable: AtomicBool::new(false),
        }
    }

    /// How many batches came.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Whether the disk is full: nothing is written, everything is read.
    pub(crate) fn fill_up(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// Whether it does not say that it has written: what it answers leaves the outcome open.
    pub(crate) fn fall_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Whether reading fails.
    pub(crate) fn unread(&self, unreadable: bool) {
        self.unreadable.store(unreadable, Ordering::SeqCst);
    }

    /// Everything in some tables.
    pub(crate) async fn dump(&self, tables: &[Table]) -> Vec<Pair> {
        let mut all = Vec::new();
        for &table in tables {
            all.extend(self.inner.range(table, Keys::all(), 10_000).await.unwrap());
        }
        all
    }

    async fn waver(&self) {
        // Numerical Recipes' generator: which turn is taken matters, not how well it is mixed.
        let step = |state: u64| {
            (state != 0).then(|| {
                state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407)
                    | 1
            })
        };
        let order = Ordering::SeqCst;
        let turns = self.wavering.fetch_update(order, order, step).unwrap_or(0) >> 62;
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    fn readable(&self) -> Result<(), Error> {
        if self.unreadable.load(Ordering::SeqCst) {
            return Err(Error::Io(std::io::Error::other("cannot read")));
        }
        Ok(())
    }
}

impl Store for Fickle {
    fn get(&self, table: Table, key: &[u8]) -> Answer<'_, Option<Vec<u8>>> {
        let key = key.to_vec();
        Box::pin(async move {
            self.waver().await;
            self.readable()?;
            let found = self.inner.get(table, &key).await;
            self.waver().await;
            found
        })
    }

    fn range(&self, table: Table, keys: Keys, limit: usize) -> Answer<'_, Vec<Pair>> {
        Box::pin(async move {
            self.waver().await;
            self.readable()?;
            self.inner.range(table, keys, limit).await
        })
    }

    fn commit(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            self.waver().await;
            self.commits.fetch_add(1, Ordering::SeqCst);
            if self.full.load(Ordering::SeqCst) {
                return Err(Error::Io(std::io::ErrorKind::StorageFull.into()));
            }
            let done = self.inner.commit(batch).await;
            self.waver().await;
            if self.silent.load(Ordering::SeqCst) {
                done?;
                return Err(Error::Io(std::io::ErrorKind::TimedOut.into()));
            }
            done
        })
    }

    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn health(&self) -> Result<(), Error> {
        self.inner.health()
    }
}
