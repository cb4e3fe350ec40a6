//! What somebody who is signed in begins besides signing in: Setup, and a further identity.
//!
//! Redirect URIs are on the shared host. From an organization's own host the browser is sent there with the hash of a proof
//! that it began here, as sign-ins are; what was begun is done only when it comes back with the proof and with the session.

use std::time::Duration;

use http::{Response, request};
use tokio::time::timeout;
use tracing::warn;

use super::login::{entry_target, with_query};
use super::offer::OFFER;
use super::{Ask, Leaving, form, set_cookie, slug};
use crate::address::ReturnPath;
use crate::audit;
use crate::config::{self, Slug};
use crate::gateway::{Body, Error, Gateway, Known, Place};
use crate::identity::{Deed, Done, Identity, IdentityId};
use crate::pages::Checked;
use crate::pipeline::{Again, Begin, Errand, Target};
use crate::provider::Flow;
use crate::revalidation::Pressed;
use crate::secret;
use crate::session::cookies::{self, Binding, BindingKind};
use crate::wire::Received;

/// How the two are called in an address.
const SETUP: &str = "setup";
const LINK: &str = "link";

/// The parameter of a page that says what came of a question.
const CHECK: &str = "check";

impl Gateway {
    /// A person begins to add an identity to their account.
    pub(super) async fn link(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let known = self.person(ask, head, body).await?.0;
        let grant = known.grant.grant();
        let organization = self
            .config
            .organizations
            .get(&grant.organization)
            .filter(|organization| self.is_open(organization))
            .filter(|_| self.sessions.check_connection(&known.grant).is_ok())
            .ok_or(Error::NotFound)?;
        let errand = Errand {
            flow: Flow::Link,
            account: Some(grant.account.clone()),
            popup: false,
            rehearsal: None,
        };
        self.set_out(ask, &known, organization, &slug(provider)?, errand)
            .await
    }

    /// A person takes an identity from their account: not the last one, which would take the account along.
    pub(super) async fn unlink(
        &self,
        ask: &Ask<'_>,
        id: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let known = self.person(ask, head, body).await?.0;
        let Some(identity) = self.own_identity(&known, id).await? else {
            return Ok(self.see_other(&self.below("account"), ask.reference));
        };
        let event = self.by_person(ask, &known, audit::Kind::IdentityUnlinked);
        match self.deal(&identity.id, Deed::Detach, event).await? {
            Done::Last | Done::Tombstone => Err(Error::Form),
            Done::Changed(_) | Done::Unchanged(_) | Done::Missing => {
                Ok(self.see_other(&self.below("account"), ask.reference))
            }
        }
    }

    /// A person has the provider asked about one of their identities now.
    pub(super) async fn check_own(
        &self,
        ask: &Ask<'_>,
        id: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let known = self.person(ask, head, body).await?.0;
        let Some(identity) = self.own_identity(&known, id).await? else {
            return Ok(self.see_other(&self.below("account"), ask.reference));
        };
        let event = self.by_person(ask, &known, audit::Kind::IdentityChecked);
        let checked = self.question(&identity.id, event).await?;
        let page = told(checked, &self.below("account"));
        Ok(self.see_other(&page, ask.reference))
    }

    /// Begins what somebody does who is signed in.
    pub(super) async fn set_out(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
        provider: &Slug,
        errand: Errand,
    ) -> Result<Response<Body>, Error> {
        if !organization.providers.contains(provider) {
            return Err(Error::NotFound);
        }
        let leaving = if errand.popup {
            Leaving::Popup
        } else {
            Leaving::Form
        };
        let page = self.page_before(&errand, &organization.slug, provider);
        if let Some(first) = self.prove_again(ask, known, &page, leaving)? {
            return Ok(first);
        }
        if let Place::Own(_) = ask.place {
            return self.to_shared_errand(ask, organization, provider, &errand, leaving);
        }
        let begin = self.beginning(ask, organization, provider, errand, Target::Shared);
        let begun = self.pipeline.begin(begin).await?;
        self.leave(ask, organization, provider, &begun, leaving)
    }

    fn beginning(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        errand: Errand,
        target: Target,
    ) -> Begin {
        Begin {
            organization: organization.slug.clone(),
            provider: provider.clone(),
            return_path: self.page_of(&errand, &organization.slug, provider),
            target,
            login_hint: None,
            select_account: errand.flow == Flow::Link,
            consent: false,
            step_up: None,
            errand: Some(errand),
            astray: ask.astray(),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        }
    }

