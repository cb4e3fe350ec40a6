//! `doorward provider guide`: what to register at a provider, made from this very file, so that no address can be another
//! than the one that is used.

mod portal;

use std::path::Path;

use clap::{Args, ValueEnum};
use serde::Serialize;

use self::portal::Portal;
use super::table::{facts, visible};
use super::{Exit, Output, Source, complain, print};
use crate::config::{
    self, Config, Oidc, PersonSource, Preset, Protocol, Provider, RevalidationMethod, Slug,
};

/// `doorward provider guide`.
#[derive(Clone, Debug, Args)]
pub struct Guide {
    /// Its id, as in the file.
    pub provider: String,
    /// Where the configuration is. No process needs to run, and the values that the portal will show may be missing.
    #[command(flatten)]
    pub source: Source,
    /// How people read it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// For people or for programs.
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub output: Output,
}

/// Where people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// On a terminal.
    Text,
    /// In a ticket or an e-mail.
    Markdown,
}

/// What to register, and where.
#[derive(Clone, Debug, Serialize)]
struct Registration {
    provider: String,
    preset: &'static str,
    /// Where in the portal.
    place: &'static str,
    redirect_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_logout_redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiate_login_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_logout_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frontchannel_logout_uri: Option<String>,
    grant_types: Vec<&'static str>,
    scopes: Vec<String>,
    claims: Vec<String>,
    steps: &'static [&'static str],
    keys: Vec<Key>,
    /// The addresses once more, each with its name in that portal.
    #[serde(skip)]
    addresses: Vec<(&'static str, String)>,
}

/// A key of the file that takes what the portal shows.
#[derive(Clone, Debug, Serialize)]
struct Key {
    key: &'static str,
    example: String,
    /// What the portal calls it.
    shown_as: &'static str,
}

/// Does what was typed.
pub fn run(guide: &Guide) -> Exit {
    let config = match load(&guide.source.config) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let id = Slug::parse(&guide.provider).ok();
    let Some(provider) = id.and_then(|id| config.providers.get(&id)) else {
        let known: Vec<&str> = config.providers.keys().map(Slug::as_str).collect();
        let (typed, known) = (visible(&guide.provider), known.join(", "));
        complain(&format!(
            "error: there is no provider `{typed}`; known: {known}"
        ));
        return Exit::Failed;
    };
    let registration = Registration::of(&config, provider);
    match (guide.output, guide.format) {
        // Texts and lists always serialise.
        (Output::Json, _) => print(&serde_json::to_string(&registration).unwrap_or_default()),
        (Output::Human, Format::Text) => print(&registration.text()),
        (Output::Human, Format::Markdown) => print(&registration.markdown()),
    }
    Exit::Fine
}

fn load(path: &Path) -> Result<Config, Exit> {
    config::load_unregistered(path).map_err(|faults| {
        super::check::complain(&faults);
        Exit::Configuration
    })
}

impl Registration {
    fn of(config: &Config, provider: &Provider) -> Self {
        let portal = Portal::of(provider.preset);
        let id = &provider.id;
        let redirect_uri = config.redirect_uri(id);
        let below = |path: String| {
            let server = &config.server;
            server.public_url.join(&format!("{}/{path}", server.prefix))
        };
        let post_logout = portal.post_logout.map(|_| below("logged-out".to_owned()));
        let initiate = portal.initiate.map(|_| below(format!("initiate/{id}")));
        let backchannel = config.backchannel_logout_uri(id);
        let backchannel = backchannel.filter(|_| portal.backchannel.is_some());
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

    /// Names and values, for both ways of reading.
    fn facts(&self) -> Vec<(&str, String)> {
        let mut all: Vec<(&str, String)> = self.addresses.clone();
        all.extend([
            ("Grant types", self.grant_types.join(", ")),
            ("Scopes we request", self.scopes.join(" ")),
            ("Claims we use", self.claims.join(", ")),
        ]);
        all.retain(|(_, value)| !value.is_empty());
        all
    }

    fn toml(&self) -> String {
        let pairs = self.keys.iter();
        let pairs = pairs.map(|key| (format!("{} = {}", key.key, key.example), key.shown_as));
        let pairs: Vec<(String, &str)> = pairs.collect();
        let widths = pairs.iter().map(|(pair, _)| pair.chars().count());
        let width = widths.max().unwrap_or_default();
        let lines = pairs.iter();
        let lines: Vec<String> = lines
            .map(|(pair, shown_as)| format!("{pair:<width$}  # {shown_as}"))
            .collect();
        format!("[providers.{}]\n{}", self.provider, lines.join("\n"))
    }

    fn next(&self) -> String {
        format!(
            "Next: doorward check, then doorward provider test {}",
            self.provider
        )
    }

    fn text(&self) -> String {
        let mut text = format!("Register this at {}:\n\n", self.place);
        text.push_str(&indented(&facts(&self.facts())));
        text.push_str("\n\nSteps:\n\n");
        for (number, step) in self.steps.iter().enumerate() {
            text.push_str(&format!("  {}. {step}\n", number + 1));
        }
        if !self.keys.is_empty() {
            text.push_str("\nThen put what it shows you into the file:\n\n");
            text.push_str(&indented(&self.toml()));
            text.push('\n');
        }
        text.push_str(&format!("\n{}", self.next()));
        text
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# Sign-in `{}`\n\nRegister this at {}.\n\n",
            self.provider, self.place
        );
        text.push_str("| | |\n| --- | --- |\n");
        for (name, value) in self.facts() {
            // A pipe would end the cell.
            let value = visible(&value).replace('|', "\\|");
            text.push_str(&format!("| {name} | `{value}` |\n"));
        }
        text.push_str("\n## Steps\n\n");
        for (number, step) in self.steps.iter().enumerate() {
            text.push_str(&format!("{}. {step}\n", number + 1));
        }
        if !self.keys.is_empty() {
            let toml = self.toml();
            text.push_str(&format!(
                "\n## What we need from you\n\n```toml\n{toml}\n```\n"
            ));
        }
        text
    }
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("  {line}"));
    lines.collect::<Vec<_>>().join("\n")
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
    let mut all = if oidc.tenants.is_empty() {
        vec!["sub"]
    } else {
        vec!["oid"]
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
    !without || oidc.groups_claim != config::defaults::GROUPS_CLAIM
}

#[cfg(test)]
mod tests;
