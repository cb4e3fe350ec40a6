//! What the owners of an organization see: how it is connected, its people, their sessions, and what happened.

use serde::{Serialize, Serializer};

use super::account::{Checked, Seen};
pub use super::meaning::{reason, state_word};
use super::views::View;
use super::words::{Said, name, provider};
use super::{Look, Organization, meaning};
use crate::address::Origin;
use crate::clock::Timestamp;

/// The organization at a glance, and its connections.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerHome<'a> {
    /// Which.
    pub organization: Organization<'a>,
    /// The address of its door.
    pub door: String,
    /// An operator lets nobody in.
    pub suspended: bool,
    /// Sessions that are stored.
    pub sessions: usize,
    /// Its connections, in the order of the buttons: a page of them.
    pub connections: Vec<OwnedConnection<'a>>,
    /// Where the next page of those begins.
    pub next: Option<usize>,
    /// What was just done.
    pub notice: Option<OwnerNotice>,
    /// Whether this is a window that somebody's page opened.
    pub popup: bool,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum OwnerNotice {
    /// A connection was shut.
    #[serde(rename = "owner-was-disabled")]
    Disabled,
    /// Setup was completed.
    #[serde(rename = "owner-was-opened")]
    Opened,
    /// Somebody has just come through the provider again, to set something up.
    #[serde(rename = "confirmed-again")]
    Confirmed,
}

/// One of its connections.
#[derive(Clone, Debug, Serialize)]
pub struct OwnedConnection<'a> {
    /// The provider.
    pub id: &'a str,
    /// The text of its button.
    pub label: &'a str,
    /// How it stands.
    pub state: ConnectionState,
    /// The same as the name of a message.
    pub state_word: &'static str,
    /// When an owner last said something of it.
    pub since: Option<Timestamp>,
    /// The only customer of the provider whose people come in.
    pub only: Option<String>,
    /// How the provider is doing.
    pub health: ProviderState,
    /// What is registered at the provider: names and values.
    pub registered: Vec<Registered>,
    /// Identities by state, if they have been counted.
    pub identities: Vec<Counted>,
    /// What can be chosen from: the first of it.
    pub choices: Vec<Choice>,
    /// Whether there is more of that, on a page of its own.
    pub more_choices: bool,
}

/// The provider's customers to choose from, a page of them.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerChoices<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// The connection.
    pub one: OwnedConnection<'a>,
    /// Where the next page begins.
    pub next: Option<usize>,
    /// Token of the form.
    pub csrf: &'a str,
}

/// How a provider is doing.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderState {
    /// `up`, `degraded`, `down` or `unknown`.
    pub state: &'static str,
    /// The same as the name of a message.
    pub state_word: &'static str,
    /// Since when, if that is known.
    pub since: Option<Timestamp>,
}

impl ProviderState {
    /// From the word.
    pub fn new(state: &'static str, since: Option<Timestamp>) -> Self {
        Self {
            state,
            state_word: match state {
                "up" => "owner-health-up",
                "degraded" => "owner-health-degraded",
                "down" => "owner-health-down",
                _ => "owner-health-unknown",
            },
            since,
        }
    }
}

/// A line of what is registered at a provider.
#[derive(Clone, Debug, Serialize)]
pub struct Registered {
    /// What the provider's portal calls it.
    pub name: String,
    /// To the letter.
    pub value: String,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Open, because the file says so.
    ByFile,
    /// Open, because an owner completed Setup.
    Open,
    /// Which customer of the provider it is remains to be said.
    Choosing,
    /// Closed until an owner completes Setup.
    Closed,
    /// An owner shut it.
    Disabled,
}

impl ConnectionState {
    /// What it means, as the name of a message.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ByFile => "owner-state-by-file",
            Self::Open => "owner-state-open",
            Self::Choosing => "owner-state-choosing",
            Self::Closed => "owner-state-closed",
            Self::Disabled => "owner-state-disabled",
        }
    }
}

/// How many there are.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// Of this state: the name of a message.
    pub state_word: &'static str,
    /// So many.
    pub count: u64,
}

/// One of the provider's customers.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// By what the provider tells it apart.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is the one.
    pub chosen: bool,
}

