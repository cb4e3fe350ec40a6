//! Every cookie of ours: how it is written, how it is read, and how it stays between the browser and us.
//!
//! All are `__Host-`, Secure, HttpOnly, Path=/, SameSite=Lax (threat model 22). They are read by exact name, byte for
//! byte; a name that appears twice counts as absent.

use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::header::{COOKIE, Entry, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use super::Handle;
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::config::defaults::{LOOP_WINDOW, RUN_KEPT, RUN_LIFETIME, RUNS_PER_BROWSER};
use crate::secret::{self, Secret};

/// Every name of ours begins like this; nothing that does ever passes between browser and application.
const OURS: &str = "__Host-sso";
const SESSION: &str = "__Host-sso";
const ORGANIZATION: &str = "__Host-sso-org";
/// Between two names in one value. No name has one.
const BETWEEN: char = '.';
const LOOP: &str = "__Host-sso-loop";
const KEPT: &str = "__Host-sso-kept";
const RUN: &str = "__Host-sso-run-";
const ENTRY: &str = "__Host-sso-entry-";
const DRAFT: &str = "__Host-sso-draft-";

/// What a browser proves with one cookie of a run: that it is the browser that began.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Last part of the cookie's name: says which run, and is no secret.
    tag: String,
    /// The proof.
    token: Secret<String>,
}

/// The two kinds of bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// To a run, on the host of the redirect URI.
    Run,
    /// To a one-time ticket, on an organization's own host.
    Entry,
    /// To a provider that is being set up, for whoever opened its link first.
    Draft,
}

impl BindingKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Run => RUN,
            Self::Entry => ENTRY,
            Self::Draft => DRAFT,
        }
    }
}

impl Binding {
    /// A new one for a run or entry that is named by `tag`.
    pub fn new(tag: String) -> Self {
        Self {
            tag,
            token: secret::random_token(),
        }
    }

    /// What the store keeps.
    pub fn hash(&self) -> [u8; 32] {
        hash(self.token.expose())
    }
}

/// The tag of a run: a few characters of the hash of its state.
pub fn tag(public: &[u8; 32]) -> String {
    let mut text = secret::encode(public);
    text.truncate(10);
    text
}

fn hash(token: &str) -> [u8; 32] {
    secret::sha256_fields([b"binding".as_slice(), token.as_bytes()])
}

/// The cookies of a request that are ours.
#[derive(Debug, Default)]
pub struct Cookies<'a> {
    ours: Vec<(&'a str, &'a str)>,
}

impl<'a> Cookies<'a> {
    /// Reads the `Cookie` fields (RFC 6265 §4.2.1). Pairs that are not ASCII are nobody's.
    pub fn read(headers: &'a HeaderMap) -> Self {
        let mut ours = Vec::new();
        for field in headers.get_all(COOKIE) {
            for pair in field.as_bytes().split(|byte| *byte == b';') {
                let spaces = pair.iter().take_while(|byte| **byte == b' ').count();
                let pair = pair.get(spaces..).unwrap_or_default();
                // Another cookie in the field may be of any bytes; ours are not.
                if pair.starts_with(OURS.as_bytes())
                    && pair.is_ascii()
                    && let Ok(pair) = std::str::from_utf8(pair)
                    && let Some(pair) = pair.split_once('=')
                    && ours.len() < MAX_OURS
                {
                    ours.push(pair);
                }
            }
        }
        Self { ours }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = self.ours.iter().filter(|(known, _)| *known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            (None | Some(_), _) => None,
        }
    }

    /// Whether there is no cookie of ours at all.
    pub const fn is_empty(&self) -> bool {
        self.ours.is_empty()
    }

    /// The session's handle.
    pub fn handle(&self) -> Option<Handle> {
        self.get(SESSION).and_then(Handle::parse)
    }

    /// Whether there is a session cookie at all, good or bad.
    pub fn has_session(&self) -> bool {
        self.get(SESSION).is_some()
    }

    /// The organization that this browser used last.
    pub fn organization(&self) -> Option<Slug> {
        let text = self.get(ORGANIZATION)?;
        let (organization, _) = text.split_once(BETWEEN).unwrap_or((text, ""));
        Slug::parse(organization).ok()
    }

    /// The provider through which this browser used that organization.
    pub fn provider(&self) -> Option<Slug> {
        let (_, provider) = self.get(ORGANIZATION)?.split_once(BETWEEN)?;
        Slug::parse(provider).ok()
    }

    /// The hash of the proof that belongs to a run or entry.
    pub fn binding(&self, kind: BindingKind, tag: &str) -> Option<[u8; 32]> {
        let name = format!("{}{tag}", kind.prefix());
        let (_, token) = self.get(&name)?.split_once('.')?;
        Some(hash(token))
    }

