//! The operator's file, turned into values that are known to be good.
//!
//! Owns: [`Config`] and its slices, every default (`defaults.rs`), reading and merging the sources, and the faults that
//! are reported. There is no second type for what was written: `source.rs` merges it and knows its places, `reader.rs` is
//! the one way to it, and whatever no section asked for there is unknown. Leaves to others: what the values mean at work.
//! Invariants: a `Config` only exists if the whole file is valid (threat model 55); reading opens no socket and sets no
//! global; secrets are `Secret`.

mod apple;
mod brand;
mod colour;
pub mod defaults;
mod difference;
mod draft;
mod expiry;
mod fault;
mod fixed;
mod home;
mod include;
mod issuer;
mod load;
mod mask;
mod oauth2;
mod organizations;
mod pages;
mod pem;
mod popup;
mod portal;
mod proof;
mod providers;
mod reader;
mod registration;
mod revalidation;
mod routes;
#[cfg(test)]
mod sample;
mod secrets;
mod server;
mod source;
mod upstreams;
mod values;
mod words;

pub use self::colour::{Colour, LEGIBLE};
pub use self::difference::{Change, Difference};
pub use self::draft::{DRAFTABLE, Draft, DraftField, FieldFault, FieldKind};
pub use self::expiry::parse as parse_day;
pub use self::fault::{Fault, Faults, Place, Source, Style, Weight, render, to_json};
pub use self::fixed::Fixed;
pub use self::load::{
    Loaded, Operators, known_keys, load, load_file, load_operators, load_unregistered,
};
pub use self::oauth2::{ClaimPath, ClaimPaths};
pub use self::pages::LANGUAGES;
pub use self::popup::PopupSize;
pub use self::registration::{Key, Registration};
pub use self::routes::{IDENTITY_FIELDS, fold_name};
pub use self::source::{Origin as Files, wants_colour};
pub use self::upstreams::{
    Address, Balance, ClientCertificate, Health, Upstream, UpstreamHttp, UpstreamTls,
};
pub use self::values::Values;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, Method};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::{Host, Origin};
use crate::clock::Timestamp;
use crate::secret::Secret;

/// Everything the operator decided. Immutable; a reload makes a new one.
#[derive(Clone, Debug)]
pub struct Config {
    /// The public side.
    pub server: Server,
    /// The applications, by name.
    pub upstreams: BTreeMap<Slug, Upstream>,
    /// The application registrations at identity providers, by name.
    pub providers: BTreeMap<Slug, Provider>,
    /// The tenants, by slug.
    pub organizations: BTreeMap<Slug, Organization>,
    /// What is served to whom. Never empty: without routes in the file there is one for everything.
    pub routes: Vec<Route>,
    /// Plain identity headers.
    pub headers: Headers,
    /// The signed identity header.
    pub assertion: Assertion,
    /// Asking providers again.
    pub revalidation: Revalidation,
    /// Towards sign-in.
    pub login: Login,
    /// What all pages have in common.
    pub pages: Pages,
    /// The operator's socket.
    pub admin: Admin,
    /// Probes and metrics.
    pub management: Management,
    /// The embedded store.
    pub store: Store,
    /// Log lines.
    pub logs: Logs,
}

impl Config {
    /// Where a provider sends browsers back to: what has to be registered there.
    pub fn redirect_uri(&self, provider: &Slug) -> String {
        let path = format!("{}/callback/{provider}", self.server.prefix);
        self.server.public_url.join(&path)
    }

    /// Where a provider reports sign-outs (OIDC Back-Channel Logout 1.0 §2.2); `None` for one that has no such thing.
    pub fn backchannel_logout_uri(&self, provider: &Slug) -> Option<String> {
        match &self.providers.get(provider)?.protocol {
            Protocol::Oidc(_) => {
                let path = format!("{}/logout/backchannel/{provider}", self.server.prefix);
                Some(self.server.public_url.join(&path))
            }
            Protocol::OAuth2(_) | Protocol::Dev => None,
        }
    }

    /// Where a provider sends people who begin there (OIDC Core §4); `None` for one that cannot.
    pub fn initiate_login_uri(&self, provider: &Slug) -> Option<String> {
        match &self.providers.get(provider)?.protocol {
            Protocol::Oidc(_) => {
                let path = format!("{}/initiate/{provider}", self.server.prefix);
                Some(self.server.public_url.join(&path))
            }
            Protocol::OAuth2(_) | Protocol::Dev => None,
        }
    }
}

/// A name in the file: `[a-z0-9-]{1,40}`, not starting or ending with `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// Parses a name.
    ///
    /// # Errors
    /// Anything outside the alphabet or longer than 40 characters.
    pub fn parse(text: &str) -> Result<Self, BadSlug> {
        let sound = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadSlug)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = BadSlug;

    fn try_from(text: String) -> Result<Self, BadSlug> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

