//! Certificates and keys, looked at before anything needs them: what could not be served or trusted is a fault of the
//! file. Nothing of them is kept; whoever uses them reads them again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::{Error, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{InconsistentKeys, RootCertStore};
use zeroize::Zeroizing;

use super::reader::Reader;

type Chain = Vec<CertificateDer<'static>>;

/// The certificates of a server, leaf first.
pub(super) fn chain(reader: &Reader<'_>, key: &'static str, path: &Path) -> Option<Chain> {
    sound(reader, key, path, "bad-certificate", CERTIFICATES, |path| {
        let chain = certificates(path)?;
        if let Some(leaf) = chain.first() {
            ParsedCertificate::try_from(leaf).map_err(|error| unusable(&error))?;
        }
        Ok(chain)
    })
}

/// The key of a server.
pub(super) fn private_key(
    reader: &Reader<'_>,
    key: &'static str,
    path: &Path,
) -> Option<Arc<dyn SigningKey>> {
    sound(reader, key, path, "bad-key", PRIVATE_KEY, |path| {
        let text = Zeroizing::new(fs::read(path).map_err(|error| unreadable(&error))?);
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
            Error::NoItemsFound => "holds no private key, or one with a passphrase".to_owned(),
            error => broken(&error),
        })?;
        any_supported_type(&key).map_err(|_| "holds a private key of no known kind".to_owned())
    })
}

/// Whether a certificate is of this key. What cannot be told counts as yes, as it does for the server.
pub(super) fn belong_together(chain: Chain, key: Arc<dyn SigningKey>) -> bool {
    let matched = CertifiedKey::new(chain, key).keys_match();
    let mismatch = rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch);
    matched.err() != Some(mismatch)
}

/// The file of certificates to trust instead of the system's, where anything is encrypted.
pub(super) fn authorities(
    reader: &Reader<'_>,
    key: &'static str,
    encrypted: bool,
) -> Option<PathBuf> {
    let path = reader.file(key, "tls/ca.pem")?;
    if !encrypted {
        let of = reader.path(key).join(".");
        reader.fault(
            key,
            "contradiction",
            format!("`{of}` says whose certificates to trust, but with http nobody shows any"),
            "leave it out, or use https",
        );
    }
    sound(
        reader,
        key,
        &path,
        "bad-certificate",
        CERTIFICATES,
        |path| {
            let mut roots = RootCertStore::empty();
            certificates(path)?
                .into_iter()
                .try_for_each(|one| roots.add(one))
                .map_err(|error| unusable(&error))
        },
    )?;
    Some(path)
}

const CERTIFICATES: &str = "name a PEM file with -----BEGIN CERTIFICATE-----";

const PRIVATE_KEY: &str =
    "name a PEM file with an RSA, ECDSA or Ed25519 key: -----BEGIN PRIVATE KEY-----";

/// What is made of a file, or a fault of the key that names it.
fn sound<T>(
    reader: &Reader<'_>,
    key: &'static str,
    path: &Path,
    code: &'static str,
    cure: &str,
    parse: impl FnOnce(&Path) -> Result<T, String>,
) -> Option<T> {
    if !path.is_file() {
        let message = format!("{} is not there", path.display());
        reader.fault(key, "missing-file", message, "name a PEM file");
        return None;
    }
    // The server reads its own again when they change.
    let is_own = matches!(reader.path(key).as_slice(), [server, tls, _] if server == "server" && tls == "tls");
    if !is_own && let Ok(bytes) = fs::read(path) {
        reader.note_file(key, &Zeroizing::new(bytes));
    }
    parse(path)
        .map_err(|why| reader.fault(key, code, format!("{} {why}", path.display()), cure))
        .ok()
}

fn certificates(path: &Path) -> Result<Chain, String> {
    let text = fs::read(path).map_err(|error| unreadable(&error))?;
    let chain: Chain = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| broken(&error))?;
    if chain.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    Ok(chain)
}

fn unreadable(error: &std::io::Error) -> String {
    format!("cannot be read: {error}")
}

/// The library's own words show bytes of the file.
fn broken(error: &Error) -> String {
    match error {
        Error::MissingSectionEnd { .. } => "was cut off: a section does not end".to_owned(),
        _ => "cannot be read as PEM".to_owned(),
    }
}

fn unusable(error: &rustls::Error) -> String {
    format!("holds a certificate that cannot be used: {error}")
}
