//! One-time tickets: how a sign-in that ended on the shared host becomes a session on an organization's own host.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::finish::{TRIES, Visit, done, gone};
use super::run::{Before, Run, Target};
use super::{Again, Errand, Error, Gone, Pipeline, Shared, errand};
use crate::address::{Astray, Host, ReturnPath};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::config::defaults::TICKET_LIFETIME;
use crate::identity::{self, Door, Generation, Identity, LinkState, Membership};
use crate::provider::{Asserted, Flow};
use crate::secret::{self, Secret};
use crate::session::cookies::BindingKind;
use crate::session::{self, Device, Filter, Grant, Handle, Named, Opening, Revoked};
use crate::store::{self, Batch, Table};
use crate::telemetry::Reference;
use crate::telemetry::trace::{self, Step};

/// A used or late ticket is kept this much longer: shorter than a run, because every logout that begins at a provider looks
/// through the tickets, and nobody sees the address that has one in it for longer than a redirect takes.
const KEPT: Duration = Duration::from_secs(600);

/// What travels through the browser's address line, once.
#[derive(Debug)]
pub struct Ticket {
    /// Where it counts.
    pub host: Host,
    /// The secret.
    pub token: Secret<String>,
}

/// What the store keeps.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    host: Host,
    tag: String,
    entry: String,
    organization: Slug,
    provider: Slug,
    generation: Generation,
    what: What,
    return_path: ReturnPath,
    /// Of the request that began the sign-in, for its trace.
    #[serde(default)]
    reference: Option<Reference>,
    /// Whether the browser seemed to be elsewhere then than where it reached us.
    #[serde(default)]
    astray: Astray,
    expires_at: Timestamp,
    /// A used one is kept for a while, as runs are: whoever reloads the page goes where they were going.
    #[serde(default)]
    is_used: bool,
}

/// What a ticket is good for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum What {
    /// A session.
    Grant(Box<Grant>),
    /// What somebody who has a session there wants to do with what the provider says.
    Errand {
        errand: Errand,
        asserted: Box<Asserted>,
    },
}

impl Ticket {
    /// For the trace.
    pub(super) fn step(&self) -> Step {
        Step::Ticket {
            host: self.host.to_string(),
        }
    }
}

impl Stored {
    /// Where the sign-in can begin again.
    fn again(&self) -> Option<Box<Again>> {
        Some(Box::new(Again {
            organization: self.organization.clone(),
            provider: self.provider.clone(),
            return_path: self.return_path.clone(),
            target: Target::Own {
                host: self.host.clone(),
                tag: self.tag.clone(),
                entry: self.entry.clone(),
                before: Before::Unsaid,
            },
            step_up: None,
            errand: match &self.what {
                What::Grant(_) => None,
                What::Errand { errand, .. } => Some(errand.clone()),
            },
        }))
    }
}

impl Stored {
    fn entered(&self, handle: Option<Handle>) -> Entered {
        Entered {
            handle,
            return_path: self.return_path.clone(),
            organization: self.organization.clone(),
        }
    }
}

/// What ends sign-ins before they are sessions.
#[derive(Clone, Copy)]
pub(super) enum Ended<'a> {
    /// A provider's logout.
    Named(&'a Named),
    /// An operator, at that time.
    Revoked(&'a Filter, Timestamp),
}

/// Tickets that are read at once.
const PAGE: usize = 200;

/// Where a ticket counts, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) host: &'a Host,
    pub(super) tag: &'a str,
    pub(super) entry: &'a str,
}

/// A ticket that was taken.
#[derive(Debug)]
pub struct Entered {
    /// The new session; none if the one that is there goes on.
    pub handle: Option<Handle>,
    /// Where the browser goes.
    pub return_path: ReturnPath,
    /// In which organization.
    pub organization: Slug,
}

/// A ticket in the hands of the browser it was made for.
struct Entering {
    key: [u8; 32],
    raw: Vec<u8>,
    stored: Stored,
    previous: Option<Handle>,
    device: Device,
    reference: String,
}