/// A text that is not a [`Slug`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no name: 1 to 40 of a-z, 0-9 and -, which neither begins nor ends with -")]
pub struct BadSlug;

/// `[server]`: the public listener.
#[derive(Clone, Debug)]
pub struct Server {
    /// What people type; redirect URIs are built from it; its host is the shared host.
    pub public_url: Origin,
    /// Where to accept connections.
    pub listen: Vec<Listen>,
    /// Everything that Doorward itself serves lives below this path. Starts with `/`, does not end with one.
    pub prefix: String,
    /// Peers whose forwarding fields count.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whether they say of each connection whom it is for, before anything else.
    pub proxy_protocol: bool,
    /// Whether another process may bind the same TCP addresses.
    pub reuse_port: bool,
    /// What asks about each request instead of sending it here; nobody by default.
    pub forward_auth: Vec<FrontProxy>,
    /// How long requests may finish after the signal to stop.
    pub shutdown_timeout: Duration,
    /// Certificate and key; absent: plain HTTP.
    pub tls: Option<Tls>,
    /// Bounds on what a client may send.
    pub limits: Limits,
}

/// A peer whose forwarding fields count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Whoever connects from there.
    Network(IpNet),
    /// Whoever connects over a Unix socket: who can is up to its permissions.
    Unix,
}

impl TrustedProxy {
    /// Whether a peer is meant; one over a Unix socket has no address.
    pub fn covers(&self, peer: Option<IpAddr>) -> bool {
        match (self, peer) {
            (Self::Network(network), Some(peer)) => network.contains(&peer),
            (Self::Unix, None) => true,
            (Self::Network(_), None) | (Self::Unix, Some(_)) => false,
        }
    }
}

/// A front proxy that asks whether a request may go on, and sends it to the application itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontProxy {
    /// `auth_request`.
    Nginx,
    /// `ForwardAuth`.
    Traefik,
    /// `forward_auth`.
    Caddy,
    /// `ext_authz` with an HTTP service.
    Envoy,
    /// A script of ours, in Lua.
    Haproxy,
}

impl FrontProxy {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Nginx,
        Self::Traefik,
        Self::Caddy,
        Self::Envoy,
        Self::Haproxy,
    ];

    /// Its name, in the file and in the path where it asks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Haproxy => "haproxy",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// One address to accept connections on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
    /// Sockets of this name that the service manager has bound.
    Systemd(String),
}

impl Listen {
    /// Whether one of the two could not be bound while the other is. Whether a wildcard of IPv6 covers IPv4 is a setting
    /// of the system, so families count apart.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tcp(one), Self::Tcp(other)) => {
                let wild = one.ip().is_unspecified() || other.ip().is_unspecified();
                let near = one.ip() == other.ip() || wild && one.is_ipv4() == other.is_ipv4();
                // The system chooses another port for each 0.
                near && one.port() == other.port() && one.port() != 0
            }
            (Self::Unix(one), Self::Unix(other)) => one == other,
            (Self::Systemd(one), Self::Systemd(other)) => one == other,
            (Self::Tcp(_) | Self::Unix(_) | Self::Systemd(_), _) => false,
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "{address}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Self::Systemd(name) => write!(formatter, "systemd:{name}"),
        }
    }
}

/// `[server.tls]`: PEM files, read again when they change.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// `[server.limits]`: see `defaults.rs` for the reason behind each number.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Of these, from one address (of IPv6: from one /64); further ones are closed. Trusted proxies are not counted.
    pub max_connections_per_address: usize,
    /// Bytes of a request's head.
    pub max_header_bytes: usize,
    /// Fields in a request's head.
    pub max_header_fields: usize,
    /// From the first byte of a head to its end; on a new connection, from accepting it to the first byte too.
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub keep_alive_timeout: Duration,
    /// For the TLS handshake.
    pub handshake_timeout: Duration,
    /// Between two pieces of a request or response body, and on an idle tunnel.
    pub idle_timeout: Duration,
    /// Concurrent streams of one HTTP/2 connection.
    pub max_http2_streams: u32,
}

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

/// `[organizations.SLUG]`: a tenant.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Slug in the file, in URLs and in assertions.
    pub slug: Slug,
    /// Name for people.
    pub name: String,
    /// False: nobody of it gets in.
    pub enabled: bool,
    /// Hosts of its own; empty: it lives on the shared host.
    pub hosts: Vec<Host>,
    /// E-mail domains that lead to its door. They grant nothing.
    pub domains: Vec<String>,
    /// Which providers may vouch for its people, in the order of the buttons.
    pub providers: Vec<Slug>,
    /// Who may open its admin pages. They belong to its people all the same: `allow` holds for them too.
    pub owners: Vec<Owner>,
    /// Whether an owner must have completed Setup before anybody gets in.
    pub activation: Activation,
    /// Who may sign in.
    pub allow: Rules,
    /// What is said to those who may not.
    pub refusal: Refusal,
    /// What its pages look like.
    pub brand: Brand,
    /// How long sessions last, merged from `[sessions]` and the organization's own table.
    pub sessions: Sessions,
}

