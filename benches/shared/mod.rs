//! What more than one measurement needs: people in a store, a provider that asks nothing of anybody, and the built program.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each measurement uses what it needs"
)]

pub mod people;
pub mod program;
pub mod provider;

use std::time::Duration;

/// Memory of a process, in KiB.
pub fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Processor time of a process, all threads.
pub fn processor(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks = |index: usize| fields.get(index).unwrap().parse::<u64>().unwrap();
    // USER_HZ is 100 on every Linux that anybody meets.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
