//! The protocol with identity providers: one of the three seams.
//!
//! Owns: what is sent to a provider and whether its answer is believed. Leaves to others: storing anything, choosing an
//! account, deciding who may enter (`pipeline`, `identity`). Invariants: no answer is believed that
//! [`Provider::finish`] has not checked whole (threat model §4.3); every call out has a time limit, a size limit,
//! verified TLS and follows no redirect (48); errors and logs carry no token, code or secret (51).

mod again;
mod apple;
mod attempt;
mod authorization;
mod bearer;
mod claims;
mod credentials;
mod dev;
mod directory;
mod examine;
mod exchange;
mod fence;
pub mod http;
mod issuers;
mod json;
mod jws;
mod logout;
mod metadata;
mod oauth2;
mod oidc;
mod outcome;
mod posted;
mod presets;
mod proof;
mod reach;
mod said;
mod slack;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trust;
mod userinfo;

pub use self::attempt::{Attempt, LoginHint};
pub use self::examine::{Checked, Finding, Verdict};
pub use self::jws::session_named_in;
pub use self::logout::{Logout, Who};
pub use self::outcome::{Cause, Fault, Outcome, Revocation, Trouble};
pub use self::proof::{Demand, Proof, Proofs, Unproven};
pub use self::said::{Failed, NotRenewed, Said};

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::secret::Secret;
use crate::tasks::Tasks;
use crate::telemetry::trace;
use crate::telemetry::{Metrics, metrics};

/// What all providers of a process share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What is counted.
    pub metrics: Metrics,
    /// The time, for how long things are remembered. The age of tokens is judged by the `now` of each call.
    pub clock: Arc<dyn Clock>,
    /// Where connections live.
    pub tasks: Tasks,
    /// The certificates of this system; kept over reloads.
    pub roots: http::Roots,
    /// Who wrote down where they are.
    pub written: Written,
}

/// Who wrote down where a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The operator: it may lie anywhere.
    ByOperator,
    /// Somebody else: it may lie where everybody can reach it, and nowhere else (threat model 48).
    ByOthers,
}

/// Makes a provider as configured. No call is made; the file of certificates is read, if one is configured.
///
/// # Errors
/// [`Error::Misconfigured`] if the registration cannot work.
pub fn build(config: &config::Provider, shared: &Shared) -> Result<Arc<dyn Provider>, Error> {
    if let Some(at) = config.secret_expires {
        let labels = metrics::Provider {
            provider: config.id.to_string(),
        };
        let at = i64::try_from(at.as_seconds()).unwrap_or(i64::MAX);
        let expiry = &shared.metrics.provider_secret_expiry;
        expiry.get_or_create(&labels).set(at);
    }
    Ok(match &config.protocol {
        config::Protocol::Oidc(oidc) => Arc::new(oidc::Oidc::new(config, oidc, shared)?),
        config::Protocol::OAuth2(oauth2) => Arc::new(oauth2::OAuth2::new(config, oauth2, shared)?),
        config::Protocol::Dev => Arc::new(dev::Dev),
    })
}

/// Whether an issuer is one whose people sign in by this registration.
pub fn is_issuer_of(oidc: &config::Oidc, issuer: &str) -> bool {
    // By which name its people are known makes no difference here.
    issuers::Issuers::of(config::Preset::Oidc, oidc).contain(issuer)
}

/// The answer of a provider, to be awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What came of an examination, to be awaited.
pub type Examining<'a> = Pin<Box<dyn Future<Output = Examined> + Send + 'a>>;

/// The end of a sign-in, to be awaited.
pub type Finishing<'a> = Pin<Box<dyn Future<Output = Result<Asserted, Failed>> + Send + 'a>>;

/// Tokens that were renewed, to be awaited.
pub type Renewal<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Tokens>, NotRenewed>> + Send + 'a>>;

/// What came of asking again, to be awaited.
pub type Confirmation<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// What is held of a person who is asked about again.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Who it must still be.
    pub subject: &'a Subject,
    /// What to ask with.
    pub tokens: &'a Tokens,
}

/// What a run through the pipeline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Flow {
    /// A person wants to use the application.
    SignIn,
    /// A person who is signed in proves anew who they are, or in a stronger way.
    StepUp,
    /// An owner tries a connection and opens it.
    Setup,
    /// A person adds an identity to their account.
    Link,
    /// An operator tries what would come of a sign-in.
    Rehearsal,
}

