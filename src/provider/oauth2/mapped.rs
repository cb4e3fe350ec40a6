//! People whom a provider describes in objects of its own shape, read by the paths of the file.

use ::http::StatusCode;
use serde_json::{Map, Value};
use url::Url;

use super::person::{Address, Person, Unheard};
use crate::config::{ClaimPath, ClaimPaths};
use crate::provider::http::{Client, Operation};
use crate::provider::slack::{self, About};
use crate::provider::{Check, Subject, Tenant, bearer, json};

/// Asks each address with the access token, in order.
pub(super) async fn ask(
    client: &Client,
    urls: &[String],
    access: &str,
) -> Result<Vec<Map<String, Value>>, Unheard> {
    let mut answers = Vec::with_capacity(urls.len());
    for url in urls {
        let url = Url::parse(url).map_err(|_| Unheard::Unreadable)?;
        let request = bearer::get(&url, access).map_err(Unheard::Call)?;
        let request = request.ok_or(Unheard::Unreadable)?;
        let answer = client.call(Operation::UserInfo, request).await;
        let answer = answer.map_err(Unheard::Call)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(Unheard::Refused),
            _ => return Err(Unheard::Status),
        }
        let members = json::object(answer.body()).ok_or(Unheard::Unreadable)?;
        if let Some(code) = slack::code(&members) {
            return Err(Unheard::Slack(About::parse(&code)));
        }
        if members.get("ok").is_some_and(|ok| *ok != Value::Bool(true)) {
            return Err(Unheard::Status);
        }
        answers.push(members);
    }
    Ok(answers)
}

/// Reads answers. What an earlier one says stands.
///
/// # Errors
/// [`Check::Subject`] if none says who it is (threat model 18).
pub(super) fn person(
    answers: Vec<Map<String, Value>>,
    paths: &ClaimPaths,
) -> Result<Person, Unheard> {
    let first = |path: &ClaimPath| answers.iter().find_map(|answer| find(path, answer));
    let words = |path: &Option<ClaimPath>| {
        let found = path.as_ref().and_then(first)?.as_str()?;
        (!found.is_empty()).then(|| found.to_owned())
    };
    let subject = first(&paths.subject).and_then(subject);
    let subject = subject.ok_or(Unheard::Failed(Check::Subject))?;
    let (email, email_verified) = address(&answers, paths);
    let tenant = paths.tenant.as_ref().and_then(first).and_then(identifier);
    let person = Person {
        subject,
        email,
        email_verified,
        address: Address::AsSaid,
        name: words(&paths.name),
        preferred_username: words(&paths.preferred_username),
        groups: paths.groups.as_ref().and_then(first).and_then(groups),
        tenants: tenant
            .map(|id| Tenant {
                name: words(&paths.tenant_name).unwrap_or_else(|| id.clone()),
                id,
            })
            .into_iter()
            .collect(),
        claims: Map::new(),
    };
    let mut claims = Map::new();
    for (name, value) in answers.into_iter().flatten() {
        claims.entry(name).or_insert(value);
    }
    Ok(Person { claims, ..person })
}

/// An address, and whether it is verified: that word counts only in the answer that has the address (threat model 19).
fn address(answers: &[Map<String, Value>], paths: &ClaimPaths) -> (Option<String>, bool) {
    let Some(path) = &paths.email else {
        return (None, false);
    };
    let mut said = answers.iter().filter_map(|answer| {
        let email = find(path, answer)?.as_str().filter(|it| !it.is_empty())?;
        Some((email.to_owned(), answer))
    });
    let Some((email, answer)) = said.next() else {
        return (None, false);
    };
    let verified = paths.email_verified.as_ref();
    let verified = verified.and_then(|path| find(path, answer));
    (Some(email), verified == Some(&Value::Bool(true)))
}

/// A text, or a whole number as its decimal text. Nothing else is who somebody is.
fn subject(value: &Value) -> Option<Subject> {
    Subject::parse(&identifier(value)?).ok()
}

