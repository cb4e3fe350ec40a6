//! The provider as a client sees it.

use std::time::Duration;

use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Map, Value};
use url::Url;

use super::*;
use crate::clock::Manual;
use crate::secret;

const CALLBACK: &str = "http://localhost:8000/_sso/callback/acme";
const SIGNED_OUT: &str = "http://localhost:8000/_sso/logged-out";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters";

/// A provider and one browser.
struct World {
    provider: Provider,
    clock: Arc<Manual>,
    cookie: Option<String>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(Manual::new(Timestamp::from_seconds(1_800_000_000)));
        let clients = people::ORGANIZATIONS.map(|organization| Client {
            id: organization.slug.to_owned(),
            secret: Secret::new(format!("secret of {}", organization.slug)),
            organization,
            redirect_uris: vec![CALLBACK.replace("acme", organization.slug)],
            post_logout_uris: vec![SIGNED_OUT.to_owned()],
        });
        let address = "127.0.0.1:9999".parse().unwrap();
        let application = "http://localhost:8000";
        let provider = Provider::new(address, application, clients.into(), clock.clone()).unwrap();
        Self {
            provider,
            clock,
            cookie: None,
        }
    }

    async fn send(
        &mut self,
        method: Method,
        target: &str,
        form: &[(&str, &str)],
        authorization: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, "127.0.0.1:9999")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let body = encoded(form);
        let request = request.body(Full::<bytes::Bytes>::from(body)).unwrap();
        let (head, body) = self.provider.handle(request).await.into_parts();
        if let Some(cookie) = head.headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned());
        }
        let text = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(text.to_vec()).unwrap(),
        }
    }

    async fn get(&mut self, target: &str) -> Answer {
        self.send(Method::GET, target, &[], None).await
    }

    async fn authorize(&mut self, change: &[(&str, &str)]) -> Answer {
        let challenge = secret::encode(&secret::sha256(VERIFIER.as_bytes()));
        let mut query = vec![
            ("client_id", "acme"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        query.retain(|(name, _)| change.iter().all(|(changed, _)| changed != name));
        query.extend(change);
        let target = format!("/authorize?{}", encoded(&query));
        self.get(&target).await
    }

    /// Chooses a person on a sign-in page.
    async fn choose(&mut self, page: &Answer, person: &str) -> Answer {
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let (_, rest) = page.text.split_once(r#"name="request" value=""#).unwrap();
        let request = rest.split('"').next().unwrap().to_owned();
        let subject = people::by_email(person).unwrap().subject;
        let form = [("request", request.as_str()), ("person", subject)];
        self.send(Method::POST, "/sign-in", &form, None).await
    }

    async fn sign_in(&mut self, person: &str) -> String {
        let page = self.authorize(&[("prompt", "select_account")]).await;
        let back = self.choose(&page, person).await.location();
        parameter(&back, "code").unwrap()
    }

    async fn token(&mut self, form: &[(&str, &str)]) -> Answer {
        self.token_as("acme", form).await
    }

    async fn token_as(&mut self, client: &str, form: &[(&str, &str)]) -> Answer {
        let secret = format!("secret of {client}");
        let mut whole = vec![("client_id", client), ("client_secret", &secret)];
        whole.extend(form);
        self.send(Method::POST, "/token", &whole, None).await
    }

    async fn exchange(&mut self, code: &str) -> Answer {
        self.token(&exchange(code)).await
    }

    async fn refresh(&mut self, token: &Value) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str().unwrap()),
        ])
        .await
    }

    async fn userinfo(&mut self, token: &Value) -> Answer {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        self.send(Method::GET, "/userinfo", &[], Some(&bearer))
            .await
    }

    async fn disable(&mut self, person: &str, standing: &str) {
        let subject = people::by_email(person).unwrap().subject;
        let form = [("person", subject), ("standing", standing)];
        let answer = self.send(Method::POST, "/people", &form, None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }

    fn claims(&self, token: &Value) -> Map<String, Value> {
        let key = &self.provider.inner.key;
        key.hint(token.as_str().unwrap(), self.provider.issuer())
            .unwrap()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    fn location(&self) -> Url {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        Url::parse(self.headers[LOCATION].to_str().unwrap()).unwrap()
    }

    #[track_caller]
    fn refused_with(&self, error: &str) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.text);
        assert_eq!(self.json()["error"], error);
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn exchange(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn discovery_names_endpoints_that_answer() {
    let mut world = World::new();
    let metadata = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], world.provider.issuer());
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let path = value
                .as_str()
                .unwrap()
                .strip_prefix(world.provider.issuer())
                .unwrap()
                .to_owned();
            let get = world.get(&path).await.status;
            let post = world.send(Method::POST, &path, &[], None).await.status;
            assert!(
                get != StatusCode::NOT_FOUND || post != StatusCode::NOT_FOUND,
                "{name}"
            );
        }
    }
    let keys = world.get("/keys").await.json();
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert_eq!(
        keys["keys"][0]["d"],
        Value::Null,
        "the private half stays here"
    );
}

