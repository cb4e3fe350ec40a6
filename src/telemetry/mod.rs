//! What the operator sees: references, log lines, metrics.
//!
//! Owns: the [`Reference`] that ties page, header, log, audit and [`trace`] together, the set-up of `tracing`, and the metric
//! families with their names. Invariants: label values come from the configuration or from fixed lists (threat model
//! 52); nothing here ever holds a token, cookie, code or address.

mod labels;
pub mod logs;
pub mod metrics;
mod reference;
mod tally;
pub mod trace;

pub use metrics::Metrics;
pub use reference::{NoReference, Reference};
pub use tally::{RouteTally, UpstreamTally};
