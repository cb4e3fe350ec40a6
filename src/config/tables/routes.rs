//! `[routes.*]`: what is served to whom.

use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::address::Host;
use crate::config::{Refusal, Rules, Slug};

/// `[routes.NAME]`: which requests go to which application, and who may send them.
#[derive(Clone, Debug)]
pub struct Route {
    /// Name in the file, in metrics and in logs.
    pub name: String,
    /// `/exact` or `/prefix/*`.
    pub path: PathPattern,
    /// Only on these hosts; empty: on all.
    pub hosts: Vec<Host>,
    /// Only these methods; empty: all.
    pub methods: Vec<Method>,
    /// The application. None where front proxies alone ask about requests and know themselves where these go.
    pub upstream: Option<Slug>,
    /// Who may.
    pub access: Access,
    /// Pins an organization on the shared host.
    pub organization: Option<Slug>,
    /// What the person must have beyond being signed in.
    pub require: Option<Rules>,
    /// What is said to those who lack it.
    pub refusal: Refusal,
    /// How fresh and how strong their sign-in must be.
    pub assurance: Option<Assurance>,
}

/// `require.max_auth_age` and `require.acr_values`: what can be had by signing in once more, unlike what [`Rules`] ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The person proved who they are at most this long ago.
    pub max_age: Option<Duration>,
    /// In one of these ways (`acr`, OIDC Core §2), the preferred one first; empty: in any.
    pub acr_values: Vec<String>,
}

/// A literal path, or a literal prefix with everything below it. Canonical segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    /// Segments that must match.
    pub segments: Vec<String>,
    /// Whether anything may follow (`/*`).
    pub open: bool,
}

/// Who may send a request on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only people with a grant.
    Required,
    /// Everybody; who has a grant is named to the application.
    Optional,
    /// Everybody, unnamed.
    Public,
}
