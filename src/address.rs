//! The one canonical form of hosts and paths.
//!
//! Owns: [`Host`], [`CanonicalPath`], [`ReturnPath`] and [`Origin`]: what is matched, decided on and forwarded is the
//! same value (threat model 3, 5); and [`Neighbours`], for bounds. Parsing is the only way to make one; what can be read in two ways does not parse.
//! Leaves to others: which host belongs to whom (`gateway`), what a path may do (`gateway::decision`).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::Url;

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

/// The path of a request in its one canonical spelling (RFC 3986 §3.3, §6.2.2): every character that a path may have as it
/// stands is decoded, every other one encoded, hexadecimal digits upper case. What is left percent-encoded means itself
/// and nothing else.
///
/// That goes beyond RFC 3986 §2.2, for which `%40` and `@` may differ: applications read them alike, so a rule must not
/// tell them apart. `;` alone keeps the spelling it came in, since an encoded one may be data and a raw one a delimiter;
/// rules read both as a delimiter.
///
/// Refused, because two readers could differ: dot segments in any encoding, empty segments, an encoded slash, a
/// backslash in any encoding, control bytes and NUL, bytes above ASCII that are not encoded, malformed, double and
/// overlong encoding, and parameters (`;…`, encoded or not) that hide a segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanonicalPath {
    text: String,
    parameters: bool,
}

impl CanonicalPath {
    /// Parses the path of a request target in origin form.
    ///
    /// # Errors
    /// Everything that the type's description refuses.
    pub fn parse(raw: &str) -> Result<Self, Error> {
        if !raw.starts_with('/') {
            return Err(Error::Path);
        }
        if is_simple(raw) {
            return Ok(Self {
                text: raw.to_owned(),
                parameters: false,
            });
        }
        Self::spell(raw)
    }

    /// Any path, byte by byte.
    fn spell(raw: &str) -> Result<Self, Error> {
        let text = normalise(raw)?;
        let parameters = text.contains(';') || text.contains(ENCODED_SEMICOLON);
        // What was decoded may itself look encoded (`%25%32%65`), and an overlong spelling hides a plain one (`%C0%AE`).
        if text.match_indices('%').any(|(at, _)| {
            let sequence = text.get(at..).unwrap_or_default();
            is_encoded_percent(sequence) || is_overlong(sequence)
        }) {
            return Err(Error::Path);
        }
        let mut segments = text.split('/').skip(1).peekable();
        while let Some(segment) = segments.next() {
            let bare = if parameters {
                without_parameters(segment)
            } else {
                segment
            };
            let hidden = bare.is_empty() && (segments.peek().is_some() || !segment.is_empty());
            if hidden || bare == "." || bare == ".." {
                return Err(Error::Path);
            }
        }
        Ok(Self { text, parameters })
    }

    /// The canonical text: what is matched, logged and forwarded.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a segment carries parameters (`;jsessionid=…`). Servers disagree on what those mean, so such a path never
    /// counts as public (threat model 5).
    pub const fn has_parameters(&self) -> bool {
        self.parameters
    }

    /// The segments without their parameters: what rules are matched against.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        let segments = self.text.split('/').skip(1);
        segments.map(|segment| match self.parameters {
            true => without_parameters(segment),
            false => segment,
        })
    }
}

/// Whether a path is canonical at first sight, as most are: nothing in it but `/` and what is never encoded, no empty segment
/// but the last, and none that begins with a dot.
fn is_simple(raw: &str) -> bool {
    let mut after_slash = false;
    raw.bytes().all(|byte| {
        let simple = match byte {
            b'/' | b'.' => !after_slash,
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~'),
        };
        after_slash = byte == b'/';
        simple
    })
}

/// A server that decodes before it takes parameters off reads `;` here too.
const ENCODED_SEMICOLON: &str = "%3B";

fn without_parameters(segment: &str) -> &str {
    let end = segment.find(';').into_iter();
    let end = end.chain(segment.find(ENCODED_SEMICOLON)).min();
    end.and_then(|end| segment.get(..end)).unwrap_or(segment)
}

/// Whether a text that begins with `%` begins with an encoded `%` and two digits: decoded once more it is another byte.
fn is_encoded_percent(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', b'2', b'5', a, b, ..] if hex_value(*a).is_some() && hex_value(*b).is_some())
}

/// Whether a canonical text that begins with `%` begins with a longer spelling than UTF-8 has for a character (RFC 3629
/// §3). Lenient decoders make `.` and `/` of such.
fn is_overlong(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        [b'%', b'C', b'0' | b'1', b'%', b'8' | b'9' | b'A' | b'B', ..]
            | [b'%', b'E', b'0', b'%', b'8' | b'9', ..]
            | [b'%', b'F', b'0', b'%', b'8', ..]
    )
}

fn normalise(raw: &str) -> Result<String, Error> {
    let mut text = String::with_capacity(raw.len());
    let mut bytes = raw.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut digit = || bytes.next().copied().and_then(hex_value).ok_or(Error::Path);
                let (high, low) = (digit()?, digit()?);
                push_decoded(&mut text, high * 16 + low, bytes.as_slice())?;
            }
            b'\\' | b'?' | b'#' | 0..=0x20 | 0x7f.. => return Err(Error::Path),
            b'/' | b';' => text.push(char::from(byte)),
            _ => push(&mut text, byte),
        }
    }
    Ok(text)
}

