//! Sealing at rest: what is stolen from the disk does not open without the key file.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random nonce for each value. The record's place, table and key, is
//! authenticated with it, so that a value copied to another place does not open there: whoever can write to the disk
//! still cannot turn one person's record into another's.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{Error, SealKey, Table};
use crate::secret;

/// The first byte of a sealed value: how the rest is laid out.
const FORMAT: u8 = 1;

/// The first byte inside: how records are encoded. Counted up when an older program could not read a record any more;
/// fields that are only added do not count.
const RECORD_SCHEMA: u8 = 1;

/// Bytes that name the key, so that a value sealed with another one is told apart from a damaged one.
const KEY_ID_BYTES: usize = 4;

/// Seals and opens values. Clones share the key.
#[derive(Clone)]
pub struct Seal {
    key: Arc<RandomizedNonceKey>,
    id: [u8; KEY_ID_BYTES],
}

impl Seal {
    /// A seal with a key.
    ///
    /// # Errors
    /// None in practice: the key has the right length by its type.
    pub fn new(key: &SealKey) -> Result<Self, Error> {
        let bytes = key.expose();
        let digest = secret::sha256_fields([b"doorward seal key id".as_slice(), bytes]);
        let [a, b, c, d, ..] = digest;
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes)
            .map_err(|_unspecified| Error::KeyFile("the store's key is unusable".to_owned()))?;
        Ok(Self {
            key: Arc::new(key),
            id: [a, b, c, d],
        })
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// [`Error::Io`] if the system's random source fails: nothing must be stored.
    pub fn seal(&self, table: Table, key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal_owned(table, key, Zeroizing::new(plaintext.to_vec()))
    }

    /// Opens a value at its place.
    ///
    /// # Errors
    /// [`Error::WrongKey`] if another key sealed it, [`Error::Damaged`] for everything else that does not open; the two
    /// look alike to a visitor (threat model 53), and nothing else is told apart.
    pub fn open(
        &self,
        table: Table,
        key: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let damaged = || Error::Damaged(format!("a sealed value of {table:?} does not open"));
        let rest = sealed.strip_prefix(&[FORMAT]).ok_or_else(damaged)?;
        let (id, rest) = rest
            .split_first_chunk::<KEY_ID_BYTES>()
            .ok_or_else(damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        if *id != self.id {
            return Err(Error::WrongKey);
        }
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .key
            .open_in_place(Nonce::from(nonce), place(table, key), &mut buffer)
            .map_err(|_unspecified| damaged())?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Seals a record as JSON behind the number of its schema.
    ///
    /// # Errors
    /// [`Error::Io`] as for [`Seal::seal`], or if the record is not representable in JSON (a map with keys that are no
    /// strings): a mistake of the caller.
    pub fn seal_json<T: Serialize>(
        &self,
        table: Table,
        key: &[u8],
        record: &T,
    ) -> Result<Vec<u8>, Error> {
        let mut plaintext = Zeroizing::new(vec![RECORD_SCHEMA]);
        serde_json::to_writer(&mut *plaintext, record).map_err(|error| Error::Io(error.into()))?;
        self.seal_owned(table, key, plaintext)
    }

    /// Opens a record that [`Seal::seal_json`] made.
    ///
    /// # Errors
    /// As for [`Seal::open`]; [`Error::Newer`] if a newer program wrote the record.
    pub fn open_json<T: DeserializeOwned>(
        &self,
        table: Table,
        key: &[u8],
        sealed: &[u8],
    ) -> Result<T, Error> {
        let plaintext = self.open(table, key, sealed)?;
        // The text of a parse error can quote the record, so it is dropped.
        let unreadable = || Error::Damaged(format!("a record of {table:?} is unreadable"));
        match plaintext.split_first() {
            Some((&RECORD_SCHEMA, record)) => {
                serde_json::from_slice(record).map_err(|_quotes| unreadable())
            }
            Some((&found, _)) if found > RECORD_SCHEMA => Err(Error::Newer {
                found: found.into(),
                known: RECORD_SCHEMA.into(),
            }),
            _ => Err(unreadable()),
        }
    }

    fn seal_owned(
        &self,
        table: Table,
        key: &[u8],
        mut buffer: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        let nonce = self
            .key
            .seal_in_place_append_tag(place(table, key), &mut *buffer)
            .map_err(|_unspecified| Error::Io(std::io::Error::other("a value cannot be sealed")))?;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&buffer);
        Ok(sealed)
    }
}

/// Never the key.
impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seal").finish_non_exhaustive()
    }
}

/// What is authenticated beside the value: the layout and the place.
fn place(table: Table, key: &[u8]) -> Aad<Vec<u8>> {
    let mut place = vec![FORMAT, table as u8];
    place.extend_from_slice(key);
    Aad::from(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::new(&SealKey::random()).unwrap()
    }

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let seal = seal();
        let sealed = seal.seal(Table::Sessions, b"ada", b"hello").unwrap();
        let opened = seal.open(Table::Sessions, b"ada", &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"hello");
        for (table, key) in [
            (Table::Sessions, b"bob".as_slice()),
            (Table::Identities, b"ada"),
        ] {
            let error = seal.open(table, key, &sealed).unwrap_err();
            assert!(matches!(error, Error::Damaged(_)), "{error:?}");
        }
    }

    #[test]
    fn inv_45_every_changed_or_missing_byte_shows() {
        let seal = seal();
        let sealed = seal.seal(Table::Runs, b"key", b"value").unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(seal.open(Table::Runs, b"key", &changed).is_err());
            assert!(seal.open(Table::Runs, b"key", &sealed[..position]).is_err());
        }
    }

    #[test]
    fn inv_46_a_sealed_value_does_not_show_what_is_inside() {
        let seal = seal();
        let (one, two) = (
            seal.seal_json(Table::Runs, b"key", &"refresh-token")
                .unwrap(),
            seal.seal_json(Table::Runs, b"key", &"refresh-token")
                .unwrap(),
        );
        assert_ne!(one, two, "equal values look different");
        assert!(!one.windows(7).any(|window| window == b"refresh"));
        assert!(!format!("{seal:?}").contains("id"));
    }

    #[test]
    fn another_key_is_told_apart_from_damage() {
        let sealed = seal().seal(Table::Runs, b"key", b"value").unwrap();
        let error = seal().open(Table::Runs, b"key", &sealed).unwrap_err();
        assert!(matches!(error, Error::WrongKey), "{error:?}");
    }

    #[test]
    fn records_come_back_and_newer_ones_are_refused() {
        let seal = seal();
        let record = vec![("groups".to_owned(), 7_u32)];
        let sealed = seal.seal_json(Table::Accounts, b"key", &record).unwrap();
        let opened: Vec<(String, u32)> = seal.open_json(Table::Accounts, b"key", &sealed).unwrap();
        assert_eq!(opened, record);

        let newer = seal.seal(Table::Accounts, b"key", b"\x02[]").unwrap();
        let error = seal
            .open_json::<Vec<u8>>(Table::Accounts, b"key", &newer)
            .unwrap_err();
        assert!(
            matches!(error, Error::Newer { found: 2, known: 1 }),
            "{error:?}"
        );
    }

    #[test]
    fn inv_51_an_unreadable_record_is_not_quoted() {
        let seal = seal();
        let sealed = seal.seal(Table::Runs, b"key", b"\x01\"hunter2\"").unwrap();
        let error = seal
            .open_json::<u32>(Table::Runs, b"key", &sealed)
            .unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
