//! Questions with a person's own access token (RFC 6750 §2.1). The token travels in a header, never in the address.

use ::http::{HeaderValue, header};
use openidconnect::HttpRequest;
use url::Url;

use super::http::{self as calls, CallError};

/// A `GET` for JSON; `None` if the token cannot stand in a header.
///
/// # Errors
/// [`CallError::NotSecure`] if the address is none.
pub(super) fn get(endpoint: &Url, token: &str) -> Result<Option<HttpRequest>, CallError> {
    let mut request = calls::get(endpoint)?;
    let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {token}")) else {
        return Ok(None);
    };
    bearer.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    Ok(Some(request))
}
