//! What holds for every language, and for what comes from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::*;

/// The messages of a file, each with its variables.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, faults)| faults);
    let mut messages = BTreeMap::new();
    for entry in resource.unwrap().entries() {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            collect(message.value.as_ref().unwrap(), &mut variables);
            assert!(message.attributes.is_empty(), "{}", message.id.name);
            let twice = messages.insert(message.id.name.to_owned(), variables);
            assert!(twice.is_none(), "{} is there twice", message.id.name);
        }
    }
    messages
}

fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else {
            continue;
        };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                for variant in variants {
                    collect(&variant.value, variables);
                }
                selector
            }
        };
        let InlineExpression::VariableReference { id } = inline else {
            panic!("a placeable is no variable: {inline:?}");
        };
        variables.insert(id.name.to_owned());
    }
}

/// Every text of this room's files of one kind, tests left out.
fn sources(kind: &str) -> String {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
    let mut folders = vec![room];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == kind) && !path.ends_with("tests.rs")
            {
                let file = fs::read_to_string(path).unwrap();
                let is_comment = |line: &&str| line.trim_start().starts_with("//");
                text.extend(file.lines().filter(|line| !is_comment(line)));
            }
        }
    }
    text
}

#[test]
fn all_languages_have_the_same_messages_with_the_same_variables() {
    let english = messages(OURS[0].1);
    assert!(english.len() > 150, "{}", english.len());
    for (tag, text) in OURS {
        let theirs = messages(text);
        let ids = |all: &BTreeMap<String, _>| all.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(ids(&theirs), ids(&english), "{tag}");
        for (id, variables) in &english {
            assert_eq!(&theirs[id], variables, "{id} in {tag}");
        }
    }
}

#[test]
fn the_file_knows_the_same_languages() {
    assert_eq!(OURS.map(|(tag, _)| tag), config::LANGUAGES);
}

#[test]
fn every_message_is_used_and_every_one_that_is_used_is_there() {
    let [code, templates] = ["rs", "html"].map(sources);
    let english = messages(OURS[0].1);
    for id in english.keys() {
        let quoted = format!("\"{id}\"");
        let said = code.contains(&quoted) || templates.contains(&quoted);
        assert!(said, "nothing says {id}");
    }
    let starts = [
        ".say(\"",
        "say(\"",
        " plain(\"",
        "of_application(\"",
        "link(look, \"",
    ];
    let in_code = starts.iter().flat_map(|start| code.split(start).skip(1));
    let used: Vec<&str> = templates.split("t(\"").skip(1).chain(in_code).collect();
    assert!(used.len() > 150, "{}", used.len());
    for rest in used {
        let id = rest.split('"').next().unwrap();
        assert!(english.contains_key(id), "{id} is not there");
    }
}

fn every() -> Vec<Language> {
    let words = Words::read(&config::Pages::default()).unwrap();
    words.languages
}

#[test]
fn plurals_follow_each_language() {
    for (tag, count, expected) in [
        ("en", 1, "Try again in 1 second."),
        ("en", 2, "Try again in 2 seconds."),
        ("de", 1, "Versuchen Sie es in 1 Sekunde noch einmal."),
        ("de", 90, "Versuchen Sie es in 90 Sekunden noch einmal."),
        ("fr", 0, "Réessayez dans 0 seconde."),
        ("fr", 2, "Réessayez dans 2 secondes."),
        ("es", 1, "Inténtelo de nuevo dentro de 1 segundo."),
        ("pt-BR", 0, "Tente novamente em 0 segundo."),
        ("ja", 1, "1 秒後にもう一度お試しください。"),
        ("zh-Hans", 5, "请在 5 秒后重试。"),
        ("ar", 1, "حاول مرة أخرى بعد ثانية واحدة."),
        ("ar", 2, "حاول مرة أخرى بعد ثانيتين."),
        ("ar", 5, "حاول مرة أخرى بعد 5 ثوانٍ."),
        ("ar", 30, "حاول مرة أخرى بعد 30 ثانية."),
    ] {
        let language = every().into_iter().find(|one| one.tag() == tag).unwrap();
        let said = language.say("wait-seconds", &[("count", Said::Count(count))]);
        assert_eq!(said, expected, "{tag}");
    }
}