impl Shared {
    pub(super) fn issue(
        &self,
        batch: &mut Batch,
        place: Place<'_>,
        what: What,
        run: &Run,
        now: Timestamp,
    ) -> Result<Ticket, Error> {
        let token = secret::random_token();
        let key = key(&token);
        let stored = Stored {
            host: place.host.clone(),
            tag: place.tag.to_owned(),
            entry: place.entry.to_owned(),
            organization: run.organization.clone(),
            provider: run.provider.clone(),
            generation: run.generation.clone(),
            what,
            return_path: run.return_path.clone(),
            reference: run.reference,
            astray: run.astray,
            expires_at: now.plus(TICKET_LIFETIME),
            is_used: false,
        };
        batch
            .expect_absent(Table::Tickets, key)
            .put(
                Table::Tickets,
                key,
                self.seal.seal_json(Table::Tickets, &key, &stored)?,
            )
            .expire(
                stored.expires_at.plus(KEPT),
                &[(Table::Tickets, key.to_vec())],
            );
        Ok(Ticket {
            host: place.host.clone(),
            token,
        })
    }
}

impl Shared {
    /// Another ticket in place of one that nobody has taken; `None` if somebody has, or it is too late.
    pub(super) async fn exchange(
        &self,
        batch: &mut Batch,
        old: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ticket>, Error> {
        let Some(raw) = self.store.get(Table::Tickets, &old).await? else {
            return Ok(None);
        };
        let stored: Stored = self.seal.open_json(Table::Tickets, &old, &raw)?;
        if stored.is_used || now >= stored.expires_at {
            return Ok(None);
        }
        let token = secret::random_token();
        let key = key(&token);
        let kept_until = stored.expires_at.plus(KEPT);
        let sealed = self.seal.seal_json(Table::Tickets, &key, &stored)?;
        batch
            .expect_unchanged(Table::Tickets, old, raw)
            .remove(Table::Tickets, old)
            .unexpire(kept_until, &old)
            .expect_absent(Table::Tickets, key)
            .put(Table::Tickets, key, sealed)
            .expire(kept_until, &[(Table::Tickets, key.to_vec())]);
        let host = stored.host;
        Ok(Some(Ticket { host, token }))
    }
}

impl Pipeline {
    /// Takes a ticket on the host it was made for, in the browser that began there, and makes the session.
    ///
    /// # Errors
    /// [`Error::Gone`] if it is unknown, too old, used or for another host; [`Error::Unbound`] if another browser brings
    /// it (it stays good for the right one); the store's.
    ///
    /// # Cancel safety
    /// Safe: once the ticket is being taken, the work is a task of its own. A visitor who leaves may leave a session that
    /// nobody holds; it ends idle.
    pub async fn enter(
        &self,
        token: &Secret<String>,
        host: &Host,
        visit: Visit<'_>,
    ) -> Result<Entered, Error> {
        let Visit {
            cookies,
            device,
            reference,
        } = visit;
        let shared = &self.shared;
        let key = key(token);
        let Some(raw) = shared.store.get(Table::Tickets, &key).await? else {
            return Err(gone(Gone::Unknown, None));
        };
        let stored: Stored = shared.seal.open_json(Table::Tickets, &key, &raw)?;
        if stored.host != *host {
            return Err(gone(Gone::Unknown, None));
        }
        trace::goes_on(stored.reference);
        trace::about(stored.organization.as_str(), stored.provider.as_str());
        let proof = cookies.binding(BindingKind::Entry, &stored.tag);
        let bound = proof.is_some_and(|proof| {
            secret::constant_time_eq(secret::encode(&proof).as_bytes(), stored.entry.as_bytes())
        });
        if !bound {
            return Err(Error::Unbound {
                astray: stored.astray,
            });
        }
        if stored.is_used {
            return Err(gone(Gone::Used, stored.again()));
        }
        let entering = Entering {
            key,
            raw,
            stored,
            previous: cookies.handle(),
            device,
            reference: reference.to_owned(),
        };
        let worker = Arc::clone(shared);
        let task = shared
            .tasks
            .spawn(trace::carried(async move { worker.take(entering).await }));
        task.await.map_err(|_| Error::Stopping)?
    }
}

impl Pipeline {
    /// Ends what an operator's filter means: sessions as [`Sessions::revoke`] does, and before that the one-time tickets
    /// that would still become sessions.
    ///
    /// # Errors
    /// The store's. What could be read has ended in this process all the same (threat model 47).
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    ///
    /// [`Sessions::revoke`]: crate::session::Sessions::revoke
    pub async fn revoke(
        &self,
        filter: &Filter,
        event: &audit::Event,
        now: Timestamp,
    ) -> Result<Revoked, session::Error> {
        self.shared.revoke(filter, event, now).await
    }

