//! Slack as it answers beside its OpenID Connect: `oauth.v2.access` with the token of an app at its top, `users.identity`,
//! and refusals with status 200.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::idp::ada;
use crate::support::wire::{Answer, until};
use crate::support::world::{CLIENT_SECRET, ONE, url};
use crate::support::{Browser, World};

const PERSONS: &str = "xoxp-the-token-of-ada";
const APPS: &str = "xoxb-the-token-of-the-app";

/// Acme signs in with Slack, and asks `users.identity` who has come.
async fn slack(more: &str) -> World {
    let world = World::with(&format!(
        "[providers.acme-idp]\nkind = \"oauth2\"\nauthorize_url = \"{{acme}}/oauth/v2/authorize\"\n\
         token_url = \"{{acme}}/api/oauth.v2.access\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\nclient_authentication = \"client_secret_post\"\n\
         authorize_parameters = {{ user_scope = \"identity.basic,identity.email\" }}\n\
         scope_separator = \"comma\"\nrevalidation = \"userinfo\"\n\
         userinfo_urls = [\"{{acme}}/api/users.identity\"]\n[providers.acme-idp.claims]\nsubject = \"user.id\"\n\
         email = \"user.email\"\nname = \"user.name\"\ntenant = \"team.id\"\ntenant_name = \"team.name\"\n{ONE}{more}"
    ))
    .await;
    world.acme.answer("/oauth/v2/authorize", |heard| {
        let query = heard.query();
        assert_eq!(query["user_scope"], "identity.basic,identity.email");
        let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", "the-code")
            .append_pair("state", &query["state"]);
        Answer::redirect(back.as_str())
    });
    grants(&world, of_both());
    knows(&world, || identity("T1", "Acme"));
    for secret in [PERSONS, APPS] {
        world.acme.hands_out(secret);
    }
    world
}

/// What `oauth.v2.access` answers from now on.
fn grants(world: &World, answer: Value) {
    world.acme.answer("/api/oauth.v2.access", move |heard| {
        assert_eq!(heard.form()["client_secret"], CLIENT_SECRET);
        Answer::json(&answer)
    });
}

/// What `users.identity` answers from now on, to Ada's own token alone.
fn knows(world: &World, answer: impl Fn() -> Answer + Send + Sync + 'static) {
    world.acme.answer("/api/users.identity", move |heard| {
        let theirs = format!("Bearer {PERSONS}");
        assert_eq!(heard.field("authorization"), Some(theirs.as_str()));
        answer()
    });
}

/// Scopes of the app and of the person were asked for.
fn of_both() -> Value {
    let mut answer = of_the_person();
    let app = json!({
        "access_token": APPS, "token_type": "bot", "scope": "commands,chat:write", "bot_user_id": "B1"
    });
    answer
        .as_object_mut()
        .unwrap()
        .extend(app.as_object().unwrap().clone());
    answer
}

/// Scopes of the person alone.
fn of_the_person() -> Value {
    json!({
        "ok": true, "app_id": "A1", "team": {"id": "T1", "name": "Acme"}, "enterprise": null,
        "is_enterprise_install": false, "authed_user": {
            "id": "U1", "scope": "identity.email,identity.basic", "access_token": PERSONS, "token_type": "user"
        }
    })
}

fn identity(team: &str, name: &str) -> Answer {
    Answer::json(&json!({
        "ok": true, "user": {"id": "U1", "name": "Ada Lovelace", "email": "ada@acme.com"},
        "team": {"id": team, "name": name}
    }))
}

fn refusal(code: &str) -> Answer {
    Answer::json(&json!({"ok": false, "error": code}))
}

const TEAM: &str = "allow = { tenants = [\"T1\"] }\n";

