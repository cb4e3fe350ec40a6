//! What somebody who is signed in begins besides signing in: Setup, and a further identity.
//!
//! Redirect URIs are on the shared host. From an organization's own host the browser is sent there with the hash of a proof
//! that it began here, as sign-ins are; what was begun is done only when it comes back with the proof and with the session.

use http::{Response, request};
use hyper::body::Incoming;

use super::login::{entry_target, with_query};
use super::{Ask, Leaving, form, set_cookie, slug};
use crate::address::ReturnPath;
use crate::audit;
use crate::config::{self, Slug};
use crate::gateway::{Body, Error, Gateway, Known, Place};
use crate::identity::{AccountId, Deed, Done, Identity, IdentityId};
use crate::pipeline::{Begin, Errand};
use crate::provider::Flow;
use crate::secret;
use crate::session::cookies::{self, Binding, BindingKind};

/// How the two are called in an address.
const SETUP: &str = "setup";
const LINK: &str = "link";

impl Gateway {
    /// A person adds an identity to their account.
    pub(super) async fn link(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        let known = self.person(ask, head, body).await?.0;
        let grant = known.grant.grant();
        let organization = self
            .config
            .organizations
            .get(&grant.organization)
            .filter(|organization| self.is_open(organization) && self.sessions.is_open(grant))
            .ok_or(Error::NotFound)?;
        self.set_out(
            ask,
            organization,
            &slug(provider)?,
            Flow::Link,
            &grant.account,
        )
        .await
    }

    /// A person takes an identity from their account: not the last one, which would take the account along.
    pub(super) async fn unlink(
        &self,
        ask: &Ask<'_>,
        id: &str,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        let known = self.person(ask, head, body).await?.0;
        let identity = self.own_identity(&known, id).await?;
        let grant = known.grant.grant();
        let account = AccountId::named(grant.account.as_str());
        let member = self.people.member(&grant.organization, &account).await?;
        if member.is_none_or(|member| member.identities.len() < 2) {
            return Err(Error::Form);
        }
        let event = self.by_person(ask, &known, audit::Kind::IdentityUnlinked);
        self.deal(&identity.id, Deed::Unlink, event).await?;
        Ok(self.see_other(&self.below("account"), ask.reference))
    }

    /// A person has the provider asked about one of their identities now.
    pub(super) async fn check_own(
        &self,
        ask: &Ask<'_>,
        id: &str,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        let known = self.person(ask, head, body).await?.0;
        let identity = self.own_identity(&known, id).await?;
        let event = self.by_person(ask, &known, audit::Kind::IdentityChecked);
        self.question(&identity.id, event).await?;
        Ok(self.see_other(&self.below("account"), ask.reference))
    }

    /// Begins what somebody does who is signed in as `account`.
    pub(super) async fn set_out(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        flow: Flow,
        account: &AccountId,
    ) -> Result<Response<Body>, Error> {
        if !organization.providers.contains(provider) {
            return Err(Error::NotFound);
        }
        if let Place::Own(_) = ask.place {
            return self.to_shared_errand(ask, organization, provider, flow);
        }
        let begin = Begin {
            organization: organization.slug.clone(),
            provider: provider.clone(),
            return_path: self.page_of(flow, &organization.slug),
            target: crate::pipeline::Target::Shared,
            login_hint: None,
            select_account: flow == Flow::Link,
            consent: false,
            errand: Some(Errand {
                flow,
                account: Some(account.clone()),
            }),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        };
        let begun = self.pipeline.begin(begin).await?;
        self.leave(ask, organization, provider, &begun, Leaving::Form)
    }

    /// Towards the shared host. The browser keeps the proof that it began here.
    fn to_shared_errand(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        flow: Flow,
    ) -> Result<Response<Body>, Error> {
        let tag = cookies::tag(&secret::random_bytes());
        let binding = Binding::new(tag.clone());
        let (host, entry) = (
            ask.inbound.host.to_string(),
            secret::encode(&binding.hash()),
        );
        let errand = match flow {
            Flow::Setup => SETUP,
            Flow::SignIn | Flow::Link => LINK,
        };
        let path = self.below(&format!("login/{}/{provider}", organization.slug));
        let pairs = [
            ("errand", errand),
            ("host", host.as_str()),
            ("tag", &tag),
            ("entry", &entry),
        ];
        let to = self
            .config
            .server
            .public_url
            .join(&with_query(&path, &pairs));
        let mut response = self.move_on(ask, &to)?;
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
        let begin = Begin {
            organization: organization.slug.clone(),
            provider: provider.clone(),
            return_path: self.page_of(flow, &organization.slug),
            target,
            login_hint: None,
            select_account: flow == Flow::Link,
            consent: false,
            errand: Some(Errand {
                flow,
                account: None,
            }),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        };
        let begun = self.pipeline.begin(begin).await?;
        self.leave(ask, organization, &provider, &begun, Leaving::Page)
    }

    /// The page where it began.
    fn page_of(&self, flow: Flow, organization: &Slug) -> ReturnPath {
        let page = match flow {
            Flow::Setup => self.below(&format!("admin/{organization}")),
            Flow::SignIn | Flow::Link => self.below("account"),
        };
        ReturnPath::parse(&page, &self.config.server.prefix).unwrap_or_else(|_| ReturnPath::root())
    }

    /// Whoever sent a form of their own pages, and its fields (threat model 12).
    pub(super) async fn person(
        &self,
        ask: &Ask<'_>,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<(Known, form::Fields), Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        self.check_token(ask, &fields)?;
        let known = self.visitor(ask).await?;
        let known = known.ok_or(Error::Unauthorized { had_session: true })?;
        Ok((known, fields))
    }

    /// An identity of the person's own account.
    async fn own_identity(&self, known: &Known, id: &str) -> Result<Identity, Error> {
        let grant = known.grant.grant();
        let found = self.people.find(&IdentityId::named(id)).await?;
        found
            .map(|(identity, _)| identity)
            .filter(|identity| {
                identity.organization == grant.organization && identity.account == grant.account
            })
            .ok_or(Error::NotFound)
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

    /// Has the provider asked now, also if whoever asked for it leaves.
    pub(super) async fn question(&self, id: &IdentityId, event: audit::Event) -> Result<(), Error> {
        let (revalidation, id) = (self.revalidation.clone(), id.clone());
        let work = async move { revalidation.now(&id, &event).await };
        let told = self.tasks.spawn(work).await;
        told.map_err(|_| Error::Stopping)??;
        Ok(())
    }
}
