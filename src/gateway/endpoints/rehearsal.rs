//! A sign-in for nobody, by a link that only the operator has.

use http::{Method, Response, request};
use tracing::info;

use super::draft::label;
use super::{Ask, Leaving, form};
use crate::address::ReturnPath;
use crate::config::{self, Slug};
use crate::gateway::{Body, Error, Gateway, Place};
use crate::pages::{Admitted, Fact, RehearsalFailed, Rehearse, RehearsedPage};
use crate::pipeline::{self, Begin, Errand, Progress, Rehearsed, Stage, Target, TriedDraft};
use crate::provider::Flow;
use crate::secret::Secret;
use crate::telemetry::trace::{self, Step};
use crate::wire::Received;

impl Gateway {
    /// The link, and the button on its page.
    pub(super) async fn rehearsal(
        &self,
        ask: &Ask<'_>,
        token: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        if ask.inbound.method == Method::POST {
            self.rehearse(ask, token, head, body).await
        } else {
            self.rehearse_page(ask, token).await
        }
    }

    /// What a link is for. Looking uses nothing up: programs that show a preview of links look too.
    async fn rehearse_page(&self, ask: &Ask<'_>, token: &str) -> Result<Response<Body>, Error> {
        let link = Secret::new(token.to_owned());
        let stage = self.pipeline.waiting_rehearsal(&link).await?;
        let stage = stage.ok_or(Error::NotFound)?;
        let (button, organization) = self.staged(&stage).await?;
        let view = Rehearse {
            provider: &button,
            token,
        };
        self.show(ask, Some(organization), &view)
    }

    /// The button on it.
    async fn rehearse(
        &self,
        ask: &Ask<'_>,
        token: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        self.check_form(ask)?;
        form::read(head, body).await?;
        let link = Secret::new(token.to_owned());
        let (stage, id) = self.pipeline.take_rehearsal(&link).await?;
        let (_, organization) = self.staged(&stage).await?;
        let begin = Begin {
            organization: stage.organization.clone(),
            provider: stage.provider.clone(),
            return_path: ReturnPath::root(),
            target: Target::Shared,
            login_hint: None,
            select_account: true,
            consent: false,
            step_up: None,
            errand: Some(Errand {
                flow: Flow::Rehearsal,
                account: None,
                popup: false,
                rehearsal: Some(id),
            }),
            astray: ask.astray(),
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        };
        match self.pipeline.begin(begin).await {
            Ok(begun) => self.leave(ask, organization, &stage.provider, &begun, Leaving::Form),
            Err(error) => self.rehearsal_failed(ask, error).await,
        }
    }

    /// Why nothing came of it, to whoever went through it: what the operator is told too.
    pub(super) async fn rehearsal_failed(
        &self,
        ask: &Ask<'_>,
        error: pipeline::Error,
    ) -> Result<Response<Body>, Error> {
        let Some((again, id)) = error.again().zip(error.rehearsal()) else {
            return Err(error.into());
        };
        let Some(Progress::Failed { code, why }) = self.pipeline.rehearsed(id).await? else {
            return Err(error.into());
        };
        let stage = self.pipeline.rehearsal_stage(id).await?;
        let Some(stage) = stage.filter(|stage| stage.provider == again.provider) else {
            return Err(error.into());
        };
        note_failure(ask, &stage, &code, &error);
        if let Some(draft) = &stage.draft {
            // Its page says why.
            return self.go_on(ask, &draft.back, Leaving::Form);
        }
        let (button, organization) = self.staged(&stage).await?;
        let view = RehearsalFailed {
            provider: &button,
            code: &code,
            why: &why,
        };
        self.show(ask, Some(organization), &view)
    }

    /// What came of it, to whoever went through it.
    pub(super) async fn rehearsed(
        &self,
        ask: &Ask<'_>,
        (organization, provider): (&Slug, &Slug),
        draft: Option<&TriedDraft>,
        rehearsed: &Rehearsed,
    ) -> Result<Response<Body>, Error> {
        let stage = Stage {
            provider: provider.clone(),
            organization: organization.clone(),
            draft: draft.cloned(),
        };
        let (button, organization) = self.staged(&stage).await?;
        // Which others use the provider is for the operator alone (threat model 26).
        let own = rehearsed.admissions.iter();
        let own = own.filter(|one| one.organization == organization.slug);
        let admissions = own.map(|one| Admitted {
            name: &organization.name,
            refused: one.refused.as_deref(),
            rule: one.rule.as_deref(),
            is_open: one.is_open,
        });
        let view = RehearsedPage {
            provider: &button,
            back: draft.map(|draft| draft.back.as_str()),
            identity: format!("{}|{}", rehearsed.issuer, rehearsed.subject),
            email: rehearsed.email.as_deref(),
            email_verified: rehearsed.email_verified,
            organizations: admissions.collect(),
            claims: facts(&rehearsed.claims),
            headers: facts(&rehearsed.headers),
            assertion: facts(&rehearsed.assertion),
            is_too_large: rehearsed.too_large.is_some(),
            shortened: false,
        }
        .fitted();
        self.show(ask, Some(organization), &view)
    }

    /// What people call the provider, and the organization.
    async fn staged(&self, stage: &Stage) -> Result<(String, &config::Organization), Error> {
        let organization = self.config.organizations.get(&stage.organization);
        let organization = organization.ok_or(Error::NotFound)?;
        let button = match &stage.draft {
            Some(tried) => label(&self.drafts.numbered(&tried.number).await?).to_owned(),
            None => {
                let provider = self.config.providers.get(&stage.provider);
                provider.ok_or(Error::NotFound)?.button.clone()
            }
        };
        Ok((button, organization))
    }
}

/// For the log and the trace.
fn note_failure(ask: &Ask<'_>, stage: &Stage, code: &str, error: &pipeline::Error) {
    let reference = ask.reference;
    let cause: &dyn std::error::Error = error;
    info!(%reference, provider = %stage.provider, error = cause, "a rehearsal failed");
    trace::note(|| Step::Refused {
        code: code.to_owned(),
        why: cause.to_string(),
        rule: None,
    });
}

fn facts(all: &[(String, String)]) -> Vec<Fact<'_>> {
    let all = all.iter();
    all.map(|(name, value)| Fact {
        name,
        value: value.clone(),
    })
    .collect()
}
