//! The life of a request, from its head to its answer.
//!
//! Owns: HTTP meaning. `inbound` makes the one canonical form of host and path; the host says which organization (or that
//! the session does); what lies below the prefix is ours (`endpoints`); everything else is routed, the session is found,
//! `decision` says what happens, and this page acts on it once: `forward` it, send it to sign-in, or refuse it (`rescue`).
//! Leaves to others: who someone is (`pipeline`, `session`), moving bytes (`proxy`), words for people (`pages`).
//! Invariants: nothing is forwarded unless `decision` said so (threat model 1, 2); the organization follows from the host
//! or from the session's own grant, never from what the client can edit (27); every answer made here says so.

mod answer;
mod decision;
mod endpoints;
mod forward;
mod front;
mod grpc;
mod inbound;
mod judge;
mod rescue;
mod routes;
mod sites;
mod step_up;
mod turns;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{Either, Full};

pub use self::answer::Sent;

use self::answer::{Asked, InFlight};
use self::decision::Decision;
use self::forward::Visitor;
use self::inbound::Inbound;
use self::routes::{Route, Routes};
use self::sites::Sites;
use self::turns::Turns;
use crate::address::{Host, Origin};
use crate::assertion::{self, Minter, PlainHeaders, Reserved};
use crate::clock::{Clock, Timestamp};
use crate::config::{self, Config, Organization, Refusal, Slug};
use crate::drafts::{self, Drafts};
use crate::identity::{self, People, Unmet};
use crate::pages::{self, Look, Pages};
use crate::pipeline::{self, Pipeline};
use crate::proxy;
use crate::revalidation::{self, Revalidation};
use crate::server::Interim;
use crate::session::cookies::Cookies;
use crate::session::{self, Live, LiveGrant, Sessions};
use crate::store::{self, Store};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trace::Part;
use crate::telemetry::{Reference, RouteTally};
use crate::traces::Traces;
use crate::wire::Received;

/// The body of an answer: whole where we made it, streaming where the application did.
pub type Body = Either<Full<Bytes>, proxy::Body>;

/// Everything that requests need. Clones share it.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Shared>);

