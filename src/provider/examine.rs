//! What can be told of a registration without a person: what the provider announces, held against what is configured, and
//! what it says to a code that it never gave.

use std::time::Duration;

use ::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::reach::Reach;
use super::{Error, Failed, json};
use crate::clock::Timestamp;
use crate::config::defaults::CLOCK_LEEWAY;
use crate::config::{ClientAuthentication, RevalidationMethod};

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub check: Checked,
    /// How it stands.
    pub verdict: Verdict,
    /// In words.
    pub said: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// The checks, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checked {
    /// Whether it can be asked, and answers with a discovery document.
    Discovery,
    /// Whether it is the one that is configured.
    Issuer,
    /// Whether it has the endpoints that sign-in needs.
    Endpoints,
    /// Whether it signs as is accepted.
    Algorithms,
    /// Whether its keys can be had and used.
    Keys,
    /// Whether its clock and ours agree.
    Clock,
    /// Whether it has the authorization code flow.
    ResponseTypes,
    /// Whether it knows PKCE with S256.
    Pkce,
    /// Whether it has the grants that are needed.
    GrantTypes,
    /// Whether it knows the scopes that are asked for.
    Scopes,
    /// Whether it takes our secret in the way it is sent.
    ClientAuthentication,
    /// Whether it knows our client id and secret.
    Client,
    /// Whether people can be asked about again.
    Revalidation,
}

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// It may not work.
    Warning,
    /// It cannot work.
    Failed,
    /// It cannot be told.
    Unknown,
}

impl Checked {
    /// Name for programs and people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Issuer => "issuer",
            Self::Endpoints => "endpoints",
            Self::Algorithms => "algorithms",
            Self::Keys => "keys",
            Self::Clock => "clock",
            Self::ResponseTypes => "response types",
            Self::Pkce => "PKCE",
            Self::GrantTypes => "grant types",
            Self::Scopes => "scopes",
            Self::ClientAuthentication => "client authentication",
            Self::Client => "client",
            Self::Revalidation => "revalidation",
        }
    }
}

impl Verdict {
    /// Name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl Finding {
    pub(super) fn fine(check: Checked, said: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Fine,
            said: said.into(),
            cure: None,
        }
    }

    pub(super) fn failed(check: Checked, said: impl Into<String>, cure: &str) -> Self {
        Self {
            verdict: Verdict::Failed,
            cure: Some(cure.to_owned()).filter(|cure| !cure.is_empty()),
            ..Self::fine(check, said)
        }
    }

    pub(super) fn warning(check: Checked, said: impl Into<String>, cure: &str) -> Self {
        Self {
            verdict: Verdict::Warning,
            ..Self::failed(check, said, cure)
        }
    }

    pub(super) fn unknown(check: Checked, said: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Unknown,
            ..Self::fine(check, said)
        }
    }
}

/// What is configured.
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) algorithms: Vec<&'static str>,
    pub(super) scopes: &'a [String],
    pub(super) authentication: ClientAuthentication,
    pub(super) method: RevalidationMethod,
    pub(super) reach: Reach,
}

/// Holds a discovery document against what is configured: each mistake for itself.
pub(super) fn announced(document: &Map<String, Value>, wanted: &Wanted<'_>) -> Vec<Finding> {
    vec![
        issuer(document, wanted.issuer),
        endpoints(document, wanted.reach),
        algorithms(document, &wanted.algorithms),
        response_types(document),
        pkce(document),
        grant_types(document, wanted.method),
        scopes(document, wanted.scopes),
        authentication(document, wanted.authentication),
        revalidation(document, wanted),
    ]
}

fn issuer(document: &Map<String, Value>, wanted: &str) -> Finding {
    match json::text(document, "issuer") {
        Some(issuer) if issuer == wanted => Finding::fine(Checked::Issuer, issuer),
        Some(issuer) => Finding::failed(
            Checked::Issuer,
            format!("it calls itself {issuer}, and the file says {wanted}"),
            "write it in the file exactly as it calls itself, if that is the one that is meant",
        ),
        None => Finding::failed(
            Checked::Issuer,
            "it does not say who it is",
            "is this the address of an OpenID provider?",
        ),
    }
}

fn endpoints(document: &Map<String, Value>, reach: Reach) -> Finding {
    let needed = ["authorization_endpoint", "token_endpoint", "jwks_uri"];
    let url = |name: &str| json::text(document, name).and_then(|it| url::Url::parse(&it).ok());
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|name| url(name).is_none())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Finding::failed(
            Checked::Endpoints,
            format!("it has no {missing}"),
            "is this the address of an OpenID provider with the authorization code flow?",
        );
    }
    let optional = [
        "userinfo_endpoint",
        "end_session_endpoint",
        "introspection_endpoint",
    ];
    let all = needed.into_iter().chain(optional);
    let unsafe_one = all
        .filter_map(|name| Some((name, url(name)?)))
        .find(|(_, url)| !reach.covers(url));
    match unsafe_one {
        Some((name, url)) => Finding::failed(
            Checked::Endpoints,
            format!("its {name} is {url}, which is not https"),
            "nothing is sent there: have the provider announce https",
        ),
        None => Finding::fine(
            Checked::Endpoints,
            "authorization, token and keys are there",
        ),
    }
}

