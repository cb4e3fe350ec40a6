//! What an operator has done to identities: asking about one now, blocking, unblocking, unlinking.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::question::result_of;
use super::{Error, Lane, Revalidation, Shared};
use crate::audit;
use crate::identity::{AccountId, Deed, Done, Identity, IdentityId, Relinked, Turn};
use crate::session;

/// What came of asking about one identity at once.
#[derive(Clone, Debug)]
pub struct Told {
    /// The identity as it stands now.
    pub identity: Identity,
    /// `valid`, `invalid`, or `error`: nothing is known.
    pub result: &'static str,
    /// A fixed word; empty if there is nothing to say.
    pub reason: &'static str,
}

/// What came of a deed, and how many sessions ended by it.
#[derive(Clone, Debug)]
pub struct Dealt {
    /// What was done.
    pub done: Done,
    /// Sessions in which a grant ended.
    pub ended: usize,
}

/// What came of it that somebody pressed a button.
#[derive(Clone, Debug)]
pub enum Pressed {
    /// The answer; none if there is no such identity.
    Told(Option<Box<Told>>),
    /// Somebody has pressed it already, and waits.
    Already,
}

/// How long an answer is told again instead of asking once more: a button costs nobody else their turn.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How often somebody who waits for another's question looks whether it is answered.
const LOOK: Duration = Duration::from_millis(50);

impl Revalidation {
    /// Asks the provider about an identity now, however far away its turn is and although the sweep may be paused. If it
    /// is being asked about already, that answer is waited for. That it was asked, and what came of it, goes into the
    /// audit trail as `event`. `None`: there is no such identity.
    ///
    /// # Errors
    /// The store's, and [`Error::Busy`].
    ///
    /// # Cancel safety
    /// Dropping the future gives up waiting; a question that was begun goes on to its end.
    pub async fn now(&self, id: &IdentityId, event: &audit::Event) -> Result<Option<Told>, Error> {
        let shared = &self.shared;
        let asked = timeout(shared.lease(), shared.now(id)).await;
        let told = asked.unwrap_or(Err(Error::Busy))?;
        if let Some(told) = &told {
            let said = [
                told.result,
                told.reason,
                event.reason.as_deref().unwrap_or_default(),
            ];
            let event = audit::Event {
                reason: Some(said.join(" ").trim().to_owned()),
                ..event.clone()
            };
            shared.people.note(&told.identity, &event).await?;
        }
        Ok(told)
    }

    /// The same for somebody with a button in front of them, who may press it as often as they like: an answer of just now is
    /// told again, and nobody waits beside somebody who waits for the same (threat model 54).
    ///
    /// # Errors
    /// As [`Revalidation::now`].
    ///
    /// # Cancel safety
    /// As [`Revalidation::now`].
    pub async fn when_pressed(
        &self,
        id: &IdentityId,
        event: &audit::Event,
    ) -> Result<Pressed, Error> {
        let shared = &self.shared;
        let Some(_alone) = shared.pressed.enter(id) else {
            return Ok(Pressed::Already);
        };
        let Some((identity, _)) = shared.people.find(id).await? else {
            return Ok(Pressed::Told(None));
        };
        let now = shared.clock.now();
        let newest = identity.link.asked_at.max(Some(identity.last_verified_at));
        let is_fresh = newest.is_some_and(|newest| newest.lasts(AGAIN_AFTER, now));
        if is_fresh && !identity.leased {
            let (result, reason) = standing(&identity);
            return Ok(Pressed::Told(Some(Box::new(Told {
                identity,
                result,
                reason,
            }))));
        }
        let told = self.now(id, event).await?;
        Ok(Pressed::Told(told.map(Box::new)))
    }

    /// Does something to an identity, and ends what rests on it. When this returns, all of it is durable and in force.
    /// The event's kind, actor and reason say what and why; `reason` is the word for what ends.
    ///
    /// # Errors
    /// The store's. What could be read has ended in this process all the same (threat model 47).
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn deal(
        &self,
        id: &IdentityId,
        deed: Deed,
        event: &audit::Event,
    ) -> Result<Dealt, Error> {
        let done = self.shared.people.change(id, deed, event).await?;
        let ends = match deed {
            Deed::Block => Some(session::Reason::Blocked),
            Deed::Unlink | Deed::Detach => Some(session::Reason::Unlinked),
            Deed::Remove => Some(session::Reason::MembershipRemoved),
            Deed::Unblock | Deed::Restore => None,
        };
        // What could not be written the last time is ended when somebody asks again.
        let ended = match (&done, ends) {
            (Done::Changed(identity) | Done::Unchanged(identity), Some(why)) => {
                let event = audit::Event {
                    organization: Some(identity.organization.to_string()),
                    provider: Some(identity.provider.to_string()),
                    kind: audit::Kind::SessionEnded,
                    ..event.clone()
                };
                let sessions = &self.shared.sessions;
                sessions.end_identity(identity, why, &event).await?
            }
            (Done::Changed(_) | Done::Unchanged(_), None)
            | (Done::Missing | Done::Tombstone | Done::Last, _) => 0,
        };
        Ok(Dealt { done, ended })
    }
}

