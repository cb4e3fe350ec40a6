//! Which addresses may be called, or a browser sent to.

use url::Url;

use crate::address::Origin;

/// What the configured issuer allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// `https` anywhere.
    Secure,
    /// `https` anywhere, and `http` to loopback addresses: the issuer is one of those.
    Loopback,
}

impl Reach {
    /// That of an issuer; `None` for one that is neither `https` nor on loopback.
    pub(super) fn of(issuer: &str) -> Option<Self> {
        let url = Url::parse(issuer).ok()?;
        if url.scheme() == "https" {
            Some(Self::Secure)
        } else {
            is_plain_loopback(&url).then_some(Self::Loopback)
        }
    }

    /// Whether an address may be called, or a browser sent there.
    pub(super) fn covers(self, url: &Url) -> bool {
        match self {
            _ if !url.username().is_empty() || url.password().is_some() => false,
            _ if url.scheme() == "https" => url.has_host(),
            Self::Secure => false,
            Self::Loopback => is_plain_loopback(url),
        }
    }
}

fn is_plain_loopback(url: &Url) -> bool {
    let origin = Origin::parse(&url.origin().ascii_serialization());
    url.scheme() == "http" && origin.is_ok_and(|origin| origin.is_loopback())
}
