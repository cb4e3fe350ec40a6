//! Every page in every state: what must hold for all of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::panic, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../examples/pages/samples.rs"]
mod samples;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward::address::{Origin, ReturnPath};
use doorward::audit::{Actor, Event, Head, Kind};
use doorward::clock::Timestamp;
use doorward::config::{self, Organization, Slug, WordsFile};
use doorward::pages::owner::TrailRow;
use doorward::pages::{Look, NoLonger, Pages, Place, Problem};
use doorward::secret;
use doorward::telemetry::Reference;
use fluent_syntax::ast::{Entry, Expression, Pattern, PatternElement};
use http::Response;
use samples::{Cast, Sample};

fn every(cast: &Cast) -> Vec<Sample> {
    samples::all(
        &Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap(),
        cast,
    )
    .unwrap()
}

fn body(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The text between two marks, each time they occur.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start)
        .skip(1)
        .map(|rest| rest.split(end).next().unwrap())
        .collect()
}

/// Text without its tags.
fn bare(html: &str) -> String {
    let mut depth = 0_u32;
    html.chars()
        .filter(|&letter| match letter {
            '<' => {
                depth += 1;
                false
            }
            '>' => {
                depth -= 1;
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// A page without the script that copies.
fn without_script(html: &str) -> String {
    match html.split_once("<script>") {
        None => html.to_owned(),
        Some((before, rest)) => {
            let (_, after) = rest.split_once("</script>").unwrap();
            format!("{before}{after}")
        }
    }
}

/// Whether a page has addresses to be copied, and the script for that.
fn copies(name: &str) -> bool {
    name.starts_with("wizard-")
}

/// Without what is for programs and stays as it is.
fn without_codes(html: &str) -> String {
    let codes = between(html, "<code>", "</code>");
    codes.iter().fold(html.to_owned(), |text, code| {
        text.replacen(&format!("<code>{code}</code>"), "", 1)
    })
}

/// All tags of a page, style sheet left out, each as its text between the angle brackets.
fn tags(html: &str) -> Vec<&str> {
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let mut tags = between(before, "<", ">");
    tags.extend(between(after, "<", ">"));
    tags
}

/// The values of an attribute, over all tags.
fn attributes<'a>(tags: &[&'a str], name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    tags.iter()
        .flat_map(|tag| between(tag, &start, "\""))
        .collect()
}

#[test]
fn every_page_is_one_small_document_with_one_heading() {
    let samples = every(&Cast::usual());
    assert!(samples.len() > 300, "{}", samples.len());
    for Sample { name, response } in &samples {
        let html = body(response);
        assert!(html.len() < 30 * 1024, "{name} has {} bytes", html.len());
        assert!(
            html.starts_with("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">"),
            "{name}"
        );
        let title = between(html, "<title>", "</title>");
        let heading: Vec<_> = between(html, "<h1>", "</h1>")
            .into_iter()
            .map(bare)
            .collect();
        assert_eq!(title, heading, "{name}");
        assert_eq!(title.len(), 1, "{name}");
        assert!(!title[0].trim().is_empty(), "{name}");
        assert!(
            html.contains("width=device-width, initial-scale=1\""),
            "{name}"
        );
        assert_eq!(between(html, "<main", ">").len(), 1, "{name}");
        assert!(!html.contains("{{") && !html.contains("{%"), "{name}");
    }
}

#[test]
fn every_language_fits_and_says_which_it_is() {
    for tag in config::LANGUAGES {
        let direction = if tag == "ar" { "rtl" } else { "ltr" };
        let start = format!("<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\">");
        let english = Cast::usual();
        let samples = every(&Cast::usual().reading(samples::language(tag)));
        for (one, other) in samples.iter().zip(every(&english)) {
            let (name, html) = (&one.name, body(&one.response));
            assert!(html.starts_with(&start), "{name}");
            assert!(html.len() < 30 * 1024, "{name} has {} bytes", html.len());
            assert_eq!(header(&one.response, "content-language"), tag, "{name}");
            // The same page, whatever its language.
            let elements = |html| {
                let tags = tags(html).into_iter();
                let tags = tags.map(|tag| tag.split_whitespace().next().unwrap().to_owned());
                tags.filter(|tag| !tag.ends_with("bdi")).collect::<Vec<_>>()
            };
            assert_eq!(elements(html), elements(body(&other.response)), "{name}");
        }
    }
}

#[test]
fn the_style_knows_no_left_and_right() {
    let response = &every(&Cast::usual())[0].response;
    let style = between(body(response), "<style>", "</style>")[0];
    for word in ["left", "right"] {
        assert!(!style.contains(word), "{word}");
    }
    // Arrows are no letters: they do not turn by themselves.
    assert!(style.contains(".list a::after{content:\"\\2192\""));
    assert!(style.contains("[dir=rtl] .list a::after{content:\"\\2190\""));
}

/// Our words with every letter of them replaced: whatever Latin letter is still on a page did not come from the words.
fn pseudo() -> String {
    let english = include_str!("../src/pages/words/en.ftl").to_owned();
    let mut resource = fluent_syntax::parser::parse(english).unwrap();
    fn strange(pattern: &mut Pattern<String>) {
        for element in &mut pattern.elements {
            match element {
                PatternElement::TextElement { value } => {
                    *value = value.replace(|letter: char| letter.is_ascii_alphabetic(), "ж");
                }
                PatternElement::Placeable { expression } => {
                    if let Expression::Select { variants, .. } = expression {
                        variants.iter_mut().for_each(|one| strange(&mut one.value));
                    }
                }
            }
        }
    }
    for entry in &mut resource.body {
        if let Entry::Message(message) = entry {
            strange(message.value.as_mut().unwrap());
        }
    }
    fluent_syntax::serializer::serialize(&resource)
}

/// Pages that speak it too.
fn all_of_pseudo() -> Pages {
    let settings = config::Pages {
        words: vec![WordsFile {
            language: "qps".to_owned(),
            text: pseudo(),
        }],
        ..config::Pages::default()
    };
    Pages::new(&settings, &branded()).unwrap()
}

/// Names of browsers and systems on the samples: those are the same in every language.
const FAMILIES: [&str; 4] = ["Firefox", "Windows", "Samsung Internet", "ChromeOS"];

#[test]
fn no_text_is_written_into_code_or_templates() {
    let pages = all_of_pseudo();
    let language = pages.language(Some("qps"), None).clone();
    assert_eq!(language.tag(), "qps");
    let mut letters = 0;
    // What comes from outside has no letter, but for the host, of which the first stands on the door.
    for Sample { name, response } in
        samples::all(&pages, &Cast::hostile("★").reading(language)).unwrap()
    {
        let html = &without_script(body(&response));
        let (_, visible) = html.split_once("<body>").unwrap();
        let visible = visible.replace("<span class=\"door\" aria-hidden=\"true\">A</span>", "");
        let mut text = without_codes(&visible);
        for label in attributes(&tags(html), "aria-label") {
            text.push_str(label);
        }
        let mut text = bare(&text).replace("app.example.com", "");
        for name in FAMILIES {
            text = text.replace(name, "");
        }
        letters += text.matches('ж').count();
        let left: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        assert_eq!(left, "", "{name}: {text}");
    }
    assert!(letters > 10_000, "{letters}");
}

#[test]
fn the_end_of_setup_is_told_in_every_language_and_by_words_alone() {
    let codes = words_of("src/pipeline/ending.rs", "const fn code(self)");
    assert!(codes.len() > 15, "{codes:?}");
    let pages = all_of_pseudo();
    let strange = pages.language(Some("qps"), None).clone();
    for failed in codes.iter().map(Some).chain([None]) {
        let failed = failed.map(String::as_str);
        for tag in config::LANGUAGES {
            let cast = Cast::usual().reading(samples::language(tag));
            let page = samples::owner::done(&pages, &cast, failed).unwrap();
            let start = format!("<html lang=\"{tag}\"");
            assert!(body(&page).contains(&start), "{failed:?} in {tag}");
        }
        let cast = Cast::hostile("★").reading(strange.clone());
        let page = samples::owner::done(&pages, &cast, failed).unwrap();
        let (_, visible) = body(&page).split_once("<main>").unwrap();
        let (visible, _) = visible.split_once("<script>").unwrap();
        let code = format!("<bdi>{}</bdi>", failed.unwrap_or_default());
        let text = bare(&without_codes(visible).replace(&code, ""));
        let left: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        assert_eq!(left, "", "{failed:?}");
        // What went wrong stands there in words, beside its code and its reference.
        let (_, told) = visible.split_once("</h1>").unwrap();
        let told = between(told, "<p", "</p>").len();
        assert_eq!(told, if failed.is_some() { 4 } else { 2 }, "{visible}");
    }
}

/// The words that a function of the source maps its variants to.
fn words_of(file: &str, function: &str) -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join(file)).unwrap();
    let (_, rest) = source.split_once(function).unwrap();
    let (inside, _) = rest.split_once("\n    }\n").unwrap();
    between(inside, "=> \"", "\"")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_no_of_a_provider_is_said_to_whoever_it_is_about() {
    let word = "const fn as_str(self)";
    let rules = words_of("src/identity/rules.rs", word);
    let words = words_of("src/provider/outcome.rs", word);
    for word in words.iter().chain(&rules) {
        let why = NoLonger::of(Some(word));
        assert_ne!(why, NoLonger::Unsaid, "{word} is told in words");
    }
    assert!(words.len() > 5 && rules.len() > 9, "{words:?} {rules:?}");
}

#[test]
fn every_word_that_says_why_is_said_to_owners_in_their_own() {
    let word = "const fn as_str(self)";
    for (kind, file, function, least) in [
        (Kind::SessionEnded, "src/session/reason.rs", word, 12),
        (Kind::SessionEnded, "src/session/record.rs", word, 2),
        (Kind::LoginDenied, "src/identity/rules.rs", word, 10),
        (Kind::AccessDenied, "src/identity/rules.rs", word, 10),
        (
            Kind::LoginFailed,
            "src/pipeline/ending.rs",
            "const fn code(self)",
            17,
        ),
        (
            Kind::IdentityLinkRefused,
            "src/identity/provision.rs",
            word,
            4,
        ),
        (Kind::IdentityLinkRefused, "src/pipeline/errand.rs", word, 2),
        (
            Kind::IdentityInvalidated,
            "src/provider/outcome.rs",
            word,
            6,
        ),
    ] {
        let words = words_of(file, function);
        assert!(words.len() >= least, "{file}: {words:?}");
        for word in words {
            let event = Event {
                reason: Some(word.clone()),
                ..Event::new(Timestamp::EPOCH, kind, Actor::System)
            };
            let row = TrailRow::from(Head::default().append(event));
            assert!(row.said.is_some(), "{kind:?}");
            assert!(row.why.is_some(), "{kind:?}: {word}");
            assert_eq!(row.reason, Some(word));
        }
    }
}

#[test]
fn what_an_operator_wrote_is_shown_as_it_is() {
    // It may happen to be one of our words: it is not one here.
    for kind in [Kind::IdentityBlocked, Kind::MembershipRemoved] {
        let event = Event {
            reason: Some("idle".to_owned()),
            ..Event::new(Timestamp::EPOCH, kind, Actor::Operator)
        };
        let row = TrailRow::from(Head::default().append(event));
        assert_eq!((row.why, row.reason.as_deref()), (None, Some("idle")));
    }
}

#[test]
fn an_operators_words_go_before_ours_and_programs_do_not_hear_them() {
    let file = |language: &str, text: &str| WordsFile {
        language: language.to_owned(),
        text: text.to_owned(),
    };
    let settings = config::Pages {
        words: vec![
            file("en", "not-found-heading = Nothing here, matey\n"),
            file(
                "nl",
                "-app = het portaal\nnot-found-heading = Niets in { -app }\n",
            ),
        ],
        language: "nl".to_owned(),
    };
    let pages = Pages::new(&settings, &BTreeMap::new()).unwrap();
    let cast = Cast::usual();
    let look = cast.look(true, Place::Shared);
    let shown = |tag: Option<&str>| {
        let language = pages.language(tag, None);
        let look = Look { language, ..look };
        let page = pages.problem(&look, &Problem::NotFound, Reference::next(Timestamp::EPOCH));
        between(body(&page), "<h1>", "</h1>")[0].to_owned()
    };
    assert_eq!(shown(Some("en")), "Nothing here, matey");
    assert_eq!(shown(None), "Niets in het portaal");
    let json = pages.problem_json(
        &look,
        &Problem::NotFound,
        Reference::next(Timestamp::EPOCH),
        None,
    );
    assert!(body(&json).contains("Page not found. "), "{}", body(&json));
}

#[test]
fn pages_fetch_nothing_and_run_nothing() {
    for Sample { name, response } in every(&Cast::usual()) {
        assert_eq!(body(&response).contains("<script"), copies(&name), "{name}");
        let html = &without_script(body(&response));
        let tags = tags(html);
        for tag in &tags {
            let element = tag.split_whitespace().next().unwrap();
            let allowed = [
                "!doctype", "html", "head", "meta", "title", "link", "style", "body", "header",
                "main", "footer", "span", "bdi", "b", "p", "h1", "h2", "a", "form", "input",
                "button", "label", "ol", "ul", "li", "dl", "div", "dt", "dd", "time", "code",
                "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td",
                "nav", "section", "fieldset", "legend", "textarea",
            ];
            assert!(
                allowed.contains(&element.trim_start_matches('/')),
                "{name}: <{tag}>"
            );
            assert!(
                !tag.contains(" style=") && !tag.contains(" on"),
                "{name}: <{tag}>"
            );
        }
        assert!(attributes(&tags, "src").is_empty(), "{name}");
        assert_eq!(between(html, "<link ", ">").len(), 1, "{name}");
        assert!(
            html.contains("<link rel=\"icon\" href=\"data:image/svg+xml,"),
            "{name}"
        );
        let style = between(html, "<style>", "</style>")[0];
        assert!(
            !style.contains("url(") && !style.contains("@import"),
            "{name}"
        );
    }
}

#[test]
fn inv_38_links_stay_here_unless_their_destination_was_given() {
    for Sample { name, response } in every(&Cast::usual()) {
        let tags = tags(body(&response));
        let mut links = attributes(&tags, "href");
        links.extend(attributes(&tags, "action"));
        assert!(links.len() >= 2, "{name}");
        for link in links {
            let known = link.starts_with('/') && !link.starts_with("//")
                || link.starts_with("data:image/svg+xml,")
                || link.starts_with("https://acme.okta.example/logout?")
                || link == "https://acme.okta.example/settings"
                || link == "https://app.example.com/";
            assert!(known, "{name}: {link}");
        }
    }
}

/// The value of a hidden field of a form.
fn hidden<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    between(form, &start, "\"").first().copied()
}

#[test]
fn forms_of_somebody_signed_in_carry_a_token_and_no_other_field_is_there_for_show() {
    let cast = Cast::usual();
    let mut forms = 0;
    for Sample { name, response } in every(&cast) {
        for form in between(body(&response), "<form", "</form>") {
            forms += 1;
            // A search changes nothing and has its words in the address.
            let searches =
                form.starts_with(" method=\"get\" role=\"search\" action=\"/_sso/admin/");
            assert!(
                searches || form.starts_with(" method=\"post\" action=\"/"),
                "{name}: {form}"
            );
            let expected = match form {
                _ if searches => &[],
                form if ["/logout\"", "/switch/", "/account/", "/admin/", "/draft/"]
                    .iter()
                    .any(|path| form.contains(&format!("/_sso{path}"))) =>
                {
                    ["csrf"].as_slice()
                }
                form if form.contains("/_sso/callback/") => &["state"],
                _ => &[],
            };
            for token in ["csrf", "state"] {
                let held = expected
                    .contains(&token)
                    .then_some("dG9rZW4tZm9yLXRoZS1mb3Jt");
                assert_eq!(hidden(form, token), held, "{name}: {form}");
            }
            assert!(!form.contains("value=\"\""), "{name}: {form}");
        }
    }
    assert!(forms > 100, "{forms}");
}

#[test]
fn every_field_has_a_label() {
    for Sample { name, response } in every(&Cast::usual()) {
        let html = body(&response);
        for tag in tags(html) {
            let Some(input) = tag.strip_prefix("input ") else {
                continue;
            };
            if input.contains("type=\"hidden\"") {
                continue;
            }
            let id = between(input, "id=\"", "\"")[0];
            assert!(
                html.contains(&format!("<label for=\"{id}\">")),
                "{name}: {tag}"
            );
            assert!(input.contains("autocomplete=\""), "{name}: {tag}");
            for described in between(input, "aria-describedby=\"", "\"") {
                assert!(
                    html.contains(&format!(" id=\"{described}\"")),
                    "{name}: {tag}"
                );
            }
        }
    }
}

#[test]
fn no_problem_is_a_dead_end() {
    for Sample { name, response } in every(&Cast::usual()) {
        if !name.starts_with("problem-") {
            continue;
        }
        let html = body(&response);
        let primary = between(html, "<a class=\"button\" href=\"", "</a>");
        assert_eq!(primary.len(), 1, "{name}");
        let (href, label) = primary[0].split_once("\">").unwrap();
        assert!(!href.is_empty() && !label.is_empty(), "{name}");
        let reference = header(&response, "sso-reference");
        assert_eq!(reference.len(), 9, "{name}");
        assert!(
            html.contains(&format!("<code>{reference}</code>")),
            "{name}"
        );
    }
}

/// Where whoever meets them can try as often as they like: somebody else has to do something.
const NOT_BY_TRYING: [&str; 7] = [
    "provider-refused",
    "provider-misconfigured",
    "organization-suspended",
    "organization-not-open",
    "account-not-allowed",
    "identity-invalid",
    "not-allowed-here",
];

#[test]
fn the_first_way_on_from_a_problem_changes_something() {
    let none = BTreeMap::new();
    for organizations in [&none, &branded()] {
        let pages = Pages::new(&config::Pages::default(), organizations).unwrap();
        let mut met = 0;
        for Sample { name, response } in samples::all(&pages, &Cast::usual()).unwrap() {
            let html = body(&response);
            let code = header(&response, "sso-generated");
            if !name.starts_with("problem-") {
                continue;
            }
            let primary = between(html, "<a class=\"button\" href=\"", "</a>");
            let (href, label) = primary[0].split_once("\">").unwrap();
            if NOT_BY_TRYING.contains(&code) {
                met += 1;
                assert!(
                    !["Try again", "Sign in again", "Go to the start page"].contains(&label),
                    "{name}: {label}"
                );
                let again = "/_sso/login/acme?rd=%2Freports%3Fid%3D7%26x%3D%27%2522";
                assert!(href != "/" && href != again, "{name}: {href}");
            }
            let has_help = html.contains("<a href=\"https://help.acme.com/");
            let helps = NOT_BY_TRYING[..4].contains(&code);
            let leads = href.starts_with("https://help.acme.com/");
            assert_eq!(leads, has_help && helps, "{name}: {href}");
            // Nothing of what a provider says of itself but a code of our own list.
            let details = between(html, "<details>", "</details>");
            assert_eq!(
                details.len(),
                usize::from(html.contains("AADSTS50105")),
                "{name}"
            );
        }
        assert!(met > 20, "{met}");
    }
}

#[test]
fn denials_offer_another_account_and_sign_in_keeps_its_destination() {
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    let cast = Cast::usual();
    let look = cast.look(true, Place::Shared);
    let rd = "rd=%2Freports%3Fid%3D7%26x%3D%27%2522";
    for problem in cast.problems() {
        let page = pages.problem(&look, &problem, Reference::next(Timestamp::EPOCH));
        let another = body(&page).contains(&format!(
            "href=\"/_sso/login/acme?{rd}&amp;prompt=select_account\""
        ));
        let usual = body(&page).contains(&format!("href=\"/_sso/login/acme?{rd}\""));
        match problem {
            Problem::AccountNotAllowed { .. }
            | Problem::ProviderRefused { .. }
            | Problem::IdentityInvalid { .. }
            | Problem::OtherAccount { .. }
            | Problem::NotAllowedHere { .. } => assert!(another, "{problem:?}"),
            Problem::LoginExpired { .. }
            | Problem::SessionEnded { .. }
            | Problem::SignInRequired { .. } => assert!(usual, "{problem:?}"),
            _ => {}
        }
    }
}

#[test]
fn statuses_and_codes_are_those_of_the_catalogue() {
    let expected = [
        ("login-expired", 400),
        ("login-cancelled", 200),
        ("provider-unreachable", 502),
        ("identity-unverified", 503),
        ("identity-invalid", 403),
        ("provider-refused", 403),
        ("provider-misconfigured", 500),
        ("account-not-allowed", 403),
        ("organization-unknown", 404),
        ("organization-suspended", 403),
        ("organization-not-open", 403),
        ("identity-not-linked", 409),
        ("owners-only", 403),
        ("setup-link-gone", 410),
        ("setup-link-elsewhere", 403),
        ("setup-link-crowded", 409),
        ("email-unverified", 403),
        ("session-ended", 401),
        ("sign-in-required", 401),
        ("step-up-required", 401),
        ("form-kept", 401),
        ("sign-in-too-weak", 403),
        ("other-account", 403),
        ("redirect-loop", 508),
        ("cookies-blocked", 400),
        ("app-unreachable", 502),
        ("app-slow", 504),
        ("too-busy", 503),
        ("too-many-attempts", 429),
        ("bad-request", 400),
        ("misdirected-request", 421),
        ("not-found", 404),
        ("not-allowed-here", 403),
        ("method-not-allowed", 405),
        ("broken", 500),
    ];
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    let cast = Cast::usual();
    let look = cast.look(true, Place::Shared);
    let problems = cast.problems();
    for (code, status) in expected {
        let mut seen = 0;
        for problem in problems.iter().filter(|problem| problem.code() == code) {
            seen += 1;
            let page = pages.problem(&look, problem, Reference::next(Timestamp::EPOCH));
            assert_eq!(page.status(), status, "{code}");
            assert_eq!(header(&page, "sso-generated"), code);
        }
        assert!(seen > 0, "{code} is not among the samples");
    }
    for problem in &problems {
        let known = expected.iter().any(|(code, _)| *code == problem.code());
        assert!(known, "{problem:?}");
    }
}

#[test]
fn what_is_too_much_says_when_to_come_back() {
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    let cast = Cast::usual();
    for problem in cast.problems() {
        let page = pages.problem(
            &cast.look(true, Place::Shared),
            &problem,
            Reference::next(Timestamp::EPOCH),
        );
        if problem.code() == "too-many-attempts" {
            assert_eq!(header(&page, "retry-after"), "30");
            assert!(body(&page).contains("in 30 seconds."));
        } else if problem.code() == "too-busy" {
            assert_eq!(header(&page, "retry-after"), "5");
            assert!(body(&page).contains("in 5 seconds."));
        } else {
            assert_eq!(header(&page, "retry-after"), "");
        }
    }
}

#[test]
fn the_policy_names_the_style_that_was_sent_and_allows_nothing_else() {
    for Sample { name, response } in every(&Cast::usual()) {
        let style = between(body(&response), "<style>", "</style>")[0];
        let digest = STANDARD.encode(secret::sha256(style.as_bytes()));
        let policy = header(&response, "content-security-policy");
        let script = between(body(&response), "<script>", "</script>");
        let script = script.first().map_or_else(String::new, |script| {
            let digest = STANDARD.encode(secret::sha256(script.as_bytes()));
            format!("script-src 'sha256-{digest}'; ")
        });
        let (fixed, form_action) = policy.split_once("; form-action ").unwrap();
        assert_eq!(
            fixed,
            format!(
                "default-src 'none'; style-src 'sha256-{digest}'; {script}img-src data:; base-uri 'none'; \
                 frame-ancestors 'none'"
            ),
            "{name}"
        );
        assert_eq!(form_action, "'self'", "{name}");
    }
}

/// Acme with all of its brand.
fn branded() -> BTreeMap<Slug, Organization> {
    let file = r##"
        [server]
        public_url = "http://localhost:8000"
        [upstreams.app]
        url = "http://127.0.0.1:1"
        [providers.dev]
        preset = "dev"
        [organizations.acme]
        providers = ["dev"]
        name = "Acme Inc."
        brand = { logo = "acme.svg", colour = "#8a1c4a", support = "https://help.acme.com/sso?a=1&b='" }
    "##;
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("doorward.toml");
    std::fs::write(&main, file).unwrap();
    let logo = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    std::fs::write(folder.path().join("acme.svg"), logo).unwrap();
    let loaded = config::load(&config::Files {
        file: main,
        environment: BTreeMap::new(),
    });
    loaded
        .unwrap_or_else(|faults| panic!("{faults}"))
        .config
        .organizations
}

#[test]
fn an_organization_wears_its_own_logo_and_colour_and_others_do_not() {
    let pages = Pages::new(&config::Pages::default(), &branded()).unwrap();
    for Sample { name, response } in samples::all(&pages, &Cast::usual()).unwrap() {
        let html = body(&response);
        let style = between(html, "<style>", "</style>")[0];
        let digest = STANDARD.encode(secret::sha256(style.as_bytes()));
        let policy = header(&response, "content-security-policy");
        assert!(
            policy.contains(&format!("style-src 'sha256-{digest}';")),
            "{name}"
        );
        assert!(policy.contains("img-src data:;"), "{name}");
        assert!(html.len() < 30 * 1024, "{name} has {} bytes", html.len());
        let pictures = between(html, "<img ", ">");
        let is_ours = html.contains("<span class=\"name\"><bdi>Acme Inc.</bdi>");
        assert_eq!(style.contains("#8a1c4a"), is_ours, "{name}");
        assert_eq!(pictures.len(), usize::from(is_ours), "{name}");
        for picture in pictures {
            let start = "class=\"logo\" src=\"data:image/svg+xml;base64,";
            assert!(
                picture.starts_with(start) && picture.ends_with(" alt=\"\""),
                "{name}"
            );
        }
        for script in [policy.contains("script-src"), html.contains("<script")] {
            assert_eq!(script, copies(&name), "{name}");
        }
        let links = html
            .matches(" href=\"https://help.acme.com/sso?a=1&amp;b=%27\">")
            .count();
        let refuses = [
            "account-not-allowed",
            "not-allowed-here",
            "organization-suspended",
        ];
        let refuses = refuses.iter().any(|code| name.contains(code));
        assert!(
            links >= usize::from(is_ours) + usize::from(is_ours && refuses),
            "{name}: {links}"
        );
        assert!(is_ours || links == 0, "{name}");
    }
}

#[test]
fn a_page_with_the_largest_logo_in_any_language_stays_small() {
    let mut organizations = branded();
    let acme = organizations.values_mut().next().unwrap();
    acme.brand.logo.as_mut().unwrap().bytes = vec![b'x'; 8 * 1024];
    let pages = Pages::new(&config::Pages::default(), &organizations).unwrap();
    for tag in config::LANGUAGES {
        let cast = Cast::usual().reading(samples::language(tag));
        for Sample { name, response } in samples::all(&pages, &cast).unwrap() {
            let bytes = response.body().len();
            assert!(bytes < 30 * 1024, "{name} in {tag} has {bytes} bytes");
        }
    }
}

/// A number that the source names.
fn number_of(file: &str, name: &str) -> usize {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join(file)).unwrap();
    between(&source, &format!("const {name}: usize = "), ";")[0]
        .parse()
        .unwrap()
}

