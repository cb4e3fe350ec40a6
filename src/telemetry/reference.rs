//! A short name for one refused or interesting request, easy to read over the telephone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::secret;

/// Eight characters such as `K7QM-2F9D`: 40 random bits, without letters that look or sound alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference([u8; 8]);

/// A text that is no reference.
#[derive(Debug, thiserror::Error)]
#[error("a reference has eight letters and digits, as in K7QM-2F9D")]
pub struct NoReference;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Reference {
    /// A fresh one.
    pub fn random() -> Self {
        Self(secret::serial_bytes::<8>().map(|byte| {
            ALPHABET
                .get(usize::from(byte & 31))
                .copied()
                .unwrap_or(b'0')
        }))
    }

    /// As it is written.
    pub const fn text(&self) -> [u8; 9] {
        let [a, b, c, d, e, f, g, h] = self.0;
        [a, b, c, d, b'-', e, f, g, h]
    }

    /// Its characters.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = NoReference;

    /// As somebody types it who reads it from a page or hears it: in any case, with or without the hyphen, and with the
    /// letters that this alphabet leaves out for those that they look like.
    fn from_str(text: &str) -> Result<Self, NoReference> {
        let heard = text
            .trim()
            .bytes()
            .filter(|byte| !matches!(byte, b'-' | b' '))
            .map(|byte| match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            });
        let heard: Vec<u8> = heard.collect();
        let known = heard.iter().all(|byte| ALPHABET.contains(byte));
        let characters = heard.try_into().map_err(|_| NoReference)?;
        known.then_some(Self(characters)).ok_or(NoReference)
    }
}

impl TryFrom<String> for Reference {
    type Error = NoReference;

    fn try_from(text: String) -> Result<Self, NoReference> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        formatter.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_as_four_and_four() {
        let text = Reference::random().to_string();
        assert_eq!(text.len(), 9);
        assert_eq!(text.as_bytes()[4], b'-');
        assert_ne!(text, Reference::random().to_string());
    }

    #[test]
    fn a_reference_is_understood_as_people_say_it() {
        let reference: Reference = "K70M-1F9D".parse().unwrap();
        for said in ["k70m1f9d", " k7om-lf9d ", "K7 0M IF 9D"] {
            let heard: Reference = said.parse().unwrap();
            assert_eq!(heard, reference, "{said}");
        }
        for wrong in [
            "",
            "K70M-1F9",
            "K70M-1F9DD",
            "K70M-1F9U",
            "K70M_1F9D",
            "éééé",
        ] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
