//! Runs and tickets over a store, with a provider that counts how often it is asked.

mod records;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use serde_json::Map;
use tokio::sync::Semaphore;

use super::*;
use crate::address::{Astray, Host};
use crate::audit;
use crate::clock::{Manual, Timestamp};
use crate::config::defaults::{LOOP_SIGN_INS, LOOP_WINDOW, RUN_LIFETIME, TICKET_LIFETIME};
use crate::provider::{
    Answer, Asserted, Attempt, Callback, Check, Confirmation, DevForm, Held, LoginHint, Logout,
    Outcome, Refusal, Renewal, Response, Said, Start, Started, Step, Subject, Tokens, Who,
};
use crate::secret::{self, Secret};
use crate::session::cookies::{self, Binding, BindingKind, Cookies};
use crate::session::{Device, Ending, Filter, Handle, Reason, Settings};
use crate::store::{Fickle, SealKey, Sled, Table};
use crate::tether::Tether;

const CONFIG: &str = r#"
[server]
public_url = "http://localhost:8000"
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.idp]
kind = "oidc"
issuer = "http://127.0.0.1:2"
client_id = "doorward"
client_secret = "a secret for tests"
[providers.dev]
kind = "dev"
[organizations.acme]
name = "Acme"
providers = ["idp", "dev"]
allow = { groups_any = ["staff"] }
[organizations.initech]
name = "Initech"
providers = ["idp"]
allow = { groups_any = ["staff"] }
[organizations.globex]
name = "Globex"
hosts = ["globex.localhost:8000"]
providers = ["idp"]
allow = { groups_any = ["staff"] }
[store]
kind = "memory"
"#;

const ISSUER: &str = "http://127.0.0.1:2";

const MINUTE: Duration = Duration::from_secs(60);

const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// Vouches for whoever the code names.
#[derive(Debug)]
struct Counting {
    asked: AtomicUsize,
    /// With what the newest run began.
    started: Mutex<Option<Attempt>>,
    groups: &'static str,
    steps: &'static [Step],
    /// Answers wait until somebody lets them go.
    gate: Semaphore,
}

impl Counting {
    fn new() -> Self {
        Self {
            asked: AtomicUsize::new(0),
            started: Mutex::default(),
            groups: "staff",
            steps: &[Step::Authorize, Step::Exchange],
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Provider for Counting {
    fn steps(&self, _flow: Flow) -> &'static [Step] {
        self.steps
    }

    fn start<'a>(&'a self, attempt: &'a Attempt) -> Answer<'a, Started> {
        *self.started.lock().unwrap() = Some(attempt.clone());
        let url = format!("http://127.0.0.1:2/?state={}", attempt.state.expose());
        Box::pin(async move {
            Ok(Started {
                start: Start::Redirect(Url::parse(&url).unwrap()),
                promises_issuer: false,
            })
        })
    }

    /// Forms are for others.
    fn accepts(&self, callback: &Callback) -> Result<(), provider::Error> {
        match &callback.response {
            Response::Form(_) => Err(provider::Error::Rejected(Check::Form)),
            Response::Code(_) | Response::Refused(..) => Ok(()),
        }
    }

    fn finish<'a>(
        &'a self,
        _attempt: &'a Attempt,
        callback: &'a Callback,
        now: Timestamp,
    ) -> provider::Finishing<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let _pass = self.gate.acquire().await.unwrap();
            let Response::Code(code) = &callback.response else {
                return Err(provider::Error::Refused(Refusal::AccessDenied).into());
            };
            Ok(Asserted {
                issuer: ISSUER.to_owned(),
                subject: Subject::parse(code.expose()).unwrap(),
                email: Some(format!("{}@globex.com", code.expose())),
                email_verified: true,
                name: None,
                preferred_username: None,
                groups: Some(vec![self.groups.to_owned()]),
                groups_are_teams: false,
                hosted_domain: None,
                tenants: Vec::new(),
                claims: Map::new(),
                authenticated_at: now,
                proof: provider::Proof::default(),
                provider_session: None,
                tokens: Tokens::default(),
            })
        })
    }

    fn end_session<'a>(
        &'a self,
        _hint: Option<&'a Secret<String>>,
        _return_to: &'a Url,
    ) -> Answer<'a, Option<Url>> {
        Box::pin(async { Ok(None) })
    }

    /// A token is the subject that it names and its id, with a colon between.
    fn logout<'a>(&'a self, token: &'a Secret<String>, now: Timestamp) -> Answer<'a, Logout> {
        Box::pin(async move {
            let (subject, id) = token
                .expose()
                .split_once(':')
                .ok_or(provider::Error::Rejected(Check::Signature))?;
            Ok(Logout {
                issuer: ISSUER.to_owned(),
                who: Who::Subject(Subject::parse(subject).unwrap()),
                id: id.to_owned(),
                forget_at: now.plus(MINUTE),
            })
        })
    }

    fn renew<'a>(&'a self, _held: Held<'a>, _now: Timestamp) -> Renewal<'a> {
        Box::pin(async { Err(Outcome::NotApplicable.into()) })
    }

    fn confirm<'a>(
        &'a self,
        _held: Held<'a>,
        _renewed: Option<&'a Tokens>,
        _now: Timestamp,
    ) -> Confirmation<'a> {
        Box::pin(async { Outcome::NotApplicable })
    }

    fn examine<'a>(&'a self, _redirect_uri: &'a str) -> provider::Examining<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.gate.acquire().await.unwrap().forget();
            Examined::default()
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }

    fn health_since(&self) -> Option<Timestamp> {
        None
    }
}

struct World {
    store: Arc<dyn Store>,
    seal: Seal,
    clock: Arc<Manual>,
    config: Arc<Config>,
    provider: Arc<Counting>,
    sessions: Arc<Sessions>,
    pipeline: Pipeline,
    tasks: Tasks,
}