#[test]
fn the_fullest_pages_are_as_full_as_those_that_are_shown() {
    let rows = samples::fullest::ROWS;
    let account = "src/gateway/endpoints/account.rs";
    let connection = "src/gateway/endpoints/owner/connection.rs";
    let people = "src/gateway/endpoints/owner/people.rs";
    for (shown, file, name) in [
        (rows.own_sessions, account, "FIRST_SESSIONS"),
        (rows.more_sessions, account, "SESSIONS"),
        (rows.first_others, account, "FIRST_OTHERS"),
        (rows.others, account, "OTHERS"),
        (rows.first_ways, account, "FIRST_WAYS"),
        (rows.ways, account, "WAYS"),
        (rows.connections, connection, "CONNECTIONS"),
        (rows.first_choices, connection, "FIRST_CHOICES"),
        (rows.choices, connection, "CHOICES"),
        (rows.people, people, "PAGE"),
        (rows.identities, people, "IDENTITIES"),
        (rows.first_sessions, people, "FIRST_SESSIONS"),
        (rows.sessions, people, "SESSIONS"),
    ] {
        assert_eq!(shown, number_of(file, name), "{name} of {file}");
    }
}

#[test]
fn a_refusal_says_what_the_rule_says() {
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    let cast = Cast::usual();
    let look = cast.look(true, Place::Shared);
    for problem in cast.problems() {
        let page = pages.problem(&look, &problem, Reference::next(Timestamp::EPOCH));
        let explained =
            body(&page).contains("<p dir=\"auto\">Only the finance team may use it.</p>");
        let remedied =
            body(&page).contains("<p dir=\"auto\">Ask your team lead for the group finance.</p>");
        let expected = match &problem {
            Problem::AccountNotAllowed { rule, .. } | Problem::NotAllowedHere { rule, .. } => {
                rule.explain.is_some()
            }
            _ => false,
        };
        assert_eq!((explained, remedied), (expected, expected), "{problem:?}");
    }
}

