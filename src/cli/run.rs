//! `doorward run`: serve in the foreground until a signal says stop.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::warn;

use crate::app::{self, App};
use crate::clock::System;
use crate::config::{self, Config, LogFormat};
use crate::store;
use crate::telemetry::logs;

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
    for warning in &loaded.warnings {
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
    let app = App::start(config, Arc::new(System)).await?;
    until_stopped(|stopped| app.run(stopped))
        .await
        .unwrap_or(Ok(()))
}

/// Runs `work` with the first SIGTERM or SIGINT as its signal to stop. `None`: a second one came, and the work was
/// dropped where it stood.
///
/// # Cancel safety
/// Dropping the future drops the work.
pub async fn until_stopped<W>(work: impl FnOnce(BoxFuture<'static, ()>) -> W) -> Option<W::Output>
where
    W: Future,
{
    let second = async {
        let mut signals = Signals::listen();
        signals.next().await;
        signals.next().await;
    };
    let mut first = Signals::listen();
    let first = async move { first.next().await };
    tokio::select! {
        done = work(Box::pin(first)) => Some(done),
        () = second => None,
    }
}

/// SIGTERM and SIGINT. Without them (the system refused) there is no orderly stop, and serving on is the better half.
struct Signals(Option<(Signal, Signal)>);

impl Signals {
    fn listen() -> Self {
        let both = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        );
        Self(match both {
            (Ok(terminate), Ok(interrupt)) => Some((terminate, interrupt)),
            (Ok(_) | Err(_), _) => None,
        })
    }

    async fn next(&mut self) {
        match &mut self.0 {
            None => std::future::pending().await,
            Some((terminate, interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
        }
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
        | app::Error::Server(_)
        | app::Error::Provider(_)
        | app::Error::Proxy(_)
        | app::Error::Assertion(_)
        | app::Error::Gateway(_)
        | app::Error::Folder { .. } => Exit::Failed,
    }
}
