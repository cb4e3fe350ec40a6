//! Every problem and every view, with each of their optional fields and without it.

use std::collections::BTreeMap;
use std::time::Duration;

#[path = "fullest.rs"]
pub(crate) mod fullest;
#[path = "owner.rs"]
pub(crate) mod owner;
#[path = "wizard.rs"]
mod wizard;

use bytes::Bytes;
use doorward::address::{Astray, Origin, ReturnPath};
use doorward::clock::Timestamp;
use doorward::config::{self, Refusal, Slug};
use doorward::pages::{
    Account, AccountNote, AccountOffer, AccountSessions, AccountTold, Admitted, Answered, Checked,
    Choose, Destination, DevForm, Door, DoorProvider, EmailFault, EmailFirst, Ended, Fact,
    FormNotKept, KeptForm, Language, LinkOver, Linked, LoggedOut, LogoutConfirm, Look, Loop,
    NoLonger, NotLetIn, NotLinked, Notice, Organization, OwnSession, Pages, Place, Problem,
    Redirecting, RehearsalFailed, Rehearse, RehearsedPage, Seen, Side, Unverified,
};
use doorward::telemetry::Reference;
use http::Response;

/// One page.
#[derive(Debug)]
pub(crate) struct Sample {
    /// What it shows, as a file name.
    pub(crate) name: String,
    /// What is sent.
    pub(crate) response: Response<Bytes>,
}

/// The texts that come from outside.
#[derive(Debug)]
pub(crate) struct Cast {
    site: Origin,
    slugs: [Slug; 3],
    organizations: [String; 3],
    buttons: [String; 3],
    email: String,
    person: String,
    claim: String,
    token: String,
    rd: ReturnPath,
    rule: Refusal,
    asked: Option<String>,
    language: Language,
}

impl Cast {
    /// Texts as they are in real life.
    pub(crate) fn usual() -> Self {
        Self {
            organizations: ["Acme Inc.", "Globex", "Initech Research Laboratories"]
                .map(str::to_owned),
            buttons: ["Okta", "Google", "the Acme partner directory"]
                .map(|name| format!("Sign in with {name}")),
            email: "ada.lovelace@acme.com".to_owned(),
            person: "Ada Lovelace".to_owned(),
            claim: "5f3c1e0b-88d1-4a0e-9f0e-2f6c0a7b1d11".to_owned(),
            token: "dG9rZW4tZm9yLXRoZS1mb3Jt".to_owned(),
            asked: None,
            rule: Refusal {
                explain: Some("Only the finance team may use it.".to_owned()),
                remedy: Some("Ask your team lead for the group finance.".to_owned()),
            },
            ..Self::hostile("")
        }
    }

    /// The same text everywhere.
    pub(crate) fn hostile(text: &str) -> Self {
        let own = || text.to_owned();
        Self {
            site: Origin::parse("https://app.example.com").unwrap(),
            slugs: ["acme", "globex", "initech"].map(|slug| Slug::parse(slug).unwrap()),
            organizations: [own(), own(), own()],
            buttons: [own(), own(), own()],
            email: own(),
            person: own(),
            claim: own(),
            token: own(),
            asked: Some(own()),
            rule: Refusal {
                explain: Some(own()),
                remedy: Some(own()),
            },
            rd: ReturnPath::parse("/reports?id=7&x='%22", "/_sso").unwrap(),
            language: language("en"),
        }
    }

    /// The same for a reader of another language.
    pub(crate) fn reading(self, language: Language) -> Self {
        Self { language, ..self }
    }

