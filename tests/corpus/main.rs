//! Streams of raw bytes that the field has been hurt by, played over real sockets through the whole Doorward, in both
//! directions: `requests.txt` holds what visitors send, `answers.txt` what an application answers.
//!
//! `DOORWARD_BLESS=1 cargo test --test corpus` writes what happens into the sheets; whoever does so reads the difference.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test may panic and says what it found, and the harness is shared by several binaries"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod behind;
mod requests;
mod sheet;