    /// The hashes of all proofs of a kind.
    pub fn bindings(&self, kind: BindingKind) -> Vec<[u8; 32]> {
        let names = self.ours.iter().map(|(name, _)| *name);
        names
            .filter_map(|name| self.binding(kind, name.strip_prefix(kind.prefix())?))
            .collect()
    }

    /// What names the form that is kept for this browser.
    pub fn kept_form(&self) -> Option<Secret<String>> {
        let text = self.get(KEPT).filter(|text| !text.is_empty())?;
        Some(Secret::new(text.to_owned()))
    }

    /// How many sign-ins into `organization` this browser has completed in a row, if the one that began at `began`
    /// would go on with the row. Tabs that sign in side by side began before the others were done: they are no row.
    pub fn sign_ins_in_a_row(
        &self,
        organization: &Slug,
        began: Timestamp,
        now: Timestamp,
    ) -> usize {
        self.row(organization, now)
            .filter(|row| began >= row.until)
            .map_or(0, |row| row.length)
    }

    /// Remembers one more completed sign-in, for the loop guard.
    pub fn count_sign_in(
        &self,
        organization: &Slug,
        began: Timestamp,
        now: Timestamp,
    ) -> HeaderValue {
        let length = match self.row(organization, now) {
            Some(row) if began >= row.until => row.length.saturating_add(1),
            Some(row) => row.length,
            None => 1,
        };
        let text = format!("{length}.{}.{organization}", now.as_millis());
        set(LOOP, &text, Some(LOOP_WINDOW))
    }

    /// The sign-ins into `organization` that followed each other up to just before `now`.
    fn row(&self, organization: &Slug, now: Timestamp) -> Option<Row> {
        let mut parts = self.get(LOOP)?.splitn(3, '.');
        let length = parts.next()?.parse().ok()?;
        let until = Timestamp::from_millis(parts.next()?.parse().ok()?);
        let here = parts.next()? == organization.as_str();
        (here && now.since(until) < LOOP_WINDOW).then_some(Row { length, until })
    }

    /// Fields that make room for one more binding: the oldest ones beyond the bound are deleted.
    pub fn evict_bindings(&self, kind: BindingKind) -> Vec<HeaderValue> {
        let mut held: Vec<(u64, &str)> = self
            .ours
            .iter()
            .filter(|(name, _)| name.starts_with(kind.prefix()))
            .map(|(name, value)| {
                let since = value
                    .split_once('.')
                    .and_then(|(since, _)| since.parse().ok());
                (since.unwrap_or(0), *name)
            })
            .collect();
        held.sort_unstable();
        let surplus = (held.len() + 1).saturating_sub(RUNS_PER_BROWSER);
        held.iter()
            .take(surplus)
            .map(|(_, name)| delete(name))
            .collect()
    }
}

/// More cookies of ours than we ever set in one browser are not looked at.
const MAX_OURS: usize = 64;

/// Sign-ins of one browser that began when the one before had succeeded: what going round in circles looks like.
#[derive(Clone, Copy, Debug)]
struct Row {
    length: usize,
    until: Timestamp,
}

/// Sets the session cookie. It ends with the browser or, at the latest, with the session on the server.
pub fn set_session(handle: &Handle) -> HeaderValue {
    set(SESSION, handle.expose(), None)
}

/// Deletes the session cookie.
pub fn delete_session() -> HeaderValue {
    delete(SESSION)
}

/// Gives a browser what names the form that is kept for it, and nothing of the form. It lives longer than the form, so that
/// somebody who comes too late is told that it is gone.
pub fn set_kept_form(token: &Secret<String>) -> HeaderValue {
    set(KEPT, token.expose(), Some(RUN_LIFETIME.saturating_mul(2)))
}

/// Forgets the form.
pub fn forget_kept_form() -> HeaderValue {
    delete(KEPT)
}

/// Forgets sign-ins: whoever signs out, or asks to choose an account, may sign in again.
pub fn forget_sign_ins() -> HeaderValue {
    delete(LOOP)
}

/// Remembers an organization, and through which provider: names, nothing about the person.
pub fn set_organization(organization: &Slug, provider: &Slug, lifetime: Duration) -> HeaderValue {
    let text = format!("{organization}{BETWEEN}{provider}");
    set(ORGANIZATION, &text, Some(lifetime))
}

/// Gives a browser the proof that it began something. It lives as long as the record that it belongs to, not as long as
/// a sign-in may take: that is for the server to say, which cannot tell a late browser from a foreign one without it.
pub fn set_binding(kind: BindingKind, binding: &Binding, now: Timestamp) -> HeaderValue {
    set_binding_for(kind, binding, now, RUN_LIFETIME.saturating_add(RUN_KEPT))
}

