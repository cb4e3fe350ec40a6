//! `[pages]`: what the pages speak.

use super::reader::Reader;
use super::{Pages, defaults};

/// The languages that the pages know by themselves.
pub const LANGUAGES: [&str; 8] = ["en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans", "ar"];

pub(super) fn pages(reader: Reader<'_>) -> Pages {
    let words = LANGUAGES.map(|tag| (tag, tag));
    let language = reader.word("language", &words);
    reader.finish();
    Pages {
        language: language.unwrap_or(defaults::LANGUAGE).to_owned(),
    }
}
