//! The folder of a store: whose it is, whether it is whole, how it opens.
//!
//! ```text
//! lock              held while a process has the store
//! records/          sled's files; made aside and renamed, so that it is there whole or not at all
//! mark              sequence of an audit entry that was on stable storage
//! records.new/      a store in the making; without value until it is renamed
//! records.old/      what `records` was while it was being replaced
//! ```
//!
//! sled cuts a damaged end off its log without a word. The mark makes that visible: it is written after each sync, so
//! the audit trail of a whole store never ends before it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{compaction, failure, settings};
use crate::audit::{Entry, Head};
use crate::clock::Timestamp;
use crate::store::pending::{HEAD_KEY, address};
use crate::store::{Error, Table};

/// Version of what is stored. Newer ones are refused, older ones are migrated when there are any.
const SCHEMA: u32 = 1;

/// Key in [`Table::Meta`]: version, 4 bytes.
const SCHEMA_KEY: &[u8] = b"schema";

/// Key in [`Table::Meta`]: when the store was made, 8 bytes of milliseconds.
const CREATED_KEY: &[u8] = b"created";

/// How long a store that is being closed may take to be free: its last commit and sled's own threads end a moment after
/// its owner let go of it, and so does the process that a restart replaces.
const LOCK_ATTEMPTS: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A store that is open and whole.
pub(super) struct Opened {
    pub(super) db: ::sled::Db,
    pub(super) log: File,
    pub(super) mark: File,
    pub(super) head: Head,
    pub(super) folder: Folder,
}

/// A folder that this process has to itself.
pub(super) struct Folder {
    path: PathBuf,
    /// Released by the system when it is closed, also by a crash.
    _lock: File,
}

/// Opens the store in a folder, making it if there is none. Blocks.
pub(super) fn open(
    path: &Path,
    now: Timestamp,
    limits: compaction::Limits,
) -> Result<Opened, Error> {
    make_private(path)?;
    let folder = Folder::claim(path)?;
    folder.settle()?;
    if !folder.records().exists() {
        folder.refuse_foreign()?;
        folder.make(|db| found(db, now))?;
        sync(path)?;
    }
    let mut db = folder.open_records()?;
    check_schema(&db)?;
    if compaction::is_due(&db, folder.log_bytes()?, limits)? {
        db = folder.compact(db)?;
    }
    let head = audit_head(&db)?;
    let log = File::open(folder.records().join("db")).map_err(Error::Io)?;
    let mark = folder.check_mark(&head)?;
    Ok(Opened {
        db,
        log,
        mark,
        head,
        folder,
    })
}

impl Folder {
    fn claim(path: &Path) -> Result<Self, Error> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(Error::Io)?;
        take(&lock)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn records(&self) -> PathBuf {
        self.path.join("records")
    }

    fn new_records(&self) -> PathBuf {
        self.path.join("records.new")
    }

    fn old_records(&self) -> PathBuf {
        self.path.join("records.old")
    }

    fn log_bytes(&self) -> Result<u64, Error> {
        let metadata = fs::metadata(self.records().join("db")).map_err(Error::Io)?;
        Ok(metadata.len())
    }

    /// Brings a replacement that was cut short to its beginning or its end.
    fn settle(&self) -> Result<(), Error> {
        if self.old_records().exists() && !self.records().exists() {
            fs::rename(self.old_records(), self.records()).map_err(Error::Io)?;
        }
        remove_folder(&self.new_records())?;
        remove_folder(&self.old_records())?;
        sync(&self.path)
    }

    /// A store is made only where nothing else is: a folder with other contents is a mistake in the configuration, and
    /// a mark without records is a store that has been lost (threat model 45).
    fn refuse_foreign(&self) -> Result<(), Error> {
        for entry in fs::read_dir(&self.path).map_err(Error::Io)? {
            let name = entry.map_err(Error::Io)?.file_name();
            let name = name.to_string_lossy();
            if name == "mark" {
                return Err(Error::Damaged(format!(
                    "{} held records that are gone; restore a backup, or empty the folder to begin anew",
                    self.path.display()
                )));
            }
            let known = name == "lock"
                || name == "lost+found"
                || name.starts_with('.')
                || name.ends_with(".key")
                || name.ends_with(".sock");
            if !known {
                return Err(Error::Damaged(format!(
                    "{} holds {name}, which is no part of a store; name an empty folder",
                    self.path.display()
                )));
            }
        }
        Ok(())
    }

