//! `doorward provider guide`: what to register at a provider, made from this very file, so that no address can be another
//! than the one that is used.

use std::path::Path;

use super::table::{facts, visible};
use super::{Exit, Output, Source, complain, print};
use crate::config::{self, Config, Registration, Slug};
use clap::{Args, ValueEnum};

/// `doorward provider guide`.
#[derive(Clone, Debug, Args)]
pub struct Guide {
    /// Its id, as in the file.
    pub provider: String,
    /// Where the configuration is. No process needs to run, and the values that the portal will show may be missing.
    #[command(flatten)]
    pub source: Source,
    /// How people read it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// For people or for programs.
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub output: Output,
}

/// Where people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// On a terminal.
    Text,
    /// In a ticket or an e-mail.
    Markdown,
}

/// Does what was typed.
pub fn run(guide: &Guide) -> Exit {
    let config = match load(&guide.source.config) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let id = Slug::parse(&guide.provider).ok();
    let Some(provider) = id.and_then(|id| config.providers.get(&id)) else {
        let known: Vec<&str> = config.providers.keys().map(Slug::as_str).collect();
        let (typed, known) = (visible(&guide.provider), known.join(", "));
        complain(&format!(
            "error: there is no provider `{typed}`; known: {known}"
        ));
        return Exit::Failed;
    };
    let registration = Registration::of(&config, provider);
    match (guide.output, guide.format) {
        // Texts and lists always serialise.
        (Output::Json, _) => print(&serde_json::to_string(&registration).unwrap_or_default()),
        (Output::Human, Format::Text) => print(&registration.text()),
        (Output::Human, Format::Markdown) => print(&registration.markdown()),
    }
    Exit::Fine
}

fn load(path: &Path) -> Result<Config, Exit> {
    config::load_unregistered(path).map_err(|faults| {
        super::check::complain(&faults);
        Exit::Configuration
    })
}

impl Registration {
    fn toml(&self) -> String {
        let pairs = self.keys.iter();
        let pairs = pairs.map(|key| (format!("{} = {}", key.key, key.example), key.shown_as));
        let pairs: Vec<(String, &str)> = pairs.collect();
        let widths = pairs.iter().map(|(pair, _)| pair.chars().count());
        let width = widths.max().unwrap_or_default();
        let lines = pairs.iter();
        let lines: Vec<String> = lines
            .map(|(pair, shown_as)| format!("{pair:<width$}  # {shown_as}"))
            .collect();
        format!("[providers.{}]\n{}", self.provider, lines.join("\n"))
    }

    fn next(&self) -> String {
        format!(
            "Next: doorward check, then doorward provider test {}",
            self.provider
        )
    }

    fn text(&self) -> String {
        let mut text = format!("Register this at {}:\n\n", self.place);
        text.push_str(&indented(&facts(&self.facts())));
        text.push_str("\n\nSteps:\n\n");
        for (number, step) in self.steps.iter().enumerate() {
            text.push_str(&format!("  {}. {step}\n", number + 1));
        }
        if !self.keys.is_empty() {
            text.push_str("\nThen put what it shows you into the file:\n\n");
            text.push_str(&indented(&self.toml()));
            text.push('\n');
        }
        text.push_str(&format!("\n{}", self.next()));
        text
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# Sign-in `{}`\n\nRegister this at {}.\n\n",
            self.provider, self.place
        );
        text.push_str("| | |\n| --- | --- |\n");
        for (name, value) in self.facts() {
            // A pipe would end the cell.
            let value = visible(&value).replace('|', "\\|");
            text.push_str(&format!("| {name} | `{value}` |\n"));
        }
        text.push_str("\n## Steps\n\n");
        for (number, step) in self.steps.iter().enumerate() {
            text.push_str(&format!("{}. {step}\n", number + 1));
        }
        if !self.keys.is_empty() {
            let toml = self.toml();
            text.push_str(&format!(
                "\n## What we need from you\n\n```toml\n{toml}\n```\n"
            ));
        }
        text
    }
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("  {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