impl Flow {
    /// Name in digests, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::StepUp => "step_up",
            Self::Setup => "setup",
            Self::Link => "link",
            Self::Rehearsal => "rehearsal",
        }
    }
}

/// The kinds of steps. Their names go into the digest of a run, so a run does not survive a change of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the browser to the provider.
    Authorize,
    /// Exchange the code that came back, verify the tokens.
    Exchange,
    /// Ask for claims at the userinfo endpoint.
    UserInfo,
    /// Show a form of ours.
    Form,
}

impl Step {
    /// Name in the digest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Exchange => "exchange",
            Self::UserInfo => "userinfo",
            Self::Form => "form",
        }
    }
}

/// One registration at one identity provider, ready to be spoken to.
///
/// What must hold: `finish` returns an [`Asserted`] only after every check of threat model 13, 14, 15 and 18; it sends
/// the verifier exactly once; neither method stores anything. It says in [`Asserted::proof`] what `pipeline` holds against
/// [`Attempt::demand`]. Called by: `pipeline`, after it has stored (`start`) or
/// claimed (`finish`) the run. Failure costs: this sign-in, nothing else. Building one makes no call: a provider that is
/// down at start is asked again by the next sign-in.
pub trait Provider: fmt::Debug + Send + Sync + 'static {
    /// The steps of a flow, in order.
    fn steps(&self, flow: Flow) -> &'static [Step];

    /// Begins: where the browser goes next.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Misconfigured`] when discovery fails.
    fn start<'a>(&'a self, attempt: &'a Attempt) -> Answer<'a, Started>;

    /// Whether an answer can be followed up at all, as far as that is plain without asking anybody. One that cannot does not
    /// use up the run: what a person mistyped they can correct.
    ///
    /// # Errors
    /// [`Error::Rejected`].
    fn accepts(&self, _callback: &Callback) -> Result<(), Error> {
        Ok(())
    }

    /// Ends: turns what the browser brought back into an identity. `iss` and `error` have been looked at by
    /// [`Callback::parse`] only as text: this method compares the issuer (RFC 9207 §2.4), before it calls anybody.
    ///
    /// # Errors
    /// Every variant of [`Error`], with what the provider says of it.
    ///
    /// # Cancel safety
    /// Not cancel safe: the code is spent once it is sent. Run it in a task of its own.
    fn finish<'a>(
        &'a self,
        attempt: &'a Attempt,
        callback: &'a Callback,
        now: Timestamp,
    ) -> Finishing<'a>;

    /// Where a browser can end its session at the provider (OIDC RP-Initiated Logout 1.0 §2), or `None` if there is no
    /// such place. Asks the provider only if nothing is known of it yet, as after a restart.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Misconfigured`] when it has to be asked and discovery fails.
    ///
    /// # Cancel safety
    /// Safe.
    fn end_session<'a>(
        &'a self,
        id_token_hint: Option<&'a Secret<String>>,
        return_to: &'a Url,
    ) -> Answer<'a, Option<Url>>;

    /// Checks a logout token whole (OIDC Back-Channel Logout 1.0 §2.6), but for whether it was used before: that is for
    /// whoever can remember it. Anybody may have sent it, and all it can do is end access (threat model 16).
    ///
    /// # Errors
    /// [`Error::Rejected`]: it must be ignored. [`Error::Unreachable`] and [`Error::Misconfigured`] when the provider's
    /// keys cannot be asked for.
    ///
    /// # Cancel safety
    /// Safe.
    fn logout<'a>(&'a self, token: &'a Secret<String>, now: Timestamp) -> Answer<'a, Logout>;

    /// Asks again, first half: spends the refresh token, if that is how this provider is asked. What comes back must be
    /// durable before the second half (threat model 42). `Ok(None)`: nothing was spent.
    ///
    /// # Errors
    /// Every [`Outcome`] but `Valid`, with what the provider says of it: there is no second half then.
    ///
    /// # Cancel safety
    /// Not cancel safe: the token may be spent. Run it in a task of its own.
    fn renew<'a>(&'a self, held: Held<'a>, now: Timestamp) -> Renewal<'a>;

    /// Asks again, second half: whether what came back, and what else can be asked, is still about the same person.
    ///
    /// # Cancel safety
    /// Safe: nothing is spent.
    fn confirm<'a>(
        &'a self,
        held: Held<'a>,
        renewed: Option<&'a Tokens>,
        now: Timestamp,
    ) -> Confirmation<'a>;

    /// Asks the provider now what it says of itself, whatever is remembered, and what it says to a code that it never gave
    /// out. Nothing is found if there is nothing to ask without a person.
    ///
    /// # Cancel safety
    /// Safe.
    fn examine<'a>(&'a self, _redirect_uri: &'a str) -> Examining<'a> {
        Box::pin(async { Examined::default() })
    }

    /// Whether the newest call worked; for health and metrics.
    fn health(&self) -> Health;

    /// Since when it is so; `None` if it was not asked yet.
    fn health_since(&self) -> Option<Timestamp>;
}