fn algorithms(document: &Map<String, Value>, accepted: &[&'static str]) -> Finding {
    let theirs = list(document, "id_token_signing_alg_values_supported").unwrap_or_default();
    let both: Vec<&str> = accepted
        .iter()
        .copied()
        .filter(|one| theirs.iter().any(|theirs| theirs == one))
        .collect();
    if both.is_empty() {
        return Finding::failed(
            Checked::Algorithms,
            format!("it signs ID tokens with {}", listed(&theirs)),
            &format!("accepted are {}: see `algorithms`", accepted.join(", ")),
        );
    }
    Finding::fine(Checked::Algorithms, both.join(", "))
}

fn response_types(document: &Map<String, Value>) -> Finding {
    let check = Checked::ResponseTypes;
    match list(document, "response_types_supported") {
        Some(all) if all.iter().any(|one| one == "code") => Finding::fine(check, "code"),
        Some(all) => Finding::failed(
            check,
            format!("it answers with {}", listed(&all)),
            "switch the authorization code flow on there",
        ),
        None => Finding::unknown(check, "it does not say"),
    }
}

fn pkce(document: &Map<String, Value>) -> Finding {
    let check = Checked::Pkce;
    match list(document, "code_challenge_methods_supported") {
        Some(all) if all.iter().any(|one| one == "S256") => Finding::fine(check, "S256"),
        Some(all) => Finding::warning(
            check,
            format!("it knows {}, and S256 is what is sent", listed(&all)),
            "a provider that ignores it still works; one that refuses it does not",
        ),
        None => Finding::unknown(check, "it does not say; S256 is sent in any case"),
    }
}

fn grant_types(document: &Map<String, Value>, method: RevalidationMethod) -> Finding {
    let check = Checked::GrantTypes;
    let mut needed = vec!["authorization_code"];
    if method == RevalidationMethod::RefreshToken {
        needed.push("refresh_token");
    }
    let Some(all) = list(document, "grant_types_supported") else {
        return Finding::unknown(check, "it does not say");
    };
    let missing: Vec<&str> = needed
        .iter()
        .copied()
        .filter(|one| !all.iter().any(|theirs| theirs == one))
        .collect();
    match missing.as_slice() {
        [] => Finding::fine(check, needed.join(", ")),
        ["refresh_token"] => Finding::warning(
            check,
            "it hands out no refresh tokens, with which people are to be asked about again",
            "allow them there, or set another `revalidation`",
        ),
        missing => Finding::failed(
            check,
            format!("it has no {}", missing.join(", ")),
            "switch the authorization code flow on there",
        ),
    }
}

fn scopes(document: &Map<String, Value>, wanted: &[String]) -> Finding {
    let check = Checked::Scopes;
    let Some(all) = list(document, "scopes_supported") else {
        return Finding::unknown(
            check,
            format!(
                "{} are asked for; it does not say which it knows",
                wanted.join(" ")
            ),
        );
    };
    let missing: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|one| !all.iter().any(|theirs| theirs == one))
        .collect();
    if missing.is_empty() {
        return Finding::fine(check, wanted.join(" "));
    }
    Finding::warning(
        check,
        format!("it does not announce {}", missing.join(" ")),
        "create them there, or leave them out of `scopes`; some providers know more than they announce",
    )
}

fn authentication(document: &Map<String, Value>, ours: ClientAuthentication) -> Finding {
    let check = Checked::ClientAuthentication;
    let (ours, other) = match ours {
        ClientAuthentication::Basic => ("client_secret_basic", "client_secret_post"),
        ClientAuthentication::Post => ("client_secret_post", "client_secret_basic"),
    };
    // RFC 8414 §2: what is meant where nothing is said.
    let theirs = list(document, "token_endpoint_auth_methods_supported")
        .unwrap_or_else(|| vec!["client_secret_basic".to_owned()]);
    let has = |name: &str| theirs.iter().any(|one| one == name);
    if has(ours) {
        return Finding::fine(check, ours);
    }
    let cure = if has(other) {
        format!("set client_authentication = \"{other}\"")
    } else {
        "register a client with a secret there".to_owned()
    };
    Finding::warning(
        check,
        format!("it takes {}, and {ours} is sent", listed(&theirs)),
        &cure,
    )
}

