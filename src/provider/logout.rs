//! The inside of a logout token: every check of OIDC Back-Channel Logout 1.0 §2.6 on claims whose signature has been
//! verified, but for whether the token was used before.

use std::time::Duration;

use serde_json::{Map, Value};

use super::claims::{Audience, is_alive, text, young};
use super::{Check, Error, Subject, json};
use crate::clock::Timestamp;
use crate::config::defaults::CLOCK_LEEWAY;

/// A provider's word that somebody is no longer signed in there, fully verified. It can only end access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// Who says so.
    pub issuer: String,
    /// Who is meant.
    pub who: Who,
    /// Unique at that issuer (`jti`): the token counts once.
    pub id: String,
    /// No token with this id is accepted from here on.
    pub forget_at: Timestamp,
}

/// Who is meant by a logout token: at least one of `sub` and `sid` is there (§2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person, wherever they are signed in.
    Subject(Subject),
    /// One session at the provider.
    Session(String),
    /// One session at the provider, and whose it is.
    Both {
        /// Whose.
        subject: Subject,
        /// Which.
        session: String,
    },
}

/// The event that makes a token a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// From making a logout token to its arrival: §4 asks for no more than two minutes.
const MAX_AGE: Duration = Duration::from_secs(120);

/// How much longer than it could be accepted a token is remembered, should our clock be set back.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Checks the payload of a token whose signature is good.
///
/// # Errors
/// [`Error::Rejected`] with the first check that fails.
pub(super) fn check(
    payload: &[u8],
    issuer: &str,
    audience: Audience<'_>,
    now: Timestamp,
) -> Result<Logout, Error> {
    let claims = json::object(payload).ok_or(Error::Rejected(Check::LogoutClaims))?;
    let require = |holds: bool, check| {
        if holds {
            Ok(())
        } else {
            Err(Error::Rejected(check))
        }
    };
    require(text(&claims, "iss") == Some(issuer), Check::Issuer)?;
    require(audience.accepts(&claims), Check::Audience)?;
    let issued_at = young(&claims, MAX_AGE, now).ok_or(Error::Rejected(Check::IssuedAt))?;
    // Older providers send none.
    let lives = !claims.contains_key("exp") || is_alive(&claims, now);
    require(lives, Check::Expiry)?;
    // What has one was made for a sign-in (§2.4): an ID token is no logout token.
    require(!claims.contains_key("nonce"), Check::Nonce)?;
    require(is_logout(&claims), Check::LogoutEvent)?;
    let id = json::text(&claims, "jti").ok_or(Error::Rejected(Check::TokenId))?;
    Ok(Logout {
        issuer: issuer.to_owned(),
        who: who(&claims)?,
        id,
        forget_at: issued_at.plus(MAX_AGE).plus(CLOCK_LEEWAY).plus(REMEMBERED),
    })
}

fn is_logout(claims: &Map<String, Value>) -> bool {
    let events = claims.get("events").and_then(Value::as_object);
    events.is_some_and(|events| events.get(EVENT).is_some_and(Value::is_object))
}

/// A name that is there but unusable is not taken for one that is missing: less could end than the provider means, or
/// more.
fn who(claims: &Map<String, Value>) -> Result<Who, Error> {
    let subject = match claims.get("sub") {
        None => None,
        Some(subject) => {
            let subject = subject.as_str().ok_or(Error::Rejected(Check::Subject))?;
            Some(Subject::parse(subject)?)
        }
    };
    let session = match claims.get("sid") {
        None => None,
        Some(_) => {
            let session = json::text(claims, "sid");
            Some(session.ok_or(Error::Rejected(Check::ProviderSession))?)
        }
    };
    match (subject, session) {
        (Some(subject), None) => Ok(Who::Subject(subject)),
        (None, Some(session)) => Ok(Who::Session(session)),
        (Some(subject), Some(session)) => Ok(Who::Both { subject, session }),
        (None, None) => Err(Error::Rejected(Check::LogoutTarget)),
    }
}
