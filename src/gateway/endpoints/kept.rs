//! A form that was sent too late: kept while its owner signs in again, then shown to them, to be sent by a press.
//!
//! Nothing is sent by itself, and what was filled in is in no address and no cookie. It is kept only if a page of this very
//! origin sent it (threat model 12), and only for the account that is known to have done so.

use http::header::{LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderValue, Response, request};
use tracing::warn;
use url::Url;

use super::form::{self, Fields};
use super::login::with_query;
use super::{Ask, referred, set_cookie};
use crate::address::ReturnPath;
use crate::config::Slug;
use crate::gateway::inbound::{Inbound, Kind};
use crate::gateway::{Body, Error, Gateway, Place, whole};
use crate::pages::{Destination, Fact, FormNotKept, KeptForm, Redirecting};
use crate::pipeline::{Form, Sender};
use crate::secret::Secret;
use crate::session::Grant;
use crate::session::cookies::{self, Cookies};
use crate::telemetry::Reference;
use crate::wire::Received;

/// Fields of a form that is kept: more than people fill in.
const MOST_FIELDS: usize = 1_000;

impl Gateway {
    /// Keeps a form of somebody whose session is over by time, and tells them so.
    ///
    /// # Errors
    /// [`Error::FormKept`], if it is kept; the store's. Without an error it is lost.
    pub(in crate::gateway) async fn keep_lapsed(
        &self,
        inbound: &Inbound,
        place: Place<'_>,
        pinned: Option<&Slug>,
        (head, body): (&request::Parts, Received),
    ) -> Result<(), Error> {
        let Some(handle) = Cookies::read(&head.headers).handle() else {
            return Ok(());
        };
        if inbound.kind != Kind::FormPost {
            return Ok(());
        }
        let wanted = match place {
            Place::Own(organization) => Some(&organization.slug),
            Place::Shared => pinned,
        };
        let now = self.clock.now();
        let lapsed = self
            .sessions
            .lapsed_grant(&handle, &inbound.host, wanted, now);
        let Some(grant) = lapsed.await? else {
            return Ok(());
        };
        let Some((cookie, path)) = self.keep_form(inbound, &grant, (head, body)).await? else {
            return Ok(());
        };
        let door = self.below(&format!("login/{}", grant.organization));
        let door = Destination::parse(&with_query(&door, &[("rd", path.as_str())]))?;
        Err(Error::FormKept { door, cookie })
    }

    /// Keeps a form of whoever has a grant, or had it. The cookie that names it, and where it was going; `None` if it is not
    /// kept.
    pub(in crate::gateway) async fn keep_form(
        &self,
        inbound: &Inbound,
        grant: &Grant,
        (head, body): (&request::Parts, Received),
    ) -> Result<Option<(HeaderValue, ReturnPath)>, Error> {
        let origin = self.config.server.public_url.on(&inbound.host);
        let path = ReturnPath::parse(inbound.target(), &self.config.server.prefix);
        let (true, Kind::FormPost, Ok(path)) =
            (inbound.is_same_origin(&origin), inbound.kind, path)
        else {
            return Ok(None);
        };
        let body = match form::read_text(head, body).await {
            Ok(body) if can_be_sent_again(&body) => Secret::new(body),
            // Too large, too slow, or no form: the page says that it is lost.
            Ok(_) | Err(_) => return Ok(None),
        };
        let sender = Sender {
            organization: grant.organization.clone(),
            account: grant.account.clone(),
            host: inbound.host.clone(),
            path: path.clone(),
        };
        let before = Cookies::read(&head.headers).kept_form();
        let kept = self
            .pipeline
            .keep_form(Form { sender, body }, before.as_ref(), inbound.client)
            .await?;
        Ok(kept.map(|token| (cookies::set_kept_form(&token), path)))
    }

    /// Where somebody goes who has signed in: to what they had filled in, if it is for there or is gone.
    pub(super) async fn landing(
        &self,
        ask: &Ask<'_>,
        return_path: &ReturnPath,
    ) -> Result<String, Error> {
        let straight = || return_path.as_str().to_owned();
        let Some(token) = ask.cookies.kept_form() else {
            return Ok(straight());
        };
        let form = self.pipeline.kept_form(&token, &ask.inbound.host).await?;
        let is_elsewhere = form.is_some_and(|form| form.sender.path != *return_path);
        if is_elsewhere {
            return Ok(straight());
        }
        let pairs = [("rd", return_path.as_str())];
        Ok(with_query(&self.below("kept"), &pairs))
    }

    /// Shows somebody that what they had filled in can be sent now, or that it is gone.
    pub(super) async fn kept(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        let return_path = self.return_path(&ask.query);
        let Some(token) = ask.cookies.kept_form() else {
            return Ok(self.see_other(return_path.as_str(), ask.reference));
        };
        let Some(form) = self.pipeline.kept_form(&token, &ask.inbound.host).await? else {
            return self.not_kept(ask, FormNotKept::TooLate { rd: &return_path });
        };
        let organization = self.config.organizations.get(&form.sender.organization);
        let Some(grant) = self.granted(ask, &form.sender.organization).await? else {
            let door = self.below(&format!("login/{}", form.sender.organization));
            let pairs = [("rd", form.sender.path.as_str())];
            return Ok(self.see_other(&with_query(&door, &pairs), ask.reference));
        };
        if grant.account != form.sender.account {
            self.pipeline.forget_form(&token).await?;
            let rd = &return_path;
            return self.not_kept(ask, FormNotKept::SomebodyElses { rd });
        }
        let fields = Fields::parse(form.body.expose());
        let view = KeptForm {
            action: &form.sender.path,
            fields: fields.pairs().iter().map(fact).collect(),
        };
        let mut response = self.show(ask, organization, &view)?;
        // Without a referrer browsers send `Origin: null` with a form, which applications rightly take for somebody else's.
        let referrer = HeaderValue::from_static("same-origin");
        response.headers_mut().insert(REFERRER_POLICY, referrer);
        Ok(response)
    }

