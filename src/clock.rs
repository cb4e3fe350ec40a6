//! The time: one of the three seams.
//!
//! Owns: [`Timestamp`] and where it comes from. Everything that decides takes a `Timestamp` as an argument; only the
//! thin outer functions ask a [`Clock`]. Tests move a [`Manual`] clock by hand.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant in milliseconds since 1970-01-01T00:00:00Z. Arithmetic saturates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The epoch itself: older than anything that was ever stored.
    pub const EPOCH: Self = Self(0);

    /// Later than anything: for what has no end.
    pub const END: Self = Self(u64::MAX);

    /// From whole milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the epoch, as JWTs write them (RFC 7519 §2, NumericDate).
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_seconds(self) -> u64 {
        self.0 / 1000
    }

    /// This instant and `by` later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    /// This instant, `by` earlier.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Whether `now` lies in the `span` that begins here. If it is earlier it does not: a clock that stepped back must
    /// not make what was to last a second last until the clock is there again.
    #[must_use]
    pub fn lasts(self, span: Duration, now: Self) -> bool {
        self <= now && now.since(self) < span
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0).saturating_mul(1_000_000);
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok());
        formatter.write_str(text.as_deref().unwrap_or("beyond the calendar"))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Tells the time.
///
/// What must hold: `now` never blocks and is cheap enough for every request. It may step backwards (the operator sets
/// the clock); callers treat a negative difference as zero. Called by: whoever starts a decision. A wrong clock costs
/// refused sign-ins or sessions that end too early or too late, never a confused identity.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(millis(since.unwrap_or_default()))
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct Manual(AtomicU64);

impl Manual {
    /// A clock that shows `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.0))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Moves the clock back, as whoever sets it right does.
    pub fn step_back(&self, by: Duration) {
        self.0.fetch_sub(millis(by), Ordering::SeqCst);
    }
}

impl Clock for Manual {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_as_rfc_3339() {
        assert_eq!(
            Timestamp::from_seconds(1_700_000_000).to_string(),
            "2023-11-14T22:13:20Z"
        );
    }

    #[test]
    fn arithmetic_saturates() {
        let start = Timestamp::from_seconds(10);
        assert_eq!(start.minus(Duration::from_secs(60)), Timestamp::EPOCH);
        assert_eq!(
            Timestamp::EPOCH.since(start),
            Duration::ZERO,
            "a clock that stepped back is no time at all"
        );
        assert_eq!(Timestamp(u64::MAX).plus(Duration::MAX), Timestamp(u64::MAX));
    }

    #[test]
    fn a_span_is_over_for_a_clock_that_stepped_back() {
        let start = Timestamp::from_seconds(10);
        let check = |now, expected| {
            let now = Timestamp::from_seconds(now);
            assert_eq!(start.lasts(Duration::from_secs(5), now), expected, "{now}");
        };
        check(9, false);
        check(10, true);
        check(14, true);
        check(15, false);
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Manual::new(Timestamp::from_seconds(5));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Timestamp::from_seconds(6));
    }
}
