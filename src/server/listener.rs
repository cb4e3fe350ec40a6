//! Bound sockets.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use super::activation::{Handover, Passed};
use super::{Error, TlsFiles};
use crate::config::{self, TrustedProxy};

/// A socket that accepts connections. Those that arrive before [`super::serve`] wait in the kernel's queue.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: Bound,
    tls: Option<Arc<TlsFiles>>,
    trusted: Vec<TrustedProxy>,
    announced: bool,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// If it is ours.
        _file: Option<File>,
    },
}

/// Where a [`Listener`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A TCP address, with the port that was found if 0 was asked for.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "{address}"),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

/// How a [`Listener`] is bound.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Permissions of a Unix socket's file.
    pub mode: u32,
    /// Whether other processes may bind the same TCP address (`SO_REUSEPORT`); the system deals connections out to all.
    pub reuse_port: bool,
}

impl Default for Manner {
    /// For its owner alone.
    fn default() -> Self {
        Self {
            mode: 0o600,
            reuse_port: false,
        }
    }
}

/// A socket that was accepted.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

/// The same on its way to the runtime that serves it: a socket belongs to one.
pub(super) enum Detached {
    Tcp(std::net::TcpStream, SocketAddr),
    Unix(std::os::unix::net::UnixStream),
}

impl Detached {
    /// To the runtime that this is called on.
    pub(super) fn attach(self) -> io::Result<Accepted> {
        Ok(match self {
            Self::Tcp(socket, address) => Accepted::Tcp(TcpStream::from_std(socket)?, address),
            Self::Unix(socket) => Accepted::Unix(UnixStream::from_std(socket)?),
        })
    }
}

impl Accepted {
    /// Takes it off the runtime that has accepted it.
    pub(super) fn detach(self) -> io::Result<Detached> {
        Ok(match self {
            Self::Tcp(socket, address) => Detached::Tcp(socket.into_std()?, address),
            Self::Unix(socket) => Detached::Unix(socket.into_std()?),
        })
    }

    /// The address of the other end: IPv4 as IPv4, on a dual-stack socket too; none over a Unix socket.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(_, address) => Some(address.ip().to_canonical()),
            Self::Unix(_) => None,
        }
    }
}

impl Accepted {
    /// The port of the other end; none over a Unix socket.
    pub(super) const fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(_, address) => Some(address.port()),
            Self::Unix(_) => None,
        }
    }
}

impl Listener {
    /// Binds. A Unix socket is for its owner alone (mode 0600).
    ///
    /// TLS applies to TCP: the peer of a Unix socket is on this machine.
    ///
    /// # Errors
    /// [`Error::InUse`] if something listens there already, else [`Error::Bind`].
    pub async fn bind(listen: &config::Listen, tls: Option<Arc<TlsFiles>>) -> Result<Self, Error> {
        Self::bind_as(listen, tls, Manner::default()).await
    }

    /// Binds in another manner.
    ///
    /// # Errors
    /// As [`Listener::bind`]; [`Error::NotPassed`] for what others bind.
    pub async fn bind_as(
        listen: &config::Listen,
        tls: Option<Arc<TlsFiles>>,
        manner: Manner,
    ) -> Result<Self, Error> {
        match listen {
            config::Listen::Tcp(wanted) => {
                let failed = |source| Error::of_binding(&Bound::Tcp(*wanted), source);
                let listener = bind_tcp(*wanted, manner.reuse_port).map_err(failed)?;
                Self::over_tcp(listener, tls).map_err(failed)
            }
            config::Listen::Unix(path) => {
                let address = Bound::Unix(path.clone());
                let failed = |source| Error::of_binding(&address, source);
                make_way(path).await.map_err(failed)?;
                let (listener, file) = bind_unix(path, manner.mode).map_err(failed)?;
                let _file = Some(file);
                let socket = Socket::Unix { listener, _file };
                Ok(Self::of(socket, address, None))
            }
            config::Listen::Systemd(name) => Err(Error::NotPassed { name: name.clone() }),
        }
    }

    /// The sockets of a name that the service manager hands over.
    ///
    /// # Errors
    /// [`Error::NotPassed`] if there are none, [`Error::Passed`] if one cannot be served.
    pub fn passed(
        handover: &mut Handover,
        name: &str,
        tls: Option<&Arc<TlsFiles>>,
    ) -> Result<Vec<Self>, Error> {
        let found = handover.named(name);
        if found.is_empty() {
            return Err(Error::NotPassed {
                name: name.to_owned(),
            });
        }
        let served = found.into_iter().map(|passed| match passed {
            Passed::Tcp(listener) => Self::over_tcp(TcpListener::from_std(listener)?, tls.cloned()),
            Passed::Unix(listener) => {
                let listener = UnixListener::from_std(listener)?;
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                let socket = Socket::Unix {
                    listener,
                    _file: None,
                };
                Ok(Self::of(
                    socket,
                    Bound::Unix(path.unwrap_or_default()),
                    None,
                ))
            }
        });
        let failed = |source| Error::Passed {
            name: name.to_owned(),
            source,
        };
        served.collect::<io::Result<_>>().map_err(failed)
    }

