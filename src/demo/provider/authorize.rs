//! The authorization endpoint: who is asking, for whom, and what goes back.

use std::time::Duration;

use http::header::SET_COOKIE;
use http::{HeaderMap, Response, StatusCode};
use minijinja::context;
use url::Url;

use super::grants::{Code, Rights};
use super::session::{self, SignedIn};
use super::shelf::{Key, key};
use super::{Client, Provider};
use crate::clock::Timestamp;
use crate::demo::people::{self, Person, Standing};
use crate::demo::reply::{self, Body, Fields};
use crate::secret;

/// A checked authorization request (OIDC Core §3.1.2.1).
#[derive(Clone, Debug)]
pub(super) struct Ask {
    client: String,
    redirect_uri: Url,
    state: Option<String>,
    nonce: Option<String>,
    challenge: String,
    scope: String,
    prompt: Prompt,
    max_age: Option<Duration>,
    login_hint: Option<String>,
}

/// How much the person must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompt {
    /// As little as possible.
    Whatever,
    /// Nothing at all.
    None,
    /// Choose, even if signed in.
    Choose,
}

/// Why an authorization request goes no further.
#[derive(Debug)]
enum Trouble {
    /// Nobody to go back to is known for certain: only the person is told (RFC 6749 §4.1.2.1).
    Here(&'static str),
    /// The client is told.
    Back(Box<Setback>),
}

/// What the client is told (RFC 6749 §4.1.2.1).
#[derive(Debug)]
struct Setback {
    redirect_uri: Url,
    state: Option<String>,
    error: &'static str,
    description: &'static str,
}

impl Provider {
    /// `/authorize`, by GET or POST.
    pub(super) fn authorize(&self, headers: &HeaderMap, fields: &Fields) -> Response<Body> {
        let ask = match self.understand(fields) {
            Ok(ask) => ask,
            Err(trouble) => return self.refuse(trouble),
        };
        let now = self.now();
        let browser = session::browser(headers);
        let known = self
            .browsers()
            .signed_in(browser.as_ref(), &self.inner.directory, now);
        if let Some(signed_in) = self.automatic(&ask, &known, now) {
            return self.answer(ask, &signed_in, now);
        }
        if ask.prompt == Prompt::None {
            return self.refuse(ask.back("login_required", "nobody is signed in here"));
        }
        self.choose(ask, browser, &known, now)
    }

    /// `/sign-in`: the form of the page.
    pub(super) fn sign_in(&self, headers: &HeaderMap, fields: &Fields) -> Response<Body> {
        let now = self.now();
        let request = fields.get("request").zip(session::browser(headers));
        let ask = request.and_then(|(name, browser)| {
            let ask = self.browsers().resume(name, &browser, now)?;
            Some((ask, browser))
        });
        let Some((ask, browser)) = ask else {
            return self.refuse(Trouble::Here(
                "This sign-in was already used, or it waited too long. Go back to the application and start again.",
            ));
        };
        let chosen = fields.get("person").and_then(people::by_subject);
        let Some(person) = chosen else {
            return self.refuse(ask.back("access_denied", "the person did not sign in"));
        };
        if self.inner.directory.standing(person) == Standing::Disabled {
            return self.refuse(ask.back("access_denied", "the account is disabled"));
        }
        let (handle, signed_in) = self.browsers().sign_in(&browser, person, now);
        let mut response = self.answer(ask, &signed_in, now);
        reply::put(&mut response, SET_COOKIE, &session::cookie(&handle));
        response
    }

    fn understand(&self, fields: &Fields) -> Result<Ask, Trouble> {
        let (client, redirect_uri) = self.client_and_return(fields)?;
        let state = fields.get("state").map(str::to_owned);
        let back = |error, description| {
            Trouble::Back(Box::new(Setback {
                redirect_uri: redirect_uri.clone(),
                state: state.clone(),
                error,
                description,
            }))
        };
        if fields.get("request").is_some() {
            return Err(back("request_not_supported", "no request objects here"));
        }
        if fields.get("request_uri").is_some() {
            return Err(back("request_uri_not_supported", "no request objects here"));
        }
        if fields.get("response_type") != Some("code") {
            return Err(back("unsupported_response_type", "only code"));
        }
        let scope = fields.get("scope").unwrap_or_default();
        if !scope.split(' ').any(|one| one == "openid") {
            return Err(back("invalid_scope", "openid is missing"));
        }
        let challenge = fields.get("code_challenge").filter(|challenge| {
            let method = fields.get("code_challenge_method");
            method == Some("S256") && secret::decode(challenge).is_some_and(|raw| raw.len() == 32)
        });
        let Some(challenge) = challenge else {
            return Err(back(
                "invalid_request",
                "an S256 code challenge is required",
            ));
        };
        let max_age = match fields.get("max_age").map(str::parse).transpose() {
            Ok(seconds) => seconds.map(Duration::from_secs),
            Err(_) => return Err(back("invalid_request", "max_age is a number of seconds")),
        };
        Ok(Ask {
            client: client.id.clone(),
            prompt: Prompt::parse(fields.get("prompt").unwrap_or_default())
                .ok_or_else(|| back("invalid_request", "prompt=none stands alone"))?,
            nonce: fields.get("nonce").map(str::to_owned),
            challenge: challenge.to_owned(),
            scope: scope.to_owned(),
            max_age,
            login_hint: fields.get("login_hint").map(str::to_owned),
            state,
            redirect_uri,
        })
    }

