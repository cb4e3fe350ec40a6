//! `kind = "oauth2"`: every shape of an answer, and what is made of a person.

use super::*;

const LINES: &str = "kind = \"oauth2\"\n";

const CLAIMS: &str = r#"
[providers.idp.claims]
subject = "user.id"
email = "user.email"
email_verified = "user.email_verified"
name = "user.name"
groups = "user.groups"
"#;

fn lines(at: &str, more: &str) -> String {
    format!(
        "{LINES}authorize_url = \"{at}/authorize?tenant=1\"\ntoken_url = \"{at}/token\"\n\
         userinfo_urls = [\"{at}/me\"]\n{more}{CLAIMS}"
    )
}

async fn story() -> Story {
    let story = Story::of(|at| lines(at, "scopes = [\"read\", \"mail\"]\n")).await;
    story.idp.reply("/token", Reply::json(&token()));
    story.idp.reply("/me", Reply::json(&me()));
    story
}

fn token() -> Value {
    json!({"access_token": ACCESS, "token_type": "bearer", "refresh_token": "r-1", "expires_in": 60})
}

fn me() -> Value {
    json!({"user": {
        "id": 583_231, "email": "ada@acme.com", "email_verified": true, "name": "Ada", "groups": ["it"]
    }})
}

fn held() -> Tokens {
    Tokens {
        access: Some(Secret::new(ACCESS.to_owned())),
        refresh: Some(Secret::new("r-1".to_owned())),
        scopes: vec!["mail".to_owned(), "read".to_owned()],
        ..Tokens::default()
    }
}

#[tokio::test]
async fn the_browser_is_sent_with_state_and_challenge() {
    let story = story().await;
    let url = story.begin(&story.attempt).await;
    assert_eq!(url.path(), "/authorize");
    let digest = encode(&sha256(story.attempt.verifier.expose().as_bytes()));
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "doorward"),
        ("redirect_uri", story.attempt.redirect_uri.as_str()),
        ("scope", "read mail"),
        ("state", story.attempt.state.expose()),
        ("code_challenge", digest.as_str()),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query(&url, name), [value], "{name}");
    }
    assert_eq!(story.idp.requests(), 0);
    story.end().await;
}

#[tokio::test]
async fn a_code_becomes_a_token_and_the_token_a_person() {
    let story = story().await;
    let ada = story.finish().await.unwrap();
    assert_eq!(
        ada.subject.as_str(),
        "583231",
        "a number as its decimal text"
    );
    assert_eq!(ada.issuer, story.idp.issuer);
    assert_eq!(ada.email.as_deref(), Some("ada@acme.com"));
    assert!(ada.email_verified);
    assert_eq!(ada.groups.unwrap(), ["it"]);
    assert_eq!(
        ada.tokens.scopes,
        ["mail", "read"],
        "all that was asked for"
    );
    assert_eq!(ada.tokens.refresh.unwrap().expose(), "r-1");
    let [sent] = story.idp.seen("/token").try_into().unwrap();
    let mut names: Vec<&str> = sent.form.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["code", "code_verifier", "grant_type", "redirect_uri"]
    );
    assert_eq!(sent.form["code"], "the-code");
    assert_eq!(&sent.form["code_verifier"], story.attempt.verifier.expose());
    assert_eq!(sent.form["redirect_uri"], story.attempt.redirect_uri);
    let basic = sent.header("authorization").unwrap();
    assert!(basic.starts_with("Basic "), "{basic}");
    let [asked] = story.idp.seen("/me").try_into().unwrap();
    assert_eq!(
        asked.header("authorization").unwrap(),
        format!("Bearer {ACCESS}")
    );
    story.end().await;
}

/// Signs in with a token response, which must be believed.
async fn believed(reply: Reply) {
    let story = story().await;
    story.idp.reply("/token", reply);
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.tokens.access.unwrap().expose(), ACCESS);
    story.end().await;
}

