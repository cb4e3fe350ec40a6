//! The pages of an organization's owners: `/_sso/admin/{org}`.
//!
//! Only whoever the file names as an owner of that very organization, and is signed in to it, sees or does anything here;
//! its other people are told so, and everybody else finds nothing (threat model 26). Every change is a form with the
//! session's token (12), and is written into the audit trail with its owner.

mod connection;
mod drafts;
mod people;
mod trail;

use http::{Response, request};

use super::form::Fields;
use super::{Ask, form, slug};
use crate::address::ReturnPath;
use crate::audit;
use crate::config::Organization;
use crate::gateway::{Body, Error, Gateway, Known, Place, inbound::Kind};
use crate::identity::{self, Profile};
use crate::pipeline;
use crate::session::Denied;
use crate::wire::Received;

/// An owner at work.
struct Owner<'a> {
    organization: &'a Organization,
    known: Known,
    /// Token of the forms.
    csrf: String,
}

impl Owner<'_> {
    /// Where their pages are.
    fn page(&self, rest: &str) -> String {
        format!("admin/{}{rest}", self.organization.slug)
    }

    /// The same to the rooms below.
    fn acting(&self, ask: &Ask<'_>) -> pipeline::Owner {
        let grant = self.known.grant.grant();
        pipeline::Owner {
            organization: grant.organization.clone(),
            account: grant.account.clone(),
            identity: grant.identity.clone(),
            session: self.known.live.id().to_owned(),
            reference: ask.reference.to_string(),
        }
    }
}

impl Gateway {
    /// Whatever is below `/_sso/admin/{org}`.
    pub(super) async fn owner_page(
        &self,
        ask: &Ask<'_>,
        organization: &str,
        rest: &[&str],
        head: &request::Parts,
        body: Received,
    ) -> Result<Response<Body>, Error> {
        use http::Method;
        let (get, post) = match ask.inbound.method {
            Method::GET | Method::HEAD => (true, false),
            Method::POST => (false, true),
            _ => (false, false),
        };
        let organization = self.with_owners(ask, organization).ok_or(Error::NotFound)?;
        let allowed = methods(rest).ok_or(Error::NotFound)?;
        if !(get && allowed.contains("GET") || post && allowed.contains("POST")) {
            return Err(Error::NoSuchMethod { allow: allowed });
        }
        let owner = match self.owner(ask, organization).await? {
            Entry::Owner(owner) => owner,
            Entry::SignIn(response) => return Ok(response),
        };
        if get {
            return self.show_owner(ask, &owner, rest).await;
        }
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        self.check_token(ask, &fields)?;
        self.act_for_owner(ask, &owner, rest, &fields).await
    }

    async fn show_owner(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        rest: &[&str],
    ) -> Result<Response<Body>, Error> {
        match rest {
            [] => self.owner_home(ask, owner).await,
            ["connections"] => self.owner_connections(ask, owner),
            ["disable", provider] => self.ask_to_disable(ask, owner, provider, false).await,
            ["done", provider] => self.owner_done(ask, owner, provider),
            ["choices", provider] => self.owner_choices(ask, owner, provider).await,
            ["people"] => self.owned_people(ask, owner).await,
            ["people", account] => self.owned_person(ask, owner, account).await,
            ["sessions"] => self.owned_sessions(ask, owner).await,
            ["audit"] => self.owned_trail(ask, owner).await,
            ["audit", "export"] => self.export_trail(ask, owner).await,
            ["drafts"] => self.owned_drafts(ask, owner, None).await,
            ["drafts", id] => self.owned_draft(ask, owner, id).await,
            _ => Err(Error::NotFound),
        }
    }

    async fn act_for_owner(
        &self,
        ask: &Ask<'_>,
        owner: &Owner<'_>,
        rest: &[&str],
        fields: &Fields,
    ) -> Result<Response<Body>, Error> {
        match rest {
            ["setup", provider] => self.set_up(ask, owner, provider, fields).await,
            ["activate", provider] => self.choose(ask, owner, provider, fields).await,
            ["disable", provider] => self.disable(ask, owner, provider, fields).await,
            ["people", account, deed] => self.deal_with_person(ask, owner, account, deed).await,
            ["identities", id, deed] => self.deal_with_identity(ask, owner, id, deed).await,
            ["sessions", id, "end"] => self.end_session(ask, owner, id).await,
            ["drafts"] => self.add_draft(ask, owner, fields).await,
            ["drafts", id, deed] => self.deal_with_draft(ask, owner, (id, deed), fields).await,
            _ => Err(Error::NotFound),
        }
    }