    /// Makes records aside, brings them to stable storage and puts them in place of the present ones, if any. A crash
    /// at any instant leaves the old or the new records, whole.
    fn make(&self, fill: impl FnOnce(&::sled::Db) -> Result<(), Error>) -> Result<(), Error> {
        let (new, old, current) = (self.new_records(), self.old_records(), self.records());
        make_private(&new)?;
        let db = settings(&new).open().map_err(failure)?;
        fill(&db)?;
        db.flush().map_err(failure)?;
        drop(db);
        await_release(&new.join("db"))?;
        sync_contents(&new)?;
        if current.exists() {
            fs::rename(&current, &old).map_err(Error::Io)?;
        }
        fs::rename(&new, &current).map_err(Error::Io)?;
        sync(&self.path)?;
        remove_folder(&old)
    }

    /// Writes the records anew. Without room for the copy the present ones go on serving.
    fn compact(&self, db: ::sled::Db) -> Result<::sled::Db, Error> {
        match self.make(|target| compaction::copy(&db, target)) {
            Ok(()) => {
                drop(db);
                self.open_records()
            }
            Err(Error::Io(error)) if self.records().exists() => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the store was not compacted"
                );
                remove_folder(&self.new_records())?;
                Ok(db)
            }
            Err(error) => Err(error),
        }
    }

    fn open_records(&self) -> Result<::sled::Db, Error> {
        let records = self.records();
        make_private(&records)?;
        for name in ["db", "conf"] {
            // sled would make an empty one.
            if !records.join(name).is_file() {
                return Err(Error::Damaged(format!(
                    "{} is missing",
                    records.join(name).display()
                )));
            }
        }
        remove_torn_snapshots(&records)?;
        await_release(&records.join("db"))?;
        let db = settings(&records).open().map_err(failure)?;
        // Opening may have written a snapshot.
        sync(&records)?;
        Ok(db)
    }

    /// Compares the audit trail with the mark, and opens the mark for writing.
    fn check_mark(&self, head: &Head) -> Result<File, Error> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(self.path.join("mark"))
            .map_err(Error::Io)?;
        let mut bytes = Vec::new();
        (&mut file)
            .take(64)
            .read_to_end(&mut bytes)
            .map_err(Error::Io)?;
        let marked = read_mark(&bytes).ok_or_else(|| {
            Error::Damaged(format!(
                "{} is unreadable; the records may be incomplete",
                self.path.join("mark").display()
            ))
        })?;
        if head.sequence < marked {
            return Err(Error::Damaged(format!(
                "the audit trail ends at entry {}, but entry {marked} was stored: \
                 the files are damaged or older than they should be; restore a backup",
                head.sequence
            )));
        }
        Ok(file)
    }
}

/// The mark as it is written: the sequence, and its complement to tell it from anything else.
pub(super) fn mark_bytes(sequence: u64) -> [u8; 16] {
    ((u128::from(sequence) << 64) | u128::from(!sequence)).to_be_bytes()
}

/// The sequence in a mark. A mark that a power cut left empty or zero (it is never synced by itself) claims nothing.
fn read_mark(bytes: &[u8]) -> Option<u64> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Some(0);
    }
    let (sequence, _) = bytes.split_first_chunk::<8>()?;
    let sequence = u64::from_be_bytes(*sequence);
    (bytes == mark_bytes(sequence)).then_some(sequence)
}

/// Writes what makes an empty engine a store.
fn found(db: &::sled::Db, now: Timestamp) -> Result<(), Error> {
    let mut batch = ::sled::Batch::default();
    batch.insert(address(Table::Meta, SCHEMA_KEY), &SCHEMA.to_be_bytes());
    batch.insert(
        address(Table::Meta, CREATED_KEY),
        &now.as_millis().to_be_bytes(),
    );
    db.apply_batch(batch).map_err(failure)
}

