//! `[providers.*]`: registrations at identity providers, with what a preset fills in.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reader::Reader;
use super::server::not_empty;
use super::{
    ClientAuthentication, Oidc, Preset, Protocol, Provider, RevalidationMethod, Slug, apple,
    defaults, expiry, issuer, oauth2, pem,
};
use crate::address::Origin;
use crate::secret::Secret;

/// What `preset` may say.
pub(super) const PRESETS: [(&str, Preset); 12] = [
    ("oidc", Preset::Oidc),
    ("google", Preset::Google),
    ("entra", Preset::Entra),
    ("okta", Preset::Okta),
    ("auth0", Preset::Auth0),
    ("keycloak", Preset::Keycloak),
    ("github", Preset::GitHub),
    ("gitlab", Preset::GitLab),
    ("slack", Preset::Slack),
    ("apple", Preset::Apple),
    ("oauth2", Preset::OAuth2),
    ("dev", Preset::Dev),
];

/// What `kind` may say.
const KINDS: [(&str, Preset); 3] = [
    ("oidc", Preset::Oidc),
    ("oauth2", Preset::OAuth2),
    ("dev", Preset::Dev),
];

/// The scope that asks for a refresh token (OIDC Core §11).
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// Signatures that can be verified.
const VERIFIABLE: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

impl Preset {
    /// Whether its issuer is one for everybody in the world.
    pub(super) const fn is_open(self) -> bool {
        match self {
            Self::Google | Self::Slack | Self::Apple => true,
            // Those of GitHub and GitLab by their address: there are others than the one for everybody.
            Self::GitHub
            | Self::GitLab
            | Self::Oidc
            | Self::OAuth2
            | Self::Entra
            | Self::Okta
            | Self::Auth0
            | Self::Keycloak
            | Self::Dev => false,
        }
    }

    /// Which protocol it stands on.
    const fn kind(self) -> Self {
        match self {
            Self::OAuth2 | Self::GitHub => Self::OAuth2,
            Self::Dev => Self::Dev,
            Self::Oidc
            | Self::Google
            | Self::Entra
            | Self::Okta
            | Self::Auth0
            | Self::Keycloak
            | Self::GitLab
            | Self::Slack
            | Self::Apple => Self::Oidc,
        }
    }

    /// What people call it; behind "Sign in with" on its button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Entra => "Microsoft",
            Self::Okta => "Okta",
            Self::Auth0 => "Auth0",
            Self::Keycloak => "Keycloak",
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
            Self::Slack => "Slack",
            Self::Apple => "Apple",
            Self::Dev => "an e-mail address (development)",
            Self::Oidc | Self::OAuth2 => "single sign-on",
        }
    }

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        let mut all = PRESETS.iter();
        all.find(|(_, preset)| *preset == self)
            .map_or("oidc", |(word, _)| word)
    }
}

pub(super) fn providers(
    root: &Reader<'_>,
    public_url: Option<&Origin>,
) -> BTreeMap<Slug, Provider> {
    let mut all = BTreeMap::new();
    for (id, reader) in root.named("providers") {
        let preset = preset(&reader);
        let button = reader.parsed("button", "Sign in with Acme", not_empty);
        if reader.has_faults_at("preset") {
            // Which keys there are depends on it. The name counts, so that nobody misses it.
            all.insert(id.clone(), placeholder(id));
            continue;
        }
        let protocol = if preset == Preset::Dev {
            let loopback = public_url.is_some_and(Origin::is_loopback);
            if !loopback {
                let key = if reader.has("preset") {
                    "preset"
                } else {
                    "kind"
                };
                reader.fault(
                    key,
                    "dev-provider",
                    "the dev provider lets everybody in as anybody",
                    "use it only where server.public_url is http://localhost",
                );
            }
            Protocol::Dev
        } else if preset.kind() == Preset::OAuth2 {
            Protocol::OAuth2(Box::new(oauth2::oauth2(&reader, preset)))
        } else {
            Protocol::Oidc(Box::new(oidc(&reader, preset)))
        };
        let secret_expires = match &protocol {
            Protocol::Dev => None,
            Protocol::Oidc(_) | Protocol::OAuth2(_) => {
                reader.parsed("secret_expires", "2027-02-01", expiry::parse)
            }
        };
        reader.finish();
        let provider = Provider {
            id: id.clone(),
            button: button.unwrap_or_else(|| format!("Sign in with {}", preset.label())),
            preset,
            protocol,
            secret_expires,
        };
        all.insert(id, provider);
    }
    if all.is_empty() && !root.has("providers") {
        root.fault(
            "providers",
            "missing-key",
            "there is no identity provider",
            "add, for example:\n[providers.google]\npreset = \"google\"\nclient_id = \"…\"\nclient_secret = { file = \"…\" }",
        );
    }
    all
}

