//! What the admin socket says, as the command line reads it. Times are RFC 3339 in UTC.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audit::{self, Actor};
use crate::clock::Timestamp;
use crate::config::{self, Config, Protocol};
use crate::provider;
use crate::session::{Listed, Suspension};
use crate::store::trail;
use crate::telemetry::trace;

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Slug.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Whether anybody of it gets in.
    pub enabled: bool,
    /// Its door.
    pub sign_in_url: String,
    /// Hosts of its own; empty: it lives on the shared host.
    pub hosts: Vec<String>,
    /// E-mail domains that lead to its door.
    pub domains: Vec<String>,
    /// Who may vouch for its people.
    pub providers: Vec<String>,
    /// Who may open its admin pages.
    #[serde(default)]
    pub owners: Vec<String>,
    /// What opens its connections: `implicit` (the file) or `required` (an owner who has completed Setup).
    #[serde(default)]
    pub activation: String,
    /// How its connections stand.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// Who may sign in: the keys that are set.
    pub allow: serde_json::Map<String, serde_json::Value>,
    /// Without a request for this long, a session ends.
    pub idle_timeout_seconds: u64,
    /// After this long it ends, whatever happens.
    pub absolute_timeout_seconds: u64,
    /// The oldest session goes when a person has more.
    pub max_sessions_per_account: usize,
    /// How many sessions are stored, counted up to [`MOST_COUNTED`].
    pub sessions: usize,
    /// Since when an operator has it suspended, if one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<String>,
    /// Why, as the operator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension_reason: Option<String>,
}

/// An organization's use of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The provider.
    pub provider: String,
    /// `open by file`, `open`, `choosing`, `closed` or `disabled`.
    pub state: String,
    /// When an owner last said something of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The id of the only customer of the provider whose people come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
}

/// Why something is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// For the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An organization that was suspended or resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned {
    /// As it is now.
    pub organization: Organization,
    /// Whether it was otherwise before.
    pub changed: bool,
    /// Sessions that ended.
    pub ended: u64,
}

/// Sessions of an organization are not counted beyond this.
pub const MOST_COUNTED: usize = 100_000;

/// All tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organizations {
    /// By slug.
    pub organizations: Vec<Organization>,
}

/// One registration at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Id.
    pub id: String,
    /// What its sign-in button says.
    pub button: String,
    /// Its name, where it has one.
    pub issuer: Option<String>,
    /// `unknown`, `up` or `down`: how the newest call to it went; `degraded` while asking it again about people is
    /// paused.
    pub state: String,
    /// What is registered there.
    pub redirect_uri: String,
    /// Likewise, where the provider can tell of its own logouts.
    pub backchannel_logout_uri: Option<String>,
    /// The tenants that use it.
    pub organizations: Vec<String>,
}

/// All registrations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Providers {
    /// By id.
    pub providers: Vec<Provider>,
}

/// What came of asking a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// Id.
    pub provider: String,
    /// Whether sign-in can work, as far as the provider tells without a person.
    pub ok: bool,
    /// How long it took to answer.
    pub duration_ms: u64,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its name, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What it offers, by the names of discovery.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
    /// Keys that it publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<usize>,
    /// How its ID tokens may be signed: as configured, and as it announces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<String>,
    /// What has to be registered there.
    pub redirect_uri: String,
    /// What was looked at, each for itself. Empty if there is nothing to ask without a person.
    #[serde(default)]
    pub checks: Vec<Finding>,
}

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub check: String,
    /// `ok`, `warning`, `failed`, or `unknown`.
    pub verdict: String,
    /// In words.
    pub said: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

/// One session in one organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Public id: as in the assertion's `sid` and in the audit trail. One browser has the same in several organizations.
    pub id: String,
    /// Where.
    pub organization: String,
    /// Whose.
    pub account: String,
    /// Their address, as the provider last said.
    pub email: Option<String>,
    /// Their name, likewise.
    pub name: Option<String>,
    /// Through which provider.
    pub provider: String,
    /// On which host.
    pub host: String,
    /// The family of browser that it was opened in.
    #[serde(default)]
    pub browser: Option<String>,
    /// The family of operating system, likewise.
    #[serde(default)]
    pub system: Option<String>,
    /// `active`, `idle`, `expired`, or `withheld`: the configuration, the membership or the identity's state
    /// does not admit it.
    pub state: String,
    /// When the person last proved who they are.
    pub signed_in_at: String,
    /// When it was last used.
    pub used_at: String,
    /// When it ends, whatever happens.
    pub expires_at: Option<String>,
}

/// A piece of the sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// In no particular order.
    pub sessions: Vec<Session>,
    /// What to ask for the next piece with.
    pub next: Option<String>,
}

/// What is to be ended: all keys must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Public id of a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Whose: account id or e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Through which provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Signed in at least so long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than_seconds: Option<u64>,
    /// Must be true if no other key is there: a mistake must not end everything.
    #[serde(default)]
    pub all: bool,
    /// For the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// How many sessions, by organization.
    pub ended: BTreeMap<String, u64>,
    /// Whether there may be more: ask again.
    pub more: bool,
}

