//! The metric families, by their public names (`docs/OPERATING.md` lists them).
//!
//! Rooms hold a clone of [`Metrics`] and count; only `admin` encodes. Labels are configuration names or fixed words.

use std::fmt::Write as _;
use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Labels of `doorward_http_requests_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// Route name, or `sso` for our own endpoints, or empty before routing.
    pub route: Arc<str>,
    /// Method, `_OTHER` for unknown ones.
    pub method: &'static str,
    /// Exact status.
    pub code: u16,
}

/// Labels of the duration of requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// Route name.
    pub route: Arc<str>,
}

/// Labels of `doorward_upstream_requests_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct UpstreamCode {
    /// Upstream name.
    pub upstream: Arc<str>,
    /// Exact status.
    pub code: u16,
}

/// Labels of `doorward_upstream_connect_failures_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct UpstreamFailure {
    /// Upstream name.
    pub upstream: Arc<str>,
    /// A fixed word.
    pub reason: &'static str,
}

/// Labels of `doorward_logins_started_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Connection {
    /// Organization slug.
    pub organization: String,
    /// Provider id.
    pub provider: String,
}

/// Labels of `doorward_logins_completed_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Login {
    /// Organization slug, empty if unknown.
    pub organization: String,
    /// Provider id.
    pub provider: String,
    /// `success`, `denied`, `failed` or `cancelled`.
    pub result: &'static str,
    /// Code of the error catalogue, empty on success.
    pub reason: &'static str,
}

/// One fixed word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    /// The word.
    pub reason: &'static str,
}

/// Labels of `doorward_authorization_decisions_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Decision {
    /// Route name.
    pub route: Arc<str>,
    /// `allow`, `anonymous`, `sign_in`, `unauthorized` or `deny`.
    pub result: &'static str,
    /// A fixed word, empty if there is nothing to say.
    pub reason: &'static str,
}

/// Labels of `doorward_sessions_ended_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ended {
    /// Organization slug.
    pub organization: String,
    /// `logout`, `idle`, `expired`, `evicted`, `replaced`, `withdrawn`, `backchannel`, `frontchannel`,
    /// `identity_invalid`, `blocked`, `unlinked`, `user` or `revoked`.
    pub reason: &'static str,
}

/// Labels of `doorward_logout_tokens_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LogoutToken {
    /// Provider id.
    pub provider: String,
    /// `accepted`, `refused` or `failed`.
    pub result: &'static str,
    /// A fixed word, empty if it was accepted.
    pub reason: &'static str,
}

/// Labels of `doorward_provider_requests_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProviderCall {
    /// Provider id.
    pub provider: String,
    /// `discovery`, `jwks`, `token` or `userinfo`.
    pub operation: &'static str,
    /// Exact status, or `error` when there was no answer.
    pub code: String,
}

/// Labels with only the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Provider {
    /// Provider id.
    pub provider: String,
}

/// Labels of `doorward_identity_checks_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Check {
    /// Provider id.
    pub provider: String,
    /// `valid`, `invalid` or `error`.
    pub result: &'static str,
    /// A fixed word, empty if there is nothing to say.
    pub reason: &'static str,
}

/// Labels of `doorward_build_info`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Build {
    /// Version of the program.
    pub version: &'static str,
}

