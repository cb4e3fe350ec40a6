//! What a batch means, the same for every engine: where its records lie, whether it may apply, what it then changes.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Batch, Error, Keys, MAX_KEY_BYTES, MAX_VALUE_BYTES, Table};
use crate::audit::Head;

/// Key in [`Table::Meta`] of the end of the audit trail. Kept beside the entries so that it survives when old ones are
/// removed, and so that a missing last one shows.
pub(super) const HEAD_KEY: &[u8] = b"audit_head";

/// Changes by address; `None` removes.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A range of addresses.
pub(super) type Span = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// Where an engine keeps a record: the table's number, then the key. All tables in one ordered map, so that a batch
/// over several of them is one write.
pub(super) fn address(table: Table, key: &[u8]) -> Vec<u8> {
    let mut address = Vec::with_capacity(key.len().saturating_add(1));
    address.push(table as u8);
    address.extend_from_slice(key);
    address
}

/// The addresses that a range covers; `None` if there cannot be any.
pub(super) fn span(table: Table, keys: Keys) -> Option<Span> {
    let number = table as u8;
    let from = match keys.from {
        Bound::Included(key) => Bound::Included(address(table, &key)),
        Bound::Excluded(key) => Bound::Excluded(address(table, &key)),
        Bound::Unbounded => Bound::Included(vec![number]),
    };
    let to = match keys.to {
        Bound::Included(key) => Bound::Included(address(table, &key)),
        Bound::Excluded(key) => Bound::Excluded(address(table, &key)),
        Bound::Unbounded => Bound::Excluded(vec![number.saturating_add(1)]),
    };
    let sound = match (&from, &to) {
        (Bound::Included(first), Bound::Included(last)) => first <= last,
        (
            Bound::Included(first) | Bound::Excluded(first),
            Bound::Included(last) | Bound::Excluded(last),
        ) => first < last,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
    };
    sound.then_some((from, to))
}

/// Bytes that a batch carries.
///
/// # Errors
/// [`Error::TooLarge`] if one of its keys or values is longer than promised.
pub(super) fn measure(batch: &Batch) -> Result<usize, Error> {
    let expected = batch.expectations.iter().map(|e| (&e.key, &e.value));
    let written = batch.writes.iter().map(|w| (&w.key, &w.value));
    let mut total = 0_usize;
    for (key, value) in expected.chain(written) {
        let length = value.as_ref().map_or(0, Vec::len);
        if key.len() > MAX_KEY_BYTES || length > MAX_VALUE_BYTES {
            return Err(Error::TooLarge(key.len().max(length)));
        }
        total = total.saturating_add(key.len()).saturating_add(length);
    }
    Ok(total)
}

/// The changes of one or more admitted batches, and the audit trail's end after them.
#[derive(Debug)]
pub(super) struct Pending {
    changes: Changes,
    head: Head,
}

impl Pending {
    /// No changes yet, with the audit trail ending at `head`.
    pub(super) const fn after(head: Head) -> Self {
        Self {
            changes: Changes::new(),
            head,
        }
    }

    /// Adds a batch if its expectations hold over what is stored and what was admitted before it.
    ///
    /// # Errors
    /// [`Error::Conflict`] or the failure of `stored`: nothing of this batch was added.
    pub(super) fn admit(
        &mut self,
        batch: Batch,
        stored: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Error>,
    ) -> Result<(), Error> {
        for expectation in batch.expectations {
            let address = address(expectation.table, &expectation.key);
            let holds = match self.changes.get(&address) {
                Some(changed) => *changed == expectation.value,
                None => stored(&address)? == expectation.value,
            };
            if !holds {
                return Err(Error::Conflict);
            }
        }
        let (entries, head) = self.entries(batch.events)?;
        for write in batch.writes {
            self.changes
                .insert(address(write.table, &write.key), write.value);
        }
        self.changes.extend(entries);
        self.head = head;
        Ok(())
    }

    /// What is to be written, and where the audit trail ends then.
    pub(super) fn into_parts(self) -> (Changes, Head) {
        (self.changes, self.head)
    }

    fn entries(&self, events: Vec<crate::audit::Event>) -> Result<(Changes, Head), Error> {
        let mut changes = Changes::new();
        let mut head = self.head.clone();
        for event in events {
            let entry = head.append(event);
            head = entry.head();
            changes.insert(
                address(Table::Audit, &entry.sequence.to_be_bytes()),
                Some(json(&entry)?),
            );
        }
        if head != self.head {
            changes.insert(address(Table::Meta, HEAD_KEY), Some(json(&head)?));
        }
        Ok((changes, head))
    }
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::Io(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_does_not_reach_into_the_next() {
        let (from, to) = span(Table::Runs, Keys::all()).unwrap();
        let inside = |address: &Vec<u8>| {
            std::ops::RangeBounds::contains(&(from.clone(), to.clone()), address)
        };
        assert!(inside(&address(Table::Runs, b"")));
        assert!(inside(&address(Table::Runs, &[0xff; 40])));
        assert!(!inside(&address(Table::Meta, &[0xff; 40])));
        assert!(!inside(&address(Table::Tickets, b"")));
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_none() {
        for (from, to) in [
            (Bound::Included("b"), Bound::Included("a")),
            (Bound::Excluded("a"), Bound::Included("a")),
            (Bound::Included("a"), Bound::Excluded("a")),
            (Bound::Excluded("a"), Bound::Excluded("a")),
        ] {
            let own = |bound: Bound<&str>| bound.map(|text| text.as_bytes().to_vec());
            let keys = Keys {
                from: own(from),
                to: own(to),
            };
            assert_eq!(span(Table::Runs, keys), None, "{from:?} {to:?}");
        }
    }
}
