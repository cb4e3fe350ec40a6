//! Providers that are being set up in the browser: the link that an administrator elsewhere was given, and the page on which
//! they and owners fill one in.
//!
//! Whoever has a link sees and changes that one draft, and nothing else of the organization or of anybody (threat model 26).

use std::collections::BTreeMap;

use http::{Method, Response, request};

use super::form::{self, Fields};
use super::{Ask, Leaving, looks_or_posts, nothing, set_cookie};
use crate::audit::Actor;
use crate::config::defaults::DRAFTS_PER_BROWSER;
use crate::config::{FieldKind, Organization, Preset};
use crate::drafts::{self, Checkup, Draft, Stage};
use crate::gateway::{Body, Error, Gateway, Place};
use crate::pages::{
    Fact, SetupLink, Wizard, WizardCheck, WizardCheckup, WizardEnd, WizardField, WizardTrial,
    verdict_word,
};
use crate::pipeline;
use crate::secret::{self, Secret};
use crate::session::cookies::{self, Binding, BindingKind};
use crate::store;
use crate::wire::Received;

/// Somebody at work on a draft, who may.
pub(super) struct Desk<'a> {
    pub(super) draft: Draft,
    pub(super) organization: &'a Organization,
    /// Who it is, for the trail.
    pub(super) by: Actor,
    /// Where its page is, below the prefix.
    pub(super) page: String,
    /// Token of the forms.
    pub(super) csrf: String,
    pub(super) owned: bool,
}

/// How often a change is tried again when somebody else changes the same draft.
const TRIES: usize = 8;

impl Gateway {
    /// Whatever is below `/_sso/setup-link` and `/_sso/draft`.
    pub(super) async fn draft_page(
        &self,
        ask: &Ask<'_>,
        segments: &[&str],
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let (get, post) = looks_or_posts(&ask.inbound.method);
        match segments {
            ["setup-link", token] if get || post => self.setup_link(ask, token, head, body).await,
            ["draft", number] if get => self.held_draft(ask, (number, None), head, body).await,
            ["draft", number, deed] if post => {
                let wanted = (*number, Some(*deed));
                self.held_draft(ask, wanted, head, body).await
            }
            other => Err(nothing(other)),
        }
    }

    /// The link, and the button on its page.
    async fn setup_link(
        &self,
        ask: &Ask<'_>,
        token: &str,
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let link = Secret::new(token.to_owned());
        let draft = self.drafts.linked(&link).await?;
        if holder(ask, &draft).is_some_and(|holder| draft.is_held_by(&holder)) {
            return Ok(self.see_other(&self.below(&page(&draft)), ask.reference));
        }
        if draft.is_claimed() {
            return Err(drafts::Error::Claimed.into());
        }
        if ask.inbound.method == Method::POST {
            self.check_form(ask)?;
            form::read(head, body).await?;
            return self.claim_draft(ask, &link, &draft).await;
        }
        // Looking uses nothing up: programs that show a preview of links look too.
        let organization = self.organization_of(&draft)?;
        let view = SetupLink {
            organization: organization.into(),
            provider: label(&draft),
            token,
            until: draft.until(),
        };
        self.show(ask, Some(organization), &view)
    }

    async fn claim_draft(
        &self,
        ask: &Ask<'_>,
        link: &Secret<String>,
        draft: &Draft,
    ) -> Result<Response<Body>, Error> {
        // What a browser loses of a draft, nobody gets back: so none makes room here.
        if ask.cookies.bindings(BindingKind::Draft).len() >= DRAFTS_PER_BROWSER {
            return Err(drafts::Error::Crowded.into());
        }
        let binding = Binding::new(tag(draft));
        self.drafts.claim(link, binding.hash()).await?;
        let mut response = self.see_other(&self.below(&page(draft)), ask.reference);
        let now = self.clock.now();
        let lifetime = draft.until().since(now);
        set_cookie(
            &mut response,
            cookies::set_binding_for(BindingKind::Draft, &binding, now, lifetime),
        );
        Ok(response)
    }

