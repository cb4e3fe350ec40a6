//! A provider sends somebody here to sign in (OIDC Core §4): a tile on its own page, say.
//!
//! Any site can send a browser here, so this begins nothing: it leads to an organization's door, which waits for a press
//! (threat model 12). What the request says is a wish: who, and to where; never which organization or issuer.

use http::{Response, request};
use url::Url;

use super::form::{self, Fields};
use super::login::with_query;
use super::{Ask, slug};
use crate::address::ReturnPath;
use crate::config::{self, Organization, Protocol, Slug};
use crate::gateway::{Body, Error, Gateway, Place};
use crate::pages::Choose;
use crate::provider::LoginHint;
use crate::wire::Received;

/// What an initiated login may carry on; anything else in it is nobody's.
const CARRIED: [&str; 3] = ["iss", "login_hint", "target_link_uri"];

impl Gateway {
    /// The same by POST. It goes on by GET: browsers send no cookies along with somebody else's form.
    pub(super) async fn initiate_form(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        body: Received,
        head: &request::Parts,
    ) -> Result<Response<Body>, Error> {
        let fields = form::read(head, body).await?;
        let provider = self.initiator(ask, provider, &fields)?;
        let carried = CARRIED
            .into_iter()
            .filter_map(|name| fields.get(name).map(|value| (name, value)));
        let carried: Vec<_> = carried.collect();
        let path = self.below(&format!("initiate/{}", provider.id));
        Ok(self.see_other(&with_query(&path, &carried), ask.reference))
    }

    /// To the door of the organization that is meant.
    pub(super) fn initiate(&self, ask: &Ask<'_>, provider: &str) -> Result<Response<Body>, Error> {
        let provider = self.initiator(ask, provider, &ask.query)?;
        let hint = ask.query.get("login_hint").and_then(LoginHint::parse);
        let hint = hint.as_ref().map(LoginHint::as_str);
        let all: Vec<&Organization> = self
            .config
            .organizations
            .values()
            .filter(|one| self.is_open(one) && one.providers.contains(&provider.id))
            .collect();
        let likely = likely(&all, hint, ask.cookies.organization().as_ref());
        match likely.as_slice() {
            [] if all.is_empty() => Err(Error::NotFound),
            // Who else there is, is nobody's business: an address leads on.
            [] => {
                let return_path = self.target_link(None, &ask.query);
                let mut pairs = vec![("rd", return_path.as_str())];
                pairs.extend(hint.map(|hint| ("login_hint", hint)));
                let to = with_query(&self.below("login"), &pairs);
                Ok(self.see_other(&to, ask.reference))
            }
            [only] => Ok(self.to_waiting_door(ask, only, &provider.id, hint)),
            several => {
                let return_path = self.target_link(None, &ask.query);
                let organizations = several.iter().map(|&one| one.into()).collect();
                let view = Choose {
                    email: hint.unwrap_or_default(),
                    organizations,
                    rd: &return_path,
                };
                self.show(ask, None, &view)
            }
        }
    }

    /// The provider whose path it is, if the request is in its name: `iss` is compared byte for byte.
    fn initiator(
        &self,
        ask: &Ask<'_>,
        provider: &str,
        fields: &Fields,
    ) -> Result<&config::Provider, Error> {
        let Place::Shared = ask.place else {
            return Err(Error::NotFound);
        };
        let provider = self.config.providers.get(&slug(provider)?);
        let provider = provider.ok_or(Error::NotFound)?;
        let issuer = match &provider.protocol {
            Protocol::Oidc(oidc) => &oidc.issuer,
            Protocol::OAuth2(_) | Protocol::Dev => return Err(Error::NotFound),
        };
        if fields.get("iss") == Some(issuer) {
            Ok(provider)
        } else {
            Err(Error::ForeignIssuer)
        }
    }

    fn to_waiting_door(
        &self,
        ask: &Ask<'_>,
        organization: &Organization,
        provider: &Slug,
        hint: Option<&str>,
    ) -> Response<Body> {
        let path = self.below(&format!("login/{}", organization.slug));
        let return_path = self.target_link(Some(organization), &ask.query);
        let mut pairs = vec![("rd", return_path.as_str()), ("via", provider.as_str())];
        pairs.extend(hint.map(|hint| ("login_hint", hint)));
        if !ask.inbound.is_typed() {
            pairs.push(("wait", "press"));
        }
        let path = with_query(&path, &pairs);
        let to = match organization.hosts.first() {
            None => path,
            Some(host) => self.config.server.public_url.on(host).join(&path),
        };
        self.see_other(&to, ask.reference)
    }

    /// Where to go afterwards: a path, or a URL of the site where the sign-in ends. Anything else is the front page.
    fn target_link(&self, organization: Option<&Organization>, fields: &Fields) -> ReturnPath {
        let wanted = fields.get("target_link_uri");
        let public = &self.config.server.public_url;
        let site = organization
            .and_then(|it| it.hosts.first())
            .map_or_else(|| public.clone(), |host| public.on(host));
        wanted
            .and_then(|text| path_of(text, &site.to_string(), &self.config.server.prefix))
            .unwrap_or_else(ReturnPath::root)
    }
}

/// The organizations that are meant, of those that use the provider: the only one; those with the domain of the address; the
/// one that this browser used last.
fn likely<'a>(
    all: &[&'a Organization],
    hint: Option<&str>,
    remembered: Option<&Slug>,
) -> Vec<&'a Organization> {
    if let [only] = all {
        return vec![only];
    }
    let domain = hint.and_then(|hint| hint.rsplit_once('@'));
    let domain = domain.map(|(_, domain)| domain.to_lowercase());
    let by = |is_meant: &dyn Fn(&Organization) -> bool| -> Vec<&'a Organization> {
        all.iter().copied().filter(|one| is_meant(one)).collect()
    };
    let theirs = by(&|one| domain.as_ref().is_some_and(|it| one.domains.contains(it)));
    let last = by(&|one| remembered == Some(&one.slug));
    match (theirs.as_slice(), last.as_slice()) {
        ([], _) => last,
        // Of several with that domain, the one of last time.
        ([_, _, ..], [last]) if theirs.iter().any(|one| one.slug == last.slug) => vec![*last],
        (_, _) => theirs,
    }
}

/// The path of a link, if it stays on `site`.
fn path_of(text: &str, site: &str, prefix: &str) -> Option<ReturnPath> {
    if text.starts_with('/') {
        return ReturnPath::parse(text, prefix).ok();
    }
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let same = plain && url.origin().ascii_serialization() == site;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    same.then(|| ReturnPath::parse(path, prefix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_38_a_target_link_stays_on_the_site() {
        let check = |text: &str, expected: Option<&str>| {
            let path = path_of(text, "https://app.example.com", "/_sso");
            assert_eq!(path.as_ref().map(ReturnPath::as_str), expected, "{text}");
        };
        check("/reports?id=7", Some("/reports?id=7"));
        check(
            "https://app.example.com/reports?id=7#x",
            Some("/reports?id=7"),
        );
        check("https://app.example.com", Some("/"));
        check("https://APP.example.com:443/x", Some("/x"));
        for elsewhere in [
            "http://app.example.com/x",
            "https://app.example.com:8443/x",
            "https://app.example.com.evil.example/x",
            "https://app.example.com@evil.example/x",
            "https://ada@app.example.com/x",
            "https://evil.example/",
            "//evil.example/x",
            "/\\evil.example",
            "javascript:alert(1)",
            "app.example.com/x",
            "https://app.example.com/_sso/logout",
            "/_sso/logout",
            "",
        ] {
            check(elsewhere, None);
        }
    }
}
