//! WebSockets over HTTP/2 (RFC 8441). The extended CONNECT that asks for one becomes what HTTP/1.1 has for it, and its answer
//! what HTTP/2 has: nothing behind this room knows two kinds, so none of them passes a check that the other does not.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use h2::ext::Protocol;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE,
};
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};

use crate::secret;

/// What a WebSocket that was asked for over HTTP/2 has to be answered with.
#[derive(Debug)]
pub(super) struct Opening {
    accept: String,
}

/// Turns a request for a WebSocket over HTTP/2 into one over HTTP/1.1; every other one stays as it is.
///
/// # Errors
/// 501 if something else than a WebSocket is asked for (RFC 9220 §3), 400 if the request names no host.
pub(super) fn translate<B>(request: &mut Request<B>) -> Result<Option<Opening>, StatusCode> {
    let Some(protocol) = request.extensions_mut().remove::<Protocol>() else {
        return Ok(None);
    };
    if request.method() != Method::CONNECT || protocol.as_str() != "websocket" {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    let authority = request.uri().authority().map(|it| it.as_str());
    let host = authority.and_then(|it| HeaderValue::from_str(it).ok());
    let host = host.ok_or(StatusCode::BAD_REQUEST)?;
    let key = STANDARD.encode(secret::random_bytes::<16>());
    let opening = Opening {
        accept: accept(&key),
    };
    *request.method_mut() = Method::GET;
    *request.version_mut() = Version::HTTP_11;
    let fields = request.headers_mut();
    // One that says something else than the authority stays, and is refused for that.
    fields.entry(HOST).or_insert(host);
    fields.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let key = HeaderValue::from_str(&key).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    fields.insert(SEC_WEBSOCKET_KEY, key);
    Ok(Some(opening))
}

impl Opening {
    /// Turns the answer into one over HTTP/2. There a success means that the tunnel is open, so an answer that only looks like
    /// one is none (502), as is one that does not prove to have read the request (RFC 6455 §4.1). True if the tunnel is open.
    pub(super) fn settle<B>(&self, response: &mut Response<B>) -> bool {
        let status = response.status();
        let fields = response.headers_mut();
        let accepted = fields
            .remove(SEC_WEBSOCKET_ACCEPT)
            .is_some_and(|it| it.as_bytes() == self.accept.as_bytes());
        fields.remove(CONNECTION);
        fields.remove(UPGRADE);
        let opens = status == StatusCode::SWITCHING_PROTOCOLS && accepted;
        if opens {
            *response.status_mut() = StatusCode::OK;
        } else if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            fields.remove(CONTENT_LENGTH);
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        opens
    }
}

/// The value of `Sec-WebSocket-Accept` for that of `Sec-WebSocket-Key` (RFC 6455 §4.2.2). SHA-1 is no promise of secrecy here.
pub fn accept(key: &str) -> String {
    let joined = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, joined.as_bytes());
    STANDARD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(protocol: Option<&'static str>) -> Request<()> {
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .version(Version::HTTP_2)
            .uri("https://app.example.com/live?x=1")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "theirs")
            .body(())
            .unwrap();
        if let Some(protocol) = protocol {
            request
                .extensions_mut()
                .insert(Protocol::from_static(protocol));
        }
        request
    }

    fn answer(status: u16, accept: Option<&str>) -> Response<()> {
        let mut response = Response::builder()
            .status(status)
            .header("connection", "upgrade")
            .header("upgrade", "websocket");
        if let Some(accept) = accept {
            response = response.header("sec-websocket-accept", accept);
        }
        response.body(()).unwrap()
    }

    #[test]
    fn an_extended_connect_is_what_http_1_has_for_it() {
        let mut request = asked(Some("websocket"));
        let opening = translate(&mut request).unwrap().unwrap();
        let field = |name: &str| request.headers()[name].to_str().unwrap();
        assert_eq!(
            (request.method(), request.version()),
            (&Method::GET, Version::HTTP_11)
        );
        assert_eq!(request.uri().path_and_query().unwrap(), "/live?x=1");
        assert_eq!(field("host"), "app.example.com");
        assert_eq!(
            (field("connection"), field("upgrade")),
            ("upgrade", "websocket")
        );
        assert_eq!(
            accept(field("sec-websocket-key")),
            opening.accept,
            "a key of ours"
        );
        assert_eq!(
            accept("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn inv_35_only_what_is_known_is_translated() {
        for (protocol, expected) in [(None, Ok(false)), (Some("connect-udp"), Err(501))] {
            let told = translate(&mut asked(protocol));
            let told = told
                .map(|it| it.is_some())
                .map_err(|status| status.as_u16());
            assert_eq!(told, expected, "{protocol:?}");
        }
        let mut other = asked(Some("websocket"));
        *other.method_mut() = Method::POST;
        assert_eq!(
            translate(&mut other).unwrap_err(),
            StatusCode::NOT_IMPLEMENTED
        );
    }

    #[test]
    fn a_success_is_a_tunnel_and_nothing_else_is() {
        let opening = translate(&mut asked(Some("websocket"))).unwrap().unwrap();
        let right = Some(opening.accept.as_str());
        for (status, accept, seen, opens) in [
            (101, right, 200, true),
            (101, Some("wrong"), 502, false),
            (101, None, 502, false),
            (200, right, 502, false),
            (204, None, 502, false),
            (401, None, 401, false),
            (302, None, 302, false),
            (503, None, 503, false),
        ] {
            let mut response = answer(status, accept);
            assert_eq!(opening.settle(&mut response), opens, "{status} {accept:?}");
            assert_eq!(response.status(), seen, "{status} {accept:?}");
            for gone in ["connection", "upgrade", "sec-websocket-accept"] {
                assert!(!response.headers().contains_key(gone), "{gone}");
            }
        }
    }
}
