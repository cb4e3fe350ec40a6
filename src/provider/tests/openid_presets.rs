//! Presets that are OpenID Connect, each against a double of what its provider documents.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::*;

/// A story whose provider signs ID tokens.
struct Signing {
    story: Story,
    key: &'static Key,
}

impl Signing {
    async fn of(lines: impl FnOnce(&str) -> String) -> Self {
        let (story, key) = (Story::of(lines).await, rsa());
        story.idp.publish(&[key.jwk(Some("one"))]);
        let nothing_new = Reply::json(&json!({ "sub": "s-1" }));
        story.idp.reply("/userinfo", nothing_new);
        Self { story, key }
    }

    /// Moves the provider below a path of its own, as issuers of realms and of custom servers are.
    fn below(&self, path: &str) {
        let at = format!("{}{path}", self.story.idp.issuer);
        let document = json!({
            "issuer": at,
            "authorization_endpoint": format!("{at}/authorize"),
            "token_endpoint": format!("{}/token", self.story.idp.issuer),
            "userinfo_endpoint": format!("{}/userinfo", self.story.idp.issuer),
            "jwks_uri": format!("{}/jwks", self.story.idp.issuer),
            "end_session_endpoint": format!("{at}/logout"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let discovery = format!("{path}{DISCOVERY}");
        self.story.idp.reply(&discovery, Reply::json(&document));
    }

    /// What becomes of somebody when the token endpoint answers this to a refresh.
    async fn renewing(&self, status: u16, error: &str, description: &str) -> String {
        let body = json!({ "error": error, "error_description": description });
        let reply = Reply::new(status, "application/json", &body.to_string());
        self.story.idp.reply("/token", reply);
        let tokens = Tokens {
            refresh: Some(Secret::new("r-1".to_owned())),
            ..Tokens::default()
        };
        told(&self.story.again("s-1", &tokens).await)
    }

    /// Lets the token endpoint hand out a token with these claims beside what each has.
    fn hand_out(&self, more: Value) {
        let mut response = token_response(&self.sign(more));
        response["scope"] = Value::Null;
        self.story.idp.reply("/token", Reply::json(&response));
    }

    fn sign(&self, more: Value) -> String {
        let mut claims = object(json!({
            "iss": self.story.idp.issuer, "aud": CLIENT, "sub": "s-1", "iat": NOW.as_seconds(),
            "exp": NOW.as_seconds() + 300, "nonce": self.story.attempt.nonce.expose(),
        }));
        claims.extend(object(more));
        let header = json!({"alg": "RS256", "kid": "one"});
        self.key.sign(&header, &Value::Object(claims).to_string())
    }

    async fn end(self) {
        self.story.end().await;
    }
}

#[tokio::test]
async fn google_says_the_hosted_domain_and_private_accounts_have_none() {
    let google = Signing::of(|at| format!("preset = \"google\"\nissuer = \"{at}\"")).await;
    let story = &google.story;
    let url = story.begin(&story.attempt).await;
    assert_eq!(query(&url, "access_type"), ["offline"]);
    for (hd, expected) in [(json!("acme.com"), Some("acme.com")), (Value::Null, None)] {
        // The address is no word of where an account belongs.
        google.hand_out(json!({"email": "ada@acme.com", "email_verified": true, "hd": hd}));
        let ada = story.finish().await.unwrap();
        assert_eq!(ada.hosted_domain.as_deref(), expected);
        assert!(ada.email_verified && ada.groups.is_none());
    }
    let deleted = Reply::error(401, "deleted_client");
    story.idp.reply("/token", deleted);
    assert_eq!(
        meaning(&story.finish().await.unwrap_err()),
        "misconfigured",
        "nobody who signs in can do anything about it"
    );
    // Nor is what userinfo says of it.
    let elsewhere = json!({"sub": "s-1", "hd": "acme.com"});
    story.idp.reply("/userinfo", Reply::json(&elsewhere));
    google.hand_out(json!({"email": "ada@gmail.com", "email_verified": true}));
    assert_eq!(story.finish().await.unwrap().hosted_domain, None);
    for (status, error, description, expected) in [
        (
            400,
            "invalid_grant",
            "Token has been expired or revoked.",
            "revoked invalid_grant",
        ),
        (
            400,
            "invalid_grant",
            "Account has been deleted",
            "revoked invalid_grant",
        ),
        (
            401,
            "invalid_client",
            "The OAuth client was not found.",
            "fault client",
        ),
        (
            401,
            "deleted_client",
            "The OAuth client was deleted.",
            "fault client",
        ),
        (503, "backend_error", "x", "transient status"),
    ] {
        let found = google.renewing(status, error, description).await;
        assert_eq!(found, expected, "{error}");
    }
    google.end().await;
}

#[tokio::test]
async fn okta_vouches_by_a_custom_server_with_groups() {
    let okta =
        Signing::of(|at| format!("preset = \"okta\"\nissuer = \"{at}/oauth2/default\"")).await;
    let story = &okta.story;
    okta.below("/oauth2/default");
    let issuer = format!("{}/oauth2/default", story.idp.issuer);
    let claims =
        json!({"iss": issuer, "groups": ["Everyone", "it"], "preferred_username": "ada@acme.com"});
    okta.hand_out(claims);
    let ada = story.finish().await.unwrap();
    assert_eq!(
        (ada.issuer, ada.groups.unwrap()),
        (issuer, vec!["Everyone".to_owned(), "it".to_owned()])
    );
    // The organization's own server is another issuer.
    okta.hand_out(json!({}));
    assert_rejected(
        &story.finish().await,
        Check::Issuer,
        "the organization's own",
    );
    for (status, error, description, expected) in [
        (
            400,
            "invalid_grant",
            "The refresh token is invalid or expired.",
            "revoked invalid_grant",
        ),
        (
            401,
            "invalid_client",
            "The client secret supplied for a confidential client is invalid.",
            "fault client",
        ),
        (429, "too_many_requests", "x", "transient rate_limited"),
    ] {
        let found = okta.renewing(status, error, description).await;
        assert_eq!(found, expected, "{error}");
    }
    let denied = [
        ("state", "s"),
        ("error", "access_denied"),
        (
            "error_description",
            "User is not assigned to the client application.",
        ),
    ];
    let denied = denied.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let denied = story.finish_with(&Callback::parse(&denied).unwrap()).await;
    assert_eq!(
        meaning(&denied.unwrap_err()),
        "refused NotAssigned(AccessDenied)"
    );
    okta.end().await;
}

#[tokio::test]
async fn keycloak_vouches_by_a_realm_and_ends_with_its_session() {
    let keycloak =
        Signing::of(|at| format!("preset = \"keycloak\"\nbase_url = \"{at}/\"\nrealm = \"acme\""))
            .await;
    let story = &keycloak.story;
    keycloak.below("/realms/acme");
    let issuer = format!("{}/realms/acme", story.idp.issuer);
    keycloak.hand_out(json!({
        "iss": issuer, "azp": CLIENT, "sid": "session-1", "groups": ["/staff"], "preferred_username": "ada"
    }));
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.groups.unwrap(), ["/staff"]);
    assert_eq!(ada.provider_session.as_deref(), Some("session-1"));
    let back = Url::parse("https://app.example/_sso/logged-out").unwrap();
    let leave = story
        .provider
        .end_session(ada.tokens.id.as_ref(), &back)
        .await;
    assert_eq!(leave.unwrap().unwrap().path(), "/realms/acme/logout");
    for (status, error, description, expected) in [
        (
            400,
            "invalid_grant",
            "Session not active",
            "revoked invalid_grant",
        ),
        (
            400,
            "invalid_grant",
            "User disabled",
            "revoked invalid_grant",
        ),
        (
            401,
            "unauthorized_client",
            "Invalid client or Invalid client credentials",
            "fault client",
        ),
    ] {
        let found = keycloak.renewing(status, error, description).await;
        assert_eq!(found, expected, "{description}");
    }
    keycloak.end().await;
}

#[tokio::test]
async fn gitlab_lists_groups_at_userinfo_and_renews_tokens() {
    let gitlab = Signing::of(|at| format!("preset = \"gitlab\"\nbase_url = \"{at}\"")).await;
    let story = &gitlab.story;
    let url = story.begin(&story.attempt).await;
    assert_eq!(query(&url, "scope"), ["openid email profile"]);
    // As its documentation has it: of the groups, only those of one's own stand in the token.
    gitlab.hand_out(json!({
        "sub": "42", "sub_legacy": "x", "email": "ada@acme.com", "email_verified": true,
        "groups_direct": ["acme/it"]
    }));
    let userinfo = json!({
        "sub": "42", "name": "Ada", "nickname": "ada", "preferred_username": "ada", "email": "ada@acme.com",
        "email_verified": true, "groups": ["acme", "acme/it"]
    });
    story.idp.reply("/userinfo", Reply::json(&userinfo));
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.groups.unwrap(), ["acme", "acme/it"]);
    assert!(ada.email_verified && !ada.groups_are_teams);
    assert_eq!(ada.tenants, [], "paths are names, and no ids");
    assert_eq!(told(&story.again("42", &ada.tokens).await), "valid");
    gitlab.end().await;
}

#[tokio::test]
async fn what_gitlab_documents_of_its_errors_is_told_apart() {
    let gitlab = Signing::of(|at| format!("preset = \"gitlab\"\nbase_url = \"{at}\"")).await;
    let story = &gitlab.story;
    gitlab.hand_out(json!({"sub": "42"}));
    story
        .idp
        .reply("/userinfo", Reply::json(&json!({"sub": "42"})));
    let ada = story.finish().await.unwrap();
    for (status, error, description, expected) in [
        (
            400,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
            "revoked invalid_grant",
        ),
        (
            401,
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
            "fault client",
        ),
        (
            400,
            "unauthorized_client",
            "The client is not authorized to perform this request using this method.",
            "fault client",
        ),
        (
            400,
            "invalid_request",
            "The request is missing a required parameter: refresh_token.",
            "fault client",
        ),
        (429, "rate_limited", "Retry later", "transient rate_limited"),
        (
            502,
            "bad_gateway",
            "GitLab is not responding",
            "transient status",
        ),
    ] {
        let found = gitlab.renewing(status, error, description).await;
        assert_eq!(found, expected, "{error}");
    }
    // Its answer to a token of somebody who was blocked.
    let blocked = json!({"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."});
    let blocked = Reply::new(401, "application/json", &blocked.to_string());
    gitlab.hand_out(json!({"sub": "42"}));
    story.idp.reply("/userinfo", blocked);
    assert_eq!(
        told(&story.again("42", &ada.tokens).await),
        "revoked token_refused"
    );
    gitlab.end().await;
}

fn slack_claims() -> Value {
    json!({
        "sub": "U1", "https://slack.com/user_id": "U1", "https://slack.com/team_id": "T1",
        "https://slack.com/team_name": "Acme", "email": "ada@acme.com", "email_verified": true,
        "name": "Ada", "picture": "https://example/x"
    })
}

#[tokio::test]
async fn slack_names_the_workspace_and_answers_200_whatever_happened() {
    let slack = Signing::of(|at| format!("preset = \"slack\"\nissuer = \"{at}\"")).await;
    let story = &slack.story;
    slack.hand_out(slack_claims());
    let mut userinfo = slack_claims();
    userinfo["ok"] = json!(true);
    story.idp.reply("/userinfo", Reply::json(&userinfo));
    let ada = story.finish().await.unwrap();
    let acme = Tenant {
        id: "T1".to_owned(),
        name: "Acme".to_owned(),
    };
    assert_eq!(ada.tenants, std::slice::from_ref(&acme));
    let Outcome::Valid(Some(again)) = story.again("U1", &ada.tokens).await else {
        panic!("confirmed");
    };
    assert_eq!(again.tenants, [acme], "rules judge it again");
    for (code, expected) in [
        ("token_revoked", "revoked token_refused"),
        ("account_inactive", "revoked token_refused"),
        ("invalid_auth", "revoked token_refused"),
        ("missing_scope", "fault client"),
        ("ratelimited", "transient rate_limited"),
        ("internal_error", "transient status"),
        ("something_new", "transient status"),
    ] {
        let body = json!({"ok": false, "error": code});
        story.idp.reply("/userinfo", Reply::json(&body));
        assert_eq!(
            told(&story.again("U1", &ada.tokens).await),
            expected,
            "{code}"
        );
    }
    let retry = Reply::new(429, "application/json", "{}").with("retry-after", "30");
    story.idp.reply("/userinfo", retry);
    assert_eq!(
        told(&story.again("U1", &ada.tokens).await),
        "transient rate_limited 30s"
    );
    let refused = json!({"ok": false, "error": "invalid_code"});
    story.idp.reply("/token", Reply::json(&refused));
    assert_rejected(&story.finish().await, Check::TokenResponse, "ok is false");
    let unknown = json!({"ok": false, "error": "bad_client_secret"});
    story.idp.reply("/token", Reply::json(&unknown));
    let ours = story.finish().await;
    assert!(matches!(ours, Err(Error::Misconfigured(_))), "{ours:?}");
    slack.end().await;
}

#[tokio::test]
async fn a_refresh_that_slack_refuses_with_200_is_told_apart_by_its_code() {
    let slack = Signing::of(|at| {
        format!("preset = \"slack\"\nissuer = \"{at}\"\nrevalidation = \"refresh_token\"")
    })
    .await;
    let held = Tokens {
        refresh: Some(Secret::new("xoxe-1".to_owned())),
        ..Tokens::default()
    };
    for (code, expected) in [
        ("invalid_refresh_token", "revoked invalid_grant"),
        ("bad_client_secret", "fault client"),
        ("ratelimited", "transient rate_limited"),
        ("invalid_auth", "transient status"),
        ("internal_error", "transient status"),
    ] {
        let refused = json!({"ok": false, "error": code});
        slack.story.idp.reply("/token", Reply::json(&refused));
        let outcome = slack.story.again("U1", &held).await;
        assert_eq!(told(&outcome), expected, "{code}");
    }
    slack.end().await;
}

/// A key as Apple hands it out, and the public half.
fn apple_key() -> (String, Vec<u8>) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    (pair.serialize_pem(), pair.public_key_raw().to_vec())
}

