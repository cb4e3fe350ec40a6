//! Every numbered promise of `docs/ARCHITECTURE.md` has a test that carries its number, and the page names tests that exist.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic, and this one is nothing else"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The promises are numbered from one.
const PROMISES: u32 = 55;

#[test]
fn every_promise_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let rows: BTreeMap<u32, &str> = page.lines().filter_map(row).collect();
    let mut tests = Vec::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut tests);
    }
    for number in 1..=PROMISES {
        let row = rows.get(&number);
        let row = row.unwrap_or_else(|| panic!("promise {number} has no row"));
        let named: Vec<&str> = row
            .split('`')
            .filter(|word| word.starts_with("inv_"))
            .collect();
        assert!(!named.is_empty(), "promise {number} names no test: {row}");
        for name in named {
            let prefix = format!("inv_{number:02}_");
            assert!(name.starts_with(&prefix), "{name} stands in row {number}");
            assert!(
                tests.iter().any(|known| known == name),
                "there is no test {name}"
            );
        }
    }
}

/// `| 17 | the promise | tests |`.
fn row(line: &str) -> Option<(u32, &str)> {
    let number = line.strip_prefix("| ")?.split(' ').next()?.parse().ok()?;
    Some((number, line))
}

/// The names of all functions that carry a number.
fn collect(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap() != "node_modules" {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let functions = text.split("fn inv_").skip(1);
            names.extend(functions.map(|rest| {
                let end =
                    rest.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
                format!("inv_{}", &rest[..end.unwrap()])
            }));
        }
    }
}
