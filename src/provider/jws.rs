//! The outside of a signed token: three parts, a header that asks for nothing unusual, a signature by a key of the issuer.
//!
//! The algorithm comes from the configuration's list, as far as the provider announces it; what the token says only picks
//! from that. Keys come from the issuer
//! alone: a token that brings or names one is refused (threat model 14).

use openidconnect::JsonWebKey as _;
use openidconnect::core::{
    CoreJsonWebKey, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm as Algorithm,
};
use serde_json::{Map, Value};

use super::{Check, Error, json};
use crate::secret::{Secret, decode};
use crate::telemetry::trace::{self, Step};

/// A JWS in compact serialization (RFC 7515 §7.1) whose header is acceptable. Nothing in it is to be believed yet.
pub(super) struct Compact<'a> {
    pub(super) algorithm: Algorithm,
    kid: Option<String>,
    signed: &'a str,
    signature: Vec<u8>,
    /// What it says.
    pub(super) payload: Vec<u8>,
}

/// The provider's session (`sid`) that an ID token names. The token was checked when it came; here it is only read.
pub fn session_named_in(id_token: &Secret<String>) -> Option<String> {
    let payload = id_token.expose().split('.').nth(1)?;
    json::text(&json::object(&decode(payload)?)?, "sid")
}

/// What kind of token is expected. One kind never passes for another (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expecting {
    /// OIDC Core §2.
    IdToken,
    /// OIDC Back-Channel Logout 1.0 §2.4. Its `typ` is recommended, and many providers still write `JWT`.
    LogoutToken,
}

impl Expecting {
    fn admits(self, kind: &str) -> bool {
        let kind = kind.to_ascii_lowercase();
        match (self, kind.strip_prefix("application/").unwrap_or(&kind)) {
            (_, "jwt") | (Self::LogoutToken, "logout+jwt") => true,
            (Self::IdToken | Self::LogoutToken, _) => false,
        }
    }
}

/// Who signed a token.
pub(super) enum Signed {
    /// This key.
    By(Box<CoreJsonWebKey>),
    /// A key that is not in the set, as far as can be told.
    ByUnknown,
    /// Not the key that it names.
    ByNobody,
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Check::Signature`] for whatever is not a plain signed token of the kind that is expected, under one of the
    /// `allowed` algorithms.
    pub(super) fn parse(
        token: &'a str,
        expecting: Expecting,
        allowed: &[Algorithm],
    ) -> Result<Self, Error> {
        Self::take_apart(token, expecting, allowed).ok_or(Error::Rejected(Check::Signature))
    }

    fn take_apart(token: &'a str, expecting: Expecting, allowed: &[Algorithm]) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header = json::object(&decode(header)?)?;
        let kid = match header.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str()?.to_owned()),
        };
        if expecting == Expecting::IdToken {
            trace::note(|| Step::IdToken {
                algorithm: json::text(&header, "alg").unwrap_or_default(),
                key: kid.clone(),
                age_s: issued_at(payload).and_then(trace::age_s),
            });
        }
        let named = parse_algorithm(header.get("alg")?.as_str()?)?;
        let algorithm = allowed.iter().find(|allowed| **allowed == named)?;
        is_plain(&header, expecting).then_some(())?;
        Some(Self {
            algorithm: algorithm.clone(),
            kid,
            signed,
            signature: decode(signature)?,
            payload: decode(payload)?,
        })
    }

    /// Looks for the key that signed this token.
    pub(super) fn signed_by(&self, keys: &[CoreJsonWebKey]) -> Signed {
        let candidates = keys.iter().filter(|key| match (&self.kid, key.key_id()) {
            (Some(kid), Some(id)) => kid == id.as_str(),
            // Some providers name neither their keys nor, in tokens, the key they used.
            (None, _) | (_, None) => true,
        });
        let mut named = false;
        for key in candidates.take(MAX_KEYS) {
            let message = self.signed.as_bytes();
            // This also holds use, type and algorithm of the key against the algorithm.
            let verdict = key.verify_signature(&self.algorithm, message, &self.signature);
            if verdict.is_ok() {
                return Signed::By(Box::new(key.clone()));
            }
            named |= self.kid.is_some() && key.key_id().is_some();
        }
        if named {
            Signed::ByNobody
        } else {
            Signed::ByUnknown
        }
    }
}

/// When a token says that it was issued, which nobody has checked yet.
fn issued_at(payload: &str) -> Option<i64> {
    let claims = json::object(&decode(payload)?)?;
    claims.get("iat")?.as_i64()
}

/// Whether a header asks for nothing but checking a signature: no key that comes along or is pointed to, no extension
/// that must be understood, no compression or encryption, no other kind of token (RFC 8725 §3.10, §3.11).
fn is_plain(header: &Map<String, Value>, expecting: Expecting) -> bool {
    const UNWELCOME: [&str; 9] = [
        "crit", "jwk", "jku", "x5c", "x5u", "b64", "zip", "enc", "cty",
    ];
    let kind = match header.get("typ") {
        None => true,
        Some(kind) => kind.as_str().is_some_and(|kind| expecting.admits(kind)),
    };
    kind && !UNWELCOME.iter().any(|name| header.contains_key(*name))
}

/// The algorithms that a provider's signature may have (RFC 7518 §3.1, RFC 8037 §3.1). `none` is not one, nor are those
/// with a shared secret: whoever knows the client secret could make tokens.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RsaSsaPkcs1V15Sha256),
    ("RS384", Algorithm::RsaSsaPkcs1V15Sha384),
    ("RS512", Algorithm::RsaSsaPkcs1V15Sha512),
    ("PS256", Algorithm::RsaSsaPssSha256),
    ("PS384", Algorithm::RsaSsaPssSha384),
    ("PS512", Algorithm::RsaSsaPssSha512),
    ("ES256", Algorithm::EcdsaP256Sha256),
    ("ES384", Algorithm::EcdsaP384Sha384),
    ("EdDSA", Algorithm::EdDsa),
];

/// An algorithm by its name.
pub(super) fn parse_algorithm(name: &str) -> Option<Algorithm> {
    let found = ALGORITHMS.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, algorithm)| algorithm)
}

/// The names of those among `algorithms` that can be accepted at all.
pub(super) fn names(algorithms: &[Algorithm]) -> Vec<&'static str> {
    let named = ALGORITHMS.into_iter();
    named
        .filter(|(_, algorithm)| algorithms.contains(algorithm))
        .map(|(name, _)| name)
        .collect()
}

/// Whether a key is of the kind that signs with an algorithm (RFC 7518 §6.1, RFC 8037 §2).
pub(super) fn suits(key: &CoreJsonWebKey, algorithm: &Algorithm) -> bool {
    let kind = match algorithm {
        Algorithm::RsaSsaPkcs1V15Sha256
        | Algorithm::RsaSsaPkcs1V15Sha384
        | Algorithm::RsaSsaPkcs1V15Sha512
        | Algorithm::RsaSsaPssSha256
        | Algorithm::RsaSsaPssSha384
        | Algorithm::RsaSsaPssSha512 => CoreJsonWebKeyType::RSA,
        Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP384Sha384 => {
            CoreJsonWebKeyType::EllipticCurve
        }
        Algorithm::EdDsa => CoreJsonWebKeyType::OctetKeyPair,
        _ => return false,
    };
    *key.key_type() == kind
        && key
            .key_use()
            .is_none_or(|usage| *usage == CoreJsonWebKeyUse::Signature)
}

/// Checking a signature takes a third of a millisecond, so a set of thousands of keys must not be tried whole.
const MAX_KEYS: usize = 64;
