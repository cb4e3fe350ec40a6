//! What lies below the prefix: sign-in, callback, sign-out, account, key set.

mod account;
mod dev;
mod draft;
mod errand;
mod form;
mod initiate;
mod kept;
mod listing;
mod login;
mod logout;
mod offer;
mod owner;
mod popup;
mod provider_logout;
mod rehearsal;
mod returning;
mod step_up;

pub(super) use self::login::with_query;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, request};
use http_body_util::{Either, Full};
use serde_json::Value;

use self::form::Fields;
use super::inbound::Inbound;
use super::{Body, Error, Gateway, Known, Place, mark, whole};
use crate::address::{Astray, Origin, ReturnPath};
use crate::config::{self, Slug};
use crate::pages::{self, Destination, Look, Redirecting, View};
use crate::pipeline::Visit;
use crate::session::Device;
use crate::session::cookies::Cookies;
use crate::telemetry::Reference;
use crate::telemetry::metrics::Code;
use crate::wire::Received;

/// One request to an endpoint of ours, with what every endpoint needs.
#[derive(Debug)]
struct Ask<'a> {
    inbound: &'a Inbound,
    place: Place<'a>,
    cookies: Cookies<'a>,
    headers: &'a HeaderMap,
    reference: Reference,
    /// Of the host that was asked.
    origin: Origin,
    query: Fields,
}

/// What the browser leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// A page load: it is redirected.
    Page,
    /// A form: browsers hold every redirect of it against the page's policy, so a page that moves on answers it.
    Form,
    /// A form in a window of its own, which keeps the tie to the page that opened it.
    Popup,
}

impl<'a> Ask<'a> {
    /// By whom an answer or a ticket is brought.
    fn visit(&'a self, reference: &'a str) -> Visit<'a> {
        let named = self.headers.get(USER_AGENT);
        Visit {
            cookies: &self.cookies,
            device: Device::named_by(named.map_or(&[], HeaderValue::as_bytes)),
            reference,
        }
    }

    /// Whether the browser seems to be elsewhere than where it reaches us.
    fn astray(&self) -> Astray {
        let field = |name: &str| self.headers.get(name).and_then(|it| it.to_str().ok());
        let heard = field("x-forwarded-proto").filter(|_| self.inbound.proxied);
        // What another site sends says where that is.
        let from = field("origin").filter(|_| self.inbound.is_same_origin(&self.origin));
        self.origin.astray(heard, from)
    }
}

impl Gateway {
    /// Answers a request whose path below the prefix is `path`.
    pub(super) async fn endpoint(
        &self,
        request: Request<Received>,
        inbound: &Inbound,
        place: Place<'_>,
        path: &str,
        reference: Reference,
    ) -> Result<Response<Body>, Error> {
        let (head, body) = request.into_parts();
        let ask = Ask {
            inbound,
            place,
            cookies: Cookies::read(&head.headers),
            headers: &head.headers,
            reference,
            origin: self.config.server.public_url.on(&inbound.host),
            query: Fields::parse(inbound.query.as_deref().unwrap_or_default()),
        };
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let (get, post) = looks_or_posts(&inbound.method);
        match segments.as_slice() {
            [""] if get => self.front(&ask).await,
            ["login"] if get => self.login_page(&ask),
            ["login"] if post => self.login_form(&ask, body, &head).await,
            ["login", organization] if get => self.door(&ask, organization).await,
            ["login", organization, provider] if post => {
                self.start_form(&ask, organization, provider, body, &head)
                    .await
            }
            ["initiate", provider] if get => self.initiate(&ask, provider),
            ["initiate", provider] if post => self.initiate_form(&ask, provider, body, &head).await,
            ["login", organization, provider] if inbound.method == Method::GET => {
                self.errand_door(&ask, organization, provider).await
            }
            // Not HEAD, here and at `enter`: both use something up.
            ["callback", provider] if inbound.method == Method::GET => {
                let fields = ask.query.clone();
                self.callback(&ask, provider, fields, Leaving::Page).await
            }
            ["callback", provider] if post => self.posted_answer(&ask, provider, &head, body).await,
            ["enter"] if inbound.method == Method::GET => self.enter(&ask).await,
            ["kept"] if get => self.kept(&ask).await,
            ["rehearse", token] if get || post => self.rehearsal(&ask, token, &head, body).await,
            ["setup-link" | "draft", ..] => self.draft_page(&ask, &segments, &head, body).await,
            ["logout"] if get => self.logout_page(&ask).await,
            ["logout"] if post => self.logout_form(&ask, &head, body).await,
            ["logout", "backchannel", provider] if post => {
                self.backchannel_logout(&ask, provider, &head, body).await
            }
            // Not HEAD: it ends something.
            ["logout", "frontchannel", provider] if inbound.method == Method::GET => {
                self.frontchannel_logout(&ask, provider).await
            }
            ["logged-out"] if get => self.logged_out(&ask),
            ["signed-in"] if get => self.popup_done(&ask).await,
            ["account", ..] => self.account_paths(&ask, &segments, &head, body).await,
            ["admin", organization, rest @ ..] if self.config.admin.pages => {
                self.owner_page(&ask, organization, rest, &head, body).await
            }
            ["switch", organization] if post => self.switch(&ask, organization, &head, body).await,
            ["userinfo"] if get => self.userinfo(&ask).await,
            ["jwks.json"] if get => Ok(self.key_set()),
            [".well-known", "openid-configuration"] if get => Ok(self.metadata()),
            other => Err(nothing(other)),
        }
    }

