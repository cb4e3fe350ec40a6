//! The owners' pages of an organization with ten thousand people.

use std::collections::BTreeSet;
use std::time::Duration;

use doorward::address::Host;
use doorward::clock::{Clock as _, Timestamp};
use doorward::config::Slug;
use doorward::identity::{self, People, Through};
use doorward::provider::{Asserted, Proof, Subject, Tokens};
use doorward::session::{AtProvider, Device, Grant, Opening, Sessions, Settings};
use doorward::store::Batch;
use doorward::telemetry::Metrics;

use crate::support::world::{Filling, url};
use crate::support::{Browser, Page, World};

const OWNED: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
owners = ["ada@acme.com"]
[sessions]
idle_timeout = "1h"
"#;

const IDLE: Duration = Duration::from_secs(3_600);

/// What leads to somebody, in a list.
const NAMED: &str = "<a href=\"/_sso/admin/acme/people/";

/// With the owner they are so many that the last page of people is full.
const PEOPLE: usize = 9_999;

/// Written together, so that it does not take long.
const AT_ONCE: usize = 500;

/// A page of ours is small.
const MAX_BYTES: usize = 30 * 1024;

/// Questions to the store for one page: some for each of its rows, whatever number there are in all.
const MAX_QUESTIONS: f64 = 150.0;

fn person(issuer: &str, number: usize, now: Timestamp) -> Asserted {
    let email = format!("person-{number}@acme.com");
    Asserted {
        issuer: issuer.to_owned(),
        subject: Subject::parse(&format!("person-{number}")).unwrap(),
        email: Some(email),
        email_verified: true,
        name: Some(format!("Person {number}")),
        preferred_username: None,
        groups: None,
        groups_are_teams: false,
        hosted_domain: None,
        tenants: Vec::new(),
        claims: serde_json::Map::new(),
        authenticated_at: now,
        proof: Proof::default(),
        provider_session: None,
        tokens: Tokens::default(),
    }
}

/// Everybody is known and signed in; what is written of that is in the trail.
async fn fill(filling: Filling, issuer: &str, number: usize, used: impl Fn(usize) -> Timestamp) {
    let [acme, idp] = ["acme", "acme-idp"].map(|text| Slug::parse(text).unwrap());
    let Filling {
        config,
        store,
        seal,
        now,
    } = &filling;
    let people = People::new(store.clone(), seal.clone());
    let (settings, metrics) = (Settings::of(config), Metrics::new(0));
    let sessions = Sessions::new(
        store.clone(),
        seal.clone(),
        people.clone(),
        settings,
        metrics,
    );
    let generation = identity::generation(&config.organizations[&acme], &config.providers[&idp]);
    let through = Through {
        organization: &acme,
        provider: &idp,
        generation: &generation,
        due_at: None,
    };
    let host = Host::parse("app.example.com", 443).unwrap();
    for first in (0..number).step_by(AT_ONCE) {
        let mut batch = Batch::new().relaxed();
        for number in first..number.min(first + AT_ONCE) {
            let asserted = person(issuer, number, *now);
            let made = people.provision(&mut batch, through, &asserted, *now).await;
            let identity = made.unwrap().unwrap().identity;
            let grant = Grant {
                organization: acme.clone(),
                account: identity.account.clone(),
                identity: identity.id.clone(),
                provider: idp.clone(),
                at_provider: AtProvider::new(&idp, issuer, asserted.subject.as_str(), None),
                generation: generation.clone(),
                authenticated_at: *now,
                proofs: asserted.proof.clone().into(),
                granted_at: *now,
                expires_at: None,
                used_at: used(number),
            };
            let opening = Opening {
                previous: None,
                tabs: None,
                host: &host,
                device: Device::default(),
                grant,
                identity: &identity,
                reference: "AAAA-AAAA",
            };
            sessions.open(&mut batch, opening, *now).await.unwrap();
        }
        store.commit(batch).await.unwrap();
    }
}

/// Where the next page of a list is.
fn following(page: &Page) -> Option<String> {
    let (_, link) = page.text.split_once("rel=\"next\" href=\"")?;
    Some(link.split('"').next().unwrap().replace("&amp;", "&"))
}

