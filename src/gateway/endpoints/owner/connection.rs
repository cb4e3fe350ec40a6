//! How an organization is connected: state, Setup, and the way out.

use std::collections::BTreeSet;

use http::Response;
use serde_json::json;

use super::Owner;
use super::form::Fields;
use crate::config::{self, Provider, Registration, Slug};
use crate::gateway::endpoints::listing::{following, start};
use crate::gateway::endpoints::{Ask, own_json, slug};
use crate::gateway::{Body, Error, Gateway};
use crate::identity::{self, Door, LinkState, Standing};
use crate::pages::Organization;
use crate::pages::owner::{
    Choice, ConnectionState, Counted, OwnedConnection, OwnerChoices, OwnerDisable, OwnerDone,
    OwnerHome, OwnerNotice, ProviderState, Registered, state_word,
};
use crate::pipeline::{Ending, Errand};
use crate::provider::{Flow, Health};
use crate::session::{Filter, Status};
use crate::telemetry::Reference;

/// People and sessions that are counted before a connection is shut; more are told of as more.
const MOST_COUNTED: usize = 20_000;

/// People who are looked at together.
const PIECE: usize = 200;

/// Connections on one page of the overview: it stays small with the largest logo and in every language too.
const CONNECTIONS: usize = 2;

/// What a connection there offers to choose from.
const FIRST_CHOICES: usize = 3;

/// The same on a page of its own.
const CHOICES: usize = 15;

/// What the way out would do.
#[derive(Default)]
struct Consequence {
    people: usize,
    have_another: usize,
    sessions: usize,
    more: bool,
}

impl Gateway {
    pub(super) async fn owner_home(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let organization = owner.organization;
        let popup = ask.query.get("display") == Some("popup");
        let sessions = self.sessions.count(&organization.slug, MOST_COUNTED);
        let sessions = sessions.await?;
        let mut connections = Vec::new();
        let from = start(ask);
        for id in organization.providers.iter().skip(from).take(CONNECTIONS) {
            if let Some(provider) = self.config.providers.get(id) {
                let mut connection = self.owned_connection(owner, provider).await?;
                // The one that was chosen is seen without a search.
                connection.choices.sort_by_key(|choice| !choice.chosen);
                connection.more_choices = connection.choices.len() > FIRST_CHOICES;
                connection.choices.truncate(FIRST_CHOICES);
                connections.push(connection);
            }
        }
        let root = crate::address::ReturnPath::root();
        let door = self.door_url(organization, &root, None);
        let public = &self.config.server.public_url;
        let view = OwnerHome {
            organization: Organization::from(organization),
            door: if door.starts_with('/') {
                public.join(&door)
            } else {
                door
            },
            suspended: self.sessions.is_suspended(&organization.slug),
            sessions,
            connections,
            next: following(from, CONNECTIONS, organization.providers.len()),
            notice: match ask.query.get("done") {
                Some(_) if ask.inbound.comes_from_elsewhere() => None,
                Some("disabled") => Some(OwnerNotice::Disabled),
                Some("opened") => Some(OwnerNotice::Opened),
                Some(_) => None,
                None => {
                    let confirmed = self.has_confirmed(ask, &owner.known);
                    confirmed.then_some(OwnerNotice::Confirmed)
                }
            },
            popup,
            csrf: &owner.csrf,
        };
        if popup {
            return self.show_to_opener(ask, Some(organization), &view);
        }
        self.show(ask, Some(organization), &view)
    }

    /// All connections for a page of the application that opens Setup in a window of its own: as JSON, without secrets.
    pub(super) fn owner_connections(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
    ) -> Result<Response<Body>, Error> {
        let organization = owner.organization;
        let size = self.config.admin.popup_size;
        let known = organization.providers.iter().enumerate();
        let known = known.filter_map(|(index, id)| Some((index, self.config.providers.get(id)?)));
        let connections = known.map(|(index, provider)| {
            let said = self.people.activation(&organization.slug, &provider.id);
            let generation = identity::generation(organization, provider);
            let page = owner.page(&format!("?display=popup&from={index}"));
            json!({
                "provider": provider.id.as_str(),
                "name": provider.button,
                "preset": provider.preset.as_str(),
                "state": state_of(organization, said.as_deref(), &generation),
                "since": said.map(|said| said.at.as_seconds()),
                "setup": {
                    "url": ask.origin.join(&self.below(&page)),
                    "width": size.width,
                    "height": size.height,
                },
            })
        });
        let list = json!({
            "organization": organization.slug.as_str(),
            "connections": connections.collect::<Vec<_>>(),
        });
        Ok(own_json(&list, "owner-connections", ask.reference))
    }

