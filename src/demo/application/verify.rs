//! How an application checks that an identity really comes from Doorward: signature, issuer, audience, time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::Surroundings;
use crate::clock::{Clock, Timestamp};

/// Doorward is on the same machine.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// A key set is a few hundred bytes.
const MAX_KEY_SET_BYTES: usize = 64 * 1024;

/// Assertions with made-up key names cause at most one fetch in this time.
const REFETCH_AFTER: Duration = Duration::from_secs(5);

/// Why an assertion is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Untrusted {
    /// Not one signed JWT with the name of a key.
    #[error("it is not one signed JWT that names its key")]
    Shape,
    /// The key set could not be had.
    #[error("Doorward's keys could not be fetched")]
    Keys,
    /// No such key.
    #[error("it names a key that Doorward does not have")]
    UnknownKey,
    /// Signature or claims are wrong.
    #[error("its signature, issuer, audience or time is wrong")]
    Wrong,
}

/// Doorward's public keys, fetched when first needed and when an unknown one is named.
pub(super) struct KeySet {
    client: Client<HttpConnector, Empty<Bytes>>,
    uri: String,
    host: String,
    issuer: String,
    kept: Mutex<Kept>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Kept {
    keys: Option<Arc<JwkSet>>,
    asked_at: Option<Timestamp>,
}

impl KeySet {
    /// Makes no call yet.
    pub(super) fn new(surroundings: &Surroundings, clock: Arc<dyn Clock>) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(1)
            .build_http();
        Self {
            client,
            uri: format!(
                "http://{}{}/jwks.json",
                surroundings.door, surroundings.prefix
            ),
            host: surroundings.public.host().to_string(),
            issuer: surroundings.public.to_string(),
            kept: Mutex::default(),
            clock,
        }
    }

    /// The claims of an assertion, if it is to be believed.
    pub(super) async fn verify(&self, token: &str) -> Result<Map<String, Value>, Untrusted> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Untrusted::Shape)?;
        let id = header.kid.ok_or(Untrusted::Shape)?;
        let key = self.key(&id).await?;
        // The algorithm is ours to say, never the token's (RFC 8725 §3.1).
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        let decoded = jsonwebtoken::decode(token, &key, &validation);
        decoded
            .map(|decoded| decoded.claims)
            .map_err(|_| Untrusted::Wrong)
    }

    async fn key(&self, id: &str) -> Result<DecodingKey, Untrusted> {
        let mut keys = self.kept().keys.clone();
        let known = |keys: &Option<Arc<JwkSet>>| {
            let found = keys.as_ref().and_then(|keys| keys.find(id));
            found.map(DecodingKey::from_jwk)
        };
        if known(&keys).is_none() && self.may_ask() {
            let fetched = tokio::time::timeout(FETCH_TIMEOUT, self.fetch()).await;
            let fetched = fetched.ok().flatten().ok_or(Untrusted::Keys)?;
            keys = Some(Arc::new(fetched));
            self.kept().keys.clone_from(&keys);
        }
        match known(&keys) {
            Some(key) => key.map_err(|_| Untrusted::UnknownKey),
            None => Err(Untrusted::UnknownKey),
        }
    }

    fn may_ask(&self) -> bool {
        let now = self.clock.now();
        let mut kept = self.kept();
        let recently = |asked: Timestamp| now.since(asked) < REFETCH_AFTER;
        // Until the first answer every request asks: there is nothing yet that could be wrong.
        if kept.keys.is_some() && kept.asked_at.is_some_and(recently) {
            return false;
        }
        kept.asked_at = Some(now);
        true
    }

    async fn fetch(&self) -> Option<JwkSet> {
        let request = Request::get(self.uri.parse::<Uri>().ok()?)
            .header(HOST, HeaderValue::from_str(&self.host).ok()?)
            .body(Empty::new())
            .ok()?;
        let response = self.client.request(request).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = Limited::new(response.into_body(), MAX_KEY_SET_BYTES);
        let bytes = body.collect().await.ok()?.to_bytes();
        serde_json::from_slice(&bytes).ok()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // Both fields are replaced whole, so there is nothing half done to fear after a panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeySet")
            .field("uri", &self.uri)
            .finish_non_exhaustive()
    }
}
