//! A reference on a page leads to what happened, step by step.

use doorward::admin::views::{Trace, Traces};
use doorward::secret::random_token;
use doorward::telemetry::Reference;
use doorward::telemetry::trace::Step;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::idp::{ada, grace};
use crate::support::wire::{Answer, Heard};
use crate::support::world::{CLIENT_SECRET, ROUTES, TWO, url};
use crate::support::{Page, World};

const STAFF: &str = r#"
[organizations.acme]
name = "Acme Inc."
providers = ["acme-idp"]
allow = { email_domains = ["acme.com"] }
[organizations.globex]
name = "Globex"
providers = ["globex-idp"]
hosts = ["globex.example.com"]
"#;

async fn trace(world: &World, page: &Page) -> Trace {
    let reference = page.field("sso-reference").unwrap();
    let socket = world.broker.socket();
    socket.get(&format!("/traces/{reference}")).await.unwrap()
}

fn steps(trace: &Trace) -> Vec<&Step> {
    let parts = trace.parts.iter();
    parts
        .flat_map(|part| &part.steps)
        .map(|step| &step.step)
        .collect()
}

/// The page, its last step as `code` and rule, and the answer to each call.
async fn refused(world: &World, page: &Page) -> (String, Option<String>, Vec<String>) {
    let trace = trace(world, page).await;
    let steps = steps(&trace);
    let Some(Step::Refused { code, rule, .. }) = steps.last() else {
        panic!("{steps:?}");
    };
    assert_eq!(page.kind(), Some(code.as_str()));
    let calls = steps.iter().filter_map(|step| match step {
        Step::Call {
            operation, answer, ..
        } => Some(format!("{operation} {answer}")),
        _ => None,
    });
    (code.clone(), rule.clone(), calls.collect())
}

/// Whether two steps are the same, however long each took.
fn is_like(one: &Step, other: &Step) -> bool {
    let timeless = |step: &Step| {
        let mut json = serde_json::to_value(step).unwrap();
        json["duration_ms"].take();
        json
    };
    timeless(one) == timeless(other)
}

