//! Reads: many callers, few threads.
//!
//! A read takes microseconds when its page is in memory; handing it to a thread and waking whoever waits costs more than
//! that. So a thread that has begun to read goes on with what has queued up meanwhile, and another helps only when more
//! waits than one gets done, as when the disk is slow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use super::writer::Writer;

/// Threads that read at the same time. Each is one of the blocking pool, which others need too.
const HANDS: usize = 16;

/// So many reads wait for one hand before another helps.
const PER_HAND: usize = 4;

/// One read. It looks itself whether anybody still waits for it.
pub(super) type Job = Box<dyn FnOnce(&Writer) + Send>;

/// The queue of reads.
pub(super) struct Reader {
    writer: Arc<Writer>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    hands: usize,
}

impl Reader {
    pub(super) fn new(writer: Arc<Writer>) -> Self {
        Self {
            writer,
            queue: Mutex::default(),
        }
    }

    /// Queues a read. One that never runs, because the runtime shuts down, drops what would answer.
    pub(super) fn submit(self: &Arc<Self>, job: Job, runtime: &Handle) {
        let mut queue = self.lock();
        queue.waiting.push_back(job);
        let wanted = queue.waiting.len().div_ceil(PER_HAND).min(HANDS);
        if queue.hands < wanted {
            queue.hands += 1;
            drop(queue);
            let hand = Hand(Some(Arc::clone(self)));
            // Not waited for: its work is what the reads answer, and the runtime waits for it when it shuts down.
            drop(runtime.spawn_blocking(move || hand.work()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A read that panics does so outside the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who reads until nothing waits.
struct Hand(Option<Arc<Reader>>);

impl Hand {
    fn work(mut self) {
        while let Some(reader) = &self.0 {
            let mut queue = reader.lock();
            if let Some(job) = queue.waiting.pop_front() {
                drop(queue);
                job(&reader.writer);
            } else {
                // Under the same lock under which a read is queued: whoever comes next sees one hand less.
                queue.hands = queue.hands.saturating_sub(1);
                drop(queue);
                self.0 = None;
            }
        }
    }
}

impl Drop for Hand {
    /// In good order there is nothing to do. Without it (a read panicked, or the runtime shut down before the hand began)
    /// nobody might come for what waits: unless another hand is there, whoever asked learns that there is no answer.
    fn drop(&mut self) {
        if let Some(reader) = self.0.take() {
            let mut queue = reader.lock();
            queue.hands = queue.hands.saturating_sub(1);
            let others = queue.hands > 0;
            let given_up = if others {
                VecDeque::new()
            } else {
                std::mem::take(&mut queue.waiting)
            };
            drop(queue);
            drop(given_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::super::{compaction, folder};
    use super::*;
    use crate::clock::Timestamp;

    fn reader() -> (Arc<Reader>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let limits = compaction::Limits::default();
        let opened = folder::open(&folder.path().join("data"), Timestamp::EPOCH, limits).unwrap();
        let writer = Arc::new(Writer::new(opened));
        (Arc::new(Reader::new(writer)), folder)
    }

    /// A read that answers when it runs.
    fn plain(reader: &Arc<Reader>) -> oneshot::Receiver<()> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |_: &Writer| answer.send(()).unwrap_or_default());
        reader.submit(job, &Handle::current());
        answered
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_read_is_done_whoever_comes_when() {
        let (reader, _folder) = reader();
        for round in 0..300 {
            let reads: Vec<_> = (0..round % 7 + 1).map(|_| plain(&reader)).collect();
            for read in reads {
                read.await.unwrap();
            }
        }
        assert_eq!(reader.lock().waiting.len(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_read_that_hangs_holds_up_a_few_and_not_all() {
        let (reader, _folder) = reader();
        let (let_go, hold) = mpsc::channel::<()>();
        let slow = Box::new(move |_: &Writer| hold.recv().unwrap_or_default());
        reader.submit(slow, &Handle::current());
        let reads: Vec<_> = (0..3 * PER_HAND).map(|_| plain(&reader)).collect();
        for read in reads {
            read.await.unwrap();
        }
        let_go.send(()).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_read_that_panics_is_not_the_last_one() {
        let (reader, _folder) = reader();
        reader.submit(Box::new(|_| panic!("a test")), &Handle::current());
        // Either given up with the one that panicked, or done.
        drop(plain(&reader).await);
        while reader.lock().hands > 0 {
            tokio::task::yield_now().await;
        }
        plain(&reader).await.unwrap();
    }
}
