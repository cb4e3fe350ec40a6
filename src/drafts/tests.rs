//! Who can do what to a draft, on records that are shared.

use super::*;
use crate::clock::Manual;
use crate::store::{Fickle, Memory, SealKey};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;

impl Drafts {
    /// For tests of other rooms.
    pub(crate) fn sample(
        store: &Arc<dyn Store>,
        seal: &Seal,
        clock: &Arc<dyn Clock>,
        config: &Arc<Config>,
    ) -> Self {
        Self::new(Parts {
            store: Arc::clone(store),
            seal: seal.clone(),
            clock: Arc::clone(clock),
            config: Arc::clone(config),
            providers: provider::Shared {
                metrics: Metrics::new(0),
                clock: Arc::clone(clock),
                tasks: Tasks::new(),
                roots: provider::http::Roots::default(),
                written: Written::ByOperator,
            },
        })
    }
}

const FILE: &str = r#"
[server]
public_url = "https://app.example.com"
listen = ["127.0.0.1:0"]
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.idp]
kind = "oidc"
issuer = "https://login.acme.com"
client_id = "1"
client_secret = "2"
[organizations.acme]
providers = ["idp"]
[organizations.globex]
providers = ["idp"]
"#;

struct World {
    drafts: Drafts,
    clock: Arc<Manual>,
    store: Arc<dyn Store>,
    seal: Seal,
}

impl World {
    fn new() -> Self {
        Self::over(Arc::new(Memory::new()))
    }

    /// Over a store that lets others go first, in an order of its own for each seed.
    fn wavering(seed: u64) -> Self {
        Self::over(Arc::new(Fickle::wavering(seed * 7_919)))
    }

    fn over(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(Manual::new(Timestamp::from_seconds(1_800_000_000)));
        let seal = Seal::new(&SealKey::random()).unwrap();
        let config = Arc::new(Config::sample(FILE));
        let held: Arc<dyn Clock> = clock.clone();
        Self {
            drafts: Drafts::sample(&store, &seal, &held, &config),
            clock,
            store,
            seal,
        }
    }

    /// The same records beside another file.
    fn beside(&self, file: &str) -> Drafts {
        let config = Arc::new(Config::sample(file));
        let held: Arc<dyn Clock> = self.clock.clone();
        Drafts::sample(&self.store, &self.seal, &held, &config)
    }

    /// How many records there are.
    async fn records(&self, table: Table) -> usize {
        let all = self.store.range(table, store::Keys::all(), 1_000).await;
        all.unwrap().len()
    }

    async fn make(&self, organization: &str, id: &str) -> Result<Made, Error> {
        let new = new(organization, id, Preset::Okta);
        self.drafts.create(new, Actor::Operator).await
    }

    /// One of a provider that nobody is asked about: its address is behind the fence.
    async fn make_fenced(&self) -> Draft {
        let new = new("acme", "new", Preset::Oidc);
        let made = self.drafts.create(new, Actor::Operator).await.unwrap();
        let typed = [
            ("issuer", "http://127.0.0.1:9"),
            ("client_id", "1"),
            ("client_secret", "2"),
        ];
        self.type_in(&made.draft, &typed).await
    }

    async fn now(&self, draft: &Draft) -> Draft {
        self.drafts.numbered(&draft.number()).await.unwrap()
    }

