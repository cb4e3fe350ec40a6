//! How often the holder of a draft may have something done.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Number;

/// Bounds for each draft.
#[derive(Debug)]
pub(super) struct Bounds {
    questions: DefaultKeyedRateLimiter<Number>,
    changes: DefaultKeyedRateLimiter<Number>,
}

/// Questions to whatever address somebody typed: enough to correct a slip, too few to look around with.
const QUESTIONS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Changes, each with an entry in the audit trail.
const CHANGES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();

impl Bounds {
    pub(super) fn new() -> Self {
        Self {
            questions: RateLimiter::keyed(Quota::per_minute(QUESTIONS_PER_MINUTE)),
            changes: RateLimiter::keyed(Quota::per_minute(CHANGES_PER_MINUTE)),
        }
    }

    /// Whether the provider is asked once more.
    pub(super) fn ask(&self, draft: &Number) -> bool {
        self.questions.check_key(draft).is_ok()
    }

    /// Whether one more change is taken.
    pub(super) fn change(&self, draft: &Number) -> bool {
        self.changes.check_key(draft).is_ok()
    }

    /// Forgets drafts that have been quiet.
    pub(super) fn tidy(&self) {
        self.questions.retain_recent();
        self.changes.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_54_a_draft_asks_few_questions_and_hinders_no_other() {
        let bounds = Bounds::new();
        let (one, other) = ([1; 16], [2; 16]);
        let asked = (0..100).filter(|_| bounds.ask(&one)).count();
        assert!((5..7).contains(&asked), "{asked}");
        assert!(bounds.ask(&other));
        let changed = (0..100).filter(|_| bounds.change(&one)).count();
        assert!((20..23).contains(&changed), "{changed}");
    }
}
