//! The sessions as an operator sees them: who is signed in, and ending what a filter names.
//!
//! Everything is read in pieces, so that ten thousand sessions never lie in memory together.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;
use tracing::warn;

use super::record::{self, Grant, Over, Record};
use super::sessions::Sessions;
use super::{Device, Ending, Error, Handle, Key, Reason};
use crate::address::Host;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::{Generation, LinkState, Membership, Profile};
use crate::secret;
use crate::store::{Keys, Table};

/// Which grants are meant: all keys must hold, and one that is absent always does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Public id of the session.
    pub id: Option<String>,
    /// Where.
    pub organization: Option<Slug>,
    /// Whose: the id of the account or an e-mail address, in whatever case.
    pub user: Option<String>,
    /// Through which provider.
    pub provider: Option<Slug>,
    /// But not this session.
    pub except: Option<String>,
    /// Made then or earlier.
    pub granted_by: Option<Timestamp>,
    /// Made under other settings of the connection than these.
    pub but_of: Option<Generation>,
}

/// One grant of one session, for the operator.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Public id of the session.
    pub id: String,
    /// The host on which it counts.
    pub host: String,
    /// What it was opened in.
    pub device: Device,
    /// What is stored of the grant, with the newest use that is known.
    pub grant: Grant,
    /// Whose it is, if that is still known.
    pub profile: Option<Profile>,
    /// When it ends whatever happens, if its organization is still served.
    pub expires_at: Option<Timestamp>,
    /// Whether it lets anybody in.
    pub status: Status,
}

/// Whether a grant lets anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Active,
    /// It is over, though its record is still there.
    Over(Over),
    /// Organization, connection, rules, membership or the state of the identity do not admit it.
    Withheld,
}

/// A piece of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// In no particular order, but the same every time.
    pub sessions: Vec<Listed>,
    /// Where the next piece begins; none if this was the last one.
    pub next: Option<String>,
}

/// What an operator ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// How many grants, by organization.
    pub ended: BTreeMap<Slug, u64>,
    /// Whether there may be more: ask again.
    pub more: bool,
}

/// Entries of an index that are read at once.
const PIECE: usize = 250;

/// Grants that are ended at once: their writes share a trip to stable storage.
const TOGETHER: usize = 64;

/// Grants that one call ends, so that none takes long.
const MOST_ENDED: u64 = 1_000;

/// Revocations that are remembered. A sign-in that began before one of them is done long before so many others.
const REMEMBERED: usize = 64;

/// The newest revocations. What they mean of what was granted before them is over, so it is never wrong to look again.
#[derive(Debug, Default)]
pub(super) struct Revocations(Mutex<VecDeque<Revocation>>);

/// For how long they are: longer than any sign-in or one-time ticket that was under way. The clock may be set back
/// after a revocation, and then it must not go on ending sign-ins until the clock is there again.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

#[derive(Clone, Debug)]
struct Revocation {
    filter: Filter,
    /// What is written of it.
    event: audit::Event,
    at: Instant,
}

impl Revocations {
    fn remember(&self, filter: &Filter, event: &audit::Event) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back(Revocation {
            filter: filter.clone(),
            event: event.clone(),
            at: Instant::now(),
        });
        if all.len() > REMEMBERED {
            all.pop_front();
        }
    }

    fn all(&self) -> Vec<Revocation> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |one: &&Revocation| one.at.elapsed() < REMEMBERED_FOR;
        all.iter().filter(recent).cloned().collect()
    }
}

impl Status {
    /// For people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Over(over) => over.as_str(),
            Self::Withheld => "withheld",
        }
    }
}

impl Filter {
    /// Whether what is stored of a grant is meant; the address is looked at later.
    fn means(&self, record: &Record, grant: &Grant) -> bool {
        let account = || self.user.as_deref().filter(|user| !user.contains('@'));
        self.id.as_ref().is_none_or(|id| *id == record.id)
            && self.except.as_ref().is_none_or(|id| *id != record.id)
            && self
                .organization
                .as_ref()
                .is_none_or(|it| *it == grant.organization)
            && self
                .provider
                .as_ref()
                .is_none_or(|it| *it == grant.provider)
            && self.granted_by.is_none_or(|by| grant.granted_at <= by)
            && (self.but_of.as_ref()).is_none_or(|today| *today != grant.generation)
            && account().is_none_or(|account| account == grant.account.as_str())
    }

    /// The address that the person must have.
    fn address(&self) -> Option<&str> {
        self.user.as_deref().filter(|user| user.contains('@'))
    }

    /// Where to look, and what the keys there begin with: the smallest index that has everything.
    fn index(&self) -> (Table, Vec<u8>) {
        let account = self.user.as_deref().filter(|user| !user.contains('@'));
        match (&self.organization, account) {
            (Some(organization), Some(account)) => (
                Table::SessionsByAccount,
                record::account_prefix(organization, account),
            ),
            (Some(organization), None) => (
                Table::SessionsByOrganization,
                record::organization_prefix(organization),
            ),
            (None, _) => (Table::Sessions, Vec::new()),
        }
    }
}

