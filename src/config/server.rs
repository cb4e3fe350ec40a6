//! `[server]`, `[upstreams.*]`, `[admin]`, `[management]`, `[store]`, `[logs]`, `[login]`: where things are.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::{
    Admin, FrontProxy, Limits, Listen, LogFormat, Login, Logs, Management, Server, Store,
    StoreKind, Tls, TrustedProxy, defaults, pem,
};
use crate::address::{CanonicalPath, Host, Origin};
use crate::telemetry::logs as lines;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Stands in for a URL that is faulty, so that the rest can be read: with a fault, nothing is used anyway.
fn nowhere() -> Option<Origin> {
    Origin::parse("http://localhost").ok()
}

pub(super) fn server(reader: Reader<'_>) -> Option<Server> {
    let public_url = reader
        .required("public_url", "https://app.example.com", parse_origin)
        .or_else(nowhere)?;
    if !public_url.is_secure() && !public_url.is_loopback() {
        reader.fault(
            "public_url",
            "insecure-public-url",
            "`server.public_url` is http: passwords and cookies would cross the network in clear",
            "use https, here or at a front proxy; http is for localhost alone",
        );
    }
    let prefix = reader
        .parsed("prefix", defaults::PREFIX, parse_prefix)
        .unwrap_or_else(|| defaults::PREFIX.to_owned());
    let tls = tls(&reader);
    let behind_proxy = reader
        .switch("behind_proxy")
        .unwrap_or(defaults::BEHIND_PROXY);
    if behind_proxy && reader.has("tls") {
        reader.fault(
            "behind_proxy",
            "contradiction",
            "`behind_proxy` allows plain HTTP from other machines, but with [server.tls] there is none",
            "keep one of the two",
        );
    }
    let listen = listen(&reader, &public_url, tls.is_some());
    if tls.is_none() && !behind_proxy && listen.iter().any(is_reachable) {
        reader.fault(
            "listen",
            "plain-listener",
            "`server.listen` takes plain HTTP from other machines",
            "add [server.tls] with certificate and key, or behind_proxy = true if a front proxy on a private network does TLS",
        );
    }
    let (trusted_proxies, proxy_protocol) = balancers(&reader);
    let server = Server {
        forward_auth: forward_auth(&reader, &trusted_proxies),
        trusted_proxies,
        proxy_protocol,
        reuse_port: reader.switch("reuse_port").unwrap_or(defaults::REUSE_PORT),
        shutdown_timeout: reader
            .duration("shutdown_timeout", "30s", Duration::ZERO..=DAY)
            .unwrap_or(defaults::SHUTDOWN_TIMEOUT),
        limits: limits(reader.table("limits")),
        public_url,
        listen,
        prefix,
        tls,
    };
    reader.finish();
    Some(server)
}

/// Who speaks for others, and whether they do so before anything else.
fn balancers(reader: &Reader<'_>) -> (Vec<TrustedProxy>, bool) {
    let trusted = reader
        .list("trusted_proxies", "10.0.0.0/8", parse_trusted_proxy)
        .unwrap_or_default();
    let first = reader
        .switch("proxy_protocol")
        .unwrap_or(defaults::PROXY_PROTOCOL);
    if first && trusted.is_empty() && !reader.has_faults_at("trusted_proxies") {
        reader.fault(
            "proxy_protocol",
            "contradiction",
            "`proxy_protocol` is on, and no peer is trusted to say whom a connection is for",
            "list the load balancer: trusted_proxies = [\"10.0.0.0/8\"]",
        );
    }
    (trusted, first)
}

fn parse_origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).map_err(|_| {
        "must be http:// or https:// with a host and perhaps a port, and nothing behind".to_owned()
    })
}

/// A host of ours. A name without a port is reached on the port of the public URL.
pub(super) fn parse_host(text: &str, public_url: &Origin) -> Result<Host, String> {
    let default_port = public_url.default_port();
    let parse = |text: &str| Host::parse(text, default_port).map_err(|error| format!("is {error}"));
    let host = parse(text)?;
    let bare = !text.ends_with(&format!(":{default_port}"));
    match (host.port(), public_url.host().port()) {
        (None, Some(port)) if bare => parse(&format!("{text}:{port}")),
        (Some(_) | None, _) => Ok(host),
    }
}

