//! The house put together: rooms are built, listeners bound, requests served, everything stopped in order.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::Request;
use hyper::body::Incoming;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::admin::{self, Admin, Door};
use crate::assertion::{self, Minter};
use crate::audit;
use crate::clock::{Clock, Timestamp};
use crate::config::{self, Config, Listen, Registration};
use crate::drafts::{self, Drafts};
use crate::gateway::{self, Gateway};
use crate::identity::{self, People};
use crate::pipeline::{self, Pipeline};
use crate::provider;
use crate::proxy;
use crate::revalidation::{self, Revalidation};
use crate::server::{self, Bound, Listener, Peer, TlsFiles};
use crate::session::{self, Sessions, Settings};
use crate::store::{self, Batch, Seal, Store, Swept, Table};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::traces::Traces;

/// A Doorward that is bound and ready to serve.
#[derive(Debug)]
pub struct App {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    rooms: Rooms,
    public: Vec<Listener>,
    operator: Vec<(Listener, Door)>,
    addresses: Vec<SocketAddr>,
    management: Option<SocketAddr>,
}

/// Everything that is built before anything is bound.
#[derive(Debug)]
struct Rooms {
    store: Arc<dyn Store>,
    sessions: Arc<Sessions>,
    pipeline: Pipeline,
    revalidation: Revalidation,
    minter: Arc<Minter>,
    gateway: Gateway,
    admin: Admin,
    traces: Arc<Traces>,
    drafts: Drafts,
    upstreams: Upstreams,
    tasks: Tasks,
}

/// Of a public Unix socket: a front proxy is another user, in the group of the socket's folder. The folder has the last
/// word on who gets there.
const PUBLIC_SOCKET_MODE: u32 = 0o660;

/// How often background work looks for something to do.
const TICK: Duration = Duration::from_secs(15);

/// For work that has been told to stop: it has nothing to wait for.
const LAST_GRACE: Duration = Duration::from_secs(5);

impl App {
    /// Builds every room and binds every listener. Asks no provider and no application. Connections of visitors are served
    /// where `tasks` have threads for them.
    ///
    /// # Errors
    /// What does not open, bind or load.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most an opened store, which closes with it.
    pub async fn start(config: Config, clock: Arc<dyn Clock>, tasks: Tasks) -> Result<Self, Error> {
        let config = Arc::new(config);
        let rooms = Rooms::build(&config, &clock, tasks).await?;
        let public = bind_public(&config, &rooms.tasks).await?;
        let operator = bind_operator(&config).await?;
        Ok(Self {
            addresses: public.iter().filter_map(tcp_address).collect(),
            management: operator
                .iter()
                .find(|(_, door)| *door == Door::Management)
                .and_then(|(listener, _)| tcp_address(listener)),
            config,
            clock,
            rooms,
            public,
            operator,
        })
    }

    /// The TCP addresses of the public listeners.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The address of the management listener.
    pub const fn management(&self) -> Option<SocketAddr> {
        self.management
    }

    /// Serves until `shutdown` is ready, then stops in order: leave readiness, stop accepting, let requests finish (at
    /// most `server.shutdown_timeout`), stop background work, write down what was only in memory.
    ///
    /// # Errors
    /// None at present: what goes wrong while stopping is logged.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let rooms = self.rooms;
        record(&*rooms.store, &*self.clock, audit::Kind::ServerStarted).await;
        let (stop, stop_operator) = (CancellationToken::new(), CancellationToken::new());
        let limits = &self.config.server.limits;
        let public: Vec<_> = self
            .public
            .into_iter()
            .map(|listener| rooms.serve_public(listener, limits, &stop))
            .collect();
        for (listener, door) in self.operator {
            drop(rooms.serve_operator(listener, door, limits, &stop_operator));
        }
        for upstream in rooms.upstreams.values() {
            upstream.look_after(rooms.tasks.stopping());
        }
        let background = Background {
            clock: Arc::clone(&self.clock),
            store: Arc::clone(&rooms.store),
            sessions: Arc::clone(&rooms.sessions),
            pipeline: rooms.pipeline.clone(),
            traces: Arc::clone(&rooms.traces),
            drafts: rooms.drafts.clone(),
            minter: Arc::clone(&rooms.minter),
        };
        rooms
            .tasks
            .spawn(background.work(rooms.tasks.stopping().clone()));
        let asking = rooms.revalidation.clone();
        rooms
            .tasks
            .spawn(asking.work(rooms.tasks.stopping().clone()));
        tell_serving(&self.config);

