//! How OpenID Connect is got wrong: each known mistake is a test.

use super::*;

#[tokio::test]
async fn the_challenge_is_sent_and_the_verifier_belongs_to_one_run() {
    let world = World::new().await;
    world.hand_out(&world.claims());
    let other = attempt();
    let url = world.start().await;
    world.oidc.start(&other).await.unwrap();
    let digest = encode(&sha256(world.attempt.verifier.expose().as_bytes()));
    assert_eq!(query(&url, "code_challenge"), [digest]);
    assert_eq!(query(&url, "code_challenge_method"), ["S256"]);
    world.finish().await.unwrap();
    let sent = world.idp.seen("/token");
    assert_eq!(sent.len(), 1, "the verifier is sent exactly once");
    assert_eq!(
        &sent[0].form["code_verifier"],
        world.attempt.verifier.expose()
    );
    assert_eq!(sent[0].form["code"], "the-code");
    assert_eq!(sent[0].form["grant_type"], "authorization_code");
    assert_eq!(sent[0].form["redirect_uri"], world.attempt.redirect_uri);
    world.end().await;
}

#[tokio::test]
async fn the_nonce_is_its_own_and_a_token_without_it_is_refused() {
    let world = World::new().await;
    let url = world.start().await;
    assert_ne!(query(&url, "nonce"), query(&url, "state"));
    for nonce in [
        json!(null),
        json!(""),
        json!(world.attempt.state.expose()),
        json!([]),
        json!(7),
    ] {
        let mut claims = world.claims();
        claims["nonce"] = nonce.clone();
        world.hand_out(&claims);
        assert_rejected(&world.finish().await, Check::Nonce, &nonce.to_string());
    }
    let mut claims = object(world.claims());
    claims.remove("nonce");
    world.hand_out(&Value::Object(claims));
    assert_rejected(&world.finish().await, Check::Nonce, "no nonce");
    world.end().await;
}

#[tokio::test]
async fn an_answer_without_an_id_token_is_refused() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    let good = world.key.sign(&world.header(), &world.claims().to_string());
    for (what, change) in [
        ("no id token", json!({"id_token": null})),
        ("a number", json!({"id_token": 7})),
        ("no access token", json!({"access_token": null})),
        ("an empty access token", json!({"access_token": ""})),
        ("a line break", json!({"access_token": "a\nb"})),
        ("another kind", json!({"token_type": "DPoP"})),
    ] {
        let mut response = object(token_response(&good));
        response.extend(object(change));
        world
            .idp
            .reply("/token", Reply::json(&Value::Object(response)));
        assert_rejected(&world.finish().await, Check::TokenResponse, what);
    }
    assert!(world.idp.seen("/userinfo").is_empty());
    world.end().await;
}

