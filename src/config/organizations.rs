//! `[organizations.*]`, `[sessions]` and the rules of `allow` and `require`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use figment::value::Value;

use super::reader::{Reader, between_commas, nearest};
use super::server::{DAY, not_empty, parse_host};
use super::{
    Activation, Organization, Owner, Provider, Refusal, Rules, Server, Sessions, Slug, brand,
    defaults,
};
use crate::address::Host;

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn sessions(reader: Reader<'_>, above: Sessions) -> Sessions {
    let range = SECOND..=DAY * 400;
    let absolute = reader.duration("absolute_timeout", "24h", range.clone());
    let idle = reader.duration("idle_timeout", "8h", range);
    let absolute_timeout = absolute.unwrap_or(above.absolute_timeout);
    let idle_timeout = idle.unwrap_or_else(|| above.idle_timeout.min(absolute_timeout));
    if idle_timeout > absolute_timeout {
        reader.fault(
            "idle_timeout",
            "contradiction",
            "`idle_timeout` is longer than `absolute_timeout`",
            "make it shorter: a session ends at the absolute one whatever happens",
        );
    }
    let most = reader.number("max_per_account", 50, 1..=1000);
    reader.finish();
    Sessions {
        idle_timeout,
        absolute_timeout,
        max_per_account: most
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(above.max_per_account),
    }
}

/// What holds without a word in the file.
pub(super) const fn default_sessions() -> Sessions {
    Sessions {
        idle_timeout: defaults::SESSION_IDLE,
        absolute_timeout: defaults::SESSION_ABSOLUTE,
        max_per_account: defaults::SESSIONS_PER_ACCOUNT,
    }
}

pub(super) fn organizations(
    root: &Reader<'_>,
    server: &Server,
    providers: &BTreeMap<Slug, Provider>,
    above: Sessions,
) -> BTreeMap<Slug, Organization> {
    let mut all = BTreeMap::new();
    let mut hosts: BTreeSet<Host> = [server.public_url.host().clone()].into();
    for (slug, reader) in root.named("organizations") {
        let organization = organization(&slug, &reader, server, providers, above);
        for host in &organization.hosts {
            if !hosts.insert(host.clone()) {
                reader.fault(
                    "hosts",
                    "host-taken",
                    format!("{host} belongs to another organization, or is the host of server.public_url"),
                    "give every organization hosts of its own",
                );
            }
        }
        reader.finish();
        all.insert(slug, organization);
    }
    if all.is_empty() && !root.has("organizations") {
        root.fault(
            "organizations",
            "missing-key",
            "there is no organization, so nobody could sign in",
            "add, for example:\n[organizations.acme]\nproviders = [\"google\"]\nallow = { email_domains = [\"acme.com\"] }",
        );
    }
    all
}

fn organization(
    slug: &Slug,
    reader: &Reader<'_>,
    server: &Server,
    providers: &BTreeMap<Slug, Provider>,
    above: Sessions,
) -> Organization {
    let name = reader.parsed("name", "Acme Inc.", not_empty);
    let hosts = reader.list("hosts", "acme.example.com", |text| {
        parse_host(text, &server.public_url)
    });
    let domains = reader
        .list("domains", "acme.com", parse_domain)
        .unwrap_or_default();
    let used = used(reader, providers);
    let vouching: Vec<&Provider> = used.iter().filter_map(|id| providers.get(id)).collect();
    let has_allow = reader.has("allow");
    let (allow, refusal) = rules(reader.table("allow"), Proof::OfEach(&vouching));
    let open = vouching.iter().find(|provider| provider.is_open());
    if let Some(open) = open
        && !has_allow
    {
        reader.fault(
            "providers",
            "missing-allow",
            format!("anyone with an account at `{}` could sign in to `{slug}`", open.id),
            format!(
                "say who may, for example: allow = {{ {} }}; to really let everybody in: allow = {{ anyone = true }}",
                open.example_of_allow()
            ),
        );
    }
    if let Some(allowed) = &allow.email_domains {
        for domain in domains.iter().filter(|domain| !allowed.contains(domain)) {
            reader.warn(
                "domains",
                "refused-domain",
                format!("{domain} leads here, but `allow.email_domains` refuses its people"),
                "add it there, or leave it out here",
            );
        }
    }
    let owners = owners(reader, &vouching);
    Organization {
        activation: activation(reader, &owners),
        owners,
        slug: slug.clone(),
        name: name.unwrap_or_else(|| slug.to_string()),
        enabled: reader
            .switch("enabled")
            .unwrap_or(defaults::ORGANIZATION_ENABLED),
        hosts: hosts.unwrap_or_default(),
        domains,
        providers: used,
        allow,
        refusal,
        brand: brand::brand(reader.table("brand")),
        sessions: sessions(reader.table("sessions"), above),
    }
}

