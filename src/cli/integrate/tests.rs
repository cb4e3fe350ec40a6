//! Each snippet says what this file says, or what the file has to say first.

use super::*;

const SERVER: &str = "public_url = \"https://app.acme.com\"\nlisten = [\"127.0.0.1:8123\"]\n\
    trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\n\
    forward_auth = [\"nginx\", \"traefik\", \"caddy\", \"envoy\", \"haproxy\"]\n";

const REST: &str = "[providers.idp]\npreset = \"google\"\n[organizations.acme]\nproviders = [\"idp\"]\nallow = { anyone = true }\n\
    [organizations.globex]\nhosts = [\"globex.acme.com\"]\nproviders = [\"idp\"]\nallow = { anyone = true }\n";

const UPSTREAM: &str = "[upstreams.app]\nurl = \"http://127.0.0.1:3000\"\n";

fn config(server: &str, rest: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorward.toml");
    std::fs::write(&path, format!("[server]\n{server}{REST}{rest}")).unwrap();
    config::load_unregistered(&path).unwrap_or_else(|faults| panic!("{faults}"))
}

fn print_for(kind: Kind, server: &str, rest: &str) -> Result<String, String> {
    let typed = Integrate {
        proxy: kind,
        application: None,
        script: false,
        source: Source {
            config: "doorward.toml".into(),
        },
    };
    snippet(&typed, &config(server, rest))
}

#[test]
fn every_snippet_has_the_names_and_addresses_of_this_very_file() {
    let rest = format!(
        "{UPSTREAM}[headers]\npreset = \"x-auth-request\"\n[headers.set]\n\"X-Department\" = \"{{claims.department}}\"\n\
         [assertion]\nheader = \"X-Identity\"\n"
    );
    let server = format!("{SERVER}prefix = \"/auth/door\"\n");
    for &kind in Kind::value_variants() {
        let text = print_for(kind, &server, &rest).unwrap();
        let mut parts = vec!["app.acme.com", "8123", "\"10.0.0.0/8\""];
        // To HAProxy every host is Doorward's to judge.
        parts.extend((kind != Kind::Haproxy).then_some("globex.acme.com"));
        if kind != Kind::Apache {
            parts.extend(["/auth/door", "3000"]);
        }
        if !matches!(kind, Kind::Apache | Kind::Traefik | Kind::Haproxy) {
            for name in [
                "x-auth-request-user",
                "x-department",
                "x-identity",
                "cookie",
            ] {
                let there = text.to_ascii_lowercase().contains(name);
                assert!(there, "{name} in\n{text}");
            }
        }
        for part in parts {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains("/_sso"), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
    }
}

#[test]
fn what_a_client_says_of_itself_goes_whichever_names_are_ours() {
    let rest = format!("{UPSTREAM}[headers]\npreset = \"none\"\n");
    let nginx = print_for(Kind::Nginx, SERVER, &rest).unwrap();
    for name in [
        "Remote-User",
        "X-Auth-Request-Email",
        "X-Forwarded-User",
        "X-Original-Url",
    ] {
        assert!(
            nginx.contains(&format!("proxy_set_header {name} '';")),
            "{name}"
        );
    }
    let caddy = print_for(Kind::Caddy, SERVER, &rest).unwrap();
    assert!(caddy.contains("request_header -Remote-User\n"), "{caddy}");
    for kind in [Kind::Haproxy, Kind::Traefik] {
        let text = print_for(kind, SERVER, &rest).unwrap();
        assert!(
            text.contains("|remote[^a-z0-9]user|sso[^a-z0-9].*|"),
            "{text}"
        );
    }
}

#[test]
fn the_script_names_every_field_that_the_answer_carries() {
    let script = Integrate {
        proxy: Kind::Haproxy,
        application: Some("app:80".to_owned()),
        script: true,
        source: Source {
            config: "doorward.toml".into(),
        },
    };
    let config = config(
        SERVER,
        "[headers.set]\n\"X-Department\" = \"{claims.department}\"\n",
    );
    let text = snippet(&script, &config).unwrap();
    assert!(
        text.contains("\"http://127.0.0.1:8123/_sso/auth/haproxy\""),
        "{text}"
    );
    let carried = "{ \"cookie\", \"remote-user\", \"remote-email\", \"remote-name\", \"remote-groups\", \
                   \"remote-organization\", \"x-department\", \"sso-jwt-assertion\", \"sso-reference\" }";
    assert!(text.contains(carried), "{text}");
    let wrong = Integrate {
        proxy: Kind::Nginx,
        ..script
    };
    assert!(
        snippet(&wrong, &config)
            .unwrap_err()
            .contains("only HAProxy")
    );
}

#[test]
fn a_file_that_does_not_fit_is_told_what_it_lacks() {
    let nobody = "public_url = \"https://app.acme.com\"\n";
    let trusting = format!("{nobody}trusted_proxies = [\"127.0.0.1\"]\n");
    let handed_over = SERVER.replace("127.0.0.1:8123", "systemd:web");
    let handed_over = format!("behind_proxy = true\n{handed_over}");
    let on_a_socket = SERVER.replace("127.0.0.1:8123", "unix:/run/doorward.sock");
    for (kind, server, rest, lacks) in [
        (
            Kind::Nginx,
            nobody,
            UPSTREAM,
            "trusted_proxies = [\"127.0.0.1\"]",
        ),
        (
            Kind::Apache,
            nobody,
            UPSTREAM,
            "trusted_proxies = [\"127.0.0.1\"]",
        ),
        (
            Kind::Caddy,
            &trusting,
            UPSTREAM,
            "forward_auth = [\"caddy\"]",
        ),
        (Kind::Nginx, SERVER, "", "--application 127.0.0.1:3000"),
        (Kind::Apache, SERVER, "", "[upstreams.app]"),
        (Kind::Envoy, &on_a_socket, UPSTREAM, "Unix sockets"),
        (
            Kind::Nginx,
            &handed_over,
            UPSTREAM,
            "where a socket unit says",
        ),
        (
            Kind::Nginx,
            SERVER,
            "[headers.set]\n\"Remote_User\" = \"{email}\"\n",
            "remote_user",
        ),
    ] {
        let told = print_for(kind, server, rest).unwrap_err();
        assert!(told.contains(lacks), "{kind:?}: {told}");
    }
    let nginx = print_for(Kind::Nginx, &on_a_socket, UPSTREAM).unwrap();
    assert!(nginx.contains("server unix:/run/doorward.sock;"), "{nginx}");
    let apache = print_for(Kind::Apache, &trusting, UPSTREAM).unwrap();
    assert!(!apache.contains("forward_auth"), "{apache}");
}
