//! One question, from the lease to what follows from its answer.

use std::time::Duration;

use tokio::time::timeout;
use tracing::{error, info, warn};

use super::schedule::{Kind, wait};
use super::{Lane, Shared};
use crate::audit;
use crate::clock::Timestamp;
use crate::identity::{
    self, ActivationState, Answer, Conclusion, Identity, Leased, LinkState, Shut,
};
use crate::provider::{Asserted, Cause, Held, NotRenewed, Outcome, Trouble};
use crate::secret;
use crate::session;
use crate::telemetry::metrics;

/// What came of one question.
struct Asked {
    answer: Answer,
    fresh: Option<Box<Asserted>>,
    retry_after: Option<Duration>,
}

impl Shared {
    /// One question, from the lease to what follows from the answer. `None`: a sign-in came in between, and what it
    /// brought stands.
    pub(super) async fn ask(&self, lane: &Lane, mut leased: Leased) -> Option<Answer> {
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
            Ok(Err(NotRenewed { outcome, said })) => {
                if let Some(said) = said {
                    info!(
                        provider = %identity.provider,
                        identity = identity.id.as_str(),
                        idp.error = said.code(),
                        idp.error_description = said.description(),
                        "what the provider says of an identity, unverified"
                    );
                }
                return Ok(Some(self.read(outcome, &identity)));
            }
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
        let said = self.people.activation(&organization.slug, &provider.id);
        if !is_same || said.is_some_and(|said| said.state == ActivationState::Disabled) {
            return Some(Answer::Gone);
        }
        if leased.account.membership == identity::Membership::Removed {
            return Some(Answer::Refused("membership_removed"));
        }
        // Nobody comes in, and somebody may again.
        let is_shut = !organization.enabled || self.sessions.is_suspended(&organization.slug);
        is_shut.then_some(Answer::NotApplicable)
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
                let said = self
                    .people
                    .activation(&identity.organization, &identity.provider);
                let answer = match judged {
                    None => Answer::Gone,
                    Some(Err(unmet)) => Answer::Refused(unmet.as_str()),
                    Some(Ok(())) if said.is_some_and(|said| !said.is_for(profile)) => {
                        Answer::Refused(Shut::OtherTenant.as_str())
                    }
                    Some(Ok(())) => Answer::Confirmed,
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
            .end_identity(identity, session::Reason::IdentityInvalid, &event)
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
pub(super) const fn result_of(answer: Answer) -> (&'static str, &'static str) {
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
