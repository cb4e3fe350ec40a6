//! What is stored of a run.

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
        },
        login_hint: LoginHint::parse(&"x".repeat(320)),
        select_account: true,
        consent: true,
        client: "127.0.0.1".parse().unwrap(),
    };
    assert!(begin.login_hint.is_some());
    world.pipeline.begin(begin).await.unwrap();
    let all = world.store.range(Table::Runs, store::Keys::all(), 10).await;
    for (_, stored) in all.unwrap() {
        assert!(stored.len() <= 4096, "{} bytes", stored.len());
    }
}
