//! Reading the audit trail, and checking that nothing in it is missing or altered.

use super::pending::HEAD_KEY;
use super::{Error, Keys, Store, Table};
use crate::audit::{Entry, Head};

/// What came of checking a part of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Entries that follow each other as they should.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// What is wrong with the next one.
    pub broken: Option<Broken>,
    /// Whether this is the end of the trail.
    pub whole: bool,
}

/// Where the trail is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The place.
    pub sequence: u64,
    /// What is wrong there.
    pub why: Damage,
}

/// How an entry can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is not there.
    Missing,
    /// It cannot be read.
    Unreadable,
    /// It, or the one before it, is not what was written.
    Altered,
    /// The store remembers another end.
    WrongEnd,
}

impl Damage {
    /// In words, for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Altered => "altered",
            Self::WrongEnd => "wrong end",
        }
    }
}

/// The end of the trail, as the store remembers it.
///
/// # Errors
/// The store's.
///
/// # Cancel safety
/// Dropping the future loses nothing.
pub async fn end(store: &dyn Store) -> Result<Head, Error> {
    match store.get(Table::Meta, HEAD_KEY).await? {
        None => Ok(Head::default()),
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|_| Error::Damaged("the audit trail has an unreadable end".to_owned())),
    }
}

/// The entries from `first` to `last`, at most `limit`, oldest first.
///
/// # Errors
/// The store's, and [`Error::Damaged`] if one cannot be read.
///
/// # Cancel safety
/// Dropping the future loses nothing.
pub async fn entries(
    store: &dyn Store,
    first: u64,
    last: u64,
    limit: usize,
) -> Result<Vec<Entry>, Error> {
    let pairs = store.range(Table::Audit, span(first, last), limit).await?;
    let entry = |(_, bytes): &(Vec<u8>, Vec<u8>)| {
        serde_json::from_slice(bytes)
            .map_err(|_| Error::Damaged("the audit trail has an unreadable entry".to_owned()))
    };
    pairs.iter().map(entry).collect()
}

/// Checks at most `limit` entries from `first` on against each other and, at the end, against what the store remembers
/// of it. The entry before `first` is taken as it is: whoever checks a long trail does so piece by piece, from 1.
///
/// # Errors
/// The store's. Whatever is wrong with the trail is no error but an answer.
///
/// # Cancel safety
/// Dropping the future loses nothing.
pub async fn check(store: &dyn Store, first: u64, limit: usize) -> Result<Checked, Error> {
    // What is appended from now on is somebody else's to check.
    let end = end(store).await?;
    let first = first.max(1);
    let mut walk = Walk {
        head: before(store, first).await?,
        entries: 0,
    };
    let pairs = store
        .range(Table::Audit, span(first, end.sequence), limit)
        .await?;
    let full = pairs.len() >= limit;
    let mut broken = None;
    for (_, bytes) in &pairs {
        broken = walk.step(bytes);
        if broken.is_some() {
            break;
        }
    }
    let reached = walk.head.sequence >= end.sequence;
    if broken.is_none() && reached && walk.head != end && walk.head.sequence == end.sequence {
        broken = Some(Broken {
            sequence: end.sequence,
            why: Damage::WrongEnd,
        });
    }
    if broken.is_none() && !reached && !full {
        broken = Some(walk.next(Damage::Missing));
    }
    Ok(Checked {
        entries: walk.entries,
        whole: broken.is_none() && reached,
        head: walk.head,
        broken,
    })
}

/// How far a check has come.
struct Walk {
    head: Head,
    entries: u64,
}

impl Walk {
    fn step(&mut self, bytes: &[u8]) -> Option<Broken> {
        let Ok(entry) = serde_json::from_slice::<Entry>(bytes) else {
            return Some(self.next(Damage::Unreadable));
        };
        if entry.follows(&self.head) {
            self.head = entry.head();
            self.entries = self.entries.saturating_add(1);
            return None;
        }
        let expected = self.head.sequence.saturating_add(1);
        Some(self.next(if entry.sequence > expected {
            Damage::Missing
        } else {
            Damage::Altered
        }))
    }

    const fn next(&self, why: Damage) -> Broken {
        Broken {
            sequence: self.head.sequence.saturating_add(1),
            why,
        }
    }
}

