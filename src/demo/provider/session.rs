//! The provider's own memory of a browser: who has signed in there, and which requests wait for a choice.

use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;

use super::authorize::Ask;
use super::shelf::{Key, Shelf, key};
use crate::clock::Timestamp;
use crate::demo::people::{Directory, Person, Standing};
use crate::secret::{self, Secret};

/// The provider's cookie. Hosts share cookies over all ports, so the name says whose it is.
const COOKIE_NAME: &str = "demo_provider";

/// A working day.
const BROWSER_LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// As long as Doorward waits for an answer.
const ASK_LIFETIME: Duration = Duration::from_secs(600);

/// Far more than one person at one machine has.
const MAX_BROWSERS: usize = 200;

/// Waiting requests over all browsers.
const MAX_ASKS: usize = 1000;

/// Somebody who is signed in to the provider in one browser.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    /// Who.
    pub(super) person: &'static Person,
    /// Name of this session in ID tokens.
    pub(super) sid: String,
    /// Since when.
    pub(super) auth_time: Timestamp,
}

/// Every browser and every waiting request.
#[derive(Debug)]
pub(super) struct Browsers {
    /// At most one person for each subject, so a list is bounded by the number of people.
    signed_in: Shelf<Vec<SignedIn>>,
    asks: Shelf<(Key, Ask)>,
}

impl Default for Browsers {
    fn default() -> Self {
        Self {
            signed_in: Shelf::new(MAX_BROWSERS),
            asks: Shelf::new(MAX_ASKS),
        }
    }
}

impl Browsers {
    /// Who has signed in in this browser and is still welcome.
    pub(super) fn signed_in(
        &self,
        browser: Option<&Key>,
        directory: &Directory,
        now: Timestamp,
    ) -> Vec<SignedIn> {
        let known = browser.and_then(|browser| self.signed_in.get(browser, now));
        let welcome = |one: &&SignedIn| directory.standing(one.person) == Standing::Active;
        known
            .into_iter()
            .flatten()
            .filter(welcome)
            .cloned()
            .collect()
    }

    /// Keeps a request until somebody is chosen; the answer is the name of the request for the form.
    pub(super) fn wait(&mut self, browser: Key, ask: Ask, now: Timestamp) -> Secret<String> {
        let name = secret::random_token();
        let until = now.plus(ASK_LIFETIME);
        self.asks
            .put(key(name.expose()), (browser, ask), until, now);
        name
    }

    /// Takes a waiting request, if it waits for this browser: another one has no part in it.
    pub(super) fn resume(&mut self, name: &str, browser: &Key, now: Timestamp) -> Option<Ask> {
        let name = key(name);
        let (owner, _) = self.asks.get(&name, now)?;
        if owner != browser {
            return None;
        }
        self.asks.take(&name, now).map(|(_, ask)| ask)
    }

    /// Signs a person in. The browser gets a new handle (nobody else can know it), under which the answer is found.
    pub(super) fn sign_in(
        &mut self,
        old: &Key,
        person: &'static Person,
        now: Timestamp,
    ) -> (Secret<String>, SignedIn) {
        let mut people = self.signed_in.take(old, now).unwrap_or_default();
        people.retain(|known| known.person != person);
        let fresh = SignedIn {
            person,
            sid: secret::random_token().expose().clone(),
            auth_time: now,
        };
        people.push(fresh.clone());
        let handle = secret::random_token();
        let until = now.plus(BROWSER_LIFETIME);
        self.signed_in.put(key(handle.expose()), people, until, now);
        (handle, fresh)
    }

    /// Signs out one session, or everybody in this browser. The answer names the sessions that ended.
    pub(super) fn sign_out(
        &mut self,
        browser: Option<&Key>,
        sid: Option<&str>,
        now: Timestamp,
    ) -> Vec<String> {
        let Some(people) = browser.and_then(|browser| self.signed_in.get_mut(browser, now)) else {
            return Vec::new();
        };
        let (ended, stay) = std::mem::take(people)
            .into_iter()
            .partition(|one| sid.is_none_or(|sid| one.sid == sid));
        *people = stay;
        let ended: Vec<SignedIn> = ended;
        ended.into_iter().map(|one| one.sid).collect()
    }

    /// Forgets that a person signed in anywhere.
    pub(super) fn forget(&mut self, person: &Person) {
        for people in self.signed_in.values_mut() {
            people.retain(|one| one.person != person);
        }
    }
}

/// The handle in the browser's cookie, as the key under which things are kept.
pub(super) fn browser(headers: &HeaderMap) -> Option<Key> {
    let lines = headers.get_all(COOKIE).into_iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, handle) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
    Some(key(handle))
}

/// The `Set-Cookie` value for a handle. Lax, because the browser comes here from another site.
pub(super) fn cookie(handle: &Secret<String>) -> String {
    format!(
        "{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Lax",
        handle.expose()
    )
}
