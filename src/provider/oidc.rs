//! OpenID Connect, authorization code flow with PKCE (OIDC Core §3.1, RFC 7636, RFC 9700).

use std::borrow::Cow;
use std::sync::Arc;

use openidconnect::core::{CoreAuthPrompt, CoreJwsSigningAlgorithm, CoreResponseType};
use openidconnect::{
    AccessToken, AuthType, AuthenticationContextClass, AuthenticationFlow, AuthorizationCode,
    ClientId, ClientSecret, CsrfToken, IssuerUrl, LoginHint, Nonce, PkceCodeVerifier, RedirectUrl,
    Scope,
};
use tracing::warn;
use url::Url;

use super::apple::Signer;
use super::authorization::{challenge, check_parameters};
use super::claims::{Audience, Claims, Expected};
use super::directory::{Directory, Known};
use super::examine::{self, Checked, Finding, Verdict, Wanted};
use super::exchange::{self, Registration, TokenAnswer};
use super::fence::Fence;
use super::http::{Client, Limits, Operation};
use super::issuers::Issuers;
use super::jws::{self, Compact, Expecting};
use super::metadata::{Metadata, misconfigured};
use super::presets::Reading;
use super::reach::Reach;
use super::trust::Trust;
use super::{
    Announced, Answer, Asserted, Attempt, Callback, Check, Confirmation, Error, Examined,
    Examining, Failed, Finishing, Flow, Health, Held, Logout, Provider, Renewal, Response, Shared,
    Start, Started, Step, Tokens, json, logout, userinfo,
};
use crate::clock::{Clock, Timestamp};
use crate::config::defaults::SCOPE_SEPARATOR;
use crate::config::{self, ClientAuthentication, Preset};
use crate::secret::{self, Secret};

/// A registration at an OpenID provider.
#[derive(Debug)]
pub(super) struct Oidc {
    pub(super) config: config::Oidc,
    preset: Preset,
    issuer: IssuerUrl,
    pub(super) issuers: Issuers,
    /// Makes our secret, where it is no fixed one.
    signer: Option<Signer>,
    clock: Arc<dyn Clock>,
    pub(super) client: Client,
    pub(super) directory: Directory,
}

impl Oidc {
    /// Makes no call. Reads the file of certificates, if one is configured.
    ///
    /// # Errors
    /// [`Error::Misconfigured`].
    pub(super) fn new(
        provider: &config::Provider,
        oidc: &config::Oidc,
        shared: &Shared,
    ) -> Result<Self, Error> {
        let reach = Reach::of(&oidc.issuer)
            .ok_or_else(|| misconfigured("the issuer is neither https nor on loopback"))?;
        let issuer = IssuerUrl::new(oidc.issuer.clone())
            .map_err(|_| misconfigured("the issuer is not a URL"))?;
        let written = oidc.authorize_parameters.iter();
        check_parameters(written.map(|(name, _)| name.as_str()))?;
        let signer = oidc.signed_secret.as_ref();
        let signer = signer.map(|secret| Signer::new(secret, &oidc.client_id));
        let issuers = Issuers::of(provider.preset, oidc);
        let trust = Trust::new(oidc.ca.as_deref(), &shared.roots)?;
        let fence = Fence::new(&oidc.issuer, oidc.private_network, shared.written);
        let limits = Limits::new(oidc.timeout);
        let algorithms = parse_algorithms(&oidc.algorithms)?;
        Ok(Self {
            preset: provider.preset,
            client: Client::new(provider.id.as_str(), (reach, fence), trust, limits, shared),
            directory: Directory::new(
                (issuer.clone(), issuers.clone()),
                algorithms,
                oidc.revalidation,
                Arc::clone(&shared.clock),
            ),
            issuer,
            issuers,
            signer: signer.transpose()?,
            clock: Arc::clone(&shared.clock),
            config: oidc.clone(),
        })
    }

