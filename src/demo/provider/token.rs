//! The endpoints that programs call: token, userinfo, introspection, revocation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::grants::{Issued, Presented, Rights, TOKEN_LIFETIME};
use super::{Client, Provider};
use crate::demo::people::{Person, Standing};
use crate::demo::reply::{self, Body, Fields};

/// An error of RFC 6749 §5.2.
#[derive(Debug)]
struct Fault {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl Provider {
    /// `/token`.
    pub(super) fn token(&self, headers: &HeaderMap, fields: &Fields) -> Response<Body> {
        let issued = self
            .authenticate(headers, fields)
            .and_then(|client| self.issue(client, fields));
        let answer = issued.and_then(|issued| self.written(&issued));
        match answer {
            Ok(body) => reply::json(StatusCode::OK, &body),
            Err(fault) => fault.response(),
        }
    }

    /// `/userinfo` (OIDC Core §5.3).
    pub(super) fn userinfo(&self, headers: &HeaderMap) -> Response<Body> {
        let bearer = reply::field(headers, AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token)
        });
        let rights = bearer.and_then(|token| self.grants().bearer(token, self.now()).cloned());
        let active =
            |rights: &Rights| self.inner.directory.standing(rights.person) == Standing::Active;
        if let Some(rights) = rights.filter(active) {
            let mut claims = about(rights.person, &rights.scope);
            claims.insert("sub".to_owned(), json!(rights.person.subject));
            return reply::json(StatusCode::OK, &claims);
        }
        // RFC 6750 §3.1: nothing is said about a token that was not sent.
        let challenge = match bearer {
            Some(_) => r#"Bearer realm="demo", error="invalid_token""#,
            None => r#"Bearer realm="demo""#,
        };
        let mut response = reply::empty(StatusCode::UNAUTHORIZED);
        reply::put(&mut response, WWW_AUTHENTICATE, challenge);
        response
    }

    /// `/introspect` (RFC 7662).
    pub(super) fn introspect(&self, headers: &HeaderMap, fields: &Fields) -> Response<Body> {
        let client = match self.authenticate(headers, fields) {
            Ok(client) => client,
            Err(fault) => return fault.response(),
        };
        let token = fields.get("token").unwrap_or_default();
        let now = self.now();
        let rights = {
            let grants = self.grants();
            let access = grants.bearer(token, now);
            access.or_else(|| grants.live_refresh(token, now)).cloned()
        };
        let body = match rights {
            Some(rights)
                if rights.client == client.id
                    && self.inner.directory.standing(rights.person) == Standing::Active =>
            {
                json!({
                    "active": true, "iss": self.issuer(), "client_id": rights.client, "scope": rights.scope,
                    "sub": rights.person.subject, "username": rights.person.email,
                })
            }
            Some(_) | None => json!({ "active": false }),
        };
        reply::json(StatusCode::OK, &body)
    }

    /// `/revoke` (RFC 7009): a token that is not known is as good as revoked.
    pub(super) fn revoke(&self, headers: &HeaderMap, fields: &Fields) -> Response<Body> {
        match self.authenticate(headers, fields) {
            Ok(client) => {
                let token = fields.get("token").unwrap_or_default();
                self.grants().revoke(token, &client.id, self.now());
                reply::empty(StatusCode::OK)
            }
            Err(fault) => fault.response(),
        }
    }

    fn issue(&self, client: &Client, fields: &Fields) -> Result<Issued, Fault> {
        let now = self.now();
        let value = |name| fields.get(name).unwrap_or_default();
        let directory = &self.inner.directory;
        let issued = match value("grant_type") {
            "authorization_code" => {
                let presented = Presented {
                    client: &client.id,
                    redirect_uri: value("redirect_uri"),
                    verifier: value("code_verifier"),
                };
                self.grants()
                    .redeem(value("code"), &presented, directory, now)
            }
            "refresh_token" => {
                self.grants()
                    .refresh(value("refresh_token"), &client.id, directory, now)
            }
            _ => {
                return Err(Fault::new(
                    "unsupported_grant_type",
                    "authorization_code or refresh_token",
                ));
            }
        };
        issued.map_err(|refusal| Fault::new("invalid_grant", refusal.to_string()))
    }

    /// The answer of OIDC Core §3.1.3.3, ID token included.
    fn written(&self, issued: &Issued) -> Result<Value, Fault> {
        let Rights {
            client,
            person,
            scope,
            sid,
            auth_time,
        } = &issued.rights;
        let now = self.now();
        let mut claims = about(person, scope);
        claims.extend([
            ("iss".to_owned(), json!(self.issuer())),
            ("sub".to_owned(), json!(person.subject)),
            ("aud".to_owned(), json!(client)),
            ("iat".to_owned(), json!(now.as_seconds())),
            (
                "exp".to_owned(),
                json!(now.plus(TOKEN_LIFETIME).as_seconds()),
            ),
            ("auth_time".to_owned(), json!(auth_time.as_seconds())),
            ("sid".to_owned(), json!(sid)),
        ]);
        if let Some(nonce) = &issued.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        let id_token = self.inner.key.sign(&claims).map_err(|_| Fault {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            description: "the ID token could not be signed".to_owned(),
        })?;
        Ok(json!({
            "token_type": "Bearer",
            "access_token": issued.access.expose(),
            "refresh_token": issued.refresh.expose(),
            "expires_in": TOKEN_LIFETIME.as_secs(),
            "scope": scope,
            "id_token": id_token,
        }))
    }

    /// The client, by its secret in the header or in the form, not both (RFC 6749 §2.3).
    fn authenticate(&self, headers: &HeaderMap, fields: &Fields) -> Result<&Client, Fault> {
        let header = reply::field(headers, AUTHORIZATION);
        let form = fields.get("client_id").zip(fields.get("client_secret"));
        let (id, secret) = match (header, form) {
            (Some(_), Some(_)) => {
                return Err(Fault::new(
                    "invalid_request",
                    "two ways to authenticate at once",
                ));
            }
            (Some(header), None) => basic(header).ok_or_else(Fault::client)?,
            (None, Some((id, secret))) => (id.to_owned(), secret.to_owned()),
            (None, None) => return Err(Fault::client()),
        };
        self.client(&id)
            .filter(|client| client.secret.matches(secret.as_bytes()))
            .ok_or_else(Fault::client)
    }
}

