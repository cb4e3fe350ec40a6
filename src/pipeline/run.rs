//! The stored run and its digest.

use serde::{Deserialize, Serialize};

use super::step_up::StepUp;
use super::{Again, Errand, Shared};
use crate::address::{Astray, Host, ReturnPath};
use crate::clock::Timestamp;
use crate::config::defaults::{RUN_KEPT, RUN_LIFETIME};
use crate::config::{Organization, Slug};
use crate::identity::Generation;
use crate::provider::{Attempt, Flow, Step};
use crate::secret::{self, Secret};
use crate::store::{self, Table};
use crate::telemetry::Reference;
use crate::telemetry::trace;

/// One browser's pass, as stored: sealed, under the hash of its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) organization: Slug,
    pub(super) provider: Slug,
    pub(super) flow: Flow,
    /// What is done besides signing in, if the flow is not that.
    #[serde(default)]
    pub(super) errand: Option<Errand>,
    pub(super) generation: Generation,
    /// Over everything that must not change between beginning and end.
    pub(super) digest: String,
    /// Hash of the browser's proof.
    pub(super) binding: [u8; 32],
    pub(super) target: Target,
    pub(super) return_path: ReturnPath,
    /// What is to be proved, and by whom.
    #[serde(default)]
    pub(super) step_up: Option<Box<StepUp>>,
    /// Of the request that began it, for its trace.
    #[serde(default)]
    pub(super) reference: Option<Reference>,
    /// Whether the browser seemed to be elsewhere then than where it reached us.
    #[serde(default)]
    pub(super) astray: Astray,
    /// When its answer came, once it has.
    #[serde(default)]
    pub(super) claimed_at: Option<Timestamp>,
    /// Under which the one-time ticket is stored that it led to.
    #[serde(default)]
    pub(super) ticket: Option<[u8; 32]>,
    pub(super) expires_at: Timestamp,
    pub(super) state: State,
}

/// How far it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum State {
    /// The browser is away.
    Open(Box<Attempt>),
    /// An answer was accepted: nothing else will be.
    Claimed,
}

/// On which host the run ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// On the host of `public_url`.
    Shared,
    /// On the organization's own host, by a one-time ticket.
    Own {
        /// Which.
        host: Host,
        /// Tag of the proof that the browser holds there.
        tag: String,
        /// Hash of that proof.
        entry: String,
        /// How its session stood there when this began.
        #[serde(default)]
        before: Before,
    },
}

/// How the session of a browser stood on an organization's own host, which the shared one does not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Nobody looked, or it was alive.
    #[default]
    Unsaid,
    /// Its cookie did not come.
    Absent,
    /// Its cookie came, and opened nothing.
    Over,
}

impl Before {
    /// What it is called in an address, if there is something to say.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Unsaid => None,
            Self::Absent => Some("absent"),
            Self::Over => Some("over"),
        }
    }

    /// What is called that.
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("absent") => Self::Absent,
            Some("over") => Self::Over,
            Some(_) | None => Self::Unsaid,
        }
    }
}

impl Target {
    /// Whether runs of an organization end there: on its own hosts if it has some, else on the shared one.
    pub(super) fn is_of(&self, organization: &Organization) -> bool {
        match self {
            Self::Shared => organization.hosts.is_empty(),
            Self::Own { host, .. } => organization.hosts.contains(host),
        }
    }
}

impl Run {
    /// How long it is kept, as is the browser's proof: an answer that comes late is sent to where it was going.
    pub(super) fn kept_until(&self) -> Timestamp {
        self.expires_at.plus(RUN_KEPT)
    }

    /// For the trace: which run an answer belongs to.
    pub(super) fn tell(&self, now: Timestamp) {
        trace::goes_on(self.reference);
        trace::about(self.organization.as_str(), self.provider.as_str());
        trace::note(|| {
            let left = self.expires_at.since(now);
            let age = RUN_LIFETIME.saturating_sub(left);
            trace::Step::Run {
                flow: self.flow.as_str().to_owned(),
                return_path: self.return_path.path().to_owned(),
                age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
            }
        });
    }

    /// Where this run can begin again.
    pub(super) fn again(&self) -> Box<Again> {
        Box::new(Again {
            organization: self.organization.clone(),
            provider: self.provider.clone(),
            return_path: self.return_path.clone(),
            target: self.target.clone(),
            step_up: self.step_up.clone(),
            errand: self.errand.clone(),
        })
    }
}

/// The key of the run that a state names.
pub(super) fn key(state: &Secret<String>) -> [u8; 32] {
    secret::sha256_fields([b"run".as_slice(), state.expose().as_bytes()])
}

/// SHA-256 over length-prefixed fields: format, organization, provider, generation, flow and the ordered steps. A run
/// whose digest is not today's restarts (a reload or a new version changed what it stands for).
pub(super) fn digest(
    organization: &Slug,
    provider: &Slug,
    generation: &Generation,
    flow: Flow,
    steps: &[Step],
) -> String {
    let mut fields = vec![
        "run 2",
        organization.as_str(),
        provider.as_str(),
        generation.as_str(),
        flow.as_str(),
    ];
    fields.extend(steps.iter().map(|step| step.as_str()));
    secret::encode(&secret::sha256_fields(
        fields.into_iter().map(str::as_bytes),
    ))
}

impl Shared {
    pub(super) async fn read_run(
        &self,
        key: &[u8; 32],
    ) -> Result<Option<(Run, Vec<u8>)>, store::Error> {
        match self.store.get(Table::Runs, key).await? {
            None => Ok(None),
            Some(raw) => Ok(Some((self.seal.open_json(Table::Runs, key, &raw)?, raw))),
        }
    }
}
