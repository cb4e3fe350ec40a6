//! Where log lines go: standard error, one record per event (threat model 52).

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::util::TryInitError;

/// Shape of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text on a terminal, else JSON.
    Auto,
    /// One JSON object a line; control characters in values are escaped by the encoding.
    Json,
    /// For people.
    Text,
}

/// Why there are no log lines.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The level is no level and no filter.
    #[error("`{0}` is no log level: error, warn, info, debug or trace")]
    Level(String),
    /// Logging was set up before.
    #[error("logging is set up already")]
    Twice(#[from] TryInitError),
}

/// Whether a text is a filter as [`install`] takes it.
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Sets up logging for the whole process.
///
/// # Errors
/// A bad level, or a second call.
pub fn install(shape: Shape, level: &str) -> Result<(), Error> {
    let filter = EnvFilter::try_new(level).map_err(|_| Error::Level(level.to_owned()))?;
    let terminal = std::io::stderr().is_terminal();
    let json = match shape {
        Shape::Auto => !terminal,
        Shape::Json => true,
        Shape::Text => false,
    };
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .finish()
            .try_init()?;
    } else {
        builder
            .with_ansi(terminal)
            .with_target(false)
            .finish()
            .try_init()?;
    }
    Ok(())
}
