//! Pure: what `allow` and `require` say of a person.

use serde_json::Value;

use super::Profile;
use crate::config::Rules;

/// The first key of a rule that a person does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// `emails` or `email_domains`, and the provider does not vouch for the address.
    EmailUnverified,
    /// `emails`.
    Emails,
    /// `email_domains`.
    EmailDomains,
    /// `hosted_domains`.
    HostedDomains,
    /// `groups_any`.
    GroupsAny,
    /// `groups_all`.
    GroupsAll,
    /// `subjects`.
    Subjects,
    /// `tenants`.
    Tenants,
    /// `teams`.
    Teams,
    /// `claims`.
    Claims,
}

impl Unmet {
    /// The key, for the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailUnverified => "email_unverified",
            Self::Emails => "emails",
            Self::EmailDomains => "email_domains",
            Self::HostedDomains => "hosted_domains",
            Self::GroupsAny => "groups_any",
            Self::GroupsAll => "groups_all",
            Self::Subjects => "subjects",
            Self::Tenants => "tenants",
            Self::Teams => "teams",
            Self::Claims => "claims",
        }
    }
}

/// Whether a person meets a rule: all keys must hold, the values of one key are alternatives. A key that is there but
/// empty admits nobody; an attribute that is missing makes its key fail (threat model 20).
///
/// # Errors
/// The first key that does not hold.
pub fn judge(rules: &Rules, profile: &Profile) -> Result<(), Unmet> {
    let needs_email = rules.emails.is_some() || rules.email_domains.is_some();
    if needs_email && profile.email.is_some() && !profile.email_verified {
        return Err(Unmet::EmailUnverified);
    }
    let address = profile.verified_email().and_then(split_address);
    let address_is = |wanted: &[String]| {
        address
            .as_ref()
            .is_some_and(|(local, domain)| contains(wanted, &format!("{local}@{domain}")))
    };
    let domain_is = |wanted: &[String]| {
        address
            .as_ref()
            .is_some_and(|(_, domain)| contains(wanted, domain))
    };
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
    let hosted = lower(&profile.hosted_domain);
    let groups = profile.groups.as_deref();

    holds(&rules.emails, Unmet::Emails, address_is)?;
    holds(&rules.email_domains, Unmet::EmailDomains, domain_is)?;
    holds(&rules.hosted_domains, Unmet::HostedDomains, |wanted| {
        hosted
            .as_ref()
            .is_some_and(|hosted| contains(wanted, hosted))
    })?;
    holds(&rules.tenants, Unmet::Tenants, |wanted| {
        let mut ids = profile
            .tenants
            .iter()
            .map(|tenant| tenant.id.to_ascii_lowercase());
        ids.any(|id| contains(wanted, &id))
    })?;
    holds(&rules.teams, Unmet::Teams, |wanted| {
        is_in_team(profile, wanted)
    })?;
    holds(&rules.groups_any, Unmet::GroupsAny, |wanted| {
        groups.is_some_and(|groups| wanted.iter().any(|group| groups.contains(group)))
    })?;
    holds(&rules.groups_all, Unmet::GroupsAll, |wanted| {
        !wanted.is_empty()
            && groups.is_some_and(|groups| wanted.iter().all(|group| groups.contains(group)))
    })?;
    holds(&rules.subjects, Unmet::Subjects, |wanted| {
        wanted
            .iter()
            .any(|subject| subject == profile.subject.as_str())
    })?;
    let claims_hold = rules
        .claims
        .iter()
        .all(|(name, wanted)| claim_is(profile.claims.get(name), wanted));
    if claims_hold {
        Ok(())
    } else {
        Err(Unmet::Claims)
    }
}

/// Whether one of these is a team of the person's. Groups of the same name at another provider are none.
fn is_in_team(profile: &Profile, wanted: &[String]) -> bool {
    let groups = profile.groups.as_deref().unwrap_or_default();
    let mut lower = groups.iter().map(|group| group.to_ascii_lowercase());
    profile.groups_are_teams && lower.any(|team| contains(wanted, &team))
}

