//! Towards sign-in: e-mail first, an organization's door, the start of a run.

use http::{Method, Response, StatusCode, request};

use super::dev::Typed;
use super::form::{self, Fields};
use super::{Ask, Leaving, set_cookie, slug};
use crate::address::{Astray, Host, ReturnPath};
use crate::config::{self, Slug};
use crate::gateway::inbound::Inbound;
use crate::gateway::{Body, Error, Gateway, Place, redirect};
use crate::pages::{
    Choose, Door, DoorProvider, EmailFault, EmailFirst, Fact, Notice, Organization,
};
use crate::pipeline::{Before, Begin, Begun, Target};
use crate::provider::{LoginHint, Start};
use crate::secret;
use crate::session::cookies::{self, Binding, BindingKind, Cookies};
use crate::telemetry::{Reference, trace};
use crate::wire::Received;

/// A tag becomes part of a cookie's name: nothing but what `cookies::tag` makes is one.
const TAG_LENGTH: usize = 10;

/// The parameter that says how an organization's own host was reached. Whoever writes it chooses words for themselves.
const ASTRAY: &str = "astray";

/// Likewise, how the browser's session stood there.
const BEFORE: &str = "before";

/// A hash in base64url.
const ENTRY_LENGTH: usize = 43;

impl Gateway {
    /// Into which organization somebody wants who is not signed in, and what says so.
    pub(in crate::gateway) fn wanted_organization(
        &self,
        place: Place<'_>,
        pinned: Option<&Slug>,
        cookies: &Cookies<'_>,
    ) -> (Option<Slug>, &'static str) {
        match (place, pinned) {
            (Place::Own(organization), _) => (Some(organization.slug.clone()), "its own host"),
            (Place::Shared, Some(pinned)) => (Some(pinned.clone()), "the route"),
            (Place::Shared, None) => self.likely(cookies),
        }
    }

    /// Sends a page load to sign-in: to one organization's door if it is clear which, else to the e-mail page.
    pub(in crate::gateway) fn to_sign_in(
        &self,
        inbound: &Inbound,
        organization: Option<&Slug>,
        reference: Reference,
    ) -> Response<Body> {
        let return_path = ReturnPath::parse(inbound.target(), &self.config.server.prefix)
            .unwrap_or_else(|_| ReturnPath::root());
        let page = match organization {
            Some(organization) => format!("login/{organization}"),
            None => "login".to_owned(),
        };
        let to = with_query(&self.below(&page), &[("rd", return_path.as_str())]);
        redirect(StatusCode::FOUND, &to, "sign-in", reference)
    }

    /// The organization that this browser used last on the shared host, or the only one there is.
    fn likely(&self, cookies: &Cookies<'_>) -> (Option<Slug>, &'static str) {
        let here = |organization: &&config::Organization| organization.hosts.is_empty();
        let mut all = self.config.organizations.values().filter(here);
        if let (Some(only), None) = (all.next(), all.next())
            && self.config.organizations.len() == 1
        {
            return (Some(only.slug.clone()), "there is only one");
        }
        let remembered = cookies
            .organization()
            .and_then(|slug| self.config.organizations.get(&slug))
            .filter(here)
            .filter(|organization| self.is_open(organization));
        match remembered {
            Some(organization) => (
                Some(organization.slug.clone()),
                "remembered in this browser",
            ),
            None => (None, "nothing says which: an e-mail address is asked for"),
        }
    }

    /// The page that asks for an e-mail address.
    pub(super) fn login_page(&self, ask: &Ask<'_>) -> Result<Response<Body>, Error> {
        if let Place::Own(organization) = ask.place {
            let to = self.below(&format!("login/{}", organization.slug));
            return Ok(self.see_other(&with_fields(&to, &ask.query), ask.reference));
        }
        self.email_page(ask, &ask.query, None)
    }

