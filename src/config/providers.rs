//! `[providers.*]`: registrations at identity providers, with what a preset fills in.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::reader::Reader;
use super::server::{existing, not_empty};
use super::{
    ClientAuthentication, Oidc, Preset, Protocol, Provider, RevalidationMethod, Slug, defaults,
};
use crate::address::{Host, Origin};

/// What `preset` may say.
pub(super) const PRESETS: [(&str, Preset); 7] = [
    ("oidc", Preset::Oidc),
    ("google", Preset::Google),
    ("entra", Preset::Entra),
    ("okta", Preset::Okta),
    ("auth0", Preset::Auth0),
    ("keycloak", Preset::Keycloak),
    ("dev", Preset::Dev),
];

/// Signatures that are accepted on ID tokens unless written otherwise.
const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

/// Those that can be verified.
const VERIFIABLE: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

impl Preset {
    /// Whether its issuer is one for everybody in the world.
    const fn is_open(self) -> bool {
        match self {
            Self::Google => true,
            Self::Oidc | Self::Entra | Self::Okta | Self::Auth0 | Self::Keycloak | Self::Dev => {
                false
            }
        }
    }

    /// Whether its e-mail addresses can be proven to be the person's.
    pub(super) const fn proves_email(self) -> bool {
        match self {
            Self::Entra => false,
            Self::Google | Self::Oidc | Self::Okta | Self::Auth0 | Self::Keycloak | Self::Dev => {
                true
            }
        }
    }

    /// What its button says behind "Sign in with".
    const fn label(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Entra => "Microsoft",
            Self::Okta => "Okta",
            Self::Auth0 => "Auth0",
            Self::Keycloak => "Keycloak",
            Self::Dev => "an e-mail address (development)",
            Self::Oidc => "single sign-on",
        }
    }
}

/// Issuers where anybody can make an account, whatever preset names them.
const OPEN_ISSUERS: [&str; 8] = [
    "https://accounts.google.com",
    "https://gitlab.com",
    "https://slack.com",
    "https://appleid.apple.com",
    "https://www.linkedin.com/oauth",
    "https://api.login.yahoo.com",
    "https://id.twitch.tv/oauth2",
    "https://www.facebook.com",
];

/// The tenant of Microsoft's personal accounts.
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

impl Provider {
    /// Whether anybody in the world can have an account there.
    pub(super) fn is_open(&self) -> bool {
        let issuer = match &self.protocol {
            Protocol::Oidc(oidc) => oidc.issuer.trim_end_matches('/').to_ascii_lowercase(),
            Protocol::Dev => return false,
        };
        self.preset.is_open()
            || OPEN_ISSUERS.contains(&issuer.as_str())
            || issuer.contains(PERSONAL_ACCOUNTS)
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
        } else {
            Protocol::Oidc(Box::new(oidc(&reader, preset)))
        };
        reader.finish();
        let provider = Provider {
            id: id.clone(),
            button: button.unwrap_or_else(|| format!("Sign in with {}", preset.label())),
            preset,
            protocol,
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
    let kind = reader.word("kind", &[("oidc", Preset::Oidc), ("dev", Preset::Dev)]);
    if let (Some(preset), Some(kind)) = (preset, kind)
        && (preset == Preset::Dev) != (kind == Preset::Dev)
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
    }
}

/// What is faulty is left empty, so that the rest can be read: with a fault, nothing is used anyway.
fn oidc(reader: &Reader<'_>, preset: Preset) -> Oidc {
    let issuer = issuer(reader, preset);
    let client_id = reader.required("client_id", "0oa1b2c3", not_empty);
    let public_client = reader.switch("public_client").unwrap_or(false);
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
    let methods = [
        ("client_secret_basic", ClientAuthentication::Basic),
        ("client_secret_post", ClientAuthentication::Post),
    ];
    let timeout = Duration::from_millis(100)..=Duration::from_secs(60);
    let scopes = scopes(reader, preset);
    Oidc {
        client_authentication: reader
            .word("client_authentication", &methods)
            .unwrap_or(ClientAuthentication::Basic),
        algorithms: algorithms(reader),
        trusted_audiences: reader
            .list("trusted_audiences", "https://api.acme.com", not_empty)
            .unwrap_or_default(),
        authorize_parameters: authorize_parameters(reader, preset),
        groups_claim: reader
            .parsed("groups_claim", "groups", not_empty)
            .unwrap_or_else(|| "groups".to_owned()),
        userinfo: reader.switch("userinfo").unwrap_or(true),
        revalidation: revalidation(reader, preset, &scopes),
        ca: existing(reader, "ca", "tls/ca.pem"),
        private_network: reader.switch("private_network").unwrap_or(false),
        timeout: reader
            .duration("timeout", "10s", timeout)
            .unwrap_or(defaults::PROVIDER_TIMEOUT),
        scopes,
        issuer: issuer.unwrap_or_default(),
        client_id: client_id.unwrap_or_default(),
        client_secret,
    }
}

