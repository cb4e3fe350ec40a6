//! A one-time ticket that nobody has got: the browser gave up the answer that carried it, by a second click or a reload, and comes with
//! the same answer of the provider again. It gets another one in place of the first; there is never more than one that is good.

use std::time::Duration;

use super::run::Run;
use super::ticket::{self, Ticket};
use super::{Error, Shared};
use crate::clock::Timestamp;
use crate::store::{self, Batch, Table};

/// How long a second click waits for the first, which may be on its way to the provider still…
const PATIENCE: Duration = Duration::from_secs(2);

/// …and how often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// Only somebody who has just come back waits.
const JUST_NOW: Duration = Duration::from_secs(10);

impl Shared {
    /// For whoever holds the proof of a run that is used: its ticket anew, if it led to one that nobody has taken.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Safe: a ticket that was replaced and not handed on can be replaced again.
    pub(super) async fn reissue(
        &self,
        key: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, Error> {
        let looks = PATIENCE.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            let Some((run, raw)) = self.read_run(key).await? else {
                return Ok(None);
            };
            let is_fresh = run.claimed_at.is_some_and(|at| at.lasts(JUST_NOW, now));
            match run.ticket {
                Some(old) => match self.replace(key, (run, raw), old, now).await {
                    Err(Error::Store(store::Error::Conflict)) => {}
                    other => return other,
                },
                None if is_fresh => tokio::time::sleep(LOOK).await,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn replace(
        &self,
        key: &[u8; 32],
        (run, raw): (Run, Vec<u8>),
        old: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, Error> {
        let mut batch = Batch::new();
        batch.expect_unchanged(Table::Runs, *key, raw);
        let Some(ticket) = self.exchange(&mut batch, old, now).await? else {
            return Ok(None);
        };
        let run = Run {
            ticket: Some(ticket::key(&ticket.token)),
            ..run
        };
        let sealed = self.seal.seal_json(Table::Runs, key, &run)?;
        batch.put(Table::Runs, *key, sealed);
        self.store.commit(batch).await?;
        Ok(Some(ticket))
    }
}
