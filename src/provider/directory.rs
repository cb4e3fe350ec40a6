//! Discovery: asked at the first use, kept for a while, asked once however many people wait.
//!
//! A provider that is down is not asked again by every visitor: after a failure there is a short rest. What was learned
//! before keeps serving while the provider cannot be asked, for a day at most. An unknown key makes the key set be
//! fetched again, at most once a minute, and that also while fetching fails (threat model 49). Anybody may send a logout
//! token, so these have a minute of their own: they cannot use up the fetch that a sign-in needs.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use openidconnect::HttpResponse;
use openidconnect::IssuerUrl;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use tokio::sync::{Mutex, MutexGuard};
use tracing::warn;

use super::http::{self, CallError, Client, Operation};
use super::issuers::Issuers;
use super::jws::{Compact, Expecting, Signed};
use super::metadata::{Metadata, misconfigured};
use super::{Check, Error, Health, json};
use crate::clock::{Clock, Timestamp};
use crate::config::{RevalidationMethod, defaults};

/// What is known of one provider.
#[derive(Debug)]
pub(super) struct Directory {
    issuer: IssuerUrl,
    /// What the document must call it.
    issuers: Issuers,
    /// That are accepted, if the provider announces them.
    algorithms: Vec<CoreJwsSigningAlgorithm>,
    /// How people are asked about again: what that needs must be there.
    method: RevalidationMethod,
    clock: Arc<dyn Clock>,
    known: ArcSwapOption<Known>,
    /// Held by whoever asks. The lock is an asynchronous one because it is held across a call.
    asking: Mutex<Asking>,
}

/// A snapshot.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) metadata: Metadata,
    keys: CoreJsonWebKeySet,
    learned_at: Timestamp,
}

/// A discovery document, and the fields it came with.
pub(super) struct Document {
    pub(super) headers: ::http::HeaderMap,
    pub(super) members: serde_json::Map<String, serde_json::Value>,
}

/// What bounds the asking.
#[derive(Debug, Default)]
struct Asking {
    failed: Option<(Timestamp, Failure)>,
    /// For ID tokens, and for logout tokens.
    keys_asked_at: [Option<Timestamp>; 2],
}

/// A failure that others are told of.
#[derive(Clone, Debug)]
enum Failure {
    Unreachable,
    Misconfigured(String),
}

