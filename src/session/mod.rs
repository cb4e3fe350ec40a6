//! Who is at the other end of a connection.
//!
//! Owns: handles, every cookie, session records, grants, their lifetimes, and the bounded map of live sessions that
//! requests are served from. Leaves to others: how someone signed in (`pipeline`), what a grant may do (`gateway`).
//! Invariants: the store knows only the hash of a handle (threat model 21); a session ends once and stays ended (25,
//! 39); a request with a live session touches no disk; one organization's grant never answers for another's (26).

pub mod cookies;
mod denied;
mod device;
mod ending;
mod farewell;
mod known;
mod lapsed;
mod live;
mod named;
mod opening;
mod reason;
mod record;
mod reloaded;
mod roster;
mod sessions;
mod settings;
mod standing;
mod successor;
mod suspended;
#[cfg(test)]
mod tests;
mod ties;
mod used;

pub use denied::Denied;
pub use device::{Browser, Device, System};
pub use ending::Ending;
pub use farewell::{Farewell, Parting};
pub use live::{Live, LiveGrant, Prepared};
pub use named::{AtProvider, Named};
pub use opening::{Opened, Opening};
pub use reason::Reason;
pub use record::{Grant, Over, Record};
pub use roster::{Filter, Listed, Page, Revoked, Status};
pub use sessions::Sessions;
pub use settings::Settings;
pub use successor::Tabs;
pub use suspended::Suspension;

use crate::secret::{self, Secret};
use crate::{identity, store};

/// What a browser holds: 256 random bits. Only its hash is ever stored.
#[derive(Clone, Debug)]
pub struct Handle(Secret<String>);

/// The hash of a handle: the key of a session, in the store and in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Handle {
    /// A new one.
    pub fn random() -> Self {
        Self(secret::random_token())
    }

    /// Parses the value of the session cookie. Anything but 43 characters of base64url is no handle.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        sound.then(|| Self(Secret::new(text.to_owned())))
    }

    /// Its key.
    pub fn key(&self) -> Key {
        Key(secret::sha256(self.0.expose().as_bytes()))
    }

    /// For the cookie.
    pub const fn expose(&self) -> &String {
        self.0.expose()
    }

    /// The token that forms of this session carry: bound to the handle, useless without it.
    pub fn form_token(&self) -> String {
        secret::encode(&secret::sha256_fields([
            b"form".as_slice(),
            self.0.expose().as_bytes(),
        ]))
    }
}

impl Key {
    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From stored bytes.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Why a session cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed: this is no answer, and never "no session".
    #[error("the records of sessions cannot be used")]
    Store(#[from] store::Error),
    /// The records of people failed.
    #[error("the records of people cannot be used")]
    Identity(#[from] identity::Error),
}

#[cfg(test)]
mod handles {
    use super::*;

    #[test]
    fn inv_21_handles_are_random_and_only_their_hash_is_a_key() {
        let (one, two) = (Handle::random(), Handle::random());
        assert_ne!(one.key(), two.key());
        assert_eq!(Handle::parse(one.expose()).unwrap().key(), one.key());
        assert!(!format!("{one:?}").contains(one.expose().as_str()));
        for garbage in [
            "",
            "x",
            &"a".repeat(44),
            &format!("{}=", &one.expose()[..42]),
        ] {
            assert!(Handle::parse(garbage).is_none(), "{garbage:?}");
        }
    }
}
