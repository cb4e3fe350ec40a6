//! The pages of owners, with much and with nothing on them.

use bytes::Bytes;
use doorward::audit::{Actor, Event, Head, Kind};
use doorward::clock::Timestamp;
use doorward::pages::owner::{
    Choice, ConnectionState, Counted, OwnedConnection, OwnedIdentity, OwnerDisable, OwnerDone,
    OwnerHome, OwnerNotice, OwnerPeople, OwnerPerson, OwnerSessions, OwnerTrail, PersonPart,
    PersonRow, ProviderState, Registered, SessionRow, TrailRow, state_word,
};
use doorward::pages::{Checked, Error, Pages, Place, View};

use http::Response;

use super::{Cast, Sample, seen};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// Those of a link.
const STATES: [&str; 5] = ["valid", "suspect", "invalid", "orphaned", "blocked"];

/// Every page of theirs, but for the one with a script.
pub(super) fn all(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    homes(pages, cast, &mut samples)?;
    disable(pages, cast, &mut samples)?;
    people(pages, cast, &mut samples)?;
    sessions_and_trail(pages, cast, &mut samples)?;
    Ok(samples)
}

pub(super) fn add<V: View>(
    pages: &Pages,
    cast: &Cast,
    samples: &mut Vec<Sample>,
    view: &V,
) -> Result<(), Error> {
    samples.push(Sample {
        name: format!("{}-{}", V::NAME, samples.len()),
        response: pages.show(&cast.look(true, Place::Shared), view)?,
    });
    Ok(())
}

fn connection(cast: &Cast, state: ConnectionState, much: bool) -> OwnedConnection<'_> {
    OwnedConnection {
        state_word: state.word(),
        id: cast.slugs[0].as_str(),
        label: &cast.buttons[0],
        state,
        since: much.then_some(NOW),
        only: much.then(|| cast.claim.clone()),
        health: match state {
            ConnectionState::ByFile => ProviderState::new("unknown", None),
            ConnectionState::Open => ProviderState::new("up", Some(NOW)),
            ConnectionState::Choosing => ProviderState::new("degraded", Some(NOW)),
            ConnectionState::Closed | ConnectionState::Disabled => {
                ProviderState::new("down", Some(NOW))
            }
        },
        registered: [&cast.buttons[0], &cast.claim, &cast.claim]
            .map(|name| Registered {
                name: name.clone(),
                value: "https://app.example.com/_sso/callback/okta".to_owned(),
            })
            .into(),
        identities: STATES
            .into_iter()
            .filter(|_| much)
            .map(|state| Counted {
                state_word: state_word(state),
                count: 9_876,
            })
            .collect(),
        more_choices: much,
        choices: (0..if much { 3 } else { 0 })
            .map(|number| Choice {
                id: number.to_string(),
                name: cast.organizations[0].clone(),
                chosen: number == 1,
            })
            .collect(),
    }
}

