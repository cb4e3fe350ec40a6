//! Who can sign in to the demonstration.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// One of the two organizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// Slug in Doorward's configuration, and the client's name at the provider.
    pub slug: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Domain of its e-mail addresses.
    pub domain: &'static str,
}

/// A person whom the provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Subject identifier: it says nothing and never changes (OIDC Core §2).
    pub subject: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Address.
    pub email: &'static str,
    /// Whether the provider has verified the address.
    pub email_verified: bool,
    /// Slug of the organization that the person works for.
    pub organization: &'static str,
    /// Groups.
    pub groups: &'static [&'static str],
    /// What the person is in the demonstration for.
    pub note: &'static str,
}

/// Both organizations.
pub const ORGANIZATIONS: [Organization; 2] = [
    Organization {
        slug: "acme",
        name: "Acme",
        domain: "acme.example",
    },
    Organization {
        slug: "globex",
        name: "Globex",
        domain: "globex.example",
    },
];

/// The group that the administration page of the sample application asks for.
pub(super) const ADMINISTRATORS: &str = "it-admins";

/// Everybody.
pub const PEOPLE: [Person; 5] = [
    Person {
        subject: "p-7f3a91",
        name: "Ada Park",
        email: "ada@acme.example",
        email_verified: true,
        organization: "acme",
        groups: &["engineering", ADMINISTRATORS],
        note: "may open /admin",
    },
    Person {
        subject: "p-1c08de",
        name: "Bob Fischer",
        email: "bob@acme.example",
        email_verified: true,
        organization: "acme",
        groups: &["sales"],
        note: "may not open /admin",
    },
    Person {
        subject: "p-90b4e2",
        name: "Eve Marsh",
        email: "eve@acme.example",
        email_verified: false,
        organization: "acme",
        groups: &["sales"],
        note: "address not verified, so Acme refuses her",
    },
    Person {
        subject: "p-e5527c",
        name: "Carol Okafor",
        email: "carol@globex.example",
        email_verified: true,
        organization: "globex",
        groups: &["operations", ADMINISTRATORS],
        note: "may open /admin",
    },
    Person {
        subject: "p-4ad6f0",
        name: "Dan Núñez",
        email: "dan@globex.example",
        email_verified: true,
        organization: "globex",
        groups: &["research"],
        note: "a name beyond ASCII, in a header",
    },
];

/// The person with a subject identifier.
pub(super) fn by_subject(subject: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.subject == subject)
}

/// The person with an address.
pub(super) fn by_email(email: &str) -> Option<&'static Person> {
    PEOPLE
        .iter()
        .find(|person| person.email.eq_ignore_ascii_case(email))
}

/// Whether the provider vouches for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It does.
    Active,
    /// It does not: no sign-in, and every token is dead.
    Disabled,
}

/// Who is disabled at the moment. Bounded by the number of people.
#[derive(Debug, Default)]
pub(super) struct Directory(Mutex<BTreeSet<&'static str>>);

impl Directory {
    /// How the person stands now.
    pub(super) fn standing(&self, person: &Person) -> Standing {
        if self.disabled().contains(person.subject) {
            Standing::Disabled
        } else {
            Standing::Active
        }
    }

    /// Disables or enables the person.
    pub(super) fn change(&self, person: &Person, standing: Standing) {
        match standing {
            Standing::Active => self.disabled().remove(person.subject),
            Standing::Disabled => self.disabled().insert(person.subject),
        };
    }

    fn disabled(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        // No change of the set can be left half done, so a panic elsewhere is no reason to stop here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_works_somewhere_and_nobody_shares_a_name() {
        for person in &PEOPLE {
            let home = ORGANIZATIONS
                .iter()
                .find(|organization| organization.slug == person.organization)
                .unwrap();
            assert!(person.email.ends_with(&format!("@{}", home.domain)));
            assert_eq!(by_subject(person.subject), Some(person));
            assert_eq!(by_email(&person.email.to_uppercase()), Some(person));
        }
    }

    #[test]
    fn a_person_can_be_disabled_and_enabled_again() {
        let directory = Directory::default();
        directory.change(&PEOPLE[0], Standing::Disabled);
        assert_eq!(directory.standing(&PEOPLE[0]), Standing::Disabled);
        assert_eq!(directory.standing(&PEOPLE[1]), Standing::Active);
        directory.change(&PEOPLE[0], Standing::Active);
        assert_eq!(directory.standing(&PEOPLE[0]), Standing::Active);
    }
}
