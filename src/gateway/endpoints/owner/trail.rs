//! What happened in an organization, for its owners: the newest entries of the audit trail that name it.

use http::Response;

use super::Owner;
use crate::audit::{Actor, Entry};
use crate::gateway::endpoints::Ask;
use crate::gateway::{Body, Error, Gateway};
use crate::pages::Organization;
use crate::pages::owner::{OwnerTrail, TrailRow};
use crate::store::trail;

/// Entries on one page: it stays small with the largest logo and in every language too.
const PAGE: usize = 15;

/// Entries that are read at once.
const PIECE: u64 = 500;

/// Entries that are looked at for one page: what others do must not make it slow.
const MOST_SEARCHED: u64 = 10_000;

impl Gateway {
    pub(super) async fn owned_trail(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let search = ask.query.get("q").map(str::trim);
        let search = search.filter(|text| !text.is_empty());
        let before = ask.query.get("before").and_then(|text| text.parse().ok());
        let (entries, next) = self.look_back(owner, search, before).await?;
        let view = OwnerTrail {
            organization: Organization::from(owner.organization),
            search,
            entries: entries.into_iter().map(TrailRow::from).collect(),
            next,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    /// Entries of the organization from before a place, newest first, and the place to go on from.
    async fn look_back(
        &self,
        owner: &Owner<'_>,
        search: Option<&str>,
        before: Option<u64>,
    ) -> Result<(Vec<Entry>, Option<u64>), Error> {
        let store = &*self.store;
        let end = trail::end(store).await?.sequence;
        let mut last = before.map_or(end, |before| before.saturating_sub(1).min(end));
        let floor = last.saturating_sub(MOST_SEARCHED);
        let slug = owner.organization.slug.as_str();
        let mut found = Vec::new();
        while last > floor {
            let first = last.saturating_sub(PIECE - 1).max(floor + 1);
            let piece = trail::entries(store, first, last, usize::MAX).await?;
            for entry in piece.into_iter().rev() {
                let is_theirs = entry.event.organization.as_deref() == Some(slug);
                if is_theirs && search.is_none_or(|text| holds(&entry, text)) {
                    if found.len() == PAGE {
                        let oldest = found.last().map(|entry: &Entry| entry.sequence);
                        return Ok((found, oldest));
                    }
                    found.push(entry);
                }
            }
            last = first.saturating_sub(1);
        }
        let next = (floor > 0).then(|| floor.saturating_add(1));
        Ok((found, next))
    }
}

/// Whether an entry says what somebody typed.
fn holds(entry: &Entry, text: &str) -> bool {
    let event = &entry.event;
    let fields = [
        &event.provider,
        &event.target,
        &event.reference,
        &event.reason,
    ];
    let text = text.to_lowercase();
    let says = |field: &Option<String>| {
        let field = field.as_deref().unwrap_or_default();
        field.to_lowercase().contains(&text)
    };
    event.kind.name().contains(&text)
        || actor(&event.actor).to_lowercase().contains(&text)
        || fields.into_iter().any(says)
}

fn actor(actor: &Actor) -> &str {
    match actor {
        Actor::Account(id) => id,
        Actor::Visitor => "visitor",
        Actor::System => "system",
        Actor::Operator => "operator",
        Actor::SetupLink => "setup link",
    }
}
