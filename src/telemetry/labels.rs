//! The labels of the metric families: names from the configuration, or fixed words (threat model 52).

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;

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
pub struct RouteMethod {
    /// Route name.
    pub route: Arc<str>,
    /// Method, `_OTHER` for unknown ones.
    pub method: &'static str,
}

/// Labels with only the route.
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

/// Labels of `doorward_upstream_address_up`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct UpstreamAddress {
    /// Upstream name.
    pub upstream: Arc<str>,
    /// One of its addresses, as in the file.
    pub address: Arc<str>,
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
    /// `identity_invalid`, `blocked`, `unlinked`, `membership_removed`, `user` or `revoked`.
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

/// Labels of `doorward_identities`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct IdentityState {
    /// Slug.
    pub organization: String,
    /// Provider id.
    pub provider: String,
    /// `valid`, `suspect`, `invalid`, `orphaned` or `blocked`.
    pub state: &'static str,
}

/// Labels of `doorward_sessions_active`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Organization {
    /// Slug.
    pub organization: String,
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

/// Labels of `doorward_login_stage_duration_seconds`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Stage {
    /// Provider id.
    pub provider: String,
    /// `discovery`, `jwks`, `token` or `userinfo`.
    pub operation: &'static str,
}

/// One fixed word for what something is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    /// The word.
    pub kind: &'static str,
}

/// Labels of `doorward_forward_auth_requests_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ForwardAuth {
    /// The kind of the front proxy, or `nginx-refusal` where nginx asks what to show.
    pub kind: &'static str,
    /// What it was told.
    pub code: u16,
}

/// Labels of `doorward_audit_events_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AuditKind {
    /// Name of an audit event.
    pub kind: String,
}

/// Labels of `doorward_config_reloads_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// The word.
    pub result: &'static str,
}

/// Labels of `doorward_tls_certificate_expiry_timestamp_seconds`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Listener {
    /// Which ones: `public`, all that show the one certificate.
    pub listener: &'static str,
}

/// Labels of `doorward_jwks_requests_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Code {
    /// Exact status.
    pub code: u16,
}

/// Labels of `doorward_store_operation_duration_seconds`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Operation {
    /// `get`, `range` or `commit`.
    pub operation: &'static str,
}

/// Labels of `doorward_store_errors_total`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StoreError {
    /// `get`, `range` or `commit`.
    pub operation: &'static str,
    /// A fixed word.
    pub reason: &'static str,
}
