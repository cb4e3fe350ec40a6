//! Which addresses a provider's calls may end at (threat model §5).
//!
//! Where the calls go is the provider's to say, in its discovery document and in the DNS. That must not become a way to
//! reach what only this machine can reach: its own services, the internal network, the metadata of a cloud. So the
//! addresses of a name are looked at between resolving and connecting, which leaves no time to change them.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{io, vec};

use hyper_util::client::legacy::connect::dns::Name;
use tokio::net::lookup_host;
use tower_service::Service;
use url::Url;

use super::Written;

/// How far one provider may send us. A resolver for its calls; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Fence(Arc<Plot>);

#[derive(Debug)]
struct Plot {
    /// The issuer's host: if the operator wrote it down, its addresses are wanted, and those like them.
    home: Option<String>,
    /// The operator says that the others are wanted too (`private_network`).
    open: bool,
    /// Whoever wrote the address down learns nothing of names that do not lead everywhere.
    discreet: bool,
}

/// From where an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    /// From everywhere.
    Public,
    /// From within an organization's network.
    Private,
    /// From the same cable; clouds tell a machine its secrets there.
    Link,
    /// From this machine.
    Loopback,
}

/// Why a name has no address to call.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoWay {
    /// It has none at all.
    #[error("the name cannot be resolved")]
    Unresolved(#[from] io::Error),
    /// All of them lie behind the fence.
    #[error("it has no address but private ones")]
    Fenced,
}

impl Fence {
    /// Around the issuer, or none.
    pub(super) fn new(issuer: &str, private_network: bool, written: Written) -> Self {
        let url = Url::parse(issuer).ok();
        let host = url.and_then(|url| url.host_str().map(bare));
        let (home, open) = match written {
            Written::ByOperator => (host, private_network),
            Written::ByOthers => (None, false),
        };
        let discreet = match written {
            Written::ByOperator => false,
            Written::ByOthers => true,
        };
        Self(Arc::new(Plot {
            home,
            open,
            discreet,
        }))
    }

    /// Whether nobody may be told why there was no connection: whether a name of the internal network exists, is not for
    /// whoever has a draft (threat model 48).
    pub(super) fn is_discreet(&self) -> bool {
        self.0.discreet
    }

    /// Whether a host that is written as an address may be called. Names are looked at when they are resolved.
    ///
    /// # Errors
    /// [`NoWay::Fenced`].
    pub(super) async fn check(&self, host: &str) -> Result<(), NoWay> {
        match bare(host).parse() {
            Ok(address) => {
                let only = vec![SocketAddr::new(address, 0)];
                self.admit(host, only).await.map(drop)
            }
            Err(_) => Ok(()),
        }
    }

    /// Those of a host's addresses that may be called.
    async fn admit(
        &self,
        host: &str,
        mut found: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, NoWay> {
        let all_public = found.iter().all(|at| zone(at.ip()) == Zone::Public);
        let home = self.0.home.as_deref();
        if self.0.open || all_public || home == Some(bare(host).as_str()) {
            return Ok(found);
        }
        let mut like_home: Vec<Zone> = Vec::new();
        if let Some(home) = home
            && let Ok(home) = lookup_host((home, 0)).await
        {
            like_home.extend(home.map(|at| zone(at.ip())));
        }
        found.retain(|at| match zone(at.ip()) {
            Zone::Public => true,
            other => like_home.contains(&other),
        });
        if found.is_empty() {
            Err(NoWay::Fenced)
        } else {
            Ok(found)
        }
    }
}

impl Service<Name> for Fence {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = NoWay;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NoWay>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoWay>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let fence = self.clone();
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?.collect();
            Ok(fence.admit(name.as_str(), found).await?.into_iter())
        })
    }
}

/// A host as the resolver gets it: addresses of the sixth version stand in brackets in a URL.
fn bare(host: &str) -> String {
    let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.unwrap_or(host).to_ascii_lowercase()
}

/// By the registries of special addresses (RFC 6890). What may not be called from anywhere counts as private.
fn zone(address: IpAddr) -> Zone {
    match address.to_canonical() {
        IpAddr::V4(address) => zone_of_four(address),
        IpAddr::V6(address) => zone_of_six(address),
    }
}

fn zone_of_four(address: Ipv4Addr) -> Zone {
    match address.octets() {
        // "This host": the kernel takes 0.0.0.0 for loopback.
        [0 | 127, ..] => Zone::Loopback,
        [169, 254, ..] => Zone::Link,
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => Zone::Private,
        // Behind a carrier's translation, protocol assignments, benchmarks, multicast and above.
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] | [224..=255, ..] => {
            Zone::Private
        }
        _ => Zone::Public,
    }
}

