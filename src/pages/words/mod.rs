//! What the pages say: the languages, and text on its way into a page.
//!
//! Owns: the files of words, one for each language ([Fluent](https://projectfluent.org)), choosing among them, and
//! cleaning what comes from outside. A *phrase* is a sentence of ours in which every name from outside stands between the
//! two isolate characters; the pages turn these into `<bdi>`, so that a name written from right to left cannot rearrange
//! the sentence around it. Templates say `t("message", name = …)`, code says `language.say("message", …)`; a message that
//! one of the files lacks fails a test, and at run time is said in English.

mod choice;
mod language;
mod speaker;
#[cfg(test)]
mod tests;

use minijinja::value::Value;
use minijinja::{Error, Output, State};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use self::language::Language;
pub(super) use self::language::Said;
pub(super) use self::speaker::Speaker;
use crate::clock::Timestamp;
use crate::config;

const ISOLATE: char = '\u{2068}';
const END_OF_ISOLATE: char = '\u{2069}';

/// Our files, English first.
const OURS: [(&str, &str); 8] = [
    ("en", include_str!("en.ftl")),
    ("de", include_str!("de.ftl")),
    ("fr", include_str!("fr.ftl")),
    ("es", include_str!("es.ftl")),
    ("pt-BR", include_str!("pt-BR.ftl")),
    ("ja", include_str!("ja.ftl")),
    ("zh-Hans", include_str!("zh-Hans.ftl")),
    ("ar", include_str!("ar.ftl")),
];

/// All languages, read once.
#[derive(Debug)]
pub(super) struct Words {
    languages: Vec<Language>,
    /// For readers of whom nothing is known, or whose languages we lack.
    usual: Language,
    /// Ours, whatever the operator put in its place: what programs are told.
    english: Language,
}

impl Words {
    /// Reads our files, and over each those of the operator, who may add languages too.
    pub(super) fn read(settings: &config::Pages) -> Result<Self, super::Error> {
        let ours = |tag: &str| OURS.iter().find(|(ours, _)| *ours == tag);
        let ours = |tag: &str| ours(tag).map(|(_, text)| *text);
        let theirs = |tag: &str| settings.words.iter().find(|file| file.language == tag);
        let english = Language::read("en", ours("en").as_slice(), None)?;
        let further = settings.words.iter().map(|file| file.language.as_str());
        let further = further.filter(|tag| ours(tag).is_none());
        let mut languages = Vec::new();
        for tag in OURS.iter().map(|(tag, _)| *tag).chain(further) {
            let theirs = theirs(tag).map(|file| file.text.as_str());
            let texts: Vec<&str> = [ours(tag), theirs].into_iter().flatten().collect();
            languages.push(Language::read(tag, &texts, Some(&english))?);
        }
        let usual = languages.iter().find(|one| one.tag() == settings.language);
        Ok(Self {
            usual: usual.unwrap_or(&english).clone(),
            languages,
            english,
        })
    }

    /// The language for a reader.
    pub(super) fn choose(&self, ui_locales: Option<&str>, accept: Option<&str>) -> &Language {
        choice::choose(&self.languages, &self.usual, ui_locales, accept)
    }

    /// What programs are told in.
    pub(super) fn english(&self) -> &Language {
        &self.english
    }
}

/// A name for use in a phrase.
pub(super) fn name(text: &str) -> String {
    let clean: String = text.chars().filter(|&letter| is_harmless(letter)).collect();
    format!("{ISOLATE}{clean}{END_OF_ISOLATE}")
}

/// A phrase without its marks.
pub(super) fn plain(phrase: &str) -> String {
    phrase
        .chars()
        .filter(|&letter| is_harmless(letter))
        .collect()
}

/// Filter: a phrase where no markup can be.
pub(super) fn bare(phrase: &str) -> String {
    plain(phrase)
}

/// The provider in a sentence. What the file names is the text of its button, of which the verb is taken off.
pub(super) fn provider(button: &str) -> &str {
    ["Log in with ", "Continue with "]
        .iter()
        .find_map(|verb| button.strip_prefix(verb))
        .filter(|rest| !rest.trim().is_empty())
        .or_else(|| usual_button(button))
        .unwrap_or(button)
}

/// The provider of a button that says what ours say, which is then said in the reader's language.
pub(super) fn usual_button(button: &str) -> Option<&str> {
    button
        .strip_prefix("Sign in with ")
        .filter(|rest| !rest.trim().is_empty())
}

/// The letter on the door.
pub(super) fn initial(name: &str) -> String {
    name.chars()
        .find(|letter| letter.is_alphanumeric())
        .map(|letter| letter.to_uppercase().collect())
        .unwrap_or_default()
}

/// Filter: a phrase as HTML.
pub(super) fn phrase(text: &str) -> Value {
    let mut html = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            ISOLATE => html.push_str("<bdi>"),
            END_OF_ISOLATE => html.push_str("</bdi>"),
            _ => push_escaped(&mut html, letter),
        }
    }
    Value::from_safe_string(html)
}

/// Filter: milliseconds since the epoch as machines read them.
pub(super) fn rfc3339(millis: u64) -> String {
    Timestamp::from_millis(millis).to_string()
}

/// Filter: the value of a query parameter.
pub(super) fn query(text: &str) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/')
        .remove(b'@');
    utf8_percent_encode(text, &KEPT).to_string()
}

/// A value in a list, where somebody else's long one would take the room of many.
pub(super) fn short(text: String) -> String {
    const MOST_LETTERS: usize = 64;
    match text.char_indices().nth(MOST_LETTERS) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// How every value gets into a template: as text, whatever it holds (threat model 37). Safe for element content and for
/// quoted attributes; the templates have no other places.
///
/// The engine's own escaping would do, but it also rewrites every slash, which makes links hard to read, and it lets
/// control and direction characters through.
pub(super) fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => {
            let mut html = String::with_capacity(text.len());
            text.chars()
                .for_each(|letter| push_escaped(&mut html, letter));
            out.write_str(&html).map_err(Error::from)
        }
        Some(_) | None => minijinja::escape_formatter(out, state, value),
    }
}

/// A value that must come back as it is: what is left out of all other texts is written as a reference (HTML §13.1.4), so
/// that it makes no line and turns nothing around.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a filter takes what it is given"
)]
pub(super) fn exact(text: String) -> Value {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmless(letter) {
            push_escaped(&mut html, letter);
        } else {
            html.push_str(&format!("&#{};", u32::from(letter)));
        }
    }
    Value::from_safe_string(html)
}

fn push_escaped(html: &mut String, letter: char) {
    match letter {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\'' => html.push_str("&#39;"),
        _ if is_harmless(letter) => html.push(letter),
        _ => {}
    }
}

/// Neither a control character nor one that changes the direction of what follows (UAX #9 §2.1, §2.2).
const fn is_harmless(letter: char) -> bool {
    !matches!(
        letter,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}
