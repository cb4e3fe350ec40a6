//! Giving space back: sled reuses what it freed but never shrinks its file, so a file that has outgrown its contents is
//! written anew when the store is opened.

use super::failure;
use crate::store::Error;

/// When writing anew is worth the time it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Smaller files are left alone.
    pub(super) least_bytes: u64,
    /// The file must be this many times the size of its contents. sled needs two to three times for itself.
    pub(super) ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            least_bytes: 256 * 1024 * 1024,
            ratio: 4,
        }
    }
}

/// Records in one write of the copy.
const COPIED_AT_ONCE: usize = 256;

/// Whether a log of `log_bytes` has outgrown what is in it. Reads everything, but only of a file that is large.
pub(super) fn is_due(db: &::sled::Db, log_bytes: u64, limits: Limits) -> Result<bool, Error> {
    if log_bytes <= limits.least_bytes {
        return Ok(false);
    }
    let mut contents = 0_u64;
    for pair in db.iter() {
        let (key, value) = pair.map_err(failure)?;
        let bytes = key.len().saturating_add(value.len()) as u64;
        contents = contents.saturating_add(bytes);
    }
    let due = log_bytes / limits.ratio.max(1) > contents;
    if due {
        tracing::info!(log_bytes, contents_bytes = contents, "compacting the store");
    }
    Ok(due)
}

/// Copies every record, and compares the copy before anybody relies on it.
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
    let mut copies = target.iter();
    for original in source.iter() {
        let copied = copies.next().transpose().map_err(failure)?;
        if copied != Some(original.map_err(failure)?) {
            return Err(Error::Damaged(
                "a record changed while it was copied".to_owned(),
            ));
        }
    }
    match copies.next() {
        None => Ok(()),
        Some(_) => Err(Error::Damaged("a record came out of nowhere".to_owned())),
    }
}
