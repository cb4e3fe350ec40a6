//! What a provider calls a sign-in, and the sessions that its logout finds by that.
//!
//! Kept as digests: they are short whatever the provider sends, two providers never share one, and no subject stands in
//! a key of the store.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::record::Record;
use super::sessions::Sessions;
use super::{Ending, Error, Key, Reason};
use crate::audit;
use crate::config::Slug;
use crate::secret;
use crate::store::{self, Keys, Table};

/// A sign-in in the words of the provider: whose it is, and in which of the provider's own sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtProvider {
    subject: String,
    /// Absent if the ID token named none.
    session: Option<String>,
}

/// What a provider's logout names: a person, a session of the provider, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named(Names);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    Subject(String),
    Session(String),
    Both { subject: String, session: String },
}

/// Entries of an index that are read at once.
const PAGE: usize = 200;

/// How often the index is read again because something moved. Each time, somebody completed a sign-in in between.
pub(super) const ROUNDS: usize = 64;

/// Rounds in a row that find nothing before all counts as ended.
pub(super) const QUIET: usize = 2;

/// Length of a digest as text.
const DIGEST: usize = 43;

/// Length of a session's key.
const KEY: usize = 32;

impl AtProvider {
    /// From what an ID token says (`iss`, `sub`, `sid`).
    pub fn new(provider: &Slug, issuer: &str, subject: &str, session: Option<&str>) -> Self {
        Self {
            subject: digest("sub", provider, issuer, subject),
            session: session.map(|session| digest("sid", provider, issuer, session)),
        }
    }

    /// Whether it is in this session of the provider's (`sid`), or in none that is known and none is named.
    pub fn is_in(&self, provider: &Slug, issuer: &str, session: Option<&str>) -> bool {
        let named = session.map(|session| digest("sid", provider, issuer, session));
        self.session == named
    }

    /// Keys of the indexes that lead to a grant of this sign-in.
    pub(super) fn indexes(
        &self,
        key: &Key,
        organization: &Slug,
    ) -> impl Iterator<Item = (Table, Vec<u8>)> {
        let of = |digest: &String| {
            let mut index = digest.as_bytes().to_vec();
            index.extend_from_slice(key.as_bytes());
            index.extend_from_slice(organization.as_str().as_bytes());
            index
        };
        let subject = (Table::SessionsBySubject, of(&self.subject));
        let session = self.session.as_ref().map(of);
        let session = session.map(|index| (Table::SessionsByProviderSession, index));
        std::iter::once(subject).chain(session)
    }
}

impl Named {
    /// Everything of a person at a provider.
    pub fn subject(provider: &Slug, issuer: &str, subject: &str) -> Self {
        Self(Names::Subject(digest("sub", provider, issuer, subject)))
    }

    /// One session of the provider.
    pub fn session(provider: &Slug, issuer: &str, session: &str) -> Self {
        Self(Names::Session(digest("sid", provider, issuer, session)))
    }

    /// One session of the provider, which is a certain person's.
    pub fn both(provider: &Slug, issuer: &str, subject: &str, session: &str) -> Self {
        Self(Names::Both {
            subject: digest("sub", provider, issuer, subject),
            session: digest("sid", provider, issuer, session),
        })
    }

    /// Whether a sign-in is meant. With both names given, one of that person whose session is not known may be the one:
    /// in doubt, it ends.
    pub fn means(&self, sign_in: &AtProvider) -> bool {
        match &self.0 {
            Names::Subject(subject) => *subject == sign_in.subject,
            Names::Session(session) => Some(session) == sign_in.session.as_ref(),
            Names::Both { subject, session } => {
                let known = sign_in.session.as_ref();
                *subject == sign_in.subject && known.is_none_or(|known| known == session)
            }
        }
    }

    /// Where to look.
    fn index(&self) -> (Table, &[u8]) {
        match &self.0 {
            Names::Subject(subject) | Names::Both { subject, .. } => {
                (Table::SessionsBySubject, subject.as_bytes())
            }
            Names::Session(session) => (Table::SessionsByProviderSession, session.as_bytes()),
        }
    }
}

fn digest(what: &str, provider: &Slug, issuer: &str, name: &str) -> String {
    let fields = [what, provider.as_str(), issuer, name];
    secret::encode(&secret::sha256_fields(fields.map(str::as_bytes)))
}

