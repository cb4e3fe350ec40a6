//! Pure: which of several addresses gets the next request.
//!
//! An address is passed over while it is ejected, because requests to it failed in a row, or while it answers badly when it
//! is asked how it is. When none is left, all count again: a wrong guess about everything must not close an application.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Balance;

/// What is known of one address.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// Failures since something last went well.
    failures: u32,
    /// How often in a row it was ejected.
    ejections: u32,
    ejected_until: Option<Instant>,
    /// What asking it says; good until shown otherwise.
    healthy: bool,
    /// Answers in a row that say the opposite.
    against: u32,
    /// Since when it gets requests again.
    back_since: Option<Instant>,
}

/// An address as the choice sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Requests that it has now.
    pub(super) outstanding: usize,
    /// Its share, in thousandths; 0: passed over.
    pub(super) weight: u32,
}

/// What came of asking an address how it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// As before.
    None,
    /// It gets requests again.
    Back,
    /// It gets none any more.
    Out,
}

/// A whole share.
const WHOLE: u32 = 1_000;

/// What an address begins with that has just come back.
const FIRST: u32 = 100;

/// An address that fails again and again is tried at least this often.
const MOST: Duration = Duration::from_secs(300);

impl Condition {
    pub(super) const fn new() -> Self {
        Self {
            failures: 0,
            ejections: 0,
            ejected_until: None,
            healthy: true,
            against: 0,
            back_since: None,
        }
    }

    /// Its share of what comes.
    pub(super) fn weight(&self, balance: &Balance, now: Instant) -> u32 {
        let ejected = self.ejected_until.is_some_and(|until| now < until);
        if ejected || !self.healthy {
            return 0;
        }
        let Some(since) = self.back_since else {
            return WHOLE;
        };
        let back = now.saturating_duration_since(since);
        if back >= balance.slow_start {
            return WHOLE;
        }
        let share = back.as_secs_f64() / balance.slow_start.as_secs_f64();
        // Below 1, so the product is below `WHOLE`.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1,000"
        )]
        let share = (share * f64::from(WHOLE)) as u32;
        share.max(FIRST)
    }

    /// A request was answered. Whether it is back after having been ejected.
    pub(super) fn went_well(&mut self) {
        self.failures = 0;
        self.ejections = 0;
    }

    /// A request to it failed. Whether it is ejected for that.
    pub(super) fn failed(&mut self, balance: &Balance, now: Instant) -> bool {
        if self.ejected_until.is_some_and(|until| now < until) {
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        // After an ejection it is on probation: once is enough.
        if self.failures < balance.eject_after && self.ejections == 0 {
            return false;
        }
        let factor = 1u32.checked_shl(self.ejections).unwrap_or(u32::MAX);
        let until = now
            + balance
                .eject_for
                .saturating_mul(factor)
                .min(MOST.max(balance.eject_for));
        self.ejected_until = Some(until);
        self.back_since = Some(until);
        self.ejections = self.ejections.saturating_add(1);
        self.failures = 0;
        true
    }

    /// It was asked how it is.
    pub(super) fn asked(
        &mut self,
        well: bool,
        health: &crate::config::Health,
        now: Instant,
    ) -> Turn {
        if well == self.healthy {
            self.against = 0;
            return Turn::None;
        }
        self.against = self.against.saturating_add(1);
        let enough = if well {
            health.healthy_after
        } else {
            health.unhealthy_after
        };
        if self.against < enough {
            return Turn::None;
        }
        self.healthy = well;
        self.against = 0;
        if !well {
            return Turn::Out;
        }
        self.ejected_until = None;
        self.ejections = 0;
        self.failures = 0;
        self.back_since = Some(now);
        Turn::Back
    }
}

