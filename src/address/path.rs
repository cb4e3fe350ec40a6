//! The path of a request, spelt in one way.

use super::Error;

/// The path of a request in its one canonical spelling (RFC 3986 §3.3, §6.2.2): every character that a path may have as it
/// stands is decoded, every other one encoded, hexadecimal digits upper case. What is left percent-encoded means itself
/// and nothing else.
///
/// That goes beyond RFC 3986 §2.2, for which `%40` and `@` may differ: applications read them alike, so a rule must not
/// tell them apart. `;` alone keeps the spelling it came in, since an encoded one may be data and a raw one a delimiter;
/// rules read both as a delimiter.
///
/// Refused, because two readers could differ: dot segments in any encoding, empty segments, an encoded slash, a
/// backslash in any encoding, control bytes and NUL, bytes above ASCII that are not encoded, malformed, double and
/// overlong encoding, and parameters (`;…`, encoded or not) that hide a segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanonicalPath {
    text: String,
    parameters: bool,
}

impl CanonicalPath {
    /// Parses the path of a request target in origin form.
    ///
    /// # Errors
    /// Everything that the type's description refuses.
    pub fn parse(raw: &str) -> Result<Self, Error> {
        if !raw.starts_with('/') {
            return Err(Error::Path);
        }
        if is_simple(raw) {
            return Ok(Self {
                text: raw.to_owned(),
                parameters: false,
            });
        }
        Self::spell(raw)
    }

    /// Any path, byte by byte.
    fn spell(raw: &str) -> Result<Self, Error> {
        let text = normalise(raw)?;
        let parameters = text.contains(';') || text.contains(ENCODED_SEMICOLON);
        // What was decoded may itself look encoded (`%25%32%65`), and an overlong spelling hides a plain one (`%C0%AE`).
        if text.match_indices('%').any(|(at, _)| {
            let sequence = text.get(at..).unwrap_or_default();
            is_encoded_percent(sequence) || is_overlong(sequence)
        }) {
            return Err(Error::Path);
        }
        let mut segments = text.split('/').skip(1).peekable();
        while let Some(segment) = segments.next() {
            let bare = if parameters {
                without_parameters(segment)
            } else {
                segment
            };
            let hidden = bare.is_empty() && (segments.peek().is_some() || !segment.is_empty());
            if hidden || bare == "." || bare == ".." {
                return Err(Error::Path);
            }
        }
        Ok(Self { text, parameters })
    }

    /// The canonical text: what is matched, logged and forwarded.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a segment carries parameters (`;jsessionid=…`). Servers disagree on what those mean, so such a path never
    /// counts as public (threat model 5).
    pub const fn has_parameters(&self) -> bool {
        self.parameters
    }

    /// The segments without their parameters: what rules are matched against.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        let segments = self.text.split('/').skip(1);
        segments.map(|segment| match self.parameters {
            true => without_parameters(segment),
            false => segment,
        })
    }
}

/// Whether a path is canonical at first sight, as most are: nothing in it but `/` and what is never encoded, no empty segment
/// but the last, and none that begins with a dot.
fn is_simple(raw: &str) -> bool {
    let mut after_slash = false;
    raw.bytes().all(|byte| {
        let simple = match byte {
            b'/' | b'.' => !after_slash,
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~'),
        };
        after_slash = byte == b'/';
        simple
    })
}

/// A server that decodes before it takes parameters off reads `;` here too.
const ENCODED_SEMICOLON: &str = "%3B";

fn without_parameters(segment: &str) -> &str {
    let end = segment.find(';').into_iter();
    let end = end.chain(segment.find(ENCODED_SEMICOLON)).min();
    end.and_then(|end| segment.get(..end)).unwrap_or(segment)
}

/// Whether a text that begins with `%` begins with an encoded `%` and two digits: decoded once more it is another byte.
fn is_encoded_percent(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', b'2', b'5', a, b, ..] if hex_value(*a).is_some() && hex_value(*b).is_some())
}

/// Whether a canonical text that begins with `%` begins with a longer spelling than UTF-8 has for a character (RFC 3629
/// §3). Lenient decoders make `.` and `/` of such.
fn is_overlong(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        [b'%', b'C', b'0' | b'1', b'%', b'8' | b'9' | b'A' | b'B', ..]
            | [b'%', b'E', b'0', b'%', b'8' | b'9', ..]
            | [b'%', b'F', b'0', b'%', b'8', ..]
    )
}

fn normalise(raw: &str) -> Result<String, Error> {
    let mut text = String::with_capacity(raw.len());
    let mut bytes = raw.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut digit = || bytes.next().copied().and_then(hex_value).ok_or(Error::Path);
                let (high, low) = (digit()?, digit()?);
                push_decoded(&mut text, high * 16 + low, bytes.as_slice())?;
            }
            b'\\' | b'?' | b'#' | 0..=0x20 | 0x7f.. => return Err(Error::Path),
            b'/' | b';' => text.push(char::from(byte)),
            _ => push(&mut text, byte),
        }
    }
    Ok(text)
}

/// Appends a byte that was encoded. `rest` is what follows it.
fn push_decoded(text: &mut String, byte: u8, rest: &[u8]) -> Result<(), Error> {
    match byte {
        b'/' | b'\\' | 0..=0x1f | 0x7f => Err(Error::Path),
        b'%' if matches!(rest, [a, b, ..] if hex_value(*a).is_some() && hex_value(*b).is_some()) => {
            Err(Error::Path)
        }
        _ => {
            push(text, byte);
            Ok(())
        }
    }
}

/// Appends a byte as a path has it: as itself if it needs no encoding there, else encoded.
fn push(text: &mut String, byte: u8) {
    if is_plain(byte) {
        text.push(char::from(byte));
    } else {
        text.push_str(&format!("%{byte:02X}"));
    }
}

