//! The sheet of promises that every engine keeps: each runs over [`Memory`] and [`Sled`] alike.

use std::ops::Bound;
use std::sync::Arc;

use futures_util::future::join_all;

use super::pending::{self, HEAD_KEY};
use super::{Batch, Error, Keys, MAX_KEY_BYTES, MAX_VALUE_BYTES, Memory, Sled, Store, Table};
use crate::audit::{Actor, Entry, Event, Head, Kind};
use crate::clock::Timestamp;

/// Makes a module of tests for an engine, one for each promise.
macro_rules! promises {
    ($engine:ident, [$($promise:ident),* $(,)?]) => {
        mod $engine {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $promise() {
                    let (store, _folder) = super::$engine().await;
                    super::$promise(store).await;
                }
            )*
        }
    };
}

/// The sheet.
macro_rules! sheet {
    ($($engine:ident),*) => {
        $(promises!($engine, [
            inv_44_what_was_written_is_read,
            inv_44_a_batch_applies_whole_or_not_at_all,
            inv_44_expectations_see_what_is_there,
            inv_44_of_many_with_one_expectation_exactly_one_wins,
            inv_44_a_dropped_commit_is_not_lost,
            inv_44_the_trail_has_no_gaps_under_concurrency,
            ranges_are_ordered_bounded_and_limited,
            tables_are_apart,
            an_empty_batch_is_fine,
            the_last_write_of_a_key_counts,
            records_up_to_the_limit_fit_and_larger_ones_do_not,
            inv_51_debug_shows_no_contents,
        ]);)*
    };
}

sheet!(memory, sled);

async fn memory() -> (Arc<dyn Store>, ()) {
    (Arc::new(Memory::new()), ())
}

async fn sled() -> (Arc<dyn Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sled::open(&folder.path().join("data"), Timestamp::EPOCH)
        .await
        .unwrap();
    (Arc::new(store), folder)
}

/// Checks every entry of the audit trail against the one before it and against its recorded end.
pub(super) async fn whole_trail(store: &dyn Store) -> Vec<Entry> {
    let pairs = store
        .range(Table::Audit, Keys::all(), usize::MAX)
        .await
        .unwrap();
    let mut head = Head::default();
    let mut entries = Vec::new();
    for (key, value) in pairs {
        let entry: Entry = serde_json::from_slice(&value).unwrap();
        assert_eq!(key, entry.sequence.to_be_bytes());
        assert!(
            entry.follows(&head),
            "entry {} breaks the chain",
            entry.sequence
        );
        head = entry.head();
        entries.push(entry);
    }
    if let Some(stored) = store.get(Table::Meta, HEAD_KEY).await.unwrap() {
        assert_eq!(serde_json::from_slice::<Head>(&stored).unwrap(), head);
    }
    entries
}

/// An event that can be told from others.
pub(super) fn event(reason: &str) -> Event {
    Event {
        reason: Some(reason.to_owned()),
        ..Event::new(Timestamp::EPOCH, Kind::SessionEnded, Actor::System)
    }
}

fn put(key: &str, value: &str) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Runs, key, value);
    batch
}

async fn read(store: &dyn Store, key: &str) -> Option<String> {
    let value = store.get(Table::Runs, key.as_bytes()).await.unwrap();
    value.map(|value| String::from_utf8(value).unwrap())
}

async fn inv_44_what_was_written_is_read(store: Arc<dyn Store>) {
    assert_eq!(read(&*store, "key").await, None);
    store.commit(put("key", "one")).await.unwrap();
    assert_eq!(read(&*store, "key").await.as_deref(), Some("one"));
    store.commit(put("key", "two").relaxed()).await.unwrap();
    assert_eq!(read(&*store, "key").await.as_deref(), Some("two"));
    let mut batch = Batch::new();
    batch.remove(Table::Runs, b"key").remove(Table::Runs, b"no");
    store.commit(batch).await.unwrap();
    assert_eq!(read(&*store, "key").await, None);
    store.health().unwrap();
}

