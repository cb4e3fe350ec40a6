//! `doorward check`: every mistake in the file, without a running process and without the network.

use std::io::IsTerminal;

use serde_json::json;

use super::table::facts;
use super::{Exit, Output, print};
use crate::clock::{Clock as _, System};
use crate::config::{self, Config, Fault, Loaded, Registration, Style, Weight};

/// `doorward check`.
#[derive(Clone, Debug, clap::Args)]
pub struct Check {
    /// Where the configuration is.
    #[command(flatten)]
    pub source: super::Source,
    /// For people or for programs.
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub output: Output,
    /// Treat warnings as errors.
    #[arg(long)]
    pub strict: bool,
}

/// Checks a file and prints what is wrong with it, or what to register at the providers.
pub fn run(check: &Check) -> Exit {
    let (faults, config) = match config::load_file(&check.source.config) {
        Ok(Loaded {
            config,
            mut warnings,
            ..
        }) => {
            warnings.extend(config.expiring_secrets(System.now()));
            (warnings, Some(config))
        }
        Err(faults) => (faults.0, None),
    };
    let fine = config.is_some() && (faults.is_empty() || !check.strict);
    match check.output {
        Output::Json => {
            print(&json!({ "ok": fine, "faults": config::to_json(&faults) }).to_string())
        }
        Output::Human => print(&for_people(check, &faults, config.as_ref())),
    }
    if fine {
        Exit::Fine
    } else {
        Exit::Configuration
    }
}

fn for_people(check: &Check, faults: &[Fault], config: Option<&Config>) -> String {
    let mut text = String::new();
    if !faults.is_empty() {
        text.push_str(&config::render(faults, style(&std::io::stdout())));
    }
    let file = check.source.config.display();
    match config {
        None => {
            let errors = faults.iter().filter(|fault| fault.weight == Weight::Error);
            text.push_str(&format!(
                "{file} is not used as it is ({} to mend)",
                errors.count()
            ));
        }
        Some(config) => {
            text.push_str(&format!("{file} is fine"));
            for provider in config.providers.values() {
                let registration = Registration::of(config, provider);
                text.push_str(&format!("\n\nRegistered at {} is:\n", provider.id));
                for line in facts(&registration.facts()).lines() {
                    text.push_str(&format!("\n  {line}"));
                }
            }
        }
    }
    text
}

/// Faults on standard error, where a command cannot go on.
pub fn complain(faults: &config::Faults) {
    super::complain(&config::render(&faults.0, style(&std::io::stderr())));
}

fn style(stream: &impl IsTerminal) -> Style {
    if stream.is_terminal() && config::wants_colour() {
        Style::Colour
    } else {
        Style::Plain
    }
}
