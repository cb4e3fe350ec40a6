//! What would come of a sign-in: whom each organization would let in, and what the application would be told.
//!
//! Everything is judged as a sign-in judges it, by the same functions, and nothing is written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, Shared};
use crate::assertion::{self, PlainHeaders, Statement};
use crate::config::{self, Slug};
use crate::identity::{self, Door, Identity, LinkState, Membership, Profile};
use crate::provider::Asserted;

/// What would come of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Who vouches.
    pub issuer: String,
    /// For whom.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider vouches for that.
    pub email_verified: bool,
    /// What the provider says, without what is of the protocol alone.
    pub claims: Vec<(String, String)>,
    /// What each organization that uses the provider says to that; the one that was asked for first.
    pub admissions: Vec<Admission>,
    /// The plain headers that the application would get.
    pub headers: Vec<(String, String)>,
    /// The claims of the assertion that it would get.
    pub assertion: Vec<(String, String)>,
    /// What is too large to be sent, if something is: then no request of theirs would be answered.
    pub too_large: Option<String>,
}

/// Whether one organization would let them in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// Which.
    pub organization: Slug,
    /// The key of `allow` that does not hold.
    pub rule: Option<String>,
    /// How the way in stands: `suspended`, or what Setup left it at.
    pub door: String,
    /// Whether people come in by it.
    pub is_open: bool,
    /// Why they would not be let in, as their sign-in would be refused: by a fixed word or the key of `allow`.
    pub refused: Option<String>,
    /// Whether they have an account there.
    pub known: bool,
}

/// Claims that are shown, and bytes of each.
const MOST_CLAIMS: usize = 60;
const MOST_BYTES: usize = 300;

/// Claims that are of the protocol alone, and some that nobody else may know.
const OF_THE_PROTOCOL: [&str; 13] = [
    "acr", "amr", "at_hash", "aud", "azp", "c_hash", "exp", "iat", "jti", "nbf", "nonce", "s_hash",
    "sid",
];

/// In place of what a sign-in would make.
const NEW_ACCOUNT: &str = "(a new account)";
const NEW_SESSION: &str = "(a new session)";

impl Shared {
    /// What would come of it if somebody signed in.
    pub(super) async fn foresee(
        &self,
        organization: &Slug,
        (provider, draft): (&Slug, Option<&config::Provider>),
        asserted: &Asserted,
    ) -> Result<Rehearsed, Error> {
        let profile = Profile::of(asserted);
        let mut admissions = Vec::new();
        let mut account = None;
        let configured = draft.or_else(|| self.config.providers.get(provider));
        // Nobody uses a draft yet: it is judged as the one organization would that it is for.
        let own = self.config.organizations.get(organization);
        let all: Vec<&config::Organization> = match draft {
            Some(_) => own.into_iter().collect(),
            None => self.using(provider).collect(),
        };
        for one in all {
            let known = self.people.known(&one.slug, provider, asserted).await?;
            if one.slug == *organization {
                account = known.as_ref().map(|known| known.account.to_string());
            }
            let names = (provider, configured);
            let admission = self.admission(one, names, asserted, &profile, known.as_ref());
            admissions.push(admission.await?);
        }
        admissions.sort_by_key(|one| one.organization != *organization);
        let statement = Statement {
            account: account.as_deref().unwrap_or(NEW_ACCOUNT),
            organization: organization.as_str(),
            email: profile.email.as_deref(),
            email_verified: profile.email_verified,
            name: profile.name.as_deref(),
            preferred_username: profile.preferred_username.as_deref(),
            groups: profile.groups.as_deref(),
            provider: provider.as_str(),
            provider_subject: profile.subject.as_str(),
            session: NEW_SESSION,
            authenticated_at: asserted.authenticated_at,
            claims: &profile.claims,
        };
        let (headers, assertion, too_large) = match self.told(organization, &statement) {
            Ok((headers, assertion)) => (headers, assertion, None),
            Err(error) => (Vec::new(), Vec::new(), Some(error.to_string())),
        };
        Ok(Rehearsed {
            issuer: asserted.issuer.clone(),
            subject: asserted.subject.as_str().to_owned(),
            email: asserted.email.clone(),
            email_verified: asserted.email_verified,
            claims: claims(asserted),
            admissions,
            headers,
            assertion,
            too_large,
        })
    }

