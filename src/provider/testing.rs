//! An OpenID provider for the tests of this room: real sockets, real keys, and every answer can be replaced by a bad one.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::secret::{encode, sha256};
use crate::tasks::Tasks;

/// An answer to be given.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Exactly these bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, for ever.
    Nothing,
}

impl Reply {
    pub(super) fn new(status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}");
        Self::Raw(format!("{head}\r\nconnection: close\r\n\r\n{body}").into_bytes())
    }

    pub(super) fn json(body: &Value) -> Self {
        Self::new(200, "application/json", &body.to_string())
    }

    pub(super) fn error(status: u16, code: &str) -> Self {
        Self::new(
            status,
            "application/json",
            &json!({ "error": code }).to_string(),
        )
    }

    /// The same with a further field in its head.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        match self {
            Self::Raw(bytes) => {
                let text = String::from_utf8(bytes).unwrap();
                let (status, rest) = text.split_once("\r\n").unwrap();
                Self::Raw(format!("{status}\r\n{name}: {value}\r\n{rest}").into_bytes())
            }
            Self::Nothing => Self::Nothing,
        }
    }

    /// The same without a word of what its body is.
    pub(super) fn without_kind(self) -> Self {
        match self {
            Self::Raw(bytes) => {
                let text = String::from_utf8(bytes).unwrap();
                let lines = text.split("\r\n");
                let lines = lines.filter(|line| !line.starts_with("content-type:"));
                Self::Raw(lines.collect::<Vec<_>>().join("\r\n").into_bytes())
            }
            Self::Nothing => Self::Nothing,
        }
    }

    pub(super) fn redirect(to: &str) -> Self {
        let head = format!("HTTP/1.1 307 X\r\nlocation: {to}\r\ncontent-length: 0");
        Self::Raw(format!("{head}\r\nconnection: close\r\n\r\n").into_bytes())
    }

    /// The same without its last byte.
    pub(super) fn truncated(self) -> Self {
        match self {
            Self::Raw(mut bytes) => {
                bytes.pop();
                Self::Raw(bytes)
            }
            Self::Nothing => Self::Nothing,
        }
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) head: String,
    pub(super) form: HashMap<String, String>,
    pub(super) body: String,
}

impl Seen {
    /// A field of its head.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    }
}

/// A provider that listens.
pub(super) struct TestProvider {
    pub(super) issuer: String,
    /// The certificate to trust, for one that speaks TLS.
    pub(super) ca: Option<tempfile::NamedTempFile>,
    state: Arc<State>,
    tasks: Tasks,
}

#[derive(Default)]
struct State {
    replies: Mutex<HashMap<String, Reply>>,
    seen: Mutex<Vec<Seen>>,
}

impl TestProvider {
    /// Over plain HTTP.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        Self::listen(listener, issuer, None, None)
    }

    /// Over TLS, with a certificate for `name`.
    pub(super) async fn start_tls(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("https://{}", listener.local_addr().unwrap());
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&authority_key).unwrap();
        let authority = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], private)
            .unwrap();
        let mut ca = tempfile::NamedTempFile::new().unwrap();
        ca.write_all(root.pem().as_bytes()).unwrap();
        Self::listen(
            listener,
            issuer,
            Some(TlsAcceptor::from(Arc::new(config))),
            Some(ca),
        )
    }

    fn listen(
        listener: TcpListener,
        issuer: String,
        tls: Option<TlsAcceptor>,
        ca: Option<tempfile::NamedTempFile>,
    ) -> Self {
        let state = Arc::new(State::default());
        let tasks = Tasks::new();
        let (shared, workers) = (Arc::clone(&state), tasks.clone());
        tasks.spawn(async move {
            let stop = workers.stopping().clone();
            loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => break,
                    accepted = listener.accept() => accepted,
                };
                let (stream, _) = accepted.unwrap();
                let (state, tls, stop) = (Arc::clone(&shared), tls.clone(), stop.clone());
                workers.spawn(async move {
                    let answer = async {
                        match tls {
                            None => state.answer(stream).await,
                            Some(tls) => match tls.accept(stream).await {
                                Ok(stream) => state.answer(stream).await,
                                Err(_) => None,
                            },
                        }
                    };
                    tokio::select! {
                        () = stop.cancelled() => {}
                        _ = answer => {}
                    }
                });
            }
        });
        let this = Self {
            issuer,
            ca,
            state,
            tasks,
        };
        this.describe(&Map::new());
        this
    }

    /// Publishes a discovery document with further members.
    pub(super) fn describe(&self, more: &Map<String, Value>) {
        let issuer = &self.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/logout?keep=1"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        });
        document.as_object_mut().unwrap().extend(more.clone());
        self.reply(DISCOVERY, Reply::json(&document));
    }

    /// Publishes keys.
    pub(super) fn publish(&self, keys: &[Value]) {
        self.reply("/jwks", Reply::json(&json!({ "keys": keys })));
    }

    /// Sets the answer for a path, or for a path with a query.
    pub(super) fn reply(&self, path: &str, reply: Reply) {
        self.state
            .replies
            .lock()
            .unwrap()
            .insert(path.to_owned(), reply);
    }

    /// The requests that came to a path.
    pub(super) fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.state.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.path == path)
            .cloned()
            .collect()
    }

    /// How many requests came in all.
    pub(super) fn requests(&self) -> usize {
        self.state.seen.lock().unwrap().len()
    }

    pub(super) async fn stop(self) {
        assert!(self.tasks.finish(Duration::from_secs(10)).await);
    }
}

