//! The sessions in memory: at most one value for a key, and every token that can still cut something.
//!
//! Everything that changes who is known happens under one lock, and whatever ends takes the place that a load under way
//! wants to fill: a record that was read before an end is never kept after it (threat model 25).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use quick_cache::sync::{Cache, DefaultLifecycle, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, UnitWeighter};

use super::live::{Live, LiveGrant};
use super::record::{Grant, Record};
use super::standing::{Standing, Standings};
use super::ties::{Tie, Ties};
use super::{Ending, Key, Reason};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::IdentityId;
use crate::tether::Tether;

/// All that is in memory.
#[derive(Debug)]
pub(super) struct Known {
    /// What requests are served from.
    cache: Cache<Key, Arc<Live>>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Every session that anything still holds, so that there is only one value for a key.
    sessions: HashMap<Key, Weak<Live>>,
    /// What cuts the streams of a session.
    ties: Ties,
    /// Sessions whose last use is not yet written down.
    used: HashMap<Key, Arc<Live>>,
    /// How long identities count.
    standings: Standings,
    /// What has ended although the store could not write it: no record of it counts any more (threat model 47).
    unwritten: HashMap<Key, Vec<Unwritten>>,
}

/// An end that is still to be written.
#[derive(Clone, Debug)]
pub(super) struct Unwritten {
    /// Of one grant, or of the whole session.
    pub(super) organization: Option<Slug>,
    pub(super) reason: Reason,
    pub(super) event: audit::Event,
}

/// The place of a session that is being loaded.
pub(super) type Place<'a> = PlaceholderGuard<
    'a,
    Key,
    Arc<Live>,
    UnitWeighter,
    DefaultHashBuilder,
    DefaultLifecycle<Key, Arc<Live>>,
>;

impl Known {
    /// Room for so many sessions that nothing holds.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            cache: Cache::new(capacity),
            held: Mutex::default(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, if it is at hand.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Live>> {
        self.cache.get(key)
    }

    /// The session, or the place to put it: of all who ask, one loads.
    pub(super) async fn get_or_place(&self, key: &Key) -> Result<Arc<Live>, Place<'_>> {
        self.cache.get_value_or_guard_async(key).await
    }

    /// Whether this is the one value for its key. Whoever waits for a place is handed what was meant for it although
    /// something has ended in the meantime; under the lock it shows.
    pub(super) fn is_current(&self, live: &Arc<Live>) -> bool {
        let held = self.held();
        let there = held.sessions.get(&live.key);
        there.is_some_and(|there| Weak::as_ptr(there) == Arc::as_ptr(live))
    }

    /// Fills a place with what was loaded. `None`: something ended in the meantime or it does not stand `still`, what was
    /// read must not be used.
    pub(super) fn fill(
        &self,
        place: Place<'_>,
        (key, record): (Key, &Record),
        still: impl FnOnce() -> bool,
        make: impl FnOnce(&dyn Fn(&Grant) -> Arc<Tether>) -> Vec<Arc<LiveGrant>>,
    ) -> Option<Arc<Live>> {
        let mut held = self.held();
        if !still() {
            return None;
        }
        let there = held.sessions.get(&key).and_then(Weak::upgrade);
        if let Some(there) = &there {
            there.state.rcu(|state| state.following(record));
        }
        let live = there.unwrap_or_else(|| {
            let grants = make(&|grant| held.ties.find(&key, grant).unwrap_or_default());
            Arc::new(Live::new(key, record, grants))
        });
        place.insert(Arc::clone(&live)).ok()?;
        held.remember(&live);
        Some(live)
    }

    /// How long an identity counts: as it is known here, else as it was just read.
    pub(super) fn standing(&self, identity: &IdentityId, read: Timestamp) -> Arc<Standing> {
        self.held().standings.of(identity, read)
    }

    /// From now on an identity counts until another time.
    pub(super) fn counts(&self, identity: &IdentityId, until: Timestamp) {
        self.held().standings.counts(identity, until);
    }

    /// Cuts what is open of identities that have run out at `now`, once. Their sessions stay: they count again as soon
    /// as a provider confirms the identity. Returns how many ran out.
    pub(super) fn lapse(&self, now: Timestamp) -> usize {
        let mut held = self.held();
        let over = held.standings.run_out(now);
        for identity in &over {
            for key in held.ties.of(identity) {
                held.ties.cut(&key, |tie| tie.identity == *identity);
                // The next request reads it again, with a token that is not cancelled.
                held.forget(&self.cache, &key);
            }
        }
        over.len()
    }