async fn apple(pem: &str) -> Signing {
    let key = pem.replace('\n', "\\n");
    let apple = Signing::of(|at| {
        format!(
            "preset = \"apple\"\nissuer = \"{at}\"\nteam_id = \"A1B2C3D4E5\"\nkey_id = \"F6G7H8I9J0\"\n\
             signing_key = \"{key}\"\nrevalidation = \"refresh_token\""
        )
    })
    .await;
    // It has no userinfo.
    let bare = json!({ "userinfo_endpoint": null });
    apple.story.idp.describe(bare.as_object().unwrap());
    apple
}

/// The parts of a secret that was sent, whose signature is good.
fn opened(secret: &str, public: &[u8]) -> (Value, Value) {
    use base64::Engine as _;
    let decode = |part: &str| {
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        engine.decode(part).unwrap()
    };
    let parts: Vec<&str> = secret.split('.').collect();
    let message = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
        .verify(message.as_bytes(), &decode(parts[2]))
        .unwrap();
    let read = |part| serde_json::from_slice(&decode(part)).unwrap();
    (read(parts[0]), read(parts[1]))
}

#[tokio::test]
async fn apple_gets_a_secret_that_is_signed_for_each_use_and_short_lived() {
    let (pem, public) = apple_key();
    let apple = apple(&pem).await;
    let story = &apple.story;
    let url = story.begin(&story.attempt).await;
    assert_eq!(query(&url, "response_mode"), ["form_post"]);
    assert_eq!(query(&url, "scope"), ["openid email name"]);
    apple.hand_out(json!({"email": "x@privaterelay.appleid.com", "email_verified": true}));
    let ada = story.finish().await.unwrap();
    assert!(ada.email_verified);
    story.clock.advance(Duration::from_secs(3600));
    story.again("s-1", &ada.tokens).await;
    let [first, second] = story.idp.seen("/token").try_into().unwrap();
    for (sent, at) in [(first, 0), (second, 3600)] {
        assert_eq!(sent.header("authorization"), None);
        assert_eq!(sent.form["client_id"], CLIENT);
        let (header, claims) = opened(&sent.form["client_secret"], &public);
        assert_eq!(
            header,
            json!({"alg": "ES256", "kid": "F6G7H8I9J0", "typ": "JWT"})
        );
        let now = NOW.as_seconds() + at;
        let expected = json!({
            "iss": "A1B2C3D4E5", "sub": CLIENT, "aud": "https://appleid.apple.com", "iat": now,
            "exp": now + 300
        });
        assert_eq!(claims, expected);
    }
    for (error, expected) in [
        ("invalid_client", "fault client"),
        ("unauthorized_client", "fault client"),
        ("invalid_grant", "revoked invalid_grant"),
    ] {
        story.idp.reply("/token", Reply::error(400, error));
        let outcome = story.again("s-1", &ada.tokens).await;
        assert_eq!(told(&outcome), expected, "{error}");
    }
    apple.end().await;
}

