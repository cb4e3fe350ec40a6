//! OAuth 2.0 without OpenID Connect: a code becomes an access token (RFC 6749 §4.1, RFC 7636), and with that the provider is
//! asked who it belongs to.
//!
//! There is no signed word of the provider here. What is believed came over TLS from an address that the operator wrote down
//! or that the preset fixes, in answer to a code that only this run could redeem.

mod again;
mod github;
mod mapped;
mod person;
mod token;

use url::Url;

use self::person::{Person, Unheard};
use super::authorization::{challenge, check_parameters};
use super::credentials::Credentials;
use super::examine::{self, Checked, Finding};
use super::fence::Fence;
use super::http::{Client, Limits};
use super::metadata::misconfigured;
use super::reach::Reach;
use super::trust::Trust;
use super::{
    Answer, Asserted, Attempt, Callback, Check, Confirmation, Error, Examined, Examining, Failed,
    Finishing, Flow, Health, Held, Logout, Proof, Provider, Renewal, Response, Shared, Start,
    Started, Step, Tokens,
};
use crate::clock::Timestamp;
use crate::config::{self, PersonSource, Preset};
use crate::secret::{self, Secret};

/// A registration at such a provider.
#[derive(Debug)]
pub(super) struct OAuth2 {
    config: config::OAuth2,
    preset: Preset,
    authorize: Url,
    client: Client,
}

impl OAuth2 {
    /// Makes no call. Reads the file of certificates, if one is configured.
    ///
    /// # Errors
    /// [`Error::Misconfigured`].
    pub(super) fn new(
        provider: &config::Provider,
        oauth2: &config::OAuth2,
        shared: &Shared,
    ) -> Result<Self, Error> {
        let reach = Reach::of(&oauth2.token_url)
            .ok_or_else(|| misconfigured("the token endpoint is neither https nor on loopback"))?;
        let authorize = Url::parse(&oauth2.authorize_url).ok();
        let authorize = authorize
            .filter(|url| reach.covers(url))
            .ok_or_else(|| misconfigured("the authorization endpoint is not https"))?;
        let own: Vec<String> = authorize
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect();
        check_parameters(own.iter().map(String::as_str))?;
        let written = oauth2.authorize_parameters.iter();
        check_parameters(written.map(|(name, _)| name.as_str()))?;
        let trust = Trust::new(oauth2.ca.as_deref(), &shared.roots)?;
        let fence = Fence::new(&oauth2.token_url, oauth2.private_network, shared.written);
        let limits = Limits::new(oauth2.timeout);
        Ok(Self {
            preset: provider.preset,
            client: Client::new(provider.id.as_str(), (reach, fence), trust, limits, shared),
            authorize,
            config: oauth2.clone(),
        })
    }

    fn begin(&self, attempt: &Attempt) -> Result<Started, Error> {
        let challenge = challenge(attempt)?;
        let mut url = self.authorize.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &attempt.redirect_uri)
            .append_pair("state", attempt.state.expose())
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256");
        if !self.config.scopes.is_empty() {
            let scope = self.config.scopes.join(&self.config.scope_separator);
            query.append_pair("scope", &scope);
        }
        // Somebody else has answered: there is no other way to have these ask again.
        let insists = attempt.demand.as_ref().is_some_and(|it| it.insist);
        let prompt = match (attempt.select_account || insists, attempt.consent) {
            (_, true) => Some("consent"),
            (true, false) => Some("select_account"),
            (false, false) => None,
        };
        if let Some(prompt) = prompt {
            query.append_pair("prompt", prompt);
        }
        if let (Preset::GitHub, Some(hint)) = (self.preset, &attempt.login_hint) {
            query.append_pair("login", hint.as_str());
        }
        for (name, value) in &self.config.authorize_parameters {
            if prompt.is_none() || name != "prompt" {
                query.append_pair(name, value);
            }
        }
        drop(query);
        Ok(Started {
            start: Start::Redirect(url),
            promises_issuer: false,
        })
    }

    async fn end(
        &self,
        attempt: &Attempt,
        callback: &Callback,
        now: Timestamp,
    ) -> Result<Asserted, Failed> {
        self.check_issuer(callback)?;
        let code = match &callback.response {
            Response::Code(code) => code,
            Response::Refused(refusal, said) => {
                return Err(Failed {
                    error: Error::Refused(*refusal),
                    said: Some(said.clone()),
                });
            }
            Response::Form(_) => return Err(Error::Rejected(Check::Response).into()),
        };
        let granted = self.exchange(attempt, code).await?;
        let tokens = granted.tokens(&self.config, now);
        let mut required = self.config.required_scopes.iter();
        if !required.all(|scope| tokens.scopes.contains(scope)) {
            return Err(Error::Rejected(Check::Scope).into());
        }
        let person = self.who(&granted).await?;
        Ok(self.asserted(person, tokens, now))
    }

    /// RFC 9207 §2.4, as far as it goes without metadata: an issuer that is named must be this one, or lie below it.
    fn check_issuer(&self, callback: &Callback) -> Result<(), Error> {
        let ours = self.config.issuer.as_str();
        let is_ours = |issuer: &String| {
            let rest = issuer.strip_prefix(ours);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if callback.issuer.as_ref().is_none_or(is_ours) {
            Ok(())
        } else {
            Err(Error::Rejected(Check::ResponseIssuer))
        }
    }

    /// Who has signed in: what came along with the token, or whoever it is of.
    async fn who(&self, granted: &token::Granted) -> Result<Person, Error> {
        let person = match (&self.config.profile, granted.access()) {
            (PersonSource::Mapped { urls, claims }, _) if urls.is_empty() => {
                mapped::person(vec![granted.said()], claims)
            }
            (_, Some(access)) => self.identify(access).await,
            (_, None) => return Err(misconfigured(TOKEN_OF_THE_APP)),
        };
        let person = person.and_then(Person::with_sound_address);
        person.map_err(Unheard::at_sign_in)
    }

    /// Asks whose an access token is.
    async fn identify(&self, access: &str) -> Result<Person, Unheard> {
        match &self.config.profile {
            PersonSource::Mapped { urls, claims } => {
                let answers = mapped::ask(&self.client, urls, access).await?;
                mapped::person(answers, claims)
            }
            PersonSource::GitHub { api } => self.github(api, access).person().await,
        }
    }

    fn github<'a>(&'a self, api: &'a str, access: &'a str) -> github::Api<'a> {
        github::Api {
            client: &self.client,
            address: api,
            access,
            credentials: self.credentials(),
        }
    }

    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            id: &self.config.client_id,
            secret: self.config.client_secret.as_ref(),
            method: self.config.client_authentication,
        }
    }

    fn asserted(&self, person: Person, tokens: Tokens, now: Timestamp) -> Asserted {
        Asserted {
            issuer: self.config.issuer.clone(),
            subject: person.subject,
            email_verified: person.email.is_some() && person.email_verified,
            email: person.email,
            name: person.name,
            preferred_username: person.preferred_username,
            groups: person.groups,
            groups_are_teams: self.preset == Preset::GitHub,
            hosted_domain: None,
            tenants: person.tenants,
            claims: person.claims,
            authenticated_at: now,
            // OAuth 2.0 says nothing of when and how somebody signed in.
            proof: Proof::default(),
            provider_session: None,
            tokens,
        }
    }

    /// An answer that shows that our registration is wrong counts as trouble, like none at all.
    fn note(&self, error: &Error) {
        if let Error::Misconfigured(_) = error {
            self.client.note(Health::Down);
        }
    }
}

