//! Pages with as much on them as there can be: as many rows as the gateway puts on one, and texts as long as they are kept.

use doorward::clock::Timestamp;
use doorward::pages::owner::{
    Choice, ConnectionState, Counted, OwnedConnection, OwnedIdentity, OwnerChoices, OwnerHome,
    OwnerNotice, OwnerPeople, OwnerPerson, OwnerSessions, PersonPart, ProviderState, Registered,
    state_word,
};
use doorward::pages::{
    Account, AccountNote, AccountOffer, AccountOrganizations, AccountSessions, AccountTold,
    AccountWays, Admitted, Answered, Checked, DoorProvider, Error, Fact, Linked, OwnSession, Pages,
    RehearsedPage, Seen, Side,
};

use super::owner::{add, person, session};
use super::{Cast, Sample};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// The longest text that is kept of a person, and room for that of an operator's button.
const LONGEST: usize = 320;

/// What an index of the store looks like in an address.
const PLACE_LETTERS: usize = 160;

/// As many as `src/gateway/endpoints` shows at once: a test holds the two together.
pub(crate) const ROWS: Rows = Rows {
    own_sessions: 3,
    more_sessions: 12,
    first_others: 3,
    others: 15,
    first_ways: 2,
    ways: 5,
    connections: 2,
    first_choices: 3,
    choices: 15,
    people: 12,
    identities: 2,
    first_sessions: 3,
    sessions: 15,
};

#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) own_sessions: usize,
    pub(crate) more_sessions: usize,
    pub(crate) first_others: usize,
    pub(crate) others: usize,
    pub(crate) first_ways: usize,
    pub(crate) ways: usize,
    pub(crate) connections: usize,
    pub(crate) first_choices: usize,
    pub(crate) choices: usize,
    pub(crate) people: usize,
    pub(crate) identities: usize,
    pub(crate) first_sessions: usize,
    pub(crate) sessions: usize,
}

/// All of them.
pub(super) fn all(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    accounts(pages, cast, &mut samples)?;
    offer(pages, cast, &mut samples)?;
    told(pages, cast, &mut samples)?;
    connections(pages, cast, &mut samples)?;
    people(pages, cast, &mut samples)?;
    for (number, sample) in samples.iter_mut().enumerate() {
        sample.name = format!("fullest-{number}-{}", sample.name);
    }
    Ok(samples)
}

/// A text of somebody else, as long as it is kept.
fn long(text: &str) -> String {
    text.chars()
        .cycle()
        .take(if text.is_empty() { 0 } else { LONGEST })
        .collect()
}

fn place(cast: &Cast) -> Option<String> {
    Some(cast.token.chars().cycle().take(PLACE_LETTERS).collect())
}

fn identities(cast: &Cast, number: usize) -> Vec<OwnedIdentity> {
    let one = |number: usize| OwnedIdentity {
        id: format!("aWRlbnRpdHktaWQtb2Yt{number:02}"),
        provider: cast.buttons[2].clone(),
        email: Some(long(&cast.email)),
        subject: long(&cast.claim),
        state: "suspect",
        state_word: state_word("suspect"),
        since: NOW,
        why: Some("why-rules"),
        confirmed: NOW,
        asked: Some(NOW),
        next: Some(NOW),
        until: Some(NOW),
    };
    (0..number).map(one).collect()
}

fn own_sessions(number: usize) -> Vec<OwnSession> {
    let one = |number: usize| OwnSession {
        id: "c2Vzc2lvbi1pZC1vZi0yMg".to_owned(),
        since: NOW,
        used: NOW,
        seen: Seen {
            browser: Some("Samsung Internet"),
            system: Some("ChromeOS"),
        },
        here: number == 0,
    };
    (0..number).map(one).collect()
}

fn linkable(cast: &Cast, number: usize) -> Vec<DoorProvider<'_>> {
    let one = |_| DoorProvider {
        id: &cast.slugs[2],
        label: &cast.buttons[2],
    };
    (0..number).map(one).collect()
}

fn accounts(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let others = |number: usize| (0..number).map(|_| cast.organization(2)).collect();
    let view = Account {
        name: Some(&long(&cast.person)),
        email: Some(&long(&cast.email)),
        organization: cast.organization(2),
        provider: &cast.buttons[2],
        since: NOW,
        until: NOW,
        others: others(ROWS.first_others),
        more_others: true,
        linked: Linked {
            id: cast.token.clone(),
            answer: Answered::nothing(Some("unreadable")),
            confirmed: NOW,
            next: Some(NOW),
            until: Some(NOW),
        },
        further: identities(cast, ROWS.first_ways),
        linkable: linkable(cast, ROWS.first_ways),
        more_ways: true,
        sessions: own_sessions(ROWS.own_sessions + 1),
        next: place(cast),
        note: Some(AccountNote::OfferLate),
        check: Some(Checked::Unanswered),
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)?;
    let view = AccountOrganizations {
        others: others(ROWS.others),
        next: Some(ROWS.others),
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)?;
    let view = AccountSessions {
        sessions: own_sessions(ROWS.more_sessions + 1).split_off(1),
        next: place(cast),
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)?;
    let view = AccountWays {
        further: identities(cast, ROWS.ways),
        linkable: linkable(cast, ROWS.ways),
        next: Some(ROWS.ways),
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)
}