/// What fills in the defaults: `preset`, or a bare `kind`.
fn preset(reader: &Reader<'_>) -> Preset {
    let preset = reader.word("preset", &PRESETS);
    let kind = reader.word("kind", &KINDS);
    if let (Some(preset), Some(kind)) = (preset, kind)
        && preset.kind() != kind
    {
        reader.fault(
            "kind",
            "contradiction",
            "`kind` and `preset` say different things",
            "keep `preset` alone",
        );
    }
    preset.or(kind).unwrap_or_else(|| {
        if !reader.has("preset") && !reader.has("kind") {
            reader.missing("preset", "\"google\" (or kind = \"oidc\" with an issuer)");
        }
        Preset::Oidc
    })
}

fn placeholder(id: Slug) -> Provider {
    Provider {
        id,
        button: String::new(),
        preset: Preset::Google,
        protocol: Protocol::Dev,
        secret_expires: None,
    }
}

/// What is faulty is left empty, so that the rest can be read: with a fault, nothing is used anyway.
fn oidc(reader: &Reader<'_>, preset: Preset) -> Oidc {
    let issuer = issuer::read(reader, preset);
    let encrypted = issuer.as_deref().is_none_or(|it| !issuer::is_plain(it));
    let client_id = reader.required("client_id", "0oa1b2c3", not_empty);
    let signed_secret = (preset == Preset::Apple)
        .then(|| apple::signed_secret(reader))
        .flatten();
    let client_secret = if preset == Preset::Apple {
        None
    } else {
        client_secret(reader)
    };
    let methods = [
        ("client_secret_basic", ClientAuthentication::Basic),
        ("client_secret_post", ClientAuthentication::Post),
    ];
    let timeout = Duration::from_millis(100)..=Duration::from_secs(60);
    let scopes = scopes(reader, preset);
    let authorize_parameters = authorize_parameters(reader, preset);
    Oidc {
        client_authentication: reader.word("client_authentication", &methods).unwrap_or(
            if preset == Preset::Apple {
                ClientAuthentication::Post
            } else {
                defaults::CLIENT_AUTHENTICATION
            },
        ),
        algorithms: algorithms(reader),
        trusted_audiences: reader
            .list("trusted_audiences", "https://api.acme.com", not_empty)
            .unwrap_or_default(),
        groups_claim: reader
            .parsed("groups_claim", defaults::GROUPS_CLAIM, not_empty)
            .unwrap_or_else(|| defaults::GROUPS_CLAIM.to_owned()),
        userinfo: reader.switch("userinfo").unwrap_or(defaults::USERINFO),
        revalidation: revalidation(reader, preset, &scopes, &authorize_parameters),
        ca: pem::authorities(reader, "ca", encrypted),
        private_network: reader
            .switch("private_network")
            .unwrap_or(defaults::PRIVATE_NETWORK),
        timeout: reader
            .duration("timeout", "10s", timeout)
            .unwrap_or(defaults::PROVIDER_TIMEOUT),
        authorize_parameters,
        scopes,
        tenants: issuer::tenants(reader, preset),
        issuer: issuer.unwrap_or_default(),
        client_id: client_id.unwrap_or_default(),
        client_secret,
        signed_secret,
    }
}

