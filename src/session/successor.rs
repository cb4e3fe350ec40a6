//! What became of a session that a sign-in replaced: for the other tabs of the same browser that were signing in then.
//!
//! Ten tabs come back from the provider at once, all with the handle that the first of them replaces. The others would
//! find nothing to take over, and the browser would lose its grants in other organizations. So a note stays for a minute
//! where the session was, and says which session took its place.
//!
//! Why nobody gains by it who holds an old handle (threat model 21, 25):
//! - a note is in a table of its own. It is no session: no request, switch or sign-out ever looks there;
//! - it is followed only by a run whose proof, a cookie of 256 random bits, came along with the very request that replaced
//!   the session. So the run had begun in that cookie jar before, and whoever ends it holds that proof and knows the run's
//!   `state`, which is in no cookie. A thief of the old handle begins runs of their own: those are in no note;
//! - what is taken over comes from the record that is there now, under the expectation that it has not changed: what has
//!   ended in the meantime is not in it, and a session that was ended rather than replaced has left no note;
//! - only grants are taken that the old handle itself gave and that were handed on at every step. What the first tab's
//!   sign-in has granted is not among them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::record::Record;
use super::sessions::Sessions;
use super::{Error, Key};
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::store::{Batch, Table};

/// What a sign-in proves of its browser.
#[derive(Clone, Debug)]
pub struct Tabs {
    /// Hash of the proof of the run that ends here.
    pub own: [u8; 32],
    /// Hashes of the proofs of all runs that the browser has under way.
    pub all: Vec<[u8; 32]>,
}

/// Where a session was.
#[derive(Serialize, Deserialize)]
pub(super) struct Note {
    successor: [u8; 32],
    /// Hashes of the proofs that came with the request that replaced it.
    tabs: Vec<[u8; 32]>,
    /// In which organizations its grants went on.
    carried: Vec<Slug>,
    until: Timestamp,
}

/// For how long tabs that began side by side may come back after each other.
const LIFETIME: Duration = Duration::from_secs(60);

impl Note {
    pub(super) fn successor(&self) -> Key {
        Key(self.successor)
    }

    /// Takes from `record` what was not handed on here.
    pub(super) fn narrow(&self, record: &mut Record) {
        record
            .grants
            .retain(|grant| self.carried.contains(&grant.organization));
    }
}

impl Sessions {
    /// Leaves a note where a session was, if another tab may come for it.
    pub(super) fn leave_note(
        &self,
        batch: &mut Batch,
        replaced: &Key,
        successor: &Key,
        carried: Vec<Slug>,
        tabs: &Tabs,
        now: Timestamp,
    ) -> Result<(), Error> {
        let others = tabs.all.iter().copied();
        let others: Vec<_> = others.filter(|proof| *proof != tabs.own).collect();
        if others.is_empty() || carried.is_empty() {
            return Ok(());
        }
        let note = Note {
            successor: successor.0,
            tabs: others,
            carried,
            until: now.plus(LIFETIME),
        };
        let key = replaced.as_bytes();
        let sealed = self.seal.seal_json(Table::Successors, key, &note)?;
        batch
            .put(Table::Successors, key, sealed)
            .expire(note.until, &[(Table::Successors, key.to_vec())]);
        Ok(())
    }

    /// The note where a session was, if it is for this run.
    pub(super) async fn note(
        &self,
        replaced: &Key,
        tabs: Option<&Tabs>,
        now: Timestamp,
    ) -> Result<Option<Note>, Error> {
        let Some(tabs) = tabs else {
            return Ok(None);
        };
        let key = replaced.as_bytes();
        let Some(raw) = self.store.get(Table::Successors, key).await? else {
            return Ok(None);
        };
        let note: Note = self.seal.open_json(Table::Successors, key, &raw)?;
        let is_good = now < note.until && note.tabs.contains(&tabs.own);
        Ok(is_good.then_some(note))
    }
}
