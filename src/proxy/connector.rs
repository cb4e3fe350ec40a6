//! How connections to one address of an application are made: TCP or a Unix socket, and TLS where the file says so.
//!
//! The address is fixed: a visitor's host never decides where a request goes (threat model 33).

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tower_service::Service;

use super::Error;
use super::error::find;
use crate::config::{Address, UpstreamHttp, UpstreamTls};

/// Makes connections to one address. Clones are the same.
#[derive(Clone)]
pub(super) struct Connector(Arc<To>);

struct To {
    place: Place,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// What is spoken without asking, or what is of use.
    http: UpstreamHttp,
    /// From the first packet to the end of the TLS handshake.
    within: Duration,
}

enum Place {
    Tcp(HttpConnector, Uri),
    Unix(PathBuf),
}

type Plain = Either<TcpStream, UnixStream>;

/// A connection, encrypted or not.
pub(super) struct Wire {
    stream: Either<Plain, Box<TlsStream<Plain>>>,
    two: bool,
}

/// What TLS to an application is made with. All its addresses share one, and so the sessions that can be resumed.
#[derive(Clone)]
pub(super) struct Encryption {
    config: Arc<rustls::ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

const TWO: &[u8] = b"h2";
const ONE: &[u8] = b"http/1.1";

impl Encryption {
    /// With the given certificates or the system's, offering `http`.
    pub(super) fn of(tls: &UpstreamTls, http: UpstreamHttp) -> Result<Self, Error> {
        let roots = match &tls.ca {
            Some(path) => roots_from(path)?,
            None => system_roots()?,
        };
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&crypto))
                .build()
                .map_err(|error| Error::Roots(error.into()))?;
        let builder = rustls::ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Roots(error.into()))?
            .with_webpki_verifier(verifier);
        let mut config = match &tls.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let chain = certificates(&identity.certificate).map_err(Error::Identity)?;
                let key = PrivateKeyDer::from_pem_file(&identity.key)
                    .map_err(|error| Error::Identity(error.into()))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| Error::Identity(error.into()))?
            }
        };
        config.alpn_protocols = match http {
            UpstreamHttp::One => vec![ONE.to_vec()],
            UpstreamHttp::Two => vec![TWO.to_vec()],
            UpstreamHttp::Negotiated => vec![TWO.to_vec(), ONE.to_vec()],
        };
        Ok(Self {
            config: Arc::new(config),
            server_name: tls.server_name.clone(),
        })
    }
}

impl Connector {
    /// To one address of an application.
    pub(super) fn to(
        address: &Address,
        encryption: Option<&Encryption>,
        http: UpstreamHttp,
        within: Duration,
    ) -> Result<Self, Error> {
        let place = match address {
            Address::Tcp(..) => {
                let mut tcp = HttpConnector::new();
                tcp.enforce_http(false);
                tcp.set_nodelay(true);
                tcp.set_connect_timeout(Some(within));
                let uri = Uri::builder()
                    .scheme(Scheme::HTTP)
                    .authority(address.to_string())
                    .path_and_query(PathAndQuery::from_static("/"))
                    .build();
                Place::Tcp(tcp, uri.map_err(|_| Error::Address)?)
            }
            Address::Unix(path) => Place::Unix(path.clone()),
        };
        let tls = match (encryption, address) {
            (None, _) => None,
            (Some(encryption), Address::Tcp(host, _)) => {
                let name = match &encryption.server_name {
                    Some(name) => name.clone(),
                    None => certified(host)?,
                };
                let connector = TlsConnector::from(Arc::clone(&encryption.config));
                Some((connector, name))
            }
            // `check` refuses it.
            (Some(_), Address::Unix(_)) => return Err(Error::Address),
        };
        Ok(Self(Arc::new(To {
            http,
            place,
            tls,
            within,
        })))
    }

    /// Makes a connection.
    pub(super) async fn connect(&self) -> io::Result<Wire> {
        self.0.connect().await
    }
}

impl To {
    async fn connect(&self) -> io::Result<Wire> {
        let connecting = async {
            let plain = self.place.connect().await?;
            let Some((tls, name)) = &self.tls else {
                return Ok(Wire {
                    stream: Either::Left(plain),
                    two: self.http == UpstreamHttp::Two,
                });
            };
            let stream = tls.connect(name.clone(), plain).await?;
            let two = stream.get_ref().1.alpn_protocol() == Some(TWO);
            if self.http == UpstreamHttp::Two && !two {
                let text = "the application does not speak HTTP/2";
                return Err(io::Error::new(io::ErrorKind::Unsupported, text));
            }
            Ok(Wire {
                stream: Either::Right(Box::new(stream)),
                two,
            })
        };
        let connected = tokio::time::timeout(self.within, connecting).await;
        connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Place {
    async fn connect(&self) -> io::Result<Plain> {
        match self {
            Self::Tcp(tcp, uri) => {
                let mut tcp = tcp.clone();
                let stream = tcp.call(uri.clone()).await;
                let stream = stream.map_err(|error| kept_kind(error.into()))?;
                Ok(Either::Left(stream.into_inner()))
            }
            Self::Unix(path) => UnixStream::connect(path).await.map(Either::Right),
        }
    }
}

impl Wire {
    /// Whether it is for HTTP/2.
    pub(super) const fn speaks_two(&self) -> bool {
        self.two
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// The error of a connection that was not made, of the kind that the system named.
fn kept_kind(error: Unusable) -> io::Error {
    let kind = find::<io::Error>(&*error).map_or(io::ErrorKind::Other, io::Error::kind);
    io::Error::new(kind, error)
}

/// The name that the certificate of a host has.
fn certified(host: &str) -> Result<ServerName<'static>, Error> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned()).map_err(|_| Error::Address)
}

type Unusable = Box<dyn std::error::Error + Send + Sync>;

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let found = CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        return Err("no certificate in the file".into());
    }
    Ok(found)
}

fn roots_from(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path).map_err(Error::Roots)? {
        let added = roots.add(certificate);
        added.map_err(|error| Error::Roots(error.into()))?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(Error::Roots("the system has no root certificates".into()));
    }
    Ok(roots)
}
