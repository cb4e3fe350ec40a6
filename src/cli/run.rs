//! `doorward run`: serve in the foreground until a signal says stop.

use std::future::pending;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::future::{BoxFuture, select_all};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::admin::Reloads;
use crate::app::{self, App};
use crate::clock::{Clock as _, System};
use crate::config::{self, Loaded, LogFormat};
use crate::store;
use crate::tasks::Tasks;
use crate::telemetry::logs;
use crate::workers::Workers;

use super::Exit;

/// Loads the configuration, sets up logging, and serves.
pub async fn run(source: &super::Source) -> Exit {
    let files = config::Files::file(&source.config);
    let loaded = match config::load(&files) {
        Ok(loaded) => loaded,
        Err(faults) => {
            super::check::complain(&faults);
            return Exit::Configuration;
        }
    };
    let logs = &loaded.config.logs;
    if let Err(error) = logs::install(shape(logs.format), &logs.level) {
        super::complain(&format!("error: {error}"));
        return Exit::Configuration;
    }
    app::tell_warnings(&loaded.config, &loaded.warnings, System.now());
    match serve(loaded, files).await {
        Ok(()) => Exit::Fine,
        Err(error) => {
            super::complain(&format!("error: {}", chain(&error)));
            exit(&error)
        }
    }
}

const fn shape(format: LogFormat) -> logs::Shape {
    match format {
        LogFormat::Auto => logs::Shape::Auto,
        LogFormat::Json => logs::Shape::Json,
        LogFormat::Text => logs::Shape::Text,
    }
}

pub use crate::app::chain;

/// Serves a configuration until SIGTERM or SIGINT. A second signal ends the process at once. SIGHUP has `files` read again.
///
/// # Errors
/// What keeps the process from starting.
///
/// # Cancel safety
/// Dropping the future ends everything without order.
pub async fn serve(loaded: Loaded, files: config::Files) -> Result<(), app::Error> {
    // From the beginning: without anybody who listens it would end the process.
    let hangups = signal(SignalKind::hangup()).ok();
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let workers = Workers::start(cores).map_err(app::Error::Workers)?;
    let Loaded { config, values, .. } = loaded;
    let app = App::start(config, Arc::new(System), Tasks::with(workers)).await?;
    let app = app.reading(files, values);
    let reloads = app.reloads();
    let work = async |stopped| {
        tokio::select! {
            done = app.run(stopped) => done,
            () = reload_at(hangups, &reloads) => Ok(()),
        }
    };
    until_stopped(Hangup::Passes, work).await.unwrap_or(Ok(()))
}

/// Has the file read again at each SIGHUP; the log says what came of it. Never ready.
async fn reload_at(hangups: Option<Signal>, reloads: &Reloads) {
    if let Some(mut hangups) = hangups {
        while hangups.recv().await.is_some() {
            // When the process stops, the log says that too.
            drop(reloads.ask(false).await);
        }
    }
    pending().await
}

/// What SIGHUP means: a terminal that closes sends it, and so does whoever expects a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hangup {
    /// The same as SIGTERM.
    Stops,
    /// Nothing of this: somebody else listens to it.
    Passes,
}

/// Runs `work` with the first SIGTERM or SIGINT (or SIGHUP, where it stops) as its signal to stop. `None`: a second one
/// came, and the work was dropped where it stood.
///
/// # Cancel safety
/// Dropping the future drops the work.
pub async fn until_stopped<W>(
    hangup: Hangup,
    work: impl FnOnce(BoxFuture<'static, ()>) -> W,
) -> Option<W::Output>
where
    W: Future,
{
    let mut first = Signals::listen(hangup);
    let mut both = Signals::listen(hangup);
    let first = async move { first.next().await };
    let second = async {
        both.next().await;
        both.next().await;
    };
    tokio::select! {
        done = work(Box::pin(first)) => Some(done),
        () = second => None,
    }
}

/// The signals that stop. Without them (the system refused) there is no orderly stop, and serving on is the better half.
struct Signals(Vec<Signal>);

impl Signals {
    fn listen(hangup: Hangup) -> Self {
        let kinds = [SignalKind::terminate(), SignalKind::interrupt()].into_iter();
        let hangup = (hangup == Hangup::Stops).then(SignalKind::hangup);
        let all: io::Result<_> = kinds.chain(hangup).map(signal).collect();
        Self(all.unwrap_or_default())
    }

    async fn next(&mut self) {
        if self.0.is_empty() {
            return pending().await;
        }
        select_all(self.0.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
    }
}

/// What the shell is told when the process does not start.
pub const fn exit(error: &app::Error) -> Exit {
    match error {
        app::Error::Store(
            store::Error::Locked
            | store::Error::Damaged(_)
            | store::Error::Newer { .. }
            | store::Error::KeyFile(_)
            | store::Error::WrongKey,
        ) => Exit::Store,
        app::Error::Store(
            store::Error::Conflict
            | store::Error::Busy
            | store::Error::TooLarge(_)
            | store::Error::Io(_),
        )
        | app::Error::Workers(_)
        | app::Error::Server(_)
        | app::Error::Provider(_)
        | app::Error::Proxy(_)
        | app::Error::Assertion(_)
        | app::Error::Session(_)
        | app::Error::Identity(_)
        | app::Error::Gateway(_)
        | app::Error::Folder { .. } => Exit::Failed,
    }
}
