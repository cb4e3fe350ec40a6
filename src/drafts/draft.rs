//! What can be known of one draft.

use super::{Checkup, Draft, Trial};
use crate::audit::{self, Actor};
use crate::clock::Timestamp;
use crate::config::{self, Preset, Slug};
use crate::secret;

impl Draft {
    /// What tells it apart from all others.
    pub fn number(&self) -> String {
        secret::encode(&self.number)
    }

    /// How often its values were changed.
    pub const fn changes(&self) -> u64 {
        self.record.changes
    }

    /// For which organization it is.
    pub const fn organization(&self) -> &Slug {
        &self.record.organization
    }

    /// The name that it will have in the file.
    pub const fn id(&self) -> &Slug {
        &self.record.id
    }

    /// What fills in the rest.
    pub fn preset(&self) -> Preset {
        // Whatever else is stored was not read.
        Preset::draftable(&self.record.preset).unwrap_or(Preset::Oidc)
    }

    /// Who made it.
    pub const fn made_by(&self) -> &Actor {
        &self.record.made_by
    }

    /// When it is over.
    pub const fn until(&self) -> Timestamp {
        self.record.until
    }

    /// When it was handed over.
    pub const fn finished_at(&self) -> Option<Timestamp> {
        self.record.finished_at
    }

    /// What came of trying it, since it was last changed.
    pub const fn trial(&self) -> Option<&Trial> {
        self.record.trial.as_ref()
    }

    /// What was found when it was last asked.
    pub const fn checkup(&self) -> Option<&Checkup> {
        self.record.checkup.as_ref()
    }

    /// Whether the browser that holds what this is the hash of has its link.
    pub fn is_held_by(&self, holder: &[u8; 32]) -> bool {
        let held = self.record.link.as_ref().and_then(|link| link.holder);
        held.is_some_and(|held| secret::constant_time_eq(&held, holder))
    }

    /// Whether some browser has its link.
    pub fn is_claimed(&self) -> bool {
        self.record
            .link
            .as_ref()
            .is_some_and(|it| it.holder.is_some())
    }

    /// A value that may be shown.
    pub fn shown(&self, field: &config::DraftField) -> Option<&str> {
        let value = self.record.values.get(field.key);
        value
            .filter(|_| !field.is_secret())
            .map(|it| it.expose().as_str())
    }

    /// Whether there is a value.
    pub fn has(&self, field: &config::DraftField) -> bool {
        self.record.values.contains_key(field.key)
    }

    /// Whether anything was filled in.
    pub fn is_begun(&self) -> bool {
        !self.record.values.is_empty()
    }

    /// The table that it would be, without the secret.
    pub fn to_toml(&self) -> String {
        self.config().to_toml(&self.record.organization)
    }

    /// The name of the file that its secret goes into.
    pub fn secret_file(&self) -> String {
        self.config().secret_file()
    }

    pub(super) fn config(&self) -> config::Draft<'_> {
        config::Draft {
            id: &self.record.id,
            preset: self.preset(),
            values: &self.record.values,
        }
    }

    pub(super) fn event(&self, kind: audit::Kind, by: Actor, now: Timestamp) -> audit::Event {
        audit::Event {
            organization: Some(self.record.organization.to_string()),
            provider: Some(self.record.id.to_string()),
            target: Some(self.number()),
            ..audit::Event::new(now, kind, by)
        }
    }
}
