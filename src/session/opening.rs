//! A session begins, or goes on under a new handle.

use std::sync::Arc;

use tracing::warn;

use super::known::Unwritten;
use super::live::LiveGrant;
use super::record::{self, Grant, Record};
use super::sessions::{Sessions, indexes, unlink};
use super::{Ending, Error, Handle, Key};
use crate::address::Host;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::{Identity, IdentityId, Profile};
use crate::secret;
use crate::store::{self, Batch, Keys, Table};

/// A grant about to be made.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The session that the browser has; it is replaced.
    pub previous: Option<&'a Handle>,
    /// Where the session counts.
    pub host: &'a Host,
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
    replaced: Option<Key>,
    evicted: Vec<Key>,
}

/// Records in one entry of the expiry index: far below what a value may hold.
const EXPIRING_TOGETHER: usize = 100;

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
            active: opening.grant.organization.clone(),
            revision: 0,
            grants: Vec::new(),
        };
        let replaced = self
            .take_over(batch, &mut record, opening.previous, now)
            .await?;
        let granted = opening.grant.organization.clone();
        let terms = self.settings.terms(&opening.identity.provider);
        let evicted = self.evict(batch, &opening.grant, replaced, now).await?;
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
        record.put(opening.grant);
        for grant in &mut record.grants {
            let limits = self.settings.limits(&grant.organization);
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
            replaced,
            evicted,
        })
    }

    /// Moves what still counts of the browser's previous session into `record`. Returns the key of the session that
    /// goes; one of another host is none of ours.
    async fn take_over(
        &self,
        batch: &mut Batch,
        record: &mut Record,
        previous: Option<&Handle>,
        now: Timestamp,
    ) -> Result<Option<Key>, Error> {
        let Some(key) = previous.map(Handle::key) else {
            return Ok(None);
        };
        let Some((previous, raw)) = self.read(&key).await? else {
            // It has ended, or another tab has just replaced it.
            return Ok(Some(key));
        };
        if previous.host != record.host {
            return Ok(None);
        }
        batch.expect_unchanged(Table::Sessions, key.as_bytes(), raw);
        unlink(batch, &key, &previous);
        record.created_at = previous.created_at;
        record.grants = previous
            .grants
            .into_iter()
            .filter(|grant| self.lasts(grant, now))
            .filter(|grant| !self.known.is_over(&key, &grant.organization))
            .collect();
        Ok(Some(key))
    }

    fn lasts(&self, grant: &Grant, now: Timestamp) -> bool {
        let limits = self.settings.limits(&grant.organization);
        // The last use that counts may not be written yet; the first request will tell.
        limits.is_some_and(|limits| grant.over(limits, now, now).is_none())
    }

    /// Makes room for one more session of an account.
    async fn evict(
        &self,
        batch: &mut Batch,
        grant: &Grant,
        replaced: Option<Key>,
        now: Timestamp,
    ) -> Result<Vec<Key>, Error> {
        let most = self
            .settings
            .limits(&grant.organization)
            .map_or(1, |limits| limits.max_per_account);
        let prefix = record::account_prefix(&grant.organization, &grant.account);
        let held = self
            .store
            .range(Table::SessionsByAccount, Keys::prefix(&prefix), MAX_HELD)
            .await?;
        let keys: Vec<Key> = held
            .iter()
            .filter_map(|(key, _)| Key::from_bytes(key.get(prefix.len()..)?))
            .filter(|key| Some(*key) != replaced)
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

    /// Makes a committed opening count in memory: the new session is known, what it replaced or evicted is not. What has
    /// ended since the commit, as a provider's logout or an operator may have it, is not brought back (threat model 25).
    ///
    /// # Cancel safety
    /// Not cancel safe: run it in the task that committed.
    pub async fn opened(&self, opened: &Opened, now: Timestamp) {
        let key = opened.handle.key();
        // What a verdict has said since the batch was made stands.
        let standing = self.known.standing(&opened.identity, opened.until);
        let make = |grant: &Grant, before: Option<&LiveGrant>, cut| {
            if grant.organization != opened.granted {
                return before.map(|before| before.renewed(cut));
            }
            let limits = self.settings.limits(&grant.organization)?;
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
            .succeed(key, &opened.record, opened.replaced.as_ref(), make);
        if let Some(live) = self.known.get(&key) {
            live.claim_write(now, std::time::Duration::ZERO);
        }
        for key in &opened.evicted {
            self.count_ended(&opened.granted, "evicted");
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
        if let Some(key) = &opened.replaced {
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
        let Some(replaced) = &opened.replaced else {
            return Vec::new();
        };
        let grants = opened.record.grants.iter().map(|grant| &grant.organization);
        let carried = grants.filter(|organization| **organization != opened.granted);
        carried
            .filter_map(|organization| {
                let end = self.known.unwritten_end(replaced, organization)?;
                Some((organization, end))
            })
            .collect()
    }
}
