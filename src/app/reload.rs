//! Another file comes into force, whole or not at all: a new snapshot is built beside the one in force, one pointer is
//! swapped, and what rested on what is gone ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::foundation::Foundation;
use super::snapshot::{Predecessor, Snapshot};
use super::withdrawn::{self, Withdrawn};
use super::{Current, chain, manager, tell_warnings};
use crate::admin::reload::{Last, Outcome, Reloaded, Wish, Wishes};
use crate::audit;
use crate::config::{self, Config, Difference, Loaded, Slug, Style, Values};
use crate::server::LimitsInForce;
use crate::session::Settings;
use crate::store::Batch;
use crate::telemetry::metrics;

/// What reads the file again.
pub(super) struct Reloader {
    foundation: Arc<Foundation>,
    current: Current,
    limits: LimitsInForce,
    /// Where from, and what it said when it came into force. Without, there is nothing to read.
    files: Option<(config::Files, Values)>,
}

/// Lines of a difference in the audit trail.
const MOST_AUDITED: usize = 20;

/// Letters of one of them.
const LONGEST_AUDITED: usize = 120;

impl Reloader {
    pub(super) fn new(
        foundation: &Arc<Foundation>,
        current: &Current,
        limits: &LimitsInForce,
        files: Option<(config::Files, Values)>,
    ) -> Self {
        Self {
            foundation: Arc::clone(foundation),
            current: Arc::clone(current),
            limits: Arc::clone(limits),
            files,
        }
    }

    /// Does what is asked for, one after another, until told to stop.
    pub(super) async fn work(mut self, mut wishes: Wishes, stop: CancellationToken) {
        while let Some(Some(wish)) = stop.run_until_cancelled(wishes.recv()).await {
            let Wish { dry_run, answer } = wish;
            if !dry_run {
                manager::reloading();
            }
            let told = Box::pin(self.reload(dry_run)).await;
            if !dry_run {
                self.tell(&told).await;
                manager::ready(&self.current.load().config);
            }
            // Whoever asked may have hung up.
            let _ = answer.send(told);
        }
    }

    async fn reload(&mut self, dry_run: bool) -> Reloaded {
        let (loaded, difference, told) = match self.look(dry_run) {
            Ok(found) => found,
            Err(told) => return *told,
        };
        if dry_run {
            return told;
        }
        match self.apply(loaded, &difference).await {
            Ok(ended) => Reloaded { ended, ..told },
            Err(error) => Reloaded {
                outcome: Outcome::Failed,
                reason: Some(chain(&error)),
                ..told
            },
        }
    }

    /// Reads the file and holds it against what is in force. Changes nothing.
    ///
    /// # Errors
    /// What there is to tell when there is nothing to apply.
    fn look(&self, dry_run: bool) -> Result<(Loaded, Difference, Reloaded), Box<Reloaded>> {
        let nothing = Reloaded {
            outcome: Outcome::Unchanged,
            dry_run,
            changes: Vec::new(),
            restart: Vec::new(),
            faults: Value::Array(Vec::new()),
            reason: None,
            ended: BTreeMap::new(),
        };
        let Some((files, before)) = &self.files else {
            return Err(Box::new(Reloaded {
                outcome: Outcome::Failed,
                reason: Some("this process was not started from a file".to_owned()),
                ..nothing
            }));
        };
        let loaded = config::load(files).map_err(|faults| Reloaded {
            outcome: Outcome::Invalid,
            faults: config::to_json(&faults.0),
            reason: Some(config::render(&faults.0, Style::Plain)),
            ..nothing.clone()
        })?;
        let difference = Difference::between(before, &loaded.values);
        let told = Reloaded {
            changes: difference.lines(),
            faults: config::to_json(&loaded.warnings),
            ..nothing
        };
        if difference.is_empty() {
            return Err(Box::new(told));
        }
        let fixed = self.current.load().config.fixed_beside(&loaded.config);
        if !fixed.is_empty() {
            let restart: Vec<String> = fixed.iter().map(ToString::to_string).collect();
            return Err(Box::new(Reloaded {
                outcome: Outcome::NeedsRestart,
                reason: Some(restart.join("\n")),
                restart,
                ..told
            }));
        }
        let outcome = Outcome::Applied;
        Ok((loaded, difference, Reloaded { outcome, ..told }))
    }

