//! A bounded place for short-lived things, found by the digest of an unguessable text.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::secret;

/// Digest under which something lies on a [`Shelf`]: the text itself is not kept.
pub(super) type Key = [u8; 32];

/// The key of a token, code or handle.
pub(super) fn key(text: &str) -> Key {
    secret::sha256(text.as_bytes())
}

/// At most `capacity` things, each until its time. When it is full, what would expire first goes.
#[derive(Debug)]
pub(super) struct Shelf<V> {
    capacity: usize,
    kept: HashMap<Key, (Timestamp, V)>,
}

impl<V> Shelf<V> {
    /// An empty one.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            kept: HashMap::new(),
        }
    }

    /// Puts something in, instead of what lay under the same key.
    pub(super) fn put(&mut self, key: Key, value: V, until: Timestamp, now: Timestamp) {
        if self.kept.len() >= self.capacity {
            self.kept.retain(|_, (until, _)| *until > now);
        }
        if self.kept.len() >= self.capacity {
            let first = self.kept.iter().min_by_key(|(_, (until, _))| *until);
            if let Some(first) = first.map(|(key, _)| *key) {
                self.kept.remove(&first);
            }
        }
        self.kept.insert(key, (until, value));
    }

    /// Looks at something.
    pub(super) fn get(&self, key: &Key, now: Timestamp) -> Option<&V> {
        let (until, value) = self.kept.get(key)?;
        (*until > now).then_some(value)
    }

    /// Looks at something to change it.
    pub(super) fn get_mut(&mut self, key: &Key, now: Timestamp) -> Option<&mut V> {
        let (until, value) = self.kept.get_mut(key)?;
        (*until > now).then_some(value)
    }

    /// Takes something out.
    pub(super) fn take(&mut self, key: &Key, now: Timestamp) -> Option<V> {
        let (until, value) = self.kept.remove(key)?;
        (until > now).then_some(value)
    }

    /// Keeps only what the question answers with yes.
    pub(super) fn retain(&mut self, mut question: impl FnMut(&V) -> bool) {
        self.kept.retain(|_, (_, value)| question(value));
    }

    /// Everything, to change it.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.kept.values_mut().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn things_expire() {
        let mut shelf = Shelf::new(4);
        shelf.put(key("a"), 1, at(10), at(0));
        assert_eq!(shelf.get(&key("a"), at(9)), Some(&1));
        assert_eq!(shelf.get(&key("a"), at(10)), None);
        assert_eq!(shelf.take(&key("a"), at(10)), None);
    }

    #[test]
    fn inv_54_a_full_shelf_drops_what_would_go_first() {
        let mut shelf = Shelf::new(2);
        shelf.put(key("a"), 1, at(30), at(0));
        shelf.put(key("b"), 2, at(20), at(0));
        shelf.put(key("c"), 3, at(40), at(0));
        assert_eq!(shelf.get(&key("a"), at(1)), Some(&1));
        assert_eq!(shelf.get(&key("b"), at(1)), None);
        assert_eq!(shelf.get(&key("c"), at(1)), Some(&3));
    }
}
