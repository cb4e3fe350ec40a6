//! Whom a load balancer connects for: the PROXY protocol, versions 1 and 2.
//!
//! Where it is spoken, every connection of a trusted peer begins with its header, before TLS; the specification (§2) forbids
//! guessing. Whoever is not trusted is heard as ever: a header of theirs is a malformed request.

use std::io;
use std::net::SocketAddr;

use proxy_header::{ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Whom a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    /// The peer itself: its health checks.
    Peer,
    /// Somebody whose address the peer does not know, or cannot say.
    Unknown,
    /// A client.
    Client {
        /// Where it is.
        address: SocketAddr,
        /// Whether it came over TLS, which the peer has ended.
        secure: bool,
    },
}

/// What begins version 2 of a peer that speaks for itself (§2.2): the version, and LOCAL.
const LOCAL: (usize, u8) = (12, 0x20);

/// No header of either version is shorter: `PROXY UNKNOWN` and its line end (§2.1).
const SHORTEST: usize = 15;

/// Of version 1, with its line end (§2.1).
const LONGEST_LINE: usize = 107;

/// The part of version 2 that says how long the rest is (§2.2).
const FIXED: usize = 16;

/// The most that is read of the rest: addresses, and what a peer adds about TLS. 65,535 would be allowed.
const LONGEST_REST: usize = 4096;

/// Reads the header, and nothing of what is behind it.
///
/// # Errors
/// Whatever is no header: the connection is not to be used. The socket's.
pub(super) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<Announced> {
    let mut head = vec![0; SHORTEST];
    socket.read_exact(&mut head).await?;
    match head.first() {
        Some(b'\r') => {
            let length = socket.read_u8().await?;
            head.push(length);
            let rest = head
                .get(FIXED - 2..FIXED)
                .map(length_of)
                .unwrap_or_default();
            if rest > LONGEST_REST {
                return Err(malformed());
            }
            head.resize(FIXED + rest, 0);
            let behind = head.get_mut(FIXED..).unwrap_or_default();
            socket.read_exact(behind).await?;
        }
        Some(b'P') => {
            while head.last() != Some(&b'\n') {
                if head.len() == LONGEST_LINE {
                    return Err(malformed());
                }
                head.push(socket.read_u8().await?);
            }
        }
        Some(_) | None => return Err(malformed()),
    }
    parse(&head)
}

fn length_of(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte))
}

fn parse(head: &[u8]) -> io::Result<Announced> {
    let parsed = ProxyHeader::parse(head, ParseConfig::default());
    let (header, length) = parsed.map_err(|_| malformed())?;
    if length != head.len() {
        return Err(malformed());
    }
    let (place, local) = LOCAL;
    let is_local = head.first() == Some(&b'\r') && head.get(place) == Some(&local);
    Ok(match header.proxied_address() {
        _ if is_local => Announced::Peer,
        None => Announced::Unknown,
        Some(proxied) => Announced::Client {
            address: proxied.source,
            secure: header.ssl().is_some_and(|tls| tls.client_ssl()),
        },
    })
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a trusted peer's connection does not begin with a PROXY protocol header",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn heard(bytes: &[u8]) -> (io::Result<Announced>, Vec<u8>) {
        let mut left = bytes;
        let said = read(&mut left).await;
        (said, left.to_vec())
    }

    fn from(address: &str) -> Announced {
        Announced::Client {
            address: address.parse().unwrap(),
            secure: false,
        }
    }

    /// Of version 2, with whatever follows the fixed part.
    fn second(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        let start = b"\r\n\r\n\0\r\nQUIT\n";
        [&start[..], &[command, family], &length, rest].concat()
    }

    const V4: [u8; 12] = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 187];

    #[tokio::test]
    async fn both_versions_say_who_the_client_is_and_nothing_behind_them_is_read() {
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
        v6[33] = 9;
        let tls = [0x20, 0, 5, 1, 0, 0, 0, 0];
        let ended = Announced::Client {
            address: "192.0.2.7:4660".parse().unwrap(),
            secure: true,
        };
        let (peer, unknown) = (Announced::Peer, Announced::Unknown);
        for (header, expected) in [
            (
                b"PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n".to_vec(),
                from("192.0.2.7:4660"),
            ),
            (
                b"PROXY TCP6 2001:db8:: :: 9 443\r\n".to_vec(),
                from("[2001:db8::]:9"),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), unknown),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(), unknown),
            (second(0x21, 0x11, &V4), from("192.0.2.7:4660")),
            (second(0x21, 0x21, &v6), from("[2001:db8::]:9")),
            (second(0x21, 0x11, &[&V4[..], &tls].concat()), ended),
            (second(0x20, 0x11, &[&V4[..], &tls].concat()), peer),
            (second(0x20, 0, b""), peer),
            (second(0x21, 0, b""), unknown),
        ] {
            let sent = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
            let (said, left) = heard(&sent).await;
            assert_eq!(said.unwrap(), expected, "{header:?}");
            assert_eq!(left, b"GET / HTTP/1.1\r\n");
        }
    }

    #[tokio::test]
    async fn inv_35_whatever_is_no_header_is_refused_within_its_bound() {
        let long = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200], b"\r\n".to_vec()].concat();
        let large = second(0x21, 0x11, &[0; LONGEST_REST + 1]);
        for bad in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            b"PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\n ",
            b"PROXY TCP4 192.0.2.7 10.0.0.1 4660\r\n   ",
            b"PROXY TCP4 192.0.2.777 10.0.0.1 1 2\r\n",
            b"PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n",
            b"proxy TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
            b"PROXY UNKNOWN",
            b"",
            &long,
            &large,
            &second(0x31, 0x11, &V4),
            &second(0x22, 0x11, &V4),
            &second(0x21, 0x11, &V4[..8]),
            &second(0x21, 0x41, &V4),
        ] {
            let (said, left) = heard(bad).await;
            assert!(said.is_err(), "{bad:?}");
            assert!(bad.len() - left.len() <= FIXED + LONGEST_REST);
        }
    }
}
