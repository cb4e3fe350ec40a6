//! What applications are told of people: `[headers]` and `[assertion]`.

use std::time::Duration;

use http::HeaderName;

use crate::secret::Secret;

/// `[headers]`: the plain identity headers.
#[derive(Clone, Debug)]
pub struct Headers {
    /// Which family of names.
    pub preset: HeaderPreset,
    /// Between groups in one value.
    pub groups_separator: String,
    /// How values that are not visible ASCII are written.
    pub encoding: HeaderEncoding,
    /// Further fields, `[headers.set]`.
    pub set: Vec<(HeaderName, Template)>,
}

/// Families of header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPreset {
    /// `Remote-User`, `Remote-Email`, `Remote-Name`, `Remote-Groups`, `Remote-Organization`.
    RemoteUser,
    /// `X-Forwarded-User`, `-Email`, `-Preferred-Username`, `-Groups`, `-Organization`.
    XForwarded,
    /// `X-Auth-Request-User`, `-Email`, `-Preferred-Username`, `-Groups`, `-Organization`.
    XAuthRequest,
    /// None: only the assertion.
    None,
}

/// How a value that is not visible ASCII goes into a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderEncoding {
    /// RFC 8187 §3.2.1: `UTF-8''%E2%82%AC`.
    Rfc8187,
    /// base64url without padding of the UTF-8 bytes.
    Base64url,
}

/// A header value with places to fill: `{email}`, `{claims.department}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub Vec<TemplatePart>);

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// As it stands.
    Text(String),
    /// Account id.
    Account,
    /// Verified e-mail address.
    Email,
    /// Display name.
    Name,
    /// Groups, joined by the separator.
    Groups,
    /// Organization slug.
    Organization,
    /// Provider id.
    Provider,
    /// Subject at the provider.
    Subject,
    /// Another claim, if it is a string, number or boolean.
    Claim(String),
}

/// `[assertion]`: the signed identity header.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Its name.
    pub header: HeaderName,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
    /// `aud`; absent: the origin that the visitor sees.
    pub audience: Option<String>,
    /// Age at which the next key takes over.
    pub rotate_every: Duration,
}

/// Signature of assertions.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// HMAC with a secret shared with the application.
    Hs256(Secret<String>),
}
