//! What cuts the streams of sessions: found by session, and by the identity that they are open for.
//!
//! A stream outlives its session's place in the cache, so the tokens are held by the streams and only found here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use super::Key;
use super::record::Grant;
use crate::config::Slug;
use crate::identity::{AccountId, Generation, IdentityId};
use crate::tether::Tether;

/// A grant's hold on its streams.
#[derive(Debug)]
pub(super) struct Tie {
    pub(super) organization: Slug,
    account: AccountId,
    pub(super) provider: Slug,
    pub(super) generation: Generation,
    pub(super) identity: IdentityId,
    pub(super) cut: Weak<Tether>,
}

/// All of them: one for each session and organization. An identity is of one organization, so it leads to a session by at
/// most one of them.
#[derive(Debug, Default)]
pub(super) struct Ties {
    by_session: HashMap<Key, Vec<Tie>>,
    by_identity: HashMap<IdentityId, HashSet<Key>>,
}

impl Tie {
    pub(super) fn is_of(&self, grant: &Grant) -> bool {
        self.organization == grant.organization && self.account == grant.account
    }

    pub(super) fn is_with(&self, cut: &Arc<Tether>) -> bool {
        std::ptr::eq(self.cut.as_ptr(), Arc::as_ptr(cut))
    }

    pub(super) fn end(self) {
        if let Some(cut) = self.cut.upgrade() {
            cut.cut();
        }
    }
}

impl Ties {
    pub(super) fn holds(&self, key: &Key) -> bool {
        self.by_session.contains_key(key)
    }

    /// What cuts the streams that a grant has open, if it has any.
    pub(super) fn find(&self, key: &Key, grant: &Grant) -> Option<Arc<Tether>> {
        let mut ties = self.by_session.get(key)?.iter();
        ties.find(|tie| tie.is_of(grant))
            .and_then(|tie| tie.cut.upgrade())
    }

    /// All sessions that hold something.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &Key> {
        self.by_session.keys()
    }

    /// The sessions of an identity.
    pub(super) fn of(&self, identity: &IdentityId) -> Vec<Key> {
        let keys = self.by_identity.get(identity);
        keys.into_iter().flatten().copied().collect()
    }

    pub(super) fn bind(&mut self, key: &Key, grant: &Grant, cut: &Arc<Tether>) {
        let mut ties = self.take(key);
        ties.retain(|tie| tie.organization != grant.organization);
        ties.push(Tie {
            organization: grant.organization.clone(),
            account: grant.account.clone(),
            provider: grant.provider.clone(),
            generation: grant.generation.clone(),
            identity: grant.identity.clone(),
            cut: Arc::downgrade(cut),
        });
        self.put(key, ties);
    }

    /// Cuts what some ties of a session hold.
    pub(super) fn cut(&mut self, key: &Key, is_over: impl Fn(&Tie) -> bool) {
        let (over, left): (Vec<_>, Vec<_>) = self.take(key).into_iter().partition(is_over);
        for tie in over {
            tie.end();
        }
        self.put(key, left);
    }

    /// All of a session; they are its own no longer.
    pub(super) fn take(&mut self, key: &Key) -> Vec<Tie> {
        let ties = self.by_session.remove(key).unwrap_or_default();
        for tie in &ties {
            forget(&mut self.by_identity, &tie.identity, key);
        }
        ties
    }

    fn put(&mut self, key: &Key, ties: Vec<Tie>) {
        for tie in &ties {
            let keys = self.by_identity.entry(tie.identity.clone()).or_default();
            keys.insert(*key);
        }
        if !ties.is_empty() {
            self.by_session.insert(*key, ties);
        }
    }

    /// Forgets what nothing holds any more.
    pub(super) fn tidy(&mut self) {
        let Self {
            by_session,
            by_identity,
        } = self;
        by_session.retain(|key, ties| {
            ties.retain(|tie| {
                let held = tie.cut.strong_count() > 0;
                if !held {
                    forget(by_identity, &tie.identity, key);
                }
                held
            });
            !ties.is_empty()
        });
    }
}

fn forget(by_identity: &mut HashMap<IdentityId, HashSet<Key>>, identity: &IdentityId, key: &Key) {
    if let Some(keys) = by_identity.get_mut(identity) {
        keys.remove(key);
        if keys.is_empty() {
            by_identity.remove(identity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Handle, record};

    #[test]
    fn inv_40_the_sessions_of_an_identity_are_found_as_long_as_it_holds_something_there() {
        let mut ties = Ties::default();
        let (ada, other) = (record::tests::grant("acme"), record::tests::grant("globex"));
        let [one, two] = [(); 2].map(|()| Handle::random().key());
        let tokens = [(); 3].map(|()| Arc::new(Tether::new()));
        ties.bind(&one, &ada, &tokens[0]);
        ties.bind(&one, &ada, &tokens[0]);
        ties.bind(&one, &other, &tokens[1]);
        ties.bind(&two, &ada, &tokens[2]);
        assert_eq!(ties.of(&ada.identity).len(), 2);
        assert_eq!(ties.of(&other.identity), [one]);
        ties.cut(&one, |tie| tie.identity == ada.identity);
        assert_eq!(ties.of(&ada.identity), [two]);
        let cut = tokens.each_ref().map(|token| token.is_cut());
        assert_eq!(cut, [true, false, false]);
        // Another person of the same organization in the same session.
        let bob = record::tests::grant("acme");
        ties.bind(&two, &bob, &tokens[0]);
        assert!(ties.of(&ada.identity).is_empty());
        assert_eq!(ties.of(&bob.identity), [two]);
        drop(tokens);
        ties.tidy();
        assert!(ties.by_session.is_empty() && ties.by_identity.is_empty());
    }
}
