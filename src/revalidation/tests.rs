//! Everything at once to one person: signing in, being asked about, being blocked and unlinked, signing out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::address::Host;
use crate::audit;
use crate::clock::Manual;
use crate::config::Config;
use crate::identity::{Deed, Filter, Identity, LinkState, Through};
use crate::provider::{
    self, Asserted, Attempt, Callback, Cause, Confirmation, Finishing, Flow, Health, Held, Logout,
    Outcome, Renewal, Started, Step, Subject, Tokens, Trouble,
};
use crate::secret::Secret;
use crate::session::{AtProvider, Device, Ending, Grant, Handle, Opening, Reason, Settings};
use crate::store::{self, Batch, Fickle, Seal, SealKey, Store};

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
scopes = ["offline_access"]
revalidation = "refresh_token"
[organizations.acme]
providers = ["idp"]
allow = { anyone = true }
[revalidation]
per_second = 100000
[store]
kind = "memory"
"#;

const START: Timestamp = Timestamp::from_seconds(1_700_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// What the provider says when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Yes,
    No,
    Nothing,
}

/// A provider with refresh tokens that serve once: it knows which are good, and counts those that come again.
#[derive(Debug, Default)]
struct Rotating {
    issued: AtomicU64,
    confirmed: AtomicU64,
    reused: AtomicU64,
    spent: Mutex<BTreeSet<String>>,
    says: Mutex<Vec<Says>>,
}

impl Rotating {
    fn issue(&self) -> Tokens {
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        Tokens {
            refresh: Some(Secret::new(format!("token {number}"))),
            ..Tokens::default()
        }
    }

    /// What it says next; yes when nothing else was arranged.
    fn says(&self) -> Says {
        self.says.lock().unwrap().pop().unwrap_or(Says::Yes)
    }

    async fn renewed(&self, token: String) -> Result<Option<Tokens>, Outcome> {
        tokio::task::yield_now().await;
        if !self.spent.lock().unwrap().insert(token.clone()) {
            self.reused.fetch_add(1, Ordering::SeqCst);
        }
        let answer = match self.says() {
            Says::Yes => Ok(Some(self.issue())),
            Says::No => Err(Outcome::Revoked(provider::Revocation::InvalidGrant)),
            Says::Nothing => {
                // It never got there.
                self.spent.lock().unwrap().remove(&token);
                Err(Outcome::Transient(Trouble {
                    cause: Cause::Unreachable,
                    retry_after: None,
                }))
            }
        };
        tokio::task::yield_now().await;
        answer
    }
}

/// Only asking again is for these tests.
impl Provider for Rotating {
    fn steps(&self, _flow: Flow) -> &'static [Step] {
        &[]
    }

    fn start<'a>(&'a self, _attempt: &'a Attempt) -> provider::Answer<'a, Started> {
        Box::pin(std::future::pending())
    }

    fn finish<'a>(
        &'a self,
        _attempt: &'a Attempt,
        _callback: &'a Callback,
        _now: Timestamp,
    ) -> Finishing<'a> {
        Box::pin(std::future::pending())
    }

    fn end_session<'a>(
        &'a self,
        _hint: Option<&'a Secret<String>>,
        _return_to: &'a Url,
    ) -> provider::Answer<'a, Option<Url>> {
        Box::pin(async { Ok(None) })
    }

    fn logout<'a>(
        &'a self,
        _token: &'a Secret<String>,
        _now: Timestamp,
    ) -> provider::Answer<'a, Logout> {
        Box::pin(std::future::pending())
    }

    fn renew<'a>(&'a self, held: Held<'a>, _now: Timestamp) -> Renewal<'a> {
        let token = held.tokens.refresh.as_ref();
        let token = token.map(|token| token.expose().clone()).unwrap();
        Box::pin(async { Ok(self.renewed(token).await?) })
    }

    fn confirm<'a>(
        &'a self,
        _held: Held<'a>,
        _renewed: Option<&'a Tokens>,
        _now: Timestamp,
    ) -> Confirmation<'a> {
        Box::pin(async {
            tokio::task::yield_now().await;
            self.confirmed.fetch_add(1, Ordering::SeqCst);
            Outcome::Valid(None)
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }

    fn health_since(&self) -> Option<Timestamp> {
        None
    }
}

