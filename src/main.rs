//! The program: flags in, exit code out.

use std::process::ExitCode;

use clap::Parser as _;
use doorward::cli::{Cli, Exit, complain, run};

/// Steadier in memory under load than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(cli)).into(),
        Err(error) => {
            complain(&format!("error: the runtime does not start: {error}"));
            Exit::Failed.into()
        }
    }
}
