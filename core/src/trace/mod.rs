//! Causality: which event came of which, and where the time went. Off by default.
//!
//! ```text
//!  feed 17 --> [sma: waited, took] --> strategy/sma 3 --> [gate: ...] --> risk/gate 1 --> [venue: ...]
//!  identity: stream and sequence       parent: what the stage was handling when it emitted
//! ```
//!
//! An event's identity is (stream, sequence). With [`Plan::trace`](crate::topology::Plan::trace) each stage
//! is wrapped when the topology is built: it is given one event at a time, and a [`Step`] is kept of each
//! that emitted something or was itself emitted by a stage. Without it nothing is wrapped, so nothing is
//! paid. With it every event costs two reads of the clock, and each step memory: it is for looking at what
//! happened, not for production.
//!
//! [`Lineage`] answers questions: the chain from tick to order and its reports, all that descended from a
//! root.

mod lineage;
mod traced;

pub use lineage::{Line, Lineage};
pub(crate) use traced::{Traced, TracedInput};

use crate::event::Slot;
use std::sync::{Arc, Mutex, PoisonError};

/// An event that a stage handled, with what it emitted meanwhile. Times are ns of one
/// monotonic clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of the stage.
    pub stage: Arc<str>,
    /// Stream of the event.
    pub stream: Arc<str>,
    /// Its place in that stream, from 0.
    pub sequence: u64,
    /// Name of its type.
    pub event: Arc<str>,
    /// The event.
    pub slot: Slot,
    /// When the root of the event entered, where latency is measured and it is still known.
    pub entered: Option<u64>,
    /// When the stage began to handle it.
    pub begun: u64,
    /// When it was done with it.
    pub ended: u64,
    /// What it emitted or let pass: stream, first sequence, one past the last.
    pub emitted: Vec<(Arc<str>, u64, u64)>,
}

/// The steps of a topology that is traced. Clones are handles to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Vec<Step>>>);

impl Trace {
    /// The steps so far, as far as stages have handed them over: all of them once it has stopped.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn take_in(&self, steps: &mut Vec<Step>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).append(steps);
    }
}
