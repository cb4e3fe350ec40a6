//! What is asked for on the admin socket, parsed once: a parameter that is unknown, repeated or unreadable is refused,
//! since a filter that was overlooked would show or end too much.

use std::time::Duration;

use super::views::Revocation;
use crate::audit::{Actor, Entry};
use crate::clock::Timestamp;
use crate::config::{Config, Slug};
use crate::session::Filter;

/// Longest text of a parameter. Addresses, ids and references are shorter.
const MAX_TEXT_BYTES: usize = 400;

/// Longest reason that an operator may give.
const MAX_REASON_BYTES: usize = 200;

/// Why it is not understood; for the operator.
pub(super) type Misunderstood = String;

/// The parameters of a query string.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// # Errors
    /// Parameters beside `known`, twice the same, or too long.
    pub(super) fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Misunderstood> {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&&*name) {
                return Err(format!("there is no parameter `{name}`"));
            }
            if all.iter().any(|(before, _)| *before == name) {
                return Err(format!("the parameter `{name}` is there twice"));
            }
            if value.len() > MAX_TEXT_BYTES {
                return Err(format!("the parameter `{name}` is too long"));
            }
            all.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(all))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Misunderstood> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("the parameter `{name}` is no number"))
        };
        self.text(name).map(parse).transpose()
    }
}

/// Parameters that a listing of sessions has.
pub(super) const SESSIONS: [&str; 6] = [
    "id",
    "organization",
    "user",
    "provider",
    "older_than_seconds",
    "after",
];

/// Which sessions are meant.
pub(super) fn listing(parameters: &Parameters) -> Result<Revocation, Misunderstood> {
    let text = |name| parameters.text(name).map(str::to_owned);
    Ok(Revocation {
        id: text("id"),
        organization: text("organization"),
        user: text("user"),
        provider: text("provider"),
        older_than_seconds: parameters.number("older_than_seconds")?,
        all: true,
        reason: None,
    })
}

impl Revocation {
    /// The sessions that are meant. Names that the configuration does not have are mistakes: whoever misspells an
    /// organization must not believe that its sessions have ended.
    pub(super) fn filter(&self, config: &Config, now: Timestamp) -> Result<Filter, Misunderstood> {
        let keys = [&self.id, &self.organization, &self.user, &self.provider];
        let is_narrow = keys.iter().any(|key| key.is_some()) || self.older_than_seconds.is_some();
        if !is_narrow && !self.all {
            return Err("nothing says which sessions are meant".to_owned());
        }
        if let Some(empty) = keys.into_iter().flatten().find(|key| key.trim().is_empty()) {
            return Err(format!("`{empty}` names nothing"));
        }
        Ok(Filter {
            id: self.id.clone(),
            organization: self
                .organization
                .as_deref()
                .map(|text| organization(config, text))
                .transpose()?,
            user: self.user.clone(),
            except: None,
            provider: self
                .provider
                .as_deref()
                .map(|text| provider(config, text))
                .transpose()?,
            but_of: None,
            granted_by: self
                .older_than_seconds
                .map(|seconds| now.minus(Duration::from_secs(seconds))),
        })
    }
}

/// An operator's reason, fit for the audit trail.
pub(super) fn reason(reason: Option<&String>) -> Result<Option<String>, Misunderstood> {
    let sound =
        |reason: &String| reason.len() <= MAX_REASON_BYTES && !reason.chars().any(char::is_control);
    match reason {
        Some(reason) if !sound(reason) => Err(format!(
            "a reason has at most {MAX_REASON_BYTES} bytes and no line breaks"
        )),
        reason => Ok(reason.cloned()),
    }
}

/// An organization of the configuration.
pub(super) fn organization(config: &Config, text: &str) -> Result<Slug, Misunderstood> {
    let slug = Slug::parse(text).ok();
    slug.filter(|slug| config.organizations.contains_key(slug))
        .ok_or_else(|| format!("there is no organization `{text}`"))
}

/// A provider of the configuration.
pub(super) fn provider(config: &Config, text: &str) -> Result<Slug, Misunderstood> {
    let slug = Slug::parse(text).ok();
    slug.filter(|slug| config.providers.contains_key(slug))
        .ok_or_else(|| format!("there is no provider `{text}`"))
}

