//! What the words of records mean to people, as the names of messages. The words themselves are for programs and stay as
//! they are; one that means nothing here was written by somebody, and is shown as it is.

use super::owner::TrailRow;
use crate::audit::{Actor, Entry, Kind};

/// What a reason word means, as the name of a message; none if it is no word for people.
pub fn reason(word: &str) -> Option<&'static str> {
    match word {
        "invalid_grant" | "token_refused" => Some("why-withdrawn"),
        "inactive" | "suspended" => Some("why-inactive"),
        "no_token" => Some("why-no-token"),
        "subject_changed" => Some("why-somebody-else"),
        "membership_removed" => Some("why-membership-removed"),
        "membership_restored" | "unblocked" => Some("why-sign-in-again"),
        "connection_changed" => Some("why-connection"),
        "other_tenant" => Some("why-other-tenant"),
        "email_unverified" => Some("why-email"),
        "emails" | "email_domains" | "hosted_domains" | "groups_any" | "groups_all"
        | "subjects" | "tenants" | "teams" | "claims" => Some("why-rules"),
        "timeout" => Some("account-unanswered-timeout"),
        "unreachable" => Some("account-unanswered-unreachable"),
        "rate_limited" => Some("account-unanswered-asked-to-wait"),
        "status" => Some("account-unanswered-trouble"),
        "unreadable" => Some("account-unanswered-unreadable"),
        _ => None,
    }
}

/// What a state means, as the name of a message.
pub fn state_word(state: &str) -> &'static str {
    match state {
        "valid" => "state-valid",
        "unchecked" => "state-unchecked",
        "suspect" => "state-suspect",
        "invalid" => "state-invalid",
        "orphaned" => "state-orphaned",
        "removed" => "state-removed",
        "none" => "state-none",
        _ => "state-blocked",
    }
}

impl From<Entry> for TrailRow {
    fn from(entry: Entry) -> Self {
        let event = entry.event;
        let (actor, account) = match event.actor {
            Actor::Account(id) => (None, Some(id)),
            Actor::Visitor => (Some("owner-actor-visitor"), None),
            Actor::System => (Some("owner-actor-system"), None),
            Actor::Operator => (Some("owner-actor-operator"), None),
            Actor::SetupLink => (Some("owner-actor-link"), None),
        };
        Self {
            sequence: entry.sequence,
            time: event.time,
            said: said(event.kind),
            event: event.kind.name(),
            account,
            actor,
            target: event.target,
            provider: event.provider,
            why: event
                .reason
                .as_deref()
                .and_then(|word| why(event.kind, word)),
            reason: event.reason,
            reference: event.reference,
        }
    }
}

