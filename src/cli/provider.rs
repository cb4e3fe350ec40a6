//! `doorward provider`: the identity providers of the running process, and what to register at one.

use clap::{Args, Subcommand};

use super::guide::{self, Guide};
use super::socket::{Error, Socket};
use super::table::{facts, table, visible};
use super::{Asking, Exit, rehearsal};
use crate::admin::views::{Examination, Providers};

/// `doorward provider`.
#[derive(Clone, Debug, Subcommand)]
pub enum Provider {
    /// List the providers, with their state and what has to be registered there.
    List(Asking),
    /// Say what to register at a provider and where, with the addresses of this file. Needs no running process.
    Guide(Guide),
    /// Have the running process ask a provider now, and say of each check how it stands and what to do about it.
    ///
    /// Looked at are the discovery document, issuer, endpoints, algorithms, keys, clock, PKCE, scopes, how the client
    /// authenticates, and whether the provider knows it: it is asked about a code that it never gave out.
    ///
    /// Exit 4 if sign-in cannot work, with `--login` 6 if the organization would not let that person in.
    Test(Test),
}

/// `doorward provider test`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  doorward provider test google                       what can be told without a person
  doorward provider test google --output json         the same for a program
  doorward provider test okta --login --org acme      what would come of a sign-in at Acme")]
pub struct Test {
    /// Its id, as in the file.
    pub provider: String,
    /// Try a sign-in that signs nobody in: print a link, wait for whoever opens it, and show claims, identity, what each
    /// organization says to it, and what the application would get.
    #[arg(long)]
    pub login: bool,
    /// Show the rules and headers of this organization, if several use the provider.
    #[arg(long, visible_alias = "org", value_name = "SLUG", requires = "login")]
    pub organization: Option<String>,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// Does what was typed.
pub async fn run(provider: &Provider) -> Exit {
    let told = match provider {
        Provider::Guide(guide) => return guide::run(guide),
        Provider::List(asking) => list(asking).await,
        Provider::Test(one) if one.login => rehearsal::run(one).await,
        Provider::Test(one) => test(one).await,
    };
    told.unwrap_or_else(|error| error.complain())
}

async fn list(asking: &Asking) -> Result<Exit, Error> {
    let socket = Socket::of(asking)?;
    let all: Providers = socket.get("/providers").await?;
    asking.tell(&all, || for_people(&all));
    Ok(Exit::Fine)
}

async fn test(test: &Test) -> Result<Exit, Error> {
    let socket = Socket::of(&test.asking)?;
    let path = format!("/providers/{}/test", super::path_segment(&test.provider));
    let told: Examination = socket.post(&path, &serde_json::Map::new()).await?;
    test.asking.tell(&told, || verdict(&told));
    Ok(if told.ok { Exit::Fine } else { Exit::Outside })
}

fn for_people(all: &Providers) -> String {
    let rows = all.providers.iter().map(|one| {
        vec![
            one.id.clone(),
            one.state.clone(),
            one.issuer.clone().unwrap_or_else(|| "-".to_owned()),
            one.organizations.join(","),
            one.redirect_uri.clone(),
        ]
    });
    let headings = ["ID", "STATE", "ISSUER", "ORGANIZATIONS", "REDIRECT URI"];
    table(&headings, &rows.collect::<Vec<_>>())
}

fn verdict(told: &Examination) -> String {
    let answer = match (&told.problem, told.checks.is_empty()) {
        (Some(problem), _) => format!("FAILED: {problem}"),
        (None, true) => "ok: there is nothing to ask without a person".to_owned(),
        (None, false) => format!("ok, in {} ms", told.duration_ms),
    };
    let mut lines = vec![("provider", told.provider.clone()), ("answer", answer)];
    lines.extend(told.issuer.clone().map(|issuer| ("issuer", issuer)));
    let endpoints = told.endpoints.iter();
    lines.extend(endpoints.map(|(name, url)| (name.as_str(), url.clone())));
    lines.push(("redirect URI", told.redirect_uri.clone()));
    let mut text = facts(&lines);
    for check in &told.checks {
        let mark = match check.verdict.as_str() {
            "ok" => "ok",
            "failed" => "FAILED",
            "warning" => "warning",
            _ => "?",
        };
        let said = visible(&check.said);
        text.push_str(&format!("\n  {mark:<8} {:<21} {said}", check.check));
        if let Some(cure) = &check.cure {
            text.push_str(&format!("\n{:33}→ {}", "", visible(cure)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::views::Finding;

    fn told(problem: Option<&str>, checks: Vec<Finding>) -> String {
        verdict(&Examination {
            provider: "idp".to_owned(),
            ok: problem.is_none(),
            duration_ms: 84,
            problem: problem.map(str::to_owned),
            issuer: None,
            endpoints: std::collections::BTreeMap::new(),
            keys: None,
            algorithms: Vec::new(),
            redirect_uri: "https://app.example.com/_sso/callback/idp".to_owned(),
            checks,
        })
    }

    fn finding(check: &str, verdict: &str, cure: Option<&str>) -> Finding {
        Finding {
            check: check.to_owned(),
            verdict: verdict.to_owned(),
            said: format!("about {check}"),
            cure: cure.map(str::to_owned),
        }
    }

    #[test]
    fn a_test_says_what_is_wrong_first_and_then_every_check() {
        let checks = vec![
            finding("keys", "ok", None),
            finding("client", "failed", Some("make a new secret")),
        ];
        let broken = told(Some("client: about client"), checks);
        assert!(
            broken.contains("answer        FAILED: client: about client"),
            "{broken}"
        );
        assert!(
            broken.contains("ok       keys                  about keys"),
            "{broken}"
        );
        assert!(
            broken.contains("FAILED   client                about client\n"),
            "{broken}"
        );
        assert!(broken.ends_with("→ make a new secret"), "{broken}");
        let fine = told(None, vec![finding("keys", "ok", None)]);
        assert!(fine.contains("ok, in 84 ms"), "{fine}");
        assert!(told(None, Vec::new()).contains("nothing to ask"));
    }
}
