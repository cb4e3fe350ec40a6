//! What differs between providers once their tokens are verified: which claims mean what.
//!
//! Issuers, scopes and parameters of presets are resolved by `config`; here is only what needs code.

use serde_json::{Map, Value};

use super::{Tenant, json};
use crate::config::Preset;

/// The claims of a person, read as one preset means them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) preset: Preset,
    pub(super) groups_claim: &'a str,
}

impl Reading<'_> {
    /// Whether the provider vouches for the e-mail address. Only boolean `true` counts, wherever it stands (threat model
    /// 19).
    ///
    /// Entra lets the administrators of a tenant write any address into `email` and has no `email_verified`; what it
    /// can vouch for is that the domain belongs to the tenant (`xms_edov`, an optional claim).
    pub(super) fn email_verified(self, claims: &Map<String, Value>) -> bool {
        let claim = match self.preset {
            Preset::Entra => "xms_edov",
            Preset::Oidc
            | Preset::Google
            | Preset::Okta
            | Preset::Auth0
            | Preset::Keycloak
            | Preset::GitLab
            | Preset::Slack
            | Preset::Apple
            | Preset::OAuth2
            | Preset::GitHub
            | Preset::Dev => "email_verified",
        };
        claims.get(claim) == Some(&Value::Bool(true))
    }

    /// Google's `hd`: the Workspace that owns the account. Absent for private accounts.
    pub(super) fn hosted_domain(self, claims: &Map<String, Value>) -> Option<String> {
        match self.preset {
            Preset::Google | Preset::Oidc => json::text(claims, "hd"),
            Preset::Entra
            | Preset::Okta
            | Preset::Auth0
            | Preset::Keycloak
            | Preset::GitLab
            | Preset::Slack
            | Preset::Apple
            | Preset::OAuth2
            | Preset::GitHub
            | Preset::Dev => None,
        }
    }

    /// Entra's directory, Slack's workspace, Auth0's organization. Google's hosted domain is a name and no id
    /// ([`Reading::hosted_domain`]), and so are GitLab's groups; Okta, Keycloak and Apple have one customer behind an issuer,
    /// or none.
    pub(super) fn tenants(self, claims: &Map<String, Value>) -> Vec<Tenant> {
        let (id, name) = match self.preset {
            Preset::Entra | Preset::Oidc => ("tid", "tid"),
            Preset::Slack => ("https://slack.com/team_id", "https://slack.com/team_name"),
            Preset::Auth0 => ("org_id", "org_name"),
            Preset::Google
            | Preset::Okta
            | Preset::Keycloak
            | Preset::GitLab
            | Preset::Apple
            | Preset::OAuth2
            | Preset::GitHub
            | Preset::Dev => return Vec::new(),
        };
        let named = json::text(claims, id).map(|id| Tenant {
            name: json::text(claims, name).unwrap_or_else(|| id.clone()),
            id,
        });
        named.into_iter().collect()
    }

    /// Whether the provider says that the list of groups is too long for a token, and where else it is (OIDC Core §5.6.2;
    /// Entra does so from 200 groups on).
    pub(super) fn has_too_many_groups(self, claims: &Map<String, Value>) -> bool {
        let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
        elsewhere.is_some_and(|names| names.contains_key(self.groups_claim))
    }

    /// The groups: a list of texts, or one text. A list with anything else in it is unreadable as a whole, since what is
    /// left out could be what a rule asks for (threat model 20). Entra's pointer to a list that is too long for a token
    /// (`_claim_names`) is no list either.
    pub(super) fn groups(self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        if self.has_too_many_groups(claims) {
            return None;
        }
        match claims.get(self.groups_claim)? {
            Value::String(group) => Some(vec![group.clone()]),
            Value::Array(groups) => groups
                .iter()
                .map(|group| group.as_str().map(str::to_owned))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }

    /// Whether userinfo could tell more than these claims do.
    pub(super) fn lacks_something(self, claims: &Map<String, Value>) -> bool {
        let address = match self.preset {
            Preset::Entra => ["email", "xms_edov"],
            Preset::Oidc
            | Preset::Google
            | Preset::Okta
            | Preset::Auth0
            | Preset::Keycloak
            | Preset::GitLab
            | Preset::Slack
            | Preset::Apple
            | Preset::OAuth2
            | Preset::GitHub
            | Preset::Dev => ["email", "email_verified"],
        };
        let others = ["name", "preferred_username", self.groups_claim];
        address
            .into_iter()
            .chain(others)
            .any(|name| !claims.contains_key(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reading(preset: Preset) -> Reading<'static> {
        Reading {
            preset,
            groups_claim: "groups",
        }
    }

    fn claims(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn inv_19_only_boolean_true_verifies_an_address() {
        for (preset, value, verified) in [
            (Preset::Oidc, json!({"email_verified": true}), true),
            (Preset::Oidc, json!({"email_verified": "true"}), false),
            (Preset::Oidc, json!({"email_verified": 1}), false),
            (Preset::Oidc, json!({"email_verified": null}), false),
            (Preset::Oidc, json!({}), false),
            (Preset::Oidc, json!({"xms_edov": true}), false),
            (Preset::Entra, json!({"email_verified": true}), false),
            (Preset::Entra, json!({"xms_edov": true}), true),
            (Preset::Entra, json!({"xms_edov": "1"}), false),
        ] {
            let found = reading(preset).email_verified(&claims(&value));
            assert_eq!(found, verified, "{preset:?} {value}");
        }
    }

    #[test]
    fn inv_20_groups_are_a_list_of_texts_or_one_text_or_unknown() {
        for (value, groups) in [
            (json!({"groups": ["a", "b"]}), Some(vec!["a", "b"])),
            (json!({"groups": []}), Some(vec![])),
            (json!({"groups": "a b"}), Some(vec!["a b"])),
            (json!({"groups": ["a", 1]}), None),
            (json!({"groups": {"a": true}}), None),
            (json!({"groups": null}), None),
            (json!({"_claim_names": {"groups": "src1"}}), None),
            (
                json!({"_claim_names": {"groups": "src1"}, "groups": ["a"]}),
                None,
            ),
            (
                json!({"_claim_names": {"roles": "src1"}, "groups": ["a"]}),
                Some(vec!["a"]),
            ),
            (json!({}), None),
        ] {
            let found = reading(Preset::Oidc).groups(&claims(&value));
            let found = found
                .as_ref()
                .map(|groups| groups.iter().map(String::as_str).collect());
            assert_eq!(found, groups, "{value}");
        }
    }

    #[test]
    fn tenants_and_hosted_domains_belong_to_their_providers() {
        let both = claims(&json!({"hd": "acme.com", "tid": "7"}));
        assert_eq!(
            reading(Preset::Google).hosted_domain(&both).as_deref(),
            Some("acme.com")
        );
        assert_eq!(reading(Preset::Google).tenants(&both), Vec::new());
        let ids = reading(Preset::Entra).tenants(&both);
        assert_eq!(
            ids.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
            ["7"]
        );
        assert_eq!(reading(Preset::Entra).hosted_domain(&both), None);
        assert_eq!(reading(Preset::Okta).hosted_domain(&both), None);
    }
}
