//! What was granted under one configuration and is nobody's under another: pure.

use crate::config::{Config, Organization, Slug};
use crate::identity::{self, Generation};
use crate::session::Filter;

/// Grants that end, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Withdrawn {
    pub(super) filter: Filter,
    pub(super) reason: &'static str,
}

/// Everything that ends when `after` takes the place of `before`.
pub(super) fn between(before: &Config, after: &Config) -> Vec<Withdrawn> {
    let mut all = Vec::new();
    for was in before.organizations.values().filter(|it| it.enabled) {
        let of = Filter {
            organization: Some(was.slug.clone()),
            ..Filter::default()
        };
        let is = after.organizations.get(&was.slug);
        let Some(is) = is.filter(|is| is.enabled) else {
            all.push(Withdrawn {
                filter: of,
                reason: match is {
                    Some(_) => "organization_disabled",
                    None => "organization_removed",
                },
            });
            continue;
        };
        for id in &was.providers {
            let (old, new) = (generation(before, was, id), generation(after, is, id));
            if old != new {
                all.push(Withdrawn {
                    reason: match new {
                        Some(_) => "connection_changed",
                        None => "connection_removed",
                    },
                    filter: Filter {
                        provider: Some(id.clone()),
                        but_of: new,
                        ..of.clone()
                    },
                });
            }
        }
    }
    all
}

/// The settings of an organization's use of a provider, if it has it.
fn generation(config: &Config, organization: &Organization, id: &Slug) -> Option<Generation> {
    let provider = config.providers.get(id);
    let provider = provider.filter(|_| organization.providers.contains(id))?;
    Some(identity::generation(organization, provider))
}
