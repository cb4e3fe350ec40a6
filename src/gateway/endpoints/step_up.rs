//! The door of somebody who is signed in and has to prove more.

use http::Response;

use super::login::{looks, target, with_query};
use super::{Ask, Leaving};
use crate::address::ReturnPath;
use crate::config::defaults::FRESH_SIGN_IN;
use crate::config::{self, Assurance};
use crate::gateway::{Body, Error, Gateway, Known, Place};
use crate::pipeline::{Before, Begin, StepUp, Target};

impl Gateway {
    /// What somebody at this door is to prove. Nothing if the word for it is none of ours, is too old, or means somebody who
    /// is not signed in here: then the door is an ordinary one.
    pub(super) async fn asked_step_up(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
    ) -> Result<Option<StepUp>, Error> {
        let Some(sealed) = ask.query.get("step_up") else {
            return Ok(None);
        };
        let step_up = self.pipeline.open_step_up(sealed);
        let Some(step_up) = step_up.filter(|it| it.organization == organization.slug) else {
            return Ok(None);
        };
        if let Place::Shared = ask.place
            && !organization.hosts.is_empty()
        {
            // Who is signed in on a host of the organization's own is not known here.
            return Ok(Some(step_up));
        }
        let Some(handle) = ask.cookies.handle() else {
            return Ok(None);
        };
        let live = self.sessions.find(&handle, &ask.inbound.host).await?;
        let now = self.clock.now();
        let grant = live.and_then(|live| live.grant(&organization.slug, now));
        let theirs = grant.is_some_and(|it| it.grant().identity == step_up.identity);
        Ok(theirs.then_some(step_up))
    }

    /// Straight to the provider that vouched for them before: there is nothing to choose.
    pub(super) async fn step_up_door(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        step_up: StepUp,
    ) -> Result<Response<Body>, Error> {
        if let Place::Own(_) = ask.place {
            return Ok(self.to_shared_door(ask, organization, Before::Unsaid));
        }
        let Some(target) = target(organization, &ask.query) else {
            return Ok(self.to_own_step_up(ask, organization));
        };
        if looks(ask) {
            return Ok(self.to_press(ask, organization));
        }
        let provider = step_up.provider.clone();
        let begun = self.pipeline.begin(self.proving(ask, step_up, target));
        self.leave(ask, organization, &provider, &begun.await?, Leaving::Page)
    }

    /// Whoever adds a way in must have come through the provider a short while ago: whoever only holds their cookie adds
    /// none. Where they go to do so, and then back to `page`; `None`: they have.
    pub(super) fn prove_again(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        page: &str,
        leaving: Leaving,
    ) -> Result<Option<Response<Body>>, Error> {
        if self.is_fresh(known) {
            return Ok(None);
        }
        let grant = known.grant.grant();
        let page = ReturnPath::parse(page, &self.config.server.prefix);
        let page = page.unwrap_or_else(|_| ReturnPath::root());
        let nothing_more = Assurance {
            max_age: None,
            acr_values: Vec::new(),
        };
        let step_up = StepUp::of(grant, known.grant.profile(), &nothing_more);
        let door = self.step_up_path(step_up, Some(&page))?;
        self.go_on(ask, &door, leaving).map(Some)
    }

    /// Whether somebody has come through their provider so lately that they need not again.
    pub(super) fn is_fresh(&self, known: &Known) -> bool {
        let granted_at = known.grant.grant().granted_at;
        granted_at.lasts(FRESH_SIGN_IN, self.clock.now())
    }

    /// Whether an address says that they have just done so, and it is true: anybody can write an address.
    pub(super) fn has_confirmed(&self, ask: &Ask<'_>, known: &Known) -> bool {
        ask.query.get("confirmed").is_some() && self.is_fresh(known)
    }

    fn proving(&self, ask: &Ask<'_>, step_up: StepUp, target: Target) -> Begin {
        Begin {
            organization: step_up.organization.clone(),
            provider: step_up.provider.clone(),
            return_path: self.return_path(&ask.query),
            target,
            login_hint: step_up.login_hint.clone(),
            select_account: false,
            consent: false,
            step_up: Some(Box::new(step_up)),
            errand: None,
            astray: ask.astray(),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        }
    }

    /// An organization with hosts of its own begins there, where the session is.
    fn to_own_step_up(&self, ask: &Ask<'_>, organization: &config::Organization) -> Response<Body> {
        let path = self.below(&format!("login/{}", organization.slug));
        let return_path = self.return_path(&ask.query);
        let sealed = ask.query.get("step_up").unwrap_or_default();
        let pairs = [("rd", return_path.as_str()), ("step_up", sealed)];
        let path = with_query(&path, &pairs);
        let to = match organization.hosts.first() {
            None => path,
            Some(host) => self.config.server.public_url.on(host).join(&path),
        };
        self.see_other(&to, ask.reference)
    }
}
