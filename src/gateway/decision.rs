//! Pure: what happens to a request. Every surface asks here and nowhere else.

use crate::config::{Access, Rules};
use crate::identity::{self, Profile, Unmet};

use super::inbound::Kind;

/// What is known when the decision is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a, G> {
    /// What the route says.
    pub(super) access: Access,
    /// What it asks of people.
    pub(super) require: Option<&'a Rules>,
    /// Whether the target or the method leaves room for doubt: then the route counts as `required`.
    pub(super) doubtful: bool,
    /// Who asks.
    pub(super) kind: Kind,
    /// The visitor's live grant in the request's organization, with their profile.
    pub(super) grant: Option<(G, &'a Profile)>,
    /// Whether no provider has confirmed that grant's identity in time.
    pub(super) unconfirmed: bool,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision<G> {
    /// It goes on, with the identity of this grant.
    Allow(G),
    /// It goes on without one.
    Anonymous,
    /// The page load is sent to sign-in.
    SignIn,
    /// 401.
    Unauthorized,
    /// 403: the person is known and may not.
    Deny(Unmet),
    /// 503: the person is known, and nobody has confirmed them in time.
    Unconfirmed,
}

impl<G> Decision<G> {
    /// Word for metrics.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Anonymous => "anonymous",
            Self::SignIn => "sign_in",
            Self::Unauthorized => "unauthorized",
            Self::Deny(_) => "deny",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// Decides (threat model 1, 2, 5, 6).
pub(super) fn decide<G>(question: Question<'_, G>) -> Decision<G> {
    let access = if question.doubtful {
        Access::Required
    } else {
        question.access
    };
    match (access, question.grant) {
        (Access::Public, _) | (Access::Optional, None) => Decision::Anonymous,
        (Access::Required, None) => match question.kind {
            Kind::PageLoad => Decision::SignIn,
            Kind::FormPost | Kind::Program => Decision::Unauthorized,
        },
        (Access::Required | Access::Optional, Some(_)) if question.unconfirmed => {
            Decision::Unconfirmed
        }
        (Access::Required | Access::Optional, Some((grant, profile))) => match question.require {
            None => Decision::Allow(grant),
            Some(rules) => match identity::judge(rules, profile) {
                Ok(()) => Decision::Allow(grant),
                Err(unmet) => Decision::Deny(unmet),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Subject;

    fn profile() -> Profile {
        Profile {
            subject: Subject::parse("ada").unwrap(),
            email: None,
            email_verified: false,
            name: None,
            preferred_username: None,
            groups: Some(vec!["staff".to_owned()]),
            groups_are_teams: false,
            hosted_domain: None,
            tenants: Vec::new(),
            claims: serde_json::Map::new(),
        }
    }

    fn groups(name: &str) -> Rules {
        Rules {
            groups_any: Some(vec![name.to_owned()]),
            ..Rules::default()
        }
    }

    #[test]
    fn inv_01_every_case_is_decided() {
        let ada = profile();
        let (admins, staff) = (groups("admins"), groups("staff"));
        let check = |access, require, doubtful, kind, signed_in: bool, expected| {
            let question = Question {
                access,
                require,
                doubtful,
                kind,
                grant: signed_in.then_some(((), &ada)),
                unconfirmed: false,
            };
            assert_eq!(decide(question), expected, "{question:?}");
            let unconfirmed = Question {
                unconfirmed: true,
                ..question
            };
            let expected = match (access, doubtful, signed_in) {
                (Access::Public, false, _) | (_, _, false) => expected,
                (_, _, true) => Decision::Unconfirmed,
            };
            assert_eq!(decide(unconfirmed), expected, "{unconfirmed:?}");
        };
        let (required, optional, public) = (Access::Required, Access::Optional, Access::Public);
        let (page, form, program) = (Kind::PageLoad, Kind::FormPost, Kind::Program);
        let (allow, anonymous) = (Decision::Allow(()), Decision::Anonymous);
        let (sign_in, refused) = (Decision::SignIn, Decision::Unauthorized);
        let denied = Decision::Deny(Unmet::GroupsAny);
        check(required, None, false, page, true, allow);
        check(required, None, false, page, false, sign_in);
        check(required, None, false, form, false, refused);
        check(required, None, false, program, false, refused);
        check(required, Some(&staff), false, page, true, allow);
        check(required, Some(&admins), false, page, true, denied);
        check(required, Some(&admins), false, page, false, sign_in);
        check(optional, None, false, program, false, anonymous);
        check(optional, None, false, program, true, allow);
        check(optional, Some(&admins), false, page, true, denied);
        check(public, None, false, program, false, anonymous);
        check(public, None, false, program, true, anonymous);
        check(public, None, true, program, false, refused);
        check(optional, None, true, page, false, sign_in);
    }

    /// The whole product of what can be known: what must hold, said once more in other words.
    #[test]
    fn inv_02_nothing_goes_on_without_a_grant_or_an_open_path() {
        let ada = profile();
        let (staff, admins) = (groups("staff"), groups("admins"));
        for access in [Access::Required, Access::Optional, Access::Public] {
            for require in [None, Some(&staff), Some(&admins)] {
                for kind in [Kind::PageLoad, Kind::FormPost, Kind::Program] {
                    for bits in 0..8 {
                        let (doubtful, signed_in, unconfirmed) =
                            (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
                        let question = Question {
                            access,
                            require,
                            doubtful,
                            kind,
                            grant: signed_in.then_some(((), &ada)),
                            unconfirmed,
                        };
                        let may = require.is_none_or(|rules| identity::judge(rules, &ada).is_ok());
                        let open = access == Access::Public && !doubtful;
                        let sound = match decide(question) {
                            Decision::Allow(()) => signed_in && may && !open && !unconfirmed,
                            Decision::Anonymous => {
                                open || (access == Access::Optional && !doubtful && !signed_in)
                            }
                            Decision::SignIn => !signed_in && kind == Kind::PageLoad,
                            Decision::Unauthorized => !signed_in && kind != Kind::PageLoad,
                            Decision::Deny(_) => signed_in && !may && !unconfirmed,
                            Decision::Unconfirmed => signed_in && unconfirmed && !open,
                        };
                        assert!(sound, "{question:?}");
                    }
                }
            }
        }
    }
}
