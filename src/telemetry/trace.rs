//! What happens to one request that Doorward answers itself, step by step, for whoever is given its reference.
//!
//! The rooms on the way note what they do; where nobody listens, nothing is kept. A step never holds a token, code, cookie,
//! state or nonce (threat model 51), and both steps and their texts are bounded (52).

use std::future::Future;
use std::iter::once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Reference;
use crate::clock::Timestamp;

/// One thing that was done or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A sign-in, or something else that goes through a provider, begins.
    Begin {
        /// `sign_in`, `setup`, `link`, `step_up`.
        flow: String,
        /// Where it is to end: a path, without its query.
        return_path: String,
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
pub struct Journal(Arc<Mutex<Part>>, Instant);

tokio::task_local! {
    static CURRENT: Journal;
}

static ORDER: AtomicU64 = AtomicU64::new(0);

/// Steps of one request: a sign-in has about ten.
const MOST_STEPS: usize = 32;

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
        Self(Arc::new(Mutex::new(part)), Instant::now())
    }

    /// Adds a step.
    pub fn note(&self, step: Step) {
        let after = u64::try_from(self.1.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.with(|part| {
            if part.steps.len() < MOST_STEPS {
                part.steps.push((after, step.bounded()));
            }
        });
    }

    /// What was noted so far.
    pub fn part(&self) -> Part {
        self.with(|part| part.clone())
    }

    /// Everything that `work` does on its way is noted here.
    pub async fn follow<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Part) -> T) -> T {
        deed(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes a step of the request that is being answered. `step` is made only if somebody listens.
pub fn note(step: impl FnOnce() -> Step) {
    let _ = CURRENT.try_with(|journal| journal.note(step()));
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

    /// Texts that others write.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Begin { return_path, .. } | Self::Run { return_path, .. } => vec![return_path],
            Self::Authorize {
                endpoint, scopes, ..
            } => vec![endpoint, scopes],
            Self::Callback { answer, .. } => vec![answer],
            Self::Call {
                endpoint, answer, ..
            } => vec![endpoint, answer],
            Self::IdToken { algorithm, key } => once(algorithm).chain(key).collect(),
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
        Journal::new(Reference::random(), Timestamp::EPOCH, "GET /".to_owned())
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
        let text = serde_json::to_string(&journal.part()).unwrap();
        assert!(text.len() < 32 * 20 * 330, "{}", text.len());
        assert_eq!(journal.part().steps.len(), MOST_STEPS);
    }
}
