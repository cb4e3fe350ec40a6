//! A provider that the file does not have yet: what has to be known of it, and the table that it would be.
//!
//! Values come from somebody who is no operator. So they are texts and nothing else: no value can name a file, a variable or
//! another key, and what the table says is read by the same reader as the file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::fault::{Fault, Weight};
use super::portal::Portal;
use super::providers;
use super::reader::{Context, Reader};
use super::source::{Origin as Files, Sources};
use super::{Preset, Protocol, Provider, Slug};
use crate::address::Origin;
use crate::secret::Secret;

/// A provider that is being set up.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The name that it will have.
    pub id: &'a Slug,
    /// What fills in the rest.
    pub preset: Preset,
    /// What is known so far, by key.
    pub values: &'a BTreeMap<String, Secret<String>>,
}

/// What has to be known of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftField {
    /// The key of the file; one with a dot stands in a table below.
    pub key: &'static str,
    /// What the provider's portal calls it.
    pub shown_as: &'static str,
    /// A value that it could have; none for a secret.
    pub example: &'static str,
    /// What it is.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub needed: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Line,
    /// The same, and it decides whom the secret is sent to.
    Place,
    /// A line of texts between spaces.
    List,
    /// A secret in one line.
    Secret,
    /// A secret in several lines, such as a key.
    Key,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Which.
    pub key: String,
    /// Whether it is not there at all.
    pub is_missing: bool,
}

/// The presets that can be set up in a form. The form of `dev` has nothing to fill in.
pub const DRAFTABLE: [Preset; 11] = [
    Preset::Google,
    Preset::Entra,
    Preset::Okta,
    Preset::Auth0,
    Preset::Keycloak,
    Preset::GitHub,
    Preset::GitLab,
    Preset::Slack,
    Preset::Apple,
    Preset::Oidc,
    Preset::OAuth2,
];

/// Bytes of a value. A key of Apple's has about 250.
const MOST_BYTES: usize = 2_048;

/// Where a provider may be another one than usual.
const BASE_URL: DraftField = place(
    "base_url",
    "Address, if you run it yourselves",
    "https://git.acme.com",
);

const SCOPES: DraftField = DraftField {
    kind: FieldKind::List,
    ..optional(
        "scopes",
        "Further scopes, with spaces between them",
        "groups",
    )
};

const fn place(key: &'static str, shown_as: &'static str, example: &'static str) -> DraftField {
    DraftField {
        kind: FieldKind::Place,
        ..optional(key, shown_as, example)
    }
}

const fn optional(key: &'static str, shown_as: &'static str, example: &'static str) -> DraftField {
    DraftField {
        key,
        shown_as,
        example,
        kind: FieldKind::Line,
        needed: false,
    }
}

const fn needed(field: DraftField) -> DraftField {
    DraftField {
        needed: true,
        ..field
    }
}

/// What a portal shows nobody, before what it does.
const OF_OAUTH2: [DraftField; 6] = [
    needed(place(
        "authorize_url",
        "Authorization endpoint",
        "https://id.acme.com/oauth/authorize",
    )),
    needed(place(
        "token_url",
        "Token endpoint",
        "https://id.acme.com/oauth/token",
    )),
    needed(DraftField {
        kind: FieldKind::List,
        ..optional(
            "userinfo_urls",
            "Addresses that say who somebody is, with spaces between them",
            "https://id.acme.com/api/me",
        )
    }),
    needed(optional(
        "claims.subject",
        "Where they say the id",
        "user.id",
    )),
    optional(
        "claims.email",
        "Where they say the e-mail address",
        "user.email",
    ),
    optional(
        "claims.email_verified",
        "Where they say that the address is verified",
        "user.email_verified",
    ),
];

impl Preset {
    /// The preset of a word, if it can be set up in a form.
    pub fn draftable(word: &str) -> Option<Self> {
        DRAFTABLE.into_iter().find(|preset| preset.as_str() == word)
    }

