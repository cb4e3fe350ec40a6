//! All sessions: finding them, and switching between their grants. `opening`, `ending` and `used` are the rest of their
//! life; `known` is what is in memory of them.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::denied::Denials;
use super::known::Known;
use super::live::{Live, LiveGrant};
use super::record::{self, Grant, Record};
use super::roster::Revocations;
use super::settings::Settings;
use super::standing::Standing;
use super::suspended::Suspensions;
use super::{Error, Handle, Key};
use crate::address::Host;
use crate::config::{self, Slug};
use crate::identity::{Identity, LinkState, Membership, People, Profile, Shut};
use crate::store::{self, Batch, Seal, Store, Table};
use crate::telemetry::Metrics;

/// The sessions of this process.
#[derive(Debug)]
pub struct Sessions {
    pub(super) store: Arc<dyn Store>,
    pub(super) seal: Seal,
    pub(super) people: People,
    pub(super) settings: ArcSwap<Settings>,
    pub(super) metrics: Metrics,
    pub(super) known: Known,
    pub(super) revocations: Revocations,
    pub(super) denials: Denials,
    pub(super) suspensions: Suspensions,
}

/// Sessions kept ready in memory; others are read from the store on their next request.
const CACHED_SESSIONS: usize = 100_000;

/// How often a change is tried again when the records moved underneath it.
pub(super) const TRIES: usize = 16;

/// What a stored grant needs to live.
type Revived = (Grant, Arc<Profile>, config::Sessions, Arc<Standing>);

impl Sessions {
    /// Over a store.
    pub fn new(
        store: Arc<dyn Store>,
        seal: Seal,
        people: People,
        settings: Settings,
        metrics: Metrics,
    ) -> Self {
        Self {
            store,
            seal,
            people,
            settings: ArcSwap::from_pointee(settings),
            metrics,
            known: Known::new(CACHED_SESSIONS),
            revocations: Revocations::default(),
            denials: Denials::default(),
            suspensions: Suspensions::default(),
        }
    }