impl std::ops::Deref for Gateway {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The shared part of a [`Gateway`].
pub struct Shared {
    /// Of the snapshot of the configuration that this is of.
    number: u64,
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    routes: Routes,
    sites: Sites,
    /// What is counted of requests that found no route.
    nowhere: Arc<RouteTally>,
    /// What is counted of our own endpoints.
    own: Arc<RouteTally>,
    upstreams: BTreeMap<Slug, Upstream>,
    sessions: Arc<Sessions>,
    pipeline: Pipeline,
    people: People,
    revalidation: Revalidation,
    store: Arc<dyn Store>,
    traces: Arc<Traces>,
    drafts: Drafts,
    minter: Arc<Minter>,
    plain: PlainHeaders,
    reserved: Arc<Reserved>,
    reserved_filter: proxy::Filter,
    audience: Option<Arc<str>>,
    pages: Pages,
    metrics: Metrics,
    tasks: Tasks,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Upstream {
    /// Requests that may be there at once.
    most: usize,
    /// As a label.
    name: Arc<str>,
    proxy: Arc<proxy::Upstream>,
    turns: Turns,
    audience: Option<Arc<str>>,
}

/// What a gateway is made of.
#[derive(Debug)]
pub struct Parts {
    /// Another one for each snapshot of the configuration.
    pub number: u64,
    /// The configuration.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The applications, by name.
    pub upstreams: BTreeMap<Slug, Arc<proxy::Upstream>>,
    /// The sessions.
    pub sessions: Arc<Sessions>,
    /// Sign-in.
    pub pipeline: Pipeline,
    /// The records of people, for their owners.
    pub people: People,
    /// What asks about them again.
    pub revalidation: Revalidation,
    /// Where the audit trail is.
    pub store: Arc<dyn Store>,
    /// What happened, for whoever asks.
    pub traces: Arc<Traces>,
    /// Providers that are being set up.
    pub drafts: Drafts,
    /// The signing of assertions.
    pub minter: Arc<Minter>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where work goes that must finish once begun.
    pub tasks: Tasks,
}

/// Where a request belongs, as its host says.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    /// The host of `public_url`: the session's active grant, or the route, says which organization.
    Shared,
    /// An organization's own host.
    Own(&'a Organization),
}

impl From<Place<'_>> for pages::Place {
    fn from(place: Place<'_>) -> Self {
        match place {
            Place::Shared => Self::Shared,
            Place::Own(_) => Self::Own,
        }
    }
}

/// What names the answer of a request, and what takes those before it.
type WayBack = (Reference, Option<Interim>);

/// Who asks, as far as the session can tell.
#[derive(Debug)]
struct Known {
    live: Arc<Live>,
    grant: Arc<LiveGrant>,
}

impl Gateway {
    /// From its parts. Requests that `before` has with an application count where that is the same.
    ///
    /// # Errors
    /// When the pages' templates do not load.
    pub fn new(parts: Parts, before: Option<&Self>) -> Result<Self, Error> {
        let config = parts.config;
        let reserved = Arc::new(Reserved::new(
            &config.headers,
            &config.assertion,
            &config.routes,
        ));
        let filter = Arc::clone(&reserved);
        let upstreams = parts.upstreams.into_iter().map(|(name, proxy)| {
            let upstream = config.upstreams.get(&name);
            let most = upstream.map_or(0, |upstream| upstream.max_concurrent_requests);
            let audience = upstream.and_then(|upstream| upstream.audience.as_deref());
            let before = before.and_then(|before| before.upstreams.get(&name));
            let before =
                before.filter(|before| before.most == most && Arc::ptr_eq(&before.proxy, &proxy));
            let upstream = Upstream {
                most,
                name: Arc::from(name.as_str()),
                proxy,
                turns: before.map_or_else(|| Turns::new(most), |before| before.turns.clone()),
                audience: audience.map(Arc::from),
            };
            (name, upstream)
        });
        Ok(Self(Arc::new(Shared {
            number: parts.number,
            clock: parts.clock,
            routes: Routes::new(&config.routes, &parts.metrics),
            sites: Sites::new(&config),
            nowhere: Arc::new(RouteTally::new("", &parts.metrics)),
            own: Arc::new(RouteTally::new("sso", &parts.metrics)),
            upstreams: upstreams.collect(),
            sessions: parts.sessions,
            pipeline: parts.pipeline,
            people: parts.people,
            revalidation: parts.revalidation,
            store: parts.store,
            traces: parts.traces,
            drafts: parts.drafts,
            minter: parts.minter,
            plain: PlainHeaders::new(&config.headers),
            reserved,
            reserved_filter: Arc::new(move |name| filter.holds(name)),
            audience: config.assertion.audience.as_deref().map(Arc::from),
            pages: Pages::new(&config.pages, &config.organizations)?,
            metrics: parts.metrics,
            tasks: parts.tasks,
            config,
        })))
    }

    /// Answers one request of a peer. What the application says before its answer goes to `interim`.
    ///
    /// # Cancel safety
    /// When the visitor leaves, forwarding ends; sign-ins that were claimed go on to their end.
    pub async fn answer(
        &self,
        request: Request<Received>,
        peer: Option<IpAddr>,
        interim: Option<Interim>,
    ) -> Response<Sent> {
        // It is handed down a long way.
        let request = Box::new(request);
        let began = self.clock.now();
        let in_flight = InFlight::begin(&self.metrics);
        let mut asked = Asked::new(request.method(), &self.nowhere, began);
        asked.interim = interim;
        let response = match self.serve(request, (began, peer), &mut asked).await {
            Ok(response) => response,
            Err(error) => {
                if asked.journal.is_none() {
                    asked.begin_journal(began);
                }
                self.rescue(&error, &asked)
            }
        };
        if let Some(journal) = asked.journal.take() {
            self.keep_trace(journal.part(), &asked);
        }
        let response = match asked.asker {
            Some(asker) => self.tell_front_proxy(asker, response, &asked),
            None => response,
        };
        self.send(response, &asked, began, in_flight)
    }

