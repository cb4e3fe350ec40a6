//! The promises of this room, against a provider over real sockets.

mod callbacks;
mod calls;
mod discovery;
mod entra;
mod examine;
mod github;
mod id_tokens;
mod logout_tokens;
mod mistakes;
mod oauth2;
mod openid_presets;
mod presets;
mod sign_in;
mod token_responses;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use url::Url;

use super::http::{CallError, Roots};
use super::testing::{DISCOVERY, Key, Reply, TestProvider, at_hash};
use super::*;
use crate::clock::Manual;
use crate::config::{ClientAuthentication, Config, Oidc, Preset, Protocol, Slug, defaults};
use crate::secret::{encode, random_token, sha256};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const CLIENT: &str = "doorward";
const CLIENT_SECRET: &str = "s3cr%t:with odd+signs";
const ACCESS: &str = "access-token-of-ada";

/// A provider, our side of it, and a run.
struct World {
    idp: TestProvider,
    oidc: Arc<dyn Provider>,
    key: Key,
    clock: Arc<Manual>,
    shared: Shared,
    attempt: Attempt,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Oidc)) -> Self {
        Self::at(TestProvider::start().await, change)
    }

    fn at(idp: TestProvider, change: impl FnOnce(&mut Oidc)) -> Self {
        let clock = Arc::new(Manual::new(NOW));
        let shared = Shared {
            metrics: Metrics::new(0),
            clock: Arc::<Manual>::clone(&clock),
            tasks: Tasks::new(),
            roots: Roots::new(),
            written: Written::ByOperator,
        };
        let mut oidc = registration(&idp.issuer);
        oidc.ca = idp.ca.as_ref().map(|file| file.path().to_owned());
        change(&mut oidc);
        let key = Key::es256();
        idp.publish(&[key.jwk(Some("one"))]);
        Self {
            oidc: build(&provider(oidc), &shared).unwrap(),
            attempt: attempt(),
            idp,
            key,
            clock,
            shared,
        }
    }

    /// Claims that pass every check.
    fn claims(&self) -> Value {
        json!({
            "iss": self.idp.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "exp": NOW.as_seconds() + 300,
            "iat": NOW.as_seconds(),
            "nonce": self.attempt.nonce.expose(),
        })
    }

    fn header(&self) -> Value {
        json!({"alg": self.key.algorithm(), "kid": "one", "typ": "JWT"})
    }

    /// Lets the token endpoint hand out claims, properly signed.
    fn hand_out(&self, claims: &Value) {
        self.hand_out_token(&self.key.sign(&self.header(), &claims.to_string()));
    }

    fn hand_out_token(&self, id_token: &str) {
        self.idp
            .reply("/token", Reply::json(&token_response(id_token)));
    }

    async fn finish(&self) -> Result<Asserted, Error> {
        self.answer(Response::Code(Secret::new("the-code".to_owned())), None)
            .await
    }

    async fn answer(&self, response: Response, issuer: Option<&str>) -> Result<Asserted, Error> {
        let callback = Callback {
            name: None,
            state: self.attempt.state.clone(),
            issuer: issuer.map(str::to_owned),
            response,
        };
        let finished = self
            .oidc
            .finish(&self.attempt, &callback, self.clock.now())
            .await;
        finished.map_err(|failed| failed.error)
    }

    async fn start(&self) -> Url {
        match self.oidc.start(&self.attempt).await.unwrap().start {
            Start::Redirect(url) => url,
            Start::Form => panic!("an OpenID provider has no form"),
        }
    }

    async fn end(self) {
        assert!(self.shared.tasks.finish(Duration::from_secs(10)).await);
        self.idp.stop().await;
    }
}

/// The registration that a file comes to, with these lines below `[providers.idp]`.
fn configured(lines: &str) -> config::Provider {
    // Apple has a key in place of it.
    let secret = if lines.contains("signing_key") {
        ""
    } else {
        "client_secret = \"a secret for tests\""
    };
    let config = Config::sample(&format!(
        r#"
        [server]
        public_url = "https://app.acme.com"
        [upstreams.app]
        url = "http://127.0.0.1:1"
        [providers.idp]
        client_id = "doorward"
        {secret}
        {lines}
        [organizations.acme]
        providers = ["idp"]
        allow = {{ subjects = ["ada"] }}
        "#
    ));
    config.providers[&Slug::parse("idp").unwrap()].clone()
}

/// A provider as a file configures it, and a run.
struct Story {
    idp: TestProvider,
    provider: Arc<dyn Provider>,
    clock: Arc<Manual>,
    shared: Shared,
    attempt: Attempt,
}

impl Story {
    /// With the lines below `[providers.idp]`, given where the provider listens.
    async fn of(lines: impl FnOnce(&str) -> String) -> Self {
        let idp = TestProvider::start().await;
        let clock = Arc::new(Manual::new(NOW));
        let shared = Shared {
            metrics: Metrics::new(0),
            clock: Arc::<Manual>::clone(&clock),
            tasks: Tasks::new(),
            roots: Roots::new(),
            written: Written::ByOperator,
        };
        let provider = build(&configured(&lines(&idp.issuer)), &shared).unwrap();
        Self {
            idp,
            provider,
            clock,
            shared,
            attempt: attempt(),
        }
    }