    /// The session of a handle on a host. From memory in the usual case; the first request after a start reads the
    /// store. `None` is a definite "no such session".
    ///
    /// # Errors
    /// When the store cannot tell.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn find(&self, handle: &Handle, host: &Host) -> Result<Option<Arc<Live>>, Error> {
        let key = handle.key();
        let live = match self.known.get(&key) {
            Some(live) => Some(live),
            None => self.load(key).await?,
        };
        Ok(live.filter(|live| live.host() == host))
    }

    async fn load(&self, key: Key) -> Result<Option<Arc<Live>>, Error> {
        for _ in 0..TRIES {
            // The place is void as soon as somebody removes the key: what ends while it is being read is not kept.
            let place = match self.known.get_or_place(&key).await {
                Ok(live) if self.known.is_current(&live) => return Ok(Some(live)),
                // Loaded by another request, and void by the time it was there.
                Ok(_) => continue,
                Err(place) => place,
            };
            let settings = self.settings.load_full();
            let Some((record, _)) = self.read(&key).await? else {
                return Ok(None);
            };
            let mut revived = Vec::with_capacity(record.grants.len());
            for grant in &record.grants {
                if !self.known.is_over(&key, &grant.organization) {
                    revived.extend(self.revive(&settings, &record.host, grant).await?);
                }
            }
            if revived.is_empty() {
                return Ok(None);
            }
            // What the file said when it was judged must be what it says when it is kept.
            let still = || Arc::ptr_eq(&settings, &self.settings.load());
            let live = self.known.fill(place, (key, &record), still, |cut_of| {
                let grants = revived
                    .into_iter()
                    .map(|(grant, profile, limits, standing)| {
                        let cut = cut_of(&grant);
                        Arc::new(LiveGrant::new(grant, profile, &limits, cut, standing))
                    });
                grants.collect()
            });
            if live.is_some() {
                return Ok(live);
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Whether the connection that a grant came by still lets its person in.
    pub(super) fn passes(&self, settings: &Settings, grant: &Grant, identity: &Identity) -> bool {
        let said = self.people.activation(&grant.organization, &grant.provider);
        let door = settings.door(grant);
        let admitted =
            door.map(|door| door.admits(said.as_deref(), &identity.issuer, &identity.profile));
        admitted == Some(Ok(()))
    }

    /// Whether the connection of a grant serves its person: owners alone come in while it does not, and to its admin pages
    /// alone. Every request asks; it is judged again only after an owner has said something.
    ///
    /// # Errors
    /// Why not.
    pub fn check_connection(&self, live: &LiveGrant) -> Result<(), Shut> {
        let changes = self.people.activation_changes();
        if live.served_at() == Some(changes) {
            return Ok(());
        }
        let grant = live.grant();
        let said = self.people.activation(&grant.organization, &grant.provider);
        let settings = self.settings.load();
        let door = settings.door(grant).ok_or(Shut::NotActivated)?;
        door.serves(said.as_deref(), live.profile())?;
        live.serve(changes);
        Ok(())
    }

    /// A stored grant with what it needs to live, if it still stands.
    async fn revive(
        &self,
        settings: &Settings,
        host: &Host,
        grant: &Grant,
    ) -> Result<Option<Revived>, Error> {
        let Some((identity, account)) = self.people.find(&grant.identity).await? else {
            return Ok(None);
        };
        let is_linked = matches!(identity.link.state, LinkState::Valid | LinkState::Suspect);
        let stands = account.membership == Membership::Active
            && is_linked
            && identity.account == grant.account
            && !self.is_suspended(&grant.organization)
            && settings.admits(host, grant, &identity.profile)
            && self.passes(settings, grant, &identity);
        let limits = settings.limits(&grant.organization);
        let Some(limits) = limits.filter(|_| stands) else {
            return Ok(None);
        };
        let until = identity.counts_until(settings.terms(&grant.provider));
        let standing = self.known.standing(&identity.id, until);
        let profile = Arc::new(identity.profile);
        Ok(Some((grant.clone(), profile, *limits, standing)))
    }

    /// The identity that a grant rests on, as it is stored now; none if it is gone.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn identity(&self, grant: &Grant) -> Result<Option<Identity>, Error> {
        let found = self.people.find(&grant.identity).await?;
        Ok(found.map(|(identity, _)| identity))
    }

    /// Makes another organization the active one on the shared host.
    ///
    /// # Errors
    /// The store's. `Ok(false)`: there is no such grant.
    pub async fn switch(&self, live: &Arc<Live>, organization: &Slug) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let Some((mut record, raw)) = self.read(&live.key).await? else {
                return Ok(false);
            };
            if record.grant(organization).is_none() {
                return Ok(false);
            }
            record.activate(organization.clone());
            let mut batch = Batch::new();
            batch.expect_unchanged(Table::Sessions, live.key.as_bytes(), raw);
            self.put(&mut batch, &live.key, &record)?;
            match self.store.commit(batch).await {
                Ok(()) => {
                    self.known.refresh(live);
                    return Ok(true);
                }
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    pub(super) async fn read(&self, key: &Key) -> Result<Option<(Record, Vec<u8>)>, Error> {
        match self.store.get(Table::Sessions, key.as_bytes()).await? {
            None => Ok(None),
            Some(raw) => {
                let record = self.seal.open_json(Table::Sessions, key.as_bytes(), &raw)?;
                Ok(Some((record, raw)))
            }
        }
    }

    pub(super) fn put(&self, batch: &mut Batch, key: &Key, record: &Record) -> Result<(), Error> {
        let sealed = self
            .seal
            .seal_json(Table::Sessions, key.as_bytes(), record)?;
        batch.put(Table::Sessions, key.as_bytes(), sealed);
        Ok(())
    }
}

/// Where a grant is found from.
pub(super) fn indexes(grant: &Grant, key: &Key) -> Vec<(Table, Vec<u8>)> {
    let mut all = vec![
        (Table::SessionsByAccount, record::account_index(grant, key)),
        (
            Table::SessionsByOrganization,
            record::organization_index(grant, key),
        ),
    ];
    all.extend(grant.at_provider.indexes(key, &grant.organization));
    all
}

/// Adds to `batch` that a record and its indexes go.
pub(super) fn unlink(batch: &mut Batch, key: &Key, record: &Record) {
    batch.remove(Table::Sessions, key.as_bytes());
    for (table, index) in record.grants.iter().flat_map(|grant| indexes(grant, key)) {
        batch.remove(table, index);
    }
}
