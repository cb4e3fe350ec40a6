//! `doorward reload`: the running process reads its file again, and says what came of it.

use super::socket::{Error, Socket};
use super::table::visible;
use super::{Asking, Exit, complain};
use crate::admin::reload::{Outcome, Reloaded, Wanted};

/// `doorward reload`.
#[derive(Clone, Debug, clap::Args)]
pub struct Reload {
    /// Where the process is, and how to tell what it answers. What it reads is what it was started with.
    #[command(flatten)]
    pub asking: Asking,
    /// Only say what would change and whether it could be applied.
    #[arg(long)]
    pub dry_run: bool,
}

/// Asks, and tells.
pub async fn run(reload: &Reload) -> Exit {
    let asking = &reload.asking;
    let told = match ask(reload).await {
        Ok(told) => told,
        Err(error) => return error.complain(),
    };
    let exit = exit(told.outcome);
    if exit == Exit::Fine || asking.output == super::Output::Json {
        asking.tell(&told, || for_people(&told));
    } else {
        complain(&for_people(&told));
    }
    exit
}

async fn ask(reload: &Reload) -> Result<Reloaded, Error> {
    let socket = Socket::of(&reload.asking)?;
    let dry_run = reload.dry_run;
    socket.post("/reload", &Wanted { dry_run }).await
}

const fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Applied | Outcome::Unchanged => Exit::Fine,
        Outcome::Invalid | Outcome::NeedsRestart => Exit::Configuration,
        Outcome::Failed => Exit::Failed,
    }
}

fn for_people(told: &Reloaded) -> String {
    let mut lines: Vec<String> = told.changes.iter().map(|line| visible(line)).collect();
    match (told.outcome, told.dry_run) {
        (Outcome::Unchanged, _) => lines.push("Nothing has changed.".to_owned()),
        (Outcome::Applied, true) => lines.push("This would be applied.".to_owned()),
        (Outcome::Applied, false) => {
            let ended = told.ended.iter();
            let ended = ended.map(|(organization, count)| format!("{organization} {count}"));
            let ended = ended.collect::<Vec<_>>().join(", ");
            lines.push(match ended.as_str() {
                "" => "Applied.".to_owned(),
                _ => format!("Applied. Sessions ended: {ended}."),
            });
        }
        (Outcome::Invalid | Outcome::NeedsRestart | Outcome::Failed, _) => {
            // The faults are rendered over several lines.
            lines.extend(told.reason.clone());
            lines.push("Not applied: what was in force stays.".to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn told(outcome: Outcome, dry_run: bool) -> Reloaded {
        Reloaded {
            outcome,
            dry_run,
            changes: vec!["- routes.old".to_owned()],
            restart: Vec::new(),
            faults: serde_json::Value::Null,
            reason: Some("store.path: a → b needs a restart".to_owned()),
            ended: BTreeMap::from([("acme".to_owned(), 3)]),
        }
    }

    #[test]
    fn people_are_told_what_has_changed_and_what_came_of_it() {
        for (outcome, dry_run, code, expected) in [
            (Outcome::Applied, true, 0, "This would be applied."),
            (
                Outcome::Applied,
                false,
                0,
                "Applied. Sessions ended: acme 3.",
            ),
            (
                Outcome::NeedsRestart,
                false,
                3,
                "store.path: a → b needs a restart\nNot applied: what was in force stays.",
            ),
        ] {
            let text = for_people(&told(outcome, dry_run));
            assert_eq!(text, format!("- routes.old\n{expected}"));
            assert_eq!(exit(outcome) as u8, code);
        }
        assert_eq!(exit(Outcome::Invalid), Exit::Configuration);
        assert_eq!(exit(Outcome::Failed), Exit::Failed);
    }
}
