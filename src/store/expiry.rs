//! What is to be removed when: an index in time order beside the records.

use serde::{Deserialize, Serialize};
use tracing::error;

use super::{Batch, Error, Keys, Pair, Store, Table};
use crate::clock::Timestamp;
use crate::secret;

/// Records that go together.
#[derive(Default, Serialize, Deserialize)]
struct Targets(Vec<(u8, String)>);

impl Batch {
    /// Has `targets` removed some time after `at`, unless they are gone by then. Their keys must never be used again
    /// for something else: removal asks nothing.
    pub fn expire(&mut self, at: Timestamp, targets: &[(Table, Vec<u8>)]) -> &mut Self {
        let list = Targets(
            targets
                .iter()
                .map(|(table, key)| (*table as u8, secret::encode(key)))
                .collect(),
        );
        let first = targets.first().map(|(_, key)| key.as_slice());
        let key = key(at, first.unwrap_or_default());
        // A list of numbers and strings always serialises.
        self.put(
            Table::Expiry,
            key,
            serde_json::to_vec(&list).unwrap_or_default(),
        )
    }

    /// Takes an [`expire`](Self::expire) back, whose first target was `first`: what is removed before its time leaves nothing.
    pub fn unexpire(&mut self, at: Timestamp, first: &[u8]) -> &mut Self {
        self.remove(Table::Expiry, key(at, first))
    }
}

fn key(at: Timestamp, first: &[u8]) -> Vec<u8> {
    [at.as_millis().to_be_bytes().as_slice(), first].concat()
}

/// What a sweep found.
#[derive(Debug, Default)]
pub struct Swept {
    /// Entries whose time was over.
    pub entries: usize,
    /// What was still there of the table that the caller watches, by the time that it was removed.
    pub removed: Vec<Pair>,
}

/// Entries that are removed in one batch.
const PIECE: usize = 500;

/// Entries that are removed by one call, so that none takes long.
const MOST: usize = 20_000;

/// Removes what expired before `now`, piece by piece, until nothing is left of it or one call has done enough. What it
/// removes of `watched` is given back.
///
/// # Errors
/// The store's.
///
/// # Cancel safety
/// Dropping the future leaves some entries for the next call.
pub async fn sweep(store: &dyn Store, now: Timestamp, watched: Table) -> Result<Swept, Error> {
    let mut all = Swept::default();
    while all.entries < MOST {
        let piece = sweep_piece(store, now, watched).await?;
        all.entries += piece.entries;
        all.removed.extend(piece.removed);
        if piece.entries < PIECE {
            break;
        }
    }
    Ok(all)
}

async fn sweep_piece(store: &dyn Store, now: Timestamp, watched: Table) -> Result<Swept, Error> {
    let due = store
        .range(
            Table::Expiry,
            Keys::before(&now.as_millis().to_be_bytes()),
            PIECE,
        )
        .await?;
    let mut swept = Swept {
        entries: due.len(),
        removed: Vec::new(),
    };
    if due.is_empty() {
        return Ok(swept);
    }
    let mut batch = Batch::new().relaxed();
    for (key, value) in due {
        // One that cannot be read must not keep all others; what it was for is refused by its own time.
        let targets = serde_json::from_slice::<Targets>(&value).unwrap_or_else(|error| {
            error!(%error, "an entry of the expiry index is unreadable: it goes, and what it was for stays");
            Targets::default()
        });
        for (table, key) in targets.0 {
            if let (Some(table), Some(key)) = (expiring(table), secret::decode(&key)) {
                if table == watched
                    && let Some(value) = store.get(table, &key).await?
                {
                    swept.removed.push((key.clone(), value));
                }
                batch.remove(table, key);
            }
        }
        // One that was taken back meanwhile takes nothing with it.
        batch
            .expect_unchanged(Table::Expiry, key.clone(), value)
            .remove(Table::Expiry, key);
    }
    match store.commit(batch).await {
        Ok(()) => Ok(swept),
        // The next call sees what is left.
        Err(Error::Conflict) => Ok(Swept::default()),
        Err(other) => Err(other),
    }
}

