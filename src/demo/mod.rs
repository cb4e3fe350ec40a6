//! The demonstration: a whole working installation on loopback, gone without a trace when it ends.
//!
//! Owns: an OpenID provider with a few people in two organizations, a sample application, and the configuration that
//! puts Doorward between them. Leaves to others: everything that Doorward does; it runs through the same doors as with a
//! real provider. Invariants: nothing listens beyond loopback, since the provider asks for no password; no file stays.

mod address;
mod application;
mod configuration;
mod people;
mod provider;
mod reply;
mod summary;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::Request;
use minijinja::{AutoEscape, Environment};
use tempfile::TempDir;

pub use self::address::{Address, BadAddress};
pub use self::application::{Application, Surroundings};
pub use self::configuration::Misfit;
pub use self::people::{ORGANIZATIONS, Organization, PEOPLE, Person};
pub use self::provider::{Client, NoKey, Provider};
pub use self::reply::Body;
pub use self::summary::Summary;

use crate::app::{self, App};
use crate::clock::Clock;
use crate::config;
use crate::secret;
use crate::server::{self, Bound, Caller, Listener};
use crate::tasks::Tasks;
use crate::wire::Received;

/// A demonstration that is bound and ready to serve.
#[derive(Debug)]
pub struct Demo {
    app: App,
    provider: (Listener, Provider),
    application: (Listener, Application),
    tasks: Tasks,
    summary: Summary,
    /// Goes with everything in it when this value is dropped.
    folder: TempDir,
}

/// How long the two servers of the demonstration may take to stop: they have nothing to finish.
const GRACE: Duration = Duration::from_secs(1);

impl Demo {
    /// Binds everything and starts Doorward between the two servers.
    ///
    /// # Errors
    /// [`Error::Taken`] and what else keeps one of the three from starting.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn start(address: &Address, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let (public, listen) = address
            .settle()
            .map_err(|source| Error::taken(address, source))?;
        let tasks = Tasks::new();
        let folder = TempDir::with_prefix("doorward-demo-").map_err(Error::Folder)?;
        let (provider_at, provider_address) = bind().await?;
        let (application_at, application_address) = bind().await?;
        let clients = ORGANIZATIONS.map(|organization| Client {
            id: organization.slug.to_owned(),
            secret: secret::random_token(),
            organization,
            redirect_uris: vec![configuration::redirect_uri(&public, organization.slug)],
            post_logout_uris: vec![configuration::post_logout_uri(&public)],
        });
        let config = configuration::build(&configuration::Facts {
            public: &public,
            listen,
            application: application_address,
            issuer: &provider::issuer(provider_address),
            clients: &clients,
            folder: folder.path(),
        })?;
        let summary = Summary::new(
            &public,
            provider_address,
            application_address,
            &configuration::socket(folder.path()),
        );
        let provider = Provider::new(
            provider_address,
            &public.to_string(),
            clients.into(),
            Arc::clone(&clock),
        )?;
        let surroundings = Surroundings {
            provider: provider.issuer().to_owned(),
            prefix: config::defaults::PREFIX.to_owned(),
            door: listen,
            public,
        };
        let application = Application::new(surroundings, Arc::clone(&clock), tasks.clone())?;
        Ok(Self {
            app: App::start(config, clock, Tasks::new()).await?,
            provider: (provider_at, provider),
            application: (application_at, application),
            tasks,
            summary,
            folder,
        })
    }

    /// What to tell people and scripts.
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Serves until `shutdown` is ready, then stops everything and removes what was written.
    ///
    /// # Errors
    /// What [`App::run`] returns, or that the folder could not be removed.
    ///
    /// # Cancel safety
    /// Dropping the future ends everything at once; the folder goes all the same.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let Self {
            app,
            provider,
            application,
            tasks,
            folder,
            ..
        } = self;
        let limits = Arc::new(ArcSwap::from_pointee(configuration::limits()));
        let (listener, provider) = provider;
        let handler = move |request: Request<Received>, _: Caller| {
            let provider = provider.clone();
            async move { provider.handle(request).await }
        };
        let stop = tasks.stopping().clone();
        tasks.spawn(server::serve(
            listener,
            handler,
            Arc::clone(&limits),
            tasks.clone(),
            stop.clone(),
        ));
        let (listener, application) = application;
        let handler = move |request: Request<Received>, _: Caller| {
            let application = application.clone();
            async move { application.handle(request).await }
        };
        tasks.spawn(server::serve(
            listener,
            handler,
            limits,
            tasks.clone(),
            stop.clone(),
        ));
        // The streams of the application end first, so that Doorward has nothing to wait for.
        let served = app.run(async {
            shutdown.await;
            stop.cancel();
        });
        served.await?;
        tasks.finish(GRACE).await;
        folder.close().map_err(Error::Folder)
    }
}

async fn bind() -> Result<(Listener, SocketAddr), Error> {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(&config::Listen::Tcp(anywhere), None).await?;
    match listener.address() {
        Bound::Tcp(address) => Ok((listener, address)),
        Bound::Unix(_) => Err(Error::NoAddress),
    }
}

/// Where both servers' pages start from.
fn templates() -> Result<Environment<'static>, Error> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_template("base.html", include_str!("templates/base.html"))?;
    Ok(templates)
}

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something listens there already.
    #[error(
        "something else listens on {address} already; choose another address with --listen localhost:8001"
    )]
    Taken {
        /// Where.
        address: Address,
    },
    /// The address is not to be had for another reason.
    #[error("cannot listen on {address}")]
    Address {
        /// Where.
        address: Address,
        /// Why.
        source: io::Error,
    },
    /// A listener without an address: cannot be, but is no reason to panic.
    #[error("a server of the demonstration has no address")]
    NoAddress,
    /// A server of the demonstration has no socket.
    #[error("a server of the demonstration cannot listen")]
    Server(#[from] server::Error),
    /// The provider has no signing key.
    #[error("the provider of the demonstration has no signing key")]
    Key(#[from] NoKey),
    /// A page of the demonstration is broken: a mistake in this program.
    #[error("a page of the demonstration is broken")]
    Template(#[from] minijinja::Error),
    /// The temporary folder could not be made or removed.
    #[error("the temporary folder of the demonstration could not be made or removed")]
    Folder(#[source] io::Error),
    /// The configuration does not fit: a mistake in this program.
    #[error("the configuration of the demonstration does not fit")]
    Configuration(#[from] Misfit),
    /// Doorward does not start.
    #[error("Doorward does not start")]
    App(#[from] app::Error),
}

impl Error {
    fn taken(address: &Address, source: io::Error) -> Self {
        let address = address.clone();
        if source.kind() == io::ErrorKind::AddrInUse {
            return Self::Taken { address };
        }
        Self::Address { address, source }
    }
}
