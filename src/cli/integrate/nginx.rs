//! nginx asks by `auth_request`, which passes on no body: what a visitor is told is fetched by a second question.

use super::Facts;

const HEADING: &str = "nginx asks Doorward about each request, and sends it to the application itself.
Belongs into http { … }, for example as /etc/nginx/conf.d/doorward.conf. The paths of the certificate are yours.";

pub(super) fn snippet(facts: &Facts) -> String {
    let parts = [
        ("@LISTEN@", listen(facts)),
        ("@SET@", set(facts)),
        ("@FORWARDED@", FORWARDED.to_owned()),
        ("@CARRIED@", carried(facts)),
        ("@GONE@", gone(facts)),
        ("@OWN@", OWN.to_owned()),
        ("@QUESTION@", QUESTION.to_owned()),
        ("@NAMES@", facts.names.join(" ")),
        ("@PREFIX@", facts.prefix.clone()),
        ("@DOORWARD@", facts.doorward.to_string()),
        ("@APPLICATION@", facts.application.clone()),
    ];
    format!(
        "{}\n{}",
        facts.heading(HEADING),
        super::filled(TEMPLATE, &parts)
    )
}

const TEMPLATE: &str = include_str!("nginx.conf");

const FORWARDED: &str = "        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Port $server_port;
";

/// What goes to Doorward itself. Whatever asks a question there is a visitor's.
const OWN: &str = "        proxy_set_header Connection '';
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Method '';
        proxy_set_header X-Forwarded-Uri '';
";

/// The request that is asked about. The assertion of somebody with many groups is larger than a buffer usually is.
const QUESTION: &str = "        proxy_http_version 1.1;
        proxy_pass_request_body off;
        proxy_buffer_size 32k;
        proxy_buffers 8 32k;
        proxy_set_header Content-Length '';
        proxy_set_header Connection '';
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Method $request_method;
        proxy_set_header X-Forwarded-Uri $request_uri;
";

fn listen(facts: &Facts) -> String {
    let address = facts.bind("");
    if facts.public.is_secure() {
        let name = facts.public.host().name();
        format!(
            "    listen {address} ssl http2;\n    ssl_certificate /etc/ssl/certs/{name}.pem;\n    \
             ssl_certificate_key /etc/ssl/private/{name}.key;\n"
        )
    } else {
        format!("    listen {address};\n")
    }
}

/// A field as a variable.
fn variable(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

fn set(facts: &Facts) -> String {
    let mut text = String::new();
    let all = ["Cookie"]
        .into_iter()
        .chain(facts.carried.iter().map(String::as_str));
    for name in all.map(variable) {
        text.push_str(&format!(
            "        auth_request_set $doorward_{name} $upstream_http_{name};\n"
        ));
    }
    text
}

fn carried(facts: &Facts) -> String {
    let line = |name: &String| {
        format!(
            "        proxy_set_header {name} $doorward_{};\n",
            variable(name)
        )
    };
    facts.carried.iter().map(line).collect()
}

fn gone(facts: &Facts) -> String {
    let all = facts.gone.iter().map(String::as_str);
    let all = all.chain([
        "Forwarded",
        "X-Real-Ip",
        "X-Forwarded-Method",
        "X-Forwarded-Uri",
    ]);
    all.map(|name| format!("        proxy_set_header {name} '';\n"))
        .collect()
}
