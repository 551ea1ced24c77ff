//! A reader of a ring that holds the writer back.

use super::storage::{Storage, View};
use super::{CLOSED, Edge};
use crate::event::{Event, Slot};
use crate::sync::Arc;
use std::marker::PhantomData;

/// A gated reader: what it has not released is not overwritten. Dropping it lets the writer go on
/// without it, and readers that follow it too.
#[derive(Debug)]
pub struct Reader<E: Event = Slot> {
    storage: Arc<Storage>,
    /// Of the storage, at hand.
    view: View,
    index: usize,
    follows: Box<[usize]>,
    /// Sequences below were handled.
    done: u64,
    /// Sequences below may be overwritten: `done`, or beyond it by what was kept aside.
    gate: u64,
    /// The cursor, as it was when last looked.
    seen: u64,
    /// What the readers it follows have done, as it was when last looked.
    allowed: u64,
    event: PhantomData<fn(E)>,
}

impl<E: Event> Reader<E> {
    pub(super) fn new(storage: Arc<Storage>, index: usize, follows: Box<[usize]>) -> Self {
        #[allow(unsafe_code, reason = "the ring's own view")]
        // SAFETY: R4: kept beside the storage.
        let view = unsafe { Storage::view(&storage) };
        let event = PhantomData;
        Self { storage, view, index, follows, done: 0, gate: 0, seen: 0, allowed: 0, event }
    }

    /// Up to `limit` events that are there and not yet released. Does not wait.
    #[inline]
    pub fn poll(&mut self, limit: usize) -> Batch<'_, E> {
        // Before the cursor is loaded, after which the compiler would load it anew: where the next event lies is known
        // when that load returns.
        let first = self.gate;
        if self.available() < limit {
            self.look_at_cursor();
            if self.allowed <= first {
                // What comes next comes here: its line and the cursor's then travel together.
                self.view.prefetch(first);
            }
        }
        let len = limit.min(self.allowed.saturating_sub(first) as usize);
        Batch { reader: self, first, len }
    }

    /// Sequence of the next event to be released: how many were.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.done
    }

    /// How many published events are not yet released. More may be published meanwhile; none
    /// counted here can vanish.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.view.writer().cursor.observe(Edge::Cursor) - self.done
    }

    /// Whether the producer is gone and everything was released.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        // The bound is loaded before the cursor (E4): when it says closed, the cursor is final.
        self.view.writer().bound.observe(Edge::Bound) == CLOSED && self.lag() == 0
    }

    /// Loads bound, cursor and what it follows, in this order; gives the bound.
    #[inline]
    pub(crate) fn look(&mut self) -> u64 {
        let bound = self.view.writer().bound.observe(Edge::Bound); // before the cursor
        self.look_at_cursor();
        bound
    }

    /// Loads the cursor and what it follows. For whoever waits for an event alone: with the bound, from the same line,
    /// an event to and fro took 6 ns longer each way, and 3 where it was noted what was no news (`bench/results`).
    #[inline]
    fn look_at_cursor(&mut self) {
        let cursor = self.view.writer().cursor.observe(Edge::Cursor);
        if cursor == self.allowed {
            return;
        }
        self.seen = cursor;
        self.allowed = cursor;
        for &other in &self.follows {
            self.allowed = self.allowed.min(self.storage.reader(other).done.observe(Edge::Done));
        }
    }

    /// Events in the ring, not kept aside, that may be handled, as far as is known.
    #[inline]
    pub(crate) fn available(&self) -> usize {
        self.allowed.saturating_sub(self.gate) as usize
    }

    /// Events in the ring, not kept aside, that are published, as far as is known.
    #[inline]
    pub(crate) fn visible(&self) -> usize {
        (self.seen - self.gate) as usize
    }

    /// How many of the events kept aside may be handled, as far as is known.
    pub(crate) fn available_aside(&self) -> usize {
        (self.allowed.min(self.gate).saturating_sub(self.done)) as usize
    }

    /// Slots of the ring.
    pub(crate) fn capacity(&self) -> usize {
        self.view.capacity() as usize
    }

    /// The first visible event.
    #[inline]
    pub(crate) fn head(&self) -> Option<&Slot> {
        #[allow(unsafe_code, reason = "the ring's own read")]
        // SAFETY: R3: in `gate..seen`.
        (self.visible() > 0).then(|| unsafe { self.view.read(self.gate) })
    }

    /// Visible events side by side, from the first on, at most `limit`.
    #[inline]
    pub(crate) fn visible_slice(&self, limit: usize) -> &[Slot] {
        let count = self.view.contiguous(self.gate, limit.min(self.visible()));
        #[allow(unsafe_code, reason = "the ring's own read")]
        // SAFETY: R3: in `gate..seen`, side by side.
        unsafe {
            self.view.slice(self.gate, count)
        }
    }

    /// The same of those that may be handled.
    #[inline]
    pub(crate) fn available_slice(&self, limit: usize) -> &[Slot] {
        self.visible_slice(limit.min(self.available()))
    }

    /// All visible events, in order, in two pieces.
    pub(crate) fn all_visible(&self) -> (&[Slot], &[Slot]) {
        let first = self.visible_slice(usize::MAX);
        let rest = self.visible() - first.len();
        #[allow(unsafe_code, reason = "the ring's own read")]
        // SAFETY: R3: in `gate..seen`; what does not lie before the wrap lies after it.
        let second = unsafe { self.view.slice(self.gate + first.len() as u64, rest) };
        (first, second)
    }

    /// Frees the first `count` visible slots; their events were copied and are not handled yet.
    pub(crate) fn keep_aside(&mut self, count: usize) {
        assert!(count <= self.visible());
        self.gate += count as u64;
        self.storage.reader(self.index).gate.advance(Edge::Gate, self.gate);
    }

    /// The first `count` events kept aside were handled.
    pub(crate) fn done_aside(&mut self, count: usize) {
        assert!(count as u64 <= self.gate - self.done);
        self.done += count as u64;
        self.storage.reader(self.index).done.advance(Edge::Done, self.done);
    }

    /// The first `count` available events were handled; nothing is kept aside.
    #[inline]
    pub(crate) fn release(&mut self, count: usize) {
        assert!(count <= self.available() && self.gate == self.done);
        self.gate += count as u64;
        self.done = self.gate;
        let line = self.storage.reader(self.index);
        line.done.advance(Edge::Done, self.done);
        line.gate.advance(Edge::Gate, self.gate);
    }
}

