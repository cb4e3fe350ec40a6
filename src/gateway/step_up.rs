//! A route wants a fresher or stronger sign-in than the visitor's: where they are sent, and what programs are told.

use http::{Response, StatusCode, request};

use super::endpoints::with_query;
use super::inbound::{Inbound, Kind};
use super::routes::Route;
use super::{Body, Error, Gateway, Known, redirect};
use crate::address::ReturnPath;
use crate::config::{Assurance, Slug};
use crate::pages::Destination;
use crate::pipeline::{Again, StepUp};
use crate::telemetry::Reference;
use crate::wire::Received;

impl Gateway {
    /// Sends a page load to the door that leads to the same provider; tells everybody else where that is. `sent` is the
    /// request itself, if it came here.
    pub(super) async fn step_up(
        &self,
        inbound: &Inbound,
        route: &Route,
        known: &Known,
        sent: Option<(request::Parts, Received)>,
        reference: Reference,
    ) -> Result<Response<Body>, Error> {
        let Some(assurance) = route.config.assurance.clone() else {
            return Err(Error::NoRoute);
        };
        let grant = known.grant.grant();
        let step_up = StepUp::of(grant, known.grant.profile(), &assurance);
        let return_path = ReturnPath::parse(inbound.target(), &self.config.server.prefix)
            .unwrap_or_else(|_| ReturnPath::root());
        match inbound.kind {
            Kind::PageLoad => {
                let door = self.step_up_path(step_up, Some(&return_path))?;
                Ok(redirect(StatusCode::FOUND, &door, "step-up", reference))
            }
            Kind::FormPost => {
                let door = self.step_up_path(step_up, Some(&return_path))?;
                let door = Destination::parse(&door)?;
                let kept = match sent {
                    Some((head, body)) => self.keep_form(inbound, grant, (&head, body)).await?,
                    None => None,
                };
                match kept {
                    Some((cookie, _)) => Err(Error::FormKept { door, cookie }),
                    None => Err(Error::StepUp { assurance, door }),
                }
            }
            // A script knows better than we do which page it belongs to: it adds `rd` itself.
            Kind::Program => {
                let door = Destination::parse(&self.step_up_path(step_up, None)?)?;
                Err(Error::StepUp { assurance, door })
            }
        }
    }

    /// The door of a step-up, below the prefix.
    pub(super) fn step_up_path(
        &self,
        step_up: StepUp,
        return_path: Option<&ReturnPath>,
    ) -> Result<String, Error> {
        let path = door(&step_up.organization);
        let sealed = self.pipeline.seal_step_up(step_up)?;
        let mut pairs = Vec::new();
        pairs.extend(return_path.map(|it| ("rd", it.as_str())));
        pairs.push(("step_up", sealed.as_str()));
        Ok(with_query(&self.below(&path), &pairs))
    }

    /// Where a step-up begins again that the provider answered with too little: it is to ask the person whatever it thinks.
    pub(super) fn stronger(&self, again: &Again) -> Option<Destination> {
        let step_up = again.step_up.as_deref()?.clone().insisting();
        let path = self.step_up_path(step_up, Some(&again.return_path)).ok()?;
        let organization = self.config.organizations.get(&again.organization)?;
        let to = match organization.hosts.first() {
            None => path,
            Some(host) => self.config.server.public_url.on(host).join(&path),
        };
        Destination::parse(&to).ok()
    }
}

fn door(organization: &Slug) -> String {
    format!("login/{organization}")
}

/// What a program is told (RFC 9470 §3). Values of the file have neither quotation marks nor spaces in them.
pub(super) fn challenge(assurance: &Assurance) -> String {
    let mut challenge = "Bearer error=\"insufficient_user_authentication\", \
         error_description=\"A more recent or stronger sign-in is required\""
        .to_owned();
    if !assurance.acr_values.is_empty() {
        challenge += &format!(", acr_values=\"{}\"", assurance.acr_values.join(" "));
    }
    if let Some(max_age) = assurance.max_age {
        challenge += &format!(", max_age=\"{}\"", max_age.as_secs());
    }
    challenge
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_challenge_says_what_is_asked_for() {
        let check = |max_age: Option<u64>, acr_values: &[&str], ends: &str| {
            let assurance = Assurance {
                max_age: max_age.map(Duration::from_secs),
                acr_values: acr_values.iter().map(|&acr| acr.to_owned()).collect(),
            };
            let told = challenge(&assurance);
            let begins = "Bearer error=\"insufficient_user_authentication\", error_description=\"";
            assert!(told.starts_with(begins), "{told}");
            assert!(told.ends_with(ends), "{told}");
        };
        check(Some(60), &[], "required\", max_age=\"60\"");
        check(None, &["mfa"], "required\", acr_values=\"mfa\"");
        check(
            Some(60),
            &["hwk", "mfa"],
            "required\", acr_values=\"hwk mfa\", max_age=\"60\"",
        );
    }
}