/// What the entry at `first` must follow.
async fn before(store: &dyn Store, first: u64) -> Result<Head, Error> {
    let Some(before) = first.checked_sub(1).filter(|before| *before > 0) else {
        return Ok(Head::default());
    };
    let bytes = store.get(Table::Audit, &before.to_be_bytes()).await?;
    let entry = bytes.and_then(|bytes| serde_json::from_slice::<Entry>(&bytes).ok());
    // One that is gone or unreadable has no hash that the next could name.
    Ok(entry.map_or_else(
        || Head {
            sequence: before,
            hash: String::new(),
        },
        |entry| entry.head(),
    ))
}

fn span(first: u64, last: u64) -> Keys {
    Keys {
        from: std::ops::Bound::Included(first.to_be_bytes().to_vec()),
        to: std::ops::Bound::Included(last.to_be_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Kind};
    use crate::clock::Timestamp;
    use crate::store::{Batch, Memory};

    async fn trail(length: u64) -> Memory {
        let store = Memory::new();
        for number in 1..=length {
            let mut batch = Batch::new();
            let time = Timestamp::from_seconds(number);
            batch.audit(Event::new(time, Kind::SessionEnded, Actor::System));
            store.commit(batch).await.unwrap();
        }
        store
    }

    /// Checks everything in pieces of `limit`, as the command does.
    async fn check_all(store: &Memory, limit: usize) -> (u64, Option<Broken>) {
        let (mut first, mut entries) = (1, 0);
        loop {
            let checked = check(store, first, limit).await.unwrap();
            entries += checked.entries;
            first = checked.head.sequence + 1;
            if checked.whole || checked.broken.is_some() {
                return (entries, checked.broken);
            }
        }
    }

    async fn tamper(store: &Memory, table: Table, key: &[u8], value: Option<&[u8]>) {
        let mut batch = Batch::new();
        match value {
            Some(value) => batch.put(table, key, value),
            None => batch.remove(table, key),
        };
        store.commit(batch).await.unwrap();
    }

    #[tokio::test]
    async fn a_whole_trail_is_whole_however_it_is_cut() {
        for limit in [1, 3, 7, 100] {
            assert_eq!(check_all(&trail(7).await, limit).await, (7, None));
        }
        assert_eq!(check_all(&Memory::new(), 10).await, (0, None));
    }

    #[tokio::test]
    async fn whatever_is_missing_or_altered_is_found_where_it_is() {
        for limit in [1, 2, 3, 100] {
            let check = async |store: &Memory, entries, sequence, why| {
                let expected = Some(Broken { sequence, why });
                assert_eq!(
                    check_all(store, limit).await,
                    (entries, expected),
                    "{limit}"
                );
            };
            let place = 4_u64.to_be_bytes();
            let store = trail(7).await;
            tamper(&store, Table::Audit, &place, None).await;
            check(&store, 3, 4, Damage::Missing).await;

            let store = trail(7).await;
            let written = store.get(Table::Audit, &place).await.unwrap().unwrap();
            let altered = String::from_utf8(written).unwrap().replace("4000", "4001");
            tamper(&store, Table::Audit, &place, Some(altered.as_bytes())).await;
            check(&store, 3, 4, Damage::Altered).await;

            let store = trail(7).await;
            tamper(&store, Table::Audit, &place, Some(b"{")).await;
            check(&store, 3, 4, Damage::Unreadable).await;

            let store = trail(7).await;
            tamper(&store, Table::Audit, &7_u64.to_be_bytes(), None).await;
            check(&store, 6, 7, Damage::Missing).await;
        }
    }

    /// Someone who can write to the store replaces an entry and everything after it: the remembered end does not fit.
    #[tokio::test]
    async fn a_rewritten_trail_does_not_fit_its_end() {
        let store = trail(3).await;
        let two = entries(&store, 1, 2, 10).await.unwrap();
        let forged = two[1].head().append(Event::new(
            Timestamp::EPOCH,
            Kind::ServerStopped,
            Actor::System,
        ));
        let forged = serde_json::to_vec(&forged).unwrap();
        tamper(&store, Table::Audit, &3_u64.to_be_bytes(), Some(&forged)).await;
        let (entries, broken) = check_all(&store, 2).await;
        assert_eq!(entries, 3);
        let expected = Broken {
            sequence: 3,
            why: Damage::WrongEnd,
        };
        assert_eq!(broken, Some(expected));
    }

    #[tokio::test]
    async fn entries_are_read_in_pieces() {
        let store = trail(5).await;
        assert_eq!(end(&store).await.unwrap().sequence, 5);
        let read = entries(&store, 2, 4, 2).await.unwrap();
        let sequences: Vec<_> = read.iter().map(|entry| entry.sequence).collect();
        assert_eq!(sequences, [2, 3]);
        assert!(entries(&store, 6, 5, 2).await.unwrap().is_empty());
    }
}
