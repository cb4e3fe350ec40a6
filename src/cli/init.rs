//! `doorward init`: a first file, with what only its author can know left open, and what to register meanwhile.

use std::fs::OpenOptions;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use toml_edit::{Array, Value};

use super::table::facts;
use super::{Exit, Source, complain, print};
use crate::config::{self, FieldKind, Preset, Registration, Slug};

/// `doorward init`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  doorward init                                     asks, on a terminal
  doorward init --preset google --public-url https://app.example.com --upstream http://127.0.0.1:8080")]
pub struct Init {
    /// Where the file goes. It must not be there yet.
    #[command(flatten)]
    pub source: Source,
    /// What people type into their browser.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Where the application is.
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// What fills in the rest of the provider: google, entra, okta, auth0, keycloak, github, gitlab, slack, apple, oidc, oauth2.
    #[arg(long)]
    pub preset: Option<String>,
    /// The short name of the organization.
    #[arg(long, visible_alias = "org", value_name = "SLUG")]
    pub organization: Option<String>,
}

/// What the file is made of.
struct Answers {
    public_url: String,
    upstream: String,
    preset: Preset,
    organization: Slug,
}

/// Writes the file and tells what to register.
pub fn run(init: &Init) -> Exit {
    let file = &init.source.config;
    let answers = match answers(init) {
        Ok(answers) => answers,
        Err(complaint) => {
            complain(&format!("error: {complaint}"));
            return Exit::Failed;
        }
    };
    if let Err(error) = put(file, &answers.text()) {
        complain(&format!(
            "error: {} cannot be written: {error}",
            file.display()
        ));
        return Exit::Failed;
    }
    let id = answers.preset.as_str();
    // What it says is read by the same reader as ever, and what cannot be right is not left behind.
    let config = match config::load_unregistered(file) {
        Ok(config) => config,
        Err(faults) => {
            super::check::complain(&faults);
            drop(std::fs::remove_file(file));
            return Exit::Configuration;
        }
    };
    let provider = config.providers.values().find(|it| it.id.as_str() == id);
    let Some(provider) = provider else {
        complain("error: the file has another provider by now");
        return Exit::Failed;
    };
    let registration = Registration::of(&config, provider);
    let mut text = format!("{} is written.\n\n", file.display());
    text.push_str(&format!("Register this at {}:\n", registration.place));
    for line in facts(&registration.facts()).lines() {
        text.push_str(&format!("\n  {line}"));
    }
    text.push_str(&format!(
        "\n\nNext: doorward provider guide {id}, put what the portal shows into the file, then doorward check"
    ));
    print(&text);
    Exit::Fine
}

/// What was typed, then what is answered on a terminal, then what is usual.
fn answers(init: &Init) -> Result<Answers, String> {
    let is_asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let answer = |given: &Option<String>, question: &str, usual: &str| match given {
        Some(given) => given.clone(),
        None if is_asked => asked(question, usual),
        None => usual.to_owned(),
    };
    if init.source.config.exists() {
        let file = init.source.config.display();
        return Err(format!("{file} is there already, and stays as it is"));
    }
    let public_url = answer(
        &init.public_url,
        "What people type into their browser",
        "https://app.example.com",
    );
    let upstream = answer(
        &init.upstream,
        "Where the application is",
        "http://127.0.0.1:8080",
    );
    let word = answer(&init.preset, "The identity provider", "oidc");
    let known = config::DRAFTABLE.map(Preset::as_str).join(", ");
    let preset = Preset::draftable(&word)
        .ok_or_else(|| format!("there is no preset of that name; known: {known}"))?;
    let organization = answer(
        &init.organization,
        "The short name of the organization",
        "acme",
    );
    let organization = Slug::parse(&organization).map_err(|_| {
        "an organization's short name has small letters, digits and dashes".to_owned()
    })?;
    Ok(Answers {
        public_url,
        upstream,
        preset,
        organization,
    })
}

