//! How long what is open outlives the access to it: from the verdict to the last byte.
//!
//! `cargo bench --bench cuts` opens 1,000 streams of each kind through a Doorward in process, a hundred to a session, while
//! the application goes on sending on every one of them. Then either all sessions are signed out at once, and the time of a
//! stream begins when the sign-out of its session is sent; or the provider, asked again in the background, says no of the
//! person whose they all are, and time begins when it sends that answer. Either way the store's commits are in it. It ends
//! when the client has read the end. Another number of streams: `cargo bench --bench cuts -- 200`. A stream takes four open
//! files (`ulimit -n`). Requests are measured as well, of a few browsers that ask again and again: until the first that is
//! refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a measurement prints and may panic, and the harness is shared with the tests"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use doorward::config::defaults::STREAM_CUT;
use doorward::tasks::Tasks;
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use support::world::{CLIENT_SECRET, ROUTES, url};
use support::{Answer, Browser, H2, World};

/// Streams of one session: as many as a connection of HTTP/2 may have at once, and a round number.
const PER_SESSION: usize = 100;

/// All streams come from one address, more of them than Doorward takes from one by default.
const ROOM: &str = "[server.limits]\nmax_connections_per_address = 20000\n";

/// How often the application sends on every stream.
const BEAT: Duration = Duration::from_millis(100);

/// How often the person is asked about.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// The provider hands out refresh tokens, and is asked by them.
const ASKED: &str = r#"
[providers.acme-idp]
kind = "oidc"
issuer = "{acme}"
client_id = "doorward"
client_secret = "{secret}"
scopes = ["offline_access"]
revalidation = "refresh_token"
"#;

/// What ends the access.
#[derive(Clone, Copy, Debug)]
enum Cause {
    SignOut,
    ProvidersNo,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    WebSocket,
    Events,
    Download,
    Http2,
    Requests,
}

/// Browsers that ask again and again, each with a session of its own. More would measure each other.
const ASKING: usize = 2;

impl Kind {
    /// What the application says first, and what again and again; none where it has said all.
    const fn says(self) -> Option<(&'static str, &'static [u8])> {
        let says: (_, &[u8]) = match self {
            Self::WebSocket => (
                "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                b"\x81\x05hello",
            ),
            Self::Events | Self::Http2 => (
                "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"d\r\ndata: hello\n\n\r\n",
            ),
            Self::Download => (
                "HTTP/1.1 200 X\r\nContent-Length: 1000000000\r\n\r\n",
                &[b'x'; 1024],
            ),
            Self::Requests => return None,
        };
        Some(says)
    }

