//! Parameters of a query and fields of a form, parsed once.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::request;
use http_body_util::{BodyExt as _, Limited};

use crate::config::defaults::FORM_BYTES;
use crate::gateway::Error;
use crate::wire::Received;

/// Names and values, decoded, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

/// For a form to arrive.
const FORM_TIMEOUT: Duration = Duration::from_secs(10);

impl Fields {
    /// Parses `application/x-www-form-urlencoded`.
    pub(super) fn parse(text: &str) -> Self {
        Self(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The value of a name, unless it is missing, empty or there twice.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter().filter(|(known, _)| known == name);
        match (all.next(), all.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            (None | Some(_), _) => None,
        }
    }

    /// All pairs.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// Reads a form that was posted.
///
/// # Errors
/// [`Error::Form`] if it is too large, too slow, or no form.
pub(super) async fn read(head: &request::Parts, body: Received) -> Result<Fields, Error> {
    Ok(Fields::parse(&read_text(head, body).await?))
}

/// The same as it was sent.
///
/// # Errors
/// Likewise.
pub(super) async fn read_text(head: &request::Parts, body: Received) -> Result<String, Error> {
    let is_form = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    if !is_form {
        return Err(Error::Form);
    }
    let whole = Limited::new(body, FORM_BYTES).collect();
    let whole = tokio::time::timeout(FORM_TIMEOUT, whole)
        .await
        .map_err(|_| Error::Form)?
        .map_err(|_| Error::Form)?;
    let bytes = whole.to_bytes();
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::Form)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_there_twice_counts_as_absent() {
        let fields = Fields::parse("a=1&b=&c=2&c=3&d=%2Fx+y");
        assert_eq!(fields.get("a"), Some("1"));
        assert_eq!(fields.get("b"), None);
        assert_eq!(fields.get("c"), None);
        assert_eq!(fields.get("d"), Some("/x y"));
    }
}