    fn over_tcp(listener: TcpListener, tls: Option<Arc<TlsFiles>>) -> io::Result<Self> {
        let address = Bound::Tcp(listener.local_addr()?);
        Ok(Self::of(Socket::Tcp(listener), address, tls))
    }

    const fn of(socket: Socket, address: Bound, tls: Option<Arc<TlsFiles>>) -> Self {
        Self {
            socket,
            address,
            tls,
            trusted: Vec::new(),
            announced: false,
        }
    }

    /// Peers that stand for many clients: their connections are not counted by address.
    #[must_use]
    pub fn trusting(mut self, trusted: &[TrustedProxy]) -> Self {
        self.trusted = trusted.to_vec();
        self
    }

    pub(super) fn trusted(&self) -> &[TrustedProxy] {
        &self.trusted
    }

    /// Whether trusted peers say of each connection whom it is for, before anything else (PROXY protocol).
    #[must_use]
    pub fn announced(mut self, announced: bool) -> Self {
        self.announced = announced;
        self
    }

    /// The peers that say so; nobody if it is not spoken here.
    pub(super) fn announcing(&self) -> Vec<TrustedProxy> {
        let all = self.trusted.iter().filter(|_| self.announced);
        all.cloned().collect()
    }

    /// Where it is bound.
    pub fn address(&self) -> Bound {
        self.address.clone()
    }

    /// Certificates, if connections are encrypted.
    pub(super) const fn tls(&self) -> Option<&Arc<TlsFiles>> {
        self.tls.as_ref()
    }

    /// The next connection. Cancel safe: none is lost.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match &self.socket {
            Socket::Tcp(listener) => {
                let (socket, peer) = listener.accept().await?;
                Ok(Accepted::Tcp(socket, peer))
            }
            Socket::Unix { listener, .. } => {
                let (socket, _) = listener.accept().await?;
                Ok(Accepted::Unix(socket))
            }
        }
    }
}

/// Connections that the kernel keeps until they are accepted, if it is not told to keep fewer.
const BACKLOG: u32 = 1024;

fn bind_tcp(wanted: SocketAddr, reuse_port: bool) -> io::Result<TcpListener> {
    let socket = match wanted {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // Connections of the process before that are not quite gone do not count.
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(reuse_port)?;
    socket.bind(wanted)?;
    socket.listen(BACKLOG)
}

/// Fails unless the path is free or holds a socket on which nothing listens any more.
async fn make_way(path: &Path) -> io::Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
    }
}

/// Binds in a folder that only we may enter and moves the socket into place, so that it is never there with wider
/// permissions. The move replaces a stale socket.
fn bind_unix(path: &Path, mode: u32) -> io::Result<(UnixListener, File)> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let private = tempfile::Builder::new().prefix(".s").tempdir_in(folder)?;
    let inside = private.path().join("s");
    let listener = UnixListener::bind(&inside)?;
    std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(mode))?;
    let found = std::fs::symlink_metadata(&inside)?;
    std::fs::rename(&inside, path)?;
    let file = File {
        path: path.to_owned(),
        identity: (found.dev(), found.ino()),
    };
    Ok((listener, file))
}

/// The socket's file, removed with the listener.
#[derive(Debug)]
struct File {
    path: PathBuf,
    identity: (u64, u64),
}

impl Drop for File {
    fn drop(&mut self) {
        let still_ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|found| (found.dev(), found.ino()) == self.identity);
        if still_ours {
            // What cannot be removed is found stale at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_unix_socket_is_private_replaces_a_stale_one_and_goes_with_its_listener() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "a stale socket is left behind");

        let listen = config::Listen::Unix(path.clone());
        let listener = Listener::bind(&listen, None).await.unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

        let second = Listener::bind(&listen, None).await;
        assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
        UnixStream::connect(&path).await.unwrap();

        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        std::fs::write(&path, "precious").unwrap();
        let refused = Listener::bind(&config::Listen::Unix(path.clone()), None).await;
        assert!(matches!(refused, Err(Error::Bind { .. })), "{refused:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_port_is_shared_by_those_who_all_want_to() {
        let shared = Manner {
            reuse_port: true,
            ..Manner::default()
        };
        let any = config::Listen::Tcp(([127, 0, 0, 1], 0).into());
        let first = Listener::bind_as(&any, None, shared).await.unwrap();
        let Bound::Tcp(address) = first.address() else {
            panic!("not TCP");
        };
        let there = config::Listen::Tcp(address);
        let second = Listener::bind_as(&there, None, shared).await.unwrap();
        assert_eq!(second.address(), first.address());
        let alone = Listener::bind(&there, None).await;
        assert!(matches!(alone, Err(Error::InUse { .. })), "{alone:?}");
    }

    #[tokio::test]
    async fn a_taken_port_is_told() {
        let any = config::Listen::Tcp(([127, 0, 0, 1], 0).into());
        let first = Listener::bind(&any, None).await.unwrap();
        let Bound::Tcp(address) = first.address() else {
            panic!("not TCP");
        };
        let second = Listener::bind(&config::Listen::Tcp(address), None).await;
        assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    }
}
