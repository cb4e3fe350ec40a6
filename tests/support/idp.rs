//! An OpenID provider with real keys: it signs in whom it is told to, and misbehaves on demand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use doorward::clock::{Clock, Timestamp};
use doorward::secret::{encode, random_token, sha256};
use serde_json::{Value, json};

use super::wire::{Answer, Heard, Server};

type Rule = Box<dyn Fn(&Heard) -> Answer + Send + Sync>;
type Tweak = Box<dyn Fn(&mut Value) + Send + Sync>;

/// Who signs in, and everything that can go wrong.
pub struct Idp {
    pub issuer: String,
    server: Server,
    state: Arc<State>,
}

struct State {
    clock: Arc<dyn Clock>,
    key: EcdsaKeyPair,
    issuer: Mutex<String>,
    person: Mutex<Value>,
    refusal: Mutex<Option<String>>,
    tweak: Mutex<Option<Tweak>>,
    rules: Mutex<HashMap<String, Rule>>,
    codes: Mutex<HashMap<String, Asked>>,
    tokens: Mutex<HashMap<String, Value>>,
    /// Refresh tokens that are good, with whose they are.
    refreshable: Mutex<HashMap<String, Asked>>,
    /// Those that were used, and how often one of them came again.
    spent: Mutex<HashMap<String, Asked>>,
    reused: AtomicUsize,
    forgives: AtomicBool,
    /// When it last vouched for whom.
    vouched: Mutex<HashMap<String, Timestamp>>,
    on_refresh: Mutex<Option<Rule>>,
    /// Whether refresh tokens come only with a new consent, or never.
    withholds: Mutex<Withholds>,
    secrets: Mutex<Vec<String>>,
}

/// When no refresh token is handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Withholds {
    /// It always is.
    #[default]
    Nothing,
    /// Unless consent was asked for.
    WithoutConsent,
    /// Never.
    Always,
}

/// An authorization request that was granted.
#[derive(Clone)]
struct Asked {
    query: std::collections::BTreeMap<String, String>,
    person: Value,
}