    const fn fields(self) -> &'static str {
        match self {
            Self::WebSocket => {
                "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://app.example.com\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            }
            Self::Events | Self::Download | Self::Http2 | Self::Requests => "",
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let number = std::env::args().find_map(|word| word.parse().ok());
    let number: usize = number.unwrap_or(1_000);
    println!("cause        kind        streams  median ms  worst ms");
    for cause in [Cause::SignOut, Cause::ProvidersNo] {
        for kind in [
            Kind::WebSocket,
            Kind::Events,
            Kind::Download,
            Kind::Http2,
            Kind::Requests,
        ] {
            let mut times = match kind {
                Kind::Requests => measure(cause, kind, ASKING, 1).await,
                _ => measure(cause, kind, number, PER_SESSION).await,
            };
            times.sort_unstable();
            let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
            println!(
                "{:<11}  {:<10}  {:>7}  {:>9.1}  {:>8.1}",
                format!("{cause:?}"),
                format!("{kind:?}"),
                times.len(),
                median.as_secs_f64() * 1e3,
                worst.as_secs_f64() * 1e3
            );
            anyhow::ensure!(worst <= STREAM_CUT, "{kind:?} outlived stream_cut");
        }
    }
    Ok(())
}

/// Opens the streams, ends the access to them, and says how long each went on.
async fn measure(cause: Cause, kind: Kind, number: usize, per_session: usize) -> Vec<Duration> {
    let asked = ASKED.replace("{secret}", CLIENT_SECRET);
    let world = World::with(&[ROUTES, ROOM, &asked].concat()).await;
    let tasks = Tasks::new();
    speak(kind, &world, &tasks);
    let mut sessions = Vec::new();
    for first in (0..number).step_by(per_session) {
        let (mut browser, _) = world.signed_in().await;
        let mut h2 = H2::open(world.broker.address).await;
        let mut ends = Vec::new();
        for _ in first..number.min(first + per_session) {
            ends.push(open(kind, &browser, &mut h2, &tasks).await);
        }
        let csrf = browser.get(&url("/_sso/logout")).await.input("csrf");
        sessions.push((browser, csrf, ends));
    }
    let times = match cause {
        Cause::SignOut => join_all(sessions.into_iter().map(end)).await.concat(),
        Cause::ProvidersNo => refuse(&world, sessions).await,
    };
    assert!(tasks.finish(Duration::from_secs(10)).await, "work is left");
    world.end(&[]).await;
    times
}

type Ends = Vec<JoinHandle<Instant>>;

/// Signs out, and waits for the end of everything that the session had open.
async fn end((mut browser, csrf, ends): (Browser, String, Ends)) -> Vec<Duration> {
    let verdict = Instant::now();
    let signed_out = browser.post(&url("/_sso/logout"), &[("csrf", &csrf)]).await;
    assert!(signed_out.status < 400, "{}", signed_out.text);
    let ends = join_all(ends).await.into_iter();
    ends.map(|end| end.unwrap().duration_since(verdict))
        .collect()
}

/// Lets the provider say no of everybody, and waits for the end of everything.
async fn refuse(world: &World, sessions: Vec<(Browser, String, Ends)>) -> Vec<Duration> {
    let verdict: Arc<OnceLock<Instant>> = Arc::default();
    let said = Arc::clone(&verdict);
    world.acme.on_refresh(move |_| {
        said.get_or_init(Instant::now);
        let no = r#"{"error":"invalid_grant"}"#;
        Answer::new(400, "application/json", no)
    });
    world.later(INTERVAL);
    let all = sessions.into_iter().flat_map(|(_, _, ends)| ends);
    let ends: Vec<Instant> = join_all(all)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let verdict = *verdict.get().expect("the provider was asked");
    let times = ends.into_iter().map(|end| end.duration_since(verdict));
    times.collect()
}

/// Makes the application speak on every stream that comes, again and again.
fn speak(kind: Kind, world: &World, tasks: &Tasks) {
    let Some((head, words)) = kind.says() else {
        let ok = |_: &_| Answer::new(200, "text/plain", "ok");
        return world.application.answer("/stream", ok);
    };
    let voices: Arc<Mutex<Vec<mpsc::Sender<Vec<u8>>>>> = Arc::default();
    let all = Arc::clone(&voices);
    world.application.answer("/stream", move |_| {
        let (voice, ear) = mpsc::channel(8);
        let first = [head.as_bytes(), words].concat();
        voice.try_send(first).unwrap();
        voices.lock().unwrap().push(voice);
        Answer::Stream(ear)
    });
    let stop = tasks.stopping().clone();
    tasks.spawn(async move {
        let mut beat = tokio::time::interval(BEAT);
        while stop.run_until_cancelled(beat.tick()).await.is_some() {
            // One that is full has been cut, or takes the next word.
            let say = |voice: &mpsc::Sender<Vec<u8>>| voice.try_send(words.to_vec());
            all.lock().unwrap().iter().map(say).for_each(drop);
        }
    });
}

/// Opens a stream, waits until something has come, and reads on to the end.
async fn open(kind: Kind, browser: &Browser, h2: &mut H2, tasks: &Tasks) -> JoinHandle<Instant> {
    if matches!(kind, Kind::Http2) {
        let request = http::Request::get("http://app.example.com/stream")
            .header("cookie", browser.cookie_field("app.example.com"));
        let mut body = h2.begin(request).await.into_body();
        body.frame().await.unwrap().unwrap();
        return tasks.spawn(async move {
            loop {
                match body.frame().await {
                    Some(Ok(_)) => {}
                    Some(Err(_)) => return Instant::now(),
                    None => panic!("it ended as if it were complete"),
                }
            }
        });
    }
    let mut line = browser.open("GET /stream", kind.fields()).await;
    if matches!(kind, Kind::Requests) {
        let again = browser.head("GET /stream", "");
        return tasks.spawn(async move {
            while line.answer().await.expect("it answers").status() == 200 {
                line.send(&again).await;
            }
            Instant::now()
        });
    }
    line.head().await;
    line.bytes(1).await;
    tasks.spawn(async move {
        if matches!(kind, Kind::WebSocket) {
            line.until("access ended").await;
            line.send(b"\x88\x82\0\0\0\0\x03\xf0").await;
        }
        let rest = line.rest().await;
        assert!(!rest.ends_with("0\r\n\r\n"), "it looks complete");
        Instant::now()
    })
}