/// Slack without `user_scope`.
const TOKEN_OF_THE_APP: &str = "the provider gave a token of the application and none of the person, so it cannot be asked who they are: with Slack, \
     write the scopes in `authorize_parameters = { user_scope = … }`";

impl OAuth2 {
    /// GitHub has a way to ask whether it knows our id and secret that spends nothing.
    async fn ask_github(&self, api: &str) -> Finding {
        let known = self.github(api, "nobodys-token").knows_us().await;
        let known = known.map_err(Unheard::at_sign_in);
        if let Err(error) = &known {
            self.note(error);
        }
        match known {
            Ok(()) => Finding::fine(Checked::Client, "it knows the client id and secret"),
            Err(error) => {
                let cure = "compare `client_id`, and have a new secret made there if in doubt";
                Finding::failed(Checked::Client, error.with_cause(), cure)
            }
        }
    }
}

impl Provider for OAuth2 {
    fn steps(&self, flow: Flow) -> &'static [Step] {
        match flow {
            Flow::SignIn | Flow::Setup | Flow::Link | Flow::StepUp | Flow::Rehearsal => {
                &[Step::Authorize, Step::Exchange, Step::UserInfo]
            }
        }
    }

    fn start<'a>(&'a self, attempt: &'a Attempt) -> Answer<'a, Started> {
        Box::pin(async move { self.begin(attempt) })
    }

    fn finish<'a>(
        &'a self,
        attempt: &'a Attempt,
        callback: &'a Callback,
        now: Timestamp,
    ) -> Finishing<'a> {
        Box::pin(async move {
            let asserted = self.end(attempt, callback, now).await;
            if let Err(failed) = &asserted {
                self.note(&failed.error);
            }
            asserted
        })
    }

    /// OAuth 2.0 has no such place.
    fn end_session<'a>(
        &'a self,
        _id_token_hint: Option<&'a Secret<String>>,
        _return_to: &'a Url,
    ) -> Answer<'a, Option<Url>> {
        Box::pin(async { Ok(None) })
    }

    /// Nor has it keys that a logout token could be signed with.
    fn logout<'a>(&'a self, _token: &'a Secret<String>, _now: Timestamp) -> Answer<'a, Logout> {
        Box::pin(async { Err(Error::Rejected(Check::Signature)) })
    }

    fn renew<'a>(&'a self, held: Held<'a>, now: Timestamp) -> Renewal<'a> {
        Box::pin(self.spend(held, now))
    }

    fn confirm<'a>(
        &'a self,
        held: Held<'a>,
        renewed: Option<&'a Tokens>,
        now: Timestamp,
    ) -> Confirmation<'a> {
        Box::pin(self.judge(held, renewed, now))
    }

    fn examine<'a>(&'a self, redirect_uri: &'a str) -> Examining<'a> {
        Box::pin(async move {
            let finding = match &self.config.profile {
                PersonSource::GitHub { api } => self.ask_github(api).await,
                PersonSource::Mapped { .. } => {
                    let attempt = Attempt::of_nobody(redirect_uri, self.client.now());
                    let code = secret::random_token();
                    let answer = self.exchange(&attempt, &code).await;
                    examine::client(answer.as_ref().map(|_| ()))
                }
            };
            Examined {
                findings: vec![finding, examine::asked_again(self.config.revalidation)],
                announced: None,
            }
        })
    }

    fn health(&self) -> Health {
        self.client.health()
    }

    fn health_since(&self) -> Option<Timestamp> {
        self.client.health_since()
    }
}
