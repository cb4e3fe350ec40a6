//! GitHub, by a double of its documented web application flow and REST API. A GitHub Enterprise Server has the same below its
//! own address, which is how the double is reached.

use super::*;

/// What GitHub says to a sign-in of Ada that goes well.
async fn story_with(more: &str) -> Story {
    let story = Story::of(|at| format!("preset = \"github\"\nbase_url = \"{at}/\"\n{more}")).await;
    let token =
        json!({"access_token": ACCESS, "scope": "read:org,user:email", "token_type": "bearer"});
    story
        .idp
        .reply("/login/oauth/access_token", Reply::json(&token));
    api(&story, "user", &ada());
    api(&story, "user/emails", &emails(true, true));
    api(&story, "user/orgs", &json!([organization(9919, "Acme")]));
    api(
        &story,
        "user/teams",
        &json!([team("Acme", "engineers"), team("Acme", "on-call")]),
    );
    story
}

async fn story() -> Story {
    story_with("").await
}

fn api(story: &Story, path: &str, body: &Value) {
    story
        .idp
        .reply(&format!("/api/v3/{path}"), Reply::json(body));
}

fn ada() -> Value {
    json!({
        "login": "ada", "id": 583_231, "node_id": "MDQ6VXNlcjE=", "type": "User", "site_admin": false,
        "name": "Ada Lovelace", "company": "@acme", "email": "public@elsewhere.example", "suspended_at": null
    })
}

fn emails(primary: bool, verified: bool) -> Value {
    json!([
        {"email": "other@acme.com", "primary": false, "verified": true, "visibility": null},
        {"email": "ada@acme.com", "primary": primary, "verified": verified, "visibility": "private"}
    ])
}

fn organization(id: u64, login: &str) -> Value {
    json!({"login": login, "id": id, "node_id": "x", "description": null})
}

fn team(organization: &str, slug: &str) -> Value {
    json!({
        "id": 1, "slug": slug, "name": "A Name", "privacy": "closed",
        "organization": {"login": organization, "id": 9919}
    })
}

fn held() -> Tokens {
    Tokens {
        access: Some(Secret::new(ACCESS.to_owned())),
        ..Tokens::default()
    }
}

const CHECK: &str = "/api/v3/applications/doorward/token";

#[tokio::test]
async fn a_person_is_their_number_with_address_organizations_and_teams() {
    let story = story().await;
    let url = story.begin(&story.attempt).await;
    assert_eq!(url.path(), "/login/oauth/authorize");
    assert_eq!(query(&url, "scope"), ["user:email,read:org"]);
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.subject.as_str(), "583231");
    assert_eq!(ada.preferred_username.as_deref(), Some("ada"));
    assert_eq!(
        ada.email.as_deref(),
        Some("ada@acme.com"),
        "not the public one"
    );
    assert!(ada.email_verified && ada.groups_are_teams);
    assert_eq!(ada.groups.unwrap(), ["Acme/engineers", "Acme/on-call"]);
    let acme = Tenant {
        id: "9919".to_owned(),
        name: "Acme".to_owned(),
    };
    assert_eq!(ada.tenants, [acme]);
    assert_eq!(ada.tokens.scopes, ["read:org", "user:email"]);
    let [sent] = story
        .idp
        .seen("/login/oauth/access_token")
        .try_into()
        .unwrap();
    assert_eq!(sent.form["client_secret"], "a secret for tests");
    assert_eq!(&sent.form["code_verifier"], story.attempt.verifier.expose());
    assert_eq!(
        sent.header("accept").unwrap(),
        "application/json",
        "else it sends a form"
    );
    for path in ["user", "user/emails", "user/orgs", "user/teams"] {
        let [asked] = story
            .idp
            .seen(&format!("/api/v3/{path}"))
            .try_into()
            .unwrap();
        assert_eq!(
            asked.header("authorization").unwrap(),
            format!("Bearer {ACCESS}")
        );
    }
    story.end().await;
}

#[tokio::test]
async fn another_account_and_a_hint_are_asked_for_in_githubs_words() {
    let story = story().await;
    let attempt = Attempt {
        select_account: true,
        login_hint: LoginHint::parse("ada"),
        ..story.attempt.clone()
    };
    let url = story.begin(&attempt).await;
    assert_eq!(query(&url, "prompt"), ["select_account"]);
    assert_eq!(query(&url, "login"), ["ada"]);
    let nothing_more = config::Assurance {
        max_age: None,
        acr_values: Vec::new(),
    };
    for (insist, prompt) in [(false, None), (true, Some("select_account"))] {
        let demand = Some(Demand {
            assurance: nothing_more.clone(),
            insist,
        });
        let attempt = Attempt {
            demand,
            ..story.attempt.clone()
        };
        let url = story.begin(&attempt).await;
        assert_eq!(query(&url, "prompt").first().map(String::as_str), prompt);
    }
    story.end().await;
}