/// Asks on the terminal; an empty answer is the usual one.
fn asked(question: &str, usual: &str) -> String {
    let mut stderr = std::io::stderr();
    let shown = write!(stderr, "{question} [{usual}]: ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let answered = std::io::stdin().lock().read_line(&mut answer);
    match answer.trim() {
        answer if shown.is_ok() && answered.is_ok() && !answer.is_empty() => answer.to_owned(),
        _ => usual.to_owned(),
    }
}

/// Writes a file that is not there. It may get a secret later, so nobody else reads it.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

impl Answers {
    fn text(&self) -> String {
        let (url, upstream) = (quoted(&self.public_url), quoted(&self.upstream));
        let (id, organization) = (self.preset.as_str(), &self.organization);
        format!(
            "# Doorward. `doorward check` finds every mistake in here; docs/configuration.md has every key.\n\
             version = 1\n\n\
             [server]\n\
             public_url = {url}   # what people type; redirect URIs are built from it\n\
             #listen = [\"0.0.0.0:443\"]   # with [server.tls]; without both, this machine alone\n\
             #[server.tls]\n\
             #certificate = \"tls/cert.pem\"\n\
             #key = \"tls/key.pem\"\n\n\
             [upstreams.app]\n\
             url = {upstream}   # where the application is; nobody may reach it but by Doorward\n\n\
             # `doorward provider guide {id}` says where the provider shows what is to be put here.\n\
             [providers.{id}]\n\
             preset = \"{id}\"\n{}\n\
             [organizations.{organization}]\n\
             providers = [\"{id}\"]\n{}\
             #owners = [\"you@example.com\"]   # who may open its administration\n",
            self.keys(),
            self.rule()
        )
    }

    /// What the portal shows, each with what it is called there. Nobody can sign in before the name that it gave us stands there.
    fn keys(&self) -> String {
        let fields = self.preset.fields().into_iter();
        let lines = fields.map(|field| {
            let value = match field.kind {
                FieldKind::Secret | FieldKind::Key => {
                    format!("{{ file = \"{}.secret\" }}", self.preset.as_str())
                }
                FieldKind::List => {
                    let texts: Array = field.example.split_whitespace().collect();
                    Value::from(texts).to_string()
                }
                FieldKind::Line if field.key == "client_id" => quoted(""),
                FieldKind::Line | FieldKind::Place => quoted(field.example),
            };
            let off = if field.needed { "" } else { "#" };
            format!("{off}{} = {value}   # {}\n", field.key, field.shown_as)
        });
        lines.collect()
    }

    /// Who may come: there is no such line only where the provider knows nobody else.
    fn rule(&self) -> &'static str {
        match self.preset {
            Preset::Google => {
                "allow = { hosted_domains = [\"example.com\"] }   # your Workspace's; private accounts have none\n"
            }
            Preset::GitHub => {
                "allow = { tenants = [\"0\"] }   # the number of your GitHub organization\n"
            }
            Preset::Slack => "allow = { tenants = [\"T00000000\"] }   # the id of your workspace\n",
            Preset::GitLab | Preset::Apple => {
                "allow = { email_domains = [\"example.com\"] }   # anybody can have an account there\n"
            }
            Preset::Entra
            | Preset::Okta
            | Preset::Auth0
            | Preset::Keycloak
            | Preset::Oidc
            | Preset::OAuth2
            | Preset::Dev => {
                "#allow = { groups_any = [\"app-users\"] }   # without a rule, whoever the provider lets through\n"
            }
        }
    }
}

/// A text as a value of the file.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_file_of_every_preset_is_good_but_for_what_the_portal_shows() {
        for preset in config::DRAFTABLE {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("doorward.toml");
            let init = Init {
                source: Source {
                    config: file.clone(),
                },
                public_url: Some("https://app.example.com".to_owned()),
                upstream: Some("http://127.0.0.1:8080".to_owned()),
                preset: Some(preset.as_str().to_owned()),
                organization: Some("acme".to_owned()),
            };
            assert_eq!(run(&init), Exit::Fine, "{preset:?}");
            let written = std::fs::read_to_string(&file).unwrap();
            assert_eq!(run(&init), Exit::Failed, "it stays as it is");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
            let faults = config::load_file(&file).unwrap_err().0;
            let keys = faults
                .iter()
                .map(|fault| fault.path.rsplit('.').next().unwrap());
            for key in keys {
                assert!(
                    ["client_id", "client_secret", "signing_key"].contains(&key),
                    "{preset:?}: {key}"
                );
            }
        }
    }

    #[test]
    fn what_is_typed_is_a_text_and_nothing_else() {
        let hostile = "https://app.example.com\"\n[admin]\npages = false\nx = \"";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("doorward.toml");
        let init = Init {
            source: Source {
                config: file.clone(),
            },
            public_url: Some(hostile.to_owned()),
            upstream: Some("http://127.0.0.1:8080".to_owned()),
            preset: Some("oidc".to_owned()),
            organization: Some("acme".to_owned()),
        };
        assert_eq!(run(&init), Exit::Configuration);
        assert!(
            !file.exists(),
            "nothing that cannot be right is left behind"
        );
    }
}
