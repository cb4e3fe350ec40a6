//! The plain identity headers: for applications that cannot verify anything.

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Error, Statement};
use crate::config::{HeaderEncoding, HeaderPreset, Headers, Template, TemplatePart, fold_name};
use crate::secret;

/// What is sent, by the configuration.
#[derive(Clone, Debug)]
pub struct PlainHeaders {
    fields: Vec<(HeaderName, Template)>,
    separator: String,
    encoding: HeaderEncoding,
}

/// Common servers accept 8 KiB for a whole head; one value must leave room for the others.
const MAX_VALUE_BYTES: usize = 4 * 1024;

/// A longer claim counts as one that the person lacks: every byte of it may take three in the value.
const MAX_CLAIM_BYTES: usize = 1024;

/// What RFC 8187 §3.2.1 leaves as it is.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

impl PlainHeaders {
    /// From the configuration. A name in `[headers.set]` replaces the preset's.
    pub fn new(headers: &Headers) -> Self {
        let mut fields: Vec<(HeaderName, Template)> = preset(headers.preset)
            .iter()
            .map(|(name, part)| (HeaderName::from_static(name), Template(vec![part.clone()])))
            .filter(|(name, _)| {
                headers
                    .set
                    .iter()
                    .all(|(set, _)| fold_name(set) != name.as_str())
            })
            .collect();
        fields.extend(headers.set.iter().cloned());
        Self {
            fields,
            separator: headers.groups_separator.clone(),
            encoding: headers.encoding,
        }
    }

    /// The names of all that a visitor can have.
    pub fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.fields.iter().map(|(name, _)| name)
    }

    /// The fields for a visitor. A value that they lack yields no field (threat model 32).
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn fields(
        &self,
        statement: &Statement<'_>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let mut all = Vec::with_capacity(self.fields.len());
        for (name, template) in &self.fields {
            if let Some(text) = self.fill(template, statement) {
                all.push((name.clone(), self.value(name, &text)?));
            }
        }
        Ok(all)
    }

    /// A template with every place filled; `None` if one of them has nothing.
    fn fill(&self, template: &Template, statement: &Statement<'_>) -> Option<String> {
        let mut text = String::new();
        for part in &template.0 {
            text.push_str(&self.part(part, statement)?);
        }
        (!text.is_empty()).then_some(text)
    }

    fn part(&self, part: &TemplatePart, statement: &Statement<'_>) -> Option<String> {
        match part {
            TemplatePart::Text(text) => Some(text.clone()),
            TemplatePart::Account => Some(statement.account.to_owned()),
            TemplatePart::Email => statement.verified_email().map(str::to_owned),
            TemplatePart::Name => statement
                .name
                .or(statement.preferred_username)
                .map(str::to_owned),
            TemplatePart::Groups => statement.groups.map(|groups| self.join(groups)),
            TemplatePart::Organization => Some(statement.organization.to_owned()),
            TemplatePart::Provider => Some(statement.provider.to_owned()),
            TemplatePart::Subject => Some(statement.provider_subject.to_owned()),
            TemplatePart::Claim(name) => match statement.claims.get(name)? {
                Value::String(text) if text.len() <= MAX_CLAIM_BYTES => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
            },
        }
    }

    /// Groups in one value. A group that contains the separator would be read as two: it is left out.
    fn join(&self, groups: &[String]) -> String {
        let whole: Vec<&str> = groups
            .iter()
            .map(String::as_str)
            .filter(|group| !group.is_empty() && !group.contains(&self.separator))
            .collect();
        whole.join(&self.separator)
    }

    /// One line: visible ASCII as it stands, anything else encoded whole (threat model 37).
    fn value(&self, name: &HeaderName, text: &str) -> Result<HeaderValue, Error> {
        let too_large = || Error::TooLarge(name.to_string());
        let plain = text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
            && text.trim() == text
            && !looks_encoded(text);
        let line = if plain {
            text.to_owned()
        } else {
            match self.encoding {
                HeaderEncoding::Rfc8187 => {
                    format!("UTF-8''{}", utf8_percent_encode(text, ATTR_CHAR))
                }
                HeaderEncoding::Base64url => secret::encode(text.as_bytes()),
            }
        };
        if line.len() > MAX_VALUE_BYTES {
            return Err(too_large());
        }
        HeaderValue::from_str(&line).map_err(|_| too_large())
    }
}

/// Whether a recipient could take a text for one that is encoded: the charset's name is read in any case, and a language
/// may stand between the quotes (RFC 8187 §3.2.1).
fn looks_encoded(text: &str) -> bool {
    let begin = text.as_bytes().get(..6);
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(b"utf-8'"))
}

