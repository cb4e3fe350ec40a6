//! `doorward integrate`: what a front proxy needs to have, made from this very file, so that no name and no address can be
//! another than the one that is used.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod nginx;
#[cfg(test)]
mod tests;
mod traefik;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use http::HeaderName;

use super::{Exit, Source, complain, print};
use crate::address::{Host, Origin};
use crate::assertion::{PlainHeaders, Reserved};
use crate::config::{self, Address, Config, FrontProxy, Listen, TrustedProxy};

/// `doorward integrate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  doorward integrate nginx --application 127.0.0.1:3000    into http { … }, as /etc/nginx/conf.d/doorward.conf
  doorward integrate caddy                                 the application is the first one of the file
  doorward integrate haproxy; doorward integrate haproxy --script > /etc/haproxy/doorward.lua")]
pub struct Integrate {
    /// Which front proxy.
    #[arg(value_enum)]
    pub proxy: Kind,
    /// Where the application is, as host:port; default: where the first of the file's upstreams is.
    #[arg(long, value_name = "ADDRESS")]
    pub application: Option<String>,
    /// Print the script in Lua that HAProxy loads, instead of its configuration.
    #[arg(long)]
    pub script: bool,
    /// Where the configuration is. No process needs to run.
    #[command(flatten)]
    pub source: Source,
}

/// A front proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// 1.13 or newer, asks by auth_request.
    Nginx,
    /// 2.10 or newer, asks by a ForwardAuth middleware.
    Traefik,
    /// 2.5.2 or newer, asks by forward_auth.
    Caddy,
    /// 1.29 or newer, asks by the filter ext_authz.
    Envoy,
    /// 2.6 or newer, asks by a script.
    Haproxy,
    /// 2.4.47 or newer, cannot ask: it forwards to Doorward, which forwards to the application.
    Apache,
}

impl Kind {
    /// As what it asks; `None` for one that forwards.
    const fn asks_as(self) -> Option<FrontProxy> {
        match self {
            Self::Nginx => Some(FrontProxy::Nginx),
            Self::Traefik => Some(FrontProxy::Traefik),
            Self::Caddy => Some(FrontProxy::Caddy),
            Self::Envoy => Some(FrontProxy::Envoy),
            Self::Haproxy => Some(FrontProxy::Haproxy),
            Self::Apache => None,
        }
    }
}

/// What every front proxy has to be told.
#[derive(Debug)]
struct Facts {
    public: Origin,
    /// All hosts that people use, without ports.
    names: Vec<String>,
    prefix: String,
    doorward: Reached,
    application: String,
    /// What the answer that lets a request go on can carry for the application.
    carried: Vec<String>,
    /// What a client must not send beside these.
    gone: Vec<String>,
    /// The keys of the file that let it ask, as they are there.
    file: Vec<String>,
}

/// Does what was typed.
pub fn run(integrate: &Integrate) -> Exit {
    let config = match config::load_unregistered(&integrate.source.config) {
        Ok(config) => config,
        Err(faults) => {
            super::check::complain(&faults);
            return Exit::Configuration;
        }
    };
    match snippet(integrate, &config) {
        Ok(text) => {
            print(&text);
            Exit::Fine
        }
        Err(why) => {
            complain(&format!("error: {why}"));
            Exit::Failed
        }
    }
}

fn snippet(integrate: &Integrate, config: &Config) -> Result<String, String> {
    if integrate.script && integrate.proxy != Kind::Haproxy {
        return Err("only HAProxy loads a script".to_owned());
    }
    let facts = facts(integrate, config)?;
    Ok(match integrate.proxy {
        Kind::Nginx => nginx::snippet(&facts),
        Kind::Traefik => traefik::snippet(&facts),
        Kind::Caddy => caddy::snippet(&facts),
        Kind::Envoy => envoy::snippet(&facts)?,
        Kind::Haproxy if integrate.script => haproxy::script(&facts),
        Kind::Haproxy => haproxy::snippet(&facts),
        Kind::Apache => apache::snippet(&facts),
    })
}

