//! Asking providers again, without anybody's traffic, whether each linked identity is still good.
//!
//! Owns: whose turn it is, how fast, and what follows from an answer. The worker reads due identities in order, takes the
//! turn of each by a lease, asks in two halves (the renewed token is durable between them), and writes what came of it in
//! one batch with the next turn. Then it tells `session`: a definite no ends grants and cuts what is open; no answer lets
//! access go on until the interval and the grace are over, and exactly then it ends.
//! Leaves to others: the protocol (`provider`), records (`identity`), streams (`session`).
//! Invariants: a refresh token is presented by one question at a time, and never once a newer one is known (threat model
//! 42); no answer never counts as a yes or a no (43); a fault of the connection blames nobody.

mod by_hand;
mod census;
mod question;
mod schedule;
#[cfg(test)]
mod tests;
mod under_way;

pub use self::by_hand::{Dealt, Pressed, Told};
pub use self::census::{Census, MOST_SESSIONS};

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::error;

use self::schedule::Condition;
use self::under_way::{Alone, UnderWay};
use crate::clock::{Clock, Timestamp};
use crate::config::{self, Config, Slug};
use crate::identity::{self, People, Terms};
use crate::provider::Provider;
use crate::session;
use crate::session::Sessions;
use crate::tasks::Tasks;
use crate::telemetry::metrics::{self, Metrics};

/// The worker. Clones share it.
#[derive(Clone, Debug)]
pub struct Revalidation {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    people: People,
    sessions: Arc<Sessions>,
    metrics: Metrics,
    tasks: Tasks,
    lanes: Vec<Arc<Lane>>,
    under_way: UnderWay,
    /// Those that somebody with a button waits for.
    pressed: UnderWay,
    /// A question has ended: there may be room for another.
    ended: Notify,
    census: Arc<ArcSwapOption<Census>>,
}

/// The queue of one provider.
#[derive(Debug)]
struct Lane {
    id: Slug,
    provider: Arc<dyn Provider>,
    terms: Terms,
    permits: Arc<Semaphore>,
    rate: DefaultDirectRateLimiter,
    condition: Mutex<Condition>,
}

/// What a worker is made of.
#[derive(Debug)]
pub struct Parts {
    /// Organizations, providers, and the terms.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The records of people.
    pub people: People,
    /// The sessions.
    pub sessions: Arc<Sessions>,
    /// The providers, by id.
    pub providers: BTreeMap<Slug, Arc<dyn Provider>>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where questions go: each must finish once begun.
    pub tasks: Tasks,
}

