//! What comes with a request besides its head: its body, and the bytes of another protocol once it has become a tunnel.
//!
//! Owns: one type of each for both versions of HTTP, so that whoever reads them knows no difference. Leaves to others: when
//! they begin (`server`), and what becomes of the bytes (`gateway`, `proxy`). Invariant: a body whose client gave it up never
//! looks complete.

mod body;
mod tunnel;

pub use body::{Error, GoOn, Received};
pub use tunnel::{Opened, Opener, Upgrade, Upgraded, upgrade};