    async fn serve(
        &self,
        request: Box<Request<Received>>,
        from: (Timestamp, Option<IpAddr>),
        asked: &mut Asked,
    ) -> Result<Response<Body>, Error> {
        let server = &self.config.server;
        let mut inbound =
            Inbound::read(&request, from, &server.trusted_proxies, &server.public_url)?;
        // Nothing of ours is called by gRPC, whose refusals a front proxy that asks at the wrong place would take for a yes.
        if self.own_path(&inbound).is_some() {
            inbound.answer_plainly();
        }
        let inbound = Arc::new(inbound);
        asked.inbound = Some(Arc::clone(&inbound));
        if let Some(asker) = self.asker(&inbound, request.uri(), from.1)? {
            asked.asker = Some(asker);
            return Box::pin(self.vouch(asker, &request, from, asked)).await;
        }
        let place = self.settle_place(&inbound, asked)?;
        if let Some(own) = self.own_path(&inbound) {
            asked.route = Arc::clone(&self.own);
            let journal = asked.begin_journal(self.clock.now());
            // Apart, like all that seldom happens: a request that is forwarded need not carry the room for it.
            let answer = self.endpoint(*request, &inbound, place, own, asked.reference);
            let answer = Box::pin(answer);
            let answer = journal.follow(answer).await?;
            return Ok(endpoints::referred(answer, asked.reference));
        }
        let route = self.route(&inbound, place)?;
        asked.route = Arc::clone(&route.tally);
        self.act(request, &inbound, place, route, asked).await
    }

    /// Where a request belongs, as is noted of it.
    fn settle_place(&self, inbound: &Inbound, asked: &mut Asked) -> Result<Place<'_>, Error> {
        let place = self.place(&inbound.host)?;
        if let Place::Own(organization) = place {
            asked.own = Some(organization.slug.clone());
        }
        Ok(place)
    }

    fn route(&self, inbound: &Inbound, place: Place<'_>) -> Result<&Route, Error> {
        self.routes
            .find(&inbound.host, &inbound.path, &inbound.method)
            .filter(|route| match place {
                Place::Shared => true,
                Place::Own(organization) => route.is_open_to(&organization.slug),
            })
            .ok_or(Error::NoRoute)
    }

    /// Decides, and does what was decided.
    async fn act(
        &self,
        request: Box<Request<Received>>,
        inbound: &Inbound,
        place: Place<'_>,
        route: &Route,
        asked: &mut Asked,
    ) -> Result<Response<Body>, Error> {
        let reference = asked.reference;
        let way_back = (reference, asked.interim.take());
        let decision = self.judge(request.headers(), inbound, place, route, asked);
        match decision.await? {
            Decision::Allow(known) => self.allow(request, inbound, route, known, way_back).await,
            Decision::Anonymous => self.forward(request, inbound, route, None, way_back).await,
            Decision::SignIn => {
                let cookies = Cookies::read(request.headers());
                self.send_to_sign_in(&cookies, inbound, place, route, asked)
                    .await
            }
            Decision::Unauthorized => {
                let (head, body) = request.into_parts();
                let cookies = Cookies::read(&head.headers);
                let pinned = route.config.organization.as_ref();
                Box::pin(self.part(&cookies, inbound, place, pinned)).await?;
                Box::pin(self.keep_lapsed(inbound, place, pinned, (&head, body))).await?;
                let had_session = cookies.has_session();
                Err(Error::Unauthorized { had_session })
            }
            Decision::StepUp(known) => {
                let sent = Some(request.into_parts());
                Box::pin(self.step_up(inbound, route, known, sent, reference)).await
            }
            Decision::Unconfirmed => Err(Box::pin(self.unconfirmed(asked.known.as_ref())).await),
            Decision::Deny(unmet) => Err(self.deny(asked, unmet, route)),
        }
    }

    /// The application answers, and hears who asks. A form that had been kept is sent with that.
    async fn allow(
        &self,
        request: Box<Request<Received>>,
        inbound: &Inbound,
        route: &Route,
        known: &Known,
        way_back: WayBack,
    ) -> Result<Response<Body>, Error> {
        let reference = way_back.0;
        self.sessions.touch(&known.live, &known.grant, inbound.at);
        let visitor = Visitor {
            live: &known.live,
            grant: &known.grant,
        };
        let kept = match inbound.kind {
            inbound::Kind::FormPost => Cookies::read(request.headers()).kept_form(),
            inbound::Kind::PageLoad | inbound::Kind::Program => None,
        };
        let forwarded = self.forward(request, inbound, route, Some(visitor), way_back);
        let mut response = forwarded.await?;
        if let Some(token) = kept {
            Box::pin(self.settle(inbound, &token, &mut response, reference)).await;
        }
        Ok(response)
    }