    /// The pages of the account, and their buttons.
    async fn account_paths(
        &self,
        ask: &Ask<'_>,
        segments: &[&str],
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let (get, post) = looks_or_posts(&ask.inbound.method);
        match segments {
            ["account"] if get => self.account_page(ask, None).await,
            [
                "account",
                part @ ("sessions" | "ways" | "organizations" | "told" | "offer"),
            ] if get => self.account_page(ask, Some(part)).await,
            ["account", rest @ ..] if post && !rest.is_empty() => {
                self.account_form(ask, rest, head, body).await
            }
            other => Err(nothing(other)),
        }
    }

    /// A button on the account page.
    async fn account_form(
        &self,
        ask: &Ask<'_>,
        rest: &[&str],
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        match rest {
            ["sessions", "revoke-others"] => self.end_own(ask, None, head, body).await,
            ["sessions", id, "revoke"] => self.end_own(ask, Some(id), head, body).await,
            ["link", provider] => self.link(ask, provider, head, body).await,
            ["offer"] => self.answer_offer(ask, head, body).await,
            ["identities", id, "unlink"] => self.unlink(ask, id, head, body).await,
            ["identities", id, "revalidate"] => self.check_own(ask, id, head, body).await,
            _ => Err(Error::NotFound),
        }
    }

    /// A provider's answer that it had the browser post.
    async fn posted_answer(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let fields = form::read(head, body).await?;
        if let Some(to) = self.posted_elsewhere(ask, provider, &fields).await {
            return self.move_on(ask, &to);
        }
        self.callback(ask, provider, fields, Leaving::Form).await
    }

    /// The front door: the account page if somebody is signed in, else sign-in.
    async fn front(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let known = self.signed_in(ask).await?;
        let to = if known.is_some() { "account" } else { "login" };
        Ok(self.see_other(&self.below(to), ask.reference))
    }

    fn key_set(&self) -> Response<Body> {
        let response = public_json(self.minter.key_set());
        let code = response.status().as_u16();
        self.metrics
            .jwks_requests
            .get_or_create(&Code { code })
            .inc();
        response
    }

    fn metadata(&self) -> Response<Body> {
        let url = &self.config.server.public_url;
        public_json(
            self.minter
                .metadata(&url.to_string(), &url.join(&self.below("jwks.json"))),
        )
    }

    /// The visitor's session with the grant that counts on this host.
    async fn visitor(&self, ask: &Ask<'_>) -> Result<Option<Known>, Error> {
        self.known(&ask.cookies, ask.inbound, ask.place, None).await
    }

