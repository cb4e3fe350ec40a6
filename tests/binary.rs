//! The built program: what it prints, what it serves, and what it tells the shell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const GOOD: &str = r#"
[server]
public_url = "http://localhost:8000"
listen = ["127.0.0.1:0"]
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.dev]
kind = "dev"
[organizations.acme]
providers = ["dev"]
[management]
listen = "off"
"#;

/// Five mistakes.
const BAD: &str = r#"[server]
public_url = "http://localhost:8000"
listen = ["127.0.0.1:0"]
shutdown_timeout = 30
[upstreams.app]
ulr = "http://127.0.0.1:1"
[providers.idp]
preset = "okta"
client_id = "doorward"
clientsecret = "hunter2"
[organizations.acme]
providers = ["ipd"]
"#;

#[test]
fn check_finds_nothing_wrong_with_a_good_file() {
    let folder = folder(GOOD);
    let told = doorward(&folder, &["check"]);
    assert_eq!(code(&told), 0, "{}", out(&told));
    assert!(out(&told).contains("doorward.toml is fine"));
    let uri = "http://localhost:8000/_sso/callback/dev";
    assert!(out(&told).contains(uri), "{}", out(&told));
    assert!(!out(&told).contains("back-channel"), "{}", out(&told));
}

#[test]
fn check_says_what_to_register_at_a_provider() {
    let oidc = "kind = \"oidc\"\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"doorward\"\n\
                client_secret = \"a secret for tests\"";
    let folder = folder(&GOOD.replace("kind = \"dev\"", oidc));
    let told = doorward(&folder, &["check"]);
    for path in ["callback/dev", "logout/backchannel/dev", "initiate/dev"] {
        let uri = format!("http://localhost:8000/_sso/{path}");
        assert!(out(&told).contains(&uri), "{}", out(&told));
    }
}

#[test]
fn a_guide_is_there_before_anything_is_registered() {
    let folder = folder(
        &GOOD
            .replace("kind = \"dev\"", "preset = \"slack\"")
            .replace(
                "providers = [\"dev\"]",
                "providers = [\"dev\"]\nallow = { tenants = [\"T1\"] }",
            ),
    );
    assert_eq!(
        code(&doorward(&folder, &["check"])),
        3,
        "there is no client id yet"
    );
    let uri = "http://localhost:8000/_sso/callback/dev";
    for more in [&[][..], &["--format", "markdown"], &["--output", "json"]] {
        let told = doorward(&folder, &[&["provider", "guide", "dev"], more].concat());
        assert_eq!(code(&told), 0, "{told:?}");
        assert!(out(&told).contains(uri), "{}", out(&told));
    }
    let json = doorward(&folder, &["provider", "guide", "dev", "-o", "json"]);
    let json: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(json["redirect_uri"], uri);
    assert_eq!(json["keys"][0]["key"], "client_id");
    let none = doorward(&folder, &["provider", "guide", "nobody"]);
    assert_eq!(code(&none), 1);
    let bad = doorward(&self::folder(BAD), &["provider", "guide", "idp"]);
    assert_eq!(code(&bad), 3, "{}", out(&bad));
}

#[test]
fn check_warns_of_a_secret_that_has_expired() {
    let oidc = "kind = \"oidc\"\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"doorward\"\n\
                public_client = true\nsecret_expires = \"2026-01-01\"";
    let folder = folder(&GOOD.replace("kind = \"dev\"", oidc));
    let told = doorward(&folder, &["check"]);
    assert_eq!(code(&told), 0, "{}", out(&told));
    assert!(
        out(&told).contains("the secret of `dev` has expired"),
        "{}",
        out(&told)
    );
    assert_eq!(code(&doorward(&folder, &["check", "--strict"])), 3);
    let later = GOOD.replace("kind = \"dev\"", &oidc.replace("2026", "2999"));
    let told = doorward(&self::folder(&later), &["check", "--strict"]);
    assert_eq!(code(&told), 0, "{}", out(&told));
}

#[test]
fn inv_55_check_shows_five_mistakes_in_one_run() {
    let told = doorward(&folder(BAD), &["check"]);
    assert_eq!(code(&told), 3);
    let expected = include_str!("five_faults.txt");
    assert_eq!(out(&told), expected, "told:\n{}", out(&told));
}

#[test]
fn inv_55_a_key_of_another_certificate_is_found_by_check() {
    let table = "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n";
    let folder = folder(&format!("{GOOD}{table}"));
    let [own, other] =
        [0, 1].map(|_| rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap());
    fs::write(folder.path().join("cert.pem"), own.cert.pem()).unwrap();
    for (key, expected) in [(&own, 0), (&other, 3)] {
        let key = key.signing_key.serialize_pem();
        fs::write(folder.path().join("key.pem"), key).unwrap();
        let told = doorward(&folder, &["check"]);
        assert_eq!(code(&told), expected, "{}", out(&told));
    }
}

