//! The example and the smallest file are what they say: complete, and ready to be used.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use doorward::config::{self, Files, Protocol, Slug};
use rcgen::{CertifiedKey, KeyPair};
use tempfile::TempDir;
use toml_edit::{DocumentMut, Item, TableLike, Value};

const EXAMPLE: &str = include_str!("../config.example.toml");
const README: &str = include_str!("../README.md");

#[test]
fn the_example_loads_without_a_fault() {
    let folder = folder_with(EXAMPLE);
    let loaded = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    let warnings = config::render(&loaded.warnings, config::Style::Plain);
    assert!(loaded.warnings.is_empty(), "{warnings}");
    assert_eq!(loaded.config.organizations.len(), 6);
}

#[test]
fn the_example_has_every_key_and_no_other() {
    let known = config::known_keys();
    let written = keys_of(&with_alternatives(EXAMPLE), &known);
    let missing: Vec<_> = known.difference(&written).collect();
    let foreign: Vec<_> = written.difference(&known).collect();
    assert!(missing.is_empty(), "the example lacks {missing:?}");
    assert!(foreign.is_empty(), "nobody knows {foreign:?}");
}

#[test]
fn the_defaults_in_the_example_are_the_defaults() {
    let folder = folder_with(&smallest());
    let bare = load(&folder).unwrap().config;
    let folder = folder_with(EXAMPLE);
    let example = load(&folder).unwrap().config;
    let limits = |config: &config::Config| format!("{:?}", config.server.limits);
    assert_eq!(limits(&bare), limits(&example));
    let rest = |config: &config::Config| {
        let acme = config.organizations.values().last().unwrap();
        format!("{:?} {:?} {:?}", acme.sessions, config.login, config.logs)
    };
    assert_eq!(rest(&bare), rest(&example));
    assert_eq!(bare.headers.preset, example.headers.preset);
    assert_eq!(bare.headers.encoding, example.headers.encoding);
    assert_eq!(
        bare.headers.groups_separator,
        example.headers.groups_separator
    );
    let signing = |config: &config::Config| {
        let it = &config.assertion;
        format!(
            "{} {:?} {:?} {:?}",
            it.header, it.algorithm, it.lifetime, it.rotate_every
        )
    };
    assert_eq!(signing(&bare), signing(&example));
    let again = |config: &config::Config| format!("{:?}", config.revalidation);
    assert_eq!(again(&bare), again(&example));
    assert_eq!(bare.management.listen, example.management.listen);
    assert_eq!(bare.store.kind, example.store.kind);
    assert_eq!(bare.server.prefix, example.server.prefix);
    assert_eq!(
        bare.server.shutdown_timeout,
        example.server.shutdown_timeout
    );
}

#[test]
fn the_defaults_of_tables_with_names_in_the_example_are_the_defaults() {
    let folder = folder_with(&smallest());
    let bare = load(&folder).unwrap().config;
    let folder = folder_with(EXAMPLE);
    let example = load(&folder).unwrap().config;
    let application = |config: &config::Config| {
        let app = config.upstreams.values().next().unwrap();
        (app.timeout, app.connect_timeout, app.preserve_host)
    };
    assert_eq!(application(&bare), application(&example));
    let client = |config: &config::Config, name: &str| {
        let provider = &config.providers[&Slug::parse(name).unwrap()];
        let Protocol::Oidc(it) = &provider.protocol else {
            panic!("{name} is an OpenID provider");
        };
        let reading = format!("{} {} {:?}", it.groups_claim, it.userinfo, it.algorithms);
        (reading, it.client_authentication, it.timeout)
    };
    assert_eq!(client(&bare, "google"), client(&example, "acme-idp"));
    let tenant = |config: &config::Config| config.organizations.values().next().unwrap().enabled;
    assert_eq!(tenant(&bare), tenant(&example));
    let access = |config: &config::Config| {
        let mut routes = config.routes.iter();
        routes.find(|route| route.name == "default").unwrap().access
    };
    assert_eq!(access(&bare), access(&example));
}

#[test]
fn the_smallest_file_has_fifteen_lines_at_most_and_loads() {
    let text = smallest();
    assert!(text.lines().count() <= 15, "{text}");
    let folder = folder_with(&text);
    let loaded = load(&folder).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(loaded.warnings.is_empty());
    assert_eq!(loaded.config.routes.len(), 1);
}