/// What can happen to a person.
#[derive(Clone, Copy, Debug)]
enum Event {
    SignIn,
    /// The operator has the provider asked; several at once are several workers.
    Ask(Says),
    Deal(Deed),
    SignOut,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::SignIn),
        3 => Just(Event::Ask(Says::Yes)),
        2 => Just(Event::Ask(Says::No)),
        2 => Just(Event::Ask(Says::Nothing)),
        1 => Just(Event::Deal(Deed::Block)),
        1 => Just(Event::Deal(Deed::Unblock)),
        1 => Just(Event::Deal(Deed::Unlink)),
        1 => Just(Event::Deal(Deed::Remove)),
        1 => Just(Event::Deal(Deed::Restore)),
        2 => Just(Event::SignOut),
    ]
}

struct World {
    store: Arc<dyn Store>,
    seal: Seal,
    config: Arc<Config>,
    clock: Arc<Manual>,
    people: People,
    sessions: Arc<Sessions>,
    provider: Arc<Rotating>,
    revalidation: Revalidation,
    tasks: Tasks,
    handles: Mutex<Vec<Handle>>,
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn host() -> Host {
    Host::parse("localhost:8000", 80).unwrap()
}

impl World {
    fn over(store: Arc<dyn Store>) -> Self {
        let seal = Seal::new(&SealKey::random()).unwrap();
        let config = Arc::new(Config::sample(CONFIG));
        let clock = Arc::new(Manual::new(START));
        let people = People::new(Arc::clone(&store), seal.clone());
        let sessions = Arc::new(sessions(&store, &seal, &config));
        let provider = Arc::new(Rotating::default());
        let built: [(Slug, Arc<dyn Provider>); 1] = [(slug("idp"), provider.clone())];
        let tasks = Tasks::new();
        let revalidation = Revalidation::new(Parts {
            config: Arc::clone(&config),
            clock: clock.clone(),
            people: people.clone(),
            sessions: Arc::clone(&sessions),
            providers: built.into(),
            metrics: Metrics::new(0),
            tasks: tasks.clone(),
        });
        Self {
            store,
            seal,
            config,
            clock,
            people,
            sessions,
            provider,
            revalidation,
            tasks,
            handles: Mutex::default(),
        }
    }

