//! Which source of a value wins, and where its paths begin.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use doorward::config::{self, Algorithm, Faults, Files, Loaded, Place};

const MAIN: &str = r#"include = ["conf.d/*.toml"]
[server]
public_url = "http://localhost:8000"
prefix = "/file"
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.dev]
kind = "dev"
[organizations.acme-inc]
providers = ["dev"]
"#;

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let plain = load("", &[]).unwrap().config;
    assert_eq!(plain.server.prefix, "/file");
    assert_eq!(plain.management.listen.unwrap().port(), 9480);
    let variables = [
        ("DOORWARD__SERVER__PREFIX", "/variable"),
        ("DOORWARD__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("DOORWARD__SERVER__LIMITS__MAX_CONNECTIONS", "7"),
        ("DOORWARD__ORGANIZATIONS__ACME_INC__ENABLED", "false"),
    ];
    let changed = load("", &variables).unwrap().config;
    assert_eq!(changed.server.prefix, "/variable");
    assert_eq!(changed.server.trusted_proxies.len(), 2);
    assert_eq!(changed.server.limits.max_connections, 7);
    assert_eq!(changed.server.limits.max_connections_per_address, 4);
    let acme = changed.organizations.values().next().unwrap();
    assert!(!acme.enabled, "a `-` in the file is a `_` in the variable");
}

#[test]
fn a_variable_with_commas_is_a_list_of_a_claims_values_too() {
    let claim = "DOORWARD__ORGANIZATIONS__ACME_INC__ALLOW__CLAIMS__DEPARTMENT";
    let config = load("", &[(claim, "it, sales")]).unwrap().config;
    let acme = config.organizations.values().next().unwrap();
    assert_eq!(acme.allow.claims["department"], ["it", "sales"]);
}

#[test]
fn a_place_of_a_secret_in_the_environment_replaces_the_files() {
    let file = "[assertion]\nalgorithm = \"HS256\"\nsecret = { env = \"OLD\" }\n";
    let [old, new] = ["old", "new"].map(|age| format!("{age}, and more than 32 characters long"));
    let secret = |environment: &[(&str, &str)]| {
        let (folder, files) = files(file, environment);
        let path = folder.path().join("secret");
        fs::write(&path, "a secret in a file: 32 characters").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        match config::load(&files).unwrap().config.assertion.algorithm {
            Algorithm::Hs256(secret) => secret.expose().clone(),
            other => panic!("{other:?}"),
        }
    };
    let variable = |kind| format!("DOORWARD__ASSERTION__SECRET{kind}");
    assert_eq!(secret(&[("OLD", old.as_str())]), old);
    let literal = variable("");
    assert_eq!(secret(&[("OLD", old.as_str()), (&literal, &new)]), new);
    let env = variable("__ENV");
    assert_eq!(
        secret(&[("OLD", old.as_str()), ("NEW", &new), (&env, "NEW")]),
        new
    );
    // The file that sets the key is in `conf.d`; from a variable, a path begins beside the first file.
    let file = variable("__FILE");
    assert!(secret(&[("OLD", old.as_str()), (&file, "secret")]).contains("in a file"));
}

#[test]
fn inv_55_a_variable_that_is_no_text_is_not_passed_over() {
    let name = OsStr::from_bytes(b"DOORWARD__SERVER__PREF\xff").to_owned();
    let value = OsStr::from_bytes(b"\xff").to_owned();
    for (name, value) in [
        (name, OsString::from("/x")),
        (OsString::from("DOORWARD__SERVER__PREFIX"), value.clone()),
    ] {
        let (_folder, mut files) = files("", &[]);
        files.environment.insert("UNRELATED".into(), value.clone());
        files.environment.insert(name, value);
        let Faults(faults) = config::load(&files).unwrap_err();
        let [fault] = faults.as_slice() else {
            panic!("{faults:?}");
        };
        assert_eq!(fault.code, "bad-variable");
        let Some(Place::Environment { variable }) = &fault.place else {
            panic!("{fault:?}");
        };
        assert!(variable.starts_with("DOORWARD__SERVER__PREF"), "{variable}");
    }
}

#[test]
fn an_included_file_adds_and_its_paths_begin_beside_it() {
    let config = load("[store]\npath = \"kept\"\n", &[]).unwrap().config;
    assert!(config.store.path.ends_with("conf.d/kept"));
    assert!(config.admin.socket.unwrap().ends_with("run/admin.sock"));
}

#[test]
fn inv_55_two_files_do_not_set_one_key() {
    let Faults(faults) = load("[server]\nprefix = \"/other\"\n", &[]).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(
        (faults[0].code, faults[0].path.as_str()),
        ("defined-twice", "server.prefix")
    );
    let place = faults[0].place.as_ref().unwrap();
    assert_eq!(place.line_and_column(), Some((2, 1)));
}

#[test]
fn inv_55_include_is_obeyed_or_refused() {
    let Faults(faults) = load("include = [\"more.toml\"]\n", &[]).unwrap_err();
    assert!(
        faults
            .iter()
            .any(|fault| fault.message.contains("first file only"))
    );
    let Faults(faults) = load("", &[("DOORWARD__INCLUDE", "more.toml")]).unwrap_err();
    assert_eq!(faults[0].code, "bad-include");
}

#[test]
fn inv_55_a_folder_that_cannot_be_listed_is_no_folder_without_files() {
    for broken in ["a file", "a link to itself", "a link to nothing"] {
        let (folder, files) = files("", &[]);
        let included = folder.path().join("conf.d");
        fs::remove_dir_all(&included).unwrap();
        match broken {
            "a file" => fs::write(&included, "").unwrap(),
            "a link to itself" => symlink("conf.d", &included).unwrap(),
            _ => symlink("nowhere", &included).unwrap(),
        }
        let Faults(faults) = config::load(&files).unwrap_err();
        let [fault] = faults.as_slice() else {
            panic!("{broken}: {faults:?}");
        };
        assert_eq!(
            (fault.code, fault.path.as_str()),
            ("bad-include", "include")
        );
        let place = fault.place.as_ref().unwrap();
        assert_eq!(place.line_and_column(), Some((1, 12)), "{broken}");
    }
}

#[test]
fn a_folder_of_further_files_may_be_left_out() {
    let (folder, files) = files("", &[]);
    fs::remove_dir_all(folder.path().join("conf.d")).unwrap();
    assert!(config::load(&files).is_ok());
}

#[test]
fn inv_51_debugging_shows_no_secret() {
    let files = files("", &[("IDP_SECRET", "hunter2")]).1;
    assert!(!format!("{files:?}").contains("hunter2"));
    let hs256 = "[assertion]\nalgorithm = \"HS256\"\nsecret = \"hunter2-hunter2-hunter2-hunter2-hunter2\"\n";
    let loaded = load(hs256, &[]).unwrap();
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

/// A folder with the file and one that it includes.
fn files(included: &str, variables: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conf.d")).unwrap();
    fs::write(folder.path().join("conf.d/more.toml"), included).unwrap();
    let file = folder.path().join("doorward.toml");
    fs::write(&file, MAIN).unwrap();
    let own = |(name, value): &(&str, &str)| (name.into(), value.into());
    let environment = variables.iter().map(own).collect();
    (folder, Files { file, environment })
}

fn load(included: &str, variables: &[(&str, &str)]) -> Result<Loaded, Faults> {
    let (_folder, files) = files(included, variables);
    config::load(&files)
}
