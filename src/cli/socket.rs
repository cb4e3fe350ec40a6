//! Asking the running process, over the admin socket or the management listener.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::{Asking, Exit};
use crate::admin::views::Refusal;
use crate::config;
use crate::tasks::Tasks;

/// For a question: both ends are on this machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// For a change: a thousand sessions end on stable storage, or a provider is asked twice.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(120);

/// Answers come in pieces that are far smaller.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used.
    #[error("{0}")]
    Configuration(Box<config::Faults>),
    /// The configuration switches this off.
    #[error("the configuration has no {0}")]
    Off(&'static str),
    /// Nobody listens there.
    #[error("doorward is not running (nobody answers at {at})")]
    NotRunning {
        /// Where it was looked for.
        at: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody listens, but the answer is no answer.
    #[error("the running process did not answer properly")]
    NoAnswer,
    /// The running process says why it does not do it.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// What the shell is told.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Configuration(_) => Exit::Configuration,
            Self::Off(_) | Self::NoAnswer | Self::Refused(_) => Exit::Failed,
            Self::NotRunning { .. } => Exit::NotRunning,
        }
    }

    /// Tells the operator, and the shell.
    pub fn complain(&self) -> Exit {
        match self {
            Self::Configuration(faults) => super::check::complain(faults),
            other => super::complain(&format!("error: {}", super::run::chain(other))),
        }
        self.exit()
    }
}

/// The admin socket of the running process.
#[derive(Clone, Debug)]
pub struct Socket(PathBuf);

impl Socket {
    /// The one at this path.
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The one that was named, else the one that the file names.
    ///
    /// # Errors
    /// [`Error::Configuration`] and [`Error::Off`].
    pub fn of(asking: &Asking) -> Result<Self, Error> {
        if let Some(socket) = &asking.socket {
            return Ok(Self::at(socket.clone()));
        }
        let operators = config::load_operators(&asking.source.config);
        let operators = operators.map_err(|faults| Error::Configuration(Box::new(faults)))?;
        let socket = operators.admin.socket;
        socket.map(Self).ok_or(Error::Off("admin.socket"))
    }

    /// Asks.
    ///
    /// # Errors
    /// Every variant but `Configuration` and `Off`.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let request = request(Method::GET, path, Bytes::new())?;
        self.ask(request, TIMEOUT).await
    }

    /// Has something done.
    ///
    /// # Errors
    /// As for [`Socket::get`].
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; what was asked for is done all the same.
    pub async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|_| Error::NoAnswer)?;
        let request = request(Method::POST, path, body.into())?;
        self.ask(request, CHANGE_TIMEOUT).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Request<Full<Bytes>>,
        patience: Duration,
    ) -> Result<T, Error> {
        let stream = UnixStream::connect(&self.0)
            .await
            .map_err(|source| not_running(&self.0.display().to_string(), source))?;
        let (status, body) = within(patience, exchange(stream, request)).await?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|_| Error::NoAnswer);
        }
        match serde_json::from_slice::<Refusal>(&body) {
            Ok(refusal) => Err(Error::Refused(refusal.error)),
            Err(_) => Err(Error::NoAnswer),
        }
    }
}

/// Whether a probe of the management listener is answered with 200.
///
/// # Errors
/// [`Error::NotRunning`] and [`Error::NoAnswer`].
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub async fn probe(address: std::net::SocketAddr, path: &str) -> Result<bool, Error> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|source| not_running(&address.to_string(), source))?;
    let request = request(Method::GET, path, Bytes::new())?;
    let (status, _) = within(TIMEOUT, exchange(stream, request)).await?;
    Ok(status == StatusCode::OK)
}

fn not_running(at: &str, source: std::io::Error) -> Error {
    Error::NotRunning {
        at: at.to_owned(),
        source,
    }
}

async fn within<T>(
    patience: Duration,
    exchange: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(patience, exchange)
        .await
        .map_err(|_| Error::NoAnswer)?
}

fn request(method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Error> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(|_| Error::NoAnswer)
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| Error::NoAnswer)?;
    let tasks = Tasks::new();
    tasks.spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(|_| Error::NoAnswer)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES)
        .collect()
        .await
        .map_err(|_| Error::NoAnswer)?;
    Ok((status, body.to_bytes()))
}

/// A path with a query of those parameters that are there.
pub fn with_query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut there = parameters
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
        .peekable();
    if there.peek().is_none() {
        return path.to_owned();
    }
    query.extend_pairs(there);
    format!("{path}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_what_is_there_and_is_encoded() {
        let user = Some("ada+1@acme.com".to_owned());
        let path = with_query("/sessions", &[("user", user), ("provider", None)]);
        assert_eq!(path, "/sessions?user=ada%2B1%40acme.com");
        assert_eq!(with_query("/sessions", &[("user", None)]), "/sessions");
    }
}
