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

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[server]
public_url = "http://localhost:8000"
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.one]
kind = "oidc"
issuer = "http://127.0.0.1:2"
client_id = "doorward"
client_secret = "hunter2"
[providers.two]
kind = "oidc"
issuer = "http://127.0.0.1:3"
client_id = "doorward"
client_secret = "hunter2"
[organizations.acme]
name = "Acme"
providers = ["one", "two"]
[organizations.globex]
providers = ["two"]
"#;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &[(&str, Option<&str>, &str)]) {
        assert!(FILE.contains(from), "{from}");
        let (before, after) = (
            Config::sample(FILE),
            Config::sample(&FILE.replacen(from, to, 1)),
        );
        let all = between(&before, &after);
        let told: Vec<_> = (all.iter())
            .map(|one| {
                let organization = one.filter.organization.as_ref();
                let provider = one.filter.provider.as_ref().map(Slug::as_str);
                (organization.map_or("", Slug::as_str), provider, one.reason)
            })
            .collect();
        assert_eq!(told, expected);
        let changed = all.iter().filter(|one| one.filter.but_of.is_some());
        let expected = expected
            .iter()
            .filter(|(.., why)| *why == "connection_changed");
        assert_eq!(changed.count(), expected.count());
    }

    #[test]
    fn inv_39_what_the_file_no_longer_has_ends_and_nothing_else() {
        check("name = \"Acme\"", "name = \"Acme Ltd.\"", &[]);
        check("hunter2", "hunter3", &[]);
        check(
            "[organizations.globex]\nproviders = [\"two\"]\n",
            "",
            &[("globex", None, "organization_removed")],
        );
        check(
            "name = \"Acme\"",
            "enabled = false",
            &[("acme", None, "organization_disabled")],
        );
        check(
            "[\"one\", \"two\"]",
            "[\"one\"]",
            &[("acme", Some("two"), "connection_removed")],
        );
        check(
            "127.0.0.1:3",
            "127.0.0.1:4",
            &[
                ("acme", Some("two"), "connection_changed"),
                ("globex", Some("two"), "connection_changed"),
            ],
        );
    }
}
