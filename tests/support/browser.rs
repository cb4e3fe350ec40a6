//! A browser as far as sign-in can tell: cookies by the rules, redirects, the fields that say who asks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::clock::{Clock, Timestamp};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use url::Url;

use super::Line;
use super::crawler::Shown;
use super::wire::{Heard, PATIENCE, read_message, values};

/// A page or another answer.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Page {
    /// The values of a header field.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        values(&self.head, name)
    }

    /// The value of a header field that is there at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let all = self.fields(name);
        assert!(all.len() <= 1, "{name} is there {} times", all.len());
        all.first().copied()
    }

    /// The name of the problem that it tells of, or of what it is otherwise, if Doorward made it.
    pub fn kind(&self) -> Option<&str> {
        self.field("sso-generated")
    }

    /// Where a redirect leads, or the page that moves on by itself.
    pub fn leads_to(&self) -> Option<Url> {
        let to = match self.field("location") {
            Some(location) => location.to_owned(),
            None => {
                let (_, rest) = self
                    .text
                    .split_once("http-equiv=\"refresh\" content=\"0; url=")?;
                unescape(rest.split('"').next().unwrap())
            }
        };
        Some(self.url.join(&to).unwrap())
    }

    /// The value of an input on the page.
    pub fn input(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let (_, rest) = self
            .text
            .split_once(&mark)
            .unwrap_or_else(|| panic!("no {name} on {}", self.text));
        unescape(rest.split('"').next().unwrap())
    }

    /// Every hidden input of the page.
    pub fn hidden(&self) -> Vec<(String, String)> {
        let inputs = self.text.split("<input type=\"hidden\" name=\"").skip(1);
        let pair = |input: &str| {
            let mut parts = input.split('"');
            let name = parts.next().unwrap().to_owned();
            (name, unescape(parts.nth(1).unwrap()))
        };
        inputs.map(pair).collect()
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(
            self.status, status,
            "{} answered {}\n{}",
            self.url, self.head, self.text
        );
        self
    }

    /// The path and query of the page.
    pub fn path(&self) -> String {
        self.url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
    }
}

/// A form and the fields that come with it.
fn encoded(url: &Url, from: From, form: &[(&str, &str)]) -> (String, String) {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let origin = match from {
        From::SameOrigin => url.origin().ascii_serialization(),
        From::Nobody | From::CrossSite => "https://evil.example".to_owned(),
    };
    let length = body.len();
    let fields = format!(
        "Origin: {origin}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
    );
    (fields, body)
}

/// Text of a page as it is meant.
pub fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').expect("an unfinished reference");
        let number = name
            .strip_prefix('#')
            .map(|number| match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).unwrap(),
                None => number.parse().unwrap(),
            });
        plain.push(match (name, number) {
            ("amp", _) => '&',
            ("quot", _) => '"',
            ("lt", _) => '<',
            ("gt", _) => '>',
            (_, Some(number)) => char::from_u32(number).unwrap(),
            (_, None) => panic!("what is &{name};?"),
        });
        plain.push_str(rest);
    }
    plain
}

/// Who made the browser send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The person, by typing or by a bookmark.
    Nobody,
    /// A page of the same origin.
    SameOrigin,
    /// A page of somebody else.
    CrossSite,
}

/// A browser: cookies by host, and one broker behind every name that is not an address.
#[derive(Clone, Debug)]
pub struct Browser {
    broker: SocketAddr,
    clock: Arc<dyn Clock>,
    /// By host and name.
    cookies: BTreeMap<(String, String), Kept>,
    /// What it sends in `User-Agent`, if anything.
    pub name: Option<String>,
    /// What it or something in front adds to every request: lines, each ended by CRLF.
    pub in_front: String,
    /// Every page of ours that was shown, and to whom; clones add to the same.
    pub told: Arc<Mutex<Vec<Shown>>>,
}

/// A cookie in the jar.
#[derive(Clone, Debug)]
struct Kept {
    value: String,
    until: Timestamp,
}

impl Browser {
    pub fn new(broker: SocketAddr, clock: Arc<dyn Clock>) -> Self {
        Self {
            broker,
            clock,
            cookies: BTreeMap::new(),
            name: None,
            in_front: String::new(),
            told: Arc::default(),
        }
    }

