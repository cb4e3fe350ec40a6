//! Back from sign-in: the redirect URI, and the one-time ticket onto an organization's own host.

use http::Response;

use super::form::Fields;
use super::login::with_query;
use super::{Ask, Leaving, set_cookie, slug};
use crate::address::ReturnPath;
use crate::config::Slug;
use crate::gateway::{Body, Error, Gateway, Place};
use crate::pages::Loop;
use crate::pipeline::{self, Again, Before, Begin, Finished, Landing, Target, TriedDraft, Wishes};
use crate::provider::{self, Callback, Check, Flow};
use crate::secret::Secret;
use crate::session::cookies::{self, BindingKind};

impl Gateway {
    /// Where an answer has to come again, if the browser sent none of its cookies with it. A provider that posts its answer
    /// (Apple) has the browser post from a page of its own, and then cookies stay behind (SameSite=Lax), that of the run
    /// among them. A page of ours sends the browser on to the same place by GET, as others' redirects do in the first place.
    pub(super) async fn posted_elsewhere(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        fields: &Fields,
    ) -> Option<String> {
        let came_alone = ask.cookies.bindings(BindingKind::Run).is_empty();
        let carried = Callback::carried(fields.pairs());
        if !came_alone || carried.is_empty() {
            return None;
        }
        let provider = slug(provider).ok()?;
        let callback = Callback::parse(fields.pairs()).ok();
        let is_ours = matches!(ask.place, Place::Shared);
        if !is_ours
            || self
                .tried_draft(&provider, callback.as_ref())
                .await
                .is_err()
        {
            return None;
        }
        let pairs = carried
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let path = self.below(&format!("callback/{provider}"));
        Some(with_query(&path, &pairs.collect::<Vec<_>>()))
    }

