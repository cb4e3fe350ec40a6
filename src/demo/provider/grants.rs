//! What the provider has handed out: codes and tokens, in families that live and die together.

use std::time::Duration;

use super::shelf::{Key, Shelf, key};
use crate::clock::Timestamp;
use crate::demo::people::{Directory, Person, Standing};
use crate::secret::{self, Secret};

/// RFC 6749 §4.1.2 recommends ten minutes at most; the browser needs one redirect.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// Short, so that whoever watches sees refreshing at work.
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(300);

/// Longer than anybody runs the demonstration at a stretch.
const FAMILY_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Sign-ins that are remembered at once; tokens get a few times as much, since used ones stay to be recognized.
const MAX_FAMILIES: usize = 1000;

/// What a code or token stands for.
#[derive(Clone, Debug)]
pub(super) struct Rights {
    /// To whom it was given.
    pub(super) client: String,
    /// Who signed in.
    pub(super) person: &'static Person,
    /// Scopes, separated by spaces.
    pub(super) scope: String,
    /// The browser's session at the provider.
    pub(super) sid: String,
    /// When the person chose.
    pub(super) auth_time: Timestamp,
}

/// A code before it is redeemed.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// What it is worth.
    pub(super) rights: Rights,
    /// Must be repeated (RFC 6749 §4.1.3).
    pub(super) redirect_uri: String,
    /// RFC 7636 §4.3, S256.
    pub(super) challenge: String,
    /// Goes into the ID token.
    pub(super) nonce: Option<String>,
    /// When it was made.
    pub(super) issued_at: Timestamp,
}

/// The answer to a good token request.
#[derive(Debug)]
pub(super) struct Issued {
    /// Bearer token for userinfo.
    pub(super) access: Secret<String>,
    /// Good for one refresh.
    pub(super) refresh: Secret<String>,
    /// What they stand for.
    pub(super) rights: Rights,
    /// For the first ID token; a refreshed one carries none (OIDC Core §12.2).
    pub(super) nonce: Option<String>,
}

/// Why there is no token: always `invalid_grant` (RFC 6749 §5.2), with these words beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the code is unknown or expired")]
    UnknownCode,
    #[error("the code was used before, so everything that came of it is revoked")]
    UsedCode,
    #[error("the code was issued to another client or for another redirect URI")]
    Binding,
    #[error("the code verifier does not match")]
    Verifier,
    #[error("the refresh token is unknown, expired or revoked")]
    UnknownRefresh,
    #[error("the refresh token was used before, so everything of that sign-in is revoked")]
    UsedRefresh,
    #[error("the account is disabled")]
    Disabled,
}

/// A sign-in with all tokens that came of it.
#[derive(Debug)]
struct Family {
    rights: Rights,
    /// The only refresh token that works.
    refresh: Key,
}

#[derive(Debug)]
enum CodeState {
    Fresh(Box<Code>),
    Used { family: Key },
    Spoiled,
}

/// Every code and token, in memory. Things are found by their digests.
#[derive(Debug)]
pub(super) struct Grants {
    codes: Shelf<CodeState>,
    families: Shelf<Family>,
    access: Shelf<Key>,
    refresh: Shelf<Key>,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            codes: Shelf::new(MAX_FAMILIES),
            families: Shelf::new(MAX_FAMILIES),
            access: Shelf::new(4 * MAX_FAMILIES),
            refresh: Shelf::new(4 * MAX_FAMILIES),
        }
    }
}

impl Grants {
    /// Hands out a code.
    pub(super) fn authorize(&mut self, code: Code, now: Timestamp) -> Secret<String> {
        let text = secret::random_token();
        let state = CodeState::Fresh(Box::new(code));
        // It is remembered for longer than it works, so that a late second use is recognized.
        let until = now.plus(TOKEN_LIFETIME);
        self.codes.put(key(text.expose()), state, until, now);
        text
    }

