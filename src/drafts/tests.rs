//! Who can do what to a draft, on records that are shared.

use super::*;
use crate::clock::Manual;
use crate::store::{Memory, SealKey};
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
}

impl World {
    fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        let clock = Arc::new(Manual::new(Timestamp::from_seconds(1_800_000_000)));
        let seal = Seal::new(&SealKey::random()).unwrap();
        let config = Arc::new(Config::sample(FILE));
        let held: Arc<dyn Clock> = clock.clone();
        Self {
            drafts: Drafts::sample(&store, &seal, &held, &config),
            clock,
            store,
        }
    }

    async fn make(&self, organization: &str, id: &str) -> Result<Made, Error> {
        let slug = |text| Slug::parse(text).unwrap();
        let new = New {
            organization: slug(organization),
            id: slug(id),
            preset: Preset::Okta,
            lifetime: Duration::from_secs(3600),
            private_network: false,
            with_link: true,
        };
        self.drafts.create(new, Actor::Operator).await
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
    let world = World::new();
    let ids: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
    let all = ids.iter().map(|id| world.make("acme", id));
    let made = futures_util::future::join_all(all).await;
    let made = made.iter().filter(|made| made.is_ok()).count();
    assert!((1..=DRAFTS_PER_ORGANIZATION).contains(&made), "{made}");
    let acme = Slug::parse("acme").unwrap();
    assert_eq!(world.drafts.list(&acme).await.unwrap().len(), made);
    assert!(world.make("globex", "new").await.is_ok());
}

#[tokio::test]
async fn inv_08_of_all_browsers_that_begin_one_has_the_link() {
    let world = World::new();
    let link = world.make("acme", "new").await.unwrap().link.unwrap();
    let tries = (0..8_u8).map(|browser| world.drafts.claim(&link, [browser; 32]));
    let tries = futures_util::future::join_all(tries).await;
    let won: Vec<&Draft> = tries.iter().filter_map(|it| it.as_ref().ok()).collect();
    assert_eq!(won.len(), 1);
    assert!(tries.iter().any(|it| matches!(it, Err(Error::Claimed))));
    let holders = (0..8_u8).filter(|browser| won[0].is_held_by(&[*browser; 32]));
    assert_eq!(holders.count(), 1);
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
