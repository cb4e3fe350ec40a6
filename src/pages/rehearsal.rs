//! The pages of a rehearsal: a sign-in for nobody.

use serde::Serialize;

use super::words::{Said, provider};
use super::{Fact, Look, View};

/// Asks before anything begins.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rehearse<'a> {
    /// The text of the provider's button.
    pub provider: &'a str,
    /// What the link carries.
    pub token: &'a str,
}

impl View for Rehearse<'_> {
    const NAME: &'static str = "rehearse";
    const TEMPLATE: &'static str = "rehearse.html";

    fn title(&self, look: &Look<'_>) -> String {
        let named = Said::Name(provider(self.provider));
        look.language.say("rehearse-title", &[("provider", named)])
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct RehearsedPage<'a> {
    /// The text of the provider's button.
    pub provider: &'a str,
    /// Where to go on, if the provider is only being set up.
    pub back: Option<&'a str>,
    /// Issuer and subject.
    pub identity: String,
    /// Their address.
    pub email: Option<&'a str>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// What the organization that was asked for says to that.
    pub organizations: Vec<Admitted<'a>>,
    /// What the provider says.
    pub claims: Vec<Fact<'a>>,
    /// The headers that the application would get.
    pub headers: Vec<Fact<'a>>,
    /// The claims of the assertion that it would get.
    pub assertion: Vec<Fact<'a>>,
    /// Whether something of that is too large to be sent.
    pub is_too_large: bool,
    /// Whether this page has no room for all of that.
    pub shortened: bool,
}

impl RehearsedPage<'_> {
    /// With as much as a page has room for; the operator sees all of it.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        let tables = [&mut self.claims, &mut self.headers, &mut self.assertion];
        for table in tables {
            self.shortened |= Fact::fit(table, ROOM);
        }
        self
    }
}

/// Room for one of three tables on a page.
const ROOM: usize = 1_800;

/// Whether an organization would let them in.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Admitted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Why not: a fixed word, or the key of `allow`.
    pub refused: Option<&'a str>,
    /// The key of `allow` that does not hold.
    pub rule: Option<&'a str>,
    /// Whether people come in there.
    pub is_open: bool,
}

impl View for RehearsedPage<'_> {
    const NAME: &'static str = "rehearsed";
    const TEMPLATE: &'static str = "rehearsed.html";

    fn title(&self, look: &Look<'_>) -> String {
        let named = Said::Name(provider(self.provider));
        look.language.say("rehearsed-title", &[("provider", named)])
    }
}

/// Nothing came of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RehearsalFailed<'a> {
    /// The text of the provider's button.
    pub provider: &'a str,
    /// What a page of a sign-in would be called.
    pub code: &'a str,
    /// Why, as the operator is told: in the words of the log, and of the provider if it said something.
    pub why: &'a str,
}

impl View for RehearsalFailed<'_> {
    const NAME: &'static str = "rehearsal-failed";
    const TEMPLATE: &'static str = "rehearsal_failed.html";

    fn title(&self, look: &Look<'_>) -> String {
        let named = Said::Name(provider(self.provider));
        let words = [("provider", named)];
        look.language.say("rehearsal-failed-title", &words)
    }
}
