//! What sessions must know of the configuration: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Grant;
use crate::address::Host;
use crate::config::{self, Config, Slug};
use crate::identity::{self, Door, Generation, Profile, Terms};

/// What sessions must know of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where organizations live that have no host of their own.
    shared: Host,
    organizations: BTreeMap<Slug, Organization>,
    /// How identities of a provider are asked about again; only those that can be.
    terms: BTreeMap<Slug, Terms>,
}

#[derive(Clone, Debug, PartialEq)]
struct Organization {
    enabled: bool,
    /// Its own; none if it lives on the shared one.
    hosts: Vec<Host>,
    limits: config::Sessions,
    allow: config::Rules,
    owners: Vec<config::Owner>,
    activation: config::Activation,
    generations: BTreeMap<Slug, Generation>,
}

impl Organization {
    fn lives_on(&self, host: &Host, shared: &Host) -> bool {
        if self.hosts.is_empty() {
            host == shared
        } else {
            self.hosts.contains(host)
        }
    }
}

impl Settings {
    /// The slice of a configuration.
    pub fn of(config: &Config) -> Self {
        let organizations = config.organizations.values().map(|organization| {
            let generations = organization
                .providers
                .iter()
                .filter_map(|id| config.providers.get(id))
                .map(|provider| {
                    (
                        provider.id.clone(),
                        identity::generation(organization, provider),
                    )
                })
                .collect();
            let settings = Organization {
                enabled: organization.enabled,
                hosts: organization.hosts.clone(),
                limits: organization.sessions,
                allow: organization.allow.clone(),
                owners: organization.owners.clone(),
                activation: organization.activation,
                generations,
            };
            (organization.slug.clone(), settings)
        });
        let terms = config.providers.values().filter_map(|provider| {
            let terms = Terms::of(&config.revalidation, provider.revalidation())?;
            Some((provider.id.clone(), terms))
        });
        Self {
            shared: config.server.public_url.host().clone(),
            organizations: organizations.collect(),
            terms: terms.collect(),
        }
    }

    /// How identities of a provider are asked about again, if they can be.
    pub(super) fn terms(&self, provider: &Slug) -> Option<&Terms> {
        self.terms.get(provider)
    }

    /// How long grants in an organization last, if it exists and is not disabled.
    pub(super) fn limits(&self, organization: &Slug) -> Option<&config::Sessions> {
        self.organizations
            .get(organization)
            .filter(|organization| organization.enabled)
            .map(|organization| &organization.limits)
    }

    /// Whether a stored grant was made under the settings of its connection as they are.
    pub(super) fn is_of_today(&self, grant: &Grant) -> bool {
        let organization = self.organizations.get(&grant.organization);
        organization.is_some_and(|organization| {
            organization.generations.get(&grant.provider) == Some(&grant.generation)
        })
    }

    /// What the file says of the connection that a grant came by; `None` if there is none of that name.
    pub(super) fn door(&self, grant: &Grant) -> Option<Door<'_>> {
        let organization = self.organizations.get(&grant.organization)?;
        Some(Door {
            required: organization.activation == config::Activation::Required,
            owners: &organization.owners,
            generation: organization.generations.get(&grant.provider)?,
        })
    }

    /// Whether what is open by a connection goes on where nothing else is known of it: its settings are as they were
    /// `before`, or differ in nothing but how long sessions last, which is no shorter.
    pub(super) fn keeps(
        &self,
        before: &Self,
        (organization, provider): (&Slug, &Slug),
        generation: &Generation,
    ) -> bool {
        let was = before.organizations.get(organization);
        let is = self.organizations.get(organization);
        was.zip(is).is_some_and(|(was, is)| {
            is.enabled
                && self.shared == before.shared
                && is.generations.get(provider) == Some(generation)
                && is.limits.absolute_timeout >= was.limits.absolute_timeout
                && (&is.hosts, &is.allow) == (&was.hosts, &was.allow)
                && (&is.owners, is.activation) == (&was.owners, was.activation)
        })
    }

    /// The providers whose people are asked about in another way than `before`.
    pub(super) fn other_terms(&self, before: &Self) -> BTreeSet<Slug> {
        let all = self.terms.keys().chain(before.terms.keys());
        all.filter(|id| self.terms.get(*id) != before.terms.get(*id))
            .cloned()
            .collect()
    }

    /// Whether a stored grant of a session on `host` still stands under this configuration.
    pub(super) fn admits(&self, host: &Host, grant: &Grant, profile: &Profile) -> bool {
        self.organizations
            .get(&grant.organization)
            .is_some_and(|organization| {
                organization.enabled
                    && organization.lives_on(host, &self.shared)
                    && self.is_of_today(grant)
                    && identity::judge(&organization.allow, profile).is_ok()
            })
    }
}
