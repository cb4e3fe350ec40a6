//! The account page: who am I, how that stands at the provider, where I am signed in, what the application is told.

use serde::{Serialize, Serializer};

use super::owner::OwnedIdentity;
use super::views::{DoorProvider, View};
use super::words::Said;
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
    /// Whether there are more, on a page of their own.
    pub more_others: bool,
    /// How the identity stands through which they are signed in.
    pub linked: Linked,
    /// What else they can sign in by: the first of it.
    pub further: Vec<OwnedIdentity>,
    /// By what they cannot yet: the first of it.
    pub linkable: Vec<DoorProvider<'a>>,
    /// Whether there is more of either, on a page of its own.
    pub more_ways: bool,
    /// Where they are signed in, this browser first.
    pub sessions: Vec<OwnSession>,
    /// Where the rest of those begins, on a page of its own.
    pub next: Option<String>,
    /// What has just happened.
    pub note: Option<AccountNote>,
    /// What came of asking a provider just now.
    pub check: Option<Checked>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What has just happened to somebody who comes back to their account, as the name of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum AccountNote {
    /// They have come through the provider again, to add something.
    #[serde(rename = "confirmed-again")]
    Confirmed,
    /// They were asked about an identity, and said yes too late.
    #[serde(rename = "offer-late")]
    OfferLate,
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
    /// Its id.
    pub id: String,
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

/// What whoever had a provider asked is told of it. A no is told where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It vouches for the person.
    Confirmed,
    /// It said nothing that tells.
    Unanswered,
    /// It has said nothing yet.
    Waiting,
}

impl Checked {
    const ALL: [Self; 3] = [Self::Confirmed, Self::Unanswered, Self::Waiting];

    /// What it is called in an address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unanswered => "unanswered",
            Self::Waiting => "waiting",
        }
    }

    /// What is called that.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Confirmed => "check-confirmed",
            Self::Unanswered => "check-unanswered",
            Self::Waiting => "check-waiting",
        }
    }
}

impl Serialize for Checked {
    /// Pages get the name of the message.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.message())
    }
}

/// Where somebody is signed in besides this browser, a page of it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountSessions<'a> {
    /// Those.
    pub sessions: Vec<OwnSession>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// In which other organizations this browser is signed in, a page of it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountOrganizations<'a> {
    /// Those.
    pub others: Vec<Organization<'a>>,
    /// Where the next page begins.
    pub next: Option<usize>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What somebody can sign in by besides what they did, and what they cannot yet: a page of it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountWays<'a> {
    /// What they can.
    pub further: Vec<OwnedIdentity>,
    /// What they cannot yet.
    pub linkable: Vec<DoorProvider<'a>>,
    /// Where the next page begins.
    pub next: Option<usize>,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What the application is told of somebody, as far as a page has room for it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountTold<'a> {
    headers: Vec<Fact<'a>>,
    claims: Vec<Fact<'a>>,
    shortened: bool,
}

impl<'a> AccountTold<'a> {
    /// From the identity headers and the claims of the assertion.
    pub fn new(mut headers: Vec<Fact<'a>>, mut claims: Vec<Fact<'a>>) -> Self {
        let shortened = Fact::fit(&mut headers, FACTS_ROOM) | Fact::fit(&mut claims, FACTS_ROOM);
        Self {
            headers,
            claims,
            shortened,
        }
    }
}

/// Room for one of two tables on a page.
const FACTS_ROOM: usize = 3 * 1024;

impl Fact<'_> {
    /// Shortens long values, and leaves out what `room` bytes of a page do not hold. True if something is missing.
    pub(super) fn fit(facts: &mut Vec<Self>, room: usize) -> bool {
        const MOST_LETTERS: usize = 400;
        /// What a row has besides its name and value.
        const ROW: usize = 110;
        let (mut used, mut shortened) = (0, false);
        let all = facts.len();
        for fact in facts.iter_mut() {
            if let Some((end, _)) = fact.value.char_indices().nth(MOST_LETTERS) {
                fact.value.truncate(end);
                fact.value.push('…');
                shortened = true;
            }
        }
        let fits = |fact: &Self| {
            used += ROW + weight(fact.name) + weight(&fact.value);
            used <= room
        };
        let kept = facts.iter().map(fits).take_while(|fits| *fits).count();
        facts.truncate(kept);
        shortened || kept < all
    }
}

/// How many bytes a text has on a page, where some letters are written as entities.
fn weight(text: &str) -> usize {
    let of = |letter: char| match letter {
        '&' | '<' | '>' | '"' | '\'' => 6,
        other => other.len_utf8(),
    };
    text.chars().map(of).sum()
}

impl View for AccountSessions<'_> {
    const NAME: &'static str = "account-sessions";
    const TEMPLATE: &'static str = "account_sessions.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("account-sessions", &[])
    }
}

impl View for AccountOrganizations<'_> {
    const NAME: &'static str = "account-organizations";
    const TEMPLATE: &'static str = "account_organizations.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("account-others", &[])
    }
}

impl View for AccountWays<'_> {
    const NAME: &'static str = "account-ways";
    const TEMPLATE: &'static str = "account_ways.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("account-further", &[])
    }
}

impl View for AccountTold<'_> {
    const NAME: &'static str = "account-told";
    const TEMPLATE: &'static str = "account_told.html";

    fn title(&self, look: &Look<'_>) -> String {
        let named = Said::Name(look.application());
        look.language.say("account-told", &[("application", named)])
    }
}

/// An identity that somebody is asked about before it is added to their account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountOffer<'a> {
    /// In which organization.
    pub organization: Organization<'a>,
    /// Who they are here.
    pub here: Side<'a>,
    /// Who they are at the other provider.
    pub there: Side<'a>,
    /// What the answer carries.
    pub offer: &'a str,
    /// Token of the forms.
    pub csrf: &'a str,
}

/// What a provider says of somebody.
#[derive(Clone, Debug, Serialize)]
pub struct Side<'a> {
    /// The text of its button.
    pub provider: &'a str,
    /// Display name.
    pub name: Option<&'a str>,
    /// E-mail address.
    pub email: Option<&'a str>,
    /// What it calls them, if there is neither.
    pub subject: Option<&'a str>,
}

impl View for AccountOffer<'_> {
    const NAME: &'static str = "account-offer";
    const TEMPLATE: &'static str = "account_offer.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("offer-title", &[])
    }
}

/// One of the person's own sessions.
#[derive(Clone, Debug, Serialize)]
pub struct OwnSession {
    /// Public id.
    pub id: String,
    /// When they signed in.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// In what it was opened.
    pub seen: Seen,
    /// Whether it is the one that this page is shown to.
    pub here: bool,
}

/// The families of browser and system that a session was opened in, by the names that they have in every language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Such as Firefox, if it is one that is known.
    pub browser: Option<&'static str>,
    /// Such as Windows, likewise.
    pub system: Option<&'static str>,
}