    fn email_page(
        &self,
        ask: &Ask<'_>,
        fields: &Fields,
        error: Option<EmailFault>,
    ) -> Result<Response<Body>, Error> {
        let remembered = ask
            .cookies
            .organization()
            .and_then(|slug| self.config.organizations.get(&slug))
            .filter(|organization| self.is_open(organization));
        let mut organizations = Vec::new();
        if self.config.login.list_organizations {
            let all = self.config.organizations.values();
            organizations.extend(all.filter(|one| self.is_open(one)).map(Organization::from));
        }
        let rd = self.return_path(fields);
        let view = EmailFirst {
            rd: &rd,
            email: fields.get("email").or(fields.get("login_hint")),
            error,
            remembered: remembered.map(Organization::from),
            organizations,
        };
        self.show_on_the_way(ask, None, &rd, &view)
    }

    /// The address of an organization's door.
    pub(super) fn door_url(
        &self,
        organization: &config::Organization,
        return_path: &ReturnPath,
        login_hint: Option<&str>,
    ) -> String {
        let path = self.below(&format!("login/{}", organization.slug));
        let mut pairs = vec![("rd", return_path.as_str())];
        pairs.extend(login_hint.map(|hint| ("login_hint", hint)));
        let path = with_query(&path, &pairs);
        match organization.hosts.first() {
            None => path,
            Some(host) => self.config.server.public_url.on(host).join(&path),
        }
    }

    /// The same address, which still asks for the languages that this one asked for.
    fn still_asking(&self, ask: &Ask<'_>, to: String) -> String {
        let Some(asked) = self.asked_languages(ask.inbound) else {
            return to;
        };
        let before = if to.contains('?') { '&' } else { '?' };
        let pair = with_query("", &[("ui_locales", &asked)]);
        format!("{to}{before}{}", pair.trim_start_matches('?'))
    }

