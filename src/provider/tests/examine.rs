//! An examination names each mistake, and none where there is none.

use super::*;

const CALLBACK: &str = "https://app.acme.com/_sso/callback/idp";

/// A world whose provider knows us, whose clock is ours, and who announces what is asked for.
async fn sound(change: impl FnOnce(&mut Oidc)) -> World {
    let world = World::with(|oidc| {
        oidc.revalidation = config::RevalidationMethod::UserInfo;
        change(oidc);
    })
    .await;
    describe(&world, &json!({}));
    world
        .idp
        .reply("/token", Reply::error(400, "invalid_grant"));
    world
}

fn describe(world: &World, more: &Value) {
    world.idp.reply(DISCOVERY, description(world, more));
}

fn description(world: &World, more: &Value) -> Reply {
    let issuer = &world.idp.issuer;
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "scopes_supported": ["openid", "email", "profile", "offline_access"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => document.as_object_mut().unwrap().remove(name),
            value => document
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    let date = "Tue, 14 Nov 2023 22:13:20 GMT";
    Reply::json(&document).with("date", date)
}

/// What is not as it should be.
async fn found(world: &World) -> Vec<(Checked, Verdict)> {
    let examined = world.oidc.examine(CALLBACK).await;
    let bad = examined
        .findings
        .iter()
        .filter(|it| it.verdict != Verdict::Fine);
    bad.map(|it| {
        assert!(it.verdict == Verdict::Unknown || !it.said.is_empty());
        (it.check, it.verdict)
    })
    .collect()
}

#[tokio::test]
async fn a_sound_provider_has_no_mistake_and_is_asked_about_one_code() {
    let world = sound(|_| {}).await;
    assert_eq!(found(&world).await, []);
    let [asked] = world.idp.seen("/token").try_into().unwrap();
    assert!(
        asked.body.contains("grant_type=authorization_code"),
        "{}",
        asked.body
    );
    let examined = world.oidc.examine(CALLBACK).await;
    let announced = examined.announced.unwrap();
    assert_eq!((announced.keys, announced.usable_keys), (1, 1));
    assert_eq!(announced.algorithms, ["ES256"]);
    world.end().await;
}

#[tokio::test]
async fn each_mistake_of_a_discovery_document_is_named() {
    use Checked::*;
    use Verdict::{Failed, Warning};
    let world = sound(|_| {}).await;
    for (more, expected) in [
        (
            json!({"issuer": "https://elsewhere"}),
            vec![(Issuer, Failed)],
        ),
        (json!({"token_endpoint": null}), vec![(Endpoints, Failed)]),
        (
            json!({"token_endpoint": "http://idp.example.com/token"}),
            vec![(Endpoints, Failed)],
        ),
        (
            json!({"id_token_signing_alg_values_supported": ["HS256"]}),
            vec![(Algorithms, Failed)],
        ),
        (
            json!({"response_types_supported": ["id_token"]}),
            vec![(ResponseTypes, Failed)],
        ),
        (
            json!({"code_challenge_methods_supported": ["plain"]}),
            vec![(Pkce, Warning)],
        ),
        (
            json!({"grant_types_supported": ["client_credentials"]}),
            vec![(GrantTypes, Failed)],
        ),
        (
            json!({"scopes_supported": ["openid"]}),
            vec![(Scopes, Warning)],
        ),
        (
            json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}),
            vec![(ClientAuthentication, Warning)],
        ),
        (
            json!({"userinfo_endpoint": null}),
            vec![(Revalidation, Failed)],
        ),
        (
            json!({"issuer": "https://elsewhere", "scopes_supported": ["openid"], "jwks_uri": null}),
            vec![(Issuer, Failed), (Endpoints, Failed), (Scopes, Warning)],
        ),
    ] {
        describe(&world, &more);
        assert_eq!(found(&world).await, expected, "{more}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_connection_that_needs_refresh_tokens_is_told_what_they_need() {
    let world = sound(|oidc| oidc.revalidation = config::RevalidationMethod::RefreshToken).await;
    let warned = |check| vec![(check, Verdict::Warning)];
    assert_eq!(
        found(&world).await,
        warned(Checked::Revalidation),
        "offline_access"
    );
    let more = json!({"scopes_supported": null, "grant_types_supported": ["authorization_code"]});
    describe(&world, &more);
    let told = found(&world).await;
    assert!(
        told.contains(&(Checked::GrantTypes, Verdict::Warning)),
        "{told:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn keys_clock_and_silence_are_told_apart() {
    let world = sound(|_| {}).await;
    world.idp.publish(&[Key::ed_dsa().jwk(Some("other"))]);
    assert_eq!(found(&world).await, [(Checked::Keys, Verdict::Failed)]);
    world.idp.reply("/jwks", Reply::error(500, "x"));
    assert_eq!(found(&world).await, [(Checked::Keys, Verdict::Failed)]);
    world.idp.publish(&[world.key.jwk(Some("one"))]);
    for (by, expected) in [(60, vec![]), (61, vec![(Checked::Clock, Verdict::Warning)])] {
        world.clock.advance(Duration::from_secs(by));
        assert_eq!(found(&world).await, expected);
        world.clock.step_back(Duration::from_secs(by));
        world.clock.step_back(Duration::from_secs(by));
        assert_eq!(found(&world).await, expected);
        world.clock.advance(Duration::from_secs(by));
    }
    for reply in [
        Reply::error(503, "x"),
        Reply::new(200, "text/html", "<html>"),
        Reply::new(200, "application/json", "[]"),
        Reply::new(404, "text/plain", "no"),
    ] {
        world.idp.reply(DISCOVERY, reply);
        assert_eq!(found(&world).await, [(Checked::Discovery, Verdict::Failed)]);
    }
    world.end().await;
}

#[tokio::test]
async fn a_connection_that_asks_about_nobody_again_is_warned_of_it() {
    let world = sound(|oidc| oidc.revalidation = config::RevalidationMethod::None).await;
    let warned = [(Checked::Revalidation, Verdict::Warning)];
    assert_eq!(found(&world).await, warned);
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_a_cache_kept_tells_the_time_with_its_age() {
    let world = sound(|_| {}).await;
    let answer = |age: &str| {
        let kept = description(&world, &json!({})).with("age", age);
        world.idp.reply(DISCOVERY, kept);
    };
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(found(&world).await, [(Checked::Clock, Verdict::Warning)]);
    answer("3600");
    assert_eq!(found(&world).await, []);
    answer("soon");
    assert_eq!(found(&world).await, [(Checked::Clock, Verdict::Warning)]);
    world.end().await;
}

#[tokio::test]
async fn what_the_token_endpoint_says_of_us_is_understood() {
    use Verdict::{Failed, Unknown};
    let world = sound(|_| {}).await;
    for (reply, verdict) in [
        (Reply::error(401, "invalid_client"), Failed),
        (Reply::error(400, "unauthorized_client"), Failed),
        (Reply::error(400, "redirect_uri_mismatch"), Failed),
        (Reply::error(503, "x"), Failed),
        (Reply::error(400, "invalid_request"), Unknown),
        (Reply::new(403, "text/html", "<html>"), Unknown),
    ] {
        world.idp.reply("/token", reply);
        assert_eq!(found(&world).await, [(Checked::Client, verdict)]);
    }
    let tokens = json!({"access_token": "x", "token_type": "Bearer"});
    world.idp.reply("/token", Reply::json(&tokens));
    assert_eq!(
        found(&world).await,
        [(Checked::Client, Failed)],
        "it takes any code"
    );
    world.end().await;
}

#[tokio::test]
async fn inv_51_no_finding_repeats_a_secret() {
    let world = sound(|_| {}).await;
    let quoting = json!({"error": "invalid_client", "error_description": CLIENT_SECRET});
    let reply = Reply::new(401, "application/json", &quoting.to_string());
    world.idp.reply("/token", reply);
    let told = format!("{:?}", world.oidc.examine(CALLBACK).await);
    assert!(told.contains("does not accept the client id"), "{told}");
    assert!(!told.contains(CLIENT_SECRET), "{told}");
    world.end().await;
}
