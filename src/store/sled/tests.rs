//! What the engine on disk promises beyond the contract: crashes, damage, strangers.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;
use crate::config;
use crate::secret;
use crate::store::contract::{event, whole_trail};
use crate::store::{MAX_VALUE_BYTES, Seal};
use crate::telemetry::Metrics;

/// Names the folder that a crash child writes to.
const CRASH_FOLDER: &str = "DOORWARD_TEST_CRASH_FOLDER";

async fn open(path: &Path) -> Result<Sled, Error> {
    Sled::open(path, Timestamp::EPOCH).await
}

/// A store with three audited records, closed again.
async fn filled() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let store = open(&path).await.unwrap();
    for name in ["one", "two", "three"] {
        commit(&store, name).await.unwrap();
    }
    (folder, path)
}

async fn commit(store: &Sled, name: &str) -> Result<(), Error> {
    let mut batch = Batch::new();
    batch
        .put(Table::Sessions, name, name)
        .put(Table::SessionsByAccount, format!("ada/{name}"), b"")
        .audit(event(name));
    store.commit(batch).await
}

async fn names(store: &Sled) -> BTreeSet<String> {
    let pairs = store.range(Table::Sessions, Keys::all(), usize::MAX);
    pairs
        .await
        .unwrap()
        .into_iter()
        .map(|(key, value)| {
            assert_eq!(key, value);
            String::from_utf8(key).unwrap()
        })
        .collect()
}

async fn assert_whole(path: &Path) {
    let store = open(path).await.unwrap();
    let expected = ["one", "two", "three"].map(str::to_owned);
    assert_eq!(names(&store).await, BTreeSet::from(expected));
    assert_eq!(whole_trail(&store).await.len(), 3);
}

async fn assert_damaged(path: &Path) {
    let error = open(path).await.unwrap_err();
    assert!(matches!(error, Error::Damaged(_)), "{error:?}");
}

#[tokio::test]
async fn inv_44_what_was_acknowledged_is_there_after_reopening() {
    let (_folder, path) = filled().await;
    assert_whole(&path).await;
}

#[tokio::test]
async fn the_trail_goes_on_where_it_ended() {
    let (_folder, path) = filled().await;
    let store = open(&path).await.unwrap();
    commit(&store, "four").await.unwrap();
    assert_eq!(whole_trail(&store).await.len(), 4);
}

#[tokio::test]
async fn inv_46_a_store_belongs_to_one_process_at_a_time() {
    let (_folder, path) = filled().await;
    let first = open(&path).await.unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Locked), "{error:?}");
    drop(first);
    assert_whole(&path).await;
}

#[tokio::test]
async fn inv_46_the_folder_is_private() {
    let (_folder, path) = filled().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    let records = path.join("records");
    fs::set_permissions(&records, fs::Permissions::from_mode(0o755)).unwrap();
    assert_whole(&path).await;
    assert_eq!(mode(&records), 0o700, "repaired when opened");
}

#[tokio::test]
async fn inv_45_a_torn_snapshot_does_not_keep_the_store_shut() {
    let (_folder, path) = filled().await;
    let records = path.join("records");
    for contents in [b"".as_slice(), b"half of a snap"] {
        // The highest name there can be: sled would take it for the newest snapshot.
        let torn = records.join("snap.7FFFFFFFFFFFFFFF.generating");
        fs::write(&torn, contents).unwrap();
        assert_whole(&path).await;
        assert!(!torn.exists());
    }
}

#[tokio::test]
async fn inv_45_a_newer_schema_is_refused() {
    let (_folder, path) = filled().await;
    let store = open(&path).await.unwrap();
    let mut batch = Batch::new();
    batch.put(Table::Meta, b"schema", 2_u32.to_be_bytes());
    store.commit(batch).await.unwrap();
    drop(store);
    let error = open(&path).await.unwrap_err();
    assert!(
        matches!(error, Error::Newer { found: 2, known: 1 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn inv_45_files_of_another_program_are_refused() {
    let (_folder, path) = filled().await;
    fs::remove_dir_all(path.join("records")).unwrap();
    fs::create_dir(path.join("records")).unwrap();
    {
        let other = ::sled::open(path.join("records")).unwrap();
        other.insert(b"other", b"program").unwrap();
        other.flush().unwrap();
    }
    assert_damaged(&path).await;
}

#[tokio::test]
async fn inv_45_a_folder_with_other_contents_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "do not lose").unwrap();
    assert_damaged(folder.path()).await;
    assert!(!folder.path().join("records").exists());
}

#[tokio::test]
async fn inv_45_missing_files_are_never_replaced_by_an_empty_store() {
    for lost in ["records", "records/db", "records/conf"] {
        let (_folder, path) = filled().await;
        let lost = path.join(lost);
        fs::rename(&lost, path.with_file_name("elsewhere")).unwrap();
        assert_damaged(&path).await;
        assert!(!lost.exists(), "{}", lost.display());
        fs::rename(path.with_file_name("elsewhere"), &lost).unwrap();
        assert_whole(&path).await;
    }
}

#[tokio::test]
async fn inv_45_an_older_copy_of_the_records_is_refused() {
    let (_folder, path) = filled().await;
    let copy = path.with_file_name("copy");
    copy_folder(&path.join("records"), &copy);
    let store = open(&path).await.unwrap();
    commit(&store, "the session is over").await.unwrap();
    drop(store);
    fs::remove_dir_all(path.join("records")).unwrap();
    fs::rename(&copy, path.join("records")).unwrap();
    assert_damaged(&path).await;
}

#[tokio::test]
async fn inv_45_a_log_that_lost_its_end_is_refused() {
    let (_folder, path) = filled().await;
    // Without its snapshots, sled reads the log from the start and cuts off what it cannot read.
    for entry in fs::read_dir(path.join("records")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let log = path.join("records/db");
    let bytes = fs::read(&log).unwrap();
    let last = bytes
        .windows(5)
        .rposition(|window| window == b"three")
        .unwrap();
    let file = OpenOptions::new().write(true).open(log).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"?????", last as u64).unwrap();
    drop(file);
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Damaged(_)), "{error:?}");
}

