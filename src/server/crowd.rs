//! How many connections each address may have open, so that none takes all of them (threat model 54).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

use crate::address::Neighbours;
use crate::config::TrustedProxy;

/// The open connections of a listener, by address.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    /// Peers that stand for many clients.
    exempt: Vec<TrustedProxy>,
    open: Mutex<HashMap<Neighbours, usize>>,
}

/// What a connection holds as long as it is open. Given back in this order: whoever waits for the permit finds the place.
#[derive(Debug)]
pub(super) struct Permit {
    _one_of_address: Option<Place>,
    one_of_all: OwnedSemaphorePermit,
}

/// One of the connections of an address.
#[derive(Debug)]
struct Place {
    crowd: Arc<Crowd>,
    whose: Neighbours,
}

impl Crowd {
    pub(super) fn new(most: usize, exempt: Vec<TrustedProxy>) -> Arc<Self> {
        Arc::new(Self {
            most,
            exempt,
            open: Mutex::default(),
        })
    }

    /// Lets a connection in, or gives back the permit if its address has enough. Peers over a Unix socket have no
    /// address; who they are is up to its permissions.
    pub(super) fn admit(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Permit, OwnedSemaphorePermit> {
        let counts = address.is_some() && !self.exempt.iter().any(|proxy| proxy.covers(address));
        let place = counts.then(|| self.place(Neighbours::of(address)));
        if matches!(place, Some(None)) {
            return Err(permit);
        }
        Ok(Permit {
            _one_of_address: place.flatten(),
            one_of_all: permit,
        })
    }

    /// The same for a connection that turns out to be somebody else's: `None` if that address has enough.
    pub(super) fn admit_for(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        permit: Permit,
    ) -> Option<Permit> {
        self.admit(address, permit.one_of_all).ok()
    }

    fn place(self: &Arc<Self>, whose: Neighbours) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(&whose).copied().unwrap_or_default();
        if own >= self.most {
            return None;
        }
        open.insert(whose, own + 1);
        drop(open);
        let crowd = Arc::clone(self);
        Some(Place { crowd, whose })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let open = self.crowd.open.lock();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.whose) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => {
                open.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    #[test]
    fn inv_54_one_address_leaves_connections_to_others() {
        let all = Arc::new(Semaphore::new(100));
        let trusted = TrustedProxy::Network("10.0.0.0/8".parse().unwrap());
        let crowd = Crowd::new(3, vec![trusted]);
        let connect = |address: &str| {
            let permit = Arc::clone(&all).try_acquire_owned().unwrap();
            crowd.admit(address.parse().ok(), permit).ok()
        };
        let open: Vec<Permit> = (0..9).filter_map(|_| connect("192.0.2.1")).collect();
        assert_eq!(open.len(), 3);
        let mut others = Vec::new();
        for other in ["192.0.2.2", "2001:db8::1", "10.0.0.1", "a unix socket"] {
            others.extend(connect(other));
        }
        assert_eq!(others.len(), 4);
        for many in ["10.0.0.1", "a unix socket"] {
            others.extend((0..9).filter_map(|_| connect(many)));
        }
        assert_eq!(others.len(), 22, "those stand for many");
        drop((open, others));
        assert!(connect("192.0.2.1").is_some());
        assert_eq!(all.available_permits(), 100);
        assert!(crowd.open.lock().unwrap().is_empty());
    }
}
