//! The house put together: rooms are built, listeners bound, requests served, everything stopped in order.

mod background;
mod foundation;
mod listeners;
mod manager;
mod reload;
mod snapshot;
mod withdrawn;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::background::{Background, record, write_traces};
use self::foundation::Foundation;
use self::reload::Reloader;
use self::snapshot::Snapshot;
use crate::admin::{Door, Reloads, Wishes};
use crate::assertion;
use crate::audit;
use crate::clock::{Clock, Timestamp};
use crate::config::{self, Config, Fault, Registration};
use crate::gateway;
use crate::identity;
use crate::provider;
use crate::proxy;
use crate::server::{self, Bound, Caller, LimitsInForce, Listener};
use crate::session;
use crate::store;
use crate::tasks::Tasks;
use crate::wire::Received;

/// A Doorward that is bound and ready to serve.
#[derive(Debug)]
pub struct App {
    foundation: Arc<Foundation>,
    current: Current,
    limits: LimitsInForce,
    /// What the file is read from again, and what it said.
    files: Option<(config::Files, config::Values)>,
    wishes: Wishes,
    public: Vec<Listener>,
    operator: Vec<(Listener, Door)>,
    addresses: Vec<SocketAddr>,
    management: Option<SocketAddr>,
}

/// What is in force: what every new request meets.
type Current = Arc<ArcSwap<Snapshot>>;

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
        let (reloads, wishes) = Reloads::new();
        let foundation = Arc::new(Foundation::lay(&config, clock, tasks, reloads).await?);
        let config = Arc::new(config);
        let snapshot = Box::pin(Snapshot::build(&config, &foundation, None)).await?;
        let public = listeners::public(&config, &foundation.metrics, &foundation.tasks).await?;
        let operator = listeners::operator(&config).await?;
        Ok(Self {
            addresses: public.iter().filter_map(tcp_address).collect(),
            management: operator
                .iter()
                .find(|(_, door)| *door == Door::Management)
                .and_then(|(listener, _)| tcp_address(listener)),
            limits: Arc::new(ArcSwap::from_pointee(config.server.limits.clone())),
            current: Arc::new(ArcSwap::from_pointee(snapshot)),
            foundation,
            files: None,
            wishes,
            public,
            operator,
        })
    }

    /// The same, which reads these files again when somebody asks for it. `values` is what they said.
    #[must_use]
    pub fn reading(mut self, files: config::Files, values: config::Values) -> Self {
        self.files = Some((files, values));
        self
    }

    /// Where that is asked for.
    pub fn reloads(&self) -> Reloads {
        self.foundation.process.reloads().clone()
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
        let (foundation, current) = (&self.foundation, &self.current);
        let tasks = &foundation.tasks;
        record(foundation, audit::Kind::ServerStarted).await;
        let (stop, stop_operator) = (CancellationToken::new(), CancellationToken::new());
        let public: Vec<_> = (self.public.into_iter())
            .map(|listener| {
                let handler = visitors(current);
                let limits = Arc::clone(&self.limits);
                spawn(tasks, listener, handler, limits, tasks.clone(), &stop)
            })
            .collect();
        for (listener, door) in self.operator {
            let handler = operators(current, door);
            let limits = Arc::clone(&self.limits);
            let aside = tasks.aside();
            drop(spawn(
                tasks,
                listener,
                handler,
                limits,
                aside,
                &stop_operator,
            ));
        }
        current.load().begin(foundation, None);
        let background = Background::new(foundation, current);
        drop(tasks.spawn(background.work(tasks.stopping().clone())));
        let reloader = Reloader::new(foundation, current, &self.limits, self.files);
        drop(tasks.spawn(reloader.work(self.wishes, tasks.stopping().clone())));
        drop(tasks.spawn(manager::watch(tasks.stopping().clone())));
        tell_serving(&current.load().config);
        manager::ready(&current.load().config);

        shutdown.await;
        info!("stopping");
        manager::stopping();
        foundation.process.drain();
        stop.cancel();
        let grace = current.load().config.server.shutdown_timeout;
        if timeout(grace, join_all(public)).await.is_err() {
            warn!("some requests did not end in time and are cut");
        }
        // Until here a probe was told that this process is not ready; a closed port would look like one that crashed.
        stop_operator.cancel();
        // Ends tunnels and background work, and what is left of the connections.
        let longest = current.load().revalidation.longest_question();
        if !tasks.finish(LAST_GRACE.max(longest)).await {
            warn!("some work did not end when told to");
        }
        if let Err(error) = foundation.sessions.write_behind().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "the last use of sessions was not written down"
            );
        }
        write_traces(&foundation.traces).await;
        record(foundation, audit::Kind::ServerStopped).await;
        info!("stopped");
        Ok(())
    }
}

/// Says in the log what is odd about a configuration.
pub fn tell_warnings(config: &Config, warnings: &[Fault], now: Timestamp) {
    let expiring = config.expiring_secrets(now);
    for warning in warnings.iter().chain(&expiring) {
        warn!(
            path = warning.path,
            code = warning.code,
            "{}",
            warning.message
        );
    }
}

/// What answers visitors: each request meets the snapshot that is in force when it comes, to its end.
fn visitors(current: &Current) -> impl server::Handler<gateway::Sent> {
    let current = Arc::clone(current);
    move |request: Request<Received>, caller: Caller| {
        let gateway = current.load().gateway.clone();
        // In one place from the beginning: it is handed on several times before it runs.
        Box::pin(async move {
            gateway
                .answer(request, caller.peer.address, caller.interim)
                .await
        })
    }
}

/// What answers operators, likewise.
fn operators(current: &Current, door: Door) -> impl server::Handler<http_body_util::Full<Bytes>> {
    let current = Arc::clone(current);
    move |request: Request<Received>, _: Caller| {
        let admin = current.load().admin.clone();
        async move { admin.answer(request, door).await }
    }
}

fn spawn<H, B>(
    tasks: &Tasks,
    listener: Listener,
    handler: H,
    limits: LimitsInForce,
    connections: Tasks,
    stop: &CancellationToken,
) -> JoinHandle<()>
where
    H: server::Handler<B>,
    B: server::AnswerBody,
{
    let serving = server::serve(listener, handler, limits, connections, stop.clone());
    tasks.spawn(serving)
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

/// An error and what is behind it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
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