#[tokio::test]
async fn the_person_comes_in_by_their_own_token_and_the_apps_is_not_theirs() {
    for answer in [of_both(), of_the_person()] {
        let more = "[revalidation]\ninterval = \"1h\"\n";
        let world = slack(&format!("{TEAM}{more}")).await;
        grants(&world, answer);
        let (mut browser, _) = world.signed_in().await;
        browser.get(&url("/")).await.is(200);
        let heard = world.application.last();
        assert_eq!(heard.field("remote-name"), Some("Ada Lovelace"));
        asked_again(&world).await;
        browser.fetch(&url("/")).await.is(200);
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn inv_43_what_slack_says_of_a_person_is_told_from_trouble() {
    for code in ["account_inactive", "token_revoked", "invalid_auth"] {
        let world = slack(TEAM).await;
        let (mut browser, _) = world.signed_in().await;
        knows(&world, || refusal(code));
        asked_again(&world).await;
        is_out(&mut browser).await;
        world.end(&[&browser]).await;
    }
    for (code, reason) in [
        ("missing_scope", "connection"),
        ("ratelimited", "rate_limited"),
    ] {
        let world = slack(TEAM).await;
        let (mut browser, _) = world.signed_in().await;
        knows(&world, move || match code {
            "ratelimited" => Answer::with(429, "Retry-After: 30\r\n", ""),
            code => refusal(code),
        });
        asked_again(&world).await;
        blames_nobody(&world, reason).await;
        browser.fetch(&url("/")).await.is(200);
        world.end(&[&browser]).await;
    }
}

#[tokio::test]
async fn who_has_left_the_team_is_out_when_asked_about() {
    let world = slack(TEAM).await;
    let (mut browser, _) = world.signed_in().await;
    knows(&world, || identity("T2", "Globex"));
    asked_again(&world).await;
    is_out(&mut browser).await;
    world.end(&[&browser]).await;
}

#[tokio::test]
async fn a_token_of_the_app_alone_is_nobodys_and_the_log_says_what_to_write() {
    let world = slack(TEAM).await;
    let mut of_the_app = of_both();
    of_the_app["authed_user"] = json!({"id": "U1"});
    grants(&world, of_the_app);
    let page = world.browser().visit(&url("/")).await;
    assert_eq!(page.kind(), Some("provider-misconfigured"), "{}", page.text);
    assert!(world.acme.heard("/api/users.identity").is_empty());
    world.application.heard_nothing();
    assert!(world.logs.text().contains("user_scope"));
    world.end(&[]).await;
}

#[tokio::test]
async fn setup_captures_the_team_and_another_one_stays_out() {
    let owned =
        "owners = [\"http://nobody|U1\"]\nactivation = \"required\"\nallow = { anyone = true }\n";
    let world = slack(owned).await;
    let issuer = world.acme.issuer.clone();
    let world = world.restart_with("http://nobody", &issuer).await;
    let mut owner = world.browser();
    let home = owner.visit(&url("/_sso/admin/acme")).await;
    assert_eq!(
        world.browser().visit(&url("/")).await.status,
        403,
        "before Setup"
    );
    let csrf = home.is(200).input("csrf");
    let setup = url("/_sso/admin/acme/setup/acme-idp");
    let page = owner.post(&setup, &[("csrf", &csrf)]).await;
    let page = owner.follow(page).await;
    let captured = "<dt>Only for</dt><dd><bdi>Acme</bdi>";
    assert!(page.is(200).text.contains(captured), "{}", page.text);
    for (team, name, status) in [("T2", "Acme", 403), ("T1", "renamed", 200)] {
        knows(&world, move || identity(team, name));
        let page = world.browser().visit(&url("/")).await;
        assert_eq!(page.status, status, "{team}: {}", page.text);
    }
    world.end(&[&owner]).await;
}

#[tokio::test]
async fn sign_in_with_slack_is_for_one_team_and_ends_when_the_account_does() {
    let world = World::with(&format!(
        "[providers.acme-idp]\npreset = \"slack\"\nissuer = \"{{acme}}\"\nclient_id = \"doorward\"\n\
         client_secret = \"{CLIENT_SECRET}\"\n{ONE}{TEAM}"
    ))
    .await;
    let of = |team: &str| {
        let mut ada = ada();
        ada["https://slack.com/team_id"] = json!(team);
        ada
    };
    world.acme.person(of("T2"));
    let page = world.browser().visit(&url("/")).await;
    assert_eq!(page.status, 403, "{}", page.text);
    world.application.heard_nothing();
    world.acme.person(of("T1"));
    let (mut browser, _) = world.signed_in().await;
    world
        .acme
        .answer("/userinfo", |_| refusal("account_inactive"));
    world.later(Duration::from_secs(3600));
    is_out(&mut browser).await;
    world.end(&[&browser]).await;
}

/// Until Slack has been asked once more, an hour later.
async fn asked_again(world: &World) {
    let asked = || world.acme.heard("/api/users.identity").len();
    let before = asked();
    world.later(Duration::from_secs(3600));
    until("Slack is asked", || asked() > before).await;
}

async fn is_out(browser: &mut Browser) {
    for _ in 0..2_000 {
        if browser.fetch(&url("/")).await.status == 401 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still in");
}

/// Until a question is counted that blames nobody, for this reason.
async fn blames_nobody(world: &World, reason: &str) {
    let labels = format!("provider=\"acme-idp\",result=\"error\",reason=\"{reason}\"");
    let series = format!("doorward_identity_checks_total{{{labels}}}");
    for _ in 0..2_000 {
        if world.broker.metric(&series).await >= 1.0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never counted: {reason}");
}
