//! What somebody who is signed in does through a provider besides signing in: Setup by an owner, and a further identity.
//!
//! Both tie what the provider asserts to whoever is signed in where the run began, never to whom the assertion names
//! (threat model 17). Who that is, and for Setup that they own the organization, is looked at when it begins and again
//! when it ends, in the session of the browser that brings the answer. A further identity is added only once that person
//! has seen what it is and has said so: until then it is an [offer](super::offer).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::finish::{TRIES, done};
use super::offer::offered;
use super::owned::{Rest, is_narrower};
use super::{Again, Error, NotAdmitted, Shared};
use crate::address::Host;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::{Preset, Slug};
use crate::identity::{
    self, AccountId, Activation, ActivationState, Door, Fact, Generation, IdentityId, LinkRefusal,
    Profile, Through,
};
use crate::provider::{Asserted, Flow};
use crate::session::{Handle, Live, LiveGrant};
use crate::store::{self, Batch, Table};
use crate::telemetry::trace;

/// What is done, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// `Setup`, `Link` or `Rehearsal`.
    pub flow: Flow,
    /// Whoever began it. `None` where that was on an organization's own host: the session there says it at the end.
    pub account: Option<AccountId>,
    /// Whether it goes on in a window of its own.
    #[serde(default)]
    pub popup: bool,
    /// Which rehearsal it is, if it is one.
    #[serde(default)]
    pub rehearsal: Option<String>,
}

/// Why an errand came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Nobody is signed in where it ends, or somebody else is.
    NotThePerson,
    /// They own the organization no more.
    NotAnOwner,
    /// The identity cannot be theirs.
    Link(LinkRefusal),
    /// Nobody signs in by such an identity.
    NotAdmitted(NotAdmitted),
}

impl Failed {
    /// For the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotThePerson => "not_the_person",
            Self::NotAnOwner => "not_an_owner",
            Self::Link(refusal) => refusal.as_str(),
            Self::NotAdmitted(why) => why.as_str(),
        }
    }
}

/// What came of an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Performed {
    /// It is done.
    Done,
    /// The person is asked first.
    Offered,
}

/// An offer as it was when somebody said yes to it.
#[derive(Clone, Copy)]
pub(super) struct Yes<'a> {
    pub(super) key: &'a [u8],
    pub(super) raw: &'a [u8],
}

/// One errand at its end.
pub(super) struct Ending<'a> {
    pub(super) errand: &'a Errand,
    /// The offer that the person has said yes to, if they were asked.
    pub(super) confirmed: Option<Yes<'a>>,
    pub(super) organization: &'a Slug,
    pub(super) provider: &'a Slug,
    pub(super) generation: &'a Generation,
    pub(super) asserted: &'a Asserted,
    /// When the provider said so.
    pub(super) asserted_at: Timestamp,
    /// Of the browser that brings the answer, where it ends.
    pub(super) handle: Option<&'a Handle>,
    pub(super) host: &'a Host,
    pub(super) again: Option<Box<Again>>,
    pub(super) reference: &'a str,
}

/// What a batch of an errand makes, once it is committed.
pub(super) struct Planned {
    pub(super) identity: identity::Identity,
    /// Whether the account did not have it before.
    is_new: bool,
    said: Option<Activation>,
    /// The session of whoever did it.
    pub(super) session: String,
}

impl Shared {
    /// Does the errand, or asks the person first, in one batch that also holds `first`. Only then is it in force.
    pub(super) async fn perform(
        &self,
        ending: &Ending<'_>,
        first: impl Fn(&mut Batch),
        now: Timestamp,
    ) -> Result<Performed, Error> {
        let performed = self.try_to_perform(ending, first, now).await;
        match &performed {
            Ok(Performed::Done) => trace::note(|| done(ending.errand.flow)),
            Ok(Performed::Offered) => trace::note(offered),
            Err(Error::Errand { why, .. }) => {
                self.note_refused(ending, why.as_str(), now).await;
            }
            Err(_) => {}
        }
        performed
    }