    async fn begin(&self, attempt: &Attempt) -> Result<Started, Error> {
        let known = self.directory.known(&self.client).await?;
        let registration = self.registration(&known.metadata, None);
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let mut request = registration
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state.expose().clone()),
                move || Nonce::new(nonce.expose().clone()),
            )
            .set_redirect_uri(Cow::Owned(redirect_uri(attempt)?))
            .set_pkce_challenge(challenge(attempt)?)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new));
        if let Some(hint) = &attempt.login_hint {
            request = request.set_login_hint(LoginHint::new(hint.as_str().to_owned()));
        }
        if let (Preset::Google, Some(domain)) = (self.preset, &attempt.hosted_domain)
            && !self
                .config
                .authorize_parameters
                .iter()
                .any(|(name, _)| name == "hd")
        {
            request = request.add_extra_param("hd", domain.as_str());
        }
        if attempt.select_account {
            request = request.add_prompt(known.metadata.another_account.clone());
        }
        if attempt.consent {
            request = request.add_prompt(CoreAuthPrompt::Consent);
        }
        if self.preset == Preset::Apple {
            // It refuses any other way for requests that ask who somebody is.
            request = request.add_extra_param("response_mode", "form_post");
        }
        let mut insists = false;
        if let Some(demand) = &attempt.demand {
            insists = demand.insist;
            if let Some(max_age) = demand.assurance.max_age {
                request = request.set_max_age(max_age);
            }
            for acr in &demand.assurance.acr_values {
                request =
                    request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
            }
            if insists {
                request = request.add_prompt(CoreAuthPrompt::Login);
            }
        }
        let prompts = attempt.select_account || attempt.consent || insists;
        for (name, value) in &self.config.authorize_parameters {
            // Two values of one parameter would be an error (RFC 6749 §3.1), and the person's wish goes first.
            if !(prompts && name == "prompt") {
                request = request.add_extra_param(name.as_str(), value.as_str());
            }
        }
        Ok(Started {
            start: Start::Redirect(request.url().0),
            promises_issuer: known.metadata.promises_issuer,
        })
    }

    async fn end(
        &self,
        attempt: &Attempt,
        callback: &Callback,
        now: Timestamp,
    ) -> Result<Asserted, Failed> {
        self.check_issuer(attempt, callback)?;
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
        let known = self.directory.known(&self.client).await?;
        let answer = self.exchange(&known.metadata, attempt, code).await?;
        let (token, access) = (answer.id_token()?, answer.access_token());
        let nonce = Some(&attempt.nonce);
        let mut claims = self.verify(token, access, nonce, now).await?;
        self.complete(&mut claims, &known.metadata, &answer).await?;
        let tokens = answer.into_tokens(&self.config.scopes, SCOPE_SEPARATOR, now);
        let mut asserted = self.asserted(claims, tokens);
        if self.preset == Preset::Apple && asserted.name.is_none() {
            asserted.name.clone_from(&callback.name);
        }
        Ok(asserted)
    }

    /// RFC 9207 §2.4: whoever answers is whom we asked. The comparison is byte for byte, and needs nobody to be asked.
    fn check_issuer(&self, attempt: &Attempt, callback: &Callback) -> Result<(), Error> {
        match &callback.issuer {
            Some(issuer) if self.issuers.contain(issuer) => Ok(()),
            None if !attempt.promises_issuer => Ok(()),
            Some(_) | None => Err(Error::Rejected(Check::ResponseIssuer)),
        }
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        attempt: &Attempt,
        code: &Secret<String>,
    ) -> Result<TokenAnswer, Failed> {
        let calling = self.client.calling(Operation::Token);
        let client_secret = self.client_secret()?;
        self.registration(metadata, client_secret.as_ref())
            .exchange_code(AuthorizationCode::new(code.expose().clone()))
            .set_redirect_uri(Cow::Owned(redirect_uri(attempt)?))
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.expose().clone()))
            .request_async(&calling)
            .await
            .map_err(|error| {
                let sent = [Some(code), Some(&attempt.verifier), client_secret.as_ref()];
                let sent = sent.into_iter().flatten();
                exchange::explain(
                    error,
                    calling.status(),
                    &sent.map(|it| it.expose().as_str()).collect::<Vec<_>>(),
                )
            })
    }

    /// Verifies an ID token: the answer to our request with that nonce, or one that came with a refresh.
    pub(super) async fn verify(
        &self,
        token: &Secret<String>,
        access_token: &AccessToken,
        nonce: Option<&Secret<String>>,
        now: Timestamp,
    ) -> Result<Claims, Error> {
        let expecting = Expecting::IdToken;
        let token = Compact::parse(token.expose(), expecting, self.directory.algorithms())?;
        let key = self
            .directory
            .verify(&self.client, &token, expecting)
            .await?;
        let expected = Expected {
            issuers: &self.issuers,
            audience: self.audience(),
            nonce,
            access_token,
            algorithm: &token.algorithm,
            key: &key,
        };
        Claims::check(&token.payload, &expected, now)
    }

    /// Asks userinfo for what the token lacks, if the operator wants that and the provider has such a place.
    async fn complete(
        &self,
        claims: &mut Claims,
        metadata: &Metadata,
        answer: &TokenAnswer,
    ) -> Result<(), Error> {
        if !self.config.userinfo || !self.reading().lacks_something(&claims.all) {
            return Ok(());
        }
        if let Some(endpoint) = &metadata.userinfo {
            let token = answer.access_token();
            let more = userinfo::ask(&self.client, endpoint, token, &claims.subject).await?;
            userinfo::complete(&mut claims.all, more);
        }
        Ok(())
    }

    pub(super) fn asserted(&self, claims: Claims, tokens: Tokens) -> Asserted {
        let reading = self.reading();
        let all = claims.all;
        let email = json::text(&all, "email");
        if reading.has_too_many_groups(&all) {
            warn!(
                provider = self.client.provider(),
                "somebody is in too many groups for a token: their groups are unknown, and rules that need them refuse"
            );
        }
        Asserted {
            issuer: claims.issuer,
            subject: claims.person,
            email_verified: email.is_some() && reading.email_verified(&all),
            email,
            name: json::text(&all, "name"),
            preferred_username: json::text(&all, "preferred_username"),
            groups: reading.groups(&all),
            groups_are_teams: false,
            hosted_domain: reading.hosted_domain(&all),
            tenants: reading.tenants(&all),
            authenticated_at: claims.authenticated_at,
            proof: claims.proof,
            provider_session: json::text(&all, "sid"),
            tokens,
            claims: all,
        }
    }

    fn audience(&self) -> Audience<'_> {
        Audience {
            client_id: &self.config.client_id,
            trusted: &self.config.trusted_audiences,
        }
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading {
            preset: self.preset,
            groups_claim: &self.config.groups_claim,
        }
    }

    /// Our secret: the fixed one, or one that is signed now.
    pub(super) fn client_secret(&self) -> Result<Option<Secret<String>>, Error> {
        match &self.signer {
            Some(signer) => signer.sign(self.clock.now()).map(Some),
            None => Ok(self.config.client_secret.clone()),
        }
    }

    /// The library's client. It is made anew for each use, so that the secret is copied only while it is needed.
    pub(super) fn registration(
        &self,
        metadata: &Metadata,
        client_secret: Option<&Secret<String>>,
    ) -> Registration {
        let client_id = ClientId::new(self.config.client_id.clone());
        let registration =
            openidconnect::Client::new(client_id, self.issuer.clone(), Default::default())
                .disable_openid_scope()
                .set_auth_uri(metadata.authorization.clone())
                .set_token_uri(metadata.token.clone())
                .set_auth_type(match self.config.client_authentication {
                    ClientAuthentication::Basic => AuthType::BasicAuth,
                    ClientAuthentication::Post => AuthType::RequestBody,
                });
        match client_secret {
            Some(secret) => {
                registration.set_client_secret(ClientSecret::new(secret.expose().clone()))
            }
            None => registration,
        }
    }

    /// An answer that shows that our registration is wrong counts as trouble, like none at all.
    fn note(&self, error: &Error) {
        if let Error::Misconfigured(_) = error {
            self.client.note(Health::Down);
        }
    }
}

