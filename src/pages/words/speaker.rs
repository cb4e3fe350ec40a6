//! A language inside a template: `t("message", name = …)`, and `t.moment(…)`, `t.provider(…)`, `t.button(…)`.

use std::sync::Arc;

use minijinja::value::{Kwargs, Object, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

use super::{Language, Said, name, provider, usual_button};

/// What `t` is.
#[derive(Debug)]
pub(in crate::pages) struct Speaker(pub(in crate::pages) Language);

impl Object for Speaker {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (id, values): (&str, Kwargs) = from_args(args)?;
        let mut owned = Vec::new();
        for key in values.args() {
            owned.push((key, Given::of(&values.get::<Value>(key)?)?));
        }
        let said: Vec<(&str, Said<'_>)> = owned
            .iter()
            .map(|(key, given)| (*key, given.said()))
            .collect();
        Ok(Value::from(self.0.say(id, &said)))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method == "moment" {
            let (millis,): (u64,) = from_args(args)?;
            return Ok(Value::from(self.0.moment(millis)));
        }
        let (button,): (&str,) = from_args(args)?;
        match method {
            "provider" => Ok(Value::from(name(provider(button)))),
            "button" => Ok(Value::from(match usual_button(button) {
                Some(provider) => self
                    .0
                    .say("door-button", &[("provider", Said::Name(provider))]),
                None => name(button),
            })),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// The value of a variable as the template gave it.
enum Given {
    Text(String),
    Texts(Vec<String>),
    Number(u64),
}

impl Given {
    fn of(value: &Value) -> Result<Self, Error> {
        if let Some(text) = value.as_str() {
            return Ok(Self::Text(text.to_owned()));
        }
        if value.kind() == ValueKind::Seq {
            let names = value.try_iter()?.map(|name| name.to_string()).collect();
            return Ok(Self::Texts(names));
        }
        u64::try_from(value.clone()).map(Self::Number)
    }

    fn said(&self) -> Said<'_> {
        match self {
            Self::Text(text) => Said::Name(text),
            Self::Texts(names) => Said::Names(names.clone()),
            Self::Number(number) => Said::Count(*number),
        }
    }
}
