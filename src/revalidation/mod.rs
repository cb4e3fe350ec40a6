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
mod schedule;

pub use self::by_hand::{Dealt, Told};

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::schedule::{Condition, Kind, wait};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Slug};
use crate::identity::{self, Answer, Conclusion, Identity, Leased, LinkState, People, Terms};
use crate::provider::{Asserted, Cause, Held, Outcome, Provider, Trouble};
use crate::session::Sessions;
use crate::tasks::Tasks;
use crate::telemetry::metrics::{self, Metrics};
use crate::{audit, secret, session};

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
    /// A question has ended: there may be room for another.
    ended: Notify,
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

/// What came of one question.
struct Asked {
    answer: Answer,
    fresh: Option<Box<Asserted>>,
    retry_after: Option<Duration>,
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
        let terms = &parts.config.revalidation;
        let per_second = NonZeroU32::new(terms.per_second).unwrap_or(NonZeroU32::MIN);
        let lanes = parts.config.providers.values().filter_map(|provider| {
            Some(Arc::new(Lane {
                id: provider.id.clone(),
                provider: Arc::clone(parts.providers.get(&provider.id)?),
                terms: Terms::of(terms, provider.revalidation())?,
                permits: Arc::new(Semaphore::new(terms.concurrency)),
                rate: RateLimiter::direct(Quota::per_second(per_second)),
                condition: Mutex::default(),
            }))
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
                ended: Notify::new(),
            }),
        }
    }

    /// The longest that a question may still need when the process is asked to stop.
    pub fn longest_question(&self) -> Duration {
        self.shared.config.revalidation.timeout.saturating_mul(2)
    }

    /// Asks until told to stop. Questions under way then go on to their end.
    pub async fn work(self, stop: CancellationToken) {
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
    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
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
        let mut due = self.people.due(&lane.id, now, room).await?;
        let mut permits = Vec::with_capacity(due.len());
        while permits.len() < due.len() && lane.rate.check().is_ok() {
            match Arc::clone(&lane.permits).try_acquire_owned() {
                Ok(permit) => permits.push(permit),
                Err(_) => break,
            }
        }
        due.truncate(permits.len());
        if due.is_empty() {
            return Ok(());
        }
        let leased = self.people.lease_all(&lane.id, &due, now, until).await?;
        for (leased, permit) in leased.into_iter().zip(permits) {
            let (this, lane) = (Arc::clone(self), Arc::clone(lane));
            self.tasks.spawn(async move {
                this.ask(&lane, leased).await;
                drop(permit);
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

    /// One question, from the lease to what follows from the answer. `None`: a sign-in came in between, and what it
    /// brought stands.
    async fn ask(&self, lane: &Lane, mut leased: Leased) -> Option<Answer> {
        let began = self.clock.now();
        let asked = match self.question(lane, &mut leased).await {
            Ok(Some(asked)) => self.doubt(lane, asked),
            Ok(None) => return None,
            Err(error) => {
                error!(
                    error = &error as &dyn std::error::Error,
                    provider = %lane.id,
                    "a renewed token could not be kept"
                );
                unanswered("store", None)
            }
        };
        let now = self.clock.now();
        self.count(lane, &asked, now.since(began));
        if let Err(error) = self.conclude(lane, &leased, &asked, now).await {
            error!(
                error = &error as &dyn std::error::Error,
                provider = %lane.id,
                "what a provider said could not be written: it is asked again"
            );
        }
        Some(asked.answer)
    }

    /// Asks. `None`: a sign-in came in between, and what it brought stands.
    async fn question(
        &self,
        lane: &Lane,
        leased: &mut Leased,
    ) -> Result<Option<Asked>, identity::Error> {
        if let Some(answer) = self.known_before(leased) {
            return Ok(Some(plain(answer)));
        }
        let limit = self.config.revalidation.timeout;
        let identity = leased.identity.clone();
        let held = Held {
            subject: &identity.profile.subject,
            tokens: &identity.tokens,
        };
        let now = self.clock.now();
        let renewed = match timeout(limit, lane.provider.renew(held, now)).await {
            Err(_) => return Ok(Some(unanswered(Cause::Timeout.as_str(), None))),
            Ok(Err(outcome)) => return Ok(Some(self.read(outcome, &identity))),
            Ok(Ok(renewed)) => renewed,
        };
        if let Some(tokens) = &renewed {
            let spent = identity.tokens.refresh.as_ref();
            if !self.people.keep(leased, spent, tokens).await? {
                return Ok(None);
            }
        }
        let confirmation = lane
            .provider
            .confirm(held, renewed.as_ref(), self.clock.now());
        let outcome = timeout(limit, confirmation).await.unwrap_or({
            Outcome::Transient(Trouble {
                cause: Cause::Timeout,
                retry_after: None,
            })
        });
        Ok(Some(self.read(outcome, &identity)))
    }

    /// What needs no question: nobody spends a token of somebody who is out anyway.
    fn known_before(&self, leased: &Leased) -> Option<Answer> {
        let identity = &leased.identity;
        let organization = self.config.organizations.get(&identity.organization);
        let provider = self.config.providers.get(&identity.provider);
        let (Some(organization), Some(provider)) = (organization, provider) else {
            return Some(Answer::Gone);
        };
        let is_same = organization.providers.contains(&provider.id)
            && identity::generation(organization, provider) == identity.generation;
        if !is_same {
            return Some(Answer::Gone);
        }
        if leased.account.membership == identity::Membership::Removed {
            return Some(Answer::Refused("membership_removed"));
        }
        // Nobody comes in, and somebody may again.
        (!organization.enabled).then_some(Answer::NotApplicable)
    }

    /// What an outcome means for a link: a yes counts only while the organization's rules hold for what is said now.
    fn read(&self, outcome: Outcome, identity: &Identity) -> Asked {
        match outcome {
            Outcome::Valid(fresh) => {
                let profile = fresh.as_ref().map(|fresh| identity.profile.renewed(fresh));
                let profile = profile.as_ref().unwrap_or(&identity.profile);
                let allow = self.config.organizations.get(&identity.organization);
                let judged =
                    allow.map(|organization| identity::judge(&organization.allow, profile));
                let answer = match judged {
                    None => Answer::Gone,
                    Some(Ok(())) => Answer::Confirmed,
                    Some(Err(unmet)) => Answer::Refused(unmet.as_str()),
                };
                Asked {
                    answer,
                    fresh,
                    retry_after: None,
                }
            }
            Outcome::Revoked(why) => plain(Answer::Refused(why.as_str())),
            Outcome::Transient(trouble) => unanswered(trouble.cause.as_str(), trouble.retry_after),
            Outcome::ConnectionFault(fault) => {
                warn!(
                    provider = %identity.provider,
                    fault = fault.as_str(),
                    "the connection to a provider does not work: nobody can be asked about"
                );
                plain(Answer::Faulty)
            }
            Outcome::NotApplicable => plain(Answer::NotApplicable),
        }
    }

    /// When most of a batch is refused alike, the fault is almost certainly not theirs: nobody is blamed, and the sweep
    /// pauses.
    fn doubt(&self, lane: &Lane, asked: Asked) -> Asked {
        let now = self.clock.now();
        let mut condition = lane.condition();
        let was = condition.is_degraded();
        let kind = match asked.answer {
            Answer::Confirmed => Some(Kind::Confirmed),
            Answer::Unanswered(_) => Some(Kind::Unanswered),
            Answer::Faulty => Some(Kind::Faulty),
            Answer::Refused(why) if why != "membership_removed" => Some(Kind::Refused),
            Answer::Refused(_) | Answer::NotApplicable | Answer::Gone => None,
        };
        let is_mass = kind == Some(Kind::Refused) && condition.is_mass_refusal();
        if let Some(kind) = kind {
            condition.note(kind, asked.retry_after, now);
        }
        let is = condition.is_degraded();
        drop(condition);
        let labels = metrics::Provider {
            provider: lane.id.to_string(),
        };
        let gauge = self
            .metrics
            .provider_degraded
            .get_or_create(&labels)
            .clone();
        gauge.set(i64::from(is));
        match (was, is) {
            (false, true) => warn!(provider = %lane.id, "asking a provider again is paused"),
            (true, false) => info!(provider = %lane.id, "a provider answers again"),
            (false, false) | (true, true) => {}
        }
        if is_mass {
            error!(provider = %lane.id, "a provider refuses most people alike: nobody is blamed");
            plain(Answer::Faulty)
        } else {
            asked
        }
    }

    /// Writes what came of a question, and acts on it.
    async fn conclude(
        &self,
        lane: &Lane,
        leased: &Leased,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<(), identity::Error> {
        let failures = leased.identity.link.failures.saturating_add(1);
        let most = lane.terms.interval;
        let next = match asked.answer {
            Answer::Confirmed | Answer::NotApplicable => {
                Some(lane.terms.next(now, secret::chance()))
            }
            Answer::Unanswered(_) => Some(now.plus(wait(failures, asked.retry_after, most))),
            Answer::Faulty => Some(now.plus(wait(1, None, most))),
            Answer::Refused(_) | Answer::Gone => None,
        };
        let conclusion = Conclusion {
            answer: asked.answer,
            fresh: asked.fresh.as_deref(),
            next,
        };
        let Some(concluded) = self.people.conclude(leased, &conclusion, now).await? else {
            return Ok(());
        };
        let identity = &concluded.identity;
        match identity.link.state {
            LinkState::Valid | LinkState::Suspect => {
                self.sessions.confirm_identity(identity, concluded.changed);
                self.sessions.lapse(now);
            }
            LinkState::Invalid | LinkState::Orphaned | LinkState::Blocked => {
                self.end(identity, now).await;
            }
        }
        Ok(())
    }

    /// Ends the grants that rest on an identity which counts no more. The record says so already: whatever cannot be
    /// written here is refused when it is read.
    async fn end(&self, identity: &Identity, now: Timestamp) {
        let event = audit::Event {
            organization: Some(identity.organization.to_string()),
            provider: Some(identity.provider.to_string()),
            reason: identity.link.reason.clone(),
            ..audit::Event::new(now, audit::Kind::SessionEnded, audit::Actor::System)
        };
        match self
            .sessions
            .end_identity(identity, "identity_invalid", &event)
            .await
        {
            Ok(sessions) => info!(
                organization = %identity.organization,
                provider = %identity.provider,
                identity = identity.id.as_str(),
                reason = identity.link.reason.as_deref().unwrap_or_default(),
                sessions,
                "an identity counts no more"
            ),
            Err(error) => error!(
                error = &error as &dyn std::error::Error,
                identity = identity.id.as_str(),
                "the sessions of an identity that counts no more could not be written"
            ),
        }
    }

    fn count(&self, lane: &Lane, asked: &Asked, took: Duration) {
        let (result, reason) = result_of(asked.answer);
        let provider = lane.id.to_string();
        let labels = metrics::Check {
            provider: provider.clone(),
            result,
            reason,
        };
        self.metrics.identity_checks.get_or_create(&labels).inc();
        let labels = metrics::Provider { provider };
        let durations = &self.metrics.identity_check_duration;
        durations.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// An answer in two words, for metrics and operators.
const fn result_of(answer: Answer) -> (&'static str, &'static str) {
    match answer {
        Answer::Confirmed => ("valid", ""),
        Answer::Refused(why) => ("invalid", why),
        Answer::Gone => ("invalid", "connection_changed"),
        Answer::Unanswered(why) => ("error", why),
        Answer::Faulty => ("error", "connection"),
        Answer::NotApplicable => ("error", "not_applicable"),
    }
}

const fn plain(answer: Answer) -> Asked {
    Asked {
        answer,
        fresh: None,
        retry_after: None,
    }
}

const fn unanswered(why: &'static str, retry_after: Option<Duration>) -> Asked {
    Asked {
        answer: Answer::Unanswered(why),
        fresh: None,
        retry_after,
    }
}