fn holds(
    key: &Option<Vec<String>>,
    unmet: Unmet,
    test: impl Fn(&[String]) -> bool,
) -> Result<(), Unmet> {
    match key {
        None => Ok(()),
        Some(wanted) if test(wanted) => Ok(()),
        Some(_) => Err(unmet),
    }
}

/// Splits an address at its only `@` and folds the case of its ASCII letters (threat model 19). Only those: folding all
/// of Unicode makes one address of two, such as those with a `k` and with a Kelvin sign.
fn split_address(address: &str) -> Option<(String, String)> {
    let (local, domain) = address.split_once('@')?;
    let sound = !local.is_empty() && !domain.is_empty() && !domain.contains('@');
    sound.then(|| (local.to_ascii_lowercase(), domain.to_ascii_lowercase()))
}

fn contains(wanted: &[String], value: &str) -> bool {
    wanted
        .iter()
        .any(|wanted| wanted.to_ascii_lowercase() == value)
}

fn claim_is(claim: Option<&Value>, wanted: &[String]) -> bool {
    match claim {
        Some(Value::String(text)) => wanted.contains(text),
        Some(Value::Array(values)) => values.iter().any(|value| {
            value
                .as_str()
                .is_some_and(|text| wanted.iter().any(|wanted| wanted == text))
        }),
        Some(Value::Bool(value)) => wanted.contains(&value.to_string()),
        Some(Value::Number(value)) => wanted.contains(&value.to_string()),
        Some(Value::Null | Value::Object(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Subject, Tenant};

    fn ada() -> Profile {
        Profile {
            subject: Subject::parse("a-1").unwrap(),
            email: Some("Ada@Acme.com".to_owned()),
            email_verified: true,
            name: None,
            preferred_username: None,
            groups: Some(vec!["staff".to_owned(), "it".to_owned()]),
            groups_are_teams: false,
            hosted_domain: Some("acme.com".to_owned()),
            tenants: Vec::new(),
            claims: serde_json::from_value(serde_json::json!({
                "department": "it", "roles": ["reader", "writer"], "level": 3
            }))
            .unwrap(),
        }
    }

    fn list(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(|&value| value.to_owned()).collect())
    }

    fn rules(change: impl Fn(&mut Rules)) -> Rules {
        let mut rules = Rules::default();
        change(&mut rules);
        rules
    }

    fn check(change: impl Fn(&mut Rules), expected: Result<(), Unmet>) {
        let rules = rules(change);
        assert_eq!(judge(&rules, &ada()), expected, "{rules:?}");
    }

    #[test]
    fn only_groups_that_are_teams_are_teams() {
        let with = |groups: Option<&[&str]>, groups_are_teams| Profile {
            groups: groups.and_then(list),
            groups_are_teams,
            ..ada()
        };
        let rules = rules(|it| it.teams = list(&["acme/it", "acme/ops"]));
        for (profile, expected) in [
            (with(Some(&["Acme/it"]), true), Ok(())),
            (with(Some(&["other", "acme/ops"]), true), Ok(())),
            (with(Some(&["acme/it"]), false), Err(Unmet::Teams)),
            (
                with(Some(&["acme/it-admins", "it"]), true),
                Err(Unmet::Teams),
            ),
            (with(Some(&[]), true), Err(Unmet::Teams)),
            (with(None, true), Err(Unmet::Teams)),
        ] {
            assert_eq!(judge(&rules, &profile), expected, "{:?}", profile.groups);
        }
    }

    #[test]
    fn inv_20_every_key_is_judged() {
        check(|_| {}, Ok(()));
        check(|it| it.emails = list(&["ada@acme.com"]), Ok(()));
        check(|it| it.emails = list(&["bob@acme.com"]), Err(Unmet::Emails));
        check(|it| it.email_domains = list(&["x.com", "acme.com"]), Ok(()));
        check(
            |it| it.email_domains = list(&["cme.com"]),
            Err(Unmet::EmailDomains),
        );
        check(|it| it.hosted_domains = list(&["acme.com"]), Ok(()));
        check(
            |it| it.hosted_domains = list(&["x.com"]),
            Err(Unmet::HostedDomains),
        );
        check(|it| it.tenants = list(&["t"]), Err(Unmet::Tenants));
        check(|it| it.teams = list(&["acme/it"]), Err(Unmet::Teams));
        check(|it| it.groups_any = list(&["x", "it"]), Ok(()));
        check(|it| it.groups_any = list(&["x"]), Err(Unmet::GroupsAny));
        check(|it| it.groups_all = list(&["staff", "it"]), Ok(()));
        check(
            |it| it.groups_all = list(&["staff", "x"]),
            Err(Unmet::GroupsAll),
        );
        check(|it| it.subjects = list(&["a-1"]), Ok(()));
        check(|it| it.subjects = list(&["A-1"]), Err(Unmet::Subjects));
    }

    /// Ada with attributes so many times as long as they should be.
    fn asserted(times: usize) -> crate::provider::Asserted {
        let text = |text: &str| Some(text.repeat(times));
        let mut claims = ada().claims;
        claims.insert("padding".to_owned(), "x".repeat(times * 50).into());
        crate::provider::Asserted {
            issuer: "https://idp".to_owned(),
            subject: ada().subject,
            email: text("ada@acme.com"),
            email_verified: true,
            name: None,
            preferred_username: None,
            groups_are_teams: false,
            groups: Some(vec!["it".to_owned(), "x".repeat(times * 70)]),
            hosted_domain: text("acme.com"),
            tenants: vec![Tenant {
                id: "T-1".repeat(times),
                name: "t-2".to_owned(),
            }],
            claims,
            authenticated_at: crate::clock::Timestamp::EPOCH,
            proof: crate::provider::Proof::default(),
            provider_session: None,
            tokens: crate::provider::Tokens::default(),
        }
    }

    #[test]
    fn inv_20_what_is_missing_or_too_long_to_keep_fails_its_key() {
        let (kept, cut) = (Profile::of(&asserted(1)), Profile::of(&asserted(400)));
        let nobody = Profile {
            email: None,
            groups: None,
            groups_are_teams: false,
            hosted_domain: None,
            tenants: Vec::new(),
            claims: serde_json::Map::new(),
            ..ada()
        };
        let row = |change: &dyn Fn(&mut Rules), unmet| {
            let rules = rules(change);
            assert_eq!(judge(&rules, &kept), Ok(()), "{rules:?}");
            for profile in [&cut, &nobody] {
                assert_eq!(judge(&rules, profile), Err(unmet), "{rules:?}");
            }
        };
        row(&|it| it.emails = list(&["ada@acme.com"]), Unmet::Emails);
        row(
            &|it| it.email_domains = list(&["acme.com"]),
            Unmet::EmailDomains,
        );
        row(
            &|it| it.hosted_domains = list(&["acme.com"]),
            Unmet::HostedDomains,
        );
        row(&|it| it.tenants = list(&["t-1"]), Unmet::Tenants);
        row(&|it| it.groups_any = list(&["it"]), Unmet::GroupsAny);
        row(&|it| it.groups_all = list(&["it"]), Unmet::GroupsAll);
        let claim = |it: &mut Rules| {
            it.claims
                .insert("department".to_owned(), vec!["it".to_owned()]);
        };
        row(&claim, Unmet::Claims);
    }

    #[test]
    fn inv_19_letters_that_only_look_alike_after_folding_are_other_people() {
        let kate = |local: &str| Profile {
            email: Some(format!("{local}@acme.com")),
            ..ada()
        };
        let rules = rules(|it| it.emails = list(&["kate@acme.com"]));
        assert_eq!(judge(&rules, &kate("Kate")), Ok(()));
        assert_eq!(judge(&rules, &kate("\u{212a}ate")), Err(Unmet::Emails));
    }

    #[test]
    fn inv_20_claims_that_are_no_text_or_list_of_texts_match_nothing() {
        for odd in [
            serde_json::json!(null),
            serde_json::json!({ "it": "it" }),
            serde_json::json!([["it"]]),
            serde_json::json!([{ "it": true }]),
        ] {
            let profile = Profile {
                claims: serde_json::Map::from_iter([("department".to_owned(), odd)]),
                ..ada()
            };
            let rules = rules(|it| {
                it.claims
                    .insert("department".to_owned(), vec!["it".to_owned()]);
            });
            assert_eq!(judge(&rules, &profile), Err(Unmet::Claims), "{profile:?}");
        }
        check(
            |it| {
                it.claims.insert("department".to_owned(), Vec::new());
            },
            Err(Unmet::Claims),
        );
    }

    #[test]
    fn inv_20_an_empty_list_admits_nobody() {
        check(|it| it.emails = list(&[]), Err(Unmet::Emails));
        check(|it| it.groups_any = list(&[]), Err(Unmet::GroupsAny));
        check(|it| it.groups_all = list(&[]), Err(Unmet::GroupsAll));
        check(|it| it.email_domains = list(&[]), Err(Unmet::EmailDomains));
        check(
            |it| it.hosted_domains = list(&[]),
            Err(Unmet::HostedDomains),
        );
        check(|it| it.tenants = list(&[]), Err(Unmet::Tenants));
        check(|it| it.subjects = list(&[]), Err(Unmet::Subjects));
    }

    #[test]
    fn all_keys_must_hold() {
        let both = |it: &mut Rules| {
            it.groups_any = list(&["it"]);
            it.emails = list(&["bob@acme.com"]);
        };
        check(both, Err(Unmet::Emails));
    }

    #[test]
    fn claims_are_compared_as_text_and_lists_by_member() {
        let claim = |name: &'static str, value: &'static str| {
            move |it: &mut Rules| {
                it.claims.insert(name.to_owned(), vec![value.to_owned()]);
            }
        };
        check(claim("department", "it"), Ok(()));
        check(claim("roles", "writer"), Ok(()));
        check(claim("level", "3"), Ok(()));
        check(claim("missing", "x"), Err(Unmet::Claims));
        check(claim("department", "IT"), Err(Unmet::Claims));
    }

    #[test]
    fn inv_19_only_a_verified_address_with_one_at_counts() {
        let rules = Rules {
            email_domains: list(&["acme.com"]),
            ..Rules::default()
        };
        let with = |email: &str, email_verified| Profile {
            email: Some(email.to_owned()),
            email_verified,
            ..ada()
        };
        assert_eq!(judge(&rules, &with("eve@acme.com", true)), Ok(()));
        assert_eq!(
            judge(&rules, &with("eve@acme.com", false)),
            Err(Unmet::EmailUnverified)
        );
        for odd in [
            "eve@evil.com@acme.com",
            "@acme.com",
            "acme.com",
            "eve@acme.com.",
            "eve@sub.acme.com",
        ] {
            assert_eq!(
                judge(&rules, &with(odd, true)),
                Err(Unmet::EmailDomains),
                "{odd}"
            );
        }
        let nobody = Profile {
            email: None,
            ..ada()
        };
        assert_eq!(judge(&rules, &nobody), Err(Unmet::EmailDomains));
    }

    #[test]
    fn inv_20_unknown_groups_fail_their_rule() {
        let rules = Rules {
            groups_any: list(&["it"]),
            ..Rules::default()
        };
        assert_eq!(
            judge(
                &rules,
                &Profile {
                    groups: None,
                    ..ada()
                }
            ),
            Err(Unmet::GroupsAny)
        );
    }
}
