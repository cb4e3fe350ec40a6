//! What each provider's portal calls things, and the way through it.

use super::Preset;

/// One provider's portal. An address whose name is `None` has no place there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portal {
    /// Where the registration is made.
    pub(super) place: &'static str,
    /// The redirect URI.
    pub(super) redirect: &'static str,
    /// Where the browser comes back after sign-out.
    pub(super) post_logout: Option<&'static str>,
    /// Where the provider may begin a sign-in.
    pub(super) initiate: Option<&'static str>,
    /// Where the provider reports sign-outs.
    pub(super) backchannel: Option<&'static str>,
    /// What the provider frames at sign-outs.
    pub(super) frontchannel: Option<&'static str>,
    /// What to do, in order.
    pub(super) steps: &'static [&'static str],
    /// The keys to fill in, each with a value that it could have and what the portal calls it.
    pub(super) keys: &'static [(&'static str, &'static str, &'static str)],
}

const SECRET: (&str, &str, &str) = (
    "client_secret",
    "{ file = \"/run/secrets/ID\" }",
    "Client secret",
);

impl Portal {
    /// That of a preset.
    pub(super) const fn of(preset: Preset) -> Self {
        match preset {
            Preset::Google => GOOGLE,
            Preset::Entra => ENTRA,
            Preset::Okta => OKTA,
            Preset::Auth0 => AUTH0,
            Preset::Keycloak => KEYCLOAK,
            Preset::GitHub => GITHUB,
            Preset::GitLab => GITLAB,
            Preset::Slack => SLACK,
            Preset::Apple => APPLE,
            Preset::Oidc => OIDC,
            Preset::OAuth2 => OAUTH2,
            Preset::Dev => DEV,
        }
    }
}

/// What most have.
const OIDC: Portal = Portal {
    place: "your OpenID provider (a new confidential web client)",
    redirect: "Redirect URI",
    post_logout: Some("Post-logout redirect URI"),
    initiate: Some("Initiate login URI"),
    backchannel: Some("Back-channel logout URI"),
    frontchannel: Some("Front-channel logout URI"),
    steps: &[
        "Make a client for a web application that keeps a secret, with the authorization code grant and PKCE (S256).",
        "Register the redirect URI exactly as it stands above; the other addresses where the provider has a place for them.",
        "Allow the refresh token grant and the scope offline_access, if people are to be asked about again.",
        "Let the ID token or userinfo carry the claims above.",
    ],
    keys: &[
        (
            "issuer",
            "\"https://login.acme.com\"",
            "issuer, exactly as in its discovery document",
        ),
        ("client_id", "\"…\"", "Client ID"),
        SECRET,
    ],
};

const OAUTH2: Portal = Portal {
    place: "your OAuth 2.0 provider (a new web application)",
    post_logout: None,
    initiate: None,
    backchannel: None,
    frontchannel: None,
    steps: &[
        "Make an application for the authorization code grant that keeps a secret.",
        "Register the redirect URI exactly as it stands above.",
        "Allow the scopes above, so that the addresses of userinfo_urls answer who somebody is.",
    ],
    keys: &[("client_id", "\"…\"", "Client ID"), SECRET],
    ..OIDC
};

const GOOGLE: Portal = Portal {
    place: "Google Cloud (console.cloud.google.com → Google Auth Platform → Clients → Create client → Web application)",
    redirect: "Authorized redirect URI",
    steps: &[
        "Choose or make a project, and under Branding and Audience say what people see. Audience \"Internal\" keeps everybody out who is \
         not in your Workspace.",
        "Under Clients, create a client of the type Web application.",
        "Add the address above under Authorized redirect URIs. Authorized JavaScript origins stay empty.",
        "Say in `allow` who may come: hosted_domains for your Workspace. Private accounts have no hosted domain and are refused by it.",
    ],
    keys: &[
        ("client_id", "\"….apps.googleusercontent.com\"", "Client ID"),
        SECRET,
    ],
    ..OAUTH2
};

const ENTRA: Portal = Portal {
    place: "Microsoft Entra (entra.microsoft.com → Applications → App registrations → New registration)",
    redirect: "Redirect URI (platform Web)",
    post_logout: Some("Redirect URI (one more)"),
    frontchannel: Some("Front-channel logout URL"),
    steps: &[
        "Register an application. Supported account types: this organizational directory only; with `tenants`, any organizational directory.",
        "Under Authentication, add the platform Web with the redirect URI above, and the further addresses.",
        "Under Certificates & secrets, make a client secret. Note its value, which is shown once, and the day it expires.",
        "Under Token configuration, add the optional claims email and xms_edov to the ID token, if addresses are to count as verified, and \
         the groups claim, if rules name groups: groups assigned to the application, so that their list fits into a token.",
        "Under API permissions, openid, email, profile and offline_access of Microsoft Graph are enough.",
    ],
    keys: &[
        (
            "tenant",
            "\"00000000-1111-2222-3333-444444444444\"",
            "Directory (tenant) ID; or tenants = [ … ] for several",
        ),
        ("client_id", "\"…\"", "Application (client) ID"),
        (
            "client_secret",
            "{ file = \"/run/secrets/ID\" }",
            "Value of the client secret, not its ID",
        ),
        ("secret_expires", "\"2027-02-01\"", "Expires"),
    ],
    ..OAUTH2
};

