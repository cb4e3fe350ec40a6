//! Apache as Debian has it asks nobody: it forwards to Doorward, and Doorward to the application.

use super::{Facts, Reached};

const HEADING: &str = "Apache forwards to Doorward, which forwards to the application: it cannot ask, so Doorward is in the path.
Belongs into sites-available; needs: a2enmod proxy proxy_http headers (and ssl, with https). The paths of the certificate are yours.";

pub(super) fn snippet(facts: &Facts) -> String {
    let mut text = facts.heading(HEADING);
    let (first, more) = match facts.names.split_first() {
        Some((first, more)) => (first.as_str(), more.join(" ")),
        None => ("localhost", String::new()),
    };
    let alias = match more.is_empty() {
        true => String::new(),
        false => format!("    ServerAlias {more}\n"),
    };
    let doorward = match &facts.doorward {
        Reached::Tcp(address) => format!("http://{address}"),
        Reached::Unix(path) => format!("unix:{}|http://doorward", path.display()),
    };
    let tls = match facts.public.is_secure() {
        true => format!(
            "    SSLEngine on\n    SSLCertificateFile /etc/ssl/certs/{first}.pem\n    SSLCertificateKeyFile /etc/ssl/private/{first}.key\n"
        ),
        false => String::new(),
    };
    text.push_str(&format!(
        "
<VirtualHost {bind}>
    ServerName {first}
{alias}{tls}
    # Paths arrive as they were sent: Doorward refuses those that can be read in two ways.
    AllowEncodedSlashes NoDecode
    ProxyPreserveHost On
    ProxyAddHeaders On
    # Apache adds to these; what was there is the client's.
    RequestHeader unset X-Forwarded-For
    RequestHeader unset X-Forwarded-Host
    RequestHeader unset X-Forwarded-Server
    RequestHeader set X-Forwarded-Proto {scheme}
    ProxyPass / \"{doorward}/\" nocanon upgrade=websocket
</VirtualHost>
",
        bind = facts.bind("*:"),
        scheme = facts.public.scheme(),
    ));
    text
}
