//! `[routes.*]`, `[headers]` and `[assertion]`: what the application gets.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use http::{HeaderName, Method};

use super::organizations::{Proof, rules, unknown};
use super::reader::Reader;
use super::server::{DAY, not_empty, parse_host};
use super::{
    Access, Algorithm, Assertion, Assurance, HeaderEncoding, HeaderPreset, Headers, Organization,
    PathPattern, Provider, Refusal, Route, Server, Slug, Template, TemplatePart, Upstream,
    defaults,
};
use crate::address::Host;
use crate::secret::Secret;

/// What routes refer to.
pub(super) struct Known<'a> {
    pub(super) server: &'a Server,
    pub(super) upstreams: &'a BTreeMap<Slug, Upstream>,
    pub(super) organizations: &'a BTreeMap<Slug, Organization>,
    pub(super) providers: &'a BTreeMap<Slug, Provider>,
}

impl Known<'_> {
    /// Whether front proxies ask about every request, and nothing is forwarded from here.
    fn is_for_front_proxies(&self) -> bool {
        self.upstreams.is_empty() && !self.server.forward_auth.is_empty()
    }
}

pub(super) fn routes(root: &Reader<'_>, known: &Known<'_>) -> Vec<Route> {
    let mut all: Vec<Route> = Vec::new();
    for (name, reader) in root.named("routes") {
        let route = route(&name, &reader, known);
        if let Some(route) = route {
            if let Some(other) = all.iter().find(|other| rival(other, &route)) {
                reader.fault(
                    "path",
                    "same-route",
                    format!(
                        "route `{}` covers the same requests, and none of the two is more specific",
                        other.name
                    ),
                    "give one of them another path, hosts or methods",
                );
            }
            all.push(route);
        }
        reader.finish();
    }
    if all.is_empty() && !root.has("routes") {
        all.extend(everything(root, known));
    }
    all
}

/// Whether two routes could claim one request with equal right.
fn rival(one: &Route, other: &Route) -> bool {
    fn meet<T: PartialEq>(one: &[T], other: &[T]) -> bool {
        one.is_empty() && other.is_empty() || one.iter().any(|value| other.contains(value))
    }
    one.path == other.path && meet(&one.hosts, &other.hosts) && meet(&one.methods, &other.methods)
}

/// Without routes there is one for everything, to the only application.
fn everything(root: &Reader<'_>, known: &Known<'_>) -> Option<Route> {
    let mut names = known.upstreams.keys();
    let first = names.next();
    if first.is_none() && !known.is_for_front_proxies() {
        return None;
    }
    if names.next().is_some() {
        root.fault(
            "routes",
            "missing-key",
            "there are several upstreams and no routes",
            "say what goes where, for example:\n[routes.default]\npath = \"/*\"\nupstream = \"app\"",
        );
    }
    Some(Route {
        name: "default".to_owned(),
        path: PathPattern {
            segments: Vec::new(),
            open: true,
        },
        hosts: Vec::new(),
        methods: Vec::new(),
        upstream: first.cloned(),
        access: defaults::ACCESS,
        organization: None,
        require: None,
        refusal: Refusal::default(),
        assurance: None,
    })
}

