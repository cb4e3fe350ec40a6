//! Caddy asks by `forward_auth`, and shows every answer that lets nobody through.

use super::{Facts, Reached};

const HEADING: &str =
    "Caddy asks Doorward about each request, and sends it to the application itself.
Belongs into the Caddyfile.";

pub(super) fn snippet(facts: &Facts) -> String {
    let doorward = match &facts.doorward {
        Reached::Tcp(address) => address.to_string(),
        Reached::Unix(path) => format!("unix/{}", path.display()),
    };
    let (prefix, application) = (&facts.prefix, &facts.application);
    let mut text = facts.heading(HEADING);
    text.push_str(&format!(
        "
{sites} {{
	route {{
		@doorward_asked path {prefix}/auth {prefix}/auth/*
		handle @doorward_asked {{
			respond 404
		}}

		# Sign-in, sign-out, account, keys.
		@doorward path {prefix} {prefix}/*
		handle @doorward {{
			request_header -X-Forwarded-Method
			request_header -X-Forwarded-Uri
			reverse_proxy {doorward}
		}}

		handle {{
			route {{
				# Names with more than letters, digits and hyphens: applications read them as others.
{odd}
				# What no client may say.
				request_header -Sso-*
				request_header -X-Forwarded-*
{gone}
				# WebSockets alone: what went through any other upgrade (h2c) would be asked about by nobody.
				@upgrades {{
					header Upgrade *
					not header_regexp Upgrade (?i)^websocket$
				}}
				request_header @upgrades -Upgrade
				request_header -HTTP2-Settings

				forward_auth {doorward} {{
					uri {prefix}/auth/caddy
					copy_headers Cookie {carried}
				}}

				# Caddy copies a field that the answer lacks too: as an empty one, or as the name of its variable.
{empty}
				reverse_proxy {application}
			}}
		}}
	}}
}}
",
        sites = sites(facts),
        odd = odd(),
        gone = gone(facts),
        carried = facts.carried.join(" "),
        empty = empty(facts),
    ));
    text
}

fn sites(facts: &Facts) -> String {
    let port = facts.public.host().port();
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let scheme = facts.public.scheme();
    let sites = facts
        .names
        .iter()
        .map(|name| format!("{scheme}://{name}{port}"));
    sites.collect::<Vec<_>>().join(", ")
}

/// All that a name may have beside (RFC 9110 §5.6.2).
const ODD: &str = "_.~!#$%&'*+^`|";

fn odd() -> String {
    let lines = ODD
        .chars()
        .map(|letter| format!("\t\t\t\trequest_header -*{letter}*\n"));
    lines.collect()
}

fn gone(facts: &Facts) -> String {
    let all = facts.carried.iter().chain(&facts.gone);
    let all = all.filter(|name| !name.starts_with("Sso-") && !name.starts_with("X-Forwarded-"));
    let all = all.map(String::as_str).chain(["Forwarded", "X-Real-Ip"]);
    all.map(|name| format!("\t\t\t\trequest_header -{name}\n"))
        .collect()
}

/// What Caddy copies of a field that the answer lacks is nothing, or, in 2.6, the name of its own variable.
fn empty(facts: &Facts) -> String {
    let all = ["Cookie"]
        .into_iter()
        .chain(facts.carried.iter().map(String::as_str));
    let lines = all.map(|name| {
        let matcher = format!("@no_{}", name.to_ascii_lowercase());
        format!(
            "\t\t\t\t{matcher} header_regexp {name} ^($|[{{]http[.]reverse_proxy)\n\t\t\t\trequest_header {matcher} -{name}\n"
        )
    });
    lines.collect()
}
