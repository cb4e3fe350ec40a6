//! What to register at a provider, and where: made from this very file, so that no address can be another than the one that
//! is used.

use serde::Serialize;

use super::portal::Portal;
use super::{Config, Oidc, PersonSource, Preset, Protocol, Provider, RevalidationMethod, defaults};

/// What to register, and where.
#[derive(Clone, Debug, Serialize)]
pub struct Registration {
    /// Its id, as in the file.
    pub provider: String,
    /// What fills in the rest.
    pub preset: &'static str,
    /// Where in the portal.
    pub place: &'static str,
    /// Where browsers come back to.
    pub redirect_uri: String,
    /// Where they come back to after a sign-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uri: Option<String>,
    /// Where the provider may begin a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Where it reports sign-outs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// What it frames at sign-outs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// What the client must be allowed.
    pub grant_types: Vec<&'static str>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What of a person is read.
    pub claims: Vec<String>,
    /// The way through the portal.
    pub steps: &'static [&'static str],
    /// What goes into the file afterwards.
    pub keys: Vec<Key>,
    /// The addresses once more, each with its name in that portal.
    #[serde(skip)]
    pub addresses: Vec<(&'static str, String)>,
}

/// A key of the file that takes what the portal shows.
#[derive(Clone, Debug, Serialize)]
pub struct Key {
    /// Its name.
    pub key: &'static str,
    /// A value that it could have, as it is written.
    pub example: String,
    /// What the portal calls it.
    pub shown_as: &'static str,
}

impl Registration {
    /// That of a provider, whether or not the file has it yet.
    pub fn of(config: &Config, provider: &Provider) -> Self {
        let portal = Portal::of(provider.preset);
        let id = &provider.id;
        let redirect_uri = config.redirect_uri(id);
        let below = |path: String| {
            let server = &config.server;
            server.public_url.join(&format!("{}/{path}", server.prefix))
        };
        let post_logout = portal.post_logout.map(|_| below("logged-out".to_owned()));
        let initiate = portal.initiate.map(|_| below(format!("initiate/{id}")));
        let is_openid = matches!(provider.protocol, Protocol::Oidc(_));
        let backchannel = portal.backchannel.filter(|_| is_openid);
        let backchannel = backchannel.map(|_| below(format!("logout/backchannel/{id}")));
        let frontchannel = portal.frontchannel;
        let frontchannel = frontchannel.map(|_| below(format!("logout/frontchannel/{id}")));
        let addresses = [
            (Some(portal.redirect), Some(&redirect_uri)),
            (portal.post_logout, post_logout.as_ref()),
            (portal.initiate, initiate.as_ref()),
            (portal.backchannel, backchannel.as_ref()),
            (portal.frontchannel, frontchannel.as_ref()),
        ];
        let addresses = addresses.into_iter();
        let has_several =
            matches!(&provider.protocol, Protocol::Oidc(oidc) if !oidc.tenants.is_empty());
        let keys = portal.keys.iter();
        let keys = keys.filter(|(key, ..)| !(has_several && *key == "tenant"));
        let keys = keys.map(|(key, example, shown_as)| Key {
            key,
            example: example.replace("ID", id.as_str()),
            shown_as,
        });
        Self {
            provider: id.to_string(),
            preset: provider.preset.as_str(),
            place: portal.place,
            addresses: addresses
                .filter_map(|(name, uri)| Some((name?, uri?.clone())))
                .collect(),
            grant_types: grant_types(provider),
            scopes: scopes(provider),
            claims: claims(provider),
            steps: portal.steps,
            keys: keys.collect(),
            redirect_uri,
            post_logout_redirect_uri: post_logout,
            initiate_login_uri: initiate,
            backchannel_logout_uri: backchannel,
            frontchannel_logout_uri: frontchannel,
        }
    }
}

impl Registration {
    /// Names and values of all that is registered or has to be allowed, for people.
    pub fn facts(&self) -> Vec<(&str, String)> {
        let mut all: Vec<(&str, String)> = self.addresses.clone();
        all.extend([
            ("Grant types", self.grant_types.join(", ")),
            ("Scopes we request", self.scopes.join(" ")),
            ("Claims we use", self.claims.join(", ")),
        ]);
        all.retain(|(_, value)| !value.is_empty());
        all
    }
}

fn grant_types(provider: &Provider) -> Vec<&'static str> {
    match (&provider.protocol, provider.revalidation()) {
        (Protocol::Dev, _) => Vec::new(),
        (_, RevalidationMethod::RefreshToken) => vec!["Authorization Code", "Refresh Token"],
        (
            Protocol::Oidc(_) | Protocol::OAuth2(_),
            RevalidationMethod::UserInfo
            | RevalidationMethod::Introspection
            | RevalidationMethod::Membership
            | RevalidationMethod::None,
        ) => vec!["Authorization Code"],
    }
}

fn scopes(provider: &Provider) -> Vec<String> {
    match &provider.protocol {
        Protocol::Oidc(oidc) => oidc.scopes.clone(),
        Protocol::OAuth2(oauth2) => oauth2.scopes.clone(),
        Protocol::Dev => Vec::new(),
    }
}

/// What of a person is read.
fn claims(provider: &Provider) -> Vec<String> {
    match &provider.protocol {
        Protocol::Oidc(oidc) => of_tokens(provider.preset, oidc),
        Protocol::OAuth2(oauth2) => match &oauth2.profile {
            PersonSource::Mapped { claims, .. } => claims
                .all()
                .map(|(key, path)| format!("{} ({key})", path.parts().join(".")))
                .collect(),
            PersonSource::GitHub { api } => {
                let all = ["user", "user/emails", "user/orgs", "user/teams"];
                all.map(|path| format!("{api}/{path}")).into()
            }
        },
        Protocol::Dev => Vec::new(),
    }
}

fn of_tokens(preset: Preset, oidc: &Oidc) -> Vec<String> {
    let mut all = if preset == Preset::Entra {
        vec!["oid"]
    } else {
        vec!["sub"]
    };
    all.push("email");
    let own: &[&str] = match preset {
        Preset::Google => &["email_verified", "name", "hd"],
        Preset::Entra => &["xms_edov", "name", "preferred_username", "tid"],
        Preset::Slack => &[
            "email_verified",
            "name",
            "https://slack.com/team_id",
            "https://slack.com/team_name",
        ],
        Preset::Auth0 => &[
            "email_verified",
            "name",
            "preferred_username",
            "org_id",
            "org_name",
        ],
        Preset::Apple => &["email_verified"],
        Preset::Oidc
        | Preset::Okta
        | Preset::Keycloak
        | Preset::GitLab
        | Preset::OAuth2
        | Preset::GitHub
        | Preset::Dev => &["email_verified", "name", "preferred_username"],
    };
    all.extend(own);
    let lists_groups = provider_lists_groups(preset, oidc);
    let groups = lists_groups.then_some(oidc.groups_claim.as_str());
    all.into_iter().chain(groups).map(str::to_owned).collect()
}

/// Those without a claim for groups have one only if the file names it.
fn provider_lists_groups(preset: Preset, oidc: &Oidc) -> bool {
    let without = matches!(preset, Preset::Google | Preset::Slack | Preset::Apple);
    !without || oidc.groups_claim != defaults::GROUPS_CLAIM
}
