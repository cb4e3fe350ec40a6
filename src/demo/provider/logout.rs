//! Signing out at the provider (OIDC RP-Initiated Logout 1.0).

use http::{HeaderMap, Method, Response, StatusCode};
use minijinja::context;
use serde_json::Value;
use url::Url;

use super::session;
use super::{Client, Provider};
use crate::demo::reply::{self, Body, Fields};

impl Provider {
    /// `/end-session`. With a hint that we signed, the session of the hint ends at once; without one, anybody could
    /// have made the link, so the person is asked (§6).
    pub(super) fn end_session(
        &self,
        method: &Method,
        headers: &HeaderMap,
        fields: &Fields,
    ) -> Response<Body> {
        let hint = fields
            .get("id_token_hint")
            .and_then(|hint| self.inner.key.hint(hint, self.issuer()));
        let named = hint.as_ref().and_then(|claims| claims.get("aud"));
        let named = named
            .and_then(Value::as_str)
            .or_else(|| fields.get("client_id"));
        let client = named.and_then(|id| self.client(id));
        let back = client.and_then(|client| go_on(client, fields));
        let confirmed =
            method == Method::POST && fields.get("confirm").is_some() && self.is_own_form(headers);
        let sid = hint.as_ref().and_then(|claims| claims.get("sid"));
        match sid.and_then(Value::as_str) {
            Some(sid) => self.sign_out(headers, Some(sid)),
            None if confirmed => self.sign_out(headers, None),
            None => return self.page(StatusCode::OK, "sign-out.html", context! {}),
        }
        match back {
            Some(to) => reply::redirect(to.as_str()),
            None => self.page(
                StatusCode::OK,
                "message.html",
                context! { title => "Signed out", message => "You are signed out at the identity provider." },
            ),
        }
    }

    fn sign_out(&self, headers: &HeaderMap, sid: Option<&str>) {
        let browser = session::browser(headers);
        let ended = self.browsers().sign_out(browser.as_ref(), sid, self.now());
        self.grants()
            .end_where(|rights| ended.contains(&rights.sid));
    }
}

/// Where the browser goes on to: only to an address registered for the client, with its `state` (§3).
fn go_on(client: &Client, fields: &Fields) -> Option<Url> {
    let wanted = fields.get("post_logout_redirect_uri")?;
    if !client.post_logout_uris.iter().any(|known| known == wanted) {
        return None;
    }
    let mut url = Url::parse(wanted).ok()?;
    if let Some(state) = fields.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Some(url)
}
