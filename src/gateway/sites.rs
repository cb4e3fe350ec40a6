//! The hosts that we answer for, each with what its requests need ready.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use http::header::FORWARDED;
use http::{HeaderName, HeaderValue};

use crate::address::{Host, Origin};
use crate::config::{Config, Slug};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// One host.
#[derive(Debug)]
pub(super) struct Site {
    /// Whose own host it is; none for the shared one.
    pub(super) organization: Option<Slug>,
    /// Whom an assertion is for if the file says nothing else.
    pub(super) audience: Arc<str>,
    /// As a field has it.
    pub(super) host: HeaderValue,
    scheme: HeaderValue,
    port: HeaderValue,
    /// What follows the client in `Forwarded`.
    forwarded: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Sites(BTreeMap<Host, Site>);

impl Sites {
    /// Those of a configuration. Of two organizations with one host, which `check` refuses, the first has it.
    pub(super) fn new(config: &Config) -> Self {
        let shared = &config.server.public_url;
        let mut all = BTreeMap::new();
        all.extend(Site::new(shared, shared.host(), None));
        for organization in config.organizations.values() {
            for host in &organization.hosts {
                if let Some((host, site)) = Site::new(shared, host, Some(&organization.slug)) {
                    all.entry(host).or_insert(site);
                }
            }
        }
        Self(all)
    }

    pub(super) fn get(&self, host: &Host) -> Option<&Site> {
        self.0.get(host)
    }
}

impl Site {
    fn new(shared: &Origin, host: &Host, organization: Option<&Slug>) -> Option<(Host, Self)> {
        let origin = shared.on(host);
        let port = host.port().unwrap_or(origin.default_port());
        let site = Self {
            organization: organization.cloned(),
            audience: origin.to_string().into(),
            // No host that parses has bytes that no field has.
            host: HeaderValue::from_str(host.as_str()).ok()?,
            scheme: HeaderValue::from_static(origin.scheme()),
            port: HeaderValue::from(port),
            forwarded: format!(";host=\"{host}\";proto={}", origin.scheme()),
        };
        Some((host.clone(), site))
    }

    /// The forwarding fields that are rebuilt for the application (threat model 33). `X-Forwarded-For` has no word for a
    /// client that is not known, so there is none then; `Forwarded` has (RFC 7239 §6.3).
    pub(super) fn forwarding(
        &self,
        client: Option<IpAddr>,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let mut forwarded = String::with_capacity("for=\"[]\"".len() + 46 + self.forwarded.len());
        forwarded.push_str("for=");
        let known = client.map(|client| match client {
            IpAddr::V4(address) => {
                let from = forwarded.len();
                push_dotted(&mut forwarded, address.octets());
                forwarded.get(from..).unwrap_or_default().to_owned()
            }
            IpAddr::V6(address) => {
                let text = address.to_string();
                forwarded.push_str("\"[");
                forwarded.push_str(&text);
                forwarded.push_str("]\"");
                text
            }
        });
        if known.is_none() {
            forwarded.push_str("unknown");
        }
        forwarded.push_str(&self.forwarded);
        let named = [
            (X_FORWARDED_PROTO, Some(self.scheme.clone())),
            (X_FORWARDED_HOST, Some(self.host.clone())),
            (X_FORWARDED_PORT, Some(self.port.clone())),
            (FORWARDED, HeaderValue::try_from(forwarded).ok()),
            (
                X_FORWARDED_FOR,
                known.and_then(|text| HeaderValue::try_from(text).ok()),
            ),
        ];
        let named = named.into_iter();
        named.filter_map(|(name, value)| Some((name, value?)))
    }
}

/// An IPv4 address as everybody writes it. The library's own way goes by a buffer and a formatter, for each request.
fn push_dotted(text: &mut String, octets: [u8; 4]) {
    for (position, octet) in octets.into_iter().enumerate() {
        if position > 0 {
            text.push('.');
        }
        for (unit, least) in [(100, 100), (10, 10), (1, 0)] {
            if octet >= least {
                text.push(char::from(b'0' + octet / unit % 10));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn every_octet_is_written_as_the_library_writes_it() {
        for octet in 0..=u8::MAX {
            let octets = [octet, 0, octet, 255];
            let mut text = String::new();
            push_dotted(&mut text, octets);
            assert_eq!(text, Ipv4Addr::from(octets).to_string());
        }
    }

    #[test]
    fn inv_33_the_application_hears_where_a_request_came_from() {
        let shared = Origin::parse("https://app.example.com").unwrap();
        let host = Host::parse("acme.example.com:8443", 443).unwrap();
        let (_, site) = Site::new(&shared, &host, None).unwrap();
        let told = |client: Option<&str>| {
            let client = client.map(|client| client.parse().unwrap());
            let fields = site.forwarding(client);
            let told = fields.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
            told.collect::<Vec<_>>()
        };
        let same = [
            "x-forwarded-proto: https",
            "x-forwarded-host: acme.example.com:8443",
            "x-forwarded-port: 8443",
        ];
        let rest = "host=\"acme.example.com:8443\";proto=https";
        for (client, node) in [
            (Some("192.0.2.7"), "192.0.2.7"),
            (Some("2001:db8::1"), "\"[2001:db8::1]\""),
            (None, "unknown"),
        ] {
            let mut expected: Vec<String> = same.map(str::to_owned).to_vec();
            expected.push(format!("forwarded: for={node};{rest}"));
            expected.extend(client.map(|client| format!("x-forwarded-for: {client}")));
            assert_eq!(told(client), expected);
        }
    }
}
