//! Single sign-on for an application that has none.
//!
//! The rooms, in the order in which a request meets them; each room's own page says what it owns and what it leaves to
//! others. Imports point down the list of floors in `docs/ARCHITECTURE.md` only (`tests/layering.rs` holds that).

pub mod app;
pub mod cli;
pub mod demo;

pub mod gateway;

pub mod admin;

pub mod pipeline;

pub mod revalidation;

pub mod session;

pub mod identity;

pub mod assertion;

pub mod traces;

pub mod drafts;

pub mod server;

pub mod proxy;

pub mod provider;

pub mod pages;

pub mod store;

pub mod config;

pub mod address;
pub mod audit;
pub mod clock;
pub mod rarely;
pub mod secret;
pub mod tasks;
pub mod telemetry;
pub mod tether;
pub mod wire;
pub mod workers;
