//! Parts in memory: a place for each kind, so that many of one push out none of another.

use std::collections::VecDeque;

use super::{Numbered, root_of};
use crate::telemetry::Reference;
use crate::telemetry::trace::{Part, Step};

/// What a part is of: what has to be done to make many of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody was sent on to where sign-in begins: any page load without a session.
    Passing,
    /// Somebody was refused who did not answer a sign-in that began here: any bad request.
    Refusal,
    /// A sign-in began. Nobody has answered yet.
    Beginning,
    /// An answer to one, in which no provider vouches for anybody, or only for a try; or it could not begin.
    Unproven,
    /// An answer in which one does.
    Proven,
}

impl Kind {
    pub(super) fn of(part: &Part) -> Self {
        let has = |kind: fn(&Step) -> bool| part.steps.iter().any(|(_, step)| kind(step));
        let has_begun = has(|step| matches!(step, Step::Begin { .. }));
        let is_refused = has(|step| matches!(step, Step::Refused { .. }));
        let is_answer = part.root.is_some() || has(|step| matches!(step, Step::Run { .. }));
        match (is_answer, has_begun, is_refused) {
            (true, _, _) if has(is_proof) && !has(is_rehearsal) => Self::Proven,
            (true, _, _) | (false, true, true) => Self::Unproven,
            (false, true, false) => Self::Beginning,
            (false, false, true) => Self::Refusal,
            (false, false, false) => Self::Passing,
        }
    }

    /// Whether it belongs to a sign-in that began here.
    pub(super) const fn is_of_sign_in(self) -> bool {
        match self {
            Self::Beginning | Self::Unproven | Self::Proven => true,
            Self::Passing | Self::Refusal => false,
        }
    }
}

/// Whether a provider vouched for somebody before this.
const fn is_proof(step: &Step) -> bool {
    matches!(
        step,
        Step::Identity { .. } | Step::Ticket { .. } | Step::Done { .. }
    )
}

/// Whether it is a sign-in for nobody. The provider of a draft is whose ever filled it in, and vouches for whom they like.
fn is_rehearsal(step: &Step) -> bool {
    matches!(step, Step::Run { flow, .. } if flow == "rehearsal")
}

/// The newest of each kind, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    passing: VecDeque<Numbered>,
    refusals: VecDeque<Numbered>,
    beginnings: VecDeque<Numbered>,
    unproven: VecDeque<Numbered>,
    proven: VecDeque<Numbered>,
}

/// Parts of each kind…
pub(super) const MOST: usize = 1_000;

/// …but of beginnings: people are away at the provider for minutes.
pub(super) const MOST_BEGINNINGS: usize = 4_000;

impl Shelves {
    /// Adds one; gives back the oldest if there are too many.
    pub(super) fn push(&mut self, kind: Kind, one: Numbered) -> Option<Numbered> {
        let most = match kind {
            Kind::Beginning => MOST_BEGINNINGS,
            Kind::Passing | Kind::Refusal | Kind::Unproven | Kind::Proven => MOST,
        };
        let shelf = self.shelf(kind);
        shelf.push_back(one);
        (shelf.len() > most).then(|| shelf.pop_front()).flatten()
    }

    /// Takes the parts of a sign-in from where less is kept for: an answer makes more of its beginning.
    pub(super) fn take_up(&mut self, kind: Kind, root: Reference) -> Vec<Numbered> {
        let lesser: &[Kind] = match kind {
            Kind::Passing | Kind::Refusal | Kind::Beginning => &[],
            Kind::Unproven => &[Kind::Beginning],
            Kind::Proven => &[Kind::Beginning, Kind::Unproven],
        };
        let mut taken = Vec::new();
        for kind in lesser {
            let shelf = self.shelf(*kind);
            if shelf.iter().any(|one| root_of(&one.part) == root) {
                let (theirs, others) = std::mem::take(shelf)
                    .into_iter()
                    .partition(|one| root_of(&one.part) == root);
                *shelf = others;
                let theirs: VecDeque<Numbered> = theirs;
                taken.extend(theirs);
            }
        }
        taken
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Numbered> {
        let of_sign_ins = self.proven.iter().chain(&self.unproven);
        let others = self.beginnings.iter().chain(&self.refusals);
        of_sign_ins.chain(others).chain(&self.passing)
    }

    const fn shelf(&mut self, kind: Kind) -> &mut VecDeque<Numbered> {
        match kind {
            Kind::Passing => &mut self.passing,
            Kind::Refusal => &mut self.refusals,
            Kind::Beginning => &mut self.beginnings,
            Kind::Unproven => &mut self.unproven,
            Kind::Proven => &mut self.proven,
        }
    }
}