fn world(store: Arc<dyn Store>) -> World {
    let seal = Seal::new(&SealKey::random()).unwrap();
    World::over(store, seal, START, CONFIG, Counting::new())
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn host(text: &str) -> Host {
    Host::parse(text, 80).unwrap()
}

/// Cookies of a browser.
#[derive(Clone, Debug, Default)]
struct Browser(Vec<String>);

impl Browser {
    /// Takes what a `Set-Cookie` field gives.
    fn take(&mut self, field: &HeaderValue) {
        let pair = field.to_str().unwrap().split(';').next().unwrap();
        let name = pair.split('=').next().unwrap();
        self.0.retain(|held| held.split('=').next() != Some(name));
        self.0.push(pair.to_owned());
    }

    fn headers(&self) -> HeaderMap {
        let text = HeaderValue::from_str(&self.0.join("; ")).unwrap();
        HeaderMap::from_iter([(COOKIE, text)])
    }
}

fn visit<'a>(cookies: &'a Cookies<'a>) -> Visit<'a> {
    Visit {
        cookies,
        device: Device::default(),
        reference: "test",
    }
}

impl World {
    fn over(
        store: Arc<dyn Store>,
        seal: Seal,
        now: Timestamp,
        config: &str,
        provider: Counting,
    ) -> Self {
        let config = Arc::new(Config::sample(config));
        let clock = Arc::new(Manual::new(now));
        let provider = Arc::new(provider);
        let people = People::new(Arc::clone(&store), seal.clone());
        let metrics = Metrics::new(0);
        let tasks = Tasks::new();
        let sessions = Arc::new(Sessions::new(
            Arc::clone(&store),
            seal.clone(),
            people.clone(),
            Settings::of(&config),
            metrics.clone(),
        ));
        let both: [(Slug, Arc<dyn Provider>); 2] = [
            (slug("idp"), provider.clone()),
            (slug("dev"), provider.clone()),
        ];
        let held: Arc<dyn Clock> = clock.clone();
        let drafts = Drafts::sample(&store, &seal, &held, &config);
        let pipeline = Pipeline::new(Parts {
            store: Arc::clone(&store),
            seal: seal.clone(),
            clock: clock.clone(),
            config: Arc::clone(&config),
            providers: both.into(),
            people,
            drafts,
            sessions: Arc::clone(&sessions),
            metrics,
            tasks: tasks.clone(),
        });
        Self {
            store,
            seal,
            clock,
            config,
            provider,
            sessions,
            pipeline,
            tasks,
        }
    }

    /// Another process over the same records.
    fn restarted(&self, config: &str, provider: Counting) -> Self {
        let (store, seal) = (Arc::clone(&self.store), self.seal.clone());
        Self::over(store, seal, self.clock.now(), config, provider)
    }

    async fn begin(&self, browser: &mut Browser, to: &str) -> Begun {
        self.begin_at("acme", Target::Shared, browser, to).await
    }

    fn beginning(&self, organization: &str, to: &str) -> Begin {
        Begin {
            organization: slug(organization),
            provider: slug("idp"),
            return_path: ReturnPath::parse(to, &self.config.server.prefix).unwrap(),
            target: Target::Shared,
            login_hint: None,
            select_account: false,
            consent: false,
            step_up: None,
            errand: None,
            astray: Astray::No,
            client: "127.0.0.1".parse().ok(),
            reference: "test".to_owned(),
        }
    }

    async fn begin_at(
        &self,
        organization: &str,
        target: Target,
        browser: &mut Browser,
        to: &str,
    ) -> Begun {
        let begin = Begin {
            target,
            ..self.beginning(organization, to)
        };
        let begun = self.pipeline.begin(begin).await.unwrap();
        let field = cookies::set_binding(BindingKind::Run, &begun.binding, self.clock.now());
        browser.take(&field);
        begun
    }

    async fn resume(&self, browser: &Browser, begun: &Begun, who: &str) -> Result<Finished, Error> {
        self.resume_at("idp", browser, begun, who).await
    }

    async fn resume_at(
        &self,
        provider: &str,
        browser: &Browser,
        begun: &Begun,
        who: &str,
    ) -> Result<Finished, Error> {
        let callback = Callback {
            name: None,
            state: begun.state.clone(),
            issuer: None,
            response: Response::Code(Secret::new(who.to_owned())),
        };
        let headers = browser.headers();
        let cookies = Cookies::read(&headers);
        self.pipeline
            .resume(&slug(provider), callback, visit(&cookies))
            .await
    }

    async fn count(&self, table: Table) -> usize {
        let all = self.store.range(table, store::Keys::all(), 10_000).await;
        all.unwrap().len()
    }

    /// Nothing that a finished sign-in makes is there.
    async fn made_nothing(&self) -> bool {
        self.count(Table::Sessions).await == 0
            && self.count(Table::Tickets).await == 0
            && self.count(Table::Accounts).await == 0
            && self.count(Table::Identities).await == 0
    }
}

fn handle(finished: &Finished) -> &Handle {
    match &finished.landing {
        Landing::Here(handle) => handle,
        Landing::Own(_) | Landing::Back | Landing::Rehearsed(_) => panic!("it ended elsewhere"),
    }
}

fn is_gone<T>(result: &Result<T, Error>, expected: Gone) -> bool {
    matches!(result, Err(Error::Gone { why, .. }) if *why == expected)
}

#[tokio::test]
async fn inv_08_every_run_has_its_own_secrets_and_the_store_shows_none() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let mut browser = Browser::default();
    let (one, two) = (
        world.begin(&mut browser, "/").await,
        world.begin(&mut browser, "/").await,
    );
    assert_ne!(one.state.expose(), two.state.expose());
    assert_ne!(one.binding.hash(), two.binding.hash());
    assert!(secret::decode(one.state.expose()).unwrap().len() >= 16);
    let state = one.state.expose().as_bytes();
    for (key, value) in store.dump(&[Table::Runs, Table::Expiry]).await {
        for bytes in [key, value] {
            assert!(!bytes.windows(state.len()).any(|window| window == state));
        }
    }
}

#[tokio::test]
async fn inv_08_of_twenty_callbacks_at_once_one_is_accepted() {
    for seed in 0..20 {
        let world = world(Arc::new(Fickle::wavering(seed)));
        let mut browser = Browser::default();
        let begun = world.begin(&mut browser, "/").await;
        let all = join_all((0..20).map(|_| world.resume(&browser, &begun, "ada"))).await;
        assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 1);
        let used = all.iter().filter(|result| is_gone(result, Gone::Used));
        assert_eq!(used.count(), 19);
        assert_eq!(world.provider.asked(), 1);
        assert_eq!(world.count(Table::Sessions).await, 1);
    }
}

#[tokio::test]
async fn inv_08_a_used_run_stays_used_in_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let open = async || Arc::new(Sled::open(&path, START).await.unwrap());
    let before = world(open().await);
    let mut browser = Browser::default();
    let used = before.begin(&mut browser, "/").await;
    let open_run = before.begin(&mut browser, "/").await;
    before.resume(&browser, &used, "ada").await.unwrap();
    let seal = before.seal.clone();
    assert!(before.tasks.finish(Duration::from_secs(5)).await);
    drop(before);
    let after = World::over(open().await, seal, START, CONFIG, Counting::new());
    let again = after.resume(&browser, &used, "ada").await;
    assert!(is_gone(&again, Gone::Used));
    assert_eq!(after.provider.asked(), 0);
    after.resume(&browser, &open_run, "ada").await.unwrap();
    assert_eq!(after.provider.asked(), 1);
}

