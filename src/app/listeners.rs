//! What is bound at the start, and stays.

use super::Error;
use crate::admin::Door;
use crate::config::{Config, Listen};
use crate::server::{Listener, TlsFiles};
use crate::tasks::Tasks;

/// Of a public Unix socket: a front proxy is another user, in the group of the socket's folder. The folder has the last
/// word on who gets there.
const PUBLIC_SOCKET_MODE: u32 = 0o660;

pub(super) async fn public(config: &Config, tasks: &Tasks) -> Result<Vec<Listener>, Error> {
    let tls = match &config.server.tls {
        Some(tls) => Some(TlsFiles::open(tls, tasks)?),
        None => None,
    };
    let mut listeners = Vec::new();
    for listen in &config.server.listen {
        let bound = Listener::bind_with_mode(listen, tls.clone(), PUBLIC_SOCKET_MODE).await?;
        let server = &config.server;
        let bound = bound.trusting(&server.trusted_proxies);
        listeners.push(bound.announced(server.proxy_protocol));
    }
    Ok(listeners)
}

pub(super) async fn operator(config: &Config) -> Result<Vec<(Listener, Door)>, Error> {
    let mut listeners = Vec::new();
    if let Some(address) = config.management.listen {
        let listener = Listener::bind(&Listen::Tcp(address), None).await?;
        listeners.push((listener, Door::Management));
    }
    if let Some(path) = &config.admin.socket {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|source| Error::Folder {
                    path: folder.to_owned(),
                    source,
                })?;
        }
        let listener = Listener::bind(&Listen::Unix(path.clone()), None).await?;
        listeners.push((listener, Door::Socket));
    }
    Ok(listeners)
}
