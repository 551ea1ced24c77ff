//! Events that stages failed on and that the topology went on without, kept in memory.

use super::{Monitor, StageFault};
use crate::event::{EventType, Slot};
use crate::stage::Fault;
use std::fmt;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// So many dead letters, and as many faults beside them, are kept whole; further ones are counted.
pub const MOST_DEAD_LETTERS: usize = 1000;

/// An event that a stage failed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedEvent {
    /// Name of the stream on which it reached the stage.
    pub stream: String,
    /// Its place in that stream, from 0.
    pub sequence: u64,
    /// Its type.
    pub event: EventType,
    /// The event itself; see [`Slot::view`].
    pub slot: Slot,
}

impl FailedEvent {
    /// The event's bytes, as rings have them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        bytemuck::bytes_of(&self.slot)
    }
}

impl fmt::Display for FailedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, sequence, event, slot } = self;
        write!(f, "{event} {sequence} of `{stream}`, {:?}", slot.header)
    }
}

/// A stage's attempt to handle an event, which failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it failed, ns since 1970.
    pub at: u64,
    /// Why.
    pub fault: Fault,
}

/// An event that was left out, why, and what was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Name of the component that failed on it.
    pub stage: String,
    /// The event and where it stood.
    pub event: FailedEvent,
    /// All attempts, in their order; at least one.
    pub attempts: Vec<Attempt>,
}

impl DeadLetter {
    /// Root of the event.
    #[must_use]
    pub fn root(&self) -> u64 {
        self.event.slot.header.root
    }

    /// Why the last attempt failed.
    #[must_use]
    pub fn reason(&self) -> &Fault {
        &self.attempts[self.attempts.len() - 1].fault
    }
}

/// Dead letters of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetters {
    /// The first [`MOST_DEAD_LETTERS`]. A running topology's are in the order in which stages failed,
    /// a report's by root.
    pub letters: Vec<Arc<DeadLetter>>,
    /// How many there were, kept or not.
    pub count: u64,
}

impl DeadLetters {
    /// How many there were beyond those kept.
    #[must_use]
    pub fn not_kept(&self) -> u64 {
        self.count - self.letters.len() as u64
    }
}

/// Where stages leave dead letters, and faults that cost no event. A lock, taken only where a stage
/// fails and by whoever looks.
#[derive(Debug, Default)]
pub(crate) struct DeadLetterBox(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    dead: DeadLetters,
    survived: Vec<StageFault>,
}

impl DeadLetterBox {
    /// Keeps a dead letter, or counts it where there are too many.
    pub(crate) fn push(&self, letter: DeadLetter) {
        let mut kept = self.kept();
        kept.dead.count += 1;
        let room = kept.dead.letters.len() < MOST_DEAD_LETTERS;
        if room {
            kept.dead.letters.push(Arc::new(letter.clone()));
        }
        drop(kept);
        if room {
            let DeadLetter { stage, event, .. } = &letter;
            tracing::warn!(stage, root = letter.root(), %event, "dead letter: {}", letter.reason());
        }
    }

    /// Keeps a fault after which the stage, or a fresh one, went on, and which cost no event.
    pub(crate) fn note(&self, fault: StageFault) {
        tracing::warn!(stage = fault.stage, root = fault.root, "goes on after: {}", fault.fault);
        let mut kept = self.kept();
        if kept.survived.len() < MOST_DEAD_LETTERS {
            kept.survived.push(fault);
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> DeadLetters {
        self.kept().dead.clone()
    }

    /// What is in it, by root, then as it came; it stays there.
    pub(super) fn sorted(&self) -> (DeadLetters, Vec<StageFault>) {
        let mut dead = self.look();
        dead.letters.sort_by_key(|letter| letter.root());
        let mut survived = self.kept().survived.clone();
        survived.sort_by_key(|fault| fault.root);
        (dead, survived)
    }
}

impl Monitor {
    /// Events that stages failed on so far and that the topology went on without.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        self.0.dead_letters.look()
    }
}
