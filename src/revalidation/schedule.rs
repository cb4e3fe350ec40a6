//! Pure: when to ask again after no answer, and when a connection as a whole is in trouble.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Timestamp;

/// The first wait after no answer; each further one is twice as long…
const FIRST_WAIT: Duration = Duration::from_secs(30);

/// …up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// So many of the newest answers are looked at…
const RECENT: usize = 20;

/// …once there are so many…
const ENOUGH: usize = 10;

/// …and so many in ten of one kind mean that it is not about people.
const MOST: usize = 8;

/// How long to wait after `failures` questions in a row without an answer (at least one), not less than the provider
/// asked for and not longer than `most`.
pub(super) fn wait(failures: u32, retry_after: Option<Duration>, most: Duration) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    wait.max(retry_after.unwrap_or_default()).min(most)
}

/// The kinds of answers, as far as a whole connection is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A yes.
    Confirmed,
    /// A no.
    Refused,
    /// Nothing.
    Unanswered,
    /// The connection does not work.
    Faulty,
}

/// How a connection is doing.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    recent: VecDeque<Kind>,
    /// Pauses in a row.
    strikes: u32,
    resume_at: Option<Timestamp>,
    /// When the first of them began.
    since: Option<Timestamp>,
}

impl Condition {
    /// How many questions may be under way: none during a pause, then one to see, all after a yes.
    pub(super) fn room(&self, now: Timestamp, all: usize) -> usize {
        match self.resume_at {
            None => all,
            Some(resume_at) if now < resume_at => 0,
            Some(_) => 1,
        }
    }

    /// Whether the sweep is paused or only tries.
    pub(super) const fn is_degraded(&self) -> bool {
        self.resume_at.is_some()
    }

    /// Since when.
    pub(super) const fn degraded_since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Whether one more no would be one of so many that the fault is almost certainly ours or the provider's.
    pub(super) fn is_mass_refusal(&self) -> bool {
        self.is_mostly(Kind::Refused)
    }

    /// Takes in an answer.
    pub(super) fn note(&mut self, kind: Kind, retry_after: Option<Duration>, now: Timestamp) {
        self.recent.push_back(kind);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        match kind {
            Kind::Confirmed if self.is_degraded() => *self = Self::default(),
            Kind::Confirmed => {}
            Kind::Faulty => self.pause(retry_after, now),
            Kind::Unanswered if retry_after.is_some() => self.pause(retry_after, now),
            Kind::Unanswered | Kind::Refused => {
                if self.is_degraded() || self.is_mostly(kind) {
                    self.pause(retry_after, now);
                }
            }
        }
    }

    fn pause(&mut self, retry_after: Option<Duration>, now: Timestamp) {
        let paused = self.resume_at.is_some_and(|resume_at| now < resume_at);
        if !paused {
            self.strikes = self.strikes.saturating_add(1);
        }
        self.since.get_or_insert(now);
        let until = now.plus(wait(self.strikes, retry_after, Duration::MAX));
        self.resume_at = Some(
            self.resume_at
                .map_or(until, |resume_at| resume_at.max(until)),
        );
    }

    fn is_mostly(&self, kind: Kind) -> bool {
        let alike = self.recent.iter().filter(|&&one| one == kind).count();
        self.recent.len() >= ENOUGH && alike * 10 >= self.recent.len() * MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_honour_the_provider() {
        let seconds = |failures, after: Option<u64>| {
            wait(failures, after.map(Duration::from_secs), HOUR).as_secs()
        };
        assert_eq!(
            [1, 2, 3, 9, 4_000_000].map(|failures| seconds(failures, None)),
            [30, 60, 120, 900, 900]
        );
        assert_eq!(seconds(1, Some(300)), 300);
        assert_eq!(seconds(1, Some(5)), 30);
        assert_eq!(
            seconds(1, Some(86_400)),
            3600,
            "never longer than the interval"
        );
    }

    #[test]
    fn a_faulty_connection_pauses_then_tries_with_one_and_recovers_whole() {
        let mut condition = Condition::default();
        assert_eq!(condition.room(NOW, 8), 8);
        condition.note(Kind::Faulty, None, NOW);
        condition.note(Kind::Faulty, None, NOW);
        assert_eq!(condition.room(NOW.plus(Duration::from_secs(29)), 8), 0);
        let later = NOW.plus(Duration::from_secs(30));
        assert_eq!(condition.room(later, 8), 1);
        condition.note(Kind::Unanswered, None, later);
        assert_eq!(
            condition.room(later.plus(Duration::from_secs(59)), 8),
            0,
            "twice as long"
        );
        condition.note(Kind::Confirmed, None, later);
        assert_eq!(
            (condition.room(later, 8), condition.is_degraded()),
            (8, false)
        );
    }

    #[test]
    fn a_few_without_an_answer_are_people_and_most_are_not() {
        let mut condition = Condition::default();
        for _ in 0..9 {
            condition.note(Kind::Unanswered, None, NOW);
            condition.note(Kind::Confirmed, None, NOW);
        }
        assert!(!condition.is_degraded());
        for _ in 0..16 {
            condition.note(Kind::Unanswered, None, NOW);
        }
        assert!(condition.is_degraded());
    }

    #[test]
    fn the_provider_says_when_to_go_on() {
        let mut condition = Condition::default();
        condition.note(Kind::Unanswered, Some(HOUR), NOW);
        assert_eq!(condition.room(NOW.plus(HOUR / 2), 8), 0);
        assert_eq!(condition.room(NOW.plus(HOUR), 8), 1);
    }

    #[test]
    fn a_mass_of_refusals_is_seen() {
        let mut condition = Condition::default();
        for _ in 0..9 {
            condition.note(Kind::Refused, None, NOW);
            assert!(!condition.is_mass_refusal(), "a team may leave");
        }
        condition.note(Kind::Refused, None, NOW);
        assert!(condition.is_mass_refusal() && condition.is_degraded());
    }
}
