//! Answers that a provider posts (OAuth 2.0 Form Post Response Mode), and what Apple says in them beside the code.

use serde_json::json;

use super::{Callback, json as objects};

impl Callback {
    /// The fields of an answer that was posted which are read when it comes again by GET; none if it is no answer. A field
    /// that is there twice stays so. Of what Apple says of a person only the name is left: an address in an address is
    /// written down by whatever stands in between.
    pub fn carried(fields: &[(String, String)]) -> Vec<(String, String)> {
        let has = |name: &str| fields.iter().any(|(known, _)| known == name);
        if !has("state") || !(has("code") || has("error")) {
            return Vec::new();
        }
        let read = fields.iter().filter_map(|(name, value)| {
            let value = match name.as_str() {
                "state" | "code" | "iss" | "error" | "error_description" => value.clone(),
                "user" => user(&name_in(value)?),
                _ => return None,
            };
            Some((name.clone(), value))
        });
        read.collect()
    }
}

/// The name in Apple's field `user`: `{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"…"}`.
pub(super) fn name_in(user: &str) -> Option<String> {
    let user = objects::object(user.as_bytes())?;
    let name = user.get("name")?.as_object()?;
    let parts = ["firstName", "lastName"].map(|part| objects::text(name, part));
    let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let sound = !whole.trim().is_empty()
        && whole.len() <= MAX_NAME_BYTES
        && !whole.chars().any(char::is_control);
    sound.then(|| whole.trim().to_owned())
}

/// A field with that name and nothing else.
fn user(name: &str) -> String {
    json!({ "name": { "firstName": name } }).to_string()
}

/// A longer one is not kept of anybody, and this one travels in an address.
const MAX_NAME_BYTES: usize = 320;

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(fields: &[(&str, &str)]) -> String {
        let owned = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let carried = Callback::carried(&owned.collect::<Vec<_>>());
        let pairs = carried
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    #[test]
    fn an_answer_comes_again_with_what_is_read_of_it() {
        for (fields, expected) in [
            (
                &[("state", "s"), ("code", "c"), ("other", "x")][..],
                "state=s&code=c",
            ),
            (
                &[("state", "s"), ("code", "c"), ("code", "d")],
                "state=s&code=c&code=d",
            ),
            (
                &[("state", "s"), ("error", "access_denied")],
                "state=s&error=access_denied",
            ),
            (
                &[
                    ("state", "s"),
                    ("code", "c"),
                    (
                        "user",
                        r#"{"name":{"firstName":"Ada","lastName":"L"},"email":"ada@acme.com"}"#,
                    ),
                ],
                r#"state=s&code=c&user={"name":{"firstName":"Ada L"}}"#,
            ),
            (
                &[("state", "s"), ("code", "c"), ("user", "odd")],
                "state=s&code=c",
            ),
            (&[("state", "s"), ("email", "a@b")], ""),
            (&[("code", "c")], ""),
        ] {
            assert_eq!(carried(fields), expected);
        }
    }
}
