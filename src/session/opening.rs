//! A session begins, or goes on under a new handle.

use std::sync::Arc;

use tracing::warn;

use super::known::Unwritten;
use super::lapsed::Lapsed;
use super::live::LiveGrant;
use super::record::{self, Grant, Record};
use super::sessions::{Sessions, indexes, unlink};
use super::successor::{Note, Tabs};
use super::{Device, Ending, Error, Handle, Key, Reason};
use crate::address::Host;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::{Identity, IdentityId, Profile};
use crate::secret;
use crate::store::{self, Batch, Keys, Table};
use crate::telemetry::metrics::Connection;

/// A grant about to be made.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The session that the browser has; it is replaced.
    pub previous: Option<&'a Handle>,
    /// What the sign-in proves of the browser, if other tabs may be signing in beside it.
    pub tabs: Option<&'a Tabs>,
    /// Where the session counts.
    pub host: &'a Host,
    /// In what.
    pub device: Device,
    /// What is granted.
    pub grant: Grant,
    /// To whom, as they will be once the batch is committed.
    pub identity: &'a Identity,
    /// The reference of the request, for the audit trail.
    pub reference: &'a str,
}

/// A session that exists once its batch is committed.
#[derive(Debug)]
pub struct Opened {
    /// For the browser.
    pub handle: Handle,
    record: Record,
    granted: Slug,
    profile: Profile,
    identity: IdentityId,
    /// How long that counts.
    until: Timestamp,
    /// The session that the browser's handle named, and those that followed it: the last one goes.
    path: Vec<Key>,
    lapsed: Vec<Lapsed>,
    evicted: Vec<Key>,
}

/// Records in one entry of the expiry index: far below what a value may hold.
const EXPIRING_TOGETHER: usize = 100;

/// Tabs of one browser that sign in at the same moment: more than it keeps proofs of.
const MOST_STEPS: usize = 64;

/// Sessions of one account that are looked at: more than any configuration allows.
pub(super) const MAX_HELD: usize = 2_000;

