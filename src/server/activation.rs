//! Sockets that the service manager has bound and hands over, by name (socket activation, `sd_listen_fds(3)`).
//!
//! They stay bound while the process is replaced: connections wait in their queue.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;

use super::Error;

/// What was handed over and is not taken yet.
#[derive(Debug, Default)]
pub struct Handover(Vec<(String, Passed)>);

/// One of these sockets.
#[derive(Debug)]
pub(super) enum Passed {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, of a file that is not ours to remove.
    Unix(UnixListener),
}

impl Handover {
    /// Takes what the environment speaks of, if it means this process: once, by the first who asks.
    ///
    /// # Errors
    /// [`Error::Passed`] if something is not a socket of a kind that can be served.
    pub fn take() -> Result<Self, Error> {
        let failed = |name: &str, source| Error::Passed {
            name: name.to_owned(),
            source,
        };
        let names = sd_notify::listen_fds_with_names().map_err(|source| failed("*", source))?;
        // One crate knows the names, the other takes a descriptor over; only for this process does either.
        let names: Vec<String> = names.map(|(_, name)| name).collect();
        let mut sockets = ListenFd::from_env();
        let all = names.into_iter().enumerate().map(|(index, name)| {
            let socket = passed(&mut sockets, index).map_err(|source| failed(&name, source))?;
            Ok((name, socket))
        });
        all.collect::<Result<_, _>>().map(Self)
    }

    /// All of a name, in their order: one unit may have several.
    pub(super) fn named(&mut self, name: &str) -> Vec<Passed> {
        let all = std::mem::take(&mut self.0).into_iter();
        let (found, left): (Vec<_>, Vec<_>) = all.partition(|(its, _)| its == name);
        self.0 = left;
        found.into_iter().map(|(_, socket)| socket).collect()
    }

    /// The names of those that nobody took.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

fn passed(sockets: &mut ListenFd, index: usize) -> io::Result<Passed> {
    let nothing = || io::Error::from(io::ErrorKind::NotFound);
    if let Ok(socket) = sockets.take_unix_listener(index) {
        let socket = socket.ok_or_else(nothing)?;
        socket.set_nonblocking(true)?;
        return Ok(Passed::Unix(socket));
    }
    let socket = sockets.take_tcp_listener(index)?.ok_or_else(nothing)?;
    socket.set_nonblocking(true)?;
    Ok(Passed::Tcp(socket))
}
