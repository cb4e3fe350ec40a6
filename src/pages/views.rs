//! The pages that are no problem: doors, forms, the account, the way out.
//!
//! A view borrows what it shows. Every form is posted to this origin, which the gateway checks; those that act for somebody
//! who is signed in carry their session's token as well. A form is answered by a page of this origin: what leads away moves
//! on by [`Redirecting`], since browsers hold every redirect of a form against the policy of its page.

use std::fmt;

use serde::{Serialize, Serializer};
use url::Url;

use super::problem::Ended;
use super::words::{Said, provider};
use super::{Error, Fact, Look};
use crate::address::{Origin, ReturnPath};
use crate::config::{self, Slug};

/// Something that [`super::Pages::show`] can show. Implemented in this room only.
pub trait View: Serialize {
    /// Value of `Sso-Generated`.
    const NAME: &'static str;
    /// Whether it has addresses to be copied, and the script for that.
    #[doc(hidden)]
    const COPIES: bool = false;
    /// The template.
    #[doc(hidden)]
    const TEMPLATE: &'static str;

    /// Title and heading, which are the same.
    fn title(&self, look: &Look<'_>) -> String;
}

/// An organization, as far as pages know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Organization<'a> {
    /// Its place in URLs.
    pub slug: &'a Slug,
    /// Its name for people.
    pub name: &'a str,
}

impl<'a> From<&'a config::Organization> for Organization<'a> {
    fn from(organization: &'a config::Organization) -> Self {
        Self {
            slug: &organization.slug,
            name: &organization.name,
        }
    }
}

/// The sign-in page of one organization: a button per provider.
#[derive(Clone, Debug, Serialize)]
pub struct Door<'a> {
    /// Whose.
    pub organization: Organization<'a>,
    /// The buttons, in order. The one used last comes first.
    pub providers: Vec<DoorProvider<'a>>,
    /// Where to go afterwards.
    pub rd: &'a ReturnPath,
    /// What the person typed on the page before, for the provider.
    pub login_hint: Option<&'a str>,
    /// Handed on: `select_account`.
    pub prompt: Option<&'a str>,
    /// Handed on: further fields of the forms.
    pub carried: Vec<Fact<'a>>,
    /// The provider that this browser used last.
    pub last_used: Option<&'a Slug>,
    /// Why the person is here.
    pub notice: Option<Notice>,
}

/// A button of a [`Door`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DoorProvider<'a> {
    /// Its place in URLs.
    pub id: &'a Slug,
    /// The button's text.
    pub label: &'a str,
}

impl<'a> From<&'a config::Provider> for DoorProvider<'a> {
    fn from(provider: &'a config::Provider) -> Self {
        Self {
            id: &provider.id,
            label: &provider.button,
        }
    }
}

/// Why somebody stands at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Their session is over.
    Ended(Ended),
    /// They asked for another account.
    AnotherAccount,
}

impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Ended(Ended::Idle) => "notice-idle",
            Self::Ended(Ended::Lifetime) => "notice-lifetime",
            Self::Ended(Ended::Withdrawn) => "notice-withdrawn",
            Self::Ended(Ended::AtProvider) => "notice-at-provider",
            Self::Ended(Ended::Unknown) => "notice-unknown",
            Self::AnotherAccount => "notice-another-account",
        })
    }
}

impl View for Door<'_> {
    const NAME: &'static str = "door";
    const TEMPLATE: &'static str = "door.html";

    fn title(&self, look: &Look<'_>) -> String {
        let organization = Said::Name(self.organization.name);
        look.language
            .say("door-title", &[("organization", organization)])
    }
}

/// Sign-in where the organization is not known: by e-mail address, by memory, or from a list.
#[derive(Clone, Debug, Serialize)]
pub struct EmailFirst<'a> {
    /// Where to go afterwards.
    pub rd: &'a ReturnPath,
    /// What was typed before.
    pub email: Option<&'a str>,
    /// What is wrong with it.
    pub error: Option<EmailFault>,
    /// The organization that this browser used last.
    pub remembered: Option<Organization<'a>>,
    /// All of them, where the operator wants them listed.
    pub organizations: Vec<Organization<'a>>,
}

/// What is wrong with an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailFault {
    /// Nothing was typed.
    Missing,
    /// It is none.
    Malformed,
    /// Its domain leads to no organization.
    UnknownDomain,
}

impl Serialize for EmailFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Missing => "email-missing",
            Self::Malformed => "email-malformed",
            Self::UnknownDomain => "email-unknown-domain",
        })
    }
}

impl View for EmailFirst<'_> {
    const NAME: &'static str = "email-first";
    const TEMPLATE: &'static str = "email_first.html";

    fn title(&self, look: &Look<'_>) -> String {
        let application = Said::Name(look.application());
        look.language
            .say("email-title", &[("application", application)])
    }
}

