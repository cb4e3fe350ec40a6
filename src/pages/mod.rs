//! What a person may be told, and the page or JSON that tells it.
//!
//! Owns: the closed list of problems ([`Problem`]), the views, their templates and the one style sheet, and the headers
//! that keep a browser from doing anything else with them. Leaves to others: when to show what, and whether the client
//! wants HTML or JSON (`gateway`).
//! Invariants: nothing that came from a claim, a name or a parameter becomes markup, a header or a line (threat model
//! 37); every link leads to this site or to a parsed [`Destination`] (38); an internal error never comes in here.
//!
//! Pages have no script and load nothing. Two things keep it so: the content security policy allows neither, and the
//! style sheet is sent inside the page and named in the policy by its digest. Two pages have a script, named likewise: the
//! end of Setup in a window of its own, and the one with addresses to be copied. Both work without it.

mod account;
mod browser;
mod dress;
mod kept;
mod meaning;
pub mod owner;
mod problem;
mod rehearsal;
mod told;
mod views;
mod wizard;
mod words;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;
use tracing::error;

pub use self::account::{
    Account, AccountNote, AccountOffer, AccountOrganizations, AccountSessions, AccountTold,
    AccountWays, Answered, Checked, Fact, Linked, OwnSession, Seen, Side,
};
use self::browser::Answer;
use self::dress::{Dress, Wardrobe};
pub use self::kept::{FormNotKept, KeptForm};
pub use self::problem::{
    Ended, LinkOver, Loop, NoLonger, NotLetIn, NotLinked, Problem, Unverified,
};
pub use self::rehearsal::{Admitted, RehearsalFailed, Rehearse, RehearsedPage};
pub use self::views::{
    Choose, Destination, DevForm, Door, DoorProvider, EmailFault, EmailFirst, LoggedOut,
    LogoutConfirm, Notice, Organization, Redirecting, SignedIn, View,
};
pub use self::wizard::{
    DraftFault, DraftRow, DraftState, OwnerDrafts, SetupLink, Wizard, WizardCheck, WizardCheckup,
    WizardEnd, WizardField, WizardTrial, verdict_word,
};
pub use self::words::Language;
use self::words::{Speaker, Words};
use crate::address::{Origin, ReturnPath};
use crate::config::{self, Slug};
use crate::telemetry::Reference;

/// What frames every page: where the visitor is, and whose door this is.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The origin that the visitor sees. Its host is the name of the application in every sentence; `https` adds
    /// Strict-Transport-Security.
    pub site: &'a Origin,
    /// Where our own pages live, such as `/_sso`.
    pub prefix: &'a str,
    /// Shared by many organizations, or one's own.
    pub place: Place,
    /// The organization that the visitor is dealing with, where that is known.
    pub organization: Option<Organization<'a>>,
    /// What the visitor reads.
    pub language: &'a Language,
    /// What a link to sign-in asked for (`ui_locales`): the pages on the way hand it on.
    pub asked: Option<&'a str>,
}

/// What kind of host a page is shown on: on an organization's own, no other organization is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The host of `public_url`.
    Shared,
    /// A host that belongs to one organization.
    Own,
}

/// How a sign-in begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask<'a> {
    /// As the provider likes.
    Usual,
    /// `prompt=select_account`: without it, the wrong account would come back for ever.
    AnotherAccount,
    /// At this provider.
    At(&'a str),
}

impl Look<'_> {
    /// What people call the thing behind this door: its host.
    fn application(&self) -> &str {
        self.site.host().as_str()
    }

    /// The door of the organization, or the one where it is found.
    fn sign_in(&self, rd: &ReturnPath, ask: Ask<'_>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if *rd != ReturnPath::root() {
            query.append_pair("rd", rd.as_str());
        }
        match ask {
            Ask::Usual => {}
            Ask::AnotherAccount => {
                query.append_pair("prompt", "select_account");
            }
            Ask::At(provider) => {
                query.append_pair("via", provider);
            }
        }
        if let Some(asked) = self.asked {
            query.append_pair("ui_locales", asked);
        }
        let (query, prefix) = (query.finish(), self.prefix);
        let door = match self.organization {
            Some(organization) => format!("{prefix}/login/{}", organization.slug),
            None => format!("{prefix}/login"),
        };
        if query.is_empty() {
            door
        } else {
            format!("{door}?{query}")
        }
    }

    /// What was asked for, as the first or a further parameter of an address.
    fn locales(&self, before: char) -> String {
        let asked = self.asked.map(words::query);
        asked.map_or_else(String::new, |asked| format!("{before}ui_locales={asked}"))
    }

    /// The name as the templates see it.
    fn frame(&self, dress: &Dress) -> Value {
        let name = match self.organization {
            Some(organization) => organization.name,
            None => self.application(),
        };
        context! {
            application => self.application(),
            prefix => self.prefix,
            shared => self.place == Place::Shared,
            name,
            initial => words::initial(name),
            organization => Serde(self.organization),
            language => self.language.tag(),
            direction => self.language.direction(),
            locales => self.locales('?'),
            more_locales => self.locales('&'),
            style => dress.style.clone(),
            icon => dress.icon.clone(),
            logo => dress.logo.clone(),
            support => dress.support.clone(),
        }
    }
}

