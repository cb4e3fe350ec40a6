//! Who vouches: issuers as providers spell them, written out or built from what their portals show.

use url::Url;

use super::Preset;
use super::oauth2::GITHUB;
use super::reader::Reader;
use super::server::not_empty;
use crate::address::{Host, Origin};

/// The issuer, written out or built by the preset from what its portal shows.
pub(super) fn read(reader: &Reader<'_>, preset: Preset) -> Option<String> {
    let written = reader.parsed("issuer", "https://login.acme.com", |text| {
        let issuer = parse_issuer(text)?;
        if preset == Preset::Entra && reader.has("tenants") {
            of_many_tenants(issuer)
        } else {
            of_one_tenant(issuer, preset)
        }
    });
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

const GOOGLE: &str = "https://accounts.google.com";
const GITLAB: &str = "https://gitlab.com";
const SLACK: &str = "https://slack.com";
const APPLE: &str = "https://appleid.apple.com";

/// Issuers where anybody can make an account, whatever preset names them.
const OPEN_ISSUERS: [&str; 9] = [
    GOOGLE,
    GITLAB,
    SLACK,
    APPLE,
    GITHUB,
    "https://www.linkedin.com/oauth",
    "https://api.login.yahoo.com",
    "https://id.twitch.tv/oauth2",
    "https://www.facebook.com",
];

/// The tenant of Microsoft's personal accounts.
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Whether anybody in the world can have an account there.
pub(super) fn is_open(issuer: &str) -> bool {
    let issuer = issuer.trim_end_matches('/').to_ascii_lowercase();
    OPEN_ISSUERS.contains(&issuer.as_str()) || issuer.contains(PERSONAL_ACCOUNTS)
}

/// Whether it is spoken to in clear, as one on this machine may be.
pub(super) fn is_plain(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|url| url.scheme() == "http")
}

/// Whether it is Google, whatever preset names it.
pub(super) fn is_google(issuer: &str) -> bool {
    issuer.trim_end_matches('/') == GOOGLE
}

/// What a preset makes an issuer of (each key with an example), and what it made.
fn built_issuer(
    reader: &Reader<'_>,
    preset: Preset,
) -> (&'static [(&'static str, &'static str)], Option<String>) {
    match preset {
        Preset::Google => (&[], Some(GOOGLE.to_owned())),
        Preset::Entra => entra(reader),
        Preset::Okta => {
            const DOMAIN: (&str, &str) = ("domain", "acme.okta.com");
            let domain = reader.parsed(DOMAIN.0, DOMAIN.1, parse_domain);
            // Without one of its own, the organization itself vouches, whose tokens list no groups of an API's.
            let server = reader.parsed("authorization_server", "default", parse_segment);
            let built = domain.map(|domain| match server {
                Some(server) => format!("https://{domain}/oauth2/{server}"),
                None => format!("https://{domain}"),
            });
            if reader.has("issuer") && reader.has("authorization_server") {
                reader.fault(
                    "authorization_server",
                    "contradiction",
                    "`issuer` is written out, so `authorization_server` would say nothing",
                    "keep one of the two",
                );
            }
            (&[DOMAIN], built)
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
            let base = reader.parsed(BASE.0, BASE.1, parse_base);
            let realm = reader.parsed(REALM.0, REALM.1, not_empty);
            let built = base
                .zip(realm)
                .map(|(base, realm)| format!("{base}/realms/{realm}"));
            (&[BASE, REALM], built)
        }
        Preset::GitLab => {
            const BASE: (&str, &str) = ("base_url", "https://gitlab.acme.com");
            let base = reader.parsed(BASE.0, BASE.1, parse_base);
            let keys: &[_] = if reader.has(BASE.0) { &[BASE] } else { &[] };
            (keys, Some(base.unwrap_or_else(|| GITLAB.to_owned())))
        }
        Preset::Slack => (&[], Some(SLACK.to_owned())),
        Preset::Apple => (&[], Some(APPLE.to_owned())),
        // Those of OAuth 2.0 alone have no issuer to discover.
        Preset::Oidc | Preset::Dev | Preset::OAuth2 | Preset::GitHub => {
            (&[("issuer", "https://login.acme.com")], None)
        }
    }
}

/// One directory, or several that are listed: those sign in at an endpoint that they share.
fn entra(reader: &Reader<'_>) -> (&'static [(&'static str, &'static str)], Option<String>) {
    const TENANT: (&str, &str) = ("tenant", "00000000-1111-2222-3333-444444444444");
    let tenant = reader.parsed(TENANT.0, TENANT.1, parse_tenant);
    if !reader.has("tenants") {
        let of_one = |tenant| format!("https://login.microsoftonline.com/{tenant}/v2.0");
        return (&[TENANT], tenant.map(of_one));
    }
    if reader.has(TENANT.0) {
        reader.fault(
            TENANT.0,
            "contradiction",
            "`tenants` lists the directories, so `tenant` would say nothing",
            "keep one of the two",
        );
    }
    let of_many = "https://login.microsoftonline.com/organizations/v2.0";
    (&[], Some(of_many.to_owned()))
}

