//! Why a grant is over: one closed list, for metrics, the audit trail, and whoever comes back.

use super::record::Over;

/// Why a grant is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The person signed out here.
    SignedOut,
    /// The provider told by the browser that they signed out there.
    FrontChannel,
    /// The provider told by itself that they signed out there.
    BackChannel,
    /// The provider, asked again, no longer vouches for the person.
    IdentityInvalid,
    /// An operator or owner blocked the identity.
    Blocked,
    /// The identity was forgotten.
    Unlinked,
    /// The membership was removed.
    MembershipRemoved,
    /// The person ended it from another browser.
    ByPerson,
    /// An operator or owner ended it.
    Revoked,
    /// The person has too many: the oldest made room.
    Evicted,
    /// A new sign-in took its place.
    Replaced,
    /// The file no longer has its connection as it was, or its organization.
    Withdrawn,
    /// Its time ran out.
    Over(Over),
}

impl Reason {
    /// For metrics and the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "logout",
            Self::FrontChannel => "frontchannel",
            Self::BackChannel => "backchannel",
            Self::IdentityInvalid => "identity_invalid",
            Self::Blocked => "blocked",
            Self::Unlinked => "unlinked",
            Self::MembershipRemoved => "membership_removed",
            Self::ByPerson => "user",
            Self::Revoked => "revoked",
            Self::Evicted => "evicted",
            Self::Replaced => "replaced",
            Self::Withdrawn => "withdrawn",
            Self::Over(over) => over.as_str(),
        }
    }
}
