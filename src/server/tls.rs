//! The certificate and key of the public side, read again when their files change.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use prometheus_client::metrics::gauge::Gauge;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use super::Error;
use crate::clock::{self, Clock as _};
use crate::config;
use crate::tasks::Tasks;

/// TLS 1.2 and 1.3, ALPN `h2` and `http/1.1`, no early data. The newest good pair of the two files is served.
pub struct TlsFiles {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    expiry: Gauge,
}

impl fmt::Debug for TlsFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TlsFiles").finish_non_exhaustive()
    }
}

impl TlsFiles {
    /// Reads the files, and again whenever they change. A pair that cannot be used leaves the one before in service
    /// and is logged once. `expiry` says when the certificate in service expires, in seconds since the epoch.
    ///
    /// # Errors
    /// [`Error::Tls`] if the files cannot be read or do not belong together.
    pub fn open(files: &config::Tls, expiry: Gauge, tasks: &Tasks) -> Result<Arc<Self>, Error> {
        Self::open_watching(files, expiry, tasks, LOOK_EVERY)
    }

    fn open_watching(
        files: &config::Tls,
        expiry: Gauge,
        tasks: &Tasks,
        every: Duration,
    ) -> Result<Arc<Self>, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let stamp = Stamp::of(files);
        let pair = load(files, &provider)?;
        tell_expiry(&pair, &expiry);
        let current = Arc::new(Current(ArcSwap::from_pointee(pair)));
        let config = server_config(&provider, Arc::clone(&current)).map_err(Error::tls)?;
        let this = Arc::new(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            current,
            expiry,
        });
        let watch = Arc::clone(&this).watch(files.clone(), stamp, provider, every);
        let stop = tasks.stopping().clone();
        drop(tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = watch => {}
            }
        }));
        Ok(this)
    }

    /// For the handshake.
    pub(super) const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    async fn watch(
        self: Arc<Self>,
        files: config::Tls,
        mut seen: Stamp,
        provider: Arc<CryptoProvider>,
        every: Duration,
    ) {
        loop {
            tokio::time::sleep(every).await;
            // Taken before reading: a change while reading is seen in the next round.
            let stamp = Stamp::of(&files);
            if stamp == seen {
                continue;
            }
            seen = stamp;
            match load(&files, &provider) {
                Ok(pair) => {
                    tell_expiry(&pair, &self.expiry);
                    self.current.0.store(Arc::new(pair));
                    info!(certificate = %files.certificate.display(), "certificate read again");
                }
                Err(error) => {
                    let error = crate::server::chain(&error);
                    warn!(%error, "changed certificate is of no use, the one before stays");
                }
            }
        }
    }
}

/// Small files on a local disk: reading them takes less than the check whether they changed is apart.
fn load(files: &config::Tls, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(Error::tls_file(&files.certificate))?;
    if chain.is_empty() {
        let source = rustls::Error::NoCertificatesPresented;
        return Err(Error::tls_file(&files.certificate)(source));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(Error::tls_file(&files.key))?;
    CertifiedKey::from_der(chain, key, provider).map_err(Error::tls_file(&files.key))
}

/// A certificate that cannot be read serves all the same: clients judge it, not we.
fn tell_expiry(pair: &CertifiedKey, expiry: &Gauge) {
    let leaf = pair.cert.first();
    let leaf = leaf.and_then(|leaf| x509_parser::parse_x509_certificate(leaf).ok());
    let Some((_, leaf)) = leaf else {
        return warn!("it cannot be told when the certificate of server.tls expires");
    };
    let at = leaf.validity().not_after.timestamp();
    expiry.set(at);
    let now = clock::System.now().as_seconds();
    if u64::try_from(at).unwrap_or(0) <= now {
        warn!("the certificate of server.tls has expired");
    }
}

fn server_config(
    provider: &Arc<CryptoProvider>,
    resolver: Arc<Current>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    // Early data could be replayed (RFC 8446 §8); zero is the library's default and a promise of ours.
    config.max_early_data_size = 0;
    Ok(config)
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// What tells a changed file from the one before: time, size, and which file it is, since deployments swap links.
#[derive(Debug, PartialEq, Eq)]
struct Stamp([Option<(Option<SystemTime>, u64, u64)>; 2]);

impl Stamp {
    fn of(files: &config::Tls) -> Self {
        let of = |path: &Path| {
            let of = |found: Metadata| (found.modified().ok(), found.len(), found.ino());
            std::fs::metadata(path).ok().map(of)
        };
        Self([of(&files.certificate), of(&files.key)])
    }
}

/// Renewals happen weeks ahead: a few seconds more do not matter, and two file look-ups cost nothing.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A self-signed certificate for `localhost` written to `folder`.
    pub(in crate::server) fn write_pair(folder: &Path) -> (config::Tls, CertificateDer<'static>) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let files = config::Tls {
            certificate: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        (files, made.cert.der().clone())
    }

    fn leaf(tls: &TlsFiles) -> CertificateDer<'static> {
        tls.current.0.load().cert[0].clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_pair_is_served_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (files, first) = write_pair(folder.path());
        let tasks = Tasks::new();
        let expiry = Gauge::default();
        let every = Duration::from_secs(1);
        let tls = TlsFiles::open_watching(&files, expiry.clone(), &tasks, every).unwrap();
        assert_eq!(leaf(&tls), first);
        // The first second of 4096, which is what the library writes if nobody says anything.
        assert_eq!(expiry.get(), 67_090_118_400);
        expiry.set(0);

        std::fs::write(&files.key, "no key at all").unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(leaf(&tls), first, "a broken pair leaves the old one");
        assert_eq!(expiry.get(), 0);

        let (_, second) = write_pair(folder.path());
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_ne!(first, second);
        assert_eq!(leaf(&tls), second);
        assert_ne!(expiry.get(), 0);
        assert!(tasks.finish(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn files_that_do_not_belong_together_stop_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let (files, _) = write_pair(folder.path());
        let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&files.key, other.signing_key.serialize_pem()).unwrap();
        let opened = TlsFiles::open(&files, Gauge::default(), &Tasks::new());
        assert!(matches!(opened, Err(Error::TlsFile { .. })), "{opened:?}");
    }
}