#[test]
fn inv_55_a_variable_that_is_no_text_is_found_by_check() {
    let folder = folder(GOOD);
    let mut check = command(&folder, &["check"]);
    check.env("DOORWARD__SERVER__PREFIX", OsStr::from_bytes(b"/\xff"));
    let told = check.output().unwrap();
    assert_eq!(code(&told), 3, "{}", out(&told));
    assert!(
        out(&told).contains("DOORWARD__SERVER__PREFIX"),
        "{}",
        out(&told)
    );
}

#[test]
fn check_tells_programs_the_same() {
    let told = doorward(&folder(BAD), &["check", "--output", "json"]);
    assert_eq!(code(&told), 3);
    let json: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(json["ok"], false);
    assert_eq!(json["faults"].as_array().unwrap().len(), 5, "{json}");
    let fault = &json["faults"][0];
    assert_eq!(fault["code"], "duration-without-unit");
    assert_eq!(fault["severity"], "error");
    assert_eq!(fault["path"], "server.shutdown_timeout");
    assert_eq!(fault["source"], "doorward.toml");
    assert_eq!((&fault["line"], &fault["column"]), (&4.into(), &20.into()));
    assert_eq!(fault["help"], "did you mean shutdown_timeout = \"30s\"?");

    let told = doorward(&folder(GOOD), &["check", "--output", "json"]);
    let json: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(json, serde_json::json!({ "ok": true, "faults": [] }));
}

#[test]
fn a_warning_fails_a_strict_check_alone() {
    let odd = folder(&format!("{GOOD}[store]\nkind = \"memory\"\n"));
    assert_eq!(code(&doorward(&odd, &["check"])), 0);
    assert_eq!(code(&doorward(&odd, &["check", "--strict"])), 3);
}

#[test]
fn a_file_that_is_not_there_is_not_an_empty_one() {
    let told = doorward(&folder(GOOD), &["check", "-c", "other.toml"]);
    assert_eq!(code(&told), 3);
    assert!(out(&told).contains("other.toml cannot be read"));
}

#[test]
fn the_environment_names_the_file_and_its_keys() {
    let folder = folder(GOOD);
    fs::rename(folder.path().join("doorward.toml"), folder.path().join("x")).unwrap();
    let mut check = command(&folder, &["check"]);
    check.env("DOORWARD_CONFIG", "x");
    assert_eq!(code(&check.output().unwrap()), 0);
    check.env("DOORWARD__SERVER__PREFIX", "sso");
    let told = check.output().unwrap();
    assert_eq!(code(&told), 3);
    let variable = "(in the environment variable DOORWARD__SERVER__PREFIX)";
    assert!(out(&told).contains(variable), "{}", out(&told));
}

#[test]
fn whoever_has_read_enough_of_an_answer_is_no_failure() {
    let folder = folder(GOOD);
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let told = command(&folder, &["check"])
        .stdout(closed)
        .output()
        .unwrap();
    assert_eq!((code(&told), told.stderr), (0, Vec::new()));
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let told = command(&self::folder(BAD), &["check"])
        .stderr(closed)
        .status();
    assert_eq!(told.unwrap().code(), Some(3));
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [&["check", "--fast"][..], &["serve"], &[]] {
        let told = doorward(&folder(GOOD), arguments);
        assert_eq!(code(&told), 2, "{arguments:?}");
        assert!(told.stdout.is_empty() && !told.stderr.is_empty());
    }
}

#[test]
fn nobody_to_ask_is_5() {
    let told = doorward(&folder(GOOD), &["status"]);
    assert_eq!(code(&told), 5);
    let complaint = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(complaint.contains("not running"), "{complaint}");
}

#[test]
fn inv_55_a_bad_file_serves_nothing() {
    let folder = folder(BAD);
    let told = doorward(&folder, &["run"]);
    assert_eq!(code(&told), 3);
    let complaint = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(complaint.contains("providers.idp.clientsecret"));
    assert!(!complaint.contains("listening"), "{complaint}");
    assert!(!folder.path().join("data").exists(), "no store was made");
    assert!(!folder.path().join("run").exists(), "nor a socket");
}

#[test]
fn inv_51_no_command_prints_a_secret() {
    for arguments in [
        &["check"][..],
        &["check", "--output", "json"],
        &["run"],
        &["status"],
        &["health"],
    ] {
        let told = doorward(&folder(BAD), arguments);
        let all = [told.stdout, told.stderr].concat();
        let all = String::from_utf8_lossy(&all).into_owned();
        // The last two look only for the operator's listeners.
        let looks = matches!(arguments, ["check" | "run", ..]);
        assert_eq!(all.contains("clientsecret"), looks, "{arguments:?}: {all}");
        assert!(!all.contains("hunter2"), "{arguments:?}: {all}");
    }
}

