//! Asking the addresses of an application how they are, without a visitor.

use std::sync::Arc;

use http::{HeaderValue, Method, Uri, request};
use hyper::Request;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::balance::Turn;
use super::body::Outgoing;
use super::endpoint::Endpoint;
use super::{Error, Upstream};
use crate::config::Health;

impl Upstream {
    /// Begins to ask, if the file says so, until `stop` or until the process stops.
    pub fn look_after(self: &Arc<Self>, stop: &CancellationToken) {
        let Some(health) = &self.health else {
            return;
        };
        for endpoint in &self.endpoints {
            let (upstream, endpoint) = (Arc::clone(self), Arc::clone(endpoint));
            let (health, stop) = (health.clone(), stop.clone());
            drop(self.tasks.spawn(async move {
                let stopping = upstream.tasks.stopping().clone();
                let asking = stop.run_until_cancelled(upstream.ask_again(&endpoint, &health));
                stopping.run_until_cancelled(asking).await;
            }));
        }
    }

    async fn ask_again(&self, endpoint: &Endpoint, health: &Health) {
        let mut tick = interval(health.interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let asked = timeout(health.timeout, ask(endpoint, health)).await;
            let well = matches!(asked, Ok(Ok(true)));
            let (upstream, address) = (&**self.tally.name(), &**endpoint.address());
            match endpoint.asked(well, health, Instant::now()) {
                Turn::None => {}
                Turn::Back => info!(upstream, address, "an address of an application is back"),
                Turn::Out => warn!(
                    upstream,
                    address, "an address of an application says that it is not well, or nothing"
                ),
            }
            self.tell(endpoint);
        }
    }
}

/// Whether it says that it is well: any answer from 200 to 399.
async fn ask(endpoint: &Endpoint, health: &Health) -> Result<bool, Error> {
    let (mut head, ()) = Request::new(()).into_parts();
    head.method = Method::GET;
    head.uri = health.path.parse::<Uri>().map_err(|_| Error::Address)?;
    say_who(&mut head);
    endpoint.direct(&mut head, None)?;
    let request = Request::from_parts(head, Outgoing::empty());
    let answer = endpoint.request(request, None, false).await;
    // A connection of HTTP/1.1 goes with it: what is asked this seldom keeps none.
    let (answer, _) = answer.map_err(Error::of_failure)?;
    let status = answer.status();
    Ok(status.is_success() || status.is_redirection())
}

fn say_who(head: &mut request::Parts) {
    let name = HeaderValue::from_static("doorward-health");
    head.headers.insert(http::header::USER_AGENT, name);
}
