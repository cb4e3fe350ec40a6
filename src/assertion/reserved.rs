//! The one list of names that only Doorward sends upstream. What is stripped and what is set come from here.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderName};

use crate::config::{Assertion, Headers, IDENTITY_FIELDS, Route, fold_name};

/// Where a request came from, beside all of `X-Forwarded-…`: rebuilt, never believed. Some name another target, which
/// frameworks take for the one that was asked for (threat model 3, 33).
const FORWARDING: [&str; 20] = [
    "client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "front-end-https",
    "traceparent",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-http-host-override",
    "x-original-forwarded-for",
    "x-original-host",
    "x-original-uri",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
    "x-script-name",
    "x-url-scheme",
];

/// Another method than that of the request line, for frameworks that look for one. Where routes tell methods apart, the
/// one that was decided on is the one that counts (threat model 3).
const METHODS: [&str; 3] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// Names beginning like these are ours, whatever follows.
const OURS: [&str; 2] = ["sso-", "x-forwarded-"];

/// The names, folded.
#[derive(Clone, Debug)]
pub struct Reserved {
    names: BTreeSet<String>,
}

impl Reserved {
    /// From the configuration. The routes say whether methods matter.
    pub fn new(headers: &Headers, assertion: &Assertion, routes: &[Route]) -> Self {
        let methods_matter = routes.iter().any(|route| !route.methods.is_empty());
        let methods = METHODS.iter().filter(|_| methods_matter);
        let fixed = IDENTITY_FIELDS
            .iter()
            .chain(&FORWARDING)
            .chain(methods)
            .map(|&name| name.to_owned());
        let set = headers.set.iter().map(|(name, _)| fold_name(name));
        Self {
            names: fixed
                .chain(set)
                .chain([fold_name(&assertion.header)])
                .collect(),
        }
    }

    /// Whether only Doorward may send this name: after folding case (`HeaderName` is lower case already) and all that is
    /// neither letter nor digit to `-`, since many servers hand all those spellings to the application as one variable.
    pub fn holds(&self, name: &HeaderName) -> bool {
        let text = name.as_str();
        let plain = text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
        if plain {
            self.lists(text)
        } else {
            self.lists(&fold_name(name))
        }
    }

    fn lists(&self, folded: &str) -> bool {
        OURS.iter().any(|ours| folded.starts_with(ours)) || self.names.contains(folded)
    }

    /// Removes every reserved field. Returns how many names there were.
    pub fn strip(&self, headers: &mut HeaderMap) -> usize {
        let found: Vec<HeaderName> = headers
            .keys()
            .filter(|name| self.holds(name))
            .cloned()
            .collect();
        for name in &found {
            headers.remove(name);
        }
        found.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::plain::tests::{assertion, headers};
    use crate::config::HeaderPreset;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inv_30_every_spelling_of_every_name_is_stripped(
            which in 0..IDENTITY_FIELDS.len() + FORWARDING.len() + 4,
            flips in proptest::collection::vec((any::<bool>(), proptest::sample::select(b"-_.~!|^'*+#$%&`".to_vec())), 40),
        ) {
            let all: Vec<&str> = IDENTITY_FIELDS.iter().chain(&FORWARDING).copied()
                .chain(["sso-jwt-assertion", "sso-reference", "x-forwarded-for", "x-forwarded-prefix"]).collect();
            let spelled: String = all[which].chars().zip(flips).map(|(letter, (upper, other))| {
                let letter = if letter == '-' { char::from(other) } else { letter };
                if upper { letter.to_ascii_uppercase() } else { letter }
            }).collect();
            let mut map = HeaderMap::new();
            map.append(HeaderName::from_bytes(spelled.as_bytes()).unwrap(), "x".parse().unwrap());
            map.append("accept", "x".parse().unwrap());
            let reserved = Reserved::new(&headers(HeaderPreset::None), &assertion(), &[]);
            prop_assert_eq!(reserved.strip(&mut map), 1, "{}", spelled);
            prop_assert_eq!(map.len(), 1);
        }
    }
}
