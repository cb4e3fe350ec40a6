//! One-time tickets: how a sign-in that ended on the shared host becomes a session on an organization's own host.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::finish::{TRIES, gone};
use super::run::{Run, Target};
use super::{Again, Error, Gone, Pipeline, Shared};
use crate::address::{Host, ReturnPath};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::config::defaults::TICKET_LIFETIME;
use crate::identity::{self, Identity, LinkState, Membership};
use crate::secret::{self, Secret};
use crate::session::cookies::{BindingKind, Cookies};
use crate::session::{self, Filter, Grant, Handle, Named, Opening, Revoked};
use crate::store::{self, Batch, Table};

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
    grant: Grant,
    return_path: ReturnPath,
    expires_at: Timestamp,
    /// A used one is kept for a while, as runs are: whoever reloads the page goes where they were going.
    #[serde(default)]
    is_used: bool,
}

impl Stored {
    /// Where the sign-in can begin again.
    fn again(&self) -> Option<Box<Again>> {
        Some(Box::new(Again {
            organization: self.grant.organization.clone(),
            provider: self.grant.provider.clone(),
            return_path: self.return_path.clone(),
            target: Target::Own {
                host: self.host.clone(),
                tag: self.tag.clone(),
                entry: self.entry.clone(),
            },
            step_up: None,
        }))
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
    /// The new session.
    pub handle: Handle,
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
    reference: String,
}

impl Shared {
    pub(super) fn issue(
        &self,
        batch: &mut Batch,
        place: Place<'_>,
        grant: Grant,
        run: &Run,
        now: Timestamp,
    ) -> Result<Ticket, Error> {
        let token = secret::random_token();
        let key = key(&token);
        let stored = Stored {
            host: place.host.clone(),
            tag: place.tag.to_owned(),
            entry: place.entry.to_owned(),
            grant,
            return_path: run.return_path.clone(),
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
        cookies: &Cookies<'_>,
        reference: &str,
    ) -> Result<Entered, Error> {
        let shared = &self.shared;
        let key = key(token);
        let Some(raw) = shared.store.get(Table::Tickets, &key).await? else {
            return Err(gone(Gone::Unknown, None));
        };
        let stored: Stored = shared.seal.open_json(Table::Tickets, &key, &raw)?;
        if stored.host != *host {
            return Err(gone(Gone::Unknown, None));
        }
        let proof = cookies.binding(BindingKind::Entry, &stored.tag);
        let bound = proof.is_some_and(|proof| {
            secret::constant_time_eq(secret::encode(&proof).as_bytes(), stored.entry.as_bytes())
        });
        if !bound {
            return Err(Error::Unbound);
        }
        if stored.is_used {
            return Err(gone(Gone::Used, stored.again()));
        }
        let entering = Entering {
            key,
            raw,
            stored,
            previous: cookies.handle(),
            reference: reference.to_owned(),
        };
        let worker = Arc::clone(shared);
        let task = shared
            .tasks
            .spawn(async move { worker.take(entering).await });
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
        let shared = &self.shared;
        let voided = shared.void_tickets(Ended::Revoked(filter, now)).await;
        let revoked = shared.sessions.revoke(filter, event, now).await?;
        voided.map(|()| revoked)
    }
}

impl Shared {
    /// Ends sign-ins that are on their way to an organization's own host.
    pub(super) async fn void_tickets(&self, ended: Ended<'_>) -> Result<(), session::Error> {
        let mut keys = store::Keys::all();
        loop {
            let page = self.store.range(Table::Tickets, keys, PAGE).await?;
            for (key, raw) in &page {
                let Stored { host, grant, .. } = self.seal.open_json(Table::Tickets, key, raw)?;
                let is_meant = match ended {
                    Ended::Named(named) => named.means(&grant.at_provider),
                    Ended::Revoked(filter, now) => {
                        self.sessions.is_meant(filter, &host, &grant, now).await?
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

    /// Makes the session, once.
    async fn take(&self, entering: Entering) -> Result<Entered, Error> {
        let Entering {
            key,
            raw,
            stored,
            previous,
            reference,
        } = entering;
        let stored = Stored {
            is_used: true,
            ..stored
        };
        let used = self.seal.seal_json(Table::Tickets, &key, &stored)?;
        for _ in 0..TRIES {
            let now = self.clock.now();
            if now >= stored.expires_at {
                return Err(gone(Gone::Expired, stored.again()));
            }
            let mut batch = Batch::new();
            batch
                .expect_unchanged(Table::Tickets, key, raw.clone())
                .put(Table::Tickets, key, used.clone());
            self.sessions
                .expect_open(&mut batch, &stored.grant.organization);
            let identity = self.still_admitted(&mut batch, &stored).await?;
            let opening = Opening {
                previous: previous.as_ref(),
                // On its own host an organization's grant is the only one: there is no other to lose.
                tabs: None,
                host: &stored.host,
                grant: stored.grant.clone(),
                identity: &identity,
                reference: &reference,
            };
            let opened = self.sessions.open(&mut batch, opening, now).await?;
            match self.store.commit(batch).await {
                Ok(()) => {
                    self.sessions.opened(&opened, now).await;
                    return Ok(Entered {
                        handle: opened.handle,
                        return_path: stored.return_path,
                        organization: stored.grant.organization,
                    });
                }
                // Either the ticket is used or void, or only the session that the browser had has moved.
                Err(store::Error::Conflict) => {
                    if self.store.get(Table::Tickets, &key).await?.as_ref() != Some(&raw) {
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

    /// The person, if they would be admitted today as they were when the ticket was made: the process may
    /// have been restarted with another configuration, and a membership may have been removed.
    async fn still_admitted(&self, batch: &mut Batch, stored: &Stored) -> Result<Identity, Error> {
        let grant = &stored.grant;
        let connection = self.connection(&grant.organization, &grant.provider)?;
        let person = self.people.confirm(batch, &grant.identity).await?;
        let Some((identity, account)) = person else {
            return Err(gone(Gone::Changed, stored.again()));
        };
        let stands = connection.generation == grant.generation
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

fn key(token: &Secret<String>) -> [u8; 32] {
    secret::sha256_fields([b"ticket".as_slice(), token.expose().as_bytes()])
}
