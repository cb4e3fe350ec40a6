//! Who am I: the account page, its JSON, ending one's own sessions, and switching between organizations.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Response, request};
use serde_json::json;

use super::errand::checked;
use super::listing::{following, seen, start};
use super::{Ask, form, own_json, slug};
use crate::assertion::Statement;
use crate::audit;
use crate::clock::Timestamp;
use crate::config;
use crate::gateway::forward::{Visitor, statement};
use crate::gateway::{Body, Error, Gateway, Known, Place};
use crate::identity::{self, Door, Identity, LinkState};
use crate::pages::owner::OwnedIdentity;
use crate::pages::{
    Account, AccountNote, AccountOrganizations, AccountSessions, AccountTold, AccountWays,
    Answered, DoorProvider, Fact, Linked, Organization, OwnSession,
};
use crate::session::{self, Filter, LiveGrant};
use crate::wire::Received;

/// Sessions of other browsers on the account page. Each has a form of its own, and the page stays small with the largest
/// logo and in every language too: more are on a page of their own.
const FIRST_SESSIONS: usize = 3;

/// On a page of their own.
const SESSIONS: usize = 12;

/// Other organizations on the account page.
const FIRST_OTHERS: usize = 3;

/// On a page of their own.
const OTHERS: usize = 15;

/// Further identities on the account page, and other things of which there are seldom more.
const FIRST_WAYS: usize = 2;

/// On a page of their own.
const WAYS: usize = 5;

impl Gateway {
    /// A page of the account: the first, or one with the rest of something.
    pub(super) async fn account_page(
        &self,
        ask: &Ask<'_>,
        part: Option<&str>,
    ) -> Result<Response<Body>, Error> {
        let Some(known) = self.signed_in(ask).await? else {
            // Not least who had their provider asked, and heard a no.
            self.part(&ask.cookies, ask.inbound, ask.place, None)
                .await?;
            return Ok(self.see_other(&self.below("login"), ask.reference));
        };
        let slug = &known.grant.grant().organization;
        let organization = self.config.organizations.get(slug);
        let organization = organization.ok_or(Error::NotFound)?;
        match part {
            None => self.account(ask, &known, organization).await,
            Some("organizations") => self.account_organizations(ask, &known, organization),
            Some("sessions") => self.account_sessions(ask, &known, organization).await,
            Some("ways") => self.account_ways(ask, &known, organization).await,
            Some("told") => self.account_told(ask, &known, organization),
            Some("offer") => self.offer_page(ask, &known, organization).await,
            Some(_) => Err(Error::NotFound),
        }
    }

