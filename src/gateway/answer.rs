//! An answer on its way out: counted, logged, and under way until its last byte is gone.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};
use prometheus_client::metrics::gauge::Gauge;
use tracing::{debug, info};

use super::front::Asker;
use super::inbound::Inbound;
use super::{Body, Gateway, Known};
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::server::Interim;
use crate::telemetry::metrics::{self, Metrics};
use crate::telemetry::trace::Journal;
use crate::telemetry::{Reference, RouteTally};

/// What is known of a request by the time it is answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) reference: Reference,
    /// As a label.
    pub(super) method: &'static str,
    /// What is counted of the route, or of `sso`; nameless before routing.
    pub(super) route: Arc<RouteTally>,
    pub(super) inbound: Option<Arc<Inbound>>,
    /// The one whose own host was asked.
    pub(super) own: Option<Slug>,
    /// Who asks, where that was looked up.
    pub(super) known: Option<Known>,
    /// The front proxy that asks about it, if it did not come itself.
    pub(super) asker: Option<Asker>,
    /// Takes what the application says before its answer, until that is with it.
    pub(super) interim: Option<Interim>,
    /// What happens on the way, where Doorward answers itself.
    pub(super) journal: Option<Journal>,
}

impl Asked {
    pub(super) fn new(method: &http::Method, route: &Arc<RouteTally>, now: Timestamp) -> Self {
        Self {
            reference: Reference::next(now),
            method: metrics::method_label(method),
            route: Arc::clone(route),
            inbound: None,
            own: None,
            known: None,
            asker: None,
            interim: None,
            journal: None,
        }
    }

    /// Where what happens is noted from now on.
    pub(super) fn begin_journal(&mut self, now: Timestamp) -> Journal {
        let request = self.inbound.as_ref().map(|inbound| {
            let (method, host, path) = (&inbound.method, &inbound.host, inbound.path.as_str());
            // What follows is a secret.
            let secret = ["/rehearse/", "/setup-link/"].into_iter();
            let mut parts = secret.filter_map(|mark| path.split_once(mark));
            let path = parts.next().map_or(path, |(before, _)| before);
            format!("{method} {host}{path}")
        });
        let request = request.unwrap_or_else(|| self.method.to_owned());
        let journal = Journal::new(self.reference, now, request);
        self.journal = Some(journal.clone());
        journal
    }

    pub(super) fn organization(&self) -> Option<&Slug> {
        let granted = self
            .known
            .as_ref()
            .map(|known| &known.grant.grant().organization);
        granted.or(self.own.as_ref())
    }

    pub(super) fn provider(&self) -> Option<&Slug> {
        self.known
            .as_ref()
            .map(|known| &known.grant.grant().provider)
    }

    pub(super) fn client(&self) -> Option<IpAddr> {
        self.inbound.as_ref()?.client
    }

    /// The address of whoever is signed in, to be shown to them.
    pub(super) fn email(&self) -> Option<String> {
        self.known.as_ref()?.grant.profile().email.clone()
    }
}

impl Gateway {
    /// Counts an answer, logs it, and lets it go.
    pub(super) fn send(
        &self,
        response: Response<Body>,
        asked: &Asked,
        began: Timestamp,
        in_flight: InFlight,
    ) -> Response<Sent> {
        let method = asked.method;
        let status = response.status().as_u16();
        let duration = self.clock.now().since(began);
        asked.route.answered(method, status, duration);
        macro_rules! answered {
            ($level:ident) => {
                $level!(
                    reference = %asked.reference,
                    method,
                    route = &**asked.route.name(),
                    status,
                    organization = asked.organization().map(Slug::as_str),
                    provider = asked.provider().map(Slug::as_str),
                    client = asked.client().map(display),
                    duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
                    "answered"
                )
            };
        }
        if self.config.logs.access {
            answered!(info);
        } else {
            answered!(debug);
        }
        response.map(|body| Sent {
            body,
            in_flight: Some(in_flight),
        })
    }
}

/// A request under way, in the gauge.
#[derive(Debug)]
pub(super) struct InFlight(Gauge);

impl InFlight {
    pub(super) fn begin(metrics: &Metrics) -> Self {
        metrics.http_requests_in_flight.inc();
        Self(metrics.http_requests_in_flight.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The body of an answer. Its request is under way until the body has ended or nobody wants it any more.
#[derive(Debug)]
pub struct Sent {
    body: Body,
    in_flight: Option<InFlight>,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.in_flight = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