const OKTA: Portal = Portal {
    place: "Okta (Applications → Create App Integration → OIDC → Web Application)",
    redirect: "Sign-in redirect URI",
    post_logout: Some("Sign-out redirect URI"),
    initiate: Some("Initiate login URI"),
    steps: &[
        "Make an app integration: sign-in method OIDC, application type Web Application.",
        "Grant types: Authorization Code and Refresh Token.",
        "Put in the addresses above, and take the examples out.",
        "Under Assignments, choose who may use it; `allow` can narrow that.",
        "For groups: under Sign On, add a groups claim named groups with a filter; with a custom authorization server add it there, and \
         name that server as authorization_server.",
    ],
    keys: &[
        ("domain", "\"acme.okta.com\"", "Okta domain"),
        ("client_id", "\"0oa…\"", "Client ID"),
        SECRET,
    ],
    ..OIDC
};

const AUTH0: Portal = Portal {
    place: "Auth0 (Applications → Applications → Create Application → Regular Web Application)",
    redirect: "Allowed Callback URL",
    post_logout: Some("Allowed Logout URL"),
    initiate: Some("Application Login URI"),
    backchannel: Some("Back-Channel Logout URI"),
    frontchannel: None,
    steps: &[
        "Create a Regular Web Application.",
        "Under Settings, put in the addresses above.",
        "Under Advanced Settings → Grant Types, leave Authorization Code and Refresh Token on.",
        "For groups: an Action after login that adds a claim whose name is a URL, which groups_claim then names.",
    ],
    keys: &[
        ("domain", "\"acme.eu.auth0.com\"", "Domain"),
        ("client_id", "\"…\"", "Client ID"),
        SECRET,
    ],
};

const KEYCLOAK: Portal = Portal {
    place: "Keycloak (your realm → Clients → Create client → OpenID Connect)",
    redirect: "Valid redirect URI",
    post_logout: Some("Valid post logout redirect URI"),
    initiate: None,
    backchannel: Some("Backchannel logout URL"),
    frontchannel: Some("Front-channel logout URL"),
    steps: &[
        "Create a client of the type OpenID Connect, with Client authentication on and Standard flow as the only flow.",
        "Put in the addresses above; Web origins stay empty.",
        "Under Advanced, set the PKCE method to S256.",
        "For groups: in the client's dedicated scope, add a mapper Group Membership with the claim name groups.",
    ],
    keys: &[
        (
            "base_url",
            "\"https://sso.acme.com\"",
            "address of the server, without the realm",
        ),
        ("realm", "\"acme\"", "name of the realm"),
        ("client_id", "\"…\"", "Client ID"),
        (
            "client_secret",
            "{ file = \"/run/secrets/ID\" }",
            "Credentials → Client Secret",
        ),
    ],
};

const GITHUB: Portal = Portal {
    place: "GitHub (your organization → Settings → Developer settings → OAuth Apps → New OAuth app)",
    redirect: "Authorization callback URL",
    steps: &[
        "Make an OAuth app that belongs to your organization and to no person. Device flow stays off.",
        "Put in the address above; the homepage is your application's.",
        "Generate a client secret. It is shown once.",
        "If the organization restricts third-party access, approve the app (Settings → Third-party Access → OAuth app policy): without \
         that, it is missing in the list of a person's organizations, and its rules refuse.",
        "Say in `allow` who may come: tenants for organizations, by their number (api.github.com/orgs/NAME shows it as id), and teams as \
         organization/team.",
    ],
    keys: &[("client_id", "\"…\"", "Client ID"), SECRET],
    ..OAUTH2
};

const GITLAB: Portal = Portal {
    place: "GitLab (your group, or Admin area → Settings → Applications → New application)",
    redirect: "Redirect URI",
    steps: &[
        "Add an application to a group, or on one's own GitLab for all in the admin area. Leave Confidential on.",
        "Put in the address above, and tick the scopes above.",
        "Say in `allow` who may come: groups_any with the paths of groups.",
    ],
    keys: &[
        ("client_id", "\"…\"", "Application ID"),
        ("client_secret", "{ file = \"/run/secrets/ID\" }", "Secret"),
    ],
    ..OAUTH2
};

const SLACK: Portal = Portal {
    place: "Slack (api.slack.com/apps → Create New App → From scratch)",
    redirect: "Redirect URL",
    steps: &[
        "Create an app in your workspace.",
        "Under OAuth & Permissions, add the address above as a redirect URL, and save.",
        "Under User Token Scopes, add openid, email and profile. No bot is needed.",
        "Say in `allow` who may come: tenants with the id of your workspace, which begins with T.",
    ],
    keys: &[("client_id", "\"…\"", "Client ID"), SECRET],
    ..OAUTH2
};

const APPLE: Portal = Portal {
    place: "Apple (developer.apple.com → Certificates, Identifiers & Profiles)",
    redirect: "Return URL",
    steps: &[
        "Under Identifiers, make an App ID with the capability Sign in with Apple, if there is none.",
        "Under Identifiers, make a Services ID: its identifier is the client_id.",
        "Configure Sign in with Apple of that Services ID: the App ID, the domain of the address above, and the address as a return URL. \
         Apple takes https and a real domain only.",
        "Under Keys, make a key for Sign in with Apple and download it. It is shown once.",
        "Apple says a name at the very first sign-in of a person, and never again.",
    ],
    keys: &[
        (
            "client_id",
            "\"com.acme.app\"",
            "Identifier of the Services ID",
        ),
        ("team_id", "\"A1B2C3D4E5\"", "Team ID, at the top right"),
        ("key_id", "\"F6G7H8I9J0\"", "Key ID"),
        (
            "signing_key",
            "{ file = \"/run/secrets/ID\" }",
            "the file AuthKey_….p8",
        ),
    ],
    ..OAUTH2
};

const DEV: Portal = Portal {
    place: "nowhere: this provider is a form of Doorward's own, for first tries on this machine",
    steps: &["There is nothing to register. Whoever types an address is believed."],
    keys: &[],
    ..OAUTH2
};