async fn inv_44_a_batch_applies_whole_or_not_at_all(store: Arc<dyn Store>) {
    store.commit(put("old", "old")).await.unwrap();
    let mut batch = put("new", "new");
    batch
        .remove(Table::Runs, b"old")
        .put(Table::Sessions, b"other", b"table")
        .audit(event("refused"))
        .expect_absent(Table::Runs, b"old");
    let error = store.commit(batch).await.unwrap_err();
    assert!(matches!(error, Error::Conflict), "{error:?}");
    assert_eq!(read(&*store, "old").await.as_deref(), Some("old"));
    assert_eq!(read(&*store, "new").await, None);
    let other = store.get(Table::Sessions, b"other").await.unwrap();
    assert_eq!(other, None);
    assert!(
        whole_trail(&*store).await.is_empty(),
        "what did not happen is not in the trail"
    );
}

async fn inv_44_expectations_see_what_is_there(store: Arc<dyn Store>) {
    store.commit(put("a", "1")).await.unwrap();
    let (runs, here, missing) = (Table::Runs, b"a", b"b");
    let mut holds = [Batch::new(), Batch::new(), Batch::new()];
    holds[0].expect_absent(runs, missing);
    holds[1].expect_unchanged(runs, here, b"1");
    holds[2]
        .expect_unchanged(runs, here, b"1")
        .put(runs, here, b"1");
    for batch in holds {
        store.commit(batch).await.unwrap();
    }
    let mut fails = [Batch::new(), Batch::new(), Batch::new(), Batch::new()];
    fails[0].expect_absent(runs, here);
    fails[1].expect_unchanged(runs, here, b"2");
    fails[2].expect_unchanged(runs, missing, b"");
    fails[3]
        .expect_unchanged(runs, here, b"1")
        .expect_absent(runs, here);
    for batch in fails {
        let error = store.commit(batch).await.unwrap_err();
        assert!(matches!(error, Error::Conflict), "{error:?}");
    }
}

async fn inv_44_of_many_with_one_expectation_exactly_one_wins(store: Arc<dyn Store>) {
    let mut expected = "0".to_owned();
    store.commit(put("lease", &expected)).await.unwrap();
    for round in 0..10 {
        let contenders = (0..32).map(|contender| {
            let (store, expected) = (Arc::clone(&store), expected.clone());
            let value = format!("{round}.{contender}");
            let mut batch = put("lease", &value);
            batch.expect_unchanged(Table::Runs, b"lease", expected);
            crate::tasks::Tasks::new().spawn(async move {
                match store.commit(batch).await {
                    Ok(()) => Some(value),
                    Err(Error::Conflict) => None,
                    Err(other) => panic!("{other:?}"),
                }
            })
        });
        let outcomes = join_all(contenders).await;
        let winners: Vec<String> = outcomes.into_iter().filter_map(Result::unwrap).collect();
        let [winner] = winners.as_slice() else {
            panic!("round {round}: {winners:?}");
        };
        assert_eq!(read(&*store, "lease").await.as_ref(), Some(winner));
        expected.clone_from(winner);
    }
}

async fn inv_44_a_dropped_commit_is_not_lost(store: Arc<dyn Store>) {
    for number in 0..50 {
        // Dropped before its first poll.
        drop(store.commit(put(&format!("dropped {number:02}"), "kept")));
    }
    // Commits are decided in order, so the answer to this one comes after those.
    store.commit(Batch::new()).await.unwrap();
    let kept = store
        .range(Table::Runs, Keys::prefix(b"dropped "), 100)
        .await
        .unwrap();
    assert_eq!(kept.len(), 50);
}

async fn inv_44_the_trail_has_no_gaps_under_concurrency(store: Arc<dyn Store>) {
    let commits = (0..200).map(|number| {
        let mut batch = put(&format!("{number}"), "x");
        batch
            .audit(event(&format!("{number} first")))
            .audit(event(&format!("{number} second")));
        if number % 5 == 0 {
            batch.expect_unchanged(Table::Runs, b"nothing", b"here");
        }
        if number % 2 == 0 {
            batch = batch.relaxed();
        }
        let store = Arc::clone(&store);
        crate::tasks::Tasks::new().spawn(async move { store.commit(batch).await.is_ok() })
    });
    let applied = join_all(commits)
        .await
        .into_iter()
        .filter(|outcome| *outcome.as_ref().unwrap())
        .count();
    assert_eq!(applied, 160);
    let entries = whole_trail(&*store).await;
    assert_eq!(entries.len(), 320);
    for pair in entries.chunks(2) {
        let words = |entry: &Entry| entry.event.reason.clone().unwrap();
        let first = words(&pair[0]);
        let number = first.strip_suffix(" first").unwrap();
        assert_eq!(
            words(&pair[1]),
            format!("{number} second"),
            "the events of a batch stay together"
        );
    }
}