    /// Has the sessions of an identity read again: its attributes are others now. What is open stays open.
    pub(super) fn reread(&self, identity: &IdentityId) {
        let mut held = self.held();
        for key in held.ties.of(identity) {
            held.forget(&self.cache, &key);
        }
    }

    /// Judges everything by another file: a session whose grants all stand goes on with what `renew` makes of them, any
    /// other is read again by its next request. Open streams of grants that do not stand are cut; `stays` says it of those
    /// whose session is not at hand.
    pub(super) fn rejudge(
        &self,
        renew: impl Fn(&Live, &Arc<LiveGrant>) -> Option<LiveGrant>,
        stays: impl Fn(&Tie) -> bool,
    ) {
        let mut held = self.held();
        let keys = held.sessions.keys().chain(held.ties.sessions());
        let keys: HashSet<Key> = keys.copied().collect();
        for key in keys {
            let is_cached = self.cache.peek(&key).is_some();
            let is_used = held.used.contains_key(&key);
            let Some(live) = held.forget(&self.cache, &key) else {
                held.ties.cut(&key, |tie| !stays(tie));
                continue;
            };
            let before = live.state.load_full();
            let grants = before.grants.iter();
            let grants = grants.filter_map(|grant| renew(&live, grant)).map(Arc::new);
            let grants: Vec<Arc<LiveGrant>> = grants.collect();
            held.ties
                .cut(&key, |tie| !grants.iter().any(|it| tie.is_with(it.cut())));
            let stands = is_cached && grants.len() == before.grants.len();
            let live = if stands {
                let live = Arc::new(live.renewed(grants));
                held.remember(&live);
                self.cache.insert(key, Arc::clone(&live));
                live
            } else {
                live
            };
            if is_used {
                held.used.insert(key, live);
            }
        }
    }

    /// All identities of which anything is known.
    pub(super) fn identities(&self) -> Vec<IdentityId> {
        self.held().standings.identities()
    }

    /// Has the next request read the session again: of two changes at once, the store knows which came last.
    pub(super) fn refresh(&self, live: &Arc<Live>) {
        let mut held = self.held();
        held.used.insert(live.key, Arc::clone(live));
        self.cache.remove(&live.key);
    }

    /// Notes that the last use of a session is to be written down.
    pub(super) fn note_used(&self, live: &Arc<Live>) {
        self.held().used.insert(live.key, Arc::clone(live));
    }

    /// It could not be written: it still is to be, unless the session has ended or moved in the meantime.
    pub(super) fn keep_used(&self, live: &Arc<Live>) {
        let mut held = self.held();
        let there = held.sessions.get(&live.key);
        if there.is_some_and(|there| Weak::as_ptr(there) == Arc::as_ptr(live)) {
            held.used.insert(live.key, Arc::clone(live));
        }
    }

    /// The sessions whose last use is to be written down, once.
    pub(super) fn take_used(&self) -> HashMap<Key, Arc<Live>> {
        std::mem::take(&mut self.held().used)
    }

    /// Whether a grant has ended, whatever the store says.
    pub(super) fn is_over(&self, key: &Key, organization: &Slug) -> bool {
        self.unwritten_end(key, organization).is_some()
    }

    /// The end of a grant that is still to be written, if it has ended like that.
    pub(super) fn unwritten_end(&self, key: &Key, organization: &Slug) -> Option<Unwritten> {
        let held = self.held();
        let mut ends = held.unwritten.get(key)?.iter();
        ends.find(|end| {
            let ended = end.organization.as_ref();
            ended.is_none_or(|ended| ended == organization)
        })
        .cloned()
    }

    /// The session, if anything in this process holds it.
    pub(super) fn held_by_anything(&self, key: &Key) -> Option<Arc<Live>> {
        self.held().sessions.get(key).and_then(Weak::upgrade)
    }

    /// Whether a session is held by anything in this process.
    pub(super) fn holds(&self, key: &Key) -> bool {
        let held = self.held();
        let live = held.sessions.get(key);
        live.is_some_and(|live| live.strong_count() > 0) || held.ties.holds(key)
    }

    /// Ends something in memory; open streams of it are cut.
    pub(super) fn end(&self, key: &Key, ending: Ending<'_>) {
        self.held().end(&self.cache, key, ending);
    }

    /// Nobody can say whether a grant has ended: streams of it are cut, and the next request of its session asks the store.
    pub(super) fn doubt(&self, key: &Key, organization: &Slug) {
        let mut held = self.held();
        held.ties.cut(key, |tie| tie.organization == *organization);
        held.forget(&self.cache, key);
    }