impl Directory {
    /// Nothing known.
    pub(super) fn new(
        (issuer, issuers): (IssuerUrl, Issuers),
        algorithms: Vec<CoreJwsSigningAlgorithm>,
        method: RevalidationMethod,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            issuer,
            issuers,
            algorithms,
            method,
            clock,
            known: ArcSwapOption::empty(),
            asking: Mutex::default(),
        }
    }

    /// The algorithms that are accepted at all, whatever the provider announces.
    pub(super) fn algorithms(&self) -> &[CoreJwsSigningAlgorithm] {
        &self.algorithms
    }

    /// What is known without asking, however old.
    pub(super) fn remembered(&self) -> Option<Arc<Known>> {
        self.known.load_full()
    }

    /// What is known, after asking if need be.
    ///
    /// # Errors
    /// [`Error::Unreachable`] and [`Error::Misconfigured`], if nothing usable is remembered.
    ///
    /// # Cancel safety
    /// Safe: who waits next asks instead.
    pub(super) async fn known(&self, client: &Client) -> Result<Arc<Known>, Error> {
        let now = self.clock.now();
        let usable = match self.remembered() {
            Some(known) if known.is_younger(defaults::PROVIDER_METADATA_LIFETIME, now) => {
                return Ok(known);
            }
            known => known.filter(|known| known.is_younger(STALE_LIFETIME, now)),
        };
        let mut asking = match &usable {
            // Somebody asks already; what is remembered is good enough meanwhile.
            Some(known) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return Ok(Arc::clone(known)),
            },
            None => self.wait(client).await?,
        };
        if let Some(known) = self.remembered()
            && known.is_younger(defaults::PROVIDER_METADATA_LIFETIME, self.clock.now())
        {
            return Ok(known);
        }
        match (self.learn(client, &mut asking).await, usable) {
            (Err(error), Some(known)) => {
                let provider = client.provider();
                let error: &dyn std::error::Error = &error;
                warn!(
                    provider,
                    error,
                    "what the provider said of itself cannot be asked again, the old serves on"
                );
                Ok(known)
            }
            (result, _) => result,
        }
    }

    /// Waits for whoever asks: two calls, and the same again for one who was interrupted.
    async fn wait(&self, client: &Client) -> Result<MutexGuard<'_, Asking>, Error> {
        tokio::time::timeout(client.timeout() * 4, self.asking.lock())
            .await
            .map_err(|_| Error::Unreachable(CallError::Timeout))
    }

    async fn learn(&self, client: &Client, asking: &mut Asking) -> Result<Arc<Known>, Error> {
        if let Some((at, failure)) = &asking.failed
            && at.lasts(REST, self.clock.now())
        {
            return Err(failure.again());
        }
        match self.ask(client).await {
            Ok(known) => {
                asking.failed = None;
                let known = Arc::new(known);
                self.known.store(Some(Arc::clone(&known)));
                Ok(known)
            }
            Err(error) => {
                client.note(Health::Down);
                asking.failed = Some((self.clock.now(), Failure::of(&error)));
                Err(error)
            }
        }
    }

    /// Asks now, whatever is remembered; what is learned serves from now on.
    ///
    /// # Errors
    /// [`Error::Unreachable`] and [`Error::Misconfigured`], of this very call.
    ///
    /// # Cancel safety
    /// Safe.
    pub(super) async fn learn_anew(&self, client: &Client) -> Result<Arc<Known>, Error> {
        let mut asking = self.wait(client).await?;
        asking.failed = None;
        self.learn(client, &mut asking).await
    }

    /// The discovery document as it is, whatever it says.
    ///
    /// # Errors
    /// [`Error::Unreachable`], and [`Error::Misconfigured`] if there is none.
    pub(super) async fn document(&self, client: &Client) -> Result<Document, Error> {
        let answer = self.fetch(client).await?;
        let members = json::object(answer.body())
            .ok_or_else(|| misconfigured("the discovery document cannot be read"))?;
        Ok(Document {
            headers: answer.headers().clone(),
            members,
        })
    }

    async fn fetch(&self, client: &Client) -> Result<HttpResponse, Error> {
        let address = self
            .issuer
            .join(".well-known/openid-configuration")
            .map_err(|_| misconfigured("the issuer is not a URL"))?;
        let request = http::get(&address).map_err(Error::Unreachable)?;
        let answer = client.call(Operation::Discovery, request).await;
        let answer = answer.map_err(unreachable)?;
        if answer.status() != ::http::StatusCode::OK || !http::is_json(&answer) {
            return Err(misconfigured(
                "there is no discovery document at the issuer",
            ));
        }
        Ok(answer)
    }

    async fn ask(&self, client: &Client) -> Result<Known, Error> {
        let answer = self.fetch(client).await?;
        let (issuer, reach) = (self.issuers.in_discovery(), client.reach());
        let metadata = Metadata::parse(answer.body(), issuer, reach, &self.algorithms)?;
        metadata.can_be_asked_by(self.method)?;
        let keys = fetch_keys(client, &metadata).await?;
        Ok(Known {
            metadata,
            keys,
            learned_at: self.clock.now(),
        })
    }

    /// The key that signed a token.
    ///
    /// # Errors
    /// [`Error::Rejected`] with [`Check::Signature`] if none did; else as [`Directory::known`].
    pub(super) async fn verify(
        &self,
        client: &Client,
        token: &Compact<'_>,
        expecting: Expecting,
    ) -> Result<CoreJsonWebKey, Error> {
        let known = self.known(client).await?;
        let mut signed = known.signer(token);
        if matches!(signed, Signed::ByUnknown) {
            let newer = self.newer(client, known, token, expecting).await?;
            signed = newer.signer(token);
        }
        match signed {
            Signed::By(key) => Ok(*key),
            Signed::ByUnknown | Signed::ByNobody => Err(Error::Rejected(Check::Signature)),
        }
    }

    /// Fetches the keys again, unless somebody just did: all of discovery if it is the algorithm that is not known.
    async fn newer(
        &self,
        client: &Client,
        seen: Arc<Known>,
        token: &Compact<'_>,
        expecting: Expecting,
    ) -> Result<Arc<Known>, Error> {
        let mut asking = self.wait(client).await?;
        match self.remembered() {
            Some(known) if !Arc::ptr_eq(&known, &seen) => return Ok(known),
            _ => {}
        }
        let now = self.clock.now();
        let [id, logout] = &mut asking.keys_asked_at;
        let asked_at = match expecting {
            Expecting::IdToken => id,
            Expecting::LogoutToken => logout,
        };
        if let Some(at) = *asked_at
            && at.lasts(defaults::PROVIDER_KEY_REFETCH, now)
        {
            return Ok(seen);
        }
        // Before the call: one that fails or is interrupted counts too.
        *asked_at = Some(now);
        let known = Arc::new(if seen.announces(&token.algorithm) {
            Known {
                keys: fetch_keys(client, &seen.metadata).await?,
                metadata: seen.metadata.clone(),
                learned_at: seen.learned_at,
            }
        } else {
            self.ask(client).await?
        });
        self.known.store(Some(Arc::clone(&known)));
        Ok(known)
    }
}