#[tokio::test]
async fn a_sign_in_that_went_well_is_explained_from_its_beginning() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let door = browser
        .get(&url("/_sso/login/acme?rd=/reports%3Fid=7"))
        .await;
    let away = browser.get(door.is(303).leads_to().unwrap().as_str()).await;
    let done = browser.follow(away).await;
    assert_eq!(done.text, "hello from the application");
    let trace = trace(&world, &door).await;
    let names: Vec<String> = steps(&trace)
        .iter()
        .map(|step| {
            serde_json::to_value(step).unwrap()["step"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let at = |name: &str| names.iter().position(|told| told == name).unwrap();
    let in_order = [
        "begin",
        "authorize",
        "callback",
        "run",
        "id_token",
        "identity",
        "done",
    ];
    assert!(in_order.is_sorted_by_key(|name| at(name)), "{names:?}");
    assert!(names[at("run")..].contains(&"call".to_owned()), "{names:?}");
    let Step::Begin {
        return_path,
        chosen,
        ..
    } = steps(&trace)[0]
    else {
        panic!("{names:?}");
    };
    assert_eq!(
        (return_path.as_str(), chosen.as_str()),
        ("/reports", "its door")
    );
    assert_eq!(
        trace.parts.last().unwrap().user.as_deref(),
        Some("ada@acme.com")
    );
    assert_eq!(
        trace.parts[1].began_as.as_deref(),
        Some(&*trace.parts[0].reference)
    );
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn whatever_goes_wrong_is_found_with_the_step_that_failed() {
    let world = World::with(STAFF).await;
    let attempt = async |world: &World| {
        let mut browser = world.browser();
        browser.visit(&url("/_sso/login/acme")).await
    };
    world.acme.refuse("access_denied");
    let page = attempt(&world).await;
    let (code, _, calls) = refused(&world, &page).await;
    assert_eq!(code, "login-cancelled");
    assert!(
        !calls.iter().any(|call| call.starts_with("token")),
        "{calls:?}"
    );
    let told = trace(&world, &page).await;
    let answers = steps(&told).into_iter().find_map(|step| match step {
        Step::Callback { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    assert!(answers.unwrap().starts_with("access_denied"));
    world.acme.grant();

    world
        .acme
        .person(json!({ "sub": "jo", "email": "jo@acme.io", "email_verified": true }));
    let (code, rule, _) = refused(&world, &attempt(&world).await).await;
    let of = "organizations.acme.allow.email_domains";
    assert_eq!(
        (code.as_str(), rule.as_deref()),
        ("account-not-allowed", Some(of))
    );

    world.acme.person(ada());
    world
        .acme
        .tweak(|claims| claims["nonce"] = "another".into());
    let (code, _, calls) = refused(&world, &attempt(&world).await).await;
    assert_eq!(code, "provider-misconfigured");
    assert!(calls.contains(&"token 200".to_owned()), "{calls:?}");
    world.acme.tweak(|_| ());

    world
        .acme
        .answer("/token", |_| Answer::new(503, "text/plain", "later"));
    let (code, _, calls) = refused(&world, &attempt(&world).await).await;
    assert_eq!(code, "provider-unreachable");
    assert_eq!(calls.last().unwrap(), "token the answer has status 503");

    let nowhere = world.browser().get(&url("/_sso/login/nowhere")).await;
    assert_eq!(refused(&world, &nowhere).await.0, "organization-unknown");
    let late = world
        .browser()
        .get(&url("/_sso/callback/acme-idp?code=x&state=y"))
        .await;
    refused(&world, &late).await;
    world.end(&[]).await;
}

#[tokio::test]
async fn what_the_provider_was_asked_and_what_it_answered_is_told() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    let door = browser.get(&url("/_sso/login/acme")).await;
    let away = browser.get(door.leads_to().unwrap().as_str()).await;
    browser.follow(away).await.is(200);
    let trace = trace(&world, &door).await;
    let asked_for = steps(&trace).into_iter().find_map(|step| match step {
        Step::Authorize { asked, scopes, .. } => Some(format!("{scopes}; {}", asked.join(" "))),
        _ => None,
    });
    let asked_for = asked_for.unwrap();
    assert!(asked_for.starts_with("openid"), "{asked_for}");
    assert!(
        asked_for.contains("code_challenge_method=S256"),
        "{asked_for}"
    );
    let token = Step::Call {
        operation: "token".to_owned(),
        method: "POST".to_owned(),
        endpoint: "127.0.0.1/token".to_owned(),
        answer: "200".to_owned(),
        duration_ms: 0,
    };
    assert!(
        steps(&trace).iter().any(|step| is_like(step, &token)),
        "{:?}",
        steps(&trace)
    );
    let age = steps(&trace).into_iter().find_map(|step| match step {
        Step::IdToken { age_s, .. } => *age_s,
        _ => None,
    });
    assert!((-1..=1).contains(&age.unwrap()), "{age:?}");
    world.end(&[&browser]).await;
}

/// Breaks something, and mends it again.
type Break = (&'static str, fn(&World), fn(&World));

/// What is not as it must be, by a word of the step that fails.
const BROKEN: [Break; 8] = [
    (
        "nonce",
        |world| {
            world
                .acme
                .tweak(|claims| claims["nonce"] = "another".into())
        },
        |world| world.acme.tweak(|_| ()),
    ),
    (
        "audience",
        |world| world.acme.tweak(|claims| claims["aud"] = "another".into()),
        |world| world.acme.tweak(|_| ()),
    ),
    (
        "issuer",
        |world| {
            world
                .acme
                .tweak(|claims| claims["iss"] = "https://evil.example".into())
        },
        |world| world.acme.tweak(|_| ()),
    ),
    (
        "expiry",
        |world| world.acme.tweak(|claims| claims["exp"] = 1.into()),
        |world| world.acme.tweak(|_| ()),
    ),
    (
        "subject",
        |world| world.acme.tweak(|claims| claims["sub"] = 7.into()),
        |world| world.acme.tweak(|_| ()),
    ),
    (
        "status 503",
        |world| {
            let later = |_: &Heard| Answer::new(503, "text/plain", "later");
            world.acme.answer("/token", later);
        },
        |_| (),
    ),
    (
        "access",
        |world| world.acme.refuse("access_denied"),
        |world| world.acme.grant(),
    ),
    (
        "email_domains",
        |world| {
            let jo = json!({ "sub": "jo", "email": "jo@acme.io", "email_verified": true });
            world.acme.person(jo);
        },
        |world| world.acme.person(ada()),
    ),
];

#[tokio::test]
async fn a_fixture_that_fails_at_random_is_told_by_its_failing_step() {
    let world = World::with(STAFF).await;
    let mut broken: Vec<Break> = BROKEN.to_vec();
    // What a provider's path was told to answer stays: that one is last.
    broken.sort_by_key(|(word, ..)| (*word == "status 503", random_token().expose().clone()));
    for (word, spoil, mend) in broken {
        spoil(&world);
        let page = world.browser().visit(&url("/_sso/login/acme")).await;
        mend(&world);
        let told = trace(&world, &page).await;
        let steps = steps(&told);
        assert!(matches!(steps[0], Step::Begin { .. }), "{word}: {steps:?}");
        let Some(Step::Refused { code, why, rule }) = steps.last() else {
            panic!("{word}: {steps:?}");
        };
        assert_eq!(page.kind(), Some(code.as_str()));
        let reason = format!("{why} {}", rule.as_deref().unwrap_or_default());
        assert!(reason.to_lowercase().contains(word), "{word}: {reason}");
    }
    world.application.heard_nothing();
    world.end(&[]).await;
}

#[tokio::test]
async fn a_sign_in_that_cannot_begin_is_explained_as_well() {
    let world = World::with(STAFF).await;
    let gone = |_: &Heard| Answer::new(503, "text/plain", "later");
    world.acme.answer("/.well-known/openid-configuration", gone);
    let page = world.browser().visit(&url("/_sso/login/acme")).await;
    let (code, _, calls) = refused(&world, &page).await;
    assert_eq!(code, "provider-unreachable");
    assert!(calls[0].starts_with("discovery"), "{calls:?}");
    world.end(&[]).await;
}

#[tokio::test]
async fn what_is_refused_without_a_sign_in_is_explained() {
    let world = World::with(ROUTES).await;
    let (mut browser, _) = world.signed_in().await;
    let denied = browser.get(&url("/vault/x?token=of-the-query")).await;
    let (code, rule, calls) = refused(&world, &denied).await;
    assert_eq!(code, "not-allowed-here");
    assert_eq!(rule.as_deref(), Some("routes.vault.require.groups_any"));
    assert!(calls.is_empty());
    let told = trace(&world, &denied).await;
    assert_eq!(told.parts[0].request, "GET app.example.com/vault/x");
    assert_eq!(told.parts[0].user.as_deref(), Some("ada@acme.com"));
    assert_eq!(told.parts[0].organization.as_deref(), Some("acme"));

    let nowhere = url("/").replace("app.example.com", "nowhere.example.com");
    let mut stranger = world.browser();
    for (page, code) in [
        (stranger.get(&nowhere).await, "misdirected-request"),
        (stranger.get(&url("/_sso/nothing")).await, "not-found"),
        (stranger.fetch(&url("/")).await, "sign-in-required"),
        (stranger.get(&url("/a%2Fb")).await, "bad-request"),
    ] {
        assert_eq!(refused(&world, &page).await.0, code);
    }
    world.application.heard_nothing();
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn whoever_is_kept_waiting_finds_that_in_their_trace() {
    let world = World::with(STAFF).await;
    for _ in 0..1_000 {
        let page = world.browser().get(&url("/_sso/login/acme")).await;
        if page.status == 429 {
            assert_eq!(refused(&world, &page).await.0, "too-many-attempts");
            return world.end(&[]).await;
        }
    }
    panic!("nobody is kept waiting");
}

#[tokio::test]
async fn what_leads_to_an_organization_is_told() {
    let world = World::with(TWO).await;
    let chosen = async |page: &Page| {
        let told = trace(&world, page).await;
        let Step::Door {
            organization,
            chosen,
        } = steps(&told)[0]
        else {
            panic!("{told:?}");
        };
        format!("{} {chosen}", organization.as_deref().unwrap_or("none"))
    };
    let mut browser = world.browser();
    let sent = browser.get(&url("/reports?id=7")).await;
    assert!(chosen(&sent).await.starts_with("none nothing says which"));
    for (email, said) in [
        ("ada@acme.com", "acme the domain of the address"),
        ("ada@acme.io", "none no organization has the domain"),
    ] {
        let form = [("email", email)];
        let typed = browser.post(&url("/_sso/login"), &form).await;
        assert!(chosen(&typed).await.starts_with(said));
    }
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    browser.lose_cookie("app.example.com", "__Host-sso");
    let again = browser.get(&url("/reports")).await;
    assert_eq!(chosen(&again).await, "acme remembered in this browser");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn every_answer_of_ours_carries_a_reference_of_its_own() {
    let world = World::with(ROUTES).await;
    let (mut browser, _) = world.signed_in().await;
    let mut seen = BTreeSet::new();
    for path in [
        "/_sso/",
        "/_sso/login",
        "/_sso/login/acme",
        "/_sso/login/acme?prompt=select_account",
        "/_sso/callback/acme-idp",
        "/_sso/enter",
        "/_sso/logout",
        "/_sso/logged-out",
        "/_sso/account",
        "/_sso/userinfo",
        "/_sso/jwks.json",
        "/_sso/.well-known/openid-configuration",
        "/_sso/admin/acme/",
        "/_sso/nothing",
        "/vault/x",
    ] {
        let page = browser.get(&url(path)).await;
        let reference = page.field("sso-reference");
        let reference = reference.unwrap_or_else(|| panic!("{path}"));
        assert!(reference.parse::<Reference>().is_ok(), "{reference}");
        assert!(seen.insert(reference.to_owned()), "{path}");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_goes_on_to_the_application_leaves_no_trace() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    let socket = world.broker.socket();
    let before = socket.get::<Traces>("/traces").await.unwrap().last;
    browser.get(&url("/")).await.is(200);
    assert_eq!(socket.get::<Traces>("/traces").await.unwrap().last, before);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_sign_in_that_ends_on_a_host_of_its_own_is_one_story() {
    let world = World::with(STAFF).await;
    world.globex.person(grace());
    let mut browser = world.browser();
    let start = url("/").replace("app.example.com", "globex.example.com");
    browser.visit(&start).await.is(200);
    let traces: Traces = world.broker.socket().get("/traces?after=0").await.unwrap();
    let entered = traces.parts.last().unwrap();
    let socket = world.broker.socket();
    let path = format!("/traces/{}", entered.reference);
    let told: Trace = socket.get(&path).await.unwrap();
    let kinds = steps(&told);
    assert!(matches!(kinds[0], Step::Begin { .. }), "{kinds:?}");
    assert!(
        kinds.iter().any(|step| matches!(step, Step::Ticket { .. })),
        "{kinds:?}"
    );
    assert!(matches!(kinds.last(), Some(Step::Done { .. })), "{kinds:?}");
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn traces_outlive_the_process_for_as_long_as_the_file_says() {
    let world = World::with(STAFF).await;
    world.acme.refuse("access_denied");
    let mut browser = world.browser();
    let page = browser.visit(&url("/_sso/login/acme")).await;
    let reference = page.field("sso-reference").unwrap().to_owned();
    let spoken = reference.replace('-', "").to_lowercase();
    let ask = async |world: &World| {
        let path = format!("/traces/{spoken}");
        world.broker.socket().get::<Trace>(&path).await
    };
    let before = ask(&world).await.unwrap();
    let world = world.restart().await;
    assert_eq!(ask(&world).await.unwrap(), before);
    let world = world
        .restart_after(Duration::from_secs(8 * 24 * 3600))
        .await;
    let mut tries = 0;
    while ask(&world).await.is_ok() && tries < 200 {
        tries += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let gone = ask(&world).await.unwrap_err().to_string();
    assert!(gone.contains("kept for 7 days"), "{gone}");
    let wrong = world.broker.socket().get::<Trace>("/traces/nothing").await;
    assert!(wrong.unwrap_err().to_string().contains("K7QM-2F9D"));
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_51_no_trace_holds_a_secret() {
    let world = World::with(STAFF).await;
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    world
        .acme
        .tweak(|claims| claims["nonce"] = "another".into());
    world.browser().visit(&url("/_sso/login/acme")).await;
    let traces: Value = world.broker.socket().get("/traces?after=0").await.unwrap();
    let text = traces.to_string();
    assert!(text.contains("id_token"), "{text}");
    let mut secrets = world.acme.secrets();
    secrets.push(CLIENT_SECRET.to_owned());
    for heard in world.acme.heard("/authorize") {
        let query = heard.query();
        for name in ["state", "nonce", "code_challenge"] {
            secrets.push(query[name].clone());
        }
    }
    secrets.extend(browser.cookies().map(|(_, _, value)| value.to_owned()));
    assert!(secrets.len() > 8, "{secrets:?}");
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret}");
    }
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn an_operator_follows_one_person() {
    let world = World::with(STAFF).await;
    let socket = world.broker.socket();
    let first: Traces = socket.get("/traces").await.unwrap();
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    world.browser().get(&url("/_sso/login/nowhere")).await;
    let path = format!(
        "/traces?after={}&user=Ada@acme.com&organization=acme",
        first.last
    );
    let theirs: Traces = socket.get(&path).await.unwrap();
    assert_eq!(theirs.parts.len(), 1, "{theirs:?}");
    assert!(theirs.last > first.last);
    let path = format!("/traces?after={}", theirs.last);
    assert!(socket.get::<Traces>(&path).await.unwrap().parts.is_empty());
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn what_fails_in_a_window_of_its_own_is_found_by_the_reference_that_it_tells() {
    let world =
        World::with(&STAFF.replacen("allow", "owners = [\"ada@acme.com\"]\nallow", 1)).await;
    let mut owner = world.browser();
    owner.visit(&url("/_sso/login/acme")).await.is(200);
    world.acme.refuse("access_denied");
    let csrf = owner.get(&url("/_sso/admin/acme")).await.input("csrf");
    let setup = url("/_sso/admin/acme/setup/acme-idp");
    let fields = [("csrf", &*csrf), ("display", "popup")];
    let page = owner.post(&setup, &fields).await;
    let page = owner.follow(page).await;
    let told = page
        .is(200)
        .url
        .query_pairs()
        .find(|(name, _)| name == "reference");
    let reference = told.unwrap().1.into_owned();
    assert!(page.text.contains(&format!("<code>{reference}</code>")));
    let message = format!("&quot;reference&quot;:&quot;{reference}&quot;");
    assert!(page.text.contains(&message), "{}", page.text);
    let found: Trace = world
        .broker
        .socket()
        .get(&format!("/traces/{reference}"))
        .await
        .unwrap();
    let why = steps(&found).into_iter().find_map(|step| match step {
        Step::Refused { code, .. } => Some(code.clone()),
        _ => None,
    });
    assert_eq!(why.as_deref(), Some("login-cancelled"));
    world.end(&[&owner]).await;
}
