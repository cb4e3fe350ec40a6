//! When the provider is asked what it is, and how often.

use super::*;

#[tokio::test]
async fn discovery_is_asked_once_however_many_wait() {
    let world = World::new().await;
    let starts = (0..30).map(|_| world.oidc.start(&world.attempt));
    assert!(join_all(starts).await.iter().all(Result::is_ok));
    assert_eq!(world.idp.seen(DISCOVERY).len(), 1);
    assert_eq!(world.idp.seen("/jwks").len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_provider_that_was_down_is_found_again_and_not_hammered() {
    let world = World::new().await;
    world.idp.reply(DISCOVERY, Reply::error(503, "x"));
    let starts = (0..30).map(|_| world.oidc.start(&world.attempt));
    for result in join_all(starts).await {
        assert!(matches!(result, Err(Error::Unreachable(_))), "{result:?}");
    }
    assert_eq!(world.idp.seen(DISCOVERY).len(), 1);
    world.idp.describe(&Map::new());
    world.oidc.start(&world.attempt).await.unwrap_err();
    world.clock.advance(Duration::from_secs(1));
    world.start().await;
    assert_eq!(world.idp.seen(DISCOVERY).len(), 2);
    world.end().await;
}

#[tokio::test]
async fn what_was_learned_serves_on_while_the_provider_cannot_be_asked() {
    let world = World::new().await;
    world.start().await;
    world.idp.reply(DISCOVERY, Reply::error(503, "x"));
    world.clock.advance(defaults::PROVIDER_METADATA_LIFETIME);
    world.start().await;
    assert_eq!(world.idp.seen(DISCOVERY).len(), 2, "it was asked again");
    world.clock.advance(Duration::from_secs(22 * 3600));
    world.start().await;
    world.clock.advance(Duration::from_secs(3600));
    world.oidc.start(&world.attempt).await.unwrap_err();
    world.end().await;
}

#[tokio::test]
async fn metadata_is_asked_for_again_after_its_lifetime() {
    let world = World::new().await;
    world.start().await;
    let moved = format!("{}/moved", world.idp.issuer);
    world
        .idp
        .describe(&object(json!({"authorization_endpoint": moved})));
    world
        .clock
        .advance(defaults::PROVIDER_METADATA_LIFETIME - Duration::from_secs(1));
    assert_eq!(world.start().await.path(), "/authorize");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.start().await.path(), "/moved");
    world.end().await;
}

#[tokio::test]
async fn discovery_that_is_no_document_is_a_mistake_to_mend() {
    for reply in [
        Reply::new(200, "text/html", "<html>"),
        Reply::new(200, "application/json", "<html>"),
        Reply::new(200, "text/html", "{}"),
        Reply::error(404, "x"),
    ] {
        let world = World::new().await;
        world.idp.reply(DISCOVERY, reply.clone());
        let result = world.oidc.start(&world.attempt).await;
        assert!(
            matches!(result, Err(Error::Misconfigured(_))),
            "{reply:?}: {result:?}"
        );
        world.end().await;
    }
    let world = World::new().await;
    world
        .idp
        .reply("/jwks", Reply::new(200, "application/json", "[]"));
    let result = world.oidc.start(&world.attempt).await;
    assert!(matches!(result, Err(Error::Misconfigured(_))), "{result:?}");
    world.end().await;
}

#[tokio::test]
async fn inv_49_unknown_keys_cause_a_bounded_number_of_fetches() {
    let world = World::new().await;
    world.start().await;
    let storm = async |fetches: usize, what: &str| {
        let mut claims = world.claims();
        claims["iat"] = json!(world.clock.now().as_seconds());
        claims["exp"] = json!(world.clock.now().as_seconds() + 60);
        let header = json!({"alg": "ES256", "kid": random_token().expose()});
        world.hand_out_token(&Key::es256().sign(&header, &claims.to_string()));
        let results = join_all((0..40).map(|_| world.finish())).await;
        assert!(results.iter().all(Result::is_err), "{what}");
        assert_eq!(world.idp.seen("/jwks").len(), fetches, "{what}");
    };
    storm(2, "one more for forty tokens").await;
    storm(2, "none for other unknown keys").await;
    world
        .clock
        .advance(defaults::PROVIDER_KEY_REFETCH - Duration::from_secs(1));
    storm(2, "none before its time").await;
    world.clock.advance(Duration::from_secs(1));
    world.idp.reply("/jwks", Reply::error(500, "x"));
    storm(3, "one more after a minute, though it fails").await;
    storm(3, "none after a failure").await;
    world.end().await;
}

#[tokio::test]
async fn a_key_that_is_known_but_does_not_fit_causes_no_fetch() {
    let world = World::new().await;
    world.start().await;
    world.hand_out_token(&Key::es256().sign(&world.header(), &world.claims().to_string()));
    assert_rejected(&world.finish().await, Check::Signature, "forged");
    assert_eq!(world.idp.seen("/jwks").len(), 1);
    world.end().await;
}

/// The clock was wrong at the start and is set right.
#[tokio::test]
async fn a_clock_that_steps_back_keeps_nobody_waiting_for_it() {
    let world = World::new().await;
    let day = Duration::from_secs(24 * 3600);
    world.clock.advance(day);
    world.idp.reply(DISCOVERY, Reply::error(503, "x"));
    world.oidc.start(&world.attempt).await.unwrap_err();
    world.clock.step_back(day / 4);
    world.idp.describe(&Map::new());
    world.start().await;
    world.clock.step_back(day / 4);
    world.start().await;
    assert_eq!(
        world.idp.seen(DISCOVERY).len(),
        3,
        "what is from the future is asked again"
    );
    let fetches = || world.idp.seen("/jwks").len();
    let before = fetches();
    let unknown = json!({"alg": "ES256", "kid": "two", "typ": "JWT"});
    for expected in [1, 1, 2] {
        if expected == 2 {
            world.clock.step_back(Duration::from_millis(1));
        }
        world.hand_out_token(&world.key.sign(&unknown, &world.claims().to_string()));
        world.finish().await.unwrap_err();
        let asked = fetches() - before - usize::from(expected == 2);
        assert_eq!(asked, expected, "fetches of unknown keys");
    }
    world.end().await;
}
