//! Minting: a statement becomes a signed assertion.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::keys::{self, Due, Key, Record, Turn};
use super::{Error, Statement};
use crate::audit;
use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::config::defaults::ASSERTION_KEY_OVERLAP;
use crate::secret;
use crate::store::{self, Batch, Keys, Seal, Store, Table};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Kind;

/// Signs assertions and publishes the keys.
#[derive(Debug)]
pub struct Minter {
    store: Arc<dyn Store>,
    seal: Seal,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    issuer: String,
    algorithm: config::Algorithm,
    lifetime: Duration,
    rotate_every: Duration,
    ring: ArcSwap<Vec<Key>>,
}

/// A signed assertion.
#[derive(Clone, Debug)]
pub struct Minted {
    /// For the header. Marked as sensitive.
    pub value: HeaderValue,
    /// `exp`.
    pub expires_at: Timestamp,
    /// When a new one should be made: at 60 % of its life.
    pub refresh_at: Timestamp,
}

/// More keys than this are never stored: two or three are, and one for a changed algorithm.
const MAX_KEYS: usize = 64;

/// How often rotation is tried again when another process turned the keys at the same time.
const TRIES: usize = 8;

/// Common servers accept 8 KiB for a head.
const MAX_ASSERTION_BYTES: usize = 6 * 1024;

/// Room for head and signature (RS256's is the longest) when the length of an assertion is foretold.
const HEAD_AND_SIGNATURE_BYTES: usize = 480;

/// The claims (RFC 7519 §4, OIDC Core §2, and `org`, `idp`, `idp_sub` of our own).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    org: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a [String]>,
    idp: &'a str,
    idp_sub: &'a str,
    sid: &'a str,
    auth_time: u64,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: String,
}

impl<'a> Claims<'a> {
    fn new(
        statement: &Statement<'a>,
        (issuer, audience): (&'a str, &'a str),
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            aud: audience,
            sub: statement.account,
            org: statement.organization,
            email: statement.email,
            email_verified: statement.email.map(|_| statement.email_verified),
            name: statement.name,
            groups: statement.groups,
            idp: statement.provider,
            idp_sub: statement.provider_subject,
            sid: statement.session,
            auth_time: statement.authenticated_at.as_seconds(),
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: expires_at.as_seconds(),
            jti: secret::encode(&secret::random_bytes::<16>()),
        }
    }
}

impl Statement<'_> {
    /// All that an assertion would say, to be read: nothing is signed, and what differs in each one is left out.
    ///
    /// # Errors
    /// [`Error::TooLarge`] where minting has it, or is a few bytes short of that.
    pub fn in_full(&self, issuer: &str, audience: &str) -> Result<Map<String, Value>, Error> {
        let now = self.authenticated_at;
        let claims = Claims::new(self, (issuer, audience), now, now);
        let Ok(Value::Object(mut all)) = serde_json::to_value(&claims) else {
            return Err(Error::Key);
        };
        let bytes = Value::Object(all.clone()).to_string().len();
        // As base64url without padding.
        if (bytes * 4).div_ceil(3) + HEAD_AND_SIGNATURE_BYTES > MAX_ASSERTION_BYTES {
            return Err(Error::TooLarge("the assertion".to_owned()));
        }
        all.retain(|name, _| !OF_ONE_ASSERTION.contains(&name.as_str()));
        Ok(all)
    }
}

/// Claims that are another one in each assertion.
const OF_ONE_ASSERTION: [&str; 4] = ["exp", "iat", "jti", "nbf"];