    /// The two things that must be right before anything may be sent anywhere. The redirect URI is compared as text
    /// (RFC 9700 §2.1).
    fn client_and_return(&self, fields: &Fields) -> Result<(&Client, Url), Trouble> {
        let client = fields.get("client_id").and_then(|id| self.client(id));
        let client = client.ok_or(Trouble::Here("The application is not registered here."))?;
        let wanted = fields.get("redirect_uri").unwrap_or_default();
        let registered = client.redirect_uris.iter().any(|known| known == wanted);
        match Url::parse(wanted) {
            Ok(url) if registered => Ok((client, url)),
            Ok(_) | Err(_) => Err(Trouble::Here(
                "The application asked to go back to an address that is not registered for it.",
            )),
        }
    }

    /// Who is signed in without a question: the person of the hint, else the one of the client's own organization.
    fn automatic(&self, ask: &Ask, known: &[SignedIn], now: Timestamp) -> Option<SignedIn> {
        if ask.prompt == Prompt::Choose {
            return None;
        }
        let home = self.client(&ask.client)?.organization.slug;
        let hint = ask.login_hint.as_deref();
        let fits = |one: &&SignedIn| match hint {
            Some(hint) => one.person.email.eq_ignore_ascii_case(hint),
            None => one.person.organization == home,
        };
        let fresh = |one: &&SignedIn| {
            ask.max_age
                .is_none_or(|max_age| now.since(one.auth_time) <= max_age)
        };
        known.iter().rev().filter(fits).find(fresh).cloned()
    }

    /// Back to the client with a code (OIDC Core §3.1.2.5) and our name (RFC 9207 §2).
    fn answer(&self, ask: Ask, signed_in: &SignedIn, now: Timestamp) -> Response<Body> {
        let mut to = ask.redirect_uri.clone();
        let code = Code {
            redirect_uri: ask.redirect_uri.into(),
            challenge: ask.challenge,
            nonce: ask.nonce,
            issued_at: now,
            rights: Rights {
                client: ask.client,
                person: signed_in.person,
                scope: ask.scope,
                sid: signed_in.sid.clone(),
                auth_time: signed_in.auth_time,
            },
        };
        let code = self.grants().authorize(code, now);
        to.query_pairs_mut().append_pair("code", code.expose());
        self.go_back(to, ask.state.as_deref())
    }

    fn choose(
        &self,
        ask: Ask,
        browser: Option<Key>,
        known: &[SignedIn],
        now: Timestamp,
    ) -> Response<Body> {
        let Some(client) = self.client(&ask.client) else {
            return self.refuse(Trouble::Here("The application is not registered here."));
        };
        let hint = ask.login_hint.as_deref().and_then(people::by_email);
        let mut everybody: Vec<&'static Person> = people::PEOPLE.iter().collect();
        // The hinted person first, then those of the organization that asks; otherwise as they stand.
        everybody.sort_by_key(|person| {
            let home = person.organization == client.organization.slug;
            (Some(*person) != hint, !home)
        });
        let everybody: Vec<_> = everybody
            .into_iter()
            .map(|person| {
                let listed = self.listed(person);
                let signed_in = known.iter().any(|one| one.person == person);
                let home = person.organization == client.organization.slug;
                context! { signed_in, home, ..listed }
            })
            .collect();
        let fresh = secret::random_token();
        let owner = browser.unwrap_or_else(|| key(fresh.expose()));
        let request = self.browsers().wait(owner, ask, now);
        let mut response = self.page(
            StatusCode::OK,
            "sign-in.html",
            context! { client => client.organization.name, people => everybody, request => request.expose() },
        );
        if browser.is_none() {
            reply::put(&mut response, SET_COOKIE, &session::cookie(&fresh));
        }
        response
    }

    fn refuse(&self, trouble: Trouble) -> Response<Body> {
        match trouble {
            Trouble::Here(message) => self.page(
                StatusCode::BAD_REQUEST,
                "message.html",
                context! { title => "This did not work", message },
            ),
            Trouble::Back(setback) => {
                let mut to = setback.redirect_uri;
                to.query_pairs_mut()
                    .append_pair("error", setback.error)
                    .append_pair("error_description", setback.description);
                self.go_back(to, setback.state.as_deref())
            }
        }
    }

    fn go_back(&self, mut to: Url, state: Option<&str>) -> Response<Body> {
        if let Some(state) = state {
            to.query_pairs_mut().append_pair("state", state);
        }
        to.query_pairs_mut().append_pair("iss", self.issuer());
        reply::redirect(to.as_str())
    }
}

impl Ask {
    fn back(self, error: &'static str, description: &'static str) -> Trouble {
        Trouble::Back(Box::new(Setback {
            redirect_uri: self.redirect_uri,
            state: self.state,
            error,
            description,
        }))
    }
}

impl Prompt {
    /// OIDC Core §3.1.2.1. `login` and `select_account` are the same here: choosing is signing in. `consent` is always
    /// given, and other values are ignored.
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let choose = ["login", "select_account"];
        match words.as_slice() {
            ["none"] => Some(Self::None),
            words if words.contains(&"none") => None,
            words if words.iter().any(|word| choose.contains(word)) => Some(Self::Choose),
            _ => Some(Self::Whatever),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts() {
        #[track_caller]
        fn check(text: &str, expected: Option<Prompt>) {
            assert_eq!(Prompt::parse(text), expected, "{text:?}");
        }
        check("", Some(Prompt::Whatever));
        check("consent", Some(Prompt::Whatever));
        check("none", Some(Prompt::None));
        check("none login", None);
        check("login", Some(Prompt::Choose));
        check("consent select_account", Some(Prompt::Choose));
    }
}
