//! How long the identity behind a grant counts: one value for each identity, shared by every grant of it in memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::clock::Timestamp;

/// Until when an identity counts. It moves when a provider confirms it again, or when it says no.
#[derive(Debug)]
pub(super) struct Standing {
    until: AtomicU64,
    /// Whether what was open when it ran out has been cut.
    cut: AtomicBool,
}

impl Standing {
    pub(super) const fn new(until: Timestamp) -> Self {
        Self {
            until: AtomicU64::new(until.as_millis()),
            cut: AtomicBool::new(false),
        }
    }

    pub(super) fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.until.load(Ordering::Acquire))
    }

    pub(super) fn set(&self, until: Timestamp) {
        self.until.store(until.as_millis(), Ordering::Release);
        self.cut.store(false, Ordering::Release);
    }

    /// Whether it has run out, told once.
    pub(super) fn runs_out(&self, now: Timestamp) -> bool {
        now >= self.until() && !self.cut.swap(true, Ordering::AcqRel)
    }
}