/// The end of Setup in a window of its own: whoever opened it is told, and the window closes. Without an opener, or without
/// JavaScript, it leads on.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerDone<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// The code of what went wrong, if it did. It is shown with what it means.
    #[serde(serialize_with = "as_problem")]
    pub failed: Option<&'a str>,
    /// Under which that is in the log.
    pub reference: Option<String>,
    /// The only origin that is told.
    #[serde(serialize_with = "as_origin")]
    pub origin: &'a Origin,
    /// What it is told: `{"success", "data"}`, with nothing secret in it.
    #[serde(serialize_with = "as_text")]
    pub message: serde_json::Value,
}

/// Asks before a connection is shut: with numbers, and for the organization's name.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerDisable<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// Which provider.
    pub id: &'a str,
    /// The text of its button.
    pub label: &'a str,
    /// People who sign in by it.
    pub people: usize,
    /// Of them, who can sign in by another one too.
    pub have_another: usize,
    /// Sessions that end.
    pub sessions: usize,
    /// There are more than were counted.
    pub more: bool,
    /// What was typed was not the name.
    pub mistyped: bool,
    /// Token of the form.
    pub csrf: &'a str,
}

/// The people of an organization, a page of them.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerPeople<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// What was searched for.
    pub search: Option<&'a str>,
    /// The word of the state that one of their identities is in; empty if any will do.
    pub state: &'static str,
    /// Those found.
    pub people: Vec<PersonRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Somebody in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRow {
    /// Account id.
    pub account: String,
    /// Display name, else address, else the provider's name for them.
    pub name: String,
    /// Address.
    pub email: Option<String>,
    /// Whether the membership was removed.
    pub removed: bool,
    /// How their identities stand: the worst of them.
    pub state: &'static str,
    /// The same as the name of a message.
    pub state_word: &'static str,
    /// When one of them was last confirmed.
    pub confirmed: Option<Timestamp>,
}

/// One person.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerPerson<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// Who.
    pub person: PersonRow,
    /// Whether it is the owner themself.
    pub own: bool,
    /// First seen.
    pub since: Timestamp,
    /// Which part of what there is to say.
    pub part: PersonPart,
    /// What came of asking a provider just now.
    pub check: Option<Checked>,
    /// What they sign in by.
    pub identities: Vec<OwnedIdentity>,
    /// Where the next page of those begins.
    pub next_identities: Option<usize>,
    /// Where they are signed in.
    pub sessions: Vec<SessionRow>,
    /// Where the next page of those begins.
    pub next: Option<String>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What one of several pages about somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonPart {
    /// The beginning of everything.
    First,
    /// More identities.
    Identities,
    /// More sessions.
    Sessions,
}

/// An identity with state, why and when.
#[derive(Clone, Debug, Serialize)]
pub struct OwnedIdentity {
    /// Its id.
    pub id: String,
    /// The text of the provider's button.
    pub provider: String,
    /// Address.
    pub email: Option<String>,
    /// The provider's name for the person.
    pub subject: String,
    /// `valid`, `suspect`, `invalid`, `orphaned` or `blocked`.
    pub state: &'static str,
    /// The same as the name of a message.
    pub state_word: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// Why, if not all is well: the name of a message.
    pub why: Option<&'static str>,
    /// When a provider last confirmed it.
    pub confirmed: Timestamp,
    /// When it was last asked in the background.
    pub asked: Option<Timestamp>,
    /// When it is asked next.
    pub next: Option<Timestamp>,
    /// Until when it counts if nobody confirms it.
    pub until: Option<Timestamp>,
}

/// A session in a list.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRow {
    /// Public id.
    pub id: String,
    /// Whose.
    pub account: String,
    /// What to call them.
    pub name: String,
    /// When they signed in.
    pub since: Timestamp,
    /// Last used.
    pub used: Timestamp,
    /// In what it was opened.
    pub seen: Seen,
    /// Whether it is the one that this page is shown to.
    pub here: bool,
}