/// What came of an examination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// In order; each mistake for itself.
    pub findings: Vec<Finding>,
    /// What it says of itself, where that can be used.
    pub announced: Option<Announced>,
}

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its name, as it stands in the configuration.
    pub issuer: String,
    /// What it offers, by the names of the specifications, and where.
    pub endpoints: Vec<(&'static str, String)>,
    /// Keys that it publishes.
    pub keys: usize,
    /// Those that can have signed a token that is accepted.
    pub usable_keys: usize,
    /// The names of the algorithms that are accepted and that it announces.
    pub algorithms: Vec<&'static str>,
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Where the browser goes.
    pub start: Start,
    /// What [`Attempt::promises_issuer`] must say when the answer comes.
    pub promises_issuer: bool,
}

/// Where the browser goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// To the provider.
    Redirect(Url),
    /// Nowhere: show the sign-in form of the `dev` provider, which posts to the redirect URI.
    Form,
}

/// What came to the redirect URI, by GET or POST, parsed once.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Which run it answers.
    pub state: Secret<String>,
    /// Who answers (RFC 9207).
    pub issuer: Option<String>,
    /// What the person is called, as Apple says it once, beside the code (`user`). It came by the browser and nobody has
    /// signed it: it decides nothing.
    pub name: Option<String>,
    /// What the answer is.
    pub response: Response,
}

impl Callback {
    /// For the trace: what it is, without what it carries.
    pub fn step(&self) -> trace::Step {
        // Its own words may be anybody's, and anything.
        let answer = match &self.response {
            Response::Code(_) => "a code",
            Response::Form(_) => "a form",
            Response::Refused(Refusal::AccessDenied, _) => "access_denied",
            Response::Refused(Refusal::InteractionRequired, _) => "an interaction is required",
            Response::Refused(Refusal::Unavailable, _) => "temporarily unavailable",
            Response::Refused(Refusal::Registration, _) => "an error about our registration",
            Response::Refused(Refusal::NotAssigned(_), _) => "access_denied: not assigned",
            Response::Refused(Refusal::Suspended | Refusal::Other, _) => {
                "an error that no specification names"
            }
        };
        trace::Step::Callback {
            answer: answer.to_owned(),
            names_issuer: self.issuer.is_some(),
        }
    }
}

/// The answer in a callback.
#[derive(Clone, Debug)]
pub enum Response {
    /// An authorization code.
    Code(Secret<String>),
    /// An error code (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6), and the words that it came in.
    Refused(Refusal, Said),
    /// Fields of the `dev` form.
    Form(DevForm),
}

/// The fields of the `dev` form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevForm {
    /// E-mail address; becomes the subject too.
    pub email: String,
    /// Display name.
    pub name: Option<String>,
    /// Groups, separated by commas.
    pub groups: Vec<String>,
}

/// Why a provider let nobody in, in the words of the protocols. Parsed once, at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `access_denied`: the person or the provider said no.
    AccessDenied,
    /// `login_required`, `interaction_required`, `consent_required`, `account_selection_required`.
    InteractionRequired,
    /// `temporarily_unavailable`, `server_error`.
    Unavailable,
    /// `invalid_request`, `unauthorized_client`, `unsupported_response_type`, `invalid_scope`, …: our registration.
    Registration,
    /// An administrator there has not given the person our application, in the provider's documented words.
    NotAssigned(Code),
    /// The provider says that the account is suspended.
    Suspended,
    /// A code that no specification here names.
    Other,
}

/// A code of a provider's that may be shown: one of a fixed list, so that nobody writes anything else onto our page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// Entra: the person is assigned to no role of the application.
    Aadsts50105,
}

impl Code {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::Aadsts50105 => "AADSTS50105",
        }
    }
}

