//! `pages.words`: a folder of an operator's own words, which go before ours. Each file is looked at as a whole: what the
//! pages could not say is a fault with its place in that file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement};
use unic_langid::LanguageIdentifier;

use super::WordsFile;
use super::fault::{Fault, Place, Source, Weight};
use super::reader::{Reader, nearest};

/// More than this is no text of pages.
const MAX_BYTES: u64 = 256 * 1024;

/// More languages than this nobody translates pages into.
const MAX_FILES: usize = 100;

/// The messages of our pages with their variables: a file can say these, in its own words.
static OURS: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
    let english = include_str!("../pages/words/en.ftl");
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(english.to_owned());
    let messages = resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        _ => None,
    });
    messages
        .map(|message| {
            let uses = Uses::of(message);
            let variables = uses.variables.iter().map(|name| (*name).to_owned());
            (message.id.name.to_owned(), variables.collect())
        })
        .collect()
});

/// Reads the folder. Files that do not end in `.ftl` are nobody's.
pub(super) fn words(reader: &Reader<'_>) -> Vec<WordsFile> {
    let Some(folder) = reader.file("words", "words") else {
        return Vec::new();
    };
    let files = match listed(&folder) {
        Ok(files) => files,
        Err(error) => {
            let message = format!(
                "`pages.words`: {} cannot be read: {error}",
                folder.display()
            );
            reader.fault(
                "words",
                "unreadable-file",
                message,
                "make it a folder of files such as de.ftl",
            );
            return Vec::new();
        }
    };
    if files.len() > MAX_FILES {
        let message = format!("`pages.words` has more than {MAX_FILES} files");
        reader.fault(
            "words",
            "out-of-range",
            message,
            "keep one file for each language",
        );
        return Vec::new();
    }
    let read = |path: &PathBuf| file(reader, path);
    files.iter().filter_map(read).collect()
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ftl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file(reader: &Reader<'_>, path: &Path) -> Option<WordsFile> {
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let tag: Option<LanguageIdentifier> = stem.parse().ok();
    // Longer ones are nobody's, and most likely a word such as "german".
    let tag = tag.filter(|tag| tag.language.as_str().len() <= 3);
    let Some(language) = tag.map(|tag| tag.to_string()).filter(|tag| tag == stem) else {
        let message = format!(
            "`pages.words`: {} is not named after a language",
            path.display()
        );
        reader.fault(
            "words",
            "bad-language",
            message,
            "name it by its tag: de.ftl, pt-BR.ftl, zh-Hant.ftl",
        );
        return None;
    };
    match bounded(path) {
        Ok(text) => {
            reader.note_file("words", tag_and(&language, &text).as_bytes());
            examine(reader, path, &text);
            Some(WordsFile { language, text })
        }
        Err(error) => {
            let message = format!("`pages.words`: {} cannot be read: {error}", path.display());
            reader.fault(
                "words",
                "unreadable-file",
                message,
                "make it a text in UTF-8 that the service may read",
            );
            None
        }
    }
}

fn tag_and(language: &str, text: &str) -> String {
    format!("{language}\0{text}")
}

fn bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(io::Error::other("it has more than 256 KiB"));
    }
    Ok(text)
}

/// Reports everything in a file that the pages could not say.
fn examine(reader: &Reader<'_>, path: &Path, text: &str) {
    let report = Report {
        reader,
        source: Arc::new(Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }),
    };
    let (resource, errors) = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) => (resource, Vec::new()),
        Err(both) => both,
    };
    for error in errors {
        report.fault(
            "",
            error.pos,
            "syntax",
            error.kind.to_string(),
            SYNTAX.to_owned(),
        );
    }
    let mut terms = BTreeSet::new();
    let mut messages = BTreeMap::new();
    for entry in resource.entries() {
        match entry {
            Entry::Term(term) => {
                terms.insert(term.id.name);
            }
            Entry::Message(message) => {
                let span = within(resource.source(), message.id.name);
                if messages.insert(message.id.name, message).is_some() {
                    let said = format!("`{}` is there twice", message.id.name);
                    report.fault(message.id.name, span, "twice", said, "keep one".to_owned());
                }
            }
            Entry::Comment(_)
            | Entry::GroupComment(_)
            | Entry::ResourceComment(_)
            | Entry::Junk { .. } => {}
        }
    }
    for (id, message) in messages {
        report.message(resource.source(), id, &Uses::of(message), &terms);
    }
}

