//! Requests in and responses out, for the two small servers of the demonstration.

use std::convert::Infallible;

use bytes::{Buf, Bytes};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Body as HttpBody;
use serde::Serialize;

/// What the demonstration's servers answer with: whole bytes, or a stream that goes on.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Forms of the demonstration are a few hundred bytes; a token request with a long refresh token stays below this too.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// More fields than any form of the demonstration has.
const MAX_FIELDS: usize = 40;

/// Why a form could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadForm {
    #[error("the body is too large or ended early")]
    Body,
    #[error("the parameter appears twice or there are too many")]
    Fields,
}

/// Parameters of a query or a form, none of them twice (RFC 6749 §3.1).
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2`. Parameters without a value count as absent (RFC 6749 §3.1).
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, BadForm> {
        let mut fields = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            let repeated = fields.iter().any(|(known, _)| *known == name);
            if repeated || fields.len() == MAX_FIELDS {
                return Err(BadForm::Fields);
            }
            if !value.is_empty() {
                fields.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Self(fields))
    }

    /// Reads a request's body.
    pub(super) async fn read<B>(body: B) -> Result<Self, BadForm>
    where
        B: HttpBody,
        B::Data: Buf,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let whole = Limited::new(body, MAX_FORM_BYTES).collect().await;
        Self::parse(&whole.map_err(|_| BadForm::Body)?.to_bytes())
    }

    /// The value of one parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A page. `policy` is its content security policy: each of the two servers has its own.
pub(super) fn page(status: StatusCode, policy: &'static str, html: String) -> Response<Body> {
    let mut response = text(status, "text/html; charset=utf-8", html);
    put(&mut response, CONTENT_SECURITY_POLICY, policy);
    response
}

/// A JSON document.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(value) {
        Ok(written) => text(status, "application/json", written),
        Err(_) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "this could not be written",
        ),
    }
}

/// One line for people and programs.
pub(super) fn plain(status: StatusCode, line: &str) -> Response<Body> {
    text(status, "text/plain; charset=utf-8", format!("{line}\n"))
}

/// Sends the browser on, by GET whatever it did before (RFC 9110 §15.4.4).
pub(super) fn redirect(to: &str) -> Response<Body> {
    let mut response = empty(StatusCode::SEE_OTHER);
    put(&mut response, LOCATION, to);
    response
}

/// No body at all.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    respond(status, Full::default().boxed_unsync())
}

/// Any body under the headers that every answer carries.
pub(super) fn respond(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    put(&mut response, CACHE_CONTROL, "no-store");
    put(
        &mut response,
        HeaderName::from_static("x-content-type-options"),
        "nosniff",
    );
    response
}

/// Sets one field; a value that no field can carry leaves it out.
pub(super) fn put(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The value of a request's field, if it is readable text.
pub(super) fn field(headers: &HeaderMap, name: impl http::header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn text(status: StatusCode, kind: &'static str, written: String) -> Response<Body> {
    let mut response = respond(status, Full::from(written).boxed_unsync());
    put(&mut response, CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert_eq!(
            Fields::parse(b"code=1&code=2").unwrap_err(),
            BadForm::Fields
        );
    }

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        let fields = Fields::parse(b"prompt=&state=a%20b").unwrap();
        assert_eq!(fields.get("prompt"), None);
        assert_eq!(fields.get("state"), Some("a b"));
    }

    #[tokio::test]
    async fn a_large_form_is_refused() {
        let body = Full::<Bytes>::from(vec![b'a'; MAX_FORM_BYTES + 1]);
        assert_eq!(Fields::read(body).await.unwrap_err(), BadForm::Body);
    }
}