/// What an event is called; none if it concerns no organization, so that no owner sees it.
const fn said(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::LoginSucceeded => "event-login-succeeded",
        Kind::LoginDenied => "event-login-denied",
        Kind::LoginFailed => "event-login-failed",
        Kind::LoginCancelled => "event-login-cancelled",
        Kind::LoginLoopDetected => "event-login-loop",
        Kind::AccessDenied => "event-access-denied",
        Kind::SessionCreated => "event-session-created",
        Kind::SessionEnded => "event-session-ended",
        Kind::SessionEvicted => "event-session-evicted",
        Kind::SessionRevoked => "event-session-revoked",
        Kind::IdentityLinked => "event-identity-linked",
        Kind::IdentityEnteredGrace => "event-identity-entered-grace",
        Kind::IdentityRestored => "event-identity-restored",
        Kind::IdentityInvalidated => "event-identity-invalidated",
        Kind::IdentityChecked => "event-identity-checked",
        Kind::IdentityBlocked => "event-identity-blocked",
        Kind::IdentityUnblocked => "event-identity-unblocked",
        Kind::IdentityUnlinked => "event-identity-unlinked",
        Kind::IdentityRelinked => "event-identity-relinked",
        Kind::IdentityLinkRefused => "event-identity-link-refused",
        Kind::ConnectionActivated => "event-connection-activated",
        Kind::ConnectionDisabled => "event-connection-disabled",
        Kind::RehearsalStarted => "event-rehearsal-started",
        Kind::RehearsalFinished => "event-rehearsal-finished",
        Kind::DraftCreated => "event-draft-created",
        Kind::DraftClaimed => "event-draft-claimed",
        Kind::DraftChanged => "event-draft-changed",
        Kind::DraftChecked => "event-draft-checked",
        Kind::DraftFinished => "event-draft-finished",
        Kind::DraftExported => "event-draft-exported",
        Kind::DraftRemoved => "event-draft-removed",
        Kind::AdminActionRefused => "event-admin-refused",
        Kind::MembershipRemoved => "event-membership-removed",
        Kind::MembershipRestored => "event-membership-restored",
        Kind::OrganizationSuspended => "event-organization-suspended",
        Kind::OrganizationResumed => "event-organization-resumed",
        Kind::LogoutRequested => "event-logout-requested",
        Kind::BackchannelLogoutReceived
        | Kind::BackchannelLogoutRejected
        | Kind::KeyCreated
        | Kind::KeyActivated
        | Kind::KeyRetired
        | Kind::ConfigReloaded
        | Kind::ConfigReloadRefused
        | Kind::ServerStarted
        | Kind::ServerStopped => return None,
    })
}

/// What the reason of an event means: a word has its meaning with its kind alone. Where operators write their own reasons,
/// nothing is made of them.
fn why(kind: Kind, word: &str) -> Option<&'static str> {
    match kind {
        Kind::SessionEnded | Kind::SessionEvicted | Kind::SessionRevoked => ended(word),
        Kind::IdentityEnteredGrace | Kind::IdentityRestored | Kind::IdentityInvalidated => {
            reason(word)
        }
        Kind::IdentityChecked => checked(word),
        Kind::AccessDenied => match word {
            "foreign_origin" => Some("because-foreign-origin"),
            _ => rule(word),
        },
        Kind::LoginDenied
        | Kind::LoginFailed
        | Kind::LoginCancelled
        | Kind::LoginLoopDetected
        | Kind::IdentityLinkRefused
        | Kind::RehearsalFinished => turned_away(word),
        Kind::AdminActionRefused => (word == "not_an_owner").then_some("because-not-an-owner"),
        Kind::LoginSucceeded => (word == "step_up").then_some("because-step-up"),
        Kind::ConnectionActivated => (word == "any").then_some("because-any-customer"),
        Kind::SessionCreated
        | Kind::IdentityLinked
        | Kind::IdentityBlocked
        | Kind::IdentityUnblocked
        | Kind::IdentityUnlinked
        | Kind::IdentityRelinked
        | Kind::ConnectionDisabled
        | Kind::RehearsalStarted
        | Kind::DraftCreated
        | Kind::DraftClaimed
        | Kind::DraftChanged
        | Kind::DraftChecked
        | Kind::DraftFinished
        | Kind::DraftExported
        | Kind::DraftRemoved
        | Kind::MembershipRemoved
        | Kind::MembershipRestored
        | Kind::OrganizationSuspended
        | Kind::OrganizationResumed
        | Kind::LogoutRequested
        | Kind::BackchannelLogoutReceived
        | Kind::BackchannelLogoutRejected
        | Kind::KeyCreated
        | Kind::KeyActivated
        | Kind::KeyRetired
        | Kind::ConfigReloaded
        | Kind::ConfigReloadRefused
        | Kind::ServerStarted
        | Kind::ServerStopped => None,
    }
}

