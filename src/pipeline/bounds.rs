//! How many sign-ins may begin, for one client address and for one organization, and how many logout tokens are heard.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Ending;
use crate::address::Neighbours;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::config::defaults::{KEPT_FORMS, RUN_LIFETIME, RUNS_PER_ORGANIZATION};
use crate::identity::AccountId;

/// Bounds on beginnings. What is refused here has cost nothing yet.
#[derive(Debug)]
pub(super) struct Bounds {
    by_address: DefaultKeyedRateLimiter<Neighbours>,
    by_organization: Mutex<HashMap<Slug, VecDeque<Timestamp>>>,
    logouts: DefaultKeyedRateLimiter<(Slug, Neighbours)>,
    refusals: DefaultKeyedRateLimiter<Slug>,
    endings: DefaultKeyedRateLimiter<(Slug, Ending)>,
    forms_by_address: DefaultKeyedRateLimiter<Neighbours>,
    forms_by_account: DefaultKeyedRateLimiter<AccountId>,
    forms: Mutex<VecDeque<Timestamp>>,
}

/// A whole office behind one address signs in at nine o'clock…
const BURST: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// …and goes on at this rate. In the lifetime of a run that is a third of what an organization may have: no address can
/// keep everybody else out (threat model 54).
const PER_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Logout tokens at once for one provider from one address: a provider that ends everybody's session sends one for each…
const LOGOUT_BURST: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

/// …and goes on at this rate. By address too, so that nobody can keep the provider's own from being heard.
const LOGOUTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// Refused logout tokens of one provider in the audit trail, which only grows: whoever has an old one may send it again
/// and again. The same for each way in which sign-ins end without anybody having proved who they are.
const REFUSAL_BURST: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// How soon there is room for another.
const REFUSALS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6).unwrap();

/// Forms of one person that are kept at once; a minute makes room for another…
const FORM_BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// …and of one office.
const FORM_BURST_BY_ADDRESS: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// How soon there is room for another of one person…
const FORMS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(1).unwrap();

/// …and of one office: in the lifetime of a form that is a quarter of all at most.
const FORMS_PER_MINUTE_BY_ADDRESS: NonZeroU32 = NonZeroU32::new(20).unwrap();

impl Bounds {
    pub(super) fn new() -> Self {
        Self {
            by_address: RateLimiter::keyed(Quota::per_second(PER_SECOND).allow_burst(BURST)),
            by_organization: Mutex::default(),
            logouts: RateLimiter::keyed(
                Quota::per_second(LOGOUTS_PER_SECOND).allow_burst(LOGOUT_BURST),
            ),
            refusals: RateLimiter::keyed(
                Quota::per_minute(REFUSALS_PER_MINUTE).allow_burst(REFUSAL_BURST),
            ),
            endings: RateLimiter::keyed(
                Quota::per_minute(REFUSALS_PER_MINUTE).allow_burst(REFUSAL_BURST),
            ),
            forms_by_address: RateLimiter::keyed(
                Quota::per_minute(FORMS_PER_MINUTE_BY_ADDRESS).allow_burst(FORM_BURST_BY_ADDRESS),
            ),
            forms_by_account: RateLimiter::keyed(
                Quota::per_minute(FORMS_PER_MINUTE).allow_burst(FORM_BURST),
            ),
            forms: Mutex::default(),
        }
    }

    /// Whether one more form is kept.
    pub(super) fn keep(&self, client: Option<IpAddr>, account: &AccountId, now: Timestamp) -> bool {
        let is_few = self.forms_by_account.check_key(account).is_ok()
            && (self.forms_by_address)
                .check_key(&Neighbours::of(client))
                .is_ok();
        let mut kept = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        is_few && push(&mut kept, now, KEPT_FORMS)
    }

    /// Whether one more logout token is looked at.
    pub(super) fn hear(&self, client: Option<IpAddr>, provider: &Slug) -> bool {
        let key = (provider.clone(), Neighbours::of(client));
        self.logouts.check_key(&key).is_ok()
    }

    /// Whether one more refused logout token is written into the audit trail.
    pub(super) fn write_refusal(&self, provider: &Slug) -> bool {
        self.refusals.check_key(provider).is_ok()
    }

    /// Whether one more sign-in that ended like this is written into the audit trail.
    pub(super) fn write_ending(&self, provider: &Slug, ending: Ending) -> bool {
        self.endings.check_key(&(provider.clone(), ending)).is_ok()
    }

    /// Whether one more sign-in may begin.
    pub(super) fn admit(
        &self,
        client: Option<IpAddr>,
        organization: &Slug,
        now: Timestamp,
    ) -> bool {
        self.by_address.check_key(&Neighbours::of(client)).is_ok() && self.count(organization, now)
    }

    fn count(&self, organization: &Slug, now: Timestamp) -> bool {
        let mut all = self
            .by_organization
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let begun = all.entry(organization.clone()).or_default();
        push(begun, now, RUNS_PER_ORGANIZATION)
    }

