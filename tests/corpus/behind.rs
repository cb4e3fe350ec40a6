//! An application that takes nothing on trust: it writes down whatever came whole, and what is not as Doorward promises.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use doorward::tasks::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it says to everybody.
pub const HELLO: &str = "hello from the application";

/// A request that came whole.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Whose it is, as `X-Case` says.
    pub case: String,
    /// Method, target, body and trailers.
    pub what: String,
}

/// One that serves until it is dropped.
pub struct Behind {
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
    tasks: Tasks,
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

impl Behind {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tasks, taken) = (Tasks::new(), Arc::new(Mutex::new(Vec::new())));
        let (workers, record) = (tasks.clone(), Arc::clone(&taken));
        tasks.spawn(async move {
            let stop = workers.stopping().clone();
            while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (stop, record) = (stop.clone(), Arc::clone(&record));
                let mut line = Line {
                    stream,
                    buffer: Vec::new(),
                };
                workers.spawn(async move {
                    stop.run_until_cancelled(async {
                        while line.serve(&record).await.is_some() {}
                    })
                    .await;
                });
            }
        });
        Self {
            address,
            taken,
            tasks,
        }
    }

    /// Takes out what belongs to a case.
    pub fn of(&self, case: &str) -> Vec<String> {
        let mut all = self.taken.lock().unwrap();
        let (of, others) = all.drain(..).partition(|taken| taken.case == case);
        *all = others;
        let of: Vec<Taken> = of;
        of.into_iter().map(|taken| taken.what).collect()
    }

    /// What belongs to nobody.
    pub fn others(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    /// One request; none if the connection ends.
    async fn serve(&mut self, record: &Mutex<Vec<Taken>>) -> Option<()> {
        let head = self.until(b"\r\n\r\n").await?;
        let head = Head::read(&head);
        if !head.all("expect").is_empty() {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            self.stream.write_all(go_on).await.ok()?;
        }
        let line = head.line.trim_end_matches(" HTTP/1.1");
        let mut what = line
            .get(..80)
            .map_or(line.to_owned(), |start| format!("{start}…"));
        match (head.all("content-length"), head.all("transfer-encoding")) {
            (lengths, codings) if lengths.is_empty() && codings.is_empty() => {}
            (lengths, codings) if lengths.len() == 1 && codings.is_empty() => {
                let body = self.take(lengths[0].parse().unwrap()).await?;
                what.push_str(&shown(&body));
            }
            (lengths, codings) if lengths.is_empty() && codings == ["chunked"] => {
                let (body, trailers) = self.chunks().await?;
                what.push_str(&shown(&body));
                what.extend(trailers.iter().map(|it| format!(" + {it}")));
            }
            both => what.push_str(&format!(" !framed by {both:?}")),
        }
        what.extend(head.oddities().iter().map(|it| format!(" !{it}")));
        if what.contains("mallory") {
            what.push_str(" !forged");
        }
        let case = head.case();
        record.lock().unwrap().push(Taken { case, what });
        let upgrade = head.all("upgrade");
        if !upgrade.is_empty() {
            let yes = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
            self.stream.write_all(yes).await.ok()?;
            while self.stream.read_buf(&mut self.buffer).await.ok()? > 0 {}
            return None;
        }
        let length = HELLO.len();
        let answer = if head.line.starts_with("HEAD ") {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")
        } else {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{HELLO}")
        };
        self.stream.write_all(answer.as_bytes()).await.ok()
    }

    async fn until(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        loop {
            let mut windows = self.buffer.windows(mark.len());
            if let Some(at) = windows.position(|window| window == mark) {
                return Some(self.buffer.drain(..at + mark.len()).collect());
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < count {
            self.more().await?;
        }
        Some(self.buffer.drain(..count).collect())
    }

    async fn chunks(&mut self) -> Option<(Vec<u8>, Vec<String>)> {
        let (mut body, mut trailers) = (Vec::new(), Vec::new());
        loop {
            let line = self.until(b"\r\n").await?;
            let size = std::str::from_utf8(&line).unwrap().trim_end();
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                break;
            }
            let chunk = self.take(size + 2).await?;
            assert!(chunk.ends_with(b"\r\n"));
            body.extend(&chunk[..size]);
        }
        loop {
            let line = self.until(b"\r\n").await?;
            match String::from_utf8_lossy(&line).trim_end() {
                "" => return Some((body, trailers)),
                trailer => trailers.push(trailer.to_owned()),
            }
        }
    }

    async fn more(&mut self) -> Option<()> {
        (self.stream.read_buf(&mut self.buffer).await.ok()? > 0).then_some(())
    }
}

fn shown(body: &[u8]) -> String {
    let start = &body[..body.len().min(40)];
    let more = if start.len() < body.len() { "…" } else { "" };
    format!(" \"{}{more}\"", start.escape_ascii())
}

/// A head as the strictest reader has it.
struct Head {
    line: String,
    fields: Vec<(String, String)>,
    odd: bool,
}

impl Head {
    fn read(head: &[u8]) -> Self {
        let text = String::from_utf8_lossy(head).into_owned();
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap().to_owned();
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let odd = text.replace("\r\n", "").contains(['\r', '\n', '\0'])
            || line.matches(' ').count() != 2
            || lines.iter().any(|line| {
                let name = line.split(':').next().unwrap();
                let token =
                    |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
                !line.contains(':') || name.is_empty() || !name.bytes().all(token)
            });
        let fields = lines.iter().filter_map(|line| line.split_once(':'));
        let fields =
            fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Self {
            fields: fields.collect(),
            line,
            odd,
        }
    }

    /// Every value of a field, with names folded as careless servers do.
    fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.fields.iter();
        let fields = fields.filter(|(known, _)| known.replace('_', "-") == name);
        fields.map(|(_, value)| value.as_str()).collect()
    }

    fn case(&self) -> String {
        self.all("x-case").concat()
    }

    /// What is not as promised (threat model 30 to 33, 35).
    fn oddities(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.odd {
            found.push("no sound head".to_owned());
        }
        for (name, expected) in [
            ("remote-email", "ada@acme.com"),
            ("host", "app.example.com"),
            ("x-forwarded-host", "app.example.com"),
        ] {
            let all = self.all(name);
            if all != [expected] {
                found.push(format!("{name}: {all:?}"));
            }
        }
        let names = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        found.extend(names.filter(|it| it.contains("mallory")));
        if self.all("cookie").concat().contains("__Host-") {
            found.push("our cookie".to_owned());
        }
        found
    }
}
