//! Organizations that an operator has suspended: nobody of theirs gets in, whatever the file says, until they are resumed.
//!
//! What is in force is in memory, so that every request can look. The stored entry survives a restart, and every batch
//! that would let somebody in expects that there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::Error;
use super::sessions::Sessions;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::store::{self, Batch, Keys, Table};

/// Since when an organization is suspended, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Since when.
    pub since: Timestamp,
    /// As the operator said.
    pub reason: Option<String>,
}

/// Those in force.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    all: ArcSwap<BTreeMap<Slug, Suspension>>,
    /// One at a time writes and then says what is in force, so that memory ends as the store does.
    turning: Mutex<()>,
}

/// More are never suspended than are configured, and more are not configured in one file.
const MOST: usize = 100_000;

impl Suspensions {
    fn set(&self, organization: &Slug, suspension: Option<&Suspension>) {
        self.all.rcu(|all| {
            let mut all = BTreeMap::clone(all);
            match suspension {
                Some(suspension) => all.insert(organization.clone(), suspension.clone()),
                None => all.remove(organization),
            };
            Arc::new(all)
        });
    }
}

impl Sessions {
    /// Reads what was suspended before the process started. Until then nothing is.
    ///
    /// # Errors
    /// The store's: nobody is served then.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn recall_suspensions(&self) -> Result<(), Error> {
        let mut all = BTreeMap::new();
        for (key, raw) in self
            .store
            .range(Table::Suspensions, Keys::all(), MOST)
            .await?
        {
            let suspension = self.seal.open_json(Table::Suspensions, &key, &raw)?;
            let slug = std::str::from_utf8(&key).ok().map(Slug::parse);
            let Some(Ok(slug)) = slug else {
                let text = "a suspended organization has no name".to_owned();
                return Err(store::Error::Damaged(text).into());
            };
            all.insert(slug, suspension);
        }
        self.suspensions.all.store(Arc::new(all));
        Ok(())
    }

    /// Since when an organization is suspended and why, if it is.
    pub fn suspension(&self, organization: &Slug) -> Option<Suspension> {
        self.suspensions.all.load().get(organization).cloned()
    }

    /// Whether an organization is suspended.
    pub fn is_suspended(&self, organization: &Slug) -> bool {
        self.suspensions.all.load().contains_key(organization)
    }

    /// Lets nobody of an organization in from now on; what is open is for the caller to end. `Ok(false)`: it was
    /// suspended before, and its reason stays.
    ///
    /// # Errors
    /// The store's. It is in force all the same, until this process ends (threat model 47).
    ///
    /// # Cancel safety
    /// Dropping the future loses only the answer.
    pub async fn suspend(&self, organization: &Slug, event: audit::Event) -> Result<bool, Error> {
        let key = organization.as_str().as_bytes();
        let suspension = Suspension {
            since: event.time,
            reason: event.reason.clone(),
        };
        // In force at once, and also after a resumption that is being written.
        self.suspend_now(organization, &suspension);
        let _one_at_a_time = self.suspensions.turning.lock().await;
        self.suspend_now(organization, &suspension);
        let mut batch = Batch::new();
        batch.expect_absent(Table::Suspensions, key);
        let sealed = self.seal.seal_json(Table::Suspensions, key, &suspension)?;
        batch.put(Table::Suspensions, key, sealed).audit(event);
        self.commit_once(batch).await
    }

    fn suspend_now(&self, organization: &Slug, suspension: &Suspension) {
        if !self.is_suspended(organization) {
            self.suspensions.set(organization, Some(suspension));
        }
    }

    /// Lets people of an organization sign in again. `Ok(false)`: it was not suspended.
    ///
    /// # Errors
    /// The store's: it stays suspended.
    ///
    /// # Cancel safety
    /// Not cancel safe: run it in a task of its own.
    pub async fn resume(&self, organization: &Slug, event: audit::Event) -> Result<bool, Error> {
        let key = organization.as_str().as_bytes();
        let _one_at_a_time = self.suspensions.turning.lock().await;
        let stored = self.store.get(Table::Suspensions, key).await?;
        let resumed = match stored {
            // It could not be written when it was suspended: that it ends is written all the same.
            None if self.is_suspended(organization) => {
                let mut batch = Batch::new();
                batch.expect_absent(Table::Suspensions, key).audit(event);
                self.commit_once(batch).await?
            }
            None => false,
            Some(raw) => {
                let mut batch = Batch::new();
                batch.expect_unchanged(Table::Suspensions, key, raw);
                batch.remove(Table::Suspensions, key).audit(event);
                self.commit_once(batch).await?
            }
        };
        self.suspensions.set(organization, None);
        Ok(resumed)
    }

    /// Adds to `batch` that it lets somebody into an organization: it applies only while that is not suspended.
    pub fn expect_open(&self, batch: &mut Batch, organization: &Slug) {
        batch.expect_absent(Table::Suspensions, organization.as_str());
    }

    /// Whether a change was written, or somebody else had made it.
    async fn commit_once(&self, batch: Batch) -> Result<bool, Error> {
        match self.store.commit(batch).await {
            Ok(()) => Ok(true),
            Err(store::Error::Conflict) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }
}
