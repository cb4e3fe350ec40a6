//! One request and the addresses that are asked for it, one after the other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::{Request, Response};
use tokio::time::Instant;
use tracing::warn;

use super::body::Outgoing;
use super::departure::{Hear, Spare};
use super::endpoint::{Endpoint, Failure, Lent, Outstanding};
use super::{Error, Passage, Upstream};
use crate::wire::Received;

/// The addresses that are asked for one request, one after the other.
pub(super) struct Asked<'a> {
    upstream: &'a Upstream,
    now: Mutex<(Arc<Endpoint>, Option<Outstanding>)>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(upstream: &'a Upstream, endpoint: Arc<Endpoint>) -> Self {
        let outstanding = (upstream.endpoints.len() > 1).then(|| endpoint.take());
        Self {
            upstream,
            now: Mutex::new((endpoint, outstanding)),
        }
    }

    /// Sends once, and again where nothing can have come of it: what may be repeated and has no body (RFC 9110 §9.2.2). To
    /// another address if no connection was made; to the same if a pooled connection turned out to be closed, and only if
    /// not a byte of an answer came. A connection that was made for the request and closed under it may be what the request
    /// does to the application. What never left this process is repeated by `pool` itself.
    pub(super) async fn send(
        &self,
        mut request: Request<Outgoing>,
        spare: Option<Box<Spare>>,
        hear: Option<&Hear>,
        upgrade: bool,
    ) -> Result<(Response<Received>, Lent), Error> {
        let (mut tried, mut was_closed) = (Vec::new(), false);
        loop {
            let endpoint = self.endpoint();
            let failure = match endpoint.request(request, hear, upgrade).await {
                Ok(answer) => {
                    self.went_well();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let Some(spare) = &spare else {
                return Err(self.blame(failure));
            };
            let mut head = spare.head();
            if !was_closed && failure.is_unseen() {
                was_closed = true;
            } else if failure.is_connect() {
                self.failed();
                tried.push(endpoint);
                let Ok(next) = self.upstream.choose(&tried) else {
                    return Err(Error::of_failure(failure));
                };
                next.direct(&mut head, spare.host.as_ref())?;
                self.go_to(next);
            } else {
                return Err(self.blame(failure));
            }
            request = Request::from_parts(head, Outgoing::empty());
        }
    }

    fn endpoint(&self) -> Arc<Endpoint> {
        Arc::clone(&self.lock().0)
    }

    fn go_to(&self, endpoint: Arc<Endpoint>) {
        let outstanding = endpoint.take();
        *self.lock() = (endpoint, Some(outstanding));
    }

    fn went_well(&self) {
        if self.upstream.endpoints.len() > 1 {
            self.lock().0.went_well();
        }
    }

    pub(super) fn failed(&self) {
        if self.upstream.endpoints.len() < 2 {
            return;
        }
        let endpoint = self.endpoint();
        if endpoint.failed(&self.upstream.balance, Instant::now()) {
            let (upstream, address) = (&**self.upstream.tally.name(), &**endpoint.address());
            warn!(
                upstream,
                address,
                "requests to an address of an application fail: others get them for a while"
            );
        }
        self.upstream.tell(&endpoint);
    }

    /// The visitor's own trouble says nothing of the application.
    fn blame(&self, failure: Failure) -> Error {
        let error = Error::of_failure(failure);
        if matches!(error, Error::Connect { .. } | Error::Broken(_)) {
            self.failed();
        }
        error
    }

    /// What the address has of this counts until nothing of it is open any more.
    pub(super) fn hold(&self, passage: &mut Passage) {
        if let Some(outstanding) = self.lock().1.take() {
            let held = Arc::clone(&passage.held);
            passage.held = Arc::new((held, outstanding));
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Arc<Endpoint>, Option<Outstanding>)> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
