//! In what one configuration differs from another, in the file's own words: pure.

use std::collections::BTreeSet;
use std::fmt;

use super::values::{Path, Shown, Values, Written};

/// Everything that differs, in the order of the key paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference(Vec<Change>);

/// One thing that differs. Its text is for people: `~ organizations.acme.allow.email_domains: +["acme.io"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    path: Path,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// A whole table, or a key with its value.
    Added(Option<String>),
    Removed,
    Changed {
        was: String,
        is: String,
    },
    /// A list, of which some stays.
    List {
        added: Vec<String>,
        removed: Vec<String>,
    },
    /// What must not be shown, or looks the same.
    Other,
}

/// Tables of named tables: one that comes or goes is told as a whole.
const NAMED: [&str; 4] = ["organizations", "providers", "routes", "upstreams"];

/// More of a value is not shown.
const MOST_SHOWN: usize = 200;

impl Difference {
    /// In what `after` differs from `before`.
    pub fn between(before: &Values, after: &Values) -> Self {
        let [was, is] = [before, after].map(whole);
        let mut changes: Vec<Change> = Vec::new();
        let mut told = BTreeSet::new();
        let keys: BTreeSet<&Path> = before.keys.keys().chain(after.keys.keys()).collect();
        for path in keys {
            let table = named(path);
            let came = table.filter(|table| !was.contains(table));
            let went = table.filter(|table| !is.contains(table));
            if let Some(table) = came.or(went) {
                if told.insert(table) {
                    let what = match went {
                        Some(_) => What::Removed,
                        None => What::Added(None),
                    };
                    let path = table.to_vec();
                    changes.push(Change { path, what });
                }
                continue;
            }
            let what = differs(before.keys.get(path), after.keys.get(path));
            let path = path.clone();
            changes.extend(what.map(|what| Change { path, what }));
        }
        for (path, digest) in &after.contents {
            let other = (before.contents.get(path)).is_some_and(|before| before != digest);
            if other && !changes.iter().any(|change| change.path == *path) {
                let path = path.clone();
                let what = What::Other;
                changes.push(Change { path, what });
            }
        }
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        Self(changes)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something differs at a key, below it, or in a table around it.
    pub fn touches(&self, path: &[&str]) -> bool {
        let mut changes = self.0.iter();
        changes.any(|change| {
            let mut both = change.path.iter().zip(path);
            both.all(|(one, other)| one == other)
        })
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// The named tables that a configuration has.
fn whole(values: &Values) -> BTreeSet<&[String]> {
    values.keys.keys().filter_map(|path| named(path)).collect()
}

fn named(path: &Path) -> Option<&[String]> {
    let first = path.first()?;
    NAMED.contains(&first.as_str()).then(|| path.get(..2))?
}

fn differs(before: Option<&Written>, after: Option<&Written>) -> Option<What> {
    match (before, after) {
        (None, None) => None,
        (None, Some(after)) => Some(What::Added(text(after))),
        (Some(_), None) => Some(What::Removed),
        (Some(before), Some(after)) if before == after => None,
        (Some(Written::List(before)), Some(Written::List(after))) => Some(list(before, after)),
        (Some(before), Some(after)) => Some(match (text(before), text(after)) {
            (Some(was), Some(is)) if was != is => What::Changed { was, is },
            _ => What::Other,
        }),
    }
}

fn list(before: &[Shown], after: &[Shown]) -> What {
    let only_in = |one: &[Shown], other: &[Shown]| -> Vec<String> {
        let only = one.iter().filter(|it| !other.contains(it));
        only.map(|it| it.text.clone()).collect()
    };
    let (added, removed) = (only_in(after, before), only_in(before, after));
    let texts = |all: &[Shown]| all.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    if added.is_empty() && removed.is_empty() {
        // Another order, or something twice.
        let [was, is] = [before, after].map(|all| bracketed(&texts(all)));
        return What::Changed { was, is };
    }
    if added == removed {
        return What::Other;
    }
    What::List { added, removed }
}

/// What may be shown of a value.
fn text(written: &Written) -> Option<String> {
    match written {
        Written::One(shown) => Some(shown.text.clone()),
        Written::List(all) => {
            let texts: Vec<String> = all.iter().map(|it| it.text.clone()).collect();
            Some(bracketed(&texts))
        }
        Written::Hidden => None,
    }
}

fn bracketed(texts: &[String]) -> String {
    format!("[{}]", texts.join(", "))
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.what {
            What::Added(_) => '+',
            What::Removed => '-',
            What::Changed { .. } | What::List { .. } | What::Other => '~',
        };
        write!(formatter, "{sign} {}", key(&self.path))?;
        match &self.what {
            What::Added(None) | What::Removed => Ok(()),
            What::Added(Some(is)) => write!(formatter, ": {}", short(is)),
            What::Changed { was, is } => write!(formatter, ": {} → {}", short(was), short(is)),
            What::Other => formatter.write_str(": changed"),
            What::List { added, removed } => {
                formatter.write_str(":")?;
                for (sign, texts) in [('+', added), ('-', removed)] {
                    if !texts.is_empty() {
                        write!(formatter, " {sign}{}", short(&bracketed(texts)))?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// A path as it could stand in the file.
fn key(path: &[String]) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let parts = path.iter().map(|part| {
        if !part.is_empty() && part.chars().all(is_bare) {
            part.clone()
        } else {
            format!("{part:?}")
        }
    });
    parts.collect::<Vec<_>>().join(".")
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::config::{Files, load};

    const FILE: &str = r#"
[server]
public_url = "https://app.example.com"
[upstreams.app]
url = "http://127.0.0.1:9000"
[routes.default]
path = "/*"
upstream = "app"
[providers.idp]
kind = "oidc"
issuer = "https://idp.example.com"
client_id = "doorward"
client_secret = "hunter2"
[organizations.acme]
providers = ["idp"]
[organizations.acme.allow]
email_domains = ["acme.com", "acme.org"]
[headers.set]
"X-Api-Token" = "swordfish"
"X-Colour" = "blue"
"#;

    fn values(file: &str) -> Values {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("doorward.toml");
        std::fs::write(&path, file).unwrap();
        let environment = BTreeMap::from([("SECRET".into(), "hunter2".into())]);
        let loaded = load(&Files {
            file: path,
            environment,
        });
        loaded.unwrap().values
    }

    #[track_caller]
    fn check(changes: &[(&str, &str)], expected: &[&str]) {
        let mut other = FILE.to_owned();
        for (from, to) in changes {
            assert!(other.contains(from), "{from}");
            other = other.replace(from, to);
        }
        let told = Difference::between(&values(FILE), &values(&other)).lines();
        assert_eq!(told, expected);
        for secret in ["hunter", "swordfish", "marlin"] {
            assert!(!told.concat().contains(secret), "{told:?}");
        }
    }

    #[test]
    fn what_differs_is_told_by_key() {
        check(&[], &[]);
        check(&[("[server]", "# nothing\n[server]")], &[]);
        check(
            &[("\"acme.org\"", "\"acme.io\"")],
            &["~ organizations.acme.allow.email_domains: +[\"acme.io\"] -[\"acme.org\"]"],
        );
        check(
            &[("\"acme.com\", \"acme.org\"", "\"acme.org\", \"acme.com\"")],
            &[
                "~ organizations.acme.allow.email_domains: [\"acme.com\", \"acme.org\"] → [\"acme.org\", \"acme.com\"]",
            ],
        );
        check(
            &[(
                "[headers.set]",
                "[upstreams.other]\nurl = \"http://127.0.0.1:1\"\n[sessions]\nidle_timeout = \"1h\"\n[headers.set]",
            )],
            &["+ sessions.idle_timeout: \"1h\"", "+ upstreams.other"],
        );
        check(
            &[("\"X-Colour\" = \"blue\"\n", "")],
            &["- headers.set.X-Colour"],
        );
        check(
            &[("\"blue\"", "\"red\"")],
            // Nothing says what a field of the operator's own holds.
            &["~ headers.set.X-Colour: changed"],
        );
    }

    #[test]
    fn inv_51_of_a_secret_only_that_it_changed_is_told() {
        check(
            &[("hunter2", "hunter3")],
            &["~ providers.idp.client_secret: changed"],
        );
        check(
            &[("\"hunter2\"", "{ env = \"SECRET\" }")],
            &[
                "- providers.idp.client_secret",
                "+ providers.idp.client_secret.env: \"SECRET\"",
            ],
        );
        check(
            &[("swordfish", "marlin")],
            &["~ headers.set.X-Api-Token: changed"],
        );
    }

    #[test]
    fn a_change_touches_its_key_and_the_tables_around_it() {
        let other = FILE.replace("hunter2", "hunter3");
        let difference = Difference::between(&values(FILE), &values(&other));
        assert!(difference.touches(&["providers", "idp"]));
        assert!(difference.touches(&["providers", "idp", "client_secret", "file"]));
        assert!(!difference.touches(&["providers", "other"]));
        assert!(!difference.touches(&["upstreams", "app"]));
    }
}