/// The secret, unless the client is public and has none.
pub(super) fn client_secret(reader: &Reader<'_>) -> Option<Secret<String>> {
    let public_client = reader
        .switch("public_client")
        .unwrap_or(defaults::PUBLIC_CLIENT);
    let client_secret = reader.secret("client_secret");
    if client_secret.is_none() && !reader.has("client_secret") && !public_client {
        reader.missing(
            "client_secret",
            "{ file = \"/run/secrets/name\" } (or public_client = true)",
        );
    }
    if public_client && reader.has("client_secret") {
        reader.fault(
            "public_client",
            "contradiction",
            "a public client has no secret, but `client_secret` is set",
            "keep one of the two",
        );
    }
    if public_client && reader.has("client_authentication") {
        reader.fault(
            "client_authentication",
            "contradiction",
            "a public client has no secret, so there is no way to send it",
            "leave it out",
        );
    }
    client_secret
}

/// How identities are asked again: as written, else by refresh token where one can be expected.
fn revalidation(
    reader: &Reader<'_>,
    preset: Preset,
    scopes: &[String],
    parameters: &[(String, String)],
) -> RevalidationMethod {
    let words = [
        RevalidationMethod::RefreshToken,
        RevalidationMethod::UserInfo,
        RevalidationMethod::Introspection,
        RevalidationMethod::None,
    ]
    .map(|method| (method.as_str(), method));
    let offline = |(name, value): &(String, String)| name == "access_type" && value == "offline";
    let expected = match preset {
        Preset::Google => parameters.iter().any(offline),
        Preset::Keycloak | Preset::GitLab => true,
        // Apple hands one out, but wants to be asked once a day at most.
        Preset::Slack | Preset::Apple => false,
        Preset::Oidc
        | Preset::Entra
        | Preset::Okta
        | Preset::Auth0
        | Preset::OAuth2
        | Preset::GitHub
        | Preset::Dev => scopes.iter().any(|scope| scope == OFFLINE_ACCESS),
    };
    let written = reader.word("revalidation", &words);
    if written == Some(RevalidationMethod::RefreshToken) && preset == Preset::Google && !expected {
        reader.fault(
            "revalidation",
            "contradiction",
            "`authorize_parameters` asks Google for no refresh token, so there is none to ask again with",
            "leave `access_type` out, or write revalidation = \"none\"",
        );
    }
    let by_userinfo = [
        RevalidationMethod::UserInfo,
        RevalidationMethod::Introspection,
    ];
    if written.is_some_and(|it| by_userinfo.contains(&it)) && preset == Preset::Entra {
        reader.fault(
            "revalidation",
            "contradiction",
            "people of a directory are known by their ID tokens alone, which come with a refresh",
            "leave it out, or write revalidation = \"none\"",
        );
    }
    written.unwrap_or(if expected {
        defaults::REVALIDATION_METHOD
    } else if preset == Preset::Slack {
        // Its tokens do not expire.
        RevalidationMethod::UserInfo
    } else {
        defaults::REVALIDATION_METHOD_ELSEWHERE
    })
}

fn algorithms(reader: &Reader<'_>) -> Vec<String> {
    let algorithms = reader.list("algorithms", "ES256", |text| {
        let known = VERIFIABLE.contains(&text);
        known
            .then(|| text.to_owned())
            .ok_or_else(|| format!("is none of {}", VERIFIABLE.join(", ")))
    });
    if algorithms.as_ref().is_some_and(Vec::is_empty) && !reader.has_faults_at("algorithms") {
        reader.fault(
            "algorithms",
            "bad-value",
            "`algorithms` is an empty list: no ID token would be accepted",
            "for example: algorithms = [\"ES256\"]",
        );
    }
    algorithms.unwrap_or_else(|| defaults::ALGORITHMS.map(str::to_owned).to_vec())
}

