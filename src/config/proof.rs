//! What a provider can say of its people: a rule that asks for more would let nobody in.

use super::{PersonSource, Preset, Protocol, Provider, defaults, issuer};

const CURE: &str = "use groups_any, subjects or claims";

impl Provider {
    /// Whether anybody in the world can have an account there.
    pub(super) fn is_open(&self) -> bool {
        match &self.protocol {
            Protocol::Oidc(oidc) => {
                self.preset.is_open() || issuer::is_open(&oidc.issuer) || !oidc.tenants.is_empty()
            }
            Protocol::OAuth2(oauth2) => issuer::is_open(&oauth2.issuer),
            Protocol::Dev => false,
        }
    }

    /// Why a rule under a key would let none of its people in, and what to write instead; `None` if it says of people
    /// what the key asks for.
    pub(super) fn cannot_prove(&self, key: &str) -> Option<(&'static str, &'static str)> {
        match key {
            "hosted_domains" if self.preset != Preset::Google => Some((
                "only Google says which hosted domain an account is in",
                CURE,
            )),
            "tenants" if !self.names_tenants() => Some((
                "only Entra ID, GitHub, Slack and Auth0 say which of their customers an account belongs to",
                CURE,
            )),
            "teams" if self.preset != Preset::GitHub => {
                Some(("only GitHub says which teams an account is in", CURE))
            }
            "emails" | "email_domains" => self.cannot_prove_addresses(),
            "groups_any" | "groups_all" => self.cannot_list_groups(),
            "acr_values" if !self.says_how() => Some((
                "only an OpenID provider says in which way somebody signed in",
                "leave it out",
            )),
            "max_auth_age" if !self.says_when() => Some((
                "OAuth 2.0 has no way to ask for a new sign-in, nor to tell when the last one was",
                "leave it out",
            )),
            _ => None,
        }
    }

    /// A rule that it can prove, for whoever has written none.
    pub(super) const fn example_of_allow(&self) -> &'static str {
        match self.preset {
            Preset::Google => "hosted_domains = [\"acme.com\"]",
            Preset::Entra => "tenants = [\"7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e90\"]",
            Preset::GitHub => "tenants = [\"9919\"]",
            Preset::Slack => "tenants = [\"T00000000\"]",
            Preset::Oidc
            | Preset::OAuth2
            | Preset::Okta
            | Preset::Auth0
            | Preset::Keycloak
            | Preset::GitLab
            | Preset::Apple
            | Preset::Dev => "email_domains = [\"acme.com\"]",
        }
    }

    /// Whether it says in which way somebody proved who they are.
    const fn says_how(&self) -> bool {
        match &self.protocol {
            Protocol::Oidc(_) => true,
            Protocol::OAuth2(_) | Protocol::Dev => false,
        }
    }

    /// Whether it says when, and asks again if that is too long ago.
    const fn says_when(&self) -> bool {
        match &self.protocol {
            Protocol::Oidc(_) | Protocol::Dev => true,
            Protocol::OAuth2(_) => false,
        }
    }

    fn names_tenants(&self) -> bool {
        match (self.preset, &self.protocol) {
            (Preset::OAuth2, Protocol::OAuth2(oauth2)) => match &oauth2.profile {
                PersonSource::Mapped { claims, .. } => claims.tenant.is_some(),
                PersonSource::GitHub { .. } => true,
            },
            (Preset::Entra | Preset::GitHub | Preset::Slack | Preset::Auth0, _) => true,
            (
                Preset::Oidc
                | Preset::OAuth2
                | Preset::Google
                | Preset::Okta
                | Preset::Keycloak
                | Preset::GitLab
                | Preset::Apple
                | Preset::Dev,
                _,
            ) => false,
        }
    }

    /// Whether its e-mail addresses can be proven to be the person's.
    fn cannot_prove_addresses(&self) -> Option<(&'static str, &'static str)> {
        match &self.protocol {
            Protocol::OAuth2(oauth2) => match &oauth2.profile {
                PersonSource::Mapped { claims, .. } if claims.email_verified.is_none() => Some((
                    "it does not say where the provider says that an address is the person's",
                    "name that place as claims.email_verified of the provider, or use subjects",
                )),
                PersonSource::Mapped { .. } | PersonSource::GitHub { .. } => None,
            },
            Protocol::Oidc(_) if self.preset == Preset::Entra => Some((
                "Entra ID does not prove that an e-mail address is the person's",
                CURE,
            )),
            Protocol::Oidc(_) | Protocol::Dev => None,
        }
    }

    /// Whether it may name groups: some have no claim for them, so only another one that the file names can.
    fn cannot_list_groups(&self) -> Option<(&'static str, &'static str)> {
        const NAME_ONE: &str = "use emails, subjects or claims, or the provider's groups_claim if another claim lists them";
        match &self.protocol {
            Protocol::Oidc(oidc) if oidc.groups_claim == defaults::GROUPS_CLAIM => {
                if issuer::is_google(&oidc.issuer) {
                    Some((
                        "Google does not say which groups an account is in",
                        NAME_ONE,
                    ))
                } else if matches!(self.preset, Preset::Slack | Preset::Apple) {
                    Some((
                        "Slack and Apple do not say which groups an account is in",
                        NAME_ONE,
                    ))
                } else {
                    None
                }
            }
            Protocol::OAuth2(oauth2) => match &oauth2.profile {
                PersonSource::Mapped { claims, .. } if claims.groups.is_none() => Some((
                    "it does not say where the provider lists groups",
                    "name that place as claims.groups of the provider, or use subjects",
                )),
                PersonSource::Mapped { .. } | PersonSource::GitHub { .. } => None,
            },
            Protocol::Oidc(_) | Protocol::Dev => None,
        }
    }
}
