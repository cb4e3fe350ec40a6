//! What an owner says of a connection beside Setup: which of the provider's customers the organization is, and that it is
//! shut.

use std::sync::Arc;

use tracing::{error, info};

use super::errand::Failed;
use super::finish::TRIES;
use super::{Error, Pipeline, Shared};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::identity::{
    self, AccountId, Activation, ActivationState, Fact, IdentityId, Member, Profile,
};
use crate::provider::Flow;
use crate::session::Filter;
use crate::store::{self, Batch};

/// The owner who says it, and where.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Of which organization.
    pub organization: Slug,
    /// Who.
    pub account: AccountId,
    /// By which identity they are signed in.
    pub identity: IdentityId,
    /// In which session: it goes on.
    pub session: String,
    /// The reference of the request.
    pub reference: String,
}

/// Accounts that are looked at together when a connection is shut.
const PIECE: usize = 200;

impl Owner {
    fn event(&self, kind: audit::Kind, provider: &Slug, now: Timestamp) -> audit::Event {
        audit::Event {
            organization: Some(self.organization.to_string()),
            provider: Some(provider.to_string()),
            reference: Some(self.reference.clone()),
            ..audit::Event::new(now, kind, audit::Actor::Account(self.account.to_string()))
        }
    }

    fn refused(&self, provider: &Slug, why: Failed) -> Error {
        Error::Errand {
            flow: Flow::Setup,
            organization: self.organization.clone(),
            provider: provider.clone(),
            again: None,
            why,
        }
    }
}

impl Pipeline {
    /// What can be chosen from: the provider's customers that it named when the owner last signed in there, and the one that
    /// is captured already.
    ///
    /// # Errors
    /// The store's.
    pub async fn choices(
        &self,
        organization: &Slug,
        account: &AccountId,
        provider: &Slug,
    ) -> Result<Vec<Fact>, Error> {
        let people = &self.shared.people;
        let member = people.member(organization, account).await?;
        let mut choices = seen(member.as_ref(), provider);
        let said = people.activation(organization, provider);
        if let Some(pinned) = said.as_ref().and_then(|said| said.only.as_ref())
            && !choices.iter().any(|fact| fact.is_same(pinned))
        {
            choices.push(pinned.clone());
        }
        Ok(choices)
    }

    /// Completes Setup: only people of the chosen customer come in from now on, and those of others are signed out.
    /// `None`: whoever `allow` admits. `Ok(false)`: there is no such choice, or nothing was set up under today's settings.
    ///
    /// # Errors
    /// [`Error::Errand`] if they own nothing any more; the store's.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn choose(
        &self,
        owner: &Owner,
        provider: &Slug,
        choice: Option<&str>,
    ) -> Result<bool, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let connection = shared.connection(&owner.organization, provider)?;
        let seen = self
            .choices(&owner.organization, &owner.account, provider)
            .await?;
        let only = match choice {
            None => None,
            Some(id) => {
                let Some(named) = seen.into_iter().find(|fact| fact.id() == id) else {
                    return Ok(false);
                };
                Some(named)
            }
        };
        let said = |before: Option<&Activation>| {
            // Only what was tried under today's settings can be completed.
            let tried = before.filter(|it| it.generation == connection.generation);
            tried
                .filter(|it| it.state != ActivationState::Disabled)
                .map(|_| Activation {
                    by: owner.account.clone(),
                    at: now,
                    generation: connection.generation.clone(),
                    state: ActivationState::Open,
                    only: only.clone(),
                })
        };
        let before = shared.people.activation(&owner.organization, provider);
        let event = audit::Event {
            reason: Some(only.as_ref().map_or("any", Fact::id).to_owned()),
            ..owner.event(audit::Kind::ConnectionActivated, provider, now)
        };
        let Some(said) = shared.say(owner, provider, said, event).await? else {
            return Ok(false);
        };
        shared.settle(&owner.organization, provider, &said).await;
        if is_narrower(before.as_deref(), &said) {
            let ended = Rest {
                organization: &owner.organization,
                provider,
                but: Some(owner.session.clone()),
                event: owner.event(audit::Kind::SessionRevoked, provider, now),
            };
            shared.end_rest(ended, now).await;
        }
        Ok(true)
    }

    /// Shuts a connection: nobody comes in by it until an owner has set it up again, and what was granted by it ends. What
    /// ties people to their accounts is kept, as orphaned. How many sessions ended.
    ///
    /// # Errors
    /// [`Error::Errand`] if they own nothing any more; the store's. It is shut in this process all the same.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn disable(&self, owner: &Owner, provider: &Slug) -> Result<u64, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let connection = shared.connection(&owner.organization, provider)?;
        shared
            .still_owns(&mut Batch::new(), owner, provider)
            .await?;
        let said = |before: Option<&Activation>| {
            Some(Activation {
                by: owner.account.clone(),
                at: now,
                generation: connection.generation.clone(),
                state: ActivationState::Disabled,
                only: before.and_then(|before| before.only.clone()),
            })
        };
        let before = shared.people.activation(&owner.organization, provider);
        if let Some(shut) = said(before.as_deref()) {
            // Before it is written: nobody slips through (threat model 47).
            shared
                .people
                .activated(&owner.organization, provider, &shut);
        }
        let event = owner.event(audit::Kind::ConnectionDisabled, provider, now);
        if let Some(said) = shared.say(owner, provider, said, event).await? {
            shared.settle(&owner.organization, provider, &said).await;
        }
        let filter = Filter {
            organization: Some(owner.organization.clone()),
            provider: Some(provider.clone()),
            ..Filter::default()
        };
        let event = audit::Event {
            reason: Some("connection_disabled".to_owned()),
            ..owner.event(audit::Kind::SessionRevoked, provider, now)
        };
        let ended = shared.revoke_all(&filter, &event, now).await?;
        info!(organization = %owner.organization, provider = %provider, ended, "an owner shut a connection");
        let (worker, owner, provider) = (Arc::clone(shared), owner.clone(), provider.clone());
        // Nobody waits for it: what it writes is so already, as every look at the connection tells.
        drop(shared.tasks.spawn(async move {
            worker.orphan_all(&owner, &provider, now).await;
        }));
        Ok(ended)
    }
}