impl Oidc {
    /// First what it announces, each mistake for itself; then whether that can be used; then whether it knows us.
    async fn look_into(&self, redirect_uri: &str) -> Examined {
        let mut examined = Examined::default();
        let document = match self.directory.document(&self.client).await {
            Ok(document) => document,
            Err(error) => {
                let said = error.with_cause();
                let cure = "is `issuer` its address, and can this machine reach it?";
                let finding = Finding::failed(Checked::Discovery, said, cure);
                examined.findings.push(finding);
                return examined;
            }
        };
        let said = format!("found at {}", self.config.issuer);
        let findings = &mut examined.findings;
        findings.push(Finding::fine(Checked::Discovery, said));
        findings.extend(examine::announced(&document.members, &self.wanted()));
        findings.push(examine::clock(&document.headers, self.clock.now()));
        let is_bad = |it: &Finding| it.verdict == Verdict::Failed;
        let was_bad = findings.iter().any(is_bad);
        match self.directory.learn_anew(&self.client).await {
            Ok(known) => {
                let announced = self.announced(&known);
                findings.push(examine::keys(announced.keys, announced.usable_keys));
                let answer = self.try_a_code(&known.metadata, redirect_uri).await;
                findings.push(examine::client(answer.as_ref().map(|_| ())));
                examined.announced = Some(announced);
            }
            // What was found already says why.
            Err(_) if was_bad => {}
            Err(error) => {
                let cure = "see `jwks_uri` in its discovery document";
                findings.push(Finding::failed(Checked::Keys, error.with_cause(), cure));
            }
        }
        examined.findings.sort_by_key(|finding| finding.check);
        examined
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            issuer: self.issuers.in_discovery(),
            algorithms: jws::names(self.directory.algorithms()),
            scopes: &self.config.scopes,
            authentication: self.config.client_authentication,
            method: self.config.revalidation,
            reach: self.client.reach(),
        }
    }

    async fn try_a_code(
        &self,
        metadata: &Metadata,
        redirect_uri: &str,
    ) -> Result<TokenAnswer, Failed> {
        let attempt = Attempt::of_nobody(redirect_uri, self.clock.now());
        let code = secret::random_token();
        self.exchange(metadata, &attempt, &code).await
    }

    fn announced(&self, known: &Known) -> Announced {
        let (keys, algorithms) = (known.keys(), &known.metadata.algorithms);
        let usable = keys.iter().filter(|key| {
            let mut accepted = algorithms.iter();
            accepted.any(|algorithm| jws::suits(key, algorithm))
        });
        Announced {
            issuer: self.config.issuer.clone(),
            endpoints: known.metadata.endpoints(),
            keys: keys.len(),
            usable_keys: usable.count(),
            algorithms: jws::names(algorithms),
        }
    }
}

