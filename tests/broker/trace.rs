//! A reference on a page leads to what happened, step by step.

use doorward::admin::views::{Trace, Traces};
use doorward::telemetry::trace::Step;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::idp::{ada, grace};
use crate::support::wire::Answer;
use crate::support::world::{CLIENT_SECRET, url};
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
    assert!(
        matches!(steps(&trace)[0], Step::Begin { return_path, .. } if return_path == "/reports")
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