impl Sessions {
    /// A piece of the sessions that a filter means, from where the piece before ended.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn list(
        &self,
        filter: &Filter,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Page, Error> {
        self.list_some(filter, after, PIECE, now).await
    }

    /// The same, of which at most `most` are looked at.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn list_some(
        &self,
        filter: &Filter,
        after: Option<&str>,
        most: usize,
        now: Timestamp,
    ) -> Result<Page, Error> {
        let after = after.and_then(secret::decode);
        let (found, next) = self.look(filter, after, most).await?;
        let mut sessions = Vec::new();
        for (key, record) in &found {
            for grant in &record.grants {
                if filter.means(record, grant) {
                    let listed = self.listed(key, record, grant, now).await?;
                    sessions.extend(Some(listed).filter(|listed| has_address(filter, listed)));
                }
            }
        }
        Ok(Page {
            sessions,
            next: next.map(|key| secret::encode(&key)),
        })
    }

    /// How many sessions an organization has, counted up to `most`.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn count(&self, organization: &Slug, most: usize) -> Result<usize, Error> {
        let keys = Keys::prefix(&record::organization_prefix(organization));
        let table = Table::SessionsByOrganization;
        Ok(self.store.range(table, keys, most).await?.len())
    }

    /// Ends what a filter means, as [`Sessions::end`] does: when this returns, all of it is durable and in force. A
    /// session that moves to a new handle meanwhile ends before anybody is given that handle. At most about a thousand
    /// at a time.
    ///
    /// # Errors
    /// The store's. What could be read has ended in this process all the same (threat model 47).
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn revoke(
        &self,
        filter: &Filter,
        event: &audit::Event,
        now: Timestamp,
    ) -> Result<Revoked, Error> {
        let mut revoking = Revoking::default();
        // Before anything is read: a session that moves out of the way meanwhile is looked at once it has moved.
        self.revocations.remember(filter, event);
        let mut after = None;
        loop {
            let (sessions, next) = self.look(filter, after, PIECE).await?;
            let meant = self.meant(filter, sessions, now).await?;
            self.end_all(&meant, event, &mut revoking).await;
            if revoking.is_enough() {
                return revoking.done(true);
            }
            match next {
                Some(next) => after = Some(next),
                None => return revoking.done(false),
            }
        }
    }

    /// Whether a filter means a grant that is no session yet: a one-time ticket holds it, for a session on `host`.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn is_meant(
        &self,
        filter: &Filter,
        host: &Host,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let record = Record::of(host.clone(), grant.clone());
        let meant = self.meant(filter, vec![(Handle::random().key(), record)], now);
        Ok(!meant.await?.is_empty())
    }

    /// Ends what a session that was just opened has although it was revoked: whoever revoked may have looked for it before
    /// it was here, and after it had left where it was - the browser's previous session, the provider's answer, or a
    /// one-time ticket.
    pub(super) async fn end_revoked(&self, key: &Key, opened: &Record) {
        for Revocation { filter, event, .. } in self.revocations.all() {
            let mut older = opened.clone();
            older.grants.retain(|grant| grant.granted_at < event.time);
            let meant = self.meant(&filter, vec![(*key, older)], event.time).await;
            let mut revoking = Revoking::default();
            match meant {
                Ok(meant) => self.end_all(&meant, &event, &mut revoking).await,
                Err(error) => revoking.failed = Some(error),
            }
            if let Err(error) = revoking.done(false) {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "a session that was revoked while it moved could not be ended"
                );
                // Until the store can tell, nobody gets in by it.
                self.known.end(key, Ending::Session);
            }
        }
    }

    /// The grants of these sessions that are meant and have not ended already, by session.
    async fn meant(
        &self,
        filter: &Filter,
        sessions: Vec<(Key, Record)>,
        now: Timestamp,
    ) -> Result<Vec<(Key, Vec<Grant>)>, Error> {
        let mut meant = Vec::new();
        for (key, record) in sessions {
            let mut grants = Vec::new();
            for grant in &record.grants {
                let counts = filter.means(&record, grant)
                    && !self.known.is_over(&key, &grant.organization)
                    && (filter.address().is_none()
                        || has_address(filter, &self.listed(&key, &record, grant, now).await?));
                grants.extend(Some(grant.clone()).filter(|_| counts));
            }
            if !grants.is_empty() {
                meant.push((key, grants));
            }
        }
        Ok(meant)
    }

    /// Ends grants: sessions side by side, the grants of one of them one after the other, since they are one record.
    async fn end_all(
        &self,
        meant: &[(Key, Vec<Grant>)],
        event: &audit::Event,
        revoking: &mut Revoking,
    ) {
        let why = match event.actor {
            audit::Actor::Account(_) => Reason::ByPerson,
            audit::Actor::System => Reason::Withdrawn,
            audit::Actor::Operator | audit::Actor::Visitor | audit::Actor::SetupLink => {
                Reason::Revoked
            }
        };
        for some in meant.chunks(TOGETHER) {
            let ends = some.iter().map(|(key, grants)| async move {
                let mut results = Vec::with_capacity(grants.len());
                for grant in grants {
                    let organization = &grant.organization;
                    let event = audit::Event {
                        organization: Some(organization.to_string()),
                        provider: Some(grant.provider.to_string()),
                        ..event.clone()
                    };
                    let ended = self.end(key, Ending::Grant(organization), why, &event);
                    results.push((organization.clone(), ended.await));
                }
                results
            });
            for (organization, result) in join_all(ends).await.into_iter().flatten() {
                revoking.note(organization, result);
            }
        }
    }

    /// The sessions of the next piece of the index, and where the one after it begins.
    async fn look(
        &self,
        filter: &Filter,
        after: Option<Vec<u8>>,
        most: usize,
    ) -> Result<(Vec<(Key, Record)>, Option<Vec<u8>>), Error> {
        let (table, prefix) = filter.index();
        // A place in another part of the index is none.
        let keys = match after.filter(|after| after.starts_with(&prefix)) {
            Some(after) => Keys::after(&prefix, &after),
            None => Keys::prefix(&prefix),
        };
        // One more than are looked at, to know whether there is more.
        let more = most.saturating_add(1);
        let mut piece = self.store.range(table, keys, more).await?;
        let full = piece.len() > most;
        piece.truncate(most);
        let mut found = Vec::with_capacity(piece.len());
        for (index, _) in &piece {
            let Some(key) = index.get(prefix.len()..).and_then(Key::from_bytes) else {
                continue;
            };
            // An index may outlive its session until it expires.
            if let Some((record, _)) = self.read(&key).await? {
                found.push((key, record));
            }
        }
        let next = piece.into_iter().next_back().filter(|_| full);
        Ok((found, next.map(|(index, _)| index)))
    }

    async fn listed(
        &self,
        key: &Key,
        record: &Record,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<Listed, Error> {
        let mut grant = grant.clone();
        if let Some(live) = self.known.held_by_anything(key) {
            let state = live.state.load();
            let used = state
                .grants
                .iter()
                .find(|it| it.grant().organization == grant.organization);
            grant.used_at = used.map_or(grant.used_at, |it| grant.used_at.max(it.used_at()));
        }
        let person = match self.people.find(&grant.identity).await {
            Ok(person) => person,
            Err(crate::identity::Error::Dangling) => None,
            Err(error @ crate::identity::Error::Store(_)) => return Err(error.into()),
        };
        let settings = self.settings.load_full();
        let limits = settings.limits(&grant.organization);
        let terms = settings.terms(&grant.provider);
        let admitted = person.as_ref().is_some_and(|(identity, account)| {
            account.membership == Membership::Active
                && matches!(identity.link.state, LinkState::Valid | LinkState::Suspect)
                && now < identity.counts_until(terms)
                && identity.account == grant.account
                && settings.admits(&record.host, &grant, &identity.profile)
                && self.passes(&settings, &grant, identity)
        });
        let over = limits.and_then(|limits| grant.over(limits, grant.used_at, now));
        Ok(Listed {
            id: record.id.clone(),
            host: record.host.to_string(),
            device: record.device,
            expires_at: limits.map(|limits| grant.expires_at(limits)),
            status: match over {
                Some(over) => Status::Over(over),
                None if admitted && !self.known.is_over(key, &grant.organization) => Status::Active,
                None => Status::Withheld,
            },
            profile: person.map(|(identity, _)| identity.profile),
            grant,
        })
    }
}

/// What has been ended so far.
#[derive(Debug, Default)]
struct Revoking {
    revoked: Revoked,
    /// The others end all the same (threat model 47).
    failed: Option<Error>,
}

impl Revoking {
    fn note(&mut self, organization: Slug, result: Result<(), Error>) {
        match result {
            Ok(()) => {
                let count = self.revoked.ended.entry(organization).or_default();
                *count = count.saturating_add(1);
            }
            Err(error) => self.failed = Some(error),
        }
    }

    fn is_enough(&self) -> bool {
        self.failed.is_none() && self.revoked.ended.values().sum::<u64>() >= MOST_ENDED
    }

    fn done(self, more: bool) -> Result<Revoked, Error> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(Revoked {
                more,
                ..self.revoked
            }),
        }
    }
}

fn has_address(filter: &Filter, listed: &Listed) -> bool {
    filter.address().is_none_or(|wanted| {
        let profile = listed.profile.as_ref();
        let address = profile.and_then(|profile| profile.email.as_deref());
        address.is_some_and(|address| address.eq_ignore_ascii_case(wanted))
    })
}
