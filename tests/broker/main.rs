//! Doorward as its visitors, its operators and the application behind it meet it: over real sockets, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test may panic, and the harness is shared by several binaries"
)]

#[path = "../support/mod.rs"]
mod support;

mod account;
mod announced;
mod bootstrap;
mod brands;
mod by_hand;
mod callback;
mod canaries;
mod catalogue;
mod dev;
mod doors;
mod forward_auth;
mod forwarding;
mod front;
mod headers;
mod initiate;
mod kept;
mod languages;
mod late;
mod link;
mod many;
mod offer;
mod operator;
mod owners;
mod popup;
mod presets;
mod provider_logout;
mod rehearsal;
mod reload;
mod reload_people;
mod revalidation;
mod routes;
mod sessions;
mod setup;
mod sign_in;
mod sign_out;
mod slack;
mod step_up;
mod streams;
mod suspension;
mod telling;
mod tenancy;
mod trace;
mod upgrade;
mod wizard;