    /// Forgets addresses that have been quiet.
    pub(super) fn tidy(&self) {
        self.by_address.retain_recent();
        self.by_address.shrink_to_fit();
        self.logouts.retain_recent();
        self.logouts.shrink_to_fit();
        self.forms_by_address.retain_recent();
        self.forms_by_address.shrink_to_fit();
        self.forms_by_account.retain_recent();
        self.forms_by_account.shrink_to_fit();
    }
}

/// Counts one more, if there are fewer than `most` of the last minutes.
fn push(all: &mut VecDeque<Timestamp>, now: Timestamp, most: usize) -> bool {
    while all.front().is_some_and(|at| now >= at.plus(RUN_LIFETIME)) {
        all.pop_front();
    }
    let room = all.len() < most;
    if room {
        all.push_back(now);
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_54_one_address_cannot_begin_without_end() {
        let bounds = Bounds::new();
        let acme = Slug::parse("acme").unwrap();
        let address = |text: &str| Some(text.parse().unwrap());
        let (client, neighbour) = (address("2001:db8::1"), address("2001:db8::2"));
        let begun = (0..1_000)
            .filter(|_| bounds.admit(client, &acme, Timestamp::EPOCH))
            .count();
        assert!((300..400).contains(&begun), "{begun}");
        assert!(
            !bounds.admit(neighbour, &acme, Timestamp::EPOCH),
            "the same /64"
        );
        for other in [address("2001:db9::1"), address("192.0.2.1"), None] {
            assert!(bounds.admit(other, &acme, Timestamp::EPOCH));
        }
    }

    #[test]
    fn inv_54_one_address_cannot_use_up_an_organization() {
        let lifetime = u32::try_from(RUN_LIFETIME.as_secs()).unwrap();
        let most = BURST.get() + PER_SECOND.get() * lifetime;
        assert!(usize::try_from(most).unwrap() <= RUNS_PER_ORGANIZATION / 3 + 1);
    }

    #[test]
    fn inv_54_nobody_keeps_forms_without_end() {
        let bounds = Bounds::new();
        let (ada, grace) = (AccountId::random(), AccountId::random());
        let (home, office) = ("192.0.2.1".parse().ok(), "192.0.2.2".parse().ok());
        let now = Timestamp::EPOCH;
        let kept = |client, account| {
            (0..100)
                .filter(|_| bounds.keep(client, account, now))
                .count()
        };
        assert!((5..8).contains(&kept(home, &ada)));
        assert_eq!(kept(office, &ada), 0, "the same person elsewhere");
        assert!((5..8).contains(&kept(home, &grace)), "another person there");
        let others = (0..1_000).map(|_| AccountId::random());
        let from_one = others
            .filter(|account| bounds.keep(office, account, now))
            .count();
        assert!((50..KEPT_FORMS / 4).contains(&from_one), "{from_one}");
        let mut all = VecDeque::new();
        assert_eq!(
            (0..KEPT_FORMS + 5)
                .filter(|_| push(&mut all, now, KEPT_FORMS))
                .count(),
            KEPT_FORMS
        );
        assert!(
            push(&mut all, now.plus(RUN_LIFETIME), KEPT_FORMS),
            "old ones make room"
        );
    }

    #[test]
    fn inv_54_one_address_cannot_keep_a_provider_from_being_heard() {
        let bounds = Bounds::new();
        let (idp, other) = (Slug::parse("idp").unwrap(), Slug::parse("other").unwrap());
        let (client, provider) = ("192.0.2.1".parse().ok(), "192.0.2.2".parse().ok());
        let heard = (0..10_000).filter(|_| bounds.hear(client, &idp)).count();
        assert!((1_000..5_000).contains(&heard), "{heard}");
        assert!(bounds.hear(provider, &idp));
        assert!(bounds.hear(client, &other));
        let written = (0..1_000).filter(|_| bounds.write_refusal(&idp)).count();
        assert!((60..100).contains(&written), "{written}");
    }

    #[test]
    fn inv_54_sign_ins_that_end_alike_do_not_fill_the_trail_and_hide_no_others() {
        let bounds = Bounds::new();
        let (idp, other) = (Slug::parse("idp").unwrap(), Slug::parse("other").unwrap());
        let flood = Ending::ProviderUnreachable;
        let written = (0..1_000).filter(|_| bounds.write_ending(&idp, flood));
        let written = written.count();
        assert!((60..100).contains(&written), "{written}");
        assert!(bounds.write_ending(&idp, Ending::RedirectLoop));
        assert!(bounds.write_ending(&other, flood));
    }

    #[test]
    fn inv_29_a_flood_in_one_organization_leaves_others_alone() {
        let bounds = Bounds::new();
        let (acme, globex) = (Slug::parse("acme").unwrap(), Slug::parse("globex").unwrap());
        for _ in 0..RUNS_PER_ORGANIZATION {
            assert!(bounds.count(&acme, Timestamp::EPOCH));
        }
        assert!(!bounds.count(&acme, Timestamp::EPOCH));
        assert!(bounds.count(&globex, Timestamp::EPOCH));
        assert!(
            bounds.count(&acme, Timestamp::EPOCH.plus(RUN_LIFETIME)),
            "old runs make room"
        );
    }
}
