//! What is bound at the start, and stays.

use tracing::warn;

use super::Error;
use crate::admin::Door;
use crate::config::{Config, Listen};
use crate::server::{Handover, Listener, Manner, TlsFiles};
use crate::tasks::Tasks;
use crate::telemetry::{Metrics, metrics};

/// Of a public Unix socket: a front proxy is another user, in the group of the socket's folder. The folder has the last
/// word on who gets there.
const PUBLIC_SOCKET_MODE: u32 = 0o660;

pub(super) async fn public(
    config: &Config,
    counted: &Metrics,
    tasks: &Tasks,
) -> Result<Vec<Listener>, Error> {
    let tls = match &config.server.tls {
        Some(tls) => {
            let label = metrics::Listener { listener: "public" };
            let expiry = counted.tls_certificate_expiry.get_or_create(&label).clone();
            Some(TlsFiles::open(tls, expiry, tasks)?)
        }
        None => None,
    };
    let server = &config.server;
    let manner = Manner {
        mode: PUBLIC_SOCKET_MODE,
        reuse_port: server.reuse_port,
    };
    let mut handover = Handover::take()?;
    let mut listeners = Vec::new();
    for listen in &server.listen {
        match listen {
            Listen::Systemd(name) => {
                listeners.extend(Listener::passed(&mut handover, name, tls.as_ref())?);
            }
            Listen::Tcp(_) | Listen::Unix(_) => {
                listeners.push(Listener::bind_as(listen, tls.clone(), manner).await?);
            }
        }
    }
    for name in handover.left() {
        warn!(
            name,
            "a socket that the service manager hands over is in server.listen by no systemd:name: nobody is served there"
        );
    }
    let listeners = listeners.into_iter().map(|listener| {
        let listener = listener.trusting(&server.trusted_proxies);
        listener.announced(server.proxy_protocol)
    });
    Ok(listeners.collect())
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
