//! Identities, as the command line sees and changes them.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http_body::Body;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::commands::{Answer, Error, ask, change, json, read};
use super::query::{self, Misunderstood, Parameters};
use super::views::to_the_second;
use super::{Admin, Shared};
use crate::audit;
use crate::config::{Config, Slug};
use crate::identity::{self, AccountId, Deed, Done, Filter, IdentityId, LinkState, Relinked};

/// One tie between a person at a provider and an account here. Never its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Id.
    pub id: String,
    /// Where.
    pub organization: String,
    /// Whose.
    pub account: String,
    /// Through which provider.
    pub provider: String,
    /// Asserted by whom.
    pub issuer: String,
    /// The provider's name for the person.
    pub subject: String,
    /// Their address, as the provider last said.
    pub email: Option<String>,
    /// Their name, likewise.
    pub name: Option<String>,
    /// `valid`, `suspect`, `invalid`, `orphaned` or `blocked`.
    pub state: String,
    /// Since when.
    pub since: String,
    /// Why, if not all is well.
    pub reason: Option<String>,
    /// First seen.
    pub created_at: String,
    /// When a provider last confirmed it.
    pub last_verified_at: String,
    /// When the provider was last asked in the background, whatever came of it.
    pub asked_at: Option<String>,
    /// Questions in a row without an answer.
    pub failures: u32,
    /// When it is asked next; none if nobody asks.
    pub next_check_at: Option<String>,
    /// Until when it counts if nobody confirms it; none if only the session's own end bounds it.
    pub counts_until: Option<String>,
}

/// A piece of the identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities {
    /// In no particular order.
    pub identities: Vec<Identity>,
    /// What to ask for the next piece with.
    pub next: Option<String>,
}

/// Which identities something is to be done to: all keys must hold, and one of `id` and `user` must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meant {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whose: account id, e-mail address or subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Through which provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// For the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which identity is to be moved, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Its id.
    pub id: String,
    /// The account that it is to sign in to.
    pub to: String,
    /// For the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was done to one identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// As it is now, or was last.
    pub identity: Identity,
    /// `done`, `unchanged`, or for a question what came of it: `valid`, `invalid` or `error`.
    pub result: String,
    /// A word on why; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Sessions in which a grant ended.
    #[serde(default)]
    pub ended: usize,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deals {
    /// To whom.
    pub identities: Vec<Deal>,
}

/// A person has a handful of identities: more are a mistake in what was typed.
const MOST_AT_ONCE: usize = 20;

/// Parameters that a listing has.
const LISTING: [&str; 6] = ["id", "organization", "user", "provider", "state", "after"];

impl Admin {
    pub(super) async fn identities(&self, head: &Parts) -> Answer {
        ask(head)?;
        let parameters = Parameters::parse(head.uri.query(), &LISTING)?;
        let text = |name| parameters.text(name).map(str::to_owned);
        let meant = Meant {
            id: text("id"),
            user: text("user"),
            organization: text("organization"),
            provider: text("provider"),
            reason: None,
        };
        let filter = Filter {
            state: parameters.text("state").map(state).transpose()?,
            ..meant.filter(&self.0.config)?
        };
        let page = self
            .0
            .people
            .list(&filter, parameters.text("after"))
            .await?;
        let identities = page.identities.iter();
        Ok(json(&Identities {
            identities: identities.map(|one| self.0.identity(one)).collect(),
            next: page.next,
        }))
    }

