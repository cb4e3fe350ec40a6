//! Which fields go on, and which end here (RFC 9110 §7.6.1).

use std::borrow::Cow;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, HeaderName, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::{Broken, Filter, Ours};
use crate::config::fold_name;

/// Removes what concerns one connection only: the known fields and whatever `Connection` names. Must come before our own
/// fields are added, so that no `Connection` can remove them (threat model 31).
pub(super) fn strip_hop_by_hop(fields: &mut HeaderMap) {
    let of_connection = |name: &&HeaderName| is_hop_by_hop(name);
    let known: Vec<HeaderName> = fields.keys().filter(of_connection).cloned().collect();
    if known.is_empty() {
        return;
    }
    let named = fields.get_all(CONNECTION).iter().flat_map(tokens);
    // What it says most of the time is known already.
    let named = named.filter(|token| *token != b"keep-alive");
    let named = named.filter_map(|name| HeaderName::from_bytes(name).ok());
    let named: Vec<HeaderName> = named.collect();
    for name in named.into_iter().chain(known) {
        fields.remove(name);
    }
}

/// `Trailer` is not among them: it announces what travels to the end. Other spellings are: to a server that hands fields over
/// as variables, `transfer_encoding` says what the right one does, and `content_length` says another length.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    // Each request asks this of each of its fields: most names are told apart by how they begin and how long they are.
    let may_be = match (name.as_str().as_bytes().first(), name.as_str().len()) {
        (Some(b'c'), 10 | 14)
        | (Some(b'h'), 14)
        | (Some(b'k'), 10)
        | (Some(b'p'), 5..)
        | (Some(b't'), 2 | 17)
        | (Some(b'u'), 7) => name != CONTENT_LENGTH,
        (Some(_) | None, _) => false,
    };
    if !may_be {
        return false;
    }
    let folded = folded(name);
    matches!(
        &*folded,
        "connection" | "keep-alive" | "te" | "transfer-encoding" | "upgrade" | "http2-settings"
    ) || folded == "proxy"
        || folded.starts_with("proxy-")
        || folded == "content-length"
}

/// The name with all that is neither letter nor digit as `-`.
fn folded(name: &HeaderName) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte == b'-' || byte.is_ascii_alphanumeric();
    if name.as_str().bytes().all(is_plain) {
        Cow::Borrowed(name.as_str())
    } else {
        Cow::Owned(fold_name(name))
    }
}

/// What a recipient that merges trailers into the head could be misled by (RFC 9110 §6.5.1): framing, routing, request
/// modifiers, authentication, control of responses, the format of the content. Sorted.
const NOT_IN_TRAILERS: [&str; 31] = [
    "accept-encoding",
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "range",
    "referer",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "trailer",
    "vary",
    "warning",
    "www-authenticate",
];

/// Removes from trailers what may not be there, and `reserved`.
pub(super) fn clean_trailers(trailers: &mut HeaderMap, reserved: &Filter) {
    let unfit: Vec<HeaderName> = trailers
        .keys()
        .filter(|name| {
            is_hop_by_hop(name)
                || NOT_IN_TRAILERS.binary_search(&&*folded(name)).is_ok()
                || reserved(name)
        })
        .cloned()
        .collect();
    for name in unfit {
        trailers.remove(name);
    }
}

/// Whether the client takes trailers (RFC 9110 §10.1.4).
pub(super) fn takes_trailers(fields: &HeaderMap) -> bool {
    fields
        .get_all(TE)
        .iter()
        .flat_map(tokens)
        .any(|token| token.eq_ignore_ascii_case(b"trailers"))
}

/// The protocol that the client wants to change to, if this is a request we would carry (RFC 9110 §7.8). Other versions
/// of HTTP and TLS are not: what went through them would escape every decision.
pub(super) fn wanted_upgrade(fields: &HeaderMap) -> Option<HeaderValue> {
    let announced = fields
        .get_all(CONNECTION)
        .iter()
        .flat_map(tokens)
        .any(|token| token.eq_ignore_ascii_case(b"upgrade"));
    let mut values = fields.get_all(UPGRADE).iter();
    let (Some(value), None, true) = (values.next(), values.next(), announced) else {
        return None;
    };
    let protocol = value.to_str().ok()?.trim().to_ascii_lowercase();
    let name = protocol.split('/').next().unwrap_or_default();
    let carried = !protocol.contains(',') && !matches!(name, "" | "h2c" | "h2" | "http" | "tls");
    carried.then(|| value.clone())
}

