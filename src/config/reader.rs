//! Typed access to the merged values that collects every fault instead of stopping at the first.
//!
//! A section asks for each of its keys once, by name; what it never asked for is unknown, and gets a suggestion.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use figment::value::{Dict, Num, Value};

use super::Slug;
use super::fault::{Fault, Weight};
use super::source::Sources;
use super::values::Contents;
use crate::secret::Secret;

/// What all readers of one file share.
pub(super) struct Context<'a> {
    pub(super) sources: &'a Sources,
    faults: RefCell<Vec<Fault>>,
    known: RefCell<BTreeSet<String>>,
    unknown: RefCell<Vec<Vec<String>>>,
    contents: RefCell<Contents>,
}

/// What reading one file brought.
pub(super) struct Findings {
    /// Every fault.
    pub(super) faults: Vec<Fault>,
    /// Every key that was asked for; names of tables as `*`.
    pub(super) known: BTreeSet<String>,
    /// The paths of the keys that nobody asked for.
    pub(super) unknown: Vec<Vec<String>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            faults: RefCell::new(sources.faults.clone()),
            known: RefCell::default(),
            unknown: RefCell::default(),
            contents: RefCell::default(),
        }
    }

    /// What was read of secrets and files, once.
    pub(super) fn take_contents(&self) -> Contents {
        self.contents.take()
    }

    pub(super) fn report(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    pub(super) fn findings(self) -> Findings {
        Findings {
            faults: self.faults.into_inner(),
            known: self.known.into_inner(),
            unknown: self.unknown.into_inner(),
        }
    }
}

/// One table.
pub(super) struct Reader<'a> {
    pub(super) context: &'a Context<'a>,
    values: &'a Dict,
    path: Vec<String>,
    /// The path with the names of tables as `*`.
    shape: Vec<String>,
    written: bool,
    asked: RefCell<BTreeSet<&'static str>>,
}

/// An empty table, for sections that are not there.
pub(super) static NOTHING: Dict = Dict::new();

impl<'a> Reader<'a> {
    pub(super) fn root(context: &'a Context<'a>) -> Self {
        Self {
            context,
            values: &context.sources.values,
            path: Vec::new(),
            shape: Vec::new(),
            written: true,
            asked: RefCell::default(),
        }
    }

    fn ask(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(key);
        let shape = self.shape.iter().map(String::as_str).chain([key]);
        let known = shape.collect::<Vec<_>>().join(".");
        self.context.known.borrow_mut().insert(known);
        self.values.get(key)
    }

    /// The full path of a key.
    pub(super) fn path(&self, key: &str) -> Vec<String> {
        let mut path = self.path.clone();
        if !key.is_empty() {
            path.push(key.to_owned());
        }
        path
    }

    /// Whether a key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Reports a fault of a key's value, or of the table itself if the key is empty.
    pub(super) fn fault(
        &self,
        key: &str,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(key, code, Weight::Error, message.into(), help.into());
    }

    /// Reports something that does not keep the file from being used.
    pub(super) fn warn(
        &self,
        key: &str,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(key, code, Weight::Warning, message.into(), help.into());
    }

    fn report(&self, key: &str, code: &'static str, weight: Weight, message: String, help: String) {
        let path = self.path(key);
        let sources = self.context.sources;
        let place = sources.value(&path).or_else(|| sources.key(&self.path));
        self.context.report(Fault {
            code,
            weight,
            message,
            path: path.join("."),
            place,
            help,
        });
    }

    fn wrong(&self, key: &str, wanted: &str, example: &str) {
        let path = self.path(key).join(".");
        self.fault(
            key,
            "wrong-type",
            format!("`{path}` must be {wanted}"),
            format!("for example: {key} = {example}"),
        );
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str, example: &str) -> Option<String> {
        match self.ask(key)? {
            Value::String(_, text) => Some(text.clone()),
            Value::Char(_, letter) => Some(letter.to_string()),
            Value::Bool(..)
            | Value::Num(..)
            | Value::Empty(..)
            | Value::Dict(..)
            | Value::Array(..) => {
                self.wrong(key, "a text in quotes", &format!("\"{example}\""));
                None
            }
        }
    }