#[tokio::test]
async fn inv_19_an_address_is_the_primary_one_and_verified_or_there_is_no_sign_in() {
    let story = story().await;
    for (emails, check) in [
        (emails(false, true), Check::NoPrimaryEmail),
        (json!([]), Check::NoPrimaryEmail),
        (emails(true, false), Check::NoVerifiedEmail),
        (
            json!([{"email": "a@b", "primary": true, "verified": "true"}]),
            Check::NoVerifiedEmail,
        ),
    ] {
        api(&story, "user/emails", &emails);
        assert_rejected(&story.finish().await, check, &emails.to_string());
    }
    // Whoever is in already is not blamed for it: the rules that need an address judge.
    let outcome = story.again("583231", &held()).await;
    let Outcome::Valid(Some(ada)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(!ada.email_verified);
    story.end().await;
}

/// Lists of so many pages, each with one organization.
fn pages(story: &Story, count: usize) {
    let next = |page: usize| format!("/api/v3/user/orgs?per_page=100&page={page}");
    for page in 1..=count {
        let path = match page {
            1 => "/api/v3/user/orgs?per_page=100".to_owned(),
            page => next(page),
        };
        let body = json!([organization(page as u64, &format!("org-{page}"))]);
        let at = &story.idp.issuer;
        let last = format!("<{at}{}>; rel=\"last\"", next(count));
        let link = format!("<{at}{}>; rel=\"next\", {last}", next(page + 1));
        let reply = Reply::json(&body);
        let is_last = page == count;
        story.idp.reply(
            &path,
            if is_last {
                reply
            } else {
                reply.with("link", &link)
            },
        );
    }
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let story = story().await;
    pages(&story, 3);
    let ada = story.finish().await.unwrap();
    let ids: Vec<&str> = ada.tenants.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    story.end().await;
}

#[tokio::test]
async fn inv_20_a_list_with_too_many_pages_is_unknown_as_a_whole() {
    let story = story().await;
    pages(&story, 50);
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.tenants, [], "none rather than some");
    assert_eq!(story.idp.seen("/api/v3/user/orgs").len(), 5, "a bound");
    let at = story.idp.issuer.clone();
    let again = format!("<{at}/api/v3/user/teams?per_page=100>; rel=\"next\"");
    let list = Reply::json(&json!([team("Acme", "engineers")])).with("link", &again);
    story.idp.reply("/api/v3/user/teams", list);
    let ada = story.finish().await.unwrap();
    assert_eq!(ada.groups, None, "a list that never ends");
    story.end().await;
}

#[tokio::test]
async fn inv_48_a_link_to_elsewhere_does_not_get_the_token() {
    let story = story().await;
    let elsewhere = TestProvider::start().await;
    for link in [
        format!("<{}/user/orgs>; rel=\"next\"", elsewhere.issuer),
        "rel=\"next\"".to_owned(),
        "<nonsense>; rel=\"next\"".to_owned(),
    ] {
        let list = Reply::json(&json!([])).with("link", &link);
        story.idp.reply("/api/v3/user/orgs", list);
        assert_rejected(&story.finish().await, Check::UserInfo, &link);
    }
    assert_eq!(elsewhere.requests(), 0);
    elsewhere.stop().await;
    story.end().await;
}

#[tokio::test]
async fn the_errors_of_the_exchange_come_with_status_200() {
    let story = story().await;
    for (code, expected) in [
        ("bad_verification_code", "rejected TokenResponse"),
        ("incorrect_client_credentials", "misconfigured"),
        ("redirect_uri_mismatch", "misconfigured"),
        ("unverified_user_email", "refused Other"),
    ] {
        let body = json!({
            "error": code, "error_description": "As it says.", "error_uri": "https://docs.github.com/x"
        });
        story
            .idp
            .reply("/login/oauth/access_token", Reply::json(&body));
        let error = story.finish().await.unwrap_err();
        assert_eq!(meaning(&error), expected, "{code}");
    }
    assert_eq!(story.idp.seen("/api/v3/user").len(), 0);
    story.end().await;
}

#[test]
fn errors_of_the_callback_are_told_apart() {
    for (code, refusal) in [
        ("access_denied", Refusal::AccessDenied),
        ("application_suspended", Refusal::Registration),
        ("redirect_uri_mismatch", Refusal::Registration),
    ] {
        assert_eq!(Refusal::parse(code), refusal, "{code}");
    }
}

