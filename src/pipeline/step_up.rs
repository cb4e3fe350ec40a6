//! Step-up: somebody who is signed in proves anew who they are, since a route asks for a fresher or a stronger sign-in.
//!
//! What is asked, and of whom, travels sealed from the route to the beginning of the run, and is stored with the run. At the
//! end it must be the same identity, and the provider must vouch for what was asked: else nothing is written.

use serde::{Deserialize, Serialize};

use super::run::Run;
use super::{Error, Pipeline, Shared};
use crate::clock::Timestamp;
use crate::config::defaults::RUN_LIFETIME;
use crate::config::{Assurance, Slug};
use crate::identity::{IdentityId, Profile};
use crate::provider::{self, Asserted, Check, Demand, Flow, LoginHint, Unproven};
use crate::secret;
use crate::session::Grant;
use crate::store::Table;

/// What is to be proved, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUp {
    /// Into which organization.
    pub organization: Slug,
    /// Through which provider: the one that vouched for them before.
    pub provider: Slug,
    /// By which identity.
    pub identity: IdentityId,
    /// Whom the provider may ask for.
    pub login_hint: Option<LoginHint>,
    /// What.
    pub demand: Demand,
}

/// A step-up on its way through a browser.
#[derive(Serialize, Deserialize)]
struct Sealed {
    step_up: StepUp,
    until: Timestamp,
}

/// Its place: no run has such a key.
const PLACE: &[u8] = b"step-up";

impl StepUp {
    /// What a route asks of whoever has this grant.
    pub fn of(grant: &Grant, profile: &Profile, assurance: &Assurance) -> Self {
        Self {
            organization: grant.organization.clone(),
            provider: grant.provider.clone(),
            identity: grant.identity.clone(),
            login_hint: profile.email.as_deref().and_then(LoginHint::parse),
            demand: Demand {
                assurance: assurance.clone(),
                insist: false,
            },
        }
    }

    /// The same once more, after the provider has answered with too little.
    pub fn insisting(mut self) -> Self {
        self.demand.insist = true;
        self
    }
}

impl Pipeline {
    /// A step-up as a parameter of the door. It is good for as long as a run is, and tells nothing.
    ///
    /// # Errors
    /// The store's, if nothing can be sealed.
    pub fn seal_step_up(&self, step_up: StepUp) -> Result<String, Error> {
        let shared = &self.shared;
        let until = shared.clock.now().plus(RUN_LIFETIME);
        let sealed = Sealed { step_up, until };
        let sealed = shared.seal.seal_json(Table::Runs, PLACE, &sealed)?;
        Ok(secret::encode(&sealed))
    }

    /// Reads such a parameter. `None` if it is none of ours, or too old: then the door is an ordinary one.
    pub fn open_step_up(&self, text: &str) -> Option<StepUp> {
        let shared = &self.shared;
        let sealed = secret::decode(text)?;
        let sealed: Sealed = shared.seal.open_json(Table::Runs, PLACE, &sealed).ok()?;
        (shared.clock.now() < sealed.until).then_some(sealed.step_up)
    }
}

/// What a run is for.
pub(super) const fn flow(step_up: Option<&StepUp>) -> Flow {
    match step_up {
        Some(_) => Flow::StepUp,
        None => Flow::SignIn,
    }
}

/// What the trail says of a sign-in beyond that it succeeded.
pub(super) fn remark(flow: Flow) -> Option<String> {
    match flow {
        Flow::SignIn | Flow::Setup | Flow::Link | Flow::Rehearsal => None,
        Flow::StepUp => Some(flow.as_str().to_owned()),
    }
}

impl Shared {
    /// Holds what the provider says against what the run was to prove (threat model 13). Nothing has been written yet.
    ///
    /// # Errors
    /// [`Error::SomebodyElse`], [`Error::TooWeak`], [`Error::Provider`], the store's.
    pub(super) async fn hold(
        &self,
        run: &Run,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(step_up) = &run.step_up else {
            return Ok(());
        };
        let known = self
            .people
            .known(&run.organization, &run.provider, asserted)
            .await?;
        let again = run.again();
        if known.is_none_or(|identity| identity.id != step_up.identity) {
            return Err(Error::SomebodyElse {
                again,
                email: Profile::of(asserted).email,
            });
        }
        match asserted.proof.meets(&step_up.demand.assurance, now) {
            Ok(()) => Ok(()),
            // OIDC Core §2: it must say when, if it was asked how long ago.
            Err(Unproven::Silent) => Err(Error::Provider {
                again,
                source: provider::Error::Rejected(Check::AuthTime),
            }),
            Err(why @ (Unproven::TooOld | Unproven::TooWeak)) => Err(Error::TooWeak { again, why }),
        }
    }
}
