//! What somebody had filled in when they were sent to sign in: kept for as long as a run may take, for them alone.
//!
//! A form is kept only for a person whose session shows who they are, so that nobody fills the store who has never signed
//! in. The browser holds a token that names the form, and nothing of what is in it; the same account, signed in anew, is
//! shown it and sends it themself.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Error, Pipeline};
use crate::address::{Host, ReturnPath};
use crate::clock::Timestamp;
use crate::config::Slug;
use crate::config::defaults::RUN_LIFETIME;
use crate::identity::AccountId;
use crate::secret::{self, Secret};
use crate::store::{Batch, Table};

/// A form as it was sent.
#[derive(Debug)]
pub struct Form {
    /// Whose it is.
    pub sender: Sender,
    /// `application/x-www-form-urlencoded`.
    pub body: Secret<String>,
}

/// Whose a form is, and where it belongs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sender {
    /// In which organization.
    pub organization: Slug,
    /// By whom.
    pub account: AccountId,
    /// On which host.
    pub host: Host,
    /// To where.
    pub path: ReturnPath,
}

/// What the store keeps, beside the pieces of the body.
#[derive(Serialize, Deserialize)]
struct Stored {
    sender: Sender,
    pieces: usize,
    until: Timestamp,
}

/// Bytes of a body in one value, far below what a value may hold.
const PIECE: usize = 32 * 1024;

/// Pieces of one form.
const MOST_PIECES: usize = 2;

impl Pipeline {
    /// Keeps a form in place of the one that the browser had kept before. `None`: there are too many, or it is too large;
    /// whoever sent it must be told that it is lost.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Dropping the future leaves at most a form that nobody will find.
    pub async fn keep_form(
        &self,
        form: Form,
        before: Option<&Secret<String>>,
        client: Option<IpAddr>,
    ) -> Result<Option<Secret<String>>, Error> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let body = form.body.expose().as_bytes();
        let pieces: Vec<&[u8]> = body.chunks(PIECE).collect();
        if pieces.len() > MOST_PIECES || !shared.bounds.keep(client, &form.sender.account, now) {
            return Ok(None);
        }
        let (token, until) = (secret::random_token(), now.plus(RUN_LIFETIME));
        let mut batch = Batch::new();
        let head = key(&token, HEAD);
        let stored = Stored {
            sender: form.sender,
            pieces: pieces.len(),
            until,
        };
        batch.expect_absent(Table::Runs, head).put(
            Table::Runs,
            head,
            shared.seal.seal_json(Table::Runs, &head, &stored)?,
        );
        let mut targets = vec![(Table::Runs, head.to_vec())];
        for (index, piece) in pieces.into_iter().enumerate() {
            let key = key(&token, index);
            batch.put(
                Table::Runs,
                key,
                shared.seal.seal(Table::Runs, &key, piece)?,
            );
            targets.push((Table::Runs, key.to_vec()));
        }
        batch.expire(until, &targets);
        if let Some(before) = before {
            remove(&mut batch, before);
        }
        shared.store.commit(batch).await?;
        Ok(Some(token))
    }

    /// The form that a token names, on the host where it was sent. `None`: there is none, or no longer.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn kept_form(
        &self,
        token: &Secret<String>,
        host: &Host,
    ) -> Result<Option<Form>, Error> {
        let shared = &self.shared;
        let head = key(token, HEAD);
        let Some(raw) = shared.store.get(Table::Runs, &head).await? else {
            return Ok(None);
        };
        let stored: Stored = shared.seal.open_json(Table::Runs, &head, &raw)?;
        if shared.clock.now() >= stored.until || stored.sender.host != *host {
            return Ok(None);
        }
        let mut body = Vec::new();
        for index in 0..stored.pieces.min(MOST_PIECES) {
            let key = key(token, index);
            let Some(raw) = shared.store.get(Table::Runs, &key).await? else {
                return Ok(None);
            };
            body.extend_from_slice(&shared.seal.open(Table::Runs, &key, &raw)?);
        }
        let form = String::from_utf8(body).ok().map(|body| Form {
            sender: stored.sender,
            body: Secret::new(body),
        });
        Ok(form)
    }

    /// Forgets a form: somebody else has signed in than who sent it.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Cancel safety
    /// Safe: it is forgotten or it is not.
    pub async fn forget_form(&self, token: &Secret<String>) -> Result<(), Error> {
        let mut batch = Batch::new();
        remove(&mut batch, token);
        Ok(self.shared.store.commit(batch).await?)
    }
}

fn remove(batch: &mut Batch, token: &Secret<String>) {
    batch.remove(Table::Runs, key(token, HEAD));
    for index in 0..MOST_PIECES {
        batch.remove(Table::Runs, key(token, index));
    }
}

/// What is not a piece.
const HEAD: usize = usize::MAX;

/// The key of a part of a form: no run has it.
fn key(token: &Secret<String>, part: usize) -> [u8; 32] {
    let part = part.to_be_bytes();
    secret::sha256_fields([
        b"kept form".as_slice(),
        token.expose().as_bytes(),
        part.as_slice(),
    ])
}
