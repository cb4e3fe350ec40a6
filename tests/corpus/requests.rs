//! What visitors send.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::Either;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::behind::Behind;
use crate::sheet::{Case, Sheet, crumbled, split_after};
use crate::support::World;
use crate::support::world::ONE;

/// How the bytes of a stream arrive.
#[derive(Clone, Copy, Debug)]
enum Delivery {
    Whole,
    ByteByByte,
    /// A piece ends with each carriage return.
    BetweenCrAndLf,
    /// A piece ends with each line feed, and the next one takes its time.
    WithPauses,
}

const DELIVERIES: [Delivery; 4] = [
    Delivery::Whole,
    Delivery::ByteByByte,
    Delivery::BetweenCrAndLf,
    Delivery::WithPauses,
];

impl Delivery {
    fn pieces(self, bytes: &[u8]) -> Vec<Vec<u8>> {
        match self {
            Self::Whole => vec![bytes.to_vec()],
            Self::ByteByByte => crumbled(bytes),
            Self::BetweenCrAndLf => split_after(bytes, b'\r'),
            Self::WithPauses => split_after(bytes, b'\n'),
        }
    }

    /// Between two pieces: long enough to be read one by one.
    const fn pause(self) -> Duration {
        match self {
            Self::WithPauses => Duration::from_millis(15),
            Self::Whole | Self::ByteByByte | Self::BetweenCrAndLf => Duration::from_millis(1),
        }
    }
}

/// A Doorward with somebody signed in, and the application that writes down.
struct Stage {
    world: World,
    behind: Behind,
    cookies: String,
    tls: Option<TlsConnector>,
}

const LISTEN: &str = "public_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n";

impl Stage {
    async fn new() -> Self {
        let behind = Behind::start().await;
        let address = behind.address;
        let file = format!("[server]\n{LISTEN}[upstreams.app]\nurl = \"http://{address}\"\n{ONE}");
        let world = World::with_logs(&file, "warn").await;
        let (browser, _) = world.signed_in().await;
        let cookies = browser.cookie_field("app.example.com");
        behind.of("");
        Self {
            world,
            behind,
            cookies,
            tls: None,
        }
    }

    /// The same behind TLS; who has signed in stays so.
    async fn over_tls(self, folder: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["app.example.com".to_owned()]).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let folder = folder.display();
        let tls = format!(
            "{LISTEN}[server.tls]\ncertificate = \"{folder}/cert.pem\"\nkey = \"{folder}/key.pem\"\n"
        );
        Self {
            world: self.world.restart_with(LISTEN, &tls).await,
            tls: Some(TlsConnector::from(Arc::new(config))),
            ..self
        }
    }

    /// Plays a stream; says what came of it.
    async fn play(&self, number: usize, case: &Case, delivery: Delivery) -> Vec<String> {
        let tag = format!("{number}-{delivery:?}");
        let cookie = format!("X-Case: {tag}\r\nCookie: {}\r\n", self.cookies);
        let who = format!("Host: app.example.com\r\n{cookie}");
        let next = format!("GET /next HTTP/1.1\r\n{who}\r\n");
        let last = format!("GET /last HTTP/1.1\r\n{who}Connection: close\r\n\r\n");
        let words = [("who", &*who), ("cookie", &cookie), ("next", &next)];
        let pieces = delivery.pieces(&case.bytes(&words));
        let stream = TcpStream::connect(self.world.broker.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = match &self.tls {
            None => Either::Left(stream),
            Some(tls) => {
                let name = ServerName::try_from("app.example.com").unwrap();
                Either::Right(tls.connect(name, stream).await.unwrap())
            }
        };
        let (answers, closed) = match stream {
            Either::Left(stream) => exchange(stream, &pieces, delivery, &last).await,
            Either::Right(stream) => exchange(stream, &pieces, delivery, &last).await,
        };
        let mut heard = self.behind.of(&tag);
        let mut answers = statuses(&answers);
        let end = match (closed, heard.last().map(String::as_str)) {
            (_, Some("GET /last")) => {
                heard.pop();
                assert_eq!(answers.pop().as_deref(), Some("200"), "{}", case.name);
                "open"
            }
            (true, _) => "closed",
            (false, _) => "waiting",
        };
        let heard = heard.into_iter().map(|it| format!("heard {it}"));
        std::iter::once(format!("{} {end}", answers.join(" ")).trim().to_owned())
            .chain(heard)
            .collect()
    }
}