/// Why a session is over.
fn ended(word: &str) -> Option<&'static str> {
    match word {
        "logout" => Some("because-signed-out"),
        "frontchannel" | "backchannel" => Some("because-signed-out-there"),
        "identity_invalid" => Some("because-not-confirmed"),
        "blocked" => Some("because-blocked"),
        "unlinked" => Some("because-unlinked"),
        "membership_removed" => Some("why-membership-removed"),
        "user" => Some("because-by-person"),
        "revoked" => Some("because-by-administrator"),
        "owner" => Some("because-by-owner"),
        "evicted" => Some("because-too-many-sessions"),
        "replaced" => Some("because-replaced"),
        "withdrawn"
        | "connection_disabled"
        | "activation_changed"
        | "connection_changed"
        | "connection_removed"
        | "organization_disabled"
        | "organization_removed" => Some("why-connection"),
        "idle" => Some("because-idle"),
        "expired" => Some("because-expired"),
        _ => None,
    }
}

/// What came of asking a provider: `valid`, `invalid` or `error`, and mostly a word that says more.
fn checked(said: &str) -> Option<&'static str> {
    let (result, rest) = said.split_once(' ').unwrap_or((said, ""));
    let more = rest.split(' ').next().and_then(|word| match word {
        "not_applicable" => Some("because-cannot-ask"),
        "client" | "discovery" | "unsupported" => Some("because-provider-misconfigured"),
        "orphaned" | "blocked" => Some(state_word(word)),
        _ => reason(word),
    });
    more.or(match result {
        "valid" => Some("state-valid"),
        "invalid" => Some("state-invalid"),
        "error" => Some("account-unanswered-silent"),
        _ => None,
    })
}

/// Which rule somebody does not meet.
fn rule(key: &str) -> Option<&'static str> {
    match key {
        "email_unverified" => Some("because-email-unverified"),
        "emails" => Some("because-emails"),
        "email_domains" => Some("because-email-domains"),
        "hosted_domains" => Some("because-hosted-domains"),
        "groups_any" => Some("because-groups-any"),
        "groups_all" => Some("because-groups-all"),
        "subjects" => Some("because-subjects"),
        "tenants" => Some("because-tenants"),
        "teams" => Some("because-teams"),
        "claims" => Some("because-claims"),
        _ => None,
    }
}

/// Why nobody came in, or nothing was added.
fn turned_away(word: &str) -> Option<&'static str> {
    match word {
        "not_activated" => Some("because-not-set-up"),
        "disabled" => Some("because-disabled"),
        "other_tenant" => Some("because-other-customer"),
        "taken" => Some("because-taken"),
        "another_there" => Some("because-another-there"),
        "too_many" => Some("because-too-many-identities"),
        "not_allowed" => Some("because-not-admitted"),
        "not_the_person" => Some("because-not-the-person"),
        "not_an_owner" => Some("because-not-an-owner"),
        "not_me" => Some("because-not-me"),
        _ => rule(word).or_else(|| problem(word)),
    }
}

/// What the code of a page that ends a sign-in means to somebody who was not there.
pub(super) fn problem(code: &str) -> Option<&'static str> {
    match code {
        "organization-unknown" => Some("organization-unknown-heading"),
        "organization-suspended" => Some("organization-suspended-heading-this"),
        "too-many-attempts" => Some("too-many-attempts-sentence"),
        "login-expired" => Some("login-expired-heading"),
        "cookies-blocked" => Some("because-cookies"),
        "redirect-loop" => Some("redirect-loop-heading"),
        "provider-unreachable" => Some("because-provider-unreachable"),
        "provider-misconfigured" => Some("because-provider-misconfigured"),
        "provider-refused" => Some("because-provider-refused"),
        "login-cancelled" => Some("login-cancelled-heading"),
        "account-not-allowed" => Some("because-not-admitted"),
        "organization-not-open" => Some("organization-not-open-heading-this"),
        "identity-not-linked" => Some("identity-not-linked-heading"),
        "email-unverified" => Some("because-email-unverified"),
        "other-account" => Some("other-account-heading"),
        "sign-in-too-weak" => Some("because-too-weak"),
        "broken" => Some("broken-heading"),
        _ => None,
    }
}
