//! What happens to one request that Doorward answers itself, step by step, for whoever is given its reference.
//!
//! The rooms on the way note what they do; where nobody listens, nothing is kept. A step never holds a token, code, cookie,
//! state or nonce (threat model 51), and both steps and their texts are bounded (52).

use std::future::Future;
use std::iter::once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Reference;
use crate::clock::Timestamp;

/// One thing that was done or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The browser is sent to where sign-in begins.
    Door {
        /// Of which organization, if that is clear.
        organization: Option<String>,
        /// What made it clear, or did not.
        chosen: String,
    },
    /// A sign-in, or something else that goes through a provider, begins.
    Begin {
        /// `sign_in`, `setup`, `link`, `step_up`.
        flow: String,
        /// Where it is to end: a path, without its query.
        return_path: String,
        /// What says into which organization.
        #[serde(default)]
        chosen: String,
    },
    /// The browser is sent to the provider.
    Authorize {
        /// Host and path.
        endpoint: String,
        /// What is asked for.
        scopes: String,
        /// How: `prompt`, `max_age`, `acr_values`, the challenge method, and whether somebody is hinted at.
        asked: Vec<String>,
    },
    /// An answer came to the redirect URI.
    Callback {
        /// `code`, or the provider's error.
        answer: String,
        /// Whether it names its issuer (RFC 9207).
        names_issuer: bool,
    },
    /// The run that it answers was found.
    Run {
        /// What it is for.
        flow: String,
        /// Where it is to end: a path, without its query.
        return_path: String,
        /// Since it began.
        age_ms: u64,
    },
    /// The provider was asked.
    Call {
        /// For what.
        operation: String,
        /// By which method.
        #[serde(default)]
        method: String,
        /// Host and path.
        endpoint: String,
        /// Its answer's status, or why there is none.
        answer: String,
        /// How long it took.
        duration_ms: u64,
    },
    /// An ID token was taken apart.
    IdToken {
        /// As its header says.
        algorithm: String,
        /// As its header says.
        key: Option<String>,
        /// Seconds since the time that it says it was issued at; below zero if that is yet to come.
        #[serde(default)]
        age_s: Option<i64>,
    },
    /// The provider vouches for somebody.
    Identity {
        /// Who says it.
        issuer: String,
        /// Of whom.
        subject: String,
        /// Their address.
        email: Option<String>,
        /// Whether the provider vouches for that as well.
        email_verified: bool,
        /// What else rules look at: `groups`, `tenants`, `hosted_domain`.
        facts: Vec<String>,
    },
    /// The browser goes on to the organization's own host.
    Ticket {
        /// Which.
        host: String,
    },
    /// Somebody is signed in, or what they wanted is done.
    Done {
        /// `signed_in`, `set_up`, `linked`.
        what: String,
    },
    /// It ended without.
    Refused {
        /// The code of the page.
        code: String,
        /// Why, in the words of the log.
        why: String,
        /// The setting that refused, by its path in the file.
        rule: Option<String>,
    },
}

/// What happened in one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Of the request.
    pub reference: Reference,
    /// The reference under which the sign-in began that this goes on with.
    pub root: Option<Reference>,
    /// When the request came.
    pub at: Timestamp,
    /// Rises with each request of a process: tells apart what came in the same millisecond.
    #[serde(default)]
    pub order: u64,
    /// Method, host and path, without the query.
    pub request: String,
    /// Which organization it was about.
    pub organization: Option<String>,
    /// Which provider.
    pub provider: Option<String>,
    /// Whose: the address that the provider gave.
    pub user: Option<String>,
    /// What happened, and how long after `at`, in milliseconds.
    pub steps: Vec<(u64, Step)>,
}

/// Where the rooms on the way of one request note what they do. Clones are the same.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Mutex<Noted>>, Instant);

#[derive(Debug)]
struct Noted {
    part: Part,
    /// Of its steps, as they are written.
    bytes: usize,
}

tokio::task_local! {
    static CURRENT: Journal;
}

static ORDER: AtomicU64 = AtomicU64::new(0);