/// What a provider says of a person, fully verified, before anything is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asserted {
    /// Who says so.
    pub issuer: String,
    /// Of whom; stable at that issuer.
    pub subject: Subject,
    /// E-mail address, if any.
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's: only boolean `true` counts (threat model 19).
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// Short name for people.
    pub preferred_username: Option<String>,
    /// Groups; `None` if the provider sent none or an unreadable list (threat model 20).
    pub groups: Option<Vec<String>>,
    /// Whether the groups are teams of GitHub, by its own word.
    pub groups_are_teams: bool,
    /// Google's `hd`.
    pub hosted_domain: Option<String>,
    /// The customers of the provider that the person belongs to, as the provider says: directories, organizations,
    /// workspaces. Empty if it has none or says nothing.
    pub tenants: Vec<Tenant>,
    /// Every claim of the verified ID token and of userinfo.
    pub claims: Map<String, Value>,
    /// When the person last proved who they are, as the provider says (`auth_time`), else when the token was issued.
    pub authenticated_at: Timestamp,
    /// What the provider vouches for of that.
    pub proof: Proof,
    /// The provider's own session, for logout (`sid`).
    pub provider_session: Option<String>,
    /// What to ask again with.
    pub tokens: Tokens,
}

/// A customer of a provider: Entra's directory, GitHub's organization, Slack's workspace. Rules know it by its id alone:
/// names change, and another customer may take one that became free.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tenant {
    /// As the provider tells it apart from all others, for ever.
    pub id: String,
    /// What people call it; the id where the provider says no name.
    pub name: String,
}

/// A subject identifier: 1 to 255 bytes, compared exactly (OIDC Core §2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    /// Parses a subject.
    ///
    /// # Errors
    /// [`Error::Rejected`] if it is empty, too long or has control characters (threat model 18).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let sound = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Rejected(Check::Subject))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The tokens of a sign-in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// To call the provider.
    pub access: Option<Secret<String>>,
    /// To get a new one.
    pub refresh: Option<Secret<String>>,
    /// As it came, for `id_token_hint` at sign-out.
    pub id: Option<Secret<String>>,
    /// When the access token expires.
    pub expires_at: Option<Timestamp>,
    /// Scopes granted, sorted, without repetition.
    pub scopes: Vec<String>,
}

/// How a provider is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not asked yet.
    Unknown,
    /// The newest call worked.
    Up,
    /// The newest call did not.
    Down,
}

impl Health {
    /// A provider's state in a word, the worst that is known of it: `degraded` while asking it again about people is paused.
    pub const fn state(self, is_degraded: bool) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Unknown | Self::Up if is_degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Up => "up",
        }
    }
}

/// Which check an answer did not pass. For logs and metrics; a visitor never sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The `iss` parameter of the callback is missing or names another issuer.
    ResponseIssuer,
    /// The callback's parameters contradict each other or do not fit this provider.
    Response,
    /// The token response is not one, or has no ID token.
    TokenResponse,
    /// Signature, algorithm or key.
    Signature,
    /// The claim `iss`.
    Issuer,
    /// The claim `aud`.
    Audience,
    /// The claim `azp`.
    AuthorizedParty,
    /// The claim `exp`.
    Expiry,
    /// The claims `iat` or `nbf`.
    IssuedAt,
    /// The claim `nonce`.
    Nonce,
    /// The claim `auth_time` is there and is no time, or it is missing though `max_age` was sent (OIDC Core §2).
    AuthTime,
    /// The claim `at_hash`.
    AccessTokenHash,
    /// The claim `sub` is missing or unusable.
    Subject,
    /// Userinfo names another subject, or is unreadable.
    UserInfo,
    /// A scope that is required was not granted.
    Scope,
    /// GitHub knows no primary address of the person's.
    NoPrimaryEmail,
    /// GitHub knows addresses, and none of them is verified.
    NoVerifiedEmail,
    /// The dev form has no usable e-mail address.
    Form,
    /// The claims of a logout token cannot be read.
    LogoutClaims,
    /// A logout token does not say that it is one (`events`).
    LogoutEvent,
    /// A logout token has no usable `jti`.
    TokenId,
    /// The claim `sid` of a logout token is unusable.
    ProviderSession,
    /// A logout token names neither a person nor a session.
    LogoutTarget,
}

impl Check {
    /// A fixed word for metrics and the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseIssuer => "response_issuer",
            Self::Response => "response",
            Self::TokenResponse => "token_response",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::AuthorizedParty => "authorized_party",
            Self::Expiry => "expiry",
            Self::IssuedAt => "issued_at",
            Self::Nonce => "nonce",
            Self::AuthTime => "auth_time",
            Self::AccessTokenHash => "access_token_hash",
            Self::Subject => "subject",
            Self::UserInfo => "userinfo",
            Self::Scope => "scope",
            Self::NoPrimaryEmail => "no_primary_email",
            Self::NoVerifiedEmail => "no_verified_email",
            Self::Form => "form",
            Self::LogoutClaims => "claims",
            Self::LogoutEvent => "event",
            Self::TokenId => "token_id",
            Self::ProviderSession => "session",
            Self::LogoutTarget => "target",
        }
    }
}