/// Both sides of a further way to sign in.
fn offer(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let email = long(&cast.email);
    let side = |provider: usize| Side {
        provider: &cast.buttons[provider],
        name: Some(&email),
        email: Some(&email),
        subject: Some(&email),
    };
    let view = AccountOffer {
        organization: cast.organization(2),
        here: side(2),
        there: side(1),
        offer: &cast.token,
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)
}

/// Somebody in more groups than anybody reads, of whom their provider says a lot.
fn told(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let facts = |number: usize, letters: usize| -> Vec<Fact<'static>> {
        // How much fits depends on the text: it is the same whatever else is tried.
        let value: String = "0123456789'".chars().cycle().take(letters).collect();
        let one = |_| Fact {
            name: "0123456789",
            value: value.clone(),
        };
        (0..number).map(one).collect()
    };
    for (number, letters) in [(8, 4_096), (200, 40), (1, 24 * 1_024)] {
        let (headers, claims) = (facts(number, letters), facts(number, letters));
        add(pages, cast, samples, &AccountTold::new(headers, claims))?;
        let view = RehearsedPage {
            provider: &cast.buttons[2],
            back: Some("https://app.example.com/"),
            identity: long(&cast.claim),
            email: Some(&long(&cast.email)),
            email_verified: false,
            organizations: vec![Admitted {
                name: &cast.organizations[2],
                refused: Some("rule"),
                rule: Some("email_domains"),
                is_open: false,
            }],
            claims: facts(number, letters),
            headers: facts(number, letters),
            assertion: facts(number, letters),
            is_too_large: true,
            shortened: false,
        };
        add(pages, cast, samples, &view.fitted())?;
    }
    Ok(())
}

fn connection<'a>(cast: &'a Cast, slug: usize, choices: usize) -> OwnedConnection<'a> {
    let state = ConnectionState::Open;
    let counted = |state: &'static str| Counted {
        state_word: state_word(state),
        count: 123_456,
    };
    let choice = |number: usize| Choice {
        id: number.to_string(),
        name: long(&cast.organizations[0]),
        chosen: number == 0,
    };
    OwnedConnection {
        id: cast.slugs[slug].as_str(),
        label: &cast.buttons[2],
        state,
        state_word: state.word(),
        since: Some(NOW),
        only: Some(long(&cast.organizations[0])),
        health: ProviderState::new("degraded", Some(NOW)),
        registered: [&cast.buttons[0]; 6]
            .map(|name| Registered {
                name: name.clone(),
                value: format!("https://app.example.com/_sso/callback/{}", cast.slugs[slug]),
            })
            .into(),
        identities: ["valid", "suspect", "invalid", "orphaned", "blocked"]
            .map(counted)
            .into(),
        choices: (0..choices).map(choice).collect(),
        more_choices: true,
    }
}

fn connections(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let view = OwnerHome {
        organization: cast.organization(2),
        door: "https://app.example.com/_sso/login/initech".to_owned(),
        suspended: true,
        sessions: 20_000,
        connections: (0..ROWS.connections)
            .map(|number| connection(cast, number, ROWS.first_choices))
            .collect(),
        next: Some(ROWS.connections),
        notice: Some(OwnerNotice::Opened),
        popup: true,
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)?;
    let view = OwnerChoices {
        organization: cast.organization(2),
        one: connection(cast, 0, ROWS.choices),
        next: Some(ROWS.choices),
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)
}

fn people(pages: &Pages, cast: &Cast, samples: &mut Vec<Sample>) -> Result<(), Error> {
    let somebody = || {
        let mut somebody = person(cast, "suspect");
        somebody.name = long(&cast.person);
        somebody.email = Some(long(&cast.email));
        somebody
    };
    let sessions = |number: usize| -> Vec<_> {
        let one = |_| {
            let mut one = session(cast, false);
            one.name = long(&cast.person);
            one
        };
        (0..number).map(one).collect()
    };
    let view = OwnerPeople {
        organization: cast.organization(2),
        search: Some(&long(&cast.email)),
        state: "attention",
        people: (0..ROWS.people).map(|_| somebody()).collect(),
        next: place(cast),
    };
    add(pages, cast, samples, &view)?;
    for (part, shown, listed) in [
        (PersonPart::First, ROWS.identities, ROWS.first_sessions),
        (PersonPart::Identities, ROWS.identities, 0),
        (PersonPart::Sessions, 0, ROWS.sessions),
    ] {
        let view = OwnerPerson {
            organization: cast.organization(2),
            person: somebody(),
            own: false,
            since: NOW,
            part,
            check: Some(Checked::Unanswered),
            identities: identities(cast, shown),
            next_identities: (shown > 0).then_some(shown),
            sessions: sessions(listed),
            next: place(cast).filter(|_| listed > 0),
            csrf: &cast.token,
        };
        add(pages, cast, samples, &view)?;
    }
    let view = OwnerSessions {
        organization: cast.organization(2),
        sessions: sessions(ROWS.sessions),
        next: place(cast),
        csrf: &cast.token,
    };
    add(pages, cast, samples, &view)
}