impl<E: Event> Drop for Reader<E> {
    fn drop(&mut self) {
        let line = self.storage.reader(self.index);
        line.done.advance(Edge::Done, CLOSED);
        line.gate.advance(Edge::Gate, CLOSED);
    }
}

/// Events that are there, borrowed from the ring.
///
/// ```compile_fail
/// # use pitlane::{event::MarketData, ring::RingBuilder};
/// # let mut ring = RingBuilder::<MarketData>::new(8).unwrap();
/// # ring.reader();
/// # let (_producer, mut readers) = ring.build();
/// let mut batch = readers[0].poll(8);
/// let (events, _) = batch.slices();
/// batch.release(1); // the slots may be overwritten from here on ...
/// println!("{:?}", events[0]); // ... so nothing borrowed from them may live on
/// ```
#[derive(Debug)]
pub struct Batch<'a, E: Event> {
    reader: &'a mut Reader<E>,
    /// The reader's gate.
    first: u64,
    len: usize,
}

impl<E: Event> Batch<'_, E> {
    /// How many events are left in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sequence of its first event.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.reader.done
    }

    /// The events in order, in two pieces; the second is empty unless the batch wraps around.
    #[must_use]
    pub fn slices(&self) -> (&[E], &[E]) {
        let view = &self.reader.view;
        let head = view.contiguous(self.first, self.len);
        #[allow(unsafe_code, reason = "the ring's own read")]
        // SAFETY: R3: in `gate..seen`; the gate moves only through `&mut self`.
        let (first, second) = unsafe {
            let second = self.first + head as u64;
            (view.slice(self.first, head), view.slice(second, self.len - head))
        };
        (Slot::view_all(first), Slot::view_all(second))
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        let (first, second) = self.slices();
        first.iter().chain(second)
    }

    /// The `index`-th event.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn get(&self, index: usize) -> &E {
        assert!(index < self.len, "event {index} of a batch of {}", self.len);
        #[allow(unsafe_code, reason = "the ring's own read")]
        // SAFETY: R3: in `gate..seen`; the gate moves only through `&mut self`.
        let slot = unsafe { self.reader.view.read(self.first + index as u64) };
        slot.view()
    }

    /// Lets go of the first `count`: the writer may overwrite them, followers may take them. What
    /// is left stays in the batch and, if not released, comes again with the next poll.
    ///
    /// # Panics
    /// When the batch has fewer.
    pub fn release(&mut self, count: usize) {
        assert!(count <= self.len, "releasing more than the batch holds");
        self.reader.release(count);
        self.first += count as u64;
        self.len -= count;
    }
}
