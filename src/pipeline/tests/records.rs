//! What is stored of a run, and what leaves it as it is.

use super::*;

/// Anybody can begin runs, so what they bring along must not decide how much is stored.
#[tokio::test]
async fn inv_54_the_largest_run_is_small() {
    let world = world(Arc::new(Fickle::steady()));
    let begin = Begin {
        organization: slug("globex"),
        provider: slug("idp"),
        return_path: ReturnPath::parse(&format!("/{}", "x".repeat(2047)), "/_sso").unwrap(),
        target: Target::Own {
            host: host("globex.localhost:8000"),
            tag: "0123456789".to_owned(),
            entry: secret::encode(&[7; 32]),
            before: Before::Unsaid,
        },
        login_hint: LoginHint::parse(&"x".repeat(320)),
        select_account: true,
        consent: true,
        step_up: None,
        errand: None,
        astray: Astray::No,
        client: "127.0.0.1".parse().ok(),
        reference: "test".to_owned(),
    };
    assert!(begin.login_hint.is_some());
    world.pipeline.begin(begin).await.unwrap();
    let all = world.store.range(Table::Runs, store::Keys::all(), 10).await;
    for (_, stored) in all.unwrap() {
        assert!(stored.len() <= 4096, "{} bytes", stored.len());
    }
}

#[tokio::test]
async fn a_form_that_was_mistyped_does_not_use_up_the_run() {
    let world = world(Arc::new(Fickle::steady()));
    let mut browser = Browser::default();
    let begun = world.begin(&mut browser, "/").await;
    let runs = async || {
        let all = world.store.range(Table::Runs, store::Keys::all(), 10);
        all.await.unwrap()
    };
    let before = runs().await;
    let callback = Callback {
        name: None,
        state: begun.state.clone(),
        issuer: None,
        response: Response::Form(DevForm {
            email: "ada".to_owned(),
            name: None,
            groups: Vec::new(),
        }),
    };
    let headers = browser.headers();
    let cookies = Cookies::read(&headers);
    let idp = slug("idp");
    let resumed = world.pipeline.resume(&idp, callback, visit(&cookies));
    let result = resumed.await;
    let Err(Error::Provider { source, .. }) = &result else {
        panic!("{result:?}");
    };
    assert!(matches!(source, provider::Error::Rejected(Check::Form)));
    assert_eq!(runs().await, before, "the run is as good as before");
    assert!(world.provider.asked() == 0 && world.made_nothing().await);
    world.resume(&browser, &begun, "ada").await.unwrap();
}

/// Google shows no other accounts then.
#[tokio::test]
async fn the_only_hosted_domain_that_is_admitted_is_known_to_the_provider() {
    for (allow, expected) in [
        ("hosted_domains = [\"acme.com\"]", Some("acme.com")),
        ("hosted_domains = [\"acme.com\", \"acme.de\"]", None),
        ("groups_any = [\"staff\"]", None),
    ] {
        let config = CONFIG
            .replace("kind = \"oidc\"", "preset = \"google\"")
            .replace("[\"idp\", \"dev\"]", "[\"idp\"]")
            .replace("groups_any = [\"staff\"]", allow);
        let store = Arc::new(Fickle::steady());
        let seal = Seal::new(&SealKey::random()).unwrap();
        let world = World::over(store, seal, START, &config, Counting::new());
        world.begin(&mut Browser::default(), "/").await;
        let told = world.provider.started.lock().unwrap().take().unwrap();
        assert_eq!(told.hosted_domain.as_deref(), expected, "{allow}");
    }
}
