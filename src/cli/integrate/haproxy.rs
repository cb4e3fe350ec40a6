//! HAProxy asks by a script: it has no filter of its own for that, and what Debian packages of it has a client for scripts.

use super::Facts;

const HEADING: &str =
    "HAProxy asks Doorward about each request, and sends it to the application itself.
Belongs into haproxy.cfg, whose global section loads the script that --script prints:

  lua-load /etc/haproxy/doorward.lua

The paths of the certificate and of the script are yours.";

pub(super) fn snippet(facts: &Facts) -> String {
    let mut text = facts.heading(HEADING);
    let (prefix, doorward, application) = (&facts.prefix, &facts.doorward, &facts.application);
    let secure = match facts.public.is_secure() {
        true => format!(
            " ssl crt /etc/haproxy/certs/{}.pem alpn h2,http/1.1",
            facts.public.host().name()
        ),
        false => String::new(),
    };
    text.push_str(&format!(
        "
frontend doorward_front
    mode http
    timeout client 60s
    bind {bind}{secure}
    acl doorward_asked path -m reg ^{pattern}/auth(/|$)
    acl doorward_own path -m reg ^{pattern}(/|$)
    http-request return status 404 if doorward_asked

    # What no client may say, in whatever spelling.
    http-request del-header {names} -m reg
    # WebSockets alone: what went through any other upgrade (h2c) would be asked about by nobody.
    http-request del-header Upgrade unless {{ req.fhdr(upgrade) -i websocket }}
    http-request del-header HTTP2-Settings
    http-request del-header ^x[^a-z0-9]forwarded[^a-z0-9] -m reg
    http-request del-header ^(forwarded|x[^a-z0-9]real[^a-z0-9]ip)$ -m reg
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Host %[req.fhdr(host)]
    http-request set-header X-Forwarded-Proto {scheme}

    http-request lua.doorward if !doorward_own
    use_backend doorward if doorward_own
    default_backend doorward_application

backend doorward
    mode http
    timeout connect 5s
    timeout server 60s
    server doorward {doorward}

backend doorward_application
    mode http
    timeout connect 5s
    timeout server 60s
    timeout tunnel 1h
    server application {application}
",
        bind = facts.bind("*:"),
        pattern = prefix.replace('.', "[.]"),
        names = facts.pattern(),
        scheme = facts.public.scheme(),
    ));
    text
}

/// The script. The fields of the answer are names alone, so nothing here needs quoting.
pub(super) fn script(facts: &Facts) -> String {
    let carried = ["Cookie"]
        .into_iter()
        .chain(facts.carried.iter().map(String::as_str));
    let carried: Vec<String> = carried
        .map(|name| format!("\"{}\"", name.to_ascii_lowercase()))
        .collect();
    SCRIPT
        .replace("{doorward}", &facts.doorward.to_string())
        .replace("{prefix}", &facts.prefix)
        .replace("{carried}", &carried.join(", "))
}

const SCRIPT: &str = include_str!("haproxy.lua");
