//! How a sheet is read, compared and written anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A stream of bytes and what comes of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    /// The lines as they stand in the sheet.
    pub lines: Vec<String>,
    /// Those behind `>`.
    pub expected: Vec<String>,
    /// What the cases behind it stand under.
    headings: Vec<String>,
}

/// Cases under a preface.
pub struct Sheet {
    path: PathBuf,
    preface: String,
    pub cases: Vec<Case>,
}

impl Sheet {
    pub fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/corpus")
            .join(name);
        let text = fs::read_to_string(&path).unwrap();
        let mut parts = text.split("\n## ");
        let preface = parts.next().unwrap().trim_end().to_owned();
        let cases = parts.map(Case::read).collect();
        Self {
            path,
            preface,
            cases,
        }
    }

    /// Compares what came of each case with what the sheet says of it, or writes it there.
    pub fn compare(&self, found: &[Vec<String>]) {
        let mut anew = self.preface.clone();
        let mut wrong = 0;
        for (case, found) in self.cases.iter().zip(found) {
            if *found != case.expected {
                wrong += 1;
                eprintln!(
                    "## {}\nexpected {:#?}\nfound {found:#?}",
                    case.name, case.expected
                );
            }
            write!(anew, "\n\n## {}\n{}", case.name, case.lines.join("\n")).unwrap();
            for line in found {
                write!(anew, "\n> {line}").unwrap();
            }
            for heading in &case.headings {
                write!(anew, "\n\n{heading}").unwrap();
            }
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "a switch for whoever changes what happens"
        )]
        if std::env::var_os("DOORWARD_BLESS").is_some() {
            return fs::write(&self.path, format!("{anew}\n")).unwrap();
        }
        assert_eq!(wrong, 0, "of {} cases", self.cases.len());
    }
}

impl Case {
    fn read(text: &str) -> Self {
        let (name, rest) = text.split_once('\n').unwrap();
        let lines = rest.lines().filter(|line| !line.is_empty());
        let (headings, lines): (Vec<&str>, Vec<&str>) =
            lines.partition(|line| line.starts_with("# "));
        let lines = lines.into_iter();
        let (expected, lines): (Vec<&str>, Vec<&str>) =
            lines.partition(|line| line.starts_with('>'));
        let expected = expected.iter().map(|line| line[1..].trim().to_owned());
        Self {
            name: name.to_owned(),
            lines: lines.into_iter().map(str::to_owned).collect(),
            expected: expected.collect(),
            headings: headings.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The bytes, with `words` put in where their names stand in braces.
    pub fn bytes(&self, words: &[(&str, &str)]) -> Vec<u8> {
        let mut text = self.lines.concat();
        for (word, meaning) in words {
            text = text.replace(&format!("{{{word}}}"), meaning);
        }
        unescaped(&repeated(&text))
    }
}

/// `{70000*x}` is so many of them.
fn repeated(text: &str) -> String {
    let mut parts = text.split('{');
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (inner, behind) = part.split_once('}').unwrap_or_else(|| panic!("{{{part}"));
        let (count, what) = inner
            .split_once('*')
            .unwrap_or_else(|| panic!("{{{inner}}}"));
        whole.push_str(&what.repeat(count.parse().unwrap()));
        whole.push_str(behind);
    }
    whole
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b's' => b' ',
                b'0' => 0,
                b'\\' => b'\\',
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    let digits = std::str::from_utf8(&digits).unwrap();
                    u8::from_str_radix(digits, 16).unwrap()
                }
                other => panic!("\\{} is no escape", char::from(other)),
            },
            byte => byte,
        });
    }
    bytes
}

/// In pieces that each end with one of these bytes.
pub fn split_after(bytes: &[u8], end: u8) -> Vec<Vec<u8>> {
    let pieces = bytes.split_inclusive(|byte| *byte == end);
    pieces.map(<[u8]>::to_vec).collect()
}

/// In pieces of one byte, or of what makes a few hundred.
pub fn crumbled(bytes: &[u8]) -> Vec<Vec<u8>> {
    let size = bytes.len().div_ceil(800).max(1);
    bytes.chunks(size).map(<[u8]>::to_vec).collect()
}
