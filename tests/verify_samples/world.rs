//! A Doorward that signs, its key set on loopback, and the question to a sample: whom do you believe?

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use doorward::assertion::{Minter, Statement};
use doorward::clock::{Clock as _, Manual, System, Timestamp};
use doorward::config::{self, Algorithm};
use doorward::store::{Memory, Seal, SealKey, Store};
use doorward::tasks::Tasks;
use doorward::telemetry::Metrics;
use http::{HeaderName, Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::forge;

pub(crate) const AUDIENCE: &str = "https://app.example.com";
pub(crate) const ORGANIZATIONS: [&str; 2] = ["initech", "acme"];
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The age of the second key: the first one signed until then.
const TURN: Duration = Duration::from_secs(20);

/// An assertion, or what claims to be one.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) token: String,
    pub(crate) good: bool,
}

pub(crate) struct World {
    issuer: String,
    minter: Arc<Minter>,
    /// Has the same keys, and another name.
    namesake: Minter,
    /// Has the same name, and other keys.
    stranger: Minter,
    now: Timestamp,
    tasks: Tasks,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(StatusCode::OK).await
    }

    /// A world whose key set cannot be had.
    pub(crate) async fn without_keys() -> Self {
        Self::with(StatusCode::SERVICE_UNAVAILABLE).await
    }

    async fn with(status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        let seal = Seal::new(&SealKey::random()).unwrap();
        let now = System.now();
        // Two keys have taken turns, a moment ago.
        let clock = Arc::new(Manual::new(now.minus(DAY * 42 + TURN)));
        let minter = open(&store, &seal, &issuer, &clock).await;
        clock.advance(DAY * 41);
        minter.rotate().await.unwrap();
        clock.advance(DAY + TURN);
        let namesake = open(&store, &seal, "https://other.example.com", &clock).await;
        let elsewhere: Arc<dyn Store> = Arc::new(Memory::new());
        let stranger = open(&elsewhere, &seal, &issuer, &clock).await;
        let minter = Arc::new(minter);
        let tasks = Tasks::new();
        tasks.spawn(publish(
            listener,
            Arc::clone(&minter),
            status,
            tasks.clone(),
        ));
        Self {
            issuer,
            minter,
            namesake,
            stranger,
            now,
            tasks,
        }
    }

    /// Everything that a sample is asked about.
    #[expect(clippy::too_many_lines, reason = "a table: one row for each case")]
    pub(crate) fn tokens(&self) -> Vec<Case> {
        let mint = |minter: &Minter, organization, audience, now: Timestamp| {
            let claims = serde_json::Map::new();
            let statement = ada(organization, &claims);
            let minted = minter
                .mint(&statement, audience, now, now.plus(DAY))
                .unwrap();
            minted.value.to_str().unwrap().to_owned()
        };
        let now = self.now;
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let good = mint(&self.minter, "acme", AUDIENCE, now);
        let keys: Value = serde_json::from_slice(&self.minter.key_set()).unwrap();
        let forged = forge::Forger::new(&good, &keys["keys"]);
        let bad = |name, token| Case {
            name,
            token,
            good: false,
        };
        let well = |name, token| Case {
            name,
            token,
            good: true,
        };
        vec![
            well("a good one", good.clone()),
            well(
                "one by the key before",
                mint(&self.minter, "acme", AUDIENCE, now.minus(TURN * 2)),
            ),
            bad(
                "for another audience",
                mint(&self.minter, "acme", "https://other.example.com", now),
            ),
            bad(
                "by another issuer",
                mint(&self.namesake, "acme", AUDIENCE, now),
            ),
            bad(
                "for another organization",
                mint(&self.minter, "globex", AUDIENCE, now),
            ),
            bad(
                "an expired one",
                mint(&self.minter, "acme", AUDIENCE, now.minus(minutes(10))),
            ),
            bad(
                "one from the future",
                mint(&self.minter, "acme", AUDIENCE, now.plus(minutes(10))),
            ),
            bad(
                "with an unknown key id",
                mint(&self.stranger, "acme", AUDIENCE, now),
            ),
            bad("with other claims", forged.with_other_claims()),
            bad("with another signature", forged.with_another_signature()),
            bad("without a signature", forged.without_signature()),
            bad("with alg none", forged.with_alg_none()),
            bad("HS256 by the public key as PEM", forged.hs256_by_pem()),
            bad("HS256 by the public key as JWK", forged.hs256_by_jwk()),
            bad("HS256 by the public point", forged.hs256_by_point()),
            bad(
                "by a key of its own under our key id",
                forged.by_another_key(),
            ),
            bad(
                "by a key of its own in its header",
                forged.by_an_embedded_key(),
            ),
            bad("with a fourth part", format!("{good}.e30")),
            bad("two at once", format!("{good}, {good}")),
            bad("half of one", good[..good.len() / 2].to_owned()),
            bad("nothing", String::new()),
            well("the good one again", good),
        ]
    }

    /// Compares what a sample said with what it should have said.
    pub(crate) fn check(&self, sample: &str, answers: &[String]) {
        let cases = self.tokens();
        assert_eq!(answers.len(), cases.len(), "{sample}: {answers:?}");
        for (case, answer) in cases.iter().zip(answers) {
            let expected = if case.good {
                "yes acc1 acme ada@acme.com"
            } else {
                "no"
            };
            assert_eq!(answer, expected, "{sample}: {}", case.name);
        }
    }

    /// What the samples read.
    fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("SSO_ISSUER", self.issuer.clone()),
            ("SSO_AUDIENCE", AUDIENCE.to_owned()),
            ("SSO_ORGANIZATIONS", ORGANIZATIONS.join(",")),
        ]
    }

    /// Asks a sample in this process, which may block.
    pub(crate) async fn ask<F>(&self, identify: F) -> Vec<String>
    where
        F: Fn(&str, &str) -> Option<Value> + Send + 'static,
    {
        let (cases, issuer) = (self.tokens(), self.issuer.clone());
        let answers = tokio::task::spawn_blocking(move || {
            let answer = |case: &Case| match identify(&case.token, &issuer) {
                Some(claims) => ["sub", "org", "email"]
                    .iter()
                    .fold("yes".to_owned(), |text, name| {
                        text + " " + claims[name].as_str().unwrap()
                    }),
                None => "no".to_owned(),
            };
            cases.iter().map(answer).collect()
        });
        answers.await.unwrap()
    }

    pub(crate) async fn end(self) {
        assert!(self.tasks.finish(Duration::from_secs(10)).await);
    }
}

