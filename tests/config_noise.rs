//! Whatever a file holds, loading it ends in a configuration or in faults that lie inside it, and never in a panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::fs;

use doorward::config::{self, Fault, Files, Place, Style};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_no_trouble(text in any::<String>()) {
        survives(&text, &[]);
    }

    #[test]
    fn arbitrary_toml_is_no_trouble(lines in prop::collection::vec(line(), 0..25)) {
        survives(&lines.join("\n"), &[]);
    }

    #[test]
    fn a_torn_example_is_no_trouble(from in 0..EXAMPLE.len(), length in 0..200_usize, put in "[\\PC\n]{0,8}") {
        let at = |index: usize| (0..=index.min(EXAMPLE.len())).rev().find(|at| EXAMPLE.is_char_boundary(*at)).unwrap();
        let text = format!("{}{put}{}", &EXAMPLE[..at(from)], &EXAMPLE[at(from + length)..]);
        survives(&text, &[]);
    }

    #[test]
    fn arbitrary_variables_are_no_trouble(
        names in prop::collection::vec(key(), 1..5), value in any::<String>(),
    ) {
        let name = format!("DOORWARD__{}", names.join("__").to_uppercase().replace('-', "_"));
        survives(EXAMPLE, &[(name, value)]);
    }

    #[test]
    fn inv_51_a_secret_under_any_name_is_not_shown(name in "[a-z_]{1,16}|client_secret|cl[ie]nt_se?crt|token", cut in any::<bool>()) {
        let plain = |key: &String| key.ends_with(&format!(".{name}")) && name != "client_secret";
        prop_assume!(!config::known_keys().iter().any(plain));
        let end = if cut { "" } else { "\"" };
        let text = format!("[providers.idp]\n{name} = \"hunter2{end}\npreset = \"oidc\"\n");
        let shown = survives(&text, &[]);
        prop_assert!(!shown.contains("hunter2"), "{}", shown);
    }
}

const EXAMPLE: &str = include_str!("../config.example.toml");

/// Every key of every table, and some that are none.
fn key() -> impl Strategy<Value = String> {
    let known: Vec<String> = config::known_keys().into_iter().collect();
    let names = prop::sample::select(known).prop_map(|path| {
        let last = path.rsplit('.').next().unwrap_or_default();
        last.to_owned()
    });
    prop_oneof![9 => names, 1 => "[a-z-]{0,6}"]
}

fn line() -> impl Strategy<Value = String> {
    let known: Vec<String> = config::known_keys().into_iter().collect();
    let table =
        prop::sample::select(known).prop_map(|path| format!("[{}]", path.replace('*', "acme")));
    let value = prop_oneof![
        prop::sample::select(VALUES.to_vec()).prop_map(str::to_owned),
        "\"[^\"\\\\\\pC]{0,12}\"",
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    prop_oneof![
        1 => table,
        3 => (key(), value).prop_map(|(key, value)| format!("{key} = {value}")),
    ]
}

const VALUES: [&str; 14] = [
    "true",
    "[]",
    "{}",
    "[1, \"a\"]",
    "\"1h\"",
    "\"oidc\"",
    "\"dev\"",
    "\"https://a.example\"",
    "[\"acme\"]",
    "{ env = \"X\" }",
    "1979-05-27T07:32:00Z",
    "nan",
    "\"\"\"\nä\n\"\"\"",
    "[[{ a = 1 }]]",
];

/// Loads a text, holds that every fault lies inside it and is shown, and gives back all that is shown.
fn survives(text: &str, variables: &[(String, String)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("doorward.toml");
    fs::write(&file, text).unwrap();
    let loaded = config::load(&Files {
        file,
        environment: variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    });
    let faults = match &loaded {
        Ok(loaded) => &loaded.warnings,
        Err(faults) => &faults.0,
    };
    for fault in faults {
        lies_inside(fault, text);
    }
    let shown = config::render(faults, Style::Plain);
    let flat = |text: &str| text.split_whitespace().collect::<String>();
    let (flat_shown, first) = (flat(&shown), faults.first());
    if let Some(first) = first.filter(|fault| fault.message.len() < 100) {
        assert!(flat_shown.contains(&flat(&first.message)), "{shown}");
    }
    format!("{shown}{}{loaded:?}", config::to_json(faults))
}

fn lies_inside(fault: &Fault, text: &str) {
    let Some(Place::File { source, span }) = &fault.place else {
        return;
    };
    assert_eq!(source.text.len(), text.len(), "{fault:?}");
    assert!(
        span.start <= span.end && span.end <= text.len(),
        "{fault:?}"
    );
    let (line, column) = fault.place.as_ref().unwrap().line_and_column().unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    assert!(line <= lines.len(), "{fault:?}");
    assert!(column <= lines[line - 1].chars().count() + 1, "{fault:?}");
}
