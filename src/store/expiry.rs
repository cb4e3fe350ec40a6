//! What is to be removed when: an index in time order beside the records.

use serde::{Deserialize, Serialize};

use super::{Batch, Error, Keys, Store, Table};
use crate::clock::Timestamp;
use crate::secret;

/// Records that go together.
#[derive(Serialize, Deserialize)]
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
        let mut key = at.as_millis().to_be_bytes().to_vec();
        if let Some((_, first)) = targets.first() {
            key.extend_from_slice(first);
        }
        // A list of numbers and strings always serialises.
        self.put(
            Table::Expiry,
            key,
            serde_json::to_vec(&list).unwrap_or_default(),
        )
    }
}

/// Entries that are removed in one batch.
const PIECE: usize = 500;

/// Entries that are removed by one call, so that none takes long.
const MOST: usize = 20_000;

/// Removes what expired before `now`, piece by piece, until nothing is left of it or one call has done enough. Returns how
/// many entries there were.
///
/// # Errors
/// The store's.
///
/// # Cancel safety
/// Dropping the future leaves some entries for the next call.
pub async fn sweep(store: &dyn Store, now: Timestamp) -> Result<usize, Error> {
    let mut count = 0;
    while count < MOST {
        let done = sweep_piece(store, now).await?;
        count += done;
        if done < PIECE {
            break;
        }
    }
    Ok(count)
}

async fn sweep_piece(store: &dyn Store, now: Timestamp) -> Result<usize, Error> {
    let due = store
        .range(
            Table::Expiry,
            Keys::before(&now.as_millis().to_be_bytes()),
            PIECE,
        )
        .await?;
    let count = due.len();
    if count == 0 {
        return Ok(0);
    }
    let mut batch = Batch::new().relaxed();
    for (key, value) in due {
        let targets = serde_json::from_slice::<Targets>(&value)
            .map_err(|_| Error::Damaged("an entry of the expiry index is unreadable".to_owned()))?;
        for (table, key) in targets.0 {
            if let (Some(table), Some(key)) = (expiring(table), secret::decode(&key)) {
                batch.remove(table, key);
            }
        }
        batch.remove(Table::Expiry, key);
    }
    store.commit(batch).await?;
    Ok(count)
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
        let now = Timestamp::from_seconds(15);
        assert_eq!(sweep(&store, now).await.unwrap(), 1);
        assert!(store.get(Table::Runs, b"early").await.unwrap().is_none());
        assert!(store.get(Table::Runs, b"late").await.unwrap().is_some());
        assert_eq!(sweep(&store, now).await.unwrap(), 0);
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
        assert_eq!(sweep(&store, now).await.unwrap(), 5_000);
        fill(20_001).await;
        assert_eq!(sweep(&store, now).await.unwrap(), 20_000);
        assert_eq!(sweep(&store, now).await.unwrap(), 1);
    }
}
