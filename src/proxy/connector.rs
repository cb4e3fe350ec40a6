//! How connections to an application are made.

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Error;
use super::course::Watching;
use crate::config;

/// What makes connections.
pub(super) type Connector = Watching<HttpsConnector<HttpConnector>>;

/// TCP within the time to connect, and TLS where the URL says so: with the given certificates or the system's.
pub(super) fn of(config: &config::Upstream) -> Result<Connector, Error> {
    let roots = match (&config.ca, config.url.is_secure()) {
        (Some(path), _) => roots_from(path)?,
        (None, true) => system_roots()?,
        // Never asked for: the scheme is fixed.
        (None, false) => RootCertStore::empty(),
    };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Roots(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(config.connect_timeout));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Watching(connector))
}

fn roots_from(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| Error::Roots(error.into()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| Error::Roots(error.into()))?;
        roots
            .add(certificate)
            .map_err(|error| Error::Roots(error.into()))?;
    }
    if roots.is_empty() {
        return Err(Error::Roots("no certificate in the file".into()));
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