fn route(name: &Slug, reader: &Reader<'_>, known: &Known<'_>) -> Option<Route> {
    let prefix = &known.server.prefix;
    let path = reader.required("path", "/admin/*", |text| parse_path(text, prefix));
    let hosts = reader.list("hosts", "app.example.com", |text| {
        parse_host(text, &known.server.public_url)
    });
    let methods = reader.list("methods", "POST", parse_method);
    let upstream = upstream(reader, known);
    let words = [
        ("required", Access::Required),
        ("optional", Access::Optional),
        ("public", Access::Public),
    ];
    let access = reader.word("access", &words).unwrap_or(defaults::ACCESS);
    let organization = reader.parsed("organization", "acme", Slug::parse);
    if let Some(slug) = &organization {
        match known.organizations.get(slug) {
            None => unknown(reader, "organization", "organization", slug, known.organizations.keys()),
            Some(organization) if !organization.hosts.is_empty() => reader.fault(
                "organization",
                "pinned-elsewhere",
                format!("`{slug}` lives on hosts of its own; a route can pin only organizations of the shared host"),
                "leave it out, or use hosts",
            ),
            Some(_) => {}
        }
    }
    served(reader, known, hosts.as_deref().unwrap_or_default());
    let vouching = vouching(known, organization.as_ref(), hosts.as_deref());
    let table = reader.table("require");
    let assurance = assurance(&table);
    let (rules, refusal) = rules(table, Proof::OfOne(&vouching));
    let require = reader.has("require").then_some(rules);
    if require.is_some() && access == Access::Optional {
        reader.warn(
            "require",
            "open-to-strangers",
            "`require` turns away people who are signed in, but strangers pass an optional route",
            "to let nobody else in: access = \"required\"",
        );
    }
    if require.is_some() && access == Access::Public {
        reader.fault(
            "require",
            "contradiction",
            "a public route asks nobody for anything",
            "leave `require` out, or make the route required",
        );
    }
    if organization.is_some() && access == Access::Public {
        reader.fault(
            "organization",
            "contradiction",
            "a public route asks nobody who they are, so it is for everybody and not for one organization",
            "leave `organization` out, or make the route required",
        );
    }
    if upstream.is_none() && !known.is_for_front_proxies() {
        return None;
    }
    Some(Route {
        name: name.to_string(),
        path: path?,
        hosts: hosts.unwrap_or_default(),
        methods: methods.unwrap_or_default(),
        upstream,
        access,
        organization,
        require,
        refusal,
        assurance,
    })
}

/// The keys of `require` that another sign-in can meet.
fn assurance(reader: &Reader<'_>) -> Option<Assurance> {
    let max_age = reader.duration("max_auth_age", "1h", SHORTEST_AUTH_AGE..=DAY * 30);
    let acr_values = reader.list("acr_values", "urn:example:mfa", parse_acr);
    if acr_values.as_ref().is_some_and(Vec::is_empty) && !reader.has_faults_at("acr_values") {
        reader.fault(
            "acr_values",
            "bad-value",
            format!(
                "`{}` is an empty list: no sign-in would be strong enough",
                reader.path("acr_values").join(".")
            ),
            "name at least one value, or leave the key out",
        );
    }
    let acr_values = acr_values.unwrap_or_default();
    let asks = max_age.is_some() || !acr_values.is_empty();
    asks.then_some(Assurance {
        max_age,
        acr_values,
    })
}

/// Providers count in seconds, and clocks differ: what is shorter would be over before it is looked at.
const SHORTEST_AUTH_AGE: Duration = defaults::CLOCK_LEEWAY;

/// Values travel in a list with spaces between, and in a challenge between quotation marks.
fn parse_acr(text: &str) -> Result<String, String> {
    let plain = |byte| matches!(byte, 0x21..=0x7e) && !matches!(byte, b'"' | b'\\');
    let sound = (1..=255).contains(&text.len()) && text.bytes().all(plain);
    sound.then(|| text.to_owned()).ok_or_else(|| {
        "is no value of `acr`: those have neither spaces nor quotation marks".to_owned()
    })
}

/// Reports hosts of a route that no request comes to.
fn served(reader: &Reader<'_>, known: &Known<'_>, hosts: &[Host]) {
    let shared = known.server.public_url.host();
    let own = known.organizations.values().flat_map(|one| &one.hosts);
    let served: Vec<&Host> = own.chain([shared]).collect();
    for host in hosts.iter().filter(|host| !served.contains(host)) {
        let all: Vec<&str> = served.iter().map(|host| host.as_str()).collect();
        reader.fault(
            "hosts",
            "unknown-name",
            format!("no request comes to {host}: it is neither the host of server.public_url nor one of an organization"),
            format!("known: {}", all.join(", ")),
        );
    }
    if reader.has("organization") && hosts.iter().any(|host| host != shared) {
        reader.fault(
            "hosts",
            "contradiction",
            "`organization` pins one of the shared host, `hosts` names another",
            format!("leave `organization` out, or name {shared} alone"),
        );
    }
}

