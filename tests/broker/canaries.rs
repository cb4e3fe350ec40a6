//! The search for secrets and the one for dead ends find what there is. Every story of this binary ends with them
//! (`World::end`).

use doorward::admin::drafts::MadeLink;
use serde_json::{Value, json};

use crate::support::crawler::{self, Shown};
use crate::support::world::{CLIENT_SECRET, url};
use crate::support::{Browser, Canaries, World};

#[tokio::test]
async fn inv_51_a_planted_secret_is_found_wherever_it_lies() {
    let world = World::new().await;
    let (browser, _) = world.signed_in().await;
    let canaries = Canaries::of(world.acme.secrets()).with_cookies(&[&browser]);
    let planted = world.acme.secrets().pop().unwrap();
    let cookie = browser
        .cookie("app.example.com", "__Host-sso")
        .unwrap()
        .to_owned();
    for secret in [&planted, &cookie] {
        let text = format!("before{secret}after");
        assert_eq!(canaries.found(text.as_bytes()), Some(secret.as_str()));
    }
    assert_eq!(canaries.found(b"nothing"), None);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    canaries.absent_below(folder.path());
    std::fs::write(folder.path().join("deep/file"), &planted).unwrap();
    let search = std::panic::AssertUnwindSafe(|| canaries.absent_below(folder.path()));
    assert!(std::panic::catch_unwind(search).is_err());
    let mut browser = browser;
    browser.get(&url("/_sso/account")).await.is(200);
    world.end(&[&browser]).await;
}

/// What is typed into a draft that nobody tries.
const TYPED: &str = "typed-into-a-draft-and-never-tried";

/// What tells, and changes nothing that is told later.
const COMMANDS: [&[&str]; 16] = [
    &["status"],
    &["org", "list"],
    &["org", "show", "acme"],
    &["org", "drafts"],
    &["org", "draft", "show", "acme", "new"],
    &["org", "draft", "show", "acme", "other"],
    &["provider", "list"],
    &["provider", "test", "acme-idp"],
    &["session", "list"],
    &["session", "revoke", "--older-than", "1h", "--yes"],
    &["identity", "list"],
    &["audit", "tail"],
    &["audit", "search"],
    &["audit", "verify"],
    &["reload", "--dry-run"],
    &["reload"],
];

/// What the file says after it was changed.
const NEWER: &str = "the-newer-secret-of-globex";

/// Everything has happened that an operator can ask about: sign-ins, one that failed, two drafts with secrets, a rehearsal.
#[tokio::test]
async fn inv_51_no_command_prints_a_secret() {
    let world = World::with(
        "[organizations.acme]\nname = \"Acme Inc.\"\nproviders = [\"acme-idp\", \"globex-idp\"]\nowners = [\"ada@acme.com\"]\n",
    )
    .await;
    for secret in [TYPED, NEWER, "the-secret-of-globex"] {
        world.hides(secret);
    }
    let mut owner = world.browser();
    let start = url("/_sso/login/acme/acme-idp");
    let away = owner.post(&start, &[("rd", "/_sso/account")]).await;
    owner.follow(away).await.is(200);
    let trail: Value = world.broker.socket().get("/audit").await.unwrap();
    let mut entries = trail["entries"].as_array().unwrap().iter();
    let signed_in = entries.find_map(|entry| entry["reference"].as_str());
    let signed_in = signed_in.unwrap();
    let mut refused = world.browser();
    world.acme.refuse("access_denied");
    let away = refused.post(&start, &[]).await;
    let refused = refused.follow(away).await;
    let refused = refused.field("sso-reference").unwrap().to_owned();
    world.acme.grant();
    let (mut browser, tried) = tried_draft(&world).await;
    let wanted = json!({ "provider": "other", "preset": "oidc", "private_network": true });
    filled_draft(&world, &mut browser, &wanted, TYPED).await;

    let file = std::fs::read_to_string(world.broker.folder.path().join("doorward.toml")).unwrap();
    let file = file.replace("the-secret-of-globex", NEWER);
    std::fs::write(world.broker.folder.path().join("doorward.toml"), file).unwrap();

    let (secrets, links) = world.canaries(&[&owner, &browser]);
    let traces = [signed_in, &refused, &tried].map(|reference| ["trace", reference]);
    let traces = traces.iter().map(<[&str; 2]>::as_slice);
    for arguments in COMMANDS.into_iter().chain(traces) {
        for output in ["human", "json"] {
            let said = world.broker.command(arguments, output).await;
            let command = format!("doorward {}: {said}", arguments.join(" "));
            assert!(said.len() > 10, "{command}");
            secrets.absent(&command, said.as_bytes());
            links.absent(&command, said.as_bytes());
        }
    }
    // What an operator takes over is written and not told.
    for (draft, output, secret) in [("new", "human", CLIENT_SECRET), ("other", "json", TYPED)] {
        let write = ["org", "draft", "show", "acme", draft, "--write", "."];
        let said = world.broker.command(&write, output).await;
        secrets.absent("a draft that is written", said.as_bytes());
        let file = world.broker.folder.path().join(format!("{draft}.secret"));
        let written = std::fs::read_to_string(file).unwrap();
        assert_eq!(written.trim(), secret);
    }
    world.end(&[&owner, &browser]).await;
}