    /// Keeps what happened, if anything did that somebody may ask about.
    fn keep_trace(&self, mut part: Part, asked: &Asked) {
        if part.steps.is_empty() {
            return;
        }
        let organization = asked.organization().map(Slug::to_string);
        part.organization = part.organization.or(organization);
        part.provider = part.provider.or(asked.provider().map(Slug::to_string));
        part.user = part.user.or_else(|| asked.email());
        self.traces.keep(part);
    }

    /// Which organization a host belongs to. An unknown one is refused before anything else happens.
    fn place(&self, host: &Host) -> Result<Place<'_>, Error> {
        let site = self.sites.get(host).ok_or(Error::UnknownHost)?;
        let Some(slug) = &site.organization else {
            return Ok(Place::Shared);
        };
        let organization = self.config.organizations.get(slug);
        organization.map(Place::Own).ok_or(Error::UnknownHost)
    }

    /// Whether anybody of an organization gets in: neither the file nor an operator says otherwise.
    fn is_open(&self, organization: &Organization) -> bool {
        organization.enabled && !self.sessions.is_suspended(&organization.slug)
    }

    /// Whether no provider has confirmed the identity behind a grant in time.
    fn is_unconfirmed(&self, known: &Known) -> bool {
        self.clock.now() >= known.grant.counts_until()
    }

    /// What frames a page for this visitor.
    fn look<'a>(
        &'a self,
        site: &'a Origin,
        place: pages::Place,
        organization: Option<&'a Organization>,
        (inbound, asked): (Option<&Inbound>, Option<&'a str>),
    ) -> Look<'a> {
        let accept = inbound.and_then(Inbound::accept_language);
        Look {
            site,
            prefix: &self.config.server.prefix,
            place,
            organization: organization.map(Into::into),
            language: self.pages.language(asked, accept),
            asked,
        }
    }

    /// The languages that a link to where sign-in begins asks for (`ui_locales`, OIDC Core §3.1.2.1).
    fn asked_languages(&self, inbound: &Inbound) -> Option<String> {
        let begins = self.own_path(inbound)?.strip_prefix("/login")?;
        if !begins.is_empty() && !begins.starts_with('/') {
            return None;
        }
        let pairs = form_urlencoded::parse(inbound.query.as_ref()?.as_bytes());
        let mut asked = pairs.filter(|(name, _)| name == "ui_locales");
        asked.next().map(|(_, value)| value.into_owned())
    }

    /// What follows the prefix, if the path lies below it.
    fn own_path<'a>(&self, inbound: &'a Inbound) -> Option<&'a str> {
        let rest = inbound
            .path
            .as_str()
            .strip_prefix(&*self.config.server.prefix)?;
        if rest.is_empty() {
            Some("/")
        } else {
            rest.starts_with('/').then_some(rest)
        }
    }
}

/// A body that we made.
fn whole(bytes: Bytes) -> Body {
    Either::Left(Full::new(bytes))
}

/// A redirect of ours. The target is one of our own making: a path below the prefix, a parsed return path, an
/// organization's origin, or a provider's endpoint (threat model 38).
fn redirect(
    status: StatusCode,
    to: &str,
    kind: &'static str,
    reference: Reference,
) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    } else {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    mark(&mut response, kind, reference);
    response
}

/// Marks an answer as ours and keeps it out of every cache.
fn mark(response: &mut Response<Body>, kind: &'static str, reference: Reference) {
    let headers = response.headers_mut();
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    headers.insert("sso-generated", HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&reference.to_string()) {
        headers.insert("sso-reference", value);
    }
}

