//! The people of an organization and their sessions, as its owners see and end them.

use std::cmp::Reverse;

use http::Response;

use super::{Owner, called};
use crate::audit;
use crate::clock::Timestamp;
use crate::config;
use crate::gateway::endpoints::Ask;
use crate::gateway::endpoints::errand::{checked, told};
use crate::gateway::endpoints::listing::{following, seen};
use crate::gateway::{Body, Error, Gateway};
use crate::identity::{
    AccountId, Deed, Done, Identity, IdentityId, LinkState, Member, Membership, Terms,
};
use crate::pages::Organization;
use crate::pages::owner::{
    OwnedIdentity, OwnerPeople, OwnerPerson, OwnerSessions, PersonPart, PersonRow, SessionRow,
    reason, state_word,
};
use crate::session::{Filter, Listed};

/// People on one page: it stays small with the largest logo and in every language too.
const PAGE: usize = 12;

/// Sessions on one page: each has a form of its own.
const SESSIONS: usize = 15;

/// Of one person, on the page that says more of them.
const FIRST_SESSIONS: usize = 3;

/// Identities on that page, and on each that has the rest of them.
const IDENTITIES: usize = 2;

/// The longest search: nobody's name is longer.
const MAX_SEARCH_BYTES: usize = 320;

impl Gateway {
    pub(super) async fn owned_people(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let search = ask.query.get("q").map(str::trim);
        let search = search.filter(|text| (1..=MAX_SEARCH_BYTES).contains(&text.len()));
        let slug = &owner.organization.slug;
        let after = ask.query.get("after");
        let state = ask.query.get("standing").and_then(in_state);
        let (word, states) = state.unwrap_or(("", &[]));
        let page = self
            .people
            .members(slug, (search, states), after, PAGE)
            .await?;
        let view = OwnerPeople {
            organization: Organization::from(owner.organization),
            search,
            state: word,
            people: page.members.iter().map(row).collect(),
            next: page.next,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    pub(super) async fn owned_person(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        account: &str,
    ) -> Result<Response<Body>, Error> {
        let member = self.owned_member(owner, account).await?;
        let filter = theirs(owner, &member.account.id);
        let (after, from) = (ask.query.get("after"), ask.query.get("from"));
        let from = from.and_then(|from| from.parse::<usize>().ok());
        let (part, most) = match (after, from) {
            (Some(_), _) => (PersonPart::Sessions, SESSIONS),
            (None, Some(_)) => (PersonPart::Identities, 0),
            (None, None) => (PersonPart::First, FIRST_SESSIONS),
        };
        let page = match part {
            PersonPart::Identities => None,
            PersonPart::First | PersonPart::Sessions => {
                Some(self.active_sessions(&filter, after, most).await?)
            }
        };
        let (sessions, next) = page.map_or((Vec::new(), None), |it| (it.sessions, it.next));
        let (from, all) = (from.unwrap_or(0), member.identities.len());
        let shown = match part {
            PersonPart::Sessions => &[],
            PersonPart::First | PersonPart::Identities => member.identities.as_slice(),
        };
        let shown = shown.iter().skip(from).take(IDENTITIES);
        let view = OwnerPerson {
            organization: Organization::from(owner.organization),
            person: row(&member),
            own: member.account.id == owner.known.grant.grant().account,
            since: member.account.created_at,
            part,
            check: checked(ask),
            identities: shown.map(|it| self.shown(it)).collect(),
            next_identities: following(from, IDENTITIES, all),
            sessions: rows(owner, sessions),
            next,
            csrf: &owner.csrf,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    pub(super) async fn owned_sessions(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let filter = Filter {
            organization: Some(owner.organization.slug.clone()),
            ..Filter::default()
        };
        let after = ask.query.get("after");
        let page = self.active_sessions(&filter, after, SESSIONS).await?;
        let view = OwnerSessions {
            organization: Organization::from(owner.organization),
            sessions: rows(owner, page.sessions),
            next: page.next,
            csrf: &owner.csrf,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    /// Ends one session of the organization.
    pub(super) async fn end_session(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        id: &str,
    ) -> Result<Response<Body>, Error> {
        let filter = Filter {
            id: Some(id.to_owned()),
            organization: Some(owner.organization.slug.clone()),
            ..Filter::default()
        };
        self.revoke_for(ask, owner, filter).await?;
        let back = match ask.query.get("account") {
            Some(account) => owner.page(&format!("/people/{}", path_segment(account)?)),
            None => owner.page("/sessions"),
        };
        Ok(self.see_other(&self.below(&back), ask.reference))
    }

    /// Ends all sessions of a person, or takes their membership or gives it back. Nobody shuts themselves out.
    pub(super) async fn deal_with_person(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        account: &str,
        deed: &str,
    ) -> Result<Response<Body>, Error> {
        let member = self.owned_member(owner, account).await?;
        let id = &member.account.id;
        if *id == owner.known.grant.grant().account {
            return Err(Error::Form);
        }
        let (deed, kind) = match deed {
            "end" => {
                self.revoke_for(ask, owner, theirs(owner, id)).await?;
                return Ok(self.back_to(ask, owner, id));
            }
            "remove" => (Deed::Remove, audit::Kind::MembershipRemoved),
            "restore" => (Deed::Restore, audit::Kind::MembershipRestored),
            _ => return Err(Error::NotFound),
        };
        for identity in &member.identities {
            let event = self.by_person(ask, &owner.known, kind);
            self.deal(&identity.id, deed, event).await?;
        }
        Ok(self.back_to(ask, owner, id))
    }

    /// Has the provider asked about an identity, blocks it, lifts that, or takes it from its account. One that is not the
    /// organization's, or no more, leads to whoever is: a second click is no mistake.
    pub(super) async fn deal_with_identity(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        id: &str,
        deed: &str,
    ) -> Result<Response<Body>, Error> {
        let found = self.people.find(&IdentityId::named(id)).await?;
        let slug = &owner.organization.slug;
        let identity = found.map(|(identity, _)| identity);
        let identity = identity.filter(|it| it.organization == *slug);
        let Some(identity) = identity else {
            let list = self.below(&owner.page("/people"));
            return Ok(self.see_other(&list, ask.reference));
        };
        let event = |kind| self.by_person(ask, &owner.known, kind);
        match deed {
            "revalidate" => {
                let event = event(audit::Kind::IdentityChecked);
                let checked = self.question(&identity.id, event).await?;
                let page = owner.page(&format!("/people/{}", identity.account));
                let page = told(checked, &self.below(&page));
                return Ok(self.see_other(&page, ask.reference));
            }
            "block" if identity.account == owner.known.grant.grant().account => {
                return Err(Error::Form);
            }
            "block" => {
                let event = event(audit::Kind::IdentityBlocked);
                self.deal(&identity.id, Deed::Block, event).await?;
            }
            "unlink" => {
                let event = event(audit::Kind::IdentityUnlinked);
                match self.deal(&identity.id, Deed::Detach, event).await? {
                    // The last one would take the account along.
                    Done::Last | Done::Tombstone => return Err(Error::Form),
                    Done::Changed(_) | Done::Unchanged(_) | Done::Missing => {}
                }
            }
            "unblock" => {
                let event = event(audit::Kind::IdentityUnblocked);
                self.deal(&identity.id, Deed::Unblock, event).await?;
            }
            _ => return Err(Error::NotFound),
        }
        Ok(self.back_to(ask, owner, &identity.account))
    }

    fn back_to(&self, ask: &Ask<'_>, owner: &Owner<'_>, account: &AccountId) -> Response<Body> {
        let page = owner.page(&format!("/people/{account}"));
        self.see_other(&self.below(&page), ask.reference)
    }

    async fn owned_member(&self, owner: &Owner<'_>, account: &str) -> Result<Member, Error> {
        let account = AccountId::named(path_segment(account)?);
        let slug = &owner.organization.slug;
        let member = self.people.member(slug, &account).await?;
        member.ok_or(Error::NotFound)
    }

    /// Ends sessions for an owner: durable and in force when this returns, also if the owner leaves.
    async fn revoke_for(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        filter: Filter,
    ) -> Result<(), Error> {
        let event = audit::Event {
            reason: Some("owner".to_owned()),
            ..self.by_person(ask, &owner.known, audit::Kind::SessionRevoked)
        };
        let (pipeline, now) = (self.pipeline.clone(), self.clock.now());
        let work = async move { pipeline.revoke_all(&filter, &event, now).await };
        let done = self.tasks.spawn(work).await;
        done.map_err(|_| Error::Stopping)??;
        Ok(())
    }

    pub(in crate::gateway::endpoints) fn shown(&self, identity: &Identity) -> OwnedIdentity {
        let provider = self.config.providers.get(&identity.provider);
        let terms = provider.and_then(|it| Terms::of(&self.config.revalidation, it.revalidation()));
        let until = identity.counts_until(terms.as_ref());
        let button = provider.map(|it: &config::Provider| it.button.clone());
        OwnedIdentity {
            id: identity.id.as_str().to_owned(),
            provider: button.unwrap_or_else(|| identity.provider.to_string()),
            email: identity.profile.email.clone(),
            subject: identity.profile.subject.as_str().to_owned(),
            state: identity.standing(),
            state_word: state_word(identity.standing()),
            since: identity.link.since,
            why: identity.link.reason.as_deref().and_then(reason),
            confirmed: identity.last_verified_at,
            asked: identity.link.asked_at,
            next: identity.due_at,
            until: Some(until).filter(|until| *until != Timestamp::END),
        }
    }
}

/// What a list of people can be narrowed to, by the word in its address: those who need somebody's attention, or one state.
fn in_state(word: &str) -> Option<(&'static str, &'static [LinkState])> {
    const ALL: [(&str, &[LinkState]); 6] = [
        (
            "attention",
            &[
                LinkState::Suspect,
                LinkState::Invalid,
                LinkState::Orphaned,
                LinkState::Blocked,
            ],
        ),
        ("suspect", &[LinkState::Suspect]),
        ("invalid", &[LinkState::Invalid]),
        ("orphaned", &[LinkState::Orphaned]),
        ("blocked", &[LinkState::Blocked]),
        ("valid", &[LinkState::Valid]),
    ];
    ALL.into_iter().find(|(known, _)| *known == word)
}

/// Ids are base64url: whatever else stands in an address names nothing.
fn path_segment(text: &str) -> Result<&str, Error> {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let sound = (1..=64).contains(&text.len()) && text.bytes().all(is_id);
    sound.then_some(text).ok_or(Error::NotFound)
}

fn theirs(owner: &Owner<'_>, account: &AccountId) -> Filter {
    Filter {
        organization: Some(owner.organization.slug.clone()),
        user: Some(account.to_string()),
        ..Filter::default()
    }
}

fn row(member: &Member) -> PersonRow {
    let worst = |identity: &&Identity| match identity.link.state {
        LinkState::Valid => 0,
        LinkState::Orphaned => 1,
        LinkState::Suspect => 2,
        LinkState::Invalid => 3,
        LinkState::Blocked => 4,
    };
    let removed = member.account.membership == Membership::Removed;
    let newest = member
        .identities
        .iter()
        .max_by_key(|it| it.last_verified_at);
    let profile = newest.map(|identity| &identity.profile);
    let state = match member.identities.iter().max_by_key(worst) {
        _ if removed => "removed",
        Some(identity) => identity.standing(),
        None => "none",
    };
    PersonRow {
        account: member.account.id.to_string(),
        name: called(profile, member.account.id.as_str()),
        email: profile.and_then(|profile| profile.email.clone()),
        removed,
        state,
        state_word: state_word(state),
        confirmed: newest.map(|identity| identity.last_verified_at),
    }
}

/// This one first, then the one used last.
fn rows(owner: &Owner<'_>, listed: Vec<Listed>) -> Vec<SessionRow> {
    let here = owner.known.live.id();
    let mut rows: Vec<SessionRow> = listed
        .into_iter()
        .map(|one| SessionRow {
            here: one.id == here,
            account: one.grant.account.to_string(),
            name: called(one.profile.as_ref(), one.grant.account.as_str()),
            since: one.grant.granted_at,
            used: one.grant.used_at,
            seen: seen(one.device),
            id: one.id,
        })
        .collect();
    rows.sort_by_key(|row| Reverse((row.here, row.used)));
    rows
}