/// What rests on a connection whose people are others from now on.
pub(super) struct Rest<'a> {
    pub(super) organization: &'a Slug,
    pub(super) provider: &'a Slug,
    /// The session of whoever did it: it goes on.
    pub(super) but: Option<String>,
    pub(super) event: audit::Event,
}

/// Whether fewer people come in than before.
pub(super) fn is_narrower(before: Option<&Activation>, said: &Activation) -> bool {
    let was = before.and_then(|before| before.only.as_ref());
    let is = said.only.as_ref();
    is.is_some_and(|is| !was.is_some_and(|was| was.is_same(is)))
}

impl Shared {
    /// What was written is in force.
    pub(super) async fn settle(&self, organization: &Slug, provider: &Slug, said: &Activation) {
        if let Err(error) = self.people.settle_activation(organization, provider).await {
            // It is written, and there may be nothing newer.
            self.people.activated(organization, provider, said);
            error!(
                error = &error as &dyn std::error::Error,
                %organization, %provider, "what an owner said could not be read again"
            );
        }
    }

    /// Ends what was granted through a connection, as whom it lets in has changed. They may sign in again. Whoever may not
    /// is refused already, as every request looks at that.
    pub(super) async fn end_rest(&self, rest: Rest<'_>, now: Timestamp) {
        let (organization, provider) = (rest.organization, rest.provider);
        let filter = Filter {
            organization: Some(organization.clone()),
            provider: Some(provider.clone()),
            except: rest.but,
            ..Filter::default()
        };
        let event = audit::Event {
            reason: Some("activation_changed".to_owned()),
            ..rest.event
        };
        if let Err(error) = self.revoke_all(&filter, &event, now).await {
            error!(
                error = &error as &dyn std::error::Error,
                %organization,
                %provider,
                "what was granted before a connection changed could not be ended"
            );
        }
    }

    /// Writes what an owner says, while they own the organization. `Ok(None)`: as things stand there is nothing to say.
    async fn say(
        &self,
        owner: &Owner,
        provider: &Slug,
        said: impl Fn(Option<&Activation>) -> Option<Activation>,
        event: audit::Event,
    ) -> Result<Option<Activation>, Error> {
        for _ in 0..TRIES {
            let mut batch = Batch::new();
            self.still_owns(&mut batch, owner, provider).await?;
            let organization = &owner.organization;
            let before = self
                .people
                .expect_activation(&mut batch, organization, provider)
                .await?;
            let Some(said) = said(before.as_ref()) else {
                return Ok(None);
            };
            self.people
                .put_activation(&mut batch, organization, provider, &said)?;
            batch.audit(event.clone());
            match self.store.commit(batch).await {
                Ok(()) => return Ok(Some(said)),
                Err(store::Error::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Adds to `batch` that it applies only while the owner is one and may come in.
    async fn still_owns(
        &self,
        batch: &mut Batch,
        owner: &Owner,
        provider: &Slug,
    ) -> Result<(), Error> {
        let organization = self.organization(&owner.organization)?;
        let person = self.people.confirm(batch, &owner.identity).await?;
        let owns = person.is_some_and(|(identity, account)| {
            account.id == owner.account
                && account.membership == identity::Membership::Active
                && identity::is_owner(&organization.owners, &identity.issuer, &identity.profile)
        });
        owns.then_some(())
            .ok_or_else(|| owner.refused(provider, Failed::NotAnOwner))
    }

    /// Marks what a shut connection leaves behind. What this does not get to is marked when its turn to be asked comes.
    async fn orphan_all(&self, owner: &Owner, provider: &Slug, now: Timestamp) {
        let mut after = None;
        loop {
            let organization = &owner.organization;
            let people = &self.people;
            let piece = people
                .members(organization, (None, &[]), after.as_deref(), PIECE)
                .await;
            let result = match piece {
                Ok(piece) => {
                    after = piece.next;
                    self.orphan(&piece.members, provider, now).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                error!(
                    error = &error as &dyn std::error::Error,
                    %organization, %provider, "what a shut connection leaves behind could not be marked"
                );
                return;
            }
            if after.is_none() {
                return;
            }
        }
    }

    async fn orphan(
        &self,
        members: &[Member],
        provider: &Slug,
        now: Timestamp,
    ) -> Result<(), identity::Error> {
        let identities = members.iter().flat_map(|member| &member.identities);
        for identity in identities.filter(|it| it.provider == *provider) {
            self.people.orphan(&identity.id, now).await?;
        }
        Ok(())
    }
}

/// What a provider last said of somebody, as far as it can be chosen from.
fn seen(member: Option<&Member>, provider: &Slug) -> Vec<Fact> {
    let theirs = member.map(|member| member.identities.as_slice());
    let mut theirs = theirs.unwrap_or_default().iter();
    let profile: Option<&Profile> = theirs
        .find(|it| it.provider == *provider)
        .map(|it| &it.profile);
    profile.map(Fact::seen_in).unwrap_or_default()
}
