//! The way in: from the first request to the application's page, and what is sent to the provider on it.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::idp::grace;
use crate::support::wire::Answer;
use crate::support::world::{CLIENT_SECRET, ONE, OWN_HOST, TWO, url};
use crate::support::{Browser, Page, World};

#[tokio::test]
async fn a_newcomer_lands_where_they_were_going_with_their_identity() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.visit(&url("/reports?year=2026")).await;
    assert_eq!(page.is(200).path(), "/reports?year=2026");
    assert_eq!(page.text, "hello from the application");
    let heard = world.application.last();
    assert_eq!(heard.target(), "/reports?year=2026");
    assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
    assert_eq!(heard.field("remote-organization"), Some("acme"));
    assert!(heard.field("sso-jwt-assertion").is_some());
    assert_eq!(heard.field("cookie"), None, "our cookies stay with us");
    assert_eq!(world.application.heard().len(), 1);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_same_person_comes_back_to_the_same_account_from_another_browser() {
    let world = World::new().await;
    let mut accounts = BTreeSet::new();
    for _ in 0..2 {
        let mut browser = world.browser();
        browser.visit(&url("/")).await.is(200);
        accounts.insert(
            world
                .application
                .last()
                .field("remote-user")
                .unwrap()
                .to_owned(),
        );
    }
    world.acme.person(grace());
    world.browser().visit(&url("/")).await.is(200);
    accounts.insert(
        world
            .application
            .last()
            .field("remote-user")
            .unwrap()
            .to_owned(),
    );
    assert_eq!(
        accounts.len(),
        2,
        "one for Ada, one for Grace: {accounts:?}"
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn the_authorization_request_says_exactly_what_it_must() {
    let world = World::new().await;
    let mut browser = world.browser();
    let door = browser
        .get(&url("/_sso/login/acme?rd=/reports&secret=of-the-start"))
        .await;
    let authorize = door.is(303).leads_to().unwrap();
    assert!(
        authorize
            .as_str()
            .starts_with(&format!("{}/authorize?", world.acme.issuer))
    );
    let query: std::collections::BTreeMap<_, _> = authorize.query_pairs().into_owned().collect();
    let names: Vec<&str> = query.keys().map(String::as_str).collect();
    let expected = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(
        names, expected,
        "no parameter of the start travels to the provider"
    );
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], "doorward");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["redirect_uri"], url("/_sso/callback/acme-idp"));
    assert_eq!(query["scope"], "openid email profile");
    for random in ["state", "nonce", "code_challenge"] {
        assert!(query[random].len() >= 43, "{random} has 256 bits");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn the_token_request_says_exactly_what_it_must() {
    for (method, in_form) in [("client_secret_basic", false), ("client_secret_post", true)] {
        let provider = format!(
            "[providers.acme-idp]\nkind = \"oidc\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
             client_secret = \"{CLIENT_SECRET}\"\nclient_authentication = \"{method}\"\n{ONE}"
        );
        let world = World::with(&provider).await;
        world.signed_in().await;
        let heard = world.acme.heard("/token").pop().unwrap();
        let mut form = heard.form();
        assert_eq!(form.remove("grant_type").unwrap(), "authorization_code");
        assert_eq!(
            form.remove("redirect_uri").unwrap(),
            url("/_sso/callback/acme-idp")
        );
        assert!(form.remove("code").is_some() && form.remove("code_verifier").unwrap().len() >= 43);
        assert_eq!(form.remove("client_secret").is_some(), in_form);
        assert_eq!(heard.field("authorization").is_some(), !in_form);
        form.remove("client_id");
        assert!(form.is_empty(), "{form:?}");
        world.end(&[]).await;
    }
}

#[tokio::test]
async fn an_e_mail_address_leads_to_its_organization_and_unknown_ones_nowhere() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    let page = browser.visit(&url("/reports")).await;
    assert!(
        page.is(200).path().starts_with("/_sso/login?"),
        "two organizations: which?"
    );
    assert!(
        !page.text.contains("Globex"),
        "nobody is told who else is here"
    );
    let rd = page.input("rd");
    let unknown = [("email", "eve@elsewhere.com"), ("rd", rd.as_str())];
    let unknown = browser.post(&url("/_sso/login"), &unknown).await;
    assert!(unknown.is(200).text.contains("eve@elsewhere.com"));
    for (typed, told) in [("", "Enter your e-mail address."), ("ada", "in the form ")] {
        let form = [("email", typed), ("rd", rd.as_str())];
        let page = browser.post(&url("/_sso/login"), &form).await;
        assert!(page.is(200).text.contains(told), "{typed:?}: {}", page.text);
    }
    let known = browser
        .post(
            &url("/_sso/login"),
            &[("email", "Ada@ACME.com"), ("rd", &rd)],
        )
        .await;
    let landed = browser.follow(known).await;
    assert_eq!((landed.status, landed.path().as_str()), (200, "/reports"));
    let asked = world.acme.heard("/authorize").pop().unwrap().query();
    assert_eq!(asked["login_hint"], "ada@acme.com");
    assert_eq!(world.globex.requests(), 0);
    world.end(&[&browser]).await;
}