/// Who may open the admin pages: an address counts only where somebody can prove it.
fn owners(reader: &Reader<'_>, providers: &[&Provider]) -> Vec<Owner> {
    let owners = reader.list("owners", "ada@acme.com", parse_owner);
    let owners = owners.unwrap_or_default();
    let by_email = owners.iter().any(|it| matches!(it, Owner::Email(_)));
    let provable = |one: &&Provider| one.cannot_prove("emails").is_none();
    if by_email && !providers.is_empty() && !providers.iter().any(provable) {
        reader.fault(
            "owners",
            "unprovable-rule",
            "no provider of this organization proves that an e-mail address is the person's",
            "name owners as \"issuer|subject\"",
        );
    }
    owners
}

fn activation(reader: &Reader<'_>, owners: &[Owner]) -> Activation {
    let words = [
        ("implicit", Activation::Implicit),
        ("required", Activation::Required),
    ];
    let activation = reader.word("activation", &words);
    let activation = activation.unwrap_or(defaults::ACTIVATION);
    if activation == Activation::Required && owners.is_empty() && !reader.has_faults_at("owners") {
        reader.fault(
            "activation",
            "contradiction",
            "nobody could complete Setup: the organization has no owners",
            "name one, for example: owners = [\"ada@acme.com\"]",
        );
    }
    activation
}

fn parse_owner(text: &str) -> Result<Owner, String> {
    match text.split_once('|') {
        None => parse_email(text).map(Owner::Email),
        Some((issuer, subject)) if !issuer.is_empty() && !subject.is_empty() => Ok(Owner::Person {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
        }),
        Some(_) => Err("is neither an e-mail address nor \"issuer|subject\"".to_owned()),
    }
}

/// The providers that an organization names, in order.
fn used(reader: &Reader<'_>, providers: &BTreeMap<Slug, Provider>) -> Vec<Slug> {
    let named = reader.list("providers", "google", Slug::parse);
    let mut used = Vec::new();
    for id in named.iter().flatten() {
        if used.contains(id) {
            reader.fault(
                "providers",
                "twice",
                format!("`{id}` is named twice"),
                "leave one out",
            );
        } else if providers.contains_key(id) {
            used.push(id.clone());
        } else {
            unknown(reader, "providers", "provider", id, providers.keys());
        }
    }
    match named {
        None if !reader.has("providers") => reader.missing("providers", "[\"google\"]"),
        Some(named) if named.is_empty() => {
            reader.fault(
                "providers",
                "missing-key",
                "without a provider nobody can sign in",
                "name at least one",
            );
        }
        Some(_) | None => {}
    }
    used
}

/// Reports a name that nothing has, with the nearest one that something has.
pub(super) fn unknown<'a>(
    reader: &Reader<'_>,
    key: &str,
    what: &str,
    name: &Slug,
    known: impl Iterator<Item = &'a Slug>,
) {
    let known: Vec<&str> = known.map(Slug::as_str).collect();
    let help = match nearest(name.as_str(), known.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None if known.is_empty() => format!("there is none at all: add a table [{what}s.{name}]"),
        None => format!("known: {}", known.join(", ")),
    };
    reader.fault(
        key,
        "unknown-name",
        format!("there is no {what} `{name}`"),
        help,
    );
}

fn parse_domain(text: &str) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    match Host::parse(&lower, 443) {
        Ok(host) if host.port().is_none() && lower.contains('.') => Ok(lower),
        Ok(_) | Err(_) => Err("is no domain such as acme.com".to_owned()),
    }
}

fn parse_email(text: &str) -> Result<String, String> {
    match text.split_once('@') {
        Some((local, domain)) if !local.is_empty() && parse_domain(domain).is_ok() => {
            Ok(text.to_ascii_lowercase())
        }
        Some(_) | None => Err("is no e-mail address".to_owned()),
    }
}

fn parse_team(text: &str) -> Result<String, &'static str> {
    match text.split_once('/') {
        Some((organization, team))
            if !organization.is_empty() && !team.is_empty() && !team.contains('/') =>
        {
            Ok(text.to_ascii_lowercase())
        }
        Some(_) | None => Err("is no team such as acme/engineers"),
    }
}

/// Which providers must be able to prove what rules ask for.
#[derive(Clone, Copy)]
pub(super) enum Proof<'a> {
    /// Each of an organization's: one that cannot would let nobody in.
    OfEach(&'a [&'a Provider]),
    /// One whose people come to a route: those of the others are to stay out.
    OfOne(&'a [&'a Provider]),
}

