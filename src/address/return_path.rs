//! Where a browser goes back to.

use serde::{Deserialize, Serialize};

use super::{CanonicalPath, Error};

/// Where a browser goes after sign-in: a path and query on the organization's own origin, never another one
/// (threat model 38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The front page.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Parses a path with an optional query. Under `prefix`, all but the pages of somebody who is signed in is refused:
    /// returning into the sign-in pages would go round in circles.
    ///
    /// # Errors
    /// Anything that a browser could read as another origin, that is longer than 2 KiB, or whose path is not canonical.
    pub fn parse(text: &str, prefix: &str) -> Result<Self, Error> {
        if text.len() > MAX_RETURN_PATH_BYTES || text.contains('#') {
            return Err(Error::ReturnPath);
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let path = CanonicalPath::parse(path).map_err(|_| Error::ReturnPath)?;
        let own = path.as_str().strip_prefix(prefix);
        let leads_round = |rest: &str| {
            let is_own = rest.is_empty() || rest.starts_with('/');
            is_own
                && !matches!(rest, "/account" | "/account/offer" | "/signed-in")
                && !rest.starts_with("/admin/")
        };
        if own.is_some_and(leads_round) {
            return Err(Error::ReturnPath);
        }
        let query_is_sound =
            query.is_none_or(|query| query.bytes().all(|byte| matches!(byte, 0x21..=0x7e)));
        if !query_is_sound {
            return Err(Error::ReturnPath);
        }
        Ok(Self(match query {
            Some(query) => format!("{}?{query}", path.as_str()),
            None => path.as_str().to_owned(),
        }))
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.0.split_once('?').map_or(&self.0, |(path, _)| path)
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest return path that is kept.
const MAX_RETURN_PATH_BYTES: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_38_return_paths_stay_on_the_site() {
        let parse = |text| ReturnPath::parse(text, "/_sso");
        assert_eq!(
            parse("/reports?id=7&x=%2F").unwrap().as_str(),
            "/reports?id=7&x=%2F"
        );
        for good in [
            "/_ssos",
            "/_sso/account",
            "/_sso/account/offer",
            "/_sso/signed-in",
        ] {
            assert_eq!(parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "https://evil",
            "//evil",
            "/\\evil",
            "/%5cevil",
            "\\/evil",
            "/a\n",
            "/a\t",
            " /a",
            "/_sso",
            "/_sso/login",
            "/_sso/signed-in/more",
            "/a#b",
            "/a?\u{e9}",
            "",
            "javascript:alert(1)",
        ] {
            assert_eq!(parse(bad), Err(Error::ReturnPath), "{bad:?}");
        }
    }
}
