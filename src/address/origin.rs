//! Hosts and origins, and whether a browser shows the one that its requests reach us under.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::Url;

use super::Error;

/// A host name or address with its port, lower case, the default port of the scheme left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Host(String);

impl Host {
    /// Parses `name`, `name:port`, `1.2.3.4:port` or `[::1]:port` as RFC 9110 §7.2 has it in `Host`.
    ///
    /// `default_port` is the port that the scheme implies: it is left out of the canonical form.
    ///
    /// # Errors
    /// Anything else: user information, an empty name, a trailing dot, a bad port, bytes that no host has.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, Error> {
        let (name, port) = split_port(text)?;
        if name.is_empty() || name.len() > 253 {
            return Err(Error::Host);
        }
        if name.starts_with('[') {
            let inner = name
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            let address: Ipv6Addr = inner
                .and_then(|inner| inner.parse().ok())
                .ok_or(Error::Host)?;
            return Ok(Self::with_port(&format!("[{address}]"), port, default_port));
        }
        let labels_are_sound = name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
        if !labels_are_sound {
            return Err(Error::Host);
        }
        let mut host = Self::with_port(name, port, default_port);
        host.0.make_ascii_lowercase();
        Ok(host)
    }

    fn with_port(name: &str, port: Option<u16>, default_port: u16) -> Self {
        let mut text = String::with_capacity(name.len() + ":65535".len());
        text.push_str(name);
        if let Some(port) = port.filter(|port| *port != default_port) {
            text.push(':');
            // No port is 0, so the first digit that is none is the first.
            let digits = [10_000, 1_000, 100, 10, 1].map(|unit| (port / unit, port / unit % 10));
            let digits = digits.into_iter().skip_while(|(rest, _)| *rest == 0);
            text.extend(digits.filter_map(|(_, digit)| char::from_digit(u32::from(digit), 10)));
        }
        Self(text)
    }

    /// The canonical text, as it stands in a `Host` field.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without the port.
    pub fn name(&self) -> &str {
        split_port(&self.0).map_or(self.0.as_str(), |(name, _)| name)
    }

    /// The port, where it is not the scheme's default.
    pub fn port(&self) -> Option<u16> {
        split_port(&self.0).ok().and_then(|(_, port)| port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), Error> {
    let Some((name, port)) = text.rsplit_once(':') else {
        return Ok((text, None));
    };
    if text.ends_with(']') {
        return Ok((text, None));
    }
    let digits_only = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if name.contains(':') && !name.ends_with(']') || !digits_only {
        return Err(Error::Host);
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(Error::Host),
        Ok(port) => Ok((name, Some(port))),
    }
}

/// Scheme and host: what a browser calls an origin (RFC 6454 §4). Only `http` and `https`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    secure: bool,
    host: Host,
}

/// Whether a browser shows another address than the one that its requests reach us under. Cookies belong to what it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Astray {
    /// Nothing says so.
    #[default]
    No,
    /// `http` instead of `https`: no cookie of ours is kept.
    Scheme,
    /// Another name.
    Host,
}

impl Astray {
    /// What it is called in an address, if anything says so.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Scheme => Some("scheme"),
            Self::Host => Some("host"),
        }
    }

    /// What is called that.
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("scheme") => Self::Scheme,
            Some("host") => Self::Host,
            Some(_) | None => Self::No,
        }
    }
}