    /// The e-mail address leads to the organization whose domain it has. It grants nothing.
    pub(super) async fn login_form(
        &self,
        ask: &Ask<'_>,
        body: Received,
        head: &request::Parts,
    ) -> Result<Response<Body>, Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        let email = fields
            .get("email")
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        let domain = match email.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.contains('@') => domain,
            Some(_) | None => {
                let fault = if email.is_empty() {
                    EmailFault::Missing
                } else {
                    EmailFault::Malformed
                };
                return self.email_page(ask, &fields, Some(fault));
            }
        };
        let found: Vec<&config::Organization> = self
            .config
            .organizations
            .values()
            .filter(|organization| self.is_open(organization))
            .filter(|organization| organization.domains.iter().any(|known| known == domain))
            .collect();
        let return_path = self.return_path(&fields);
        note_domain(&found);
        match found.as_slice() {
            [] => self.email_page(ask, &fields, Some(EmailFault::UnknownDomain)),
            [only] => {
                let to = self.door_url(only, &return_path, Some(&email));
                self.go_on(ask, &self.still_asking(ask, to), self.leaves(&return_path))
            }
            several => {
                let view = Choose {
                    email: &email,
                    organizations: several.iter().map(|&one| Organization::from(one)).collect(),
                    rd: &return_path,
                };
                self.show_on_the_way(ask, None, &return_path, &view)
            }
        }
    }

    /// An organization's door: straight to its only provider, else a choice.
    pub(super) async fn door(&self, ask: &Ask<'_>, name: &str) -> Result<Response<Body>, Error> {
        let organization = self.organization(ask, name)?;
        let select_account = ask.query.get("prompt") == Some("select_account");
        let return_path = self.return_path(&ask.query);
        if let Some(step_up) = self.asked_step_up(ask, organization).await? {
            return self.step_up_door(ask, organization, step_up).await;
        }
        let known = self.visitor(ask).await?;
        if let Some(known) = &known
            && known.grant.grant().organization == organization.slug
            && !self.is_unconfirmed(known)
            && !select_account
        {
            let to = self.landing(ask, &return_path).await?;
            return Ok(self.see_other(&to, ask.reference));
        }
        if let Place::Own(_) = ask.place {
            let before = match known {
                Some(_) => Before::Unsaid,
                None if ask.cookies.has_session() => Before::Over,
                None => Before::Absent,
            };
            return Ok(self.to_shared_door(ask, organization, before));
        }
        let Some(target) = target(organization, &ask.query) else {
            // An organization with hosts of its own begins there, where the session will be.
            let to = self.door_url(organization, &return_path, ask.query.get("login_hint"));
            return Ok(self.see_other(&self.still_asking(ask, to), ask.reference));
        };
        match offered(organization, ask.query.get("via")).as_slice() {
            [_] if looks(ask) && ask.query.get("wait").is_none() => {
                Ok(self.to_press(ask, organization))
            }
            [only] if ask.query.get("wait").is_none() => {
                let begun = self.begin(ask, organization, only, target, &ask.query);
                self.leave(ask, organization, only, &begun.await?, Leaving::Page)
            }
            several => {
                let known = |id| self.config.providers.get(id);
                let last_used = ask.cookies.organization() == Some(organization.slug.clone());
                let last_used = ask.cookies.provider().filter(|_| last_used);
                let view = Door {
                    organization: Organization::from(organization),
                    providers: several
                        .iter()
                        .filter_map(known)
                        .map(DoorProvider::from)
                        .collect(),
                    rd: &return_path,
                    login_hint: ask.query.get("login_hint"),
                    prompt: select_account.then_some("select_account"),
                    carried: entry_fields(&ask.query),
                    last_used: last_used.as_ref().filter(|id| several.contains(id)),
                    notice: select_account.then_some(Notice::AnotherAccount),
                };
                self.show_on_the_way(ask, Some(organization), &return_path, &view)
            }
        }
    }

    /// From an organization's own host to the shared one, where redirect URIs live. The browser gets a proof that it
    /// began here; only its hash travels.
    pub(super) fn to_shared_door(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        before: Before,
    ) -> Response<Body> {
        let tag = cookies::tag(&secret::random_bytes());
        let binding = Binding::new(tag.clone());
        let entry = secret::encode(&binding.hash());
        let host = ask.inbound.host.to_string();
        let mut pairs = vec![
            ("rd", self.return_path(&ask.query).as_str().to_owned()),
            ("host", host),
            ("tag", tag),
            ("entry", entry),
        ];
        // Told by what happens here, and lost there.
        let astray = ask.astray().name();
        pairs.extend(astray.map(|astray| (ASTRAY, astray.to_owned())));
        pairs.extend(before.name().map(|before| (BEFORE, before.to_owned())));
        for name in [
            "login_hint",
            "prompt",
            "ui_locales",
            "step_up",
            "via",
            "wait",
        ] {
            if let Some(value) = ask.query.get(name) {
                pairs.push((name, value.to_owned()));
            }
        }
        let borrowed: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let path = with_query(
            &self.below(&format!("login/{}", organization.slug)),
            &borrowed,
        );
        let to = self.config.server.public_url.join(&path);
        let mut response = self.see_other(&to, ask.reference);
        if looks(ask) {
            return response;
        }
        for cookie in ask.cookies.evict_bindings(BindingKind::Entry) {
            set_cookie(&mut response, cookie);
        }
        let cookie = cookies::set_binding(BindingKind::Entry, &binding, self.clock.now());
        set_cookie(&mut response, cookie);
        response
    }

    /// To a door that waits for a press, from where a browser would be sent to the provider: what only looks whether an
    /// address is there begins nothing (RFC 9110 §9.2.1), and gets the status that a visit would (§9.3.2).
    pub(super) fn to_press(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
    ) -> Response<Body> {
        let said = ask.query.pairs().iter();
        let said = said.map(|(name, value)| (name.as_str(), value.as_str()));
        let said = said.filter(|(name, _)| !matches!(*name, "step_up" | "wait"));
        let pairs: Vec<(&str, &str)> = said.chain([("wait", "press")]).collect();
        let door = self.below(&format!("login/{}", organization.slug));
        self.see_other(&with_query(&door, &pairs), ask.reference)
    }

    /// A provider's button was pressed.
    pub(super) async fn start_form(
        &self,
        ask: &Ask<'_>,
        organization: &str,
        provider: &str,
        body: Received,
        head: &request::Parts,
    ) -> Result<Response<Body>, Error> {
        self.check_form(ask)?;
        let fields = form::read(head, body).await?;
        let organization = self.organization(ask, organization)?;
        let provider = slug(provider)?;
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let target = target(organization, &fields).ok_or(Error::NotFound)?;
        let begun = self
            .begin(ask, organization, &provider, target, &fields)
            .await?;
        let leaving = self.leaves(&self.return_path(&fields));
        self.leave(ask, organization, &provider, &begun, leaving)
    }

    async fn begin(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        target: Target,
        fields: &Fields,
    ) -> Result<Begun, Error> {
        let begin = Begin {
            organization: organization.slug.clone(),
            provider: provider.clone(),
            return_path: self.return_path(fields),
            target,
            login_hint: fields.get("login_hint").and_then(LoginHint::parse),
            select_account: fields.get("prompt") == Some("select_account"),
            consent: false,
            step_up: None,
            errand: None,
            astray: match ask.astray() {
                Astray::No => Astray::named(fields.get(ASTRAY)),
                astray => astray,
            },
            client: ask.inbound.client,
            reference: ask.reference.to_string(),
        };
        Ok(self.pipeline.begin(begin).await?)
    }

    /// The browser goes to where the run leads, with the cookie that proves it.
    pub(super) fn leave(
        &self,
        ask: &Ask<'_>,
        organization: &config::Organization,
        provider: &Slug,
        begun: &Begun,
        leaving: Leaving,
    ) -> Result<Response<Body>, Error> {
        let mut response = match &begun.start {
            Start::Redirect(to) => self.go_on(ask, to.as_str(), leaving)?,
            Start::Form => {
                let typed = Typed::hint(begun.login_hint.as_ref().map(LoginHint::as_str));
                self.dev_form(ask, organization, provider, begun, typed)?
            }
        };
        self.bind(ask, begun, &mut response);
        Ok(response)
    }

    /// Gives the browser the proof that it began the run.
    pub(super) fn bind(&self, ask: &Ask<'_>, begun: &Begun, response: &mut Response<Body>) {
        for cookie in ask.cookies.evict_bindings(BindingKind::Run) {
            set_cookie(response, cookie);
        }
        let cookie = cookies::set_binding(BindingKind::Run, &begun.binding, self.clock.now());
        set_cookie(response, cookie);
    }

    /// The organization that a path names, if this host may show its door.
    pub(super) fn organization(
        &self,
        ask: &Ask<'_>,
        name: &str,
    ) -> Result<&config::Organization, Error> {
        let unknown = || Error::SignIn(crate::pipeline::Error::NoSuchConnection);
        let slug = Slug::parse(name).map_err(|_| unknown())?;
        let organization = self.config.organizations.get(&slug).ok_or_else(unknown)?;
        if let Place::Own(own) = ask.place
            && own.slug != slug
        {
            return Err(unknown());
        }
        if self.is_open(organization) {
            Ok(organization)
        } else {
            Err(Error::Suspended(slug))
        }
    }
}