fn revalidation(document: &Map<String, Value>, wanted: &Wanted<'_>) -> Finding {
    let check = Checked::Revalidation;
    let method = wanted.method.as_str();
    let needs = match wanted.method {
        RevalidationMethod::UserInfo => "userinfo_endpoint",
        RevalidationMethod::Introspection => "introspection_endpoint",
        RevalidationMethod::RefreshToken => {
            let offered = list(document, "scopes_supported");
            let offered = offered.is_some_and(|all| all.iter().any(|one| one == "offline_access"));
            if offered && !wanted.scopes.iter().any(|scope| scope == "offline_access") {
                return Finding::warning(
                    check,
                    "it has the scope offline_access, without which refresh tokens may not come",
                    "add \"offline_access\" to `scopes`",
                );
            }
            return asked_again(wanted.method);
        }
        RevalidationMethod::None | RevalidationMethod::Membership => {
            return asked_again(wanted.method);
        }
    };
    if json::text(document, needs).is_some() {
        Finding::fine(check, method)
    } else {
        Finding::failed(
            check,
            format!("people are to be asked about by {method}, and it has no {needs}"),
            "set another `revalidation`",
        )
    }
}

/// Whether people can be asked about again at all, where no metadata says what that needs.
pub(super) fn asked_again(method: RevalidationMethod) -> Finding {
    match method {
        RevalidationMethod::None => Finding::warning(
            Checked::Revalidation,
            "nobody is asked about again: who left is out when their session ends",
            "set `revalidation`, if the provider has a way to be asked",
        ),
        RevalidationMethod::RefreshToken
        | RevalidationMethod::UserInfo
        | RevalidationMethod::Introspection
        | RevalidationMethod::Membership => Finding::fine(Checked::Revalidation, method.as_str()),
    }
}

/// Whether the provider's clock and ours agree, by the `Date` of its answer (RFC 9110 §6.6.1). One that a cache kept has the
/// date of old, and says for how long it was kept (RFC 9111 §5.1).
pub(super) fn clock(headers: &HeaderMap, now: Timestamp) -> Finding {
    let check = Checked::Clock;
    let date = headers
        .get(header::DATE)
        .and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let date = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let Some(date) = date else {
        return Finding::unknown(check, "its answer has no date");
    };
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok());
    let age = age.and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    let theirs = Timestamp::from_seconds(date.as_secs()).plus(Duration::from_secs(age));
    let (apart, way) = if theirs > now {
        let way = "ahead of ours: its tokens are refused until ours is there";
        (theirs.since(now), way)
    } else {
        let way = "behind ours: tokens that it gives a short life are refused as expired";
        (now.since(theirs), way)
    };
    let seconds = apart.as_secs();
    // A date has whole seconds.
    if apart >= CLOCK_LEEWAY + Duration::from_secs(1) {
        return Finding::warning(
            check,
            format!("its clock is {seconds} s {way}"),
            "set the clock of this machine (NTP), or have the provider's set",
        );
    }
    Finding::fine(check, format!("{seconds} s apart"))
}

/// What the keys are good for.
pub(super) fn keys(all: usize, usable: usize) -> Finding {
    if usable == 0 {
        return Finding::failed(
            Checked::Keys,
            format!(
                "it publishes {all} keys, and none of them makes signatures of the kind that is accepted"
            ),
            "compare `algorithms` with what the provider signs with",
        );
    }
    Finding::fine(Checked::Keys, format!("{usable} of {all} can be used"))
}

/// What an answer to a code that was never given says of our client id and secret. Decided by the error's code (RFC 6749
/// §5.2), and by what GitHub and Slack call the same.
pub(super) fn client(answer: Result<(), &Failed>) -> Finding {
    let check = Checked::Client;
    let Err(failed) = answer else {
        return Finding::failed(
            check,
            "it gave tokens for a code that it never gave out",
            "do not use this provider",
        );
    };
    let code = failed
        .said
        .as_ref()
        .map(super::Said::code)
        .unwrap_or_default();
    match code {
        "invalid_grant" | "bad_verification_code" | "invalid_code" => {
            Finding::fine(check, "it knows the client id and secret")
        }
        "invalid_client"
        | "incorrect_client_credentials"
        | "bad_client_secret"
        | "invalid_client_id" => Finding::failed(
            check,
            "it does not accept the client id and secret",
            "compare `client_id`, and have a new secret made there if in doubt",
        ),
        "unauthorized_client" | "unsupported_grant_type" => Finding::failed(
            check,
            "the client may not use the authorization code grant",
            "allow it for this client there",
        ),
        "redirect_uri_mismatch" => Finding::failed(
            check,
            "it does not know the redirect URI",
            "register it there, exactly as it is told here",
        ),
        "" => match &failed.error {
            Error::Unreachable(error) => Finding::failed(
                check,
                format!("the token endpoint does not answer: {error}"),
                "",
            ),
            Error::Misconfigured(why) => Finding::failed(check, why.clone(), ""),
            Error::Refused(_) | Error::Rejected(_) => Finding::unknown(
                check,
                "it does not say whether it knows the client id and secret",
            ),
        },
        other => Finding::unknown(
            check,
            format!("it answered `{other}`, which tells nothing of the client id and secret"),
        ),
    }
}

/// A list of texts; nothing if it is not there or is something else.
fn list(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let all = document.get(name)?.as_array()?.iter();
    Some(
        all.filter_map(Value::as_str)
            .map(|text| text.chars().take(64).collect())
            .take(64)
            .collect(),
    )
}

fn listed(all: &[String]) -> String {
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join(", ")
    }
}
