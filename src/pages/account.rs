//! The account page: who am I, how that stands at the provider, where I am signed in, what the application is told.

use serde::Serialize;

use super::owner::OwnedIdentity;
use super::views::{DoorProvider, View, as_provider};
use super::{Look, Organization};
use crate::clock::Timestamp;

/// Who am I, until when, and what the application knows of me.
#[derive(Clone, Debug, Serialize)]
pub struct Account<'a> {
    /// Display name.
    pub name: Option<&'a str>,
    /// E-mail address.
    pub email: Option<&'a str>,
    /// In which organization.
    pub organization: Organization<'a>,
    /// The text of the provider's button.
    #[serde(serialize_with = "as_provider")]
    pub provider: &'a str,
    /// When the session began.
    pub since: Timestamp,
    /// When it ends at the latest.
    pub until: Timestamp,
    /// Other organizations in which this browser is signed in.
    pub others: Vec<Organization<'a>>,
    /// How the identity stands through which they are signed in.
    pub linked: Linked,
    /// What else they can sign in by.
    pub further: Vec<OwnedIdentity>,
    /// By what they cannot yet.
    pub linkable: Vec<DoorProvider<'a>>,
    /// Where they are signed in, this browser first.
    pub sessions: Vec<OwnSession<'a>>,
    /// Whether there are more.
    pub more: bool,
    /// Identity headers that the application gets.
    pub headers: Vec<Fact<'a>>,
    /// Claims of the assertion that the application gets.
    pub claims: Vec<Fact<'a>>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// A name and its value.
#[derive(Clone, Debug, Serialize)]
pub struct Fact<'a> {
    /// Name of the header or claim.
    pub name: &'a str,
    /// Its value as text.
    pub value: String,
}

impl View for Account<'_> {
    const NAME: &'static str = "account";
    const TEMPLATE: &'static str = "account.html";

    fn title(&self, _: &Look<'_>) -> String {
        "You are signed in".to_owned()
    }
}

/// How an identity stands, as far as the provider has said.
#[derive(Clone, Debug, Serialize)]
pub struct Linked {
    /// What came of the newest question.
    pub answer: Answered,
    /// When the provider last confirmed it.
    pub confirmed: Timestamp,
    /// When it is asked next; none if it cannot be asked.
    pub next: Option<Timestamp>,
    /// Until when it counts if there is no answer.
    pub until: Option<Timestamp>,
}

/// What came of asking a provider about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Answered {
    /// Yes.
    Confirmed,
    /// Nothing.
    Unanswered {
        /// What happened, as the end of a sentence.
        why: &'static str,
    },
    /// There is no way to ask.
    Unasked,
}

impl Answered {
    /// No answer, for a reason that is one of our words.
    pub fn nothing(word: Option<&str>) -> Self {
        let why = word.and_then(Self::words).unwrap_or("it did not answer");
        Self::Unanswered { why }
    }

    /// What one of our words for no answer means.
    pub(super) fn words(word: &str) -> Option<&'static str> {
        match word {
            "timeout" => Some("it took too long"),
            "unreachable" => Some("it could not be reached"),
            "rate_limited" => Some("it asked us to wait"),
            "status" => Some("it was in trouble"),
            "unreadable" => Some("its answer could not be read"),
            _ => None,
        }
    }
}

/// One of the person's own sessions.
#[derive(Clone, Debug, Serialize)]
pub struct OwnSession<'a> {
    /// Public id.
    pub id: &'a str,
    /// When they signed in.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// Whether it is the one that this page is shown to.
    pub here: bool,
}
