//! `doorward org setup-link`, `drafts` and `draft`: providers that somebody else sets up, until the operator puts them into the
//! file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::socket::{Error, Socket};
use super::table::{table, visible};
use super::{Asking, Exit, complain, path_segment};
use crate::admin::drafts::{Draft, Drafts, MadeLink, SetupLink, Taken};

/// `doorward org setup-link`.
#[derive(Clone, Debug, Args)]
pub struct NewLink {
    /// For which organization, by its slug.
    pub organization: String,
    /// The name that the provider will have in the file, and its redirect URI has from now on.
    #[arg(long, value_name = "ID")]
    pub provider: String,
    /// What it is: google, entra, okta, auth0, keycloak, github, gitlab, slack, apple, oidc or oauth2.
    #[arg(long, value_name = "PRESET")]
    pub preset: String,
    /// How long link and draft are good for, 30 days at most.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = humantime::parse_duration)]
    pub expires: Duration,
    /// The provider may lie at a private address of this machine's network. Without this, addresses that whoever has the link
    /// types are asked only if everybody can reach them.
    #[arg(long)]
    pub private_network: bool,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward org drafts`.
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Of which organization, by its slug; of all if none is named.
    pub organization: Option<String>,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward org draft`.
#[derive(Clone, Debug, Subcommand)]
pub enum One {
    /// Print the table that a draft would be in the file, without its secret; or write it, with the secret beside it.
    Show(Show),
    /// Throw a draft away: its link stops working at once.
    Remove(Named),
}

/// Which draft.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// Of which organization, by its slug.
    pub organization: String,
    /// The name that the provider will have.
    pub provider: String,
    /// Where and how to ask.
    #[command(flatten)]
    pub asking: Asking,
}

/// `doorward org draft show`.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// Which.
    #[command(flatten)]
    pub draft: Named,
    /// Write ID.toml into this folder, such as one that `include` names, and the secret into ID.secret beside it (0600). Writes
    /// over nothing.
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

/// Makes a draft and prints the link to it.
pub(super) async fn link(new: &NewLink) -> Result<Exit, Error> {
    let socket = Socket::of(&new.asking)?;
    let wanted = SetupLink {
        provider: new.provider.clone(),
        preset: new.preset.clone(),
        expires_seconds: Some(new.expires.as_secs()),
        private_network: new.private_network,
    };
    let path = format!(
        "/organizations/{}/setup-link",
        path_segment(&new.organization)
    );
    let made: MadeLink = socket.post(&path, &wanted).await?;
    new.asking.tell(&made, || {
        format!(
            "Send this link to whoever runs the provider. The first browser that begins there has it, until {}.\n\n  {}\n\n\
             `doorward org drafts` shows how far it is.",
            made.until, made.url
        )
    });
    Ok(Exit::Fine)
}

/// Lists drafts.
pub(super) async fn list(list: &List) -> Result<Exit, Error> {
    let socket = Socket::of(&list.asking)?;
    let path = match &list.organization {
        Some(slug) => format!("/drafts?organization={}", path_segment(slug)),
        None => "/drafts".to_owned(),
    };
    let all: Drafts = socket.get(&path).await?;
    list.asking.tell(&all, || for_people(&all));
    Ok(Exit::Fine)
}

/// Shows, writes or removes one.
pub(super) async fn one(one: &One) -> Result<Exit, Error> {
    match one {
        One::Show(show) => match &show.write {
            None => shown(&show.draft).await,
            Some(folder) => write(&show.draft, folder).await,
        },
        One::Remove(named) => {
            let socket = Socket::of(&named.asking)?;
            let gone: Draft = socket
                .post(&named.path("/remove"), &serde_json::Map::new())
                .await?;
            named.asking.tell(&gone, || {
                let (id, slug) = (visible(&gone.provider), visible(&gone.organization));
                format!("The draft {id} of {slug} is gone, and its link with it.")
            });
            Ok(Exit::Fine)
        }
    }
}

impl Named {
    fn path(&self, rest: &str) -> String {
        let (slug, id) = (
            path_segment(&self.organization),
            path_segment(&self.provider),
        );
        format!("/organizations/{slug}/drafts/{id}{rest}")
    }
}

async fn shown(named: &Named) -> Result<Exit, Error> {
    let socket = Socket::of(&named.asking)?;
    let draft: Draft = socket.get(&named.path("")).await?;
    if !draft.faults.is_empty() {
        let missing = draft.faults.join(", ");
        complain(&format!("not complete: {}", visible(&missing)));
    }
    // TOML has its own escapes: nothing in it moves the cursor.
    named.asking.tell(&draft, || draft.toml.clone());
    Ok(Exit::Fine)
}

async fn write(named: &Named, folder: &Path) -> Result<Exit, Error> {
    let socket = Socket::of(&named.asking)?;
    let draft: Draft = socket.get(&named.path("")).await?;
    let secret = folder.join(&draft.secret_file);
    let table = folder.join(format!("{}.toml", draft.provider));
    if let Some(there) = [&table, &secret].into_iter().find(|path| path.exists()) {
        complain(&format!(
            "error: {} is there already, and stays as it is",
            there.display()
        ));
        return Ok(Exit::Failed);
    }
    let taken: Taken = socket
        .post(&named.path("/take"), &serde_json::Map::new())
        .await?;
    // Table and secret of one moment: what was typed since it was first looked at is in both.
    let draft = taken.draft;
    let text = taken.secret.as_ref().map(|secret| secret.expose().as_str());
    let written = put(&secret, text.unwrap_or_default(), 0o600).and_then(|()| {
        put(&table, &draft.toml, 0o644).inspect_err(|_| {
            // Half of it would be in the way the next time.
            let _ = std::fs::remove_file(&secret);
        })
    });
    if let Err(error) = written {
        complain(&format!(
            "error: {} cannot be written: {error}",
            folder.display()
        ));
        return Ok(Exit::Failed);
    }
    named.asking.tell(&draft, || {
        format!(
            "{} and {} are written. Name `{}` in the `providers` of {}, then: doorward check",
            table.display(),
            secret.display(),
            visible(&draft.provider),
            visible(&draft.organization)
        )
    });
    Ok(Exit::Fine)
}

/// Writes a file that is not there. What cannot be written whole is not there afterwards either.
fn put(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })
}

fn for_people(all: &Drafts) -> String {
    let rows = all.drafts.iter().map(|one| {
        vec![
            one.organization.clone(),
            one.provider.clone(),
            one.preset.clone(),
            one.state.clone(),
            one.tried.as_ref().map_or("no", |_| "yes").to_owned(),
            one.until.clone(),
        ]
    });
    let headings = [
        "ORGANIZATION",
        "PROVIDER",
        "PRESET",
        "STATE",
        "TRIED",
        "UNTIL",
    ];
    table(&headings, &rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn inv_46_a_secret_is_written_for_its_owner_alone_and_over_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("okta.secret");
        put(&path, "s3cret", 0o600).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(put(&path, "another", 0o600).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "s3cret");
    }
}