    /// Who am I, and in which organization.
    async fn account(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
    ) -> Result<Response<Body>, Error> {
        let now = self.clock.now();
        let grant = known.grant.grant();
        let profile = known.grant.profile();
        let provider = self.config.providers.get(&grant.provider);
        let others = known.live.grants(now);
        let all_others = self.others(&others, &grant.organization);
        let shown_others = all_others.iter().take(FIRST_OTHERS).copied();
        let linked = self.linked(&known.grant).await?;
        let identities = self.own_identities(known).await?;
        let mut further = self.further(known, &identities);
        let mut linkable = self.linkable(organization, &identities);
        let more_ways = further.len() > FIRST_WAYS || linkable.len() > FIRST_WAYS;
        further.truncate(FIRST_WAYS);
        linkable.truncate(FIRST_WAYS);
        let others_of_theirs = self.other_sessions(known, None, FIRST_SESSIONS).await?;
        let here = OwnSession {
            id: known.live.id().to_owned(),
            since: grant.granted_at,
            used: known.grant.used_at(),
            seen: seen(known.live.device()),
            here: true,
        };
        let sessions = std::iter::once(here).chain(others_of_theirs.sessions.iter().map(row));
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let view = Account {
            name: profile.name.as_deref(),
            email: profile.email.as_deref(),
            organization: organization.into(),
            provider: provider.map_or(grant.provider.as_str(), |it| it.button.as_str()),
            since: grant.granted_at,
            until: known.grant.expires_at(),
            others: shown_others.collect(),
            more_others: all_others.len() > FIRST_OTHERS,
            linked,
            further,
            linkable,
            more_ways,
            sessions: sessions.collect(),
            next: others_of_theirs.next,
            note: self.note(ask, known),
            check: checked(ask),
            csrf: token.as_deref().unwrap_or_default(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// Where else they are signed in, a page of it.
    async fn account_sessions(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
    ) -> Result<Response<Body>, Error> {
        let after = ask.query.get("after");
        let page = self.other_sessions(known, after, SESSIONS).await?;
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let view = AccountSessions {
            sessions: page.sessions.iter().map(row).collect(),
            next: page.next,
            csrf: token.as_deref().unwrap_or_default(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// In which other organizations they are signed in, a page of it.
    fn account_organizations(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
    ) -> Result<Response<Body>, Error> {
        let from = start(ask);
        let grants = known.live.grants(self.clock.now());
        let others = self.others(&grants, &organization.slug);
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let view = AccountOrganizations {
            next: following(from, OTHERS, others.len()),
            others: others.into_iter().skip(from).take(OTHERS).collect(),
            csrf: token.as_deref().unwrap_or_default(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// What else they can sign in by, a page of it.
    async fn account_ways(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
    ) -> Result<Response<Body>, Error> {
        let from = start(ask);
        let identities = self.own_identities(known).await?;
        let further = self.further(known, &identities);
        let linkable = self.linkable(organization, &identities);
        let most = further.len().max(linkable.len());
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let view = AccountWays {
            further: further.into_iter().skip(from).take(WAYS).collect(),
            linkable: linkable.into_iter().skip(from).take(WAYS).collect(),
            next: following(from, WAYS, most),
            csrf: token.as_deref().unwrap_or_default(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// What the application gets.
    fn account_told(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
    ) -> Result<Response<Body>, Error> {
        let statement = statement(Visitor {
            live: &known.live,
            grant: &known.grant,
        });
        let headers = self.headers(&statement)?;
        let headers = headers.iter().map(|(name, value)| Fact {
            name: name.as_str(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        });
        let view = AccountTold::new(headers.collect(), claims(&statement));
        self.show(ask, Some(organization), &view)
    }

    async fn own_identities(&self, known: &Known) -> Result<Vec<Identity>, Error> {
        let grant = known.grant.grant();
        let member = self.people.member(&grant.organization, &grant.account);
        let identities = member.await?.map(|member| member.identities);
        Ok(identities.unwrap_or_default())
    }

    /// Of a person's identities, those by which they are not signed in here.
    fn further(&self, known: &Known, identities: &[Identity]) -> Vec<OwnedIdentity> {
        let used = &known.grant.grant().identity;
        let further = identities.iter().filter(|identity| identity.id != *used);
        further.map(|identity| self.shown(identity)).collect()
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
            id: identity.id.as_str().to_owned(),
            answer,
            confirmed: identity.last_verified_at,
            next: identity.due_at,
            until,
        })
    }

    /// The person's sessions in other browsers that let them in.
    async fn other_sessions(
        &self,
        known: &Known,
        after: Option<&str>,
        most: usize,
    ) -> Result<session::Page, Error> {
        let filter = Filter {
            except: Some(known.live.id().to_owned()),
            ..own(known.grant.grant())
        };
        self.active_sessions(&filter, after, most).await
    }

    /// Ends one of the person's own sessions (`Some`), or all but this one. When this answers, that is durable and in
    /// force, open streams included.
    pub(super) async fn end_own(
        &self,
        ask: &Ask<'_>,
        which: Option<&str>,
        head: &request::Parts,
        body: Received,
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
        Ok(own_json(&body, "userinfo", ask.reference))
    }

    /// Makes another grant of the session the one that the shared host shows.
    pub(super) async fn switch(
        &self,
        ask: &Ask<'_>,
        organization: &str,
        head: &request::Parts,
        body: Received,
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

    /// What the page says first.
    fn note(&self, ask: &Ask<'_>, known: &Known) -> Option<AccountNote> {
        if self.has_confirmed(ask, known) {
            return Some(AccountNote::Confirmed);
        }
        let late = ask.query.get("late").map(|_| AccountNote::OfferLate);
        late.filter(|_| !ask.inbound.comes_from_elsewhere())
    }
}

fn row(one: &session::Listed) -> OwnSession {
    OwnSession {
        id: one.id.clone(),
        since: one.grant.granted_at,
        used: one.grant.used_at,
        seen: seen(one.device),
        here: false,
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
