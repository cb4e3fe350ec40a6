//! What comes to the redirect URI.

use super::*;

#[tokio::test]
async fn inv_10_the_issuer_of_the_callback_is_compared() {
    let mut world = World::new().await;
    let issuer = world.idp.issuer.clone();
    let code = || Response::Code(Secret::new("the-code".to_owned()));
    world.hand_out(&world.claims());
    for (promise, said, passes) in [
        (false, None, true),
        (false, Some(issuer.clone()), true),
        (false, Some("https://evil.example".to_owned()), false),
        (false, Some(format!("{issuer}/")), false),
        (false, Some(String::new()), false),
        (true, None, false),
        (true, Some(issuer.clone()), true),
        (true, Some("https://evil.example".to_owned()), false),
    ] {
        let member = "authorization_response_iss_parameter_supported";
        world.idp.describe(&object(json!({member: promise})));
        world.clock.advance(defaults::PROVIDER_METADATA_LIFETIME);
        let started = world.oidc.start(&world.attempt).await.unwrap();
        world.attempt.promises_issuer = started.promises_issuer;
        let mut claims = world.claims();
        claims["iat"] = json!(world.clock.now().as_seconds());
        claims["exp"] = json!(world.clock.now().as_seconds() + 60);
        world.hand_out(&claims);
        let before = world.idp.seen("/token").len();
        let result = world.answer(code(), said.as_deref()).await;
        assert_eq!(result.is_ok(), passes, "{promise} {said:?}: {result:?}");
        if !passes {
            assert_rejected(&result, Check::ResponseIssuer, "iss");
            assert_eq!(
                world.idp.seen("/token").len(),
                before,
                "the code is not sent"
            );
            let denied = Response::Refused(Refusal::AccessDenied, Said::default());
            let denied = world.answer(denied, said.as_deref()).await;
            assert_rejected(&denied, Check::ResponseIssuer, "iss of an error");
        }
    }
    world.end().await;
}

/// As after a restart: nothing is known of the provider, and nothing needs to be.
#[tokio::test]
async fn inv_10_an_answer_of_another_issuer_makes_no_call_at_all() {
    let mut world = World::new().await;
    let answers = || {
        [
            Response::Code(Secret::new("the-code".to_owned())),
            Response::Refused(Refusal::AccessDenied, Said::default()),
        ]
    };
    for (promised, said) in [
        (false, Some("https://evil.example")),
        (true, Some("https://evil.example")),
        (true, Some("")),
        (true, None),
    ] {
        world.attempt.promises_issuer = promised;
        for response in answers() {
            let result = world.answer(response, said).await;
            assert_rejected(&result, Check::ResponseIssuer, "iss");
        }
    }
    assert_eq!(world.idp.requests(), 0, "not even discovery");
    world.end().await;
}

#[test]
fn inv_10_contradicting_parameters_are_refused() {
    let parse = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Callback::parse(&pairs)
    };
    assert!(parse(&[("state", "s"), ("code", "c"), ("session_state", "x")]).is_ok());
    for bad in [
        &[("code", "c")][..],
        &[("state", ""), ("code", "c")],
        &[("state", "s")],
        &[("state", "s"), ("code", "")],
        &[("state", "s"), ("state", "s"), ("code", "c")],
        &[("state", "s"), ("code", "c"), ("code", "c")],
        &[("state", "s"), ("code", "c"), ("error", "access_denied")],
        &[("state", "s"), ("code", "c"), ("email", "a@b")],
        &[("state", "s"), ("code", "c"), ("iss", "a"), ("iss", "a")],
        &[("state", "s"), ("error", "x"), ("error", "y")],
    ] {
        assert!(parse(bad).is_err(), "{bad:?}");
    }
}
