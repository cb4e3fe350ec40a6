//! Everything that a story needs, started on loopback and put together by one file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::admin::reload::Reloaded;
use doorward::audit::Event;
use doorward::clock::{Clock as _, Manual, Timestamp};
use doorward::config::{self, Config};
use doorward::store::{self, Seal, Sled, Store, trail};
use doorward::telemetry::Metrics;
use tempfile::TempDir;
use tracing::subscriber::DefaultGuard;

use super::crawler::{self, Shown};
use super::logs::Logs;
use super::{Application, Broker, Browser, Canaries, Idp, Page};

/// Where people find the application.
pub const SITE: &str = "https://app.example.com";

/// The secret that Doorward has at the provider of Acme.
pub const CLIENT_SECRET: &str = "the-secret-of-acme";

/// One organization behind the shared host.
pub const ONE: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
"#;

/// Two organizations behind the shared host.
pub const TWO: &str = r#"
[organizations.acme]
name = "Acme Inc."
domains = ["acme.com"]
providers = ["acme-idp"]
[organizations.globex]
name = "Globex"
domains = ["globex.com"]
providers = ["globex-idp"]
"#;

/// The shared host and an organization with a host of its own.
pub const OWN_HOST: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
[organizations.globex]
name = "Globex"
hosts = ["globex.example.com"]
providers = ["globex-idp"]
"#;

/// One organization, and a route of every kind.
pub const ROUTES: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
[routes.default]
path = "/*"
upstream = "app"
[routes.maybe]
path = "/maybe/*"
upstream = "app"
access = "optional"
[routes.open]
path = "/open/*"
upstream = "app"
access = "public"
[routes.vault]
path = "/vault/*"
upstream = "app"
require = { groups_any = ["keepers-of-the-vault"] }
"#;

/// A store that nobody else has open.
pub struct Filling {
    pub config: Config,
    pub store: Arc<dyn Store>,
    pub seal: Seal,
    pub now: Timestamp,
}

/// A broker, two providers, an application; time stands still.
pub struct World {
    pub broker: Broker,
    pub acme: Idp,
    pub globex: Idp,
    pub application: Application,
    pub clock: Arc<Manual>,
    pub logs: Logs,
    file: String,
    /// Every page that was shown to somebody.
    told: Arc<Mutex<Vec<Shown>>>,
    /// What the story adds to the secrets.
    secrets: Mutex<Vec<String>>,
    /// What opens something for whoever has it.
    links: Mutex<Vec<String>>,
    _capture: DefaultGuard,
}

impl World {
    /// With one organization, Acme.
    pub async fn new() -> Self {
        Self::with(ONE).await
    }

    /// With what `more` adds to listeners, the application and the two providers. A table that `more` brings itself
    /// (`[server]`, `[upstreams.app]`, `[sessions]`, …) is taken from there.
    pub async fn with(more: &str) -> Self {
        Self::with_logs(more, "trace").await
    }

    /// The same, with log lines of this level and above.
    pub async fn with_logs(more: &str, level: &str) -> Self {
        Self::begin(more, level, async |file, clock| {
            Broker::start(file, clock).await
        })
        .await
    }

    /// The same, with threads of their own for connections. What these log is not captured.
    pub async fn on_workers(more: &str) -> Self {
        Self::begin(more, "trace", async |file, clock| {
            Broker::start_on_workers(file, clock).await
        })
        .await
    }

    async fn begin(
        more: &str,
        level: &str,
        start: impl AsyncFnOnce(&str, Arc<Manual>) -> Broker,
    ) -> Self {
        let (logs, capture) = Logs::capture(level);
        let clock = Arc::new(Manual::new(Timestamp::from_seconds(1_800_000_000)));
        let acme = Idp::start(Arc::clone(&clock)).await;
        let globex = Idp::start(Arc::clone(&clock)).await;
        let application = Application::start().await;
        let file = file(
            more,
            &application.address().to_string(),
            &acme.issuer,
            &globex.issuer,
        );
        let broker = start(&file, Arc::clone(&clock)).await;
        Self {
            broker,
            acme,
            globex,
            application,
            clock,
            logs,
            file,
            told: Arc::default(),
            secrets: Mutex::default(),
            links: Mutex::default(),
            _capture: capture,
        }
    }

    /// A new browser.
    pub fn browser(&self) -> Browser {
        let mut browser = Browser::new(self.broker.address, self.clock.clone());
        browser.told = Arc::clone(&self.told);
        browser
    }

    /// A new browser whose pages are nobody's business.
    pub fn stranger(&self) -> Browser {
        Browser::new(self.broker.address, self.clock.clone())
    }

    /// A browser in which somebody has signed in at Acme, and the page they landed on.
    pub async fn signed_in(&self) -> (Browser, Page) {
        let mut browser = self.browser();
        let page = browser.visit(&url("/")).await;
        page.is(200);
        assert_eq!(page.text, "hello from the application");
        self.application.forget();
        (browser, page)
    }