fn parse_trusted_proxy(text: &str) -> Result<TrustedProxy, String> {
    if text == "unix" {
        return Ok(TrustedProxy::Unix);
    }
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(ipnet::IpNet::from))
        .map(TrustedProxy::Network)
        .map_err(|_| "is no network or address, nor \"unix\"".to_owned())
}

/// The front proxies that may ask. Whoever is not trusted to say which request they ask about gets no answer.
fn forward_auth(reader: &Reader<'_>, trusted: &[TrustedProxy]) -> Vec<FrontProxy> {
    let all = reader.list("forward_auth", "nginx", parse_front_proxy);
    let all = all.unwrap_or_default();
    if !all.is_empty() && trusted.is_empty() && !reader.has_faults_at("trusted_proxies") {
        reader.fault(
            "forward_auth",
            "contradiction",
            "`server.forward_auth` lets front proxies ask, and `server.trusted_proxies` trusts none",
            "say where it connects from, for example: trusted_proxies = [\"127.0.0.1\"]",
        );
    }
    all
}

fn parse_front_proxy(text: &str) -> Result<FrontProxy, String> {
    FrontProxy::named(text).ok_or_else(|| {
        let known = FrontProxy::ALL.map(FrontProxy::as_str);
        format!("is none of {}", known.join(", "))
    })
}

/// A path in its one spelling.
pub(super) fn parse_path(text: &str) -> Result<CanonicalPath, String> {
    let path = CanonicalPath::parse(text).map_err(|_| {
        "is no path that can be read in one way only: it begins with / and has no .., //, \\ or %2F"
            .to_owned()
    })?;
    if path.as_str() == text {
        Ok(path)
    } else {
        Err(format!("must be in its canonical form: {}", path.as_str()))
    }
}

fn parse_prefix(text: &str) -> Result<String, String> {
    let path = parse_path(text)?;
    let bad = text.ends_with('/') || path.has_parameters() || text.len() > 64;
    if bad {
        return Err(
            "must be a short path such as /_sso, not / and without a / at its end".to_owned(),
        );
    }
    Ok(text.to_owned())
}

fn listen(reader: &Reader<'_>, public_url: &Origin, tls: bool) -> Vec<Listen> {
    if let Some(listen) = reader.list("listen", "0.0.0.0:8443", parse_listen) {
        if listen.is_empty() && !reader.has_faults_at("listen") {
            reader.fault(
                "listen",
                "bad-value",
                "`server.listen` is an empty list",
                "for example: listen = [\"0.0.0.0:8443\"]",
            );
        }
        for (at, one) in listen.iter().enumerate() {
            if let Some(before) = listen.iter().take(at).find(|before| before.meets(one)) {
                reader.fault(
                    "listen",
                    "same-address",
                    format!("`server.listen`: {one} is taken by {before} already"),
                    "leave one of the two out",
                );
            }
        }
        return listen;
    }
    let port = public_url
        .host()
        .port()
        .unwrap_or(public_url.default_port());
    let address = if tls {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
    } else if public_url.is_loopback() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    } else {
        SocketAddr::from((Ipv4Addr::LOCALHOST, defaults::LISTEN_PORT))
    };
    vec![Listen::Tcp(address)]
}

fn parse_listen(text: &str) -> Result<Listen, String> {
    if let Some(name) = text.strip_prefix("systemd:") {
        // What systemd takes as FileDescriptorName=.
        let is_name = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        return if (1..=255).contains(&name.len()) && name.bytes().all(is_name) {
            Ok(Listen::Systemd(name.to_owned()))
        } else {
            Err(
                "must name sockets as FileDescriptorName= of their unit does, as in systemd:web"
                    .to_owned(),
            )
        };
    }
    match text.strip_prefix("unix:") {
        Some(path) if path.starts_with('/') => Ok(Listen::Unix(PathBuf::from(path))),
        Some(_) => Err(
            "must name a Unix socket by its absolute path, as in unix:/run/doorward.sock"
                .to_owned(),
        ),
        None => text.parse().map(Listen::Tcp).map_err(|_| {
            "is neither an address with a port nor unix:/path nor systemd:name".to_owned()
        }),
    }
}

