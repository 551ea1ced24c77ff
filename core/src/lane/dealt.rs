//! What an input of a group's node is given of the stream that the group reads.

use crate::event::Slot;

/// Events dealt to a node, in their order, and what became of all others.
#[derive(Default)]
pub(super) struct Dealt {
    events: Vec<Slot>,
    /// Their sequences in the stream.
    sequences: Vec<u64>,
    /// The events before are handled.
    from: usize,
    /// Events handled.
    taken: u64,
    /// Events dealt.
    dealt: u64,
    /// Events of the stream that were looked at for it.
    seen: u64,
    /// The least root that may come after what is dealt.
    bound: u64,
}

impl Dealt {
    /// At most so many events are dealt before all of them are handled.
    pub(super) fn new(most: usize) -> Self {
        Self {
            events: Vec::with_capacity(most),
            sequences: Vec::with_capacity(most),
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn deal(&mut self, event: &Slot, sequence: u64) {
        self.events.push(*event);
        self.sequences.push(sequence);
        self.dealt += 1;
    }

    /// So many events of the stream were looked at, and no root below `bound` will come.
    #[inline]
    pub(super) fn know(&mut self, seen: u64, bound: u64) {
        (self.seen, self.bound) = (seen, bound);
    }

    #[inline]
    pub(super) fn bound(&self) -> u64 {
        self.bound
    }

    /// Dealt events that are not handled yet.
    #[inline]
    pub(super) fn events(&self) -> &[Slot] {
        &self.events[self.from..]
    }

    /// Sequence of the first of them.
    pub(super) fn sequence(&self) -> u64 {
        self.sequences.get(self.from).copied().unwrap_or(self.seen)
    }

    #[inline]
    pub(super) fn release(&mut self, count: usize) {
        assert!(count <= self.events.len() - self.from);
        self.from += count;
        self.taken += count as u64;
        if self.from == self.events.len() {
            self.events.clear();
            self.sequences.clear();
            self.from = 0;
        }
    }

    /// Events handled: what tells one event from another, also when it comes again.
    #[inline]
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Events that were for others.
    pub(super) fn of_others(&self) -> u64 {
        self.seen - self.dealt
    }
}
