//! What the service manager is told that has started the process (`sd_notify(3)`): when it serves, reads its file again, stops,
//! and that it is alive. Without one, nothing happens.

use std::io;

use sd_notify::NotifyState::{Ready, Reloading, Status, Stopping, Watchdog};
use sd_notify::{NotifyState, notify, watchdog_enabled};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::config::Config;

/// Visitors are served.
pub(super) fn ready(config: &Config) {
    let count = config.organizations.len();
    let of = if count == 1 {
        "organization"
    } else {
        "organizations"
    };
    let status = format!("serving {count} {of} at {}", config.server.public_url);
    tell(&[Ready, Status(&status)]);
}

/// The file is read again, until [`ready`]. Says since when, by which `Type=notify-reload` tells reloads apart.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[Reloading, now]),
        Err(error) => complain(&error),
    }
}

/// No further requests; those under way end.
pub(super) fn stopping() {
    tell(&[Stopping, Status("stopping")]);
}

/// Says that the process is alive, twice in the time after which it would be ended for silence (`WatchdogSec=`).
pub(super) async fn watch(stop: CancellationToken) {
    let Some(patience) = watchdog_enabled().filter(|patience| !patience.is_zero()) else {
        return;
    };
    let mut tick = tokio::time::interval(patience / 2);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        tell(&[Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = notify(states) {
        complain(&error);
    }
}

fn complain(error: &io::Error) {
    warn!(%error, "the service manager could not be told how things stand");
}
