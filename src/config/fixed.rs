//! What a running process cannot change: it holds on to it from its start.

use std::fmt;
use std::path::Path;

use super::{Config, LogFormat, StoreKind, TrustedProxy};

/// A key whose value a running process cannot take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its path.
    pub key: &'static str,
    /// What is in force.
    pub was: String,
    /// What the file says.
    pub is: String,
}

impl fmt::Display for Fixed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, was, is } = self;
        write!(formatter, "{key}: {was} → {is} needs a restart")
    }
}

impl Config {
    /// What a process that serves this one would have to be restarted for, to serve `other`.
    pub fn fixed_beside(&self, other: &Self) -> Vec<Fixed> {
        let both = fixed(self).into_iter().zip(fixed(other));
        both.filter(|((_, was), (_, is))| was != is)
            .map(|((key, was), (_, is))| Fixed { key, was, is })
            .collect()
    }
}

/// All of them, in the same order for every configuration.
fn fixed(config: &Config) -> Vec<(&'static str, String)> {
    let (server, logs) = (&config.server, &config.logs);
    let tls = server.tls.as_ref();
    let kind = match config.store.kind {
        StoreKind::Sled => "sled",
        StoreKind::Memory => "memory",
    };
    let format = match logs.format {
        LogFormat::Auto => "auto",
        LogFormat::Json => "json",
        LogFormat::Text => "text",
    };
    let limits = &server.limits;
    vec![
        ("server.listen", list(&server.listen)),
        (
            "server.tls.certificate",
            path(tls.map(|tls| &*tls.certificate)),
        ),
        ("server.tls.key", path(tls.map(|tls| &*tls.key))),
        (
            "server.trusted_proxies",
            list(server.trusted_proxies.iter().map(proxy)),
        ),
        ("server.proxy_protocol", server.proxy_protocol.to_string()),
        ("server.reuse_port", server.reuse_port.to_string()),
        (
            "server.limits.max_connections",
            limits.max_connections.to_string(),
        ),
        (
            "server.limits.max_connections_per_address",
            limits.max_connections_per_address.to_string(),
        ),
        (
            "management.listen",
            config
                .management
                .listen
                .map_or_else(off, |address| address.to_string()),
        ),
        ("admin.socket", path(config.admin.socket.as_deref())),
        ("store.kind", kind.to_owned()),
        ("store.path", path(Some(&config.store.path))),
        ("store.key", path(Some(&config.store.key))),
        ("logs.format", format.to_owned()),
        ("logs.level", logs.level.clone()),
        (
            "logs.traces",
            humantime::format_duration(logs.traces).to_string(),
        ),
    ]
}

fn list<T: fmt::Display>(all: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    format!("[{}]", texts.join(", "))
}

fn path(path: Option<&Path>) -> String {
    path.map_or_else(off, |path| path.display().to_string())
}

fn off() -> String {
    "off".to_owned()
}

fn proxy(proxy: &TrustedProxy) -> String {
    match proxy {
        TrustedProxy::Network(network) => network.to_string(),
        TrustedProxy::Unix => "unix".to_owned(),
    }
}