        shutdown.await;
        info!("stopping");
        rooms.admin.drain();
        stop.cancel();
        let grace = self.config.server.shutdown_timeout;
        if timeout(grace, join_all(public)).await.is_err() {
            warn!("some requests did not end in time and are cut");
        }
        // Until here a probe was told that this process is not ready; a closed port would look like one that crashed.
        stop_operator.cancel();
        // Ends tunnels and background work, and what is left of the connections.
        if !rooms
            .tasks
            .finish(LAST_GRACE.max(rooms.revalidation.longest_question()))
            .await
        {
            warn!("some work did not end when told to");
        }
        if let Err(error) = rooms.sessions.write_behind().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the last use of sessions was not written down"
            );
        }
        write_traces(&rooms.traces).await;
        record(&*rooms.store, &*self.clock, audit::Kind::ServerStopped).await;
        info!("stopped");
        Ok(())
    }
}

/// Says in the log what has to be registered at each provider, as `check` does: whoever meets a provider that knows another
/// address has it there.
fn tell_serving(config: &Config) {
    info!(public_url = %config.server.public_url, "serving");
    for provider in config.providers.values() {
        let registration = Registration::of(config, provider);
        info!(
            provider = registration.provider,
            redirect_uri = registration.redirect_uri,
            post_logout_redirect_uri = registration.post_logout_redirect_uri,
            initiate_login_uri = registration.initiate_login_uri,
            backchannel_logout_uri = registration.backchannel_logout_uri,
            frontchannel_logout_uri = registration.frontchannel_logout_uri,
            scopes = registration.scopes.join(" "),
            "what is registered at a provider"
        );
    }
}

impl Rooms {
    fn serve_public(
        &self,
        listener: Listener,
        limits: &config::Limits,
        stop: &CancellationToken,
    ) -> JoinHandle<()> {
        let gateway = self.gateway.clone();
        let handler = move |request: Request<Incoming>, peer: Peer| {
            let gateway = gateway.clone();
            // In one place from the beginning: it is handed on several times before it runs.
            Box::pin(async move { gateway.answer(request, peer.address).await })
        };
        let (limits, tasks) = (limits.clone(), self.tasks.clone());
        self.tasks.spawn(server::serve(
            listener,
            handler,
            limits,
            tasks,
            stop.clone(),
        ))
    }

    fn serve_operator(
        &self,
        listener: Listener,
        door: Door,
        limits: &config::Limits,
        stop: &CancellationToken,
    ) -> JoinHandle<()> {
        let admin = self.admin.clone();
        let handler = move |request: Request<Incoming>, _: Peer| {
            let admin = admin.clone();
            async move { admin.answer(request, door).await }
        };
        let (limits, tasks) = (limits.clone(), self.tasks.aside());
        self.tasks.spawn(server::serve(
            listener,
            handler,
            limits,
            tasks,
            stop.clone(),
        ))
    }

    async fn build(
        config: &Arc<Config>,
        clock: &Arc<dyn Clock>,
        tasks: Tasks,
    ) -> Result<Self, Error> {
        let metrics = Metrics::new(clock.now().as_seconds());
        let (store, seal) = store::open(&config.store, clock.now(), &metrics).await?;
        let (people, sessions) = people(config, &store, &seal, &metrics).await?;
        let minter = Arc::new(minter(config, &store, seal.clone(), clock, &metrics).await?);
        let traces = traces(config, &store, &seal);
        let making = making(clock, &metrics, &tasks);
        let providers = providers(config, &making)?;
        let drafts = drafts(config, clock, (&store, &seal), making);
        let pipeline = pipeline::Parts {
            store: Arc::clone(&store),
            seal,
            clock: Arc::clone(clock),
            config: Arc::clone(config),
            providers,
            people: people.clone(),
            drafts: drafts.clone(),
            sessions: Arc::clone(&sessions),
            metrics: metrics.clone(),
            tasks: tasks.clone(),
        };
        let revalidation = asking(&pipeline);
        let pipeline = Pipeline::new(pipeline);
        let upstreams = upstreams(config, &metrics, &tasks)?;
        let parts = gateway::Parts {
            config: Arc::clone(config),
            clock: Arc::clone(clock),
            upstreams: upstreams.clone(),
            sessions: Arc::clone(&sessions),
            pipeline: pipeline.clone(),
            people,
            revalidation: revalidation.clone(),
            store: Arc::clone(&store),
            traces: Arc::clone(&traces),
            drafts: drafts.clone(),
            minter: Arc::clone(&minter),
            metrics,
            tasks: tasks.clone(),
        };
        let admin = admin(&parts);
        let gateway = Gateway::new(parts)?;
        Ok(Self {
            store,
            sessions,
            pipeline,
            revalidation,
            minter,
            gateway,
            admin,
            traces,
            drafts,
            upstreams,
            tasks,
        })
    }
}