    async fn try_to_perform(
        &self,
        ending: &Ending<'_>,
        first: impl Fn(&mut Batch),
        now: Timestamp,
    ) -> Result<Performed, Error> {
        let organization = self.organization(ending.organization)?;
        let profile = Profile::of(ending.asserted);
        if let Err(unmet) = identity::judge(&organization.allow, &profile) {
            return Err(ending.not_admitted(NotAdmitted::Rule(unmet)));
        }
        for _ in 0..TRIES {
            self.organization(ending.organization)?;
            let mut batch = Batch::new();
            first(&mut batch);
            self.sessions.expect_open(&mut batch, ending.organization);
            let planned = self.plan_errand(&mut batch, ending, &profile, now).await;
            // Whoever said the same at the same moment has done it: what stands in the way is what they wanted.
            if planned.is_err() && !self.is_open(ending.confirmed).await? {
                return Err(store::Error::Conflict.into());
            }
            let planned = planned?;
            let asks =
                ending.errand.flow == Flow::Link && planned.is_new && ending.confirmed.is_none();
            if asks {
                // What was planned is only looked at: nobody is asked about what could not be done.
                batch = Batch::new();
                first(&mut batch);
                self.put_offer(&mut batch, ending, &planned, now).await?;
            } else if ending.errand.flow == Flow::Link && ending.confirmed.is_none() {
                // They had it already: the page where this ends must not ask about another one.
                self.drop_offer(&mut batch, ending, &planned).await?;
            }
            match self.store.commit(batch).await {
                Ok(()) if asks => return Ok(Performed::Offered),
                Ok(()) => {
                    self.after_errand(ending, planned, now).await;
                    return Ok(Performed::Done);
                }
                Err(store::Error::Conflict) if self.is_open(ending.confirmed).await? => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Whether an offer has no answer yet but the one that is being carried out.
    async fn is_open(&self, confirmed: Option<Yes<'_>>) -> Result<bool, Error> {
        let Some(yes) = confirmed else {
            return Ok(true);
        };
        let now = self.store.get(Table::Offers, yes.key).await?;
        Ok(now.as_deref() == Some(yes.raw))
    }

    /// Fills the one batch.
    async fn plan_errand(
        &self,
        batch: &mut Batch,
        ending: &Ending<'_>,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Planned, Error> {
        let (live, acting) = self.acting(ending, now).await?;
        let account = acting.grant().account.clone();
        // Whoever acts must still be there when it is written: not blocked, removed or forgotten in the meantime.
        let person = self.people.confirm(batch, &acting.grant().identity).await?;
        let Some((by, _)) = person.filter(|(by, it)| it.id == account && by.account == account)
        else {
            return Err(ending.refused(Failed::NotThePerson));
        };
        let setup = ending.errand.flow == Flow::Setup;
        let organization = self.organization(ending.organization)?;
        if setup && !identity::is_owner(&organization.owners, &by.issuer, &by.profile) {
            return Err(ending.refused(Failed::NotAnOwner));
        }
        let before = self
            .people
            .expect_activation(batch, ending.organization, ending.provider)
            .await?;
        if !setup {
            let door = Door::of(organization, ending.generation);
            let admitted = door.admits(before.as_ref(), &ending.asserted.issuer, profile);
            admitted.map_err(|shut| ending.not_admitted(NotAdmitted::Shut(shut)))?;
        }
        let through = Through {
            organization: ending.organization,
            provider: ending.provider,
            generation: ending.generation,
            due_at: self.due_at(ending.provider, ending.asserted_at),
        };
        let linked = self
            .people
            .link(
                batch,
                through,
                &account,
                ending.asserted,
                ending.asserted_at,
            )
            .await?
            .map_err(|refusal| ending.refused(Failed::Link(refusal)))?;
        if linked.is_new {
            let kind = audit::Kind::IdentityLinked;
            batch.audit(ending.event(kind, &account, Some(&linked.identity.id), now));
        }
        let acting = (&account, before);
        let said = setup.then(|| self.captured(organization, ending, acting, profile, now));
        if let Some(said) = &said {
            self.put_said(batch, ending, said, &linked.identity.id, now)?;
        }
        Ok(Planned {
            identity: linked.identity,
            is_new: linked.is_new,
            said,
            session: live.id().to_owned(),
        })
    }

    fn captured(
        &self,
        organization: &crate::config::Organization,
        ending: &Ending<'_>,
        (by, before): (&AccountId, Option<Activation>),
        profile: &Profile,
        now: Timestamp,
    ) -> Activation {
        let provider = self.config.providers.get(ending.provider);
        let preset = provider.map(|it| it.preset);
        captured((organization, preset), ending, by, before, profile, now)
    }

    /// Writes down what Setup makes of a connection.
    fn put_said(
        &self,
        batch: &mut Batch,
        ending: &Ending<'_>,
        said: &Activation,
        identity: &IdentityId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (organization, provider) = (ending.organization, ending.provider);
        self.people
            .put_activation(batch, organization, provider, said)?;
        let kind = audit::Kind::ConnectionActivated;
        let only = said.only.as_ref().map(|only| only.id().to_owned());
        batch.audit(audit::Event {
            reason: only,
            ..ending.event(kind, &said.by, Some(identity), now)
        });
        Ok(())
    }

    /// Whoever is signed in in the browser that brings the answer, if that is whoever began.
    async fn acting(
        &self,
        ending: &Ending<'_>,
        now: Timestamp,
    ) -> Result<(Arc<Live>, Arc<LiveGrant>), Error> {
        let nobody = || ending.refused(Failed::NotThePerson);
        let handle = ending.handle.ok_or_else(nobody)?;
        let live = self.sessions.find(handle, ending.host).await?;
        let live = live.ok_or_else(nobody)?;
        let began = ending.errand.account.as_ref();
        let grant = live
            .grant(ending.organization, now)
            .filter(|grant| began.is_none_or(|began| *began == grant.grant().account))
            .filter(|grant| grant.counts_until() > now);
        Ok((live, grant.ok_or_else(nobody)?))
    }

    /// What follows from a committed batch.
    async fn after_errand(&self, ending: &Ending<'_>, planned: Planned, now: Timestamp) {
        self.sessions.confirm_identity(&planned.identity, true);
        let Some(said) = planned.said else {
            return;
        };
        let (organization, provider) = (ending.organization, ending.provider);
        let before = self.people.activation(organization, provider);
        self.settle(organization, provider, &said).await;
        if is_narrower(before.as_deref(), &said) {
            let rest = Rest {
                organization,
                provider,
                but: Some(planned.session),
                event: ending.event(audit::Kind::SessionRevoked, &said.by, None, now),
            };
            self.end_rest(rest, now).await;
        }
    }

    /// That somebody tried to take an identity which is not theirs, or did not want it, is in the trail.
    pub(super) async fn note_refused(&self, ending: &Ending<'_>, why: &str, now: Timestamp) {
        let actor = match &ending.errand.account {
            Some(account) => audit::Actor::Account(account.to_string()),
            None => audit::Actor::Visitor,
        };
        let mut batch = Batch::new();
        batch.audit(audit::Event {
            organization: Some(ending.organization.to_string()),
            provider: Some(ending.provider.to_string()),
            reference: Some(ending.reference.to_owned()),
            reason: Some(why.to_owned()),
            ..audit::Event::new(now, audit::Kind::IdentityLinkRefused, actor)
        });
        if let Err(error) = self.store.commit(batch).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a refused link could not be recorded"
            );
        }
    }
}

/// What Setup makes of a connection. The file's own rule on tenants is the last word: nothing is captured beside it. What
/// was captured before is neither dropped nor replaced without a choice (threat model 20).
fn captured(
    (organization, preset): (&crate::config::Organization, Option<Preset>),
    ending: &Ending<'_>,
    by: &AccountId,
    before: Option<Activation>,
    profile: &Profile,
    now: Timestamp,
) -> Activation {
    let allow = &organization.allow;
    let by_file = allow.hosted_domains.is_some() || allow.tenants.is_some();
    let was_open = before.as_ref().is_some_and(|before| {
        before.state == ActivationState::Open && before.generation == *ending.generation
    });
    let pinned = before.and_then(|before| before.only);
    let (state, only) = if by_file {
        (ActivationState::Open, None)
    } else {
        capture(&Fact::seen_in(profile), pinned, was_open)
    };
    // A private account at Google is in no domain that could be captured. Where nothing else says who comes in, it would open the
    // organization to the world: whoever means that says so.
    let is_private = preset == Some(Preset::Google) && profile.hosted_domain.is_none();
    let state = if is_private && allow.anyone && only.is_none() && !was_open {
        ActivationState::Choosing
    } else {
        state
    };
    Activation {
        by: by.clone(),
        at: now,
        generation: ending.generation.clone(),
        state,
        only,
    }
}

/// Which customer of the provider it is from now on, and whether an owner has to say so first.
fn capture(seen: &[Fact], pinned: Option<Fact>, was_open: bool) -> (ActivationState, Option<Fact>) {
    let again = pinned.as_ref().and_then(|pinned| {
        let mut seen = seen.iter();
        seen.find(|fact| fact.is_same(pinned)).cloned()
    });
    match (seen, pinned) {
        ([], pinned) => (ActivationState::Open, pinned),
        ([fact], None) => (ActivationState::Open, Some(fact.clone())),
        (_, Some(_)) if again.is_some() => (ActivationState::Open, again),
        // Somebody is signed in by what stands: they stay while an owner has not chosen.
        (_, pinned) if was_open => (ActivationState::Open, pinned),
        (_, pinned) => (ActivationState::Choosing, pinned),
    }
}

impl Ending<'_> {
    fn event(
        &self,
        kind: audit::Kind,
        by: &AccountId,
        target: Option<&IdentityId>,
        now: Timestamp,
    ) -> audit::Event {
        audit::Event {
            organization: Some(self.organization.to_string()),
            provider: Some(self.provider.to_string()),
            target: target.map(|id| id.as_str().to_owned()),
            reference: Some(self.reference.to_owned()),
            ..audit::Event::new(now, kind, audit::Actor::Account(by.to_string()))
        }
    }

