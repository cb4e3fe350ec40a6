//! The sample application of the demonstration: it knows nothing of single sign-on and shows what it receives.
//!
//! Owns: a few pages, a live stream, a WebSocket, and what every real application should have: a check of the signed
//! assertion. Invariant: only a verified assertion is shown as a person; plain headers are shown as what they are.

mod live;
mod received;
mod verify;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use minijinja::value::Serde;
use minijinja::{Environment, Value as Context, context};

use self::received::Received;
use self::verify::KeySet;
use super::Error;
use super::people;
use super::reply::{self, Body};
use crate::address::Origin;
use crate::clock::Clock;
use crate::tasks::Tasks;
use crate::wire;

/// The application's own pages run the application's own script and speak to the application only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self' ws: wss:; \
                      img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where the sample application stands in the demonstration.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// What people type: Doorward.
    pub public: Origin,
    /// Where Doorward listens, so that nothing depends on resolving names.
    pub door: SocketAddr,
    /// Where Doorward's own pages are.
    pub prefix: String,
    /// The provider's page.
    pub provider: String,
}

/// The sample application. Clones share everything.
#[derive(Clone, Debug)]
pub struct Application {
    inner: Arc<Inner>,
}

struct Inner {
    surroundings: Surroundings,
    keys: KeySet,
    templates: Environment<'static>,
    tasks: Tasks,
}

impl Application {
    /// An application behind Doorward. Live streams and WebSockets end when `tasks` stop.
    ///
    /// # Errors
    /// [`Error::Template`] when its page is broken.
    pub fn new(
        surroundings: Surroundings,
        clock: Arc<dyn Clock>,
        tasks: Tasks,
    ) -> Result<Self, Error> {
        let mut templates = super::templates()?;
        templates.add_template(PAGE, include_str!("../templates/application.html"))?;
        Ok(Self {
            inner: Arc::new(Inner {
                keys: KeySet::new(&surroundings, clock),
                surroundings,
                templates,
                tasks,
            }),
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<wire::Received>) -> Response<Body> {
        match request.uri().path() {
            "/events" => live::events(self.inner.tasks.stopping().clone()),
            "/socket" => live::socket(request, &self.inner.tasks),
            "/public/application.js" => script(),
            "/favicon.ico" => reply::empty(StatusCode::NO_CONTENT),
            "/api/request" => {
                let received = Received::read(&request, &self.inner.keys).await;
                reply::json(StatusCode::OK, &received)
            }
            _ => {
                let received = Received::read(&request, &self.inner.keys).await;
                self.page(&received)
            }
        }
    }

    fn page(&self, received: &Received) -> Response<Body> {
        let here = Place::of(&received.path);
        let surroundings = &self.inner.surroundings;
        let back = form_urlencoded::Serializer::new(String::new())
            .append_pair("rd", &received.path)
            .finish();
        let values = context! {
            received => Context::from(Serde(received)),
            title => here.title,
            lead => here.lead,
            sign_in => format!("{}/login?{back}", surroundings.prefix),
            prefix => surroundings.prefix.as_str(),
            provider => surroundings.provider.as_str(),
            organizations => Context::from(Serde(people::ORGANIZATIONS)),
        };
        let template = self.inner.templates.get_template(PAGE);
        match template.and_then(|template| template.render(values)) {
            Ok(html) => reply::page(here.status, POLICY, html),
            Err(_) => reply::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the page could not be made",
            ),
        }
    }
}

/// What a path is in the demonstration for.
struct Place {
    status: StatusCode,
    title: &'static str,
    lead: &'static str,
}

impl Place {
    const fn new(title: &'static str, lead: &'static str) -> Self {
        Self {
            status: StatusCode::OK,
            title,
            lead,
        }
    }

    fn of(path: &str) -> Self {
        match path {
            "/" => Self::new(
                "The application",
                "It has no sign-in of its own. Doorward let you through and said who you are.",
            ),
            "/admin" => Self::new(
                "Administration",
                "Doorward lets only members of it-admins come here.",
            ),
            "/optional" => Self::new(
                "Open to everybody",
                "Doorward lets everybody come here, and says who it is if they have signed in.",
            ),
            "/public" => Self::new(
                "Public",
                "Doorward lets everybody come here and never says who it is.",
            ),
            _ => Self {
                status: StatusCode::NOT_FOUND,
                title: "No such page",
                lead: "The application has nothing under this path, but here is what it received.",
            },
        }
    }
}

fn script() -> Response<Body> {
    let source = include_str!("../templates/application.js");
    let mut response = reply::plain(StatusCode::OK, source);
    reply::put(
        &mut response,
        CONTENT_TYPE,
        "text/javascript; charset=utf-8",
    );
    response
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Inner")
            .field("surroundings", &self.surroundings)
            .finish_non_exhaustive()
    }
}

const PAGE: &str = "application.html";

#[cfg(test)]
mod tests;