fn homes(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let states = [
        (ConnectionState::ByFile, false),
        (ConnectionState::Open, true),
        (ConnectionState::Choosing, true),
        (ConnectionState::Closed, false),
        (ConnectionState::Disabled, true),
    ];
    for (state, much) in states {
        let view = OwnerHome {
            organization: cast.organization(0),
            door: "https://app.example.com/_sso/login/acme".to_owned(),
            suspended: much,
            sessions: usize::from(much) * 12_345,
            connections: vec![connection(cast, state, much)],
            next: None,
            notice: match state {
                ConnectionState::Open => Some(OwnerNotice::Opened),
                ConnectionState::ByFile => Some(OwnerNotice::Confirmed),
                ConnectionState::Disabled => Some(OwnerNotice::Disabled),
                ConnectionState::Choosing | ConnectionState::Closed => None,
            },
            popup: much,
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
    }
    Ok(())
}

fn disable(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    for (people, mistyped) in [(0, false), (1, false), (2, false), (20_000, true)] {
        let view = OwnerDisable {
            organization: cast.organization(0),
            id: cast.slugs[0].as_str(),
            label: &cast.buttons[0],
            people,
            have_another: people / 2,
            sessions: people,
            more: mistyped,
            mistyped,
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
    }
    Ok(())
}

fn people(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let states = ["valid", "suspect", "invalid", "orphaned", "blocked", "none"];
    for many in [0, 20] {
        let view = OwnerPeople {
            organization: cast.organization(0),
            search: (many > 0).then_some(cast.email.as_str()),
            state: if many > 0 { "attention" } else { "" },
            people: (0..many)
                .map(|number| person(cast, states[number % states.len()]))
                .collect(),
            next: (many > 0).then(|| cast.token.clone()),
        };
        add(pages, cast, samples, &view)?;
    }
    for removed in [false, true] {
        let mut who = person(cast, if removed { "removed" } else { "valid" });
        who.removed = removed;
        let view = OwnerPerson {
            organization: cast.organization(0),
            person: who,
            own: false,
            since: NOW,
            part: PersonPart::First,
            check: removed.then_some(Checked::Waiting),
            identities: identities(cast)
                .into_iter()
                .skip(usize::from(removed) * 2)
                .take(2)
                .collect(),
            next_identities: removed.then_some(2),
            sessions: (0..usize::from(!removed) * 3)
                .map(|number| session(cast, number == 0))
                .collect(),
            next: None,
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
    }
    Ok(())
}

fn sessions_and_trail(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    for many in [0, 15] {
        let view = OwnerSessions {
            organization: cast.organization(0),
            sessions: (0..many).map(|number| session(cast, number == 0)).collect(),
            next: (many > 0).then(|| cast.token.clone()),
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
    }
    let entries = entries(cast);
    let pages_of_it = entries.chunks(15).chain([[].as_slice()]);
    for (number, entries) in pages_of_it.enumerate() {
        let view = OwnerTrail {
            organization: cast.organization(0),
            search: (number > 0).then_some(cast.claim.as_str()),
            person: (number > 0).then_some(cast.email.as_str()),
            from: (number > 0).then_some("2026-11-01"),
            to: (number > 0).then_some("2026-11-30"),
            query: "q=x&from=2026-11-01".to_owned(),
            entries: entries.to_vec(),
            next: (number % 2 == 0).then_some(77),
        };
        add(pages, cast, samples, &view)?;
    }
    Ok(())
}

pub(super) fn person(cast: &Cast, state: &'static str) -> PersonRow {
    PersonRow {
        account: "YWNjb3VudC1pZC1vZi0yMg".to_owned(),
        name: cast.person.clone(),
        email: Some(cast.email.clone()),
        removed: false,
        state,
        state_word: state_word(state),
        confirmed: Some(NOW),
    }
}

/// One in each state.
pub(super) fn identities(cast: &Cast) -> Vec<OwnedIdentity> {
    let states = ["suspect", "valid", "invalid", "orphaned", "blocked"];
    let one = |(number, state): (usize, &'static str)| OwnedIdentity {
        id: format!("aWRlbnRpdHktaWQtb2YtMj{number}"),
        provider: cast.buttons[0].clone(),
        email: (number > 0).then(|| cast.email.clone()),
        subject: cast.claim.clone(),
        state,
        state_word: state_word(state),
        since: NOW,
        why: (state != "valid").then_some("why-rules"),
        confirmed: NOW,
        asked: Some(NOW),
        next: Some(NOW),
        until: Some(NOW),
    };
    states.into_iter().enumerate().map(one).collect()
}

pub(super) fn session(cast: &Cast, here: bool) -> SessionRow {
    SessionRow {
        id: "c2Vzc2lvbi1pZC1vZi0yMg".to_owned(),
        account: "YWNjb3VudC1pZC1vZi0yMg".to_owned(),
        name: cast.person.clone(),
        since: NOW,
        used: NOW,
        seen: seen(0),
        here,
    }
}

/// Whatever an owner can find in the trail: every kind, each with every word that says why.
fn entries(cast: &Cast) -> Vec<TrailRow> {
    let kinds = HAPPENED.iter().map(|kind| (*kind, cast.claim.as_str()));
    let reasons = WHY.iter().flat_map(|(kind, words)| {
        let words = words.split(',');
        words.map(|word| (*kind, word))
    });
    let actors = [
        Actor::Account("YWNjb3VudC1pZC1vZi0yMg".to_owned()),
        Actor::Visitor,
        Actor::System,
        Actor::Operator,
    ];
    let events = kinds.chain(reasons).zip(actors.iter().cycle());
    let rows = events.map(|((kind, reason), actor)| {
        TrailRow::from(Head::default().append(Event {
            target: Some("c2Vzc2lvbi1pZC1vZi0yMg".to_owned()),
            provider: Some("okta".to_owned()),
            reason: Some(reason.to_owned()),
            reference: Some("K7QM-2F9D".to_owned()),
            ..Event::new(NOW, kind, actor.clone())
        }))
    });
    rows.collect()
}

/// The end of Setup in a window of its own.
pub(crate) fn done(
    pages: &Pages,
    cast: &Cast,
    failed: Option<&str>,
) -> Result<Response<Bytes>, Error> {
    let view = OwnerDone {
        organization: cast.organization(0),
        failed,
        reference: failed.map(|_| "K7QM-2F9D".to_owned()),
        origin: &cast.site,
        message: serde_json::json!({ "success": failed.is_none() }),
    };
    pages.show_to_opener(&cast.look(true, Place::Shared), &view)
}

/// What can happen in an organization.
const HAPPENED: [Kind; 30] = [
    Kind::LoginSucceeded,
    Kind::LoginDenied,
    Kind::LoginFailed,
    Kind::LoginCancelled,
    Kind::LoginLoopDetected,
    Kind::AccessDenied,
    Kind::SessionCreated,
    Kind::SessionEnded,
    Kind::SessionEvicted,
    Kind::SessionRevoked,
    Kind::IdentityLinked,
    Kind::IdentityEnteredGrace,
    Kind::IdentityRestored,
    Kind::IdentityInvalidated,
    Kind::IdentityChecked,
    Kind::IdentityBlocked,
    Kind::IdentityUnblocked,
    Kind::IdentityUnlinked,
    Kind::IdentityRelinked,
    Kind::IdentityLinkRefused,
    Kind::ConnectionActivated,
    Kind::ConnectionDisabled,
    Kind::RehearsalStarted,
    Kind::RehearsalFinished,
    Kind::AdminActionRefused,
    Kind::MembershipRemoved,
    Kind::MembershipRestored,
    Kind::OrganizationSuspended,
    Kind::OrganizationResumed,
    Kind::LogoutRequested,
];

/// Why: the words that go with a kind.
const WHY: [(Kind, &str); 10] = [
    (
        Kind::SessionEnded,
        "logout,backchannel,identity_invalid,blocked,unlinked,membership_removed,user,revoked,evicted,replaced,\
         withdrawn,idle,expired",
    ),
    (
        Kind::SessionRevoked,
        "owner,connection_disabled,activation_changed",
    ),
    (
        Kind::LoginDenied,
        "email_unverified,emails,email_domains,hosted_domains,groups_any,groups_all,subjects,tenants,teams,claims,\
         not_activated,disabled,other_tenant,organization-suspended,provider-refused,account-not-allowed,\
         organization-not-open,other-account,sign-in-too-weak",
    ),
    (
        Kind::LoginFailed,
        "organization-unknown,too-many-attempts,login-expired,cookies-blocked,provider-unreachable,\
         provider-misconfigured,broken,redirect-loop,login-cancelled",
    ),
    (
        Kind::IdentityLinkRefused,
        "taken,another_there,too_many,not_allowed,not_the_person,identity-not-linked",
    ),
    (
        Kind::IdentityChecked,
        "valid,invalid invalid_grant,error timeout,error no_answer,error not_applicable,error client,invalid blocked",
    ),
    (Kind::AccessDenied, "groups_any,foreign_origin"),
    (Kind::AdminActionRefused, "not_an_owner"),
    (Kind::LoginSucceeded, "step_up"),
    (Kind::ConnectionActivated, "any"),
];