fn is_reachable(listen: &Listen) -> bool {
    match listen {
        Listen::Tcp(address) => !address.ip().is_loopback(),
        Listen::Unix(_) => false,
        // Where it is bound is for its unit to say.
        Listen::Systemd(_) => true,
    }
}

fn tls(reader: &Reader<'_>) -> Option<Tls> {
    let table = reader.table("tls");
    let certificate = table.file("certificate", "tls/cert.pem");
    let key = table.file("key", "tls/key.pem");
    for name in ["certificate", "key"] {
        if table.is_written() && !table.has(name) {
            table.missing(name, &format!("\"tls/{name}.pem\""));
        }
    }
    let chain = certificate
        .as_deref()
        .and_then(|path| pem::chain(&table, "certificate", path));
    let signer = key
        .as_deref()
        .and_then(|path| pem::private_key(&table, "key", path));
    if let (Some(chain), Some(signer)) = (chain, signer)
        && !pem::belong_together(chain, signer)
    {
        table.fault(
            "key",
            "bad-key",
            "`server.tls.key` is not the key of `server.tls.certificate`",
            "name the key that the certificate was made for; in the file of the certificate, its own comes first",
        );
    }
    table.finish();
    Some(Tls {
        certificate: certificate?,
        key: key?,
    })
}

/// Less than 8 KiB the HTTP library cannot, more than 1 MiB nobody sends in good faith.
const HEADER_BYTES: RangeInclusive<usize> = 8 * 1024..=1024 * 1024;

fn limits(reader: Reader<'_>) -> Limits {
    let seconds = SECOND..=DAY;
    let count = |key, range, default| count(&reader, key, range, default);
    let max_connections = count("max_connections", 1..=1_000_000, defaults::MAX_CONNECTIONS);
    let limits = Limits {
        max_connections,
        max_connections_per_address: count(
            "max_connections_per_address",
            1..=1_000_000,
            // However few there are, one address leaves some to others.
            defaults::MAX_CONNECTIONS_PER_ADDRESS.min(max_connections.div_ceil(2)),
        ),
        max_header_bytes: reader
            .size("max_header_bytes", "32KiB", HEADER_BYTES)
            .unwrap_or(defaults::MAX_HEADER_BYTES),
        max_header_fields: count(
            "max_header_fields",
            10..=10_000,
            defaults::MAX_HEADER_FIELDS,
        ),
        header_timeout: reader
            .duration("header_timeout", "10s", seconds.clone())
            .unwrap_or(defaults::HEADER_TIMEOUT),
        keep_alive_timeout: reader
            .duration("keep_alive_timeout", "75s", seconds.clone())
            .unwrap_or(defaults::KEEP_ALIVE_TIMEOUT),
        handshake_timeout: reader
            .duration("handshake_timeout", "10s", seconds.clone())
            .unwrap_or(defaults::HANDSHAKE_TIMEOUT),
        idle_timeout: reader
            .duration("idle_timeout", "5m", seconds)
            .unwrap_or(defaults::IDLE_TIMEOUT),
        max_http2_streams: reader
            .number(
                "max_http2_streams",
                defaults::MAX_HTTP2_STREAMS.into(),
                1..=10_000,
            )
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(defaults::MAX_HTTP2_STREAMS),
    };
    reader.finish();
    limits
}

pub(super) fn count(
    reader: &Reader<'_>,
    key: &'static str,
    range: RangeInclusive<u64>,
    default: usize,
) -> usize {
    let example = u64::try_from(default).unwrap_or(u64::MAX);
    reader
        .number(key, example, range)
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(default)
}

pub(super) fn not_empty(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.len() <= 512 && !text.chars().any(char::is_control);
    if sound {
        Ok(text.to_owned())
    } else {
        Err("must not be empty, nor longer than 512 bytes, nor have control characters".to_owned())
    }
}

pub(super) fn login(reader: Reader<'_>) -> Login {
    let login = Login {
        list_organizations: reader
            .switch("list_organizations")
            .unwrap_or(defaults::LIST_ORGANIZATIONS),
        remember_organization: reader
            .duration("remember_organization", "180d", Duration::ZERO..=DAY * 400)
            .unwrap_or(defaults::REMEMBER_ORGANIZATION),
    };
    reader.finish();
    login
}