    /// What has to be known of a provider of this preset, in order.
    pub fn fields(self) -> Vec<DraftField> {
        let portal = Portal::of(self);
        let (before, after): (&[DraftField], &[DraftField]) = match self {
            Self::OAuth2 => (&OF_OAUTH2, &[SCOPES]),
            Self::Oidc => (&[], &[SCOPES]),
            Self::GitHub | Self::GitLab => (&[BASE_URL], &[]),
            Self::Okta => (
                &[],
                &[place(
                    "authorization_server",
                    "Authorization server, if it is one of your own",
                    "default",
                )],
            ),
            Self::Google
            | Self::Entra
            | Self::Auth0
            | Self::Keycloak
            | Self::Slack
            | Self::Apple
            | Self::Dev => (&[], &[]),
        };
        let shown = portal.keys.iter().map(|(key, example, shown_as)| {
            let kind = match *key {
                "client_secret" => FieldKind::Secret,
                "signing_key" => FieldKind::Key,
                "client_id" | "secret_expires" | "team_id" | "key_id" => FieldKind::Line,
                _ => FieldKind::Place,
            };
            let is_secret = matches!(kind, FieldKind::Secret | FieldKind::Key);
            DraftField {
                key,
                shown_as,
                example: if is_secret {
                    ""
                } else {
                    example.trim_matches('"')
                },
                kind,
                needed: *key != "secret_expires",
            }
        });
        let before = before.iter().copied();
        before.chain(shown).chain(after.iter().copied()).collect()
    }

    /// The field of the secret.
    pub fn secret_field(self) -> Option<DraftField> {
        self.fields().into_iter().find(DraftField::is_secret)
    }
}

impl DraftField {
    /// Whether nobody may see it again.
    pub const fn is_secret(&self) -> bool {
        match self.kind {
            FieldKind::Secret | FieldKind::Key => true,
            FieldKind::Line | FieldKind::Place | FieldKind::List => false,
        }
    }

    /// What was typed, as it is kept; `None` if it is nothing that could be meant.
    pub fn parse(&self, typed: &str) -> Option<String> {
        let text = typed.trim().replace("\r\n", "\n");
        let may_have_lines = self.kind == FieldKind::Key;
        let sound = |letter| is_seen(letter) || (may_have_lines && letter == '\n');
        (text.len() <= MOST_BYTES && text.chars().all(sound)).then_some(text)
    }
}

/// Whether a letter shows itself and leaves its neighbours where they are. The table that comes of a draft is printed on
/// terminals: what turns a line around would show another one than is written (threat model 37).
fn is_seen(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

impl Draft<'_> {
    /// The provider that it would be.
    ///
    /// # Errors
    /// What is missing or cannot be right.
    pub fn read(&self, public_url: &Origin) -> Result<Provider, Vec<FieldFault>> {
        let (provider, faults) = self.look(public_url);
        let prefix = format!("providers.{}.", self.id);
        let mut found: Vec<FieldFault> = Vec::new();
        for fault in faults.iter().filter(|it| it.weight == Weight::Error) {
            let key = fault.path.strip_prefix(&prefix).unwrap_or_default();
            if !found.iter().any(|it| it.key == key) {
                found.push(FieldFault {
                    key: key.to_owned(),
                    is_missing: fault.code == "missing-key",
                });
            }
        }
        for field in self.preset.fields() {
            let lacks = field.needed && !self.values.contains_key(field.key);
            if lacks && !found.iter().any(|it| it.key == field.key) {
                found.push(FieldFault {
                    key: field.key.to_owned(),
                    is_missing: true,
                });
            }
        }
        match provider {
            Some(provider) if found.is_empty() => Ok(provider),
            Some(_) | None => Err(found),
        }
    }

    /// The same with what is missing left empty: for what has to be registered, which nobody's values change.
    pub fn sketch(&self, public_url: &Origin) -> Provider {
        self.look(public_url).0.unwrap_or_else(|| Provider {
            id: self.id.clone(),
            button: String::new(),
            preset: self.preset,
            protocol: Protocol::Dev,
            secret_expires: None,
        })
    }

    fn look(&self, public_url: &Origin) -> (Option<Provider>, Vec<Fault>) {
        // No file and no environment: nothing but the values has a say.
        let nowhere = Files {
            file: PathBuf::new(),
            environment: BTreeMap::new(),
        };
        let text = self.table(|secret| Value::from(secret));
        match Sources::of(&text, &nowhere) {
            Err(faults) => (None, faults),
            Ok(sources) => {
                let context = Context::new(&sources);
                let mut all = providers::providers(&Reader::root(&context), Some(public_url));
                (all.remove(self.id), context.findings().faults)
            }
        }
    }

    /// The part of a file that it would be, with its secret in a file beside it, and what else has to be written.
    pub fn to_toml(&self, organization: &Slug) -> String {
        let table = self.table(|_| {
            let mut place = InlineTable::new();
            place.insert("file", self.secret_file().into());
            Value::from(place)
        });
        let (id, label) = (self.id, self.preset.label());
        let rule = if self.preset.is_open() || self.preset.has_open_address(self.values) {
            format!(
                "# Anybody can have an account at {label}: `allow` of {organization} has to say who may come.\n"
            )
        } else {
            String::new()
        };
        format!(
            "# For {organization}, which has to name it too: providers = [ …, \"{id}\" ] below [organizations.{organization}].\n\
             {rule}{table}"
        )
    }

    /// The name of the file that its secret goes into, beside the one that it stands in.
    pub fn secret_file(&self) -> String {
        format!("{}.secret", self.id)
    }

    fn table(&self, secret: impl Fn(&str) -> Value) -> String {
        let mut own = Table::new();
        own.insert("preset", text(self.preset.as_str()));
        for field in self.preset.fields() {
            let written = self.values.get(field.key).map(|it| it.expose().as_str());
            let value = match (field.kind, written) {
                // So that whoever reads it sees where it belongs.
                (FieldKind::Secret | FieldKind::Key, written) => match written {
                    Some(written) => secret(written),
                    None => continue,
                },
                (_, None) => continue,
                (FieldKind::List, Some(written)) => {
                    Value::from(written.split_whitespace().collect::<Array>())
                }
                (FieldKind::Line | FieldKind::Place, Some(written)) => Value::from(written),
            };
            match field.key.split_once('.') {
                None => drop(own.insert(field.key, Item::Value(value))),
                Some((table, key)) => {
                    let below = own
                        .entry(table)
                        .or_insert(Item::Value(InlineTable::new().into()));
                    if let Some(below) = below.as_inline_table_mut() {
                        below.insert(key, value);
                    }
                }
            }
        }
        let mut providers = Table::new();
        providers.set_implicit(true);
        providers.insert(self.id.as_str(), Item::Table(own));
        let mut document = DocumentMut::new();
        document.insert("providers", Item::Table(providers));
        document.to_string()
    }
}