/// Pages a list to its end. What stands between `mark` and the next quotation mark or tag on each page, every time.
async fn page_through(world: &World, owner: &mut Browser, list: &str, mark: &str) -> Vec<String> {
    let (mut found, mut pages) = (Vec::new(), 0.0);
    let before = world.broker.store_questions().await;
    let mut next = Some(format!("/_sso/admin/acme/{list}"));
    while let Some(path) = next {
        let page = owner.get(&url(&path)).await;
        let text = &page.is(200).text;
        assert!(text.len() < MAX_BYTES, "{path} weighs {}", text.len());
        assert!(text.contains("<ul class=\"rows"), "{path} is an empty page");
        let rows = text.split(mark).skip(1);
        found.extend(rows.map(|row| row.split(['"', '/', '<']).next().unwrap().to_owned()));
        next = following(&page);
        pages += 1.0;
    }
    let asked = (world.broker.store_questions().await - before) / pages;
    assert!(
        asked < MAX_QUESTIONS,
        "{list}: {asked} questions for a page"
    );
    found
}

fn once(found: Vec<String>) -> BTreeSet<String> {
    let (all, listed) = (found.len(), BTreeSet::from_iter(found));
    assert_eq!(listed.len(), all, "something is listed twice");
    listed
}

/// Ada, who owns Acme, and so many others. `is_idle` says whose session is over.
async fn world_with(number: usize, is_idle: impl Fn(usize) -> bool) -> (World, Browser) {
    let world = World::with_logs(OWNED, "warn").await;
    let issuer = world.acme.issuer.clone();
    let mut owner = world.stranger();
    owner.visit(&url("/_sso/login/acme")).await.is(200);
    world.later(IDLE - Duration::from_secs(60));
    let (then, now) = (Timestamp::from_seconds(1_800_000_000), world.clock.now());
    let used = |person| if is_idle(person) { then } else { now };
    let filled = world.restart_filled(async |filling| fill(filling, &issuer, number, used).await);
    let world = filled.await;
    owner.now_at(world.broker.address);
    owner.get(&url("/")).await.is(200);
    world.later(Duration::from_secs(120));
    (world, owner)
}

#[tokio::test]
async fn inv_54_lists_of_ten_thousand_are_read_in_small_pages_with_everybody_once() {
    let (world, mut owner) = world_with(PEOPLE, |_| false).await;

    let people = once(page_through(&world, &mut owner, "people", NAMED).await);
    assert_eq!(people.len(), PEOPLE + 1);

    let signed_in = once(page_through(&world, &mut owner, "sessions", NAMED).await);
    assert_eq!(signed_in, people);

    // Pages that count everybody list nobody: one asks once for all, the other as often as it must to be exact.
    let each = f64::from(u16::try_from(PEOPLE).unwrap()) * 4.5;
    for (rest, counted, most) in [
        ("", "<dd>10000</dd>", MAX_QUESTIONS),
        ("/disable/acme-idp", "10000 people sign in this way.", each),
    ] {
        let before = world.broker.store_questions().await;
        let page = owner.get(&url(&format!("/_sso/admin/acme{rest}"))).await;
        let text = &page.is(200).text;
        assert!(text.contains(counted), "{rest}: {text}");
        assert!(text.len() < MAX_BYTES, "{rest} weighs {}", text.len());
        let asked = world.broker.store_questions().await - before;
        assert!(asked < most, "{rest}: {asked} questions");
    }

    let begun = "<code>session.created</code>";
    let happened = page_through(&world, &mut owner, "audit", begun).await;
    assert_eq!(happened.len(), PEOPLE + 1);

    // A search reads as much as it may at once, and never says that nobody is there before it has looked at everybody.
    let (mut found, mut next) = (
        0,
        Some("/_sso/admin/acme/people?q=person-4242%40".to_owned()),
    );
    while let Some(path) = next {
        let page = owner.get(&url(&path)).await;
        found += page.is(200).text.matches(NAMED).count();
        next = following(&page);
        let so_far = page.text.contains("Nothing found so far");
        let is_empty = !page.text.contains(NAMED);
        assert_eq!(so_far, is_empty && next.is_some(), "{path}");
    }
    assert_eq!(found, 1);
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn sessions_that_are_over_fill_no_page() {
    let (world, mut owner) = world_with(299, |number| number % 50 != 0).await;
    let page = owner.get(&url("/_sso/admin/acme/sessions")).await;
    assert_eq!(page.is(200).text.matches(NAMED).count(), 7);
    assert_eq!(following(&page), None);
    world.end(&[&owner]).await;
}
