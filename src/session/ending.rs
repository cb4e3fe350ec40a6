//! A session ends: once, durably, and at once in memory.

use futures_util::future::join_all;

use super::known::Unwritten;
use super::named::{QUIET, ROUNDS};
use super::opening::MAX_HELD;
use super::record::{self, Record};
use super::sessions::{Sessions, TRIES, indexes, unlink};
use super::{Error, Key, Reason};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::Identity;
use crate::store::{self, Batch, Keys, Table};
use crate::telemetry::metrics::Ended;

/// Ends that are written at once: they share a trip to stable storage.
const TOGETHER: usize = 64;

/// How much ends.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// The whole session.
    Session,
    /// One organization's grant.
    Grant(&'a Slug),
}

impl<'a> Ending<'a> {
    const fn organization(self) -> Option<&'a Slug> {
        match self {
            Self::Session => None,
            Self::Grant(organization) => Some(organization),
        }
    }
}

impl Sessions {
    /// Ends a session or one of its grants. When this returns, that is durable, no request is admitted by it, and open
    /// streams of it are being cut (threat model 39). Ending what is not there is fine.
    ///
    /// # Errors
    /// The store's. In this process it has ended all the same (threat model 47), and it is written down as soon as the
    /// store can; only what was neither in memory nor readable is as it was.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn end(
        &self,
        key: &Key,
        ending: Ending<'_>,
        reason: Reason,
        event: &audit::Event,
    ) -> Result<(), Error> {
        match self.end_in_store(key, ending, reason, event).await {
            Ok(()) => {
                self.known.end(key, ending);
                Ok(())
            }
            Err(error) => {
                // Whoever makes handles up must not fill memory: only what exists is remembered.
                let exists = self.known.holds(key) || matches!(self.read(key).await, Ok(Some(_)));
                if exists {
                    let end = Unwritten {
                        organization: ending.organization().cloned(),
                        reason,
                        event: event.clone(),
                    };
                    self.known.end_unwritten(key, ending, end);
                }
                Err(error)
            }
        }
    }

    /// Ends every grant of an account that was made by one identity. Returns how many sessions were touched.
    ///
    /// # Errors
    /// The store's: some may not have ended yet; ask again.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn end_identity(
        &self,
        identity: &Identity,
        reason: Reason,
        event: &audit::Event,
    ) -> Result<usize, Error> {
        // Whatever is at hand is over at once, before anything is read or written.
        self.known.counts(&identity.id, Timestamp::EPOCH);
        self.known.lapse(event.time);
        let (mut ended, mut quiet) = (0, 0);
        for _ in 0..ROUNDS {
            let found = self.of_identity(identity, event.time).await?;
            // A session that gets a new handle meanwhile is found under it in the next round.
            if found.is_empty() {
                quiet += 1;
                if quiet == QUIET {
                    return Ok(ended);
                }
                continue;
            }
            quiet = 0;
            for key in found {
                let ending = Ending::Grant(&identity.organization);
                self.end(&key, ending, reason, event).await?;
                ended += 1;
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// The sessions with a grant that an identity had made by `by`: a sign-in after that stands.
    async fn of_identity(&self, identity: &Identity, by: Timestamp) -> Result<Vec<Key>, Error> {
        let prefix = record::account_prefix(&identity.organization, identity.account.as_str());
        let held = self
            .store
            .range(Table::SessionsByAccount, Keys::prefix(&prefix), MAX_HELD)
            .await?;
        let mut found = Vec::new();
        for (index, _) in held {
            let Some(key) = index.get(prefix.len()..).and_then(Key::from_bytes) else {
                continue;
            };
            let record = self.read(&key).await?;
            let grant = record
                .as_ref()
                .and_then(|(record, _)| record.grant(&identity.organization));
            if grant.is_some_and(|grant| grant.identity == identity.id && grant.granted_at <= by) {
                found.push(key);
            }
        }
        Ok(found)
    }

    /// From now on an identity counts until `until`; `changed` says that its attributes are others than before.
    pub fn confirm_identity(&self, identity: &Identity, changed: bool) {
        let settings = self.settings.load();
        let until = identity.counts_until(settings.terms(&identity.provider));
        self.known.counts(&identity.id, until);
        if changed {
            self.known.reread(&identity.id);
        }
    }

    /// Cuts what is open of identities that no provider has confirmed in time. Returns how many there were.
    pub fn lapse(&self, now: Timestamp) -> usize {
        self.known.lapse(now)
    }

    async fn end_in_store(
        &self,
        key: &Key,
        ending: Ending<'_>,
        reason: Reason,
        event: &audit::Event,
    ) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some((record, raw)) = self.read(key).await? else {
                return Ok(());
            };
            let ended: Vec<Slug> = match ending {
                Ending::Session => {
                    let grants = record.grants.iter();
                    grants.map(|grant| grant.organization.clone()).collect()
                }
                Ending::Grant(organization) if record.grant(organization).is_none() => {
                    return Ok(());
                }
                Ending::Grant(organization) => vec![organization.clone()],
            };
            let mut batch = Batch::new();
            batch.audit(audit::Event {
                target: Some(record.id.clone()),
                ..event.clone()
            });
            let gone = record.grants.iter();
            for grant in gone.filter(|grant| ended.contains(&grant.organization)) {
                self.leave_farewell(&mut batch, key, grant, reason, event)?;
            }
            self.take(&mut batch, key, record, &raw, ending)?;
            match self.store.commit(batch).await {
                Ok(()) => {
                    for organization in &ended {
                        self.count_ended(organization, reason);
                    }
                    return Ok(());
                }
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Adds to `batch` that a session or one grant of it goes.
    pub(super) fn take(
        &self,
        batch: &mut Batch,
        key: &Key,
        mut record: Record,
        raw: &[u8],
        ending: Ending<'_>,
    ) -> Result<(), Error> {
        batch.expect_unchanged(Table::Sessions, key.as_bytes(), raw);
        if let Ending::Grant(organization) = ending {
            if let Some(grant) = record.grant(organization) {
                for (table, index) in indexes(grant, key) {
                    batch.remove(table, index);
                }
            }
            record.remove(organization);
            if !record.grants.is_empty() {
                return self.put(batch, key, &record);
            }
        }
        unlink(batch, key, &record);
        Ok(())
    }

    /// Writes down what ended while the store could not. One that still cannot be written keeps no other from being.
    pub(super) async fn settle(&self) -> Result<(), Error> {
        let mut result = Ok(());
        for some in self.known.unwritten().chunks(TOGETHER) {
            let written = join_all(some.iter().map(|(key, end)| self.settle_one(key, end)));
            result = written.await.into_iter().fold(result, Result::and);
        }
        result
    }

    async fn settle_one(&self, key: &Key, end: &Unwritten) -> Result<(), Error> {
        let organization = end.organization.as_ref();
        let ending = organization.map_or(Ending::Session, Ending::Grant);
        self.end_in_store(key, ending, end.reason, &end.event)
            .await?;
        self.known.written(key, organization);
        Ok(())
    }

    pub(super) fn count_ended(&self, organization: &Slug, reason: Reason) {
        let organization = organization.to_string();
        let labels = Ended {
            organization,
            reason: reason.as_str(),
        };
        self.metrics.sessions_ended.get_or_create(&labels).inc();
    }
}
