//! Where values come from: the file, its includes, the environment. Figment layers them; a second, spanned reading of the
//! same text says where each key is written.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
use toml_edit::{ImDocument, Item, TableLike};

use super::fault::{Fault, Place, Source, Weight};
use super::{include, mask};

/// What a configuration is read from.
#[derive(Clone)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// The environment.
    pub environment: BTreeMap<OsString, OsString>,
}

impl Origin {
    /// A file, under the environment of this process.
    pub fn file(path: &Path) -> Self {
        Self {
            file: path.to_owned(),
            environment: std::env::vars_os().collect(),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment is where secrets are (threat model 51).
        formatter
            .debug_struct("Origin")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// Whether the person at the terminal wants colours (<https://no-color.org>).
pub fn wants_colour() -> bool {
    std::env::vars_os().all(|(name, value)| name != "NO_COLOR" || value.is_empty())
}

/// Every variable that sets a key begins like this.
const PREFIX: &str = "DOORWARD__";

/// The merged values and where they are written. Never printed: secrets are in it.
pub(super) struct Sources {
    pub(super) values: Dict,
    environment: BTreeMap<OsString, OsString>,
    /// What is wrong with the files as files.
    pub(super) faults: Vec<Fault>,
    main: PathBuf,
    files: Vec<Spanned>,
    variables: BTreeMap<Vec<String>, String>,
}

/// One file with the places of its keys.
struct Spanned {
    source: Arc<Source>,
    keys: BTreeMap<Vec<String>, Places>,
}

/// Where a key and its value are.
#[derive(Clone, Debug)]
struct Places {
    key: Range<usize>,
    value: Range<usize>,
    leaf: bool,
}

impl Sources {
    /// Reads everything.
    pub(super) fn read(origin: &Origin) -> Result<Self, Vec<Fault>> {
        Self::from_file(read_file(&origin.file)?, origin)
    }

    /// Reads a text as if it stood in a file.
    pub(super) fn of(text: &str, origin: &Origin) -> Result<Self, Vec<Fault>> {
        Self::from_file(parse_file(&origin.file, text.to_owned())?, origin)
    }

    fn from_file(main: File, origin: &Origin) -> Result<Self, Vec<Fault>> {
        let mut files = vec![main];
        let mut faults = Vec::new();
        let mut broken = Vec::new();
        for path in included(&files, &origin.file, &mut faults) {
            match read_file(&path) {
                Ok(file) => files.push(file),
                Err(more) => broken.extend(more),
            }
        }
        if !broken.is_empty() {
            // What stands in a file that cannot be read would be missed everywhere else.
            return Err(broken);
        }
        twice(&files, &mut faults);
        include_below(&files, &mut faults);
        let mut figment = Figment::new();
        for file in &files {
            figment = figment.merge(Toml::string(&file.raw));
        }
        let unreadable =
            |error: figment::Error| vec![unplaced("unreadable", &origin.file, error.to_string())];
        let written: Dict = figment.extract().map_err(unreadable)?;
        let mut variables = BTreeMap::new();
        for (name, value) in &origin.environment {
            if !name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
                continue;
            }
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
                faults.push(no_text(&name.to_string_lossy()));
                continue;
            };
            let rest = name.strip_prefix(PREFIX).unwrap_or_default();
            match variable_path(rest, &written) {
                Ok(path) if path == ["include"] => faults.push(include_variable(name)),
                Ok(path) => {
                    figment =
                        figment.merge(Serialized::from(nested(&path, value), Profile::Default));
                    variables.insert(path, name.to_owned());
                }
                Err(candidates) => faults.push(ambiguous(name, &candidates)),
            }
        }
        Ok(Self {
            values: figment.extract().map_err(unreadable)?,
            environment: origin.environment.clone(),
            faults,
            main: origin.file.clone(),
            files: files.into_iter().map(|file| file.spanned).collect(),
            variables,
        })
    }

    /// The files with the values of these keys masked, by path: what nobody knows may be a misspelled secret.
    pub(super) fn without(&self, unknown: &[Vec<String>]) -> Vec<Arc<Source>> {
        let hidden = |path: &Vec<String>| unknown.iter().any(|unknown| path.starts_with(unknown));
        let masked = self.files.iter().map(|file| {
            let keys = file.keys.iter();
            let spans = keys.filter(|(path, places)| places.leaf && hidden(path));
            let spans: Vec<_> = spans.map(|(_, places)| places.value.clone()).collect();
            Arc::new(Source {
                path: file.source.path.clone(),
                text: mask::spans(&file.source.text, &spans),
            })
        });
        masked.collect()
    }

    /// Where a key is written: in the environment, else in the file. A table that the file lacks is where the environment
    /// sets something in it.
    pub(super) fn key(&self, path: &[String]) -> Option<Place> {
        let file = || self.in_file(path, |places| places.key.clone());
        let variable = self.variable_of(path);
        variable.or_else(file).or_else(|| self.variable_in(path))
    }

    /// Where its value is written. Of a value that is a table, the part that the environment sets counts.
    pub(super) fn value(&self, path: &[String]) -> Option<Place> {
        let file = || self.in_file(path, |places| places.value.clone());
        let variable = self.variable_of(path);
        variable.or_else(|| self.variable_in(path)).or_else(file)
    }

    /// The variable that sets a key, or a table around it.
    fn variable_of(&self, path: &[String]) -> Option<Place> {
        let mut set = self.variables.iter();
        let found = set.find(|(set, _)| path.starts_with(set));
        found.map(|(_, name)| Place::Environment {
            variable: name.clone(),
        })
    }

    /// The first variable that sets something in a table. The file as a whole is no table of anybody's.
    fn variable_in(&self, path: &[String]) -> Option<Place> {
        let mut set = self.variables.iter();
        let found = set.find(|(set, _)| !path.is_empty() && set.starts_with(path));
        found.map(|(_, name)| Place::Environment {
            variable: name.clone(),
        })
    }

    fn in_file(&self, path: &[String], which: impl Fn(&Places) -> Range<usize>) -> Option<Place> {
        self.files.iter().rev().find_map(|file| {
            file.keys.get(path).map(|places| Place::File {
                source: Arc::clone(&file.source),
                span: which(places),
            })
        })
    }

    /// The folder that relative paths of a key start from: that of the file that names them.
    pub(super) fn folder(&self, path: &[String]) -> PathBuf {
        let file = match self.key(path) {
            Some(Place::File { source, .. }) => source.path.clone(),
            Some(Place::Environment { .. }) | None => self.main.clone(),
        };
        file.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The text of a variable that is not named after a key.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
    }

    /// Whether the environment set a key: then its value is text, whatever the key's type.
    pub(super) fn is_variable(&self, path: &[String]) -> bool {
        self.variables.contains_key(path)
    }
}

/// A file as read.
struct File {
    raw: String,
    document: ImDocument<String>,
    spanned: Spanned,
}

fn read_file(path: &Path) -> Result<File, Vec<Fault>> {
    let raw = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("{} cannot be read: {error}", path.display());
        vec![unplaced("unreadable-file", path, message)]
    })?;
    parse_file(path, raw)
}