/// Work that no request waits for.
struct Background {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    sessions: Arc<Sessions>,
    pipeline: Pipeline,
    traces: Arc<Traces>,
    drafts: Drafts,
    minter: Arc<Minter>,
}

impl Background {
    async fn work(self, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            self.turn().await;
        }
    }

    async fn turn(&self) {
        self.pipeline.tidy();
        self.drafts.tidy();
        if let Err(error) = self.minter.rotate().await {
            error!(
                error = &error as &dyn std::error::Error,
                "the signing keys could not be looked after"
            );
        }
        if let Err(error) = self.sessions.write_behind().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the last use of sessions was not written down"
            );
        }
        write_traces(&self.traces).await;
        let now = self.clock.now();
        match store::sweep(&*self.store, now, Table::Sessions).await {
            Ok(swept) => self.tell(swept, now).await,
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "expired records were not removed"
            ),
        }
    }

    /// What was still there of sessions had ended without anybody ending it.
    async fn tell(&self, swept: Swept, now: Timestamp) {
        if let Err(error) = self.sessions.lapsed(swept.removed, now).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the end of sessions could not be recorded"
            );
        }
    }
}

fn traces(config: &Config, store: &Arc<dyn Store>, seal: &Seal) -> Arc<Traces> {
    let store = Arc::clone(store);
    Arc::new(Traces::new(store, seal.clone(), config.logs.traces))
}

async fn write_traces(traces: &Traces) {
    if let Err(error) = traces.write_behind().await {
        warn!(
            error = &error as &dyn std::error::Error,
            "traces of sign-ins were not written down"
        );
    }
}

async fn record(store: &dyn Store, clock: &dyn Clock, kind: audit::Kind) {
    let mut batch = Batch::new();
    batch.audit(audit::Event::new(clock.now(), kind, audit::Actor::System));
    if let Err(error) = store.commit(batch).await {
        error!(
            error = &error as &dyn std::error::Error,
            "the audit trail could not be written"
        );
    }
}

type Upstreams = BTreeMap<config::Slug, Arc<proxy::Upstream>>;

type Providers = BTreeMap<config::Slug, Arc<dyn provider::Provider>>;

/// What providers are made with.
fn making(clock: &Arc<dyn Clock>, metrics: &Metrics, tasks: &Tasks) -> provider::Shared {
    provider::Shared {
        metrics: metrics.clone(),
        clock: Arc::clone(clock),
        tasks: tasks.clone(),
        roots: provider::http::Roots::default(),
        written: provider::Written::ByOperator,
    }
}

fn drafts(
    config: &Arc<Config>,
    clock: &Arc<dyn Clock>,
    (store, seal): (&Arc<dyn Store>, &Seal),
    providers: provider::Shared,
) -> Drafts {
    Drafts::new(drafts::Parts {
        store: Arc::clone(store),
        seal: seal.clone(),
        clock: Arc::clone(clock),
        config: Arc::clone(config),
        providers,
    })
}

fn providers(config: &Config, making: &provider::Shared) -> Result<Providers, Error> {
    let build = |provider: &config::Provider| {
        let built = provider::build(provider, making)?;
        Ok((provider.id.clone(), built))
    };
    config.providers.values().map(build).collect()
}

fn upstreams(config: &Config, metrics: &Metrics, tasks: &Tasks) -> Result<Upstreams, Error> {
    let idle = config.server.limits.idle_timeout;
    let cut = config.revalidation.stream_cut;
    config
        .upstreams
        .values()
        .map(|upstream| {
            let built = proxy::Upstream::new(upstream, idle, cut, metrics, tasks.clone())?;
            Ok((upstream.name.clone(), Arc::new(built)))
        })
        .collect()
}

/// What asks again is made of the same parts as what asks first.
fn asking(parts: &pipeline::Parts) -> Revalidation {
    Revalidation::new(revalidation::Parts {
        config: Arc::clone(&parts.config),
        clock: Arc::clone(&parts.clock),
        people: parts.people.clone(),
        sessions: Arc::clone(&parts.sessions),
        providers: parts.providers.clone(),
        metrics: parts.metrics.clone(),
        tasks: parts.tasks.clone(),
    })
}

