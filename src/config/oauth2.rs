//! `kind = "oauth2"` and the presets that stand on it: providers that say who somebody is in an API of their own.

use std::time::Duration;

use url::Url;

use super::providers::{
    OFFLINE_ACCESS, authorize_parameters, client_secret, further_scopes, is_ours,
};
use super::reader::Reader;
use super::server::not_empty;
use super::{ClientAuthentication, OAuth2, PersonSource, Preset, RevalidationMethod, defaults};
use super::{issuer, pem};

/// Where in an object something stands: the names of members from the outside in, numbers for places in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// Parses `team.id`, or a JSON pointer (RFC 6901) such as `/team/id`, for names with dots in them.
    ///
    /// # Errors
    /// An empty name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer
                .split('/')
                .map(|part| part.replace("~1", "/").replace("~0", "~"))
                .collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        if parts.iter().any(String::is_empty) {
            Err("is no path such as `team.id` or `/team/id`")
        } else {
            Ok(Self(parts))
        }
    }

    /// The names.
    pub fn parts(&self) -> &[String] {
        &self.0
    }
}

/// Where a provider's answers say what. What has no path is not said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPaths {
    /// Who it is, for ever: a text or a whole number.
    pub subject: ClaimPath,
    /// E-mail address.
    pub email: Option<ClaimPath>,
    /// Whether the address is the person's: `true`, and nothing else.
    pub email_verified: Option<ClaimPath>,
    /// Display name.
    pub name: Option<ClaimPath>,
    /// Short name for people.
    pub preferred_username: Option<ClaimPath>,
    /// A list of texts, or one text.
    pub groups: Option<ClaimPath>,
    /// Id of the provider's customer that the person belongs to.
    pub tenant: Option<ClaimPath>,
    /// What people call that customer.
    pub tenant_name: Option<ClaimPath>,
}

impl ClaimPaths {
    /// Every path with its key.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &ClaimPath)> {
        let optional = [
            ("email", &self.email),
            ("email_verified", &self.email_verified),
            ("name", &self.name),
            ("preferred_username", &self.preferred_username),
            ("groups", &self.groups),
            ("tenant", &self.tenant),
            ("tenant_name", &self.tenant_name),
        ];
        let optional = optional.into_iter();
        let written = optional.filter_map(|(key, path)| Some((key, path.as_ref()?)));
        std::iter::once(("subject", &self.subject)).chain(written)
    }
}

/// Where the browser goes, where codes become tokens, and where people are described.
struct Places {
    issuer: String,
    authorize_url: String,
    token_url: String,
    profile: PersonSource,
}

/// What is faulty is left empty, as in [`super::providers`].
pub(super) fn oauth2(reader: &Reader<'_>, preset: Preset) -> OAuth2 {
    let is_github = preset == Preset::GitHub;
    let places = if is_github {
        github(reader)
    } else {
        mapped(reader)
    };
    let encrypted = !issuer::is_plain(&places.token_url);
    // As GitHub's own pages have it: the secret in the body, and commas in what was granted.
    let (usual, separator) = if is_github {
        (ClientAuthentication::Post, Some(","))
    } else {
        let words = [("space", " "), ("comma", ",")];
        (
            defaults::CLIENT_AUTHENTICATION,
            reader.word("scope_separator", &words),
        )
    };
    let separator = separator.unwrap_or(defaults::SCOPE_SEPARATOR);
    let methods = [
        ("client_secret_basic", ClientAuthentication::Basic),
        ("client_secret_post", ClientAuthentication::Post),
    ];
    let timeout = Duration::from_millis(100)..=Duration::from_secs(60);
    let client_id = reader.required("client_id", "0oa1b2c3", not_empty);
    let client_secret = client_secret(reader);
    // The address with the word that it is verified, and organizations and teams that are not public.
    let own: &[&str] = if is_github {
        &["user:email", "read:org"]
    } else {
        &[]
    };
    let own = own.iter().map(|&scope| scope.to_owned()).collect();
    let scopes = further_scopes(reader, own);
    let required_scopes = required_scopes(reader, &scopes);
    OAuth2 {
        client_id: client_id.unwrap_or_default(),
        client_secret,
        client_authentication: reader
            .word("client_authentication", &methods)
            .unwrap_or(usual),
        scope_separator: separator.to_owned(),
        required_scopes,
        authorize_parameters: authorize_parameters(reader, preset),
        revalidation: revalidation(reader, &places.profile, &scopes),
        ca: pem::authorities(reader, "ca", encrypted),
        private_network: reader
            .switch("private_network")
            .unwrap_or(defaults::PRIVATE_NETWORK),
        timeout: reader
            .duration("timeout", "10s", timeout)
            .unwrap_or(defaults::PROVIDER_TIMEOUT),
        scopes,
        issuer: places.issuer,
        authorize_url: places.authorize_url,
        token_url: places.token_url,
        profile: places.profile,
    }
}

/// Scopes without which nobody comes in. One that is not asked for is granted to nobody.
fn required_scopes(reader: &Reader<'_>, asked: &[String]) -> Vec<String> {
    let required = reader.list("required_scopes", "read:org", |text| {
        let is_asked = asked.iter().any(|scope| scope == text);
        is_asked
            .then(|| text.to_owned())
            .ok_or("is not among the scopes that are asked for")
    });
    required.unwrap_or_default()
}

