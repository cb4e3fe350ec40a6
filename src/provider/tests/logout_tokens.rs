//! Logout tokens that must not be acted upon, and those that may (OIDC Back-Channel Logout 1.0 §2.4, §2.6).

use super::*;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

impl World {
    /// Claims of a logout token that pass every check.
    fn logout_claims(&self) -> Value {
        json!({
            "iss": self.idp.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "sid": "session-1",
            "iat": NOW.as_seconds(),
            "exp": NOW.as_seconds() + 120,
            "jti": "token-1",
            "events": { EVENT: {} },
        })
    }

    fn logout_header(&self) -> Value {
        json!({"alg": self.key.algorithm(), "kid": "one", "typ": "logout+jwt"})
    }

    async fn hear(&self, token: &str) -> Result<Logout, Error> {
        let token = Secret::new(token.to_owned());
        self.oidc.logout(&token, self.clock.now()).await
    }

    /// Says it with a good signature.
    async fn hear_claims(&self, claims: &Value) -> Result<Logout, Error> {
        let token = self.key.sign(&self.logout_header(), &claims.to_string());
        self.hear(&token).await
    }
}

#[track_caller]
fn assert_refused(result: &Result<Logout, Error>, check: Check, what: &str) {
    match result {
        Err(Error::Rejected(found)) if *found == check => {}
        _ => panic!("{what}: {check:?} expected, not {result:?}"),
    }
}

/// Values that a claim must not have, and the check that says so; whether the claim may be missing.
fn wrong_claims(issuer: &str) -> [(&'static str, Check, bool, Value); 9] {
    let seconds = NOW.as_seconds();
    let slash = format!("{issuer}/");
    [
        (
            "iss",
            Check::Issuer,
            false,
            json!([null, 7, "", "https://evil.example", slash, [issuer]]),
        ),
        (
            "aud",
            Check::Audience,
            false,
            json!([
                null,
                7,
                "",
                "other",
                "Doorward",
                [],
                ["other"],
                [CLIENT, "other"]
            ]),
        ),
        (
            "iat",
            Check::IssuedAt,
            false,
            json!([null, "1700000000", seconds + 61, seconds - 181, 0, -1]),
        ),
        (
            "nbf",
            Check::IssuedAt,
            true,
            json!([null, "0", seconds + 61, -1, []]),
        ),
        (
            "exp",
            Check::Expiry,
            true,
            json!([null, true, "1800000000", seconds - 60, 0, -1]),
        ),
        ("nonce", Check::Nonce, true, json!([null, "", "x", 7, []])),
        (
            "events",
            Check::LogoutEvent,
            false,
            json!([
                null, 7, "", EVENT, [], [EVENT], {}, {EVENT: null}, {EVENT: true}, {EVENT: "x"}, {EVENT: []},
                {"http://schemas.openid.net/event/other": {}}, {format!("{EVENT}/"): {}}
            ]),
        ),
        ("jti", Check::TokenId, false, json!([null, 7, "", []])),
        (
            "sub",
            Check::Subject,
            true,
            json!([null, 7, "", ["x"], "a\u{0}b", "x".repeat(256)]),
        ),
    ]
}

#[tokio::test]
async fn inv_16_claims_of_a_logout_token_that_are_missing_or_wrong_are_refused() {
    let world = World::new().await;
    for (name, check, optional, values) in wrong_claims(&world.idp.issuer) {
        for value in values.as_array().unwrap() {
            let mut claims = world.logout_claims();
            claims[name] = value.clone();
            let what = format!("{name} {value}");
            assert_refused(&world.hear_claims(&claims).await, check, &what);
        }
        let mut claims = object(world.logout_claims());
        claims.remove(name);
        let heard = world.hear_claims(&Value::Object(claims)).await;
        if optional {
            assert!(heard.is_ok(), "no {name}: {heard:?}");
        } else {
            assert_refused(&heard, check, &format!("no {name}"));
        }
    }
    for value in json!([null, 7, "", ["x"]]).as_array().unwrap() {
        let mut claims = world.logout_claims();
        claims["sid"] = value.clone();
        let heard = world.hear_claims(&claims).await;
        assert_refused(&heard, Check::ProviderSession, &format!("sid {value}"));
    }
    let mut claims = object(world.logout_claims());
    claims.retain(|name, _| name != "sub" && name != "sid");
    let heard = world.hear_claims(&Value::Object(claims)).await;
    assert_refused(&heard, Check::LogoutTarget, "neither sub nor sid");
    world.end().await;
}

#[tokio::test]
async fn logout_tokens_at_the_edge_of_what_is_allowed_pass() {
    let world = World::new().await;
    let seconds = NOW.as_seconds();
    for change in [
        json!({}),
        json!({"aud": [CLIENT]}),
        json!({"iat": seconds + 60}),
        json!({"iat": seconds - 180}),
        json!({"exp": seconds - 59}),
        json!({"events": {EVENT: {"more": 1}, "urn:other": null}}),
        json!({"sid": "x".repeat(2_000)}),
        json!({"unknown": 1}),
    ] {
        let mut claims = object(world.logout_claims());
        claims.extend(object(change.clone()));
        let heard = world.hear_claims(&Value::Object(claims)).await;
        assert!(heard.is_ok(), "{change}: {heard:?}");
    }
    let subject = Subject::parse("subject-1").unwrap();
    let session = "session-1".to_owned();
    for (without, who) in [
        ("sid", Who::Subject(subject.clone())),
        ("sub", Who::Session(session.clone())),
        ("", Who::Both { subject, session }),
    ] {
        let mut claims = object(world.logout_claims());
        claims.remove(without);
        let heard = world.hear_claims(&Value::Object(claims)).await.unwrap();
        assert_eq!(heard.who, who);
        assert_eq!(
            (heard.issuer, &*heard.id),
            (world.idp.issuer.clone(), "token-1")
        );
        assert!(heard.forget_at >= NOW.plus(Duration::from_secs(180)));
    }
    world.end().await;
}

#[tokio::test]
async fn inv_14_an_id_token_is_no_logout_token_and_a_logout_token_is_no_id_token() {
    let world = World::new().await;
    let id_token = world.key.sign(&world.header(), &world.claims().to_string());
    assert_refused(&world.hear(&id_token).await, Check::Nonce, "an ID token");
    // Nor one of a sign-in without a nonce, nor with the kind of the other.
    let mut claims = object(world.claims());
    claims.remove("nonce");
    let heard = world.hear_claims(&Value::Object(claims)).await;
    assert_refused(&heard, Check::LogoutEvent, "an ID token without a nonce");

    for header in [world.header(), world.logout_header()] {
        let mut claims = object(world.logout_claims());
        let token = Value::Object(claims.clone()).to_string();
        world.hand_out_token(&world.key.sign(&header, &token));
        assert!(matches!(world.finish().await, Err(Error::Rejected(_))));
        // By its kind alone, even if everything else that an ID token needs were in it.
        claims.extend(object(world.claims()));
        world.hand_out_token(
            &world
                .key
                .sign(&world.logout_header(), &Value::Object(claims).to_string()),
        );
        assert_rejected(&world.finish().await, Check::Signature, "a logout token");
    }
    world.end().await;
}

#[tokio::test]
async fn inv_14_the_outside_of_a_logout_token_is_as_strict_as_that_of_an_id_token() {
    let world = World::new().await;
    let claims = world.logout_claims().to_string();
    let stranger = Key::es256();
    for change in [
        json!({"typ": "at+jwt"}),
        json!({"typ": "secevent+jwt"}),
        json!({"typ": ""}),
        json!({"typ": 7}),
        json!({"jwk": stranger.jwk(None)}),
        json!({"jku": "https://evil.example/jwks"}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"kid": "unknown"}),
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "RS256"}),
    ] {
        let mut header = object(world.logout_header());
        header.extend(object(change));
        let header = Value::Object(header);
        for key in [&world.key, &stranger] {
            let heard = world.hear(&key.sign(&header, &claims)).await;
            assert_refused(&heard, Check::Signature, &header.to_string());
        }
    }
    let good = world.key.sign(&world.logout_header(), &claims);
    let unsigned = good.rsplit_once('.').unwrap().0;
    let foreign = stranger.sign(&world.logout_header(), &claims);
    for token in [
        "",
        "x",
        unsigned,
        &format!("{unsigned}."),
        &format!("{good}.x"),
        &foreign,
    ] {
        assert_refused(&world.hear(token).await, Check::Signature, token);
    }
    for kind in ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT"] {
        let mut header = world.logout_header();
        header["typ"] = json!(kind);
        let heard = world.hear(&world.key.sign(&header, &claims)).await;
        assert!(heard.is_ok(), "{kind}: {heard:?}");
    }
    let twice = claims.replacen('{', r#"{"sub":"subject-2","#, 1);
    let heard = world
        .hear(&world.key.sign(&world.logout_header(), &twice))
        .await;
    assert_refused(&heard, Check::LogoutClaims, "two subjects");
    world.end().await;
}