/// Sends the pieces; then, if the connection stays, a sound request that ends it. Gives back what was answered, and whether
/// the other side has closed.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite,
    pieces: &[Vec<u8>],
    delivery: Delivery,
    last: &str,
) -> (Vec<u8>, bool) {
    let (mut read, mut write) = tokio::io::split(stream);
    let mut answers = Vec::new();
    let reading = async {
        // A reset is an end too.
        while matches!(read.read_buf(&mut answers).await, Ok(1..)) {}
    };
    let sending = async {
        for piece in pieces {
            // Who refuses may have closed before the end.
            if write.write_all(piece).await.is_err() || write.flush().await.is_err() {
                break;
            }
            tokio::time::sleep(delivery.pause()).await;
        }
        tokio::time::sleep(SETTLED).await;
        let _ = write.write_all(last.as_bytes()).await;
        let _ = write.flush().await;
        tokio::time::sleep(STUCK).await;
    };
    let closed = tokio::select! {
        () = reading => true,
        () = sending => false,
    };
    (answers, closed)
}

/// After what was sent has come to something.
const SETTLED: Duration = Duration::from_millis(50);

/// After which whoever has said nothing waits for more.
const STUCK: Duration = Duration::from_secs(5);

/// The status of every answer. What is no HTTP/1 is told by what it is.
fn statuses(answers: &[u8]) -> Vec<String> {
    if answers.get(3) == Some(&4) && answers.starts_with(b"\0\0") {
        return vec!["frames".to_owned()];
    }
    let text = String::from_utf8_lossy(answers);
    let starts = text.match_indices("HTTP/1.");
    let status = starts.filter_map(|(at, _)| text.get(at + 9..at + 12));
    // Whether the body is still asked for depends on whether it is there already.
    status
        .filter(|status| *status != "100")
        .map(str::to_owned)
        .collect()
}

/// Plays all cases in all deliveries, some at a time. Gives back what each came to, and for how many of them it made a
/// difference how they arrived.
async fn outcomes(stage: &Stage, cases: &[(usize, &Case)]) -> (Vec<Vec<String>>, usize) {
    let plays = cases
        .iter()
        .flat_map(|case| DELIVERIES.map(|delivery| (*case, delivery)));
    let plays = plays.map(|((number, case), delivery)| async move {
        (number, delivery, stage.play(number, case, delivery).await)
    });
    let played: Vec<_> = futures_util::stream::iter(plays)
        .buffered(64)
        .collect()
        .await;
    let mut outcomes: BTreeMap<usize, Vec<(Delivery, Vec<String>)>> = BTreeMap::new();
    for (number, delivery, outcome) in played {
        outcomes
            .entry(number)
            .or_default()
            .push((delivery, outcome));
    }
    let mut disagreeing = 0;
    for ((_, case), all) in cases.iter().zip(outcomes.values()) {
        if all.iter().any(|(_, outcome)| *outcome != all[0].1) {
            disagreeing += 1;
            eprintln!("## {}\ndeliveries disagree: {all:#?}", case.name);
        }
    }
    let first = outcomes.into_values().map(|mut all| all.remove(0).1);
    (first.collect(), disagreeing)
}

/// What must be so whatever the sheet says.
fn is_kept(outcomes: &[Vec<String>]) {
    for line in outcomes.iter().flatten() {
        assert!(!line.contains(" !"), "{line}");
        assert!(!line.contains(" 500") && !line.starts_with("500"), "{line}");
    }
}

async fn end(stage: Stage) {
    let strangers = stage.behind.others();
    assert!(strangers.is_empty(), "nobody asked for {strangers:?}");
    let logs = stage.world.logs.text();
    assert!(
        !logs.contains("panicked") && !logs.contains("\"level\":\"ERROR\""),
        "{logs}"
    );
    stage.world.end(&[]).await;
}

/// Behind a name, of a case whose bytes mean something else over TLS.
const IN_CLEAR: &str = ", in clear";

#[tokio::test]
async fn inv_35_every_stream_of_the_corpus_has_one_reading() {
    let sheet = Sheet::read("requests.txt");
    let cases: Vec<(usize, &Case)> = sheet.cases.iter().enumerate().collect();
    assert!(cases.len() >= 80, "only {} cases", cases.len());
    let stage = Stage::new().await;
    let (outcomes, disagreeing) = outcomes(&stage, &cases).await;
    sheet.compare(&outcomes);
    assert_eq!(disagreeing, 0, "it makes a difference how the bytes arrive");
    is_kept(&outcomes);
    end(stage).await;
}

#[tokio::test]
async fn inv_35_and_the_same_one_over_tls() {
    let sheet = Sheet::read("requests.txt");
    let cases = sheet.cases.iter().enumerate();
    let cases: Vec<(usize, &Case)> = cases
        .filter(|(_, case)| !case.name.ends_with(IN_CLEAR))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::new().await.over_tls(folder.path()).await;
    let (outcomes, disagreeing) = outcomes(&stage, &cases).await;
    for ((_, case), outcome) in cases.iter().zip(&outcomes) {
        assert_eq!(*outcome, case.expected, "{}", case.name);
    }
    assert_eq!(disagreeing, 0, "it makes a difference how the bytes arrive");
    is_kept(&outcomes);
    end(stage).await;
}
