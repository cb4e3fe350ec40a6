//! What `/healthz` and `doorward status` tell: names from the configuration and states, never a person.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reload::{Last, Outcome};
use super::views;
use crate::config::{Config, Slug};
use crate::provider::Health;
use crate::revalidation::Census;
use crate::session::Sessions;
use crate::telemetry::Metrics;
use crate::telemetry::metrics;

/// The state of the process on one screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Version of the program.
    pub version: String,
    /// Whether it serves.
    pub ready: bool,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// What people type.
    pub public_url: String,
    /// The tenants.
    pub organizations: Vec<Organization>,
    /// The registrations at identity providers.
    pub providers: Vec<Provider>,
    /// Linked identities by state, as they were last counted; none before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identities: Option<BTreeMap<String, u64>>,
    /// What is wrong with the store, if anything.
    pub store_fault: Option<String>,
    /// Bytes of the store on disk.
    pub store_bytes: u64,
    /// How the configuration was last read again, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reload: Option<LastReload>,
}

/// One reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReload {
    /// When.
    pub at: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Slug.
    pub slug: String,
    /// Whether anybody of it gets in.
    pub enabled: bool,
    /// Since when an operator has it suspended, if one has: nobody gets in either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<String>,
    /// Why, as the operator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension_reason: Option<String>,
    /// Sessions, as they were last counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
    /// Its door.
    pub sign_in_url: String,
}

/// One registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Id.
    pub id: String,
    /// `unknown`, `up`, `degraded` or `down`.
    pub state: String,
    /// What is registered there.
    pub redirect_uri: String,
    /// What may be registered there, so that a sign-out at the provider ends access here; none where there is no such
    /// thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
}

/// What is known of the process beside its configuration.
pub(super) struct State<'a> {
    pub(super) ready: bool,
    pub(super) uptime: Duration,
    pub(super) providers: &'a [(Slug, &'static str)],
    pub(super) store_fault: Option<String>,
    pub(super) store_bytes: u64,
    pub(super) sessions: &'a Sessions,
    pub(super) census: Option<&'a Census>,
    pub(super) last_reload: Option<Last>,
}

impl Report {
    pub(super) fn new(config: &Config, state: State<'_>) -> Self {
        let census = state.census;
        let organizations = config.organizations.values().map(|organization| {
            let (suspended_since, suspension_reason) =
                views::told(state.sessions.suspension(&organization.slug));
            Organization {
                slug: organization.slug.to_string(),
                enabled: organization.enabled,
                suspended_since,
                suspension_reason,
                sessions: census.and_then(|it| it.sessions.get(&organization.slug).copied()),
                sign_in_url: views::sign_in_url(config, organization),
            }
        });
        let providers = state.providers.iter().map(|(id, state)| Provider {
            id: id.to_string(),
            state: (*state).to_owned(),
            redirect_uri: config.redirect_uri(id),
            backchannel_logout_uri: config.backchannel_logout_uri(id),
        });
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ready: state.ready,
            uptime_seconds: state.uptime.as_secs(),
            public_url: config.server.public_url.to_string(),
            organizations: organizations.collect(),
            providers: providers.collect(),
            identities: census.map(by_state),
            store_fault: state.store_fault,
            store_bytes: state.store_bytes,
            last_reload: state.last_reload.map(|last| LastReload {
                at: views::to_the_second(last.at),
                outcome: last.outcome,
            }),
        }
    }

    /// Whether nothing needs attention.
    pub fn is_fine(&self) -> bool {
        let providers_are_fine = self
            .providers
            .iter()
            .all(|provider| !matches!(provider.state.as_str(), "down" | "degraded"));
        self.ready && self.store_fault.is_none() && providers_are_fine
    }
}

fn by_state(census: &Census) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for ((.., state), count) in &census.identities {
        let sum: &mut u64 = all.entry(state.as_str().to_owned()).or_default();
        *sum = sum.saturating_add(*count);
    }
    all
}

/// Shows a provider's state as a gauge; one that was not asked yet has none.
pub(super) fn gauge(metrics: &Metrics, provider: &Slug, health: Health) {
    let value = match health {
        Health::Unknown => return,
        Health::Up => 1,
        Health::Down => 0,
    };
    let labels = metrics::Provider {
        provider: provider.to_string(),
    };
    metrics.provider_up.get_or_create(&labels).set(value);
}
