//! Envoy asks by the filter `ext_authz` with an HTTP service, which gets the request's own method, host and path. Which
//! fields of the client's go is said in the answer.

use super::{Facts, Reached};

const HEADING: &str = "Envoy asks Doorward about each request, and sends it to the application itself.
A whole file for `envoy -c`; for an Envoy that is there already, take the virtual host, the two filters and the cluster doorward.";

pub(super) fn snippet(facts: &Facts) -> Result<String, String> {
    let Reached::Tcp(doorward) = &facts.doorward else {
        return Err("Envoy asks over TCP".to_owned());
    };
    let (host, port) = facts
        .application
        .rsplit_once(':')
        .unwrap_or((&facts.application, "80"));
    let bind = facts.bind("0.0.0.0:");
    let (bind, bind_port) = bind.rsplit_once(':').unwrap_or((&bind, "443"));
    let domains: Vec<String> = facts
        .names
        .iter()
        .map(|name| format!("\"{name}\", \"{name}:*\""))
        .collect();
    let carried = ["Cookie"]
        .into_iter()
        .chain(facts.carried.iter().map(String::as_str));
    let carried: String = carried
        .map(|name| {
            format!(
                "                              - exact: {}\n",
                name.to_ascii_lowercase()
            )
        })
        .collect();
    let parts = [
        ("@DOMAINS@", domains.join(", ")),
        ("@CARRIED@", carried),
        ("@TLS@", tls(facts)),
        ("@PREFIX@", facts.prefix.clone()),
        ("@DOORWARD@", doorward.to_string()),
        ("@BIND@", bind.to_owned()),
        ("@BIND_PORT@", bind_port.to_owned()),
        ("@OWN_HOST@", doorward.ip().to_string()),
        ("@OWN_PORT@", doorward.port().to_string()),
        ("@HOST@", host.to_owned()),
        ("@PORT@", port.to_owned()),
    ];
    Ok(format!(
        "{}\n{}",
        facts.heading(HEADING),
        super::filled(TEMPLATE, &parts)
    ))
}

const TEMPLATE: &str = include_str!("envoy.yaml");

fn tls(facts: &Facts) -> String {
    if !facts.public.is_secure() {
        return String::new();
    }
    let name = facts.public.host().name();
    format!(
        "          transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_certificates:
                  - certificate_chain: {{ filename: /etc/ssl/certs/{name}.pem }}
                    private_key: {{ filename: /etc/ssl/private/{name}.key }}
"
    )
}
