//! Sessions over a store: what opens, ends, is carried over and survives.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::address::Host;
use crate::audit;
use crate::clock::Timestamp;
use crate::config::{Config, Slug};
use crate::identity::{
    Activation, ActivationState, Fact, Identity, People, Shut, Through, generation,
};
use crate::provider::{Asserted, Subject, Tokens};
use crate::store::{Batch, Fickle, Keys, Seal, SealKey, Sled, Store, Table};
use crate::telemetry::Metrics;
use crate::tether::Tether;
use std::sync::Arc;

const CONFIG: &str = r#"
[server]
public_url = "http://localhost:8000"
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.dev]
kind = "dev"
[organizations.acme]
name = "Acme"
providers = ["dev"]
allow = { groups_any = ["staff"] }
[organizations.acme.sessions]
idle_timeout = "1h"
absolute_timeout = "10h"
max_per_account = 3
[organizations.globex]
name = "Globex"
providers = ["dev"]
allow = { anyone = true }
[organizations.globex.sessions]
idle_timeout = "4h"
absolute_timeout = "5h"
[store]
kind = "memory"
"#;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Somewhere in 2023.
const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

struct World {
    store: Arc<dyn Store>,
    seal: Seal,
    config: Config,
    people: People,
    sessions: Sessions,
}