#[tokio::test]
async fn a_sign_in_from_the_page_to_userinfo() {
    let mut world = World::new();
    let page = world.authorize(&[]).await;
    let back = world.choose(&page, "ada@acme.example").await.location();
    assert!(back.as_str().starts_with(CALLBACK));
    assert_eq!(parameter(&back, "state").as_deref(), Some("the-state"));
    assert_eq!(
        parameter(&back, "iss").as_deref(),
        Some(world.provider.issuer())
    );
    let tokens = world
        .exchange(&parameter(&back, "code").unwrap())
        .await
        .json();
    let claims = world.claims(&tokens["id_token"]);
    assert_eq!(claims["aud"], "acme");
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["email"], "ada@acme.example");
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["groups"][1], "it-admins");
    assert_eq!(claims["auth_time"], 1_800_000_000);
    assert!(claims["sid"].is_string());
    let userinfo = world.userinfo(&tokens["access_token"]).await.json();
    assert_eq!(userinfo["sub"], claims["sub"]);
    assert_eq!(userinfo["name"], "Ada Park");
}

#[tokio::test]
async fn a_second_sign_in_asks_nothing_unless_it_must() {
    let mut world = World::new();
    world.sign_in("ada@acme.example").await;
    let back = world.authorize(&[]).await.location();
    assert!(parameter(&back, "code").is_some());
    for question in [
        [("prompt", "select_account")],
        [("prompt", "login")],
        [("login_hint", "bob@acme.example")],
        [("client_id", "acme2")],
    ] {
        let answer = world.authorize(&question).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "{question:?}");
    }
    world.clock.advance(Duration::from_secs(11));
    let answer = world.authorize(&[("max_age", "10")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let globex = [
        ("client_id", "globex"),
        ("redirect_uri", "http://localhost:8000/_sso/callback/globex"),
    ];
    let answer = world.authorize(&globex).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "nobody of Globex has signed in"
    );
}

#[tokio::test]
async fn the_person_of_the_hint_comes_first() {
    let mut world = World::new();
    let page = world
        .authorize(&[("login_hint", "dan@globex.example")])
        .await
        .text;
    assert!(page.find("Dan").unwrap() < page.find("Ada").unwrap());
    assert!(
        page.find("Ada").unwrap() < page.find("Carol").unwrap(),
        "then the people of the client"
    );
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let mut world = World::new();
    let back = world.authorize(&[("prompt", "none")]).await.location();
    assert_eq!(parameter(&back, "error").as_deref(), Some("login_required"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("the-state"));
}

#[tokio::test]
async fn an_unknown_return_address_is_told_to_the_person_only() {
    let mut world = World::new();
    for change in [
        [("redirect_uri", "http://localhost:8000/_sso/callback/globex")],
        [("redirect_uri", "http://localhost:8000/_sso/callback/acme/")],
        [("redirect_uri", "http://evil.example/")],
        [("client_id", "nobody")],
    ] {
        let answer = world.authorize(&change).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers.get(LOCATION), None, "{change:?}");
    }
}

#[tokio::test]
async fn a_bad_request_goes_back_with_its_reason() {
    let mut world = World::new();
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("request", "eyJ"), "request_not_supported"),
    ] {
        let back = world.authorize(&[change]).await.location();
        assert_eq!(
            parameter(&back, "error").as_deref(),
            Some(error),
            "{change:?}"
        );
        assert_eq!(parameter(&back, "code"), None);
    }
}

