//! What happened in an organization, for its owners: the newest entries of the audit trail that name it.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};

use super::Owner;
use crate::audit::{Actor, Entry};
use crate::clock::Timestamp;
use crate::config;
use crate::gateway::endpoints::Ask;
use crate::gateway::{Body, Error, Gateway, mark, whole};
use crate::pages::Organization;
use crate::pages::owner::{OwnerTrail, TrailRow};
use crate::store::trail;

/// Entries on one page: it stays small with the largest logo and in every language too.
const PAGE: usize = 15;

/// Entries that are read at once.
const PIECE: u64 = 500;

/// Entries that are looked at for one page: what others do must not make it slow.
const MOST_SEARCHED: u64 = 10_000;

/// Entries that are handed out in one file…
const MOST_EXPORTED: usize = 5_000;

/// …and looked at for it.
const MOST_SEARCHED_FOR_A_FILE: u64 = 100_000;

/// People whom a name can mean; whoever means more has to say it better.
const MOST_MEANT: usize = 20;

/// The longest that is searched for.
const MAX_SEARCH_BYTES: usize = 320;

/// What is looked for: all of it must hold.
#[derive(Default)]
struct Wanted<'a> {
    text: Option<&'a str>,
    /// Ids of accounts and identities, of which an entry must name one.
    ids: Option<BTreeSet<String>>,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
}

/// How far back to look.
struct Reach {
    found: usize,
    searched: u64,
}

