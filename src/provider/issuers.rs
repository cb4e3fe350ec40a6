//! Who signs a provider's ID tokens: one issuer, or one for each of the directories that share an endpoint (Entra).

use serde_json::{Map, Value};

use super::claims::text;
use super::logout::Who;
use super::{Check, Error, Subject};
use crate::config::{self, Preset};

/// The issuers of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Issuers {
    /// The one of discovery, compared byte for byte.
    One(String),
    /// That of one directory (Entra), compared byte for byte: its people are known by their id in it.
    Directory(String),
    /// One for each directory that is listed.
    PerTenant {
        /// As discovery spells it, with a place to fill.
        template: String,
        /// The ids of the directories.
        tenants: Vec<String>,
    },
}

/// The place to fill in a template.
const PLACE: &str = "{tenantid}";

impl Issuers {
    /// Those of a configuration.
    pub(super) fn of(preset: Preset, oidc: &config::Oidc) -> Self {
        if oidc.tenants.is_empty() {
            let issuer = oidc.issuer.clone();
            return if preset == Preset::Entra {
                Self::Directory(issuer)
            } else {
                Self::One(issuer)
            };
        }
        // The address to discover at names all of them in the place of one.
        let fill = |template: String, shared| {
            template.replacen(&format!("/{shared}/"), &format!("/{PLACE}/"), 1)
        };
        let template = ["organizations", "common"]
            .into_iter()
            .fold(oidc.issuer.clone(), fill);
        Self::PerTenant {
            template,
            tenants: oidc.tenants.clone(),
        }
    }

    /// What discovery calls the issuer.
    pub(super) fn in_discovery(&self) -> &str {
        match self {
            Self::One(issuer) | Self::Directory(issuer) => issuer,
            Self::PerTenant { template, .. } => template,
        }
    }

    /// Whether an answer may come from this issuer (RFC 9207 §2.4).
    pub(super) fn contain(&self, issuer: &str) -> bool {
        match self {
            Self::One(one) | Self::Directory(one) => one == issuer,
            Self::PerTenant { template, tenants } => {
                let mut all = tenants.iter().map(|tenant| template.replace(PLACE, tenant));
                all.any(|one| one == issuer)
            }
        }
    }

    /// Who vouches by these claims, if one of these issuers does.
    ///
    /// # Errors
    /// [`Check::Issuer`] if `iss` is none of them, or is not that of the directory that `tid` names.
    pub(super) fn vouching(&self, claims: &Map<String, Value>) -> Result<String, Error> {
        let issuer = text(claims, "iss").ok_or(Error::Rejected(Check::Issuer))?;
        let sound = match self {
            Self::One(one) | Self::Directory(one) => one == issuer,
            Self::PerTenant { template, tenants } => text(claims, "tid").is_some_and(|tenant| {
                let listed = tenants.iter().any(|one| one == tenant);
                listed && template.replace(PLACE, tenant) == issuer
            }),
        };
        if sound {
            Ok(issuer.to_owned())
        } else {
            Err(Error::Rejected(Check::Issuer))
        }
    }

    /// Whom these claims are about: `sub`, or at a directory its id and the person's in it. What Entra calls `sub` is another
    /// one for each registration: whoever registers the application anew would lose everybody.
    ///
    /// # Errors
    /// [`Check::Subject`] if that is not said.
    pub(super) fn person(
        &self,
        claims: &Map<String, Value>,
        subject: &Subject,
    ) -> Result<Subject, Error> {
        match self {
            Self::One(_) => Ok(subject.clone()),
            Self::Directory(_) | Self::PerTenant { .. } => {
                let part = |name| text(claims, name).filter(|text| !text.is_empty());
                match (part("tid"), part("oid")) {
                    (Some(tenant), Some(object)) => Subject::parse(&format!("{tenant}/{object}")),
                    (Some(_) | None, _) => Err(Error::Rejected(Check::Subject)),
                }
            }
        }
    }

    /// Whom a logout token means: what it calls `sub` is no name of ours at a directory, so its session alone counts there.
    ///
    /// # Errors
    /// [`Check::LogoutTarget`] if nothing is left of it.
    pub(super) fn meant(&self, who: Who) -> Result<Who, Error> {
        match (self, who) {
            (Self::One(_), who) => Ok(who),
            (
                Self::Directory(_) | Self::PerTenant { .. },
                Who::Session(session) | Who::Both { session, .. },
            ) => Ok(Who::Session(session)),
            (Self::Directory(_) | Self::PerTenant { .. }, Who::Subject(_)) => {
                Err(Error::Rejected(Check::LogoutTarget))
            }
        }
    }

    /// Whether claims without an ID token's `sub` tell who somebody is: userinfo knows no other word.
    pub(super) const fn are_known_to_userinfo(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Directory(_) | Self::PerTenant { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const A: &str = "7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e90";
    const B: &str = "00000000-1111-2222-3333-444444444444";

    fn many() -> Issuers {
        Issuers::PerTenant {
            template: "https://login.example/{tenantid}/v2.0".to_owned(),
            tenants: vec![A.to_owned()],
        }
    }

    fn claims(issuer: &str, tenant: &Value) -> Map<String, Value> {
        let claims = json!({"iss": issuer, "tid": tenant, "oid": "o-1", "sub": "s-1"});
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn inv_13_a_token_names_the_issuer_of_its_own_tenant_and_that_is_listed() {
        let of = |tenant: &str| format!("https://login.example/{tenant}/v2.0");
        for (issuer, tenant, sound) in [
            (of(A), json!(A), true),
            (of(B), json!(B), false),
            (of(A), json!(B), false),
            (of(B), json!(A), false),
            (of(A), json!(null), false),
            (of(PLACE), json!(PLACE), false),
            (of("organizations"), json!(A), false),
            (
                "https://evil.example/x/v2.0".replace('x', A),
                json!(A),
                false,
            ),
        ] {
            let vouching = many().vouching(&claims(&issuer, &tenant));
            assert_eq!(vouching.is_ok(), sound, "{issuer} {tenant}");
        }
        let mut nobody = claims(&of(A), &json!(A));
        nobody.remove("iss");
        assert!(many().vouching(&nobody).is_err());
        assert!(many().contain(&of(A)) && !many().contain(&of(B)));
    }

    #[test]
    fn inv_17_who_comes_from_a_directory_is_known_by_its_id_too() {
        let subject = Subject::parse("s-1").unwrap();
        let mut all = claims("i", &json!(A));
        for issuers in [many(), Issuers::Directory("i".to_owned())] {
            let person = issuers.person(&all, &subject).unwrap();
            assert_eq!(person.as_str(), format!("{A}/o-1"));
            assert!(!issuers.are_known_to_userinfo());
            for name in ["tid", "oid"] {
                for bad in [json!(""), json!(7), json!(null)] {
                    let mut all = all.clone();
                    all.insert(name.to_owned(), bad);
                    assert!(issuers.person(&all, &subject).is_err(), "{name}");
                }
            }
        }
        all.remove("oid");
        let one = Issuers::One("i".to_owned());
        assert_eq!(one.person(&all, &subject).unwrap().as_str(), "s-1");
    }
}
