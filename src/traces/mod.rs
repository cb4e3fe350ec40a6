//! Traces of sign-ins and refusals, kept for whoever asks for them by a reference.
//!
//! Owns: the parts that requests leave behind, in memory and in the store. An answer to a sign-in that began here is
//! written behind, with its beginning, so that it outlives the process; everything else is kept in memory alone. Whoever
//! makes thousands of refusals, begins thousands of sign-ins, or lets them fail, pushes out what is of that kind, and no
//! sign-in in which a provider vouched for somebody; what is written has a bound for each organization (threat model 54).
//! Leaves to others: what happened (`telemetry::trace`). A trace that cannot be kept never fails a request.

mod shelves;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tracing::warn;

use self::shelves::{Kind, Shelves};
use crate::store::{self, Batch, Keys, Seal, Store, Table};
use crate::telemetry::Reference;
use crate::telemetry::trace::Part;

/// The traces of this process and of those before it.
#[derive(Debug)]
pub struct Traces {
    store: Arc<dyn Store>,
    seal: Seal,
    /// How long they are kept; zero: in memory alone.
    keep: Duration,
    /// How many are written, by organization.
    proven: DefaultKeyedRateLimiter<Option<String>>,
    unproven: DefaultKeyedRateLimiter<Option<String>>,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    shelves: Shelves,
    /// Those that are not written yet.
    waiting: Vec<Arc<Part>>,
    /// How many parts a sign-in has left behind.
    counts: HashMap<Reference, usize>,
    number: u64,
}

/// A part, and how many came before it.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// Rises with each part of this process.
    pub number: u64,
    /// What happened.
    pub part: Arc<Part>,
}

/// Parts of one sign-in: more are one answer that is sent again and again.
const MOST_OF_ONE: usize = 16;

/// Parts that wait to be written; when there are more, the newest are not.
const MOST_WAITING: usize = 4_000;

/// Parts that are written together.
const PIECE: usize = 200;

/// A sign-in goes on with another one only when the provider is asked once more for consent.
const MOST_LINKS: usize = 4;

/// Answers of one organization that are written at once, where a provider vouches for somebody: everybody comes at nine…
const PROVEN_BURST: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// …and how soon there is room for another.
const PROVEN_PER_HOUR: NonZeroU32 = NonZeroU32::new(2_000).unwrap();

/// Answers where nobody does: anybody can begin a sign-in and have it fail…
const UNPROVEN_BURST: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

/// …so that in a week an organization has some thirty thousand of them at most.
const UNPROVEN_PER_HOUR: NonZeroU32 = NonZeroU32::new(200).unwrap();

impl Traces {
    /// Over a store.
    pub fn new(store: Arc<dyn Store>, seal: Seal, keep: Duration) -> Self {
        let quota = |burst, per_hour| Quota::per_hour(per_hour).allow_burst(burst);
        Self {
            store,
            seal,
            keep,
            proven: RateLimiter::keyed(quota(PROVEN_BURST, PROVEN_PER_HOUR)),
            unproven: RateLimiter::keyed(quota(UNPROVEN_BURST, UNPROVEN_PER_HOUR)),
            recent: Mutex::default(),
        }
    }

    /// How long they are kept.
    pub const fn keep_for(&self) -> Duration {
        self.keep
    }

    /// Keeps what happened in a request.
    pub fn keep(&self, part: Part) {
        let (kind, root) = (Kind::of(&part), root_of(&part));
        let part = Arc::new(part);
        let mut recent = self.lock();
        recent.number += 1;
        let numbered = Numbered {
            number: recent.number,
            part: Arc::clone(&part),
        };
        if !kind.is_of_sign_in() {
            recent.shelves.push(kind, numbered);
            return;
        }
        let count = recent.counts.entry(root).or_default();
        *count += 1;
        if *count > MOST_OF_ONE {
            return;
        }
        let before = recent.shelves.take_up(kind, root);
        let mut gone: Vec<Reference> = Vec::new();
        let moved: Vec<Arc<Part>> = before.iter().map(|one| Arc::clone(&one.part)).collect();
        for one in before.into_iter().chain([numbered]) {
            gone.extend(recent.shelves.push(kind, one).map(|old| root_of(&old.part)));
        }
        for root in gone {
            recent.counts.remove(&root);
        }
        if self.is_written(kind, &part) && recent.waiting.len() < MOST_WAITING {
            recent.waiting.extend(moved);
            recent.waiting.push(part);
        }
    }

