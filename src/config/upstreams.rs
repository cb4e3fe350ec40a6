//! `[upstreams.*]`: the applications, where they are and how they are spoken to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::reader::Reader;
use super::server::{DAY, MINUTE, SECOND, count, not_empty, parse_path};
use super::{Slug, defaults, pem};
use crate::address::Origin;

/// `[upstreams.NAME]`: an application.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Name in the file.
    pub name: Slug,
    /// Where it is: one address, or several that do the same. Never empty.
    pub addresses: Vec<Address>,
    /// The version of HTTP that it is asked in.
    pub http: UpstreamHttp,
    /// How its connections are encrypted, if they are.
    pub tls: Option<UpstreamTls>,
    /// To the first byte of the response.
    pub timeout: Duration,
    /// To an established connection.
    pub connect_timeout: Duration,
    /// Requests and tunnels that it has at the same time; further ones are answered 503.
    pub max_concurrent_requests: usize,
    /// Whether the application sees the `Host` that the visitor typed.
    pub preserve_host: bool,
    /// Audience of assertions for this application, if not that of `[assertion]`.
    pub audience: Option<String>,
    /// When an address is passed over.
    pub balance: Balance,
    /// How its addresses are looked after without a visitor.
    pub health: Option<Health>,
}

/// Where an application listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// A host, by name or address, and a port.
    Tcp(String, u16),
    /// A Unix socket.
    Unix(PathBuf),
}

/// The version of HTTP that an application is asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamHttp {
    /// HTTP/1.1.
    One,
    /// HTTP/2, whatever it says: by prior knowledge without encryption (RFC 9113 §3.3).
    Two,
    /// What it chooses by ALPN (RFC 7301).
    Negotiated,
}

/// How connections to an application are encrypted.
#[derive(Clone, Debug, Default)]
pub struct UpstreamTls {
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// What we show it of ourselves.
    pub identity: Option<ClientCertificate>,
    /// The name that its certificate must have, if not that of its address.
    pub server_name: Option<ServerName<'static>>,
}

/// What we show an application of ourselves.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// The certificates, ours first.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// When an address of several is passed over.
#[derive(Clone, Debug)]
pub struct Balance {
    /// After so many failures in a row.
    pub eject_after: u32,
    /// For so long at first; longer when it fails again.
    pub eject_for: Duration,
    /// For so long an address that has come back gets less than its share.
    pub slow_start: Duration,
}

/// `[upstreams.NAME.health]`.
#[derive(Clone, Debug)]
pub struct Health {
    /// What is asked for.
    pub path: String,
    /// How often.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// So many good answers in a row bring an address back.
    pub healthy_after: u32,
    /// So many bad ones take it out.
    pub unhealthy_after: u32,
}