impl Known {
    /// The keys that it publishes.
    pub(super) fn keys(&self) -> &[CoreJsonWebKey] {
        self.keys.keys()
    }

    fn announces(&self, algorithm: &CoreJwsSigningAlgorithm) -> bool {
        self.metadata.algorithms.contains(algorithm)
    }

    /// Who signed a token, as far as is known.
    fn signer(&self, token: &Compact<'_>) -> Signed {
        if self.announces(&token.algorithm) {
            token.signed_by(self.keys.keys())
        } else {
            Signed::ByUnknown
        }
    }

    fn is_younger(&self, than: Duration, now: Timestamp) -> bool {
        self.learned_at.lasts(than, now)
    }
}

impl Failure {
    fn of(error: &Error) -> Self {
        match error {
            Error::Misconfigured(why) => Self::Misconfigured(why.clone()),
            Error::Unreachable(_) | Error::Refused(_) | Error::Rejected(_) => Self::Unreachable,
        }
    }

    fn again(&self) -> Error {
        match self {
            Self::Unreachable => Error::Unreachable(CallError::Resting),
            Self::Misconfigured(why) => Error::Misconfigured(why.clone()),
        }
    }
}

async fn fetch_keys(client: &Client, metadata: &Metadata) -> Result<CoreJsonWebKeySet, Error> {
    let calling = client.calling(Operation::Keys);
    CoreJsonWebKeySet::fetch_async(&metadata.keys, &calling)
        .await
        .map_err(|error| match error {
            openidconnect::DiscoveryError::Request(error) => unreachable(error),
            // The other variants carry the body, which belongs into no log.
            _ => misconfigured("the provider's key set cannot be read"),
        })
}

/// A call that cannot be made at all is for an operator to mend.
pub(super) fn unreachable(error: CallError) -> Error {
    match error {
        CallError::NotSecure | CallError::Private | CallError::NoRoots => {
            Error::Misconfigured(error.to_string())
        }
        CallError::Timeout
        | CallError::TooLarge
        | CallError::Connection(_)
        | CallError::Closed
        | CallError::Status { .. }
        | CallError::Resting => Error::Unreachable(error),
    }
}

/// After a failure nobody asks for this long: a person who tries again at once is not kept waiting by it, and a crowd
/// does not hammer a provider that is coming back.
const REST: Duration = Duration::from_secs(1);

/// How long what was learned serves while the provider cannot be asked: over an outage of a night, not for ever, since
/// a key could have been withdrawn meanwhile.
const STALE_LIFETIME: Duration = Duration::from_secs(24 * 3600);
