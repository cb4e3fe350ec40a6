//! An organization that an operator suspends: who is inside, who is on the way in, and who comes after a restart.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::world::{OWN_HOST, url};

async fn turn(world: &World, organization: &str, verb: &str) -> Value {
    let path = format!("/organizations/{organization}/{verb}");
    let socket = world.broker.socket();
    socket.post(&path, &json!({})).await.unwrap()
}

#[tokio::test]
async fn inv_39_whoever_is_on_the_way_in_does_not_get_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let callback = browser.away_and_back(&url("/_sso/login/acme")).await;
    turn(&world, "acme", "suspend").await;
    let calls = world.acme.requests();
    let page = browser.visit(&callback).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-suspended"))
    );
    assert_eq!(world.acme.requests(), calls, "nobody was asked");
    world.application.heard_nothing();
    turn(&world, "acme", "resume").await;
    browser.visit(&url("/")).await.is(200);
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn inv_42_a_suspension_outlives_the_process() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let done = turn(&world, "acme", "suspend").await;
    assert_eq!(
        (&done["changed"], &done["ended"]),
        (&true.into(), &1.into()),
        "{done}"
    );
    let world = world.restart().await;
    let mut browser = browser;
    browser.now_at(world.broker.address);
    let page = browser.visit(&url("/_sso/login/acme")).await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-suspended"))
    );
    browser.fetch(&url("/")).await.is(401);
    world.application.heard_nothing();
    turn(&world, "acme", "resume").await;
    let world = world.restart().await;
    let (fresh, _) = world.signed_in().await;
    world.end(&[&browser, &fresh]).await;
}

#[tokio::test]
async fn an_organization_with_a_host_of_its_own_is_shut_there_too() {
    let world = World::with(OWN_HOST).await;
    turn(&world, "globex", "suspend").await;
    let page = world.browser().visit("https://globex.example.com/").await;
    assert_eq!(
        (page.status, page.kind()),
        (403, Some("organization-suspended"))
    );
    world.application.heard_nothing();
    let mut browser = world.browser();
    browser.visit(&url("/_sso/login/acme")).await.is(200);
    assert_eq!(
        world.application.last().field("remote-email"),
        Some("ada@acme.com")
    );
    world.end(&[&browser]).await;
}
