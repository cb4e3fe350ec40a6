//! Moving bytes to one application and back.
//!
//! Owns: the pool of connections to an [`Upstream`], which fields cross, bodies and trailers in both directions, upgraded
//! connections, and every time limit on them. Leaves to others: who the visitor is and what may be asked (`gateway`);
//! the path arrives as it is to be forwarded. Invariants: what `Connection` names is gone before our fields are added,
//! and each of ours replaces whatever had its name (threat model 31); reserved names do not travel in trailers either
//! (30); bytes of another protocol flow only after the application's 101 (36); a body that is cut never looks complete
//! (40).

mod body;
mod connector;
mod course;
mod departure;
mod error;
mod expect;
mod fields;
mod patience;
mod tunnel;
mod websocket;

use std::any::Any;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, request};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, sleep_until};

use crate::config;
use crate::config::defaults::{
    CONNECTION_BUFFER_BYTES, UPSTREAM_POOL_IDLE, UPSTREAM_POOL_IDLE_TIMEOUT,
};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Upstream as UpstreamLabel, UpstreamCode, UpstreamFailure};
use crate::tether::Tether;
use body::Outgoing;
use connector::Connector;
use departure::{Back, Trip};
use patience::Patience;

pub use body::Body;
pub use error::{Broken, Error};

/// An application, with its pool of connections.
pub struct Upstream {
    client: Client<Connector, Outgoing>,
    name: Arc<str>,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    preserve_host: bool,
    timeout: Duration,
    idle_timeout: Duration,
    stream_cut: Duration,
    metrics: Metrics,
    tasks: Tasks,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upstream")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Says whether a name is one that only we may set.
pub type Filter = Arc<dyn Fn(&HeaderName) -> bool + Send + Sync>;

/// What goes with one request beside what the visitor sent.
pub struct Passage {
    /// The host that the visitor typed, in its canonical form.
    pub host: HeaderValue,
    /// Our fields: added last, in place of whatever has their names.
    pub fields: HeaderMap,
    /// Names that only we may set; they do not pass in trailers, in either direction.
    pub reserved: Filter,
    /// Ends the request, its open bodies and its tunnel, and not in a way that looks complete.
    pub cut: Arc<Tether>,
    /// When the same happens by itself.
    pub until: Option<Instant>,
    /// Kept until nothing of the passage is open any more.
    pub held: Held,
}

/// Something that is given back by being dropped.
pub type Held = Arc<dyn Any + Send + Sync>;

impl fmt::Debug for Passage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The fields carry an assertion.
        formatter.debug_struct("Passage").finish_non_exhaustive()
    }
}

impl Upstream {
    /// Prepares the client; no connection is made yet. `idle_timeout` is for bodies and tunnels; `stream_cut` bounds the
    /// time from the end of a passage until nothing of it is open.
    ///
    /// # Errors
    /// [`Error::Roots`] if there is nothing to check the application's certificate with, [`Error::Address`] if its URL
    /// is none that can be asked.
    pub fn new(
        config: &config::Upstream,
        idle_timeout: Duration,
        stream_cut: Duration,
        metrics: Metrics,
        tasks: Tasks,
    ) -> Result<Self, Error> {
        let authority: Authority = config
            .url
            .host()
            .as_str()
            .parse()
            .map_err(|_| Error::Address)?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Error::Address)?;
        let client = Client::builder(tasks.clone())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(UPSTREAM_POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(UPSTREAM_POOL_IDLE)
            .http1_max_buf_size(CONNECTION_BUFFER_BYTES)
            .build(connector::of(config)?);
        Ok(Self {
            client,
            name: Arc::from(config.name.as_str()),
            scheme: if config.url.is_secure() {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority,
            host,
            preserve_host: config.preserve_host,
            timeout: config.timeout,
            idle_timeout,
            stream_cut,
            metrics,
            tasks,
        })
    }

    /// Sends the request on and returns the head of the answer, with its body to come. The URI's path and query go on
    /// exactly as they are; names that only we may set have been removed from the fields.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Timeout`] and [`Error::Broken`] are the application's; [`Error::Visitor`] the
    /// visitor's; [`Error::Cut`] says that the passage ended first.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request, and its connection with it.
    pub async fn forward(
        &self,
        request: Request<Incoming>,
        passage: Passage,
    ) -> Result<Response<Body>, Error> {
        let begun = Instant::now();
        let trip = self.depart(request, passage)?;
        let answered = self.ask(trip).await;
        match &answered {
            Ok((response, _)) => self.count(response.status(), begun),
            Err(Error::Connect { reason, .. }) => self.count_failure(reason),
            Err(_) => {}
        }
        let (response, back) = answered?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(response, back);
        }
        self.hand_back(response, back)
    }

