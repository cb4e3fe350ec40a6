//! The harness of the black-box tests: a broker in process, a provider with real keys that can misbehave, an application
//! that records raw bytes, a browser with a cookie jar. Each test builds its own world on port 0 and moves the time by hand.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its part of the harness"
)]

pub mod application;
pub mod broker;
pub mod browser;
pub mod canaries;
pub mod crawler;
pub mod forms;
pub mod h2;
pub mod idp;
pub mod line;
pub mod logs;
pub mod streams;
pub mod wire;
pub mod world;

pub use self::application::Application;
pub use self::broker::Broker;
pub use self::browser::{Browser, Page};
pub use self::canaries::Canaries;
pub use self::h2::H2;
pub use self::idp::Idp;
pub use self::line::Line;
pub use self::streams::Streams;
pub use self::wire::{Answer, Heard};

pub use self::world::World;