#[test]
fn the_smallest_file_holds_no_secret() {
    let document: DocumentMut = smallest().parse().unwrap();
    let secret = &document["providers"]["google"]["client_secret"];
    assert!(secret["file"].is_str(), "{secret}");
    assert!(document.get("store").is_none(), "the store makes its key");
    assert!(document.get("assertion").is_none(), "and the signing key");
}

/// The block of the README behind its mark.
fn smallest() -> String {
    let (_, behind) = README.split_once("<!-- smallest -->\n```toml\n").unwrap();
    behind.split_once("```").unwrap().0.to_owned()
}

/// A folder with `text` as its configuration and every file that the text names.
fn folder_with(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("doorward.toml"), text).unwrap();
    let document: DocumentMut = text.parse().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["app.example.com".to_owned()]).unwrap();
    lay_out(folder.path(), document.as_table(), &made);
    folder
}

fn lay_out(folder: &Path, table: &dyn TableLike, made: &CertifiedKey<KeyPair>) {
    for (key, item) in table.iter() {
        if let Some(table) = item.as_table_like() {
            lay_out(folder, table, made);
        }
        if let ("words", Some(name)) = (key, item.as_str()) {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let text = match key {
            "certificate" | "client_certificate" | "ca" => made.cert.pem(),
            "key" | "client_key" => made.signing_key.serialize_pem(),
            "logo" => "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned(),
            "file" if item.as_str().is_some_and(|name| name.ends_with(".p8")) => {
                made.signing_key.serialize_pem()
            }
            "file" | "credential" => "made up for this test\n".to_owned(),
            _ => continue,
        };
        if let Some(name) = item.as_str() {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
    }
}

fn load(folder: &TempDir) -> Result<config::Loaded, config::Faults> {
    let credentials = folder.path().display().to_string();
    let environment = [
        ("CREDENTIALS_DIRECTORY", credentials.as_str()),
        ("ENTRA_SECRET", "made up for this test"),
    ];
    config::load(&Files {
        file: folder.path().join("doorward.toml"),
        environment: environment
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
    })
}

/// The text with its `#key = value` lines live; prose has a space behind `#`.
fn with_alternatives(text: &str) -> DocumentMut {
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_lowercase()) => rest,
        Some(_) | None => line,
    });
    let mut live = String::new();
    for line in lines {
        live.push_str(line);
        live.push('\n');
    }
    live.parse().unwrap()
}

/// The keys of a document, with names of tables as `*`. What stands below a key that has nothing known below it (a
/// place of a secret, a claim, a header) is not a key.
fn keys_of(document: &DocumentMut, known: &BTreeSet<String>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    collect(document.as_table(), "", known, &mut keys);
    keys
}

fn collect(
    table: &dyn TableLike,
    above: &str,
    known: &BTreeSet<String>,
    keys: &mut BTreeSet<String>,
) {
    for (name, item) in table.iter() {
        let path = format!("{above}{name}");
        let below: BTreeMap<bool, String> =
            [(true, format!("{path}.*.")), (false, format!("{path}."))].into();
        let begins = |prefix: &String| known.iter().any(|key| key.starts_with(prefix.as_str()));
        if let (true, Some(tables)) = (begins(&below[&true]), item.as_table_like()) {
            for (_, one) in tables.iter() {
                collect(as_table(one), &below[&true], known, keys);
            }
        } else if let (true, Some(inner)) = (begins(&below[&false]), item.as_table_like()) {
            collect(inner, &below[&false], known, keys);
        }
        keys.insert(path);
    }
}

fn as_table(item: &Item) -> &dyn TableLike {
    item.as_table_like().expect("a table of tables")
}

/// The page that explains every key.
const PAGE: &str = include_str!("../docs/configuration.md");

#[test]
fn the_page_explains_every_key_and_no_other() {
    let mut known = config::known_keys();
    // Tables have a heading or a list of their own.
    let all = known.clone();
    known.retain(|key| {
        !all.iter()
            .any(|other| other.starts_with(&format!("{key}.")))
    });
    let explained = explained();
    let missing: Vec<_> = known.difference(&explained).collect();
    assert!(missing.is_empty(), "the page lacks {missing:?}");
    let foreign: Vec<_> = explained.difference(&all).collect();
    assert!(foreign.is_empty(), "nobody knows {foreign:?}");
}