/// One entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position, from 1, without gaps.
    pub sequence: u64,
    /// When.
    pub time: String,
    /// What, such as `session.revoked`.
    pub event: String,
    /// `account`, `visitor`, `system` or `operator`.
    pub actor: String,
    /// Who, if the actor is an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Through which provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// To what: the id of a session, account, identity or key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What the visitor saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Hash of the entry before.
    pub previous: String,
    /// Hash of this one.
    pub hash: String,
}

/// A piece of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// Newest first when asked for what was before something, else oldest first.
    pub entries: Vec<Entry>,
    /// Where the next piece begins, in the direction asked for.
    pub next: Option<u64>,
}

/// What came of checking a piece of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Entries that follow each other as they should.
    pub entries: u64,
    /// The last of them.
    pub last: u64,
    /// Its hash.
    pub hash: String,
    /// Whether that is the end of the trail.
    pub whole: bool,
    /// The first entry that is not as it was written.
    pub broken_at: Option<u64>,
    /// `missing`, `unreadable`, `altered` or `wrong end`.
    pub problem: Option<String>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For the operator.
    pub error: String,
}

impl Organization {
    pub(super) fn new(
        config: &Config,
        organization: &config::Organization,
        sessions: usize,
        suspension: Option<Suspension>,
        connections: Vec<Connection>,
    ) -> Self {
        let limits = &organization.sessions;
        let (since, reason) = told(suspension);
        let texts = |slugs: &[config::Slug]| slugs.iter().map(ToString::to_string).collect();
        Self {
            slug: organization.slug.to_string(),
            name: organization.name.clone(),
            enabled: organization.enabled,
            sign_in_url: sign_in_url(config, organization),
            hosts: organization.hosts.iter().map(ToString::to_string).collect(),
            domains: organization.domains.clone(),
            providers: texts(&organization.providers),
            owners: organization.owners.iter().map(owner).collect(),
            activation: match organization.activation {
                config::Activation::Implicit => "implicit".to_owned(),
                config::Activation::Required => "required".to_owned(),
            },
            connections,
            allow: rules(&organization.allow),
            idle_timeout_seconds: limits.idle_timeout.as_secs(),
            absolute_timeout_seconds: limits.absolute_timeout.as_secs(),
            max_sessions_per_account: limits.max_per_account,
            sessions,
            suspended_since: since,
            suspension_reason: reason,
        }
    }
}

/// As it stands in the file.
fn owner(owner: &config::Owner) -> String {
    match owner {
        config::Owner::Email(address) => address.clone(),
        config::Owner::Person { issuer, subject } => format!("{issuer}|{subject}"),
    }
}

/// Since when and why an organization is suspended, for people and programs.
pub(super) fn told(suspension: Option<Suspension>) -> (Option<String>, Option<String>) {
    suspension.map_or((None, None), |it| {
        (Some(to_the_second(it.since)), it.reason)
    })
}

/// The door of an organization.
pub(super) fn sign_in_url(config: &Config, organization: &config::Organization) -> String {
    let url = &config.server.public_url;
    let own = organization.hosts.first().map(|host| url.on(host));
    let prefix = &config.server.prefix;
    own.as_ref()
        .unwrap_or(url)
        .join(&format!("{prefix}/login/{}", organization.slug))
}

/// The keys that are set.
fn rules(rules: &config::Rules) -> serde_json::Map<String, serde_json::Value> {
    use serde_json::Value;
    match serde_json::to_value(rules) {
        Ok(Value::Object(mut keys)) => {
            keys.retain(|_, value| match value {
                Value::Null | Value::Bool(false) => false,
                Value::Object(inner) => !inner.is_empty(),
                Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Array(_) => true,
            });
            keys
        }
        // Rules are an object of lists: they always serialise.
        Ok(_) | Err(_) => serde_json::Map::new(),
    }
}

impl Provider {
    pub(super) fn new(config: &Config, provider: &config::Provider, state: &'static str) -> Self {
        let users = config.organizations.values();
        let users = users.filter(|organization| organization.providers.contains(&provider.id));
        Self {
            id: provider.id.to_string(),
            button: provider.button.clone(),
            issuer: match &provider.protocol {
                Protocol::Oidc(oidc) => Some(oidc.issuer.clone()),
                Protocol::OAuth2(oauth2) => Some(oauth2.issuer.clone()),
                Protocol::Dev => None,
            },
            state: state.to_owned(),
            redirect_uri: config.redirect_uri(&provider.id),
            backchannel_logout_uri: config.backchannel_logout_uri(&provider.id),
            organizations: users
                .map(|organization| organization.slug.to_string())
                .collect(),
        }
    }
}