/// Runs a sample in a process of its own: it believes the good ones, and nobody when the keys cannot be had.
pub(crate) async fn run(sample: &'static str, command: Command) {
    let world = World::new().await;
    let tokens = world.tokens().into_iter().map(|case| case.token).collect();
    let (command, answers) = ask(command, &world, tokens).await;
    world.check(sample, &answers);
    world.end().await;

    let world = World::without_keys().await;
    let good = world.tokens().swap_remove(0).token;
    let (_, answers) = ask(command, &world, vec![good]).await;
    assert_eq!(answers, ["no"], "{sample} without keys");
    world.end().await;
}

async fn ask(mut command: Command, world: &World, tokens: Vec<String>) -> (Command, Vec<String>) {
    command
        .envs(world.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let asked = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let lines = tokens.join("\n") + "\n";
        child
            .stdin
            .take()
            .unwrap()
            .write_all(lines.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        (command, text.lines().map(str::to_owned).collect())
    });
    asked.await.unwrap()
}

async fn open(store: &Arc<dyn Store>, seal: &Seal, issuer: &str, clock: &Arc<Manual>) -> Minter {
    let config = config::Assertion {
        header: HeaderName::from_static("sso-jwt-assertion"),
        algorithm: Algorithm::Es256,
        lifetime: Duration::from_secs(60),
        audience: None,
        rotate_every: DAY * 42,
    };
    let (store, clock, issuer) = (Arc::clone(store), Arc::clone(clock), issuer.to_owned());
    Minter::open(store, seal.clone(), &config, issuer, clock, Metrics::new(0))
        .await
        .unwrap()
}

fn ada<'a>(organization: &'a str, claims: &'a serde_json::Map<String, Value>) -> Statement<'a> {
    Statement {
        account: "acc1",
        organization,
        email: Some("ada@acme.com"),
        email_verified: true,
        name: Some("Ada \"Zoë\", \\ {\"org\":\"globex\"}"),
        preferred_username: None,
        groups: None,
        provider: "idp",
        provider_subject: "1",
        session: "s1",
        authenticated_at: Timestamp::from_seconds(1),
        claims,
    }
}

/// Serves the key set where Doorward does.
async fn publish(listener: TcpListener, minter: Arc<Minter>, status: StatusCode, tasks: Tasks) {
    let stop = tasks.stopping().clone();
    while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
        let (minter, stop) = (Arc::clone(&minter), stop.clone());
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let found = request.uri().path() == "/_sso/jwks.json";
            let body = if status == StatusCode::OK {
                minter.key_set()
            } else {
                Bytes::new()
            };
            let mut response = Response::new(Full::new(body));
            *response.status_mut() = if found { status } else { StatusCode::NOT_FOUND };
            async move { Ok::<_, std::convert::Infallible>(response) }
        });
        tasks.spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            stop.run_until_cancelled(connection).await
        });
    }
}

/// What a program without an HTTP client does.
pub(crate) fn fetch(url: &str) -> Option<String> {
    let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = TcpStream::connect(host).ok()?;
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200 ").then(|| body.to_owned())
}