    /// What a connection can be narrowed to, a page of it.
    pub(super) async fn owner_choices(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        provider: &str,
    ) -> Result<Response<Body>, Error> {
        let id = slug(provider)?;
        let is_theirs = owner.organization.providers.contains(&id);
        let provider = self.config.providers.get(&id).filter(|_| is_theirs);
        let provider = provider.ok_or(Error::NotFound)?;
        let mut one = self.owned_connection(owner, provider).await?;
        let (from, all) = (start(ask), one.choices.len());
        one.choices = one.choices.into_iter().skip(from).take(CHOICES).collect();
        if one.choices.is_empty() {
            return Err(Error::NotFound);
        }
        let view = OwnerChoices {
            organization: Organization::from(owner.organization),
            one,
            next: following(from, CHOICES, all),
            csrf: &owner.csrf,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    async fn owned_connection<'a>(
        &'a self,
        owner: &Owner<'_>,
        provider: &'a Provider,
    ) -> Result<OwnedConnection<'a>, Error> {
        let organization = owner.organization;
        let slug = &organization.slug;
        let said = self.people.activation(slug, &provider.id);
        let generation = identity::generation(organization, provider);
        let state = state_of(organization, said.as_deref(), &generation);
        let only = said.as_ref().and_then(|said| said.only.as_ref());
        let may_choose = matches!(state, ConnectionState::Open | ConnectionState::Choosing)
            && organization.allow.tenants.is_none()
            && organization.allow.hosted_domains.is_none();
        let seen = if may_choose {
            let account = &owner.known.grant.grant().account;
            self.pipeline.choices(slug, account, &provider.id).await?
        } else {
            Vec::new()
        };
        let choices = seen.iter().map(|fact| Choice {
            id: fact.id().to_owned(),
            name: fact.name().to_owned(),
            chosen: only.is_some_and(|only| only.id() == fact.id()),
        });
        Ok(OwnedConnection {
            id: provider.id.as_str(),
            label: &provider.button,
            state,
            state_word: state.word(),
            since: said.as_ref().map(|said| said.at),
            only: only.map(|only| only.name().to_owned()),
            health: self.health_of(&provider.id),
            registered: registered(&self.config, provider),
            identities: self.counted(slug, &provider.id),
            choices: choices.collect(),
            more_choices: false,
        })
    }

    /// How a provider is doing, as `status` has it too.
    fn health_of(&self, provider: &Slug) -> ProviderState {
        let known = self.pipeline.health_of(provider);
        let (health, since) = known.unwrap_or((Health::Unknown, None));
        let degraded = self.revalidation.degraded_since(provider);
        let state = health.state(degraded.is_some());
        ProviderState::new(state, degraded.filter(|_| state == "degraded").or(since))
    }

    /// How the identities of a connection stood when they were last counted.
    fn counted(&self, organization: &Slug, provider: &Slug) -> Vec<Counted> {
        let Some(census) = self.revalidation.census() else {
            return Vec::new();
        };
        let states = [
            LinkState::Valid,
            LinkState::Suspect,
            LinkState::Invalid,
            LinkState::Orphaned,
            LinkState::Blocked,
        ];
        let counts = states.into_iter().filter_map(|state| {
            let key = (organization.clone(), provider.clone(), state);
            Some(Counted {
                state_word: state_word(state.as_str()),
                count: *census.identities.get(&key)?,
            })
        });
        counts.collect()
    }

    pub(super) async fn set_up(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        provider: &str,
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let errand = Errand {
            flow: Flow::Setup,
            account: Some(owner.known.grant.grant().account.clone()),
            popup: fields.get("display") == Some("popup"),
            rehearsal: None,
        };
        self.set_out(
            ask,
            &owner.known,
            owner.organization,
            &slug(provider)?,
            errand,
        )
        .await
    }

    /// The end of Setup in a window of its own. It tells the one configured origin, or that of the site.
    pub(super) fn owner_done(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        provider: &str,
    ) -> Result<Response<Body>, Error> {
        let organization = owner.organization;
        let provider = slug(provider)?;
        let failed = ask.query.get("failed").map(|code| {
            // Whoever writes an address must not put words into our mouth.
            let known = Ending::ALL.iter().map(|ending| ending.code());
            known
                .into_iter()
                .find(|known| *known == code)
                .unwrap_or("broken")
        });
        let said = self.people.activation(&organization.slug, &provider);
        let state = self
            .config
            .providers
            .get(&provider)
            .filter(|it| organization.providers.contains(&it.id))
            .map(|it| {
                let generation = identity::generation(organization, it);
                let door = Door::of(organization, &generation);
                door.standing(said.as_deref()).as_str()
            })
            .ok_or(Error::NotFound)?;
        let mut data = json!({
            "type": "doorward.setup",
            "organization": organization.slug.as_str(),
            "provider": provider.as_str(),
            "state": state,
        });
        // Under which what failed is in the log; what is no reference is nobody's.
        let reference = ask.query.get("reference").filter(|_| failed.is_some());
        let reference = reference.and_then(|text| text.parse::<Reference>().ok());
        let reference = reference.map(|reference| reference.to_string());
        let more = [("error", failed), ("reference", reference.as_deref())];
        if let Some(data) = data.as_object_mut() {
            let said = more.iter().filter_map(|(name, it)| Some((name, (*it)?)));
            data.extend(said.map(|(name, it)| ((*name).to_owned(), it.into())));
        }
        let view = OwnerDone {
            organization: Organization::from(organization),
            failed,
            reference,
            origin: self
                .config
                .admin
                .popup_origin
                .as_ref()
                .unwrap_or(&ask.origin),
            message: json!({ "success": failed.is_none(), "data": data }),
        };
        self.show_to_opener(ask, Some(organization), &view)
    }

