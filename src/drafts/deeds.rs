//! What is done to a draft by whoever may: it is filled in, asked about, tried, handed over, taken, thrown away.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use super::record::{self, Check, Checkup, Record, Trial};
use super::{Draft, Drafts, Error, Stage, TRIES};
use crate::audit::{self, Actor};
use crate::provider::Verdict;
use crate::secret::Secret;
use crate::store::{self, Batch, Table};

/// For all that is asked of one provider together.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a trial of values that were changed before its end came to nothing.
const CHANGED_MEANWHILE: &str =
    "what was filled in was changed before the trial ended: try it again";

impl Drafts {
    /// Writes down what somebody typed: by key, already in the shape that it is kept in. An empty value takes one away, but
    /// never a secret: its field is empty whenever it is shown. A secret was meant for whoever it was typed for, so it goes
    /// when that changes.
    ///
    /// # Errors
    /// [`Error::Finished`], [`Error::TooOften`], the store's.
    pub async fn change(
        &self,
        draft: &Draft,
        typed: &BTreeMap<&'static str, String>,
        by: Actor,
    ) -> Result<Draft, Error> {
        if self.is_in_file(draft) || draft.record.finished_at.is_some() {
            return Err(Error::Finished);
        }
        let mut record = draft.record.clone();
        let changed = record::change(&mut record.values, &draft.preset().fields(), typed);
        if changed.is_empty() {
            return Ok(draft.clone());
        }
        if !self.0.bounds.change(&draft.number) {
            return Err(Error::TooOften);
        }
        // What was found was found of something else.
        record.checkup = None;
        record.trial = None;
        record.changes = record.changes.wrapping_add(1);
        let reason = Some(changed.join(", "));
        self.put(draft, record, audit::Kind::DraftChanged, by, reason)
            .await
    }

    /// Asks the provider now what it says of itself.
    ///
    /// # Errors
    /// [`Error::Incomplete`], [`Error::Finished`], [`Error::TooOften`], the store's.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn check(&self, draft: &Draft, by: Actor) -> Result<Draft, Error> {
        if draft.record.finished_at.is_some() {
            return Err(Error::Finished);
        }
        let provider = self.provider(draft).ok_or(Error::Incomplete)?;
        let organization = &draft.record.organization;
        let turn = self.0.bounds.turn(organization).ok_or(Error::TooOften)?;
        self.ask(draft)?;
        let redirect_uri = self.0.parts.config.redirect_uri(&draft.record.id);
        let examined = timeout(PATIENCE, provider.provider.examine(&redirect_uri)).await;
        drop(turn);
        let checks = examined.map_or_else(
            |_| vec![Check::late()],
            |examined| {
                let found = examined.findings.iter();
                found.map(Check::of).collect()
            },
        );
        let failed = checks
            .iter()
            .find(|it| it.verdict == Verdict::Failed.as_str());
        let reason = failed.map(|it| it.check.clone());
        let checkup = Checkup {
            at: self.now(),
            checks,
        };
        let mut latest = draft.clone();
        for _ in 0..TRIES {
            let record = Record {
                checkup: Some(checkup.clone()),
                ..latest.record.clone()
            };
            let (by, reason) = (by.clone(), reason.clone());
            let put = self.put(&latest, record, audit::Kind::DraftChecked, by, reason);
            match put.await {
                Err(Error::Store(store::Error::Conflict)) => latest = self.still(draft).await?,
                other => return other,
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// A draft as it is by now, for what was found of the values that it had.
    ///
    /// # Errors
    /// A conflict if they are other ones; [`Error::Gone`], the store's.
    async fn still(&self, draft: &Draft) -> Result<Draft, Error> {
        let latest = self.read(&draft.number).await?.ok_or(Error::Gone)?;
        if latest.record.changes == draft.record.changes {
            Ok(latest)
        } else {
            Err(store::Error::Conflict.into())
        }
    }

    /// Counts one more question to a provider of somebody's choice.
    ///
    /// # Errors
    /// [`Error::TooOften`].
    pub fn ask(&self, draft: &Draft) -> Result<(), Error> {
        if self.0.bounds.ask(&draft.record.organization) {
            Ok(())
        } else {
            Err(Error::TooOften)
        }
    }

    /// Remembers that somebody went through it, and why that came to nothing, if it did. What they went through had been
    /// changed so often; whatever came of it says nothing of values that are other ones by now.
    ///
    /// # Errors
    /// [`Error::Gone`], the store's.
    pub async fn tried(
        &self,
        (number, changes): (&str, u64),
        failed: Option<&str>,
    ) -> Result<(), Error> {
        for _ in 0..TRIES {
            let draft = self.numbered(number).await?;
            let failed = match &draft.record.trial {
                _ if draft.record.changes == changes => failed,
                None => Some(CHANGED_MEANWHILE),
                // These values have been tried themselves.
                Some(_) => return Ok(()),
            };
            let trial = Trial {
                at: self.now(),
                failed: failed.map(record::cut),
            };
            let record = Record {
                trial: Some(trial),
                ..draft.record.clone()
            };
            let mut batch = Batch::new();
            self.put_record(&mut batch, &draft, &record)?;
            match self.0.parts.store.commit(batch).await {
                Err(store::Error::Conflict) => {}
                other => return Ok(other?),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Hands it over to the operator: it does not change any more.
    ///
    /// # Errors
    /// [`Error::Incomplete`], [`Error::Finished`], the store's.
    pub async fn finish(&self, draft: &Draft, by: Actor) -> Result<Draft, Error> {
        if draft.record.finished_at.is_some() {
            return Err(Error::Finished);
        }
        if self.stage(draft) != Stage::Complete {
            return Err(Error::Incomplete);
        }
        let record = Record {
            finished_at: Some(self.now()),
            ..draft.record.clone()
        };
        self.put(draft, record, audit::Kind::DraftFinished, by, None)
            .await
    }

    /// The secret, for the operator who puts it into force; that it was handed out is in the trail.
    ///
    /// # Errors
    /// The store's.
    pub async fn export(&self, draft: &Draft) -> Result<Option<Secret<String>>, Error> {
        let mut batch = Batch::new();
        batch.audit(draft.event(audit::Kind::DraftExported, Actor::Operator, self.now()));
        self.0.parts.store.commit(batch).await?;
        let field = draft.preset().secret_field();
        Ok(field.and_then(|field| draft.record.values.get(field.key).cloned()))
    }

    /// Throws one away, and its link with it.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove(&self, draft: &Draft, by: &Actor) -> Result<(), Error> {
        for _ in 0..TRIES {
            let now = self.now();
            let organization = &draft.record.organization;
            let (mut index, raw) = self.index(organization, now).await?;
            index.entries.retain(|entry| entry.number != draft.number);
            let mut batch = Batch::new();
            self.put_index(&mut batch, organization, &index, raw)?;
            let key = record::key(&draft.number);
            batch.unexpire(draft.record.until, &key);
            batch.remove(Table::Drafts, key);
            if let Some(link) = &draft.record.link {
                batch.remove(Table::Drafts, record::link_key(&link.hash));
            }
            batch.audit(draft.event(audit::Kind::DraftRemoved, by.clone(), now));
            match self.0.parts.store.commit(batch).await {
                Err(store::Error::Conflict) => {}
                other => return Ok(other?),
            }
        }
        Err(store::Error::Conflict.into())
    }
}