    /// The same until nothing is left. How many sessions ended.
    ///
    /// # Errors
    /// As [`Pipeline::revoke`].
    ///
    /// # Cancel safety
    /// As [`Pipeline::revoke`].
    pub async fn revoke_all(
        &self,
        filter: &Filter,
        event: &audit::Event,
        now: Timestamp,
    ) -> Result<u64, session::Error> {
        self.shared.revoke_all(filter, event, now).await
    }
}

impl Shared {
    pub(super) async fn revoke(
        &self,
        filter: &Filter,
        event: &audit::Event,
        now: Timestamp,
    ) -> Result<Revoked, session::Error> {
        let voided = self.void_tickets(Ended::Revoked(filter, now)).await;
        let revoked = self.sessions.revoke(filter, event, now).await?;
        voided.map(|()| revoked)
    }

    pub(super) async fn revoke_all(
        &self,
        filter: &Filter,
        event: &audit::Event,
        now: Timestamp,
    ) -> Result<u64, session::Error> {
        let mut ended: u64 = 0;
        loop {
            let revoked = self.revoke(filter, event, now).await?;
            ended = ended.saturating_add(revoked.ended.values().sum());
            if !revoked.more {
                return Ok(ended);
            }
        }
    }

    /// Ends sign-ins that are on their way to an organization's own host.
    pub(super) async fn void_tickets(&self, ended: Ended<'_>) -> Result<(), session::Error> {
        let mut keys = store::Keys::all();
        loop {
            let page = self.store.range(Table::Tickets, keys, PAGE).await?;
            for (key, raw) in &page {
                let Stored { host, what, .. } = self.seal.open_json(Table::Tickets, key, raw)?;
                let is_meant = match (&what, ended) {
                    // It leads to no session: it needs one that is there.
                    (What::Errand { .. }, _) => false,
                    (What::Grant(grant), Ended::Named(named)) => named.means(&grant.at_provider),
                    (What::Grant(grant), Ended::Revoked(filter, now)) => {
                        self.sessions.is_meant(filter, &host, grant, now).await?
                    }
                };
                if is_meant {
                    let mut batch = Batch::new();
                    batch
                        .expect_unchanged(Table::Tickets, key.clone(), raw.clone())
                        .remove(Table::Tickets, key.clone());
                    match self.store.commit(batch).await {
                        // Taken in the meantime: it is a session now, and those come next.
                        Ok(()) | Err(store::Error::Conflict) => {}
                        Err(other) => return Err(other.into()),
                    }
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == PAGE => keys = store::Keys::after(&[], last),
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Uses the ticket, once.
    async fn take(&self, entering: Entering) -> Result<Entered, Error> {
        let entering = Entering {
            stored: Stored {
                is_used: true,
                ..entering.stored
            },
            ..entering
        };
        let (key, stored) = (&entering.key, &entering.stored);
        let used = self.seal.seal_json(Table::Tickets, key, stored)?;
        let take = |batch: &mut Batch| {
            batch
                .expect_unchanged(Table::Tickets, *key, entering.raw.clone())
                .put(Table::Tickets, *key, used.clone());
        };
        match &stored.what {
            What::Grant(grant) => self.take_grant(&entering, grant, take).await,
            What::Errand { errand, asserted } => {
                let ending = errand::Ending {
                    errand,
                    confirmed: None,
                    organization: &stored.organization,
                    provider: &stored.provider,
                    generation: &stored.generation,
                    asserted,
                    // A ticket lasts no longer than a redirect takes.
                    asserted_at: self.clock.now(),
                    handle: entering.previous.as_ref(),
                    host: &stored.host,
                    again: stored.again(),
                    reference: &entering.reference,
                };
                self.take_errand(stored, &ending, take).await
            }
        }
    }

    /// Makes the session.
    async fn take_grant(
        &self,
        entering: &Entering,
        grant: &Grant,
        take: impl Fn(&mut Batch),
    ) -> Result<Entered, Error> {
        let stored = &entering.stored;
        for _ in 0..TRIES {
            let now = self.clock.now();
            if now >= stored.expires_at {
                return Err(gone(Gone::Expired, stored.again()));
            }
            let mut batch = Batch::new();
            take(&mut batch);
            self.sessions.expect_open(&mut batch, &stored.organization);
            let identity = self.still_admitted(&mut batch, stored, grant).await?;
            let opening = Opening {
                previous: entering.previous.as_ref(),
                // On its own host an organization's grant is the only one: there is no other to lose.
                tabs: None,
                host: &stored.host,
                device: entering.device,
                grant: grant.clone(),
                identity: &identity,
                reference: &entering.reference,
            };
            let opened = self.sessions.open(&mut batch, opening, now).await?;
            match self.store.commit(batch).await {
                Ok(()) => {
                    self.sessions.opened(&opened, now).await;
                    trace::note(|| done(Flow::SignIn));
                    return Ok(stored.entered(Some(opened.handle)));
                }
                // Either the ticket is used or void, or only the session that the browser had has moved.
                Err(store::Error::Conflict) => {
                    let raw = self.store.get(Table::Tickets, &entering.key).await?;
                    if raw.as_ref() != Some(&entering.raw) {
                        return Err(gone(Gone::Used, stored.again()));
                    }
                }
                Err(other) => {
                    self.sessions.not_opened(&opened, &other);
                    return Err(other.into());
                }
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Does what the ticket was made for, with the session that is there.
    async fn take_errand(
        &self,
        stored: &Stored,
        ending: &errand::Ending<'_>,
        take: impl Fn(&mut Batch),
    ) -> Result<Entered, Error> {
        let now = self.clock.now();
        if now >= stored.expires_at {
            return Err(gone(Gone::Expired, stored.again()));
        }
        let connection = self.connection(&stored.organization, &stored.provider)?;
        let is_same = connection.generation == stored.generation
            && connection.organization.hosts.contains(&stored.host);
        if !is_same {
            return Err(gone(Gone::Changed, stored.again()));
        }
        match self.perform(ending, take, now).await {
            Ok(_) => Ok(stored.entered(None)),
            // What it is for was done by another request meanwhile.
            Err(Error::Store(store::Error::Conflict)) => Err(gone(Gone::Used, stored.again())),
            Err(other) => Err(other),
        }
    }

    /// The person, if they would be admitted today as they were when the ticket was made: the process may
    /// have been restarted with another configuration, and a membership may have been removed.
    async fn still_admitted(
        &self,
        batch: &mut Batch,
        stored: &Stored,
        grant: &Grant,
    ) -> Result<Identity, Error> {
        let connection = self.connection(&grant.organization, &grant.provider)?;
        let person = self.people.confirm(batch, &grant.identity).await?;
        let Some((identity, account)) = person else {
            return Err(gone(Gone::Changed, stored.again()));
        };
        let said = self
            .people
            .expect_activation(batch, &grant.organization, &grant.provider)
            .await?;
        let door = Door::of(connection.organization, &connection.generation);
        let admitted = door.admits(said.as_ref(), &identity.issuer, &identity.profile);
        let stands = admitted.is_ok()
            && connection.generation == grant.generation
            && connection.organization.hosts.contains(&stored.host)
            && matches!(identity.link.state, LinkState::Valid | LinkState::Suspect)
            && account.membership == Membership::Active
            && account.id == grant.account
            && identity::judge(&connection.organization.allow, &identity.profile).is_ok();
        if stands {
            Ok(identity)
        } else {
            Err(gone(Gone::Changed, stored.again()))
        }
    }
}

/// Under which a ticket is stored.
pub(super) fn key(token: &Secret<String>) -> [u8; 32] {
    secret::sha256_fields([b"ticket".as_slice(), token.expose().as_bytes()])
}