fn world(store: Arc<dyn Store>) -> World {
    let seal = Seal::new(&SealKey::random()).unwrap();
    World::over(store, seal, Config::sample(CONFIG))
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn host() -> Host {
    Host::parse("localhost:8000", 80).unwrap()
}

fn event() -> audit::Event {
    audit::Event::new(START, audit::Kind::LogoutRequested, audit::Actor::Visitor)
}

impl World {
    fn over(store: Arc<dyn Store>, seal: Seal, config: Config) -> Self {
        let people = People::new(Arc::clone(&store), seal.clone());
        let sessions = Sessions::new(
            Arc::clone(&store),
            seal.clone(),
            people.clone(),
            Settings::of(&config),
            Metrics::new(0),
        );
        Self {
            store,
            seal,
            config,
            people,
            sessions,
        }
    }

    /// Another process over the same records.
    fn restarted(&self) -> Self {
        self.restarted_with(CONFIG)
    }

    fn restarted_with(&self, config: &str) -> Self {
        Self::over(
            Arc::clone(&self.store),
            self.seal.clone(),
            Config::sample(config),
        )
    }

    async fn person(&self, organization: &str, name: &str) -> Identity {
        let organization = &self.config.organizations[&slug(organization)];
        let provider = &self.config.providers[&slug("dev")];
        let generation = generation(organization, provider);
        let through = Through {
            organization: &organization.slug,
            provider: &provider.id,
            generation: &generation,
            due_at: None,
        };
        let asserted = Asserted {
            issuer: "dev".to_owned(),
            subject: Subject::parse(name).unwrap(),
            email: None,
            email_verified: false,
            name: None,
            preferred_username: None,
            groups: Some(vec!["staff".to_owned()]),
            groups_are_teams: false,
            hosted_domain: None,
            tenants: Vec::new(),
            claims: serde_json::Map::new(),
            authenticated_at: START,
            proof: crate::provider::Proof::default(),
            provider_session: None,
            tokens: Tokens::default(),
        };
        let mut batch = Batch::new();
        let done = self
            .people
            .provision(&mut batch, through, &asserted, START)
            .await;
        self.store.commit(batch).await.unwrap();
        done.unwrap().unwrap().identity
    }

    /// Opens a session as the end of a sign-in does; other tabs may do the same at the same time.
    async fn open(&self, identity: &Identity, previous: Option<&Handle>, now: Timestamp) -> Handle {
        self.open_on(&host(), identity, previous, now).await
    }

    async fn open_on(
        &self,
        host: &Host,
        identity: &Identity,
        previous: Option<&Handle>,
        now: Timestamp,
    ) -> Handle {
        self.open_grant(host, identity, grant(identity, now), previous)
            .await
    }

    async fn open_grant(
        &self,
        host: &Host,
        identity: &Identity,
        grant: Grant,
        previous: Option<&Handle>,
    ) -> Handle {
        let now = grant.granted_at;
        for _ in 0..1_000 {
            let mut batch = Batch::new();
            let opening = Opening {
                previous,
                tabs: None,
                host,
                device: Device::default(),
                grant: grant.clone(),
                identity,
                reference: "test",
            };
            let opened = self.sessions.open(&mut batch, opening, now).await.unwrap();
            match self.store.commit(batch).await {
                Ok(()) => {
                    self.sessions.opened(&opened, now).await;
                    return opened.handle;
                }
                Err(store::Error::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
        panic!("the records never stood still");
    }

    async fn sign_in(
        &self,
        organization: &str,
        previous: Option<&Handle>,
        now: Timestamp,
    ) -> Handle {
        let ada = self.person(organization, "ada").await;
        self.open(&ada, previous, now).await
    }

    /// The organizations in which a handle is good.
    async fn good(&self, handle: &Handle, now: Timestamp) -> Vec<String> {
        let live = self.sessions.find(handle, &host()).await.unwrap();
        let mut names: Vec<_> = live
            .iter()
            .flat_map(|live| live.grants(now))
            .map(|grant| grant.grant().organization.to_string())
            .collect();
        names.sort();
        names
    }

    /// A stream that a request of this session opens.
    async fn stream(&self, handle: &Handle, organization: &str) -> Arc<Tether> {
        let live = self.sessions.find(handle, &host()).await.unwrap().unwrap();
        let grant = live.grant(&slug(organization), START).unwrap();
        Arc::clone(grant.cut())
    }

    async fn use_it(&self, handle: &Handle, organization: &str, now: Timestamp) {
        let live = self.sessions.find(handle, &host()).await.unwrap().unwrap();
        let grant = live.grant(&slug(organization), now).unwrap();
        self.sessions.touch(&live, &grant, now);
    }

    async fn sign_out(&self, handle: &Handle) -> Result<(), Error> {
        self.sessions
            .end(&handle.key(), Ending::Session, Reason::SignedOut, &event())
            .await
    }
}

fn grant(identity: &Identity, now: Timestamp) -> Grant {
    Grant {
        organization: identity.organization.clone(),
        account: identity.account.clone(),
        identity: identity.id.clone(),
        provider: identity.provider.clone(),
        at_provider: AtProvider::new(&slug("dev"), "dev", "ada", Some("s1")),
        generation: identity.generation.clone(),
        authenticated_at: now,
        proofs: crate::provider::Proofs::default(),
        granted_at: now,
        expires_at: None,
        used_at: now,
    }
}

#[tokio::test]
async fn inv_21_the_store_holds_a_hash_and_never_the_handle() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let handle = world.sign_in("acme", None, START).await;
    let tables = [
        Table::Sessions,
        Table::SessionsByAccount,
        Table::SessionsByOrganization,
        Table::SessionsBySubject,
        Table::SessionsByProviderSession,
        Table::Successors,
        Table::Expiry,
        Table::Audit,
    ];
    let raw = secret::decode(handle.expose()).unwrap();
    assert!(raw.len() >= 16, "at least 128 bits");
    let mut found = false;
    for (key, value) in store.dump(&tables).await {
        for bytes in [key, value] {
            let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
            assert!(!holds(handle.expose().as_bytes()) && !holds(&raw));
            found |= holds(handle.key().as_bytes());
        }
    }
    assert!(found, "it is found by its hash");
}

#[tokio::test]
async fn inv_21_every_sign_in_replaces_the_handle() {
    let world = world(Arc::new(Fickle::steady()));
    let first = world.sign_in("acme", None, START).await;
    let second = world.sign_in("acme", Some(&first), START).await;
    let third = world.sign_in("globex", Some(&second), START).await;
    for world in [&world, &world.restarted()] {
        assert!(world.good(&first, START).await.is_empty());
        assert!(world.good(&second, START).await.is_empty());
        assert_eq!(world.good(&third, START).await, ["acme", "globex"]);
    }
}

#[tokio::test]
async fn a_new_handle_keeps_when_the_browser_first_signed_in() {
    let world = world(Arc::new(Fickle::steady()));
    let first = world.sign_in("acme", None, START).await;
    let later = START.plus(MINUTE);
    let second = world.sign_in("globex", Some(&first), later).await;
    let (record, _) = world.sessions.read(&second.key()).await.unwrap().unwrap();
    assert_eq!(record.created_at, START);
    assert_eq!(record.active, slug("globex"));
}

#[tokio::test]
async fn inv_24_each_organization_has_its_own_idle_and_absolute_end() {
    let world = world(Arc::new(Fickle::steady()));
    let acme = world.sign_in("acme", None, START).await;
    let both = world.sign_in("globex", Some(&acme), START).await;
    let check = async |minutes: u32, expected: &[&str]| {
        let now = START.plus(MINUTE * minutes);
        assert_eq!(world.good(&both, now).await, expected, "{minutes}");
    };
    check(59, &["acme", "globex"]).await;
    check(60, &["globex"]).await;
    check(239, &["globex"]).await;
    check(240, &[]).await;
    for quarter in 1..=40 {
        let now = START.plus(MINUTE * 15 * quarter);
        world.use_it(&both, "acme", now.minus(MINUTE)).await;
        if quarter <= 20 {
            world.use_it(&both, "globex", now.minus(MINUTE)).await;
        }
    }
    check(299, &["acme", "globex"]).await;
    check(300, &["acme"]).await;
    check(599, &["acme"]).await;
    check(600, &[]).await;
}

#[tokio::test]
async fn inv_20_who_an_owner_shuts_out_is_refused_though_their_session_could_not_be_ended() {
    let world = world(Arc::new(Fickle::steady()));
    let ada = world.person("globex", "ada").await;
    let handle = world.open(&ada, None, START).await;
    let live = world.sessions.find(&handle, &host()).await;
    let grant = live.unwrap().unwrap().active_grant(START).unwrap();
    let said = |state, only: Option<&str>| Activation {
        by: ada.account.clone(),
        at: START,
        generation: ada.generation.clone(),
        state,
        only: only.map(|only| Fact::HostedDomain(only.to_owned())),
    };
    let (globex, dev) = (slug("globex"), slug("dev"));
    assert_eq!(world.sessions.check_connection(&grant), Ok(()));
    for (said, expected) in [
        (
            said(ActivationState::Open, Some("other.com")),
            Err(Shut::OtherTenant),
        ),
        (said(ActivationState::Open, None), Ok(())),
        (said(ActivationState::Disabled, None), Err(Shut::Disabled)),
    ] {
        world.people.activated(&globex, &dev, &said);
        for _ in 0..2 {
            assert_eq!(world.sessions.check_connection(&grant), expected);
        }
    }
}

#[tokio::test]
async fn inv_24_what_ended_idle_stays_over_under_a_new_handle() {
    let world = world(Arc::new(Fickle::steady()));
    let acme = world.sign_in("acme", None, START).await;
    let later = START.plus(HOUR);
    let both = world.sign_in("globex", Some(&acme), later).await;
    assert_eq!(world.good(&both, later).await, ["globex"]);
    assert_eq!(world.restarted().good(&both, later).await, ["globex"]);
}

#[tokio::test]
async fn the_last_use_survives_a_restart() {
    let world = world(Arc::new(Fickle::steady()));
    let handle = world.sign_in("acme", None, START).await;
    let used = START.plus(MINUTE * 50);
    world.use_it(&handle, "acme", used).await;
    world.sessions.write_behind().await.unwrap();
    let restarted = world.restarted();
    assert_eq!(
        restarted.good(&handle, used.plus(MINUTE * 59)).await,
        ["acme"]
    );
    assert!(restarted.good(&handle, used.plus(HOUR)).await.is_empty());
}

/// How often a session ended for a reason, and how often the trail says so.
async fn told(world: &World, organization: &str, reason: &str) -> (u64, usize) {
    let labels = crate::telemetry::metrics::Ended {
        organization: organization.to_owned(),
        reason: REASONS.into_iter().find(|word| *word == reason).unwrap(),
    };
    let counted = world.sessions.metrics.sessions_ended.get_or_create(&labels);
    let trail = store::trail::entries(&*world.store, 1, u64::MAX, 1_000).await;
    let says = |entry: &&audit::Entry| {
        let event = &entry.event;
        event.kind == audit::Kind::SessionEnded
            && event.organization.as_deref() == Some(organization)
            && event.reason.as_deref() == Some(reason)
    };
    (counted.get(), trail.unwrap().iter().filter(says).count())
}

const REASONS: [&str; 4] = ["idle", "expired", "replaced", "withdrawn"];

#[tokio::test]
async fn a_session_that_a_new_sign_in_takes_the_place_of_ends_once_and_says_why() {
    let world = world(Arc::new(Fickle::steady()));
    let first = world.sign_in("acme", None, START).await;
    let second = world
        .sign_in("acme", Some(&first), START.plus(MINUTE))
        .await;
    assert_eq!(told(&world, "acme", "replaced").await, (1, 1));
    let returned = START.plus(2 * MINUTE + idle(&world, "acme"));
    let third = world.sign_in("acme", Some(&second), returned).await;
    assert_eq!(told(&world, "acme", "idle").await, (1, 1));
    assert_eq!(told(&world, "acme", "replaced").await, (1, 1));
    // Another organization joins: nothing ends.
    let both = world.sign_in("globex", Some(&third), returned).await;
    for organization in ["acme", "globex"] {
        for reason in REASONS {
            let before =
                usize::from(organization == "acme" && ["idle", "replaced"].contains(&reason));
            assert_eq!(
                told(&world, organization, reason).await.1,
                before,
                "{reason}"
            );
        }
    }
    drop(both);
}

#[tokio::test]
async fn a_session_that_nobody_ends_is_told_of_when_its_record_goes() {
    let world = world(Arc::new(Fickle::steady()));
    let settings = world.sessions.settings.load();
    let limits = *settings.limits(&slug("acme")).unwrap();
    let left = world.sign_in("acme", None, START).await;
    let used = world.sign_in("acme", None, START).await;
    let signed_out = world.sign_in("acme", None, START).await;
    let mut now = START;
    while now < START.plus(limits.absolute_timeout - limits.idle_timeout) {
        now = now.plus(limits.idle_timeout / 2);
        world.use_it(&used, "acme", now).await;
        world.sessions.write_behind().await.unwrap();
    }
    world.sign_out(&signed_out).await.unwrap();
    let over = START.plus(limits.absolute_timeout + MINUTE);
    for _ in 0..2 {
        let swept = store::sweep(&*world.store, over, Table::Sessions).await;
        world
            .sessions
            .lapsed(swept.unwrap().removed, over)
            .await
            .unwrap();
    }
    assert_eq!(told(&world, "acme", "idle").await, (1, 1));
    assert_eq!(told(&world, "acme", "expired").await, (1, 1));
    drop(left);
}

#[tokio::test]
async fn a_session_whose_organization_is_gone_was_withdrawn() {
    let world = world(Arc::new(Fickle::steady()));
    world.sign_in("acme", None, START).await;
    let after = world
        .restarted_with(&CONFIG.replace("name = \"Acme\"", "name = \"Acme\"\nenabled = false"));
    let over = START.plus(Duration::from_secs(100 * 24 * 3600));
    let swept = store::sweep(&*after.store, over, Table::Sessions).await;
    after
        .sessions
        .lapsed(swept.unwrap().removed, over)
        .await
        .unwrap();
    assert_eq!(told(&after, "acme", "withdrawn").await, (1, 1));
}

fn idle(world: &World, organization: &str) -> Duration {
    let settings = world.sessions.settings.load();
    let limits = settings.limits(&slug(organization));
    limits.unwrap().idle_timeout
}

/// Two hundred and fifty sessions; some have ended, and the record of one is damaged.
#[tokio::test]
async fn the_last_use_of_many_is_written_together_and_one_that_cannot_be_keeps_none_from_it() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let mut handles = Vec::new();
    for number in 0..250 {
        let person = world.person("globex", &format!("person-{number}")).await;
        handles.push(world.open(&person, None, START).await);
    }
    let used = START.plus(HOUR * 2);
    let used_at = async |handle: &Handle| {
        let read = world.sessions.read(&handle.key()).await;
        let record = read.ok().flatten()?.0;
        Some(record.grants[0].used_at)
    };
    let use_all = async |used| {
        for handle in &handles {
            world.use_it(handle, "globex", used).await;
        }
    };
    use_all(used).await;
    let before = store.commits();
    world.sessions.write_behind().await.unwrap();
    assert_eq!(store.commits() - before, 3, "a hundred in one batch");
    assert_eq!(used_at(&handles[249]).await, Some(used));

    let used = used.plus(HOUR);
    use_all(used).await;
    let key = handles[7].key();
    let sound = world.store.get(Table::Sessions, key.as_bytes()).await;
    let put = async |record: Vec<u8>| {
        let mut batch = Batch::new();
        batch.put(Table::Sessions, key.as_bytes(), record);
        world.store.commit(batch).await.unwrap();
    };
    put(b"nothing that opens".to_vec()).await;
    assert!(world.sessions.write_behind().await.is_err(), "it is told");
    for (number, handle) in handles.iter().enumerate() {
        let expected = (number != 7).then_some(used);
        assert_eq!(used_at(handle).await, expected, "{number}");
    }
    put(sound.unwrap().unwrap()).await;
    world.sessions.write_behind().await.unwrap();
    assert_eq!(used_at(&handles[7]).await, Some(used), "and not forgotten");

    let used = used.plus(MINUTE * 5);
    use_all(used).await;
    store.fill_up(true);
    assert!(world.sessions.write_behind().await.is_err());
    store.fill_up(false);
    world.sessions.write_behind().await.unwrap();
    assert_eq!(used_at(&handles[0]).await, Some(used));
}

#[tokio::test]
async fn inv_25_a_use_beside_one_that_ended_meanwhile_is_written() {
    for seed in 0..50 {
        let world = world(Arc::new(Fickle::wavering(seed * 7_919)));
        let (one, two) = (
            world.sign_in("acme", None, START).await,
            world.sign_in("globex", None, START).await,
        );
        let used = START.plus(MINUTE * 2);
        world.use_it(&one, "acme", used).await;
        world.use_it(&two, "globex", used).await;
        let (ended, written) = tokio::join!(world.sign_out(&one), world.sessions.write_behind());
        ended.unwrap();
        written.unwrap();
        assert!(world.restarted().good(&one, used).await.is_empty());
        let (record, _) = world.sessions.read(&two.key()).await.unwrap().unwrap();
        assert_eq!(record.grants[0].used_at, used, "{seed}");
    }
}

#[tokio::test]
async fn inv_47_one_end_that_cannot_be_written_keeps_no_other_from_being() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let mut handles = Vec::new();
    for _ in 0..3 {
        handles.push(world.sign_in("acme", None, START).await);
    }
    store.fill_up(true);
    for handle in &handles {
        assert!(world.sign_out(handle).await.is_err());
    }
    store.fill_up(false);
    let unwritten = world.sessions.known.unwritten();
    let (first, _) = unwritten.first().unwrap();
    let mut batch = Batch::new();
    batch.put(Table::Sessions, first.as_bytes(), "nothing that opens");
    world.store.commit(batch).await.unwrap();
    assert!(world.sessions.write_behind().await.is_err(), "it is told");
    assert_eq!(world.sessions.known.unwritten().len(), 1);
    let left = store.dump(&[Table::Sessions]).await;
    assert_eq!(left.len(), 1, "the others are written");
}

async fn sled(folder: &Path) -> Arc<dyn Store> {
    Arc::new(Sled::open(folder, START).await.unwrap())
}

#[tokio::test]
async fn inv_39_sessions_and_their_ends_survive_reopening_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let before = world(sled(&path).await);
    let seal = before.seal.clone();
    let kept = before.sign_in("acme", None, START).await;
    let ended = before.sign_in("acme", None, START).await;
    before.sign_out(&ended).await.unwrap();
    drop(before);
    let after = World::over(sled(&path).await, seal, Config::sample(CONFIG));
    assert_eq!(after.good(&kept, START).await, ["acme"]);
    assert!(after.good(&ended, START).await.is_empty());
}

