//! What is remembered of security-relevant changes.
//!
//! Owns: the words of the audit trail and the hash chain that makes a missing or altered entry visible.
//! Leaves to others: storing (`store` appends an [`Event`] in the same atomic batch as the change it reports).
//! Invariants: no secret, token, code or cookie is ever a field (threat model 51); every entry names its predecessor.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::secret;

/// What happened. Names are stable, and only ever added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A person completed a sign-in.
    #[serde(rename = "login.succeeded")]
    LoginSucceeded,
    /// The organization, or the provider itself, does not admit the person.
    #[serde(rename = "login.denied")]
    LoginDenied,
    /// A sign-in broke: the provider's answer was refused or never came.
    #[serde(rename = "login.failed")]
    LoginFailed,
    /// The person or the provider cancelled.
    #[serde(rename = "login.cancelled")]
    LoginCancelled,
    /// A browser signed in again and again without getting anywhere.
    #[serde(rename = "login.loop_detected")]
    LoginLoopDetected,
    /// Somebody who is signed in may not use a route: told once a minute for each person and route.
    #[serde(rename = "access.denied")]
    AccessDenied,
    /// A session was made.
    #[serde(rename = "session.created")]
    SessionCreated,
    /// A session ended: the reason says why.
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// A session was ended because the account had too many.
    #[serde(rename = "session.evicted")]
    SessionEvicted,
    /// An operator ended a session.
    #[serde(rename = "session.revoked")]
    SessionRevoked,
    /// A new identity was tied to an account.
    #[serde(rename = "identity.linked")]
    IdentityLinked,
    /// A provider did not answer when it was asked again.
    #[serde(rename = "identity.entered_grace")]
    IdentityEnteredGrace,
    /// It answered again, and well.
    #[serde(rename = "identity.restored")]
    IdentityRestored,
    /// It said no, or nobody is left to ask.
    #[serde(rename = "identity.invalidated")]
    IdentityInvalidated,
    /// An operator had a provider asked about it: the reason says what came of it.
    #[serde(rename = "identity.checked")]
    IdentityChecked,
    /// An operator lets nobody in by it.
    #[serde(rename = "identity.blocked")]
    IdentityBlocked,
    /// An operator lets its owner sign in again.
    #[serde(rename = "identity.unblocked")]
    IdentityUnblocked,
    /// An operator had it forgotten, with its account.
    #[serde(rename = "identity.unlinked")]
    IdentityUnlinked,
    /// An operator moved it to another account.
    #[serde(rename = "identity.relinked")]
    IdentityRelinked,
    /// It could not be tied to an account: the reason says why.
    #[serde(rename = "identity.link_refused")]
    IdentityLinkRefused,
    /// An owner completed Setup: the reason says for which of the provider's customers, if for one alone.
    #[serde(rename = "connection.activated")]
    ConnectionActivated,
    /// An owner shut a connection.
    #[serde(rename = "connection.disabled")]
    ConnectionDisabled,
    /// An operator tries a provider: a sign-in for nobody.
    #[serde(rename = "rehearsal.started")]
    RehearsalStarted,
    /// It came to its end: the reason says which, if it failed.
    #[serde(rename = "rehearsal.finished")]
    RehearsalFinished,
    /// A provider begins to be set up, beside the file.
    #[serde(rename = "draft.created")]
    DraftCreated,
    /// A browser opened the link to it: no other one can.
    #[serde(rename = "draft.claimed")]
    DraftClaimed,
    /// What is known of it changed: the reason says which keys, and never their values.
    #[serde(rename = "draft.changed")]
    DraftChanged,
    /// The provider was asked about it: the reason says the first check that failed.
    #[serde(rename = "draft.checked")]
    DraftChecked,
    /// Whoever filled it in says that it is complete.
    #[serde(rename = "draft.finished")]
    DraftFinished,
    /// An operator took it over, with its secret.
    #[serde(rename = "draft.exported")]
    DraftExported,
    /// It was thrown away, and its link with it.
    #[serde(rename = "draft.removed")]
    DraftRemoved,
    /// Somebody who is no owner tried to open or use an organization's admin pages.
    #[serde(rename = "admin.action_refused")]
    AdminActionRefused,
    /// An operator took an account out of its organization.
    #[serde(rename = "membership.removed")]
    MembershipRemoved,
    /// An operator lets it sign in again.
    #[serde(rename = "membership.restored")]
    MembershipRestored,
    /// An operator lets nobody of an organization in.
    #[serde(rename = "organization.suspended")]
    OrganizationSuspended,
    /// An operator lets its people sign in again.
    #[serde(rename = "organization.resumed")]
    OrganizationResumed,
    /// A person signed out.
    #[serde(rename = "logout.requested")]
    LogoutRequested,
    /// A provider said that somebody signed out there, and it was done.
    #[serde(rename = "logout.backchannel_received")]
    BackchannelLogoutReceived,
    /// A provider's logout token was refused.
    #[serde(rename = "logout.backchannel_rejected")]
    BackchannelLogoutRejected,
    /// A signing key was made.
    #[serde(rename = "key.created")]
    KeyCreated,
    /// A signing key signs from now on.
    #[serde(rename = "key.activated")]
    KeyActivated,
    /// A signing key is gone.
    #[serde(rename = "key.retired")]
    KeyRetired,
    /// Another file came into force.
    #[serde(rename = "config.reloaded")]
    ConfigReloaded,
    /// The file was read again, and the one before stays in force.
    #[serde(rename = "config.reload_refused")]
    ConfigReloadRefused,
    /// The process serves.
    #[serde(rename = "server.started")]
    ServerStarted,
    /// The process stopped serving in good order.
    #[serde(rename = "server.stopped")]
    ServerStopped,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> String {
        // A variant without fields is written as a string.
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            Ok(_) | Err(_) => String::new(),
        }
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Actor {
    /// A person, by account id.
    Account(String),
    /// A visitor whom nobody has identified.
    Visitor,
    /// Doorward itself.
    System,
    /// Someone with the file, the command line or the admin socket.
    Operator,
    /// Whoever was given the link to a provider that is being set up.
    SetupLink,
}

