//! `doorward session`: who is signed in, and ending that.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use super::socket::{Error, Socket, with_query};
use super::table::{table, visible};
use super::{Asking, Exit, Output, confirmed};
use crate::admin::views::{self, Revocation, Revoked};

/// `doorward session`.
#[derive(Clone, Debug, Subcommand)]
pub enum Session {
    /// List who is signed in.
    List(List),
    /// End sessions at once: the next request is refused, and open streams are cut.
    ///
    /// Asks for confirmation on a terminal. The people can sign in again.
    Revoke(Revoke),
}

/// Which sessions are meant: all that is given must hold.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// Only those in this organization.
    #[arg(long, visible_alias = "org", value_name = "SLUG")]
    pub organization: Option<String>,
    /// Only those of this person: an account id or an e-mail address.
    #[arg(long, visible_aliases = ["account", "email"], value_name = "ACCOUNT|EMAIL", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// Only those through this provider.
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Only those that began at least so long ago, such as 7d.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub older_than: Option<Duration>,
}

/// `doorward session list`.
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// Show at most so many.
    #[arg(short = 'n', long, default_value_t = 1000)]
    pub limit: usize,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward session revoke`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("meant")
    .args(["id", "organization", "user", "provider", "older_than", "all"])
    .required(true)
    .multiple(true))]
pub struct Revoke {
    /// The session with this id, as `session list` shows it.
    #[arg(allow_hyphen_values = true)]
    pub id: Option<String>,
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// Everybody, everywhere.
    #[arg(long, conflicts_with_all = ["id", "organization", "user", "provider", "older_than"])]
    pub all: bool,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask.
    #[arg(short, long)]
    pub yes: bool,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// Does what was typed.
pub async fn run(session: &Session) -> Exit {
    let told = match session {
        Session::List(list) => show(list).await,
        Session::Revoke(revoke) => end(revoke).await,
    };
    told.unwrap_or_else(|error| error.complain())
}

impl Which {
    fn query(&self, id: Option<&String>, after: Option<String>) -> String {
        let age = self.older_than.map(|age| age.as_secs().to_string());
        with_query(
            "/sessions",
            &[
                ("id", id.cloned()),
                ("organization", self.organization.clone()),
                ("user", self.user.clone()),
                ("provider", self.provider.clone()),
                ("older_than_seconds", age),
                ("after", after),
            ],
        )
    }
}

async fn show(list: &List) -> Result<Exit, Error> {
    let socket = Socket::of(&list.asking)?;
    let mut sessions = Vec::new();
    let mut after = None;
    loop {
        let page: views::Sessions = socket.get(&list.which.query(None, after)).await?;
        sessions.extend(page.sessions);
        after = page.next;
        if after.is_none() || sessions.len() > list.limit {
            break;
        }
    }
    let more = sessions.len() > list.limit || after.is_some();
    sessions.truncate(list.limit);
    list.asking
        .tell(&json!({ "sessions": sessions, "more": more }), || {
            for_people(&sessions)
        });
    if more && list.asking.output == Output::Human {
        super::complain(&format!("there are more than {}; see --limit", list.limit));
    }
    Ok(Exit::Fine)
}

fn for_people(sessions: &[views::Session]) -> String {
    let rows = sessions.iter().map(|one| {
        vec![
            one.id.clone(),
            one.organization.clone(),
            one.email.clone().unwrap_or_else(|| one.account.clone()),
            one.provider.clone(),
            opened_in(one),
            one.state.clone(),
            one.signed_in_at.clone(),
            one.used_at.clone(),
            one.expires_at.clone().unwrap_or_default(),
        ]
    });
    let headings = [
        "ID",
        "ORGANIZATION",
        "USER",
        "PROVIDER",
        "BROWSER",
        "STATE",
        "SIGNED IN",
        "LAST USED",
        "EXPIRES",
    ];
    table(&headings, &rows.collect::<Vec<_>>())
}

/// Such as `Firefox on Windows`.
fn opened_in(one: &views::Session) -> String {
    match (&one.browser, &one.system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.clone(),
        (None, Some(system)) => format!("unknown on {system}"),
        (None, None) => "unknown".to_owned(),
    }
}

async fn end(revoke: &Revoke) -> Result<Exit, Error> {
    let socket = Socket::of(&revoke.asking)?;
    if !revoke.yes && std::io::stdin().is_terminal() {
        let meant = count(&socket, revoke).await?;
        if meant.is_empty() {
            super::complain("no session is meant by that");
            return Ok(if revoke.id.is_some() {
                Exit::Failed
            } else {
                Exit::Fine
            });
        }
        if !confirmed(&format!("End {}?", sessions(&meant))) {
            super::complain("nothing was ended");
            return Ok(Exit::Failed);
        }
    }
    let ended = revoke_all(&socket, &wanted(revoke)).await?;
    revoke
        .asking
        .tell(&json!({ "ended": ended }), || outcome(revoke, &ended));
    let missed = revoke.id.is_some() && ended.is_empty();
    Ok(if missed { Exit::Failed } else { Exit::Fine })
}

fn wanted(revoke: &Revoke) -> Revocation {
    let which = &revoke.which;
    Revocation {
        id: revoke.id.clone(),
        organization: which.organization.clone(),
        user: which.user.clone(),
        provider: which.provider.clone(),
        older_than_seconds: which.older_than.map(|age| age.as_secs()),
        all: revoke.all,
        reason: revoke.reason.clone(),
    }
}

/// How many are meant, by organization.
async fn count(socket: &Socket, revoke: &Revoke) -> Result<BTreeMap<String, u64>, Error> {
    let mut meant = BTreeMap::new();
    let mut after = None;
    loop {
        let query = revoke.which.query(revoke.id.as_ref(), after);
        let page: views::Sessions = socket.get(&query).await?;
        for session in page.sessions {
            let count: &mut u64 = meant.entry(session.organization).or_default();
            *count = count.saturating_add(1);
        }
        after = page.next;
        if after.is_none() {
            return Ok(meant);
        }
    }
}

async fn revoke_all(socket: &Socket, wanted: &Revocation) -> Result<BTreeMap<String, u64>, Error> {
    let mut ended: BTreeMap<String, u64> = BTreeMap::new();
    loop {
        let some: Revoked = socket.post("/sessions/revoke", wanted).await?;
        for (organization, count) in some.ended {
            let sum = ended.entry(organization).or_default();
            *sum = sum.saturating_add(count);
        }
        if !some.more {
            return Ok(ended);
        }
    }
}

fn outcome(revoke: &Revoke, ended: &BTreeMap<String, u64>) -> String {
    if ended.is_empty() {
        return "Ended no session: none is meant by that.".to_owned();
    }
    let again = match &revoke.which.user {
        Some(_) => "\nThe person can sign in again.",
        None => "",
    };
    format!("Ended {}.{again}", sessions(ended))
}

/// Such as `3 sessions (acme 2, globex 1)`.
fn sessions(by_organization: &BTreeMap<String, u64>) -> String {
    let sum: u64 = by_organization.values().sum();
    let each = by_organization.iter();
    let each = each.map(|(organization, count)| format!("{} {count}", visible(organization)));
    let noun = if sum == 1 { "session" } else { "sessions" };
    format!("{sum} {noun} ({})", each.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_said_by_organization() {
        let ended = BTreeMap::from([("acme".to_owned(), 2), ("globex".to_owned(), 1)]);
        assert_eq!(sessions(&ended), "3 sessions (acme 2, globex 1)");
        let one = BTreeMap::from([("acme".to_owned(), 1)]);
        assert_eq!(sessions(&one), "1 session (acme 1)");
    }

    /// Also of a process that is older, which says nothing of it.
    #[test]
    fn what_a_session_was_opened_in_is_said_as_far_as_it_is_known() {
        let check = |browser: Option<&str>, system: Option<&str>, said: &str| {
            let older = json!({
                "id": "s", "organization": "acme", "account": "a", "email": null, "name": null,
                "provider": "idp", "host": "app.example.com", "state": "active", "signed_in_at": "",
                "used_at": "", "expires_at": null,
            });
            let mut one: views::Session = serde_json::from_value(older).unwrap();
            one.browser = browser.map(str::to_owned);
            one.system = system.map(str::to_owned);
            assert_eq!(opened_in(&one), said);
        };
        check(Some("Firefox"), Some("Windows"), "Firefox on Windows");
        check(Some("Firefox"), None, "Firefox");
        check(None, Some("iOS"), "unknown on iOS");
        check(None, None, "unknown");
    }
}
