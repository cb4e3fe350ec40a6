//! Whoever adds an identity to their account sees both sides first, and says whether it is theirs.

use http::{Response, request};

use super::login::with_query;
use super::{Ask, slug};
use crate::config;
use crate::gateway::{Body, Error, Gateway, Known};
use crate::pages::{AccountOffer, Side};
use crate::pipeline::{Answer, Asked};
use crate::wire::Received;

/// Where the page is, below the prefix.
pub(super) const OFFER: &str = "account/offer";

impl Gateway {
    /// What would be added to whose account. Where nobody is asked anything, the account is shown: it is added, or it never was.
    pub(super) async fn offer_page(
        &self,
        ask: &Ask<'_>,
        known: &Known,
        organization: &config::Organization,
    ) -> Result<Response<Body>, Error> {
        let slug = &organization.slug;
        let Some(offered) = self.pipeline.offered(&known.live, slug).await? else {
            return Ok(self.see_other(&self.below("account"), ask.reference));
        };
        let (grant, profile) = (known.grant.grant(), known.grant.profile());
        let there = &offered.profile;
        let is_nameless = there.name.is_none() && there.email.is_none();
        let (here_button, there_button) =
            (self.button(&grant.provider), self.button(&offered.provider));
        let token = ask.cookies.handle().map(|handle| handle.form_token());
        let view = AccountOffer {
            organization: organization.into(),
            here: Side {
                provider: &here_button,
                name: profile.name.as_deref(),
                email: profile.email.as_deref(),
                subject: None,
            },
            there: Side {
                provider: &there_button,
                name: there.name.as_deref(),
                email: there.email.as_deref(),
                subject: is_nameless.then_some(&offered.subject),
            },
            offer: &offered.id,
            csrf: token.as_deref().unwrap_or_default(),
        };
        self.show(ask, Some(organization), &view)
    }

    /// What they say to it. When this answers that it is added, that is durable and in force.
    pub(super) async fn answer_offer(
        &self,
        ask: &Ask<'_>,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let (known, fields) = self.person(ask, head, body).await?;
        let handle = ask.cookies.handle();
        let handle = handle.ok_or(Error::Unauthorized { had_session: true })?;
        let adds = match fields.get("answer") {
            Some("add") => true,
            Some("not-me") => false,
            Some(_) | None => return Err(Error::Form),
        };
        let offer = fields.get("offer").ok_or(Error::Form)?.to_owned();
        // Of what they were asked: another one may be shown by now.
        let organization = slug(fields.get("organization").ok_or(Error::Form)?)?;
        let (pipeline, host) = (self.pipeline.clone(), ask.inbound.host.clone());
        let reference = ask.reference.to_string();
        // Whoever leaves has still said so.
        let work = async move {
            let asked = Asked {
                handle: &handle,
                host: &host,
                live: &known.live,
                organization: &organization,
                offer: &offer,
                reference: &reference,
            };
            if adds {
                pipeline.accept(&asked).await
            } else {
                pipeline.decline(&asked).await
            }
        };
        let answer = self.tasks.spawn(work).await;
        let to = match answer.map_err(|_| Error::Stopping)?? {
            Answer::Settled => self.below("account"),
            Answer::Newer => self.below(OFFER),
            Answer::Late => with_query(&self.below("account"), &[("late", "yes")]),
        };
        Ok(self.see_other(&to, ask.reference))
    }
}