#[tokio::test]
async fn inv_45_an_unreadable_mark_is_refused_and_an_empty_one_claims_nothing() {
    let (_folder, path) = filled().await;
    let mark = path.join("mark");
    for contents in [b"".as_slice(), &[0; 16]] {
        fs::write(&mark, contents).unwrap();
        assert_whole(&path).await;
    }
    for contents in [b"1".as_slice(), &[1; 16], &[0xff; 32]] {
        fs::write(&mark, contents).unwrap();
        assert_damaged(&path).await;
    }
}

#[tokio::test]
async fn inv_45_another_key_does_not_open_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let config = |key: &str| config::Store {
        kind: config::StoreKind::Sled,
        path: folder.path().join("data"),
        key: folder.path().join("data").join(key),
    };
    let unlock = async |key: &str| -> Result<Seal, Error> {
        let (_store, seal) =
            crate::store::open(&config(key), Timestamp::EPOCH, &Metrics::new(0)).await?;
        Ok(seal)
    };
    let seal = unlock("store.key").await.unwrap();
    let sealed = seal.seal(Table::Runs, b"key", b"value").unwrap();
    let again = unlock("store.key").await.unwrap();
    assert_eq!(
        *again.open(Table::Runs, b"key", &sealed).unwrap(),
        b"value".to_vec()
    );

    let error = unlock("missing.key").await.unwrap_err();
    assert!(matches!(error, Error::KeyFile(_)), "{error:?}");
    crate::store::SealKey::load_or_create(&config("other.key").key).unwrap();
    let error = unlock("other.key").await.unwrap_err();
    assert!(matches!(error, Error::WrongKey), "{error:?}");
}

#[tokio::test]
async fn no_value_becomes_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let store = open(&path).await.unwrap();
    for round in 0..3_u32 {
        for number in 0..120_u32 {
            let mut batch = Batch::new();
            let key = (number.wrapping_mul(2_654_435_761)).to_be_bytes();
            batch.put(
                Table::Identities,
                key,
                vec![round.to_be_bytes()[3]; MAX_VALUE_BYTES],
            );
            if round == 2 && number % 3 > 0 {
                batch.remove(Table::Identities, key);
            }
            store.commit(batch.relaxed()).await.unwrap();
        }
    }
    store.commit(Batch::new()).await.unwrap();
    drop(store);
    let blobs = fs::read_dir(path.join("records/blobs")).unwrap().count();
    assert_eq!(blobs, 0, "sled never syncs them");
}

#[tokio::test]
async fn a_store_that_outgrew_its_contents_is_written_anew() {
    let (_folder, path) = filled().await;
    let store = open(&path).await.unwrap();
    for round in 0..40_u8 {
        for number in 0..20_u8 {
            let mut batch = Batch::new();
            batch.put(Table::Identities, [number], vec![round; MAX_VALUE_BYTES]);
            if round == 39 {
                batch.remove(Table::Identities, [number]);
            }
            store.commit(batch.relaxed()).await.unwrap();
        }
    }
    store.commit(Batch::new()).await.unwrap();
    let grown = store.size_bytes();
    drop(store);
    let limits = compaction::Limits {
        least_bytes: 1024,
        ratio: 4,
        first: Duration::ZERO,
    };
    let reopen = || Sled::open_with(&path, Timestamp::EPOCH, limits);
    let store = reopen().await.unwrap();
    assert!(store.size_bytes() >= grown, "nobody has counted it yet");
    while store.get(Table::Meta, b"contents").await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut stale = Batch::new();
    stale.put(Table::Meta, b"contents", 1_u64.to_be_bytes());
    store.commit(stale).await.unwrap();
    drop(store);
    let limits = compaction::Limits {
        first: Duration::from_secs(3_600),
        ..limits
    };
    let store = Sled::open_with(&path, Timestamp::EPOCH, limits);
    let store = store.await.unwrap();
    let counted = store.get(Table::Meta, b"contents").await.unwrap().unwrap();
    let counted = u64::from_be_bytes(counted.try_into().unwrap());
    assert!(
        counted > 1 && counted < grown / 4,
        "{counted}: it would be written anew at each start"
    );
    assert!(
        store.size_bytes() < grown / 2,
        "{grown} bytes became {}",
        store.size_bytes()
    );
    drop(store);
    assert_whole(&path).await;
    for rest in ["records.new", "records.old"] {
        assert!(!path.join(rest).exists(), "{rest}");
    }
}

