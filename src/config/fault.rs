//! What is wrong with a file: where, why, and what would be right.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode,
};
use serde_json::{Value, json};

/// One mistake. Never holds the value of a secret.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Stable name, such as `unknown-key`.
    pub code: &'static str,
    /// Whether it keeps the file from being used.
    pub weight: Weight,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The key, such as `organizations.acme.allow`.
    pub path: String,
    /// Where it is written; absent for what is missing altogether.
    pub place: Option<Place>,
    /// What would be right, with an example.
    pub help: String,
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The file is not used.
    Error,
    /// The file is used all the same.
    Warning,
}

/// Where something is written.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a file.
    File {
        /// Which, with its text; secrets are masked in it.
        source: Arc<Source>,
        /// Bytes.
        span: Range<usize>,
    },
    /// In an environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
}

/// A file that was read.
#[derive(Debug)]
pub struct Source {
    /// Its path as given.
    pub path: PathBuf,
    /// Its text, with literal secrets masked.
    pub text: String,
}

impl Place {
    /// Line and column, from 1; `None` for the environment.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let Self::File { source, span } = self else {
            return None;
        };
        let before = source.text.get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count())
            + 1;
        Some((line, column))
    }
}

/// All faults of a file: it is not used.
#[derive(Clone, Debug)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&render(&self.0, Style::Plain))
    }
}

impl std::error::Error for Faults {}

/// How faults are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With colours, for a terminal.
    Colour,
    /// Without.
    Plain,
}

/// Faults for people: source line, caret, cause and cure of each, then the count.
pub fn render(faults: &[Fault], style: Style) -> String {
    let theme = match style {
        Style::Colour => GraphicalTheme::unicode(),
        Style::Plain => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
    let mut text = String::new();
    for fault in faults {
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut text, &Report::of(fault));
        text.push('\n');
    }
    let count = |weight| faults.iter().filter(|fault| fault.weight == weight).count();
    let plural =
        |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    text.push_str(&format!(
        "{}, {}\n",
        plural(count(Weight::Error), "error"),
        plural(count(Weight::Warning), "warning")
    ));
    text
}

/// Faults for programs.
pub fn to_json(faults: &[Fault]) -> Value {
    let one = |fault: &Fault| {
        let (line, column) = fault
            .place
            .as_ref()
            .and_then(Place::line_and_column)
            .map_or((None, None), |(line, column)| (Some(line), Some(column)));
        let source = fault.place.as_ref().map(|place| match place {
            Place::File { source, .. } => source.path.display().to_string(),
            Place::Environment { variable } => variable.clone(),
        });
        json!({
            "code": fault.code,
            "severity": match fault.weight { Weight::Error => "error", Weight::Warning => "warning" },
            "message": fault.message,
            "path": fault.path,
            "source": source,
            "line": line,
            "column": column,
            "help": fault.help,
        })
    };
    Value::Array(faults.iter().map(one).collect())
}

/// A fault as the renderer wants it.
#[derive(Debug)]
struct Report<'a> {
    fault: &'a Fault,
    source: Option<NamedSource<String>>,
    span: Option<Range<usize>>,
}

impl<'a> Report<'a> {
    fn of(fault: &'a Fault) -> Self {
        let (source, span) = match &fault.place {
            Some(Place::File { source, span }) => {
                let name = source.path.display().to_string();
                (
                    Some(NamedSource::new(name, source.text.clone())),
                    Some(span.clone()),
                )
            }
            Some(Place::Environment { .. }) | None => (None, None),
        };
        Self {
            fault,
            source,
            span,
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.fault.message)?;
        if let Some(Place::Environment { variable }) = &self.fault.place {
            write!(formatter, " (in the environment variable {variable})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report<'_> {}

impl Diagnostic for Report<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(match self.fault.weight {
            Weight::Error => Severity::Error,
            Weight::Warning => Severity::Warning,
        })
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.fault.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let path = &self.fault.path;
        let text = if path.is_empty() { "here" } else { path };
        let label = LabeledSpan::new_with_span(Some(text.to_owned()), span);
        Some(Box::new(std::iter::once(label)))
    }
}
