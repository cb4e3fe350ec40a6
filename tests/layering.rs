//! The floors of the house: imports point down only, rooms on one floor do not know each other, and heavy dependencies
//! stay in the one room that owns them. Moving a room to another floor is a change of design: it happens in this table,
//! with the reason in the same commit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic, and this one is nothing else"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor, from the ground up.
const FLOORS: [&[&str]; 8] = [
    &[
        "address",
        "audit",
        "clock",
        "rarely",
        "secret",
        "tasks",
        "telemetry",
        "tether",
        "wire",
        "workers",
    ],
    &["config"],
    &["store", "provider", "proxy", "pages", "server"],
    &["identity", "assertion", "traces", "drafts"],
    &["session"],
    &["pipeline", "revalidation"],
    &["gateway", "admin"],
    &["main", "app", "cli", "demo"],
];

/// Floors whose rooms may know each other: the shared words at the bottom, the wiring at the top.
const OPEN_FLOORS: [usize; 2] = [0, 7];

/// Crates that only some rooms may name. The demonstration is an OpenID provider of its own, so it signs tokens too; `provider` has
/// jsonwebtoken check signatures, which it does by aws-lc.
const OWNERS: [(&str, &[&str]); 7] = [
    ("openidconnect", &["provider"]),
    ("sled", &["store"]),
    ("jsonwebtoken", &["assertion", "demo", "provider"]),
    ("cookie", &["session"]),
    ("figment", &["config"]),
    ("fluent_bundle", &["config", "pages"]),
    ("fluent_syntax", &["config", "pages"]),
];

#[test]
fn imports_point_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offences = Vec::new();
    for file in rust_files(&source) {
        let path = file.strip_prefix(&source).unwrap();
        let room = room_of(path);
        if room == "lib" {
            continue;
        }
        assert!(
            floor(&room).is_some(),
            "src/{} belongs to no floor: add its room to the table",
            path.display()
        );
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if let Some(offence) = offence(&room, line) {
                let (path, number) = (path.display(), number + 1);
                offences.push(format!("src/{path}:{number}: {offence}: {}", line.trim()));
            }
        }
    }
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn the_check_sees_what_is_forbidden() {
    for (room, line) in [
        ("store", "use crate::session::Handle;"),
        ("store", "    let page = crate::pages::render();"),
        ("config", "use crate::store;"),
        ("clock", "use crate::config::Config;"),
        ("session", "use crate::{clock, gateway::Route, secret};"),
        ("session", "use crate::{"),
        ("pipeline", "use openidconnect::Nonce;"),
        ("gateway", "fn key(key: ::jsonwebtoken::EncodingKey) {}"),
    ] {
        assert!(offence(room, line).is_some(), "{room}: {line}");
    }
    for (room, line) in [
        ("session", "use crate::store::Table;"),
        ("session", "use crate::session::Handle;"),
        ("session", "use crate::{clock, store};"),
        ("audit", "use crate::clock::Timestamp;"),
        ("clock", "// what `crate::config::Config` says"),
        ("store", "pub(crate) struct Sled;"),
        ("gateway", "let jar = session::cookie::parse();"),
        ("provider", "use openidconnect::Nonce;"),
    ] {
        assert_eq!(offence(room, line), None, "{room}: {line}");
    }
}

/// What is wrong with a line in a room, if anything.
fn offence(room: &str, line: &str) -> Option<String> {
    if line.trim_start().starts_with("//") {
        return None;
    }
    if line.contains("crate::{") && !line.contains('}') {
        return Some("write it on one line, so that this test can read it".to_owned());
    }
    for (position, _) in line.match_indices("crate::") {
        for other in named(&line[position + "crate::".len()..]) {
            // A name that is no room comes from a macro or is an item of `lib.rs`.
            if let Some(below) = floor(&other)
                && !may_know(room, &other, below)
            {
                return Some(format!("{room} must not know {other}"));
            }
        }
    }
    OWNERS
        .iter()
        .find(|(name, owners)| !owners.contains(&room) && names_crate(line, name))
        .map(|(name, owners)| format!("only {} may name {name}", owners.join(" and ")))
}

/// The rooms in what follows `crate::`: one name, or several in braces.
fn named(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect::<String>()
    };
    match rest.strip_prefix('{') {
        // Names inside further braces are looked at too: at worst an item with the name of a room is refused.
        Some(several) => several.split([',', '{', '}']).map(name).collect(),
        None => vec![name(rest)],
    }
}

fn may_know(room: &str, other: &str, below: usize) -> bool {
    let own = floor(room).unwrap();
    room == other || below < own || (below == own && OPEN_FLOORS.contains(&own))
}

/// Whether a line has a path that begins with a crate's name.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::"))
        .any(|(position, _)| {
            let before = &line[..position];
            let outer = before.strip_suffix("::").unwrap_or(before);
            let continues =
                outer.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
            // `a::cookie::b` and `my_cookie::b` go on from something else; `use ::cookie::b` and `<cookie::b` do not.
            !continues
        })
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The first name of a path below `src`.
fn room_of(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