/// Labels with only the upstream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Upstream {
    /// Upstream name.
    pub upstream: Arc<str>,
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// Handles on every family. Clones count into the same values.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Answered requests.
    pub http_requests: Family<Request, Counter>,
    /// From the head of the request to the head of the response.
    pub http_request_duration: Durations<Route>,
    /// Requests whose response head is not yet there.
    pub http_requests_in_flight: Gauge,
    /// Answers of applications.
    pub upstream_requests: Family<UpstreamCode, Counter>,
    /// From sending the head to the head of the response.
    pub upstream_request_duration: Durations<Upstream>,
    /// Requests that found no application.
    pub upstream_connect_failures: Family<UpstreamFailure, Counter>,
    /// Upgraded connections.
    pub upstream_websockets_open: Family<Upstream, Gauge>,
    /// Runs begun.
    pub logins_started: Family<Connection, Counter>,
    /// Runs ended.
    pub logins_completed: Family<Login, Counter>,
    /// Late or repeated callbacks that were put right.
    pub login_recoveries: Family<Reason, Counter>,
    /// Sign-ins that went round in circles.
    pub login_loops: Counter,
    /// Decisions on requests.
    pub decisions: Family<Decision, Counter>,
    /// Sessions made.
    pub sessions_created: Family<Connection, Counter>,
    /// Grants ended.
    pub sessions_ended: Family<Ended, Counter>,
    /// Logout tokens that came.
    pub logout_tokens: Family<LogoutToken, Counter>,
    /// Questions whether an identity is still good.
    pub identity_checks: Family<Check, Counter>,
    /// From the turn of an identity to its answer.
    pub identity_check_duration: Durations<Provider>,
    /// Identities whose turn is well past.
    pub identity_checks_overdue: Family<Provider, Gauge>,
    /// When those whose turn is next or past were last confirmed: the oldest of them.
    pub identity_oldest_check: Family<Provider, Gauge>,
    /// 1 while asking a provider again is paused or only tried.
    pub provider_degraded: Family<Provider, Gauge>,
    /// Calls to providers.
    pub provider_requests: Family<ProviderCall, Counter>,
    /// 1 if the newest call worked.
    pub provider_up: Family<Provider, Gauge>,
    /// Assertions signed.
    pub assertions_issued: Counter,
    /// Fetches of our key set.
    pub jwks_requests: Counter,
    /// Identity headers that a client sent and that were removed.
    pub spoofed_headers_stripped: Counter,
    /// Requests refused because there were too many.
    pub rate_limited: Family<Reason, Counter>,
    /// Bytes of the store on disk.
    pub store_size: Gauge,
    /// Commits that failed, other than by conflict.
    pub store_errors: Counter,
    /// Audit events written.
    pub audit_events: Counter,
    registry: Arc<Registry>,
}