    /// The visitor's session with a grant to speak of: the one that counts on this host, or, if that one is over, any that
    /// still lets somebody in by a route of its organization. Never for deciding what a request may do.
    async fn signed_in(&self, ask: &Ask<'_>) -> Result<Option<Known>, Error> {
        if let Some(known) = self.visitor(ask).await? {
            return Ok(Some(known));
        }
        let (Place::Shared, Some(handle)) = (ask.place, ask.cookies.handle()) else {
            return Ok(None);
        };
        let live = self.sessions.find(&handle, &ask.inbound.host).await?;
        let now = self.clock.now();
        Ok(live.and_then(|live| {
            let grant = live.grants(now).pop()?;
            Some(Known { live, grant })
        }))
    }

    /// A path below the prefix.
    pub(super) fn below(&self, path: &str) -> String {
        format!("{}/{path}", self.config.server.prefix)
    }

    /// Shows a page.
    fn show<V: View>(
        &self,
        ask: &Ask<'_>,
        organization: Option<&config::Organization>,
        view: &V,
    ) -> Result<Response<Body>, Error> {
        let asked = self.asked_languages(ask.inbound);
        let wish = (Some(ask.inbound), asked.as_deref());
        let look = self.look(&ask.origin, ask.place.into(), organization, wish);
        let response = self.pages.show(&look, view)?.map(whole);
        Ok(referred(response, ask.reference))
    }

    /// Sends the browser on.
    fn go_on(&self, ask: &Ask<'_>, to: &str, leaving: Leaving) -> Result<Response<Body>, Error> {
        let asked = self.asked_languages(ask.inbound);
        let wish = (Some(ask.inbound), asked.as_deref());
        let look = self.look(&ask.origin, ask.place.into(), None, wish);
        Ok(self.sent_on(&look, to, leaving, ask.reference)?)
    }

    /// The same with a look that is there already.
    pub(super) fn sent_on(
        &self,
        look: &Look<'_>,
        to: &str,
        leaving: Leaving,
        reference: Reference,
    ) -> Result<Response<Body>, pages::Error> {
        let page = match leaving {
            Leaving::Page => return Ok(self.see_other(to, reference)),
            Leaving::Form => {
                let to = Destination::parse(to)?;
                self.pages.show(look, &Redirecting { to: &to })?
            }
            Leaving::Popup => {
                let to = Destination::parse(to)?;
                self.pages.show_to_opener(look, &Redirecting { to: &to })?
            }
        };
        Ok(referred(page.map(whole), reference))
    }

    /// Shows a page in a window that somebody's page opened.
    fn show_to_opener<V: View>(
        &self,
        ask: &Ask<'_>,
        organization: Option<&config::Organization>,
        view: &V,
    ) -> Result<Response<Body>, Error> {
        let asked = self.asked_languages(ask.inbound);
        let wish = (Some(ask.inbound), asked.as_deref());
        let look = self.look(&ask.origin, ask.place.into(), organization, wish);
        let response = self.pages.show_to_opener(&look, view)?.map(whole);
        Ok(referred(response, ask.reference))
    }

    /// Answers a form with a page that moves on by itself.
    fn move_on(&self, ask: &Ask<'_>, to: &str) -> Result<Response<Body>, Error> {
        self.go_on(ask, to, Leaving::Form)
    }

    fn see_other(&self, to: &str, reference: Reference) -> Response<Body> {
        super::redirect(StatusCode::SEE_OTHER, to, "redirect", reference)
    }

    /// The return path that a request asks for, or the front page. A sign-in in a window of its own ends where that closes.
    fn return_path(&self, fields: &Fields) -> ReturnPath {
        if fields.get("display") == Some("popup") {
            return self.popup_end();
        }
        fields
            .get("rd")
            .and_then(|text| ReturnPath::parse(text, &self.config.server.prefix).ok())
            .unwrap_or_else(ReturnPath::root)
    }

