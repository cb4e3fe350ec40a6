//! Who asks, and what happens to their request, wherever it goes on from: what is forwarded and what a front proxy asks
//! about (`front`) are judged alike.

use std::sync::Arc;

use http::{HeaderMap, Response};

use super::answer::Asked;
use super::decision::{Decision, Granted, Question, decide};
use super::inbound::{self, Inbound};
use super::routes::Route;
use super::{Body, Error, Gateway, Known, Place};
use crate::audit;
use crate::config::{self, Refusal, Slug};
use crate::identity::{Shut, Unmet};
use crate::session::cookies::Cookies;
use crate::session::{Denied, LiveGrant};
impl Gateway {
    /// What happens to a request, wherever it goes on from: finds out who asks, and decides.
    pub(super) async fn judge<'a>(
        &self,
        headers: &HeaderMap,
        inbound: &Inbound,
        place: Place<'_>,
        route: &'a Route,
        asked: &'a mut Asked,
    ) -> Result<Decision<&'a Known>, Error> {
        if let Place::Own(organization) = place
            && !self.is_open(organization)
        {
            return Err(Error::Suspended(organization.slug.clone()));
        }
        let doubtful = inbound.path.has_parameters() || !inbound.has_known_method();
        let access = route.config.access;
        if access != config::Access::Public || doubtful {
            let cookies = Cookies::read(headers);
            let pinned = route.config.organization.as_ref();
            asked.known = self.known(&cookies, inbound, place, pinned).await?;
        }
        // Browsers send cookies along and ask nobody (RFC 6455 §10.2). Not on public routes either: the application's own
        // cookies are on them too.
        if inbound.is_foreign_upgrade(&self.config.server.public_url) {
            self.note_denied(asked, "foreign_origin");
            return Err(Error::ForeignOrigin);
        }
        self.check_connection(asked)?;
        let decision = decide(Self::looked_at(
            inbound,
            route,
            doubtful,
            asked.known.as_ref(),
        ));
        Self::count_decision(route, &decision);
        Ok(decision)
    }

    /// The visitor's session and the grant that counts here.
    pub(super) async fn known(
        &self,
        cookies: &Cookies<'_>,
        inbound: &Inbound,
        place: Place<'_>,
        pinned: Option<&Slug>,
    ) -> Result<Option<Known>, Error> {
        let Some(handle) = cookies.handle() else {
            return Ok(None);
        };
        let Some(live) = self.sessions.find(&handle, &inbound.host).await? else {
            return Ok(None);
        };
        let now = inbound.at;
        let grant = match (place, pinned) {
            // A route that pins another one was not found here.
            (Place::Own(organization), _) => live.grant(&organization.slug, now),
            (Place::Shared, Some(pinned)) => live.grant(pinned, now),
            (Place::Shared, None) => live.active_grant(now),
        };
        // Whoever suspends an organization ends its grants one by one: the last one counts no more than the first.
        let counts =
            |grant: &Arc<LiveGrant>| !self.sessions.is_suspended(&grant.grant().organization);
        let grant = grant.filter(counts);
        Ok(grant.map(|grant| Known { live, grant }))
    }

    /// Everything that the decision looks at.
    fn looked_at<'a>(
        inbound: &Inbound,
        route: &'a Route,
        doubtful: bool,
        known: Option<&'a Known>,
    ) -> Question<'a, &'a Known> {
        Question {
            access: route.config.access,
            require: route.config.require.as_ref(),
            assurance: route.config.assurance.as_ref(),
            doubtful,
            kind: inbound.kind,
            grant: known.map(|known| Granted {
                grant: known,
                profile: known.grant.profile(),
                proofs: &known.grant.grant().proofs,
            }),
            unconfirmed: known.is_some_and(|known| inbound.at >= known.grant.counts_until()),
            now: inbound.at,
        }
    }

    /// Refuses whoever came in by a connection that does not serve them: its owners, on the way to their pages, and people
    /// of a customer that an owner has shut out since.
    fn check_connection(&self, asked: &Asked) -> Result<(), Error> {
        let Some(known) = &asked.known else {
            return Ok(());
        };
        let Err(shut) = self.sessions.check_connection(&known.grant) else {
            return Ok(());
        };
        self.note_denied(asked, shut.as_str());
        Err(match shut {
            Shut::NotActivated | Shut::Disabled => {
                Error::NotOpen(known.grant.grant().organization.clone())
            }
            Shut::OtherTenant => Error::NotAllowed {
                unmet: Unmet::Tenants,
                rule: Refusal::default(),
            },
        })
    }

    /// Sends a page load to sign in, unless there is something to be told first.
    pub(super) async fn send_to_sign_in(
        &self,
        cookies: &Cookies<'_>,
        inbound: &Inbound,
        place: Place<'_>,
        route: &Route,
        asked: &mut Asked,
    ) -> Result<Response<Body>, Error> {
        let pinned = route.config.organization.as_ref();
        Box::pin(self.part(cookies, inbound, place, pinned)).await?;
        let (organization, chosen) = self.wanted_organization(place, pinned, cookies);
        let journal = asked.begin_journal(inbound.at);
        journal.door(organization.as_ref().map(Slug::as_str), chosen);
        Ok(self.to_sign_in(inbound, organization.as_ref(), asked.reference))
    }

    /// Somebody is known and may not.
    pub(super) fn deny(&self, asked: &Asked, unmet: Unmet, route: &Route) -> Error {
        self.note_denied(asked, unmet.as_str());
        let rule = route.config.refusal.clone();
        Error::NotAllowed { unmet, rule }
    }

    /// Tells somebody who comes back that what they had was ended, and by whom.
    ///
    /// # Errors
    /// [`Error::Parted`], if it was.
    pub(super) async fn part(
        &self,
        cookies: &Cookies<'_>,
        inbound: &Inbound,
        place: Place<'_>,
        pinned: Option<&Slug>,
    ) -> Result<(), Error> {
        let Some(handle) = cookies.handle() else {
            return Ok(());
        };
        let wanted = match place {
            Place::Own(organization) => Some(&organization.slug),
            Place::Shared => pinned,
        };
        let Some(farewell) = self.sessions.farewell(&handle, wanted).await? else {
            return Ok(());
        };
        // A cookie that leads to nothing goes, so that this is said once, to a person; one with grants elsewhere stays.
        let gone = inbound.kind != inbound::Kind::Program
            && self.sessions.find(&handle, &inbound.host).await?.is_none();
        Err(Error::Parted { farewell, gone })
    }

    /// Nobody has confirmed the visitor's identity in time.
    pub(super) async fn unconfirmed(&self, known: Option<&Known>) -> Error {
        let Some(grant) = known.map(|known| known.grant.grant()) else {
            return Error::Unauthorized { had_session: true };
        };
        // Without the store it is not said when, but it is said.
        let identity = self.sessions.identity(grant).await.ok().flatten();
        Error::Unconfirmed {
            provider: grant.provider.clone(),
            next: identity.and_then(|identity| identity.due_at),
        }
    }

    /// Somebody who is signed in may not: for the audit trail, which the answer does not wait for.
    pub(super) fn note_denied(&self, asked: &Asked, reason: &'static str) {
        let Some(known) = &asked.known else {
            return;
        };
        let denied = Denied {
            kind: audit::Kind::AccessDenied,
            grant: known.grant.grant(),
            route: asked.route.name(),
            reason,
            reference: &asked.reference.to_string(),
        };
        if let Some(event) = self.sessions.denied(denied, self.clock.now()) {
            let sessions = Arc::clone(&self.sessions);
            let record = async move { sessions.record_denied(event).await };
            drop(self.tasks.spawn(record));
        }
    }

    fn count_decision(route: &Route, decision: &Decision<&Known>) {
        let reason = match decision {
            Decision::Deny(unmet) => unmet.as_str(),
            Decision::Allow(_)
            | Decision::Anonymous
            | Decision::SignIn
            | Decision::Unauthorized
            | Decision::StepUp(_)
            | Decision::Unconfirmed => "",
        };
        route.tally.decided(decision.as_str(), reason);
    }
}
