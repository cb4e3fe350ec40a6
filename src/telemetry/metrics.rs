//! The metric families, by their public names (`docs/OPERATING.md` lists them).
//!
//! Rooms hold a clone of [`Metrics`] and count; only `admin` encodes. Labels are configuration names or fixed words.

use std::fmt::Write as _;
use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub use super::labels::{
    AuditKind, Build, Check, Code, Connection, Decision, Ended, ForwardAuth, IdentityState, Kind,
    Listener, Login, LogoutToken, Operation, Organization, Outcome, Provider, ProviderCall, Reason,
    Request, Route, RouteMethod, Stage, StoreError, Upstream, UpstreamAddress, UpstreamCode,
    UpstreamFailure,
};

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// Handles on every family. Clones count into the same values.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Answered requests.
    pub http_requests: Family<Request, Counter>,
    /// From the head of the request to the head of the response.
    pub http_request_duration: Durations<RouteMethod>,
    /// Requests whose response has not ended.
    pub http_requests_in_flight: Gauge,
    /// Answers of applications.
    pub upstream_requests: Family<UpstreamCode, Counter>,
    /// From sending the head to the head of the response.
    pub upstream_request_duration: Durations<Upstream>,
    /// Requests that found no application.
    pub upstream_connect_failures: Family<UpstreamFailure, Counter>,
    /// Whether an address of an application gets requests.
    pub upstream_address_up: Family<UpstreamAddress, Gauge>,
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
    /// From the beginning of a sign-in to its success.
    pub login_duration: Durations<Provider>,
    /// Calls to a provider that sign-ins are made of.
    pub login_stage_duration: Durations<Stage>,
    /// Decisions on requests.
    pub decisions: Family<Decision, Counter>,
    /// Answers to front proxies.
    pub forward_auth_requests: Family<ForwardAuth, Counter>,
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
    /// Linked identities, as they were last counted.
    pub identities: Family<IdentityState, Gauge>,
    /// Sessions that are stored, as they were last counted.
    pub sessions_active: Family<Organization, Gauge>,
    /// Identities whose turn is well past.
    pub identity_checks_overdue: Family<Provider, Gauge>,
    /// When those whose turn is next or past were last confirmed: the oldest of them.
    pub identity_oldest_check: Family<Provider, Gauge>,
    /// From the end of access to the end of what was open under it.
    pub stream_cut_duration: Durations<Route>,
    /// 1 while asking a provider again is paused or only tried.
    pub provider_degraded: Family<Provider, Gauge>,
    /// Calls to providers.
    pub provider_requests: Family<ProviderCall, Counter>,
    /// 1 if the newest call worked.
    pub provider_up: Family<Provider, Gauge>,
    /// When a call last worked.
    pub provider_last_success: Family<Provider, Gauge>,
    /// When our secret at a provider stops working, as the file says.
    pub provider_secret_expiry: Family<Provider, Gauge>,
    /// Assertions signed.
    pub assertions_issued: Family<Upstream, Counter>,
    /// When the key that signs now makes room for the next.
    pub signing_key_expiry: Family<Kind, Gauge>,
    /// Fetches of our key set.
    pub jwks_requests: Family<Code, Counter>,
    /// Identity headers that a client sent and that were removed.
    pub spoofed_headers_stripped: Family<Route, Counter>,
    /// Requests refused because there were too many.
    pub rate_limited: Family<Kind, Counter>,
    /// Bytes of the store on disk.
    pub store_size: Gauge,
    /// From asking the store to its answer.
    pub store_operation_duration: Durations<Operation>,
    /// Operations of the store that failed, other than by conflict.
    pub store_errors: Family<StoreError, Counter>,
    /// Audit events written.
    pub audit_events: Family<AuditKind, Counter>,
    /// Audit events that could not be written.
    pub audit_write_errors: Counter,
    /// When the certificate of the public listeners expires.
    pub tls_certificate_expiry: Family<Listener, Gauge>,
    /// 1 if what the file said when it was last read is in force.
    pub config_last_reload: Gauge,
    /// When it last was.
    pub config_last_success: Gauge,
    /// How often it was read again.
    pub config_reloads: Family<Outcome, Counter>,
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
        macro_rules! durations {
            ($name:literal, $buckets:ident, $help:literal) => {{
                let family = Family::new_with_constructor($buckets as fn() -> Histogram);
                registry.register_with_unit($name, $help, Unit::Seconds, family.clone());
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
        let all = Self {
            http_requests: family!("http_requests", "Requests answered"),
            http_request_duration: durations!(
                "http_request_duration",
                http_seconds,
                "From the head of the request to the head of the response"
            ),
            http_requests_in_flight: family!(
                "http_requests_in_flight",
                "Requests whose answers have not ended"
            ),
            upstream_requests: family!("upstream_requests", "Answers of applications"),
            upstream_request_duration: durations!(
                "upstream_request_duration",
                http_seconds,
                "From sending the head to the head of the application's response"
            ),
            upstream_connect_failures: family!(
                "upstream_connect_failures",
                "Requests that found no application"
            ),
            upstream_address_up: family!(
                "upstream_address_up",
                "1 while an address of an application gets requests"
            ),
            upstream_websockets_open: family!("upstream_websockets_open", "Upgraded connections"),
            logins_started: family!("logins_started", "Sign-ins begun"),
            logins_completed: family!("logins_completed", "Sign-ins ended, with their result"),
            login_recoveries: family!(
                "login_recoveries",
                "Late or repeated callbacks that were put right"
            ),
            login_loops: family!("login_loops", "Sign-ins that went round in circles"),
            login_duration: durations!(
                "login_duration",
                people_seconds,
                "From the beginning of a sign-in to its success"
            ),
            login_stage_duration: durations!(
                "login_stage_duration",
                http_seconds,
                "Calls to identity providers that sign-ins are made of"
            ),
            decisions: family!("authorization_decisions", "Decisions on requests"),
            forward_auth_requests: family!(
                "forward_auth_requests",
                "Questions of front proxies whether a request may go on"
            ),
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
            identity_check_duration: durations!(
                "identity_check_duration",
                http_seconds,
                "From the turn of an identity to its answer"
            ),
            identities: family!("identities", "Linked identities, by how they stand"),
            sessions_active: family!("sessions_active", "Sessions that are stored"),
            identity_checks_overdue: family!(
                "identity_checks_overdue",
                "Identities that should have been asked about more than a minute ago"
            ),
            identity_oldest_check: family!(
                "identity_oldest_check_timestamp_seconds",
                "When whoever waits longest for a question was last confirmed"
            ),
            stream_cut_duration: durations!(
                "stream_cut_duration",
                http_seconds,
                "From the end of access to the end of what was open under it"
            ),
            provider_degraded: family!(
                "provider_degraded",
                "1 while asking the provider again is paused or only tried"
            ),
            provider_requests: family!("provider_requests", "Calls to identity providers"),
            provider_up: family!("provider_up", "1 if the newest call to the provider worked"),
            provider_last_success: family!(
                "provider_last_success_timestamp_seconds",
                "When a call to the provider last worked, in seconds since the epoch"
            ),
            provider_secret_expiry: family!(
                "provider_secret_expiry_timestamp_seconds",
                "When our secret at the provider stops working, in seconds since the epoch"
            ),
            signing_key_expiry: family!(
                "signing_key_expiry_timestamp_seconds",
                "When the key that signs now makes room for the next, in seconds since the epoch"
            ),
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
            store_operation_duration: durations!(
                "store_operation_duration",
                own_seconds,
                "From asking the store to its answer"
            ),
            store_errors: family!("store_errors", "Operations of the store that failed"),
            audit_events: family!("audit_events", "Events added to the audit trail"),
            audit_write_errors: family!(
                "audit_write_errors",
                "Events that could not be added to the audit trail"
            ),
            tls_certificate_expiry: family!(
                "tls_certificate_expiry_timestamp_seconds",
                "When the certificate that is shown expires, in seconds since the epoch"
            ),
            config_last_reload: family!(
                "config_last_reload_successful",
                "1 if what the file said when it was last read is in force"
            ),
            config_last_success: family!(
                "config_last_reload_success_timestamp_seconds",
                "When what the file said last came into force or was found to be, in seconds since the epoch"
            ),
            config_reloads: family!(
                "config_reloads",
                "How often the configuration was read again, with what came of it"
            ),
            registry: Arc::new(registry),
        };
        all.read_config(true, started_at);
        all
    }

    /// Notes whether what the file says is in force, `now` in seconds since the epoch.
    pub fn read_config(&self, in_force: bool, now: u64) {
        self.config_last_reload.set(i64::from(in_force));
        if in_force {
            let now = i64::try_from(now).unwrap_or(i64::MAX);
            self.config_last_success.set(now);
        }
    }

    /// Drops what is told of a provider as it is now: it is gone, or another one has its name, for which the secret may
    /// still be said to expire.
    pub fn forget_provider(&self, provider: &str, expires: bool) {
        let provider = provider.to_owned();
        let labels = Provider { provider };
        for gauges in [
            &self.identity_checks_overdue,
            &self.identity_oldest_check,
            &self.provider_degraded,
            &self.provider_up,
            &self.provider_last_success,
        ] {
            gauges.remove(&labels);
        }
        if !expires {
            self.provider_secret_expiry.remove(&labels);
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
fn http_seconds() -> Histogram {
    Histogram::new([
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    ])
}

/// Buckets for what a person does.
fn people_seconds() -> Histogram {
    Histogram::new([1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0])
}

/// Buckets for what happens on this machine.
fn own_seconds() -> Histogram {
    Histogram::new([
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
    ])
}

/// A method as a label: known ones by name.
pub fn method_label(method: &http::Method) -> &'static str {
    let known = METHODS.iter().find(|known| **known == method.as_str());
    known.copied().unwrap_or(OTHER)
}

/// Label of every other method.
const OTHER: &str = "_OTHER";

/// What methods are called in labels.
pub const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS", "CONNECT", OTHER,
];

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
        metrics.audit_write_errors.inc();
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
            "doorward_audit_write_errors_total 1",
            "doorward_http_requests_total{route=\"default\",method=\"GET\",code=\"200\"} 1",
            "doorward_start_time_seconds 1700000000",
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
    }
}
