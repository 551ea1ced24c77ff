//! The one writer of a ring.

use super::runs::{FEWEST_STREAMED, STREAMED};
use super::storage::{Storage, View};
use super::{CLOSED, Edge, Span};
use crate::event::{Event, Slot};
use crate::sync::Arc;
use bytemuck::Zeroable;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

/// The one writer of a ring.
///
/// Writes events, then publishes them; readers see nothing before. Dropping it closes the stream.
#[derive(Debug)]
pub struct Producer<E: Event = Slot> {
    pub(super) storage: Arc<Storage>,
    /// Of the storage, at hand.
    pub(super) view: View,
    /// One past the last published sequence: the cursor.
    pub(super) published: u64,
    /// One past the last written sequence.
    pub(super) written: u64,
    /// Slots below are free; as it was when last looked.
    pub(super) free_until: u64,
    bound: u64,
    /// The sequence at which the next lines are asked for.
    ask_at: u64,
    /// The sequence at which something besides writing is to be done: the less of both. So that there is one
    /// question per event.
    pub(super) pause_at: u64,
    /// One past the last sequence that lossy readers were told may be being written.
    announced: u64,
    /// How many sequences are announced at a time; 0 where there are no lossy readers.
    pub(super) ahead: u64,
    /// Where claims are filled before they are copied in, or runs before they are streamed; empty where neither is done.
    pub(super) staging: Box<[Slot]>,
    /// Whether many events at a time are streamed.
    pub(super) streams: bool,
    event: PhantomData<fn(E)>,
}

/// Most sequences announced at a time. Each announcement is a store to a line that readers look at;
/// each sequence announced before it is written is one that lossy readers lose a little early.
const MOST_AHEAD: u64 = 32;

/// Lines asked for at a time, and how far ahead: so many are written while they come from the core that
/// read them. In bursts, since misses under way together cost little more than one: at batch 1 that was
/// 4.6 ns per event where asking for one line at each event took 5.6 (`bench/results`).
const BURST: u64 = 16;

/// Slots of rings in which lines are asked for. In smaller ones they would be those that the reader is reading just
/// now; in larger ones they have left its own cache long ago, and the processor fetches them as fast unasked: with
/// requests 2.0 ns per event at batch 1 in 65,536 slots, without 1.8.
const ASKED: RangeInclusive<u64> = 4 * BURST..=32_768;

impl<E: Event> Producer<E> {
    pub(super) fn new(storage: Arc<Storage>, span: Span) -> Self {
        let free_until = storage.capacity();
        let lossy = storage.is_lossy();
        let ahead = if lossy { (free_until / 8).clamp(1, MOST_AHEAD) } else { 0 };
        let asks = span != Span::OneThread && ASKED.contains(&free_until);
        let ask_at = if asks { 0 } else { u64::MAX };
        // For other processors such stores are not written here: it would be one more copy.
        let streams = cfg!(target_arch = "x86_64")
            && span == Span::TwoThreads
            && !lossy
            && STREAMED.contains(&free_until);
        let staged =
            if lossy { free_until as usize } else { FEWEST_STREAMED * usize::from(streams) };
        let staging = vec![Slot::zeroed(); staged];
        #[allow(unsafe_code, reason = "the ring's own view")]
        // SAFETY: R4: kept beside the storage.
        let view = unsafe { Storage::view(&storage) };
        Self {
            storage,
            view,
            published: 0,
            written: 0,
            free_until,
            bound: 0,
            ask_at,
            pause_at: free_until.min(ask_at),
            announced: 0,
            ahead,
            staging: staging.into(),
            streams,
            event: PhantomData,
        }
    }

