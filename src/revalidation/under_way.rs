//! Who is being asked about by this process. A lease says the same to every process, but by the clock: when that jumps
//! past its end during a question, this still keeps a second one from presenting the same refresh token (threat model 42).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::identity::IdentityId;

/// Identities with a question under way. No more than questions are allowed at once.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashSet<IdentityId>>>);

/// The right to ask about one identity, until it is dropped.
#[derive(Debug)]
pub(super) struct Alone {
    of: UnderWay,
    id: IdentityId,
}

impl UnderWay {
    /// `None`: somebody is asking at this moment.
    pub(super) fn enter(&self, id: &IdentityId) -> Option<Alone> {
        self.all().insert(id.clone()).then(|| Alone {
            of: self.clone(),
            id: id.clone(),
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all().len()
    }

    fn all(&self) -> MutexGuard<'_, HashSet<IdentityId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alone {
    /// About whom.
    pub(super) const fn id(&self) -> &IdentityId {
        &self.id
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.of.all().remove(&self.id);
    }
}
