//! The generation of a connection: what must stay the same for grants and runs to stay valid.

use serde::{Deserialize, Serialize};

use crate::config::{Organization, Preset, Protocol, Provider};
use crate::secret;

/// Digest of the security-relevant settings of one organization's use of one provider. When it changes, runs and grants
/// made under the old one end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(String);

impl Generation {
    /// The text, for digests.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The generation of a connection. How claims are read is part of it: what is stored of a person was read that way. The
/// `allow` rule is not: it is judged again whenever a session is loaded, so widening it disturbs nobody.
pub fn generation(organization: &Organization, provider: &Provider) -> Generation {
    let mut fields = vec![
        "connection 2",
        organization.slug.as_str(),
        provider.id.as_str(),
    ];
    match &provider.protocol {
        Protocol::Oidc(oidc) => fields.extend([
            "oidc",
            oidc.issuer.as_str(),
            oidc.client_id.as_str(),
            meaning(provider.preset),
            oidc.groups_claim.as_str(),
            if oidc.userinfo { "userinfo" } else { "token" },
        ]),
        Protocol::Dev => fields.push("dev"),
    }
    Generation(secret::encode(&secret::sha256_fields(
        fields.into_iter().map(str::as_bytes),
    )))
}

/// Which preset decides what claims mean, above all whether an e-mail address is the person's.
const fn meaning(preset: Preset) -> &'static str {
    match preset {
        Preset::Oidc => "oidc",
        Preset::Google => "google",
        Preset::Entra => "entra",
        Preset::Okta => "okta",
        Preset::Auth0 => "auth0",
        Preset::Keycloak => "keycloak",
        Preset::Dev => "dev",
    }
}
