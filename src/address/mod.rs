//! The one canonical form of hosts and paths.
//!
//! Owns: [`Host`], [`CanonicalPath`], [`ReturnPath`] and [`Origin`]: what is matched, decided on and forwarded is the
//! same value (threat model 3, 5); and [`Neighbours`], for bounds. Parsing is the only way to make one; what can be read in two ways does not parse.
//! Leaves to others: which host belongs to whom (`gateway`), what a path may do (`gateway::decision`).

mod origin;
mod path;
mod return_path;

use std::net::{IpAddr, Ipv6Addr};

pub use origin::{Astray, Host, Origin};
pub use path::CanonicalPath;
pub use return_path::ReturnPath;

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