    fn organization(&self, which: usize) -> Organization<'_> {
        Organization {
            slug: &self.slugs[which],
            name: &self.organizations[which],
        }
    }

    /// The first `count` organizations.
    fn organizations(&self, count: usize) -> Vec<Organization<'_>> {
        (0..count).map(|which| self.organization(which)).collect()
    }

    /// The frame: with the organization, or without.
    pub(crate) fn look(&self, known: bool, place: Place) -> Look<'_> {
        Look {
            site: &self.site,
            prefix: "/_sso",
            place,
            organization: known.then(|| self.organization(0)),
            language: &self.language,
            asked: self.asked.as_deref(),
        }
    }

    /// Every problem, with every combination of what it can tell.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let rd = || self.rd.clone();
        let provider = || self.buttons[0].clone();
        let mut all = vec![
            Problem::LoginExpired { rd: rd() },
            Problem::LoginCancelled {
                provider: provider(),
                rd: rd(),
            },
            Problem::ProviderUnreachable {
                provider: provider(),
                rd: rd(),
            },
            Problem::IdentityUnverified {
                provider: provider(),
                next: Some(Timestamp::from_seconds(1_790_003_600)),
                rd: rd(),
            },
            Problem::ProviderMisconfigured {
                provider: provider(),
                registered: None,
                clock: true,
                rd: rd(),
            },
            Problem::ProviderMisconfigured {
                provider: provider(),
                registered: Some("https://app.acme.com/_sso/callback/google".to_owned()),
                clock: false,
                rd: rd(),
            },
            Problem::OrganizationUnknown,
            Problem::OrganizationSuspended,
            Problem::SignInRequired { rd: rd() },
            Problem::CookiesBlocked {
                astray: Astray::No,
                rd: rd(),
            },
            Problem::AppUnreachable { rd: rd() },
            Problem::AppSlow { rd: rd() },
            Problem::TooBusy {
                retry_after: Duration::from_secs(5),
                rd: rd(),
            },
            Problem::TooManyAttempts {
                retry_after: Duration::from_millis(29_500),
                rd: rd(),
            },
            Problem::OrganizationNotOpen { rd: rd() },
            Problem::OwnersOnly,
            Problem::SetupLink(LinkOver::Gone),
            Problem::SetupLink(LinkOver::Elsewhere),
            Problem::SetupLink(LinkOver::Crowded),
            Problem::BadRequest,
            Problem::MisdirectedRequest,
            Problem::NotFound,
            Problem::MethodNotAllowed,
            Problem::Broken { rd: rd() },
        ];
        all.extend(self.problems_with_details());
        all
    }

    fn problems_of_step_up(&self) -> [Problem; 5] {
        let other_account = |email| Problem::OtherAccount {
            email,
            door: (&self.rd).into(),
            rd: self.rd.clone(),
        };
        [
            other_account(Some(self.email.clone())),
            other_account(None),
            Problem::StepUpRequired {
                door: (&self.rd).into(),
            },
            Problem::FormKept {
                door: (&self.rd).into(),
            },
            Problem::SignInTooWeak {
                provider: self.buttons[0].clone(),
                door: (&self.rd).into(),
            },
        ]
    }

    fn problems_with_details(&self) -> Vec<Problem> {
        let rd = || self.rd.clone();
        let provider = || self.buttons[0].clone();
        let mut all = Vec::new();
        for email in [Some(self.email.clone()), None] {
            // With an address, the rule says nothing; without one, it does.
            let rule = match email {
                Some(_) => Refusal::default(),
                None => self.rule.clone(),
            };
            all.extend([
                Problem::AccountNotAllowed {
                    email: email.clone(),
                    rule: rule.clone(),
                    rd: rd(),
                },
                Problem::EmailUnverified {
                    email: email.clone(),
                    provider: provider(),
                    why: Unverified::NotVouchedFor,
                    home: Destination::parse("https://acme.okta.example/settings").ok(),
                    rd: rd(),
                },
                Problem::NotAllowedHere {
                    email,
                    rule,
                    rd: rd(),
                },
            ]);
        }
        all.extend(self.problems_of_reasons());
        all.extend(self.problems_of_step_up());
        all
    }

    /// Every way in which a provider that was asked again said no.
    fn problems_of_words(&self) -> Vec<Problem> {
        let words = [
            "",
            "invalid_grant",
            "suspended",
            "no_token",
            "subject_changed",
            "other_tenant",
            "email_unverified",
            "groups_any",
            "membership_removed",
        ];
        let told = |(word, day): (&&str, u64)| Problem::IdentityInvalid {
            provider: self.buttons[0].clone(),
            via: "idp".to_owned(),
            at: (day > 0).then_some(Timestamp::from_seconds(1_790_000_000 + day * 86_400)),
            why: NoLonger::of(Some(word)),
            rd: self.rd.clone(),
        };
        words.iter().zip(0..).map(told).collect()
    }

    fn problems_of_reasons(&self) -> Vec<Problem> {
        let rd = || self.rd.clone();
        let provider = || self.buttons[0].clone();
        let mut all = Vec::new();
        let refusals = [
            NotLetIn::Unsaid,
            NotLetIn::NotAssigned("AADSTS50105"),
            NotLetIn::Suspended,
            NotLetIn::Ungranted,
        ];
        all.extend(refusals.map(|why| Problem::ProviderRefused {
            provider: provider(),
            why,
            rd: rd(),
        }));
        all.extend(self.problems_of_words());
        let elsewhere = [Astray::Scheme, Astray::Host];
        all.extend(elsewhere.map(|astray| Problem::CookiesBlocked { astray, rd: rd() }));
        all.push(Problem::EmailUnverified {
            email: None,
            provider: provider(),
            why: Unverified::NoneIsPrimary,
            home: None,
            rd: rd(),
        });
        let not_linked = [
            NotLinked::Taken,
            NotLinked::AnotherThere,
            NotLinked::TooMany,
            NotLinked::NotAdmitted,
            NotLinked::NotThePerson,
            NotLinked::NotAnOwner,
        ];
        all.extend(not_linked.map(|why| Problem::NotLinked {
            provider: provider(),
            why,
            back: rd(),
        }));
        let reasons = [
            Ended::Idle,
            Ended::Lifetime,
            Ended::Withdrawn,
            Ended::AtProvider,
            Ended::Unknown,
        ];
        all.extend(reasons.map(|why| Problem::SessionEnded { why, rd: rd() }));
        let causes = [
            Loop::CookieLost,
            Loop::SessionOver,
            Loop::SignedIn,
            Loop::OutOfSight,
        ];
        all.extend(causes.map(|cause| Problem::RedirectLoop { cause, rd: rd() }));
        all
    }

    fn facts(&self) -> Vec<Fact<'_>> {
        ["Remote-User", "Remote-Email", "Remote-Groups"]
            .map(|name| Fact {
                name,
                value: self.claim.clone(),
            })
            .into()
    }
}

