//! `doorward org`: the organizations of the running process.

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use humantime::format_duration;

use super::socket::{Error, Socket};
use super::table::{facts, table, visible};
use super::{Asking, Exit, complain, confirmed, draft};
use crate::admin::views::{MOST_COUNTED, Organization, Organizations, Turned, Why};

/// `doorward org`.
#[derive(Clone, Debug, Subcommand)]
pub enum Org {
    /// List the organizations, with their doors and how many sessions they have.
    List(Asking),
    /// Show one organization: its rules, providers and limits as they are in force.
    Show(Show),
    /// Let nobody of an organization in until it is resumed: its sessions end at once, open streams included.
    ///
    /// Asks for confirmation on a terminal, with the number of sessions that end. Holds over restarts; the file is not
    /// changed.
    Suspend(Turn),
    /// Let people of a suspended organization sign in again. Sessions that ended do not come back.
    Resume(Turn),
    /// Make a link by which somebody else, such as an administrator of the organization's, sets a provider up in the browser.
    ///
    /// What they fill in is a draft: nobody signs in by it before you have put it into the file (`org draft show --write`).
    SetupLink(draft::NewLink),
    /// List the providers that are being set up.
    Drafts(draft::List),
    /// Show, write or remove one of them.
    #[command(subcommand)]
    Draft(draft::One),
}

/// `doorward org show`.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// Its slug, as in the file.
    pub organization: String,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward org suspend` and `doorward org resume`.
#[derive(Clone, Debug, Args)]
pub struct Turn {
    /// Its slug, as in the file.
    pub organization: String,
    /// Why, for the audit trail and for whoever looks at the status.
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
pub async fn run(org: &Org) -> Exit {
    let told = match org {
        Org::List(asking) => list(asking).await,
        Org::Show(show) => one(show).await,
        Org::Suspend(turn) => suspend(turn).await,
        Org::Resume(turn) => resume(turn).await,
        Org::SetupLink(new) => draft::link(new).await,
        Org::Drafts(all) => draft::list(all).await,
        Org::Draft(one) => draft::one(one).await,
    };
    told.unwrap_or_else(|error| error.complain())
}

async fn list(asking: &Asking) -> Result<Exit, Error> {
    let socket = Socket::of(asking)?;
    let all: Organizations = socket.get("/organizations").await?;
    asking.tell(&all, || for_people(&all));
    Ok(Exit::Fine)
}

async fn one(show: &Show) -> Result<Exit, Error> {
    let socket = Socket::of(&show.asking)?;
    let one: Organization = socket.get(&path(&show.organization)).await?;
    show.asking.tell(&one, || details(&one));
    Ok(Exit::Fine)
}

async fn suspend(turn: &Turn) -> Result<Exit, Error> {
    let socket = Socket::of(&turn.asking)?;
    if !turn.yes && std::io::stdin().is_terminal() {
        let one: Organization = socket.get(&path(&turn.organization)).await?;
        let question = format!("Suspend {} and end {}?", visible(&one.slug), counted(&one));
        if !confirmed(&question) {
            complain("nothing was suspended");
            return Ok(Exit::Failed);
        }
    }
    turned(&socket, turn, "suspend", |done| {
        let before = if done.changed { "" } else { " before" };
        format!(
            "{} is suspended{}; sessions ended: {}.\nNobody of it gets in until `doorward org resume {}`.",
            visible(&done.organization.slug),
            before,
            done.ended,
            visible(&done.organization.slug)
        )
    })
    .await
}

async fn resume(turn: &Turn) -> Result<Exit, Error> {
    let socket = Socket::of(&turn.asking)?;
    turned(&socket, turn, "resume", |done| {
        let slug = visible(&done.organization.slug);
        match (done.changed, done.organization.enabled) {
            (false, _) => format!("{slug} was not suspended."),
            (true, true) => format!("{slug} is resumed: its people can sign in again."),
            (true, false) => format!("{slug} is resumed, but disabled in the file."),
        }
    })
    .await
}

async fn turned(
    socket: &Socket,
    turn: &Turn,
    verb: &str,
    for_people: impl FnOnce(&Turned) -> String,
) -> Result<Exit, Error> {
    let why = Why {
        reason: turn.reason.clone(),
    };
    let path = format!("{}/{verb}", path(&turn.organization));
    let done: Turned = socket.post(&path, &why).await?;
    turn.asking.tell(&done, || for_people(&done));
    Ok(Exit::Fine)
}

fn path(slug: &str) -> String {
    format!("/organizations/{}", super::path_segment(slug))
}

/// Such as `1 session`.
fn counted(one: &Organization) -> String {
    let noun = if one.sessions == 1 {
        "session"
    } else {
        "sessions"
    };
    format!("{} {noun}", sessions(one))
}

fn for_people(all: &Organizations) -> String {
    let rows = all.organizations.iter().map(|one| {
        vec![
            one.slug.clone(),
            one.name.clone(),
            state(one),
            sessions(one),
            one.providers.join(","),
            one.sign_in_url.clone(),
        ]
    });
    let rows = rows.collect::<Vec<_>>();
    table(
        &["SLUG", "NAME", "STATE", "SESSIONS", "PROVIDERS", "SIGN-IN"],
        &rows,
    )
}

fn details(one: &Organization) -> String {
    let seconds = |seconds| format_duration(Duration::from_secs(seconds)).to_string();
    let rules = one
        .allow
        .iter()
        .map(|(key, value)| format!("{key} = {value}"));
    let connections = one.connections.iter().map(|it| {
        let since = it.since.as_ref().map(|at| format!(" since {at}"));
        let only = it.only.as_ref().map(|id| format!(", only for {id}"));
        let (since, only) = (since.unwrap_or_default(), only.unwrap_or_default());
        format!("{}: {}{since}{only}", it.provider, it.state)
    });
    facts(&[
        ("organization", one.slug.clone()),
        ("name", one.name.clone()),
        ("state", state(one)),
        ("reason", one.suspension_reason.clone().unwrap_or_default()),
        ("sign-in", one.sign_in_url.clone()),
        ("hosts", one.hosts.join(", ")),
        ("domains", one.domains.join(", ")),
        ("providers", one.providers.join(", ")),
        ("owners", one.owners.join(", ")),
        ("activation", one.activation.clone()),
        ("connections", connections.collect::<Vec<_>>().join("; ")),
        ("allow", rules.collect::<Vec<_>>().join(", ")),
        ("idle timeout", seconds(one.idle_timeout_seconds)),
        ("absolute timeout", seconds(one.absolute_timeout_seconds)),
        (
            "per account",
            format!("{} sessions at most", one.max_sessions_per_account),
        ),
        ("sessions", sessions(one)),
    ])
}

fn state(one: &Organization) -> String {
    match (&one.suspended_since, one.enabled) {
        (_, false) => "DISABLED".to_owned(),
        (Some(since), true) => format!("SUSPENDED since {since}"),
        (None, true) => "enabled".to_owned(),
    }
}

fn sessions(one: &Organization) -> String {
    let more = if one.sessions >= MOST_COUNTED {
        "+"
    } else {
        ""
    };
    format!("{}{more}", one.sessions)
}
