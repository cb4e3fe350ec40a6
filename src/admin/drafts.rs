//! Providers that are being set up, as the command line makes, lists, takes over and removes them.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http_body::Body;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::commands::{Answer, Error, ask, change, json, read};
use super::query::{self, Misunderstood, Parameters};
use super::{Admin, views};
use crate::audit::Actor;
use crate::config::defaults::DRAFT_LIFETIME;
use crate::config::{DRAFTABLE, Preset, Slug};
use crate::drafts::{self, New, Stage};

/// What an operator wants a link to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupLink {
    /// The name that the provider will have in the file.
    pub provider: String,
    /// What fills in the rest.
    pub preset: String,
    /// How long link and draft are good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_seconds: Option<u64>,
    /// Whether the provider may lie where not everybody can reach it.
    #[serde(default)]
    pub private_network: bool,
}

/// A link that is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeLink {
    /// It.
    pub url: String,
    /// When it is over.
    pub until: String,
}

/// The drafts of one organization, or of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafts {
    /// The oldest of each organization first.
    pub drafts: Vec<Draft>,
}

/// A provider that is being set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// For which organization.
    pub organization: String,
    /// The name that it will have in the file.
    pub provider: String,
    /// What fills in the rest.
    pub preset: String,
    /// `waiting`, `open`, `complete`, `finished`, `in the file` or `name taken`.
    pub state: String,
    /// Who made it: `operator` or `account`.
    pub made_by: String,
    /// When it is over.
    pub until: String,
    /// When somebody last went through a sign-in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<String>,
    /// When it was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Keys that are missing or cannot be right.
    #[serde(default)]
    pub faults: Vec<String>,
    /// The table that it would be in the file, without the secret.
    pub toml: String,
    /// Where the table has the secret, beside the file that it stands in.
    pub secret_file: String,
}

/// The secret of a draft, for the operator who puts it into force.
#[derive(Clone, Serialize, Deserialize)]
pub struct Taken {
    /// The draft that it is the secret of, as it was at that moment.
    pub draft: Draft,
    /// It; none if there is none.
    pub secret: Option<crate::secret::Secret<String>>,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Taken").finish_non_exhaustive()
    }
}

/// The longest that a link is good for.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// The shortest.
const SHORTEST: Duration = Duration::from_secs(60);

impl Admin {
    /// Makes a draft and the link to it.
    pub(super) async fn setup_link<B>(&self, head: &Parts, body: B, text: &str) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        change(head)?;
        let wanted: SetupLink = read(body).await?;
        let organization = query::organization(&self.0.config, text).map_err(Error::NotFound)?;
        let new = wanted.new_draft(organization)?;
        let made = self.0.drafts.create(new, Actor::Operator).await?;
        let draft = &made.draft;
        info!(organization = %draft.organization(), provider = %draft.id(), "an operator made a setup link");
        let token = made.link.ok_or(drafts::Error::Gone)?;
        let server = &self.0.config.server;
        let path = format!("{}/setup-link/{}", server.prefix, token.expose());
        Ok(json(&MadeLink {
            url: server.public_url.join(&path),
            until: views::to_the_second(made.draft.until()),
        }))
    }

    pub(super) async fn list_drafts(&self, head: &Parts) -> Answer {
        ask(head)?;
        let parameters = Parameters::parse(head.uri.query(), &["organization"])?;
        let config = &self.0.config;
        let only = parameters.text("organization");
        let only = only.map(|text| query::organization(config, text));
        let only = only.transpose().map_err(Error::NotFound)?;
        let mut all = Vec::new();
        for slug in config.organizations.keys() {
            if only.as_ref().is_none_or(|only| only == slug) {
                let found = self.0.drafts.list(slug).await?;
                all.extend(found.iter().map(|draft| self.told(draft)));
            }
        }
        Ok(json(&Drafts { drafts: all }))
    }

    pub(super) async fn draft(&self, head: &Parts, organization: &str, id: &str) -> Answer {
        ask(head)?;
        Ok(json(&self.told(&self.found(organization, id).await?)))
    }

    /// Hands out the secret, if the draft is one that can be put into force.
    pub(super) async fn take_draft(&self, head: &Parts, organization: &str, id: &str) -> Answer {
        change(head)?;
        let draft = self.found(organization, id).await?;
        match self.0.drafts.stage(&draft) {
            Stage::Complete | Stage::Finished => {}
            Stage::Waiting | Stage::Open => return Err(drafts::Error::Incomplete.into()),
            Stage::InForce | Stage::Displaced => return Err(drafts::Error::Taken.into()),
        }
        let secret = self.0.drafts.export(&draft).await?;
        Ok(json(&Taken {
            draft: self.told(&draft),
            secret,
        }))
    }

    pub(super) async fn remove_draft(&self, head: &Parts, organization: &str, id: &str) -> Answer {
        change(head)?;
        let draft = self.found(organization, id).await?;
        self.0.drafts.remove(&draft, &Actor::Operator).await?;
        info!(organization = %draft.organization(), provider = %draft.id(), "an operator removed a draft");
        Ok(json(&self.told(&draft)))
    }

    async fn found(&self, organization: &str, id: &str) -> Result<drafts::Draft, Error> {
        let organization = query::organization(&self.0.config, organization);
        let organization = organization.map_err(Error::NotFound)?;
        let id = Slug::parse(id).map_err(|_| drafts::Error::Gone)?;
        Ok(self.0.drafts.named(&organization, &id).await?)
    }

    fn told(&self, draft: &drafts::Draft) -> Draft {
        let faults = self.0.drafts.faults(draft).into_iter();
        Draft {
            organization: draft.organization().to_string(),
            provider: draft.id().to_string(),
            preset: draft.preset().as_str().to_owned(),
            state: self.0.drafts.stage(draft).as_str().to_owned(),
            made_by: match draft.made_by() {
                Actor::Account(_) => "account",
                Actor::Operator => "operator",
                Actor::Visitor | Actor::System | Actor::SetupLink => "",
            }
            .to_owned(),
            until: views::to_the_second(draft.until()),
            tried: draft
                .trial()
                .filter(|trial| trial.failed.is_none())
                .map(|trial| views::to_the_second(trial.at)),
            finished: draft.finished_at().map(views::to_the_second),
            faults: faults.map(|fault| fault.key).collect(),
            toml: draft.to_toml(),
            secret_file: draft.secret_file(),
        }
    }
}

impl SetupLink {
    fn new_draft(&self, organization: Slug) -> Result<New, Misunderstood> {
        let id = Slug::parse(&self.provider);
        let id = id.map_err(|error| format!("`{}` {error}", self.provider))?;
        let preset = Preset::draftable(&self.preset).ok_or_else(|| {
            let all = DRAFTABLE.map(Preset::as_str).join(", ");
            format!("`{}` is none of {all}", self.preset)
        })?;
        let lifetime = self.expires_seconds.map(Duration::from_secs);
        let lifetime = lifetime.unwrap_or(DRAFT_LIFETIME);
        if !(SHORTEST..=LONGEST).contains(&lifetime) {
            return Err("a link is good for one minute at least and 30 days at most".to_owned());
        }
        Ok(New {
            organization,
            id,
            preset,
            lifetime,
            private_network: self.private_network,
            with_link: true,
        })
    }
}