/// The templates, read once. Cheap to share behind a reference; make one for the process.
#[derive(Debug)]
pub struct Pages {
    templates: Environment<'static>,
    words: Words,
    wardrobe: Wardrobe,
}

impl Pages {
    /// Loads the templates and words that are part of the program, and what the operator put in their place.
    ///
    /// # Errors
    /// [`Error::Template`] or [`Error::Words`] if one does not parse; a test shows that ours all do, and `config` looked
    /// at the operator's.
    pub fn new(
        settings: &config::Pages,
        organizations: &BTreeMap<Slug, config::Organization>,
    ) -> Result<Self, Error> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_formatter(words::write_value);
        templates.add_filter("phrase", words::phrase);
        templates.add_filter("bare", words::bare);
        templates.add_filter("rfc3339", words::rfc3339);
        templates.add_filter("query", words::query);
        templates.add_filter("exact", words::exact);
        templates.add_filter("short", words::short);
        templates.add_global("script", Value::from_safe_string(SCRIPT.to_owned()));
        templates.add_global("copying", Value::from_safe_string(COPYING.to_owned()));
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self {
            templates,
            words: Words::read(settings)?,
            wardrobe: Wardrobe::new(organizations),
        })
    }

    /// The language for a reader: what the link asked for (`ui_locales`), else what the browser accepts, else the usual one.
    pub fn language(&self, ui_locales: Option<&str>, accept: Option<&str>) -> &Language {
        self.words.choose(ui_locales, accept)
    }

    /// A view, with status 200.
    ///
    /// # Errors
    /// [`Error::Template`] if it does not render; a test shows that every view does, with all its fields and with none.
    pub fn show<V: View>(&self, look: &Look<'_>, view: &V) -> Result<Response<Bytes>, Error> {
        let body = self.render(V::TEMPLATE, &view.title(look), look, view)?;
        let mut response = self.html(look, StatusCode::OK, V::NAME, body);
        if V::COPIES {
            self.dress(look).policy.let_copy(&mut response);
        }
        Ok(response)
    }

    /// The same in a window that somebody's page opened: it keeps its opener, and may run the one script that tells it what
    /// came of it. Every other page cuts that tie.
    ///
    /// # Errors
    /// As [`Pages::show`].
    pub fn show_to_opener<V: View>(
        &self,
        look: &Look<'_>,
        view: &V,
    ) -> Result<Response<Bytes>, Error> {
        let mut response = self.show(look, view)?;
        self.dress(look).policy.keep_opener(&mut response);
        Ok(response)
    }

    /// The page of a problem. Always succeeds: where even the template does not render, the same is told in plain text.
    pub fn problem(
        &self,
        look: &Look<'_>,
        problem: &Problem,
        reference: Reference,
    ) -> Response<Bytes> {
        let told = problem.told(look);
        let (status, code) = (problem.status(), problem.code());
        let view = context! {
            told => Serde(&told),
            asks => problem.asks_for(),
            for_support => problem.is_for_support(),
            reference => reference.to_string(),
        };
        let mut response = match self.render("problem.html", &told.heading, look, &view) {
            Ok(body) => self.html(look, status, code, body),
            Err(fault) => {
                error!(error = %fault, code, "the page of a problem does not render");
                let label = look.language.say("problem-reference", &[]);
                let body = format!("{}\n\n{label}: {reference}\n", told.message());
                self.dress(look).policy.answer(Answer {
                    status,
                    name: code,
                    content_type: "text/plain; charset=utf-8",
                    origin: look.site,
                    language: look.language,
                    body,
                })
            }
        };
        browser::mark(&mut response, problem.retry_after(), reference);
        response
    }

    /// The same for a program: `{"error", "message", "reference", "login"}` with the status of the problem. `login` is
    /// where a person could sign in. Programs are told in English. `WWW-Authenticate` is the caller's to add.
    pub fn problem_json(
        &self,
        look: &Look<'_>,
        problem: &Problem,
        reference: Reference,
        login: Option<&str>,
    ) -> Response<Bytes> {
        let look = &Look {
            language: self.words.english(),
            ..*look
        };
        let mut body = serde_json::json!({
            "error": problem.code(),
            "message": problem.told(look).message(),
            "reference": reference.to_string(),
        });
        if let (Some(login), Some(fields)) = (login, body.as_object_mut()) {
            fields.insert("login".to_owned(), login.into());
        }
        let mut response = self.dress(look).policy.answer(Answer {
            status: problem.status(),
            name: problem.code(),
            content_type: "application/json",
            origin: look.site,
            language: look.language,
            body: body.to_string(),
        });
        browser::mark(&mut response, problem.retry_after(), reference);
        response
    }

    fn dress(&self, look: &Look<'_>) -> &Dress {
        self.wardrobe.of(look.organization.map(|one| one.slug))
    }

    fn render(
        &self,
        template: &str,
        title: &str,
        look: &Look<'_>,
        view: impl Serialize,
    ) -> Result<String, Error> {
        Ok(self.templates.get_template(template)?.render(context! {
            title,
            t => Value::from_object(Speaker(look.language.clone())),
            look => look.frame(self.dress(look)),
            view => Serde(view),
        })?)
    }

    fn html(
        &self,
        look: &Look<'_>,
        status: StatusCode,
        name: &'static str,
        body: String,
    ) -> Response<Bytes> {
        self.dress(look).policy.answer(Answer {
            status,
            name,
            content_type: "text/html; charset=utf-8",
            origin: look.site,
            language: look.language,
            body,
        })
    }
}

