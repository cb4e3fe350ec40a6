//! The pages of this repository lead to files that exist and to headings that are there, and what operators look up is
//! complete.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic, and this one is nothing else"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_link_between_pages_leads_somewhere() {
    let root = root();
    let mut pages = vec![root.join("README.md"), root.join("CHANGELOG.md")];
    collect(&root.join("docs"), &mut pages);
    let mut dead = Vec::new();
    for page in &pages {
        for link in links(&fs::read_to_string(page).unwrap()) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                _ => page.parent().unwrap().join(file),
            };
            let there = target.exists() && (heading.is_empty() || has_heading(&target, heading));
            if !there {
                dead.push(format!(
                    "{}: {link}",
                    page.strip_prefix(&root).unwrap().display()
                ));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// The one page with all that is measured, recorded and told.
const OPERATING: &str = "docs/OPERATING.md";

#[test]
fn every_metric_is_explained_and_none_that_does_not_exist() {
    let source = read("src/telemetry/metrics.rs");
    let registered = ["family!(", "durations!("].into_iter().flat_map(|call| {
        let calls = source.split(call).skip(1);
        let literal = |rest: &str| rest.trim_start().strip_prefix('"').map(str::to_owned);
        calls.filter_map(literal)
    });
    let names = registered.map(|rest| format!("doorward_{}", rest.split('"').next().unwrap()));
    let names: BTreeSet<String> = names.collect();
    assert!(names.len() > 30, "{names:?}");
    let page = read(OPERATING);
    let explained: BTreeSet<String> = quoted(&page)
        .filter(|word| word.starts_with("doorward_") && !word.ends_with('*'))
        .map(|word| word.split('{').next().unwrap().to_owned())
        .collect();
    // The library adds the unit and what makes a counter.
    let is = |name: &String, word: &String| {
        ["", "_total", "_seconds"]
            .iter()
            .any(|end| *word == format!("{name}{end}"))
    };
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !explained.iter().any(|word| is(name, word)))
        .collect();
    assert!(
        missing.is_empty(),
        "{OPERATING} does not explain {missing:?}"
    );
    let unknown: Vec<_> = explained
        .iter()
        .filter(|word| !names.iter().any(|name| is(name, word)))
        .collect();
    assert!(unknown.is_empty(), "{OPERATING} explains {unknown:?}");
}

#[test]
fn every_audit_event_is_explained() {
    let source = read("src/audit.rs");
    let events = source.split("rename = \"").skip(1);
    let events: Vec<&str> = events.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(events.len() > 20 && events.iter().all(|event| event.contains('.')));
    explains("event", &events);
}

#[test]
fn every_problem_is_explained() {
    let source = read("src/pages/problem.rs");
    let code = source.split("fn code(&self)").nth(1).unwrap();
    let code = code.split("\n    }\n").next().unwrap();
    let codes: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
    assert!(codes.len() > 20, "{codes:?}");
    explains("problem", &codes);
}

/// Holds that each of these has a row in a table of the page.
#[track_caller]
fn explains(what: &str, words: &[&str]) {
    let page = read(OPERATING);
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let first: Vec<&str> = rows.map(|row| row.split(" | ").next().unwrap()).collect();
    for word in words {
        let there = first
            .iter()
            .any(|cell| quoted(cell).any(|quoted| quoted == *word));
        assert!(there, "{OPERATING} has no row for the {what} `{word}`");
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The targets of all links that stay in this repository.
fn links(text: &str) -> Vec<String> {
    let targets = text
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    let here =
        targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace));
    here.map(str::to_owned).collect()
}

/// Whether a page has a heading that such an anchor names.
fn has_heading(page: &Path, anchor: &str) -> bool {
    let text = fs::read_to_string(page).unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim())
        .any(|heading| {
            let slug: String = heading
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect();
            slug == anchor
        })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}