fn parse_file(path: &Path, raw: String) -> Result<File, Vec<Fault>> {
    let document =
        ImDocument::parse(raw.clone()).map_err(|error| vec![syntax(path, &raw, &error)])?;
    let mut keys = BTreeMap::new();
    walk(document.as_table(), &mut Vec::new(), &mut keys);
    let source = Arc::new(Source {
        path: path.to_owned(),
        text: mask::document(&raw, document.as_table()),
    });
    Ok(File {
        raw,
        document,
        spanned: Spanned { source, keys },
    })
}

fn walk(table: &dyn TableLike, path: &mut Vec<String>, keys: &mut BTreeMap<Vec<String>, Places>) {
    for (name, item) in table.iter() {
        path.push(name.to_owned());
        let key = table
            .get_key_value(name)
            .and_then(|(key, _)| key.span())
            .or_else(|| item.span())
            .unwrap_or_default();
        let value = item.span().unwrap_or_else(|| key.clone());
        let inner = item.as_table_like();
        let leaf = inner.is_none();
        keys.insert(path.clone(), Places { key, value, leaf });
        if let Some(inner) = inner {
            walk(inner, path, keys);
        }
        path.pop();
    }
}

/// Files that `include` names, in lexical order, the file itself left out.
fn included(files: &[File], main: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let folder = main.parent().map(Path::to_owned).unwrap_or_default();
    let itself = main.canonicalize().ok();
    let mut found = Vec::new();
    let mut bad = |span: Option<Range<usize>>, message: String, help: &str| {
        let file = files.first().map(|file| &file.spanned);
        faults.push(Fault {
            code: "bad-include",
            weight: Weight::Error,
            message: format!("`include`: {message}"),
            path: "include".to_owned(),
            place: file.zip(span).map(|(file, span)| Place::File {
                source: Arc::clone(&file.source),
                span,
            }),
            help: help.to_owned(),
        });
    };
    let patterns = files
        .first()
        .and_then(|file| file.document.get("include"))
        .and_then(Item::as_array);
    for value in patterns.into_iter().flatten() {
        let Some(pattern) = value.as_str() else {
            // Reading it as a list of texts says so.
            continue;
        };
        match include::matching(&folder, pattern) {
            Ok(paths) if paths.is_empty() && !include::is_open(pattern) => {
                let message = format!("there is no file `{pattern}`");
                bad(value.span(), message, include::EXAMPLE);
            }
            Ok(paths) => found.extend(paths),
            Err(error) => bad(value.span(), format!("`{pattern}`: {error}"), error.cure()),
        }
    }
    found.retain(|path| itself.is_none() || path.canonicalize().ok() != itself);
    found.sort();
    found.dedup();
    if found.len() > include::MAX_FILES {
        let message = format!("more than {} files match", include::MAX_FILES);
        bad(None, message, "name fewer, by a narrower pattern");
        found.clear();
    }
    found
}

