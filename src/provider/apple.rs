//! The secret that Apple wants: a statement that we sign anew for each use.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use super::Error;
use super::metadata::misconfigured;
use crate::clock::Timestamp;
use crate::config;
use crate::secret::{Secret, encode};

/// The key of a registration, and whose it is.
pub(super) struct Signer {
    team_id: String,
    key_id: String,
    client_id: String,
    key: EcdsaKeyPair,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads the key.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if it is none on P-256.
    pub(super) fn new(secret: &config::SignedSecret, client_id: &str) -> Result<Self, Error> {
        let unusable = || misconfigured("the signing key is no private key on P-256");
        let der = PrivatePkcs8KeyDer::from_pem_slice(secret.key.expose().as_bytes());
        let der = der.map_err(|_| unusable())?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der());
        Ok(Self {
            team_id: secret.team_id.clone(),
            key_id: secret.key_id.clone(),
            client_id: client_id.to_owned(),
            key: key.map_err(|_| unusable())?,
        })
    }

    /// A secret that is good for a few minutes from now on (RFC 7519, RFC 7515 §3.1).
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if it cannot be signed.
    pub(super) fn sign(&self, now: Timestamp) -> Result<Secret<String>, Error> {
        let header = json!({"alg": "ES256", "kid": self.key_id, "typ": "JWT"});
        let claims = json!({
            "iss": self.team_id,
            "sub": self.client_id,
            "aud": AUDIENCE,
            "iat": now.as_seconds(),
            "exp": now.plus(LIFETIME).as_seconds(),
        });
        let part = |value: &serde_json::Value| encode(value.to_string().as_bytes());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), message.as_bytes())
            .map_err(|_| misconfigured("the client secret cannot be signed"))?;
        let signature = encode(signature.as_ref());
        Ok(Secret::new(format!("{message}.{signature}")))
    }
}

/// Whom the statement is for, wherever it is sent.
const AUDIENCE: &str = "https://appleid.apple.com";

/// Apple takes half a year at most. It is used at once, so this is for clocks.
const LIFETIME: Duration = Duration::from_secs(300);
