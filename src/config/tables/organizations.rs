//! `[organizations.*]`: tenants, their rules, their looks, and how long sessions last.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::address::Host;
use crate::config::{Colour, Slug};

/// `[organizations.SLUG]`: a tenant.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Slug in the file, in URLs and in assertions.
    pub slug: Slug,
    /// Name for people.
    pub name: String,
    /// False: nobody of it gets in.
    pub enabled: bool,
    /// Hosts of its own; empty: it lives on the shared host.
    pub hosts: Vec<Host>,
    /// E-mail domains that lead to its door. They grant nothing.
    pub domains: Vec<String>,
    /// Which providers may vouch for its people, in the order of the buttons.
    pub providers: Vec<Slug>,
    /// Who may open its admin pages. They belong to its people all the same: `allow` holds for them too.
    pub owners: Vec<Owner>,
    /// Whether an owner must have completed Setup before anybody gets in.
    pub activation: Activation,
    /// Who may sign in.
    pub allow: Rules,
    /// What is said to those who may not.
    pub refusal: Refusal,
    /// What its pages look like.
    pub brand: Brand,
    /// How long sessions last, merged from `[sessions]` and the organization's own table.
    pub sessions: Sessions,
}

/// Who owns an organization, as the file says: nothing that anybody asserts makes an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Owner {
    /// Whoever a provider of the organization vouches for under this address, in small letters.
    Email(String),
    /// One person at one provider.
    Person {
        /// Who vouches.
        issuer: String,
        /// For whom.
        subject: String,
    },
}

/// What opens the connections of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The file.
    Implicit,
    /// An owner who has completed Setup.
    Required,
}

/// `allow` and `require`: all keys must hold, the values of one key are alternatives. Comparison values are stored
/// lower case where they are compared without regard to case (e-mail addresses and domains).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Everybody the provider vouches for. Only on its own, and only written out.
    pub anyone: bool,
    /// Verified e-mail addresses.
    pub emails: Option<Vec<String>>,
    /// Domains of verified e-mail addresses, compared exactly.
    pub email_domains: Option<Vec<String>>,
    /// Values of Google's `hd` claim.
    pub hosted_domains: Option<Vec<String>>,
    /// At least one of these groups.
    pub groups_any: Option<Vec<String>>,
    /// All of these groups.
    pub groups_all: Option<Vec<String>>,
    /// Subjects at the provider.
    pub subjects: Option<Vec<String>>,
    /// Ids of the provider's customers: Entra's directories, GitHub's organizations, Slack's workspaces.
    pub tenants: Option<Vec<String>>,
    /// At least one of these teams of GitHub, as `organization/team`.
    pub teams: Option<Vec<String>>,
    /// Other claims: one of the values each (a claim that is a list must contain one).
    pub claims: BTreeMap<String, Vec<String>>,
}

/// `explain` and `remedy` of `allow` or `require`: what its own people know better than we do. Not part of the rules, so
/// that a change of words ends no session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Why some may not.
    pub explain: Option<String>,
    /// What they can do.
    pub remedy: Option<String>,
}

/// `[organizations.SLUG.brand]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// Its sign.
    pub logo: Option<Logo>,
    /// Its colour, which white or dark text can be read on.
    pub colour: Option<Colour>,
    /// Whom its people can ask: an `https:` or `mailto:` address.
    pub support: Option<String>,
}

/// A picture that is small enough to travel inside a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// How it is encoded.
    pub kind: LogoKind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Encodings of logos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    /// SVG.
    Svg,
    /// PNG.
    Png,
}

/// `[sessions]` and `[organizations.SLUG.sessions]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// Without a request for this long, the grant ends.
    pub idle_timeout: Duration,
    /// After this long the grant ends, whatever happens.
    pub absolute_timeout: Duration,
    /// The oldest session goes when an account has more.
    pub max_per_account: usize,
}
