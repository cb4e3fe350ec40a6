//! What a provider says of itself (OpenID Connect Discovery 1.0 §3), believed only as far as it fits the configuration.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, JsonWebKeySetUrl, ProviderMetadata, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::reach::Reach;
use super::{Error, jws};
use crate::config::RevalidationMethod;

/// The endpoints of a provider. Every one of them may be called or shown to a browser.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) authorization: AuthUrl,
    pub(super) token: TokenUrl,
    pub(super) keys: JsonWebKeySetUrl,
    pub(super) userinfo: Option<Url>,
    pub(super) end_session: Option<Url>,
    /// RFC 8414 §2.
    pub(super) introspection: Option<Url>,
    /// Whether callbacks carry `iss` (RFC 9207 §3).
    pub(super) promises_issuer: bool,
    /// What makes it ask who somebody is: `select_account`, or `login` where it says that it has no such thing.
    pub(super) another_account: CoreAuthPrompt,
    /// How its tokens may be signed: as configured, and as it announces. Never empty.
    pub(super) algorithms: Vec<CoreJwsSigningAlgorithm>,
}

impl Metadata {
    /// Parses a discovery document.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if it is not one, if it is that of another issuer (compared byte for byte, Discovery
    /// §4.3), if an endpoint is missing or not secure, or if none of the `accepted` algorithms signs its ID tokens.
    pub(super) fn parse(
        document: &[u8],
        issuer: &str,
        reach: Reach,
        accepted: &[CoreJwsSigningAlgorithm],
    ) -> Result<Self, Error> {
        let document: Document = serde_json::from_slice(document)
            .map_err(|_| misconfigured("the discovery document cannot be read"))?;
        if document.issuer().as_str() != issuer {
            return Err(misconfigured(
                "the discovery document names another issuer than the configuration",
            ));
        }
        let token = document.token_endpoint().cloned();
        let extras = document.additional_metadata();
        let this = Self {
            authorization: document.authorization_endpoint().clone(),
            token: token
                .ok_or_else(|| misconfigured("the discovery document has no token endpoint"))?,
            keys: document.jwks_uri().clone(),
            userinfo: document.userinfo_endpoint().map(|url| url.url().clone()),
            end_session: extras.end_session_endpoint.clone(),
            introspection: extras.introspection_endpoint.clone(),
            promises_issuer: extras
                .authorization_response_iss_parameter_supported
                .unwrap_or(false),
            another_account: another_account(extras.prompt_values_supported.as_deref()),
            algorithms: agreed(accepted, document.id_token_signing_alg_values_supported())?,
        };
        let fixed = [this.authorization.url(), this.token.url(), this.keys.url()];
        let optional = [&this.userinfo, &this.end_session, &this.introspection];
        let optional = optional.into_iter().flatten();
        if fixed
            .into_iter()
            .chain(optional)
            .all(|url| reach.covers(url))
        {
            Ok(this)
        } else {
            Err(misconfigured(
                "the discovery document has an endpoint that is not https",
            ))
        }
    }
}

impl Metadata {
    /// Whether people can be asked about again as configured: a connection that promises it and cannot keep it must not
    /// let anybody in on that promise.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if there is no such endpoint.
    pub(super) fn can_be_asked_by(&self, method: RevalidationMethod) -> Result<(), Error> {
        let missing = match method {
            RevalidationMethod::UserInfo if self.userinfo.is_none() => "userinfo",
            RevalidationMethod::Introspection if self.introspection.is_none() => "introspection",
            RevalidationMethod::RefreshToken
            | RevalidationMethod::UserInfo
            | RevalidationMethod::Introspection
            | RevalidationMethod::Membership
            | RevalidationMethod::None => return Ok(()),
        };
        Err(Error::Misconfigured(format!(
            "people cannot be asked about again by `revalidation = \"{missing}\"`: the discovery document has no such \
             endpoint"
        )))
    }

    /// By their names in discovery.
    pub(super) fn endpoints(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("authorization_endpoint", self.authorization.to_string()),
            ("token_endpoint", self.token.to_string()),
            ("jwks_uri", self.keys.to_string()),
        ];
        let optional = [
            ("userinfo_endpoint", &self.userinfo),
            ("end_session_endpoint", &self.end_session),
        ];
        for (name, url) in optional {
            all.extend(url.as_ref().map(|url| (name, url.to_string())));
        }
        all
    }
}

/// Providers that do not know a prompt may refuse the whole request (OIDC Core §3.1.2.1).
fn another_account(supported: Option<&[String]>) -> CoreAuthPrompt {
    let has = |prompt| supported.is_some_and(|all| all.iter().any(|one| one == prompt));
    if has("login") && !has("select_account") {
        CoreAuthPrompt::Login
    } else {
        CoreAuthPrompt::SelectAccount
    }
}

/// The algorithms that both sides want.
fn agreed(
    accepted: &[CoreJwsSigningAlgorithm],
    announced: &[CoreJwsSigningAlgorithm],
) -> Result<Vec<CoreJwsSigningAlgorithm>, Error> {
    let both = accepted.iter().filter(|one| announced.contains(one));
    let both: Vec<_> = both.cloned().collect();
    if !both.is_empty() {
        return Ok(both);
    }
    let theirs = jws::names(announced).join(", ");
    Err(Error::Misconfigured(format!(
        "the provider signs ID tokens with none of the `algorithms` that are accepted, but with {}",
        if theirs.is_empty() {
            "nothing that can be verified"
        } else {
            &theirs
        }
    )))
}

/// What an operator is told.
pub(super) fn misconfigured(why: &str) -> Error {
    Error::Misconfigured(why.to_owned())
}

