//! How many identities and sessions there are, and how they stand: counted by walking all of them again and again, slowly
//! enough that nobody notices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Error, Revalidation, Shared};
use crate::config::Slug;
use crate::identity::{Filter, LinkState};
use crate::telemetry::metrics;

/// What a walk has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Identities by organization, provider and state.
    pub identities: BTreeMap<(Slug, Slug, LinkState), u64>,
    /// Sessions by organization, each counted up to [`MOST_SESSIONS`].
    pub sessions: BTreeMap<Slug, usize>,
}

/// Sessions of one organization are not counted beyond this.
pub const MOST_SESSIONS: usize = 100_000;

/// From the end of a walk to the beginning of the next.
const BETWEEN: Duration = Duration::from_secs(10);

/// After each piece it rests for so many times as long as that took: a twentieth of one core at most.
const REST: u32 = 20;

impl Revalidation {
    /// What the newest walk has found; none if the first is under way.
    pub fn census(&self) -> Option<Arc<Census>> {
        self.shared.census.load_full()
    }
}

impl Shared {
    /// Counts until told to stop.
    pub(super) async fn keep_counting(self: Arc<Self>, stop: CancellationToken) {
        let counting = async {
            loop {
                // A store that cannot be read is told of by whoever needs it; what was found before stands.
                if let Ok(found) = self.walk().await {
                    self.publish(found);
                }
                sleep(BETWEEN).await;
            }
        };
        stop.run_until_cancelled(counting).await;
    }

    async fn walk(&self) -> Result<Census, Error> {
        let mut census = Census::default();
        let mut after = None;
        loop {
            let begun = Instant::now();
            let page = self
                .people
                .list(&Filter::default(), after.as_deref())
                .await?;
            for one in page.identities {
                let key = (one.organization, one.provider, one.link.state);
                let count = census.identities.entry(key).or_default();
                *count = count.saturating_add(1);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            sleep(begun.elapsed() * REST).await;
        }
        for slug in self.config.organizations.keys() {
            let begun = Instant::now();
            let count = self.sessions.count(slug, MOST_SESSIONS).await?;
            census.sessions.insert(slug.clone(), count);
            sleep(begun.elapsed() * REST).await;
        }
        Ok(census)
    }

    fn publish(&self, found: Census) {
        let found = Arc::new(found);
        let before = self.census.swap(Some(Arc::clone(&found)));
        let before = before.unwrap_or_default();
        // Where there are none any more, the gauge says so.
        for key in before.identities.keys().chain(found.identities.keys()) {
            let (organization, provider, state) = key;
            let labels = metrics::IdentityState {
                organization: organization.to_string(),
                provider: provider.to_string(),
                state: state.as_str(),
            };
            let count = found.identities.get(key).copied().unwrap_or_default();
            let gauge = self.metrics.identities.get_or_create(&labels).clone();
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        // Those that the file has no longer have none.
        for organization in before.sessions.keys() {
            if !found.sessions.contains_key(organization) {
                let labels = metrics::Organization {
                    organization: organization.to_string(),
                };
                self.metrics.sessions_active.remove(&labels);
            }
        }
        for (organization, count) in &found.sessions {
            let labels = metrics::Organization {
                organization: organization.to_string(),
            };
            let gauge = self.metrics.sessions_active.get_or_create(&labels).clone();
            gauge.set(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }
}
