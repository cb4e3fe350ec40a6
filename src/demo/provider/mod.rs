//! An OpenID provider for the demonstration, on loopback.
//!
//! Owns: people, its own sign-in page, codes, tokens and its signing key; all in memory and bounded. To Doorward it is
//! a provider like any other: discovery, keys, PKCE, rotation of refresh tokens, userinfo, sign-out. It asks for no
//! password, so it must never listen beyond loopback.

mod authorize;
mod grants;
mod key;
mod logout;
mod session;
mod shelf;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Buf;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Body as HttpBody;
use minijinja::{Environment, Value as Context, context};
use serde_json::json;

use self::grants::Grants;
pub use self::key::NoKey;
use self::key::SigningKey;
use self::session::Browsers;
use super::Error;
use super::people::{self, Directory, Organization, Person, Standing};
use super::reply::{self, Body, Fields};
use crate::clock::{Clock, Timestamp};
use crate::secret::Secret;

/// Its pages load nothing and run nothing. Forms may lead to other origins: that is how a sign-in goes back.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Doorward's registration for one organization.
#[derive(Clone, Debug)]
pub struct Client {
    /// Client identifier.
    pub id: String,
    /// Client secret.
    pub secret: Secret<String>,
    /// Whose people sign in here.
    pub organization: Organization,
    /// Where codes may be sent, compared as text.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after signing out, compared as text.
    pub post_logout_uris: Vec<String>,
}

/// The provider. Clones share everything.
#[derive(Clone, Debug)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    host: String,
    /// Where the application is, for a link on the page.
    application: String,
    clients: Vec<Client>,
    key: SigningKey,
    directory: Directory,
    grants: Mutex<Grants>,
    browsers: Mutex<Browsers>,
    templates: Environment<'static>,
    clock: Arc<dyn Clock>,
}

