//! `doorward trace`: what happened to a sign-in, step by step.

use std::fmt::Write as _;

use clap::Args;

use super::socket::{Error, Socket, with_query};
use super::table::visible;
use super::{Asking, Exit, Output, path_segment};
use crate::admin::views::{Trace as Found, TracePart, TraceStep, Traces};
use crate::telemetry::trace::Step;

/// `doorward trace`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  doorward trace K7QM-2F9D                        the sign-in that this reference belongs to
  doorward trace k7qm2f9d --output json           the same for a program
  doorward trace --follow --user jo@acme.com      what happens to somebody who tries again now")]
pub struct Trace {
    /// The reference that a page, the field `Sso-Reference`, the log or the audit trail shows.
    #[arg(required_unless_present = "follow", conflicts_with = "follow")]
    pub reference: Option<String>,
    /// Show what happens from now on, until interrupted. With `--output json`, one object a line.
    #[arg(short, long)]
    pub follow: bool,
    /// Of the person whom the provider calls by this address.
    // A requirement alone does not count beside what conflicts with `follow`.
    #[arg(
        long,
        value_name = "EMAIL",
        requires = "follow",
        conflicts_with = "reference"
    )]
    pub user: Option<String>,
    /// In this organization.
    #[arg(
        long,
        visible_alias = "org",
        value_name = "SLUG",
        requires = "follow",
        conflicts_with = "reference"
    )]
    pub organization: Option<String>,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// How often what is new is asked for.
const FOLLOW_EVERY: std::time::Duration = std::time::Duration::from_millis(500);

/// Does what was typed.
pub async fn run(trace: &Trace) -> Exit {
    let told = match &trace.reference {
        Some(reference) => one(trace, reference).await,
        None => follow(trace).await,
    };
    told.unwrap_or_else(|error| error.complain())
}

async fn one(trace: &Trace, reference: &str) -> Result<Exit, Error> {
    let socket = Socket::of(&trace.asking)?;
    let path = format!("/traces/{}", path_segment(reference));
    let found: Found = socket.get(&path).await?;
    trace.asking.tell(&found, || for_people(&found.parts));
    Ok(Exit::Fine)
}

async fn follow(trace: &Trace) -> Result<Exit, Error> {
    let socket = Socket::of(&trace.asking)?;
    let mut last = socket.get::<Traces>("/traces").await?.last;
    loop {
        let path = with_query(
            "/traces",
            &[
                ("after", Some(last.to_string())),
                ("user", trace.user.clone()),
                ("organization", trace.organization.clone()),
            ],
        );
        let new: Traces = socket.get(&path).await?;
        for part in &new.parts {
            let is_read = match trace.asking.output {
                Output::Human => super::is_read(&for_people(std::slice::from_ref(part))),
                Output::Json => super::is_read(&serde_json::to_string(part).unwrap_or_default()),
            };
            if !is_read {
                return Ok(Exit::Fine);
            }
        }
        if new.last == last {
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
        last = new.last;
    }
}

/// One line for each step, and what to do about how it ended.
fn for_people(parts: &[TracePart]) -> String {
    let mut text = String::new();
    for part in parts {
        let place = [&part.organization, &part.provider];
        let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("  {}", place.join(" through "))
        };
        line(
            &mut text,
            &format!("{}  {}  {}{place}", part.at, part.reference, part.request),
        );
        for step in &part.steps {
            let (name, what) = told(&step.step);
            line(
                &mut text,
                &format!("  {:>6} ms  {name:<10} {what}", step.after_ms),
            );
        }
    }
    if let Some(suggestion) = suggestion(parts) {
        line(&mut text, &format!("Suggestion: {suggestion}"));
    }
    text.trim_end().to_owned()
}

/// Whoever signs in decides what some of it says.
fn line(text: &mut String, what: &str) {
    let _ = writeln!(text, "{}", visible(what));
}

#[expect(clippy::too_many_lines, reason = "a list: one line for each step")]
fn told(step: &Step) -> (&'static str, String) {
    match step {
        Step::Door {
            organization,
            chosen,
        } => {
            let organization = organization.as_deref().unwrap_or("no organization yet");
            ("door", format!("{organization} ({chosen})"))
        }
        Step::Begin {
            flow,
            return_path,
            chosen,
        } => {
            let chosen = told_unless_empty(" (organization: ", chosen, ")");
            ("begin", format!("{flow}, to {return_path}{chosen}"))
        }
        Step::Authorize {
            endpoint,
            scopes,
            asked,
        } => {
            let asked = asked.join(", ");
            ("authorize", format!("{endpoint} for {scopes}; {asked}"))
        }
        Step::Callback {
            answer,
            names_issuer,
        } => {
            let issuer = if *names_issuer {
                ", with its issuer"
            } else {
                ""
            };
            ("callback", format!("{answer}{issuer}"))
        }
        Step::Run {
            flow,
            return_path,
            age_ms,
        } => {
            let (seconds, tenths) = (age_ms / 1_000, age_ms % 1_000 / 100);
            (
                "run",
                format!("{flow} to {return_path}, begun {seconds}.{tenths} s ago"),
            )
        }
        Step::Call {
            operation,
            method,
            endpoint,
            answer,
            duration_ms,
        } => {
            let method = told_unless_empty("", method, " ");
            (
                "call",
                format!("{operation} {method}{endpoint}: {answer}, in {duration_ms} ms"),
            )
        }
        Step::IdToken {
            algorithm,
            key,
            age_s,
        } => {
            let key = key.as_deref().unwrap_or("without a key id");
            let age = age_s.map_or_else(String::new, |age| format!(", issued {age} s ago"));
            ("id_token", format!("{algorithm}, {key}{age}"))
        }
        Step::Identity {
            issuer,
            subject,
            email,
            email_verified,
            facts,
        } => {
            let mut text = format!("{issuer}|{subject}");
            if let Some(email) = email {
                let verified = if *email_verified {
                    "verified"
                } else {
                    "not verified"
                };
                let _ = write!(text, " {email} ({verified})");
            }
            for fact in facts {
                let _ = write!(text, ", {fact}");
            }
            ("identity", text)
        }
        Step::Ticket { host } => ("ticket", format!("on to {host}")),
        Step::Done { what } => ("DONE", what.clone()),
        Step::Refused { code, why, rule } => {
            let rule = rule.iter().map(|rule| format!(" [{rule}]"));
            (
                "REFUSED",
                format!("{code}: {why}{}", rule.collect::<String>()),
            )
        }
    }
}