/// What is shown for an address: all but the reference and the address itself.
async fn typed(world: &World, email: &str) -> String {
    let form = [("email", email), ("rd", "/reports")];
    let page = world.browser().post(&url("/_sso/login"), &form).await;
    assert_eq!(page.is(200).kind(), Some("email-first"));
    let reference = page.field("sso-reference").unwrap();
    let all = format!("{}{}", page.head, page.text);
    all.replace(reference, "AAAA-AAAA")
        .replace(email, "an address")
}

#[tokio::test]
async fn a_suspended_and_a_disabled_organization_look_like_one_that_is_not_there() {
    let initech = "[organizations.initech]\nname = \"Initech\"\ndomains = [\"initec.com\"]\nenabled = false\n\
                   providers = [\"acme-idp\"]\n";
    let world = World::with(&format!("{TWO}{initech}")).await;
    let suspend = "/organizations/globex/suspend";
    let socket = world.broker.socket();
    let _: Value = socket.post(suspend, &json!({})).await.unwrap();
    // Of one length, so that the answers are too.
    let unknown = typed(&world, "eve@nobody.com").await;
    for shut in ["eve@globex.com", "eve@initec.com"] {
        assert_eq!(typed(&world, shut).await, unknown, "{shut}");
    }
    for name in ["Globex", "globex", "Initech", "initech", "Acme"] {
        assert!(!unknown.contains(name), "{name}: {unknown}");
    }
    // Nobody outside was asked, who could have taken longer for one of them.
    assert_eq!((world.acme.requests(), world.globex.requests()), (0, 0));
    world.end(&[]).await;
}

#[tokio::test]
async fn a_domain_of_two_organizations_asks_which_and_one_click_leads_on() {
    let two = TWO.replace("globex.com", "acme.com");
    let world = World::with(&two).await;
    let mut browser = world.browser();
    let form = [("email", "ada@acme.com"), ("rd", "/reports")];
    let page = browser.post(&url("/_sso/login"), &form).await;
    assert_eq!(page.is(200).kind(), Some("choose"));
    let door = "/_sso/login/globex?rd=/reports&amp;login_hint=ada@acme.com";
    assert!(page.text.contains(door), "{}", page.text);
    browser
        .visit(&url(&door.replace("&amp;", "&")))
        .await
        .is(200);
    let asked = world.globex.heard("/authorize").pop().unwrap().query();
    assert_eq!(asked["login_hint"], "ada@acme.com");
    assert_eq!(world.acme.requests(), 0);
    world.end(&[&browser]).await;
}

