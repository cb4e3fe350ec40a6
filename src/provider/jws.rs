//! The outside of a signed token: three parts, a header that asks for nothing unusual, a signature by a key of the issuer.
//!
//! The algorithm comes from the configuration's list, as far as the provider announces it; what the token says only picks
//! from that. Keys come from the issuer
//! alone: a token that brings or names one is refused (threat model 14).

use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use openidconnect::core::{
    CoreJsonWebKey, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm as Algorithm,
};
use openidconnect::{JsonWebKey as _, JsonWebKeyAlgorithm};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::{Check, Error, json};
use crate::secret::{Secret, decode};
use crate::telemetry::trace::{self, Step};

/// A JWS in compact serialization (RFC 7515 §7.1) whose header is acceptable. Nothing in it is to be believed yet.
pub(super) struct Compact<'a> {
    pub(super) algorithm: Algorithm,
    kid: Option<String>,
    signed: &'a str,
    signature: &'a str,
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
        // What is no signature at all is nobody's, whatever keys there are.
        decode(signature)?;
        let algorithm = allowed.iter().find(|allowed| **allowed == named)?;
        is_plain(&header, expecting).then_some(())?;
        Some(Self {
            algorithm: algorithm.clone(),
            kid,
            signed,
            signature,
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
            if self.is_signed_by(key) {
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

impl Compact<'_> {
    /// Whether the signature is that of a key which is for this algorithm. openidconnect would tell too, in pure Rust: that takes
    /// ten times as long.
    fn is_signed_by(&self, key: &CoreJsonWebKey) -> bool {
        let mandated = match key.signing_alg() {
            JsonWebKeyAlgorithm::Unspecified => true,
            JsonWebKeyAlgorithm::Algorithm(algorithm) => *algorithm == self.algorithm,
            JsonWebKeyAlgorithm::Unsupported => false,
        };
        if !mandated || !suits(key, &self.algorithm) {
            return false;
        }
        let Some((known, algorithm)) = usable(key, &self.algorithm) else {
            return false;
        };
        let message = self.signed.as_bytes();
        crypto::verify(self.signature, message, &known, algorithm).unwrap_or(false)
    }
}

/// A key and an algorithm as the library that checks signatures takes them. It refuses RSA keys below 2048 bits.
fn usable(
    key: &CoreJsonWebKey,
    algorithm: &Algorithm,
) -> Option<(DecodingKey, jsonwebtoken::Algorithm)> {
    let (name, _) = ALGORITHMS.iter().find(|(_, known)| known == algorithm)?;
    let algorithm = name.parse().ok()?;
    let key = serde_json::to_value(key).ok()?;
    let key = Jwk::deserialize(key).ok()?;
    // A point is not taken for one of another curve because it is as long.
    let is_on_its_curve = match &key.algorithm {
        AlgorithmParameters::RSA(_) => true,
        AlgorithmParameters::EllipticCurve(point) => matches!(
            (&point.curve, algorithm),
            (EllipticCurve::P256, jsonwebtoken::Algorithm::ES256)
                | (EllipticCurve::P384, jsonwebtoken::Algorithm::ES384)
        ),
        AlgorithmParameters::OctetKeyPair(point) => point.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    let key = is_on_its_curve.then(|| DecodingKey::from_jwk(&key))?;
    Some((key.ok()?, algorithm))
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

/// Checking a signature takes time, so a set of thousands of keys must not be tried whole.
const MAX_KEYS: usize = 64;

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        self as signatures, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    };
    use serde_json::json;

    use super::*;
    use crate::secret::encode;

    type Signs = Box<dyn Fn(&[u8]) -> Vec<u8>>;

    /// A key for each kind of algorithm, as its provider publishes it, and what signs with it.
    fn keys() -> Vec<(&'static str, Value, Signs)> {
        let mut keys: Vec<(&'static str, Value, Signs)> = Vec::new();
        for (name, curve, algorithm) in [
            (
                "ES256",
                "P-256",
                &signatures::ECDSA_P256_SHA256_FIXED_SIGNING,
            ),
            (
                "ES384",
                "P-384",
                &signatures::ECDSA_P384_SHA384_FIXED_SIGNING,
            ),
        ] {
            let pair = EcdsaKeyPair::generate(algorithm).unwrap();
            let point = pair.public_key().as_ref()[1..].to_vec();
            let (x, y) = point.split_at(point.len() / 2);
            let key = json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)});
            let signs = move |message: &[u8]| {
                let random = SystemRandom::new();
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            };
            keys.push((name, key, Box::new(signs)));
        }
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())});
        let signs = move |message: &[u8]| pair.sign(message).as_ref().to_vec();
        keys.push(("EdDSA", key, Box::new(signs)));
        let pair =
            std::sync::Arc::new(RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap());
        let public = pair.public_key();
        let (n, e) = (public.modulus(), public.exponent());
        let key = json!({"kty": "RSA", "n": encode(n.big_endian_without_leading_zero()), "e": encode(e.big_endian_without_leading_zero())});
        for (name, padding) in [
            ("RS256", &signatures::RSA_PKCS1_SHA256),
            ("RS384", &signatures::RSA_PKCS1_SHA384),
            ("RS512", &signatures::RSA_PKCS1_SHA512),
            ("PS256", &signatures::RSA_PSS_SHA256),
            ("PS384", &signatures::RSA_PSS_SHA384),
            ("PS512", &signatures::RSA_PSS_SHA512),
        ] {
            let pair = std::sync::Arc::clone(&pair);
            let signs = move |message: &[u8]| {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                pair.sign(padding, &random, message, &mut signature)
                    .unwrap();
                signature
            };
            keys.push((name, key.clone(), Box::new(signs)));
        }
        keys
    }

    fn token(name: &str, signs: &Signs) -> String {
        let signed = format!(
            "{}.{}",
            encode(json!({"alg": name}).to_string().as_bytes()),
            encode(b"{}")
        );
        let signature = encode(&signs(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    #[test]
    fn inv_13_each_algorithm_checks_what_its_key_signed_and_nothing_else() {
        let allowed = ALGORITHMS.map(|(_, algorithm)| algorithm);
        let keys = keys();
        assert_eq!(keys.len(), ALGORITHMS.len());
        for (name, published, signs) in &keys {
            let token = token(name, signs);
            let parsed = Compact::parse(&token, Expecting::IdToken, &allowed).unwrap();
            for (_, other, _) in &keys {
                let key = CoreJsonWebKey::deserialize(other).unwrap();
                assert_eq!(
                    parsed.is_signed_by(&key),
                    published == other,
                    "{name} {other}"
                );
            }
            // For something else, or for another algorithm, it is no key for this.
            for (field, value) in [("use", "enc"), ("alg", "HS256")] {
                let mut marked = published.clone();
                marked[field] = value.into();
                let key = CoreJsonWebKey::deserialize(marked).unwrap();
                assert!(!parsed.is_signed_by(&key), "{name} {field}={value}");
            }
            let changed = token.replace(&encode(b"{}"), &encode(b"[]"));
            let changed = Compact::parse(&changed, Expecting::IdToken, &allowed).unwrap();
            let key = CoreJsonWebKey::deserialize(published).unwrap();
            assert!(!changed.is_signed_by(&key), "{name}");
        }
    }
}
