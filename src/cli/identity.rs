//! `doorward identity`: who is linked, how each stands, asking about somebody now, and keeping somebody out.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::json;

use super::socket::{Error, Socket, with_query};
use super::table::{facts, table, visible};
use super::{Asking, Exit, Output};
use crate::admin::identities::{self as views, Deals, Meant};

/// `doorward identity`.
#[derive(Clone, Debug, Subcommand)]
pub enum Identity {
    /// List the linked identities, with their state and when each is asked about next.
    List(List),
    /// Show one identity.
    Show(One),
    /// Have the provider asked now, and say what came of it.
    ///
    /// Exit 0: still good. 1: the provider says no, or nobody asks about it. 4: the provider did not answer.
    Revalidate(Who),
    /// Keep somebody out until they are unblocked: sessions end at once, open streams included.
    Block(Who),
    /// Let somebody who was blocked sign in again.
    Unblock(Who),
    /// Forget an identity, and its account with the last one: whoever signs in by it next is somebody new to the
    /// application.
    Unlink(Who),
    /// Move an identity to another account of its organization: its sessions end, and whoever signs in by it next is that
    /// account. No sign-in ever does this by itself.
    Relink(Relink),
}

/// `doorward membership`.
#[derive(Clone, Debug, Subcommand)]
pub enum Membership {
    /// Take somebody out of an organization, by whatever identity they come: sessions end at once, open streams included.
    Remove(Who),
    /// Let somebody who was taken out sign in again.
    Restore(Who),
}

/// `doorward identity list`.
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only those in this organization.
    #[arg(long, visible_alias = "org", value_name = "SLUG")]
    pub organization: Option<String>,
    /// Only those of this person: an account id, an e-mail address or a subject at the provider.
    #[arg(long, visible_aliases = ["account", "email"], value_name = "ACCOUNT|EMAIL|SUBJECT", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// Only those through this provider.
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Only those that stand so.
    #[arg(long, value_enum)]
    pub state: Option<State>,
    /// Show at most so many.
    #[arg(short = 'n', long, default_value_t = 1000)]
    pub limit: usize,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// How an identity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Confirmed when it was last asked about.
    Valid,
    /// Asked about, and no answer.
    Suspect,
    /// The provider said no.
    Invalid,
    /// Its connection is gone or is another one now.
    Orphaned,
    /// Blocked by an operator.
    Blocked,
}