/// Steps of one request: a sign-in has about ten.
const MOST_STEPS: usize = 32;

/// Bytes of the steps of one request, its end apart: a sign-in has about one thousand.
const MOST_STEP_BYTES: usize = 16 * 1024;

/// Bytes of one text.
const MOST_BYTES: usize = 300;

/// Texts of one list.
const MOST_TEXTS: usize = 16;

impl Journal {
    /// Of a request.
    pub fn new(reference: Reference, at: Timestamp, request: String) -> Self {
        let part = Part {
            reference,
            root: None,
            at,
            order: ORDER.fetch_add(1, Ordering::Relaxed),
            request: short(request),
            organization: None,
            provider: None,
            user: None,
            steps: Vec::new(),
        };
        let noted = Noted { part, bytes: 0 };
        Self(Arc::new(Mutex::new(noted)), Instant::now())
    }

    /// Adds a step. Of more than there is room for, the end is kept.
    pub fn note(&self, step: Step) {
        let (after, step) = (self.elapsed_ms(), step.bounded());
        let bytes = serde_json::to_string(&step).map_or(MOST_STEP_BYTES, |text| text.len());
        let mut noted = self.lock();
        let has_room =
            noted.part.steps.len() < MOST_STEPS && noted.bytes + bytes <= MOST_STEP_BYTES;
        if !has_room {
            if !step.is_end() {
                return;
            }
            noted.part.steps.pop();
        }
        noted.bytes += bytes;
        noted.part.steps.push((after, step));
    }

    /// Adds where somebody is sent to sign in, and what says so.
    pub fn door(&self, organization: Option<&str>, chosen: &str) {
        let organization = organization.map(str::to_owned);
        self.with(|part| part.organization.clone_from(&organization));
        let chosen = chosen.to_owned();
        self.note(Step::Door {
            organization,
            chosen,
        });
    }

    /// What was noted so far.
    pub fn part(&self) -> Part {
        self.with(|part| part.clone())
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.1.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Everything that `work` does on its way is noted here.
    pub async fn follow<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Part) -> T) -> T {
        deed(&mut self.lock().part)
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes a step of the request that is being answered. `step` is made only if somebody listens.
pub fn note(step: impl FnOnce() -> Step) {
    let _ = CURRENT.try_with(|journal| journal.note(step()));
}

/// How old something is that was issued at this time (seconds since 1970), while a request is answered.
pub fn age_s(issued_at: i64) -> Option<i64> {
    let now = CURRENT.try_with(|journal| {
        let passed = Duration::from_millis(journal.elapsed_ms());
        journal.with(|part| part.at.plus(passed))
    });
    let now = i64::try_from(now.ok()?.as_seconds()).ok()?;
    now.checked_sub(issued_at)
}

/// Notes where somebody is sent to sign in, and what says so.
pub fn door(organization: Option<&str>, chosen: &str) {
    let _ = CURRENT.try_with(|journal| journal.door(organization, chosen));
}

/// Says what the request is about.
pub fn about(organization: &str, provider: &str) {
    let _ = CURRENT.try_with(|journal| {
        journal.with(|part| {
            part.organization = Some(organization.to_owned());
            part.provider = Some(provider.to_owned());
        });
    });
}

/// Says whose it is.
pub fn of_user(email: Option<&str>) {
    let _ = CURRENT.try_with(|journal| {
        journal.with(|part| part.user = email.map(|email| short(email.to_owned())));
    });
}

/// Says under which reference the sign-in began that this request goes on with.
pub fn goes_on(root: Option<Reference>) {
    let _ = CURRENT.try_with(|journal| {
        journal.with(|part| part.root = root.filter(|root| *root != part.reference));
    });
}

/// The same work, noted where this is when it runs as a task of its own.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let journal = CURRENT.try_with(Clone::clone).ok();
    async move {
        match journal {
            Some(journal) => journal.follow(work).await,
            None => work.await,
        }
    }
}

