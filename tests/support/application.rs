//! The application behind: records raw bytes, answers what it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::wire::{Answer, Heard, Server};

type Rule = Box<dyn Fn(&Heard) -> Answer + Send + Sync>;

/// An application that says hello unless told otherwise.
pub struct Application {
    server: Server,
    rules: Arc<Mutex<HashMap<String, Rule>>>,
}

impl Application {
    pub async fn start() -> Self {
        let rules: Arc<Mutex<HashMap<String, Rule>>> = Arc::default();
        let known = Arc::clone(&rules);
        let server = Server::start(move |heard| match known.lock().unwrap().get(heard.path()) {
            Some(rule) => rule(heard),
            None => Answer::new(200, "text/html", "hello from the application"),
        });
        Self {
            server: server.await,
            rules,
        }
    }

    /// Answers a path like this from now on.
    pub fn answer(&self, path: &str, rule: impl Fn(&Heard) -> Answer + Send + Sync + 'static) {
        self.rules
            .lock()
            .unwrap()
            .insert(path.to_owned(), Box::new(rule));
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.server.heard()
    }

    /// The newest request.
    pub fn last(&self) -> Heard {
        self.heard().pop().expect("nothing reached the application")
    }

    /// Nothing came since the last call of `forget`.
    #[track_caller]
    pub fn heard_nothing(&self) {
        let heard = self.heard();
        assert!(
            heard.is_empty(),
            "this reached the application: {}",
            heard[0].head
        );
    }

    pub fn forget(&self) {
        self.server.forget();
    }
}