/// The tables whose records may expire.
fn expiring(number: u8) -> Option<Table> {
    [
        Table::Runs,
        Table::Tickets,
        Table::Sessions,
        Table::SessionsByAccount,
        Table::SessionsByOrganization,
        Table::SessionsBySubject,
        Table::SessionsByProviderSession,
        Table::LogoutTokens,
        Table::Successors,
        Table::Farewells,
        Table::Traces,
        Table::Drafts,
        Table::Offers,
    ]
    .into_iter()
    .find(|table| *table as u8 == number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[tokio::test]
    async fn what_is_due_goes_and_the_rest_stays() {
        let store = Memory::new();
        let mut batch = Batch::new();
        for (name, at) in [("early", 10), ("late", 20)] {
            batch
                .put(Table::Runs, name, "run")
                .expire(Timestamp::from_seconds(at), &[(Table::Runs, name.into())]);
        }
        store.commit(batch).await.unwrap();
        let at = Timestamp::from_seconds(15);
        let swept = sweep(&store, at, Table::Runs).await.unwrap();
        assert_eq!(swept.entries, 1);
        assert_eq!(swept.removed, [(b"early".to_vec(), b"run".to_vec())]);
        assert!(store.get(Table::Runs, b"early").await.unwrap().is_none());
        assert!(store.get(Table::Runs, b"late").await.unwrap().is_some());
        let swept = sweep(&store, at, Table::Runs).await.unwrap();
        assert_eq!((swept.entries, swept.removed.len()), (0, 0));
    }

    #[tokio::test]
    async fn one_that_is_unreadable_keeps_nothing_else() {
        let store = Memory::new();
        let mut batch = Batch::new();
        batch
            .put(
                Table::Expiry,
                Timestamp::from_seconds(1).as_millis().to_be_bytes(),
                "?",
            )
            .put(Table::Runs, "there", "run")
            .expire(Timestamp::from_seconds(2), &[(Table::Runs, "there".into())]);
        store.commit(batch).await.unwrap();
        let at = Timestamp::from_seconds(3);
        assert_eq!(sweep(&store, at, Table::Runs).await.unwrap().entries, 2);
        assert!(store.get(Table::Runs, b"there").await.unwrap().is_none());
        assert_eq!(sweep(&store, at, Table::Runs).await.unwrap().entries, 0);
    }

    #[tokio::test]
    async fn what_is_gone_already_or_not_watched_is_not_given_back() {
        let store = Memory::new();
        let mut batch = Batch::new();
        for name in ["gone", "there"] {
            batch
                .put(Table::Runs, name, "run")
                .expire(Timestamp::EPOCH, &[(Table::Runs, name.into())]);
        }
        store.commit(batch).await.unwrap();
        let mut batch = Batch::new();
        batch.remove(Table::Runs, "gone");
        store.commit(batch).await.unwrap();
        let at = Timestamp::from_seconds(1);
        let swept = sweep(&store, at, Table::Sessions).await.unwrap();
        assert_eq!((swept.entries, swept.removed.len()), (2, 0));
    }

    #[tokio::test]
    async fn inv_54_one_call_removes_thousands_and_not_without_end() {
        let store = Memory::new();
        let now = Timestamp::from_seconds(20);
        let fill = async |count: u32| {
            let mut batch = Batch::new();
            for number in 0..count {
                let target = (Table::Runs, number.to_be_bytes().to_vec());
                batch.expire(Timestamp::from_seconds(10), &[target]);
            }
            store.commit(batch).await.unwrap();
        };
        fill(5_000).await;
        assert_eq!(
            sweep(&store, now, Table::Sessions).await.unwrap().entries,
            5_000
        );
        fill(20_001).await;
        assert_eq!(
            sweep(&store, now, Table::Sessions).await.unwrap().entries,
            20_000
        );
        assert_eq!(
            sweep(&store, now, Table::Sessions).await.unwrap().entries,
            1
        );
    }
}
