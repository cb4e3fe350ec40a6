//! ID tokens that must not be believed.

use super::*;

/// Values that a claim must not have, and the check that says so.
fn wrong_claims(issuer: &str) -> [(&'static str, Check, Value); 10] {
    let seconds = NOW.as_seconds();
    let slash = format!("{issuer}/");
    let whole_hash = encode(&sha256(ACCESS.as_bytes()));
    [
        (
            "iss",
            Check::Issuer,
            json!([null, 7, "", "https://evil.example", slash, [issuer]]),
        ),
        (
            "aud",
            Check::Audience,
            json!([
                null, 7, "", "other", "Doorward", [], ["other"], [CLIENT, "other"], [CLIENT, 7], {"a": CLIENT}
            ]),
        ),
        (
            "azp",
            Check::AuthorizedParty,
            json!([null, 7, "", "other", [CLIENT]]),
        ),
        (
            "exp",
            Check::Expiry,
            json!([null, true, "1800000000", seconds - 60, 0, -1]),
        ),
        (
            "iat",
            Check::IssuedAt,
            json!([null, "1700000000", seconds + 61, seconds - 661, 0, -1]),
        ),
        (
            "nbf",
            Check::IssuedAt,
            json!([null, "0", seconds + 61, -1, []]),
        ),
        ("nonce", Check::Nonce, json!([null, 7, "", "other", []])),
        (
            "auth_time",
            Check::AuthTime,
            json!([null, true, "1700000000", -1, [], {}]),
        ),
        (
            "at_hash",
            Check::AccessTokenHash,
            json!([null, 7, "", at_hash("other"), whole_hash]),
        ),
        (
            "sub",
            Check::Subject,
            json!([null, 7, "", ["x"], "a\u{0}b", "x".repeat(256)]),
        ),
    ]
}

#[tokio::test]
async fn inv_13_claims_that_are_missing_or_wrong_are_refused() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    for (name, check, values) in wrong_claims(&world.idp.issuer) {
        for value in values.as_array().unwrap() {
            let mut claims = world.claims();
            claims[name] = value.clone();
            world.hand_out(&claims);
            assert_rejected(&world.finish().await, check, &format!("{name} {value}"));
        }
        let mut claims = object(world.claims());
        if claims.remove(name).is_some() {
            world.hand_out(&Value::Object(claims));
            assert_rejected(&world.finish().await, check, &format!("no {name}"));
        }
    }
    let asked = world.idp.seen("/userinfo");
    assert!(asked.is_empty(), "no claims for a token that was refused");
    world.end().await;
}