/// The providers through which people can be on a route.
fn vouching<'a>(
    known: &Known<'a>,
    organization: Option<&Slug>,
    hosts: Option<&[Host]>,
) -> Vec<&'a Provider> {
    let hosts = hosts.unwrap_or_default();
    let shared = known.server.public_url.host();
    let comes = |one: &&Organization| match organization {
        Some(slug) => one.slug == *slug,
        None if hosts.is_empty() => true,
        None if one.hosts.is_empty() => hosts.contains(shared),
        None => one.hosts.iter().any(|host| hosts.contains(host)),
    };
    let organizations = known.organizations.values().filter(comes);
    organizations
        .flat_map(|one| &one.providers)
        .filter_map(|id| known.providers.get(id))
        .collect()
}

/// Where a route leads. Only a file without applications, which front proxies have, leaves it open.
fn upstream(reader: &Reader<'_>, known: &Known<'_>) -> Option<Slug> {
    if !reader.has("upstream") && known.is_for_front_proxies() {
        return None;
    }
    let mut names = known.upstreams.keys();
    if !reader.has("upstream")
        && let (Some(only), None) = (names.next(), names.next())
    {
        // Asked for, so that it counts as known.
        reader.text("upstream", "app");
        return Some(only.clone());
    }
    let named = reader.required("upstream", "app", Slug::parse)?;
    if !known.upstreams.contains_key(&named) {
        unknown(
            reader,
            "upstream",
            "upstream",
            &named,
            known.upstreams.keys(),
        );
    }
    Some(named)
}

fn parse_path(text: &str, prefix: &str) -> Result<PathPattern, String> {
    let (literal, open) = match text.strip_suffix("/*") {
        Some(literal) => (literal, true),
        None => (text, false),
    };
    if literal.contains('*') || literal.contains("%2A") || literal.contains("%2a") {
        return Err("can have `*` only at its end, after a `/`".to_owned());
    }
    if literal.is_empty() && open {
        let segments = Vec::new();
        return Ok(PathPattern { segments, open });
    }
    let path = super::server::parse_path(literal)?;
    if open && literal.ends_with('/') {
        return Err("can have one `/` before its `*`".to_owned());
    }
    if path.has_parameters() {
        return Err("has a `;`: what follows it is not matched".to_owned());
    }
    let own = literal.strip_prefix(prefix);
    if own.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Err(format!("lies below {prefix}, which is Doorward's own"));
    }
    Ok(PathPattern {
        segments: path.segments().map(str::to_owned).collect(),
        open,
    })
}

fn parse_method(text: &str) -> Result<Method, String> {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    known
        .into_iter()
        .find(|method| method.as_str() == text)
        .ok_or_else(|| "is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".to_owned())
}