impl Minter {
    /// Loads the keys, and makes the first one if there is none.
    ///
    /// # Errors
    /// The store's; a key that cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most a key that is found the next time.
    pub async fn open(
        store: Arc<dyn Store>,
        seal: Seal,
        config: &config::Assertion,
        issuer: String,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Result<Self, Error> {
        let minter = Self {
            store,
            seal,
            clock,
            metrics,
            issuer,
            algorithm: config.algorithm.clone(),
            lifetime: config.lifetime,
            rotate_every: config.rotate_every,
            ring: ArcSwap::default(),
        };
        minter.rotate().await?;
        Ok(minter)
    }

    /// Signs a statement for an audience. It expires after the configured lifetime, and never after `no_later_than`.
    ///
    /// # Errors
    /// [`Error::NoKey`], [`Error::Sign`], [`Error::TooLarge`]: the request must fail then.
    pub fn mint(
        &self,
        statement: &Statement<'_>,
        audience: &str,
        now: Timestamp,
        no_later_than: Timestamp,
    ) -> Result<Minted, Error> {
        let expires_at = now.plus(self.lifetime).min(no_later_than);
        let claims = Claims::new(statement, (&self.issuer, audience), now, expires_at);
        let text = self.sign(&claims, now)?;
        if text.len() > MAX_ASSERTION_BYTES {
            return Err(Error::TooLarge("the assertion".to_owned()));
        }
        let mut value = HeaderValue::try_from(text).map_err(|_| Error::Key)?;
        value.set_sensitive(true);
        let life = expires_at.since(now);
        Ok(Minted {
            value,
            expires_at,
            refresh_at: now.plus(life.mul_f64(0.6)),
        })
    }

    fn sign(&self, claims: &Claims<'_>, now: Timestamp) -> Result<String, Error> {
        let Some(algorithm) = keys::algorithm(&self.algorithm) else {
            let config::Algorithm::Hs256(shared) = &self.algorithm else {
                return Err(Error::NoKey);
            };
            let key = EncodingKey::from_secret(shared.expose().as_bytes());
            return encode(&Header::new(Algorithm::HS256), claims, &key).map_err(Error::Sign);
        };
        let ring = self.ring.load();
        let turns = self.turns(&ring, now);
        let mut all = ring.iter().zip(turns);
        let (key, _) = all
            .find(|(_, turn)| *turn == Turn::Current)
            .ok_or(Error::NoKey)?;
        let mut header = Header::new(algorithm);
        header.kid = Some(key.record.kid.clone());
        encode(&header, claims, &key.encoding).map_err(Error::Sign)
    }

    /// The published keys as a JWK Set (RFC 7517 §5): next, current and previous. With a shared secret, those of the
    /// algorithm before it, for the overlap.
    pub fn key_set(&self) -> Bytes {
        let ring = self.ring.load();
        let turns = self.turns(&ring, self.clock.now());
        let keys: Vec<_> = ring
            .iter()
            .zip(turns)
            .filter(|(_, turn)| *turn != Turn::Over)
            .map(|(key, _)| &key.public)
            .collect();
        Bytes::from(json!({ "keys": keys }).to_string())
    }

    /// The issuer's metadata: as much of OIDC Discovery §3 as is true of a signer that is no provider.
    pub fn metadata(&self, issuer: &str, jwks_uri: &str) -> Bytes {
        let algorithm = keys::algorithm(&self.algorithm).map_or("HS256", keys::name);
        let metadata = json!({
            "issuer": issuer,
            "jwks_uri": jwks_uri,
            "id_token_signing_alg_values_supported": [algorithm],
            "subject_types_supported": ["public"],
            "response_types_supported": [],
            "claims_supported": [
                "iss", "aud", "sub", "org", "email", "email_verified", "name", "groups", "idp", "idp_sub", "sid",
                "auth_time", "iat", "nbf", "exp", "jti",
            ],
        });
        Bytes::from(metadata.to_string())
    }

    fn turns(&self, ring: &[Key], now: Timestamp) -> Vec<Turn> {
        let wanted = keys::algorithm(&self.algorithm).map_or("", keys::name);
        let keys: Vec<_> = ring
            .iter()
            .map(|key| (key.record.algorithm.as_str(), key.record.signs_from))
            .collect();
        keys::turns(&keys, wanted, now)
    }

    /// Brings the keys up to date: reads what other processes made, makes the next key when it is time, forgets those
    /// that are over, and tells the audit trail which one signs. Doing it twice, or in two processes at once, is as good
    /// as once.
    ///
    /// # Errors
    /// The store's; the keys in memory are those that could be read last.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the rest for the next call.
    pub async fn rotate(&self) -> Result<(), Error> {
        let Some(algorithm) = keys::algorithm(&self.algorithm) else {
            return self.retire().await;
        };
        for _ in 0..TRIES {
            let now = self.clock.now();
            let stored = self.stored().await?;
            let ring: Vec<Key> = stored.iter().map(|stored| stored.key.clone()).collect();
            let known: Vec<_> = ring
                .iter()
                .map(|key| (key.record.algorithm.as_str(), key.record.signs_from))
                .collect();
            let due = keys::due(&known, keys::name(algorithm), self.rotate_every, now);
            let turns = self.turns(&ring, now);
            let mut batch = Batch::new();
            for (stored, turn) in stored.iter().zip(turns) {
                if turn == Turn::Over {
                    batch.remove(Table::SigningKeys, stored.position);
                    batch.audit(event(audit::Kind::KeyRetired, &stored.key.record, now));
                } else if stored.key.record.replaced_at.is_some() {
                    self.mark(&mut batch, stored, None)?;
                }
            }
            let nothing_changed = batch.is_empty();
            if let Due::Make(signs_from) = due {
                let next = stored
                    .last()
                    .map_or(0, |last| u32::from_be_bytes(last.position));
                let position = next.saturating_add(1).to_be_bytes();
                let record = Record::generate(algorithm, signs_from)?;
                let sealed = self
                    .seal
                    .seal_json(Table::SigningKeys, &position, &record)?;
                batch.expect_absent(Table::SigningKeys, position).put(
                    Table::SigningKeys,
                    position,
                    sealed,
                );
                batch.audit(event(audit::Kind::KeyCreated, &record, now));
            } else if nothing_changed {
                self.ring.store(Arc::new(ring));
                self.show_expiry(now);
                if !self.announce(&mut batch, &stored, now)? {
                    return Ok(());
                }
            }
            match self.store.commit(batch).await {
                // Read again either way: what counts is what is stored.
                Ok(()) | Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// With a shared secret no key signs any more: those there are stay published for the overlap, then they go.
    async fn retire(&self) -> Result<(), Error> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let stored = self.stored().await?;
            let mut batch = Batch::new();
            for one in &stored {
                match one.key.record.replaced_at {
                    None => self.mark(&mut batch, one, Some(now))?,
                    Some(since) if now >= since.plus(ASSERTION_KEY_OVERLAP) => {
                        batch.remove(Table::SigningKeys, one.position);
                        batch.audit(event(audit::Kind::KeyRetired, &one.key.record, now));
                    }
                    Some(_) => {}
                }
            }
            if batch.is_empty() {
                let ring = stored.into_iter().map(|one| one.key).collect();
                self.ring.store(Arc::new(ring));
                return Ok(());
            }
            match self.store.commit(batch).await {
                Ok(()) | Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Writes down since when a shared secret signs in place of a key.
    fn mark(
        &self,
        batch: &mut Batch,
        stored: &Stored,
        replaced_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let mut record = stored.key.record.clone();
        record.replaced_at = replaced_at;
        let sealed = self
            .seal
            .seal_json(Table::SigningKeys, &stored.position, &record)?;
        batch.put(Table::SigningKeys, stored.position, sealed);
        Ok(())
    }

    /// Adds to `batch` that the key whose turn it is signs from now on, once over all processes. False if that is known.
    fn announce(
        &self,
        batch: &mut Batch,
        stored: &[Stored],
        now: Timestamp,
    ) -> Result<bool, Error> {
        let ring: Vec<Key> = stored.iter().map(|stored| stored.key.clone()).collect();
        let mut all = stored.iter().zip(self.turns(&ring, now));
        let current = all.find(|(_, turn)| *turn == Turn::Current);
        let Some((current, _)) = current.filter(|(current, _)| !current.key.record.announced)
        else {
            return Ok(false);
        };
        let mut record = current.key.record.clone();
        record.announced = true;
        let position = current.position;
        let sealed = self
            .seal
            .seal_json(Table::SigningKeys, &position, &record)?;
        batch
            .expect_unchanged(Table::SigningKeys, position, current.raw.clone())
            .put(Table::SigningKeys, position, sealed)
            .audit(event(audit::Kind::KeyActivated, &record, now));
        Ok(true)
    }

    /// When the turn of the key that signs is over: when the next one begins, or would have to.
    fn show_expiry(&self, now: Timestamp) {
        let ring = self.ring.load();
        let turns = self.turns(&ring, now);
        let of = |wanted| {
            let all = ring.iter().zip(&turns);
            let all = all.filter(move |(_, turn)| **turn == wanted);
            all.map(|(key, _)| key.record.signs_from)
        };
        let Some(current) = of(Turn::Current).next() else {
            return;
        };
        let next = of(Turn::Next).min();
        let ends = next.unwrap_or_else(|| current.plus(self.rotate_every));
        let labels = Kind { kind: "assertion" };
        self.metrics
            .signing_key_expiry
            .get_or_create(&labels)
            .set(i64::try_from(ends.as_seconds()).unwrap_or(i64::MAX));
    }

    async fn stored(&self) -> Result<Vec<Stored>, Error> {
        let pairs = self
            .store
            .range(Table::SigningKeys, Keys::all(), MAX_KEYS)
            .await?;
        pairs
            .into_iter()
            .map(|(position, raw)| {
                let position: [u8; 4] = position.as_slice().try_into().map_err(|_| Error::Key)?;
                let record: Record = self.seal.open_json(Table::SigningKeys, &position, &raw)?;
                Ok(Stored {
                    position,
                    key: record.ready()?,
                    raw,
                })
            })
            .collect()
    }
}

/// A key in its place.
struct Stored {
    position: [u8; 4],
    key: Key,
    raw: Vec<u8>,
}

fn event(kind: audit::Kind, record: &Record, now: Timestamp) -> audit::Event {
    audit::Event {
        target: Some(record.kid.clone()),
        ..audit::Event::new(now, kind, audit::Actor::System)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::plain::tests::{ada, assertion};
    use crate::clock::Manual;
    use crate::secret::Secret;
    use crate::store::{Memory, SealKey};
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};

    struct World {
        store: Arc<dyn Store>,
        seal: Seal,
        clock: Arc<Manual>,
    }

    impl World {
        fn new() -> Self {
            Self {
                store: Arc::new(Memory::new()),
                seal: Seal::new(&SealKey::random()).unwrap(),
                clock: Arc::new(Manual::new(Timestamp::from_seconds(1_700_000_000))),
            }
        }

        async fn minter(&self, algorithm: config::Algorithm) -> Minter {
            let config = config::Assertion {
                algorithm,
                ..assertion()
            };
            let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
            let issuer = "https://app.example.com".to_owned();
            Minter::open(
                store,
                self.seal.clone(),
                &config,
                issuer,
                clock,
                Metrics::new(0),
            )
            .await
            .unwrap()
        }

        /// The events of the audit trail.
        async fn trail(&self) -> Vec<String> {
            let entries = store::trail::entries(&*self.store, 1, u64::MAX, 100).await;
            let kinds = entries.unwrap().into_iter();
            kinds.map(|entry| entry.event.kind.name()).collect()
        }

        fn mint(&self, minter: &Minter) -> String {
            let (claims, groups) = (Map::new(), ["it".to_owned()]);
            let now = self.clock.now();
            let later = now.plus(Duration::from_secs(3600));
            let minted = minter.mint(
                &ada(&claims, &groups),
                "https://app.example.com",
                now,
                later,
            );
            let value = minted.unwrap().value;
            assert!(value.is_sensitive());
            value.to_str().unwrap().to_owned()
        }

        fn verify(&self, minter: &Minter, token: &str, audience: &str) -> Option<Value> {
            let set: JwkSet = serde_json::from_slice(&minter.key_set()).unwrap();
            let header = decode_header(token).ok()?;
            let jwk = set.find(header.kid.as_deref()?)?;
            let mut validation = Validation::new(header.alg);
            validation.set_audience(&[audience]);
            validation.set_issuer(&["https://app.example.com"]);
            validation.validate_exp = false;
            let key = DecodingKey::from_jwk(jwk).ok()?;
            decode(token, &key, &validation)
                .ok()
                .map(|data| data.claims)
        }
    }

    #[tokio::test]
    async fn inv_28_an_assertion_names_issuer_audience_and_organization() {
        for algorithm in [
            config::Algorithm::Es256,
            config::Algorithm::EdDsa,
            config::Algorithm::Rs256,
        ] {
            let world = World::new();
            let minter = world.minter(algorithm).await;
            let token = world.mint(&minter);
            let claims = world
                .verify(&minter, &token, "https://app.example.com")
                .unwrap();
            assert_eq!(claims["org"], "acme");
            assert_eq!(claims["sub"], "acc1");
            assert_eq!(
                claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
                60
            );
            assert!(
                world
                    .verify(&minter, &token, "https://other.example.com")
                    .is_none()
            );
        }
    }

    #[tokio::test]
    async fn what_is_shown_is_what_is_signed() {
        let world = World::new();
        let minter = world.minter(config::Algorithm::Rs256).await;
        let audience = "https://app.example.com";
        let (claims, groups) = (Map::new(), ["it".to_owned()]);
        let shown = ada(&claims, &groups).in_full(&minter.issuer, audience);
        let signed = world.verify(&minter, &world.mint(&minter), audience);
        let mut signed = signed.unwrap().as_object().unwrap().clone();
        for name in OF_ONE_ASSERTION {
            assert!(signed.remove(name).is_some(), "{name}");
        }
        assert_eq!(shown.unwrap(), signed);
        // Of all sizes: none that is too large is shown.
        let now = world.clock.now();
        for count in 35..60 {
            let groups = vec!["x".repeat(97); count];
            let ada = ada(&claims, &groups);
            if ada.in_full(&minter.issuer, audience).is_ok() {
                let until = now.plus(Duration::from_secs(60));
                assert!(minter.mint(&ada, audience, now, until).is_ok(), "{count}");
            }
        }
        let groups = vec!["x".repeat(97); 60];
        let shown = ada(&claims, &groups).in_full(&minter.issuer, audience);
        assert!(matches!(shown, Err(Error::TooLarge(_))));
    }

    #[tokio::test]
    async fn a_shared_secret_signs_and_publishes_nothing() {
        let world = World::new();
        let shared = "0123456789abcdef0123456789abcdef";
        let minter = world
            .minter(config::Algorithm::Hs256(Secret::new(shared.to_owned())))
            .await;
        let token = world.mint(&minter);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&["https://app.example.com"]);
        validation.validate_exp = false;
        decode::<Value>(
            &token,
            &DecodingKey::from_secret(shared.as_bytes()),
            &validation,
        )
        .unwrap();
        assert_eq!(&minter.key_set()[..], b"{\"keys\":[]}");
    }

    #[tokio::test]
    async fn keys_stay_published_for_a_day_after_a_change_to_a_shared_secret() {
        let world = World::new();
        let audience = "https://app.example.com";
        let shared = || {
            let secret = Secret::new("0123456789abcdef0123456789abcdef".to_owned());
            world.minter(config::Algorithm::Hs256(secret))
        };
        let before = world.minter(config::Algorithm::Es256).await;
        let old = world.mint(&before);
        world.clock.advance(Duration::from_secs(10 * 24 * 3600));
        let minter = shared().await;
        assert!(world.verify(&minter, &old, audience).is_some());
        world.clock.advance(Duration::from_secs(24 * 3600 - 1));
        // There and back again: the day counts from the last change.
        let back = world.minter(config::Algorithm::Es256).await;
        assert!(world.verify(&back, &world.mint(&back), audience).is_some());
        shared().await;
        world.clock.advance(Duration::from_secs(24 * 3600 - 1));
        let minter = shared().await;
        assert!(world.verify(&minter, &old, audience).is_some());
        world.clock.advance(Duration::from_secs(1));
        minter.rotate().await.unwrap();
        assert_eq!(&minter.key_set()[..], b"{\"keys\":[]}");
        let stored = minter.stored().await.unwrap();
        assert!(stored.is_empty(), "retired for good");
    }

    #[tokio::test]
    async fn an_assertion_never_outlives_the_grant() {
        let world = World::new();
        let minter = world.minter(config::Algorithm::Es256).await;
        let claims = Map::new();
        let now = world.clock.now();
        let soon = now.plus(Duration::from_secs(10));
        let minted = minter.mint(&ada(&claims, &[]), "a", now, soon).unwrap();
        assert_eq!(minted.expires_at, soon);
        assert_eq!(minted.refresh_at, now.plus(Duration::from_secs(6)));
    }

    #[tokio::test]
    async fn keys_rotate_with_overlap_and_survive_a_restart() {
        let world = World::new();
        let minter = world.minter(config::Algorithm::Es256).await;
        let old = world.mint(&minter);
        world.clock.advance(Duration::from_secs(41 * 24 * 3600));
        minter.rotate().await.unwrap();
        let set: JwkSet = serde_json::from_slice(&minter.key_set()).unwrap();
        assert_eq!(
            set.keys.len(),
            2,
            "the next key is published before it signs"
        );
        world.clock.advance(Duration::from_secs(24 * 3600));
        let restarted = world.minter(config::Algorithm::Es256).await;
        let new = world.mint(&restarted);
        let kid = |token: &str| decode_header(token).unwrap().kid;
        assert_ne!(kid(&old), kid(&new));
        assert!(
            world
                .verify(&restarted, &old, "https://app.example.com")
                .is_some()
        );
        world.clock.advance(Duration::from_secs(24 * 3600));
        restarted.rotate().await.unwrap();
        assert!(
            world
                .verify(&restarted, &old, "https://app.example.com")
                .is_none()
        );
        assert!(
            world
                .verify(&restarted, &new, "https://app.example.com")
                .is_some()
        );
    }

    #[tokio::test]
    async fn a_clock_that_is_set_right_stops_neither_signing_nor_rotation() {
        for ahead in [
            Duration::from_secs(1),
            Duration::from_secs(70 * 365 * 24 * 3600),
        ] {
            let world = World::new();
            world.clock.advance(ahead);
            let minter = world.minter(config::Algorithm::Es256).await;
            world.clock.step_back(ahead);
            let check = |minter: &Minter| {
                let token = world.mint(minter);
                let claims = world.verify(minter, &token, "https://app.example.com");
                assert!(claims.is_some(), "{ahead:?}");
            };
            check(&minter);
            minter.rotate().await.unwrap();
            check(&minter);
            check(&world.minter(config::Algorithm::Es256).await);
            world.clock.advance(Duration::from_secs(41 * 24 * 3600 + 1));
            minter.rotate().await.unwrap();
            let soon = world.clock.now().plus(ASSERTION_KEY_OVERLAP);
            let mut begins = minter
                .ring
                .load()
                .iter()
                .map(|key| key.record.signs_from)
                .collect::<Vec<_>>();
            begins.retain(|begin| *begin <= soon);
            assert_eq!(begins.len(), 2, "{ahead:?}: the next key is there in time");
        }
    }

    #[tokio::test]
    async fn two_processes_make_one_key() {
        let world = World::new();
        let (one, two) = tokio::join!(
            world.minter(config::Algorithm::Es256),
            world.minter(config::Algorithm::Es256)
        );
        one.rotate().await.unwrap();
        assert_eq!(one.key_set(), two.key_set());
        assert_eq!(world.trail().await, ["key.created", "key.activated"]);
    }

    #[tokio::test]
    async fn the_trail_tells_when_a_key_is_made_begins_to_sign_and_is_gone() {
        let world = World::new();
        let minter = world.minter(config::Algorithm::Es256).await;
        let begun = world.clock.now();
        let days = |count: u64| Duration::from_secs(count * 24 * 3600);
        let mut told = vec!["key.created", "key.activated"];
        assert_eq!(world.trail().await, told);
        assert_eq!(expiry(&minter), begun.plus(days(42)).as_seconds());
        world.clock.advance(days(41));
        minter.rotate().await.unwrap();
        told.push("key.created");
        assert_eq!(world.trail().await, told, "published, and not signing yet");
        world.clock.advance(days(1));
        for _ in 0..2 {
            minter.rotate().await.unwrap();
        }
        told.push("key.activated");
        assert_eq!(world.trail().await, told, "told once");
        assert_eq!(expiry(&minter), begun.plus(days(84)).as_seconds());
        world.clock.advance(days(1));
        minter.rotate().await.unwrap();
        told.push("key.retired");
        assert_eq!(world.trail().await, told);
    }

    fn expiry(minter: &Minter) -> u64 {
        let labels = Kind { kind: "assertion" };
        let gauge = minter.metrics.signing_key_expiry.get_or_create(&labels);
        gauge.get().try_into().unwrap()
    }

    #[tokio::test]
    async fn inv_02_without_the_right_seal_there_is_no_key() {
        let world = World::new();
        world.minter(config::Algorithm::Es256).await;
        let stranger = World {
            seal: Seal::new(&SealKey::random()).unwrap(),
            ..world
        };
        let config = assertion();
        let (store, clock) = (Arc::clone(&stranger.store), Arc::clone(&stranger.clock));
        let opened = Minter::open(
            store,
            stranger.seal.clone(),
            &config,
            String::new(),
            clock,
            Metrics::new(0),
        );
        assert!(opened.await.is_err());
    }

    #[tokio::test]
    async fn inv_32_too_many_groups_are_an_error_and_no_header() {
        let world = World::new();
        let minter = world.minter(config::Algorithm::Es256).await;
        let claims = Map::new();
        let groups = vec!["x".repeat(100); 100];
        let now = world.clock.now();
        let minted = minter.mint(
            &ada(&claims, &groups),
            "a",
            now,
            now.plus(Duration::from_secs(60)),
        );
        assert!(matches!(minted, Err(Error::TooLarge(_))));
    }
}
