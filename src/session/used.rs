//! When a session was last used: kept in memory, written down behind the requests.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::Error;
use super::live::{Live, LiveGrant};
use super::record::Record;
use super::sessions::Sessions;
use crate::clock::Timestamp;
use crate::store::{self, Batch, Table};

/// How often the last use of a session is written down.
const WRITE_USED_EVERY: Duration = Duration::from_secs(60);

/// Sessions that are written in one batch.
const TOGETHER: usize = 100;

impl Sessions {
    /// Notes that a grant was used.
    pub fn touch(&self, live: &Arc<Live>, grant: &LiveGrant, now: Timestamp) {
        grant.touch(now);
        if live.claim_write(now, WRITE_USED_EVERY) {
            self.known.note_used(live);
        }
    }

    /// Writes down when sessions were last used, and what ended while the store could not be written. Called every so
    /// often and once at the end.
    ///
    /// # Errors
    /// The store's, the first there was. What was not written is tried again the next time; a last use that never is ends
    /// a session early at the worst.
    pub async fn write_behind(&self) -> Result<(), Error> {
        let settled = self.settle().await;
        let used = self.write_used().await;
        self.known.tidy();
        settled.and(used)
    }

    /// What cannot be written waits for the next time, and the rest is written all the same.
    async fn write_used(&self) -> Result<(), Error> {
        let used: Vec<Arc<Live>> = self.known.take_used().into_values().collect();
        let mut result = Ok(());
        for some in used.chunks(TOGETHER) {
            let (mut written, mut left) = self.write_some(some).await;
            if matches!(written, Err(Error::Store(store::Error::Conflict))) {
                // Something of it was ended, rotated or switched meanwhile, which must not cost the others their use.
                (written, left) = (Ok(()), Vec::new());
                for one in some.chunks(1) {
                    let (alone, kept) = self.write_some(one).await;
                    match alone {
                        // The newer record stands (threat model 25).
                        Err(Error::Store(store::Error::Conflict)) => {}
                        Ok(()) | Err(_) => {
                            written = written.and(alone);
                            left.extend(kept);
                        }
                    }
                }
            }
            for live in left {
                self.known.keep_used(live);
            }
            result = result.and(written);
        }
        result
    }

    /// Writes the last use of some sessions in one batch. Returns what was not written, and why the first was not.
    async fn write_some<'a>(
        &self,
        some: &'a [Arc<Live>],
    ) -> (Result<(), Error>, Vec<&'a Arc<Live>>) {
        let records = join_all(some.iter().map(|live| self.read(&live.key))).await;
        let mut batch = Batch::new().relaxed();
        let (mut result, mut left) = (Ok(()), Vec::new());
        for (live, record) in some.iter().zip(records) {
            let added = record.and_then(|record| match record {
                None => Ok(()),
                Some((record, raw)) => self.add_used(&mut batch, live, record, raw),
            });
            if added.is_err() {
                left.push(live);
            }
            result = result.and(added);
        }
        if !batch.is_empty()
            && let Err(error) = self.store.commit(batch).await
        {
            return (Err(error.into()), some.iter().collect());
        }
        (result, left)
    }

    fn add_used(
        &self,
        batch: &mut Batch,
        live: &Live,
        mut record: Record,
        raw: Vec<u8>,
    ) -> Result<(), Error> {
        let state = live.state.load();
        for grant in &mut record.grants {
            let mut grants = state.grants.iter();
            if let Some(live) = grants.find(|it| it.grant().organization == grant.organization) {
                grant.used_at = grant.used_at.max(live.used_at());
            }
        }
        batch.expect_unchanged(Table::Sessions, live.key.as_bytes(), raw);
        self.put(batch, &live.key, &record)
    }
}
