//! Traefik asks by a `ForwardAuth` middleware. It takes the fields of the answer in place of the client's by a pattern, so
//! that every spelling goes.

use super::Facts;

const HEADING: &str = "Traefik asks Doorward about each request, and sends it to the application itself.
Belongs into a file of the file provider. The names of the entry point and of the certificate's resolver are yours.";

pub(super) fn snippet(facts: &Facts) -> String {
    let mut text = facts.heading(HEADING);
    let (prefix, doorward, application) = (&facts.prefix, &facts.doorward, &facts.application);
    let hosts: Vec<String> = facts
        .names
        .iter()
        .map(|name| format!("Host(`{name}`)"))
        .collect();
    let hosts = hosts.join(" || ");
    let (entry, tls) = match facts.public.is_secure() {
        true => ("websecure", "      tls: {}\n"),
        false => ("web", ""),
    };
    text.push_str(&format!(
        "
http:
  routers:
    application:
      rule: \"{hosts}\"
      entryPoints: [{entry}]
      middlewares: [doorward-ask]
      service: application
{tls}    # Sign-in, sign-out, account, keys. What lies below {prefix}/auth goes to the router above, which lets nobody there.
    doorward:
      rule: \"({hosts}) && (Path(`{prefix}`) || PathPrefix(`{prefix}/`)) && !PathPrefix(`{prefix}/auth`)\"
      entryPoints: [{entry}]
      middlewares: [doorward-own]
      service: doorward
{tls}  middlewares:
    doorward-ask:
      forwardAuth:
        address: \"http://{doorward}{prefix}/auth/traefik\"
        # What the answer carries, in place of all that the client says under such a name, in whatever spelling.
        authResponseHeadersRegex: \"(?i){names}\"
    doorward-own:
      headers:
        customRequestHeaders:
          X-Forwarded-Method: \"\"
          X-Forwarded-Uri: \"\"
  services:
    application:
      loadBalancer:
        servers:
          - url: \"http://{application}\"
    doorward:
      loadBalancer:
        servers:
          - url: \"http://{doorward}\"
",
        names = facts.pattern().replacen("^(", "^(cookie|", 1),
    ));
    text
}