/// Signs in with a token response, which must not be believed; then nobody is asked who it is.
async fn refused(reply: Reply, expected: &str) {
    let story = story().await;
    story.idp.reply("/token", reply.clone());
    let error = story.finish().await.unwrap_err();
    assert_eq!(meaning(&error), expected, "{reply:?}");
    assert_eq!(story.idp.seen("/me").len(), 0, "{reply:?}");
    story.end().await;
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_token_response_may_be_a_form() {
    let body = format!("access_token={ACCESS}&scope=mail%20read&token_type=bearer");
    believed(Reply::new(200, FORM, &body)).await;
    believed(Reply::new(200, &format!("{FORM}; charset=utf-8"), &body)).await;
    believed(Reply::new(200, "text/plain", &body)).await;
    believed(Reply::new(
        200,
        FORM,
        &format!("{body}&expires=5184000&x=1|2"),
    ))
    .await;
}

#[tokio::test]
async fn a_token_response_without_a_content_type_is_read_by_what_it_is() {
    let form = format!("access_token={ACCESS}&token_type=bearer");
    for body in [token().to_string(), form] {
        believed(Reply::new(200, "x", &body).without_kind()).await;
    }
    for odd in [
        "text/html",
        "text/javascript",
        "nonsense",
        "application/octet-stream",
    ] {
        believed(Reply::new(200, odd, &token().to_string())).await;
    }
}

#[tokio::test]
async fn a_200_with_error_is_an_error() {
    let both = json!({"access_token": ACCESS, "error": "invalid_grant"});
    refused(Reply::json(&both), "rejected TokenResponse").await;
    for (code, expected) in [
        ("bad_verification_code", "rejected TokenResponse"),
        ("incorrect_client_credentials", "misconfigured"),
        ("redirect_uri_mismatch", "misconfigured"),
        ("invalid_client", "misconfigured"),
        ("temporarily_unavailable", "refused Unavailable"),
        ("something_of_their_own", "refused Other"),
    ] {
        refused(Reply::error(200, code), expected).await;
    }
    let form = "error=bad_verification_code&error_description=It%20is%20spent.";
    refused(Reply::new(200, FORM, form), "rejected TokenResponse").await;
    let object = json!({"access_token": ACCESS, "error": {"message": "no", "code": 100}});
    refused(Reply::json(&object), "rejected TokenResponse").await;
}

#[tokio::test]
async fn a_200_with_error_description_is_an_error() {
    let body = json!({"access_token": ACCESS, "error_description": "The code is spent."});
    refused(Reply::json(&body), "rejected TokenResponse").await;
}

#[tokio::test]
async fn an_answer_that_is_not_ok_is_an_error() {
    for ok in [json!(false), json!("true"), json!(1), json!(null)] {
        let body = json!({"ok": ok, "access_token": ACCESS});
        refused(Reply::json(&body), "rejected TokenResponse").await;
    }
    for (code, expected) in [
        ("invalid_code", "rejected TokenResponse"),
        ("code_already_used", "rejected TokenResponse"),
        ("bad_client_secret", "misconfigured"),
        ("invalid_client_id", "misconfigured"),
        ("bad_redirect_uri", "misconfigured"),
        ("invalid_auth", "refused Other"),
    ] {
        let slack = json!({"ok": false, "error": code});
        refused(Reply::json(&slack), expected).await;
    }
    believed(Reply::json(&json!({"ok": true, "access_token": ACCESS}))).await;
}

#[tokio::test]
async fn html_is_no_token() {
    for page in [
        "<!doctype html><title>Sign in</title>".to_owned(),
        format!("<a href=\"?x&access_token={ACCESS}&token_type=bearer\">"),
        format!("access_token={ACCESS}&x=<b>"),
        format!("Your token: access_token={ACCESS}"),
    ] {
        for kind in ["text/html", FORM] {
            refused(Reply::new(200, kind, &page), "rejected TokenResponse").await;
        }
    }
}

#[tokio::test]
async fn an_oversized_token_response_is_refused() {
    let filler = "x".repeat(defaults::PROVIDER_MAX_BODY_BYTES);
    let body = json!({"access_token": ACCESS, "filler": filler});
    refused(Reply::json(&body), "unreachable TooLarge").await;
}

#[tokio::test]
async fn duplicates_in_a_token_response_are_refused() {
    for body in [
        format!("access_token={ACCESS}&access_token={ACCESS}"),
        format!("access_token={ACCESS}&access%5Ftoken=other"),
        format!("access_token={ACCESS}&x=1&x=2"),
    ] {
        refused(Reply::new(200, FORM, &body), "rejected TokenResponse").await;
    }
    let twice = format!(r#"{{"access_token":"{ACCESS}","access_token":"{ACCESS}"}}"#);
    refused(
        Reply::new(200, "application/json", &twice),
        "rejected TokenResponse",
    )
    .await;
}

#[tokio::test]
async fn other_statuses_are_what_they_say() {
    let good = token().to_string();
    for (reply, expected) in [
        (
            Reply::new(201, "application/json", &good),
            "rejected TokenResponse",
        ),
        (
            Reply::new(400, "application/json", &good),
            "rejected TokenResponse",
        ),
        (Reply::new(401, "text/html", "<html>"), "misconfigured"),
        (Reply::new(429, "text/plain", ""), "unreachable 429"),
        (Reply::new(502, "text/html", ""), "unreachable 502"),
        (Reply::redirect("http://evil.example/"), "unreachable 307"),
        (
            Reply::new(200, "application/json", "[]"),
            "rejected TokenResponse",
        ),
        (
            Reply::new(200, "application/json", ""),
            "rejected TokenResponse",
        ),
        (
            Reply::json(&json!({"access_token": ACCESS, "token_type": "mac"})),
            "rejected TokenResponse",
        ),
        (
            Reply::json(&json!({"access_token": ""})),
            "rejected TokenResponse",
        ),
        (
            Reply::json(&json!({"access_token": "a b\r\nx"})),
            "rejected TokenResponse",
        ),
    ] {
        refused(reply, expected).await;
    }
}

#[tokio::test]
async fn inv_18_nobody_comes_in_without_a_subject() {
    let story = story().await;
    for id in [
        json!(null),
        json!(""),
        json!(true),
        json!(1.5),
        json!([7]),
        json!({"id": 7}),
    ] {
        let mut me = me();
        me["user"]["id"] = id.clone();
        story.idp.reply("/me", Reply::json(&me));
        assert_rejected(&story.finish().await, Check::Subject, &id.to_string());
    }
    story.idp.reply("/me", Reply::json(&json!({})));
    assert_rejected(&story.finish().await, Check::Subject, "missing");
    let twice = r#"{"user":{"id":1},"user":{"id":2}}"#;
    let bad = [
        Reply::new(200, "application/json", twice),
        Reply::new(200, "text/html", "<html>"),
        Reply::json(&json!([{"user": {"id": 1}}])),
        Reply::json(&json!({"ok": false, "user": {"id": 1}})),
        Reply::error(401, "invalid_token"),
        Reply::error(403, "forbidden"),
        Reply::error(404, "not_found"),
    ];
    for reply in bad {
        story.idp.reply("/me", reply.clone());
        let finished = story.finish().await;
        assert_rejected(&finished, Check::UserInfo, &format!("{reply:?}"));
    }
    story.end().await;
}

#[tokio::test]
async fn inv_10_an_answer_of_another_issuer_makes_no_call() {
    let story = story().await;
    for other in [
        "https://evil.example",
        &format!("{}1", story.idp.issuer),
        "",
    ] {
        let callback = Callback {
            issuer: Some(other.to_owned()),
            ..story.callback()
        };
        let finished = story.finish_with(&callback).await;
        assert_rejected(&finished, Check::ResponseIssuer, other);
    }
    assert_eq!(story.idp.requests(), 0);
    let callback = Callback {
        issuer: Some(format!("{}/oauth", story.idp.issuer)),
        ..story.callback()
    };
    assert!(story.finish_with(&callback).await.is_ok());
    story.end().await;
}

#[tokio::test]
async fn a_required_scope_must_be_granted() {
    let more = "scopes = [\"read\", \"mail\"]\nrequired_scopes = [\"mail\"]\n";
    let story = Story::of(|at| lines(at, more)).await;
    story.idp.reply("/me", Reply::json(&me()));
    for (scope, granted) in [("mail read", true), ("read", false), ("mailbox", false)] {
        let mut token = token();
        token["scope"] = json!(scope);
        story.idp.reply("/token", Reply::json(&token));
        assert_eq!(story.finish().await.is_ok(), granted, "{scope}");
    }
    story.end().await;
}

/// Slack's answers from beside its "Sign in with Slack", which is OpenID Connect: those of `oauth.access` and
/// `oauth.v2.access`.
async fn slack(subject: &str, tenant: &str) -> Story {
    Story::of(|at| {
        format!(
            "{LINES}authorize_url = \"{at}/oauth/authorize\"\ntoken_url = \"{at}/api/oauth.access\"\n\
             client_authentication = \"client_secret_post\"\nscopes = [\"team:read\", \"bot\"]\n\
             scope_separator = \"comma\"\n[providers.idp.claims]\nsubject = \"{subject}\"\n{tenant}\n"
        )
    })
    .await
}

fn acme() -> Tenant {
    Tenant {
        id: "T1".to_owned(),
        name: "Acme".to_owned(),
    }
}

#[tokio::test]
async fn a_team_beside_the_token_is_captured_and_scopes_between_commas_are_sorted() {
    let story = slack(
        "user_id",
        "tenant = \"team_id\"\ntenant_name = \"team_name\"",
    )
    .await;
    let url = story.begin(&story.attempt).await;
    assert_eq!(query(&url, "scope"), ["team:read,bot"]);
    let answer = json!({
        "ok": true, "access_token": ACCESS, "scope": "team:read,bot,commands,bot", "user_id": "U1",
        "team_name": "Acme", "team_id": "T1", "bot": {"bot_user_id": "B1", "bot_access_token": "b-1"}
    });
    story.idp.reply("/api/oauth.access", Reply::json(&answer));
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.subject.as_str(), "U1");
    assert_eq!(ada.tenants, [acme()]);
    assert_eq!(ada.tokens.scopes, ["bot", "commands", "team:read"]);
    let bot = json!({"bot_user_id": "B1"});
    assert_eq!(ada.claims["bot"], bot, "no token among claims");
    assert!(!ada.claims.contains_key("access_token"));
    let [sent] = story.idp.seen("/api/oauth.access").try_into().unwrap();
    assert_eq!(sent.form["client_secret"], "a secret for tests");
    assert_eq!(sent.form["client_id"], "doorward");
    assert_eq!(story.idp.requests(), 1, "there is nobody else to ask");
    story.end().await;
}

#[tokio::test]
async fn a_team_and_a_person_in_objects_of_their_own_are_captured_too() {
    let story = slack(
        "authed_user.id",
        "tenant = \"team.id\"\ntenant_name = \"team.name\"",
    )
    .await;
    let answer = json!({
        "ok": true, "access_token": ACCESS, "token_type": "bot", "scope": "commands", "bot_user_id": "B1",
        "team": {"id": "T1", "name": "Acme"}, "enterprise": null,
        "authed_user": {"id": "U1", "scope": "chat:write", "access_token": "xoxp-1", "token_type": "user"}
    });
    story.idp.reply("/api/oauth.access", Reply::json(&answer));
    let ada = story.finish().await.unwrap();
    assert_eq!((ada.subject.as_str(), &ada.tenants), ("U1", &vec![acme()]));
    let kept = json!({"id": "U1", "scope": "chat:write"});
    assert_eq!(ada.claims["authed_user"], kept);
    assert_eq!(
        ada.tokens.access.unwrap().expose(),
        "xoxp-1",
        "never the app's"
    );
    assert_eq!(ada.tokens.scopes, ["chat:write"]);
    story.end().await;
}

#[tokio::test]
async fn the_token_of_an_app_is_nobodys_own() {
    let tenant = "tenant = \"team.id\"\ntenant_name = \"team.name\"";
    let story = slack("authed_user.id", tenant).await;
    let app = json!({
        "ok": true, "access_token": "xoxb-1", "token_type": "bot", "scope": "team:read,commands",
        "refresh_token": "xoxe-1", "expires_in": 43200,
        "team": {"id": "T1", "name": "Acme"}, "authed_user": {"id": "U1"}
    });
    let person = json!({
        "ok": true, "team": {"id": "T1", "name": "Acme"}, "enterprise": null, "authed_user": {
            "id": "U1", "scope": "identity.email,identity.basic", "access_token": "xoxp-1", "token_type": "user",
            "refresh_token": "xoxe-2", "expires_in": 43200
        }
    });
    let no_more = (None, None, vec!["commands", "team:read"]);
    let theirs = vec!["identity.basic", "identity.email"];
    for (answer, expected) in [
        (app, no_more),
        (person, (Some("xoxp-1"), Some("xoxe-2"), theirs)),
    ] {
        story.idp.reply("/api/oauth.access", Reply::json(&answer));
        let ada = story.finish().await.unwrap();
        assert_eq!((ada.subject.as_str(), &ada.tenants), ("U1", &vec![acme()]));
        let kept = &ada.tokens;
        let text = |it: &'_ Option<Secret<String>>| it.as_ref().map(|it| it.expose().clone());
        let found = (text(&kept.access), text(&kept.refresh));
        let (access, refresh, scopes) = expected;
        assert_eq!(
            found,
            (access.map(str::to_owned), refresh.map(str::to_owned))
        );
        assert_eq!(kept.scopes, scopes);
    }
    story.end().await;
}

#[tokio::test]
async fn inv_43_what_slack_answers_with_200_is_told_apart_by_its_code() {
    let story = Story::of(|at| lines(at, "revalidation = \"userinfo\"\n")).await;
    for (code, expected) in [
        ("token_revoked", "revoked token_refused"),
        ("account_inactive", "revoked token_refused"),
        ("invalid_auth", "revoked token_refused"),
        ("missing_scope", "fault client"),
        ("not_allowed_token_type", "fault client"),
        ("ratelimited", "transient rate_limited"),
        ("internal_error", "transient status"),
        ("something_new", "transient status"),
    ] {
        let body = json!({"ok": false, "error": code});
        story.idp.reply("/me", Reply::json(&body));
        let outcome = story.again("583231", &held()).await;
        assert_eq!(told(&outcome), expected, "{code}");
    }
    story.end().await;
}

#[tokio::test]
async fn inv_43_asking_with_the_token_ends_in_one_of_five_ways() {
    let story = Story::of(|at| lines(at, "revalidation = \"userinfo\"\n")).await;
    let retry = Reply::new(429, "text/plain", "").with("retry-after", "90");
    let mut other = me();
    other["user"]["id"] = json!(7);
    for (reply, expected) in [
        (Reply::json(&me()), "valid"),
        (Reply::json(&other), "revoked subject_changed"),
        (Reply::error(401, "x"), "revoked token_refused"),
        (Reply::error(403, "invalid_grant"), "transient status"),
        (Reply::error(500, "invalid_grant"), "transient status"),
        (retry, "transient rate_limited 90s"),
        (Reply::json(&json!({"user": {}})), "transient unreadable"),
        (
            Reply::new(200, "text/html", "<html>"),
            "transient unreadable",
        ),
    ] {
        story.idp.reply("/me", reply.clone());
        let outcome = story.again("583231", &held()).await;
        assert_eq!(told(&outcome), expected, "{reply:?}");
    }
    let nothing = story.again("583231", &Tokens::default()).await;
    assert_eq!(told(&nothing), "revoked no_token");
    story.end().await;
}

#[tokio::test]
async fn inv_43_a_refresh_ends_in_one_of_five_ways() {
    let story = Story::of(|at| lines(at, "revalidation = \"refresh_token\"\n")).await;
    story.idp.reply("/me", Reply::json(&me()));
    let words = json!({"error": "server_error", "error_description": "invalid_grant"});
    for (reply, expected) in [
        (Reply::json(&token()), "valid"),
        (Reply::error(400, "invalid_grant"), "revoked invalid_grant"),
        (
            Reply::error(200, "bad_refresh_token"),
            "revoked invalid_grant",
        ),
        (Reply::error(401, "invalid_client"), "fault client"),
        (Reply::error(400, "unauthorized_client"), "fault client"),
        (Reply::new(401, "text/html", "<html>"), "fault client"),
        (Reply::json(&words), "transient status"),
        (Reply::new(403, "text/html", "<html>"), "transient status"),
        (Reply::error(503, "invalid_grant"), "transient status"),
        (
            Reply::new(200, "text/html", "<html>"),
            "transient unreadable",
        ),
    ] {
        story.idp.reply("/token", reply.clone());
        let outcome = story.again("583231", &held()).await;
        assert_eq!(told(&outcome), expected, "{reply:?}");
    }
    let sent = story.idp.seen("/token").remove(0).form;
    assert_eq!(sent["grant_type"], "refresh_token");
    assert_eq!(sent["refresh_token"], "r-1");
    // What the new token is told of another person ends it too (threat model 15).
    story.idp.reply("/token", Reply::json(&token()));
    story
        .idp
        .reply("/me", Reply::json(&json!({"user": {"id": 7}})));
    let outcome = story.again("583231", &held()).await;
    assert_eq!(told(&outcome), "revoked subject_changed");
    let nothing = story.again("583231", &Tokens::default()).await;
    assert_eq!(told(&nothing), "revoked no_token");
    story.end().await;
}

#[tokio::test]
async fn inv_42_a_refresh_keeps_what_came_and_what_was_granted() {
    let story = Story::of(|at| lines(at, "revalidation = \"refresh_token\"\n")).await;
    let answer = json!({"access_token": "a-2", "refresh_token": "r-2"});
    story.idp.reply("/token", Reply::json(&answer));
    let subject = Subject::parse("583231").unwrap();
    let tokens = held();
    let held = Held {
        subject: &subject,
        tokens: &tokens,
    };
    let renewed = story.provider.renew(held, NOW).await.unwrap().unwrap();
    assert_eq!(renewed.access.unwrap().expose(), "a-2");
    assert_eq!(renewed.refresh.unwrap().expose(), "r-2");
    assert_eq!(renewed.scopes, ["mail", "read"]);
    assert_eq!(story.idp.seen("/me").len(), 0, "that is the second half");
    story.end().await;
}

#[tokio::test]
async fn without_a_way_to_ask_nobody_is_asked() {
    let story = Story::of(|at| lines(at, "revalidation = \"none\"\n")).await;
    assert_eq!(
        told(&story.again("583231", &held()).await),
        "not applicable"
    );
    assert_eq!(story.idp.requests(), 0);
    let leave = Url::parse("https://app.example/").unwrap();
    assert_eq!(
        story.provider.end_session(None, &leave).await.unwrap(),
        None
    );
    let token = Secret::new("x".to_owned());
    assert!(story.provider.logout(&token, NOW).await.is_err());
    assert_eq!(story.idp.requests(), 0);
    story.end().await;
}

#[tokio::test]
async fn inv_51_nothing_that_was_sent_is_in_what_the_provider_says() {
    let story = story().await;
    let words = format!(
        "a secret for tests, the-code, {}",
        story.attempt.verifier.expose()
    );
    let body = json!({"error": "invalid_client", "error_description": words});
    story.idp.reply("/token", Reply::json(&body));
    let callback = story.callback();
    let failed = story.provider.finish(&story.attempt, &callback, NOW).await;
    let said = failed.unwrap_err().said.unwrap();
    assert_eq!(said.code(), "invalid_client");
    assert_eq!(said.description(), "…, …, …");
    story.end().await;
}

#[tokio::test]
async fn a_file_cannot_set_what_a_run_depends_on_at_oauth2_either() {
    let story = story().await;
    for url in ["/authorize?state=1", "/authorize?a=b&code_challenge=x"] {
        let mut provider = configured(&lines(&story.idp.issuer, ""));
        let Protocol::OAuth2(oauth2) = &mut provider.protocol else {
            panic!("OAuth 2.0");
        };
        oauth2.authorize_url = format!("{}{url}", story.idp.issuer);
        let built = build(&provider, &story.shared);
        assert!(matches!(built, Err(Error::Misconfigured(_))), "{url}");
    }
    story.end().await;
}
