//! Who we are to a provider's endpoints (RFC 6749 §2.3.1).

use ::http::{HeaderValue, Request, header};
use base64::Engine as _;
use form_urlencoded::Serializer;
use openidconnect::HttpRequest;

use crate::config::ClientAuthentication;
use crate::secret::Secret;

/// Our name, and our secret if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credentials<'a> {
    pub(super) id: &'a str,
    pub(super) secret: Option<&'a Secret<String>>,
    pub(super) method: ClientAuthentication,
}

impl Credentials<'_> {
    /// A `POST` of a form that says who we are. `None` if it cannot be written.
    pub(super) fn post(
        self,
        endpoint: &str,
        mut form: Serializer<'_, String>,
    ) -> Option<HttpRequest> {
        let mut request = Request::post(endpoint)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        match (self.secret, self.method) {
            (Some(secret), ClientAuthentication::Basic) => {
                request = request.header(header::AUTHORIZATION, basic(self.id, secret.expose())?);
            }
            (Some(secret), ClientAuthentication::Post) => {
                form.append_pair("client_id", self.id)
                    .append_pair("client_secret", secret.expose());
            }
            (None, ClientAuthentication::Basic | ClientAuthentication::Post) => {
                form.append_pair("client_id", self.id);
            }
        }
        request.body(form.finish().into_bytes()).ok()
    }
}

/// Both parts are form-encoded before they are joined.
pub(super) fn basic(client: &str, secret: &str) -> Option<HeaderValue> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client), encode(secret));
    let text = base64::engine::general_purpose::STANDARD.encode(pair);
    let mut value = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
