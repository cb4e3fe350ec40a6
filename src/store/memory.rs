//! The store that forgets: every promise of the contract but survival. For tests and the demonstration.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pending::{self, Pending};
use super::{Answer, Batch, Error, Keys, Pair, Store, Table};
use crate::audit::Head;

/// Records in memory.
#[derive(Default)]
pub struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: u64,
    head: Head,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing inside a lock can panic halfway through a change: `apply` only inserts and removes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn get(&self, table: Table, key: &[u8]) -> Answer<'_, Option<Vec<u8>>> {
        let address = pending::address(table, key);
        Box::pin(ready(Ok(self.state().records.get(&address).cloned())))
    }

    fn range(&self, table: Table, keys: Keys, limit: usize) -> Answer<'_, Vec<Pair>> {
        let pairs = pending::span(table, keys).map_or_else(Vec::new, |span| {
            self.state()
                .records
                .range(span)
                .take(limit)
                .map(|(address, value)| (address.iter().skip(1).copied().collect(), value.clone()))
                .collect()
        });
        Box::pin(ready(Ok(pairs)))
    }

    fn commit(&self, batch: Batch) -> Answer<'_, ()> {
        let result = pending::measure(&batch).and_then(|_measured| self.state().apply(batch));
        Box::pin(ready(result))
    }

    fn size_bytes(&self) -> u64 {
        self.state().bytes
    }

    fn health(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl State {
    fn apply(&mut self, batch: Batch) -> Result<(), Error> {
        let mut pending = Pending::after(self.head.clone());
        pending.admit(batch, |address| Ok(self.records.get(address).cloned()))?;
        let (changes, head) = pending.into_parts();
        for (address, value) in changes {
            let length = address.len();
            let size = |value: &[u8]| length.saturating_add(value.len()) as u64;
            let added = value.as_deref().map_or(0, size);
            let replaced = match value {
                Some(value) => self.records.insert(address, value),
                None => self.records.remove(&address),
            };
            let removed = replaced.as_deref().map_or(0, size);
            self.bytes = self.bytes.saturating_add(added).saturating_sub(removed);
        }
        self.head = head;
        Ok(())
    }
}

/// Never the contents.
impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Memory").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_size_follows_the_contents() {
        let store = Memory::new();
        let mut batch = Batch::new();
        batch.put(Table::Runs, b"key", b"value");
        store.commit(batch).await.unwrap();
        assert_eq!(store.size_bytes(), 9, "table number, key, value");
        let mut batch = Batch::new();
        batch.remove(Table::Runs, b"key");
        store.commit(batch).await.unwrap();
        assert_eq!(store.size_bytes(), 0);
    }
}