/// One of our languages.
pub(crate) fn language(tag: &str) -> Language {
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    pages.language(Some(tag), None).clone()
}

/// All pages, problems first.
pub(crate) fn all(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let mut samples = problems(pages, cast);
    samples.extend(doors(pages, cast)?);
    samples.extend(email_first(pages, cast)?);
    samples.extend(accounts(pages, cast)?);
    samples.extend(forms(pages, cast)?);
    samples.extend(owner::all(pages, cast)?);
    samples.extend(wizard::all(pages, cast)?);
    samples.extend(fullest::all(pages, cast)?);
    Ok(samples)
}

fn problems(pages: &Pages, cast: &Cast) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (known, place, frame) in [
        (true, Place::Shared, "shared"),
        (true, Place::Own, "own"),
        (false, Place::Shared, "nobody"),
    ] {
        for (number, problem) in cast.problems().iter().enumerate() {
            let look = cast.look(known, place);
            samples.push(Sample {
                name: format!("problem-{}-{number}-{frame}", problem.code()),
                response: pages.problem(&look, problem, Reference::next(Timestamp::EPOCH)),
            });
        }
    }
    samples
}

fn doors(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let mut samples = Vec::new();
    let notices = [
        None,
        Some(Notice::AnotherAccount),
        Some(Notice::Ended(Ended::Idle)),
        Some(Notice::Ended(Ended::Lifetime)),
        Some(Notice::Ended(Ended::Withdrawn)),
        Some(Notice::Ended(Ended::AtProvider)),
        Some(Notice::Ended(Ended::Unknown)),
    ];
    // Doors stand on the shared host alone; those of an organization with hosts of its own carry on where to end.
    for (carried, providers) in [(0, 0), (0, 1), (0, 3), (3, 3)] {
        for notice in notices {
            for (login_hint, prompt, last_used) in
                options(cast.email.as_str(), "select_account", &cast.slugs[1])
            {
                let door = Door {
                    organization: cast.organization(0),
                    providers: (0..providers)
                        .map(|which| DoorProvider {
                            id: &cast.slugs[which],
                            label: &cast.buttons[which],
                        })
                        .collect(),
                    rd: &cast.rd,
                    login_hint,
                    prompt,
                    carried: cast.facts().into_iter().take(carried).collect(),
                    last_used,
                    notice,
                };
                samples.push(Sample {
                    name: format!("door-{}", samples.len()),
                    response: pages.show(&cast.look(true, Place::Shared), &door)?,
                });
            }
        }
    }
    Ok(samples)
}

fn email_first(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let mut samples = Vec::new();
    let faults = [
        None,
        Some(EmailFault::Missing),
        Some(EmailFault::Malformed),
        Some(EmailFault::UnknownDomain),
    ];
    for error in faults {
        for (email, remembered, listed) in options(cast.email.as_str(), cast.organization(1), 3) {
            let view = EmailFirst {
                rd: &cast.rd,
                email,
                error,
                remembered,
                organizations: cast.organizations(listed.unwrap_or(0)),
            };
            samples.push(Sample {
                name: format!("email-first-{}", samples.len()),
                response: pages.show(&cast.look(false, Place::Shared), &view)?,
            });
        }
    }
    Ok(samples)
}