#[tokio::test]
async fn apple_says_a_name_once_and_no_rule_sees_it() {
    let (pem, _) = apple_key();
    let apple = apple(&pem).await;
    let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"boss@acme.com"}"#;
    let posted = |user: &str| {
        let state = apple.story.attempt.state.expose().clone();
        let pairs = [
            ("state", state.as_str()),
            ("code", "the-code"),
            ("user", user),
        ];
        Callback::parse(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
    };
    apple.hand_out(json!({"email": "ada@acme.com", "email_verified": "true"}));
    let ada = apple.story.finish_with(&posted(user)).await.unwrap();
    assert_eq!(ada.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(
        ada.email.as_deref(),
        Some("ada@acme.com"),
        "nothing else of it"
    );
    assert!(!ada.email_verified, "a text is no word (threat model 19)");
    assert!(!ada.claims.contains_key("name"));
    for odd in [
        "",
        "null",
        "{}",
        "[]",
        r#"{"name":"Ada"}"#,
        r#"{"name":{"firstName":"a\nb"}}"#,
    ] {
        let ada = apple.story.finish_with(&posted(odd)).await.unwrap();
        assert_eq!(ada.name, None, "{odd}");
    }
    apple.end().await;
}

#[tokio::test]
async fn what_apple_documents_of_its_errors_is_told_apart() {
    let (pem, _) = apple_key();
    let apple = apple(&pem).await;
    for (status, error, expected) in [
        (400, "invalid_grant", "revoked invalid_grant"),
        (400, "invalid_client", "fault client"),
        (400, "unauthorized_client", "fault client"),
        (400, "unsupported_grant_type", "fault client"),
        (400, "invalid_request", "fault client"),
        (503, "", "transient status"),
    ] {
        let found = apple.renewing(status, error, "").await;
        assert_eq!(found, expected, "{error}");
    }
    apple.end().await;
}

#[test]
fn who_turns_back_at_apple_was_not_refused() {
    assert_eq!(
        Refusal::parse("user_cancelled_authorize"),
        Refusal::AccessDenied
    );
}

#[tokio::test]
async fn others_do_not_take_a_name_from_the_browser() {
    let other = Signing::of(|at| format!("kind = \"oidc\"\nissuer = \"{at}\"")).await;
    other.hand_out(json!({}));
    let callback = Callback {
        name: Some("Eve".to_owned()),
        ..other.story.callback()
    };
    assert_eq!(other.story.finish_with(&callback).await.unwrap().name, None);
    other.end().await;
}

#[tokio::test]
async fn auth0_names_its_organization() {
    let auth0 = Signing::of(|at| format!("preset = \"auth0\"\nissuer = \"{at}\"")).await;
    auth0.hand_out(
        json!({"org_id": "org_1", "org_name": "acme", "https://acme.com/groups": ["it"]}),
    );
    let ada = auth0.story.finish().await.unwrap();
    let acme = Tenant {
        id: "org_1".to_owned(),
        name: "acme".to_owned(),
    };
    assert_eq!(ada.tenants, [acme]);
    for (status, error, description, expected) in [
        (
            403,
            "invalid_grant",
            "Unknown or invalid refresh token.",
            "revoked invalid_grant",
        ),
        (401, "access_denied", "Unauthorized", "fault client"),
        (403, "access_denied", "Unauthorized", "transient status"),
        (429, "too_many_requests", "x", "transient rate_limited"),
    ] {
        let found = auth0.renewing(status, error, description).await;
        assert_eq!(found, expected, "{error}");
    }
    // Its groups have a claim that is a URL.
    let lines = "preset = \"auth0\"\ndomain = \"acme.auth0.com\"\ngroups_claim = \"https://acme.com/groups\"";
    let Protocol::Oidc(oidc) = configured(lines).protocol else {
        panic!("OpenID Connect");
    };
    assert_eq!(oidc.groups_claim, "https://acme.com/groups");
    auth0.end().await;
}

#[tokio::test]
async fn a_day_on_which_a_secret_stops_working_is_measured() {
    let story = Story::of(|at| {
        format!("kind = \"oidc\"\nissuer = \"{at}\"\nsecret_expires = \"2027-02-01\"")
    })
    .await;
    let text = story.shared.metrics.encode();
    let line = r#"doorward_provider_secret_expiry_timestamp_seconds{provider="idp"} 1801440000"#;
    assert!(text.contains(line), "{text}");
    story.end().await;
}