/// One e-mail domain, several organizations.
#[derive(Clone, Debug, Serialize)]
pub struct Choose<'a> {
    /// The address that was typed.
    pub email: &'a str,
    /// The organizations that claim its domain.
    pub organizations: Vec<Organization<'a>>,
    /// Where to go afterwards.
    pub rd: &'a ReturnPath,
}

impl View for Choose<'_> {
    const NAME: &'static str = "choose";
    const TEMPLATE: &'static str = "choose.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("choose-title", &[])
    }
}

/// The form of the `dev` provider. It plays the provider's part, so its token is `state`, and there is no other.
#[derive(Clone, Debug, Serialize)]
pub struct DevForm<'a> {
    /// Path of the redirect URI.
    pub action: &'a str,
    /// The run's `state`.
    pub state: &'a str,
    /// The address that was typed before, or the hint.
    pub email: Option<&'a str>,
    /// The name that was typed before.
    pub name: Option<&'a str>,
    /// The groups that were typed before.
    pub groups: Option<&'a str>,
    /// What is wrong with the address.
    pub error: Option<EmailFault>,
}

impl View for DevForm<'_> {
    const NAME: &'static str = "dev-form";
    const TEMPLATE: &'static str = "dev_form.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("dev-title", &[])
    }
}

/// Asks before signing out: a link alone ends nothing, so that no other site can sign people out.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutConfirm<'a> {
    /// Token of the form.
    pub csrf: &'a str,
    /// Where to stay.
    pub rd: &'a ReturnPath,
}

impl View for LogoutConfirm<'_> {
    const NAME: &'static str = "logout-confirm";
    const TEMPLATE: &'static str = "logout_confirm.html";

    fn title(&self, look: &Look<'_>) -> String {
        let application = Said::Name(look.application());
        look.language
            .say("logout-title", &[("application", application)])
    }
}

/// What has ended and what has not.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedOut<'a> {
    /// The text of the button of the provider whose own sign-out the person comes from.
    #[serde(serialize_with = "as_provider")]
    pub ended: Option<&'a str>,
    /// The texts of the buttons of the providers where the person is still signed in: there is no way to sign out there,
    /// or they had signed in at several organizations.
    #[serde(serialize_with = "as_providers")]
    pub still: Vec<&'a str>,
    /// Where to sign in again.
    pub sign_in: Destination,
}

impl View for LoggedOut<'_> {
    const NAME: &'static str = "logged-out";
    const TEMPLATE: &'static str = "logged_out.html";

    fn title(&self, look: &Look<'_>) -> String {
        let application = Said::Name(look.application());
        look.language
            .say("logged-out-title", &[("application", application)])
    }
}

/// The end of a sign-in in a window of its own: the page that opened it is told, and the window closes. Without JavaScript
/// it says that it can be closed.
#[derive(Clone, Debug, Serialize)]
pub struct SignedIn<'a> {
    /// The only origin that is told: this one.
    #[serde(serialize_with = "super::owner::as_origin")]
    pub origin: &'a Origin,
}

impl View for SignedIn<'_> {
    const NAME: &'static str = "signed-in";
    const TEMPLATE: &'static str = "signed_in.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("signed-in-title", &[])
    }
}

/// Moves on by itself: how a form is answered that leads elsewhere, or to a page that may.
#[derive(Clone, Debug, Serialize)]
pub struct Redirecting<'a> {
    /// Where to.
    pub to: &'a Destination,
}

impl View for Redirecting<'_> {
    const NAME: &'static str = "redirecting";
    const TEMPLATE: &'static str = "redirecting.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("redirecting-title", &[])
    }
}

/// Where a link may lead: an `http` or `https` URL, or a path on this site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Destination(String);

impl Destination {
    /// Parses one.
    ///
    /// # Errors
    /// [`Error::Destination`] for any other scheme, and for a path that a browser could take for another site.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = text.as_bytes();
        let path = bytes.first() == Some(&b'/')
            && !matches!(bytes.get(1), Some(b'/' | b'\\'))
            && bytes.iter().all(|byte| matches!(byte, 0x21..=0x7e));
        if path {
            return Ok(Self(text.to_owned()));
        }
        let url = Url::parse(text).map_err(|_| Error::Destination)?;
        if matches!(url.scheme(), "http" | "https") {
            Ok(Self(url.into()))
        } else {
            Err(Error::Destination)
        }
    }
}

impl From<&ReturnPath> for Destination {
    fn from(path: &ReturnPath) -> Self {
        Self(path.as_str().to_owned())
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn as_provider<S: Serializer>(button: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    button.map(provider).serialize(serializer)
}

fn as_providers<S: Serializer>(buttons: &[&str], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(buttons.iter().map(|button| provider(button)))
}
