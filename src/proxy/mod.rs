//! Moving bytes to one application and back.
//!
//! Owns: the pools of connections to the addresses of an [`Upstream`], the choice among these, which fields cross, bodies and trailers in both directions, upgraded
//! connections, and every time limit on them. Leaves to others: who the visitor is and what may be asked (`gateway`);
//! the path arrives as it is to be forwarded. Invariants: what `Connection` names is gone before our fields are added,
//! and each of ours replaces whatever had its name (threat model 31); reserved names do not travel in trailers either
//! (30); bytes of another protocol flow only after the application's 101 (36); a body that is cut never looks complete
//! (40).

mod asking;
mod balance;
mod body;
mod connector;
mod course;
mod departure;
mod endpoint;
mod error;
mod expect;
mod fields;
mod health;
mod patience;
mod pool;
mod streams;
mod tunnel;
mod websocket;

use std::any::Any;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use hyper::{Request, Response};
use tokio::time::{Instant, sleep_until};

use crate::config::{self, Balance, UpstreamHttp};
use crate::tasks::Tasks;
use crate::telemetry::metrics::{Upstream as UpstreamLabel, UpstreamAddress};
use crate::telemetry::{Metrics, UpstreamTally};
use crate::tether::Tether;
use crate::wire::Received;
use asking::Asked;
use body::Line;
use connector::Encryption;
use departure::{Back, Trip};
use endpoint::{Endpoint, Lent};
use patience::Patience;

pub use body::Body;
pub use error::{Broken, Error};

/// An application, with its addresses.
pub struct Upstream {
    tally: UpstreamTally,
    endpoints: Vec<Arc<Endpoint>>,
    /// Whose turn it is among equals.
    turn: AtomicUsize,
    balance: Balance,
    health: Option<config::Health>,
    preserve_host: bool,
    timeout: Duration,
    idle_timeout: Duration,
    stream_cut: Duration,
    tasks: Tasks,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upstream")
            .field("name", self.tally.name())
            .finish_non_exhaustive()
    }
}

/// The fields that we add to a request.
#[derive(Default)]
pub struct Ours {
    /// Those that were made for it.
    pub once: Vec<(HeaderName, HeaderValue)>,
    /// Those that are the same for many.
    pub prepared: Arc<[(HeaderName, HeaderValue)]>,
}

impl fmt::Debug for Ours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An assertion is among them.
        formatter.debug_struct("Ours").finish_non_exhaustive()
    }
}

/// Says whether a name is one that only we may set.
pub type Filter = Arc<dyn Fn(&HeaderName) -> bool + Send + Sync>;

/// What goes with one request beside what the visitor sent.
pub struct Passage {
    /// The host that the visitor typed, in its canonical form.
    pub host: HeaderValue,
    /// Our fields: added last, each in place of whatever has its name.
    pub fields: Ours,
    /// Names that only we may set; they do not pass in trailers, in either direction.
    pub reserved: Filter,
    /// Ends the request, its open bodies and its tunnel, and not in a way that looks complete.
    pub cut: Arc<Tether>,
    /// When the same happens by itself.
    pub until: Option<Instant>,
    /// Kept until nothing of the passage is open any more.
    pub held: Held,
    /// Hears interim answers; 100 is between the application and us.
    pub early: Option<Early>,
}

/// Hears an interim answer (RFC 9110 §15.2), without what concerns the connection only.
pub type Early = Arc<dyn Fn(StatusCode, HeaderMap) + Send + Sync>;

/// Something that is given back by being dropped.
pub type Held = Arc<dyn Any + Send + Sync>;

impl fmt::Debug for Passage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The fields carry an assertion.
        formatter.debug_struct("Passage").finish_non_exhaustive()
    }
}