fn zone_of_six(address: Ipv6Addr) -> Zone {
    let segments = address.segments();
    let four = |high: u16, low: u16| {
        let (high, low) = (u32::from(high), u32::from(low));
        zone_of_four(Ipv4Addr::from(high << 16 | low))
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Zone::Loopback,
        // An address of the fourth version in other clothes: translated (RFC 6052), tunnelled (RFC 3056), compatible.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..]
        | [0, 0, 0, 0, 0, 0, high, low] => four(high, low),
        [0xfe80..=0xfebf, ..] => Zone::Link,
        // Local translation (RFC 8215), unique local, site-local, multicast.
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff, ..] | [0xfec0..=0xffff, ..] => Zone::Private,
        _ => Zone::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_address_is_known_for_what_it_is() {
        for (zone, addresses) in [
            (
                Zone::Loopback,
                "127.0.0.1 127.255.255.255 0.0.0.0 ::1 :: ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1",
            ),
            (
                Zone::Link,
                "169.254.169.254 fe80::1 febf::1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1",
            ),
            (
                Zone::Private,
                "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 192.0.0.8 198.18.0.1 224.0.0.1 \
                 255.255.255.255 fc00::1 fd12::1 fec0::1 ff02::1 64:ff9b:1::1 ::ffff:10.0.0.1 2002:a00:1::1",
            ),
            (
                Zone::Public,
                "1.1.1.1 172.32.0.1 172.15.0.1 100.63.0.1 100.128.0.1 192.0.1.1 198.20.0.1 223.255.255.255 \
                 169.253.0.1 2606:4700::1 64:ff9b::101:101 2002:101:101::1 ::ffff:1.1.1.1",
            ),
        ] {
            for address in addresses.split_ascii_whitespace() {
                assert_eq!(super::zone(address.parse().unwrap()), zone, "{address}");
            }
        }
    }

    const INSIDE: [&str; 4] = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[fd00::1]"];

    /// Those of [`INSIDE`] that may be called.
    async fn admitted(issuer: &str, private_network: bool) -> Vec<&'static str> {
        let fence = Fence::new(issuer, private_network, Written::ByOperator);
        let mut admitted = Vec::new();
        for host in INSIDE {
            let at = SocketAddr::new(bare(host).parse().unwrap(), 0);
            let as_name = fence.admit("elsewhere.example", vec![at]).await;
            let as_address = fence.check(host).await;
            assert_eq!(as_name.is_ok(), as_address.is_ok(), "{host}");
            if as_name.is_ok() {
                admitted.push(host);
            }
        }
        admitted
    }

    #[tokio::test]
    async fn inv_48_a_provider_leads_to_addresses_like_its_own_only() {
        for (issuer, expected) in [
            ("https://192.0.2.1", &[][..]),
            ("https://[2001:db8::1]/realm", &[]),
            ("http://127.0.0.1:9000", &["127.0.0.1"]),
            ("http://localhost:9000", &["127.0.0.1"]),
            ("http://[::1]:9000", &["127.0.0.1"]),
            ("https://10.9.8.7/realm", &["10.0.0.1", "[fd00::1]"]),
            ("https://169.254.1.1", &["169.254.169.254"]),
        ] {
            assert_eq!(admitted(issuer, false).await, expected, "{issuer}");
            assert_eq!(admitted(issuer, true).await, INSIDE, "{issuer}");
        }
    }

    #[tokio::test]
    async fn inv_48_what_somebody_else_wrote_down_leads_to_public_addresses_only() {
        for host in INSIDE.into_iter().chain(["0.0.0.0"]) {
            let issuer = format!("https://{host}");
            let fence = Fence::new(&issuer, true, Written::ByOthers);
            assert!(fence.check(host).await.is_err(), "{host}");
            let at = SocketAddr::new(bare(host).parse().unwrap(), 0);
            assert!(fence.admit("its-own.example", vec![at]).await.is_err());
        }
        let fence = Fence::new("https://192.0.2.1", false, Written::ByOthers);
        assert!(fence.check("1.1.1.1").await.is_ok());
        let localhost = lookup_host(("localhost", 0)).await.unwrap().collect();
        assert!(fence.admit("localhost", localhost).await.is_err());
    }

    #[tokio::test]
    async fn what_is_fenced_is_left_out_and_what_is_public_stays() {
        let fence = Fence::new("https://192.0.2.1", false, Written::ByOperator);
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        let found = vec![at("10.0.0.1"), at("1.1.1.1")];
        let left = fence.admit("both.example", found).await.unwrap();
        assert_eq!(left, [at("1.1.1.1")]);
        let home = vec![at("10.0.0.1")];
        let itself = fence.admit("192.0.2.1", home).await;
        assert!(itself.is_ok(), "the issuer's own name may lie anywhere");
    }
}