    fn refused(&self, why: Failed) -> Error {
        Error::Errand {
            flow: self.errand.flow,
            organization: self.organization.clone(),
            provider: self.provider.clone(),
            again: self.again.clone(),
            why,
        }
    }

    fn not_admitted(&self, why: NotAdmitted) -> Error {
        self.refused(Failed::NotAdmitted(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Tenant;

    fn tenant(id: &str) -> Fact {
        Fact::Tenant(Tenant {
            id: id.to_owned(),
            name: format!("named {id}"),
        })
    }

    #[test]
    fn a_first_setup_captures_what_is_plain_and_leaves_the_rest_to_choose() {
        use ActivationState::{Choosing, Open};
        assert_eq!(capture(&[], None, false), (Open, None));
        let one = [tenant("7")];
        assert_eq!(capture(&one, None, false), (Open, Some(tenant("7"))));
        let two = [tenant("7"), tenant("8")];
        assert_eq!(capture(&two, None, false), (Choosing, None));
        assert_eq!(capture(&two, None, true), (Open, None), "as was chosen");
    }

    #[test]
    fn inv_20_setup_again_drops_or_replaces_no_captured_fact() {
        use ActivationState::{Choosing, Open};
        let pinned = || Some(tenant("7"));
        let others = [tenant("8"), tenant("9")];
        let with_it = [tenant("8"), tenant("7")];
        for was_open in [true, false] {
            let undecided = if was_open { Open } else { Choosing };
            for (seen, state) in [
                (&[][..], Open),
                (&with_it, Open),
                (&with_it[1..], Open),
                (&others, undecided),
                (&others[..1], undecided),
            ] {
                let made = capture(seen, pinned(), was_open);
                assert_eq!(made, (state, pinned()), "{seen:?} {was_open}");
            }
        }
        let domain = Some(Fact::HostedDomain("7".to_owned()));
        let made = capture(&[tenant("7")], domain.clone(), false);
        assert_eq!(made, (Choosing, domain), "an id alone is not the same fact");
    }
}