    /// Forgets a form that has reached the application, so that nobody is asked to send it twice, and takes the visitor to
    /// where that leads. One that the application could not take stays for another try.
    pub(in crate::gateway) async fn settle(
        &self,
        inbound: &Inbound,
        token: &Secret<String>,
        response: &mut Response<Body>,
        reference: Reference,
    ) {
        let settled = async {
            let form = self.pipeline.kept_form(token, &inbound.host).await?;
            let sent = form.is_some_and(|form| form.sender.path.as_str() == inbound.target());
            if sent && !response.status().is_server_error() {
                self.pipeline.forget_form(token).await?;
                self.lead_on(inbound, response, reference)?;
                set_cookie(response, cookies::forget_kept_form());
            }
            Ok::<(), Error>(())
        };
        if let Err(error) = settled.await {
            // It was sent all the same, and is gone when its time is over.
            let error: &dyn std::error::Error = &error;
            warn!(error, "a form that was sent could not be forgotten");
        }
    }

    /// Browsers hold the redirects that answer a form against the policy of its page, which lets it go to this origin alone.
    /// A page that moves on answers it instead, with the application's cookies.
    fn lead_on(
        &self,
        inbound: &Inbound,
        response: &mut Response<Body>,
        reference: Reference,
    ) -> Result<(), Error> {
        let origin = self.config.server.public_url.on(&inbound.host);
        let asked = origin.join(inbound.target());
        let Some(to) = leads_to(&asked, response) else {
            return Ok(());
        };
        let to = Destination::parse(to.as_str())?;
        let place = self.place(&inbound.host)?.into();
        let look = self.look(&origin, place, None, (Some(inbound), None));
        let page = self.pages.show(&look, &Redirecting { to: &to })?;
        let answered = std::mem::replace(response, referred(page.map(whole), reference));
        for cookie in answered.headers().get_all(SET_COOKIE) {
            set_cookie(response, cookie.clone());
        }
        Ok(())
    }

    /// The visitor's grant in an organization, whichever is active.
    async fn granted(&self, ask: &Ask<'_>, organization: &Slug) -> Result<Option<Grant>, Error> {
        let Some(handle) = ask.cookies.handle() else {
            return Ok(None);
        };
        let live = self.sessions.find(&handle, &ask.inbound.host).await?;
        let now = self.clock.now();
        let grant = live.and_then(|live| live.grant(organization, now));
        Ok(grant.map(|grant| grant.grant().clone()))
    }

    fn not_kept(&self, ask: &Ask<'_>, view: FormNotKept<'_>) -> Result<Response<Body>, Error> {
        let mut response = self.show(ask, None, &view)?;
        set_cookie(&mut response, cookies::forget_kept_form());
        Ok(response)
    }
}

/// Where an answer leads, if it has to be a page that leads there. Within this origin browsers follow those redirects that
/// have the same sent again; to another one it is not sent on from here, and people are taken there all the same.
fn leads_to(asked: &str, answer: &Response<Body>) -> Option<Url> {
    let asked = Url::parse(asked).ok()?;
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    let to = asked.join(location).ok()?;
    let leads = match answer.status().as_u16() {
        301..=303 => true,
        307 | 308 => to.origin() != asked.origin(),
        _ => false,
    };
    let is_page = matches!(to.scheme(), "http" | "https");
    (leads && is_page).then_some(to)
}

fn fact((name, value): &(String, String)) -> Fact<'_> {
    let value = value.clone();
    Fact { name, value }
}

/// Whether a browser would send the very same fields again: what has no name is not sent, and what is no text in UTF-8, or
/// has control characters in it, would become something else.
fn can_be_sent_again(body: &str) -> bool {
    let fields = Fields::parse(body);
    let is_plain = |letter: char| {
        let moves = matches!(letter, '\r' | '\n' | '\t');
        letter != char::REPLACEMENT_CHARACTER && (moves || !letter.is_control())
    };
    let survives = |text: &str| text.chars().all(is_plain);
    let mut all = fields.pairs().iter();
    (1..=MOST_FIELDS).contains(&all.len())
        && all.all(|(name, value)| !name.is_empty() && survives(name) && survives(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_would_send_again_is_kept() {
        let many = |count| vec!["a=b"; count].join("&");
        for good in ["a=1&a=2&b=", "text=caf%C3%A9+%0D%0A%3Cb%3E", &many(1_000)] {
            assert!(can_be_sent_again(good), "{good}");
        }
        for bad in [
            "",
            "=1",
            "a=1&=2",
            "a=%FF",
            "a=%00",
            "a=%1B",
            "a=%C2%85",
            "%FF=a",
            &many(1_001),
        ] {
            assert!(!can_be_sent_again(bad), "{bad}");
        }
    }
}