/// Parameters that a search of the audit trail has.
pub(super) const AUDIT: [&str; 11] = [
    "before",
    "after",
    "limit",
    "event",
    "organization",
    "provider",
    "user",
    "target",
    "reference",
    "since",
    "until",
];

/// Which entries of the audit trail are looked for: all keys must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    /// A name, or what stands before its dot.
    event: Option<String>,
    organization: Option<String>,
    provider: Option<String>,
    /// An account that did it or that it was done to.
    user: Option<String>,
    target: Option<String>,
    reference: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Search {
    pub(super) fn parse(parameters: &Parameters) -> Result<Self, Misunderstood> {
        let text = |name| parameters.text(name).map(str::to_owned);
        let time = |name| -> Result<_, Misunderstood> {
            Ok(parameters.number(name)?.map(Timestamp::from_millis))
        };
        Ok(Self {
            event: text("event"),
            organization: text("organization"),
            provider: text("provider"),
            user: text("user"),
            target: text("target"),
            reference: text("reference"),
            since: time("since")?,
            until: time("until")?,
        })
    }

    pub(super) fn finds(&self, entry: &Entry) -> bool {
        let event = &entry.event;
        let name = event.kind.name();
        let noun = name.split('.').next();
        let same =
            |wanted: &Option<String>, there: &Option<String>| wanted.is_none() || wanted == there;
        let actor = match &event.actor {
            Actor::Account(id) => Some(id),
            Actor::Visitor | Actor::System | Actor::Operator | Actor::SetupLink => None,
        };
        let wanted = self.event.as_deref();
        wanted.is_none_or(|wanted| wanted == name || Some(wanted) == noun)
            && same(&self.organization, &event.organization)
            && same(&self.provider, &event.provider)
            && same(&self.target, &event.target)
            && same(&self.reference, &event.reference)
            && (self.user.is_none() || self.user.as_ref() == actor || self.user == event.target)
            && self.since.is_none_or(|since| event.time >= since)
            && self.until.is_none_or(|until| event.time <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Event, Head, Kind};

    fn entry() -> Entry {
        Head::default().append(Event {
            organization: Some("acme".to_owned()),
            target: Some("s1".to_owned()),
            reference: Some("K7QM-2F9D".to_owned()),
            ..Event::new(
                Timestamp::from_seconds(100),
                Kind::SessionCreated,
                Actor::Account("ada".to_owned()),
            )
        })
    }

    #[test]
    fn a_search_finds_what_all_its_keys_mean() {
        let check = |query: &str, expected: bool| {
            let parameters = Parameters::parse(Some(query), &AUDIT).unwrap();
            let found = Search::parse(&parameters).unwrap().finds(&entry());
            assert_eq!(found, expected, "{query}");
        };
        for query in [
            "",
            "event=session.created",
            "event=session",
            "organization=acme&event=session",
            "user=ada",
            "user=s1",
            "target=s1",
            "reference=K7QM-2F9D",
            "since=100000&until=100000",
        ] {
            check(query, true);
        }
        for query in [
            "event=session.ended",
            "event=sess",
            "event=",
            "organization=globex",
            "organization=acme&user=grace",
            "provider=idp",
            "target=s2",
            "since=100001",
            "until=99999",
        ] {
            check(query, false);
        }
    }

    #[test]
    fn a_parameter_that_is_not_understood_is_not_overlooked() {
        let long = format!("event={}", "x".repeat(MAX_TEXT_BYTES + 1));
        for bad in ["organisation=acme", "event=a&event=b", &long] {
            assert!(Parameters::parse(Some(bad), &AUDIT).is_err(), "{bad}");
        }
        let parameters = Parameters::parse(Some("since=yesterday"), &AUDIT).unwrap();
        assert!(Search::parse(&parameters).is_err());
    }

    #[test]
    fn a_reason_is_one_short_line() {
        let reason = |text: &str| reason(Some(&text.to_owned()));
        assert_eq!(
            reason("left the company").unwrap().as_deref(),
            Some("left the company")
        );
        for bad in ["two\nlines", "\u{1b}[2J", &"x".repeat(MAX_REASON_BYTES + 1)] {
            assert!(reason(bad).is_err(), "{bad:?}");
        }
    }
}