fn identifier(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// A list with anything but texts in it is unreadable as a whole (threat model 20).
fn groups(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(group) => Some(vec![group.clone()]),
        Value::Array(groups) => groups
            .iter()
            .map(|group| group.as_str().map(str::to_owned))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn find<'a>(path: &ClaimPath, answer: &'a Map<String, Value>) -> Option<&'a Value> {
    let (first, rest) = path.parts().split_first()?;
    rest.iter()
        .try_fold(answer.get(first)?, |value, part| match value {
            Value::Object(members) => members.get(part),
            Value::Array(values) => values.get(part.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Option<ClaimPath> {
        Some(ClaimPath::parse(text).unwrap())
    }

    fn paths() -> ClaimPaths {
        ClaimPaths {
            subject: ClaimPath::parse("data.id").unwrap(),
            email: path("mail"),
            email_verified: path("mail_ok"),
            name: path("data.names.0"),
            preferred_username: None,
            groups: path("data.groups"),
            tenant: path("team.id"),
            tenant_name: path("team.name"),
        }
    }

    fn read(answers: &[Value]) -> Result<Person, Unheard> {
        let answers = answers.iter().map(|it| it.as_object().unwrap().clone());
        person(answers.collect(), &paths())
    }

    #[test]
    fn inv_18_a_subject_is_a_text_or_a_whole_number() {
        for (id, expected) in [
            (json!("a-1"), Some("a-1")),
            (json!(583_231), Some("583231")),
            (json!(0), Some("0")),
            (json!(u64::MAX), Some("18446744073709551615")),
            (json!(""), None),
            (json!(null), None),
            (json!(true), None),
            (json!(1.5), None),
            (json!(1e30), None),
            (json!([1]), None),
            (json!({"id": 1}), None),
            (json!("a\nb"), None),
        ] {
            let read = read(&[json!({"data": {"id": id}})]);
            let found = read.as_ref().map(|it| it.subject.as_str()).ok();
            assert_eq!(found, expected, "{id}");
        }
        for none in [json!({}), json!({"data": 1}), json!({"data": {}})] {
            assert!(matches!(
                read(&[none]),
                Err(Unheard::Failed(Check::Subject))
            ));
        }
    }

    #[test]
    fn inv_19_the_word_verified_counts_for_the_address_beside_it() {
        let id = json!({"data": {"id": 1}});
        for (answers, expected) in [
            (vec![json!({"mail": "a@x", "mail_ok": true})], true),
            (vec![json!({"mail": "a@x", "mail_ok": "true"})], false),
            (vec![json!({"mail": "a@x", "mail_ok": 1})], false),
            (vec![json!({"mail": "a@x"})], false),
            (
                vec![
                    json!({"mail": "a@x"}),
                    json!({"mail": "b@x", "mail_ok": true}),
                ],
                false,
            ),
            (
                vec![json!({"mail": "a@x"}), json!({"mail_ok": true})],
                false,
            ),
            (
                vec![json!({"mail_ok": true}), json!({"mail": "b@x"})],
                false,
            ),
        ] {
            let all = [vec![id.clone()], answers.clone()].concat();
            let person = read(&all).unwrap();
            assert_eq!(person.email_verified, expected, "{answers:?}");
        }
    }

    #[test]
    fn what_an_earlier_answer_says_stands() {
        let person = read(&[
            json!({"data": {"id": 7, "names": ["Ada"], "groups": ["a", "b"]}, "x": 1}),
            json!({"data": {"id": 8}, "x": 2, "y": 3, "team": {"id": 9, "name": "Acme"}}),
        ])
        .unwrap();
        assert_eq!(person.subject.as_str(), "7");
        assert_eq!(person.name.as_deref(), Some("Ada"));
        assert_eq!(person.groups.unwrap(), ["a", "b"]);
        assert_eq!(
            (&person.claims["x"], &person.claims["y"]),
            (&json!(1), &json!(3))
        );
        let [tenant] = person.tenants.as_slice() else {
            panic!("one tenant");
        };
        assert_eq!((tenant.id.as_str(), tenant.name.as_str()), ("9", "Acme"));
    }

    #[test]
    fn inv_20_groups_with_anything_else_among_them_are_unknown() {
        for (groups, expected) in [
            (json!(["a"]), true),
            (json!("a"), true),
            (json!([]), true),
            (json!(["a", 1]), false),
            (json!({"a": true}), false),
            (json!(null), false),
        ] {
            let person = read(&[json!({"data": {"id": 1, "groups": groups}})]).unwrap();
            assert_eq!(person.groups.is_some(), expected, "{groups}");
        }
    }
}