    /// Slots of the ring.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.view.capacity() as usize
    }

    /// Sequence of the next event to be published: how many there were.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.published
    }

    /// Up to `count` slots to write; `None` when the slowest reader leaves no room.
    ///
    /// A claim dropped without [`Claim::publish`] publishes nothing.
    pub fn claim(&mut self, count: usize) -> Option<Claim<'_, E>> {
        debug_assert_eq!(self.written, self.published, "a claim while events are staged");
        if self.free_until - self.published < count as u64 {
            self.look_at_gates();
        }
        let len = count.min((self.free_until - self.published) as usize);
        self.ask_ahead();
        (len > 0).then_some(Claim { producer: self, len })
    }

    /// Publishes one event; `false` when there is no room.
    #[must_use = "the event was not published when this is false"]
    #[inline]
    pub fn try_publish(&mut self, event: &E) -> bool {
        self.try_publish_with(|slot| *slot = *event)
    }

    /// As [`Self::try_publish`], of an event that `fill` writes in its place: it finds there what was
    /// there a lap ago, or zeros where the ring has lossy readers. Where there is no room it is not called.
    ///
    /// For events that are built field by field it was the faster way where it was measured
    /// (`bench/results`): a copy of what was just stored in narrower pieces waits for these stores.
    #[must_use = "the event was not published when this is false"]
    #[inline]
    pub fn try_publish_with(&mut self, fill: impl FnOnce(&mut E)) -> bool {
        let written = self.write_with(|slot| fill(bytemuck::cast_mut(slot)));
        if written {
            self.publish();
        }
        written
    }

    /// Promises that no event with a root below `bound` will come. A promise is never taken back: a
    /// smaller one changes nothing.
    pub fn promise(&mut self, bound: u64) {
        self.promise_if_news(bound);
    }

    /// As [`Self::promise`]; gives whether it says more than the last one.
    #[inline]
    pub(crate) fn promise_if_news(&mut self, bound: u64) -> bool {
        let news = bound > self.bound;
        if news {
            self.bound = bound;
            self.view.writer().bound.advance(Edge::Bound, bound);
        }
        news
    }

    /// The last promise.
    pub(crate) fn promised(&self) -> u64 {
        self.bound
    }

    /// Slots free now, as far as is known without looking at the readers.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        (self.free_until - self.written) as usize
    }

    /// Slots free now.
    #[cold]
    pub(crate) fn look_for_room(&mut self) -> usize {
        self.look_at_gates();
        self.room()
    }

    /// Whether there is room for one more event.
    #[inline]
    pub(crate) fn has_room(&mut self) -> bool {
        self.written < self.pause_at || self.pause()
    }

    /// Whether the next event can be written where it is to lie: there is room as far as is known, and no
    /// lossy reader that may be copying what was there.
    #[inline]
    pub(crate) fn has_place(&self) -> bool {
        self.written < self.pause_at && self.ahead == 0
    }

    /// Writes the next event without publishing it; `false` when there is no room.
    #[inline]
    pub(crate) fn write(&mut self, slot: &Slot) -> bool {
        self.write_with(|free| *free = *slot)
    }

    /// Lets `fill` write the next event, without publishing it: in its place, so that the slot holds
    /// what was there a lap ago; in a zeroed slot that is then copied in, where there are lossy
    /// readers. `false` when there is no room: then `fill` was not called.
    ///
    /// An event is best copied first and changed then: to copy what was just changed elsewhere field
    /// by field stalls the processor until those stores are done.
    #[inline]
    pub(crate) fn write_with(&mut self, fill: impl FnOnce(&mut Slot)) -> bool {
        if !self.has_room() {
            return false;
        }
        if self.ahead > 0 {
            let mut event = Slot::zeroed();
            fill(&mut event);
            self.copy_in(&event);
            return true;
        }
        #[allow(unsafe_code, reason = "the ring's own write")]
        // SAFETY: R2: `written` lies in `cursor..free_until`.
        unsafe {
            self.view.write(self.written, fill);
        }
        self.written += 1;
        true
    }

    /// Writes the next event where lossy readers may be copying what was there.
    #[inline]
    fn copy_in(&mut self, event: &Slot) {
        self.announce(self.written + 1);
        #[allow(unsafe_code, reason = "the ring's own write")]
        // SAFETY: R2: `written` lies in `cursor..free_until`; R5: there are lossy readers.
        unsafe {
            self.view.store(self.written, event);
        }
        self.written += 1;
    }

    /// Before sequences below `end` are written: tells lossy readers, unless they know.
    ///
    /// An announcement is never taken back, also where what was written is.
    #[inline]
    fn announce(&mut self, end: u64) {
        if end > self.announced {
            self.announced = end + self.ahead - 1;
            self.view.writer().announced.announce(self.announced);
        }
    }

    /// Forgets the last `count` written, unpublished events.
    pub(crate) fn take_back(&mut self, count: usize) {
        assert!(count <= self.unpublished(), "taking back what was published");
        self.written -= count as u64;
    }

    /// Events written and not yet published.
    #[inline]
    pub(crate) fn unpublished(&self) -> usize {
        (self.written - self.published) as usize
    }

    /// Publishes what was written.
    #[inline]
    pub(crate) fn publish(&mut self) {
        self.published = self.written;
        self.view.writer().cursor.advance(Edge::Cursor, self.published);
    }

    /// Shows the events written and not yet published, in up to two pieces.
    pub(crate) fn for_unpublished(&self, mut f: impl FnMut(&[Slot])) {
        let mut sequence = self.published;
        while sequence < self.written {
            let count = (self.written - sequence) as usize;
            let count = self.view.contiguous(sequence, count);
            #[allow(unsafe_code, reason = "the ring's own read")]
            // SAFETY: R2: only this producer touches slots it has not published.
            f(unsafe { self.view.slice(sequence, count) });
            sequence += count as u64;
        }
    }

    /// [`Self::do_what_is_due`], out of line.
    #[inline(never)]
    fn pause(&mut self) -> bool {
        self.do_what_is_due()
    }

    /// What is to be done between two events: lines asked for, gates looked at. Gives whether there is room.
    #[inline]
    pub(super) fn do_what_is_due(&mut self) -> bool {
        self.ask_ahead();
        if self.written == self.free_until {
            self.look_at_gates();
        }
        self.written < self.free_until
    }

    /// Asks, once per [`BURST`] events, for the lines that are written after the next ones.
    #[inline]
    fn ask_ahead(&mut self) {
        if self.written >= self.ask_at {
            self.ask_at = self.written + BURST;
            self.pause_at = self.free_until.min(self.ask_at);
            self.view.prefetch_to_write::<{ BURST as usize }>(self.ask_at);
        }
    }

    /// Looks how far the slowest reader has come.
    #[inline]
    pub(super) fn look_at_gates(&mut self) {
        self.free_until = free_until(&self.storage, self.published);
        self.pause_at = self.free_until.min(self.ask_at);
    }
}

