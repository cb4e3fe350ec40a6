//! The signing keys and their turns. Which key does what follows from the stored records and the time by pure functions,
//! so that every process that shares a store comes to the same answer.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::clock::Timestamp;
use crate::config;
use crate::config::defaults::ASSERTION_KEY_OVERLAP;
use crate::secret::{self, Secret};

/// A key as stored: sealed, under its place in the order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// RFC 7638 thumbprint.
    pub(super) kid: String,
    /// JOSE name of its algorithm.
    pub(super) algorithm: String,
    /// PKCS #8, base64url.
    private: Secret<String>,
    /// When it begins to sign. Published before.
    pub(super) signs_from: Timestamp,
    /// Since when a shared secret signs in place of all keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replaced_at: Option<Timestamp>,
    /// Whether the audit trail says that it signs.
    #[serde(default)]
    pub(super) announced: bool,
}

/// A key ready for use.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) record: Record,
    pub(super) encoding: EncodingKey,
    pub(super) public: Jwk,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.record.kid.fmt(formatter)
    }
}

/// What the turn of a key is at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Published, not yet signing.
    Next,
    /// Signing.
    Current,
    /// Published, no longer signing.
    Previous,
    /// To be forgotten.
    Over,
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// Make a key that signs from this time on.
    Make(Timestamp),
}

/// The JOSE algorithm of a configuration with keys of our own; `None` for a shared secret.
pub(super) const fn algorithm(config: &config::Algorithm) -> Option<Algorithm> {
    match config {
        config::Algorithm::Es256 => Some(Algorithm::ES256),
        config::Algorithm::EdDsa => Some(Algorithm::EdDSA),
        config::Algorithm::Rs256 => Some(Algorithm::RS256),
        config::Algorithm::Hs256(_) => None,
    }
}

/// JOSE name.
pub(super) const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        Algorithm::RS256 => "RS256",
        _ => "",
    }
}

/// The turn of each key (`(algorithm, signs_from)`, in stored order) at `now`. Keys of another algorithm than `wanted`
/// never sign; they stay published for the overlap, counted from when a key of the wanted one began. If all keys are
/// still to begin, since the clock was ahead when they were made, the earliest signs: the application knows it already.
pub(super) fn turns(keys: &[(&str, Timestamp)], wanted: &str, now: Timestamp) -> Vec<Turn> {
    let started = |from: &Timestamp| *from <= now;
    let signing = keys
        .iter()
        .filter(|(algorithm, from)| *algorithm == wanted && started(from))
        .map(|(_, from)| *from)
        .max()
        .or_else(|| {
            let own = keys.iter().filter(|(algorithm, _)| *algorithm == wanted);
            own.map(|(_, from)| *from).min()
        });
    keys.iter()
        .map(|(algorithm, from)| {
            if *algorithm == wanted && Some(*from) == signing {
                return Turn::Current;
            }
            if *algorithm == wanted && !started(from) {
                return Turn::Next;
            }
            let successor = keys
                .iter()
                .filter(|(other, begins)| {
                    *other == wanted && (*begins > *from || *algorithm != wanted)
                })
                .map(|(_, begins)| *begins)
                .min();
            match successor {
                Some(begins) if now >= begins.plus(ASSERTION_KEY_OVERLAP) => Turn::Over,
                Some(_) | None => Turn::Previous,
            }
        })
        .collect()
}

/// Whether a key must be made. The first one signs at once; each further one is published for the overlap first. A key
/// that is to begin later than that was made while the clock was ahead, and its turn is too far off to wait for.
pub(super) fn due(
    keys: &[(&str, Timestamp)],
    wanted: &str,
    rotate_every: Duration,
    now: Timestamp,
) -> Due {
    let newest = keys
        .iter()
        .filter(|(algorithm, from)| {
            *algorithm == wanted && *from <= now.plus(ASSERTION_KEY_OVERLAP)
        })
        .map(|(_, from)| *from)
        .max();
    let Some(newest) = newest else {
        return Due::Make(now);
    };
    let ends = newest.plus(rotate_every);
    if now.plus(ASSERTION_KEY_OVERLAP) < ends {
        Due::Nothing
    } else {
        Due::Make(ends.max(now.plus(ASSERTION_KEY_OVERLAP)))
    }
}

