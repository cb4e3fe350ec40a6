//! Sign-out: here at once, then at the provider where it has a place for that, and the honest page.

use std::iter;

use http::{Response, request};
use hyper::body::Incoming;
use tracing::warn;
use url::Url;

use super::login::with_query;
use super::{Ask, form, set_cookie};
use crate::audit;
use crate::config::Slug;
use crate::gateway::{Body, Error, Gateway, Known, Place};
use crate::pages::{Destination, LoggedOut, LogoutConfirm};
use crate::session::cookies;
use crate::session::{Ending, Handle};

/// Between the names of providers. No name has one.
const BETWEEN: char = '.';

/// Providers on the page: the names come in a parameter, which may hold anything.
const MAX_STILL: usize = 10;

impl Gateway {
    /// Asks whether to sign out: a link alone ends nothing (threat model 12).
    pub(super) async fn logout_page(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Some(known) = self.visitor(ask).await? else {
            return Ok(self.see_other(&self.below("logged-out"), ask.reference));
        };
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let grant = known.grant.grant();
        let organization = self.config.organizations.get(&grant.organization);
        let view = LogoutConfirm {
            csrf: token.as_deref().unwrap_or_default(),
            rd: &self.return_path(&ask.query),
        };
        self.show(ask, organization, &view)
    }

    /// Ends the session. Durable, and useless in every worker, before this answers.
    pub(super) async fn logout_form(
        &self,
        ask: &Ask<'_>,
        head: &request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        let Some(handle) = ask.cookies.handle() else {
            return Ok(self.see_other(&self.below("logged-out"), ask.reference));
        };
        self.check_token(ask, &fields)?;
        let known = self.visitor(ask).await?;
        // The session still knows its grants now.
        let others = known.as_ref().map(|known| self.other_providers(known));
        self.end(ask, &handle, known.as_ref()).await?;
        let to = match &known {
            Some(known) => {
                self.after_sign_out(known, &others.unwrap_or_default())
                    .await
            }
            None => self.below("logged-out"),
        };
        let mut response = self.move_on(ask, &to)?;
        set_cookie(&mut response, cookies::delete_session());
        set_cookie(&mut response, cookies::forget_sign_ins());
        Ok(response)
    }

    async fn end(
        &self,
        ask: &Ask<'_>,
        handle: &Handle,
        known: Option<&Known>,
    ) -> Result<(), Error> {
        let grant = known.map(|known| known.grant.grant());
        let actor = grant.map_or(audit::Actor::Visitor, |grant| {
            audit::Actor::Account(grant.account.to_string())
        });
        let event = audit::Event {
            organization: grant.map(|grant| grant.organization.to_string()),
            provider: grant.map(|grant| grant.provider.to_string()),
            reference: Some(ask.reference.to_string()),
            ..audit::Event::new(self.clock.now(), audit::Kind::LogoutRequested, actor)
        };
        let sessions = std::sync::Arc::clone(&self.sessions);
        let key = handle.key();
        // A visitor who leaves now must still be signed out.
        let ending = self
            .tasks
            .spawn(async move { sessions.end(&key, Ending::Session, "logout", &event).await });
        ending.await.map_err(|_| Error::Stopping)??;
        Ok(())
    }

    /// The providers of the session's other grants: one browser can be sent to one provider's sign-out only.
    fn other_providers(&self, known: &Known) -> Vec<Slug> {
        let mut others: Vec<Slug> = known
            .live
            .grants(self.clock.now())
            .iter()
            .map(|grant| grant.grant().provider.clone())
            .filter(|provider| *provider != known.grant.grant().provider)
            .collect();
        others.sort();
        others.dedup();
        others
    }

    /// The provider's own sign-out if it has one, else our page. That says at which providers the person is still signed
    /// in; through the provider's sign-out this travels as `state`, behind the name of that provider itself (OIDC
    /// RP-Initiated Logout 1.0 §2): whoever comes back with it comes from there.
    async fn after_sign_out(&self, known: &Known, others: &[Slug]) -> String {
        let grant = known.grant.grant();
        let own = self.below("logged-out");
        let return_to = self.config.server.public_url.join(&own);
        let names = iter::once(&grant.provider).chain(others);
        let names = joined(names.map(Slug::as_str));
        let honest = with_query(&return_to, &[("still", &names)]);
        let Ok(return_url) = Url::parse(&return_to) else {
            return honest;
        };
        match self
            .pipeline
            .end_session(&grant.identity, &return_url)
            .await
        {
            Ok(Some(mut url)) => {
                url.query_pairs_mut().append_pair("state", &names);
                url.into()
            }
            Ok(None) => honest,
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "the provider's sign-out could not be found"
                );
                honest
            }
        }
    }

    /// What has ended and what has not.
    pub(super) fn logged_out(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let mut ended = self.buttons(ask.query.get("state"));
        let last = ended.next();
        let still: Vec<&str> = ended
            .chain(self.buttons(ask.query.get("still")))
            .take(MAX_STILL)
            .collect();
        let organization = match ask.place {
            Place::Own(organization) => Some(organization),
            Place::Shared => None,
        };
        let view = LoggedOut {
            ended: last,
            still,
            sign_in: Destination::parse(&self.below("login"))?,
        };
        self.show(ask, organization, &view)
    }

    /// The texts of the buttons of the providers that a parameter names.
    fn buttons<'a>(&'a self, names: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        names
            .into_iter()
            .flat_map(|names| names.split(BETWEEN))
            .filter_map(|text| Slug::parse(text).ok())
            .filter_map(|id| self.config.providers.get(&id))
            .map(|provider| provider.button.as_str())
    }
}

/// Names of providers in one parameter.
fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(&BETWEEN.to_string())
}