#[tokio::test]
async fn inv_39_signing_out_ends_the_session_and_cuts_its_streams() {
    let world = world(Arc::new(Fickle::steady()));
    let handle = world.sign_in("acme", None, START).await;
    let other = world.sign_in("acme", None, START).await;
    let (stream, kept) = (
        world.stream(&handle, "acme").await,
        world.stream(&other, "acme").await,
    );
    world.sign_out(&handle).await.unwrap();
    world.sign_out(&handle).await.unwrap();
    assert!(stream.is_cut());
    assert!(!kept.is_cut(), "the other browser goes on");
    for world in [&world, &world.restarted()] {
        assert!(world.good(&handle, START).await.is_empty());
        assert_eq!(world.good(&other, START).await, ["acme"]);
    }
}

#[tokio::test]
async fn inv_40_a_stream_is_cut_although_its_session_left_memory() {
    let world = world(Arc::new(Fickle::steady()));
    let first = world.sign_in("acme", None, START).await;
    let stream = world.stream(&first, "acme").await;
    world.sessions.known.crowd_out();
    world.sessions.write_behind().await.unwrap();
    let second = world.sign_in("globex", Some(&first), START).await;
    world.sessions.known.crowd_out();
    assert!(!stream.is_cut(), "the same person goes on");
    world.sign_out(&second).await.unwrap();
    assert!(stream.is_cut());
}

#[tokio::test]
async fn inv_40_another_person_in_the_same_browser_takes_over_no_stream() {
    let world = world(Arc::new(Fickle::steady()));
    for crowded in [false, true] {
        let ada = world.sign_in("acme", None, START).await;
        let stream = world.stream(&ada, "acme").await;
        if crowded {
            world.sessions.known.crowd_out();
        }
        let bob = world.person("acme", "bob").await;
        let bobs = world.open(&bob, Some(&ada), START).await;
        assert!(stream.is_cut());
        assert!(!world.stream(&bobs, "acme").await.is_cut());
    }
}

