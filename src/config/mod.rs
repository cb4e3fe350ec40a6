//! The operator's file, turned into values that are known to be good.
//!
//! Owns: [`Config`] and its slices, every default (`defaults.rs`), reading and merging the sources, and the faults that
//! are reported. There is no second type for what was written: `source.rs` merges it and knows its places, `reader.rs` is
//! the one way to it, and whatever no section asked for there is unknown. Leaves to others: what the values mean at work.
//! Invariants: a `Config` only exists if the whole file is valid (threat model 55); reading opens no socket and sets no
//! global; secrets are `Secret`.

mod apple;
mod brand;
mod colour;
pub mod defaults;
mod difference;
mod draft;
mod expiry;
mod fault;
mod fixed;
mod home;
mod include;
mod issuer;
mod load;
mod mask;
mod oauth2;
mod organizations;
mod pages;
mod pem;
mod popup;
mod portal;
mod proof;
mod providers;
mod reader;
mod registration;
mod revalidation;
mod routes;
#[cfg(test)]
mod sample;
mod secrets;
mod server;
mod source;
mod tables;
mod upstreams;
mod values;
mod words;

pub use self::colour::{Colour, LEGIBLE};
pub use self::difference::{Change, Difference};
pub use self::draft::{DRAFTABLE, Draft, DraftField, FieldFault, FieldKind};
pub use self::expiry::parse as parse_day;
pub use self::fault::{Fault, Faults, Place, Source, Style, Weight, render, to_json};
pub use self::fixed::Fixed;
pub use self::load::{
    Loaded, Operators, known_keys, load, load_file, load_operators, load_unregistered,
};
pub use self::oauth2::{ClaimPath, ClaimPaths};
pub use self::pages::LANGUAGES;
pub use self::popup::PopupSize;
pub use self::registration::{Key, Registration};
pub use self::routes::{IDENTITY_FIELDS, fold_name};
pub use self::source::{Origin as Files, wants_colour};
pub use self::tables::{
    Access, Activation, Admin, Algorithm, Assertion, Assurance, Brand, ClientAuthentication,
    FrontProxy, HeaderEncoding, HeaderPreset, Headers, Limits, Listen, LogFormat, Login, Logo,
    LogoKind, Logs, Management, OAuth2, Oidc, OnError, Organization, Owner, Pages, PathPattern,
    PersonSource, Preset, Protocol, Provider, Refusal, Revalidation, RevalidationMethod, Route,
    Rules, Server, Sessions, SignedSecret, Store, StoreKind, Template, TemplatePart, Tls,
    TrustedProxy, WordsFile,
};
pub use self::upstreams::{
    Address, Balance, ClientCertificate, Health, Upstream, UpstreamHttp, UpstreamTls,
};
pub use self::values::Values;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything the operator decided. Immutable; a reload makes a new one.
#[derive(Clone, Debug)]
pub struct Config {
    /// The public side.
    pub server: Server,
    /// The applications, by name.
    pub upstreams: BTreeMap<Slug, Upstream>,
    /// The application registrations at identity providers, by name.
    pub providers: BTreeMap<Slug, Provider>,
    /// The tenants, by slug.
    pub organizations: BTreeMap<Slug, Organization>,
    /// What is served to whom. Never empty: without routes in the file there is one for everything.
    pub routes: Vec<Route>,
    /// Plain identity headers.
    pub headers: Headers,
    /// The signed identity header.
    pub assertion: Assertion,
    /// Asking providers again.
    pub revalidation: Revalidation,
    /// Towards sign-in.
    pub login: Login,
    /// What all pages have in common.
    pub pages: Pages,
    /// The operator's socket.
    pub admin: Admin,
    /// Probes and metrics.
    pub management: Management,
    /// The embedded store.
    pub store: Store,
    /// Log lines.
    pub logs: Logs,
}

impl Config {
    /// Where a provider sends browsers back to: what has to be registered there.
    pub fn redirect_uri(&self, provider: &Slug) -> String {
        let path = format!("{}/callback/{provider}", self.server.prefix);
        self.server.public_url.join(&path)
    }

    /// Where a provider reports sign-outs (OIDC Back-Channel Logout 1.0 §2.2); `None` for one that has no such thing.
    pub fn backchannel_logout_uri(&self, provider: &Slug) -> Option<String> {
        match &self.providers.get(provider)?.protocol {
            Protocol::Oidc(_) => {
                let path = format!("{}/logout/backchannel/{provider}", self.server.prefix);
                Some(self.server.public_url.join(&path))
            }
            Protocol::OAuth2(_) | Protocol::Dev => None,
        }
    }

    /// Where a provider sends people who begin there (OIDC Core §4); `None` for one that cannot.
    pub fn initiate_login_uri(&self, provider: &Slug) -> Option<String> {
        match &self.providers.get(provider)?.protocol {
            Protocol::Oidc(_) => {
                let path = format!("{}/initiate/{provider}", self.server.prefix);
                Some(self.server.public_url.join(&path))
            }
            Protocol::OAuth2(_) | Protocol::Dev => None,
        }
    }
}

/// A name in the file: `[a-z0-9-]{1,40}`, not starting or ending with `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// Parses a name.
    ///
    /// # Errors
    /// Anything outside the alphabet or longer than 40 characters.
    pub fn parse(text: &str) -> Result<Self, BadSlug> {
        let sound = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadSlug)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = BadSlug;

    fn try_from(text: String) -> Result<Self, BadSlug> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

/// A text that is not a [`Slug`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no name: 1 to 40 of a-z, 0-9 and -, which neither begins nor ends with -")]
pub struct BadSlug;