impl Upstream {
    /// At one address that speaks HTTP/1.1 without encryption, and everything else as it is by default.
    pub fn at(name: Slug, address: Address) -> Self {
        Self {
            name,
            addresses: vec![address],
            http: UpstreamHttp::One,
            tls: None,
            timeout: defaults::UPSTREAM_TIMEOUT,
            connect_timeout: defaults::UPSTREAM_CONNECT_TIMEOUT,
            max_concurrent_requests: defaults::UPSTREAM_MAX_CONCURRENT_REQUESTS,
            preserve_host: defaults::PRESERVE_HOST,
            audience: None,
            balance: Balance {
                eject_after: defaults::UPSTREAM_EJECT_AFTER,
                eject_for: defaults::UPSTREAM_EJECT_FOR,
                slow_start: defaults::UPSTREAM_SLOW_START,
            },
            health: None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self::Tcp(host, address.port())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(formatter, "{host}:{port}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

/// An address as it is written, with what its scheme says beside.
#[derive(Clone, Debug)]
struct Written {
    address: Address,
    encrypted: bool,
    /// `h2c`.
    two: bool,
}

/// `optional`: front proxies ask about requests, and may know alone where these go.
pub(super) fn upstreams(root: &Reader<'_>, optional: bool) -> BTreeMap<Slug, Upstream> {
    let mut all = BTreeMap::new();
    for (name, reader) in root.named("upstreams") {
        let upstream = upstream(&reader, &name);
        reader.finish();
        all.insert(name, upstream);
    }
    if all.is_empty() && !root.has("upstreams") && !optional {
        root.fault(
            "upstreams",
            "missing-key",
            "there is no application to stand in front of",
            "add, for example:\n[upstreams.app]\nurl = \"http://127.0.0.1:8080\"",
        );
    }
    all
}

fn upstream(reader: &Reader<'_>, name: &Slug) -> Upstream {
    let written = addresses(reader);
    let encrypted = written.first().is_none_or(|one| one.encrypted);
    let several = written.len() > 1;
    let addresses = written.iter().map(|one| one.address.clone()).collect();
    Upstream {
        name: name.clone(),
        addresses,
        http: http(reader, &written),
        tls: tls(reader, encrypted),
        timeout: reader
            .duration("timeout", "60s", SECOND..=DAY)
            .unwrap_or(defaults::UPSTREAM_TIMEOUT),
        connect_timeout: reader
            .duration("connect_timeout", "5s", Duration::from_millis(10)..=MINUTE)
            .unwrap_or(defaults::UPSTREAM_CONNECT_TIMEOUT),
        max_concurrent_requests: count(
            reader,
            "max_concurrent_requests",
            1..=1_000_000,
            defaults::UPSTREAM_MAX_CONCURRENT_REQUESTS,
        ),
        preserve_host: reader
            .switch("preserve_host")
            .unwrap_or(defaults::PRESERVE_HOST),
        audience: reader.parsed("audience", "https://app.example.com", not_empty),
        balance: balance(reader, several),
        health: health(reader),
    }
}

/// All addresses; none of them counts when there is a fault.
fn addresses(reader: &Reader<'_>) -> Vec<Written> {
    let all = reader.list("urls", "http://10.0.0.1:8080", parse_address);
    if !reader.has("urls") {
        let one = reader.required("url", "http://127.0.0.1:8080", parse_address);
        return one.into_iter().collect();
    }
    let all = all.unwrap_or_default();
    let fault = |code, message: &str, help: &str| reader.fault("urls", code, message, help);
    if reader.has("url") {
        // Asked for, so that it is not called unknown as well.
        reader.text("url", "http://127.0.0.1:8080");
        fault(
            "contradiction",
            "`url` and `urls` both say where the application is",
            "keep one of the two",
        );
    }
    if all.is_empty() && !reader.has_faults_at("urls") {
        fault(
            "bad-value",
            "`urls` is empty: the application is nowhere",
            "for example: urls = [\"http://10.0.0.1:8080\", \"http://10.0.0.2:8080\"]",
        );
    }
    let schemes: BTreeSet<(bool, bool)> = all.iter().map(|one| (one.encrypted, one.two)).collect();
    if schemes.len() > 1 {
        fault(
            "contradiction",
            "`urls` has addresses that are spoken to in different ways",
            "use one of http, https and h2c for all; Unix sockets go with http",
        );
    }
    let different: BTreeSet<&Address> = all.iter().map(|one| &one.address).collect();
    if different.len() < all.len() {
        fault(
            "contradiction",
            "`urls` names an address twice",
            "name each once",
        );
    }
    all
}

fn parse_address(text: &str) -> Result<Written, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        if !path.starts_with('/') {
            return Err(
                "must name a Unix socket by its absolute path, as in unix:/run/app.sock".to_owned(),
            );
        }
        return Ok(Written {
            address: Address::Unix(PathBuf::from(path)),
            encrypted: false,
            two: false,
        });
    }
    let (two, origin) = match text.strip_prefix("h2c://") {
        Some(rest) => (true, Origin::parse(&format!("http://{rest}"))),
        None => (false, Origin::parse(text)),
    };
    let origin = origin.map_err(|_| {
        "must be http://, https:// or h2c:// with a host and perhaps a port and nothing behind, or unix:/path"
            .to_owned()
    })?;
    let port = origin.host().port().unwrap_or(origin.default_port());
    Ok(Written {
        address: Address::Tcp(origin.host().name().to_owned(), port),
        encrypted: origin.is_secure(),
        two,
    })
}

fn http(reader: &Reader<'_>, written: &[Written]) -> UpstreamHttp {
    let words = [
        ("1.1", UpstreamHttp::One),
        ("2", UpstreamHttp::Two),
        ("auto", UpstreamHttp::Negotiated),
    ];
    let two = written.first().is_some_and(|one| one.two);
    let encrypted = written.first().is_none_or(|one| one.encrypted);
    let said = reader.word("http", &words);
    match said {
        Some(UpstreamHttp::One | UpstreamHttp::Negotiated) if two => reader.fault(
            "http",
            "contradiction",
            "h2c:// says that the application speaks HTTP/2, and `http` says something else",
            "keep one of the two",
        ),
        Some(UpstreamHttp::Negotiated) if !encrypted => reader.fault(
            "http",
            "contradiction",
            "`http = \"auto\"` lets the application choose during the TLS handshake, and there is none",
            "say \"1.1\" or \"2\"",
        ),
        Some(_) | None => {}
    }
    match said {
        Some(said) => said,
        None if two => UpstreamHttp::Two,
        None => defaults::UPSTREAM_HTTP,
    }
}

fn tls(reader: &Reader<'_>, encrypted: bool) -> Option<UpstreamTls> {
    let tls = UpstreamTls {
        ca: pem::authorities(reader, "ca", encrypted),
        identity: identity(reader),
        server_name: reader.parsed("server_name", "app.internal", |text| {
            ServerName::try_from(text.to_owned()).map_err(|_| "is no name that a certificate has")
        }),
    };
    for key in ["client_certificate", "server_name"] {
        if !encrypted && reader.has(key) {
            reader.fault(
                key,
                "contradiction",
                format!("`{key}` is about TLS, and the application is spoken to without"),
                "leave it out, or use https",
            );
        }
    }
    encrypted.then_some(tls)
}

fn identity(reader: &Reader<'_>) -> Option<ClientCertificate> {
    let certificate = reader.file("client_certificate", "tls/client.pem");
    let key = reader.file("client_key", "tls/client.key");
    for (name, other) in [
        ("client_certificate", "client_key"),
        ("client_key", "client_certificate"),
    ] {
        if reader.has(other) && !reader.has(name) {
            reader.missing(name, "\"tls/client.pem\"");
        }
    }
    let (certificate, key) = (certificate?, key?);
    let chain = pem::chain(reader, "client_certificate", &certificate);
    let signer = pem::private_key(reader, "client_key", &key);
    if let (Some(chain), Some(signer)) = (chain, signer)
        && !pem::belong_together(chain, signer)
    {
        reader.fault(
            "client_key",
            "bad-key",
            "`client_key` is not the key of `client_certificate`",
            "name the key that the certificate was made for",
        );
    }
    Some(ClientCertificate { certificate, key })
}

fn balance(reader: &Reader<'_>, several: bool) -> Balance {
    for key in ["eject_after", "eject_for", "slow_start"] {
        if !several && reader.has(key) {
            reader.warn(
                key,
                "no-effect",
                format!("`{key}` passes an address over, and there is no other"),
                "leave it out, or name several addresses in `urls`",
            );
        }
    }
    let eject_after = reader.number("eject_after", 5, 1..=1_000);
    Balance {
        eject_after: eject_after
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(defaults::UPSTREAM_EJECT_AFTER),
        eject_for: reader
            .duration("eject_for", "10s", SECOND..=MINUTE * 60)
            .unwrap_or(defaults::UPSTREAM_EJECT_FOR),
        slow_start: reader
            .duration("slow_start", "30s", Duration::ZERO..=MINUTE * 60)
            .unwrap_or(defaults::UPSTREAM_SLOW_START),
    }
}

fn health(reader: &Reader<'_>) -> Option<Health> {
    let table = reader.table("health");
    let is_there = table.is_written();
    let path = table.parsed("path", "/health", |text| {
        parse_path(text).map(|_| text.to_owned())
    });
    if is_there && !table.has("path") {
        table.missing("path", "\"/health\"");
    }
    let interval = table
        .duration("interval", "10s", Duration::from_millis(100)..=MINUTE * 60)
        .unwrap_or(defaults::UPSTREAM_HEALTH_INTERVAL);
    let times = |key, default: u32| {
        let number = table.number(key, u64::from(default), 1..=100);
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(default)
    };
    let health = Health {
        path: path.unwrap_or_default(),
        interval,
        timeout: table
            .duration("timeout", "2s", Duration::from_millis(10)..=MINUTE)
            .unwrap_or(defaults::UPSTREAM_HEALTH_TIMEOUT),
        healthy_after: times("healthy_after", defaults::UPSTREAM_HEALTHY_AFTER),
        unhealthy_after: times("unhealthy_after", defaults::UPSTREAM_UNHEALTHY_AFTER),
    };
    table.finish();
    is_there.then_some(health)
}
