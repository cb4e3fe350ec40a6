//! The public side: `[server]` and what is below it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::address::Origin;

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
    pub(in crate::config) fn meets(&self, other: &Self) -> bool {
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
