//! The generation of a connection: what must stay the same for grants and runs to stay valid.

use serde::{Deserialize, Serialize};

use crate::config::{Organization, Protocol, Provider};
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

/// The generation of a connection. The `allow` rule is not part of it: it is judged again whenever a session is loaded,
/// so widening it disturbs nobody.
pub fn generation(organization: &Organization, provider: &Provider) -> Generation {
    let (kind, issuer, client) = match &provider.protocol {
        Protocol::Oidc(oidc) => ("oidc", oidc.issuer.as_str(), oidc.client_id.as_str()),
        Protocol::Dev => ("dev", "", ""),
    };
    let fields = [
        "connection 1",
        organization.slug.as_str(),
        provider.id.as_str(),
        kind,
        issuer,
        client,
    ];
    Generation(secret::encode(&secret::sha256_fields(
        fields.map(str::as_bytes),
    )))
}
