//! The one reading of a request's head that everything after it shares.
//!
//! Host and path are made canonical or the request is refused; the client's address is taken from forwarding fields only
//! behind listed peers. Nothing re-reads the target later (threat model 3, 27, 33).

use std::net::IpAddr;

use http::header::{ACCEPT, ACCEPT_LANGUAGE, HOST, ORIGIN, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::{Error, grpc};
use crate::address::{CanonicalPath, Host, Origin};
use crate::clock::Timestamp;
use crate::config::TrustedProxy;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// What a request asks for, in canonical form.
#[derive(Clone, Debug)]
pub(super) struct Inbound {
    /// When it came: what is decided on it is decided as of then.
    pub(super) at: Timestamp,
    pub(super) host: Host,
    pub(super) path: CanonicalPath,
    pub(super) query: Option<String>,
    /// The canonical target as a request line has it.
    pub(super) target: PathAndQuery,
    pub(super) method: Method,
    /// From where, if that is known: a peer over a Unix socket has no address.
    pub(super) client: Option<IpAddr>,
    /// Whether a listed proxy handed it on, so that its forwarding fields count.
    pub(super) proxied: bool,
    pub(super) kind: Kind,
    /// Whether it is a call of gRPC.
    pub(super) grpc: bool,
    /// Value of `Origin`, if there is one.
    origin: Option<HeaderValue>,
    fetch_site: Option<HeaderValue>,
    /// Read only if a page of ours answers.
    accept_language: Option<HeaderValue>,
    upgrade: bool,
}

/// Who is asking: a person who looks at a page, or a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page load: it can be redirected.
    PageLoad,
    /// A form that was sent: a page can be shown, but a redirect would lose what was sent.
    FormPost,
    /// Anything else: `fetch`, command lines, sockets.
    Program,
}

impl Inbound {
    /// Reads a head.
    ///
    /// # Errors
    /// [`Error::Host`], [`Error::Target`] and [`Error::Method`]: nothing was decided or forwarded.
    pub(super) fn read<B>(
        head: &Request<B>,
        (at, peer): (Timestamp, Option<IpAddr>),
        trusted: &[TrustedProxy],
        public: &Origin,
    ) -> Result<Self, Error> {
        if matches!(*head.method(), Method::TRACE | Method::CONNECT) {
            return Err(Error::Method);
        }
        let trusts = is_trusted(trusted, peer);
        let written = host(head, trusts)?;
        let host = Host::parse(written, public.default_port()).map_err(|_| Error::Host)?;
        let path = CanonicalPath::parse(head.uri().path()).map_err(|_| Error::Target)?;
        let query = head.uri().query().map(str::to_owned);
        let query_is_sound = query
            .as_ref()
            .is_none_or(|query| query.bytes().all(|byte| matches!(byte, 0x21..=0x7e)));
        if !query_is_sound {
            return Err(Error::Target);
        }
        let target = target(head.uri(), &path, query.as_deref())?;
        Ok(Self {
            at,
            host,
            path,
            query,
            target,
            method: head.method().clone(),
            client: client(head.headers(), peer, trusts, trusted),
            proxied: trusts,
            kind: kind(head),
            grpc: grpc::is_call(head.headers()),
            origin: head.headers().get(ORIGIN).cloned(),
            fetch_site: head.headers().get(SEC_FETCH_SITE).cloned(),
            accept_language: head.headers().get(ACCEPT_LANGUAGE).cloned(),
            upgrade: head.headers().contains_key(UPGRADE),
        })
    }

    /// Has a refusal answered as such even if this is a call of gRPC, whose refusals have a status of success: whoever
    /// asks on behalf of others looks at that status.
    pub(super) const fn answer_plainly(&mut self) {
        self.grpc = false;
    }

    /// The languages that the browser asks for.
    pub(super) fn accept_language(&self) -> Option<&str> {
        self.accept_language.as_ref()?.to_str().ok()
    }

    /// The canonical target: what the application is asked for.
    pub(super) fn target(&self) -> &str {
        self.target.as_str()
    }

    /// Whether a browser says that a page of `origin` itself sent this (threat model 12). Without any word from the
    /// browser the answer is no.
    pub(super) fn is_same_origin(&self, origin: &Origin) -> bool {
        match (&self.fetch_site, &self.origin) {
            (Some(site), _) => site == "same-origin",
            (None, Some(from)) => from.as_bytes() == origin.to_string().as_bytes(),
            (None, None) => false,
        }
    }