impl Gateway {
    pub(super) async fn owned_trail(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let wanted = self.wanted_entries(ask, owner).await?;
        let before = ask.query.get("before").and_then(|text| text.parse().ok());
        let reach = Reach {
            found: PAGE,
            searched: MOST_SEARCHED,
        };
        let (entries, next) = self.look_back(owner, &wanted, before, &reach).await?;
        let view = OwnerTrail {
            organization: Organization::from(owner.organization),
            search: wanted.text,
            person: typed(ask, "person"),
            from: ask.query.get("from").filter(|_| wanted.from.is_some()),
            to: ask.query.get("to").filter(|_| wanted.before.is_some()),
            query: again(ask),
            entries: entries.into_iter().map(TrailRow::from).collect(),
            next,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    /// The same as a file, much more of it. What is left is in the next one: its last line says where that begins.
    pub(super) async fn export_trail(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let wanted = self.wanted_entries(ask, owner).await?;
        let before = ask.query.get("before").and_then(|text| text.parse().ok());
        let reach = Reach {
            found: MOST_EXPORTED,
            searched: MOST_SEARCHED_FOR_A_FILE,
        };
        let (entries, next) = self.look_back(owner, &wanted, before, &reach).await?;
        let slug = &owner.organization.slug;
        let mut response = Response::new(whole(sheet(&entries, next).into()));
        mark(&mut response, "owner-audit-export", ask.reference);
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        let name = format!("attachment; filename=\"{slug}-audit.csv\"");
        if let Ok(name) = HeaderValue::from_str(&name) {
            headers.insert(CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }

    /// What the address asks for. A day is a whole one, in UTC.
    async fn wanted_entries<'a>(
        &self,
        ask: &'a Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Wanted<'a>, Error> {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        let day = |name| {
            let text = ask.query.get(name)?;
            config::parse_day(text).ok()
        };
        let ids = match typed(ask, "person") {
            Some(person) => Some(self.ids_of(owner, person).await?),
            None => None,
        };
        Ok(Wanted {
            text: typed(ask, "q"),
            ids,
            from: day("from"),
            before: day("to").map(|day| day.plus(DAY)),
        })
    }

    /// Whom somebody means who types this, and what they sign in by. Somebody who is forgotten is still known by the id.
    async fn ids_of(&self, owner: &Owner<'_>, person: &str) -> Result<BTreeSet<String>, Error> {
        let slug = &owner.organization.slug;
        let search = (Some(person), [].as_slice());
        let found = self.people.members(slug, search, None, MOST_MEANT).await?;
        let mut ids = BTreeSet::from([person.to_owned()]);
        for member in found.members {
            ids.insert(member.account.id.to_string());
            let theirs = member.identities.iter();
            ids.extend(theirs.map(|identity| identity.id.as_str().to_owned()));
        }
        Ok(ids)
    }

    /// Entries of the organization from before a place, newest first, and the place to go on from.
    async fn look_back(
        &self,
        owner: &Owner<'_>,
        wanted: &Wanted<'_>,
        before: Option<u64>,
        reach: &Reach,
    ) -> Result<(Vec<Entry>, Option<u64>), Error> {
        let store = &*self.store;
        let end = trail::end(store).await?.sequence;
        let mut last = before.map_or(end, |before| before.saturating_sub(1).min(end));
        let floor = last.saturating_sub(reach.searched);
        let slug = owner.organization.slug.as_str();
        let mut found = Vec::new();
        while last > floor {
            let first = last.saturating_sub(PIECE - 1).max(floor + 1);
            let piece = trail::entries(store, first, last, usize::MAX).await?;
            for entry in piece.into_iter().rev() {
                let is_theirs = entry.event.organization.as_deref() == Some(slug);
                if is_theirs && wanted.is(&entry) {
                    if found.len() == reach.found {
                        let oldest = found.last().map(|entry: &Entry| entry.sequence);
                        return Ok((found, oldest));
                    }
                    found.push(entry);
                }
            }
            last = first.saturating_sub(1);
        }
        let next = (floor > 0).then(|| floor.saturating_add(1));
        Ok((found, next))
    }
}

impl Wanted<'_> {
    fn is(&self, entry: &Entry) -> bool {
        let event = &entry.event;
        let names_one = |ids: &BTreeSet<String>| {
            let by = matches!(&event.actor, Actor::Account(id) if ids.contains(id));
            by || event.target.as_ref().is_some_and(|id| ids.contains(id))
        };
        self.text.is_none_or(|text| holds(entry, text))
            && self.ids.as_ref().is_none_or(names_one)
            && self.from.is_none_or(|from| event.time >= from)
            && self.before.is_none_or(|before| event.time < before)
    }
}

/// What somebody typed, unless it is nothing or longer than anything.
fn typed<'a>(ask: &'a Ask<'_>, name: &str) -> Option<&'a str> {
    let text = ask.query.get(name).map(str::trim);
    text.filter(|text| (1..=MAX_SEARCH_BYTES).contains(&text.len()))
}

/// The same search once more, as a query.
fn again(ask: &Ask<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["q", "person", "from", "to"] {
        if let Some(value) = typed(ask, name) {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

/// A sheet with a line for each entry (RFC 4180).
fn sheet(entries: &[Entry], next: Option<u64>) -> String {
    let mut text =
        String::from("sequence,time,event,actor,organization,provider,target,reference,reason\r\n");
    let mut line = |cells: [&str; 9]| {
        text.push_str(&cells.map(cell).join(","));
        text.push_str("\r\n");
    };
    for entry in entries {
        let event = &entry.event;
        let of = |field: &'_ Option<String>| field.clone().unwrap_or_default();
        line([
            &entry.sequence.to_string(),
            &event.time.to_string(),
            &event.kind.name(),
            actor(&event.actor),
            &of(&event.organization),
            &of(&event.provider),
            &of(&event.target),
            &of(&event.reference),
            &of(&event.reason),
        ]);
    }
    if let Some(next) = next {
        let more = format!("there is more: before={next}");
        line(["", "", &more, "", "", "", "", "", ""]);
    }
    text
}

/// A cell that a spreadsheet takes for a text: what begins as a formula does is led by an apostrophe.
fn cell(text: &str) -> String {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let lead = if begins { "'" } else { "" };
    format!("\"{lead}{}\"", text.replace('"', "\"\""))
}

/// Whether an entry says what somebody typed.
fn holds(entry: &Entry, text: &str) -> bool {
    let event = &entry.event;
    let fields = [
        &event.provider,
        &event.target,
        &event.reference,
        &event.reason,
    ];
    let text = text.to_lowercase();
    let says = |field: &Option<String>| {
        let field = field.as_deref().unwrap_or_default();
        field.to_lowercase().contains(&text)
    };
    event.kind.name().contains(&text)
        || actor(&event.actor).to_lowercase().contains(&text)
        || fields.into_iter().any(says)
}

fn actor(actor: &Actor) -> &str {
    match actor {
        Actor::Account(id) => id,
        Actor::Visitor => "visitor",
        Actor::System => "system",
        Actor::Operator => "operator",
        Actor::SetupLink => "setup link",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_ends_early() {
        for (text, expected) in [
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"no\"\r\n", "\"say \"\"no\"\"\r\n\""),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