pub(super) fn admin(reader: Reader<'_>) -> Admin {
    let socket = reader.file("socket", defaults::ADMIN_SOCKET);
    let folder = reader.context.sources.folder(&reader.path("socket"));
    let popup_origin = reader.parsed("popup_origin", "https://console.acme.com", Origin::parse);
    let popup_size = reader.parsed("popup_size", "600x600", str::parse);
    let pages = reader.switch("pages").unwrap_or(defaults::ADMIN_PAGES);
    reader.finish();
    Admin {
        pages,
        popup_origin,
        popup_size: popup_size.unwrap_or(defaults::POPUP_SIZE),
        socket: Some(socket.unwrap_or_else(|| folder.join(defaults::ADMIN_SOCKET))),
    }
}

pub(super) fn management(reader: Reader<'_>, public: &[Listen]) -> Management {
    let listen = reader.parsed("listen", defaults::MANAGEMENT_LISTEN, |text| {
        if text == "off" {
            return Ok(None);
        }
        text.parse::<SocketAddr>()
            .map(Some)
            .map_err(|_| "is neither an address with a port nor \"off\"".to_owned())
    });
    let listen = listen.unwrap_or_else(|| defaults::MANAGEMENT_LISTEN.parse().ok());
    let own = listen.map(Listen::Tcp);
    if let Some(taken) = public
        .iter()
        .find(|one| own.iter().any(|own| own.meets(one)))
    {
        reader.fault(
            "listen",
            "same-address",
            format!("`management.listen` is an address of the public side: {taken}"),
            "give probes and metrics an address that visitors do not reach, or none: listen = \"off\"",
        );
    }
    reader.finish();
    Management { listen }
}

pub(super) fn store(reader: Reader<'_>) -> Store {
    let folder = reader.context.sources.folder(&reader.path("path"));
    let kind = reader
        .word(
            "kind",
            &[("sled", StoreKind::Sled), ("memory", StoreKind::Memory)],
        )
        .unwrap_or(defaults::STORE_KIND);
    let path = reader
        .file("path", defaults::STORE_PATH)
        .unwrap_or_else(|| folder.join(defaults::STORE_PATH));
    let key_table = reader.table("key");
    let key = key_table.file("file", "data/store.key");
    if key_table.is_written() && !key_table.has("file") {
        key_table.missing("file", "\"data/store.key\"");
    }
    key_table.finish();
    if kind == StoreKind::Memory {
        reader.warn(
            "kind",
            "memory-store",
            "the store is in memory: every session ends with the process",
            "for production: kind = \"sled\"",
        );
        for key in ["path", "key"].into_iter().filter(|key| reader.has(key)) {
            reader.warn(
                key,
                "no-effect",
                format!("`store.{key}` says nothing of a store in memory"),
                "leave it out, or write kind = \"sled\"",
            );
        }
    }
    reader.finish();
    Store {
        kind,
        key: key.unwrap_or_else(|| path.join(defaults::STORE_KEY)),
        path,
    }
}

pub(super) fn logs(reader: Reader<'_>) -> Logs {
    let formats = [
        ("auto", LogFormat::Auto),
        ("json", LogFormat::Json),
        ("text", LogFormat::Text),
    ];
    let level = reader.parsed("level", defaults::LOG_LEVEL, |text| {
        let known = ["error", "warn", "info", "debug", "trace"];
        let sound = known.contains(&text) || text.contains('=') && lines::is_filter(text);
        sound.then(|| text.to_owned()).ok_or_else(|| {
            let known = known.join(", ");
            format!("is \"{text}\", which is none of {known}, and no filter such as doorward=debug")
        })
    });
    let logs = Logs {
        format: reader
            .word("format", &formats)
            .unwrap_or(defaults::LOG_FORMAT),
        level: level.unwrap_or_else(|| defaults::LOG_LEVEL.to_owned()),
        access: reader.switch("access").unwrap_or(false),
        traces: reader
            .duration("traces", "7d", Duration::ZERO..=DAY * 30)
            .unwrap_or(defaults::TRACES),
    };
    reader.finish();
    logs
}