impl Provider {
    /// A provider that is reached at `address`. `application` is the address that its page points people to.
    ///
    /// # Errors
    /// [`Error::Key`] when the machine makes no key.
    pub fn new(
        address: SocketAddr,
        application: &str,
        clients: Vec<Client>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let mut templates = super::templates()?;
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self {
            inner: Arc::new(Inner {
                issuer: issuer(address),
                host: address.to_string(),
                application: application.to_owned(),
                clients,
                key: SigningKey::generate()?,
                directory: Directory::default(),
                grants: Mutex::default(),
                browsers: Mutex::default(),
                templates,
                clock,
            }),
        })
    }

    /// The issuer identifier: the address itself.
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// Answers one request.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody,
        B::Data: Buf,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        // A page elsewhere that points its own name at 127.0.0.1 gets nothing (DNS rebinding).
        if reply::field(&head.headers, HOST) != Some(&self.inner.host) {
            return reply::plain(StatusCode::MISDIRECTED_REQUEST, "unknown host");
        }
        let fields = match head.method {
            Method::POST => Fields::read(body).await,
            _ => Fields::parse(head.uri.query().unwrap_or_default().as_bytes()),
        };
        match fields {
            Ok(fields) => self.route(&head.method, head.uri.path(), &head.headers, &fields),
            Err(bad) => reply::json(
                StatusCode::BAD_REQUEST,
                &json!({ "error": "invalid_request", "error_description": bad.to_string() }),
            ),
        }
    }

    fn route(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        fields: &Fields,
    ) -> Response<Body> {
        let get = method == Method::GET || method == Method::HEAD;
        let post = method == Method::POST;
        match path {
            "/" if get => self.everybody(),
            "/.well-known/openid-configuration" if get => self.discovery(),
            "/keys" if get => reply::json(StatusCode::OK, &self.inner.key.set()),
            "/authorize" if get || post => self.authorize(headers, fields),
            "/token" if post => self.token(headers, fields),
            "/userinfo" if get || post => self.userinfo(headers),
            "/introspect" if post => self.introspect(headers, fields),
            "/revoke" if post => self.revoke(headers, fields),
            "/end-session" if get || post => self.end_session(method, headers, fields),
            "/sign-in" | "/people" if post && !self.is_own_form(headers) => {
                reply::plain(StatusCode::FORBIDDEN, "this form was sent by another site")
            }
            "/sign-in" if post => self.sign_in(headers, fields),
            "/people" if post => self.change(fields),
            _ => reply::plain(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }

    /// OIDC Discovery §3.
    fn discovery(&self) -> Response<Body> {
        let issuer = self.issuer();
        let at = |path: &str| format!("{issuer}{path}");
        reply::json(
            StatusCode::OK,
            &json!({
                "issuer": issuer,
                "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"),
                "userinfo_endpoint": at("/userinfo"),
                "jwks_uri": at("/keys"),
                "end_session_endpoint": at("/end-session"),
                "introspection_endpoint": at("/introspect"),
                "revocation_endpoint": at("/revoke"),
                "scopes_supported": ["openid", "profile", "email", "groups", "offline_access"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "claims_supported": [
                    "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name", "email",
                    "email_verified", "groups",
                ],
                "prompt_values_supported": ["none", "login", "select_account"],
                "authorization_response_iss_parameter_supported": true,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": false,
            }),
        )
    }

    /// `/`: everybody, with a button to disable them.
    fn everybody(&self) -> Response<Body> {
        let organizations: Vec<Context> = people::ORGANIZATIONS
            .iter()
            .map(|organization| {
                let members = people::PEOPLE
                    .iter()
                    .filter(|person| person.organization == organization.slug);
                let members: Vec<Context> = members.map(|person| self.listed(person)).collect();
                context! { name => organization.name, members }
            })
            .collect();
        let application = &self.inner.application;
        self.page(
            StatusCode::OK,
            "people.html",
            context! { organizations, application },
        )
    }

    /// `/people`: disables somebody, or the other way round.
    fn change(&self, fields: &Fields) -> Response<Body> {
        let person = fields.get("person").and_then(people::by_subject);
        let standing = match fields.get("standing") {
            Some("active") => Some(Standing::Active),
            Some("disabled") => Some(Standing::Disabled),
            Some(_) | None => None,
        };
        let Some((person, standing)) = person.zip(standing) else {
            return reply::plain(StatusCode::BAD_REQUEST, "nobody is meant by that");
        };
        self.inner.directory.change(person, standing);
        if standing == Standing::Disabled {
            self.browsers().forget(person);
            self.grants().end_where(|rights| rights.person == person);
        }
        reply::redirect("/")
    }

    /// A person as the templates see them.
    fn listed(&self, person: &Person) -> Context {
        let organization = people::ORGANIZATIONS
            .iter()
            .find(|organization| organization.slug == person.organization);
        context! {
            subject => person.subject,
            name => person.name,
            initial => person.name.chars().next().map(String::from),
            email => person.email,
            note => person.note,
            organization => organization.map(|organization| organization.name),
            disabled => self.inner.directory.standing(person) == Standing::Disabled,
        }
    }

    fn page(&self, status: StatusCode, template: &str, values: Context) -> Response<Body> {
        let rendered = self
            .inner
            .templates
            .get_template(template)
            .and_then(|template| template.render(values));
        match rendered {
            Ok(html) => reply::page(status, POLICY, html),
            Err(_) => reply::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the page could not be made",
            ),
        }
    }

    /// Browsers say where a form comes from (Fetch §3.2); programs say nothing and are not what a forged form abuses.
    fn is_own_form(&self, headers: &HeaderMap) -> bool {
        headers
            .get(ORIGIN)
            .is_none_or(|origin| origin.as_bytes() == self.inner.issuer.as_bytes())
    }

    fn client(&self, id: &str) -> Option<&Client> {
        self.inner.clients.iter().find(|client| client.id == id)
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn grants(&self) -> MutexGuard<'_, Grants> {
        // A panic while holding the lock can lose a token, not make one: the demonstration goes on.
        self.inner
            .grants
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn browsers(&self) -> MutexGuard<'_, Browsers> {
        // As above.
        self.inner
            .browsers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The issuer identifier of a provider at `address`.
pub(super) fn issuer(address: SocketAddr) -> String {
    format!("http://{address}")
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Inner")
            .field("issuer", &self.issuer)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

const TEMPLATES: [(&str, &str); 4] = [
    ("people.html", include_str!("../templates/people.html")),
    ("sign-in.html", include_str!("../templates/sign-in.html")),
    ("sign-out.html", include_str!("../templates/sign-out.html")),
    ("message.html", include_str!("../templates/message.html")),
];
