//! What every authorization request has, whichever protocol it is of.

use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};

use super::metadata::misconfigured;
use super::{Attempt, Error};

/// RFC 7636 §4.2. The library stops the process over a verifier whose length is not that of §4.1.
pub(super) fn challenge(attempt: &Attempt) -> Result<PkceCodeChallenge, Error> {
    let verifier = attempt.verifier.expose();
    if !(43..=128).contains(&verifier.len()) {
        return Err(misconfigured(
            "the verifier has not the length that PKCE demands",
        ));
    }
    let verifier = PkceCodeVerifier::new(verifier.clone());
    Ok(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
}

/// Refuses parameters that a file must not set, since a run depends on them.
///
/// # Errors
/// [`Error::Misconfigured`], naming the first.
pub(super) fn check_parameters<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut ours = names.filter(|name| OURS.contains(name));
    match ours.next() {
        None => Ok(()),
        Some(name) => Err(Error::Misconfigured(format!(
            "the parameter `{name}` of the authorization request is set already"
        ))),
    }
}

const OURS: [&str; 16] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "login_hint",
    // What is asked for must be held against the token, or it means nothing.
    "max_age",
    "acr_values",
    "claims",
    "id_token_hint",
];