    /// The page of a draft, for the browser that has its link, and the buttons on it.
    async fn held_draft(
        &self,
        ask: &Ask<'_>,
        (number, deed): (&str, Option<&str>),
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let draft = self.drafts.numbered(number).await?;
        let holder = holder(ask, &draft).filter(|holder| draft.is_held_by(holder));
        let holder = holder.ok_or(drafts::Error::Claimed)?;
        let desk = Desk {
            organization: self.organization_of(&draft)?,
            by: Actor::SetupLink,
            page: page(&draft),
            csrf: form_token(&holder),
            owned: false,
            draft,
        };
        let Some(deed) = deed else {
            return self.show_draft(ask, &desk);
        };
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        let sent = fields.get("csrf").unwrap_or_default();
        if !secret::constant_time_eq(sent.as_bytes(), desk.csrf.as_bytes()) {
            return Err(Error::ForeignForm);
        }
        self.work_on_draft(ask, desk, deed, &fields).await
    }

    /// Does what a button of the page says. What cannot be done is told by the page that follows.
    pub(super) async fn work_on_draft(
        &self,
        ask: &Ask<'_>,
        desk: Desk<'_>,
        deed: &str,
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        let done = match deed {
            "values" => {
                let typed = typed(desk.draft.preset(), fields).ok_or(Error::Form)?;
                self.fill_in(&desk, &typed).await
            }
            "check" => self.drafts.check(&desk.draft, desk.by.clone()).await,
            "finish" => self.drafts.finish(&desk.draft, desk.by.clone()).await,
            "try" => return self.try_draft(ask, &desk).await,
            _ => return Err(Error::NotFound),
        };
        match done {
            // The second: somebody else was faster, and the page shows what they did.
            Ok(_)
            | Err(
                drafts::Error::Store(store::Error::Conflict)
                | drafts::Error::Finished
                | drafts::Error::Incomplete,
            ) => Ok(self.back_to_draft(ask, &desk, deed)),
            Err(other) => Err(other.into()),
        }
    }

    async fn fill_in(
        &self,
        desk: &Desk<'_>,
        typed: &BTreeMap<&'static str, String>,
    ) -> Result<Draft, drafts::Error> {
        let mut draft = desk.draft.clone();
        for _ in 0..TRIES {
            match self.drafts.change(&draft, typed, desk.by.clone()).await {
                Err(drafts::Error::Store(store::Error::Conflict)) => {
                    draft = self.drafts.numbered(&draft.number()).await?;
                }
                other => return other,
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// To the rehearsal, which is on the host of the redirect URI.
    async fn try_draft(&self, ask: &Ask<'_>, desk: &Desk<'_>) -> Result<Response<Body>, Error> {
        let back = ask.origin.join(&self.below(&desk.page));
        let prepared = self
            .pipeline
            .rehearse_draft(&desk.draft, desk.by.clone(), back)
            .await;
        let prepared = match prepared {
            // The button is older than what became of the draft: its page says what that is.
            Err(pipeline::Error::Draft(drafts::Error::Incomplete | drafts::Error::Finished)) => {
                return Ok(self.back_to_draft(ask, desk, "try"));
            }
            other => other?,
        };
        let path = self.below(&format!("rehearse/{}", prepared.token.expose()));
        let to = self.config.server.public_url.join(&path);
        self.go_on(ask, &to, Leaving::Form)
    }

    fn back_to_draft(&self, ask: &Ask<'_>, desk: &Desk<'_>, deed: &str) -> Response<Body> {
        let to = format!("{}#{deed}", self.below(&desk.page));
        self.see_other(&to, ask.reference)
    }

    fn organization_of(&self, draft: &Draft) -> Result<&Organization, Error> {
        let found = self.config.organizations.get(draft.organization());
        found.ok_or_else(|| drafts::Error::Gone.into())
    }

    pub(super) fn show_draft(
        &self,
        ask: &Ask<'_>,
        desk: &Desk<'_>,
    ) -> Result<Response<Body>, Error> {
        let (draft, stage) = (&desk.draft, self.drafts.stage(&desk.draft));
        let registration = self.drafts.registration(draft);
        let further = [
            ("Scopes", registration.scopes.join(" ")),
            ("Grant types", registration.grant_types.join(", ")),
            ("Claims", registration.claims.join(", ")),
        ];
        let addresses = registration.addresses.iter();
        let mut addresses: Vec<Fact<'_>> = addresses.map(fact).collect();
        addresses.extend(further.iter().map(fact));
        addresses.retain(|fact| !fact.value.is_empty());
        let faults = self.drafts.faults(draft);
        let wrong = |key: &str| {
            let fault = faults.iter().find(|fault| fault.key == key);
            // Nobody is told of what is missing before they have begun.
            let fault = fault.filter(|fault| draft.is_begun() || !fault.is_missing)?;
            Some(if fault.is_missing { "missing" } else { "wrong" })
        };
        let listed = draft.preset().fields();
        let fields = listed.iter().map(|field| WizardField {
            key: field.key,
            label: field.shown_as,
            kind: match field.kind {
                FieldKind::Line | FieldKind::Place | FieldKind::List => "line",
                FieldKind::Secret => "secret",
                FieldKind::Key => "key",
            },
            needed: field.needed,
            example: Some(field.example).filter(|example| !example.is_empty()),
            value: draft.shown(field),
            kept: field.is_secret() && draft.has(field),
            fault: wrong(field.key),
        });
        let is_whole = matches!(stage, Stage::Complete | Stage::Finished);
        let view = Wizard {
            organization: desk.organization.into(),
            provider: label(draft),
            base: self.below(&desk.page),
            csrf: &desk.csrf,
            owned: desk.owned,
            until: draft.until(),
            place: registration.place,
            addresses,
            steps: registration.steps,
            fields: fields.collect(),
            complete: is_whole,
            checked: draft.checkup().map(checked),
            tried: draft.trial().map(|trial| WizardTrial {
                at: trial.at,
                failed: trial.failed.as_deref(),
            }),
            end: match stage {
                Stage::Waiting | Stage::Open | Stage::Complete => None,
                Stage::Finished => Some(WizardEnd::Finished),
                Stage::InForce => Some(WizardEnd::InForce),
                Stage::Displaced => Some(WizardEnd::Displaced),
            },
            toml: (desk.owned && is_whole).then(|| draft.to_toml()),
        };
        self.show(ask, Some(desk.organization), &view)
    }
}

fn fact<'a>((name, value): &(&'a str, String)) -> Fact<'a> {
    Fact {
        name,
        value: value.clone(),
    }
}