impl Sessions {
    /// Ends every grant that a provider's logout names, in whatever session and organization, and leaves other grants of
    /// those sessions alone. As with [`Sessions::end`], all of it is durable and in force when this returns.
    ///
    /// # Errors
    /// The store's. What was found has ended in this process all the same.
    ///
    /// # Cancel safety
    /// Not cancel safe after the first poll: run it in a task of its own.
    pub async fn end_named(
        &self,
        named: &Named,
        reason: Reason,
        event: &audit::Event,
    ) -> Result<(), Error> {
        let mut gone = HashSet::new();
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            // A session that is replaced meanwhile is found under its new key the next time: at every moment the index
            // leads to it under one of the two. So this ends when the index leads to nothing that was not known to be
            // gone before, twice: one that moves while a long index is read in pages can be missed once.
            let known_gone = gone.len();
            let found = self.named(named, &mut gone).await?;
            if found.is_empty() && gone.len() == known_gone {
                quiet += 1;
                if quiet == QUIET {
                    return Ok(());
                }
                continue;
            }
            quiet = 0;
            let mut failed = None;
            for (key, record) in found {
                for grant in &record.grants {
                    if named.means(&grant.at_provider) {
                        let event = audit::Event {
                            organization: Some(grant.organization.to_string()),
                            ..event.clone()
                        };
                        let ending = Ending::Grant(&grant.organization);
                        if let Err(error) = self.end(&key, ending, reason, &event).await {
                            // The others end all the same (threat model 47).
                            failed = Some(error);
                        }
                    }
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// The sessions in which a logout means something. Keys whose session is gone by the time it is read are added to
    /// `gone`; they do not come back.
    async fn named(
        &self,
        named: &Named,
        gone: &mut HashSet<Key>,
    ) -> Result<Vec<(Key, Record)>, Error> {
        let (table, prefix) = named.index();
        let mut found: Vec<(Key, Record)> = Vec::new();
        let mut keys = Keys::prefix(prefix);
        loop {
            let page = self.store.range(table, keys, PAGE).await?;
            for (index, _) in &page {
                let key = index.get(DIGEST..DIGEST + KEY).and_then(Key::from_bytes);
                let Some(key) = key.filter(|key| found.iter().all(|(known, _)| known != key))
                else {
                    continue;
                };
                let Some((record, _)) = self.read(&key).await? else {
                    gone.insert(key);
                    continue;
                };
                let mut grants = record.grants.iter();
                if grants.any(|grant| named.means(&grant.at_provider)) {
                    found.push((key, record));
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == PAGE => keys = Keys::after(prefix, last),
                Some(_) | None => return Ok(found),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap()
    }

    /// Who is meant by what: sign-ins of Ada in her sessions `s1`, `s2` and in an unknown one, and of Grace in `s1`.
    #[test]
    fn inv_16_a_logout_means_whom_it_names() {
        let idp = slug("idp");
        let at = |subject, session| AtProvider::new(&idp, "https://id", subject, session);
        let sign_ins = [
            at("ada", Some("s1")),
            at("ada", Some("s2")),
            at("ada", None),
            at("grace", Some("s1")),
        ];
        let check = |named: &Named, expected: [bool; 4]| {
            let means = sign_ins.each_ref().map(|sign_in| named.means(sign_in));
            assert_eq!(means, expected, "{named:?}");
        };
        let issuer = "https://id";
        check(
            &Named::subject(&idp, issuer, "ada"),
            [true, true, true, false],
        );
        check(
            &Named::session(&idp, issuer, "s1"),
            [true, false, false, true],
        );
        check(
            &Named::both(&idp, issuer, "ada", "s1"),
            [true, false, true, false],
        );
        // The same words of another provider, of another issuer, or in the other place, mean nobody.
        check(&Named::subject(&slug("other"), issuer, "ada"), [false; 4]);
        check(&Named::session(&slug("other"), issuer, "s1"), [false; 4]);
        check(&Named::subject(&idp, "https://id/", "ada"), [false; 4]);
        check(&Named::session(&idp, issuer, "ada"), [false; 4]);
        check(&Named::subject(&idp, issuer, "s1"), [false; 4]);
    }
}
