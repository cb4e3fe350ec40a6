//! Text on its way into a page: names cleaned and kept apart, moments and spans in words.
//!
//! A *phrase* is a sentence of ours in which every name from outside stands between the two isolate characters; the
//! pages turn these into `<bdi>`, so that a name written from right to left cannot rearrange the sentence around it.

use std::time::Duration;

use minijinja::value::Value;
use minijinja::{Error, Output, State};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;

use crate::clock::Timestamp;

const ISOLATE: char = '\u{2068}';
const END_OF_ISOLATE: char = '\u{2069}';

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
pub(super) fn provider(button: &str) -> String {
    let bare = ["Sign in with ", "Log in with ", "Continue with "]
        .iter()
        .find_map(|verb| button.strip_prefix(verb))
        .filter(|rest| !rest.trim().is_empty());
    name(bare.unwrap_or(button))
}

/// The letter on the door.
pub(super) fn initial(name: &str) -> String {
    name.chars()
        .find(|letter| letter.is_alphanumeric())
        .map(|letter| letter.to_uppercase().collect())
        .unwrap_or_default()
}

/// A time to wait, rounded up to a unit that people use.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
        .max(1);
    let (count, unit) = match seconds {
        ..=90 => (seconds, "second"),
        91..=5400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
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

/// Filter: milliseconds since the epoch as a date and time that people read.
pub(super) fn moment(millis: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis).saturating_mul(1_000_000))
        .map_or_else(
            |_| rfc3339(millis),
            |moment| {
                let (day, month, year) = (moment.day(), moment.month(), moment.year());
                let month = month.to_string().chars().take(3).collect::<String>();
                let (hour, minute) = (moment.hour(), moment.minute());
                format!("{day} {month} {year}, {hour:02}:{minute:02} UTC")
            },
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_37_what_must_come_back_makes_neither_markup_nor_a_line() {
        let hostile = "a\"'<b>&\r\n\t\u{202e}é";
        let written = exact(hostile.to_owned());
        let expected = "a&quot;&#39;&lt;b&gt;&amp;&#13;&#10;&#9;&#8238;é";
        assert_eq!(written.as_str(), Some(expected));
    }

    #[test]
    fn providers_are_named_without_the_verb() {
        for (button, expected) in [
            ("Sign in with Okta", "Okta"),
            ("Continue with Acme Login", "Acme Login"),
            ("Acme", "Acme"),
            ("Sign in with ", "Sign in with "),
        ] {
            assert_eq!(plain(&provider(button)), expected, "{button:?}");
        }
    }

    #[test]
    fn inv_37_names_cannot_turn_the_sentence_around() {
        let hostile = "ev\u{202e}il\u{2066}\u{0}\n\u{2069}\u{85}";
        assert_eq!(name(hostile), "\u{2068}evil\u{2069}");
        assert_eq!(
            phrase(&format!("Hello {}.", name("<b>\u{2069}"))).to_string(),
            "Hello <bdi>&lt;b&gt;</bdi>."
        );
        assert_eq!(plain(&name(hostile)), "evil");
    }

    #[test]
    fn spans_are_rounded_up() {
        for (millis, expected) in [
            (0, "1 second"),
            (1, "1 second"),
            (30_000, "30 seconds"),
            (89_001, "90 seconds"),
            (91_000, "2 minutes"),
            (5_400_000, "90 minutes"),
            (5_401_000, "2 hours"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), expected, "{millis}");
        }
    }

    #[test]
    fn moments_are_readable_and_never_fail() {
        assert_eq!(moment(1_700_000_000_000), "14 Nov 2023, 22:13 UTC");
        assert_eq!(moment(u64::MAX), "beyond the calendar");
        assert_eq!(rfc3339(1_700_000_000_000), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn query_values_cannot_end_early() {
        assert_eq!(
            query("/a?b=c&d=\"é\" #+"),
            "/a%3Fb%3Dc%26d%3D%22%C3%A9%22%20%23%2B"
        );
    }

    #[test]
    fn the_letter_on_the_door() {
        for (text, expected) in [("acme", "A"), ("(épée)", "É"), ("--", ""), ("ßx", "SS")] {
            assert_eq!(initial(text), expected, "{text}");
        }
    }
}