impl Upstream {
    /// Prepares the clients; no connection is made yet. `idle_timeout` is for bodies and tunnels; `stream_cut` bounds the
    /// time from the end of a passage until nothing of it is open.
    ///
    /// # Errors
    /// [`Error::Roots`] and [`Error::Identity`] if there is nothing to check the application's certificate with or to show
    /// it of ours, [`Error::Address`] if its URL is none that can be asked.
    pub fn new(
        config: &config::Upstream,
        idle_timeout: Duration,
        stream_cut: Duration,
        metrics: &Metrics,
        tasks: Tasks,
    ) -> Result<Self, Error> {
        let encrypted = |http| {
            let tls = config.tls.as_ref();
            tls.map(|tls| Encryption::of(tls, http)).transpose()
        };
        let chosen = encrypted(config.http)?;
        let for_tunnels = match config.http {
            UpstreamHttp::Negotiated => encrypted(UpstreamHttp::One)?,
            UpstreamHttp::One | UpstreamHttp::Two => None,
        };
        let encryption = [chosen.as_ref(), for_tunnels.as_ref()];
        let endpoints = config.addresses.iter().map(|address| {
            let endpoint = Endpoint::new(config, address, encryption, &tasks)?;
            Ok(Arc::new(endpoint))
        });
        let upstream = Self {
            tally: UpstreamTally::new(config.name.as_str(), metrics),
            endpoints: endpoints.collect::<Result<_, Error>>()?,
            turn: AtomicUsize::new(0),
            balance: config.balance.clone(),
            health: config.health.clone(),
            preserve_host: config.preserve_host,
            timeout: config.timeout,
            idle_timeout,
            stream_cut,
            tasks,
        };
        upstream
            .endpoints
            .iter()
            .for_each(|endpoint| upstream.tell(endpoint));
        Ok(upstream)
    }

