//! Traces of sign-ins and refusals, kept for whoever asks for them by a reference.
//!
//! Owns: the parts that requests leave behind, in memory and in the store. What belongs to a sign-in is written behind, so
//! that it outlives the process; a mere refusal is kept in memory alone, in a place of its own, so that whoever makes
//! thousands of them pushes no sign-in out and fills no disk (threat model 54). Leaves to others: what happened
//! (`telemetry::trace`). A trace that cannot be kept never fails a request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::store::{self, Batch, Keys, Seal, Store, Table};
use crate::telemetry::Reference;
use crate::telemetry::trace::{Part, Step};

/// The traces of this process and of those before it.
#[derive(Debug)]
pub struct Traces {
    store: Arc<dyn Store>,
    seal: Seal,
    /// How long they are kept; zero: in memory alone.
    keep: Duration,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    /// Parts of sign-ins, the oldest first.
    sign_ins: VecDeque<Numbered>,
    /// Everything else.
    refusals: VecDeque<Numbered>,
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

/// Parts of each kind in memory.
const MOST: usize = 1_000;

/// Parts of one sign-in: more are one answer that is sent again and again.
const MOST_OF_ONE: usize = 16;

/// Parts that wait to be written; when there are more, the newest are not.
const MOST_WAITING: usize = 4_000;

/// Parts that are written together.
const PIECE: usize = 200;

/// A sign-in goes on with another one only when the provider is asked once more for consent.
const MOST_LINKS: usize = 4;

impl Traces {
    /// Over a store.
    pub fn new(store: Arc<dyn Store>, seal: Seal, keep: Duration) -> Self {
        Self {
            store,
            seal,
            keep,
            recent: Mutex::default(),
        }
    }

    /// How long they are kept.
    pub const fn keep_for(&self) -> Duration {
        self.keep
    }

    /// Keeps what happened in a request.
    pub fn keep(&self, part: Part) {
        let (is_of_sign_in, root) = (is_of_sign_in(&part), root_of(&part));
        let part = Arc::new(part);
        let mut recent = self.lock();
        recent.number += 1;
        let numbered = Numbered {
            number: recent.number,
            part: Arc::clone(&part),
        };
        if !is_of_sign_in {
            push(&mut recent.refusals, numbered);
            return;
        }
        let count = recent.counts.entry(root).or_default();
        *count += 1;
        if *count > MOST_OF_ONE {
            return;
        }
        if let Some(old) = push(&mut recent.sign_ins, numbered) {
            recent.counts.remove(&root_of(&old.part));
        }
        if !self.keep.is_zero() && recent.waiting.len() < MOST_WAITING {
            recent.waiting.push(part);
        }
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
                    .any(|it: &Arc<Part>| it.reference == part.reference);
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
        let all = recent.sign_ins.iter().chain(&recent.refusals);
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
            let mut all = recent.sign_ins.iter().chain(&recent.refusals);
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
            let all = recent.sign_ins.iter().chain(&recent.refusals);
            let theirs = all.filter(|one| root_of(&one.part) == root);
            theirs.map(|one| Arc::clone(&one.part)).collect()
        };
        let prefix = [&b"p"[..], root.as_bytes()].concat();
        let keys = Keys::prefix(&prefix);
        for (key, raw) in self.store.range(Table::Traces, keys, MOST_OF_ONE).await? {
            let part: Part = self.seal.open_json(Table::Traces, &key, &raw)?;
            parts.push(Arc::new(part));
        }
        Ok(parts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the newest; gives back the oldest if there are too many.
fn push(all: &mut VecDeque<Numbered>, one: Numbered) -> Option<Numbered> {
    all.push_back(one);
    if all.len() > MOST {
        all.pop_front()
    } else {
        None
    }
}

/// Whether a part belongs to a sign-in that began here: its beginning, or an answer to a run that was found.
fn is_of_sign_in(part: &Part) -> bool {
    part.root.is_some()
        || part
            .steps
            .iter()
            .any(|(_, step)| matches!(step, Step::Begin { .. } | Step::Run { .. }))
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
    use crate::store::{Memory, SealKey};

    fn traces(store: &Arc<dyn Store>, seal: &Seal) -> Traces {
        Traces::new(Arc::clone(store), seal.clone(), Duration::from_secs(60))
    }

    fn world() -> (Arc<dyn Store>, Seal) {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        (store, Seal::new(&SealKey::random()).unwrap())
    }

    fn part(root: Option<Reference>, at: u64) -> Part {
        Part {
            reference: Reference::random(),
            root,
            at: Timestamp::from_seconds(at),
            order: 0,
            request: "GET app.example.com/".to_owned(),
            organization: None,
            provider: None,
            user: Some("ada@acme.com".to_owned()),
            steps: Vec::new(),
        }
    }

    fn beginning(at: u64) -> Part {
        let begin = Step::Begin {
            flow: "sign_in".to_owned(),
            return_path: "/".to_owned(),
        };
        Part {
            steps: vec![(0, begin)],
            ..part(None, at)
        }
    }

    async fn found(traces: &Traces, reference: Reference) -> Vec<Reference> {
        let found = traces.find(reference).await.unwrap();
        found.iter().map(|part| part.reference).collect()
    }

    #[tokio::test]
    async fn every_reference_of_a_sign_in_leads_to_all_of_it_also_after_a_restart() {
        let (store, seal) = world();
        let now = traces(&store, &seal);
        let first = beginning(1);
        let second = part(Some(first.reference), 2);
        let third = part(Some(second.reference), 3);
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
        assert!(found(&later, Reference::random()).await.is_empty());
    }

    #[tokio::test]
    async fn inv_54_refusals_push_no_sign_in_out_and_are_not_written() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let sign_in = beginning(1);
        let reference = sign_in.reference;
        traces.keep(sign_in);
        for second in 0..3 * MOST as u64 {
            traces.keep(part(None, second));
        }
        assert_eq!(found(&traces, reference).await, [reference]);
        assert_eq!(traces.since(0).len(), MOST + 1);
        traces.write_behind().await.unwrap();
        let rows = store.range(Table::Traces, Keys::all(), 100).await.unwrap();
        assert_eq!(rows.len(), 1);
    }

    #[tokio::test]
    async fn inv_54_an_answer_that_is_sent_again_and_again_leaves_so_much_behind() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        let first = beginning(1);
        let root = first.reference;
        traces.keep(first);
        for second in 0..1_000 {
            traces.keep(part(Some(root), second));
        }
        assert_eq!(found(&traces, root).await.len(), MOST_OF_ONE);
        traces.write_behind().await.unwrap();
        let rows = store.range(Table::Traces, Keys::all(), 100).await.unwrap();
        assert_eq!(rows.len(), 2 * MOST_OF_ONE - 1);
    }

    #[tokio::test]
    async fn inv_46_what_is_kept_of_people_is_sealed() {
        let (store, seal) = world();
        let traces = traces(&store, &seal);
        traces.keep(beginning(1));
        traces.write_behind().await.unwrap();
        for (_, raw) in store.range(Table::Traces, Keys::all(), 100).await.unwrap() {
            let text = String::from_utf8_lossy(&raw);
            assert!(
                !text.contains("acme") && !text.contains("sign_in"),
                "{text}"
            );
        }
    }
}
