//! What can go wrong, split by what the caller can do about it.

use std::io;

use super::endpoint::Failure;
use super::patience::Interruption;

/// Why a request was not answered, or a body ended before its end; and why there is no upstream.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No certificates to check the application's with.
    #[error("no usable root certificates for the application")]
    Roots(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What we show the application of ourselves cannot be used.
    #[error("the client certificate for the application cannot be used")]
    Identity(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The URL of the application or of the request cannot be put together.
    #[error("the application's address is not usable")]
    Address,
    /// No connection to the application.
    #[error("no connection to the application ({reason})")]
    Connect {
        /// `refused`, `timeout`, `tls`, `unreachable` or `other`.
        reason: &'static str,
        /// What the library says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The application did not begin to answer in time.
    #[error("the application did not answer in time")]
    Timeout,
    /// The application broke off or sent what is not HTTP.
    #[error("the application's answer is broken")]
    Broken(#[source] Broken),
    /// The application's body paused for too long.
    #[error("the application's answer stalled")]
    Stalled,
    /// The visitor's body broke off, or (without a source) paused for too long.
    #[error("the visitor's request broke off")]
    Visitor(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// The right to go on has ended.
    #[error("the request was cut")]
    Cut,
    /// The visitor wants a tunnel through us (CONNECT).
    #[error("the method is not forwarded")]
    Method,
    /// The application answered without wanting the visitor's body.
    #[error("the body was not asked for")]
    Unwanted,
}

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It has two lengths, or one that is no number.
    #[error("its length can be read in two ways")]
    Length,
    /// Its transfer coding is not `chunked` alone.
    #[error("its transfer coding is not understood")]
    Coding,
    /// It changes to a protocol that nobody asked for.
    #[error("it changes the protocol unasked")]
    Upgrade,
    /// The connection failed or carried something else than HTTP.
    #[error("{0}")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Interruption> for Error {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::Cut => Self::Cut,
            Interruption::Stalled => Self::Stalled,
        }
    }
}

impl Error {
    pub(super) fn of_failure(failure: Failure) -> Self {
        let source = match failure {
            Failure::Connect(source) => {
                let reason = connect_reason(&*source);
                return Self::Connect { reason, source };
            }
            Failure::Exchange { source, .. } => source,
        };
        // Our own body speaks through the library's error.
        match find::<Self>(&*source) {
            Some(Self::Cut) => Self::Cut,
            Some(_) => Self::Visitor(Some(source)),
            None => Self::Broken(Broken::Transport(source)),
        }
    }
}

fn connect_reason(error: &(dyn std::error::Error + 'static)) -> &'static str {
    if find::<rustls::Error>(error).is_some() {
        return "tls";
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "refused",
        Some(io::ErrorKind::TimedOut) => "timeout",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => "unreachable",
        Some(_) | None => "other",
    }
}

/// Whether the application closed the connection instead of answering.
pub(super) fn is_end_of_connection(error: &(dyn std::error::Error + 'static)) -> bool {
    let closed = find::<hyper::Error>(error)
        .is_some_and(|error| error.is_incomplete_message() || error.is_canceled());
    let gone = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    closed || find::<io::Error>(error).is_some_and(|error| gone.contains(&error.kind()))
}

/// The first cause of a kind.
pub(super) fn find<'error, E: std::error::Error + 'static>(
    error: &'error (dyn std::error::Error + 'static),
) -> Option<&'error E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An I/O error hides the one it was made from.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<E>());
        if inner.is_some() {
            return inner;
        }
        next = error.source();
    }
    None
}
