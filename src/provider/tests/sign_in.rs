//! Sign-ins that go well, and what is sent for them.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_sign_in_yields_what_the_provider_says() {
    let world = World::new().await;
    let mut claims = world.claims();
    for (name, value) in object(json!({
        "email": "Ada@acme.example", "email_verified": true, "name": "Ada Lovelace",
        "preferred_username": "ada", "groups": ["staff", "it"], "hd": "acme.example", "tid": "t-1",
        "sid": "session-at-idp", "auth_time": NOW.as_seconds() - 100, "azp": CLIENT,
        "at_hash": at_hash(ACCESS), "department": "it",
    })) {
        claims[name] = value;
    }
    world.hand_out(&claims);
    let asserted = world.finish().await.unwrap();
    assert_eq!(asserted.issuer, world.idp.issuer);
    assert_eq!(asserted.subject.as_str(), "subject-1");
    assert_eq!(asserted.email.as_deref(), Some("Ada@acme.example"));
    assert!(asserted.email_verified);
    assert_eq!(asserted.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(asserted.preferred_username.as_deref(), Some("ada"));
    assert_eq!(asserted.groups.unwrap(), ["staff", "it"]);
    assert_eq!(asserted.hosted_domain.as_deref(), Some("acme.example"));
    assert_eq!(asserted.tenants[0].id, "t-1");
    assert_eq!(asserted.provider_session.as_deref(), Some("session-at-idp"));
    assert_eq!(
        asserted.authenticated_at,
        NOW.minus(Duration::from_secs(100))
    );
    assert_eq!(asserted.claims["department"], "it");
    let tokens = asserted.tokens;
    assert_eq!(tokens.access.unwrap().expose(), ACCESS);
    assert_eq!(tokens.refresh.unwrap().expose(), "refresh-token-of-ada");
    assert_eq!(tokens.expires_at, Some(NOW.plus(Duration::from_secs(3600))));
    assert_eq!(tokens.scopes, ["email", "openid"]);
    assert!(tokens.id.unwrap().expose().starts_with("eyJ"));
    assert_eq!(world.oidc.health(), Health::Up);
    world.end().await;
}

#[tokio::test]
async fn building_and_refusing_make_no_call() {
    let world = World::new().await;
    assert_eq!(world.oidc.health(), Health::Unknown);
    let refused = world
        .answer(
            Response::Refused(Refusal::AccessDenied, Said::default()),
            None,
        )
        .await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::AccessDenied))
    ));
    let form = Response::Form(DevForm {
        email: "a@b".to_owned(),
        name: None,
        groups: Vec::new(),
    });
    assert_rejected(&world.answer(form, None).await, Check::Response, "a form");
    assert_eq!(world.idp.requests(), 0);
    world.end().await;
}

