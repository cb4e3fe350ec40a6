//! Follows every way on from the pages that somebody was shown: none of them is a dead end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use url::Url;

use super::{Page, World};

/// What a way on never leads to: nothing, somebody else's host, or a mistake of ours. That a provider or an application
/// does not answer, or that somebody may not, is what such pages are about.
const DEAD: [u16; 5] = [400, 404, 405, 421, 500];

/// How often a way from one kind of page to one path is followed by all stories together.
const OFTEN: usize = 3;

static FOLLOWED: Mutex<BTreeMap<(String, String), usize>> = Mutex::new(BTreeMap::new());

/// Holds that every page has a way on in its middle, and that all of them lead somewhere. Whoever follows them is somebody
/// else, so that nothing of the story changes.
pub async fn no_dead_end(world: &World, told: &[Page]) {
    if !world.broker.is_listening().await {
        return;
    }
    let mut seen = BTreeSet::new();
    for page in told {
        let (kind, here) = (page.kind().unwrap_or_default(), &page.url);
        let Some(middle) = middle(&page.text) else {
            continue;
        };
        let ways = links(middle);
        let is_form = middle.contains("<form ");
        assert!(
            is_form || !ways.is_empty(),
            "{kind} at {here} leads nowhere:\n{middle}"
        );
        for way in ways {
            let to = here.join(&way).unwrap();
            let is_ours = to.host_str() == here.host_str();
            if is_ours && seen.insert(to.clone()) && is_wanted(kind, &to) {
                follow(world, kind, &to).await;
            }
        }
    }
}

fn is_wanted(kind: &str, to: &Url) -> bool {
    let mut followed = FOLLOWED.lock().unwrap();
    let way = (kind.to_owned(), to.path().to_owned());
    let times = followed.entry(way).or_default();
    *times += 1;
    *times <= OFTEN
}

async fn follow(world: &World, from: &str, to: &Url) {
    let mut stranger = world.stranger();
    let page = stranger.get(to.as_str()).await;
    let is_dead = DEAD.contains(&page.status);
    assert!(
        !is_dead,
        "{from} leads to {to}, which is {}: {:?}",
        page.status,
        page.kind()
    );
}

/// What stands between head and foot of a page; nothing for JSON.
fn middle(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<main")?;
    rest.split_once("</main>").map(|(middle, _)| middle)
}

fn links(text: &str) -> Vec<String> {
    let all = text.split("<a ").skip(1);
    let tags = all.filter_map(|rest| rest.split_once('>'));
    tags.filter_map(|(tag, _)| {
        let (_, rest) = tag.split_once("href=\"")?;
        rest.split_once('"')
            .map(|(link, _)| link.replace("&amp;", "&").replace("&#x2f;", "/"))
    })
    .collect()
}