async fn ranges_are_ordered_bounded_and_limited(store: Arc<dyn Store>) {
    let mut batch = Batch::new();
    for key in ["b", "a", "ab", "c", "aa", ""] {
        batch.put(Table::Runs, key, format!("value of {key}"));
    }
    store.commit(batch).await.unwrap();
    let keys = async |keys: Keys, limit: usize| -> Vec<String> {
        let pairs = store.range(Table::Runs, keys, limit).await.unwrap();
        pairs
            .into_iter()
            .map(|(key, value)| {
                let key = String::from_utf8(key).unwrap();
                assert_eq!(value, format!("value of {key}").as_bytes());
                key
            })
            .collect()
    };
    assert_eq!(
        keys(Keys::all(), 100).await,
        ["", "a", "aa", "ab", "b", "c"]
    );
    assert_eq!(keys(Keys::all(), 2).await, ["", "a"]);
    assert!(keys(Keys::all(), 0).await.is_empty());
    assert_eq!(keys(Keys::prefix(b"a"), 100).await, ["a", "aa", "ab"]);
    assert_eq!(keys(Keys::after(b"a", b"aa"), 100).await, ["ab"]);
    assert_eq!(keys(Keys::before(b"aa"), 100).await, ["", "a"]);
    let backwards = Keys {
        from: Bound::Included(b"c".to_vec()),
        to: Bound::Excluded(b"a".to_vec()),
    };
    assert!(keys(backwards, 100).await.is_empty());
}

async fn tables_are_apart(store: Arc<dyn Store>) {
    let tables = [Table::Runs, Table::Tickets, Table::Sessions];
    let mut batch = Batch::new();
    for table in tables {
        for key in [b"".as_slice(), b"key", &[0xff; 8]] {
            batch.put(table, key, format!("{table:?}"));
        }
    }
    store.commit(batch).await.unwrap();
    for table in tables {
        let pairs = store.range(table, Keys::all(), 100).await.unwrap();
        assert_eq!(pairs.len(), 3, "{table:?}");
        for (_, value) in pairs {
            assert_eq!(value, format!("{table:?}").as_bytes());
        }
    }
}

async fn an_empty_batch_is_fine(store: Arc<dyn Store>) {
    store.commit(Batch::new()).await.unwrap();
    store.commit(Batch::new().relaxed()).await.unwrap();
    let mut batch = Batch::new();
    batch.expect_absent(Table::Runs, b"key");
    store.commit(batch).await.unwrap();
}

async fn the_last_write_of_a_key_counts(store: Arc<dyn Store>) {
    let mut batch = put("key", "one");
    batch
        .put(Table::Runs, b"key", b"two")
        .put(Table::Runs, b"gone", b"x")
        .remove(Table::Runs, b"gone");
    store.commit(batch).await.unwrap();
    assert_eq!(read(&*store, "key").await.as_deref(), Some("two"));
    assert_eq!(read(&*store, "gone").await, None);
}

async fn records_up_to_the_limit_fit_and_larger_ones_do_not(store: Arc<dyn Store>) {
    let value = |number: u8| vec![number; MAX_VALUE_BYTES];
    let key = |number: u8| vec![number; MAX_KEY_BYTES];
    for number in 0..60 {
        let mut batch = Batch::new();
        batch.put(Table::Identities, key(number), value(number));
        store.commit(batch.relaxed()).await.unwrap();
    }
    for number in 0..60 {
        let found = store.get(Table::Identities, &key(number)).await.unwrap();
        assert!(found == Some(value(number)), "record {number}");
    }
    for (key, value) in [
        (vec![0; MAX_KEY_BYTES + 1], Vec::new()),
        (Vec::new(), vec![0; MAX_VALUE_BYTES + 1]),
    ] {
        let mut batch = put("beside", "x");
        batch.put(Table::Identities, key, value);
        let error = store.commit(batch).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge(_)), "{error:?}");
        assert_eq!(read(&*store, "beside").await, None);
    }
    store.health().unwrap();
}

async fn inv_51_debug_shows_no_contents(store: Arc<dyn Store>) {
    store.commit(put("hunter2", "hunter2")).await.unwrap();
    let raw = format!("{:?}", pending::address(Table::Runs, b"hunter2"));
    let shown = format!("{store:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains(&raw),
        "{shown}"
    );
}
