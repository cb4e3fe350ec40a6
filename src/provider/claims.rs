//! The inside of an ID token: every check of OIDC Core §3.1.3.7 on claims whose signature has been verified.
//!
//! Ours and not the library's, which leaves out `azp`, `nbf`, the age of `iat` and `at_hash`, and refuses tokens over
//! claims that decide nothing (an `email_verified` that is text, say).

use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{AccessToken, AccessTokenHash};
use serde_json::{Map, Value};
use std::time::Duration;

use super::issuers::Issuers;
use super::{Check, Error, Proof, Subject, json, userinfo};
use crate::clock::Timestamp;
use crate::config::defaults::CLOCK_LEEWAY;
use crate::secret::{Secret, constant_time_eq};

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuers: &'a Issuers,
    pub(super) audience: Audience<'a>,
    /// Of the authorization request; a refreshed token answers none (OIDC Core §12.2).
    pub(super) nonce: Option<&'a Secret<String>>,
    pub(super) access_token: &'a AccessToken,
    pub(super) algorithm: &'a CoreJwsSigningAlgorithm,
    /// The key that signed the token: it decides the digest of `at_hash`.
    pub(super) key: &'a CoreJsonWebKey,
}

/// Claims that passed every check.
#[derive(Debug)]
pub(super) struct Claims {
    /// Who vouches.
    pub(super) issuer: String,
    /// `sub`, by which userinfo knows the person.
    pub(super) subject: Subject,
    /// By which they are known here.
    pub(super) person: Subject,
    pub(super) authenticated_at: Timestamp,
    pub(super) proof: Proof,
    pub(super) all: Map<String, Value>,
}

impl Claims {
    /// Checks the payload of a token whose signature is good.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the first check that fails.
    pub(super) fn check(
        payload: &[u8],
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let all = json::object(payload).ok_or(Error::Rejected(Check::TokenResponse))?;
        let require = |holds: bool, check| {
            if holds {
                Ok(())
            } else {
                Err(Error::Rejected(check))
            }
        };
        let issuer = expected.issuers.vouching(&all)?;
        require(expected.audience.accepts(&all), Check::Audience)?;
        require(expected.audience.is_party(&all), Check::AuthorizedParty)?;
        require(is_alive(&all, now), Check::Expiry)?;
        let issued_at = issued_at(&all, now).ok_or(Error::Rejected(Check::IssuedAt))?;
        let nonce = text(&all, "nonce").unwrap_or_default();
        let answers = expected
            .nonce
            .is_none_or(|known| known.matches(nonce.as_bytes()));
        require(answers, Check::Nonce)?;
        require(is_bound(&all, expected), Check::AccessTokenHash)?;
        let subject = text(&all, "sub").ok_or(Error::Rejected(Check::Subject))?;
        let proven_at = if all.contains_key("auth_time") {
            let moment = moment(&all, "auth_time").ok_or(Error::Rejected(Check::AuthTime))?;
            // A provider whose clock is ahead must not make a sign-in fresher than it is.
            Some(moment.min(now))
        } else {
            None
        };
        let subject = Subject::parse(subject)?;
        Ok(Self {
            issuer,
            person: expected.issuers.person(&all, &subject)?,
            subject,
            authenticated_at: proven_at.unwrap_or(issued_at.min(now)),
            proof: Proof {
                at: proven_at,
                acr: text(&all, "acr").map(str::to_owned),
            },
            all,
        })
    }
}

impl Claims {
    /// What userinfo says of a subject, where no token came along. Words that only a token may say are left out.
    pub(super) fn of_userinfo(
        issuer: &str,
        subject: &Subject,
        said: Map<String, Value>,
        now: Timestamp,
    ) -> Self {
        let mut all = Map::new();
        userinfo::complete(&mut all, said);
        Self {
            issuer: issuer.to_owned(),
            subject: subject.clone(),
            person: subject.clone(),
            authenticated_at: now,
            proof: Proof::default(),
            all,
        }
    }
}

pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A NumericDate (RFC 7519 §2): seconds, which may have a fraction. Anything below zero is none.
pub(super) fn moment(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let number = claims.get(name)?.as_number()?;
    if let Some(seconds) = number.as_u64() {
        return Some(Timestamp::from_seconds(seconds));
    }
    let seconds = Duration::try_from_secs_f64(number.as_f64()?).ok()?;
    Some(Timestamp::EPOCH.plus(seconds))
}

/// Whom tokens of a provider may be for: us, and whoever else the operator trusts with them (§3.1.3.7, 3).
#[derive(Clone, Copy, Debug)]
pub(super) struct Audience<'a> {
    pub(super) client_id: &'a str,
    /// Without a word of the operator nobody: a token that others hold too could be theirs.
    pub(super) trusted: &'a [String],
}

impl Audience<'_> {
    /// Whether a token is for us, and for nobody who is not trusted.
    pub(super) fn accepts(self, claims: &Map<String, Value>) -> bool {
        match claims.get("aud") {
            Some(Value::String(audience)) => audience == self.client_id,
            Some(Value::Array(all)) => {
                let is_known = |one: &Value| self.is_us(one) || self.is_trusted(one);
                all.iter().any(|one| self.is_us(one)) && all.iter().all(is_known)
            }
            _ => false,
        }
    }

    /// §3.1.3.7, 4 and 5: who asked for the token is us, and it says so if others may hold it too.
    fn is_party(self, claims: &Map<String, Value>) -> bool {
        let shared = match claims.get("aud") {
            Some(Value::Array(all)) => !all.iter().all(|one| self.is_us(one)),
            _ => false,
        };
        match claims.get("azp") {
            Some(party) => self.is_us(party),
            None => !shared,
        }
    }

    fn is_us(self, one: &Value) -> bool {
        one.as_str() == Some(self.client_id)
    }

    fn is_trusted(self, one: &Value) -> bool {
        let name = one.as_str();
        name.is_some_and(|name| self.trusted.iter().any(|known| known == name))
    }
}

pub(super) fn is_alive(claims: &Map<String, Value>, now: Timestamp) -> bool {
    moment(claims, "exp").is_some_and(|expiry| now < expiry.plus(CLOCK_LEEWAY))
}

/// `iat` and `nbf`: not in the future, and `iat` not long ago, since the token was made for a code that just came.
fn issued_at(claims: &Map<String, Value>, now: Timestamp) -> Option<Timestamp> {
    young(claims, MAX_AGE, now)
}

/// `iat` of a token that is valid by now and was made at most `max_age` ago.
pub(super) fn young(
    claims: &Map<String, Value>,
    max_age: Duration,
    now: Timestamp,
) -> Option<Timestamp> {
    let has_begun = |moment: Timestamp| moment <= now.plus(CLOCK_LEEWAY);
    if claims.contains_key("nbf") && !moment(claims, "nbf").is_some_and(has_begun) {
        return None;
    }
    let issued_at = moment(claims, "iat")?;
    let is_young = now.since(issued_at) <= max_age.saturating_add(CLOCK_LEEWAY);
    (has_begun(issued_at) && is_young).then_some(issued_at)
}

/// `at_hash` fits the access token that came along (§3.1.3.6). It is optional in this flow.
fn is_bound(claims: &Map<String, Value>, expected: &Expected<'_>) -> bool {
    let Some(claimed) = claims.get("at_hash") else {
        return true;
    };
    let hash = AccessTokenHash::from_token(expected.access_token, expected.algorithm, expected.key);
    match (claimed.as_str(), hash) {
        (Some(claimed), Ok(hash)) => constant_time_eq(claimed.as_bytes(), hash.as_bytes()),
        _ => false,
    }
}

/// From issuing a token to checking it. Both happen within one exchange of a code; ten minutes leave room for clocks.
const MAX_AGE: Duration = Duration::from_secs(600);
