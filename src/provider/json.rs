//! JSON objects in which no member appears twice (RFC 7519 §4): with two of one name, two readers could differ.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Parses one object and nothing after it. `None` for anything else.
pub(super) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes)
        .ok()
        .map(|Distinct(members)| members)
}

/// Parses one list of such objects and nothing after it. `None` for anything else.
pub(super) fn objects(bytes: &[u8]) -> Option<Vec<Map<String, Value>>> {
    let all: Vec<Distinct> = serde_json::from_slice(bytes).ok()?;
    Some(all.into_iter().map(|Distinct(members)| members).collect())
}

/// A text that is there and not empty.
pub(super) fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    let text = members.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

struct Distinct(Map<String, Value>);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Distinct;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Distinct, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member appears twice"));
            }
        }
        Ok(Distinct(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_distinct_and_nothing_follows() {
        assert_eq!(object(br#" {"a":1,"b":[]} "#).unwrap().len(), 2);
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":1} x"#,
            r#"[{"a":1}]"#,
            "null",
            "",
            "{",
        ] {
            assert_eq!(object(bad.as_bytes()), None, "{bad}");
        }
    }
}
