//! Who is due, whose turn is taken, and what stands when others come in between.

use std::sync::Arc;

use super::*;
use crate::identity::{Generation, Through};
use crate::provider::Subject;
use crate::store::{Fickle, Memory, Seal, SealKey, Store};

const START: Timestamp = Timestamp::from_seconds(1_000_000);

struct World {
    people: People,
    store: Arc<dyn Store>,
    provider: Slug,
}

fn at(seconds: u64) -> Timestamp {
    START.plus(std::time::Duration::from_secs(seconds))
}

impl World {
    fn new() -> Self {
        Self::over(Arc::new(Memory::new()))
    }

    fn over(store: Arc<dyn Store>) -> Self {
        let seal = Seal::new(&SealKey::random()).unwrap();
        Self {
            people: People::new(Arc::clone(&store), seal),
            store,
            provider: Slug::parse("idp").unwrap(),
        }
    }

    /// A sign-in at `now` that brings a token; due an hour later.
    async fn sign_in(&self, token: &str, now: Timestamp) -> Identity {
        self.sign_in_of("ada", token, now).await
    }

    async fn sign_in_of(&self, subject: &str, token: &str, now: Timestamp) -> Identity {
        let asserted = Asserted {
            issuer: "https://idp".to_owned(),
            subject: Subject::parse(subject).unwrap(),
            email: None,
            email_verified: false,
            name: None,
            preferred_username: None,
            groups: None,
            groups_are_teams: false,
            hosted_domain: None,
            tenants: Vec::new(),
            claims: serde_json::Map::new(),
            authenticated_at: now,
            proof: crate::provider::Proof::default(),
            provider_session: None,
            tokens: tokens(token),
        };
        let generation: Generation = serde_json::from_str("\"g\"").unwrap();
        let mut batch = Batch::new();
        let through = Through {
            organization: &Slug::parse("acme").unwrap(),
            provider: &self.provider,
            generation: &generation,
            due_at: Some(now.plus(std::time::Duration::from_secs(3_600))),
        };
        let made = self
            .people
            .provision(&mut batch, through, &asserted, now)
            .await;
        self.store.commit(batch).await.unwrap();
        made.unwrap().unwrap().identity
    }

    async fn lease(&self, now: Timestamp) -> Option<Leased> {
        let due = self.people.due(&self.provider, now, 10).await.unwrap();
        let (time, id) = due.first()?;
        let until = now.plus(std::time::Duration::from_secs(60));
        self.people
            .lease(&self.provider, (*time, id), now, until)
            .await
            .unwrap()
    }

    async fn conclude(&self, leased: &Leased, answer: Answer, next: Option<Timestamp>) -> bool {
        let conclusion = Conclusion {
            answer,
            fresh: None,
            next,
        };
        let done = self
            .people
            .conclude(leased, &conclusion, leased.asked_at)
            .await;
        done.unwrap().is_some()
    }

    /// The one entry of the due index, which the identity agrees with.
    async fn due_at(&self) -> Option<Timestamp> {
        let entries = self
            .people
            .due(&self.provider, Timestamp::END, 10)
            .await
            .unwrap();
        assert!(entries.len() <= 1, "{entries:?}");
        if let Some((time, id)) = entries.first() {
            let (identity, _) = self.people.identity(id).await.unwrap().unwrap();
            assert_eq!(identity.due_at, Some(*time));
        }
        entries.first().map(|(time, _)| *time)
    }
}

fn tokens(refresh: &str) -> Tokens {
    Tokens {
        refresh: Some(Secret::new(refresh.to_owned())),
        ..Tokens::default()
    }
}

#[tokio::test]
async fn inv_41_everybody_has_one_entry_and_a_lost_lease_comes_round_again() {
    let world = World::new();
    world.sign_in("first", at(0)).await;
    assert_eq!(world.due_at().await, Some(at(3_600)));
    assert!(world.lease(at(3_599)).await.is_none(), "not yet");
    let leased = world.lease(at(3_600)).await.unwrap();
    assert!(world.lease(at(3_600)).await.is_none(), "one turn at a time");
    assert_eq!(world.due_at().await, Some(at(3_660)));
    // Whoever had the lease is gone.
    let again = world.lease(at(3_660)).await.unwrap();
    assert!(
        !world
            .conclude(&leased, Answer::Confirmed, Some(at(9_999)))
            .await,
        "too late"
    );
    assert!(
        world
            .conclude(&again, Answer::Confirmed, Some(at(7_200)))
            .await
    );
    assert_eq!(world.due_at().await, Some(at(7_200)));
    let leased = world.lease(at(7_200)).await.unwrap();
    assert!(
        world
            .conclude(&leased, Answer::Refused("inactive"), None)
            .await
    );
    assert_eq!(world.due_at().await, None, "nobody is asked about in vain");
    world.sign_in("second", at(8_000)).await;
    assert_eq!(world.due_at().await, Some(at(11_600)));
}

