//! Pure: when and in which way somebody proved who they are, and whether that is enough.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::config::Assurance;
use crate::config::defaults::CLOCK_LEEWAY;

/// What a provider vouches for of the sign-in itself. Nothing is taken from anywhere but a verified ID token: what people
/// can write into their own profile proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// When the person last proved who they are (`auth_time`), if the provider says so. Nothing else will do: a token that
    /// is new may rest on a sign-in of yesterday.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// In which way (`acr`), if the provider says so.
    #[serde(default)]
    pub acr: Option<String>,
}

/// What a provider has vouched for in the course of one session, the newest first. Each stands for itself: a strong sign-in
/// of this morning and a fresh one of now are not a sign-in that is both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Proofs(Vec<Proof>);

/// Routes ask for few different things.
const MOST: usize = 4;

impl Proofs {
    /// Adds those of before. A provider that is asked for one thing need not say the other again, and two routes that ask for
    /// different ones must not send people to and fro. What is no fresher than another of the same kind goes.
    #[must_use]
    pub fn with(mut self, earlier: &Self) -> Self {
        for old in &earlier.0 {
            let is_old = |new: &Proof| new.acr == old.acr && old.at <= new.at;
            if self.0.len() < MOST && !self.0.iter().any(is_old) {
                self.0.push(old.clone());
            }
        }
        self
    }

    /// Whether one of them is enough.
    pub fn meet(&self, wanted: &Assurance, now: Timestamp) -> bool {
        self.0.iter().any(|proof| proof.meets(wanted, now).is_ok())
    }
}

impl From<Proof> for Proofs {
    fn from(proof: Proof) -> Self {
        Self(vec![proof])
    }
}

/// What a run asks of the provider beyond who somebody is (OIDC Core §3.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// How fresh (`max_age`) and how strong (`acr_values`) the sign-in must be.
    pub assurance: Assurance,
    /// Whether the person must prove anew who they are even if the provider thinks otherwise (`prompt=login`).
    pub insist: bool,
}

/// Why a proof is not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// The provider does not say when it was.
    Silent,
    /// It was too long ago.
    TooOld,
    /// It was in none of the ways that count.
    TooWeak,
}

impl Proof {
    /// Whether it is enough at `now`. The end of a sign-in and every request ask here, so that what was accepted at the one
    /// is accepted at the other. Clocks may differ: a provider that is asked because of this always finds its own sign-in
    /// too old as well, and so does not answer with the same one again.
    ///
    /// # Errors
    /// What is missing.
    pub fn meets(&self, wanted: &Assurance, now: Timestamp) -> Result<(), Unproven> {
        if let Some(max_age) = wanted.max_age {
            let at = self.at.ok_or(Unproven::Silent)?;
            if now >= at.plus(max_age).plus(CLOCK_LEEWAY) {
                return Err(Unproven::TooOld);
            }
        }
        let is_strong = |acr: &String| wanted.acr_values.contains(acr);
        if wanted.acr_values.is_empty() || self.acr.as_ref().is_some_and(is_strong) {
            Ok(())
        } else {
            Err(Unproven::TooWeak)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn inv_13_a_sign_in_is_held_against_what_was_asked() {
        let check = |at: Option<u64>, acr: Option<&str>, age: Option<u64>, acrs: &[&str], told| {
            let proof = Proof {
                at: at.map(Timestamp::from_seconds),
                acr: acr.map(str::to_owned),
            };
            let wanted = Assurance {
                max_age: age.map(Duration::from_secs),
                acr_values: acrs.iter().map(|&acr| acr.to_owned()).collect(),
            };
            let now = Timestamp::from_seconds(10_000);
            assert_eq!(proof.meets(&wanted, now), told, "{proof:?} {wanted:?}");
        };
        check(None, None, None, &[], Ok(()));
        check(Some(10_000), None, Some(600), &[], Ok(()));
        check(Some(20_000), None, Some(600), &[], Ok(()));
        check(Some(9_341), None, Some(600), &[], Ok(()));
        check(Some(9_340), None, Some(600), &[], Err(Unproven::TooOld));
        check(Some(0), None, Some(600), &[], Err(Unproven::TooOld));
        check(None, Some("mfa"), Some(600), &[], Err(Unproven::Silent));
        check(None, Some("mfa"), None, &["hwk", "mfa"], Ok(()));
        check(None, Some("MFA"), None, &["mfa"], Err(Unproven::TooWeak));
        check(
            None,
            Some("mfa hwk"),
            None,
            &["mfa"],
            Err(Unproven::TooWeak),
        );
        check(None, None, None, &["mfa"], Err(Unproven::TooWeak));
        check(
            Some(9_999),
            Some("pwd"),
            Some(600),
            &["mfa"],
            Err(Unproven::TooWeak),
        );
        check(Some(9_999), Some("mfa"), Some(600), &["mfa"], Ok(()));
        check(
            Some(1),
            Some("mfa"),
            Some(600),
            &["mfa"],
            Err(Unproven::TooOld),
        );
    }

    #[test]
    fn what_was_proved_before_counts_and_is_not_mixed() {
        let proof = |at: Option<u64>, acr: Option<&str>| Proof {
            at: at.map(Timestamp::from_seconds),
            acr: acr.map(str::to_owned),
        };
        let wanted = |age: Option<u64>, acr: &[&str]| Assurance {
            max_age: age.map(Duration::from_secs),
            acr_values: acr.iter().map(|&acr| acr.to_owned()).collect(),
        };
        let now = Timestamp::from_seconds(10_000);
        let strong = Proofs::from(proof(Some(5_000), Some("key")));
        let both = Proofs::from(proof(Some(10_000), None)).with(&strong);
        assert!(both.meet(&wanted(Some(60), &[]), now));
        assert!(both.meet(&wanted(None, &["key"]), now));
        assert!(!both.meet(&wanted(Some(60), &["key"]), now));
        let silent = Proofs::from(proof(None, Some("key"))).with(&both);
        assert!(silent.meet(&wanted(Some(60), &[]), now));
        assert!(silent.meet(&wanted(Some(6_000), &["key"]), now));
        let mut many = Proofs::default();
        for second in 0..100 {
            let kind = format!("{}", second % 10);
            many = Proofs::from(proof(Some(second), Some(&kind))).with(&many);
        }
        assert_eq!(many.0.len(), MOST, "{many:?}");
        let again = Proofs::from(proof(Some(10_000), Some("key"))).with(&strong);
        assert_eq!(again.0.len(), 1, "{again:?}");
        assert!(!Proofs::default().meet(&wanted(None, &["key"]), now));
    }
}
