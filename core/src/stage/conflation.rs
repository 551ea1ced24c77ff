//! The latest event of each instrument and kind, in the order in which they began to wait.

use crate::event::Slot;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Events that wait, at most one per instrument and kind.
///
/// Memory is taken when it is built, and more of it only when an instrument and kind comes that was
/// never seen before and there are more of them than expected.
pub(crate) struct Conflation {
    /// Where the event of an instrument and kind is kept.
    places: HashMap<u64, usize, BuildHasherDefault<Mix>>,
    kept: Vec<Kept>,
    /// Places of those that wait, the longest waiting first.
    queue: VecDeque<usize>,
}

struct Kept {
    event: Slot,
    waits: bool,
}

impl Conflation {
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            places: HashMap::with_capacity_and_hasher(expected, BuildHasherDefault::default()),
            kept: Vec::with_capacity(expected),
            queue: VecDeque::with_capacity(expected),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Lets an event wait. Where one of its instrument and kind does already, the new one takes its
    /// place in the queue, and its root. Gives whether no event was lost for it.
    pub(crate) fn put(&mut self, event: &Slot) -> bool {
        let place = self.place(event);
        let kept = &mut self.kept[place];
        if kept.waits {
            let first = kept.event.header.root;
            kept.event = *event;
            kept.event.header.root = first;
            return false;
        }
        *kept = Kept { event: *event, waits: true };
        self.queue.push_back(place);
        true
    }

    /// The event that waits longest.
    pub(crate) fn first(&self) -> Option<&Slot> {
        self.queue.front().map(|&place| &self.kept[place].event)
    }

    /// The event that waited longest waits no more.
    pub(crate) fn remove_first(&mut self) {
        if let Some(place) = self.queue.pop_front() {
            self.kept[place].waits = false;
        }
    }

    fn place(&mut self, event: &Slot) -> usize {
        let key = u64::from(event.header.instrument) << 8 | u64::from(event.header.kind);
        let new = self.kept.len();
        let place = *self.places.entry(key).or_insert(new);
        if place == new {
            self.kept.push(Kept { event: *event, waits: false });
            self.queue.reserve(self.kept.len() - self.queue.len());
        }
        place
    }
}

/// Hashes a key of one word by a multiplication (Fibonacci hashing): instruments are small numbers
/// given here, so that nobody can choose them to collide.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