/// What older versions did not note is empty.
fn told_unless_empty(before: &str, text: &str, after: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{before}{text}{after}")
    }
}

/// What an operator can do about the last thing that went wrong, where that can be told.
fn suggestion(parts: &[TracePart]) -> Option<String> {
    let steps = || parts.iter().flat_map(|part| &part.steps).map(step_of);
    let Some(Step::Refused { code, rule, .. }) = steps().next_back() else {
        return None;
    };
    let mut identity = steps().filter(|step| matches!(step, Step::Identity { .. }));
    let who = match identity.next_back() {
        Some(Step::Identity { email, .. }) => email.as_deref(),
        Some(_) | None => None,
    };
    match (rule, who) {
        (Some(rule), who) if rule.ends_with(".email_domains") => {
            let domain = who.and_then(|who| who.rsplit_once('@'));
            let domain = domain.map_or("theirs", |(_, domain)| domain);
            Some(format!(
                "if they belong there, add \"{domain}\" to {rule} and run doorward reload"
            ))
        }
        (Some(rule), _) if rule.ends_with(".enabled") => {
            Some(format!("see {rule}, or `doorward org resume`"))
        }
        (Some(rule), _) => Some(format!("they do not meet {rule}")),
        (None, _) => by_code(code).map(str::to_owned),
    }
}

const fn step_of(step: &TraceStep) -> &Step {
    &step.step
}

fn by_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "provider-misconfigured" | "provider-unreachable" => {
            "ask the provider how it is: `doorward provider test`"
        }
        "cookies-blocked" => {
            "the browser does not keep our cookie: is it the address of `server.public_url`?"
        }
        "organization-not-open" => {
            "an owner has to complete Setup, or to enable the connection again"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(after_ms: u64, step: Step) -> TraceStep {
        TraceStep { after_ms, step }
    }

    fn part(steps: Vec<TraceStep>) -> TracePart {
        TracePart {
            reference: "K7QM-2F9D".to_owned(),
            began_as: None,
            at: "2026-11-25T10:31:07Z".to_owned(),
            request: "GET app.example.com/_sso/callback/idp".to_owned(),
            organization: Some("acme".to_owned()),
            provider: Some("idp".to_owned()),
            user: None,
            steps,
        }
    }

    fn refused(code: &str, rule: Option<&str>) -> Step {
        Step::Refused {
            code: code.to_owned(),
            why: "no".to_owned(),
            rule: rule.map(str::to_owned),
        }
    }

    #[test]
    fn the_last_step_says_what_to_do() {
        let identity = Step::Identity {
            issuer: "https://idp".to_owned(),
            subject: "1".to_owned(),
            email: Some("jo@acme.io".to_owned()),
            email_verified: true,
            facts: vec!["group staff".to_owned()],
        };
        let rule = "organizations.acme.allow.email_domains";
        let steps = vec![
            step(3, identity),
            step(4, refused("account-not-allowed", Some(rule))),
        ];
        let text = for_people(&[part(steps)]);
        assert!(
            text.contains("K7QM-2F9D  GET app.example.com/_sso/callback/idp  acme through idp"),
            "{text}"
        );
        assert!(
            text.contains("identity   https://idp|1 jo@acme.io (verified), group staff"),
            "{text}"
        );
        assert!(
            text.ends_with(&format!(
                "add \"acme.io\" to {rule} and run doorward reload"
            )),
            "{text}"
        );
        for (code, said) in [
            ("provider-unreachable", Some("provider test")),
            ("login-expired", None),
        ] {
            let text = for_people(&[part(vec![step(1, refused(code, None))])]);
            assert_eq!(text.contains("Suggestion"), said.is_some(), "{text}");
            assert!(text.contains(said.unwrap_or_default()), "{text}");
        }
    }

    #[test]
    fn inv_37_what_somebody_calls_themselves_stays_on_its_line() {
        let name = Step::Done {
            what: "signed in\nREFUSED\u{1b}[31m".to_owned(),
        };
        let text = for_people(&[part(vec![step(1, name)])]);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
