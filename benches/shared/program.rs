//! The built program, run as it is.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anybody would wait.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Doorward that runs. Dropped, it ends where it stands.
pub struct Program {
    child: Child,
    pub port: u16,
}

impl Program {
    /// With the `doorward.toml` of a folder, which listens on `port`.
    pub fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let child = Command::new(env!("CARGO_BIN_EXE_doorward"))
            .arg("run")
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { child, port })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks until there is an answer, and holds that it is this one.
    pub fn until_answered(&self, handle: &str, status: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            match self.ask_for(&[handle], status) {
                Ok(()) => return Ok(()),
                Err(error) if began.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// Who each of them is, on one connection.
    pub fn ask(&self, handles: &[String]) -> anyhow::Result<()> {
        let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
        self.ask_for(&handles, " 200 ")
    }

    fn ask_for(&self, handles: &[&str], status: &str) -> anyhow::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let port = self.port;
        for (index, handle) in handles.iter().enumerate() {
            let last = index + 1 == handles.len();
            let connection = if last { "close" } else { "keep-alive" };
            write!(
                stream,
                "GET /_sso/userinfo HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: __Host-sso={handle}\r\nConnection: {connection}\r\n\r\n"
            )?;
        }
        let mut lines = String::new();
        stream.read_to_string(&mut lines)?;
        let all = lines.matches("HTTP/1.1 ").count();
        let fine = lines.matches(&format!("HTTP/1.1{status}")).count();
        anyhow::ensure!(all == handles.len() && fine == all, "{lines}");
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