impl Revalidation {
    /// Moves an identity to another account of its organization, and ends what it had granted to the one before. When this
    /// returns, all of it is durable and in force. What came of it, and how many sessions ended.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn relink(
        &self,
        id: &IdentityId,
        to: &AccountId,
        event: &audit::Event,
    ) -> Result<(Relinked, usize), Error> {
        let shared = &self.shared;
        let done = shared.people.relink(id, to, event).await?;
        let ended = match &done {
            Relinked::Moved(before) => {
                let event = audit::Event {
                    organization: Some(before.organization.to_string()),
                    provider: Some(before.provider.to_string()),
                    kind: audit::Kind::SessionEnded,
                    ..event.clone()
                };
                let why = session::Reason::Unlinked;
                shared.sessions.end_identity(before, why, &event).await?
            }
            Relinked::Unchanged | Relinked::Missing | Relinked::Refused(_) => 0,
        };
        Ok((done, ended))
    }
}

impl Shared {
    async fn now(self: &Arc<Self>, id: &IdentityId) -> Result<Option<Told>, Error> {
        let mut waited = false;
        loop {
            let Some((identity, _)) = self.people.find(id).await? else {
                return Ok(None);
            };
            let lane = self.lanes.iter().find(|lane| lane.id == identity.provider);
            let Some(lane) = lane.map(Arc::clone) else {
                return Ok(Some(never(identity)));
            };
            if waited && !identity.leased {
                // Somebody else's question, begun before and answered since.
                let (result, reason) = standing(&identity);
                return Ok(Some(Told {
                    identity,
                    result,
                    reason,
                }));
            }
            match self.take_turn(&lane, id).await? {
                Some(told) => return Ok(Some(told)),
                None => {
                    waited = true;
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// `None`: somebody is asking at this moment.
    async fn take_turn(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        id: &IdentityId,
    ) -> Result<Option<Told>, Error> {
        // First of all: whoever only waits for an answer takes nobody's turn.
        let Some(alone) = self.under_way.enter(id) else {
            return Ok(None);
        };
        let permit = Arc::clone(&lane.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Error::Busy)?;
        lane.rate.until_ready().await;
        let now = self.clock.now();
        let until = now.plus(self.lease());
        let leased = match self.people.lease_now(id, now, until).await? {
            Turn::Taken(leased) => *leased,
            Turn::Busy | Turn::Missing => return Ok(None),
            Turn::Never(identity) => return Ok(Some(never(*identity))),
        };
        let (this, lane) = (Arc::clone(self), Arc::clone(lane));
        let question = self.tasks.spawn(async move {
            let answer = this.ask(&lane, leased).await;
            drop((permit, alone));
            this.ended.notify_one();
            answer
        });
        let answer = question.await.map_err(|_| Error::Busy)?;
        let Some((identity, _)) = self.people.find(id).await? else {
            return Ok(None);
        };
        // Without an answer of its own, a sign-in has come in between: what it brought stands.
        let (result, reason) = answer.map_or_else(|| standing(&identity), result_of);
        Ok(Some(Told {
            identity,
            result,
            reason,
        }))
    }
}

/// Nobody is asked about it.
fn never(identity: Identity) -> Told {
    let (result, _) = standing(&identity);
    let reason = match result {
        "invalid" => identity.link.state.as_str(),
        _ => "not_applicable",
    };
    Told {
        identity,
        result: if result == "invalid" { result } else { "error" },
        reason,
    }
}

/// How it stands, as if it were an answer.
fn standing(identity: &Identity) -> (&'static str, &'static str) {
    use crate::identity::LinkState::{Blocked, Invalid, Orphaned, Suspect, Valid};
    match identity.link.state {
        Valid => ("valid", ""),
        Suspect => ("error", "no_answer"),
        state @ (Invalid | Orphaned | Blocked) => ("invalid", state.as_str()),
    }
}
