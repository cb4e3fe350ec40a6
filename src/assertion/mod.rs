//! What the application is told of the visitor, and why it can believe it.
//!
//! Owns: the signed assertion, the keys that sign it and their turns, the published key set, the plain identity headers,
//! and the one list of names that only Doorward may send upstream. Leaves to others: who the visitor is.
//! Invariants: an assertion names issuer, audience and organization (threat model 28); a value is one bounded line, or
//! there is no field (32); what cannot be made is an error, never an empty value.

mod keys;
mod mint;
mod plain;
mod reserved;

pub use keys::Turn;
pub use mint::{Minted, Minter};
pub use plain::PlainHeaders;
pub use reserved::Reserved;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::store;

/// What is stated of a visitor.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Account id: `sub`.
    pub account: &'a str,
    /// Organization slug: `org`.
    pub organization: &'a str,
    /// E-mail address.
    pub email: Option<&'a str>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<&'a str>,
    /// Short name for people.
    pub preferred_username: Option<&'a str>,
    /// Groups.
    pub groups: Option<&'a [String]>,
    /// Provider id: `idp`.
    pub provider: &'a str,
    /// Subject at the provider: `idp_sub`.
    pub provider_subject: &'a str,
    /// Public id of the session: `sid`. Not the handle.
    pub session: &'a str,
    /// When the person last proved who they are: `auth_time`.
    pub authenticated_at: Timestamp,
    /// Everything that the provider said.
    pub claims: &'a Map<String, Value>,
}

impl<'a> Statement<'a> {
    /// What the assertion says of the person, to be read: without what changes every minute.
    pub fn stated(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("sub", Some(self.account.to_owned())),
            ("org", Some(self.organization.to_owned())),
            ("email", self.email.map(str::to_owned)),
            ("name", self.name.map(str::to_owned)),
            ("groups", self.groups.map(|groups| groups.join(", "))),
            ("idp", Some(self.provider.to_owned())),
            ("idp_sub", Some(self.provider_subject.to_owned())),
            ("sid", Some(self.session.to_owned())),
        ];
        let there = texts.into_iter();
        there
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// The address, if the provider vouches for it: plain headers have no place for a "maybe".
    fn verified_email(&self) -> Option<&'a str> {
        self.email.filter(|_| self.email_verified)
    }
}

/// Why nothing can be stated. The request that needed it fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keys cannot be read or written.
    #[error("the signing keys cannot be used")]
    Store(#[from] store::Error),
    /// No key may sign at this time.
    #[error("no signing key is in its turn")]
    NoKey,
    /// A key could not be made or read.
    #[error("a signing key is unusable")]
    Key,
    /// Signing failed.
    #[error("signing failed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// A value is larger than applications accept in a header.
    #[error("the value of {0} is too large for a header")]
    TooLarge(String),
}
