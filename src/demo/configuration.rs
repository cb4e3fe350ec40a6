//! What an operator would have written for this installation, as values: there is no file that could stay behind.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderName;

use super::people::{ADMINISTRATORS, ORGANIZATIONS, Organization};
use super::provider::Client;
use crate::address::{self, Origin};
use crate::config::defaults::{self, PREFIX};
use crate::config::{self, Access, BadSlug, Config, Listen, PathPattern, Route, Rules, Slug};

/// Nothing of the demonstration takes longer to finish.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// What the demonstration found out before it could be configured.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// What people type.
    pub(super) public: &'a Origin,
    /// Where Doorward shall listen.
    pub(super) listen: SocketAddr,
    /// Where the sample application listens.
    pub(super) application: SocketAddr,
    /// The provider's issuer identifier.
    pub(super) issuer: &'a str,
    /// The registrations there.
    pub(super) clients: &'a [Client],
    /// Folder that goes when the demonstration ends.
    pub(super) folder: &'a Path,
}

/// Why the values do not fit: a mistake in this program.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// A name is none.
    #[error("a name in the demonstration's configuration is none")]
    Name(#[from] BadSlug),
    /// An address is none.
    #[error("an address in the demonstration's configuration is none")]
    Address(#[from] address::Error),
}

/// Redirect URI of a registration.
pub(super) fn redirect_uri(public: &Origin, provider: &str) -> String {
    public.join(&format!("{PREFIX}/callback/{provider}"))
}

/// Where a browser may come back to after signing out at the provider.
pub(super) fn post_logout_uri(public: &Origin) -> String {
    public.join(&format!("{PREFIX}/logged-out"))
}

/// The door of an organization.
pub(super) fn door(public: &Origin, organization: &str) -> String {
    public.join(&format!("{PREFIX}/login/{organization}"))
}

/// The operator's socket.
pub(super) fn socket(folder: &Path) -> PathBuf {
    folder.join("admin.sock")
}

/// How often people are asked about.
const REVALIDATION_INTERVAL: Duration = Duration::from_secs(5);

/// The whole configuration.
///
/// # Errors
/// None that a person could cause: the values are constants and addresses.
pub(super) fn build(facts: &Facts<'_>) -> Result<Config, Misfit> {
    let application = upstream(facts)?;
    let providers = facts.clients.iter().map(|client| provider(facts, client));
    let organizations = ORGANIZATIONS.iter().map(organization);
    Ok(Config {
        server: server(facts),
        routes: routes(&application.name),
        upstreams: BTreeMap::from([(application.name.clone(), application)]),
        providers: providers.collect::<Result<_, _>>()?,
        organizations: organizations.collect::<Result<_, _>>()?,
        headers: config::Headers {
            preset: config::HeaderPreset::RemoteUser,
            groups_separator: defaults::GROUPS_SEPARATOR.to_owned(),
            encoding: config::HeaderEncoding::Rfc8187,
            set: Vec::new(),
        },
        assertion: config::Assertion {
            header: HeaderName::from_static(defaults::ASSERTION_HEADER),
            algorithm: config::Algorithm::Es256,
            lifetime: defaults::ASSERTION_LIFETIME,
            audience: None,
            rotate_every: defaults::ASSERTION_ROTATE_EVERY,
        },
        revalidation: config::Revalidation {
            // Short, so that a person who is disabled is out while somebody looks on.
            interval: REVALIDATION_INTERVAL,
            jitter: defaults::REVALIDATION_JITTER,
            on_error: config::OnError::Grace,
            grace: defaults::REVALIDATION_GRACE,
            concurrency: defaults::REVALIDATION_CONCURRENCY,
            per_second: defaults::REVALIDATION_PER_SECOND,
            timeout: defaults::PROVIDER_TIMEOUT,
            stream_cut: defaults::STREAM_CUT,
        },
        pages: config::Pages::default(),
        login: config::Login {
            // Whoever tries this out shall see that there are two.
            list_organizations: true,
            remember_organization: defaults::REMEMBER_ORGANIZATION,
        },
        admin: config::Admin {
            socket: Some(socket(facts.folder)),
            pages: true,
            popup_origin: None,
            popup_size: defaults::POPUP_SIZE,
        },
        management: config::Management { listen: None },
        store: config::Store {
            kind: config::StoreKind::Memory,
            path: facts.folder.join(defaults::STORE_PATH),
            key: facts
                .folder
                .join(defaults::STORE_PATH)
                .join(defaults::STORE_KEY),
        },
        logs: config::Logs {
            format: config::LogFormat::Auto,
            level: "warn".to_owned(),
            access: false,
            traces: defaults::TRACES,
        },
    })
}

fn server(facts: &Facts<'_>) -> config::Server {
    config::Server {
        public_url: facts.public.clone(),
        listen: vec![Listen::Tcp(facts.listen)],
        reuse_port: defaults::REUSE_PORT,
        prefix: PREFIX.to_owned(),
        trusted_proxies: Vec::new(),
        proxy_protocol: defaults::PROXY_PROTOCOL,
        forward_auth: Vec::new(),
        shutdown_timeout: SHUTDOWN_TIMEOUT,
        tls: None,
        limits: limits(),
    }
}

/// The limits of every listener of the demonstration.
pub(super) const fn limits() -> config::Limits {
    config::Limits {
        max_connections: defaults::MAX_CONNECTIONS,
        max_connections_per_address: defaults::MAX_CONNECTIONS_PER_ADDRESS,
        max_header_bytes: defaults::MAX_HEADER_BYTES,
        max_header_fields: defaults::MAX_HEADER_FIELDS,
        header_timeout: defaults::HEADER_TIMEOUT,
        keep_alive_timeout: defaults::KEEP_ALIVE_TIMEOUT,
        handshake_timeout: defaults::HANDSHAKE_TIMEOUT,
        idle_timeout: defaults::IDLE_TIMEOUT,
        max_http2_streams: defaults::MAX_HTTP2_STREAMS,
    }
}

fn upstream(facts: &Facts<'_>) -> Result<config::Upstream, Misfit> {
    let address = config::Address::from(facts.application);
    Ok(config::Upstream::at(Slug::parse("app")?, address))
}

fn routes(upstream: &Slug) -> Vec<Route> {
    let route = |name: &str, segments: &[&str], open, access| Route {
        name: name.to_owned(),
        path: PathPattern {
            segments: segments.iter().map(ToString::to_string).collect(),
            open,
        },
        hosts: Vec::new(),
        methods: Vec::new(),
        upstream: Some(upstream.clone()),
        access,
        organization: None,
        require: None,
        refusal: config::Refusal::default(),
        assurance: None,
    };
    let administration = Route {
        require: Some(Rules {
            groups_any: Some(vec![ADMINISTRATORS.to_owned()]),
            ..Rules::default()
        }),
        ..route("admin", &["admin"], true, Access::Required)
    };
    vec![
        administration,
        route("optional", &["optional"], false, Access::Optional),
        route("public", &["public"], true, Access::Public),
        route("default", &[], true, Access::Required),
    ]
}

fn provider(facts: &Facts<'_>, client: &Client) -> Result<(Slug, config::Provider), Misfit> {
    let id = Slug::parse(&client.id)?;
    let oidc = config::Oidc {
        issuer: facts.issuer.to_owned(),
        tenants: Vec::new(),
        client_id: client.id.clone(),
        client_secret: Some(client.secret.clone()),
        signed_secret: None,
        client_authentication: config::ClientAuthentication::Basic,
        scopes: ["openid", "profile", "email", "groups", "offline_access"]
            .map(str::to_owned)
            .into(),
        algorithms: vec!["ES256".to_owned()],
        trusted_audiences: Vec::new(),
        authorize_parameters: Vec::new(),
        groups_claim: "groups".to_owned(),
        userinfo: true,
        revalidation: config::RevalidationMethod::RefreshToken,
        ca: None,
        private_network: false,
        timeout: defaults::PROVIDER_TIMEOUT,
    };
    let provider = config::Provider {
        id: id.clone(),
        button: format!("Sign in with {}", client.organization.name),
        preset: config::Preset::Oidc,
        protocol: config::Protocol::Oidc(Box::new(oidc)),
        secret_expires: None,
    };
    Ok((id, provider))
}

fn organization(organization: &Organization) -> Result<(Slug, config::Organization), Misfit> {
    let slug = Slug::parse(organization.slug)?;
    let domains = vec![organization.domain.to_owned()];
    let tenant = config::Organization {
        slug: slug.clone(),
        name: organization.name.to_owned(),
        enabled: true,
        hosts: Vec::new(),
        domains: domains.clone(),
        providers: vec![slug.clone()],
        owners: vec![config::Owner::Email(format!("ada@{}", organization.domain))],
        activation: config::Activation::Implicit,
        allow: Rules {
            email_domains: Some(domains),
            ..Rules::default()
        },
        refusal: config::Refusal::default(),
        brand: config::Brand::default(),
        sessions: config::Sessions {
            idle_timeout: defaults::SESSION_IDLE,
            absolute_timeout: defaults::SESSION_ABSOLUTE,
            max_per_account: defaults::SESSIONS_PER_ACCOUNT,
        },
    };
    Ok((slug, tenant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret;

    #[test]
    fn every_value_fits() {
        let public = Origin::parse("http://localhost:8000").unwrap();
        let clients = ORGANIZATIONS.map(|organization| Client {
            id: organization.slug.to_owned(),
            secret: secret::random_token(),
            organization,
            redirect_uris: Vec::new(),
            post_logout_uris: Vec::new(),
        });
        let facts = Facts {
            public: &public,
            listen: "127.0.0.1:8000".parse().unwrap(),
            application: "127.0.0.1:1".parse().unwrap(),
            issuer: "http://127.0.0.1:2",
            clients: &clients,
            folder: Path::new("/tmp/x"),
        };
        let config = build(&facts).unwrap();
        for organization in config.organizations.values() {
            for provider in &organization.providers {
                assert!(config.providers.contains_key(provider));
            }
        }
        for route in &config.routes {
            let upstream = route.upstream.as_ref().unwrap();
            assert!(config.upstreams.contains_key(upstream));
        }
    }
}
