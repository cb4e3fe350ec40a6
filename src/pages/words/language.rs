//! One language: its words, and how a sentence of it is made.

use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use http::HeaderValue;
use time::OffsetDateTime;
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::{name, rfc3339};
use crate::pages::Error;

/// The language of a page. Cheap to clone.
#[derive(Clone)]
pub struct Language(Arc<Spoken>);

struct Spoken {
    tag: String,
    header: HeaderValue,
    /// With script and region filled in, for finding a reader's language.
    likely: LanguageIdentifier,
    direction: &'static str,
    bundle: FluentBundle<FluentResource>,
    /// What is said where this language lacks a message; none for English.
    english: Option<Language>,
}

/// What stands for a variable in a message. What came from outside is cleaned and kept apart (see [`super::phrase`]).
#[derive(Clone, Debug)]
pub(in crate::pages) enum Said<'a> {
    /// Text from outside.
    Name(&'a str),
    /// Several, of which the last is joined by "and".
    Names(Vec<String>),
    /// Milliseconds since the epoch, as a date.
    Moment(u64),
    /// A number, which may decide between singular and plural.
    Count(u64),
}

impl Language {
    /// Reads the words of a language. Of several texts, messages of later ones replace those of earlier ones.
    pub(super) fn read(tag: &str, texts: &[&str], english: Option<&Self>) -> Result<Self, Error> {
        let unusable = || Error::Words(tag.to_owned());
        let id: LanguageIdentifier = tag.parse().map_err(|_| unusable())?;
        let mut bundle = FluentBundle::new_concurrent(vec![id.clone()]);
        // Names come in with their marks: Fluent itself leaves out those of a name that stands alone.
        bundle.set_use_isolating(false);
        for text in texts {
            let resource = FluentResource::try_new((*text).to_owned()).map_err(|_| unusable())?;
            bundle.add_resource_overriding(resource);
        }
        let direction = match id.character_direction() {
            CharacterDirection::RTL => "rtl",
            CharacterDirection::LTR | CharacterDirection::TTB => "ltr",
        };
        Ok(Self(Arc::new(Spoken {
            header: HeaderValue::from_str(tag).map_err(|_| unusable())?,
            tag: tag.to_owned(),
            likely: super::choice::likely(id),
            direction,
            bundle,
            english: english.cloned(),
        })))
    }

    /// Its tag (RFC 5646).
    pub fn tag(&self) -> &str {
        &self.0.tag
    }

    /// Its tag as a header has it.
    pub(in crate::pages) fn header(&self) -> HeaderValue {
        self.0.header.clone()
    }

    /// `ltr` or `rtl`.
    pub(in crate::pages) fn direction(&self) -> &'static str {
        self.0.direction
    }

    pub(super) fn likely(&self) -> &LanguageIdentifier {
        &self.0.likely
    }

    /// A message as a phrase. One that is missing here, or wants what nobody gives, is said in English.
    pub(in crate::pages) fn say(&self, id: &str, values: &[(&str, Said<'_>)]) -> String {
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            arguments.set(*name, self.value(value));
        }
        self.format(id, &arguments).unwrap_or_else(|| id.to_owned())
    }

    fn format(&self, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let spoken = self.0.format(id, arguments);
        spoken.or_else(|| self.0.english.as_ref()?.0.format(id, arguments))
    }

    fn value(&self, said: &Said<'_>) -> FluentValue<'static> {
        match said {
            Said::Name(text) => name(text).into(),
            Said::Names(names) => self.list(names).into(),
            Said::Moment(millis) => name(&self.moment(*millis)).into(),
            Said::Count(count) => FluentValue::from(*count),
        }
    }

    /// Names in a row.
    fn list(&self, names: &[String]) -> String {
        let text = |phrase: String| FluentValue::from(phrase);
        let join = |id: &str, first: (&str, String), second: (&str, &str)| {
            let mut arguments = FluentArgs::with_capacity(2);
            arguments.set(first.0.to_owned(), text(first.1));
            arguments.set(second.0.to_owned(), text(name(second.1)));
            self.format(id, &arguments).unwrap_or_default()
        };
        match names {
            [] => String::new(),
            [only] => name(only),
            [first, last] => join("list-pair", ("first", name(first)), ("last", last)),
            [first, middle @ .., last] => {
                let before = middle.iter().fold(name(first), |before, next| {
                    join("list-middle", ("before", before), ("next", next))
                });
                join("list-end", ("before", before), ("last", last))
            }
        }
    }

    /// Milliseconds since the epoch as a date and time that people read.
    pub(in crate::pages) fn moment(&self, millis: u64) -> String {
        let nanos = i128::from(millis).saturating_mul(1_000_000);
        let Ok(moment) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
            return rfc3339(millis);
        };
        let time = format!("{:02}:{:02}", moment.hour(), moment.minute());
        let mut arguments = FluentArgs::with_capacity(4);
        arguments.set("day", FluentValue::from(u64::from(moment.day())));
        arguments.set("month", FluentValue::from(u8::from(moment.month())));
        arguments.set(
            "year",
            FluentValue::from(u64::from(moment.year().unsigned_abs())),
        );
        arguments.set("time", FluentValue::from(time));
        self.format("moment", &arguments)
            .unwrap_or_else(|| rfc3339(millis))
    }
}

impl Spoken {
    fn format(&self, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(arguments), &mut errors);
        errors.is_empty().then(|| text.into_owned())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Language({})", self.0.tag)
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