impl Record {
    /// A new key.
    pub(super) fn generate(algorithm: Algorithm, signs_from: Timestamp) -> Result<Self, Error> {
        let random = SystemRandom::new();
        let private = match algorithm {
            Algorithm::ES256 => {
                let document =
                    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
                document.map_err(|_| Error::Key)?.as_ref().to_vec()
            }
            Algorithm::EdDSA => {
                let document = Ed25519KeyPair::generate_pkcs8v1(&random);
                document.map_err(|_| Error::Key)?.as_ref().to_vec()
            }
            Algorithm::RS256 => {
                let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Key)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Key)?;
                der.as_ref().to_vec()
            }
            _ => return Err(Error::Key),
        };
        let mut record = Self {
            kid: String::new(),
            algorithm: name(algorithm).to_owned(),
            private: Secret::new(secret::encode(&private)),
            signs_from,
            replaced_at: None,
            announced: false,
        };
        record.kid = record
            .clone()
            .ready()?
            .public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|_| Error::Key)?;
        Ok(record)
    }

    /// The key, ready for use.
    pub(super) fn ready(self) -> Result<Key, Error> {
        let private = secret::decode(self.private.expose()).ok_or(Error::Key)?;
        let (algorithm, encoding) = match self.algorithm.as_str() {
            "ES256" => (Algorithm::ES256, EncodingKey::from_ec_der(&private)),
            "EdDSA" => (Algorithm::EdDSA, EncodingKey::from_ed_der(&private)),
            "RS256" => (Algorithm::RS256, rsa(&private)?),
            _ => return Err(Error::Key),
        };
        let mut public = Jwk::from_encoding_key(&encoding, algorithm).map_err(|_| Error::Key)?;
        public.common.key_id = (!self.kid.is_empty()).then(|| self.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Key {
            record: self,
            encoding,
            public,
        })
    }
}

/// The library reads RSA keys in PKCS #8 only from PEM.
fn rsa(private: &[u8]) -> Result<EncodingKey, Error> {
    let body = STANDARD.encode(private);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    let pem = Secret::new(format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    ));
    EncodingKey::from_rsa_pem(pem.expose().as_bytes()).map_err(|_| Error::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;
    const ROTATE: Duration = Duration::from_secs(42 * DAY);

    fn day(day: u64) -> Timestamp {
        Timestamp::from_seconds(day * DAY)
    }

    #[test]
    fn keys_take_turns_over_time() {
        let keys = [("ES256", day(0)), ("ES256", day(42))];
        let check = |now, expected: [Turn; 2]| {
            assert_eq!(turns(&keys, "ES256", now), expected, "{now}");
        };
        check(day(0), [Turn::Current, Turn::Next]);
        check(day(41), [Turn::Current, Turn::Next]);
        check(day(42), [Turn::Previous, Turn::Current]);
        check(day(43), [Turn::Over, Turn::Current]);
    }

    #[test]
    fn another_algorithm_signs_at_once_and_the_old_key_stays_published() {
        let keys = [("RS256", day(0)), ("ES256", day(10))];
        assert_eq!(
            turns(&keys, "ES256", day(10)),
            [Turn::Previous, Turn::Current]
        );
        assert_eq!(turns(&keys, "ES256", day(11)), [Turn::Over, Turn::Current]);
        assert_eq!(
            due(&keys[..1], "ES256", ROTATE, day(10)),
            Due::Make(day(10))
        );
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_no_time_without_a_key() {
        let ahead = [("ES256", day(10))];
        assert_eq!(turns(&ahead, "ES256", day(9)), [Turn::Current]);
        assert_eq!(due(&ahead, "ES256", ROTATE, day(9)), Due::Nothing);
        let far_ahead = [("ES256", day(26_000)), ("ES256", day(26_042))];
        assert_eq!(
            turns(&far_ahead, "ES256", day(9)),
            [Turn::Current, Turn::Next]
        );
        assert_eq!(due(&far_ahead, "ES256", ROTATE, day(9)), Due::Make(day(9)));
        let also = [("ES256", day(0)), ("ES256", day(26_000))];
        assert_eq!(turns(&also, "ES256", day(9)), [Turn::Current, Turn::Next]);
        assert_eq!(due(&also, "ES256", ROTATE, day(41)), Due::Make(day(42)));
    }

    #[test]
    fn a_key_is_made_a_day_before_it_signs() {
        let keys = [("ES256", day(0))];
        let check = |now, expected| assert_eq!(due(&keys, "ES256", ROTATE, now), expected, "{now}");
        assert_eq!(due(&[], "ES256", ROTATE, day(3)), Due::Make(day(3)));
        check(day(0), Due::Nothing);
        check(day(40), Due::Nothing);
        check(day(41), Due::Make(day(42)));
        check(day(60), Due::Make(day(61)));
    }
}
