//! Records that survive: one of the three seams.
//!
//! Owns: named tables of bytes, atomic batches with expectations, durability, sealing at rest, and the audit trail's
//! place in the batch. Leaves to others: what a record means (its encoding lives with its owner).
//! Invariants: a batch applies whole or not at all; what `commit` acknowledged survives a crash of the process or the
//! machine (threat model 44); a store that cannot be trusted does not open (45); one process at a time (46).

#[cfg(test)]
mod contract;
mod counted;
mod expiry;
#[cfg(test)]
mod fickle;
mod key;
mod memory;
mod pending;
mod seal;
mod sled;
pub mod trail;

use std::fmt;
use std::future::Future;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;

use crate::audit;
use crate::clock::Timestamp;
use crate::config::{self, StoreKind};
use crate::telemetry::Metrics;
use counted::Counted;

pub use expiry::{Swept, sweep};
#[cfg(test)]
pub(crate) use fickle::Fickle;
pub use key::SealKey;
pub use memory::Memory;
pub use seal::Seal;
pub use sled::Sled;

/// Longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// Longest value, in bytes. The embedded engine writes longer ones to files of their own that it never brings to
/// stable storage, so a longer value could not be promised to survive (`sled::SEGMENT_BYTES` says how the two fit).
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// Opens the store that the configuration names, with the seal for its contents. A store in memory has a key of its
/// own that is gone with it. `now` is written down if the store is new. What goes through it is counted in `metrics`.
///
/// # Errors
/// Every variant but [`Error::Conflict`], [`Error::Busy`] and [`Error::TooLarge`]: the caller does not start.
///
/// # Cancel safety
/// Dropping the future leaves a store that opens the next time.
pub async fn open(
    config: &config::Store,
    now: Timestamp,
    metrics: &Metrics,
) -> Result<(Arc<dyn Store>, Seal), Error> {
    let (store, seal): (Arc<dyn Store>, Seal) = match config.kind {
        StoreKind::Memory => (Arc::new(Memory::new()), Seal::new(&SealKey::random())?),
        StoreKind::Sled => {
            let store = Arc::new(Sled::open(&config.path, now).await?);
            let seal = key::unlock(&*store, &config.key).await?;
            (store, seal)
        }
    };
    Ok((Arc::new(Counted::over(store, metrics.clone())), seal))
}

/// The answer of a store, to be awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// The tables. The numbers are part of the format on disk and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Schema version, creation time.
    Meta = 0,
    /// sha256(state) → a sign-in in flight.
    Runs = 1,
    /// sha256(ticket) → a one-time ticket onto an organization's own host.
    Tickets = 2,
    /// sha256(handle) → session.
    Sessions = 3,
    /// organization, account, session key → nothing: the sessions of an account.
    SessionsByAccount = 4,
    /// organization, session key → nothing: the sessions of an organization.
    SessionsByOrganization = 5,
    /// identity id → identity.
    Identities = 6,
    /// digest of (organization, provider, issuer, subject) → identity id.
    IdentityKeys = 7,
    /// organization, account id → account and membership.
    Accounts = 8,
    /// time, table, key → nothing: what is to be removed when.
    Expiry = 9,
    /// key id → sealed signing key.
    SigningKeys = 10,
    /// sequence → entry of the audit trail.
    Audit = 11,
    /// digest of (provider, issuer, subject), session key, organization → nothing: what a provider's logout ends by `sub`.
    SessionsBySubject = 12,
    /// digest of (provider, issuer, `sid`), session key, organization → nothing: what it ends by `sid`.
    SessionsByProviderSession = 13,
    /// digest of (provider, issuer, `jti`) → nothing: logout tokens that have served.
    LogoutTokens = 14,
    /// provider, time, identity id → nothing: whom to ask about when.
    Due = 15,
    /// sha256(handle) → what became of a session that a sign-in replaced, for a minute.
    Successors = 16,
    /// session key, organization → why somebody ended that grant.
    Farewells = 17,
    /// organization → since when an operator has it suspended, and why.
    Suspensions = 18,
    /// organization, provider → what an owner last said of the connection.
    Activations = 19,
    /// `p`, reference of the beginning, reference → what happened in a request; `l`, reference → that of the beginning.
    Traces = 20,
    /// `o`, organization → its drafts; `d`, number → a provider that is being set up; `l`, sha256(link) → its number.
    Drafts = 21,
    /// digest of (session, organization) → an identity that whoever is signed in there is asked about before it is added.
    Offers = 22,
}

/// Does blocking work where it keeps nobody waiting.
///
/// # Cancel safety
/// Work that has begun goes on when the future is dropped.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|stopped| Err(Error::Io(stopped.into())))
}