/// Whoever owns the provider could otherwise read what only this machine can reach.
#[tokio::test]
async fn inv_48_a_provider_that_leads_to_another_network_is_not_followed() {
    let world = World::new().await;
    let (issuer, inside) = (world.acme.issuer.clone(), "https://169.254.169.254/latest");
    world
        .acme
        .answer("/.well-known/openid-configuration", move |_| {
            Answer::json(&json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": inside,
                "jwks_uri": format!("{issuer}/jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }))
        });
    let mut browser = world.browser();
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.kind(), Some("provider-misconfigured"));
    assert!(!page.text.contains("169.254"), "{}", page.text);
    assert!(world.logs.text().contains("private_network"));
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

/// It would be stored with the run, and anybody can write one into an address.
#[tokio::test]
async fn inv_54_a_hint_that_is_no_address_is_left_out() {
    let world = World::new().await;
    let long = "x".repeat(321);
    for bad in [long.as_str(), "ada%0D%0Aevil", "%00"] {
        let mut browser = world.browser();
        let door = url(&format!("/_sso/login/acme?login_hint={bad}"));
        browser.visit(&door).await.is(200);
        let asked = world.acme.heard("/authorize").pop().unwrap().query();
        assert_eq!(asked.get("login_hint"), None, "{bad}");
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn the_organization_is_remembered_for_the_next_time() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/globex")).await.is(200);
    browser.lose_cookie("app.example.com", "__Host-sso");
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.is(200).text, "hello from the application");
    assert_eq!(world.globex.heard("/authorize").len(), 2);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_choice_of_providers_is_shown_and_each_leads_on() {
    let world = World::with(
        "[organizations.acme]\nname = \"Acme\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n",
    )
    .await;
    let mut browser = world.browser();
    let choice = browser.visit(&url("/reports")).await;
    assert!(choice.is(200).text.contains("/_sso/login/acme/globex-idp"));
    let rd = choice.input("rd");
    let sent = browser
        .post(&url("/_sso/login/acme/globex-idp"), &[("rd", &rd)])
        .await;
    assert_eq!(
        sent.is(200).kind(),
        Some("redirecting"),
        "a page that moves on, so that no policy of the form stands in the way"
    );
    assert_eq!(browser.follow(sent).await.is(200).path(), "/reports");
    assert_eq!(
        (world.globex.heard("/token").len(), world.acme.requests()),
        (1, 0)
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn ten_tabs_sign_in_at_once_and_each_lands_where_it_was_going() {
    let world = World::new().await;
    let mut browser = world.browser();
    let mut back = Vec::new();
    for tab in 0..10 {
        back.push((
            tab,
            browser
                .away_and_back(&url(&format!("/_sso/login/acme?rd=/tab/{tab}")))
                .await,
        ));
    }
    world.later(Duration::from_secs(1));
    for (tab, callback) in back {
        let landed = browser.visit(&callback).await;
        assert_eq!((landed.status, landed.path()), (200, format!("/tab/{tab}")));
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn parallel_sign_ins_of_one_new_person_make_one_account() {
    let world = World::new().await;
    let mut browsers: Vec<Browser> = (0..8).map(|_| world.browser()).collect();
    let mut callbacks = Vec::new();
    for browser in &mut browsers {
        callbacks.push(browser.away_and_back(&url("/_sso/login/acme")).await);
    }
    let visits = browsers
        .iter_mut()
        .zip(&callbacks)
        .map(|(browser, callback)| browser.visit(callback));
    for page in join_all(visits).await {
        page.is(200);
    }
    let heard = world.application.heard();
    let accounts: BTreeSet<_> = heard
        .iter()
        .map(|heard| heard.field("remote-user").unwrap())
        .collect();
    assert_eq!((heard.len(), accounts.len()), (8, 1));
    world.end(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_asked_again_when_it_is_up() {
    let world = World::new().await;
    let down = |_: &_| Answer::new(503, "text/plain", "down");
    world.acme.answer("/.well-known/openid-configuration", down);
    let mut browser = world.browser();
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.is(502).kind(), Some("provider-unreachable"));
    world.application.heard_nothing();
    let issuer = world.acme.issuer.clone();
    let endpoint = move |path: &str| format!("{issuer}/{path}");
    world
        .acme
        .answer("/.well-known/openid-configuration", move |_| {
            Answer::json(&json!({
                "issuer": endpoint("").trim_end_matches('/'),
                "authorization_endpoint": endpoint("authorize"),
                "token_endpoint": endpoint("token"),
                "jwks_uri": endpoint("jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }))
        });
    world.later(Duration::from_secs(60));
    browser.visit(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_is_not_admitted_sees_why_and_gets_no_session() {
    let world = World::with(&format!(
        "{ONE}allow = {{ groups_any = [\"it-admins\"] }}\n"
    ))
    .await;
    world.acme.person(grace());
    let mut browser = world.browser();
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.is(403).kind(), Some("account-not-allowed"));
    assert!(page.text.contains("grace@acme.com"), "as whom");
    assert!(
        !page.text.contains("it-admins"),
        "the rule is nobody's business"
    );
    assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

/// The page that stops a circle says what was found, as its log line does, and leads on; nobody was asked.
#[track_caller]
fn stopped(world: &World, page: &Page, cause: &str, words: &str, exchanges: usize) {
    assert_eq!(page.is(508).kind(), Some("redirect-loop"));
    assert!(page.text.contains(words), "{words:?}: {}", page.text);
    assert!(page.text.contains("?rd=%2Freports\""), "{}", page.text);
    let reference = page.field("sso-reference").unwrap();
    let records = world.logs.with_reference(reference);
    assert!(
        records
            .iter()
            .any(|record| record.to_string().contains(cause)),
        "{cause}: {records:?}"
    );
    let asked = world.acme.heard("/token").len() + world.globex.heard("/token").len();
    assert_eq!(asked, exchanges, "the last one was not exchanged");
}

const SESSION: &str = "__Host-sso";

#[tokio::test]
async fn a_browser_that_signs_in_again_and_again_is_stopped() {
    let world = World::new().await;
    let mut browser = world.browser();
    for _ in 0..3 {
        assert_eq!(browser.visit(&url("/reports")).await.is(200).kind(), None);
        // Something between us keeps this cookie from us, and only this one.
        browser.lose_cookie("app.example.com", "__Host-sso");
    }
    world.application.forget();
    let page = browser.visit(&url("/reports")).await;
    let words = "The session cookie did not come back";
    stopped(&world, &page, "CookieLost", words, 3);
    world.application.heard_nothing();
    world.later(Duration::from_secs(60));
    browser.visit(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_circle_is_told_apart_by_what_became_of_the_session() {
    let world = World::new().await;
    let mut browser = world.browser();
    // Where the page that tells of a provider's logout leads.
    let door = url("/_sso/login/acme?rd=/reports");
    for _ in 0..3 {
        browser.visit(&door).await.is(200);
        let token = world.acme.logout_token(&json!({ "sub": "subject-of-ada" }));
        let end = url("/_sso/logout/backchannel/acme-idp");
        let form = [("logout_token", token.as_str())];
        browser.post_from_elsewhere(&end, &form).await.is(200);
    }
    let page = browser.visit(&door).await;
    stopped(&world, &page, "SessionOver", "was over already", 3);

    let mut browser = world.browser();
    let door = url("/_sso/login/acme?rd=/reports");
    let left_open = browser.away_and_back(&door).await;
    for _ in 0..3 {
        browser.lose_cookie("app.example.com", SESSION);
        browser.visit(&url("/reports")).await.is(200);
    }
    let page = browser.get(&left_open).await;
    stopped(&world, &page, "SignedIn", "its session is alive", 6);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_the_shared_host_cannot_see_of_a_circle_its_own_host_says_or_nobody_claims() {
    let world = World::with(OWN_HOST).await;
    let reports = "https://globex.example.com/reports";
    let mut browser = world.browser();
    for _ in 0..3 {
        browser.visit(reports).await.is(200);
        browser.lose_cookie("globex.example.com", SESSION);
    }
    let page = browser.visit(reports).await;
    stopped(&world, &page, "CookieLost", "cookie did not come back", 3);

    let mut browser = world.browser();
    for _ in 0..3 {
        browser.visit(reports).await.is(200);
        browser.put_cookie("globex.example.com", SESSION, &"a".repeat(43));
    }
    let page = browser.visit(reports).await;
    stopped(&world, &page, "SessionOver", "was over already", 6);

    // Who comes without that word, from a page of before, say.
    let mut browser = world.browser();
    for _ in 0..3 {
        browser.visit(reports).await.is(200);
        browser.lose_cookie("globex.example.com", SESSION);
    }
    let door = "https://globex.example.com/_sso/login/globex?rd=/reports";
    let shared = browser.get(door).await.leads_to().unwrap();
    let shared = shared.as_str().replace("&before=absent", "");
    let page = browser.visit(&shared).await;
    stopped(&world, &page, "OutOfSight", "cannot be told from here", 9);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_chooses_another_account_again_and_again_is_not_stopped() {
    let world = World::new().await;
    let (mut browser, _) = world.signed_in().await;
    for _ in 0..5 {
        let door = url("/_sso/login/acme?prompt=select_account&rd=/reports");
        assert_eq!(browser.visit(&door).await.is(200).path(), "/reports");
        let asked = world.acme.heard("/authorize").pop().unwrap().query();
        assert_eq!(asked["prompt"], "select_account");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_12_no_sign_in_begins_from_a_foreign_form() {
    let world = World::with(TWO).await;
    let mut browser = world.browser();
    for (path, form) in [
        ("/_sso/login", ("email", "ada@acme.com")),
        ("/_sso/login/acme/acme-idp", ("rd", "/")),
    ] {
        let page = browser.post_from_elsewhere(&url(path), &[form]).await;
        assert_eq!(page.is(400).kind(), Some("login-expired"));
        assert!(page.fields("set-cookie").is_empty());
    }
    assert_eq!(world.acme.requests(), 0);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_38_return_paths_lead_nowhere_else() {
    let world = World::new().await;
    for evil in [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "/_sso/logout",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y",
    ] {
        let mut browser = world.browser();
        let rd = form_urlencoded::byte_serialize(evil.as_bytes()).collect::<String>();
        let callback = browser
            .away_and_back(&url(&format!("/_sso/login/acme?rd={rd}")))
            .await;
        let landed = browser.get(&callback).await;
        assert_eq!(landed.is(303).field("location"), Some("/"), "{evil:?}");
    }
    world.end(&[]).await;
}