#[tokio::test]
async fn inv_44_a_replacement_cut_short_at_any_instant_loses_nothing() {
    type Cut = fn(&Path);
    let cuts: [(&str, Cut); 4] = [
        ("while the copy was made", |path| {
            fs::create_dir(path.join("records.new")).unwrap();
            fs::write(path.join("records.new/db"), "half").unwrap();
        }),
        ("when the old one had made room", |path| {
            copy_folder(&path.join("records"), &path.join("records.new"));
            fs::rename(path.join("records"), path.join("records.old")).unwrap();
        }),
        ("when the new one was in place", |path| {
            copy_folder(&path.join("records"), &path.join("records.old"));
        }),
        ("while the old one was removed", |path| {
            fs::create_dir(path.join("records.old")).unwrap();
            fs::write(path.join("records.old/db"), "half").unwrap();
        }),
    ];
    for (instant, cut) in cuts {
        let (_folder, path) = filled().await;
        cut(&path);
        assert_whole(&path).await;
        for rest in ["records.new", "records.old"] {
            assert!(!path.join(rest).exists(), "cut {instant}: {rest}");
        }
    }
}

#[tokio::test]
async fn inv_47_after_a_failed_sync_nothing_is_written_but_everything_is_read() {
    let (_folder, path) = filled().await;
    let limits = compaction::Limits::default();
    let mut opened = folder::open(&path, Timestamp::EPOCH, limits).unwrap();
    // A file that opens, and whose sync fails.
    opened.log = File::open("/dev/null").unwrap();
    let store = Sled::of(opened, limits).unwrap();
    store.health().unwrap();
    let error = commit(&store, "four").await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    assert!(store.health().is_err());
    let relaxed = store.commit(Batch::new().relaxed()).await;
    assert!(matches!(relaxed, Err(Error::Io(_))), "{relaxed:?}");
    assert!(names(&store).await.contains("three"));
}

/// The process that is killed: commits, and prints each name once it is acknowledged. Does nothing when run as a test.
#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "how the parent reaches its child"
)]
#[expect(clippy::print_stdout, reason = "how the child reaches its parent")]
async fn crash_child() {
    let Some(path) = std::env::var_os(CRASH_FOLDER) else {
        return;
    };
    let store = Arc::new(open(Path::new(&path)).await.unwrap());
    let tasks = crate::tasks::Tasks::new();
    for _ in 0..4 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            loop {
                let name = secret::random_token().expose().clone();
                commit(&store, &name).await.unwrap();
                // One write for each line, so that the kill cannot leave half of one between two others.
                println!("acknowledged {name}");
            }
        });
    }
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn inv_44_nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let mut acknowledged = BTreeSet::new();
    for round in 0..10 {
        let [random] = secret::random_bytes::<1>();
        let lines = 1 + usize::from(random);
        acknowledged.extend(crash_after(&path, lines));
        let store = open(&path).await.unwrap();
        let stored = names(&store).await;
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
        let trail = whole_trail(&store).await;
        let told: BTreeSet<_> = trail
            .into_iter()
            .map(|entry| entry.event.reason.unwrap())
            .collect();
        assert_eq!(told, stored, "each record and its audit entry");
        let index = store.range(Table::SessionsByAccount, Keys::all(), usize::MAX);
        assert_eq!(index.await.unwrap().len(), stored.len());
    }
}

/// Runs a child until it has printed some lines, kills it, returns what it had acknowledged.
fn crash_after(path: &Path, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::sled::tests::crash_child", "--nocapture"])
        .env(CRASH_FOLDER, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut names = Vec::new();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut killed = false;
    while let Some(Ok(line)) = output.next() {
        // The first line has the test's name before it.
        if let Some((_, name)) = line.split_once("acknowledged ") {
            names.push(name.to_owned());
        }
        if names.len() >= lines && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(killed, "the child ended by itself after {names:?}");
    names
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
