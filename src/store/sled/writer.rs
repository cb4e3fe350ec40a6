//! Commits: many callers, one writer at a time, one trip to the drive for all that wait.
//!
//! `submit` queues a batch and, if nobody is writing, starts a leader on the blocking pool. The leader takes what has
//! queued up, decides it in order, applies it as one write of sled (so that it is atomic over a crash), brings it to
//! stable storage and answers; meanwhile the next group queues up. After the first failure of the disk nothing is
//! written any more: what a failed sync left behind is not known until the store is opened again.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::failure;
use super::folder::{Folder, Opened, mark_bytes};
use crate::audit::Head;
use crate::store::pending::{self, Changes, Pending, Span};
use crate::store::{Batch, Durability, Error, Pair};

/// Batches that may wait. At the slowest drive worth using this is a few seconds of work.
const QUEUE_BATCHES: usize = 1024;

/// Bytes that may wait.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;

/// Batches in one write: readers wait while it is applied, which takes some microseconds for each record.
const GROUP_BATCHES: usize = 128;

/// Where a commit's outcome goes.
type Answer = oneshot::Sender<Result<(), Error>>;

/// The open store.
pub(super) struct Writer {
    db: ::sled::Db,
    /// sled's log file, for the sync that its flush leaves out.
    log: File,
    /// Audit sequence that is known to be on stable storage; see `folder`.
    mark: File,
    /// End of the audit trail. Locked by the leader alone, for as long as it writes.
    head: Mutex<Head>,
    queue: Mutex<Queue>,
    fault: Mutex<Option<Fault>>,
    /// Last: the folder is released when the engine is gone.
    folder: Folder,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    pen: Pen,
}

/// Who may write.
#[derive(Default)]
enum Pen {
    /// Whoever submits next.
    #[default]
    Free,
    /// A [`Leader`].
    Taken,
}

struct Waiting {
    batch: Batch,
    bytes: usize,
    answer: Answer,
}

/// The first failure, which is the answer to every commit after it.
#[derive(Clone)]
enum Fault {
    Io(io::ErrorKind, String),
    Damaged(String),
}

impl Writer {
    pub(super) fn new(opened: Opened) -> Self {
        Self {
            db: opened.db,
            log: opened.log,
            mark: opened.mark,
            head: Mutex::new(opened.head),
            queue: Mutex::default(),
            fault: Mutex::default(),
            folder: opened.folder,
        }
    }

    /// Queues a batch; its outcome goes to `answer`.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Busy`], or the failure that ended writing: the batch is not queued.
    pub(super) fn submit(
        self: &Arc<Self>,
        batch: Batch,
        answer: Answer,
        runtime: &Handle,
    ) -> Result<(), Error> {
        let bytes = pending::measure(&batch)?;
        self.health()?;
        let mut queue = lock(&self.queue);
        let total = queue.bytes.saturating_add(bytes);
        if queue.waiting.len() >= QUEUE_BATCHES || total > QUEUE_BYTES {
            return Err(Error::Busy);
        }
        queue.bytes = total;
        queue.waiting.push_back(Waiting {
            batch,
            bytes,
            answer,
        });
        let leader = match std::mem::replace(&mut queue.pen, Pen::Taken) {
            Pen::Free => Some(Leader(Some(Arc::clone(self)))),
            Pen::Taken => None,
        };
        drop(queue);
        if let Some(leader) = leader {
            // Not waited for: its work is what `answer` reports, and the runtime waits for it when it shuts down.
            drop(runtime.spawn_blocking(move || leader.lead()));
        }
        Ok(())
    }