#[tokio::test]
async fn inv_54_a_provider_is_examined_by_one_at_a_time() {
    let world = world(Arc::new(Fickle::steady()));
    world.provider.gate.forget_permits(usize::MAX);
    let idp = slug("idp");
    let several = join_all((0..5).map(|_| world.pipeline.examine(&idp)));
    let watched = async {
        for asked in 1..=5 {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            assert_eq!(world.provider.asked(), asked, "the others wait");
            world.provider.gate.add_permits(1);
        }
    };
    let (examined, ()) = tokio::join!(several, watched);
    assert!(examined.iter().all(Option::is_some));
    assert!(world.pipeline.examine(&slug("nowhere")).await.is_none());
}

#[tokio::test]
async fn inv_08_a_run_is_claimed_before_the_provider_is_asked() {
    let world = world(Arc::new(Fickle::steady()));
    world.provider.gate.forget_permits(usize::MAX);
    let mut browser = Browser::default();
    let begun = world.begin(&mut browser, "/").await;
    let first = world.resume(&browser, &begun, "ada");
    let second = async {
        while world.provider.asked() == 0 {
            tokio::task::yield_now().await;
        }
        let second = world.resume(&browser, &begun, "ada").await;
        world.provider.gate.add_permits(1);
        second
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok());
    assert!(is_gone(&second, Gone::Used));
    assert_eq!(world.provider.asked(), 1);
}

/// Changes of the file after which what was begun before begins again. The last three change how claims are read: what is
/// stored of a person was read that way.
const OTHER_GENERATIONS: [(&str, &str); 5] = [
    ("http://127.0.0.1:2", "http://127.0.0.1:3"),
    ("client_id = \"doorward\"", "client_id = \"other\""),
    ("kind = \"oidc\"", "preset = \"auth0\""),
    (
        "kind = \"oidc\"",
        "kind = \"oidc\"\ngroups_claim = \"roles\"",
    ),
    ("kind = \"oidc\"", "kind = \"oidc\"\nuserinfo = false"),
];

#[tokio::test]
async fn inv_09_what_does_not_match_asks_nobody_and_changes_nothing() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    let begun = world.begin(&mut browser, "/").await;
    let runs = async || {
        let all = world.store.range(Table::Runs, store::Keys::all(), 10);
        all.await.unwrap()
    };
    let before = runs().await;
    let unchanged = async |world: &World| {
        world.provider.asked() == 0 && world.made_nothing().await && runs().await == before
    };

    let mut foreign = Browser::default();
    let other = Binding::new(cookies::tag(&run::key(&begun.state)));
    foreign.take(&cookies::set_binding(BindingKind::Run, &other, START));
    let result = world.resume(&Browser::default(), &begun, "ada").await;
    assert!(matches!(result, Err(Error::Unbound { .. })), "{result:?}");
    assert!(unchanged(&world).await);
    let result = world.resume(&foreign, &begun, "ada").await;
    assert!(is_gone(&result, Gone::Foreign), "{result:?}");
    assert!(unchanged(&world).await);

    let result = world.resume_at("dev", &browser, &begun, "ada").await;
    assert!(is_gone(&result, Gone::WrongProvider));
    assert!(unchanged(&world).await);

    let unknown = Begun {
        login_hint: None,
        state: secret::random_token(),
        start: begun.start.clone(),
        binding: begun.binding.clone(),
    };
    let result = world.resume(&browser, &unknown, "ada").await;
    assert!(is_gone(&result, Gone::Unknown));
    assert!(unchanged(&world).await);

    for (from, to) in OTHER_GENERATIONS {
        let restarted = world.restarted(&CONFIG.replace(from, to), Counting::new());
        let result = restarted.resume(&browser, &begun, "ada").await;
        assert!(is_gone(&result, Gone::Changed), "{to}: {result:?}");
        assert!(unchanged(&restarted).await);
    }
    let other_steps = Counting {
        steps: &[Step::Authorize, Step::Exchange, Step::UserInfo],
        ..Counting::new()
    };
    let restarted = world.restarted(CONFIG, other_steps);
    let result = restarted.resume(&browser, &begun, "ada").await;
    assert!(is_gone(&result, Gone::Changed));
    assert!(unchanged(&restarted).await);

    for (from, to) in [
        ("name = \"Acme\"", "name = \"Acme\"\nenabled = false"),
        ("[\"idp\", \"dev\"]", "[\"dev\"]"),
    ] {
        let restarted = world.restarted(&CONFIG.replace(from, to), Counting::new());
        let result = restarted.resume(&browser, &begun, "ada").await;
        assert!(result.is_err(), "{to}");
        assert!(unchanged(&restarted).await);
    }

    world.resume(&browser, &begun, "ada").await.unwrap();
    assert_eq!(world.provider.asked(), 1, "none of this has used the run");
}

#[tokio::test]
async fn inv_08_a_run_expires() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    let (in_time, late) = (
        world.begin(&mut browser, "/").await,
        world.begin(&mut browser, "/").await,
    );
    world.clock.advance(RUN_LIFETIME - Duration::from_millis(1));
    world.resume(&browser, &in_time, "ada").await.unwrap();
    world.clock.advance(Duration::from_millis(1));
    let result = world.resume(&browser, &late, "ada").await;
    assert!(is_gone(&result, Gone::Expired));
    assert_eq!(world.provider.asked(), 1);
}

#[tokio::test]
async fn ten_tabs_each_go_where_they_were_going() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    let mut tabs = Vec::new();
    for tab in 0..10 {
        tabs.push(world.begin(&mut browser, &format!("/tab/{tab}")).await);
    }
    let mut last = None;
    for (tab, begun) in tabs.iter().enumerate() {
        let finished = world.resume(&browser, begun, "ada").await.unwrap();
        assert_eq!(finished.return_path.as_str(), format!("/tab/{tab}"));
        browser.take(&cookies::set_session(handle(&finished)));
        last = Some(finished);
    }
    assert_eq!(
        world.count(Table::Sessions).await,
        1,
        "each replaces the one before"
    );
    let last = last.unwrap();
    let shared = host("localhost:8000");
    let found = world.sessions.find(handle(&last), &shared).await;
    assert!(found.unwrap().is_some());
}

