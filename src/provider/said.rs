//! What a provider says of its own error. Nobody has checked it and anybody can have written it into a callback's address,
//! so it decides nothing and no visitor sees it: it goes into the log, for whoever has to mend the connection. Only a
//! rehearsal shows it, to the operator and to whoever goes through it.

use tracing::info;

use super::{Error, Outcome};
use crate::config::Slug;

/// A code and a description in a provider's own words (RFC 6749 §4.1.2.1, §5.2): short, on one line, and without the
/// secrets and the addresses of people that they might quote (threat model 51, 52).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    code: String,
    description: String,
}

/// Why there is no identity, and what the provider says of it, if it said something.
#[derive(Debug)]
pub struct Failed {
    /// What it means here.
    pub error: Error,
    /// For the log, and for rehearsals.
    pub said: Option<Said>,
}

impl Failed {
    /// The error alone, after what the provider says has gone into the log.
    pub fn noted_for(self, provider: &Slug, reference: &str) -> Error {
        if let Some(said) = &self.said {
            info!(
                reference,
                %provider,
                idp.error = said.code(),
                idp.error_description = said.description(),
                "what the provider says of it, unverified"
            );
        }
        self.error
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, said: None }
    }
}

/// Why tokens were not renewed, and what the provider says of it, if it said something.
#[derive(Clone, Debug)]
pub struct NotRenewed {
    /// What it means here.
    pub outcome: Outcome,
    /// For the log alone.
    pub said: Option<Said>,
}

impl From<Outcome> for NotRenewed {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            said: None,
        }
    }
}

impl Said {
    /// From an answer, without what was sent along and is a secret.
    pub(super) fn new(code: &str, description: Option<&str>, secrets: &[&str]) -> Self {
        Self {
            code: tame(code, secrets, MAX_CODE_CHARS),
            description: tame(
                description.unwrap_or_default(),
                secrets,
                MAX_DESCRIPTION_CHARS,
            ),
        }
    }

    /// Its `error`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Its `error_description`; empty if there is none.
    pub fn description(&self) -> &str {
        &self.description
    }
}

fn tame(text: &str, secrets: &[&str], max_chars: usize) -> String {
    let worth_hiding = |secret: &&&str| secret.len() >= SHORTEST_SECRET;
    let text = secrets
        .iter()
        .filter(worth_hiding)
        .fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
    let text: String = text.chars().filter(|it| is_harmless(*it)).collect();
    let nobody_named = text
        .split(' ')
        .map(|word| if word.contains('@') { "…" } else { word });
    let text = nobody_named.collect::<Vec<_>>().join(" ");
    text.chars().take(max_chars).collect()
}

/// Neither a control character nor one that changes how the characters around it are read (UAX #9, UTS #39).
fn is_harmless(letter: char) -> bool {
    !letter.is_control()
        && !matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// The longest code of a specification has 26.
const MAX_CODE_CHARS: usize = 64;

/// Two sentences.
const MAX_DESCRIPTION_CHARS: usize = 256;

/// What is shorter is found in ordinary words.
const SHORTEST_SECRET: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_52_what_others_say_is_short_and_on_one_line() {
        let said = |text: &str| Said::new(text, Some(text), &[]);
        let long = said(&"é".repeat(10_000));
        assert_eq!(long.code().chars().count(), 64);
        assert_eq!(long.description().chars().count(), 256);
        let odd = "a\r\nb\0c\u{1b}[31m\u{202e}d\u{2028}e\u{200b}f\u{85}g";
        assert_eq!(said(odd).description(), "abc[31mdefg");
        assert_eq!(said(odd).code(), "abc[31mdefg");
        assert_eq!(
            said("Zugriff verweigert: José").code(),
            "Zugriff verweigert: José"
        );
    }

    #[test]
    fn inv_51_what_others_quote_is_not_logged() {
        let long = "x".repeat(250);
        let text = format!("{long}the code s3cr3t-code is spent, not s3cr3t-code or ab");
        let said = Said::new("s3cr3t-code", Some(&text), &["s3cr3t-code", "ab"]);
        assert_eq!(said.code(), "…");
        assert!(
            !said.description().contains("s3cr"),
            "also where it is cut off"
        );
        let short = Said::new(
            "x",
            Some("the code s3cr3t-code, ab"),
            &["s3cr3t-code", "ab"],
        );
        assert_eq!(short.description(), "the code …, ab");
        let named = Said::new("x", Some("no ada@acme.com, sorry"), &[]);
        assert_eq!(named.description(), "no … sorry");
    }
}
