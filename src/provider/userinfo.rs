//! Claims from the userinfo endpoint (OIDC Core §5.3), which may only add to what a verified ID token says.

use http::StatusCode;
use openidconnect::AccessToken;
use serde_json::{Map, Value};
use url::Url;

use super::directory::unreachable;
use super::http::{self as calls, Client, Operation};
use super::{Check, Error, Subject, bearer, json, slack};

/// What came of asking.
#[derive(Debug)]
pub(super) enum Fetched {
    /// Claims of the subject that was asked for.
    Claims(Map<String, Value>),
    /// 401: the token is good no more.
    Refused,
    /// Claims of somebody else (§5.3.2).
    OtherSubject,
    /// An object that says of itself that it is none (`ok` is false), and why (Slack).
    NotOk(String),
    /// Another status.
    Status,
    /// No object with a subject.
    Unreadable,
}

/// Asks for the claims of a subject. The token travels in a header, never in the address.
///
/// # Errors
/// [`Error::Unreachable`].
pub(super) async fn fetch(
    client: &Client,
    endpoint: &Url,
    token: &AccessToken,
    subject: &Subject,
) -> Result<Fetched, Error> {
    let request = bearer::get(endpoint, token.secret()).map_err(unreachable)?;
    let Some(request) = request else {
        return Ok(Fetched::Unreadable);
    };
    let answer = client.call(Operation::UserInfo, request).await;
    let answer = answer.map_err(unreachable)?;
    Ok(match answer.status() {
        StatusCode::OK if calls::is_json(&answer) => match json::object(answer.body()) {
            Some(claims) => match (
                slack::code(&claims),
                claims.get("sub").and_then(Value::as_str),
            ) {
                (Some(code), _) => Fetched::NotOk(code),
                (None, Some(sub)) if sub == subject.as_str() => Fetched::Claims(claims),
                (None, Some(_)) => Fetched::OtherSubject,
                (None, None) => Fetched::Unreadable,
            },
            None => Fetched::Unreadable,
        },
        StatusCode::OK => Fetched::Unreadable,
        StatusCode::UNAUTHORIZED => Fetched::Refused,
        _ => Fetched::Status,
    })
}

/// The same during a sign-in, where only claims of the same subject will do.
///
/// # Errors
/// [`Error::Rejected`] with [`Check::UserInfo`] for anything else; [`Error::Unreachable`].
pub(super) async fn ask(
    client: &Client,
    endpoint: &Url,
    token: &AccessToken,
    subject: &Subject,
) -> Result<Map<String, Value>, Error> {
    match fetch(client, endpoint, token, subject).await? {
        Fetched::Claims(claims) => Ok(claims),
        Fetched::Refused
        | Fetched::OtherSubject
        | Fetched::NotOk(_)
        | Fetched::Status
        | Fetched::Unreadable => Err(Error::Rejected(Check::UserInfo)),
    }
}

/// Adds claims that a token lacks. What the token says stands.
///
/// An address and the word that it is verified belong together: the word is taken only for the very address that it was
/// said of. Claims that speak of the token, or on which access to a tenant rests, are taken from the token alone.
pub(super) fn complete(claims: &mut Map<String, Value>, more: Map<String, Value>) {
    let told = claims.get("email").cloned();
    let same_address = told.is_none() || told.as_ref() == more.get("email");
    if told.is_none() {
        for word in VERIFIED {
            claims.remove(word);
        }
    }
    for (name, value) in more {
        let from_token_only = TOKEN_ONLY.contains(&name.as_str());
        let of_another_address = VERIFIED.contains(&name.as_str()) && !same_address;
        if !from_token_only && !of_another_address {
            claims.entry(name).or_insert(value);
        }
    }
}

/// Words of providers that an address is verified.
const VERIFIED: [&str; 2] = ["email_verified", "xms_edov"];

const TOKEN_ONLY: [&str; 21] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "hd",
    "tid",
    "oid",
    "org_id",
    "org_name",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn completed(token: &Value, more: &Value) -> Value {
        let mut claims = token.as_object().unwrap().clone();
        complete(&mut claims, more.as_object().unwrap().clone());
        Value::Object(claims)
    }

    #[test]
    fn what_the_token_says_stands() {
        assert_eq!(
            completed(
                &json!({"name": "Ada", "groups": ["a"]}),
                &json!({"name": "Eve", "groups": ["root"], "locale": "en"})
            ),
            json!({"name": "Ada", "groups": ["a"], "locale": "en"})
        );
    }

    #[test]
    fn inv_19_the_word_verified_stays_with_its_address() {
        for (token, more, result) in [
            (
                json!({"email": "a@x", }),
                json!({"email": "a@x", "email_verified": true}),
                json!({"email": "a@x", "email_verified": true}),
            ),
            (
                json!({"email": "a@x"}),
                json!({"email": "b@x", "email_verified": true}),
                json!({"email": "a@x"}),
            ),
            (
                json!({"email": "a@x"}),
                json!({"email_verified": true}),
                json!({"email": "a@x"}),
            ),
            (
                json!({"email_verified": true}),
                json!({"email": "b@x"}),
                json!({"email": "b@x"}),
            ),
            (
                json!({"email": "a@x", "email_verified": false}),
                json!({"email": "a@x", "email_verified": true}),
                json!({"email": "a@x", "email_verified": false}),
            ),
        ] {
            assert_eq!(completed(&token, &more), result, "{token} {more}");
        }
    }

    #[test]
    fn inv_13_nothing_about_the_token_comes_from_elsewhere() {
        let more: Map<String, Value> = TOKEN_ONLY
            .iter()
            .map(|name| ((*name).to_owned(), json!("x")))
            .collect();
        assert_eq!(
            completed(&json!({"sub": "1"}), &Value::Object(more)),
            json!({"sub": "1"})
        );
    }
}