/// Whether what is open goes on under another file, whether or not its session is at hand.
#[tokio::test]
async fn inv_40_another_file_cuts_what_it_does_not_admit_and_nothing_else() {
    for crowded in [false, true] {
        for (from, to, goes_on, grants) in [
            ("name = \"Acme\"", "name = \"Acme Ltd.\"", [true, true], 2),
            (
                "idle_timeout = \"1h\"",
                "idle_timeout = \"2h\"",
                [true, true],
                2,
            ),
            ("[\"staff\"]", "[\"keepers\"]", [false, true], 1),
            ("name = \"Globex\"", "enabled = false", [true, false], 1),
            ("\"10h\"", "\"12h\"", [true, true], 2),
            // What is open for longer than one may be here now is opened anew.
            ("\"10h\"", "\"2h\"", [false, true], 2),
        ] {
            let world = world(Arc::new(Fickle::steady()));
            let both = world.sign_in("acme", None, START).await;
            let both = world.sign_in("globex", Some(&both), START).await;
            let streams = [
                world.stream(&both, "acme").await,
                world.stream(&both, "globex").await,
            ];
            if crowded {
                world.sessions.known.crowd_out();
            }
            let other = Config::sample(&CONFIG.replace(from, to));
            let asked = world.sessions.reconfigure(Settings::of(&other));
            assert!(asked.is_empty());
            let open = streams.map(|stream| !stream.is_cut());
            assert_eq!(open, goes_on, "{to}, crowded: {crowded}");
            let good = world.good(&both, START).await.len();
            assert_eq!(good, grants, "{to}");
        }
    }
}

#[tokio::test]
async fn inv_47_a_full_disk_does_not_keep_a_session_alive() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let (one, two) = (
        world.sign_in("acme", None, START).await,
        world.sign_in("acme", None, START).await,
    );
    let stream = world.stream(&one, "acme").await;
    store.fill_up(true);
    world.sessions.known.crowd_out();
    for handle in [&one, &two] {
        assert!(world.sign_out(handle).await.is_err(), "nothing is promised");
        assert!(world.good(handle, START).await.is_empty());
    }
    assert!(stream.is_cut());
    assert!(world.sessions.write_behind().await.is_err());
    assert!(
        world.good(&one, START).await.is_empty(),
        "it is not read back"
    );
    store.fill_up(false);
    let next = world.sign_in("globex", Some(&two), START).await;
    assert_eq!(
        world.good(&next, START).await,
        ["globex"],
        "nor carried over"
    );
    world.sessions.write_behind().await.unwrap();
    assert!(world.sessions.known.unwritten().is_empty());
    assert!(world.restarted().good(&one, START).await.is_empty());
}

/// Between reading what a sign-in takes over and writing it, something of that ends, and cannot be written.
#[tokio::test]
async fn inv_25_an_end_that_could_not_be_written_is_not_lost_when_the_session_moves() {
    let acme = slug("acme");
    for (ending, still_full) in [
        (Ending::Session, false),
        (Ending::Grant(&acme), false),
        (Ending::Session, true),
    ] {
        let store = Arc::new(Fickle::steady());
        let world = world(store.clone());
        let before = world.sign_in("acme", None, START).await;
        let stream = world.stream(&before, "acme").await;
        let globex = world.person("globex", "ada").await;
        let mut batch = Batch::new();
        let opening = Opening {
            previous: Some(&before),
            tabs: None,
            host: &host(),
            device: Device::default(),
            grant: grant(&globex, START),
            identity: &globex,
            reference: "test",
        };
        let opened = world.sessions.open(&mut batch, opening, START).await;
        let opened = opened.unwrap();
        store.fill_up(true);
        let (key, event) = (before.key(), event());
        let ended = world
            .sessions
            .end(&key, ending, Reason::SignedOut, &event)
            .await;
        assert!(ended.is_err(), "nothing is promised");
        store.fill_up(false);
        world.store.commit(batch).await.unwrap();
        store.fill_up(still_full);
        world.sessions.opened(&opened, START).await;
        store.fill_up(false);
        assert!(stream.is_cut());
        assert_eq!(world.good(&opened.handle, START).await, ["globex"]);
        world.sessions.write_behind().await.unwrap();
        assert!(world.sessions.known.unwritten().is_empty());
        let after = world.restarted();
        assert_eq!(after.good(&opened.handle, START).await, ["globex"]);
    }
}

#[tokio::test]
async fn inv_54_made_up_handles_leave_nothing_behind_when_the_store_fails() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let real = world.sign_in("acme", None, START).await;
    store.fill_up(true);
    store.unread(true);
    for _ in 0..10 {
        assert!(world.sign_out(&Handle::random()).await.is_err());
    }
    assert!(world.sign_out(&real).await.is_err());
    assert_eq!(world.sessions.known.unwritten().len(), 1);
}

#[tokio::test]
async fn inv_02_a_store_that_cannot_be_read_says_nothing_about_sessions() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let handle = world.sign_in("acme", None, START).await;
    store.unread(true);
    let restarted = world.restarted();
    assert!(restarted.sessions.find(&handle, &host()).await.is_err());
    assert_eq!(
        world.good(&handle, START).await,
        ["acme"],
        "memory can tell"
    );
}

#[tokio::test]
async fn inv_54_an_account_has_so_many_sessions_and_the_oldest_goes() {
    let world = world(Arc::new(Fickle::steady()));
    let mut handles = Vec::new();
    for minute in 0..5 {
        let now = START.plus(MINUTE * minute);
        handles.push(world.sign_in("acme", None, now).await);
    }
    let bob = world.person("acme", "bob").await;
    let bobs = world.open(&bob, None, START).await;
    for world in [&world, &world.restarted()] {
        let mut good = Vec::new();
        for handle in &handles {
            good.push(!world.good(handle, START).await.is_empty());
        }
        assert_eq!(good, [false, false, true, true, true]);
        assert_eq!(
            world.good(&bobs, START).await,
            ["acme"],
            "accounts are apart"
        );
    }
}

#[tokio::test]
async fn inv_26_making_room_in_one_organization_takes_nothing_in_another() {
    let world = world(Arc::new(Fickle::steady()));
    let acme = world.sign_in("acme", None, START).await;
    let both = world.sign_in("globex", Some(&acme), START).await;
    let stream = world.stream(&both, "acme").await;
    let kept = world.stream(&both, "globex").await;
    for minute in 1..=3 {
        world
            .sign_in("acme", None, START.plus(MINUTE * minute))
            .await;
    }
    assert!(stream.is_cut());
    assert!(!kept.is_cut());
    for world in [&world, &world.restarted()] {
        assert_eq!(world.good(&both, START).await, ["globex"]);
    }
}

#[tokio::test]
async fn a_lower_bound_counts_from_the_next_sign_in() {
    let world = world(Arc::new(Fickle::steady()));
    let mut handles = Vec::new();
    for minute in 0..3 {
        let now = START.plus(MINUTE * minute);
        handles.push(world.sign_in("acme", None, now).await);
    }
    let text = CONFIG.replace("max_per_account = 3", "max_per_account = 1");
    let restarted = world.restarted_with(&text);
    let newest = restarted.sign_in("acme", None, START).await;
    for handle in &handles {
        assert!(restarted.good(handle, START).await.is_empty());
    }
    assert_eq!(restarted.good(&newest, START).await, ["acme"]);
}

