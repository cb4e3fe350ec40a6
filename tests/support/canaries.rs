//! The secrets of a story, and every place where none of them may be (threat model 46, 51).

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Broker, Browser};

/// Secrets that have come up.
#[derive(Clone, Debug, Default)]
pub struct Canaries(Vec<String>);

/// Shorter ones could stand anywhere by chance.
const SHORTEST: usize = 16;

/// What an operator can ask for.
const ANSWERS: [&str; 9] = [
    "/organizations",
    "/drafts",
    "/providers",
    "/sessions",
    "/identities",
    "/audit",
    "/audit/check",
    "/traces?after=0",
    "/status",
];

impl Canaries {
    pub fn of(secrets: impl IntoIterator<Item = String>) -> Self {
        let long = secrets
            .into_iter()
            .filter(|secret| secret.len() >= SHORTEST);
        Self(long.collect())
    }

    /// The same and these.
    pub fn and(mut self, others: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(Self::of(others).0);
        self
    }

    /// What only these browsers know: every cookie but the one that remembers an organization. What they call themselves is
    /// looked at and not kept, so that is nowhere either.
    pub fn with_cookies(mut self, browsers: &[&Browser]) -> Self {
        let cookies = browsers.iter().flat_map(|browser| browser.cookies());
        let secret =
            cookies.filter(|(_, name, value)| !name.ends_with("-org") && value.len() >= SHORTEST);
        self.0.extend(secret.map(|(_, _, value)| value.to_owned()));
        let names = browsers.iter().filter_map(|it| it.name.clone());
        self.0.extend(names.filter(|name| name.len() >= SHORTEST));
        self
    }

    /// Holds that none of them is in a text.
    pub fn absent(&self, place: &str, text: &[u8]) {
        if let Some(found) = self.found(text) {
            panic!("{place} holds {found}");
        }
    }

    /// The first of them that a text holds.
    pub fn found(&self, text: &[u8]) -> Option<&str> {
        // They are ASCII, so that nothing of them is lost.
        let text = String::from_utf8_lossy(text);
        let mut all = self.0.iter().map(String::as_str);
        all.find(|secret| text.contains(secret))
    }

    /// Holds that nothing that a running broker tells holds one.
    pub async fn absent_from(&self, broker: &Broker) {
        if !broker.is_listening().await {
            // The story has stopped it.
            return;
        }
        let metrics = broker.management("/metrics").await;
        self.absent("the metrics", &metrics.body);
        let socket = broker.socket();
        for path in ANSWERS
            .map(str::to_owned)
            .into_iter()
            .chain(each(broker).await)
        {
            if let Ok(told) = socket.get::<Value>(&path).await {
                self.absent(&path, told.to_string().as_bytes());
            }
        }
    }

    /// Holds that no file below a folder holds one.
    pub fn absent_below(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.absent_below(&path);
            } else if let Ok(bytes) = fs::read(&path) {
                self.absent(&path.display().to_string(), &bytes);
            }
        }
    }
}

/// The answers about one organization each, and one draft.
async fn each(broker: &Broker) -> Vec<String> {
    let socket = broker.socket();
    let organizations = socket.get::<Value>("/organizations").await;
    let drafts = socket.get::<Value>("/drafts").await;
    let (organizations, drafts) = (
        organizations.unwrap_or_default(),
        drafts.unwrap_or_default(),
    );
    let organizations = organizations["organizations"].as_array().into_iter();
    let drafts = drafts["drafts"].as_array().into_iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let organizations = organizations
        .flatten()
        .map(|one| format!("/organizations/{}", text(&one["slug"])));
    let drafts = drafts.flatten().map(|one| {
        let (organization, provider) = (text(&one["organization"]), text(&one["provider"]));
        format!("/organizations/{organization}/drafts/{provider}")
    });
    organizations.chain(drafts).collect()
}