/// Whether a request looks without a visit.
pub(super) fn looks(ask: &Ask<'_>) -> bool {
    ask.inbound.method == Method::HEAD
}

/// For the trace: what came of an e-mail address that somebody typed. The address itself is nobody's yet.
fn note_domain(found: &[&config::Organization]) {
    match found {
        [] => trace::door(None, "no organization has the domain of the address"),
        [only] => trace::door(Some(only.slug.as_str()), "the domain of the address"),
        [..] => trace::door(None, "several organizations have the domain of the address"),
    }
}

/// The providers at a door: the one that somebody comes from, if the organization uses it, else all.
fn offered(organization: &config::Organization, via: Option<&str>) -> Vec<Slug> {
    let all = organization.providers.iter();
    match all.clone().find(|id| via == Some(id.as_str())) {
        Some(one) => vec![one.clone()],
        None => all.cloned().collect(),
    }
}

/// Where a run of an organization ends: on the shared host, or on the organization's own host that its browser began on.
/// A parameter can only choose among the organization's own hosts, and only a browser that holds the proof can enter.
pub(super) fn target(organization: &config::Organization, fields: &Fields) -> Option<Target> {
    if organization.hosts.is_empty() {
        return Some(Target::Shared);
    }
    entry_target(organization, fields)
}