fn accounts(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let mut samples = Vec::new();
    for (name, email, _) in options(cast.person.as_str(), cast.email.as_str(), ()) {
        for (others, answer) in [
            (0, Answered::Confirmed),
            (2, Answered::nothing(Some("timeout"))),
            (0, Answered::Unasked),
        ] {
            let view = Account {
                name,
                email,
                organization: cast.organization(0),
                provider: &cast.buttons[0],
                since: Timestamp::from_seconds(1_790_000_000),
                until: Timestamp::from_seconds(1_790_086_400),
                others: cast
                    .organizations(3)
                    .into_iter()
                    .skip(1)
                    .take(others)
                    .collect(),
                more_others: others > 0,
                linked: Linked {
                    id: cast.token.clone(),
                    answer,
                    confirmed: Timestamp::from_seconds(1_790_000_000),
                    next: Some(Timestamp::from_seconds(1_790_003_600)),
                    until: Some(Timestamp::from_seconds(1_790_018_000)),
                },
                sessions: own_sessions(others + 1),
                next: (others > 0).then(|| cast.token.clone()),
                more_ways: others > 0,
                further: owner::identities(cast).into_iter().take(others).collect(),
                linkable: (0..others)
                    .map(|which| DoorProvider {
                        id: &cast.slugs[which],
                        label: &cast.buttons[which],
                    })
                    .collect(),
                note: (others > 0).then_some(AccountNote::Confirmed),
                check: (others > 0).then_some(Checked::Confirmed),
                csrf: &cast.token,
            };
            samples.push(Sample {
                name: format!("account-{}", samples.len()),
                response: pages.show(&cast.look(true, Place::Shared), &view)?,
            });
        }
    }
    samples.extend(parts_of_accounts(pages, cast)?);
    Ok(samples)
}

fn parts_of_accounts(pages: &Pages, cast: &Cast) -> Result<[Sample; 4], doorward::pages::Error> {
    let look = cast.look(true, Place::Shared);
    let nothing = AccountSessions {
        sessions: Vec::new(),
        next: None,
        csrf: &cast.token,
    };
    let told = AccountTold::new(cast.facts(), cast.facts());
    let named = |provider: usize| Side {
        provider: &cast.buttons[provider],
        name: Some(&cast.person),
        email: Some(&cast.email),
        subject: None,
    };
    let nameless = Side {
        name: None,
        email: None,
        subject: Some(&cast.token),
        ..named(1)
    };
    let offer = |there| AccountOffer {
        organization: cast.organization(0),
        here: named(0),
        there,
        offer: &cast.token,
        csrf: &cast.token,
    };
    Ok([
        Sample {
            name: "account-offer".to_owned(),
            response: pages.show(&look, &offer(named(1)))?,
        },
        Sample {
            name: "account-offer-nameless".to_owned(),
            response: pages.show(&look, &offer(nameless))?,
        },
        Sample {
            name: "account-sessions-none".to_owned(),
            response: pages.show(&look, &nothing)?,
        },
        Sample {
            name: "account-told".to_owned(),
            response: pages.show(&look, &told)?,
        },
    ])
}

/// Every way in which what a session was opened in is told.
pub(super) fn seen(index: usize) -> Seen {
    Seen {
        browser: (index & 1 == 0).then_some("Firefox"),
        system: (index & 2 == 0).then_some("Windows"),
    }
}

fn own_sessions(number: usize) -> Vec<OwnSession> {
    let one = |index: usize| OwnSession {
        id: "c2Vzc2lvbi1pZC1vZi0yMg".to_owned(),
        since: Timestamp::from_seconds(1_790_000_000),
        used: Timestamp::from_seconds(1_790_000_600),
        seen: seen(index),
        here: index == 0,
    };
    (0..number).map(one).collect()
}