#[tokio::test]
async fn switching_shows_another_organization_and_survives() {
    let world = world(Arc::new(Fickle::steady()));
    let acme = world.sign_in("acme", None, START).await;
    let both = world.sign_in("globex", Some(&acme), START).await;
    let live = world.sessions.find(&both, &host()).await.unwrap().unwrap();
    assert_eq!(live.active(), slug("globex"));
    assert!(world.sessions.switch(&live, &slug("acme")).await.unwrap());
    assert!(!world.sessions.switch(&live, &slug("nobody")).await.unwrap());
    for world in [&world, &world.restarted()] {
        let live = world.sessions.find(&both, &host()).await.unwrap().unwrap();
        let grant = live.active_grant(START).unwrap();
        assert_eq!(grant.grant().organization, slug("acme"));
    }
    world.sign_out(&both).await.unwrap();
    assert!(!world.sessions.switch(&live, &slug("globex")).await.unwrap());
}

#[tokio::test]
async fn inv_27_a_session_counts_on_its_own_host_only() {
    let named = "name = \"Globex\"\n";
    let own = format!("{named}hosts = [\"other.localhost:8000\"]\n");
    let world = world(Arc::new(Fickle::steady()));
    let world = world.restarted_with(&CONFIG.replacen(named, &own, 1));
    let handle = world.sign_in("acme", None, START).await;
    let stream = world.stream(&handle, "acme").await;
    let elsewhere = Host::parse("other.localhost:8000", 80).unwrap();
    for world in [&world, &world.restarted()] {
        let found = world.sessions.find(&handle, &elsewhere).await.unwrap();
        assert!(found.is_none());
    }
    let ada = world.person("globex", "ada").await;
    let theirs = world.open_on(&elsewhere, &ada, Some(&handle), START).await;
    assert_eq!(
        world.good(&handle, START).await,
        ["acme"],
        "it is not replaced"
    );
    assert!(!stream.is_cut());
    let live = world.sessions.find(&theirs, &elsewhere).await.unwrap();
    assert_eq!(live.unwrap().grants(START).len(), 1, "nor carried over");
}

#[tokio::test]
async fn inv_01_grants_end_when_the_configuration_no_longer_stands_behind_them() {
    let world = world(Arc::new(Fickle::steady()));
    let acme = world.sign_in("acme", None, START).await;
    let both = world.sign_in("globex", Some(&acme), START).await;
    let check = async |from: &str, to: &str, expected: &[&str]| {
        assert!(CONFIG.contains(from), "{from}");
        let restarted = world.restarted_with(&CONFIG.replacen(from, to, 1));
        assert_eq!(restarted.good(&both, START).await, expected, "{to}");
    };
    check("staff", "staff", &["acme", "globex"]).await;
    check("staff", "admins", &["globex"]).await;
    check(
        "name = \"Acme\"",
        "name = \"Acme\"\nenabled = false",
        &["globex"],
    )
    .await;
    let mut other = Config::sample(CONFIG);
    other.organizations.remove(&slug("acme"));
    let restarted = World::over(Arc::clone(&world.store), world.seal.clone(), other);
    assert_eq!(restarted.good(&both, START).await, ["globex"]);
}

/// What is swept away must not go on in memory, where no revocation finds it.
#[tokio::test]
async fn inv_39_no_other_file_makes_a_session_outlive_its_record() {
    let longer = CONFIG
        .replace("\"1h\"", "\"90h\"")
        .replace("\"10h\"", "\"90h\"");
    let shorter = CONFIG
        .replace("\"1h\"", "\"8h\"")
        .replace("\"10h\"", "\"8h\"");
    let record = async |world: &World, handle: &Handle, now| {
        store::sweep(&*world.store, now, Table::Sessions)
            .await
            .unwrap();
        world.sessions.read(&handle.key()).await.unwrap().is_some()
    };
    let just_before = |end: Timestamp| end.minus(MINUTE);
    let world = world(Arc::new(Fickle::steady()));
    let first = world.sign_in("acme", None, START).await;
    let longer = world.restarted_with(&longer);
    let end = START.plus(HOUR * 10);
    assert_eq!(longer.good(&first, just_before(end)).await, ["acme"]);
    assert!(longer.good(&first, end).await.is_empty());

    // A file with shorter limits counts at once; what moved under it stays as short.
    let moved = world.restarted_with(&shorter);
    let moved = moved.sign_in("globex", Some(&first), START).await;
    let end = START.plus(HOUR * 8);
    assert!(record(&longer, &moved, just_before(end)).await);
    let now = just_before(end);
    assert!(longer.good(&moved, now).await.contains(&"acme".to_owned()));
    assert!(longer.good(&moved, end).await.is_empty());
    assert!(!record(&longer, &moved, end.plus(MINUTE)).await);
}

#[tokio::test]
async fn inv_25_a_late_write_of_the_last_use_brings_nothing_back() {
    for seed in 0..200 {
        let world = world(Arc::new(Fickle::wavering(seed * 7_919)));
        let handle = world.sign_in("acme", None, START).await;
        let used = START.plus(MINUTE * 2);
        world.use_it(&handle, "acme", used).await;
        let (ended, written) = tokio::join!(world.sign_out(&handle), world.sessions.write_behind());
        ended.unwrap();
        written.unwrap();
        assert!(world.good(&handle, used).await.is_empty(), "{seed}");
        assert!(world.restarted().good(&handle, used).await.is_empty());
    }
}

/// One request reads the session for all that wait, and what it reads is void by the time it is there.
#[tokio::test]
async fn requests_of_a_good_session_are_let_in_whatever_happens_to_the_rest_of_it() {
    for seed in 0..300 {
        let world = world(Arc::new(Fickle::wavering(seed * 7_919)));
        let acme = world.sign_in("acme", None, START).await;
        let both = world.sign_in("globex", Some(&acme), START).await;
        let ada = world.person("acme", "ada").await;
        world.sessions.known.crowd_out();
        let meanwhile = async {
            tokio::task::yield_now().await;
            match seed % 3 {
                0 => {
                    let (key, globex, event) = (both.key(), slug("globex"), event());
                    let ending = Ending::Grant(&globex);
                    let ended = world.sessions.end(&key, ending, Reason::SignedOut, &event);
                    ended.await.unwrap();
                }
                1 => world.sessions.confirm_identity(&ada, true),
                _ => {
                    world.sessions.known.counts(&ada.id, START);
                    world.sessions.lapse(START);
                }
            }
        };
        let good = || world.good(&both, START);
        let (a, b, c, ()) = tokio::join!(good(), good(), good(), meanwhile);
        for good in [a, b, c] {
            assert!(good.contains(&"acme".to_owned()), "{seed}: {good:?}");
        }
    }
}

/// On several threads: nobody who asks after an end was acknowledged gets in by what was read before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv_39_no_thread_is_handed_what_has_ended() {
    let world = Arc::new(world(Arc::new(Fickle::steady())));
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    for round in 0..200 {
        let acme = world.sign_in("acme", None, START).await;
        let both = world.sign_in("globex", Some(&acme), START).await;
        world.sessions.known.crowd_out();
        ended.store(false, std::sync::atomic::Ordering::SeqCst);
        let tasks = crate::tasks::Tasks::new();
        let requests = (0..8).map(|_| {
            let (world, both, ended) = (Arc::clone(&world), both.clone(), Arc::clone(&ended));
            tasks.spawn(async move {
                for _ in 0..20 {
                    let was_ended = ended.load(std::sync::atomic::Ordering::SeqCst);
                    let good = world.good(&both, START).await;
                    assert!(good.contains(&"acme".to_owned()), "{round}: {good:?}");
                    assert!(!was_ended || good.len() == 1, "{round}: {good:?}");
                    tokio::task::yield_now().await;
                }
            })
        });
        let requests: Vec<_> = requests.collect();
        let (key, globex) = (both.key(), slug("globex"));
        let ending = Ending::Grant(&globex);
        let done = world
            .sessions
            .end(&key, ending, Reason::SignedOut, &event())
            .await;
        done.unwrap();
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        for request in requests {
            request.await.unwrap();
        }
        world.sign_out(&both).await.unwrap();
    }
}

