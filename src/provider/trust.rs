//! Whose certificates are believed.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::OnceCell;

use super::Error;
use super::http::CallError;

/// The certificates that this system trusts, read at the first call and shared by all providers. Clones share them.
#[derive(Clone, Default)]
pub struct Roots(Arc<OnceCell<Arc<RootCertStore>>>);

impl fmt::Debug for Roots {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Roots").finish_non_exhaustive()
    }
}

impl Roots {
    /// Not read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reading hundreds of files takes a while, so it happens off the threads that serve. A failure is not kept.
    async fn get(&self) -> Result<Arc<RootCertStore>, CallError> {
        let read = || async {
            let roots = tokio::task::spawn_blocking(read_system_roots).await;
            match roots {
                Ok(roots) if !roots.is_empty() => Ok(Arc::new(roots)),
                Ok(_) | Err(_) => Err(CallError::NoRoots),
            }
        };
        self.0.get_or_try_init(read).await.map(Arc::clone)
    }
}

fn read_system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some certificates of this system cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}

/// Whom a client trusts.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    System(Roots),
    Only(Arc<RootCertStore>),
}

impl Trust {
    /// The system's certificates, or those of a file instead.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if the file holds no certificate.
    pub(super) fn new(file: Option<&Path>, roots: &Roots) -> Result<Self, Error> {
        let Some(file) = file else {
            return Ok(Self::System(roots.clone()));
        };
        let unusable = |why: &str| Error::Misconfigured(format!("{}: {why}", file.display()));
        let certificates = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|_| unusable("the certificates cannot be read"))?;
        let mut only = RootCertStore::empty();
        for certificate in certificates {
            only.add(certificate)
                .map_err(|_| unusable("a certificate cannot be used"))?;
        }
        if only.is_empty() {
            return Err(unusable("there is no certificate in it"));
        }
        Ok(Self::Only(Arc::new(only)))
    }

    /// What to verify against.
    pub(super) async fn roots(&self) -> Result<Arc<RootCertStore>, CallError> {
        match self {
            Self::System(roots) => roots.get().await,
            Self::Only(roots) => Ok(Arc::clone(roots)),
        }
    }
}