impl World {
    /// A browser that is signed in at Initech, and so many of its tabs on their way to Acme.
    async fn tabs(&self, count: usize) -> (Browser, Vec<Begun>) {
        let mut browser = Browser::default();
        let begun = self
            .begin_at("initech", Target::Shared, &mut browser, "/")
            .await;
        let finished = self.resume(&browser, &begun, "ada").await.unwrap();
        browser.take(&cookies::set_session(handle(&finished)));
        self.clock.advance(MINUTE * 5);
        let mut tabs = Vec::new();
        for _ in 0..count {
            tabs.push(self.begin(&mut browser, "/").await);
        }
        (browser, tabs)
    }

    /// The organizations in which a handle is good.
    async fn good(&self, handle: &Handle) -> Vec<String> {
        let found = self.sessions.find(handle, &host("localhost:8000")).await;
        let grants = found.unwrap().map(|live| live.grants(self.clock.now()));
        let names = grants.into_iter().flatten();
        let mut names: Vec<_> = names
            .map(|grant| grant.grant().organization.to_string())
            .collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn ten_tabs_that_finish_at_once_keep_what_the_browser_had() {
    for seed in 0..20 {
        let world = world(Arc::new(Fickle::wavering(seed * 7_919)));
        let (browser, tabs) = world.tabs(10).await;
        let all = tabs.iter().map(|tab| world.resume(&browser, tab, "ada"));
        let all = join_all(all).await;
        let mut alive = Vec::new();
        for finished in &all {
            let good = world.good(handle(finished.as_ref().unwrap())).await;
            alive.extend(Some(good).filter(|good| !good.is_empty()));
        }
        assert_eq!(alive, [["acme", "initech"]], "{seed}: one is left");
        assert_eq!(world.count(Table::Sessions).await, 1);
        let old = Cookies::read(&browser.headers()).handle().unwrap();
        assert!(world.good(&old).await.is_empty());
    }
}

/// Of two tabs the first has finished: what the second takes over, and what nobody does.
#[tokio::test]
async fn inv_21_an_old_handle_gives_nobody_what_became_of_it() {
    let world = world(Arc::new(Fickle::steady()));
    let (browser, tabs) = world.tabs(2).await;
    let old = Cookies::read(&browser.headers()).handle().unwrap();
    let first = world.resume(&browser, &tabs[0], "ada").await.unwrap();
    assert_eq!(world.good(handle(&first)).await, ["acme", "initech"]);
    assert_eq!(world.count(Table::Successors).await, 1);

    // Somebody else with the old handle, and the browser itself with a run that it began later.
    let mut thief = Browser::default();
    let mut later = browser.clone();
    for browser in [&mut thief, &mut later] {
        browser.take(&cookies::set_session(&old));
        let begun = world.begin(browser, "/").await;
        let finished = world.resume(browser, &begun, "eve").await.unwrap();
        assert_eq!(world.good(handle(&finished)).await, ["acme"]);
        assert_eq!(world.good(handle(&first)).await, ["acme", "initech"]);
    }
    // The handle alone opens nothing.
    assert!(world.good(&old).await.is_empty());
    assert!(
        world
            .restarted(CONFIG, Counting::new())
            .good(&old)
            .await
            .is_empty()
    );

    world.clock.advance(MINUTE);
    let late = world.resume(&browser, &tabs[1], "ada").await.unwrap();
    assert_eq!(world.good(handle(&late)).await, ["acme"], "too late");
    assert_eq!(world.good(handle(&first)).await, ["acme", "initech"]);
    let later = world.clock.now().plus(MINUTE * 2);
    store::sweep(&*world.store, later, Table::Sessions)
        .await
        .unwrap();
    assert_eq!(world.count(Table::Successors).await, 0);
}

#[tokio::test]
async fn inv_21_a_tab_takes_over_only_what_its_own_handle_gave() {
    let world = world(Arc::new(Fickle::steady()));
    let (mut browser, tabs) = world.tabs(1).await;
    let other = world
        .begin_at("initech", Target::Shared, &mut browser, "/")
        .await;
    world.resume(&browser, &tabs[0], "ada").await.unwrap();
    let second = world.resume(&browser, &other, "ada").await.unwrap();
    let good = world.good(handle(&second)).await;
    assert_eq!(good, ["initech"], "the handle gave nothing at Acme");
}

#[tokio::test]
async fn inv_25_what_ended_meanwhile_is_not_taken_over() {
    let world = world(Arc::new(Fickle::steady()));
    let initech = slug("initech");
    for ending in [Ending::Session, Ending::Grant(&initech)] {
        let (browser, tabs) = world.tabs(3).await;
        world.resume(&browser, &tabs[0], "ada").await.unwrap();
        let second = world.resume(&browser, &tabs[1], "ada").await.unwrap();
        assert_eq!(world.good(handle(&second)).await, ["acme", "initech"]);
        let event = audit::Event::new(
            world.clock.now(),
            audit::Kind::LogoutRequested,
            audit::Actor::Visitor,
        );
        let key = handle(&second).key();
        let ended = world
            .sessions
            .end(&key, ending, Reason::SignedOut, &event)
            .await;
        ended.unwrap();
        let third = world.resume(&browser, &tabs[2], "ada").await.unwrap();
        assert_eq!(world.good(handle(&third)).await, ["acme"], "{ending:?}");
    }
}

#[tokio::test]
async fn a_browser_that_signs_in_in_circles_is_stopped() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    for _ in 0..LOOP_SIGN_INS {
        let begun = world.begin(&mut browser, "/").await;
        let finished = world.resume(&browser, &begun, "ada").await.unwrap();
        let (headers, now) = (browser.headers(), world.clock.now());
        let cookies = Cookies::read(&headers);
        let field = cookies.count_sign_in(&finished.organization, finished.began, now);
        browser.take(&field);
    }
    let asked = world.provider.asked();
    let begun = world.begin(&mut browser, "/").await;
    let result = world.resume(&browser, &begun, "ada").await;
    assert!(matches!(result, Err(Error::Loop { .. })));
    assert_eq!(world.provider.asked(), asked);
    world.clock.advance(LOOP_WINDOW);
    world.resume(&browser, &begun, "ada").await.unwrap();
}

/// The value of a series.
fn metric(world: &World, series: &str) -> u64 {
    let text = world.pipeline.shared.metrics.encode();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn inv_54_sign_ins_beyond_the_bound_are_counted_and_leave_nothing() {
    let world = world(Arc::new(Fickle::steady()));
    let mut refused = 0;
    for _ in 0..400 {
        let begun = world.pipeline.begin(world.beginning("acme", "/")).await;
        refused += u64::from(matches!(begun, Err(Error::TooMany)));
    }
    assert!((1..=100).contains(&refused), "{refused}");
    let counted = metric(&world, "doorward_rate_limited_total{kind=\"sign_in\"}");
    assert_eq!(counted, refused);
    let of = "organization=\"acme\",provider=\"idp\"";
    let started = metric(&world, &format!("doorward_logins_started_total{{{of}}}"));
    assert_eq!(started, 400 - refused, "what was refused has not begun");
    assert_eq!(world.count(Table::Audit).await, 0);
}

#[tokio::test]
async fn inv_54_sign_ins_that_fail_again_and_again_are_counted_and_do_not_fill_the_trail() {
    let (world, idp) = (world(Arc::new(Fickle::steady())), slug("idp"));
    for _ in 0..250 {
        let mut browser = Browser::default();
        let begun = world.begin(&mut browser, "/").await;
        let callback = Callback {
            name: None,
            state: begun.state,
            issuer: None,
            response: Response::Refused(Refusal::AccessDenied, Said::default()),
        };
        let headers = browser.headers();
        let cookies = Cookies::read(&headers);
        let resumed = world.pipeline.resume(&idp, callback, visit(&cookies));
        assert!(resumed.await.is_err());
    }
    let of =
        "organization=\"acme\",provider=\"idp\",result=\"cancelled\",reason=\"login-cancelled\"";
    let counted = metric(&world, &format!("doorward_logins_completed_total{{{of}}}"));
    assert_eq!(counted, 250);
    let told = world.count(Table::Audit).await;
    assert!((60..100).contains(&told), "{told}");
}

#[tokio::test]
async fn a_ticket_is_no_session_until_somebody_enters_with_it() {
    let world = world(Arc::new(Fickle::steady()));
    let created = "doorward_sessions_created_total{organization=\"globex\",provider=\"idp\"}";
    let Bound { browser, token } = world.ticket().await;
    assert_eq!(metric(&world, created), 0);
    world.enter(&browser, &token).await.unwrap();
    assert_eq!(metric(&world, created), 1);
}

#[tokio::test]
async fn a_sign_in_goes_on_when_the_visitor_leaves() {
    let mut sessions = Vec::new();
    for turns in 0..12 {
        let world = world(Arc::new(Fickle::wavering(7)));
        let mut browser = Browser::default();
        let begun = world.begin(&mut browser, "/").await;
        {
            let mut resuming = std::pin::pin!(world.resume(&browser, &begun, "ada"));
            for _ in 0..turns {
                if futures_util::poll!(resuming.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        world.tasks.finish(Duration::from_secs(5)).await;
        let made = world.count(Table::Sessions).await;
        let again = world.resume(&browser, &begun, "ada").await;
        match made {
            0 => assert!(again.is_ok(), "nothing was claimed, the run is still good"),
            _ => assert!(is_gone(&again, Gone::Used)),
        }
        sessions.push(made);
    }
    assert!(
        sessions.contains(&0) && sessions.contains(&1),
        "{sessions:?}"
    );
}

#[tokio::test]
async fn inv_17_parallel_first_sign_ins_of_one_person_make_one_account() {
    for seed in 0..10 {
        let world = world(Arc::new(Fickle::wavering(seed)));
        let mut begun = Vec::new();
        for _ in 0..10 {
            let mut browser = Browser::default();
            let run = world.begin(&mut browser, "/").await;
            begun.push((browser, run));
        }
        let all = begun
            .iter()
            .map(|(browser, run)| world.resume(browser, run, "ada"));
        for finished in join_all(all).await {
            finished.unwrap();
        }
        assert_eq!(world.count(Table::Accounts).await, 1);
        assert_eq!(world.count(Table::Identities).await, 1);
        assert_eq!(world.count(Table::Sessions).await, 10);
    }
}

#[tokio::test]
async fn inv_44_a_finish_is_written_whole_or_not_at_all() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    world.provider.gate.forget_permits(usize::MAX);
    let mut browser = Browser::default();
    let begun = world.begin(&mut browser, "/").await;
    let full = async {
        while world.provider.asked() == 0 {
            tokio::task::yield_now().await;
        }
        store.fill_up(true);
        world.provider.gate.add_permits(1);
    };
    let (result, ()) = tokio::join!(world.resume(&browser, &begun, "ada"), full);
    assert!(result.is_err());
    assert!(world.made_nothing().await);
    store.fill_up(false);
    let again = world.resume(&browser, &begun, "ada").await;
    assert!(is_gone(&again, Gone::Used), "the code is spent");
}

/// The disk answers too late: what a sign-in replaced or evicted is not served any longer if it is gone.
#[tokio::test]
async fn inv_25_what_may_have_been_replaced_is_asked_of_the_store() {
    let config = CONFIG.replace("[store]", "[sessions]\nmax_per_account = 2\n[store]");
    for applied in [true, false] {
        let store = Arc::new(Fickle::steady());
        let seal = Seal::new(&SealKey::random()).unwrap();
        let world = World::over(store.clone(), seal, START, &config, Counting::new());
        let evicted = world.sign_in("ada").await;
        world.clock.advance(MINUTE);
        let kept = world.sign_in("ada").await;
        let mut browser = Browser::default();
        let grace = world.begin(&mut browser, "/").await;
        let grace = world.resume(&browser, &grace, "grace").await.unwrap();
        let streams = [
            world.stream(&evicted).await,
            world.stream(&grace).await,
            world.stream(&kept).await,
        ];
        browser.take(&cookies::set_session(handle(&grace)));
        let begun = world.begin(&mut browser, "/").await;
        world.provider.gate.forget_permits(usize::MAX);
        let asked = world.provider.asked();
        let late = async {
            while world.provider.asked() == asked {
                tokio::task::yield_now().await;
            }
            store.fall_silent(applied);
            store.fill_up(!applied);
            world.provider.gate.add_permits(1);
        };
        let (result, ()) = tokio::join!(world.resume(&browser, &begun, "ada"), late);
        assert!(matches!(result, Err(Error::Store(_))), "{result:?}");
        for finished in [&evicted, &grace] {
            assert_eq!(world.is_signed_in(finished).await, !applied);
        }
        assert!(world.is_signed_in(&kept).await);
        let cut = streams.map(|stream| stream.is_cut());
        assert_eq!(cut, [true, true, false]);
    }
}

#[tokio::test]
async fn inv_20_who_is_not_admitted_leaves_no_record() {
    let store = Arc::new(Fickle::steady());
    let seal = Seal::new(&SealKey::random()).unwrap();
    let stranger = Counting {
        groups: "strangers",
        ..Counting::new()
    };
    let world = World::over(store, seal, START, CONFIG, stranger);
    let mut browser = Browser::default();
    let begun = world.begin(&mut browser, "/").await;
    let result = world.resume(&browser, &begun, "eve").await;
    let expected = NotAdmitted::Rule(Unmet::GroupsAny);
    assert!(matches!(result, Err(Error::NotAdmitted { why, .. }) if why == expected));
    assert!(world.made_nothing().await);
}

/// A browser that began on the organization's own host and is back from the provider.
struct Bound {
    browser: Browser,
    token: Secret<String>,
}

impl World {
    /// As an operator does.
    async fn revoke(&self, filter: &Filter) {
        let (now, kind) = (self.clock.now(), audit::Kind::SessionRevoked);
        let event = audit::Event::new(now, kind, audit::Actor::Operator);
        self.pipeline.revoke(filter, &event, now).await.unwrap();
    }

    async fn ticket(&self) -> Bound {
        let entry = Binding::new("0123456789".to_owned());
        let mut browser = Browser::default();
        let target = Target::Own {
            host: host("globex.localhost:8000"),
            tag: "0123456789".to_owned(),
            entry: secret::encode(&entry.hash()),
            before: Before::Unsaid,
        };
        let begun = self
            .begin_at("globex", target, &mut browser, "/there")
            .await;
        let finished = self.resume(&browser, &begun, "ada").await.unwrap();
        let Landing::Own(ticket) = finished.landing else {
            panic!("it ended here");
        };
        assert_eq!(ticket.host, host("globex.localhost:8000"));
        let mut browser = Browser::default();
        browser.take(&cookies::set_binding(BindingKind::Entry, &entry, START));
        Bound {
            browser,
            token: ticket.token,
        }
    }

    async fn enter(&self, browser: &Browser, token: &Secret<String>) -> Result<Entered, Error> {
        self.enter_on("globex.localhost:8000", browser, token).await
    }

    async fn enter_on(
        &self,
        name: &str,
        browser: &Browser,
        token: &Secret<String>,
    ) -> Result<Entered, Error> {
        let headers = browser.headers();
        let cookies = Cookies::read(&headers);
        self.pipeline
            .enter(token, &host(name), visit(&cookies))
            .await
    }
}

#[tokio::test]
async fn inv_08_a_ticket_counts_once_on_its_host_in_its_browser() {
    let world = world(Arc::new(Fickle::steady()));
    let Bound { browser, token } = world.ticket().await;
    let elsewhere = world.enter_on("localhost:8000", &browser, &token).await;
    assert!(is_gone(&elsewhere, Gone::Unknown));
    let mut foreign = Browser::default();
    let other = Binding::new("0123456789".to_owned());
    foreign.take(&cookies::set_binding(BindingKind::Entry, &other, START));
    for browser in [&Browser::default(), &foreign] {
        let result = world.enter(browser, &token).await;
        assert!(matches!(result, Err(Error::Unbound { .. })));
    }
    let made_up = world.enter(&browser, &secret::random_token()).await;
    assert!(is_gone(&made_up, Gone::Unknown));
    assert_eq!(world.count(Table::Sessions).await, 0);

    let entered = world.enter(&browser, &token).await.unwrap();
    assert_eq!(entered.return_path.as_str(), "/there");
    assert_eq!(entered.organization, slug("globex"));
    let again = world.enter(&browser, &token).await;
    assert!(is_gone(&again, Gone::Used));
    match again {
        Err(Error::Gone {
            again: Some(again), ..
        }) => assert_eq!(again.return_path.as_str(), "/there", "it is remembered"),
        _ => panic!("{again:?}"),
    }
    let stranger = world.enter(&Browser::default(), &token).await;
    assert!(
        matches!(stranger, Err(Error::Unbound { .. })),
        "for its own alone"
    );
    assert_eq!(world.count(Table::Sessions).await, 1);
}

#[tokio::test]
async fn inv_08_of_twenty_that_bring_a_ticket_at_once_one_enters() {
    for seed in 0..20 {
        let world = world(Arc::new(Fickle::wavering(seed)));
        let Bound { browser, token } = world.ticket().await;
        let all = join_all((0..20).map(|_| world.enter(&browser, &token))).await;
        assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(world.count(Table::Sessions).await, 1);
    }
}

#[tokio::test]
async fn inv_08_a_ticket_expires() {
    let world = world(Arc::new(Fickle::steady()));
    let (in_time, late) = (world.ticket().await, world.ticket().await);
    world
        .clock
        .advance(TICKET_LIFETIME - Duration::from_millis(1));
    assert!(world.enter(&in_time.browser, &in_time.token).await.is_ok());
    world.clock.advance(Duration::from_millis(1));
    let result = world.enter(&late.browser, &late.token).await;
    assert!(is_gone(&result, Gone::Expired));
}

#[tokio::test]
async fn inv_01_a_ticket_is_judged_by_the_configuration_of_the_day() {
    let world = world(Arc::new(Fickle::steady()));
    let Bound { browser, token } = world.ticket().await;
    for (from, to) in [
        ("client_id = \"doorward\"", "client_id = \"other\""),
        ("[\"staff\"]", "[\"admins\"]"),
        ("name = \"Globex\"", "name = \"Globex\"\nenabled = false"),
        ("globex.localhost:8000", "new.localhost:8000"),
    ] {
        assert!(CONFIG.contains(from));
        let restarted = world.restarted(&CONFIG.replace(from, to), Counting::new());
        assert!(restarted.enter(&browser, &token).await.is_err(), "{to}");
        assert_eq!(world.count(Table::Sessions).await, 0);
    }
    assert!(
        world
            .restarted(CONFIG, Counting::new())
            .enter(&browser, &token)
            .await
            .is_ok()
    );
}

/// Also back on the shared host, and before the provider hears of it.
#[tokio::test]
async fn inv_27_a_run_ends_only_where_its_organization_lives_today() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    let target = Target::Own {
        host: host("globex.localhost:8000"),
        tag: "0123456789".to_owned(),
        entry: secret::encode(&[7; 32]),
        before: Before::Unsaid,
    };
    let own = world.begin_at("globex", target, &mut browser, "/").await;
    let shared = world.begin(&mut browser, "/").await;
    let hosts = "hosts = [\"globex.localhost:8000\"]";
    let moved = "name = \"Acme\"\nhosts = [\"acme.localhost:8000\"]";
    for (begun, from, to) in [
        (&own, hosts, "hosts = [\"other.localhost:8000\"]"),
        (&own, hosts, ""),
        (&shared, "name = \"Acme\"", moved),
    ] {
        let config = CONFIG.replace(from, to);
        let restarted = world.restarted(&config, Counting::new());
        let result = restarted.resume(&browser, begun, "ada").await;
        assert!(is_gone(&result, Gone::Changed), "{to}: {result:?}");
        assert_eq!(restarted.provider.asked(), 0);
        assert!(restarted.made_nothing().await);
    }
    for begun in [&own, &shared] {
        world.resume(&browser, begun, "ada").await.unwrap();
    }
}

/// The provider confirmed the person when the ticket was issued, and could not be asked since.
#[tokio::test]
async fn inv_41_a_ticket_opens_nothing_that_a_verdict_has_closed() {
    let config = CONFIG
        .replace(
            "client_id = \"doorward\"",
            "client_id = \"doorward\"\nrevalidation = \"userinfo\"",
        )
        .replace("[store]", "[revalidation]\non_error = \"block\"\n[store]");
    let seal = Seal::new(&SealKey::random()).unwrap();
    let store = Arc::new(Fickle::steady());
    let world = World::over(store, seal, START, &config, Counting::new());
    let (first, second) = (world.ticket().await, world.ticket().await);
    let counts_until = async |bound: &Bound| {
        let own = host("globex.localhost:8000");
        let handle = Cookies::read(&bound.browser.headers()).handle().unwrap();
        let live = world.sessions.find(&handle, &own).await.unwrap().unwrap();
        live.active_grant(START).unwrap().counts_until()
    };
    let enter = async |mut bound: Bound| {
        let entered = world.enter(&bound.browser, &bound.token).await.unwrap();
        bound
            .browser
            .take(&cookies::set_session(entered.handle.as_ref().unwrap()));
        bound
    };
    let first = enter(first).await;
    assert!(counts_until(&first).await > START);

    let people = People::new(Arc::clone(&world.store), world.seal.clone());
    let (idp, later) = (slug("idp"), START.plus(MINUTE * 600));
    let due = people.due(&idp, later, 10).await.unwrap().remove(0);
    let lease = people.lease(&idp, (due.0, &due.1), START, later).await;
    let silence = identity::Conclusion {
        answer: identity::Answer::Unanswered("timeout"),
        fresh: None,
        next: Some(later),
    };
    let leased = lease.unwrap().unwrap();
    let concluded = people.conclude(&leased, &silence, START).await;
    let suspect = concluded.unwrap().unwrap().identity;
    world.sessions.confirm_identity(&suspect, false);
    assert_eq!(counts_until(&first).await, Timestamp::EPOCH);

    let second = enter(second).await;
    assert_eq!(counts_until(&second).await, Timestamp::EPOCH);
    assert_eq!(counts_until(&first).await, Timestamp::EPOCH);

    // Only somebody who signs in is confirmed.
    let third = world.ticket().await;
    assert!(counts_until(&first).await > START);
    assert!(counts_until(&enter(third).await).await > START);
}

#[tokio::test]
async fn a_session_that_moves_meanwhile_does_not_cost_the_ticket() {
    for seed in 0..20 {
        let world = world(Arc::new(Fickle::wavering(seed)));
        let Bound { mut browser, token } = world.ticket().await;
        let first = world.enter(&browser, &token).await.unwrap();
        let Bound {
            browser: next,
            token,
        } = world.ticket().await;
        browser.0 = next.0;
        browser.take(&cookies::set_session(first.handle.as_ref().unwrap()));
        let own = host("globex.localhost:8000");
        let live = world
            .sessions
            .find(first.handle.as_ref().unwrap(), &own)
            .await
            .unwrap();
        let live = live.unwrap();
        let grant = live.grant(&slug("globex"), START).unwrap();
        let later = START.plus(Duration::from_secs(120));
        world.sessions.touch(&live, &grant, later);
        let (entered, written) =
            tokio::join!(world.enter(&browser, &token), world.sessions.write_behind());
        written.unwrap();
        let entered = entered.unwrap();
        assert!(
            world
                .sessions
                .find(entered.handle.as_ref().unwrap(), &own)
                .await
                .unwrap()
                .is_some()
        );
        assert!(
            world
                .sessions
                .find(first.handle.as_ref().unwrap(), &own)
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn inv_21_a_visitor_who_leaves_while_entering_does_not_keep_the_old_session() {
    for turns in 0..12 {
        let world = world(Arc::new(Fickle::wavering(3)));
        let Bound { browser, token } = world.ticket().await;
        let first = world.enter(&browser, &token).await.unwrap();
        let Bound { mut browser, token } = world.ticket().await;
        browser.take(&cookies::set_session(first.handle.as_ref().unwrap()));
        {
            let mut entering = std::pin::pin!(world.enter(&browser, &token));
            for _ in 0..turns {
                if futures_util::poll!(entering.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        world.tasks.finish(Duration::from_secs(5)).await;
        let own = host("globex.localhost:8000");
        let held = world
            .sessions
            .find(first.handle.as_ref().unwrap(), &own)
            .await
            .unwrap();
        let key = first.handle.as_ref().unwrap().key();
        let stored = world.store.get(Table::Sessions, key.as_bytes()).await;
        assert_eq!(
            held.is_some(),
            stored.unwrap().is_some(),
            "after {turns} turns"
        );
    }
}

#[tokio::test]
async fn inv_26_a_run_of_one_organization_grants_nothing_in_another() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    let begun = world.begin(&mut browser, "/").await;
    let finished = world.resume(&browser, &begun, "ada").await.unwrap();
    let shared = host("localhost:8000");
    let found = world.sessions.find(handle(&finished), &shared).await;
    let live = found.unwrap().unwrap();
    assert!(live.grant(&slug("acme"), START).is_some());
    assert!(live.grant(&slug("globex"), START).is_none());
    let Bound { browser, token } = world.ticket().await;
    let entered = world.enter(&browser, &token).await.unwrap();
    let own = host("globex.localhost:8000");
    let found = world
        .sessions
        .find(entered.handle.as_ref().unwrap(), &own)
        .await
        .unwrap();
    let theirs = found.unwrap().grant(&slug("globex"), START).unwrap();
    let ours = live.grant(&slug("acme"), START).unwrap();
    assert_ne!(
        theirs.grant().account,
        ours.grant().account,
        "one subject, two people"
    );
}

impl World {
    /// What the provider's back channel says: a subject and the token's id.
    async fn hear(&self, token: &str) -> Result<(), Unheard> {
        let request = LogoutRequest {
            provider: slug("idp"),
            token: Secret::new(token.to_owned()),
            client: "127.0.0.1".parse().ok(),
            reference: "test".to_owned(),
        };
        self.pipeline.logout(request).await
    }

    async fn is_signed_in(&self, finished: &Finished) -> bool {
        let host = host("localhost:8000");
        let live = self.sessions.find(handle(finished), &host).await.unwrap();
        live.is_some_and(|live| !live.grants(self.clock.now()).is_empty())
    }

    async fn stream(&self, finished: &Finished) -> Arc<Tether> {
        let host = host("localhost:8000");
        let live = self.sessions.find(handle(finished), &host).await.unwrap();
        let grants = live.unwrap().grants(self.clock.now());
        Arc::clone(grants[0].cut())
    }

    async fn sign_in(&self, who: &str) -> Finished {
        let mut browser = Browser::default();
        let begun = self.begin(&mut browser, "/").await;
        self.resume(&browser, &begun, who).await.unwrap()
    }
}

#[tokio::test]
async fn inv_16_a_logout_token_counts_once_also_after_a_restart() {
    let world = world(Arc::new(Fickle::steady()));
    let first = world.sign_in("ada").await;
    world.hear("ada:1").await.unwrap();
    assert!(!world.is_signed_in(&first).await);
    let second = world.sign_in("ada").await;
    let restarted = world.restarted(CONFIG, Counting::new());
    for world in [&world, &restarted] {
        let again = world.hear("ada:1").await;
        assert!(matches!(again, Err(Unheard::Replayed)), "{again:?}");
        assert!(world.is_signed_in(&second).await, "nothing ended");
    }
    world.hear("ada:2").await.unwrap();
    assert!(!world.is_signed_in(&second).await);
}

#[tokio::test]
async fn inv_16_of_many_equal_logout_tokens_at_once_one_counts() {
    for seed in 1..30 {
        let world = world(Arc::new(Fickle::wavering(seed)));
        let finished = world.sign_in("ada").await;
        let heard = join_all((0..8).map(|_| world.hear("ada:1"))).await;
        assert_eq!(heard.iter().filter(|heard| heard.is_ok()).count(), 1);
        assert!(!world.is_signed_in(&finished).await);
    }
}

/// The provider sends it again then: what it was told is true.
#[tokio::test]
async fn inv_44_a_logout_that_cannot_be_written_is_not_acknowledged_and_not_spent() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    let finished = world.sign_in("ada").await;
    store.fill_up(true);
    let heard = world.hear("ada:1").await;
    assert!(matches!(heard, Err(Unheard::Session(_))), "{heard:?}");
    assert!(!world.is_signed_in(&finished).await, "it has ended here");
    store.fill_up(false);
    world.hear("ada:1").await.unwrap();
    let restarted = world.restarted(CONFIG, Counting::new());
    assert!(!restarted.is_signed_in(&finished).await);
}

/// Between the shared host and the organization's own.
#[tokio::test]
async fn inv_39_a_sign_in_on_its_way_to_another_host_ends_there() {
    let world = world(Arc::new(Fickle::steady()));
    for (token, arrives) in [("grace:1", true), ("ada:2", false)] {
        let bound = world.ticket().await;
        world.hear(token).await.unwrap();
        let entered = world.enter(&bound.browser, &bound.token).await;
        assert_eq!(entered.is_ok(), arrives, "{token}: {entered:?}");
    }
}

/// Just before it was used, an operator ended what it would have become.
#[tokio::test]
async fn inv_39_a_revocation_reaches_the_ticket_that_is_not_a_session_yet() {
    for (organization, user, arrives) in [
        (Some("globex"), None, false),
        (None, Some("ada@globex.com"), false),
        (None, None, false),
        (Some("acme"), None, true),
        (None, Some("grace@globex.com"), true),
    ] {
        let world = world(Arc::new(Fickle::steady()));
        let bound = world.ticket().await;
        world.clock.advance(Duration::from_secs(1));
        let filter = Filter {
            organization: organization.map(slug),
            user: user.map(str::to_owned),
            ..Filter::default()
        };
        world.revoke(&filter).await;
        // A crash forgets nothing of it.
        let restarted = world.restarted(CONFIG, Counting::new());
        let entered = restarted.enter(&bound.browser, &bound.token).await;
        assert_eq!(entered.is_ok(), arrives, "{filter:?}: {entered:?}");
        assert_eq!(world.count(Table::Sessions).await, usize::from(arrives));
    }
}

/// Whoever revoked looked through the tickets before this one was written.
#[tokio::test]
async fn inv_39_a_sign_in_that_an_operator_overtook_ends_as_it_enters() {
    let world = world(Arc::new(Fickle::steady()));
    world.provider.gate.forget_permits(usize::MAX);
    let filter = Filter {
        organization: Some(slug("globex")),
        ..Filter::default()
    };
    let revoked = async {
        while world.provider.asked() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(1));
        world.revoke(&filter).await;
        world.provider.gate.add_permits(2);
    };
    let (bound, ()) = tokio::join!(world.ticket(), revoked);
    let entered = world.enter(&bound.browser, &bound.token).await.unwrap();
    let own = host("globex.localhost:8000");
    let found = world
        .sessions
        .find(entered.handle.as_ref().unwrap(), &own)
        .await;
    assert!(found.unwrap().is_none());
    assert_eq!(world.count(Table::Sessions).await, 0);
    world.clock.advance(Duration::from_secs(1));
    let later = world.ticket().await;
    let entered = world.enter(&later.browser, &later.token).await.unwrap();
    let found = world
        .sessions
        .find(entered.handle.as_ref().unwrap(), &own)
        .await;
    assert!(found.unwrap().is_some(), "a sign-in after it stands");
}

/// The clock was wrong, an operator revoked, the clock was set right.
#[tokio::test(start_paused = true)]
async fn a_revocation_does_not_keep_people_out_until_the_clock_is_there_again() {
    let world = world(Arc::new(Fickle::steady()));
    world.revoke(&Filter::default()).await;
    world.clock.step_back(Duration::from_secs(24 * 3600));
    tokio::time::advance(Duration::from_secs(600)).await;
    let finished = world.sign_in("ada").await;
    assert!(world.is_signed_in(&finished).await);
}

#[tokio::test]
async fn the_audit_trail_tells_of_logout_tokens_that_the_provider_signed() {
    let store = Arc::new(Fickle::steady());
    let world = world(store.clone());
    world.sign_in("ada").await;
    world.hear("ada:1").await.unwrap();
    world.hear("ada:1").await.unwrap_err();
    world.hear("not signed").await.unwrap_err();
    let trail = store.dump(&[Table::Audit]).await;
    let trail = trail
        .iter()
        .map(|(_, entry)| String::from_utf8_lossy(entry));
    let trail = trail.collect::<Vec<_>>().join("\n");
    for (word, count) in [
        ("logout.backchannel_received", 1),
        ("logout.backchannel_rejected", 1),
        ("\"replayed\"", 1),
        ("session.ended", 1),
    ] {
        assert_eq!(trail.matches(word).count(), count, "{word} in\n{trail}");
    }
}
