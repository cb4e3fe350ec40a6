//! The built program under a service manager: sockets that it hands over, and what it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const FILE: &str = r#"
[server]
public_url = "http://localhost:8000"
listen = ["systemd:web"]
behind_proxy = true
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.dev]
kind = "dev"
[organizations.acme]
providers = ["dev"]
[management]
listen = "off"
"#;

const PATIENCE: Duration = Duration::from_secs(20);

/// As the service manager does it: the sockets from number 3 on, and the process that they are for. What the shell was given as
/// its own input and output are these sockets.
const HAND_OVER: &str =
    "exec 3<&0 4<&1 0</dev/null 1>&2; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=$NAMES exec \"$@\"";

#[test]
fn sockets_that_are_handed_over_are_served_and_outlive_the_process() {
    let folder = folder(FILE);
    let path = folder.path().join("web.sock");
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = UnixListener::bind(&path).unwrap();
    let address = tcp.local_addr().unwrap();
    let start = || started(&folder, "web:web", (&tcp, &unix));
    let first = start();
    assert!(is_refused_politely(TcpStream::connect(address).unwrap()));
    assert!(is_refused_politely(UnixStream::connect(&path).unwrap()));
    first.end();
    // Nobody is there, and nobody is turned away.
    let early = TcpStream::connect(address).unwrap();
    let second = start();
    assert!(is_refused_politely(early));
    second.end();
    assert!(path.exists(), "its file belongs to somebody else");
}

#[test]
fn a_socket_that_is_not_handed_over_is_told_and_nothing_is_served() {
    let folder = folder(FILE);
    let alone = command(&folder).output().unwrap();
    assert_eq!(alone.status.code(), Some(1), "{alone:?}");
    let told = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(told.contains("FileDescriptorName=web"), "{told}");
    // Under another name, or for another process.
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = UnixListener::bind(folder.path().join("web.sock")).unwrap();
    let other = started(&folder, "ops:ops", (&tcp, &unix)).ended();
    assert_eq!(other, Some(1));
    let foreign = command(&folder)
        .envs([
            ("LISTEN_PID", "1"),
            ("LISTEN_FDS", "1"),
            ("LISTEN_FDNAMES", "web"),
        ])
        .output()
        .unwrap();
    assert_eq!(foreign.status.code(), Some(1));
}

#[test]
fn the_service_manager_hears_how_things_stand() {
    let folder = folder(&FILE.replace("systemd:web", "127.0.0.1:0"));
    let path = folder.path().join("notify");
    let heard = UnixDatagram::bind(&path).unwrap();
    heard.set_read_timeout(Some(PATIENCE)).unwrap();
    let child = command(&folder)
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "200000")
        .spawn()
        .unwrap();
    let running = Running(child);
    assert!(
        until(&heard, "READY=1").contains("STATUS=serving 1 organization at http://localhost:8000")
    );
    until(&heard, "WATCHDOG=1");
    until(&heard, "WATCHDOG=1");
    running.signal("HUP");
    assert!(until(&heard, "RELOADING=1").contains("MONOTONIC_USEC="));
    until(&heard, "READY=1");
    // A file that is refused: the one before stays in force, and that is served.
    fs::write(folder.path().join("doorward.toml"), "[sever]").unwrap();
    running.signal("HUP");
    until(&heard, "RELOADING=1");
    until(&heard, "READY=1");
    running.signal("TERM");
    until(&heard, "STOPPING=1");
    assert_eq!(running.ended(), Some(0));
}

fn folder(file: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("doorward.toml"), file).unwrap();
    folder
}

fn command(folder: &TempDir) -> Command {
    wrapped(folder, Path::new(env!("CARGO_BIN_EXE_doorward")), &["run"])
}

fn wrapped(folder: &TempDir, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn started(folder: &TempDir, names: &str, (tcp, unix): (&TcpListener, &UnixListener)) -> Running {
    let binary = env!("CARGO_BIN_EXE_doorward");
    let words = ["-c", HAND_OVER, "sh", binary, "run"];
    let mut command = wrapped(folder, Path::new("/bin/sh"), &words);
    let [tcp, unix] = [
        OwnedFd::from(tcp.try_clone().unwrap()),
        OwnedFd::from(unix.try_clone().unwrap()),
    ];
    let command = command.env("NAMES", names).stdin(tcp).stdout(unix);
    Running(command.spawn().unwrap())
}

/// Whether a program that nobody is signed in for is answered.
fn is_refused_politely(mut line: impl Read + Write) -> bool {
    let question =
        "GET /_sso/userinfo HTTP/1.1\r\nhost: localhost:8000\r\nconnection: close\r\n\r\n";
    line.write_all(question.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 401 ")
}

/// The next message that says so.
fn until(heard: &UnixDatagram, word: &str) -> String {
    let mut room = [0; 1024];
    loop {
        let length = heard.recv(&mut room).unwrap();
        let message = String::from_utf8_lossy(&room[..length]).into_owned();
        if message.lines().any(|line| line == word) {
            return message;
        }
    }
}

/// `doorward run`, until the test ends.
struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let words = [format!("-{name}"), self.0.id().to_string()];
        assert!(Command::new("kill").args(words).status().unwrap().success());
    }

    /// Has it stop in order.
    fn end(self) {
        self.signal("TERM");
        assert_eq!(self.ended(), Some(0));
    }

    /// Its exit code, when it has ended by itself.
    fn ended(mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