/// Why a request got no answer from the application. `rescue` knows what each means to a visitor.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host is missing, written twice, contradictory or malformed.
    #[error("the request does not name one host")]
    Host,
    /// Nobody here answers for this host.
    #[error("nobody answers for this host")]
    UnknownHost,
    /// The target could be read in two ways.
    #[error("the request's target is not in canonical form")]
    Target,
    /// TRACE and CONNECT.
    #[error("the method is not served")]
    Method,
    /// Somebody asks as front proxies do, and is none that is trusted.
    #[error("a peer that is not among server.trusted_proxies asks whether a request may go on")]
    Stranger,
    /// A front proxy does not say what it asks about, or says it twice.
    #[error("a front proxy asks about a request without one good {0}")]
    Question(&'static str),
    /// A path or method below the prefix that does not exist.
    #[error("there is no such page")]
    NotFound,
    /// A path below the prefix exists with other methods.
    #[error("this page has no such method")]
    NoSuchMethod {
        /// Those it has.
        allow: &'static str,
    },
    /// No route covers the request.
    #[error("no route covers this request")]
    NoRoute,
    /// Nobody is signed in, and this is no page load.
    #[error("nobody is signed in")]
    Unauthorized {
        /// Whether the browser still holds a session cookie: then the session ended.
        had_session: bool,
    },
    /// The person has to prove anew who they are, or in a stronger way, and this is no page load.
    #[error("the sign-in is not fresh or strong enough for this route")]
    StepUp {
        /// What the route asks for.
        assurance: config::Assurance,
        /// Where they can: a path on the host that was asked.
        door: pages::Destination,
    },
    /// A form came too late, and is kept until its owner has signed in again.
    #[error("a form came too late and is kept")]
    FormKept {
        /// Where they can: a path on the host that was asked.
        door: pages::Destination,
        /// What names the form.
        cookie: HeaderValue,
    },
    /// The person may not.
    #[error("the person does not meet the route's rule: {unmet:?}")]
    NotAllowed {
        /// What they lack.
        unmet: Unmet,
        /// What the route says to that.
        rule: Refusal,
    },
    /// No provider has confirmed the person in time.
    #[error("the person's identity has not been confirmed in time")]
    Unconfirmed {
        /// By whom.
        provider: Slug,
        /// When it is asked next.
        next: Option<Timestamp>,
    },
    /// Somebody ended what the visitor had.
    #[error("the session was ended: {:?}", farewell.why)]
    Parted {
        /// What it was, and why it ended.
        farewell: session::Farewell,
        /// Whether nothing is left of the session.
        gone: bool,
    },
    /// A provider that is being set up: it is gone, in another browser, or asked about too often.
    #[error("a draft cannot be shown or changed")]
    Draft(#[from] drafts::Error),
    /// Another site opens a socket.
    #[error("another site tried to open a connection")]
    ForeignOrigin,
    /// A form that no page of ours sent.
    #[error("the form was not sent by a page of ours")]
    ForeignForm,
    /// A sign-in that somebody else wants to begin, in the name of an issuer that is not the provider's.
    #[error("the request to begin a sign-in does not name the provider's issuer")]
    ForeignIssuer,
    /// A form that cannot be read or is too large.
    #[error("the form cannot be read")]
    Form,
    /// The organization is disabled.
    #[error("the organization {0} is disabled")]
    Suspended(Slug),
    /// An owner has not opened the connection yet, or shut it.
    #[error("the organization {0} is not open to whoever came in by this connection")]
    NotOpen(Slug),
    /// Pages for owners.
    #[error("the person is no owner of {0}")]
    NotAnOwner(Slug),
    /// A sign-in did not get on.
    #[error("a sign-in failed")]
    SignIn(#[from] pipeline::Error),
    /// The same in a window of its own: the end of that tells whoever opened it.
    #[error("something failed in a window of its own")]
    InWindow {
        /// What.
        #[source]
        error: pipeline::Error,
        /// Where the end of it is.
        to: String,
        /// How the browser gets there.
        leaving: endpoints::Leaving,
    },
    /// One browser signs in again and again.
    #[error("the browser signs in again and again: {cause:?}")]
    Loop {
        /// What was measured.
        cause: pages::Loop,
        /// Where to begin again.
        again: Box<pipeline::Again>,
    },
    /// The session cannot be told.
    #[error("the session cannot be told")]
    Session(#[from] session::Error),
    /// The records of people cannot be used.
    #[error("the records of people cannot be used")]
    Identity(#[from] identity::Error),
    /// What an owner asked for could not be done.
    #[error("an owner's wish could not be done")]
    Revalidation(#[from] revalidation::Error),
    /// The audit trail cannot be read.
    #[error("the audit trail cannot be read")]
    Store(#[from] store::Error),
    /// The process ends.
    #[error("the process is stopping")]
    Stopping,
    /// The application has as many requests as it may have, or this client its share of them.
    #[error("too many requests are with the application already")]
    TooBusy,
    /// The assertion cannot be made.
    #[error("the assertion cannot be made")]
    Assertion(#[from] assertion::Error),
    /// The application did not answer.
    #[error("the application did not answer")]
    Upstream(#[from] proxy::Error),
    /// A page cannot be made.
    #[error("a page cannot be made")]
    Pages(#[from] pages::Error),
}