    fn callback(&self) -> Callback {
        Callback {
            name: None,
            state: self.attempt.state.clone(),
            issuer: None,
            response: Response::Code(Secret::new("the-code".to_owned())),
        }
    }

    async fn finish(&self) -> Result<Asserted, Error> {
        self.finish_with(&self.callback()).await
    }

    async fn finish_with(&self, callback: &Callback) -> Result<Asserted, Error> {
        let now = self.clock.now();
        let finished = self.provider.finish(&self.attempt, callback, now).await;
        finished.map_err(|failed| failed.error)
    }

    async fn begin(&self, attempt: &Attempt) -> Url {
        match self.provider.start(attempt).await.unwrap().start {
            Start::Redirect(url) => url,
            Start::Form => panic!("a redirect"),
        }
    }

    /// Asks again about somebody, both halves.
    async fn again(&self, subject: &str, tokens: &Tokens) -> Outcome {
        let subject = Subject::parse(subject).unwrap();
        let held = Held {
            subject: &subject,
            tokens,
        };
        let now = self.clock.now();
        match self.provider.renew(held, now).await {
            Err(not_renewed) => not_renewed.outcome,
            Ok(renewed) => self.provider.confirm(held, renewed.as_ref(), now).await,
        }
    }

    async fn end(self) {
        assert!(self.shared.tasks.finish(Duration::from_secs(10)).await);
        self.idp.stop().await;
    }
}

/// A key as most providers sign with. Making one takes a second, so the stories share it.
fn rsa() -> &'static Key {
    static KEY: std::sync::LazyLock<Key> = std::sync::LazyLock::new(Key::rs256);
    &KEY
}

/// An outcome in a few words.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Valid(_) => "valid".to_owned(),
        Outcome::Revoked(why) => format!("revoked {}", why.as_str()),
        Outcome::Transient(trouble) => match trouble.retry_after {
            None => format!("transient {}", trouble.cause.as_str()),
            Some(after) => format!("transient {} {}s", trouble.cause.as_str(), after.as_secs()),
        },
        Outcome::ConnectionFault(fault) => format!("fault {}", fault.as_str()),
        Outcome::NotApplicable => "not applicable".to_owned(),
    }
}

/// An error in a few words.
fn meaning(error: &Error) -> String {
    match error {
        Error::Unreachable(CallError::Status { code: status, .. }) => {
            format!("unreachable {status}")
        }
        Error::Unreachable(other) => format!("unreachable {other:?}"),
        Error::Misconfigured(_) => "misconfigured".to_owned(),
        Error::Refused(refusal) => format!("refused {refusal:?}"),
        Error::Rejected(check) => format!("rejected {check:?}"),
    }
}

fn registration(issuer: &str) -> Oidc {
    Oidc {
        issuer: issuer.to_owned(),
        tenants: Vec::new(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(Secret::new(CLIENT_SECRET.to_owned())),
        signed_secret: None,
        client_authentication: ClientAuthentication::Basic,
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        algorithms: vec!["RS256".to_owned(), "ES256".to_owned(), "EdDSA".to_owned()],
        trusted_audiences: Vec::new(),
        authorize_parameters: Vec::new(),
        groups_claim: "groups".to_owned(),
        userinfo: false,
        revalidation: config::RevalidationMethod::RefreshToken,
        ca: None,
        private_network: false,
        timeout: Duration::from_secs(20),
    }
}

fn provider(oidc: Oidc) -> config::Provider {
    config::Provider {
        id: Slug::parse("acme-idp").unwrap(),
        button: "Sign in".to_owned(),
        preset: Preset::Oidc,
        protocol: Protocol::Oidc(Box::new(oidc)),
        secret_expires: None,
    }
}

fn attempt() -> Attempt {
    Attempt {
        state: random_token(),
        nonce: random_token(),
        verifier: random_token(),
        redirect_uri: "https://app.example/_sso/callback/acme-idp".to_owned(),
        login_hint: None,
        hosted_domain: None,
        select_account: false,
        consent: false,
        demand: None,
        promises_issuer: false,
        started_at: NOW,
    }
}

fn token_response(id_token: &str) -> Value {
    json!({
        "access_token": ACCESS,
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "refresh-token-of-ada",
        "scope": "openid email openid",
        "id_token": id_token,
    })
}

fn query(url: &Url, name: &str) -> Vec<String> {
    let pairs = url.query_pairs().into_owned();
    pairs
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value)
        .collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("not an object"),
    }
}

#[track_caller]
fn assert_rejected(result: &Result<Asserted, Error>, check: Check, what: &str) {
    match result {
        Err(Error::Rejected(found)) if *found == check => {}
        _ => panic!("{what}: {check:?} expected, not {result:?}"),
    }
}