    /// Completes Setup where the provider knows several customers.
    pub(super) async fn choose(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        provider: &str,
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let provider = slug(provider)?;
        let choice = fields.get("choice").ok_or(Error::Form)?;
        let choice = (choice != "*").then(|| choice.to_owned());
        let (pipeline, acting) = (self.pipeline.clone(), owner.acting(ask));
        let work = async move { pipeline.choose(&acting, &provider, choice.as_deref()).await };
        let done = self.tasks.spawn(work).await;
        if !done.map_err(|_| Error::Stopping)?? {
            return Err(Error::Form);
        }
        let page = self.below(&owner.page("?done=opened"));
        Ok(self.see_other(&page, ask.reference))
    }

    /// What shutting a connection would do, and whether it is meant.
    pub(super) async fn ask_to_disable(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        provider: &str,
        mistyped: bool,
    ) -> Result<Response<Body>, Error> {
        let organization = owner.organization;
        let id = slug(provider)?;
        let used = organization.providers.contains(&id);
        let provider = self.config.providers.get(&id).filter(|_| used);
        let provider = provider.ok_or(Error::NotFound)?;
        let what = self.consequence(organization, &id).await?;
        let view = OwnerDisable {
            organization: Organization::from(organization),
            id: id.as_str(),
            label: &provider.button,
            people: what.people,
            have_another: what.have_another,
            sessions: what.sessions,
            more: what.more,
            mistyped,
            csrf: &owner.csrf,
        };
        self.show(ask, Some(organization), &view)
    }

    pub(super) async fn disable(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        provider: &str,
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let typed = fields.get("confirm").unwrap_or_default().trim();
        if typed != owner.organization.slug.as_str() {
            return self.ask_to_disable(ask, owner, provider, true).await;
        }
        let provider = slug(provider)?;
        let (pipeline, acting) = (self.pipeline.clone(), owner.acting(ask));
        let work = async move { pipeline.disable(&acting, &provider).await };
        let done = self.tasks.spawn(work).await;
        done.map_err(|_| Error::Stopping)??;
        let page = self.below(&owner.page("?done=disabled"));
        Ok(self.see_other(&page, ask.reference))
    }

    async fn consequence(
        &self,
        organization: &config::Organization,
        provider: &Slug,
    ) -> Result<Consequence, Error> {
        let mut what = Consequence::default();
        let mut after = None;
        loop {
            let slug = &organization.slug;
            let piece = self
                .people
                .members(slug, (None, &[]), after.as_deref(), PIECE)
                .await?;
            for member in &piece.members {
                let theirs = member.identities.iter().map(|it| &it.provider);
                let theirs: BTreeSet<&Slug> = theirs.collect();
                let by_it = theirs.contains(provider);
                what.people += usize::from(by_it);
                what.have_another += usize::from(by_it && theirs.len() > 1);
            }
            after = piece.next;
            what.more |= what.people >= MOST_COUNTED;
            if after.is_none() || what.more {
                break;
            }
        }
        let filter = Filter {
            organization: Some(organization.slug.clone()),
            provider: Some(provider.clone()),
            ..Filter::default()
        };
        let now = self.clock.now();
        let mut after = None;
        loop {
            let page = self.sessions.list(&filter, after.as_deref(), now).await?;
            let active = page.sessions.iter();
            what.sessions += active.filter(|it| it.status == Status::Active).count();
            after = page.next;
            what.more |= what.sessions >= MOST_COUNTED;
            if after.is_none() || what.more {
                return Ok(what);
            }
        }
    }
}

/// What is registered at a provider, as `check` and `provider guide` say it.
fn registered(config: &config::Config, provider: &Provider) -> Vec<Registered> {
    let registration = Registration::of(config, provider);
    let facts = registration.facts().into_iter();
    let facts = facts.map(|(name, value)| Registered {
        name: name.to_owned(),
        value,
    });
    facts.collect()
}

/// How a connection stands, for its owners.
fn state_of(
    organization: &config::Organization,
    said: Option<&identity::Activation>,
    generation: &identity::Generation,
) -> ConnectionState {
    match Door::of(organization, generation).standing(said) {
        Standing::ByFile => ConnectionState::ByFile,
        Standing::Open => ConnectionState::Open,
        Standing::Choosing => ConnectionState::Choosing,
        Standing::Closed => ConnectionState::Closed,
        Standing::Disabled => ConnectionState::Disabled,
    }
}