    /// A text that `parse` understands. Its errors go on after the name of the key: "is …", "must …".
    pub(super) fn parsed<T, E: Display>(
        &self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key, example)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                let path = self.path(key).join(".");
                self.fault(
                    key,
                    "bad-value",
                    format!("`{path}` {error}"),
                    format!("for example: {key} = \"{example}\""),
                );
                None
            }
        }
    }

    /// The same for a key that must be there.
    pub(super) fn required<T, E: Display>(
        &self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.has(key) {
            self.ask(key);
            self.missing(key, &format!("\"{example}\""));
        }
        self.parsed(key, example, parse)
    }

    /// Reports that a key is missing.
    pub(super) fn missing(&self, key: &str, example: &str) {
        let path = self.path(key).join(".");
        let line = format!("{key} = {example}");
        let help = match self.path.join(".") {
            table if !self.written => format!("add, for example:\n[{table}]\n{line}"),
            _ => format!("add, for example: {line}"),
        };
        self.fault(key, "missing-key", format!("`{path}` is missing"), help);
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let example = words.first().map_or("", |(word, _)| word);
        let text = self.text(key, example)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help = match nearest(&text, all.iter().copied()) {
            Some(near) => format!("did you mean {key} = \"{near}\"?"),
            None => format!("for example: {key} = \"{example}\""),
        };
        let (path, all) = (self.path(key).join("."), all.join(", "));
        let message = format!("`{path}` is \"{text}\", which is none of {all}");
        self.fault(key, "bad-value", message, help);
        None
    }

    /// True or false.
    pub(super) fn switch(&self, key: &'static str) -> Option<bool> {
        match self.ask(key)? {
            Value::Bool(_, value) => Some(*value),
            Value::String(_, text)
                if self.is_variable(key) && (text == "true" || text == "false") =>
            {
                Some(text == "true")
            }
            _ => {
                self.wrong(key, "true or false", "true");
                None
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn number(
        &self,
        key: &'static str,
        example: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let number = match self.ask(key)? {
            Value::Num(_, number) => whole(*number),
            Value::String(_, text) if self.is_variable(key) => text.parse().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.wrong(key, "a whole number", &example.to_string());
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let path = self.path(key).join(".");
        self.fault(
            key,
            "out-of-range",
            match (range.start(), range.end()) {
                (only, most) if only == most => format!("`{path}` must be {only}"),
                (least, most) => format!("`{path}` must be from {least} to {most}"),
            },
            format!("for example: {key} = {example}"),
        );
        None
    }

    /// A share from 0 to 0.5.
    pub(super) fn share(&self, key: &'static str, example: &str) -> Option<f64> {
        let number = match self.ask(key)? {
            Value::Num(_, number) => number
                .to_f64()
                .or_else(|| whole(*number).map(|it| it as f64)),
            Value::String(_, text) if self.is_variable(key) => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (0.0..=0.5).contains(&number) => Some(number),
            Some(_) => {
                let path = self.path(key).join(".");
                let message = format!("`{path}` must be from 0 to 0.5");
                self.fault(
                    key,
                    "out-of-range",
                    message,
                    format!("for example: {key} = {example}"),
                );
                None
            }
            None => {
                self.wrong(key, "a number from 0 to 0.5", example);
                None
            }
        }
    }

    /// A duration with its unit, in a range.
    pub(super) fn duration(
        &self,
        key: &'static str,
        example: &str,
        range: std::ops::RangeInclusive<Duration>,
    ) -> Option<Duration> {
        if let Some(Value::Num(_, number)) = self.values.get(key)
            && let Some(number) = whole(*number)
        {
            self.ask(key);
            let path = self.path(key).join(".");
            self.fault(
                key,
                "duration-without-unit",
                format!("`{path}` is a duration without a unit"),
                format!("did you mean {key} = \"{number}s\"?"),
            );
            return None;
        }
        self.parsed(key, example, |text| {
            let duration = humantime::parse_duration(text)
                .map_err(|error| format!("is no duration: {error}"))?;
            if range.contains(&duration) {
                Ok(duration)
            } else {
                let bounds =
                    [range.start(), range.end()].map(|bound| humantime::format_duration(*bound));
                Err(format!("must be from {} to {}", bounds[0], bounds[1]))
            }
        })
    }

    /// A size in bytes, written with its unit.
    pub(super) fn size(
        &self,
        key: &'static str,
        example: &str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<usize> {
        self.parsed(key, example, |text| {
            let size = parse_size(text)?;
            if range.contains(&size) {
                return Ok(size);
            }
            let [least, most] = [range.start(), range.end()].map(|size| size / 1024);
            Err(format!("must be from {least}KiB to {most}KiB"))
        })
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &'static str, example: &str) -> Option<Vec<String>> {
        let whole_example = format!("[\"{example}\"]");
        let values = match self.ask(key)? {
            Value::Array(_, values) => values.clone(),
            Value::String(_, text) if self.is_variable(key) => {
                return Some(between_commas(text));
            }
            _ => {
                self.wrong(key, "a list of texts", &whole_example);
                return None;
            }
        };
        let mut texts = Vec::with_capacity(values.len());
        for value in &values {
            if let Value::String(_, text) = value {
                texts.push(text.clone());
            } else {
                self.wrong(key, "a list of texts", &whole_example);
                return None;
            }
        }
        Some(texts)
    }

    /// A list of texts that `parse` understands, each. Its errors go on after the text: "is …", "must …".
    pub(super) fn list<T, E: Display>(
        &self,
        key: &'static str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        for text in self.texts(key, example)? {
            match parse(&text) {
                Ok(value) => all.push(value),
                Err(error) => {
                    let path = self.path(key).join(".");
                    self.fault(
                        key,
                        "bad-value",
                        format!("`{path}`: `{text}` {error}"),
                        format!("for example: {key} = [\"{example}\"]"),
                    );
                }
            }
        }
        Some(all)
    }

    /// A path, relative to the file that names it.
    pub(super) fn file(&self, key: &'static str, example: &str) -> Option<PathBuf> {
        let text = self.text(key, example)?;
        Some(self.context.sources.folder(&self.path(key)).join(text))
    }

    /// A secret: in a file, in the environment, as a credential, or, for a first try, literally.
    pub(super) fn secret(&self, key: &'static str) -> Option<Secret<String>> {
        let secret = super::secrets::read(self, key, self.ask(key)?)?;
        let mut contents = self.context.contents.borrow_mut();
        contents.secret(self.path(key), secret.expose());
        Some(secret)
    }

    /// Notes what stands in a file that a key names, so that a change of it is one of the configuration.
    pub(super) fn note_file(&self, key: &str, bytes: &[u8]) {
        let mut contents = self.context.contents.borrow_mut();
        contents.file(self.path(key), bytes);
    }

    /// A table below this one; an empty one if it is not there.
    pub(super) fn table(&self, key: &'static str) -> Self {
        let values = match self.ask(key) {
            None => None,
            Some(Value::Dict(_, values)) => Some(values),
            Some(_) => {
                self.no_table(key, "");
                None
            }
        };
        self.below(key, key, values)
    }

    fn no_table(&self, key: &str, name: &str) {
        let path = self.path(key).join(".");
        self.fault(
            key,
            "wrong-type",
            format!("`{path}` must be a table"),
            format!("put what belongs to it below a line [{path}{name}]"),
        );
    }

    fn below(&self, key: &str, shape: &str, values: Option<&'a Dict>) -> Self {
        let mut below = self.shape.clone();
        below.push(shape.to_owned());
        Reader {
            context: self.context,
            values: values.unwrap_or(&NOTHING),
            path: self.path(key),
            shape: below,
            written: values.is_some(),
            asked: RefCell::default(),
        }
    }

    /// Whether the table itself is there.
    pub(super) fn is_written(&self) -> bool {
        self.written
    }

    /// Whether something in this table is faulty already.
    pub(super) fn has_faults(&self) -> bool {
        self.has_faults_at("")
    }

    /// Whether a key, or something below it, is faulty already.
    pub(super) fn has_faults_at(&self, key: &str) -> bool {
        let path = self.path(key).join(".");
        let faults = self.context.faults.borrow();
        let below = |fault: &Fault| {
            fault
                .path
                .strip_prefix(&path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        faults.iter().any(below)
    }

    /// The tables of a table of tables, by name.
    pub(super) fn tables(&self, key: &'static str) -> Vec<(String, Self)> {
        if let Some(value) = self.ask(key)
            && value.as_dict().is_none()
        {
            self.no_table(key, ".acme");
            return Vec::new();
        }
        let all = self.table(key);
        let mut tables = Vec::new();
        for (name, value) in all.values {
            match value {
                Value::Dict(_, values) => {
                    tables.push((name.clone(), all.below(name, "*", Some(values))))
                }
                _ => all.no_table(name, ""),
            }
        }
        tables
    }

    /// The same, with names that are slugs.
    pub(super) fn named(&self, key: &'static str) -> Vec<(Slug, Self)> {
        let mut named = Vec::new();
        for (name, reader) in self.tables(key) {
            match Slug::parse(&name) {
                Ok(slug) => named.push((slug, reader)),
                Err(error) => reader.fault(
                    "",
                    "bad-name",
                    format!("`{name}` {error}"),
                    format!("for example: [{key}.acme]"),
                ),
            }
        }
        named
    }

    /// Texts under free names, such as `[headers.set]`.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.values.iter()
    }

    pub(super) fn is_variable(&self, key: &str) -> bool {
        self.context.sources.is_variable(&self.path(key))
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for key in self.values.keys() {
            if asked.contains(key.as_str()) {
                continue;
            }
            let help = match nearest(key, asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => {
                    let all: Vec<&str> = asked.iter().copied().collect();
                    format!("known here: {}", all.join(", "))
                }
            };
            let what = match self.path.as_slice() {
                [] => "at the top level".to_owned(),
                path => format!("in `{}`", path.join(".")),
            };
            let path = self.path(key);
            self.context.unknown.borrow_mut().push(path.clone());
            self.context.report(Fault {
                code: "unknown-key",
                weight: Weight::Error,
                message: format!("`{key}` is not a setting {what}"),
                path: path.join("."),
                place: self.context.sources.key(&path),
                help,
            });
        }
    }
}

/// The word that was probably meant: at most three slips away, and less than half of it.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::damerau_levenshtein(known, written), known))
        .filter(|(distance, known)| *distance <= 3 && distance * 2 < known.len().max(3))
        .min()
        .map(|(_, known)| known)
}

/// A list as a variable has it.
pub(super) fn between_commas(text: &str) -> Vec<String> {
    text.split(',').map(|one| one.trim().to_owned()).collect()
}

fn whole(number: Num) -> Option<u64> {
    let positive = number
        .to_u128()
        .and_then(|number| u64::try_from(number).ok());
    positive.or_else(|| {
        number
            .to_i128()
            .and_then(|number| u64::try_from(number).ok())
    })
}

fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor = match unit {
        "B" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => return Err("is no size: its unit must be B, KiB or MiB".to_owned()),
    };
    digits
        .trim()
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .filter(|size| *size > 0)
        .ok_or_else(|| "is no size".to_owned())
}
