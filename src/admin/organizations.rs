//! Organizations, as the command line sees, suspends and resumes them.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http_body::Body;
use tracing::info;

use super::commands::{Answer, Error, ask, change, json, read};
use super::views::{self, MOST_COUNTED};
use super::{Admin, query};
use crate::config::{self, Slug};
use crate::pipeline::Pipeline;
use crate::{audit, identity, session};

impl Admin {
    pub(super) async fn organizations(&self, head: &Parts) -> Answer {
        ask(head)?;
        let mut organizations = Vec::new();
        for organization in self.0.config.organizations.values() {
            organizations.push(self.view(organization).await?);
        }
        Ok(json(&views::Organizations { organizations }))
    }

    pub(super) async fn organization(&self, head: &Parts, text: &str) -> Answer {
        ask(head)?;
        let one = self.configured(text)?;
        Ok(json(&self.view(one).await?))
    }

    fn configured(&self, text: &str) -> Result<&config::Organization, Error> {
        let slug = query::organization(&self.0.config, text).map_err(Error::NotFound)?;
        let found = self.0.config.organizations.get(&slug);
        found.ok_or_else(|| Error::NotFound(format!("there is no organization `{slug}`")))
    }

    async fn view(&self, one: &config::Organization) -> Result<views::Organization, Error> {
        let sessions = self.0.sessions.count(&one.slug, MOST_COUNTED).await?;
        let suspension = self.0.sessions.suspension(&one.slug);
        let config = &self.0.config;
        let connections = one.providers.iter().filter_map(|id| {
            let provider = config.providers.get(id)?;
            Some(self.connection(one, provider))
        });
        let connections = connections.collect();
        Ok(views::Organization::new(
            config,
            one,
            sessions,
            suspension,
            connections,
        ))
    }

    fn connection(
        &self,
        one: &config::Organization,
        provider: &config::Provider,
    ) -> views::Connection {
        let said = self.0.people.activation(&one.slug, &provider.id);
        let generation = identity::generation(one, provider);
        let standing = identity::Door::of(one, &generation).standing(said.as_deref());
        let only = said.as_ref().and_then(|said| said.only.as_ref());
        views::Connection {
            provider: provider.id.to_string(),
            state: standing.as_str().to_owned(),
            since: said.as_ref().map(|said| views::to_the_second(said.at)),
            only: only.map(|only| only.id().to_owned()),
        }
    }

    /// Lets nobody of an organization in and ends what they have, or lets its people sign in again. In a task of its own:
    /// whoever hangs up has still asked for it.
    pub(super) async fn turn<B>(&self, head: &Parts, body: B, text: &str, turn: Turn) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let one = self.configured(text)?;
        let why: views::Why = read(body).await?;
        let event = self.about(one, turn.kind(), &why)?;
        let (sessions, pipeline) = (Arc::clone(&self.0.sessions), self.0.pipeline.clone());
        let slug = one.slug.clone();
        let work = async move {
            match turn {
                Turn::Suspend => {
                    let suspended = sessions.suspend(&slug, event.clone()).await;
                    // Whether or not it could be written: what is open ends.
                    let ended = end_all(&pipeline, slug, event).await;
                    Ok::<_, Error>((suspended?, ended?))
                }
                Turn::Resume if !sessions.is_suspended(&slug) => Ok((false, 0)),
                Turn::Resume => {
                    // A crash may have come between the suspension and the end of the sessions: nothing comes back.
                    let ended = end_all(&pipeline, slug.clone(), event.clone()).await?;
                    Ok((sessions.resume(&slug, event).await?, ended))
                }
            }
        };
        let done = self.0.tasks.spawn(work).await;
        let (changed, ended) = done.map_err(|_| Error::Stopping)??;
        info!(organization = %one.slug, ended, deed = turn.kind().name(), "an operator turned an organization");
        let organization = self.view(one).await?;
        Ok(json(&views::Turned {
            organization,
            changed,
            ended,
        }))
    }

    fn about(
        &self,
        one: &config::Organization,
        kind: audit::Kind,
        why: &views::Why,
    ) -> Result<audit::Event, Error> {
        Ok(audit::Event {
            organization: Some(one.slug.to_string()),
            reason: query::reason(why.reason.as_ref())?,
            ..audit::Event::new(self.0.clock.now(), kind, audit::Actor::Operator)
        })
    }
}

/// What is done to an organization.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    Suspend,
    Resume,
}

impl Turn {
    const fn kind(self) -> audit::Kind {
        match self {
            Self::Suspend => audit::Kind::OrganizationSuspended,
            Self::Resume => audit::Kind::OrganizationResumed,
        }
    }
}

/// Ends all sessions of an organization; how many there were.
async fn end_all(
    pipeline: &Pipeline,
    organization: Slug,
    event: audit::Event,
) -> Result<u64, Error> {
    let now = event.time;
    let event = audit::Event {
        kind: audit::Kind::SessionRevoked,
        ..event
    };
    let filter = session::Filter {
        organization: Some(organization),
        ..session::Filter::default()
    };
    Ok(pipeline.revoke_all(&filter, &event, now).await?)
}