    /// Turns a code into tokens. Whatever comes of it, the code is spent.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        presented: &Presented<'_>,
        directory: &Directory,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let found = self.codes.get_mut(&key(code), now);
        let state = found.ok_or(Refusal::UnknownCode)?;
        let code = match std::mem::replace(state, CodeState::Spoiled) {
            CodeState::Fresh(code) => *code,
            CodeState::Used { family } => {
                self.end(&family, now);
                return Err(Refusal::UsedCode);
            }
            CodeState::Spoiled => return Err(Refusal::UsedCode),
        };
        presented.check(&code, now)?;
        if directory.standing(code.rights.person) == Standing::Disabled {
            return Err(Refusal::Disabled);
        }
        let family = secret::random_bytes();
        *state = CodeState::Used { family };
        let mut issued = self.issue(family, code.rights, now);
        issued.nonce = code.nonce;
        Ok(issued)
    }

    /// Turns a refresh token into new tokens (RFC 9700 §4.14.2: rotation, and reuse ends the family).
    pub(super) fn refresh(
        &mut self,
        refresh: &str,
        client: &str,
        directory: &Directory,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let presented = key(refresh);
        let id = *self
            .refresh
            .get(&presented, now)
            .ok_or(Refusal::UnknownRefresh)?;
        let family = self.families.get(&id, now);
        let family = family.ok_or(Refusal::UnknownRefresh)?;
        if family.rights.client != client {
            return Err(Refusal::UnknownRefresh);
        }
        if family.refresh != presented {
            self.end(&id, now);
            return Err(Refusal::UsedRefresh);
        }
        if directory.standing(family.rights.person) == Standing::Disabled {
            return Err(Refusal::Disabled);
        }
        let rights = family.rights.clone();
        Ok(self.issue(id, rights, now))
    }

    /// What a bearer of this access token may ask about.
    pub(super) fn bearer(&self, access: &str, now: Timestamp) -> Option<&Rights> {
        let family = self.access.get(&key(access), now)?;
        self.families.get(family, now).map(|family| &family.rights)
    }

    /// What this refresh token stands for, if it would work.
    pub(super) fn live_refresh(&self, refresh: &str, now: Timestamp) -> Option<&Rights> {
        let presented = key(refresh);
        let family = self.refresh.get(&presented, now)?;
        let family = self.families.get(family, now)?;
        (family.refresh == presented).then_some(&family.rights)
    }

    /// Ends the family of a token that belongs to `client` (RFC 7009 §2.1).
    pub(super) fn revoke(&mut self, token: &str, client: &str, now: Timestamp) {
        let token = key(token);
        let family = self.refresh.get(&token, now);
        let Some(family) = family.or_else(|| self.access.get(&token, now)).copied() else {
            return;
        };
        let holder = self.families.get(&family, now);
        if holder.is_some_and(|holder| holder.rights.client == client) {
            self.end(&family, now);
        }
    }

    /// Ends everything whose rights the question answers with yes, codes included.
    pub(super) fn end_where(&mut self, question: impl Fn(&Rights) -> bool) {
        self.families.retain(|family| !question(&family.rights));
        for state in self.codes.values_mut() {
            let hit = matches!(state, CodeState::Fresh(code) if question(&code.rights));
            if hit {
                *state = CodeState::Spoiled;
            }
        }
    }

    fn end(&mut self, family: &Key, now: Timestamp) {
        self.families.take(family, now);
    }

    fn issue(&mut self, id: Key, rights: Rights, now: Timestamp) -> Issued {
        let (access, refresh) = (secret::random_token(), secret::random_token());
        let family = Family {
            rights: rights.clone(),
            refresh: key(refresh.expose()),
        };
        let until = now.plus(FAMILY_LIFETIME);
        self.refresh.put(family.refresh, id, until, now);
        self.families.put(id, family, until, now);
        let until = now.plus(TOKEN_LIFETIME);
        self.access.put(key(access.expose()), id, until, now);
        Issued {
            access,
            refresh,
            rights,
            nonce: None,
        }
    }
}

/// What came with a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presented<'a> {
    /// The authenticated client.
    pub(super) client: &'a str,
    /// RFC 6749 §4.1.3.
    pub(super) redirect_uri: &'a str,
    /// RFC 7636 §4.5.
    pub(super) verifier: &'a str,
}

impl Presented<'_> {
    fn check(&self, code: &Code, now: Timestamp) -> Result<(), Refusal> {
        if now.since(code.issued_at) >= CODE_LIFETIME {
            return Err(Refusal::UnknownCode);
        }
        if code.rights.client != self.client || code.redirect_uri != self.redirect_uri {
            return Err(Refusal::Binding);
        }
        let sound = (43..=128).contains(&self.verifier.len());
        let challenge = secret::encode(&secret::sha256(self.verifier.as_bytes()));
        if !sound || !secret::constant_time_eq(challenge.as_bytes(), code.challenge.as_bytes()) {
            return Err(Refusal::Verifier);
        }
        Ok(())
    }
}