    /// Refuses a form that no page of ours on this host sent (threat model 12).
    fn check_form(&self, ask: &Ask<'_>) -> Result<(), Error> {
        if ask.inbound.is_same_origin(&ask.origin) {
            Ok(())
        } else {
            Err(Error::ForeignForm)
        }
    }

    /// Refuses a form of a signed-in person that does not carry their session's token.
    fn check_token(&self, ask: &Ask<'_>, fields: &Fields) -> Result<(), Error> {
        let expected = ask.cookies.handle().map(|handle| handle.form_token());
        let sent = fields.get("csrf");
        match (expected, sent) {
            (Some(expected), Some(sent))
                if crate::secret::constant_time_eq(expected.as_bytes(), sent.as_bytes()) =>
            {
                Ok(())
            }
            (Some(_) | None, _) => Err(Error::ForeignForm),
        }
    }
}

/// Whether a request only looks, and whether it posts.
fn looks_or_posts(method: &Method) -> (bool, bool) {
    let looks = matches!(*method, Method::GET | Method::HEAD);
    (looks, *method == Method::POST)
}

/// Why there is no answer at a path, or none to its method.
fn nothing(segments: &[&str]) -> Error {
    match methods(segments) {
        Some(allow) => Error::NoSuchMethod { allow },
        None => Error::NotFound,
    }
}

/// The methods that a path of ours has (RFC 9110 §15.5.6), if there is such a path.
fn methods(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["login" | "logout"] | ["initiate" | "setup-link", _] | ["account", "offer"] => {
            Some("GET, HEAD, POST")
        }
        ["callback", _] | ["login", _, _] => Some("GET, POST"),
        ["" | "kept" | "logged-out" | "signed-in" | "account" | "userinfo" | "jwks.json"]
        | ["login" | "draft", _]
        | ["account", "sessions" | "ways" | "organizations" | "told"]
        | [".well-known", "openid-configuration"] => Some("GET, HEAD"),
        ["switch", _]
        | ["draft", _, "values" | "check" | "try" | "finish"]
        | ["logout", "backchannel", _]
        | ["account", "link", _]
        | ["account", "identities", _, "unlink" | "revalidate"]
        | ["account", "sessions", "revoke-others"]
        | ["account", "sessions", _, "revoke"] => Some("POST"),
        ["enter"] | ["logout", "frontchannel", _] => Some("GET"),
        _ => None,
    }
}

/// With the reference under which it is found in the log.
pub(super) fn referred(mut response: Response<Body>, reference: Reference) -> Response<Body> {
    if let Ok(reference) = HeaderValue::from_str(&reference.to_string()) {
        response.headers_mut().insert("sso-reference", reference);
    }
    response
}

/// JSON for whoever asked, of one kind.
fn own_json(body: &Value, kind: &'static str, reference: Reference) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body.to_string()))));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    mark(&mut response, kind, reference);
    response
}

/// JSON that everybody may read and keep for five minutes.
fn public_json(body: Bytes) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("sso-generated", HeaderValue::from_static("keys"));
    response
}

/// Adds a cookie.
pub(super) fn set_cookie(response: &mut Response<Body>, cookie: HeaderValue) {
    response.headers_mut().append(SET_COOKIE, cookie);
}

/// Says which methods a page has.
pub(super) fn allow(response: &mut Response<Body>, methods: &'static str) {
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
}

/// A path segment that names something in the configuration.
fn slug(text: &str) -> Result<Slug, Error> {
    Slug::parse(text).map_err(|_| Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_50_what_operators_ask_is_no_path_of_ours() {
        for path in [
            "metrics", "livez", "readyz", "healthz", "status", "admin", "debug",
        ] {
            assert_eq!(methods(&[path]), None, "{path}");
        }
        assert_eq!(methods(&["login"]), Some("GET, HEAD, POST"));
        assert_eq!(methods(&["switch", "acme"]), Some("POST"));
        assert_eq!(methods(&["login", "acme", "idp", "more"]), None);
    }
}