pub(super) fn headers(reader: Reader<'_>, assertion: &Assertion) -> Headers {
    let presets = [
        ("remote-user", HeaderPreset::RemoteUser),
        ("x-forwarded", HeaderPreset::XForwarded),
        ("x-auth-request", HeaderPreset::XAuthRequest),
        ("none", HeaderPreset::None),
    ];
    let encodings = [
        ("rfc8187", HeaderEncoding::Rfc8187),
        ("base64url", HeaderEncoding::Base64url),
    ];
    let separator = reader.parsed("groups_separator", ",", |text| {
        let sound = text.len() == 1 && text.bytes().all(|byte| matches!(byte, 0x21..=0x7e));
        sound
            .then(|| text.to_owned())
            .ok_or("must be one visible character")
    });
    let table = reader.table("set");
    let mut set: Vec<(HeaderName, Template)> = Vec::new();
    for (name, value) in table.entries() {
        let parsed = value
            .as_str()
            .ok_or_else(|| "must be a text".to_owned())
            .and_then(|text| {
                let header = parse_header(name, &assertion.header)?;
                let twin = |(other, _): &&(HeaderName, _)| fold_name(other) == fold_name(&header);
                if let Some((other, _)) = set.iter().find(twin) {
                    return Err(format!("is, for many servers, the same name as `{other}`"));
                }
                Ok((header, parse_template(text)?))
            });
        match parsed {
            Ok(field) => set.push(field),
            Err(why) => table.fault(
                name,
                "bad-value",
                format!("`headers.set.{name}` {why}"),
                "for example: \"Remote-Department\" = \"{claims.department}\"",
            ),
        }
    }
    let headers = Headers {
        preset: reader
            .word("preset", &presets)
            .unwrap_or(defaults::HEADER_PRESET),
        groups_separator: separator.unwrap_or_else(|| defaults::GROUPS_SEPARATOR.to_owned()),
        encoding: reader
            .word("encoding", &encodings)
            .unwrap_or(defaults::HEADER_ENCODING),
        set,
    };
    reader.finish();
    headers
}

/// Names that mean something to HTTP itself, or that Doorward rebuilds.
const TAKEN: [&str; 22] = [
    "host",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
    "proxy-authenticate",
    "content-length",
    "content-type",
    "cookie",
    "set-cookie",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
    "traceparent",
    "sso-reference",
    "sso-generated",
];

/// Every name of every preset of plain headers, chosen or not.
pub const IDENTITY_FIELDS: [&str; 18] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "remote-organization",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-name",
    "x-forwarded-preferred-username",
    "x-forwarded-groups",
    "x-forwarded-organization",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-auth-request-name",
    "x-auth-request-preferred-username",
    "x-auth-request-groups",
    "x-auth-request-organization",
    "x-auth-request-access-token",
];

/// A name that may be set, as it was written and as servers that fold names read it.
fn free_name(text: &str) -> Result<(HeaderName, String), String> {
    let name = HeaderName::from_str(text).map_err(|_| "is no header name".to_owned())?;
    let folded = fold_name(&name);
    if TAKEN.contains(&folded.as_str()) {
        return Err("is set by HTTP or by Doorward itself".to_owned());
    }
    Ok((name, folded))
}

/// A name with all that is neither letter nor digit read as `-`: many servers hand `_` and `-`, some also `.` and the
/// rest, to the application as one variable.
pub fn fold_name(name: &HeaderName) -> String {
    name.as_str()
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

fn parse_header(text: &str, assertion: &HeaderName) -> Result<HeaderName, String> {
    let (name, folded) = free_name(text)?;
    if folded == fold_name(assertion) {
        return Err("carries the assertion".to_owned());
    }
    Ok(name)
}

fn parse_assertion_header(text: &str) -> Result<HeaderName, String> {
    let (name, folded) = free_name(text)?;
    if IDENTITY_FIELDS.contains(&folded.as_str()) {
        return Err("carries a plain value in one of the presets of [headers]".to_owned());
    }
    Ok(name)
}

fn parse_template(text: &str) -> Result<Template, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after
            .split_once('}')
            .ok_or_else(|| "has a `{` without `}`".to_owned())?;
        if !before.is_empty() {
            parts.push(TemplatePart::Text(literal(before)?));
        }
        parts.push(place(name)?);
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(TemplatePart::Text(literal(rest)?));
    }
    if parts.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(Template(parts))
}

fn literal(text: &str) -> Result<String, String> {
    let sound = text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) && !text.contains('}');
    sound
        .then(|| text.to_owned())
        .ok_or_else(|| "has something that is not visible ASCII, or a `}` without `{`".to_owned())
}

