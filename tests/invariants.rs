//! Every numbered promise of `docs/ARCHITECTURE.md` has a test that carries its number, every story one that tells it, and
//! the page names tests that exist.

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

/// Pages that no story can come to, and why; `tests/pages.rs` renders them.
const OUT_OF_REACH: [(&str, &str); 1] = [(
    "broken",
    "only a mistake of ours or a store that fails leads there, and a story has neither",
)];

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

#[test]
fn every_story_is_told_by_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let (_, table) = page.split_once("<!-- stories -->\n").unwrap();
    let rows = table.lines().skip(2).take_while(|line| !line.is_empty());
    let mut code = String::new();
    for folder in ["src", "tests"] {
        read_all(&root.join(folder), &mut code);
    }
    let mut stories = 0;
    for row in rows {
        let told: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!told.is_empty(), "nobody tells of this: {row}");
        for name in told {
            assert!(
                code.contains(&format!("fn {name}(")),
                "there is no test {name}"
            );
        }
        stories += 1;
    }
    assert!(stories > 0, "there is no table");
}

/// A page that is new has its name where the others have theirs, and is found here.
#[test]
fn every_page_of_the_catalogue_is_visited_by_the_crawler_in_a_story() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut pages, mut stories) = (String::new(), String::new());
    read_all(&root.join("src/pages"), &mut pages);
    read_all(&root.join("tests/broker"), &mut stories);
    let names = |start: &str| -> Vec<String> {
        let all = pages.split(start).skip(1);
        all.map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let views = names("const NAME: &'static str = \"");
    let (_, codes) = pages.split_once("fn code(&self)").unwrap();
    let (codes, _) = codes.split_once("\n    }\n").unwrap();
    let problems: Vec<String> = codes
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(
        views.len() >= 29 && problems.len() > 30,
        "{views:?} {problems:?}"
    );
    // At its end the pages of a story are followed to wherever they lead.
    let crawled: Vec<&str> = stories
        .split("#[tokio::test]")
        .filter(|story| story.contains("world.end("))
        .collect();
    for name in views.iter().chain(&problems) {
        let quoted = format!("\"{name}\"");
        let asked = crawled.iter().any(|story| story.contains(&quoted));
        let is_out_of_reach = OUT_OF_REACH.iter().any(|(known, _)| known == name);
        assert_ne!(
            asked, is_out_of_reach,
            "no story comes to {name} and ends with the crawler, or one does after all"
        );
    }
}

#[test]
fn every_story_ends_with_the_searches_for_secrets_and_dead_ends() {
    let mut stories = String::new();
    let broker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broker");
    read_all(&broker, &mut stories);
    let stories = stories.split("#[tokio::test]\nasync fn ").skip(1);
    let bodies = stories.map(|story| story.split("\n}\n").next().unwrap());
    let begun = bodies.filter(|story| story.contains("World::") || story.contains("world()"));
    let open: Vec<&str> = begun
        .filter(|story| {
            !["world.end(", ".trail("]
                .iter()
                .any(|end| story.contains(end))
        })
        .map(|story| story.split('(').next().unwrap())
        .collect();
    assert!(
        open.is_empty(),
        "nothing is searched at the end of {open:?}"
    );
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

/// The text of all source files below a folder.
fn read_all(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap() != "node_modules" {
            read_all(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