    /// Whether a browser says that a page of another origin led here.
    pub(super) fn comes_from_elsewhere(&self) -> bool {
        let site = self.fetch_site.as_ref();
        site.is_some_and(|site| site == "cross-site" || site == "same-site")
    }

    /// Whether a browser says that no page sent this: somebody typed it, or opened it from another program.
    pub(super) fn is_typed(&self) -> bool {
        self.fetch_site.as_ref().is_some_and(|site| site == "none")
    }

    /// Whether another site opens a socket with the visitor's cookies. `public` says the scheme.
    pub(super) fn is_foreign_upgrade(&self, public: &Origin) -> bool {
        let Some(from) = self.origin.as_ref().filter(|_| self.upgrade) else {
            return false;
        };
        from.as_bytes() != public.on(&self.host).to_string().as_bytes()
    }

    /// Whether the method is one whose meaning everybody shares; others get the strictest rule (threat model 6).
    pub(super) fn has_known_method(&self) -> bool {
        matches!(
            self.method,
            Method::GET
                | Method::HEAD
                | Method::POST
                | Method::PUT
                | Method::PATCH
                | Method::DELETE
                | Method::OPTIONS
        )
    }
}

/// The canonical target. It is the one that came, most of the time.
fn target(came: &Uri, path: &CanonicalPath, query: Option<&str>) -> Result<PathAndQuery, Error> {
    if let Some(target) = came.path_and_query()
        && target.path() == path.as_str()
    {
        return Ok(target.clone());
    }
    let text = match query {
        Some(query) => format!("{}?{query}", path.as_str()),
        None => path.as_str().to_owned(),
    };
    PathAndQuery::try_from(text).map_err(|_| Error::Target)
}

/// The one host that a request names. Missing, several or contradictory ones are refused, and those of another scheme
/// (RFC 9110 §7.4).
fn host<B>(head: &Request<B>, trusts: bool) -> Result<&str, Error> {
    let scheme = head.uri().scheme_str().unwrap_or("https");
    if !matches!(scheme, "http" | "https") {
        return Err(Error::Host);
    }
    let fields = one(head.headers(), &HOST)?;
    let target = head.uri().authority().map(http::uri::Authority::as_str);
    let named = match (fields, target) {
        (Some(field), Some(target)) if field.eq_ignore_ascii_case(target) => field,
        (Some(field), None) => field,
        (None, Some(target)) if head.version() >= Version::HTTP_2 => target,
        (Some(_) | None, _) => return Err(Error::Host),
    };
    if trusts && let Some(forwarded) = one(head.headers(), &X_FORWARDED_HOST)? {
        return Ok(forwarded);
    }
    Ok(named)
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Error::Host),
        (Some(_), Some(_)) => Err(Error::Host),
    }
}

/// Whether a peer may say where a request came from, and what it was.
pub(super) fn is_trusted(trusted: &[TrustedProxy], peer: Option<IpAddr>) -> bool {
    trusted.iter().any(|proxy| proxy.covers(peer))
}

/// The visitor's address: the peer, unless it is a listed proxy; then the last address in `X-Forwarded-For` that is not.
fn client(
    headers: &HeaderMap,
    peer: Option<IpAddr>,
    trusts: bool,
    trusted: &[TrustedProxy],
) -> Option<IpAddr> {
    if !trusts {
        return peer;
    }
    let mut hops: Vec<&str> = Vec::new();
    for field in headers.get_all("x-forwarded-for") {
        hops.extend(field.to_str().unwrap_or_default().split(',').map(str::trim));
    }
    for hop in hops.iter().rev() {
        match hop.parse::<IpAddr>().map(|hop| hop.to_canonical()) {
            Ok(address) if is_trusted(trusted, Some(address)) => {}
            Ok(address) => return Some(address),
            Err(_) => return peer,
        }
    }
    peer
}

