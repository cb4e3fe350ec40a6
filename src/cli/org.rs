//! `doorward org`: the organizations of the running process.

use std::time::Duration;

use clap::{Args, Subcommand};
use humantime::format_duration;

use super::socket::{Error, Socket};
use super::table::{facts, table};
use super::{Asking, Exit};
use crate::admin::views::{MOST_COUNTED, Organization, Organizations};

/// `doorward org`.
#[derive(Clone, Debug, Subcommand)]
pub enum Org {
    /// List the organizations, with their doors and how many sessions they have.
    List(Asking),
    /// Show one organization: its rules, providers and limits as they are in force.
    Show(Show),
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

/// Does what was typed.
pub async fn run(org: &Org) -> Exit {
    let told = match org {
        Org::List(asking) => list(asking).await,
        Org::Show(show) => one(show).await,
    };
    match told {
        Ok(()) => Exit::Fine,
        Err(error) => error.complain(),
    }
}

async fn list(asking: &Asking) -> Result<(), Error> {
    let socket = Socket::of(asking)?;
    let all: Organizations = socket.get("/organizations").await?;
    asking.tell(&all, || for_people(&all));
    Ok(())
}

async fn one(show: &Show) -> Result<(), Error> {
    let socket = Socket::of(&show.asking)?;
    let slug = super::path_segment(&show.organization);
    let one: Organization = socket.get(&format!("/organizations/{slug}")).await?;
    show.asking.tell(&one, || details(&one));
    Ok(())
}

fn for_people(all: &Organizations) -> String {
    let rows = all.organizations.iter().map(|one| {
        vec![
            one.slug.clone(),
            one.name.clone(),
            state(one).to_owned(),
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
    facts(&[
        ("organization", one.slug.clone()),
        ("name", one.name.clone()),
        ("state", state(one).to_owned()),
        ("sign-in", one.sign_in_url.clone()),
        ("hosts", one.hosts.join(", ")),
        ("domains", one.domains.join(", ")),
        ("providers", one.providers.join(", ")),
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

const fn state(one: &Organization) -> &'static str {
    if one.enabled { "enabled" } else { "DISABLED" }
}

fn sessions(one: &Organization) -> String {
    let more = if one.sessions >= MOST_COUNTED {
        "+"
    } else {
        ""
    };
    format!("{}{more}", one.sessions)
}
