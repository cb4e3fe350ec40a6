//! Assertions that Doorward never signed.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};

/// What an attacker has: one good assertion and the published keys.
pub(crate) struct Forger {
    head: String,
    body: String,
    signature: String,
    claims: Value,
    key: Value,
    kid: String,
}

impl Forger {
    pub(crate) fn new(good: &str, keys: &Value) -> Self {
        let parts: Vec<String> = good.split('.').map(str::to_owned).collect();
        let [head, body, signature] = parts.try_into().unwrap();
        let kid = decoded(&head)["kid"].as_str().unwrap().to_owned();
        let mut keys = keys.as_array().unwrap().iter();
        Self {
            key: keys.find(|key| key["kid"] == kid).unwrap().clone(),
            claims: decoded(&body),
            head,
            body,
            signature,
            kid,
        }
    }

    pub(crate) fn with_other_claims(&self) -> String {
        let mut claims = self.claims.clone();
        claims["sub"] = json!("acc2");
        format!("{}.{}.{}", self.head, encoded(&claims), self.signature)
    }

    pub(crate) fn with_another_signature(&self) -> String {
        let mut signature = URL_SAFE_NO_PAD.decode(&self.signature).unwrap();
        signature[10] ^= 1;
        format!(
            "{}.{}.{}",
            self.head,
            self.body,
            URL_SAFE_NO_PAD.encode(signature)
        )
    }

    pub(crate) fn without_signature(&self) -> String {
        format!("{}.{}.", self.head, self.body)
    }

    pub(crate) fn with_alg_none(&self) -> String {
        let head = encoded(&json!({ "typ": "JWT", "alg": "none", "kid": self.kid }));
        format!("{head}.{}.", self.body)
    }

    /// As `openssl ec -pubout` would write it.
    pub(crate) fn hs256_by_pem(&self) -> String {
        let prefix = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        let der = [&prefix[..], &self.point()].concat();
        let body = STANDARD.encode(der);
        let (first, second) = body.split_at(64);
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
        self.hs256(pem.as_bytes())
    }

    pub(crate) fn hs256_by_jwk(&self) -> String {
        self.hs256(self.key.to_string().as_bytes())
    }

    pub(crate) fn hs256_by_point(&self) -> String {
        self.hs256(&self.point())
    }

    pub(crate) fn by_another_key(&self) -> String {
        let (private, _) = stranger();
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        encode(&header, &self.claims, &private).unwrap()
    }

    pub(crate) fn by_an_embedded_key(&self) -> String {
        let (private, public) = stranger();
        let kid = Some(self.kid.clone());
        let header = Header {
            kid,
            jwk: Some(public),
            ..Header::new(Algorithm::ES256)
        };
        encode(&header, &self.claims, &private).unwrap()
    }

    fn hs256(&self, secret: &[u8]) -> String {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        encode(&header, &self.claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    /// SEC 1 §2.3.3, uncompressed.
    fn point(&self) -> Vec<u8> {
        let coordinate = |name| {
            URL_SAFE_NO_PAD
                .decode(self.key[name].as_str().unwrap())
                .unwrap()
        };
        [vec![4], coordinate("x"), coordinate("y")].concat()
    }
}

fn stranger() -> (EncodingKey, Jwk) {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let private = EncodingKey::from_ec_der(pair.serialized_der());
    let public = Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap();
    (private, public)
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
