//! What ties open streams to the right to them.
//!
//! Owns: one signal for everything that is open under one grant, and when it was given. Leaves to others: who gives it
//! (`session`), and what ends by it (`proxy`, `server`).

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Held by open responses, uploads and tunnels; once it is cut, it stays cut.
#[derive(Debug, Default)]
pub struct Tether {
    signal: CancellationToken,
    cut_at: OnceLock<Instant>,
}

impl Tether {
    /// One that holds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends whatever hangs on it. Cutting it again changes nothing.
    pub fn cut(&self) {
        self.cut_at.get_or_init(Instant::now);
        self.signal.cancel();
    }

    /// Whether it is cut.
    pub fn is_cut(&self) -> bool {
        self.signal.is_cancelled()
    }

    /// How long ago it was cut.
    pub fn since_cut(&self) -> Option<Duration> {
        self.cut_at.get().map(Instant::elapsed)
    }

    /// Waits for it to be cut.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn broken(&self) {
        self.signal.cancelled().await;
    }

    /// The same, to be kept.
    pub fn breaking(self: &Arc<Self>) -> WaitForCancellationFutureOwned {
        self.signal.clone().cancelled_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_cut_stays_cut_and_knows_since_when() {
        let tether = Arc::new(Tether::new());
        assert!(!tether.is_cut() && tether.since_cut().is_none());
        let kept = tether.breaking();
        tether.cut();
        kept.await;
        tether.broken().await;
        let first = tether.since_cut().unwrap();
        tether.cut();
        assert!(tether.is_cut() && tether.since_cut().unwrap() >= first);
    }
}