    /// Builds, swaps, and ends what is gone. How many grants ended, by organization.
    async fn apply(
        &mut self,
        loaded: Loaded,
        difference: &Difference,
    ) -> Result<BTreeMap<String, u64>, super::Error> {
        let Loaded {
            config,
            values,
            warnings,
        } = loaded;
        let (config, foundation) = (Arc::new(config), &*self.foundation);
        tell_warnings(&config, &warnings, foundation.clock.now());
        let old = self.current.load_full();
        let is_same = |table: &str, name: &Slug| is_same(difference, table, name);
        let before = Predecessor {
            snapshot: &old,
            is_same: &is_same,
        };
        let new = Snapshot::build(&config, foundation, Some(before)).await?;
        let new = Arc::new(new);
        self.limits.store(Arc::new(config.server.limits.clone()));
        // First whoever may no longer be here: nobody meets the new snapshot with a grant of the old one.
        let asked_otherwise = foundation.sessions.reconfigure(Settings::of(&config));
        self.current.store(Arc::clone(&new));
        new.begin(foundation, Some(&old));
        old.end(foundation, &new);
        if let Some((_, in_force)) = &mut self.files {
            *in_force = values;
        }
        if let Err(error) = foundation.sessions.recount(&asked_otherwise).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "how long identities count is as it was, until their providers are asked again"
            );
        }
        Ok(self.withdraw(&old.config, &new).await)
    }

    /// Ends for good what the file no longer has. It lets nobody in already.
    async fn withdraw(&self, before: &Config, new: &Snapshot) -> BTreeMap<String, u64> {
        let mut ended = BTreeMap::new();
        for Withdrawn { filter, reason } in withdrawn::between(before, &new.config) {
            let now = self.foundation.clock.now();
            let event = audit::Event {
                organization: filter.organization.as_ref().map(Slug::to_string),
                provider: filter.provider.as_ref().map(Slug::to_string),
                reason: Some(reason.to_owned()),
                ..audit::Event::new(now, audit::Kind::SessionEnded, audit::Actor::System)
            };
            match new.pipeline.revoke_all(&filter, &event, now).await {
                Ok(count) => {
                    let organization = event.organization.unwrap_or_default();
                    let all: &mut u64 = ended.entry(organization).or_default();
                    *all = all.saturating_add(count);
                }
                Err(error) => error!(
                    error = &error as &dyn std::error::Error,
                    reason, "what the file no longer has could not be ended in the store"
                ),
            }
        }
        ended.retain(|_, count| *count > 0);
        ended
    }

    /// Counts it, and says it in the log and in the audit trail.
    async fn tell(&self, told: &Reloaded) {
        let Foundation {
            metrics,
            process,
            clock,
            store,
            ..
        } = &*self.foundation;
        let (now, outcome) = (clock.now(), told.outcome);
        let labels = metrics::Outcome {
            result: outcome.as_str(),
        };
        metrics.config_reloads.get_or_create(&labels).inc();
        metrics.read_config(outcome.is_success(), now.as_seconds());
        process.reloads().remember(Last { at: now, outcome });
        log(told);
        let kind = match outcome {
            Outcome::Unchanged => return,
            Outcome::Applied => audit::Kind::ConfigReloaded,
            Outcome::Invalid | Outcome::NeedsRestart | Outcome::Failed => {
                audit::Kind::ConfigReloadRefused
            }
        };
        let mut batch = Batch::new();
        batch.audit(audit::Event {
            reason: Some(in_short(told)),
            ..audit::Event::new(now, kind, audit::Actor::Operator)
        });
        if let Err(error) = store.commit(batch).await {
            error!(
                error = &error as &dyn std::error::Error,
                "the audit trail could not be written"
            );
        }
    }
}

/// Whether nothing has changed that a provider or an application is made of.
fn is_same(difference: &Difference, table: &str, name: &Slug) -> bool {
    let elsewhere: &[&[&str]] = match table {
        "providers" => &[&["server", "public_url"]],
        _ => &[
            &["server", "limits", "idle_timeout"],
            &["revalidation", "stream_cut"],
        ],
    };
    let own = [table, name.as_str()];
    let mut all = elsewhere.iter().copied().chain([own.as_slice()]);
    all.all(|path| !difference.touches(path))
}

fn log(told: &Reloaded) {
    let outcome = told.outcome.as_str();
    if !told.outcome.is_success() {
        let reason = told.reason.as_deref().unwrap_or_default();
        error!(
            outcome,
            reason, "the configuration is not reloaded: the one before stays in force"
        );
        return;
    }
    for change in &told.changes {
        info!(change, "the configuration has changed");
    }
    let ended = told.ended.values().sum::<u64>();
    match told.outcome {
        Outcome::Unchanged => info!("the configuration is read again: nothing has changed"),
        _ => info!(
            outcome,
            changes = told.changes.len(),
            ended,
            "the configuration is reloaded"
        ),
    }
}

/// For the audit trail: what changed, or why not, within bounds.
fn in_short(told: &Reloaded) -> String {
    let all: Vec<String> = match told.outcome {
        Outcome::Applied | Outcome::Unchanged => told.changes.clone(),
        Outcome::NeedsRestart => told.restart.clone(),
        Outcome::Invalid => {
            let message = |fault: &Value| Some(fault.get("message")?.as_str()?.to_owned());
            let faults = told.faults.as_array().into_iter().flatten();
            faults.filter_map(message).collect()
        }
        Outcome::Failed => told.reason.clone().into_iter().collect(),
    };
    let lines = all.iter().take(MOST_AUDITED).map(|line| {
        let end = line.char_indices().nth(LONGEST_AUDITED);
        end.map_or(line.clone(), |(end, _)| {
            format!("{}…", line.get(..end).unwrap_or_default())
        })
    });
    let mut text = lines.collect::<Vec<_>>().join("; ");
    if let Some(more) = all.len().checked_sub(MOST_AUDITED).filter(|more| *more > 0) {
        text.push_str(&format!("; and {more} more"));
    }
    text
}
