//! What a process stands on, whatever its file says later: records, people and their sessions, counts, tasks.

use std::sync::Arc;

use super::Error;
use crate::admin::{Process, Reloads};
use crate::clock::Clock;
use crate::config::Config;
use crate::identity::People;
use crate::provider;
use crate::session::{Sessions, Settings};
use crate::store::{self, Seal, Store};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::traces::Traces;

/// What every snapshot of the configuration is built over.
#[derive(Debug)]
pub(super) struct Foundation {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Arc<dyn Store>,
    pub(super) seal: Seal,
    pub(super) people: People,
    pub(super) sessions: Arc<Sessions>,
    pub(super) traces: Arc<Traces>,
    pub(super) metrics: Metrics,
    pub(super) tasks: Tasks,
    pub(super) process: Arc<Process>,
    /// What providers are made with.
    pub(super) making: provider::Shared,
}

impl Foundation {
    /// Opens the store, and reads what owners and operators have said.
    pub(super) async fn lay(
        config: &Config,
        clock: Arc<dyn Clock>,
        tasks: Tasks,
        reloads: Reloads,
    ) -> Result<Self, Error> {
        let metrics = Metrics::new(clock.now().as_seconds());
        let (store, seal) = store::open(&config.store, clock.now(), &metrics).await?;
        let people = People::new(Arc::clone(&store), seal.clone());
        people.recall_activations().await?;
        let sessions = Sessions::new(
            Arc::clone(&store),
            seal.clone(),
            people.clone(),
            Settings::of(config),
            metrics.clone(),
        );
        sessions.recall_suspensions().await?;
        let traces = Traces::new(Arc::clone(&store), seal.clone(), config.logs.traces);
        Ok(Self {
            making: provider::Shared {
                metrics: metrics.clone(),
                clock: Arc::clone(&clock),
                tasks: tasks.clone(),
                roots: provider::http::Roots::default(),
                written: provider::Written::ByOperator,
            },
            process: Arc::new(Process::new(clock.now(), reloads)),
            sessions: Arc::new(sessions),
            traces: Arc::new(traces),
            clock,
            store,
            seal,
            people,
            metrics,
            tasks,
        })
    }
}