    /// Towards the shared host. The browser keeps the proof that it began here.
    fn to_shared_errand(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        errand: &Errand,
        leaving: Leaving,
    ) -> Result<Response<Body>, Error> {
        let tag = cookies::tag(&secret::random_bytes());
        let binding = Binding::new(tag.clone());
        let (host, entry) = (
            ask.inbound.host.to_string(),
            secret::encode(&binding.hash()),
        );
        let name = match errand.flow {
            Flow::Setup => SETUP,
            Flow::SignIn | Flow::StepUp | Flow::Link | Flow::Rehearsal => LINK,
        };
        let path = self.below(&format!("login/{}/{provider}", organization.slug));
        let pairs = [
            ("errand", name),
            ("display", if errand.popup { "popup" } else { "page" }),
            ("host", host.as_str()),
            ("tag", &tag),
            ("entry", &entry),
        ];
        let to = self
            .config
            .server
            .public_url
            .join(&with_query(&path, &pairs));
        let mut response = self.go_on(ask, &to, leaving)?;
        for cookie in ask.cookies.evict_bindings(BindingKind::Entry) {
            set_cookie(&mut response, cookie);
        }
        let cookie = cookies::set_binding(BindingKind::Entry, &binding, self.clock.now());
        set_cookie(&mut response, cookie);
        Ok(response)
    }

    /// From an organization's own host, on the way to the provider. Whose errand it is shows when it ends there.
    pub(super) async fn errand_door(
        &self,
        ask: &Ask<'_>,
        organization: &str,
        provider: &str,
    ) -> Result<Response<Body>, Error> {
        let organization = self.organization(ask, organization)?;
        let provider = slug(provider)?;
        let flow = match ask.query.get("errand") {
            Some(SETUP) => Flow::Setup,
            Some(LINK) => Flow::Link,
            Some(_) | None => return Err(Error::NotFound),
        };
        let (Place::Shared, Some(target)) = (ask.place, entry_target(organization, &ask.query))
        else {
            return Err(Error::NotFound);
        };
        let errand = Errand {
            flow,
            account: None,
            popup: ask.query.get("display") == Some("popup"),
            rehearsal: None,
        };
        let begin = self.beginning(ask, organization, &provider, errand, target);
        let begun = self.pipeline.begin(begin).await?;
        self.leave(ask, organization, &provider, &begun, Leaving::Page)
    }

    /// Where it begins, for somebody who has just come through the provider again.
    fn page_before(&self, errand: &Errand, organization: &Slug, provider: &Slug) -> String {
        let page = match errand.flow {
            Flow::Setup => self.below(&format!("admin/{organization}")),
            Flow::SignIn | Flow::StepUp | Flow::Link | Flow::Rehearsal => self.below("account"),
        };
        let mut pairs = vec![("confirmed", "yes")];
        if errand.popup {
            pairs.extend([("display", "popup"), (SETUP, provider.as_str())]);
        }
        with_query(&page, &pairs)
    }

    /// Where it ends: on the page where it began, or in a window of its own on one that tells its opener.
    fn page_of(&self, errand: &Errand, organization: &Slug, provider: &Slug) -> ReturnPath {
        let page = match (errand.flow, errand.popup) {
            (Flow::Setup, true) => self.below(&format!("admin/{organization}/done/{provider}")),
            (Flow::Setup, false) => self.below(&format!("admin/{organization}")),
            (Flow::Link, _) => self.below(OFFER),
            (Flow::SignIn | Flow::StepUp | Flow::Rehearsal, _) => self.below("account"),
        };
        ReturnPath::parse(&page, &self.config.server.prefix).unwrap_or_else(|_| ReturnPath::root())
    }

    /// What went wrong in a window of its own is told there. Elsewhere it has a page like everything else.
    pub(super) fn failed_in_popup(
        &self,
        ask: &Ask<'_>,
        error: crate::pipeline::Error,
        leaving: Leaving,
    ) -> Error {
        let end = error.again().and_then(|again| {
            let errand = again.errand.as_ref();
            let is_in_window = errand.is_some_and(|errand| errand.popup);
            let end = is_in_window.then(|| again.return_path.as_str().to_owned());
            Some((again, end.or_else(|| self.end_of_setup(again))?))
        });
        let Some((again, end)) = end else {
            return error.into();
        };
        let pairs = [
            ("failed", error.ending().code()),
            ("reference", &ask.reference.to_string()),
        ];
        let path = with_query(&end, &pairs);
        let to = match &again.target {
            Target::Shared => path,
            Target::Own { host, .. } => self.config.server.public_url.on(host).join(&path),
        };
        Error::InWindow { error, to, leaving }
    }