impl Sessions {
    /// Adds to `batch` a session with a new grant in place of the browser's previous session, whose other grants it
    /// takes over. Sessions beyond the account's bound lose theirs, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(
        &self,
        batch: &mut Batch,
        opening: Opening<'_>,
        now: Timestamp,
    ) -> Result<Opened, Error> {
        let handle = Handle::random();
        let mut record = Record {
            id: secret::encode(&secret::random_bytes::<16>()),
            host: opening.host.clone(),
            created_at: now,
            device: opening.device,
            active: opening.grant.organization.clone(),
            revision: 0,
            grants: Vec::new(),
        };
        let (path, lapsed) = self.take_over(batch, &mut record, &opening, now).await?;
        let granted = opening.grant.organization.clone();
        let settings = self.settings.load_full();
        let terms = settings.terms(&opening.identity.provider);
        let evicted = self.evict(batch, &opening.grant, &path, now).await?;
        batch.audit(audit::Event {
            organization: Some(granted.to_string()),
            provider: Some(opening.grant.provider.to_string()),
            target: Some(record.id.clone()),
            reference: Some(opening.reference.to_owned()),
            ..audit::Event::new(
                now,
                audit::Kind::SessionCreated,
                audit::Actor::Account(opening.grant.account.to_string()),
            )
        });
        if let (Some(replaced), Some(tabs)) = (path.last(), opening.tabs) {
            let grants = record.grants.iter().map(|grant| &grant.organization);
            let carried = grants.filter(|it| **it != granted).cloned().collect();
            self.leave_note(batch, replaced, &handle.key(), carried, tabs, now)?;
        }
        record.put(self.with_proofs(opening.grant, &record, now));
        for grant in &mut record.grants {
            let limits = settings.limits(&grant.organization);
            grant.expires_at = limits.map(|limits| grant.expires_at(limits));
        }
        self.write_new(batch, &handle.key(), &record)?;
        Ok(Opened {
            handle,
            record,
            granted,
            profile: opening.identity.profile.clone(),
            identity: opening.identity.id.clone(),
            until: opening.identity.counts_until(terms),
            path,
            lapsed,
            evicted,
        })
    }

    /// Moves what still counts of the browser's previous session, or of the one that another tab has just put in its
    /// place, into `record`. Returns the keys that lead to the session that goes, and what of it does not go on; one of
    /// another host is none of ours.
    async fn take_over(
        &self,
        batch: &mut Batch,
        record: &mut Record,
        opening: &Opening<'_>,
        now: Timestamp,
    ) -> Result<(Vec<Key>, Vec<Lapsed>), Error> {
        let mut path: Vec<Key> = opening.previous.map(Handle::key).into_iter().collect();
        let (mut notes, mut lapsed) = (Vec::new(), Vec::new());
        while let Some(&key) = path.last() {
            if let Some((previous, raw)) = self.read(&key).await? {
                if previous.host != record.host {
                    return Ok((Vec::new(), Vec::new()));
                }
                batch.expect_unchanged(Table::Sessions, key.as_bytes(), raw);
                unlink(batch, &key, &previous);
                record.created_at = previous.created_at;
                record.grants = self.carried(&previous, &path, &notes, now);
                lapsed = self.left_behind(batch, (&key, &previous), &record.grants, opening, now);
                break;
            }
            // It has ended, or another tab has just replaced it.
            match self.note(&key, opening.tabs, now).await? {
                Some(note) if path.len() < MOST_STEPS => {
                    path.push(note.successor());
                    notes.push(note);
                }
                Some(_) | None => break,
            }
        }
        Ok((path, lapsed))
    }

    /// What goes on of a session: what lasts, what every note on the way to it handed on, and what has not ended.
    fn carried(
        &self,
        previous: &Record,
        path: &[Key],
        notes: &[Note],
        now: Timestamp,
    ) -> Vec<Grant> {
        let mut previous = previous.clone();
        for note in notes {
            note.narrow(&mut previous);
        }
        previous.grants.retain(|grant| {
            let mut path = path.iter();
            self.lasts(grant, now) && !path.any(|key| self.known.is_over(key, &grant.organization))
        });
        previous.grants
    }

    /// A grant with what its person had proved before, if it takes the place of one of theirs that is not over.
    fn with_proofs(&self, mut grant: Grant, record: &Record, now: Timestamp) -> Grant {
        let settings = self.settings.load();
        let limits = settings.limits(&grant.organization);
        let before = record.grant(&grant.organization).filter(|before| {
            let over = limits.and_then(|limits| before.over(limits, before.used_at, now));
            before.identity == grant.identity && over.is_none()
        });
        if let Some(before) = before {
            grant.proofs = grant.proofs.with(&before.proofs);
        }
        grant
    }

    pub(super) fn lasts(&self, grant: &Grant, now: Timestamp) -> bool {
        let settings = self.settings.load();
        let limits = settings.limits(&grant.organization);
        // The last use that counts may not be written yet; the first request will tell.
        limits.is_some_and(|limits| grant.over(limits, now, now).is_none())
    }

    /// Makes room for one more session of an account.
    async fn evict(
        &self,
        batch: &mut Batch,
        grant: &Grant,
        path: &[Key],
        now: Timestamp,
    ) -> Result<Vec<Key>, Error> {
        let most = self
            .settings
            .load()
            .limits(&grant.organization)
            .map_or(1, |limits| limits.max_per_account);
        let prefix = record::account_prefix(&grant.organization, grant.account.as_str());
        let held = self
            .store
            .range(Table::SessionsByAccount, Keys::prefix(&prefix), MAX_HELD)
            .await?;
        let keys: Vec<Key> = held
            .iter()
            .filter_map(|(key, _)| Key::from_bytes(key.get(prefix.len()..)?))
            .filter(|key| !path.contains(key))
            .collect();
        if keys.len() < most {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for key in keys {
            if let Some((record, raw)) = self.read(&key).await? {
                let held = record.grant(&grant.organization);
                let since = held.map(|grant| grant.granted_at);
                all.push((since, key, record, raw));
            }
        }
        all.sort_by_key(|(since, ..)| *since);
        let surplus = (all.len() + 1).saturating_sub(most);
        let mut evicted = Vec::new();
        for (_, key, record, raw) in all.into_iter().take(surplus) {
            batch.audit(audit::Event {
                organization: Some(grant.organization.to_string()),
                target: Some(record.id.clone()),
                ..audit::Event::new(now, audit::Kind::SessionEvicted, audit::Actor::System)
            });
            let ending = Ending::Grant(&grant.organization);
            self.take(batch, &key, record, &raw, ending)?;
            evicted.push(key);
        }
        Ok(evicted)
    }

    /// Writes a session that was not there, with its indexes and its end.
    fn write_new(&self, batch: &mut Batch, key: &Key, record: &Record) -> Result<(), Error> {
        batch.expect_absent(Table::Sessions, key.as_bytes());
        self.put(batch, key, record)?;
        let mut targets = vec![(Table::Sessions, key.as_bytes().to_vec())];
        let ends = record.grants.iter().filter_map(|grant| grant.expires_at);
        let last = ends.max().unwrap_or(Timestamp::EPOCH);
        for grant in &record.grants {
            for (table, index) in indexes(grant, key) {
                batch.put(table, index.clone(), Vec::new());
                targets.push((table, index));
            }
        }
        for some in targets.chunks(EXPIRING_TOGETHER) {
            batch.expire(last, some);
        }
        Ok(())
    }

    fn count_created(&self, opened: &Opened) {
        if let Some(grant) = opened.record.grant(&opened.granted) {
            let labels = Connection {
                organization: grant.organization.to_string(),
                provider: grant.provider.to_string(),
            };
            self.metrics.sessions_created.get_or_create(&labels).inc();
        }
    }

    /// Makes a committed opening count in memory: the new session is known, what it replaced or evicted is not. What has
    /// ended since the commit, as a provider's logout or an operator may have it, is not brought back (threat model 25).
    ///
    /// # Cancel safety
    /// Not cancel safe: run it in the task that committed.
    pub async fn opened(&self, opened: &Opened, now: Timestamp) {
        let key = opened.handle.key();
        self.count_created(opened);
        // What a verdict has said since the batch was made stands.
        let standing = self.known.standing(&opened.identity, opened.until);
        let make = |grant: &Grant, before: Option<&LiveGrant>, cut| {
            if grant.organization != opened.granted {
                return before.map(|before| before.renewed(cut));
            }
            // Another file may have come into force since the batch was made: then the first request tells.
            let settings = self.settings.load();
            let limits = settings.limits(&grant.organization)?;
            if !settings.admits(&opened.record.host, grant, &opened.profile) {
                return None;
            }
            let profile = Arc::new(opened.profile.clone());
            let standing = Arc::clone(&standing);
            Some(LiveGrant::new(
                grant.clone(),
                profile,
                limits,
                cut,
                standing,
            ))
        };
        self.known
            .succeed(key, &opened.record, opened.path.last(), make);
        if let Some(live) = self.known.get(&key) {
            live.claim_write(now, std::time::Duration::ZERO);
        }
        for (organization, reason) in &opened.lapsed {
            self.count_ended(organization, *reason);
        }
        for key in &opened.evicted {
            self.count_ended(&opened.granted, Reason::Evicted);
            self.known.end(key, Ending::Grant(&opened.granted));
        }
        self.recheck(&key, opened).await;
        self.end_revoked(&key, &opened.record).await;
    }

    /// The batch of an opening was not acknowledged. If it may have been applied all the same, memory must not go on
    /// serving what it replaced or evicted: the next request asks the store (threat model 25, 47). Nobody is given the
    /// new handle, so streams of the old one are cut: a revocation would look for them under the new one.
    pub fn not_opened(&self, opened: &Opened, error: &store::Error) {
        if !error.leaves_doubt() {
            return;
        }
        if let Some(key) = opened.path.last() {
            self.known.end(key, Ending::Session);
        }
        for key in &opened.evicted {
            self.known.doubt(key, &opened.granted);
        }
    }

    /// Ends in memory what is no longer in the store. Whoever ends something writes that down first and then looks into
    /// memory: either it is seen here, or what is in memory by now is seen there. What could not be written is found in
    /// memory under the key that it was meant for, and ends under the new one.
    async fn recheck(&self, key: &Key, opened: &Opened) {
        for (organization, end) in self.missed(opened) {
            let ending = Ending::Grant(organization);
            if let Err(error) = self.end(key, ending, end.reason, &end.event).await {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "what ended while it moved cannot be written yet"
                );
            }
        }
        let Ok(Some((stored, _))) = self.read(key).await else {
            // If the store cannot tell, the first request asks it again.
            self.known.end(key, Ending::Session);
            return;
        };
        for grant in &opened.record.grants {
            let organization = &grant.organization;
            if stored.grant(organization).is_none() || self.known.is_over(key, organization) {
                self.known.end(key, Ending::Grant(organization));
            }
        }
    }

    /// What was taken over although it has ended: the store could not write that, and what is known of it came too late
    /// for the batch.
    fn missed<'a>(&self, opened: &'a Opened) -> Vec<(&'a Slug, Unwritten)> {
        let grants = opened.record.grants.iter().map(|grant| &grant.organization);
        let carried = grants.filter(|organization| **organization != opened.granted);
        carried
            .filter_map(|organization| {
                let mut path = opened.path.iter();
                let end = path.find_map(|key| self.known.unwritten_end(key, organization))?;
                Some((organization, end))
            })
            .collect()
    }
}
