//! How the running process is: `status` over the admin socket, `health` over the management listener.

use std::time::Duration;

use super::socket::{self, Error, Socket};
use super::{Asking, Exit, Health};
use crate::admin::Report;
use crate::config;

/// Prints how the running process is.
pub async fn status(asking: &Asking) -> Exit {
    match report(asking).await {
        Err(error) => error.complain(),
        Ok(report) => {
            asking.tell(&report, || screen(&report));
            if report.is_fine() {
                Exit::Fine
            } else {
                Exit::Failed
            }
        }
    }
}

async fn report(asking: &Asking) -> Result<Report, Error> {
    let socket = Socket::of(asking)?;
    socket.get("/status").await
}

/// Probes the running process.
pub async fn health(health: &Health) -> Exit {
    match probe(health).await {
        Ok(true) => Exit::Fine,
        Ok(false) => Exit::Failed,
        Err(error) => {
            error.complain();
            Exit::Failed
        }
    }
}

async fn probe(health: &Health) -> Result<bool, Error> {
    let operators = config::load_operators(&health.source.config);
    let operators = operators.map_err(|faults| Error::Configuration(Box::new(faults)))?;
    let address = operators.management.listen;
    let address = address.ok_or(Error::Off("management.listen"))?;
    let path = if health.ready { "/readyz" } else { "/livez" };
    socket::probe(address, path).await
}

/// The report for people.
pub fn screen(report: &Report) -> String {
    let mut lines = vec![format!(
        "doorward {} · up {} · {}",
        report.version,
        humantime::format_duration(Duration::from_secs(report.uptime_seconds)),
        if report.ready { "ready" } else { "NOT READY" },
    )];
    lines.push(format!("  serving    {}", report.public_url));
    for organization in &report.organizations {
        let state = match (&organization.suspended_since, organization.enabled) {
            (_, false) => "  DISABLED".to_owned(),
            (Some(since), true) => format!("  SUSPENDED since {since}"),
            (None, true) => String::new(),
        };
        let sessions = match organization.sessions {
            Some(1) => "  1 session".to_owned(),
            Some(count) => format!("  {count} sessions"),
            None => String::new(),
        };
        lines.push(format!(
            "  org        {}  {}{sessions}{state}",
            organization.slug, organization.sign_in_url
        ));
    }
    for provider in &report.providers {
        lines.push(format!("  provider   {}  {}", provider.id, provider.state));
        lines.push(format!(
            "             redirect URI {}",
            provider.redirect_uri
        ));
        if let Some(uri) = &provider.backchannel_logout_uri {
            lines.push(format!("             back-channel logout URI {uri}"));
        }
    }
    if let Some(identities) = &report.identities {
        let states = identities.iter();
        let states = states.map(|(state, count)| format!("{count} {state}"));
        let all = states.collect::<Vec<_>>().join(" · ");
        let all = if all.is_empty() { "none" } else { &all };
        lines.push(format!("  identities {all}"));
    }
    if let Some(last) = &report.last_reload {
        let note = match last.outcome.is_success() {
            true => "",
            false => ": what the file says is not in force",
        };
        let outcome = last.outcome.as_str();
        lines.push(format!("  reload     {}  {outcome}{note}", last.at));
    }
    match &report.store_fault {
        None => lines.push(format!(
            "  store      ok, {} KiB",
            report.store_bytes / 1024
        )),
        Some(fault) => lines.push(format!("  store      FAILED: {fault}")),
    }
    lines.join("\n")
}
