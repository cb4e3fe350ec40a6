//! Providers that are no plain OpenID Connect, from the door to the application.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::wire::{Answer, Heard, until};
use crate::support::world::{CLIENT_SECRET, ONE, SITE, url};
use crate::support::{Browser, Page, World};

/// Acme signs in with Apple, by the double's address in place of Apple's.
async fn with_apple() -> World {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let pem = pair.serialize_pem();
    World::with(&format!(
        "[providers.acme-idp]\npreset = \"apple\"\nissuer = \"{{acme}}\"\nclient_id = \"com.acme.app\"\n\
         team_id = \"A1B2C3D4E5\"\nkey_id = \"F6G7H8I9J0\"\nsigning_key = \"\"\"{pem}\"\"\"\n{ONE}\
         allow = {{ anyone = true }}\n"
    ))
    .await
}

/// The answer as Apple gives it: a form on a page of Apple's, which the browser posts to us.
async fn posted(browser: &mut Browser, user: Option<&str>) -> Page {
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    let callback = url::Url::parse(&callback).unwrap();
    let pairs: Vec<(String, String)> = callback.query_pairs().into_owned().collect();
    let mut form: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form.extend(user.map(|user| ("user", user)));
    let at = format!("{SITE}{}", callback.path());
    browser.post_from_elsewhere(&at, &form).await
}

const USER: &str = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"boss@acme.com"}"#;

#[tokio::test]
async fn apples_posted_answer_signs_in_and_the_name_stays() {
    let world = with_apple().await;
    world
        .acme
        .person(json!({"sub": "001", "email": "ada@acme.com", "email_verified": true}));
    for user in [Some(USER), None] {
        let mut browser = world.browser();
        let page = posted(&mut browser, user).await;
        assert_eq!(
            world.application.heard().len(),
            0,
            "without cookies nobody is in"
        );
        let again = page.leads_to().unwrap();
        assert!(
            !again.as_str().contains("boss"),
            "no address in an address: {again}"
        );
        let page = browser.follow(page).await;
        page.is(200);
        let heard = world.application.last();
        assert_eq!(heard.field("remote-name"), Some("Ada Lovelace"), "{user:?}");
        assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
        world.application.forget();
    }
    world.end(&[]).await;
}

#[tokio::test]
async fn inv_09_a_posted_answer_of_another_browser_calls_nobody() {
    let world = with_apple().await;
    let (mut ada, mut eve) = (world.browser(), world.browser());
    let page = posted(&mut eve, Some(USER)).await;
    ada.get(&url("/_sso/login/acme")).await;
    let calls = world.acme.back_channel();
    let nobody = ada
        .post_from_elsewhere(
            &url("/_sso/callback/nobody-idp"),
            &[("state", "s"), ("code", "c")],
        )
        .await;
    assert_eq!(nobody.kind(), Some("not-found"));
    let page = ada.get(page.leads_to().unwrap().as_str()).await;
    assert_eq!(page.kind(), Some("login-expired"), "{}", page.text);
    assert_eq!(world.acme.back_channel(), calls);
    world.application.heard_nothing();
    world.end(&[&ada, &eve]).await;
}

/// What GitHub knows of Ada.
#[derive(Clone)]
struct GitHub {
    teams: Arc<Mutex<Value>>,
    user: Arc<Mutex<u16>>,
}

const TOKEN: &str = "gho_the-token-of-ada";

impl GitHub {
    /// Acme signs in with a GitHub Enterprise, whose engineers may come.
    async fn start() -> (World, Self) {
        Self::with("allow = { teams = [\"acme/engineers\"], tenants = [\"9919\"] }\n").await
    }

    async fn with(more: &str) -> (World, Self) {
        Self::requiring("", more).await
    }

