//! What the operator of a demonstration is told, as text for people and as one JSON object for scripts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::configuration;
use super::people::{ORGANIZATIONS, PEOPLE};
use crate::address::Origin;

/// The addresses, the people and where the operator's socket is.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What to open: the application, behind Doorward.
    pub application: String,
    /// The application itself, to see what it is without Doorward: nobody is anybody there.
    pub upstream: String,
    /// The provider's page, where people can be disabled.
    pub provider: String,
    /// The organizations and their doors.
    pub organizations: Vec<Door>,
    /// Who can sign in.
    pub people: Vec<Resident>,
    /// For `doorward status` and the like.
    pub admin_socket: PathBuf,
}

/// An organization.
#[derive(Clone, Debug, Serialize)]
pub struct Door {
    /// Slug.
    pub slug: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Where its people sign in.
    pub sign_in: String,
}

/// A person.
#[derive(Clone, Debug, Serialize)]
pub struct Resident {
    /// Name for people.
    pub name: &'static str,
    /// Address.
    pub email: &'static str,
    /// Slug of the organization.
    pub organization: &'static str,
    /// Groups.
    pub groups: &'static [&'static str],
    /// What is special.
    pub note: &'static str,
}

impl Summary {
    pub(super) fn new(
        public: &Origin,
        provider: SocketAddr,
        upstream: SocketAddr,
        socket: &Path,
    ) -> Self {
        let organizations = ORGANIZATIONS.map(|organization| Door {
            slug: organization.slug,
            name: organization.name,
            sign_in: configuration::door(public, organization.slug),
        });
        let people = PEOPLE.map(|person| Resident {
            name: person.name,
            email: person.email,
            organization: person.organization,
            groups: person.groups,
            note: person.note,
        });
        Self {
            application: public.to_string(),
            upstream: format!("http://{upstream}"),
            provider: format!("http://{provider}"),
            organizations: organizations.into(),
            people: people.into(),
            admin_socket: socket.to_owned(),
        }
    }
}

impl Summary {
    /// The text for people: addresses, who there is, and what to try, in an order in which one browser sees all of it.
    /// `command` is what they type to run this program.
    pub fn told(&self, command: &str) -> String {
        let (people, without_a_browser) = (self.residents(), self.without_a_browser(command));
        let Self {
            application,
            provider,
            upstream,
            ..
        } = self;
        format!(
            "\
Doorward stands in front of a sample application.

  Open this             {application}
  Identity provider     {provider}   (disable people here)
  Without Doorward      {upstream}   (nobody is anybody)

{people}
Try this in one browser, in this order; nobody has a password:
  1. Open {application}, choose Acme, and sign in as Ada. You see what the
     application receives, and how it checks that it is true. Leave that page open.
  2. In another tab, open the identity provider and disable Ada: within seconds her stream
     and her socket are cut. Enable her there, reload the first tab and read why; then press
     \"Check again\" and come in as Ada once more.
  3. Press \"Sign in at Globex\" and come in as Dan too. On \"Your account\", switch back to Acme.
  4. Press \"Use a different account\" and choose Bob. Then open \"Administration\": it is for a
     group that he is not in.
  5. From there, use a different account again: Acme refuses Eve, and Carol too.
  6. Open {application} once more: Bob is still signed in. Sign out, and read
     what has ended and what has not.

{without_a_browser}
Ctrl-C stops everything, and nothing stays behind."
        )
    }

    fn residents(&self) -> String {
        let mut text = String::new();
        for door in &self.organizations {
            text += &format!("  {:<21} {}\n", door.name, door.sign_in);
            let at_home = |person: &&Resident| person.organization == door.slug;
            for Resident {
                name, email, note, ..
            } in self.people.iter().filter(at_home)
            {
                text += &format!("    {name:<19} {email:<22} {note}\n");
            }
        }
        text
    }

    fn without_a_browser(&self, command: &str) -> String {
        let Self { application, .. } = self;
        let socket = self.admin_socket.display();
        format!(
            "\
As a program asks (it is told to sign in, and not sent anywhere):
  curl -i {application}/api/request
As the operator asks, in another terminal (or org list, session list, audit tail):
  {command} status --socket {socket}
"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let public = Origin::parse("http://localhost:8000").unwrap();
        let provider = "127.0.0.1:9999".parse().unwrap();
        let upstream = "127.0.0.1:8888".parse().unwrap();
        Summary::new(&public, provider, upstream, Path::new("/tmp/d/admin.sock"))
    }

    #[test]
    fn people_read_addresses_and_names() {
        let text = summary().told("doorward");
        for word in [
            "http://localhost:8000\n",
            "http://127.0.0.1:9999",
            "http://127.0.0.1:8888",
            "/_sso/login/globex",
            "  doorward status --socket /tmp/d/admin.sock\n",
        ] {
            assert!(text.contains(word), "{word} is missing in\n{text}");
        }
        for person in &PEOPLE {
            assert!(text.contains(person.email));
        }
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{text}");
    }

    #[test]
    fn scripts_read_one_object() {
        let value = serde_json::to_value(summary()).unwrap();
        assert_eq!(value["application"], "http://localhost:8000");
        assert_eq!(
            value["organizations"][1]["sign_in"],
            "http://localhost:8000/_sso/login/globex"
        );
        assert_eq!(value["people"][0]["email"], "ada@acme.example");
        assert_eq!(value["admin_socket"], "/tmp/d/admin.sock");
    }
}
