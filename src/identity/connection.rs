//! The generation of a connection: what must stay the same for grants and runs to stay valid.

use serde::{Deserialize, Serialize};

use crate::config::{Organization, PersonSource, Preset, Protocol, Provider};
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
    let read;
    match &provider.protocol {
        Protocol::Oidc(oidc) => {
            fields.extend([
                "oidc",
                oidc.issuer.as_str(),
                oidc.client_id.as_str(),
                meaning(provider.preset),
                oidc.groups_claim.as_str(),
                if oidc.userinfo { "userinfo" } else { "token" },
            ]);
            // Whose people may come, and by which name they are known then. Others have no such fields.
            fields.extend(oidc.tenants.iter().map(String::as_str));
        }
        Protocol::OAuth2(oauth2) => {
            fields.extend([
                "oauth2",
                oauth2.issuer.as_str(),
                oauth2.client_id.as_str(),
                meaning(provider.preset),
            ]);
            read = readings(&oauth2.profile);
            fields.extend(read.iter().map(String::as_str));
        }
        Protocol::Dev => fields.push("dev"),
    }
    Generation(secret::encode(&secret::sha256_fields(
        fields.into_iter().map(str::as_bytes),
    )))
}

/// Where an OAuth 2.0 provider says what of people.
fn readings(profile: &PersonSource) -> Vec<String> {
    match profile {
        PersonSource::GitHub { api } => vec![api.clone()],
        PersonSource::Mapped { urls, claims } => {
            let paths = claims.all();
            let paths = paths.map(|(key, path)| format!("{key}={}", path.parts().join("\0")));
            urls.iter().cloned().chain(paths).collect()
        }
    }
}

/// Which preset decides what claims mean, above all whether an e-mail address is the person's.
const fn meaning(preset: Preset) -> &'static str {
    match preset {
        Preset::Oidc => "oidc",
        Preset::Google => "google",
        // The second way to know people: a grant of the first is nobody's.
        Preset::Entra => "entra 2",
        Preset::Okta => "okta",
        Preset::Auth0 => "auth0",
        Preset::Keycloak => "keycloak",
        Preset::GitLab => "gitlab",
        Preset::Slack => "slack",
        Preset::Apple => "apple",
        Preset::OAuth2 => "oauth2",
        Preset::GitHub => "github",
        Preset::Dev => "dev",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn generation_of(provider: &str) -> Generation {
        let config = Config::sample(&format!(
            "[server]\npublic_url = \"https://app.acme.com\"\n[upstreams.app]\nurl = \"http://127.0.0.1:1\"\n\
             [organizations.acme]\nproviders = [\"idp\"]\nallow = {{ anyone = true }}\n\
             [providers.idp]\nclient_id = \"1\"\nclient_secret = \"for tests\"\n{provider}"
        ));
        let organization = config.organizations.values().next().unwrap();
        generation(organization, config.providers.values().next().unwrap())
    }

    /// All of these are different connections.
    #[track_caller]
    fn differ(providers: &[&str]) {
        let all = providers.iter().map(|provider| generation_of(provider));
        let distinct: std::collections::HashSet<Generation> = all.collect();
        assert_eq!(distinct.len(), providers.len());
    }

    #[test]
    fn whose_people_may_come_is_part_of_a_connection() {
        const A: &str = "7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e90";
        const B: &str = "0b1c2d3e-1111-2222-3333-444455556666";
        differ(&[
            &format!("preset = \"entra\"\ntenant = \"{A}\""),
            &format!("preset = \"entra\"\ntenants = [\"{A}\"]"),
            &format!("preset = \"entra\"\ntenants = [\"{A}\", \"{B}\"]"),
        ]);
    }

    #[test]
    fn where_a_provider_says_who_somebody_is_is_part_of_a_connection() {
        let oauth2 = |more: &str| {
            format!(
                "kind = \"oauth2\"\nauthorize_url = \"https://id.acme.com/a\"\ntoken_url = \"https://id.acme.com/t\"\n{more}"
            )
        };
        let me = |more: &str| {
            oauth2(&format!(
                "userinfo_urls = [\"https://id.acme.com/me\"]\n{more}"
            ))
        };
        differ(&[
            "preset = \"github\"",
            "preset = \"github\"\nbase_url = \"https://github.acme.com\"",
            &oauth2("claims = { subject = \"id\" }"),
            &me("claims = { subject = \"id\" }"),
            &me("claims = { subject = \"user.id\" }"),
            &me("claims = { subject = \"id\", email = \"mail\" }"),
            &me("claims = { subject = \"id\", name = \"mail\" }"),
        ]);
    }
}