    /// With more said of the provider, and of the organization.
    async fn requiring(of_provider: &str, more: &str) -> (World, Self) {
        let world = World::with(&format!(
            "[providers.acme-idp]\npreset = \"github\"\nbase_url = \"{{acme}}\"\nclient_id = \"doorward\"\n\
             client_secret = \"{CLIENT_SECRET}\"\n{of_provider}{ONE}{more}"
        ))
        .await;
        let github = Self {
            teams: Arc::new(Mutex::new(json!([
                {"slug": "engineers", "organization": {"login": "Acme", "id": 9919}}
            ]))),
            user: Arc::new(Mutex::new(200)),
        };
        github.answer(&world);
        (world, github)
    }

    fn answer(&self, world: &World) {
        let idp = &world.acme;
        idp.answer("/login/oauth/authorize", |heard| {
            let query = heard.query();
            let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
            back.query_pairs_mut()
                .append_pair("code", "the-code-of-github")
                .append_pair("state", &query["state"]);
            Answer::redirect(back.as_str())
        });
        idp.answer("/login/oauth/access_token", |heard| {
            let form = heard.form();
            assert_eq!(form["client_secret"], CLIENT_SECRET);
            assert_eq!(form["code"], "the-code-of-github");
            Answer::json(&json!({
                "access_token": TOKEN, "scope": "read:org,user:email", "token_type": "bearer"
            }))
        });
        let user = Arc::clone(&self.user);
        idp.answer(
            "/api/v3/user",
            asked(move || match *user.lock().unwrap() {
                200 => {
                    Answer::json(&json!({"id": 583_231, "login": "ada", "name": "Ada Lovelace"}))
                }
                status => Answer::new(
                    status,
                    "application/json",
                    r#"{"message":"Bad credentials"}"#,
                ),
            }),
        );
        idp.answer(
            "/api/v3/user/emails",
            asked(|| {
                Answer::json(&json!([{"email": "ada@acme.com", "primary": true, "verified": true}]))
            }),
        );
        idp.answer(
            "/api/v3/user/orgs",
            asked(|| Answer::json(&json!([{"id": 9919, "login": "Acme"}]))),
        );
        let teams = Arc::clone(&self.teams);
        idp.answer(
            "/api/v3/user/teams",
            asked(move || Answer::json(&teams.lock().unwrap())),
        );
        idp.answer("/api/v3/applications/doorward/token", |_| {
            Answer::new(404, "application/json", r#"{"message":"Not Found"}"#)
        });
    }
}

/// Whoever asks must show the token.
fn asked(
    answer: impl Fn() -> Answer + Send + Sync + 'static,
) -> impl Fn(&Heard) -> Answer + Send + Sync {
    move |heard| {
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(heard.field("authorization"), Some(bearer.as_str()));
        answer()
    }
}

#[tokio::test]
async fn who_is_in_a_team_of_github_comes_in_and_is_out_when_they_are_not() {
    let (world, github) = GitHub::start().await;
    let (mut browser, _) = world.signed_in().await;
    browser.get(&url("/")).await.is(200);
    let heard = world.application.last();
    assert_eq!(heard.field("remote-groups"), Some("Acme/engineers"));
    assert_eq!(heard.field("remote-email"), Some("ada@acme.com"));
    *github.teams.lock().unwrap() = json!([]);
    out_within_the_hour(&world, &mut browser).await;
    world.end(&[]).await;
}

#[tokio::test]
async fn a_revoked_token_of_github_ends_access() {
    let (world, github) = GitHub::start().await;
    let (mut browser, _) = world.signed_in().await;
    *github.user.lock().unwrap() = 401;
    out_within_the_hour(&world, &mut browser).await;
    world.end(&[]).await;
}

async fn out_within_the_hour(world: &World, browser: &mut Browser) {
    let asked = world.acme.heard("/api/v3/user").len();
    world.later(Duration::from_secs(3600));
    until("GitHub is asked", || {
        world.acme.heard("/api/v3/user").len() > asked
    })
    .await;
    for _ in 0..2_000 {
        if browser.fetch(&url("/")).await.status == 401 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still in");
}

#[tokio::test]
async fn an_owner_chooses_among_the_organizations_that_github_shows() {
    let (world, _github) = GitHub::with(
        "owners = [\"ada@acme.com\"]\nactivation = \"required\"\nallow = { anyone = true }\n",
    )
    .await;
    let orgs = |orgs: Value| {
        world
            .acme
            .answer("/api/v3/user/orgs", asked(move || Answer::json(&orgs)))
    };
    orgs(json!([{"id": 9919, "login": "Acme"}, {"id": 77, "login": "octo-club"}]));
    let mut owner = world.browser();
    owner.visit(&url("/_sso/admin/acme")).await.is(200);
    let press = async |owner: &mut Browser, path: &str, choice: &str| {
        let page = owner.get(&url("/_sso/admin/acme")).await;
        let csrf = page.is(200).input("csrf");
        let form = [("csrf", csrf.as_str()), ("choice", choice)];
        let page = owner
            .post(&url(&format!("/_sso/admin/acme/{path}")), &form)
            .await;
        owner.follow(page).await
    };
    let page = press(&mut owner, "setup/acme-idp", "").await;
    let text = &page.is(200).text;
    assert!(
        text.contains("Setup is not complete") && text.contains("octo-club"),
        "{text}"
    );
    // One that GitHub has not shown cannot be chosen.
    assert_eq!(
        press(&mut owner, "activate/acme-idp", "1").await.status,
        400
    );
    owner.fetch(&url("/")).await.is(403);
    press(&mut owner, "activate/acme-idp", "9919").await.is(200);
    owner.fetch(&url("/")).await.is(200);
    let out = async |status: u16| {
        let page = world.browser().visit(&url("/")).await;
        assert_eq!(page.status, status, "{}", page.text);
    };
    orgs(json!([{"id": 77, "login": "Acme"}]));
    out(403).await;
    orgs(json!([{"id": 9919, "login": "renamed"}]));
    out(200).await;
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn an_owner_in_many_organizations_finds_theirs_on_a_further_page() {
    let (world, _github) = GitHub::with(
        "owners = [\"ada@acme.com\"]\nactivation = \"required\"\nallow = { anyone = true }\n",
    )
    .await;
    let all: Vec<Value> = (1..=40)
        .map(|id| json!({"id": id, "login": format!("club-{id}")}))
        .collect();
    world.acme.answer(
        "/api/v3/user/orgs",
        asked(move || Answer::json(&json!(all))),
    );
    let mut owner = world.browser();
    let home = owner.visit(&url("/_sso/admin/acme")).await;
    let csrf = home.is(200).input("csrf");
    let setup = url("/_sso/admin/acme/setup/acme-idp");
    let page = owner.post(&setup, &[("csrf", &csrf)]).await;
    let page = owner.follow(page).await;
    let offered = |page: &Page| page.is(200).text.matches("<bdi>club-").count();
    assert_eq!(offered(&page), 3, "{}", page.text);
    let (mut seen, mut next) = (0, "/_sso/admin/acme/choices/acme-idp".to_owned());
    assert!(page.text.contains(&format!("href=\"{next}\"")));
    let last = loop {
        let page = owner.get(&url(&next)).await;
        assert_eq!(page.kind(), Some("owner-choices"));
        seen += offered(&page);
        let Some((_, rest)) = page.text.split_once("/choices/acme-idp?from=") else {
            break page;
        };
        let from = rest.split('"').next().unwrap();
        next = format!("/_sso/admin/acme/choices/acme-idp?from={from}");
    };
    assert_eq!((seen, last.text.contains("club-40<")), (40, true));
    let csrf = last.input("csrf");
    let form = [("csrf", csrf.as_str()), ("choice", "40")];
    let page = owner
        .post(&url("/_sso/admin/acme/activate/acme-idp"), &form)
        .await;
    let page = owner.follow(page).await;
    let chosen = "<dt>Only for</dt><dd><bdi>club-40</bdi>";
    assert!(page.is(200).text.contains(chosen), "{}", page.text);
    for nothing in ["acme-idp?from=40", "globex-idp", "dev"] {
        let page = url(&format!("/_sso/admin/acme/choices/{nothing}"));
        owner.get(&page).await.is(404);
    }
    world.end(&[&owner]).await;
}

/// What a sign-in through GitHub ends as: for the visitor, and in the metrics.
async fn ends_as(world: &World, kind: &str, result: &str, words: &str) {
    let mut browser = world.browser();
    let page = browser.visit(&url("/reports")).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some(kind)),
        "{}",
        page.text
    );
    assert!(page.text.contains(words), "{words}: {}", page.text);
    assert!(browser.cookie("app.example.com", "__Host-sso").is_none());
    let of = "organization=\"acme\",provider=\"acme-idp\"";
    let series =
        format!("doorward_logins_completed_total{{{of},result=\"{result}\",reason=\"{kind}\"}}");
    let counted = world.broker.metric(&series).await;
    assert!(
        (counted - 1.0).abs() < f64::EPSILON,
        "{series} is {counted}"
    );
    world.application.heard_nothing();
}

#[tokio::test]
async fn who_has_no_address_that_github_vouches_for_is_told_what_is_missing_and_where() {
    for (emails, words) in [
        (json!([]), "has no primary e-mail address"),
        (
            json!([{"email": "ada@acme.com", "primary": true, "verified": false}]),
            "is not verified at",
        ),
    ] {
        let (world, _github) = GitHub::start().await;
        world
            .acme
            .answer("/api/v3/user/emails", asked(move || Answer::json(&emails)));
        ends_as(&world, "email-unverified", "denied", words).await;
        let page = world.browser().visit(&url("/reports")).await;
        let there = "/settings/emails\">Open ";
        assert!(page.text.contains(there), "{}", page.text);
        world.end(&[]).await;
    }
}

#[tokio::test]
async fn who_is_suspended_at_github_or_allows_too_little_is_not_let_in_and_told_why() {
    let (world, _github) = GitHub::start().await;
    let suspended = json!({"id": 583_231, "login": "ada", "suspended_at": "2026-01-02T03:04:05Z"});
    world
        .acme
        .answer("/api/v3/user", asked(move || Answer::json(&suspended)));
    let words = "This account is suspended there.";
    ends_as(&world, "provider-refused", "denied", words).await;
    world.end(&[]).await;

    let (world, _github) = GitHub::requiring(
        "required_scopes = [\"read:org\"]\n",
        "allow = { anyone = true }\n",
    )
    .await;
    world.acme.answer("/login/oauth/access_token", |_| {
        Answer::json(&json!({
            "access_token": TOKEN, "scope": "user:email", "token_type": "bearer"
        }))
    });
    let words = "allow everything that is asked for";
    ends_as(&world, "provider-refused", "denied", words).await;
    assert!(
        world.acme.heard("/api/v3/user").is_empty(),
        "nobody is asked about"
    );
    world.end(&[]).await;
}

#[tokio::test]
async fn who_is_in_no_team_is_not_let_in() {
    let (world, github) = GitHub::start().await;
    *github.teams.lock().unwrap() = json!([
        {"slug": "engineers", "organization": {"login": "globex", "id": 1}}
    ]);
    let mut browser = world.browser();
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.status, 403, "{}", page.text);
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_20_who_is_in_more_groups_than_a_token_of_entra_holds_is_refused_and_the_log_says_why()
{
    let world = World::with(&format!(
        "[providers.acme-idp]\npreset = \"entra\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\n{ONE}allow = {{ groups_any = [\"g-1\"] }}\n"
    ))
    .await;
    world.acme.person(json!({
        "sub": "s-1", "tid": "d-1", "oid": "o-1", "name": "Ada", "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": {"endpoint": "https://graph.microsoft.com/x"}}
    }));
    let mut browser = world.browser();
    let page = browser.visit(&url("/")).await;
    assert_eq!(page.status, 403, "{}", page.text);
    world.application.heard_nothing();
    assert!(world.logs.text().contains("too many groups for a token"));
    world.end(&[&browser]).await;
}