/// `allow` or `require`, for people of some providers.
pub(super) fn rules(reader: Reader<'_>, proof: Proof<'_>) -> (Rules, Refusal) {
    let refusal = Refusal {
        explain: reader.parsed("explain", "Only staff may use it.", not_empty),
        remedy: reader.parsed(
            "remedy",
            "Ask your team lead for the group app-users.",
            not_empty,
        ),
    };
    let claims_table = reader.table("claims");
    let rules = Rules {
        anyone: reader.switch("anyone").unwrap_or(defaults::ANYONE),
        emails: reader.list("emails", "ada@acme.com", parse_email),
        email_domains: reader.list("email_domains", "acme.com", parse_domain),
        hosted_domains: reader.list("hosted_domains", "acme.com", parse_domain),
        groups_any: reader.list("groups_any", "app-users", not_empty),
        groups_all: reader.list("groups_all", "app-users", not_empty),
        subjects: reader.list("subjects", "00u1abcd", not_empty),
        tenants: reader.list("tenants", "00000000-1111-2222-3333-444444444444", |text| {
            not_empty(&text.to_ascii_lowercase())
        }),
        teams: reader.list("teams", "acme/engineers", parse_team),
        claims: claims(&claims_table),
    };
    contradictions(&reader, &rules);
    provable(&reader, proof);
    admits_nobody(&reader);
    admits_nobody(&claims_table);
    reader.finish();
    (rules, refusal)
}

/// Reports rules that say nothing, or too much.
fn contradictions(reader: &Reader<'_>, rules: &Rules) {
    let says_nothing = reader
        .entries()
        .all(|(key, _)| matches!(key.as_str(), "anyone" | "claims" | "explain" | "remedy"));
    let sound = reader.is_written() && !reader.has_faults();
    if sound && says_nothing && *rules == Rules::default() {
        reader.fault(
            "",
            "empty-rule",
            format!("`{}` is written, but asks for nothing", reader.path("").join(".")),
            "for example: { email_domains = [\"acme.com\"] }; to really let everybody in: { anyone = true }",
        );
    }
    if rules.anyone
        && (Rules {
            anyone: false,
            ..rules.clone()
        }) != Rules::default()
    {
        reader.fault(
            "anyone",
            "contradiction",
            "`anyone` lets everybody in, whatever the other keys say",
            "keep `anyone = true` alone, or leave it out",
        );
    }
}

/// The keys that not every provider can prove.
const PROVABLE: [&str; 9] = [
    "emails",
    "email_domains",
    "hosted_domains",
    "tenants",
    "teams",
    "groups_any",
    "groups_all",
    "acr_values",
    "max_auth_age",
];

/// Reports what the providers do not say of their people.
fn provable(reader: &Reader<'_>, proof: Proof<'_>) {
    let written = PROVABLE.into_iter().filter(|key| reader.has(key));
    let written: Vec<&str> = written.collect();
    let proves_all = |one: &&Provider| written.iter().all(|key| one.cannot_prove(key).is_none());
    let providers = match proof {
        Proof::OfOne(providers) if providers.iter().any(proves_all) => return,
        Proof::OfOne(providers) | Proof::OfEach(providers) => providers,
    };
    for key in written {
        if let Some((why, cure)) = providers.iter().find_map(|one| one.cannot_prove(key)) {
            let path = reader.path(key).join(".");
            let message = format!("`{path}` would let nobody in: {why}");
            reader.fault(key, "unprovable-rule", message, cure);
        }
    }
}

/// Warns of lists without a value: they are no mistake of spelling, but shut the door.
fn admits_nobody(reader: &Reader<'_>) {
    for (name, value) in reader.entries() {
        if value.as_array().is_some_and(<[Value]>::is_empty) && !reader.has_faults_at(name) {
            reader.warn(
                name,
                "admits-nobody",
                format!(
                    "`{}` is an empty list: it lets nobody in",
                    reader.path(name).join(".")
                ),
                "name at least one value, or leave the key out",
            );
        }
    }
}

fn claims(reader: &Reader<'_>) -> BTreeMap<String, Vec<String>> {
    let mut claims = BTreeMap::new();
    for (name, value) in reader.entries() {
        let values = match value {
            Value::String(_, text) if reader.is_variable(name) => Some(between_commas(text)),
            Value::String(_, text) => Some(vec![text.clone()]),
            Value::Array(_, values) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match values {
            Some(values) => {
                claims.insert(name.clone(), values);
            }
            None => reader.fault(
                name,
                "wrong-type",
                format!("the claim `{name}` must be a list of texts"),
                format!("for example: {name} = [\"it\"]"),
            ),
        }
    }
    claims
}