    pub(super) fn get(&self, address: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let value = self.db.get(address).map_err(|error| self.failed(error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    pub(super) fn range(&self, span: Span, limit: usize) -> Result<Vec<Pair>, Error> {
        self.db
            .range(span)
            .take(limit)
            .map(|pair| {
                let (address, value) = pair.map_err(|error| self.failed(error))?;
                Ok((address.iter().skip(1).copied().collect(), value.to_vec()))
            })
            .collect()
    }

    /// The engine, for whoever reads it whole.
    pub(super) const fn db(&self) -> &::sled::Db {
        &self.db
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.log.metadata().map_or(0, |metadata| metadata.len())
    }

    pub(super) fn health(&self) -> Result<(), Error> {
        if let Some(fault) = &*lock(&self.fault) {
            return Err(fault.to_error());
        }
        // Failures of sled's own thread, which writes what was committed relaxed.
        self.db
            .context
            .global_error()
            .map_err(|error| self.failed(error))
    }

    /// What a leader writes next; `None` hands the pen back, under the same lock under which a batch is queued.
    fn take_group(&self) -> Option<Vec<Waiting>> {
        let mut queue = lock(&self.queue);
        if queue.waiting.is_empty() {
            queue.pen = Pen::Free;
            return None;
        }
        let count = queue.waiting.len().min(GROUP_BATCHES);
        let group: Vec<Waiting> = queue.waiting.drain(..count).collect();
        let bytes = group.iter().map(|waiting| waiting.bytes).sum();
        queue.bytes = queue.bytes.saturating_sub(bytes);
        Some(group)
    }

    /// Decides a group in order, writes what may be written, answers everybody.
    fn write(&self, group: Vec<Waiting>) {
        let mut head = lock(&self.head);
        let mut pending = Pending::after(head.clone());
        let (mut relaxed, mut flushed) = (Vec::new(), Vec::new());
        for Waiting { batch, answer, .. } in group {
            let answers = match batch.durability {
                Durability::Relaxed => &mut relaxed,
                Durability::Flushed => &mut flushed,
            };
            match pending.admit(batch, |address| self.get(address)) {
                Ok(()) => answers.push(answer),
                Err(error) => reply(answer, Err(error)),
            }
        }
        let (changes, next) = pending.into_parts();
        let applied = self.apply(changes);
        if applied.is_ok() {
            *head = next;
        }
        self.reply_all(relaxed, &applied);
        if !flushed.is_empty() {
            let outcome = applied.and_then(|()| self.flush(head.sequence));
            self.reply_all(flushed, &outcome);
        }
    }

    /// One write of sled: all of it is found after a crash, or nothing.
    fn apply(&self, changes: Changes) -> Result<(), Fault> {
        self.health().map_err(|error| Fault::from(&error))?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut batch = ::sled::Batch::default();
        for (address, value) in changes {
            match value {
                Some(value) => batch.insert(address, value),
                None => batch.remove(address),
            }
        }
        self.db
            .apply_batch(batch)
            .map_err(|error| self.fail(&failure(error)))
    }

    /// Brings everything that was applied to stable storage. sled's flush hands its buffer to the kernel and starts
    /// writing, but does not make the drive empty its own cache: that is `sync_data`.
    fn flush(&self, sequence: u64) -> Result<(), Fault> {
        self.db
            .flush()
            .map_err(|error| self.fail(&failure(error)))?;
        self.log
            .sync_data()
            .and_then(|()| self.mark.write_all_at(&mark_bytes(sequence), 0))
            .map_err(|error| self.fail(&Error::Io(error)))
    }

    fn reply_all(&self, answers: Vec<Answer>, outcome: &Result<(), Fault>) {
        for answer in answers {
            reply(answer, outcome.clone().map_err(|fault| fault.to_error()));
        }
    }

    fn failed(&self, error: ::sled::Error) -> Error {
        self.fail(&failure(error)).to_error()
    }

    /// Remembers the first failure; answers with it from then on.
    fn fail(&self, error: &Error) -> Fault {
        let mut fault = lock(&self.fault);
        fault
            .get_or_insert_with(|| {
                tracing::error!(
                    folder = %self.folder.path().display(),
                    error = error as &dyn std::error::Error,
                    "the store has failed and writes nothing until the process is restarted"
                );
                Fault::from(error)
            })
            .clone()
    }
}

/// The one who writes, until there is nothing left to write.
struct Leader(Option<Arc<Writer>>);

impl Leader {
    fn lead(mut self) {
        while let Some(writer) = &self.0 {
            match writer.take_group() {
                Some(group) => writer.write(group),
                None => self.0 = None,
            }
        }
    }
}

impl Drop for Leader {
    /// In good order there is nothing to do. Without it (the engine panicked, or the runtime shut down before the
    /// leader began) nobody would answer those who wait, and nobody could lead after.
    fn drop(&mut self) {
        let Some(writer) = self.0.take() else {
            return;
        };
        if std::thread::panicking() {
            writer.fail(&Error::Damaged("the engine gave up".to_owned()));
        }
        *lock(&writer.queue) = Queue::default();
    }
}

impl Fault {
    fn to_error(&self) -> Error {
        match self {
            Self::Io(kind, text) => Error::Io(io::Error::new(*kind, text.clone())),
            Self::Damaged(text) => Error::Damaged(text.clone()),
        }
    }
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        match error {
            Error::Io(error) => Self::Io(error.kind(), error.to_string()),
            Error::Damaged(text) => Self::Damaged(text.clone()),
            other => Self::Damaged(other.to_string()),
        }
    }
}

fn reply(answer: Answer, outcome: Result<(), Error>) {
    // Nobody listens when the caller went away; the batch stands all the same.
    let _ = answer.send(outcome);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held ends writing (`Leader::drop`), so nothing half-done is built upon.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::{compaction, folder};
    use super::*;
    use crate::clock::Timestamp;
    use crate::store::Table;

    fn writer() -> (Arc<Writer>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let limits = compaction::Limits::default();
        let opened = folder::open(&folder.path().join("data"), Timestamp::EPOCH, limits).unwrap();
        (Arc::new(Writer::new(opened)), folder)
    }

    fn batch(key: u64) -> Batch {
        let mut batch = Batch::new();
        batch.put(Table::Runs, key.to_be_bytes(), b"value");
        batch
    }

    fn submit(
        writer: &Arc<Writer>,
        runtime: &Handle,
        key: u64,
    ) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (answer, answered) = oneshot::channel();
        writer.submit(batch(key), answer, runtime)?;
        Ok(answered)
    }

    #[tokio::test]
    async fn inv_54_the_queue_is_bounded() {
        let (writer, _folder) = writer();
        let runtime = Handle::current();
        let mut accepted = Vec::new();
        {
            // The leader waits here with its first group.
            let _head = lock(&writer.head);
            let refused = loop {
                match submit(&writer, &runtime, accepted.len() as u64) {
                    Ok(answered) => accepted.push(answered),
                    Err(error) => break error,
                }
            };
            assert!(matches!(refused, Error::Busy), "{refused:?}");
            assert!(accepted.len() <= QUEUE_BATCHES + GROUP_BATCHES);
        }
        for answered in accepted {
            answered.await.unwrap().unwrap();
        }
        let again = submit(&writer, &runtime, 0).unwrap();
        again.await.unwrap().unwrap();
    }

    #[test]
    fn a_leader_that_never_ran_leaves_the_pen_to_the_next() {
        let (writer, _folder) = writer();
        let gone = tokio::runtime::Runtime::new().unwrap();
        let handle = gone.handle().clone();
        gone.shutdown_background();
        let answered = submit(&writer, &handle, 1).unwrap();
        assert!(
            answered.blocking_recv().is_err(),
            "whoever waits learns that there is no answer"
        );
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let answered = submit(&writer, runtime.handle(), 2).unwrap();
        answered.blocking_recv().unwrap().unwrap();
    }
}