pub(super) fn authorize_parameters(reader: &Reader<'_>, preset: Preset) -> Vec<(String, String)> {
    let extra = reader.table("authorize_parameters");
    let mut parameters = preset_parameters(preset);
    for (name, value) in extra.entries() {
        match value.as_str() {
            Some(text) if !is_ours(name) => {
                // A parameter may be sent once only (RFC 6749 §3.1), and what is written wins.
                parameters.retain(|(known, _)| known != name);
                parameters.push((name.clone(), text.to_owned()));
            }
            Some(_) => extra.fault(
                name,
                "reserved-parameter",
                format!("`{name}` is set by Doorward itself"),
                "leave it out",
            ),
            None => extra.fault(
                name,
                "wrong-type",
                format!("`{name}` must be a text"),
                "put it in quotes",
            ),
        }
    }
    parameters
}

/// Parameters of the authorization request that only the pipeline may set.
pub(super) fn is_ours(name: &str) -> bool {
    matches!(
        name,
        "client_id"
            | "redirect_uri"
            | "response_type"
            | "response_mode"
            | "scope"
            | "state"
            | "nonce"
            | "code_challenge"
            | "code_challenge_method"
            | "request"
            | "request_uri"
            | "login_hint"
            | "prompt"
            // What is asked for must be held against the token, or it means nothing.
            | "max_age"
            | "acr_values"
            | "claims"
            | "id_token_hint"
    )
}

fn preset_parameters(preset: Preset) -> Vec<(String, String)> {
    match preset {
        // Google hands out a refresh token only when asked for offline access.
        Preset::Google => vec![("access_type".to_owned(), "offline".to_owned())],
        Preset::Oidc
        | Preset::OAuth2
        | Preset::Entra
        | Preset::Okta
        | Preset::Auth0
        | Preset::Keycloak
        | Preset::GitHub
        | Preset::GitLab
        | Preset::Slack
        | Preset::Apple
        | Preset::Dev => Vec::new(),
    }
}

fn scopes(reader: &Reader<'_>, preset: Preset) -> Vec<String> {
    let mut scopes: Vec<String> = match preset {
        // Apple's words for what others call `profile`.
        Preset::Apple => ["openid", "email", "name"].map(str::to_owned).to_vec(),
        Preset::Oidc
        | Preset::OAuth2
        | Preset::Google
        | Preset::Entra
        | Preset::Okta
        | Preset::Auth0
        | Preset::Keycloak
        | Preset::GitHub
        | Preset::GitLab
        | Preset::Slack
        | Preset::Dev => defaults::SCOPES.map(str::to_owned).to_vec(),
    };
    if matches!(preset, Preset::Okta | Preset::Auth0 | Preset::Entra) {
        scopes.push(OFFLINE_ACCESS.to_owned());
    }
    further_scopes(reader, scopes)
}

/// The scopes of a preset and those of the file, each once.
pub(super) fn further_scopes(reader: &Reader<'_>, mut scopes: Vec<String>) -> Vec<String> {
    let further = reader.list("scopes", "groups", |text| {
        let sound = !text.is_empty()
            && text
                .bytes()
                .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        sound
            .then(|| text.to_owned())
            .ok_or("is no scope (RFC 6749 §3.3)")
    });
    for scope in further.unwrap_or_default() {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_written_parameter_replaces_that_of_the_preset() {
        let google = |more: &str| {
            let config = Config::sample(&format!(
                "[server]\npublic_url = \"http://localhost:8000\"\n\
                 [upstreams.app]\nurl = \"http://127.0.0.1:1\"\n\
                 [organizations.acme]\nproviders = [\"google\"]\nallow = {{ anyone = true }}\n\
                 [providers.google]\npreset = \"google\"\nclient_id = \"1\"\n\
                 public_client = true\n{more}"
            ));
            match config.providers.into_values().next().unwrap().protocol {
                Protocol::Oidc(oidc) => (oidc.authorize_parameters, oidc.revalidation),
                Protocol::OAuth2(_) | Protocol::Dev => panic!("it is Google"),
            }
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let offline = vec![pair("access_type", "offline")];
        assert_eq!(google(""), (offline, RevalidationMethod::RefreshToken));
        // Without a refresh token nobody can be asked about, so that nobody is asked to consent for one either.
        assert_eq!(
            google("authorize_parameters = { access_type = \"online\", hl = \"de\" }"),
            (
                vec![pair("access_type", "online"), pair("hl", "de")],
                RevalidationMethod::None
            )
        );
    }
}
