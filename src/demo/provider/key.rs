//! The provider's signing key: made at start, gone at the end.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::secret;

/// An ES256 key (RFC 7518 §3.4) with its public half.
pub(super) struct SigningKey {
    id: String,
    signing: EncodingKey,
    checking: DecodingKey,
    public: Value,
}

/// The machine could not make a key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the provider of the demonstration could not make its signing key")]
pub struct NoKey;

impl SigningKey {
    /// Makes a new one.
    pub(super) fn generate() -> Result<Self, NoKey> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| NoKey)?;
        let private = pair.to_pkcs8v1().map_err(|_| NoKey)?;
        // An uncompressed point: 4, then both coordinates (SEC 1 §2.3.3).
        let point = pair.public_key().as_ref();
        let (x, y) = match point.split_first() {
            Some((4, rest)) if rest.len() == 64 => rest.split_at(32),
            _ => return Err(NoKey),
        };
        let (x, y) = (secret::encode(x), secret::encode(y));
        // RFC 7638 §3.2: the required members in lexical order.
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let id = secret::encode(&secret::sha256(thumbprint.as_bytes()));
        Ok(Self {
            signing: EncodingKey::from_ec_der(private.as_ref()),
            checking: DecodingKey::from_ec_components(&x, &y).map_err(|_| NoKey)?,
            public: json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id, "x": x, "y": y,
            }),
            id,
        })
    }

    /// The key set (RFC 7517 §5).
    pub(super) fn set(&self) -> Value {
        json!({ "keys": [self.public] })
    }

    /// Signs claims.
    pub(super) fn sign(
        &self,
        claims: &impl Serialize,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    /// The claims of an ID token that this key signed for `issuer`, however old it is: that is all that an
    /// `id_token_hint` has to be (OIDC RP-Initiated Logout 1.0 §4).
    pub(super) fn hint(&self, token: &str, issuer: &str) -> Option<Map<String, Value>> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        let decoded = jsonwebtoken::decode(token, &self.checking, &validation).ok()?;
        Some(decoded.claims)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_read_whatever_its_age_but_only_with_our_signature() {
        let (ours, theirs) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let claims = json!({ "iss": "http://a", "aud": "acme", "sub": "p", "exp": 1 });
        let token = ours.sign(&claims).unwrap();
        assert_eq!(ours.hint(&token, "http://a").unwrap()["sub"], "p");
        assert!(ours.hint(&token, "http://b").is_none());
        assert!(theirs.hint(&token, "http://a").is_none());
    }
}
