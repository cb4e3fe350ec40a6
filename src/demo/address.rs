//! Where the demonstration is to be reached: a loopback address and nothing else.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::str::FromStr;

use crate::address::Origin;

/// What `--listen` says: `http://localhost:8000`, `localhost:8000` or `127.0.0.1:8000`. Port 0 takes any free one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    name: String,
    ip: IpAddr,
    port: u16,
}

impl Address {
    /// Finds out whether the address is free, and which port it is if any will do.
    ///
    /// The socket is closed again, because Doorward opens its own, as it always does; who is quicker in between makes
    /// that fail with the same message.
    ///
    /// # Errors
    /// What the system says, mostly that somebody listens there already.
    pub(super) fn settle(&self) -> io::Result<(Origin, SocketAddr)> {
        let socket = TcpListener::bind((self.ip, self.port))?.local_addr()?;
        let origin = format!("http://{}:{}", self.name, socket.port());
        let origin = Origin::parse(&origin).map_err(io::Error::other)?;
        Ok((origin, socket))
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bare = text.strip_prefix("http://").unwrap_or(text);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        let (name, port) = bare.rsplit_once(':').ok_or(BadAddress)?;
        let port = port.parse().map_err(|_| BadAddress)?;
        // Port 0 has no place in an origin, so the name is tried with another one.
        let origin = Origin::parse(&format!("http://{name}:1")).map_err(|_| BadAddress)?;
        if !origin.is_loopback() {
            return Err(BadAddress);
        }
        let name = origin.host().name().to_owned();
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        let ip = literal.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Ok(Self { name, ip, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "http://{}:{}", self.name, self.port)
    }
}

/// A text that is no [`Address`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the demonstration asks for no password, so it listens on this machine only: localhost:8000, 127.0.0.1:8000 or \
     the like"
)]
pub struct BadAddress;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_parse() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            let parsed = text.parse::<Address>().ok();
            let written = parsed.map(|address| address.to_string());
            assert_eq!(written.as_deref(), expected, "{text:?}");
        }
        check("http://localhost:8000", Some("http://localhost:8000"));
        check("http://localhost:8000/", Some("http://localhost:8000"));
        check("LOCALHOST:0", Some("http://localhost:0"));
        check("127.0.0.2:81", Some("http://127.0.0.2:81"));
        check("[::1]:8000", Some("http://[::1]:8000"));
        check("demo.localhost:8000", Some("http://demo.localhost:8000"));
        check("0.0.0.0:8000", None);
        check("192.168.1.1:8000", None);
        check("example.com:8000", None);
        check("https://localhost:8000", None);
        check("localhost", None);
        check("localhost:99999", None);
        check("localhost:8000/path", None);
        check("", None);
    }

    #[test]
    fn any_port_becomes_a_real_one() {
        let address: Address = "localhost:0".parse().unwrap();
        let (origin, socket) = address.settle().unwrap();
        assert_ne!(socket.port(), 0);
        assert_eq!(
            origin.to_string(),
            format!("http://localhost:{}", socket.port())
        );
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let address: Address = format!("localhost:{port}").parse().unwrap();
        let error = address.settle().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