fn checked(checkup: &Checkup) -> WizardCheckup<'_> {
    let checks = checkup.checks.iter().map(|check| WizardCheck {
        check: &check.check,
        word: verdict_word(&check.verdict),
        said: &check.said,
        cure: check.cure.as_deref(),
    });
    WizardCheckup {
        at: checkup.at,
        failed: checkup.has_failed(),
        checks: checks.collect(),
    }
}

/// What was typed, by key; `None` if something in it is nothing that could be meant. A field that was not sent stays as it is.
fn typed(preset: Preset, fields: &Fields) -> Option<BTreeMap<&'static str, String>> {
    let mut typed = BTreeMap::new();
    for field in preset.fields() {
        let sent = fields.pairs().iter().filter(|(key, _)| key == field.key);
        let sent: Vec<&str> = sent.map(|(_, text)| text.as_str()).collect();
        match sent.as_slice() {
            [] => {}
            [text] => drop(typed.insert(field.key, field.parse(text)?)),
            _ => return None,
        }
    }
    Some(typed)
}

/// What people call the provider.
pub(super) fn label(draft: &Draft) -> &str {
    match draft.preset() {
        Preset::Oidc | Preset::OAuth2 | Preset::Dev => draft.id().as_str(),
        preset @ (Preset::Google
        | Preset::Entra
        | Preset::Okta
        | Preset::Auth0
        | Preset::Keycloak
        | Preset::GitLab
        | Preset::Slack
        | Preset::Apple
        | Preset::GitHub) => preset.label(),
    }
}

fn page(draft: &Draft) -> String {
    format!("draft/{}", draft.number())
}

/// The last part of the cookie's name.
fn tag(draft: &Draft) -> String {
    let mut tag = draft.number();
    tag.truncate(10);
    tag
}

/// The hash of what the browser holds for a draft.
fn holder(ask: &Ask<'_>, draft: &Draft) -> Option<[u8; 32]> {
    ask.cookies.binding(BindingKind::Draft, &tag(draft))
}

/// The token of the forms of the browser that has a link.
fn form_token(holder: &[u8; 32]) -> String {
    secret::encode(&secret::sha256_fields([
        b"form of a draft".as_slice(),
        holder,
    ]))
}