#[test]
fn it_serves_until_it_is_asked_to_stop() {
    let mut running = Running::start(folder(GOOD));
    let answer = running.get("/_sso/userinfo");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");

    let status = doorward(&running.folder, &["status", "--output", "json"]);
    assert_eq!(code(&status), 0);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["public_url"], "http://localhost:8000");

    running.terminate();
    assert_eq!(running.wait(), Some(0));
    assert!(TcpStream::connect(running.address).is_err());
    assert_eq!(code(&doorward(&running.folder, &["status"])), 5);
}

#[test]
fn a_request_that_is_running_at_the_signal_is_answered() {
    let mut running = Running::start(folder(GOOD));
    let mut half = running.connect();
    half.write_all(b"GET /_sso/userinfo HTTP/1.1\r\nhost: localhost:8000\r\n")
        .unwrap();
    // The next answer shows that the half request was accepted before.
    running.get("/_sso/userinfo");
    running.terminate();
    running.until("stopping");
    half.write_all(b"connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert_eq!(running.wait(), Some(0));
}

#[test]
fn a_hang_up_has_the_file_read_again_and_ends_nothing() {
    let mut running = Running::start(folder(GOOD));
    let file = running.folder.path().join("doorward.toml");
    running.signal("HUP");
    running.until("the configuration is read again: nothing has changed");
    fs::write(&file, format!("{GOOD}name = 5\n")).unwrap();
    running.signal("HUP");
    let refused = running.until("the configuration is not reloaded: the one before stays in force");
    let reason = refused["reason"].as_str().unwrap();
    assert!(reason.contains("management.name"), "{reason}");
    let answer = running.get("/_sso/userinfo");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    fs::write(
        &file,
        GOOD.replace(
            "[providers.dev]",
            "[server.limits]\nmax_header_fields = 50\n[providers.dev]",
        ),
    )
    .unwrap();
    running.signal("HUP");
    let change = running.until("the configuration has changed");
    assert_eq!(change["change"], "+ server.limits.max_header_fields: 50");
    running.until("the configuration is reloaded");
    let answer = running.get("/_sso/userinfo");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    // It is no first signal either: one more stops it in order.
    running.terminate();
    running.until("stopping");
    assert_eq!(running.wait(), Some(0));
}

#[test]
fn a_demonstration_whose_terminal_is_closed_leaves_nothing_behind() {
    for signal in ["HUP", "TERM", "INT"] {
        let temporary = folder("");
        let arguments = ["demo", "--listen", "localhost:0", "--output", "json"];
        let mut child = command(&temporary, &arguments)
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        told.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let socket = PathBuf::from(told["admin_socket"].as_str().unwrap());
        assert!(socket.starts_with(temporary.path()) && socket.exists());
        send(&child, signal);
        assert_eq!(wait(&mut child), Some(0), "{signal}");
        let left = fs::read_dir(temporary.path()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["doorward.toml"], "{signal}");
    }
}

#[test]
fn help_version_completions_and_manual_are_printed() {
    for (arguments, expected) in [
        (&["--help"][..], "Exit codes: 0 fine"),
        (&["check", "--help"], "--strict"),
        (
            &["--version"],
            concat!("doorward ", env!("CARGO_PKG_VERSION")),
        ),
        (&["completions", "bash"], "_doorward"),
        (&["completions", "zsh"], "#compdef doorward"),
        (&["completions", "fish"], "complete -c doorward"),
        (&["man"], ".TH doorward 1"),
    ] {
        let told = doorward(&folder(""), arguments);
        assert_eq!(code(&told), 0, "{arguments:?}");
        assert!(
            out(&told).contains(expected),
            "{arguments:?}: {}",
            out(&told)
        );
    }
}

/// A folder with a configuration.
fn folder(file: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("doorward.toml"), file).unwrap();
    folder
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null());
    command
}

fn doorward(folder: &TempDir, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `doorward run`, until the test ends.
struct Running {
    folder: TempDir,
    child: Child,
    log: BufReader<ChildStderr>,
    address: SocketAddr,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Running {
    fn start(folder: TempDir) -> Self {
        let mut child = command(&folder, &["run"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut running = Self {
            folder,
            child,
            log,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        // The operator's socket says that it listens too, before or after.
        while running.address.port() == 0 {
            let line = running.until("listening");
            if let Ok(address) = line["address"].as_str().unwrap().parse() {
                running.address = address;
            }
        }
        running
    }

    /// Reads log lines up to one with this message.
    fn until(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.log.read_line(&mut line).unwrap(),
                0,
                "it ended before {message:?}"
            );
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if line["message"] == message {
                return line;
            }
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: localhost:8000\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(&self) {
        self.signal("TERM");
    }

    fn signal(&self, name: &str) {
        send(&self.child, name);
    }

    /// The exit code, once it ended.
    fn wait(&mut self) -> Option<i32> {
        wait(&mut self.child)
    }
}

fn send(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let signal = format!("-{signal}");
    let sent = Command::new("kill").args([&signal, &id]).status().unwrap();
    assert!(sent.success());
}

/// The exit code, once it ended.
fn wait(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::yield_now();
    }
    panic!("it did not end within {PATIENCE:?}");
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
