//! The way back: what may come to the redirect URI, once, from whom; and what everything else gets.

use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;

use crate::support::wire::Answer;
use crate::support::world::{ONE, OWN_HOST, TWO, url};
use crate::support::{Browser, Page, World};

/// A refusal: one page, no call to the provider, no session, nothing at the application.
#[track_caller]
fn refused(world: &World, browser: &Browser, page: &Page, kind: &str, calls_before: usize) {
    assert_eq!(page.kind(), Some(kind), "{}", page.text);
    assert_eq!(
        world.acme.back_channel(),
        calls_before,
        "no call to the provider"
    );
    assert_eq!(
        browser.cookie("app.example.com", "__Host-sso"),
        None,
        "no session"
    );
    world.application.heard_nothing();
}

#[tokio::test]
async fn inv_09_what_does_not_match_its_run_calls_nobody_and_changes_nothing() {
    let world = World::with(
        "[organizations.acme]\nname = \"Acme\"\nproviders = [\"acme-idp\", \"globex-idp\"]\n",
    )
    .await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    let sent = browser
        .post(&url("/_sso/login/acme/acme-idp"), &[("rd", "/")])
        .await;
    let callback = browser
        .away_and_back(sent.leads_to().unwrap().as_str())
        .await;
    let state_at = callback.find("state=").unwrap() + 6;
    let mut unknown = callback.clone();
    unknown.replace_range(state_at..state_at + 4, "AAAA");
    let cases = [
        (unknown, "login-expired", "Unknown"),
        (
            callback.replace("/callback/acme-idp", "/callback/globex-idp"),
            "login-expired",
            "WrongProvider",
        ),
        (
            url("/_sso/callback/acme-idp?code=only"),
            "bad-request",
            "form",
        ),
        (
            callback.replace("/callback/acme-idp", "/callback/nobody-idp"),
            "not-found",
            "",
        ),
    ];
    let calls = world.acme.back_channel();
    for (at, kind, reason) in cases {
        let page = browser.get(&at).await;
        refused(&world, &browser, &page, kind, calls);
        let records = world
            .logs
            .with_reference(page.field("sso-reference").unwrap());
        assert!(
            records
                .iter()
                .any(|record| record.to_string().contains(reason)),
            "{records:?} says {reason}"
        );
    }
    let mut stranger = world.browser();
    stranger.get(&url("/_sso/login/acme")).await;
    stranger.put_cookie("app.example.com", "__Host-sso-org", "acme");
    let page = stranger.get(&callback).await;
    refused(&world, &stranger, &page, "login-expired", calls);
    world.later(Duration::from_secs(601));
    let page = browser.get(&callback).await;
    refused(&world, &browser, &page, "login-expired", calls);
    assert!(world.logs.text().contains("Foreign") && world.logs.text().contains("Expired"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_08_a_run_is_used_once_however_many_answers_come_at_once() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    let mut copies: Vec<Browser> = (0..20).map(|_| browser.clone()).collect();
    let pages = join_all(copies.iter_mut().map(|copy| copy.get(&callback))).await;
    let landed = pages.iter().filter(|page| page.status == 303).count();
    assert_eq!(landed, 1, "one wins");
    assert!(
        pages
            .iter()
            .all(|page| page.status == 303 || page.kind() == Some("login-expired"))
    );
    assert_eq!(world.acme.heard("/token").len(), 1, "one exchange");
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_08_a_run_survives_a_restart_open_and_stays_used() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    let world = world.restart().await;
    browser.now_at(world.broker.address);
    let mut thief = browser.clone();
    assert_eq!(browser.visit(&callback).await.is(200).path(), "/reports");
    let world = world.restart().await;
    thief.now_at(world.broker.address);
    assert_eq!(
        thief.get(&callback).await.is(400).kind(),
        Some("login-expired")
    );
    assert_eq!(world.acme.heard("/token").len(), 1);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_reloaded_callback_goes_where_it_was_going_and_exchanges_nothing() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    browser.visit(&callback).await.is(200);
    assert_eq!(browser.visit(&callback).await.is(200).path(), "/reports");
    assert_eq!(
        world.acme.heard("/token").len(),
        1,
        "a replayed callback makes no second exchange"
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_connection_that_changed_meanwhile_begins_again_and_writes_nothing() {
    let world = World::with(&format!(
        "{ONE}allow = {{ email_domains = [\"acme.com\"] }}\n"
    ))
    .await;
    let mut browser = world.browser();
    let callback = browser
        .away_and_back(&url("/_sso/login/acme?rd=/reports"))
        .await;
    let world = world
        .restart_with(
            "client_id = \"doorward\"\nclient_secret = \"the-secret-of-acme\"",
            "client_id = \"another\"\nclient_secret = \"the-secret-of-acme\"",
        )
        .await;
    browser.now_at(world.broker.address);
    let calls = world.acme.back_channel();
    let page = browser.get(&callback).await;
    refused(&world, &browser, page.is(400), "login-expired", calls);
    assert!(
        page.text.contains("/_sso/login/acme?rd=%2Freports"),
        "one click to go on"
    );
    assert!(world.logs.text().contains("Changed"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn who_cancels_at_the_provider_ends_on_a_page_and_is_not_sent_back() {
    let world = World::new().await;
    for (error, status, kind) in [
        ("access_denied", 200, "login-cancelled"),
        ("login_required", 200, "login-cancelled"),
        ("temporarily_unavailable", 502, "provider-unreachable"),
        ("unauthorized_client", 500, "provider-misconfigured"),
        ("something_else", 403, "provider-refused"),
    ] {
        world.acme.refuse(error);
        let mut browser = world.browser();
        let page = browser.visit(&url("/reports")).await;
        assert_eq!((page.status, page.kind()), (status, Some(kind)), "{error}");
        assert!(
            page.text.contains("%2Freports") || page.text.contains("/reports"),
            "a way to go on"
        );
        refused(&world, &browser, &page, kind, world.acme.back_channel());
        let again = browser.get(page.url.as_str()).await;
        assert_eq!(again.kind(), Some("login-expired"), "the run is used up");
    }
    assert!(world.acme.heard("/token").is_empty());
    world.end(&[]).await;
}

/// The one code of the protocols for "the person said no" and for "nobody gave them this": providers document what they write
/// beside it.
#[tokio::test]
async fn who_was_given_no_access_at_the_provider_did_not_cancel() {
    let world = World::new().await;
    let okta = "User+is+not+assigned+to+the+client+application.";
    let entra = "AADSTS50105:+Your+administrator+has+configured+the+application+call+555";
    for (error, description, kind, code) in [
        (
            "access_denied",
            okta,
            "provider-refused",
            Some("access_denied"),
        ),
        (
            "access_denied",
            entra,
            "provider-refused",
            Some("AADSTS50105"),
        ),
        (
            "interaction_required",
            entra,
            "provider-refused",
            Some("AADSTS50105"),
        ),
        (
            "access_denied",
            "User+is+not+assigned.+Call+555",
            "login-cancelled",
            None,
        ),
        ("access_denied", "see+AADSTS50105:", "login-cancelled", None),
        ("consent_required", okta, "login-cancelled", None),
    ] {
        world.acme.refuse(error);
        let mut browser = world.browser();
        let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
        let calls = world.acme.back_channel();
        let page = browser
            .get(&format!("{callback}&error_description={description}"))
            .await;
        assert_eq!(page.kind(), Some(kind), "{error} {description}");
        let shown = code
            .map(|code| format!("<details>\n<summary>Details</summary>\n<p><code>{code}</code>"));
        assert_eq!(page.text.contains("<details>"), shown.is_some());
        let shown = shown.unwrap_or_default();
        assert!(page.text.contains(&shown), "{}", page.text);
        assert!(!page.text.contains("555") && !page.text.contains("is not assigned"));
        refused(&world, &browser, &page, kind, calls);
    }
    world.end(&[]).await;
}

/// For whoever has to mend it; nobody else sees it, and it decides nothing.
#[tokio::test]
async fn what_the_provider_says_of_its_error_is_in_the_log_and_nowhere_else() {
    let world = World::new().await;
    world.acme.refuse("consent_by_fax_required");
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    let words = "AADSTS65004: please%0D%0Acall+ada@acme.com+or+%E2%80%AEus";
    let page = browser
        .get(&format!("{callback}&error_description={words}"))
        .await;
    assert_eq!(page.is(403).kind(), Some("provider-refused"));
    assert!(!page.text.contains("AADSTS") && !page.text.contains("by_fax"));
    let reference = page.field("sso-reference").unwrap();
    let records = world.logs.with_reference(reference);
    let said = records
        .iter()
        .find(|record| record["idp.error"] == "consent_by_fax_required")
        .expect("a record with the provider's code");
    assert_eq!(
        said["idp.error_description"],
        "AADSTS65004: pleasecall … or us"
    );
    assert!(said["message"].as_str().unwrap().contains("unverified"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn codes_in_odd_places_are_never_exchanged() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.get(&url("/_sso/login?code=X&state=Y")).await;
    browser.get(&url("/_sso/login/acme?code=X")).await;
    browser.get(&url("/?code=X&state=Y")).await;
    browser
        .get(&url("/_sso/callback/acme-idp?code=X"))
        .await
        .is(400);
    browser.get(&url("/_sso/callback/acme-idp")).await.is(400);
    assert!(world.acme.heard("/token").is_empty());
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_10_answers_of_another_issuer_or_with_two_meanings_are_refused() {
    let world = World::new().await;
    let changes: [fn(&str) -> String; 5] = [
        |at| at.replace("&iss=", "&iss=http%3A%2F%2Fevil.example&was="),
        |at| at.replace("&iss=", "&was="),
        |at| format!("{at}&code=another"),
        |at| format!("{at}&error=access_denied"),
        |at| format!("{at}&iss=http%3A%2F%2Fevil.example"),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut browser = world.browser();
        let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
        let page = browser.get(&change(&callback)).await;
        assert!(page.status >= 400, "change {index}: {}", page.head);
        assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    }
    assert!(world.acme.heard("/token").is_empty());
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_10_an_answer_of_another_issuer_reaches_nobody_also_after_a_restart() {
    let mut world = World::new().await;
    let changes: [fn(&str) -> String; 4] = [
        |at| at.replace("&iss=", "&iss=http%3A%2F%2Fevil.example&was="),
        |at| at.replace("&iss=", "&was="),
        |at| {
            at.replace("&iss=", "&iss=http%3A%2F%2Fevil.example&was=")
                .replace("&code=", "&error=")
        },
        |at| at.replace("&iss=", "&was=").replace("&code=", "&error="),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut browser = world.browser();
        let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
        world = world.restart().await;
        browser.now_at(world.broker.address);
        let before = world.acme.requests();
        let page = browser.get(&change(&callback)).await;
        assert_eq!(
            page.kind(),
            Some("provider-misconfigured"),
            "change {index}"
        );
        assert_eq!(world.acme.requests(), before, "not even discovery");
        assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_11_the_redirect_uri_comes_from_the_file_and_differs_by_provider() {
    let world = World::with(TWO).await;
    let mut seen = Vec::new();
    for organization in ["acme", "globex"] {
        let request = format!(
            "GET /_sso/login/{organization} HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-Host: evil.example\r\n\
             Forwarded: host=evil.example;proto=http\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n"
        );
        let answer = world.broker.raw(&request).await;
        let location = crate::support::wire::values(&answer, "location")[0].to_owned();
        let location = url::Url::parse(&location).unwrap();
        let uri = location
            .query_pairs()
            .find(|(name, _)| name == "redirect_uri")
            .unwrap();
        seen.push(uri.1.into_owned());
    }
    assert_eq!(
        seen,
        [
            url("/_sso/callback/acme-idp"),
            url("/_sso/callback/globex-idp")
        ]
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_13_an_id_token_that_is_not_for_this_run_makes_no_session() {
    let world = World::new().await;
    let tweaks: [fn(&mut serde_json::Value); 6] = [
        |claims| claims["nonce"] = json!("of another run"),
        |claims| claims["aud"] = json!("another client"),
        |claims| claims["iss"] = json!("https://evil.example"),
        |claims| claims["exp"] = json!(1_700_000_000),
        |claims| claims["sub"] = json!(7),
        |claims| claims["azp"] = json!("another client"),
    ];
    for (index, tweak) in tweaks.into_iter().enumerate() {
        world.acme.tweak(tweak);
        let mut browser = world.browser();
        let page = browser.visit(&url("/")).await;
        assert_eq!(page.kind(), Some("provider-misconfigured"), "tweak {index}");
        assert_eq!(browser.cookie("app.example.com", "__Host-sso"), None);
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn token_responses_that_are_none_end_on_a_page() {
    let world = World::new().await;
    type Make = fn() -> Answer;
    let answers: [(&str, Make); 8] = [
        ("HTML", || Answer::new(200, "text/html", "<h1>Welcome</h1>")),
        ("200 with an error", || {
            Answer::json(&json!({ "error": "invalid_grant", "error_description": "no" }))
        }),
        ("ok: false", || Answer::json(&json!({ "ok": false }))),
        ("form-encoded", || {
            Answer::new(
                200,
                "application/x-www-form-urlencoded",
                "access_token=a&token_type=bearer",
            )
        }),
        ("no ID token", || {
            Answer::json(&json!({ "access_token": "a", "token_type": "Bearer" }))
        }),
        ("too large", || {
            Answer::new(
                200,
                "application/json",
                &format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20)),
            )
        }),
        ("a redirect", || {
            Answer::redirect("http://127.0.0.1:1/elsewhere")
        }),
        ("500", || Answer::new(500, "text/plain", "sorry")),
    ];
    for (name, answer) in answers {
        world.acme.answer("/token", move |_| answer());
        let mut browser = world.browser();
        let page = browser.visit(&url("/")).await;
        let kinds = [
            "provider-misconfigured",
            "provider-unreachable",
            "provider-refused",
            "login-expired",
        ];
        assert!(
            kinds.contains(&page.kind().unwrap()),
            "{name}: {:?}",
            page.kind()
        );
        assert!(
            !page.text.contains("Welcome"),
            "what the provider wrote is not shown"
        );
        assert_eq!(
            browser.cookie("app.example.com", "__Host-sso"),
            None,
            "{name}"
        );
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    browser.lose_cookies();
    assert_eq!(
        browser.get(&callback).await.is(400).kind(),
        Some("cookies-blocked")
    );
    assert!(world.acme.heard("/token").is_empty());
    world.end(&[&browser]).await;
}

/// Behind a proxy that says by which scheme browsers come.
const BEHIND: &str =
    "[server]\npublic_url = \"https://app.example.com\"\nlisten = [\"127.0.0.1:0\"]\n";

fn trusting(organizations: &str) -> String {
    format!("{BEHIND}trusted_proxies = [\"127.0.0.0/8\"]\n{organizations}")
}

const HTTP: &str = "X-Forwarded-Proto: http\r\n";
const HTTPS: &str = "X-Forwarded-Proto: https\r\n";

/// The cookie of a sign-in that began over http is kept by no browser, whatever else of ours it has from before.
#[tokio::test]
async fn a_sign_in_that_began_over_http_is_told_as_what_it_is() {
    for (file, words) in [
        (trusting(ONE), "this sign-in began over http"),
        // Nobody is believed who is not listed.
        (
            format!("{BEHIND}{ONE}"),
            "It cannot if they begin over http",
        ),
    ] {
        let world = World::with(&file).await;
        let mut browser = world.browser();
        browser.in_front = HTTP.to_owned();
        let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
        browser.lose_cookies();
        browser.in_front = HTTPS.to_owned();
        let page = browser.get(&callback).await;
        assert_eq!(page.is(400).kind(), Some("cookies-blocked"));
        assert!(page.text.contains(words), "{words}: {}", page.text);
        browser.put_cookie("app.example.com", "__Host-sso", &"a".repeat(43));
        let page = browser.get(&callback).await;
        let measured = file.contains("trusted_proxies");
        let kind = if measured {
            "cookies-blocked"
        } else {
            "login-expired"
        };
        assert_eq!(page.is(400).kind(), Some(kind));
        assert!(world.acme.heard("/token").is_empty());
        // From the page on it is https, and goes on.
        browser.visit(&url("/")).await.is(200);
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn a_sign_in_that_began_under_another_name_is_told_as_what_it_is() {
    let both = ONE.replace("[\"acme-idp\"]", "[\"acme-idp\", \"globex-idp\"]");
    let world = World::with(&both).await;
    let mut browser = world.browser();
    // A proxy asks for us by our name, whatever the browser shows.
    browser.in_front = "Origin: https://www.example.org\r\n".to_owned();
    let page = browser
        .post(&url("/_sso/login/acme/acme-idp"), &[("rd", "/reports")])
        .await;
    browser.in_front.clear();
    let away = page.leads_to().unwrap();
    let back = browser.get(away.as_str()).await.leads_to().unwrap();
    browser.lose_cookies();
    let page = browser.get(back.as_str()).await;
    assert_eq!(page.is(400).kind(), Some("cookies-blocked"));
    let words = "has another address in the browser than ours";
    assert!(page.text.contains(words), "{}", page.text);
    assert!(!page.text.contains("example.org"), "nothing is repeated");
    assert!(world.acme.heard("/token").is_empty());
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_own_host_that_is_reached_over_http_is_told_where_the_ticket_comes() {
    let world = World::with(&trusting(OWN_HOST)).await;
    let mut browser = world.browser();
    browser.in_front = HTTP.to_owned();
    let door = "https://globex.example.com/_sso/login/globex";
    let to_shared = browser.get(door).await.leads_to().unwrap();
    browser.in_front = HTTPS.to_owned();
    let callback = browser.away_and_back(to_shared.as_str()).await;
    let ticket = browser.get(&callback).await.leads_to().unwrap();
    assert_eq!(ticket.host_str(), Some("globex.example.com"));
    browser.lose_cookies();
    let page = browser.get(ticket.as_str()).await;
    assert_eq!(page.is(400).kind(), Some("cookies-blocked"));
    let words = "this sign-in began over http";
    assert!(page.text.contains(words), "{}", page.text);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn clocks_that_differ_are_named_to_whoever_can_set_them() {
    let world = World::new().await;
    type Tweak = fn(&mut serde_json::Value);
    let tweaks: [(Tweak, bool); 3] = [
        (
            |claims| claims["iat"] = json!(claims["iat"].as_u64().unwrap() + 3_600),
            true,
        ),
        (
            |claims| claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 3_600),
            true,
        ),
        (|claims| claims["nonce"] = json!("of another run"), false),
    ];
    for (index, (tweak, named)) in tweaks.into_iter().enumerate() {
        world.acme.tweak(tweak);
        let page = world.browser().visit(&url("/")).await;
        assert_eq!(page.kind(), Some("provider-misconfigured"), "tweak {index}");
        let words = "One of the two clocks is wrong";
        assert_eq!(page.text.contains(words), named, "{index}: {}", page.text);
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}
