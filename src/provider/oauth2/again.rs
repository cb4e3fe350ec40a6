//! Asking again whether somebody is still good, by the same two halves as at OpenID providers.

use super::OAuth2;
use crate::clock::Timestamp;
use crate::config::{PersonSource, RevalidationMethod};
use crate::provider::again::unreadable;
use crate::provider::{Asserted, Held, NotRenewed, Outcome, Revocation, Subject, Tokens};
use crate::secret::Secret;

use super::person::Unheard;

impl OAuth2 {
    /// The first half. `Ok(None)`: this method spends nothing.
    pub(super) async fn spend(
        &self,
        held: Held<'_>,
        now: Timestamp,
    ) -> Result<Option<Tokens>, NotRenewed> {
        match self.config.revalidation {
            RevalidationMethod::RefreshToken => self.refresh(held, now).await.map(Some),
            RevalidationMethod::UserInfo | RevalidationMethod::Membership => Ok(None),
            RevalidationMethod::Introspection | RevalidationMethod::None => {
                Err(Outcome::NotApplicable.into())
            }
        }
    }

    /// The second half.
    pub(super) async fn judge(
        &self,
        held: Held<'_>,
        spent: Option<&Tokens>,
        now: Timestamp,
    ) -> Outcome {
        let confirmed = match (self.config.revalidation, spent) {
            (RevalidationMethod::RefreshToken, Some(tokens)) => match &tokens.access {
                Some(access) => self.look(held, access, now).await,
                None => Err(unreadable()),
            },
            (RevalidationMethod::UserInfo | RevalidationMethod::Membership, _) => {
                match &held.tokens.access {
                    Some(access) => self.look(held, access, now).await,
                    None => Err(Outcome::Revoked(Revocation::NoToken)),
                }
            }
            (RevalidationMethod::RefreshToken, None)
            | (RevalidationMethod::Introspection | RevalidationMethod::None, _) => {
                return Outcome::NotApplicable;
            }
        };
        match confirmed {
            Ok(asserted) => Outcome::Valid(asserted.map(Box::new)),
            Err(outcome) => outcome,
        }
    }

    /// Asks with an access token whose it is, and all that rules may need.
    async fn look(
        &self,
        held: Held<'_>,
        access: &Secret<String>,
        now: Timestamp,
    ) -> Result<Option<Asserted>, Outcome> {
        let access = access.expose();
        match (&self.config.profile, self.config.revalidation) {
            // It said who somebody is beside the token, and there is no other place: that it renewed one is all there is.
            (PersonSource::Mapped { urls, .. }, _) if urls.is_empty() => return Ok(None),
            // The account alone: what is known of its organizations stays as it was.
            (PersonSource::GitHub { api }, RevalidationMethod::UserInfo) => {
                let subject = self.github(api, access).subject().await;
                same(held, &subject.map_err(Unheard::when_asked_again)?)?;
                return Ok(None);
            }
            (PersonSource::Mapped { .. } | PersonSource::GitHub { .. }, _) => {}
        }
        let person = self.identify(access).await;
        let person = person.map_err(Unheard::when_asked_again)?;
        same(held, &person.subject)?;
        Ok(Some(self.asserted(person, Tokens::default(), now)))
    }
}

fn same(held: Held<'_>, found: &Subject) -> Result<(), Outcome> {
    if found == held.subject {
        Ok(())
    } else {
        Err(Outcome::Revoked(Revocation::SubjectChanged))
    }
}