#[tokio::test]
async fn what_the_api_lacks_is_no_identity() {
    for (path, body) in [
        ("user", json!({"login": "ada"})),
        ("user", json!({"login": "ada", "id": "583231"})),
        ("user", json!({"login": "ada", "id": null})),
    ] {
        let story = story().await;
        api(&story, path, &body);
        assert_rejected(&story.finish().await, Check::Subject, &body.to_string());
        story.end().await;
    }
    for (path, body) in [
        ("user/orgs", json!([{"login": "Acme"}])),
        ("user/orgs", json!({"message": "Not Found"})),
        ("user/teams", json!([{"slug": "engineers"}])),
        ("user/emails", json!([{"primary": true, "verified": true}])),
    ] {
        let story = story().await;
        api(&story, path, &body);
        assert_rejected(&story.finish().await, Check::UserInfo, &body.to_string());
        story.end().await;
    }
}

fn message(status: u16, text: &str) -> Reply {
    let body = json!({"message": text, "documentation_url": "https://docs.github.com/rest", "status": status.to_string()});
    Reply::new(status, "application/json; charset=utf-8", &body.to_string())
}

/// Asks again about Ada when `/user` says this, and the check of the token that.
async fn asked(user: Reply, check: Option<Reply>, expected: &str) {
    let story = story().await;
    story.idp.reply("/api/v3/user", user.clone());
    let and = check.clone().unwrap_or(Reply::Nothing);
    story.idp.reply(CHECK, and);
    let outcome = story.again("583231", &held()).await;
    assert_eq!(told(&outcome), expected, "{user:?} {check:?}");
    assert_eq!(story.idp.seen(CHECK).len(), usize::from(check.is_some()));
    story.end().await;
}

#[tokio::test]
async fn inv_43_a_refused_token_and_a_suspended_account_are_a_no_unless_it_is_our_application() {
    let gone = || message(404, "Not Found");
    let not_us = || message(401, "Bad credentials");
    let good = || Reply::json(&json!({"id": 1}));
    for (status, check, expected) in [
        (401, gone(), "revoked token_refused"),
        (401, message(502, "x"), "revoked token_refused"),
        (401, not_us(), "fault client"),
        (403, good(), "revoked suspended"),
        (403, gone(), "revoked token_refused"),
        (403, not_us(), "fault client"),
        (403, message(403, "suspended"), "fault client"),
        (403, message(500, "x"), "transient status"),
    ] {
        // Whatever the words.
        for text in ["Sorry. Your account was suspended", "x"] {
            asked(message(status, text), Some(check.clone()), expected).await;
        }
    }
}

#[tokio::test]
async fn inv_43_what_is_no_answer_blames_nobody() {
    let reset = (NOW.as_seconds() + 1800).to_string();
    let primary = message(403, "API rate limit exceeded")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", &reset);
    let secondary = message(403, "You have exceeded a secondary rate limit");
    let busy = Reply::new(429, "text/plain", "");
    for (user, expected) in [
        (Reply::json(&ada()), "valid"),
        (primary, "transient rate_limited 1800s"),
        (
            secondary.with("retry-after", "60"),
            "transient rate_limited 60s",
        ),
        (busy.with("retry-after", "7"), "transient rate_limited 7s"),
        (message(404, "Not Found"), "transient status"),
        (message(503, "x"), "transient status"),
        (
            Reply::new(200, "text/html", "<html>"),
            "transient unreadable",
        ),
    ] {
        asked(user, None, expected).await;
    }
}

