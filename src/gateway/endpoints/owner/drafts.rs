//! Providers that owners set up for their organization, until an operator puts them into force.

use http::Response;

use super::Owner;
use super::form::Fields;
use crate::audit::Actor;
use crate::config::defaults::DRAFT_LIFETIME;
use crate::config::{DRAFTABLE, Preset, Slug};
use crate::drafts::{self, New, Stage};
use crate::gateway::endpoints::draft::{Desk, label};
use crate::gateway::endpoints::{Ask, slug};
use crate::gateway::{Body, Error, Gateway};
use crate::pages::{DraftFault, DraftRow, DraftState, Fact, Organization, OwnerDrafts};

impl Gateway {
    pub(super) async fn owned_drafts(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        fault: Option<DraftFault>,
    ) -> Result<Response<Body>, Error> {
        let drafts = self.drafts.list(&owner.organization.slug).await?;
        let rows = drafts.iter().map(|draft| DraftRow {
            id: draft.id().as_str(),
            provider: label(draft),
            state: match self.drafts.stage(draft) {
                Stage::Waiting => DraftState::Waiting,
                Stage::Open => DraftState::Open,
                Stage::Complete => DraftState::Complete,
                Stage::Finished => DraftState::Finished,
                Stage::InForce => DraftState::InForce,
                Stage::Displaced => DraftState::Displaced,
            },
            until: draft.until(),
        });
        let presets = DRAFTABLE.into_iter().map(|preset| Fact {
            name: preset.as_str(),
            value: match preset {
                Preset::Oidc => "OpenID Connect".to_owned(),
                Preset::OAuth2 => "OAuth 2.0".to_owned(),
                other => other.label().to_owned(),
            },
        });
        let view = OwnerDrafts {
            organization: Organization::from(owner.organization),
            drafts: rows.collect(),
            presets: presets.collect(),
            fault,
            csrf: &owner.csrf,
        };
        self.show(ask, Some(owner.organization), &view)
    }

    /// Begins another one.
    pub(super) async fn add_draft(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let preset = fields.get("preset").and_then(Preset::draftable);
        let preset = preset.ok_or(Error::Form)?;
        let Some(id) = fields.get("id").and_then(|text| Slug::parse(text).ok()) else {
            return self.owned_drafts(ask, owner, Some(DraftFault::BadId)).await;
        };
        let page = owner.page(&format!("/drafts/{id}"));
        let new = New {
            organization: owner.organization.slug.clone(),
            id,
            preset,
            lifetime: DRAFT_LIFETIME,
            private_network: false,
            with_link: false,
        };
        match self.drafts.create(new, by(owner)).await {
            Ok(_) => Ok(self.see_other(&self.below(&page), ask.reference)),
            Err(drafts::Error::Taken) => {
                self.owned_drafts(ask, owner, Some(DraftFault::Taken)).await
            }
            Err(drafts::Error::TooMany) => {
                self.owned_drafts(ask, owner, Some(DraftFault::TooMany))
                    .await
            }
            Err(other) => Err(other.into()),
        }
    }

    pub(super) async fn owned_draft(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        id: &str,
    ) -> Result<Response<Body>, Error> {
        let desk = self.desk(owner, id).await?;
        self.show_draft(ask, &desk)
    }

    /// A button on the page of one. If that is gone by now, the list shows what there is.
    pub(super) async fn deal_with_draft(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        (id, deed): (&str, &str),
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let list = self.below(&owner.page("/drafts"));
        let desk = match self.desk(owner, id).await {
            Err(Error::NotFound) => return Ok(self.see_other(&list, ask.reference)),
            other => other?,
        };
        if deed == "remove" {
            self.drafts.remove(&desk.draft, &desk.by).await?;
            return Ok(self.see_other(&list, ask.reference));
        }
        self.work_on_draft(ask, desk, deed, fields).await
    }

    async fn desk<'a>(&self, owner: &Owner<'a>, id: &str) -> Result<Desk<'a>, Error> {
        let id = slug(id)?;
        let draft = self.drafts.named(&owner.organization.slug, &id).await;
        let draft = match draft {
            Err(drafts::Error::Gone) => return Err(Error::NotFound),
            other => other?,
        };
        Ok(Desk {
            draft,
            organization: owner.organization,
            by: by(owner),
            page: owner.page(&format!("/drafts/{id}")),
            csrf: owner.csrf.clone(),
            owned: true,
        })
    }
}

fn by(owner: &Owner<'_>) -> Actor {
    Actor::Account(owner.known.grant.grant().account.to_string())
}
