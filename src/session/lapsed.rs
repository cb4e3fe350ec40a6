//! What ends without anybody ending it: by time, by a new sign-in in the same browser, or because the file no longer says
//! so. It is told when its record goes, once: at a new sign-in, or when the longest time of the session is over.

use super::record::{Grant, Over, Record};
use super::sessions::Sessions;
use super::{Error, Handle, Key, Opening, Reason};
use crate::address::Host;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::store::{Batch, Pair, Table};

/// A grant that was over when its record went, and why.
pub(super) type Lapsed = (Slug, Reason);

impl Sessions {
    /// Counts and records the sessions among `removed` records, whose time was over.
    ///
    /// # Errors
    /// The store's: the trail lacks these ends then.
    ///
    /// # Cancel safety
    /// Dropping the future loses at most that.
    pub async fn lapsed(&self, removed: Vec<Pair>, now: Timestamp) -> Result<(), Error> {
        let mut batch = Batch::new().relaxed();
        for (key, raw) in removed {
            let record: Record = self.seal.open_json(Table::Sessions, &key, &raw)?;
            for grant in &record.grants {
                let reason = self.why_over(grant, now);
                let reason = reason.unwrap_or(Reason::Over(Over::Expired));
                batch.audit(event(&record, grant, reason, now));
                self.count_ended(&grant.organization, reason);
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// The grant that a browser had until its time was over, in an organization or else in the active one. It lets nobody in:
    /// it says who has to sign in again. `None` if that is not known, or if somebody ended it.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn lapsed_grant(
        &self,
        handle: &Handle,
        host: &Host,
        organization: Option<&Slug>,
        now: Timestamp,
    ) -> Result<Option<Grant>, Error> {
        let key = handle.key();
        let Some((record, _)) = self.read(&key).await? else {
            return Ok(None);
        };
        let organization = organization.unwrap_or(&record.active);
        let grant = record.grant(organization).filter(|grant| {
            let settings = self.settings.load();
            let limits = settings.limits(organization);
            let over = limits.and_then(|limits| grant.over(limits, grant.used_at, now));
            over.is_some() && record.host == *host && !self.known.is_over(&key, organization)
        });
        Ok(grant.cloned())
    }

    /// The grants of a session that its successor does not take over, for the trail now and to be counted once that is
    /// committed. What is `carried` goes on, but where a new grant is made.
    pub(super) fn left_behind(
        &self,
        batch: &mut Batch,
        (key, previous): (&Key, &Record),
        carried: &[Grant],
        opening: &Opening<'_>,
        now: Timestamp,
    ) -> Vec<Lapsed> {
        let granted = &opening.grant.organization;
        let mut lapsed = Vec::new();
        for grant in &previous.grants {
            let organization = &grant.organization;
            if self.known.is_over(key, organization) {
                // It has ended, and is told of when the store can write again.
                continue;
            }
            let mut carried = carried.iter();
            if organization != granted && carried.any(|it| it.organization == *organization) {
                continue;
            }
            // What is in memory may have been used later than is written down.
            let over = self.why_over(grant, now);
            let over = over.filter(|_| !self.is_alive(key, organization, now));
            let reason = over.unwrap_or(Reason::Replaced);
            batch.audit(audit::Event {
                reference: Some(opening.reference.to_owned()),
                ..event(previous, grant, reason, now)
            });
            lapsed.push((organization.clone(), reason));
        }
        lapsed
    }

    fn is_alive(&self, key: &Key, organization: &Slug, now: Timestamp) -> bool {
        let live = self.known.get(key);
        live.is_some_and(|live| live.grant(organization, now).is_some())
    }

    /// Why a stored grant counts no more, if it does not.
    fn why_over(&self, grant: &Grant, now: Timestamp) -> Option<Reason> {
        let settings = self.settings.load();
        let limits = settings.limits(&grant.organization);
        let Some(limits) = limits.filter(|_| settings.is_of_today(grant)) else {
            return Some(Reason::Withdrawn);
        };
        let idle_at = grant.used_at.plus(limits.idle_timeout);
        let expires_at = grant.expires_at(limits);
        if now < idle_at.min(expires_at) {
            return None;
        }
        let over = if idle_at < expires_at {
            Over::Idle
        } else {
            Over::Expired
        };
        Some(Reason::Over(over))
    }
}

fn event(record: &Record, grant: &Grant, reason: Reason, now: Timestamp) -> audit::Event {
    audit::Event {
        organization: Some(grant.organization.to_string()),
        provider: Some(grant.provider.to_string()),
        target: Some(record.id.clone()),
        reason: Some(reason.as_str().to_owned()),
        ..audit::Event::new(now, audit::Kind::SessionEnded, audit::Actor::System)
    }
}