    /// A provider's answer came to the redirect URI.
    pub(super) async fn callback(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        fields: Fields,
        leaving: Leaving,
    ) -> Result<Response<Body>, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let provider = slug(provider)?;
        let callback = Callback::parse(fields.pairs()).map_err(|_| Error::Form);
        let draft = self.tried_draft(&provider, callback.as_ref().ok()).await?;
        let callback = callback?;
        let reference = ask.reference.to_string();
        let resumed = self
            .pipeline
            .resume(&provider, callback, ask.visit(&reference))
            .await;
        match resumed {
            Ok(finished) => {
                let provider = (&provider, draft.as_ref());
                self.land(ask, provider, &finished, leaving).await
            }
            Err(pipeline::Error::NeedsConsent { again, wishes }) => {
                self.ask_for_consent(ask, *again, wishes, leaving).await
            }
            Err(pipeline::Error::Already { to }) => self.go_on(ask, &to, leaving),
            Err(pipeline::Error::Provider {
                again,
                source: provider::Error::Rejected(Check::Form),
            }) => self.dev_form_again(ask, &provider, &again, &fields).await,
            Err(pipeline::Error::Loop { again }) => {
                let cause = self.cause_of_loop(ask, &again).await?;
                Err(Error::Loop { cause, again })
            }
            Err(other) if other.rehearsal().is_some() => self.rehearsal_failed(ask, other).await,
            Err(pipeline::Error::Gone { why, again: None }) => {
                let again = self.anew(ask, &provider).map(Box::new);
                Err(pipeline::Error::Gone { why, again }.into())
            }
            Err(other) => Err(self.failed_in_popup(ask, other, leaving)),
        }
    }

    /// Where somebody begins again of whose sign-in nothing is known any more: where this very browser would begin. It says
    /// nothing of the run, which may be another browser's.
    fn anew(&self, ask: &Ask<'_>, provider: &Slug) -> Option<Again> {
        let (organization, _) = self.wanted_organization(ask.place, None, &ask.cookies);
        Some(Again {
            organization: organization?,
            provider: provider.clone(),
            return_path: ReturnPath::root(),
            target: Target::Shared,
            step_up: None,
            errand: None,
        })
    }

    /// The draft that an answer is about. Answers are about providers of the file, or about one that is tried; for any other
    /// name there is no such page.
    async fn tried_draft(
        &self,
        provider: &Slug,
        callback: Option<&Callback>,
    ) -> Result<Option<TriedDraft>, Error> {
        if self.config.providers.contains_key(provider) {
            return Ok(None);
        }
        let state = &callback.ok_or(Error::NotFound)?.state;
        let tried = self.pipeline.tried_draft(provider, state).await?;
        tried.map(Some).ok_or(Error::NotFound)
    }

    /// What can be told of why sign-ins of this browser lead nowhere: whether what the one before gave it came back, and
    /// still counts; on an organization's own host, as it was when the browser left there. No other cause gets as far as this: a redirect URI has scheme and host of `public_url`, so whoever
    /// begins under others comes here without the run's cookie, and a clock that is wrong fails verification.
    async fn cause_of_loop(&self, ask: &Ask<'_>, again: &Again) -> Result<Loop, Error> {
        if let Target::Own { before, .. } = &again.target {
            return Ok(match before {
                Before::Unsaid => Loop::OutOfSight,
                Before::Absent => Loop::CookieLost,
                Before::Over => Loop::SessionOver,
            });
        }
        if !ask.cookies.has_session() {
            return Ok(Loop::CookieLost);
        }
        let Some(handle) = ask.cookies.handle() else {
            return Ok(Loop::SessionOver);
        };
        let live = self.sessions.find(&handle, &ask.inbound.host).await?;
        let grant = live.and_then(|live| live.grant(&again.organization, self.clock.now()));
        Ok(match grant {
            Some(_) => Loop::SignedIn,
            None => Loop::SessionOver,
        })
    }

    /// Back to the provider, which hands out a refresh token only when it asks for consent.
    async fn ask_for_consent(
        &self,
        ask: &Ask<'_>,
        again: Again,
        wishes: Wishes,
        leaving: Leaving,
    ) -> Result<Response<Body>, Error> {
        let organization = self.config.organizations.get(&again.organization);
        let organization = organization.ok_or(Error::NotFound)?;
        let begin = Begin {
            organization: again.organization,
            provider: again.provider.clone(),
            return_path: again.return_path,
            target: again.target,
            login_hint: wishes.login_hint,
            select_account: wishes.select_account,
            consent: true,
            step_up: again.step_up,
            errand: again.errand,
            astray: ask.astray(),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        };
        let begun = self.pipeline.begin(begin).await?;
        self.leave(ask, organization, &again.provider, &begun, leaving)
    }

    /// The run's cookie stays as long as the run is kept: it is what lets a reloaded callback go on to its destination.
    async fn land(
        &self,
        ask: &Ask<'_>,
        (provider, draft): (&Slug, Option<&TriedDraft>),
        finished: &Finished,
        leaving: Leaving,
    ) -> Result<Response<Body>, Error> {
        let to = match &finished.landing {
            Landing::Rehearsed(rehearsed) => {
                let names = (&finished.organization, provider);
                return self.rehearsed(ask, names, draft, rehearsed).await;
            }
            Landing::Here(_) => self.landing(ask, &finished.return_path).await?,
            Landing::Back => finished.return_path.as_str().to_owned(),
            Landing::Own(ticket) => {
                let path = with_query(&self.below("enter"), &[("ticket", ticket.token.expose())]);
                self.config.server.public_url.on(&ticket.host).join(&path)
            }
        };
        let mut response = self.go_on(ask, &to, leaving)?;
        // What else somebody who is signed in does goes round in no circle.
        if finished.flow == Flow::SignIn {
            let counted = if finished.select_account {
                cookies::forget_sign_ins()
            } else {
                ask.cookies
                    .count_sign_in(&finished.organization, finished.began, self.clock.now())
            };
            set_cookie(&mut response, counted);
        }
        if let Landing::Here(handle) = &finished.landing {
            set_cookie(&mut response, cookies::set_session(handle));
            set_cookie(
                &mut response,
                self.remember(&finished.organization, provider),
            );
        }
        Ok(response)
    }

    fn remember(&self, organization: &Slug, provider: &Slug) -> http::HeaderValue {
        let lifetime = self.config.login.remember_organization;
        cookies::set_organization(organization, provider, lifetime)
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
            .enter(&token, &ask.inbound.host, ask.visit(&reference))
            .await;
        let entered = match entered {
            Err(pipeline::Error::Gone { again, .. }) if self.visitor(ask).await?.is_some() => {
                let to = again.map_or_else(ReturnPath::root, |again| again.return_path);
                return Ok(self.see_other(to.as_str(), ask.reference));
            }
            Err(other) => return Err(self.failed_in_popup(ask, other, Leaving::Page)),
            Ok(entered) => entered,
        };
        debug_assert_eq!(entered.organization, organization.slug);
        let to = match &entered.handle {
            Some(_) => self.landing(ask, &entered.return_path).await?,
            None => entered.return_path.as_str().to_owned(),
        };
        let mut response = self.see_other(&to, ask.reference);
        if let Some(handle) = &entered.handle {
            set_cookie(&mut response, cookies::set_session(handle));
        }
        Ok(response)
    }
}