    /// The organization that a path names, if it has owners and its pages are on this host.
    fn with_owners(&self, ask: &Ask<'_>, name: &str) -> Option<&Organization> {
        let slug = slug(name).ok()?;
        let organization = self.config.organizations.get(&slug)?;
        let is_here = match ask.place {
            Place::Shared => organization.hosts.is_empty(),
            Place::Own(own) => own.slug == slug,
        };
        let has_owners = !organization.owners.is_empty();
        (is_here && has_owners && self.is_open(organization)).then_some(organization)
    }

    /// Who may go on. Whoever is signed in elsewhere finds nothing.
    async fn owner<'a>(
        &'a self,
        ask: &Ask<'_>,
        organization: &'a Organization,
    ) -> Result<Entry<'a>, Error> {
        let Some(known) = self.owner_session(ask, organization).await? else {
            let pinned = Some(&organization.slug);
            self.part(&ask.cookies, ask.inbound, ask.place, pinned)
                .await?;
            return self.owner_sign_in(ask, organization).await;
        };
        if self.is_unconfirmed(&known) {
            return Err(self.unconfirmed(Some(&known)).await);
        }
        let grant = known.grant.grant();
        let found = self.people.find(&grant.identity).await?;
        let owns = found.is_some_and(|(identity, _)| {
            identity::is_owner(&organization.owners, &identity.issuer, &identity.profile)
        });
        if !owns {
            self.note_no_owner(ask, &known).await;
            return Err(Error::NotAnOwner(organization.slug.clone()));
        }
        let csrf = ask.cookies.handle().map(|handle| handle.form_token());
        Ok(Entry::Owner(Box::new(Owner {
            organization,
            csrf: csrf.unwrap_or_default(),
            known,
        })))
    }

    /// The visitor's grant in that organization, whichever one the shared host shows.
    async fn owner_session(
        &self,
        ask: &Ask<'_>,
        organization: &Organization,
    ) -> Result<Option<Known>, Error> {
        let Some(handle) = ask.cookies.handle() else {
            return Ok(None);
        };
        let live = self.sessions.find(&handle, &ask.inbound.host).await?;
        let now = self.clock.now();
        Ok(live.and_then(|live| {
            let grant = live.grant(&organization.slug, now)?;
            Some(Known { live, grant })
        }))
    }

    /// Nobody is signed in to that organization: a person who has no session at all is sent to its door.
    async fn owner_sign_in(
        &self,
        ask: &Ask<'_>,
        organization: &Organization,
    ) -> Result<Entry<'static>, Error> {
        if self.signed_in(ask).await?.is_some() {
            return Err(Error::NotFound);
        }
        if ask.inbound.kind != Kind::PageLoad {
            let had_session = ask.cookies.has_session();
            return Err(Error::Unauthorized { had_session });
        }
        let page = ReturnPath::parse(ask.inbound.target(), &self.config.server.prefix);
        let page = page.unwrap_or_else(|_| ReturnPath::root());
        let to = self.door_url(organization, &page, None);
        Ok(Entry::SignIn(self.see_other(&to, ask.reference)))
    }

    async fn note_no_owner(&self, ask: &Ask<'_>, known: &Known) {
        let denied = Denied {
            kind: audit::Kind::AdminActionRefused,
            grant: known.grant.grant(),
            route: &"admin".into(),
            reason: "not_an_owner",
            reference: &ask.reference.to_string(),
        };
        if let Some(event) = self.sessions.denied(denied, self.clock.now()) {
            self.sessions.record_denied(event).await;
        }
    }
}

/// What becomes of a request for these pages.
enum Entry<'a> {
    Owner(Box<Owner<'a>>),
    /// The browser goes to sign-in.
    SignIn(Response<Body>),
}

/// The methods of a page below `/_sso/admin/{org}`.
fn methods(rest: &[&str]) -> Option<&'static str> {
    match rest {
        []
        | ["connections" | "people" | "sessions" | "audit"]
        | ["audit", "export"]
        | ["people" | "done" | "drafts" | "choices", _] => Some("GET, HEAD"),
        ["disable", _] | ["drafts"] => Some("GET, HEAD, POST"),
        ["setup" | "activate", _]
        | ["people", _, "end" | "remove" | "restore"]
        | [
            "identities",
            _,
            "revalidate" | "block" | "unblock" | "unlink",
        ]
        | ["sessions", _, "end"]
        | [
            "drafts",
            _,
            "values" | "check" | "try" | "finish" | "remove",
        ] => Some("POST"),
        _ => None,
    }
}

/// What to call somebody.
fn called(profile: Option<&Profile>, otherwise: &str) -> String {
    let named = profile.and_then(|it| it.name.clone().or_else(|| it.email.clone()));
    named.unwrap_or_else(|| {
        let subject = profile.map(|profile| profile.subject.as_str());
        subject.unwrap_or(otherwise).to_owned()
    })
}
