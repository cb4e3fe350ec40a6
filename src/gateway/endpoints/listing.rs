//! Lists, a page of them at a time.

use super::Ask;
use crate::gateway::{Error, Gateway};
use crate::pages::Seen;
use crate::session::{Device, Filter, Listed, Page, Status};

/// How many pieces are looked at before a page shows what it has.
const MOST_PIECES: usize = 50;

/// Where a page of a list begins.
pub(super) fn start(ask: &Ask<'_>) -> usize {
    let from = ask.query.get("from").and_then(|from| from.parse().ok());
    from.unwrap_or(0)
}

/// Where the page after it begins, if there is one.
pub(super) fn following(from: usize, most: usize, all: usize) -> Option<usize> {
    from.checked_add(most).filter(|next| *next < all)
}

/// What a session was opened in, for people.
pub(super) const fn seen(device: Device) -> Seen {
    Seen {
        browser: device.browser.name(),
        system: device.system.name(),
    }
}

impl Gateway {
    /// At most `most` sessions that let somebody in, from where the page before ended. Those that are over stay in the store
    /// for a while, and may be many at the end of a day: a page is filled up past them.
    pub(super) async fn active_sessions(
        &self,
        filter: &Filter,
        after: Option<&str>,
        most: usize,
    ) -> Result<Page, Error> {
        let now = self.clock.now();
        let mut active: Vec<Listed> = Vec::new();
        let mut next = after.map(str::to_owned);
        for _ in 0..MOST_PIECES {
            let left = most.saturating_sub(active.len());
            let after = next.as_deref();
            let page = self.sessions.list_some(filter, after, left, now).await?;
            let is_active = |one: &Listed| one.status == Status::Active;
            active.extend(page.sessions.into_iter().filter(is_active));
            next = page.next;
            if next.is_none() || active.len() >= most {
                break;
            }
        }
        Ok(Page {
            sessions: active,
            next,
        })
    }
}