    /// Sends, and waits for the head of the answer within all bounds.
    async fn ask(&self, trip: Trip) -> Result<(Response<Incoming>, Back), Error> {
        let Trip {
            request,
            spare,
            upload,
            back,
        } = trip;
        let until = back.passage.until;
        let bounded = |deadline: Instant| until.map_or(deadline, |until| deadline.min(until));
        let mut answer = pin!(self.send(request, spare));
        let mut alarm = pin!(sleep_until(bounded(upload.deadline(self.timeout))));
        let response = loop {
            tokio::select! {
                biased;
                () = back.passage.cut.broken() => return Err(Error::Cut),
                answer = answer.as_mut() => break answer?,
                () = alarm.as_mut() => {
                    let now = Instant::now();
                    if until.is_some_and(|until| now >= until) {
                        return Err(Error::Cut);
                    }
                    let deadline = upload.deadline(self.timeout);
                    if now >= deadline {
                        return Err(Error::Timeout);
                    }
                    alarm.as_mut().reset(bounded(deadline));
                }
            }
        };
        Ok((response, back))
    }

    /// Sends once, and once more if a pooled connection turned out to be closed: only what may be repeated and has no
    /// body (RFC 9110 §9.2.2), and only if not a byte of an answer came. A connection that was made for the request and
    /// closed under it may be what the request does to the application. What never left this process is repeated by the client library itself.
    async fn send(
        &self,
        request: Request<Outgoing>,
        spare: Option<request::Parts>,
    ) -> Result<Response<Incoming>, Error> {
        let error = match self.client.request(request).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        match spare {
            Some(head) if error::closed_before_answering(&error) => {
                let again = Request::from_parts(head, Outgoing::empty());
                self.client.request(again).await.map_err(Error::of_client)
            }
            Some(_) | None => Err(Error::of_client(error)),
        }
    }

    /// The application's answer as the visitor shall see it.
    fn hand_back(&self, response: Response<Incoming>, back: Back) -> Result<Response<Body>, Error> {
        let (mut head, body) = response.into_parts();
        fields::settle_length(&mut head.headers, &back.method, head.status)
            .map_err(Error::Broken)?;
        fields::strip_hop_by_hop(&mut head.headers);
        head.version = Version::HTTP_11;
        head.extensions.clear();
        let patience = self.patience(&back.passage);
        let Passage { reserved, held, .. } = back.passage;
        let body = Body::new(body, patience, reserved, held, back.gate);
        Ok(Response::from_parts(head, body))
    }

    /// Answers 101 and starts the tunnel (threat model 36).
    fn switch(
        &self,
        mut response: Response<Incoming>,
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
            Open::count(&self.metrics, &self.name),
            Arc::clone(&back.passage.held),
        );
        let bounds = tunnel::Bounds {
            cut: back.passage.cut,
            until: back.passage.until,
            idle: self.idle_timeout,
            stopping: self.tasks.stopping().clone(),
            stream_cut: self.stream_cut,
        };
        drop(self.tasks.spawn(async move {
            tunnel::carry(visitor, application, spoken, bounds).await;
            drop(open);
        }));
        Ok(Response::from_parts(head, Body::empty()))
    }

    fn patience(&self, passage: &Passage) -> Patience {
        Patience::new(passage.cut.clone(), passage.until, self.idle_timeout)
    }

    fn count(&self, status: StatusCode, begun: Instant) {
        let upstream = Arc::clone(&self.name);
        let code = status.as_u16();
        self.metrics
            .upstream_requests
            .get_or_create(&UpstreamCode { upstream, code })
            .inc();
        let upstream = Arc::clone(&self.name);
        self.metrics
            .upstream_request_duration
            .get_or_create(&UpstreamLabel { upstream })
            .observe(begun.elapsed().as_secs_f64());
    }

    fn count_failure(&self, reason: &'static str) {
        let upstream = Arc::clone(&self.name);
        self.metrics
            .upstream_connect_failures
            .get_or_create(&UpstreamFailure { upstream, reason })
            .inc();
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
