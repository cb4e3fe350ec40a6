//! The forms of a page, as a browser reads and sends them.

use url::Url;

use super::Page;
use super::browser::unescape;

/// One way to send a form: by one of its buttons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    pub method: Method,
    /// Where it goes.
    pub action: Url,
    /// What the button sends of itself.
    pub button: Option<(String, String)>,
    /// What is sent: what the page fills in, and where it demands more, what somebody could type.
    pub fields: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// Every button of every form in a part of a page.
///
/// # Panics
/// Where a form says not how or where it is sent, or has no button: nobody gets on by that.
pub fn presses(page: &Page, part: &str) -> Vec<Press> {
    let forms = part.split("<form ").skip(1);
    let forms = forms.map(|rest| rest.split("</form>").next().unwrap());
    forms.flat_map(|form| presses_of(page, form)).collect()
}

fn presses_of(page: &Page, form: &str) -> Vec<Press> {
    let here = &page.url;
    let (head, inside) = form.split_once('>').unwrap();
    let method = match attribute(head, "method").as_deref() {
        Some("get") => Method::Get,
        Some("post") => Method::Post,
        other => panic!("a form at {here} is sent by {other:?}"),
    };
    let action = attribute(head, "action").filter(|action| !action.is_empty());
    let action = action.unwrap_or_else(|| panic!("a form at {here} goes nowhere:\n{form}"));
    let fields = fields(inside);
    let buttons = inside.split("<button").skip(1);
    let buttons = buttons.map(|rest| rest.split_once('>').unwrap().0);
    let sending = buttons.filter(|tag| attribute(tag, "type").is_none_or(|it| it == "submit"));
    let presses: Vec<Press> = sending
        .map(|tag| {
            let to = attribute(tag, "formaction").unwrap_or_else(|| action.clone());
            let name = attribute(tag, "name");
            let button = name.map(|name| (name, attribute(tag, "value").unwrap_or_default()));
            Press {
                method,
                action: here.join(&to).unwrap(),
                fields: fields.iter().cloned().chain(button.clone()).collect(),
                button,
            }
        })
        .collect();
    assert!(
        !presses.is_empty(),
        "a form at {here} has no button:\n{form}"
    );
    presses
}

/// What a browser sends of the inputs (HTML §4.10.21.4).
fn fields(inside: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (kind, rest) in inside.split('<').filter_map(|tag| tag.split_once(' ')) {
        let Some((tag, text)) = rest.split_once('>') else {
            continue;
        };
        let (Some(name), "input" | "textarea") = (attribute(tag, "name"), kind) else {
            continue;
        };
        let is_required = flag(tag, "required");
        let value = match (kind, attribute(tag, "type").as_deref()) {
            ("textarea", _) => unescape(text),
            (_, Some("radio" | "checkbox")) => {
                let is_answered = fields.iter().any(|(known, _)| *known == name);
                // Whoever has to choose takes the first.
                let is_chosen = flag(tag, "checked") || is_required && !is_answered;
                if !is_chosen {
                    continue;
                }
                fields.retain(|(known, _)| *known != name);
                attribute(tag, "value").unwrap_or_else(|| "on".to_owned())
            }
            (_, kind) => {
                let there = attribute(tag, "value").unwrap_or_default();
                match (there.is_empty() && is_required, kind) {
                    (true, Some("email")) => "ada@acme.com".to_owned(),
                    (true, _) => "typed".to_owned(),
                    (false, _) => there,
                }
            }
        };
        fields.push((name, value));
    }
    fields
}

/// The value of an attribute of a tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let mut places = tag.match_indices(&mark);
    let at = places.find(|(at, _)| tag[..*at].ends_with([' ', '\n']) || *at == 0)?;
    let rest = &tag[at.0 + mark.len()..];
    Some(unescape(rest.split('"').next().unwrap()))
}

/// Whether an attribute without a value is there.
fn flag(tag: &str, name: &str) -> bool {
    // What stands between quotes is a value.
    let outside = tag.split('"').step_by(2);
    outside.flat_map(str::split_whitespace).any(|it| it == name)
}