    /// The same for what the store could not write: until it can, no record of it counts.
    pub(super) fn end_unwritten(&self, key: &Key, ending: Ending<'_>, end: Unwritten) {
        let mut held = self.held();
        let all = held.unwritten.entry(*key).or_default();
        if all.iter().all(|one| one.organization != end.organization) {
            all.push(end);
        }
        held.end(&self.cache, key, ending);
    }

    /// What is still to be written.
    pub(super) fn unwritten(&self) -> Vec<(Key, Unwritten)> {
        let held = self.held();
        let all = held.unwritten.iter();
        all.flat_map(|(key, ends)| ends.iter().map(|end| (*key, end.clone())))
            .collect()
    }

    /// It is written now.
    pub(super) fn written(&self, key: &Key, organization: Option<&Slug>) {
        let mut held = self.held();
        if let Some(all) = held.unwritten.get_mut(key) {
            all.retain(|end| end.organization.as_ref() != organization);
            if all.is_empty() {
                held.unwritten.remove(key);
            }
        }
    }

    /// Puts a new session in the place of `replaced`. The streams of the same person in the same organization go on
    /// under it; all others of the old session are cut. `make` turns a stored grant into a live one, given the live one
    /// it goes on from; `None` leaves the whole session to be loaded by its first request.
    pub(super) fn succeed(
        &self,
        key: Key,
        record: &Record,
        replaced: Option<&Key>,
        make: impl Fn(&Grant, Option<&LiveGrant>, Arc<Tether>) -> Option<LiveGrant>,
    ) {
        let mut held = self.held();
        let before = replaced.and_then(|key| held.forget(&self.cache, key));
        let before = before.map_or_else(Vec::new, |live| live.state.load().grants.clone());
        let mut old = replaced.map_or_else(Vec::new, |key| held.ties.take(key));
        let mut grants = Vec::with_capacity(record.grants.len());
        for grant in &record.grants {
            let kept = old.iter().position(|tie| tie.is_of(grant));
            let kept = kept.map(|index| old.swap_remove(index));
            let cut = kept.and_then(|tie| tie.cut.upgrade());
            let cut = cut.filter(|cut| !cut.is_cut()).unwrap_or_default();
            held.ties.bind(&key, grant, &cut);
            let same = |before: &&Arc<LiveGrant>| before.grant().organization == grant.organization;
            let before = before.iter().find(same).map(Arc::as_ref);
            grants.extend(make(grant, before, cut).map(Arc::new));
        }
        for tie in old {
            tie.end();
        }
        if grants.len() == record.grants.len() {
            let live = Arc::new(Live::new(key, record, grants));
            held.remember(&live);
            self.cache.insert(key, live);
        }
    }

    /// Forgets what nothing holds any more.
    pub(super) fn tidy(&self) {
        let mut held = self.held();
        held.standings.tidy();
        held.sessions.retain(|_, live| live.strong_count() > 0);
        held.ties.tidy();
    }

    /// Drops what requests are served from, as if it had grown over.
    #[cfg(test)]
    pub(super) fn crowd_out(&self) {
        self.cache.clear();
        self.held().used.clear();
    }
}

impl Held {
    fn remember(&mut self, live: &Arc<Live>) {
        self.sessions.insert(live.key, Arc::downgrade(live));
        for grant in &live.state.load().grants {
            self.ties.bind(&live.key, grant.grant(), grant.cut());
        }
    }

    /// Takes a session out of memory, but not its ties.
    fn forget(&mut self, cache: &Cache<Key, Arc<Live>>, key: &Key) -> Option<Arc<Live>> {
        cache.remove(key);
        self.used.remove(key);
        self.sessions.remove(key).and_then(|live| live.upgrade())
    }

    fn end(&mut self, cache: &Cache<Key, Arc<Live>>, key: &Key, ending: Ending<'_>) {
        let live = self.forget(cache, key);
        match ending {
            Ending::Session => {
                self.ties.cut(key, |_| true);
                if let Some(live) = live {
                    live.state.rcu(|state| state.without_grants());
                }
            }
            Ending::Grant(organization) => {
                self.ties.cut(key, |tie| tie.organization == *organization);
                let Some(live) = live else { return };
                live.state.rcu(|state| state.without(organization));
                if !live.state.load().grants.is_empty() {
                    self.remember(&live);
                    cache.insert(*key, live);
                }
            }
        }
    }
}