fn check_schema(db: &::sled::Db) -> Result<(), Error> {
    let found = meta(db, SCHEMA_KEY)?
        .and_then(|bytes| <[u8; 4]>::try_from(bytes.as_ref()).ok())
        .map(u32::from_be_bytes);
    match found {
        Some(SCHEMA) => Ok(()),
        Some(found) if found > SCHEMA => Err(Error::Newer {
            found,
            known: SCHEMA,
        }),
        Some(_) | None => Err(Error::Damaged(
            "it does not say what it is; these are not this program's files, or not all of them"
                .to_owned(),
        )),
    }
}

/// The end of the audit trail, which must be that of its newest entry.
fn audit_head(db: &::sled::Db) -> Result<Head, Error> {
    let damaged = |what: &str| Error::Damaged(format!("the audit trail {what}"));
    let head: Head = match meta(db, HEAD_KEY)? {
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|_unreadable| damaged("has an unreadable end"))?,
        None => Head::default(),
    };
    let newest = db
        .scan_prefix(address(Table::Audit, b""))
        .next_back()
        .transpose()
        .map_err(failure)?;
    if let Some((_, bytes)) = newest {
        let entry: Entry = serde_json::from_slice(&bytes)
            .map_err(|_unreadable| damaged("has an unreadable entry"))?;
        if entry.head() != head {
            return Err(damaged("does not end where it should"));
        }
    }
    Ok(head)
}

fn meta(db: &::sled::Db, key: &[u8]) -> Result<Option<::sled::IVec>, Error> {
    db.get(address(Table::Meta, key)).map_err(failure)
}

/// A half-written snapshot has the highest name, and sled would take it for the newest one and refuse to open, for
/// ever. It has no value: whole ones are renamed.
fn remove_torn_snapshots(records: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(records).map_err(Error::Io)? {
        let entry = entry.map_err(Error::Io)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::warn!(file = %name, "removing a snapshot that a crash left half-written");
            fs::remove_file(entry.path()).map_err(Error::Io)?;
        }
    }
    Ok(())
}

/// Waits until sled's threads have let go of a log file. Another process cannot have it: this one has the folder.
fn await_release(log: &Path) -> Result<(), Error> {
    take(&File::open(log).map_err(Error::Io)?)
}

/// Locks a file until it is closed.
fn take(file: &File) -> Result<(), Error> {
    for _ in 0..LOCK_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(Error::Io(error)),
        }
    }
    Err(Error::Locked)
}

/// Makes a folder for us alone, or takes away what others may do in ours. A folder that was there before is left as it
/// is, except for the records themselves: a mounted volume belongs to whoever mounted it.
fn make_private(path: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            if let Some(parent) = path.parent().filter(|parent| *parent != Path::new("")) {
                sync(parent)?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let ours = path.file_name().is_some_and(|name| name == "records");
            if ours {
                fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(Error::Io)?;
            }
        }
        Err(error) => return Err(Error::Io(error)),
    }
    Ok(())
}

fn remove_folder(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Io(error)),
        _ => Ok(()),
    }
}

/// Brings a file or the names in a folder to stable storage.
fn sync(path: &Path) -> Result<(), Error> {
    let open = File::open(path).map_err(Error::Io)?;
    open.sync_all().map_err(Error::Io)
}

/// Brings a folder's files and their names to stable storage.
fn sync_contents(path: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(path).map_err(Error::Io)? {
        sync(&entry.map_err(Error::Io)?.path())?;
    }
    sync(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_without_room_leaves_the_records_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let limits = compaction::Limits::default();
        let opened = open(&path, Timestamp::from_seconds(7), limits).unwrap();
        let full = || Err(Error::Io(io::ErrorKind::StorageFull.into()));
        let error = opened.folder.make(|_new| full()).unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        drop(opened);
        let again = open(&path, Timestamp::EPOCH, limits).unwrap();
        let created = meta(&again.db, CREATED_KEY).unwrap().unwrap();
        assert_eq!(created.as_ref(), 7_000_u64.to_be_bytes());
        assert!(!path.join("records.new").exists());
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for sequence in [0, 1, 255, 256, u64::MAX] {
            assert_eq!(read_mark(&mark_bytes(sequence)), Some(sequence));
        }
    }
}