/// One thing that happened. Fields that do not apply stay empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: Kind,
    /// Who.
    pub actor: Actor,
    /// In which organization (slug).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Through which provider (slug).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// To what: an account, identity, key or session id, never a handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The reference that the visitor saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why, as a fixed word or a short sentence of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Event {
    /// An event with nothing but its time, kind and actor.
    pub const fn new(time: Timestamp, kind: Kind, actor: Actor) -> Self {
        Self {
            time,
            kind,
            actor,
            organization: None,
            provider: None,
            target: None,
            reference: None,
            reason: None,
        }
    }
}

/// An event in its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position, from 1, without gaps.
    pub sequence: u64,
    /// Hash of the entry before, base64url; of the first one, of nothing.
    pub previous: String,
    /// What happened.
    pub event: Event,
    /// Hash over the three fields above, base64url.
    pub hash: String,
}

/// The end of the chain: what the next entry continues.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// Sequence of the newest entry; 0 when there is none.
    pub sequence: u64,
    /// Its hash; empty when there is none.
    pub hash: String,
}

impl Head {
    /// The entry that records `event` after this head.
    pub fn append(&self, event: Event) -> Entry {
        let sequence = self.sequence.saturating_add(1);
        let hash = digest(sequence, &self.hash, &event);
        Entry {
            sequence,
            previous: self.hash.clone(),
            event,
            hash,
        }
    }
}

impl Entry {
    /// The head that this entry makes.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash.clone(),
        }
    }

    /// Whether this entry follows `head` and is unaltered.
    pub fn follows(&self, head: &Head) -> bool {
        self.sequence == head.sequence.saturating_add(1)
            && self.previous == head.hash
            && self.hash == digest(self.sequence, &self.previous, &self.event)
    }
}

fn digest(sequence: u64, previous: &str, event: &Event) -> String {
    // An event is strings and numbers in a fixed order: it always serialises, and always the same way.
    let body = serde_json::to_vec(event).unwrap_or_default();
    secret::encode(&secret::sha256_fields([
        sequence.to_be_bytes().as_slice(),
        previous.as_bytes(),
        &body,
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(reason: &str) -> Event {
        Event {
            reason: Some(reason.to_owned()),
            ..Event::new(Timestamp::EPOCH, Kind::ServerStarted, Actor::System)
        }
    }

    #[test]
    fn entries_follow_each_other() {
        let first = Head::default().append(event("one"));
        let second = first.head().append(event("two"));
        assert!(first.follows(&Head::default()));
        assert!(second.follows(&first.head()));
    }

    #[test]
    fn an_altered_or_missing_entry_shows() {
        let first = Head::default().append(event("one"));
        let second = first.head().append(event("two"));
        let mut altered = first.clone();
        altered.event.reason = Some("three".to_owned());
        assert!(!altered.follows(&Head::default()));
        assert!(!second.follows(&Head::default()));
    }
}
