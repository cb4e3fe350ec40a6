//! The store on disk: sled 0.34.7, made trustworthy.
//!
//! What sled does not do by itself is done here. Its `flush` ends before the drive has written: `writer` syncs the log
//! file after it, once for all commits that wait. Its calls block: they run on the blocking pool, few at a time (`reader`). A torn
//! snapshot keeps it shut for ever, and a missing file makes it begin an empty store: `folder` looks before it opens.
//! It never gives space back: `compaction` does, at the start, by what it has counted before.

mod compaction;
mod folder;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::compaction::Counting;
use self::reader::Reader;
use self::writer::Writer;
use super::pending;
use super::{Answer, Batch, Error, Keys, Pair, Store, Table, blocking};
use crate::clock::Timestamp;

/// A read that takes longer has met a disk that hangs.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than a read: a commit waits for those before it and for the drive.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Bounds sled's memory; it would take 1 GiB. Whatever is read for each request is cached by its owner.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// How often sled writes what was committed relaxed, and tidies its file.
const FLUSH_EVERY_MS: u64 = 500;

/// Size of a segment of sled's log. A page longer than a quarter of it would become a file of its own that is never
/// synced. A page holds up to about 20 records (it splits beyond 16, and merges below 4), so a quarter must be more
/// than 20 × [`super::MAX_VALUE_BYTES`].
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// Records on disk.
pub struct Sled {
    writer: Arc<Writer>,
    reader: Arc<Reader>,
    runtime: Handle,
    _counting: Counting,
}

impl Sled {
    /// Opens the store in a folder, or makes one if the folder is absent or empty. `now` is written down if it is new.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it, [`Error::Damaged`] if the contents are not whole or not ours,
    /// [`Error::Newer`] if a newer program wrote them, [`Error::Io`] if the disk refuses. A store that was there is
    /// never replaced by an empty one.
    ///
    /// # Cancel safety
    /// Dropping the future leaves a store that opens the next time.
    pub async fn open(path: &Path, now: Timestamp) -> Result<Self, Error> {
        Self::open_with(path, now, compaction::Limits::default()).await
    }

    async fn open_with(
        path: &Path,
        now: Timestamp,
        limits: compaction::Limits,
    ) -> Result<Self, Error> {
        let path = path.to_owned();
        let opened = blocking(move || folder::open(&path, now, limits)).await?;
        Self::of(opened, limits)
    }

    fn of(opened: folder::Opened, limits: compaction::Limits) -> Result<Self, Error> {
        let writer = Arc::new(Writer::new(opened));
        Ok(Self {
            _counting: Counting::begin(&writer, limits)?,
            reader: Arc::new(Reader::new(Arc::clone(&writer))),
            writer,
            runtime: Handle::current(),
        })
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Writer) -> Result<T, Error> + Send + 'static,
    ) -> Answer<'_, T> {
        let answer = async move {
            let (answer, answered) = oneshot::channel();
            let job = move |writer: &Writer| {
                // Nobody waits when the caller went away or the time is over.
                if !answer.is_closed() {
                    let _ = answer.send(work(writer));
                }
            };
            self.reader.submit(Box::new(job), &self.runtime);
            answered.await.unwrap_or_else(|_dropped| {
                Err(Error::Io(io::Error::other("the read was given up")))
            })
        };
        Box::pin(async { timeout(READ_TIMEOUT, answer).await.unwrap_or_else(late) })
    }
}

impl Store for Sled {
    fn get(&self, table: Table, key: &[u8]) -> Answer<'_, Option<Vec<u8>>> {
        let address = pending::address(table, key);
        self.read(move |writer| writer.get(&address))
    }

    fn range(&self, table: Table, keys: Keys, limit: usize) -> Answer<'_, Vec<Pair>> {
        match pending::span(table, keys) {
            Some(span) => self.read(move |writer| writer.range(span, limit)),
            None => Box::pin(std::future::ready(Ok(Vec::new()))),
        }
    }

    fn commit(&self, batch: Batch) -> Answer<'_, ()> {
        let (answer, answered) = oneshot::channel();
        if let Err(error) = self.writer.submit(batch, answer, &self.runtime) {
            return Box::pin(std::future::ready(Err(error)));
        }
        Box::pin(async {
            match timeout(COMMIT_TIMEOUT, answered).await {
                Ok(answer) => answer.unwrap_or_else(|_dropped| {
                    Err(Error::Io(io::Error::other("the store's writer has ended")))
                }),
                Err(elapsed) => late(elapsed),
            }
        })
    }

    fn size_bytes(&self) -> u64 {
        self.writer.size_bytes()
    }

    fn health(&self) -> Result<(), Error> {
        self.writer.health()
    }
}

fn late<T>(elapsed: tokio::time::error::Elapsed) -> Result<T, Error> {
    Err(Error::Io(io::Error::new(io::ErrorKind::TimedOut, elapsed)))
}

/// How sled is set up, wherever its files are.
fn settings(path: &Path) -> ::sled::Config {
    ::sled::Config::new()
        .path(path)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(Some(FLUSH_EVERY_MS))
        .segment_size(SEGMENT_BYTES)
}

/// What a failure of sled means to us.
fn failure(error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(error) => Error::Io(error),
        ::sled::Error::Corruption { .. } => {
            Error::Damaged("its files do not fit their checksums".to_owned())
        }
        ::sled::Error::CollectionNotFound(_) => Error::Damaged("its table is missing".to_owned()),
        ::sled::Error::Unsupported(text) | ::sled::Error::ReportableBug(text) => {
            Error::Damaged(text)
        }
    }
}

/// Never the contents, which sled's own `Debug` would print.
impl fmt::Debug for Sled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sled").finish_non_exhaustive()
    }
}
