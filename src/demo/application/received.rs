//! What one request brought, sorted for people to look at.

use http::header::COOKIE;
use http::{HeaderMap, Request};
use serde::Serialize;
use serde_json::{Map, Value};

use super::verify::{KeySet, Untrusted};
use crate::config::defaults::ASSERTION_HEADER;

/// A request as the application sees it.
#[derive(Debug, Serialize)]
pub(super) struct Received {
    /// Its method.
    pub(super) method: String,
    /// Its path.
    pub(super) path: String,
    /// The plain identity headers.
    pub(super) identity: Vec<(String, String)>,
    /// How the request came here.
    pub(super) route: Vec<(String, String)>,
    /// Everything else, but no cookie and no assertion: those are nobody's business on a page.
    pub(super) others: Vec<(String, String)>,
    /// The signed statement.
    pub(super) assertion: Assertion,
}

/// What became of the assertion.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub(super) enum Assertion {
    /// There was none: nobody has signed in, or the request did not come through Doorward.
    Absent,
    /// Signature, issuer, audience and time are right.
    Verified {
        /// What it says.
        claims: Map<String, Value>,
    },
    /// It is not to be believed.
    Refused {
        /// Why.
        reason: String,
    },
}

impl Received {
    /// Sorts a request's head and verifies its assertion.
    pub(super) async fn read<B>(request: &Request<B>, keys: &KeySet) -> Self {
        let headers = request.headers();
        let assertion = match token(headers) {
            None => Assertion::Absent,
            Some(Ok(token)) => match keys.verify(token).await {
                Ok(claims) => Assertion::Verified { claims },
                Err(reason) => Assertion::refused(&reason),
            },
            Some(Err(reason)) => Assertion::refused(&reason),
        };
        let mut received = Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            identity: Vec::new(),
            route: Vec::new(),
            others: Vec::new(),
            assertion,
        };
        for (name, value) in headers {
            if name == COOKIE || name == ASSERTION_HEADER {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let list = match name.as_str() {
                name if name.starts_with("remote-") => &mut received.identity,
                name if name.starts_with("x-forwarded-") || ROUTE.contains(&name) => {
                    &mut received.route
                }
                _ => &mut received.others,
            };
            list.push((name.to_string(), value));
        }
        received
    }
}

impl Assertion {
    fn refused(reason: &Untrusted) -> Self {
        Self::Refused {
            reason: reason.to_string(),
        }
    }
}

/// The one assertion of a request. Two of them are a forgery or a mistake.
fn token(headers: &HeaderMap) -> Option<Result<&str, Untrusted>> {
    let mut all = headers.get_all(ASSERTION_HEADER).into_iter();
    let first = all.next()?;
    if all.next().is_some() {
        return Some(Err(Untrusted::Shape));
    }
    Some(first.to_str().map_err(|_| Untrusted::Shape))
}

const ROUTE: [&str; 5] = ["forwarded", "via", "traceparent", "sso-reference", "host"];
