//! What both sides of Doorward have in common on the wire: bodies as they come in and go out, the bytes of another protocol once a
//! request has become a tunnel, and whether the other end of a connection of HTTP/2 is still there.
//!
//! Owns: one type of each for both versions of HTTP, so that whoever reads them knows no difference. Leaves to others: when
//! they begin (`server`, `proxy`), and what becomes of the bytes (`gateway`, `proxy`). Invariant: a body that the other end gave up
//! never looks complete.

mod body;
mod fields;
mod pulse;
mod sending;
mod tunnel;

pub use body::{Error, GoOn, Received, announced};
pub use fields::strip_connection;
pub use pulse::Pulse;
pub use sending::{Sending, Unsent};
pub use tunnel::{Opened, Opener, Upgrade, Upgraded, upgrade};
