//! A provider in a process of its own, which answers refreshes without signing anything.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// This program again, as a provider: its `main` has to call [`serve`] if it is called by this word.
pub const WORD: &str = "provider";

/// The part of a file by which `acme` has a provider that is asked about everybody, by refresh token and as fast as can be.
pub fn asked(issuer: &str) -> String {
    format!(
        r#"
[providers.idp]
kind = "oidc"
issuer = "{issuer}"
client_id = "doorward"
client_secret = "a secret for measurements"
scopes = ["offline_access"]
revalidation = "refresh_token"
userinfo = false
[organizations.acme]
providers = ["idp"]
allow = {{ anyone = true }}
[revalidation]
concurrency = 128
per_second = 100000
"#
    )
}

/// A provider that runs. Dropped, it ends.
pub struct Provider {
    child: Child,
    pub issuer: String,
}

impl Provider {
    pub fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(WORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line)?;
        let issuer = line.trim().to_owned();
        Ok(Self { child, issuer })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Answers discovery, keys and refreshes, and everything else with 1 KiB, until whoever started it is gone.
pub fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let issuer = format!("http://{}", listener.local_addr()?);
    println!("{issuer}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The other end of this pipe is the one who asks.
            drop(std::io::stdin().read_to_end(&mut Vec::new()));
            std::process::exit(0);
        });
        for stream in listener.incoming().flatten() {
            let issuer = issuer.clone();
            scope.spawn(move || drop(talk(stream, &issuer)));
        }
    });
    Ok(())
}

fn talk(mut stream: TcpStream, issuer: &str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    for number in 0_u64.. {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut field = String::new();
            reader.read_line(&mut field)?;
            let field = field.trim().to_ascii_lowercase();
            if field.is_empty() {
                break;
            }
            if let Some(value) = field.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        let body = match first.split(' ').nth(1).unwrap_or_default() {
            "/token" => format!(
                r#"{{"access_token":"{number:043}","token_type":"Bearer","expires_in":3600,"refresh_token":"{number:043}"}}"#
            ),
            "/jwks" => r#"{"keys":[]}"#.to_owned(),
            "/.well-known/openid-configuration" => format!(
                r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/authorize","token_endpoint":"{issuer}/token","jwks_uri":"{issuer}/jwks","response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}}"#
            ),
            _ => "x".repeat(1024),
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
    }
    Ok(())
}
