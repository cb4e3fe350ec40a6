//! What happens in the background and what operators see: `[revalidation]`, `[login]`, `[pages]`, `[admin]`, `[management]`, `[store]`, `[logs]`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::Origin;
use crate::config::PopupSize;

/// `[revalidation]`: asking providers again whether a linked identity is still good.
#[derive(Clone, Copy, Debug)]
pub struct Revalidation {
    /// Every linked identity is asked at least this often.
    pub interval: Duration,
    /// Share of the interval over which questions are spread, always earlier; from 0 to 0.5.
    pub jitter: f64,
    /// What no answer means.
    pub on_error: OnError,
    /// How long after the interval an identity may stay unconfirmed.
    pub grace: Duration,
    /// Questions to one provider at the same time.
    pub concurrency: usize,
    /// Questions to one provider in a second.
    pub per_second: u32,
    /// For one question.
    pub timeout: Duration,
    /// From the verdict to the last byte of an open stream.
    pub stream_cut: Duration,
}

/// What it means that a provider does not answer. A definite no always ends access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Access goes on until the interval and the grace are over.
    Grace,
    /// Access is refused from the first unanswered question on.
    Block,
}

/// `[pages]`: what all pages have in common.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The language for visitors whose own ones the pages do not speak.
    pub language: String,
    /// The operator's own words, which go before ours.
    pub words: Vec<WordsFile>,
}

/// A file of words in Fluent's syntax.
#[derive(Clone, Debug)]
pub struct WordsFile {
    /// The language's tag (RFC 5646).
    pub language: String,
    /// All of it.
    pub text: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            language: crate::config::defaults::LANGUAGE.to_owned(),
            words: Vec::new(),
        }
    }
}

/// `[login]`: the sign-in pages.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// Whether anybody may see the list of organizations.
    pub list_organizations: bool,
    /// How long a browser remembers its organization.
    pub remember_organization: Duration,
}

/// `[admin]`: the operator's socket.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where it is; made with mode 0600.
    pub socket: Option<PathBuf>,
    /// Whether owners have pages of their organization.
    pub pages: bool,
    /// Who is told what came of a Setup in a window of its own; by default the site itself.
    pub popup_origin: Option<Origin>,
    /// How large such a window is opened best.
    pub popup_size: PopupSize,
}

/// `[management]`: probes and metrics.
#[derive(Clone, Debug)]
pub struct Management {
    /// Where; absent: not at all.
    pub listen: Option<SocketAddr>,
}

/// `[store]`.
#[derive(Clone, Debug)]
pub struct Store {
    /// Which engine.
    pub kind: StoreKind,
    /// Folder of the embedded store.
    pub path: PathBuf,
    /// File with the key that seals its contents; made on the first start.
    pub key: PathBuf,
}

/// Engines behind the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// On disk, survives everything.
    Sled,
    /// In memory: all is gone when the process ends.
    Memory,
}

/// `[logs]`.
#[derive(Clone, Debug)]
pub struct Logs {
    /// Shape of a line.
    pub format: LogFormat,
    /// Threshold: a level, or a filter as `tracing_subscriber::EnvFilter` reads it.
    pub level: String,
    /// Whether every answer has a line.
    pub access: bool,
    /// How long the traces of sign-ins are kept; zero: in memory alone.
    pub traces: Duration,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}