#[tokio::test]
async fn the_application_asks_about_a_token_in_its_own_name() {
    let story = story().await;
    story
        .idp
        .reply("/api/v3/user", message(401, "Bad credentials"));
    story.idp.reply(CHECK, message(404, "Not Found"));
    story.again("583231", &held()).await;
    let [asked] = story.idp.seen(CHECK).try_into().unwrap();
    assert!(asked.head.starts_with("POST "));
    assert!(asked.header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(asked.body, json!({ "access_token": ACCESS }).to_string());
    story.end().await;
}

#[tokio::test]
async fn a_test_of_the_provider_finds_a_wrong_secret() {
    let story = story().await;
    for (reply, expected) in [
        (message(404, "Not Found"), Verdict::Fine),
        (message(422, "Validation Failed"), Verdict::Fine),
        (message(401, "Bad credentials"), Verdict::Failed),
        (message(503, "x"), Verdict::Failed),
    ] {
        story.idp.reply(CHECK, reply);
        let examined = story.provider.examine("https://app.example.com/cb").await;
        let [found, again] = examined.findings.try_into().unwrap();
        assert_eq!(
            (again.check, again.verdict),
            (Checked::Revalidation, Verdict::Fine)
        );
        assert_eq!((found.check, found.verdict), (Checked::Client, expected));
    }
    story.end().await;
}

#[tokio::test]
async fn a_suspended_account_and_another_person_are_out() {
    let story = story().await;
    let mut suspended = ada();
    suspended["suspended_at"] = json!("2026-01-02T03:04:05Z");
    api(&story, "user", &suspended);
    assert_eq!(
        told(&story.again("583231", &held()).await),
        "revoked suspended"
    );
    let finished = story.finish().await;
    assert!(
        matches!(&finished, Err(Error::Refused(Refusal::Suspended))),
        "{finished:?}"
    );
    let mut other = ada();
    other["id"] = json!(7);
    api(&story, "user", &other);
    assert_eq!(
        told(&story.again("583231", &held()).await),
        "revoked subject_changed"
    );
    let nothing = story.again("583231", &Tokens::default()).await;
    assert_eq!(told(&nothing), "revoked no_token");
    story.end().await;
}

#[tokio::test]
async fn a_lost_membership_is_what_the_rules_see() {
    let story = story().await;
    api(&story, "user/orgs", &json!([]));
    api(&story, "user/teams", &json!([]));
    let outcome = story.again("583231", &held()).await;
    let Outcome::Valid(Some(ada)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((ada.tenants, ada.groups), (Vec::new(), Some(Vec::new())));
    for (path, reply, expected) in [
        (
            "user/orgs",
            message(403, "Resource not accessible"),
            "transient status",
        ),
        ("user/teams", message(404, "Not Found"), "transient status"),
        ("user/teams", message(500, "x"), "transient status"),
    ] {
        story.idp.reply(&format!("/api/v3/{path}"), reply);
        assert_eq!(
            told(&story.again("583231", &held()).await),
            expected,
            "{path}"
        );
    }
    story.end().await;
}

#[tokio::test]
async fn asked_by_userinfo_only_the_account_is_confirmed() {
    let story = story_with("revalidation = \"userinfo\"\n").await;
    let outcome = story.again("583231", &held()).await;
    assert!(matches!(outcome, Outcome::Valid(None)), "{outcome:?}");
    assert_eq!(story.idp.seen("/api/v3/user/orgs").len(), 0);
    story.end().await;
}

#[tokio::test]
async fn expiring_tokens_of_a_github_app_are_refreshed() {
    let story = story_with("revalidation = \"refresh_token\"\n").await;
    let tokens = Tokens {
        refresh: Some(Secret::new("ghr_1".to_owned())),
        ..held()
    };
    let answer = json!({
        "access_token": "ghu_2", "expires_in": 28_800, "refresh_token": "ghr_2",
        "refresh_token_expires_in": 15_811_200, "scope": "", "token_type": "bearer"
    });
    story
        .idp
        .reply("/login/oauth/access_token", Reply::json(&answer));
    assert_eq!(told(&story.again("583231", &tokens).await), "valid");
    let asked = story.idp.seen("/api/v3/user").remove(0);
    assert_eq!(asked.header("authorization").unwrap(), "Bearer ghu_2");
    let refused = json!({"error": "bad_refresh_token", "error_description": "x"});
    story
        .idp
        .reply("/login/oauth/access_token", Reply::json(&refused));
    assert_eq!(
        told(&story.again("583231", &tokens).await),
        "revoked invalid_grant"
    );
    story.end().await;
}

#[test]
fn the_api_is_where_each_kind_of_github_has_it() {
    for (base, api, authorize) in [
        (
            "",
            "https://api.github.com",
            "https://github.com/login/oauth/authorize",
        ),
        (
            "base_url = \"https://github.acme.com/\"",
            "https://github.acme.com/api/v3",
            "https://github.acme.com/login/oauth/authorize",
        ),
        (
            "base_url = \"https://acme.ghe.com\"",
            "https://api.acme.ghe.com",
            "https://acme.ghe.com/login/oauth/authorize",
        ),
    ] {
        let provider = configured(&format!("preset = \"github\"\n{base}"));
        let Protocol::OAuth2(oauth2) = provider.protocol else {
            panic!("OAuth 2.0");
        };
        let profile = config::PersonSource::GitHub {
            api: api.to_owned(),
        };
        assert_eq!(
            (oauth2.profile, oauth2.authorize_url.as_str()),
            (profile, authorize)
        );
        assert_eq!(oauth2.revalidation, config::RevalidationMethod::Membership);
    }
}