/// Joins the crumbs that HTTP/2 may cut cookies into (RFC 9113 §8.2.3).
pub(super) fn join_cookies(fields: &mut HeaderMap) {
    let crumbs = fields.get_all(COOKIE);
    if crumbs.iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = crumbs.iter().map(HeaderValue::as_bytes).collect();
    // Pieces of valid values, joined by visible bytes, are a valid value.
    if let Ok(joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        fields.insert(COOKIE, joined);
    }
}

/// Says where the body of a request ends, once and as we know it: HTTP/2 lets a client repeat the length.
pub(super) fn say_length(fields: &mut HeaderMap, length: Option<u64>) {
    let told = fields.remove(CONTENT_LENGTH).is_some();
    match length {
        // Where nothing was said and nothing comes, nothing is said.
        Some(0) if !told => {}
        Some(length) => {
            fields.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        // This must be said: for some methods hyper would take a body without a length for none.
        None => {
            fields.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
}

/// Sets each of `ours` in place of whatever is there.
pub(super) fn put(fields: &mut HeaderMap, ours: &Ours) {
    fields.reserve(ours.once.len() + ours.prepared.len());
    for (name, value) in ours.once.iter().chain(&*ours.prepared) {
        fields.insert(name.clone(), value.clone());
    }
}

/// Makes sure that a response's end can be told in one way only, and leaves at most one `Content-Length` (RFC 9112 §6.3).
///
/// # Errors
/// Both lengths, two different ones, or a coding that is not undone here.
pub(super) fn settle_length(
    fields: &mut HeaderMap,
    method: &Method,
    status: StatusCode,
) -> Result<(), Broken> {
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !bodiless && is_settled(fields) {
        return Ok(());
    }
    let mut codings = fields.get_all(TRANSFER_ENCODING).iter();
    let chunked = match (codings.next(), codings.next()) {
        (None, _) => false,
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => true,
        (Some(_), _) => return Err(Broken::Coding),
    };
    let lengths: Vec<&[u8]> = fields
        .get_all(CONTENT_LENGTH)
        .iter()
        .flat_map(tokens)
        .collect();
    let Some((length, others)) = lengths.split_first() else {
        return Ok(());
    };
    if others.iter().any(|other| other != length) {
        return Err(Broken::Length);
    }
    let digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    let value = HeaderValue::from_bytes(length).map_err(|_| Broken::Length)?;
    if chunked || !digits {
        return Err(Broken::Length);
    }
    if bodiless && method != Method::HEAD {
        fields.remove(CONTENT_LENGTH);
    } else {
        fields.insert(CONTENT_LENGTH, value);
    }
    Ok(())
}

/// Whether there is one length in digits and no coding: the usual case, in which nothing is left to do.
fn is_settled(fields: &HeaderMap) -> bool {
    let mut lengths = fields.get_all(CONTENT_LENGTH).iter();
    let (Some(length), None) = (lengths.next(), lengths.next()) else {
        return false;
    };
    let length = length.as_bytes();
    let digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    digits && !fields.contains_key(TRANSFER_ENCODING)
}

/// The elements of a list field.
fn tokens(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value
        .as_bytes()
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut fields = HeaderMap::new();
        for (name, value) in lines {
            fields.append(*name, HeaderValue::from_static(value));
        }
        fields
    }

    #[test]
    fn inv_31_what_connection_names_goes_with_it() {
        let mut sent = fields(&[
            ("connection", "close, X-One"),
            ("connection", "x-two,keep-alive"),
            ("x-one", "1"),
            ("x-two", "2"),
            ("x-three", "3"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "keep-alive"),
            ("proxy", "http://evil"),
            ("te", "gzip"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAA"),
            ("transfer_encoding", "chunked"),
            ("content_length", "5"),
            ("content.length", "5"),
            ("content-length", "7"),
            ("trailer", "digest"),
        ]);
        strip_hop_by_hop(&mut sent);
        let left: Vec<&str> = sent.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["x-three", "trailer", "content-length"]);
    }

    #[test]
    fn only_upgrades_that_can_be_carried_are() {
        let carried = |upgrade| {
            wanted_upgrade(&fields(&[("connection", "Upgrade"), ("upgrade", upgrade)])).is_some()
        };
        assert!(carried("websocket"));
        assert!(carried("ExampleProtocol/7"));
        for refused in ["h2c", "HTTP/2.0", "TLS/1.0", "websocket, h2c", ""] {
            assert!(!carried(refused), "{refused}");
        }
        assert!(wanted_upgrade(&fields(&[("upgrade", "websocket")])).is_none());
        let twice = fields(&[
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("upgrade", "h2c"),
        ]);
        assert!(wanted_upgrade(&twice).is_none());
    }

    #[test]
    fn crumbs_become_one_cookie_field() {
        let mut sent = fields(&[("cookie", "a=1"), ("cookie", "b=2; c=3")]);
        join_cookies(&mut sent);
        let values: Vec<&HeaderValue> = sent.get_all(COOKIE).iter().collect();
        assert_eq!(values, ["a=1; b=2; c=3"]);
    }

    #[test]
    fn ours_replace_theirs() {
        let mut sent = fields(&[("remote-user", "mallory"), ("remote-user", "eve")]);
        let ours = [("remote-user", "ada"), ("x-new", "1")].map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let [replaces, adds] = ours;
        let ours = Ours {
            once: vec![replaces],
            prepared: [adds].into(),
        };
        put(&mut sent, &ours);
        let values: Vec<&HeaderValue> = sent.get_all("remote-user").iter().collect();
        assert_eq!(values, ["ada"]);
        assert_eq!(sent.get("x-new").unwrap(), "1");
    }

    #[test]
    fn inv_30_trailers_carry_nothing_that_matters() {
        let reserved: Filter = std::sync::Arc::new(|name| name.as_str() == "remote-user");
        let mut trailers = fields(&[
            ("remote-user", "mallory"),
            ("authorization", "x"),
            ("cookie", "x"),
            ("host", "x"),
            ("content-length", "1"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=b"),
            ("content_type", "text/html"),
            ("digest", "fine"),
        ]);
        for name in NOT_IN_TRAILERS {
            trailers.append(name, HeaderValue::from_static("x"));
        }
        clean_trailers(&mut trailers, &reserved);
        let left: Vec<&str> = trailers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["digest"]);
        assert!(NOT_IN_TRAILERS.is_sorted());
    }

    #[test]
    fn inv_35_a_response_has_one_length() {
        let settle = |lines: &[_], status| {
            let mut received = fields(lines);
            settle_length(&mut received, &Method::GET, status)
                .map(|()| received.get_all(CONTENT_LENGTH).iter().count())
                .ok()
        };
        let ok = StatusCode::OK;
        assert_eq!(settle(&[("content-length", "5")], ok), Some(1));
        assert_eq!(settle(&[("content-length", "5, 5")], ok), Some(1));
        assert_eq!(
            settle(&[("content-length", "5"), ("content-length", "5")], ok),
            Some(1)
        );
        assert_eq!(
            settle(&[("content-length", "5"), ("content-length", "6")], ok),
            None
        );
        assert_eq!(settle(&[("content-length", "+5")], ok), None);
        assert_eq!(settle(&[("transfer-encoding", "Chunked")], ok), Some(0));
        assert_eq!(settle(&[("transfer-encoding", "gzip, chunked")], ok), None);
        assert_eq!(settle(&[("transfer-encoding", "identity")], ok), None);
        let both = [("transfer-encoding", "chunked"), ("content-length", "5")];
        assert_eq!(settle(&both, ok), None);
        let unchanged = StatusCode::NOT_MODIFIED;
        assert_eq!(settle(&[("content-length", "5")], unchanged), Some(0));
    }
}
