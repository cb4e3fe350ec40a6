//! What the token endpoint answers.

use super::*;

#[tokio::test]
async fn token_responses_may_leave_out_what_is_optional() {
    let world = World::new().await;
    let good = world.key.sign(&world.header(), &world.claims().to_string());
    for (change, expires_in) in [
        (json!({"expires_in": "600"}), Some(600)),
        (json!({"expires_in": 600}), Some(600)),
        (json!({"expires_in": null}), None),
        (json!({"expires_in": "soon"}), None),
        (json!({"expires_in": -1}), None),
        (json!({"token_type": "bEARER"}), Some(3600)),
        (json!({"token_type": null}), Some(3600)),
        (json!({"refresh_token": null, "scope": null}), Some(3600)),
        (json!({"refresh_token": 7, "scope": ["x"]}), Some(3600)),
        (json!({"unknown": {"a": []}}), Some(3600)),
    ] {
        let mut response = object(token_response(&good));
        response.extend(object(change.clone()));
        world
            .idp
            .reply("/token", Reply::json(&Value::Object(response)));
        let tokens = world.finish().await.unwrap().tokens;
        let expected = expires_in.map(|seconds| NOW.plus(Duration::from_secs(seconds)));
        assert_eq!(tokens.expires_at, expected, "{change}");
    }
    let bare = json!({"access_token": ACCESS, "id_token": good});
    world.idp.reply("/token", Reply::json(&bare));
    let tokens = world.finish().await.unwrap().tokens;
    assert!(tokens.refresh.is_none());
    assert_eq!(tokens.scopes, ["email", "openid"], "all that was asked for");
    world.end().await;
}

#[tokio::test]
async fn errors_of_the_token_endpoint_are_told_apart_by_their_code() {
    let world = World::new().await;
    for (reply, expected) in [
        (Reply::error(401, "invalid_client"), "misconfigured"),
        (Reply::error(400, "unauthorized_client"), "misconfigured"),
        (Reply::error(400, "unsupported_grant_type"), "misconfigured"),
        (Reply::error(400, "invalid_scope"), "misconfigured"),
        (Reply::error(400, "invalid_request"), "misconfigured"),
        (Reply::error(400, "invalid_grant"), "rejected TokenResponse"),
        (
            Reply::error(400, "temporarily_unavailable"),
            "refused Unavailable",
        ),
        (Reply::error(400, "something_of_their_own"), "refused Other"),
        // The code decides, not a text that has the words of another.
        (
            Reply::new(
                400,
                "application/json",
                r#"{"error":"invalid_client","error_description":"invalid_grant"}"#,
            ),
            "misconfigured",
        ),
        (Reply::error(429, "slow_down"), "unreachable 429"),
        (Reply::error(500, "invalid_client"), "unreachable 500"),
        (Reply::error(503, "x"), "unreachable 503"),
        (
            Reply::new(404, "text/html", "<html>"),
            "rejected TokenResponse",
        ),
        (
            Reply::new(400, "application/json", ""),
            "rejected TokenResponse",
        ),
        (
            Reply::new(200, "text/html", "<html>"),
            "rejected TokenResponse",
        ),
        (
            Reply::new(200, "application/json", ""),
            "rejected TokenResponse",
        ),
        (
            Reply::new(200, "application/json", "[]"),
            "rejected TokenResponse",
        ),
        (
            Reply::new(204, "application/json", ""),
            "rejected TokenResponse",
        ),
    ] {
        world.idp.reply("/token", reply.clone());
        let error = world.finish().await.unwrap_err();
        assert_eq!(meaning(&error), expected, "{reply:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_token_response_that_is_damaged_is_refused() {
    let world = World::new().await;
    let good = world.key.sign(&world.header(), &world.claims().to_string());
    let text = token_response(&good).to_string();
    let twice = text.replacen('{', &format!(r#"{{"id_token":"{good}","#), 1);
    for (what, reply) in [
        ("twice", Reply::new(200, "application/json", &twice)),
        ("wrong type", Reply::new(200, "text/plain", &text)),
        (
            "two objects",
            Reply::new(200, "application/json", &text[..text.len() - 1]),
        ),
    ] {
        world.idp.reply("/token", reply);
        assert_rejected(&world.finish().await, Check::TokenResponse, what);
    }
    world.idp.reply(
        "/token",
        Reply::new(200, "application/json", &text).truncated(),
    );
    let cut = world.finish().await;
    assert!(
        matches!(cut, Err(Error::Unreachable(CallError::Connection(_)))),
        "{cut:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn inv_51_what_the_token_endpoint_says_is_kept_for_the_log_without_what_it_was_sent() {
    let world = World::new().await;
    let verifier = world.attempt.verifier.expose();
    let description = format!(
        "AADSTS7000222: the secret {CLIENT_SECRET} has expired, with the-code and {verifier}\r\nlevel=ERROR"
    );
    let body = json!({"error": "invalid_client", "error_description": description});
    world.idp.reply(
        "/token",
        Reply::new(401, "application/json", &body.to_string()),
    );
    let callback = Callback {
        name: None,
        state: world.attempt.state.clone(),
        issuer: None,
        response: Response::Code(Secret::new("the-code".to_owned())),
    };
    let failed = world.oidc.finish(&world.attempt, &callback, NOW).await;
    let failed = failed.unwrap_err();
    assert_eq!(meaning(&failed.error), "misconfigured");
    let said = failed.said.unwrap();
    assert_eq!(said.code(), "invalid_client");
    assert_eq!(
        said.description(),
        "AADSTS7000222: the secret … has expired, with … and …level=ERROR"
    );
    world.end().await;
}