    async fn type_in(&self, draft: &Draft, pairs: &[(&'static str, &str)]) -> Draft {
        let typed = pairs.iter().map(|(key, text)| (*key, (*text).to_owned()));
        let typed = typed.collect();
        self.drafts
            .change(draft, &typed, Actor::SetupLink)
            .await
            .unwrap()
    }
}

fn new(organization: &str, id: &str, preset: Preset) -> New {
    New {
        organization: Slug::parse(organization).unwrap(),
        id: Slug::parse(id).unwrap(),
        preset,
        lifetime: Duration::from_secs(3600),
        private_network: false,
        with_link: true,
    }
}

const ALL: [(&str, &str); 3] = [
    ("domain", "acme.okta.com"),
    ("client_id", "0oa1"),
    ("client_secret", "s3cret"),
];

#[tokio::test]
async fn a_name_is_given_once_and_not_one_of_the_file() {
    let world = World::new();
    world.make("acme", "new").await.unwrap();
    for (organization, id) in [("acme", "new"), ("acme", "idp"), ("globex", "idp")] {
        let made = world.make(organization, id).await;
        assert!(matches!(made, Err(Error::Taken)), "{organization} {id}");
    }
    assert!(
        world.make("globex", "new").await.is_ok(),
        "another organization's"
    );
    let nobody = world.make("initech", "new").await;
    assert!(matches!(nobody, Err(Error::NoSuchOrganization)));
    world.clock.advance(Duration::from_secs(3600));
    assert!(
        world.make("acme", "new").await.is_ok(),
        "the old one is over"
    );
}

#[tokio::test]
async fn inv_54_an_organization_has_few_drafts_also_when_all_are_asked_for_at_once() {
    for seed in 0..20 {
        let world = World::wavering(seed);
        let ids: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
        let all = ids.iter().map(|id| world.make("acme", id));
        let made = futures_util::future::join_all(all).await;
        let made = made.iter().filter(|made| made.is_ok()).count();
        assert!(
            (1..=DRAFTS_PER_ORGANIZATION).contains(&made),
            "{seed}: {made}"
        );
        let acme = Slug::parse("acme").unwrap();
        let listed = world.drafts.list(&acme).await.unwrap().len();
        assert_eq!(listed, made, "{seed}");
        assert!(world.make("globex", "new").await.is_ok());
    }
}

#[tokio::test]
async fn inv_08_of_all_browsers_that_begin_one_has_the_link() {
    for seed in 0..20 {
        let world = World::wavering(seed);
        let link = world.make("acme", "new").await.unwrap().link.unwrap();
        let tries = (0..8_u8).map(|browser| world.drafts.claim(&link, [browser; 32]));
        let tries = futures_util::future::join_all(tries).await;
        let won: Vec<&Draft> = tries.iter().filter_map(|it| it.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{seed}");
        assert!(tries.iter().any(|it| matches!(it, Err(Error::Claimed))));
        let held = world.now(won[0]).await;
        let holders = (0..8_u8).filter(|browser| held.is_held_by(&[*browser; 32]));
        assert_eq!(holders.count(), 1);
        assert_eq!(held.raw, won[0].raw, "{seed}");
    }
}

#[tokio::test]
async fn of_changes_at_the_same_time_none_is_lost_and_none_is_believed_that_is() {
    for seed in 0..20 {
        let world = World::wavering(seed);
        let draft = world.make("acme", "new").await.unwrap().draft;
        let typed = ALL.map(|(key, text)| BTreeMap::from([(key, text.to_owned())]));
        let changes = typed
            .iter()
            .map(|typed| world.drafts.change(&draft, typed, Actor::SetupLink));
        let changes = futures_util::future::join_all(changes).await;
        let done = changes.iter().filter(|it| it.is_ok()).count();
        let kept = world.now(&draft).await.record.values.len();
        assert_eq!((done, kept), (1, 1), "{seed}");
    }
}

#[tokio::test]
async fn a_check_and_a_trial_at_the_same_time_are_both_remembered() {
    for seed in 0..20 {
        let world = World::wavering(seed);
        let draft = world.make_fenced().await;
        let number = draft.number();
        let (checked, tried) = tokio::join!(
            world.drafts.check(&draft, Actor::SetupLink),
            world.drafts.tried((&number, draft.changes()), None)
        );
        assert!(checked.is_ok() && tried.is_ok(), "{seed}");
        let now = world.now(&draft).await;
        assert!(now.checkup().is_some() && now.trial().is_some(), "{seed}");
    }
}

#[tokio::test]
async fn a_trial_of_other_values_is_none_of_these() {
    let world = World::new();
    let old = world.make_fenced().await;
    let number = old.number();
    let corrected = world.type_in(&old, &[("client_secret", "3")]).await;
    let before = (number.as_str(), old.changes());
    let these = (number.as_str(), corrected.changes());
    let failed = async |of| {
        world.drafts.tried(of, None).await.unwrap();
        world.now(&old).await.trial().unwrap().failed.clone()
    };
    assert!(failed(before).await.unwrap().contains("changed"));
    assert_eq!(failed(these).await, None);
    assert_eq!(failed(before).await, None, "these have been tried");
    // What is typed again as it was changes nothing.
    let same = world.now(&old).await;
    let same = world.type_in(&same, &[("client_secret", "3")]).await;
    assert!(same.trial().is_some());
}

#[tokio::test]
async fn what_was_found_of_other_values_is_not_remembered() {
    for seed in 0..20 {
        let world = World::wavering(seed);
        let draft = world.make_fenced().await;
        let typed = [("client_id", "another".to_owned())].into();
        let change = async {
            loop {
                let latest = world.now(&draft).await;
                let changed = world.drafts.change(&latest, &typed, Actor::SetupLink);
                match changed.await {
                    Err(Error::Store(store::Error::Conflict)) => {}
                    other => break other,
                }
            }
        };
        let (checked, changed) = tokio::join!(world.drafts.check(&draft, Actor::SetupLink), change);
        changed.unwrap();
        let is_known = matches!(checked, Ok(_) | Err(Error::Store(store::Error::Conflict)));
        assert!(is_known, "{seed}: {checked:?}");
        assert!(world.now(&draft).await.checkup().is_none(), "{seed}");
    }
}

#[tokio::test]
async fn inv_54_whoever_throws_drafts_away_makes_no_more_of_them_and_leaves_nothing() {
    let world = World::new();
    let owner = Actor::Account("grace".to_owned());
    let mut made = 0;
    for _ in 0..40 {
        match world
            .drafts
            .create(new("acme", "new", Preset::Okta), owner.clone())
            .await
        {
            Ok(it) => {
                made += 1;
                world.drafts.remove(&it.draft, &owner).await.unwrap();
            }
            Err(error) => assert!(matches!(error, Error::TooOften), "{error}"),
        }
    }
    assert!((12..20).contains(&made), "{made}");
    assert_eq!(world.records(Table::Drafts).await, 0);
    assert_eq!(world.records(Table::Expiry).await, 0);
    let elsewhere = new("globex", "new", Preset::Okta);
    assert!(world.drafts.create(elsewhere, owner).await.is_ok());
    assert!(world.make("acme", "new").await.is_ok(), "operators may");
}

#[tokio::test]
async fn inv_54_questions_are_counted_for_all_drafts_of_an_organization_together() {
    let world = World::new();
    let mut asked = 0;
    for round in 0..12 {
        let made = world.make("acme", &format!("p{round}")).await.unwrap();
        asked += usize::from(world.drafts.ask(&made.draft).is_ok());
        world
            .drafts
            .remove(&made.draft, &Actor::Operator)
            .await
            .unwrap();
    }
    assert!((5..8).contains(&asked), "{asked}");
    let elsewhere = world.make("globex", "new").await.unwrap().draft;
    assert!(world.drafts.ask(&elsewhere).is_ok());
}

#[tokio::test]
async fn a_name_that_the_file_gives_to_another_organization_is_not_in_force() {
    let world = World::new();
    let ours = world.make("acme", "new").await.unwrap().draft;
    let theirs = world.make("globex", "new").await.unwrap().draft;
    let provider = "[providers.new]\nkind = \"oidc\"\nissuer = \"https://login.globex.com\"\n\
                    client_id = \"1\"\nclient_secret = \"2\"\n[organizations.acme]";
    let file = FILE.replace("[organizations.acme]", provider);
    let unnamed = world.beside(&file);
    assert_eq!(unnamed.stage(&ours), Stage::InForce, "nobody names it yet");
    let (before, after) = file.split_once("[organizations.globex]").unwrap();
    let after = after.replace("\"idp\"", "\"idp\", \"new\"");
    let named = world.beside(&format!("{before}[organizations.globex]{after}"));
    assert_eq!(named.stage(&theirs), Stage::InForce);
    assert_eq!(named.stage(&ours), Stage::Displaced);
    assert!(named.provider(&ours).is_none());
    let typed = [("client_id", "x".to_owned())].into();
    let late = named.change(&ours, &typed, Actor::SetupLink).await;
    assert!(matches!(late, Err(Error::Finished)));
}

#[tokio::test]
async fn what_the_file_has_by_now_takes_up_no_room() {
    let world = World::new();
    for number in 0..DRAFTS_PER_ORGANIZATION {
        world.make("acme", &format!("p{number}")).await.unwrap();
    }
    assert!(matches!(
        world.make("acme", "new").await,
        Err(Error::TooMany)
    ));
    let file = FILE
        .replace("providers.idp", "providers.p3")
        .replace("idp", "p3");
    let later = world.beside(&file);
    let made = later.create(new("acme", "new", Preset::Okta), Actor::Operator);
    assert!(made.await.is_ok());
}

#[tokio::test]
async fn inv_08_a_link_that_is_over_removed_or_made_up_leads_nowhere() {
    let world = World::new();
    let made_up = secret::random_token();
    let gone = |found: Result<Draft, Error>| matches!(found, Err(Error::Gone));
    assert!(gone(world.drafts.linked(&made_up).await));
    let made = world.make("acme", "new").await.unwrap();
    let link = made.link.unwrap();
    assert!(world.drafts.linked(&link).await.is_ok());
    world
        .drafts
        .remove(&made.draft, &Actor::Operator)
        .await
        .unwrap();
    assert!(gone(world.drafts.linked(&link).await));
    assert!(gone(world.drafts.numbered(&made.draft.number()).await));
    let link = world.make("acme", "new").await.unwrap().link.unwrap();
    world.clock.advance(Duration::from_secs(3599));
    assert!(world.drafts.linked(&link).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert!(gone(world.drafts.linked(&link).await));
    assert!(gone(world.drafts.claim(&link, [1; 32]).await));
}

#[tokio::test]
async fn a_draft_that_is_over_is_swept_away_and_the_one_after_it_stays() {
    let world = World::new();
    world.make("acme", "new").await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    let again = world.make("acme", "new").await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let now = world.clock.now();
    store::sweep(&*world.store, now, Table::Sessions)
        .await
        .unwrap();
    assert!(world.drafts.linked(&again.link.unwrap()).await.is_ok());
    let left = world
        .store
        .range(Table::Drafts, store::Keys::prefix(b"d"), 10);
    assert_eq!(left.await.unwrap().len(), 1);
}

#[tokio::test]
async fn inv_48_a_secret_does_not_follow_to_another_address() {
    let world = World::new();
    let draft = world.make("acme", "new").await.unwrap().draft;
    let draft = world.type_in(&draft, &ALL).await;
    assert_eq!(world.drafts.stage(&draft), Stage::Complete);
    let secret = Preset::Okta.secret_field().unwrap();
    let draft = world
        .type_in(&draft, &[("client_id", "0oa2"), ("client_secret", "")])
        .await;
    assert!(draft.has(&secret), "an empty field leaves it");
    let moved = [("domain", "evil.okta.com"), ("client_secret", "")];
    let draft = world.type_in(&draft, &moved).await;
    assert!(!draft.has(&secret));
    assert_eq!(world.drafts.stage(&draft), Stage::Waiting);
    let mut draft = draft;
    for domain in ["acme.okta.com", "other.okta.com"] {
        let both = [("domain", domain), ("client_secret", "the same")];
        draft = world.type_in(&draft, &both).await;
        assert!(draft.has(&secret), "it was typed for {domain} too");
    }
}

#[tokio::test]
async fn inv_48_a_secret_does_not_follow_to_an_address_that_was_left_out() {
    let world = World::new();
    for (preset, key, address) in [
        (Preset::GitHub, "base_url", "https://git.evil.example"),
        (Preset::GitLab, "base_url", "https://git.evil.example"),
        (Preset::Okta, "authorization_server", "theirs"),
    ] {
        let id = format!("{}-new", preset.as_str());
        let made = world
            .drafts
            .create(new("acme", &id, preset), Actor::Operator);
        let draft = made.await.unwrap().draft;
        let mut typed = ALL.to_vec();
        if preset != Preset::Okta {
            typed.remove(0);
        }
        let draft = world.type_in(&draft, &typed).await;
        let secret = preset.secret_field().unwrap();
        assert!(draft.has(&secret));
        let moved = world
            .type_in(&draft, &[(key, address), ("client_secret", "")])
            .await;
        assert!(!moved.has(&secret), "{id}: to an address");
        let meant = [(key, "https://git.acme.com"), ("client_secret", "again")];
        let meant = world.type_in(&moved, &meant).await;
        assert!(meant.has(&secret), "{id}: it was typed for it");
        let back = world
            .type_in(&meant, &[(key, ""), ("client_secret", "")])
            .await;
        assert!(!back.has(&secret), "{id}: back to the usual one");
    }
}

#[tokio::test]
async fn what_is_finished_does_not_change_and_what_is_not_complete_is_not_finished() {
    let world = World::new();
    let draft = world.make("acme", "new").await.unwrap().draft;
    let early = world.drafts.finish(&draft, Actor::SetupLink).await;
    assert!(matches!(early, Err(Error::Incomplete)));
    let draft = world.type_in(&draft, &ALL).await;
    let draft = world.drafts.finish(&draft, Actor::SetupLink).await.unwrap();
    assert_eq!(world.drafts.stage(&draft), Stage::Finished);
    let typed = [("client_id", "another".to_owned())].into();
    let late = world.drafts.change(&draft, &typed, Actor::SetupLink).await;
    assert!(matches!(late, Err(Error::Finished)));
    let late = world.drafts.check(&draft, Actor::SetupLink).await;
    assert!(matches!(late, Err(Error::Finished)));
}

#[tokio::test]
async fn inv_46_nothing_that_was_typed_lies_in_the_store_in_clear() {
    let world = World::new();
    let made = world.make("acme", "new").await.unwrap();
    world.type_in(&made.draft, &ALL).await;
    let link = made.link.unwrap();
    let all = world.store.range(Table::Drafts, store::Keys::all(), 100);
    for (key, value) in all.await.unwrap() {
        let stored = [key, value].concat();
        for secret in ["s3cret", "acme.okta.com", link.expose()] {
            let found = stored
                .windows(secret.len())
                .any(|it| it == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}