    /// A secret of this story: it comes to light nowhere.
    pub fn hides(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// A link that opens something for whoever has it, by its last segment. Its own page holds it, and nothing else does.
    pub fn hides_link(&self, link: &str) {
        let token = link.rsplit('/').next().unwrap();
        self.links.lock().unwrap().push(token.to_owned());
    }

    /// What nobody may be told, and what stands on its own page only.
    pub fn canaries(&self, browsers: &[&Browser]) -> (Canaries, Canaries) {
        let secrets = [self.acme.secrets(), self.globex.secrets()].concat();
        let own = self.secrets.lock().unwrap().clone();
        let all = Canaries::of(secrets)
            .and(own)
            .and([CLIENT_SECRET.to_owned()]);
        let links = self.links.lock().unwrap().clone();
        (all.with_cookies(browsers), Canaries::of(links))
    }

    /// Whether something is forwarded, and not all of it by somebody in front.
    pub fn has_applications(&self) -> bool {
        let mut lines = self.file.lines();
        lines.any(|line| line.starts_with("[upstreams."))
    }

    /// Moves the time.
    pub fn later(&self, by: Duration) {
        self.broker.later(by);
    }

    /// Stops the broker in order and starts another over what it left.
    pub async fn restart(self) -> Self {
        let file = self.file.clone();
        self.restart_with_file(file).await
    }

    /// The same, with so much time between the two.
    pub async fn restart_after(mut self, downtime: Duration) -> Self {
        let folder = self.broker.stop().await;
        self.clock.advance(downtime);
        let (file, clock) = (self.file.clone(), Arc::clone(&self.clock));
        self.broker = Broker::start_in(folder, &file, clock).await;
        self
    }

    /// The same with something changed in its file.
    pub async fn restart_with(self, from: &str, to: &str) -> Self {
        assert!(self.file.contains(from), "{from} is not in the file");
        let file = self.file.replace(from, to);
        self.restart_with_file(file).await
    }

    /// The same with more in its store: `fill` writes it while nobody else has it open.
    pub async fn restart_filled(mut self, fill: impl AsyncFnOnce(Filling)) -> Self {
        let folder = self.broker.stop().await;
        let files = config::Files {
            file: folder.path().join("doorward.toml"),
            environment: BTreeMap::new(),
        };
        let config = config::load(&files).unwrap().config;
        let now = self.clock.now();
        let opened = store::open(&config.store, now, &Metrics::new(0)).await;
        let (store, seal) = opened.unwrap();
        fill(Filling {
            config,
            store,
            seal,
            now,
        })
        .await;
        let (file, clock) = (self.file.clone(), Arc::clone(&self.clock));
        self.broker = Broker::start_in(folder, &file, clock).await;
        self
    }

    /// Has the running broker read its file with something changed in it. Later changes are made to that.
    pub async fn reload_with(&mut self, from: &str, to: &str) -> Reloaded {
        assert!(self.file.contains(from), "{from} is not in the file");
        self.file = self.file.replace(from, to);
        self.broker.reload(&self.file).await
    }

    async fn restart_with_file(mut self, file: String) -> Self {
        let folder = self.broker.stop().await;
        self.broker = Broker::start_in(folder, &file, Arc::clone(&self.clock)).await;
        self.file = file;
        self
    }

    /// Stops everything, and holds that no secret of the story was logged at any level, told to an operator, counted, or
    /// stored in clear (threat model 46, 51).
    /// Every way on from a page that somebody was shown leads somewhere.
    pub async fn end(self, browsers: &[&Browser]) {
        let told = self.told.lock().unwrap().clone();
        crawler::no_dead_end(&self, &told).await;
        drop(self.stop(browsers).await);
    }

    /// The same, and gives back what the audit trail says.
    pub async fn trail(self, browsers: &[&Browser]) -> Vec<Event> {
        let folder = self.stop(browsers).await;
        let store = Sled::open(&folder.path().join("data"), Timestamp::EPOCH).await;
        let entries = trail::entries(&store.unwrap(), 1, u64::MAX, 10_000).await;
        entries.unwrap().into_iter().map(|it| it.event).collect()
    }

    async fn stop(self, browsers: &[&Browser]) -> TempDir {
        let (canaries, links) = self.canaries(browsers);
        for canaries in [&canaries, &links] {
            canaries.absent_from(&self.broker).await;
        }
        let folder = self.broker.stop().await;
        for Shown { page, .. } in self.told.lock().unwrap().iter() {
            canaries.absent("a page", page.text.as_bytes());
            // Cookies are where their values belong.
            let fields = page.head.lines();
            let fields = fields.filter(|line| !line.to_ascii_lowercase().starts_with("set-cookie"));
            for field in fields {
                canaries.absent("a field of an answer", field.as_bytes());
            }
        }
        for canaries in [&canaries, &links] {
            canaries.absent("the log", self.logs.text().as_bytes());
            canaries.absent_below(&folder.path().join("data"));
        }
        folder
    }
}

/// A URL of the shared host.
pub fn url(path: &str) -> String {
    format!("{SITE}{path}")
}

fn file(more: &str, application: &str, acme: &str, globex: &str) -> String {
    let parts = [
        (
            "[server]",
            format!("public_url = \"{SITE}\"\nlisten = [\"127.0.0.1:0\"]\n"),
        ),
        (
            "[upstreams.app]",
            format!("url = \"http://{application}\"\n"),
        ),
        ("[providers.acme-idp]", oidc(acme, CLIENT_SECRET)),
        (
            "[providers.globex-idp]",
            oidc(globex, "the-secret-of-globex"),
        ),
        ("[management]", "listen = \"127.0.0.1:0\"\n".to_owned()),
    ];
    let more = more
        .replace("{application}", application)
        .replace("{acme}", acme)
        .replace("{globex}", globex);
    let missing = parts.iter().filter(|(table, _)| !more.contains(table));
    let base: String = missing
        .map(|(table, keys)| format!("{table}\n{keys}"))
        .collect();
    format!("{base}{more}")
}

fn oidc(issuer: &str, secret: &str) -> String {
    format!(
        "kind = \"oidc\"\nissuer = \"{issuer}\"\nclient_id = \"doorward\"\nclient_secret = \"{secret}\"\n"
    )
}