/// Everything at the lowest level goes to a buffer, and so does every error with its causes.
#[tokio::test]
async fn inv_51_no_secret_is_logged_or_in_an_error() {
    #[derive(Clone, Default)]
    struct Buffer(Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Buffer::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the buffer works");
    let world = World::with(|oidc| oidc.userinfo = true).await;
    let good = world.key.sign(&world.header(), &world.claims().to_string());
    let mut wrong = world.claims();
    wrong["aud"] = json!("someone-else");
    let wrong = world.key.sign(&world.header(), &wrong.to_string());
    let mut errors = String::new();
    for reply in [
        Reply::json(&token_response(&good)),
        Reply::json(&token_response(&wrong)),
        Reply::json(&token_response(&good)).truncated(),
        Reply::new(200, "text/html", &token_response(&good).to_string()),
        Reply::new(400, "application/json", &token_response(&good).to_string()),
        Reply::error(401, "invalid_client"),
        Reply::error(503, ACCESS),
    ] {
        world.idp.reply("/token", reply);
        let error = world.finish().await.unwrap_err();
        errors.push_str(&format!("{error} {error:?}\n"));
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the buffer works"));
    let basic = world.idp.seen("/token")[0].head.clone();
    let basic = basic
        .lines()
        .find_map(|line| line.strip_prefix("authorization: Basic "));
    for secret in [
        "the-code",
        ACCESS,
        "refresh-token-of-ada",
        CLIENT_SECRET,
        basic.unwrap(),
        world.attempt.verifier.expose(),
        world.attempt.nonce.expose(),
        good.rsplit('.').next().unwrap(),
        wrong.rsplit('.').next().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
        assert!(!errors.contains(secret), "{secret} in an error:\n{errors}");
    }
    world.end().await;
}

#[tokio::test]
async fn userinfo_that_fails_fails_the_sign_in() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    world.hand_out(&world.claims());
    let person = json!({"sub": "subject-1", "email": "a@b"}).to_string();
    for (what, reply) in [
        ("401", Reply::error(401, "invalid_token")),
        ("404", Reply::error(404, "x")),
        ("not json", Reply::new(200, "application/json", "<html>")),
        ("signed", Reply::new(200, "application/jwt", &person)),
        (
            "twice",
            Reply::new(
                200,
                "application/json",
                r#"{"sub":"subject-1","sub":"subject-1"}"#,
            ),
        ),
    ] {
        world.idp.reply("/userinfo", reply);
        assert_rejected(&world.finish().await, Check::UserInfo, what);
    }
    world.idp.reply("/userinfo", Reply::error(500, "x"));
    let down = world.finish().await;
    assert!(
        matches!(
            down,
            Err(Error::Unreachable(CallError::Status { code: 500, .. }))
        ),
        "{down:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn inv_15_userinfo_of_another_subject_is_refused() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    world.hand_out(&world.claims());
    for claims in [
        json!({"sub": "subject-2", "email": "eve@evil"}),
        json!({"sub": "Subject-1"}),
        json!({"sub": null}),
        json!({"email": "eve@evil"}),
        json!([{"sub": "subject-1"}]),
    ] {
        world.idp.reply("/userinfo", Reply::json(&claims));
        assert_rejected(&world.finish().await, Check::UserInfo, &claims.to_string());
    }
    world.end().await;
}

#[tokio::test]
async fn the_access_token_is_sent_in_a_header_and_only_when_something_is_missing() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    world.hand_out(&world.claims());
    world.idp.reply(
        "/userinfo",
        Reply::json(&json!({
            "sub": "subject-1", "email": "a@b", "email_verified": true, "groups": ["g"],
            "hd": "evil.example",
        })),
    );
    let asserted = world.finish().await.unwrap();
    assert_eq!(asserted.email.as_deref(), Some("a@b"));
    assert!(asserted.email_verified);
    assert_eq!(asserted.groups.unwrap(), ["g"]);
    assert_eq!(
        asserted.hosted_domain, None,
        "what admits to a tenant comes from the token"
    );
    let asked = world.idp.seen("/userinfo");
    assert_eq!(asked[0].query, "");
    assert!(
        asked[0]
            .head
            .contains(&format!("authorization: Bearer {ACCESS}"))
    );
    let mut whole = object(world.claims());
    whole.extend(object(json!({
        "email": "a@b", "email_verified": true, "name": "A", "preferred_username": "a", "groups": [],
    })));
    world.hand_out(&Value::Object(whole));
    world.finish().await.unwrap();
    assert_eq!(world.idp.seen("/userinfo").len(), 1);
    world.end().await;
}

#[tokio::test]
async fn discovery_of_another_issuer_is_refused() {
    let world = World::new().await;
    world
        .idp
        .describe(&object(json!({"issuer": format!("{}/", world.idp.issuer)})));
    let refused = world.oidc.start(&world.attempt).await;
    assert!(
        matches!(refused, Err(Error::Misconfigured(_))),
        "{refused:?}"
    );
    assert_eq!(world.oidc.health(), Health::Down);
    world.end().await;
}

#[tokio::test]
async fn a_rotated_key_is_fetched_while_a_sign_in_is_under_way() {
    let mut world = World::new().await;
    world.start().await;
    let old = std::mem::replace(&mut world.key, Key::ed_dsa());
    world
        .idp
        .publish(&[old.jwk(Some("one")), world.key.jwk(Some("two"))]);
    let header = json!({"alg": "EdDSA", "kid": "two"});
    world.hand_out_token(&world.key.sign(&header, &world.claims().to_string()));
    world.finish().await.unwrap();
    assert_eq!(world.idp.seen("/jwks").len(), 2);
    world.end().await;
}

#[tokio::test]
async fn every_common_algorithm_works_with_and_without_names_of_keys() {
    for key in [Key::es256(), Key::ed_dsa(), Key::rs256()] {
        for (in_set, in_token) in [
            (Some("k"), Some("k")),
            (None, None),
            (Some("k"), None),
            (None, Some("k")),
        ] {
            let world = World::new().await;
            let decoy = Key::es256();
            world.idp.publish(&[decoy.jwk(None), key.jwk(in_set)]);
            let mut header = json!({"alg": key.algorithm()});
            if let Some(kid) = in_token {
                header["kid"] = json!(kid);
            }
            world.hand_out_token(&key.sign(&header, &world.claims().to_string()));
            let result = world.finish().await;
            assert!(result.is_ok(), "{header} {in_set:?}: {result:?}");
            assert_eq!(world.idp.seen("/jwks").len(), 1);
            world.end().await;
        }
    }
}

#[tokio::test]
async fn a_public_client_needs_no_secret() {
    let world = World::with(|oidc| oidc.client_secret = None).await;
    world.hand_out(&world.claims());
    world.finish().await.unwrap();
    let sent = world.idp.seen("/token");
    assert_eq!(sent[0].form["client_id"], CLIENT);
    assert!(!sent[0].form.contains_key("client_secret"));
    assert!(!sent[0].head.contains("authorization:"));
    world.end().await;
}

#[tokio::test]
async fn the_secret_is_sent_as_configured() {
    let post = World::with(|oidc| oidc.client_authentication = ClientAuthentication::Post).await;
    post.hand_out(&post.claims());
    post.finish().await.unwrap();
    let sent = post.idp.seen("/token");
    assert_eq!(sent[0].form["client_secret"], CLIENT_SECRET);
    assert!(!sent[0].head.contains("authorization:"));
    post.end().await;
    let basic = World::new().await;
    basic.hand_out(&basic.claims());
    basic.finish().await.unwrap();
    let sent = basic.idp.seen("/token");
    // RFC 6749 §2.3.1: encoded as in a form, then base64.
    let expected = "Basic ZG9vcndhcmQ6czNjciUyNXQlM0F3aXRoK29kZCUyQnNpZ25z";
    assert!(sent[0].head.contains(expected), "{}", sent[0].head);
    assert!(!sent[0].form.contains_key("client_secret"));
    basic.end().await;
}