#[tokio::test]
async fn cancelling_goes_back_without_a_code() {
    let mut world = World::new();
    let page = world.authorize(&[]).await;
    let (_, rest) = page.text.split_once(r#"name="request" value=""#).unwrap();
    let request = rest.split('"').next().unwrap().to_owned();
    let form = [("request", request.as_str()), ("cancel", "yes")];
    let back = world
        .send(Method::POST, "/sign-in", &form, None)
        .await
        .location();
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_choice_counts_once_and_only_in_its_own_browser() {
    let mut world = World::new();
    let page = world.authorize(&[]).await;
    let own = world
        .cookie
        .replace("demo_provider=someone-else".to_owned());
    let answer = world.choose(&page, "ada@acme.example").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    world.cookie = own;
    world.choose(&page, "ada@acme.example").await.location();
    let again = world.choose(&page, "ada@acme.example").await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_code_needs_its_verifier_client_and_redirect() {
    let mut world = World::new();
    for change in [
        (
            "code_verifier",
            "another-verifier-of-more-than-forty-three-characters",
        ),
        ("redirect_uri", "http://localhost:8000/other"),
        ("code", "made-up"),
    ] {
        let code = world.sign_in("ada@acme.example").await;
        let mut form = exchange(&code).to_vec();
        form.retain(|(name, _)| *name != change.0);
        form.push(change);
        world.token(&form).await.refused_with("invalid_grant");
    }
    let code = world.sign_in("ada@acme.example").await;
    world
        .token_as("globex", &exchange(&code))
        .await
        .refused_with("invalid_grant");
    world.exchange(&code).await.refused_with("invalid_grant");
}

#[tokio::test]
async fn a_code_does_not_wait() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    world.clock.advance(Duration::from_secs(60));
    world.exchange(&code).await.refused_with("invalid_grant");
}

#[tokio::test]
async fn a_replayed_code_ends_what_came_of_it() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    let tokens = world.exchange(&code).await.json();
    assert_eq!(
        world.userinfo(&tokens["access_token"]).await.status,
        StatusCode::OK
    );
    world.exchange(&code).await.refused_with("invalid_grant");
    assert_eq!(
        world.userinfo(&tokens["access_token"]).await.status,
        StatusCode::UNAUTHORIZED
    );
    world
        .refresh(&tokens["refresh_token"])
        .await
        .refused_with("invalid_grant");
}

#[tokio::test]
async fn refreshing_rotates_and_reuse_ends_the_family() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    let first = world.exchange(&code).await.json();
    let second = world.refresh(&first["refresh_token"]).await.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let claims = world.claims(&second["id_token"]);
    assert_eq!(claims["sub"], world.claims(&first["id_token"])["sub"]);
    assert_eq!(claims.get("nonce"), None);
    world
        .refresh(&first["refresh_token"])
        .await
        .refused_with("invalid_grant");
    world
        .refresh(&second["refresh_token"])
        .await
        .refused_with("invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    let tokens = world.exchange(&code).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    world
        .token_as("globex", &form)
        .await
        .refused_with("invalid_grant");
    assert_eq!(
        world.token(&form).await.status,
        StatusCode::OK,
        "the attempt of another harms nobody"
    );
}

#[tokio::test]
async fn a_disabled_person_is_vouched_for_no_longer() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    let tokens = world.exchange(&code).await.json();
    let page = world.authorize(&[("prompt", "login")]).await;
    world.disable("ada@acme.example", "disabled").await;
    world
        .refresh(&tokens["refresh_token"])
        .await
        .refused_with("invalid_grant");
    assert_eq!(
        world.userinfo(&tokens["access_token"]).await.status,
        StatusCode::UNAUTHORIZED
    );
    let back = world.choose(&page, "ada@acme.example").await.location();
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    let asked = world.authorize(&[]).await;
    assert_eq!(
        asked.status,
        StatusCode::OK,
        "the session at the provider is gone too"
    );

    world.disable("ada@acme.example", "active").await;
    world
        .refresh(&tokens["refresh_token"])
        .await
        .refused_with("invalid_grant");
    let code = world.sign_in("ada@acme.example").await;
    assert_eq!(world.exchange(&code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_of_somebody_disabled_meanwhile_is_worthless() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    world.disable("ada@acme.example", "disabled").await;
    world.exchange(&code).await.refused_with("invalid_grant");
}

#[tokio::test]
async fn a_wrong_secret_is_invalid_client() {
    let mut world = World::new();
    let form = [
        ("client_id", "acme"),
        ("client_secret", "wrong"),
        ("grant_type", "refresh_token"),
    ];
    let answer = world.send(Method::POST, "/token", &form, None).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["error"], "invalid_client");
    let basic = format!("Basic {}", base64_of("acme:secret+of+acme"));
    let form = [("grant_type", "password")];
    let answer = world
        .send(Method::POST, "/token", &form, Some(&basic))
        .await;
    answer.refused_with("unsupported_grant_type");
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn introspection_and_revocation() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    let tokens = world.exchange(&code).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let form = [
        ("client_id", "acme"),
        ("client_secret", "secret of acme"),
        ("token", refresh.as_str()),
    ];
    let active = world
        .send(Method::POST, "/introspect", &form, None)
        .await
        .json();
    assert_eq!(active["active"], true);
    let other = [
        ("client_id", "globex"),
        ("client_secret", "secret of globex"),
        ("token", refresh.as_str()),
    ];
    let foreign = world
        .send(Method::POST, "/introspect", &other, None)
        .await
        .json();
    assert_eq!(foreign["active"], false);
    world.send(Method::POST, "/revoke", &other, None).await;
    let active = world
        .send(Method::POST, "/introspect", &form, None)
        .await
        .json();
    assert_eq!(active["active"], true, "only its own client can revoke it");
    world.send(Method::POST, "/revoke", &form, None).await;
    let active = world
        .send(Method::POST, "/introspect", &form, None)
        .await
        .json();
    assert_eq!(active["active"], false);
}

#[tokio::test]
async fn signing_out_with_a_hint_ends_the_session_and_goes_back() {
    let mut world = World::new();
    let code = world.sign_in("ada@acme.example").await;
    let tokens = world.exchange(&code).await.json();
    let hint = tokens["id_token"].as_str().unwrap().to_owned();
    let query = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "s1"),
    ];
    let back = world
        .get(&format!("/end-session?{}", encoded(&query)))
        .await
        .location();
    assert_eq!(back.as_str(), format!("{SIGNED_OUT}?state=s1"));
    assert_eq!(
        world.authorize(&[]).await.status,
        StatusCode::OK,
        "the page asks again"
    );
    world
        .refresh(&tokens["refresh_token"])
        .await
        .refused_with("invalid_grant");
}

