//! A short name for one refused or interesting request, easy to read over the telephone.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Eight characters such as `K7QM-2F9D`: 40 bits, without letters that look or sound alike.
///
/// None is handed out twice within 49 days, without a record of any: each is a place in the time, of which there are 256 to
/// a millisecond, and 40 bits are 49 days of places. Whoever needs more goes on with the places of the milliseconds to come.
/// So a second one takes a clock that was set back while Doorward was down, or a process that used more than 256 for each
/// millisecond of its whole life and began again at once. That a reference names a time is no secret; nothing opens by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference([u8; 8]);

/// A text that is no reference.
#[derive(Debug, thiserror::Error)]
#[error("a reference has eight letters and digits, as in K7QM-2F9D")]
pub struct NoReference;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Places in a millisecond.
const PER_MILLISECOND: u64 = 256;

/// What eight characters can say.
const BITS: u32 = 40;

impl Reference {
    /// The next one.
    pub fn next(now: Timestamp) -> Self {
        // Of the process, however often its configuration is read.
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self::of(scattered(place_after(&LAST, now)))
    }

    fn of(mut bits: u64) -> Self {
        let mut characters = [b'0'; 8];
        for character in characters.iter_mut().rev() {
            let index = usize::from(bits.to_le_bytes()[0] & 31);
            *character = ALPHABET.get(index).copied().unwrap_or(b'0');
            bits >>= 5;
        }
        Self(characters)
    }

    /// As it is written.
    pub const fn text(&self) -> [u8; 9] {
        let [a, b, c, d, e, f, g, h] = self.0;
        [a, b, c, d, b'-', e, f, g, h]
    }

    /// Its characters.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// The place of this moment, or the next one that is free.
fn place_after(last: &AtomicU64, now: Timestamp) -> u64 {
    let first = now.as_millis().saturating_mul(PER_MILLISECOND);
    let next = |last: u64| first.max(last.saturating_add(1));
    let (Ok(before) | Err(before)) =
        last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            Some(next(last))
        });
    next(before)
}

/// Takes neighbours apart: whoever mishears a character finds nothing, not the request of the moment before. Each step can be
/// undone (a number that is combined with its own upper half, or multiplied by an odd one), so that no two places meet.
const fn scattered(place: u64) -> u64 {
    const MASK: u64 = (1 << BITS) - 1;
    let mut at = place & MASK;
    at ^= at >> (BITS / 2);
    at = at.wrapping_mul(MIXING[0]) & MASK;
    at ^= at >> (BITS / 2);
    at = at.wrapping_mul(MIXING[1]) & MASK;
    at ^ (at >> (BITS / 2))
}

/// Odd, and otherwise without a pattern.
const MIXING: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

impl FromStr for Reference {
    type Err = NoReference;

    /// As somebody types it who reads it from a page or hears it: in any case, with or without the hyphen, and with the
    /// letters that this alphabet leaves out for those that they look like.
    fn from_str(text: &str) -> Result<Self, NoReference> {
        let heard = text
            .trim()
            .bytes()
            .filter(|byte| !matches!(byte, b'-' | b' '))
            .map(|byte| match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            });
        let heard: Vec<u8> = heard.collect();
        let known = heard.iter().all(|byte| ALPHABET.contains(byte));
        let characters = heard.try_into().map_err(|_| NoReference)?;
        known.then_some(Self(characters)).ok_or(NoReference)
    }
}

impl TryFrom<String> for Reference {
    type Error = NoReference;

    fn try_from(text: String) -> Result<Self, NoReference> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        formatter.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_reference_reads_as_four_and_four() {
        let text = Reference::next(NOW).to_string();
        assert_eq!(text.len(), 9);
        assert_eq!(text.as_bytes()[4], b'-');
        assert_eq!(Reference::of(0).to_string(), "0000-0000");
        assert_eq!(Reference::of((1 << BITS) - 1).to_string(), "ZZZZ-ZZZZ");
        assert_eq!(Reference::of(1 << 35).to_string(), "1000-0000");
    }

    #[test]
    fn none_comes_twice_in_49_days_after_a_restart_or_when_the_clock_steps_back() {
        let days = |days: u64| NOW.plus(Duration::from_secs(days * 24 * 3600));
        let mut seen = BTreeSet::new();
        let mut take = |last: &AtomicU64, now, count| {
            for _ in 0..count {
                assert!(seen.insert(scattered(place_after(last, now))), "{now}");
            }
        };
        let last = AtomicU64::new(0);
        take(&last, NOW, 10_000);
        take(&last, NOW.minus(Duration::from_secs(3600)), 10_000);
        take(&last, days(1), 1);
        let restarted = AtomicU64::new(0);
        take(&restarted, days(1).plus(Duration::from_millis(1)), 10_000);
        for day in 2..=49 {
            take(&restarted, days(day), 1_000);
        }
    }

    #[test]
    fn each_place_has_a_reference_of_its_own() {
        for place in (0..100_000).chain((1 << BITS) - 100_000..1 << BITS) {
            assert_eq!(gathered(scattered(place)), place);
        }
    }

    #[test]
    fn neighbours_do_not_look_alike() {
        for place in 0..100_000 {
            let pair = [place, place + 1].map(|place| Reference::of(scattered(place)).0);
            let alike = pair[0]
                .iter()
                .zip(pair[1])
                .filter(|(one, other)| **one == *other);
            assert!(alike.count() < 7, "one character apart: {place}");
        }
    }

    /// Undoes [`scattered`].
    fn gathered(mut at: u64) -> u64 {
        let mask = (1 << BITS) - 1;
        for factor in MIXING.into_iter().rev() {
            at ^= at >> (BITS / 2);
            // Newton's iteration: each round doubles the bits that are right.
            let mut inverse = factor;
            for _ in 0..6 {
                inverse = inverse.wrapping_mul(2_u64.wrapping_sub(factor.wrapping_mul(inverse)));
            }
            at = at.wrapping_mul(inverse) & mask;
        }
        at ^ (at >> (BITS / 2))
    }

    #[test]
    fn a_reference_is_understood_as_people_say_it() {
        let reference: Reference = "K70M-1F9D".parse().unwrap();
        for said in ["k70m1f9d", " k7om-lf9d ", "K7 0M IF 9D"] {
            let heard: Reference = said.parse().unwrap();
            assert_eq!(heard, reference, "{said}");
        }
        for wrong in [
            "",
            "K70M-1F9",
            "K70M-1F9DD",
            "K70M-1F9U",
            "K70M_1F9D",
            "éééé",
        ] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
