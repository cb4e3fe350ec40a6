//! A front proxy asks whether a request may go on, and sends it to the application itself (`server.forward_auth`).
//!
//! What it asks about stands in fields that it sets, or, with Envoy, in the request itself. It is read by the same code as
//! any other request (`inbound`) and judged by the same function; whoever may gets the fields that the application would
//! get. Invariants: nobody asks but the kinds of the file, from trusted peers (threat model 33); no answer has a status of
//! success unless the request may go on; no body is read, and nothing is forwarded from here.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, COOKIE, HOST, LOCATION, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::answer::Asked;
use super::decision::Decision;
use super::forward::{SSO_REFERENCE, Visitor};
use super::inbound::{Inbound, is_trusted};
use super::routes::Route;
use super::{Body, Error, Gateway, Known, redirect, whole};
use crate::clock::Timestamp;
use crate::config::FrontProxy;
use crate::session::cookies::{self, Cookies};
use crate::telemetry::Reference;
use crate::telemetry::metrics::{self, ForwardAuth};
use crate::wire::Received;

const X_FORWARDED_HOST: &str = "x-forwarded-host";
const X_FORWARDED_METHOD: &str = "x-forwarded-method";
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const X_FORWARDED_URI: &str = "x-forwarded-uri";
const SEC_WEBSOCKET_KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const SEC_WEBSOCKET_VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
/// What Envoy takes off a request before it goes on.
const X_ENVOY_REMOVES: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

/// Who asks, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asker {
    proxy: FrontProxy,
    wants: Wants,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    /// Whether the request may go on.
    Verdict,
    /// What the visitor is told, once it may not: nginx passes nothing on of the answer that said so.
    Page,
}

/// Marks the one answer that lets a request go on.
#[derive(Clone, Copy, Debug)]
struct Vouched;

impl Asker {
    /// As a label.
    const fn kind(self) -> &'static str {
        match self.wants {
            Wants::Verdict => self.proxy.as_str(),
            Wants::Page => "nginx-refusal",
        }
    }

    /// By what follows the prefix in the path that is asked.
    fn at(rest: &str) -> Option<Self> {
        let (name, rest) = match rest.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (rest, None),
        };
        let proxy = FrontProxy::named(name)?;
        let wants = match (proxy, rest) {
            (FrontProxy::Nginx, Some("refusal")) => Wants::Page,
            // What follows is the path that is asked about.
            (FrontProxy::Envoy, Some(_)) => Wants::Verdict,
            (FrontProxy::Envoy, None) | (_, Some(_)) => return None,
            (_, None) => Wants::Verdict,
        };
        Some(Self { proxy, wants })
    }

    /// The status that the front proxy understands.
    fn status(self, told: StatusCode) -> StatusCode {
        match (self.proxy, self.wants) {
            // Anything but these two it takes for trouble of ours, and shows its own page for 500.
            (FrontProxy::Nginx, Wants::Verdict)
                if told.is_redirection() || told == StatusCode::UNAUTHORIZED =>
            {
                StatusCode::UNAUTHORIZED
            }
            (FrontProxy::Nginx, Wants::Verdict) => StatusCode::FORBIDDEN,
            // It drops the body of those, for a 403 of its own.
            (FrontProxy::Envoy, _) if told.is_server_error() => StatusCode::FORBIDDEN,
            _ if told.is_informational() || told.is_success() => StatusCode::FORBIDDEN,
            _ => told,
        }
    }
}

impl Gateway {
    /// Who asks, if the path is one where front proxies do.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::Stranger`]: to whoever may not ask there is nothing here.
    pub(super) fn asker(
        &self,
        inbound: &Inbound,
        target: &Uri,
        peer: Option<IpAddr>,
    ) -> Result<Option<Asker>, Error> {
        let own = self.own_path(inbound);
        let Some(rest) = own.and_then(|own| own.strip_prefix("/auth/")) else {
            return Ok(None);
        };
        let asker = Asker::at(rest).ok_or(Error::NotFound)?;
        // In one spelling alone, so that a front proxy can keep its visitors from asking themselves.
        if !target.path().starts_with(&self.below("auth/")) {
            return Err(Error::NotFound);
        }
        if !self.config.server.forward_auth.contains(&asker.proxy) {
            return Err(Error::NotFound);
        }
        if !is_trusted(&self.config.server.trusted_proxies, peer) {
            return Err(Error::Stranger);
        }
        Ok(Some(asker))
    }

