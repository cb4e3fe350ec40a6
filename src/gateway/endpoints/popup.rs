//! A sign-in in a window of its own: it ends on a page that tells the page which opened it, and closes.
//!
//! Where it ends is its return path, so all that a sign-in meets on its way, a restart and a host of the organization's own
//! included, is as ever.

use http::Response;

use super::login::with_query;
use super::{Ask, Leaving};
use crate::address::ReturnPath;
use crate::config;
use crate::gateway::{Body, Error, Gateway};
use crate::pages::{SignedIn, View};

impl Gateway {
    /// Where such a sign-in ends.
    pub(super) fn popup_end(&self) -> ReturnPath {
        let page = self.below("signed-in");
        ReturnPath::parse(&page, &self.config.server.prefix).unwrap_or_else(|_| ReturnPath::root())
    }

    /// The page that closes its window, if somebody is signed in; else they may do so in it.
    pub(super) async fn popup_done(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let Some(known) = self.visitor(ask).await? else {
            let login = with_query(&self.below("login"), &[("display", "popup")]);
            return Ok(self.see_other(&login, ask.reference));
        };
        let organization = &known.grant.grant().organization;
        let organization = self.config.organizations.get(organization);
        let origin = &ask.origin;
        self.show_to_opener(ask, organization, &SignedIn { origin })
    }

    /// How the browser leaves a form of a sign-in that ends there.
    pub(super) fn leaves(&self, return_path: &ReturnPath) -> Leaving {
        if *return_path == self.popup_end() {
            Leaving::Popup
        } else {
            Leaving::Form
        }
    }

    /// Shows a page of a sign-in. In a window of its own it keeps the tie to the page that opened it.
    pub(super) fn show_on_the_way<V: View>(
        &self,
        ask: &Ask<'_>,
        organization: Option<&config::Organization>,
        return_path: &ReturnPath,
        view: &V,
    ) -> Result<Response<Body>, Error> {
        match self.leaves(return_path) {
            Leaving::Popup => self.show_to_opener(ask, organization, view),
            Leaving::Form | Leaving::Page => self.show(ask, organization, view),
        }
    }
}