impl Idp {
    /// Signs in Ada until told otherwise.
    pub async fn start(clock: Arc<impl Clock + 'static>) -> Self {
        let state = Arc::new(State {
            clock,
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            issuer: Mutex::default(),
            person: Mutex::new(ada()),
            refusal: Mutex::default(),
            tweak: Mutex::default(),
            rules: Mutex::default(),
            codes: Mutex::default(),
            tokens: Mutex::default(),
            refreshable: Mutex::default(),
            spent: Mutex::default(),
            reused: AtomicUsize::new(0),
            forgives: AtomicBool::new(false),
            vouched: Mutex::default(),
            on_refresh: Mutex::default(),
            withholds: Mutex::default(),
            secrets: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let server = Server::start(move |heard| shared.answer(heard)).await;
        let issuer = format!("http://{}", server.address);
        state.issuer.lock().unwrap().clone_from(&issuer);
        Self {
            issuer,
            server,
            state,
        }
    }

    /// The next sign-ins are by somebody with these claims, `sub` among them.
    pub fn person(&self, claims: Value) {
        *self.state.person.lock().unwrap() = claims;
    }

    /// The same, from a task that does not hold the provider.
    pub fn next_person(&self) -> Arc<dyn Fn(Value) + Send + Sync> {
        let state = Arc::clone(&self.state);
        Arc::new(move |claims| *state.person.lock().unwrap() = claims)
    }

    /// Authorization requests are refused with this error.
    pub fn refuse(&self, error: &str) {
        *self.state.refusal.lock().unwrap() = Some(error.to_owned());
    }

    /// Authorization requests are granted again.
    pub fn grant(&self) {
        *self.state.refusal.lock().unwrap() = None;
    }

    /// Changes the claims of every ID token.
    pub fn tweak(&self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        *self.state.tweak.lock().unwrap() = Some(Box::new(change));
    }

    /// Answers a path like this from now on.
    pub fn answer(&self, path: &str, rule: impl Fn(&Heard) -> Answer + Send + Sync + 'static) {
        self.state
            .rules
            .lock()
            .unwrap()
            .insert(path.to_owned(), Box::new(rule));
    }

    /// Answers requests to renew tokens like this from now on.
    pub fn on_refresh(&self, rule: impl Fn(&Heard) -> Answer + Send + Sync + 'static) {
        *self.state.on_refresh.lock().unwrap() = Some(Box::new(rule));
    }

    /// Hands out refresh tokens only like this from now on.
    pub fn withhold(&self, what: Withholds) {
        *self.state.withholds.lock().unwrap() = what;
    }

    /// Renews tokens again.
    pub fn refreshes(&self) {
        *self.state.on_refresh.lock().unwrap() = None;
    }

    /// Takes a refresh token that was used already once more, as providers do who know that answers get lost.
    pub fn forgive(&self) {
        self.state.forgives.store(true, Ordering::SeqCst);
    }

    /// How often a refresh token came that was used already.
    pub fn reused(&self) -> usize {
        self.state.reused.load(Ordering::SeqCst)
    }

    /// When it last handed out tokens for a person.
    pub fn vouched(&self, subject: &str) -> Option<Timestamp> {
        self.state.vouched.lock().unwrap().get(subject).copied()
    }

    /// Revokes every token that was handed out.
    pub fn revoke_all(&self) {
        self.state.refreshable.lock().unwrap().clear();
        self.state.tokens.lock().unwrap().clear();
    }

    /// The requests to renew tokens.
    pub fn refreshed(&self) -> Vec<Heard> {
        let heard = self.heard("/token").into_iter();
        heard
            .filter(|heard| heard.form()["grant_type"] == "refresh_token")
            .collect()
    }

    /// The requests that came to a path.
    pub fn heard(&self, path: &str) -> Vec<Heard> {
        let heard = self.server.heard();
        heard
            .into_iter()
            .filter(|heard| heard.path() == path)
            .collect()
    }

    /// How many requests came in all: what "nothing reached the provider" means.
    pub fn requests(&self) -> usize {
        self.server.heard().len()
    }

    /// Back-channel requests: everything but those that the browser makes.
    pub fn back_channel(&self) -> usize {
        let heard = self.server.heard();
        heard
            .iter()
            .filter(|heard| heard.path() != "/authorize")
            .count()
    }

    /// Something that an answer of the test's own hands out, and that none but us may have.
    pub fn hands_out(&self, secret: &str) {
        self.state.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// Codes and tokens that were handed out: none of them may show up in a log.
    pub fn secrets(&self) -> Vec<String> {
        self.state.secrets.lock().unwrap().clone()
    }

    /// Signs in the name of another from now on.
    pub fn claim_to_be(&self, issuer: &str) {
        issuer.clone_into(&mut self.state.issuer.lock().unwrap());
    }

    /// A logout token about whom these claims name, on top of all that one needs. `null` takes a claim away.
    pub fn logout_token(&self, claims: &Value) -> String {
        let now = self.state.clock.now().as_seconds();
        let mut all = json!({
            "iss": *self.state.issuer.lock().unwrap(),
            "aud": "doorward",
            "iat": now,
            "exp": now + 120,
            "jti": random_token().expose(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let all = all.as_object_mut().unwrap();
        all.extend(claims.as_object().unwrap().clone());
        all.retain(|_, value| !value.is_null());
        self.state.sign("logout+jwt", &json!(all))
    }

    /// A code for an authorization request that a browser would have made.
    pub fn authorize(&self, url: &str) -> String {
        let url = url::Url::parse(url).unwrap();
        self.state.code(url.query_pairs().into_owned().collect())
    }
}

/// The person of most stories.
pub fn ada() -> Value {
    json!({
        "sub": "subject-of-ada",
        "email": "ada@acme.com",
        "email_verified": true,
        "name": "Ada Lovelace",
        "groups": ["engineers", "it-admins"],
    })
}

/// Another.
pub fn grace() -> Value {
    json!({
        "sub": "subject-of-grace",
        "email": "grace@acme.com",
        "email_verified": true,
        "name": "Grace Hopper",
        "groups": ["engineers"],
    })
}

impl State {
    fn answer(&self, heard: &Heard) -> Answer {
        if let Some(rule) = self.rules.lock().unwrap().get(heard.path()) {
            return rule(heard);
        }
        match heard.path() {
            "/.well-known/openid-configuration" => Answer::json(&self.metadata()),
            "/jwks" => Answer::json(&json!({ "keys": [self.jwk()] })),
            "/authorize" => self.authorize(heard),
            "/token" => self.token(heard),
            "/userinfo" => self.userinfo(heard),
            "/introspect" => self.introspect(heard),
            "/logout" => {
                let query = heard.query();
                let back = &query["post_logout_redirect_uri"];
                Answer::redirect(&match query.get("state") {
                    Some(state) => format!("{back}?state={state}"),
                    None => back.clone(),
                })
            }
            _ => Answer::new(404, "text/plain", "not here"),
        }
    }

    fn metadata(&self) -> Value {
        let issuer = self.issuer.lock().unwrap().clone();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "end_session_endpoint": format!("{issuer}/logout"),
            "introspection_endpoint": format!("{issuer}/introspect"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn jwk(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        json!({ "kty": "EC", "crv": "P-256", "kid": "key", "use": "sig", "alg": "ES256", "x": x, "y": y })
    }

    fn authorize(&self, heard: &Heard) -> Answer {
        let query = heard.query();
        let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
        let state = query["state"].clone();
        let outcome = match &*self.refusal.lock().unwrap() {
            Some(error) => ("error", error.clone()),
            None => ("code", self.code(query)),
        };
        back.query_pairs_mut()
            .append_pair("state", &state)
            .append_pair("iss", &self.issuer.lock().unwrap())
            .append_pair(outcome.0, &outcome.1);
        Answer::redirect(back.as_str())
    }

    fn code(&self, query: std::collections::BTreeMap<String, String>) -> String {
        let code = self.secret();
        let person = self.person.lock().unwrap().clone();
        self.codes
            .lock()
            .unwrap()
            .insert(code.clone(), Asked { query, person });
        code
    }

    /// RFC 6749 §4.1.3 and RFC 7636 §4.6, with client_secret_basic or client_secret_post.
    fn token(&self, heard: &Heard) -> Answer {
        let refused = |error: &str| {
            Answer::new(
                400,
                "application/json",
                &json!({ "error": error }).to_string(),
            )
        };
        let form = heard.form();
        match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => {}
            Some("refresh_token") => return self.refresh(heard),
            _ => return refused("unsupported_grant_type"),
        }
        let basic = heard
            .field("authorization")
            .is_some_and(|value| value.starts_with("Basic "));
        if basic == form.contains_key("client_secret") {
            return refused("invalid_client");
        }
        let asked = form
            .get("code")
            .and_then(|code| self.codes.lock().unwrap().remove(code));
        let Some(asked) = asked else {
            return refused("invalid_grant");
        };
        let challenge = encode(&sha256(form["code_verifier"].as_bytes()));
        if asked.query["code_challenge"] != challenge
            || asked.query["redirect_uri"] != form["redirect_uri"]
        {
            return refused("invalid_grant");
        }
        self.grant_tokens(asked)
    }

    fn grant_tokens(&self, asked: Asked) -> Answer {
        let (access, refresh) = (self.secret(), self.secret());
        let id_token = self.id_token(&asked);
        let subject = asked.person["sub"].as_str().unwrap_or_default().to_owned();
        let mut vouched = self.vouched.lock().unwrap();
        vouched.insert(subject, self.clock.now());
        drop(vouched);
        let person = asked.person.clone();
        self.tokens.lock().unwrap().insert(access.clone(), person);
        let mut tokens = json!({
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": 3600,
            "id_token": id_token,
        });
        let consented = asked
            .query
            .get("prompt")
            .is_some_and(|prompt| prompt.split(' ').any(|word| word == "consent"));
        let withheld = match *self.withholds.lock().unwrap() {
            Withholds::Nothing => false,
            Withholds::WithoutConsent => !consented,
            Withholds::Always => true,
        };
        if !withheld {
            tokens["refresh_token"] = json!(refresh);
            self.refreshable.lock().unwrap().insert(refresh, asked);
        }
        Answer::json(&tokens)
    }

    /// RFC 6749 §6 with rotation: a token that was used is good no more, and what the provider knows of the person now is
    /// what the new tokens say.
    fn refresh(&self, heard: &Heard) -> Answer {
        if let Some(rule) = &*self.on_refresh.lock().unwrap() {
            return rule(heard);
        }
        let token = heard.form()["refresh_token"].clone();
        let asked = self.refreshable.lock().unwrap().remove(&token);
        if let Some(asked) = &asked {
            let mut spent = self.spent.lock().unwrap();
            spent.insert(token.clone(), asked.clone());
        }
        let again = self.spent.lock().unwrap().get(&token).cloned();
        if asked.is_none() && again.is_some() {
            self.reused.fetch_add(1, Ordering::SeqCst);
        }
        let again = again.filter(|_| self.forgives.load(Ordering::SeqCst));
        let Some(mut asked) = asked.or(again) else {
            let error = json!({ "error": "invalid_grant" }).to_string();
            return Answer::new(400, "application/json", &error);
        };
        let now = self.person.lock().unwrap().clone();
        if now["sub"] == asked.person["sub"] {
            asked.person = now;
        }
        self.grant_tokens(asked)
    }

    fn id_token(&self, asked: &Asked) -> String {
        let now = self.clock.now().as_seconds();
        let mut claims = asked.person.clone();
        claims["iss"] = json!(*self.issuer.lock().unwrap());
        claims["aud"] = json!(asked.query["client_id"]);
        claims["nonce"] = json!(asked.query["nonce"]);
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + 300);
        claims["auth_time"] = json!(now);
        // Whoever is asked for a stronger sign-in is signed in like that (OIDC Core §3.1.2.1).
        if let Some(acr_values) = asked.query.get("acr_values") {
            claims["acr"] = json!(acr_values.split(' ').next());
        }
        if let Some(tweak) = &*self.tweak.lock().unwrap() {
            tweak(&mut claims);
        }
        self.sign("JWT", &claims)
    }

    fn sign(&self, kind: &str, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "kid": "key", "typ": kind });
        let message = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        let signature = self
            .key
            .sign(&SystemRandom::new(), message.as_bytes())
            .unwrap();
        let token = format!("{message}.{}", encode(signature.as_ref()));
        self.secrets.lock().unwrap().push(token.clone());
        token
    }

    /// RFC 7662 §2.2, for refresh tokens.
    fn introspect(&self, heard: &Heard) -> Answer {
        let token = heard.form()["token"].clone();
        match self.refreshable.lock().unwrap().get(&token) {
            Some(asked) => Answer::json(&json!({ "active": true, "sub": asked.person["sub"] })),
            None => Answer::json(&json!({ "active": false })),
        }
    }

    fn userinfo(&self, heard: &Heard) -> Answer {
        let token = heard
            .field("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        match token.and_then(|token| self.tokens.lock().unwrap().get(token).cloned()) {
            Some(claims) => Answer::json(&claims),
            None => Answer::with(
                401,
                "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n",
                "",
            ),
        }
    }

    fn secret(&self) -> String {
        let secret = random_token().expose().clone();
        self.secrets.lock().unwrap().push(secret.clone());
        secret
    }
}