/// Why an operator is not served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The records of people cannot be used.
    #[error("the records of people cannot be used")]
    Identity(#[from] identity::Error),
    /// The sessions cannot be used.
    #[error("the sessions cannot be ended")]
    Session(#[from] session::Error),
    /// Others are being asked about, or the process stops.
    #[error("nobody could be asked in time")]
    Busy,
}

/// How often the worker looks for somebody who is due and for access that has run out.
const TICK: Duration = Duration::from_millis(250);

/// After one question has ended, before the next are begun.
const BREATH: Duration = Duration::from_millis(3);

/// How often it is measured how far behind the worker is.
const MEASURE: Duration = Duration::from_secs(15);

/// Whose turn was longer ago is overdue: a tick, a full lease and some.
const LATE: Duration = Duration::from_secs(60);

/// Beyond both halves of a question: for what is written between and after them.
const LEASE_MARGIN: Duration = Duration::from_secs(30);

impl Revalidation {
    /// From its parts. Providers that cannot be asked have no queue.
    pub fn new(parts: Parts) -> Self {
        Self::with(parts, None)
    }

    /// From other parts, for questions that begin from now on. It knows whom its predecessor still asks about (threat model
    /// 42), and goes on with the queue of every provider that is the same and is asked in the same way.
    #[must_use]
    pub fn succeeded_by(&self, parts: Parts) -> Self {
        Self::with(parts, Some(&self.shared))
    }

    fn with(parts: Parts, before: Option<&Shared>) -> Self {
        let lanes = parts.config.providers.values().filter_map(|provider| {
            let lane = Lane::of(&parts, provider)?;
            let same = before.and_then(|before| before.lane_like(&lane, &parts.config));
            Some(same.unwrap_or_else(|| Arc::new(lane)))
        });
        Self {
            shared: Arc::new(Shared {
                lanes: lanes.collect(),
                config: parts.config,
                clock: parts.clock,
                people: parts.people,
                sessions: parts.sessions,
                metrics: parts.metrics,
                tasks: parts.tasks,
                under_way: before.map_or_else(UnderWay::default, |it| it.under_way.clone()),
                pressed: before.map_or_else(UnderWay::default, |it| it.pressed.clone()),
                ended: Notify::new(),
                census: before.map_or_else(Arc::default, |it| Arc::clone(&it.census)),
            }),
        }
    }

    /// The longest that a question may still need when the process is asked to stop.
    pub fn longest_question(&self) -> Duration {
        self.shared.config.revalidation.timeout.saturating_mul(2)
    }

    /// Whether asking this provider again is paused or only tried: nobody is blamed meanwhile.
    pub fn is_degraded(&self, provider: &Slug) -> bool {
        let mut lanes = self.shared.lanes.iter();
        lanes.any(|lane| lane.id == *provider && lane.condition().is_degraded())
    }

    /// Since when that is so; `None` if it is not.
    pub fn degraded_since(&self, provider: &Slug) -> Option<Timestamp> {
        let mut lanes = self.shared.lanes.iter();
        let lane = lanes.find(|lane| lane.id == *provider)?;
        lane.condition().degraded_since()
    }

    /// Asks until told to stop. Questions under way then go on to their end.
    pub async fn work(self, stop: CancellationToken) {
        let counting = Arc::clone(&self.shared).keep_counting(stop.clone());
        // Waited for with all other work.
        drop(self.shared.tasks.spawn(counting));
        let mut measured: Option<Instant> = None;
        loop {
            let pause = async {
                tokio::select! {
                    () = tokio::time::sleep(TICK) => {}
                    // Others end in the same moment: their turns are taken together.
                    () = async {
                        self.shared.ended.notified().await;
                        tokio::time::sleep(BREATH).await;
                    } => {}
                }
            };
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
            self.shared.sessions.lapse(self.shared.clock.now());
            if measured.is_none_or(|then| then.elapsed() >= MEASURE) {
                measured = Some(Instant::now());
                self.shared.measure().await;
            }
            for lane in &self.shared.lanes {
                if let Err(error) = self.shared.turn(lane).await {
                    error!(
                        error = &error as &dyn std::error::Error,
                        provider = %lane.id,
                        "whom to ask about could not be read"
                    );
                }
            }
        }
    }
}

impl Lane {
    /// The queue of a provider; none if it cannot be asked.
    fn of(parts: &Parts, provider: &config::Provider) -> Option<Self> {
        let terms = &parts.config.revalidation;
        let per_second = NonZeroU32::new(terms.per_second).unwrap_or(NonZeroU32::MIN);
        Some(Self {
            id: provider.id.clone(),
            provider: Arc::clone(parts.providers.get(&provider.id)?),
            terms: Terms::of(terms, provider.revalidation())?,
            permits: Arc::new(Semaphore::new(terms.concurrency)),
            rate: RateLimiter::direct(Quota::per_second(per_second)),
            condition: Mutex::default(),
        })
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The queue that another one would only repeat.
    fn lane_like(&self, other: &Lane, config: &Config) -> Option<Arc<Lane>> {
        let (before, now) = (&self.config.revalidation, &config.revalidation);
        let is_as_fast =
            (before.concurrency, before.per_second) == (now.concurrency, now.per_second);
        let is_same = |lane: &&Arc<Lane>| {
            lane.id == other.id
                && lane.terms == other.terms
                && Arc::ptr_eq(&lane.provider, &other.provider)
        };
        let lane = self.lanes.iter().find(is_same);
        lane.filter(|_| is_as_fast).cloned()
    }

    /// Shows how far behind the questions are.
    async fn measure(&self) {
        let late = self.clock.now().minus(LATE);
        for lane in &self.lanes {
            // A store that cannot be read is told of by the turn that follows.
            let Ok(backlog) = self.people.backlog(&lane.id, late).await else {
                continue;
            };
            let labels = metrics::Provider {
                provider: lane.id.to_string(),
            };
            let overdue = i64::try_from(backlog.overdue).unwrap_or(i64::MAX);
            let gauge = &self.metrics.identity_checks_overdue;
            gauge.get_or_create(&labels).set(overdue);
            let oldest = backlog.oldest.map_or(0, Timestamp::as_seconds);
            let gauge = &self.metrics.identity_oldest_check;
            let oldest = i64::try_from(oldest).unwrap_or(i64::MAX);
            gauge.get_or_create(&labels).set(oldest);
        }
    }

    /// Starts as many questions of one provider as there is room for.
    async fn turn(self: &Arc<Self>, lane: &Arc<Lane>) -> Result<(), identity::Error> {
        let now = self.clock.now();
        let most = self.config.revalidation.concurrency;
        let under_way = most.saturating_sub(lane.permits.available_permits());
        let room = lane.condition().room(now, most).saturating_sub(under_way);
        if room == 0 {
            return Ok(());
        }
        let until = now.plus(self.lease());
        // Those of a question that outlived its lease are due too, and stand first.
        let many = room.saturating_add(self.under_way.len());
        let due = self.people.due(&lane.id, now, many).await?;
        let mut alone: Vec<(Timestamp, Alone)> = due
            .into_iter()
            .filter_map(|(due, id)| Some((due, self.under_way.enter(&id)?)))
            .take(room)
            .collect();
        let mut permits = Vec::with_capacity(alone.len());
        while permits.len() < alone.len() && lane.rate.check().is_ok() {
            match Arc::clone(&lane.permits).try_acquire_owned() {
                Ok(permit) => permits.push(permit),
                Err(_) => break,
            }
        }
        alone.truncate(permits.len());
        if alone.is_empty() {
            return Ok(());
        }
        let due: Vec<_> = alone
            .iter()
            .map(|(due, alone)| (*due, alone.id().clone()))
            .collect();
        let leased = self.people.lease_all(&lane.id, &due, now, until).await?;
        let mut alone: BTreeMap<_, _> = alone
            .into_iter()
            .map(|(_, alone)| (alone.id().clone(), alone))
            .collect();
        for (leased, permit) in leased.into_iter().zip(permits) {
            let (this, lane) = (Arc::clone(self), Arc::clone(lane));
            let alone = alone.remove(&leased.identity.id);
            self.tasks.spawn(async move {
                this.ask(&lane, leased).await;
                drop((permit, alone));
                this.ended.notify_one();
            });
        }
        Ok(())
    }

    /// How long a question may take, whatever happens.
    fn lease(&self) -> Duration {
        let halves = self.config.revalidation.timeout.saturating_mul(2);
        halves.saturating_add(LEASE_MARGIN)
    }
}
