//! The samples in `docs/verify`: each is short, and each that can run here accepts what Doorward signs and nothing else.
//!
//! The Rust sample always runs. The others need what their first line names; where that is missing, the test says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, and says what it could not try"
)]

#[path = "../docs/verify/rust.rs"]
#[expect(unreachable_pub, reason = "an application takes the file as it stands")]
mod sample;

#[path = "verify_samples/forge.rs"]
mod forge;
#[path = "verify_samples/world.rs"]
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use world::{AUDIENCE, ORGANIZATIONS, World, run};

/// Every sample and what it is written in.
const SAMPLES: [(&str, &str); 8] = [
    ("Verify.cs", ".NET"),
    ("Verify.java", "Java"),
    ("node.mjs", "Node"),
    ("python.py", "Python"),
    ("rust.rs", "Rust"),
    ("verify.go", "Go"),
    ("verify.php", "PHP"),
    ("verify.rb", "Ruby"),
];

/// Those that the tests below run, where they can.
const RUN: [&str; 5] = [
    "Verify.java",
    "node.mjs",
    "python.py",
    "rust.rs",
    "verify.rb",
];

/// What the Java sample needs, and where Debian has it.
const JARS: [&str; 3] = ["jackson-annotations", "jackson-core", "jackson-databind"];
const DEBIAN_JARS: &str = "/usr/share/java";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify")
}

