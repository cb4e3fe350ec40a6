//! HTTP/1.1 as bytes: a server that records exactly what came, and answers exactly what it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::tasks::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Everything up to the empty line.
    pub head: String,
    /// The body with its framing, trailers included.
    pub raw_body: Vec<u8>,
    /// The body without.
    pub body: Vec<u8>,
}

impl Heard {
    /// The status of a response.
    pub fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        let text = self.text();
        assert_eq!(self.status(), status, "{}{text}", self.head);
        self
    }

    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap()
    }

    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub fn path(&self) -> &str {
        self.target().split('?').next().unwrap()
    }

    /// Parameters of the query.
    pub fn query(&self) -> BTreeMap<String, String> {
        let query = self.target().split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// Fields of the form in the body.
    pub fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Every value of a header field, in order.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        values(&self.head, name)
    }

    /// The value of a field that is there at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let all = self.fields(name);
        assert!(
            all.len() <= 1,
            "{name} came {} times: {}",
            all.len(),
            self.head
        );
        all.first().copied()
    }

    /// The names of all fields, as they were written.
    pub fn names(&self) -> Vec<&str> {
        let fields = self.head.lines().skip(1);
        fields
            .filter_map(|line| Some(line.split_once(':')?.0))
            .collect()
    }
}

/// Every value of a field in a head.
pub fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect()
}

/// What is sent back.
#[derive(Debug)]
pub enum Answer {
    /// Exactly these bytes; the connection stays open.
    Bytes(Vec<u8>),
    /// Exactly these bytes, then the end of the connection.
    Last(Vec<u8>),
    /// These bytes as they come, then the end of the connection.
    Stream(mpsc::Receiver<Vec<u8>>),
    /// These bytes; then every byte that comes is sent back.
    Echo(Vec<u8>),
    /// Nothing, until the other side leaves.
    Silence,
}

impl Answer {
    pub fn new(status: u16, kind: &str, body: &str) -> Self {
        Self::with(status, &format!("Content-Type: {kind}\r\n"), body)
    }

    /// With further header lines, each ended by CRLF.
    pub fn with(status: u16, fields: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{fields}Content-Length: {length}\r\n\r\n");
        Self::Bytes([head.as_bytes(), body.as_bytes()].concat())
    }

    pub fn json(body: &serde_json::Value) -> Self {
        Self::new(200, "application/json", &body.to_string())
    }

    pub fn redirect(to: &str) -> Self {
        Self::with(302, &format!("Location: {to}\r\n"), "")
    }
}

type Handler = Arc<dyn Fn(&Heard) -> Answer + Send + Sync>;

/// A server on loopback. Dropping it ends its connections.
pub struct Server {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    tasks: Tasks,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

impl Server {
    /// Answers every request as `handler` says, once its body is there.
    pub async fn start(handler: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tasks, heard) = (Tasks::new(), Arc::new(Mutex::new(Vec::new())));
        let handler: Handler = Arc::new(handler);
        let (workers, record) = (tasks.clone(), Arc::clone(&heard));
        tasks.spawn(async move {
            let stop = workers.stopping().clone();
            while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (stop, handler, record) = (stop.clone(), handler.clone(), record.clone());
                workers.spawn(async move {
                    stop.run_until_cancelled(talk(stream, handler, record))
                        .await;
                });
            }
        });
        Self {
            address,
            heard,
            tasks,
        }
    }

    /// Everything that came, oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Forgets what came.
    pub fn forget(&self) {
        self.heard.lock().unwrap().clear();
    }
}

async fn talk(
    mut stream: TcpStream,
    handler: Handler,
    record: Arc<Mutex<Vec<Heard>>>,
) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let heard = read_message(&mut stream, &mut buffer, true).await?;
        let answer = handler(&heard);
        record.lock().unwrap().push(heard);
        match answer {
            Answer::Bytes(bytes) => stream.write_all(&bytes).await.ok()?,
            Answer::Last(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                return stream.shutdown().await.ok();
            }
            Answer::Stream(mut parts) => {
                let (mut read, mut write) = stream.split();
                let gone = async { while read.read_buf(&mut buffer).await.is_ok_and(|n| n > 0) {} };
                let send = async {
                    while let Some(part) = parts.recv().await {
                        write.write_all(&part).await.ok()?;
                    }
                    write.shutdown().await.ok()
                };
                tokio::select! {
                    sent = send => return sent,
                    () = gone => return None,
                }
            }
            Answer::Echo(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.write_all(&buffer).await.ok()?;
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await.ok()?;
                return None;
            }
            Answer::Silence => while stream.read_buf(&mut buffer).await.ok()? > 0 {},
        }
    }
}

/// Reads one message: its head, then its body as the head frames it. A response without length goes on to the end.
pub async fn read_message(
    stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin),
    buffer: &mut Vec<u8>,
    is_request: bool,
) -> Option<Heard> {
    let end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer.drain(..end).collect::<Vec<_>>()).into_owned();
    if is_request && !values(&head, "expect").is_empty() {
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .await
            .ok()?;
    }
    let mut message = Heard {
        head,
        ..Heard::default()
    };
    if message.fields("transfer-encoding").contains(&"chunked") {
        read_chunks(stream, buffer, &mut message).await?;
        return Some(message);
    }
    let bodiless = [" 204 ", " 304 ", " 101 "]
        .iter()
        .any(|code| message.head.get(8..13) == Some(code));
    let length = match message.fields("content-length").first() {
        Some(length) => length.parse().unwrap(),
        None if is_request || bodiless => 0,
        None => {
            while more(stream, buffer).await.is_some() {}
            buffer.len()
        }
    };
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    message.raw_body = buffer.drain(..length).collect();
    message.body.clone_from(&message.raw_body);
    Some(message)
}

/// RFC 9112 §7.1, as far as well-behaved peers go.
async fn read_chunks(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    message: &mut Heard,
) -> Option<()> {
    loop {
        let line = read_line(stream, buffer, message).await?;
        let size = usize::from_str_radix(line.split(';').next().unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        while buffer.len() < size + 2 {
            more(stream, buffer).await?;
        }
        let chunk: Vec<u8> = buffer.drain(..size + 2).collect();
        message.raw_body.extend(&chunk);
        message.body.extend(&chunk[..size]);
    }
    while !read_line(stream, buffer, message).await?.is_empty() {}
    Some(())
}

async fn read_line(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    message: &mut Heard,
) -> Option<String> {
    let end = loop {
        if let Some(at) = find(buffer, b"\r\n") {
            break at + 2;
        }
        more(stream, buffer).await?;
    };
    let line: Vec<u8> = buffer.drain(..end).collect();
    message.raw_body.extend(&line);
    Some(String::from_utf8_lossy(&line[..end - 2]).into_owned())
}

async fn more(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Option<()> {
    (stream.read_buf(buffer).await.ok()? > 0).then_some(())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// The longest that anything in a test may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something is so, and says what if it never is.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, wait).await.is_ok(),
        "never happened: {what}"
    );
}

/// Sends bytes as they are, ends the sending side if asked, and reads to the end of the connection.
pub async fn send_raw(address: SocketAddr, bytes: &[u8]) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The other side may refuse and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .expect("the connection stayed open")
}
