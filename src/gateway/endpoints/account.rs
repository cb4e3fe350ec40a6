//! Who am I: the account page, its JSON, ending one's own sessions, and switching between organizations.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode, request};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use serde_json::json;

use super::{Ask, form, slug};
use crate::assertion::Statement;
use crate::audit;
use crate::clock::Timestamp;
use crate::config;
use crate::gateway::forward::{Visitor, statement};
use crate::gateway::{Body, Error, Gateway, Known, Place, mark};
use crate::identity::{self, Door, Identity, LinkState};
use crate::pages::{Account, Answered, DoorProvider, Fact, Linked, Organization, OwnSession};
use crate::session::{self, Filter, LiveGrant, Status};

/// Sessions that the page shows.
const MOST_SHOWN: usize = 50;

impl Gateway {
    /// Who am I, in which organization, and what the application gets.
    pub(super) async fn account(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Some(known) = self.signed_in(ask).await? else {
            return Ok(self.see_other(&self.below("login"), ask.reference));
        };
        let now = self.clock.now();
        let visitor = Visitor {
            live: &known.live,
            grant: &known.grant,
        };
        let grant = known.grant.grant();
        let profile = known.grant.profile();
        let statement = statement(visitor);
        let headers = self.headers(&statement)?;
        let facts = headers.iter().map(|(name, value)| Fact {
            name: name.as_str(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        });
        let organization = self
            .config
            .organizations
            .get(&grant.organization)
            .ok_or(Error::NotFound)?;
        let provider = self.config.providers.get(&grant.provider);
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let others = known.live.grants(now);
        let linked = self.linked(&known.grant).await?;
        let member = self.people.member(&grant.organization, &grant.account);
        let identities = member.await?.map(|member| member.identities);
        let identities = identities.unwrap_or_default();
        let own = self.own_sessions(&known).await?;
        let shown = own.iter().take(MOST_SHOWN).map(|one| OwnSession {
            id: &one.id,
            since: one.grant.granted_at,
            used: one.grant.used_at,
            here: one.id == known.live.id(),
        });
        let view = Account {
            name: profile.name.as_deref(),
            email: profile.email.as_deref(),
            organization: organization.into(),
            provider: provider.map_or(grant.provider.as_str(), |it| it.button.as_str()),
            since: grant.granted_at,
            until: known.grant.expires_at(),
            others: self.others(&others, &grant.organization),
            linked,
            further: identities
                .iter()
                .filter(|identity| identity.id != grant.identity)
                .map(|identity| self.shown(identity))
                .collect(),
            linkable: self.linkable(organization, &identities),
            sessions: shown.collect(),
            more: own.len() > MOST_SHOWN,
            headers: facts.collect(),
            claims: claims(&statement),
            confirmed: ask.query.get("confirmed").is_some(),
            csrf: token.as_deref().unwrap_or_default(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// What the application gets in plain headers.
    fn headers(&self, statement: &Statement<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let fields = self.plain.fields(statement).or_else(|_| {
            // What `forward` does with somebody in too many groups.
            self.plain.fields(&Statement {
                groups: None,
                ..*statement
            })
        });
        Ok(fields?)
    }

    /// The organizations of grants, but for one.
    fn others<'a>(
        &'a self,
        grants: &'a [Arc<LiveGrant>],
        shown: &config::Slug,
    ) -> Vec<Organization<'a>> {
        let others = grants.iter().map(|grant| &grant.grant().organization);
        let others = others.filter(|slug| *slug != shown);
        let known = others.filter_map(|slug| self.config.organizations.get(slug));
        known.map(Organization::from).collect()
    }

    /// The organization's providers by which a person cannot sign in yet.
    fn linkable<'a>(
        &'a self,
        organization: &config::Organization,
        theirs: &[Identity],
    ) -> Vec<DoorProvider<'a>> {
        let is_new = |id: &&config::Slug| theirs.iter().all(|it| it.provider != **id);
        let open = |id: &&config::Slug| {
            let said = self.people.activation(&organization.slug, id);
            let provider = self.config.providers.get(*id);
            provider.is_some_and(|provider| {
                let generation = identity::generation(organization, provider);
                let door = Door::of(organization, &generation);
                door.is_open(said.as_deref()).is_ok()
            })
        };
        let ids = organization.providers.iter().filter(is_new).filter(open);
        ids.filter_map(|id| self.config.providers.get(id))
            .map(DoorProvider::from)
            .collect()
    }

