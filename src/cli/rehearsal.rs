//! `doorward provider test --login`: a sign-in for nobody, and what would come of it.

use std::fmt::Write as _;
use std::time::Duration;

use super::provider::Test;
use super::socket::{Error, Socket};
use super::table::visible;
use super::{Exit, Output, complain, path_segment};
use crate::admin::views::{Rehearsal, Rehearse};
use crate::pipeline::{Progress, Rehearsed};

/// How often the outcome is asked for.
const EVERY: Duration = Duration::from_millis(300);

/// Prints the link, waits for whoever opens it, and says what came of it.
pub(super) async fn run(test: &Test) -> Result<Exit, Error> {
    let socket = Socket::of(&test.asking)?;
    let provider = path_segment(&test.provider);
    let wanted = Rehearse {
        organization: test.organization.clone(),
    };
    let path = format!("/providers/{provider}/rehearse");
    let prepared: Rehearsal = socket.post(&path, &wanted).await?;
    let link = format!(
        "Open this link and sign in; it can be used once, until {}. Nobody is signed in by it, and nothing ends if\nthis command is interrupted.\n\n  {}\n",
        prepared.until, prepared.url
    );
    match test.asking.output {
        Output::Human => super::print(&link),
        // The outcome alone is for programs.
        Output::Json => complain(&link),
    }
    // It comes from the process, and has nothing that an address has not.
    let outcome = format!("/rehearsals/{}", prepared.id);
    loop {
        let progress: Progress = socket.get(&outcome).await?;
        let exit = match &progress {
            Progress::Waiting | Progress::Begun => {
                tokio::time::sleep(EVERY).await;
                continue;
            }
            Progress::Failed { .. } => Exit::Outside,
            Progress::Expired => Exit::Failed,
            // They would be let in, and every request would fail.
            Progress::Done(done) if is_let_in(done) && done.too_large.is_some() => Exit::Failed,
            Progress::Done(done) if is_let_in(done) => Exit::Fine,
            Progress::Done(_) => Exit::Denied,
        };
        test.asking.tell(&progress, || for_people(&progress));
        return Ok(exit);
    }
}

/// Whether the organization that was asked for would let them in.
fn is_let_in(done: &Rehearsed) -> bool {
    let first = done.admissions.first();
    first.is_some_and(|first| first.refused.is_none())
}

fn for_people(progress: &Progress) -> String {
    match progress {
        Progress::Waiting | Progress::Begun => String::new(),
        Progress::Expired => "nobody came through the link in time; make a new one".to_owned(),
        Progress::Failed { code, why } => format!("FAILED  {code}: {}", visible(why)),
        Progress::Done(done) => told(done),
    }
}

fn told(done: &Rehearsed) -> String {
    let mut text = String::new();
    let mut line = |what: String| {
        let _ = writeln!(text, "{}", visible(&what));
    };
    line(format!("identity  {}|{}", done.issuer, done.subject));
    if let Some(email) = &done.email {
        let verified = if done.email_verified {
            "verified"
        } else {
            "not verified"
        };
        line(format!("e-mail    {email} ({verified})"));
    }
    for one in &done.admissions {
        let known = if one.known {
            "known there"
        } else {
            "new there"
        };
        let verdict = match (&one.refused, &one.rule) {
            (None, _) => "let in".to_owned(),
            (Some(why), Some(rule)) if why != rule => format!("NOT let in: {why}, {rule}"),
            (Some(why), _) => format!("NOT let in: {why}"),
        };
        let (organization, door) = (&one.organization, &one.door);
        line(format!("{organization}  {verdict}; door {door}; {known}"));
    }
    if let Some(what) = &done.too_large {
        line(format!("NOTHING would reach the application: {what}"));
    }
    for (heading, all) in [
        ("What the provider says", &done.claims),
        ("Headers for the application", &done.headers),
        ("Claims of the assertion", &done.assertion),
    ] {
        line(String::new());
        line(heading.to_owned());
        for (name, value) in all {
            line(format!("  {name}: {value}"));
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Slug;
    use crate::pipeline::Admission;

    #[test]
    fn what_came_of_it_is_told_for_people() {
        let mut done = Rehearsed {
            issuer: "https://idp".to_owned(),
            subject: "1".to_owned(),
            email: Some("jo@acme.io".to_owned()),
            email_verified: true,
            claims: vec![("department".to_owned(), "it\nx".to_owned())],
            admissions: vec![Admission {
                organization: Slug::parse("acme").unwrap(),
                rule: Some("email_domains".to_owned()),
                door: "closed".to_owned(),
                is_open: false,
                refused: Some("suspended".to_owned()),
                known: false,
            }],
            headers: vec![("remote-user".to_owned(), "(a new account)".to_owned())],
            assertion: Vec::new(),
            too_large: None,
        };
        let text = told(&done);
        for part in [
            "identity  https://idp|1",
            "jo@acme.io (verified)",
            "acme  NOT let in: suspended, email_domains; door closed; new there",
            "  remote-user: (a new account)",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("it\nx") && !is_let_in(&done));
        done.admissions[0].refused = None;
        assert!(is_let_in(&done) && told(&done).contains("acme  let in"));
    }
}