#[tokio::test]
async fn claims_at_the_edge_of_what_is_allowed_pass() {
    let world = World::new().await;
    let seconds = NOW.as_seconds();
    for change in [
        json!({"aud": [CLIENT]}),
        json!({"azp": CLIENT}),
        json!({"exp": seconds - 59}),
        json!({"exp": 1_700_000_300.5}),
        json!({"iat": seconds + 60}),
        json!({"iat": seconds - 660}),
        json!({"nbf": seconds + 60}),
        json!({"at_hash": at_hash(ACCESS)}),
        json!({"sub": "x".repeat(255)}),
        json!({"auth_time": 1_699_999_999.5}),
        json!({"auth_time": 0}),
        json!({"email_verified": "true", "email": 7, "name": null, "groups": 7}),
    ] {
        let mut claims = object(world.claims());
        claims.extend(object(change.clone()));
        world.hand_out(&Value::Object(claims));
        let result = world.finish().await;
        assert!(result.is_ok(), "{change}: {result:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn inv_13_others_may_be_named_if_they_are_trusted_and_we_asked() {
    const API: &str = "https://api.acme.example";
    let world = World::with(|oidc| oidc.trusted_audiences = vec![API.to_owned()]).await;
    for (change, refused) in [
        (json!({"aud": [CLIENT, API], "azp": CLIENT}), None),
        (json!({"aud": [API, CLIENT], "azp": CLIENT}), None),
        (json!({"aud": [CLIENT]}), None),
        (json!({"aud": [CLIENT, API]}), Some(Check::AuthorizedParty)),
        (
            json!({"aud": [CLIENT, API], "azp": API}),
            Some(Check::AuthorizedParty),
        ),
        (json!({"aud": [API], "azp": CLIENT}), Some(Check::Audience)),
        (json!({"aud": API, "azp": CLIENT}), Some(Check::Audience)),
        (
            json!({"aud": [CLIENT, API, "other"], "azp": CLIENT}),
            Some(Check::Audience),
        ),
        (
            json!({"aud": [CLIENT, API, 7], "azp": CLIENT}),
            Some(Check::Audience),
        ),
    ] {
        let mut claims = object(world.claims());
        claims.extend(object(change.clone()));
        world.hand_out(&Value::Object(claims));
        let result = world.finish().await;
        match refused {
            Some(check) => assert_rejected(&result, check, &change.to_string()),
            None => assert!(result.is_ok(), "{change}: {result:?}"),
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_is_never_fresher_than_now() {
    let world = World::new().await;
    let mut claims = world.claims();
    claims["auth_time"] = json!(NOW.as_seconds() + 100_000);
    world.hand_out(&claims);
    assert_eq!(world.finish().await.unwrap().authenticated_at, NOW);
    world.end().await;
}

#[tokio::test]
async fn inv_18_a_subject_is_a_text_of_1_to_255_bytes() {
    assert!(Subject::parse(&"é".repeat(127)).is_ok());
    for bad in [
        "".to_owned(),
        "é".repeat(128),
        "a\n".to_owned(),
        "\u{7f}".to_owned(),
    ] {
        assert!(Subject::parse(&bad).is_err(), "{bad:?}");
    }
}

/// Header and payload, not signed by anybody.
fn message(header: &Value, claims: &str) -> String {
    let header = encode(header.to_string().as_bytes());
    format!("{header}.{}", encode(claims.as_bytes()))
}

#[tokio::test]
async fn inv_14_signatures_that_are_none_or_not_theirs_are_refused() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    let claims = world.claims().to_string();
    let good = world.key.sign(&world.header(), &claims);
    let signature = good.rsplit('.').next().unwrap();
    let other = claims.replace("subject-1", "subject-2");
    // The old attack: the public key, which everybody knows, taken as the secret of an HMAC.
    let hmac = message(&json!({"alg": "HS256", "kid": "one"}), &claims);
    let public = world.key.jwk(None).to_string();
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&secret, hmac.as_bytes());
    for (what, token) in [
        ("none", message(&json!({"alg": "none"}), &claims) + "."),
        ("None", message(&json!({"alg": "None"}), &claims) + "."),
        ("unsigned", message(&world.header(), &claims) + "."),
        (
            "HMAC with the public key",
            format!("{hmac}.{}", encode(tag.as_ref())),
        ),
        (
            "a stranger's key",
            Key::es256().sign(&world.header(), &claims),
        ),
        (
            "another payload",
            format!("{}.{signature}", message(&world.header(), &other)),
        ),
        ("two parts", message(&world.header(), &claims)),
        ("four parts", format!("{good}.x")),
        ("five parts", format!("{good}.x.y")),
        ("padding", format!("{good}=")),
        ("empty", String::new()),
        ("text", "not a token".to_owned()),
    ] {
        world.hand_out_token(&token);
        assert_rejected(&world.finish().await, Check::Signature, what);
    }
    assert!(world.idp.seen("/userinfo").is_empty());
    world.end().await;
}

#[tokio::test]
async fn inv_14_headers_that_ask_for_more_are_refused() {
    let world = World::with(|oidc| oidc.userinfo = true).await;
    let claims = world.claims().to_string();
    let stranger = Key::es256();
    for change in [
        json!({"jwk": stranger.jwk(None)}),
        json!({"jku": "https://evil.example/jwks"}),
        json!({"x5c": ["MIIB"]}),
        json!({"x5u": "https://evil.example/cert"}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"crit": ["unknown"], "unknown": 1}),
        json!({"crit": []}),
        json!({"zip": "DEF"}),
        json!({"enc": "A256GCM"}),
        json!({"cty": "JWT"}),
        json!({"typ": "at+jwt"}),
        json!({"typ": "logout+jwt"}),
        json!({"typ": 7}),
        json!({"kid": 7}),
        json!({"kid": "unknown"}),
        json!({"alg": "ES384"}),
        json!({"alg": "RS256"}),
        json!({"alg": 7}),
        json!({"alg": null}),
    ] {
        let mut header = object(world.header());
        header.extend(object(change));
        let header = Value::Object(header);
        for key in [&world.key, &stranger] {
            world.hand_out_token(&key.sign(&header, &claims));
            assert_rejected(&world.finish().await, Check::Signature, &header.to_string());
        }
    }
    for header in [json!({"kid": "one"}), json!([]), json!(null)] {
        world.hand_out_token(&world.key.sign(&header, &claims));
        assert_rejected(&world.finish().await, Check::Signature, &header.to_string());
    }
    assert!(world.idp.seen("/userinfo").is_empty());
    world.end().await;
}

#[tokio::test]
async fn headers_may_be_short_or_say_what_they_are() {
    let world = World::new().await;
    let claims = world.claims().to_string();
    for header in [
        json!({"alg": "ES256"}),
        json!({"alg": "ES256", "kid": "one", "typ": "jwt", "x5t": "thumbprint"}),
        json!({"alg": "ES256", "kid": "one", "typ": "application/JWT", "unknown": 1}),
    ] {
        world.hand_out_token(&world.key.sign(&header, &claims));
        let result = world.finish().await;
        assert!(result.is_ok(), "{header}: {result:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn inv_14_an_algorithm_that_is_not_configured_is_refused() {
    let world = World::with(|oidc| oidc.algorithms = vec!["RS256".to_owned()]).await;
    world.hand_out(&world.claims());
    assert_rejected(&world.finish().await, Check::Signature, "ES256");
    world.end().await;
}

/// Threat model §5: what is accepted is what both sides name.
#[tokio::test]
async fn inv_14_an_algorithm_that_the_provider_does_not_announce_is_refused() {
    let world = World::new().await;
    let announce = |algorithms: &[&str]| {
        let member = "id_token_signing_alg_values_supported";
        world.idp.describe(&object(json!({member: algorithms})));
    };
    announce(&["RS256"]);
    world.hand_out(&world.claims());
    let results = join_all((0..20).map(|_| world.finish())).await;
    for result in &results {
        assert_rejected(result, Check::Signature, "ES256");
    }
    let asked = world.idp.seen(DISCOVERY).len();
    assert_eq!(asked, 2, "asked again once, whoever waits");

    announce(&["RS256", "ES256"]);
    assert_rejected(&world.finish().await, Check::Signature, "before its time");
    world.clock.advance(defaults::PROVIDER_KEY_REFETCH);
    let result = world.finish().await;
    assert!(result.is_ok(), "a provider may change its mind: {result:?}");

    announce(&["PS512"]);
    world.clock.advance(defaults::PROVIDER_METADATA_LIFETIME);
    let result = world.oidc.start(&world.attempt).await;
    assert!(result.is_ok(), "what was learned serves on: {result:?}");
    let fresh = build(&provider(registration(&world.idp.issuer)), &world.shared).unwrap();
    let result = fresh.start(&world.attempt).await;
    assert!(matches!(result, Err(Error::Misconfigured(_))), "{result:?}");
    world.end().await;
}

#[tokio::test]
async fn inv_14_keys_for_other_uses_are_not_used() {
    let world = World::new().await;
    world.hand_out(&world.claims());
    for change in [
        json!({"use": "enc"}),
        json!({"alg": "ES384"}),
        json!({"alg": "ECDH-ES"}),
        json!({"crv": "P-384"}),
        json!({"kty": "OKP"}),
    ] {
        let mut jwk = object(world.key.jwk(Some("one")));
        jwk.extend(object(change.clone()));
        world.idp.publish(&[Value::Object(jwk)]);
        world.clock.advance(Duration::from_secs(2 * 3600));
        let mut claims = world.claims();
        claims["iat"] = json!(world.clock.now().as_seconds());
        claims["exp"] = json!(world.clock.now().as_seconds() + 60);
        world.hand_out(&claims);
        assert_rejected(&world.finish().await, Check::Signature, &change.to_string());
    }
    world.end().await;
}

#[tokio::test]
async fn a_payload_that_could_be_read_in_two_ways_is_refused() {
    let world = World::new().await;
    let good = world.claims().to_string();
    for payload in [
        good.replacen('{', r#"{"sub":"subject-2","#, 1),
        "[]".to_owned(),
        "null".to_owned(),
        format!("{good}{good}"),
        String::new(),
    ] {
        world.hand_out_token(&world.key.sign(&world.header(), &payload));
        assert_rejected(&world.finish().await, Check::TokenResponse, &payload);
    }
    world.end().await;
}

/// Each try costs a third of a millisecond, which a crowded key set must not multiply.
#[tokio::test]
async fn inv_49_a_token_is_tried_with_a_bounded_number_of_keys() {
    let other = Key::es256();
    for (others, accepted) in [(63, true), (64, false)] {
        let world = World::new().await;
        let mut keys = vec![other.jwk(None); others];
        keys.push(world.key.jwk(None));
        world.idp.publish(&keys);
        world.hand_out(&world.claims());
        assert_eq!(world.finish().await.is_ok(), accepted, "after {others}");
        world.end().await;
    }
}