fn mapped(reader: &Reader<'_>) -> Places {
    let endpoint = |key, example| reader.required(key, example, parse_endpoint);
    let authorize_url = reader.required(
        "authorize_url",
        "https://id.acme.com/oauth/authorize",
        parse_authorize,
    );
    let token_url = endpoint("token_url", "https://id.acme.com/oauth/token");
    let urls = reader.list(
        "userinfo_urls",
        "https://id.acme.com/api/me",
        parse_endpoint,
    );
    if token_url
        .as_deref()
        .is_some_and(|url| !issuer::is_plain(url))
    {
        let places = [
            ("authorize_url", authorize_url.as_slice()),
            ("userinfo_urls", urls.as_deref().unwrap_or_default()),
        ];
        for (key, urls) in places {
            if urls.iter().any(|url| issuer::is_plain(url)) {
                reader.fault(
                    key,
                    "contradiction",
                    "is http, and `token_url` is https: codes and tokens would come by a way that it does not have",
                    "write https, or have all of them on this machine",
                );
            }
        }
    }
    let named = reader.parsed("issuer", "https://id.acme.com", issuer::parse_base);
    let origin = authorize_url
        .as_deref()
        .and_then(|url| Url::parse(url).ok());
    let origin = origin.map(|url| url.origin().ascii_serialization());
    Places {
        issuer: named.or(origin).unwrap_or_default(),
        authorize_url: authorize_url.unwrap_or_default(),
        token_url: token_url.unwrap_or_default(),
        profile: PersonSource::Mapped {
            urls: urls.unwrap_or_default(),
            claims: claims(reader.table("claims")),
        },
    }
}

fn claims(reader: Reader<'_>) -> ClaimPaths {
    let path = |key, example| reader.parsed(key, example, ClaimPath::parse);
    let subject = reader.required("subject", "user.id", ClaimPath::parse);
    let claims = ClaimPaths {
        subject: subject.unwrap_or_else(|| ClaimPath(Vec::new())),
        email: path("email", "user.email"),
        email_verified: path("email_verified", "user.email_verified"),
        name: path("name", "user.name"),
        preferred_username: path("preferred_username", "user.login"),
        groups: path("groups", "groups"),
        tenant: path("tenant", "team.id"),
        tenant_name: path("tenant_name", "team.name"),
    };
    reader.finish();
    claims
}

/// github.com, or the address of a GitHub Enterprise.
fn github(reader: &Reader<'_>) -> Places {
    let base = reader.parsed("base_url", "https://github.acme.com", issuer::parse_base);
    let base = base.unwrap_or_else(|| GITHUB.to_owned());
    let host = Url::parse(&base).ok();
    let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
    let api = match host {
        "github.com" => "https://api.github.com".to_owned(),
        // With data residency, the API has a host of its own, as that of github.com has.
        resident if resident.ends_with(".ghe.com") => format!("https://api.{resident}"),
        _ => format!("{base}/api/v3"),
    };
    Places {
        authorize_url: format!("{base}/login/oauth/authorize"),
        token_url: format!("{base}/login/oauth/access_token"),
        issuer: base,
        profile: PersonSource::GitHub { api },
    }
}

/// Where anybody can make an account.
pub(super) const GITHUB: &str = "https://github.com";

/// How people are asked about again: as written, else as far as can be expected to work.
fn revalidation(
    reader: &Reader<'_>,
    profile: &PersonSource,
    scopes: &[String],
) -> RevalidationMethod {
    use RevalidationMethod::{Membership, None, RefreshToken, UserInfo};
    let (methods, usual) = match profile {
        PersonSource::GitHub { .. } => {
            (&[Membership, UserInfo, RefreshToken, None][..], Membership)
        }
        PersonSource::Mapped { .. } => (
            &[RefreshToken, UserInfo, None][..],
            if scopes.iter().any(|scope| scope == OFFLINE_ACCESS) {
                defaults::REVALIDATION_METHOD
            } else {
                defaults::REVALIDATION_METHOD_ELSEWHERE
            },
        ),
    };
    let words: Vec<_> = methods.iter().map(|&it| (it.as_str(), it)).collect();
    let written = reader.word("revalidation", &words);
    let nowhere = matches!(profile, PersonSource::Mapped { urls, .. } if urls.is_empty());
    if written == Some(UserInfo) && nowhere && !reader.has_faults_at("userinfo_urls") {
        reader.fault(
            "revalidation",
            "contradiction",
            "without `userinfo_urls` there is nobody to ask again",
            "name them, or write revalidation = \"none\"",
        );
    }
    written.unwrap_or(usual)
}

/// Where the browser goes. What it is asked with, a run depends on.
fn parse_authorize(text: &str) -> Result<String, String> {
    let parsed = parse_endpoint(text)?;
    let url = Url::parse(&parsed).map_err(|error| format!("is no URL: {error}"))?;
    let ours = url.query_pairs().find(|(name, _)| is_ours(name));
    match ours {
        Some((name, _)) => Err(format!("must have no `{name}`, which Doorward itself sets")),
        None => Ok(parsed),
    }
}

/// An address of a provider's: https, or http on this machine.
fn parse_endpoint(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    if url.fragment().is_some() {
        return Err("must have no fragment".to_owned());
    }
    issuer::check_address(&url)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_dots_or_are_pointers() {
        let parts = |text| ClaimPath::parse(text).map(|path| path.0.join("|"));
        for (text, expected) in [
            ("id", "id"),
            ("data.user.0.id", "data|user|0|id"),
            ("/data/user/id", "data|user|id"),
            ("/https:~1~1id.acme.com~1team", "https://id.acme.com/team"),
            ("/a~0b", "a~b"),
        ] {
            assert_eq!(parts(text).as_deref(), Ok(expected), "{text}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "/", "//a", "/a/"] {
            assert!(parts(bad).is_err(), "{bad}");
        }
    }
}
