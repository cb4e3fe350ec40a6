//! A session in memory: what a request needs, ready to use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{HeaderName, HeaderValue};

use super::record::{Grant, Record};
use super::standing::Standing;
use super::{Device, Key};
use crate::address::Host;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::Profile;
use crate::tether::Tether;

/// One session. There is at most one value of this type for a key at any time, so what ends it reaches everybody.
#[derive(Debug)]
pub struct Live {
    pub(super) key: Key,
    id: String,
    host: Host,
    device: Device,
    pub(super) state: ArcSwap<State>,
    /// When the last use was handed to the write-behind.
    written_at: AtomicU64,
}

/// The part that changes.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) active: Slug,
    /// Of the record that `active` was taken from.
    revision: u64,
    pub(super) grants: Vec<Arc<LiveGrant>>,
}

/// One grant of a live session.
#[derive(Debug)]
pub struct LiveGrant {
    grant: Grant,
    profile: Arc<Profile>,
    expires_at: Timestamp,
    idle_timeout: Duration,
    used_at: AtomicU64,
    cut: Arc<Tether>,
    standing: Arc<Standing>,
    /// One more than the count of changes at which the connection was last found to serve this person; 0: never.
    served_at: AtomicU64,
    prepared: Mutex<Vec<Ready>>,
}

/// For which snapshot of the configuration, for whom, and what.
type Ready = (u64, Arc<str>, Arc<Prepared>);

/// The identity fields of a grant for one audience, made once and used until they should be made anew.
#[derive(Debug)]
pub struct Prepared {
    /// What is added to the forwarded request.
    pub fields: Arc<[(HeaderName, HeaderValue)]>,
    /// When they were made.
    pub made_at: Timestamp,
    /// When it is time for new ones.
    pub refresh_at: Timestamp,
}

/// Audiences whose fields are kept ready in one grant.
const MAX_PREPARED: usize = 8;

impl Live {
    pub(super) fn new(key: Key, record: &Record, grants: Vec<Arc<LiveGrant>>) -> Self {
        Self {
            key,
            id: record.id.clone(),
            host: record.host.clone(),
            device: record.device,
            state: ArcSwap::from_pointee(State {
                active: record.active.clone(),
                revision: record.revision,
                grants,
            }),
            written_at: AtomicU64::new(0),
        }
    }

    /// The same session with other grants in the place of its own.
    pub(super) fn renewed(&self, grants: Vec<Arc<LiveGrant>>) -> Self {
        let before = self.state.load();
        Self {
            key: self.key,
            id: self.id.clone(),
            host: self.host.clone(),
            device: self.device,
            written_at: AtomicU64::new(self.written_at.load(Ordering::Relaxed)),
            state: ArcSwap::from_pointee(State {
                grants,
                ..State::clone(&before)
            }),
        }
    }

    /// Public id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The only host on which it counts.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// What it was opened in.
    pub const fn device(&self) -> Device {
        self.device
    }

    /// The organization that the shared host shows.
    pub fn active(&self) -> Slug {
        self.state.load().active.clone()
    }

    /// The grant in an organization, if it is not over at `now`.
    pub fn grant(&self, organization: &Slug, now: Timestamp) -> Option<Arc<LiveGrant>> {
        self.state
            .load()
            .grants
            .iter()
            .find(|grant| grant.grant.organization == *organization)
            .filter(|grant| grant.is_good(now))
            .cloned()
    }

    /// The grant in the active organization, if it is not over at `now`.
    pub fn active_grant(&self, now: Timestamp) -> Option<Arc<LiveGrant>> {
        let state = self.state.load();
        state
            .grants
            .iter()
            .find(|grant| grant.grant.organization == state.active)
            .filter(|grant| grant.is_good(now))
            .cloned()
    }

    /// All grants that are not over at `now`.
    pub fn grants(&self, now: Timestamp) -> Vec<Arc<LiveGrant>> {
        let state = self.state.load();
        let good = state.grants.iter().filter(|grant| grant.is_good(now));
        good.cloned().collect()
    }

