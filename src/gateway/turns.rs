//! How many requests may be with one application at the same time, and whose they are (threat model 54).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::address::Neighbours;

/// The requests that are with one application. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    most: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Neighbours, usize>,
}

/// The right of one request to be with the application, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    whose: Neighbours,
}

impl Turns {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// A turn, if there is one left for this client. Nobody gets more than are still free: one client alone holds half of
    /// all at most, and however many press, whoever comes new still finds some.
    pub(super) fn take(&self, client: Option<IpAddr>) -> Option<Turn> {
        let whose = Neighbours::of(client);
        let mut taken = self.taken();
        let Taken { all, by } = &mut *taken;
        let free = self.most.saturating_sub(*all);
        match by.entry(whose) {
            Entry::Occupied(mut own) if *own.get() < free => *own.get_mut() += 1,
            Entry::Vacant(none) if free > 0 => drop(none.insert(1)),
            Entry::Occupied(_) | Entry::Vacant(_) => return None,
        }
        *all += 1;
        drop(taken);
        let turns = self.clone();
        Some(Turn { turns, whose })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.turns.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Entry::Occupied(mut own) = taken.by.entry(self.whose) {
            match own.get_mut() {
                one @ 2.. => *one -= 1,
                0 | 1 => drop(own.remove()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(turns: &Turns, client: &str) -> Vec<Turn> {
        std::iter::from_fn(|| turns.take(client.parse().ok())).collect()
    }

    #[test]
    fn inv_54_one_client_leaves_turns_to_others() {
        let turns = Turns::new(100);
        let first = take_all(&turns, "192.0.2.1");
        assert_eq!(first.len(), 50);
        let second = take_all(&turns, "2001:db8::1");
        assert_eq!(second.len(), 25);
        assert!(take_all(&turns, "2001:db8::2").is_empty(), "the same /64");
        assert!(
            !take_all(&turns, "somewhere").is_empty(),
            "all that is unknown is one"
        );
        drop(first);
        assert!(turns.take("192.0.2.1".parse().ok()).is_some());
        drop(second);
        assert_eq!(take_all(&turns, "192.0.2.1").len(), 50);
        assert!(
            turns.taken().by.is_empty(),
            "nothing is kept of who has gone"
        );
    }

    #[test]
    fn a_single_turn_can_be_taken() {
        let turns = Turns::new(1);
        let turn = turns.take(None);
        assert!(turn.is_some() && turns.take(None).is_none());
        drop(turn);
        assert!(turns.take(None).is_some());
    }
}