#[test]
fn every_answer_carries_the_security_headers() {
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    let cast = Cast::usual();
    let look = cast.look(true, Place::Shared);
    let mut responses: Vec<_> = every(&cast)
        .into_iter()
        .map(|sample| (sample.response, "text/html; charset=utf-8"))
        .collect();
    for problem in cast.problems() {
        let json = pages.problem_json(&look, &problem, Reference::next(Timestamp::EPOCH), None);
        responses.push((json, "application/json"));
    }
    for (response, content_type) in responses {
        for (name, value) in [
            ("content-type", content_type),
            ("content-language", "en"),
            ("vary", "accept-language"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(header(&response, name), value, "{name}");
        }
        assert!(!header(&response, "sso-generated").is_empty());
    }
    let plain = Origin::parse("http://localhost:8000").unwrap();
    let look = Look {
        site: &plain,
        ..look
    };
    let page = pages.problem(&look, &Problem::NotFound, Reference::next(Timestamp::EPOCH));
    assert_eq!(header(&page, "strict-transport-security"), "");
}

#[test]
fn inv_37_hostile_names_stay_text() {
    let usual = every(&Cast::usual());
    for text in [
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</title></style></main><!--",
        "{{ style }}{% include 'base.html' %}",
        "&quot;&#x22;&lt;script&gt;",
        "javascript:alert(1)",
        "\u{202e}\u{2066}\u{2067}\r\nSet-Cookie: a=b\0\u{2028}",
        "\u{5d0}\u{5d1}\u{5d2} \u{645}\u{631}\u{62d}\u{628}\u{627} \u{1f6aa} e\u{301}",
        "",
    ] {
        let hostile = every(&Cast::hostile(text));
        assert_eq!(usual.len(), hostile.len());
        for (usual, hostile) in usual.iter().zip(&hostile) {
            let name = &hostile.name;
            // The same elements as ever, give or take what is shown only if it is not empty.
            if !text.is_empty() {
                let elements = |sample: &Sample| {
                    tags(body(&sample.response))
                        .iter()
                        .map(|tag| tag.split_whitespace().next().unwrap().to_owned())
                        .collect::<Vec<_>>()
                };
                assert_eq!(elements(usual), elements(hostile), "{name}");
            }
            let html = body(&hostile.response);
            assert!(
                !without_script(html).contains("<script") && !html.contains("<img"),
                "{name}"
            );
            let steering = |letter: char| {
                letter.is_control() && letter != '\n'
                    || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!html.contains(steering), "{name}");
            for href in attributes(&tags(html), "href") {
                assert!(!href.starts_with("javascript"), "{name}");
            }
            assert_eq!(
                header(&usual.response, "content-security-policy"),
                header(&hostile.response, "content-security-policy")
            );
            assert_eq!(
                usual.response.headers().len(),
                hostile.response.headers().len()
            );
        }
    }
}

#[test]
fn programs_are_told_the_same_in_json() {
    let pages = Pages::new(&config::Pages::default(), &BTreeMap::new()).unwrap();
    for cast in [Cast::usual(), Cast::hostile("\"\u{202e}\n{}<script>")] {
        let look = cast.look(true, Place::Shared);
        for problem in cast.problems() {
            let reference = Reference::next(Timestamp::EPOCH);
            let response = pages.problem_json(
                &look,
                &problem,
                reference,
                Some("https://app.example.com/_sso/login"),
            );
            let json: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            let fields: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
            assert_eq!(fields, ["error", "login", "message", "reference"]);
            assert_eq!(json["error"], problem.code());
            assert_eq!(json["reference"], reference.to_string());
            assert_eq!(header(&response, "sso-reference"), reference.to_string());
            assert_eq!(json["login"], "https://app.example.com/_sso/login");
            assert_eq!(response.status(), problem.status());
            let message = json["message"].as_str().unwrap();
            assert!(
                message.ends_with('.') && !message.contains(".."),
                "{message}"
            );
            assert!(
                !message
                    .chars()
                    .any(|letter| letter.is_control() || letter == '\u{202e}')
            );
        }
        let rd = ReturnPath::root();
        let problem = Problem::SignInRequired { rd };
        let response = pages.problem_json(&look, &problem, Reference::next(Timestamp::EPOCH), None);
        let json: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            (response.status().as_u16(), &json["error"]),
            (401, &"sign-in-required".into())
        );
        assert!(json.get("login").is_none());
    }
}