    /// Whether a use at `now` should be written down: at most once in `every`.
    pub(super) fn claim_write(&self, now: Timestamp, every: Duration) -> bool {
        let last = self.written_at.load(Ordering::Relaxed);
        now.since(Timestamp::from_millis(last)) >= every
            && self
                .written_at
                .compare_exchange(last, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

impl State {
    /// After one grant ended; another becomes active.
    pub(super) fn without(&self, organization: &Slug) -> Self {
        let mut left = self.clone();
        left.grants
            .retain(|grant| grant.grant.organization != *organization);
        if left.active == *organization
            && let Some(other) = left.grants.last()
        {
            left.active = other.grant.organization.clone();
        }
        left
    }

    /// After the session ended.
    pub(super) fn without_grants(&self) -> Self {
        Self {
            grants: Vec::new(),
            ..self.clone()
        }
    }

    /// With the active grant of a record, if that is still there. A record that was read before the one that was
    /// followed last changes nothing: readers may come in any order.
    pub(super) fn following(&self, record: &Record) -> Self {
        let mut followed = self.clone();
        let mut grants = self.grants.iter();
        if record.revision > self.revision
            && grants.any(|grant| grant.grant.organization == record.active)
        {
            followed.active = record.active.clone();
            followed.revision = record.revision;
        }
        followed
    }
}

impl LiveGrant {
    pub(super) fn new(
        grant: Grant,
        profile: Arc<Profile>,
        limits: &crate::config::Sessions,
        cut: Arc<Tether>,
        standing: Arc<Standing>,
    ) -> Self {
        Self {
            expires_at: grant.expires_at(limits),
            idle_timeout: limits.idle_timeout,
            used_at: AtomicU64::new(grant.used_at.as_millis()),
            grant,
            profile,
            cut,
            standing,
            served_at: AtomicU64::new(0),
            prepared: Mutex::new(Vec::new()),
        }
    }

    /// The same grant in another session: what was prepared named the old one.
    pub(super) fn renewed(&self, cut: Arc<Tether>) -> Self {
        Self {
            grant: self.grant.clone(),
            profile: Arc::clone(&self.profile),
            expires_at: self.expires_at,
            idle_timeout: self.idle_timeout,
            used_at: AtomicU64::new(self.used_at().as_millis()),
            cut,
            standing: Arc::clone(&self.standing),
            served_at: AtomicU64::new(0),
            prepared: Mutex::new(Vec::new()),
        }
    }

    /// The same grant under other limits. What is open of it goes on, unless it was told to go on for longer than the grant
    /// lasts now.
    pub(super) fn under(&self, limits: &crate::config::Sessions) -> Self {
        let expires_at = self.grant.expires_at(limits);
        let cut = if expires_at < self.expires_at {
            Arc::default()
        } else {
            Arc::clone(&self.cut)
        };
        Self {
            expires_at,
            idle_timeout: limits.idle_timeout,
            ..self.renewed(cut)
        }
    }

    /// The stored part.
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Whose it is.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// At how many changes of what owners say its connection was last found to serve this person.
    pub(super) fn served_at(&self) -> Option<u64> {
        self.served_at.load(Ordering::Relaxed).checked_sub(1)
    }

    pub(super) fn serve(&self, changes: u64) {
        let mark = changes.saturating_add(1);
        self.served_at.store(mark, Ordering::Relaxed);
    }

    /// When it ends, whatever happens.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Until when the identity behind it counts: afterwards nothing is allowed by it until a provider confirms that
    /// identity again.
    pub fn counts_until(&self) -> Timestamp {
        self.standing.until()
    }

    /// Cancelled when the grant ends: open responses, uploads and tunnels hold on to it, and as long as they do, whatever
    /// ends the grant finds it.
    pub const fn cut(&self) -> &Arc<Tether> {
        &self.cut
    }

    /// When it was last used.
    pub fn used_at(&self) -> Timestamp {
        Timestamp::from_millis(self.used_at.load(Ordering::Relaxed))
    }

    fn is_good(&self, now: Timestamp) -> bool {
        !self.cut.is_cut() && now < self.expires_at && now < self.used_at().plus(self.idle_timeout)
    }

    pub(super) fn touch(&self, now: Timestamp) {
        self.used_at.fetch_max(now.as_millis(), Ordering::Relaxed);
    }

    /// The fields for `audience`, made by `make` if there are none or it is time for new ones. Those of another snapshot of
    /// the configuration than `by` are others.
    ///
    /// # Errors
    /// What `make` says; nothing is kept then.
    pub fn prepared<E>(
        &self,
        (by, audience): (u64, &Arc<str>),
        now: Timestamp,
        make: impl FnOnce() -> Result<Prepared, E>,
    ) -> Result<Arc<Prepared>, E> {
        let ready = self
            .lock()
            .iter()
            .find(|(known_by, known, _)| *known_by == by && known == audience)
            .map(|(.., prepared)| Arc::clone(prepared))
            // Before they were made the application would not believe them: the clock has stepped back.
            .filter(|prepared| prepared.made_at <= now && now < prepared.refresh_at);
        if let Some(ready) = ready {
            return Ok(ready);
        }
        let fresh = Arc::new(make()?);
        let mut all = self.lock();
        all.retain(|(known_by, known, _)| *known_by != by || known != audience);
        if all.len() >= MAX_PREPARED {
            all.remove(0);
        }
        all.push((by, Arc::clone(audience), Arc::clone(&fresh)));
        Ok(fresh)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ready>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