/// Who owns an organization, as the file says: nothing that anybody asserts makes an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Owner {
    /// Whoever a provider of the organization vouches for under this address, in small letters.
    Email(String),
    /// One person at one provider.
    Person {
        /// Who vouches.
        issuer: String,
        /// For whom.
        subject: String,
    },
}

/// What opens the connections of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The file.
    Implicit,
    /// An owner who has completed Setup.
    Required,
}

/// `allow` and `require`: all keys must hold, the values of one key are alternatives. Comparison values are stored
/// lower case where they are compared without regard to case (e-mail addresses and domains).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Everybody the provider vouches for. Only on its own, and only written out.
    pub anyone: bool,
    /// Verified e-mail addresses.
    pub emails: Option<Vec<String>>,
    /// Domains of verified e-mail addresses, compared exactly.
    pub email_domains: Option<Vec<String>>,
    /// Values of Google's `hd` claim.
    pub hosted_domains: Option<Vec<String>>,
    /// At least one of these groups.
    pub groups_any: Option<Vec<String>>,
    /// All of these groups.
    pub groups_all: Option<Vec<String>>,
    /// Subjects at the provider.
    pub subjects: Option<Vec<String>>,
    /// Ids of the provider's customers: Entra's directories, GitHub's organizations, Slack's workspaces.
    pub tenants: Option<Vec<String>>,
    /// At least one of these teams of GitHub, as `organization/team`.
    pub teams: Option<Vec<String>>,
    /// Other claims: one of the values each (a claim that is a list must contain one).
    pub claims: BTreeMap<String, Vec<String>>,
}

/// `explain` and `remedy` of `allow` or `require`: what its own people know better than we do. Not part of the rules, so
/// that a change of words ends no session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Why some may not.
    pub explain: Option<String>,
    /// What they can do.
    pub remedy: Option<String>,
}

/// `[organizations.SLUG.brand]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// Its sign.
    pub logo: Option<Logo>,
    /// Its colour, which white or dark text can be read on.
    pub colour: Option<Colour>,
    /// Whom its people can ask: an `https:` or `mailto:` address.
    pub support: Option<String>,
}

/// A picture that is small enough to travel inside a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// How it is encoded.
    pub kind: LogoKind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Encodings of logos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    /// SVG.
    Svg,
    /// PNG.
    Png,
}

/// `[sessions]` and `[organizations.SLUG.sessions]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// Without a request for this long, the grant ends.
    pub idle_timeout: Duration,
    /// After this long the grant ends, whatever happens.
    pub absolute_timeout: Duration,
    /// The oldest session goes when an account has more.
    pub max_per_account: usize,
}

/// `[routes.NAME]`: which requests go to which application, and who may send them.
#[derive(Clone, Debug)]
pub struct Route {
    /// Name in the file, in metrics and in logs.
    pub name: String,
    /// `/exact` or `/prefix/*`.
    pub path: PathPattern,
    /// Only on these hosts; empty: on all.
    pub hosts: Vec<Host>,
    /// Only these methods; empty: all.
    pub methods: Vec<Method>,
    /// The application. None where front proxies alone ask about requests and know themselves where these go.
    pub upstream: Option<Slug>,
    /// Who may.
    pub access: Access,
    /// Pins an organization on the shared host.
    pub organization: Option<Slug>,
    /// What the person must have beyond being signed in.
    pub require: Option<Rules>,
    /// What is said to those who lack it.
    pub refusal: Refusal,
    /// How fresh and how strong their sign-in must be.
    pub assurance: Option<Assurance>,
}

/// `require.max_auth_age` and `require.acr_values`: what can be had by signing in once more, unlike what [`Rules`] ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The person proved who they are at most this long ago.
    pub max_age: Option<Duration>,
    /// In one of these ways (`acr`, OIDC Core §2), the preferred one first; empty: in any.
    pub acr_values: Vec<String>,
}

/// A literal path, or a literal prefix with everything below it. Canonical segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    /// Segments that must match.
    pub segments: Vec<String>,
    /// Whether anything may follow (`/*`).
    pub open: bool,
}

/// Who may send a request on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only people with a grant.
    Required,
    /// Everybody; who has a grant is named to the application.
    Optional,
    /// Everybody, unnamed.
    Public,
}

/// `[headers]`: the plain identity headers.
#[derive(Clone, Debug)]
pub struct Headers {
    /// Which family of names.
    pub preset: HeaderPreset,
    /// Between groups in one value.
    pub groups_separator: String,
    /// How values that are not visible ASCII are written.
    pub encoding: HeaderEncoding,
    /// Further fields, `[headers.set]`.
    pub set: Vec<(HeaderName, Template)>,
}

