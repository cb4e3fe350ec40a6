//! Secrets: read where they are kept, never shown.

use std::ffi::OsStr;
use std::fmt::Display;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Value};

use super::reader::Reader;
use crate::secret::Secret;

/// Where container platforms put secrets.
const RUN_SECRETS: &str = "/run/secrets";

/// A secret is a line, not a file of unknown size.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

const CURE: &str =
    "{ file = \"/run/secrets/name\" }, { env = \"NAME\" } or { credential = \"name\" }";

pub(super) fn read(
    reader: &Reader<'_>,
    key: &'static str,
    value: &Value,
) -> Option<Secret<String>> {
    match value {
        Value::String(_, text) if text.is_empty() => bad(reader, key, "is empty"),
        Value::String(_, text) => {
            if !reader.is_variable(key) {
                reader.warn(
                    key,
                    "literal-secret",
                    format!("`{}` is written into the file", reader.path(key).join(".")),
                    format!("for production: {key} = {CURE}"),
                );
            }
            Some(Secret::new(text.clone()))
        }
        Value::Dict(_, table) => from_table(reader, key, table),
        _ => bad(reader, key, "is no secret"),
    }
}

fn from_table(reader: &Reader<'_>, key: &'static str, table: &Dict) -> Option<Secret<String>> {
    let sources = reader.context.sources;
    let at = |kind: &str| {
        let mut path = reader.path(key);
        path.push(kind.to_owned());
        path
    };
    let set = |kind: &String| sources.is_variable(&at(kind));
    // A place that the environment names is named instead of the file's.
    let overridden = table.keys().any(set);
    let mut named = table.iter().filter(|(kind, _)| !overridden || set(kind));
    let (Some((kind, Value::String(_, name))), None) = (named.next(), named.next()) else {
        return bad(reader, key, "must name exactly one place");
    };
    match kind.as_str() {
        "file" => {
            let folder = sources.folder(&at(kind));
            from_file(reader, key, &folder.join(name))
        }
        "env" => match sources.variable(name).map(OsStr::to_str) {
            Some(Some("")) => bad(reader, key, format!("the variable {name} is empty")),
            Some(Some(text)) => Some(Secret::new(text.to_owned())),
            Some(None) => bad(reader, key, format!("the variable {name} is no UTF-8")),
            None => bad(reader, key, format!("the variable {name} is not set")),
        },
        "credential" => {
            let folders = sources
                .variable("CREDENTIALS_DIRECTORY")
                .map(PathBuf::from)
                .into_iter()
                .chain([PathBuf::from(RUN_SECRETS)]);
            let plain = !name.contains('/') && !name.starts_with('.');
            match folders
                .map(|folder| folder.join(name))
                .find(|path| plain && path.exists())
            {
                Some(path) => from_file(reader, key, &path),
                None => bad(reader, key, format!("there is no credential {name}")),
            }
        }
        other => bad(reader, key, format!("`{other}` is no place for a secret")),
    }
}

fn from_file(reader: &Reader<'_>, key: &'static str, path: &Path) -> Option<Secret<String>> {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return bad(reader, key, format!("{shown} cannot be read: {error}")),
    };
    let mode = metadata.permissions().mode();
    if mode & 0o007 != 0 {
        return bad(
            reader,
            key,
            format!("{shown} can be read by every user of this machine (chmod 600 {shown})"),
        );
    }
    if metadata.len() > MAX_SECRET_BYTES {
        return bad(reader, key, format!("{shown} is too large for a secret"));
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return bad(reader, key, format!("{shown} cannot be read: {error}")),
    };
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| {
        line.strip_suffix('\r').unwrap_or(line)
    });
    if line.is_empty() {
        return bad(reader, key, format!("{shown} is empty"));
    }
    Some(Secret::new(line.to_owned()))
}

fn bad(reader: &Reader<'_>, key: &'static str, why: impl Display) -> Option<Secret<String>> {
    let path = reader.path(key).join(".");
    reader.fault(
        key,
        "bad-secret",
        format!("`{path}`: {why}"),
        format!("write {key} = {CURE}"),
    );
    None
}