#[tokio::test]
async fn calls_are_counted_and_health_follows_them() {
    let world = World::new().await;
    world.hand_out(&world.claims());
    world.finish().await.unwrap();
    world.idp.reply("/token", Reply::error(503, "x"));
    world.finish().await.unwrap_err();
    assert_eq!(world.oidc.health(), Health::Down);
    let text = world.shared.metrics.encode();
    for line in [
        r#"doorward_provider_requests_total{provider="acme-idp",operation="discovery",code="200"} 1"#,
        r#"doorward_provider_requests_total{provider="acme-idp",operation="jwks",code="200"} 1"#,
        r#"doorward_provider_requests_total{provider="acme-idp",operation="token",code="200"} 1"#,
        r#"doorward_provider_requests_total{provider="acme-idp",operation="token",code="503"} 1"#,
        r#"doorward_provider_up{provider="acme-idp"} 0"#,
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_authorization_request_carries_what_was_asked_for() {
    let world = World::with(|oidc| {
        oidc.authorize_parameters = vec![
            ("access_type".to_owned(), "offline".to_owned()),
            ("prompt".to_owned(), "consent".to_owned()),
        ];
    })
    .await;
    let plain = world.start().await;
    assert_eq!(query(&plain, "prompt"), ["consent"]);
    assert_eq!(query(&plain, "login_hint"), Vec::<String>::new());
    let asked = Attempt {
        login_hint: LoginHint::parse("ada@acme.example"),
        select_account: true,
        ..world.attempt.clone()
    };
    let Start::Redirect(url) = world.oidc.start(&asked).await.unwrap().start else {
        panic!("a redirect")
    };
    for (name, value) in [
        ("client_id", CLIENT),
        ("redirect_uri", asked.redirect_uri.as_str()),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", asked.state.expose()),
        ("nonce", asked.nonce.expose()),
        ("login_hint", "ada@acme.example"),
        ("prompt", "select_account"),
        ("access_type", "offline"),
    ] {
        assert_eq!(query(&url, name), [value], "{name}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_fresher_or_stronger_sign_in_is_asked_for_in_the_words_of_the_specification() {
    let world = World::with(|oidc| {
        oidc.authorize_parameters = vec![("prompt".to_owned(), "consent".to_owned())];
    })
    .await;
    let asked = |insist| Attempt {
        demand: Some(Demand {
            assurance: config::Assurance {
                max_age: Some(Duration::from_secs(600)),
                acr_values: vec!["urn:acme:key".to_owned(), "2".to_owned()],
            },
            insist,
        }),
        ..world.attempt.clone()
    };
    for (insist, prompt) in [(false, "consent"), (true, "login")] {
        let Start::Redirect(url) = world.oidc.start(&asked(insist)).await.unwrap().start else {
            panic!("a redirect")
        };
        assert_eq!(query(&url, "max_age"), ["600"]);
        assert_eq!(query(&url, "acr_values"), ["urn:acme:key 2"]);
        assert_eq!(query(&url, "prompt"), [prompt]);
    }
    let plain = world.start().await;
    assert!(query(&plain, "max_age").is_empty() && query(&plain, "acr_values").is_empty());
    world.end().await;
}

#[tokio::test]
async fn inv_13_only_what_the_token_says_of_the_sign_in_is_proof() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    let profile =
        json!({ "sub": "subject-1", "acr": "urn:acme:key", "auth_time": NOW.as_seconds() });
    world.idp.reply("/userinfo", Reply::json(&profile));
    let seconds = NOW.as_seconds();
    for (auth_time, acr, at, way) in [
        (json!(seconds - 5), json!("1"), Some(seconds - 5), Some("1")),
        (json!(seconds + 30), json!(1), Some(seconds), None),
        (json!(seconds), json!(["1"]), Some(seconds), None),
        (json!(seconds), json!(null), Some(seconds), None),
    ] {
        let mut claims = world.claims();
        claims["auth_time"] = auth_time;
        claims["acr"] = acr;
        world.hand_out(&claims);
        let proof = world.finish().await.unwrap().proof;
        assert_eq!(proof.at, at.map(Timestamp::from_seconds), "{claims}");
        assert_eq!(proof.acr.as_deref(), way, "{claims}");
    }
    world.hand_out(&world.claims());
    let asserted = world.finish().await.unwrap();
    assert_eq!(asserted.proof, Proof::default());
    assert_eq!(asserted.authenticated_at, NOW);
    world.end().await;
}

#[tokio::test]
async fn a_provider_without_a_choice_of_accounts_is_asked_for_a_new_sign_in() {
    let world = World::new().await;
    let supported = json!({ "prompt_values_supported": ["none", "login", "consent"] });
    world.idp.describe(supported.as_object().unwrap());
    let asked = Attempt {
        select_account: true,
        ..world.attempt.clone()
    };
    let started = world.oidc.start(&asked).await.unwrap();
    let Start::Redirect(url) = started.start else {
        panic!("a redirect")
    };
    assert_eq!(query(&url, "prompt"), ["login"]);
    assert_eq!(query(&world.start().await, "prompt"), Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn a_file_cannot_set_what_a_run_depends_on() {
    let world = World::new().await;
    let misconfigured = |change: fn(&mut Oidc)| {
        let mut oidc = registration("https://id.example");
        change(&mut oidc);
        let built = build(&provider(oidc), &world.shared);
        matches!(built, Err(Error::Misconfigured(_)))
    };
    assert!(!misconfigured(|_| {}));
    for name in ["state", "max_age", "acr_values", "claims", "id_token_hint"] {
        let mut oidc = registration("https://id.example");
        oidc.authorize_parameters = vec![(name.to_owned(), "x".to_owned())];
        let built = build(&provider(oidc), &world.shared);
        assert!(matches!(built, Err(Error::Misconfigured(_))), "{name}");
    }
    assert!(misconfigured(
        |oidc| oidc.algorithms = vec!["HS256".to_owned()]
    ));
    assert!(misconfigured(
        |oidc| oidc.algorithms = vec!["none".to_owned()]
    ));
    assert!(misconfigured(|oidc| oidc.algorithms = Vec::new()));
    assert!(misconfigured(
        |oidc| oidc.issuer = "http://id.example".to_owned()
    ));
    assert!(misconfigured(|oidc| oidc.issuer = "id.example".to_owned()));
    assert!(misconfigured(|oidc| oidc.ca = Some("no/such/file".into())));
    world.end().await;
}

#[tokio::test]
async fn the_end_of_the_session_at_the_provider_is_asked_for_once() {
    let world = World::new().await;
    let back = Url::parse("https://app.example/_sso/logged-out").unwrap();
    let hint = Secret::new("id-token".to_owned());
    // Nobody has signed in since the start.
    let url = world.oidc.end_session(Some(&hint), &back).await;
    let url = url.unwrap().unwrap();
    for (name, value) in [
        ("keep", "1"),
        ("id_token_hint", "id-token"),
        ("client_id", CLIENT),
        ("post_logout_redirect_uri", back.as_str()),
    ] {
        assert_eq!(query(&url, name), [value], "{name}");
    }
    let without = world.oidc.end_session(None, &back).await.unwrap().unwrap();
    assert_eq!(query(&without, "id_token_hint"), Vec::<String>::new());
    assert_eq!(world.idp.seen(DISCOVERY).len(), 1);
    world.end().await;
}