impl Preset {
    /// Whether it is the one for everybody, unless somebody runs one of their own.
    fn has_open_address(self, values: &BTreeMap<String, Secret<String>>) -> bool {
        matches!(self, Self::GitHub | Self::GitLab) && !values.contains_key(BASE_URL.key)
    }
}

fn text(written: &str) -> Item {
    Item::Value(Value::from(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret<String>> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(key, value)| ((*key).to_owned(), Secret::new((*value).to_owned())));
        pairs.collect()
    }

    fn site() -> Origin {
        Origin::parse("https://app.example.com").unwrap()
    }

    fn read(preset: Preset, pairs: &[(&str, &str)]) -> Result<Provider, Vec<FieldFault>> {
        let (id, values) = (Slug::parse("new").unwrap(), values(pairs));
        let (id, values) = (&id, &values);
        Draft { id, preset, values }.read(&site())
    }

    #[test]
    fn a_draft_is_read_as_the_file_is() {
        let okta = [
            ("domain", "acme.okta.com"),
            ("client_id", "0oa1"),
            ("client_secret", "s3cret"),
        ];
        let provider = read(Preset::Okta, &okta).unwrap();
        let Protocol::Oidc(oidc) = provider.protocol else {
            panic!("it is OpenID Connect")
        };
        assert_eq!(oidc.issuer, "https://acme.okta.com");
        assert_eq!(oidc.client_secret.unwrap().expose(), "s3cret");
        assert_eq!(provider.id.as_str(), "new");
    }

    #[test]
    fn what_is_missing_and_what_cannot_be_right_are_told_apart() {
        let faults = read(Preset::Entra, &[("tenant", "common"), ("client_id", "1")]).unwrap_err();
        let of = |key: &str| {
            faults
                .iter()
                .find(|it| it.key == key)
                .map(|it| it.is_missing)
        };
        assert_eq!(of("tenant"), Some(false));
        assert_eq!(of("client_secret"), Some(true));
        assert_eq!(of("client_id"), None);
    }

    #[test]
    fn inv_51_no_value_can_name_a_file_a_variable_or_another_key() {
        for hostile in [
            "{ file = \"/etc/passwd\" }",
            "\"\nprivate_network = true\nx = \"",
            "{ env = \"HOME\" }",
            "\"}\n[server]\npublic_url = \"x",
        ] {
            let pairs = [
                ("issuer", "https://login.acme.com"),
                ("client_id", "1"),
                ("client_secret", hostile),
            ];
            let read = read(Preset::Oidc, &pairs);
            let Protocol::Oidc(oidc) = read
                .unwrap_or_else(|it| panic!("{hostile}: {it:?}"))
                .protocol
            else {
                panic!("it is OpenID Connect")
            };
            assert_eq!(oidc.client_secret.unwrap().expose(), hostile);
            assert!(!oidc.private_network);
        }
    }

    #[test]
    fn inv_51_the_table_that_is_shown_has_a_place_for_the_secret_and_not_the_secret() {
        let (id, values) = (
            Slug::parse("new").unwrap(),
            values(&[("client_secret", "s3cret")]),
        );
        let draft = Draft {
            id: &id,
            preset: Preset::Google,
            values: &values,
        };
        let told = draft.to_toml(&Slug::parse("acme").unwrap());
        assert!(
            told.contains("client_secret = { file = \"new.secret\" }"),
            "{told}"
        );
        assert!(
            told.contains("`allow` of acme") && !told.contains("s3cret"),
            "{told}"
        );
    }

    #[test]
    fn inv_55_what_would_stop_the_next_start_is_told_at_its_field() {
        let oauth2 = |authorize_url, token_url, userinfo_urls| {
            let pairs = [
                ("authorize_url", authorize_url),
                ("token_url", token_url),
                ("userinfo_urls", userinfo_urls),
                ("claims.subject", "id"),
                ("client_id", "1"),
                ("client_secret", "2"),
            ];
            let faults = read(Preset::OAuth2, &pairs).err().unwrap_or_default();
            let keys: Vec<String> = faults.into_iter().map(|fault| fault.key).collect();
            keys.join(" ")
        };
        let (a, t, u) = (
            "https://id.acme.com/a",
            "https://id.acme.com/t",
            "https://id.acme.com/u",
        );
        let here = "http://127.0.0.1:9/x";
        for (expected, found) in [
            ("", oauth2(a, t, u)),
            ("", oauth2(here, here, here)),
            ("", oauth2("https://id.acme.com/a?audience=x", t, u)),
            (
                "authorize_url",
                oauth2("https://id.acme.com/a?state=x", t, u),
            ),
            (
                "authorize_url",
                oauth2("https://id.acme.com/a?x=1&%73cope=x", t, u),
            ),
            (
                "authorize_url",
                oauth2("https://id.acme.com/a?prompt=none", t, u),
            ),
            ("authorize_url", oauth2(here, t, u)),
            ("userinfo_urls", oauth2(a, t, here)),
            ("", oauth2(a, here, u)),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn inv_37_what_turns_a_line_around_or_is_not_seen_is_refused() {
        let (line, key) = (Preset::Google.fields()[0], Preset::Apple.secret_field());
        for letter in [
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{200e}',
            '\u{61c}',
            '\u{200b}',
            '\u{2028}',
            '\u{feff}',
            '\u{ad}',
            '\u{e0041}',
            '\u{1b}',
            '\u{9b}',
        ] {
            let typed = format!("acme{letter}x");
            assert_eq!(line.parse(&typed), None, "{letter:?}");
            assert_eq!(key.and_then(|key| key.parse(&typed)), None, "{letter:?}");
        }
    }

    #[test]
    fn every_preset_has_one_secret_and_what_is_typed_is_one_line() {
        for preset in DRAFTABLE {
            let fields = preset.fields();
            let secrets = fields.iter().filter(|field| field.is_secret()).count();
            assert_eq!(secrets, 1, "{preset:?}");
            assert!(fields.iter().any(|field| field.key == "client_id"));
            assert_eq!(Preset::draftable(preset.as_str()), Some(preset));
        }
        assert_eq!(Preset::draftable("dev"), None);
        let line = Preset::Google.fields()[0];
        assert_eq!(line.parse(" 1 ").as_deref(), Some("1"));
        assert_eq!(line.parse("a\nb"), None);
        assert_eq!(line.parse(&"x".repeat(MOST_BYTES + 1)), None);
        assert_eq!(line.parse("größe").as_deref(), Some("größe"));
        let key = Preset::Apple.secret_field().unwrap();
        assert_eq!(key.parse("a\r\nb").as_deref(), Some("a\nb"));
    }
}
