//! What an application answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::tasks::Tasks;
use http::{HeaderMap, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::sheet::{Case, Sheet, crumbled};
use crate::support::streams::{self, Said};
use crate::support::wire::until;
use crate::support::world::{ROUTES, SITE};
use crate::support::{Streams, World};

/// What a visitor speaks, and whether the answer comes in crumbs.
const PLAYS: [(Visitor, bool); 4] = [
    (Visitor::One, false),
    (Visitor::One, true),
    (Visitor::Old, false),
    (Visitor::Two, false),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visitor {
    Old,
    One,
    Two,
}

/// What the application does next.
#[derive(Clone, Debug, Default)]
struct Part {
    pieces: Vec<Vec<u8>>,
    ends: bool,
    played: bool,
}

/// An application that answers what it is told, and knows which request came over which connection.
struct Actor {
    address: SocketAddr,
    part: Arc<Mutex<Part>>,
    /// The number of the connection and the request line.
    heard: Arc<Mutex<Vec<(usize, String)>>>,
    tasks: Tasks,
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

impl Actor {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (part, heard): (Arc<Mutex<Part>>, Arc<Mutex<Vec<_>>>) = Default::default();
        let tasks = Tasks::new();
        let (workers, plays, hears) = (tasks.clone(), Arc::clone(&part), Arc::clone(&heard));
        tasks.spawn(async move {
            let stop = workers.stopping().clone();
            let mut number = 0;
            while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
                number += 1;
                let (plays, hears, stop) = (plays.clone(), hears.clone(), stop.clone());
                workers.spawn(async move {
                    let talk = talk(stream, number, &plays, &hears);
                    stop.run_until_cancelled(talk).await;
                });
            }
        });
        Self {
            address,
            part,
            heard,
            tasks,
        }
    }

    fn plays(&self, case: &Case, in_crumbs: bool) {
        let mut case = case.clone();
        case.lines.retain(|line| !line.starts_with('?'));
        let bytes = case.bytes(&[("end", "")]);
        let pieces = if in_crumbs {
            crumbled(&bytes)
        } else {
            vec![bytes]
        };
        let ends = case
            .lines
            .last()
            .is_some_and(|line| line.ends_with("{end}"));
        *self.part.lock().unwrap() = Part {
            pieces,
            ends,
            played: false,
        };
        self.heard.lock().unwrap().clear();
    }

    /// Waits until all of it has been said: what comes only when the next request is under way, nobody can tell from its
    /// answer.
    async fn has_played(&self) {
        until("the answer was played", || self.part.lock().unwrap().played).await;
    }

    /// Over which connection each request came.
    fn heard(&self) -> Vec<(usize, String)> {
        self.heard.lock().unwrap().clone()
    }
}

async fn talk(
    mut stream: TcpStream,
    number: usize,
    part: &Mutex<Part>,
    heard: &Mutex<Vec<(usize, String)>>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            let mut windows = buffer.windows(4);
            if let Some(at) = windows.position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8(buffer.drain(..end).collect()).unwrap();
        let line = head.lines().next().unwrap().to_owned();
        heard.lock().unwrap().push((number, line.clone()));
        if line.contains("/again") {
            let again = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain";
            stream.write_all(again).await.ok()?;
            continue;
        }
        let Part { pieces, ends, .. } = part.lock().unwrap().clone();
        for piece in pieces {
            // Doorward may have had enough.
            if stream.write_all(&piece).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        if ends {
            let _ = stream.shutdown().await;
        }
        part.lock().unwrap().played = true;
    }
}

/// What a visitor made of an answer.
async fn seen(world: &World, visitor: Visitor, method: &str, path: &str) -> String {
    let seen = async {
        match visitor {
            Visitor::One => over_one(world, &format!("{method} {path} HTTP/1.1")).await,
            Visitor::Old => over_one(world, &format!("{method} {path} HTTP/1.0")).await,
            Visitor::Two => over_two(world, method, path).await,
        }
    };
    let seen = timeout(Duration::from_secs(10), seen).await;
    seen.unwrap_or_else(|_| "never ends".to_owned())
}

async fn over_one(world: &World, line: &str) -> String {
    let mut stream = TcpStream::connect(world.broker.address).await.unwrap();
    let ask = format!("{line}\r\nHost: app.example.com\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let in_order = loop {
        match stream.read_buf(&mut bytes).await {
            Ok(0) => break true,
            Ok(_) => {}
            Err(_) => break false,
        }
    };
    judge(&bytes, in_order, line.starts_with("HEAD "))
}

/// Reads an answer as a client does that believes whatever looks complete.
fn judge(bytes: &[u8], in_order: bool, is_head: bool) -> String {
    let mut rest = bytes;
    let mut statuses = String::new();
    loop {
        let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") else {
            return format!("{statuses}broken");
        };
        let head = String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase();
        rest = &rest[end + 4..];
        let status = &head[9..12];
        // How many of a thousand interim answers come is between the client and the packets.
        let again = status.starts_with('1') && statuses.ends_with(&format!("{status} "));
        if !again {
            statuses.push_str(&format!("{status} "));
        }
        let oddity = oddity(&head);
        statuses.push_str(oddity);
        if status.starts_with('1') && status != "101" {
            continue;
        }
        let field = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value)
        };
        let bodiless = is_head || matches!(status, "204" | "304");
        let whole = match (field("content-length"), field("transfer-encoding")) {
            (_, None) | (None, Some(_)) if bodiless => Some(&b""[..]),
            (Some(length), None) => {
                let length: usize = length.parse().unwrap();
                (rest.len() == length).then_some(rest)
            }
            (None, Some("chunked")) => {
                return match chunks(rest) {
                    Some(body) => format!("{statuses}{}", whole(&body)),
                    None => format!("{statuses}broken"),
                };
            }
            (None, None) => in_order.then_some(rest),
            both => panic!("{both:?}"),
        };
        return match whole {
            Some(_) if bodiless && !rest.is_empty() => format!("{statuses}!too much"),
            Some(body) => format!("{statuses}{}", self::whole(body)),
            None => format!("{statuses}broken"),
        };
    }
}

