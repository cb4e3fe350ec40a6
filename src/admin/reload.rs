//! Reloading the configuration, as operators ask for it and are told of it. What it is made of is `app`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::request::Parts;
use http_body::Body;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::Admin;
use super::commands::{Answer, Error, change, json, read};
use crate::clock::Timestamp;

/// Where reloads are asked for. Clones are the same.
#[derive(Clone, Debug)]
pub struct Reloads(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wishes: mpsc::Sender<Wish>,
    last: ArcSwapOption<Last>,
}

/// The other end: they are done one after another.
pub type Wishes = mpsc::Receiver<Wish>;

/// Somebody wants the file to be read again.
#[derive(Debug)]
pub struct Wish {
    /// Only to say what would happen.
    pub dry_run: bool,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Reloaded>,
}

/// How many may wait: whoever asks in a circle waits for room.
const MOST_WAITING: usize = 8;

/// What came of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// In a word.
    pub outcome: Outcome,
    /// Whether it was only to say what would happen.
    pub dry_run: bool,
    /// In what the file differs from what is in force, or was until now: a line for each key.
    pub changes: Vec<String>,
    /// Keys that need a restart, with what is in force and what the file says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart: Vec<String>,
    /// What is wrong or odd with the file, as `check --output json` has it.
    #[serde(default)]
    pub faults: serde_json::Value,
    /// Why it was refused, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many grants ended, by organization.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ended: BTreeMap<String, u64>,
}

/// What came of a reload, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The file is in force, or would be.
    Applied,
    /// It says what is in force.
    Unchanged,
    /// It is broken.
    Invalid,
    /// It changes what only a restart can.
    NeedsRestart,
    /// It is good, but nothing could be made of it.
    Failed,
}

impl Outcome {
    /// For metrics and people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Invalid => "invalid",
            Self::NeedsRestart => "needs_restart",
            Self::Failed => "failed",
        }
    }

    /// Whether what the file says is in force afterwards.
    pub const fn is_success(self) -> bool {
        match self {
            Self::Applied | Self::Unchanged => true,
            Self::Invalid | Self::NeedsRestart | Self::Failed => false,
        }
    }
}

/// The reload before.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
}

/// The process stops, so nothing is read again.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the process is stopping")]
pub struct Stopping;

impl Reloads {
    /// Both ends.
    pub fn new() -> (Self, Wishes) {
        let (wishes, received) = mpsc::channel(MOST_WAITING);
        let shared = Shared {
            wishes,
            last: ArcSwapOption::empty(),
        };
        (Self(Arc::new(shared)), received)
    }

    /// Has the file read again, after whoever asked before.
    ///
    /// # Errors
    /// [`Stopping`].
    ///
    /// # Cancel safety
    /// Dropping the future loses only the answer, once it was asked for.
    pub async fn ask(&self, dry_run: bool) -> Result<Reloaded, Stopping> {
        let (answer, told) = oneshot::channel();
        let wish = Wish { dry_run, answer };
        self.0.wishes.send(wish).await.map_err(|_| Stopping)?;
        told.await.map_err(|_| Stopping)
    }

    /// Remembers how it went.
    pub fn remember(&self, last: Last) {
        self.0.last.store(Some(Arc::new(last)));
    }

    /// How it went the last time, if there was one.
    pub fn last(&self) -> Option<Last> {
        self.0.last.load().as_deref().copied()
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// Only to say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

impl Admin {
    /// Has the file read again. It is done also if whoever asked hangs up.
    pub(super) async fn reload<B>(&self, head: &Parts, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let wanted: Wanted = read(body).await?;
        let told = self.0.process.reloads().ask(wanted.dry_run).await;
        Ok(json(&told.map_err(|Stopping| Error::Stopping)?))
    }
}