impl Metrics {
    /// All families, at zero. `started_at` is in seconds since the epoch.
    #[expect(
        clippy::too_many_lines,
        reason = "a list: one line of name and help for each family"
    )]
    pub fn new(started_at: u64) -> Self {
        let mut registry = Registry::with_prefix("doorward");
        macro_rules! family {
            ($name:literal, $help:literal) => {{
                let family = Default::default();
                registry.register($name, $help, Clone::clone(&family));
                family
            }};
        }
        let build: Family<Build, Gauge> =
            family!("build_info", "Always 1; the labels tell the build");
        build
            .get_or_create(&Build {
                version: env!("CARGO_PKG_VERSION"),
            })
            .set(1);
        let start: Gauge = family!(
            "start_time_seconds",
            "When the process started, in seconds since the epoch"
        );
        start.set(i64::try_from(started_at).unwrap_or(i64::MAX));
        let http_request_duration: Durations<Route> = Family::new_with_constructor(people_seconds);
        registry.register_with_unit(
            "http_request_duration",
            "From the head of the request to the head of the response",
            Unit::Seconds,
            http_request_duration.clone(),
        );
        let upstream_request_duration: Durations<Upstream> =
            Family::new_with_constructor(people_seconds);
        registry.register_with_unit(
            "upstream_request_duration",
            "From sending the head to the head of the application's response",
            Unit::Seconds,
            upstream_request_duration.clone(),
        );
        let identity_check_duration: Durations<Provider> =
            Family::new_with_constructor(people_seconds);
        registry.register_with_unit(
            "identity_check_duration",
            "From the turn of an identity to its answer",
            Unit::Seconds,
            identity_check_duration.clone(),
        );
        Self {
            http_requests: family!("http_requests", "Requests answered"),
            http_request_duration,
            http_requests_in_flight: family!("http_requests_in_flight", "Requests being answered"),
            upstream_requests: family!("upstream_requests", "Answers of applications"),
            upstream_request_duration,
            upstream_connect_failures: family!(
                "upstream_connect_failures",
                "Requests that found no application"
            ),
            upstream_websockets_open: family!("upstream_websockets_open", "Upgraded connections"),
            logins_started: family!("logins_started", "Sign-ins begun"),
            logins_completed: family!("logins_completed", "Sign-ins ended, with their result"),
            login_recoveries: family!(
                "login_recoveries",
                "Late or repeated callbacks that were put right"
            ),
            login_loops: family!("login_loops", "Sign-ins that went round in circles"),
            decisions: family!("authorization_decisions", "Decisions on requests"),
            sessions_created: family!("sessions_created", "Sessions made"),
            sessions_ended: family!("sessions_ended", "Grants ended, with the reason"),
            logout_tokens: family!(
                "logout_tokens",
                "Logout tokens of providers, with what became of them"
            ),
            identity_checks: family!(
                "identity_checks",
                "Questions to providers whether an identity is still good"
            ),
            identity_check_duration,
            identity_checks_overdue: family!(
                "identity_checks_overdue",
                "Identities that should have been asked about more than a minute ago"
            ),
            identity_oldest_check: family!(
                "identity_oldest_check_timestamp_seconds",
                "When whoever waits longest for a question was last confirmed"
            ),
            provider_degraded: family!(
                "provider_degraded",
                "1 while asking the provider again is paused or only tried"
            ),
            provider_requests: family!("provider_requests", "Calls to identity providers"),
            provider_up: family!("provider_up", "1 if the newest call to the provider worked"),
            assertions_issued: family!("assertions_issued", "Assertions signed"),
            jwks_requests: family!("jwks_requests", "Fetches of the key set"),
            spoofed_headers_stripped: family!(
                "spoofed_headers_stripped",
                "Identity headers from clients that were removed"
            ),
            rate_limited: family!(
                "rate_limited",
                "Requests refused because there were too many"
            ),
            store_size: family!("store_size_bytes", "Bytes of the store on disk"),
            store_errors: family!("store_errors", "Commits that failed"),
            audit_events: family!("audit_events", "Events added to the audit trail"),
            registry: Arc::new(registry),
        }
    }

    /// Everything in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
            // Writing to a string does not fail.
            let _ = writeln!(text, "# EOF");
        }
        text
    }
}

/// Buckets of the OpenTelemetry convention for HTTP.
fn people_seconds() -> Histogram {
    Histogram::new([
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    ])
}

/// A method as a label: known ones by name.
pub fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_52_whatever_the_method_its_label_is_one_of_nine() {
        let mut labels = std::collections::BTreeSet::new();
        for known in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT",
        ] {
            let method = http::Method::from_bytes(known.as_bytes()).unwrap();
            assert_eq!(method_label(&method), known);
            labels.insert(method_label(&method));
        }
        for number in 0..1_000 {
            let name = format!("X{number}");
            let method = http::Method::from_bytes(name.as_bytes()).unwrap();
            labels.insert(method_label(&method));
        }
        let lower = http::Method::from_bytes(b"get").unwrap();
        assert_eq!(method_label(&lower), "_OTHER", "compared exactly");
        assert_eq!(labels.len(), 9);
    }

    #[test]
    fn families_have_their_public_names() {
        let metrics = Metrics::new(1_700_000_000);
        metrics.assertions_issued.inc();
        metrics
            .http_requests
            .get_or_create(&Request {
                route: "default".into(),
                method: "GET",
                code: 200,
            })
            .inc();
        let text = metrics.encode();
        for line in [
            "doorward_assertions_issued_total 1",
            "doorward_http_requests_total{route=\"default\",method=\"GET\",code=\"200\"} 1",
            "doorward_start_time_seconds 1700000000",
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
    }
}
