//! When a session was last used: kept in memory, written down behind the requests.

use std::sync::Arc;
use std::time::Duration;

use super::Error;
use super::live::{Live, LiveGrant};
use super::sessions::Sessions;
use crate::clock::Timestamp;
use crate::store::{self, Batch, Table};

/// How often the last use of a session is written down.
const WRITE_USED_EVERY: Duration = Duration::from_secs(60);

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
    /// The store's. A last use that was not written is lost, which ends a session early at the worst; an end is tried
    /// again the next time.
    pub async fn write_behind(&self) -> Result<(), Error> {
        let settled = self.settle().await;
        let used = self.write_used().await;
        self.known.tidy();
        settled.and(used)
    }

    async fn write_used(&self) -> Result<(), Error> {
        for (key, live) in self.known.take_used() {
            let Some((mut record, raw)) = self.read(&key).await? else {
                continue;
            };
            for grant in &mut record.grants {
                let state = live.state.load();
                let mut grants = state.grants.iter();
                if let Some(live) =
                    grants.find(|live| live.grant().organization == grant.organization)
                {
                    grant.used_at = grant.used_at.max(live.used_at());
                }
            }
            let mut batch = Batch::new().relaxed();
            batch.expect_unchanged(Table::Sessions, key.as_bytes(), raw);
            self.put(&mut batch, &key, &record)?;
            match self.store.commit(batch).await {
                // Ended, rotated or switched in the meantime: the newer record stands (threat model 25).
                Ok(()) | Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }
}
