//! The form of the `dev` provider, which plays the provider's part.

use http::Response;

use super::Ask;
use super::form::Fields;
use crate::config::{self, Slug};
use crate::gateway::{Body, Error, Gateway};
use crate::pages::{DevForm, EmailFault};
use crate::pipeline::{Again, Begin, Begun};

/// What stands in the `dev` form already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Typed<'a> {
    email: Option<&'a str>,
    name: Option<&'a str>,
    groups: Option<&'a str>,
    error: Option<EmailFault>,
}

impl<'a> Typed<'a> {
    /// Nothing but the address that was typed on the page before.
    pub(super) fn hint(email: Option<&'a str>) -> Self {
        Self {
            email,
            ..Self::default()
        }
    }
}

impl Gateway {
    /// The form of the `dev` provider.
    pub(super) fn dev_form(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        begun: &Begun,
        typed: Typed<'_>,
    ) -> Result<Response<Body>, Error> {
        let action = self.below(&format!("callback/{provider}"));
        let view = DevForm {
            action: &action,
            state: begun.state.expose(),
            email: typed.email,
            name: typed.name,
            groups: typed.groups,
            error: typed.error,
        };
        self.show(ask, Some(organization), &view)
    }

    /// The form of the `dev` provider once more: with what was typed, what is wrong with it, and a run of its own.
    pub(super) async fn dev_form_again(
        &self,
        ask: &Ask<'_>,
        provider: &Slug,
        again: &Again,
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let organization = self.config.organizations.get(&again.organization);
        let organization = organization.ok_or(Error::NotFound)?;
        let begin = Begin {
            organization: again.organization.clone(),
            provider: provider.clone(),
            return_path: again.return_path.clone(),
            target: again.target.clone(),
            login_hint: None,
            select_account: false,
            consent: false,
            step_up: again.step_up.clone(),
            errand: again.errand.clone(),
            astray: ask.astray(),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        };
        let begun = self.pipeline.begin(begin).await?;
        let email = fields.get("email");
        let typed = Typed {
            email,
            name: fields.get("name"),
            groups: fields.get("groups"),
            error: Some(email.map_or(EmailFault::Missing, |_| EmailFault::Malformed)),
        };
        let mut response = self.dev_form(ask, organization, provider, &begun, typed)?;
        self.bind(ask, &begun, &mut response);
        Ok(response)
    }
}