/// The organization's own host that the browser began on.
pub(super) fn entry_target(organization: &config::Organization, fields: &Fields) -> Option<Target> {
    let host = fields.get("host")?;
    let host: &Host = organization.hosts.iter().find(|own| own.as_str() == host)?;
    let token = |name, length| {
        let is_ours = |text: &&str| text.len() == length && text.bytes().all(is_base64url);
        fields.get(name).filter(is_ours)
    };
    Some(Target::Own {
        host: host.clone(),
        tag: token("tag", TAG_LENGTH)?.to_owned(),
        entry: token("entry", ENTRY_LENGTH)?.to_owned(),
        before: Before::named(fields.get(BEFORE)),
    })
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// What the door's forms carry on, so that the run ends where it began.
fn entry_fields(fields: &Fields) -> Vec<Fact<'static>> {
    ["host", "tag", "entry", ASTRAY, BEFORE]
        .into_iter()
        .filter_map(|name| {
            let value = fields.get(name)?.to_owned();
            Some(Fact { name, value })
        })
        .collect()
}

/// A path with parameters.
pub(in crate::gateway) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(
            pairs
                .iter()
                .filter(|(name, value)| !(*name == "rd" && *value == "/")),
        )
        .finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

fn with_fields(path: &str, fields: &Fields) -> String {
    let pairs: Vec<(&str, &str)> = fields
        .pairs()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    with_query(path, &pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const CONFIG: &str = r#"
        [server]
        public_url = "http://localhost:8000"
        [upstreams.app]
        url = "http://127.0.0.1:1"
        [providers.dev]
        kind = "dev"
        [organizations.shared]
        name = "Shared"
        providers = ["dev"]
        allow = { anyone = true }
        [organizations.own]
        name = "Own"
        hosts = ["own.localhost:8000"]
        providers = ["dev"]
        allow = { anyone = true }
        [organizations.other]
        name = "Other"
        hosts = ["other.localhost:8000"]
        providers = ["dev"]
        allow = { anyone = true }
    "#;

    #[test]
    fn inv_38_a_run_ends_on_a_host_of_its_organization_only() {
        let config = Config::sample(CONFIG);
        let tag = cookies::tag(&[7; 32]);
        let entry = secret::encode(&Binding::new(tag.clone()).hash());
        let ends = |organization: &str, host: &str, tag: &str, entry: &str| {
            let organization = &config.organizations[&Slug::parse(organization).unwrap()];
            let text = with_query("", &[("host", host), ("tag", tag), ("entry", entry)]);
            let fields = Fields::parse(text.trim_start_matches('?'));
            target(organization, &fields).map(|target| match target {
                Target::Shared => "the shared one".to_owned(),
                Target::Own { host, .. } => host.to_string(),
            })
        };
        let own = "own.localhost:8000";
        assert_eq!(ends("own", own, &tag, &entry).as_deref(), Some(own));
        let shared = ends("shared", "evil.com", &tag, &entry);
        assert_eq!(shared.as_deref(), Some("the shared one"));
        for host in ["other.localhost:8000", "localhost:8000", "evil.com", ""] {
            assert_eq!(ends("own", host, &tag, &entry), None, "{host}");
        }
        for tag in ["", "short", "a;b=c;d=ef", "a\r\nb3456789", &entry] {
            assert_eq!(ends("own", own, tag, &entry), None, "{tag:?}");
        }
        for entry in ["", &tag, &format!("{entry}="), &"\u{e9}".repeat(43)] {
            assert_eq!(ends("own", own, &tag, entry), None, "{entry:?}");
        }
    }
}