/// What this file says of it, or what has to be in the file first.
fn facts(integrate: &Integrate, config: &Config) -> Result<Facts, String> {
    let server = &config.server;
    if server.trusted_proxies.is_empty() {
        return Err(
            "the file trusts no front proxy; add to [server], with the address from which it connects:\n\
             trusted_proxies = [\"127.0.0.1\"]"
                .to_owned(),
        );
    }
    let asks_as = integrate.proxy.asks_as();
    if let Some(kind) = asks_as.filter(|kind| !server.forward_auth.contains(kind)) {
        let name = kind.as_str();
        return Err(format!(
            "the file does not let {name} ask; add to [server]:\nforward_auth = [\"{name}\"]"
        ));
    }
    if server.tls.is_some() {
        return Err(
            "Doorward itself does TLS by this file; let the front proxy do it: leave out [server.tls], \
             and add to [server], if they are on two machines:\nbehind_proxy = true"
                .to_owned(),
        );
    }
    if asks_as.is_none() && config.upstreams.is_empty() {
        return Err(
            "Apache as Debian has it cannot ask: Doorward has to forward, so add where the application is:\n\
             [upstreams.app]\nurl = \"http://127.0.0.1:3000\""
                .to_owned(),
        );
    }
    let needs_tcp = matches!(integrate.proxy, Kind::Traefik | Kind::Envoy | Kind::Haproxy);
    let doorward = server.listen.iter().filter_map(reached);
    let doorward = doorward
        .into_iter()
        .find(|reached| !needs_tcp || matches!(reached, Reached::Tcp(_)))
        .ok_or_else(|| {
            let why = if needs_tcp {
                "it asks over TCP alone, and the file listens on Unix sockets, or where a socket unit says"
            } else {
                "the file listens where a socket unit says, and nowhere else"
            };
            format!("{why}; add to server.listen:\n\"127.0.0.1:8000\"")
        })?;
    let carried = carried(config)?;
    Ok(Facts {
        public: server.public_url.clone(),
        names: names(config),
        prefix: server.prefix.clone(),
        doorward,
        application: application(integrate, config)?,
        gone: gone(config, &carried),
        carried,
        file: file(config, asks_as.is_some()),
    })
}

