//! What an input of a group's node is given of the stream that the group reads.

use crate::event::Slot;
use bytemuck::Zeroable;

/// Where the events of all hands lie, each hand's side by side.
#[derive(Default)]
pub(super) struct TableTop {
    events: Vec<Slot>,
    /// Their sequences in the stream.
    sequences: Vec<u64>,
}

impl TableTop {
    /// With room for so many events.
    pub(super) fn new(most: usize) -> Self {
        Self { events: vec![Slot::zeroed(); most], sequences: vec![0; most] }
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    #[inline]
    pub(super) fn put(&mut self, at: usize, event: &Slot, sequence: u64) {
        self.events[at] = *event;
        self.sequences[at] = sequence;
    }
}

/// Events dealt to a node, in their order, and what became of all others.
#[derive(Default)]
pub(super) struct Dealt {
    /// Where they lie; the node has it only while it is polled.
    top: TableTop,
    /// Those that are not handled yet.
    from: usize,
    to: usize,
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
    /// Takes the table top, or gives it back.
    #[inline]
    pub(super) fn lend(&mut self, top: &mut TableTop) {
        std::mem::swap(&mut self.top, top);
    }

    /// All that was dealt before is handled; its hand lies there on the table top now.
    #[inline]
    pub(super) fn deal(&mut self, from: usize, to: usize) {
        (self.from, self.to) = (from, to);
        self.dealt += (to - from) as u64;
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

    /// Dealt events that are not handled yet; none while it has no table top.
    #[inline]
    pub(super) fn events(&self) -> &[Slot] {
        self.top.events.get(self.from..self.to).unwrap_or_default()
    }

    /// How many they are.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.to - self.from
    }

    /// Sequence of the first of them.
    pub(super) fn sequence(&self) -> u64 {
        let sequence = self.top.sequences.get(self.from).filter(|_| self.left() > 0);
        sequence.copied().unwrap_or(self.seen)
    }

    #[inline]
    pub(super) fn release(&mut self, count: usize) {
        assert!(count <= self.left());
        self.from += count;
        self.taken += count as u64;
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
