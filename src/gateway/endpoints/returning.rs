//! Back from sign-in: the redirect URI, and the one-time ticket onto an organization's own host.

use http::Response;

use super::form::Fields;
use super::login::{Leaving, with_query};
use super::{Ask, set_cookie, slug};
use crate::address::ReturnPath;
use crate::config::Slug;
use crate::gateway::{Body, Error, Gateway, Place};
use crate::pipeline::{self, Again, Begin, Finished, Gone, Landing, Target, Wishes};
use crate::provider::Callback;
use crate::secret::Secret;
use crate::session::cookies;
use crate::telemetry::metrics::Reason;

impl Gateway {
    /// A provider's answer came to the redirect URI.
    pub(super) async fn callback(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        fields: Fields,
    ) -> Result<Response<Body>, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let provider = slug(provider)?;
        if !self.config.providers.contains_key(&provider) {
            return Err(Error::NotFound);
        }
        let callback = Callback::parse(fields.pairs()).map_err(|_| Error::Form)?;
        let reference = ask.reference.to_string();
        let resumed = self
            .pipeline
            .resume(&provider, callback, &ask.cookies, &reference)
            .await;
        match resumed {
            Ok(finished) => Ok(self.land(ask, &finished)),
            Err(pipeline::Error::NeedsConsent { again, wishes }) => {
                self.ask_for_consent(ask, &provider, *again, wishes).await
            }
            Err(pipeline::Error::Gone {
                why,
                again: Some(again),
            }) => match self.already_there(ask, why, &again).await? {
                Some(response) => Ok(response),
                None => Err(pipeline::Error::Gone {
                    why,
                    again: Some(again),
                }
                .into()),
            },
            Err(pipeline::Error::Unbound) if !ask.cookies.is_empty() => {
                // This browser keeps our cookies, so it is not the one that began.
                let why = Gone::Foreign;
                Err(pipeline::Error::Gone { why, again: None }.into())
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Back to the provider, which hands out a refresh token only when it asks for consent.
    async fn ask_for_consent(
        &self,
        ask: &Ask<'_>,
        provider: &Slug,
        again: Again,
        wishes: Wishes,
    ) -> Result<Response<Body>, Error> {
        let organization = self.config.organizations.get(&again.organization);
        let organization = organization.ok_or(Error::NotFound)?;
        let begin = Begin {
            organization: again.organization,
            provider: provider.clone(),
            return_path: again.return_path,
            target: again.target,
            login_hint: wishes.login_hint,
            select_account: wishes.select_account,
            consent: true,
            client: ask.inbound.client,
        };
        let begun = self.pipeline.begin(begin).await?;
        self.leave(ask, organization, provider, &begun, Leaving::Page)
    }

    /// The run's cookie stays as long as the run is kept: it is what lets a reloaded callback go on to its destination.
    fn land(&self, ask: &Ask<'_>, finished: &Finished) -> Response<Body> {
        let to = match &finished.landing {
            Landing::Here(_) => finished.return_path.as_str().to_owned(),
            Landing::Own(ticket) => {
                let path = with_query(&self.below("enter"), &[("ticket", ticket.token.expose())]);
                self.config.server.public_url.on(&ticket.host).join(&path)
            }
        };
        let mut response = self.see_other(&to, ask.reference);
        let counted =
            ask.cookies
                .count_sign_in(&finished.organization, finished.began, self.clock.now());
        set_cookie(&mut response, counted);
        if let Landing::Here(handle) = &finished.landing {
            set_cookie(&mut response, cookies::set_session(handle));
            set_cookie(&mut response, self.remember(&finished.organization));
        }
        response
    }

    fn remember(&self, organization: &Slug) -> http::HeaderValue {
        cookies::set_organization(organization, self.config.login.remember_organization)
    }

    /// A late or repeated answer of somebody who is signed in by now goes on to where it was going. Who is signed in on
    /// an organization's own host is known there alone: one whose run is used is sent there to be looked at.
    async fn already_there(
        &self,
        ask: &Ask<'_>,
        why: Gone,
        again: &Again,
    ) -> Result<Option<Response<Body>>, Error> {
        let organization = &again.organization;
        let path = again.return_path.as_str();
        let (there, to) = match &again.target {
            Target::Shared => {
                let known = self.visitor(ask).await?;
                let there =
                    known.is_some_and(|known| known.grant.grant().organization == *organization);
                (there, path.to_owned())
            }
            Target::Own { host, .. } => {
                let organization = self.config.organizations.get(organization);
                let theirs = organization.is_some_and(|it| it.hosts.contains(host));
                let to = self.config.server.public_url.on(host).join(path);
                (theirs && why == Gone::Used, to)
            }
        };
        if !there {
            return Ok(None);
        }
        let labels = Reason {
            reason: "already_done",
        };
        self.metrics.login_recoveries.get_or_create(&labels).inc();
        Ok(Some(self.see_other(&to, ask.reference)))
    }

    /// A one-time ticket becomes a session on an organization's own host. The entry's cookie stays as a run's does.
    pub(super) async fn enter(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Place::Own(organization) = ask.place else {
            return Err(Error::NotFound);
        };
        let token = ask.query.get("ticket").ok_or(Error::Form)?;
        let token = Secret::new(token.to_owned());
        let reference = ask.reference.to_string();
        let entered = self
            .pipeline
            .enter(&token, &ask.inbound.host, &ask.cookies, &reference)
            .await;
        let entered = match entered {
            Err(pipeline::Error::Gone { again, .. }) if self.visitor(ask).await?.is_some() => {
                let to = again.map_or_else(ReturnPath::root, |again| again.return_path);
                return Ok(self.see_other(to.as_str(), ask.reference));
            }
            other => other?,
        };
        debug_assert_eq!(entered.organization, organization.slug);
        let mut response = self.see_other(entered.return_path.as_str(), ask.reference);
        set_cookie(&mut response, cookies::set_session(&entered.handle));
        Ok(response)
    }
}