/// Families of header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPreset {
    /// `Remote-User`, `Remote-Email`, `Remote-Name`, `Remote-Groups`, `Remote-Organization`.
    RemoteUser,
    /// `X-Forwarded-User`, `-Email`, `-Preferred-Username`, `-Groups`, `-Organization`.
    XForwarded,
    /// `X-Auth-Request-User`, `-Email`, `-Preferred-Username`, `-Groups`, `-Organization`.
    XAuthRequest,
    /// None: only the assertion.
    None,
}

/// How a value that is not visible ASCII goes into a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderEncoding {
    /// RFC 8187 §3.2.1: `UTF-8''%E2%82%AC`.
    Rfc8187,
    /// base64url without padding of the UTF-8 bytes.
    Base64url,
}

/// A header value with places to fill: `{email}`, `{claims.department}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub Vec<TemplatePart>);

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// As it stands.
    Text(String),
    /// Account id.
    Account,
    /// Verified e-mail address.
    Email,
    /// Display name.
    Name,
    /// Groups, joined by the separator.
    Groups,
    /// Organization slug.
    Organization,
    /// Provider id.
    Provider,
    /// Subject at the provider.
    Subject,
    /// Another claim, if it is a string, number or boolean.
    Claim(String),
}

/// `[assertion]`: the signed identity header.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Its name.
    pub header: HeaderName,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
    /// `aud`; absent: the origin that the visitor sees.
    pub audience: Option<String>,
    /// Age at which the next key takes over.
    pub rotate_every: Duration,
}

/// Signature of assertions.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// HMAC with a secret shared with the application.
    Hs256(Secret<String>),
}

/// `[revalidation]`: asking providers again whether a linked identity is still good.
#[derive(Clone, Copy, Debug)]
pub struct Revalidation {
    /// Every linked identity is asked at least this often.
    pub interval: Duration,
    /// Share of the interval over which questions are spread, always earlier; from 0 to 0.5.
    pub jitter: f64,
    /// What no answer means.
    pub on_error: OnError,
    /// How long after the interval an identity may stay unconfirmed.
    pub grace: Duration,
    /// Questions to one provider at the same time.
    pub concurrency: usize,
    /// Questions to one provider in a second.
    pub per_second: u32,
    /// For one question.
    pub timeout: Duration,
    /// From the verdict to the last byte of an open stream.
    pub stream_cut: Duration,
}

/// What it means that a provider does not answer. A definite no always ends access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Access goes on until the interval and the grace are over.
    Grace,
    /// Access is refused from the first unanswered question on.
    Block,
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

/// `[pages]`: what all pages have in common.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The language for visitors whose own ones the pages do not speak.
    pub language: String,
    /// The operator's own words, which go before ours.
    pub words: Vec<WordsFile>,
}

/// A file of words in Fluent's syntax.
#[derive(Clone, Debug)]
pub struct WordsFile {
    /// The language's tag (RFC 5646).
    pub language: String,
    /// All of it.
    pub text: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            language: defaults::LANGUAGE.to_owned(),
            words: Vec::new(),
        }
    }
}

/// `[login]`: the sign-in pages.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// Whether anybody may see the list of organizations.
    pub list_organizations: bool,
    /// How long a browser remembers its organization.
    pub remember_organization: Duration,
}

/// `[admin]`: the operator's socket.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where it is; made with mode 0600.
    pub socket: Option<PathBuf>,
    /// Whether owners have pages of their organization.
    pub pages: bool,
    /// Who is told what came of a Setup in a window of its own; by default the site itself.
    pub popup_origin: Option<Origin>,
    /// How large such a window is opened best.
    pub popup_size: PopupSize,
}

/// `[management]`: probes and metrics.
#[derive(Clone, Debug)]
pub struct Management {
    /// Where; absent: not at all.
    pub listen: Option<SocketAddr>,
}

/// `[store]`.
#[derive(Clone, Debug)]
pub struct Store {
    /// Which engine.
    pub kind: StoreKind,
    /// Folder of the embedded store.
    pub path: PathBuf,
    /// File with the key that seals its contents; made on the first start.
    pub key: PathBuf,
}

/// Engines behind the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// On disk, survives everything.
    Sled,
    /// In memory: all is gone when the process ends.
    Memory,
}

/// `[logs]`.
#[derive(Clone, Debug)]
pub struct Logs {
    /// Shape of a line.
    pub format: LogFormat,
    /// Threshold: a level, or a filter as `tracing_subscriber::EnvFilter` reads it.
    pub level: String,
    /// Whether every answer has a line.
    pub access: bool,
    /// How long the traces of sign-ins are kept; zero: in memory alone.
    pub traces: Duration,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}
