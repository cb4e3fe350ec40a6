//! Which of our languages a reader is answered in. Pure.

use unic_langid::LanguageIdentifier;

use super::Language;

/// More languages than this nobody speaks; what follows is not read.
const MAX_RANGES: usize = 16;

/// Longer than this, a wish is not read.
const MAX_BYTES: usize = 512;

/// What a reader asked for, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    Tag(LanguageIdentifier),
    /// `*`: whatever is usual here.
    Any,
}

/// The language for a reader: what the link asked for (`ui_locales`, OIDC Core §3.1.2.1), else what the browser asks for
/// (`Accept-Language`, RFC 9110 §12.5.4), else the usual one.
pub(super) fn choose<'a>(
    languages: &'a [Language],
    usual: &'a Language,
    ui_locales: Option<&str>,
    accept: Option<&str>,
) -> &'a Language {
    let asked = ui_locales.map(in_link).unwrap_or_default();
    let accepted = accept.map(accepted).unwrap_or_default();
    asked
        .iter()
        .chain(&accepted)
        .find_map(|wish| match wish {
            Wish::Any => Some(usual),
            Wish::Tag(id) => matching(languages, id),
        })
        .unwrap_or(usual)
}

/// The tag itself; else the same language in the same script, of the same region if there is a choice. Scripts matter:
/// who reads traditional Chinese did not ask for the simplified one.
fn matching<'a>(languages: &'a [Language], id: &LanguageIdentifier) -> Option<&'a Language> {
    let wanted = likely(id.clone());
    let exact = languages
        .iter()
        .find(|one| one.tag().eq_ignore_ascii_case(&id.to_string()));
    let close = || {
        let mut close = languages.iter().filter(|one| {
            let has = one.likely();
            has.language == wanted.language && has.script == wanted.script
        });
        let first = close.next()?;
        let nearer = close.find(|one| one.likely().region == wanted.region);
        Some(if first.likely().region == wanted.region {
            first
        } else {
            nearer.unwrap_or(first)
        })
    };
    exact.or_else(close)
}

/// With the script and region that most of its readers have.
pub(super) fn likely(mut id: LanguageIdentifier) -> LanguageIdentifier {
    id.maximize();
    id
}

/// Tags between spaces, best first.
fn in_link(text: &str) -> Vec<Wish> {
    bounded(text)
        .split_whitespace()
        .take(MAX_RANGES)
        .filter_map(tag)
        .map(Wish::Tag)
        .collect()
}

/// Ranges between commas with their weights.
fn accepted(text: &str) -> Vec<Wish> {
    let mut weighted: Vec<(u16, Wish)> = bounded(text)
        .split(',')
        .take(MAX_RANGES)
        .filter_map(range)
        .filter(|(weight, _)| *weight > 0)
        .collect();
    // Stable: of equal weights, the first written counts first.
    weighted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    weighted.into_iter().map(|(_, wish)| wish).collect()
}

fn bounded(text: &str) -> &str {
    if text.len() <= MAX_BYTES { text } else { "" }
}

fn range(text: &str) -> Option<(u16, Wish)> {
    let (range, weight) = match text.split_once(';') {
        None => (text, 1000),
        Some((range, parameter)) => (range, weight(parameter.trim())?),
    };
    let wish = match range.trim() {
        "*" => Wish::Any,
        range => Wish::Tag(tag(range)?),
    };
    Some((weight, wish))
}

/// A weight in thousandths (RFC 9110 §12.4.2).
fn weight(parameter: &str) -> Option<u16> {
    let value = parameter
        .strip_prefix("q=")
        .or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || fraction.len() > 3 {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// A tag without what follows a single letter: sorting and the like do not choose words (RFC 5646 §2.2.6).
fn tag(text: &str) -> Option<LanguageIdentifier> {
    let is_extension = |part: &&str| part.len() == 1;
    let kept: Vec<&str> = text
        .split('-')
        .take_while(|part| !is_extension(part))
        .collect();
    let id: LanguageIdentifier = kept.join("-").parse().ok()?;
    (!id.language.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages(tags: &[&str]) -> Vec<Language> {
        tags.iter()
            .map(|tag| Language::read(tag, &[], None).unwrap())
            .collect()
    }

    fn chosen(ui_locales: Option<&str>, accept: Option<&str>) -> String {
        let all = languages(&["en", "de", "fr", "pt-BR", "zh-Hans", "ar"]);
        choose(&all, &all[2], ui_locales, accept).tag().to_owned()
    }

    #[test]
    fn readers_get_the_best_language_that_we_speak() {
        for (accept, expected) in [
            ("de", "de"),
            ("DE-at", "de"),
            ("de-DE-u-co-phonebk", "de"),
            ("nl, de;q=0.5, en;q=0.7", "en"),
            ("en;q=0.2, de;q=0.2", "en"),
            ("de;q=0, en;q=0.1", "en"),
            ("de;q=0.001,en;q=0.01", "en"),
            ("de ; q=0.9 , en;q=1.000", "en"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-TW, en;q=0.5", "en"),
            ("zh-Hant", "fr"),
            ("ar-EG", "ar"),
            ("*", "fr"),
            ("nl, *;q=0.1, de;q=0.05", "fr"),
            ("", "fr"),
            ("de;q=2", "fr"),
            ("de;q=0.1234", "fr"),
            ("de;level=1", "fr"),
            (";;;,,,q=1", "fr"),
            ("i-klingon", "fr"),
        ] {
            assert_eq!(chosen(None, Some(accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_link_goes_before_the_browser() {
        for (ui_locales, expected) in [
            ("nl pt-PT fr", "pt-BR"),
            ("nl", "de"),
            ("", "de"),
            ("en;q=1", "de"),
            ("<script>", "de"),
        ] {
            assert_eq!(
                chosen(Some(ui_locales), Some("de")),
                expected,
                "{ui_locales:?}"
            );
        }
    }

    #[test]
    fn a_region_counts_where_there_is_a_choice() {
        let all = languages(&["en", "en-GB", "pt-BR", "pt-PT"]);
        for (accept, expected) in [
            ("en-GB", "en-GB"),
            ("en-IN", "en"),
            ("pt-PT", "pt-PT"),
            ("pt", "pt-BR"),
        ] {
            assert_eq!(choose(&all, &all[0], None, Some(accept)).tag(), expected);
        }
    }

    #[test]
    fn inv_54_a_wish_without_end_is_not_read() {
        let long = "de,".repeat(400);
        assert_eq!(chosen(None, Some(&long)), "fr");
        let many = format!("{}de", "nl,".repeat(MAX_RANGES));
        assert_eq!(chosen(None, Some(&many)), "fr");
    }
}
