//! Somebody who is signed in may not do something: that is in the audit trail once a minute for each person and route,
//! whatever they try, since the trail only grows (threat model 54).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;

use super::record::Grant;
use super::sessions::Sessions;
use crate::audit;
use crate::clock::Timestamp;
use crate::identity::AccountId;
use crate::store::Batch;

/// What was refused.
#[derive(Clone, Copy, Debug)]
pub struct Denied<'a> {
    /// As what it is told.
    pub kind: audit::Kind,
    /// To whom.
    pub grant: &'a Grant,
    /// Where.
    pub route: &'a Arc<str>,
    /// Why, as a fixed word.
    pub reason: &'static str,
    /// The reference that the person sees.
    pub reference: &'a str,
}

/// Who was refused what within the last minute.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<HashMap<(AccountId, Arc<str>), Timestamp>>);

/// For this long, what follows is the same event.
const TOGETHER: Duration = Duration::from_secs(60);

/// Persons and routes that are remembered; when there are more, the trail has seen enough of them for this minute.
const MOST: usize = 1_000;

impl Denials {
    /// Whether nothing like it was told within the last minute.
    fn is_first(&self, account: &AccountId, route: &Arc<str>, now: Timestamp) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account.clone(), Arc::clone(route));
        if told.get(&key).is_some_and(|at| at.lasts(TOGETHER, now)) {
            return false;
        }
        if told.len() >= MOST {
            told.retain(|_, at| at.lasts(TOGETHER, now));
        }
        let room = told.len() < MOST;
        if room {
            told.insert(key, now);
        }
        room
    }
}

impl Sessions {
    /// The event of a refusal, if it is time to tell of it.
    pub fn denied(&self, denied: Denied<'_>, now: Timestamp) -> Option<audit::Event> {
        let grant = denied.grant;
        let first = self.denials.is_first(&grant.account, denied.route, now);
        first.then(|| audit::Event {
            organization: Some(grant.organization.to_string()),
            provider: Some(grant.provider.to_string()),
            target: Some(denied.route.to_string()),
            reason: Some(denied.reason.to_owned()),
            reference: Some(denied.reference.to_owned()),
            ..audit::Event::new(
                now,
                denied.kind,
                audit::Actor::Account(grant.account.to_string()),
            )
        })
    }

    /// Writes such an event into the trail. Nobody waits for that: run it in a task of its own.
    pub async fn record_denied(&self, event: audit::Event) {
        let mut batch = Batch::new().relaxed();
        batch.audit(event);
        if let Err(error) = self.store.commit(batch).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "a refusal could not be recorded"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_54_a_person_who_tries_again_and_again_is_told_of_once_a_minute() {
        let denials = Denials::default();
        let (vault, admin): (Arc<str>, Arc<str>) = ("vault".into(), "admin".into());
        let (ada, grace) = (AccountId::random(), AccountId::random());
        let at = Timestamp::from_seconds;
        let told = (0..600).filter(|second| denials.is_first(&ada, &vault, at(*second)));
        assert_eq!(told.count(), 10);
        assert!(denials.is_first(&ada, &admin, at(600)), "another route");
        assert!(denials.is_first(&grace, &vault, at(600)), "another person");
    }

    #[test]
    fn inv_54_however_many_are_refused_memory_and_trail_are_bounded() {
        let denials = Denials::default();
        let vault: Arc<str> = "vault".into();
        let mut told = 0;
        for minute in 0..3 {
            for _ in 0..2 * MOST {
                let now = Timestamp::from_seconds(minute * 60);
                told += usize::from(denials.is_first(&AccountId::random(), &vault, now));
            }
        }
        assert_eq!(told, 3 * MOST);
        assert_eq!(denials.0.lock().unwrap().len(), MOST);
    }
}
