//! Sign-out: here at once, then at the provider where it has a place for that, and the honest page.

use std::iter;

use http::{HeaderName, HeaderValue, Response, request};
use tracing::warn;
use url::Url;

use super::login::with_query;
use super::{Ask, form, set_cookie};
use crate::address::ReturnPath;
use crate::audit;
use crate::config::{Organization, Slug};
use crate::gateway::{Body, Error, Gateway, Known, Place};
use crate::pages::{Destination, LoggedOut, LogoutConfirm};
use crate::session::cookies;
use crate::session::{self, Ending, Handle};
use crate::wire::Received;

/// Between the names of providers. No name has one.
const BETWEEN: char = '.';

/// Before the name of the organization whose host was left. No name has one.
const OF: char = '@';

/// Providers on the page: the names come in a parameter, which may hold anything.
const MAX_STILL: usize = 10;

impl Gateway {
    /// Asks whether to sign out: a link alone ends nothing (threat model 12).
    pub(super) async fn logout_page(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Some(known) = self.signed_in(ask).await? else {
            let mut response = self.see_other(&self.below("logged-out"), ask.reference);
            if ask.cookies.has_session() {
                // Nothing is behind it any more.
                set_cookie(&mut response, cookies::delete_session());
            }
            return Ok(response);
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
        body: Received,
    ) -> Result<Response<Body>, Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        let Some(handle) = ask.cookies.handle() else {
            return Ok(self.see_other(&self.below("logged-out"), ask.reference));
        };
        self.check_token(ask, &fields)?;
        let known = self.signed_in(ask).await?;
        // The session still knows its grants now.
        let others = known.as_ref().map(|known| self.other_providers(known));
        self.end(ask, &handle, known.as_ref()).await?;
        let to = match &known {
            Some(known) => {
                let others = others.unwrap_or_default();
                self.after_sign_out(ask, known, &others).await
            }
            None => self.below("logged-out"),
        };
        let mut response = self.move_on(ask, &to)?;
        set_cookie(&mut response, cookies::delete_session());
        set_cookie(&mut response, cookies::forget_sign_ins());
        forget_pages(&mut response);
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
        let ending = self.tasks.spawn(async move {
            sessions
                .end(&key, Ending::Session, session::Reason::SignedOut, &event)
                .await
        });
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

    /// The provider's own sign-out if it has one, else our page on the same host. That page says at which providers the
    /// person is still signed in; through the provider's sign-out, which comes back to the shared host, this travels as
    /// `state` (OIDC RP-Initiated Logout 1.0 §2): the organization whose host the person was on, the name of that provider
    /// itself, since whoever comes back with it comes from there, and the others.
    async fn after_sign_out(&self, ask: &Ask<'_>, known: &Known, others: &[Slug]) -> String {
        let grant = known.grant.grant();
        let own = self.below("logged-out");
        let names = iter::once(&grant.provider).chain(others).map(Slug::as_str);
        let honest = with_query(&own, &[("still", &joined(names.clone()))]);
        let Ok(return_url) = Url::parse(&self.config.server.public_url.join(&own)) else {
            return honest;
        };
        match self.pipeline.end_session(grant, &return_url).await {
            Ok(Some(mut url)) => {
                let from = match ask.place {
                    Place::Own(organization) => Some(format!("{OF}{}", organization.slug)),
                    Place::Shared => None,
                };
                let state = joined(from.as_deref().into_iter().chain(names));
                url.query_pairs_mut().append_pair("state", &state);
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
        let state = ask.query.get("state");
        let mut ended = self.buttons(state);
        let last = ended.next();
        let still: Vec<&str> = ended
            .chain(self.buttons(ask.query.get("still")))
            .take(MAX_STILL)
            .collect();
        let organization = match ask.place {
            Place::Own(organization) => Some(organization),
            Place::Shared => state.and_then(|state| self.left(state)),
        };
        let sign_in = match organization {
            Some(organization) => self.door_url(organization, &ReturnPath::root(), None),
            None => self.below("login"),
        };
        let view = LoggedOut {
            ended: last,
            still,
            sign_in: Destination::parse(&sign_in)?,
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

    /// The organization that somebody left on its own host. Anybody may have written it: it leads to a door that is there
    /// for everybody.
    fn left(&self, state: &str) -> Option<&Organization> {
        let first = state.split(BETWEEN).next()?;
        let slug = Slug::parse(first.strip_prefix(OF)?).ok()?;
        let organization = self.config.organizations.get(&slug)?;
        let is_elsewhere = self.is_open(organization) && !organization.hosts.is_empty();
        is_elsewhere.then_some(organization)
    }
}

/// Has the browser drop what it keeps of this host, pages to go back to included (Clear-Site-Data §3.1): an application may
/// have let it keep what nobody is to see after sign-out. What runs in other tabs stays, as do the application's cookies.
fn forget_pages(response: &mut Response<Body>) {
    let cache = HeaderValue::from_static("\"cache\"");
    let name = HeaderName::from_static("clear-site-data");
    response.headers_mut().insert(name, cache);
}

/// Names of providers in one parameter.
fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(&BETWEEN.to_string())
}
