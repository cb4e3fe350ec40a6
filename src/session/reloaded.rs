//! Another file comes into force: whoever is in memory is judged by it at once, as a restart would.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Error;
use super::live::{Live, LiveGrant};
use super::sessions::Sessions;
use super::settings::Settings;
use super::ties::Tie;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::IdentityId;

impl Sessions {
    /// From now on `settings` say who may be here and for how long. Grants that do not stand under them let nobody in any
    /// more and what is open of them is cut; all others go on for as long as the new settings let them, with what is open of
    /// them unless its end has moved nearer: that is cut, and may be opened anew. What ends for good is for the caller to end in the store. Returns the providers whose people are asked about
    /// in another way from now on: how long these count is for [`Sessions::recount`].
    pub fn reconfigure(&self, settings: Settings) -> BTreeSet<Slug> {
        let settings = Arc::new(settings);
        let before = self.settings.swap(Arc::clone(&settings));
        let renew = |live: &Live, grant: &Arc<LiveGrant>| self.renew(&settings, live, grant);
        let stays = |tie: &Tie| {
            let connection = (&tie.organization, &tie.provider);
            settings.keeps(&before, connection, &tie.generation)
        };
        self.known.rejudge(renew, stays);
        settings.other_terms(&before)
    }

    /// Works out anew how long the identities of these providers count.
    ///
    /// # Errors
    /// The store's: the others count as before, until a provider confirms them.
    ///
    /// # Cancel safety
    /// Dropping the future leaves some as they were.
    pub async fn recount(&self, providers: &BTreeSet<Slug>) -> Result<(), Error> {
        if providers.is_empty() {
            return Ok(());
        }
        for id in self.known.identities() {
            let mut told = None;
            // A provider may answer meanwhile: what was read before that must not have the last word.
            while let Some(until) = self.until(&id, providers).await?
                && told != Some(until)
            {
                self.known.counts(&id, until);
                told = Some(until);
            }
        }
        Ok(())
    }

    /// Until when an identity of one of these providers counts, as the store has it.
    async fn until(
        &self,
        id: &IdentityId,
        providers: &BTreeSet<Slug>,
    ) -> Result<Option<Timestamp>, Error> {
        let found = self.people.find(id).await?;
        let found = found.filter(|(it, _)| providers.contains(&it.provider));
        let settings = self.settings.load();
        Ok(found.map(|(it, _)| it.counts_until(settings.terms(&it.provider))))
    }

    /// A grant under other settings, if it stands under them. Owners whose connection is shut are read again: they alone
    /// may come in, and nothing of theirs is open.
    fn renew(&self, settings: &Settings, live: &Live, grant: &LiveGrant) -> Option<LiveGrant> {
        let stored = grant.grant();
        let said = (self.people).activation(&stored.organization, &stored.provider);
        let stands = settings.admits(live.host(), stored, grant.profile())
            && (settings
                .door(stored)?
                .serves(said.as_deref(), grant.profile()))
            .is_ok();
        let limits = settings.limits(&stored.organization)?;
        stands.then(|| grant.under(limits))
    }
}
