//! The one list of names that only Doorward sends upstream. What is stripped and what is set come from here.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName};

use crate::config::{Assertion, Headers, IDENTITY_FIELDS, Route, fold_name};

/// Where a request came from, beside all of `X-Forwarded-…`: rebuilt, never believed (threat model 33).
const FORWARDING: [&str; 14] = [
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
    "x-original-forwarded-for",
    "x-real-ip",
    "x-script-name",
    "x-url-scheme",
];

/// Another target, which frameworks take for the one that was asked for (threat model 3).
const TARGETS: [&str; 6] = [
    "x-host",
    "x-http-host-override",
    "x-original-host",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
];

/// Another method than that of the request line, for frameworks that look for one. Where routes tell methods apart, the
/// one that was decided on is the one that counts (threat model 3).
const METHODS: [&str; 3] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// Names beginning like this are ours, whatever follows.
const OURS: &str = "sso-";

/// Names beginning like this say where a request came from.
const FORWARDED: &str = "x-forwarded-";

/// The names, folded, by what they claim to say.
#[derive(Clone, Debug)]
pub struct Reserved(HashMap<String, Claim>);

impl Reserved {
    /// From the configuration. The routes say whether methods matter.
    pub fn new(headers: &Headers, assertion: &Assertion, routes: &[Route]) -> Self {
        let methods_matter = routes.iter().any(|route| !route.methods.is_empty());
        let methods = METHODS.iter().filter(|_| methods_matter);
        let plain = IDENTITY_FIELDS.iter().map(|&name| name.to_owned());
        let set = headers.set.iter().map(|(name, _)| fold_name(name));
        let passage = FORWARDING.iter();
        let passage = passage.map(|&name| (name.to_owned(), Claim::Passage));
        let target = TARGETS.iter().chain(methods);
        let target = target.map(|&name| (name.to_owned(), Claim::Target));
        let identity = plain.chain(set).chain([fold_name(&assertion.header)]);
        let identity = identity.map(|name| (name, Claim::Identity));
        // Of two claims by one name the graver counts, which comes last.
        Self(passage.chain(target).chain(identity).collect())
    }

    /// Whether only Doorward may send this name: after folding case (`HeaderName` is lower case already) and all that is
    /// neither letter nor digit to `-`, since many servers hand all those spellings to the application as one variable.
    pub fn holds(&self, name: &HeaderName) -> bool {
        self.claim(name).is_some()
    }

    /// Removes every reserved field. Returns how many names claimed to say who somebody is.
    pub fn strip(&self, headers: &mut HeaderMap) -> usize {
        let claims = |name: &HeaderName| Some((name.clone(), self.claim(name)?));
        let found: Vec<(HeaderName, Claim)> = headers.keys().filter_map(claims).collect();
        for (name, _) in &found {
            headers.remove(name);
        }
        let claims = found.iter().map(|(_, claim)| *claim);
        claims.filter(|claim| *claim == Claim::Identity).count()
    }

    /// The names that only Doorward may send, in their plain spelling, as far as they can be listed: those that claim to
    /// say who somebody is, and those of another target or method. For whoever has to remove them in our place.
    pub fn listed(&self) -> Vec<&str> {
        let listed = self.0.iter().filter(|(_, claim)| **claim != Claim::Passage);
        let mut names: Vec<&str> = listed.map(|(name, _)| name.as_str()).collect();
        names.extend(["sso-generated", "sso-reference"]);
        names.sort_unstable();
        names
    }

    /// The names among these that no proxy sends in good faith, and how many of them claim to say who somebody is.
    pub fn spoofed(&self, headers: &HeaderMap) -> (Vec<HeaderName>, usize) {
        let claims = |name| Some((HeaderName::clone(name), self.claim(name)?));
        let found = headers.keys().filter_map(claims);
        let found: Vec<_> = found.filter(|(_, it)| *it != Claim::Passage).collect();
        let identities = found
            .iter()
            .filter(|(_, it)| *it == Claim::Identity)
            .count();
        (
            found.into_iter().map(|(name, _)| name).collect(),
            identities,
        )
    }

    /// What a name that only Doorward may send claims to say.
    fn claim(&self, name: &HeaderName) -> Option<Claim> {
        let text = name.as_str();
        let plain = text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
        if plain {
            self.claim_of(text)
        } else {
            self.claim_of(&fold_name(name))
        }
    }

    fn claim_of(&self, folded: &str) -> Option<Claim> {
        if folded.starts_with(OURS) {
            return Some(Claim::Identity);
        }
        let forwarded = || folded.starts_with(FORWARDED).then_some(Claim::Passage);
        self.0.get(folded).copied().or_else(forwarded)
    }
}

/// What a reserved name is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Who somebody is: no client has a reason to send it.
    Identity,
    /// What is asked for: it is said already.
    Target,
    /// Where a request came from: proxies and tracers send it in good faith.
    Passage,
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
            which in 0..IDENTITY_FIELDS.len() + FORWARDING.len() + TARGETS.len() + 4,
            flips in proptest::collection::vec((any::<bool>(), proptest::sample::select(b"-_.~!|^'*+#$%&`".to_vec())), 40),
        ) {
            let all: Vec<&str> = IDENTITY_FIELDS.iter().chain(&FORWARDING).chain(&TARGETS).copied()
                .chain(["sso-jwt-assertion", "sso-reference", "x-forwarded-for", "x-forwarded-prefix"]).collect();
            let spelled: String = all[which].chars().zip(flips).map(|(letter, (upper, other))| {
                let letter = if letter == '-' { char::from(other) } else { letter };
                if upper { letter.to_ascii_uppercase() } else { letter }
            }).collect();
            let mut map = HeaderMap::new();
            map.append(HeaderName::from_bytes(spelled.as_bytes()).unwrap(), "x".parse().unwrap());
            map.append("accept", "x".parse().unwrap());
            let reserved = Reserved::new(&headers(HeaderPreset::None), &assertion(), &[]);
            let identity = which < IDENTITY_FIELDS.len() || all[which].starts_with("sso-");
            prop_assert_eq!(reserved.strip(&mut map), usize::from(identity), "{}", spelled);
            prop_assert_eq!(map.len(), 1);
        }
    }
}