    /// The end of a sign-in: identity, session and all in one batch, again when records move underneath it.
    async fn sign_in(&self) {
        let now = self.clock.now();
        let asserted = asserted(self.provider.issue(), now);
        let organization = &self.config.organizations[&slug("acme")];
        let provider = &self.config.providers[&slug("idp")];
        let generation = identity::generation(organization, provider);
        let through = Through {
            organization: &organization.slug,
            provider: &provider.id,
            generation: &generation,
            due_at: Some(now.plus(HOUR)),
        };
        for _ in 0..1_000 {
            let mut batch = Batch::new();
            let made = self.people.provision(&mut batch, through, &asserted, now);
            let Ok(made) = made.await.unwrap() else {
                return;
            };
            let opening = Opening {
                previous: None,
                tabs: None,
                host: &host(),
                device: Device::default(),
                grant: grant(&made.identity, now),
                identity: &made.identity,
                reference: "test",
            };
            let opened = self.sessions.open(&mut batch, opening, now).await.unwrap();
            match self.store.commit(batch).await {
                Ok(()) => {
                    self.sessions.opened(&opened, now).await;
                    self.handles.lock().unwrap().push(opened.handle);
                    return;
                }
                Err(store::Error::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
        panic!("never got in");
    }

    /// All there are: one, or none.
    async fn identities(&self) -> Vec<Identity> {
        let page = self.people.list(&Filter::default(), None).await.unwrap();
        page.identities
    }

    async fn happen(&self, event: Event) {
        let said = audit::Event::new(
            self.clock.now(),
            audit::Kind::IdentityChecked,
            audit::Actor::Operator,
        );
        match event {
            Event::SignIn => self.sign_in().await,
            Event::Ask(says) => {
                self.provider.says.lock().unwrap().push(says);
                for one in self.identities().await {
                    self.revalidation.now(&one.id, &said).await.unwrap();
                }
            }
            Event::Deal(deed) => {
                for one in self.identities().await {
                    self.revalidation.deal(&one.id, deed, &said).await.unwrap();
                }
            }
            Event::SignOut => {
                let handles = self.handles.lock().unwrap().clone();
                for handle in handles {
                    let key = handle.key();
                    let ended = self
                        .sessions
                        .end(&key, Ending::Session, Reason::SignedOut, &said);
                    ended.await.unwrap();
                }
            }
        }
    }

    /// Which of the handles let somebody in.
    async fn good(&self, sessions: &Sessions) -> BTreeSet<usize> {
        let handles = self.handles.lock().unwrap().clone();
        let mut good = BTreeSet::new();
        for (index, handle) in handles.iter().enumerate() {
            let live = sessions.find(handle, &host()).await.unwrap();
            let grant = live.and_then(|live| live.grant(&slug("acme"), self.clock.now()));
            good.extend(grant.map(|_| index));
        }
        good
    }

    /// Exactly those who can be asked about are in the due index, each once, where their record says.
    async fn check_due(&self, all: &[Identity]) {
        let due = self.people.due(&slug("idp"), Timestamp::END, 100).await;
        let due: Vec<_> = due.unwrap().into_iter().map(|(at, id)| (id, at)).collect();
        let meant = all
            .iter()
            .filter_map(|one| Some((one.id.clone(), one.due_at?)));
        assert_eq!(due, meant.collect::<Vec<_>>());
        for one in all {
            let is_asked = matches!(one.link.state, LinkState::Valid | LinkState::Suspect);
            assert_eq!(one.due_at.is_some(), is_asked, "{:?}", one.link.state);
            assert!(!one.leased, "no question is under way");
        }
    }

    /// Several things at once, and then what must hold whatever came of them.
    async fn round(&self, events: &[Event], out: &mut BTreeSet<usize>) {
        let before = self.identities().await;
        let confirmed = self.provider.confirmed.load(Ordering::SeqCst);
        let opened = self.handles.lock().unwrap().len();
        join_all(events.iter().map(|&event| self.happen(event))).await;
        let after = self.identities().await;
        assert!(after.len() <= 1, "one person, one identity");
        self.check_due(&after).await;
        let handles = self.handles.lock().unwrap().len();
        let vouched =
            self.provider.confirmed.load(Ordering::SeqCst) > confirmed || handles > opened;
        for one in &after {
            let known = before.iter().find(|known| known.id == one.id);
            let moved = known.is_none_or(|known| known.last_verified_at != one.last_verified_at);
            assert!(vouched || !moved, "confirmed by nobody");
        }
        let good = self.good(&self.sessions).await;
        let restarted = sessions(&self.store, &self.seal, &self.config);
        assert_eq!(good, self.good(&restarted).await, "memory and store");
        assert_eq!(good.intersection(out).count(), 0, "what ended came back");
        let counts =
            |one: &Identity| matches!(one.link.state, LinkState::Valid | LinkState::Suspect);
        assert!(
            good.is_empty() || after.iter().all(counts),
            "{:?}",
            after.first()
        );
        out.extend((0..handles).filter(|index| !good.contains(index)));
        assert_eq!(
            self.provider.reused.load(Ordering::SeqCst),
            0,
            "a token came twice"
        );
    }
}

fn sessions(store: &Arc<dyn Store>, seal: &Seal, config: &Config) -> Sessions {
    let people = People::new(Arc::clone(store), seal.clone());
    let (store, seal) = (Arc::clone(store), seal.clone());
    Sessions::new(store, seal, people, Settings::of(config), Metrics::new(0))
}

fn asserted(tokens: Tokens, now: Timestamp) -> Asserted {
    Asserted {
        issuer: "http://127.0.0.1:2".to_owned(),
        subject: Subject::parse("ada").unwrap(),
        email: None,
        email_verified: false,
        name: None,
        preferred_username: None,
        groups: None,
        groups_are_teams: false,
        hosted_domain: None,
        tenants: Vec::new(),
        claims: serde_json::Map::new(),
        authenticated_at: now,
        proof: provider::Proof::default(),
        provider_session: None,
        tokens,
    }
}

fn grant(identity: &Identity, now: Timestamp) -> Grant {
    Grant {
        organization: identity.organization.clone(),
        account: identity.account.clone(),
        identity: identity.id.clone(),
        provider: identity.provider.clone(),
        at_provider: AtProvider::new(&identity.provider, &identity.issuer, "ada", None),
        generation: identity.generation.clone(),
        authenticated_at: now,
        proofs: provider::Proofs::default(),
        granted_at: now,
        expires_at: None,
        used_at: now,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn inv_25_41_42_43_nothing_comes_back_and_nobody_is_lost_whatever_happens_together(
        rounds in prop::collection::vec(prop::collection::vec(event(), 1..6), 1..5),
        seed in any::<u64>(),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = World::over(Arc::new(Fickle::wavering(seed)));
            world.sign_in().await;
            let mut out = BTreeSet::new();
            for events in &rounds {
                world.clock.advance(Duration::from_secs(600));
                world.round(events, &mut out).await;
            }
            world.tasks.finish(HOUR).await;
        });
    }
}