    /// Does something to the identities that are meant, in a task of its own: whoever hangs up has still asked for it.
    pub(super) async fn deal<B>(&self, head: &Parts, body: B, deed: Deed) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let meant: Meant = read(body).await?;
        let mut all = self.meant(&meant).await?;
        if matches!(deed, Deed::Remove | Deed::Restore) {
            all = self.with_their_accounts(all).await?;
        }
        let event = audit::Event {
            reason: query::reason(meant.reason.as_ref())?,
            ..audit::Event::new(self.0.clock.now(), kind(deed), audit::Actor::Operator)
        };
        let shared = Arc::clone(&self.0);
        let work = async move {
            let mut deals = Vec::with_capacity(all.len());
            for identity in all {
                deals.extend(shared.deal(&identity, deed, &event).await?);
            }
            Ok::<_, Error>(deals)
        };
        let deals = self.0.tasks.spawn(work).await;
        let identities = deals.map_err(|_| Error::Stopping)??;
        info!(
            count = identities.len(),
            deed = kind(deed).name(),
            "an operator changed identities"
        );
        Ok(json(&Deals { identities }))
    }

    /// Asks the provider about the identities that are meant, now. In a task of its own too: what was asked is in the trail.
    pub(super) async fn revalidate<B>(&self, head: &Parts, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let meant: Meant = read(body).await?;
        let kind = audit::Kind::IdentityChecked;
        let event = audit::Event {
            reason: query::reason(meant.reason.as_ref())?,
            ..audit::Event::new(self.0.clock.now(), kind, audit::Actor::Operator)
        };
        let all = self.meant(&meant).await?;
        let shared = Arc::clone(&self.0);
        let work = async move {
            let mut deals = Vec::with_capacity(all.len());
            for identity in all {
                deals.extend(shared.ask_about(&identity, &event).await?);
            }
            Ok::<_, Error>(deals)
        };
        let deals = self.0.tasks.spawn(work).await;
        let identities = deals.map_err(|_| Error::Stopping)??;
        Ok(json(&Deals { identities }))
    }

    /// Moves an identity to another account, in a task of its own.
    pub(super) async fn relink<B>(&self, head: &Parts, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let wanted: Move = read(body).await?;
        let kind = audit::Kind::IdentityRelinked;
        let event = audit::Event {
            reason: query::reason(wanted.reason.as_ref())?,
            ..audit::Event::new(self.0.clock.now(), kind, audit::Actor::Operator)
        };
        let id = IdentityId::named(&wanted.id);
        let shared = Arc::clone(&self.0);
        let work = async move {
            let to = AccountId::named(&wanted.to);
            let (done, ended) = shared.revalidation.relink(&id, &to, &event).await?;
            let result = match done {
                Relinked::Moved(_) => "done",
                Relinked::Unchanged => "unchanged",
                Relinked::Missing => {
                    let what = "there is no such identity, or no such account in its organization";
                    return Err(Error::NotFound(what.to_owned()));
                }
                Relinked::Refused(why) => {
                    let why = format!("it cannot be moved there: {}", why.as_str());
                    return Err(why.into());
                }
            };
            let found = shared.people.find(&id).await?;
            let found = found.ok_or_else(|| Error::NotFound("it is gone".to_owned()))?;
            Ok::<_, Error>(Deal {
                identity: shared.identity(&found.0),
                result: result.to_owned(),
                reason: String::new(),
                ended,
            })
        };
        let deal = self.0.tasks.spawn(work).await;
        let deal = deal.map_err(|_| Error::Stopping)??;
        Ok(json(&Deals {
            identities: vec![deal],
        }))
    }

    /// Every identity of the accounts that some identities belong to.
    async fn with_their_accounts(
        &self,
        some: Vec<identity::Identity>,
    ) -> Result<Vec<identity::Identity>, Error> {
        let mut accounts = BTreeSet::new();
        let mut all = Vec::new();
        for one in some {
            let (organization, account) = (one.organization.to_string(), one.account.to_string());
            if accounts.insert((organization.clone(), account.clone())) {
                let theirs = Meant {
                    user: Some(account),
                    organization: Some(organization),
                    ..Meant::default()
                };
                all.extend(self.meant(&theirs).await?);
            }
        }
        Ok(all)
    }

    /// The identities that are meant: one at least, and not too many.
    async fn meant(&self, meant: &Meant) -> Result<Vec<identity::Identity>, Error> {
        if meant.id.is_none() && meant.user.is_none() {
            return Err("nothing says which identity is meant".to_owned().into());
        }
        let filter = meant.filter(&self.0.config)?;
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self.0.people.list(&filter, after.as_deref()).await?;
            all.extend(page.identities);
            if all.len() > MOST_AT_ONCE {
                return Err("more than twenty identities are meant by that"
                    .to_owned()
                    .into());
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if all.is_empty() {
            return Err(Error::NotFound("there is no such identity".to_owned()));
        }
        Ok(all)
    }
}