pub(super) const DISCOVERY: &str = "/.well-known/openid-configuration";

impl State {
    async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        let seen = read_request(&mut stream).await?;
        let whole = format!("{}?{}", seen.path, seen.query);
        let reply = {
            let replies = self.replies.lock().unwrap();
            let reply = replies.get(&whole).or_else(|| replies.get(&seen.path));
            reply.cloned()
        };
        self.seen.lock().unwrap().push(seen);
        match reply.unwrap_or_else(|| Reply::error(404, "not_found")) {
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.shutdown().await.ok()
            }
            Reply::Nothing => std::future::pending().await,
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
        }
    };
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    while bytes.len() < length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let target = head.split(' ').nth(1).unwrap().to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Seen {
        path: path.to_owned(),
        query: query.to_owned(),
        form: form_urlencoded::parse(&bytes).into_owned().collect(),
        body: String::from_utf8(bytes).unwrap(),
        head,
    })
}

/// A key to sign tokens with.
pub(super) enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(Box<RsaKeyPair>),
}

impl Key {
    pub(super) fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(super) fn ed_dsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().unwrap())
    }

    pub(super) fn rs256() -> Self {
        Self::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub(super) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
            Self::Rs256(_) => "RS256",
        }
    }

    /// The public half.
    pub(super) fn jwk(&self, kid: Option<&str>) -> Value {
        let mut jwk = match self {
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
            }
            Self::EdDsa(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref())})
            }
            // RFC 8017 §A.1.1: two headers of four bytes and a zero, then the modulus; the exponent is 65537.
            Self::Rs256(key) => {
                let modulus = encode(&key.public_key().as_ref()[9..265]);
                json!({"kty": "RSA", "n": modulus, "e": "AQAB"})
            }
        };
        jwk["use"] = json!("sig");
        if let Some(kid) = kid {
            jwk["kid"] = json!(kid);
        }
        jwk
    }

    /// A token with any header.
    pub(super) fn sign(&self, header: &Value, claims: &str) -> String {
        let message = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.as_bytes())
        );
        let signature = match self {
            Self::Es256(key) => {
                let signed = key.sign(&SystemRandom::new(), message.as_bytes());
                signed.unwrap().as_ref().to_vec()
            }
            Self::EdDsa(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                let padding = &signature::RSA_PKCS1_SHA256;
                key.sign(
                    padding,
                    &SystemRandom::new(),
                    message.as_bytes(),
                    &mut signature,
                )
                .unwrap();
                signature
            }
        };
        format!("{message}.{}", encode(&signature))
    }
}

/// `at_hash` under an algorithm with SHA-256.
pub(super) fn at_hash(access_token: &str) -> String {
    encode(&sha256(access_token.as_bytes())[..16])
}