/// How identities are asked again: as written, else by refresh token where one can be expected.
fn revalidation(reader: &Reader<'_>, preset: Preset, scopes: &[String]) -> RevalidationMethod {
    let words = [
        RevalidationMethod::RefreshToken,
        RevalidationMethod::UserInfo,
        RevalidationMethod::Introspection,
        RevalidationMethod::None,
    ]
    .map(|method| (method.as_str(), method));
    let expected = matches!(preset, Preset::Google | Preset::Keycloak)
        || scopes.iter().any(|scope| scope == "offline_access");
    reader.word("revalidation", &words).unwrap_or(if expected {
        RevalidationMethod::RefreshToken
    } else {
        RevalidationMethod::None
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
    algorithms.unwrap_or_else(|| ALGORITHMS.map(str::to_owned).to_vec())
}

fn authorize_parameters(reader: &Reader<'_>, preset: Preset) -> Vec<(String, String)> {
    let extra = reader.table("authorize_parameters");
    let mut parameters = preset_parameters(preset);
    for (name, value) in extra.entries() {
        match value.as_str() {
            Some(text) if !is_ours(name) => parameters.push((name.clone(), text.to_owned())),
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
fn is_ours(name: &str) -> bool {
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
        | Preset::Entra
        | Preset::Okta
        | Preset::Auth0
        | Preset::Keycloak
        | Preset::Dev => Vec::new(),
    }
}

fn scopes(reader: &Reader<'_>, preset: Preset) -> Vec<String> {
    let mut scopes: Vec<String> = ["openid", "email", "profile"].map(str::to_owned).to_vec();
    if matches!(preset, Preset::Okta | Preset::Auth0 | Preset::Entra) {
        scopes.push("offline_access".to_owned());
    }
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

/// The issuer, written out or built by the preset from what its portal shows.
fn issuer(reader: &Reader<'_>, preset: Preset) -> Option<String> {
    let written = reader.parsed("issuer", "https://login.acme.com", parse_issuer);
    let (keys, built) = built_issuer(reader, preset);
    if !reader.has("issuer") {
        for (key, example) in keys.iter().filter(|(key, _)| !reader.has(key)) {
            reader.missing(key, &format!("\"{example}\""));
        }
        return built;
    }
    for (key, _) in keys.iter().filter(|(key, _)| reader.has(key)) {
        if *key != "issuer" {
            reader.fault(
                key,
                "contradiction",
                format!("`issuer` is written out, so `{key}` would say nothing"),
                "keep one of the two",
            );
        }
    }
    written
}

/// What a preset makes an issuer of (each key with an example), and what it made.
fn built_issuer(
    reader: &Reader<'_>,
    preset: Preset,
) -> (&'static [(&'static str, &'static str)], Option<String>) {
    match preset {
        Preset::Google => (&[], Some("https://accounts.google.com".to_owned())),
        Preset::Entra => {
            const TENANT: (&str, &str) = ("tenant", "00000000-1111-2222-3333-444444444444");
            let tenant = reader.parsed(TENANT.0, TENANT.1, parse_tenant);
            (
                &[TENANT],
                tenant.map(|tenant| format!("https://login.microsoftonline.com/{tenant}/v2.0")),
            )
        }
        Preset::Okta => {
            const DOMAIN: (&str, &str) = ("domain", "acme.okta.com");
            let domain = reader.parsed(DOMAIN.0, DOMAIN.1, parse_domain);
            (&[DOMAIN], domain.map(|domain| format!("https://{domain}")))
        }
        Preset::Auth0 => {
            const DOMAIN: (&str, &str) = ("domain", "acme.eu.auth0.com");
            let domain = reader.parsed(DOMAIN.0, DOMAIN.1, parse_domain);
            // Auth0's issuer ends with a slash, and issuers are compared byte for byte.
            (&[DOMAIN], domain.map(|domain| format!("https://{domain}/")))
        }
        Preset::Keycloak => {
            const BASE: (&str, &str) = ("base_url", "https://sso.acme.com");
            const REALM: (&str, &str) = ("realm", "acme");
            let base = reader.parsed(BASE.0, BASE.1, parse_issuer);
            let realm = reader.parsed(REALM.0, REALM.1, not_empty);
            let built = base
                .zip(realm)
                .map(|(base, realm)| format!("{}/realms/{realm}", base.trim_end_matches('/')));
            (&[BASE, REALM], built)
        }
        Preset::Oidc | Preset::Dev => (&[("issuer", "https://login.acme.com")], None),
    }
}

fn parse_tenant(text: &str) -> Result<String, String> {
    let many = ["common", "organizations", "consumers"];
    let sound = !many.contains(&text)
        && (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if sound {
        Ok(text.to_owned())
    } else {
        Err(
            "must name one tenant by its id: common, organizations and consumers are many"
                .to_owned(),
        )
    }
}

fn parse_domain(text: &str) -> Result<String, String> {
    Host::parse(text, 443)
        .map(|host| host.to_string())
        .map_err(|error| format!("is {error}"))
}

/// OIDC Discovery §3: a URL with https, no query, no fragment; http for a provider on this machine.
fn parse_issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    let origin = Origin::parse(&url.origin().ascii_serialization())
        .map_err(|_| "is no http or https URL".to_owned())?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("must have no query, fragment or user name".to_owned());
    }
    if !origin.is_secure() && !origin.is_loopback() {
        return Err("must be https; http is for localhost alone".to_owned());
    }
    Ok(text.to_owned())
}