impl Shared {
    async fn ask_about(
        &self,
        identity: &identity::Identity,
        event: &audit::Event,
    ) -> Result<Option<Deal>, Error> {
        let told = self.revalidation.now(&identity.id, event).await?;
        Ok(told.map(|told| Deal {
            identity: self.identity(&told.identity),
            result: told.result.to_owned(),
            reason: told.reason.to_owned(),
            ended: 0,
        }))
    }

    async fn deal(
        &self,
        identity: &identity::Identity,
        deed: Deed,
        event: &audit::Event,
    ) -> Result<Option<Deal>, Error> {
        let dealt = self.revalidation.deal(&identity.id, deed, event).await?;
        let (identity, result) = match &dealt.done {
            Done::Changed(identity) => (identity, "done"),
            Done::Unchanged(identity) => (identity, "unchanged"),
            Done::Missing => return Ok(None),
            Done::Last => return Err("it is the last one of its account".to_owned().into()),
            Done::Tombstone => {
                return Err(
                    "its membership was removed: unlinking it would let the person in again"
                        .to_owned()
                        .into(),
                );
            }
        };
        Ok(Some(Deal {
            identity: self.identity(identity),
            result: result.to_owned(),
            reason: String::new(),
            ended: dealt.ended,
        }))
    }

    fn identity(&self, identity: &identity::Identity) -> Identity {
        let link = &identity.link;
        let terms = self.config.providers.get(&identity.provider);
        let terms = terms.and_then(|provider| {
            identity::Terms::of(&self.config.revalidation, provider.revalidation())
        });
        let until = identity.counts_until(terms.as_ref());
        let is_bounded = until != crate::clock::Timestamp::END;
        Identity {
            id: identity.id.as_str().to_owned(),
            organization: identity.organization.to_string(),
            account: identity.account.to_string(),
            provider: identity.provider.to_string(),
            issuer: identity.issuer.clone(),
            subject: identity.profile.subject.as_str().to_owned(),
            email: identity.profile.email.clone(),
            name: identity.profile.name.clone(),
            state: identity.standing().to_owned(),
            since: to_the_second(link.since),
            reason: link.reason.clone(),
            created_at: to_the_second(identity.created_at),
            last_verified_at: to_the_second(identity.last_verified_at),
            asked_at: link.asked_at.map(to_the_second),
            failures: link.failures,
            next_check_at: identity.due_at.map(to_the_second),
            counts_until: Some(until).filter(|_| is_bounded).map(to_the_second),
        }
    }
}

impl Meant {
    fn filter(&self, config: &Config) -> Result<Filter, Misunderstood> {
        let keys = [&self.id, &self.organization, &self.user, &self.provider];
        if let Some(empty) = keys.into_iter().flatten().find(|key| key.trim().is_empty()) {
            return Err(format!("`{empty}` names nothing"));
        }
        let known = |text: &Option<String>, find: fn(&Config, &str) -> Result<Slug, _>| {
            text.as_deref().map(|text| find(config, text)).transpose()
        };
        Ok(Filter {
            id: self.id.clone(),
            organization: known(&self.organization, query::organization)?,
            user: self.user.clone(),
            provider: known(&self.provider, query::provider)?,
            state: None,
        })
    }
}

fn state(text: &str) -> Result<LinkState, Misunderstood> {
    let states = [
        LinkState::Valid,
        LinkState::Suspect,
        LinkState::Invalid,
        LinkState::Orphaned,
        LinkState::Blocked,
    ];
    states
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| format!("there is no state `{text}`"))
}

const fn kind(deed: Deed) -> audit::Kind {
    match deed {
        Deed::Block => audit::Kind::IdentityBlocked,
        Deed::Unblock => audit::Kind::IdentityUnblocked,
        Deed::Unlink | Deed::Detach => audit::Kind::IdentityUnlinked,
        Deed::Remove => audit::Kind::MembershipRemoved,
        Deed::Restore => audit::Kind::MembershipRestored,
    }
}
