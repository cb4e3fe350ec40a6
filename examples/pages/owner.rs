//! The pages of owners, with much and with nothing on them.

use doorward::clock::Timestamp;
use doorward::pages::owner::{
    Choice, ConnectionState, Counted, OwnedConnection, OwnedIdentity, OwnerDisable, OwnerHome,
    OwnerNotice, OwnerPeople, OwnerPerson, OwnerSessions, OwnerTrail, PersonRow, SessionRow,
    TrailRow, state_word,
};
use doorward::pages::{Error, Pages, Place, View};

use super::{Cast, Sample};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// Every page of theirs.
pub(super) fn all(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    homes(pages, cast, &mut samples)?;
    disable(pages, cast, &mut samples)?;
    people(pages, cast, &mut samples)?;
    sessions_and_trail(pages, cast, &mut samples)?;
    Ok(samples)
}

fn add<V: View>(
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

fn homes(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let connection = |state: ConnectionState, much: bool| OwnedConnection {
        state_word: state.word(),
        id: cast.slugs[0].as_str(),
        label: &cast.buttons[0],
        state,
        since: much.then_some(NOW),
        only: much.then(|| cast.claim.clone()),
        redirect_uri: "https://app.example.com/_sso/callback/okta".to_owned(),
        identities: (0..usize::from(much))
            .map(|_| Counted {
                state_word: "state-valid",
                count: 9_876,
            })
            .collect(),
        choices: (0..if much { 3 } else { 0 })
            .map(|number| Choice {
                id: number.to_string(),
                name: cast.organizations[0].clone(),
                chosen: number == 1,
            })
            .collect(),
    };
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
            connections: vec![connection(state, much)],
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
    for (people, mistyped) in [(1, false), (20_000, true)] {
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
            identities: identities(cast),
            sessions: (0..usize::from(!removed) * 3)
                .map(|number| session(cast, number == 0))
                .collect(),
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
    }
    Ok(())
}

fn sessions_and_trail(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    for many in [0, 20] {
        let view = OwnerSessions {
            organization: cast.organization(0),
            sessions: (0..many).map(|number| session(cast, number == 0)).collect(),
            next: (many > 0).then(|| cast.token.clone()),
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
        let view = OwnerTrail {
            organization: cast.organization(0),
            search: (many > 0).then_some(cast.claim.as_str()),
            entries: (0..many as u64).map(|number| entry(cast, number)).collect(),
            next: (many > 0).then_some(77),
        };
        add(pages, cast, samples, &view)?;
    }
    Ok(())
}

fn person(cast: &Cast, state: &'static str) -> PersonRow {
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

fn session(cast: &Cast, here: bool) -> SessionRow {
    SessionRow {
        id: "c2Vzc2lvbi1pZC1vZi0yMg".to_owned(),
        account: "YWNjb3VudC1pZC1vZi0yMg".to_owned(),
        name: cast.person.clone(),
        since: NOW,
        used: NOW,
        here,
    }
}

fn entry(cast: &Cast, sequence: u64) -> TrailRow {
    TrailRow {
        sequence,
        time: NOW,
        event: "session.revoked".to_owned(),
        account: (sequence.is_multiple_of(2)).then(|| "YWNjb3VudC1pZC1vZi0yMg".to_owned()),
        actor: "owner-actor-operator",
        target: Some("c2Vzc2lvbi1pZC1vZi0yMg".to_owned()),
        provider: Some("okta".to_owned()),
        reason: Some(cast.claim.clone()),
        reference: Some("K7QM-2F9D".to_owned()),
    }
}