#[test]
fn every_sample_is_listed_and_has_at_most_thirty_lines() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let mut found: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    found.sort();
    assert_eq!(found, SAMPLES.map(|(name, _)| name));
    for (name, language) in SAMPLES {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() <= 30, "{name} has {} lines", lines.len());
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 120, "{name} has a line of {widest}");
        let row = format!("| {language} | [{name}]({name}) |");
        let row = readme.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap_or_else(|| panic!("README.md does not list {name}"));
        assert_eq!(row.ends_with("| no |"), !RUN.contains(&name), "{row}");
        if !RUN.contains(&name) {
            println!("not run: {name}; no test has a way to run {language}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_sample_believes_doorward_alone() {
    let identify = |token: &str, issuer: &str| {
        sample::identify(token, issuer, AUDIENCE, &ORGANIZATIONS, world::fetch)
    };
    // First without keys: the sample keeps those that it has.
    let world = World::without_keys().await;
    assert_eq!(world.ask(identify).await[0], "no");
    world.end().await;
    let world = World::new().await;
    world.check("rust.rs", &world.ask(identify).await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sample_believes_doorward_alone() {
    if !works(Command::new("node").args(["-e", "fetch; process.exit(0)"])) {
        return not_run("no Node 18 or later on this machine");
    }
    let sample = folder().join("node.mjs");
    let driver = format!(
        r#"
        import {{ createInterface }} from "node:readline";
        import {{ identify }} from {sample:?};
        for await (const line of createInterface({{ input: process.stdin }})) {{
            try {{
                const headers = line ? {{ "sso-jwt-assertion": line }} : {{}};
                const who = await identify({{ headers }});
                console.log(`yes ${{who.subject}} ${{who.organization}} ${{who.email}}`);
            }} catch {{
                console.log("no");
            }}
        }}"#
    );
    let mut node = Command::new("node");
    node.args(["--input-type=module", "-e", &driver]);
    run("node.mjs", node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sample_believes_doorward_alone() {
    let Some(program) = with_library("python3", &["-c", "import jwt, cryptography"]) else {
        return not_run("no python3 with pyjwt and cryptography on this machine");
    };
    let driver = r#"
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import python as sample
for line in sys.stdin:
    line = line.rstrip("\n")
    try:
        who = sample.identify({"Sso-Jwt-Assertion": line} if line else {})
        print("yes", who["sub"], who["org"], who["email"], flush=True)
    except Exception:
        print("no", flush=True)
"#;
    let mut python = Command::new(program);
    python.args(["-c", driver]).arg(folder());
    run("python.py", python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_java_sample_believes_doorward_alone() {
    let Some(jars) = jackson() else {
        return not_run("no jackson-databind in CLASSPATH or /usr/share/java");
    };
    if !has_jdk_17() {
        return not_run("no JDK 17 or later on this machine");
    }
    let classes = tempfile::tempdir().unwrap();
    let driver = classes.path().join("Driver.java");
    let text = r#"
import java.io.*;
public class Driver {
    public static void main(String[] arguments) throws Exception {
        var sample = new Verify();
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                var who = sample.identify(line.isEmpty() ? null : line);
                var email = who.get("email").asText();
                System.out.println("yes " + who.get("sub").asText() + " " + who.get("org").asText() + " " + email);
            } catch (Exception refused) {
                System.out.println("no");
            }
        }
    }
}"#;
    fs::write(&driver, text).unwrap();
    let path = std::env::join_paths([vec![classes.path().to_owned()], jars].concat()).unwrap();
    let mut javac = Command::new("javac");
    javac.arg("-cp").arg(&path).arg("-d").arg(classes.path());
    javac.arg(&driver).arg(folder().join("Verify.java"));
    assert!(javac.status().unwrap().success(), "Verify.java compiles");
    let mut java = Command::new("java");
    java.arg("-cp").arg(&path).arg("Driver");
    run("Verify.java", java).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ruby_sample_believes_doorward_alone() {
    let Some(program) = with_library("ruby", &["-e", "gem 'jwt', '>= 2.5'; require 'jwt'"]) else {
        return not_run("no ruby with the jwt gem, 2.5 or later, on this machine");
    };
    let driver = r#"
require ARGV[0]
$stdout.sync = true
while (line = $stdin.gets&.chomp)
  begin
    who = Sso.identify(line.empty? ? {} : { "HTTP_SSO_JWT_ASSERTION" => line })
    puts "yes #{who["sub"]} #{who["org"]} #{who["email"]}"
  rescue StandardError
    puts "no"
  end
end
"#;
    let mut ruby = Command::new(program);
    ruby.args(["-e", driver]).arg(folder().join("verify.rb"));
    run("verify.rb", ruby).await;
}

/// Says that a sample did not run; with `DOORWARD_SAMPLES=all`, where everything has been installed, that is a failure.
#[expect(
    clippy::disallowed_methods,
    reason = "how thorough the tests are is no configuration of ours"
)]
fn not_run(why: &str) {
    let all = std::env::var_os("DOORWARD_SAMPLES").is_some_and(|which| which == "all");
    assert!(!all, "not run, and all were asked for: {why}");
    println!("not run: {why}");
}

/// Whether a program is there and does this.
fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// The program that finds its library: the first in PATH, or the system's, which a version manager may hide.
fn with_library(name: &str, probe: &[&str]) -> Option<PathBuf> {
    let candidates = [PathBuf::from(name), Path::new("/usr/bin").join(name)];
    candidates
        .into_iter()
        .find(|program| works(Command::new(program).args(probe)))
}

fn has_jdk_17() -> bool {
    let Ok(output) = Command::new("javac").arg("--version").output() else {
        return false;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().trim_start_matches("javac ").split('.').next();
    version.is_some_and(|major| major.parse::<u32>().is_ok_and(|major| major >= 17))
}

/// The jars of the Java sample.
#[expect(
    clippy::disallowed_methods,
    reason = "where Java keeps libraries is no configuration of ours"
)]
fn jackson() -> Option<Vec<PathBuf>> {
    let classpath = std::env::var_os("CLASSPATH").unwrap_or_default();
    let jars = JARS.iter().map(|jar| {
        let is_it = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(jar) && name.ends_with(".jar") && path.is_file()
        };
        let debian = Path::new(DEBIAN_JARS).join(format!("{jar}.jar"));
        std::env::split_paths(&classpath)
            .chain([debian])
            .find(is_it)
    });
    jars.collect()
}