#[tokio::test]
async fn inv_42_of_two_who_take_turns_together_one_has_each() {
    for seed in 0..100 {
        let world = World::over(Arc::new(Fickle::wavering(seed * 7_919)));
        for subject in ["ada", "grace", "tim"] {
            world.sign_in_of(subject, subject, at(0)).await;
        }
        let due = world
            .people
            .due(&world.provider, at(3_600), 10)
            .await
            .unwrap();
        assert_eq!(due.len(), 3);
        let turns = |from: usize| {
            let due = due.get(from..).unwrap().to_vec();
            let people = world.people.clone();
            let provider = world.provider.clone();
            async move {
                people
                    .lease_all(&provider, &due, at(3_600), at(3_660))
                    .await
            }
        };
        let (one, two) = tokio::join!(turns(0), turns(1));
        let leased = [one.unwrap(), two.unwrap()].concat();
        let mut ids: Vec<_> = leased.iter().map(|it| it.identity.id.clone()).collect();
        ids.sort();
        let mut all: Vec<_> = due.iter().map(|(_, id)| id.clone()).collect();
        all.sort();
        assert_eq!(ids, all, "{seed}");
    }
}

#[tokio::test]
async fn inv_25_a_sign_in_that_comes_in_between_stands() {
    let world = World::new();
    world.sign_in("first", at(0)).await;
    let mut leased = world.lease(at(3_600)).await.unwrap();
    world.sign_in("second", at(3_601)).await;
    let spent = Secret::new("first".to_owned());
    let kept = world
        .people
        .keep(&mut leased, Some(&spent), &tokens("renewed"))
        .await;
    assert!(!kept.unwrap());
    assert!(
        !world
            .conclude(&leased, Answer::Refused("invalid_grant"), None)
            .await
    );
    let (identity, _) = world
        .people
        .identity(&leased.identity.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(identity.link.state, LinkState::Valid);
    assert!(identity.tokens.refresh.unwrap().matches(b"second"));
    assert_eq!(world.due_at().await, Some(at(7_201)));
}

#[tokio::test]
async fn inv_42_a_renewed_token_replaces_the_one_that_was_spent_and_an_absent_one_keeps_it() {
    let world = World::new();
    world.sign_in("first", at(0)).await;
    let mut leased = world.lease(at(3_600)).await.unwrap();
    let spent = leased.identity.tokens.refresh.clone();
    let kept = world
        .people
        .keep(&mut leased, spent.as_ref(), &tokens("renewed"))
        .await;
    assert!(kept.unwrap());
    assert!(
        leased
            .identity
            .tokens
            .refresh
            .as_ref()
            .unwrap()
            .matches(b"renewed")
    );
    let kept = world
        .people
        .keep(&mut leased, spent.as_ref(), &tokens("of another"))
        .await;
    assert!(!kept.unwrap(), "what was spent is held no more");
    let spent = leased.identity.tokens.refresh.clone();
    let absent = Tokens::default();
    assert!(
        world
            .people
            .keep(&mut leased, spent.as_ref(), &absent)
            .await
            .unwrap()
    );
    let (identity, _) = world
        .people
        .identity(&leased.identity.id)
        .await
        .unwrap()
        .unwrap();
    assert!(identity.tokens.refresh.unwrap().matches(b"renewed"));
}

#[test]
fn a_token_that_is_only_newer_changes_nothing() {
    let said = |issued_at: u64, department: &str| {
        let claims = serde_json::json!({
            "iat": issued_at, "jti": issued_at, "session_state": issued_at,
            "uti": issued_at, "aio": issued_at, "rh": issued_at, "pwd_exp": issued_at,
            "department": department,
        });
        Profile {
            subject: Subject::parse("ada").unwrap(),
            email: None,
            email_verified: false,
            name: None,
            preferred_username: None,
            groups: None,
            groups_are_teams: false,
            hosted_domain: None,
            tenants: Vec::new(),
            claims: claims.as_object().unwrap().clone(),
        }
    };
    assert!(!said(2, "it").differs(&said(1, "it")));
    assert!(said(2, "sales").differs(&said(1, "it")));
}

#[tokio::test]
async fn what_was_said_no_to_keeps_no_token_to_ask_with() {
    let world = World::new();
    world.sign_in("first", at(0)).await;
    let leased = world.lease(at(3_600)).await.unwrap();
    assert!(
        world
            .conclude(&leased, Answer::Refused("membership_removed"), None)
            .await
    );
    let (identity, _) = world
        .people
        .identity(&leased.identity.id)
        .await
        .unwrap()
        .unwrap();
    assert!(identity.tokens.refresh.is_none() && identity.tokens.access.is_none());
    assert_eq!(identity.link.reason.as_deref(), Some("membership_removed"));
    assert_eq!(identity.last_verified_at, at(0), "a no confirms nothing");
}
