//! `[pages]`: what the pages speak.

use super::reader::Reader;
use super::{Pages, defaults, words};

/// The languages that the pages know by themselves.
pub const LANGUAGES: [&str; 8] = ["en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans", "ar"];

pub(super) fn pages(reader: Reader<'_>) -> Pages {
    let words = words::words(&reader);
    let further = words.iter().map(|file| file.language.as_str());
    let further = further.filter(|tag| !LANGUAGES.contains(tag));
    let known = LANGUAGES.into_iter().chain(further);
    let known: Vec<(&str, &str)> = known.map(|tag| (tag, tag)).collect();
    let language = reader.word("language", &known);
    let language = language.unwrap_or(defaults::LANGUAGE).to_owned();
    reader.finish();
    Pages { language, words }
}