    /// Sends the request on and returns the head of the answer, with its body to come. The URI's path and query go on
    /// exactly as they are; names that only we may set have been removed from the fields.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Timeout`] and [`Error::Broken`] are the application's; [`Error::Visitor`] the
    /// visitor's; [`Error::Cut`] says that the passage ended first.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request, and with it its connection, or its stream of HTTP/2.
    pub async fn forward(
        &self,
        request: Box<Request<Received>>,
        passage: Passage,
    ) -> Result<Response<Body>, Error> {
        let begun = Instant::now();
        let endpoint = self.choose(&[])?;
        let trip = Box::new(self.depart(request, passage, &endpoint)?);
        let answered = self.ask(trip, endpoint).await;
        match &answered {
            Ok((response, ..)) => self
                .tally
                .answered(response.status().as_u16(), begun.elapsed()),
            Err(Error::Connect { reason, .. }) => self.tally.unreachable(reason),
            Err(_) => {}
        }
        let (response, lent, back) = answered?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(response, back);
        }
        self.hand_back(response, lent, back)
    }

    /// Sends, and waits for the head of the answer within all bounds.
    async fn ask(
        &self,
        trip: Box<Trip>,
        endpoint: Arc<Endpoint>,
    ) -> Result<(Response<Received>, Lent, Back), Error> {
        let Trip {
            request,
            hear,
            spare,
            mut back,
        } = *trip;
        let until = back.passage.until;
        let bounded = |deadline: Instant| until.map_or(deadline, |until| deadline.min(until));
        let upgrade = back.upgrade.is_some();
        let asked = Asked::new(self, endpoint);
        let mut answer = pin!(asked.send(request, spare, hear.as_ref(), upgrade));
        let mut alarm = pin!(sleep_until(bounded(back.upload.deadline(self.timeout))));
        let (response, lent) = loop {
            tokio::select! {
                biased;
                () = back.passage.cut.broken() => return Err(Error::Cut),
                answer = answer.as_mut() => break answer?,
                () = alarm.as_mut() => {
                    let now = Instant::now();
                    if until.is_some_and(|until| now >= until) {
                        return Err(Error::Cut);
                    }
                    let deadline = back.upload.deadline(self.timeout);
                    if now >= deadline {
                        asked.failed();
                        return Err(Error::Timeout);
                    }
                    alarm.as_mut().reset(bounded(deadline));
                }
            }
        };
        asked.hold(&mut back.passage);
        Ok((response, lent, back))
    }

    /// The address for the next request, of those that were not tried for it yet.
    fn choose(&self, tried: &[Arc<Endpoint>]) -> Result<Arc<Endpoint>, Error> {
        if let ([only], []) = (self.endpoints.as_slice(), tried) {
            return Ok(Arc::clone(only));
        }
        let is_new = |endpoint: &&Arc<Endpoint>| !tried.iter().any(|it| Arc::ptr_eq(it, endpoint));
        let left: Vec<&Arc<Endpoint>> = self.endpoints.iter().filter(is_new).collect();
        let now = Instant::now();
        let candidates: Vec<_> = left
            .iter()
            .map(|endpoint| endpoint.candidate(&self.balance, now))
            .collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = balance::choose(&candidates, turn).and_then(|index| left.get(index));
        chosen.map(|it| Arc::clone(it)).ok_or(Error::Address)
    }

    /// Drops what the metrics tell of addresses that `after` does not have: that is what takes the place of this, if
    /// anything does.
    pub fn forget(&self, after: Option<&Self>) {
        let has = |address: &Arc<str>| {
            let mut left = after.into_iter().flat_map(|after| &after.endpoints);
            left.any(|endpoint| endpoint.address() == address)
        };
        let gone = self.endpoints.iter().map(|endpoint| endpoint.address());
        for address in gone.filter(|address| !has(address)) {
            let label = UpstreamAddress {
                upstream: Arc::clone(self.tally.name()),
                address: Arc::clone(address),
            };
            self.tally.metrics().upstream_address_up.remove(&label);
        }
    }

    /// Says in the metrics whether an address gets requests.
    fn tell(&self, endpoint: &Endpoint) {
        let label = UpstreamAddress {
            upstream: Arc::clone(self.tally.name()),
            address: Arc::clone(endpoint.address()),
        };
        let weight = endpoint.candidate(&self.balance, Instant::now()).weight;
        let gauge = self
            .tally
            .metrics()
            .upstream_address_up
            .get_or_create(&label);
        gauge.set(i64::from(weight > 0));
    }

    /// The application's answer as the visitor shall see it.
    fn hand_back(
        &self,
        response: Response<Received>,
        lent: Lent,
        back: Back,
    ) -> Result<Response<Body>, Error> {
        let (mut head, body) = response.into_parts();
        fields::settle_length(&mut head.headers, &back.method, head.status)
            .map_err(Error::Broken)?;
        fields::strip_hop_by_hop(&mut head.headers);
        head.version = Version::HTTP_11;
        head.extensions.clear();
        let patience = self.patience(&back.passage);
        let Passage { reserved, held, .. } = back.passage;
        let line = Line {
            lent: Some(lent),
            upload: back.upload,
        };
        let body = Body::new(body, patience, reserved, (line, held), back.gate);
        Ok(Response::from_parts(head, body))
    }

    /// Answers 101 and starts the tunnel (threat model 36).
    fn switch(
        &self,
        mut response: Response<Received>,
        back: Back,
    ) -> Result<Response<Body>, Error> {
        let application = hyper::upgrade::on(&mut response);
        let (mut head, _) = response.into_parts();
        let (protocol, visitor) = back.upgrade.ok_or(Error::Broken(Broken::Upgrade))?;
        let accepted = head.headers.get(UPGRADE).is_some_and(|accepted| {
            let accepted = accepted.as_bytes().trim_ascii();
            accepted.eq_ignore_ascii_case(protocol.as_bytes().trim_ascii())
        });
        if !accepted {
            return Err(Error::Broken(Broken::Upgrade));
        }
        // Drafts of the protocol that have other frames know no such field.
        let is_websocket = protocol.as_bytes().eq_ignore_ascii_case(b"websocket")
            && head.headers.contains_key(SEC_WEBSOCKET_ACCEPT);
        let spoken = if is_websocket {
            tunnel::Protocol::WebSocket
        } else {
            tunnel::Protocol::Other
        };
        fields::strip_hop_by_hop(&mut head.headers);
        head.headers.remove(CONTENT_LENGTH);
        head.headers.insert(UPGRADE, protocol);
        head.headers
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        head.version = Version::HTTP_11;
        head.extensions.clear();
        let open = (
            Open::count(self.tally.metrics(), self.tally.name()),
            Arc::clone(&back.passage.held),
        );
        let bounds = tunnel::Bounds {
            cut: back.passage.cut,
            until: back.passage.until,
            idle: self.idle_timeout,
            stopping: self.tasks.stopping().clone(),
            stream_cut: self.stream_cut,
        };
        let carrying = tunnel::carry(visitor, application, spoken, bounds, open);
        drop(self.tasks.spawn(carrying));
        Ok(Response::from_parts(head, Body::empty()))
    }

    fn patience(&self, passage: &Passage) -> Patience {
        Patience::new(passage.cut.clone(), passage.until, self.idle_timeout)
    }
}

/// An open tunnel, in the gauge.
struct Open(prometheus_client::metrics::gauge::Gauge);

impl Open {
    fn count(metrics: &Metrics, name: &Arc<str>) -> Self {
        let upstream = Arc::clone(name);
        let label = UpstreamLabel { upstream };
        let gauge = metrics
            .upstream_websockets_open
            .get_or_create(&label)
            .clone();
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests;