/// Whether a byte stands for itself in a segment: `pchar` of RFC 3986 §3.3 without `;`.
const fn is_plain(byte: u8) -> bool {
    let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    unreserved
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
        )
}

const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn inv_05_paths_that_can_be_read_in_two_ways_are_refused() {
        for bad in [
            "",
            "x",
            "//",
            "//evil",
            "/a//b",
            "/./a",
            "/a/..",
            "/a/%2e%2E/b",
            "/%2e",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%0d",
            "/a%7f",
            "/a b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%252e",
            "/;x/b",
            "/..;/admin",
            "/.;x",
            "/é",
            "/a?b",
            "/a#b",
            "/;x",
            "/%3bx/b",
            "/..%3B/admin",
            "/%2e%2e%3bx/admin",
            "/%25%32%65%25%32%65/admin",
            "/%252%65",
            "/%25%32f",
            "/a/%c0%ae%c0%ae/admin",
            "/a%c1%9cb",
            "/a%e0%80%afb",
            "/a%f0%80%80%afb",
        ] {
            assert!(CanonicalPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_have_one_spelling() {
        let path = |text| CanonicalPath::parse(text).unwrap().as_str().to_owned();
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a/"), "/a/");
        assert_eq!(path("/%61dmin/%7euser"), "/admin/~user");
        assert_eq!(path("/caf%c3%a9"), "/caf%C3%A9");
        assert_eq!(path("/100%25"), "/100%25");
        assert_eq!(path("/a;v=1/b"), "/a;v=1/b");
        assert_eq!(path("/caf%e9/%e0%a0%80"), "/caf%E9/%E0%A0%80");
        assert_eq!(path("/%40a/b%2Bc%3a/%5B%22%7c%5d"), "/@a/b+c:/%5B%22%7C%5D");
        assert_eq!(path("/@a/b+c:/[\"|]"), "/@a/b+c:/%5B%22%7C%5D");
        assert_eq!(path("/a;b%3bc"), "/a;b%3Bc");
        for text in ["/a;v=1/b", "/a%3bv=1/b", "/a%3Bv;x/b", "/a%3bv%3D1/b"] {
            let with = CanonicalPath::parse(text).unwrap();
            assert!(with.has_parameters(), "{text}");
            assert_eq!(with.segments().collect::<Vec<_>>(), ["a", "b"], "{text}");
        }
    }

    /// No byte has a spelling under which a rule would not find it.
    #[test]
    fn inv_05_a_character_and_its_encoding_are_one_path() {
        for byte in 0..=u8::MAX {
            let upper = CanonicalPath::parse(&format!("/x%{byte:02X}y"));
            let lower = CanonicalPath::parse(&format!("/x%{byte:02x}y"));
            assert_eq!(upper, lower, "{byte:#x}");
            let raw = match byte {
                // These end the path, or stand for themselves only where they are encoded.
                b'?' | b'#' | b'%' | b'/' | b' ' | 0x80.. => continue,
                _ => CanonicalPath::parse(&format!("/x{}y", char::from(byte))),
            };
            match (raw, upper) {
                (Ok(raw), Ok(encoded)) if byte == b';' => {
                    assert!(raw.has_parameters() && encoded.has_parameters());
                    assert!(raw.segments().eq(encoded.segments()));
                }
                (raw, encoded) => assert_eq!(raw, encoded, "{:?}", char::from(byte)),
            }
        }
    }

    proptest! {
        #[test]
        fn inv_05_what_is_simple_at_first_sight_is_read_no_other_way(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["/", "/", ".", "..", "a", "Z9", "-", "_", "~", "%2e", ";", "+", " ", "\\", "\u{e9}"]),
                0..12,
            ),
        ) {
            let raw = format!("/{}", pieces.concat());
            if is_simple(&raw) {
                let spelt = CanonicalPath::spell(&raw).unwrap();
                prop_assert_eq!(spelt.as_str(), &raw);
                let parsed = CanonicalPath::parse(&raw);
                prop_assert_eq!(parsed.as_ref(), Ok(&spelt));
            }
        }

        /// What goes on is read by the application as it was read here: nothing changes at a second reading, and a
        /// lenient third one that decodes it all still finds the same segments.
        #[test]
        fn inv_05_a_canonical_path_means_itself(
            raw in proptest::collection::vec(
                proptest::sample::select(vec!["/", ".", "%2e", "%25", "%32", "%65", "2", "e", "5", "a", ";", "%3b", "%c3", "%a9", "%", "~",
                    "@", "%40", "+", "%2B", "%2a", "=", "%3D", "[", "%5b", "^", "\"", "%22", "|"]),
                0..12,
            ),
        ) {
            let raw = format!("/{}", raw.concat());
            if let Ok(path) = CanonicalPath::parse(&raw) {
                let again = CanonicalPath::parse(path.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&path));
                let respelt: String = raw
                    .chars()
                    .map(|one| match one {
                        '@' | '+' | '=' | '[' | '^' | '"' | '|' => format!("%{:02x}", u32::from(one)),
                        one => one.to_string(),
                    })
                    .collect();
                let respelt = CanonicalPath::parse(&respelt);
                prop_assert_eq!(respelt.as_ref(), Ok(&path));
                let once = percent_encoding::percent_decode_str(path.as_str()).decode_utf8_lossy();
                let twice = percent_encoding::percent_decode_str(&once).decode_utf8_lossy();
                for read in [&once, &twice] {
                    let bare = read.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
                    prop_assert!(!bare.clone().any(|bare| bare == "." || bare == ".."), "{raw} {read}");
                    prop_assert_eq!(bare.count() - 1, path.segments().count());
                }
            }
        }
    }
}
