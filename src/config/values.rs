//! What a configuration was made of, key by key: to tell afterwards in what another one differs. Secrets, and what stands in
//! the files that keys name, are digests; what is shown has no password in it (threat model 51).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use figment::value::{Dict, Value};

use super::mask;
use crate::secret;

/// The path of a key, part by part.
pub(super) type Path = Vec<String>;

/// The merged values of a file with its includes and the environment.
#[derive(Clone, Default)]
pub struct Values {
    pub(super) keys: BTreeMap<Path, Written>,
    /// Of secrets, and of the files that keys name.
    pub(super) contents: BTreeMap<Path, Digest>,
}

pub(super) type Digest = [u8; 32];

/// What was read of secrets, and of the files that keys name.
#[derive(Default)]
pub(super) struct Contents {
    digests: BTreeMap<Path, Digest>,
    /// Which of them are secret.
    secrets: BTreeSet<Path>,
}

impl Contents {
    /// Notes the value of a secret.
    pub(super) fn secret(&mut self, path: Path, value: &str) {
        self.secrets.insert(path.clone());
        self.file(path, value.as_bytes());
    }

    /// Notes what stands in a file; of several for one key, of all.
    pub(super) fn file(&mut self, path: Path, bytes: &[u8]) {
        let before = self.digests.get(&path).copied().unwrap_or_default();
        let digest = secret::sha256_fields([before.as_slice(), bytes]);
        self.digests.insert(path, digest);
    }
}

/// The value of one key.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// One value.
    One(Shown),
    /// A list.
    List(Vec<Shown>),
    /// A secret, of which nothing is shown: its digest is among the contents.
    Hidden,
}

/// A value as it may be shown, and what tells it apart from others that look the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    pub(super) text: String,
    digest: Digest,
}

impl fmt::Debug for Values {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Values").finish_non_exhaustive()
    }
}

/// Tables whose keys are the operator's own, so that nothing says what they hold: of an `Authorization`, say.
const FREE: [&str; 2] = ["set", "authorize_parameters"];

impl Values {
    /// From merged values, with what was read of secrets and files.
    pub(super) fn of(values: &Dict, contents: Contents) -> Self {
        let Contents { digests, secrets } = contents;
        let mut all = Self {
            keys: BTreeMap::new(),
            contents: digests,
        };
        all.walk(values, &secrets, &mut Vec::new());
        all
    }

    fn walk(&mut self, table: &Dict, secrets: &BTreeSet<Path>, path: &mut Path) {
        for (name, value) in table {
            path.push(name.clone());
            match value {
                Value::Dict(_, inner) if !inner.is_empty() => {
                    self.walk(inner, secrets, path);
                }
                _ => {
                    let written = self.written(path, secrets.contains(path), value);
                    self.keys.insert(path.clone(), written);
                }
            }
            path.pop();
        }
    }

    fn written(&mut self, path: &Path, is_secret: bool, value: &Value) -> Written {
        if is_secret {
            return Written::Hidden;
        }
        if let [.., table, _] = path.as_slice()
            && FREE.contains(&table.as_str())
        {
            let digest = digest_of(value);
            self.contents.insert(path.clone(), digest);
            return Written::Hidden;
        }
        of_value(value)
    }
}

fn of_value(value: &Value) -> Written {
    match value {
        Value::Array(_, values) => Written::List(values.iter().map(shown).collect()),
        _ => Written::One(shown(value)),
    }
}

fn shown(value: &Value) -> Shown {
    // Texts, numbers, lists and tables always serialise.
    let text = serde_json::to_string(value).unwrap_or_default();
    Shown {
        text: mask::without_passwords(&text),
        digest: secret::sha256(text.as_bytes()),
    }
}

fn digest_of(value: &Value) -> Digest {
    secret::sha256(serde_json::to_string(value).unwrap_or_default().as_bytes())
}