type Document = ProviderMetadata<
    Extras,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What the library does not read by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Extras {
    /// RP-Initiated Logout 1.0 §2.1.
    end_session_endpoint: Option<Url>,
    /// RFC 8414 §2.
    introspection_endpoint: Option<Url>,
    /// RFC 9207 §3.
    authorization_response_iss_parameter_supported: Option<bool>,
    /// Initiating User Registration via OpenID Connect 1.0 §4.
    prompt_values_supported: Option<Vec<String>>,
}

impl AdditionalProviderMetadata for Extras {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example/realm";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/authorize?tenant=1",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://keys.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public", "odd"],
            "id_token_signing_alg_values_supported": ["RS256", "odd"],
        })
    }

    fn parse(document: &Value) -> Result<Metadata, Error> {
        parse_bytes(document.to_string().as_bytes())
    }

    fn parse_bytes(document: &[u8]) -> Result<Metadata, Error> {
        let accepted = ["ES256", "RS256"].map(|name| jws::parse_algorithm(name).unwrap());
        Metadata::parse(document, ISSUER, Reach::Secure, &accepted)
    }

    #[test]
    fn a_promise_to_ask_again_needs_a_place_to_ask() {
        use RevalidationMethod::{Introspection, None, RefreshToken, UserInfo};
        let mut document = document();
        let bare = parse(&document).unwrap();
        document["userinfo_endpoint"] = json!(format!("{ISSUER}/userinfo"));
        document["introspection_endpoint"] = json!(format!("{ISSUER}/introspect"));
        let whole = parse(&document).unwrap();
        for (method, bare_can) in [
            (UserInfo, false),
            (Introspection, false),
            (RefreshToken, true),
            (None, true),
        ] {
            assert_eq!(bare.can_be_asked_by(method).is_ok(), bare_can, "{method:?}");
            assert!(whole.can_be_asked_by(method).is_ok());
        }
    }

    #[test]
    fn a_document_says_where_everything_is() {
        let mut document = document();
        let bare = parse(&document).unwrap();
        assert!(!bare.promises_issuer);
        assert_eq!(bare.end_session, None);
        document["end_session_endpoint"] = json!("https://id.example/logout");
        document["authorization_response_iss_parameter_supported"] = json!(true);
        let full = parse(&document).unwrap();
        assert!(full.promises_issuer);
        assert_eq!(full.end_session.unwrap().path(), "/logout");
    }

    #[test]
    fn who_wants_another_account_is_asked_in_a_way_that_the_provider_knows() {
        let select = CoreAuthPrompt::SelectAccount;
        for (supported, expected) in [
            (None, select.clone()),
            (Some(json!([])), select.clone()),
            (Some(json!(["none", "consent"])), select.clone()),
            (Some(json!(["login", "select_account"])), select),
            (
                Some(json!(["none", "login", "consent"])),
                CoreAuthPrompt::Login,
            ),
        ] {
            let mut document = document();
            if let Some(supported) = &supported {
                document["prompt_values_supported"] = supported.clone();
            }
            let read = parse(&document).unwrap();
            assert_eq!(read.another_account, expected, "{supported:?}");
        }
    }

    #[test]
    fn inv_14_algorithms_are_those_that_both_sides_want() {
        for (announced, agreed) in [
            (json!(["RS256"]), Ok(vec!["RS256"])),
            (
                json!(["EdDSA", "RS256", "ES256"]),
                Ok(vec!["RS256", "ES256"]),
            ),
            (json!(["EdDSA", "PS256", "none"]), Err("with PS256, EdDSA")),
            (
                json!(["HS256", "none", "odd"]),
                Err("nothing that can be verified"),
            ),
            (json!([]), Err("nothing that can be verified")),
        ] {
            let mut document = document();
            document["id_token_signing_alg_values_supported"] = announced.clone();
            match (parse(&document), agreed) {
                (Ok(read), Ok(agreed)) => assert_eq!(jws::names(&read.algorithms), agreed),
                (Err(Error::Misconfigured(why)), Err(part)) => {
                    assert!(why.contains(part), "{announced}: {why}");
                }
                (read, _) => panic!("{announced}: {read:?}"),
            }
        }
    }

    /// The issuer of discovery is compared, byte for byte.
    #[test]
    fn a_document_of_another_issuer_is_refused() {
        for other in [
            "https://id.example/realm/",
            "https://ID.example/realm",
            "https://id.example:443/realm",
            "https://id.example/other",
            "https://evil.example/realm",
        ] {
            let mut document = document();
            document["issuer"] = json!(other);
            assert!(
                matches!(parse(&document), Err(Error::Misconfigured(_))),
                "{other}"
            );
        }
    }

    #[test]
    fn inv_48_every_endpoint_is_secure() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "end_session_endpoint",
            "introspection_endpoint",
        ] {
            for bad in [
                "http://id.example/x",
                "http://127.0.0.1/x",
                "ftp://id.example/x",
                "javascript:alert(1)",
                "https://user:secret@id.example/x",
                "/x",
            ] {
                let mut document = document();
                document[name] = json!(bad);
                assert!(
                    matches!(parse(&document), Err(Error::Misconfigured(_))),
                    "{name} {bad}"
                );
            }
        }
    }

    #[test]
    fn a_document_that_is_none_is_refused() {
        let text = document().to_string();
        let twice = text.replacen('{', r#"{"issuer":"https://id.example/realm","#, 1);
        let mut without = document();
        without.as_object_mut().unwrap().remove("token_endpoint");
        for bad in ["", "[]", "<html>", &twice, &without.to_string()] {
            let read = parse_bytes(bad.as_bytes());
            assert!(matches!(read, Err(Error::Misconfigured(_))), "{bad}");
        }
    }
}
