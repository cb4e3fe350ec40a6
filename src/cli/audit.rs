//! `doorward audit`: what has happened, and whether the trail of it is whole.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use super::socket::{Error, Socket, with_query};
use super::table::{table, visible};
use super::{Asking, Exit, Output};
use crate::admin::views::{Checked, Entry, Trail};
use crate::clock::{Clock as _, System, Timestamp};

/// `doorward audit`.
#[derive(Clone, Debug, Subcommand)]
pub enum Audit {
    /// Show the newest entries, oldest first.
    Tail(Tail),
    /// Find entries, newest first: all that is given must hold.
    Search(Search),
    /// Check that no entry is missing or altered. Exit 1 if one is.
    Verify(Asking),
}

/// `doorward audit tail`.
#[derive(Clone, Debug, Args)]
pub struct Tail {
    /// So many.
    #[arg(short = 'n', long, default_value_t = 20)]
    pub lines: usize,
    /// Go on with what happens from now on, until interrupted. With `--output json`, one object a line.
    #[arg(short, long)]
    pub follow: bool,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward audit search`.
#[derive(Clone, Debug, Args)]
pub struct Search {
    /// What happened, such as `session.revoked`, or all of a kind, such as `session`.
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Where.
    #[arg(long, visible_alias = "org", value_name = "SLUG")]
    pub organization: Option<String>,
    /// Through which provider.
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// By or to which account.
    #[arg(
        long,
        visible_alias = "account",
        value_name = "ACCOUNT",
        allow_hyphen_values = true
    )]
    pub user: Option<String>,
    /// To what: the id of a session, account, identity or key.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub target: Option<String>,
    /// With the reference that a visitor saw, such as K7QM-2F9D.
    #[arg(long, value_name = "REF")]
    pub reference: Option<String>,
    /// Not before: a time such as 2026-11-21T10:00:00Z, or so long ago, such as 2h.
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub since: Option<When>,
    /// Not after: likewise.
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    pub until: Option<When>,
    /// Show at most so many.
    #[arg(short = 'n', long, default_value_t = 100)]
    pub limit: usize,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// A point in time, as an operator types it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

/// How often what is new is asked for.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// Does what was typed.
pub async fn run(audit: &Audit) -> Exit {
    let told = match audit {
        Audit::Tail(one) => tail(one).await,
        Audit::Search(one) => search(one).await,
        Audit::Verify(asking) => verify(asking).await,
    };
    told.unwrap_or_else(|error| error.complain())
}

async fn tail(tail: &Tail) -> Result<Exit, Error> {
    let socket = Socket::of(&tail.asking)?;
    let mut entries = find(&socket, &[], tail.lines.max(1)).await?.0;
    entries.reverse();
    let mut last = entries.last().map_or(0, |entry| entry.sequence);
    if tail.lines == 0 {
        entries.clear();
    }
    if !tail.follow {
        tail.asking
            .tell(&json!({ "entries": entries }), || for_people(&entries));
        return Ok(Exit::Fine);
    }
    loop {
        for entry in &entries {
            let is_read = match tail.asking.output {
                Output::Human => super::is_read(&line(entry)),
                Output::Json => super::is_read(&serde_json::to_string(entry).unwrap_or_default()),
            };
            if !is_read {
                return Ok(Exit::Fine);
            }
        }
        let path = with_query("/audit", &[("after", Some(last.to_string()))]);
        let page: Trail = socket.get(&path).await?;
        entries = page.entries;
        last = page
            .next
            .or(entries.last().map(|entry| entry.sequence))
            .unwrap_or(last);
        if entries.is_empty() {
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }
}

async fn search(search: &Search) -> Result<Exit, Error> {
    let socket = Socket::of(&search.asking)?;
    let now = System.now();
    let time = |when: Option<When>| when.map(|when| when.at(now).as_millis().to_string());
    let keys = [
        ("event", search.event.clone()),
        ("organization", search.organization.clone()),
        ("provider", search.provider.clone()),
        ("user", search.user.clone()),
        ("target", search.target.clone()),
        ("reference", search.reference.clone()),
        ("since", time(search.since)),
        ("until", time(search.until)),
    ];
    let (entries, more) = find(&socket, &keys, search.limit).await?;
    let all = json!({ "entries": entries, "more": more });
    search.asking.tell(&all, || for_people(&entries));
    if more && search.asking.output == Output::Human {
        super::complain(&format!(
            "there may be more than {}; see --limit",
            search.limit
        ));
    }
    Ok(Exit::Fine)
}

/// The newest entries that fit, newest first, and whether there may be more.
async fn find(
    socket: &Socket,
    keys: &[(&str, Option<String>)],
    limit: usize,
) -> Result<(Vec<Entry>, bool), Error> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut before: Option<u64> = None;
    loop {
        let missing = limit.saturating_sub(entries.len()).max(1);
        let mut parameters = keys.to_vec();
        parameters.push(("limit", Some(missing.to_string())));
        parameters.push(("before", before.map(|before| before.to_string())));
        let page: Trail = socket.get(&with_query("/audit", &parameters)).await?;
        entries.extend(page.entries);
        before = page.next;
        if before.is_none() || entries.len() >= limit {
            return Ok((entries, before.is_some()));
        }
    }
}

async fn verify(asking: &Asking) -> Result<Exit, Error> {
    let socket = Socket::of(asking)?;
    let mut entries = 0_u64;
    let mut from = 1_u64;
    loop {
        let path = with_query("/audit/check", &[("from", Some(from.to_string()))]);
        let mut checked: Checked = socket.get(&path).await?;
        entries = entries.saturating_add(checked.entries);
        from = checked.last.saturating_add(1);
        if checked.whole || checked.problem.is_some() {
            checked.entries = entries;
            asking.tell(&checked, || verdict(&checked));
            return Ok(if checked.whole {
                Exit::Fine
            } else {
                Exit::Failed
            });
        }
    }
}

fn verdict(checked: &Checked) -> String {
    match (&checked.problem, checked.broken_at) {
        (Some(problem), Some(at)) => format!(
            "BROKEN: entry {at}: {problem}. The {} before it are as they were written.",
            checked.entries
        ),
        _ => format!(
            "whole: {} entries, none missing or altered. The newest is {} with the hash {}",
            checked.entries, checked.last, checked.hash
        ),
    }
}

fn for_people(entries: &[Entry]) -> String {
    let rows: Vec<_> = entries.iter().map(cells).collect();
    let headings = [
        "NUMBER",
        "TIME",
        "EVENT",
        "BY",
        "ORGANIZATION",
        "TARGET",
        "REFERENCE",
        "REASON",
    ];
    table(&headings, &rows)
}

fn cells(entry: &Entry) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        entry.sequence.to_string(),
        entry.time.clone(),
        entry.event.clone(),
        entry.account.as_ref().unwrap_or(&entry.actor).clone(),
        text(&entry.organization),
        text(&entry.target),
        text(&entry.reference),
        text(&entry.reason),
    ]
}

/// One entry as it comes, when there is no telling how wide the next will be.
fn line(entry: &Entry) -> String {
    let cells = cells(entry);
    let there = cells.iter().filter(|cell| !cell.is_empty());
    there
        .map(|cell| visible(cell))
        .collect::<Vec<_>>()
        .join("  ")
}

impl When {
    fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(ago) => now.minus(ago),
            Self::At(time) => time,
        }
    }
}

fn parse_when(text: &str) -> Result<When, String> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return Ok(When::Ago(ago));
    }
    let whole_day = format!("{text}T00:00:00Z");
    let time =
        humantime::parse_rfc3339_weak(text).or_else(|_| humantime::parse_rfc3339(&whole_day));
    let since = time
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let millis = since.and_then(|since| u64::try_from(since.as_millis()).ok());
    millis
        .map(|millis| When::At(Timestamp::from_millis(millis)))
        .ok_or_else(|| {
            "neither a time such as 2026-11-21T10:00:00Z nor a duration such as 2h".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_typed_in_several_ways() {
        let at = |seconds| When::At(Timestamp::from_seconds(seconds));
        for (text, expected) in [
            ("2h", When::Ago(Duration::from_secs(7200))),
            ("2023-11-14T22:13:20Z", at(1_700_000_000)),
            ("2023-11-14 22:13:20", at(1_700_000_000)),
            ("2023-11-14", at(1_699_920_000)),
        ] {
            assert_eq!(parse_when(text).unwrap(), expected, "{text}");
        }
        for bad in ["", "yesterday", "1969-01-01", "2023-13-01"] {
            assert!(parse_when(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_broken_trail_says_where() {
        let mut checked = Checked {
            entries: 6,
            last: 6,
            hash: "abc".to_owned(),
            whole: false,
            broken_at: Some(7),
            problem: Some("altered".to_owned()),
        };
        assert!(verdict(&checked).starts_with("BROKEN: entry 7: altered."));
        checked.problem = None;
        assert!(verdict(&checked).starts_with("whole: 6 entries"));
    }
}
