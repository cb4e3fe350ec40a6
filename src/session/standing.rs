//! How long the identity behind a grant counts: one value for each identity, shared by every grant of it in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crate::clock::Timestamp;
use crate::identity::IdentityId;

/// Until when an identity counts. It moves when a provider confirms it again, or when it says no.
#[derive(Debug)]
pub(super) struct Standing(AtomicU64);

/// All identities in memory. The one that runs out next is found without looking at the others.
#[derive(Debug, Default)]
pub(super) struct Standings {
    /// Those that any grant in memory is of, and until when they count.
    all: HashMap<IdentityId, (Timestamp, Weak<Standing>)>,
    /// Those that have not run out yet, each once, in the order in which they do. What never does is not here.
    due: BTreeSet<(Timestamp, IdentityId)>,
    /// Until when identities count that no grant in memory was of: a session that is being loaded may have read the record
    /// before. Kept until the next tidying but one.
    told: [HashMap<IdentityId, Timestamp>; 2],
}

impl Standing {
    const fn new(until: Timestamp) -> Self {
        Self(AtomicU64::new(until.as_millis()))
    }

    pub(super) fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Acquire))
    }

    fn set(&self, until: Timestamp) {
        self.0.store(until.as_millis(), Ordering::Release);
    }
}

impl Standings {
    /// How an identity stands: as it is known here, else as it was just read.
    pub(super) fn of(&mut self, identity: &IdentityId, read: Timestamp) -> Arc<Standing> {
        if let Some(there) = self.known(identity) {
            return there;
        }
        let mut told = self.told.iter();
        let told = told.find_map(|told| told.get(identity).copied());
        let until = told.unwrap_or(read);
        let standing = Arc::new(Standing::new(until));
        self.put(identity, until, &standing);
        standing
    }

    /// From now on an identity counts until another time.
    pub(super) fn counts(&mut self, identity: &IdentityId, until: Timestamp) {
        for told in &mut self.told {
            told.remove(identity);
        }
        match self.known(identity) {
            Some(standing) => {
                standing.set(until);
                self.put(identity, until, &standing);
            }
            None => {
                let [newest, _] = &mut self.told;
                newest.insert(identity.clone(), until);
            }
        }
    }

    /// The identities that have run out at `now`, each told once.
    pub(super) fn run_out(&mut self, now: Timestamp) -> Vec<IdentityId> {
        let mut over = Vec::new();
        while let Some((until, _)) = self.due.first()
            && *until <= now
            && let Some((_, identity)) = self.due.pop_first()
        {
            over.extend(Some(identity).filter(|identity| self.known(identity).is_some()));
        }
        over
    }

    /// All of which anything is kept.
    pub(super) fn identities(&self) -> Vec<IdentityId> {
        let told = self.told.iter().flat_map(HashMap::keys);
        self.all.keys().chain(told).cloned().collect()
    }

    /// Forgets what nothing holds any more.
    pub(super) fn tidy(&mut self) {
        let Self { all, due, told } = self;
        all.retain(|identity, (until, standing)| {
            let held = standing.strong_count() > 0;
            if !held {
                due.remove(&(*until, identity.clone()));
            }
            held
        });
        told.swap(0, 1);
        let [newest, _] = told;
        newest.clear();
    }

    fn known(&self, identity: &IdentityId) -> Option<Arc<Standing>> {
        let (_, standing) = self.all.get(identity)?;
        standing.upgrade()
    }

    fn put(&mut self, identity: &IdentityId, until: Timestamp, standing: &Arc<Standing>) {
        let now = (until, Arc::downgrade(standing));
        if let Some((before, _)) = self.all.insert(identity.clone(), now) {
            self.due.remove(&(before, identity.clone()));
        }
        if until != Timestamp::END {
            self.due.insert((until, identity.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn inv_41_identities_run_out_in_order_and_are_told_once() {
        let mut standings = Standings::default();
        let [ada, bob, eve] = [(); 3].map(|()| IdentityId::random());
        let adas = standings.of(&ada, at(30));
        let _bobs = standings.of(&bob, at(10));
        let _eves = standings.of(&eve, Timestamp::END);
        assert!(standings.run_out(at(9)).is_empty());
        assert_eq!(standings.run_out(at(10)), std::slice::from_ref(&bob));
        assert!(standings.run_out(at(29)).is_empty(), "once");
        standings.counts(&ada, at(50));
        assert_eq!(adas.until(), at(50));
        assert!(standings.run_out(at(49)).is_empty(), "it was confirmed");
        standings.counts(&bob, at(40));
        assert_eq!(standings.run_out(at(60)), [bob, ada.clone()]);
        standings.counts(&ada, Timestamp::EPOCH);
        assert_eq!(standings.run_out(at(0)), [ada], "a provider said no");
    }

    #[test]
    fn inv_54_nothing_is_kept_of_identities_that_nothing_holds() {
        let mut standings = Standings::default();
        let ada = IdentityId::random();
        let held = standings.of(&ada, at(10));
        for second in 0..1_000 {
            standings.counts(&ada, at(100 + second));
        }
        assert_eq!(standings.due.len(), 1, "one place for each");
        drop(held);
        let again = standings.of(&ada, at(7));
        assert_eq!((again.until(), standings.due.len()), (at(7), 1));
        drop(again);
        assert!(standings.run_out(at(8)).is_empty(), "nobody is left to cut");
        drop(standings.of(&ada, at(9)));
        standings.counts(&ada, at(11));
        standings.tidy();
        assert_eq!(standings.of(&ada, at(9)).until(), at(11), "for loads");
        standings.tidy();
        standings.tidy();
        assert!(standings.all.is_empty() && standings.due.is_empty());
        assert!(standings.told.iter().all(HashMap::is_empty));
    }
}
