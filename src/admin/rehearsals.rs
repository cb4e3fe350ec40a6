//! Rehearsals: an operator tries what would come of a sign-in.

use bytes::Bytes;
use http::request::Parts;
use http_body::Body;
use tracing::info;

use super::commands::{Answer, Error, ask, change, json, read};
use super::{Admin, views};
use crate::config::Slug;

impl Admin {
    /// Prepares one: the link to it, and what to ask for its outcome by.
    pub(super) async fn rehearse<B>(&self, head: &Parts, body: B, id: &str) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let wanted: views::Rehearse = read(body).await?;
        let unknown = || Error::NotFound(format!("there is no provider `{id}`"));
        let provider = Slug::parse(id).map_err(|_| unknown())?;
        if !self.0.config.providers.contains_key(&provider) {
            return Err(unknown());
        }
        let organization = wanted.organization.as_deref().map(Slug::parse).transpose();
        let organization = organization
            .map_err(|_| Error::NotFound("there is no such organization".to_owned()))?;
        let prepared = self
            .0
            .pipeline
            .rehearse(&provider, organization.as_ref())
            .await?;
        let prepared = prepared.ok_or_else(|| {
            Error::NotFound(match &organization {
                Some(organization) => format!("`{organization}` does not use `{provider}`"),
                None => {
                    format!("no organization uses `{provider}`, so there is nothing to try it with")
                }
            })
        })?;
        info!(%provider, "an operator tries a provider");
        let server = &self.0.config.server;
        let path = format!("{}/rehearse/{}", server.prefix, prepared.token.expose());
        Ok(json(&views::Rehearsal {
            url: server.public_url.join(&path),
            id: prepared.id,
            until: views::to_the_second(prepared.until),
        }))
    }

    /// How far one is.
    pub(super) async fn rehearsal(&self, head: &Parts, id: &str) -> Answer {
        ask(head)?;
        let progress = self.0.pipeline.rehearsed(id).await?;
        let gone = || Error::NotFound("there is no such rehearsal, or no longer".to_owned());
        Ok(json(&progress.ok_or_else(gone)?))
    }
}
