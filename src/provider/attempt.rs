//! What one run sends and compares.

use serde::{Deserialize, Serialize};

use super::Demand;
use crate::clock::Timestamp;
use crate::secret::{self, Secret};

/// Made by the pipeline, stored sealed with the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// RFC 6749 §10.12; 256 bits.
    pub state: Secret<String>,
    /// OIDC Core §3.1.2.1; 256 bits.
    pub nonce: Secret<String>,
    /// RFC 7636 §4.1; 256 bits.
    pub verifier: Secret<String>,
    /// Our redirect URI at this provider.
    pub redirect_uri: String,
    /// What the person typed.
    pub login_hint: Option<LoginHint>,
    /// The only hosted domain that the organization admits: Google offers no other accounts then (`hd`). A hint like the
    /// one above; what counts is the claim in the token.
    #[serde(default)]
    pub hosted_domain: Option<String>,
    /// Whether the provider must let the person choose an account (`prompt=select_account`).
    pub select_account: bool,
    /// Whether the provider must ask for consent again (`prompt=consent`): it hands out a refresh token then.
    #[serde(default)]
    pub consent: bool,
    /// How fresh and how strong the sign-in must be, if that matters.
    #[serde(default)]
    pub demand: Option<Demand>,
    /// Whether the provider promised, when the run began, to name itself in its answer (RFC 9207 §3). Kept here, so that
    /// an answer can be judged without asking anybody, also after a restart.
    #[serde(default)]
    pub promises_issuer: bool,
    /// When the run began.
    pub started_at: Timestamp,
}

impl Attempt {
    /// Of nobody, to see what a provider says to a code that it never gave out.
    pub(super) fn of_nobody(redirect_uri: &str, now: Timestamp) -> Self {
        Self {
            state: secret::random_token(),
            nonce: secret::random_token(),
            verifier: secret::random_token(),
            redirect_uri: redirect_uri.to_owned(),
            login_hint: None,
            hosted_domain: None,
            select_account: false,
            consent: false,
            demand: None,
            promises_issuer: false,
            started_at: now,
        }
    }
}

/// Who somebody says they are (`login_hint`, OIDC Core §3.1.2.1): anybody can write one into an address, and it is stored
/// with every run, so it is no longer than an e-mail address can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginHint(String);

impl LoginHint {
    /// A hint as it came. `None` for what is none: too long (threat model 54), or with control characters in it. A sign-in
    /// goes on without.
    pub fn parse(text: &str) -> Option<Self> {
        let sound =
            (1..=MAX_HINT_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        sound.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 5321 §4.5.3.1: 64 bytes before the `@`, 255 behind it.
const MAX_HINT_BYTES: usize = 64 + 1 + 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_54_a_hint_is_no_longer_than_an_address() {
        let address = |length: usize| format!("{}@acme.example", "a".repeat(length - 13));
        for good in ["ada", "Ada@acme.example", "José", &address(320)] {
            assert_eq!(LoginHint::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\r\nb", "a\0", "a\u{85}", &address(321)] {
            assert_eq!(LoginHint::parse(bad), None, "{bad:?}");
        }
    }
}
