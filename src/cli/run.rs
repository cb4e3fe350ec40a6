//! `doorward run`: serve in the foreground until a signal says stop.

use std::future::pending;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::future::{BoxFuture, select_all};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::warn;

use crate::app::{self, App};
use crate::clock::{Clock as _, System};
use crate::config::{self, Config, LogFormat};
use crate::store;
use crate::tasks::Tasks;
use crate::telemetry::logs;
use crate::workers::Workers;

use super::Exit;

/// Loads the configuration, sets up logging, and serves.
pub async fn run(source: &super::Source) -> Exit {
    let loaded = match config::load_file(&source.config) {
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
    let expiring = loaded.config.expiring_secrets(System.now());
    for warning in loaded.warnings.iter().chain(&expiring) {
        warn!(
            path = warning.path,
            code = warning.code,
            "{}",
            warning.message
        );
    }
    match serve(loaded.config).await {
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

/// Serves a configuration until SIGTERM or SIGINT. A second signal ends the process at once.
///
/// # Errors
/// What keeps the process from starting.
///
/// # Cancel safety
/// Dropping the future ends everything without order.
pub async fn serve(config: Config) -> Result<(), app::Error> {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let workers = Workers::start(cores).map_err(app::Error::Workers)?;
    let app = App::start(config, Arc::new(System), Tasks::with(workers)).await?;
    until_stopped(Hangup::Passes, |stopped| app.run(stopped))
        .await
        .unwrap_or(Ok(()))
}

/// What SIGHUP means: a terminal that closes sends it, and so does whoever expects a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hangup {
    /// The same as SIGTERM.
    Stops,
    /// Nothing: the log says so. Without a handler it would end the process in the middle of its requests.
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
        () = remark_hangups(hangup) => None,
    }
}

/// Says of each SIGHUP that passes that it did nothing. Never ready.
async fn remark_hangups(hangup: Hangup) {
    if hangup == Hangup::Passes
        && let Ok(mut hangups) = signal(SignalKind::hangup())
    {
        while hangups.recv().await.is_some() {
            warn!("SIGHUP is ignored: a change of the configuration needs a restart");
        }
    }
    pending().await
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