    /// Answers a front proxy: may this request go on, and as whose?
    pub(super) async fn vouch(
        &self,
        asker: Asker,
        request: &Request<Received>,
        from: (Timestamp, Option<IpAddr>),
        asked: &mut Asked,
    ) -> Result<Response<Body>, Error> {
        let looks = matches!(*request.method(), Method::GET | Method::HEAD);
        if !looks && asker.proxy != FrontProxy::Envoy {
            let allow = "GET, HEAD";
            return Err(Error::NoSuchMethod { allow });
        }
        let head = self.asked_about(asker, request)?;
        let server = &self.config.server;
        let mut inbound = Inbound::read(&head, from, &server.trusted_proxies, &server.public_url)?;
        inbound.answer_plainly();
        let inbound = Arc::new(inbound);
        asked.method = metrics::method_label(&inbound.method);
        asked.inbound = Some(Arc::clone(&inbound));
        let place = self.settle_place(&inbound, asked)?;
        // Those are ours to answer: a front proxy sends them here.
        if self.own_path(&inbound).is_some() {
            return Err(Error::NotFound);
        }
        let route = self.route(&inbound, place)?;
        asked.route = Arc::clone(&route.tally);
        let (headers, reference) = (head.headers(), asked.reference);
        let decision = self.judge(headers, &inbound, place, route, asked).await?;
        match decision {
            Decision::Allow(known) => {
                self.sessions.touch(&known.live, &known.grant, inbound.at);
                self.pass(asker, &head, (&inbound, route), Some(known), reference)
            }
            Decision::Anonymous => self.pass(asker, &head, (&inbound, route), None, reference),
            Decision::SignIn => {
                let cookies = Cookies::read(headers);
                self.send_to_sign_in(&cookies, &inbound, place, route, asked)
                    .await
            }
            Decision::Unauthorized => {
                let cookies = Cookies::read(headers);
                let pinned = route.config.organization.as_ref();
                Box::pin(self.part(&cookies, &inbound, place, pinned)).await?;
                let had_session = cookies.has_session();
                Err(Error::Unauthorized { had_session })
            }
            Decision::StepUp(known) => {
                Box::pin(self.step_up(&inbound, route, known, None, reference)).await
            }
            Decision::Unconfirmed => Err(Box::pin(self.unconfirmed(asked.known.as_ref())).await),
            Decision::Deny(unmet) => Err(self.deny(asked, unmet, route)),
        }
    }

    /// The head of the request that is asked about.
    fn asked_about(&self, asker: Asker, request: &Request<Received>) -> Result<Request<()>, Error> {
        let mut head = Request::new(());
        *head.headers_mut() = request.headers().clone();
        if asker.proxy == FrontProxy::Envoy {
            let prefix = self.below("auth/envoy");
            let target = request.uri().path_and_query();
            let target = target.and_then(|target| target.as_str().strip_prefix(&*prefix));
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = Some(target_of(target.ok_or(Error::Target)?)?);
            *head.uri_mut() = Uri::from_parts(parts).map_err(|_| Error::Target)?;
            *head.method_mut() = request.method().clone();
            *head.version_mut() = request.version();
        } else {
            let method = one(request.headers(), X_FORWARDED_METHOD)?;
            let method = Method::from_bytes(method.as_bytes());
            *head.method_mut() = method.map_err(|_| Error::Question(X_FORWARDED_METHOD))?;
            let target = target_of(one(request.headers(), X_FORWARDED_URI)?)?;
            *head.uri_mut() = Uri::from(target);
            let host = one(request.headers(), X_FORWARDED_HOST)?;
            let host = HeaderValue::from_str(host).map_err(|_| Error::Host)?;
            head.headers_mut().insert(HOST, host);
        }
        let headers = head.headers_mut();
        // Envoy sets no such fields: there they are a visitor's.
        for name in [X_FORWARDED_METHOD, X_FORWARDED_URI, X_FORWARDED_HOST] {
            headers.remove(name);
        }
        // `Upgrade` is for one hop alone (RFC 9110 §7.8); whoever asks may have left it out. These are for both ends.
        if headers.contains_key(SEC_WEBSOCKET_KEY) || headers.contains_key(SEC_WEBSOCKET_VERSION) {
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        }
        // Requests in a tunnel of another protocol (h2c) would be asked about by nobody.
        let mut upgrades = headers.get_all(UPGRADE).iter();
        let elsewhere = upgrades.any(|it| !it.as_bytes().eq_ignore_ascii_case(b"websocket"));
        if elsewhere || headers.contains_key(HTTP2_SETTINGS) {
            return Err(Error::Target);
        }
        Ok(head)
    }

    /// The answer that lets a request go on, with the identity of `known` or with none. No visitor sees it, so it carries
    /// nothing but what the application is to have: some copy all that begins like a field of ours.
    fn pass(
        &self,
        asker: Asker,
        head: &Request<()>,
        (inbound, route): (&Inbound, &Route),
        known: Option<&Known>,
        reference: Reference,
    ) -> Result<Response<Body>, Error> {
        if asker.wants == Wants::Page {
            // It might not when the verdict was asked for. The same request finds its way now.
            let (status, to) = (StatusCode::TEMPORARY_REDIRECT, inbound.target());
            return Ok(redirect(status, to, "forward-auth", reference));
        }
        let site = self.sites.get(&inbound.host).ok_or(Error::UnknownHost)?;
        let mut response = Response::new(whole(Bytes::new()));
        let headers = response.headers_mut();
        if let Some(known) = known {
            let visitor = Visitor {
                live: &known.live,
                grant: &known.grant,
            };
            let prepared = self.prepare(visitor, route, site, inbound.at)?;
            for (name, value) in prepared.fields.iter() {
                headers.insert(name, value.clone());
            }
        }
        if let Some(others) = other_cookies(head.headers()) {
            headers.insert(COOKIE, others);
        }
        if let Ok(text) = HeaderValue::from_bytes(&reference.text()) {
            headers.insert(SSO_REFERENCE, text);
        }
        let (spoofed, identities) = self.reserved.spoofed(head.headers());
        self.count_spoofed(route, identities);
        if asker.proxy == FrontProxy::Envoy {
            // It removes after it has set, so what is set is no part of this.
            let mut gone = spoofed.iter().map(HeaderName::as_str).collect::<Vec<_>>();
            // Where all cookies are ours, the answer has none, and it would keep them.
            if head.headers().contains_key(COOKIE) {
                gone.push(COOKIE.as_str());
            }
            gone.retain(|name| !headers.contains_key(*name));
            if !gone.is_empty() {
                let gone = HeaderValue::from_str(&gone.join(",")).map_err(|_| Error::Target)?;
                headers.insert(X_ENVOY_REMOVES, gone);
            }
        }
        response.extensions_mut().insert(Vouched);
        Ok(response)
    }