/// `include` in a file that was itself included does nothing, so it is refused.
fn include_below(files: &[File], faults: &mut Vec<Fault>) {
    for file in files.iter().skip(1).map(|file| &file.spanned) {
        if let Some(places) = file.keys.get(["include".to_owned()].as_slice()) {
            faults.push(Fault {
                code: "bad-include",
                weight: Weight::Error,
                message: "`include` works in the first file only".to_owned(),
                path: "include".to_owned(),
                place: Some(Place::File {
                    source: Arc::clone(&file.source),
                    span: places.key.clone(),
                }),
                help: "name all files there".to_owned(),
            });
        }
    }
}

fn include_variable(variable: &str) -> Fault {
    Fault {
        code: "bad-include",
        weight: Weight::Error,
        message: "`include` can be set in the file only".to_owned(),
        path: "include".to_owned(),
        place: Some(Place::Environment {
            variable: variable.to_owned(),
        }),
        help: "write it into the file".to_owned(),
    }
}

/// A key that two files define.
fn twice(files: &[File], faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<&Vec<String>, &Spanned> = BTreeMap::new();
    for file in files.iter().map(|file| &file.spanned) {
        for (path, places) in file
            .keys
            .iter()
            .filter(|(path, places)| places.leaf && path.as_slice() != ["include"])
        {
            if let Some(before) = seen.insert(path, file) {
                faults.push(Fault {
                    code: "defined-twice",
                    weight: Weight::Error,
                    message: format!(
                        "`{}` is defined here and in {}",
                        path.join("."),
                        before.source.path.display()
                    ),
                    path: path.join("."),
                    place: Some(Place::File {
                        source: Arc::clone(&file.source),
                        span: places.key.clone(),
                    }),
                    help: "keep one of the two".to_owned(),
                });
            }
        }
    }
}

/// The key that a variable sets. Names in the file may have `-` where a variable can only have `_`.
fn variable_path(rest: &str, written: &Dict) -> Result<Vec<String>, Vec<String>> {
    let mut path = Vec::new();
    let mut here = Some(written);
    for part in rest.split("__") {
        let part = part.to_ascii_lowercase();
        let candidates: Vec<String> = here
            .into_iter()
            .flat_map(Dict::keys)
            .filter(|key| key.to_ascii_lowercase().replace('-', "_") == part)
            .cloned()
            .collect();
        let name = match candidates.as_slice() {
            [] => part,
            [only] => only.clone(),
            _ => return Err(candidates),
        };
        here = here
            .and_then(|table| table.get(&name))
            .and_then(Value::as_dict);
        path.push(name);
    }
    Ok(path)
}

fn nested(path: &[String], value: &str) -> Value {
    let mut inner = Value::from(value);
    for name in path.iter().rev() {
        inner = Value::from(BTreeMap::from([(name.clone(), inner)]));
    }
    inner
}

fn no_text(variable: &str) -> Fault {
    Fault {
        code: "bad-variable",
        weight: Weight::Error,
        message: "its name or its value is no UTF-8".to_owned(),
        path: String::new(),
        place: Some(Place::Environment {
            variable: variable.to_owned(),
        }),
        help: "set it to a text, or unset it".to_owned(),
    }
}

fn ambiguous(variable: &str, candidates: &[String]) -> Fault {
    Fault {
        code: "ambiguous-variable",
        weight: Weight::Error,
        message: format!("the variable could mean {}", candidates.join(" or ")),
        path: candidates.join(" | "),
        place: Some(Place::Environment {
            variable: variable.to_owned(),
        }),
        help: "set the key in the file, or rename one of the two".to_owned(),
    }
}

fn unplaced(code: &'static str, path: &Path, message: String) -> Fault {
    Fault {
        code,
        weight: Weight::Error,
        message,
        path: String::new(),
        place: None,
        help: format!(
            "name another file with --config, or mend {}",
            path.display()
        ),
    }
}

fn syntax(path: &Path, raw: &str, error: &toml_edit::TomlError) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let end = raw.len();
    Fault {
        code: "syntax",
        weight: Weight::Error,
        message: error.message().replace('\n', ", "),
        path: String::new(),
        place: Some(Place::File {
            source: Arc::new(Source {
                path: path.to_owned(),
                text: mask::broken(raw),
            }),
            span: span.start.min(end)..span.end.min(end),
        }),
        help: "the file is TOML 1.0: texts stand in quotes, tables begin with [name]".to_owned(),
    }
}