/// What the scopes let the client know (OIDC Core §5.4); groups come with `profile`, as many providers have it.
fn about(person: &Person, scope: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    let scopes: Vec<&str> = scope.split(' ').collect();
    if scopes.contains(&"profile") {
        claims.insert("name".to_owned(), json!(person.name));
    }
    if scopes.contains(&"profile") || scopes.contains(&"groups") {
        claims.insert("groups".to_owned(), json!(person.groups));
    }
    if scopes.contains(&"email") {
        claims.insert("email".to_owned(), json!(person.email));
        claims.insert("email_verified".to_owned(), json!(person.email_verified));
    }
    claims
}

/// Name and secret are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text)
            .decode_utf8()
            .ok()
            .map(String::from)
    };
    Some((decoded(id)?, decoded(secret)?))
}

impl Fault {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description: description.into(),
        }
    }

    fn client() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: "client name or secret is wrong".to_owned(),
        }
    }

    fn response(&self) -> Response<Body> {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = reply::json(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            reply::put(&mut response, WWW_AUTHENTICATE, r#"Basic realm="demo""#);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basic_header_is_decoded_after_it_is_split() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:s+%2B"));
        assert_eq!(basic(&header), Some(("a:b".to_owned(), "s +".to_owned())));
        assert_eq!(basic("Bearer abc"), None);
        assert_eq!(basic("Basic ???"), None);
    }

    #[test]
    fn scopes_open_claims() {
        let ada = &crate::demo::people::PEOPLE[0];
        assert!(about(ada, "openid").is_empty());
        assert_eq!(about(ada, "openid email")["email"], "ada@acme.example");
        assert_eq!(about(ada, "openid profile")["groups"][1], "it-admins");
    }
}