/// Fetch metadata where the browser sends it, else what it accepts.
fn kind<B>(head: &Request<B>) -> Kind {
    let field = |name: HeaderName| {
        head.headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let safe = matches!(*head.method(), Method::GET | Method::HEAD);
    let wants_page = match field(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => {
            field(ACCEPT).is_some_and(|accept| accept.contains("text/html"))
                && field(X_REQUESTED_WITH).is_none()
        }
    };
    if !wants_page || head.headers().contains_key(UPGRADE) {
        Kind::Program
    } else if safe {
        Kind::PageLoad
    } else if head.method() == Method::POST {
        Kind::FormPost
    } else {
        Kind::Program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(uri: &str, fields: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    fn network(text: &str) -> TrustedProxy {
        TrustedProxy::Network(text.parse().unwrap())
    }

    fn read(head: &Request<()>) -> Result<Inbound, Error> {
        let peer = Some("10.0.0.9".parse().unwrap());
        let public = Origin::parse("https://app.example.com").unwrap();
        Inbound::read(
            head,
            (Timestamp::EPOCH, peer),
            &[network("10.0.0.0/8")],
            &public,
        )
    }

    #[test]
    fn inv_27_exactly_one_host_is_named() {
        let ok = |uri, fields: &[(&str, &str)]| {
            read(&head(uri, fields))
                .map(|inbound| inbound.host.to_string())
                .ok()
        };
        assert_eq!(
            ok("/", &[("host", "App.example.com:443")]).as_deref(),
            Some("app.example.com")
        );
        assert_eq!(
            ok("http://app.example.com/", &[("host", "app.example.com")]).as_deref(),
            Some("app.example.com")
        );
        assert_eq!(
            ok("ftp://app.example.com/", &[("host", "app.example.com")]),
            None
        );
        assert_eq!(ok("/", &[]), None);
        assert_eq!(ok("/", &[("host", "a.com"), ("host", "a.com")]), None);
        assert_eq!(ok("http://evil.com/", &[("host", "app.example.com")]), None);
        assert_eq!(
            ok("http://app.example.com/", &[]),
            None,
            "HTTP/1 without Host"
        );
    }

    #[test]
    fn inv_33_forwarding_fields_count_only_from_listed_peers() {
        let fields = [
            ("host", "app.example.com"),
            (
                "x-forwarded-for",
                "6.6.6.6, 1.2.3.4, ::ffff:10.2.2.2, 10.1.1.1",
            ),
        ];
        let head = head("/", &fields);
        let from = |peer: &str, trusted: &[TrustedProxy]| {
            let public = Origin::parse("https://app.example.com").unwrap();
            let inbound = Inbound::read(
                &head,
                (Timestamp::EPOCH, peer.parse().ok()),
                trusted,
                &public,
            )
            .unwrap();
            inbound.client.map(|client| client.to_string())
        };
        let (ours, all) = (
            &[network("10.0.0.0/8")],
            &[network("10.0.0.0/8"), TrustedProxy::Unix],
        );
        for (peer, trusted, client) in [
            // The last one that is not a proxy of ours.
            ("10.0.0.9", &ours[..], Some("1.2.3.4")),
            ("9.9.9.9", ours, Some("9.9.9.9")),
            ("9.9.9.9", all, Some("9.9.9.9")),
            ("over a unix socket", ours, None),
            ("over a unix socket", all, Some("1.2.3.4")),
        ] {
            assert_eq!(from(peer, trusted).as_deref(), client, "{peer} {trusted:?}");
        }
    }

    #[test]
    fn people_and_programs_are_told_apart() {
        let check = |method: &str, fields: &[(&str, &str)], expected| {
            let mut head = head("/", fields);
            *head.method_mut() = method.parse().unwrap();
            assert_eq!(kind(&head), expected, "{method} {fields:?}");
        };
        check("GET", &[("sec-fetch-mode", "navigate")], Kind::PageLoad);
        check("POST", &[("sec-fetch-mode", "navigate")], Kind::FormPost);
        check(
            "GET",
            &[("sec-fetch-mode", "cors"), ("accept", "text/html")],
            Kind::Program,
        );
        check("GET", &[("accept", "text/html,*/*")], Kind::PageLoad);
        check(
            "GET",
            &[
                ("accept", "text/html"),
                ("x-requested-with", "XMLHttpRequest"),
            ],
            Kind::Program,
        );
        check("GET", &[("accept", "*/*")], Kind::Program);
        check("GET", &[], Kind::Program);
        check("OPTIONS", &[("accept", "text/html")], Kind::Program);
        check(
            "GET",
            &[("sec-fetch-mode", "websocket"), ("upgrade", "websocket")],
            Kind::Program,
        );
    }

    #[test]
    fn inv_12_same_origin_needs_the_browsers_word() {
        let origin = Origin::parse("https://app.example.com").unwrap();
        let check = |fields: &[(&str, &str)], expected| {
            let mut all = vec![("host", "app.example.com")];
            all.extend_from_slice(fields);
            assert_eq!(
                read(&head("/", &all)).unwrap().is_same_origin(&origin),
                expected,
                "{fields:?}"
            );
        };
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "none")], false);
        check(&[("origin", "https://app.example.com")], true);
        check(&[("origin", "https://evil.com")], false);
        check(&[("origin", "null")], false);
        check(&[], false);
    }
}