    /// Says it so that a front proxy understands it, and counts it.
    pub(super) fn tell_front_proxy(
        &self,
        asker: Asker,
        mut response: Response<Body>,
        asked: &Asked,
    ) -> Response<Body> {
        let vouched = response.extensions_mut().remove::<Vouched>().is_some();
        if !vouched {
            *response.status_mut() = asker.status(response.status());
        }
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Some take a path for one of their own question's.
        if let (Some(to), Some(inbound)) = (headers.get(LOCATION), &asked.inbound)
            && let Some(path) = to.to_str().ok().filter(|to| to.starts_with('/'))
        {
            let origin = self.config.server.public_url.on(&inbound.host);
            if let Ok(to) = HeaderValue::try_from(origin.join(path)) {
                headers.insert(LOCATION, to);
            }
        }
        let (kind, code) = (asker.kind(), response.status().as_u16());
        let all = &self.metrics.forward_auth_requests;
        all.get_or_create(&ForwardAuth { kind, code }).inc();
        response
    }
}

/// The cookies that are not ours: what the application may have of them (threat model 23).
fn other_cookies(headers: &HeaderMap) -> Option<HeaderValue> {
    let all = headers.get_all(COOKIE).iter().cloned();
    let mut others: HeaderMap = all.map(|value| (COOKIE, value)).collect();
    cookies::strip_request(&mut others);
    let others = others.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let others: Vec<&[u8]> = others.filter(|value| !value.is_empty()).collect();
    let joined = HeaderValue::from_bytes(&others.join(&b"; "[..]));
    joined.ok().filter(|value| !value.is_empty())
}

/// The one value of a field that a front proxy sets.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Error> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        (Some(_) | None, _) => None,
    }
    .ok_or(Error::Question(name))
}

/// A target as a request line has it. A library would cut off what follows a `#`, which others read on.
fn target_of(text: &str) -> Result<PathAndQuery, Error> {
    if !text.starts_with('/') || text.contains('#') {
        return Err(Error::Target);
    }
    PathAndQuery::try_from(text).map_err(|_| Error::Target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(proxy: FrontProxy, wants: Wants) -> Asker {
        Asker { proxy, wants }
    }

    #[test]
    fn each_front_proxy_asks_at_a_path_of_its_own() {
        for (path, expected) in [
            ("nginx", Some("nginx")),
            ("nginx/refusal", Some("nginx-refusal")),
            ("traefik", Some("traefik")),
            ("caddy", Some("caddy")),
            ("haproxy", Some("haproxy")),
            ("envoy/", Some("envoy")),
            ("envoy/any/path", Some("envoy")),
            ("envoy", None),
            ("traefik/refusal", None),
            ("nginx/", None),
            ("", None),
            ("apache", None),
        ] {
            assert_eq!(Asker::at(path).map(Asker::kind), expected, "{path}");
        }
    }

    #[test]
    fn inv_02_no_front_proxy_takes_a_refusal_for_a_yes() {
        for proxy in FrontProxy::ALL {
            for wants in [Wants::Verdict, Wants::Page] {
                for code in 100..1000 {
                    let told = StatusCode::from_u16(code).unwrap();
                    let status = asker(proxy, wants).status(told);
                    assert!(status.as_u16() >= 300, "{proxy:?} {wants:?} {code}");
                    let nginx = proxy == FrontProxy::Nginx && wants == Wants::Verdict;
                    assert!(!nginx || matches!(status.as_u16(), 401 | 403), "{code}");
                    let envoy = proxy == FrontProxy::Envoy;
                    assert!(!envoy || !status.is_server_error(), "{code}");
                }
            }
        }
    }

    #[test]
    fn inv_05_a_target_is_whole_and_begins_with_a_slash() {
        for text in [
            "",
            "*",
            "x",
            "?a=b",
            "http://app.example.com/",
            "/a#b",
            "/a?b#c",
            "/a b",
        ] {
            assert!(target_of(text).is_err(), "{text}");
        }
        assert_eq!(target_of("/a?b=c").unwrap().as_str(), "/a?b=c");
    }
}