impl Step {
    fn bounded(mut self) -> Self {
        for text in self.texts() {
            *text = short(std::mem::take(text));
        }
        if let Self::Authorize { asked: list, .. } | Self::Identity { facts: list, .. } = &mut self
        {
            *list = few(std::mem::take(list));
        }
        self
    }

    /// Whether nothing comes after it in the same request.
    const fn is_end(&self) -> bool {
        match self {
            Self::Done { .. } | Self::Refused { .. } => true,
            Self::Door { .. }
            | Self::Begin { .. }
            | Self::Authorize { .. }
            | Self::Callback { .. }
            | Self::Run { .. }
            | Self::Call { .. }
            | Self::IdToken { .. }
            | Self::Identity { .. }
            | Self::Ticket { .. } => false,
        }
    }

    /// Texts that others write.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Door { organization, .. } => organization.iter_mut().collect(),
            Self::Begin { return_path, .. } | Self::Run { return_path, .. } => vec![return_path],
            Self::Authorize {
                endpoint, scopes, ..
            } => vec![endpoint, scopes],
            Self::Callback { answer, .. } => vec![answer],
            Self::Call {
                endpoint, answer, ..
            } => vec![endpoint, answer],
            Self::IdToken { algorithm, key, .. } => once(algorithm).chain(key).collect(),
            Self::Identity {
                issuer,
                subject,
                email,
                ..
            } => [issuer, subject].into_iter().chain(email).collect(),
            Self::Ticket { host } => vec![host],
            Self::Done { what } => vec![what],
            Self::Refused { why, .. } => vec![why],
        }
    }
}

fn short(mut text: String) -> String {
    if text.len() > MOST_BYTES {
        let mut end = MOST_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

fn few(mut texts: Vec<String>) -> Vec<String> {
    texts.truncate(MOST_TEXTS);
    texts.into_iter().map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        Journal::new(
            Reference::next(Timestamp::EPOCH),
            Timestamp::EPOCH,
            "GET /".to_owned(),
        )
    }

    fn done() -> Step {
        Step::Done {
            what: "signed_in".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_happens_on_the_way_is_noted_and_nothing_else() {
        let journal = journal();
        note(|| panic!("nobody listens"));
        let work = async {
            note(done);
            tokio::task::yield_now().await;
            let task = carried(async { note(done) });
            task.await;
        };
        journal.clone().follow(work).await;
        note(|| panic!("nobody listens any more"));
        assert_eq!(journal.part().steps.len(), 2);
    }

    #[tokio::test]
    async fn inv_52_steps_and_their_texts_are_bounded() {
        let journal = journal();
        for _ in 0..100 {
            journal.note(Step::Identity {
                issuer: "é".repeat(1_000),
                subject: "x".repeat(1_000),
                email: Some("x".repeat(1_000)),
                email_verified: false,
                facts: vec!["x".repeat(1_000); 100],
            });
        }
        let text = serde_json::to_string(&journal.part().steps).unwrap();
        assert!(
            (MOST_STEP_BYTES / 2..MOST_STEP_BYTES + 500).contains(&text.len()),
            "{}",
            text.len()
        );
        let journal = self::journal();
        for _ in 0..100 {
            journal.note(Step::Ticket {
                host: "acme.example.com".to_owned(),
            });
        }
        assert_eq!(journal.part().steps.len(), MOST_STEPS);
    }

    #[test]
    fn however_much_happens_the_end_is_told() {
        let journal = journal();
        for _ in 0..100 {
            journal.note(Step::Ticket {
                host: "x".repeat(1_000),
            });
        }
        journal.note(done());
        assert_eq!(journal.part().steps.last().unwrap().1, done());
        assert!(journal.part().steps.len() <= MOST_STEPS);
    }

    #[tokio::test]
    async fn the_age_of_a_token_is_told_while_a_request_is_answered() {
        assert_eq!(age_s(0), None);
        let at = Timestamp::from_seconds(1_000);
        let journal = Journal::new(Reference::next(Timestamp::EPOCH), at, "GET /".to_owned());
        let ages = journal.follow(async { (age_s(998), age_s(1_003)) }).await;
        assert_eq!(ages, (Some(2), Some(-3)));
    }
}