/// The directories whose people may come, where Entra's issuer is that of many.
pub(super) fn tenants(reader: &Reader<'_>, preset: Preset) -> Vec<String> {
    if preset != Preset::Entra {
        return Vec::new();
    }
    let example = "00000000-1111-2222-3333-444444444444";
    let tenants = reader.list("tenants", example, |text| {
        let tenant = parse_tenant(text)?;
        if tenant == PERSONAL_ACCOUNTS {
            return Err("is where personal accounts are, which belong to nobody's directory");
        }
        Ok(tenant)
    });
    if tenants.as_ref().is_some_and(Vec::is_empty) && !reader.has_faults_at("tenants") {
        reader.fault(
            "tenants",
            "bad-value",
            "`tenants` is an empty list: no directory's people could come",
            format!("for example: tenants = [\"{example}\"]"),
        );
    }
    tenants.unwrap_or_default()
}

/// Entra's tokens name their tenant by its id, however it was asked for: under any other name of it, none is accepted.
fn parse_tenant(text: &str) -> Result<String, &'static str> {
    let tenant = text.to_ascii_lowercase();
    if is_guid(&tenant) {
        Ok(tenant)
    } else {
        Err(
            "must be the id of one directory, as its overview shows it: no domain, and not common, organizations or consumers",
        )
    }
}

/// In small letters, as Entra writes them.
fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(digit))
}

/// Where Entra lives, national clouds included.
const ENTRA: [&str; 4] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "sts.windows.net",
];

/// Refuses an issuer of Entra that its tokens do not name.
fn of_one_tenant(issuer: &str, preset: Preset) -> Result<String, String> {
    let url = Url::parse(issuer).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let tenant = url
        .as_ref()
        .and_then(|url| url.path_segments()?.next())
        .unwrap_or_default();
    let many = ["common", "organizations", "consumers"];
    let sound = if ENTRA.contains(&host) {
        is_guid(tenant)
    } else {
        preset != Preset::Entra || !many.contains(&tenant.to_ascii_lowercase().as_str())
    };
    let why =
        "must name one directory by its id, in small letters: its tokens name no other issuer";
    sound
        .then(|| issuer.to_owned())
        .ok_or_else(|| why.to_owned())
}

/// An issuer of Entra that stands for many tenants: its tokens name one each.
fn of_many_tenants(issuer: &str) -> Result<String, String> {
    let url = Url::parse(issuer).ok();
    let mut segments = url.as_ref().and_then(Url::path_segments);
    let shared = segments
        .as_mut()
        .and_then(Iterator::next)
        .is_some_and(|first| matches!(first, "organizations" | "common"));
    if shared {
        Ok(issuer.to_owned())
    } else {
        Err("must be that of `organizations` or `common`, since `tenants` lists several".to_owned())
    }
}

/// One part of a path, as it stands there.
fn parse_segment(text: &str) -> Result<String, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !text.is_empty() && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("must be a name such as `default`")
    }
}

fn parse_domain(text: &str) -> Result<String, String> {
    Host::parse(text, 443)
        .map(|host| host.to_string())
        .map_err(|error| format!("is {error}"))
}

/// OIDC Discovery §3: a URL with https, no query, no fragment; http for a provider on this machine.
fn parse_issuer(text: &str) -> Result<&str, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("must have no query, fragment or user name".to_owned());
    }
    check_address(&url)?;
    Ok(text)
}

/// The same without a slash at the end, for others to be built upon.
pub(super) fn parse_base(text: &str) -> Result<String, String> {
    Ok(parse_issuer(text)?.trim_end_matches('/').to_owned())
}

/// Whether an address may be called, or a browser sent there.
pub(super) fn check_address(url: &Url) -> Result<(), String> {
    let origin = Origin::parse(&url.origin().ascii_serialization())
        .map_err(|_| "is no http or https URL".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user name".to_owned());
    }
    if !origin.is_secure() && !origin.is_loopback() {
        return Err("must be https; http is for localhost alone".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e90";

    #[test]
    fn a_tenant_is_one_directory_by_its_id() {
        assert_eq!(parse_tenant(&ID.to_ascii_uppercase()).as_deref(), Ok(ID));
        for none in [
            "",
            "common",
            "Common",
            "organizations",
            "contoso.onmicrosoft.com",
            "7d3f1a52",
            "7d3f1a525b1c4a7e9f0e2c8f6d1b4e90",
            "7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e9g",
        ] {
            assert!(parse_tenant(none).is_err(), "{none}");
        }
    }

    #[test]
    fn an_issuer_of_entra_is_the_one_in_its_tokens() {
        let is_fine = |issuer: &str, preset| of_one_tenant(issuer, preset).is_ok();
        for preset in [Preset::Entra, Preset::Oidc] {
            let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
            assert!(is_fine(&of(ID), preset));
            assert!(is_fine(&format!("https://sts.windows.net/{ID}/"), preset));
            for none in ["common", "organizations", "consumers", "contoso.com"] {
                assert!(!is_fine(&of(none), preset), "{none}");
            }
            assert!(!is_fine(&of(&ID.to_ascii_uppercase()), preset));
        }
        assert!(!is_fine(
            "https://acme.ciamlogin.com/Common/v2.0",
            Preset::Entra
        ));
        assert!(is_fine(
            "https://acme.ciamlogin.com/acme/v2.0",
            Preset::Entra
        ));
        assert!(is_fine("https://login.acme.com/common", Preset::Oidc));
    }
}