/// Why there is no identity, split by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider cannot be reached or does not answer in time: try again later.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(#[source] http::CallError),
    /// The provider's configuration and ours do not fit: an operator must act.
    #[error("sign-in with this provider is not set up correctly: {0}")]
    Misconfigured(String),
    /// The provider said no.
    #[error("the provider refused: {0:?}")]
    Refused(Refusal),
    /// The provider's answer did not pass a check.
    #[error("the provider's answer failed the check {0:?}")]
    Rejected(Check),
}

impl Error {
    /// The error with what is behind it. The outermost one quotes its cause already.
    fn with_cause(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self).and_then(std::error::Error::source);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

impl Callback {
    /// Parses the parameters of a callback.
    ///
    /// # Errors
    /// [`Error::Rejected`] with [`Check::Response`] if there is no `state`, if a parameter of ours appears twice, or if
    /// there is not exactly one of `code`, `error` and the dev form (threat model 10).
    pub fn parse(pairs: &[(String, String)]) -> Result<Self, Error> {
        let one = |name: &str| {
            let mut values = pairs.iter().filter(|(key, _)| key == name);
            match (values.next(), values.next()) {
                (None, _) => Ok(None),
                (Some((_, value)), None) => Ok(Some(value.clone())),
                (Some(_), Some(_)) => Err(Error::Rejected(Check::Response)),
            }
        };
        let state = one("state")?
            .filter(|state| !state.is_empty())
            .ok_or(Error::Rejected(Check::Response))?;
        let response = match (one("code")?, one("error")?, one("email")?) {
            (Some(code), None, None) if !code.is_empty() => Response::Code(Secret::new(code)),
            (None, Some(error), None) => {
                let description = one("error_description")?;
                let said = Said::new(&error, description.as_deref(), &[&state]);
                let refusal = Refusal::described(&error, said.description());
                Response::Refused(refusal, said)
            }
            (None, None, Some(email)) => Response::Form(DevForm {
                email,
                name: one("name")?.filter(|name| !name.trim().is_empty()),
                groups: split_groups(&one("groups")?.unwrap_or_default()),
            }),
            _ => return Err(Error::Rejected(Check::Response)),
        };
        Ok(Self {
            state: Secret::new(state),
            issuer: one("iss")?,
            name: one("user")?.as_deref().and_then(posted::name_in),
            response,
        })
    }
}

fn split_groups(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|group| !group.is_empty())
        .map(str::to_owned)
        .collect()
}

impl Refusal {
    /// Parses an `error` parameter and what stands beside it. That decides nothing but which page is shown, and only where it
    /// is, to the letter, what a provider documents: the protocols have one code for "the person said no" and for "nobody
    /// gave them this application", and trying again helps with the first alone.
    pub fn described(code: &str, description: &str) -> Self {
        /// Okta's, for whoever is not assigned to the application.
        const OKTA: &str = "User is not assigned to the client application.";
        /// Entra's code in front of its sentence.
        const ENTRA: &str = "AADSTS50105:";
        match Self::parse(code) {
            Self::AccessDenied if description == OKTA => Self::NotAssigned(Code::AccessDenied),
            Self::AccessDenied | Self::InteractionRequired if description.starts_with(ENTRA) => {
                Self::NotAssigned(Code::Aadsts50105)
            }
            other => other,
        }
    }

    /// Parses an `error` parameter alone.
    pub fn parse(code: &str) -> Self {
        match code {
            // The second is Apple's word for it.
            "access_denied" | "user_cancelled_authorize" => Self::AccessDenied,
            "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required" => Self::InteractionRequired,
            "temporarily_unavailable" | "server_error" => Self::Unavailable,
            "invalid_request"
            | "unauthorized_client"
            | "unsupported_response_type"
            | "invalid_scope"
            | "invalid_client"
            // GitHub's: the application is suspended, or its redirect URI another one.
            | "application_suspended"
            | "redirect_uri_mismatch"
            | "request_not_supported"
            | "request_uri_not_supported" => Self::Registration,
            _ => Self::Other,
        }
    }
}