/// Anybody can send tokens with a key id that nobody knows. They must not use up what a sign-in after a change of keys
/// needs.
#[tokio::test]
async fn inv_49_logout_tokens_fetch_keys_at_most_once_a_minute_and_on_their_own_account() {
    let world = World::new().await;
    world.hand_out(&world.claims());
    world.finish().await.unwrap();
    let before = world.idp.seen("/jwks").len();
    let stranger = Key::es256();
    let mut header = world.logout_header();
    for number in 0..20 {
        header["kid"] = json!(format!("unknown-{number}"));
        let token = stranger.sign(&header, &world.logout_claims().to_string());
        assert_refused(&world.hear(&token).await, Check::Signature, "unknown");
    }
    assert_eq!(world.idp.seen("/jwks").len(), before + 1);
    world.idp.publish(&[stranger.jwk(Some("two"))]);
    let mut header = world.header();
    header["kid"] = json!("two");
    world.hand_out_token(&stranger.sign(&header, &world.claims().to_string()));
    world.finish().await.unwrap();
    assert_eq!(world.idp.seen("/jwks").len(), before + 2);
    world.end().await;
}

#[tokio::test]
async fn a_logout_token_may_be_for_others_that_are_trusted() {
    let api = "https://api.acme.example".to_owned();
    let world = World::with(|oidc| oidc.trusted_audiences = vec![api]).await;
    for (audience, accepted) in [
        (json!([CLIENT, "https://api.acme.example"]), true),
        (json!([CLIENT, "other"]), false),
        (json!(["https://api.acme.example"]), false),
    ] {
        let mut claims = world.logout_claims();
        claims["aud"] = audience.clone();
        let heard = world.hear_claims(&claims).await;
        assert_eq!(heard.is_ok(), accepted, "{audience}: {heard:?}");
    }
    world.end().await;
}