/// What operators ask is made of the same parts as what visitors meet.
fn admin(parts: &gateway::Parts) -> Admin {
    Admin::new(admin::Parts {
        config: Arc::clone(&parts.config),
        clock: Arc::clone(&parts.clock),
        store: Arc::clone(&parts.store),
        traces: Arc::clone(&parts.traces),
        drafts: parts.drafts.clone(),
        pipeline: parts.pipeline.clone(),
        people: parts.people.clone(),
        revalidation: parts.revalidation.clone(),
        sessions: Arc::clone(&parts.sessions),
        metrics: parts.metrics.clone(),
        tasks: parts.tasks.clone(),
    })
}

/// The records of people and their sessions, with what owners and operators have said of both.
async fn people(
    config: &Config,
    store: &Arc<dyn Store>,
    seal: &Seal,
    metrics: &Metrics,
) -> Result<(People, Arc<Sessions>), Error> {
    let people = People::new(Arc::clone(store), seal.clone());
    people.recall_activations().await?;
    let (store, settings) = (Arc::clone(store), Settings::of(config));
    let sessions = Sessions::new(
        store,
        seal.clone(),
        people.clone(),
        settings,
        metrics.clone(),
    );
    sessions.recall_suspensions().await?;
    Ok((people, Arc::new(sessions)))
}

async fn minter(
    config: &Config,
    store: &Arc<dyn Store>,
    seal: Seal,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<Minter, Error> {
    let issuer = config.server.public_url.to_string();
    let minter = Minter::open(
        Arc::clone(store),
        seal,
        &config.assertion,
        issuer,
        Arc::clone(clock),
        metrics.clone(),
    );
    Ok(minter.await?)
}

async fn bind_public(config: &Config, tasks: &Tasks) -> Result<Vec<Listener>, Error> {
    let tls = match &config.server.tls {
        Some(tls) => Some(TlsFiles::open(tls, tasks)?),
        None => None,
    };
    let mut listeners = Vec::new();
    for listen in &config.server.listen {
        let bound = Listener::bind_with_mode(listen, tls.clone(), PUBLIC_SOCKET_MODE).await?;
        let server = &config.server;
        let bound = bound.trusting(&server.trusted_proxies);
        listeners.push(bound.announced(server.proxy_protocol));
    }
    Ok(listeners)
}

async fn bind_operator(config: &Config) -> Result<Vec<(Listener, Door)>, Error> {
    let mut listeners = Vec::new();
    if let Some(address) = config.management.listen {
        let listener = Listener::bind(&Listen::Tcp(address), None).await?;
        listeners.push((listener, Door::Management));
    }
    if let Some(path) = &config.admin.socket {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|source| Error::Folder {
                    path: folder.to_owned(),
                    source,
                })?;
        }
        let listener = Listener::bind(&Listen::Unix(path.clone()), None).await?;
        listeners.push((listener, Door::Socket));
    }
    Ok(listeners)
}

fn tcp_address(listener: &Listener) -> Option<SocketAddr> {
    match listener.address() {
        Bound::Tcp(address) => Some(address),
        Bound::Unix(_) => None,
    }
}

/// Why Doorward does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store does not open.
    #[error("the store does not open")]
    Store(#[from] store::Error),
    /// The system gives no threads for connections.
    #[error("no threads for connections")]
    Workers(#[source] std::io::Error),
    /// A listener does not bind, or the certificate does not load.
    #[error("a listener cannot be opened")]
    Server(#[from] server::Error),
    /// A provider cannot be set up.
    #[error("a provider cannot be set up")]
    Provider(#[from] provider::Error),
    /// An upstream cannot be set up.
    #[error("an upstream cannot be set up")]
    Proxy(#[from] proxy::Error),
    /// The signing keys do not load.
    #[error("the signing keys do not load")]
    Assertion(#[from] assertion::Error),
    /// What operators have suspended cannot be read.
    #[error("the suspended organizations cannot be read")]
    Session(#[from] session::Error),
    /// What owners have said of their connections cannot be read.
    #[error("what owners have set up cannot be read")]
    Identity(#[from] identity::Error),
    /// The gateway cannot be set up.
    #[error("the gateway cannot be set up")]
    Gateway(#[from] gateway::Error),
    /// The folder of the admin socket cannot be made.
    #[error("{path} cannot be made")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