impl Examination {
    pub(super) fn new(
        config: &Config,
        id: &config::Slug,
        duration_ms: u64,
        examined: provider::Examined,
    ) -> Self {
        let failed = |it: &&provider::Finding| it.verdict == provider::Verdict::Failed;
        let problem = examined.findings.iter().find(failed);
        let problem = problem.map(|it| format!("{}: {}", it.check.as_str(), it.said));
        let announced = examined.announced;
        let endpoints = announced.iter().flat_map(|it| &it.endpoints);
        let algorithms = announced.iter().flat_map(|it| &it.algorithms);
        Self {
            provider: id.to_string(),
            ok: problem.is_none(),
            duration_ms,
            problem,
            issuer: announced.as_ref().map(|it| it.issuer.clone()),
            endpoints: endpoints
                .map(|(name, url)| ((*name).to_owned(), url.clone()))
                .collect(),
            keys: announced.as_ref().map(|it| it.keys),
            algorithms: algorithms.map(|name| (*name).to_owned()).collect(),
            redirect_uri: config.redirect_uri(id),
            checks: examined.findings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<provider::Finding> for Finding {
    fn from(finding: provider::Finding) -> Self {
        Self {
            check: finding.check.as_str().to_owned(),
            verdict: finding.verdict.as_str().to_owned(),
            said: finding.said,
            cure: finding.cure,
        }
    }
}

impl From<Listed> for Session {
    fn from(listed: Listed) -> Self {
        let grant = listed.grant;
        let (email, name) = listed
            .profile
            .map_or((None, None), |profile| (profile.email, profile.name));
        Self {
            id: listed.id,
            organization: grant.organization.to_string(),
            account: grant.account.to_string(),
            email,
            name,
            provider: grant.provider.to_string(),
            host: listed.host,
            browser: listed.device.browser.name().map(str::to_owned),
            system: listed.device.system.name().map(str::to_owned),
            state: listed.status.as_str().to_owned(),
            signed_in_at: to_the_second(grant.authenticated_at),
            used_at: to_the_second(grant.used_at),
            expires_at: listed.expires_at.map(to_the_second),
        }
    }
}

impl From<audit::Entry> for Entry {
    fn from(entry: audit::Entry) -> Self {
        let event = entry.event;
        let (actor, account) = match event.actor {
            Actor::Account(id) => ("account", Some(id)),
            Actor::Visitor => ("visitor", None),
            Actor::System => ("system", None),
            Actor::Operator => ("operator", None),
            Actor::SetupLink => ("setup_link", None),
        };
        Self {
            sequence: entry.sequence,
            time: event.time.to_string(),
            event: event.kind.name(),
            actor: actor.to_owned(),
            account,
            organization: event.organization,
            provider: event.provider,
            target: event.target,
            reference: event.reference,
            reason: event.reason,
            previous: entry.previous,
            hash: entry.hash,
        }
    }
}

impl From<trail::Checked> for Checked {
    fn from(checked: trail::Checked) -> Self {
        Self {
            entries: checked.entries,
            last: checked.head.sequence,
            hash: checked.head.hash,
            whole: checked.whole,
            broken_at: checked.broken.map(|broken| broken.sequence),
            problem: checked.broken.map(|broken| broken.why.as_str().to_owned()),
        }
    }
}

pub(super) fn to_the_second(time: Timestamp) -> String {
    Timestamp::from_seconds(time.as_seconds()).to_string()
}

/// All that belongs to one reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// That was asked for.
    pub reference: String,
    /// In order.
    pub parts: Vec<TracePart>,
}

/// What happened lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// The oldest first.
    pub parts: Vec<TracePart>,
    /// What to ask for next: `after`.
    pub last: u64,
}

/// What happened in one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracePart {
    /// Of the request.
    pub reference: String,
    /// The reference under which the sign-in began, if it was another request.
    pub began_as: Option<String>,
    /// When it came.
    pub at: String,
    /// Method, host and path, without the query.
    pub request: String,
    /// Which organization it was about.
    pub organization: Option<String>,
    /// Which provider.
    pub provider: Option<String>,
    /// Whose: the address that the provider gave.
    pub user: Option<String>,
    /// What happened.
    pub steps: Vec<TraceStep>,
}

/// One thing that was done or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    /// So long after the request came.
    pub after_ms: u64,
    /// What.
    #[serde(flatten)]
    pub step: trace::Step,
}

impl From<&trace::Part> for TracePart {
    fn from(part: &trace::Part) -> Self {
        let steps = part.steps.iter().cloned();
        Self {
            reference: part.reference.to_string(),
            began_as: part.root.map(|root| root.to_string()),
            at: part.at.to_string(),
            request: part.request.clone(),
            organization: part.organization.clone(),
            provider: part.provider.clone(),
            user: part.user.clone(),
            steps: steps
                .map(|(after_ms, step)| TraceStep { after_ms, step })
                .collect(),
        }
    }
}

/// What an operator wants to try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearse {
    /// Whose rules and headers are shown first; the first that uses the provider if none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

/// A rehearsal that is prepared. [`pipeline::Progress`] says how far it is.
///
/// [`pipeline::Progress`]: crate::pipeline::Progress
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The link, for one use.
    pub url: String,
    /// What to ask for its outcome by.
    pub id: String,
    /// When the link is over.
    pub until: String,
}