/// Holds records.
///
/// What must hold: `commit` is atomic and, for [`Durability::Flushed`], on stable storage before it answers; a read
/// that starts after a commit answered sees it. Called by: every room that owns records, off the path of a request
/// that is already known. Nothing here may block a runtime thread. Failure costs: sign-ins are refused and revocation
/// stays effective in memory (threat model 47); the caller decides nothing on missing data.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The value under a key.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    fn get(&self, table: Table, key: &[u8]) -> Answer<'_, Option<Vec<u8>>>;

    /// The first `limit` pairs in key order.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    fn range(&self, table: Table, keys: Keys, limit: usize) -> Answer<'_, Vec<Pair>>;

    /// Applies a batch if all its expectations hold.
    ///
    /// # Errors
    /// [`Error::Conflict`] when an expectation failed, [`Error::Busy`] and [`Error::TooLarge`]: nothing was written.
    /// After [`Error::Io`] it is unknown whether the batch applied.
    ///
    /// # Cancel safety
    /// The batch is handed over when this is called, before the first poll: dropping the future loses only the answer.
    fn commit(&self, batch: Batch) -> Answer<'_, ()>;

    /// Bytes held, on disk where there is one; for telemetry.
    fn size_bytes(&self) -> u64;

    /// Whether writes still work; `Err` names what is wrong, from the first failure on until the process is restarted.
    /// Cheap: touches no disk.
    fn health(&self) -> Result<(), Error>;
}

/// Which keys a range covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Where it begins.
    pub from: Bound<Vec<u8>>,
    /// Where it ends.
    pub to: Bound<Vec<u8>>,
}

impl Keys {
    /// Every key.
    pub const fn all() -> Self {
        Self {
            from: Bound::Unbounded,
            to: Bound::Unbounded,
        }
    }

    /// Every key that starts with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Self {
        let mut next = prefix.to_vec();
        let to = loop {
            match next.pop() {
                None => break Bound::Unbounded,
                Some(0xff) => {}
                Some(byte) => {
                    next.push(byte.saturating_add(1));
                    break Bound::Excluded(next);
                }
            }
        };
        Self {
            from: Bound::Included(prefix.to_vec()),
            to,
        }
    }

    /// Every key before `end`.
    pub fn before(end: &[u8]) -> Self {
        Self {
            from: Bound::Unbounded,
            to: Bound::Excluded(end.to_vec()),
        }
    }

    /// Every key after `key` with the prefix `prefix`: the next page of a listing.
    pub fn after(prefix: &[u8], key: &[u8]) -> Self {
        Self {
            from: Bound::Excluded(key.to_vec()),
            ..Self::prefix(prefix)
        }
    }
}

/// Changes that belong together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) expectations: Vec<Expectation>,
    pub(crate) writes: Vec<Write>,
    pub(crate) events: Vec<audit::Event>,
    pub(crate) durability: Durability,
}

/// What must be so for a batch to apply.
#[derive(Clone, Debug)]
pub(crate) struct Expectation {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    /// The exact value, or that there is none.
    pub(crate) value: Option<Vec<u8>>,
}

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    /// The new value, or that there is none any more.
    pub(crate) value: Option<Vec<u8>>,
}

/// When a commit answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// On stable storage.
    #[default]
    Flushed,
    /// Applied; on stable storage within a second or so. Only for what may be lost, such as the time of last use.
    Relaxed,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.events.is_empty()
    }

    /// Answers before the data is on stable storage.
    #[must_use]
    pub const fn relaxed(mut self) -> Self {
        self.durability = Durability::Relaxed;
        self
    }

    /// Applies only if there is nothing under the key.
    pub fn expect_absent(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.expectations.push(Expectation {
            table,
            key: key.into(),
            value: None,
        });
        self
    }

    /// Applies only if the value under the key is still `value`.
    pub fn expect_unchanged(
        &mut self,
        table: Table,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.expectations.push(Expectation {
            table,
            key: key.into(),
            value: Some(value.into()),
        });
        self
    }

    /// Writes a value.
    pub fn put(
        &mut self,
        table: Table,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.writes.push(Write {
            table,
            key: key.into(),
            value: Some(value.into()),
        });
        self
    }

    /// Removes a value, if there is one.
    pub fn remove(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.writes.push(Write {
            table,
            key: key.into(),
            value: None,
        });
        self
    }

    /// Appends an event to the audit trail.
    pub fn audit(&mut self, event: audit::Event) -> &mut Self {
        self.events.push(event);
        self
    }
}

/// Why the store did not do it, split by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An expectation failed: read again, decide again.
    #[error("the records changed in the meantime")]
    Conflict,
    /// Another process has it.
    #[error("another process has this store open")]
    Locked,
    /// The contents cannot be trusted.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Written by a newer version of this program.
    #[error("the store has schema {found}, this program knows {known}")]
    Newer {
        /// In the store.
        found: u32,
        /// In this program.
        known: u32,
    },
    /// The key file does not open what is in the store.
    #[error("the store's key does not open its contents")]
    WrongKey,
    /// The key file cannot be used; the text says what to do.
    #[error("{0}")]
    KeyFile(String),
    /// Too many commits are waiting: nothing was written, try again later.
    #[error("too many changes are waiting to be stored")]
    Busy,
    /// A key or value is longer than [`MAX_KEY_BYTES`] or [`MAX_VALUE_BYTES`]: nothing was written.
    #[error("a record of {0} bytes is too large to be stored")]
    TooLarge(usize),
    /// The disk or its file system refused.
    #[error("the store cannot be read or written")]
    Io(#[source] std::io::Error),
}

impl Error {
    /// Whether a batch whose commit answered this may have been applied all the same.
    pub const fn leaves_doubt(&self) -> bool {
        match self {
            Self::Conflict | Self::Busy | Self::TooLarge(_) => false,
            Self::Locked
            | Self::Damaged(_)
            | Self::Newer { .. }
            | Self::WrongKey
            | Self::KeyFile(_)
            | Self::Io(_) => true,
        }
    }
}
