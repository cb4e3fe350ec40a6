//! People, as one organization knows them.
//!
//! Owns: identities (what a provider vouched for), accounts (who that is inside one organization), memberships, the
//! generation of a connection, and the rules of `allow` and `require`. Leaves to others: asking providers, sessions.
//! Invariants: the key of a person is (organization, provider, issuer, subject) and nothing else (threat model 17); an
//! account belongs to one organization for ever (26); an attribute that is missing or too long makes its rule fail (20).

mod activation;
mod asking;
mod connection;
mod link;
mod members;
mod provision;
mod register;
mod rules;

pub use activation::{Activation, Door, Fact, Shut, Standing, State as ActivationState, is_owner};
pub use asking::{Backlog, Concluded, Conclusion, Leased, Turn};
pub use connection::{Generation, generation};
pub use link::{Answer, Link, LinkState, Terms};
pub use members::{Member, Members, Relinked};
pub use provision::{LinkRefusal, People, Provisioned, Refusal, Through};
pub use register::{Deed, Done, Filter, Page};
pub use rules::{Unmet, judge};

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::config::Slug;
use crate::provider::{Asserted, Subject, Tenant, Tokens};
use crate::{secret, store};

/// A person inside one organization: opaque, stable, sent to the application as the assertion's `sub`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(String);

/// One identity of one person. Never leaves the operator's side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdentityId(String);

impl AccountId {
    /// A new one: 128 random bits.
    pub fn random() -> Self {
        Self(secret::encode(&secret::random_bytes::<16>()))
    }

    /// What somebody typed. Whether there is such an account shows when it is looked for.
    pub fn named(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IdentityId {
    /// A new one: 128 random bits.
    pub fn random() -> Self {
        Self(secret::encode(&secret::random_bytes::<16>()))
    }

    /// What somebody typed. Whether there is such an identity shows when it is looked for.
    pub fn named(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a provider last said of a person: the attributes that rules judge and applications receive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Name at the provider.
    pub subject: Subject,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// Short name for people.
    pub preferred_username: Option<String>,
    /// Groups; `None` when unknown, which no rule accepts.
    pub groups: Option<Vec<String>>,
    /// Whether the groups are teams of GitHub, by its own word.
    #[serde(default)]
    pub groups_are_teams: bool,
    /// Google's `hd`.
    pub hosted_domain: Option<String>,
    /// The customers of the provider that the person belongs to; empty when they are too many to keep.
    #[serde(default)]
    pub tenants: Vec<Tenant>,
    /// All claims, or none if they are too many to keep.
    pub claims: Map<String, Value>,
}

/// More bytes of claims than this are not kept: rules that need them fail.
const MAX_CLAIMS_BYTES: usize = 16 * 1024;

/// More groups than this are not kept.
const MAX_GROUPS: usize = 500;

/// Nor more customers of a provider than this.
const MAX_TENANTS: usize = 100;

/// Nor are groups whose names have more bytes than this together: a record that holds them could not be stored.
const MAX_GROUPS_BYTES: usize = 24 * 1024;

/// A longer e-mail address (RFC 5321 §4.5.3.1) or name is not kept.
const MAX_TEXT_BYTES: usize = 320;

impl Profile {
    /// The attributes of an asserted identity, within bounds.
    pub fn of(asserted: &Asserted) -> Self {
        let bounded = |text: &Option<String>| {
            text.clone()
                .filter(|text| (1..=MAX_TEXT_BYTES).contains(&text.len()))
        };
        let claims_bytes =
            serde_json::to_vec(&asserted.claims).map_or(usize::MAX, |json| json.len());
        Self {
            subject: asserted.subject.clone(),
            email: bounded(&asserted.email).filter(|email| !email.chars().any(char::is_control)),
            email_verified: asserted.email_verified,
            name: bounded(&asserted.name),
            preferred_username: bounded(&asserted.preferred_username),
            groups: asserted.groups.clone().filter(|groups| {
                let bytes: usize = groups.iter().map(String::len).sum();
                groups.len() <= MAX_GROUPS && bytes <= MAX_GROUPS_BYTES
            }),
            groups_are_teams: asserted.groups_are_teams,
            hosted_domain: bounded(&asserted.hosted_domain),
            tenants: Some(&asserted.tenants)
                .filter(|tenants| {
                    let long = |it: &Tenant| it.id.len().max(it.name.len()) > MAX_TEXT_BYTES;
                    tenants.len() <= MAX_TENANTS && !tenants.iter().any(long)
                })
                .cloned()
                .unwrap_or_default(),
            claims: if claims_bytes <= MAX_CLAIMS_BYTES {
                asserted.claims.clone()
            } else {
                Map::new()
            },
        }
    }

    /// The address, if the provider vouches for it.
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified)
    }
}

/// A stored identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// Whose it is.
    pub account: AccountId,
    /// In which organization.
    pub organization: Slug,
    /// Through which provider.
    pub provider: Slug,
    /// Asserted by whom.
    pub issuer: String,
    /// The attributes as last asserted.
    pub profile: Profile,
    /// What to ask again with.
    pub tokens: Tokens,
    /// Settings of the connection it was last confirmed under.
    pub generation: Generation,
    /// First seen.
    pub created_at: Timestamp,
    /// Last positively confirmed by the provider.
    pub last_verified_at: Timestamp,
    /// How it stands.
    #[serde(default)]
    pub link: Link,
    /// When the provider is asked again; the place of its entry in the due index.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// Whether somebody is asking now: then `due_at` is the end of the lease.
    #[serde(default)]
    pub leased: bool,
}

/// A stored account with its membership.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Where it lives.
    pub organization: Slug,
    /// Whether it may come in.
    pub membership: Membership,
    /// First seen.
    pub created_at: Timestamp,
    /// Everything that it signs in by.
    #[serde(default)]
    pub identities: Vec<IdentityId>,
}

impl Account {
    /// Whether it signs in by another identity than this one.
    fn has_another(&self, id: &IdentityId) -> bool {
        self.identities.iter().any(|other| other != id)
    }
}

/// Whether an account may use its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// It may.
    Active,
    /// It was removed: a tombstone that no sign-in lifts.
    Removed,
}

/// Why people cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed or its contents cannot be trusted.
    #[error("the records of people cannot be used")]
    Store(#[from] store::Error),
    /// A record points to one that is not there.
    #[error("an identity without an account")]
    Dangling,
}