/// Below which sequence slots are free. Apart from the producer, so that the rare way borrows nothing of
/// it mutably.
#[cold]
fn free_until(storage: &Storage, published: u64) -> u64 {
    // Without readers, only what is not published yet must not be overwritten.
    let gates = (0..storage.readers()).map(|i| storage.reader(i).gate.observe(Edge::Gate));
    gates.fold(published, u64::min) + storage.capacity()
}

impl<E: Event> Drop for Producer<E> {
    fn drop(&mut self) {
        self.promise(CLOSED);
    }
}

/// Slots that may be written and then published.
///
/// Where the ring has lossy readers they are slots aside, copied into the ring when published: a slot
/// that others may be copying must not be lent.
#[derive(Debug)]
#[must_use = "a claim that is dropped publishes nothing"]
pub struct Claim<'a, E: Event> {
    producer: &'a mut Producer<E>,
    len: usize,
}

impl<E: Event> Claim<'_, E> {
    /// How many slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never: an empty claim is not given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slots, in order, in two pieces; the second is empty unless the claim wraps around. They
    /// hold what was there a lap ago, or in an earlier claim.
    pub fn slots(&mut self) -> (&mut [E], &mut [E]) {
        if self.producer.ahead > 0 {
            return (bytemuck::cast_slice_mut(&mut self.producer.staging[..self.len]), &mut []);
        }
        let view = &self.producer.view;
        let first = self.producer.published;
        let head = view.contiguous(first, self.len);
        #[allow(unsafe_code, reason = "the ring's own write")]
        // SAFETY: R2: the claim lies in `cursor..free_until`; the pieces do not overlap, and the
        // borrow of the claim keeps others away.
        unsafe {
            let second = match self.len - head {
                0 => &mut [],
                rest => view.slice_mut(first + head as u64, rest),
            };
            (
                bytemuck::cast_slice_mut(view.slice_mut(first, head)),
                bytemuck::cast_slice_mut(second),
            )
        }
    }

    /// Publishes all of them.
    pub fn publish(self) {
        let len = self.len;
        self.publish_first(len);
    }

    /// Publishes the first `count`; the others stay free.
    ///
    /// # Panics
    /// When the claim has fewer.
    pub fn publish_first(self, count: usize) {
        assert!(count <= self.len, "publishing more than was claimed");
        let Self { producer, .. } = self;
        if producer.ahead > 0 {
            let staging = std::mem::take(&mut producer.staging);
            producer.announce(producer.published + count as u64);
            staging[..count].iter().for_each(|event| producer.copy_in(event));
            producer.staging = staging;
        } else {
            producer.written = producer.published + count as u64;
        }
        producer.publish();
    }
}