#[test]
fn the_words_are_calm() {
    for Sample { name, response } in every(&Cast::usual()) {
        let html = &without_script(body(&response));
        let (_, visible) = html.split_once("<body>").unwrap();
        let text = bare(&without_codes(visible)).to_lowercase();
        for word in [
            "oops",
            "invalid",
            "error occurred",
            "please contact",
            "sorry",
            "illegal",
            "forbidden",
            "unauthorized",
            "failed",
            "fatal",
            "abort",
            "something went wrong",
            "csrf",
            "token",
            "oidc",
            "oauth",
            "upstream",
            "whoops",
            "unfortunately",
            "!",
        ] {
            assert!(!text.contains(word), "{name} says {word:?}");
        }
    }
}

/// The colours of one scheme, by name.
fn palette(block: &str) -> impl Fn(&str) -> f64 + '_ {
    move |name| {
        let start = format!("--{name}:#");
        let value = between(block, &start, ";")[0];
        luminance(u32::from_str_radix(value, 16).unwrap())
    }
}

/// Relative luminance, as WCAG 2.2 defines it.
fn luminance(colour: u32) -> f64 {
    let part = |shift: u32| {
        let value = f64::from(colour >> shift & 0xff) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
}

#[test]
fn colours_can_be_told_apart_in_light_and_dark() {
    let samples = every(&Cast::usual());
    let style = between(body(&samples[0].response), "<style>", "</style>")[0];
    let blocks = between(style, ":root{", "}");
    assert_eq!(blocks.len(), 2, "light and dark");
    assert!((luminance(0x00ff_ffff) - 1.0).abs() < 1e-9 && luminance(0) == 0.0);
    for (scheme, block) in ["light", "dark"].iter().zip(blocks) {
        let colour = palette(block);
        let contrast = |one: &str, other: &str| {
            let (one, other) = (colour(one), colour(other));
            (one.max(other) + 0.05) / (one.min(other) + 0.05)
        };
        // Text, 1.4.3.
        for (text, grounds) in [
            ("ink", ["card", "page", "tint", "glow"].as_slice()),
            ("soft", &["card", "page", "tint", "glow"]),
            ("link", &["card", "tint"]),
            ("fault", &["card"]),
            ("on-accent", &["accent", "accent-over"]),
        ] {
            for ground in grounds {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "{scheme}: {text} on {ground} has {ratio:.2}");
            }
        }
        // Controls and focus, 1.4.11.
        for (part, grounds) in [
            ("edge", ["card", "tint"].as_slice()),
            ("accent", &["card", "page", "glow"]),
            ("focus", &["card", "page", "tint"]),
            ("fault", &["card"]),
        ] {
            for ground in grounds {
                let ratio = contrast(part, ground);
                assert!(ratio >= 3.0, "{scheme}: {part} on {ground} has {ratio:.2}");
            }
        }
    }
}
