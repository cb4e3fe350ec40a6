//! Pure: what happens to a request. Every surface asks here and nowhere else.

use crate::clock::Timestamp;
use crate::config::{Access, Assurance, Rules};
use crate::identity::{self, Profile, Unmet};
use crate::provider::Proofs;

use super::inbound::Kind;

/// What is known when the decision is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a, G> {
    /// What the route says.
    pub(super) access: Access,
    /// What it asks of people.
    pub(super) require: Option<&'a Rules>,
    /// What it asks of their sign-in.
    pub(super) assurance: Option<&'a Assurance>,
    /// Whether the target or the method leaves room for doubt: then the route counts as `required`.
    pub(super) doubtful: bool,
    /// Who asks.
    pub(super) kind: Kind,
    /// The visitor's live grant in the request's organization.
    pub(super) grant: Option<Granted<'a, G>>,
    /// Whether no provider has confirmed that grant's identity in time.
    pub(super) unconfirmed: bool,
    /// When.
    pub(super) now: Timestamp,
}

/// A grant, with what is known of its person and their sign-in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Granted<'a, G> {
    pub(super) grant: G,
    pub(super) profile: &'a Profile,
    pub(super) proofs: &'a Proofs,
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
    /// The person may, once they have proved anew who they are, or in a stronger way.
    StepUp(G),
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
            Self::StepUp(_) => "step_up",
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
        (Access::Required | Access::Optional, Some(granted)) => {
            let unmet = question
                .require
                .and_then(|rules| identity::judge(rules, granted.profile).err());
            let is_proven = question
                .assurance
                .is_none_or(|wanted| granted.proofs.meet(wanted, question.now));
            match unmet {
                // Whoever may not is not sent to prove that it is them.
                Some(unmet) => Decision::Deny(unmet),
                None if is_proven => Decision::Allow(granted.grant),
                None => Decision::StepUp(granted.grant),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::provider::{Proof, Subject};

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

    fn granted<'a>(profile: &'a Profile, proofs: &'a Proofs) -> Granted<'a, ()> {
        let grant = ();
        Granted {
            grant,
            profile,
            proofs,
        }
    }

    fn proofs(at: u64, acr: &str) -> Proofs {
        let proof = Proof {
            at: Some(Timestamp::from_seconds(at)),
            acr: Some(acr.to_owned()),
        };
        proof.into()
    }

    fn assurance(minutes: u64, acr: &str) -> Assurance {
        Assurance {
            max_age: Some(Duration::from_secs(minutes * 60)),
            acr_values: vec![acr.to_owned()],
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
        let (ada, proofs) = (profile(), Proofs::default());
        let (admins, staff) = (groups("admins"), groups("staff"));
        let check = |access, require, doubtful, kind, signed_in: bool, expected| {
            let question = Question {
                access,
                require,
                assurance: None,
                doubtful,
                kind,
                grant: signed_in.then_some(granted(&ada, &proofs)),
                unconfirmed: false,
                now: Timestamp::EPOCH,
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

    #[test]
    fn an_old_or_weak_sign_in_is_sent_to_prove_more_whoever_asks() {
        let (ada, staff, admins) = (profile(), groups("staff"), groups("admins"));
        let wanted = assurance(10, "mfa");
        let check = |access, require, doubtful, at, acr, expected| {
            let proofs = proofs(at, acr);
            for kind in [Kind::PageLoad, Kind::FormPost, Kind::Program] {
                let question = Question {
                    access,
                    require,
                    assurance: Some(&wanted),
                    doubtful,
                    kind,
                    grant: Some(granted(&ada, &proofs)),
                    unconfirmed: false,
                    now: Timestamp::from_seconds(10_000),
                };
                assert_eq!(decide(question), expected, "{question:?}");
                let unconfirmed = Question {
                    unconfirmed: true,
                    ..question
                };
                let expected = match expected {
                    Decision::Anonymous => expected,
                    _ => Decision::Unconfirmed,
                };
                assert_eq!(decide(unconfirmed), expected, "{unconfirmed:?}");
            }
        };
        let (required, optional, public) = (Access::Required, Access::Optional, Access::Public);
        let (allow, step_up) = (Decision::Allow(()), Decision::StepUp(()));
        check(required, None, false, 9_999, "mfa", allow);
        check(required, None, false, 9_000, "mfa", step_up);
        check(required, None, false, 9_999, "pwd", step_up);
        check(required, Some(&staff), false, 9_999, "mfa", allow);
        check(required, Some(&staff), false, 9_000, "pwd", step_up);
        let denied = Decision::Deny(Unmet::GroupsAny);
        check(required, Some(&admins), false, 9_000, "pwd", denied);
        check(optional, None, false, 9_000, "mfa", step_up);
        check(public, None, false, 9_000, "mfa", Decision::Anonymous);
        check(public, None, true, 9_000, "mfa", step_up);
    }

    /// The whole product of what can be known: what must hold, said once more in other words.
    #[test]
    fn inv_02_nothing_goes_on_without_a_grant_or_an_open_path() {
        let (ada, proofs) = (profile(), proofs(9_000, "pwd"));
        let wanted = [
            None,
            Some(assurance(60, "pwd")),
            Some(assurance(60, "mfa")),
            Some(assurance(10, "pwd")),
        ];
        let now = Timestamp::from_seconds(10_000);
        let (staff, admins) = (groups("staff"), groups("admins"));
        for access in [Access::Required, Access::Optional, Access::Public] {
            for require in [None, Some(&staff), Some(&admins)] {
                for kind in [Kind::PageLoad, Kind::FormPost, Kind::Program] {
                    for bits in 0..32 {
                        let (doubtful, signed_in, unconfirmed) =
                            (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
                        let assurance = wanted[bits / 8].as_ref();
                        let question = Question {
                            access,
                            require,
                            assurance,
                            doubtful,
                            kind,
                            grant: signed_in.then_some(granted(&ada, &proofs)),
                            unconfirmed,
                            now,
                        };
                        let may = require.is_none_or(|rules| identity::judge(rules, &ada).is_ok());
                        let enough = bits / 8 < 2;
                        let open = access == Access::Public && !doubtful;
                        let sound = match decide(question) {
                            Decision::Allow(()) => {
                                signed_in && may && enough && !open && !unconfirmed
                            }
                            Decision::StepUp(()) => {
                                signed_in && may && !enough && !open && !unconfirmed
                            }
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
