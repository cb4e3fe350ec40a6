//! The live commands: what the command line asks on the admin socket.
//!
//! Questions are GET, changes are POST with a JSON body; what a page in a browser could send is refused, though none
//! reaches the socket. Long answers come in pieces.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Full, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use super::organizations::Turn;
use super::query::{self, Misunderstood, Parameters, Search};
use super::views;
use super::{Admin, answer};
use crate::audit;
use crate::config::Slug;
use crate::identity::{self, Deed};
use crate::store::{self, trail};
use crate::{drafts, pipeline, revalidation, session};

/// A body is a few names.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The other end is on this machine.
const BODY_PATIENCE: Duration = Duration::from_secs(5);

/// Entries of the audit trail in one answer.
const MOST_ENTRIES: usize = 500;

/// Entries that are looked at for one answer.
const MOST_SEARCHED: u64 = 5_000;

/// Entries that are checked for one answer.
const MOST_CHECKED: usize = 5_000;

/// Why a command is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// What was asked for is not understood, or names what is not there.
    #[error("{0}")]
    Misunderstood(Misunderstood),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// Not in this way.
    #[error("{1}")]
    Refused(StatusCode, &'static str),
    /// The sessions could not be used.
    #[error("the sessions cannot be read or ended")]
    Session(#[from] session::Error),
    /// The records of people could not be used.
    #[error("the identities cannot be read")]
    Identity(#[from] identity::Error),
    /// An identity could not be asked about or changed.
    #[error("the identity cannot be asked about or changed now")]
    Revalidation(#[from] revalidation::Error),
    /// The store could not be used.
    #[error("the records cannot be read")]
    Store(#[from] store::Error),
    /// A rehearsal could not be prepared or looked at.
    #[error("the rehearsal cannot be prepared or read")]
    Rehearsal(#[from] pipeline::Error),
    /// A draft could not be made, read or changed.
    #[error("{0}")]
    Draft(#[from] drafts::Error),
    /// The process ends.
    #[error("doorward is stopping")]
    Stopping,
}

impl From<Misunderstood> for Error {
    fn from(why: Misunderstood) -> Self {
        Self::Misunderstood(why)
    }
}

impl Error {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Misunderstood(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused(status, _) => *status,
            Self::Draft(drafts::Error::NoSuchOrganization | drafts::Error::Gone) => {
                StatusCode::NOT_FOUND
            }
            Self::Draft(
                drafts::Error::Taken
                | drafts::Error::TooMany
                | drafts::Error::Claimed
                | drafts::Error::Crowded
                | drafts::Error::Finished
                | drafts::Error::Incomplete
                | drafts::Error::TooOften,
            ) => StatusCode::CONFLICT,
            Self::Draft(drafts::Error::Store(_))
            | Self::Session(_)
            | Self::Identity(_)
            | Self::Revalidation(_)
            | Self::Store(_)
            | Self::Rehearsal(_)
            | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

pub(super) type Answer = Result<Response<Full<Bytes>>, Error>;

impl Admin {
    /// Answers a command, if the path is one of a command.
    pub(super) async fn command<B>(&self, head: &Parts, body: B) -> Option<Response<Full<Bytes>>>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let parts: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let done = match parts.as_slice() {
            ["organizations"] => self.organizations(head).await,
            ["organizations", slug] => self.organization(head, slug).await,
            ["organizations", slug, "suspend"] => self.turn(head, body, slug, Turn::Suspend).await,
            ["organizations", slug, "resume"] => self.turn(head, body, slug, Turn::Resume).await,
            ["organizations", slug, "setup-link"] => self.setup_link(head, body, slug).await,
            ["organizations", slug, "drafts", id] => self.draft(head, slug, id).await,
            ["organizations", slug, "drafts", id, "take"] => self.take_draft(head, slug, id).await,
            ["organizations", slug, "drafts", id, "remove"] => {
                self.remove_draft(head, slug, id).await
            }
            ["drafts"] => self.list_drafts(head).await,
            ["reload"] => self.reload(head, body).await,
            ["providers"] => self.providers(head),
            ["providers", id, "test"] => self.test(head, id).await,
            ["providers", id, "rehearse"] => self.rehearse(head, body, id).await,
            ["rehearsals", id] => self.rehearsal(head, id).await,
            ["sessions"] => self.sessions(head).await,
            ["sessions", "revoke"] => self.revoke(head, body).await,
            ["identities"] => self.identities(head).await,
            ["identities", "revalidate"] => self.revalidate(head, body).await,
            ["identities", "block"] => self.deal(head, body, Deed::Block).await,
            ["identities", "unblock"] => self.deal(head, body, Deed::Unblock).await,
            ["memberships", "remove"] => self.deal(head, body, Deed::Remove).await,
            ["memberships", "restore"] => self.deal(head, body, Deed::Restore).await,
            ["identities", "unlink"] => self.deal(head, body, Deed::Unlink).await,
            ["identities", "relink"] => self.relink(head, body).await,
            ["audit"] => self.trail(head).await,
            ["traces"] => self.latest_traces(head),
            ["traces", reference] => self.trace(head, reference).await,
            ["audit", "check"] => self.check(head).await,
            _ => return None,
        };
        Some(done.unwrap_or_else(|error| refuse(&error)))
    }

    fn providers(&self, head: &Parts) -> Answer {
        ask(head)?;
        let config = &self.0.config;
        let all = self.providers_and_states();
        let all = all.iter().filter_map(|(id, state)| {
            let provider = config.providers.get(id)?;
            Some(views::Provider::new(config, provider, state))
        });
        Ok(json(&views::Providers {
            providers: all.collect(),
        }))
    }

    async fn test(&self, head: &Parts, text: &str) -> Answer {
        change(head)?;
        let unknown = || Error::NotFound(format!("there is no provider `{text}`"));
        let id = Slug::parse(text).map_err(|_| unknown())?;
        let begun = Instant::now();
        let examined = self.0.pipeline.examine(&id).await.ok_or_else(unknown)?;
        let duration = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let view = views::Examination::new(&self.0.config, &id, duration, examined);
        Ok(json(&view))
    }

    async fn sessions(&self, head: &Parts) -> Answer {
        ask(head)?;
        let parameters = Parameters::parse(head.uri.query(), &query::SESSIONS)?;
        let now = self.0.clock.now();
        let filter = query::listing(&parameters)?.filter(&self.0.config, now)?;
        let after = parameters.text("after");
        let page = self.0.sessions.list(&filter, after, now).await?;
        Ok(json(&views::Sessions {
            sessions: page.sessions.into_iter().map(Into::into).collect(),
            next: page.next,
        }))
    }

    /// Ends what is meant, in a task of its own: whoever hangs up has still asked for it.
    async fn revoke<B>(&self, head: &Parts, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let wanted: views::Revocation = read(body).await?;
        let now = self.0.clock.now();
        let filter = wanted.filter(&self.0.config, now)?;
        let event = audit::Event {
            reason: query::reason(wanted.reason.as_ref())?,
            ..audit::Event::new(now, audit::Kind::SessionRevoked, audit::Actor::Operator)
        };
        let pipeline = self.0.pipeline.clone();
        let work = async move { pipeline.revoke(&filter, &event, now).await };
        let revoked = self.0.tasks.spawn(work).await;
        let revoked = revoked.map_err(|_| Error::Stopping)??;
        let ended = revoked.ended.iter();
        let view = views::Revoked {
            ended: ended
                .map(|(slug, count)| (slug.to_string(), *count))
                .collect(),
            more: revoked.more,
        };
        info!(
            count = view.ended.values().sum::<u64>(),
            "an operator ended sessions"
        );
        Ok(json(&view))
    }

    /// A piece of the audit trail: backwards from before an entry, or forwards from after one.
    async fn trail(&self, head: &Parts) -> Answer {
        ask(head)?;
        let parameters = Parameters::parse(head.uri.query(), &query::AUDIT)?;
        let search = Search::parse(&parameters)?;
        let limit = parameters
            .number("limit")?
            .and_then(|it| usize::try_from(it).ok());
        let limit = limit.unwrap_or(MOST_ENTRIES).clamp(1, MOST_ENTRIES);
        let store = &*self.0.store;
        let end = trail::end(store).await?.sequence;
        let window = match (parameters.number("before")?, parameters.number("after")?) {
            (Some(_), Some(_)) => {
                return Err("`before` and `after` are two directions".to_owned().into());
            }
            (None, Some(after)) => Window::after(after, end),
            (before, None) => Window::before(before.unwrap_or(u64::MAX), end),
        };
        let mut entries = window.read(store).await?;
        entries.retain(|entry| search.finds(entry));
        let cut = entries.len() > limit;
        entries.truncate(limit);
        let last = entries.last().map(|entry| entry.sequence).filter(|_| cut);
        Ok(json(&views::Trail {
            entries: entries.into_iter().map(Into::into).collect(),
            next: last.or(window.next(end)),
        }))
    }

    async fn check(&self, head: &Parts) -> Answer {
        ask(head)?;
        let parameters = Parameters::parse(head.uri.query(), &["from"])?;
        let from = parameters.number("from")?.unwrap_or(1);
        let checked = trail::check(&*self.0.store, from, MOST_CHECKED).await?;
        Ok(json(&views::Checked::from(checked)))
    }
}

/// The entries that are looked at for one answer.
#[derive(Clone, Copy, Debug)]
struct Window {
    first: u64,
    last: u64,
    backwards: bool,
}

impl Window {
    fn before(before: u64, end: u64) -> Self {
        let last = before.saturating_sub(1).min(end);
        Self {
            first: last.saturating_sub(MOST_SEARCHED - 1).max(1),
            last,
            backwards: true,
        }
    }

    fn after(after: u64, end: u64) -> Self {
        Self {
            first: after.saturating_add(1),
            last: after.saturating_add(MOST_SEARCHED).min(end),
            backwards: false,
        }
    }

    async fn read(self, store: &dyn store::Store) -> Result<Vec<audit::Entry>, store::Error> {
        if self.first > self.last {
            return Ok(Vec::new());
        }
        let limit = usize::try_from(MOST_SEARCHED).unwrap_or(usize::MAX);
        let mut entries = trail::entries(store, self.first, self.last, limit).await?;
        if self.backwards {
            entries.reverse();
        }
        Ok(entries)
    }

    /// What to give as `before` or `after` for the next piece, if there is one.
    const fn next(self, end: u64) -> Option<u64> {
        match self.backwards {
            true if self.first > 1 && self.first <= self.last => Some(self.first),
            false if self.last < end && self.first <= self.last => Some(self.last),
            true | false => None,
        }
    }
}

/// A question.
pub(super) fn ask(head: &Parts) -> Result<(), Error> {
    if head.method == Method::GET {
        no_page(&head.headers)
    } else {
        Err(Error::Refused(StatusCode::METHOD_NOT_ALLOWED, "only GET"))
    }
}

/// A change: what a form on a page could send is none.
pub(super) fn change(head: &Parts) -> Result<(), Error> {
    if head.method != Method::POST {
        return Err(Error::Refused(StatusCode::METHOD_NOT_ALLOWED, "only POST"));
    }
    let kind = head.headers.get(CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != b"application/json") {
        let why = "only with Content-Type: application/json";
        return Err(Error::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    no_page(&head.headers)
}

fn no_page(headers: &HeaderMap) -> Result<(), Error> {
    if headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err(Error::Refused(StatusCode::FORBIDDEN, "not from a browser"));
    }
    Ok(())
}

pub(super) async fn read<B, T>(body: B) -> Result<T, Error>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    T: DeserializeOwned,
{
    let refused = |status, why| Error::Refused(status, why);
    let whole = Limited::new(body, MAX_BODY_BYTES).collect();
    let whole = timeout(BODY_PATIENCE, whole).await;
    let whole =
        whole.map_err(|_| refused(StatusCode::REQUEST_TIMEOUT, "the request is too slow"))?;
    let broken = "the request is too large or broken";
    let whole = whole.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, broken))?;
    serde_json::from_slice(&whole.to_bytes())
        .map_err(|error| Error::Misunderstood(format!("the request is not understood: {error}")))
}

pub(super) fn json<T: Serialize>(view: &T) -> Response<Full<Bytes>> {
    // Strings, numbers and lists always serialise.
    let body = serde_json::to_vec(view).unwrap_or_default();
    answer(StatusCode::OK, "application/json", body)
}

fn refuse(error: &Error) -> Response<Full<Bytes>> {
    let status = error.status();
    if status.is_server_error() {
        let error: &dyn std::error::Error = error;
        warn!(error, "an operator's command failed");
    }
    let view = views::Refusal {
        error: error.to_string(),
    };
    let mut response = json(&view);
    *response.status_mut() = status;
    response
}