/// Appends a byte that was encoded. `rest` is what follows it.
fn push_decoded(text: &mut String, byte: u8, rest: &[u8]) -> Result<(), Error> {
    match byte {
        b'/' | b'\\' | 0..=0x1f | 0x7f => Err(Error::Path),
        b'%' if matches!(rest, [a, b, ..] if hex_value(*a).is_some() && hex_value(*b).is_some()) => {
            Err(Error::Path)
        }
        _ => {
            push(text, byte);
            Ok(())
        }
    }
}

/// Appends a byte as a path has it: as itself if it needs no encoding there, else encoded.
fn push(text: &mut String, byte: u8) {
    if is_plain(byte) {
        text.push(char::from(byte));
    } else {
        text.push_str(&format!("%{byte:02X}"));
    }
}

/// Whether a byte stands for itself in a segment: `pchar` of RFC 3986 §3.3 without `;`.
const fn is_plain(byte: u8) -> bool {
    let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    unreserved
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
        )
}

const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Whose requests count together where something is bounded by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Neighbours {
    /// One address of IPv4, or one /64 of IPv6: as much as one customer holds.
    Of(IpAddr),
    /// All whose address nobody tells: they come over a Unix socket, and no trusted proxy says from where.
    Unknown,
}

impl Neighbours {
    /// Those of a client.
    pub fn of(client: Option<IpAddr>) -> Self {
        match client {
            None => Self::Unknown,
            Some(IpAddr::V4(address)) => Self::Of(address.into()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self::Of(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }
}

/// Where a browser goes after sign-in: a path and query on the organization's own origin, never another one
/// (threat model 38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The front page.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Parses a path with an optional query. Under `prefix`, all but the pages of somebody who is signed in is refused:
    /// returning into the sign-in pages would go round in circles.
    ///
    /// # Errors
    /// Anything that a browser could read as another origin, that is longer than 2 KiB, or whose path is not canonical.
    pub fn parse(text: &str, prefix: &str) -> Result<Self, Error> {
        if text.len() > MAX_RETURN_PATH_BYTES || text.contains('#') {
            return Err(Error::ReturnPath);
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let path = CanonicalPath::parse(path).map_err(|_| Error::ReturnPath)?;
        let own = path.as_str().strip_prefix(prefix);
        let leads_round = |rest: &str| {
            let is_own = rest.is_empty() || rest.starts_with('/');
            is_own
                && !matches!(rest, "/account" | "/account/offer" | "/signed-in")
                && !rest.starts_with("/admin/")
        };
        if own.is_some_and(leads_round) {
            return Err(Error::ReturnPath);
        }
        let query_is_sound =
            query.is_none_or(|query| query.bytes().all(|byte| matches!(byte, 0x21..=0x7e)));
        if !query_is_sound {
            return Err(Error::ReturnPath);
        }
        Ok(Self(match query {
            Some(query) => format!("{}?{query}", path.as_str()),
            None => path.as_str().to_owned(),
        }))
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.0.split_once('?').map_or(&self.0, |(path, _)| path)
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest return path that is kept.
const MAX_RETURN_PATH_BYTES: usize = 2048;

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a host with an optional port.
    #[error("not a host name or address with an optional port")]
    Host,
    /// Not an origin.
    #[error("not an http or https origin without path, query or user information")]
    Origin,
    /// A path that could be read in two ways.
    #[error("the path is not in one canonical form")]
    Path,
    /// A return path that is not a path of this site.
    #[error("not a path on this site")]
    ReturnPath,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn inv_05_paths_that_can_be_read_in_two_ways_are_refused() {
        for bad in [
            "",
            "x",
            "//",
            "//evil",
            "/a//b",
            "/./a",
            "/a/..",
            "/a/%2e%2E/b",
            "/%2e",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%0d",
            "/a%7f",
            "/a b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%252e",
            "/;x/b",
            "/..;/admin",
            "/.;x",
            "/é",
            "/a?b",
            "/a#b",
            "/;x",
            "/%3bx/b",
            "/..%3B/admin",
            "/%2e%2e%3bx/admin",
            "/%25%32%65%25%32%65/admin",
            "/%252%65",
            "/%25%32f",
            "/a/%c0%ae%c0%ae/admin",
            "/a%c1%9cb",
            "/a%e0%80%afb",
            "/a%f0%80%80%afb",
        ] {
            assert!(CanonicalPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_have_one_spelling() {
        let path = |text| CanonicalPath::parse(text).unwrap().as_str().to_owned();
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a/"), "/a/");
        assert_eq!(path("/%61dmin/%7euser"), "/admin/~user");
        assert_eq!(path("/caf%c3%a9"), "/caf%C3%A9");
        assert_eq!(path("/100%25"), "/100%25");
        assert_eq!(path("/a;v=1/b"), "/a;v=1/b");
        assert_eq!(path("/caf%e9/%e0%a0%80"), "/caf%E9/%E0%A0%80");
        assert_eq!(path("/%40a/b%2Bc%3a/%5B%22%7c%5d"), "/@a/b+c:/%5B%22%7C%5D");
        assert_eq!(path("/@a/b+c:/[\"|]"), "/@a/b+c:/%5B%22%7C%5D");
        assert_eq!(path("/a;b%3bc"), "/a;b%3Bc");
        for text in ["/a;v=1/b", "/a%3bv=1/b", "/a%3Bv;x/b", "/a%3bv%3D1/b"] {
            let with = CanonicalPath::parse(text).unwrap();
            assert!(with.has_parameters(), "{text}");
            assert_eq!(with.segments().collect::<Vec<_>>(), ["a", "b"], "{text}");
        }
    }

    /// No byte has a spelling under which a rule would not find it.
    #[test]
    fn inv_05_a_character_and_its_encoding_are_one_path() {
        for byte in 0..=u8::MAX {
            let upper = CanonicalPath::parse(&format!("/x%{byte:02X}y"));
            let lower = CanonicalPath::parse(&format!("/x%{byte:02x}y"));
            assert_eq!(upper, lower, "{byte:#x}");
            let raw = match byte {
                // These end the path, or stand for themselves only where they are encoded.
                b'?' | b'#' | b'%' | b'/' | b' ' | 0x80.. => continue,
                _ => CanonicalPath::parse(&format!("/x{}y", char::from(byte))),
            };
            match (raw, upper) {
                (Ok(raw), Ok(encoded)) if byte == b';' => {
                    assert!(raw.has_parameters() && encoded.has_parameters());
                    assert!(raw.segments().eq(encoded.segments()));
                }
                (raw, encoded) => assert_eq!(raw, encoded, "{:?}", char::from(byte)),
            }
        }
    }

    proptest! {
        #[test]
        fn inv_05_what_is_simple_at_first_sight_is_read_no_other_way(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["/", "/", ".", "..", "a", "Z9", "-", "_", "~", "%2e", ";", "+", " ", "\\", "\u{e9}"]),
                0..12,
            ),
        ) {
            let raw = format!("/{}", pieces.concat());
            if is_simple(&raw) {
                let spelt = CanonicalPath::spell(&raw).unwrap();
                prop_assert_eq!(spelt.as_str(), &raw);
                let parsed = CanonicalPath::parse(&raw);
                prop_assert_eq!(parsed.as_ref(), Ok(&spelt));
            }
        }

        /// What goes on is read by the application as it was read here: nothing changes at a second reading, and a
        /// lenient third one that decodes it all still finds the same segments.
        #[test]
        fn inv_05_a_canonical_path_means_itself(
            raw in proptest::collection::vec(
                proptest::sample::select(vec!["/", ".", "%2e", "%25", "%32", "%65", "2", "e", "5", "a", ";", "%3b", "%c3", "%a9", "%", "~",
                    "@", "%40", "+", "%2B", "%2a", "=", "%3D", "[", "%5b", "^", "\"", "%22", "|"]),
                0..12,
            ),
        ) {
            let raw = format!("/{}", raw.concat());
            if let Ok(path) = CanonicalPath::parse(&raw) {
                let again = CanonicalPath::parse(path.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&path));
                let respelt: String = raw
                    .chars()
                    .map(|one| match one {
                        '@' | '+' | '=' | '[' | '^' | '"' | '|' => format!("%{:02x}", u32::from(one)),
                        one => one.to_string(),
                    })
                    .collect();
                let respelt = CanonicalPath::parse(&respelt);
                prop_assert_eq!(respelt.as_ref(), Ok(&path));
                let once = percent_encoding::percent_decode_str(path.as_str()).decode_utf8_lossy();
                let twice = percent_encoding::percent_decode_str(&once).decode_utf8_lossy();
                for read in [&once, &twice] {
                    let bare = read.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
                    prop_assert!(!bare.clone().any(|bare| bare == "." || bare == ".."), "{raw} {read}");
                    prop_assert_eq!(bare.count() - 1, path.segments().count());
                }
            }
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

    #[test]
    fn inv_38_return_paths_stay_on_the_site() {
        let parse = |text| ReturnPath::parse(text, "/_sso");
        assert_eq!(
            parse("/reports?id=7&x=%2F").unwrap().as_str(),
            "/reports?id=7&x=%2F"
        );
        for good in [
            "/_ssos",
            "/_sso/account",
            "/_sso/account/offer",
            "/_sso/signed-in",
        ] {
            assert_eq!(parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "https://evil",
            "//evil",
            "/\\evil",
            "/%5cevil",
            "\\/evil",
            "/a\n",
            "/a\t",
            " /a",
            "/_sso",
            "/_sso/login",
            "/_sso/signed-in/more",
            "/a#b",
            "/a?\u{e9}",
            "",
            "javascript:alert(1)",
        ] {
            assert_eq!(parse(bad), Err(Error::ReturnPath), "{bad:?}");
        }
    }
}
