//! `doorward provider`: the identity providers of the running process, and what to register at one.

use clap::{Args, Subcommand};

use super::guide::{self, Guide};
use super::socket::{Error, Socket};
use super::table::{facts, table};
use super::{Asking, Exit};
use crate::admin::views::{Examination, Providers};

/// `doorward provider`.
#[derive(Clone, Debug, Subcommand)]
pub enum Provider {
    /// List the providers, with their state and what has to be registered there.
    List(Asking),
    /// Say what to register at a provider and where, with the addresses of this file. Needs no running process.
    Guide(Guide),
    /// Have the running process ask a provider for its discovery document and keys now, and say what is wrong.
    ///
    /// Exit 4 if the provider cannot be reached or does not fit the configuration.
    Test(Test),
}

/// `doorward provider test`.
#[derive(Clone, Debug, Args)]
pub struct Test {
    /// Its id, as in the file.
    pub provider: String,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// Does what was typed.
pub async fn run(provider: &Provider) -> Exit {
    let told = match provider {
        Provider::Guide(guide) => return guide::run(guide),
        Provider::List(asking) => list(asking).await,
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
    let answer = match (&told.problem, told.keys) {
        (Some(problem), _) => format!("FAILED: {problem}"),
        (None, Some(keys)) => format!(
            "ok: discovery, issuer and {keys} keys, in {} ms",
            told.duration_ms
        ),
        (None, None) => "ok: there is nothing to ask without a person".to_owned(),
    };
    let mut lines = vec![("provider", told.provider.clone()), ("answer", answer)];
    lines.extend(told.issuer.clone().map(|issuer| ("issuer", issuer)));
    let endpoints = told.endpoints.iter();
    lines.extend(endpoints.map(|(name, url)| (name.as_str(), url.clone())));
    if !told.algorithms.is_empty() {
        lines.push(("algorithms", told.algorithms.join(", ")));
    }
    lines.push(("redirect URI", told.redirect_uri.clone()));
    facts(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(problem: Option<&str>, keys: Option<usize>) -> String {
        verdict(&Examination {
            provider: "idp".to_owned(),
            ok: problem.is_none(),
            duration_ms: 84,
            problem: problem.map(str::to_owned),
            issuer: None,
            endpoints: std::collections::BTreeMap::new(),
            keys,
            algorithms: keys.map(|_| "ES256".to_owned()).into_iter().collect(),
            redirect_uri: "https://app.example.com/_sso/callback/idp".to_owned(),
        })
    }

    #[test]
    fn a_test_says_what_is_wrong_first() {
        let broken = told(Some("the provider cannot be reached"), None);
        assert!(
            broken.contains("answer        FAILED: the provider cannot be reached"),
            "{broken}"
        );
        let fine = told(None, Some(2));
        assert!(fine.contains("2 keys, in 84 ms"), "{fine}");
        assert!(fine.contains("algorithms    ES256"), "{fine}");
        assert!(told(None, None).contains("nothing to ask"));
    }
}