/// The same for a record that lives as long as it says.
pub fn set_binding_for(
    kind: BindingKind,
    binding: &Binding,
    now: Timestamp,
    lifetime: Duration,
) -> HeaderValue {
    let name = format!("{}{}", kind.prefix(), binding.tag);
    let value = format!("{}.{}", now.as_seconds(), binding.token.expose());
    set(&name, &value, Some(lifetime))
}

fn set(name: &str, value: &str, lifetime: Option<Duration>) -> HeaderValue {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax);
    if let Some(lifetime) = lifetime {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        cookie = cookie.max_age(time::Duration::seconds(seconds));
    }
    header(&cookie.build())
}

fn delete(name: &str) -> HeaderValue {
    set(name, "", Some(Duration::ZERO))
}

fn header(cookie: &Cookie<'_>) -> HeaderValue {
    // Names and values of ours are visible ASCII; an empty field would set nothing, which is the safe side.
    HeaderValue::from_str(&cookie.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// Removes our cookies from a request before it goes on to the application.
pub fn strip_request(headers: &mut HeaderMap) {
    let Entry::Occupied(mut fields) = headers.entry(COOKIE) else {
        return;
    };
    let has_ours = |field: &HeaderValue| field.as_bytes().split(|&byte| byte == b';').any(is_ours);
    if !fields.iter().any(has_ours) {
        return;
    }
    let kept: Vec<HeaderValue> = fields.iter().filter_map(without_ours).collect();
    let mut kept = kept.into_iter();
    match kept.next() {
        None => drop(fields.remove()),
        Some(first) => drop(fields.insert(first)),
    }
    // Only where one is left there can be more.
    for field in kept {
        headers.append(COOKIE, field);
    }
}

fn without_ours(field: &HeaderValue) -> Option<HeaderValue> {
    let mut kept: Vec<u8> = Vec::new();
    for pair in field.as_bytes().split(|&byte| byte == b';') {
        if !is_ours(pair) {
            if !kept.is_empty() {
                kept.extend_from_slice(b"; ");
            }
            kept.extend_from_slice(pair.trim_ascii());
        }
    }
    if kept.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&kept).ok()
}

/// Removes from a response every attempt of the application to set a cookie of ours (threat model 23).
pub fn strip_response(headers: &mut HeaderMap) {
    let has_ours = headers
        .get_all(SET_COOKIE)
        .iter()
        .any(|field| is_ours(field.as_bytes()));
    if !has_ours {
        return;
    }
    let kept: Vec<HeaderValue> = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter(|field| !is_ours(field.as_bytes()))
        .cloned()
        .collect();
    headers.remove(SET_COOKIE);
    for field in kept {
        headers.append(SET_COOKIE, field);
    }
}

/// Whether a pair names a cookie of ours as any browser could read it: whatever the case, with white space before it,
/// or hidden behind an empty name (`=__Host-sso=…`).
fn is_ours(pair: &[u8]) -> bool {
    let name = pair
        .trim_ascii_start()
        .strip_prefix(b"=")
        .unwrap_or(pair)
        .trim_ascii_start();
    name.get(..OURS.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(OURS.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[&'static str]) -> HeaderMap {
        fields
            .iter()
            .map(|field| (COOKIE, HeaderValue::from_static(field)))
            .collect()
    }

    #[test]
    fn inv_22_our_cookies_have_every_attribute_also_on_deletion() {
        let handle = Handle::random();
        let binding = Binding::new("abc".to_owned());
        let acme = Slug::parse("acme").unwrap();
        for field in [
            set_session(&handle),
            delete_session(),
            set_organization(&acme, &Slug::parse("idp").unwrap(), Duration::from_secs(60)),
            set_binding(BindingKind::Run, &binding, Timestamp::EPOCH),
        ] {
            let text = field.to_str().unwrap();
            assert!(text.starts_with("__Host-sso"), "{text}");
            for attribute in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
                assert!(text.contains(attribute), "{attribute} in {text}");
            }
            assert!(!text.contains("Domain"), "{text}");
            assert!(text.len() < 200, "{text}");
        }
        assert!(delete_session().to_str().unwrap().contains("Max-Age=0"));
    }

    #[test]
    fn inv_22_cookies_are_read_by_exact_name_and_once() {
        let handle = Handle::random();
        let value = handle.expose();
        let read = |text: String| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(&text).unwrap());
            Cookies::read(&headers).handle().is_some()
        };
        assert!(read(format!("a=b; __Host-sso={value}")));
        assert!(
            read(format!("name=José; __Host-sso={value}; b=\u{fc}")),
            "cookies of others may be of any bytes"
        );
        assert!(!read(format!("__Host-sso={value}é")));
        assert!(!read(format!("__host-sso={value}")));
        assert!(!read(format!("__Host-sso ={value}")));
        assert!(!read(format!("__Host-sso={value}; __Host-sso={value}")));
        assert!(!read(format!("__Host-sso=\"{value}\"")));
    }

    #[test]
    fn what_was_used_last_is_remembered_by_name() {
        let acme = Slug::parse("acme").unwrap();
        let idp = Slug::parse("idp").unwrap();
        let field = set_organization(&acme, &idp, Duration::from_secs(60));
        assert!(
            field
                .to_str()
                .unwrap()
                .starts_with("__Host-sso-org=acme.idp;")
        );
        for (value, organization, provider) in [
            ("acme.idp", Some("acme"), Some("idp")),
            ("acme", Some("acme"), None),
            ("acme.", Some("acme"), None),
            (".idp", None, Some("idp")),
            ("acme.idp.more", Some("acme"), None),
            ("", None, None),
        ] {
            let mut headers = HeaderMap::new();
            let pair = format!("__Host-sso-org={value}");
            headers.insert(COOKIE, HeaderValue::from_str(&pair).unwrap());
            let cookies = Cookies::read(&headers);
            let read = (cookies.organization(), cookies.provider());
            let read = (
                read.0.as_ref().map(Slug::as_str),
                read.1.as_ref().map(Slug::as_str),
            );
            assert_eq!(read, (organization, provider), "{value:?}");
        }
    }

    #[test]
    fn inv_23_our_cookies_do_not_reach_the_application() {
        let mut headers = request(&[
            "a=b; __Host-sso=x; c=d",
            "__Host-sso-org=acme",
            "__HOST-SSO=z; e=f",
        ]);
        strip_request(&mut headers);
        let left: Vec<_> = headers.get_all(COOKIE).iter().collect();
        assert_eq!(left, ["a=b; c=d", "e=f"]);
    }

    #[test]
    fn inv_23_the_application_cannot_set_ours() {
        let mut headers = HeaderMap::new();
        for field in [
            "app=1; Path=/",
            "__Host-sso=evil; Path=/; Secure",
            " __host-SSO-run-x=evil",
            "=__Host-sso=evil",
            "= __Host-sso=evil",
        ] {
            headers.append(SET_COOKIE, HeaderValue::from_static(field));
        }
        strip_response(&mut headers);
        let left: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
        assert_eq!(left, ["app=1; Path=/"]);
    }

    #[test]
    fn a_binding_proves_which_browser_began() {
        let binding = Binding::new("abc".to_owned());
        let field = set_binding(BindingKind::Run, &binding, Timestamp::from_seconds(7));
        let pair = field
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(&pair).unwrap());
        let cookies = Cookies::read(&headers);
        assert_eq!(
            cookies.binding(BindingKind::Run, "abc"),
            Some(binding.hash())
        );
        assert_eq!(cookies.binding(BindingKind::Run, "abd"), None);
        assert_eq!(cookies.binding(BindingKind::Entry, "abc"), None);
    }

    #[test]
    fn the_oldest_bindings_make_room() {
        let text: Vec<_> = (0..RUNS_PER_BROWSER)
            .map(|number| format!("__Host-sso-run-t{number:02}={}.x", 100 + number))
            .collect();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(&text.join("; ")).unwrap());
        let evicted = Cookies::read(&headers).evict_bindings(BindingKind::Run);
        assert_eq!(evicted.len(), 1);
        assert!(
            evicted[0]
                .to_str()
                .unwrap()
                .starts_with("__Host-sso-run-t00=;")
        );
    }

    #[test]
    fn sign_ins_in_a_row_are_counted_and_tabs_side_by_side_are_not() {
        let (acme, globex) = (Slug::parse("acme").unwrap(), Slug::parse("globex").unwrap());
        let second = |second: u64| Timestamp::from_seconds(1_000 + second);
        let mut headers = HeaderMap::new();
        let mut complete = |began, now| {
            let field = Cookies::read(&headers).count_sign_in(&acme, began, now);
            let pair = field.to_str().unwrap().split(';').next().unwrap();
            headers.insert(COOKIE, HeaderValue::from_str(pair).unwrap());
        };
        complete(second(0), second(2));
        complete(second(1), second(3));
        complete(second(1), second(4));
        complete(second(5), second(6));
        let cookies = Cookies::read(&headers);
        let row = |organization, began, now| cookies.sign_ins_in_a_row(organization, began, now);
        assert_eq!(
            row(&acme, second(7), second(8)),
            2,
            "two followed each other"
        );
        assert_eq!(
            row(&acme, second(1), second(8)),
            0,
            "one more tab of the start"
        );
        assert_eq!(
            row(&globex, second(7), second(8)),
            0,
            "another organization"
        );
        let later = second(6).plus(LOOP_WINDOW);
        assert_eq!(row(&acme, later, later), 0, "long ago");
    }
}