/// Why a page cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template does not parse or does not render.
    #[error("a page's template does not work")]
    Template(#[from] minijinja::Error),
    /// The words of a language are no Fluent.
    #[error("the words for {0} cannot be read")]
    Words(String),
    /// Neither an `http` or `https` URL nor a path on this site.
    #[error("not a place to send a browser to")]
    Destination,
}

/// The other script: it puts what is to be registered elsewhere onto the clipboard. Without it, the fields can be selected.
const COPYING: &str = include_str!("templates/copy.js");

/// One script of two: it tells the opener of a window what came of it, and closes the window. A window that has lost its opener
/// on the way, at a provider that cuts such ties, closes too where the page says so and the browser lets it.
const SCRIPT: &str = include_str!("templates/opener.js");

const TEMPLATES: [(&str, &str); 35] = [
    (
        "account_rows.html",
        include_str!("templates/account_rows.html"),
    ),
    (
        "account_organizations.html",
        include_str!("templates/account_organizations.html"),
    ),
    (
        "account_sessions.html",
        include_str!("templates/account_sessions.html"),
    ),
    (
        "account_offer.html",
        include_str!("templates/account_offer.html"),
    ),
    (
        "account_ways.html",
        include_str!("templates/account_ways.html"),
    ),
    (
        "account_told.html",
        include_str!("templates/account_told.html"),
    ),
    (
        "owner_choices.html",
        include_str!("templates/owner_choices.html"),
    ),
    ("setup_link.html", include_str!("templates/setup_link.html")),
    ("wizard.html", include_str!("templates/wizard.html")),
    (
        "owner_drafts.html",
        include_str!("templates/owner_drafts.html"),
    ),
    ("base.html", include_str!("templates/base.html")),
    ("problem.html", include_str!("templates/problem.html")),
    ("door.html", include_str!("templates/door.html")),
    (
        "email_first.html",
        include_str!("templates/email_first.html"),
    ),
    ("choose.html", include_str!("templates/choose.html")),
    ("dev_form.html", include_str!("templates/dev_form.html")),
    ("kept_form.html", include_str!("templates/kept_form.html")),
    (
        "form_not_kept.html",
        include_str!("templates/form_not_kept.html"),
    ),
    ("account.html", include_str!("templates/account.html")),
    ("facts.html", include_str!("templates/facts.html")),
    ("rehearse.html", include_str!("templates/rehearse.html")),
    ("rehearsed.html", include_str!("templates/rehearsed.html")),
    (
        "rehearsal_failed.html",
        include_str!("templates/rehearsal_failed.html"),
    ),
    (
        "owner_frame.html",
        include_str!("templates/owner_frame.html"),
    ),
    ("owner_done.html", include_str!("templates/owner_done.html")),
    ("owner_home.html", include_str!("templates/owner_home.html")),
    (
        "owner_disable.html",
        include_str!("templates/owner_disable.html"),
    ),
    (
        "owner_people.html",
        include_str!("templates/owner_people.html"),
    ),
    (
        "owner_person.html",
        include_str!("templates/owner_person.html"),
    ),
    (
        "owner_sessions.html",
        include_str!("templates/owner_sessions.html"),
    ),
    (
        "owner_trail.html",
        include_str!("templates/owner_trail.html"),
    ),
    (
        "logout_confirm.html",
        include_str!("templates/logout_confirm.html"),
    ),
    ("logged_out.html", include_str!("templates/logged_out.html")),
    ("signed_in.html", include_str!("templates/signed_in.html")),
    (
        "redirecting.html",
        include_str!("templates/redirecting.html"),
    ),
];
