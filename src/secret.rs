//! Values that must not be seen, and the few operations that are safe on them.
//!
//! Owns: the [`Secret`] wrapper, random tokens, digests and constant-time comparison.
//! Leaves to others: sealing at rest (`store::Seal`) and signing (`assertion`).
//! Invariants: a secret is never printed (threat model 51) and never compared with `==` (53).

use std::cell::RefCell;
use std::fmt;

use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A value that is wiped when dropped and that `Debug` never prints.
///
/// There is no `Display` and no `PartialEq`: comparing secrets is [`Secret::matches`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place to look at in review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Compares in constant time (for equal lengths; the length itself is not hidden).
    pub fn matches(&self, other: &[u8]) -> bool {
        constant_time_eq(self.0.as_ref(), other)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// Whether two byte strings are equal, in time that does not depend on where they differ.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// `N` bytes from the operating system's random source.
///
/// # Panics
/// Never in practice: the source is seeded before the process can run.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "going on without randomness would hand out guessable sessions; there is no safe other way"
    )]
    rand::fill(&mut bytes).expect("the operating system's random source works");
    bytes
}

/// `N` random bytes for what is no secret and must not repeat, such as the id of a trace: from the same source, many drawn
/// at a time.
pub fn serial_bytes<const N: usize>() -> [u8; N] {
    thread_local! {
        static DRAWN: RefCell<(usize, [u8; DRAWN_AT_ONCE])> = const { RefCell::new((DRAWN_AT_ONCE, [0; DRAWN_AT_ONCE])) };
    }
    DRAWN.with_borrow_mut(|(used, drawn)| {
        if drawn.get(*used..).is_none_or(|left| left.len() < N) {
            (*used, *drawn) = (0, random_bytes());
        }
        let (mut taken, from) = ([0; N], *used);
        *used += N;
        for (to, from) in taken.iter_mut().zip(drawn.iter().skip(from)) {
            *to = *from;
        }
        taken
    })
}

const DRAWN_AT_ONCE: usize = 512;

/// 256 random bits as 43 characters of base64url.
pub fn random_token() -> Secret<String> {
    Secret::new(encode(&random_bytes::<32>()))
}

/// A number from 0 to 1, to spread things by.
pub fn chance() -> f64 {
    f64::from(u32::from_be_bytes(random_bytes())) / f64::from(u32::MAX)
}

/// SHA-256 of one byte string.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out
        .iter_mut()
        .zip(digest::digest(&digest::SHA256, bytes).as_ref())
    {
        *to = *from;
    }
    out
}

/// SHA-256 over several fields, each preceded by its length, so that no two lists of fields collide by shifting bytes.
pub fn sha256_fields<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut joined = Vec::new();
    for field in fields {
        joined.extend_from_slice(&(field.len() as u64).to_be_bytes());
        joined.extend_from_slice(field);
    }
    sha256(&joined)
}

/// Base64url without padding (RFC 4648 §5).
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The reverse of [`encode`]; `None` for anything that is not exactly base64url without padding.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_do_not_repeat() {
        let drawn: std::collections::BTreeSet<[u8; 24]> =
            std::iter::repeat_with(serial_bytes).take(1_000).collect();
        assert_eq!(drawn.len(), 1_000);
        assert!(
            drawn
                .iter()
                .all(|drawn| drawn.iter().any(|byte| *byte != 0))
        );
    }

    #[test]
    fn inv_51_a_secret_is_not_printed() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn inv_53_comparing_is_exact() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(secret.matches(b"hunter2"));
        assert!(!secret.matches(b"hunter3"));
        assert!(!secret.matches(b"hunter"));
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(
            sha256_fields([b"ab".as_slice(), b"c"]),
            sha256_fields([b"a".as_slice(), b"bc"])
        );
    }

    #[test]
    fn tokens_have_256_bits_and_differ() {
        let (one, two) = (random_token(), random_token());
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), two.expose());
    }
}
