//! What may be shown of a file: everything but secrets. A masked text has the same bytes at the same places, so that
//! lines, columns and spans stay true.

use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

/// Masks the values that a sound document keeps secret: those below secret keys, and passwords in URLs.
pub(super) fn document(raw: &str, table: &dyn TableLike) -> String {
    let mut secrets = Vec::new();
    collect(table, false, &mut secrets);
    let text = spans(raw, &secrets);
    let comments = lines(&text).filter(|(_, line)| {
        let comment = line.split_once('#').map_or("", |(_, comment)| comment);
        words(comment).any(is_secret)
    });
    let comments: Vec<_> = comments.map(|(span, _)| span).collect();
    let text = comments
        .into_iter()
        .fold(text, |text, span| mask_comment(&text, &span));
    spans(&text, &passwords(&text))
}

fn collect(table: &dyn TableLike, below_secret: bool, secrets: &mut Vec<Range<usize>>) {
    for (name, item) in table.iter() {
        // These say where a secret is; they are none.
        let place = below_secret && matches!(name, "file" | "env" | "credential");
        let secret = !place && (below_secret || is_secret(name));
        collect_item(item, secret, secrets);
    }
}

fn collect_item(item: &Item, secret: bool, secrets: &mut Vec<Range<usize>>) {
    if let Some(table) = item.as_table_like() {
        collect(table, secret, secrets);
    } else if let Some(tables) = item.as_array_of_tables() {
        for table in tables {
            collect(table, secret, secrets);
        }
    } else if let Some(value) = item.as_value() {
        collect_value(value, secret, secrets);
    }
}

fn collect_value(value: &Value, secret: bool, secrets: &mut Vec<Range<usize>>) {
    match value {
        Value::InlineTable(table) => collect(table, secret, secrets),
        Value::Array(values) => {
            for value in values {
                collect_value(value, secret, secrets);
            }
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => {
            if secret {
                secrets.extend(value.span());
            }
        }
    }
}

/// Masks a text that is no TOML, so that nobody can say where its secrets are: a line is shown if all its keys are known
/// and none is secret, and if it is a table's header or empty; of any other, what stands before `=`.
pub(super) fn broken(raw: &str) -> String {
    let known = super::known_keys();
    let names: Vec<&str> = known
        .iter()
        .filter_map(|key| key.rsplit('.').next())
        .collect();
    let mut hidden = Vec::new();
    for (span, line) in lines(raw) {
        let bare = line.trim();
        let header = bare.is_empty() || bare.starts_with('[');
        let keys: Vec<&str> = keys(line).collect();
        let sound = header || !keys.is_empty() && keys.iter().all(|key| names.contains(key));
        if sound && !words(line).any(is_secret) {
            continue;
        }
        let shown = line.find('=').map_or(0, |at| at + 1);
        hidden.push(span.start + shown..span.end);
    }
    let text = spans(raw, &hidden);
    spans(&text, &passwords(&text))
}

/// Replaces what stands in these places, line ends aside.
pub(super) fn spans(text: &str, hidden: &[Range<usize>]) -> String {
    let inside = |at: usize| hidden.iter().any(|span| span.contains(&at));
    text.char_indices()
        .map(|(at, letter)| if inside(at) { star(letter) } else { letter })
        .collect()
}

/// A letter of the same length that says nothing.
const fn star(letter: char) -> char {
    match letter {
        '\n' | '\r' => letter,
        _ => match letter.len_utf8() {
            1 => '*',
            2 => '·',
            3 => '•',
            _ => '🞄',
        },
    }
}

/// Whether a key's value is never shown.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let nearly = ["client_secret", "secret", "password", "signing_key"]
        .iter()
        .any(|secret| strsim::damerau_levenshtein(secret, &name) <= 2);
    let parts = ["secret", "passw", "passphrase", "token"];
    nearly || parts.iter().any(|part| name.contains(part))
}

/// A text without the passwords in its URLs.
pub(super) fn without_passwords(text: &str) -> String {
    spans(text, &passwords(text))
}

/// User information in URLs.
fn passwords(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let start = at + mark.len();
        let rest = text.get(start..).unwrap_or_default();
        let end = rest
            .find(['/', '"', '\'', '?', '#', '\n'])
            .unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        found.extend(authority.rfind('@').map(|length| start..start + length));
    }
    found
}

fn mask_comment(text: &str, line: &Range<usize>) -> String {
    let start = text
        .get(line.clone())
        .and_then(|line| line.find('#'))
        .map_or(line.end, |at| line.start + at);
    let comment = start..line.end;
    spans(text, &[comment])
}

/// The lines of a text and where they are.
fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let span = start..start + line.len();
        start = span.end;
        (span, line)
    })
}

/// Words as keys have them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-')
        .filter(|word| !word.is_empty())
}

/// The words before each `=`.
fn keys(line: &str) -> impl Iterator<Item = &str> {
    let before = line.rsplit_once('=').map_or("", |(before, _)| before);
    before.split('=').filter_map(|part| words(part).last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &str) {
        let sound = raw.parse::<toml_edit::ImDocument<String>>();
        let sound = toml_edit::ImDocument::parse(raw.to_owned())
            .or(sound)
            .unwrap();
        assert_eq!(document(raw, sound.as_table()), expected);
    }

    #[test]
    fn inv_51_secrets_are_masked_wherever_they_stand() {
        check("secret = \"hunter2\" # x", "secret = ********* # x");
        check("clientSecrt = 'hunter2'", "clientSecrt = *********");
        check("signing_key = 'pem'", "signing_key = *****");
        check("signingkey = \"pem\"", "signingkey = *****");
        check("a = { password = \"ü\" }", "a = { password = *·* }");
        check("secret = { file = \"f\" }", "secret = { file = \"f\" }");
        check("secret = { value = \"v\" }", "secret = { value = *** }");
        check("secret = [\"v\"]", "secret = [***]");
        check("[[a]]\nsecret = \"v\"", "[[a]]\nsecret = ***");
        check("a = [{ secret = \"v\" }]", "a = [{ secret = *** }]");
        check("secret = \"\"\"a\nb\"\"\"", "secret = ****\n****");
        check("a = 1 # secret = \"v\"\n", "a = 1 **************\n");
        check("u = \"http://me:pw@host/\"", "u = \"http://*****@host/\"");
        check("public_url = \"v\" # plain", "public_url = \"v\" # plain");
    }

    #[test]
    fn inv_51_a_broken_file_shows_only_what_is_surely_none() {
        let check = |raw, expected| assert_eq!(broken(raw), expected);
        check("listen = [\"a\"", "listen = [\"a\"");
        check("[server\n", "[server\n");
        check("client_secret = hunter2\n", "client_secret =********\n");
        check("client_secret \"hunter2\"\n", "***********************\n");
        check("clnt_scrt = \"hunter2\n", "clnt_scrt =*********\n");
        check("g = { secret = \"hunter2\"", "g =*********************");
        check(
            "url = \"a\" secret \"hunter2\"",
            "url =*********************",
        );
        check("x = \"\"\"\nhunter2\n", "x =****\n*******\n");
    }
}