impl Provider for Oidc {
    fn steps(&self, flow: Flow) -> &'static [Step] {
        match (flow, self.config.userinfo) {
            (Flow::SignIn | Flow::Setup | Flow::Link | Flow::StepUp | Flow::Rehearsal, false) => {
                &[Step::Authorize, Step::Exchange]
            }
            (Flow::SignIn | Flow::Setup | Flow::Link | Flow::StepUp | Flow::Rehearsal, true) => {
                &[Step::Authorize, Step::Exchange, Step::UserInfo]
            }
        }
    }

    fn start<'a>(&'a self, attempt: &'a Attempt) -> Answer<'a, Started> {
        Box::pin(async move {
            let started = self.begin(attempt).await;
            if let Err(error) = &started {
                self.note(error);
            }
            started
        })
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

    fn end_session<'a>(
        &'a self,
        id_token_hint: Option<&'a Secret<String>>,
        return_to: &'a Url,
    ) -> Answer<'a, Option<Url>> {
        Box::pin(async move {
            // Old knowledge will do: somebody waits to be signed out.
            let known = match self.directory.remembered() {
                Some(known) => known,
                None => self.directory.known(&self.client).await?,
            };
            let Some(mut url) = known.metadata.end_session.clone() else {
                return Ok(None);
            };
            let mut query = url.query_pairs_mut();
            if let Some(token) = id_token_hint {
                query.append_pair("id_token_hint", token.expose());
            }
            query
                .append_pair("client_id", &self.config.client_id)
                .append_pair("post_logout_redirect_uri", return_to.as_str());
            drop(query);
            Ok(Some(url))
        })
    }

    fn logout<'a>(&'a self, token: &'a Secret<String>, now: Timestamp) -> Answer<'a, Logout> {
        Box::pin(async move {
            let expecting = Expecting::LogoutToken;
            let token = Compact::parse(token.expose(), expecting, self.directory.algorithms())?;
            self.directory
                .verify(&self.client, &token, expecting)
                .await?;
            let issuer = self.issuers.in_discovery();
            let told = logout::check(&token.payload, issuer, self.audience(), now)?;
            let who = self.issuers.meant(told.who)?;
            Ok(Logout { who, ..told })
        })
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
        Box::pin(self.look_into(redirect_uri))
    }

    fn health(&self) -> Health {
        self.client.health()
    }

    fn health_since(&self) -> Option<Timestamp> {
        self.client.health_since()
    }
}

fn redirect_uri(attempt: &Attempt) -> Result<RedirectUrl, Error> {
    RedirectUrl::new(attempt.redirect_uri.clone())
        .map_err(|_| misconfigured("the redirect URI is not a URL"))
}

fn parse_algorithms(names: &[String]) -> Result<Vec<CoreJwsSigningAlgorithm>, Error> {
    let parse = |name: &String| {
        jws::parse_algorithm(name).ok_or_else(|| {
            Error::Misconfigured(format!("tokens signed with `{name}` cannot be accepted"))
        })
    };
    let algorithms = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    if algorithms.is_empty() {
        return Err(misconfigured("no signature algorithm is accepted"));
    }
    Ok(algorithms)
}