fn place(name: &str) -> Result<TemplatePart, String> {
    Ok(match name {
        "account" => TemplatePart::Account,
        "email" => TemplatePart::Email,
        "name" => TemplatePart::Name,
        "groups" => TemplatePart::Groups,
        "organization" => TemplatePart::Organization,
        "provider" => TemplatePart::Provider,
        "subject" => TemplatePart::Subject,
        other => match other.strip_prefix("claims.") {
            Some(claim) if !claim.is_empty() => TemplatePart::Claim(claim.to_owned()),
            Some(_) | None => {
                return Err(format!(
                    "has `{{{other}}}`, which is none of account, email, name, groups, organization, provider, subject, claims.NAME"
                ));
            }
        },
    })
}

pub(super) fn assertion(reader: Reader<'_>) -> Option<Assertion> {
    let default = HeaderName::from_static(defaults::ASSERTION_HEADER);
    let header = reader.parsed("header", "Sso-Jwt-Assertion", parse_assertion_header);
    let algorithm = algorithm(&reader);
    let assertion = Assertion {
        header: header.unwrap_or(default),
        algorithm,
        lifetime: reader
            .duration(
                "lifetime",
                "60s",
                Duration::from_secs(10)..=Duration::from_secs(300),
            )
            .unwrap_or(defaults::ASSERTION_LIFETIME),
        audience: reader.parsed("audience", "https://app.example.com", not_empty),
        rotate_every: reader
            .duration("rotate_every", "42d", DAY * 2..=DAY * 400)
            .unwrap_or(defaults::ASSERTION_ROTATE_EVERY),
    };
    reader.finish();
    Some(assertion)
}

/// The shortest secret that HMAC with SHA-256 may have (RFC 7518 §3.2).
const HS256_BYTES: usize = 32;

fn algorithm(reader: &Reader<'_>) -> Algorithm {
    #[derive(Clone, Copy)]
    enum Name {
        Es256,
        EdDsa,
        Rs256,
        Hs256,
    }
    let words = [
        ("ES256", Name::Es256),
        ("EdDSA", Name::EdDsa),
        ("RS256", Name::Rs256),
        ("HS256", Name::Hs256),
    ];
    let name = reader.word("algorithm", &words);
    let secret = reader.secret("secret");
    let shared = matches!(name, Some(Name::Hs256));
    if !shared && reader.has("secret") && !reader.has_faults_at("algorithm") {
        reader.fault(
            "secret",
            "contradiction",
            "only HS256 has a shared secret",
            "leave it out",
        );
    }
    match name {
        None => defaults::ASSERTION_ALGORITHM,
        Some(Name::Es256) => Algorithm::Es256,
        Some(Name::EdDsa) => Algorithm::EdDsa,
        Some(Name::Rs256) => Algorithm::Rs256,
        Some(Name::Hs256) => hs256(reader, secret).unwrap_or(defaults::ASSERTION_ALGORITHM),
    }
}

fn hs256(reader: &Reader<'_>, secret: Option<Secret<String>>) -> Option<Algorithm> {
    if !reader.has("secret") {
        reader.missing("secret", "{ file = \"/run/secrets/assertion\" }");
    }
    let secret = secret?;
    if secret.expose().len() < HS256_BYTES {
        reader.fault(
            "secret",
            "bad-secret",
            "`assertion.secret` is shorter than 32 bytes",
            "for example, what this prints: openssl rand -base64 48",
        );
    }
    Some(Algorithm::Hs256(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assertion_has_a_name_of_its_own_in_every_spelling() {
        for taken in [
            "Host",
            "x_forwarded_for",
            "X-Forwarded-For",
            "Remote_User",
            "x-auth-request-email",
        ] {
            assert!(parse_assertion_header(taken).is_err(), "{taken}");
        }
        let header = parse_assertion_header("X-Identity").unwrap();
        assert!(
            parse_header("x_identity", &header).is_err(),
            "carries the assertion"
        );
        assert!(
            parse_header("Remote_User", &header).is_ok(),
            "replaces the preset's"
        );
    }
}
