//! The bounds of every call.

use super::super::fence::Fence;
use super::super::http::{Client, Limits, Operation, get};
use super::super::reach::Reach;
use super::super::trust::Trust;
use super::*;

#[tokio::test]
async fn inv_48_redirects_are_not_followed() {
    for path in [DISCOVERY, "/jwks", "/token", "/userinfo"] {
        let world = World::with(|oidc| oidc.userinfo = true).await;
        world.hand_out(&world.claims());
        let elsewhere = format!("{}/elsewhere", world.idp.issuer);
        world.idp.reply(path, Reply::redirect(&elsewhere));
        world
            .idp
            .reply("/elsewhere", Reply::json(&json!({"sub": "subject-1"})));
        let result = world.finish().await;
        assert!(
            matches!(
                result,
                Err(Error::Unreachable(CallError::Status { code: 307, .. }))
            ),
            "{path}: {result:?}"
        );
        assert!(world.idp.seen("/elsewhere").is_empty(), "{path}");
        world.end().await;
    }
}

#[tokio::test]
async fn inv_48_bodies_are_limited() {
    let large = " ".repeat(defaults::PROVIDER_MAX_BODY_BYTES + 1);
    for path in [DISCOVERY, "/jwks", "/token", "/userinfo"] {
        let world = World::with(|oidc| oidc.userinfo = true).await;
        world.hand_out(&world.claims());
        world
            .idp
            .reply(path, Reply::new(200, "application/json", &large));
        let result = world.finish().await;
        assert!(
            matches!(result, Err(Error::Unreachable(CallError::TooLarge))),
            "{path}: {result:?}"
        );
        world.end().await;
    }
}

#[tokio::test]
async fn inv_48_every_call_has_a_time_limit() {
    for path in [DISCOVERY, "/jwks", "/token", "/userinfo"] {
        let world = World::with(|oidc| {
            oidc.userinfo = true;
            oidc.timeout = Duration::from_millis(300);
        })
        .await;
        world.hand_out(&world.claims());
        world.idp.reply(path, Reply::Nothing);
        let result = world.finish().await;
        assert!(
            matches!(result, Err(Error::Unreachable(CallError::Timeout))),
            "{path}: {result:?}"
        );
        assert_eq!(
            world.idp.seen(path).len(),
            1,
            "{path}: nothing is tried twice"
        );
        world.end().await;
    }
}

#[tokio::test]
async fn inv_48_a_body_that_does_not_end_is_given_up() {
    let world = World::with(|oidc| oidc.timeout = Duration::from_millis(300)).await;
    // A chunk of what was announced, on a connection that stays open.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = format!("http://{}/token", listener.local_addr().unwrap());
    world.idp.describe(&object(json!({"token_endpoint": slow})));
    let trickle = world.shared.tasks.spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1024];
        assert_ne!(stream.read(&mut asked).await.unwrap(), 0);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{";
        stream.write_all(head).await.unwrap();
        // Until the other side gives up.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let result = world.finish().await;
    assert!(
        matches!(result, Err(Error::Unreachable(CallError::Timeout))),
        "{result:?}"
    );
    trickle.await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn inv_48_certificates_are_verified() {
    let idp = TestProvider::start_tls("127.0.0.1").await;
    let world = World::at(idp, |_| {});
    world.hand_out(&world.claims());
    world.finish().await.unwrap();
    world.end().await;

    let wrong_name = World::at(TestProvider::start_tls("id.example").await, |_| {});
    let result = wrong_name.finish().await;
    assert!(
        matches!(result, Err(Error::Unreachable(CallError::Connection(_)))),
        "{result:?}"
    );
    assert_eq!(wrong_name.idp.requests(), 0);
    wrong_name.end().await;

    let other = TestProvider::start_tls("127.0.0.1").await;
    let ca = other.ca.as_ref().unwrap().path().to_owned();
    let stranger = World::at(TestProvider::start_tls("127.0.0.1").await, |oidc| {
        oidc.ca = Some(ca)
    });
    let result = stranger.finish().await;
    assert!(
        matches!(result, Err(Error::Unreachable(CallError::Connection(_)))),
        "{result:?}"
    );
    assert_eq!(stranger.idp.requests(), 0);
    stranger.end().await;
    other.stop().await;
}

#[tokio::test]
async fn inv_48_a_secure_issuer_is_never_called_in_the_clear() {
    let idp = TestProvider::start_tls("127.0.0.1").await;
    let plain = TestProvider::start().await;
    let world = World::at(idp, |_| {});
    world.idp.describe(&object(
        json!({"token_endpoint": format!("{}/token", plain.issuer)}),
    ));
    let result = world.finish().await;
    assert!(matches!(result, Err(Error::Misconfigured(_))), "{result:?}");
    assert_eq!(plain.requests(), 0);
    plain.stop().await;
    world.end().await;
}

/// By name, which is looked at when it is resolved, and as an address.
#[tokio::test]
async fn inv_48_a_public_issuer_does_not_send_us_to_this_machine() {
    let inside = TestProvider::start_tls("localhost").await;
    let (_, port) = inside.issuer.rsplit_once(':').unwrap();
    let world = World::new().await;
    let ca = inside.ca.as_ref().unwrap().path();
    let called = async |issuer: &str, private_network: bool, host: &str| {
        let trust = Trust::new(Some(ca), &world.shared.roots).unwrap();
        let way = (
            Reach::Secure,
            Fence::new(issuer, private_network, Written::ByOperator),
        );
        let limits = Limits::new(Duration::from_secs(20));
        let client = Client::new("idp", way, trust, limits, &world.shared);
        let url = Url::parse(&format!("https://{host}:{port}/jwks")).unwrap();
        client.call(Operation::Keys, get(&url).unwrap()).await
    };
    for host in ["localhost", "127.0.0.1", "[::ffff:7f00:1]", "0.0.0.0"] {
        let result = called("https://192.0.2.1", false, host).await;
        assert!(
            matches!(result, Err(CallError::Private)),
            "{host}: {result:?}"
        );
    }
    assert_eq!(inside.requests(), 0);
    for (issuer, private_network) in [
        ("https://192.0.2.1", true),
        ("https://127.0.0.1", false),
        ("https://localhost", false),
    ] {
        let result = called(issuer, private_network, "localhost").await;
        assert!(result.is_ok(), "{issuer}: {result:?}");
    }
    inside.stop().await;
    world.end().await;
}

#[tokio::test]
async fn inv_48_an_endpoint_on_the_internal_network_is_a_mistake_to_mend() {
    let world = World::new().await;
    let inside = "https://10.255.255.1/token";
    world
        .idp
        .describe(&object(json!({"token_endpoint": inside})));
    let result = world.finish().await;
    match &result {
        Err(Error::Misconfigured(why)) => assert!(why.contains("private_network"), "{why}"),
        _ => panic!("{result:?}"),
    }
    world.end().await;
}
