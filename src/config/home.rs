//! Where somebody finds their own account at a provider.

use url::Url;

use super::{Preset, Protocol, Provider};

impl Provider {
    /// The page at which its people see to their account themselves; the front page of its site where no other is known.
    pub fn home(&self) -> Option<String> {
        let site = match &self.protocol {
            Protocol::Oidc(oidc) => &oidc.issuer,
            Protocol::OAuth2(oauth2) => &oauth2.authorize_url,
            Protocol::Dev => return None,
        };
        let site = Url::parse(site).ok()?.origin().ascii_serialization();
        Some(match self.preset {
            Preset::Google => "https://myaccount.google.com/".to_owned(),
            Preset::Entra => "https://myaccount.microsoft.com/".to_owned(),
            Preset::GitHub => format!("{site}/settings/emails"),
            Preset::Oidc
            | Preset::Okta
            | Preset::Auth0
            | Preset::Keycloak
            | Preset::GitLab
            | Preset::Slack
            | Preset::Apple
            | Preset::OAuth2
            | Preset::Dev => format!("{site}/"),
        })
    }
}