    /// How the identity behind a grant stands.
    async fn linked(&self, grant: &LiveGrant) -> Result<Linked, Error> {
        let until = Some(grant.counts_until()).filter(|until| *until != Timestamp::END);
        let identity = self.sessions.identity(grant.grant()).await?;
        let identity = identity.ok_or(Error::Unauthorized { had_session: true })?;
        let answer = match (identity.link.state, identity.due_at) {
            (LinkState::Suspect, _) => Answered::nothing(identity.link.reason.as_deref()),
            (LinkState::Valid, Some(_)) => Answered::Confirmed,
            (LinkState::Valid, None) => Answered::Unasked,
            // Its grants are over, or about to be.
            (LinkState::Invalid | LinkState::Orphaned | LinkState::Blocked, _) => {
                return Err(Error::Unauthorized { had_session: true });
            }
        };
        Ok(Linked {
            answer,
            confirmed: identity.last_verified_at,
            next: identity.due_at,
            until,
        })
    }

    /// The person's sessions that let them in, this one first, then the one used last.
    async fn own_sessions(&self, known: &Known) -> Result<Vec<session::Listed>, Error> {
        let now = self.clock.now();
        let filter = own(known.grant.grant());
        let page = self.sessions.list(&filter, None, now).await?;
        let mut own = page.sessions;
        own.retain(|one| one.status == Status::Active);
        own.sort_by_key(|one| {
            let here = one.id == known.live.id();
            std::cmp::Reverse((here, one.grant.used_at))
        });
        Ok(own)
    }

    /// Ends one of the person's own sessions (`Some`), or all but this one. When this answers, that is durable and in
    /// force, open streams included.
    pub(super) async fn end_own(
        &self,
        ask: &Ask<'_>,
        which: Option<&str>,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        self.check_token(ask, &fields)?;
        let known = self.visitor(ask).await?;
        let known = known.ok_or(Error::Unauthorized { had_session: true })?;
        let grant = known.grant.grant();
        let filter = Filter {
            id: which.map(str::to_owned),
            except: Some(known.live.id().to_owned()).filter(|_| which.is_none()),
            ..own(grant)
        };
        let now = self.clock.now();
        let event = audit::Event {
            reference: Some(ask.reference.to_string()),
            ..audit::Event::new(
                now,
                audit::Kind::SessionRevoked,
                audit::Actor::Account(grant.account.to_string()),
            )
        };
        let pipeline = self.pipeline.clone();
        let work = async move { pipeline.revoke_all(&filter, &event, now).await };
        // Whoever leaves has still asked for it.
        let ended = self.tasks.spawn(work).await;
        ended.map_err(|_| Error::Stopping)??;
        Ok(self.see_other(&self.below("account"), ask.reference))
    }

    /// Who am I, for scripts.
    pub(super) async fn userinfo(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Some(known) = self.signed_in(ask).await? else {
            let had_session = ask.cookies.has_session();
            return Err(Error::Unauthorized { had_session });
        };
        if self.is_unconfirmed(&known) {
            return Err(self.unconfirmed(Some(&known)).await);
        }
        let (grant, profile) = (known.grant.grant(), known.grant.profile());
        let body = json!({
            "sub": grant.account.as_str(),
            "organization": grant.organization.as_str(),
            "provider": grant.provider.as_str(),
            "email": profile.email,
            "email_verified": profile.email_verified,
            "name": profile.name,
            "groups": profile.groups,
            "auth_time": grant.authenticated_at.as_seconds(),
            "expires_at": known.grant.expires_at().as_seconds(),
        });
        let mut response = Response::new(Either::Left(Full::new(Bytes::from(body.to_string()))));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        mark(&mut response, "userinfo", ask.reference);
        *response.status_mut() = StatusCode::OK;
        Ok(response)
    }

    /// Makes another grant of the session the one that the shared host shows.
    pub(super) async fn switch(
        &self,
        ask: &Ask<'_>,
        organization: &str,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        self.check_token(ask, &fields)?;
        let organization = slug(organization)?;
        let Some(handle) = ask.cookies.handle() else {
            return Err(Error::Unauthorized { had_session: false });
        };
        let live = self.sessions.find(&handle, &ask.inbound.host).await?;
        let Some(live) = live.filter(|live| live.grant(&organization, self.clock.now()).is_some())
        else {
            // From there it may go on to the provider.
            return self.move_on(ask, &self.below(&format!("login/{organization}")));
        };
        self.sessions.switch(&live, &organization).await?;
        self.move_on(ask, self.return_path(&fields).as_str())
    }
}

/// The sessions of one's own account.
fn own(grant: &session::Grant) -> Filter {
    Filter {
        organization: Some(grant.organization.clone()),
        user: Some(grant.account.to_string()),
        ..Filter::default()
    }
}

/// What the assertion says of the person.
fn claims(statement: &Statement<'_>) -> Vec<Fact<'static>> {
    let all = statement.stated().into_iter();
    all.map(|(name, value)| Fact { name, value }).collect()
}
