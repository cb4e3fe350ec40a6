//! What the store keeps of a session, and what ends it: pure.

use serde::{Deserialize, Serialize};

use super::{AtProvider, Device, Key};
use crate::address::Host;
use crate::clock::Timestamp;
use crate::config::{self, Slug};
use crate::identity::{AccountId, Generation, IdentityId};
use crate::provider::Proofs;
use crate::secret;

/// One browser on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Public id: in the assertion's `sid`, in logs and in the audit trail. Not the handle and not its hash.
    pub id: String,
    /// The only host on which it counts.
    pub host: Host,
    /// When the browser first signed in; rotation keeps it.
    pub created_at: Timestamp,
    /// What it was opened in, the last time somebody signed in; nobody knows in records of programs that did not ask.
    #[serde(default)]
    pub device: Device,
    /// The organization that the shared host shows.
    pub active: Slug,
    /// Counts the changes of `active`: of two readings, the one with the higher number is the newer.
    #[serde(default)]
    pub revision: u64,
    /// One for each organization.
    pub grants: Vec<Grant>,
}

/// A session's right in one organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Where.
    pub organization: Slug,
    /// Who.
    pub account: AccountId,
    /// By which identity.
    pub identity: IdentityId,
    /// Through which provider.
    pub provider: Slug,
    /// What the provider calls this sign-in.
    pub at_provider: AtProvider,
    /// Settings of the connection when it was made.
    pub generation: Generation,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// What the provider has vouched for of that and of sign-ins before, in this session; nothing in records of programs that
    /// did not ask.
    #[serde(default)]
    pub proofs: Proofs,
    /// When it was made.
    pub granted_at: Timestamp,
    /// When it ends by the limits of the day on which its record was made, and when that record is removed. Absent until
    /// it is part of a session.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Last use that has been written down.
    pub used_at: Timestamp,
}

/// Why a grant is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Not used for too long.
    Idle,
    /// Too old.
    Expired,
}

impl Over {
    /// For metrics and the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Expired => "expired",
        }
    }
}

impl Grant {
    /// When it ends, whatever happens. Limits of another day can bring that forward, but never put it off: its record
    /// would be gone while it went on in memory, where no revocation finds it.
    pub fn expires_at(&self, limits: &config::Sessions) -> Timestamp {
        let today = self.granted_at.plus(limits.absolute_timeout);
        self.expires_at.map_or(today, |then| then.min(today))
    }

    /// Whether it is over at `now`, having last been used at `used_at` (threat model 24).
    pub fn over(
        &self,
        limits: &config::Sessions,
        used_at: Timestamp,
        now: Timestamp,
    ) -> Option<Over> {
        if now >= self.expires_at(limits) {
            Some(Over::Expired)
        } else if now >= used_at.plus(limits.idle_timeout) {
            Some(Over::Idle)
        } else {
            None
        }
    }
}

impl Record {
    /// A new session with one grant.
    pub(super) fn of(host: Host, grant: Grant) -> Self {
        Self {
            id: secret::encode(&secret::random_bytes::<16>()),
            host,
            created_at: grant.granted_at,
            device: Device::default(),
            active: grant.organization.clone(),
            revision: 0,
            grants: vec![grant],
        }
    }

    /// The grant in an organization.
    pub fn grant(&self, organization: &Slug) -> Option<&Grant> {
        self.grants
            .iter()
            .find(|grant| grant.organization == *organization)
    }

    /// Adds a grant in place of an older one of the same organization, and makes it the active one.
    pub(super) fn put(&mut self, grant: Grant) {
        self.remove(&grant.organization.clone());
        self.activate(grant.organization.clone());
        self.grants.push(grant);
    }

    /// Makes another organization the active one.
    pub(super) fn activate(&mut self, organization: Slug) {
        self.active = organization;
        self.revision += 1;
    }

    /// Takes a grant away; another one becomes active. True if there was one.
    pub(super) fn remove(&mut self, organization: &Slug) -> bool {
        let before = self.grants.len();
        self.grants
            .retain(|grant| grant.organization != *organization);
        if self.active == *organization
            && let Some(other) = self.grants.last()
        {
            self.activate(other.organization.clone());
        }
        self.grants.len() < before
    }
}

/// Key of the index of an account's sessions. Slugs and ids have no NUL.
pub(super) fn account_index(grant: &Grant, key: &Key) -> Vec<u8> {
    let mut index = account_prefix(&grant.organization, grant.account.as_str());
    index.extend_from_slice(key.as_bytes());
    index
}

/// What the index keys of one account begin with.
pub(super) fn account_prefix(organization: &Slug, account: &str) -> Vec<u8> {
    format!("{organization}\0{account}\0").into_bytes()
}

/// Key of the index of an organization's sessions.
pub(super) fn organization_index(grant: &Grant, key: &Key) -> Vec<u8> {
    let mut index = organization_prefix(&grant.organization);
    index.extend_from_slice(key.as_bytes());
    index
}

/// What the index keys of one organization begin with.
pub(super) fn organization_prefix(organization: &Slug) -> Vec<u8> {
    format!("{organization}\0").into_bytes()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::time::Duration;

    pub(in crate::session) fn grant(organization: &str) -> Grant {
        Grant {
            organization: Slug::parse(organization).unwrap(),
            account: AccountId::random(),
            identity: IdentityId::random(),
            provider: Slug::parse("idp").unwrap(),
            at_provider: AtProvider::new(&Slug::parse("idp").unwrap(), "issuer", "ada", None),
            generation: serde_json::from_str("\"g\"").unwrap(),
            authenticated_at: Timestamp::from_seconds(0),
            proofs: Proofs::default(),
            granted_at: Timestamp::from_seconds(0),
            expires_at: None,
            used_at: Timestamp::from_seconds(0),
        }
    }

    #[test]
    fn inv_24_a_grant_ends_idle_and_absolutely() {
        let limits = config::Sessions {
            idle_timeout: Duration::from_secs(10),
            absolute_timeout: Duration::from_secs(100),
            max_per_account: 1,
        };
        let check = |used: u64, now: u64, expected| {
            let (used, now) = (Timestamp::from_seconds(used), Timestamp::from_seconds(now));
            assert_eq!(
                grant("acme").over(&limits, used, now),
                expected,
                "{used} {now}"
            );
        };
        check(0, 9, None);
        check(0, 10, Some(Over::Idle));
        check(95, 99, None);
        check(95, 100, Some(Over::Expired));
        check(0, 1_000, Some(Over::Expired));
    }

    #[test]
    fn inv_26_grants_of_organizations_come_and_go_apart() {
        let mut record = Record {
            id: "s".to_owned(),
            host: Host::parse("app.example.com", 443).unwrap(),
            created_at: Timestamp::EPOCH,
            device: Device::default(),
            active: Slug::parse("acme").unwrap(),
            revision: 0,
            grants: vec![grant("acme")],
        };
        record.put(grant("globex"));
        record.put(grant("globex"));
        assert_eq!(record.active.as_str(), "globex");
        assert_eq!(record.grants.len(), 2);
        assert!(record.remove(&Slug::parse("globex").unwrap()));
        assert_eq!(record.active.as_str(), "acme");
        assert!(!record.remove(&Slug::parse("globex").unwrap()));
    }
}
