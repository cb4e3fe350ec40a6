//! What an operator is told of each mistake: `config_faults.txt` holds the files and the answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic, and says what it found"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use doorward::config::{self, Fault, Files, Place, Weight};
use tempfile::TempDir;

/// One file and what is said of it.
struct Case {
    name: String,
    file: String,
    answer: String,
}

#[test]
fn inv_55_every_mistake_is_named_with_its_place_and_its_cure() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_faults.txt");
    let sheet = fs::read_to_string(&path).unwrap();
    let (preface, cases) = parse(&sheet);
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let mut anew = preface;
    let mut wrong = 0;
    for case in &cases {
        let told = told(&case.file);
        if told != case.answer {
            wrong += 1;
            eprintln!("## {}\nexpected\n{}told\n{told}", case.name, case.answer);
        }
        anew.push_str(&format!("## {}\n{}{told}\n", case.name, case.file));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch for whoever changes a message"
    )]
    if std::env::var_os("DOORWARD_BLESS").is_some() {
        fs::write(&path, format!("{}\n", anew.trim_end())).unwrap();
        return;
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
}

#[test]
fn inv_55_no_case_is_used_unless_all_that_is_said_of_it_is_a_warning() {
    let sheet = include_str!("config_faults.txt");
    for case in parse(sheet).1 {
        let warned = case
            .answer
            .lines()
            .filter(|line| line.contains(" warning "));
        let only_warned = warned.count() == case.answer.matches(">   help:").count();
        let used = World::new(&case.file).load().is_ok();
        assert_eq!(used, only_warned, "{}", case.name);
    }
}

fn parse(sheet: &str) -> (String, Vec<Case>) {
    let mut parts = sheet.split("## ");
    let preface = parts.next().unwrap().to_owned();
    let cases = parts.map(|part| {
        let (name, rest) = part.split_once('\n').unwrap();
        let is_answer = |line: &&str| line.starts_with('>');
        let lines = |wanted: bool| {
            let lines = rest.lines().filter(|line| !line.is_empty());
            let lines = lines.filter(|line| is_answer(line) == wanted);
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        Case {
            name: name.to_owned(),
            file: lines(false),
            answer: lines(true),
        }
    });
    (preface, cases.collect())
}

/// What is said of a file.
fn told(file: &str) -> String {
    let world = World::new(file);
    let faults = match world.load() {
        Ok(loaded) => loaded.warnings,
        Err(faults) => faults.0,
    };
    let folder = format!("{}/", world.folder.path().display());
    let all: String = faults.iter().map(one).collect();
    all.replace(&folder, "")
}

fn one(fault: &Fault) -> String {
    let place = match &fault.place {
        Some(place @ Place::File { .. }) => {
            let (line, column) = place.line_and_column().unwrap();
            format!("{line}:{column}")
        }
        Some(Place::Environment { variable }) => variable.clone(),
        None => "-".to_owned(),
    };
    let weight = match fault.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
    };
    let Fault {
        code,
        message,
        path,
        ..
    } = fault;
    let help = fault.help.replace('\n', "\n>       ");
    let head = format!("> {place} {weight} {code} {path}");
    let head = head.trim_end();
    format!("{head}\n>   {message}\n>   help: {help}\n")
}

/// A folder with the case's file and what it may need.
struct World {
    folder: TempDir,
    file: PathBuf,
    environment: BTreeMap<OsString, OsString>,
}

impl World {
    fn new(case: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("doorward.toml");
        let (variables, lines): (Vec<&str>, Vec<&str>) =
            case.lines().partition(|line| line.starts_with("$ "));
        let variables = variables.iter().map(|line| line.trim_start_matches("$ "));
        let environment = variables.chain(["SECRET=hunter2"]).map(|variable| {
            let (name, value) = variable.split_once('=').unwrap();
            (name.into(), value.into())
        });
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&file, completed(&lines)).unwrap();
        let readable = folder.path().join("readable.secret");
        fs::write(&readable, "hunter2").unwrap();
        fs::set_permissions(&readable, Permissions::from_mode(0o644)).unwrap();
        for (name, text) in pem_files() {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        for (name, text) in WORDS {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self {
            folder,
            file,
            environment: environment.collect(),
        }
    }

    fn load(&self) -> Result<config::Loaded, config::Faults> {
        config::load(&Files {
            file: self.file.clone(),
            environment: self.environment.clone(),
        })
    }
}

/// An operator's own words, sound and otherwise.
const WORDS: [(&str, &str); 5] = [
    ("words/de.ftl", "action-sign-in = Anmelden\n"),
    (
        "words/nl.ftl",
        "-app = het portaal\ndoor-title = { -app }: { $organization }\n",
    ),
    ("words/README", "not for the pages\n"),
    ("misnamed/german.ftl", "action-sign-in = Anmelden\n"),
    (
        "faulty/de.ftl",
        "# Ours.\naction-sign-inn = Anmelden\ndoor-title = Bei { $organisation } anmelden\n\
         email-or = { -word }, { NUMBER(1) }\naction-sign-out = Abmelden\naction-sign-out = Ab\nbroken heading\n",
    ),
];

/// A certificate with its key, the key of another, files that are none, and logos that cannot be shown.
fn pem_files() -> &'static [(&'static str, String)] {
    static FILES: OnceLock<[(&str, String); 8]> = OnceLock::new();
    FILES.get_or_init(|| {
        let [own, other] = [0, 1].map(|_| {
            rcgen::generate_simple_self_signed(vec!["app.example.com".to_owned()]).unwrap()
        });
        let locked =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let forged = "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n";
        [
            ("cert.pem", own.cert.pem()),
            ("key.pem", own.signing_key.serialize_pem()),
            ("other-key.pem", other.signing_key.serialize_pem()),
            ("locked-key.pem", locked.to_owned()),
            ("forged.pem", forged.to_owned()),
            ("torn.pem", own.cert.pem().replace("-----END", "")),
            ("large.svg", format!("<svg>{}</svg>", " ".repeat(8 * 1024))),
            ("photo.jpg", "JFIF".to_owned()),
        ]
    })
}

/// The case, and of the sound file each table that the case neither has nor does without.
fn completed(case: &str) -> String {
    let mut text = case.to_owned();
    for table in SOUND {
        let kind = table
            .trim_start_matches('[')
            .split(['.', ']'])
            .next()
            .unwrap();
        let there = ["\n[", "\n[["].iter().any(|start| {
            let text = format!("\n{case}");
            text.contains(&format!("{start}{kind}.")) || text.contains(&format!("{start}{kind}]"))
        });
        if !there && !case.contains(&format!("# without {kind}\n")) {
            text.push_str(table);
        }
    }
    text
}

const SOUND: [&str; 4] = [
    "[server]\npublic_url = \"https://app.example.com\"\n",
    "[upstreams.app]\nurl = \"http://127.0.0.1:8080\"\n",
    "[providers.idp]\npreset = \"oidc\"\nissuer = \"https://login.acme.com\"\nclient_id = \"doorward\"\nclient_secret = { env = \"SECRET\" }\n",
    "[organizations.acme]\nproviders = [\"idp\"]\n",
];
