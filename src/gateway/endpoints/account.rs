//! Who am I: the account page, its JSON, and switching between organizations.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode, request};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use serde_json::json;

use super::{Ask, form, slug};
use crate::assertion::Statement;
use crate::gateway::forward::{Visitor, statement};
use crate::gateway::{Body, Error, Gateway, Place, mark};
use crate::pages::{Account, Fact, Organization};

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
        let headers = self.plain.fields(&statement).or_else(|_| {
            // What `forward` does with somebody in too many groups.
            self.plain.fields(&Statement {
                groups: None,
                ..statement
            })
        })?;
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
        let view = Account {
            name: profile.name.as_deref(),
            email: profile.email.as_deref(),
            organization: organization.into(),
            provider: provider.map_or(grant.provider.as_str(), |it| it.button.as_str()),
            since: grant.granted_at,
            until: known.grant.expires_at(),
            others: others
                .iter()
                .map(|other| &other.grant().organization)
                .filter(|slug| **slug != grant.organization)
                .filter_map(|slug| self.config.organizations.get(slug))
                .map(Organization::from)
                .collect(),
            headers: facts.collect(),
            claims: claims(&statement),
            csrf: token.as_deref().unwrap_or_default(),
            leads_to: Vec::new(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// Who am I, for scripts.
    pub(super) async fn userinfo(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Some(known) = self.signed_in(ask).await? else {
            let had_session = ask.cookies.has_session();
            return Err(Error::Unauthorized { had_session });
        };
        if self.is_unconfirmed(&known) {
            return Err(Error::Unconfirmed(Some(
                known.grant.grant().provider.clone(),
            )));
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
            let to = self.below(&format!("login/{organization}"));
            return Ok(self.see_other(&to, ask.reference));
        };
        self.sessions.switch(&live, &organization).await?;
        let to = self.return_path(&fields);
        Ok(self.see_other(to.as_str(), ask.reference))
    }
}

/// What the assertion says of the person, without what changes every minute.
fn claims(statement: &Statement<'_>) -> Vec<Fact<'static>> {
    let texts = [
        ("sub", Some(statement.account.to_owned())),
        ("org", Some(statement.organization.to_owned())),
        ("email", statement.email.map(str::to_owned)),
        ("name", statement.name.map(str::to_owned)),
        ("groups", statement.groups.map(|groups| groups.join(", "))),
        ("idp", Some(statement.provider.to_owned())),
        ("idp_sub", Some(statement.provider_subject.to_owned())),
        ("sid", Some(statement.session.to_owned())),
    ];
    let known = texts.into_iter();
    known
        .filter_map(|(name, value)| value.map(|value| Fact { name, value }))
        .collect()
}