fn forms(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let look = cast.look(true, Place::Shared);
    let mut samples = Vec::new();
    let mut add = |name: &str, response| {
        samples.push(Sample {
            name: name.to_owned(),
            response,
        })
    };
    let choose = Choose {
        email: &cast.email,
        organizations: cast.organizations(3),
        rd: &cast.rd,
    };
    add(
        "choose",
        pages.show(&cast.look(false, Place::Shared), &choose)?,
    );
    let typed = options(
        cast.email.as_str(),
        EmailFault::Malformed,
        cast.person.as_str(),
    );
    for (number, (email, error, name)) in typed.into_iter().enumerate() {
        let form = DevForm {
            action: "/_sso/callback/dev",
            state: &cast.token,
            email,
            name,
            groups: name.map(|_| cast.claim.as_str()),
            error,
        };
        add(&format!("dev-form-{number}"), pages.show(&look, &form)?);
    }
    let confirm = LogoutConfirm {
        csrf: &cast.token,
        rd: &cast.rd,
    };
    add("logout-confirm", pages.show(&look, &confirm)?);
    let kept = KeptForm {
        action: &cast.rd,
        fields: cast.facts(),
    };
    add("kept-form", pages.show(&look, &kept)?);
    let rd = &cast.rd;
    for (number, view) in [
        FormNotKept::TooLate { rd },
        FormNotKept::SomebodyElses { rd },
    ]
    .iter()
    .enumerate()
    {
        add(&format!("form-not-kept-{number}"), pages.show(&look, view)?);
    }
    samples.extend(rehearsals(pages, cast)?);
    samples.extend(ways_out(pages, cast)?);
    Ok(samples)
}

fn rehearsals(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let look = cast.look(true, Place::Shared);
    let asking = Rehearse {
        provider: &cast.buttons[0],
        token: &cast.token,
    };
    let admitted = |number: usize, refused, rule| Admitted {
        name: cast.organization(number).name,
        refused,
        rule,
        is_open: refused.is_none(),
    };
    let failed = RehearsalFailed {
        provider: &cast.buttons[0],
        code: "provider-misconfigured",
        why: &cast.person,
    };
    let told = RehearsedPage {
        provider: &cast.buttons[0],
        back: None,
        identity: format!("https://login.acme.example|{}", cast.person),
        email: Some(&cast.email),
        email_verified: false,
        organizations: vec![
            admitted(0, Some("suspended"), Some("email_domains")),
            admitted(1, None, None),
        ],
        claims: cast.facts(),
        headers: cast.facts(),
        assertion: cast.facts(),
        is_too_large: true,
        shortened: false,
    };
    let tried = RehearsedPage {
        back: Some("https://app.example.com/"),
        ..told.clone()
    };
    Ok(vec![
        Sample {
            name: "rehearsed-draft".to_owned(),
            response: pages.show(&look, &tried)?,
        },
        Sample {
            name: "rehearsal-failed".to_owned(),
            response: pages.show(&look, &failed)?,
        },
        Sample {
            name: "rehearse".to_owned(),
            response: pages.show(&look, &asking)?,
        },
        Sample {
            name: "rehearsed".to_owned(),
            response: pages.show(&look, &told)?,
        },
    ])
}

fn ways_out(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, doorward::pages::Error> {
    let look = cast.look(true, Place::Shared);
    let mut samples = Vec::new();
    let mut add = |name: &str, response| {
        samples.push(Sample {
            name: name.to_owned(),
            response,
        });
    };
    let buttons: Vec<&str> = cast.buttons.iter().map(String::as_str).collect();
    let elsewhere = Destination::parse("https://acme.okta.example/logout?from=doorward&to='")?;
    for (name, ended, still) in [
        ("logged-out", None, 0),
        ("logged-out-there-too", Some(buttons[0]), 0),
        ("logged-out-here-only", None, 1),
        ("logged-out-not-everywhere", Some(buttons[0]), 2),
        ("logged-out-of-several", None, 3),
    ] {
        let view = LoggedOut {
            ended,
            still: buttons.iter().rev().take(still).copied().collect(),
            sign_in: Destination::parse("/_sso/login/acme")?,
        };
        add(name, pages.show(&look, &view)?);
    }
    add(
        "redirecting",
        pages.show(&look, &Redirecting { to: &elsewhere })?,
    );
    Ok(samples)
}

/// Every combination of three things being there or not.
fn options<A: Clone, B: Clone, C: Clone>(
    first: A,
    second: B,
    third: C,
) -> Vec<(Option<A>, Option<B>, Option<C>)> {
    (0..8)
        .map(|bits| {
            (
                (bits & 1 != 0).then(|| first.clone()),
                (bits & 2 != 0).then(|| second.clone()),
                (bits & 4 != 0).then(|| third.clone()),
            )
        })
        .collect()
}