/// How a listener is reached from the same machine.
#[derive(Clone, Debug)]
enum Reached {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl fmt::Display for Reached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "{address}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

fn reached(listen: &Listen) -> Option<Reached> {
    match listen {
        Listen::Tcp(address) if address.ip().is_unspecified() => {
            let ip = match address.ip() {
                IpAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
                IpAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
            };
            Some(Reached::Tcp(SocketAddr::new(ip, address.port())))
        }
        Listen::Tcp(address) => Some(Reached::Tcp(*address)),
        Listen::Unix(path) => Some(Reached::Unix(path.clone())),
        Listen::Systemd(_) => None,
    }
}

fn names(config: &Config) -> Vec<String> {
    let own = config.organizations.values().flat_map(|one| &one.hosts);
    let all = [config.server.public_url.host()].into_iter().chain(own);
    let mut names: Vec<String> = Vec::new();
    for name in all.map(Host::name) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn carried(config: &Config) -> Result<Vec<String>, String> {
    let plain = PlainHeaders::new(&config.headers);
    let mut names: Vec<&HeaderName> = plain.names().collect();
    names.push(&config.assertion.header);
    let is_odd = |name: &&&HeaderName| {
        let plain = |byte: u8| byte == b'-' || byte.is_ascii_alphanumeric();
        !name.as_str().bytes().all(plain)
    };
    if let Some(odd) = names.iter().find(is_odd) {
        return Err(format!(
            "front proxies cannot carry a field of the name {odd}: they take letters, digits and hyphens alone"
        ));
    }
    let mut carried: Vec<String> = names
        .into_iter()
        .map(|name| written(name.as_str()))
        .collect();
    carried.push("Sso-Reference".to_owned());
    Ok(carried)
}

fn gone(config: &Config, carried: &[String]) -> Vec<String> {
    let reserved = Reserved::new(&config.headers, &config.assertion, &config.routes);
    let listed = reserved.listed().into_iter().map(written);
    listed.filter(|name| !carried.contains(name)).collect()
}

/// A name as people write it.
fn written(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        let first = text.is_empty() || text.ends_with('-');
        text.push(if first {
            letter.to_ascii_uppercase()
        } else {
            letter
        });
    }
    text
}

fn application(integrate: &Integrate, config: &Config) -> Result<String, String> {
    let given = integrate.application.as_deref();
    let bare = given.map(|text| text.strip_prefix("http://").unwrap_or(text));
    match bare.map(|text| text.trim_end_matches('/')) {
        Some(text) => {
            let port = text
                .rsplit_once(':')
                .and_then(|(_, port)| port.parse::<u16>().ok());
            let sound = Host::parse(text, 0).is_ok() && port.is_some();
            sound.then(|| text.to_owned()).ok_or_else(|| {
                format!(
                    "`{}` is no host with a port, such as 127.0.0.1:3000",
                    super::table::visible(text)
                )
            })
        }
        None => {
            let all = config.upstreams.values().flat_map(|one| &one.addresses);
            let mut tcp = all.filter(|address| matches!(address, Address::Tcp(..)));
            tcp.next().map(Address::to_string).ok_or_else(|| {
                "the file does not say where the application is; add: --application 127.0.0.1:3000".to_owned()
            })
        }
    }
}

fn file(config: &Config, asks: bool) -> Vec<String> {
    let quoted = |all: Vec<String>| {
        let all: Vec<String> = all.iter().map(|one| format!("\"{one}\"")).collect();
        all.join(", ")
    };
    let trusted = config.server.trusted_proxies.iter();
    let trusted = trusted.map(|one| match one {
        TrustedProxy::Network(network) => network.to_string(),
        TrustedProxy::Unix => "unix".to_owned(),
    });
    let mut lines = vec![
        "[server]".to_owned(),
        format!("trusted_proxies = [{}]", quoted(trusted.collect())),
    ];
    if asks {
        let kinds = config.server.forward_auth.iter();
        let kinds = kinds.map(|kind| kind.as_str().to_owned());
        lines.push(format!("forward_auth = [{}]", quoted(kinds.collect())));
    }
    lines
}

/// A template with its places filled.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let fill = |text: String, (place, value): &(&str, String)| text.replace(place, value);
    parts.iter().fold(template.to_owned(), fill)
}

impl Facts {
    /// The comment at the beginning: where it belongs, and what the file must have.
    fn heading(&self, what: &str) -> String {
        let mut text = String::new();
        for line in what.lines() {
            text.push_str(format!("# {line}").trim_end());
            text.push('\n');
        }
        text.push_str("#\n# doorward.toml has, and must have, with the address from which this connects:\n#\n");
        for line in &self.file {
            text.push_str(&format!("#   {line}\n"));
        }
        text
    }

    /// The port that people use.
    fn port(&self) -> u16 {
        let written = self.public.host().port();
        written.unwrap_or(self.public.default_port())
    }

    /// Where to listen: nobody but this machine uses a public URL on loopback.
    fn bind(&self, every: &str) -> String {
        let port = self.port();
        if self.public.is_loopback() {
            format!("127.0.0.1:{port}")
        } else {
            format!("{every}{port}")
        }
    }

    /// A pattern for whole names, lower case, in every spelling that a server could take for one of these.
    fn pattern(&self) -> String {
        let all = self.carried.iter().chain(&self.gone);
        let mut names: Vec<String> = all.map(|name| name.to_ascii_lowercase()).collect();
        names.retain(|name| !name.starts_with("sso-"));
        names.push("sso-.*".to_owned());
        names.sort_unstable();
        format!("^({})$", names.join("|").replace('-', "[^a-z0-9]"))
    }
}