#[tokio::test]
async fn a_reading_that_was_overtaken_does_not_switch_back() {
    for seed in 0..300 {
        let world = world(Arc::new(Fickle::wavering(seed * 7_919)));
        let acme = world.sign_in("acme", None, START).await;
        let handle = world.sign_in("globex", Some(&acme), START).await;
        let live = world.sessions.find(&handle, &host()).await.unwrap();
        let live = live.unwrap();
        world.sessions.known.crowd_out();
        let read = async || world.sessions.find(&handle, &host()).await.unwrap();
        let to = slug("acme");
        let switched = world.sessions.switch(&live, &to);
        let (_, switched, ..) = tokio::join!(read(), switched, read(), read());
        assert!(switched.unwrap());
        assert_eq!(read().await.unwrap().active(), to, "{seed}");
    }
}

/// What a browser, its tabs and the clock can do to one session at the same time.
#[derive(Clone, Copy, Debug)]
enum Deed {
    SignIn(&'static str),
    SignOut,
    EndGrant(&'static str),
    Request(&'static str),
    Switch(&'static str),
    WriteBehind,
    CrowdOut,
}

fn deed() -> impl Strategy<Value = Deed> {
    let organization = prop::sample::select(vec!["acme", "globex"]);
    prop_oneof![
        2 => organization.clone().prop_map(Deed::SignIn),
        1 => Just(Deed::SignOut),
        1 => organization.clone().prop_map(Deed::EndGrant),
        3 => organization.clone().prop_map(Deed::Request),
        1 => organization.prop_map(Deed::Switch),
        1 => Just(Deed::WriteBehind),
        1 => Just(Deed::CrowdOut),
    ]
}

/// What a deed left behind.
#[derive(Default)]
struct Left {
    opened: Option<Handle>,
    ended: Option<Option<&'static str>>,
    stream: Option<Arc<Tether>>,
    /// A request in this organization that was not let in.
    refused: Option<&'static str>,
}

impl World {
    async fn act(&self, deed: Deed, handle: &Handle, people: &[Identity; 2]) -> Left {
        let mut left = Left::default();
        let index = |organization| usize::from(organization == "globex");
        match deed {
            Deed::SignIn(organization) => {
                let person = &people[index(organization)];
                left.opened = Some(self.open(person, Some(handle), START.plus(MINUTE)).await);
            }
            Deed::SignOut => {
                self.sign_out(handle).await.unwrap();
                left.ended = Some(None);
            }
            Deed::EndGrant(organization) => {
                let slug = slug(organization);
                let ending = Ending::Grant(&slug);
                let key = handle.key();
                self.sessions
                    .end(&key, ending, Reason::SignedOut, &event())
                    .await
                    .unwrap();
                left.ended = Some(Some(organization));
            }
            Deed::Request(organization) => {
                let now = START.plus(MINUTE * 2);
                let live = self.sessions.find(handle, &host()).await.unwrap();
                let live = live.as_ref();
                if let Some(grant) = live.and_then(|live| live.grant(&slug(organization), now)) {
                    self.sessions.touch(live.unwrap(), &grant, now);
                    left.stream = Some(Arc::clone(grant.cut()));
                } else {
                    left.refused = Some(organization);
                }
            }
            Deed::Switch(organization) => {
                if let Some(live) = self.sessions.find(handle, &host()).await.unwrap() {
                    let organization = slug(organization);
                    self.sessions.switch(&live, &organization).await.unwrap();
                }
            }
            Deed::WriteBehind => self.sessions.write_behind().await.unwrap(),
            Deed::CrowdOut => self.sessions.known.crowd_out(),
        }
        left
    }

    /// Memory and store must tell the same, and nothing open may belong to nobody.
    async fn check(&self, first: &Handle, all: &[Left]) {
        let now = START.plus(MINUTE * 3);
        let restarted = self.restarted();
        let mut good: Vec<Arc<LiveGrant>> = Vec::new();
        let opened = all.iter().filter_map(|left| left.opened.as_ref());
        for handle in opened.chain([first]) {
            let here = self.good(handle, now).await;
            assert_eq!(here, restarted.good(handle, now).await, "memory and store");
            let live = self.sessions.find(handle, &host()).await.unwrap();
            let stored = restarted.sessions.find(handle, &host()).await.unwrap();
            assert_eq!(
                live.as_ref().map(|live| live.active()),
                stored.map(|live| live.active())
            );
            good.extend(live.iter().flat_map(|live| live.grants(now)));
        }
        for ended in all.iter().filter_map(|left| left.ended) {
            let still = self.good(first, now).await;
            match ended {
                None => assert!(still.is_empty(), "{still:?} came back"),
                Some(name) => assert!(!still.iter().any(|it| it == name), "{name} came back"),
            }
        }
        if all.iter().any(|left| left.opened.is_some()) {
            assert!(self.good(first, now).await.is_empty(), "the old handle");
        }
        let replaced = all.iter().any(|left| left.opened.is_some());
        for refused in all.iter().filter_map(|left| left.refused) {
            let mut ended = all.iter().filter_map(|left| left.ended);
            let ended = ended.any(|ended| ended.is_none_or(|name| name == refused));
            assert!(replaced || ended, "nothing has touched {refused}");
        }
        for stream in all.iter().filter_map(|left| left.stream.as_ref()) {
            let owned = good.iter().any(|grant| Arc::ptr_eq(grant.cut(), stream));
            assert!(owned || stream.is_cut(), "a stream belongs to nobody");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Everything happens at once to the session of one handle, in whatever order the store answers.
    #[test]
    fn inv_25_what_ended_stays_ended_whatever_happens_at_the_same_time(
        deeds in prop::collection::vec(deed(), 2..7),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = world(Arc::new(Fickle::wavering(seed)));
            let people = [
                world.person("acme", "ada").await,
                world.person("globex", "ada").await,
            ];
            let first = world.open(&people[0], None, START).await;
            let first = world.open(&people[1], Some(&first), START).await;
            let all = deeds.iter().map(|&deed| world.act(deed, &first, &people));
            let left = join_all(all).await;
            world.check(&first, &left).await;
        });
    }
}

/// Whatever a provider's logout may name of somebody.
fn names(subject: &str) -> [Named; 3] {
    let dev = slug("dev");
    [
        Named::subject(&dev, "dev", subject),
        Named::session(&dev, "dev", "s1"),
        Named::both(&dev, "dev", subject, "s1"),
    ]
}

#[tokio::test]
async fn inv_39_a_providers_logout_ends_every_session_that_it_names() {
    for named in names("ada") {
        let world = world(Arc::new(Fickle::steady()));
        let laptop = world.sign_in("acme", None, START).await;
        let laptop = world.sign_in("globex", Some(&laptop), START).await;
        let phone = world.sign_in("acme", None, START).await;
        let streams = [
            world.stream(&laptop, "acme").await,
            world.stream(&laptop, "globex").await,
            world.stream(&phone, "acme").await,
        ];
        let live = world
            .sessions
            .find(&laptop, &host())
            .await
            .unwrap()
            .unwrap();
        world.sessions.switch(&live, &slug("acme")).await.unwrap();
        let ended = world
            .sessions
            .end_named(&named, Reason::BackChannel, &event())
            .await;
        ended.unwrap();
        assert!(streams.iter().all(|stream| stream.is_cut()));
        let after = world.restarted();
        for handle in [&laptop, &phone] {
            assert!(world.good(handle, START).await.is_empty(), "{named:?}");
            assert!(after.good(handle, START).await.is_empty(), "{named:?}");
        }
        for table in [Table::SessionsBySubject, Table::SessionsByProviderSession] {
            let left = world.store.range(table, Keys::all(), 10).await.unwrap();
            assert!(left.is_empty(), "{table:?}");
        }
        let again = world
            .sessions
            .end_named(&named, Reason::BackChannel, &event())
            .await;
        again.unwrap();
    }
}

#[tokio::test]
async fn inv_26_a_providers_logout_leaves_what_others_vouched_for() {
    let world = world(Arc::new(Fickle::steady()));
    let session = world.sign_in("acme", None, START).await;
    let other = world.person("globex", "ada").await;
    let grant = Grant {
        at_provider: AtProvider::new(&slug("other-idp"), "dev", "ada", Some("s1")),
        ..grant(&other, START)
    };
    let session = world
        .open_grant(&host(), &other, grant, Some(&session))
        .await;
    assert_eq!(world.good(&session, START).await.len(), 2);
    for named in names("ada") {
        world
            .sessions
            .end_named(&named, Reason::BackChannel, &event())
            .await
            .unwrap();
        assert_eq!(world.good(&session, START).await, ["globex"], "{named:?}");
    }
    let nobody = Named::subject(&slug("dev"), "dev", "grace");
    let ended = world
        .sessions
        .end_named(&nobody, Reason::BackChannel, &event())
        .await;
    ended.unwrap();
}

/// Between the commit of a sign-in and its place in memory, something ends it.
#[tokio::test]
async fn inv_25_what_ended_while_it_opened_stays_ended() {
    let world = world(Arc::new(Fickle::steady()));
    let ada = world.person("acme", "ada").await;
    let before = world.sign_in("acme", None, START).await;
    let stream = world.stream(&before, "acme").await;
    let mut batch = Batch::new();
    let opening = Opening {
        previous: Some(&before),
        tabs: None,
        host: &host(),
        device: Device::default(),
        grant: grant(&ada, START),
        identity: &ada,
        reference: "test",
    };
    let opened = world
        .sessions
        .open(&mut batch, opening, START)
        .await
        .unwrap();
    world.store.commit(batch).await.unwrap();
    let named = Named::session(&slug("dev"), "dev", "s1");
    let ended = world
        .sessions
        .end_named(&named, Reason::BackChannel, &event())
        .await;
    ended.unwrap();
    world.sessions.opened(&opened, START).await;
    assert!(world.good(&opened.handle, START).await.is_empty());
    assert!(stream.is_cut(), "nor its streams");
}

#[tokio::test]
async fn inv_25_no_logout_misses_a_session_that_moves() {
    for seed in 1..200 {
        let world = world(Arc::new(Fickle::wavering(seed * 7_919)));
        let ada = world.person("acme", "ada").await;
        let globex = world.person("globex", "ada").await;
        let other = Grant {
            at_provider: AtProvider::new(&slug("other-idp"), "dev", "ada", None),
            ..grant(&globex, START)
        };
        let first = world.open(&ada, None, START).await;
        // The same browser signs in with the other organization, which gives it a new handle.
        let named = Named::subject(&slug("dev"), "dev", "ada");
        let (event, here) = (event(), host());
        let (moved, ended) = tokio::join!(
            world.open_grant(&here, &globex, other, Some(&first)),
            world
                .sessions
                .end_named(&named, Reason::BackChannel, &event),
        );
        ended.unwrap();
        for handle in [&first, &moved] {
            let good = world.good(handle, START).await;
            assert!(!good.contains(&"acme".to_owned()), "seed {seed}: {good:?}");
        }
    }
}

#[tokio::test]
async fn inv_47_a_full_disk_does_not_keep_a_session_from_its_providers_logout() {
    let store = Arc::new(Fickle::steady());
    let world = world(Arc::clone(&store) as Arc<dyn Store>);
    let handles = [
        world.sign_in("acme", None, START).await,
        world.sign_in("acme", None, START).await,
    ];
    store.fill_up(true);
    let named = Named::subject(&slug("dev"), "dev", "ada");
    let ended = world
        .sessions
        .end_named(&named, Reason::BackChannel, &event())
        .await;
    assert!(ended.is_err(), "it is not acknowledged");
    for handle in &handles {
        assert!(world.good(handle, START).await.is_empty());
    }
}

#[tokio::test]
async fn a_session_that_is_known_touches_no_disk() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let handle = world.sign_in("acme", None, START).await;
    store.fill_up(true);
    store.unread(true);
    for minute in 0..30 {
        let now = START.plus(MINUTE * minute);
        assert_eq!(world.good(&handle, now).await, ["acme"]);
        let live = world
            .sessions
            .find(&handle, &host())
            .await
            .unwrap()
            .unwrap();
        let grant = live.active_grant(now).unwrap();
        world.sessions.touch(&live, &grant, now);
    }
}

#[tokio::test]
async fn inv_41_a_verdict_counts_for_sessions_that_are_being_read_meanwhile() {
    let world = world(Arc::new(Fickle::steady()));
    let ada = world.person("acme", "ada").await;
    let handle = world.open(&ada, None, START).await;
    let until = async || {
        let live = world.sessions.find(&handle, &host()).await.unwrap();
        let grant = live.unwrap().active_grant(START).unwrap();
        grant.counts_until()
    };
    assert_eq!(
        until().await,
        Timestamp::END,
        "this provider cannot be asked"
    );
    world.sessions.known.counts(&ada.id, START);
    assert_eq!(until().await, START, "at once, in a session that is known");
    world.sessions.known.crowd_out();
    world.sessions.known.counts(&ada.id, START.plus(HOUR));
    assert_eq!(
        until().await,
        START.plus(HOUR),
        "and in one that is read after it"
    );
}

#[tokio::test]
async fn inv_41_what_is_open_is_cut_when_an_identity_runs_out_and_its_session_goes_on() {
    let world = world(Arc::new(Fickle::steady()));
    let (ada, bob) = (
        world.person("acme", "ada").await,
        world.person("acme", "bob").await,
    );
    let (adas, bobs) = (
        world.open(&ada, None, START).await,
        world.open(&bob, None, START).await,
    );
    let (hers, his) = (
        world.stream(&adas, "acme").await,
        world.stream(&bobs, "acme").await,
    );
    world.sessions.known.counts(&ada.id, START.plus(HOUR));
    assert_eq!(world.sessions.lapse(START.plus(HOUR).minus(MINUTE)), 0);
    assert!(!hers.is_cut());
    assert_eq!(world.sessions.lapse(START.plus(HOUR)), 1);
    assert!(hers.is_cut() && !his.is_cut());
    assert_eq!(world.sessions.lapse(START.plus(HOUR * 2)), 0, "once");
    world.sessions.known.counts(&ada.id, START.plus(HOUR * 9));
    let again = world.stream(&adas, "acme").await;
    assert!(!again.is_cut(), "as soon as it is confirmed again");
}

/// What an operator typed.
fn filter(organization: Option<&str>, user: Option<&str>) -> Filter {
    Filter {
        organization: organization.map(slug),
        user: user.map(str::to_owned),
        ..Filter::default()
    }
}

impl World {
    /// Every session that a filter means, piece by piece.
    async fn listed(&self, filter: &Filter, now: Timestamp) -> Vec<Listed> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.sessions.list(filter, after.as_deref(), now);
            let page = page.await.unwrap();
            all.extend(page.sessions);
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    /// How many grants an operator ended.
    async fn revoke(&self, filter: &Filter, now: Timestamp) -> u64 {
        let event = audit::Event {
            time: now,
            ..event()
        };
        let revoked = self.sessions.revoke(filter, &event, now).await.unwrap();
        revoked.ended.values().sum()
    }
}

#[tokio::test]
async fn an_operator_sees_who_is_signed_in_and_whether_that_still_counts() {
    let world = world(Arc::new(Fickle::steady()));
    let both = world.sign_in("acme", None, START).await;
    let both = world.sign_in("globex", Some(&both), START).await;
    let phone = world.sign_in("acme", None, START.plus(HOUR)).await;
    let now = START.plus(HOUR);
    let all = world.listed(&Filter::default(), now).await;
    assert_eq!(all.len(), 3, "two grants of one session and one of another");
    let acme = world.listed(&filter(Some("acme"), None), now).await;
    let standing: Vec<_> = acme.iter().map(|one| one.status.as_str()).collect();
    assert!(
        standing.contains(&"active") && standing.contains(&"idle"),
        "{standing:?}"
    );
    let account = acme[0].grant.account.to_string();
    assert_eq!(
        world.listed(&filter(None, Some(&account)), now).await.len(),
        2
    );
    assert!(
        world
            .listed(&filter(None, Some("ada@acme.com")), now)
            .await
            .is_empty()
    );

    // A use that is only in memory shows.
    let live = world.sessions.find(&both, &host()).await.unwrap().unwrap();
    let grant = live.grant(&slug("globex"), now).unwrap();
    world.sessions.touch(&live, &grant, now);
    let globex = world.listed(&filter(Some("globex"), None), now).await;
    assert_eq!(globex[0].grant.used_at, now);
    // What the file no longer admits is there but lets nobody in.
    let narrowed = CONFIG.replace("\"staff\"", "\"admins\"");
    let after = world.restarted_with(&narrowed);
    let acme = after.listed(&filter(Some("acme"), None), START).await;
    assert!(acme.iter().all(|one| one.status == Status::Withheld));
    drop(phone);
}

#[tokio::test]
async fn inv_39_what_an_operator_revokes_is_over_at_once_and_for_good() {
    let world = world(Arc::new(Fickle::steady()));
    let both = world.sign_in("acme", None, START).await;
    let both = world.sign_in("globex", Some(&both), START).await;
    let phone = world.sign_in("acme", None, START).await;
    let cut = world.stream(&both, "acme").await;
    let kept = world.stream(&both, "globex").await;
    assert_eq!(world.revoke(&filter(Some("acme"), None), START).await, 2);
    assert!(cut.is_cut() && !kept.is_cut());
    for world in [&world, &world.restarted()] {
        assert_eq!(world.good(&both, START).await, ["globex"]);
        assert!(world.good(&phone, START).await.is_empty());
    }
    assert_eq!(world.revoke(&filter(Some("acme"), None), START).await, 0);
    let ended = world.sessions.metrics.encode();
    let series = "doorward_sessions_ended_total{organization=\"acme\",reason=\"revoked\"} 2";
    assert!(ended.contains(series), "{ended}");
}

#[tokio::test]
async fn inv_25_no_revocation_misses_a_session_that_moves() {
    for seed in 1..200 {
        let world = world(Arc::new(Fickle::wavering(seed * 6_133)));
        let first = world.sign_in("acme", None, START).await;
        // The same browser signs in with the other organization, which gives it a new handle.
        let (acme, later) = (filter(Some("acme"), None), START.plus(MINUTE));
        let (moved, _) = tokio::join!(
            world.sign_in("globex", Some(&first), later),
            world.revoke(&acme, later),
        );
        let left = world.listed(&acme, START).await;
        assert!(left.is_empty(), "seed {seed}");
        let after = world.restarted();
        for handle in [&first, &moved] {
            let good = after.good(handle, START).await;
            assert!(!good.contains(&"acme".to_owned()), "seed {seed}: {good:?}");
        }
    }
}

#[tokio::test]
async fn inv_47_a_full_disk_does_not_keep_an_operator_from_revoking() {
    let store = Arc::new(Fickle::steady());
    let world = world(Arc::clone(&store) as Arc<dyn Store>);
    let handles = [
        world.sign_in("acme", None, START).await,
        world.sign_in("globex", None, START).await,
    ];
    store.fill_up(true);
    let everything = Filter::default();
    let revoked = world.sessions.revoke(&everything, &event(), START).await;
    assert!(revoked.is_err(), "it is not acknowledged");
    for handle in &handles {
        assert!(world.good(handle, START).await.is_empty());
    }
    store.fill_up(false);
    world.sessions.write_behind().await.unwrap();
    assert!(world.listed(&everything, START).await.is_empty());
}

/// More than one piece of the index, and more than one call.
#[tokio::test]
async fn thousands_of_sessions_are_listed_and_ended_in_pieces() {
    let world = world(Arc::new(Fickle::steady()));
    for number in 0..1_100 {
        let person = world.person("globex", &format!("person-{number}")).await;
        world.open(&person, None, START).await;
    }
    assert_eq!(world.listed(&Filter::default(), START).await.len(), 1_100);
    let globex = filter(Some("globex"), None);
    let first = world
        .sessions
        .revoke(&globex, &event(), START)
        .await
        .unwrap();
    assert!(first.more, "{first:?}");
    assert_eq!(
        world.revoke(&globex, START).await,
        1_100 - first.ended[&slug("globex")]
    );
}

#[tokio::test]
async fn inv_25_of_an_identity_everything_ends_but_what_a_later_sign_in_made() {
    let world = world(Arc::new(Fickle::steady()));
    let ada = world.person("acme", "ada").await;
    let (old, other) = (
        world.open(&ada, None, START).await,
        world.open(&ada, None, START).await,
    );
    let later = START.plus(MINUTE * 2);
    let new = world.open(&ada, None, later).await;
    let said_no = audit::Event {
        time: START.plus(MINUTE),
        ..event()
    };
    let ended = world
        .sessions
        .end_identity(&ada, Reason::IdentityInvalid, &said_no)
        .await;
    assert_eq!(ended.unwrap(), 2);
    for handle in [&old, &other] {
        assert!(world.good(handle, later).await.is_empty());
        assert!(world.restarted().good(handle, later).await.is_empty());
    }
    assert_eq!(world.good(&new, later).await, ["acme"]);
}

#[tokio::test]
async fn inv_47_a_suspension_that_could_not_be_written_holds_and_its_end_is_in_the_trail() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let said = |kind| audit::Event::new(START, kind, audit::Actor::Operator);
    let acme = slug("acme");
    store.fill_up(true);
    let suspend = said(audit::Kind::OrganizationSuspended);
    assert!(world.sessions.suspend(&acme, suspend).await.is_err());
    assert!(world.sessions.is_suspended(&acme));
    store.fill_up(false);
    let resume = said(audit::Kind::OrganizationResumed);
    let resumed = world.sessions.resume(&acme, resume.clone()).await;
    assert!(resumed.unwrap() && !world.sessions.is_suspended(&acme));
    assert!(!world.sessions.resume(&acme, resume).await.unwrap(), "once");
    let trail = store::trail::entries(&*world.store, 1, u64::MAX, 10).await;
    let kinds: Vec<_> = trail.unwrap().iter().map(|it| it.event.kind).collect();
    assert_eq!(kinds, [audit::Kind::OrganizationResumed]);
}