    /// What one organization says to somebody, in the order in which a sign-in finds it out.
    async fn admission(
        &self,
        organization: &config::Organization,
        (provider, config): (&Slug, Option<&config::Provider>),
        asserted: &Asserted,
        profile: &Profile,
        known: Option<&Identity>,
    ) -> Result<Admission, Error> {
        let rule = identity::judge(&organization.allow, profile).err();
        let rule = rule.map(|unmet| unmet.as_str().to_owned());
        let is_suspended = self.organization(&organization.slug).is_err();
        let said = self.people.activation(&organization.slug, provider);
        let generation = config.map(|config| identity::generation(organization, config));
        let door = generation.as_ref().map(|it| Door::of(organization, it));
        let (standing, shut) = door.map_or((None, None), |door| {
            let shut = door.admits(said.as_deref(), &asserted.issuer, profile);
            (Some(door.standing(said.as_deref())), shut.err())
        });
        let is_open = door.is_some_and(|door| door.is_open(said.as_deref()).is_ok());
        let suspended = is_suspended.then(|| SUSPENDED.to_owned());
        let refused = match (&suspended, &rule, shut) {
            (Some(word), _, _) | (None, Some(word), _) => Some(word.clone()),
            (None, None, Some(shut)) => Some(shut.as_str().to_owned()),
            (None, None, None) => self.kept_out(known).await?.map(str::to_owned),
        };
        let standing = standing.map_or("", |standing| standing.as_str());
        Ok(Admission {
            organization: organization.slug.clone(),
            rule,
            door: suspended.unwrap_or_else(|| standing.to_owned()),
            is_open: is_open && !is_suspended,
            refused,
            known: known.is_some(),
        })
    }

    /// Why somebody who has been here before would not come in again.
    async fn kept_out(&self, known: Option<&Identity>) -> Result<Option<&'static str>, Error> {
        let Some(known) = known else {
            return Ok(None);
        };
        if known.link.state == LinkState::Blocked {
            return Ok(Some("blocked"));
        }
        let both = self.people.find(&known.id).await?;
        let is_out = both.is_some_and(|(_, it)| it.membership == Membership::Removed);
        Ok(is_out.then_some("membership_removed"))
    }

    /// What the application would be told. Somebody in too many groups is told of without them, as in every request.
    fn told(
        &self,
        organization: &Slug,
        statement: &Statement<'_>,
    ) -> Result<(Pairs, Pairs), assertion::Error> {
        match self.told_in_full(organization, statement) {
            Err(assertion::Error::TooLarge(_)) if statement.groups.is_some() => {
                let statement = Statement {
                    groups: None,
                    ..*statement
                };
                self.told_in_full(organization, &statement)
            }
            other => other,
        }
    }

    fn told_in_full(
        &self,
        organization: &Slug,
        statement: &Statement<'_>,
    ) -> Result<(Pairs, Pairs), assertion::Error> {
        let issuer = self.config.server.public_url.to_string();
        let stated = statement.in_full(&issuer, &self.audiences(organization))?;
        let fields = PlainHeaders::new(&self.config.headers).fields(statement)?;
        let headers = fields.into_iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        let stated = stated
            .iter()
            .map(|(name, value)| (name.clone(), text(value)));
        Ok((headers.collect(), stated.collect()))
    }

    /// For whom the assertion would be: which of them, the route says.
    fn audiences(&self, organization: &Slug) -> String {
        let site = &self.config.server.public_url;
        let own = self.config.organizations.get(organization);
        let own = own.and_then(|organization| organization.hosts.first());
        let origin = own.map_or_else(|| site.to_string(), |host| site.on(host).to_string());
        let of_all = self.config.assertion.audience.as_deref();
        let upstreams = self.config.upstreams.values();
        let mut all: Vec<&str> = upstreams
            .map(|upstream| upstream.audience.as_deref().or(of_all).unwrap_or(&origin))
            .collect();
        all.sort_unstable();
        all.dedup();
        all.join(" | ")
    }
}

/// Names and values, to be read.
type Pairs = Vec<(String, String)>;

const SUSPENDED: &str = "suspended";

/// What a provider says of somebody.
fn claims(asserted: &Asserted) -> Pairs {
    let all = asserted.claims.iter();
    let shown = all.filter(|(name, _)| OF_THE_PROTOCOL.binary_search(&name.as_str()).is_err());
    let texts = shown.map(|(name, value)| (cut(name), cut(&text(value))));
    texts.take(MOST_CLAIMS).collect()
}

/// A list of texts reads as one.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_string) => {
            let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_BYTES).collect()
}
