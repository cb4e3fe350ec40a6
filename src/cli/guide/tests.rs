//! Each guide says what this file says, and nothing of another.

use super::*;

const A: &str = "7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e90";

/// What each preset needs, for a provider of that name.
fn table(preset: &str) -> String {
    let keys = match preset {
        "oidc" => "issuer = \"https://login.acme.com\"",
        "oauth2" => {
            "authorize_url = \"https://id.acme.com/a\"\ntoken_url = \"https://id.acme.com/t\"\n\
             claims = { subject = \"user.id\", email = \"user.mail\" }"
        }
        "entra" => &format!("tenants = [\"{A}\"]"),
        "okta" | "auth0" => "domain = \"acme.example.com\"",
        "keycloak" => "base_url = \"https://sso.acme.com\"\nrealm = \"acme\"",
        _ => "",
    };
    format!("[providers.{preset}]\npreset = \"{preset}\"\n{keys}\n")
}

const ALL: [&str; 11] = [
    "oidc", "oauth2", "google", "entra", "okta", "auth0", "keycloak", "github", "gitlab", "slack",
    "apple",
];

/// A file before anything is registered: no client id, no secret.
fn registration(preset: &str, server: &str) -> Registration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorward.toml");
    let text = format!(
        "[server]\n{server}\nbehind_proxy = true\n[upstreams.app]\nurl = \"http://127.0.0.1:1\"\n{}\
         [organizations.acme]\nproviders = [\"{preset}\"]\nallow = {{ anyone = true }}\n",
        table(preset)
    );
    std::fs::write(&path, text).unwrap();
    let config = config::load_unregistered(&path).unwrap_or_else(|faults| panic!("{faults}"));
    let id = Slug::parse(preset).unwrap();
    Registration::of(&config, &config.providers[&id])
}

fn all_shapes(registration: &Registration) -> [String; 3] {
    let json = serde_json::to_string(registration).unwrap();
    [registration.text(), registration.markdown(), json]
}

#[test]
fn every_guide_has_the_redirect_uri_of_this_very_file() {
    for preset in ALL {
        for (server, at) in [
            (
                "public_url = \"https://app.acme.com\"",
                "https://app.acme.com/_sso",
            ),
            (
                "public_url = \"https://other.acme.com:8443\"",
                "https://other.acme.com:8443/_sso",
            ),
            (
                "public_url = \"https://app.acme.com\"\nprefix = \"/auth/sso\"",
                "https://app.acme.com/auth/sso",
            ),
        ] {
            let uri = format!("{at}/callback/{preset}");
            for shape in all_shapes(&registration(preset, server)) {
                assert!(shape.contains(&uri), "{uri} in\n{shape}");
                let elsewhere = shape.matches("/callback/").count() - shape.matches(&uri).count();
                assert_eq!(elsewhere, 0, "{shape}");
            }
        }
    }
}

#[test]
fn every_address_is_the_one_that_is_served() {
    let okta = registration("okta", "public_url = \"https://app.acme.com\"");
    let at = "https://app.acme.com/_sso";
    assert_eq!(
        okta.post_logout_redirect_uri.as_deref(),
        Some(&*format!("{at}/logged-out"))
    );
    assert_eq!(
        okta.initiate_login_uri.as_deref(),
        Some(&*format!("{at}/initiate/okta"))
    );
    let back = format!("{at}/logout/backchannel/okta");
    assert_eq!(okta.backchannel_logout_uri.as_deref(), Some(&*back));
    let front = format!("{at}/logout/frontchannel/okta");
    assert_eq!(okta.frontchannel_logout_uri.as_deref(), Some(&*front));
    assert_eq!(okta.scopes.join(" "), "openid email profile offline_access");
    let text = okta.text();
    for part in [
        "Sign-in redirect URI      https://app.acme.com/_sso/callback/okta",
        "Sign-out redirect URI     https://app.acme.com/_sso/logged-out",
        "Grant types               Authorization Code, Refresh Token",
        "client_secret = { file = \"/run/secrets/okta\" }",
        "Next: doorward check, then doorward provider test okta",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn what_a_portal_has_no_place_for_is_left_out() {
    for preset in ["google", "github", "gitlab", "slack", "apple", "oauth2"] {
        let found = registration(preset, "public_url = \"https://app.acme.com\"");
        for shape in all_shapes(&found) {
            for other in ["logged-out", "backchannel", "frontchannel", "/initiate/"] {
                assert!(!shape.contains(other), "{preset}: {other} in\n{shape}");
            }
        }
    }
}

#[test]
fn claims_are_those_that_are_read() {
    let claims = |preset| registration(preset, "public_url = \"https://app.acme.com\"").claims;
    for (preset, expected) in [
        ("google", "sub email email_verified name hd"),
        (
            "entra",
            "oid email xms_edov name preferred_username tid groups",
        ),
        (
            "keycloak",
            "sub email email_verified name preferred_username groups",
        ),
        ("oauth2", "user.id (subject) user.mail (email)"),
    ] {
        assert_eq!(claims(preset).join(" "), expected, "{preset}");
    }
    assert!(claims("github").contains(&"https://api.github.com/user/teams".to_owned()));
}

#[test]
fn the_keys_to_fill_in_are_keys_of_the_file() {
    let known = config::known_keys();
    for preset in ALL {
        let found = registration(preset, "public_url = \"https://app.acme.com\"");
        assert!(found.keys.len() >= 2 && found.steps.len() >= 3, "{preset}");
        for key in found.keys {
            assert!(
                known.contains(&format!("providers.*.{}", key.key)),
                "{}",
                key.key
            );
        }
    }
}