    /// Whether a part outlives the process. A beginning does only once it was answered.
    fn is_written(&self, kind: Kind, part: &Part) -> bool {
        let allowance = match kind {
            Kind::Passing | Kind::Refusal | Kind::Beginning => return false,
            Kind::Unproven => &self.unproven,
            Kind::Proven => &self.proven,
        };
        !self.keep.is_zero() && allowance.check_key(&part.organization).is_ok()
    }

    /// Everything that happened in the sign-in that a reference belongs to, in order; nothing if it is not known.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, reference: Reference) -> Result<Vec<Arc<Part>>, store::Error> {
        let mut top = reference;
        for _ in 0..MOST_LINKS {
            match self.root(top).await? {
                Some(root) if root != top => top = root,
                Some(_) | None => break,
            }
        }
        let (mut found, mut roots, mut depth) = (Vec::new(), vec![top], 0);
        while let Some(root) = roots.pop() {
            depth += 1;
            for part in self.parts(root).await? {
                let is_new = !found
                    .iter()
                    .any(|it: &Arc<Part>| (it.reference, it.at) == (part.reference, part.at));
                if is_new {
                    if part.reference != root && depth < MOST_LINKS {
                        roots.push(part.reference);
                    }
                    found.push(part);
                }
            }
        }
        found.sort_by_key(|part| (part.at, part.order));
        Ok(found)
    }

    /// What happened after a number in this process, the oldest first.
    pub fn since(&self, number: u64) -> Vec<Numbered> {
        let recent = self.lock();
        let all = recent.shelves.iter();
        let mut since: Vec<_> = all.filter(|one| one.number > number).cloned().collect();
        since.sort_by_key(|one| one.number);
        since
    }

    /// The number of the newest.
    pub fn newest(&self) -> u64 {
        self.lock().number
    }

    /// Writes what was not written yet.
    ///
    /// # Errors
    /// The store's; what could not be written is in memory alone from then on.
    pub async fn write_behind(&self) -> Result<(), store::Error> {
        let waiting = std::mem::take(&mut self.lock().waiting);
        for piece in waiting.chunks(PIECE) {
            let mut batch = Batch::new().relaxed();
            for part in piece {
                let key = part_key(root_of(part), part.reference);
                let mut keys = vec![(Table::Traces, key.clone())];
                let sealed = self.seal.seal_json(Table::Traces, &key, &**part)?;
                batch.put(Table::Traces, key, sealed);
                if let Some(root) = part.root {
                    let key = link_key(part.reference);
                    batch.put(Table::Traces, key.clone(), *root.as_bytes());
                    keys.push((Table::Traces, key));
                }
                batch.expire(part.at.plus(self.keep), &keys);
            }
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// The reference under which the sign-in began that another one belongs to.
    async fn root(&self, reference: Reference) -> Result<Option<Reference>, store::Error> {
        let remembered = {
            let recent = self.lock();
            let mut all = recent.shelves.iter();
            let found = all.find(|one| one.part.reference == reference);
            found.map(|one| root_of(&one.part))
        };
        if remembered.is_some() {
            return Ok(remembered);
        }
        let stored = self.store.get(Table::Traces, &link_key(reference)).await?;
        let root = stored.and_then(|root| String::from_utf8(root).ok());
        Ok(root.and_then(|root| root.parse().ok()))
    }

    async fn parts(&self, root: Reference) -> Result<Vec<Arc<Part>>, store::Error> {
        let mut parts: Vec<Arc<Part>> = {
            let recent = self.lock();
            let all = recent.shelves.iter();
            let theirs = all.filter(|one| root_of(&one.part) == root);
            theirs.map(|one| Arc::clone(&one.part)).collect()
        };
        let prefix = [&b"p"[..], root.as_bytes()].concat();
        let keys = Keys::prefix(&prefix);
        for (key, raw) in self.store.range(Table::Traces, keys, MOST_OF_ONE).await? {
            match self.seal.open_json::<Part>(Table::Traces, &key, &raw) {
                Ok(part) => parts.push(Arc::new(part)),
                // The others tell what they can.
                Err(error) => warn!(%error, reference = %root, "a part of a trace is unreadable"),
            }
        }
        Ok(parts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn root_of(part: &Part) -> Reference {
    part.root.unwrap_or(part.reference)
}

fn part_key(root: Reference, reference: Reference) -> Vec<u8> {
    [&b"p"[..], root.as_bytes(), reference.as_bytes()].concat()
}

fn link_key(reference: Reference) -> Vec<u8> {
    [&b"l"[..], reference.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::store::{Fickle, Memory, SealKey};
    use crate::telemetry::trace::Step;

    fn traces(store: &Arc<dyn Store>, seal: &Seal) -> Traces {
        Traces::new(Arc::clone(store), seal.clone(), Duration::from_secs(60))
    }

    fn world() -> (Arc<dyn Store>, Seal) {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        (store, Seal::new(&SealKey::random()).unwrap())
    }

    fn part(root: Option<Reference>, at: u64, steps: Vec<Step>) -> Part {
        Part {
            reference: Reference::next(Timestamp::EPOCH),
            root,
            at: Timestamp::from_seconds(at),
            order: 0,
            request: "GET app.example.com/".to_owned(),
            organization: Some("acme".to_owned()),
            provider: None,
            user: Some("ada@acme.com".to_owned()),
            steps: steps.into_iter().map(|step| (0, step)).collect(),
        }
    }

    fn begin() -> Step {
        Step::Begin {
            flow: "sign_in".to_owned(),
            return_path: "/".to_owned(),
            chosen: "its door".to_owned(),
        }
    }

    fn beginning(at: u64) -> Part {
        part(None, at, vec![begin()])
    }

    /// An answer to a sign-in in which no provider vouches for anybody.
    fn failed(root: Reference, at: u64) -> Part {
        part(Some(root), at, vec![refused()])
    }

    /// One in which one does.
    fn signed_in(root: Reference, at: u64) -> Part {
        let what = "signed_in".to_owned();
        part(Some(root), at, vec![Step::Done { what }])
    }

    fn refused() -> Step {
        Step::Refused {
            code: "not-found".to_owned(),
            why: "no".to_owned(),
            rule: None,
        }
    }

    /// A sign-in for nobody, which came to its end.
    fn rehearsed(root: Reference, at: u64) -> Part {
        let run = Step::Run {
            flow: "rehearsal".to_owned(),
            return_path: "/".to_owned(),
            age_ms: 1,
        };
        let what = "rehearsed".to_owned();
        part(Some(root), at, vec![run, Step::Done { what }])
    }

    async fn rows(store: &Arc<dyn Store>) -> usize {
        let rows = store.range(Table::Traces, Keys::all(), 100_000).await;
        rows.unwrap().len()
    }

    async fn found(traces: &Traces, reference: Reference) -> Vec<Reference> {
        let found = traces.find(reference).await.unwrap();
        found.iter().map(|part| part.reference).collect()
    }

    #[tokio::test]
    async fn inv_54_whoever_tries_a_provider_of_their_own_pushes_out_no_sign_in() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let first = beginning(1);
        let last = signed_in(first.reference, 2);
        let all = [first.reference, last.reference];
        traces.keep(first);
        traces.keep(last);
        for at in 0..2_000 {
            traces.keep(rehearsed(Reference::next(Timestamp::EPOCH), 3 + at));
        }
        assert_eq!(found(&traces, all[1]).await, all);
    }

    #[tokio::test]
    async fn every_reference_of_a_sign_in_leads_to_all_of_it_also_after_a_restart() {
        let (store, seal) = world();
        let now = traces(&store, &seal);
        let first = beginning(1);
        let second = failed(first.reference, 2);
        let third = signed_in(second.reference, 3);
        let all = [first.reference, second.reference, third.reference];
        for part in [first, second, third, beginning(1)] {
            now.keep(part);
        }
        for reference in all {
            assert_eq!(found(&now, reference).await, all);
        }
        now.write_behind().await.unwrap();
        let later = traces(&store, &seal);
        for reference in all {
            assert_eq!(found(&later, reference).await, all);
        }
        assert!(
            found(&later, Reference::next(Timestamp::EPOCH))
                .await
                .is_empty()
        );
    }

    #[tokio::test]
    async fn a_sign_in_that_cannot_even_begin_outlives_the_process() {
        let (store, seal) = world();
        let now = traces(&store, &seal);
        let part = part(None, 1, vec![begin(), refused()]);
        let reference = part.reference;
        now.keep(part);
        now.write_behind().await.unwrap();
        assert_eq!(found(&traces(&store, &seal), reference).await, [reference]);
    }

    #[tokio::test]
    async fn a_part_that_is_unreadable_keeps_no_other_back() {
        let (store, seal) = world();
        let now = traces(&store, &seal);
        let first = beginning(1);
        let second = failed(first.reference, 2);
        let (damaged, whole) = (first.reference, second.reference);
        now.keep(first);
        now.keep(second);
        now.write_behind().await.unwrap();
        let mut batch = Batch::new();
        batch.put(Table::Traces, part_key(damaged, damaged), "?");
        store.commit(batch).await.unwrap();
        assert_eq!(found(&traces(&store, &seal), whole).await, [whole]);
    }

    #[tokio::test]
    async fn two_requests_of_one_reference_are_both_told() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let first = beginning(1);
        let mut again = part(None, 9, vec![refused()]);
        again.reference = first.reference;
        let reference = first.reference;
        traces.keep(first);
        traces.keep(again);
        assert_eq!(found(&traces, reference).await, [reference, reference]);
    }

    #[tokio::test]
    async fn inv_54_nobody_pushes_out_a_sign_in_by_what_anybody_can_do() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let first = beginning(1);
        let second = signed_in(first.reference, 2);
        let refusal = part(None, 3, vec![refused()]);
        let kept = [first.reference, second.reference];
        let kept_refusal = refusal.reference;
        for part in [first, second, refusal] {
            traces.keep(part);
        }
        for second in 0..5_000 {
            traces.keep(part(None, second, Vec::new()));
            traces.keep(beginning(second));
            traces.keep(failed(Reference::next(Timestamp::EPOCH), second));
        }
        assert_eq!(found(&traces, kept[0]).await, kept);
        assert_eq!(found(&traces, kept_refusal).await, [kept_refusal]);
        for second in 0..5_000 {
            traces.keep(part(None, second, vec![refused()]));
        }
        assert_eq!(found(&traces, kept[1]).await, kept);
        assert!(found(&traces, kept_refusal).await.is_empty());
        let most = 3 * shelves::MOST + shelves::MOST_BEGINNINGS + kept.len();
        assert_eq!(traces.since(0).len(), most);
        assert!(traces.lock().counts.len() <= most);
    }

    #[tokio::test]
    async fn inv_54_what_anybody_can_do_does_not_fill_the_disk() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        for second in 0..3_000 {
            traces.keep(part(None, second, vec![refused()]));
            traces.keep(beginning(second));
        }
        traces.write_behind().await.unwrap();
        assert_eq!(rows(&store).await, 0);
        for second in 0..3_000 {
            traces.keep(failed(Reference::next(Timestamp::EPOCH), second));
        }
        traces.write_behind().await.unwrap();
        // Each answer, and what leads to its beginning.
        let burst = 2 * UNPROVEN_BURST.get() as usize;
        let written = rows(&store).await;
        assert!((burst..burst + 20).contains(&written), "{written}");
        let real = signed_in(Reference::next(Timestamp::EPOCH), 1);
        let other = Part {
            organization: Some("globex".to_owned()),
            ..failed(Reference::next(Timestamp::EPOCH), 1)
        };
        traces.keep(real);
        traces.keep(other);
        traces.write_behind().await.unwrap();
        assert_eq!(
            rows(&store).await,
            written + 4,
            "a flood keeps no other out"
        );
    }

    #[tokio::test]
    async fn inv_54_an_answer_that_is_sent_again_and_again_leaves_so_much_behind() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let first = beginning(1);
        let root = first.reference;
        traces.keep(first);
        for second in 0..1_000 {
            traces.keep(failed(root, second));
        }
        assert_eq!(found(&traces, root).await.len(), MOST_OF_ONE);
        traces.write_behind().await.unwrap();
        assert_eq!(rows(&store).await, 2 * MOST_OF_ONE - 1);
    }

    #[tokio::test]
    async fn a_full_disk_costs_the_record_on_disk_and_nothing_else() {
        let fickle = Arc::new(Fickle::steady());
        let store: Arc<dyn Store> = fickle.clone();
        let traces = traces(&store, &world().1);
        let answer = signed_in(Reference::next(Timestamp::EPOCH), 1);
        let reference = answer.reference;
        fickle.fill_up(true);
        traces.keep(answer);
        assert!(traces.write_behind().await.is_err());
        assert_eq!(found(&traces, reference).await, [reference]);
        fickle.fill_up(false);
        traces.write_behind().await.unwrap();
    }

    #[tokio::test]
    async fn inv_46_what_is_kept_of_people_is_sealed() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let first = beginning(1);
        traces.keep(signed_in(first.reference, 2));
        traces.keep(first);
        traces.write_behind().await.unwrap();
        assert!(rows(&store).await > 0);
        for (_, raw) in store.range(Table::Traces, Keys::all(), 100).await.unwrap() {
            let text = String::from_utf8_lossy(&raw);
            for word in ["acme", "sign_in", "signed_in"] {
                assert!(!text.contains(word), "{text}");
            }
        }
    }
}
