//! `[providers.*]`: the application registrations at identity providers.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::config::{ClaimPaths, Slug};
use crate::secret::Secret;

/// `[providers.NAME]`: one application registration at one identity provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Name in the file; part of the redirect URI.
    pub id: Slug,
    /// Text of the sign-in button.
    pub button: String,
    /// What filled in the defaults.
    pub preset: Preset,
    /// How to talk to it.
    pub protocol: Protocol,
    /// When our secret there stops working, as its portal said.
    pub secret_expires: Option<Timestamp>,
}

/// Names of presets as written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Any OpenID provider.
    Oidc,
    /// Google: offline access, hosted domains.
    Google,
    /// Microsoft Entra ID: one directory, or several that are listed.
    Entra,
    /// Okta.
    Okta,
    /// Auth0.
    Auth0,
    /// Keycloak.
    Keycloak,
    /// GitLab, gitlab.com or one's own.
    GitLab,
    /// Sign in with Slack.
    Slack,
    /// Sign in with Apple: a secret that is signed, an answer that is posted.
    Apple,
    /// Any provider with OAuth 2.0 and a place that says who somebody is.
    OAuth2,
    /// GitHub, or GitHub Enterprise Server: organizations and teams by its API.
    GitHub,
    /// A form that asks for an e-mail address; loopback only.
    Dev,
}

/// How a provider is spoken to.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// OpenID Connect with discovery.
    Oidc(Box<Oidc>),
    /// OAuth 2.0 alone, with a profile that says who somebody is.
    OAuth2(Box<OAuth2>),
    /// The form.
    Dev,
}

/// An OpenID provider.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// Issuer identifier, compared byte for byte (OIDC Discovery §4.3).
    pub issuer: String,
    /// Entra's directories whose people may come, by id, where the issuer is that of many. Empty: the issuer is one.
    pub tenants: Vec<String>,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; none for a public client (PKCE alone).
    pub client_secret: Option<Secret<String>>,
    /// What a secret is signed with anew for each use, in place of a fixed one (Apple).
    pub signed_secret: Option<SignedSecret>,
    /// How the secret is sent.
    pub client_authentication: ClientAuthentication,
    /// All scopes asked for, `openid` included.
    pub scopes: Vec<String>,
    /// Signature algorithms accepted on ID tokens (JOSE names, never `none`).
    pub algorithms: Vec<String>,
    /// Who else its ID tokens may be for.
    pub trusted_audiences: Vec<String>,
    /// Further parameters of the authorization request.
    pub authorize_parameters: Vec<(String, String)>,
    /// Name of the claim that lists groups.
    pub groups_claim: String,
    /// Whether userinfo is asked for claims that the ID token lacks.
    pub userinfo: bool,
    /// How identities are asked again.
    pub revalidation: RevalidationMethod,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// Whether it may lead to private addresses though its issuer has a public one.
    pub private_network: bool,
    /// For one call to the provider, from connect to the last byte.
    pub timeout: Duration,
}

/// What Apple wants in place of a secret: a statement of ours, signed with a key that it handed out.
#[derive(Clone, Debug)]
pub struct SignedSecret {
    /// Who we are there (`iss`).
    pub team_id: String,
    /// Which of our keys it is (`kid`).
    pub key_id: String,
    /// The key as it came, a PEM file with PKCS #8.
    pub key: Secret<String>,
}

/// A provider with OAuth 2.0 alone.
#[derive(Clone, Debug)]
pub struct OAuth2 {
    /// The name that its people's identities are kept under: its own, or that of its authorization endpoint's origin.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; none for a public client (PKCE alone).
    pub client_secret: Option<Secret<String>>,
    /// How the secret is sent.
    pub client_authentication: ClientAuthentication,
    /// Where the browser goes (RFC 6749 §3.1).
    pub authorize_url: String,
    /// Where a code becomes a token (§3.2).
    pub token_url: String,
    /// Where it says who somebody is.
    pub profile: PersonSource,
    /// All scopes asked for.
    pub scopes: Vec<String>,
    /// What stands between two scopes, in the request and in the answer.
    pub scope_separator: String,
    /// Scopes without which nobody comes in.
    pub required_scopes: Vec<String>,
    /// Further parameters of the authorization request.
    pub authorize_parameters: Vec<(String, String)>,
    /// How identities are asked again.
    pub revalidation: RevalidationMethod,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// Whether it may lead to private addresses though its token endpoint has a public one.
    pub private_network: bool,
    /// For one call to the provider, from connect to the last byte.
    pub timeout: Duration,
}

/// Where an OAuth 2.0 provider says who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonSource {
    /// In JSON objects at these addresses, or in the token response if there are none, read by paths.
    Mapped {
        /// Each is asked with the access token. What an earlier one says stands.
        urls: Vec<String>,
        /// Where in them what is.
        claims: ClaimPaths,
    },
    /// In GitHub's REST API.
    GitHub {
        /// Its address, without a slash at the end.
        api: String,
    },
}

/// OIDC Core §9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
}

/// How a provider is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevalidationMethod {
    /// By redeeming the refresh token (RFC 6749 §6).
    RefreshToken,
    /// By asking userinfo with the access token (OIDC Core §5.3): for providers whose tokens do not expire.
    UserInfo,
    /// By introspecting the refresh or access token (RFC 7662).
    Introspection,
    /// By asking with the access token who somebody is and which organizations and teams they are in (GitHub).
    Membership,
    /// Not at all: only session lifetimes bound an identity.
    None,
}

impl Provider {
    /// How identities are asked again.
    pub fn revalidation(&self) -> RevalidationMethod {
        match &self.protocol {
            Protocol::Oidc(oidc) => oidc.revalidation,
            Protocol::OAuth2(oauth2) => oauth2.revalidation,
            Protocol::Dev => RevalidationMethod::None,
        }
    }
}

impl RevalidationMethod {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh_token",
            Self::UserInfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Membership => "membership",
            Self::None => "none",
        }
    }
}