    /// Where Setup in a window of its own ends, if it got no further than to the proof that it wants first: the page that this
    /// leads back to says so. Whoever else writes such an address gains nothing by it: the end is a page for owners.
    fn end_of_setup(&self, again: &Again) -> Option<String> {
        again.step_up.as_ref()?;
        let page = self.below(&format!("admin/{}", again.organization));
        let (path, query) = again.return_path.as_str().split_once('?')?;
        let query = form::Fields::parse(query);
        let provider = slug(query.get(SETUP)?).ok()?;
        let is_it = path == page && query.get("display") == Some("popup");
        is_it.then(|| format!("{page}/done/{provider}"))
    }

    /// Whoever sent a form of their own pages, and its fields (threat model 12).
    pub(super) async fn person(
        &self,
        ask: &Ask<'_>,
        head: &request::Parts,
        body: Received,
    ) -> Result<(Known, form::Fields), Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        self.check_token(ask, &fields)?;
        let known = self.visitor(ask).await?;
        let known = known.ok_or(Error::Unauthorized { had_session: true })?;
        Ok((known, fields))
    }

    /// An identity of the person's own account. None if it is not theirs, or no more: a second click, and an older tab, find
    /// nothing to do, and the account shows how it is.
    async fn own_identity(&self, known: &Known, id: &str) -> Result<Option<Identity>, Error> {
        let grant = known.grant.grant();
        let found = self.people.find(&IdentityId::named(id)).await?;
        let identity = found.map(|(identity, _)| identity);
        Ok(identity.filter(|identity| {
            identity.organization == grant.organization && identity.account == grant.account
        }))
    }

    /// What somebody does, for the trail.
    pub(super) fn by_person(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        kind: audit::Kind,
    ) -> audit::Event {
        let actor = audit::Actor::Account(known.grant.grant().account.to_string());
        audit::Event {
            reference: Some(ask.reference.to_string()),
            ..audit::Event::new(self.clock.now(), kind, actor)
        }
    }

    /// Does something to an identity and ends what rests on it, also if whoever asked for it leaves.
    pub(super) async fn deal(
        &self,
        id: &IdentityId,
        deed: Deed,
        event: audit::Event,
    ) -> Result<Done, Error> {
        let (revalidation, id) = (self.revalidation.clone(), id.clone());
        let work = async move { revalidation.deal(&id, deed, &event).await };
        let dealt = self.tasks.spawn(work).await;
        Ok(dealt.map_err(|_| Error::Stopping)??.done)
    }

    /// Has the provider asked now, also if whoever asked for it leaves, or has waited long enough: the question goes on, and
    /// what comes of it is written down and acted on as ever.
    pub(super) async fn question(
        &self,
        id: &IdentityId,
        event: audit::Event,
    ) -> Result<Option<Checked>, Error> {
        let (revalidation, id) = (self.revalidation.clone(), id.clone());
        let work = async move { revalidation.when_pressed(&id, &event).await };
        let mut asking = self.tasks.spawn(work);
        let Ok(told) = timeout(PATIENCE, &mut asking).await else {
            self.tasks.spawn(async move {
                if let Ok(Err(error)) = asking.await {
                    warn!(
                        error = &error as &dyn std::error::Error,
                        "a question that nobody waits for any more could not be put"
                    );
                }
            });
            return Ok(Some(Checked::Waiting));
        };
        let told = match told.map_err(|_| Error::Stopping)?? {
            Pressed::Already => return Ok(Some(Checked::Waiting)),
            Pressed::Told(told) => told,
        };
        Ok(match told.map(|told| (told.result, told.reason)) {
            Some(("valid", _)) => Some(Checked::Confirmed),
            Some(("error", reason)) if reason != "not_applicable" => Some(Checked::Unanswered),
            // The page shows how it stands, or who has just been signed out is told why.
            Some(_) | None => None,
        })
    }
}

/// How long somebody waits for a provider that they have asked: a page comes within five seconds in any case.
const PATIENCE: Duration = Duration::from_secs(4);

/// A page on the way to which it is told what came of a question.
pub(super) fn told(checked: Option<Checked>, page: &str) -> String {
    let pair = checked.map(|checked| (CHECK, checked.word()));
    with_query(page, pair.as_slice())
}

/// What came of a question, on the page that an address of ours leads to. Whoever else writes such an address says nothing
/// with it but what can be said.
pub(super) fn checked(ask: &Ask<'_>) -> Option<Checked> {
    let word = ask.query.get(CHECK)?;
    Checked::of(word).filter(|_| !ask.inbound.comes_from_elsewhere())
}