/// What no answer may have.
fn oddity(head: &str) -> &'static str {
    match head {
        _ if head.contains("mallory") => "!forged ",
        _ if head.replace("\r\n", "").contains(['\r', '\n', '\0']) => "!no sound head ",
        _ => "",
    }
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return rest.ends_with(b"\r\n").then_some(body);
        }
        body.extend(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

/// A page of ours differs each time.
fn whole(body: &[u8]) -> String {
    match body {
        b"" => "whole".to_owned(),
        body if body.starts_with(b"{\"type\"") || body.starts_with(b"{\"error\"") => {
            "ours".to_owned()
        }
        body => format!("whole \"{}\"", body.escape_ascii()),
    }
}

async fn over_two(world: &World, method: &str, path: &str) -> String {
    let mut http2 = Streams::open(world.broker.address).await;
    let request = Request::builder()
        .method(method)
        .uri(format!("{SITE}{path}"));
    let mut stream = http2.ask(request);
    let mut statuses = Vec::new();
    let (head, body) = loop {
        match stream.next().await {
            Ok(Said::Interim(said)) => statuses.push(said.status().as_u16()),
            Ok(Said::Final(answer)) => break answer.into_parts(),
            Err(_) => return "broken".to_owned(),
        }
    };
    statuses.push(head.status.as_u16());
    statuses.dedup();
    let said = |fields: &HeaderMap| format!("{fields:?}").contains("mallory");
    let (forged, ending) = match streams::whole(body).await {
        Ok((body, trailers)) => (trailers.is_some_and(|it| said(&it)), whole(&body)),
        Err(_) => (false, "broken".to_owned()),
    };
    let odd = if forged || said(&head.headers) {
        "!forged "
    } else {
        ""
    };
    let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
    format!("{} {odd}{ending}", statuses.join(" "))
}

/// Plays a case to a visitor and has the next one ask. Gives back what the first one saw, and what became of the connection.
async fn play(
    (world, actor): (&World, &Actor),
    case: &Case,
    (visitor, in_crumbs): (Visitor, bool),
) -> (String, String) {
    actor.plays(case, in_crumbs);
    let asked = case.lines.iter().find_map(|line| line.strip_prefix("? "));
    let (method, path) = asked.unwrap_or("GET /open/case").split_once(' ').unwrap();
    let first = seen(world, visitor, method, path).await;
    actor.has_played().await;
    let next = seen(world, Visitor::One, "GET", "/open/again").await;
    assert_eq!(next, "200 whole \"again\"", "after {}: {first}", case.name);
    let (of_next, of_case): (Vec<_>, Vec<_>) = actor
        .heard()
        .into_iter()
        .partition(|(_, line)| line.contains("/again"));
    let again = |(connection, _): &(usize, String)| of_next.iter().any(|(it, _)| it == connection);
    let used = match of_case.len() {
        1 if of_case.iter().any(again) => "serves again".to_owned(),
        1 => "serves nobody else".to_owned(),
        times => format!("asked {times} times"),
    };
    (first, used)
}

/// What came of all plays of a case: one line if all visitors saw the same.
async fn outcome(world: &World, actor: &Actor, case: &Case) -> Vec<String> {
    let (mut found, mut uses) = (Vec::new(), Vec::new());
    for (visitor, in_crumbs) in PLAYS {
        let (seen, used) = play((world, actor), case, (visitor, in_crumbs)).await;
        found.push((visitor, in_crumbs, seen));
        uses.push(used);
    }
    let same = found.iter().all(|(.., seen)| *seen == found[0].2);
    let mut lines: Vec<String> = if same {
        vec![found.remove(0).2]
    } else {
        let lines = found.into_iter();
        let line =
            |(visitor, in_crumbs, seen)| format!("{visitor:?}, in crumbs {in_crumbs}: {seen}");
        lines.map(line).collect()
    };
    uses.dedup();
    lines.push(uses.join(", "));
    lines
}

#[tokio::test]
async fn inv_35_no_answer_looks_complete_that_is_not_and_no_doubtful_connection_serves_again() {
    let sheet = Sheet::read("answers.txt");
    assert!(sheet.cases.len() >= 60, "only {} cases", sheet.cases.len());
    let actor = Actor::start().await;
    let address = actor.address;
    let file = format!("[upstreams.app]\nurl = \"http://{address}\"\n{ROUTES}");
    let world = World::with_logs(&file, "warn").await;
    let mut outcomes = Vec::new();
    for case in &sheet.cases {
        outcomes.push(outcome(&world, &actor, case).await);
    }
    sheet.compare(&outcomes);
    for line in outcomes.iter().flatten() {
        assert!(!line.contains('!') && !line.contains("stolen"), "{line}");
    }
    let logs = world.logs.text();
    assert!(
        !logs.contains("panicked") && !logs.contains("\"level\":\"ERROR\""),
        "{logs}"
    );
    world.end(&[]).await;
}
