//! The account page: who am I, how that stands at the provider, where I am signed in, what the application is told.

use serde::Serialize;

use super::owner::OwnedIdentity;
use super::views::{DoorProvider, View};
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
    /// Whether they have just come through the provider again, to add something.
    pub confirmed: bool,
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

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("account-title", &[])
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
        /// What happened, as the name of a message.
        why: &'static str,
    },
    /// There is no way to ask.
    Unasked,
}

impl Answered {
    /// No answer, for a reason that is one of our words.
    pub fn nothing(word: Option<&str>) -> Self {
        let why = match word.unwrap_or_default() {
            "timeout" => "account-unanswered-timeout",
            "unreachable" => "account-unanswered-unreachable",
            "rate_limited" => "account-unanswered-asked-to-wait",
            "status" => "account-unanswered-trouble",
            "unreadable" => "account-unanswered-unreadable",
            _ => "account-unanswered-silent",
        };
        Self::Unanswered { why }
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
