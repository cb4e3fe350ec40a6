//! Pure: how a call of gRPC is refused. Its status stands in a field of an answer of 200 that has no body ("Trailers-Only"
//! of the protocol over HTTP/2); clients that get another HTTP status have to guess.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

const GRPC: &[u8] = b"application/grpc";
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Whether a request is a call: `application/grpc`, with or without the name of an encoding. The variant for browsers
/// (`application/grpc-web`) is another protocol.
pub(super) fn is_call(headers: &HeaderMap) -> bool {
    let rest = headers.get(CONTENT_TYPE).and_then(|kind| {
        let kind = kind.as_bytes();
        let (start, rest) = kind.split_at_checked(GRPC.len())?;
        start.eq_ignore_ascii_case(GRPC).then_some(rest)
    });
    matches!(rest, Some([] | [b'+' | b';' | b' ', ..]))
}

/// The refusal of a call, made of what other programs would be told. `code` is that of the error catalogue; it needs no
/// encoding in the field.
pub(super) fn refusal<B>(told: Response<B>, code: &'static str, empty: B) -> Response<B> {
    let (mut head, _) = told.into_parts();
    let status = status(head.status);
    head.status = StatusCode::OK;
    head.headers.remove(CONTENT_LENGTH);
    let fields = [
        (CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
        (GRPC_STATUS, HeaderValue::from(status)),
        (GRPC_MESSAGE, HeaderValue::from_static(code)),
    ];
    for (name, value) in fields {
        head.headers.insert(name, value);
    }
    Response::from_parts(head, empty)
}

/// The status of gRPC for one of HTTP, as the protocol's own mapping has it ("HTTP to gRPC Status Code Mapping"); what
/// asks for a pause is `UNAVAILABLE`, so that clients try again.
const fn status(told: StatusCode) -> u16 {
    match told {
        StatusCode::BAD_REQUEST => 13,
        StatusCode::UNAUTHORIZED => 16,
        StatusCode::FORBIDDEN => 7,
        StatusCode::NOT_FOUND => 12,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => 14,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_by_its_content() {
        let is = |kind: &'static str| {
            let kind = HeaderValue::from_static(kind);
            is_call(&HeaderMap::from_iter([(CONTENT_TYPE, kind)]))
        };
        for kind in [
            "application/grpc",
            "application/grpc+proto",
            "Application/gRPC; charset=x",
        ] {
            assert!(is(kind), "{kind}");
        }
        for kind in ["application/grpc-web", "application/grpcx", "text/html"] {
            assert!(!is(kind), "{kind}");
        }
        assert!(!is_call(&HeaderMap::new()));
    }

    #[test]
    fn a_refusal_has_its_status_in_a_field_and_no_body() {
        for (told, expected) in [
            (401, "16"),
            (403, "7"),
            (404, "12"),
            (400, "13"),
            (502, "14"),
            (503, "14"),
            (500, "2"),
        ] {
            let mut told_others = Response::new("a body");
            *told_others.status_mut() = StatusCode::from_u16(told).unwrap();
            let headers = told_others.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from(6));
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            let refusal = refusal(told_others, "sign-in-required", "");
            assert_eq!((refusal.status(), *refusal.body()), (StatusCode::OK, ""));
            let field = |name| refusal.headers().get_all(name).iter().collect::<Vec<_>>();
            assert_eq!(field(GRPC_STATUS), [expected]);
            assert_eq!(field(GRPC_MESSAGE), ["sign-in-required"]);
            assert_eq!(field(CONTENT_TYPE), ["application/grpc"]);
            assert!(field(CONTENT_LENGTH).is_empty());
        }
    }
}
