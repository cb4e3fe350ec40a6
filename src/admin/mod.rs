//! The operator's listeners: probes and metrics on the management address, live commands on the admin socket.
//!
//! Owns: `/livez`, `/readyz`, `/healthz`, `/metrics`, what `doorward status` asks, and what the live commands ask and
//! change. Leaves to others: everything a visitor meets, and the records themselves. Invariants: none of this exists on the public listener (threat model 50); a probe never depends on a
//! provider or an application, and never waits.

mod commands;
pub mod drafts;
pub mod identities;
mod organizations;
mod query;
mod rehearsals;
pub mod reload;
mod report;
#[cfg(test)]
mod tests;
mod traces;
pub mod views;

pub use reload::{Reloads, Wishes};
pub use report::{Organization, Provider, Report};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, request};
use http_body::Body;
use http_body_util::Full;

use crate::address::Host;
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Slug};
use crate::drafts::Drafts;
use crate::identity::People;
use crate::pipeline::Pipeline;
use crate::revalidation::Revalidation;
use crate::session::Sessions;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::traces::Traces;

/// What the operator's listeners answer from. Clones share it.
#[derive(Clone, Debug)]
pub struct Admin(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    traces: Arc<Traces>,
    drafts: Drafts,
    pipeline: Pipeline,
    people: People,
    revalidation: Revalidation,
    sessions: Arc<Sessions>,
    metrics: Metrics,
    tasks: Tasks,
    process: Arc<Process>,
}

/// What the operator's listeners are made of.
#[derive(Debug)]
pub struct Parts {
    /// The file.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where records are.
    pub store: Arc<dyn Store>,
    /// What happened to sign-ins.
    pub traces: Arc<Traces>,
    /// Providers that are being set up.
    pub drafts: Drafts,
    /// The providers, through the room that speaks to them.
    pub pipeline: Pipeline,
    /// The records of people.
    pub people: People,
    /// Who asks providers again.
    pub revalidation: Revalidation,
    /// The sessions.
    pub sessions: Arc<Sessions>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where work goes that must finish once begun.
    pub tasks: Tasks,
    /// What stays the same whatever the file says.
    pub process: Arc<Process>,
}

/// What operators ask of the process itself.
#[derive(Debug)]
pub struct Process {
    started_at: Timestamp,
    draining: AtomicBool,
    reloads: Reloads,
}

impl Process {
    /// One that has just started.
    pub const fn new(started_at: Timestamp, reloads: Reloads) -> Self {
        Self {
            started_at,
            draining: AtomicBool::new(false),
            reloads,
        }
    }

    /// Leaves readiness: the first step of stopping.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Where another file is asked for.
    pub const fn reloads(&self) -> &Reloads {
        &self.reloads
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}

/// Which of the two listeners a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// TCP, for probes and Prometheus.
    Management,
    /// The Unix socket, for the command line.
    Socket,
}

impl Admin {
    /// From its parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            config: parts.config,
            clock: parts.clock,
            store: parts.store,
            traces: parts.traces,
            drafts: parts.drafts,
            pipeline: parts.pipeline,
            people: parts.people,
            revalidation: parts.revalidation,
            sessions: parts.sessions,
            metrics: parts.metrics,
            tasks: parts.tasks,
            process: parts.process,
        }))
    }

    /// Answers one request.
    ///
    /// # Cancel safety
    /// Safe: what must finish is a task of its own.
    pub async fn answer<B>(&self, request: Request<B>, door: Door) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        if !names_this_machine(&head.headers) {
            // Another site may point its own name at this address (DNS rebinding).
            return text(
                StatusCode::MISDIRECTED_REQUEST,
                "ask by address or as localhost\n",
            );
        }
        if door == Door::Socket
            && let Some(answer) = self.command(&head, body).await
        {
            return answer;
        }
        self.probe(&head, door)
    }

    /// Answers what only reads the state of the process.
    fn probe(&self, head: &request::Parts, door: Door) -> Response<Full<Bytes>> {
        if head.method != Method::GET && head.method != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        }
        let verbose = head
            .uri
            .query()
            .is_some_and(|query| query.split('&').any(|part| part == "verbose"));
        match (head.uri.path(), door) {
            ("/livez", _) => text(StatusCode::OK, "ok\n"),
            ("/readyz", _) => self.ready(verbose),
            ("/healthz", _) | ("/status", Door::Socket) => self.health(),
            ("/metrics", _) => self.measures(),
            _ => text(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    fn checks(&self) -> [(&'static str, bool); 2] {
        [
            ("listeners", !self.0.process.is_draining()),
            ("store", self.0.store.health().is_ok()),
        ]
    }

    fn ready(&self, verbose: bool) -> Response<Full<Bytes>> {
        let checks = self.checks();
        let fine = checks.iter().all(|(_, fine)| *fine);
        let status = if fine {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        let mut body = String::new();
        if verbose || !fine {
            for (name, fine) in checks {
                body.push_str(if fine { "[+]" } else { "[-]" });
                body.push_str(name);
                body.push_str(if fine { " ok\n" } else { " failed\n" });
            }
        }
        body.push_str(if fine { "ok\n" } else { "not ready\n" });
        text(status, body)
    }

    fn health(&self) -> Response<Full<Bytes>> {
        let shared = &self.0;
        let ready = self.checks().iter().all(|(_, fine)| *fine);
        let uptime = shared.clock.now().since(shared.process.started_at);
        let report = Report::new(
            &shared.config,
            report::State {
                ready,
                uptime,
                providers: &self.providers_and_states(),
                store_fault: shared.store.health().err().map(|error| error.to_string()),
                store_bytes: shared.store.size_bytes(),
                sessions: &shared.sessions,
                census: shared.revalidation.census().as_deref(),
                last_reload: shared.process.reloads().last(),
            },
        );
        // Strings, numbers and lists always serialise.
        let body = serde_json::to_vec_pretty(&report).unwrap_or_default();
        answer(StatusCode::OK, "application/json", body)
    }

    /// Every provider with its state in a word.
    fn providers_and_states(&self) -> Vec<(Slug, &'static str)> {
        let shared = &self.0;
        let all = shared.pipeline.health().into_iter();
        all.map(|(id, health)| {
            let is_degraded = shared.revalidation.is_degraded(&id);
            (id, health.state(is_degraded))
        })
        .collect()
    }

    fn measures(&self) -> Response<Full<Bytes>> {
        let metrics = &self.0.metrics;
        let size = self.0.store.size_bytes();
        metrics
            .store_size
            .set(i64::try_from(size).unwrap_or(i64::MAX));
        for (provider, health) in self.0.pipeline.health() {
            report::gauge(metrics, &provider, health);
        }
        answer(
            StatusCode::OK,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            metrics.encode(),
        )
    }
}

/// A probe asks by address or as `localhost`; a page that rebinds its own name does not.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| Host::parse(host, 80).ok());
    host.is_some_and(|host| {
        let name = host.name();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || bare.parse::<std::net::IpAddr>().is_ok()
    })
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    answer(status, "text/plain; charset=utf-8", body)
}

fn answer(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    response
}
