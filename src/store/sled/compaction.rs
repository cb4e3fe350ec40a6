//! Giving space back: sled reuses what it freed but never shrinks its file, so a file that has outgrown its contents is
//! written anew when the store is opened.
//!
//! Whether it has is known from the last count. Counting reads everything, which at the start would keep everybody waiting for
//! as long as the store is large; so it is done while the store is at work, little by little, and once a day.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::failure;
use super::writer::Writer;
use crate::store::pending::address;
use crate::store::{Error, Table};

/// When writing anew is worth the time it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Smaller files are left alone.
    pub(super) least_bytes: u64,
    /// The file must be this many times the size of its contents. sled needs two to three times for itself.
    pub(super) ratio: u64,
    /// From the opening to the first count.
    pub(super) first: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            least_bytes: 256 * 1024 * 1024,
            ratio: 4,
            first: Duration::from_secs(60),
        }
    }
}

/// Key in [`Table::Meta`]: bytes of all records when they were counted last, 8 bytes.
const CONTENTS_KEY: &[u8] = b"contents";

/// From one count to the next.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Records that are counted at a time.
const COUNTED_AT_ONCE: usize = 256;

/// How many times as long as that took nothing is counted after it.
const REST: u32 = 9;

/// Records in one write of the copy.
const COPIED_AT_ONCE: usize = 256;

/// Whether a log of `log_bytes` has outgrown what was in it when that was counted. One that was never counted has not.
pub(super) fn is_due(db: &::sled::Db, log_bytes: u64, limits: Limits) -> Result<bool, Error> {
    if log_bytes <= limits.least_bytes {
        return Ok(false);
    }
    let counted = db.get(address(Table::Meta, CONTENTS_KEY));
    let counted = counted.map_err(failure)?;
    let counted = counted.and_then(|bytes| <[u8; 8]>::try_from(&*bytes).ok());
    let Some(contents) = counted.map(u64::from_be_bytes) else {
        return Ok(false);
    };
    let due = log_bytes / limits.ratio.max(1) > contents;
    if due {
        tracing::info!(log_bytes, contents_bytes = contents, "compacting the store");
    }
    Ok(due)
}

/// Counts now and then, as long as this lives and the store is open.
#[derive(Debug)]
pub(super) struct Counting(
    #[expect(dead_code, reason = "its end is what is heard")] mpsc::Sender<()>,
);

impl Counting {
    /// Begins, on a thread of its own: it reads, and waits most of the time.
    pub(super) fn begin(writer: &Arc<Writer>, limits: Limits) -> Result<Self, Error> {
        let (end, ended) = mpsc::channel();
        let writer = Arc::downgrade(writer);
        let counting = move || {
            count(&writer, limits, &ended);
        };
        let thread = thread::Builder::new().name("store-count".to_owned());
        thread.spawn(counting).map_err(Error::Io)?;
        Ok(Self(end))
    }
}

/// Counts whenever it is time; none when that has ended. Between two parts the store is not held.
fn count(writer: &Weak<Writer>, limits: Limits, ended: &mpsc::Receiver<()>) -> Option<()> {
    let goes_on = |pause| matches!(ended.recv_timeout(pause), Err(RecvTimeoutError::Timeout));
    let mut pause = limits.first;
    while goes_on(pause) {
        pause = EVERY;
        if writer.upgrade()?.size_bytes() <= limits.least_bytes {
            continue;
        }
        let (mut contents, mut after) = (0_u64, Vec::new());
        loop {
            let begun = Instant::now();
            let open = writer.upgrade()?;
            // What fails is told of by whoever needs it.
            let (bytes, last) = part(&open, &after).ok()?;
            drop(open);
            contents = contents.saturating_add(bytes);
            match last {
                Some(last) => after = last,
                None => break,
            }
            if !goes_on(begun.elapsed() * REST) {
                return None;
            }
        }
        let open = writer.upgrade()?;
        open.health()
            .and_then(|()| note(open.db(), contents))
            .ok()?;
    }
    None
}

/// The bytes of some records behind a key, and the last of their keys if there may be more.
fn part(writer: &Writer, after: &[u8]) -> Result<(u64, Option<Vec<u8>>), Error> {
    let (mut bytes, mut last, mut records) = (0_u64, None, 0_usize);
    let behind = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
    for pair in writer.db().range::<&[u8], _>(behind).take(COUNTED_AT_ONCE) {
        let pair = pair.map_err(failure)?;
        bytes = bytes.saturating_add(bytes_of(&pair));
        records = records.saturating_add(1);
        last = Some(pair.0);
    }
    let more = last.filter(|_| records == COUNTED_AT_ONCE);
    Ok((bytes, more.map(|key| key.to_vec())))
}

fn bytes_of((key, value): &(::sled::IVec, ::sled::IVec)) -> u64 {
    key.len().saturating_add(value.len()) as u64
}

/// Remembers a count for the next start.
fn note(db: &::sled::Db, contents: u64) -> Result<(), Error> {
    let key = address(Table::Meta, CONTENTS_KEY);
    let noted = db.insert(key, &contents.to_be_bytes());
    noted.map(drop).map_err(failure)
}

/// Copies every record, and compares the copy before anybody relies on it. That counts them: by a count of before, the copy
/// could be due as well, at each start until there is another.
pub(super) fn copy(source: &::sled::Db, target: &::sled::Db) -> Result<(), Error> {
    let mut batch = ::sled::Batch::default();
    let mut waiting = 0_usize;
    for pair in source.iter() {
        let (key, value) = pair.map_err(failure)?;
        batch.insert(key, value);
        waiting = waiting.saturating_add(1);
        if waiting == COPIED_AT_ONCE {
            target
                .apply_batch(std::mem::take(&mut batch))
                .map_err(failure)?;
            waiting = 0;
        }
    }
    target.apply_batch(batch).map_err(failure)?;
    let (mut copies, mut contents) = (target.iter(), 0_u64);
    for original in source.iter() {
        let copied = copies.next().transpose().map_err(failure)?;
        let original = original.map_err(failure)?;
        contents = contents.saturating_add(bytes_of(&original));
        if copied != Some(original) {
            return Err(Error::Damaged(
                "a record changed while it was copied".to_owned(),
            ));
        }
    }
    match copies.next() {
        None => note(target, contents),
        Some(_) => Err(Error::Damaged("a record came out of nowhere".to_owned())),
    }
}