    /// The same, which calls itself by that name.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self.in_front = format!("User-Agent: {name}\r\n");
        self
    }

    /// The same as it is now, whose pages from here on are nobody's business.
    pub fn unobserved(&self) -> Self {
        Self {
            told: Arc::default(),
            ..self.clone()
        }
    }

    /// After a restart of the broker.
    pub fn now_at(&mut self, broker: SocketAddr) {
        self.broker = broker;
    }

    /// Loads a page; follows nothing.
    pub async fn get(&mut self, url: &str) -> Page {
        self.send("GET", url, From::Nobody, true, None).await
    }

    /// The same by a link on somebody else's page.
    pub async fn get_from_elsewhere(&mut self, url: &str) -> Page {
        self.send("GET", url, From::CrossSite, true, None).await
    }

    /// Loads a page and follows where it leads, as far as the first page to look at.
    pub async fn visit(&mut self, url: &str) -> Page {
        let first = self.get(url).await;
        self.follow(first).await
    }

    /// Follows where a page leads, as far as the first page to look at.
    pub async fn follow(&mut self, mut page: Page) -> Page {
        // Once another site was on the way, everything that follows comes from there (Fetch Metadata §2.3).
        let mut from = From::SameOrigin;
        for _ in 0..20 {
            let Some(next) = page.leads_to() else {
                return page;
            };
            if next.origin() != page.url.origin() {
                from = From::CrossSite;
            }
            page = self.send("GET", next.as_str(), from, true, None).await;
        }
        panic!("more than 20 redirects, the last to {}", page.url);
    }

    /// Goes to sign-in by this URL of ours, answers at the provider, and gives back the callback's URL without opening it.
    pub async fn away_and_back(&mut self, door: &str) -> String {
        let mut page = self.get(door).await;
        loop {
            let next = page
                .leads_to()
                .unwrap_or_else(|| panic!("{} leads nowhere\n{}", page.url, page.text));
            if next.path().starts_with("/_sso/callback/") {
                return next.into();
            }
            page = self.get(next.as_str()).await;
        }
    }

    /// What a script of the same page fetches.
    pub async fn fetch(&mut self, url: &str) -> Page {
        self.send("GET", url, From::SameOrigin, false, None).await
    }

    /// Sends a form of the page it is on.
    pub async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Page {
        self.send("POST", url, From::SameOrigin, true, Some(form))
            .await
    }

    /// Presses one of the buttons of the page that asks whether to add a way to sign in, and goes on.
    pub async fn answer(&mut self, asked: &Page, answer: &str) -> Page {
        let mut fields = asked.hidden();
        fields.push(("answer".to_owned(), answer.to_owned()));
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let page = self.post(asked.url.as_str(), &fields).await;
        self.follow(page).await
    }

    /// Sends a form that stands on somebody else's page.
    pub async fn post_from_elsewhere(&mut self, url: &str, form: &[(&str, &str)]) -> Page {
        self.send("POST", url, From::CrossSite, true, Some(form))
            .await
    }

    /// Host, name and value of every cookie that has not expired.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let now = self.clock.now();
        let alive = self.cookies.iter().filter(move |(_, it)| now < it.until);
        alive.map(|((host, name), it)| (host.as_str(), name.as_str(), it.value.as_str()))
    }

    /// The value of a cookie.
    pub fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        let mut all = self.cookies();
        let found = all.find(|(at, known, _)| *at == host && *known == name);
        found.map(|(_, _, value)| value)
    }

    /// Puts a cookie there, as somebody does who edits them. It stays until the browser is closed.
    pub fn put_cookie(&mut self, host: &str, name: &str, value: &str) {
        let kept = Kept {
            value: value.to_owned(),
            until: Timestamp::END,
        };
        self.cookies
            .insert((host.to_owned(), name.to_owned()), kept);
    }

    /// Loses one cookie.
    pub fn lose_cookie(&mut self, host: &str, name: &str) {
        self.cookies.remove(&(host.to_owned(), name.to_owned()));
    }

    /// Loses them all.
    pub fn lose_cookies(&mut self) {
        self.cookies.clear();
    }

    /// The `Cookie` field for a host.
    pub fn cookie_field(&self, host: &str) -> String {
        let here = self.cookies().filter(|(known, _, _)| *known == host);
        let pairs: Vec<String> = here
            .map(|(_, name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// A head for the shared host with this browser's cookies, as a program in it sends one. `more` are further lines,
    /// each ended by CRLF.
    pub fn head(&self, line: &str, more: &str) -> String {
        let cookies = match self.cookie_field("app.example.com") {
            none if none.is_empty() => none,
            cookies => format!("Cookie: {cookies}\r\n"),
        };
        format!("{line} HTTP/1.1\r\nHost: app.example.com\r\n{cookies}{more}\r\n")
    }

    /// Opens a connection, sends such a head, and leaves the rest to the test.
    pub async fn open(&self, line: &str, more: &str) -> Line {
        let mut connection = Line::open(self.broker).await;
        connection.send(self.head(line, more)).await;
        connection
    }

    /// The same with the answer.
    pub async fn ask(&self, line: &str, more: &str) -> Heard {
        let answer = self.open(line, more).await.answer().await;
        answer.expect("no whole answer")
    }

    async fn send(
        &mut self,
        method: &str,
        url: &str,
        from: From,
        page: bool,
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        let url = Url::parse(url).unwrap();
        let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let mut head = format!(
            "{method} {} HTTP/1.1\r\nHost: {authority}\r\n",
            &url[url::Position::BeforePath..url::Position::AfterQuery]
        );
        head += &self.in_front;
        let (mode, accept) = if page {
            ("navigate", "text/html,*/*;q=0.8")
        } else {
            ("cors", "*/*")
        };
        let site = match from {
            From::Nobody => "none",
            From::SameOrigin => "same-origin",
            From::CrossSite => "cross-site",
        };
        head +=
            &format!("Accept: {accept}\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Site: {site}\r\n");
        // SameSite=Lax: a foreign page's form brings no cookies.
        let cookies = self.cookie_field(url.host_str().unwrap());
        let sends_cookies = from != From::CrossSite || method == "GET";
        if sends_cookies && !cookies.is_empty() {
            head += &format!("Cookie: {cookies}\r\n");
        }
        let body = form.map_or_else(String::new, |form| {
            let (fields, body) = encoded(&url, from, form);
            head += &fields;
            body
        });
        let message = format!("{head}Connection: close\r\n\r\n{body}");
        let address = match url.port() {
            Some(port) if url.host_str() == Some("127.0.0.1") => {
                SocketAddr::from(([127, 0, 0, 1], port))
            }
            _ => self.broker,
        };
        let exchange = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(message.as_bytes()).await.unwrap();
            read_message(&mut stream, &mut Vec::new(), false)
                .await
                .expect("no whole answer")
        };
        let heard = tokio::time::timeout(PATIENCE, exchange)
            .await
            .expect("no answer");
        let page = Page {
            status: heard.head[9..12].parse().unwrap(),
            text: String::from_utf8_lossy(&heard.body).into_owned(),
            head: heard.head,
            url,
        };
        self.keep(&page);
        // What moves on carries what the browser carries; everything else is for eyes.
        if page.kind().is_some_and(|kind| kind != "redirecting") {
            let (page, to) = (page.clone(), self.unobserved());
            self.told.lock().unwrap().push(Shown { page, to });
        }
        page
    }

    /// RFC 6265bis §5.7, as far as it concerns cookies with a `__Host-` prefix, which is all that Doorward sets.
    fn keep(&mut self, page: &Page) {
        for field in page.fields("set-cookie") {
            let mut parts = field.split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let attributes: Vec<&str> = parts.collect();
            if name.starts_with("__Host-") {
                let sound = attributes.contains(&"Secure") && attributes.contains(&"Path=/");
                let scoped = attributes
                    .iter()
                    .any(|attribute| attribute.starts_with("Domain"));
                assert!(sound && !scoped, "a browser would refuse {field}");
            }
            let lifetime = attributes
                .iter()
                .find_map(|attribute| attribute.strip_prefix("Max-Age="));
            let lifetime = lifetime.map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
            let until = lifetime.map_or(Timestamp::END, |it| self.clock.now().plus(it));
            let key = (page.url.host_str().unwrap().to_owned(), name.to_owned());
            let value = value.to_owned();
            self.cookies.insert(key, Kept { value, until });
        }
    }
}
