//! What is stored of drafts, sealed, and how what is typed changes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Number;
use crate::audit::Actor;
use crate::clock::Timestamp;
use crate::config::{DraftField, FieldKind, Slug};
use crate::provider::{Checked, Finding, Verdict};
use crate::secret::Secret;

/// One draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) organization: Slug,
    pub(super) id: Slug,
    /// The word of the file.
    pub(super) preset: String,
    /// By key of the file.
    pub(super) values: BTreeMap<String, Secret<String>>,
    /// How often values were changed: what was found counts for these alone.
    #[serde(default)]
    pub(super) changes: u64,
    pub(super) private_network: bool,
    pub(super) made_by: Actor,
    pub(super) made_at: Timestamp,
    pub(super) until: Timestamp,
    pub(super) link: Option<Link>,
    pub(super) checkup: Option<Checkup>,
    pub(super) trial: Option<Trial>,
    pub(super) finished_at: Option<Timestamp>,
}

/// The way to a draft for somebody who has no account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) hash: [u8; 32],
    /// Hash of what the browser holds that came first.
    pub(super) holder: Option<[u8; 32]>,
}

/// The drafts of one organization: one record, so that names are unique and the number is bounded whoever writes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
}

/// One of them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: Slug,
    pub(super) number: Number,
    pub(super) until: Timestamp,
}

/// What was found when the provider was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// When.
    pub at: Timestamp,
    /// Each check.
    pub checks: Vec<Check>,
}

/// What came of trying a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// When.
    pub at: Timestamp,
    /// Why it came to nothing, in the words of the log.
    pub failed: Option<String>,
}

/// How one check stands, in the words of the day on which it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub check: String,
    /// `ok`, `warning`, `failed` or `unknown`.
    pub verdict: String,
    /// In words.
    pub said: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// Letters of what a provider can have us say.
const MOST_SAID: usize = 400;

impl Checkup {
    /// Whether something cannot work.
    pub fn has_failed(&self) -> bool {
        let failed = Verdict::Failed.as_str();
        self.checks.iter().any(|check| check.verdict == failed)
    }
}

impl Check {
    pub(super) fn of(finding: &Finding) -> Self {
        Self {
            check: finding.check.as_str().to_owned(),
            verdict: finding.verdict.as_str().to_owned(),
            said: cut(&finding.said),
            cure: finding.cure.clone(),
        }
    }

    /// It took too long altogether.
    pub(super) fn late() -> Self {
        Self {
            check: Checked::Discovery.as_str().to_owned(),
            verdict: Verdict::Failed.as_str().to_owned(),
            said: "it did not answer all questions in time".to_owned(),
            cure: None,
        }
    }
}

pub(super) fn cut(said: &str) -> String {
    said.chars().take(MOST_SAID).collect()
}

pub(super) fn key(number: &Number) -> Vec<u8> {
    [b"d".as_slice(), number].concat()
}

pub(super) fn link_key(hash: &[u8; 32]) -> Vec<u8> {
    [b"l".as_slice(), hash].concat()
}

pub(super) fn index_key(organization: &Slug) -> Vec<u8> {
    [b"o", organization.as_str().as_bytes()].concat()
}

/// Takes over what was typed; which keys are other ones now.
pub(super) fn change(
    values: &mut BTreeMap<String, Secret<String>>,
    fields: &[DraftField],
    typed: &BTreeMap<&'static str, String>,
) -> Vec<&'static str> {
    let mut changed = Vec::new();
    let mut is_elsewhere = false;
    for field in fields {
        let Some(text) = typed.get(field.key) else {
            continue;
        };
        let was = values.get(field.key).map(|it| it.expose().as_str());
        if was.unwrap_or_default() == text || (field.is_secret() && text.is_empty()) {
            continue;
        }
        // Also when there was none: what is left out means the provider's public address.
        is_elsewhere |= leads(field);
        changed.push(field.key);
        if text.is_empty() {
            values.remove(field.key);
        } else {
            values.insert(field.key.to_owned(), Secret::new(text.clone()));
        }
    }
    for field in fields
        .iter()
        .filter(|field| is_elsewhere && field.is_secret())
    {
        // Whoever types it again, the same one too, means it for where it goes now.
        let is_meant = typed.get(field.key).is_some_and(|text| !text.is_empty());
        if !is_meant && values.remove(field.key).is_some() {
            changed.push(field.key);
        }
    }
    changed
}

/// Whether a value decides whom the secret, or what it opens, is sent to.
fn leads(field: &DraftField) -> bool {
    match field.kind {
        FieldKind::Place => true,
        FieldKind::List => field.key.ends_with("_urls"),
        FieldKind::Line | FieldKind::Secret | FieldKind::Key => false,
    }
}
