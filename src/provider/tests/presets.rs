//! What each preset makes of the little that has to be written down.

use super::*;
use crate::config::RevalidationMethod;

struct Built {
    preset: Preset,
    issuer: &'static str,
    further_scopes: &'static [&'static str],
    parameters: &'static [(&'static str, &'static str)],
    revalidation: RevalidationMethod,
}

#[track_caller]
fn check(lines: &str, expected: &Built) {
    let provider = configured(lines);
    assert_eq!(provider.preset, expected.preset, "{lines}");
    let Protocol::Oidc(oidc) = &provider.protocol else {
        panic!("{lines}: not an OpenID provider");
    };
    assert_eq!(oidc.issuer, expected.issuer, "{lines}");
    let scopes = [&["openid", "email", "profile"], expected.further_scopes].concat();
    assert_eq!(oidc.scopes, scopes, "{lines}");
    let parameters = oidc.authorize_parameters.iter();
    let parameters: Vec<_> = parameters
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(parameters, expected.parameters, "{lines}");
    assert_eq!(oidc.revalidation, expected.revalidation, "{lines}");
}

const OFFLINE: &[&str] = &["offline_access"];

const TABLE: [(&str, Built); 12] = [
    (
        "preset = \"google\"",
        Built {
            preset: Preset::Google,
            issuer: "https://accounts.google.com",
            further_scopes: &[],
            parameters: &[("access_type", "offline")],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"entra\"\ntenant = \"00000000-1111-2222-3333-444444444444\"",
        Built {
            preset: Preset::Entra,
            issuer: "https://login.microsoftonline.com/00000000-1111-2222-3333-444444444444/v2.0",
            further_scopes: OFFLINE,
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"okta\"\ndomain = \"acme.okta.com\"",
        Built {
            preset: Preset::Okta,
            issuer: "https://acme.okta.com",
            further_scopes: OFFLINE,
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"auth0\"\ndomain = \"acme.eu.auth0.com\"",
        Built {
            preset: Preset::Auth0,
            issuer: "https://acme.eu.auth0.com/",
            further_scopes: OFFLINE,
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"keycloak\"\nbase_url = \"https://sso.acme.com/\"\nrealm = \"acme\"",
        Built {
            preset: Preset::Keycloak,
            issuer: "https://sso.acme.com/realms/acme",
            further_scopes: &[],
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"oidc\"\nissuer = \"https://login.acme.com\"",
        Built {
            preset: Preset::Oidc,
            issuer: "https://login.acme.com",
            further_scopes: &[],
            parameters: &[],
            revalidation: RevalidationMethod::None,
        },
    ),
    (
        "kind = \"oidc\"\nissuer = \"https://login.acme.com\"\nscopes = [\"offline_access\", \"groups\"]\n\
         authorize_parameters = { resource = \"x\" }",
        Built {
            preset: Preset::Oidc,
            issuer: "https://login.acme.com",
            further_scopes: &["offline_access", "groups"],
            parameters: &[("resource", "x")],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"okta\"\ndomain = \"acme.okta.com\"\nauthorization_server = \"default\"",
        Built {
            preset: Preset::Okta,
            issuer: "https://acme.okta.com/oauth2/default",
            further_scopes: OFFLINE,
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"entra\"\ntenants = [\"00000000-1111-2222-3333-444444444444\"]",
        Built {
            preset: Preset::Entra,
            issuer: "https://login.microsoftonline.com/organizations/v2.0",
            further_scopes: OFFLINE,
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"gitlab\"",
        Built {
            preset: Preset::GitLab,
            issuer: "https://gitlab.com",
            further_scopes: &[],
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"gitlab\"\nbase_url = \"https://gitlab.acme.com/\"",
        Built {
            preset: Preset::GitLab,
            issuer: "https://gitlab.acme.com",
            further_scopes: &[],
            parameters: &[],
            revalidation: RevalidationMethod::RefreshToken,
        },
    ),
    (
        "preset = \"slack\"",
        Built {
            preset: Preset::Slack,
            issuer: "https://slack.com",
            further_scopes: &[],
            parameters: &[],
            revalidation: RevalidationMethod::UserInfo,
        },
    ),
];

#[test]
fn every_preset_builds_what_its_provider_wants() {
    for (lines, expected) in &TABLE {
        check(lines, expected);
    }
}

#[tokio::test]
async fn google_is_told_the_only_hosted_domain_that_is_admitted() {
    for (preset, only, written, expected) in [
        (Preset::Google, Some("acme.com"), None, &["acme.com"][..]),
        (Preset::Google, None, None, &[]),
        (Preset::Google, Some("acme.com"), Some("*"), &["*"]),
        (Preset::Oidc, Some("acme.com"), None, &[]),
    ] {
        let world = World::new().await;
        let mut oidc = registration(&world.idp.issuer);
        let written = written.map(|value: &str| ("hd".to_owned(), value.to_owned()));
        oidc.authorize_parameters.extend(written);
        let registered = config::Provider {
            preset,
            ..provider(oidc)
        };
        let oidc = build(&registered, &world.shared).unwrap();
        let attempt = Attempt {
            hosted_domain: only.map(str::to_owned),
            ..world.attempt.clone()
        };
        let started = oidc.start(&attempt).await.unwrap();
        let Start::Redirect(url) = started.start else {
            panic!("a redirect");
        };
        assert_eq!(query(&url, "hd"), expected, "{preset:?} {only:?}");
        world.end().await;
    }
}
