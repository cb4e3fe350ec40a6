//! The tables of the file, one after the other, as values that are known to be good.

mod headers;
mod operation;
mod organizations;
mod providers;
mod routes;
mod server;

pub use self::headers::{
    Algorithm, Assertion, HeaderEncoding, HeaderPreset, Headers, Template, TemplatePart,
};
pub use self::operation::{
    Admin, LogFormat, Login, Logs, Management, OnError, Pages, Revalidation, Store, StoreKind,
    WordsFile,
};
pub use self::organizations::{
    Activation, Brand, Logo, LogoKind, Organization, Owner, Refusal, Rules, Sessions,
};
pub use self::providers::{
    ClientAuthentication, OAuth2, Oidc, PersonSource, Preset, Protocol, Provider,
    RevalidationMethod, SignedSecret,
};
pub use self::routes::{Access, Assurance, PathPattern, Route};
pub use self::server::{FrontProxy, Limits, Listen, Server, Tls, TrustedProxy};
