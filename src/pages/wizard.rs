//! The pages on which a provider is set up: by the link that an administrator elsewhere was given, and for owners.

use serde::{Serialize, Serializer};

use super::words::Said;
use super::{Fact, Look, Organization, View};
use crate::clock::Timestamp;

/// What a link is for, before anything begins.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SetupLink<'a> {
    /// Whose provider it will be.
    pub organization: Organization<'a>,
    /// What people call it.
    pub provider: &'a str,
    /// What the link carries.
    pub token: &'a str,
    /// When it is over.
    pub until: Timestamp,
}

impl View for SetupLink<'_> {
    const NAME: &'static str = "setup-link";
    const TEMPLATE: &'static str = "setup_link.html";

    fn title(&self, look: &Look<'_>) -> String {
        title(look, self.provider)
    }
}

/// All of it on one page: what to register, what to fill in, and what to try.
#[derive(Clone, Debug, Serialize)]
pub struct Wizard<'a> {
    /// Whose provider it will be.
    pub organization: Organization<'a>,
    /// What people call it.
    pub provider: &'a str,
    /// Where its forms go.
    pub base: String,
    /// Token of the forms.
    pub csrf: &'a str,
    /// Whether an owner sees it.
    pub owned: bool,
    /// When it is over.
    pub until: Timestamp,
    /// Where to register, in the words of the portal.
    pub place: &'a str,
    /// What to register there.
    pub addresses: Vec<Fact<'a>>,
    /// The way through the portal.
    pub steps: &'a [&'a str],
    /// What to fill in.
    pub fields: Vec<WizardField<'a>>,
    /// Whether nothing is missing.
    pub complete: bool,
    /// What was found when the provider was asked.
    pub checked: Option<WizardCheckup<'a>>,
    /// What came of trying it.
    pub tried: Option<WizardTrial<'a>>,
    /// Why nothing is to be done any more.
    pub end: Option<WizardEnd>,
    /// The part of the file that it would be, for those who may see it.
    pub toml: Option<String>,
}

/// Why nothing is to be done any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WizardEnd {
    /// It was handed over.
    Finished,
    /// The file has it.
    InForce,
    /// The file has another organization's provider of that name.
    Displaced,
}

/// A value to fill in.
#[derive(Clone, Debug, Serialize)]
pub struct WizardField<'a> {
    /// Its key.
    pub key: &'a str,
    /// What the portal calls it.
    pub label: &'a str,
    /// `line`, `secret` or `key`.
    pub kind: &'static str,
    /// Whether it must be there.
    pub needed: bool,
    /// A value that it could have.
    pub example: Option<&'a str>,
    /// What it is; never a secret.
    pub value: Option<&'a str>,
    /// Whether a secret is there.
    pub kept: bool,
    /// `missing` or `wrong`.
    pub fault: Option<&'static str>,
}

/// What was found when the provider was asked.
#[derive(Clone, Debug, Serialize)]
pub struct WizardCheckup<'a> {
    /// When.
    pub at: Timestamp,
    /// Whether something cannot work.
    pub failed: bool,
    /// Each check.
    pub checks: Vec<WizardCheck<'a>>,
}

/// How one check stands.
#[derive(Clone, Debug, Serialize)]
pub struct WizardCheck<'a> {
    /// Which.
    pub check: &'a str,
    /// How it stands, as the name of a message.
    pub word: &'static str,
    /// In words.
    pub said: &'a str,
    /// What to do about it.
    pub cure: Option<&'a str>,
}

/// What came of trying it.
#[derive(Clone, Debug, Serialize)]
pub struct WizardTrial<'a> {
    /// When.
    pub at: Timestamp,
    /// Why it came to nothing, if it did.
    pub failed: Option<&'a str>,
}

/// What the word of a check means, as the name of a message.
pub fn verdict_word(verdict: &str) -> &'static str {
    match verdict {
        "ok" => "wizard-fine",
        "warning" => "wizard-warning",
        "failed" => "wizard-failed",
        _ => "wizard-unknown",
    }
}

impl View for Wizard<'_> {
    const NAME: &'static str = "wizard";
    const TEMPLATE: &'static str = "wizard.html";
    const COPIES: bool = true;

    fn title(&self, look: &Look<'_>) -> String {
        title(look, self.provider)
    }
}

fn title(look: &Look<'_>, provider: &str) -> String {
    let named = Said::Name(provider);
    look.language.say("wizard-title", &[("provider", named)])
}

/// The providers that are being set up for an organization, and the beginning of another one.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerDrafts<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// They.
    pub drafts: Vec<DraftRow<'a>>,
    /// What can be chosen from: the word of the file, and what people call it.
    pub presets: Vec<Fact<'a>>,
    /// Why none was made.
    pub fault: Option<DraftFault>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// One in a list.
#[derive(Clone, Debug, Serialize)]
pub struct DraftRow<'a> {
    /// The name that it will have in the file.
    pub id: &'a str,
    /// What people call the provider.
    pub provider: &'a str,
    /// How far it is.
    pub state: DraftState,
    /// When it is over.
    pub until: Timestamp,
}

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftState {
    /// Nobody has opened the link.
    Waiting,
    /// Something is missing.
    Open,
    /// Nothing is missing.
    Complete,
    /// It was handed over.
    Finished,
    /// The file has it.
    InForce,
    /// The file has another organization's provider of that name.
    Displaced,
}

/// Why no draft was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftFault {
    /// It is no name.
    BadId,
    /// There is a provider of that name.
    Taken,
    /// There are as many as there may be.
    TooMany,
}

impl Serialize for DraftState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Waiting => "draft-waiting",
            Self::Open => "draft-open",
            Self::Complete => "draft-complete",
            Self::Finished => "draft-finished",
            Self::InForce => "draft-in-force",
            Self::Displaced => "draft-displaced",
        })
    }
}

impl Serialize for DraftFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::BadId => "drafts-bad-id",
            Self::Taken => "drafts-taken",
            Self::TooMany => "drafts-too-many",
        })
    }
}

impl View for OwnerDrafts<'_> {
    const NAME: &'static str = "owner-drafts";
    const TEMPLATE: &'static str = "owner_drafts.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("drafts-title", &[])
    }
}