#[test]
fn a_file_with_every_default_of_the_page_means_what_one_without_means() {
    let bare = smallest();
    let mut written: DocumentMut = bare.parse().unwrap();
    written["routes"]["default"]["path"] = "/*".into();
    let mut count = 0;
    for (key, default) in rows() {
        let Some(value) = default.as_deref().and_then(literal) else {
            continue;
        };
        put(&mut written, &key, value);
        count += 1;
    }
    assert!(count >= 40, "only {count} defaults on the page");
    let folder = folder_with(&bare);
    let meant = format!("{:?}", load(&folder).unwrap().config);
    fs::write(folder.path().join("doorward.toml"), written.to_string()).unwrap();
    let loaded = load(&folder).unwrap_or_else(|faults| panic!("{faults}\n{written}"));
    assert_eq!(format!("{:?}", loaded.config), meant, "\n{written}");
}

/// What a cell gives literally: one value, or a list. Prose, a heading and the name of another key are none.
fn literal(cell: &str) -> Option<Value> {
    let texts: Option<Vec<&str>> = cell
        .split("`, `")
        .map(|text| text.trim_matches('`'))
        .map(|text| (!text.contains('`')).then_some(text))
        .collect();
    let texts = texts.filter(|_| cell.starts_with('`') && cell.ends_with('`'))?;
    let [text] = texts.as_slice() else {
        return Some(texts.into_iter().collect());
    };
    let other = text.starts_with('[') || config::known_keys().contains(*text);
    (!other).then(|| text.parse().unwrap_or_else(|_| (*text).into()))
}

/// Writes a key, in the tables of the smallest file where it has a name.
fn put(document: &mut DocumentMut, key: &str, value: Value) {
    let named = [
        ("upstreams.*", "upstreams.app"),
        ("providers.*", "providers.google"),
        ("organizations.*", "organizations.acme"),
        ("routes.*", "routes.default"),
    ];
    let key = named.iter().fold(key.to_owned(), |key, (shape, name)| {
        key.replace(shape, name)
    });
    let mut item = document.as_item_mut();
    for part in key.split('.') {
        item = &mut item[part];
    }
    *item = value.into();
}

#[test]
fn the_page_shows_what_check_prints() {
    let (_, behind) = PAGE.split_once("<!-- check -->\n```text\n").unwrap();
    let shown = behind.split_once("```").unwrap().0;
    assert_eq!(shown, include_str!("five_faults.txt"));
}

/// The keys that the page explains.
fn explained() -> BTreeSet<String> {
    let mut keys: BTreeSet<String> = rows().into_iter().map(|(key, _)| key).collect();
    // Explained in one cell, or by another table.
    keys.insert("store.key.file".to_owned());
    for key in ["idle_timeout", "absolute_timeout", "max_per_account"] {
        assert!(keys.contains(&format!("sessions.{key}")));
        keys.insert(format!("organizations.*.sessions.{key}"));
    }
    keys
}

/// The keys in the first column of the page's tables, below the table that heading or the line before names, and their
/// defaults where there is a column for them.
fn rows() -> Vec<(String, Option<String>)> {
    let mut rows = Vec::new();
    let mut tables = vec![String::new()];
    let mut with_defaults = false;
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            tables = tables_of(heading);
        } else if let Some((_, name)) = line.split_once("(`[") {
            let name = name.split_once("]`").unwrap().0;
            tables = vec![format!("{}.", name.replace("SLUG", "*"))];
        } else if line.starts_with("| Key |") {
            with_defaults = line.contains("| Default |");
        }
        let mut cells = line.split(" | ");
        let first = cells.next().and_then(|cell| cell.strip_prefix("| `"));
        let key = first.and_then(|cell| cell.strip_suffix('`')).filter(is_key);
        let default = cells.nth(1).filter(|_| with_defaults).map(str::to_owned);
        for table in tables.iter().filter(|_| key.is_some()) {
            rows.push((format!("{table}{}", key.unwrap()), default.clone()));
        }
    }
    rows
}

fn is_key(text: &&str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn tables_of(heading: &str) -> Vec<String> {
    if heading.contains("`allow` and `require`") {
        return vec!["organizations.*.allow.".into(), "routes.*.require.".into()];
    }
    let name = heading
        .strip_prefix("`[")
        .and_then(|rest| rest.strip_suffix("]`"));
    name.map_or(vec![String::new()], |name| {
        let name = name.replace("NAME", "*").replace("SLUG", "*");
        vec![format!("{name}.")]
    })
}