impl Origin {
    /// Parses a URL that is nothing but an origin: no path, query, fragment or user information.
    ///
    /// # Errors
    /// Any other URL.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|_| Error::Origin)?;
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Error::Origin),
        };
        let host = url.host_str().ok_or(Error::Origin)?;
        if !bare {
            return Err(Error::Origin);
        }
        let written = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let host = Host::parse(&written, default_port(secure))?;
        Ok(Self { secure, host })
    }

    /// The origin of `host` under this origin's scheme.
    #[must_use]
    pub fn on(&self, host: &Host) -> Self {
        Self {
            secure: self.secure,
            host: host.clone(),
        }
    }

    /// Whether the scheme is `https`.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// `https` or `http`.
    pub const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// The port that the scheme implies.
    pub const fn default_port(&self) -> u16 {
        default_port(self.secure)
    }

    /// The host.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Whether this origin can only be reached from the machine itself: a loopback address, `localhost`, or a name
    /// below it (RFC 6761 §6.3).
    pub fn is_loopback(&self) -> bool {
        let name = self.host.name();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost"
            || name.ends_with(".localhost")
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// What a browser shows instead of this origin, as far as it was measured: by the scheme that a listed proxy heard
    /// (`X-Forwarded-Proto`, the browser's own end first), and by `Origin`.
    pub fn astray(&self, heard: Option<&str>, from: Option<&str>) -> Astray {
        let from = from.and_then(|from| Self::parse(from).ok());
        let scheme = heard.and_then(|heard| heard.split(',').next());
        let scheme = scheme.map(str::trim).map(str::to_ascii_lowercase);
        if from.as_ref().is_some_and(|from| from.host != self.host) {
            return Astray::Host;
        }
        let is_open = scheme.as_deref() == Some("http") || from.is_some_and(|from| !from.secure);
        if self.secure && is_open {
            Astray::Scheme
        } else {
            Astray::No
        }
    }

    /// This origin followed by an absolute path.
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme(), self.host)
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_spelling() {
        let host = |text| {
            Host::parse(text, 443)
                .map(|host| host.as_str().to_owned())
                .ok()
        };
        assert_eq!(host("App.Example.com").as_deref(), Some("app.example.com"));
        assert_eq!(
            host("app.example.com:443").as_deref(),
            Some("app.example.com")
        );
        assert_eq!(
            host("app.example.com:8443").as_deref(),
            Some("app.example.com:8443")
        );
        assert_eq!(host("[::0:1]:8443").as_deref(), Some("[::1]:8443"));
        for bad in [
            "",
            "a b",
            "app.example.com.",
            "user@app",
            "app:",
            "app:0",
            "app:99999",
            "a:b:1",
            "::1",
            "app/..",
            "[::1",
            "app..com",
        ] {
            assert_eq!(host(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn origins_know_the_loopback() {
        let origin = |text| Origin::parse(text).unwrap();
        for text in [
            "http://localhost:8000",
            "http://acme.localhost",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            assert!(origin(text).is_loopback(), "{text}");
        }
        assert!(!origin("https://app.example.com").is_loopback());
        assert_eq!(
            origin("https://App.example.com:443/").to_string(),
            "https://app.example.com"
        );
        for bad in [
            "https://app/x",
            "ftp://app",
            "https://u@app",
            "https://app?x",
            "app",
        ] {
            assert_eq!(Origin::parse(bad), Err(Error::Origin), "{bad}");
        }
    }

    #[test]
    fn what_a_browser_shows_is_held_against_what_we_are_reached_under() {
        let (public, plain) = (
            Origin::parse("https://app.example.com").unwrap(),
            Origin::parse("http://localhost:8000").unwrap(),
        );
        for (heard, from, astray) in [
            (None, None, Astray::No),
            (Some("https"), Some("https://app.example.com"), Astray::No),
            (Some("HTTP"), None, Astray::Scheme),
            (Some("http, https"), None, Astray::Scheme),
            (Some("https, http"), None, Astray::No),
            (
                Some("https"),
                Some("http://app.example.com"),
                Astray::Scheme,
            ),
            (None, Some("https://www.example.com"), Astray::Host),
            (
                Some("http"),
                Some("http://www.example.com:8080"),
                Astray::Host,
            ),
            // Nothing is measured by these.
            (Some("wss"), Some("null"), Astray::No),
            (Some(""), Some("garbage"), Astray::No),
        ] {
            assert_eq!(public.astray(heard, from), astray, "{heard:?} {from:?}");
        }
        let here = Some("http://localhost:8000");
        assert_eq!(plain.astray(Some("http"), here), Astray::No);
    }
}
