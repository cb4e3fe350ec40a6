//! The tie between an identity and its account, and what an answer of the provider does to it: pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::clock::Timestamp;
use crate::config::{OnError, Revalidation, RevalidationMethod};

/// How an identity stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its state.
    pub state: LinkState,
    /// When the state began.
    pub since: Timestamp,
    /// When the provider was last asked in the background, whatever came of it.
    pub asked_at: Option<Timestamp>,
    /// Questions in a row without an answer.
    pub failures: u32,
    /// Why, in one of our own words; nothing if all is well.
    pub reason: Option<String>,
}

/// The states of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Confirmed when it was last asked.
    Valid,
    /// Asked, and no answer.
    Suspect,
    /// The provider said no. Only signing in again leads out.
    Invalid,
    /// The connection is gone or is another one now.
    Orphaned,
    /// An operator said no.
    Blocked,
}

impl LinkState {
    /// Word for people, metrics and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspect => "suspect",
            Self::Invalid => "invalid",
            Self::Orphaned => "orphaned",
            Self::Blocked => "blocked",
        }
    }
}

/// What came of a question, as far as a link is concerned. The words say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The same person, still admitted.
    Confirmed,
    /// A definite no.
    Refused(&'static str),
    /// Nothing is known.
    Unanswered(&'static str),
    /// The connection as a whole does not work: no person is blamed.
    Faulty,
    /// There is no way to ask.
    NotApplicable,
    /// The connection is not configured any more, or differently.
    Gone,
}

/// How often an identity is asked about, and how long it counts without being confirmed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// It is asked at least this often.
    pub interval: Duration,
    /// Share of the interval over which questions are spread, always earlier.
    pub jitter: f64,
    /// And may stay unconfirmed for this long afterwards.
    pub grace: Duration,
    /// What no answer means.
    pub on_error: OnError,
}

impl Terms {
    /// Those of a connection, if its provider can be asked.
    pub fn of(config: &Revalidation, method: RevalidationMethod) -> Option<Self> {
        (method != RevalidationMethod::None).then_some(Self {
            interval: config.interval,
            jitter: config.jitter,
            grace: config.grace,
            on_error: config.on_error,
        })
    }

    /// When somebody who was confirmed at `now` is asked about again; `chance` is from 0 to 1.
    pub fn next(&self, now: Timestamp, chance: f64) -> Timestamp {
        let earlier = (self.jitter * chance).clamp(0.0, 0.5);
        now.plus(self.interval.mul_f64(1.0 - earlier))
    }
}

impl Link {
    /// Of somebody whom the provider vouched for just now, by their own sign-in.
    pub const fn fresh(now: Timestamp) -> Self {
        Self {
            state: LinkState::Valid,
            since: now,
            asked_at: None,
            failures: 0,
            reason: None,
        }
    }

    /// What an answer at `now` makes of it.
    #[must_use]
    pub fn after(&self, answer: Answer, now: Timestamp) -> Self {
        use LinkState::{Blocked, Invalid, Orphaned, Suspect, Valid};
        let (state, failures, reason) = match (self.state, answer) {
            // Out of these leads a sign-in or an operator, never an answer.
            (Invalid | Orphaned | Blocked, _)
            | (Valid | Suspect, Answer::Faulty | Answer::NotApplicable) => {
                let asked_at = Some(now);
                return Self {
                    asked_at,
                    ..self.clone()
                };
            }
            (Valid | Suspect, Answer::Confirmed) => (Valid, 0, None),
            (Valid | Suspect, Answer::Unanswered(why)) => {
                (Suspect, self.failures.saturating_add(1), Some(why))
            }
            (Valid | Suspect, Answer::Refused(why)) => (Invalid, 0, Some(why)),
            (Valid | Suspect, Answer::Gone) => (Orphaned, 0, Some("connection_changed")),
        };
        Self {
            state,
            since: if state == self.state { self.since } else { now },
            asked_at: Some(now),
            failures,
            reason: reason.map(str::to_owned),
        }
    }
}

impl Default for Link {
    /// Of a record that was written before there were links.
    fn default() -> Self {
        Self::fresh(Timestamp::EPOCH)
    }
}

impl Identity {
    /// How it stands in one word, for everybody who is told: the link's state, or `unchecked` where nobody asks again
    /// whether it is still good.
    pub const fn standing(&self) -> &'static str {
        match (self.link.state, self.due_at) {
            (LinkState::Valid, None) => "unchecked",
            (state, _) => state.as_str(),
        }
    }

    /// Until when it counts: exactly then access by it ends unless a provider has confirmed it again (threat model 41).
    /// `terms` are those of its connection; `None` if that cannot be asked.
    pub fn counts_until(&self, terms: Option<&Terms>) -> Timestamp {
        match (self.link.state, terms) {
            (LinkState::Invalid | LinkState::Orphaned | LinkState::Blocked, _) => Timestamp::EPOCH,
            (LinkState::Valid | LinkState::Suspect, None) => Timestamp::END,
            (LinkState::Suspect, Some(terms)) if terms.on_error == OnError::Block => {
                Timestamp::EPOCH
            }
            (LinkState::Valid | LinkState::Suspect, Some(terms)) => {
                self.last_verified_at.plus(terms.interval).plus(terms.grace)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(state: LinkState, failures: u32) -> Link {
        Link {
            state,
            since: Timestamp::from_seconds(1),
            asked_at: None,
            failures,
            reason: None,
        }
    }

    #[test]
    fn inv_43_a_no_ends_a_link_and_no_answer_does_not() {
        use LinkState::{Blocked, Invalid, Orphaned, Suspect, Valid};
        let now = Timestamp::from_seconds(9);
        let check = |before, answer, state, failures| {
            let after = link(before, 2).after(answer, now);
            assert_eq!(
                (after.state, after.failures),
                (state, failures),
                "{before:?} {answer:?}"
            );
            assert_eq!(after.asked_at, Some(now));
            assert_eq!(after.since == now, before != state, "{before:?} {answer:?}");
        };
        for before in [Valid, Suspect] {
            check(before, Answer::Confirmed, Valid, 0);
            check(before, Answer::Unanswered("timeout"), Suspect, 3);
            check(before, Answer::Refused("invalid_grant"), Invalid, 0);
            check(before, Answer::Gone, Orphaned, 0);
            check(before, Answer::Faulty, before, 2);
            check(before, Answer::NotApplicable, before, 2);
        }
        for before in [Invalid, Orphaned, Blocked] {
            for answer in [
                Answer::Confirmed,
                Answer::Unanswered("timeout"),
                Answer::Refused("inactive"),
                Answer::Gone,
                Answer::Faulty,
                Answer::NotApplicable,
            ] {
                check(before, answer, before, 2);
            }
        }
    }
}
