//! How often something is done for an organization that somebody outside chose: drafts are made and thrown away at will, so
//! what costs others something is counted for all of an organization together.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Number;
use crate::config::Slug;

/// Bounds for each organization, and for each draft.
#[derive(Debug)]
pub(super) struct Bounds {
    questions: DefaultKeyedRateLimiter<Slug>,
    creations: DefaultKeyedRateLimiter<Slug>,
    changes: DefaultKeyedRateLimiter<Number>,
    /// Organizations for which a provider is being examined.
    busy: Arc<Mutex<HashSet<Slug>>>,
}

/// Questions to whatever address somebody typed: enough to correct a slip, too few to look around with.
const QUESTIONS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Drafts that owners begin, each with entries in the audit trail.
const CREATIONS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(12).unwrap();

/// Changes of a draft, each with an entry in the audit trail.
const CHANGES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();

impl Bounds {
    pub(super) fn new() -> Self {
        Self {
            questions: RateLimiter::keyed(Quota::per_minute(QUESTIONS_PER_MINUTE)),
            creations: RateLimiter::keyed(Quota::per_minute(CREATIONS_PER_MINUTE)),
            changes: RateLimiter::keyed(Quota::per_minute(CHANGES_PER_MINUTE)),
            busy: Arc::default(),
        }
    }

    /// Whether a provider is asked once more.
    pub(super) fn ask(&self, organization: &Slug) -> bool {
        self.questions.check_key(organization).is_ok()
    }

    /// Whether one more draft is made for somebody who is no operator.
    pub(super) fn create(&self, organization: &Slug) -> bool {
        self.creations.check_key(organization).is_ok()
    }

    /// Whether one more change is taken.
    pub(super) fn change(&self, draft: &Number) -> bool {
        self.changes.check_key(draft).is_ok()
    }

    /// The turn of an organization to have a provider examined, which takes many calls; `None` while it has one.
    pub(super) fn turn(&self, organization: &Slug) -> Option<Turn> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.insert(organization.clone()).then(|| Turn {
            busy: Arc::clone(&self.busy),
            organization: organization.clone(),
        })
    }

    /// Forgets who has been quiet.
    pub(super) fn tidy(&self) {
        self.questions.retain_recent();
        self.creations.retain_recent();
        self.changes.retain_recent();
    }
}

/// The turn of an organization, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    busy: Arc<Mutex<HashSet<Slug>>>,
    organization: Slug,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.organization);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_54_an_organization_has_few_questions_asked_and_hinders_no_other() {
        let bounds = Bounds::new();
        let (acme, globex) = (Slug::parse("acme").unwrap(), Slug::parse("globex").unwrap());
        let asked = (0..100).filter(|_| bounds.ask(&acme)).count();
        assert!((5..7).contains(&asked), "{asked}");
        assert!(bounds.ask(&globex));
        let made = (0..100).filter(|_| bounds.create(&acme)).count();
        assert!((12..15).contains(&made), "{made}");
        assert!(bounds.create(&globex));
        let changed = (0..100).filter(|_| bounds.change(&[1; 16])).count();
        assert!((20..23).contains(&changed), "{changed}");
        assert!(bounds.change(&[2; 16]));
    }

    #[test]
    fn inv_54_one_examination_at_a_time_for_each_organization() {
        let bounds = Bounds::new();
        let (acme, globex) = (Slug::parse("acme").unwrap(), Slug::parse("globex").unwrap());
        let turn = bounds.turn(&acme);
        assert!(turn.is_some() && bounds.turn(&acme).is_none());
        assert!(bounds.turn(&globex).is_some());
        drop(turn);
        assert!(bounds.turn(&acme).is_some());
    }
}