/// Names of a preset and what they hold. `…-User` is the account id: two organizations whose providers assert the same
/// e-mail address must not become one user of the application. `[headers.set]` can say otherwise.
fn preset(preset: HeaderPreset) -> &'static [(&'static str, TemplatePart)] {
    use TemplatePart::{Account, Email, Groups, Name, Organization};
    match preset {
        HeaderPreset::RemoteUser => &[
            ("remote-user", Account),
            ("remote-email", Email),
            ("remote-name", Name),
            ("remote-groups", Groups),
            ("remote-organization", Organization),
        ],
        HeaderPreset::XForwarded => &[
            ("x-forwarded-user", Account),
            ("x-forwarded-email", Email),
            ("x-forwarded-preferred-username", Name),
            ("x-forwarded-groups", Groups),
            ("x-forwarded-organization", Organization),
        ],
        HeaderPreset::XAuthRequest => &[
            ("x-auth-request-user", Account),
            ("x-auth-request-email", Email),
            ("x-auth-request-preferred-username", Name),
            ("x-auth-request-groups", Groups),
            ("x-auth-request-organization", Organization),
        ],
        HeaderPreset::None => &[],
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::config::{Algorithm, Assertion};
    use proptest::prelude::*;
    use std::time::Duration;

    pub(in crate::assertion) fn headers(preset: HeaderPreset) -> Headers {
        Headers {
            preset,
            groups_separator: ",".to_owned(),
            encoding: HeaderEncoding::Rfc8187,
            set: Vec::new(),
        }
    }

    pub(in crate::assertion) fn assertion() -> Assertion {
        Assertion {
            header: HeaderName::from_static("sso-jwt-assertion"),
            algorithm: Algorithm::Es256,
            lifetime: Duration::from_secs(60),
            audience: None,
            rotate_every: Duration::from_secs(42 * 24 * 3600),
        }
    }

    pub(in crate::assertion) fn ada<'a>(
        claims: &'a serde_json::Map<String, Value>,
        groups: &'a [String],
    ) -> Statement<'a> {
        Statement {
            account: "acc1",
            organization: "acme",
            email: Some("ada@acme.com"),
            email_verified: true,
            name: Some("Ada"),
            preferred_username: None,
            groups: Some(groups),
            provider: "idp",
            provider_subject: "1",
            session: "s1",
            authenticated_at: Timestamp::from_seconds(1),
            claims,
        }
    }

    #[test]
    fn inv_32_a_name_that_is_set_replaces_the_presets_in_every_spelling() {
        for name in ["remote-user", "remote_user"] {
            let mut headers = headers(HeaderPreset::RemoteUser);
            let login = Template(vec![TemplatePart::Email]);
            headers.set.push((HeaderName::from_static(name), login));
            let (claims, groups) = (serde_json::Map::new(), []);
            let sent = texts(&headers, &ada(&claims, &groups));
            let users: Vec<_> = sent
                .iter()
                .filter(|(name, _)| name.contains("user"))
                .collect();
            assert_eq!(users, [&(name.to_owned(), "ada@acme.com".to_owned())]);
        }
    }

    fn texts(headers: &Headers, statement: &Statement<'_>) -> Vec<(String, String)> {
        let all = PlainHeaders::new(headers).fields(statement).unwrap();
        let text = |(name, value): &(HeaderName, HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        all.iter().map(text).collect()
    }

    #[test]
    fn a_preset_says_who_is_there() {
        let (claims, groups) = (serde_json::Map::new(), ["it".to_owned(), "a,b".to_owned()]);
        let all = texts(&headers(HeaderPreset::RemoteUser), &ada(&claims, &groups));
        let expected = [
            ("remote-user", "acc1"),
            ("remote-email", "ada@acme.com"),
            ("remote-name", "Ada"),
            ("remote-groups", "it"),
            ("remote-organization", "acme"),
        ];
        assert_eq!(
            all,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn inv_32_what_the_person_lacks_yields_no_field() {
        let claims = serde_json::Map::new();
        let nobody = Statement {
            email_verified: false,
            name: None,
            groups: None,
            ..ada(&claims, &[])
        };
        let names: Vec<_> = texts(&headers(HeaderPreset::XForwarded), &nobody)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["x-forwarded-user", "x-forwarded-organization"]);
    }

    #[test]
    fn templates_fill_in_claims() {
        let claims = serde_json::from_str("{\"department\":\"Zoë\",\"roles\":[1]}").unwrap();
        let part = |name: &str| Template(vec![TemplatePart::Claim(name.to_owned())]);
        let mut headers = headers(HeaderPreset::None);
        headers.set = vec![
            (
                HeaderName::from_static("remote-department"),
                part("department"),
            ),
            (HeaderName::from_static("remote-roles"), part("roles")),
            (HeaderName::from_static("remote-none"), part("none")),
        ];
        let all = texts(&headers, &ada(&claims, &[]));
        assert_eq!(
            all,
            [("remote-department".to_owned(), "UTF-8''Zo%C3%AB".to_owned())]
        );
    }

    /// As an application reads a value that may be encoded.
    fn read(value: &str) -> String {
        let mut parts = value.splitn(3, '\'');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(charset), Some(_), Some(text)) if charset.eq_ignore_ascii_case("utf-8") => {
                let text = percent_encoding::percent_decode_str(text);
                text.decode_utf8().unwrap().into_owned()
            }
            _ => value.to_owned(),
        }
    }

    proptest! {
        /// Nobody can choose a name that is read as another one.
        #[test]
        fn inv_37_a_name_is_read_as_it_is(begin in "([uU][tT][fF]-8'([a-z]{2})?'?)?", end in "[ -~é]{0,12}") {
            let (claims, name) = (serde_json::Map::new(), format!("{begin}{end}"));
            let statement = Statement { name: Some(&name), ..ada(&claims, &[]) };
            let all = texts(&headers(HeaderPreset::RemoteUser), &statement);
            let sent = all.iter().find(|(name, _)| name == "remote-name");
            let heard = sent.map_or_else(String::new, |(_, value)| read(value));
            prop_assert_eq!(heard, name);
        }

        #[test]
        fn inv_37_no_name_or_group_makes_another_line(name in ".*", group in ".*") {
            let (claims, groups) = (serde_json::Map::new(), [group]);
            let statement = Statement { name: Some(&name), ..ada(&claims, &groups) };
            for encoding in [HeaderEncoding::Rfc8187, HeaderEncoding::Base64url] {
                let headers = Headers { encoding, ..headers(HeaderPreset::RemoteUser) };
                for (name, value) in PlainHeaders::new(&headers).fields(&statement).unwrap() {
                    let visible = value.as_bytes().iter().all(|byte| matches!(byte, 0x20..=0x7e));
                    prop_assert!(visible && !value.is_empty(), "{name}: {value:?}");
                }
            }
        }
    }
}