/// `doorward identity show`.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// Its id, as `identity list` shows it.
    #[arg(allow_hyphen_values = true)]
    pub id: String,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward identity relink`.
#[derive(Clone, Debug, Args)]
pub struct Relink {
    /// Its id, as `identity list` shows it.
    #[arg(allow_hyphen_values = true)]
    pub id: String,
    /// The account that it is to sign in to, by its id.
    #[arg(long, value_name = "ACCOUNT", allow_hyphen_values = true)]
    pub to: String,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// Whose identity is meant, and why.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("meant").args(["id", "user"]).required(true).multiple(false))]
pub struct Who {
    /// The identity with this id, as `identity list` shows it.
    #[arg(allow_hyphen_values = true)]
    pub id: Option<String>,
    /// All of this person: an account id, an e-mail address or a subject at the provider.
    #[arg(long, visible_aliases = ["account", "email"], value_name = "ACCOUNT|EMAIL|SUBJECT", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// Only in this organization.
    #[arg(long, visible_alias = "org", value_name = "SLUG")]
    pub organization: Option<String>,
    /// Only through this provider.
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// Does what was typed.
pub async fn run(identity: &Identity) -> Exit {
    let told = match identity {
        Identity::List(list) => show(list).await,
        Identity::Show(one) => details(one).await,
        Identity::Revalidate(who) => revalidate(who).await,
        Identity::Block(who) => deal(who, "/identities/block", "blocked").await,
        Identity::Unblock(who) => deal(who, "/identities/unblock", "unblocked").await,
        Identity::Unlink(who) => deal(who, "/identities/unlink", "unlinked").await,
        Identity::Relink(one) => relink(one).await,
    };
    told.unwrap_or_else(|error| error.complain())
}

/// Does what was typed.
pub async fn run_membership(membership: &Membership) -> Exit {
    let told = match membership {
        Membership::Remove(who) => deal(who, "/memberships/remove", "removed").await,
        Membership::Restore(who) => deal(who, "/memberships/restore", "restored").await,
    };
    told.unwrap_or_else(|error| error.complain())
}

async fn show(list: &List) -> Result<Exit, Error> {
    let socket = Socket::of(&list.asking)?;
    let state = list.state.and_then(|state| state.to_possible_value());
    let state = state.map(|state| state.get_name().to_owned());
    let mut identities = Vec::new();
    let mut after = None;
    loop {
        let query = with_query(
            "/identities",
            &[
                ("organization", list.organization.clone()),
                ("user", list.user.clone()),
                ("provider", list.provider.clone()),
                ("state", state.clone()),
                ("after", after),
            ],
        );
        let page: views::Identities = socket.get(&query).await?;
        identities.extend(page.identities);
        after = page.next;
        if after.is_none() || identities.len() > list.limit {
            break;
        }
    }
    let more = identities.len() > list.limit || after.is_some();
    identities.truncate(list.limit);
    let answer = json!({ "identities": identities, "more": more });
    list.asking.tell(&answer, || for_people(&identities));
    if more && list.asking.output == Output::Human {
        super::complain(&format!("there are more than {}; see --limit", list.limit));
    }
    Ok(Exit::Fine)
}

fn for_people(identities: &[views::Identity]) -> String {
    let rows = identities.iter().map(|one| {
        vec![
            one.id.clone(),
            one.organization.clone(),
            name(one).to_owned(),
            one.provider.clone(),
            one.state.clone(),
            one.last_verified_at.clone(),
            one.next_check_at.clone().unwrap_or_default(),
            one.reason.clone().unwrap_or_default(),
        ]
    });
    let headings = [
        "ID",
        "ORGANIZATION",
        "USER",
        "PROVIDER",
        "STATE",
        "CONFIRMED",
        "NEXT CHECK",
        "REASON",
    ];
    table(&headings, &rows.collect::<Vec<_>>())
}

async fn details(one: &One) -> Result<Exit, Error> {
    let socket = Socket::of(&one.asking)?;
    let query = with_query("/identities", &[("id", Some(one.id.clone()))]);
    let page: views::Identities = socket.get(&query).await?;
    let Some(found) = page.identities.first() else {
        super::complain("error: there is no such identity");
        return Ok(Exit::Failed);
    };
    one.asking.tell(found, || {
        let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
        facts(&[
            ("identity", found.id.clone()),
            ("organization", found.organization.clone()),
            ("account", found.account.clone()),
            ("provider", found.provider.clone()),
            ("issuer", found.issuer.clone()),
            ("subject", found.subject.clone()),
            ("e-mail", maybe(&found.email)),
            ("name", maybe(&found.name)),
            ("state", format!("{} since {}", found.state, found.since)),
            ("reason", maybe(&found.reason)),
            ("first seen", found.created_at.clone()),
            ("last confirmed", found.last_verified_at.clone()),
            ("last asked", maybe(&found.asked_at)),
            ("without answer", found.failures.to_string()),
            ("next check", maybe(&found.next_check_at)),
            ("counts until", maybe(&found.counts_until)),
        ])
    });
    Ok(Exit::Fine)
}

async fn revalidate(who: &Who) -> Result<Exit, Error> {
    let deals = ask(who, "/identities/revalidate").await?;
    who.asking.tell(&deals, || {
        let lines = deals.identities.iter().map(|deal| {
            let one = &deal.identity;
            let next = match &one.next_check_at {
                Some(at) => format!("next check {at}"),
                None => "not asked about again".to_owned(),
            };
            let why = match deal.reason.as_str() {
                "" => String::new(),
                why => format!(" ({why})"),
            };
            let (result, who) = (&deal.result, visible(name(one)));
            format!("{result}{why}  {who} through {}, {next}", one.provider)
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let any = |word: &str| deals.identities.iter().any(|deal| deal.result == word);
    let no_answer = |deal: &views::Deal| deal.result == "error" && deal.reason != "not_applicable";
    Ok(match () {
        () if deals.identities.iter().any(no_answer) => Exit::Outside,
        () if any("invalid") || any("error") => Exit::Failed,
        () => Exit::Fine,
    })
}

async fn deal(who: &Who, path: &str, done: &str) -> Result<Exit, Error> {
    let deals = ask(who, path).await?;
    who.asking.tell(&deals, || {
        let lines = deals.identities.iter().map(|deal| {
            let one = &deal.identity;
            let again = match deal.result.as_str() {
                "unchanged" => ", as before",
                _ => "",
            };
            let who = visible(name(one));
            let ended = match (done, deal.ended) {
                ("unblocked" | "restored", _) => "may sign in again".to_owned(),
                (_, 1) => "1 session ended".to_owned(),
                (_, many) => format!("{many} sessions ended"),
            };
            let (place, through) = (&one.organization, &one.provider);
            format!("{done} {who} in {place} through {through}{again}: {ended}")
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Fine)
}

async fn relink(one: &Relink) -> Result<Exit, Error> {
    let socket = Socket::of(&one.asking)?;
    let wanted = views::Move {
        id: one.id.clone(),
        to: one.to.clone(),
        reason: one.reason.clone(),
    };
    let deals: Deals = socket.post("/identities/relink", &wanted).await?;
    one.asking.tell(&deals, || {
        let lines = deals.identities.iter().map(|deal| {
            let (who, to) = (visible(name(&deal.identity)), &deal.identity.account);
            let place = &deal.identity.organization;
            match deal.result.as_str() {
                "unchanged" => format!("{who} in {place} signs in to {to} already"),
                _ => format!(
                    "{who} in {place} signs in to {to} now: {} sessions ended",
                    deal.ended
                ),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Fine)
}

async fn ask(who: &Who, path: &str) -> Result<Deals, Error> {
    let socket = Socket::of(&who.asking)?;
    let meant = Meant {
        id: who.id.clone(),
        user: who.user.clone(),
        organization: who.organization.clone(),
        provider: who.provider.clone(),
        reason: who.reason.clone(),
    };
    socket.post(path, &meant).await
}

/// What an operator knows somebody by.
fn name(one: &views::Identity) -> &str {
    one.email.as_deref().unwrap_or(&one.subject)
}
