//! What the browser is told beside the page: content security policy and its companions.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};

use super::Language;
use crate::address::Origin;
use crate::secret;
use crate::telemetry::Reference;

/// Names what made an answer: the code of a problem or the name of a view. The application's answers never carry it.
const GENERATED: HeaderName = HeaderName::from_static("sso-generated");
const REFERENCE: HeaderName = HeaderName::from_static("sso-reference");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The policy of every page. Forms go to this origin only, and browsers hold the redirects that answer a form against
/// that too.
#[derive(Debug)]
pub(super) struct Policy {
    usual: HeaderValue,
    /// With the script for windows that have an opener.
    scripted: HeaderValue,
    /// With the script that copies.
    copying: HeaderValue,
}

/// One answer, before its headers.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: StatusCode,
    pub(super) name: &'static str,
    pub(super) content_type: &'static str,
    pub(super) origin: &'a Origin,
    pub(super) language: &'a Language,
    pub(super) body: String,
}

impl Policy {
    /// The policies under which this style sheet, inside the page, is the only thing that applies, and for a window with an
    /// opener, or with something to be copied, this script.
    pub(super) fn new(style: &str, script: &str, copying: &str) -> Self {
        let digest = |text: &str| STANDARD.encode(secret::sha256(text.as_bytes()));
        let (style, script, copying) = (digest(style), digest(script), digest(copying));
        let policy = |more: &str| {
            let policy = format!(
                "default-src 'none'; style-src 'sha256-{style}'; {more}img-src data:; base-uri 'none'; \
                 frame-ancestors 'none'; form-action 'self'"
            );
            // A digest in base64 is ASCII, so this always succeeds; if it did not, pages would lose their looks.
            let strictest = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
            HeaderValue::try_from(policy).unwrap_or(strictest)
        };
        Self {
            usual: policy(""),
            scripted: policy(&format!("script-src 'sha256-{script}'; ")),
            copying: policy(&format!("script-src 'sha256-{copying}'; ")),
        }
    }

    /// Leaves a page in a window of its own the tie to the page that opened it.
    pub(super) fn keep_opener(&self, response: &mut Response<Bytes>) {
        let headers = response.headers_mut();
        headers.insert(OPENER_POLICY, HeaderValue::from_static("unsafe-none"));
        headers.insert(CONTENT_SECURITY_POLICY, self.scripted.clone());
    }

    /// Lets a page run the script that copies.
    pub(super) fn let_copy(&self, response: &mut Response<Bytes>) {
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.copying.clone());
    }

    /// An answer with every security header.
    pub(super) fn answer(&self, answer: Answer<'_>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(answer.body));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        let mut fixed = |name, value| headers.insert(name, HeaderValue::from_static(value));
        fixed(CONTENT_TYPE, answer.content_type);
        fixed(CACHE_CONTROL, "no-store");
        fixed(X_CONTENT_TYPE_OPTIONS, "nosniff");
        fixed(X_FRAME_OPTIONS, "DENY");
        fixed(REFERRER_POLICY, "no-referrer");
        fixed(OPENER_POLICY, "same-origin");
        fixed(GENERATED, answer.name);
        if answer.origin.is_secure() {
            fixed(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        }
        headers.insert(CONTENT_LANGUAGE, answer.language.header());
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        headers.insert(CONTENT_SECURITY_POLICY, self.usual.clone());
        response
    }
}

/// Adds what only problems have.
pub(super) fn mark(
    response: &mut Response<Bytes>,
    retry_after: Option<Duration>,
    reference: Reference,
) {
    if let Ok(value) = HeaderValue::try_from(reference.to_string()) {
        response.headers_mut().insert(REFERENCE, value);
    }
    if let Some(wait) = retry_after {
        let seconds = wait
            .as_secs()
            .saturating_add(u64::from(wait.subsec_nanos() > 0));
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}
