//! An allowed request on its way to the application: what is removed, what is added, in that order.

use std::sync::Arc;

use http::header::{HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::Either;
use tokio::time::Instant;
use tracing::warn;

use super::inbound::Inbound;
use super::routes::Route;
use super::sites::Site;
use super::{Body, Error, Gateway, Upstream, WayBack};
use crate::assertion::{self, Statement};
use crate::clock::Timestamp;
use crate::config::fold_name;
use crate::proxy::{Early, Ours, Passage};
use crate::secret;
use crate::server::{Cut, Interim};
use crate::session::{Live, LiveGrant, Prepared, cookies};
use crate::telemetry::{Reference, RouteTally, metrics};
use crate::tether::Tether;
use crate::wire::Received;

/// An answer carries these names from us alone, folded: front proxies hand `Sso_Reference` on as the same variable.
const RESPONSE_FIELDS: [&str; 2] = ["sso-generated", "sso-reference"];

/// The visitor whom a forwarded request names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visitor<'a> {
    pub(super) live: &'a Live,
    pub(super) grant: &'a LiveGrant,
}

/// Goes with the last of a request that is open: body, upload or tunnel.
struct Watch {
    tether: Arc<Tether>,
    route: Arc<RouteTally>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(outlived) = self.tether.since_cut() {
            self.route.cut(outlived);
        }
    }
}

impl Gateway {
    /// Forwards a request, with the identity of `visitor` or with none. Reserved fields are gone before anything of
    /// ours is added (threat model 30, 31); if the assertion cannot be made, nothing is forwarded.
    pub(super) async fn forward(
        &self,
        mut request: Box<Request<Received>>,
        inbound: &Inbound,
        route: &Route,
        visitor: Option<Visitor<'_>>,
        (reference, interim): WayBack,
    ) -> Result<Response<Body>, Error> {
        let upstream = self.upstream(route).ok_or(Error::NoRoute)?;
        let turn = upstream.turns.take(inbound.client).ok_or_else(|| {
            let labels = metrics::Kind { kind: "upstream" };
            self.metrics.rate_limited.get_or_create(&labels).inc();
            Error::TooBusy
        })?;
        let site = self.sites.get(&inbound.host).ok_or(Error::UnknownHost)?;
        let now = inbound.at;
        let headers = request.headers_mut();
        cookies::strip_request(headers);
        let trace = trace(headers);
        let is_new = trace.is_none();
        let mut fields = Ours {
            once: forwarding(trace, inbound, site, reference),
            ..Ours::default()
        };
        if is_new {
            // It belongs to the trace that did not come in (Trace Context §3.3).
            headers.remove(TRACESTATE);
        }
        let (cut, until) = match visitor {
            None => (Arc::default(), None),
            Some(visitor) => {
                let prepared = self.prepare(visitor, route, site, now)?;
                fields.prepared = Arc::clone(&prepared.fields);
                let left = visitor.grant.expires_at().since(self.clock.now());
                (Arc::clone(visitor.grant.cut()), Some(Instant::now() + left))
            }
        };
        let spoofed = self.reserved.strip(request.headers_mut());
        self.count_spoofed(route, spoofed);
        request.headers_mut().remove(HOST);
        *request.uri_mut() = inbound.target.clone().into();
        let end = Cut {
            tether: Arc::clone(&cut),
            until,
            // What the proxy takes of it, and a quarter for whatever else has to happen.
            farewell: self.config.revalidation.stream_cut / 4 * 3,
        };
        let passage = Passage {
            host: site.host.clone(),
            fields,
            reserved: Arc::clone(&self.reserved_filter),
            held: Arc::new((turn, watch(route, &cut))),
            cut,
            until,
            early: interim.map(early),
        };
        let mut response = upstream.proxy.forward(request, passage).await?;
        cookies::strip_response(response.headers_mut());
        strip_ours(response.headers_mut());
        if visitor.is_some() {
            response.extensions_mut().insert(end);
        }
        Ok(response.map(Either::Right))
    }

    /// Counts fields that looked like ours.
    pub(super) fn count_spoofed(&self, route: &Route, spoofed: usize) {
        if spoofed > 0 {
            let route = Arc::clone(route.tally.name());
            self.metrics
                .spoofed_headers_stripped
                .get_or_create(&metrics::Route { route })
                .inc_by(u64::try_from(spoofed).unwrap_or(u64::MAX));
        }
    }

    /// The application of a route, if requests on it are forwarded from here.
    fn upstream(&self, route: &Route) -> Option<&Upstream> {
        self.upstreams.get(route.config.upstream.as_ref()?)
    }

    /// The identity fields of a grant for the application of a route: made once for 60 % of the assertion's life, not per request.
    pub(super) fn prepare(
        &self,
        visitor: Visitor<'_>,
        route: &Route,
        site: &Site,
        now: Timestamp,
    ) -> Result<Arc<Prepared>, Error> {
        let upstream = self.upstream(route);
        let audience = upstream.and_then(|upstream| upstream.audience.as_ref());
        let audience = audience.or(self.audience.as_ref());
        let audience = audience.unwrap_or(&site.audience);
        let number = self.number;
        visitor.grant.prepared((number, audience), now, || {
            let statement = statement(visitor);
            let grant = visitor.grant;
            let expires_at = grant.expires_at().min(grant.counts_until());
            let made = match self.identify(&statement, audience, now, expires_at) {
                Err(assertion::Error::TooLarge(what)) if statement.groups.is_some() => {
                    warn!(
                        organization = statement.organization,
                        what, "somebody is in too many groups: the application is told none"
                    );
                    let statement = Statement {
                        groups: None,
                        ..statement
                    };
                    self.identify(&statement, audience, now, expires_at)
                }
                other => other,
            }?;
            let upstream = upstream.map_or_else(Arc::default, |it| Arc::clone(&it.name));
            self.metrics
                .assertions_issued
                .get_or_create(&metrics::Upstream { upstream })
                .inc();
            Ok(made)
        })
    }