#[tokio::test]
async fn signing_out_without_a_hint_asks_and_never_goes_elsewhere() {
    let mut world = World::new();
    world.sign_in("ada@acme.example").await;
    let query = [
        ("client_id", "acme"),
        ("post_logout_redirect_uri", "http://evil.example/"),
    ];
    let target = format!("/end-session?{}", encoded(&query));
    let answer = world.get(&target).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("Sign out here?"));
    world.authorize(&[]).await.location();
    let confirmed = world
        .send(Method::POST, "/end-session", &[("confirm", "yes")], None)
        .await;
    assert_eq!(confirmed.status, StatusCode::OK);
    assert_eq!(
        world.authorize(&[]).await.status,
        StatusCode::OK,
        "the page asks again"
    );
}

#[tokio::test]
async fn forms_of_other_sites_and_other_hosts_are_refused() {
    let world = World::new();
    let subject = people::PEOPLE[0].subject;
    let body = encoded(&[("person", subject), ("standing", "disabled")]);
    let request = |host: &str, origin: &str| {
        Request::post("/people")
            .header(HOST, host)
            .header(ORIGIN, origin)
            .body(Full::<bytes::Bytes>::from(body.clone()))
            .unwrap()
    };
    let forged = request("127.0.0.1:9999", "http://evil.example");
    assert_eq!(
        world.provider.handle(forged).await.status(),
        StatusCode::FORBIDDEN
    );
    let rebound = request("evil.example:9999", "http://evil.example:9999");
    assert_eq!(
        world.provider.handle(rebound).await.status(),
        StatusCode::MISDIRECTED_REQUEST
    );
    assert_eq!(
        world.provider.inner.directory.standing(&people::PEOPLE[0]),
        Standing::Active
    );
    let own = request("127.0.0.1:9999", "http://127.0.0.1:9999");
    assert_eq!(
        world.provider.handle(own).await.status(),
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        world.provider.inner.directory.standing(&people::PEOPLE[0]),
        Standing::Disabled
    );
}

#[tokio::test]
async fn the_page_lists_everybody() {
    let mut world = World::new();
    world.disable("dan@globex.example", "disabled").await;
    let page = world.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    for person in &people::PEOPLE {
        assert!(page.text.contains(person.name), "{}", person.name);
    }
    assert_eq!(page.text.matches(r#"value="disabled""#).count(), 4);
    assert_eq!(page.text.matches(r#"value="active""#).count(), 1);
    assert!(!page.text.contains("<script"));
}
