//! What happened to a sign-in, for an operator who has a reference.

use std::time::Duration;

use http::request::Parts;

use super::commands::{Answer, Error, ask, json};
use super::query::Parameters;
use super::{Admin, views};
use crate::telemetry::Reference;
use crate::telemetry::trace::Part;

/// Parts in one answer.
const MOST: usize = 200;

const HOUR: u64 = 3600;

const DAY: u64 = 24 * HOUR;

impl Admin {
    /// All that belongs to one reference.
    pub(super) async fn trace(&self, head: &Parts, text: &str) -> Answer {
        ask(head)?;
        let reference: Reference = text
            .parse()
            .map_err(|error| Error::Misunderstood(format!("{error}")))?;
        let parts = self.0.traces.find(reference).await?;
        if parts.is_empty() {
            let kept = kept_for(self.0.traces.keep_for());
            return Err(Error::NotFound(format!(
                "nothing is known of {reference}: sign-ins are kept {kept}, what was refused without one until \
                 the process ends or a thousand came after it"
            )));
        }
        Ok(json(&views::Trace {
            reference: reference.to_string(),
            parts: parts.iter().map(|part| (&**part).into()).collect(),
        }))
    }

    /// What happens from now on, or after a number.
    pub(super) fn latest_traces(&self, head: &Parts) -> Answer {
        ask(head)?;
        let known = ["after", "user", "organization"];
        let parameters = Parameters::parse(head.uri.query(), &known)?;
        let traces = &self.0.traces;
        let Some(after) = parameters.number("after")? else {
            return Ok(json(&views::Traces {
                parts: Vec::new(),
                last: traces.newest(),
            }));
        };
        let is_meant = |part: &Part| {
            let (user, organization) = (parameters.text("user"), parameters.text("organization"));
            let theirs = part.user.as_deref().unwrap_or_default();
            user.is_none_or(|user| user.eq_ignore_ascii_case(theirs))
                && organization.is_none_or(|it| Some(it) == part.organization.as_deref())
        };
        let mut since = traces.since(after);
        since.truncate(MOST);
        let last = since.last().map_or(after, |newest| newest.number);
        let meant = since.iter().filter(|one| is_meant(&one.part));
        Ok(json(&views::Traces {
            parts: meant.map(|one| (&*one.part).into()).collect(),
            last,
        }))
    }
}

/// How long, as the file would say it.
fn kept_for(keep: Duration) -> String {
    match keep.as_secs() {
        0 => "until the process ends".to_owned(),
        seconds if seconds % DAY == 0 && seconds > DAY => format!("for {} days", seconds / DAY),
        seconds if seconds % HOUR == 0 && seconds > HOUR => format!("for {} hours", seconds / HOUR),
        seconds => format!("for {seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_is_said_in_words() {
        for (seconds, said) in [
            (0, "until the process ends"),
            (90, "for 90 seconds"),
            (24 * HOUR, "for 24 hours"),
            (7 * DAY, "for 7 days"),
        ] {
            assert_eq!(kept_for(Duration::from_secs(seconds)), said);
        }
    }
}