#[test]
fn moments_are_readable_and_never_fail() {
    for (tag, expected) in [
        ("en", "14 Nov 2023, 22:13 UTC"),
        ("de", "14. November 2023, 22:13 UTC"),
        ("fr", "14 novembre 2023, 22:13 UTC"),
        ("es", "14 de noviembre de 2023, 22:13 UTC"),
        ("pt-BR", "14 de novembro de 2023, 22:13 UTC"),
        ("ja", "2023年11月14日 22:13 UTC"),
        ("zh-Hans", "2023年11月14日 22:13 UTC"),
        ("ar", "14 نوفمبر 2023، 22:13 بالتوقيت العالمي"),
    ] {
        let language = every().into_iter().find(|one| one.tag() == tag).unwrap();
        assert_eq!(language.moment(1_700_000_000_000), expected, "{tag}");
        assert_eq!(language.moment(u64::MAX), "beyond the calendar");
    }
    assert_eq!(rfc3339(1_700_000_000_000), "2023-11-14T22:13:20Z");
}

#[test]
fn names_stand_in_a_row() {
    let english = every().remove(0);
    for (names, expected) in [
        (vec!["Okta"], "Okta."),
        (vec!["Okta", "Google"], "Okta and Google."),
        (vec!["Okta", "Google", "Acme"], "Okta, Google and Acme."),
        (vec!["a", "b", "c", "d"], "a, b, c and d."),
    ] {
        let names = names.into_iter().map(str::to_owned).collect();
        let said = english.say("logged-out-still", &[("providers", Said::Names(names))]);
        let expected = format!("You are still signed in to {expected}");
        assert_eq!(plain(&said), expected);
    }
}

#[test]
fn what_a_language_lacks_is_said_in_english() {
    let english = every().remove(0);
    let broken = "action-sign-in = Anmelden\ndoor-title = Zu { $organisation }\n";
    let partial = Language::read("de", &[broken], Some(&english)).unwrap();
    assert_eq!(partial.say("action-sign-in", &[]), "Anmelden");
    assert_eq!(partial.say("action-sign-out", &[]), "Sign out");
    let acme = [("organization", Said::Name("Acme"))];
    assert_eq!(plain(&partial.say("door-title", &acme)), "Sign in to Acme");
    assert_eq!(partial.say("no-such-message", &[]), "no-such-message");
}

#[test]
fn arabic_alone_is_written_from_the_right() {
    for language in every() {
        let expected = if language.tag() == "ar" { "rtl" } else { "ltr" };
        assert_eq!(language.direction(), expected, "{}", language.tag());
    }
    assert_eq!(Language::read("he", &[], None).unwrap().direction(), "rtl");
}

#[test]
fn providers_are_named_without_the_verb() {
    for (button, expected, usual) in [
        ("Sign in with Okta", "Okta", Some("Okta")),
        ("Continue with Acme Login", "Acme Login", None),
        ("Acme", "Acme", None),
        ("Sign in with ", "Sign in with ", None),
    ] {
        assert_eq!(provider(button), expected, "{button:?}");
        assert_eq!(usual_button(button), usual, "{button:?}");
    }
}

#[test]
fn inv_37_names_cannot_turn_the_sentence_around() {
    let hostile = "ev\u{202e}il\u{2066}\u{0}\n\u{2069}\u{85}";
    assert_eq!(name(hostile), "\u{2068}evil\u{2069}");
    assert_eq!(
        phrase(&format!("Hello {}.", name("<b>\u{2069}"))).to_string(),
        "Hello <bdi>&lt;b&gt;</bdi>."
    );
    assert_eq!(plain(&name(hostile)), "evil");
}

#[test]
fn inv_37_a_name_is_kept_apart_in_every_language_and_is_no_message() {
    let hostile = "{ $organization } <b>\u{2069}\u{202e}x = y";
    for language in every() {
        let said = language.say("door-title", &[("organization", Said::Name(hostile))]);
        let kept = "<bdi>{ $organization } &lt;b&gt;x = y</bdi>";
        let html = phrase(&said).to_string();
        assert!(html.contains(kept), "{html}");
        assert_eq!(html.matches("<bdi>").count(), 1, "{html}");
    }
}

#[test]
fn query_values_cannot_end_early() {
    assert_eq!(
        query("/a?b=c&d=\"é\" #+"),
        "/a%3Fb%3Dc%26d%3D%22%C3%A9%22%20%23%2B"
    );
}

#[test]
fn the_letter_on_the_door() {
    for (text, expected) in [("acme", "A"), ("(épée)", "É"), ("--", ""), ("ßx", "SS")] {
        assert_eq!(initial(text), expected, "{text}");
    }
}

#[test]
fn inv_37_what_must_come_back_makes_neither_markup_nor_a_line() {
    let hostile = "a\"'<b>&\r\n\t\u{202e}é";
    let written = exact(hostile.to_owned());
    let expected = "a&quot;&#39;&lt;b&gt;&amp;&#13;&#10;&#9;&#8238;é";
    assert_eq!(written.as_str(), Some(expected));
}
