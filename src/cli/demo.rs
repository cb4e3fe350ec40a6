//! `doorward demo`: a whole working installation on this machine, until Ctrl-C.

use std::sync::Arc;

use crate::clock::System;
use crate::demo::{self, Address, Error};
use crate::telemetry::logs;

use super::run::{Hangup, chain, until_stopped};
use super::{Exit, Output, complain, print};

/// `doorward demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct Demo {
    /// Where to be reached, on this machine only; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "http://localhost:8000")]
    pub listen: Address,
    /// For people or for programs.
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub output: Output,
}

/// Starts the demonstration, says where everything is, and serves until SIGINT, SIGTERM or SIGHUP.
pub async fn run(arguments: &Demo) -> Exit {
    // Only what goes wrong: the terminal belongs to the addresses.
    if let Err(error) = logs::install(logs::Shape::Text, "warn") {
        complain(&format!("error: {error}"));
        return Exit::Failed;
    }
    match serve(arguments).await {
        Ok(()) => Exit::Fine,
        Err(error) => {
            complain(&format!("error: {}", chain(&error)));
            exit(&error)
        }
    }
}

async fn serve(arguments: &Demo) -> Result<(), Error> {
    // From before there is a folder that could stay behind; the terminal may be closed at any time.
    until_stopped(Hangup::Stops, |stopped| async {
        let demo = demo::Demo::start(&arguments.listen, Arc::new(System)).await?;
        print(&match arguments.output {
            Output::Human => demo.summary().told(&command()),
            Output::Json => serde_json::json!(demo.summary()).to_string(),
        });
        demo.run(stopped).await
    })
    .await
    .unwrap_or(Ok(()))
}

/// What was typed to run this program, for the commands that it suggests.
fn command() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned())
}

/// What the shell is told when there is no demonstration.
const fn exit(error: &Error) -> Exit {
    match error {
        Error::App(error) => super::run::exit(error),
        _ => Exit::Failed,
    }
}
