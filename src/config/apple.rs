//! What Apple wants in place of a secret: a key that signs a new one for each use.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::SignedSecret;
use super::reader::Reader;

/// What is faulty is reported, and then there is none.
pub(super) fn signed_secret(reader: &Reader<'_>) -> Option<SignedSecret> {
    let team_id = reader.required("team_id", "A1B2C3D4E5", parse_id);
    let key_id = reader.required("key_id", "F6G7H8I9J0", parse_id);
    let key = reader.secret("signing_key");
    if !reader.has("signing_key") {
        reader.missing("signing_key", "{ file = \"/run/secrets/AuthKey.p8\" }");
    }
    if key.as_ref().is_some_and(|key| !is_key(key.expose())) {
        reader.fault(
            "signing_key",
            "bad-key",
            format!(
                "`{}` holds no private key on P-256, as Apple hands it out",
                reader.path("signing_key").join(".")
            ),
            "the file AuthKey_….p8 as it was downloaded, beginning with -----BEGIN PRIVATE KEY-----",
        );
    }
    Some(SignedSecret {
        team_id: team_id?,
        key_id: key_id?,
        key: key?,
    })
}

fn is_key(pem: &str) -> bool {
    PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).is_ok_and(|der| {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der()).is_ok()
    })
}

/// Ten letters and digits.
fn parse_id(text: &str) -> Result<String, &'static str> {
    if text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err("must be ten letters and digits, as Apple's portal shows it")
    }
}