    /// The plain fields and the assertion.
    fn identify(
        &self,
        statement: &Statement<'_>,
        audience: &Arc<str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Prepared, assertion::Error> {
        let minted = self.minter.mint(statement, audience, now, expires_at)?;
        let mut fields = self.plain.fields(statement)?;
        fields.push((self.config.assertion.header.clone(), minted.value));
        Ok(Prepared {
            fields: fields.into(),
            made_at: now,
            refresh_at: minted.refresh_at,
        })
    }
}

/// Tells how long what is open here outlives the right to it.
fn watch(route: &Route, tether: &Arc<Tether>) -> Watch {
    Watch {
        tether: Arc::clone(tether),
        route: Arc::clone(&route.tally),
    }
}

/// Hands on what the application says before its answer: what it may say in that.
fn early(interim: Interim) -> Early {
    Arc::new(move |status, mut fields| {
        cookies::strip_response(&mut fields);
        strip_ours(&mut fields);
        interim.send(status, &fields);
    })
}

/// Removes what only we say in answers.
fn strip_ours(fields: &mut HeaderMap) {
    let is_ours = |name: &&HeaderName| {
        name.as_str().starts_with("sso") && RESPONSE_FIELDS.contains(&&*fold_name(name))
    };
    let ours: Vec<HeaderName> = fields.keys().filter(is_ours).cloned().collect();
    for name in ours {
        fields.remove(name);
    }
}

/// Where the request came from, rebuilt.
fn forwarding(
    trace: Option<(&str, &str)>,
    inbound: &Inbound,
    site: &Site,
    reference: Reference,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut fields = Vec::with_capacity(MOST_FIELDS);
    fields.extend(site.forwarding(inbound.client));
    let texts = [
        (TRACEPARENT, HeaderValue::try_from(traceparent(trace))),
        (SSO_REFERENCE, HeaderValue::from_bytes(&reference.text())),
    ];
    fields.extend(
        texts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.ok()?))),
    );
    fields
}

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
pub(super) const SSO_REFERENCE: HeaderName = HeaderName::from_static("sso-reference");

/// Room for what is made for each request.
const MOST_FIELDS: usize = 8;

/// What a grant says of its person.
pub(super) fn statement<'a>(visitor: Visitor<'a>) -> Statement<'a> {
    let (grant, profile) = (visitor.grant.grant(), visitor.grant.profile());
    Statement {
        account: grant.account.as_str(),
        organization: grant.organization.as_str(),
        email: profile.email.as_deref(),
        email_verified: profile.email_verified,
        name: profile.name.as_deref(),
        preferred_username: profile.preferred_username.as_deref(),
        groups: profile.groups.as_deref(),
        provider: grant.provider.as_str(),
        provider_subject: profile.subject.as_str(),
        session: visitor.live.id(),
        authenticated_at: grant.authenticated_at,
        claims: &profile.claims,
    }
}

/// W3C Trace Context, level 1: the trace that came in goes on if it is well formed, else a new one begins. Either way
/// the parent is a span of ours.
fn traceparent(incoming: Option<(&str, &str)>) -> String {
    let drawn: [u8; 24] = secret::serial_bytes();
    let (own, span) = drawn.split_at(16);
    let mut text = String::with_capacity("00-".len() + 32 + 1 + 16 + 1 + 2);
    text.push_str("00-");
    match incoming {
        Some((trace, _)) => text.push_str(trace),
        None => push_hex::<32>(&mut text, own),
    }
    text.push('-');
    push_hex::<16>(&mut text, span);
    text.push('-');
    text.push_str(incoming.map_or("00", |(_, flags)| flags));
    text
}

/// In lower case. Nothing but zeros would be no id: the last digit is never one.
fn push_hex<const DIGITS: usize>(text: &mut String, id: &[u8]) {
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
    let mut digits = [b'0'; DIGITS];
    let (pairs, _) = digits.as_chunks_mut::<2>();
    for ([high, low], byte) in pairs.iter_mut().zip(id) {
        (*high, *low) = (digit(byte >> 4), digit(byte & 15));
    }
    if let Some(last @ b'0') = digits.last_mut() {
        *last = b'1';
    }
    text.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}

/// The id and the flags of the trace that came in. One that is said twice is none.
fn trace(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut all = headers.get_all(TRACEPARENT).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok().and_then(trace_id),
        (Some(_) | None, _) => None,
    }
}

fn trace_id(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let sound = version == "00"
        && parts.next().is_none()
        && hex(trace, 32)
        && hex(parent, 16)
        && hex(flags, 2)
        && trace.bytes().any(|byte| byte != b'0')
        && parent.bytes().any(|byte| byte != b'0');
    sound.then_some((trace, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_on_or_begins() {
        let incoming = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut headers = HeaderMap::new();
        headers.append("traceparent", HeaderValue::from_static(incoming));
        let text = traceparent(trace(&headers));
        assert!(
            text.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
            "{text}"
        );
        assert!(
            text.ends_with("-01") && !text.contains("b7ad6b7169203331"),
            "{text}"
        );
        for broken in [
            "",
            "00-x-y-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static("traceparent"),
                HeaderValue::from_static(broken),
            )]);
            let text = traceparent(trace(&headers));
            assert_eq!(text.len(), 55, "{text}");
            assert!(trace_id(&text).is_some(), "{text}");
        }
        headers.append("traceparent", HeaderValue::from_static(incoming));
        assert!(trace(&headers).is_none(), "said twice");
    }
}
