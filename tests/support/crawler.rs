//! Follows every way on from the pages that somebody was shown, links and forms: none of them is a dead end.
//!
//! This is done once a story is told, so that it may change something: whoever presses a button is the person to whom the
//! page was shown, with what their browser held by then, and shown the page again first if it is still there.

use std::collections::BTreeMap;
use std::sync::Mutex;

use url::Url;

use super::forms::{self, Method, Press};
use super::{Browser, Page, World};

/// A page, and the browser that shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub page: Page,
    pub to: Browser,
}

/// What a way on never leads to: nothing, nothing by this method, somebody else's host, or a mistake of ours. That a
/// provider or an application does not answer, or that somebody may not, is what such pages are about.
const DEAD: [u16; 4] = [404, 405, 421, 500];

/// A mistake of whoever sent it: nobody makes one by a link, or by pressing a button of a page that is shown to them now.
const MISTAKE: u16 = 400;

/// How often a way from one kind of page to one path is followed by all stories together: three times, but where somebody
/// presses too late, which shows less, up to twelve.
const ROOM: usize = 12;

/// What it takes of that.
const FOLLOWED_NOW: usize = 4;
const TOO_LATE: usize = 1;

static FOLLOWED: Mutex<BTreeMap<(String, String), usize>> = Mutex::new(BTreeMap::new());

/// Holds that every page has a way on in its middle, and that all of them lead somewhere.
pub async fn no_dead_end(world: &World, shown: &[Shown]) {
    if !world.broker.is_listening().await {
        return;
    }
    let pages = shown.iter().filter_map(|Shown { page, to }| {
        let mut person = to.clone();
        person.now_at(world.broker.address);
        Some((page, middle(&page.text)?, person))
    });
    // Looking first: a press may take away what an older page leads to.
    for (page, middle, person) in pages.clone() {
        has_a_way_on(page);
        for to in links(page, middle) {
            let way = format!("GET {}", pattern(to.path()));
            if is_here(world, page, &to) && is_wanted(page, &way) {
                count(page, &way, FOLLOWED_NOW);
                for mut somebody in [person.clone(), world.stranger()] {
                    let end = somebody.get(to.as_str()).await;
                    let end = follow(&mut somebody, end).await;
                    is_alive(&format!("{} leads to {to}", kind(page)), &end, true);
                }
            }
        }
    }
    let mut all: Vec<(&Page, Press, Browser)> = Vec::new();
    for (page, middle, person) in pages {
        let presses = forms::presses(page, middle).into_iter();
        all.extend(presses.map(|press| (page, press, person.clone())));
    }
    all.sort_by_key(|(_, press, _)| ends_how_much(press));
    for (page, press, person) in all {
        let way = way(&press);
        if is_here(world, page, &press.action) && is_wanted(page, &way) {
            let is_current = push(person, page, &press).await;
            let cost = if is_current { FOLLOWED_NOW } else { TOO_LATE };
            count(page, &way, cost);
        }
    }
}

/// What is pressed later, since whoever pressed it may not be shown the other pages any more.
fn ends_how_much(press: &Press) -> usize {
    const SOMETHING: [&str; 6] = [
        "revoke",
        "revoke-others",
        "end",
        "remove",
        "unlink",
        "disable",
    ];
    let words: Vec<&str> = press.action.path().split('/').collect();
    match (
        words.contains(&"logout"),
        SOMETHING.iter().any(|it| words.contains(it)),
    ) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// Whether a way stays at the host of its page, and Doorward is who answers there: somebody in front has the application's own
/// pages where the story has no application.
fn is_here(world: &World, page: &Page, to: &Url) -> bool {
    let is_ours = to.path().starts_with("/_sso") || world.has_applications();
    is_ours && to.host_str() == page.url.host_str()
}

/// Presses a button of the page as it is shown now, or else of the page as it was: then somebody comes too late, and is told
/// so by a page with a way on. Says whether it was in time.
async fn push(mut person: Browser, page: &Page, press: &Press) -> bool {
    let again = person.get(page.url.as_str()).await;
    let there = middle(&again.text).filter(|_| again.kind() == page.kind());
    let now = there.map_or_else(Vec::new, |middle| forms::presses(&again, middle));
    let now = now
        .into_iter()
        .find(|it| (&it.action, &it.button) == (&press.action, &press.button));
    let is_current = now.is_some();
    let press = now.as_ref().unwrap_or(press);
    let fields: Vec<_> = press
        .fields
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let mut to = press.action.clone();
    let answer = match press.method {
        Method::Post => person.post(to.as_str(), &fields).await,
        Method::Get => {
            to.query_pairs_mut().clear().extend_pairs(&fields);
            person.get(to.as_str()).await
        }
    };
    let end = follow(&mut person, answer).await;
    is_alive(&format!("{} is sent to {to}", kind(page)), &end, is_current);
    is_current
}

/// Goes on to where a page leads by itself, as far as that is at the same host.
async fn follow(person: &mut Browser, mut page: Page) -> Page {
    for _ in 0..10 {
        match page.leads_to() {
            Some(next) if next.host_str() == page.url.host_str() => {
                page = person.get(next.as_str()).await;
            }
            Some(_) | None => return page,
        }
    }
    panic!("{} leads on and on", page.url);
}

/// Holds that whoever comes to a page got somewhere, and gets on from there. What is not ours is not looked at: the
/// application answers as it likes.
fn is_alive(way: &str, end: &Page, is_current: bool) {
    let Some(kind) = end.kind() else {
        return;
    };
    let is_dead = DEAD.contains(&end.status) || is_current && end.status == MISTAKE;
    assert!(!is_dead, "{way}, which is {}: {kind}", end.status);
    has_a_way_on(end);
}

fn has_a_way_on(page: &Page) {
    let Some(middle) = middle(&page.text) else {
        return;
    };
    let has_one = !links(page, middle).is_empty() || middle.contains("<form ");
    let (kind, here) = (kind(page), &page.url);
    assert!(has_one, "{kind} at {here} leads nowhere:\n{middle}");
}

fn kind(page: &Page) -> &str {
    page.kind().unwrap_or_default()
}

fn is_wanted(page: &Page, way: &str) -> bool {
    let way = (kind(page).to_owned(), way.to_owned());
    let taken = FOLLOWED.lock().unwrap().get(&way).copied();
    taken.unwrap_or_default() < ROOM
}

fn count(page: &Page, way: &str, cost: usize) {
    let way = (kind(page).to_owned(), way.to_owned());
    *FOLLOWED.lock().unwrap().entry(way).or_default() += cost;
}

fn way(press: &Press) -> String {
    let button = press.button.as_ref().map(|(_, value)| &**value);
    format!(
        "{:?} {} {}",
        press.method,
        pattern(press.action.path()),
        button.unwrap_or_default()
    )
}

/// A path without what is different in each story.
fn pattern(path: &str) -> String {
    let segments = path.split('/');
    let segments = segments.map(|it| if it.len() < 16 { it } else { "*" });
    segments.collect::<Vec<_>>().join("/")
}

/// What stands between head and foot of a page; nothing for JSON.
fn middle(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<main")?;
    rest.split_once("</main>").map(|(middle, _)| middle)
}

fn links(page: &Page, text: &str) -> Vec<Url> {
    let all = text.split("<a ").skip(1);
    let tags = all.filter_map(|rest| rest.split_once('>'));
    let links = tags.filter_map(|(tag, _)| forms::attribute(tag, "href"));
    links.map(|link| page.url.join(&link).unwrap()).collect()
}
