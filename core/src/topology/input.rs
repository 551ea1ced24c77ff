//! What brings events in.

use crate::event::{EventType, Slot};
use crate::source::SourceError;
use bytemuck::Zeroable;
use std::time::Duration;

/// What an input found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Events came in, or there was no room for them; there may be more.
    More,
    /// Nothing to do for now; ask again after this time.
    Idle(Duration),
    /// Nothing will come any more.
    Done,
}

/// Brings events to the sequencer in their order: a merge of files, a generator, a test's script.
pub trait Input: Send {
    /// Enters some events. Returns when the entry has no room, nothing is there, or after a batch
    /// of its own choosing; never blocks.
    ///
    /// # Errors
    /// Ends the run; what entered before is finished.
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError>;
}

/// Where events enter: the sequencer, which numbers them.
pub trait Entry {
    /// Key of a source's stream of one event type, to enter events with; `None` where the topology
    /// has no such ingress.
    fn port(&self, source: &str, event: EventType) -> Option<Port>;

    /// Events that may be entered at once on every port.
    fn room(&mut self) -> usize;

    /// Enters events in their order, as many as there is room for; gives how many entered.
    ///
    /// # Panics
    /// A topology's does where the port is of another one; that ends the run as a failure of the input.
    fn enter(&mut self, port: Port, events: &[Slot]) -> usize;

    /// Enters up to `count` events that `fill` makes in the place where they are to lie, which saves a copy, or, of 64
    /// and more that are to go past the caches, in slots aside; gives how many. It is called with as many slots as there
    /// is room for, in a few pieces, and has to write all of them, every field: they hold what was there before. Root
    /// and source are written over.
    /// Where it panics, none of this call's enter.
    ///
    /// # Panics
    /// As [`Entry::enter`].
    fn enter_with(&mut self, port: Port, count: usize, fill: &mut dyn FnMut(&mut [Slot])) -> usize {
        let mut made = [Slot::zeroed(); 64];
        let mut entered = 0;
        while entered < count {
            let room = self.room().min(count - entered).min(made.len());
            if room == 0 {
                break;
            }
            fill(&mut made[..room]);
            entered += self.enter(port, &made[..room]);
        }
        entered
    }
}

/// Key of an ingress stream, see [`Entry::port`]. It is of one topology and of no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// The topology's number; 0 for those of one's own.
    topology: u64,
    key: usize,
}

impl Port {
    /// A key for an [`Entry`] of one's own, such as a test's; a topology's are its own business.
    #[must_use]
    pub const fn new(key: usize) -> Self {
        Self::of(0, key)
    }

    /// The key of a topology's ingress.
    pub(crate) const fn of(topology: u64, key: usize) -> Self {
        Self { topology, key }
    }

    /// Which ingress of this topology it is the key of, if any.
    pub(crate) fn in_topology(self, topology: u64) -> Option<usize> {
        (self.topology == topology).then_some(self.key)
    }
}
