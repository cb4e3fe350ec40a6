//! What an operator types. One file for each command; live ones ask the running process.

pub mod audit;
pub mod check;
pub mod demo;
pub mod draft;
pub mod guide;
pub mod identity;
pub mod init;
pub mod integrate;
pub mod live;
pub mod org;
pub mod provider;
mod rehearsal;
pub mod reload;
pub mod run;
pub mod session;
pub mod socket;
pub mod table;
pub mod trace;

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

/// Single sign-on for an application that has none.
#[derive(Clone, Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  doorward demo                     a whole working installation on this machine, nothing left behind
  doorward init --preset okta       a first file, and what to register there
  doorward check -c doorward.toml   every mistake in the file, with line and cure
  doorward provider guide google    what to register there, with the addresses of this file
  doorward integrate nginx          what nginx needs to have, to ask about each request
  doorward run -c doorward.toml     serve until SIGTERM
  doorward reload --dry-run         what would another file change?
  doorward status                   is it fine?
  doorward session list --org acme  who is signed in?
  doorward identity block --user …  keep somebody out, now
  doorward org suspend acme         close one organization, now
  doorward audit search --since 1h  what happened?
  doorward trace K7QM-2F9D          why did this sign-in fail?

Exit codes: 0 fine, 1 failed or not fine, 2 usage, 3 configuration invalid, 4 an outside party failed,
5 no running instance, 6 a policy says no, 7 store locked or damaged.";

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write a first configuration file, and say what to register at the provider. Over nothing that is there.
    Init(init::Init),
    /// Find every mistake in the configuration; needs no running process and no network.
    Check(check::Check),
    /// Try everything: a whole working installation on this machine, nothing left behind.
    Demo(demo::Demo),
    /// Print what a front proxy needs to have, with the names and addresses of this file. Needs no running process.
    Integrate(integrate::Integrate),
    /// Serve in the foreground until SIGTERM or SIGINT; SIGHUP reads the configuration again.
    Run(Source),
    /// Have the running process read its configuration again: whole or not at all, with what has changed.
    Reload(reload::Reload),
    /// Ask the running process how it is.
    Status(Asking),
    /// Probe the running process, for container health checks: exit 0 or 1.
    Health(Health),
    /// Show the organizations of the running process; suspend and resume one.
    #[command(subcommand)]
    Org(org::Org),
    /// Show the identity providers of the running process, test them, and say what to register at one.
    #[command(subcommand)]
    Provider(provider::Provider),
    /// Show who is signed in, and end sessions.
    #[command(subcommand)]
    Session(session::Session),
    /// Show the linked identities and how each stands; ask about one now, block, unblock or unlink it.
    #[command(subcommand)]
    Identity(identity::Identity),
    /// Take somebody out of an organization, and let them back.
    #[command(subcommand)]
    Membership(identity::Membership),
    /// Show what has happened, and check that the trail of it is whole.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Explain a sign-in or a refusal, step by step, by the reference that the page shows.
    Trace(trace::Trace),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// The configuration file.
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "doorward.toml",
        env = "DOORWARD_CONFIG"
    )]
    pub config: PathBuf,
}

/// Where the running process is, and how to tell what it answers.
#[derive(Clone, Debug, Args)]
pub struct Asking {
    /// Where the configuration is.
    #[command(flatten)]
    pub source: Source,
    /// Ask at this admin socket, whatever the file says; then no file is needed.
    #[arg(long, value_name = "PATH", env = "DOORWARD_SOCKET")]
    pub socket: Option<PathBuf>,
    /// For people or for programs.
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub output: Output,
}

impl Asking {
    /// Prints an answer in the shape that was asked for.
    pub fn tell<T: serde::Serialize>(&self, answer: &T, for_people: impl FnOnce() -> String) {
        match self.output {
            Output::Human => print(&for_people()),
            // Strings, numbers and lists always serialise.
            Output::Json => print(&serde_json::to_string(answer).unwrap_or_default()),
        }
    }
}

/// What was typed, as one part of a path.
fn path_segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
}

/// `doorward health`.
#[derive(Clone, Debug, Args)]
pub struct Health {
    /// Where the configuration is.
    #[command(flatten)]
    pub source: Source,
    /// Ask for readiness instead of mere life.
    #[arg(long)]
    pub ready: bool,
}

/// Shape of what a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Human,
    /// One JSON object.
    Json,
}

/// What a command tells the shell (`docs/OPERATING.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Fine.
    Fine = 0,
    /// Failed, or not fine.
    Failed = 1,
    /// The configuration is invalid.
    Configuration = 3,
    /// An outside party failed, such as a provider.
    Outside = 4,
    /// No running instance.
    NotRunning = 5,
    /// A policy says no.
    Denied = 6,
    /// The store is locked or damaged.
    Store = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints to standard output, which is for what was asked for. Whoever has seen enough (`| head`) closes it, and that is no
/// failure.
pub fn print(text: &str) {
    is_read(text);
}

/// The same, and says whether somebody still reads it.
fn is_read(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    let printed = writeln!(out, "{}", text.trim_end());
    printed.and_then(|()| out.flush()).is_ok()
}

/// Prints to standard error, which is for everything else.
pub fn complain(text: &str) {
    // Where else could it be said that nobody hears it?
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// Asks on the terminal. Anything but a clear yes is a no.
fn confirmed(question: &str) -> bool {
    let mut stderr = std::io::stderr();
    let asked = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let answered = std::io::stdin().lock().read_line(&mut answer);
    asked.is_ok() && answered.is_ok() && is_yes(&answer)
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim();
    answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes")
}

/// Does what was typed.
pub async fn run(cli: Cli) -> Exit {
    match cli.command {
        Command::Init(init) => init::run(&init),
        Command::Check(check) => check::run(&check),
        Command::Integrate(integrate) => integrate::run(&integrate),
        Command::Demo(demo) => demo::run(&demo).await,
        Command::Run(source) => run::run(&source).await,
        Command::Reload(reload) => reload::run(&reload).await,
        Command::Status(asking) => live::status(&asking).await,
        Command::Health(health) => live::health(&health).await,
        Command::Org(org) => org::run(&org).await,
        Command::Provider(provider) => provider::run(&provider).await,
        Command::Session(session) => session::run(&session).await,
        Command::Identity(identity) => identity::run(&identity).await,
        Command::Membership(membership) => identity::run_membership(&membership).await,
        Command::Audit(audit) => audit::run(&audit).await,
        Command::Trace(trace) => trace::run(&trace).await,
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "doorward", &mut std::io::stdout());
            Exit::Fine
        }
        Command::Man => {
            match clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()) {
                Ok(()) => Exit::Fine,
                Err(_) => Exit::Failed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y\n", "Y", "yes\n", " YES "] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n", "yep", "yes please", "1"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