/// The sessions of an organization, a page of them.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerSessions<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// Those that let somebody in.
    pub sessions: Vec<SessionRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What happened in an organization.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerTrail<'a> {
    /// Which organization.
    pub organization: Organization<'a>,
    /// What was searched for.
    pub search: Option<&'a str>,
    /// Whom it was about.
    pub person: Option<&'a str>,
    /// From which day on.
    pub from: Option<&'a str>,
    /// Up to which day, that one too.
    pub to: Option<&'a str>,
    /// The same search, as the query of an address.
    pub query: String,
    /// Newest first.
    pub entries: Vec<TrailRow>,
    /// Where the next page begins.
    pub next: Option<u64>,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct TrailRow {
    /// Its place.
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
    /// What, as the name of a message; none if no owner sees it.
    pub said: Option<&'static str>,
    /// The same as the trail names it.
    pub event: String,
    /// Which account did it, if it was one.
    pub account: Option<String>,
    /// Who else, as the name of a message.
    pub actor: Option<&'static str>,
    /// To what.
    pub target: Option<String>,
    /// Through which provider.
    pub provider: Option<String>,
    /// Why, as the name of a message; none if the reason is no word of ours.
    pub why: Option<&'static str>,
    /// The same as the trail has it.
    pub reason: Option<String>,
    /// The reference of the request.
    pub reference: Option<String>,
}

impl View for OwnerHome<'_> {
    const NAME: &'static str = "owner-home";
    const TEMPLATE: &'static str = "owner_home.html";

    fn title(&self, look: &Look<'_>) -> String {
        of_organization(look, "owner-home-title", self.organization)
    }
}

impl View for OwnerChoices<'_> {
    const NAME: &'static str = "owner-choices";
    const TEMPLATE: &'static str = "owner_choices.html";

    fn title(&self, _: &Look<'_>) -> String {
        name(provider(self.one.label))
    }
}

impl View for OwnerDone<'_> {
    const NAME: &'static str = "owner-done";
    const TEMPLATE: &'static str = "owner_done.html";

    fn title(&self, look: &Look<'_>) -> String {
        let plain = |id: &str| look.language.say(id, &[]);
        match self.failed {
            None => plain("owner-done-title"),
            Some(_) => plain("owner-failed-title"),
        }
    }
}

impl View for OwnerDisable<'_> {
    const NAME: &'static str = "owner-disable";
    const TEMPLATE: &'static str = "owner_disable.html";

    fn title(&self, look: &Look<'_>) -> String {
        let named = Said::Name(provider(self.label));
        look.language
            .say("owner-disable-title", &[("provider", named)])
    }
}

impl View for OwnerPeople<'_> {
    const NAME: &'static str = "owner-people";
    const TEMPLATE: &'static str = "owner_people.html";

    fn title(&self, look: &Look<'_>) -> String {
        of_organization(look, "owner-people-title", self.organization)
    }
}

impl View for OwnerPerson<'_> {
    const NAME: &'static str = "owner-person";
    const TEMPLATE: &'static str = "owner_person.html";

    fn title(&self, _: &Look<'_>) -> String {
        name(&self.person.name)
    }
}

impl View for OwnerSessions<'_> {
    const NAME: &'static str = "owner-sessions";
    const TEMPLATE: &'static str = "owner_sessions.html";

    fn title(&self, look: &Look<'_>) -> String {
        of_organization(look, "owner-sessions-title", self.organization)
    }
}

impl View for OwnerTrail<'_> {
    const NAME: &'static str = "owner-audit";
    const TEMPLATE: &'static str = "owner_trail.html";

    fn title(&self, look: &Look<'_>) -> String {
        of_organization(look, "owner-audit-title", self.organization)
    }
}

fn of_organization(look: &Look<'_>, id: &str, organization: Organization<'_>) -> String {
    let named = Said::Name(organization.name);
    look.language.say(id, &[("organization", named)])
}

fn as_text<S: Serializer>(message: &serde_json::Value, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&message.to_string())
}

pub(super) fn as_origin<S: Serializer>(origin: &Origin, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(origin)
}

/// A code beside its message.
#[derive(Serialize)]
struct Coded<'a> {
    code: &'a str,
    means: Option<&'static str>,
}

fn as_problem<S: Serializer>(code: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    let coded = code.map(|code| Coded {
        code,
        means: meaning::problem(code),
    });
    coded.serialize(serializer)
}