/// The one with the fewest requests for its share. `turn` decides among equals, so that they take turns. `None`: there is
/// nothing to choose from.
pub(super) fn choose(candidates: &[Candidate], turn: usize) -> Option<usize> {
    let all_out = candidates.iter().all(|one| one.weight == 0);
    let load = |one: &Candidate| {
        let weight = if all_out { WHOLE } else { one.weight };
        let outstanding = u64::try_from(one.outstanding).unwrap_or(u64::MAX);
        // What it would have with this request.
        let with = outstanding
            .saturating_add(1)
            .saturating_mul(u64::from(WHOLE));
        with.checked_div(u64::from(weight))
    };
    let count = candidates.len();
    let in_turn = (0..count).map(|step| (turn.wrapping_add(step)) % count);
    in_turn
        .filter_map(|index| Some((index, load(candidates.get(index)?)?)))
        .min_by_key(|(_, load)| *load)
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Health;

    const BALANCE: Balance = Balance {
        eject_after: 3,
        eject_for: Duration::from_secs(10),
        slow_start: Duration::from_secs(20),
    };

    fn of(parts: &[(usize, u32)]) -> Vec<Candidate> {
        let candidate = |&(outstanding, weight)| Candidate {
            outstanding,
            weight,
        };
        parts.iter().map(candidate).collect()
    }

    #[test]
    fn the_least_busy_is_chosen_and_equals_take_turns() {
        for (parts, turn, chosen) in [
            (&[(3, 1_000), (1, 1_000), (2, 1_000)][..], 0, Some(1)),
            (&[(1, 1_000), (1, 1_000)], 0, Some(0)),
            (&[(1, 1_000), (1, 1_000)], 1, Some(1)),
            (&[(0, 0), (9, 1_000)], 0, Some(1)),
            (&[(0, 100), (8, 1_000)], 0, Some(1)),
            (&[(0, 100), (9, 1_000)], 0, Some(0)),
            (&[(1, 0), (0, 0)], 0, Some(1)),
            (&[], 7, None),
        ] {
            assert_eq!(choose(&of(parts), turn), chosen, "{parts:?} {turn}");
        }
    }

    #[test]
    fn an_address_that_fails_is_left_alone_for_longer_and_longer() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut one = Condition::new();
        assert!(!one.failed(&BALANCE, start) && !one.failed(&BALANCE, start));
        one.went_well();
        assert!(!one.failed(&BALANCE, start) && !one.failed(&BALANCE, start));
        assert!(one.failed(&BALANCE, start), "three in a row");
        assert_eq!(one.weight(&BALANCE, start + 9 * second), 0);
        let back = start + 10 * second;
        assert_eq!(one.weight(&BALANCE, back), FIRST);
        assert!(one.failed(&BALANCE, back), "on probation");
        assert_eq!(one.weight(&BALANCE, back + 19 * second), 0);
        assert_eq!(
            one.weight(&BALANCE, back + 30 * second),
            500,
            "half of its slow start"
        );
        assert_eq!(one.weight(&BALANCE, back + 40 * second), WHOLE);
        let mut now = back;
        for _ in 0..40 {
            now += MOST;
            one.failed(&BALANCE, now);
        }
        assert!(one.weight(&BALANCE, now + MOST) > 0, "never for longer");
        one.went_well();
        assert!(!one.failed(&BALANCE, now + MOST), "and forgiven");
    }

    #[test]
    fn answers_in_a_row_take_an_address_out_and_bring_it_back() {
        let health = Health {
            path: "/".to_owned(),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            healthy_after: 2,
            unhealthy_after: 3,
        };
        let now = Instant::now();
        let mut one = Condition::new();
        let mut ask = |well| one.asked(well, &health, now);
        use Turn::{Back, None, Out};
        let told = [
            false, false, true, false, false, false, false, true, false, true, true, true,
        ];
        let turns = told.map(&mut ask);
        let expected = [
            None, None, None, None, None, Out, None, None, None, None, Back, None,
        ];
        assert_eq!(turns, expected);
        assert_eq!(one.weight(&BALANCE, now), FIRST, "slowly");
    }
}