/// A browser that has set a provider up by a link and tried it, and the reference of that.
async fn tried_draft(world: &World) -> (Browser, String) {
    let mut browser = world.browser();
    let wanted = json!({ "provider": "new", "preset": "oidc", "private_network": true });
    let (at, csrf) = filled_draft(world, &mut browser, &wanted, CLIENT_SECRET).await;
    let csrf = [("csrf", &*csrf)];
    browser.post(&format!("{at}/check"), &csrf).await.is(303);
    let away = browser.post(&format!("{at}/try"), &csrf).await;
    let link = away.leads_to().unwrap();
    world.hides_link(link.path());
    let away = browser.post(link.as_str(), &[]).await;
    let done = browser.follow(away).await;
    assert_eq!(done.kind(), Some("rehearsed"), "{}", done.text);
    let reference = done.field("sso-reference").unwrap().to_owned();
    browser.post(&format!("{at}/finish"), &csrf).await.is(303);
    (browser, reference)
}

/// Where a draft is that has all it needs, and the token of its forms.
async fn filled_draft(
    world: &World,
    browser: &mut Browser,
    wanted: &Value,
    secret: &str,
) -> (String, String) {
    let socket = world.broker.socket();
    let path = "/organizations/acme/setup-link";
    let made: MadeLink = socket.post(path, wanted).await.unwrap();
    world.hides_link(&made.url);
    browser.get(&made.url).await.is(200);
    let at = browser.post(&made.url, &[]).await.leads_to().unwrap();
    let csrf = browser.get(at.as_str()).await.input("csrf");
    let values = [
        ("csrf", &*csrf),
        ("issuer", &world.acme.issuer),
        ("client_id", "doorward"),
        ("client_secret", secret),
    ];
    browser.post(&format!("{at}/values"), &values).await.is(303);
    (at.into(), csrf)
}

/// A page with that in its middle, and the crawl that comes to it.
async fn crawl_planted(middle: &str) {
    let world = World::new().await;
    let mut to = world.browser();
    let mut page = to.get(&url("/_sso/login")).await;
    page.head = page.head.replace("email-first", "planted");
    page.text = format!("<main>{middle}</main>");
    crawler::no_dead_end(&world, &[Shown { page, to }]).await;
}

#[tokio::test]
#[should_panic(expected = "planted leads to https://app.example.com/_sso/nothing, which is 404")]
async fn a_planted_dead_end_is_found() {
    crawl_planted("<a class=\"button\" href=\"/_sso/nothing\">On</a>").await;
}

#[tokio::test]
#[should_panic(expected = "planted at https://app.example.com/_sso/login leads nowhere")]
async fn a_planted_page_without_a_way_on_is_found() {
    crawl_planted("<p>This is all.</p>").await;
}

#[tokio::test]
#[should_panic(expected = "planted is sent to https://app.example.com/_sso/kept, which is 405")]
async fn a_planted_form_to_where_nothing_is_sent_is_found() {
    let form = "<form method=\"post\" action=\"/_sso/kept\"><button>On</button></form>";
    crawl_planted(form).await;
}

#[tokio::test]
#[should_panic(
    expected = "planted is sent to https://app.example.com/_sso/nothing?q=, which is 404"
)]
async fn a_planted_search_of_nothing_is_found() {
    let form = "<form method=\"get\" action=\"/_sso/nothing\"><input name=\"q\"><button>On</button></form>";
    crawl_planted(form).await;
}

#[tokio::test]
#[should_panic(expected = "planted is sent to https://app.example.com/_sso/nowhere, which is 404")]
async fn a_planted_second_button_that_leads_nowhere_is_found() {
    let form = "<form method=\"post\" action=\"/_sso/login\"><button>On</button>\
                <button formaction=\"/_sso/nowhere\">Away</button></form>";
    crawl_planted(form).await;
}

#[tokio::test]
#[should_panic(expected = "has no button")]
async fn a_planted_form_that_cannot_be_sent_is_found() {
    crawl_planted("<form method=\"post\" action=\"/_sso/login\"><input name=\"q\"></form>").await;
}

#[tokio::test]
#[should_panic(expected = "goes nowhere")]
async fn a_planted_form_that_is_sent_nowhere_is_found() {
    crawl_planted("<form method=\"post\"><button>On</button></form>").await;
}