const SYNTAX: &str = "a message is a line such as: action-sign-in = Sign in";

/// Where faults of one file go.
struct Report<'a> {
    reader: &'a Reader<'a>,
    source: Arc<Source>,
}

impl Report<'_> {
    fn message(&self, text: &str, id: &str, uses: &Uses<'_>, terms: &BTreeSet<&str>) {
        let fault = |part: &str, code, message: String, help: String| {
            self.fault(id, within(text, part), code, message, help);
        };
        let Some(variables) = OURS.get(id) else {
            let near = nearest(id, OURS.keys().map(String::as_str));
            let help = near.map_or_else(
                || "leave it out".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("the pages have no message `{id}`");
            return fault(uses.id, "unknown-message", message, help);
        };
        let known: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();
        let known = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("known here: {}", known.join(", ")),
        };
        for name in uses
            .variables
            .iter()
            .filter(|name| !variables.contains(**name))
        {
            let message = format!("`{id}` has no variable `${name}`");
            fault(name, "unknown-variable", message, known.clone());
        }
        for name in variables
            .iter()
            .filter(|name| !uses.variables.contains(name.as_str()))
        {
            let message = format!("`{id}` leaves out `${name}`");
            let help = format!("say where it stands: {{ ${name} }}");
            self.report(
                Weight::Warning,
                id,
                within(text, uses.id),
                "missing-variable",
                message,
                help,
            );
        }
        for (name, what) in &uses.others {
            let is_there = match what {
                Other::Term => terms.contains(name),
                Other::Message => OURS.contains_key(*name),
                Other::Function => false,
            };
            if !is_there {
                let message = format!("`{id}` refers to `{name}`, which is not there");
                let help = "write out what it stands for".to_owned();
                fault(name, "unknown-name", message, help);
            }
        }
    }

    fn fault(
        &self,
        id: &str,
        span: Range<usize>,
        code: &'static str,
        message: String,
        help: String,
    ) {
        self.report(Weight::Error, id, span, code, message, help);
    }

    fn report(
        &self,
        weight: Weight,
        id: &str,
        span: Range<usize>,
        code: &'static str,
        message: String,
        help: String,
    ) {
        self.reader.context.report(Fault {
            code,
            weight,
            message,
            path: id.to_owned(),
            place: Some(Place::File {
                source: Arc::clone(&self.source),
                span,
            }),
            help,
        });
    }
}

/// What a message refers to.
struct Uses<'a> {
    id: &'a str,
    variables: BTreeSet<&'a str>,
    others: Vec<(&'a str, Other)>,
}

/// Kinds of names beside variables.
enum Other {
    Term,
    Message,
    Function,
}

impl<'a> Uses<'a> {
    fn of(message: &Message<&'a str>) -> Self {
        let mut uses = Self {
            id: message.id.name,
            variables: BTreeSet::new(),
            others: Vec::new(),
        };
        if let Some(pattern) = &message.value {
            uses.pattern(pattern);
        }
        uses
    }

    fn pattern(&mut self, pattern: &Pattern<&'a str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&'a str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&'a str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name);
            }
            InlineExpression::TermReference { id, .. } => self.others.push((id.name, Other::Term)),
            InlineExpression::MessageReference { id, .. } => {
                self.others.push((id.name, Other::Message));
            }
            InlineExpression::FunctionReference { id, .. } => {
                self.others.push((id.name, Other::Function));
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        }
    }
}

/// Where a part of a text stands in it.
fn within(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(part.len())
}
